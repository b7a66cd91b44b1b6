// Operations on double with one right answer, and functions within OpenCL's bounds.

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using L = long double;

THEME("double") {
    const Any<double> any;
    t.each(
        "add_double", [](double a, double b) -> double { return a + b; }, any, any);
    t.each(
        "multiply_double", [](double a, double b) -> double { return a * b; }, any, in(-2., 2.));
    t.each("fma_double", [](double a, double b, double c) -> double { return std::fma(a, b, c); });
    t.each("divide_double", [](double a, double b) -> double { return a / b; });
    t.each("sqrt_double", [](double a) -> double { return std::sqrt(a); });
    t.each("floor_double", [](double a) -> double { return std::floor(a); });
    t.each("rint_double", [](double a) -> double { return std::nearbyint(a); });
    t.each("trunc_double", [](double a) -> double { return std::trunc(a); });
    t.each(
        "ldexp_double", [](double a, int b) -> double { return std::ldexp(a, b); }, in(-9., 9.), in(-1100, 1100));
    t.each(
        "ilogb_double", [](double a) -> int { return std::ilogb(a); }, in(1e-9, 1e9));
    t.each(
        "fmin_double", [](double a, double b) -> double { return std::fmin(a, b); }, in(-9., 9.), in(-1e300, 1e300));
    t.each(
        "order_double",
        [](double a, double b) -> int {
            return (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a != b) + 16 * std::isunordered(a, b);
        },
        any);
    t.near(
        "exp_double", 3, [](double a) { return expl(a); }, in(-700., 700.));
    t.near(
        "log_double", 3, [](double a) { return logl(a); }, in(1e-12, 1e12));
    t.near(
        "sin_double", 4, [](double a) { return sinl(a); }, in(-50., 50.));
    t.near(
        "cos_double", 4, [](double a) { return cosl(a); }, in(-50., 50.));
    t.near(
        "atan_double", 5, [](double a) { return atanl(a); }, in(-50., 50.));
    t.near(
        "rsqrt_double", 2, [](double a) { return 1 / sqrtl(a); }, in(1e-9, 1e9));
    t.near(
        "cbrt_double", 2, [](double a) { return cbrtl(a); }, in(-1e9, 1e9));
    t.near(
        "hypot_double", 4, [](double a, double b) { return hypotl(a, b); }, in(-1e9, 1e9), in(-1e9, 1e9));
    t.near(
        "tanh_double", 5, [](double a) { return tanhl(a); }, in(-9., 9.));
    t.near(
        "newton_double", 1, [](double a) { return 1 / L(a); }, in(1., 100.));
    t.each(
        "series_double",
        [](double a) -> double {
            double term[64] = {1}, sum = 0;
            for (int k = 1; k < 64; ++k) term[k] = term[k - 1] * a / k;
            for (int k = 63; k >= 0; --k) sum += term[k];
            return sum;
        },
        in(-9., 9.));

    if (!t.optimized()) return;
    t.near(
        "pow_double", 16, [](double a, double b) { return powl(a, b); }, in(1e-3, 1e3), in(-50., 50.));
}
