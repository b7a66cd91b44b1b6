// Single-precision instructions of the vector ALU. A row with flushing on has f32 denormals as zeros, as our kernels
// do.

#include "tests/cases.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace gcn::test;

using u32 = uint32_t;
using i32 = int32_t;

static constexpr float infinity = std::numeric_limits<float>::infinity();

template <class T> static T saturated(double x) {
    if (std::isnan(x)) return 0;
    if (x <= double(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
    if (x >= double(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    return T(x);
}

// v_mac_f32 and its kin: always flush, and round twice. That the product is flushed too is a guess.
static float mad(float a, float b, float c) { return flushed(flushed(flushed(a) * flushed(b)) + flushed(c)); }
static float clamped(float x) { return std::isnan(x) ? 0 : std::clamp(x, 0.0f, 1.0f); }

static Sources floats_with_integers(std::initializer_list<i32> integers) {
    Sources out;
    for (const u32 x : floats32)
        for (const i32 n : integers) out.push_back({x, u32(n), 0});
    return out;
}

// What the host's own arithmetic does with denormals is never asked: its MXCSR is as the system sets it.
// clang-format off
TEST_CASE("f32 addition and multiplication round once, with denormals and without") {
    const std::vector<Row> rows{
        row("v_add_f32 D, A, B",                  +[](float a, float b) { return a + b; }),
        row("v_sub_f32 D, A, B",                  +[](float a, float b) { return a - b; }),
        row("v_subrev_f32 D, A, B",               +[](float a, float b) { return b - a; }),
        row("v_mul_f32 D, A, B",                  +[](float a, float b) { return a * b; }),
        row("v_fma_f32 D, A, B, C",               +[](float a, float b, float c) { return std::fma(a, b, c); }),
        row("v_fma_f32 D, -A, |B|, -|C|",
            +[](float a, float b, float c) { return std::fma(-a, std::fabs(b), -std::fabs(c)); }),
        row("v_add_f32_e64 D, -A, |B|",           +[](float a, float b) { return -a + std::fabs(b); }),
        row("v_mul_f32_e64 D, -|A|, B",           +[](float a, float b) { return -std::fabs(a) * b; }),
        row("v_add_f32 D, 0.5, A",                +[](float a) { return 0.5f + a; }),
        row("v_add_f32 D, 0x3fc00000, A",         +[](float a) { return 1.5f + a; }),
        row("v_mul_f32 D, 0.15915494, A",         +[](float a) { return f32(0x3e22f983) * a; }),
    };
    check(rows, pairs(floats32), true);
    check(rows, pairs(floats32), false);
}

// Frames start in IEEE mode.
#define WITHOUT_IEEE "s_setreg_imm32_b32 hwreg(1, 9, 1), 0\n "

TEST_CASE("output modifiers scale the result, where denormals are flushed, and -0 becomes 0") {
    const auto positive = [](float x) { return x == 0 ? 0.0f : x; };
    static const auto zero = positive;
    check({
        row(WITHOUT_IEEE "v_add_f32_e64 D, A, B mul:2", +[](float a, float b) { return zero(flushed(a + b) * 2); }),
        row("v_add_f32_e64 D, A, B mul:4",        +[](float a, float b) { return zero(flushed(a + b) * 4); }),
        row("v_add_f32_e64 D, A, B div:2",        +[](float a, float b) { return zero(flushed(flushed(a + b) / 2)); }),
    }, pairs(floats32), true);
}

TEST_CASE("output modifiers do nothing in IEEE mode, nor where denormal results are kept") {
    const auto sum = +[](float a, float b) { return a + b; };
    check({row("v_add_f32_e64 D, A, B mul:2", sum)}, pairs(floats32), true);
    check({row(WITHOUT_IEEE "v_add_f32_e64 D, A, B mul:2", sum)}, pairs(floats32), false);
    // MODE decides, also for what flushes them in any case.
    check({
        row(WITHOUT_IEEE "v_mad_f32 D, A, 1.0, 1.0 mul:2", +[](float a) { return flushed(a) + 1; }),
    }, pairs(floats32), false);
}

TEST_CASE("clamp keeps results in 0..1, and makes 0 of a NaN") {
    auto numbers = floats32;
    std::erase_if(numbers, [](u32 x) { return x >> 31 && f32(x) > -1e-30f; });  // what becomes of -0 is not known
    const std::vector<Row> rows{
        row("v_add_f32_e64 D, A, B clamp",        +[](float a, float b) { return clamped(a + b); }),
        row("v_fma_f32 D, A, |B|, 0 clamp",
            +[](float a, float b) { return clamped(std::fma(a, std::fabs(b), 0.0f)); }),
    };
    check(rows, pairs(numbers), true);
    check(rows, pairs(numbers), false);
    check({
        row(WITHOUT_IEEE "v_add_f32_e64 D, A, B clamp div:2", +[](float a, float b) { return clamped((a + b) / 2); }),
    }, pairs(numbers), true);
}

TEST_CASE("v_mad_f32, v_madmk_f32 and v_madak_f32 flush denormals whatever MODE says") {
    const std::vector<Row> rows{
        row("v_mad_f32 D, A, B, C",               +[](float a, float b, float c) { return mad(a, b, c); }),
        row("v_mad_f32 D, A, -B, |C|",            +[](float a, float b, float c) { return mad(a, -b, std::fabs(c)); }),
        row("v_madmk_f32 D, A, 0x40490fdb, B",    +[](float a, float b) { return mad(a, f32(0x40490fdb), b); }),
        row("v_madak_f32 D, A, B, 0x40490fdb",    +[](float a, float b) { return mad(a, b, f32(0x40490fdb)); }),
    };
    check(rows, pairs(floats32), true);
    check(rows, pairs(floats32), false);
}

TEST_CASE("minimum, maximum and median") {
    // Which zero is the smaller one is not known: only one of them takes part.
    auto numbers = floats32;
    std::erase(numbers, 0x80000000u);
    const auto sources = pairs(numbers);
    check({
        row("v_min_f32 D, A, B",                  +[](float a, float b) { return std::fmin(a, b); }),
        row("v_max_f32 D, A, B",                  +[](float a, float b) { return std::fmax(a, b); }),
        row("v_min3_f32 D, A, B, C",
            +[](float a, float b, float c) { return std::fmin(std::fmin(a, b), c); }),
        row("v_max3_f32 D, A, B, C",
            +[](float a, float b, float c) { return std::fmax(std::fmax(a, b), c); }),
    }, sources, false);
    std::erase(numbers, 0x7fc00000u);  // the median of a NaN is another matter
    check({
        row("v_med3_f32 D, A, B, C",
            +[](float a, float b, float c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); }),
    }, pairs(numbers), false);
}

TEST_CASE("rounding to integers keeps the sign of zero") {
    check({
        row("v_trunc_f32 D, A",                   +[](float a) { return std::trunc(a); }),
        row("v_ceil_f32 D, A",                    +[](float a) { return std::ceil(a); }),
        row("v_floor_f32 D, A",                   +[](float a) { return std::floor(a); }),
        row("v_rndne_f32 D, A",                   +[](float a) { return std::nearbyint(a); }),
        row("v_floor_f32_e64 D, -A",              +[](float a) { return std::floor(-a); }),
    }, pairs(floats32), false);
}

TEST_CASE("v_fract_f32 is at least 0 and less than 1") {
    check({
        row("v_fract_f32 D, A",
            +[](float a) { return std::isinf(a) ? NAN : std::fmin(a - std::floor(a), 0x1.fffffep-1f); }),
    }, {{bits(1.25f)}, {bits(-1.25f)}, {bits(-1e-20f)}, {bits(3.0f)}, {bits(8388607.5f)}, {bits(-0.75f)}}, false);
}

TEST_CASE("v_frexp splits a number into mantissa and exponent; infinities and NaN stay as they are") {
    check({
        row("v_frexp_mant_f32 D, A",
            +[](float a) { int e; return std::isfinite(a) ? std::frexp(a, &e) : a; }),
        row("v_frexp_exp_i32_f32 D, A",
            +[](float a) { int e = 0; if (std::isfinite(a)) (void)std::frexp(a, &e); return e; }),
    }, pairs(floats32), false);
}

TEST_CASE("v_ldexp_f32 multiplies by a power of two") {
    check({
        row("v_ldexp_f32 D, A, B",
            +[](float a, i32 b) { return std::ldexp(a, std::clamp(b, -1000, 1000)); }),
        row("v_ldexp_f32 D, -A, B",
            +[](float a, i32 b) { return std::ldexp(-a, std::clamp(b, -1000, 1000)); }),
    }, floats_with_integers({0, 1, -1, 24, -24, 127, -127, 150, -150, 300, INT32_MIN, INT32_MAX}), false);
}

TEST_CASE("conversions to integers truncate and saturate; NaN gives 0") {
    check({
        row("v_cvt_i32_f32 D, A",                 +[](float a) { return saturated<i32>(a); }),
        row("v_cvt_u32_f32 D, A",                 +[](float a) { return saturated<u32>(a); }),
        row("v_cvt_flr_i32_f32 D, A",             +[](float a) { return saturated<i32>(std::floor(double(a))); }),
        row("v_cvt_rpi_i32_f32 D, A",             +[](float a) { return saturated<i32>(std::floor(double(a) + 0.5)); }),
        row("v_cvt_i32_f32_e64 D, -A",            +[](float a) { return saturated<i32>(-a); }),
    }, pairs(floats32), true);
}

TEST_CASE("conversions from integers round to the nearest even") {
    check({
        row("v_cvt_f32_i32 D, A",                 +[](i32 a) { return float(a); }),
        row("v_cvt_f32_u32 D, A",                 +[](u32 a) { return float(a); }),
        row("v_cvt_f32_ubyte0 D, A",              +[](u32 a) { return float(a & 0xff); }),
        row("v_cvt_f32_ubyte1 D, A",              +[](u32 a) { return float(a >> 8 & 0xff); }),
        row("v_cvt_f32_ubyte2 D, A",              +[](u32 a) { return float(a >> 16 & 0xff); }),
        row("v_cvt_f32_ubyte3 D, A",              +[](u32 a) { return float(a >> 24); }),
    }, pairs(integers32));
}
// clang-format on

TEST_CASE("v_mac_f32 rounds the product before the sum") {
    const float x = f32(0x3f800001);  // 1 + 2^-23
    State w;
    w.v[1] = w.v[2] = all(bits(x)), w.v[3] = all(0xbf800002);
    CHECK(run(w, "v_mac_f32 v3, v1, v2").v[3] == all(0x00000000));  // a fused multiply-add leaves 0x28800000
    CHECK(run(w, "v_mad_f32 v3, v1, v2, v3").v[3] == all(0x00000000));
    CHECK(run(w, "v_fma_f32 v3, v1, v2, v3").v[3] == all(0x28800000));
}

TEST_CASE("v_mac_f32 accumulates in every form") {
    State w;
    w.v[1] = all(bits(2.0f)), w.v[2] = all(bits(3.0f)), w.s[4] = bits(5.0f);
    for (int r : {4, 5, 6, 7}) w.v[r] = all(bits(100.0f));
    const State after = run(w, R"(
        v_mac_f32 v4, v1, v2
        v_mac_f32 v5, s4, v2
        v_mac_f32_e64 v6, -v1, |v2|
        v_mac_f32 v7, 0x41200000, v2
    )");
    CHECK(after.v[4] == all(bits(106.0f)));
    CHECK(after.v[5] == all(bits(115.0f)));
    CHECK(after.v[6] == all(bits(94.0f)));
    CHECK(after.v[7] == all(bits(130.0f)));
}

TEST_CASE("a run of v_mac_f32 with shared factors gives each lane its own sums") {
    State w;
    for (uint32_t lane = 0; lane < 64; ++lane)
        for (int r = 1; r <= 4; ++r) w.v[r][lane] = bits(float(lane + r));
    w.exec = 0xffff0000ffff0000;
    const std::string body = "v_mac_f32 v5, v1, v3\nv_mac_f32 v6, v1, v4\nv_mac_f32 v8, v2, v4\nv_mac_f32 v7, v2, v3\n";
    const State after = run(w, body + body + "v_mac_f32 v1, v1, v1\nv_mac_f32 v2, v1, v1\n");
    for (uint32_t lane = 0; lane < 64; ++lane) {
        const bool on = w.exec >> lane & 1;
        const float a = float(lane + 1), b = float(lane + 2), c = float(lane + 3), d = float(lane + 4);
        CHECK(after.v[5][lane] == (on ? bits(2 * a * c) : 0));
        CHECK(after.v[6][lane] == (on ? bits(2 * a * d) : 0));
        CHECK(after.v[7][lane] == (on ? bits(2 * b * c) : 0));
        CHECK(after.v[8][lane] == (on ? bits(2 * b * d) : 0));
        const float squared = a * a + a;
        CHECK(after.v[1][lane] == bits(on ? squared : a));
        CHECK(after.v[2][lane] == bits(on ? squared * squared + b : b));
    }
}

TEST_CASE("MODE sets the rounding and the flushing of f32, also in the middle of a kernel") {
    State w;
    w.v[1] = all(bits(1.0f)), w.v[2] = all(0x33000000);  // 1 and 2^-25
    w.v[3] = all(0x00000003);
    const State after = run(w, R"(
        v_add_f32 v4, v1, v2
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 2), 1
        v_add_f32 v5, v1, v2
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 2), 2
        v_sub_f32 v6, v1, v2
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 2), 3
        v_sub_f32_e64 v7, -v1, -v2
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 2), 0
        v_add_f32 v8, v3, v3
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 2), 3
        v_add_f32 v9, v3, v3
        s_getreg_b32 s4, hwreg(HW_REG_MODE, 0, 8)
    )");
    CHECK(after.v[4] == all(0x3f800000));
    CHECK(after.v[5] == all(0x3f800001));  // up
    CHECK(after.v[6] == all(0x3f7fffff));  // down
    CHECK(after.v[7] == all(0xbf7fffff));  // towards zero
    CHECK(after.v[8] == all(0));
    CHECK(after.v[9] == all(6));
    CHECK(after.s[4] == 0xf0);
}

