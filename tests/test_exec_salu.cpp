// The scalar ALU: results, SCC, pairs of registers, constants, EXEC and VCC as operands.

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/run.hpp"

using namespace gcn::test;

using u32 = uint32_t;
using i32 = int32_t;
using u64 = uint64_t;
using i64 = int64_t;

// What an instruction leaves in its destination and in SCC. A and B are its sources, D its destination, each one
// register, or two where the letter stands twice. The destination held `old` before.
struct Effect {
    u64 value;
    bool scc;
};
struct ScalarRow {
    std::string text;
    Effect (*effect)(u64 a, u64 b, bool scc);
};

static constexpr u64 old = 0x01234567'89abcdef;

static std::string with_scalars(const std::string& text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        const size_t k = std::string_view("ABD").find(text[i]);
        if (k == std::string::npos) {
            out += text[i];
            continue;
        }
        const bool pair = i + 1 < text.size() && text[i + 1] == text[i];
        static constexpr const char* names[3][2] = {{"s10", "s[10:11]"}, {"s12", "s[12:13]"}, {"s6", "s[6:7]"}};
        out += names[k][pair];
        i += pair;
    }
    return out + "\n";
}

// All rows in one body, each with its own SCC and destination; lane r of v1, v2, v3 gets what row r left.
static void check_scalar(const std::vector<ScalarRow>& rows, const std::vector<u64>& corners) {
    REQUIRE(rows.size() <= 64);
    std::string body;
    for (size_t r = 0; r < rows.size(); ++r) {
        const std::string lane = std::to_string(r);
        body += "s_mov_b64 s[6:7], s[16:17]\n s_cmp_lg_u32 s8, 0\n" + with_scalars(rows[r].text) +
                "s_cselect_b32 s9, 1, 0\n v_writelane_b32 v1, s6, " + lane + "\n v_writelane_b32 v2, s7, " + lane +
                "\n v_writelane_b32 v3, s9, " + lane + "\n";
    }
    for (const u64 a : corners)
        for (const u64 b : corners)
            for (const u32 scc : {0, 1}) {
                State w;
                w.set_s64(10, a), w.set_s64(12, b), w.set_s64(16, old), w.s[8] = scc;
                const State after = run(w, body);
                for (size_t r = 0; r < rows.size(); ++r) {
                    const auto has = [&](const char* letters) {
                        return rows[r].text.find(letters) != std::string::npos;
                    };
                    const Effect expected = rows[r].effect(has("AA") ? a : u32(a), has("BB") ? b : u32(b), scc);
                    const u64 value = has("DD") ? expected.value : (old & ~0xffffffffull) | u32(expected.value);
                    const u64 got = after.v[1][r] | u64(after.v[2][r]) << 32;
                    if (got == value && after.v[3][r] == expected.scc) continue;
                    INFO(rows[r].text << " of " << std::hex << a << " and " << b << ", SCC " << scc);
                    CHECK(got == value);
                    CHECK(after.v[3][r] == expected.scc);
                }
            }
    SUCCEED();
}

static const std::vector<u64> corners{0,
                                      1,
                                      0x1f,
                                      0x00050003,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      0x00000040'00100008,
                                      0x80000000'00000000,
                                      0x7fffffff'ffffffff,
                                      0xcafebabe'12345678,
                                      ~0ull};

static Effect logic(u64 x) { return {x, x != 0}; }
static Effect logic32(u32 x) { return {x, x != 0}; }
static Effect plain(u64 x, bool scc) { return {x, scc}; }
static u64 reversed(u64 x, int bits) {
    u64 r = 0;
    for (int i = 0; i < bits; ++i) r |= (x >> i & 1) << (bits - 1 - i);
    return r;
}
template <class Unsigned> u64 leading_zeros(Unsigned x) { return x ? std::countl_zero(x) : -1; }
static bool fits(i64 x) { return x == i32(x); }
static u64 field(u64 x, u64 control, u32 bits) {
    const u64 offset = control & (bits - 1), width = control >> 16 & 0x7f;
    return width >= 64 ? x >> offset : x >> offset & ((1ull << width) - 1);
}
static i64 signed_field(i64 x, u64 control, u32 bits) {
    const u64 offset = control & (bits - 1), width = std::min<u64>(control >> 16 & 0x7f, 64);
    return width ? i64(u64(x >> offset) << (64 - width)) >> (64 - width) : 0;
}

