// Instructions that move values between lanes, between lanes and scalars, or choose by lane; SDWA and DPP.

#include <bit>
#include <catch2/catch.hpp>
#include <string>

#include "tests/run.hpp"

using namespace gcn::test;

static State numbered() {
    State w;
    for (uint32_t lane = 0; lane < 64; ++lane) w.v[1][lane] = 100 + lane;
    w.v[2] = lane_numbers();
    return w;
}

TEST_CASE("v_readfirstlane_b32 reads the first active lane, and lane 0 when there is none") {
    State w = numbered();
    w.exec = 0xff00;
    CHECK(run(w, "v_readfirstlane_b32 s4, v1").s[4] == 108);
    w.exec = 0;
    CHECK(run(w, "v_readfirstlane_b32 s4, v1").s[4] == 100);
}

TEST_CASE("v_readlane_b32 and v_writelane_b32 ignore EXEC and take six bits of the lane number") {
    State w = numbered();
    w.exec = 1, w.s[4] = 64 + 7, w.m0 = 9, w.v[3] = all(5);
    const State after = run(w, R"(
        v_readlane_b32 s5, v1, s4
        v_readlane_b32 s6, v1, 63
        v_readlane_b32 s7, v1, m0
        v_writelane_b32 v3, s4, 62
        v_writelane_b32 v3, 17, m0
        v_readlane_b32 vcc_lo, v1, 1
    )");
    CHECK(after.s[5] == 107);
    CHECK(after.s[6] == 163);
    CHECK(after.s[7] == 109);
    CHECK(uint32_t(after.vcc) == 101);
    Lanes expected = all(5);
    expected[62] = 71, expected[9] = 17;
    CHECK(after.v[3] == expected);
}

TEST_CASE("v_cndmask_b32 takes the second source where the mask has a 1") {
    State w = numbered();
    w.vcc = 0x00000000ffff0000, w.set_s64(4, 0xaaaaaaaaaaaaaaaa), w.exec = ~1ull;
    w.v[3] = w.v[4] = w.v[5] = w.v[6] = all(7);
    const State after = run(w, R"(
        v_cndmask_b32 v3, v1, v2, vcc
        v_cndmask_b32_e64 v4, 0, -1, s[4:5]
        v_cndmask_b32_e64 v5, v1, v2, s[4:5]
        v_cndmask_b32 v6, 17, v2, vcc
    )");
    for (int lane = 1; lane < 64; ++lane) {
        CHECK(after.v[3][lane] == (w.vcc >> lane & 1 ? w.v[2][lane] : w.v[1][lane]));
        CHECK(after.v[4][lane] == (lane % 2 ? ~0u : 0));
        CHECK(after.v[5][lane] == (lane % 2 ? w.v[2][lane] : w.v[1][lane]));
        CHECK(after.v[6][lane] == (w.vcc >> lane & 1 ? w.v[2][lane] : 17));
    }
    for (int r : {3, 4, 5, 6}) CHECK(after.v[r][0] == 7);
}

TEST_CASE("v_mbcnt counts the bits of a mask below the lane") {
    State w;
    w.set_s64(4, 0xf0f0f0f012345678), w.v[5] = all(1000), w.exec = 0x8000000180000001;
    const State after = run(w, R"(
        s_mov_b64 exec, -1
        v_mbcnt_lo_u32_b32 v2, s4, 0
        v_mbcnt_hi_u32_b32 v3, s5, v2
        v_mbcnt_hi_u32_b32 v4, s5, v5
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const uint64_t below = w.s64(4) & ((1ull << lane) - 1);
        CHECK(after.v[2][lane] == uint32_t(std::popcount(below & 0xffffffff)));
        CHECK(after.v[3][lane] == uint32_t(std::popcount(below)));
        CHECK(after.v[4][lane] == 1000 + uint32_t(std::popcount(below >> 32)));
    }
}