// ---- approximations: within an error, and exact where the manual says a value ------------------

static void check_approximation(const std::string& text, double (*exact)(double), std::vector<float> inputs,
                                double relative, double absolute) {
    State w;
    for (int lane = 0; lane < 64; ++lane) w.v[1][lane] = bits(inputs[lane % inputs.size()]);
    const State after = run(w, text);
    for (size_t i = 0; i < inputs.size(); ++i) {
        const double expected = exact(inputs[i]), got = f32(after.v[2][i]);
        INFO(text << " of " << inputs[i] << ": " << got << ", exactly " << expected);
        CHECK(std::abs(got - expected) <= relative * std::abs(expected) + absolute);
    }
}

TEST_CASE("reciprocals, roots, powers and waves are within their documented errors") {
    constexpr double ulp = 0x1p-23;
    const std::vector<float> positive{1, 2, 3, 0.1f, 7.5f, 1e10f, 1e-10f, 3.14159f, 0.99999f, 65537, 1e30f, 1e-30f};
    const std::vector<float> small{0, 0.5f, 1, -1, 2.5f, -3.75f, 10, -20, 31.25f, 0.001f, -0.3f};
    const std::vector<float> turns{0, 0.125f, 0.25f, 0.3f, -0.4f, 0.5f, 0.75f, 1, 2.25f, -10.1f};
    check_approximation(
        "v_rcp_f32 v2, v1", [](double x) { return 1 / x; }, positive, ulp, 0);
    check_approximation(
        "v_rcp_iflag_f32 v2, v1", [](double x) { return 1 / x; }, positive, ulp, 0);
    check_approximation(
        "v_rsq_f32 v2, v1", [](double x) { return 1 / std::sqrt(x); }, positive, ulp, 0);
    check_approximation(
        "v_sqrt_f32 v2, v1", [](double x) { return std::sqrt(x); }, positive, ulp, 0);
    check_approximation(
        "v_exp_f32 v2, v1", [](double x) { return std::exp2(x); }, small, ulp, 0);
    check_approximation(
        "v_log_f32 v2, v1", [](double x) { return std::log2(x); }, positive, ulp, ulp);
    check_approximation(
        "v_sin_f32 v2, v1", [](double x) { return std::sin(x * 2 * M_PI); }, turns, 0, 0x1p-20);
    check_approximation(
        "v_cos_f32 v2, v1", [](double x) { return std::cos(x * 2 * M_PI); }, turns, 0, 0x1p-20);
}

