// Local memory: widths, two elements at once, atomics, limits.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "tests/atomics.hpp"
#include "tests/run.hpp"

using namespace gcn::test;

// Every lane has 16 bytes of LDS of its own at v2, and numbers of its own in v4..v7.
static State with_data() {
    State w;
    for (uint32_t lane = 0; lane < 64; ++lane) {
        w.v[2][lane] = 16 * lane;
        for (uint32_t k = 0; k < 4; ++k) w.v[4 + k][lane] = 0x01020384 + 0x10101010 * k + lane;
    }
    return w;
}

TEST_CASE("ds_write and ds_read of every width") {
    State w = with_data();
    const State after = run(w, R"(
        ds_write_b128 v2, v[4:7]
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v8, v2 offset:4
        ds_read_b64 v[10:11], v2 offset:8
        ds_read_b96 v[12:14], v2
        ds_read_b128 v[16:19], v2
        ds_read_u8 v20, v2
        ds_read_i8 v21, v2
        ds_read_u16 v22, v2 offset:2
        ds_read_i16 v23, v2
        s_waitcnt lgkmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        CHECK(after.v[8][lane] == w.v[5][lane]);
        CHECK(after.v64(10, lane) == w.v64(6, lane));
        for (int k = 0; k < 3; ++k) CHECK(after.v[12 + k][lane] == w.v[4 + k][lane]);
        for (int k = 0; k < 4; ++k) CHECK(after.v[16 + k][lane] == w.v[4 + k][lane]);
        CHECK(after.v[20][lane] == (w.v[4][lane] & 0xff));
        CHECK(after.v[21][lane] == uint32_t(int8_t(w.v[4][lane])));
        CHECK(after.v[22][lane] == w.v[4][lane] >> 16);
        CHECK(after.v[23][lane] == uint32_t(int16_t(w.v[4][lane])));
    }
}

TEST_CASE("narrow writes leave the neighbours") {
    State w = with_data();
    const State after = run(w, R"(
        ds_write_b64 v2, v[4:5]
        ds_write_b8 v2, v6 offset:1
        ds_write_b16 v2, v7 offset:6
        ds_write_b96 v2, v[4:6] offset:1024
        s_waitcnt lgkmcnt(0)
        ds_read_b64 v[8:9], v2
        ds_read_b32 v10, v2 offset:1032
        s_waitcnt lgkmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        CHECK(after.v[8][lane] == ((w.v[4][lane] & 0xffff00ff) | (w.v[6][lane] & 0xff) << 8));
        CHECK(after.v[9][lane] == ((w.v[5][lane] & 0xffff) | w.v[7][lane] << 16));
        CHECK(after.v[10][lane] == w.v[6][lane]);
    }
}

TEST_CASE("read2 and write2 address two elements; st64 counts in steps of 64 elements") {
    State w = with_data();
    for (uint32_t lane = 0; lane < 64; ++lane) w.v[3][lane] = 8 * lane;
    const State after = run(w, R"(
        ds_write2_b32 v2, v4, v5 offset0:3 offset1:1
        s_waitcnt lgkmcnt(0)
        ds_read2_b32 v[8:9], v2 offset0:1 offset1:3
        ds_read_b32 v10, v2 offset:12
        s_waitcnt lgkmcnt(0)
        ds_write2_b64 v2, v[4:5], v[6:7] offset0:1
        s_waitcnt lgkmcnt(0)
        ds_read2_b64 v[12:15], v2 offset0:1 offset1:0
        s_waitcnt lgkmcnt(0)
        ds_write2st64_b32 v3, v4, v5 offset0:2 offset1:4
        s_waitcnt lgkmcnt(0)
        ds_read2st64_b32 v[16:17], v3 offset0:4 offset1:2
        ds_read_b32 v18, v3 offset:1024
        s_waitcnt lgkmcnt(0)
        ds_write2st64_b64 v3, v[4:5], v[6:7] offset1:3
        s_waitcnt lgkmcnt(0)
        ds_read2st64_b64 v[20:23], v3 offset0:3
        ds_read_b64 v[24:25], v3 offset:1536
        s_waitcnt lgkmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        CHECK(after.v[8][lane] == w.v[5][lane]);
        CHECK(after.v[9][lane] == w.v[4][lane]);
        CHECK(after.v[10][lane] == w.v[4][lane]);
        CHECK(after.v64(12, lane) == w.v64(4, lane));
        CHECK(after.v64(14, lane) == w.v64(6, lane));
        CHECK(after.v[16][lane] == w.v[5][lane]);
        CHECK(after.v[17][lane] == w.v[4][lane]);
        CHECK(after.v[18][lane] == w.v[5][lane]);
        CHECK(after.v64(20, lane) == w.v64(6, lane));
        CHECK(after.v64(22, lane) == w.v64(4, lane));
        CHECK(after.v64(24, lane) == w.v64(6, lane));
    }
}

