#pragma once
// Runs a piece of work as often as its counters need, a pass at a time. Knows no device and no packet.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "backend/counters.hpp"
#include "perfcounters/passes.hpp"

namespace gcn::perfcounters {

struct Collected {
    Topology topology;
    Passes plan;
    std::vector<Readings> passes;     // what each has counted
    std::vector<std::string> doubts;  // of the device: what a reader of the values must know

    // Of the pass that serves wanted number `i`; why there is none when no pass does.
    Figure metric(const Metric&, size_t i) const;
    const Reading* event(const Event&, size_t i) const;  // nullptr when no pass serves it
};

// Calls `work` once a pass, which must do the same each time and return when the device is at rest. Values of blocks
// that do not count around launches are left out: a figure that needs them is n/a.
Collected collect(Counters&, std::span<const Wanted>, const std::function<void(size_t pass)>& work);

}  // namespace gcn::perfcounters
