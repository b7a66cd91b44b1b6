// Hardware counters: the tables against numbers taken from the driver's headers by another way, the planner's promises,
// the metrics against their formulas in C++, and gcn perf list.

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "backend/counters.hpp"
#include "gcn/error.hpp"
#include "perfcounters/gfx803/tables.hpp"
#include "perfcounters/metrics.hpp"
#include "perfcounters/passes.hpp"
#include "tests/command.hpp"

using namespace gcn;
using namespace gcn::perfcounters;
using nlohmann::json;
using test::Ran;

namespace {

const isa::Chip& rx590 = *isa::find_chip("rx590");

template <class Call> std::string sentence(Call call) {
    try {
        call();
    } catch (const Error& e) {
        return e.what();
    }
    return "no error";
}

const Event& event(std::string_view name) {
    const Event* const e = find_event(name);
    INFO(name);
    REQUIRE(e);
    return *e;
}

const Metric& metric(std::string_view name) {
    const Metric* const m = find_metric(name);
    INFO(name);
    REQUIRE(m);
    return *m;
}

std::vector<Wanted> all_of(std::string_view from) {
    std::vector<Wanted> all;
    for (const Metric& m : metrics())
        if (m.from == from || from.empty() || (from == "rocprof" && m.from == "adapted")) all.push_back(wanted(m));
    return all;
}

}  // namespace

// ---- registers -------------------------------------------------------------------------

// Byte addresses: begin and distance of each kind of register; what is irregular has test cases below.
TEST_CASE("registers of regular blocks are where the header of the driver has them") {
    struct Regular {
        Block block;
        int counters;
        uint32_t select, low;
        int bits;
    };
    const Regular blocks[] = {{Block::SQ, 16, 0x36700, 0x34700, 9}, {Block::GDS, 4, 0x36a00, 0x34a00, 10}};
    for (const Regular& b : blocks) {
        REQUIRE(counters_of(b.block) == b.counters);
        for (int n = 0; n < b.counters; ++n) {
            const CounterRow& r = registers(b.block, n);
            CHECK(r.select * 4 == b.select + uint32_t(4 * n));
            CHECK(r.lo * 4 == b.low + uint32_t(8 * n));
            CHECK(r.hi * 4 == b.low + uint32_t(8 * n) + 4);
            CHECK(r.bits == b.bits);
        }
    }
    CHECK(registers(Block::GDS, 0).select1 * 4 == 0x36a10);
    CHECK(registers(Block::GDS, 1).select1 == 0);
    CHECK(registers(Block::SQ, 0).select1 == 0);
}

TEST_CASE("registers that all counters share") {
    CHECK(reg::GRBM_GFX_INDEX == 0x30800 / 4);
    CHECK(reg::CP_PERFMON_CNTL == 0x36020 / 4);
    CHECK(reg::RLC_PERFMON_CLK_CNTL == 0x372fc / 4);
    CHECK(reg::SQ_PERFCOUNTER_CTRL == 0x36780 / 4);
    CHECK(reg::SQ_PERFCOUNTER_MASK == reg::SQ_PERFCOUNTER_CTRL + 1);  // written with one packet
    CHECK(reg::COMPUTE_PERFCOUNT_ENABLE == 0x0b82c / 4);
}

TEST_CASE("the second counter of GRBM lies behind a hole") {
    CHECK(registers(Block::GRBM, 0).lo == 0xd040);
    CHECK(registers(Block::GRBM, 1).lo == 0xd043);
    CHECK(registers(Block::GRBM, 1).hi == 0xd044);
    CHECK(registers(Block::GRBM, 1).select == 0xd841);
}

TEST_CASE("SPI has HI before LO, its SELECT1 behind the selects, and 8 bits for its last two events") {
    for (int n = 0; n < 6; ++n) {
        const CounterRow& r = registers(Block::SPI, n);
        CHECK(r.hi * 4 == uint32_t(0x34600 + 8 * n));
        CHECK(r.lo == r.hi + 1);
        CHECK(r.select * 4 == (n < 4 ? uint32_t(0x36600 + 4 * n) : uint32_t(0x36620 + 4 * (n - 4))));
        CHECK(r.select1 * 4 == (n < 4 ? uint32_t(0x36610 + 4 * n) : 0));
        CHECK(r.bits == (n < 4 ? 10 : 8));
    }
}

TEST_CASE("CPC, CPF and CPG count downwards, and CPC's first select lies behind CP_PERFMON_CNTL") {
    const auto check = [](Block b, CounterRow first, CounterRow second) {
        for (int n = 0; n < 2; ++n) {
            const CounterRow &r = registers(b, n), &expected = n ? second : first;
            CHECK(r.select == expected.select);
            CHECK(r.select1 == expected.select1);
            CHECK(r.lo == expected.lo);
            CHECK(r.hi == expected.lo + 1);
            CHECK(r.bits == 6);
        }
    };
    check(Block::CPC, {{}, 0, 6, 0xd809, 0xd804, 0xd006, 0}, {{}, 1, 6, 0xd803, 0, 0xd004, 0});
    check(Block::CPF, {{}, 0, 6, 0xd807, 0xd806, 0xd00a, 0}, {{}, 1, 6, 0xd805, 0, 0xd008, 0});
    check(Block::CPG, {{}, 0, 6, 0xd802, 0xd801, 0xd002, 0}, {{}, 1, 6, 0xd800, 0, 0xd000, 0});
    CHECK(registers(Block::CPC, 0).select == reg::CP_PERFMON_CNTL + 1);
}

