// Modelled time through the queues: what the command processor writes when the durations of grids are known. The model
// is this test's own: a group takes a microsecond.

#define CATCH_CONFIG_EXTERNAL_INTERFACES  // for a listener
#include <hsa/amd_hsa_queue.h>
#include <hsa/amd_hsa_signal.h>

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "emulator/cp/aql.hpp"
#include "emulator/cp/card.hpp"
#include "emulator/cp/copies.hpp"
#include "emulator/cp/sdma.hpp"
#include "emulator/exec/wave.hpp"
#include "tests/pm4_packets.hpp"

using namespace gcn;
using namespace gcn::test;
using emulator::Clock;
using emulator::Copier;
using emulator::Device;

namespace sdma = isa::sdma;

namespace {

constexpr double group_ns = 1000;
constexpr uint64_t group_ticks = uint64_t(group_ns) / Clock::tick;

std::atomic<bool> timed{true};  // else durations are not known

// Before anything opens the device of this process.
struct Model : Catch::TestEventListenerBase {
    using TestEventListenerBase::TestEventListenerBase;
    void testRunStarting(const Catch::TestRunInfo&) override {
        setenv("GCN_EMU_TIMING", "full", 1);
        Device::open().duration = [](const emulator::Result& r) -> std::optional<double> {
            if (!timed) return {};
            return group_ns * double(r.groups);
        };
    }
};
CATCH_REGISTER_LISTENER(Model)

Device& device() { return Device::open(); }

// Until this machine's clock has gone on by so much.
void let_pass(uint64_t ns) {
    const uint64_t from = Device::nanoseconds();
    while (Device::nanoseconds() < from + ns) {
    }
}

// ---- PM4 ------------------------------------------------------------------------------------------------------------

Words clock_when_done(RingKind ring, uint64_t to) {
    constexpr uint32_t event = pm4::EVENT_CACHE_FLUSH_AND_INV_TS | pm4::EVENT_INDEX_END_OF_PIPE << 8;
    constexpr uint32_t clock = pm4::DATA_SEL_GPU_CLOCK;
    if (ring == RingKind::Gfx) return packet(Op::EVENT_WRITE_EOP, {event, lo(to), hi(to) | clock << 29, 0, 0});
    return packet(Op::RELEASE_MEM, {event, clock << 29, lo(to), hi(to), 0, 0});
}
Words value_when_done(uint64_t to, uint32_t value) {
    constexpr uint32_t event = pm4::EVENT_CACHE_FLUSH_AND_INV_TS | pm4::EVENT_INDEX_END_OF_PIPE << 8;
    return packet(Op::RELEASE_MEM, {event, pm4::DATA_SEL_VALUE_32 << 29, lo(to), hi(to), value, 0});
}
Words clock_now(uint64_t to) { return copy_data(pm4::SEL_TIMESTAMP, 0, pm4::SEL_MEMORY, to, true); }
Words wait_until(uint64_t of, uint32_t value) {
    constexpr uint32_t equal = 3;
    return packet(Op::WAIT_REG_MEM, {pm4::WAIT_REG_MEM_FUNCTION(equal) | pm4::WAIT_REG_MEM_SPACE(pm4::SPACE_MEMORY),
                                     lo(of), hi(of), value, ~0u, 4});
}
Words dma(uint64_t to, uint64_t from, uint32_t bytes) {
    return packet(Op::DMA_DATA, {0, lo(from), hi(from), lo(to), hi(to), bytes});
}
// Grids of so many groups, each of which writes a word where nobody looks.
Words groups(uint32_t n) { return join({use("rings_store", {lo(at(0x3000)), hi(at(0x3000))}), dispatch(n)}); }
Words wait_at(uint64_t gate) { return join({use("rings_wait", {lo(gate), hi(gate), 1}), dispatch(1)}); }

// ---- AQL ------------------------------------------------------------------------------------------------------------

constexpr uint16_t barrier_bit = 1 << HSA_PACKET_HEADER_BARRIER;

struct Interval {
    uint64_t start, end;
    uint64_t ticks() const { return end - start; }
};

// A queue without a runtime above it, and signals for its packets.
struct AqlCard : Compute {
    static constexpr uint32_t packets = 64, most_signals = 32;
    static constexpr uint64_t queue_at = 0x50'0000'0000, ring_at = 0x51'0000'0000, signals_at = 0x52'0000'0000,
                              arguments_at = 0x53'0000'0000;

