// Vector instructions on floating point, one lane.

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "tests/scalar/lane.hpp"

namespace gcn::scalar {

namespace {

template <Format f> Rules mode_of(const Lane& l) { return rules(l.mode, f); }
// A source as arithmetic takes it: denormals are zeros of their sign where MODE says so.
template <Format f> u64 taken(const Lane& l, u64 x) { return mode_of<f>(l).flush_in ? flushed(x, f) : x; }
template <Format f> Real value(const Lane& l, u64 x) { return unpack(taken<f>(l, x), f); }
template <Format f> u64 result(const Lane& l, const Real& x) {
    const Rules r = mode_of<f>(l);
    return pack(x, f, r.round, r.flush_out);
}
template <Format f> Real exactly(u64 x) { return unpack(x, f); }

// ---- arithmetic ----------------------------------------------------------------------------------

template <Format f, bool reverse, bool subtract> void add(Lane& l) {
    const Real a = value<f>(l, reverse ? l.b : l.a), b = value<f>(l, reverse ? l.a : l.b);
    l.d = result<f>(l, sum(a, subtract ? negated(b) : b, mode_of<f>(l).round));
}
template <Format f> void mul(Lane& l) { l.d = result<f>(l, product(value<f>(l, l.a), value<f>(l, l.b))); }
// 0 times anything is +0.
void mul_legacy(Lane& l) {
    const bool zero = is_zero(taken<f32>(l, l.a), f32) || is_zero(taken<f32>(l, l.b), f32);
    zero ? void(l.d = 0) : mul<f32>(l);
}

// Two roundings. In 32 bits denormals are always flushed: sources, product, sum.
template <Format f> u64 twice_rounded(const Lane& l, u64 a, u64 b, u64 c) {
    Rules r = mode_of<f>(l);
    if (f.exponent == 8) r.flush_in = r.flush_out = true;
    const auto in = [&](u64 x) { return unpack(r.flush_in ? flushed(x, f) : x, f); };
    // That 16 bits keep a denormal product is a guess.
    const u64 p = pack(product(in(a), in(b)), f, r.round, r.flush_out && f.exponent == 8);
    return pack(sum(unpack(p, f), in(c), r.round), f, r.round, r.flush_out);
}
template <Format f> void mac(Lane& l) { l.d = twice_rounded<f>(l, l.a, l.b, l.d); }
template <Format f> void mad(Lane& l) { l.d = twice_rounded<f>(l, l.a, l.b, l.c); }
template <Format f> void madmk(Lane& l) { l.d = twice_rounded<f>(l, l.a, l.c, l.b); }
void mad_legacy(Lane& l) {
    const bool zero = is_zero(flushed(l.a, f32), f32) || is_zero(flushed(l.b, f32), f32);
    l.d = zero ? twice_rounded<f32>(l, 0, 0, l.c) : twice_rounded<f32>(l, l.a, l.b, l.c);
}
template <Format f> Real fused(const Lane& l) {
    return sum(product(value<f>(l, l.a), value<f>(l, l.b)), value<f>(l, l.c), mode_of<f>(l).round);
}
template <Format f> void fma(Lane& l) { l.d = result<f>(l, fused<f>(l)); }

// ---- minimum, maximum, median: no denormal is flushed before GFX9 (LLVM, supportsMinMaxDenormModes) --

template <Format f, bool most> u64 pick(const Lane& l, u64 a, u64 b) {
    if (l.ieee() && is_signalling(a, f)) return quieted(a, f);
    if (l.ieee() && is_signalling(b, f)) return quieted(b, f);
    if (is_nan(a, f)) return b;
    if (is_nan(b, f)) return a;
    if (is_zero(a, f) && is_zero(b, f)) return most ? a & b : a | b;
    const int order = compare(exactly<f>(a), exactly<f>(b));
    return (most ? order > 0 : order < 0) ? a : b;
}
template <Format f, bool most> void pick2(Lane& l) { l.d = pick<f, most>(l, l.a, l.b); }
template <Format f, bool most> void pick3(Lane& l) { l.d = pick<f, most>(l, pick<f, most>(l, l.a, l.b), l.c); }
template <Format f> void median(Lane& l) {
    if (is_nan(l.a, f) || is_nan(l.b, f) || is_nan(l.c, f)) return pick3<f, false>(l);
    const u64 most = pick<f, true>(l, pick<f, true>(l, l.a, l.b), l.c);
    if (most == l.a)
        l.d = pick<f, true>(l, l.b, l.c);
    else if (most == l.b)
        l.d = pick<f, true>(l, l.a, l.c);
    else
        l.d = pick<f, true>(l, l.a, l.b);
}

// ---- to integers and parts -----------------------------------------------------------------------

template <Format f, Round round> void to_integral(Lane& l) {
    const u64 x = taken<f>(l, l.a);
    const Real whole = integral(exactly<f>(x), round);
    l.d = is_nan(x, f) ? quieted(x, f) : pack(whole, f, Round::Nearest, false);
}
template <Format f> void fraction(Lane& l) {
    const Real x = value<f>(l, l.a);
    if (!x.finite()) {
        l.d = f.quiet();
        return;
    }
    const u64 r = result<f>(l, sum(x, negated(integral(x, Round::Down)), mode_of<f>(l).round));
    // Never 1, as LLVM's matchFractPat has it.
    l.d = r == f.one() ? f.one() - 1 : r;
}
// Denormals are taken as they are, whatever MODE says: guess.
template <Format f> void exponent_of(Lane& l) {
    const Real x = exactly<f>(l.a);
    l.d = x.finite() && x.m ? u64(i64(x.e + top_bit(x.m) + 1)) : 0;
}
template <Format f> void mantissa_of(Lane& l) {
    Real x = exactly<f>(l.a);
    if (!x.finite() || !x.m) {
        l.d = quieted(l.a, f);
        return;
    }
    x.e = -top_bit(x.m) - 1;
    l.d = pack(x, f, Round::Nearest, false);
}
template <Format f> void ldexp(Lane& l, i64 by) {
    const Real x = value<f>(l, l.a);
    const i64 limit = 5000;
    l.d = result<f>(l, scaled(x, int(by > limit ? limit : by < -limit ? -limit : by)));
}

// ---- conversions ---------------------------------------------------------------------------------

template <Format from, Format to> void convert(Lane& l) { l.d = result<to>(l, value<from>(l, l.a)); }
template <Format f> void from_signed(Lane& l, i64 x) { l.d = result<f>(l, from_integer(x)); }
template <Format f> u64 integer_of(const Lane& l, Round round, i64 least, i64 most) {
    return u64(to_integer(value<f>(l, l.a), round, least, most));
}
constexpr i64 least32 = -0x80000000ll, most32 = 0x7fffffff;

u64 half_towards_zero(const Lane& l, u64 x) {
    return pack(value<f32>(l, x), f16, Round::ToZero, mode_of<f16>(l).flush_out);
}
u64 normalised(const Lane& l, u64 x, i64 by, i64 least, i64 most) {
    return u64(to_integer(product(value<f32>(l, x), from_integer(by)), Round::Nearest, least, most)) & 0xffff;
}
u64 with_byte(const Lane& l, u64 into) {
    const int shift = int(l.b & 3) * 8;
    const u64 x = u64(to_integer(value<f32>(l, l.a), mode_of<f32>(l).round, 0, 255));
    return (into & ~(0xffull << shift)) | x << shift;
}

// ---- comparisons ---------------------------------------------------------------------------------

enum : int { Less = 1, Equal = 2, Greater = 4, Unordered = 8 };
template <Format f, int wanted> void compare_to(Lane& l) {
    const Real a = value<f>(l, l.a), b = value<f>(l, l.b);
    const int order = a.nan() || b.nan() ? 2 : compare(a, b);
    l.bit = wanted & (order == 2 ? Unordered : order < 0 ? Less : order > 0 ? Greater : Equal);
}
template <Format f> void classify(Lane& l) {
    const u64 x = l.a;
    const bool minus = x & f.sign();
    int which;
    if (is_nan(x, f))
        which = is_signalling(x, f) ? 0 : 1;
    else if (is_infinite(x, f))
        which = minus ? 2 : 9;
    else if (is_zero(x, f))
        which = minus ? 5 : 6;
    else if (is_denormal(x, f))
        which = minus ? 4 : 7;
    else
        which = minus ? 3 : 8;
    l.bit = l.b >> which & 1;
}

// ---- division ------------------------------------------------------------------------------------

int biased(u64 x, Format f) { return int(x >> f.fraction & ((1u << f.exponent) - 1)); }

// That neither flushes denormal sources is a guess.
template <Format f> void div_fixup(Lane& l) {
    const u64 q = l.a, d = l.b, n = l.c;
    const u64 sign = (d ^ n) & f.sign();
    if (is_nan(n, f))
        l.d = quieted(n, f);
    else if (is_nan(d, f))
        l.d = quieted(d, f);
    else if ((is_zero(d, f) && is_zero(n, f)) || (is_infinite(d, f) && is_infinite(n, f)))
        l.d = f.sign() | f.quiet();
    else if (is_zero(d, f) || is_infinite(n, f))
        l.d = sign | f.infinity();
    else if (is_infinite(d, f) || is_zero(n, f))
        l.d = sign;
    else if (f.exponent != 5 && biased(n, f) - biased(d, f) < (f.exponent == 8 ? -150 : -1075))
        l.d = sign;  // far below the smallest denormal
    else if (is_nan(q, f))
        l.d = sign | f.infinity();  // CLRX
    else
        l.d = sign | (q & ~f.sign());
}
// Which way the scale goes is CLRX's finding: up when the quotient is large.
template <Format f> void div_fmas(Lane& l) {
    const Real c = value<f>(l, l.c);
    Real x = fused<f>(l);
    const bool large = c.infinite() || (c.finite() && c.m && c.e + top_bit(c.m) >= 1);
    if (l.bit) x = scaled(x, (f.exponent == 8 ? 64 : 128) * (large ? 1 : -1));
    l.d = result<f>(l, x);
}
template <Format f> bool too_small(const Real& x) { return x.finite() && x.m && x.e + top_bit(x.m) < f.least(); }
template <Format f> void div_scale(Lane& l) {
    constexpr int by = f.exponent == 8 ? 64 : 128, apart = f.exponent == 8 ? 96 : 768;
    const u64 x = l.a, d = l.b, n = l.c;
    const auto times = [&](int power) { return result<f>(l, scaled(exactly<f>(x), power)); };
    const Real one = from_integer(1);
    l.bit = false;
    l.d = x;
    if (is_zero(n, f) || is_zero(d, f)) {
        l.d = f.quiet();
    } else if (biased(n, f) - biased(d, f) >= apart) {
        l.bit = true;
        if (x == d) l.d = times(by);
    } else if (is_denormal(d, f)) {
        l.d = times(by);
    } else {
        const bool reciprocal = too_small<f>(quotient(one, exactly<f>(d)));
        const bool ratio = too_small<f>(quotient(exactly<f>(n), exactly<f>(d)));
        if (reciprocal && ratio) {
            l.bit = true;
            if (x == d) l.d = times(-by);  // the manual scales up, which overflows: guess
        } else if (reciprocal) {
            l.d = times(-by);
        } else if (ratio) {
            l.bit = true;
            if (x == n) l.d = times(by);
        } else if (biased(n, f) <= (f.exponent == 8 ? 23 : 53)) {
            l.d = times(by);
        }
    }
}

// ---- 2/pi --------------------------------------------------------------------------------------

// 1201 bits of it, behind the point.
constexpr u32 two_over_pi[] = {0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab,
                               0xdebbc561, 0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e,
                               0xe88235f5, 0x2ebb4484, 0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b,
                               0xbdf9283b, 0x1ff897ff, 0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7,
                               0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1,
                               0x1f8d5d08, 0x56033046, 0xfc7b6bab};
// The manual: 53 bits from where segment and exponent say, in their place; those of large angles 2^128 times as large.
void trig_preop(Lane& l) {
    const int exponent = biased(l.a, f64), first = int(l.b & 31) * 53 + std::max(0, exponent - 1077);
    u64 bits = 0;
    for (int i = first; i < first + 53; ++i) {
        bits <<= 1;
        if (i <= 1200) bits |= two_over_pi[i / 32] >> (31 - i % 32) & 1;
    }
    l.d = result<f64>(l, scaled(from_integer(i64(bits)), -53 - first + (exponent >= 1968 ? 128 : 0)));
}

// ---- what hardware approximates --------------------------------------------------------------------

long double wide(const Real& x) {
    if (x.nan()) return NAN;
    const long double m = x.infinite() ? long(1) / 0.0L : std::ldexp((long double)(x.m), x.e);
    return x.negative ? -m : m;
}
Real narrow(long double x) {
    if (std::isnan(x)) return not_a_number();
    if (std::isinf(x)) return infinity(x < 0);
    int e = 0;
    const long double m = std::frexp(std::fabs(x), &e);
    return {Real::Kind::Finite, std::signbit(x), e - 64, u128(u64(std::ldexp(m, 64)))};
}
// `never`: the function in 32 bits knows no denormals, whatever MODE says (CLRX of rsq, log and exp,
// LLVM of rcp and sqrt).
template <Format f, long double (*function)(long double), bool never = false> void approximate(Lane& l) {
    const bool flushes = never && f.exponent == 8;
    const Real x = unpack(flushes ? flushed(l.a, f) : taken<f>(l, l.a), f);
    l.d = pack(narrow(function(wide(x))), f, Round::Nearest, flushes || mode_of<f>(l).flush_out);
}
long double reciprocal(long double x) { return 1 / x; }
long double reciprocal_root(long double x) { return 1 / std::sqrt(x); }
long double root(long double x) { return std::sqrt(x); }
long double power_of_two(long double x) { return std::exp2(x); }
long double logarithm(long double x) { return std::log2(x); }
// Of x turns; outside of +-256 the manual has 0 and 1. The angle is taken from the next half turn, where the sine is 0.
constexpr long double half_turn = 3.14159265358979323846264338327950288L;
long double sine(long double x) {
    if (!std::isfinite(x)) return NAN;
    if (std::fabs(x) > 256) return 0;
    const long double halves = std::floor(2 * x + 0.5L), rest = 2 * x - halves;
    const long double s = std::sin(rest * half_turn);
    return std::fmod(halves, 2) == 0 ? s : -s;
}
long double cosine(long double x) {
    if (!std::isfinite(x)) return NAN;
    if (std::fabs(x) > 256) return 1;
    return sine(x - std::floor(x) + 0.25L);
}

// ---- cube maps -------------------------------------------------------------------------------------

struct Cube {
    Real x, y, z;
    int axis;  // of the largest: 0 x, 1 y, 2 z
};
Cube cube_of(const Lane& l) {
    const auto size = [](Real r) { return r.negative = false, r; };
    Cube c{value<f32>(l, l.a), value<f32>(l, l.b), value<f32>(l, l.c), 0};
    const auto at_least = [&](const Real& a, const Real& b) {
        return !a.nan() && !b.nan() && compare(size(a), size(b)) >= 0;
    };
    c.axis = at_least(c.z, c.x) && at_least(c.z, c.y) ? 2 : at_least(c.y, c.x) ? 1 : 0;
    return c;
}
bool below_zero(const Real& r) { return !r.nan() && r.negative && !r.zero(); }
void cube_id(Lane& l) {
    const Cube c = cube_of(l);
    const Real& major = c.axis == 2 ? c.z : c.axis == 1 ? c.y : c.x;
    l.d = pack(from_integer(2 * c.axis + below_zero(major)), f32, Round::Nearest, true);
}
void cube_ma(Lane& l) {
    const Cube c = cube_of(l);
    l.d = result<f32>(l, scaled(c.axis == 2 ? c.z : c.axis == 1 ? c.y : c.x, 1));
}
// A coordinate or its opposite; that its denormals stay is a guess.
void cube_sc(Lane& l) {
    const Cube c = cube_of(l);
    const u64 minus = f32.sign();
    l.d = quieted(c.axis == 2       ? (below_zero(c.z) ? l.a ^ minus : l.a)
                  : c.axis == 1     ? l.a
                  : below_zero(c.x) ? l.c
                                    : l.c ^ minus,
                  f32);
}
void cube_tc(Lane& l) {
    const Cube c = cube_of(l);
    const u64 minus = f32.sign();
    l.d = quieted(c.axis == 1 ? (below_zero(c.y) ? l.c ^ minus : l.c) : l.b ^ minus, f32);
}

// ---- the table -------------------------------------------------------------------------------------

#define DO(name, ...)                        \
    {                                        \
#name, [](Lane & l) { __VA_ARGS__; } \
    }
#define ALL(prefix, function) \
    {prefix "_f16", function<f16>}, {prefix "_f32", function<f32>}, { prefix "_f64", function<f64> }
#define COMPARISONS(t, f)                                                                                          \
    {"v_cmp_f_" t, compare_to<f, 0>}, {"v_cmp_lt_" t, compare_to<f, Less>}, {"v_cmp_eq_" t, compare_to<f, Equal>}, \
        {"v_cmp_le_" t, compare_to<f, Less | Equal>}, {"v_cmp_gt_" t, compare_to<f, Greater>},                     \
        {"v_cmp_lg_" t, compare_to<f, Less | Greater>}, {"v_cmp_ge_" t, compare_to<f, Greater | Equal>},           \
        {"v_cmp_o_" t, compare_to<f, Less | Equal | Greater>}, {"v_cmp_u_" t, compare_to<f, Unordered>},           \
        {"v_cmp_nge_" t, compare_to<f, Unordered | Less>}, {"v_cmp_nlg_" t, compare_to<f, Unordered | Equal>},     \
        {"v_cmp_ngt_" t, compare_to<f, Unordered | Less | Equal>},                                                 \
        {"v_cmp_nle_" t, compare_to<f, Unordered | Greater>},                                                      \
        {"v_cmp_neq_" t, compare_to<f, Unordered | Less | Greater>},                                               \
        {"v_cmp_nlt_" t, compare_to<f, Unordered | Greater | Equal>}, {"v_cmp_tru_" t, compare_to<f, 15>}, {       \
        "v_cmp_class_" t, classify<f>                                                                              \
    }

const std::map<std::string_view, LaneBody> bodies {
    ALL("v_fract", fraction), ALL("v_frexp_mant", mantissa_of), {"v_frexp_exp_i32_f32", exponent_of<f32>},
        {"v_frexp_exp_i32_f64", exponent_of<f64>}, DO(v_frexp_exp_i16_f16, exponent_of<f16>(l); l.d &= 0xffff),
#define ROUNDINGS(t, f)                                                                      \
    {"v_trunc_" t, to_integral<f, Round::ToZero>}, {"v_ceil_" t, to_integral<f, Round::Up>}, \
        {"v_rndne_" t, to_integral<f, Round::Nearest>}, {"v_floor_" t, to_integral<f, Round::Down>}
        ROUNDINGS("f16", f16), ROUNDINGS("f32", f32), ROUNDINGS("f64", f64),

#define ARITHMETIC(t, f)                                                                                         \
    {"v_add_" t, add<f, false, false>}, {"v_sub_" t, add<f, false, true>}, {"v_subrev_" t, add<f, true, true>},  \
        {"v_mul_" t, mul<f>}, {"v_min_" t, pick2<f, false>}, {"v_max_" t, pick2<f, true>}, {"v_fma_" t, fma<f>}, \
        {"v_mac_" t, mac<f>}, {"v_mad_" t, mad<f>}, {"v_madak_" t, mad<f>}, {"v_madmk_" t, madmk<f>},            \
        {"v_min3_" t, pick3<f, false>}, {"v_max3_" t, pick3<f, true>}, {"v_med3_" t, median<f>},                 \
        {"v_div_fixup_" t, div_fixup<f>}, {"v_div_fmas_" t, div_fmas<f>}, {"v_div_scale_" t, div_scale<f>}
        ARITHMETIC("f16", f16), ARITHMETIC("f32", f32), ARITHMETIC("f64", f64), {"v_mul_legacy_f32", mul_legacy},
        {"v_mad_legacy_f32", mad_legacy}, DO(v_ldexp_f32, ldexp<f32>(l, i32(l.b))),
        DO(v_ldexp_f64, ldexp<f64>(l, i32(l.b))), DO(v_ldexp_f16, ldexp<f16>(l, i16(l.b))),

        DO(v_cvt_f32_i32, from_signed<f32>(l, i32(l.a))), DO(v_cvt_f32_u32, from_signed<f32>(l, i64(l.a))),
        DO(v_cvt_f64_i32, from_signed<f64>(l, i32(l.a))), DO(v_cvt_f64_u32, from_signed<f64>(l, i64(l.a))),
        DO(v_cvt_f16_i16, from_signed<f16>(l, i16(l.a))), DO(v_cvt_f16_u16, from_signed<f16>(l, i64(l.a))),
        DO(v_cvt_f32_ubyte0, from_signed<f32>(l, u8(l.a))), DO(v_cvt_f32_ubyte1, from_signed<f32>(l, u8(l.a >> 8))),
        DO(v_cvt_f32_ubyte2, from_signed<f32>(l, u8(l.a >> 16))),
        DO(v_cvt_f32_ubyte3, from_signed<f32>(l, u8(l.a >> 24))),
        DO(v_cvt_off_f32_i4, l.d = pack(scaled(from_integer(i64(l.a << 60) >> 60), -4), f32, Round::Nearest, true)),
        DO(v_cvt_i32_f32, l.d = u32(integer_of<f32>(l, Round::ToZero, least32, most32))),
        DO(v_cvt_u32_f32, l.d = integer_of<f32>(l, Round::ToZero, 0, 0xffffffff)),
        DO(v_cvt_i32_f64, l.d = u32(integer_of<f64>(l, Round::ToZero, least32, most32))),
        DO(v_cvt_u32_f64, l.d = integer_of<f64>(l, Round::ToZero, 0, 0xffffffff)),
        DO(v_cvt_i16_f16, l.d = u16(integer_of<f16>(l, Round::ToZero, -32768, 32767))),
        DO(v_cvt_u16_f16, l.d = integer_of<f16>(l, Round::ToZero, 0, 0xffff)),
        DO(v_cvt_flr_i32_f32, l.d = u32(integer_of<f32>(l, Round::Down, least32, most32))),
        DO(v_cvt_rpi_i32_f32, const Real half = scaled(from_integer(1), -1); const Real x = value<f32>(l, l.a);
           l.d = u32(to_integer(sum(x, half, Round::Nearest), Round::Down, least32, most32))),
        {"v_cvt_f16_f32", convert<f32, f16>}, {"v_cvt_f32_f16", convert<f16, f32>},
        {"v_cvt_f64_f32", convert<f32, f64>}, {"v_cvt_f32_f64", convert<f64, f32>},
        DO(v_cvt_pkrtz_f16_f32, l.d = half_towards_zero(l, l.a) | half_towards_zero(l, l.b) << 16;
           l.nan = is_nan(l.a, f32) || is_nan(l.b, f32)),
        DO(v_cvt_pknorm_i16_f32,
           l.d = normalised(l, l.a, 32767, -32767, 32767) | normalised(l, l.b, 32767, -32767, 32767) << 16),
        DO(v_cvt_pknorm_u16_f32, l.d = normalised(l, l.a, 65535, 0, 65535) | normalised(l, l.b, 65535, 0, 65535) << 16),
        DO(v_cvt_pk_u8_f32, l.d = with_byte(l, l.c)), DO(v_cvt_pkaccum_u8_f32, l.d = with_byte(l, l.d)),

        {"v_trig_preop_f64", trig_preop}, COMPARISONS("f16", f16), COMPARISONS("f32", f32), COMPARISONS("f64", f64),

#define APPROXIMATIONS(t, f)                                                                             \
    {"v_rcp_" t, approximate<f, reciprocal, true>}, {"v_rsq_" t, approximate<f, reciprocal_root, true>}, \
        {"v_sqrt_" t, approximate<f, root, true>}, {"v_exp_" t, approximate<f, power_of_two, true>},     \
        {"v_log_" t, approximate<f, logarithm, true>}, {"v_sin_" t, approximate<f, sine, true>},         \
        {"v_cos_" t, approximate<f, cosine, true>}
        APPROXIMATIONS("f16", f16), APPROXIMATIONS("f32", f32), APPROXIMATIONS("f64", f64),
        {"v_rcp_iflag_f32", approximate<f32, reciprocal, true>},
        {"v_exp_legacy_f32", approximate<f32, power_of_two, true>},
        {"v_log_legacy_f32", approximate<f32, logarithm, true>},

        {"v_cubeid_f32", cube_id}, {"v_cubema_f32", cube_ma}, {"v_cubesc_f32", cube_sc}, {"v_cubetc_f32", cube_tc},
};

// rcp, rsq, sqrt of 64 bits: about 1e-8 of the result (CLRX). Sine and cosine: no figure is published; the absolute one
// stands for results near 0.
constexpr Approximation approximations[] = {
    {"v_rcp_f32", 1, 0},       {"v_rcp_iflag_f32", 1, 0}, {"v_rsq_f32", 1, 0},        {"v_sqrt_f32", 1, 0},
    {"v_exp_f32", 1, 0},       {"v_log_f32", 1, 0},       {"v_exp_legacy_f32", 1, 0}, {"v_log_legacy_f32", 1, 0},
    {"v_sin_f32", 1, 0x1p-24}, {"v_cos_f32", 1, 0x1p-24}, {"v_rcp_f16", 1, 0},        {"v_rsq_f16", 1, 0},
    {"v_sqrt_f16", 1, 0},      {"v_exp_f16", 1, 0},       {"v_log_f16", 1, 0},        {"v_sin_f16", 1, 0x1p-20},
    {"v_cos_f16", 1, 0x1p-20}, {"v_rcp_f64", 1 << 26, 0}, {"v_rsq_f64", 1 << 26, 0},  {"v_sqrt_f64", 1 << 26, 0},
};

}  // namespace

LaneBody float_body(std::string_view name) {
    const auto it = bodies.find(name);
    return it == bodies.end() ? nullptr : it->second;
}

const Approximation* approximation(std::string_view name) {
    for (const Approximation& a : approximations)
        if (a.name == name) return &a;
    return nullptr;
}

}  // namespace gcn::scalar
