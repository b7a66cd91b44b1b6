// Performance counters of the software Polaris: what is counted, in which instances, and what the registers say.

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "emulator/cp/counters.hpp"
#include "perfcounters/gfx803/tables.hpp"
#include "tests/pm4_packets.hpp"

using namespace gcn;
using namespace gcn::test;
namespace pc = perfcounters;

namespace {

constexpr uint64_t not_modelled = ~uint64_t(0);
const pc::Topology all = pc::topology(isa::chips[0]);

const pc::Event& event(const char* name) {
    const pc::Event* e = pc::find_event(name);
    REQUIRE(e);
    return *e;
}

constexpr uint32_t reset = 0, start = 1, stop = 2, sample = 1 << 10;
Words control(uint32_t value) { return set(reg::CP_PERFMON_CNTL, {value}); }
Words index(uint32_t value) { return set(reg::GRBM_GFX_INDEX, {value}); }
Words window(bool open) { return set(reg::COMPUTE_PERFCOUNT_ENABLE, {open}); }
Words select(const pc::Event& e, int counter = 0) {
    return set(pc::registers(e.block, counter).select, {pc::select_value(e)});
}
Words clear() { return join({control(reset), set(reg::SQ_PERFCOUNTER_CTRL, {0x40, ~0u}), index(pc::all_instances)}); }

// What every instance of a block has in `counter`, read as a card has to be.
std::vector<uint64_t> read_all(Compute& c, pc::Block block, int counter = 0) {
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
uint64_t sum(const std::vector<uint64_t>& values) {
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

Words counted(uint32_t groups, uint32_t lanes) {
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

}  // namespace

TEST_CASE("every modelled event of a grid is counted as often as its source says") {
    Counting c;
    for (const Expected& e : expected) {
        CAPTURE(e.event);
        CHECK(sum(c.count(event(e.event), counted(10, 128))) == 20 * e.a_wave);
    }
}

TEST_CASE("groups go to engines in turn, and to the CUs of each in turn") {
    Counting c;
    CHECK(c.count(event("SQ_WAVES"), counted(10, 64)) == std::vector<uint64_t>{3, 3, 2, 2});
    const auto of_cus = c.count(event("TA_TOTAL_WAVEFRONTS"), counted(38, 64));
    for (int i = 0; i < all.cus(); ++i) CHECK(of_cus[size_t(i)] == (i == 0 || i == 9 ? 16u : 8u));
}

TEST_CASE("waves are told by their work-items") {
    Counting c;
    const std::map<std::string, uint64_t> of_groups{{"SQ_WAVES", 2},       {"SQ_WAVES_EQ_64", 1}, {"SQ_WAVES_LT_64", 1},
                                                    {"SQ_WAVES_LT_48", 1}, {"SQ_WAVES_LT_32", 0}, {"SQ_WAVES_LT_16", 0},
                                                    {"SQ_ITEMS", 64 + 40}};
    for (const auto& [name, n] : of_groups) {
        CAPTURE(name);
        CHECK(sum(c.count(event(name.c_str()), counted(3, 104))) == 3 * n);
    }
    CHECK(sum(c.count(event("SQ_WAVES_LT_16"), counted(3, 15))) == 3);
}

TEST_CASE("lanes that are off make no thread-cycles and touch no lines") {
    Counting c;
    CHECK(sum(c.count(event("SQ_THREAD_CYCLES_VALU"), counted(1, 40))) == 40 * 22);
    CHECK(sum(c.count(event("TCP_TOTAL_WRITE"), counted(1, 40))) == 3 + 3);  // 160 bytes
}

TEST_CASE("LDS takes a clock more for each further word of a bank") {
    Counting c;
    const pc::Event& e = event("SQ_LDS_BANK_CONFLICT");
    CHECK(sum(c.count(e, counted(2, 64))) == 2 * (2 * 1 + 2 * 31));
    CHECK(sum(c.count(e, counted(2, 40))) == 2 * (1 + 31 + 7));  // 8 lanes in the second half
}

TEST_CASE("a block with windows counts only waves of queues whose window is open") {
    Counting c;
    CHECK(sum(c.count(event("TA_TOTAL_WAVEFRONTS"), counted(4, 64), false)) == 0);
    CHECK(sum(c.count(event("SQ_WAVES"), counted(4, 64), false)) == 4);
}

TEST_CASE("counters stand still before start and after stop, go on after another start, and are 0 after reset") {
    Counting c;
    const pc::Event& e = event("SQ_WAVES");
    REQUIRE(c.run(join({clear(), select(e), counted(1, 64), control(start), counted(4, 64), control(stop),
                        counted(16, 64), control(start), counted(8, 64), control(stop | sample), counted(32, 64)})) ==
            "");
    CHECK(sum(read_all(c, e.block)) == 12);
    REQUIRE(c.run(control(reset)) == "");
    CHECK(sum(read_all(c, e.block)) == 0);
}

TEST_CASE("a value is what it was at the last sample") {
    Counting c;
    const pc::Event& e = event("SQ_WAVES");
    REQUIRE(c.run(join({clear(), select(e), control(start), counted(4, 64)})) == "");
    CHECK(sum(read_all(c, e.block)) == 0);
    REQUIRE(c.run(control(start | sample)) == "");
    CHECK(sum(read_all(c, e.block)) == 4);
    REQUIRE(c.run(counted(8, 64)) == "");
    CHECK(sum(read_all(c, e.block)) == 4);
    REQUIRE(c.run(control(stop | sample)) == "");
    CHECK(sum(read_all(c, e.block)) == 12);
}

TEST_CASE("an event that is not modelled reads as all ones in every instance") {
    Counting c;
    for (const char* name : {"SQ_BUSY_CYCLES", "TCC_HIT", "GRBM_GUI_ACTIVE", "TCP_TCC_READ_REQ", "GRBM_SE_SPI_BUSY"}) {
        CAPTURE(name);
        for (const uint64_t v : c.count(event(name), counted(1, 64))) CHECK(v == not_modelled);
    }
}

TEST_CASE("what a card leaves at 0 is 0") {
    Counting c;
    const pc::Event& e = event("SQ_WAVES");
    // SQ's counters beyond the eighth; a select without its masks; SQ not told to count compute; no event.
    const std::vector<Words> wrongs = {
        set(pc::registers(e.block, 0).select, {e.number}),
        join({select(e), set(reg::SQ_PERFCOUNTER_CTRL, {0x3f})}),
        set(pc::registers(e.block, 0).select, {pc::row(e.block).base}),
    };
    for (const Words& wrong : wrongs) {
        REQUIRE(c.run(join({clear(), wrong, control(start), counted(4, 64), control(stop | sample)})) == "");
        CHECK(sum(read_all(c, e.block)) == 0);
    }
    REQUIRE(c.run(join(
                {clear(), select(e, 7), select(e, 8), control(start), counted(4, 64), control(stop | sample)})) == "");
    CHECK(sum(read_all(c, e.block, 7)) == 4);
    CHECK(sum(read_all(c, e.block, 8)) == 0);
}

TEST_CASE("a select reaches the instances that GRBM_GFX_INDEX names") {
    Counting c;
    const pc::Event &waves = event("SQ_WAVES"), &items = event("SQ_ITEMS");
    const Words others = join({index(pc::gfx_index(pc::Block::SQ, {1, 0})), select(items), index(pc::all_instances)});
    REQUIRE(c.run(join({clear(), select(waves), others, control(start), counted(4, 64), control(stop | sample)})) ==
            "");
    CHECK(read_all(c, pc::Block::SQ) == std::vector<uint64_t>{1, 64, 1, 1});
}

TEST_CASE("registers of counters are not read as others are") {
    Counting c;
    const pc::Event& e = event("SQ_WAVES");
    c.count(e, counted(4, 64));
    REQUIRE(c.run(join({index(pc::gfx_index(e.block, {})), copy_data(pm4::SEL_REGISTER, pc::registers(e.block, 0).lo,
                                                                     pm4::SEL_MEMORY, at(0x7000), true)})) == "");
    CHECK(c.wide(0x7000) == 0);
}
