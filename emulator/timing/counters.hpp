#pragma once
// What the device counts while it executes: functional events, exactly, the same whatever the number of threads and the
// build. Which events are counted is a table in counters.cpp; all others of perfcounters/gfx803/counters.def are not
// modelled. Where a group runs is fixed by its number in the grid: engine by engine, in each CU by CU.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "emulator/exec/trace.hpp"
#include "isa/chips.hpp"
#include "perfcounters/gfx803/tables.hpp"

namespace gcn::emulator::timing {

// How many events of a block are modelled, and the place of one among them.
size_t modelled(perfcounters::Block);
std::optional<size_t> place_of(perfcounters::Block, unsigned number);

// A group has ended: `n` more of the event at `place` in an instance (perfcounters::instance()) of the block. From
// several threads.
using Sink = std::function<void(perfcounters::Block, int instance, size_t place, uint64_t n)>;

// Watches every grid that is given to it. `windowed`: blocks that count only the waves of queues whose window is open
// count these too. Outlives the grids.
std::unique_ptr<Observer> counting(const isa::Chip&, bool windowed, Sink);

}  // namespace gcn::emulator::timing
