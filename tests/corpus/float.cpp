// Operations on float that have one right answer; those of the host's processor are correctly rounded too.

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using Floats = std::vector<float>;
using Pair = Vec<float, 2>;

static const Any<float> any;

THEME("float") {
    // Denormals, infinities and NaNs among the inputs; a flush before and after, as MODE asks.
    const auto z = flushed;
    t.each(
        "add_float", [=](float a, float b) -> float { return z(z(a) + z(b)); }, any, any);
    t.each(
        "subtract_float", [=](float a, float b) -> float { return z(z(a) - z(b)); }, any, any);
    t.each(
        "multiply_float", [=](float a, float b) -> float { return z(z(a) * z(b)); }, any, any);
    t.each("unfused_float", [=](float a, float b, float c) -> float { return z(z(z(a) * z(b)) + z(c)); });
    t.each("fma_float", [=](float a, float b, float c) -> float { return z(std::fma(z(a), z(b), z(c))); });
    t.each("divide_float", [=](float a, float b) -> float { return z(z(a) / z(b)); });
    t.each("sqrt_float", [=](float a) -> float { return z(std::sqrt(z(a))); });
    t.each(
        "fmin_float", [](float a, float b) -> float { return std::fmin(a, b); }, in(-1e30f, 1e30f), in(-3.f, 3.f));
    t.each(
        "fmax_float", [](float a, float b) -> float { return std::fmax(a, b); }, in(-1e30f, 1e30f), in(-3.f, 3.f));
    t.each("copysign_float", [](float a, float b) -> float { return std::copysign(a, b); });
    t.each("floor_float", [](float a) -> float { return std::floor(a); });
    t.each("ceil_float", [](float a) -> float { return std::ceil(a); });
    t.each("trunc_float", [](float a) -> float { return std::trunc(a); });
    t.each("round_float", [](float a) -> float { return std::round(a) + 0.f; });  // of AMD's library: 0 for -0
    t.each("rint_float", [](float a) -> float { return std::nearbyint(a); });
    t.each(
        "ldexp_float", [=](float a, int b) -> float { return z(std::ldexp(a, b)); }, in(-8.f, 8.f), in(-160, 160));
    t.each(
        "ilogb_float", [](float a) -> int { return std::ilogb(a); }, in(0.001f, 1e9f));
    t.each(
        "logb_float", [](float a) -> float { return std::logb(a); }, in(-3e30f, 3e30f));
    t.each(
        "nextafter_float", [](float a, float b) -> float { return std::nextafter(a, b); }, in(-9.f, 9.f),
        in(-9.f, 9.f));
    t.each("fdim_float", [=](float a, float b) -> float { return z(std::fdim(a, b)); });
    t.each("step_float", [](float a, float b) -> float { return b < a ? 0 : 1; });
    t.each("sign_float", [](float a) -> float { return a > 0 ? 1 : a < 0 ? -1 : a; });
    t.each(
        "clamp_float",
        [](float a, float b, float c) -> float { return std::fmin(std::fmax(a, std::fmin(b, c)), std::fmax(b, c)); },
        in(-9.f, 9.f), in(-5.f, 5.f), in(-5.f, 5.f));
    t.each(
        "classes_float",
        [](float a) -> int {
            return std::isnan(a) + 2 * std::isinf(a) + 4 * std::isfinite(a) + 8 * std::isnormal(a) +
                   16 * std::signbit(a);
        },
        any);
    t.each("order_float", [](float a, float b) -> int {
        return (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a != b) + 16 * (a >= b) + 32 * (a > b) +
               64 * std::isunordered(a, b) + 128 * std::islessgreater(a, b);
    });
    t.each(
        "frexp_float",
        [](float a) -> Pair {
            int exponent;
            const float fraction = std::frexp(a, &exponent);
            return Pair{fraction, float(exponent)};
        },
        in(-1e20f, 1e20f));
    t.each(
        "modf_float",
        [](float a) -> Pair {
            float whole;
            const float fraction = std::modf(a, &whole);
            return Pair{fraction, whole};
        },
        in(-1e6f, 1e6f));
    t.each(
        "horner_float",
        [](float a) -> float {
            float r = 0;
            for (float c : {0.5f, -0.25f, 3.0f, 1.0f / 3, -7.0f, 0.1f}) r = r * a + c;
            return r;
        },
        in(-4.f, 4.f));
    t.each(
        "kahan_float",
        [](float a) -> float {
            float r = 0, rest = 0, term = a;
            for (int k = 0; k < 50; ++k, term *= 0.75f) {
                const float y = term - rest, sum = r + y;
                rest = (sum - r) - y;
                r = sum;
            }
            return r;
        },
        in(1.f, 1000.f));
    t.each(
        "mandelbrot_float",
        [](float a, float b) -> int {
            int steps = 0;
            for (float x = 0, y = 0; steps < 100 && x * x + y * y <= 4; ++steps) {
                const float next = x * x - y * y + a;
                y = 2 * x * y + b;
                x = next;
            }
            return steps;
        },
        in(-2.f, 1.f), in(-1.5f, 1.5f));
    t.run(
        "matrix_float", {.global = {50, 50, 1}, .local = {16, 4, 1}},
        [](Floats& c, const Floats& a, const Floats& b, int n) {
            for (int row = 0; row < n; ++row)
                for (int column = 0; column < n; ++column) {
                    float sum = 0;
                    for (int k = 0; k < n; ++k) sum += a[row * n + k] * b[k * n + column];
                    c[row * n + column] = sum;
                }
        },
        Floats(2500), numbers(2500, -1.f, 1.f), numbers(2500, -8.f, 8.f), 50);
    t.each(
        "bits_float", [](float a) -> uint32_t { return std::bit_cast<uint32_t>(a) ^ std::bit_cast<uint32_t>(a / 2); },
        in(-1e9f, -1e-9f));

    if (!t.optimized()) return;
    t.each("fmod_float", [=](float a, float b) -> float { return z(std::fmod(a, b)); });
    t.each("remainder_float", [=](float a, float b) -> float { return z(std::remainder(a, b)); });
    t.each(
        "remquo_float",
        [=](float a, float b) -> Pair {
            int quotient;
            const float rest = std::remquo(a, b, &quotient);
            return Pair{z(rest), float(quotient & 7)};
        },
        in(-1e4f, 1e4f), in(1.f, 100.f));
}
