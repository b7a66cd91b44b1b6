#pragma once
// Floating point in integers: exact values, and one rounding step that knows MODE. It uses nothing of the host's
// floating point, so that rounding and denormals are an opinion of their own.

#include <bit>
#include <cstdint>

namespace gcn::scalar {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using i16 = int16_t;
using i32 = int32_t;
using i64 = int64_t;
__extension__ using u128 = unsigned __int128;
__extension__ using i128 = __int128;

struct Format {
    int exponent, fraction;  // bits of each

    constexpr int bits() const { return 1 + exponent + fraction; }
    constexpr int bias() const { return (1 << (exponent - 1)) - 1; }
    constexpr int least() const { return 1 - bias(); }  // the exponent of the smallest normal number
    constexpr u64 sign() const { return 1ull << (bits() - 1); }
    constexpr u64 infinity() const { return ((1ull << exponent) - 1) << fraction; }
    constexpr u64 quiet() const { return infinity() | 1ull << (fraction - 1); }
    constexpr u64 largest() const { return infinity() - 1; }
    constexpr u64 mask() const { return sign() | (sign() - 1); }
    constexpr u64 one() const { return u64(bias()) << fraction; }
};
inline constexpr Format f16{5, 10}, f32{8, 23}, f64{11, 52};

constexpr bool is_nan(u64 x, Format f) { return (x & (f.sign() - 1)) > f.infinity(); }
constexpr bool is_infinite(u64 x, Format f) { return (x & (f.sign() - 1)) == f.infinity(); }
constexpr bool is_zero(u64 x, Format f) { return !(x & (f.sign() - 1)); }
constexpr bool is_denormal(u64 x, Format f) { return !(x & f.infinity()) && !is_zero(x, f); }
constexpr bool is_signalling(u64 x, Format f) { return is_nan(x, f) && !(x >> (f.fraction - 1) & 1); }
constexpr u64 quieted(u64 x, Format f) { return is_nan(x, f) ? x | f.quiet() : x; }
constexpr u64 flushed(u64 x, Format f) { return is_denormal(x, f) ? x & f.sign() : x; }

enum class Round : u8 { Nearest, Up, Down, ToZero };  // as MODE counts them

// +-m * 2^e, or not a number, or infinite. The lowest bit of m may stand for any number of bits below it that are not
// all 0; then m is wide enough for no rounding to see the difference.
struct Real {
    enum class Kind : u8 { Finite, Infinite, Nan } kind = Kind::Finite;
    bool negative = false;
    int e = 0;
    u128 m = 0;

