// Typed buffer memory: data and number formats, selection of components, d16; and the ways of a descriptor.

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "tests/run.hpp"

using namespace gcn::test;

using u32 = uint32_t;

struct Format {
    const char *data, *number;
    std::vector<u32> memory;     // one element, in dwords
    std::vector<u32> loaded;     // its components
    bool store_differs = false;  // storing `loaded` gives other bits
};
static const u32 one = bits(1.0f);
static u32 f(double x) { return bits(float(x)); }

static const std::vector<Format> formats{
    {"8", "UNORM", {0x80}, {f(128 / 255.0)}},
    {"8", "SNORM", {0x81}, {f(-1)}},
    {"8", "SNORM", {0x80}, {f(-1)}, true},
    {"8", "USCALED", {0xff}, {f(255)}},
    {"8", "SSCALED", {0xfe}, {f(-2)}},
    {"8", "UINT", {0xfe}, {0xfe}},
    {"8", "SINT", {0xfe}, {0xfffffffe}},
    {"16", "UNORM", {0xffff}, {one}},
    {"16", "FLOAT", {0xc100}, {f(-2.5)}},
    {"8_8", "UNORM", {0xff00}, {0, one}},
    {"8_8", "SINT", {0x7f80}, {0xffffff80, 0x7f}},
    {"32", "FLOAT", {0x00000001}, {0x00000001}},
    {"32", "UINT", {0xdeadbeef}, {0xdeadbeef}},
    {"16_16", "SNORM", {0x7fff8001}, {f(-1), one}},
    {"16_16", "FLOAT", {0x7c000001}, {f(0x1p-24), f(INFINITY)}},
    {"10_11_11", "FLOAT", {0x3c0u | 0x380u << 11 | 0x1c0u << 22}, {one, f(0.5), f(0.5)}},
    {"11_11_10", "UNORM", {0x3ffu | 0x7ffu << 10}, {one, one, 0}},
    {"10_10_10_2", "UINT", {2u | 5u << 2 | 6u << 12 | 1023u << 22}, {2, 5, 6, 1023}},
    {"2_10_10_10", "UNORM", {1023u | 0u << 10 | 1023u << 20 | 1u << 30}, {one, 0, one, f(1 / 3.0)}},
    {"2_10_10_10", "SINT", {0x3ffu | 0x200u << 10 | 0x1ffu << 20 | 2u << 30}, {~0u, u32(-512), 511, u32(-2)}},
    {"8_8_8_8", "UNORM", {0xff00ff33}, {f(0x33 / 255.0), one, 0, one}},
    {"32_32", "SINT", {5, ~0u}, {5, ~0u}},
    {"16_16_16_16", "FLOAT", {0x3c003800, 0xbc004000}, {f(0.5), one, f(2), f(-1)}},
    {"16_16_16_16", "USCALED", {0x00020001, 0xffff0003}, {f(1), f(2), f(3), f(65535)}},
    {"32_32_32", "UINT", {1, 2, 3}, {1, 2, 3}},
    {"32_32_32_32",
     "FLOAT",
     {bits(1.0f), bits(-2.0f), 0x7fc00001, 0x80000000},
     {bits(1.0f), bits(-2.0f), 0x7fc00001, 0x80000000}},
};

static const char* const registers[] = {"x", "xy", "xyz", "xyzw"};
static std::string of(const Format& format) {
    return std::string(" format:[BUF_DATA_FORMAT_") + format.data + ",BUF_NUM_FORMAT_" + format.number + "]";
}

TEST_CASE("tbuffer_load_format gives each component as the format means it; 0 and 1 for what it lacks") {
    for (const Format& format : formats) {
        State w;
        std::copy(format.memory.begin(), format.memory.end(), w.memory.begin() + 8);
        const State after = run(
            w, "tbuffer_load_format_xyzw v[4:7], off, s[36:39], 0" + of(format) + " offset:32\n s_waitcnt vmcnt(0)");
        const bool integers = std::strstr(format.number, "INT");
        INFO(of(format));
        for (size_t i = 0; i < 4; ++i) {
            const u32 expected = i < format.loaded.size() ? format.loaded[i] : i < 3 ? 0 : integers ? 1 : one;
            INFO("component " << i);
            CHECK(after.v[4 + int(i)] == all(expected));
        }
    }
}

