// One thread for all queues of the device.

#include "emulator/cp/scheduler.hpp"

#include <sys/prctl.h>
#include <time.h>
#include <x86intrin.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "emulator/exec/withdrawn.hpp"

namespace gcn::emulator {

namespace {

uint64_t microseconds() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return uint64_t(t.tv_sec) * 1'000'000 + t.tv_nsec / 1000;
}

// Doorbells are plain memory: nobody wakes us for one, so we look for it all the time at first, then between naps that
// grow with the silence. The longest nap bounds both the latency of the first packet after silence (3 ms) and the cost
// of idle queues (2 % of a core; a nap costs about 30 us on a virtual machine). While grids execute we look for less
// long: their end wakes us, and the workers need the cores. All in microseconds.
constexpr uint64_t look_when_idle = 50, look_while_executing = 10, shortest_nap = 5, longest_nap = 2400;
constexpr int looks_at_once = 32;  // at the doorbells, between two at the clock

uint64_t nap_after(uint64_t silence) { return std::clamp(silence / 2, shortest_nap, longest_nap); }

}  // namespace

void Scheduler::add(std::shared_ptr<Queue> queue) {
    const std::lock_guard lock(guard);
    WithdrawnGuard::install();
    if (!started) std::thread([this] { run(); }).detach();
    started = true;
    auto more = std::make_shared<Queues>(*queues);
    more->push_back(std::move(queue));
    queues = std::move(more);
    rung = true;
    bell.notify_one();
}

void Scheduler::remove(const std::shared_ptr<Queue>& queue) {
    queue->removed = true;
    {
        const std::lock_guard lock(guard);
        auto fewer = std::make_shared<Queues>(*queues);
        std::erase(*fewer, queue);
        queues = std::move(fewer);
    }
    const std::lock_guard no_step(queue->stepping);
    queue->stop();
}

void Scheduler::suspend(Queue& queue, bool halted) {
    queue.halted = halted;
    { const std::lock_guard step_has_ended(queue.stepping); }
    wake();
}

void Scheduler::wake() {
    const std::lock_guard lock(guard);
    rung = true;
    bell.notify_one();
}

std::shared_ptr<const Scheduler::Queues> Scheduler::wait_for_queues() {
    std::unique_lock lock(guard);
    bell.wait(lock, [&] { return !queues->empty(); });
    return queues;
}

void Scheduler::sleep(uint64_t us) {
    std::unique_lock lock(guard);
    bell.wait_for(lock, std::chrono::microseconds(us), [&] { return rung; });
    rung = false;
}

void Scheduler::run() {
    leave_signals_to_the_program();
    prctl(PR_SET_TIMERSLACK, 1000);  // nanoseconds; 50000 unless told otherwise
    uint64_t last_event = microseconds();
    int looks = 1;
    for (;;) {
        const auto now_served = wait_for_queues();
        bool progress = false;
        for (int i = 0; i < looks && !progress; ++i) {
            for (const auto& queue : *now_served) {
                if (queue->removed) continue;
                const std::lock_guard lock(queue->stepping);
                if (!queue->removed && queue->step()) progress = true;
            }
            if (!progress) _mm_pause();
        }
        const uint64_t now = microseconds();
        if (progress) last_event = now;
        bool executing = false;
        for (const auto& queue : *now_served) executing |= queue->running();
        const bool look = now - last_event < (executing ? look_while_executing : look_when_idle);
        looks = look ? looks_at_once : 1;
        if (!look) sleep(nap_after(now - last_event));
    }
}

}  // namespace gcn::emulator