TEST_CASE("the first selects of TA, TD, TCP, TCC and TCA have SELECT1 between them, the last ones have none") {
    struct Pairs {
        Block block;
        int counters, with_select1;
        uint32_t select, low;
        int bits;
    };
    const Pairs blocks[] = {{Block::TA, 2, 1, 0x36b00, 0x34b00, 8},
                            {Block::TD, 2, 1, 0x36c00, 0x34c00, 8},
                            {Block::TCP, 4, 2, 0x36d00, 0x34d00, 10},
                            {Block::TCC, 4, 2, 0x36e00, 0x34e00, 10},
                            {Block::TCA, 4, 2, 0x36e40, 0x34e40, 10}};
    for (const Pairs& b : blocks) {
        INFO(row(b.block).name);
        REQUIRE(counters_of(b.block) == b.counters);
        uint32_t next = b.select;
        for (int n = 0; n < b.counters; ++n) {
            const CounterRow& r = registers(b.block, n);
            CHECK(r.select * 4 == next);
            CHECK(r.select1 * 4 == (n < b.with_select1 ? next + 4 : 0));
            next += n < b.with_select1 ? 8 : 4;
            CHECK(r.lo * 4 == b.low + uint32_t(8 * n));
            CHECK(r.hi == r.lo + 1);
            CHECK(r.bits == b.bits);
        }
    }
}

TEST_CASE("PERF_MODE2 and 3 of SELECT1 are exchanged in TCC and TCA") {
    for (const Block b : {Block::TA, Block::TD, Block::TCP}) CHECK(row(b).mode2 == 28);
    for (const Block b : {Block::TCC, Block::TCA}) CHECK(row(b).mode2 == 24);
}

TEST_CASE("GRBM_SE has one counter per engine, each in registers of its own") {
    CHECK(counters_of(Block::GRBM_SE) == 1);
    for (int engine = 0; engine < 4; ++engine) {
        const CounterRow& r = registers(Block::GRBM_SE, 0, {engine, 0});
        CHECK(r.select * 4 == uint32_t(0x36108 + 4 * engine));
        CHECK(r.lo * 4 == uint32_t(0x34114 + 8 * engine));
        CHECK(r.hi == r.lo + 1);
        CHECK(gfx_index(Block::GRBM_SE, {engine, 0}) == 0xe0000000);
    }
    CHECK(instances(Block::GRBM_SE, rx590) == 4);
}

TEST_CASE("SQ counts with 8 of its 16 counters, and only with its masks set") {
    CHECK(counters_of(Block::SQ) == 16);
    CHECK(row(Block::SQ).live == 8);
    CHECK(select_value(event("SQ_WAVES")) == 0x0f0ff004);
    CHECK(select_value(event("TCC_HIT")) == 18);
    CHECK(takes(Block::SQ, 7, event("SQ_WAVES")));
    CHECK_FALSE(takes(Block::SQ, 8, event("SQ_WAVES")));
    CHECK_FALSE(takes(Block::TCC, 0, event("SQ_WAVES")));
}

TEST_CASE("no two counters share a register") {
    std::set<uint32_t> seen;
    size_t registers = 0;
    for (const CounterRow& c : counters)
        for (const uint32_t r : {c.select, c.select1, c.lo, c.hi})
            if (r) {
                seen.insert(r);
                ++registers;
            }
    CHECK(seen.size() == registers);
    CHECK(std::size(counters) == 54);
    CHECK_FALSE(seen.contains(reg::CP_PERFMON_CNTL));
}

// ---- instances -------------------------------------------------------------------------

TEST_CASE("a block has as many instances as its chip has of what it stands in") {
    const std::map<std::string_view, std::array<int, 4>> expected = {
        // SQ, TA, TCC, TCA
        {"rx590", {4, 36, 8, 2}}, {"rx580", {4, 36, 8, 2}}, {"rx570", {4, 32, 8, 2}},
        {"rx480", {4, 36, 8, 2}}, {"rx560", {2, 16, 4, 2}}, {"r9nano", {4, 64, 16, 2}},
    };
    CHECK(expected.size() == std::size(isa::chips));
    for (const isa::Chip& c : isa::chips) {
        const auto& n = expected.at(c.row);
        CHECK(instances(Block::SQ, c) == n[0]);
        CHECK(instances(Block::TA, c) == n[1]);
        CHECK(instances(Block::TCP, c) == n[1]);
        CHECK(instances(Block::TCC, c) == n[2]);
        CHECK(instances(Block::TCA, c) == n[3]);
        CHECK(instances(Block::GRBM, c) == 1);
    }
}

TEST_CASE("GRBM_GFX_INDEX means every instance once") {
    const Topology t = topology(rx590);
    CHECK(all_instances == 0xe0000000);
    CHECK(gfx_index(Block::GRBM, {}) == 0xe0000000);
    CHECK(gfx_index(Block::SQ, {2, 0}) == 0x20020000);
    CHECK(gfx_index(Block::TCP, {3, 8}) == 0x20030008);
    CHECK(gfx_index(Block::TCC, {0, 7}) == 0xa0000007);
    CHECK(gfx_index(Block::TCA, {0, 1}) == 0xa0000001);
    CHECK(instance(Block::TD, t, 35) == Instance{3, 8});
    CHECK(instance(Block::TCC, t, 5) == Instance{0, 5});
    for (const Block b : {Block::SQ, Block::SPI, Block::TA, Block::TD, Block::TCP, Block::TCA, Block::TCC}) {
        std::set<uint32_t> seen;
        for (int i = 0; i < instances(b, t); ++i) seen.insert(gfx_index(b, instance(b, t, i)));
        CHECK(int(seen.size()) == instances(b, t));
    }
}

