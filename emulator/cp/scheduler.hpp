#pragma once
// One thread for all queues of the device, as the hardware has one scheduler: it takes packets where there are any and
// waits for none of them. It spins while there is work, then yields, then sleeps ever longer.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace gcn::emulator {

class Queue {
public:
    virtual ~Queue() = default;

    // Does what can be done without waiting. True when anything happened. Only the scheduler calls it.
    virtual bool step() = 0;
    // A grid of this queue is executing.
    virtual bool running() const = 0;
    // Ends the grids that are under way and returns when they have ended. No step() follows.
    virtual void stop() = 0;

protected:
    // A suspended queue starts nothing new.
    bool suspended() const { return halted; }

private:
    friend class Scheduler;
    std::atomic<bool> removed{false}, halted{false};
    std::mutex stepping;
};

class Scheduler {
public:
    void add(std::shared_ptr<Queue>);
    // Returns when the queue is at rest: nothing of it runs, and its memory may go.
    void remove(const std::shared_ptr<Queue>&);
    // Once it returns, a suspended queue starts nothing new.
    void suspend(Queue&, bool);
    // Something may have become ready: a grid has ended, a queue resumed.
    void wake();

private:
    using Queues = std::vector<std::shared_ptr<Queue>>;

    void run();
    // The queues, once there are any.
    std::shared_ptr<const Queues> wait_for_queues();
    void sleep(uint64_t microseconds);

    std::mutex guard;
    std::condition_variable bell;
    bool started = false, rung = false;
    std::shared_ptr<const Queues> queues = std::make_shared<Queues>();
};

}  // namespace gcn::emulator