TEST_CASE("lanes outside EXEC neither write nor read") {
    State w = with_data();
    w.v[8] = all(7), w.exec = 0x5555555555555555;
    const State after = run(w, R"(
        s_mov_b64 s[4:5], exec
        s_mov_b64 exec, -1
        v_mov_b32 v9, 99
        ds_write_b32 v2, v9
        s_mov_b64 exec, s[4:5]
        ds_write_b32 v2, v4
        s_waitcnt lgkmcnt(0)
        s_mov_b64 exec, -1
        ds_read_b32 v10, v2
        s_mov_b64 exec, s[4:5]
        ds_read_b32 v8, v2
        s_waitcnt lgkmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        CHECK(after.v[10][lane] == (lane % 2 ? 99 : w.v[4][lane]));
        CHECK(after.v[8][lane] == (lane % 2 ? 7 : w.v[4][lane]));
    }
}

TEST_CASE("what lies outside the group's LDS reads as 0 and is not written") {
    State w;
    w.lds_bytes = 512;
    for (uint32_t lane = 0; lane < 64; ++lane) w.v[2][lane] = 16 * lane, w.v[4][lane] = 1000 + lane;
    const State after =
        run(w, "ds_write_b32 v2, v4\n s_waitcnt lgkmcnt(0)\n ds_read_b32 v5, v2\n s_waitcnt lgkmcnt(0)");
    for (uint32_t lane = 0; lane < 64; ++lane) CHECK(after.v[5][lane] == (lane < 32 ? 1000 + lane : 0));
}

TEST_CASE("M0 limits LDS further") {
    State w;
    w.m0 = 256;
    for (uint32_t lane = 0; lane < 64; ++lane) w.v[2][lane] = 16 * lane, w.v[4][lane] = 1000 + lane;
    const State after =
        run(w, "ds_write_b32 v2, v4\n s_waitcnt lgkmcnt(0)\n ds_read_b32 v5, v2\n s_waitcnt lgkmcnt(0)");
    for (uint32_t lane = 0; lane < 64; ++lane) CHECK(after.v[5][lane] == (lane < 16 ? 1000 + lane : 0));
}

// ---- atomics -----------------------------------------------------------------------------------

struct LdsAtomic {
    const char* name;  // R stands for _rtn or nothing
    uint64_t (*result)(uint64_t memory, uint64_t data);
};

static std::string named(std::string name, const char* with) { return name.replace(name.find('R'), 1, with); }

static void check_atomics(std::initializer_list<LdsAtomic> rows, bool wide) {
    const uint64_t mask = wide ? ~0ull : 0xffffffff;
    for (const LdsAtomic& atomic : rows)
        for (const bool returns : {false, true}) {
            State w;
            for (uint32_t lane = 0; lane < 64; ++lane) {
                w.v[2][lane] = 16 * lane;
                w.set_v64(4, lane, in_memory[lane % 4]), w.set_v64(6, lane, data[lane / 4 % 4]);
            }
            const std::string source = wide ? "v[6:7]" : "v6", old = wide ? "v[8:9]" : "v8";
            const State after =
                run(w, "ds_write_b64 v2, v[4:5]\n s_waitcnt lgkmcnt(0)\n" + named(atomic.name, returns ? "_rtn" : "") +
                           " " + (returns ? old + ", " : "") + "v2, " + source +
                           "\n s_waitcnt lgkmcnt(0)\n ds_read_b64 v[10:11], v2\n s_waitcnt lgkmcnt(0)");
            for (int lane = 0; lane < 64; ++lane) {
                const uint64_t m = in_memory[lane % 4] & mask, x = data[lane / 4 % 4] & mask;
                INFO(named(atomic.name, returns ? "_rtn" : "") << std::hex << " of " << m << " and " << x);
                CHECK((after.v64(10, lane) & mask) == (atomic.result(m, x) & mask));
                if (returns) CHECK((after.v64(8, lane) & mask) == m);
            }
        }
}

