#include "emulator/cp/counters.hpp"

#include <algorithm>
#include <iterator>

#include "emulator/cp/board.hpp"
#include "emulator/cp/power.hpp"
#include "emulator/timing/counters.hpp"
#include "emulator/timing/grid.hpp"
#include "gcn/error.hpp"
#include "isa/pm4.hpp"
#include "isa/regs.hpp"

namespace gcn::emulator {

namespace pm4 = isa::pm4;
namespace reg = isa::reg;
namespace pc = perfcounters;

namespace {

constexpr size_t block_count = std::size(pc::blocks);

// Words of the board before those of blocks.
enum : size_t { Control, Gating, Stages, Mask, Blocks };

constexpr uint32_t event_bits = 0x3ff, sq_event_bits = 0x1ff, compute_stage = 1 << 6;
constexpr uint32_t sum_of_level = 163, sum_of_level_quads = 1;  // SQ_ACCUM_PREV_HIRES, SQ_ACCUM_PREV (its unit: guess)

size_t instances_of(pc::Block b, const isa::Chip& chip) { return size_t(pc::instances(b, chip)); }

uint32_t event_of(pc::Block b, uint64_t select) {
    return uint32_t(select) & (b == pc::Block::SQ ? sq_event_bits : event_bits);
}

}  // namespace

size_t Counters::slots_of(Block b) const { return size_t(pc::counters_of(b)); }

Counters::Counters(const isa::Chip& chip, const timing::Parameters& parameters, Clock* clock)
    : chip(chip), clock(clock), core_mhz(parameters.core_mhz) {
    size_t next = Blocks;
    for (size_t b = 0; b < block_count; ++b) {
        totals.push_back(next);
        next += instances_of(Block(b), chip) * timing::event_count(Block(b));
        slots.push_back(next);
        next += instances_of(Block(b), chip) * slots_of(Block(b)) * 4;
    }
    words = Board::open().words();
    GCN_ASSERT(next + Power::board_words <= words.size());
    for (const pc::CounterRow& c : pc::counters) {
        registers[c.select] = {c.block, c.number, Kind::Select};
        if (c.select1) registers[c.select1] = {c.block, c.number, Kind::Select1};
        registers[c.lo] = {c.block, c.number, Kind::Low};
        registers[c.hi] = {c.block, c.number, Kind::High};
    }
    const auto sink = [this](Block b, int instance, size_t place, uint64_t n) { put(b, instance, place, n); };
    inside = timing::counting(chip, parameters, true, sink);
    outside = timing::counting(chip, parameters, false, sink);
}

void Counters::put(Block b, int instance, size_t place, uint64_t n) {
    words[totals[size_t(b)] + size_t(instance) * timing::event_count(b) + place].fetch_add(n,
                                                                                           std::memory_order_relaxed);
}

void Counters::add(const timing::TimedGrid& grid, bool windowed) {
    const uint64_t whole = uint64_t(grid.result().ns * core_mhz / 1e3 + 0.5);
    timing::count(grid.model(), grid.memory(), chip, whole, windowed,
                  [this](Block b, int instance, size_t place, uint64_t n) { put(b, instance, place, n); });
}

void Counters::lose() {
    const Board::Turn turn = Board::open().take_turn();
    for_all([&](Block b, int instance, int counter) { slot(b, instance, counter).held = not_modelled; });
}

bool Counters::counting() const {
    return reg::CP_PERFMON_CNTL__PERFMON_STATE.of(uint32_t(words[Control].load(std::memory_order_relaxed))) ==
           pm4::PERFMON_START;
}

bool Counters::holds(uint32_t dword) const {
    return dword == reg::CP_PERFMON_CNTL || dword == reg::RLC_PERFMON_CLK_CNTL || dword == reg::SQ_PERFCOUNTER_CTRL ||
           dword == reg::SQ_PERFCOUNTER_MASK || registers.count(dword);
}

Counters::Slot Counters::slot(Block b, int instance, int counter) const {
    Word* w = &words[slots[size_t(b)] + (size_t(instance) * slots_of(b) + size_t(counter)) * 4];
    return {w[0], w[1], w[2], w[3]};
}

// Of a sum over a level the level, which the counter before it has. nullptr: not modelled.
const timing::EventRow* Counters::counted_by(Block b, int instance, int counter) const {
    const uint32_t event = event_of(b, slot(b, instance, counter).select.load());
    if (b == Block::SQ && (event == sum_of_level || event == sum_of_level_quads)) {
        if (!clock || counter == 0) return nullptr;
        const timing::EventRow* level = timing::find_row(b, event_of(b, slot(b, instance, counter - 1).select.load()));
        return level && level->unit == timing::Unit::Level ? level : nullptr;
    }
    const timing::EventRow* row = timing::find_row(b, event);
    if (!row || (row->functional == timing::Functional::Nothing && !clock)) return nullptr;
    return row->unit == timing::Unit::Level ? nullptr : row;
}

bool Counters::is_modelled(Block b, int instance, int counter) const { return counted_by(b, instance, counter); }

uint64_t Counters::total(Block b, int instance, int counter) const {
    const timing::EventRow* row = counted_by(b, instance, counter);
    if (!row) return 0;
    if (row->unit == timing::Unit::Device) return uint64_t(double(clock->now()) * core_mhz / 1e3);
    const uint64_t n =
        words[totals[size_t(b)] + size_t(instance) * timing::event_count(b) + *timing::place_of(b, row->number)].load();
    return b == Block::SQ && event_of(b, slot(b, instance, counter).select.load()) == sum_of_level_quads ? n / 4 : n;
}

// Counts nothing, whatever happens.
bool Counters::blind(Block b, int counter, uint64_t select) const {
    if (pc::row(b).chosen == pc::Chosen::Index && counter >= pc::row(b).live) return true;
    const pc::Event* event = pc::find_event(b, event_of(b, select));
    const std::string_view name = event ? event->name : "";
    if (!event_of(b, select) && (name.ends_with("NONE") || name.ends_with("NULL") || name.ends_with("none")))
        return true;
    if (b != Block::SQ) return false;
    return (select & pc::row(b).base) != pc::row(b).base || !(words[Stages].load() & compute_stage);
}

// The instances that a value of GRBM_GFX_INDEX means.
template <class Each> void Counters::for_chosen(const Register& r, uint32_t index, const Each& each) const {
    const pc::BlockRow& row = pc::row(r.block);
    if (row.chosen == pc::Chosen::Own) {
        if (size_t(r.row) < instances_of(r.block, chip)) each(r.row, 0);
        return;
    }
    const int engine = int(reg::GRBM_GFX_INDEX__SE_INDEX.of(index)),
              unit = int(reg::GRBM_GFX_INDEX__INSTANCE_INDEX.of(index));
    const bool all_engines = reg::GRBM_GFX_INDEX__SE_BROADCAST_WRITES.of(index) || row.per == pc::Per::L2 ||
                             row.per == pc::Per::GPU,
               all_units = reg::GRBM_GFX_INDEX__INSTANCE_BROADCAST_WRITES.of(index) || row.per == pc::Per::SE;
    for (int i = 0; i < int(instances_of(r.block, chip)); ++i) {
        const pc::Instance at = pc::instance(r.block, pc::topology(chip), i);
        if ((all_engines || at.engine == engine) && (all_units || at.unit == unit)) each(i, r.row);
    }
}

template <class Each> void Counters::for_all(const Each& each) const {
    for (size_t b = 0; b < block_count; ++b)
        for (int i = 0; i < int(instances_of(Block(b), chip)); ++i)
            for (int c = 0; c < int(slots_of(Block(b))); ++c) each(Block(b), i, c);
}

void Counters::hold(const Slot& s, uint64_t now) {
    if (s.held == not_modelled) return;
    s.held += now - std::min(now, s.base.load());  // of two processes each has its own clock
}

void Counters::control(uint32_t value) {
    const uint32_t state = reg::CP_PERFMON_CNTL__PERFMON_STATE.of(value);
    const bool was_counting = counting(), sample = reg::CP_PERFMON_CNTL__PERFMON_SAMPLE_ENABLE.of(value);
    for_all([&](Block b, int instance, int counter) {
        const Slot s = slot(b, instance, counter);
        const uint64_t now = total(b, instance, counter);
        if (was_counting) hold(s, now);
        s.base = now;
        if (state == pm4::PERFMON_RESET) s.held = 0, s.sampled = 0;
        if (sample) s.sampled = s.held.load();
    });
    words[Control] = value;
}

void Counters::write(uint32_t dword, uint32_t value, uint32_t index) {
    const Board::Turn turn = Board::open().take_turn();
    if (dword == reg::CP_PERFMON_CNTL) return control(value);
    if (dword == reg::RLC_PERFMON_CLK_CNTL) return words[Gating].store(value);
    if (dword == reg::SQ_PERFCOUNTER_CTRL) return words[Stages].store(value);
    if (dword == reg::SQ_PERFCOUNTER_MASK) return words[Mask].store(value);
    const Register& r = registers.at(dword);
    if (r.kind != Kind::Select) return;  // SELECT1 adds a second event to a counter, which nothing here asks for
    for_chosen(r, index, [&](int instance, int counter) { select(r.block, instance, counter, value); });
}

// The counter behind it may count by what this one has.
void Counters::select(Block b, int instance, int counter, uint32_t value) {
    const int last = std::min(counter + 1, int(slots_of(b)) - 1);
    for (int c = counter; c <= last; ++c)
        if (const Slot s = slot(b, instance, c); counting()) hold(s, total(b, instance, c));
    slot(b, instance, counter).select = value;
    for (int c = counter; c <= last; ++c) slot(b, instance, c).base = total(b, instance, c);
}

// Of several instances the first: a card's answer to a read of all of them is not known (guess).
uint32_t Counters::read(uint32_t dword, uint32_t index) const {
    if (dword == reg::CP_PERFMON_CNTL) return uint32_t(words[Control].load());
    if (dword == reg::RLC_PERFMON_CLK_CNTL) return uint32_t(words[Gating].load());
    if (dword == reg::SQ_PERFCOUNTER_CTRL) return uint32_t(words[Stages].load());
    if (dword == reg::SQ_PERFCOUNTER_MASK) return uint32_t(words[Mask].load());
    const Register& r = registers.at(dword);
    uint64_t value = 0;
    bool first = true;
    for_chosen(r, index, [&](int instance, int counter) {
        if (!first) return;
        first = false;
        const Slot s = slot(r.block, instance, counter);
        const uint64_t select = s.select.load();
        if (r.kind == Kind::Select)
            value = select;
        else if (!blind(r.block, counter, select))
            value = is_modelled(r.block, instance, counter) ? s.sampled.load() : not_modelled;
    });
    return uint32_t(r.kind == Kind::High ? value >> 32 : value);
}

}  // namespace gcn::emulator
