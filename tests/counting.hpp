#pragma once
// A card whose counters are set, started and read by packets, and what tests/kernels/counted.s adds to them.

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "emulator/cp/counters.hpp"
#include "perfcounters/gfx803/tables.hpp"
#include "tests/pm4_packets.hpp"

namespace gcn::test {

namespace pc = perfcounters;

constexpr uint64_t not_modelled = ~uint64_t(0);
inline const pc::Topology all = pc::topology(isa::chips[0]);

inline const pc::Event& event(const char* name) {
    const pc::Event* e = pc::find_event(name);
    REQUIRE(e);
    return *e;
}

constexpr uint32_t reset = 0, start = 1, stop = 2, sample = 1 << 10;
inline Words control(uint32_t value) { return set(reg::CP_PERFMON_CNTL, {value}); }
inline Words index(uint32_t value) { return set(reg::GRBM_GFX_INDEX, {value}); }
inline Words window(bool open) { return set(reg::COMPUTE_PERFCOUNT_ENABLE, {open}); }
inline Words select(const pc::Event& e, int counter = 0) {
    Words all_of_them;
    const bool own = pc::row(e.block).chosen == pc::Chosen::Own;
    for (int i = 0; i < (own ? pc::instances(e.block, all) : 1); ++i)
        all_of_them = join({all_of_them, set(pc::registers(e.block, counter, pc::instance(e.block, all, i)).select,
                                             {pc::select_value(e)})});
    return all_of_them;
}
inline Words clear() {
    return join({control(reset), set(reg::SQ_PERFCOUNTER_CTRL, {0x40, ~0u}), index(pc::all_instances)});
}

// What every instance of a block has in `counter`, read as a card has to be.
inline std::vector<uint64_t> read_all(Compute& c, pc::Block block, int counter = 0) {
    std::vector<uint64_t> values;
    for (int i = 0; i < pc::instances(block, all); ++i) {
        const pc::Instance at = pc::instance(block, all, i);
        const pc::CounterRow& r = pc::registers(block, counter, at);
        const auto part = [&](uint32_t dword, uint32_t to) {
            return copy_data(pm4::SEL_PERF, dword, pm4::SEL_MEMORY, test::at(to), false);
        };
        REQUIRE(c.run(join({index(pc::gfx_index(block, at)), part(r.lo, 0x7000), part(r.hi, 0x7004)})) == "");
        values.push_back(c.wide(0x7000));
    }
    REQUIRE(c.run(index(pc::all_instances)) == "");
    return values;
}
inline uint64_t sum(const std::vector<uint64_t>& values) {
    uint64_t all = 0;
    for (const uint64_t v : values) all += v;
    return all;
}

// Everything that a grid of tests/kernels/counted.s adds to an event, as its comments count it: so much a wave.
struct Expected {
    const char* event;
    uint64_t a_wave;
};
constexpr Expected expected[] = {
    {"SQ_WAVES", 1},
    {"SQ_INSTS_VALU", 5 + 3 * 2 + 2},
    {"SQ_INSTS_SALU", 5 + 1 + 3 * 2 + 1},
    {"SQ_INSTS_SMEM", 2},
    {"SQ_INSTS_BRANCH", 3 + 1},
    {"SQ_INSTS_SENDMSG", 1},
    {"SQ_INSTS_FLAT", 5},
    {"SQ_INSTS_LDS", 5 + 5},  // with FLAT
    {"SQ_INSTS_FLAT_LDS_ONLY", 0},
    {"SQ_INSTS_VMEM", 5 + 3},
    {"SQ_INSTS_VMEM_RD", 3 + 1},
    {"SQ_INSTS_VMEM_WR", 2 + 2},
    {"SQ_INSTS", 5 + 2 + 5 + 1 + 3 * 5 + (5 + 1) + (3 + 1) + (3 + 1) + 2 + (2 + 1) + 2 + 2},
    {"SQ_ACTIVE_INST_VALU", 5 + 3 * (4 + 1) + 2},  // v_rcp_f32 takes 16 clocks
    {"SQ_THREAD_CYCLES_VALU", 64 * (5 + 3 * (4 + 1) + 2)},
    // 256 bytes are 4 lines; of two dwords each, the last lane's second one is in a fifth.
    {"TCP_TOTAL_READ", 4 + 5 + 4},
    {"TCP_TOTAL_WRITE", 4 + 4},
    {"TCP_TOTAL_ATOMIC_WITH_RET", 4},
    {"TCP_TOTAL_ATOMIC_WITHOUT_RET", 4 + 4},
    {"TCP_TOTAL_NON_READ", 8 + 4 + 8},
    {"TCP_TOTAL_ACCESSES", 13 + 20},
    {"TA_TOTAL_WAVEFRONTS", 8},
    {"TA_BUFFER_WAVEFRONTS", 3},
    {"TA_BUFFER_READ_WAVEFRONTS", 1},
    {"TA_BUFFER_WRITE_WAVEFRONTS", 1},
    {"TA_BUFFER_ATOMIC_WAVEFRONTS", 1},
    {"TA_FLAT_WAVEFRONTS", 5},
    {"TA_FLAT_READ_WAVEFRONTS", 2},
    {"TA_FLAT_WRITE_WAVEFRONTS", 1},
    {"TA_FLAT_ATOMIC_WAVEFRONTS", 2},
    {"TD_LOAD_WAVEFRONT", 3},
    {"TD_ATOMIC_WAVEFRONT", 3},
    {"TD_STORE_WAVEFRONT", 2},
};

inline Words counted(uint32_t groups, uint32_t lanes) {
    return join({use("counted", {lo(at(0)), hi(at(0))}, {lanes, 1, 1}, reg::COMPUTE_PGM_RSRC2__LDS_SIZE(32)),
                 dispatch(groups), partial_flush()});
}

struct Counting : Compute {
    Counting() : Compute(RingKind::Compute, 20, "counted") {}
    // One event of `packets`, in all instances of its block.
    std::vector<uint64_t> count(const pc::Event& e, const Words& packets, bool open = true) {
        REQUIRE(run(join({clear(), select(e), control(start), window(open), packets, window(false),
                          control(stop | sample)})) == "");
        return read_all(*this, e.block);
    }
};

}  // namespace gcn::test