TEST_CASE("ds_bpermute_b32 fetches from the lane that the address names; an inactive one gives 0") {
    State w = numbered();
    for (uint32_t lane = 0; lane < 64; ++lane) w.v[2][lane] = 4 * (63 - lane) + lane % 4 + 256 * (lane % 3);
    w.exec = ~0xf0ull, w.v[3] = all(7);
    const State after = run(w, "ds_bpermute_b32 v3, v2, v1\n s_waitcnt lgkmcnt(0)");
    for (int lane = 0; lane < 64; ++lane) {
        const int from = 63 - lane;
        const uint32_t expected = !(w.exec >> lane & 1) ? 7 : w.exec >> from & 1 ? 100 + from : 0;
        INFO("lane " << lane);
        CHECK(after.v[3][lane] == expected);
    }
}

TEST_CASE("ds_permute_b32 sends to the lane that the address names; lanes nobody sends to get 0") {
    State w = numbered();
    for (uint32_t lane = 0; lane < 64; ++lane) w.v[2][lane] = 4 * ((lane + 5) % 64);
    w.exec = 0x0fffffffffffffff, w.v[3] = all(7);
    const State after = run(w, "ds_permute_b32 v3, v2, v1\n s_waitcnt lgkmcnt(0)");
    for (int lane = 0; lane < 60; ++lane) {
        const int from = (lane + 59) % 64;
        CHECK(after.v[3][lane] == (w.exec >> from & 1 ? 100u + from : 0));
    }
    CHECK(after.v[3][63] == 7);
}

TEST_CASE("ds_swizzle_b32 permutes inside quads, or inside 32 lanes by and, or, xor") {
    State w = numbered();
    const State after = run(w, R"(
        ds_swizzle_b32 v3, v1 offset:swizzle(QUAD_PERM, 3, 2, 1, 0)
        ds_swizzle_b32 v4, v1 offset:swizzle(SWAP, 16)
        ds_swizzle_b32 v5, v1 offset:swizzle(REVERSE, 8)
        ds_swizzle_b32 v6, v1 offset:swizzle(BROADCAST, 4, 1)
        s_waitcnt lgkmcnt(0)
    )");
    for (uint32_t lane = 0; lane < 64; ++lane) {
        CHECK(after.v[3][lane] == 100 + (lane ^ 3));
        CHECK(after.v[4][lane] == 100 + (lane ^ 16));
        CHECK(after.v[5][lane] == 100 + (lane ^ 7));
        CHECK(after.v[6][lane] == 100 + (lane & ~3u) + 1);
    }
}

TEST_CASE("ds_swizzle_b32 gives 0 where the source lane is inactive") {
    State w = numbered();
    w.exec = ~0x2ull;
    const State after = run(w, "ds_swizzle_b32 v3, v1 offset:swizzle(SWAP, 1)\n s_waitcnt lgkmcnt(0)");
    CHECK(after.v[3][0] == 0);
    CHECK(after.v[3][2] == 103);
}

// ---- SDWA --------------------------------------------------------------------------------------

TEST_CASE("SDWA selects a byte or half of each source, with its sign if asked") {
    State w;
    w.v[1] = all(0x80a17fc3), w.v[2] = all(0x00000005);
    const State after = run(w, R"(
        v_mov_b32_sdwa v3, v1 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_0
        v_mov_b32_sdwa v4, v1 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_3
        v_mov_b32_sdwa v5, v1 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1
        v_mov_b32_sdwa v6, sext(v1) dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_0
        v_mov_b32_sdwa v7, sext(v1) dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1
        v_mul_u32_u24_sdwa v8, v1, v2 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_1 src1_sel:BYTE_0
        v_add_u32_sdwa v9, vcc, v2, sext(v1) dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:BYTE_2
        v_cvt_f32_u32_sdwa v10, v1 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_2
    )");
    CHECK(after.v[3] == all(0xc3));
    CHECK(after.v[4] == all(0x80));
    CHECK(after.v[5] == all(0x80a1));
    CHECK(after.v[6] == all(0xffffffc3));
    CHECK(after.v[7] == all(0xffff80a1));
    CHECK(after.v[8] == all(0x7f * 5));
    CHECK(after.v[9] == all(uint32_t(5 - 0x5f)));
    CHECK(after.v[10] == all(bits(161.0f)));
}

