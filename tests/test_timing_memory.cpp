// The timing core's memory: latencies, bandwidths, what moves between L1, L2 and DRAM.

#include <catch2/catch.hpp>
#include <string>

#include "tests/timing_run.hpp"

using namespace gcn;
using namespace gcn::test;

TEST_CASE("chains of loads take the latencies of L1, L2 and DRAM") {
    const auto chain = [](uint64_t lines, uint32_t turns, uint64_t step) {
        const auto time = [&](uint32_t n) {
            return Run(rx480, Parameters::of(rx480),
                       "loop:\nbuffer_load_dword v0, v0, s[4:7], 0 offen\ns_waitcnt vmcnt(0)\ns_cbranch_scc1 loop",
                       one_wave, 1, n,
                       [&](uint64_t, uint32_t, uint32_t, uint32_t turn) {
                           return Touch{turn % lines * step, 1, 4};
                       })
                .clocks();
        };
        return double(time(2 * turns) - time(turns)) / turns - 24;  // s_waitcnt and the branch
    };
    CHECK(chain(1, 100, 1) == Approx(114).epsilon(0.02));
    CHECK(chain(4096, 8192, 1) == Approx(200).epsilon(0.03));           // 256 KiB, twice and twice again
    CHECK(chain(1 << 30, 2000, 97 * 64) == Approx(430).epsilon(0.05));  // a row each
}

TEST_CASE("scalar loads take the latency of K$, and of L2 when they miss") {
    const auto chain = [](uint64_t lines) {
        const auto time = [&](uint32_t n) {
            return Run(rx480, Parameters::of(rx480),
                       "loop:\ns_load_dword s0, s[2:3], 0x0\ns_waitcnt lgkmcnt(0)\ns_cbranch_vccnz loop", one_wave, 1,
                       n, [&](uint64_t, uint32_t, uint32_t, uint32_t turn) { return Touch{.line = turn % lines}; })
                .clocks();
        };
        return double(time(2000) - time(1000)) / 1000 - 24;  // s_waitcnt and the branch
    };
    CHECK(chain(1) == Approx(50).margin(4));         // slots of 4
    CHECK(chain(512) == Approx(230).epsilon(0.03));  // 32 KiB
}

TEST_CASE("stores and atomics reach L2; lines of the host's memory go over the bus") {
    const Parameters p = Parameters::of(rx480);
    const auto one = [&](const char* text, uint64_t, uint32_t lines) {
        return Run(rx480, p,
                   "buffer_load_dword v9, v4, s[4:7], 0 offen\ns_waitcnt vmcnt(0)\n" + std::string(text) +
                       "\ns_waitcnt vmcnt(0)",
                   one_wave, 1, 0, [=](uint64_t, uint32_t, uint32_t, uint32_t) {
                       return Touch{64, lines, 4};
                   });
    };
    const uint64_t load = one("buffer_load_dword v0, v4, s[4:7], 0 offen", 0, 1).clocks();
    const uint64_t around = one("buffer_load_dword v0, v4, s[4:7], 0 offen glc", 0, 1).clocks();
    const uint64_t store = one("buffer_store_dword v0, v4, s[4:7], 0 offen", 0, 1).clocks();
    const uint64_t atomic = one("buffer_atomic_add v0, v4, s[4:7], 0 offen glc", 0, 1).clocks();
    CHECK(double(around - load) == Approx(p.l2_latency - p.l1_latency).margin(4));
    CHECK(store == Approx(around).margin(8));
    CHECK(double(atomic - around) == Approx(p.l2_atomic).margin(4));
    const Run counts(rx480, p, "buffer_store_dword v0, v4, s[4:7], 0 offen\nbuffer_atomic_add v0, v4, s[4:7], 0 offen",
                     one_wave, 1, 0, [](uint64_t, uint32_t, uint32_t, uint32_t) {
                         return Touch{64, 4, 8};
                     });
    uint64_t writes = 0, atomics = 0, dram = 0;
    for (uint32_t c = 0; c < counts.memory.channels(); ++c) {
        writes += counts.memory.tcc(c).writes, atomics += counts.memory.tcc(c).atomics;
        dram += counts.memory.dram(c).writes;
    }
    CHECK(writes == 4);
    CHECK(atomics == 4);
    CHECK(dram == 0);  // what is dirty stays in L2

    struct Host final : Translate {
        Placement find(uint64_t line) const override { return {line & ~uint64_t(0xffff), 0x10000, 0, true}; }
    } const host;
    const Kernel kernel("buffer_load_dword v0, v4, s[4:7], 0 offen\ns_waitcnt vmcnt(0)\ns_endpgm", p);
    Memory memory(rx480, p, host);
    Engine engine(rx480, p, memory, one_wave);
    engine.give(kernel.group(0, 1, 0));
    engine.no_more();
    REQUIRE(engine.advance(Engine::forever) == Progress::Done);
    CHECK(engine.now() > p.clocks(p.pcie_latency_ns));
    CHECK(memory.tcc(0).system + memory.tcc(1).system + memory.tcc(2).system + memory.tcc(3).system +
              memory.tcc(4).system + memory.tcc(5).system + memory.tcc(6).system + memory.tcc(7).system >=
          4);
}

TEST_CASE("lines written come back from L2 as whole lines, and leave it as halves of 32 bytes") {
    const Parameters p = Parameters::of(rx480);
    // 8 MiB are written, a line by each instruction; all but the last 2 MiB leave L2.
    const auto written = [&](uint32_t lines, const char* text) {
        const Run run(rx480, p, "loop:\n" + std::string(text) + "\ns_cbranch_scc1 loop", one_wave, 32, 4095,
                      [&](uint64_t g, uint32_t, uint32_t, uint32_t turn) {
                          return Touch{(g * 4096 + turn) * lines, lines, 4};
                      });
        uint64_t units = 0, reads = 0;
        for (uint32_t c = 0; c < run.memory.channels(); ++c)
            units += run.memory.dram(c).writes, reads += run.memory.tcc(c).reads;
        return double(units) / (double(run.all.lines) - 32768);
    };
    CHECK(written(4, "buffer_store_dword v0, v4, s[4:7], 0 offen") == Approx(2).epsilon(0.02));
    CHECK(written(8, "buffer_store_dword v0, v4, s[4:7], 0 offen") == Approx(1).epsilon(0.02));  // half of each line
}

TEST_CASE("a stream from DRAM comes as fast as published reads, in percent of the peak") {
    const auto share = [](const isa::Chip& chip) {
        const Parameters p = Parameters::of(chip);
        const std::string body = "loop:\n" + repeat(4, "buffer_load_dwordx4 v[0:3], v4, s[4:7], 0 offen") +
                                 "s_waitcnt vmcnt(0)\ns_cbranch_scc1 loop";
        const Run run(chip, p, body, four_waves, uint64_t(chip.cus()) * 16, 3,
                      [](uint64_t g, uint32_t w, uint32_t n, uint32_t turn) {
                          return Touch{(((g * 4 + w) * 4 + turn) * 4 + n) * 16, 16, 16};
                      });
        uint64_t lines = 0;
        for (uint32_t c = 0; c < run.memory.channels(); ++c) lines += run.memory.dram(c).reads / 2;
        CHECK(lines >= run.all.lines);
        return double(64 * run.all.lines) / p.seconds(run.clocks()) / 1e9 / p.dram_gbs;
    };
    CHECK(share(*isa::find_chip("rx570")) == Approx(0.862).epsilon(0.1));  // clpeak, float4
    CHECK(share(nano) == Approx(0.885).epsilon(0.1));
}