    bool zero() const { return kind == Kind::Finite && !m; }
    bool finite() const { return kind == Kind::Finite; }
    bool nan() const { return kind == Kind::Nan; }
    bool infinite() const { return kind == Kind::Infinite; }
};

inline int top_bit(u128 m) {
    const u64 high = u64(m >> 64);
    return high ? 127 - std::countl_zero(high) : 63 - std::countl_zero(u64(m));
}

inline Real not_a_number() { return {Real::Kind::Nan, false, 0, 0}; }
inline Real infinity(bool negative) { return {Real::Kind::Infinite, negative, 0, 0}; }

inline Real unpack(u64 x, Format f) {
    const bool negative = x & f.sign();
    const u64 fraction = x & ((1ull << f.fraction) - 1);
    const int exponent = int(x >> f.fraction & ((1u << f.exponent) - 1));
    if (is_nan(x, f)) return not_a_number();
    if (is_infinite(x, f)) return infinity(negative);
    if (!exponent) return {Real::Kind::Finite, negative, f.least() - f.fraction, fraction};
    return {Real::Kind::Finite, negative, exponent - f.bias() - f.fraction, fraction | 1ull << f.fraction};
}

inline Real from_integer(i64 x) { return {Real::Kind::Finite, x < 0, 0, x < 0 ? u128(-i128(x)) : u128(x)}; }

// m >> n with what is lost kept in the lowest bit.
inline u128 shift_down(u128 m, int n) {
    if (n <= 0) return m;
    if (n > 127) return m != 0;
    return m >> n | ((m & ((u128(1) << n) - 1)) != 0);
}

inline bool rounds_up(Round round, bool negative, bool odd, u128 rest, u128 half) {
    switch (round) {
        case Round::Nearest:
            return rest > half || (rest == half && odd);
        case Round::Up:
            return rest && !negative;
        case Round::Down:
            return rest && negative;
        case Round::ToZero:
            break;
    }
    return false;
}

// m * 2^e as an integer multiple of 2^unit.
inline u128 rounded_to(const Real& x, int unit, Round round) {
    const int down = unit - x.e;
    if (down <= 0) return x.m << -down;
    const u128 kept = down > 127 ? 0 : x.m >> down;
    const u128 rest = down > 127 ? u128(x.m != 0) : x.m & ((u128(1) << down) - 1);
    const u128 half = down > 127 ? u128(2) : u128(1) << (down - 1);
    return kept + rounds_up(round, x.negative, kept & 1, rest, half);
}

// The number of format f. `flush`: what is too small for a normal number after rounding becomes a zero of its sign
// (that it is measured after rounding, in 16 bits after that to a denormal, is a guess; docs/limits.md).
inline u64 pack(const Real& x, Format f, Round round, bool flush) {
    const u64 sign = x.negative ? f.sign() : 0;
    if (x.nan()) return f.quiet();
    if (x.infinite()) return sign | f.infinity();
    if (!x.m) return sign;
    int unit = x.e + top_bit(x.m) - f.fraction;
    if ((!flush || f.exponent == 5) && unit < f.least() - f.fraction) unit = f.least() - f.fraction;
    u64 m = u64(rounded_to(x, unit, round));
    if (m >> (f.fraction + 1)) m >>= 1, ++unit;
    const int exponent = unit + f.fraction;
    if (flush && exponent < f.least()) return sign;
    if (exponent > f.bias()) {
        const bool to_infinity =
            round == Round::Nearest || (round == Round::Up && !x.negative) || (round == Round::Down && x.negative);
        return sign | (to_infinity ? f.infinity() : f.largest());
    }
    if (!(m >> f.fraction)) return flush ? sign : sign | m;  // denormal, or zero
    return sign | u64(exponent + f.bias()) << f.fraction | (m & ((1ull << f.fraction) - 1));
}

inline Real negated(Real x) {
    x.negative = !x.negative;
    return x;
}
inline Real scaled(Real x, int by) {
    x.e += by;
    return x;
}

inline Real product(const Real& a, const Real& b) {
    const bool negative = a.negative != b.negative;
    if (a.nan() || b.nan() || (a.infinite() && b.zero()) || (b.infinite() && a.zero())) return not_a_number();
    if (a.infinite() || b.infinite()) return infinity(negative);
    return {Real::Kind::Finite, negative, a.e + b.e, a.m * b.m};
}

// `round` decides the sign of a zero that is made of two different numbers.
inline Real sum(Real a, Real b, Round round) {
    if (a.nan() || b.nan()) return not_a_number();
    if (a.infinite() || b.infinite()) {
        if (a.infinite() && b.infinite() && a.negative != b.negative) return not_a_number();
        return infinity(a.infinite() ? a.negative : b.negative);
    }
    if (!a.m && !b.m) {
        const bool negative = a.negative == b.negative ? a.negative : round == Round::Down;
        return {Real::Kind::Finite, negative, 0, 0};
    }
    if (!a.m) return b;
    if (!b.m) return a;
    for (Real* x : {&a, &b}) {
        const int up = 126 - top_bit(x->m);
        x->m <<= up, x->e -= up;
    }
    if (a.e < b.e || (a.e == b.e && a.m < b.m)) std::swap(a, b);
    b.m = shift_down(b.m, a.e - b.e);
    if (a.negative == b.negative)
        a.m += b.m;
    else
        a.m -= b.m;
    if (!a.m) a.negative = round == Round::Down;
    return a;
}

inline Real quotient(const Real& a, const Real& b) {
    const bool negative = a.negative != b.negative;
    if (a.nan() || b.nan() || (a.infinite() && b.infinite()) || (a.zero() && b.zero())) return not_a_number();
    if (a.infinite() || b.zero()) return infinity(negative);
    if (b.infinite() || a.zero()) return {Real::Kind::Finite, negative, 0, 0};
    const int up = 127 - top_bit(a.m);
    const u128 n = a.m << up;
    return {Real::Kind::Finite, negative, a.e - up - b.e, n / b.m | (n % b.m != 0)};
}

// -1, 0, 1; numbers only.
inline int compare(const Real& a, const Real& b) {
    if (a.zero() && b.zero()) return 0;
    if (a.zero()) return b.negative ? 1 : -1;
    if (b.zero()) return a.negative ? -1 : 1;
    if (a.negative != b.negative) return a.negative ? -1 : 1;
    int larger = 0;
    if (a.infinite() || b.infinite()) {
        larger = int(a.infinite()) - int(b.infinite());
    } else {
        const int high_a = a.e + top_bit(a.m), high_b = b.e + top_bit(b.m);
        const u128 x = a.m << (127 - top_bit(a.m)), y = b.m << (127 - top_bit(b.m));
        larger = high_a != high_b ? (high_a < high_b ? -1 : 1) : x == y ? 0 : x < y ? -1 : 1;
    }
    return a.negative ? -larger : larger;
}

// The integer next to x, `round` says to which side.
inline Real integral(const Real& x, Round round) {
    if (!x.finite() || !x.m || x.e >= 0) return x;
    return {Real::Kind::Finite, x.negative, 0, rounded_to(x, 0, round)};
}

// x as an integer between the two limits; NaN gives 0.
inline i64 to_integer(const Real& x, Round round, i64 least, i64 most) {
    if (x.nan()) return 0;
    if (x.infinite() || (x.m && x.e + top_bit(x.m) > 64)) return x.negative ? least : most;
    const i128 m = i128(rounded_to(x, 0, round));
    const i128 value = x.negative ? -m : m;
    return i64(value < least ? least : value > most ? most : value);
}

}  // namespace gcn::scalar
