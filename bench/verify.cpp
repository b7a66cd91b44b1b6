#include "bench/verify.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <span>

#include "plan/problem.hpp"

namespace gcn {

static std::vector<float> fill(int64_t elements, Fill kind, std::mt19937_64& random) {
    std::vector<float> values(static_cast<size_t>(elements));
    std::uniform_int_distribution<int> integer(-3, 3);
    std::uniform_real_distribution<float> real(-1, 1);
    for (float& v : values) v = kind == Fill::Integers ? float(integer(random)) : real(random);
    return values;
}

Operands operands(const Gemm& g, Fill kind, uint64_t seed) {
    std::mt19937_64 random(seed);
    Operands o;
    o.a = fill(elements_a(g), kind, random);
    o.b = fill(elements_b(g), kind, random);
    o.c = fill(elements_c(g), kind, random);
    return o;
}

bool exact_with_integers(const Gemm& g) {
    // With alpha and beta multiples of 1/16, every value is one too, and f32 holds those below 2^24 / 16.
    const auto multiple = [](float x) { return x * 16 == std::floor(x * 16); };
    const double largest = 9.0 * double(g.k) * std::max(1.0f, std::abs(g.alpha)) + 3.0 * std::abs(g.beta);
    return multiple(g.alpha) && multiple(g.beta) && largest < 0x1p24 / 16;
}

using Vector = std::vector<double>;

// op(M) * x, or op(|M|) * x.
static Vector times(const std::vector<float>& m, const Stored& s, Trans trans, const Vector& x, bool magnitudes) {
    Vector y(size_t(trans == Trans::No ? s.rows : s.columns));
    for (int64_t j = 0; j < s.columns; ++j)
        for (int64_t i = 0; i < s.rows; ++i) {
            const double value = magnitudes ? std::abs(m[size_t(i + j * s.ld)]) : m[size_t(i + j * s.ld)];
            if (trans == Trans::No)
                y[size_t(i)] += value * x[size_t(j)];
            else
                y[size_t(j)] += value * x[size_t(i)];
        }
    return y;
}

// alpha * op(A) * (op(B) * x) + beta * C0 * x, or the same of magnitudes. What a factor of zero excludes is not read.
static Vector right_side(const Gemm& g, const Operands& o, const Vector& x, bool magnitudes) {
    const auto factor = [&](float f) { return magnitudes ? std::abs(f) : f; };
    Vector sum(size_t(g.m));
    const auto add = [&](float f, const Vector& y) {
        for (size_t i = 0; i < sum.size(); ++i) sum[i] += double(factor(f)) * y[i];
    };
    if (g.alpha != 0 && g.k > 0) {
        const Vector bx = times(o.b, stored_b(g), g.b, x, magnitudes);
        add(g.alpha, times(o.a, stored_a(g), g.a, bx, magnitudes));
    }
    if (g.beta != 0) add(g.beta, times(o.c, stored_c(g), Trans::No, x, magnitudes));
    return sum;
}

static std::string text(double value) {
    char digits[32];
    return std::string(digits, size_t(std::snprintf(digits, sizeof digits, "%.9g", value)));
}

// How far a sum of this magnitude may be off: rounding, and what flushing tiny products can lose.
static double allowance(const Gemm& g, double magnitude, double terms, Demand demand) {
    const double steps = double(g.k + 4);
    if (demand == Demand::Equal) return 0;
    return (demand == Demand::Likely ? 6 * std::sqrt(steps) : steps) * 0x1p-24 * magnitude + steps * 0x1p-126 * terms;
}

struct Element {
    double wanted = 0, magnitude = 0;
};

static Element element(const Gemm& g, const Operands& before, int64_t row, int64_t column) {
    Element e;
    const auto add = [&](double term) { e.wanted += term, e.magnitude += std::abs(term); };
    const Stored a = stored_a(g), b = stored_b(g);
    for (int64_t p = 0; p < g.k && g.alpha != 0; ++p) {
        const double x = before.a[size_t(g.a == Trans::No ? row + p * a.ld : p + row * a.ld)];
        add(g.alpha * x * before.b[size_t(g.b == Trans::No ? p + column * b.ld : column + p * b.ld)]);
    }
    if (g.beta != 0) add(double(g.beta) * before.c[size_t(row + column * stored_c(g).ld)]);
    return e;
}

// How far a value is out of its bounds; not above 0 when it is right. What f32 cannot hold is rightly infinite.
static double excess(float value, const Element& e, double allowed) {
    const bool overflow = std::abs(e.wanted) + allowed > double(std::numeric_limits<float>::max());
    if (std::isinf(value) && overflow && std::signbit(value) == std::signbit(e.wanted)) return -allowed;
    return std::abs(value - e.wanted) - allowed;
}

struct Worst {
    double excess = -HUGE_VAL;
    std::string text;  // "C(17, 5) is 12, not 9"
};

// Of a row: the element that is furthest out of its bounds, or nearest to them.
static Worst worst_element(const Gemm& g, const Operands& before, const std::vector<float>& c, int64_t row,
                           Demand demand) {
    Worst worst;
    for (int64_t j = 0; j < g.n; ++j) {
        const Element e = element(g, before, row, j);
        const float value = c[size_t(row + j * stored_c(g).ld)];
        const double off = excess(value, e, allowance(g, e.magnitude, 1, demand));
        if (off <= worst.excess) continue;
        worst = {off, "C(" + std::to_string(row) + ", " + std::to_string(j) + ") is " + text(double(value)) + ", not " +
                          text(e.wanted)};
        if (std::isnan(off)) break;
    }
    return worst;
}

static Verdict verify_one(const Gemm& g, const Operands& before, const std::vector<float>& c, Demand demand) {
    std::mt19937_64 random(803);
    std::uniform_int_distribution<int> integer(1, 1023);
    Vector x(size_t(g.n)), x_magnitude(size_t(g.n));
    for (size_t j = 0; j < x.size(); ++j) {
        x_magnitude[j] = integer(random);
        x[j] = random() & 1 ? x_magnitude[j] : -x_magnitude[j];
    }
    double terms = 0;
    for (const double v : x_magnitude) terms += v;

    const Vector got = times(c, stored_c(g), Trans::No, x, false), wanted = right_side(g, before, x, false);
    const Vector magnitude = demand == Demand::Equal ? Vector(size_t(g.m)) : right_side(g, before, x_magnitude, true);
    double largest = 0;
    int64_t wrong = 0, first = 0;
    for (size_t i = 0; i < got.size(); ++i) {
        if (!std::isfinite(wanted[i]))
            fail({"verify " + text(g), "row " + std::to_string(i) + " of the right result is not finite"});
        const double off = std::abs(got[i] - wanted[i]), bound = allowance(g, magnitude[i], terms, demand);
        if (off <= bound)
            largest = std::max(largest, bound > 0 ? off / bound : 0);
        else if (!std::isfinite(got[i]) && worst_element(g, before, c, int64_t(i), demand).excess <= 0)
            continue;  // sums that overflow f32 cannot be compared as a row
        else if (wrong++ == 0)
            first = int64_t(i);
    }
    if (wrong > 0)
        return {false, std::to_string(wrong) + (wrong == 1 ? " row is wrong; " : " rows are wrong; ") +
                           worst_element(g, before, c, first, demand).text};
    if (demand == Demand::Equal) return {true, "exact"};
    char share[48];
    std::snprintf(share, sizeof share, "%.1g of the error bound", largest);
    return {true, share};
}

// Of a batch the first product that is wrong, else the one that is furthest off.
Verdict verify(const Gemm& g, const Operands& before, const std::vector<float>& c, Demand demand) {
    if (g.batch == 1) return verify_one(g, before, c, demand);
    const Gemm one = one_of(g);
    const auto part = [](const std::vector<float>& all, int64_t at, const Stored& s) {
        return std::vector<float>(all.begin() + at, all.begin() + at + s.span());
    };
    Verdict worst{true, demand == Demand::Equal ? "exact" : "0 of the error bound"};
    for (int64_t i = 0; i < g.batch; ++i) {
        const Operands o{part(before.a, i * stride_a(g), stored_a(g)), part(before.b, i * stride_b(g), stored_b(g)),
                         part(before.c, i * stride_c(g), stored_c(g))};
        const Verdict v = verify_one(one, o, part(c, i * stride_c(g), stored_c(g)), demand);
        if (!v.right) return {false, "product " + std::to_string(i) + ": " + v.text};
        if (std::strtod(v.text.c_str(), nullptr) > std::strtod(worst.text.c_str(), nullptr)) worst = v;
    }
    return worst;
}

}  // namespace gcn