    AqlCard() : Compute(RingKind::Compute, 20, "queues") {
        queue.queue_properties = AMD_QUEUE_PROPERTIES_ENABLE_PROFILING;
        for (auto& p : ring) p.header = HSA_PACKET_TYPE_INVALID;
        arguments = {at(0), at(4)};
        map(queue_at, &queue, sizeof queue, true);
        map(ring_at, ring.data(), sizeof ring, true);
        map(signals_at, signals.data(), sizeof signals, true);
        map(arguments_at, arguments.data(), sizeof arguments, false);
        aql = std::make_shared<emulator::AqlQueue>(device, client,
                                                   emulator::AqlQueue::Place{queue_at, ring_at, packets, &doorbell});
        device.scheduler.add(aql);
    }
    ~AqlCard() { device.scheduler.remove(aql); }

    // Packets appear when ring_doorbell() is called, all at once. What comes back is the signal's number.
    size_t dispatch(uint32_t groups, uint16_t more = barrier_bit) {
        hsa_kernel_dispatch_packet_t p{};
        p.header = uint16_t(HSA_PACKET_TYPE_KERNEL_DISPATCH | more);
        p.setup = 1;
        p.workgroup_size_x = p.workgroup_size_y = p.workgroup_size_z = 1;
        p.grid_size_x = groups;
        p.grid_size_y = p.grid_size_z = 1;
        p.kernel_object = code_at + kernels_of("queues").find("successor")->descriptor;
        p.kernarg_address = reinterpret_cast<void*>(arguments_at);
        p.completion_signal = next_signal();
        return put(p);
    }
    size_t barrier(uint16_t more = barrier_bit, std::optional<size_t> waits_for = {}) {
        hsa_barrier_and_packet_t p{};
        p.header = uint16_t(HSA_PACKET_TYPE_BARRIER_AND | more);
        if (waits_for) p.dep_signal[0] = handle(*waits_for);
        p.completion_signal = next_signal();
        return put(p);
    }
    size_t free_signal() {
        next_signal();
        return used - 1;
    }
    void ring_doorbell() { __atomic_store_n(&doorbell, written, __ATOMIC_RELEASE); }
    void set(size_t signal, int64_t value) { __atomic_store_n(&signals[signal].value, value, __ATOMIC_RELEASE); }

    Interval times(size_t signal) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (__atomic_load_n(&signals[signal].value, __ATOMIC_ACQUIRE) != 0)
            REQUIRE(std::chrono::steady_clock::now() < end);
        return {signals[signal].start_ts, signals[signal].end_ts};
    }

private:
    hsa_signal_t handle(size_t i) const { return {signals_at + i * sizeof(amd_signal_t)}; }
    hsa_signal_t next_signal() {
        REQUIRE(used < most_signals);
        signals[used].value = 1;
        return handle(used++);
    }
    template <class Packet> size_t put(const Packet& p) {
        static_assert(sizeof p == 64);
        std::memcpy(static_cast<void*>(&ring[written++ % packets]), &p, sizeof p);
        return used - 1;
    }

    alignas(64) amd_queue_t queue{};
    alignas(64) std::array<hsa_kernel_dispatch_packet_t, packets> ring{};
    alignas(64) std::array<amd_signal_t, most_signals> signals{};
    alignas(64) std::array<uint64_t, 4> arguments{};
    uint32_t doorbell = 0, written = 0;
    size_t used = 0;
    std::shared_ptr<emulator::AqlQueue> aql;
};

}  // namespace

// ---- the device -----------------------------------------------------------------------------------------------------

