// Buffer memory: addresses, bounds, and the formats of typed elements.

#include "tests/scalar/buffers.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace gcn::scalar {

using isa::Type;

Buffer::Buffer(const Machine& m, const isa::Decoded& d) : m(m), d(d) {
    const u32* const r = &m.s[d['r'] * 4];
    base = (r[0] | u64(r[1]) << 32) & 0xffffffffffff;
    stride = r[1] >> 16 & 0x3fff, swizzled = r[1] >> 31;
    records = r[2], formats = r[3];
    adds_lane = formats >> 23 & 1;
    // The data format is then more of the stride (LLVM's SIInstrInfo::getScratchRsrcWords23).
    if (adds_lane) stride |= (formats >> 15 & 15) << 14;
    scalar_offset = u32(scalar_source(m, d, d['s'], Type::U32));
}
u64 Buffer::offset(int lane, u32 byte) const {
    const u32 vgpr = d['p'] + (d['I'] ? 1 : 0);
    return u64(d['i']) + (d['F'] ? m.v[vgpr & 255][lane] : 0) + byte;
}
u64 Buffer::index(int lane) const { return (d['I'] ? u64(m.v[d['p']][lane]) : 0) + u64(adds_lane ? lane : 0); }
u64 Buffer::within(int lane, u32 byte) const {
    const u64 i = index(lane), o = offset(lane, byte);
    if (!swizzled) return i * stride + o;
    const u64 element = 2u << (formats >> 19 & 3), indices = 8u << (formats >> 21 & 3);
    // Elements of neighbouring indices lie side by side.
    return (i / indices * stride + o / element * element) * indices + i % indices * element + o % element;
}
bool Buffer::outside(int lane, u32 byte, u32 bytes) const {
    // Scratch has no index of its own; there bytes are counted: guess.
    if (!swizzled || !d['I']) return scalar_offset + within(lane, byte) + bytes > records;
    return index(lane) >= records || offset(lane, byte) + bytes > stride;
}

u8* lds_direct(Machine& m, const isa::Decoded& d, int lane) {
    const u32 at = ((m.s[m0] & 0xffff) + d['i'] + 4 * u32(lane)) & ~3u;
    return at + 4 <= m.lds.size() ? m.lds.data() + at : nullptr;
}

// ---- typed elements --------------------------------------------------------------------------------

namespace {

// Bits of the components, from the lowest on; the manual's table of data formats, whose names begin at the highest.
constexpr std::array<std::array<int, 4>, 16> components_of{{{},
                                                            {8},
                                                            {16},
                                                            {8, 8},
                                                            {32},
                                                            {16, 16},
                                                            {11, 11, 10},
                                                            {10, 11, 11},
                                                            {2, 10, 10, 10},
                                                            {10, 10, 10, 2},
                                                            {8, 8, 8, 8},
                                                            {32, 32},
                                                            {16, 16, 16, 16},
                                                            {32, 32, 32},
                                                            {32, 32, 32, 32},
                                                            {}}};
enum Number { Unorm, Snorm, Uscaled, Sscaled, Uint, Sint, None, Float };

// Floats of 11 and 10 bits have no sign; here it is a bit above them.
constexpr Format float_of(int bits) { return bits == 32 ? f32 : bits == 16 ? f16 : Format{5, bits - 5}; }
i64 with_sign(u32 x, int bits) { return i64(u64(x) << (64 - bits)) >> (64 - bits); }
u32 single(const Real& x) { return u32(pack(x, f32, Round::Nearest, false)); }

// Direct3D's conversions, which the formats are named after.
u32 loaded(u32 x, int bits, int number) {
    const i64 most = (1ll << bits) - 1, signed_most = (1ll << (bits - 1)) - 1;
    switch (number) {
        case Unorm:
            return single(quotient(from_integer(i64(x)), from_integer(most)));
        case Snorm:
            return single(
                quotient(from_integer(std::max(with_sign(x, bits), -signed_most)), from_integer(signed_most)));
        case Uscaled:
            return single(from_integer(i64(x)));
        case Sscaled:
            return single(from_integer(with_sign(x, bits)));
        case Sint:
            return u32(with_sign(x, bits));
        case Float:
            return bits == 32 ? x : single(unpack(x, float_of(bits)));
        default:
            return x;
    }
}
u32 stored(u32 x, int bits, int number) {
    const u64 mask = (1ull << bits) - 1;
    const i64 most = i64(mask), signed_most = most / 2;
    const Real r = unpack(x, f32);
    // To the nearest; that scaled numbers are not cut is a guess.
    const auto limited = [&](i64 factor, i64 least, i64 greatest) {
        return u32(u64(to_integer(product(r, from_integer(factor)), Round::Nearest, least, greatest)) & mask);
    };
    switch (number) {
        case Unorm:
            return limited(most, 0, most);
        case Snorm:
            return limited(signed_most, -signed_most, signed_most);
        case Uscaled:
            return limited(1, 0, most);
        case Sscaled:
            return limited(1, -signed_most - 1, signed_most);
        case Float:
            if (bits == 32) return x;
            if (bits == 16) return u32(pack(r, f16, Round::Nearest, false));
            if (r.negative && !r.nan()) return 0;
            return u32(pack(r, float_of(bits), Round::ToZero, false) & mask);
        default:
            return u32(x & mask);  // the low bits: guess
    }
}

struct Element {
    std::array<int, 4> bits;
    int number;
    u32 bytes = 0;
    std::array<u32, 4> selects;  // as descriptors say it: 0, 1, or from 4 on a component