TEST_CASE("SDWA writes a byte or half; the rest becomes 0, copies of the sign, or stays") {
    State w;
    w.v[1] = all(0x000000f7), w.exec = 0x1;
    for (int r = 2; r <= 9; ++r) w.v[r] = all(0x11223344);
    const State after = run(w, R"(
        v_mov_b32_sdwa v2, v1 dst_sel:BYTE_2 dst_unused:UNUSED_PRESERVE src0_sel:DWORD
        v_mov_b32_sdwa v3, v1 dst_sel:BYTE_2 dst_unused:UNUSED_PAD src0_sel:DWORD
        v_mov_b32_sdwa v4, v1 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:DWORD
        v_mov_b32_sdwa v5, v1 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:DWORD
        v_mov_b32_sdwa v6, v1 dst_sel:WORD_0 dst_unused:UNUSED_PRESERVE src0_sel:DWORD
        v_mov_b32_sdwa v7, v1 dst_sel:WORD_1 dst_unused:UNUSED_PAD src0_sel:DWORD
        v_mov_b32_sdwa v8, v1 dst_sel:BYTE_0 dst_unused:UNUSED_SEXT src0_sel:DWORD
    )");
    CHECK(after.v[2][0] == 0x11f73344);
    CHECK(after.v[3][0] == 0x00f70000);
    CHECK(after.v[4][0] == 0xfffff700);
    CHECK(after.v[5][0] == 0x00f73344);
    CHECK(after.v[6][0] == 0x112200f7);
    CHECK(after.v[7][0] == 0x00f70000);
    CHECK(after.v[8][0] == 0xfffffff7);
    for (int r = 2; r <= 8; ++r) CHECK(after.v[r][1] == 0x11223344);
}

TEST_CASE("SDWA negates and takes absolute values of floats, and serves comparisons") {
    State w;
    w.v[1] = all(bits(-2.5f)), w.v[2] = all(bits(1.0f)), w.v[3] = repeat(std::array<uint32_t, 2>{0x1200, 0x3400});
    const State after = run(w, R"(
        v_add_f32_sdwa v4, -v1, |v2| dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:DWORD
        v_add_f32_sdwa v5, |v1|, -v2 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:DWORD
        v_mov_b32 v6, 0x12
        v_cmp_eq_u32_sdwa vcc, v3, v6 src0_sel:BYTE_1 src1_sel:BYTE_0
    )");
    CHECK(after.v[4] == all(bits(3.5f)));
    CHECK(after.v[5] == all(bits(1.5f)));
    CHECK(after.vcc == 0x5555555555555555);
}

// ---- DPP ---------------------------------------------------------------------------------------

// `control` on v_mov_b32 must give lane i the value of lane from(i), or leave it where from(i) is negative.
static void check_dpp(const std::string& control, int (*from)(int lane)) {
    State w = numbered();
    w.v[3] = w.v[4] = all(7);
    const State after =
        run(w, "v_mov_b32_dpp v3, v1 " + control + " row_mask:0xf bank_mask:0xf\n v_mov_b32_dpp v4, v1 " + control +
                   " row_mask:0xf bank_mask:0xf bound_ctrl:0");
    for (int lane = 0; lane < 64; ++lane) {
        INFO(control << ", lane " << lane);
        CHECK(after.v[3][lane] == (from(lane) < 0 ? 7u : 100 + from(lane)));
        CHECK(after.v[4][lane] == (from(lane) < 0 ? 0u : 100 + from(lane)));
    }
}

TEST_CASE("DPP controls fetch from the lane that LLVM's names say; bound_ctrl gives 0 where there is none") {
    check_dpp("quad_perm:[1,0,3,2]", [](int lane) { return lane ^ 1; });
    check_dpp("quad_perm:[0,0,0,0]", [](int lane) { return lane & ~3; });
    check_dpp("row_shl:1", [](int lane) { return lane % 16 < 15 ? lane + 1 : -1; });
    check_dpp("row_shl:15", [](int lane) { return lane % 16 < 1 ? lane + 15 : -1; });
    check_dpp("row_shr:1", [](int lane) { return lane % 16 ? lane - 1 : -1; });
    check_dpp("row_shr:8", [](int lane) { return lane % 16 >= 8 ? lane - 8 : -1; });
    check_dpp("row_ror:1", [](int lane) { return (lane & ~15) + (lane + 15) % 16; });
    check_dpp("row_ror:4", [](int lane) { return (lane & ~15) + (lane + 12) % 16; });
    check_dpp("wave_shl:1", [](int lane) { return lane < 63 ? lane + 1 : -1; });
    check_dpp("wave_rol:1", [](int lane) { return (lane + 1) % 64; });
    check_dpp("wave_shr:1", [](int lane) { return lane - 1; });
    check_dpp("wave_ror:1", [](int lane) { return (lane + 63) % 64; });
    check_dpp("row_mirror", [](int lane) { return lane ^ 15; });
    check_dpp("row_half_mirror", [](int lane) { return lane ^ 7; });
}

