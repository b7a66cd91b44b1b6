// Times of whole grids: from the executor's recording through the engine. That times are right is for
// test_timing_engine.cpp and test_timing.cpp to show; here that they are of what was executed, and always the same.

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "emulator/timing/events.hpp"
#include "emulator/timing/grid.hpp"
#include "tests/sgemm_alone.hpp"

using namespace gcn;
using namespace gcn::test;
using namespace gcn::emulator;
using timing::Found;
using timing::Method;

namespace {

const isa::Chip& chip = isa::chips[0];

struct Timed {
    Found found;
    timing::CuStats stats;
    uint64_t executed = 0;
    double ns = 0;
    bool reused = false;
    bool operator==(const Timed& o) const {
        return found.cycles == o.found.cycles && stats == o.stats && executed == o.executed && ns == o.ns;
    }
};

// `model` is asked for the grid's recorder as the device asks.
Timed time(Alone& alone, const timing::Model& model) {
    const auto grid = model.grid(alone.launch());
    alone.record(grid);
    const Result result = alone.run();
    REQUIRE(result.duration_ns);
    return {grid->result(), grid->model().all_cus(), result.instructions, *result.duration_ns, grid->reused()};
}

}  // namespace

TEST_CASE("a grid takes the same time with every vector unit, any number of threads, and again") {
    std::optional<Timed> first;
    for (const char* simd : {"avx512", "avx2", "portable"})
        for (const int threads : {1, 2, 5}) {
            if (std::string(simd) == "avx512" && !__builtin_cpu_supports("x86-64-v4")) continue;
            if (std::string(simd) == "avx2" && !__builtin_cpu_supports("x86-64-v3")) continue;
            AloneSgemm sgemm(threads, "sgemm_nt_128x128", 700, 300, 40, simd);
            timing::Model model(chip, false);
            const Timed now = time(sgemm.alone, model);
            CHECK(now.found.method == Method::Exact);
            CHECK(now.found.instructions == now.executed);
            CHECK(now.stats.malformed == 0);
            uint64_t cycles = 0;
            for (const uint64_t c : now.stats.cycles) cycles += c;
            CHECK(cycles == now.stats.wave_cycles);
            if (!first) first = now;
            CHECK(now == *first);
        }
}

TEST_CASE("sampled times are within 3 % of those in full, and their intervals are told") {
    const timing::Model full(chip, false), sampled(chip, true);
    for (const KernelRow& row : kernel_rows()) {
        // The others take minutes: GCN_CHECK_LONG.
        constexpr std::string_view first[] = {"sgemm_nt_128x128", "sgemm_nn_64x64", "sgemm_nt_16x16", "sgemm_tt_4x64"};
        const bool is_first = std::find(std::begin(first), std::end(first), row.name) != std::end(first);
        if (row.runs != Runs::Gpu || (!is_first && !std::getenv("GCN_CHECK_LONG"))) continue;
        INFO(row.name);
        const uint32_t n = is_first && row.tile_m < 64 ? 512 : 1024;
        AloneSgemm sgemm(2, row.name, n, n, n);
        const Timed exact = time(sgemm.alone, full), parts = time(sgemm.alone, sampled);
        CHECK(exact.found.method == Method::Exact);
        CHECK(exact.found.interval == 0);
        CHECK(parts.found.instructions == exact.executed);
        CHECK((parts.found.interval > 0) == (parts.found.method == Method::Sampled));
        CHECK(parts.found.interval < 0.1);
        CHECK(parts.ns == Approx(exact.ns).epsilon(0.03));
        if (row.name == first[0]) CHECK(parts.found.method == Method::Sampled);
    }
}

TEST_CASE("a grid has a time with each parameter at either end of its range") {
    AloneSgemm sgemm(1, "sgemm_nt_64x64", 128, 128, 64);
    for (const timing::ParameterRow& row : timing::parameter_rows())
        for (const double end : {row.low, row.high}) {
            const std::string change = std::string(row.name) + "=" + std::to_string(end);
            INFO(change);
            const timing::Model model(chip, timing::Parameters::of(chip, change), false);
            const Timed now = time(sgemm.alone, model);
            CHECK(now.found.method == Method::Exact);
            CHECK(now.found.instructions == now.executed);
            CHECK(now.stats.malformed == 0);
            CHECK(now.ns > 1000);
            CHECK(now.ns < 1e6);
        }
}

