#pragma once
// Watching waves, one instruction at a time. What strict mode, traces and breakpoints are made of; emulator/exec knows
// only this interface.
//
//     Dispatch::observers    asked once per grid for whoever watches it (GridObserver)
//     GridObserver::group    asked once per workgroup for whoever watches that (GroupObserver)
//
// A grid that somebody watches executes a Program of its own, one Op per instruction: no runs, no blocks. One that
// nobody watches runs as if this did not exist.
//
// All calls for one group come one after the other, so a GroupObserver needs no locks; groups of a grid may run at the
// same time. Calls come with the wave's floating-point modes set: compute in integers. They must not touch memory of
// the device (it may be gone: see withdrawn.hpp), and no call changes the wave.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "emulator/exec/exec.hpp"
#include "emulator/exec/program.hpp"
#include "emulator/exec/wave.hpp"
#include "isa/decode.hpp"

namespace gcn::emulator {

struct FreeWave {
    void operator()(Wave*) const;
};
using WavePointer = std::unique_ptr<Wave, FreeWave>;

// An instruction about to be executed, or just executed. `number` is below program.size(), the same each time and
// nobody else's in this program: an index for whatever an observer has computed about it.
struct Step {
    const Program& program;
    uint32_t number;

    uint64_t pc() const { return program.instruction(number).pc; }
    // Empty when the word there is no instruction, or when there is no word.
    const std::optional<isa::Decoded>& decoded() const { return program.instruction(number).decoded; }
};

struct GroupFacts {
    std::array<uint32_t, 3> place;        // in the grid
    std::array<uint32_t, 3> size;         // in work-items: the last group of a dimension may be smaller
    const std::vector<WavePointer>& all;  // its waves; Wave::index is the place here
    std::byte* lds;                       // Wave::lds_bytes of it
};

class GroupObserver {
public:
    virtual ~GroupObserver() = default;  // the group has ended, has faulted or was stopped

    virtual void wave_starts(const Wave&) {}                  // its first registers are set
    virtual void before(const Wave&, const Step&) {}          // may read addresses and operands
    virtual void after(const Wave&, const Step&) {}           // not when it faulted
    virtual void faults(const Wave&, const Step&) {}          // instead; the grid ends
    virtual void wave_ends(const Wave&) {}                    // by s_endpgm or s_sendmsghalt
    virtual void barrier(const std::vector<WavePointer>&) {}  // all that live have arrived, and go on
};

class GridObserver {
public:
    virtual ~GridObserver() = default;  // the grid has ended
    // nullptr: this group is not watched. Called by several threads at once.
    virtual std::unique_ptr<GroupObserver> group(const GroupFacts&) = 0;
};

class Observer {
public:
    virtual ~Observer() = default;
    // nullptr: this grid is not watched. The caller holds in_use() of the space, so memory of the device may be read.
    virtual std::unique_ptr<GridObserver> grid(const Dispatch&) = 0;
};

}  // namespace gcn::emulator
