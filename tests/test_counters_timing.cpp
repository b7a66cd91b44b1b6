// Performance counters of the software Polaris with timing on: what follows from the timing model is what the
// functional observer counts, where both know an event; what it adds is conserved, and the same in every run.

#include <map>
#include <sstream>

#include "emulator/cp/power.hpp"
#include "emulator/timing/events.hpp"
#include "tests/command.hpp"
#include "tests/counting.hpp"

using namespace gcn;
using namespace gcn::test;

namespace {

// Before the device of this process is made; a child has its own setting.
const int timing_is_on = setenv("GCN_EMU_TIMING", "full", 0);
const int each_is_timed = setenv("GCN_EMU_TIMING_REUSE", "0", 0);

using Figures = std::map<std::string, std::vector<uint64_t>>;

// Each event in a run of its own.
Figures count_each(Counting& c, const std::vector<const char*>& names, const Words& packets) {
    Figures all;
    for (const char* name : names) all[name] = c.count(event(name), packets);
    return all;
}

// Events of one block, in counters side by side.
Figures count_together(Counting& c, const std::vector<const char*>& names, const Words& packets) {
    Words selects;
    for (size_t i = 0; i < names.size(); ++i) selects = join({selects, select(event(names[i]), int(i))});
    REQUIRE(c.run(join({clear(), selects, control(start), window(true), packets, window(false),
                        control(stop | sample)})) == "");
    Figures all;
    for (size_t i = 0; i < names.size(); ++i) all[names[i]] = read_all(c, event(names[i]).block, int(i));
    return all;
}

uint64_t accumulated(Counting& c, const char* level, const Words& packets) {
    return sum(count_together(c, {level, "SQ_ACCUM_PREV_HIRES"}, packets).at("SQ_ACCUM_PREV_HIRES"));
}

}  // namespace

TEST_CASE("with timing on every functional event is counted as often as without") {
    REQUIRE(timing_is_on == 0);
    Counting c;
    for (const Expected& e : expected) {
        CAPTURE(e.event);
        CHECK(sum(c.count(event(e.event), counted(10, 128))) == 20 * e.a_wave);
    }
    const std::map<std::string, uint64_t> of_groups{{"SQ_WAVES", 2},       {"SQ_WAVES_EQ_64", 1}, {"SQ_WAVES_LT_64", 1},
                                                    {"SQ_WAVES_LT_48", 1}, {"SQ_WAVES_LT_32", 0}, {"SQ_WAVES_LT_16", 0},
                                                    {"SQ_ITEMS", 64 + 40}};
    for (const auto& [name, n] : of_groups) {
        CAPTURE(name);
        CHECK(sum(c.count(event(name.c_str()), counted(3, 104))) == 3 * n);
    }
    CHECK(sum(c.count(event("SQ_THREAD_CYCLES_VALU"), counted(1, 40))) == 40 * 22);
    CHECK(sum(c.count(event("TCP_TOTAL_WRITE"), counted(1, 40))) == 3 + 3);
    const pc::Event& conflicts = event("SQ_LDS_BANK_CONFLICT");
    CHECK(sum(c.count(conflicts, counted(2, 64))) == 2 * (2 * 1 + 2 * 31));
    CHECK(sum(c.count(conflicts, counted(2, 40))) == 2 * (1 + 31 + 7));
    CHECK(sum(c.count(event("TA_TOTAL_WAVEFRONTS"), counted(4, 64), false)) == 0);
    CHECK(c.count(event("SQ_WAVES"), counted(8, 64)) == std::vector<uint64_t>{2, 2, 2, 2});
    CHECK(c.count(event("TA_TOTAL_WAVEFRONTS"), counted(36, 64)) == std::vector<uint64_t>(36, 8));
}