// ---- events ------------------------------------------------------------------------------

TEST_CASE("a page has the counts that the tables have") {
    const std::string page = test::contents("docs/perfcounters.md");
    const auto bare =
        std::count_if(std::begin(events), std::end(events), [](const Event& e) { return e.meaning.empty(); });
    CHECK_THAT(page, Catch::Contains("all " + std::to_string(std::size(events)) + " events"));
    CHECK_THAT(page, Catch::Contains("events (" + std::to_string(bare) + ")"));
}

TEST_CASE("every block has as many events as the header enumerates") {
    const std::map<std::string_view, int> expected = {
        {"SQ", 292},  {"SPI", 197},    {"TA", 119}, {"TD", 55},  {"TCP", 183}, {"TCA", 35}, {"TCC", 236},
        {"GRBM", 34}, {"GRBM_SE", 15}, {"GDS", 0},  {"CPC", 25}, {"CPF", 20},  {"CPG", 49},
    };
    std::map<std::string_view, int> counted;
    for (const BlockRow& b : blocks) counted[b.name] = 0;
    for (const Event& e : events) ++counted[row(e.block).name];
    CHECK(counted == expected);
    CHECK(std::size(events) == 1260);
}

TEST_CASE("an event is found by its name and by its number, and no two are alike") {
    std::set<std::string_view> names;
    for (const Event& e : events) {
        names.insert(e.name);
        CHECK(find_event(e.name) == &e);
        CHECK(find_event(std::string(row(e.block).name) + ":" + std::to_string(e.number)) == &e);
    }
    CHECK(names.size() == std::size(events));
    CHECK(&event("SQ:4") == &event("SQ_WAVES"));
    for (const char* none : {"", ":", "SQ", "SQ:", "SQ:x", "SQ:-4", "SQ: 4", "SQ:166", "SQ:99999999999", "XY:4",
                             "sq_waves", "SQ_WAVES ", "GDS:1"})
        CHECK_FALSE(find_event(none));
}

TEST_CASE("TCC has no events 108 to 127, and one for each of 128 clients") {
    for (unsigned n = 108; n < 128; ++n) CHECK_FALSE(find_event(Block::TCC, n));
    CHECK(event("TCC_CLIENT0_REQ").number == 128);
    CHECK(event("TCC_CLIENT127_REQ").number == 255);
}

TEST_CASE("GRBM and GRBM_SE number the same events differently") {
    CHECK(event("GRBM_SPI_BUSY").number == 11);
    CHECK(event("GRBM_SE_SPI_BUSY").number == 6);
    CHECK(event("GRBM_TA_BUSY").number == 13);
    CHECK(event("GRBM_SE_TA_BUSY").number == 8);
}

TEST_CASE("memory requests of L2 are called MC here, and SQC's events are SQ's") {
    CHECK(event("TCC_MC_RDREQ").number == 35);
    CHECK_FALSE(find_event("TCC_EA_RDREQ"));
    CHECK(event("SQC_ICACHE_REQ").block == Block::SQ);
}

// name="..." block=... event=... of rocprofiler's gfx8.
TEST_CASE("rocprofiler's 26 events have the same names and numbers") {
    const std::map<std::string_view, std::pair<Block, int>> expected = {
        {"GRBM_COUNT", {Block::GRBM, 0}},
        {"GRBM_GUI_ACTIVE", {Block::GRBM, 2}},
        {"SQ_WAVES", {Block::SQ, 4}},
        {"SQ_INSTS_VALU", {Block::SQ, 26}},
        {"SQ_INSTS_VMEM_WR", {Block::SQ, 27}},
        {"SQ_INSTS_VMEM_RD", {Block::SQ, 28}},
        {"SQ_INSTS_SALU", {Block::SQ, 30}},
        {"SQ_INSTS_SMEM", {Block::SQ, 31}},
        {"SQ_INSTS_FLAT", {Block::SQ, 32}},
        {"SQ_INSTS_FLAT_LDS_ONLY", {Block::SQ, 33}},
        {"SQ_INSTS_LDS", {Block::SQ, 34}},
        {"SQ_INSTS_GDS", {Block::SQ, 35}},
        {"SQ_WAIT_INST_LDS", {Block::SQ, 61}},
        {"SQ_ACTIVE_INST_VALU", {Block::SQ, 69}},
        {"SQ_INST_CYCLES_SALU", {Block::SQ, 86}},
        {"SQ_THREAD_CYCLES_VALU", {Block::SQ, 89}},
        {"SQ_LDS_BANK_CONFLICT", {Block::SQ, 97}},
        {"TA_TA_BUSY", {Block::TA, 15}},
        {"TA_FLAT_READ_WAVEFRONTS", {Block::TA, 101}},
        {"TA_FLAT_WRITE_WAVEFRONTS", {Block::TA, 102}},
        {"TCC_HIT", {Block::TCC, 18}},
        {"TCC_MISS", {Block::TCC, 19}},
        {"TCC_MC_RDREQ", {Block::TCC, 35}},
        {"TCC_MC_WRREQ", {Block::TCC, 26}},
        {"TCC_MC_WRREQ_STALL", {Block::TCC, 28}},
        {"TCP_TCP_TA_DATA_STALL_CYCLES", {Block::TCP, 3}},
    };
    CHECK(expected.size() == 26);
    for (const auto& [name, place] : expected) {
        CHECK(event(name).block == place.first);
        CHECK(event(name).number == place.second);
        CHECK_FALSE(event(name).meaning.empty());
    }
}

