// Flat memory: widths, addresses, atomics, faults.

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "tests/atomics.hpp"
#include "tests/run.hpp"

using namespace gcn::test;

// The address of `memory` plus v3 in v[4:5]; memory lies across a 4 GiB boundary.
static const std::string address = R"(
    v_mov_b32 v5, s33
    v_add_u32 v4, vcc, s32, v3
    v_addc_u32 v5, vcc, 0, v5, vcc
)";

// `stride` bytes between the lanes' addresses.
static State with_memory(uint32_t stride) {
    State w;
    for (uint32_t i = 0; i < w.memory.size(); ++i) w.memory[i] = 0x91a2b3c4 + 0x01010101 * i;
    for (uint32_t lane = 0; lane < 64; ++lane) {
        w.v[3][lane] = stride * lane;
        for (uint32_t k = 0; k < 4; ++k) w.v[8 + k][lane] = 1000 * (k + 1) + lane;
    }
    return w;
}

TEST_CASE("flat loads of every width") {
    const State w = with_memory(16);
    const State after = run(w, address + R"(
        flat_load_dword v12, v[4:5]
        flat_load_dwordx2 v[14:15], v[4:5]
        flat_load_dwordx3 v[16:18], v[4:5]
        flat_load_dwordx4 v[20:23], v[4:5]
        flat_load_ubyte v24, v[4:5]
        flat_load_sbyte v25, v[4:5]
        flat_load_ushort v26, v[4:5]
        flat_load_sshort v27, v[4:5]
        s_waitcnt vmcnt(0) lgkmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const uint32_t* m = &w.memory[4 * lane];
        CHECK(after.v[12][lane] == m[0]);
        for (int k = 0; k < 2; ++k) CHECK(after.v[14 + k][lane] == m[k]);
        for (int k = 0; k < 3; ++k) CHECK(after.v[16 + k][lane] == m[k]);
        for (int k = 0; k < 4; ++k) CHECK(after.v[20 + k][lane] == m[k]);
        CHECK(after.v[24][lane] == (m[0] & 0xff));
        CHECK(after.v[25][lane] == uint32_t(int8_t(m[0])));
        CHECK(after.v[26][lane] == (m[0] & 0xffff));
        CHECK(after.v[27][lane] == uint32_t(int16_t(m[0])));
    }
}

TEST_CASE("flat loads from any order of addresses") {
    State w = with_memory(4);
    for (uint32_t lane = 0; lane < 64; ++lane) w.v[3][lane] = 4 * (lane * 37 % 1024);
    State after = run(w, address + "flat_load_dword v12, v[4:5]\n s_waitcnt vmcnt(0) lgkmcnt(0)");
    for (int lane = 0; lane < 64; ++lane) CHECK(after.v[12][lane] == w.memory[lane * 37 % 1024]);
    w.v[3] = all(40);
    after = run(w, address + "flat_load_dword v12, v[4:5]\n s_waitcnt vmcnt(0) lgkmcnt(0)");
    CHECK(after.v[12] == all(w.memory[10]));
    w.v[3] = lane_numbers();
    after = run(w, address + "flat_load_ubyte v12, v[4:5]\n s_waitcnt vmcnt(0) lgkmcnt(0)");
    for (int lane = 0; lane < 64; ++lane) CHECK(after.v[12][lane] == (w.memory[lane / 4] >> 8 * (lane % 4) & 0xff));
}

TEST_CASE("flat stores of every width") {
    State w = with_memory(16);
    struct Width {
        const char* store;
        int dwords;
        uint32_t mask;
    };
    for (const Width& width : {Width{"flat_store_byte v[4:5], v8", 1, 0xff},
                               {"flat_store_short v[4:5], v8", 1, 0xffff},
                               {"flat_store_dword v[4:5], v8", 1, ~0u},
                               {"flat_store_dwordx2 v[4:5], v[8:9]", 2, ~0u},
                               {"flat_store_dwordx3 v[4:5], v[8:10]", 3, ~0u},
                               {"flat_store_dwordx4 v[4:5], v[8:11]", 4, ~0u}}) {
        INFO(width.store);
        const State after = run(w, address + width.store);
        auto expected = w.memory;
        for (int lane = 0; lane < 64; ++lane)
            for (int k = 0; k < width.dwords; ++k) {
                uint32_t& m = expected[4 * lane + k];
                m = (m & ~width.mask) | (w.v[8 + k][lane] & width.mask);
            }
        CHECK(after.memory == expected);
    }
}

TEST_CASE("inactive lanes neither load nor store, and their addresses do not matter") {
    State w = with_memory(16);
    w.exec = 0x00ff00000000f0f0, w.v[12] = all(7);
    const State after = run(w, address + R"(
        s_mov_b64 s[4:5], exec
        s_not_b64 exec, exec
        v_mov_b32 v4, 0
        v_mov_b32 v5, 0
        s_mov_b64 exec, s[4:5]
        flat_load_dword v12, v[4:5]
        s_waitcnt vmcnt(0) lgkmcnt(0)
        flat_store_dword v[4:5], v8
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const bool on = w.exec >> lane & 1;
        CHECK(after.v[12][lane] == (on ? w.memory[4 * lane] : 7));
        CHECK(after.memory[4 * lane] == (on ? w.v[8][lane] : w.memory[4 * lane]));
    }
}

