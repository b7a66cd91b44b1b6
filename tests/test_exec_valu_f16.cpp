// Half-precision instructions of the vector ALU: one value in the low half of a register.

#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "tests/run.hpp"

using namespace gcn::test;

// What `body` leaves in the first lanes of v4, of pairs (v1, v2) and of v3.
struct Case {
    uint32_t a, b, c, expected;
};
static void check_halves(const std::string& body, std::initializer_list<Case> cases) {
    State w;
    int lane = 0;
    for (const Case& x : cases) w.v[1][lane] = x.a, w.v[2][lane] = x.b, w.v[3][lane] = x.c, ++lane;
    const State after = run(w, body);
    lane = 0;
    for (const Case& x : cases) {
        INFO(body << " of " << std::hex << x.a << ' ' << x.b << ' ' << x.c << " gives " << after.v[4][lane]);
        const bool any_nan = (x.expected & 0x7fff) > 0x7c00;
        if (any_nan)
            CHECK((after.v[4][lane] & 0x7fff) > 0x7c00);
        else
            CHECK(after.v[4][lane] == x.expected);
        ++lane;
    }
}

static constexpr uint32_t one = 0x3c00, two = 0x4000, half = 0x3800, largest = 0x7bff, infinity = 0x7c00,
                          quiet_nan = 0x7e00, minus = 0x8000;

TEST_CASE("f16 addition and multiplication round to the nearest even, keep denormals, and ignore high halves") {
    check_halves("v_add_f16 v4, v1, v2", {{one, one, 0, two},
                                          {one, 0x1000, 0, one},           // 1 + 2^-11: to even
                                          {one | 1, 0x1000, 0, one + 2},   // to even, upwards
                                          {largest, 0x4c00, 0, infinity},  // 65504 + 16
                                          {0x0001, 0x0001, 0, 0x0002},     // denormals
                                          {0xffff0000 | one, 0xaaaa0000 | one, 0, two},
                                          {infinity, infinity | minus, 0, quiet_nan},
                                          {one, one | minus, 0, 0}});
    check_halves("v_sub_f16 v4, v1, v2", {{one, two, 0, one | minus}});
    check_halves("v_subrev_f16 v4, v1, v2", {{one, two, 0, one}});
    check_halves("v_mul_f16 v4, v1, v2", {{two, half, 0, one},
                                          {0x0400, half, 0, 0x0200},
                                          {0x0001, half, 0, 0},  // half of the smallest: to even
                                          {0x0003, half, 0, 0x0002},
                                          {largest, two, 0, infinity},
                                          {0, infinity, 0, quiet_nan}});
}

TEST_CASE("v_mac_f16 and v_mad_f16 round the product before the sum, v_fma_f16 does not") {
    // (1 + 2^-10)^2 = 1 + 2^-9 + 2^-20
    const uint32_t x = one + 1, sum = (one + 2) | minus;
    check_halves("v_mad_f16 v4, v1, v2, v3", {{x, x, sum, 0}, {two, two, one, 0x4500}});
    check_halves("v_fma_f16 v4, v1, v2, v3", {{x, x, sum, 0x0010}, {two, two, one, 0x4500}});
    check_halves("v_mov_b32 v4, v3\n v_mac_f16 v4, v1, v2", {{x, x, sum, 0}, {two, two, one, 0x4500}});
    check_halves("v_madak_f16 v4, v1, v2, 0x3c00", {{two, two, 0, 0x4500}});
    check_halves("v_madmk_f16 v4, v1, 0x4000, v2", {{two, one, 0, 0x4500}});
}

