// Inner loops that the executor runs as one block, and their near misses: the result is the instructions', one by one.

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "tests/run.hpp"

using namespace gcn::test;

namespace {

constexpr int rows = 4, columns = 2, steps = 9, lanes = 64;
constexpr int sums = 16, row_address = 12, column_address = 13;  // registers

// Which set of registers a step's factors are in, and the sum of a row and a column.
int row_register(int step) { return step % 2 * 4; }
int column_register(int step) { return 8 + step % 2 * 2; }
int sum_register(int r, int c) { return sums + r * columns + c; }

std::string v(int n) { return "v" + std::to_string(n); }
std::string v(int n, int count) { return "v[" + std::to_string(n) + ":" + std::to_string(n + count - 1) + "]"; }

std::string read_step(int step) {
    return "ds_read_b128 " + v(row_register(step), 4) + ", " + v(row_address) + " offset:" + std::to_string(16 * step) +
           "\nds_read_b64 " + v(column_register(step), 2) + ", " + v(column_address) +
           " offset:" + std::to_string(512 + 8 * step) + "\n";
}
std::string mac(int step, int r, int c) {
    return "v_mac_f32 " + v(sum_register(r, c)) + ", " + v(row_register(step) + r) + ", " +
           v(column_register(step) + c) + "\n";
}
std::string mac_step(int step) {
    std::string text = "s_waitcnt lgkmcnt(0)\n";
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c) text += mac(step, r, c);
    return text;
}

// Step 0 has its factors in registers already; each step's are read while the one before is summed up.
std::string loop(const std::string& in_the_middle = "") {
    std::string text;
    for (int step = 0; step < steps; ++step) {
        if (step + 1 < steps) text += read_step(step + 1);
        text += mac_step(step);
        if (step == steps / 2) text += in_the_middle;
    }
    return text;
}

// LDS is filled from `memory`, so that the body can be followed on the host.
std::string with_lds(const std::string& body) {
    return R"(
        s_mov_b64 s[28:29], exec
        s_mov_b64 exec, -1
        v_mbcnt_lo_u32_b32 v30, -1, 0
        v_mbcnt_hi_u32_b32 v30, -1, v30
        v_lshlrev_b32 v30, 4, v30
        s_mov_b32 s30, m0
        s_mov_b32 m0, -1
        buffer_load_dwordx4 v[24:27], v30, s[36:39], 0 offen
        s_waitcnt vmcnt(0)
        ds_write_b128 v30, v[24:27]
        buffer_load_dwordx4 v[24:27], v30, s[36:39], 0 offen offset:1024
        s_waitcnt vmcnt(0)
        ds_write_b128 v30, v[24:27] offset:1024
        s_waitcnt lgkmcnt(0)
        s_mov_b64 exec, s[28:29]
        s_mov_b32 m0, s30
    )" + body;
}

State start() {
    State state;
    for (size_t i = 0; i < state.memory.size(); ++i) state.memory[i] = bits(0.37f * float(int(i * 7919 % 1009) - 500));
    for (int n = 0; n < 24; ++n)
        for (int lane = 0; lane < lanes; ++lane) state.v[n][lane] = bits(float((n * 31 + lane * 17) % 23) - 11.5f);
    for (uint32_t lane = 0; lane < lanes; ++lane) {
        state.v[row_address][lane] = lane % 16 * 16;
        state.v[column_address][lane] = lane / 16 * 32;
    }
    return state;
}

float at(const std::vector<float>& lds, uint32_t address, uint32_t limit) {
    return address + 4 <= limit && address / 4 < lds.size() ? lds[address / 4] : 0;
}

// What the loop makes of a lane.
void follow(State& state, uint32_t limit) {
    std::vector<float> lds(state.memory.size());
    std::memcpy(lds.data(), state.memory.data(), lds.size() * 4);
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(state.exec >> lane & 1)) continue;
        const uint32_t row_at = state.v[row_address][lane], column_at = state.v[column_address][lane];
        for (int step = 0; step < steps; ++step) {
            for (int i = 0; step && i < rows; ++i)
                state.v[row_register(step) + i][lane] = bits(at(lds, ((row_at + 16 * step) & ~15u) + 4 * i, limit));
            for (int i = 0; step && i < columns; ++i)
                state.v[column_register(step) + i][lane] =
                    bits(at(lds, ((column_at + 512 + 8 * step) & ~7u) + 4 * i, limit));
            for (int r = 0; r < rows; ++r)
                for (int c = 0; c < columns; ++c) {
                    const float product =
                        f32(state.v[row_register(step) + r][lane]) * f32(state.v[column_register(step) + c][lane]);
                    uint32_t& sum = state.v[sum_register(r, c)][lane];
                    sum = bits(product + f32(sum));
                }
        }
    }
}

