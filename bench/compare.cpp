#include "bench/compare.hpp"

#include <algorithm>
#include <cmath>

namespace gcn {

static constexpr double least_change = 0.03;
static constexpr int least_runs = 3;

const char* text(Speed speed) {
    static constexpr const char* words[] = {"the same", "faster", "slower", "too few runs", "other constants"};
    return words[int(speed)];
}

// Both have times.
Change change(const BenchRow& old_row, const BenchRow& new_row) {
    const Measurement &before = *old_row.measured, &now = *new_row.measured;
    const auto off_by = [](const BenchRow& row) {
        return row.measured->iqr_us() + (row.modelled ? row.modelled->interval * row.measured->median_us : 0);
    };
    const double noise_us = off_by(old_row) + off_by(new_row);
    const double difference = now.median_us - before.median_us;
    const double least = least_change * std::min(before.median_us, now.median_us);
    Change c;
    c.ratio = before.median_us > 0 ? now.median_us / before.median_us : 1;
    c.noise = before.median_us > 0 ? noise_us / before.median_us : 0;
    if (old_row.modelled && new_row.modelled && old_row.modelled->parameters != new_row.modelled->parameters)
        c.speed = Speed::OtherConstants;
    else if (std::min(before.runs, now.runs) < least_runs)
        c.speed = Speed::TooFewRuns;
    else if (std::abs(difference) > noise_us && std::abs(difference) >= least)
        c.speed = difference > 0 ? Speed::Slower : Speed::Faster;
    return c;
}

const BenchRow* row_of(const Record& r, const std::string& name) {
    const auto fits = [&](const BenchRow& row) { return row.name == name && row.measured && row.verified; };
    const auto row = std::find_if(r.rows.begin(), r.rows.end(), fits);
    return row == r.rows.end() ? nullptr : &*row;
}

static std::string origin(const Record& r) {
    return r.device + ", " + kind_text(r.kind) + " times" + (r.host.empty() ? "" : " of " + r.host);
}

std::string incomparable(const Record& before, const Record& now) {
    if (before.device == now.device && before.kind == now.kind && before.host == now.host) return {};
    return "it is of " + origin(before) + "; this is " + origin(now);
}

}  // namespace gcn