// ---- passes ------------------------------------------------------------------------------

namespace {

// Everything that a plan promises of its passes.
void check_plan(const std::vector<Wanted>& all) {
    const Passes plan = plan_passes(all);
    REQUIRE(plan.refused.size() == all.size());
    CHECK(plan.passes.size() >= plan.at_least);
    std::vector<int> served(all.size());
    for (const Pass& pass : plan.passes) {
        std::set<std::pair<Block, int>> taken;
        std::vector<Count> counts;
        for (const Slot& s : pass.slots) {
            CHECK(takes(s.count.event->block, s.counter, *s.count.event));
            CHECK(taken.insert({s.count.event->block, s.counter}).second);
            counts.push_back(s.count);
        }
        const auto has = [&](const Count& c) { return std::count(counts.begin(), counts.end(), c) == 1; };
        for (const Slot& s : pass.slots)
            if (s.count.level)
                CHECK(std::any_of(pass.slots.begin(), pass.slots.end(), [&](const Slot& level) {
                    return level.count == Count{s.count.level} && level.counter == s.counter - 1;
                }));
        for (const Count& anchor : anchors())
            CHECK(has(anchor) == (std::count(pass.left_out.begin(), pass.left_out.end(), anchor) == 0));
        CHECK_FALSE(pass.serves.empty());
        for (const size_t i : pass.serves) {
            ++served[i];
            for (const Count& c : all[i].counts) CHECK(has(c));
        }
    }
    for (size_t i = 0; i < all.size(); ++i) CHECK(served[i] == (plan.refused[i].empty() ? 1 : 0));
}

Wanted events_of(std::string name, std::initializer_list<std::string_view> names) {
    Wanted w{std::move(name), {}};
    for (const std::string_view n : names) w.counts.push_back({&event(n)});
    return w;
}

}  // namespace

TEST_CASE("rocprofiler's metrics take two passes, which is the least") {
    const std::vector<Wanted> all = all_of("rocprof");
    CHECK(all.size() == 23);
    const Passes plan = plan_passes(all);
    REQUIRE(plan.passes.size() == 2);
    CHECK(plan.at_least == 2);
    CHECK(plan.passes[0].text() ==
          "SQ 8/8, TA 2/2, TCP 1/4, TCC 4/4, GRBM 2/2");  // docs/perfcounters.md has this table
    CHECK(plan.passes[1].text() == "SQ 8/8, TA 1/2, TCC 1/4, GRBM 2/2");
    for (const Pass& pass : plan.passes) CHECK(pass.left_out.empty());
    check_plan(all);
}

TEST_CASE("a plan keeps its promises for every metric and for random ones") {
    const std::vector<Wanted> all = all_of("");
    CHECK(all.size() == metrics().size());
    check_plan(all);
    for (const Wanted& one : all) {
        CHECK(plan_passes(std::vector{one}).passes.size() == 1);
        check_plan({one});
    }
    std::mt19937 random(1);
    for (int round = 0; round < 100; ++round) {
        std::vector<Wanted> some;
        for (int n = int(random() % 12); n >= 0; --n) {
            Wanted w = random() % 2 ? all[random() % all.size()] : wanted(events[random() % std::size(events)]);
            if (random() % 3 == 0) w.counts.push_back({&events[random() % std::size(events)]});
            some.push_back(w);
        }
        INFO("round " << round);
        check_plan(some);
    }
}

TEST_CASE("nothing takes no pass") {
    CHECK(plan_passes({}).passes.empty());
    CHECK(plan_passes({}).at_least == 0);
}

TEST_CASE("anchors make room for what needs their counters, the last ones first") {
    const Passes one = plan_passes(std::vector{wanted(event("GRBM_CPC_BUSY"))});
    REQUIRE(one.passes.size() == 1);
    REQUIRE(one.passes[0].left_out.size() == 1);
    CHECK(text(one.passes[0].left_out[0]) == "GRBM_COUNT");
    CHECK(one.passes[0].text() == "SQ 1/8, GRBM 2/2");
    const Passes two =
        plan_passes(std::vector{events_of("both", {"GRBM_CPC_BUSY", "GRBM_TC_BUSY"}), wanted(event("TCC_HIT"))});
    REQUIRE(two.passes.size() == 2);  // what can keep its anchors does
    CHECK(two.passes[0].left_out.size() == 2);
    CHECK(two.passes[1].left_out.empty());
}

TEST_CASE("what no pass can count is refused with its reason") {
    const auto refusal = [](const Wanted& w) { return plan_passes(std::vector{w}).refused[0]; };
    CHECK(refusal(events_of("three", {"TA_TA_BUSY", "TA_FLAT_READ_WAVEFRONTS", "TA_FLAT_WRITE_WAVEFRONTS"})) ==
          "it needs 3 counters of TA, which has 2");
    CHECK(refusal(wanted(event("SQ_ACCUM_PREV"))) == "SQ_ACCUM_PREV accumulates a level: ask for accum(EVENT)");
    CHECK(plan_passes(std::vector{wanted(event("SQ_ACCUM_PREV"))}).passes.empty());
}

