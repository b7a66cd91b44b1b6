// Half precision; the host computes in double and rounds once.

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

THEME("half") {
    const Any<half> any;
    const auto small = in(half(-16), half(16));
    t.each(
        "add_half", [](half a, half b) -> half { return double(a) + b; }, any, any);
    t.each(
        "subtract_half", [](half a, half b) -> half { return double(a) - b; }, any, any);
    t.each(
        "multiply_half", [](half a, half b) -> half { return double(a) * b; }, any, small);
    t.each("unfused_half", [](half a, half b, half c) -> half { return half(double(a) * b) + double(c); });
    t.each(
        "fma_half", [](half a, half b, half c) -> half { return double(a) * b + c; }, small, small, small);
    t.near(
        "divide_half", 1, [](half a, half b) { return (long double)(double(a)) / double(b); }, small,
        in(half(1), half(99)));
    t.near(
        "sqrt_half", 1, [](half a) { return sqrtl(double(a)); }, in(half(0), half(60000)));
    t.each("floor_half", [](half a) -> half { return std::floor(double(a)); });
    t.each("rint_half", [](half a) -> half { return std::nearbyint(double(a)); });
    t.each("trunc_half", [](half a) -> half { return std::trunc(double(a)); });
    t.each(
        "fmax_half", [](half a, half b) -> half { return std::fmax(double(a), double(b)); }, small, small);
    t.each(
        "order_half",
        [](half a, half b) -> int {
            const double x = a, y = b;
            return (x < y) + 2 * (x <= y) + 4 * (x == y) + 8 * (x != y);
        },
        any, any);
    t.each(
        "ldexp_half", [](half a, int b) -> half { return std::ldexp(double(a), b); }, small, in(-30, 30));
    t.each(
        "short_of_half", [](half a) -> int16_t { return int16_t(double(a)); }, in(half(-30000), half(30000)));
    t.each("half_of_ushort", [](uint16_t a) -> half { return double(a); });
    t.each(
        "half_of_float", [](float a) -> half { return double(a); }, in(-70000.f, 70000.f));
    t.each(
        "float_of_half", [](half a) -> float { return float(double(a)); }, any);
    t.each(
        "half_of_double", [](double a) -> half { return a; }, in(-70000., 70000.));
    t.near(
        "exp2_half", 2, [](half a) { return exp2l(double(a)); }, in(half(-14), half(15)));
    t.near(
        "log2_half", 2, [](half a) { return log2l(double(a)); }, in(half(0.001), half(60000)));
    t.near(
        "rsqrt_half", 1, [](half a) { return 1 / sqrtl(double(a)); }, in(half(0.001), half(60000)));
    t.run(
        "packed_half", line(64),
        [](std::vector<half>& out, const std::vector<half>& a, const std::vector<half>& b) {
            for (size_t i = 0; i < out.size(); ++i) out[i] = half(double(a[i]) * b[i]) - double(b[i]);
        },
        std::vector<half>(256), numbers(256, half(-16), half(16)), numbers(256, half(-4), half(9)));
    t.each(
        "horner_half",
        [](half a) -> half {
            half r = 0;
            for (int k = 0; k < 5; ++k) r = half(double(r) * a) + double(k - 2);
            return r;
        },
        small);
}
