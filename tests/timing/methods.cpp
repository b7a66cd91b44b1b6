// How a figure comes out of times of launches.
//
// What costs a launch something once, the start of the queue, cold instruction caches, the last groups, its end, is not
// in a figure that is made of the difference between two lengths: a launch and another of three times as many turns, or
// of more groups.

#include <algorithm>

#include "tests/timing/calibrate.hpp"

namespace gcn::calibration {
namespace {

struct Slope {
    double us, turns;
};
Slope slope(Bench& bench, Case c) {
    const double less = bench.time(c), turns = 2.0 * c.turns;
    c.turns *= 3;
    return {bench.time(c) - less, turns};
}

double peak_gbs(const Bench& bench) { return bench.chip() ? bench.chip()->dram_gbs : 0; }

}  // namespace

double clk(Bench& bench, const Row& row) {
    const Slope s = slope(bench, bench.launch_of(row));
    return s.us * bench.mhz() / (s.turns * row.work);
}

double bytes_per_clk(Bench& bench, const Row& row) {
    const Slope s = slope(bench, bench.launch_of(row));
    return row.work * double(bench.launch_of(row).lanes_in_all()) * s.turns / (s.us * bench.mhz());
}

double peak_share(Bench& bench, const Row& row) {
    const Case c = bench.launch_of(row);
    const double waves_per_simd = double(c.lanes_in_all()) / 64 / (4 * bench.info().cus);
    return 100 * waves_per_simd * c.turns * row.work / (bench.time(c) * bench.mhz());
}

double dram_share(Bench& bench, const Row& row) {
    const Case c = bench.launch_of(row);
    return 100 * row.work * double(c.lanes_in_all()) / (bench.time(c) * 1e3) / peak_gbs(bench);
}

// Consecutive elements of a lane lie a group apart, or a grid; clpeak reports the better. Its launches are many times
// as large as these, so that what each costs once is not in its figure: the second half of the groups is timed.
double clpeak_read(Bench& bench, const Row& row) {
    Case c = bench.launch_of(row);
    const uint32_t all = c.groups;
    const auto time_of = [&](uint32_t groups, bool by_group) {
        c.groups = groups;
        c.a = by_group ? 16 * c.lanes : c.lanes;
        c.b = by_group ? c.lanes : uint32_t(c.lanes_in_all());
        return bench.time(c);
    };
    const auto second_half = [&](bool by_group) { return time_of(all, by_group) - time_of(all / 2, by_group); };
    const double us = std::min(second_half(true), second_half(false));
    return 100 * row.work * double(all / 2) * c.lanes / (us * 1e3) / peak_gbs(bench);
}

double micros(Bench& bench, const Row& row) { return bench.time(bench.launch_of(row)); }

double groups_per_clk(Bench& bench, const Row& row) {
    Case c = bench.launch_of(row);
    const double few = bench.time(c);
    c.groups *= 3;
    return 2.0 * row.groups / ((bench.time(c) - few) * bench.mhz());
}

double waves_per_simd(Bench& bench, const Row& row) {
    Case c = bench.launch_of(row);
    const double waves = double(c.lanes_in_all()) / 64 / (4 * bench.info().cus), all = slope(bench, c).us;
    c.groups = uint32_t(bench.info().cus);
    return waves * slope(bench, c).us / all;
}

double l1_ratio(Bench& bench, const Row& row) {
    if (!bench.random_l1) {
        Row random = row;
        random.kernel = "l1_load_x1", random.fill = random_x1, random.a = 4;
        bench.random_l1 = slope(bench, bench.launch_of(random)).us;
    }
    return 16 * slope(bench, bench.launch_of(row)).us / bench.random_l1;
}

double million_lanes(Bench& bench, const Row& row) {
    const Case c = bench.launch_of(row);
    return double(c.lanes_in_all()) / bench.time(c);
}

// Whichever kernel the planner takes.
double sgemm_share(Bench& bench, const Row& row) {
    Device device = Device::open();
    const Gemm problem{.m = row.turns, .n = row.a, .k = row.b, .b = row.lanes ? Trans::Yes : Trans::No};
    Buffer a = device.alloc(4 * size_t(problem.m * problem.k)), b = device.alloc(4 * size_t(problem.k * problem.n)),
           c = device.alloc(4 * size_t(problem.m * problem.n));
    const std::vector<float> ones(size_t(std::max({problem.m * problem.k, problem.k * problem.n})), 1);
    a.write(ones.data(), a.bytes());
    b.write(ones.data(), b.bytes());
    Plan plan = gcn::plan(device, problem);
    std::optional<Time> best;
    for (int i = device.time_kind() == TimeKind::Measured ? 10 : 1; i > 0; --i) {
        const auto time = plan.run(a, b, c);
        if (!time) fail({"time " + std::string(row.name), device.lost()});
        if (!best || known_us(*time, std::string(row.name)) < best->us) best = time;
    }
    float first = 0;
    c.read(&first, sizeof first);
    if (first != float(problem.k)) fail({"time " + std::string(row.name), plan.kernel() + " computed a wrong product"});
    const double flops = 2.0 * double(problem.m) * double(problem.n) * double(problem.k);
    return 100 * flops / (best->us * 1e3) / (bench.info().cus * 64 * 2 * bench.mhz() / 1e3);
}

}  // namespace gcn::calibration