// ---- expressions -------------------------------------------------------------------------

namespace {

const Topology polaris = topology(rx590);

// Instances of each event that the expression counts, as a function says: event, instance -> value.
template <class Value> Readings made_up(const Expression& e, Value value) {
    Readings all;
    for (const Count& c : e.counts()) {
        Reading r{c, {}};
        for (int i = 0; i < instances(c.event->block, polaris); ++i) r.values.push_back(value(c, i));
        all.push_back(r);
    }
    return all;
}

Figure value_of(std::string_view expression, const Readings& readings = {}) {
    return Expression(expression).value(readings, polaris);
}

}  // namespace

TEST_CASE("arithmetic is what it is elsewhere") {
    const std::pair<const char*, double> cases[] = {
        {"1", 1},
        {"1.5", 1.5},
        {" 2 + 3 * 4 ", 14},
        {"(2+3)*4", 20},
        {"2 - 3 - 4", -5},
        {"24 / 4 / 2", 3},
        {"24 / (4 / 2)", 12},
        {"2 * (3)", 6},
        {"((1))", 1},
        {"-2 + 1", -1},
        {"CU_NUM", 36},
        {"SIMD_NUM", 144},
        {"SE_NUM", 4},
        {"TCC_NUM", 8},
        {"WAVES_PER_SIMD", 8},
        {"MAX_WAVE_SIZE", 64},
        {"100*CU_NUM/SE_NUM", 900},
    };
    for (const auto& [expression, number] : cases) {
        INFO(expression);
        const Figure f = value_of(expression);
        REQUIRE(f.is_number());
        CHECK(f.number == number);
    }
}

TEST_CASE("sum, max, min and mean are over all instances") {
    const Readings r = {{{&event("TCC_HIT")}, {1, 2, 3, 10}}};
    CHECK(value_of("sum(TCC_HIT)", r).number == 16);
    CHECK(value_of("max(TCC_HIT)", r).number == 10);
    CHECK(value_of("min(TCC_HIT)", r).number == 1);
    CHECK(value_of("mean(TCC_HIT)", r).number == 4);
    CHECK(value_of("sum(TCC:18)", r).number == 16);
    CHECK(value_of("GRBM_COUNT", {{{&event("GRBM_COUNT")}, {7}}}).number == 7);
    CHECK(value_of("accum(SQ_LEVEL_WAVES)", {{{&event("SQ_LEVEL_WAVES")}, {5, 5}},
                                             {{&event("SQ_ACCUM_PREV_HIRES"), &event("SQ_LEVEL_WAVES")}, {30, 12}}})
              .number == 42);
}

TEST_CASE("what was not counted and what is not modelled stay what they are") {
    const auto kind = [](const char* e, const Readings& r) { return value_of(e, r).kind; };
    const Readings unknown = {{{&event("TCC_HIT")}, {1, not_modelled}}, {{&event("TCC_MISS")}, {0, 0}}};
    for (const char* e : {"sum(TCC_HIT)", "max(TCC_HIT)", "min(TCC_HIT)", "mean(TCC_HIT)", "0 * sum(TCC_HIT)",
                          "1 / sum(TCC_HIT)", "sum(TCC_HIT) - sum(TCC_HIT)", "sum(TCC_MISS) + sum(TCC_HIT)"})
        CHECK(kind(e, unknown) == Figure::Kind::NotModelled);
    CHECK(value_of("sum(TCC_HIT)", unknown).why == "TCC_HIT is not modelled");
    for (const char* e : {"sum(TCC_REQ)", "0 * sum(TCC_REQ)", "sum(TCC_HIT) + sum(TCC_REQ)",
                          "sum(TCC_REQ) + sum(TCC_HIT)", "accum(SQ_LEVEL_WAVES)"})
        CHECK(kind(e, unknown) == Figure::Kind::NotAvailable);
    CHECK(value_of("sum(TCC_REQ)", unknown).why == "TCC_REQ was not counted");
    CHECK(kind("sum(TCC_HIT)", {{{&event("TCC_HIT")}, {}}}) == Figure::Kind::NotAvailable);
    CHECK(kind("sum(TCC_MISS)", unknown) == Figure::Kind::Number);
}

TEST_CASE("what is divided by 0 is not available, with the reason") {
    const Readings none = {{{&event("SQ_WAVES")}, {0, 0, 0, 0}}};
    const Figure f = value_of("100 / (sum(SQ_WAVES) * 2) * 3", none);
    CHECK(f.kind == Figure::Kind::NotAvailable);
    CHECK(f.why == "(sum(SQ_WAVES) * 2) is 0");
    CHECK(value_of("0 / sum(SQ_WAVES)", none).why == "sum(SQ_WAVES) is 0");
    CHECK(value_of("sum(SQ_WAVES) / 5", none).number == 0);
}

TEST_CASE("a figure prints as a number or says that it is none") {
    CHECK(text(Figure::of(12.345), 1) == "12.3");
    CHECK(text(value_of("sum(TCC_HIT)", {{{&event("TCC_HIT")}, {not_modelled}}}), 1) == "not modelled");
    CHECK(text(value_of("1 / 0"), 1) == "n/a");
    CHECK(text(Figure::of(1e308 * 10), 1) == "n/a");
}

