// Denormals of float kept, as the host keeps them.

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

static const Any<float> any;

THEME("denormal") {
    t.each(
        "add_denormal", [](float a, float b) -> float { return a + b; }, any, any);
    t.each(
        "multiply_denormal", [](float a, float b) -> float { return a * b; }, any, in(-1.f, 1.f));
    t.each(
        "unfused_denormal", [](float a, float b, float c) -> float { return a * b + c; }, any, in(-1.f, 1.f), any);
    t.each(
        "fma_denormal", [](float a, float b, float c) -> float { return std::fma(a, b, c); }, any, in(-1.f, 1.f), any);
    t.each(
        "divide_denormal", [](float a, float b) -> float { return a / b; }, any, any);
    t.each(
        "order_denormal", [](float a, float b) -> int { return (a < b) + 2 * (a == b) + 4 * (a > b); }, any, any);
    t.each(
        "double_denormal", [](float a) -> double { return a; }, any);
    t.each(
        "float_denormal", [](double a) -> float { return float(a); }, in(-1e-38, 1e-38));
    t.each("half_denormal", [](uint16_t a) -> float { return float(double(half::of_bits(a))); });
}
