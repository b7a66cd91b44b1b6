// v_cmp and v_cmpx: every condition of every type, classes, and what they write where.

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "tests/cases.hpp"

using namespace gcn::test;

using u64 = uint64_t;

// The three or four ways two numbers can lie.
enum Order { Less, Equal, Greater, Unordered };

struct Condition {
    const char* name;
    std::vector<Order> holds;
};

static const std::vector<Condition> of_floats{
    {"f", {}},
    {"lt", {Less}},
    {"eq", {Equal}},
    {"le", {Less, Equal}},
    {"gt", {Greater}},
    {"lg", {Less, Greater}},
    {"ge", {Greater, Equal}},
    {"o", {Less, Equal, Greater}},
    {"u", {Unordered}},
    {"nge", {Less, Unordered}},
    {"nlg", {Equal, Unordered}},
    {"ngt", {Less, Equal, Unordered}},
    {"nle", {Greater, Unordered}},
    {"neq", {Less, Greater, Unordered}},
    {"nlt", {Greater, Equal, Unordered}},
    {"tru", {Less, Equal, Greater, Unordered}},
};
static const std::vector<Condition> of_integers{
    {"f", {}},         {"lt", {Less}},          {"eq", {Equal}},          {"le", {Less, Equal}},
    {"gt", {Greater}}, {"ne", {Less, Greater}}, {"ge", {Greater, Equal}}, {"t", {Less, Equal, Greater}},
};

template <class T> Order order(T a, T b) { return a < b ? Less : a == b ? Equal : a > b ? Greater : Unordered; }

// Half precision by value; exact in double.
static double half(uint16_t x) {
    const int exponent = x >> 10 & 31;
    const double mantissa = x & 1023;
    const double size = exponent == 31 ? (mantissa ? NAN : INFINITY)
                        : exponent     ? std::ldexp(1024 + mantissa, exponent - 25)
                                       : std::ldexp(mantissa, -24);
    return x & 0x8000 ? -size : size;
}

using Comparison = Order (*)(u64, u64);

// All conditions of a type in one body, each into its own pair of scalar registers.
static void check_conditions(const std::string& type, const std::vector<Condition>& conditions, Comparison compare,
                             const std::vector<u64>& corners, bool flush = false) {
    const bool wide = type.ends_with("64");
    const std::string operands = wide ? ", v[1:2], v[3:4]\n" : ", v1, v3\n";
    std::string cmp, cmpx = "s_mov_b64 s[36:37], exec\n";
    for (size_t i = 0; i < conditions.size(); ++i) {
        const std::string pair = "s[" + std::to_string(2 * i) + ":" + std::to_string(2 * i + 1) + "]";
        cmp += "v_cmp_" + std::string(conditions[i].name) + "_" + type + "_e64 " + pair + operands;
        cmpx += "s_mov_b64 exec, s[36:37]\n v_cmpx_" + std::string(conditions[i].name) + "_" + type + " vcc" +
                operands + "s_mov_b64 " + pair + ", exec\n";
    }
    for (size_t at = 0; at < corners.size() * corners.size(); at += 64) {
        State w;
        w.float_mode = flush ? 0xc0 : denormals_on;
        w.exec = 0xfffffffffffffff7;  // one inactive lane
        const auto a = [&](int lane) {
            return corners[(at + lane) % (corners.size() * corners.size()) / corners.size()];
        };
        const auto b = [&](int lane) { return corners[(at + lane) % corners.size()]; };
        for (int lane = 0; lane < 64; ++lane) w.set_v64(1, lane, a(lane)), w.set_v64(3, lane, b(lane));
        const State after = run(w, cmp), afterx = run(w, cmpx);
        for (size_t i = 0; i < conditions.size(); ++i) {
            u64 expected = 0;
            for (int lane = 0; lane < 64; ++lane)
                for (const Order o : conditions[i].holds)
                    if (w.exec >> lane & 1 && compare(a(lane), b(lane)) == o) expected |= 1ull << lane;
            INFO("v_cmp_" << conditions[i].name << "_" << type);
            CHECK(after.s64(2 * int(i)) == expected);
            CHECK(afterx.s64(2 * int(i)) == expected);
        }
        CHECK(after.exec == w.exec);
        CHECK(afterx.vcc == afterx.s64(2 * int(conditions.size() - 1)));
    }
}

static std::vector<u64> widened(const std::vector<uint32_t>& from) { return {from.begin(), from.end()}; }

TEST_CASE("comparisons of f32") {
    check_conditions(
        "f32", of_floats, [](u64 a, u64 b) { return order(f32(uint32_t(a)), f32(uint32_t(b))); }, widened(floats32));
}

TEST_CASE("comparisons of f32 take denormals for zeros where MODE flushes them") {
    const auto flushing = [](u64 a, u64 b) { return order(flushed(f32(uint32_t(a))), flushed(f32(uint32_t(b)))); };
    check_conditions("f32", of_floats, flushing, {0, 0x80000000, 1, 0x807fffff, 0x00800000, 0x80800000}, true);
}

TEST_CASE("comparisons of f64") {
    check_conditions(
        "f64", of_floats, [](u64 a, u64 b) { return order(f64(a), f64(b)); }, floats64);
}

TEST_CASE("comparisons of f16") {
    check_conditions("f16", of_floats, [](u64 a, u64 b) { return order(half(uint16_t(a)), half(uint16_t(b))); },
                     {0, 0x8000, 1, 0x8001, 0x03ff, 0x0400, 0x3c00, 0xbc00, 0x3c01, 0x7bff, 0xfbff, 0x7c00, 0xfc00,
                      0x7e00, 0xffff3c00});
}

