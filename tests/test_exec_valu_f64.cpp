// Double-precision instructions of the vector ALU. Their denormals are on, as kernels have it.

#include "tests/cases.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace gcn::test;

using u32 = uint32_t;
using i32 = int32_t;

template <class T> static T saturated(double x) {
    if (std::isnan(x)) return 0;
    if (x <= double(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
    if (x >= double(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    return T(x);
}

// clang-format off
TEST_CASE("f64 arithmetic rounds once and keeps denormals") {
    check({
        row("v_add_f64 DD, AA, BB",              +[](double a, double b) { return a + b; }),
        row("v_mul_f64 DD, AA, BB",              +[](double a, double b) { return a * b; }),
        row("v_fma_f64 DD, AA, BB, CC",          +[](double a, double b, double c) { return std::fma(a, b, c); }),
        row("v_fma_f64 DD, -AA, |BB|, -|CC|",
            +[](double a, double b, double c) { return std::fma(-a, std::fabs(b), -std::fabs(c)); }),
        row("v_add_f64 DD, -AA, |BB|",           +[](double a, double b) { return -a + std::fabs(b); }),
        row("v_add_f64 DD, AA, 0.5",             +[](double a) { return a + 0.5; }),
        row("v_mul_f64 DD, AA, -4.0",            +[](double a) { return a * -4.0; }),
    }, pairs(floats64));
}

TEST_CASE("f64 minimum, maximum and clamp") {
    auto numbers = floats64;
    std::erase(numbers, 0x8000000000000000ull);  // which is the smaller zero, what clamp makes of it: not known
    check({
        row("v_add_f64 DD, AA, BB clamp",
            +[](double a, double b) { return std::isnan(a + b) ? 0.0 : std::clamp(a + b, 0.0, 1.0); }),
        row("v_min_f64 DD, AA, BB",              +[](double a, double b) { return std::fmin(a, b); }),
        row("v_max_f64 DD, AA, BB",              +[](double a, double b) { return std::fmax(a, b); }),
    }, pairs(numbers));
}

TEST_CASE("f64 rounding, mantissa and exponent") {
    check({
        row("v_trunc_f64 DD, AA",                +[](double a) { return std::trunc(a); }),
        row("v_ceil_f64 DD, AA",                 +[](double a) { return std::ceil(a); }),
        row("v_floor_f64 DD, AA",                +[](double a) { return std::floor(a); }),
        row("v_rndne_f64 DD, AA",                +[](double a) { return std::nearbyint(a); }),
        row("v_frexp_mant_f64 DD, AA",
            +[](double a) { int e; return std::isfinite(a) ? std::frexp(a, &e) : a; }),
        row("v_frexp_exp_i32_f64 D, AA",
            +[](double a) { int e = 0; if (std::isfinite(a)) (void)std::frexp(a, &e); return e; }),
    }, pairs(floats64));
    check({
        row("v_fract_f64 DD, AA",
            +[](double a) { return std::fmin(a - std::floor(a), 0x1.fffffffffffffp-1); }),
    }, {{bits(1.25)}, {bits(-1.25)}, {bits(-1e-30)}, {bits(3.0)}, {bits(4503599627370495.5)}});
}

TEST_CASE("v_ldexp_f64 multiplies by a power of two") {
    Sources sources;
    for (const uint64_t x : floats64)
        for (const i32 n : {0, 1, -1, 53, -53, 1023, -1023, 1100, -1100, 3000, INT32_MIN, INT32_MAX})
            sources.push_back({x, u32(n)});
    check({
        row("v_ldexp_f64 DD, AA, B",
            +[](double a, i32 b) { return std::ldexp(a, std::clamp(b, -5000, 5000)); }),
    }, sources);
}

TEST_CASE("f64 conversions") {
    check({
        row("v_cvt_i32_f64 D, AA",               +[](double a) { return saturated<i32>(a); }),
        row("v_cvt_u32_f64 D, AA",               +[](double a) { return saturated<u32>(a); }),
    }, pairs(floats64));
    check({
        row("v_cvt_f64_i32 DD, A",               +[](i32 a) { return double(a); }),
        row("v_cvt_f64_u32 DD, A",               +[](u32 a) { return double(a); }),
    }, pairs(integers32));
    check({
        row("v_cvt_f64_f32 DD, A",               +[](float a) { return double(a); }),
    }, pairs(floats32), false);
    check({
        row("v_cvt_f32_f64 D, AA",               +[](double a) { return float(a); }),
    }, pairs(floats64), false);
}
// clang-format on

TEST_CASE("a literal in an f64 operand is its high dword") {
    State w;
    for (int lane = 0; lane < 64; ++lane) w.set_v64(1, lane, bits(1.5));
    const State after = run(w, R"(
        v_cvt_i32_f64 v3, 0x40590000
        v_cmp_lt_f64 vcc, 0x3ff00000, v[1:2]
    )");
    CHECK(after.v[3] == all(100));
    CHECK(after.vcc == ~0ull);
}

TEST_CASE("v_cvt_f32_f64 rounds as MODE has it for f32") {
    State w;
    for (int lane = 0; lane < 64; ++lane) w.set_v64(1, lane, bits(1 + 0x1p-30));
    for (const uint32_t single : {0u, 1u, 2u})
        for (const uint32_t wide : {0u, 1u, 2u}) {
            w.float_mode = denormals_on | wide << 2 | single;
            CHECK(run(w, "v_cvt_f32_f64 v3, v[1:2]").v[3] == all(single == 1 ? 0x3f800001 : 0x3f800000));
        }
}

// Among other work in double precision a conversion leaves the host's mode alone where nothing tiny comes of it.
TEST_CASE("v_cvt_f32_f64 flushes what is tiny where MODE has it, after arithmetic that does not") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto converted = [](double x, double others, bool after_f64, const char* to) {
        State w;
        w.float_mode = 0xc0;  // denormals of f64 on, of f32 off
        for (int lane = 0; lane < 64; ++lane) w.set_v64(1, lane, bits(lane == 37 ? x : others));
        const std::string before = after_f64 ? "v_add_f64 v[10:11], v[12:13], v[12:13]\n" : "";
        const int row = to[1] - '0';
        return run(w, before + "v_cvt_f32_f64 " + to + ", v[1:2]").v[row][37];
    };
    for (const char* to : {"v3", "v1", "v2"})  // the last two are the source's own
        for (const double others : {1.0, 0.0, 0x1p-127, nan})
            for (const double sign : {1.0, -1.0}) {
                const u32 minus = sign < 0 ? 0x80000000 : 0;
                const auto both = [&](double x) {
                    const u32 result = converted(sign * x, others, true, to);
                    CHECK(result == converted(sign * x, others, false, to));
                    return result;
                };
                CHECK(both(0x1p-126) == (minus | 0x00800000));
                CHECK(both(0x1.8p-127) == minus);
                CHECK(both(0x1.fffffcp-127) == minus);   // the largest denormal
                CHECK(both(0x1.fffffefp-127) == minus);  // rounds to it, or as a denormal to the smallest normal
                CHECK(both(0x1p-149) == minus);
                CHECK(both(1e-300) == minus);
                CHECK(both(0) == minus);
                CHECK(both(1.5) == (minus | 0x3fc00000));
            }
    CHECK(converted(nan, 1, true, "v3") == 0x7fc00000);
}

TEST_CASE("v_ldexp_f64 below all denormals is the smallest where MODE rounds up and flushes sources only") {
    State w;
    w.float_mode = 0x84;
    for (int lane = 0; lane < 64; ++lane) w.set_v64(1, lane, bits(1.0));
    w.v[3] = all(uint32_t(-3000));
    CHECK(run(w, "v_ldexp_f64 v[4:5], v[1:2], v3").v64(4, 0) == 1);
}

TEST_CASE("scalar registers and constants as f64 operands") {
    State w;
    w.set_s64(4, bits(2.5));
    const State after = run(w, R"(
        v_add_f64 v[2:3], s[4:5], 1.0
        v_mul_f64 v[4:5], s[4:5], 3
    )");
    CHECK(after.v64(2, 5) == bits(3.5));
    CHECK(after.v64(4, 5) == 8);  // 3 is the integer, here a denormal: 2.5 * 3 * 2^-1074 rounds to the even 8
}

TEST_CASE("f64 reciprocals and roots are good enough to be refined") {
    State w;
    const std::array<double, 8> inputs{1, 2, 3, 0.1, 1e100, 1e-100, 3.14159, 65537};
    for (int lane = 0; lane < 64; ++lane) w.set_v64(1, lane, bits(inputs[lane % 8]));
    const State after = run(w, R"(
        v_rcp_f64 v[4:5], v[1:2]
        v_rsq_f64 v[6:7], v[1:2]
        v_sqrt_f64 v[8:9], v[1:2]
    )");
    for (int lane = 0; lane < 8; ++lane) {
        const double x = inputs[lane];
        INFO(x);
        CHECK(std::abs(f64(after.v64(4, lane)) * x - 1) < 0x1p-20);
        CHECK(std::abs(f64(after.v64(6, lane)) * std::sqrt(x) - 1) < 0x1p-20);
        CHECK(std::abs(f64(after.v64(8, lane)) / std::sqrt(x) - 1) < 0x1p-20);
    }
}

TEST_CASE("the compiler's sequence for f64 division is rounded correctly") {
    const std::string divide = R"(
        v_div_scale_f64 v[5:6], s[4:5], v[3:4], v[3:4], v[1:2]
        v_rcp_f64 v[7:8], v[5:6]
        v_fma_f64 v[9:10], -v[5:6], v[7:8], 1.0
        v_fma_f64 v[7:8], v[7:8], v[9:10], v[7:8]
        v_fma_f64 v[9:10], -v[5:6], v[7:8], 1.0
        v_fma_f64 v[7:8], v[7:8], v[9:10], v[7:8]
        v_div_scale_f64 v[9:10], vcc, v[1:2], v[3:4], v[1:2]
        v_mul_f64 v[11:12], v[9:10], v[7:8]
        v_fma_f64 v[5:6], -v[5:6], v[11:12], v[9:10]
        v_div_fmas_f64 v[5:6], v[5:6], v[7:8], v[11:12]
        v_div_fixup_f64 v[13:14], v[5:6], v[3:4], v[1:2]
    )";
    auto numbers = floats64;
    for (const double x : {3.0, 7.0, -10.0, 1e300, -1e-300, 1e160, 6e-160, 123456.789}) numbers.push_back(bits(x));
    const auto all_pairs = pairs(numbers);
    for (size_t at = 0; at < all_pairs.size(); at += 64) {
        State w;
        for (int lane = 0; lane < 64; ++lane)
            for (int k : {0, 1}) w.set_v64(1 + 2 * k, lane, all_pairs[(at + lane) % all_pairs.size()][k]);
        const State after = run(w, divide);
        for (int lane = 0; lane < 64; ++lane) {
            const double a = f64(w.v64(1, lane)), b = f64(w.v64(3, lane));
            INFO(a << " / " << b << " gives " << f64(after.v64(13, lane)));
            CHECK(same(after.v64(13, lane), bits(a / b)));
        }
    }
}