TEST_CASE("a sampled time is the same again and with another number of threads") {
    const timing::Model sampled(chip, true);
    std::optional<Timed> first;
    for (const int threads : {2, 1}) {
        AloneSgemm sgemm(threads, "sgemm_nt_128x128", 768, 768, 768);
        const Timed now = time(sgemm.alone, sampled);
        CHECK(now.found.method == Method::Sampled);
        if (!first) first = now;
        CHECK(now == *first);
    }
}

TEST_CASE("of what a sampled time skips instructions and lines are counted, the rest is filled in") {
    using perfcounters::Block;
    AloneSgemm sgemm(2, "sgemm_nt_128x128", 1024, 1024, 1024);
    const auto counted = [&](bool sampled) {
        const auto grid = timing::Model(chip, sampled).grid(sgemm.alone.launch());
        sgemm.alone.record(grid);
        sgemm.alone.run();
        CHECK((grid->result().method == Method::Sampled) == sampled);
        timing::Measured sum;
        const auto of = [&](Block block, int i) {
            return timing::measured(grid->model(), grid->memory(), chip, block, i, grid->result().cycles);
        };
        for (int i = 0; i < chip.cus(); ++i) {
            const timing::Measured m = of(Block::TCP, i);
            sum.cu += m.cu;
            sum.tcp.reads += m.tcp.reads, sum.tcp.writes += m.tcp.writes;
            sum.tcp.hits += m.tcp.hits, sum.tcp.misses += m.tcp.misses;
            CHECK(m.tcp.reads == m.tcp.hits + m.tcp.misses);
        }
        for (int i = 0; i < chip.l2_channels; ++i) {
            const timing::Measured m = of(Block::TCC, i);
            CHECK(m.tcc.requests == m.tcc.hits + m.tcc.misses);
            CHECK(m.tcc.requests == m.tcc.reads + m.tcc.writes + m.tcc.atomics);
            sum.tcc.requests += m.tcc.requests, sum.tcc.hits += m.tcc.hits;
            sum.dram.reads += m.dram.reads, sum.dram.read_clocks += m.dram.read_clocks;
        }
        uint64_t cycles = 0;
        for (const uint64_t c : sum.cu.cycles) cycles += c;
        CHECK(cycles == sum.cu.wave_cycles);
        return sum;
    };
    const timing::Measured whole = counted(false), parts = counted(true);
    CHECK(parts.cu.issued == whole.cu.issued);
    CHECK(parts.cu.unit_cycles == whole.cu.unit_cycles);
    CHECK(parts.cu.lds_active == whole.cu.lds_active);
    CHECK(parts.tcp.reads == whole.tcp.reads);
    CHECK(parts.tcp.writes == whole.tcp.writes);
    const auto near = [](uint64_t x) { return Approx(double(x)).epsilon(0.15); };
    CHECK(parts.tcp.hits == near(whole.tcp.hits));
    CHECK(parts.tcc.requests == near(whole.tcc.requests));
    CHECK(parts.tcc.hits == near(whole.tcc.hits));
    CHECK(parts.dram.reads == near(whole.dram.reads));
    // The grid's beginning, when waves wait for code and for each other, counts too much in so short a one.
    for (size_t s = 0; s < timing::states; ++s) {
        INFO("state " << s);
        const auto all = double(whole.cu.wave_cycles);
        CHECK(double(parts.cu.cycles[s]) / all == Approx(double(whole.cu.cycles[s]) / all).margin(0.12));
    }
}

TEST_CASE("groups that wait for each other are executed when the model says, and end") {
    const auto object = read(BUILD "/tests/kernels/machine.co");
    std::optional<Timed> first;
    for (const int threads : {1, 2}) {
        Paged<uint32_t> data(4096);
        Alone alone(threads, object, "machine_ping_pong");
        const uint64_t at = alone.map(data.data(), data.size() * 4, true);
        alone.set({128, 1, 1}, {64, 1, 1}, at);
        timing::Model model(chip, false);
        const Timed now = time(alone, model);
        CHECK(*data.data() == 100);
        CHECK(now.found.method == Method::Stepped);
        CHECK(now.found.instructions == now.executed);
        if (!first) first = now;
        CHECK(now == *first);
    }
}

