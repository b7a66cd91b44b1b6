// Integer arithmetic of every width. The host's words go through wider types wherever the device cannot.

#include <cstdlib>
#include <numeric>

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using i8 = int8_t;
using u8 = uint8_t;
using i16 = int16_t;
using u16 = uint16_t;
using i32 = int32_t;
using u32 = uint32_t;
using i64 = int64_t;
using u64 = uint64_t;
using i128 = __int128;
using u128 = unsigned __int128;

// The nearest value that T has.
template <class T> static T saturated(i128 v) {
    return T(std::clamp<i128>(v, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}
template <class T> static T mul_hi(T a, T b) {
    using Wide = std::conditional_t<std::is_signed_v<T>, i128, u128>;
    return T(Wide(a) * Wide(b) >> 8 * sizeof(T));
}
template <class T> static T divided(T a, T b) { return b == 0 || b == T(-1) ? a : T(a / b); }
template <class T> static T rest(T a, T b) { return b == 0 || b == T(-1) ? a : T(a % b); }

static i32 from_24_bits(i32 v) { return i32(u32(v) << 8) >> 8; }

static u32 crc32(u32 a) {
    u64 message = u64(a ^ 0xffffffff), polynomial = 0xedb88320;
    for (int bit = 0; bit < 32; ++bit) message = message >> 1 ^ (message & 1 ? polynomial : 0);
    return ~u32(message);
}

THEME("integer") {
    // ---- 8 and 16 bits
    t.each("add_sat_char", [](i8 a, i8 b) -> i8 { return saturated<i8>(a + b); });
    t.each("sub_sat_uchar", [](u8 a, u8 b) -> u8 { return saturated<u8>(a - b); });
    t.each("mul_hi_char", [](i8 a, i8 b) -> i8 { return mul_hi(a, b); });
    t.each("divide_char", [](i8 a, i8 b) -> i8 { return divided(a, b); });
    t.each("popcount_uchar", [](u8 a) -> u8 { return std::popcount(a); });
    t.each("rotate_ushort", [](u16 a, u16 b) -> u16 { return std::rotl(a, b & 15); });
    t.each("rhadd_short", [](i16 a, i16 b) -> i16 { return (a + b + 1) >> 1; });
    t.each("sub_sat_short", [](i16 a, i16 b) -> i16 { return saturated<i16>(a - b); });
    t.each("abs_diff_short", [](i16 a, i16 b) -> u16 { return std::abs(a - b); });
    t.each("clz_ushort", [](u16 a) -> u16 { return std::countl_zero(a); });
    t.each("remainder_ushort", [](u16 a, u16 b) -> u16 { return a % (b | 1); });
    t.each("mad_sat_short", [](i16 a, i16 b, i16 c) -> i16 { return saturated<i16>(a * b + c); });
    t.each("upsample_short", [](i16 a, u16 b) -> i32 { return a * 65536 + b; });

    // ---- 32 bits
    t.each("mul_hi_int", [](i32 a, i32 b) -> i32 { return mul_hi(a, b); });
    t.each("mul_hi_uint", [](u32 a, u32 b) -> u32 { return mul_hi(a, b); });
    t.each("add_sat_int", [](i32 a, i32 b) -> i32 { return saturated<i32>(i64(a) + b); });
    t.each("sub_sat_uint", [](u32 a, u32 b) -> u32 { return saturated<u32>(i64(a) - b); });
    t.each("mad_sat_int", [](i32 a, i32 b, i32 c) -> i32 { return saturated<i32>(i64(a) * b + c); });
    t.each("mad_hi_uint", [](u32 a, u32 b, u32 c) -> u32 { return mul_hi(a, b) + c; });
    t.each("hadd_int", [](i32 a, i32 b) -> i32 { return (i64(a) + b) >> 1; });
    t.each("rotate_uint", [](u32 a, u32 b) -> u32 { return std::rotl(a, b & 31); });
    t.each("clz_int", [](i32 a) -> i32 { return std::countl_zero(u32(a)); });
    t.each("ctz_uint", [](u32 a) -> u32 { return std::countr_zero(a); });
    t.each("popcount_uint", [](u32 a) -> u32 { return std::popcount(a); });
    t.each("divide_int", [](i32 a, i32 b) -> i32 { return divided(a, b); });
    t.each("remainder_uint", [](u32 a, u32 b) -> u32 { return a % (b | 1); });
    t.each("mad24_int", [](i32 a, i32 b, i32 c) -> i32 { return u64(from_24_bits(a)) * from_24_bits(b) + c; });
    t.each("mul24_uint", [](u32 a, u32 b) -> u32 { return u64(a & 0xffffff) * (b & 0xffffff); });
    t.each("clamp_int", [](i32 a, i32 b, i32 c) -> i32 { return std::clamp(a, std::min(b, c), std::max(b, c)); });
    t.each("shifts_int", [](i32 a, u32 b) -> i32 { return (i64(a) >> b % 32) ^ (i64(a) << b % 32); });
    t.each("abs_diff_int", [](i32 a, i32 b) -> u32 { return std::llabs(i64(a) - b); });
    t.each("bitselect_uint", [](u32 a, u32 b, u32 c) -> u32 { return (a & ~c) | (b & c); });
    t.each("median_int", [](i32 a, i32 b, i32 c) -> i32 {
        i32 all[] = {a, b, c};
        std::sort(all, all + 3);
        return all[1];
    });

    // ---- 64 bits
    t.each("multiply_long", [](i64 a, i64 b) -> i64 { return i64(u64(a) * u64(b)); });
    t.each("mul_hi_long", [](i64 a, i64 b) -> i64 { return mul_hi(a, b); });
    t.each("mul_hi_ulong", [](u64 a, u64 b) -> u64 { return mul_hi(a, b); });
    t.each("divide_long", [](i64 a, i64 b) -> i64 { return divided(a, b); });
    t.each("divide_ulong", [](u64 a, u64 b) -> u64 { return a / (b | 1); });
    t.each("remainder_long", [](i64 a, i64 b) -> i64 { return rest(a, b); });
    t.each("add_sat_long", [](i64 a, i64 b) -> i64 { return saturated<i64>(i128(a) + b); });
    t.each("mad_sat_ulong", [](u64 a, u64 b, u64 c) -> u64 {
        const u128 v = u128(a) * b + c;
        return v >> 64 ? ~0ull : u64(v);
    });
    t.each("rotate_ulong", [](u64 a, u64 b) -> u64 { return std::rotl(a, int(b & 63)); });
    t.each("clz_long", [](i64 a) -> i64 { return std::countl_zero(u64(a)); });
    t.each("popcount_ulong", [](u64 a) -> u64 { return std::popcount(a); });
    t.each("shift_right_long", [](i64 a, u32 b) -> i64 { return i64(i128(a) >> b % 64); });
    t.each("shift_left_ulong", [](u64 a, u32 b) -> u64 { return u64(u128(a) << b % 64); });
    t.each("compare_long", [](i64 a, i64 b) -> i32 {
        return (i128(a) - b < 0) + 2 * (i128(a) - b <= 0) + 4 * (i128(a) - b == 0) + 8 * (i128(u64(a)) - u64(b) > 0);
    });
    t.each("upsample_int", [](i32 a, u32 b) -> i64 { return i64(a) * 4294967296 + b; });

    // ---- algorithms
    t.each("greatest_divisor", [](u32 a, u32 b) -> u32 { return std::gcd(a, b); });
    t.each("power_modulo", [](u64 a, u32 b) -> u64 {
        const u64 p = (1ull << 61) - 1;
        u128 result = 1;
        for (int bit = 31; bit >= 0; --bit) {
            result = result * result % p;
            if (b >> bit & 1) result = result * (a % p) % p;
        }
        return u64(result);
    });
    t.each("crc32_uint", [](u32 a) -> u32 { return crc32(a); });
    t.each("square_root_ulong", [](u64 a) -> u32 {
        u64 root = u64(sqrtl(a));
        while (u128(root) * root > a) --root;
        while (u128(root + 1) * (root + 1) <= a) ++root;
        return u32(root);
    });
    t.each("reverse_bits", [](u32 a) -> u32 {
        u32 r = 0;
        for (int bit = 0; bit < 32; ++bit) r |= (a >> bit & 1) << (31 - bit);
        return r;
    });
    t.each("narrow_sums", [](i8 a, u8 b) -> i16 { return i16(i8(a + b) + u8(a - b) + i16(a * b)); });
    t.each("collatz", [](u16 a) -> i32 {
        i32 steps = 0;
        for (u64 n = a | 1; n != 1 && steps < 200; ++steps) n = n % 2 ? 3 * n + 1 : n / 2;
        return steps;
    });
    t.each("xorshift", [](u32 a) -> u32 {
        std::vector<u32> s{a | 1, 362436069, 521288629, 88675123};
        for (int i = 0; i < 16; ++i) {
            const u32 v = s[i] ^ s[i] << 11, w = s.back();
            s.push_back(w ^ w >> 19 ^ v ^ v >> 8);
        }
        return s.back();
    });
}
