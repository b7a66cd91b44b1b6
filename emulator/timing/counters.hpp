#pragma once
// What the device counts while it executes without a timing model: functional events, exactly, the same whatever the
// number of threads and the build. Which events these are is a column of events.def. Where a group runs is fixed by its
// number in the grid: engine by engine, in each CU by CU.

#include <memory>

#include "emulator/exec/trace.hpp"
#include "emulator/timing/events.hpp"
#include "isa/chips.hpp"

namespace gcn::emulator::timing {

struct Parameters;

// Watches every grid that is given to it, and tells what a group did when it has ended. `windowed`: blocks that count
// only the waves of queues whose window is open count these too. Outlives the grids.
std::unique_ptr<Observer> counting(const isa::Chip&, const Parameters&, bool windowed, Sink);

}  // namespace gcn::emulator::timing