TEST_CASE("DPP broadcasts give the last lane of a row to the next row, and lane 31 to the upper half") {
    State w = numbered();
    w.v[3] = w.v[4] = all(7);
    const State after = run(w, R"(
        v_mov_b32_dpp v3, v1 row_bcast:15 row_mask:0xa bank_mask:0xf
        v_mov_b32_dpp v4, v1 row_bcast:31 row_mask:0xc bank_mask:0xf
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const int row = lane / 16;
        INFO("lane " << lane);
        CHECK(after.v[3][lane] == (row % 2 ? 100u + 16 * row - 1 : 7));
        CHECK(after.v[4][lane] == (row >= 2 ? 131u : 7));
    }
}

TEST_CASE("DPP masks say which rows, and which banks of four lanes, are written") {
    State w = numbered();
    w.v[3] = all(7);
    const State after = run(w, "v_mov_b32_dpp v3, v1 row_mirror row_mask:0x5 bank_mask:0x9");
    for (int lane = 0; lane < 64; ++lane) {
        const bool written = 0x5 >> (lane / 16) & 1 && 0x9 >> (lane / 4 % 4) & 1;
        CHECK(after.v[3][lane] == (written ? 100u + (lane ^ 15) : 7));
    }
}

TEST_CASE("DPP feeds the first source of any short vector instruction") {
    State w = numbered();
    for (int lane = 0; lane < 64; ++lane) w.v[5][lane] = bits(float(lane)), w.v[6][lane] = bits(1.0f);
    w.v[7] = all(bits(0.5f));
    const State after = run(w, R"(
        v_add_u32_dpp v3, vcc, v1, v2 quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf
        v_add_f32_dpp v4, -v5, |v6| row_ror:1 row_mask:0xf bank_mask:0xf
        v_mac_f32_dpp v7, v5, v6 quad_perm:[0,0,0,0] row_mask:0xf bank_mask:0xf
    )");
    for (int lane = 0; lane < 64; ++lane) {
        CHECK(after.v[3][lane] == 100u + (lane ^ 1) + lane);
        CHECK(after.v[4][lane] == bits(1.0f - float((lane & ~15) + (lane + 15) % 16)));
        CHECK(after.v[7][lane] == bits(0.5f + float(lane & ~3)));
    }
}

TEST_CASE("a DPP sum over 64 lanes, as compilers write it") {
    State w;
    w.v[1] = lane_numbers();
    const State after = run(w, R"(
        v_add_u32_dpp v1, vcc, v1, v1 row_shr:1 row_mask:0xf bank_mask:0xf bound_ctrl:0
        v_add_u32_dpp v1, vcc, v1, v1 row_shr:2 row_mask:0xf bank_mask:0xf bound_ctrl:0
        v_add_u32_dpp v1, vcc, v1, v1 row_shr:4 row_mask:0xf bank_mask:0xf bound_ctrl:0
        v_add_u32_dpp v1, vcc, v1, v1 row_shr:8 row_mask:0xf bank_mask:0xf bound_ctrl:0
        s_nop 1
        v_add_u32_dpp v1, vcc, v1, v1 row_bcast:15 row_mask:0xa bank_mask:0xf
        s_nop 1
        v_add_u32_dpp v1, vcc, v1, v1 row_bcast:31 row_mask:0xc bank_mask:0xf
    )");
    CHECK(after.v[1][63] == 63 * 64 / 2);
    CHECK(after.v[1][15] == 15 * 16 / 2);
}
