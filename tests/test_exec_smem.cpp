// Scalar loads, through addresses and through buffer descriptors.

#include <catch2/catch.hpp>
#include <string>

#include "tests/run.hpp"

using namespace gcn::test;

static State with_memory() {
    State w;
    for (uint32_t i = 0; i < w.memory.size(); ++i) w.memory[i] = 0xabc00000 + i;
    return w;
}

TEST_CASE("s_load of every width") {
    const State w = with_memory();
    const State after = run(w, R"(
        s_load_dword s4, s[32:33], 0x4
        s_load_dwordx2 s[6:7], s[32:33], 0x8
        s_load_dwordx4 s[8:11], s[32:33], 0x10
        s_load_dwordx8 s[16:23], s[32:33], 0x24
        s_waitcnt lgkmcnt(0)
    )");
    CHECK(after.s[4] == w.memory[1]);
    for (int k = 0; k < 2; ++k) CHECK(after.s[6 + k] == w.memory[2 + k]);
    for (int k = 0; k < 4; ++k) CHECK(after.s[8 + k] == w.memory[4 + k]);
    for (int k = 0; k < 8; ++k) CHECK(after.s[16 + k] == w.memory[9 + k]);
    const State wide = run(w, "s_load_dwordx16 s[8:23], s[32:33], 0x40\n s_waitcnt lgkmcnt(0)");
    for (int k = 0; k < 16; ++k) CHECK(wide.s[8 + k] == w.memory[16 + k]);
}

TEST_CASE("the offset may be a scalar register, and reaches over 4 GiB boundaries") {
    State w = with_memory();
    w.s[4] = 0x7fc, w.s[5] = 0x800;
    const State after = run(w, R"(
        s_load_dwordx2 s[6:7], s[32:33], s4
        s_load_dword s8, s[32:33], s5
        s_mov_b32 m0, 0xffc
        s_load_dword s9, s[32:33], m0
        s_mov_b32 m0, -1
        s_load_dword s10, s[32:33], 0xffc
        s_waitcnt lgkmcnt(0)
    )");
    CHECK(after.s[6] == w.memory[0x7fc / 4]);
    CHECK(after.s[7] == w.memory[0x800 / 4]);
    CHECK(after.s[8] == w.memory[0x800 / 4]);
    CHECK(after.s[9] == w.memory[0xffc / 4]);
    CHECK(after.s[10] == w.memory[0xffc / 4]);
}

TEST_CASE("base and offset lose their low two bits each, before they are added") {
    const State w = with_memory();
    const State after = run(w, R"(
        s_or_b32 s4, s32, 3
        s_mov_b32 s5, s33
        s_load_dword s6, s[4:5], 0x7
        s_mov_b32 m0, 0xb
        s_load_dword s7, s[4:5], m0
        s_mov_b32 s8, 77
        s_store_dword s8, s[4:5], 0x12
        s_mov_b32 m0, -1
        s_waitcnt lgkmcnt(0)
    )");
    CHECK(after.s[6] == w.memory[1]);
    CHECK(after.s[7] == w.memory[2]);
    CHECK(after.memory[4] == 77);
    CHECK(after.memory[5] == w.memory[5]);
}

TEST_CASE("a load may replace its own address, and fill VCC") {
    State w = with_memory();
    const State after = run(w, R"(
        s_mov_b64 s[4:5], s[32:33]
        s_load_dwordx2 s[4:5], s[4:5], 0x10
        s_load_dwordx2 vcc, s[32:33], 0x18
        s_waitcnt lgkmcnt(0)
    )");
    CHECK(after.s[4] == w.memory[4]);
    CHECK(after.s[5] == w.memory[5]);
    CHECK(after.vcc == (w.memory[6] | uint64_t(w.memory[7]) << 32));
}

TEST_CASE("s_buffer_load reads through a descriptor, and 0 beyond its end") {
    State w = with_memory();
    w.s[4] = 0x20;
    const State after = run(w, R"(
        s_mov_b32 s38, 0x100
        s_buffer_load_dword s5, s[36:39], 0x8
        s_buffer_load_dword s6, s[36:39], s4
        s_buffer_load_dwordx2 s[8:9], s[36:39], 0xf8
        s_buffer_load_dwordx4 s[12:15], s[36:39], 0x40
        s_buffer_load_dword s7, s[36:39], 0x100
        s_waitcnt lgkmcnt(0)
    )");
    CHECK(after.s[5] == w.memory[2]);
    CHECK(after.s[6] == w.memory[8]);
    CHECK(after.s[8] == w.memory[62]);
    CHECK(after.s[9] == w.memory[63]);
    for (int k = 0; k < 4; ++k) CHECK(after.s[12 + k] == w.memory[16 + k]);
    CHECK(after.s[7] == 0);
}