// clang-format off
TEST_CASE("scalar addition, subtraction and multiplication") {
    check_scalar({
        {"s_add_u32 D, A, B",        [](u64 a, u64 b, bool)   { return Effect{a + b, (a + b) >> 32 != 0}; }},
        {"s_sub_u32 D, A, B",        [](u64 a, u64 b, bool)   { return Effect{a - b, b > a}; }},
        {"s_addc_u32 D, A, B",       [](u64 a, u64 b, bool c) { return Effect{a + b + c, (a + b + c) >> 32 != 0}; }},
        {"s_subb_u32 D, A, B",       [](u64 a, u64 b, bool c) { return Effect{a - b - c, b + c > a}; }},
        {"s_add_i32 D, A, B",
         [](u64 a, u64 b, bool)   { const i64 r = i64(i32(a)) + i32(b); return Effect{u32(r), !fits(r)}; }},
        {"s_sub_i32 D, A, B",
         [](u64 a, u64 b, bool)   { const i64 r = i64(i32(a)) - i32(b); return Effect{u32(r), !fits(r)}; }},
        {"s_mul_i32 D, A, B",        [](u64 a, u64 b, bool c) { return plain(u32(a * b), c); }},
        {"s_absdiff_i32 D, A, B",
         [](u64 a, u64 b, bool)   { const u32 d = u32(a) - u32(b); return logic32(i32(d) < 0 ? -d : d); }},
        {"s_abs_i32 D, A",           [](u64 a, u64, bool)     { return logic32(i32(a) < 0 ? -u32(a) : u32(a)); }},
        {"s_addk_i32 D, 0x7fff",
         [](u64, u64, bool)       { const i64 r = i64(i32(u32(old))) + 0x7fff; return Effect{u32(r), !fits(r)}; }},
        {"s_addk_i32 D, -1",
         [](u64, u64, bool)       { const i64 r = i64(i32(u32(old))) - 1; return Effect{u32(r), !fits(r)}; }},
        {"s_mulk_i32 D, -3",         [](u64, u64, bool c)     { return plain(u32(u32(old) * -3u), c); }},
    }, corners);
}

TEST_CASE("scalar minimum and maximum say in SCC whether the first source was taken") {
    check_scalar({
        {"s_min_i32 D, A, B",
         [](u64 a, u64 b, bool)   { return Effect{i32(a) < i32(b) ? a : b, i32(a) < i32(b)}; }},
        {"s_min_u32 D, A, B",        [](u64 a, u64 b, bool)   { return Effect{a < b ? a : b, a < b}; }},
        {"s_max_i32 D, A, B",
         [](u64 a, u64 b, bool)   { return Effect{i32(a) > i32(b) ? a : b, i32(a) > i32(b)}; }},
        {"s_max_u32 D, A, B",        [](u64 a, u64 b, bool)   { return Effect{a > b ? a : b, a > b}; }},
    }, corners);
}

