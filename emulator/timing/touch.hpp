#pragma once
// Where an instruction that accesses memory goes, found out from its wave just before it is executed: what banks of LDS
// it meets, what lines of memory it touches, how long the address unit takes.
//
// Sources: banks and lane groups: AMD's OpenCL optimization guide (2015), 2.2, for one dword a lane; for more: guess.
// The address unit: sebbbi's perftest (RX 480, L1-resident loads), which measured clocks per wave; CLRX's GcnTimings
// for stores and atomics. Which lanes it takes at once, and tags by bank: guess that fits both.

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "emulator/exec/wave.hpp"
#include "isa/decode.hpp"

namespace gcn::emulator::timing {

// An instruction as far as its place in the code says.
struct Touch {
    enum class Kind : uint8_t { None, Lds, Scalar, Buffer, Flat };
    enum class What : uint8_t { Load, Store, Atomic };

    Kind kind = Kind::None;
    What what = What::Load;
    bool returns = false;   // of atomics: the old value
    bool compares = false;  // of atomics: with a second operand
    // LDS: an access of a lane is `dwords` wide, and there are so many of them; 0: no banks are met. Otherwise `bytes`
    // of a lane, or of the wave if it is scalar.
    uint8_t dwords = 0, accesses = 0;
    uint16_t offsets[2] = {};
    uint32_t bytes = 0;
    // Fields, so that nobody looks for them again: the VGPR with the address, SGPRs with base or resource and offset.
    uint8_t address = 0, base = 0, scalar_offset = 0;
    bool indexed = false, has_offset = false;  // of buffers: idxen, offen
    bool immediate = false;                    // of scalars: `offset`, not scalar_offset
    uint32_t offset = 0;

    static Touch of(const isa::Decoded&);
};

uint64_t exec_of(const Wave&);

// Clocks that an LDS instruction takes beyond those of one without conflicts: a group of lanes takes one more for each
// further dword that one of the 32 banks is asked for. The same dword is given to all that ask.
uint32_t bank_conflicts(const Wave&, const Touch&);

// How lanes lie to one another: the distance of each from one of them.
class Steps64 {
public:
    void set(const uint32_t* at, uint32_t from);
    // The last lane alone tells most patterns apart.
    bool may_be(const uint32_t* at, uint32_t from) const { return at[63] - from == steps[63]; }
    bool are(const uint32_t* at, uint32_t from) const;
    bool are(const uint32_t* at, uint32_t from, uint64_t lanes) const;  // of these; others may lie anywhere

private:
    alignas(16) std::array<uint32_t, 64> steps{};
};

// As bank_conflicts(), and faster where lanes lie to one another as they did in one of the last accesses: in loops they
// do.
class BankConflicts {
public:
    uint32_t of(const Wave&, const Touch&);

private:
    struct Known {
        Steps64 steps;
        uint64_t exec = 0;
        uint32_t low = 0, extra = 0;  // low bits of the first lane's address; clocks
    };
    static constexpr size_t most = 4;
    std::vector<Known> known;
    size_t next = 0;  // to be replaced
};

// All active lanes of a FLAT instruction go to LDS.
bool only_lds(const Wave&, const isa::Decoded&);

// What an instruction that goes to memory asks for.
struct Touched {
    std::vector<uint64_t> lines;  // of 64 bytes: their numbers, ascending, each once
    uint32_t clocks = 0;          // of the address unit
    bool some_lds = false, some_scratch = false;
};
// `into` is used again and again. Of scratch memory behind FLAT only its clocks: it is spread over the wave's.
void find_lines(Touched& into, const Wave&, const Touch&);

// The same, and faster where lanes lie to one another as they did in one of the last accesses.
class LinePatterns {
public:
    static constexpr size_t most = 8;
    struct Look {
        size_t place;         // of the pattern, below `most`
        bool anew;            // it is another one than before in that place: found() has its lines
        uint64_t first_line;  // of this access; the others lie to it as they did
        uint32_t serial;      // of the pattern
    };
    // `before`: what the same wave's last look said, if no register of the address has been written since; else
    // nullptr.
    Look look(const Wave&, const Touch&, const Look* before = nullptr);
    const Touched& found() const { return lines; }

private:
    struct Range {
        int64_t lowest = 0, highest = -1;
        void add(int64_t at) { lowest = highest < lowest ? at : std::min(lowest, at), highest = std::max(highest, at); }
        bool fits(int64_t from, int64_t first, int64_t last) const {
            return highest < lowest || (from + lowest >= first && from + highest <= last);
        }
    };
    struct Known {
        Steps64 steps;  // from the first active lane
        uint64_t exec = 0, address = 0, first_line = 0;
        Range inside, outside;  // of the buffer, from the first lane
        uint32_t bytes = 0;
        bool repeats = false;  // it may be met again
        uint32_t serial = 0;
    };
    bool is_within(const Known&, uint64_t exec, uint64_t address, uint32_t first, uint64_t limit) const;

    Touched lines;
    std::vector<Known> known;
    size_t next = 0;  // to be replaced
    uint32_t serials = 0;
};

}  // namespace gcn::emulator::timing
