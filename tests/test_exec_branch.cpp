// Program flow: branches on SCC, VCC and EXEC, loops, calls, instructions that only wait, and what is no instruction.

#include <catch2/catch.hpp>

#include "tests/run.hpp"

using namespace gcn::test;

// 1 when `branch` is taken.
static bool taken(const State& w, const std::string& branch) {
    return run(w, "s_mov_b32 s4, 1\n" + branch + " over\n s_mov_b32 s4, 0\nover:\n").s[4];
}

TEST_CASE("branches on SCC") {
    State w;
    for (const bool scc : {false, true}) {
        w.scc = scc;
        CHECK(taken(w, "s_cbranch_scc1") == scc);
        CHECK(taken(w, "s_cbranch_scc0") == !scc);
        CHECK(taken(w, "s_branch"));
    }
}

TEST_CASE("branches on VCC and EXEC look at all 64 bits") {
    State w;
    for (const uint64_t mask : {uint64_t(0), uint64_t(1), uint64_t(1) << 63}) {
        w.vcc = mask, w.exec = ~0ull;
        CHECK(taken(w, "s_cbranch_vccnz") == (mask != 0));
        CHECK(taken(w, "s_cbranch_vccz") == (mask == 0));
        w.vcc = 0, w.exec = mask;
        CHECK(taken(w, "s_cbranch_execnz") == (mask != 0));
        CHECK(taken(w, "s_cbranch_execz") == (mask == 0));
    }
}

TEST_CASE("a loop counts") {
    State w;
    w.s[4] = 1000;
    const State after = run(w, R"(
    again:
        s_add_u32 s5, s5, s4
        v_add_u32 v2, vcc, 1, v2
        s_sub_u32 s4, s4, 1
        s_cmp_lg_u32 s4, 0
        s_cbranch_scc1 again
    )");
    CHECK(after.s[5] == 1000 * 1001 / 2);
    CHECK(after.v[2] == all(1000));
}

TEST_CASE("lanes leave a loop one by one, as compilers write it") {
    State w;
    w.v[2] = lane_numbers();
    const State after = run(w, R"(
        s_mov_b64 s[4:5], exec
        v_mov_b32 v3, 0
    again:
        v_cmp_lt_u32 vcc, v3, v2
        s_and_b64 exec, exec, vcc
        s_cbranch_execz done
        v_add_u32 v3, vcc, 1, v3
        v_add_u32 v4, vcc, v4, v3
        s_branch again
    done:
        s_mov_b64 exec, s[4:5]
    )");
    for (uint32_t lane = 0; lane < 64; ++lane) CHECK(after.v[4][lane] == lane * (lane + 1) / 2);
    CHECK(after.exec == ~0ull);
}

TEST_CASE("if and else, each for its own lanes") {
    State w;
    w.v[2] = lane_numbers();
    const State after = run(w, R"(
        v_cmp_gt_u32 vcc, 20, v2
        s_and_saveexec_b64 s[4:5], vcc
        v_mov_b32 v3, 1
        s_andn2_b64 exec, s[4:5], exec
        v_mov_b32 v3, 2
        s_mov_b64 exec, s[4:5]
    )");
    for (int lane = 0; lane < 64; ++lane) CHECK(after.v[3][lane] == (lane < 20 ? 1 : 2));
}

TEST_CASE("s_getpc, s_setpc and s_swappc jump, call and return") {
    const State after = run(State{}, R"(
        s_mov_b32 s4, 0
        s_getpc_b64 s[6:7]                      // the address of the next instruction
    here:
        s_add_u32 s6, s6, function - here
        s_addc_u32 s7, s7, 0
        s_swappc_b64 s[8:9], s[6:7]
        s_add_u32 s4, s4, 100
        s_swappc_b64 s[8:9], s[6:7]
        s_branch end
    function:
        s_add_u32 s4, s4, 1
        s_setpc_b64 s[8:9]
    end:
    )");
    CHECK(after.s[4] == 102);
}