TEST_CASE("s_buffer_load of eight and sixteen dwords, partly beyond the end") {
    State w = with_memory();
    const State after = run(w, R"(
        s_mov_b32 s38, 0x50
        s_buffer_load_dwordx8 s[0:7], s[36:39], 0x40
        s_buffer_load_dwordx16 s[8:23], s[36:39], 0x10
        s_waitcnt lgkmcnt(0)
    )");
    for (uint32_t k = 0; k < 8; ++k) CHECK(after.s[k] == (16 + k < 20 ? w.memory[16 + k] : 0));
    for (uint32_t k = 0; k < 16; ++k) CHECK(after.s[8 + k] == w.memory[4 + k]);
}

TEST_CASE("time does not run backwards") {
    for (const std::string clock : {"s_memtime", "s_memrealtime"}) {
        const State after = run(State{}, clock + " s[4:5]\n s_waitcnt lgkmcnt(0)\n" + clock + R"( s[6:7]
            s_waitcnt lgkmcnt(0)
            s_sub_u32 s6, s6, s4
            s_subb_u32 s7, s7, s5                   // borrows if the second is smaller
            s_cselect_b32 s8, 1, 0
            s_or_b64 s[10:11], s[4:5], 0
            s_cselect_b32 s9, 1, 0                  // the first is not 0
            s_mov_b64 s[4:5], 0
            s_mov_b64 s[6:7], 0
            s_mov_b64 s[10:11], 0
        )");
        CHECK(after.s[8] == 0);
        CHECK(after.s[9] == 1);
    }
}

TEST_CASE("cache operations change nothing") {
    State w = with_memory();
    w.s[4] = 9;
    const State after = run(w, "s_dcache_inv\n s_dcache_wb\n s_dcache_inv_vol\n s_dcache_wb_vol\n s_icache_inv");
    CHECK(after.s == w.s);
    CHECK(after.memory == w.memory);
}

TEST_CASE("a scalar load of what is not there is a fault that names the address") {
    const std::string fault =
        fault_of(State{}, "s_mov_b64 s[4:5], 0x5000\n s_load_dword s6, s[4:5], 0x10\n s_waitcnt 0");
    CHECK(fault.find("s_load_dword") != fault.npos);
    CHECK(fault.find("0x5010") != fault.npos);
}

TEST_CASE("s_store writes registers, s_buffer_store what lies within the descriptor") {
    State w;
    for (uint32_t r = 4; r < 12; ++r) w.s[r] = 0x1000 + r;
    w.memory.fill(7);
    const State after = run(w, R"(
        s_store_dword s4, s[32:33], 0x4
        s_store_dwordx2 s[6:7], s[32:33], 0x8
        s_mov_b32 m0, 16
        s_store_dwordx4 s[4:7], s[32:33], m0
        s_mov_b32 s38, 0x48
        s_buffer_store_dword s8, s[36:39], 0x23
        s_buffer_store_dwordx2 s[8:9], s[36:39], 0x30
        s_buffer_store_dwordx4 s[8:11], s[36:39], 0x40
        s_mov_b32 m0, -1
        s_dcache_wb
        s_atc_probe 1, s[32:33], 0x10
    )");
    auto expected = w.memory;
    expected[1] = w.s[4];
    for (int i = 0; i < 2; ++i) expected[2 + i] = w.s[6 + i], expected[12 + i] = w.s[8 + i];
    for (int i = 0; i < 4; ++i) expected[4 + i] = w.s[4 + i];
    expected[8] = w.s[8];
    for (int i = 0; i < 2; ++i) expected[16 + i] = w.s[8 + i];  // the rest lies beyond 0x48
    CHECK(after.memory == expected);
}

TEST_CASE("a scalar store to what is not writable is a fault") {
    const std::string fault = fault_of(State{}, "s_getpc_b64 s[4:5]\n s_store_dword s6, s[4:5], 0x0");
    CHECK(fault.find("s_store_dword") != std::string::npos);
    CHECK(fault.find("nothing writable") != std::string::npos);
}
