#include "emulator/timing/events.hpp"

#include <algorithm>
#include <vector>

namespace gcn::emulator::timing {

using perfcounters::Block, perfcounters::Per;

namespace {

constexpr EventRow rows[] = {
#define EVENT(block, number, functional, unit, expression)     \
    {Block::block, number, Functional::functional, Unit::unit, \
     []([[maybe_unused]] const Measured& m) -> uint64_t { return expression; }},
#include "emulator/timing/events.def"
};

// A part of what was timed, as if all had been.
struct Scale {
    uint64_t all, timed;
    void operator()(uint64_t& n) const {
        if (timed && timed < all) n = uint64_t((unsigned __int128)n * all / timed);
    }
};

void add(Memory::SqcCounts& to, const Memory::SqcCounts& c) {
    to.inst_requests += c.inst_requests, to.inst_hits += c.inst_hits, to.inst_misses += c.inst_misses;
    to.data_requests += c.data_requests, to.data_hits += c.data_hits, to.data_misses += c.data_misses;
    to.inst_ahead += c.inst_ahead, to.data_writes += c.data_writes, to.l2_requests += c.l2_requests;
    to.stall += c.stall, to.inst_clocks += c.inst_clocks;
}

// Of what was skipped some events are counted and others are not: clocks of states and latencies, fetches of code, and
// what becomes of lines that were not looked up.
void fill_cu(Measured& m) {
    const uint64_t skipped = m.cu.cycles[size_t(State::Skipped)];
    if (!skipped) return;
    const Scale clocks{m.cu.wave_cycles, m.cu.wave_cycles - std::min(skipped, m.cu.wave_cycles)};
    uint64_t timed = 0;  // since the grid got going, when all waves wait for their first data
    for (size_t i = 0; i < states; ++i)
        if (i != size_t(State::Skipped)) timed += m.cu.cycles[i] - m.at_start.cycles[i];
    const auto more = [&](uint64_t& n, uint64_t at_start) {
        if (timed) n += uint64_t((unsigned __int128)(n - at_start) * skipped / timed);
    };
    const Scale code{m.cu.instructions(), m.cu.instructions() - m.cu.skipped};
    uint64_t sum = 0;
    for (size_t i = 0; i < states; ++i) {
        if (i == size_t(State::Skipped)) continue;
        more(m.cu.cycles[i], m.at_start.cycles[i]);
        sum += m.cu.cycles[i];
    }
    m.cu.cycles[size_t(State::Skipped)] = m.cu.wave_cycles - std::min(sum, m.cu.wave_cycles);  // what rounding left
    for (uint64_t CuStats::*n : {&CuStats::level_vm, &CuStats::level_smem, &CuStats::level_lds, &CuStats::level_fetch,
                                 &CuStats::lds_stalled, &CuStats::ta_stalled})
        more(m.cu.*n, m.at_start.*n);
    for (uint64_t* n :
         {&m.tcp.ta_busy, &m.tcp.ta_stalled, &m.tcp.latency, &m.tcp.l2_read_clocks, &m.tcp.l2_write_clocks})
        clocks(*n);
    for (uint64_t* n : {&m.cu.fetches, &m.cu.branches_taken, &m.sqc.inst_hits, &m.sqc.inst_misses, &m.sqc.inst_ahead})
        code(*n);
    m.sqc.inst_requests = m.sqc.inst_hits + m.sqc.inst_misses;
    m.sqc.l2_requests = m.sqc.inst_misses + m.sqc.inst_ahead + m.sqc.data_misses + m.sqc.data_writes;
}

void fill_l1(Memory::TcpCounts& c) {
    if (!c.passed) return;
    const Scale reads{c.reads, c.reads - c.passed_reads};
    reads(c.hits), reads(c.l2_reads);
    c.misses = c.reads - std::min(c.hits, c.reads);
    c.l2_writes = c.writes, c.l2_atomics = c.atomics + c.atomics_returning;
}

// Which channel passed lines would have gone to is not known: all have as much more.
void fill_l2(Measured& m, const Memory& memory) {
    Scale lines{0, 0}, clocks{0, 0};
    for (uint32_t cu = 0; cu < memory.cus(); ++cu) {
        const Memory::TcpCounts& c = memory.tcp(cu);
        lines.all += c.accesses, clocks.all += c.accesses;
        lines.timed += c.accesses - c.passed, clocks.timed += c.accesses - c.passed - c.warmed;
    }
    Memory::TccCounts& c = m.tcc;
    for (uint64_t* n : {&c.tag_stall, &c.write_stall, &c.read_stall, &m.dram.row_hits, &m.dram.row_misses,
                        &m.dram.turns, &m.dram.read_clocks, &m.dram.write_clocks})
        clocks(*n);
    if (lines.timed == lines.all) return;
    for (uint64_t* n : {&c.reads, &c.writes, &c.atomics, &c.misses, &c.evictions, &c.writebacks, &c.system,
                        &m.dram.reads, &m.dram.writes})
        lines(*n);
    c.requests = c.reads + c.writes + c.atomics;
    c.misses = std::min(c.misses, c.requests);
    c.hits = c.requests - c.misses;
}

}  // namespace

std::span<const EventRow> event_rows() { return rows; }

size_t event_count(Block block) {
    return size_t(std::count_if(std::begin(rows), std::end(rows), [&](const EventRow& r) { return r.block == block; }));
}

std::optional<size_t> place_of(Block block, unsigned number) {
    size_t place = 0;
    for (const EventRow& row : rows) {
        if (row.block != block) continue;
        if (row.number == number) return place;
        ++place;
    }
    return {};
}

const EventRow* find_row(Block block, unsigned number) {
    for (const EventRow& row : rows)
        if (row.block == block && row.number == number) return &row;
    return nullptr;
}

uint64_t Measured::ready() const {
    uint64_t sum = 0;
    for (size_t k = 0; k < kinds; ++k) sum += cu.cycles[issuing(Kind(k))] + cu.cycles[waiting(Kind(k))];
    return sum;
}

uint64_t Measured::vector(bool flat, Access a) const {
    const auto of = [&](Access x) { return cu.vector[CuStats::vector_place(flat, x)]; };
    return of(a) + (a == Access::Atomic ? of(Access::AtomicReturn) : 0);
}

uint64_t Measured::vector(bool flat) const {
    return vector(flat, Access::Load) + vector(flat, Access::Store) + vector(flat, Access::Atomic);
}

Measured measured(const Engine& engine, const Memory& memory, const isa::Chip& chip, Block block, int i,
                  uint64_t whole) {
    Measured m;
    m.clocks = engine.stats().cycles;
    m.whole = whole;
    m.stalls = engine.stats().dispatch_stalls;
    m.limit = engine.stats().limit;
    switch (perfcounters::row(block).per) {
        case Per::SE: {
            const uint32_t n = uint32_t(chip.cus_per_engine), first = uint32_t(i) * n;
            for (uint32_t cu = first; cu < first + n; ++cu) m.cu += engine.cu(cu), m.at_start += engine.at_start(cu);
            for (uint32_t s = memory.sqc_of(first); s <= memory.sqc_of(first + n - 1); ++s) add(m.sqc, memory.sqc(s));
            m.busy = engine.engine_busy(uint32_t(i));
            fill_cu(m);
            break;
        }
        case Per::CU:
            m.cu = engine.cu(uint32_t(i)), m.at_start = engine.at_start(uint32_t(i));
            m.tcp = memory.tcp(uint32_t(i));
            fill_cu(m);
            fill_l1(m.tcp);
            break;
        case Per::L2:
            m.tcc = memory.tcc(uint32_t(i));
            m.dram = memory.dram(uint32_t(i));
            fill_l2(m, memory);
            break;
        case Per::GPU:
            break;
    }
    return m;
}

void count(const Engine& engine, const Memory& memory, const isa::Chip& chip, uint64_t whole, bool windowed,
           const Sink& sink) {
    for (size_t b = 0; b < std::size(perfcounters::blocks); ++b) {
        const Block block = Block(b);
        if (perfcounters::row(block).window == perfcounters::Window::Waves && !windowed) continue;
        if (!event_count(block)) continue;
        for (int i = 0; i < perfcounters::instances(block, chip); ++i) {
            const Measured m = measured(engine, memory, chip, block, i, whole);
            size_t place = 0;
            for (const EventRow& row : rows) {
                if (row.block != block) continue;
                if (const uint64_t n = row.of(m) / (row.unit == Unit::Quads ? 4 : 1)) sink(block, i, place, n);
                ++place;
            }
        }
    }
}

}  // namespace gcn::emulator::timing
