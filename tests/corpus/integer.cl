// Integer arithmetic of every width, as OpenCL C has it.

#include "each.h"

// ---- 8 and 16 bits ---------------------------------------------------------------
TWO(add_sat_char,      char,    char,    char,    add_sat(a, b))
TWO(sub_sat_uchar,     uchar,   uchar,   uchar,   sub_sat(a, b))
TWO(mul_hi_char,       char,    char,    char,    mul_hi(a, b))
PAIR(divide_char, char, char, char, r = a; if (b != 0 && b != -1) r = a / b;)
ONE(popcount_uchar,    uchar,   uchar,            popcount(a))
TWO(rotate_ushort,     ushort,  ushort,  ushort,  rotate(a, b))
TWO(rhadd_short,       short,   short,   short,   rhadd(a, b))
TWO(sub_sat_short,     short,   short,   short,   sub_sat(a, b))
TWO(abs_diff_short,    ushort,  short,   short,   abs_diff(a, b))
ONE(clz_ushort,        ushort,  ushort,           clz(a))
TWO(remainder_ushort,  ushort,  ushort,  ushort,  a % (b | 1))
THREE(mad_sat_short,   short,                     mad_sat(a, b, c))
TWO(upsample_short,    int,     short,   ushort,  upsample(a, b))

// ---- 32 bits ---------------------------------------------------------------------
TWO(mul_hi_int,        int,     int,     int,     mul_hi(a, b))
TWO(mul_hi_uint,       uint,    uint,    uint,    mul_hi(a, b))
TWO(add_sat_int,       int,     int,     int,     add_sat(a, b))
TWO(sub_sat_uint,      uint,    uint,    uint,    sub_sat(a, b))
THREE(mad_sat_int,     int,                       mad_sat(a, b, c))
THREE(mad_hi_uint,     uint,                      mad_hi(a, b, c))
TWO(hadd_int,          int,     int,     int,     hadd(a, b))
TWO(rotate_uint,       uint,    uint,    uint,    rotate(a, b))
ONE(clz_int,           int,     int,              clz(a))
ONE(ctz_uint,          uint,    uint,             ctz(a))
ONE(popcount_uint,     uint,    uint,             popcount(a))
PAIR(divide_int, int, int, int, r = a; if (b != 0 && b != -1) r = a / b;)
TWO(remainder_uint,    uint,    uint,    uint,    a % (b | 1))
THREE(mad24_int,       int,                       mad24(a << 8 >> 8, b << 8 >> 8, c))
TWO(mul24_uint,        uint,    uint,    uint,    mul24(a & 0xffffff, b & 0xffffff))
THREE(clamp_int,       int,                       clamp(a, min(b, c), max(b, c)))
TWO(shifts_int,        int,     int,     uint,    (a >> (b & 31)) ^ (a << (b & 31)))
TWO(abs_diff_int,      uint,    int,     int,     abs_diff(a, b))
THREE(bitselect_uint,  uint,                      bitselect(a, b, c))
THREE(median_int,      int,                       max(min(a, b), min(max(a, b), c)))

// ---- 64 bits ---------------------------------------------------------------------
TWO(multiply_long,     long,    long,    long,    a * b)
TWO(mul_hi_long,       long,    long,    long,    mul_hi(a, b))
TWO(mul_hi_ulong,      ulong,   ulong,   ulong,   mul_hi(a, b))
PAIR(divide_long, long, long, long, r = a; if (b != 0 && b != -1) r = a / b;)
TWO(divide_ulong,      ulong,   ulong,   ulong,   a / (b | 1))
PAIR(remainder_long, long, long, long, r = a; if (b != 0 && b != -1) r = a % b;)
TWO(add_sat_long,      long,    long,    long,    add_sat(a, b))
THREE(mad_sat_ulong,   ulong,                     mad_sat(a, b, c))
TWO(rotate_ulong,      ulong,   ulong,   ulong,   rotate(a, b))
ONE(clz_long,          long,    long,             clz(a))
ONE(popcount_ulong,    ulong,   ulong,            popcount(a))
TWO(shift_right_long,  long,    long,    uint,    a >> (b & 63))
TWO(shift_left_ulong,  ulong,   ulong,   uint,    a << (b & 63))
TWO(compare_long,      int,     long,    long,    (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * ((ulong)a > (ulong)b))
TWO(upsample_int,      long,    int,     uint,    upsample(a, b))

// ---- algorithms ------------------------------------------------------------------

// Euclid's algorithm: a loop whose length differs in every lane.
PAIR(greatest_divisor, uint, uint, uint,
    uint x = a, y = b;
    while (y != 0) {
        const uint rest = x % y;
        x = y;
        y = rest;
    }
    r = x;
)

// a to the power b modulo 2^61 - 1, by squaring, with products of 128 bits.
ulong reduce_mersenne(ulong high, ulong low) {
    const ulong p = (1ul << 61) - 1;
    ulong r = (low & p) + ((low >> 61) | (high << 3));
    if (r >= p) r -= p;
    return r;
}
PAIR(power_modulo, ulong, ulong, uint,
    ulong result = 1, base = a % ((1ul << 61) - 1);
    for (uint e = b; e != 0; e >>= 1) {
        if (e & 1) result = reduce_mersenne(mul_hi(result, base), result * base);
        base = reduce_mersenne(mul_hi(base, base), base * base);
    }
    r = result;
)

// The reflected CRC-32 of four bytes, bit by bit.
SINGLE(crc32_uint, uint, uint,
    uint crc = ~0u;
    for (int byte = 0; byte < 4; ++byte) {
        crc ^= a >> 8 * byte & 0xff;
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
    }
    r = ~crc;
)

// The whole square root of 64 bits, digit by digit.
SINGLE(square_root_ulong, uint, ulong,
    ulong rest = a, root = 0;
    for (ulong bit = 1ul << 62; bit != 0; bit >>= 2) {
        if (rest >= root + bit) {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    r = (uint)root;
)

// Bits in the reverse order, by masks.
SINGLE(reverse_bits, uint, uint,
    uint x = a;
    x = x >> 1 & 0x55555555 | (x & 0x55555555) << 1;
    x = x >> 2 & 0x33333333 | (x & 0x33333333) << 2;
    x = x >> 4 & 0x0f0f0f0f | (x & 0x0f0f0f0f) << 4;
    x = x >> 8 & 0x00ff00ff | (x & 0x00ff00ff) << 8;
    r = x >> 16 | x << 16;
)

// The usual conversions of narrow types: sums are int, stores cut.
TWO(narrow_sums, short, char, uchar, (short)((char)(a + b) + (uchar)(a - b) + (short)(a * b)))

// Collatz: how many steps a takes to 1, at most 200.
SINGLE(collatz, int, ushort,
    ulong n = a | 1;
    int steps = 0;
    while (n != 1 && steps < 200) {
        if (n & 1)
            n = 3 * n + 1;
        else
            n /= 2;
        ++steps;
    }
    r = steps;
)

// A generator with 128 bits of state (xorshift128), sixteen steps.
SINGLE(xorshift, uint, uint,
    uint x = a | 1, y = 362436069, z = 521288629, w = 88675123;
    for (int i = 0; i < 16; ++i) {
        const uint t = x ^ x << 11;
        x = y, y = z, z = w;
        w = w ^ w >> 19 ^ t ^ t >> 8;
    }
    r = w;
)