TEST_CASE("LDS atomics compute, store, and return the old value if asked") {
    check_atomics({{"ds_addR_u32", sum},
                   {"ds_subR_u32", less},
                   {"ds_rsubR_u32", [](uint64_t m, uint64_t x) { return x - m; }},
                   {"ds_incR_u32", up},
                   {"ds_decR_u32", down},
                   {"ds_minR_i32", least<int32_t>},
                   {"ds_maxR_i32", greatest<int32_t>},
                   {"ds_minR_u32", least<uint32_t>},
                   {"ds_maxR_u32", greatest<uint32_t>},
                   {"ds_andR_b32", both},
                   {"ds_orR_b32", either},
                   {"ds_xorR_b32", one_of}},
                  false);
    check_atomics({{"ds_addR_u64", sum},
                   {"ds_subR_u64", less},
                   {"ds_rsubR_u64", [](uint64_t m, uint64_t x) { return x - m; }},
                   {"ds_incR_u64", up},
                   {"ds_decR_u64", down},
                   {"ds_minR_i64", least<int64_t>},
                   {"ds_maxR_i64", greatest<int64_t>},
                   {"ds_minR_u64", least<uint64_t>},
                   {"ds_maxR_u64", greatest<uint64_t>},
                   {"ds_andR_b64", both},
                   {"ds_orR_b64", either},
                   {"ds_xorR_b64", one_of}},
                  true);
}

TEST_CASE("lanes that address the same dword take turns") {
    State w;
    w.v[3] = all(1), w.v[4] = lane_numbers();
    w.exec = ~0xfull;
    const State after = run(w, R"(
        ds_write_b32 v2, v2
        ds_write_b32 v2, v2 offset:4
        s_waitcnt lgkmcnt(0)
        ds_add_rtn_u32 v5, v2, v3
        ds_max_u32 v2, v4 offset:4
        s_waitcnt lgkmcnt(0)
        ds_read2_b32 v[6:7], v2 offset1:1
        s_waitcnt lgkmcnt(0)
    )");
    CHECK(after.v[6][63] == 60);
    CHECK(after.v[7][63] == 63);
    Lanes tickets = after.v[5];
    std::sort(tickets.begin() + 4, tickets.end());
    for (uint32_t i = 0; i < 60; ++i) CHECK(tickets[4 + i] == i);
}

TEST_CASE("ds_cmpst stores the second value where memory equals the first; ds_wrxchg always stores") {
    State w;
    for (uint32_t lane = 0; lane < 64; ++lane) {
        w.v[2][lane] = 16 * lane, w.v[4][lane] = lane % 2, w.v[5][lane] = 3;
        w.set_v64(6, lane, lane % 2 ? 0x300000001 : 0), w.set_v64(8, lane, 0xaaaaaaaabbbbbbbb);
    }
    w.v[10] = all(1), w.v[11] = all(100);
    const State after = run(w, R"(
        ds_write_b64 v2, v[4:5]
        s_waitcnt lgkmcnt(0)
        ds_cmpst_rtn_b32 v12, v2, v10, v11
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v13, v2
        ds_write_b64 v2, v[4:5]
        s_waitcnt lgkmcnt(0)
        ds_cmpst_rtn_b64 v[14:15], v2, v[6:7], v[8:9]
        s_waitcnt lgkmcnt(0)
        ds_read_b64 v[16:17], v2
        s_waitcnt lgkmcnt(0)
        ds_wrxchg_rtn_b32 v18, v2, v11
        s_waitcnt lgkmcnt(0)
        ds_wrxchg_rtn_b64 v[20:21], v2, v[4:5]
        s_waitcnt lgkmcnt(0)
        ds_cmpst_b32 v2, v10, v11
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v22, v2
        s_waitcnt lgkmcnt(0)
    )");
    for (uint32_t lane = 0; lane < 64; ++lane) {
        const bool odd = lane % 2;
        CHECK(after.v[12][lane] == lane % 2);
        CHECK(after.v[13][lane] == (odd ? 100 : 0));
        CHECK(after.v64(14, lane) == (odd ? 0x300000001 : 0x300000000));
        CHECK(after.v64(16, lane) == (odd ? 0xaaaaaaaabbbbbbbb : 0x300000000));
        CHECK(after.v[18][lane] == (odd ? 0xbbbbbbbb : 0));
        CHECK(after.v64(20, lane) == ((odd ? 0xaaaaaaaaull << 32 : 3ull << 32) | 100));
        CHECK(after.v[22][lane] == (odd ? 100 : 0));
    }
}

