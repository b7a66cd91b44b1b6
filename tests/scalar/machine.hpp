#pragma once
// A deliberately simple gfx803: one wave, one lane at a time, one instruction at a time, as AMD's GCN3 manual (rev 1.1)
// and CLRX's documentation describe them. It shares nothing with emulator/exec, so that the two can be compared.

#include <string>
#include <vector>

#include "isa/decode.hpp"
#include "tests/scalar/real.hpp"

namespace gcn::scalar {

// Operand codes.
inline constexpr u32 vcc = 106, m0 = 124, exec = 126;

struct Machine {
    u32 v[256][64] = {};
    u32 s[128] = {};  // by operand code: SGPRs, VCC, M0, EXEC and all between
    u32 scc = 0, mode = 0;
    u64 pc = 0;
    std::vector<u8> lds;

    // The one region of memory that there is.
    std::vector<u8> memory;
    u64 memory_at = 0;
    u32 lds_aperture = 0;      // the high half of a FLAT address that means LDS
    u32 scratch_aperture = 0;  // the one that means a lane's scratch
    u64 scratch_at = 0;
    u32 scratch_lane_bytes = 0;
    u32 priority = 0, traps = 0;  // s_setprio's, TRAPSTS

    enum class State { Running, Ended, Barrier, Fault } state = State::Running;
    std::string why;  // Fault

    // Lanes whose result is not a number: which payload it has is nobody's concern.
    u64 nans = 0;
    // Where an element of some format was stored that may be none either.
    struct Loose {
        bool local;  // in LDS
        u64 byte;
        int shift;
        Format format;
    };
    std::vector<Loose> loose;

    u64 pair(u32 code) const { return s[code] | u64(s[code + 1]) << 32; }
    void set_pair(u32 code, u64 x) { s[code] = u32(x), s[code + 1] = u32(x >> 32); }
    u64 execution() const { return pair(exec); }

    void fault(std::string reason) { state = State::Fault, why = std::move(reason); }
};

// Of the scalar side: the ALU, program flow, scalar memory.
inline constexpr bool is_scalar(isa::Fmt f) { return f <= isa::Fmt::SMEM; }
static_assert(isa::Fmt::SOP2 < isa::Fmt::SMEM && isa::Fmt::SOPK < isa::Fmt::SMEM && isa::Fmt::SOP1 < isa::Fmt::SMEM &&
              isa::Fmt::SOPC < isa::Fmt::SMEM && isa::Fmt::SOPP < isa::Fmt::SMEM && isa::Fmt::VOP2 > isa::Fmt::SMEM);

// Executes `d`, which lies at pc.
void step(Machine&, const isa::Decoded& d);

// Is there a definition of it here?
bool defines(const isa::Inst&);

// ---- for the parts of this folder ---------------------------------------------------------------

inline constexpr int bits_of(isa::Type type) {
    using isa::Type;
    switch (type) {
        case Type::U16:
        case Type::I16:
        case Type::F16:
            return 16;
        default:
            return 32 * isa::registers(type);
    }
}
inline constexpr bool is_float(isa::Type t) {
    return t == isa::Type::F16 || t == isa::Type::F32 || t == isa::Type::F64;
}
inline constexpr Format format_of(isa::Type t) { return t == isa::Type::F16 ? f16 : t == isa::Type::F64 ? f64 : f32; }

// How MODE has an operation of format f round, and what it does to denormals.
struct Rules {
    Round round = Round::Nearest;
    bool flush_in = false, flush_out = false;
};
inline Rules rules(u32 mode, Format f) {
    const u32 wide = f.exponent == 8 ? 0 : 2;
    const u32 denormals = mode >> (4 + wide) & 3;
    return {Round(mode >> wide & 3), !(denormals & 1), !(denormals & 2)};
}

// A source that is no vector register: registers, constants, the literal; as wide as `type`.
u64 scalar_source(const Machine&, const isa::Decoded&, u32 code, isa::Type type);

// `bytes` of memory from `address` on; nullptr where there are none.
u8* global(Machine&, u64 address, int bytes);

void scalar_alu(Machine&, const isa::Decoded&);
void vector_alu(Machine&, const isa::Decoded&);
void memory(Machine&, const isa::Decoded&);
bool defines_scalar(const isa::Inst&);
bool defines_vector(const isa::Inst&);
bool defines_memory(const isa::Inst&);

}  // namespace gcn::scalar
