#pragma once
// What the card's sensors say: clocks, temperature, power, voltage, load. Clocks and load follow the work that
// processes have under way; temperature, power and voltage are two constants each, for idle and busy, until something
// models them.

#include <vector>

#include "isa/chips.hpp"

namespace gcn::emulator::drm {

// Rising; the last is the clock of the chip's row.
std::vector<int> engine_clocks_mhz(const isa::Chip&);
std::vector<int> memory_clocks_mhz(const isa::Chip&);

struct Sensors {
    int engine_mhz, memory_mhz, millidegrees, watts, millivolts, load_percent;
};
Sensors read_sensors(const isa::Chip&);

}  // namespace gcn::emulator::drm
