// Integer instructions of the vector ALU.

#include "tests/cases.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

using namespace gcn::test;

using u16 = uint16_t;
using i16 = int16_t;
using u32 = uint32_t;
using i32 = int32_t;
using u64 = uint64_t;
using i64 = int64_t;

static i32 i24(u32 x) { return i32(x << 8) >> 8; }
static u32 u24(u32 x) { return x & 0xffffff; }
template <class T> static T median(T a, T b, T c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); }

// clang-format off
TEST_CASE("integer instructions of one source") {
    check({
        row("v_mov_b32 D, A",      +[](u32 a) { return a; }),
        row("v_not_b32 D, A",      +[](u32 a) { return ~a; }),
        row("v_bfrev_b32 D, A",
            +[](u32 a) { u32 r = 0; for (int i = 0; i < 32; ++i) r |= (a >> i & 1) << (31 - i); return r; }),
        row("v_ffbh_u32 D, A",     +[](u32 a) { return a ? std::countl_zero(a) : -1; }),
        row("v_ffbl_b32 D, A",     +[](u32 a) { return a ? std::countr_zero(a) : -1; }),
        row("v_ffbh_i32 D, A",
            +[](i32 a) { return a == 0 || a == -1 ? -1 : std::countl_zero(u32(a < 0 ? ~a : a)); }),
    }, pairs(integers32));
}

TEST_CASE("integer instructions of two sources") {
    check({
        row("v_add_u32 D, vcc, A, B",       +[](u32 a, u32 b) { return a + b; }),
        row("v_sub_u32 D, vcc, A, B",       +[](u32 a, u32 b) { return a - b; }),
        row("v_subrev_u32 D, vcc, A, B",    +[](u32 a, u32 b) { return b - a; }),
        row("v_mul_lo_u32 D, A, B",         +[](u32 a, u32 b) { return a * b; }),
        row("v_mul_hi_u32 D, A, B",         +[](u32 a, u32 b) { return u32(u64(a) * b >> 32); }),
        row("v_mul_hi_i32 D, A, B",         +[](i32 a, i32 b) { return i32(i64(a) * b >> 32); }),
        row("v_mul_u32_u24 D, A, B",        +[](u32 a, u32 b) { return u32(u64(u24(a)) * u24(b)); }),
        row("v_mul_hi_u32_u24 D, A, B",     +[](u32 a, u32 b) { return u32(u64(u24(a)) * u24(b) >> 32); }),
        row("v_mul_i32_i24 D, A, B",        +[](u32 a, u32 b) { return u32(i64(i24(a)) * i24(b)); }),
        row("v_mul_hi_i32_i24 D, A, B",     +[](u32 a, u32 b) { return u32(i64(i24(a)) * i24(b) >> 32); }),
        row("v_min_i32 D, A, B",            +[](i32 a, i32 b) { return std::min(a, b); }),
        row("v_max_i32 D, A, B",            +[](i32 a, i32 b) { return std::max(a, b); }),
        row("v_min_u32 D, A, B",            +[](u32 a, u32 b) { return std::min(a, b); }),
        row("v_max_u32 D, A, B",            +[](u32 a, u32 b) { return std::max(a, b); }),
        row("v_and_b32 D, A, B",            +[](u32 a, u32 b) { return a & b; }),
        row("v_or_b32 D, A, B",             +[](u32 a, u32 b) { return a | b; }),
        row("v_xor_b32 D, A, B",            +[](u32 a, u32 b) { return a ^ b; }),
        row("v_lshlrev_b32 D, A, B",        +[](u32 a, u32 b) { return b << (a & 31); }),
        row("v_lshrrev_b32 D, A, B",        +[](u32 a, u32 b) { return b >> (a & 31); }),
        row("v_ashrrev_i32 D, A, B",        +[](u32 a, i32 b) { return b >> (a & 31); }),
        row("v_bfm_b32 D, A, B",            +[](u32 a, u32 b) { return ((1u << (a & 31)) - 1) << (b & 31); }),
        row("v_bcnt_u32_b32 D, A, B",       +[](u32 a, u32 b) { return std::popcount(a) + b; }),
    }, pairs(integers32));
}