TEST_CASE("approximations of special values") {
    State w;
    w.v[1] = all(0), w.v[2] = all(0x80000000), w.v[3] = all(bits(infinity)), w.v[4] = all(bits(-1.0f));
    const State after = run(w, R"(
        v_rcp_f32 v5, v1
        v_rcp_f32 v6, v2
        v_rcp_f32 v7, v3
        v_sqrt_f32 v8, v4
        v_sqrt_f32 v9, v2
        v_rsq_f32 v10, v1
        v_log_f32 v11, v1
        v_log_f32 v12, v4
        v_exp_f32 v13, v3
        v_exp_f32_e64 v14, -v3
        v_cos_f32 v15, v1
        v_sin_f32 v16, v1
    )");
    CHECK(after.v[5][0] == bits(infinity));
    CHECK(after.v[6][0] == bits(-infinity));
    CHECK(after.v[7][0] == 0);
    CHECK(is_nan(after.v[8][0]));
    CHECK(after.v[9][0] == 0x80000000);
    CHECK(after.v[10][0] == bits(infinity));
    CHECK(after.v[11][0] == bits(-infinity));
    CHECK(is_nan(after.v[12][0]));
    CHECK(after.v[13][0] == bits(infinity));
    CHECK(after.v[14][0] == 0);
    CHECK(after.v[15][0] == bits(1.0f));
    CHECK(after.v[16][0] == 0);
}

