#pragma once
// The performance counters' registers: one set for the card, shared by all processes under one `gcn emu`, through
// whichever door they come. What is counted is for emulator/timing to say; which registers there are, for
// perfcounters/gfx803/blocks.def.
//
// CP_PERFMON_CNTL says reset, start or stop, and with its sample bit makes what was counted so far readable. An event
// that is not modelled reads as all ones, which no card reaches. What a card leaves at 0 is 0 here too: SQ's counters 8
// to 15, SQ selects without their masks, SQ without the stage bit of compute, event 0 of a block that calls it none.
//
// With timing on, what is counted is what the timing model measured of each grid that began while counters ran; else
// what an observer saw, which knows fewer events. A level reads as not modelled: SQ_ACCUM_PREV behind it tells its sum.

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "emulator/cp/clock.hpp"
#include "emulator/exec/trace.hpp"
#include "emulator/timing/events.hpp"
#include "isa/chips.hpp"
#include "perfcounters/gfx803/tables.hpp"

namespace gcn::emulator {

namespace timing {
class TimedGrid;
struct Parameters;
}  // namespace timing

constexpr uint64_t not_modelled = ~uint64_t(0);

class Counters {
public:
    // `clock`: the device's, when it is modelled, else nullptr.
    Counters(const isa::Chip&, const timing::Parameters&, Clock* clock);

    // Whether grids that start now are to be watched, and by whom. `windowed`: by its queue the windows of TA, TD and
    // TCP are open.
    bool counting() const;
    Observer* observer(bool windowed) { return windowed ? inside.get() : outside.get(); }
    // Such a grid is over; the timing model had it.
    void add(const timing::TimedGrid&, bool windowed);
    // Or gave it up: what was counted until now is not whole, and reads as not modelled until it is reset.
    void lose();

    // Registers in dwords. `index`: what GRBM_GFX_INDEX of the ring says.
    bool holds(uint32_t dword) const;
    void write(uint32_t dword, uint32_t value, uint32_t index);
    uint32_t read(uint32_t dword, uint32_t index) const;

private:
    using Word = std::atomic<uint64_t>;
    using Block = perfcounters::Block;
    enum class Kind : uint8_t { Select, Select1, Low, High };
    struct Register {
        Block block;
        int row;  // of the block's counters; where they are chosen by registers of their own, the instance
        Kind kind;
    };
    // A counter of an instance: these words, one after the other.
    struct Slot {
        Word &select, &base, &held, &sampled;
    };

    size_t slots_of(Block) const;
    Slot slot(Block, int instance, int counter) const;
    const timing::EventRow* counted_by(Block, int instance, int counter) const;
    uint64_t total(Block, int instance, int counter) const;
    bool is_modelled(Block, int instance, int counter) const;
    bool blind(Block, int counter, uint64_t select) const;
    template <class Each> void for_chosen(const Register&, uint32_t index, const Each&) const;
    template <class Each> void for_all(const Each&) const;
    static void hold(const Slot&, uint64_t now);
    void control(uint32_t value);
    void select(Block, int instance, int counter, uint32_t value);
    void put(Block, int instance, size_t place, uint64_t n);

    const isa::Chip& chip;
    Clock* const clock;
    const double core_mhz;
    std::unordered_map<uint32_t, Register> registers;
    std::vector<size_t> totals, slots;  // by block: where their words begin
    std::span<Word> words;              // the board's
    std::unique_ptr<Observer> inside, outside;
};

}  // namespace gcn::emulator
