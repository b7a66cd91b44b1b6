// The mathematical functions against the host's of 64 bits of precision: the bounds are those of OpenCL 2.0, table 7.4
// "ULP values for single precision built-in math functions".

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using Floats = std::vector<float>;
using L = long double;

static const L pi = 3.141592653589793238462643383279502884L;

THEME("math") {
    const auto angle = in(-200.f, 200.f), unit = in(-1.f, 1.f), wide = in(-80.f, 80.f), positive = in(1e-6f, 1e6f);
    t.near(
        "sin_float", 4, [](float a) { return sinl(a); }, angle);
    t.near(
        "cos_float", 4, [](float a) { return cosl(a); }, angle);
    t.near(
        "tan_float", 5, [](float a) { return tanl(a); }, in(-30.f, 30.f));
    t.near(
        "sinpi_float", 4, [](float a) { return sinl(pi * remainderl(a, 2)); }, in(-3.7f, 3.7f));
    t.near(
        "cospi_float", 4, [](float a) { return cosl(pi * remainderl(a, 2)); }, in(-3.7f, 3.7f));
    t.near(
        "asin_float", 4, [](float a) { return asinl(a); }, unit);
    t.near(
        "acos_float", 4, [](float a) { return acosl(a); }, unit);
    t.near(
        "atan_float", 5, [](float a) { return atanl(a); }, angle);
    t.near(
        "atan2_float", 6, [](float a, float b) { return atan2l(a, b); }, angle, angle);
    t.near(
        "sinh_float", 4, [](float a) { return sinhl(a); }, wide);
    t.near(
        "cosh_float", 4, [](float a) { return coshl(a); }, wide);
    t.near(
        "asinh_float", 4, [](float a) { return asinhl(a); }, angle);
    t.near(
        "acosh_float", 4, [](float a) { return acoshl(a); }, in(1.f, 1e6f));
    t.near(
        "atanh_float", 5, [](float a) { return atanhl(a); }, unit);
    t.near(
        "exp_float", 3, [](float a) { return expl(a); }, in(-100.f, 88.f));
    t.near(
        "exp2_float", 3, [](float a) { return exp2l(a); }, in(-130.f, 128.f));
    t.near(
        "exp10_float", 3, [](float a) { return exp10l(a); }, in(-40.f, 38.f));
    t.near(
        "expm1_float", 3, [](float a) { return expm1l(a); }, in(-20.f, 80.f));
    t.near(
        "log_float", 3, [](float a) { return logl(a); }, positive);
    t.near(
        "log2_float", 3, [](float a) { return log2l(a); }, positive);
    t.near(
        "log10_float", 3, [](float a) { return log10l(a); }, positive);
    t.near(
        "log1p_float", 2, [](float a) { return log1pl(a); }, in(-0.99f, 100.f));
    t.near(
        "pow_float", 16, [](float a, float b) { return powl(a, b); }, in(1e-3f, 1e3f), in(-12.f, 12.f));
    t.near(
        "powr_float", 16, [](float a, float b) { return powl(a, b); }, in(1e-3f, 1e3f), in(-12.f, 12.f));
    t.near(
        "pown_float", 16, [](float a, int b) { return powl(a, b); }, in(-50.f, 50.f), in(-20, 20));
    t.near(
        "rootn_float", 16, [](float a, int b) { return powl(a, 1 / L(b)); }, positive, in(1, 20));
    t.near(
        "cbrt_float", 2, [](float a) { return cbrtl(a); }, in(-1e6f, 1e6f));
    t.near(
        "hypot_float", 4, [](float a, float b) { return hypotl(a, b); }, in(-1e25f, 1e25f), in(-1e25f, 1e25f));
    t.near(
        "sqrt_loose", 3, [](float a) { return sqrtl(a); }, positive);
    t.near(
        "rsqrt_float", 2, [](float a) { return 1 / sqrtl(a); }, positive);
    t.near(
        "divide_loose", 2.5, [](float a, float b) { return L(a) / b; }, in(-1e9f, 1e9f), positive);
    t.near(
        "erfc_float", 16, [](float a) { return erfcl(a); }, in(-4.f, 9.f));
    t.near(
        "tgamma_float", 16, [](float a) { return tgammal(a); }, in(0.1f, 30.f));
    t.near(
        "half_exp_float", 8192, [](float a) { return expl(a); }, in(-80.f, 80.f));
    t.near(
        "native_log2_float", 8192, [](float a) { return log2l(a); }, in(2.f, 1e6f));  // and native_ functions
    t.near(
        "sincos_float", 4, [](float a, int b) { return b & 1 ? sinl(a) : cosl(a); }, angle, in(0, 9));
    t.near(
        "distance_float", 5.5, [](float a, float b) { return hypotl(L(a) - 1, L(b) - 2); }, in(-9.f, -5.f),
        in(-9.f, 0.f));

    if (!t.optimized()) return;
    t.near(
        "tanh_float", 5, [](float a) { return tanhl(a); }, in(-9.f, 9.f));
    t.near(
        "erf_float", 16, [](float a) { return erfl(a); }, in(-4.f, 4.f));
    t.near(
        "lgamma_float", 64, [](float a) { return lgammal(a); }, in(3.f, 1000.f));  // the table leaves lgamma open
}