TEST_CASE("the compiler's sequence for f32 division is rounded correctly") {
    const std::string divide = R"(
        v_div_scale_f32 v5, s[4:5], v2, v2, v1
        v_div_scale_f32 v6, vcc, v1, v2, v1
        v_rcp_f32 v7, v5
        v_fma_f32 v8, -v5, v7, 1.0
        v_fma_f32 v7, v8, v7, v7
        v_mul_f32 v9, v6, v7
        v_fma_f32 v10, -v5, v9, v6
        v_fma_f32 v9, v10, v7, v9
        v_fma_f32 v5, -v5, v9, v6
        v_div_fmas_f32 v5, v5, v7, v9
        v_div_fixup_f32 v3, v5, v2, v1
    )";
    auto numbers = floats32;
    for (const float x : {3.0f, 7.0f, -10.0f, 1e38f, -1e-37f, 1e20f, 6e-20f, 123456.789f}) numbers.push_back(bits(x));
    const auto all_pairs = pairs(numbers);
    for (size_t at = 0; at < all_pairs.size(); at += 64) {
        State w;
        w.float_mode = denormals_on;
        for (int lane = 0; lane < 64; ++lane)
            for (int k : {0, 1}) w.v[1 + k][lane] = uint32_t(all_pairs[(at + lane) % all_pairs.size()][k]);
        const State after = run(w, divide);
        for (int lane = 0; lane < 64; ++lane) {
            INFO(f32(w.v[1][lane]) << " / " << f32(w.v[2][lane]) << " gives " << f32(after.v[3][lane]));
            CHECK(same(after.v[3][lane], bits(f32(w.v[1][lane]) / f32(w.v[2][lane]))));
        }
    }
}