TEST_CASE("floating-point LDS atomics") {
    struct Float {
        const char* name;
        float (*result)(float memory, float data);
    };
    const Float floats[] = {{"min", [](float m, float x) { return std::min(m, x); }},
                            {"max", [](float m, float x) { return std::max(m, x); }},
                            {"add", [](float m, float x) { return m + x; }}};
    State w;
    w.v[5] = all(bits(0.5f));
    for (int lane = 0; lane < 64; ++lane) {
        w.v[2][lane] = 16 * lane, w.v[4][lane] = bits(float(lane) - 10);
        w.set_v64(6, lane, bits(double(lane) - 10)), w.set_v64(8, lane, bits(0.5));
    }
    for (const Float& f : floats)
        for (const bool returns : {false, true}) {
            const std::string name = std::string("ds_") + f.name + (returns ? "_rtn" : ""),
                              wait = "\n s_waitcnt lgkmcnt(0)\n";
            const State after = run(w, "ds_write_b32 v2, v4" + wait + name + "_f32 " + (returns ? "v10, " : "") +
                                           "v2, v5" + wait + "ds_read_b32 v11, v2" + wait);
            for (int lane = 0; lane < 64; ++lane) {
                CHECK(after.v[11][lane] == bits(f.result(float(lane) - 10, 0.5f)));
                if (returns) CHECK(after.v[10][lane] == w.v[4][lane]);
            }
            if (std::string(f.name) == "add") continue;  // there is none for f64
            const State wide =
                run(w, "ds_write_b64 v2, v[6:7]" + wait + name + "_f64 " + (returns ? "v[12:13], " : "") +
                           "v2, v[8:9]" + wait + "ds_read_b64 v[14:15], v2" + wait);
            for (int lane = 0; lane < 64; ++lane) {
                CHECK(wide.v64(14, lane) == bits(double(f.result(float(lane) - 10, 0.5f))));
                if (returns) CHECK(wide.v64(12, lane) == w.v64(6, lane));
            }
        }
}