TEST_CASE("integer instructions of three sources") {
    check({
        row("v_mad_u32_u24 D, A, B, C",     +[](u32 a, u32 b, u32 c) { return u32(u64(u24(a)) * u24(b)) + c; }),
        row("v_mad_i32_i24 D, A, B, C",     +[](u32 a, u32 b, u32 c) { return u32(i64(i24(a)) * i24(b)) + c; }),
        row("v_bfe_u32 D, A, B, C",
            +[](u32 a, u32 b, u32 c) { return a >> (b & 31) & ((1u << (c & 31)) - 1); }),
        row("v_bfe_i32 D, A, B, C",         +[](i32 a, u32 b, u32 c) {
            const u32 offset = b & 31, width = c & 31;
            if (!width) return 0;
            const i64 field = i64(a) >> offset & ((1ll << width) - 1);      // beyond bit 31: copies of the sign
            return i32(field << (64 - width) >> (64 - width));
        }),
        row("v_bfi_b32 D, A, B, C",         +[](u32 a, u32 b, u32 c) { return (a & b) | (~a & c); }),
        row("v_alignbit_b32 D, A, B, C",    +[](u32 a, u32 b, u32 c) { return u32((u64(a) << 32 | b) >> (c & 31)); }),
        row("v_alignbyte_b32 D, A, B, C",
            +[](u32 a, u32 b, u32 c) { return u32((u64(a) << 32 | b) >> 8 * (c & 3)); }),
        row("v_sad_u32 D, A, B, C",         +[](u32 a, u32 b, u32 c) { return (a > b ? a - b : b - a) + c; }),
        row("v_min3_i32 D, A, B, C",        +[](i32 a, i32 b, i32 c) { return std::min({a, b, c}); }),
        row("v_max3_i32 D, A, B, C",        +[](i32 a, i32 b, i32 c) { return std::max({a, b, c}); }),
        row("v_med3_i32 D, A, B, C",        +[](i32 a, i32 b, i32 c) { return median(a, b, c); }),
        row("v_min3_u32 D, A, B, C",        +[](u32 a, u32 b, u32 c) { return std::min({a, b, c}); }),
        row("v_max3_u32 D, A, B, C",        +[](u32 a, u32 b, u32 c) { return std::max({a, b, c}); }),
        row("v_med3_u32 D, A, B, C",        +[](u32 a, u32 b, u32 c) { return median(a, b, c); }),
    }, pairs(integers32));
}

TEST_CASE("16-bit integers leave the high half of the destination 0") {
    check({
        row("v_add_u16 D, A, B",            +[](u16 a, u16 b) { return u16(a + b); }),
        row("v_sub_u16 D, A, B",            +[](u16 a, u16 b) { return u16(a - b); }),
        row("v_subrev_u16 D, A, B",         +[](u16 a, u16 b) { return u16(b - a); }),
        row("v_mul_lo_u16 D, A, B",         +[](u16 a, u16 b) { return u16(u32(a) * b); }),
        row("v_lshlrev_b16 D, A, B",        +[](u16 a, u16 b) { return u16(b << (a & 15)); }),
        row("v_lshrrev_b16 D, A, B",        +[](u16 a, u16 b) { return u16(b >> (a & 15)); }),
        row("v_ashrrev_i16 D, A, B",        +[](u16 a, i16 b) { return u16(b >> (a & 15)); }),
        row("v_min_u16 D, A, B",            +[](u16 a, u16 b) { return std::min(a, b); }),
        row("v_max_u16 D, A, B",            +[](u16 a, u16 b) { return std::max(a, b); }),
        row("v_min_i16 D, A, B",            +[](i16 a, i16 b) { return u16(std::min(a, b)); }),
        row("v_max_i16 D, A, B",            +[](i16 a, i16 b) { return u16(std::max(a, b)); }),
        row("v_mad_u16 D, A, B, C",         +[](u16 a, u16 b, u16 c) { return u16(u32(a) * b + c); }),
        row("v_mad_i16 D, A, B, C",         +[](i16 a, i16 b, i16 c) { return u16(i32(a) * b + c); }),
    }, pairs(integers32));
}

