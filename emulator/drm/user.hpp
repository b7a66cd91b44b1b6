#pragma once
// Memory of the program that an ioctl's argument points to: it may be anything.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gcn::emulator::drm {

// False when the program has no such memory.
bool copy_in(void* to, uint64_t from, size_t bytes);
bool copy_out(uint64_t to, const void* from, size_t bytes);

template <class T> bool copy_in(std::vector<T>& to, uint64_t from) {
    return copy_in(to.data(), from, to.size() * sizeof(T));
}

}  // namespace gcn::emulator::drm
