#pragma once
// What the card's sensors say: clocks, temperature, power, voltage, load. Clocks and load follow the work that
// processes have under way, and so does voltage. Temperature and power are two constants each, for idle and busy; with
// timing on they are modelled from what grids did (emulator/cp/power.hpp).

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
