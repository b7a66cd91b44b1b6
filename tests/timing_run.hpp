#pragma once
// Kernels of timing_kernel.hpp run to their end on a chip, and what holds of every run: clocks of waves are all
// accounted for, what is asked of a cache is answered.

#include <catch2/catch.hpp>
#include <string>

#include "tests/timing_kernel.hpp"

namespace gcn::test {

inline const isa::Chip& rx480 = *isa::find_chip("rx480");
inline const isa::Chip& nano = *isa::find_chip("r9nano");

inline std::string repeat(int n, const std::string& line) {
    std::string all;
    for (int i = 0; i < n; ++i) all += line + "\n";
    return all;
}

using GroupTouch = std::function<Touch(uint32_t, uint32_t, uint32_t)>;

// Runs `groups` groups to the end and checks what holds of every run.
struct Run {
    Parameters parameters;
    Kernel kernel;
    Identity places;
    Memory memory;
    Engine engine;
    CuStats all;

    Run(const isa::Chip& chip, const Parameters& p, const std::string& body, const LaunchShape& shape,
        uint64_t groups = 1, uint32_t turns = 0,
        const std::function<Touch(uint64_t, uint32_t, uint32_t, uint32_t)>& touch = {})
        : parameters(p), kernel(body + "\ns_endpgm", p), memory(chip, p, places), engine(chip, p, memory, shape) {
        for (uint64_t g = 0; g < groups; ++g)
            engine.give(kernel.group(
                g, shape.waves_per_group, turns,
                touch ? GroupTouch([&, g](uint32_t w, uint32_t n, uint32_t turn) { return touch(g, w, n, turn); })
                      : GroupTouch()));
        engine.no_more();
        REQUIRE(engine.advance(Engine::forever) == Progress::Done);
        all = engine.all_cus();
        conserve();
    }

    void conserve() const {
        uint64_t cycles = 0, asked = 0, served = 0, l2_reads = 0, l2_all = 0, from_l2 = 0;
        for (const uint64_t c : all.cycles) cycles += c;
        CHECK(cycles == all.wave_cycles);
        for (uint32_t cu = 0; cu < memory.cus(); ++cu) {
            const Memory::TcpCounts& t = memory.tcp(cu);
            asked += t.accesses;
            served += t.hits + t.misses + t.writes + t.atomics + t.atomics_returning;
            CHECK(t.reads == t.hits + t.misses);
            l2_reads += t.l2_reads, l2_all += t.l2_reads + t.l2_writes + t.l2_atomics;
        }
        CHECK(asked == all.lines);
        CHECK(asked == served);
        for (uint32_t s = 0; s < memory.sqc_count(); ++s) {
            const Memory::SqcCounts& c = memory.sqc(s);
            CHECK(c.inst_requests == c.inst_hits + c.inst_misses);
            CHECK(c.data_requests == c.data_hits + c.data_misses);
            l2_all += c.l2_requests;
        }
        for (uint32_t c = 0; c < memory.channels(); ++c) {
            const Memory::TccCounts& t = memory.tcc(c);
            CHECK(t.requests == t.reads + t.writes + t.atomics);
            CHECK(t.requests == t.hits + t.misses);
            from_l2 += t.requests;
        }
        CHECK(l2_all == from_l2);
        CHECK(all.malformed == 0);
        CHECK(memory.cus() == engine.cu_count());
    }
    uint64_t clocks() const { return engine.now(); }
};

inline constexpr LaunchShape one_wave{0, 1, 32, 32, 0, false}, four_waves{0, 4, 32, 32, 0, false};

// Clocks of `n` more of `line` in a loop body that is in the instruction cache after its first turn.
inline uint64_t clocks_of(const std::string& line, int n, const LaunchShape& shape = one_wave,
                          const Parameters& p = Parameters::of(rx480), const GroupTouch& touch = {}) {
    const auto time = [&](uint32_t turns) {
        const std::string body = "loop:\n" + repeat(n, line) + "s_cbranch_scc1 loop";
        return Run(rx480, p, body, shape, 1, turns,
                   [&](uint64_t, uint32_t w, uint32_t i, uint32_t turn) { return touch ? touch(w, i, turn) : Touch{}; })
            .clocks();
    };
    return time(2) - time(1);
}
inline constexpr uint64_t branch = 20;  // taken, back to the loop's head

}  // namespace gcn::test
