// One thread for all queues of the device.

#include "emulator/cp/scheduler.hpp"

#include <time.h>
#include <x86intrin.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace gcn::emulator {

namespace {

uint64_t microseconds() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return uint64_t(t.tv_sec) * 1'000'000 + t.tv_nsec / 1000;
}

// What the scheduler does when nothing has happened for a while. Doorbells are plain memory: nobody wakes us for one.
// The longest sleep bounds the latency of the first packet after silence (3 ms) and the cost of idle queues (2 % of a
// core). While grids run, their end wakes us, and the workers need the cores more than the doorbells do.
struct Patience {
    uint64_t spin, yield, sleep;  // microseconds of silence up to which we spin, yield; the longest sleep afterwards
};
constexpr Patience idle = {30, 300, 1500}, executing = {20, 20, 1000};
constexpr uint64_t shortest_sleep = 50;
constexpr int looks_while_spinning = 32;  // at the doorbells, between two looks at the clock

}  // namespace

void Scheduler::add(std::shared_ptr<Queue> queue) {
    const std::lock_guard lock(guard);
    auto more = std::make_shared<Queues>(*queues);
    more->push_back(std::move(queue));
    queues = std::move(more);
    rung = true;
    bell.notify_one();
    if (started) return;
    std::thread([this] { run(); }).detach();
    started = true;
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
    uint64_t last_event = microseconds(), nap = shortest_sleep;
    int looks = 1;
    for (;;) {
        const auto now_served = wait_for_queues();
        bool progress = false, grids = false;
        for (int i = 0; i < looks && !progress; ++i) {
            for (const auto& queue : *now_served) {
                if (queue->removed) continue;
                const std::lock_guard lock(queue->stepping);
                if (!queue->removed && queue->step()) progress = true;
            }
            if (!progress) _mm_pause();
        }
        if (progress) {
            last_event = microseconds();
            nap = shortest_sleep;
            looks = looks_while_spinning;
            continue;
        }
        for (const auto& queue : *now_served) grids |= queue->running();
        const Patience& patience = grids ? executing : idle;
        const uint64_t silence = microseconds() - last_event;
        if (silence < patience.spin) continue;
        if (silence < patience.yield) {
            std::this_thread::yield();
            continue;
        }
        looks = 1;
        sleep(nap);
        nap = std::min(2 * nap, patience.sleep);
    }
}

}  // namespace gcn::emulator
