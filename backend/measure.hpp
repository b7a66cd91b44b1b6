#pragma once
// The only timing loop: several runs, with what is needed to doubt them.

#include <functional>
#include <optional>
#include <string>

#include "gcn/gcn.hpp"

namespace gcn {

struct Measurement {
    Time best{};
    double median_us = 0;
    double lower_us = 0, upper_us = 0;  // the quartiles, interpolated: half of the runs lie between them
    int runs = 0;

    double iqr_us() const { return upper_us - lower_us; }
};

struct Effort {
    int warm_ups = 1;             // not counted: first touches, clocks, caches
    int runs = 10;                // at most
    double limit_seconds = 1e30;  // of this computer's time, warm-ups included
    int least_runs = 1;           // made whatever the limit says
};

// Nothing when a run returned nothing: the device was lost.
std::optional<Measurement> measure(const std::function<std::optional<Time>()>& run, Effort = {});

std::string kind_text(TimeKind);  // "modelled"

}  // namespace gcn