TEST_CASE("64-bit shifts take six bits of the shift amount") {
    check({
        row("v_lshlrev_b64 DD, A, BB",      +[](u32 a, u64 b) { return b << (a & 63); }),
        row("v_lshrrev_b64 DD, A, BB",      +[](u32 a, u64 b) { return b >> (a & 63); }),
        row("v_ashrrev_i64 DD, A, BB",      +[](u32 a, i64 b) { return b >> (a & 63); }),
    }, pairs(integers64));
}

TEST_CASE("v_mad_u64_u32 and v_mad_i64_i32 add a 64-bit number to a full product") {
    check({
        row("v_mad_u64_u32 DD, vcc, A, B, CC", +[](u32 a, u32 b, u64 c) { return u64(a) * b + c; }),
        row("v_mad_i64_i32 DD, vcc, A, B, CC", +[](i32 a, i32 b, u64 c) { return u64(i64(a) * b) + c; }),
    }, pairs(integers64));
}
// clang-format on

TEST_CASE("v_perm_b32 picks bytes of both sources, signs and constants") {
    State w;
    w.v[1] = all(0x8877f655), w.v[2] = all(0x44b32211);  // bytes 7..4, bytes 3..0
    w.v[3] = repeat(std::array<uint32_t, 4>{0x03020100, 0x07060504, 0x0b0a0908, 0xff0d0c04});
    const State after = run(w, "v_perm_b32 v4, v1, v2, v3");
    CHECK(after.v[4][0] == 0x44b32211);
    CHECK(after.v[4][1] == 0x8877f655);
    CHECK(after.v[4][2] == 0xffff0000);  // the signs of bytes 7, 5, 3 and 1
    CHECK(after.v[4][3] == 0xffff0055);
}

TEST_CASE("v_add_u32 carries into the lane's bit of VCC, and clears the bits of inactive lanes") {
    State w;
    w.v[1] = repeat(std::array<uint32_t, 2>{0xffffffff, 0x7fffffff}), w.v[2] = all(1);
    w.v[3] = all(77);
    w.vcc = ~0ull, w.exec = 0x00000000ffffffff;
    const State after = run(w, "v_add_u32 v3, vcc, v1, v2");
    CHECK(after.vcc == 0x55555555);
    CHECK(after.v[3][0] == 0);
    CHECK(after.v[3][1] == 0x80000000);
    CHECK(after.v[3][32] == 77);
    CHECK(after.exec == w.exec);
}

TEST_CASE("the VOP3 forms carry in and out of any pair of scalar registers") {
    State w;
    w.v[1] = all(0xffffffff), w.v[2] = all(0);
    w.vcc = 0x1234;
    w.set_s64(4, 0x00000000ffffffff);
    const State after = run(w, "v_addc_u32_e64 v3, s[6:7], v1, v2, s[4:5]");
    CHECK(after.v[3][0] == 0);
    CHECK(after.v[3][63] == 0xffffffff);
    CHECK(after.s64(6) == 0x00000000ffffffff);
    CHECK(after.vcc == 0x1234);
}

TEST_CASE("v_addc_u32, v_subb_u32 and v_subbrev_u32 take and give VCC") {
    State w;
    w.v[1] = repeat(std::array<uint32_t, 4>{0, 5, 0xffffffff, 7});
    w.v[2] = repeat(std::array<uint32_t, 4>{0, 5, 0xffffffff, 9});
    w.vcc = 0x00000000ffffffff;  // carry in for the lower half
    const State add = run(w, "v_addc_u32 v3, vcc, v1, v2, vcc");
    const State sub = run(w, "v_subb_u32 v3, vcc, v1, v2, vcc");
    const State rev = run(w, "v_subbrev_u32 v3, vcc, v1, v2, vcc");
    for (int lane = 0; lane < 64; ++lane) {
        const uint64_t a = w.v[1][lane], b = w.v[2][lane], in = w.vcc >> lane & 1;
        INFO("lane " << lane);
        CHECK(add.v[3][lane] == uint32_t(a + b + in));
        CHECK((add.vcc >> lane & 1) == (a + b + in) >> 32);
        CHECK(sub.v[3][lane] == uint32_t(a - b - in));
        CHECK((sub.vcc >> lane & 1) == (b + in > a));
        CHECK(rev.v[3][lane] == uint32_t(b - a - in));
        CHECK((rev.vcc >> lane & 1) == (a + in > b));
    }
}

