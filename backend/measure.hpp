#pragma once
// The only timing loop: the best of several runs, with what is needed to doubt it.

#include <functional>
#include <optional>

#include "gcn/gcn.hpp"

namespace gcn {

struct Measurement {
    Time best{};
    double median_us = 0;
    double spread = 0;  // how far the median lies above the best: 0.02 is 2 %
    int runs = 0;
};

struct Effort {
    int warm_ups = 1;             // not counted: first touches, clocks, caches
    int runs = 10;                // at most
    double limit_seconds = 1e30;  // of this computer's time, warm-ups included; one run is always made
};

// Nothing when a run returned nothing: the device was lost.
std::optional<Measurement> measure(const std::function<std::optional<Time>()>& run, Effort = {});

}  // namespace gcn