TEST_CASE("scalar logic sets SCC when the result is not 0") {
    check_scalar({
        {"s_and_b32 D, A, B",        [](u64 a, u64 b, bool)   { return logic32(u32(a & b)); }},
        {"s_or_b32 D, A, B",         [](u64 a, u64 b, bool)   { return logic32(u32(a | b)); }},
        {"s_xor_b32 D, A, B",        [](u64 a, u64 b, bool)   { return logic32(u32(a ^ b)); }},
        {"s_andn2_b32 D, A, B",      [](u64 a, u64 b, bool)   { return logic32(u32(a & ~b)); }},
        {"s_orn2_b32 D, A, B",       [](u64 a, u64 b, bool)   { return logic32(u32(a | ~b)); }},
        {"s_nand_b32 D, A, B",       [](u64 a, u64 b, bool)   { return logic32(u32(~(a & b))); }},
        {"s_nor_b32 D, A, B",        [](u64 a, u64 b, bool)   { return logic32(u32(~(a | b))); }},
        {"s_xnor_b32 D, A, B",       [](u64 a, u64 b, bool)   { return logic32(u32(~(a ^ b))); }},
        {"s_not_b32 D, A",           [](u64 a, u64, bool)     { return logic32(u32(~a)); }},
        {"s_and_b64 DD, AA, BB",     [](u64 a, u64 b, bool)   { return logic(a & b); }},
        {"s_or_b64 DD, AA, BB",      [](u64 a, u64 b, bool)   { return logic(a | b); }},
        {"s_xor_b64 DD, AA, BB",     [](u64 a, u64 b, bool)   { return logic(a ^ b); }},
        {"s_andn2_b64 DD, AA, BB",   [](u64 a, u64 b, bool)   { return logic(a & ~b); }},
        {"s_orn2_b64 DD, AA, BB",    [](u64 a, u64 b, bool)   { return logic(a | ~b); }},
        {"s_nand_b64 DD, AA, BB",    [](u64 a, u64 b, bool)   { return logic(~(a & b)); }},
        {"s_nor_b64 DD, AA, BB",     [](u64 a, u64 b, bool)   { return logic(~(a | b)); }},
        {"s_xnor_b64 DD, AA, BB",    [](u64 a, u64 b, bool)   { return logic(~(a ^ b)); }},
        {"s_not_b64 DD, AA",         [](u64 a, u64, bool)     { return logic(~a); }},
    }, corners);
}

TEST_CASE("scalar shifts and fields") {
    check_scalar({
        {"s_lshl_b32 D, A, B",       [](u64 a, u64 b, bool)   { return logic32(u32(a) << (b & 31)); }},
        {"s_lshr_b32 D, A, B",       [](u64 a, u64 b, bool)   { return logic32(u32(a) >> (b & 31)); }},
        {"s_ashr_i32 D, A, B",       [](u64 a, u64 b, bool)   { return logic32(u32(i32(a) >> (b & 31))); }},
        {"s_lshl_b64 DD, AA, B",     [](u64 a, u64 b, bool)   { return logic(a << (b & 63)); }},
        {"s_lshr_b64 DD, AA, B",     [](u64 a, u64 b, bool)   { return logic(a >> (b & 63)); }},
        {"s_ashr_i64 DD, AA, B",     [](u64 a, u64 b, bool)   { return logic(u64(i64(a) >> (b & 63))); }},
        {"s_bfm_b32 D, A, B",
         [](u64 a, u64 b, bool c) { return plain(u32(((1u << (a & 31)) - 1) << (b & 31)), c); }},
        {"s_bfm_b64 DD, A, B",
         [](u64 a, u64 b, bool c) { return plain(((1ull << (a & 63)) - 1) << (b & 63), c); }},
        {"s_bfe_u32 D, A, B",        [](u64 a, u64 b, bool)   { return logic32(u32(field(a, b, 32))); }},
        {"s_bfe_i32 D, A, B",        [](u64 a, u64 b, bool)   { return logic32(u32(signed_field(i32(a), b, 32))); }},
        {"s_bfe_u64 DD, AA, B",      [](u64 a, u64 b, bool)   { return logic(field(a, b, 64)); }},
        {"s_bfe_i64 DD, AA, B",      [](u64 a, u64 b, bool)   { return logic(u64(signed_field(i64(a), b, 64))); }},
    }, corners);
}