TEST_CASE("a kernel that waits for ever is ended by the watchdog, also when the model says what is executed") {
    const auto object = read(BUILD "/tests/kernels/machine.co");
    Paged<uint32_t> data(4096);
    Alone alone(1, object, "machine_wait", "", 0.2);
    alone.set({64, 1, 1}, {64, 1, 1}, alone.map(data.data(), data.size() * 4, true));
    timing::Model model(chip, false);
    CHECK_THROWS_WITH(time(alone, model), Catch::Contains("no workgroup has ended on the device for 0.2 s"));
}

TEST_CASE("of a grid that goes on and on no more is recorded than there is room for") {
    const auto object = read(BUILD "/tests/kernels/machine.co");
    Paged<uint32_t> data(4096);
    Alone alone(2, object, "machine_spin", "", 20);
    alone.set({64 * 4, 1, 1}, {64, 1, 1}, alone.map(data.data(), data.size() * 4, true));
    const timing::Model model(chip, false, 1 << 20);
    const auto grid = model.grid(alone.launch());
    alone.record(grid);
    const Result result = alone.run();
    CHECK(grid->result().method == Method::None);
    CHECK(result.duration_ns == 0.0);
    CHECK(grid->result().ns == 0);
}

TEST_CASE("a grid like an earlier one is not timed again, whether in full or by samples") {
    for (const bool sampled : {false, true}) {
        AloneSgemm sgemm(2, "sgemm_nt_128x128", 768, 768, 512), other(1, "sgemm_nt_128x128", 768, 768, 256);
        timing::Model model(chip, sampled);
        CHECK_FALSE(time(sgemm.alone, model).reused);
        CHECK_FALSE(time(sgemm.alone, model).reused);
        model.reuse();
        const Timed first = time(sgemm.alone, model), again = time(sgemm.alone, model);
        CHECK(first.found.method == (sampled ? Method::Sampled : Method::Exact));
        CHECK_FALSE(first.reused);
        CHECK(again.reused);
        CHECK(again == first);
        CHECK(again.found.method == first.found.method);
        CHECK(again.found.interval == first.found.interval);
        // Of the same shape and with the same code.
        const Timed shorter = time(other.alone, model);
        CHECK_FALSE(shorter.reused);
        CHECK(shorter.found.cycles < first.found.cycles);
        CHECK(time(sgemm.alone, model).reused);
    }
}

namespace {

// Each lane reads its word in so many turns. Arguments may change, and where they lie.
struct Reads {
    static constexpr size_t words = 1 << 16;
    struct Args {
        uint64_t in = 0, out = 0;
        uint32_t turns = 1, a = 256, b = 0, lanes = 256;
    };
    Paged<uint32_t> from{words, 1}, to{words};
    Paged<Args> slots{1000};
    std::vector<std::byte> object = read(BUILD "/tests/timing/memory.co");
    Alone alone{2, object, "read_x1"};
    timing::Model model{chip, false};
    uint64_t in = alone.map(from.data(), words * 4, false), arguments = 0;

    explicit Reads(bool of_host) {
        alone.map(to.data(), words * 4, true);
        arguments = alone.map(slots.data(), 1000 * sizeof(Args), false, of_host);
        model.reuse();
    }
    // With arguments in that slot.
    Timed run(size_t slot, uint32_t turns = 1) {
        slots.data()[slot] = {in, uint64_t(to.data()), turns};
        alone.set({words, 1, 1}, {256, 1, 1}, arguments + slot * sizeof(Args));
        return time(alone, model);
    }
};

}  // namespace

TEST_CASE("whether a grid is like an earlier one is told by what it does, not by its arguments") {
    Reads reads(true);
    const Timed once = reads.run(0), twice = reads.run(0, 2);
    CHECK_FALSE(once.reused);
    CHECK_FALSE(twice.reused);
    CHECK(twice.found.cycles > once.found.cycles);
    for (const auto& [turns, like] : {std::pair(1u, &once), {2u, &twice}, {1u, &once}}) {
        const Timed now = reads.run(0, turns);
        CHECK(now.reused);
        CHECK(now == *like);
    }
}

TEST_CASE("where a runtime puts arguments in the host's memory does not count") {
    Reads of_host(true), of_card(false);
    static_assert(2 * sizeof(Reads::Args) == 64);
    const Timed first = of_host.run(0);
    CHECK(of_host.run(400).reused);
    CHECK(of_host.run(998) == first);
    of_card.run(0);
    CHECK_FALSE(of_card.run(400).reused);
}

