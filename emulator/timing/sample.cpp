#include "emulator/timing/sample.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <cstdio>
#include <cstdlib>

namespace gcn::emulator::timing {

namespace {

static const uint64_t window = getenv("WIN") ? atoi(getenv("WIN")) : 16384;      // clocks: some turns of a matrix product's inner loop
static const uint64_t settling = getenv("SET") ? atoi(getenv("SET")) : 2048;
static const uint64_t ramp = getenv("RAMP") ? atoi(getenv("RAMP")) : 16384;
constexpr uint64_t warming = 32768;  // L2 is filled anew, at the rate of DRAM
constexpr size_t agreeing = 2;          // windows, before the first skip
constexpr double alike = 0.03;          // as far as what they do may differ
static const uint64_t longest_stride = getenv("LONG") ? atoi(getenv("LONG")) : 64;
static const uint64_t growth = getenv("GROW") ? atoi(getenv("GROW")) : 4;
static const double part = getenv("PART") ? atof(getenv("PART")) : 1.0;
constexpr size_t most_recent = 4;       // windows whose mean is the pace of the next skip
static const double bound = getenv("BOUND") ? atof(getenv("BOUND")) : 0.6;

double mean(const std::vector<double>& of) {
    return std::accumulate(of.begin(), of.end(), 0.0) / double(std::max<size_t>(of.size(), 1));
}

}  // namespace

Sampler::Sampler(Engine& engine) : engine(engine), target(ramp) {}

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
    std::vector<Engine::Mark> now = engine.marks();
    const uint64_t end = engine.now();
    if (phase == Phase::Ramp || phase == Phase::Settle) {
        phase = phase == Phase::Ramp ? Phase::Detail : Phase::Measure;
        work = engine.work();
    } else {
        measured(now);
    }
    from = std::move(now);
    began = end;
    target = end + window;
}

void Sampler::measured(const std::vector<Engine::Mark>& now) {
    struct Sum {
        double clocks = 0, instructions = 0;
    };
    std::array<Sum, Engine::kinds_of_waves> sums;
    for (size_t i = 0; i < now.size(); ++i) {
        if (now[i].started == ~0ull || now[i].started != from[i].started || now[i].kind != from[i].kind) continue;
        sums[now[i].kind].clocks += double(engine.now() - began);
        sums[now[i].kind].instructions += double(now[i].issued - from[i].issued);
    }
    double instructions = 0, expected = 0;
    for (size_t i = 0; i < sums.size(); ++i) {
        if (recent[i].empty() || sums[i].clocks <= 0) continue;
        instructions += sums[i].instructions, expected += sums[i].clocks * mean(recent[i]);
    }
    const double error = expected > 0 ? instructions / expected - 1 : 1;
    const bool agrees = std::abs(error) <= alike;
    if (std::getenv("SDBG")) std::fprintf(stderr, "%llu error %.3f stride %llu phase %d\n", (unsigned long long)(engine.now()/window), error, (unsigned long long)stride, int(phase));
    if (expected > 0) errors.push_back(error);
    for (size_t i = 0; i < sums.size(); ++i) {
        if (sums[i].clocks <= 0) continue;
        if (!agrees) recent[i].clear();
        if (recent[i].size() == most_recent) recent[i].erase(recent[i].begin());
        recent[i].push_back(sums[i].instructions / sums[i].clocks);
    }
    const bool steady = is_steady(now);
    if (std::getenv("SDBG")) std::fprintf(stderr, "steady %d\n", steady);
    if (phase == Phase::Detail) {
        windows = agrees ? windows + 1 : 1;
        if (!agrees) errors.clear();
        stride = 1;
    }
    if (!steady || (phase == Phase::Detail && windows < agreeing)) {
        phase = Phase::Detail;
        return;
    }
    stride = agrees ? std::min(growth * stride, longest_stride) : std::max<uint64_t>(stride / 2, 1);
    stride = std::clamp<uint64_t>(stride, 1, std::max<uint64_t>(1, uint64_t(part * double(engine.now() / window))));
    phase = Phase::Skip;
}

bool Sampler::is_steady(const std::vector<Engine::Mark>& now) {
    uint32_t cus = 0;
    for (size_t i = 0; i < now.size(); i += Cu::most_waves)
        cus += std::any_of(&now[i], &now[i] + Cu::most_waves, [](const Engine::Mark& m) { return m.started != ~0ull; });
    const Engine::Work before = std::exchange(work, engine.work());
    const double valu = double(work.valu_clocks - before.valu_clocks), requests = double(work.l2_requests - before.l2_requests), hits = double(work.l2_hits - before.l2_hits);
    const double share = valu / (4.0 * cus * double(engine.now() - began));
    if (std::getenv("SDBG")) std::fprintf(stderr, "valu %.2f hits %.2f ", share, hits/requests);
    return share >= bound || (requests > 0 && hits < 0.1 * requests);
}

// Of few windows, so that it follows what changes; as of the most similar CUs where there were none of a kind.
Engine::Paces Sampler::paces() const {
    const auto apart = [](size_t a, size_t b) {
        const auto far = [](size_t x, size_t y) { return std::max(x, y) - std::min(x, y); };
        return far(a / Simd::most, b / Simd::most) * Simd::most + far(a % Simd::most, b % Simd::most);
    };
    Engine::Paces all{};
    for (size_t i = 0; i < all.size(); ++i) {
        size_t nearest = all.size();
        for (size_t k = 0; k < all.size(); ++k)
            if (!recent[k].empty() && (nearest == all.size() || apart(i, k) < apart(i, nearest))) nearest = k;
        if (nearest < all.size()) all[i] = uint64_t(std::llround(1024 / std::max(mean(recent[nearest]), 1e-6)));
    }
    return all;
}

double Sampler::interval() const {
    if (!skipped() || errors.size() < 2) return skipped() ? alike : 0;
    const auto n = double(errors.size());
    const double all = mean(errors);
    double squares = 0;
    for (const double e : errors) squares += (e - all) * (e - all);
    const double share = double(cycles_skipped) / double(std::max<uint64_t>(engine.now(), 1));
    // Student's t for few windows is nearer to 2 + 5 / n than to 1.96.
    return (1.96 + 5 / n) * std::sqrt(squares / (n - 1) / n) * share;
}

}  // namespace gcn::emulator::timing
