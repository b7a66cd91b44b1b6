#pragma once
// The rows of events.def: which events are modelled, and how each follows from what a grid left in the timing model or
// in the functional observer (counters.hpp).

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "emulator/timing/engine.hpp"
#include "perfcounters/gfx803/tables.hpp"

namespace gcn::emulator::timing {

// What the functional observer counts.
enum class Functional : uint8_t {
    Nothing,
    Waves,
    Full,  // waves by their work-items
    Partial,
    Below48,
    Below32,
    Below16,
    Items,
    Insts,
    Valu,
    VmemWrite,
    VmemRead,
    Vmem,
    Salu,
    Smem,
    Flat,
    FlatLds,
    Lds,
    Branch,
    Message,
    BankConflict,
    Wavefronts,
    Buffer,
    BufferRead,
    BufferWrite,
    BufferAtomic,
    FlatAll,
    FlatRead,
    FlatWrite,
    FlatAtomic,
    Loads,
    Atomics,
    Stores,
    ValuQuads,  // clocks of the vector ALU, in fours
    LaneQuads,  // the same for each active lane
    Lines,      // 64-byte lines that memory instructions touch
    LinesRead,
    LinesWritten,
    LinesNotRead,
    LinesAtomicReturning,
    LinesAtomic,
};
inline constexpr size_t functional_counts = size_t(Functional::LinesAtomic) + 1;

// What an instance of a block saw of a grid: all CUs and scalar caches of an engine, a CU, a channel of L2, or the GPU.
struct Measured {
    CuStats cu, at_start;
    Memory::TcpCounts tcp;
    Memory::SqcCounts sqc;
    Memory::TccCounts tcc;
    DramChannel::Counts dram;
    uint64_t clocks = 0, whole = 0;  // to the end of the last wave, and of the kernel
    uint64_t busy = 0;               // with waves in the engine
    uint64_t stalls = 0;             // a group waited for a place
    Limit limit = Limit::WaveSlots;  // of what there was too little then

    uint64_t issued(Kind k) const { return cu.issued[size_t(k)]; }
    uint64_t unit(Kind k) const { return cu.unit_cycles[size_t(k)]; }
    uint64_t in(State s) const { return cu.cycles[size_t(s)]; }
    uint64_t waits(Kind k) const { return cu.cycles[waiting(k)]; }
    uint64_t ready() const;
    uint64_t vector(bool flat) const;
    uint64_t vector(bool flat, Access) const;  // Atomic: with those that return
    uint64_t stalled_by(Limit l) const { return l == limit ? stalls : 0; }
};

enum class Unit : uint8_t { Events, Clocks, Quads, Level, Device };

struct EventRow {
    perfcounters::Block block;
    uint16_t number;
    Functional functional;
    Unit unit;
    uint64_t (*of)(const Measured&);
};
std::span<const EventRow> event_rows();

// How many rows a block has, and the place of an event among them.
size_t event_count(perfcounters::Block);
std::optional<size_t> place_of(perfcounters::Block, unsigned number);
// nullptr: it is not modelled at all.
const EventRow* find_row(perfcounters::Block, unsigned number);

// `n` more of the event at `place` in an instance (perfcounters::instance()) of the block. From several threads.
using Sink = std::function<void(perfcounters::Block, int instance, size_t place, uint64_t n)>;

// A grid is over: all events of all instances. `whole`: clocks of the kernel. `windowed`: blocks that count only the
// waves of queues whose window is open count these too. The memory's counts are those of this grid alone.
void count(const Engine&, const Memory&, const isa::Chip&, uint64_t whole, bool windowed, const Sink&);

// What an engine measured in instance `i` of a block. What was skipped took as long, state by state and cache by cache,
// as what was timed.
Measured measured(const Engine&, const Memory&, const isa::Chip&, perfcounters::Block, int instance, uint64_t whole);

}  // namespace gcn::emulator::timing
