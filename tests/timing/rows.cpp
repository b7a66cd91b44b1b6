// The table, and what a figure is worth beside what is published.

#include <bit>
#include <cmath>

#include "tests/timing/calibrate.hpp"

namespace gcn::calibration {
namespace {

constexpr auto a = Group::Constant, b = Group::Published, c = Group::Reported;
constexpr auto InAll = Per::InAll, Cu = Per::Cu;
constexpr uint32_t all_bits = ~0u, x_of_clpeak = std::bit_cast<uint32_t>(1.3f);

// clang-format off
constexpr Row table[] = {
#define ROW(name, group, chip, method, unit, low, high, source, kernel, ...) \
    {#name, group, chip, method, unit, low, high, source, #kernel, __VA_ARGS__},
#include "tests/timing/rows.def"
#undef ROW
};
// clang-format on

}  // namespace

std::span<const Row> rows() { return table; }

double bar_percent(Group group) { return group == Group::Constant ? 2 : group == Group::Published ? 10 : 0; }

std::optional<double> error_percent(const Row& row, double value) {
    if (row.low == 0 && row.high == 0) return {};
    if (value < row.low) return 100 * (value - row.low) / row.low;
    if (value > row.high) return 100 * (value - row.high) / row.high;
    return 0;
}

bool Result::within() const {
    return !bar_percent(row->group) || !error || std::abs(*error) <= bar_percent(row->group);
}

Result measure(Bench& bench, const Row& row) {
    if (!bench.applies(row))
        fail({"measure " + std::string(row.name), "it is of another card than " + bench.info().name});
    const double value = row.method(bench, row);
    return {&row, value, error_percent(row, value)};
}

}  // namespace gcn::calibration
