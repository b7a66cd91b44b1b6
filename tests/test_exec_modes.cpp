// MODE and the hardware's other registers: skipping, indexed registers, divergent branches on a stack.

#include <catch2/catch.hpp>
#include <string>

#include "tests/run.hpp"

using namespace gcn::test;

// v2..v15 tell register and lane.
static State numbered() {
    State w;
    for (uint32_t r = 2; r < 16; ++r)
        for (uint32_t lane = 0; lane < 64; ++lane) w.v[r][lane] = 1000 * r + lane;
    for (uint32_t r = 4; r < 16; ++r) w.s[r] = 100 + r;
    return w;
}

TEST_CASE("s_setvskip makes vector instructions do nothing, until it is taken back") {
    State w = numbered();
    w.s[4] = 0b100;
    const State after = run(w, R"(
        s_setvskip s4, 2
        s_getreg_b32 s5, hwreg(HW_REG_MODE, 28, 1)
        v_mov_b32 v2, 7
        v_mac_f32 v3, v4, v5
        v_mac_f32 v4, v4, v5
        v_cmp_eq_u32 vcc, v2, v2
        v_readfirstlane_b32 s6, v2
        ds_write_b32 v2, v3
        buffer_store_dword v2, off, s[36:39], 0
        flat_store_dword v[2:3], v4
        s_add_u32 s7, s7, 1
        s_setvskip 0, 0
        v_mov_b32 v8, 9
    )");
    CHECK(after.s[5] == 1);
    CHECK(after.v[2] == w.v[2]);
    CHECK(after.v[3] == w.v[3]);
    CHECK(after.v[4] == w.v[4]);
    CHECK(after.vcc == w.vcc);
    CHECK(after.s[6] == w.s[6]);
    CHECK(after.memory == w.memory);
    CHECK(after.s[7] == w.s[7] + 1);
    CHECK(after.v[8] == all(9));
}

TEST_CASE("s_set_gpr_idx_on moves the registers that it names by its index") {
    const State w = numbered();
    struct Case {
        const char* which;
        int d, a, b;  // registers meant by v_add_u32 v2, v4, v8
    };
    for (const Case& c : {Case{"SRC0", 2, 7, 8}, Case{"SRC1", 2, 4, 11}, Case{"DST", 5, 4, 8},
                          Case{"SRC0,SRC1,DST", 5, 7, 11}, Case{"SRC2", 2, 4, 8}}) {
        INFO(c.which);
        const State after = run(w, std::string("s_mov_b32 s4, 3\n s_set_gpr_idx_on s4, gpr_idx(") + c.which + R"()
            v_add_u32 v2, vcc, v4, v8
            s_mov_b32 s5, m0
            s_set_gpr_idx_off
            v_mov_b32 v20, v4
        )");
        for (int lane = 0; lane < 64; ++lane) CHECK(after.v[c.d][lane] == w.v[c.a][lane] + w.v[c.b][lane]);
        if (c.d != 2) CHECK(after.v[2] == w.v[2]);
        CHECK((after.s[5] & 0xff) == 3);
        CHECK(after.v[20] == w.v[4]);
    }
}

TEST_CASE("indexing changes by mode and index, spares scalars, and works on pairs of registers") {
    State w = numbered();
    const State after = run(w, R"(
        s_mov_b32 s4, 2
        s_set_gpr_idx_on s4, gpr_idx(DST)
        v_mov_b32 v16, s5
        s_set_gpr_idx_mode gpr_idx(SRC0)
        v_mov_b32 v17, v4
        v_mov_b32 v19, s5
        s_mov_b32 s4, 5
        s_set_gpr_idx_idx s4
        v_mov_b32 v20, v4
        v_lshrrev_b64 v[22:23], 0, v[4:5]
        s_set_gpr_idx_mode gpr_idx(SRC1)
        v_lshrrev_b64 v[24:25], 0, v[4:5]
        s_set_gpr_idx_off
    )");
    CHECK(after.v[18] == all(w.s[5]));
    CHECK(after.v[17] == w.v[6]);
    CHECK(after.v[19] == all(w.s[5]));
    CHECK(after.v[20] == w.v[9]);
    CHECK(after.v[22] == w.v[4]);
    CHECK(after.v[24] == w.v[9]);
    CHECK(after.v[25] == w.v[10]);
}

