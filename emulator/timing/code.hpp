#pragma once
// A program as the timing model sees it: what each instruction occupies, waits for, and leaves in a trace. Made once
// per program. Executes nothing.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "emulator/timing/parameters.hpp"
#include "isa/decode.hpp"

namespace gcn::emulator {
class Program;
}

namespace gcn::emulator::timing {

// By whom instructions are executed, and counted. Internal ones are consumed in the wave's buffer.
enum class Kind : uint8_t { Valu, Salu, Smem, Vmem, Flat, Lds, Branch, Message, Export, Internal };
inline constexpr size_t kinds = 10;

// Of these a slot takes one instruction each, from different waves.
enum class Port : uint8_t { Valu, Scalar, Vector, Lds, Branch, Export, None };
constexpr Port port_of(Kind k) {
    constexpr Port ports[] = {Port::Valu, Port::Scalar, Port::Scalar, Port::Vector, Port::Vector,
                              Port::Lds,  Port::Branch, Port::Branch, Port::Export, Port::None};
    return ports[size_t(k)];
}

// Clocks of LDS' banks without conflicts.
inline uint32_t lds_clocks(uint32_t bytes, uint32_t lanes, const Parameters& p) {
    return std::max(bytes * lanes / p.lds_core_bytes, 1u);
}

enum class Job : uint8_t { None, Nop, Wait, Barrier, Sleep, Priority, End, Time, Invalidate };
enum class Access : uint8_t { None, Load, Store, Atomic, AtomicReturn };
enum class Record : uint8_t { None, Lds, Smem, Vmem };

struct Uop {
    enum Flag : uint16_t {
        Last = 1,                  // ends its stretch: a stretch's start follows in the trace
        Enters = 1 << 1,           // the first that needs a block of code of 32 bytes
        Requests = 1 << 2,         // the buffer has room for the next one
        WritesScalar = 1 << 3,     // VALU: a scalar register, VCC among them
        ReadsValuScalar = 1 << 4,  // SALU: one that the VALU wrote in this stretch
        AfterProducer = 1 << 5,    // branch: behind what it tests
        Bypass = 1 << 6,           // glc: L1 is not looked up
        Returns = 1 << 7,          // to VGPRs, or to SGPRs
        Attends = Last | 1 << 8,   // has words in the trace
        HasRecord = 1 << 8,
        Branches = 1 << 9,  // s_branch, s_cbranch
        Leaves = 1 << 10,   // whoever goes on to the next Uop jumped: code that nobody reaches has none
        Crosses = 1 << 11,  // begins in the block of code before
    };
    uint32_t number;  // in the program
    uint32_t block;   // of code, of the last byte
    uint16_t flags;
    uint16_t clocks;  // VALU, SALU, SMEM: that it occupies its unit. LDS: that it occupies its pair's port
    Kind kind;
    Job job;
    Access access;
    Record record;
    uint8_t vm, lgkm, exp;      // s_waitcnt; 0xff: not waited for
    uint8_t amount;             // of s_nop, s_sleep, s_setprio
    uint8_t size;               // dwords
    uint8_t dwords;             // a lane's data
    uint8_t run;                // VALU: instructions from here on of which each does nothing but take 4 clocks
    uint8_t port_in, port_out;  // LDS: clocks of its two ports
};

// What a part of a program comes to when a wave passes through it.
struct Tally {
    std::array<uint32_t, kinds> issued{}, clocks{};  // instructions; those that they occupy their unit
    uint32_t valu_quads = 0, branches = 0, barriers = 0, returning_atomics = 0;
    uint32_t lds = 0, lds_clocks = 0;  // with words in the trace; of the banks when all lanes are on
    void add(const Uop&, const Parameters&);
};

class Code {
public:
    static constexpr uint32_t none = ~0u;
    static constexpr uint8_t no_wait = 0xff;
    struct Instruction {
        uint64_t pc;
        std::optional<isa::Decoded> decoded;
    };

    Code(const Program&, const Parameters&);
    // By number, in the order of addresses, as Program::instruction(); those that are not decoded are none.
    Code(std::span<const Instruction>, uint64_t entry, const Parameters&);

    // A stretch begins there: at the entry and at targets of branches, behind branches and what writes EXEC, behind
    // gaps. Whoever records a trace asks here.
    bool begins(uint32_t number) const { return number < starts.size() && starts[number]; }
    // What the instruction leaves in a trace.
    Record record_of(uint32_t number) const;

    // nullptr: there is no instruction of that number.
    const Uop* find(uint32_t number) const {
        return number < places.size() && places[number] != none ? &uops[places[number]] : nullptr;
    }
    const Uop* end() const { return uops.data() + uops.size(); }

    // Places of instructions, for who goes through many at once.
    uint32_t place(const Uop* u) const { return uint32_t(u - uops.data()); }
    const Uop& at(uint32_t place) const { return uops[place]; }
    uint32_t behind_stretch(uint32_t place) const { return ahead[place].behind_stretch; }
    // Of all in front of it.
    const Tally& tally(uint32_t place) const { return ahead[place].before; }
    // Those from `place` on that have words in the trace or change the priority, ascending; `none` behind the last.
    // With and without LDS.
    const uint32_t* notable(uint32_t place) const { return notables.data() + ahead[place].notable; }
    const uint32_t* notable_but_lds(uint32_t place) const { return but_lds.data() + ahead[place].but_lds; }

    // Where its lines lie for caches; at its address until it is told.
    uint64_t first_line() const { return lies; }
    void lie_at(uint64_t line) { lies = line; }
    uint64_t content() const { return hash; }  // of its instructions, wherever they are

private:
    void make(std::span<const Instruction>, uint64_t entry, const Parameters&);

    uint64_t base = 0;  // of block 0
    uint64_t lies = 0, hash = 0;
    struct Ahead {
        Tally before;
        uint32_t behind_stretch = 0, notable = 0, but_lds = 0;
    };
    void look_ahead(const Parameters&);

    std::vector<Uop> uops;
    std::vector<Ahead> ahead;  // of each, and behind the last
    std::vector<uint32_t> notables, but_lds;
    std::vector<uint32_t> places;  // by number
    std::vector<bool> starts;      // likewise
};

}  // namespace gcn::emulator::timing
