#pragma once
// Notices that the device gets nowhere: no workgroup of any grid has ended for a while. Then whoever is executed at
// that moment is taken for a kernel that never ends.

#include <algorithm>
#include <chrono>

namespace gcn::emulator {

class Watchdog {
public:
    using Seconds = std::chrono::duration<double>;

    // 0 seconds: it never bites.
    explicit Watchdog(double seconds) : limit(seconds) {}

    void progress() { stalled = Seconds{0}; }

    // Called now and then while something is executed. A longer time between two calls is the host's doing (a process
    // stopped, a debugger), not the kernel's: it counts as one second.
    bool bites() {
        const auto now = std::chrono::steady_clock::now();
        stalled += std::min(Seconds(now - last), Seconds{1});
        last = now;
        if (limit.count() == 0 || stalled < limit) return false;
        progress();
        return true;
    }
    double seconds() const { return limit.count(); }

private:
    Seconds limit, stalled{0};
    std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
};

}  // namespace gcn::emulator
