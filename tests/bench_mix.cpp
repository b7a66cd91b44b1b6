// make bench-emu: how fast the software Polaris executes vector instructions of other kinds than v_mac_f32, beside
// v_mac_f32 in the same run. Times are the host's, the best of many: runs of all mixes alternate, so that only
// ratios count.

#include <cstdio>
#include <memory>

#include "tests/alone.hpp"

using namespace gcn;
using namespace gcn::test;

namespace {

constexpr int runs = 20;
constexpr uint32_t few_turns = 200, lanes = 256, groups = 4;
constexpr double seconds = 0.02;  // that a run takes, so that the best of each are of stretches of the same length

struct Mix {
    const char* kernel;
    const char* what;
    double bar;  // of v_mac_f32's rate; 0: none
};
// clang-format off
constexpr Mix mixes[] = {
    {"mix_mac_f32", "v_mac_f32, outer product", 0},
    {"mix_f32",     "f32, chains",              0},
    {"mix_f64",     "f64",                     25},
    {"mix_f16",     "f16",                     25},
    {"mix_dpp",     "DPP",                     25},
    {"mix_sdwa",    "SDWA",                    25},
    {"mix_int",     "integers",                25},
};
// clang-format on

double best(const std::vector<double>& times) { return *std::min_element(times.begin(), times.end()); }

}  // namespace

// Without arguments all mixes; else v_mac_f32 and those named. With --figures first, lines of a name and a rate
// instead.
int main(int count, char** names) try {
    const bool figures = count > 1 && std::string(names[1]) == "--figures";
    if (figures) --count, ++names;
    std::vector<Mix> chosen;
    for (const Mix& mix : mixes)
        if (count == 1 || &mix == mixes ||
            std::find(names + 1, names + count, std::string(mix.kernel)) != names + count)
            chosen.push_back(mix);
    const auto object = read(BUILD "/tests/kernels/mix.co");
    std::vector<std::array<uint32_t, 16>> args(chosen.size(), {few_turns});
    std::vector<std::unique_ptr<Alone>> alone;
    std::vector<std::vector<double>> times(chosen.size());
    std::vector<uint64_t> instructions(chosen.size());
    for (size_t k = 0; k < chosen.size(); ++k) {
        alone.push_back(std::make_unique<Alone>(1, object, chosen[k].kernel));
        Alone& mix = *alone.back();
        mix.set({groups * lanes, 1, 1}, {lanes, 1, 1}, mix.map(&args[k], sizeof args[k], false));
        mix.run();
        args[k][0] = uint32_t(few_turns * std::max(1.0, seconds / timed(CLOCK_MONOTONIC, [&] { mix.run(); })));
    }
    for (int i = 0; i < runs; ++i)
        for (size_t k = 0; k < alone.size(); ++k)
            times[k].push_back(timed(CLOCK_MONOTONIC, [&] { instructions[k] = alone[k]->run().instructions; }));

    for (size_t k = 0; figures && k < alone.size(); ++k)
        std::printf("%s_M/s %.2f\n", chosen[k].kernel, 1e-6 * instructions[k] / best(times[k]));
    if (figures) return 0;
    std::printf("vector instructions, the best of %d runs in turn, 1 thread, %s\n", runs,
                std::string(alone[0]->executor.simd()).c_str());
    const double mac = instructions[0] / best(times[0]);
    for (size_t k = 0; k < alone.size(); ++k) {
        const double rate = instructions[k] / best(times[k]);
        std::printf("  %-26s %8.1f M wave instructions/s host  %6.1f %% of v_mac_f32", chosen[k].what, rate / 1e6,
                    100 * rate / mac);
        if (chosen[k].bar) std::printf(" (bar %.0f %%)", chosen[k].bar);
        std::printf("\n");
    }
    return 0;
} catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault);
}