    Element(const Buffer& b, const isa::Decoded& d) {
        const bool own = d.format == isa::Fmt::MTBUF;
        bits = components_of[own ? d['f'] : b.formats >> 15 & 15];
        number = int(own ? d['N'] : b.formats >> 12 & 7);
        // An instruction with a format of its own takes the components as they come: guess.
        for (u32 i = 0; i < 4; ++i) selects[i] = own ? 4 + i : b.formats >> (3 * i) & 7;
        for (const int n : bits) bytes += u32(n);
        bytes /= 8;
    }
    bool integers() const { return number == Uint || number == Sint; }
    u32 one() const { return integers() ? 1 : u32(f32.one()); }
};

u32 as_half(u32 x, bool integers) {
    return integers ? x & 0xffff : u32(pack(unpack(x, f32), f16, Round::Nearest, false));
}

}  // namespace

void typed(Machine& m, const isa::Decoded& d) {
    const std::string_view name = d.inst->name;
    const bool loads = name.find("_load_") != name.npos, halves = name.find("_d16_") != name.npos;
    const int registers = isa::registers(loads ? d.inst->dst : d.inst->src[0]);
    const Buffer b(m, d);
    const Element e(b, d);
    const u64 active = m.execution();
    u32 results[64][4] = {};
    for (int lane = 0; lane < 64; ++lane) {
        if (!(active >> lane & 1)) continue;
        u32 words[4] = {}, components[4] = {0, 0, 0, e.one()};
        const bool outside = !e.bytes || b.outside(lane, 0, e.bytes);
        u8* places[4] = {};
        for (u32 i = 0; i < e.bytes && !outside; i += 4) {
            places[i / 4] = global(m, b.address(lane, i), int(std::min(4u, e.bytes)));
            if (!places[i / 4]) return m.fault("no memory there");
            std::memcpy(&words[i / 4], places[i / 4], std::min(4u, e.bytes));
        }
        int at = 0;
        if (loads) {
            for (int i = 0; i < 4; at += e.bits[size_t(i++)])
                if (const int bits = e.bits[size_t(i)])
                    components[i] = loaded(words[at / 32] >> at % 32 & u32((1ull << bits) - 1), bits, e.number);
            for (int i = 0; i < registers; ++i) {
                const u32 select = e.selects[size_t(i)];
                const u32 x = select >= 4 ? components[select - 4] : select == 1 ? e.one() : 0;
                results[lane][i] = halves ? as_half(x, e.integers()) : x;
            }
            continue;
        }
        std::array<u32, 4> given{};
        for (int i = registers - 1; i >= 0; --i) {
            u32 x = m.v[(d['d'] + u32(i)) & 255][lane];
            if (halves)
                x = !e.integers() ? single(unpack(x & 0xffff, f16)) : e.number == Sint ? u32(i32(i16(x))) : x & 0xffff;
            if (e.selects[size_t(i)] >= 4) given[e.selects[size_t(i)] - 4] = x;
        }
        std::fill(std::begin(words), std::end(words), 0u);
        for (int i = 0; i < 4; at += e.bits[size_t(i++)])
            if (const int bits = e.bits[size_t(i)])
                words[at / 32] |= stored(given[size_t(i)], bits, e.number) << at % 32;
        if (outside) continue;
        for (u32 i = 0; i < e.bytes; i += 4) std::memcpy(places[i / 4], &words[i / 4], std::min(4u, e.bytes));
        at = 0;
        for (int i = 0; i < 4 && e.number == Float; at += e.bits[size_t(i++)])
            if (const int bits = e.bits[size_t(i)])
                m.loose.push_back({false, u64(places[at / 32] - m.memory.data()), at % 32, float_of(bits)});
    }
    if (!loads) return;
    for (int lane = 0; lane < 64; ++lane) {
        if (!(active >> lane & 1)) continue;
        if (d.format == isa::Fmt::MUBUF && d['L']) {
            if (u8* const p = lds_direct(m, d, lane)) {
                std::memcpy(p, results[lane], 4);
                if (e.number == Float) m.loose.push_back({true, u64(p - m.lds.data()), 0, f32});
            }
            continue;
        }
        for (int i = 0; i < registers; ++i) m.v[(d['d'] + u32(i)) & 255][lane] = results[lane][i];
        if (d['T']) m.v[(d['d'] + u32(registers)) & 255][lane] = 0;
    }
}

}  // namespace gcn::scalar
