// The timing core, rule by rule: traces in, clocks out. Figures are those of emulator/timing/parameters.tsv; where they
// can be told from latencies at the ends of a kernel, they are differences between a long kernel and a short one.

#include <catch2/catch.hpp>
#include <string>

#include "gcn/error.hpp"
#include "tests/timing_run.hpp"

using namespace gcn;
using namespace gcn::test;

TEST_CASE("every parameter is within its range, and has a source or is called a guess") {
    for (const ParameterRow& r : parameter_rows()) {
        CAPTURE(std::string(r.name));
        CHECK(!r.source.empty());
        for (const double value : {r.polaris, r.fiji}) {
            if (value == 0 && r.low > 0) continue;  // taken from the chip
            CHECK(r.low <= value);
            CHECK(value <= r.high);
        }
    }
    Parameters p = Parameters::of(rx480);
    CHECK(p.core_mhz == 1266);
    CHECK(Parameters::of(nano).waves_per_simd == 10);
    CHECK(p.set("valu_dependent", 8));
    CHECK(p.valu_dependent == 8);
    CHECK_FALSE(p.set("no_such", 1));
    CHECK_FALSE(p.set("l2_latency", -1));
}

TEST_CASE("what a user sets is checked, follows, and is named with the set") {
    const Parameters p = Parameters::of(rx480, "core_mhz=1000,dram_efficiency=0.9,v_fma_f32=64");
    CHECK(p.core_mhz == 1000);
    CHECK(p.dram_efficiency == 0.9);
    CHECK(p.set_of() == std::string(set_name) + ",core_mhz=1000,dram_efficiency=0.9,v_fma_f32=64");
    CHECK(Parameters::of(rx480).set_of() == set_name);
    CHECK(clocks_of("v_fma_f32 v0, v1, v2, v3", 64, one_wave, p) == Approx(64 * 64 + branch).margin(64));
    CHECK(Parameters::of(rx480, "core_mhz=1000,").core_mhz == 1000);
    for (const char* wrong : {"core_mhz",
                              "core_mhz=",
                              "core_mhz=fast",
                              "core_mhz=1e99",
                              "core_mhz=nan",
                              "=3",
                              ",",
                              "core_mhz=1000,,",
                              "no_such=1",
                              "l2_latency=1",
                              "lds_bytes=32768",
                              "wave_start=20.5",
                              "v_fma_f32=2",
                              "v_fma_f32=2000",
                              "v_fma_f32=4.5",
                              "v_fma_f32=6",
                              "v_fma_f32=nan",
                              "v_fma_f33=16",
                              "ds_read_b32=64",
                              "s_nop=8"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(Parameters::of(rx480, wrong), Error);
    }
}

TEST_CASE("dependent v_mac_f32 of one wave issue every 4 clocks, and 8 with the other published latency") {
    CHECK(clocks_of("v_mac_f32 v0, v1, v2", 1024) == 4 * 1024 + branch);
    Parameters p = Parameters::of(rx480);
    p.set("valu_dependent", 8);
    CHECK(clocks_of("v_mac_f32 v0, v1, v2", 1024, one_wave, p) == Approx(8 * 1024 + branch).margin(4));
}

TEST_CASE("instructions of the vector ALU take the clocks of valu.tsv or of their row") {
    const std::pair<const char*, uint32_t> rates[] = {
        {"v_rcp_f32 v0, v1", 16},
        {"v_fma_f32 v0, v1, v2, v3", 16},
        {"v_mul_lo_u32 v0, v1, v2", 16},
        {"v_cvt_f32_i32 v0, v1", 16},
        {"v_fma_f64 v[0:1], v[2:3], v[4:5], v[6:7]", 64},
        {"v_add_f64 v[0:1], v[2:3], v[4:5]", 32},
        {"v_rcp_f64 v[0:1], v[2:3]", 64},
        {"v_lshlrev_b64 v[0:1], v2, v[4:5]", 32},
        {"v_add_u32 v0, vcc, v1, v2", 4},
        {"v_mad_f32 v0, v1, v2, v3", 4},
    };
    for (const auto& [text, clocks] : rates) {
        CAPTURE(text);
        CHECK(clocks_of(text, 64) == Approx(64 * clocks + branch).margin(clocks));
    }
}

TEST_CASE("waves of one SIMD share its vector ALU, those of four SIMDs do not") {
    const uint64_t alone = clocks_of("v_mac_f32 v0, v1, v2", 512);
    CHECK(clocks_of("v_mac_f32 v0, v1, v2", 512, four_waves) == Approx(alone).margin(8));
    CHECK(clocks_of("v_mac_f32 v0, v1, v2", 512, {0, 8, 32, 32, 0, false}) == Approx(2 * alone).epsilon(0.02));
}

TEST_CASE("one SIMD issues vector and scalar instructions of different waves in the same slot") {
    const uint64_t both = clocks_of("v_mac_f32 v0, v1, v2\ns_add_u32 s0, s1, s2", 256, {0, 8, 32, 32, 0, false});
    CHECK(both == Approx(2 * 4 * 256).epsilon(0.05));  // each wave alone would take 8 clocks a pair
}

TEST_CASE("a scalar instruction waits 16 clocks for what the vector ALU writes") {
    const uint64_t plain = clocks_of("v_readfirstlane_b32 s0, v0\ns_add_u32 s1, s2, s3", 64);
    const uint64_t hazard = clocks_of("v_readfirstlane_b32 s0, v0\ns_add_u32 s1, s0, s3", 64);
    CHECK(hazard - plain == 64 * 16);
}

TEST_CASE("branches, s_nop, s_sleep and s_setreg take their clocks") {
    CHECK(clocks_of("s_nop 0", 64) == 64 * 4 + branch);
    CHECK(clocks_of("s_nop 7", 64) == 64 * 32 + branch);
    CHECK(clocks_of("s_sleep 2", 16) == 16 * 128 + branch);
    CHECK(clocks_of("s_add_u32 s0, s1, s2", 64) == 64 * 4 + branch + 4);  // SCC is tested
    CHECK(clocks_of("s_and_saveexec_b64 s[0:1], s[2:3]", 64) == 64 * 8 + branch + 4);
    Parameters p = Parameters::of(rx480);
    p.set("branch_taken", 32);
    CHECK(clocks_of("s_nop 0", 64, one_wave, p) == 64 * 4 + 32);
}

TEST_CASE("code comes a line at a time when it is cold, and costs nothing when it is not") {
    // 64 lines of code, once; a loop's second turn is all hits.
    const auto cold = [](const isa::Chip& chip, double ahead) {
        Parameters p = Parameters::of(chip);
        p.set("icache_ahead", ahead);
        return double(Run(chip, p, repeat(64 * 16, "v_mov_b32 v0, v1"), one_wave).clocks());
    };
    CHECK(cold(nano, 0) > 64 * 300);
    CHECK(cold(nano, 1) == Approx(cold(nano, 0) / 2).epsilon(0.1));
    // Instructions of 8 bytes run as fast as those of 4, from either buffer.
    for (const isa::Chip* chip : {&rx480, &nano})
        CHECK(clocks_of("v_mad_f32 v0, v1, v2, v3", 512, one_wave, Parameters::of(*chip)) == 4 * 512 + branch);
    // 64 KiB do not fit: every turn misses.
    const std::string body = "loop:\n.rept 8192\nv_mad_f32 v0, v1, v2, v3\n.endr\ns_cbranch_vccz loop";
    const Run run(rx480, Parameters::of(rx480), body, one_wave, 1, 1);
    CHECK(run.memory.sqc(0).inst_misses + run.memory.sqc(0).inst_ahead >= 2 * 1024);
}

TEST_CASE("a jump to an instruction that lies in two lines of code waits for both") {
    Parameters p = Parameters::of(nano);
    p.set("icache_ahead", 0);
    const auto misses = [&](int gap) {
        const Run run(nano, p, "s_branch over\n" + repeat(gap, "s_nop 0") + "\nover: v_mad_f32 v0, v1, v2, v3",
                      one_wave);
        return run.memory.sqc(0).inst_misses;
    };
    CHECK(misses(46) == misses(47) + 1);  // at 188 bytes, and at 192
}

TEST_CASE("LDS instructions take the clocks that were measured, with all four SIMDs at work") {
    // Clocks for an instruction per CU: half of the port's, because there are two pairs of SIMDs.
    const std::pair<const char*, double> table[] = {
        {"ds_read_b32 v0, v1", 2},      {"ds_read_b64 v[0:1], v2", 4},   {"ds_read_b128 v[0:3], v4", 8},
        {"ds_write_b32 v0, v1", 4},     {"ds_write_b64 v0, v[2:3]", 6},  {"ds_write_b128 v0, v[4:7]", 10},
        {"ds_read2_b32 v[0:1], v2", 4}, {"ds_read2_b64 v[0:3], v4", 8},  {"ds_read_b96 v[0:2], v4", 8},
        {"ds_write_b96 v0, v[4:6]", 8}, {"ds_write2_b32 v0, v1, v2", 6}, {"ds_write2_b64 v0, v[2:3], v[4:5]", 10},
        {"ds_add_u32 v0, v1", 4},       {"ds_cmpst_b32 v0, v1, v2", 6},  {"ds_cmpst_b64 v0, v[2:3], v[4:5]", 10},
        {"ds_swizzle_b32 v0, v1", 2},
    };
    for (const auto& [text, clocks] : table) {
        CAPTURE(text);
        CHECK(clocks_of(text, 64, {0, 8, 32, 32, 0, false}) == Approx(8 * 64 * clocks).epsilon(0.05));
    }
}

TEST_CASE("lanes that all ask for one bank take 64 clocks") {
    const uint64_t clocks = clocks_of("ds_read_b32 v0, v1", 64, four_waves, Parameters::of(rx480),
                                      [](uint32_t, uint32_t, uint32_t) { return Touch{.conflict = 62}; });
    CHECK(clocks == Approx(4 * 64 * 64).epsilon(0.02));
}

TEST_CASE("a chain of LDS reads takes the latency of LDS each") {
    const uint64_t chain = clocks_of("ds_read_b32 v0, v0\ns_waitcnt lgkmcnt(0)", 64);
    CHECK(chain == Approx(64 * (64 + 4)).epsilon(0.02));
}

TEST_CASE("a barrier is passed when the last wave has arrived") {
    // The SIMDs' slots are a clock apart, and each is 4 clocks long.
    Parameters p = Parameters::of(rx480);
    const uint64_t with = clocks_of("v_mac_f32 v0, v1, v2\ns_barrier", 32, four_waves, p);
    CHECK(with == Approx(32 * (4 + 16 + 4)).margin(16));
    p.set("barrier_release", 40);
    CHECK(clocks_of("v_mac_f32 v0, v1, v2\ns_barrier", 32, four_waves, p) == Approx(32 * (4 + 40 + 4)).margin(16));
    const Run run(rx480, p, repeat(8, "s_barrier"), four_waves, 100);
    CHECK(run.all.barriers == 100 * 4 * 8);
}

TEST_CASE("s_waitcnt waits for as many loads as it says, and no more") {
    // Four loads from L1; then one, or all of them, are waited for.
    const auto after = [](const char* wait) {
        return clocks_of(
            "buffer_load_dwordx4 v[0:3], v4, s[4:7], 0 offen\n"
            "buffer_load_dwordx4 v[0:3], v4, s[4:7], 0 offen\n" +
                std::string(wait),
            1, one_wave, Parameters::of(rx480), [](uint32_t, uint32_t, uint32_t) {
                return Touch{0, 16, 16};
            });
    };
    const uint64_t none = after("s_nop 0"), first = after("s_waitcnt vmcnt(1)"), all = after("s_waitcnt vmcnt(0)");
    CHECK(none < first);
    CHECK(all - first == 16);  // the second's clocks in the address unit
}

TEST_CASE("a wave of higher priority goes first, older ones otherwise") {
    // Two waves a SIMD want the same port all the time, the older for one kind of instruction, the younger for another.
    const auto waits = [](const char* younger) {
        const Parameters p = Parameters::of(rx480);
        const Kernel kernel(std::string(younger) + "\na:\n" + repeat(16, "s_sendmsg sendmsg(MSG_INTERRUPT)") +
                                "s_cbranch_scc1 a\nb:\n" + repeat(16, "s_getpc_b64 s[0:1]") +
                                "s_cbranch_scc1 b\ns_endpgm",
                            p);
        const Identity places;
        Memory memory(rx480, p, places);
        Engine engine(rx480, p, memory, {0, 8, 32, 32, 0, false});
        auto g = std::make_unique<GroupTrace>();
        g->items = 512, g->first = &kernel.code;
        g->waves.resize(8);
        for (uint32_t w = 0; w < 8; ++w) {
            TraceWriter to(g->waves[w]);
            if (w >= 4) to.stretch(0);
            for (int i = 0; i < 100; ++i) to.stretch(w < 4 ? 18 : 1);
            to.stretch(35);
            g->waves[w].complete = true;
        }
        engine.give(std::move(g));
        engine.no_more();
        REQUIRE(engine.advance(Engine::forever) == Progress::Done);
        const CuStats all = engine.all_cus();
        CHECK(all.malformed == 0);
        return double(all.cycles[waiting(Kind::Message)]) / double(all.cycles[waiting(Kind::Branch)]);
    };
    CHECK(waits("s_setprio 0") > 3);
    CHECK(waits("s_setprio 3") < 1.0 / 3);
}

TEST_CASE("groups fill a CU as far as waves, registers, LDS and barriers allow") {
    const auto waves = [](const isa::Chip& chip, LaunchShape s) {
        const Parameters p = Parameters::of(chip);
        const Identity places;
        Memory memory(chip, p, places);
        return Engine(chip, p, memory, s).waves_per_simd();
    };
    CHECK(waves(rx480, {0, 1, 24, 16, 0, false}) == 8);
    CHECK(waves(nano, {0, 1, 24, 16, 0, false}) == 10);
    CHECK(waves(nano, {0, 1, 25, 16, 0, false}) == 9);
    CHECK(waves(rx480, {0, 1, 128, 16, 0, false}) == 2);
    CHECK(waves(nano, {0, 1, 24, 102, 0, false}) == 7);
    CHECK(waves(nano, {0, 1, 24, 16, 0, true}) == 8);
    CHECK_THROWS_AS(waves(rx480, {0, 17, 24, 16, 0, false}), gcn::Error);

    // Sleeping groups: as many rounds as they do not fit at once.
    const auto rounds = [](LaunchShape s, uint64_t groups) {
        return double(Run(rx480, Parameters::of(rx480), repeat(40, "s_sleep 7"), s, groups).clocks()) / (40 * 448);
    };
    CHECK(rounds({0, 4, 24, 16, 0, false}, 36 * 8) == Approx(1).epsilon(0.1));
    CHECK(rounds({0, 4, 24, 16, 0, false}, 36 * 8 + 1) == Approx(2).epsilon(0.1));
    CHECK(rounds({0, 4, 24, 16, 32768, false}, 36 * 2 + 1) == Approx(2).epsilon(0.1));
    CHECK(rounds({0, 2, 24, 16, 0, false}, 36 * 16 + 1) == Approx(2).epsilon(0.1));
    CHECK(rounds({0, 1, 24, 16, 0, false}, 36 * 32) == Approx(1).epsilon(0.1));
}

TEST_CASE("the result does not depend on when traces are given, nor in how many pieces") {
    const Parameters p = Parameters::of(rx480);
    const std::string body =  // what follows the first barrier is another stretch
        "ds_write_b32 v5, v6\ns_barrier\nloop:\nbuffer_load_dword v0, v0, s[4:7], 0 offen\nds_write_b32 v1, "
        "v2\ns_barrier\n"
        "ds_read_b32 v3, v4\ns_waitcnt vmcnt(0) lgkmcnt(0)\nbuffer_store_dword v0, v1, s[4:7], 0 offen\n"
        "s_cbranch_scc1 loop\ns_endpgm";
    const Kernel kernel(body, p);
    const auto group = [&](uint64_t g) {
        return kernel.group(g, 4, 5, [g](uint32_t w, uint32_t n, uint32_t turn) {
            return Touch{(g * 4 + w) * 64 + turn * 4 + (n << 20), 4, 4};
        });
    };
    constexpr uint64_t groups = 700;
    const Identity places;
    Memory first_memory(rx480, p, places), memory(rx480, p, places);
    Engine first(rx480, p, first_memory, four_waves), engine(rx480, p, memory, four_waves);
    for (uint64_t g = 0; g < groups; ++g) first.give(group(g));
    first.no_more();
    REQUIRE(first.advance(Engine::forever) == Progress::Done);

    // One word at a time, and in steps of 1000 clocks.
    std::map<const GroupTrace*, std::unique_ptr<GroupTrace>> whole;
    uint64_t given = 0, until = 1000;
    for (Progress state; (state = engine.advance(until)) != Progress::Done;) {
        if (state == Progress::Reached) {
            until += 1000;
        } else if (GroupTrace* g = engine.need().group) {
            WaveTrace& to = g->waves[engine.need().wave];
            const WaveTrace& from = whole.at(g)->waves[engine.need().wave];
            REQUIRE(to.words.size() < from.words.size());
            to.words.push_back(from.words[to.words.size()]);
            to.complete = to.words.size() == from.words.size();
        } else if (given < groups) {
            auto full = group(given++), empty = group(0);
            for (WaveTrace& w : empty->waves) w.words.clear(), w.complete = false;
            GroupTrace* const key = empty.get();
            engine.give(std::move(empty));
            whole[key] = std::move(full);
        } else {
            engine.no_more();
        }
    }
    CHECK(engine.now() == first.now());
    CHECK(engine.all_cus() == first.all_cus());
    for (uint32_t c = 0; c < memory.channels(); ++c) CHECK(memory.tcc(c) == first_memory.tcc(c));
}

TEST_CASE("what is skipped is counted exactly, goes on afterwards, and takes as long as what was timed") {
    const Parameters p = Parameters::of(rx480);
    const std::string mac = repeat(24, "v_mac_f32 v0, v1, v2");
    const Kernel kernel(
        "ds_write_b32 v5, v6\ns_barrier\nloop:\nbuffer_load_dword v5, v4, s[4:7], 0 offen\nds_read_b32 v3, v4\n" + mac +
            "s_waitcnt lgkmcnt(0)\ns_barrier\n" + mac +
            "s_waitcnt vmcnt(0)\nds_write_b32 v3, v5\ns_barrier\nbuffer_store_dword v0, v6, s[4:7], 0 "
            "offen\ns_cbranch_scc1 loop\ns_endpgm",
        p);
    const auto group = [&](uint64_t g) {
        return kernel.group(g, 4, 40, [g](uint32_t w, uint32_t n, uint32_t turn) {
            return Touch{((g * 4 + w) * 64 + turn) * 4 + (uint64_t(n) << 20), 4, 4, 0, {}, turn % 3};
        });
    };
    constexpr uint64_t groups = 36 * 8 * 2 + 40;
    struct Result {
        CuStats all;
        uint64_t clocks, requests = 0, dram = 0;
    };
    // Times `timed` clocks and skips `skipped`, again and again, with caches that keep up in the last `warming`; of
    // pieces: traces come when they are asked for.
    const auto run = [&](uint64_t timed, uint64_t skipped, bool pieces, uint64_t warming = Engine::forever) {
        const Identity places;
        Memory memory(rx480, p, places);
        Engine engine(rx480, p, memory, four_waves);
        uint64_t given = 0;
        std::map<uint64_t, std::unique_ptr<GroupTrace>> wholes;
        const auto more = [&] {
            if (GroupTrace* g = engine.need().group) {
                WaveTrace& to = g->waves[engine.need().wave];
                auto& whole = wholes[g->number];
                if (!whole) whole = group(g->number);
                const auto& from = whole->waves[engine.need().wave].words;
                const size_t n = std::min(to.words.size() + 17, from.size());
                to.words.insert(to.words.end(), from.begin() + ptrdiff_t(to.words.size()), from.begin() + ptrdiff_t(n));
                to.complete = n == from.size();
            } else if (given < groups) {
                auto g = group(given++);
                if (pieces)
                    for (WaveTrace& w : g->waves) w.words.clear(), w.complete = false;
                engine.give(std::move(g));
            } else {
                engine.no_more();
            }
        };
        for (bool done = false; !done;) {
            const uint64_t until = skipped ? engine.now() + timed : Engine::forever;
            Progress state;
            while ((state = engine.advance(until - timed / 2)) == Progress::Starved) more();
            const auto before = engine.marks();
            const uint64_t then = engine.now();
            while (state != Progress::Done && (state = engine.advance(until)) == Progress::Starved) more();
            done = state == Progress::Done;
            if (!done)
                for (const Engine::Paces paces = pace_since(engine, before, then);
                     engine.skip(skipped, paces, warming) == Progress::Starved;)
                    more();
        }
        Result r{engine.all_cus(), engine.now()};
        uint64_t sum = 0;
        for (const uint64_t c : r.all.cycles) sum += c;
        CHECK(sum == r.all.wave_cycles);
        CHECK(r.all.malformed == 0);
        for (uint32_t c = 0; c < memory.channels(); ++c) {
            CHECK(memory.tcc(c).requests == memory.tcc(c).hits + memory.tcc(c).misses);
            r.requests += memory.tcc(c).writes, r.dram += memory.dram(c).reads;
        }
        return r;
    };
    const Result whole = run(0, 0, false), half = run(20000, 20000, false), most = run(20000, 80000, false),
                 cold = run(20000, 80000, false, 4000);
    for (const Result* r : {&half, &most, &cold}) {
        CHECK(r->all.issued == whole.all.issued);
        CHECK(r->all.unit_cycles == whole.all.unit_cycles);
        CHECK(r->all.thread_cycles == whole.all.thread_cycles);
        CHECK(r->all.lds_conflicts == whole.all.lds_conflicts);
        CHECK(r->all.lds_active == whole.all.lds_active);
        CHECK(r->all.barriers == whole.all.barriers);
        CHECK(r->all.lines == whole.all.lines);
        CHECK(r->clocks == Approx(whole.clocks).epsilon(0.05));
        CHECK(r->all.skipped > whole.all.instructions() / 3);
    }
    for (const Result* r : {&half, &most}) {
        CHECK(r->requests == whole.requests);
        CHECK(r->dram == Approx(whole.dram).epsilon(0.02));
    }
    CHECK(cold.requests < most.requests);  // what does not even move tags
    const Result pieces = run(20000, 20000, true);
    CHECK(pieces.clocks == half.clocks);
    CHECK(pieces.all == half.all);
}

TEST_CASE("traces that are wrong end their waves and nothing else") {
    const Parameters p = Parameters::of(rx480);
    const Kernel kernel(
        "s_nop 0\nbuffer_load_dword v0, v0, s[4:7], 0 offen\ns_barrier\nds_read_b32 v0, v1\n"
        "s_load_dword s0, s[2:3], 0x0\ns_endpgm",
        p);
    const std::vector<std::vector<uint32_t>> words = {{},
                                                      {0x00ffffff},
                                                      {0xffffffff},
                                                      {0xffffffff, 7, 0},
                                                      {0x40000000},
                                                      {0x40000000, 0x00400fff, 1},
                                                      {0x40000000, ~0u, ~0u, ~0u},
                                                      {0x40000000, 0, 0xffff}};
    for (const auto& w : words) {
        const Identity places;
        Memory memory(rx480, p, places);
        Engine engine(rx480, p, memory, four_waves);
        auto g = kernel.group(0, 4, 0);
        g->waves[2].words = w;
        engine.give(std::move(g));
        engine.no_more();
        CHECK(engine.advance(Engine::forever) == Progress::Done);
        CHECK(engine.all_cus().waves == 4);
    }
}