TEST_CASE("an expression that is none is refused where it goes wrong") {
    const std::pair<std::string, const char*> cases[] = {
        {"", "it ends too early"},
        {"1 +", "it ends too early"},
        {"1 2", "'2' is left over"},
        {"(1", "there is no ')' before ''"},
        {"1)", "')' is left over"},
        {"* 2", "'* 2' is no value"},
        {"sum()", "'' is no event or constant of a device"},
        {"sum(SQ_NONSENSE)", "'SQ_NONSENSE' is no event or constant of a device"},
        {"NONSENSE", "'NONSENSE' is no event or constant of a device"},
        {"inf", "'inf' is no event or constant of a device"},
        {"SQ_WAVES", "SQ_WAVES has several instances: take their sum, max, min or mean"},
        {"TCA_BUSY", "TCA_BUSY has several instances: take their sum, max, min or mean"},
        {"avr(SQ_WAVES)", "there is no function 'avr', only sum, max, min, mean and accum"},
        {"sum(SQ_WAVES,16)", "'SQ_WAVES,16' is no event or constant of a device"},
        {"accum(TCC_HIT)", "only levels of SQ can be accumulated"},
        {std::string(200, '('), "it has more than 100 brackets in brackets"},
    };
    for (const auto& [expression, why] : cases)
        CHECK(sentence([&, e = expression] { Expression{e}; }) ==
              "gcn: cannot read the expression " + expression + ": " + why + ".");
}

TEST_CASE("an expression counts each event once") {
    const Expression e("sum(TCC_HIT) / (sum(TCC_HIT) + max(TCC_HIT) + sum(TCC_MISS))");
    REQUIRE(e.counts().size() == 2);
    CHECK(text(e.counts()[0]) == "TCC_HIT");
    CHECK(text(e.counts()[1]) == "TCC_MISS");
}

// ---- metrics -------------------------------------------------------------------------------

TEST_CASE("rows of metrics.tsv are complete and named once") {
    std::set<std::string_view> names;
    for (const Metric& m : metrics()) {
        INFO(m.name);
        names.insert(m.name);
        CHECK((m.good == "high" || m.good == "low" || m.good == "-"));
        CHECK((m.from == "rocprof" || m.from == "adapted" || m.from == "own"));
        CHECK_FALSE(m.unit.empty());
        CHECK_FALSE(m.meaning.empty());
        CHECK_FALSE(m.expression.counts().empty());
        CHECK(find_metric(m.name) == &m);
    }
    CHECK(names.size() == metrics().size());
    CHECK_FALSE(find_metric("gpubusy"));
}

TEST_CASE("every metric is a number of counts, n/a of zeros, and never hides what is not known") {
    for (const Metric& m : metrics()) {
        INFO(m.name);
        const Expression& e = m.expression;
        CHECK(e.value(made_up(e, [](const Count&, int i) { return uint64_t(i + 1); }), polaris).is_number());
        const bool divides = e.text().find("/ 1024") == std::string::npos && e.text().find('/') != std::string::npos;
        CHECK(e.value(made_up(e, [](const Count&, int) { return uint64_t(0); }), polaris).is_number() == !divides);
        for (size_t i = 0; i < e.counts().size(); ++i) {
            Readings r = made_up(e, [](const Count&, int) { return uint64_t(5); });
            r[i].values.back() = not_modelled;
            CHECK(e.value(r, polaris).kind == Figure::Kind::NotModelled);
            r.erase(r.begin() + ptrdiff_t(i));
            CHECK(e.value(r, polaris).kind == Figure::Kind::NotAvailable);
        }
    }
}

// The formulas of rocprofiler's metrics.xml again, in C++, over random counts.
TEST_CASE("rocprofiler's metrics are rocprofiler's formulas") {
    std::mt19937_64 random(2);
    std::map<std::string, std::vector<uint64_t>> counts;
    const auto value = [&](const Count& c, int i) {
        std::vector<uint64_t>& v = counts[std::string(c.event->name)];
        while (v.size() <= size_t(i)) v.push_back(1 + random() % 1000000);
        return v[size_t(i)];
    };
    std::map<std::string_view, double> is;
    for (const Metric& m : metrics())
        if (m.from != "own") is[m.name] = m.expression.value(made_up(m.expression, value), polaris).number;

    const auto sum = [&](const char* name) {
        double s = 0;
        for (const uint64_t v : counts.at(name)) s += double(v);
        return s;
    };
    const auto max = [&](const char* name) {
        return double(*std::max_element(counts.at(name).begin(), counts.at(name).end()));
    };
    const double waves = sum("SQ_WAVES"), active = sum("GRBM_GUI_ACTIVE"), lds_only = sum("SQ_INSTS_FLAT_LDS_ONLY");
    const std::map<std::string_view, double> expected = {
        {"GPUBusy", 100 * active / sum("GRBM_COUNT")},
        {"Wavefronts", waves},
        {"VALUInsts", sum("SQ_INSTS_VALU") / waves},
        {"SALUInsts", sum("SQ_INSTS_SALU") / waves},
        {"SFetchInsts", sum("SQ_INSTS_SMEM") / waves},
        {"VFetchInsts", (sum("SQ_INSTS_VMEM_RD") - sum("TA_FLAT_READ_WAVEFRONTS")) / waves},
        {"VWriteInsts", (sum("SQ_INSTS_VMEM_WR") - sum("TA_FLAT_WRITE_WAVEFRONTS")) / waves},
        {"FlatVMemInsts", (sum("SQ_INSTS_FLAT") - lds_only) / waves},
        {"LDSInsts", (sum("SQ_INSTS_LDS") - lds_only) / waves},
        {"FlatLDSInsts", lds_only / waves},
        {"GDSInsts", sum("SQ_INSTS_GDS") / waves},
        {"VALUUtilization", 100 * sum("SQ_THREAD_CYCLES_VALU") / (sum("SQ_ACTIVE_INST_VALU") * 64)},
        {"VALUBusy", 100 * sum("SQ_ACTIVE_INST_VALU") * 4 / 144 / active},
        {"SALUBusy", 100 * sum("SQ_INST_CYCLES_SALU") * 4 / 144 / active},
        {"FetchSize", sum("TCC_MC_RDREQ") * 32 / 1024},
        {"WriteSize", sum("TCC_MC_WRREQ") * 32 / 1024},
        {"MemWrites32B", sum("TCC_MC_WRREQ")},
        {"L2CacheHit", 100 * sum("TCC_HIT") / (sum("TCC_HIT") + sum("TCC_MISS"))},
        {"MemUnitBusy", 100 * max("TA_TA_BUSY") / active},
        {"MemUnitStalled", 100 * max("TCP_TCP_TA_DATA_STALL_CYCLES") / active},
        {"WriteUnitStalled", 100 * max("TCC_MC_WRREQ_STALL") / active},
        {"ALUStalledByLDS", 100 * sum("SQ_WAIT_INST_LDS") * 4 / waves / active},
        {"LDSBankConflict", 100 * sum("SQ_LDS_BANK_CONFLICT") / active / 36},
    };
    CHECK(is.size() == expected.size());
    for (const auto& [name, number] : expected) {
        INFO(name);
        CHECK(is.at(name) == Approx(number).epsilon(1e-12));
    }
}

