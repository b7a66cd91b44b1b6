#include "perfcounters/metrics.hpp"

#include <array>

#include "gcn/error.hpp"

// The file as it is, from begin to end; found from the top of the tree, where make runs.
asm(".pushsection .rodata\n"
    "gcn_perf_metrics:     .incbin \"perfcounters/gfx803/metrics.tsv\"\n"
    "gcn_perf_metrics_end: .byte 0\n"
    ".popsection\n");
extern "C" __attribute__((visibility("hidden"))) const char gcn_perf_metrics[], gcn_perf_metrics_end[];

namespace gcn::perfcounters {

// The text before the first `end`; it and what follows of the same are taken off.
static std::string_view take_until(std::string_view& text, char end) {
    const std::string_view part = text.substr(0, text.find(end));
    text.remove_prefix(std::min(text.find_first_not_of(end, part.size()), text.size()));
    return part;
}

static std::vector<Metric> read() {
    std::string_view text(gcn_perf_metrics, size_t(gcn_perf_metrics_end - gcn_perf_metrics));
    std::vector<Metric> all;
    while (!text.empty()) {
        std::string_view line = take_until(text, '\n');
        if (line.starts_with('#')) continue;
        std::array<std::string_view, 6> cells;
        for (std::string_view& cell : cells) cell = take_until(line, '\t');
        GCN_ASSERT(!cells.back().empty() && line.empty());
        all.push_back({cells[0], cells[1], cells[2], cells[3], Expression(cells[4]), cells[5]});
    }
    return all;
}

std::span<const Metric> metrics() {
    static const std::vector<Metric> all = read();
    return all;
}

const Metric* find_metric(std::string_view name) {
    for (const Metric& m : metrics())
        if (m.name == name) return &m;
    return nullptr;
}

}  // namespace gcn::perfcounters
