#include "emulator/drm/user.hpp"

#include "emulator/exec/withdrawn.hpp"

namespace gcn::emulator::drm {

namespace {

constexpr uint64_t first_page = 4096, last_address = uint64_t(1) << 47;

bool copy(void* to, const void* from, uint64_t program, size_t bytes) {
    if (!bytes) return true;
    if (program < first_page || bytes > last_address || program > last_address - bytes) return false;
    const Window window{program, bytes, reinterpret_cast<std::byte*>(program), true};
    WithdrawnGuard guard({&window, 1});
    // Not memcpy, in whose place the address sanitizer has one that ends programs for what they may pass to a kernel.
    return !guard.run([&] { asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory"); });
}

}  // namespace

bool copy_in(void* to, uint64_t from, size_t bytes) {
    return copy(to, reinterpret_cast<const void*>(from), from, bytes);
}

bool copy_out(uint64_t to, const void* from, size_t bytes) {
    return copy(reinterpret_cast<void*>(to), from, to, bytes);
}

}  // namespace gcn::emulator::drm
