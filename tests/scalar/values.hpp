#pragma once
// Random values with a liking for corners, and random states of the wave.

#include "tests/scalar/machine.hpp"
#include "tests/scalar/random.hpp"

namespace gcn::scalar {

// A value as `type` means it: zeros, denormals, limits, infinities, NaNs, small ones, anything.
u64 value(Random&, isa::Type type);
u64 lanes_in_exec(Random&);
u32 random_mode(Random&);
// All 64 lanes of the registers that a value of `type` fills.
void fill(Machine&, Random&, u32 vgpr, isa::Type type);
// Registers, LDS and memory at random; descriptors and addresses where draw.hpp has them.
void start(Machine&, Random&);

}  // namespace gcn::scalar
