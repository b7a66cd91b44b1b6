// How the functional events of events.def are counted.

#include "emulator/timing/counters.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <vector>

#include "emulator/timing/touch.hpp"

namespace gcn::emulator::timing {

using perfcounters::Block;
using enum Functional;

namespace {

using Tally = std::array<uint64_t, functional_counts>;

// ---- what an instruction counts as ----------------------------------------------------------------------------------

struct Class {
    bool known = false, flat = false;
    uint64_t counts = 0;  // bit per Functional
    uint32_t quads = 0;   // of the vector ALU
    Touch access;
    uint64_t lines = 0;  // bit per Functional: what its lines count as besides Lines
};
constexpr uint64_t bit(Functional c) { return uint64_t(1) << size_t(c); }

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// Clocks of a wave in fours, as the timing model has them.
uint32_t quads_of(const isa::Inst& inst, const Parameters& p) {
    switch (inst.timing) {
        case isa::Timing::Valu:
            return p.valu_clocks(inst.name, 4) / 4;
        case isa::Timing::ValuQuarter:
            return p.valu_clocks(inst.name, 16) / 4;
        case isa::Timing::ValuDouble:
            return p.valu_clocks(inst.name, 32) / 4;
        default:
            return 0;
    }
}

// Atomics that return nothing count as writes, those that return as reads (guess). FLAT counts as vector memory and as
// LDS, whichever it goes to: rocprofiler's texts for SQ_INSTS_VMEM_RD and SQ_INSTS_LDS say "including FLAT".
Class class_of(const isa::Decoded& d, const Parameters& parameters) {
    Class c;
    c.known = true;
    c.counts = bit(Insts);
    c.quads = quads_of(*d.inst, parameters);
    c.access = Touch::of(d);
    const std::string_view name = d.inst->name;
    const bool flat = d.format == isa::Fmt::FLAT, atomic = contains(name, "_atomic_"), load = contains(name, "_load_"),
               store = contains(name, "_store_"), returns = atomic && d['G'];
    switch (d.inst->timing) {
        case isa::Timing::Valu:
        case isa::Timing::ValuQuarter:
        case isa::Timing::ValuDouble:
            c.counts |= bit(Valu);
            break;
        case isa::Timing::Salu:
            c.counts |= bit(Salu);
            break;
        case isa::Timing::Smem:
            c.counts |= bit(Smem);
            break;
        case isa::Timing::Message:
            c.counts |= bit(Message);
            break;
        case isa::Timing::Branch:
            if (name.starts_with("s_branch") || name.starts_with("s_cbranch")) c.counts |= bit(Branch);
            break;
        case isa::Timing::Lds:
            c.counts |= bit(Lds);
            break;
        case isa::Timing::Vmem:
        case isa::Timing::Flat:
            if (!atomic && !load && !store) break;  // buffer_wbinvl1
            c.flat = flat;
            c.lines = load      ? bit(LinesRead)
                      : store   ? bit(LinesNotRead) | bit(LinesWritten)
                      : returns ? bit(LinesNotRead) | bit(LinesAtomicReturning)
                                : bit(LinesNotRead) | bit(LinesAtomic);
            c.counts |= bit(Vmem) | bit(Wavefronts) | bit(load || returns ? VmemRead : VmemWrite) |
                        bit(load    ? Loads
                            : store ? Stores
                                    : Atomics);
            if (flat)
                c.counts |= bit(Flat) | bit(Lds) | bit(FlatAll) | bit(load ? FlatRead : store ? FlatWrite : FlatAtomic);
            else
                c.counts |= bit(Buffer) | bit(load ? BufferRead : store ? BufferWrite : BufferAtomic);
            break;
        default:
            break;
    }
    return c;
}

// ---- observers ------------------------------------------------------------------------------------------------------

struct Target {
    const isa::Chip& chip;
    const bool windowed;
    const Sink sink;
    const Parameters parameters;

