#pragma once
// How long a packet that copies or fills takes, when time is modelled.

#include <cstdint>

#include "isa/chips.hpp"

namespace gcn::emulator {

enum class Copier { CommandProcessor, Sdma };

// Nanoseconds for a packet that writes so many bytes. Engines side by side do not share the memory's bandwidth here.
double copy_time(const isa::Chip&, Copier, uint64_t bytes);

}  // namespace gcn::emulator
