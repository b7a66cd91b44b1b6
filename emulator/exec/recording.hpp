#pragma once
// What a timing model hears of waves that run at full speed.
//
//     Dispatch::recorder     asked per workgroup for whoever records it (GroupRecorder)
//     WaveRecorder           told of each wave's way through the code, and of each access to memory
//
// A recorded grid executes Programs of its own, with the runs and blocks of any other and Ops between them that call
// the recorder: at the start of each stretch, and before each instruction that accesses memory (is_recorded()).
// Between two starts a wave goes through its instructions one by one in the order of their addresses, and EXEC stays
// the same.
//
// A stretch starts at the entry, where a branch leads, after whatever may go elsewhere, after what writes EXEC, after
// what reads a clock, and after a gap in the code.
//
// What was recorded is made use of between groups: GridRecorder::advance(), by one thread at a time. Calls come with
// the wave's floating-point modes set: compute in integers. No call changes the wave or touches memory of the device.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "emulator/exec/program.hpp"
#include "emulator/exec/trace.hpp"
#include "emulator/exec/wave.hpp"
#include "isa/decode.hpp"

namespace gcn::emulator {

// LDS, scalar and vector memory: what has an address.
bool is_recorded(const isa::Decoded&);
// EXEC may differ after it.
bool writes_exec(const isa::Decoded&);
bool reads_clock(const isa::Decoded&);
// Vector registers that it may write; all of them when that is not known before it is executed.
struct Written {
    uint32_t first = 0, count = 0;
    bool holds(uint32_t r) const { return (r - first) % 256 < count; }
};
Written vectors_written(const isa::Decoded&);
// Memory or LDS, at an address in vector registers.
bool is_vector_access(const isa::Decoded&);

// `number`: Program::code().
class WaveRecorder {
public:
    virtual void enter(const Wave&, const Program&, uint32_t number) = 0;
    // Several accesses in the order of the code, before the first of them; registers with their addresses do not change
    // in between.
    virtual void access(const Wave&, const Program&, std::span<const uint32_t> numbers) = 0;

protected:
    ~WaveRecorder() = default;
};

// What a recording Op points to. record() is its handler.
struct RecordPoint {
    const Program* program;
    std::vector<uint32_t> numbers;
    bool enters;  // else they access memory
};
const Op* record(const Op*, Wave*);

class GroupRecorder {
public:
    virtual ~GroupRecorder() = default;
    virtual WaveRecorder& wave(uint32_t index) = 0;
    // All its waves have. Without it the group has faulted or was stopped.
    virtual void ended() = 0;
};

// The groups of a grid whose recorder says when each of their instructions is executed. A fault ends the grid; calls
// for it do nothing from then on.
class Steps {
public:
    // GridRecorder::group() follows, unless there is no scratch memory for it now: then ask again in another turn.
    virtual void begin(uint64_t number) = 0;
    // The wave goes on until it has recorded something; an access that it recorded is executed too.
    virtual void step(uint64_t number, uint32_t wave) = 0;
    // All its waves go on to their ends.
    virtual void end(uint64_t number) = 0;
    virtual bool stopped() const = 0;

protected:
    ~Steps() = default;
};

class GridRecorder {
public:
    virtual ~GridRecorder() = default;
    // It wants Steps for a grid of this program. Called once, before any group begins.
    virtual bool steps(const Program&) = 0;
    // A group begins. Called by several threads at once.
    virtual std::unique_ptr<GroupRecorder> group(uint64_t number, const GroupFacts&) = 0;
    // So much is recorded and not yet used that no further group should begin.
    virtual bool full(uint64_t next) const = 0;
    // advance() would get somewhere.
    virtual bool ready() const = 0;
    // Uses some of what was recorded; from one thread at a time. nullptr: groups go their own way.
    virtual void advance(Steps*) = 0;
    // All groups have ended and nothing is left to use.
    virtual bool over() const = 0;
    // Then: what becomes Result::duration_ns. 0: nobody knows.
    virtual double duration_ns() const = 0;
};

}  // namespace gcn::emulator