    void add(const Tally& tally, uint64_t group) const {
        const int engine = int(group % uint64_t(chip.engines));
        const int cu = int(group / uint64_t(chip.engines) % uint64_t(chip.cus_per_engine));
        std::array<size_t, std::size(perfcounters::blocks)> place{};
        for (const EventRow& row : event_rows()) {
            const size_t at = place[size_t(row.block)]++;
            const perfcounters::BlockRow& block = perfcounters::row(row.block);
            const uint64_t n = tally[size_t(row.functional)];
            if (row.functional == Nothing || !n) continue;
            if (block.window == perfcounters::Window::Waves && !windowed) continue;
            const int instance = block.per == perfcounters::Per::CU ? engine * chip.cus_per_engine + cu : engine;
            sink(row.block, instance, at, n);
        }
    }
};

class Group final : public GroupObserver {
public:
    Group(const Target& target, uint64_t number, const GroupFacts& facts) : target(target), number(number) {
        const uint32_t items = facts.size[0] * facts.size[1] * facts.size[2];
        for (uint32_t first = 0; first < items; first += 64) {
            const uint32_t n = std::min(items - first, 64u);
            ++count(Waves);
            ++count(n == 64 ? Full : Partial);
            count(Below48) += n < 48, count(Below32) += n < 32, count(Below16) += n < 16;
            count(Items) += n;
        }
    }
    ~Group() override { target.add(tally, number); }

    // As issued: an instruction may overwrite its addresses, and one that faults was issued too.
    void before(const Wave& wave, const Step& step) override {
        if (!step.decoded()) return;
        if (&step.program != program) program = &step.program, classes.assign(program->size(), {});
        Class& c = classes[step.number];
        if (!c.known) c = class_of(*step.decoded(), target.parameters);
        for (uint64_t left = c.counts; left; left &= left - 1) ++tally[size_t(std::countr_zero(left))];
        if (c.quads) {
            count(ValuQuads) += c.quads;
            count(LaneQuads) += c.quads * uint64_t(std::popcount(exec_of(wave)));
        }
        if (c.lines) {
            find_lines(touched, wave, c.access);
            const uint64_t lines = touched.lines.size();
            count(Lines) += lines;
            for (uint64_t left = c.lines; left; left &= left - 1) tally[size_t(std::countr_zero(left))] += lines;
        }
        if (c.access.accesses) count(BankConflict) += bank_conflicts(wave, c.access);
        if (c.flat) count(FlatLds) += only_lds(wave, *step.decoded());
    }

private:
    uint64_t& count(Functional f) { return tally[size_t(f)]; }

    const Target& target;
    const uint64_t number;
    Tally tally{};
    const Program* program = nullptr;
    std::vector<Class> classes;
    Touched touched;
};

class Grid final : public GridObserver {
public:
    Grid(const Target& target, const Dispatch& d) : target(target) {
        for (int i = 0; i < 3; ++i) groups[size_t(i)] = (uint64_t(d.grid[i]) + d.group[i] - 1) / d.group[i];
    }
    std::unique_ptr<GroupObserver> group(const GroupFacts& facts) override {
        const uint64_t number = (facts.place[2] * groups[1] + facts.place[1]) * groups[0] + facts.place[0];
        return std::make_unique<Group>(target, number, facts);
    }

private:
    const Target& target;
    std::array<uint64_t, 3> groups{};
};

class Counting final : public Observer {
public:
    Counting(const isa::Chip& chip, const Parameters& parameters, bool windowed, Sink sink)
        : target{chip, windowed, std::move(sink), parameters} {}
    std::unique_ptr<GridObserver> grid(const Dispatch& d) override { return std::make_unique<Grid>(target, d); }

private:
    const Target target;
};

}  // namespace

std::unique_ptr<Observer> counting(const isa::Chip& chip, const Parameters& parameters, bool windowed, Sink sink) {
    return std::make_unique<Counting>(chip, parameters, windowed, std::move(sink));
}

}  // namespace gcn::emulator::timing