TEST_CASE("an indexed register beyond the allocated ones reads as v0 and is not written") {
    State w = numbered();
    w.v[0] = all(77);
    const State after = run(w, R"(
        s_movk_i32 s4, 0xff
        s_set_gpr_idx_on s4, gpr_idx(SRC0)
        v_mov_b32 v16, v4
        s_set_gpr_idx_mode gpr_idx(DST)
        v_mov_b32 v17, v4
        s_set_gpr_idx_off
    )");
    CHECK(after.v[16] == all(77));
    CHECK(after.v[17] == w.v[17]);
}

TEST_CASE("memory instructions are not indexed, and runs of v_mac_f32 are, one by one") {
    State w;
    for (uint32_t r = 2; r < 12; ++r) w.v[r] = all(bits(float(r)));
    w.v[20] = all(16);
    const State after = run(w, R"(
        s_mov_b32 s4, 1
        s_set_gpr_idx_on s4, gpr_idx(SRC0)
        v_mac_f32 v2, v4, v8
        v_mac_f32 v3, v4, v9
        buffer_store_dword v5, v20, s[36:39], 0 offen
        s_set_gpr_idx_off
    )");
    CHECK(after.v[2] == all(bits(2 + 5 * 8.0f)));
    CHECK(after.v[3] == all(bits(3 + 5 * 9.0f)));
    CHECK(after.memory[4] == bits(5.0f));
}

TEST_CASE("v_movrels_b32, v_movreld_b32 and v_movrelsd_b32 count from M0") {
    State w = numbered();
    w.m0 = 3;
    const State after = run(w, R"(
        v_movrels_b32 v20, v4
        v_movreld_b32 v18, v5
        v_movrelsd_b32 v19, v6
    )");
    CHECK(after.v[20] == w.v[7]);
    CHECK(after.v[21] == w.v[5]);
    CHECK(after.v[22] == w.v[9]);
}

TEST_CASE("s_movrels and s_movreld count from M0; a register that does not exist reads s0 and is not written") {
    State w = numbered();
    w.m0 = 4, w.s[0] = 55;
    const State after = run(w, R"(
        s_movrels_b32 s16, s4
        s_movrels_b64 s[18:19], s[6:7]
        s_movreld_b32 s16, s5
        s_movreld_b64 s[18:19], s[6:7]
        s_movk_i32 m0, 0x200
        s_movrels_b32 s24, s4
        s_movreld_b32 s25, s4
        s_mov_b32 m0, 4
    )");
    CHECK(after.s[16] == w.s[8]);
    CHECK(after.s[18] == w.s[10]);
    CHECK(after.s[19] == w.s[11]);
    CHECK(after.s[20] == w.s[5]);
    CHECK(after.s64(22) == w.s64(6));
    CHECK(after.s[24] == 55);
    CHECK(after.s[25] == w.s[25]);
}

// Lanes for which `condition` has a 1 add 1 to v2, the others 10; all add 100 at the join.
static void check_fork(const std::string& fork) {
    for (const uint64_t condition : {uint64_t(0), ~uint64_t(0), uint64_t(7), ~uint64_t(7), uint64_t(0xffffffff)}) {
        State w;
        w.set_s64(30, condition);
        const State after = run(w, R"(
            s_mov_b64 s[26:27], exec
            s_getpc_b64 s[28:29]
        here:
            s_add_u32 s28, s28, passed - here
            s_addc_u32 s29, s29, 0
        )" + fork + R"(
            v_add_u32 v2, vcc, 10, v2
            s_branch joined
        passed:
            v_add_u32 v2, vcc, 1, v2
        joined:
            s_cbranch_join s20                  // the second time, with the second side's lanes only
            s_mov_b64 exec, s[26:27]
            v_add_u32 v2, vcc, 100, v2
            s_getreg_b32 s21, hwreg(HW_REG_MODE, 29, 3)
        )");
        INFO(fork << std::hex << condition);
        for (int lane = 0; lane < 64; ++lane) CHECK(after.v[2][lane] == (condition >> lane & 1 ? 101 : 110));
        CHECK(after.exec == ~0ull);
        CHECK(after.s[21] == 0);
    }
}