TEST_CASE("a load may replace its own address") {
    const State w = with_memory(16);
    const State after = run(w, address + "flat_load_dwordx2 v[4:5], v[4:5]\n s_waitcnt vmcnt(0) lgkmcnt(0)");
    for (int lane = 0; lane < 64; ++lane)
        for (int k = 0; k < 2; ++k) CHECK(after.v[4 + k][lane] == w.memory[4 * lane + k]);
}

// ---- atomics -----------------------------------------------------------------------------------

TEST_CASE("flat atomics compute in memory, and return the old value with glc") {
    for (const Atomic& atomic : atomics)
        for (const bool wide : {false, true}) {
            State w = with_memory(8);
            for (uint32_t lane = 0; lane < 64; ++lane) {
                const uint64_t m = in_memory[lane % 4];
                w.memory[2 * lane] = uint32_t(m), w.memory[2 * lane + 1] = uint32_t(m >> 32);
                w.set_v64(8, lane, data[lane / 4 % 4]);
            }
            const std::string name = std::string("flat_atomic_") + atomic.name + (wide ? "_x2 " : " ");
            const std::string source = wide ? "v[8:9]" : "v8", old = wide ? "v[12:13], " : "v12, ";
            const State silent = run(w, address + name + "v[4:5], " + source);
            const State after = run(w, address + name + old + "v[4:5], " + source + " glc\n s_waitcnt vmcnt(0)");
            CHECK(silent.memory == after.memory);
            CHECK(silent.v[12] == w.v[12]);
            const uint64_t mask = wide ? ~0ull : 0xffffffff;
            for (int lane = 0; lane < 64; ++lane) {
                const uint64_t m = in_memory[lane % 4] & mask, x = data[lane / 4 % 4] & mask;
                const uint64_t now = (after.memory[2 * lane] | uint64_t(after.memory[2 * lane + 1]) << 32) & mask;
                INFO(name << std::hex << "of " << m << " and " << x);
                CHECK(now == ((wide ? atomic.dwordx2 : atomic.dword)(m, x) & mask));
                CHECK((after.v64(12, lane) & mask) == m);
            }
        }
}

TEST_CASE("flat_atomic_cmpswap stores its first dword where memory equals its second") {
    State w = with_memory(16);
    for (uint32_t lane = 0; lane < 64; ++lane) {
        w.v[8][lane] = 77, w.v[9][lane] = lane % 2 ? w.memory[4 * lane] : 0;
        w.set_v64(14, lane, 0x1111222233334444);
        w.set_v64(16, lane, lane % 2 ? 0 : w.memory[4 * lane + 2] | uint64_t(w.memory[4 * lane + 3]) << 32);
    }
    const State after = run(w, address + R"(
        flat_atomic_cmpswap v12, v[4:5], v[8:9] glc
        v_add_u32 v18, vcc, 8, v4
        v_addc_u32 v19, vcc, 0, v5, vcc
        flat_atomic_cmpswap_x2 v[20:21], v[18:19], v[14:17] glc
        s_waitcnt vmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const uint32_t *before = &w.memory[4 * lane], *now = &after.memory[4 * lane];
        CHECK(now[0] == (lane % 2 ? 77 : before[0]));
        CHECK(after.v[12][lane] == before[0]);
        CHECK(now[2] == (lane % 2 ? before[2] : 0x33334444));
        CHECK(now[3] == (lane % 2 ? before[3] : 0x11112222));
        CHECK(after.v64(20, lane) == (before[2] | uint64_t(before[3]) << 32));
    }
}

TEST_CASE("lanes that add to the same address all count") {
    State w = with_memory(0);
    w.memory[0] = 0, w.v[8] = all(1);
    const State after = run(w, address + "flat_atomic_add v12, v[4:5], v8 glc\n s_waitcnt vmcnt(0)");
    CHECK(after.memory[0] == 64);
    Lanes tickets = after.v[12];
    std::sort(tickets.begin(), tickets.end());
    CHECK(tickets == lane_numbers());
}

// ---- faults ------------------------------------------------------------------------------------

TEST_CASE("a flat load of what is not there is a fault that names instruction and address") {
    State w = with_memory(16);
    w.v[3][17] = 0x7ff00000;
    const std::string fault = fault_of(w, address + "flat_load_dword v12, v[4:5]\n s_waitcnt 0");
    CHECK(fault.find("flat_load_dword") != fault.npos);
    CHECK(fault.find("0x12357feff800") != fault.npos);
}

TEST_CASE("an access that ends beyond its region is a fault") {
    State w = with_memory(16);
    w.v[3][5] = 4096 - 4;
    CHECK(fault_of(w, address + "flat_load_dword v12, v[4:5]\n s_waitcnt 0") == "");
    CHECK(fault_of(w, address + "flat_load_dwordx2 v[12:13], v[4:5]\n s_waitcnt 0") != "");
    CHECK(fault_of(w, address + "flat_store_dwordx4 v[4:5], v[8:11]\n s_waitcnt 0") != "");
}

TEST_CASE("a store to code is a fault: its region is not writable") {
    State w;
    const std::string body = R"(
        s_getpc_b64 s[4:5]
        v_mov_b32 v4, s4
        v_mov_b32 v5, s5
        flat_load_dword v6, v[4:5]
        s_waitcnt 0
    )";
    CHECK(fault_of(w, body) == "");
    CHECK(fault_of(w, body + "flat_store_dword v[4:5], v6") != "");
}