TEST_CASE("scalar bit counting and scanning; what is not found is -1") {
    check_scalar({
        {"s_brev_b32 D, A",          [](u64 a, u64, bool c)   { return plain(reversed(a, 32), c); }},
        {"s_brev_b64 DD, AA",        [](u64 a, u64, bool c)   { return plain(reversed(a, 64), c); }},
        {"s_bcnt0_i32_b32 D, A",     [](u64 a, u64, bool)     { return logic32(u32(std::popcount(u32(~a)))); }},
        {"s_bcnt1_i32_b32 D, A",     [](u64 a, u64, bool)     { return logic32(u32(std::popcount(u32(a)))); }},
        {"s_bcnt0_i32_b64 D, AA",    [](u64 a, u64, bool)     { return logic32(u32(std::popcount(~a))); }},
        {"s_bcnt1_i32_b64 D, AA",    [](u64 a, u64, bool)     { return logic32(u32(std::popcount(a))); }},
        {"s_ff0_i32_b32 D, A",
         [](u64 a, u64, bool c)   { return plain(u32(a) == ~0u ? -1 : std::countr_one(u32(a)), c); }},
        {"s_ff1_i32_b32 D, A",
         [](u64 a, u64, bool c)   { return plain(!u32(a) ? -1 : std::countr_zero(u32(a)), c); }},
        {"s_ff0_i32_b64 D, AA",
         [](u64 a, u64, bool c)   { return plain(a == ~0ull ? -1 : std::countr_one(a), c); }},
        {"s_ff1_i32_b64 D, AA",      [](u64 a, u64, bool c)   { return plain(!a ? -1 : std::countr_zero(a), c); }},
        {"s_flbit_i32_b32 D, A",     [](u64 a, u64, bool c)   { return plain(leading_zeros(u32(a)), c); }},
        {"s_flbit_i32_b64 D, AA",    [](u64 a, u64, bool c)   { return plain(leading_zeros(a), c); }},
        {"s_flbit_i32 D, A",
         [](u64 a, u64, bool c)   { return plain(leading_zeros(u32(i32(a) < 0 ? ~a : a)), c); }},
        {"s_flbit_i32_i64 D, AA",    [](u64 a, u64, bool c)   { return plain(leading_zeros(i64(a) < 0 ? ~a : a), c); }},
        {"s_sext_i32_i8 D, A",       [](u64 a, u64, bool c)   { return plain(u32(i32(int8_t(a))), c); }},
        {"s_sext_i32_i16 D, A",      [](u64 a, u64, bool c)   { return plain(u32(i32(int16_t(a))), c); }},
        {"s_bitset0_b32 D, A",       [](u64 a, u64, bool c)   { return plain(u32(old) & ~(1u << (a & 31)), c); }},
        {"s_bitset1_b32 D, A",       [](u64 a, u64, bool c)   { return plain(u32(old) | 1u << (a & 31), c); }},
        {"s_bitset0_b64 DD, A",      [](u64 a, u64, bool c)   { return plain(old & ~(1ull << (a & 63)), c); }},
        {"s_bitset1_b64 DD, A",      [](u64 a, u64, bool c)   { return plain(old | 1ull << (a & 63), c); }},
    }, corners);
}

TEST_CASE("scalar moves leave SCC, or obey it") {
    check_scalar({
        {"s_mov_b32 D, A",           [](u64 a, u64, bool c)   { return plain(a, c); }},
        {"s_mov_b64 DD, AA",         [](u64 a, u64, bool c)   { return plain(a, c); }},
        {"s_movk_i32 D, 0x8000",     [](u64, u64, bool c)     { return plain(0xffff8000, c); }},
        {"s_cmov_b32 D, A",          [](u64 a, u64, bool c)   { return plain(c ? a : old, c); }},
        {"s_cmov_b64 DD, AA",        [](u64 a, u64, bool c)   { return plain(c ? a : old, c); }},
        {"s_cmovk_i32 D, -2",        [](u64, u64, bool c)     { return plain(c ? u32(-2) : old, c); }},
        {"s_cselect_b32 D, A, B",    [](u64 a, u64 b, bool c) { return plain(c ? a : b, c); }},
        {"s_cselect_b64 DD, AA, BB", [](u64 a, u64 b, bool c) { return plain(c ? a : b, c); }},
    }, corners);
}

