#pragma once
// Which events are counted together: a pass is one run with one selection, and a block has few counters. All that one
// metric needs is counted in one pass, so that a ratio never mixes two runs. Knows no device.

#include <span>
#include <string>
#include <vector>

#include "backend/counters.hpp"
#include "perfcounters/derive.hpp"
#include "perfcounters/metrics.hpp"

namespace gcn::perfcounters {

// Counted in every pass where there is room: they tell how much two passes differed.
std::span<const Count> anchors();

// What is to be counted together, and for what.
struct Wanted {
    std::string name;
    std::vector<Count> counts;
};
Wanted wanted(const Metric&);
Wanted wanted(const Event&);

struct Slot {
    Count count;
    int counter;  // of the event's block
};

struct Pass {
    std::vector<Slot> slots;
    std::vector<size_t> serves;   // whom, of what was wanted
    std::vector<Count> left_out;  // anchors that had no room

    std::string text() const;  // "SQ 8/8, TA 2/2, GRBM 2/2": counters taken of those there are
};

struct Passes {
    std::vector<Pass> passes;
    std::vector<std::string> refused;  // per wanted: why no pass can serve it; empty when one does
    size_t at_least = 0;               // no plan has fewer passes; this one may have more
};
Passes plan_passes(std::span<const Wanted>);

// To and from the counters of a device.
std::vector<Selection> selections(const Pass&);
Readings readings(const Pass&, const CounterSample&);

}  // namespace gcn::perfcounters