TEST_CASE("floating-point ds_cmpst compares values, not bits: the zeros are equal, a NaN is not") {
    State w;
    w.v[3] = repeat(std::array<uint32_t, 4>{bits(-0.0f), 0x7fc00000, bits(1.0f), bits(2.0f)});  // memory
    w.v[4] = repeat(std::array<uint32_t, 4>{bits(0.0f), 0x7fc00000, bits(1.0f), bits(1.0f)});   // compared
    w.v[5] = all(bits(7.0f));
    const std::array<double, 4> memory{-0.0, NAN, 1, 2}, compared{0.0, NAN, 1, 1};
    for (int lane = 0; lane < 64; ++lane) {
        w.v[2][lane] = 16 * lane;
        w.set_v64(6, lane, bits(memory[lane % 4])), w.set_v64(8, lane, bits(compared[lane % 4])),
            w.set_v64(10, lane, bits(7.0));
    }
    const State after = run(w, R"(
        ds_write_b32 v2, v3
        s_waitcnt lgkmcnt(0)
        ds_cmpst_rtn_f32 v12, v2, v4, v5
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v13, v2
        ds_write_b32 v2, v3
        s_waitcnt lgkmcnt(0)
        ds_cmpst_f32 v2, v4, v5
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v14, v2
        ds_write_b64 v2, v[6:7]
        s_waitcnt lgkmcnt(0)
        ds_cmpst_rtn_f64 v[16:17], v2, v[8:9], v[10:11]
        s_waitcnt lgkmcnt(0)
        ds_read_b64 v[18:19], v2
        ds_write_b64 v2, v[6:7]
        s_waitcnt lgkmcnt(0)
        ds_cmpst_f64 v2, v[8:9], v[10:11]
        s_waitcnt lgkmcnt(0)
        ds_read_b64 v[20:21], v2
        ds_cmpst_b64 v2, v[20:21], v[8:9]
        s_waitcnt lgkmcnt(0)
        ds_read_b64 v[22:23], v2
        s_waitcnt lgkmcnt(0)
    )");
    for (int lane = 0; lane < 4; ++lane) {
        const bool equal = lane == 0 || lane == 2;
        INFO("lane " << lane);
        CHECK(after.v[12][lane] == w.v[3][lane]);
        CHECK(after.v[13][lane] == (equal ? bits(7.0f) : w.v[3][lane]));
        CHECK(after.v[14][lane] == after.v[13][lane]);
        CHECK(after.v64(16, lane) == w.v64(6, lane));
        CHECK(after.v64(18, lane) == (equal ? bits(7.0) : w.v64(6, lane)));
        CHECK(after.v64(20, lane) == after.v64(18, lane));
        CHECK(after.v64(22, lane) == w.v64(8, lane));
    }
}

TEST_CASE("DS addresses lose the low bits that their width does not allow") {
    State w = with_data();
    const State after = run(w, R"(
        ds_write_b128 v2, v[4:7]
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v8, v2 offset:7
        ds_read_b64 v[10:11], v2 offset:12
        ds_read_b128 v[16:19], v2 offset:8
        ds_read_u16 v20, v2 offset:3
        ds_add_rtn_u32 v21, v2, v3 offset:5
        s_waitcnt lgkmcnt(0)
    )");
    CHECK(after.v[8] == w.v[5]);
    CHECK(after.v[10] == w.v[6]);
    for (int k = 0; k < 4; ++k) CHECK(after.v[16 + k] == w.v[4 + k]);
    for (int lane = 0; lane < 64; ++lane) CHECK(after.v[20][lane] == w.v[4][lane] >> 16);
    CHECK(after.v[21] == w.v[5]);
}

TEST_CASE("ds_mskor clears the bits of one operand and sets those of the other") {
    State w = with_data();
    const State after = run(w, R"(
        ds_write_b64 v2, v[4:5]
        s_waitcnt lgkmcnt(0)
        ds_mskor_rtn_b32 v8, v2, v6, v7
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v9, v2
        ds_mskor_b32 v2, v9, v6
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v10, v2
        ds_write_b64 v2, v[4:5]
        s_waitcnt lgkmcnt(0)
        ds_mskor_rtn_b64 v[12:13], v2, v[6:7], v[4:5]
        s_waitcnt lgkmcnt(0)
        ds_read_b64 v[14:15], v2
        ds_mskor_b64 v2, v[14:15], v[6:7]
        s_waitcnt lgkmcnt(0)
        ds_read_b64 v[16:17], v2
        s_waitcnt lgkmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const uint32_t m = w.v[4][lane], x = w.v[6][lane], y = w.v[7][lane];
        CHECK(after.v[8][lane] == m);
        CHECK(after.v[9][lane] == ((m & ~x) | y));
        CHECK(after.v[10][lane] == x);
        CHECK(after.v64(12, lane) == w.v64(4, lane));
        CHECK(after.v64(14, lane) == ((w.v64(4, lane) & ~w.v64(6, lane)) | w.v64(4, lane)));
        CHECK(after.v64(16, lane) == w.v64(6, lane));
    }
}