TEST_CASE("v_sub_u32 and v_subrev_u32 borrow when the subtrahend is larger") {
    State w;
    w.v[1] = repeat(std::array<uint32_t, 2>{3, 4}), w.v[2] = repeat(std::array<uint32_t, 2>{4, 4});
    CHECK(run(w, "v_sub_u32 v3, vcc, v1, v2").vcc == 0x5555555555555555);
    CHECK(run(w, "v_subrev_u32 v3, vcc, v1, v2").vcc == 0);
}

TEST_CASE("v_mad_u64_u32 carries out of 64 bits") {
    State w;
    w.v[1] = all(0xffffffff), w.v[2] = all(0xffffffff);
    for (int lane = 0; lane < 64; ++lane) w.set_v64(4, lane, lane % 2 ? 0x1ffffffff : 0x1fffffffe);
    const State after = run(w, "v_mad_u64_u32 v[6:7], s[2:3], v1, v2, v[4:5]");
    CHECK(after.v64(6, 0) == ~0ull);
    CHECK(after.v64(6, 1) == 0);
    CHECK(after.s64(2) == 0xaaaaaaaaaaaaaaaa);
}

TEST_CASE("constants: integers, literals, and integers sign-extended to 64 bits") {
    State w;
    w.v[1] = lane_numbers();
    w.s[5] = 1000;
    const State after = run(w, R"(
        v_add_u32 v2, vcc, 64, v1
        v_add_u32 v3, vcc, -16, v1
        v_add_u32 v4, vcc, 0x12345678, v1
        v_add_u32 v5, vcc, s5, v1
        v_lshlrev_b64 v[6:7], 4, -1
        v_mov_b32 v8, 0.5
        v_and_b32_e64 v9, s5, s5
        v_mad_u64_u32 v[10:11], vcc, v1, 2, -3
    )");
    CHECK(after.v[2][9] == 73);
    CHECK(after.v[3][9] == uint32_t(-7));
    CHECK(after.v[4][9] == 0x12345681);
    CHECK(after.v[5][9] == 1009);
    CHECK(after.v64(6, 9) == 0xfffffffffffffff0);
    CHECK(after.v[8][9] == 0x3f000000);
    CHECK(after.v[9][9] == 1000);
    CHECK(after.v64(10, 9) == 15);
}

TEST_CASE("lanes outside EXEC keep their old value") {
    State w;
    w.v[1] = lane_numbers(), w.v[2] = all(5), w.v[3] = all(77), w.set_v64(4, 9, 0x1122334455667788);
    w.exec = 0xf0;
    const State after = run(w, "v_mul_lo_u32 v3, v1, v2\nv_lshlrev_b64 v[4:5], 8, v[4:5]");
    for (uint32_t lane = 0; lane < 64; ++lane) CHECK(after.v[3][lane] == (w.exec >> lane & 1 ? 5 * lane : 77));
    CHECK(after.v64(4, 9) == 0x1122334455667788);
}

TEST_CASE("nothing happens where EXEC is 0") {
    State w;
    w.v[1] = all(1), w.v[3] = all(77), w.vcc = ~0ull, w.exec = 0;
    const State after = run(w, "v_add_u32 v3, vcc, v1, v1");
    CHECK(after.v[3] == w.v[3]);
    CHECK(after.vcc == 0);  // every lane is inactive, and gives 0
}

