// Buffer memory: addresses made of descriptor, offsets and index; what lies beyond num_records.

#include <catch2/catch.hpp>
#include <string>

#include "tests/atomics.hpp"
#include "tests/run.hpp"

using namespace gcn::test;

static State with_memory() {
    State w;
    for (uint32_t i = 0; i < w.memory.size(); ++i) w.memory[i] = 0x91a2b3c4 + 0x01010101 * i;
    for (uint32_t lane = 0; lane < 64; ++lane) {
        w.v[2][lane] = lane, w.v[3][lane] = 16 * lane;
        for (uint32_t k = 0; k < 4; ++k) w.v[8 + k][lane] = 1000 * (k + 1) + lane;
    }
    return w;
}

TEST_CASE("buffer loads of every width") {
    const State w = with_memory();
    const State after = run(w, R"(
        buffer_load_dword v12, v3, s[36:39], 0 offen
        buffer_load_dwordx2 v[14:15], v3, s[36:39], 0 offen
        buffer_load_dwordx3 v[16:18], v3, s[36:39], 0 offen
        buffer_load_dwordx4 v[20:23], v3, s[36:39], 0 offen
        buffer_load_ubyte v24, v3, s[36:39], 0 offen offset:1
        buffer_load_sbyte v25, v3, s[36:39], 0 offen
        buffer_load_ushort v26, v3, s[36:39], 0 offen offset:2
        buffer_load_sshort v27, v3, s[36:39], 0 offen
        s_waitcnt vmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const uint32_t* m = &w.memory[4 * lane];
        CHECK(after.v[12][lane] == m[0]);
        for (int k = 0; k < 2; ++k) CHECK(after.v[14 + k][lane] == m[k]);
        for (int k = 0; k < 3; ++k) CHECK(after.v[16 + k][lane] == m[k]);
        for (int k = 0; k < 4; ++k) CHECK(after.v[20 + k][lane] == m[k]);
        CHECK(after.v[24][lane] == (m[0] >> 8 & 0xff));
        CHECK(after.v[25][lane] == uint32_t(int8_t(m[0])));
        CHECK(after.v[26][lane] == m[0] >> 16);
        CHECK(after.v[27][lane] == uint32_t(int16_t(m[0])));
    }
}

TEST_CASE("buffer stores of every width") {
    const State w = with_memory();
    struct Width {
        const char *name, *data;
        int dwords;
        uint32_t mask;
    };
    for (const Width& width : {Width{"byte", "v8", 1, 0xff},
                               {"short", "v8", 1, 0xffff},
                               {"dword", "v8", 1, ~0u},
                               {"dwordx2", "v[8:9]", 2, ~0u},
                               {"dwordx3", "v[8:10]", 3, ~0u},
                               {"dwordx4", "v[8:11]", 4, ~0u}}) {
        INFO(width.name);
        const State after =
            run(w, std::string("buffer_store_") + width.name + " " + width.data + ", v3, s[36:39], 0 offen");
        auto expected = w.memory;
        for (int lane = 0; lane < 64; ++lane)
            for (int k = 0; k < width.dwords; ++k) {
                uint32_t& m = expected[4 * lane + k];
                m = (m & ~width.mask) | (w.v[8 + k][lane] & width.mask);
            }
        CHECK(after.memory == expected);
    }
}

TEST_CASE("the address is base, scalar offset, constant and vector offset together") {
    State w = with_memory();
    w.s[4] = 256;
    const State after = run(w, R"(
        s_mov_b32 m0, 128
        buffer_load_dword v12, off, s[36:39], 0 offset:20
        buffer_load_dword v13, off, s[36:39], s4 offset:20
        buffer_load_dword v14, v3, s[36:39], s4 offen offset:4
        buffer_load_dword v15, off, s[36:39], 64
        buffer_load_dword v16, off, s[36:39], m0
        s_waitcnt vmcnt(0)
        s_mov_b32 m0, -1
    )");
    for (int lane = 0; lane < 64; ++lane) {
        CHECK(after.v[12][lane] == w.memory[5]);
        CHECK(after.v[13][lane] == w.memory[64 + 5]);
        CHECK(after.v[14][lane] == w.memory[4 * lane + 64 + 1]);
        CHECK(after.v[15][lane] == w.memory[16]);
        CHECK(after.v[16][lane] == w.memory[32]);
    }
}