TEST_CASE("s_cbranch_g_fork and s_cbranch_i_fork run both sides, s_cbranch_join brings them together") {
    check_fork("s_cbranch_g_fork s[30:31], s[28:29]");
    check_fork("s_cbranch_i_fork s[30:31], passed");
}

TEST_CASE("a fork puts the side with more lanes on the stack, EXEC first, then its address") {
    State w;
    w.set_s64(30, 7);
    const State after = run(w, R"(
        s_cbranch_i_fork s[30:31], passed
    failed:
        s_nop 0
    passed:
        s_getreg_b32 s21, hwreg(HW_REG_MODE, 29, 3)
        s_mov_b64 s[22:23], exec
        s_getpc_b64 s[24:25]
    here:
        s_sub_u32 s24, s24, here - failed
        s_subb_u32 s25, s25, 0
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 29, 3), 0
    )");
    CHECK(after.s[21] == 1);
    CHECK(after.s64(22) == 7);
    CHECK(after.s64(0) == ~uint64_t(7));
    CHECK(after.s64(2) == after.s64(24));
}

TEST_CASE("registers of the hardware tell what they can") {
    State w;
    w.scc = 1, w.vcc = 0;
    const State after = run(w, R"(
        s_getreg_b32 s4, hwreg(HW_REG_STATUS)
        s_setprio 2
        s_getreg_b32 s5, hwreg(HW_REG_STATUS, 3, 2)
        s_getreg_b32 s6, hwreg(HW_REG_LDS_ALLOC, 12, 9)
        s_getreg_b32 s7, hwreg(HW_REG_GPR_ALLOC, 8, 6)
        s_setreg_imm32_b32 hwreg(HW_REG_TRAPSTS, 0, 9), 0x155
        s_getreg_b32 s8, hwreg(HW_REG_TRAPSTS, 0, 9)
        s_getreg_b32 s9, hwreg(HW_REG_IB_STS)
        s_getreg_b32 s10, hwreg(HW_REG_HW_ID, 0, 6)
        s_setreg_imm32_b32 hwreg(HW_REG_STATUS), 0
        s_getreg_b32 s11, hwreg(HW_REG_STATUS, 16, 1)
        s_cmp_eq_u32 0, 0
    )");
    CHECK((after.s[4] & 1) == 1);
    CHECK((after.s[4] >> 9 & 3) == 2);  // EXEC is not 0, VCC is
    CHECK(after.s[5] == 2);
    CHECK(after.s[6] == w.lds_bytes / 512);
    CHECK(after.s[7] == 9);
    CHECK(after.s[8] == 0x155);
    CHECK(after.s[9] == 0);
    CHECK(after.s[10] == 0);
    CHECK(after.s[11] == 1);
}

TEST_CASE("every field of MODE keeps what s_setreg puts there") {
    State w;
    w.s[4] = 0xa5;
    const State after = run(w, R"(
        s_getreg_b32 s10, hwreg(HW_REG_MODE)
        s_setreg_b32 hwreg(HW_REG_MODE, 0, 8), s4
        s_getreg_b32 s5, hwreg(HW_REG_MODE, 0, 8)
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 8, 2), 1
        s_getreg_b32 s6, hwreg(HW_REG_MODE, 8, 2)
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 12, 7), 0x55
        s_getreg_b32 s7, hwreg(HW_REG_MODE, 12, 7)
        s_setreg_b32 hwreg(HW_REG_MODE), s10
        s_getreg_b32 s11, hwreg(HW_REG_MODE)
    )");
    CHECK(after.s[5] == 0xa5);
    CHECK(after.s[6] == 1);
    CHECK(after.s[7] == 0x55);
    CHECK(after.s[11] == after.s[10]);
    CHECK((after.s[10] & 0x3ff) == (w.float_mode | 0x300));  // with DX10_CLAMP and IEEE
}

