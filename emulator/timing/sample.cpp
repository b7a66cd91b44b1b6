#include "emulator/timing/sample.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace gcn::emulator::timing {

namespace {

constexpr uint64_t window = 16384;         // clocks: some turns of a matrix product's inner loop
constexpr uint64_t settling = window / 8;  // after a skip waves find their way back into step: not measured
constexpr uint64_t warming = 2 * window;   // before the end of a skip: L2 is filled anew at the rate of DRAM
constexpr uint64_t longest_stride = 64, growth = 4;
constexpr size_t enough = 4;          // steady windows before a skip
constexpr size_t enough_told = 2;     // windows after skips, to judge whether these were right
constexpr size_t most_differing = 2;  // windows between skips after which there is none
// As far as windows may differ from what was expected of them.
constexpr double calm = 0.01, doubtful = 0.02, alike = 0.03, much = 0.1;
constexpr size_t most_recent = 4;  // windows whose mean is the pace of the next skip

// Pairs of shares: so busy the vector ALUs or LDS have to be when L2 is asked for at most so much of what it can take.
constexpr struct {
    double busy, requests;
} steady_when[] = {{0.94, 0.74}, {0.9, 0.7}, {0.85, 0.48}, {0.75, 0.3}, {0.3, 0.25}};
constexpr double streaming = 0.1;  // at most so many requests hit
constexpr double mostly = 0.4;     // and so many are reads: where writes are alone skips were 30 % off

// What a window's statistics do not tell: with the matrix products of this project times differed by as much from
// those in full (tests/bench_timed.cpp).
constexpr double unexplained = 0.02;

double mean(const std::vector<double>& of) {
    return std::accumulate(of.begin(), of.end(), 0.0) / double(std::max<size_t>(of.size(), 1));
}

}  // namespace

Sampler::Sampler(Engine& engine) : engine(engine), target(window) {}

Progress Sampler::advance() {
    if (phase == Phase::Skip) {
        const uint64_t before = engine.now();
        const Progress progress = engine.skip(window * stride, paces(), warming);
        cycles_skipped += engine.now() - before;
        if (progress != Progress::Reached) return progress;
        phase = Phase::Settle;
        target = engine.now() + settling;
    }
    const Progress progress = engine.advance(std::min(target, engine.now() + window));
    if (progress == Progress::Reached && engine.now() >= target) window_ends();
    return progress;
}

void Sampler::window_ends() {
    Moment now{engine.now(), engine.marks(), engine.work()};
    if (phase == Phase::Ramp) engine.started();
    if (phase == Phase::Ramp || phase == Phase::Settle)
        phase = phase == Phase::Ramp ? Phase::Detail : Phase::Measure;
    else
        measured(now);
    target = now.time + window;
    from = std::move(now);
}

void Sampler::measured(const Moment& now) {
    const double error = compare(now);
    const bool agrees = std::abs(error) <= alike;
    if (phase == Phase::Measure) {
        ++after_skips;
        wrong += std::abs(error) > doubtful;
    }
    if (after_skips >= enough_told && 2 * wrong > after_skips) {  // it was not what it seemed
        phase = Phase::Detail;
        return;
    }
    if (phase == Phase::Detail) {
        if (agrees || !in_detail.empty()) in_detail.push_back(std::abs(error));
        windows = !is_steady(now) ? 0 : agrees ? windows + 1 : 1;
        const bool begins = windows >= enough && is_calm();
        if (!begins && !skipped()) seen.clear();
        if (!begins) return;
        stride = 1, differing = 0;
    }
    differing = agrees ? 0 : differing + 1;
    if (differing == most_differing || std::abs(error) > much) {
        windows = 0;
        phase = Phase::Detail;
        return;
    }
    stride = agrees ? std::min(growth * stride, longest_stride) : std::max<uint64_t>(stride / 2, 1);
    stride = std::min(stride, now.time / window);  // no longer than everything until now
    phase = Phase::Skip;
}