TEST_CASE("a destination may be one of the sources") {
    State w;
    for (int lane = 0; lane < 64; ++lane) w.set_v64(1, lane, 0x0000000180000000), w.v[4][lane] = 3;
    const State after = run(w, R"(
        v_mov_b32 v8, v1
        v_mov_b32 v9, v2
        v_lshlrev_b64 v[2:3], 1, v[1:2]      // overlaps its source by one register
        v_lshlrev_b64 v[7:8], 1, v[8:9]
        v_mad_u64_u32 v[4:5], vcc, v4, v4, 1
    )");
    CHECK(after.v64(2, 0) == 0x0000000300000000);
    CHECK(after.v64(7, 0) == 0x0000000300000000);
    CHECK(after.v64(4, 0) == 10);
}

// What is left of `x` when it has to lie in `least`..`most`.
template <class Wide> static i64 within(Wide x, i64 least, i64 most) {
    return i64(x < Wide(least) ? Wide(least) : x > Wide(most) ? Wide(most) : x);
}
static u32 unsigned32(i64 x) { return u32(within(x, 0, 0xffffffff)); }
static i32 signed32(i64 x) { return i32(within(x, -0x80000000ll, 0x7fffffff)); }
static u32 unsigned16(i64 x) { return u32(within(x, 0, 0xffff)); }
static u32 bytes_apart(u32 a, u32 b, bool all = true) {
    u32 sum = 0;
    for (int i = 0; i < 32; i += 8)
        if (all || (b >> i & 0xff)) sum += u32(std::abs(int(a >> i & 0xff) - int(b >> i & 0xff)));
    return sum;
}
static u32 words_apart(u32 a, u32 b) {
    return u32(std::abs(int(a & 0xffff) - int(b & 0xffff)) + std::abs(int(a >> 16) - int(b >> 16)));
}

TEST_CASE("with clamp integers stay at the end of their range that they would leave") {
    check(
        {
            row(
                "v_add_u32 D, vcc, A, B clamp", +[](u32 a, u32 b) { return unsigned32(i64(a) + b); }),
            row(
                "v_sub_u32 D, vcc, A, B clamp", +[](u32 a, u32 b) { return unsigned32(i64(a) - b); }),
            row(
                "v_subrev_u32 D, vcc, A, B clamp", +[](u32 a, u32 b) { return unsigned32(i64(b) - a); }),
            row(
                "v_mul_i32_i24_e64 D, A, B clamp", +[](u32 a, u32 b) { return signed32(i64(i24(a)) * i24(b)); }),
            row(
                "v_mul_u32_u24_e64 D, A, B clamp", +[](u32 a, u32 b) { return unsigned32(i64(u24(a)) * u24(b)); }),
            row(
                "v_mad_i32_i24 D, A, B, C clamp",
                +[](u32 a, u32 b, i32 c) { return signed32(i64(i24(a)) * i24(b) + c); }),
            row(
                "v_mad_u32_u24 D, A, B, C clamp",
                +[](u32 a, u32 b, u32 c) { return unsigned32(i64(u24(a)) * u24(b) + c); }),
            row(
                "v_add_u16_e64 D, A, B clamp", +[](u16 a, u16 b) { return unsigned16(i64(a) + b); }),
            row(
                "v_sub_u16_e64 D, A, B clamp", +[](u16 a, u16 b) { return unsigned16(i64(a) - b); }),
            row(
                "v_subrev_u16_e64 D, A, B clamp", +[](u16 a, u16 b) { return unsigned16(i64(b) - a); }),
            row(
                "v_mad_u16 D, A, B, C clamp", +[](u16 a, u16 b, u16 c) { return unsigned16(i64(a) * b + c); }),
            row(
                "v_mad_i16 D, A, B, C clamp",
                +[](i16 a, i16 b, i16 c) { return u32(within(i64(a) * b + c, -32768, 32767)) & 0xffff; }),
            row(
                "v_sad_u8 D, A, B, C clamp",
                +[](u32 a, u32 b, u32 c) { return unsigned32(i64(c) + bytes_apart(a, b)); }),
            row(
                "v_sad_hi_u8 D, A, B, C clamp",
                +[](u32 a, u32 b, u32 c) { return unsigned32(i64(c) + (i64(bytes_apart(a, b)) << 16)); }),
            row(
                "v_sad_u16 D, A, B, C clamp",
                +[](u32 a, u32 b, u32 c) { return unsigned32(i64(c) + words_apart(a, b)); }),
            row(
                "v_sad_u32 D, A, B, C clamp",
                +[](u32 a, u32 b, u32 c) { return unsigned32(i64(c) + (a > b ? a - b : b - a)); }),
            row(
                "v_msad_u8 D, A, B, C clamp",
                +[](u32 a, u32 b, u32 c) { return unsigned32(i64(c) + bytes_apart(a, b, false)); }),
        },
        pairs(integers32));
    check(
        {
            row(
                "v_mad_u64_u32 DD, vcc, A, B, CC clamp",
                +[](u32 a, u32 b, u64 c) {
                    u64 d;
                    return __builtin_add_overflow(u64(a) * b, c, &d) ? ~u64(0) : d;
                }),
            row(
                "v_mad_i64_i32 DD, vcc, A, B, CC clamp",
                +[](i32 a, i32 b, i64 c) {
                    i64 d;
                    return __builtin_add_overflow(i64(a) * b, c, &d) ? c < 0 ? INT64_MIN : INT64_MAX : d;
                }),
        },
        pairs(integers64));
}