TEST_CASE("occupancy is the mean of waves in flight over the slots of the whole GPU") {
    // 36 CUs with 16 waves each all the time: half of 8 waves on each of 4 SIMDs.
    const Expression& e = metric("Occupancy").expression;
    const Figure f =
        e.value(made_up(e, [](const Count& c, int) { return uint64_t(c.level ? 9 * 16 * 1000 : 1000); }), polaris);
    CHECK(f.number == 50);
}

// ---- the interface of devices ----------------------------------------------------------------

namespace {

// Counts in every instance the event's number more per launch; models no event above 255.
struct MadeUpCounters : Counters {
    std::vector<Selection> armed;
    uint64_t launches = 1000, at_start = 0;  // counters do not begin at 0
    bool running = false;

    CounterInfo info() const override { return {polaris, TimeKind::Modelled, true}; }
    bool counts(Block b, bool within) const override { return within || row(b).window != Window::Waves; }
    void arm(std::span<const Selection> s) override { armed.assign(s.begin(), s.end()); }
    void start() override { at_start = launches; }
    void stop() override {}
    void disarm() noexcept override { armed.clear(); }
    CounterSample read() override {
        CounterSample sample;
        for (const Selection& s : armed) {
            const uint64_t n = s.event->number, end = n > 255 ? not_modelled : n * launches;
            sample.values.emplace_back(instances(s.event->block, polaris), counted(n * at_start, end));
        }
        return sample;
    }
    std::optional<Time> launch(const Kernel&, Grid, std::span<const std::byte>) override {
        start();
        ++launches;
        stop();
        return Time{1, TimeKind::Modelled};
    }
    std::vector<std::string> doubts() const override { return {}; }
};

}  // namespace

TEST_CASE("a difference of counts wraps with 64 bits and keeps what is not modelled") {
    CHECK(counted(5, 12) == 7);
    CHECK(counted(~uint64_t(0) - 1, 3) == 5);
    CHECK(counted(not_modelled, 3) == not_modelled);
    CHECK(counted(3, not_modelled) == not_modelled);
}

TEST_CASE("a pass goes to a device as selections and comes back as readings") {
    const Metric &hit = metric("L2CacheHit"), &replay = metric("Wavefronts");
    const Passes plan = plan_passes(std::vector{wanted(hit), wanted(replay), wanted(event("SQ_INSTS_VMEM_REPLAY"))});
    REQUIRE(plan.passes.size() == 1);
    const Pass& pass = plan.passes[0];
    MadeUpCounters device;
    device.arm(selections(pass));
    for (const Selection& s : device.armed) CHECK(takes(s.event->block, s.counter, *s.event));
    REQUIRE(device.launch(Kernel(), {}, {}));
    const Readings r = readings(pass, device.read());
    CHECK(hit.expression.value(r, polaris).number == Approx(100.0 * 18 / (18 + 19)));
    CHECK(replay.expression.value(r, polaris).number == 4 * 4);
    CHECK(value_of("sum(SQ_INSTS_VMEM_REPLAY)", r).kind == Figure::Kind::NotModelled);
}

// ---- gcn perf list -----------------------------------------------------------------------------

namespace {

const std::string program = std::filesystem::absolute(BUILD "/gcn");

Ran perf(const std::string& arguments) { return test::run("'" + program + "' perf " + arguments); }

json perf_json(const std::string& arguments) {
    const Ran r = perf("list --json " + arguments);
    INFO(r.err);
    REQUIRE(r.status == 0);
    return json::parse(r.out);
}

void refuses(const std::string& arguments, const std::string& line) {
    INFO(arguments);
    const Ran r = perf(arguments);
    CHECK(r.status == 2);
    CHECK(r.err == "gcn: cannot " + line + "\n");
    CHECK(r.out == "");
}

}  // namespace

