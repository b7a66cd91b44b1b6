// Vectors: the host's compiler has them too, but each line here says it element by element.

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using Floats = std::vector<float>;
using char16 = Vec<int8_t, 16>;
using uchar16 = Vec<uint8_t, 16>;
using uchar8 = Vec<uint8_t, 8>;
using uchar4 = Vec<uint8_t, 4>;
using short8 = Vec<int16_t, 8>;
using short4 = Vec<int16_t, 4>;
using ushort8 = Vec<uint16_t, 8>;
using int4 = Vec<int, 4>;
using int8 = Vec<int, 8>;
using uint4 = Vec<uint32_t, 4>;
using long2 = Vec<int64_t, 2>;
using ulong2 = Vec<uint64_t, 2>;
using float4 = Vec<float, 4>;
using float8 = Vec<float, 8>;
using float16 = Vec<float, 16>;

// R of element(0), element(1), ...
template <class R, class F> static R make(F element) {
    R r{};
    for (int k = 0; k < lanes_of<R>; ++k) r[k] = Lane<R>(element(k));
    return r;
}

THEME("vector") {
    const auto coordinate = in(-100.f, 100.f);
    t.each("add_char16", [](char16 a, char16 b) -> char16 { return make<char16>([&](int k) { return a[k] + b[k]; }); });
    t.each("multiply_short8",
           [](short8 a, short8 b) -> short8 { return make<short8>([&](int k) { return a[k] * b[k]; }); });
    t.each("shift_uint4", [](uint4 a, uint4 b) -> uint4 {
        return make<uint4>([&](int k) { return a[k] << b[k] % 32 ^ a[k] >> b[k] % 8; });
    });
    t.each("multiply_long2", [](long2 a, long2 b) -> long2 {
        return make<long2>([&](int k) { return uint64_t(a[k]) * uint64_t(b[k]); });
    });
    t.each(
        "divide_int4",
        [](int4 a, int4 b) -> int4 { return make<int4>([&](int k) { return int64_t(a[k]) / (b[k] | 1); }); },
        in(-2147483647, 2147483647));
    t.each("less_int4", [](int4 a, int4 b) -> int4 { return make<int4>([&](int k) { return a[k] < b[k] ? -1 : 0; }); });
    t.each("equal_float4",
           [](float4 a, float4 b) -> int4 { return make<int4>([&](int k) { return a[k] == b[k] ? -1 : 0; }); });
    t.each("select_int4",
           [](int4 a, int4 b, int4 c) -> int4 { return make<int4>([&](int k) { return c[k] < 0 ? b[k] : a[k]; }); });
    t.each("bitselect_uchar8", [](uchar8 a, uchar8 b, uchar8 c) -> uchar8 {
        return make<uchar8>([&](int k) { return (a[k] & ~c[k]) | (b[k] & c[k]); });
    });
    t.each("min_short8",
           [](short8 a, short8 b) -> short8 { return make<short8>([&](int k) { return a[k] < b[k] ? a[k] : b[k]; }); });
    t.each("add_sat_uchar16", [](uchar16 a, uchar16 b) -> uchar16 {
        return make<uchar16>([&](int k) { return std::min(a[k] + b[k], 255); });
    });
    t.each("reverse_float8", [](float8 a) -> float8 { return make<float8>([&](int k) { return a[7 - k]; }); });
    t.each("swizzle_uchar16", [](uchar16 a) -> uchar16 {
        const int from[] = {15, 14, 13, 12, 0, 1, 2, 3, 11, 10, 9, 8, 4, 5, 6, 7};
        return make<uchar16>([&](int k) { return a[from[k]]; });
    });
    t.each("even_odd_int8",
           [](int8 a, int8 b) -> int8 { return make<int8>([&](int k) { return k < 4 ? a[2 * k] : b[2 * k - 7]; }); });
    t.each("low_high_float4", [](float4 a, float4 b) -> float4 { return float4{b[2], a[0], b[3], a[1]}; });
    t.each("any_all_int4", [](int4 a) -> int {
        bool any = false, all = true;
        for (int k = 0; k < 4; ++k) any |= a[k]<0, all &= a[k]> - 100;
        return any + 2 * all;
    });
    t.each("uchar4_of_int4",
           [](int4 a) -> uchar4 { return make<uchar4>([&](int k) { return std::clamp(+a[k], 0, 255); }); });
    t.each("float4_of_short4", [](short4 a) -> float4 { return make<float4>([&](int k) { return a[k]; }); });
    t.each("words_of_ulong2",
           [](ulong2 a) -> ushort8 { return make<ushort8>([&](int k) { return a[k / 4] >> k % 4 * 16; }); });
    t.each("popcount_uint4", [](uint4 a) -> uint4 { return make<uint4>([&](int k) { return std::popcount(+a[k]); }); });
    t.each("shuffle_uchar16",
           [](uchar16 a, uchar16 b) -> uchar16 { return make<uchar16>([&](int k) { return a[b[k] % 16]; }); });
    t.each("shuffle2_uint4", [](uint4 a, uint4 b, uint4 c) -> uint4 {
        return make<uint4>([&](int k) { return c[k] % 8 < 4 ? a[c[k] % 4] : b[c[k] % 4]; });
    });
    t.each(
        "insert_int8",
        [](int8 a, int b) -> int8 {
            a[b & 7] = b;
            a[(uint32_t(b) + 3) & 7] += 1;
            return a;
        },
        in(-1000, 1000));
    t.each("extract_float16", [](float16 a, int b) -> float { return a[b & 15]; });
    t.run(
        "rotate_int3", line(300),
        [](std::vector<int>& out, const std::vector<int>& v) {
            for (int i = 0; i < 300; ++i)
                for (int k = 0; k < 3; ++k) out[3 * i + k] = v[3 * i + (k + 1) % 3] + v[3 * i + (k + 2) % 3];
        },
        std::vector<int>(900), numbers(900, -1000, 1000));
    t.run(
        "unaligned_short4", line(100),
        [](std::vector<int16_t>& out, const std::vector<int16_t>& v) {
            for (int i = 0; i < 100; ++i)
                for (int k = 0; k < 4; ++k) out[5 * i + 1 + k] = v[5 * i + 4 - k];
        },
        std::vector<int16_t>(505), numbers<int16_t>(505));
    t.run(
        "transpose_float4", line(100),
        [](Floats& out, const Floats& m) {
            for (int i = 0; i < 1600; ++i) out[i] = m[i / 16 * 16 + i % 4 * 4 + i % 16 / 4];
        },
        Floats(1600), numbers(1600, -9.f, 9.f));
    t.run(
        "halves", line(100),
        [](std::vector<half>& out, const Floats& v) {
            for (int i = 0; i < 400; ++i) out[i] = double(v[i]);
        },
        std::vector<half>(400), numbers(400, -70000.f, 70000.f));
    t.each(
        "dot_float4",
        [](float4 a, float4 b) -> float {
            const float p[] = {a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]};
            return (p[0] + p[1]) + (p[2] + p[3]);
        },
        coordinate, coordinate);
}