TEST_CASE("The device knows that its clock is modelled, and its name says so") {
    CHECK(device().timing == emulator::Timing::Full);
    CHECK(device().clock.modelled);
    CHECK(emulator::card_name(device().chip, true) == "AMD Radeon RX 590 (software)");
    CHECK(emulator::card_name(device().chip, false) == "AMD Radeon RX 590 (software, host clock)");
}

TEST_CASE("Waves read the device's clock") {
    const uint64_t before = device().clock.now();
    const uint64_t cycles = emulator::shader_clock(), ticks = emulator::real_time_clock();
    CHECK(double(cycles) >= double(before) * device().chip.mhz / 1e3 * (1 - 1e-12));
    CHECK(ticks >= Device::ticks(before));
    CHECK(ticks <= Device::ticks() + 1);
}

// ---- AQL ------------------------------------------------------------------------------------------------------------

TEST_CASE("A grid's time stamps are its modelled duration apart") {
    AqlCard c;
    for (const uint32_t n : {1u, 2u, 7u, 100u, 3000u}) {
        const uint64_t before = Device::ticks();
        const size_t done = c.dispatch(n);
        c.ring_doorbell();
        const Interval t = c.times(done);
        CHECK(t.ticks() == n * group_ticks);
        CHECK(t.start >= before);
        CHECK(t.end <= Device::ticks());
    }
}

TEST_CASE("Of packets that a queue gets at once, each with a barrier bit begins where those before it have ended") {
    for (int repetition = 0; repetition < 10; ++repetition) {
        AqlCard c;
        const size_t first = c.dispatch(3), second = c.dispatch(20), marker = c.barrier(), third = c.dispatch(1);
        c.ring_doorbell();
        CHECK(c.times(first).ticks() == 3 * group_ticks);
        CHECK(c.times(second).start == c.times(first).end);
        CHECK(c.times(second).ticks() == 20 * group_ticks);
        CHECK(c.times(marker).start == c.times(second).end);
        CHECK(c.times(marker).ticks() == 0);
        CHECK(c.times(third).start == c.times(second).end);
        CHECK(c.times(third).ticks() == group_ticks);
    }
}

TEST_CASE("Without barrier bits grids of a queue begin together, however soon one has been computed") {
    for (int repetition = 0; repetition < 10; ++repetition) {
        AqlCard c;
        const size_t first = c.dispatch(50), second = c.dispatch(1, 0), third = c.dispatch(4, 0), all = c.barrier();
        c.ring_doorbell();
        CHECK(c.times(second).start == c.times(first).start);
        CHECK(c.times(third).start == c.times(first).start);
        CHECK(c.times(first).ticks() == 50 * group_ticks);
        CHECK(c.times(second).ticks() == group_ticks);
        CHECK(c.times(all).end == c.times(first).end);
    }
}

TEST_CASE("A packet that waits for another queue's begins after it") {
    AqlCard c;
    const size_t gate = c.free_signal(), waits = c.barrier(barrier_bit, gate), grid = c.dispatch(2);
    c.ring_doorbell();
    let_pass(2'000'000);
    const uint64_t before = Device::ticks();
    c.set(gate, 0);
    CHECK(c.times(waits).start >= before);
    CHECK(c.times(grid).start == c.times(waits).end);
    CHECK(c.times(grid).ticks() == 2 * group_ticks);
}

TEST_CASE("While a queue waits for the host, or has nothing to do, the clock runs with the host's") {
    AqlCard c;
    const size_t first = c.dispatch(9);
    c.ring_doorbell();
    c.times(first);
    const size_t gate = c.free_signal();
    c.barrier(barrier_bit, gate);
    c.ring_doorbell();
    let_pass(5'000'000);
    const uint64_t before = device().clock.now();
    let_pass(5'000'000);
    CHECK(device().clock.now() - before >= 4'000'000);
    c.set(gate, 0);
}