TEST_CASE("legacy products with a zero are zero, whatever the other factor") {
    const auto product = [](float a, float b) { return a == 0 || b == 0 ? 0.0f : a * b; };
    static const auto times = product;
    const std::vector<Row> rows{row(
        "v_mul_legacy_f32 D, A, B", +[](float a, float b) { return times(a, b); })};
    check(rows, pairs(floats32), true);
    check(rows, pairs(floats32), false);
    const std::vector<Row> sums{
        row(
            "v_mad_legacy_f32 D, A, B, C",
            +[](float a, float b, float c) {
                a = flushed(a), b = flushed(b), c = flushed(c);
                // The product is +0 (LLVM makes the instruction of fmul.legacy and a sum).
                return flushed((a == 0 || b == 0 ? 0.0f : flushed(a * b)) + c);
            }),
    };
    check(sums, pairs(floats32), true);
    check(sums, pairs(floats32), false);
}

TEST_CASE("v_floor_f32 keeps the sign of its source and v_fract_f32 stays below 1, also when MODE rounds down or up") {
    const uint32_t tiny = 0x80000001, below_one = 0x3f7fffff;
    for (const uint32_t round : {0u, 5u, 10u, 15u}) {  // nearest, up, down, to zero
        State w;
        w.float_mode = denormals_on | round;
        w.v[1] = all(bits(0.5f)), w.v[2] = all(tiny), w.v[3] = all(0x80000000);
        const State after = run(w, "v_floor_f32 v4, v1\n v_fract_f32 v5, v2\n v_floor_f32 v6, v3");
        CHECK(after.v[4] == all(0));
        CHECK(after.v[5] == all(below_one));
        CHECK(after.v[6] == all(0x80000000));
    }
}

