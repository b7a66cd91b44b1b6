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
    Grids(Device& device, Timeline& time) : device(device), time(time) {}
    ~Grids() { stop(); }

    void start(Dispatch, bool windowed);  // Device::prepare()
    // Forgets the oldest, if it has ended; false when none has. The first fault stays.
    bool collect();
    const Fault* fault() const { return first_fault.kind == FaultKind::None ? nullptr : &first_fault; }

    uint64_t started() const { return count; }
    // As many of the first ones have ended, as collect() found, and when the last of these did.
    uint64_t ended() const { return count - under_way.size(); }
    uint64_t last_end() const { return latest; }
    bool none() const { return under_way.empty(); }
    bool running() const { return executing.load(std::memory_order_relaxed) > 0; }
    // Ends all of them and returns when they have ended.
    void stop();

private:
    struct Grid {
        std::shared_ptr<Running> running;
        Result result;
        uint64_t end = 0;  // of the device's clock
        std::atomic<bool> ended{false};
    };

    Device& device;
    Timeline& time;
    std::deque<std::shared_ptr<Grid>> under_way;
    uint64_t count = 0, latest = 0;
    Fault first_fault;
    std::atomic<int> executing{0};
};

}  // namespace gcn::emulator
