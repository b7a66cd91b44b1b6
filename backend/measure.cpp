#include "backend/measure.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace gcn {
namespace {

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// With an even count, the mean of the middle two.
double median(const std::vector<double>& sorted) {
    const size_t middle = sorted.size() / 2;
    return sorted.size() % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
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
        us.push_back(time->us);
    } while (int(us.size()) < effort.runs && seconds_now() < end);

    std::sort(us.begin(), us.end());
    Measurement m{.best = {us.front(), kind}, .median_us = median(us), .runs = int(us.size())};
    m.spread = m.best.us > 0 ? m.median_us / m.best.us - 1 : 0;
    return m;
}

}  // namespace gcn