TEST_CASE("clamp makes +0 of all that is negative, and leaves positive denormals") {
    for (const uint32_t mode : {0x00u, uint32_t(denormals_on)}) {
        State w;
        w.float_mode = mode;
        w.v[1] = all(0x80000000), w.v[2] = all(0x80000001), w.v[3] = all(1);
        const State after = run(w, R"(
            v_max_f32_e64 v4, v1, v1 clamp
            v_max_f32_e64 v5, v2, v2 clamp
            v_max_f32_e64 v6, v3, v3 clamp
        )");
        CHECK(after.v[4] == all(0));
        CHECK(after.v[5] == all(0));
        CHECK(after.v[6] == all(1));
    }
}

TEST_CASE("v_div_fmas_f32 rounds once however far apart its terms are") {
    State w;
    w.float_mode = denormals_on;
    w.vcc = ~0ull;
    w.v[1] = all(0x4cea35ae), w.v[2] = all(bits(3.0f)), w.v[3] = all(0x00800000);  // a tie, and 2^-126 more
    CHECK(run(w, "v_div_fmas_f32 v4, v1, v2, v3").v[4] == all(0x2dafa843));

    // A result below the smallest normal number, and nearer to it than to the largest denormal.
    w.v[1] = all(0x20000000), w.v[2] = all(0xbfffffff), w.v[3] = all(0);
    CHECK(run(w, "v_div_fmas_f32 v4, v1, v2, v3").v[4] == all(0x80800000));
    w.float_mode = 0xc0;
    CHECK(run(w, "v_div_fmas_f32 v4, v1, v2, v3").v[4] == all(0x80000000));
}

TEST_CASE("legacy powers and logarithms") {
    const float numbers[] = {-3, 0, 0.5f, 1, 2, 10};
    State w;
    for (int i = 0; i < 6; ++i) w.v[2][i] = bits(numbers[i]);
    const State after = run(w, "v_exp_legacy_f32 v4, v2\n v_log_legacy_f32 v5, v2");
    const float powers[] = {0.125f, 1, f32(0x3fb504f3), 2, 4, 1024};
    for (int i = 0; i < 6; ++i) CHECK(std::fabs(f32(after.v[4][i]) / powers[i] - 1) < 2e-7f);
    CHECK(is_nan(after.v[5][0]));
    CHECK(f32(after.v[5][1]) == -INFINITY);
    CHECK(f32(after.v[5][2]) == -1);
    CHECK(f32(after.v[5][3]) == 0);
    CHECK(f32(after.v[5][4]) == 1);
}

