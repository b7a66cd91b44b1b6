#include "backend/measure.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "backend/backend.hpp"

namespace gcn {
namespace {

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The value below which that share of them lies, on the line between its two neighbours.
double quantile(const std::vector<double>& sorted, double share) {
    const double place = share * double(sorted.size() - 1);
    const size_t below = size_t(place), above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - double(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

std::optional<Measurement> measure(const std::function<std::optional<Time>()>& run, Effort effort) {
    GCN_ASSERT(effort.runs > 0);
    const double end = seconds_now() + effort.limit_seconds;
    for (int i = 0; i < effort.warm_ups && (i == 0 || seconds_now() < end); i++)
        if (!run()) return {};
    std::vector<double> us;
    TimeKind kind{};
    do {
        const std::optional<Time> time = run();
        if (!time) return {};
        GCN_ASSERT(us.empty() || time->kind == kind);
        kind = time->kind;
        us.push_back(known_us(*time, "one of its runs"));
    } while (int(us.size()) < effort.runs && (int(us.size()) < effort.least_runs || seconds_now() < end));

    std::sort(us.begin(), us.end());
    return Measurement{.best = {us.front(), kind},
                       .median_us = quantile(us, 0.5),
                       .lower_us = quantile(us, 0.25),
                       .upper_us = quantile(us, 0.75),
                       .runs = int(us.size())};
}

// The words stand once, where a time becomes text.
std::string kind_text(TimeKind kind) {
    const std::string time = text(Time{0, kind});
    return time.substr(time.rfind(' ') + 1);
}

}  // namespace gcn
