#pragma once
// The grids that one stream of packets has under way, in the order in which they were started.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>

#include "emulator/cp/device.hpp"
#include "emulator/exec/exec.hpp"

namespace gcn::emulator {

class Grids {
public:
    explicit Grids(Device& device) : device(device) {}
    ~Grids() { stop(); }

    void start(Dispatch, bool windowed);  // Device::observers()
    // Forgets those that have ended, oldest first; the first one's fault comes back and stays.
    const Fault* collect();

    uint64_t started() const { return count; }
    // As many of the first ones have ended, as collect() found.
    uint64_t ended() const { return count - under_way.size(); }
    bool none() const { return under_way.empty(); }
    bool running() const { return executing.load(std::memory_order_relaxed) > 0; }
    // Ends all of them and returns when they have ended.
    void stop();

private:
    struct Grid {
        std::shared_ptr<Running> running;
        Result result;
        std::atomic<bool> ended{false};
    };

    Device& device;
    std::deque<std::shared_ptr<Grid>> under_way;
    uint64_t count = 0;
    Fault fault;
    std::atomic<int> executing{0};
};

}  // namespace gcn::emulator