TEST_CASE("f16 results of SDWA: a NaN among the lanes leaves the rest of every register as it was") {
    State w;
    for (int lane = 0; lane < 64; ++lane) {
        w.v[1][lane] = (lane == 21 ? infinity : one) << 16 | 0x1234;
        w.v[2][lane] = lane == 21 ? infinity | minus : two;
        w.v[4][lane] = 0xfe0145ff;  // either half a NaN, as bits are
    }
    const auto placed = [&](const std::string& to, uint32_t other, uint32_t at_21) {
        const State after = run(w, "v_add_f16_sdwa v4, v1, v2 " + to + " src0_sel:WORD_1 src1_sel:WORD_0");
        INFO(to);
        CHECK(after.v[4][21] == at_21);
        CHECK(after.v[4][20] == other);
        CHECK(after.v[4][63] == other);
    };
    placed("dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE", 0x420045ff, 0x7e0045ff);
    placed("dst_sel:WORD_0 dst_unused:UNUSED_PRESERVE", 0xfe014200, 0xfe017e00);
    placed("dst_sel:WORD_1 dst_unused:UNUSED_PAD", 0x42000000, 0x7e000000);
    placed("dst_sel:WORD_0 dst_unused:UNUSED_SEXT", 0x00004200, 0x00007e00);
    placed("dst_sel:BYTE_1 dst_unused:UNUSED_PRESERVE", 0xfe0100ff, 0xfe0100ff);
    placed("dst_sel:DWORD dst_unused:UNUSED_PRESERVE", 0x00004200, 0x00007e00);
}

TEST_CASE("f16 modifiers and half-precision constants") {
    check_halves("v_add_f16_e64 v4, -v1, |v2|", {{one, two | minus, 0, one}});
    check_halves("v_add_f16_e64 v4, v1, v2 clamp",
                 {{one, one, 0, one}, {one | minus, 0, 0, 0}, {quiet_nan, one, 0, 0}});
    check_halves("v_add_f16 v4, 1.0, v1", {{one, 0, 0, two}});
    check_halves("v_mul_f16 v4, -4.0, v1", {{half, 0, 0, two | minus}});
    check_halves("v_add_f16 v4, 0x3e00, v1", {{half, 0, 0, two}});  // 1.5
}

TEST_CASE("f16 output modifiers scale the result where MODE flushes denormals: what is too small becomes +0") {
    const std::string flushing = "s_setreg_imm32_b32 hwreg(1, 6, 4), 0\n";  // denormals of f16, DX10_CLAMP, IEEE
    check_halves(flushing + "v_add_f16_e64 v4, v1, v2 mul:2", {{one, one, 0, 0x4400}, {minus, minus, 0, 0}});
    check_halves(flushing + "v_add_f16_e64 v4, v1, v2 div:2",
                 {{one, one, 0, one}, {0x0401, 0, 0, 0}, {0x0401 | minus, 0, 0, 0}});
    check_halves(flushing + "v_max_f16_e64 v4, v1, v2 mul:4", {{0x03ff, 0, 0, 0}, {minus, minus, 0, 0}});
    // Denormals are taken, and not given: what follows the maximum sees one.
    const std::string taking = "s_setreg_imm32_b32 hwreg(1, 6, 4), 1\n";
    check_halves(taking + "v_max_f16_e64 v4, v1, v2 mul:4", {{0x03ff, 0, 0, 0x0bfe}, {0x0001, 0, 0, 0}});
    check_halves(taking + "v_cvt_pkrtz_f16_f32 v4, v1, v2 div:2",
                 {{0x40000000, 0xc0800000, 0, 0xc0003c00}, {0x38802000, 0xb8802000, 0, 0}});
    check_halves("v_add_f16_e64 v4, v1, v2 mul:2", {{one, one, 0, two}});  // IEEE mode, denormals kept
}

TEST_CASE("f16 minimum, maximum, rounding, mantissa and exponent") {
    check_halves("v_min_f16 v4, v1, v2",
                 {{one, two, 0, one}, {one | minus, one, 0, one | minus}, {quiet_nan, one, 0, one}});
    check_halves("v_max_f16 v4, v1, v2", {{one, two, 0, two}, {one | minus, one, 0, one}, {one, quiet_nan, 0, one}});
    check_halves("v_floor_f16 v4, v1", {{0x3e00, 0, 0, one}, {0xbe00, 0, 0, two | minus}, {minus, 0, 0, minus}});
    check_halves("v_ceil_f16 v4, v1", {{0x3e00, 0, 0, two}, {0xbe00, 0, 0, one | minus}});
    check_halves("v_trunc_f16 v4, v1", {{0x3e00, 0, 0, one}, {0xbe00, 0, 0, one | minus}});
    check_halves("v_rndne_f16 v4, v1", {{0x3e00, 0, 0, two}, {0x4100, 0, 0, two}, {half, 0, 0, 0}});
    check_halves("v_fract_f16 v4, v1", {{0x3e00, 0, 0, half}, {0xbe00, 0, 0, half}});
    check_halves("v_frexp_mant_f16 v4, v1", {{one, 0, 0, half}, {0x4600, 0, 0, 0x3a00}});
    check_halves("v_frexp_exp_i16_f16 v4, v1", {{one, 0, 0, 1}, {0x4600, 0, 0, 3}, {infinity, 0, 0, 0}});
    check_halves("v_ldexp_f16 v4, v1, v2", {{one, 1, 0, two}, {one, 0xffff, 0, half}, {one, 100, 0, infinity}});
}

