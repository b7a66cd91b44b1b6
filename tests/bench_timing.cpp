// make bench-emu: how fast the timing model consumes traces, on one core. Figures are wave-instructions of the host's
// time a second, the best of some runs, beside what the model says of the card.

#include <cstdio>
#include <cstring>
#include <ctime>

#include "gcn/error.hpp"
#include "tests/timing_kernel.hpp"

using namespace gcn;
using namespace gcn::test;

namespace {

std::string sgemm_loop() {
    std::string s = "loop:\n";
    for (int k = 0; k < 8; ++k) {
        for (int i = 0; i < 2; ++i)
            s += "ds_read_b128 v[" + std::to_string(80 + 4 * i) + ":" + std::to_string(83 + 4 * i) +
                 "], v96 offset:" + std::to_string(k * 256) + "\n";
        if (k < 4) s += "buffer_load_dwordx4 v[100:103], v97, s[4:7], 0 offen\n";
        if (k == 4) s += "s_waitcnt vmcnt(0)\n";
        if (k >= 4) s += "ds_write_b128 v98, v[100:103]\n";
        s += "s_waitcnt lgkmcnt(" + std::to_string(k >= 4 ? 3 : 2) + ")\n";
        for (int i = 0; i < 64; ++i)
            s += "v_mac_f32 v" + std::to_string(i) + ", v" + std::to_string(80 + i % 8) + ", v" +
                 std::to_string(88 + i / 8) + "\n";
    }
    return s +
           "s_waitcnt lgkmcnt(0)\ns_barrier\ns_sub_u32 s8, s8, 1\ns_cmp_lg_u32 s8, 0\ns_cbranch_scc1 loop\ns_endpgm\n";
}

struct Case {
    const char* name;
    std::string text;
    LaunchShape shape;
    uint64_t groups;
    uint32_t turns, bytes;  // of a lane's access
    bool skips = false;     // four fifths of it
};

void measure(const isa::Chip& chip, const Case& c, int runs) {
    const Parameters p = Parameters::of(chip);
    const Kernel kernel(c.text, p);
    const uint32_t lines = c.bytes, loads = 4;
    double best = 1e9;
    uint64_t cycles = 0, instructions = 0, bytes = 0;
    double valu = 0;
    for (int run = 0; run < runs; ++run) {
        const Identity places;
        Memory memory(chip, p, places);
        Engine engine(chip, p, memory, c.shape);
        std::vector<std::unique_ptr<GroupTrace>> traces;
        for (uint64_t g = 0; g < c.groups; ++g)
            traces.push_back(
                kernel.group(g, c.shape.waves_per_group, c.turns, [&](uint32_t w, uint32_t n, uint32_t turn) {
                    const uint64_t wave = g * c.shape.waves_per_group + w;
                    return Touch{((wave * (c.turns + 1) + turn) * loads + n % loads) * lines, lines,
                                 std::max(lines, 4u)};
                }));
        for (auto& t : traces) engine.give(std::move(t));
        engine.no_more();
        const std::clock_t start = std::clock();
        for (bool done = false; !done;) {
            const uint64_t begin = engine.now();
            Progress state = engine.advance(c.skips ? begin + 10000 : Engine::forever);
            const auto before = engine.marks();
            const uint64_t then = engine.now();
            if (state == Progress::Reached) state = engine.advance(begin + 20000);
            if (state == Progress::Starved) fail({"measure", "the engine starved"});
            done = state == Progress::Done;
            if (!done) engine.skip(80000, pace_since(engine, before, then));
        }
        best = std::min(best, double(std::clock() - start) / CLOCKS_PER_SEC);
        const CuStats all = engine.all_cus();
        cycles = engine.now(), instructions = all.instructions();
        bytes = 0;
        for (uint32_t ch = 0; ch < memory.channels(); ++ch)
            bytes += 32 * (memory.dram(ch).reads + memory.dram(ch).writes);
        valu = 100.0 * double(all.unit_cycles[0]) / (4.0 * double(cycles) * engine.cu_count());
    }
    std::printf("%-8s %-16s %7.1f M wave-instructions/s host   %9llu clk  VALU %5.1f %%  DRAM %6.1f GB/s\n",
                std::string(chip.row).c_str(), c.name, double(instructions) / best / 1e6,
                static_cast<unsigned long long>(cycles), valu, double(bytes) / p.seconds(cycles) / 1e9);
}

}  // namespace

int main(int count, char** names) try {
    const std::string dword =
        "loop:\n buffer_load_dword v1, v0, s[4:7], 0 offen\n buffer_load_dword v2, v0, s[4:7], 0 offen\n"
        " buffer_load_dword v3, v0, s[4:7], 0 offen\n buffer_load_dword v4, v0, s[4:7], 0 offen\n"
        " v_add_u32 v0, vcc, v0, v5\n s_sub_u32 s8, s8, 1\n s_cmp_lg_u32 s8, 0\n s_waitcnt vmcnt(0)\n"
        " v_add_f32 v6, v6, v1\n v_add_f32 v6, v6, v2\n v_add_f32 v6, v6, v3\n v_add_f32 v6, v6, v4\n"
        " s_cbranch_scc1 loop\n s_endpgm\n";
    std::string wide = dword;
    for (size_t at; (at = wide.find("dword v")) != wide.npos;) {
        const char r = wide[at + 7];
        wide.replace(
            at, 8,
            std::string("dwordx4 v[") + std::to_string(4 * (r - '0')) + ":" + std::to_string(4 * (r - '0') + 3) + "]");
    }
    LaunchShape gemm{0, 4, 104, 32, 32768, false}, stream{0, 4, 24, 16, 0, false};
    for (const char* row : {"rx480", "r9nano"}) {
        if (count > 1 && std::strcmp(names[1], row)) continue;
        const isa::Chip& chip = *isa::find_chip(row);
        const uint64_t cus = uint64_t(chip.cus());
        const Case cases[] = {
            {"sgemm loop", sgemm_loop(), gemm, cus * 6, 20, 16},
            {"dword stream", dword, stream, cus * 8, 20, 4},
            {"dwordx4 stream", wide, stream, cus * 8, 8, 16},
            {"sgemm skipped", sgemm_loop(), gemm, cus * 6, 20, 16, true},
            {"dword skipped", dword, stream, cus * 16, 20, 4, true},
        };
        for (const Case& c : cases)
            if (count < 3 || std::string(c.name).starts_with(names[2])) measure(chip, c, 3);
    }
} catch (const gcn::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault);
}