TEST_CASE("carries with clamp are those without, and count in the sum") {
    State w;
    w.v[2] = repeat(std::array<u32, 2>{0xffffffff, 5}), w.v[3] = repeat(std::array<u32, 4>{0, 0, 9, 9});
    w.vcc = ~0ull;
    const State after = run(w, R"(
        v_addc_u32 v4, vcc, v2, v3, vcc clamp
        s_mov_b64 s[4:5], vcc
        s_mov_b64 vcc, -1
        v_subb_u32 v5, vcc, v3, v2, vcc clamp
        s_mov_b64 vcc, 0
        v_subbrev_u32 v6, vcc, v2, v3, vcc clamp
    )");
    CHECK(after.v[4][0] == 0xffffffff);
    CHECK(after.v[4][1] == 6);
    CHECK(after.v[4][2] == 0xffffffff);
    CHECK((after.s[4] & 15) == 0b0101);
    CHECK(after.v[5][0] == 0);
    CHECK(after.v[5][3] == 3);
    CHECK(after.v[6][1] == 0);
    CHECK(after.v[6][3] == 4);
}

TEST_CASE("SDWA clamps integers too") {
    State w;
    w.v[2] = all(0x00ff8001), w.v[3] = all(0x0002ffff);
    const State after = run(w, R"(
        v_add_u16_sdwa v4, v2, v3 clamp dst_sel:WORD_1 dst_unused:UNUSED_PAD src0_sel:WORD_0 src1_sel:WORD_0
        v_add_u16_sdwa v5, v2, v3 dst_sel:WORD_1 dst_unused:UNUSED_PAD src0_sel:WORD_0 src1_sel:WORD_0
    )");
    CHECK(after.v[4] == all(0xffff0000));
    CHECK(after.v[5] == all(0x80000000));
}

TEST_CASE("sums of absolute differences, means of bytes") {
    check(
        {
            row(
                "v_sad_hi_u8 D, A, B, C", +[](u32 a, u32 b, u32 c) { return c + (bytes_apart(a, b) << 16); }),
            row(
                "v_sad_u16 D, A, B, C", +[](u32 a, u32 b, u32 c) { return c + words_apart(a, b); }),
            row(
                "v_msad_u8 D, A, B, C", +[](u32 a, u32 b, u32 c) { return c + bytes_apart(a, b, false); }),
            row(
                "v_lerp_u8 D, A, B, C",
                +[](u32 a, u32 b, u32 c) {
                    u32 r = 0;
                    for (int i = 0; i < 32; i += 8) r |= ((a >> i & 0xff) + (b >> i & 0xff) + (c >> i & 1)) / 2 << i;
                    return r;
                }),
        },
        pairs(integers32));
}