TEST_CASE("tbuffer_store_format puts back what tbuffer_load_format gave, and nothing beside it") {
    for (const Format& format : formats) {
        if (format.store_differs) continue;
        State w;
        w.memory.fill(0xaaaaaaaa);
        const size_t n = format.loaded.size();
        for (size_t i = 0; i < n; ++i) w.v[4 + int(i)] = all(format.loaded[i]);
        const std::string data = n == 1 ? "v4" : "v[4:" + std::to_string(3 + n) + "]";
        const State after = run(w, std::string("tbuffer_store_format_") + registers[n - 1] + " " + data +
                                       ", off, s[36:39], 0" + of(format) + " offset:32");
        auto expected = w.memory;
        std::copy(format.memory.begin(), format.memory.end(), expected.begin() + 8);
        if (!std::strcmp(format.data, "8")) expected[8] |= 0xaaaaaa00;
        if (!std::strcmp(format.data, "16") || !std::strcmp(format.data, "8_8")) expected[8] |= 0xaaaa0000;
        INFO(of(format));
        CHECK(after.memory[8] == expected[8]);
        CHECK(after.memory == expected);
    }
}

TEST_CASE("stores hold normalized numbers inside their range, and round to the nearest") {
    State w;
    const float numbers[] = {-0.5f, 2, NAN, 0.5f, 0.499f, -2, INFINITY, -INFINITY};
    const u32 unsigned8[] = {0, 255, 0, 128, 127, 0, 255, 0}, signed8[] = {0xc0, 127, 0, 64, 63, 0x81, 127, 0x81};
    for (u32 i = 0; i < 64; ++i) w.v[2][i] = bits(numbers[i % 8]), w.v[3][i] = 4 * i;
    const State after = run(w, R"(
        tbuffer_store_format_x v2, v3, s[36:39], 0 format:[BUF_DATA_FORMAT_8,BUF_NUM_FORMAT_UNORM] offen
        tbuffer_store_format_x v2, v3, s[36:39], 0 format:[BUF_DATA_FORMAT_8,BUF_NUM_FORMAT_SNORM] offen offset:1
    )");
    for (int i = 0; i < 8; ++i) {
        INFO(numbers[i]);
        CHECK((after.memory[i] & 0xff) == unsigned8[i]);
        CHECK((after.memory[i] >> 8 & 0xff) == signed8[i]);
    }
}

TEST_CASE("d16 takes and gives a half or a short in each register") {
    State w;
    w.memory[0] = 0x3c003800, w.memory[1] = 0xff01;
    const State after = run(w, R"(
        tbuffer_load_format_d16_xyzw v[4:7], off, s[36:39], 0 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_FLOAT]
        tbuffer_load_format_d16_xy v[8:9], off, s[36:39], 0 format:[BUF_DATA_FORMAT_8_8,BUF_NUM_FORMAT_SINT] offset:4
        tbuffer_load_format_d16_x v10, off, s[36:39], 0 format:[BUF_DATA_FORMAT_8_8,BUF_NUM_FORMAT_UNORM] offset:5
        s_waitcnt vmcnt(0)
        .set floats, 11 + 16 * 7                // data format 32_32, number formats FLOAT and SINT
        .set integers, 11 + 16 * 5
        tbuffer_store_format_d16_xy v[4:5], off, s[36:39], 0 format:floats offset:16
        tbuffer_store_format_d16_xy v[8:9], off, s[36:39], 0 format:integers offset:24
    )");
    CHECK(after.v[4] == all(0x3800));
    CHECK(after.v[5] == all(0x3c00));
    CHECK(after.v[6] == all(0));
    CHECK(after.v[7] == all(0x3c00));
    CHECK(after.v[8] == all(1));
    CHECK(after.v[9] == all(0xffff));
    CHECK(after.v[10] == all(0x3c00));
    CHECK(after.memory[4] == bits(0.5f));
    CHECK(after.memory[5] == bits(1.0f));
    CHECK(after.memory[6] == 1);
    CHECK(after.memory[7] == ~0u);
}

// Bits of a descriptor's last dword: what each register selects, number and data format.
static std::string descriptor(u32 select, u32 number, u32 data) {
    return "s_mov_b32 s39, " + std::to_string(select | number << 12 | data << 15) + "\n";
}