TEST_CASE("an index counts in strides; index and offset come in two registers, the index first") {
    State w = with_memory();
    w.v[4] = lane_numbers(), w.v[5] = all(4);
    const State after = run(w, R"(
        s_or_b32 s37, s37, 0x00140000           // stride 20
        s_movk_i32 s38, 0x500                   // 64 of them: num_records counts bytes
        buffer_load_dword v12, v2, s[36:39], 0 idxen
        buffer_load_dword v13, v2, s[36:39], 0 idxen offset:8
        buffer_load_dword v14, v[4:5], s[36:39], 0 idxen offen offset:4
        s_waitcnt vmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        CHECK(after.v[12][lane] == w.memory[5 * lane]);
        CHECK(after.v[13][lane] == w.memory[5 * lane + 2]);
        CHECK(after.v[14][lane] == w.memory[5 * lane + 2]);
    }
}

TEST_CASE("loads beyond num_records give 0 and stores there are dropped, dword by dword") {
    State w = with_memory();
    const State after = run(w, R"(
        s_mov_b32 s38, 0x108                    // in the middle of lane 16's four dwords
        buffer_load_dword v12, v3, s[36:39], 0 offen
        buffer_load_dwordx4 v[20:23], v3, s[36:39], 0 offen
        s_waitcnt vmcnt(0)
        buffer_store_dwordx4 v[8:11], v3, s[36:39], 0 offen
    )");
    auto expected = w.memory;
    for (int lane = 0; lane < 64; ++lane)
        for (int k = 0; k < 4; ++k) {
            const bool inside = 16 * lane + 4 * k + 4 <= 0x108;
            INFO("lane " << lane << ", dword " << k);
            CHECK(after.v[20 + k][lane] == (inside ? w.memory[4 * lane + k] : 0));
            if (k == 0) CHECK(after.v[12][lane] == (inside ? w.memory[4 * lane] : 0));
            if (inside) expected[4 * lane + k] = w.v[8 + k][lane];
        }
    CHECK(after.memory == expected);
}

TEST_CASE("a vector offset below zero wraps, and is beyond num_records") {
    State w = with_memory();
    w.v[3] = repeat(std::array<uint32_t, 4>{0xfffffffc, 0, 0x80000000, 4});
    const State after = run(w, "buffer_load_dword v12, v3, s[36:39], 0 offen\n s_waitcnt vmcnt(0)");
    CHECK(after.v[12][0] == 0);
    CHECK(after.v[12][1] == w.memory[0]);
    CHECK(after.v[12][2] == 0);
    CHECK(after.v[12][3] == w.memory[1]);
}

TEST_CASE("a descriptor with num_records 0 reads 0 and writes nothing, whatever its base") {
    State w = with_memory();
    const State after = run(w, R"(
        s_mov_b64 s[36:37], 0
        s_mov_b32 s38, 0
        buffer_load_dwordx4 v[20:23], v3, s[36:39], 0 offen
        buffer_store_dword v8, v3, s[36:39], 0 offen
        s_waitcnt vmcnt(0)
    )");
    for (int k = 0; k < 4; ++k) CHECK(after.v[20 + k] == all(0));
    CHECK(after.memory == w.memory);
}

TEST_CASE("inactive lanes of a buffer access keep their registers and memory") {
    State w = with_memory();
    w.exec = 0xaaaaaaaa00000000, w.v[12] = all(7);
    const State after = run(w, R"(
        buffer_load_dword v12, v3, s[36:39], 0 offen
        s_waitcnt vmcnt(0)
        buffer_store_dword v8, v3, s[36:39], 0 offen
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const bool on = w.exec >> lane & 1;
        CHECK(after.v[12][lane] == (on ? w.memory[4 * lane] : 7));
        CHECK(after.memory[4 * lane] == (on ? w.v[8][lane] : w.memory[4 * lane]));
    }
}

