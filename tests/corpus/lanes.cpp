// Across lanes the host looks at all 64 of a wave; built-in functions follow their definitions in the GCN3 manual.

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using Ints = std::vector<int>;
using Uints = std::vector<uint32_t>;
using u32 = uint32_t;
using u64 = uint64_t;

static int byte(u32 v, int k) { return v >> 8 * k & 255; }
static u32 sad_u8(u32 a, u32 b) {
    u32 sum = 0;
    for (int k = 0; k < 4; ++k) sum += std::abs(byte(a, k) - byte(b, k));
    return sum;
}
// A bit of the mask of v_cmp_class: the class that v has.
template <class T> static int class_of(T v, bool quiet) {
    const bool minus = std::signbit(v);
    switch (std::fpclassify(v)) {
        case FP_NAN:
            return quiet ? 1 : 0;
        case FP_INFINITE:
            return minus ? 2 : 9;
        case FP_NORMAL:
            return minus ? 3 : 8;
        case FP_SUBNORMAL:
            return minus ? 4 : 7;
        default:
            return minus ? 5 : 6;
    }
}

// Buffers of whole waves: `from(lane)` is the lane that a lane reads, -1 for none.
static Ints read(const Ints& in, int (*from)(int), int none = 0) {
    Ints out(in.size());
    for (size_t i = 0; i < in.size(); ++i) {
        const int lane = from(int(i % 64));
        out[i] = lane < 0 ? none : in[i / 64 * 64 + lane];
    }
    return out;
}

