#pragma once
// Half precision for the host's side of the corpus: GCC 12 has no _Float16 in C++. Conversions only; arithmetic goes
// through double, whose result of one +, -, *, / or sqrt rounds to half as the exact one does.

#include <cmath>
#include <cstdint>
#include <limits>

namespace gcn::corpus {

struct half {
    uint16_t bits = 0;

    half() = default;
    half(double value) : bits(from(value)) {}
    static half of_bits(uint16_t bits) {
        half h;
        h.bits = bits;
        return h;
    }

    operator double() const {
        const double sign = bits & 0x8000 ? -1 : 1;
        const int exponent = bits >> 10 & 31, fraction = bits & 1023;
        if (exponent == 31) return fraction ? std::numeric_limits<double>::quiet_NaN() : sign * HUGE_VAL;
        return sign * (exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24));
    }

private:
    // To the nearest, ties to even: nearbyint in the host's default mode does the rounding, in units of the last place.
    static uint16_t from(double value) {
        const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
        if (std::isnan(value)) return 0x7e00;
        if (std::isinf(value)) return sign | 0x7c00;
        const double size = std::fabs(value);
        const int exponent = size == 0 ? -14 : std::max(std::ilogb(size), -14);
        const double units = std::nearbyint(std::ldexp(size, 10 - exponent));  // 1024 to 2048; less below 2^-14
        const double rounded = std::ldexp(units, exponent - 10);
        if (rounded >= 65536) return sign | 0x7c00;
        if (rounded < std::ldexp(1, -14)) return sign | uint16_t(std::ldexp(rounded, 24));
        const int top = std::ilogb(rounded);
        return sign | uint16_t((top + 15) << 10 | (int(std::ldexp(rounded, 10 - top)) & 1023));
    }
};

}  // namespace gcn::corpus