TEST_CASE("buffer_load_format takes format and selection from the descriptor; 0 and 1 may be selected") {
    State w;
    w.memory[0] = 0x40302010;
    constexpr u32 x = 4, y = 5, z = 6, a = 7;
    const State after = run(w, descriptor(a | y << 3 | 1 << 6 | x << 9, 4, 10) + R"(
        buffer_load_format_xyzw v[4:7], off, s[36:39], 0
        s_waitcnt vmcnt(0)
    )" + descriptor(z | 0 << 3, 0, 10) +
                                   R"(
        buffer_load_format_xy v[8:9], off, s[36:39], 0
        buffer_load_format_d16_x v10, off, s[36:39], 0
        s_waitcnt vmcnt(0)
    )");
    CHECK(after.v[4] == all(0x40));
    CHECK(after.v[5] == all(0x20));
    CHECK(after.v[6] == all(1));
    CHECK(after.v[7] == all(0x10));
    CHECK(after.v[8] == all(f(0x30 / 255.0)));
    CHECK(after.v[9] == all(0));
    CHECK(after.v[10][0] == 0x3206);  // 48 / 255
}

TEST_CASE("buffer_store_format obeys the descriptor") {
    State w;
    w.v[4] = all(bits(1.0f)), w.v[5] = all(0), w.v[6] = all(bits(0.2f)), w.v[7] = all(bits(1.0f));
    const State after =
        run(w, descriptor(4 | 5 << 3 | 6 << 6 | 7 << 9, 0, 10) + "buffer_store_format_xyzw v[4:7], off, s[36:39], 0");
    CHECK(after.memory[0] == 0xff3300ff);
}

TEST_CASE("an element partly beyond num_records reads as zeros and is not written; a missing fourth is 1") {
    State w;
    for (u32 i = 0; i < 16; ++i) w.memory[i] = bits(float(i + 1));
    const State after = run(w, R"(
        s_mov_b32 s38, 12
        v_mov_b32 v5, 9
        tbuffer_load_format_xyzw v[8:11], off, s[36:39], 0 format:[BUF_DATA_FORMAT_32_32,BUF_NUM_FORMAT_FLOAT]
        tbuffer_load_format_xyzw v[12:15], off, s[36:39], 0 format:[BUF_DATA_FORMAT_32_32,BUF_NUM_FORMAT_FLOAT] offset:8
        s_waitcnt vmcnt(0)
        tbuffer_store_format_xy v[4:5], off, s[36:39], 0 format:[BUF_DATA_FORMAT_32_32,BUF_NUM_FORMAT_UINT] offset:8
    )");
    CHECK(after.v[8] == all(bits(1.0f)));
    CHECK(after.v[9] == all(bits(2.0f)));
    CHECK(after.v[12] == all(0));
    CHECK(after.v[13] == all(0));
    CHECK(after.v[15] == all(one));
    CHECK(after.memory == w.memory);
}

TEST_CASE("formats that do not exist are faults with a reason, but data format 0 reads as nothing") {
    const auto why = [](const std::string& setup) {
        return fault_of(State{}, setup + "buffer_load_format_x v4, off, s[36:39], 0\n s_waitcnt vmcnt(0)");
    };
    CHECK(why(descriptor(4, 7, 1)).find("too few bits for floats") != std::string::npos);
    CHECK(why(descriptor(4, 6, 1)).find("reserved") != std::string::npos);
    CHECK(why(descriptor(4, 4, 4) + "s_or_b32 s39, s39, 0x800000\n").find("add_tid_enable") != std::string::npos);
    State w;
    w.v[4] = all(5), w.memory.fill(7);
    CHECK(run(w, descriptor(4, 4, 0) + "buffer_load_format_x v4, off, s[36:39], 0").v[4] == all(0));
}

TEST_CASE("without swizzling num_records counts bytes, also where there is a stride") {
    State w;
    for (u32 i = 0; i < w.memory.size(); ++i) w.memory[i] = i + 1;
    w.v[2] = lane_numbers();
    const State after = run(w, R"(
        s_or_b32 s37, s37, 0x00100000           // stride 16
        s_mov_b32 s38, 0x204
        buffer_load_dword v4, v2, s[36:39], 0 idxen
        s_waitcnt vmcnt(0)
    )");
    for (u32 lane = 0; lane < 64; ++lane) CHECK(after.v[4][lane] == (lane <= 32 ? 4 * lane + 1 : 0));
}

