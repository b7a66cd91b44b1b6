#include "emulator/drm/shared.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "emulator/drm/descriptors.hpp"

namespace gcn::emulator::drm {

namespace {

constexpr char prefix[] = "/memfd:gcn-shared-";

struct Table {
    std::mutex guard;
    std::map<uint64_t, Shared> all;
    uint64_t next = 1;
};
Table* table = new Table;

// 0: of nothing shared here.
uint64_t number_of(int fd) {
    char path[48], target[64];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const ssize_t n = ::readlink(path, target, sizeof target - 1);
    if (n <= 0) return 0;
    target[n] = 0;
    return std::strncmp(target, prefix, sizeof prefix - 1) ? 0 : std::strtoull(target + sizeof prefix - 1, nullptr, 10);
}

void forget_closed(Table& t) {
    std::set<uint64_t> open;
    for_each_descriptor([&](int fd) { open.insert(number_of(fd)); });
    std::erase_if(t.all, [&](const auto& entry) { return !open.count(entry.first); });
}

}  // namespace

// What the parent shared is the parent's: it is left as it is, and its numbers mean nothing here.
void forget_parents_shared() {
    auto* own = new Table;
    own->next = table->next + 1;
    table = own;
}

int share(const Shared& thing, int& fd) {
    Table& t = *table;
    const std::lock_guard lock(t.guard);
    forget_closed(t);
    const uint64_t number = t.next++;
    const std::string name = prefix + sizeof "/memfd:" - 1 + std::to_string(number);
    const int made = memfd_create(name.c_str(), MFD_CLOEXEC);
    if (made < 0) return -errno;
    // Importers ask for a buffer's size by lseek. What lies in it is not mapped through this descriptor.
    const auto* buffer = std::get_if<BufferPointer>(&thing);
    if (buffer && ftruncate(made, off_t((*buffer)->bytes)) != 0) {
        const int error = errno;
        ::close(made);
        return -error;
    }
    t.all.emplace(number, thing);
    fd = made;
    return 0;
}

Shared find_shared(int fd) {
    const uint64_t number = number_of(fd);
    Table& t = *table;
    const std::lock_guard lock(t.guard);
    const auto found = t.all.find(number);
    return found == t.all.end() ? Shared{} : found->second;
}

}  // namespace gcn::emulator::drm