TEST_CASE("conversions between f16 and f32") {
    check_halves("v_cvt_f16_f32 v4, v1", {{bits(1.0f), 0, 0, one},
                                          {bits(65504.0f), 0, 0, largest},
                                          {bits(65520.0f), 0, 0, infinity},
                                          {bits(65519.0f), 0, 0, largest},
                                          {bits(0x1p-24f), 0, 0, 1},
                                          {bits(0x1p-25f), 0, 0, 0},
                                          {bits(0x1.8p-25f), 0, 0, 1},
                                          {bits(1.00048828125f), 0, 0, one},
                                          {0xff800000, 0, 0, infinity | minus},
                                          {0x7fc00000, 0, 0, quiet_nan}});
    State w;
    w.v[1] = repeat(std::array<uint32_t, 8>{one, 0x0001, 0x8400, infinity, half, minus, largest, 0xffff0000 | two});
    const State after = run(w, "v_cvt_f32_f16 v4, v1");
    const std::array<float, 8> expected{1, 0x1p-24f, -0x1p-14f, INFINITY, 0.5f, -0.0f, 65504, 2};
    for (int i = 0; i < 8; ++i) CHECK(after.v[4][i] == bits(expected[i]));
}

TEST_CASE("f16 minimum, maximum, class, mantissa and division fixup take denormals as they are where MODE flushes") {
    State w;
    w.float_mode = 0;
    w.v[1] = all(0x03ff), w.v[2] = all(0x0001), w.v[3] = all(one), w.v[4] = all(0x80);  // + denormal
    const State after = run(w, R"(
        v_max_f16 v5, v1, v2
        v_min_f16 v6, v1, v2
        v_frexp_mant_f16 v7, v2
        v_frexp_exp_i16_f16 v8, v2
        v_div_fixup_f16 v9, v3, v2, v3
        v_cmp_class_f16 vcc, v2, v4
        v_add_f16 v10, v1, v2
    )");
    CHECK(after.v[5] == all(0x03ff));
    CHECK(after.v[6] == all(0x0001));
    CHECK(after.v[7] == all(half));
    CHECK(after.v[8] == all(uint16_t(-23)));
    CHECK(after.v[9] == all(one));
    CHECK(after.vcc == ~0ull);
    CHECK(after.v[10] == all(0));
}

TEST_CASE("v_cvt_pkrtz_f16_f32 keeps denormals where MODE does; v_cvt_f16_f32 takes f32 denormals as MODE has them") {
    for (const uint32_t mode : {0x00u, 0x80u, 0xb4u, 0xa4u, 0x94u}) {
        INFO(mode);
        State w;
        w.float_mode = mode;
        w.v[1] = all(bits(0x1p-24f)), w.v[2] = all(1);
        const State after = run(w, "v_cvt_pkrtz_f16_f32 v4, v1, v1\n v_cvt_f16_f32 v5, v2");
        const bool keeps = mode & 0x80, up = (mode >> 2 & 3) == 1, takes = mode & 0x10;
        CHECK(after.v[4] == all(keeps ? 0x00010001 : 0));
        CHECK(after.v[5] == all(keeps && up && takes ? 1 : 0));
    }
}

TEST_CASE("v_mac_f16 keeps a denormal sum's terms where MODE flushes results only") {
    State w;
    w.float_mode = 0x40;
    w.v[1] = all(one), w.v[2] = all(0x83ff), w.v[3] = all(0x03ff), w.v[4] = all(0x0400);
    const State after = run(w, "v_mac_f16 v3, v1, v2\n v_mac_f16 v4, v1, v4");
    CHECK(after.v[3] == all(0));
    CHECK(after.v[4] == all(0x0800));
}

