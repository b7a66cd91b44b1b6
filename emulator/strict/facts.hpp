#pragma once
// What strict mode knows of an instruction before it runs: the registers it touches and how, its unit, its shape in
// memory. Made once per program, so that the checks only look up.

#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "emulator/exec/program.hpp"
#include "isa/decode.hpp"

namespace gcn::emulator::strict {

// Registers by one number: 0 to 127 the scalar file by operand code, 128 SCC, from 192 on vector registers.
namespace reg {
inline constexpr int vcc = 106, m0 = 124, exec = 126, scc = 128, scalars = 129, vector = 192, all = 448;
}
constexpr bool is_vector(int r) { return r >= reg::vector; }

struct RegisterSet {
    std::array<uint64_t, reg::all / 64> words{};

    void add(int r) { words[r / 64] |= 1ull << r % 64; }
    void remove(int r) { words[r / 64] &= ~(1ull << r % 64); }
    void set(int r, bool in) { in ? add(r) : remove(r); }
    bool has(int r) const { return words[r / 64] >> r % 64 & 1; }
    bool meets(const RegisterSet& o) const {
        uint64_t both = 0;
        for (size_t i = 0; i < words.size(); ++i) both |= words[i] & o.words[i];
        return both;
    }
};

// How an instruction takes a register.
enum class Use : uint8_t {
    Value,    // computes with it: all lanes of EXEC, all bits of a scalar
    Copy,     // moves it, or combines it bit by bit
    Mask,     // one bit per lane of EXEC
    Data,     // stores it
    Old,      // keeps part of what was in the destination
    Other,    // other lanes of it, which ones depends on data
    Address,  // where in memory, or a descriptor
    Limit,    // M0 of an LDS access
};

struct Operand {
    uint16_t first;
    uint8_t count;
    Use use;
    int8_t source;  // 0 to 2; -1: none of them
};

enum class Unit : uint8_t { Other, Salu, Valu, Smem, Lds, Buffer, Flat };
enum class Access : uint8_t { None, Read, Write, Atomic };

// What SALU instructions do bit by bit: for these, bits that nothing has written may be read.
enum class Bits : uint8_t { No, Copy, And, AndNot, Or, OrNot, Select };

struct Fact {
    isa::Decoded decoded;
    const Program* program = nullptr;
    uint32_t number = 0;  // in it
    uint64_t pc = 0;
    int function = -1;  // of the code object's functions; -1: not known

    Unit unit = Unit::Other;
    Access access = Access::None;
    Bits bits = Bits::No;
    bool copies = false;    // VALU: undefined lanes of its sources become undefined lanes of its result
    bool is_float = false;  // its result is a floating-point number
    bool special = false;   // the checks beyond registers have to look at it
    bool to_lds = false;    // a buffer load into LDS
    bool tries = false;     // an LDS read of what a compare-and-swap behind it compares with
    bool leaves = false;    // control never goes on behind it
    bool saveexec = false;
    uint16_t needs = 0, makes = 0;             // rows of the table of wait states: as the second, as the first
    uint8_t issue_slots = 1;                   // wait states that it is worth
    uint8_t vm = 15, lgkm = 15;                // s_waitcnt: 15 waits for nothing
    uint8_t bytes = 0;                         // per lane in memory; LDS: of each element
    uint8_t elements = 0;                      // LDS: one or two
    uint8_t store_first = 0, store_count = 0;  // VGPRs of data that a store of more than 8 bytes still reads
    bool wide_store = false;
    uint32_t offset[2] = {};  // LDS

    uint8_t read_count = 0, write_count = 0;
    std::array<Operand, 8> reads;
    std::array<Operand, 4> writes;
    RegisterSet touched;
    std::string violation, misalignment;  // of the encoding; empty: none

    std::string text() const { return program->text_of(number); }
    std::string_view name() const { return decoded.inst->name; }
    uint64_t after() const { return pc + 4 * uint64_t(decoded.size()); }
};

// One per instruction of the program, by number. Those that do not decode have `program` nullptr.
std::vector<Fact> facts_of(const Program&);

// What nearly every instruction needs to be found harmless, kept small and close together.
struct Quick {
    RegisterSet touched;
    uint64_t needs = 0;  // Fact::needs, once for each instruction that WaveState::made remembers
    const Fact* fact = nullptr;
    uint16_t makes = 0;
    int16_t function = -1;
    uint8_t issue_slots = 1;
    bool special = false, is_float = false;
};

// By number in the program. Instructions that do not decode have no fact in `quick`, and `program` nullptr in `all`.
struct Facts {
    std::vector<Fact> all;
    std::vector<Quick> quick;

    explicit Facts(const Program&, const std::function<int(uint64_t)>& function_of);
};

}  // namespace gcn::emulator::strict
