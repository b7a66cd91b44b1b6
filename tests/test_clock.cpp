// The device's clock and the times of its queues, beside a host's clock that the test moves.

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <limits>
#include <thread>
#include <vector>

#include "emulator/cp/clock.hpp"
#include "emulator/cp/copies.hpp"

using namespace gcn;
using emulator::Clock;
using emulator::Timeline;

namespace {

std::atomic<uint64_t> host{0};
uint64_t read_host() { return host; }

constexpr uint64_t boot = 5'000'000'000, tick = Clock::tick;

Clock::Source from_boot() {
    host = boot;
    return read_host;
}

}  // namespace

TEST_CASE("With timing off the clock is the host's, whatever work says") {
    Clock clock(false, 1000, from_boot());
    Timeline queue(clock);
    CHECK(clock.now() == boot);
    queue.wake();
    const auto work = clock.begin(queue.now());
    CHECK(work.start == boot);
    clock.progress(work, 500);
    host += 7;
    CHECK(clock.now() == boot + 7);
    CHECK(queue.now() == boot + 7);
    queue.advance(1e6);
    queue.not_before(boot + 1'000'000);
    CHECK(queue.stamp() == boot + 7);
    CHECK(clock.end(work, 1000.0) == boot + 7);
    CHECK(queue.stamp(boot) == boot + 7);
}

TEST_CASE("While idle the clock runs with the host's") {
    Clock clock(true, 1000, from_boot());
    CHECK(clock.now() == boot);
    host += 123;
    CHECK(clock.now() == boot + 123);
}

TEST_CASE("While work is under way the clock stands, moves by the model, and then runs on from there") {
    Clock clock(true, 1000, from_boot());
    const auto work = clock.begin();
    CHECK(work.start == boot);
    host += 1'000'000;  // this machine computes
    CHECK(clock.now() == boot);
    clock.progress(work, 3000);
    CHECK(clock.now() == boot + 3000);
    clock.progress(work, 2000);
    CHECK(clock.now() == boot + 3000);
    host += 1'000'000;
    CHECK(clock.end(work, 8000.0) == boot + 8000);
    CHECK(clock.now() == boot + 8000);
    host += 50;
    CHECK(clock.now() == boot + 8050);
}

TEST_CASE("The clock may run ahead of the host's too") {
    Clock clock(true, 1000, from_boot());
    const auto work = clock.begin();
    host += 10;
    CHECK(clock.end(work, 1e6) == boot + 1'000'000);
    host += 5;
    CHECK(clock.now() == boot + 1'000'005);
}

