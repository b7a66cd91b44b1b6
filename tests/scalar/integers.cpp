// Vector instructions on integers and bits, one lane.

#include <map>

#include "tests/scalar/lane.hpp"

namespace gcn::scalar {

namespace {

u64 clamped(bool clamp, i64 x, i64 least, i64 most) {
    return u64(clamp ? (x < least ? least : x > most ? most : x) : x);
}
u64 add32(Lane& l, u64 a, u64 b, bool carry) {
    const u64 sum = a + b + carry;
    l.bit = sum >> 32;
    return l.clamp && l.bit ? 0xffffffff : u32(sum);
}
u64 sub32(Lane& l, u64 a, u64 b, bool borrow) {
    const i64 difference = i64(a) - i64(b) - borrow;
    l.bit = difference < 0;
    return l.clamp && l.bit ? 0 : u32(difference);
}
i64 signed24(u64 x) { return i64(x << 40) >> 40; }
u64 unsigned24(u64 x) { return x & 0xffffff; }
i64 s32(u64 x) { return i32(x); }
i64 s16(u64 x) { return i16(x); }

template <class T> T least_of(T a, T b) { return a < b ? a : b; }
template <class T> T most_of(T a, T b) { return a > b ? a : b; }
template <class T> T middle_of(T a, T b, T c) { return most_of(least_of(a, b), least_of(most_of(a, b), c)); }

u32 byte(u64 x, int i) { return u32(x >> (8 * i) & 0xff); }
u32 apart(u32 a, u32 b) { return a > b ? a - b : b - a; }
u32 sad_bytes(u32 a, u32 b, bool masked) {
    u32 sum = 0;
    for (int i = 0; i < 4; ++i)
        if (!masked || byte(b, i)) sum += apart(byte(a, i), byte(b, i));
    return sum;
}
u64 sad_words(u64 a, u32 b, u64 c, bool masked, bool clamp) {
    u64 r = 0;
    for (int i = 0; i < 4; ++i) {
        u64 sum = (c >> (16 * i) & 0xffff) + sad_bytes(u32(a >> (8 * i)), b, masked);
        if (clamp && sum > 0xffff) sum = 0xffff;
        r |= (sum & 0xffff) << (16 * i);
    }
    return r;
}
u64 accumulated(bool clamp, u64 sum) { return clamp && sum >> 32 ? 0xffffffff : u32(sum); }

u64 permuted(u64 a, u64 b, u64 selector) {
    const u64 bytes = a << 32 | b;
    u64 r = 0;
    for (int i = 0; i < 4; ++i) {
        const u32 choice = byte(selector, i);
        u64 x = 0;
        if (choice >= 13)
            x = 0xff;
        else if (choice >= 8 && choice < 12)
            x = bytes >> (16 * (choice - 8) + 15) & 1 ? 0xff : 0;
        else if (choice < 8)
            x = byte(bytes, int(choice));
        r |= x << (8 * i);
    }
    return r;
}
u64 field(u64 x, u64 offset, u64 length, bool with_sign) {
    offset &= 31, length &= 31;
    if (!length) return 0;
    if (offset + length > 32) length = 32 - offset;
    const u64 part = x >> offset & ((1ull << length) - 1);
    return with_sign && part >> (length - 1) & 1 ? u32(part | ~((1ull << length) - 1)) : part;
}
u64 top_one(u64 x) { return x ? u64(std::countl_zero(u32(x))) : 0xffffffff; }
u64 mask_below(int lane) { return (1ull << lane) - 1; }

#define OP(name, expression)                           \
    {                                                  \
#name, [](Lane & l) { l.d = u64(expression); } \
    }
#define DO(name, ...)                        \
    {                                        \
#name, [](Lane & l) { __VA_ARGS__; } \
    }
#define ORDER(name, op)                                                           \
    {"v_cmp_" #name "_i16", [](Lane& l) { l.bit = s16(l.a) op s16(l.b); }},       \
        {"v_cmp_" #name "_u16", [](Lane& l) { l.bit = u16(l.a) op u16(l.b); }},   \
        {"v_cmp_" #name "_i32", [](Lane& l) { l.bit = s32(l.a) op s32(l.b); }},   \
        {"v_cmp_" #name "_u32", [](Lane& l) { l.bit = u32(l.a) op u32(l.b); }},   \
        {"v_cmp_" #name "_i64", [](Lane& l) { l.bit = i64(l.a) op i64(l.b); }}, { \
        "v_cmp_" #name "_u64", [](Lane& l) { l.bit = l.a op l.b; }                \
    }
#define ALWAYS(name, value)                                                                                           \
    {"v_cmp_" #name "_i16", [](Lane& l) { l.bit = value; }}, {"v_cmp_" #name "_u16", [](Lane& l) { l.bit = value; }}, \
        {"v_cmp_" #name "_i32", [](Lane& l) { l.bit = value; }},                                                      \
        {"v_cmp_" #name "_u32", [](Lane& l) { l.bit = value; }},                                                      \
        {"v_cmp_" #name "_i64", [](Lane& l) { l.bit = value; }}, {                                                    \
        "v_cmp_" #name "_u64", [](Lane& l) { l.bit = value; }                                                         \
    }

const std::map<std::string_view, LaneBody> bodies {
    OP(v_mov_b32, l.a), OP(v_not_b32, u32(~l.a)),
        DO(v_bfrev_b32, u64 r = 0; for (int i = 0; i < 32; ++i) r |= (l.a >> i & 1) << (31 - i); l.d = r),
        OP(v_ffbh_u32, top_one(l.a)), OP(v_ffbl_b32, l.a ? u64(std::countr_zero(u32(l.a))) : 0xffffffff),
        OP(v_ffbh_i32, top_one(s32(l.a) < 0 ? u32(~l.a) : l.a)), OP(v_cndmask_b32, l.bit ? l.b : l.a),

        DO(v_add_u32, l.d = add32(l, l.a, l.b, false)), DO(v_sub_u32, l.d = sub32(l, l.a, l.b, false)),
        DO(v_subrev_u32, l.d = sub32(l, l.b, l.a, false)), DO(v_addc_u32, l.d = add32(l, l.a, l.b, l.bit)),
        DO(v_subb_u32, l.d = sub32(l, l.a, l.b, l.bit)), DO(v_subbrev_u32, l.d = sub32(l, l.b, l.a, l.bit)),
        OP(v_mul_i32_i24, u32(clamped(l.clamp, signed24(l.a) * signed24(l.b), -0x80000000ll, 0x7fffffff))),
        OP(v_mul_hi_i32_i24, u32((signed24(l.a) * signed24(l.b)) >> 32)),
        OP(v_mul_u32_u24, accumulated(l.clamp, unsigned24(l.a) * unsigned24(l.b))),
        OP(v_mul_hi_u32_u24, unsigned24(l.a) * unsigned24(l.b) >> 32), OP(v_min_i32, u32(least_of(s32(l.a), s32(l.b)))),
        OP(v_max_i32, u32(most_of(s32(l.a), s32(l.b)))), OP(v_min_u32, least_of(l.a, l.b)),
        OP(v_max_u32, most_of(l.a, l.b)), OP(v_lshlrev_b32, u32(l.b << (l.a & 31))),
        OP(v_lshrrev_b32, u32(l.b) >> (l.a & 31)), OP(v_ashrrev_i32, u32(i32(l.b) >> (l.a & 31))),
        OP(v_and_b32, l.a & l.b), OP(v_or_b32, l.a | l.b), OP(v_xor_b32, l.a ^ l.b), OP(v_mul_lo_u32, u32(l.a * l.b)),
        OP(v_mul_hi_u32, l.a * l.b >> 32), OP(v_mul_hi_i32, u32((s32(l.a) * s32(l.b)) >> 32)),
        OP(v_mad_i32_i24, u32(clamped(l.clamp, signed24(l.a) * signed24(l.b) + s32(l.c), -0x80000000ll, 0x7fffffff))),
        OP(v_mad_u32_u24, accumulated(l.clamp, unsigned24(l.a) * unsigned24(l.b) + l.c)),
        OP(v_bfe_u32, field(l.a, l.b, l.c, false)), OP(v_bfe_i32, field(l.a, l.b, l.c, true)),
        OP(v_bfi_b32, (l.a & l.b) | (~l.a & l.c)), OP(v_alignbit_b32, u32((l.a << 32 | l.b) >> (l.c & 31))),
        OP(v_alignbyte_b32, u32((l.a << 32 | l.b) >> (8 * (l.c & 3)))), OP(v_perm_b32, permuted(l.a, l.b, l.c)),
        DO(v_lerp_u8, u64 r = 0;
           for (int i = 0; i < 4; ++i) r |= u64((byte(l.a, i) + byte(l.b, i) + (byte(l.c, i) & 1)) >> 1) << (8 * i);
           l.d = r),
        OP(v_sad_u8, accumulated(l.clamp, l.c + sad_bytes(u32(l.a), u32(l.b), false))),
        OP(v_sad_hi_u8, accumulated(l.clamp, l.c + (u64(sad_bytes(u32(l.a), u32(l.b), false)) << 16))),
        OP(v_sad_u16, accumulated(l.clamp, l.c + apart(u16(l.a), u16(l.b)) + apart(u16(l.a >> 16), u16(l.b >> 16)))),
        OP(v_sad_u32, accumulated(l.clamp, l.c + apart(u32(l.a), u32(l.b)))),
        OP(v_msad_u8, accumulated(l.clamp, l.c + sad_bytes(u32(l.a), u32(l.b), true))),
        OP(v_qsad_pk_u16_u8, sad_words(l.a, u32(l.b), l.c, false, l.clamp)),
        OP(v_mqsad_pk_u16_u8, sad_words(l.a, u32(l.b), l.c, true, l.clamp)),
        DO(v_mqsad_u32_u8, u64 r[4]; const u64 c[4] = {u32(l.c), l.c >> 32, u32(l.c_high), l.c_high >> 32};
           for (int i = 0; i < 4; ++i) r[i] =
               accumulated(l.clamp, c[i] + sad_bytes(u32(l.a >> (8 * i)), u32(l.b), true));
           l.d = r[0] | r[1] << 32; l.d_high = r[2] | r[3] << 32),
        OP(v_min3_i32, u32(least_of(least_of(s32(l.a), s32(l.b)), s32(l.c)))),
        OP(v_max3_i32, u32(most_of(most_of(s32(l.a), s32(l.b)), s32(l.c)))),
        OP(v_med3_i32, u32(middle_of(s32(l.a), s32(l.b), s32(l.c)))), OP(v_min3_u32, least_of(least_of(l.a, l.b), l.c)),
        OP(v_max3_u32, most_of(most_of(l.a, l.b), l.c)), OP(v_med3_u32, middle_of(l.a, l.b, l.c)),
        OP(v_bfm_b32, u32(((1ull << (l.a & 31)) - 1) << (l.b & 31))),
        OP(v_bcnt_u32_b32, u32(u32(std::popcount(u32(l.a))) + l.b)),
        OP(v_mbcnt_lo_u32_b32, u32(u32(std::popcount(u32(l.a & mask_below(l.lane)))) + l.b)),
        OP(v_mbcnt_hi_u32_b32, u32(u32(std::popcount(u32(l.a & mask_below(l.lane) >> 32))) + l.b)),
        OP(v_cvt_pk_i16_i32,
           u16(clamped(true, s32(l.a), -32768, 32767)) | u32(u16(clamped(true, s32(l.b), -32768, 32767))) << 16),
        OP(v_cvt_pk_u16_u32, least_of<u64>(l.a, 0xffff) | least_of<u64>(l.b, 0xffff) << 16),

        DO(v_mad_u64_u32, const u128 sum = u128(l.a * l.b) + l.c; l.bit = u64(sum >> 64);
           l.d = l.clamp && l.bit ? ~0ull : u64(sum)),
        // The manual does not say what the bit out of the signed form is; guess: signed overflow.
        DO(v_mad_i64_i32, const i128 sum = i128(s32(l.a) * s32(l.b)) + i64(l.c); l.bit = sum != i64(sum);
           l.d = u64(sum); if (l.clamp && l.bit) l.d = sum < 0 ? 1ull << 63 : ~(1ull << 63)),
        OP(v_lshlrev_b64, l.b << (l.a & 63)), OP(v_lshrrev_b64, l.b >> (l.a & 63)),
        OP(v_ashrrev_i64, i64(l.b) >> (l.a & 63)),

        OP(v_add_u16, u16(clamped(l.clamp, i64(l.a + l.b), 0, 0xffff))),
        OP(v_sub_u16, u16(clamped(l.clamp, i64(l.a) - i64(l.b), 0, 0xffff))),
        OP(v_subrev_u16, u16(clamped(l.clamp, i64(l.b) - i64(l.a), 0, 0xffff))),
        OP(v_mul_lo_u16, u16(clamped(l.clamp, i64(l.a * l.b), 0, 0xffff))), OP(v_lshlrev_b16, u16(l.b << (l.a & 15))),
        OP(v_lshrrev_b16, u16(l.b) >> (l.a & 15)), OP(v_ashrrev_i16, u16(s16(l.b) >> (l.a & 15))),
        OP(v_min_u16, least_of(l.a, l.b)), OP(v_max_u16, most_of(l.a, l.b)),
        OP(v_min_i16, u16(least_of(s16(l.a), s16(l.b)))), OP(v_max_i16, u16(most_of(s16(l.a), s16(l.b)))),
        OP(v_mad_u16, u16(clamped(l.clamp, i64(l.a * l.b + l.c), 0, 0xffff))),
        OP(v_mad_i16, u16(clamped(l.clamp, s16(l.a) * s16(l.b) + s16(l.c), -32768, 32767))),

        ALWAYS(f, false), ORDER(lt, <), ORDER(eq, ==), ORDER(le, <=), ORDER(gt, >), ORDER(ne, !=), ORDER(ge, >=),
        ALWAYS(t, true),
};

}  // namespace

LaneBody integer_body(std::string_view name) {
    const auto it = bodies.find(name);
    return it == bodies.end() ? nullptr : it->second;
}

}  // namespace gcn::scalar
