// Conversions. The host rounds by name (floor, ceil, nearbyint) in double or by its processor's rounding mode.

#include <cfenv>

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using i64 = int64_t;
using u64 = uint64_t;

// The value cut to what T has, as a conversion with _sat does.
template <class T> static T saturated(double v) {
    if (std::isnan(v)) return 0;
    if (v <= double(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
    if (v >= double(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    return T(v);
}

// A conversion by the host's processor in another rounding mode; the compiler must not do it at its own time.
template <class To, class From> static To rounded(int mode, From from) {
    volatile From v = from;
    std::fesetround(mode);
    volatile To result = To(v);
    std::fesetround(FE_TONEAREST);
    return result;
}

THEME("convert") {
    const auto int_sized = in(-2147483000.f, 2147483000.f), near_byte = in(-300.f, 300.f);
    const auto long_sized = in(-9e18, 9e18);
    t.each(
        "int_rte_float", [](float a) -> int { return int(std::nearbyint(a)); }, int_sized);
    t.each(
        "int_rtz_float", [](float a) -> int { return int(a); }, int_sized);
    t.each(
        "int_rtp_float", [](float a) -> int { return int(std::ceil(a)); }, int_sized);
    t.each(
        "int_rtn_float", [](float a) -> int { return int(std::floor(a)); }, int_sized);
    t.each(
        "int_sat_float", [](float a) -> int { return saturated<int>(std::trunc(a)); }, in(-4e9f, 4e9f));
    t.each(
        "uint_sat_rte_float", [](float a) -> uint32_t { return saturated<uint32_t>(std::nearbyint(a)); },
        in(-1e9f, 5e9f));
    t.each(
        "char_sat_float", [](float a) -> int8_t { return saturated<int8_t>(std::trunc(a)); }, near_byte);
    t.each(
        "uchar_sat_rte_float", [](float a) -> uint8_t { return saturated<uint8_t>(std::nearbyint(a)); }, near_byte);
    t.each(
        "short_sat_rtn_float", [](float a) -> int16_t { return saturated<int16_t>(std::floor(a)); },
        in(-40000.f, 40000.f));
    t.each(
        "long_float", [](float a) -> i64 { return i64(a); }, in(-9e18f, 9e18f));
    t.each(
        "ulong_double", [](double a) -> u64 { return u64(a); }, in(0., 1.8e19));
    t.each(
        "long_rtn_double", [](double a) -> i64 { return i64(std::floor(a)); }, long_sized);
    t.each("int_sat_double", [](double a) -> int { return saturated<int>(std::trunc(a)); });
    t.each(
        "uint_double", [](double a) -> uint32_t { return uint32_t(a); }, in(0., 4294967295.));
    t.each("float_int", [](int a) -> float { return float(a); });
    t.each("float_rtz_int", [](int a) -> float { return rounded<float>(FE_TOWARDZERO, a); });
    t.each("float_rtp_uint", [](uint32_t a) -> float { return rounded<float>(FE_UPWARD, double(a)); });
    t.each("float_rtn_int", [](int a) -> float { return rounded<float>(FE_DOWNWARD, a); });
    t.each("float_long", [](i64 a) -> float { return float(a); });
    t.each("float_ulong", [](u64 a) -> float { return float(a); });
    t.each("double_long", [](i64 a) -> double { return double(a); });
    t.each("double_ulong", [](u64 a) -> double { return double(a); });
    t.each("double_uint", [](uint32_t a) -> double { return a; });
    t.each(
        "float_double", [](double a) -> float { return float(a); }, in(-1e39, 1e39));
    t.each(
        "float_rtz_double", [](double a) -> float { return rounded<float>(FE_TOWARDZERO, a); }, in(-1e30, 1e30));
    t.each(
        "float_rtp_double", [](double a) -> float { return rounded<float>(FE_UPWARD, a); }, in(-1e30, 1e30));
    t.each("char_sat_int", [](int a) -> int8_t { return std::clamp(a, -128, 127); });
    t.each("ushort_sat_int", [](int a) -> uint16_t { return std::clamp(a, 0, 65535); });
    t.each("uint_sat_long", [](i64 a) -> uint32_t { return std::clamp<i64>(a, 0, 0xffffffff); });
    t.each("int_sat_ulong", [](u64 a) -> int { return std::min<u64>(a, 0x7fffffff); });
    t.each("bytes_float", [](uint32_t a) -> Vec<float, 4> {
        return Vec<float, 4>{float(a & 255), float(a >> 8 & 255), float(a >> 16 & 255), float(a >> 24)};
    });
}