TEST_CASE("contiguous dwords, as a coalesced kernel loads them, and the same dword for all") {
    State w = with_memory();
    for (uint32_t lane = 0; lane < 64; ++lane) w.v[3][lane] = 4 * lane;
    const State after = run(w, R"(
        v_mov_b32 v4, 0x50
        buffer_load_dword v12, v3, s[36:39], 0 offen offset:16
        buffer_load_dword v13, v4, s[36:39], 0 offen
        s_waitcnt vmcnt(0)
        buffer_store_dword v8, v3, s[36:39], 0 offen offset:2048
    )");
    for (int lane = 0; lane < 64; ++lane) {
        CHECK(after.v[12][lane] == w.memory[lane + 4]);
        CHECK(after.v[13][lane] == w.memory[20]);
        CHECK(after.memory[512 + lane] == w.v[8][lane]);
    }
}

TEST_CASE("buffer atomics compute in memory; with glc the old value replaces the data") {
    for (const Atomic& atomic : atomics)
        for (const bool wide : {false, true}) {
            State w = with_memory();
            for (uint32_t lane = 0; lane < 64; ++lane) {
                const uint64_t m = in_memory[lane % 4];
                w.memory[4 * lane] = uint32_t(m), w.memory[4 * lane + 1] = uint32_t(m >> 32);
                w.set_v64(8, lane, data[lane / 4 % 4]);
            }
            const std::string body = std::string("buffer_atomic_") + atomic.name + (wide ? "_x2 v[8:9]" : " v8") +
                                     ", v3, s[36:39], 0 offen ";
            const State silent = run(w, body), after = run(w, body + "glc\n s_waitcnt vmcnt(0)");
            CHECK(silent.memory == after.memory);
            CHECK(silent.v[8] == w.v[8]);
            const uint64_t mask = wide ? ~0ull : 0xffffffff;
            for (int lane = 0; lane < 64; ++lane) {
                const uint64_t m = in_memory[lane % 4] & mask, x = data[lane / 4 % 4] & mask;
                const uint64_t now = (after.memory[4 * lane] | uint64_t(after.memory[4 * lane + 1]) << 32) & mask;
                INFO(body << std::hex << "of " << m << " and " << x);
                CHECK(now == ((wide ? atomic.dwordx2 : atomic.dword)(m, x) & mask));
                CHECK((after.v64(8, lane) & mask) == m);
            }
        }
}

TEST_CASE("buffer_atomic_cmpswap stores its first half where memory equals its second") {
    State w = with_memory();
    const auto at = [](const State& s, int lane) {
        return s.memory[4 * lane + 2] | uint64_t(s.memory[4 * lane + 3]) << 32;
    };
    for (int lane = 0; lane < 64; ++lane) {
        w.v[6][lane] = 5, w.v[7][lane] = lane % 2 ? w.memory[4 * lane] : 0;
        w.set_v64(8, lane, 0x1111222233334444), w.set_v64(10, lane, lane % 2 ? 0 : at(w, lane));
    }
    const State after = run(w, R"(
        buffer_atomic_cmpswap v[6:7], v3, s[36:39], 0 offen glc
        buffer_atomic_cmpswap_x2 v[8:11], v3, s[36:39], 0 offen offset:8 glc
        s_waitcnt vmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        CHECK(after.memory[4 * lane] == (lane % 2 ? 5 : w.memory[4 * lane]));
        CHECK(after.v[6][lane] == w.memory[4 * lane]);
        CHECK(at(after, lane) == (lane % 2 ? at(w, lane) : 0x1111222233334444));
        CHECK(after.v64(8, lane) == at(w, lane));
    }
}

TEST_CASE("a buffer atomic beyond num_records changes nothing") {
    State w = with_memory();
    const State after = run(w, "s_mov_b32 s38, 0\n buffer_atomic_add v8, v3, s[36:39], 0 offen\n s_waitcnt vmcnt(0)");
    CHECK(after.memory == w.memory);
}

TEST_CASE("cache invalidation changes nothing") {
    const State w = with_memory();
    const State after = run(w, "buffer_wbinvl1\n buffer_wbinvl1_vol");
    CHECK(after.memory == w.memory);
    CHECK(after.v == w.v);
}

TEST_CASE("a descriptor that reaches beyond memory is a fault, not a wrong read") {
    const std::string fault = fault_of(with_memory(), R"(
        s_mov_b32 s38, 0x100000
        v_lshlrev_b32 v3, 8, v3
        buffer_load_dword v12, v3, s[36:39], 0 offen
        s_waitcnt vmcnt(0)
    )");
    CHECK(fault.find("buffer_load_dword") != fault.npos);
}