void check_registers(const State& got, const State& expected) {
    for (int n = 0; n < 24; ++n)
        for (int lane = 0; lane < lanes; ++lane) {
            INFO("v" << n << ", lane " << lane);
            REQUIRE(got.v[n][lane] == expected.v[n][lane]);
        }
}

void check_loop(State state, uint32_t limit = ~0u) {
    const State after = run(state, with_lds(loop()));
    follow(state, limit);
    check_registers(after, state);
}

}  // namespace

TEST_CASE("a block of LDS reads and multiply-adds gives each lane its own sums") { check_loop(start()); }

TEST_CASE("a block with lanes off leaves them alone") {
    State state = start();
    for (const uint64_t exec : {0x8000'0000'0000'0001ull, 0x0ffull, 0x7fff'ffff'ffff'ffffull, 0ull}) {
        state.exec = exec;
        check_loop(state);
    }
}

TEST_CASE("a block reads what lies out of LDS's range as 0") {
    State state = start();
    for (const uint32_t limit : {0u, 600u, 552u, 130u}) {
        state.m0 = limit;
        check_loop(state, limit);
    }
}

TEST_CASE("a block reads any addresses") {
    State state = start();
    for (uint32_t lane = 0; lane < lanes; ++lane) {
        state.v[row_address][lane] = lane * 37 % 64 * 4;
        state.v[column_address][lane] = lane * 11 % 32 * 4;
    }
    check_loop(state);
    state.v[row_address].fill(0xfffffff0);  // and with the offset from 0 on
    check_loop(state);
}

TEST_CASE("writes in a block come after its reads, with what the registers hold there") {
    State state = start();
    const std::string write = "ds_write_b32 v" + std::to_string(row_address) + ", v14 offset:32\n";
    const std::string check = R"(
        s_waitcnt lgkmcnt(0)
        ds_read_b32 v15, v12 offset:32
        s_waitcnt lgkmcnt(0)
    )";
    for (uint32_t lane = 0; lane < lanes; ++lane) state.v[row_address][lane] = lane * 16;
    std::string text;  // no read stands behind the write
    for (int step = 0; step < steps; ++step) {
        if (step + 1 < steps) text += read_step(step + 1);
        if (step == steps - 1) text += write;
        text += mac_step(step);
    }
    const State after = run(state, with_lds(text + check));
    follow(state, ~0u);
    for (int lane = 0; lane < lanes; ++lane) state.v[15][lane] = state.v[14][lane];
    check_registers(after, state);
}

