#pragma once
// Descriptors by which a buffer, a synchronization object or fences pass from one open file to another in this process:
// small memfds whose name tells what they are of. What one stands for lives while any descriptor of it is open.

#include <cstdint>
#include <variant>
#include <vector>

#include "emulator/drm/buffer.hpp"
#include "emulator/drm/fence.hpp"

namespace gcn::emulator::drm {

using Shared = std::variant<std::monostate, BufferPointer, SyncobjPointer, Fences>;

// 0 and a descriptor, or -errno.
int share(const Shared&, int& fd);
// In a child of fork().
void forget_parents_shared();
// Nothing, when the descriptor is not one of these.
Shared find_shared(int fd);

constexpr uint32_t most_handles = 1 << 16;  // in one call: a program's slip must not take all memory

}  // namespace gcn::emulator::drm