TEST_CASE("clocks of waves are in one state each, clocks of engines and CUs hold them") {
    Counting c;
    const Words packets = counted(100, 256);
    const Figures waits = count_together(c,
                                         {"SQ_WAVE_CYCLES", "SQ_WAVE_READY", "SQ_WAIT_ANY", "SQ_WAIT_CNT_ANY",
                                          "SQ_WAIT_BARRIER", "SQ_WAIT_SLEEP", "SQ_WAIT_IFETCH", "SQ_WAIT_OTHER"},
                                         packets);
    const Figures parts = count_together(c,
                                         {"SQ_WAVE_CYCLES", "SQ_WAIT_CNT_VM", "SQ_WAIT_CNT_LGKM", "SQ_WAIT_CNT_EXP",
                                          "SQ_BUSY_CYCLES", "SQ_INSTS", "SQ_BUSY_CU_CYCLES", "SQ_WAIT_CNT_ANY"},
                                         packets);
    const Figures issue =
        count_together(c,
                       {"SQ_WAIT_INST_VALU", "SQ_WAIT_INST_VMEM", "SQ_WAIT_INST_SCA", "SQ_WAIT_INST_LDS",
                        "SQ_WAIT_INST_MISC", "SQ_WAIT_INST_EXP_GDS", "SQ_INSTS", "SQ_WAVE_READY"},
                       packets);
    for (size_t se = 0; se < 4; ++se) {
        const auto of = [&](const Figures& f, const char* name) { return int64_t(f.at(name)[se]); };
        const auto about = [](int64_t a, int64_t b) { return a - b >= -8 && a - b <= 8; };  // rounded to quads
        CHECK(of(waits, "SQ_WAVE_CYCLES") > 0);
        CHECK(about(of(waits, "SQ_WAVE_CYCLES"), of(waits, "SQ_WAVE_READY") + of(waits, "SQ_WAIT_ANY")));
        CHECK(about(of(waits, "SQ_WAIT_ANY"), of(waits, "SQ_WAIT_CNT_ANY") + of(waits, "SQ_WAIT_BARRIER") +
                                                  of(waits, "SQ_WAIT_SLEEP") + of(waits, "SQ_WAIT_IFETCH") +
                                                  of(waits, "SQ_WAIT_OTHER")));
        CHECK(about(of(parts, "SQ_WAIT_CNT_ANY"),
                    of(parts, "SQ_WAIT_CNT_VM") + of(parts, "SQ_WAIT_CNT_LGKM") + of(parts, "SQ_WAIT_CNT_EXP")));
        CHECK(about(of(issue, "SQ_WAVE_READY"), of(issue, "SQ_WAIT_INST_VALU") + of(issue, "SQ_WAIT_INST_VMEM") +
                                                    of(issue, "SQ_WAIT_INST_SCA") + of(issue, "SQ_WAIT_INST_LDS") +
                                                    of(issue, "SQ_WAIT_INST_MISC") + of(issue, "SQ_WAIT_INST_EXP_GDS") +
                                                    of(issue, "SQ_INSTS")));
        // At most nine CUs of 40 waves; a CU is busy only while its engine is.
        CHECK(of(parts, "SQ_BUSY_CYCLES") * 9 * 40 >= of(parts, "SQ_WAVE_CYCLES") * 4);
        CHECK(of(parts, "SQ_BUSY_CYCLES") * 9 >= of(parts, "SQ_BUSY_CU_CYCLES") * 4);
        CHECK(of(parts, "SQ_BUSY_CU_CYCLES") * 40 >= of(parts, "SQ_WAVE_CYCLES"));
    }
}