TEST_CASE("comparisons of 32-bit integers") {
    check_conditions(
        "i32", of_integers, [](u64 a, u64 b) { return order(int32_t(a), int32_t(b)); }, widened(integers32));
    check_conditions(
        "u32", of_integers, [](u64 a, u64 b) { return order(uint32_t(a), uint32_t(b)); }, widened(integers32));
}

TEST_CASE("comparisons of 64-bit integers") {
    check_conditions(
        "i64", of_integers, [](u64 a, u64 b) { return order(int64_t(a), int64_t(b)); }, integers64);
    check_conditions(
        "u64", of_integers, [](u64 a, u64 b) { return order(a, b); }, integers64);
}

TEST_CASE("comparisons of 16-bit integers ignore the high halves") {
    check_conditions(
        "i16", of_integers, [](u64 a, u64 b) { return order(int16_t(a), int16_t(b)); }, widened(integers32));
    check_conditions(
        "u16", of_integers, [](u64 a, u64 b) { return order(uint16_t(a), uint16_t(b)); }, widened(integers32));
}

TEST_CASE("v_cmp_class finds each class by its bit") {
    // signalling NaN, quiet NaN, -infinity, -normal, -denormal, -0, +0, +denormal, +normal, +infinity
    const std::array<uint32_t, 10> singles{0x7fa00000, 0x7fc00000, 0xff800000, 0xbf800000, 0x80000001,
                                           0x80000000, 0x00000000, 0x007fffff, 0x3f800000, 0x7f800000};
    const std::array<uint32_t, 10> halves{0x7d00, 0x7e00, 0xfc00, 0xbc00, 0x8001,
                                          0x8000, 0x0000, 0x03ff, 0x3c00, 0x7c00};
    const std::array<u64, 10> doubles{0x7ff4000000000000, 0x7ff8000000000000, 0xfff0000000000000, 0xbff0000000000000,
                                      0x8000000000000001, 0x8000000000000000, 0x0000000000000000, 0x000fffffffffffff,
                                      0x3ff0000000000000, 0x7ff0000000000000};
    State w;
    w.float_mode = denormals_on;
    w.v[1] = repeat(singles), w.v[2] = repeat(halves);
    for (int lane = 0; lane < 64; ++lane) w.set_v64(3, lane, doubles[lane % 10]);
    for (int bit = 0; bit < 10; ++bit) {
        w.v[5] = all(1 << bit);
        const State after = run(w, R"(
            v_cmp_class_f32_e64 s[2:3], v1, v5
            v_cmp_class_f16_e64 s[4:5], v2, v5
            v_cmp_class_f64_e64 s[6:7], v[3:4], v5
            v_cmp_class_f32_e64 s[8:9], -v1, v5
        )");
        u64 expected = 0, negated = 0;
        for (int lane = 0; lane < 64; ++lane) {
            if (lane % 10 == bit) expected |= 1ull << lane;
            const int opposite = lane % 10 < 2 ? lane % 10 : 11 - lane % 10;  // a NaN has no sign here
            if (opposite == bit) negated |= 1ull << lane;
        }
        INFO("bit " << bit);
        CHECK(after.s64(2) == expected);
        CHECK(after.s64(4) == expected);
        CHECK(after.s64(6) == expected);
        CHECK(after.s64(8) == negated);
    }
}

TEST_CASE("v_cmp_class takes several classes at once") {
    State w;
    w.v[1] = repeat(std::array<uint32_t, 4>{0x7fc00000, 0x3f800000, 0x7f800000, 0xff800000});
    CHECK(run(w, "v_mov_b32 v2, 0x204\n v_cmp_class_f32 vcc, v1, v2").vcc == 0xcccccccccccccccc);  // infinities
}

TEST_CASE("v_cmp writes 0 for inactive lanes, wherever its result goes") {
    State w;
    w.exec = 0x00ff00ff00ff00ff, w.vcc = ~0ull, w.set_s64(4, ~0ull);
    const State after = run(w, "v_cmp_eq_u32 vcc, v1, v1\n v_cmp_eq_u32_e64 s[4:5], v1, v1");
    CHECK(after.vcc == w.exec);
    CHECK(after.s64(4) == w.exec);
    CHECK(after.exec == w.exec);
}

TEST_CASE("v_cmpx narrows EXEC for what follows") {
    State w;
    w.v[1] = lane_numbers();
    const State after = run(w, R"(
        v_cmpx_gt_u32 vcc, 32, v1
        v_cmpx_lt_u32_e64 s[4:5], 7, v1
        v_mov_b32 v2, 1
    )");
    CHECK(after.exec == 0x00000000ffffff00);
    CHECK(after.vcc == 0x00000000ffffffff);
    CHECK(after.s64(4) == after.exec);
    for (int lane = 0; lane < 64; ++lane) CHECK(after.v[2][lane] == (after.exec >> lane & 1));
}

TEST_CASE("comparisons take negation, absolute values, constants and literals") {
    State w;
    w.v[1] = all(bits(-2.0f)), w.s[4] = 0x12345678;
    const State after = run(w, R"(
        v_cmp_eq_f32_e64 s[6:7], -v1, 2.0
        v_cmp_eq_f32_e64 s[8:9], |v1|, 2.0
        v_cmp_eq_f32_e64 s[10:11], -|v1|, v1
        v_mov_b32 v2, 0x12345678
        v_cmp_eq_u32 vcc, s4, v2
        s_mov_b64 s[12:13], vcc
        v_cmp_eq_u32 vcc, 0x12345678, v2
        s_mov_b64 s[14:15], vcc
        v_cmp_gt_i32 vcc, -1, v1
    )");
    for (int s : {6, 8, 10, 12, 14}) CHECK(after.s64(s) == ~0ull);
    CHECK(after.vcc == ~0ull);
}
