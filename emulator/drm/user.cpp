#include "emulator/drm/user.hpp"

#include <cstring>

#include "emulator/exec/withdrawn.hpp"

namespace gcn::emulator::drm {

namespace {

constexpr uint64_t first_page = 4096, last_address = uint64_t(1) << 47;

bool copy(void* to, const void* from, uint64_t program, size_t bytes) {
    if (!bytes) return true;
    if (program < first_page || bytes > last_address || program > last_address - bytes) return false;
    const Window window{program, bytes, reinterpret_cast<std::byte*>(program), true};
    WithdrawnGuard guard({&window, 1});
    return !guard.run([&] { std::memcpy(to, from, bytes); });
}

}  // namespace

bool copy_in(void* to, uint64_t from, size_t bytes) {
    return copy(to, reinterpret_cast<const void*>(from), from, bytes);
}

bool copy_out(uint64_t to, const void* from, size_t bytes) {
    return copy(reinterpret_cast<void*>(to), from, to, bytes);
}

}  // namespace gcn::emulator::drm