TEST_CASE("quad sums move along eight bytes by one; each is added to its part of the third source") {
    State w;
    const u64 bytes = 0x8070605040302010, sums = 0xffff'0003'0002'0001;
    const u32 reference = 0x00405060;
    for (int lane = 0; lane < 64; ++lane) w.set_v64(2, lane, bytes), w.set_v64(6, lane, sums);
    w.v[4] = all(reference);
    for (u32 k = 0; k < 4; ++k) w.v[8 + k] = all(k == 3 ? 0xfffffff0 : k);
    const State after = run(w, R"(
        v_qsad_pk_u16_u8 v[12:13], v[2:3], v4, v[6:7]
        v_mqsad_pk_u16_u8 v[14:15], v[2:3], v4, v[6:7]
        v_qsad_pk_u16_u8 v[16:17], v[2:3], v4, v[6:7] clamp
        v_mqsad_u32_u8 v[20:23], v[2:3], v4, v[8:11]
        v_mqsad_u32_u8 v[24:27], v[2:3], v4, v[8:11] clamp
    )");
    for (int i = 0; i < 4; ++i) {
        const u32 part = u32(bytes >> 8 * i), sum = u32(sums >> 16 * i & 0xffff);
        const u32 apart = bytes_apart(part, reference), masked = bytes_apart(part, reference, false);
        CHECK((after.v64(12, 5) >> 16 * i & 0xffff) == ((sum + apart) & 0xffff));
        CHECK((after.v64(14, 5) >> 16 * i & 0xffff) == ((sum + masked) & 0xffff));
        CHECK((after.v64(16, 5) >> 16 * i & 0xffff) == std::min(sum + apart, 0xffffu));
        CHECK(after.v[20 + i][5] == w.v[8 + i][5] + masked);
        CHECK(after.v[24 + i][5] == unsigned32(i64(w.v[8 + i][5]) + masked));
    }
}

TEST_CASE("packed conversions saturate; normalized ones round to the nearest") {
    check(
        {
            row(
                "v_cvt_pk_u16_u32 D, A, B",
                +[](u32 a, u32 b) { return std::min(a, 0xffffu) | std::min(b, 0xffffu) << 16; }),
            row(
                "v_cvt_pk_i16_i32 D, A, B",
                +[](i32 a, i32 b) {
                    return (u32(within(i64(a), -32768, 32767)) & 0xffff) | u32(within(i64(b), -32768, 32767)) << 16;
                }),
            row(
                "v_cvt_off_f32_i4 D, A", +[](u32 a) { return float(i32(a << 28) >> 28) / 16; }),
        },
        pairs(integers32));
    struct Case {
        float x;
        u32 i16, u16, u8;
    };
    const Case cases[] = {{0, 0, 0, 0},
                          {1, 32767, 65535, 1},
                          {-1, 0x8001, 0, 0},
                          {0.5f, 0x4000, 0x8000, 0},
                          {2, 32767, 65535, 2},
                          {-2, 0x8001, 0, 0},
                          {NAN, 0, 0, 0},
                          {1e30f, 32767, 65535, 255},
                          {254.5f, 32767, 65535, 254},
                          {255.5f, 32767, 65535, 255},
                          {-1e30f, 0x8001, 0, 0}};
    State w;
    for (int i = 0; i < int(std::size(cases)); ++i) w.v[2][i] = bits(cases[i].x);
    w.v[3] = all(2), w.v[4] = all(0x11223344), w.v[8] = all(0x55667788);
    const State after = run(w, R"(
        v_cvt_pknorm_i16_f32 v5, v2, 1.0
        v_cvt_pknorm_u16_f32 v6, 0, v2
        v_cvt_pk_u8_f32 v7, v2, v3, v4
        v_cvt_pkaccum_u8_f32 v8, v2, v3
    )");
    for (int i = 0; i < int(std::size(cases)); ++i) {
        INFO(cases[i].x);
        CHECK(after.v[5][i] == (cases[i].i16 | 32767u << 16));
        CHECK(after.v[6][i] == cases[i].u16 << 16);
        CHECK(after.v[7][i] == (0x11003344 | cases[i].u8 << 16));
        CHECK(after.v[8][i] == (0x55007788 | cases[i].u8 << 16));
    }
}
