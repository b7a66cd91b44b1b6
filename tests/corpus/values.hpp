#pragma once
// Inputs of the corpus: corner values of every type against each other, then random ones; and when two results agree.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/corpus/half.hpp"

namespace gcn::corpus {

// OpenCL's vectors. One of three is stored as one of four, so buffers hold those through vload3 and vstore3.
template <class T, size_t n> using Vec = std::array<T, n>;

template <class T> constexpr bool is_half = std::is_same_v<T, half>;
template <class T> constexpr bool is_float = std::is_floating_point_v<T> || is_half<T>;
template <class T> constexpr bool is_scalar = std::is_integral_v<T> || is_float<T>;
template <class T>
concept Scalar = is_scalar<T>;
template <class T>
concept Vector = !is_scalar<T> && requires(T v) {
    v[0] + v[0];
};
template <class T> using Lane = std::remove_cvref_t<decltype(std::declval<T>()[0])>;
template <class T> constexpr int lanes_of = sizeof(T) / sizeof(Lane<T>);

// Where inputs lie. By default everywhere, but denormals and NaN: those are asked for by name, with Any.
template <class T> struct Range { T low, high; };
template <class T> Range<T> in(T low, T high) { return {low, high}; }
template <class T> struct Any {};

using Random = std::mt19937_64;

template <Scalar T> std::vector<T> corners() {
    if constexpr (is_half<T>) {
        std::vector<T> all;
        for (double v : {0., -0., 1., -1., 0.5, 3., 1.0009765625, 65504., -65504., 6.103515625e-5, 1000., -2.5})
            all.push_back(v);
        return all;
    } else if constexpr (is_float<T>) {
        using Limits = std::numeric_limits<T>;
        return {T(0),
                -T(0),
                T(1),
                T(-1),
                T(0.5),
                T(-2.5),
                T(1) / T(3),
                T(100),
                Limits::max(),
                Limits::lowest(),
                Limits::min(),
                -Limits::min(),
                1 + Limits::epsilon(),
                Limits::infinity(),
                -Limits::infinity(),
                T(16777217)};
    } else {
        using Limits = std::numeric_limits<T>;
        return {
            T(0), T(1), T(-1), T(2), T(7), Limits::max(), Limits::min(), T(Limits::max() / 2), T(Limits::min() + 1)};
    }
}

template <Scalar T> T random_value(Random& random) {
    if constexpr (is_half<T>) {
        for (;;)
            if (const half h = half::of_bits(uint16_t(random())); (h.bits & 0x7c00) != 0 && (h.bits & 0x7c00) != 0x7c00)
                return h;
    } else if constexpr (is_float<T>) {
        // Half of them of all magnitudes, half near 1, where sums and products meet.
        const bool wide = random() & 1;
        const int span = wide ? std::numeric_limits<T>::max_exponent - 2 : 8;
        const T fraction = T(1) + T(random() >> 11) * T(0x1p-53);
        const T size = std::ldexp(std::min(fraction, T(2) - std::numeric_limits<T>::epsilon()),
                                  int(random() % uint64_t(2 * span + 1)) - span);
        return random() & 1 ? -size : size;
    } else {
        // Small ones as often as those of all bits.
        const auto bits = random();
        return T(bits & 1 ? int64_t(bits) >> 32 : int64_t(bits) >> 56 >> (bits >> 1 & 7));
    }
}

// The i-th of a buffer's values. Each argument steps through its corners at a speed of its own, so that all meet.
template <Scalar T> T value(size_t i, size_t stride, Random& random) {
    static const std::vector<T> all = corners<T>();
    const T drawn = random_value<T>(random);
    return i < 400 ? all[i / stride % all.size()] : drawn;
}
template <Vector T> T value(size_t, size_t, Random& random) {
    static const std::vector<Lane<T>> all = corners<Lane<T>>();
    T v{};
    for (int lane = 0; lane < lanes_of<T>; ++lane)
        v[lane] = random() % 4 ? random_value<Lane<T>>(random) : all[random() % all.size()];
    return v;
}

template <Scalar T> T value_in(const Any<T>&, size_t i, Random& random) {
    using Bits = std::conditional_t<sizeof(T) == 2, uint16_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>;
    const Bits all = Bits(random()), fraction = all >> (sizeof(T) == 2 ? 6 : sizeof(T) == 4 ? 9 : 12);
    const Bits bits = i % 4 ? all : Bits(all & Bits(1) << (8 * sizeof(T) - 1)) | fraction;  // often a denormal
    return std::bit_cast<T>(bits);
}
template <Scalar T> T value_in(const Range<T>& range, size_t i, Random& random) {
    if (i % 64 == 0) return range.low;
    if (i % 64 == 1) return range.high;
    if constexpr (is_float<T>) {
        const double low = double(range.low), high = double(range.high);
        double v = low + (high - low) * (double(random() >> 11) * 0x1p-53);
        if (i % 3 == 0 && low < 0 && high > 0) v = std::ldexp(v, -int(random() % 24));  // near zero too
        return T(std::clamp(double(T(v)), low, high));
    } else {
        const uint64_t span = uint64_t(range.high) - uint64_t(range.low) + 1;
        return T(uint64_t(range.low) + (span ? random() % span : random()));
    }
}
template <Vector T> T value_in(const Range<Lane<T>>& range, size_t, Random& random) {
    T v{};
    for (int lane = 0; lane < lanes_of<T>; ++lane) v[lane] = value_in(range, random(), random);
    return v;
}

// ---- equal, and how it prints ----------------------------------------------------

template <Scalar T> bool is_nan(T v) {
    if constexpr (is_half<T>)
        return (v.bits & 0x7fff) > 0x7c00;
    else
        return v != v;
}
// NaNs agree as a class, zeros only with their signs.
template <class T> bool same(const T& got, const T& want) {
    if constexpr (Vector<T>) {
        for (int lane = 0; lane < lanes_of<T>; ++lane)
            if (!same<Lane<T>>(got[lane], want[lane])) return false;
        return true;
    } else {
        if constexpr (is_float<T>)
            if (is_nan(got) && is_nan(want)) return true;
        return std::memcmp(&got, &want, sizeof got) == 0;
    }
}

template <class T> std::string text(const T& v) {
    std::ostringstream out;
    if constexpr (Vector<T>) {
        for (int lane = 0; lane < lanes_of<T>; ++lane) out << (lane ? " " : "(") << text<Lane<T>>(v[lane]);
        out << ")";
    } else if constexpr (is_half<T>) {
        out << double(v) << std::hex << " 0x" << v.bits;
    } else if constexpr (std::is_same_v<T, long double>) {
        out.precision(21);
        out << v;
    } else if constexpr (std::is_floating_point_v<T>) {
        using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
        out.precision(17);
        out << v << std::hex << " 0x" << std::bit_cast<Bits>(v);
    } else if constexpr (std::is_integral_v<T>) {
        out << +v << std::hex << " 0x" << +std::make_unsigned_t<T>(v);
    } else {
        for (size_t i = 0; i < sizeof v; ++i) out << std::hex << +reinterpret_cast<const unsigned char*>(&v)[i] << " ";
    }
    return out.str();
}

// |got - want| in units of the last place of T at `want`: the measure of OpenCL's table of errors. Results that T
// cannot hold must be the right infinity, and with `flush` any zero will do for a denormal.
template <Scalar T> double ulps_between(T got, long double want, bool flush) {
    constexpr bool h = is_half<T>;
    const int digits = h                          ? 11
                       : std::is_same_v<T, float> ? 24
                                                  : 53,
              bottom = h                          ? -14
                       : std::is_same_v<T, float> ? -126
                                                  : -1022;
    if (std::isnan(want)) return is_nan(got) ? 0 : HUGE_VAL;
    const long double g = double(got);
    const long double largest = std::ldexp(2 - std::ldexp(1.0L, 1 - digits), -bottom + 1);
    if (std::isnan(g)) return HUGE_VAL;
    if (std::isinf(g) && std::fabs(want) > largest) return std::signbit(g) == std::signbit(want) ? 0 : HUGE_VAL;
    if (std::isinf(g) || std::isinf(want)) return g == want ? 0 : std::fabs(want) > largest / 2 ? 1 : HUGE_VAL;
    const int exponent = want == 0 ? bottom : std::max(std::ilogb(want), bottom);
    if (flush && std::fabs(want) < std::ldexp(1.0L, bottom) && g == 0) return 0;
    return double(std::fabs(g - want) / std::ldexp(1.0L, exponent - digits + 1));
}

// What a 32-bit float operation makes of a denormal when MODE flushes them, as clang has it for gfx803.
inline float flushed(float v) { return std::fabs(v) < 0x1p-126f ? std::copysign(0.f, v) : v; }

}  // namespace gcn::corpus
