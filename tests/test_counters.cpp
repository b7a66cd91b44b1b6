// Performance counters of the software Polaris: what is counted, in which instances, and what the registers say. With
// timing off; test_counters_timing.cpp has it on.

#include <map>

#include "emulator/cp/device.hpp"
#include "tests/counting.hpp"

using namespace gcn;
using namespace gcn::test;

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

TEST_CASE("when a grid was given up nothing counted is whole, until the counters are reset") {
    Counting c;
    const pc::Event& e = event("SQ_WAVES");
    REQUIRE(c.run(join({clear(), select(e), control(start), counted(4, 64)})) == "");
    const isa::Chip& chip = *emulator::Settings::from_environment().chip;
    emulator::Counters(chip, emulator::timing::Parameters::of(chip), nullptr).lose();
    REQUIRE(c.run(join({counted(4, 64), control(stop | sample)})) == "");
    for (const uint64_t v : read_all(c, e.block)) CHECK(v == not_modelled);
    REQUIRE(c.run(join({control(reset), control(start), counted(4, 64), control(stop | sample)})) == "");
    CHECK(sum(read_all(c, e.block)) == 4);
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