TEST_CASE("v_cvt_pkrtz_f16_f32 packs two numbers, rounded towards zero") {
    check_halves("v_cvt_pkrtz_f16_f32 v4, v1, v2", {{bits(1.0f), bits(2.0f), 0, two << 16 | one},
                                                    {bits(1.00097f), bits(-1.00097f), 0, (one | minus) << 16 | one},
                                                    {bits(70000.0f), bits(0.0f), 0, largest}});
}

TEST_CASE("conversions between f16 and 16-bit integers saturate") {
    check_halves("v_cvt_f16_u16 v4, v1", {{5, 0, 0, 0x4500}, {0xffff, 0, 0, infinity}, {2049, 0, 0, 0x6800}});
    check_halves("v_cvt_f16_i16 v4, v1", {{5, 0, 0, 0x4500}, {0xffff, 0, 0, one | minus}, {0x8000, 0, 0, 0xf800}});
    check_halves("v_cvt_u16_f16 v4, v1", {{0x3e00, 0, 0, 1}, {one | minus, 0, 0, 0}, {infinity, 0, 0, 0xffff}});
    check_halves(
        "v_cvt_i16_f16 v4, v1",
        {{0x3e00, 0, 0, 1}, {0xbe00, 0, 0, 0xffff}, {infinity, 0, 0, 0x7fff}, {largest | minus, 0, 0, 0x8000}});
}

TEST_CASE("f16 approximations are exact where the result is a short number") {
    check_halves("v_rcp_f16 v4, v1", {{two, 0, 0, half}, {0, 0, 0, infinity}, {infinity, 0, 0, 0}});
    check_halves("v_sqrt_f16 v4, v1", {{0x4400, 0, 0, two}, {one | minus, 0, 0, quiet_nan}, {0x4880, 0, 0, 0x4200}});
    check_halves("v_rsq_f16 v4, v1", {{0x4400, 0, 0, half}});
    check_halves("v_exp_f16 v4, v1", {{one, 0, 0, two}, {0, 0, 0, one}});
    check_halves("v_log_f16 v4, v1", {{two, 0, 0, one}, {one, 0, 0, 0}});
    check_halves("v_sin_f16 v4, v1", {{0x3400, 0, 0, one}, {0, 0, 0, 0}});
    check_halves("v_cos_f16 v4, v1", {{0, 0, 0, one}});
}

TEST_CASE("v_div_fixup_f16 puts special quotients right") {
    // sources: quotient, denominator, numerator
    check_halves("v_div_fixup_f16 v4, v1, v2, v3", {{half, two, one, half},
                                                    {half, two | minus, one, half | minus},
                                                    {one, 0, one, infinity},
                                                    {one, minus, one, infinity | minus},
                                                    {one, 0, 0, quiet_nan},
                                                    {one, infinity, one, 0},
                                                    {one, infinity, infinity, quiet_nan},
                                                    {one, one, quiet_nan, quiet_nan},
                                                    {one, two, minus, minus}});
}

TEST_CASE("f16 overflow goes to infinity where the rounding mode leads away from zero, also from exact numbers") {
    State w;
    w.v[2] = all(1), w.v[3] = all(0x8001), w.v[4] = all(127);
    const auto scaled = [&](const char* round) {
        return run(w, std::string("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 2, 2), ") + round +
                          "\n v_ldexp_f16 v5, v2, v4\n v_ldexp_f16 v6, v3, v4");
    };
    const uint32_t expected[4][2] = {{0x7c00, 0xfc00}, {0x7c00, 0xfbff}, {0x7bff, 0xfc00}, {0x7bff, 0xfbff}};
    const char* const rounds[] = {"0", "1", "2", "3"};  // nearest, up, down, to zero
    for (int i = 0; i < 4; ++i) {
        const State after = scaled(rounds[i]);
        CHECK(after.v[5] == all(expected[i][0]));
        CHECK(after.v[6] == all(expected[i][1]));
    }
}
