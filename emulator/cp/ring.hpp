#pragma once
// One ring of a context: submissions in order, each when what it depends on has happened, one after the other.

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "emulator/cp/engine.hpp"
#include "emulator/cp/scheduler.hpp"

namespace gcn::emulator {

class Ring final : public Queue {
public:
    struct Buffer {
        uint64_t address;
        uint32_t words;
    };
    struct Job {
        std::vector<Buffer> buffers;
        std::function<bool()> ready;  // may it begin? Called again and again, from the scheduler
        // It has ended: all that it writes is written. Empty, or why it was given up. Called once, from the scheduler
        // or from stop().
        std::function<void(const std::string& why)> done;
    };

    // `patience`: seconds after which a job that waits for memory, with nothing executing, is given up; 0: never.
    Ring(Scheduler&, std::unique_ptr<Engine>, double patience);

    void submit(Job);

    bool step() override;
    bool running() const override { return engine->running(); }
    void stop() override;

private:
    using Clock = std::chrono::steady_clock;

    bool next_job();
    void give_up(const std::string& why);
    void end(const std::string& why);

    Scheduler& scheduler;
    const std::unique_ptr<Engine> engine;
    const double patience;

    std::mutex guard;
    std::deque<Job> jobs;  // under `guard`

    // The scheduler's.
    Job job;
    bool busy = false, dead = false;
    size_t buffer = 0;
    Clock::time_point moved;
};

}  // namespace gcn::emulator