TEST_CASE("swizzled buffers interleave elements of neighbouring indices; num_records counts indices") {
    State w;
    for (u32 i = 0; i < w.memory.size(); ++i) w.memory[i] = i;
    w.v[2] = lane_numbers(), w.v[3] = all(8);
    const State after = run(w, R"(
        s_or_b32 s37, s37, 0x80100000           // stride 16, swizzle
        s_mov_b32 s38, 48
        s_mov_b32 s39, 0x00080000               // elements of 4 bytes, 8 indices
        buffer_load_dword v4, v2, s[36:39], 0 idxen
        buffer_load_dword v5, v[2:3], s[36:39], 0 idxen offen offset:4
        buffer_load_dwordx2 v[6:7], v2, s[36:39], 0 idxen offset:4
        buffer_load_dword v8, v2, s[36:39], 0 idxen offset:16
        s_waitcnt vmcnt(0)
    )");
    for (u32 lane = 0; lane < 64; ++lane) {
        const u32 row = lane / 8 * 8 * 4 + lane % 8;  // dword of the record's first
        const bool in = lane < 48;
        CHECK(after.v[4][lane] == (in ? row : 0));
        CHECK(after.v[5][lane] == (in ? row + 3 * 8 : 0));
        CHECK(after.v[6][lane] == (in ? row + 8 : 0));
        CHECK(after.v[7][lane] == (in ? row + 16 : 0));
        CHECK(after.v[8][lane] == 0);  // beyond the stride
    }
}

TEST_CASE("add_tid_enable adds the lane to the index; the data format's bits belong to the stride then") {
    State w;
    for (u32 i = 0; i < w.memory.size(); ++i) w.memory[i] = i;
    const State after = run(w, R"(
        s_or_b32 s37, s37, 0x000c0000           // stride 12
        s_mov_b32 s39, 0x00800000
        buffer_load_dword v4, off, s[36:39], 0 offset:4
        s_waitcnt vmcnt(0)
    )");
    for (u32 lane = 0; lane < 64; ++lane) CHECK(after.v[4][lane] == 3 * lane + 1);
}

TEST_CASE("loads with lds go to LDS, a dword per lane from where M0 and the offset say; stores come from there") {
    State w;
    for (u32 i = 0; i < w.memory.size(); ++i) w.memory[i] = 0x80 + i;
    for (u32 lane = 0; lane < 64; ++lane) w.v[2][lane] = 8 * lane, w.v[3][lane] = 4 * lane;
    w.exec = ~uint64_t(2);
    const State after = run(w, R"(
        s_mov_b32 m0, 0x100
        buffer_load_dword v2, s[36:39], 0 offen lds
        s_mov_b32 m0, 0x200
        buffer_load_sbyte v2, s[36:39], 0 offen offset:4 lds
        s_mov_b32 m0, -1
        s_waitcnt vmcnt(0)
        ds_read_b32 v4, v3 offset:0x100
        ds_read_b32 v5, v3 offset:0x204
        s_waitcnt lgkmcnt(0)
        s_mov_b32 m0, 0x100
        s_or_b32 s37, s37, 0x00040000           // stride 4
        s_mov_b32 s39, 0x00800000               // add_tid_enable
        buffer_store_lds_dword s[36:39], 0 offset:8 lds
        s_mov_b32 m0, -1
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const bool on = lane != 1;
        CHECK(after.v[4][lane] == (on ? w.memory[2 * lane] : 0));
        CHECK(after.v[5][lane] == (on ? u32(int8_t(w.memory[2 * lane + 1])) : 0));
        if (lane < 62) CHECK(after.memory[2 + lane] == (on ? w.memory[2 * (lane + 2)] : w.memory[2 + lane]));
    }
}

TEST_CASE("tfe clears one register more, for lanes that are on") {
    State w;
    for (u32 i = 0; i < w.memory.size(); ++i) w.memory[i] = i;
    for (u32 lane = 0; lane < 64; ++lane) w.v[2][lane] = 8 * lane;
    w.v[6] = all(9), w.exec = 0xffffffff;
    const State after = run(w, R"(
        buffer_load_dwordx2 v[4:6], v2, s[36:39], 0 offen tfe
        s_waitcnt vmcnt(0)
    )");
    for (int lane = 0; lane < 64; ++lane) {
        const bool on = lane < 32;
        CHECK(after.v[6][lane] == (on ? 0 : 9));
        if (on) CHECK(after.v[5][lane] == w.memory[2 * lane + 1]);
    }
}