// By how much waves did more than the windows before had let expect, as a part of it. From then on this one counts,
// too; alone, when it differs.
double Sampler::compare(const Moment& now) {
    struct Sum {
        double clocks = 0, instructions = 0;
    };
    std::array<Sum, Engine::kinds_of_waves> sums;
    for (size_t i = 0; i < now.waves.size(); ++i) {
        const Engine::Mark &a = from.waves[i], &b = now.waves[i];
        if (!b.used() || b.started != a.started || b.kind != a.kind) continue;
        sums[b.kind].clocks += double(now.time - from.time);
        sums[b.kind].instructions += double(b.issued - a.issued);
    }
    double instructions = 0, expected = 0;
    for (size_t i = 0; i < sums.size(); ++i) {
        if (recent[i].empty()) continue;
        instructions += sums[i].instructions, expected += sums[i].clocks * mean(recent[i]);
    }
    const double error = expected > 0 ? instructions / expected - 1 : 1;
    if (expected > 0) seen.push_back({error, instructions});
    for (size_t i = 0; i < sums.size(); ++i) {
        if (sums[i].clocks <= 0) continue;
        if (std::abs(error) > alike) recent[i].clear();
        if (recent[i].size() == most_recent) recent[i].erase(recent[i].begin());
        recent[i].push_back(sums[i].instructions / sums[i].clocks);
    }
    return error;
}

// Three quarters of the windows in detail differed from what those before had let expect by next to nothing. What
// caches bind wavers by more, long before it slows down.
bool Sampler::is_calm() {
    const auto most = in_detail.begin() + ptrdiff_t(in_detail.size() * 3 / 4);
    std::nth_element(in_detail.begin(), most, in_detail.end());
    return *most <= calm;
}

bool Sampler::is_steady(const Moment& now) const {
    const auto resident = [](const Moment& m) { return std::ranges::count_if(m.waves, &Engine::Mark::used); };
    if (8 * resident(now) < 7 * resident(from)) return false;
    uint32_t cus = 0;
    for (auto cu = now.waves.begin(); cu != now.waves.end(); cu += Cu::most_waves)
        cus += std::any_of(cu, cu + Cu::most_waves, [](const Engine::Mark& m) { return m.used(); });
    const auto in_window = [&](uint64_t Engine::Work::*what) { return double(now.work.*what - from.work.*what); };
    const auto clocks = double(now.time - from.time);
    const double requests = in_window(&Engine::Work::l2_requests), hits = in_window(&Engine::Work::l2_hits),
                 busy = std::max(in_window(&Engine::Work::valu_clocks) / 4, in_window(&Engine::Work::lds_clocks));
    for (const auto& share : steady_when)
        if (busy >= share.busy * clocks * cus && requests <= share.requests * clocks * engine.l2_channels())
            return true;
    return requests > 0 && hits <= streaming * requests && in_window(&Engine::Work::l2_reads) >= mostly * requests;
}

// Of kinds that there were none of: as of the most similar ones.
Engine::Paces Sampler::paces() const {
    const auto apart = [](size_t a, size_t b) {
        const auto far = [](size_t x, size_t y) { return std::max(x, y) - std::min(x, y); };
        return far(a / Simd::most, b / Simd::most) * Simd::most + far(a % Simd::most, b % Simd::most);
    };
    constexpr double slowest = 1e-6;  // instructions a clock
    Engine::Paces all{};
    for (size_t i = 0; i < all.size(); ++i) {
        size_t nearest = all.size();
        for (size_t k = 0; k < all.size(); ++k)
            if (!recent[k].empty() && (nearest == all.size() || apart(i, k) < apart(i, nearest))) nearest = k;
        if (nearest < all.size()) all[i] = uint64_t(std::llround(1024 / std::max(mean(recent[nearest]), slowest)));
    }
    return all;
}

// The first windows, in which the grid gets going, and those in which a few waves are left count as little as they do
// in instructions.
double Sampler::interval() const {
    if (!skipped()) return 0;
    double sum = 0, weights = 0, squares = 0, weights_squared = 0;
    for (const Seen& s : seen) weights += s.instructions, sum += s.error * s.instructions;
    for (const Seen& s : seen) {
        squares += s.instructions * (s.error - sum / weights) * (s.error - sum / weights);
        weights_squared += s.instructions * s.instructions;
    }
    const double n = weights > 0 ? std::max(weights * weights / weights_squared, 2.0) : 2;
    const double deviation = seen.size() < 2 || weights <= 0 ? alike : std::sqrt(squares / weights * n / (n - 1));
    const double share = double(cycles_skipped) / double(std::max<uint64_t>(engine.now(), 1));
    // Student's t for few windows is nearer to 2 + 5 / n than to 1.96.
    return ((1.96 + 5 / n) * deviation / std::sqrt(n) + unexplained) * share;
}

}  // namespace gcn::emulator::timing