TEST_CASE("scalar comparisons set SCC and nothing else") {
    check_scalar({
        {"s_cmp_eq_i32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, i32(a) == i32(b)}; }},
        {"s_cmp_lg_i32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, i32(a) != i32(b)}; }},
        {"s_cmp_gt_i32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, i32(a) > i32(b)}; }},
        {"s_cmp_ge_i32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, i32(a) >= i32(b)}; }},
        {"s_cmp_lt_i32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, i32(a) < i32(b)}; }},
        {"s_cmp_le_i32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, i32(a) <= i32(b)}; }},
        {"s_cmp_eq_u32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, a == b}; }},
        {"s_cmp_lg_u32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, a != b}; }},
        {"s_cmp_gt_u32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, a > b}; }},
        {"s_cmp_ge_u32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, a >= b}; }},
        {"s_cmp_lt_u32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, a < b}; }},
        {"s_cmp_le_u32 A, B",        [](u64 a, u64 b, bool)   { return Effect{old, a <= b}; }},
        {"s_cmp_eq_u64 AA, BB",      [](u64 a, u64 b, bool)   { return Effect{old, a == b}; }},
        {"s_cmp_lg_u64 AA, BB",      [](u64 a, u64 b, bool)   { return Effect{old, a != b}; }},
        {"s_bitcmp0_b32 A, B",       [](u64 a, u64 b, bool)   { return Effect{old, !(a >> (b & 31) & 1)}; }},
        {"s_bitcmp1_b32 A, B",       [](u64 a, u64 b, bool)   { return Effect{old, (a >> (b & 31) & 1) != 0}; }},
        {"s_bitcmp0_b64 AA, B",      [](u64 a, u64 b, bool)   { return Effect{old, !(a >> (b & 63) & 1)}; }},
        {"s_bitcmp1_b64 AA, B",      [](u64 a, u64 b, bool)   { return Effect{old, (a >> (b & 63) & 1) != 0}; }},
    }, corners);
}

TEST_CASE("comparisons with a 16-bit constant extend it as the comparison is signed or not") {
    check_scalar({
        {"s_cmpk_eq_i32 A, 0x1f",    [](u64 a, u64, bool)     { return Effect{old, i32(a) == 31}; }},
        {"s_cmpk_lg_i32 A, -1",      [](u64 a, u64, bool)     { return Effect{old, i32(a) != -1}; }},
        {"s_cmpk_gt_i32 A, -1",      [](u64 a, u64, bool)     { return Effect{old, i32(a) > -1}; }},
        {"s_cmpk_ge_i32 A, -1",      [](u64 a, u64, bool)     { return Effect{old, i32(a) >= -1}; }},
        {"s_cmpk_lt_i32 A, -1",      [](u64 a, u64, bool)     { return Effect{old, i32(a) < -1}; }},
        {"s_cmpk_le_i32 A, 1",       [](u64 a, u64, bool)     { return Effect{old, i32(a) <= 1}; }},
        {"s_cmpk_eq_u32 A, 0xffff",  [](u64 a, u64, bool)     { return Effect{old, a == 0xffff}; }},
        {"s_cmpk_lg_u32 A, 0xffff",  [](u64 a, u64, bool)     { return Effect{old, a != 0xffff}; }},
        {"s_cmpk_gt_u32 A, 0xffff",  [](u64 a, u64, bool)     { return Effect{old, a > 0xffff}; }},
        {"s_cmpk_ge_u32 A, 0xffff",  [](u64 a, u64, bool)     { return Effect{old, a >= 0xffff}; }},
        {"s_cmpk_lt_u32 A, 0xffff",  [](u64 a, u64, bool)     { return Effect{old, a < 0xffff}; }},
        {"s_cmpk_le_u32 A, 0xffff",  [](u64 a, u64, bool)     { return Effect{old, a <= 0xffff}; }},
    }, corners);
}
// clang-format on

TEST_CASE("saveexec gives the old EXEC, sets the new one, and SCC when a lane is left") {
    struct Case {
        const char* name;
        u64 (*combine)(u64 source, u64 exec);
    };
    const Case cases[] = {
        {"and", [](u64 s, u64 e) { return s & e; }},    {"or", [](u64 s, u64 e) { return s | e; }},
        {"xor", [](u64 s, u64 e) { return s ^ e; }},    {"andn2", [](u64 s, u64 e) { return s & ~e; }},
        {"orn2", [](u64 s, u64 e) { return s | ~e; }},  {"nand", [](u64 s, u64 e) { return ~(s & e); }},
        {"nor", [](u64 s, u64 e) { return ~(s | e); }}, {"xnor", [](u64 s, u64 e) { return ~(s ^ e); }},
    };
    for (const Case& c : cases)
        for (const u64 source : {u64(0), u64(0xff00), ~u64(0)})
            for (const u64 exec : {u64(0xf0f0), ~u64(0)}) {
                State w;
                w.exec = exec, w.set_s64(2, source);
                const State after = run(w, std::string("s_") + c.name + "_saveexec_b64 s[4:5], s[2:3]");
                INFO(c.name << ' ' << std::hex << source << ' ' << exec);
                CHECK(after.s64(4) == exec);
                CHECK(after.exec == c.combine(source, exec));
                CHECK(after.scc == (after.exec != 0));
            }
}

TEST_CASE("saveexec may read and write the same pair") {
    State w;
    w.exec = 0xff, w.set_s64(2, 0x0f), w.vcc = 0x3c;
    const State after = run(w, "s_and_saveexec_b64 s[2:3], s[2:3]\n s_and_saveexec_b64 vcc, vcc");
    CHECK(after.s64(2) == 0xff);
    CHECK(after.vcc == 0x0f);
    CHECK(after.exec == 0x0c);
}

TEST_CASE("constants of scalar operands: inline, literal, and as wide as the operand") {
    State w;
    const State after = run(w, R"(
        s_mov_b32 s2, 64
        s_mov_b32 s3, -16
        s_mov_b32 s4, 0.5
        s_mov_b32 s5, 0.15915494
        s_mov_b64 s[6:7], -5
        s_mov_b64 s[8:9], -2.0
        s_mov_b64 s[10:11], 0xffffff00
        s_add_u32 s12, s2, 0x12345678
        s_mov_b64 s[14:15], 4
    )");
    CHECK(after.s[2] == 64);
    CHECK(after.s[3] == u32(-16));
    CHECK(after.s[4] == 0x3f000000);
    CHECK(after.s[5] == 0x3e22f983);
    CHECK(after.s64(6) == u64(-5));
    CHECK(after.s64(8) == bits(-2.0));
    CHECK(after.s[12] == 0x123456b8);
    CHECK(after.s64(14) == 4);
    CHECK(after.s[10] == 0xffffff00);
}

TEST_CASE("halves of EXEC and VCC, M0, and the bits that follow from them are operands") {
    State w;
    w.exec = 0x0000000100000002, w.vcc = 0x0000000300000004, w.m0 = 55;
    const State after = run(w, R"(
        s_mov_b32 s2, exec_lo
        s_mov_b32 s3, exec_hi
        s_mov_b32 s4, vcc_lo
        s_mov_b32 s5, vcc_hi
        s_mov_b32 s6, m0
        s_cmp_eq_u32 s6, 55
        s_mov_b32 s7, src_scc
        s_mov_b32 s8, src_vccz
        s_mov_b64 vcc, 0
        s_mov_b32 s9, src_vccz
        s_mov_b32 s10, src_execz
        s_mov_b32 exec_hi, 7
        s_mov_b32 m0, 66
        s_mov_b32 vcc_hi, 9
    )");
    CHECK(after.s[2] == 2);
    CHECK(after.s[3] == 1);
    CHECK(after.s[4] == 4);
    CHECK(after.s[5] == 3);
    CHECK(after.s[6] == 55);
    CHECK(after.s[7] == 1);
    CHECK(after.s[8] == 0);
    CHECK(after.s[9] == 1);
    CHECK(after.s[10] == 0);
    CHECK(after.exec == 0x0000000700000002);
    CHECK(after.vcc == 0x0000000900000000);
    CHECK(after.m0 == 66);
    CHECK(after.scc == 1);
}

TEST_CASE("s_setreg writes the field it names, and s_getreg reads it") {
    State w;
    w.s[2] = 0xabcd;
    const State after = run(w, R"(
        s_setreg_b32 hwreg(HW_REG_MODE, 0, 4), s2
        s_getreg_b32 s3, hwreg(HW_REG_MODE, 0, 8)
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 2, 2), 0
        s_getreg_b32 s4, hwreg(HW_REG_MODE, 0, 4)
        s_getreg_b32 s5, hwreg(HW_REG_MODE, 4, 4)
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), 0
    )");
    CHECK(after.s[3] == 0xcd);
    CHECK(after.s[4] == 0x1);
    CHECK(after.s[5] == 0xc);
}