TEST_CASE("instructions that only wait change nothing") {
    State w;
    for (uint32_t r = 0; r < 32; ++r) w.s[r] = r, w.v[r] = all(r);
    w.scc = 1, w.vcc = 5;
    const State after = run(w, R"(
        s_nop 0
        s_nop 15
        s_sleep 1
        s_setprio 3
        s_setprio 0
        s_waitcnt vmcnt(0) expcnt(0) lgkmcnt(0)
        s_barrier
        v_nop
        s_icache_inv
    )");
    CHECK(after.s == w.s);
    CHECK(after.v == w.v);
    CHECK(after.scc == 1);
    CHECK(after.vcc == 5);
    CHECK(after.exec == w.exec);
}

TEST_CASE("what is not executed is a fault that shows the instruction, or the word and its encoding") {
    struct Row {
        const char *body, *shown, *why;
    };
    const Row& row = GENERATE(values<Row>({
        {"image_load v[0:3], v0, s[0:7] dmask:0xf", "image_load v[0:3], v0, s[0:7] dmask:0xf",
         "images are not executed"},
        {"exp mrt0 v0, v0, v0, v0 done", "exp mrt0 v0, v0, v0, v0 done", "the graphics pipeline does not exist here"},
        {"v_interp_p1_f32 v0, v1, attr0.x", "v_interp_p1_f32_e32 v0, v1, attr0.x",
         "attributes of pixel shaders do not exist here"},
        {"v_interp_p1ll_f16 v0, v1, attr0.x", "v_interp_p1ll_f16 v0, v1, attr0.x",
         "attributes of pixel shaders do not exist here"},
        {"ds_gws_barrier v0 gds", "ds_gws_barrier v0 gds", "global data share is not executed"},
        {"s_ttracedata", "s_ttracedata", "debug messages are not executed"},
        {".long 0xbfffffff", "0xbfffffff (SOPP, opcode 0x7f)", "it is not an instruction of gfx803"},
        {".long 0x7e01fe00", "0x7e01fe00 (VOP1, opcode 0xff)", "it is not an instruction of gfx803"},
        {".long 0xffffffff", "0xffffffff (bits 31:26 are 111111)", "no instruction of gfx803 begins so"},
    }));
    const std::string fault = fault_of(State{}, row.body);
    INFO(fault);
    CHECK(fault.starts_with(row.shown + std::string(" at 0x")));
    CHECK(fault.ends_with(std::string(": ") + row.why));
}

TEST_CASE("a branch around what is no instruction never meets it") {
    CHECK(fault_of(State{}, "s_branch over\n .long 0xffffffff\nover:\n s_nop 0") == "");
}

TEST_CASE("s_trap is a fault that names itself") {
    const std::string fault = fault_of(State{}, "s_trap 2");
    CHECK(fault.find("s_trap 2") != fault.npos);
}

TEST_CASE("messages that nobody listens to change nothing") {
    State w;
    w.s[4] = 9;
    CHECK(run(w, "s_sendmsg sendmsg(MSG_INTERRUPT)\n s_nop 0").s == w.s);
}

TEST_CASE("s_sendmsghalt ends the wave after its message; s_sethalt 1 is a fault, for nobody would wake the wave") {
    State w;
    w.s[4] = 9;
    CHECK(fault_of(w, "s_sendmsghalt sendmsg(MSG_INTERRUPT)\n s_trap 1") == "");
    CHECK(fault_of(w, "s_sethalt 1").find("halts the wave") != std::string::npos);
    CHECK(run(w, "s_sethalt 0\n s_mov_b32 s5, 7").s[5] == 7);
}

TEST_CASE("instructions of trap handlers are faults with a reason") {
    for (const char* const body : {"s_rfe_b64 s[4:5]", "s_rfe_restore_b64 s[4:5], s6"}) {
        CAPTURE(body);
        CHECK(fault_of(State{}, body).find("belongs to trap handlers") != std::string::npos);
    }
}