TEST_CASE("Two queues at once: each grid has its own duration, and no time goes back") {
    AqlCard one, other;
    for (uint32_t i = 0; i < 8; ++i) {
        const uint64_t before = Device::ticks();
        const size_t a = one.dispatch(500 + i), b = other.dispatch(3 + i);
        one.ring_doorbell();
        other.ring_doorbell();
        const Interval first = one.times(a), second = other.times(b);
        CHECK(first.ticks() == (500 + i) * group_ticks);
        CHECK(second.ticks() == (3 + i) * group_ticks);
        CHECK(first.start >= before);
        CHECK(second.start >= before);
        const uint64_t after = Device::ticks();
        CHECK(first.end <= after);
        CHECK(second.end <= after);
    }
}

TEST_CASE("A grid that nothing has timed takes what it took on the host") {
    AqlCard c;
    timed = false;
    const uint64_t before = Device::nanoseconds();
    const size_t done = c.dispatch(10);
    c.ring_doorbell();
    const Interval t = c.times(done);
    const uint64_t after = Device::nanoseconds();
    timed = true;
    CHECK(t.ticks() >= 1);
    CHECK(t.ticks() <= Device::ticks(after - before) + 1);
}

// ---- PM4 ------------------------------------------------------------------------------------------------------------

TEST_CASE("End-of-pipe clocks around a grid are its modelled duration apart, on both rings and in every run") {
    for (const RingKind ring : {RingKind::Gfx, RingKind::Compute})
        for (const uint32_t n : {1u, 4u, 100u}) {
            Compute c(ring);
            for (int repetition = 0; repetition < 10; ++repetition) {
                const uint64_t before = Device::ticks();
                REQUIRE(c.run(join({clock_when_done(ring, at(0)), groups(n), clock_when_done(ring, at(8))})) == "");
                CHECK(c.wide(8) - c.wide(0) == n * group_ticks);
                CHECK(c.wide(0) >= before);
                CHECK(c.wide(8) <= Device::ticks());
            }
        }
}

TEST_CASE("The processor's own clock stays until it waits for its grids") {
    for (int repetition = 0; repetition < 10; ++repetition) {
        Compute c;
        REQUIRE(c.run(join({clock_now(at(0)), groups(40), clock_now(at(8)), groups(2),
                            clock_when_done(RingKind::Compute, at(16)), partial_flush(), clock_now(at(24)), groups(5),
                            clock_when_done(RingKind::Compute, at(32))})) == "");
        CHECK(c.wide(8) == c.wide(0));
        CHECK(c.wide(16) - c.wide(0) == 40 * group_ticks);
        CHECK(c.wide(24) == c.wide(16));
        CHECK(c.wide(32) - c.wide(24) == 5 * group_ticks);
    }
}

TEST_CASE("An end-of-pipe clock does not wait for grids behind it") {
    for (int repetition = 0; repetition < 10; ++repetition) {
        Compute c;
        REQUIRE(c.run(join({clock_now(at(0)), groups(2), clock_when_done(RingKind::Compute, at(8)), groups(60),
                            clock_when_done(RingKind::Compute, at(16))})) == "");
        CHECK(c.wide(8) - c.wide(0) == 2 * group_ticks);
        CHECK(c.wide(16) - c.wide(0) == 60 * group_ticks);
    }
}

TEST_CASE("Who waits for a value that a grid's end writes has waited for the grid") {
    for (int repetition = 0; repetition < 10; ++repetition) {
        Compute c;
        c.word(0x40) = 0;
        REQUIRE(c.run(join({clock_now(at(0)), groups(30), value_when_done(at(0x40), 7), wait_until(at(0x40), 7),
                            clock_now(at(8))})) == "");
        CHECK(c.wide(8) - c.wide(0) == 30 * group_ticks);
    }
}

TEST_CASE("Buffers of a submission follow each other without a gap") {
    for (int repetition = 0; repetition < 10; ++repetition) {
        Compute c;
        CHECK(c.submit({join({clock_now(at(0)), groups(3)}), groups(4), clock_now(at(8))}).why() == "");
        CHECK(c.wide(8) - c.wide(0) == 7 * group_ticks);
    }
}

