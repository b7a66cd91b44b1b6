// The one clock of the device, and the times of its queues.

#include "emulator/cp/clock.hpp"

#include <time.h>

#include <algorithm>
#include <cmath>

#include "gcn/error.hpp"

namespace gcn::emulator {

namespace {

// What a wave reads while the clock stands still grows by so much each time, else one that waits by the clock would
// wait without end. A scalar load that hits: guess, as the latency of the scalar cache.
constexpr uint64_t cycles_per_read = 50;

constexpr double longest = 1e15;  // a duration, in ns: no sum of such comes near 2^64

uint64_t whole(double ns) { return ns > 0 ? uint64_t(std::min(ns, longest)) : 0; }  // 0 of what is no number

uint64_t next_tick(uint64_t ns) { return (ns + Clock::tick - 1) / Clock::tick * Clock::tick; }

uint64_t in_ticks(double ns) {
    return ns == 0 ? 0 : std::max<uint64_t>(whole(std::round(ns / double(Clock::tick))), 1) * Clock::tick;
}

}  // namespace

uint64_t Clock::host_nanoseconds() {
    timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return uint64_t(t.tv_sec) * 1'000'000'000 + uint64_t(t.tv_nsec);
}

Clock::Clock(bool modelled, int mhz, Source host) : modelled(modelled), host(host), mhz(uint64_t(mhz)) {}

// ---- the clock ------------------------------------------------------------------------------------------------------

uint64_t Clock::read() {
    if (!held) moment = std::max(moment, uint64_t(int64_t(host()) - behind));
    return moment;
}

uint64_t Clock::now() {
    if (!modelled) return host();
    const std::lock_guard lock(guard);
    return read();
}

void Clock::raise(uint64_t to) {
    if (to <= moment) return;
    moment = to;
    moved = true;
}

void Clock::hold() {
    if (!held) read(), moved = false;
    ++held;
}

// Held for nothing, it has not stood still.
void Clock::release() {
    GCN_ASSERT(held > 0);
    if (--held == 0 && moved) behind = int64_t(host()) - int64_t(moment);
}

Clock::Work Clock::begin(uint64_t start) {
    const Work work{start, host()};
    if (!modelled) return work;
    const std::lock_guard lock(guard);
    hold();
    raise(start);
    return work;
}

void Clock::progress(const Work& work, uint64_t so_far) {
    if (!modelled) return;
    const std::lock_guard lock(guard);
    raise(work.start + so_far);
}

uint64_t Clock::end(const Work& work, std::optional<double> duration) {
    if (!modelled) return host();
    const std::lock_guard lock(guard);
    const double on_host = std::max(double(host() - work.host_start), 1.0);
    const uint64_t end = work.start + in_ticks(duration.value_or(on_host));
    raise(end);
    release();
    return end;
}

uint64_t Clock::read_by_shader() {
    const uint64_t step = cycles_per_read * 1000 / mhz;
    const std::lock_guard lock(guard);
    return last_read = std::max(read(), last_read + step);
}

uint64_t Clock::shader_cycles() {
    const uint64_t ns = read_by_shader();
    return ns / 1000 * mhz + ns % 1000 * mhz / 1000;
}

uint64_t Clock::real_time_ticks() { return read_by_shader() / tick; }

// ---- the times of queues --------------------------------------------------------------------------------------------

void Timeline::wake() {
    if (!clock.modelled || awake) return;
    awake = true;
    const std::lock_guard lock(clock.guard);
    clock.hold();
    cursor = std::max(cursor, next_tick(clock.read()));
}

void Timeline::rest() {
    if (!awake) return;
    awake = false;
    const std::lock_guard lock(clock.guard);
    clock.release();
}

void Timeline::catch_up() {
    if (clock.modelled) cursor = std::max(cursor, next_tick(clock.now()));
}

void Timeline::not_before(uint64_t moment) { cursor = std::max(cursor, moment); }

void Timeline::advance(double ns) {
    if (!clock.modelled) return;
    cursor += whole(std::round(ns));
    const std::lock_guard lock(clock.guard);
    clock.raise(cursor);
}

uint64_t Timeline::now() { return clock.modelled ? cursor : clock.now(); }

uint64_t Timeline::stamp(uint64_t moment) {
    if (!clock.modelled) return clock.now();
    const std::lock_guard lock(clock.guard);
    clock.raise(moment);
    return moment;
}

}  // namespace gcn::emulator