TEST_CASE("Durations are whole ticks, one at least, but for 0; nonsense does no harm") {
    struct Row {
        double ns;
        uint64_t ticks;
    };
    const double infinite = std::numeric_limits<double>::infinity();
    for (const Row row : {Row{0, 0}, {1, 1}, {59, 1}, {61, 2}, {400, 10}, {-5, 1}, {-infinite, 1}}) {
        Clock clock(true, 1000, from_boot());
        const auto work = clock.begin();
        CAPTURE(row.ns);
        CHECK(clock.end(work, row.ns) - work.start == row.ticks * tick);
    }
    for (const double ns : {infinite, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
        Clock clock(true, 1000, from_boot());
        const auto work = clock.begin();
        const uint64_t end = clock.end(work, ns);
        CHECK(end > work.start);
        CHECK(clock.now() == end);
        const auto next = clock.begin();
        CHECK(clock.end(next, 400.0) == next.start + 400);
    }
}

TEST_CASE("Work that nothing has timed takes what it took on the host") {
    Clock clock(true, 1000, from_boot());
    const auto work = clock.begin();
    host += 4000;
    CHECK(clock.end(work, {}) == boot + 4000);
}

TEST_CASE("Several pieces of work: each lasts its own duration, and the clock goes on when the last has ended") {
    Clock clock(true, 1000, from_boot());
    const auto a = clock.begin(), b = clock.begin();
    CHECK(clock.end(a, 10'000.0) == boot + 10'000);
    host += 1'000'000;
    CHECK(clock.now() == boot + 10'000);
    const auto c = clock.begin();  // now, which is the end of a
    CHECK(c.start == boot + 10'000);
    CHECK(clock.end(b, 2000.0) == boot + 2000);
    CHECK(clock.now() == boot + 10'000);
    CHECK(clock.end(c, 400.0) == boot + 10'400);
    host += 9;
    CHECK(clock.now() == boot + 10'409);
}

TEST_CASE("Held for nothing, the clock has not stood still") {
    Clock clock(true, 1000, from_boot());
    Timeline queue(clock);
    queue.wake();
    host += 700;
    CHECK(clock.now() == boot);
    queue.rest();
    CHECK(clock.now() == boot + 700);
}

TEST_CASE("What a queue was given at once takes the same time however long this machine needs") {
    Clock clock(true, 1000, from_boot());
    Timeline queue(clock);
    host += 7;  // a queue begins on a tick
    uint64_t interval = 0;
    for (const uint64_t slowness : {0, 13, 100'000}) {
        queue.wake();
        const uint64_t before = queue.stamp();
        CHECK(before % tick == 0);
        host += slowness;
        const auto first = clock.begin(queue.now()), second = clock.begin(queue.now());
        host += slowness;
        const uint64_t ends[] = {clock.end(first, 5000.0), clock.end(second, 3000.0)};
        host += slowness;
        queue.not_before(ends[1]);
        CHECK(queue.now() == before + 3000);
        queue.not_before(ends[0]);
        queue.advance(33);
        const uint64_t after = queue.stamp();
        CHECK(after == before + 5033);
        CHECK(clock.now() == after);
        if (interval) CHECK(after - before == interval);
        interval = after - before;
        queue.rest();
        host += 1'000;
        CHECK(clock.now() == after + 1'000);
    }
}

TEST_CASE("A queue that rested, or waited for others, has the clock's time") {
    Clock clock(true, 1000, from_boot());
    Timeline one(clock), other(clock);
    one.wake();
    const auto work = clock.begin(one.now());
    one.not_before(clock.end(work, 80'000.0));
    other.wake();
    CHECK(other.now() == boot + 80'000);
    const auto more = clock.begin(one.now());
    clock.end(more, 4000.0);
    CHECK(other.now() == boot + 80'000);
    other.catch_up();
    CHECK(other.now() == boot + 84'000);
    CHECK(one.now() == boot + 80'000);
}

TEST_CASE("A stamp is a time that the clock has reached") {
    Clock clock(true, 1000, from_boot());
    Timeline queue(clock);
    host += 1;
    queue.wake();
    const uint64_t stamp = queue.stamp();
    CHECK(stamp == boot + tick);
    CHECK(clock.now() == stamp);
    queue.rest();
    CHECK(clock.now() == stamp);
    CHECK(queue.stamp(stamp + 500) == stamp + 500);
}

TEST_CASE("What waves read counts cycles and ticks, and grows while the clock stands still") {
    Clock clock(true, 1500, from_boot());
    CHECK(clock.shader_cycles() == boot / 1000 * 1500);
    host += 400;
    CHECK(clock.real_time_ticks() == (boot + 400) / tick);
    const auto work = clock.begin();
    uint64_t last = clock.shader_cycles();
    const uint64_t first = last;
    for (int i = 0; i < 100; ++i) {
        const uint64_t next = clock.shader_cycles();
        REQUIRE(next > last);
        last = next;
    }
    CHECK(last - first < 100 * 60);
    CHECK(clock.now() == work.start);  // reading takes no time of others
    clock.progress(work, 1'000'000);
    CHECK(clock.shader_cycles() == (work.start + 1'000'000) / 1000 * 1500 + (work.start % 1000) * 1500 / 1000);
    clock.end(work, 1e6);
}

TEST_CASE("With threads that begin, end and read, time never goes back and every interval is its duration") {
    Clock clock(true, 1000);  // of this machine
    std::atomic<int> wrong{0};
    const auto check = [&](bool holds) { wrong += !holds; };
    const auto worker = [&](int number) {
        Timeline queue(clock);
        uint64_t last = 0;
        bool rested = true;
        for (int i = 0; i < 3000; ++i) {
            const uint64_t before = clock.now();
            queue.wake();
            const auto work = clock.begin(queue.now());
            check(work.start >= last && (!rested || work.start >= before));
            const uint64_t duration = uint64_t(i % 7 + number + 1) * 10 * tick;
            if (i % 3 == 0) clock.progress(work, duration / 2);
            const uint64_t end = clock.end(work, double(duration));
            check(end == work.start + duration && clock.now() >= end);
            queue.not_before(last = end);
            rested = i % 5 > 0;
            if (rested) queue.rest();
        }
    };
    const auto reader = [&] {
        uint64_t last = 0, cycles = 0;
        for (int i = 0; i < 20'000; ++i) {
            const uint64_t now = clock.now(), read = clock.shader_cycles();
            check(now >= last && read > cycles);
            last = now, cycles = read;
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(worker, i);
    for (int i = 0; i < 2; ++i) threads.emplace_back(reader);
    for (std::thread& t : threads) t.join();
    CHECK(wrong == 0);
    const uint64_t idle = clock.now(), from = Clock::host_nanoseconds();
    while (Clock::host_nanoseconds() < from + 1'000'000) std::this_thread::yield();
    CHECK(clock.now() >= idle + 1'000'000);
}

TEST_CASE("Copies take longer the more they move, and no engine is faster than the memory") {
    using emulator::Copier;
    for (const isa::Chip& chip : isa::chips)
        for (const Copier copier : {Copier::CommandProcessor, Copier::Sdma}) {
            const double start = emulator::copy_time(chip, copier, 0), one = emulator::copy_time(chip, copier, 1 << 20);
            CHECK(start > 0);
            CHECK(emulator::copy_time(chip, copier, 2 << 20) - one == Approx(one - start));
            CHECK((1 << 20) / (one - start) <= chip.dram_gbs / 2.0);
        }
}