THEME("lanes") {
    const Ints data = numbers<int>(256), zeros(256);
    const auto all = line(256, 128);
    const auto reads = [&](const char* kernel, int (*from)(int)) {
        t.run(
            kernel, all, [&](Ints& out, const Ints& in) { out = read(in, from); }, zeros, data);
    };
    reads("read_first", [](int) { return 0; });
    reads("read_lane", [](int) { return 37; });
    reads("swizzle_swap", [](int lane) { return lane ^ 1; });
    reads("swizzle_quad", [](int lane) { return lane ^ 3; });
    reads("dpp_quad", [](int lane) { return lane ^ 2; });
    reads("dpp_shift", [](int lane) { return lane % 16 < 1 ? -1 : lane - 1; });
    reads("dpp_mirror", [](int lane) { return lane ^ 15; });
    t.run(
        "permute", all,
        [](Ints& out, const Ints& in, const Ints& from) {
            for (size_t i = 0; i < 256; ++i) out[i] = in[i / 64 * 64 + (from[i] & 63)];
        },
        zeros, data, numbers<int>(256));
    t.run(
        "permute_push", all,
        [](Ints& out, const Ints& in, const Ints& more) {
            for (size_t i = 0; i < 256; ++i) out[i] = in[i ^ 21] + more[i];
        },
        zeros, numbers(256, -999, 999), numbers(256, 0, 99));
    t.run(
        "dpp_update", all,
        [](Ints& out, const Ints& in, const Ints& old) {
            for (size_t i = 0; i < 256; ++i) out[i] = i % 16 < 2 ? old[i] : in[i - 2];
        },
        zeros, data, Ints(256, 77));
    t.run(
        "dpp_masked", all,
        [](Ints& out, const Ints& in, const Ints& old) {  // rows 0 and 2, banks 0 and 1; rotated by one
            for (size_t i = 0; i < 256; ++i)
                out[i] = i / 16 % 2 == 0 && i % 16 < 8 ? in[i / 16 * 16 + (i + 15) % 16] : old[i];
        },
        zeros, data, Ints(256, 77));
    t.run(
        "ballot", all,
        [](std::vector<u64>& out, const Ints& in) {
            for (size_t i = 0; i < 256; ++i)
                for (size_t k = 0; k < 64; ++k) out[i] |= u64(in[i / 64 * 64 + k] > 0) << k;
        },
        std::vector<u64>(256), data);
    t.run(
        "ballot_float", all,
        [](std::vector<u64>& out, const std::vector<float>& a, const std::vector<float>& b) {
            for (size_t i = 0; i < 256; ++i)
                for (size_t k = 0; k < 64; ++k) out[i] |= u64(a[i / 64 * 64 + k] < b[i / 64 * 64 + k]) << k;
        },
        std::vector<u64>(256), numbers(256, -9.f, 9.f), numbers(256, 0.f, 9.f));
    t.run(
        "lanes_below", all,
        [](Uints& out, const Ints&) {
            for (size_t i = 0; i < 256; ++i)
                out[i] = 100 + std::popcount(0x0f0f0f0ff0f0f0f0ull & ((1ull << i % 64) - 1));
        },
        Uints(256), zeros);
    t.run(
        "butterfly", all,
        [](Ints& out, const Ints& in) {
            for (size_t i = 0; i < 256; ++i)
                for (size_t k = 0; k < 64; ++k) out[i] = int(u32(out[i]) + u32(in[i / 64 * 64 + k]));
        },
        zeros, data);
    t.run(
        "compact", line(64),
        [](Ints& out, Uints& count, const Ints& in) {
            for (int x : in)
                if (x > 0) out[count[0]++] = x;
        },
        Ints(64), Uints(1), numbers<int>(64));
    t.run(
        "first_of_rest", line(64),
        [](Ints& out, const Ints& in) {
            const int first = *std::find_if(in.begin(), in.end(), [](int x) { return x & 1; });
            for (size_t i = 0; i < 64; ++i) out[i] = in[i] & 1 ? first : -1;
        },
        Ints(64), numbers<int>(64));

    t.each("sad_u8", [](u32 a, u32 b, u32 c) -> u32 { return sad_u8(a, b) + c; });
    t.each("sad_hi_u8", [](u32 a, u32 b, u32 c) -> u32 { return (sad_u8(a, b) << 16) + c; });
    t.each("sad_u16", [](u32 a, u32 b, u32 c) -> u32 {
        return std::abs(int(a & 0xffff) - int(b & 0xffff)) + std::abs(int(a >> 16) - int(b >> 16)) + c;
    });
    t.each("msad_u8", [](u32 a, u32 b, u32 c) -> u32 {  // bytes where the reference b is 0 do not count
        for (int k = 0; k < 4; ++k)
            if (byte(b, k)) c += std::abs(byte(a, k) - byte(b, k));
        return c;
    });
    t.each("perm", [](u32 a, u32 b, u32 c) -> u32 {  // bytes 0 to 3 are b's, 4 to 7 are a's, 12 and up to here are 0
        u32 r = 0;
        for (int k = 0; k < 4; ++k) {
            const int from = byte(c & 0x0c070707, k);
            r |= (from >= 12  ? 0
                  : from >= 8 ? (byte(from == 8 || from == 9 ? b : a, from % 2 ? 3 : 1) & 128 ? 255 : 0)
                              : byte(from < 4 ? b : a, from % 4))
                 << 8 * k;
        }
        return r;
    });
    t.each("lerp", [](u32 a, u32 b, u32 c) -> u32 {
        u32 r = 0;
        for (int k = 0; k < 4; ++k) r |= u32((byte(a, k) + byte(b, k) + (byte(c, k) & 1)) >> 1) << 8 * k;
        return r;
    });
    t.each("align_bit", [](u32 a, u32 b, u32 c) -> u32 { return u32((u64(a) << 32 | b) >> c % 32); });
    t.each("align_byte", [](u32 a, u32 b, u32 c) -> u32 { return u32((u64(a) << 32 | b) >> c % 4 * 8); });
    t.each("field_u", [](u32 a, u32 b, u32 c) -> u32 { return u32((u64(a) >> b % 32) & ((1ull << c % 32) - 1)); });
    const auto any_float = in(-100.f, 100.f);
    t.each(
        "median_float",
        [](float a, float b, float c) -> float { return std::max(std::min(a, b), std::min(std::max(a, b), c)); },
        any_float, any_float, any_float);
    t.each(
        "cube_face",
        [](float a, float b, float c) -> float {
            const float x = std::fabs(a), y = std::fabs(b), z = std::fabs(c);
            return z >= x && z >= y ? (c < 0 ? 5 : 4) : y >= x ? (b < 0 ? 3 : 2) : (a < 0 ? 1 : 0);
        },
        any_float, any_float, any_float);
    t.each(
        "cube_major",
        [](float a, float b, float c) -> float {
            const float x = std::fabs(a), y = std::fabs(b), z = std::fabs(c);
            return 2 * (z >= x && z >= y ? c : y >= x ? b : a);
        },
        any_float, any_float, any_float);
    t.each(
        "class_float", [](float a, int b) -> int { return b >> class_of(a, std::bit_cast<u32>(a) >> 22 & 1) & 1; },
        Any<float>());
    t.each(
        "class_double", [](double a, int b) -> int { return b >> class_of(a, std::bit_cast<u64>(a) >> 51 & 1) & 1; },
        Any<double>());
    t.each(
        "fraction", [](float a) -> float { return std::min(a - std::floor(a), 0x1.fffffep-1f); }, in(-1e4f, 1e4f));
    t.each(
        "exponent",
        [](float a) -> int {
            int e;
            std::frexp(a, &e);
            return e;
        },
        in(-1e9f, 1e9f));
    t.each(
        "mantissa",
        [](double a) -> double {
            int e;
            return std::frexp(a, &e);
        },
        in(-1e99, 1e99));
    t.each(
        "scale_double", [](double a, int b) -> double { return std::ldexp(a, b); }, in(-9., 9.), in(-1100, 1100));
    t.each(
        "pack_halves",
        [](float a, float b) -> u32 {  // both cut towards zero
            const auto cut = [](float v) {
                half h = double(v);
                if (std::fabs(double(h)) > std::fabs(double(v))) h = half::of_bits(h.bits - 1);
                return u32(h.bits);
            };
            return cut(a) | cut(b) << 16;
        },
        in(-60000.f, 60000.f), in(-1.f, 1.f));
    t.near(
        "reciprocal", 1, [](float a) { return 1 / (long double)(a); }, in(1e-6f, 1e6f));
    t.near(
        "inverse_root", 1, [](float a) { return 1 / sqrtl(a); }, in(1e-6f, 1e6f));
    t.each(
        "division_steps", [](float a, float b) -> float { return a / b; }, in(-1e30f, 1e30f), in(1e-3f, 1e30f));
    t.run(
        "clocks", line(64), [](Uints& out) { out.assign(64, 3); }, Uints(64));
    t.run(
        "mode", line(64), [](Uints& out) { out.assign(64, 12); }, Uints(64));
}