TEST_CASE("gcn perf alone is its help") {
    const Ran r = perf("");
    CHECK(r.status == 0);
    CHECK_THAT(r.out, Catch::Contains("\n  list ") && Catch::Contains("gcn perf"));
}

TEST_CASE("gcn perf list has blocks, metrics and their passes; events when they are asked for") {
    const Ran r = perf("list");
    CHECK(r.status == 0);
    CHECK_THAT(r.out, Catch::StartsWith("rx590: 4 shader engines, 36 CUs, 8 L2 channels, 8 waves per SIMD\n"));
    CHECK_THAT(r.out, Catch::Contains("\nTCP       per CU             36         4  waves      183  L1"));
    CHECK_THAT(r.out, Catch::Contains("\nSQ        per engine          4         8  always     292  "));
    CHECK_THAT(r.out, Catch::Contains("  100 * GRBM_GUI_ACTIVE / GRBM_COUNT\n"));
    CHECK_THAT(r.out, Catch::Contains("\npass 1  SQ 8/8, "));
    CHECK_THAT(r.out, !Catch::Contains("TCC_CLIENT0_REQ"));
    const json all = perf_json("--events");
    CHECK(all["events"].size() == 1260);
    CHECK(all["blocks"].empty());
    CHECK(all["metrics"].empty());
    CHECK(perf_json("--metrics")["metrics"].size() == metrics().size());
    CHECK(perf_json("--metrics")["events"].empty());
    CHECK(perf_json("")["blocks"].size() == std::size(blocks));
}

TEST_CASE("gcn perf list PATTERN finds names and meanings, in any case") {
    const json hits = perf_json("tcc_hit");
    REQUIRE(hits["events"].size() == 1);
    CHECK(hits["events"][0] ==
          json{{"name", "TCC_HIT"}, {"block", "TCC"}, {"number", 18}, {"instances", 8}, {"meaning", "hits"}});
    CHECK(perf_json("SQ:4")["events"][0]["name"] == "SQ_WAVES");
    CHECK(perf_json("'*_reserved_?' --block GRBM")["events"].size() == 7);
    CHECK(perf_json("--block GRBM_SE")["events"].size() == 15);
    CHECK(perf_json("'*M?_*req*' --block TCC")["events"].size() == 14);
    CHECK(perf_json("'TCC_HIT*'")["events"].size() == 1);
    CHECK(perf("list '?'").status == 2);
    const json busy = perf_json("VALUBusy")["metrics"];
    REQUIRE(busy.size() == 1);
    CHECK(busy[0]["counts"] == json{"SQ_ACTIVE_INST_VALU", "GRBM_GUI_ACTIVE"});
    CHECK(busy[0]["pass"] == 1);
    CHECK(busy[0]["formula"] == "100 * sum(SQ_ACTIVE_INST_VALU) * 4 / SIMD_NUM / GRBM_GUI_ACTIVE");
}

TEST_CASE("gcn perf list --block keeps the metrics that count in it") {
    const json tcp = perf_json("--block TCP");
    CHECK(tcp["blocks"].size() == 1);
    CHECK(tcp["events"].size() == 183);
    for (const json& m : tcp["metrics"]) CHECK(m["formula"].get<std::string>().find("TCP_") != std::string::npos);
}

TEST_CASE("gcn perf list --chip counts instances of that chip") {
    const json fiji = perf_json("--chip r9nano");
    CHECK(fiji["chip"]["cus"] == 64);
    std::map<std::string, int> instances;
    for (const json& b : fiji["blocks"]) instances[b["name"]] = b["instances"];
    CHECK(instances["TCC"] == 16);
    CHECK(instances["TA"] == 64);
    CHECK(perf_json("--chip rx560 TCC_HIT")["events"][0]["instances"] == 4);
}

TEST_CASE("gcn perf list shows where the counters of a pass stand") {
    const json occupancy = perf_json("Occupancy");
    REQUIRE(occupancy["passes"].size() == 1);
    const json& slots = occupancy["passes"][0];
    CHECK(slots[0] == json{{"block", "SQ"}, {"counter", 0}, {"event", "SQ_LEVEL_WAVES"}, {"counts", "SQ_LEVEL_WAVES"}});
    CHECK(slots[1] ==
          json{{"block", "SQ"}, {"counter", 1}, {"event", "SQ_ACCUM_PREV_HIRES"}, {"counts", "accum(SQ_LEVEL_WAVES)"}});
}

TEST_CASE("gcn perf refuses what there is not") {
    refuses("list nonsense",
            "list nonsense: nothing of that name is counted. Try: gcn perf list, or gcn perf list --events.");
    refuses("list --block TCC icache",
            "list icache of TCC: nothing of that name is counted. Try: gcn perf list, or gcn perf list --events.");
    refuses("list --block GDS --events",
            "list events of GDS: nothing of that name is counted. Try: gcn perf list, or gcn perf list --events.");
    refuses("list --block TCX",
            "list the block TCX: there is none of that name. Try: one of SQ, SPI, TA, TD, TCP, TCA, TCC, GRBM, "
            "GRBM_SE, GDS, CPC, CPF, CPG.");
    refuses("list --chip rx9",
            "list the counters of rx9: there is no such chip. Try: one of rx590, rx580, rx570, rx480, rx560, r9nano.");
    refuses("list --all",
            "read the command line: The following argument was not expected: --all. Try: gcn perf --help.");
}
