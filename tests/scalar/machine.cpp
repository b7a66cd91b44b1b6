#include "tests/scalar/machine.hpp"

#include <cstring>
#include <iterator>

namespace gcn::scalar {

using isa::Fmt, isa::Type;

static u64 constant(u32 code, Type type) {
    if (code <= 192) return code - 128;
    if (code <= 208) return u64(-i64(code - 192));
    static constexpr u64 halves[] = {0x3800, 0xb800, 0x3c00, 0xbc00, 0x4000, 0xc000, 0x4400, 0xc400, 0x3118};
    static constexpr u64 singles[] = {0x3f000000, 0xbf000000, 0x3f800000, 0xbf800000, 0x40000000,
                                      0xc0000000, 0x40800000, 0xc0800000, 0x3e22f983};
    static constexpr u64 doubles[] = {0x3fe0000000000000, 0xbfe0000000000000, 0x3ff0000000000000,
                                      0xbff0000000000000, 0x4000000000000000, 0xc000000000000000,
                                      0x4010000000000000, 0xc010000000000000, 0x3fc45f306dc9c882};
    if (code < 240 || code > 248) return 0;
    const int bits = bits_of(type);
    return (bits == 16 ? halves : bits == 64 ? doubles : singles)[code - 240];
}

// M0 holds an address, and from bit 16 on what lies there: a byte, a short, a dword; 4 more: with a sign.
static u32 from_lds(const Machine& m) {
    const u32 at = m.s[m0] & 0xffff, width = m.s[m0] >> 16 & 3, bytes = 1u << width;
    if (at + bytes > m.lds.size()) return 0;
    u32 x = 0;
    std::memcpy(&x, &m.lds[at], bytes);
    if (m.s[m0] >> 18 & 1) x = width ? u32(i32(i16(x))) : u32(i32(int8_t(x)));
    return x;
}

u64 scalar_source(const Machine& m, const isa::Decoded& d, u32 code, Type type) {
    const int bits = bits_of(type);
    const u64 mask = bits >= 64 ? ~0ull : (1ull << bits) - 1;
    if (code < 128) return (bits > 32 ? m.pair(code) : m.s[code]) & mask;
    if (code == 251) return m.pair(vcc) == 0;
    if (code == 252) return m.execution() == 0;
    if (code == 253) return m.scc;
    if (code == 254) return from_lds(m) & mask;
    if (code == isa::literal_code) {
        const u32 literal = d.literal();
        if (type == Type::F64) return u64(literal) << 32;
        if (type == Type::I64) return u64(i64(i32(literal)));
        return literal & mask;
    }
    return constant(code, type) & mask;
}

bool defines(const isa::Inst& inst) { return defines_scalar(inst) || defines_vector(inst) || defines_memory(inst); }

void step(Machine& m, const isa::Decoded& d) {
    m.nans = 0, m.loose.clear();
    m.pc += 4 * u64(d.size());
    // VSKIP, set by s_setvskip: what is not of the scalar side is passed over.
    if (m.mode >> 28 & 1 && !is_scalar(d.format)) return;
    switch (d.format) {
        case Fmt::SOP1:
        case Fmt::SOP2:
        case Fmt::SOPC:
        case Fmt::SOPK:
        case Fmt::SOPP:
            return scalar_alu(m, d);
        case Fmt::VOP1:
        case Fmt::VOP2:
        case Fmt::VOPC:
        case Fmt::VOP3:
        case Fmt::VOP3B:
            return vector_alu(m, d);
        default:
            return memory(m, d);
    }
}

}  // namespace gcn::scalar