TEST_CASE("caches answer what they are asked, and ask below for what they miss") {
    Counting c;
    const Words packets = counted(40, 256);
    const auto total = [&](const Figures& f, const char* name) { return sum(f.at(name)); };
    const Figures l1 = count_together(
        c, {"TCP_TOTAL_READ", "TCP_TOTAL_HIT_LRU_READ", "TCP_TOTAL_MISS_LRU_READ", "TCP_TCC_READ_REQ"}, packets);
    CHECK(total(l1, "TCP_TOTAL_READ") == total(l1, "TCP_TOTAL_HIT_LRU_READ") + total(l1, "TCP_TOTAL_MISS_LRU_READ"));
    CHECK(total(l1, "TCP_TCC_READ_REQ") == total(l1, "TCP_TOTAL_MISS_LRU_READ"));
    const Figures asked = count_each(c,
                                     {"TCP_TCC_REQ", "SQC_TC_REQ", "TCC_REQ", "TCC_READ", "TCC_WRITE", "TCC_ATOMIC",
                                      "TCC_HIT", "TCC_MISS", "TCP_TOTAL_NON_READ", "TCP_TCC_NON_READ_REQ"},
                                     packets);
    // Each line is in L2 from the second run on.
    CHECK(total(asked, "TCC_REQ") == total(asked, "TCP_TCC_REQ") + total(asked, "SQC_TC_REQ"));
    CHECK(total(asked, "TCC_REQ") == total(asked, "TCC_READ") + total(asked, "TCC_WRITE") + total(asked, "TCC_ATOMIC"));
    CHECK(total(asked, "TCC_REQ") == total(asked, "TCC_HIT") + total(asked, "TCC_MISS"));
    CHECK(total(asked, "TCP_TCC_NON_READ_REQ") == total(asked, "TCP_TOTAL_NON_READ"));
    const Figures code = count_together(c,
                                        {"SQC_ICACHE_REQ", "SQC_ICACHE_HITS", "SQC_ICACHE_MISSES", "SQC_DCACHE_REQ",
                                         "SQC_DCACHE_HITS", "SQC_DCACHE_MISSES", "SQ_IFETCH", "SQC_TC_INST_REQ"},
                                        packets);
    CHECK(total(code, "SQC_ICACHE_REQ") == total(code, "SQC_ICACHE_HITS") + total(code, "SQC_ICACHE_MISSES"));
    CHECK(total(code, "SQC_DCACHE_REQ") == total(code, "SQC_DCACHE_HITS") + total(code, "SQC_DCACHE_MISSES"));
    CHECK(total(code, "SQC_DCACHE_REQ") >= 2 * 160);
    CHECK(total(code, "SQC_TC_INST_REQ") >= total(code, "SQC_ICACHE_MISSES"));
}

TEST_CASE("levels are summed by the counter behind them, and say nothing themselves") {
    Counting c;
    const Words packets = counted(100, 256);
    const uint64_t waves = accumulated(c, "SQ_LEVEL_WAVES", packets);
    CHECK(waves / 4 >= sum(c.count(event("SQ_WAVE_CYCLES"), packets)));
    CHECK(waves / 4 <= sum(c.count(event("SQ_WAVE_CYCLES"), packets)) + 4);
    const uint64_t loads = accumulated(c, "SQ_INST_LEVEL_VMEM", packets);
    CHECK(loads >= 400 * 8 * 64);  // no access takes fewer clocks
    for (const uint64_t v : c.count(event("SQ_LEVEL_WAVES"), packets)) CHECK(v == not_modelled);
    for (const uint64_t v : c.count(event("SQ_ACCUM_PREV_HIRES"), packets)) CHECK(v == not_modelled);
}

TEST_CASE("the GPU is active for as long as grids take, its clock goes on") {
    Counting c;
    const auto gpu = [&](const Words& packets) {
        return count_together(c, {"GRBM_COUNT", "GRBM_GUI_ACTIVE"}, packets);
    };
    const Figures none = gpu({}), one = gpu(counted(100, 256)), two = gpu(join({counted(100, 256), counted(100, 256)}));
    CHECK(none.at("GRBM_GUI_ACTIVE")[0] == 0);
    CHECK(one.at("GRBM_GUI_ACTIVE")[0] > 1000);
    CHECK(one.at("GRBM_COUNT")[0] >= one.at("GRBM_GUI_ACTIVE")[0]);
    CHECK(two.at("GRBM_GUI_ACTIVE")[0] > one.at("GRBM_GUI_ACTIVE")[0]);
    const uint64_t busy = sum(c.count(event("SQ_BUSY_CYCLES"), counted(100, 256)));
    CHECK(busy <= 4 * one.at("GRBM_GUI_ACTIVE")[0]);
    CHECK(sum(c.count(event("SPI_CSN_WAVE"), counted(100, 256))) == 400);
    CHECK(sum(c.count(event("SPI_CSN_NUM_THREADGROUPS"), counted(100, 256))) == 100);
}