TEST_CASE("rounding of f32 and f64 are fields of their own") {
    State w;
    w.v[2] = all(bits(1.0f)), w.v[3] = all(0x33000000);  // 2^-25
    for (int lane = 0; lane < 64; ++lane) w.set_v64(4, lane, bits(1.0)), w.set_v64(6, lane, bits(0x1p-60));
    const State after = run(w, R"(
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), 0b0001
        v_add_f32 v8, v2, v3
        v_add_f64 v[10:11], v[4:5], v[6:7]
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), 0b0100
        v_add_f32 v9, v2, v3
        v_add_f64 v[12:13], v[4:5], v[6:7]
        s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), 0b1010
        v_sub_f32 v14, v2, v3
        v_add_f64 v[16:17], v[4:5], -v[6:7]
    )");
    CHECK(after.v[8][0] == 0x3f800001);
    CHECK(after.v64(10, 0) == bits(1.0));
    CHECK(after.v[9][0] == 0x3f800000);
    CHECK(after.v64(12, 0) == bits(1.0) + 1);
    CHECK(after.v[14][0] == 0x3f7fffff);
    CHECK(after.v64(16, 0) == bits(1.0) - 1);
}

TEST_CASE("s_wqm fills quads of bits, s_quadmask packs them") {
    State w;
    w.set_s64(4, 0x8000'0100'0000'0240);
    const State after = run(w, R"(
        s_wqm_b64 s[6:7], s[4:5]
        s_quadmask_b64 s[8:9], s[4:5]
        s_wqm_b32 s10, s4
        s_quadmask_b32 s11, s4
        s_cselect_b32 s12, 1, 0
        s_wqm_b32 s13, 0
        s_cselect_b32 s14, 1, 0
    )");
    CHECK(after.s64(6) == 0xf000'0f00'0000'0ff0);
    CHECK(after.s64(8) == 0x8406);
    CHECK(after.s[10] == 0xff0);
    CHECK(after.s[11] == 6);
    CHECK(after.s[12] == 1);
    CHECK(after.s[14] == 0);
}

TEST_CASE("lds_direct gives all lanes what M0 names in LDS, as wide as it says") {
    State w;
    w.v[2] = all(0x20), w.v[3] = all(0x8182f3f4);
    w.v[4] = lane_numbers();
    const State after = run(w, R"(
        ds_write_b32 v2, v3
        s_waitcnt lgkmcnt(0)
        s_mov_b32 m0, 0x00020020
        v_mov_b32 v5, lds_direct
        v_add_u32 v6, vcc, lds_direct, v4
        s_mov_b32 m0, 0x00040021
        v_mov_b32 v7, lds_direct
        s_mov_b32 m0, 0x00010022
        v_mov_b32 v8, lds_direct
    )");
    CHECK(after.v[5] == w.v[3]);
    for (uint32_t lane = 0; lane < 64; ++lane) CHECK(after.v[6][lane] == 0x8182f3f4 + lane);
    CHECK(after.v[7] == all(0xfffffff3));
    CHECK(after.v[8] == all(0x8182));
}

TEST_CASE("s_endpgm_saved and s_setkill end the wave, counters and wake-ups change nothing") {
    State w;
    w.s[4] = 9;
    const State after = run(w, "s_wakeup\n s_incperflevel 1\n s_decperflevel 1\n s_setkill 0\n v_clrexcp\n ds_nop");
    CHECK(after.s == w.s);
    CHECK(after.v == w.v);
    CHECK(fault_of(w, "s_setkill 1\n s_trap 1") == "");
    CHECK(fault_of(w, "s_endpgm_saved\n s_trap 1") == "");
    CHECK(fault_of(w, "s_rfe_restore_b64 s[4:5], s6").find("belongs to trap handlers") != std::string::npos);
}
