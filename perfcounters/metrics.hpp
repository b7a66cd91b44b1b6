#pragma once
// The metrics: rows of gfx803/metrics.tsv.

#include <span>
#include <string_view>

#include "perfcounters/derive.hpp"

namespace gcn::perfcounters {

struct Metric {
    std::string_view name, unit;
    std::string_view good;  // "high", "low" or "-"
    std::string_view from;  // "rocprof", "adapted", "own"
    Expression expression;
    std::string_view meaning;
};

std::span<const Metric> metrics();
const Metric* find_metric(std::string_view name);

}  // namespace gcn::perfcounters
