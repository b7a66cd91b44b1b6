// The regions of an address space, and how a worker finds them again quickly.

#include "emulator/exec/memory.hpp"

#include "emulator/exec/wave.hpp"

namespace gcn::emulator {

uint64_t AddressSpace::unique_version() {
    static std::atomic<uint64_t> spaces{0};
    return (spaces.fetch_add(1, std::memory_order_relaxed) + 1) << 40;
}

bool AddressSpace::map(const Region& region) {
    if (region.first >= region.end) return false;
    const std::lock_guard lock(guard);
    const auto after = regions.lower_bound(region.first);
    if (after != regions.end() && after->first < region.end) return false;
    if (after != regions.begin() && std::prev(after)->second.end > region.first) return false;
    regions.emplace_hint(after, region.first, region);
    changes.fetch_add(1, std::memory_order_release);
    return true;
}

bool AddressSpace::unmap(uint64_t first) {
    {
        const std::lock_guard lock(guard);
        if (!regions.erase(first)) return false;
        changes.fetch_add(1, std::memory_order_release);
    }
    // Whoever found the region before holds `usage`; whoever takes it from now on does not find the region.
    waiting.fetch_add(1, std::memory_order_relaxed);
    usage.lock();
    usage.unlock();
    waiting.fetch_sub(1, std::memory_order_relaxed);
    return true;
}

std::optional<Region> AddressSpace::find(uint64_t address) const {
    const std::lock_guard lock(guard);
    auto it = regions.upper_bound(address);
    if (it == regions.begin()) return {};
    --it;
    if (!it->second.holds(address, 1)) return {};
    return it->second;
}

std::byte* AddressSpace::host(uint64_t address, uint64_t bytes, bool write) const {
    const auto region = find(address);
    if (!region || !region->holds(address, bytes) || (write && !region->writable)) return nullptr;
    return region->at(address);
}

const Window* look_up(View& view, uint64_t address) {
    const auto region = view.space->find(address);
    if (!region) return nullptr;
    for (Window& window : view.windows)
        if (window.bytes && window.first == region->first) return &window;
    Window& window = view.windows[view.oldest++ % View::size];
    window = {region->first, region->end - region->first, region->host, region->writable};
    return &window;
}

}  // namespace gcn::emulator
