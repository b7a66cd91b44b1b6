// GPU addresses of a file: what is mapped where, replaced, split and taken off.
//
// The driver changes page tables when the submissions made before have ended. Here a mapping that they may still use
// stays as a ghost until then; what is mapped over a ghost waits for it.

#include <libdrm/amdgpu_drm.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "emulator/drm/file.hpp"

namespace gcn::emulator::drm {

void File::add_under_way(FencePointer fence) {
    std::erase_if(under_way, [](const FencePointer& f) { return f->done(); });
    under_way.push_back(std::move(fence));
}

bool File::put_on(uint64_t first, const Mapping& m) {
    if (!m.buffer) return true;
    return space.map({first, first + m.bytes, m.buffer->host + m.offset, bool(m.flags & AMDGPU_VM_PAGE_WRITEABLE),
                      !(m.buffer->domains & AMDGPU_GEM_DOMAIN_VRAM)});
}

void File::take_off(std::map<uint64_t, Mapping>::iterator at) {
    std::erase_if(under_way, [](const FencePointer& f) { return f->done(); });
    if (under_way.empty() || !at->second.buffer)
        space.unmap(at->first);
    else
        ghosts.push_back({at->first, std::move(at->second), under_way});
    mappings.erase(at);
}

void File::lay_ghosts() {
    std::erase_if(ghosts, [&](const Ghost& g) {
        if (!std::all_of(g.until.begin(), g.until.end(), [](const FencePointer& f) { return f->done(); })) return false;
        space.unmap(g.first);
        return true;
    });
}

int File::map(std::unique_lock<std::mutex>& lock, uint64_t first, Mapping m) {
    const uint64_t end = first + m.bytes;
    for (;;) {
        const auto after = mappings.lower_bound(first);
        if (after != mappings.end() && after->first < end) return -EINVAL;
        if (after != mappings.begin() && std::prev(after)->first + std::prev(after)->second.bytes > first)
            return -EINVAL;
        lay_ghosts();
        const auto ghost = std::find_if(ghosts.begin(), ghosts.end(), [&](const Ghost& g) {
            return g.first < end && g.first + g.mapping.bytes > first;
        });
        if (ghost == ghosts.end()) break;
        const auto until = ghost->until;
        lock.unlock();
        for (const FencePointer& fence : until) wait_until(~uint64_t(0), [&] { return fence->done(); });
        lock.lock();
    }
    if (!put_on(first, m)) return -ENOMEM;
    mappings.emplace(first, std::move(m));
    return 0;
}

int File::unmap(const BufferPointer& buffer, uint64_t first) {
    const auto found = mappings.find(first);
    if (found == mappings.end() || found->second.buffer != buffer) return -ENOENT;
    take_off(found);
    return 0;
}

// What reaches into the range from either side keeps its rest.
int File::clear(std::unique_lock<std::mutex>& lock, uint64_t first, uint64_t bytes) {
    const uint64_t end = first + bytes;
    std::vector<std::pair<uint64_t, Mapping>> rests;
    auto at = mappings.lower_bound(first);
    if (at != mappings.begin() && std::prev(at)->first + std::prev(at)->second.bytes > first) --at;
    while (at != mappings.end() && at->first < end) {
        const uint64_t from = at->first, to = from + at->second.bytes;
        const Mapping& m = at->second;
        if (from < first) rests.push_back({from, {first - from, m.buffer, m.offset, m.flags}});
        if (to > end) rests.push_back({end, {to - end, m.buffer, m.offset + (end - from), m.flags}});
        take_off(at++);
    }
    for (auto& [start, rest] : rests)
        if (const int error = map(lock, start, std::move(rest))) return error;
    return 0;
}

void File::forget(const BufferPointer& buffer) {
    for (auto at = mappings.begin(); at != mappings.end();) {
        const auto here = at++;
        if (here->second.buffer == buffer) take_off(here);
    }
}

std::vector<ContextPointer> File::take_left() {
    std::vector<ContextPointer> left;
    std::erase_if(leaving, [&](ContextPointer& c) {
        if (!c->idle()) return false;
        left.push_back(std::move(c));
        return true;
    });
    return left;
}

// The driver waits a second for what is under way (drm_sched_entity_flush), then it ends.
File::~File() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const uint64_t until = (uint64_t(now.tv_sec) + 1) * 1'000'000'000 + uint64_t(now.tv_nsec);
    for (const FencePointer& fence : under_way) wait_until(until, [&] { return fence->done(); });
    give_number();
    leaving.clear();
    contexts = {};  // nothing executes any more when buffers go
}

}  // namespace gcn::emulator::drm