TEST_CASE("what is almost a block is executed all the same") {
    const State state = start();
    const State plain = [&] {
        State s = state;
        follow(s, ~0u);
        return s;
    }();
    SECTION("a sum is a factor") {
        const State after = run(state, with_lds(loop() + "v_mac_f32 v14, v16, v17\n"));
        for (int lane = 0; lane < lanes; ++lane) {
            const float product = f32(plain.v[16][lane]) * f32(plain.v[17][lane]);
            REQUIRE(after.v[14][lane] == bits(product + f32(state.v[14][lane])));
            REQUIRE(after.v[16][lane] == plain.v[16][lane]);
        }
    }
    SECTION("a factor is the sum itself") {
        const State after = run(state, with_lds(loop() + "v_mac_f32 v14, v14, v14\n"));
        for (int lane = 0; lane < lanes; ++lane) {
            const float x = f32(state.v[14][lane]), product = x * x;
            REQUIRE(after.v[14][lane] == bits(product + x));
        }
    }
    SECTION("one sum gets one product more") {
        const State after = run(state, with_lds(loop() + mac(steps - 1, 1, 1)));
        for (int lane = 0; lane < lanes; ++lane) {
            const float product =
                f32(plain.v[row_register(steps - 1) + 1][lane]) * f32(plain.v[column_register(steps - 1) + 1][lane]);
            REQUIRE(after.v[sum_register(1, 1)][lane] == bits(product + f32(plain.v[sum_register(1, 1)][lane])));
            REQUIRE(after.v[sum_register(1, 0)][lane] == plain.v[sum_register(1, 0)][lane]);
        }
    }
    SECTION("a read goes into its own address, or changes another's") {
        for (const char* read : {"ds_read_b32 v12, v12\n", "ds_read_b32 v13, v12\n"}) {
            const State after = run(state, with_lds(loop() + read + "s_waitcnt lgkmcnt(0)\n"));
            for (int lane = 0; lane < lanes; ++lane) {
                const int written = read[14] == '2' ? 12 : 13;
                REQUIRE(after.v[written][lane] == state.memory[state.v[12][lane] / 4]);
            }
        }
    }
    SECTION("a branch leads into the middle") {
        const State after = run(state, with_lds("s_branch middle\n" + loop("middle:\n")));
        State expected = state;  // the steps behind the middle, whose first factors nobody has read
        for (int lane = 0; lane < lanes; ++lane)
            for (int step = steps / 2 + 1; step < steps; ++step)
                for (int r = 0; r < rows; ++r)
                    for (int c = 0; c < columns; ++c) {
                        const bool read = step > steps / 2 + 1;
                        const auto factor = [&](int reg, uint32_t address) {
                            return read ? f32(state.memory[address / 4]) : f32(state.v[reg][lane]);
                        };
                        const float product =
                            factor(row_register(step) + r, state.v[row_address][lane] + 16 * step + 4 * r) *
                            factor(column_register(step) + c, state.v[column_address][lane] + 512 + 8 * step + 4 * c);
                        uint32_t& sum = expected.v[sum_register(r, c)][lane];
                        sum = bits(product + f32(sum));
                    }
        for (int n = sums; n < sums + rows * columns; ++n) CHECK(after.v[n] == expected.v[n]);
    }
}

TEST_CASE("vector registers can be named by M0") {
    State state = start();
    state.m0 = 3;
    state.exec = 0x5555'5555'5555'5555;
    const State after = run(state, R"(
        v_movreld_b32 v1, v20
        v_movreld_b32 v2, 5
        v_movrels_b32 v10, v15
        s_mov_b32 m0, 300
        v_movreld_b32 v1, v20
        v_movrels_b32 v11, v15
    )");
    for (int lane = 0; lane < lanes; ++lane) {
        const bool on = state.exec >> lane & 1;
        CHECK(after.v[4][lane] == (on ? state.v[20][lane] : state.v[4][lane]));
        CHECK(after.v[5][lane] == (on ? 5 : state.v[5][lane]));
        CHECK(after.v[10][lane] == (on ? state.v[18][lane] : state.v[10][lane]));
        CHECK(after.v[11][lane] == (on ? state.v[0][lane] : state.v[11][lane]));
        CHECK(after.v[1][lane] == state.v[1][lane]);
    }
}

TEST_CASE("v_sad_u8 adds up what bytes differ by") {
    State state;
    state.v[1].fill(0x10ff0080), state.v[2].fill(0x20000181), state.v[3].fill(1000);
    CHECK(run(state, "v_sad_u8 v0, v1, v2, v3").v[0][9] == 1000 + 0x10 + 0xff + 1 + 1);
}

TEST_CASE("v_trig_preop_f64 gives 2 / pi in pieces of 53 bits") {
    State state;
    for (int lane = 0; lane < lanes; ++lane) state.set_v64(2, lane, bits(1.0));
    const State after = run(state, R"(
        v_trig_preop_f64 v[4:5], v[2:3], 0
        v_trig_preop_f64 v[6:7], v[2:3], 1
        v_trig_preop_f64 v[8:9], v[2:3], 2
        v_trig_preop_f64 v[10:11], v[2:3], 31
    )");
    const double first = f64(after.v64(4, 0)), second = f64(after.v64(6, 0));
    CHECK(first == 0x1.45f306dc9c882p-1);
    CHECK(second == 0x1.4a7f09d5f47d4p-54);
    CHECK(f64(after.v64(8, 0)) < 0x1p-105);
    CHECK(f64(after.v64(10, 0)) == 0);  // beyond the 1201 bits
    const long double two_over_pi = 0.636619772367581343075535053490057448L;
    CHECK(double((long double)first + second - two_over_pi) == Approx(0).margin(0x1p-63));
}