TEST_CASE("ds_wrxchg2 stores two elements and returns what was there, st64 in steps of 64") {
    State w = with_data();
    const State after = run(w, R"(
        ds_write_b128 v2, v[4:7]
        s_waitcnt lgkmcnt(0)
        ds_wrxchg2_rtn_b32 v[8:9], v2, v6, v7 offset0:1 offset1:3
        s_waitcnt lgkmcnt(0)
        ds_read_b128 v[12:15], v2
        s_waitcnt lgkmcnt(0)
        ds_wrxchg2_rtn_b64 v[16:19], v2, v[4:5], v[6:7] offset0:1 offset1:0
        s_waitcnt lgkmcnt(0)
        ds_read_b128 v[20:23], v2
        ds_wrxchg2st64_rtn_b32 v[24:25], v2, v4, v5 offset0:4 offset1:5
        ds_read_b32 v26, v2 offset:1024
        ds_read_b32 v27, v2 offset:1280
        ds_wrxchg2st64_rtn_b64 v[28:31], v2, v[4:5], v[6:7] offset0:2 offset1:3
        s_waitcnt lgkmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        CHECK(after.v[8][lane] == w.v[5][lane]);
        CHECK(after.v[9][lane] == w.v[7][lane]);
        CHECK(after.v[13][lane] == w.v[6][lane]);
        CHECK(after.v[15][lane] == w.v[7][lane]);
        CHECK(after.v64(16, lane) == after.v64(14, lane));
        CHECK(after.v64(18, lane) == after.v64(12, lane));
        CHECK(after.v64(20, lane) == w.v64(6, lane));
        CHECK(after.v64(22, lane) == w.v64(4, lane));
        if (lane < 32) CHECK(after.v[26][lane] == w.v[4][lane]);
    }
}

TEST_CASE("ds_wrap_rtn_b32 counts round; ds_condxchg32_rtn_b64 stores dwords whose highest bit is set") {
    State w = with_data();
    w.v[6] = all(0x01020390), w.v[7] = all(5);
    w.v[8] = repeat(std::array<uint32_t, 2>{0x80000011, 0x11}),
    w.v[9] = repeat(std::array<uint32_t, 2>{0x22, 0x80000022});
    const State after = run(w, R"(
        ds_write_b32 v2, v4
        s_waitcnt lgkmcnt(0)
        ds_wrap_rtn_b32 v10, v2, v6, v7
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v11, v2
        ds_write_b64 v2, v[4:5]
        s_waitcnt lgkmcnt(0)
        ds_condxchg32_rtn_b64 v[12:13], v2, v[8:9]
        s_waitcnt lgkmcnt(0)
        ds_read_b64 v[14:15], v2
        s_waitcnt lgkmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const uint32_t m = w.v[4][lane];
        CHECK(after.v[10][lane] == m);
        CHECK(after.v[11][lane] == (m >= 0x01020390 ? m - 0x01020390 : m + 5));
        CHECK(after.v64(12, lane) == w.v64(4, lane));
        CHECK(after.v[14][lane] == (lane % 2 ? m : 0x11));
        CHECK(after.v[15][lane] == (lane % 2 ? 0x22 : w.v[5][lane]));
    }
}

TEST_CASE("ds_append and ds_consume move a counter by the number of active lanes") {
    State w = with_data();
    w.exec = 0xff00000000000003, w.v[8] = w.v[9] = w.v[10] = all(1);
    const State after = run(w, R"(
        v_mov_b32 v4, 100
        v_mov_b32 v5, 0x50
        ds_write_b32 v5, v4
        s_mov_b32 m0, 0x40
        s_waitcnt lgkmcnt(0)
        ds_append v8 offset:16
        ds_append v9 offset:16
        ds_consume v10 offset:16
        s_mov_b32 m0, -1
        ds_read_b32 v11, v5
        s_waitcnt lgkmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const bool on = w.exec >> lane & 1;
        CHECK(after.v[8][lane] == (on ? 100 : 1));
        CHECK(after.v[9][lane] == (on ? 110 : 1));
        CHECK(after.v[10][lane] == (on ? 120 : 1));
        if (on) CHECK(after.v[11][lane] == 110);
    }
}

