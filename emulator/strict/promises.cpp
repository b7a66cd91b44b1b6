// NaNs and denormals that come into being where the kernel promised none: results, not operands, so that the first
// instruction is named and not those that pass it on.

#include <cmath>

#include "emulator/strict/state.hpp"

namespace gcn::emulator::strict {

namespace {

using isa::Type;

bool is_nan32(uint32_t x) { return (x & 0x7fffffff) > 0x7f800000; }
bool is_nan64(uint32_t low, uint32_t high) {
    const uint32_t h = high & 0x7fffffff;
    return h > 0x7ff00000 || (h == 0x7ff00000 && low);
}
bool is_nan16(uint32_t x) { return (x & 0x7fff) > 0x7c00; }
bool is_small32(uint32_t x) { return !(x & 0x7f800000) && (x & 0x7fffff); }
bool is_small64(uint32_t low, uint32_t high) { return !(high & 0x7ff00000) && ((high & 0xfffff) || low); }
bool is_small16(uint32_t x) { return !(x & 0x7c00) && (x & 0x3ff); }

bool is_nan(Type t, const uint32_t* row, int lane) {
    return t == Type::F32   ? is_nan32(row[lane])
           : t == Type::F16 ? is_nan16(row[lane])
                            : is_nan64(row[lane], row[64 + lane]);
}
bool is_small(Type t, const uint32_t* row, int lane) {
    return t == Type::F32   ? is_small32(row[lane])
           : t == Type::F16 ? is_small16(row[lane])
                            : is_small64(row[lane], row[64 + lane]);
}
bool is_float(Type t) { return t == Type::F16 || t == Type::F32 || t == Type::F64; }

// Of the steps that make up a division: v_div_scale gives a NaN where an operand is zero, and v_div_fixup, whatever the
// quotient was meanwhile, what the operands themselves call for. Only the last one's NaN is a result.
bool scales(const Site& s) { return s.fact.name().starts_with("v_div_scale"); }
bool is_quotient(const Site& s, const Operand& o) { return o.source == 0 && s.fact.name().starts_with("v_div_fixup"); }

// The lanes of EXEC in which `of` holds for a floating-point source.
template <class Of> uint64_t sources(const Site& s, Of of) {
    const isa::Inst& inst = *s.fact.decoded.inst;
    uint64_t lanes = 0;
    for (int i = 0; i < s.fact.read_count; ++i) {
        const Operand& o = s.fact.reads[i];
        if (o.source < 0 || is_quotient(s, o)) continue;
        const Type type = inst.src[o.source] == Type::Dst ? inst.dst : inst.src[o.source];
        if (!is_float(type)) continue;
        if (!is_vector(o.first)) {
            uint32_t row[128] = {};
            row[0] = s.scalar(o.first), row[64] = s.scalar(o.first + 1);
            if (of(type, row, 0)) lanes |= s.exec;
            continue;
        }
        for (uint64_t left = s.exec; left; left &= left - 1) {
            const int lane = __builtin_ctzll(left);
            if (of(type, s.wave.v[o.first - reg::vector], lane)) lanes |= 1ull << lane;
        }
    }
    return lanes;
}

}  // namespace

void before_promise(const Site& s) {
    s.state.nan_before = sources(s, is_nan);
    s.state.small_before = sources(s, is_small);
}

void after_promise(const Site& s) {
    const Operand& d = s.fact.writes[0];
    if (!s.fact.write_count || !is_vector(d.first)) return;
    const Type type = s.fact.decoded.inst->dst;
    const uint32_t* row = s.wave.v[d.first - reg::vector];
    uint64_t nans = 0, small = 0;
    for (uint64_t left = s.exec; left; left &= left - 1) {
        const int lane = __builtin_ctzll(left);
        nans |= uint64_t(is_nan(type, row, lane)) << lane;
        small |= uint64_t(is_small(type, row, lane)) << lane;
    }
    const std::string into = s.group.names.shown(d.first);
    if (nans &= ~s.state.nan_before; nans && s.group.promises.no_nan && !scales(s))
        s.report(Kind::nan, {__builtin_ctzll(nans), d.first, nullptr}, "makes a NaN in " + into + " of numbers");
    if (small &= ~s.state.small_before; small && s.group.promises.no_denormal)
        s.report(Kind::denormal, {__builtin_ctzll(small), d.first, nullptr}, "makes a denormal in " + into);
}

}  // namespace gcn::emulator::strict