TEST_CASE("a grid whose buffers have come to lie elsewhere is timed anew") {
    Reads reads(true);
    const Timed first = reads.run(0);
    reads.alone.unmap(reads.in);
    reads.alone.map(reads.from.data(), Reads::words * 4, false, true);
    const Timed over_the_bus = reads.run(0);
    CHECK_FALSE(over_the_bus.reused);
    CHECK(over_the_bus.found.cycles > first.found.cycles);
    CHECK(reads.run(0).reused);
    reads.alone.unmap(reads.in);
    reads.alone.map(reads.from.data(), Reads::words * 4, false);
    CHECK(reads.run(0) == first);
}

TEST_CASE("times are kept of the grids that were met last") {
    Reads reads(true);
    std::vector<Timed> first;
    for (uint32_t turns = 1; turns <= 33; ++turns) first.push_back(reads.run(0, turns));
    CHECK(reads.run(0, 33).reused);
    CHECK(reads.run(0, 2).reused);
    const Timed gone = reads.run(0, 1);
    CHECK_FALSE(gone.reused);
    CHECK(gone == first[0]);
    CHECK(reads.run(0, 2).reused);  // met a moment ago, so 3 had to go
    CHECK_FALSE(reads.run(0, 3).reused);
}

namespace {

// Groups whose lengths are numbers in memory.
struct Turns {
    static constexpr uint32_t groups = 600;
    std::vector<std::byte> object = read(BUILD "/tests/kernels/machine.co");
    Paged<uint32_t> of{4096, 1000};
    Alone alone;

    explicit Turns(int threads) : alone(threads, object, "machine_turns") {
        alone.set({64 * groups, 1, 1}, {64, 1, 1}, alone.map(of.data(), of.size() * 4, true, true));
    }
};

}  // namespace

TEST_CASE("what is held back to be compared does not count for what is too much to be recorded") {
    for (const int threads : {1, 2}) {
        Turns turns(threads);
        timing::Model model(chip, false, 6 << 20);
        model.reuse();
        CHECK_FALSE(time(turns.alone, model).reused);  // 2.4 MB
        turns.of.data()[Turns::groups - 1] = 1200000;  // and 4.8 more
        const Timed longer = time(turns.alone, model);
        CHECK_FALSE(longer.reused);
        CHECK(longer == time(turns.alone, timing::Model(chip, false)));
        CHECK(longer.found.method == Method::Exact);
    }
}

TEST_CASE("a grid of which more is recorded than may be held back is timed each time") {
    Turns turns(2);
    for (uint32_t& n : turns.of) n = 2000;  // 4.8 MB
    timing::Model model(chip, false, 8 << 20);
    model.reuse();
    const Timed first = time(turns.alone, model), again = time(turns.alone, model);
    CHECK_FALSE(again.reused);
    CHECK(again == first);
    CHECK(again.found.method == Method::Exact);
}

TEST_CASE("where arguments lie does not count, and what lies behind their memory is not taken for them") {
    const auto object = read(BUILD "/tests/kernels/machine.co");
    constexpr size_t page = 4096;
    Paged<std::byte> memory(3 * page);
    Alone alone(1, object, "machine_follow");
    const uint64_t host = alone.map(memory.data(), page, true, true),
                   card = alone.map(memory.data() + page, 2 * page, true);
    const timing::Model model(chip, false);
    std::optional<Timed> first;
    for (const size_t offset : {size_t(0), size_t(64), size_t(2048), page - 64}) {
        std::memcpy(memory.data() + offset, &card, sizeof card);
        alone.set({64, 1, 1}, {64, 1, 1}, host + offset);
        const Timed now = time(alone, model);
        if (!first) first = now;
        CHECK(now == *first);
    }
}

TEST_CASE("s_memtime reads the model's clock") {
    const auto object = read(BUILD "/tests/kernels/timed.co");
    Paged<uint64_t> clocks(1);
    Alone alone(1, object, "timed");
    const uint64_t at = alone.map(clocks.data(), sizeof(uint64_t), true);
    alone.set({64, 1, 1}, {64, 1, 1}, at);
    timing::Model model(chip, false);
    CHECK(time(alone, model).found.method == Method::Stepped);
    CHECK(*clocks.data() >= 64 * 4);
    CHECK(*clocks.data() <= 64 * 4 + 120);  // and what s_memtime and its wait take
}
