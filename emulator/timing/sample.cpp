#include "emulator/timing/sample.hpp"

#include <algorithm>
#include <cmath>

namespace gcn::emulator::timing {

namespace {

constexpr uint64_t window = 16384;               // clocks: some turns of a matrix product's inner loop
constexpr uint64_t settling = window / 2;        // after a skip units are idle: not measured
constexpr uint64_t ramp = 6 * window;            // caches are cold, groups begin together
constexpr size_t agreeing = 3;                   // windows that have to
constexpr double steady = 0.02, changed = 0.04;  // by how much their paces may differ; by how much a new one does
constexpr uint64_t first_stride = 2, longest_stride = 32;
constexpr uint64_t stride_at_the_end = 3;  // when CUs run empty waves go faster and faster

}  // namespace

Progress Sampler::advance() {
    if (phase == Phase::Skip) {
        const uint64_t before = engine.now();
        const Progress progress = engine.skip(length, uint64_t(std::llround(mean())));
        cycles_skipped += engine.now() - before;
        if (progress != Progress::Reached) return progress;
        phase = Phase::Settle;
        target = engine.now() + settling;
        return progress;
    }
    if (phase == Phase::Begin) phase = Phase::Detail, target = ramp;
    const Progress progress = engine.advance(std::min(target, engine.now() + window));
    if (progress == Progress::Reached && engine.now() >= target) window_ends();
    return progress;
}

void Sampler::window_ends() {
    const Engine::Timed now = engine.timed();
    const auto pace = double(now.pace_since(from));
    const bool measured = phase != Phase::Settle && from.instructions && pace > 0;
    from = now;
    target = engine.now() + window;
    if (phase == Phase::Settle) {
        phase = Phase::Measure;
        return;
    }
    if (!measured) return;
    if (phase == Phase::Measure) {
        const bool differs = std::abs(pace - mean()) > changed * mean();
        if (!differs) {
            paces.push_back(pace);
            stride = std::min(2 * stride, longest_stride);
            return skip_next();
        }
        paces.clear();
        phase = Phase::Detail;
    }
    paces.push_back(pace);
    if (paces.size() > agreeing) paces.erase(paces.begin());
    if (paces.size() < agreeing) return;
    const auto [least, most] = std::minmax_element(paces.begin(), paces.end());
    if (*most - *least > steady * mean()) return;
    stride = first_stride;
    skip_next();
}

void Sampler::skip_next() {
    phase = Phase::Skip;
    most_resident = std::max(most_resident, engine.resident_groups());
    const bool ends = engine.resident_groups() < most_resident - most_resident / 8;
    length = window * (ends ? std::min(stride, stride_at_the_end) : stride);
}

// Of the last windows, so that it follows what changes slowly.
double Sampler::mean() const {
    constexpr size_t last = 8;
    const size_t n = std::min(paces.size(), last);
    double sum = 0;
    for (size_t i = paces.size() - n; i < paces.size(); ++i) sum += paces[i];
    return n ? sum / double(n) : 0;
}

double Sampler::interval() const {
    if (!skipped() || paces.size() < 2) return skipped() ? steady : 0;
    const auto n = double(paces.size());
    double sum = 0, squares = 0;
    for (const double p : paces) sum += p;
    for (const double p : paces) squares += (p - sum / n) * (p - sum / n);
    const double share = double(cycles_skipped) / double(std::max<uint64_t>(engine.now(), 1));
    // Student's t for few windows is nearer to 2 + 5 / n than to 1.96.
    return (1.96 + 5 / n) * std::sqrt(squares / (n - 1) / n) / (sum / n) * share;
}

}  // namespace gcn::emulator::timing
