// The predicted time of a product: rounds of workgroups over the CUs, and what a CU does in each.
//
// Only what differs between kernels counts. Bytes from memory are left out: at best each kernel moves every matrix
// once.

#include <algorithm>
#include <cmath>

#include "plan/problem.hpp"
#include "plan/select.hpp"

namespace gcn {

namespace {

constexpr double bytes_per_clock = 64;    // of a CU, from its L1 cache and to L2 (gpuopen.com, GCN memory coalescing)
constexpr double clocks_to_begin = 2000;  // guess: a workgroup's arguments, first loads and last stores, not hidden
constexpr double reach_with_one = 0.75;   // guess: of its rate, with one wave per SIMD to hide what it waits for
constexpr int waves_for_all = 8, simds = 4;  // two waves per SIMD reach the rate (as the vendor's kernels have them)

double up(int64_t n, int64_t step) { return std::ceil(double(n) / double(step)); }

// The share of its rate that a CU reaches with so many waves.
double reach(double waves) {
    if (waves >= waves_for_all) return 1;
    if (waves < simds) return reach_with_one * waves / simds;
    return reach_with_one + (1 - reach_with_one) * (waves - simds) / (waves_for_all - simds);
}

}  // namespace

std::optional<double> cost(const KernelRow& k, const Gemm& g, const DeviceInfo& d) {
    if (!objection(k, g, d).empty()) return {};

    const double tiles = up(g.m, k.tile_m) * up(g.n, k.tile_n) * double(g.batch);
    const double depth = up(g.k, k.k_step) * k.k_step, area = double(k.tile_m) * k.tile_n;
    if (k.runs == Runs::Cpu) return tiles * area * depth / k.rate;

    const int waves_each = (k.lanes + 63) / 64;
    const double per_cu = std::ceil(tiles / std::max(1, d.cus));  // workgroups, of the busiest CU
    const double room = std::max(1.0, std::floor(double(waves_per_simd(k) * simds) / waves_each));
    const double at_once = std::min(per_cu, room);

    const double sums = per_cu * area * depth / (k.rate * reach(at_once * waves_each));
    const double loads = per_cu * (k.tile_m + k.tile_n) * depth * sizeof(float) / bytes_per_clock;
    const double stores = per_cu * area * sizeof(float) * (g.beta == 0 ? 1 : 2) / bytes_per_clock;
    return std::max(sums, loads) + stores + clocks_to_begin * std::ceil(per_cu / at_once);
}

}  // namespace gcn