TEST_CASE("what the model does not know reads as all ones with timing on, too") {
    Counting c;
    for (const char* name : {"SQ_VALU_SRC_C_CONFLICT", "TCC_BUSY", "GRBM_TA_BUSY", "TD_TD_BUSY", "SPI_CSG_WAVE"}) {
        CAPTURE(name);
        for (const uint64_t v : c.count(event(name), counted(1, 64))) CHECK(v == not_modelled);
    }
}

TEST_CASE("every row names an event of its block, once") {
    std::map<std::pair<pc::Block, int>, int> seen;
    for (const emulator::timing::EventRow& row : emulator::timing::event_rows()) {
        CAPTURE(pc::row(row.block).name, row.number);
        CHECK(pc::find_event(row.block, row.number));
        CHECK(++seen[{row.block, row.number}] == 1);
    }
}

// Run by the next one, in processes of their own: all events of all instances. Those of the device's clock are left
// out, which runs with the host's while nothing is under way.
TEST_CASE("all counters", "[.print]") {
    namespace timing = emulator::timing;
    Counting c;
    for (const timing::EventRow& row : timing::event_rows()) {
        if (row.unit == timing::Unit::Device) continue;
        const pc::Event& e = *pc::find_event(row.block, row.number);
        const Words packets = counted(50, 192);
        std::vector<uint64_t> values;
        if (row.unit == timing::Unit::Level) {
            values = count_together(c, {std::string(e.name).c_str(), "SQ_ACCUM_PREV_HIRES"}, packets)
                         .at("SQ_ACCUM_PREV_HIRES");
        } else {
            values = c.count(e, packets);
        }
        printf("= %s", std::string(e.name).c_str());
        for (const uint64_t v : values) printf(" %llu", static_cast<unsigned long long>(v));
        printf("\n");
    }
}

TEST_CASE("all counters are equal in every run, with one thread and two, in every build") {
    const auto printed = [](const std::string& settings) {
        const Ran ran =
            run("LD_PRELOAD='" + sanitizer() + "' " + settings + " " BUILD "/tests/test_counters_timing '[.print]'");
        CAPTURE(settings, ran.err);
        REQUIRE(ran.status == 0);
        std::string lines;
        std::istringstream text(ran.out);
        for (std::string line; std::getline(text, line);)
            if (line.starts_with("= ")) lines += line + "\n";
        return lines;
    };
    const std::string once = printed("GCN_EMU_THREADS=1");
    CHECK(std::count(once.begin(), once.end(), '\n') > 100);
    CHECK(once.find(" 18446744073709551615") == once.npos);  // all are modelled
    CHECK(printed("GCN_EMU_THREADS=1") == once);
    CHECK(printed("GCN_EMU_THREADS=2") == once);
    CHECK(printed("GCN_EMU_THREADS=2 GCN_EMU_SIMD=portable") == once);
    if (__builtin_cpu_supports("avx2")) CHECK(printed("GCN_EMU_THREADS=2 GCN_EMU_SIMD=avx2") == once);
}

TEST_CASE("power and temperature lie between idle and the board's, and rise with work") {
    using emulator::Activity, emulator::Power;
    const isa::Chip& chip = isa::chips[0];
    const Power idle = Power::idle(chip);
    CHECK(idle.after(100, chip, nullptr).watts == Approx(idle.watts));
    const Activity none{}, valu{1, 0}, full{1, 1};
    CHECK(idle.after(1000, chip, &full).watts == Approx(225));
    CHECK(idle.after(1000, chip, &full).degrees == Approx(80));
    CHECK(idle.after(1, chip, &full).degrees < 45);
    CHECK(idle.after(1, chip, &none).watts < idle.after(1, chip, &valu).watts);
    CHECK(idle.after(1, chip, &valu).watts < idle.after(1, chip, &full).watts);
    CHECK(idle.after(1, chip, &full).after(1000, chip, nullptr).watts == Approx(idle.watts));

    Counting c;
    const double before = Power::read(chip).watts;
    REQUIRE(c.run(counted(2000, 256)) == "");
    const Power after = Power::read(chip);
    CHECK(after.watts > before);
    CHECK(after.watts < 225);
    CHECK(after.degrees >= 40);
}