TEST_CASE("While a grid is computed the clock stands still") {
    Compute c;
    Ending end = c.submit(
        {join({clock_now(at(0)), wait_at(at(0x40)), clock_when_done(RingKind::Compute, at(8)), write(at(0x50), {1})})});
    CHECK(becomes(c.word(0x50), 1));
    const uint64_t before = device().clock.now();
    let_pass(3'000'000);
    CHECK(device().clock.now() == before);
    CHECK(!end.has_come());
    std::atomic_ref(c.word(0x40)).store(1);
    CHECK(end.why() == "");
    CHECK(c.wide(8) - c.wide(0) == group_ticks);
    CHECK(Device::ticks() >= c.wide(8));
}

TEST_CASE("While a ring waits for the host's memory the clock runs, and the ring's time with it") {
    Card c;
    Ending end = c.submit({join({clock_now(at(0)), write(at(0x50), {1}), wait_until(at(0x40), 1), clock_now(at(8))})});
    CHECK(becomes(c.word(0x50), 1));
    let_pass(5'000'000);
    std::atomic_ref(c.word(0x40)).store(1);
    CHECK(end.why() == "");
    CHECK((c.wide(8) - c.wide(0)) * Clock::tick >= 2'000'000);
}

TEST_CASE("A ring that was given up, or has gone away, does not hold the clock") {
    const auto runs = [] {
        const uint64_t before = device().clock.now();
        let_pass(2'000'000);
        return device().clock.now() >= before + 1'000'000;
    };
    {
        Card c;
        CHECK(c.run({0x40000000}) != "");
        CHECK(runs());
    }
    {
        Compute c;
        Ending end = c.submit({join({wait_at(at(0x40)), write(at(0x50), {1})})});
        CHECK(becomes(c.word(0x50), 1));
        c.leave();
        CHECK(end.why() != "");
    }
    CHECK(runs());
    {
        AqlCard c;
        c.barrier(0xff);  // no such packet
        c.ring_doorbell();
        let_pass(3'000'000);
        CHECK(runs());
    }
}

// ---- both, and the copy engines -------------------------------------------------------------------------------------

TEST_CASE("The same grid takes the same time through AQL and through PM4") {
    for (const uint32_t n : {1u, 33u}) {
        AqlCard aql;
        const size_t done = aql.dispatch(n);
        aql.ring_doorbell();
        Compute c;
        REQUIRE(c.run(join({clock_when_done(RingKind::Compute, at(0)), groups(n),
                            clock_when_done(RingKind::Compute, at(8))})) == "");
        CHECK(aql.times(done).ticks() == c.wide(8) - c.wide(0));
    }
}

TEST_CASE("Copies by packets take their modelled time") {
    for (const uint32_t bytes : {4u, 0x1000u}) {
        const auto ticks = [&](Copier copier) {
            return uint64_t(std::round(emulator::copy_time(device().chip, copier, bytes))) / Clock::tick;
        };
        Card c;
        REQUIRE(c.run(join({clock_now(at(0)), dma(at(0x4000), at(0x2000), bytes), clock_now(at(8))})) == "");
        CHECK(c.wide(8) - c.wide(0) == ticks(Copier::CommandProcessor));
        REQUIRE(c.run(join({clock_now(at(0)), dma(at(0x2000), at(0x2000), bytes), clock_now(at(8))})) == "");
        CHECK(c.wide(8) == c.wide(0));  // it only fills a cache

        Stage s(20, [](emulator::Client& client) { return std::make_unique<emulator::Sdma>(device(), client); });
        const auto stamp = [](uint64_t to) {
            return Words{sdma::header(sdma::Op::TIMESTAMP_GET_GLOBAL), lo(to), hi(to)};
        };
        const uint64_t from = at(0x2000), to = at(0x4000);
        const Words copy{sdma::header(sdma::Op::COPY_LINEAR), bytes, 0, lo(from), hi(from), lo(to), hi(to)};
        REQUIRE(s.run(join({stamp(at(0)), copy, stamp(at(32))})) == "");
        CHECK(s.wide(32) - s.wide(0) == ticks(Copier::Sdma));
    }
}