TEST_CASE("src2 instructions take their second operand from LDS, by the offset or by the address") {
    struct Case {
        const char* name;
        bool wide;
        uint64_t (*result)(uint64_t, uint64_t);
    };
    const Case cases[] = {
        {"add_src2_u32", false, sum},
        {"sub_src2_u32", false, less},
        {"rsub_src2_u32", false, +[](uint64_t m, uint64_t x) { return x - m; }},
        {"inc_src2_u32", false, up},
        {"dec_src2_u32", false, down},
        {"min_src2_i32", false, least<int32_t>},
        {"max_src2_i32", false, greatest<int32_t>},
        {"min_src2_u32", false, least<uint32_t>},
        {"max_src2_u32", false, greatest<uint32_t>},
        {"and_src2_b32", false, both},
        {"or_src2_b32", false, either},
        {"xor_src2_b32", false, one_of},
        {"write_src2_b32", false, swapped},
        {"add_src2_u64", true, sum},
        {"sub_src2_u64", true, less},
        {"rsub_src2_u64", true, +[](uint64_t m, uint64_t x) { return x - m; }},
        {"inc_src2_u64", true, up},
        {"dec_src2_u64", true, down},
        {"min_src2_i64", true, least<int64_t>},
        {"max_src2_i64", true, greatest<int64_t>},
        {"min_src2_u64", true, least<uint64_t>},
        {"max_src2_u64", true, greatest<uint64_t>},
        {"and_src2_b64", true, both},
        {"or_src2_b64", true, either},
        {"xor_src2_b64", true, one_of},
        {"write_src2_b64", true, swapped},
    };
    for (const Case& c : cases)
        for (const bool far : {false, true}) {
            State w = with_data();
            for (int lane = 0; lane < 64; ++lane) {
                w.set_v64(4, lane, in_memory[lane % 4]), w.set_v64(6, lane, data[lane / 4 % 4]);
                w.v[3][lane] = far ? w.v[2][lane] | 2u << 17 : w.v[2][lane];
            }
            const State after = run(w, std::string("ds_write_b128 v2, v[4:7]\n s_waitcnt lgkmcnt(0)\n ds_") + c.name +
                                           " v3 offset:" + (far ? "0x8000" : "2") + R"(
                s_waitcnt lgkmcnt(0)
                ds_read_b128 v[8:11], v2
                s_waitcnt lgkmcnt(0)
            )");
            const uint64_t mask = c.wide ? ~0ull : 0xffffffff;
            for (int lane = 0; lane < 64; ++lane) {
                const uint64_t m = in_memory[lane % 4] & mask, x = data[lane / 4 % 4] & mask;
                INFO(c.name << std::hex << ' ' << m << ' ' << x);
                CHECK((after.v64(8, lane) & mask) == (c.result(m, x) & mask));
                CHECK(after.v64(10, lane) == data[lane / 4 % 4]);
            }
        }
}

TEST_CASE("src2 instructions of floating point") {
    State w = with_data();
    w.v[4] = all(bits(1.5f)), w.v[5] = all(bits(-2.0f)), w.v[6] = all(bits(4.0f)), w.v[7] = all(bits(3.0f));
    const State after = run(w, R"(
        ds_write_b128 v2, v[4:7]
        s_waitcnt lgkmcnt(0)
        ds_add_src2_f32 v2 offset:1
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v8, v2
        ds_min_src2_f32 v2 offset:2
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v9, v2
        ds_max_src2_f32 v2 offset:3
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v10, v2
    )");
    CHECK(after.v[8] == all(bits(-0.5f)));
    CHECK(after.v[9] == all(bits(-0.5f)));
    CHECK(after.v[10] == all(bits(3.0f)));
    for (int lane = 0; lane < 64; ++lane) w.set_v64(4, lane, bits(2.0)), w.set_v64(6, lane, bits(-7.0));
    const State wide = run(w, R"(
        ds_write_b128 v2, v[4:7]
        s_waitcnt lgkmcnt(0)
        ds_max_src2_f64 v2 offset:2
        s_waitcnt lgkmcnt(0)
        ds_read_b64 v[8:9], v2
        ds_min_src2_f64 v2 offset:2
        s_waitcnt lgkmcnt(0)
        ds_read_b64 v[10:11], v2
        s_waitcnt lgkmcnt(0)
    )");
    CHECK(wide.v64(8, 9) == bits(2.0));
    CHECK(wide.v64(10, 9) == bits(-7.0));
}