TEST_CASE("cube maps: face, two coordinates, twice the major axis; z wins before y before x") {
    struct Row {
        float x, y, z, face, s, t, major;
    };
    const Row rows[] = {
        {3, 1, 2, 0, -2, -1, 6},  {-3, 1, 2, 1, 2, -1, -6}, {1, 3, 2, 2, 1, 2, 6},
        {1, -3, 2, 3, 1, -2, -6}, {1, 2, 3, 4, 1, -2, 6},   {1, 2, -3, 5, -1, -2, -6},
        {2, 2, 2, 4, 2, -2, 4},   {2, 2, 1, 2, 2, 1, 4},    {-2, -2, -2, 5, 2, 2, -4},
    };
    State w;
    int lane = 0;
    for (const Row& r : rows) {
        w.v[2][lane] = bits(r.x), w.v[3][lane] = bits(r.y), w.v[4][lane++] = bits(r.z);
    }
    const State after = run(w, R"(
        v_cubeid_f32 v8, v2, v3, v4
        v_cubesc_f32 v9, v2, v3, v4
        v_cubetc_f32 v10, v2, v3, v4
        v_cubema_f32 v11, v2, v3, v4
    )");
    lane = 0;
    for (const Row& r : rows) {
        INFO(r.x << ' ' << r.y << ' ' << r.z);
        CHECK(f32(after.v[8][lane]) == r.face);
        CHECK(f32(after.v[9][lane]) == r.s);
        CHECK(f32(after.v[10][lane]) == r.t);
        CHECK(f32(after.v[11][lane++]) == r.major);
    }
}

TEST_CASE("in IEEE mode a signalling NaN wins over a number, and a quiet one loses") {
    constexpr u32 signalling = 0x7f800001, quiet = 0x7fc00000, one = 0x3f800000;
    State w;
    w.v[2][0] = signalling, w.v[2][1] = quiet, w.v[2][2] = one, w.v[2][3] = one;
    w.v[3][0] = one, w.v[3][1] = one, w.v[3][2] = signalling, w.v[3][3] = quiet;
    const std::string body = R"(
        v_min_f32 v4, v2, v3
        v_max_f32 v5, v2, v3
        v_min3_f32 v6, v2, v3, v2
        v_med3_f32 v7, v3, v3, v2
        v_cvt_f16_f32 v10, v2
        v_cvt_f16_f32 v11, v3
        v_min_f64 v[8:9], v[12:13], v[14:15]
    )";
    w.set_v64(12, 0, 0x7ff0000000000001), w.set_v64(14, 0, bits(1.0));
    const State ieee = run(w, body), plain = run(w, WITHOUT_IEEE + body);
    CHECK(is_nan(ieee.v[6][0]));
    for (int r = 4; r < 6; ++r)
        for (int lane = 0; lane < 4; ++lane) {
            INFO("v" << r << ", lane " << lane);
            CHECK(is_nan(ieee.v[r][lane]) == (lane % 2 == 0));
            CHECK(plain.v[r][lane] == one);
        }
    CHECK(is_nan(ieee.v64(8, 0)));
    CHECK(plain.v64(8, 0) == bits(1.0));
}

TEST_CASE("approximations take denormals for zeros, whatever MODE says") {
    State w;
    w.float_mode = denormals_on;
    w.v[2] = all(1), w.v[3] = all(bits(0x1p127f));
    const State after = run(w, "v_rcp_f32 v4, v2\n v_rsq_f32 v5, v2\n v_log_f32 v6, v2\n v_rcp_f32 v7, v3");
    CHECK(f32(after.v[4][0]) == INFINITY);
    CHECK(f32(after.v[5][0]) == INFINITY);
    CHECK(f32(after.v[6][0]) == -INFINITY);
    CHECK(after.v[7][0] == 0);  // 2^-127
}

TEST_CASE("a NaN that arithmetic makes or passes on is the same in every build, to the bit") {
    State w;
    w.v[2] = all(0x7fc12345), w.v[3] = all(0xffc54321), w.v[4] = all(bits(INFINITY)), w.v[5] = all(0);
    const State after = run(w, R"(
        v_add_f32 v8, v2, v3
        v_mul_f32 v9, v4, v5
        v_mac_f32 v2, v3, v4
        v_fma_f32 v10, v3, v2, v3
        v_cvt_f16_f32 v11, v3
    )");
    for (int r : {2, 8, 9, 10}) CHECK(after.v[r] == all(0x7fc00000));
    CHECK(after.v[11] == all(0x7e00));
}
