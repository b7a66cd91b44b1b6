// Times of whole grids: from the executor's recording through the engine. That times are right is for
// test_timing_engine.cpp and test_timing.cpp to show; here that they are of what was executed, and always the same.

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

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
    bool operator==(const Timed& o) const {
        return found.cycles == o.found.cycles && stats == o.stats && executed == o.executed && ns == o.ns;
    }
};

// `model` is asked for the grid's recorder as the device asks.
Timed time(Alone& alone, timing::Model& model) {
    const auto grid = model.grid(alone.launch());
    alone.record(grid);
    const Result result = alone.run();
    REQUIRE(result.duration_ns);
    return {grid->result(), grid->model().all_cus(), result.instructions, *result.duration_ns};
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

TEST_CASE("a sampled time is within 3 % of that in full, and its interval is told") {
    timing::Model full(chip, false), sampled(chip, true);
    AloneSgemm sgemm(2, "sgemm_nt_128x128", 768, 768, 768);
    const Timed exact = time(sgemm.alone, full), parts = time(sgemm.alone, sampled);
    CHECK(parts.found.method == Method::Sampled);
    CHECK(parts.found.instructions == exact.executed);
    CHECK(parts.found.interval > 0);
    CHECK(parts.found.interval < 0.03);
    CHECK(parts.ns == Approx(exact.ns).epsilon(0.03));
    AloneSgemm again(1, "sgemm_nt_128x128", 768, 768, 768);
    timing::Model other(chip, true);
    CHECK(time(again.alone, other) == parts);
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
