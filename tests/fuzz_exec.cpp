// Random instructions on the scalar reference (tests/scalar) and on emulator/exec: make fuzz-exec.

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/scalar/fuzz.hpp"

using namespace gcn::scalar;

static constexpr char usage[] =
    "usage: fuzz_exec [--programs | --images] [--seed N] [--count N] [--first N] [--only REGEX] [--simd NAME] "
    "[--complete]\n"
    "                 [--failures N]\n"
    "       fuzz_exec --list | --list-uncovered\n";

static int list(bool yes) {
    if (yes)
        for (const gcn::isa::Inst* inst : covered()) std::printf("%s\n", std::string(inst->name).c_str());
    else
        for (const auto& [inst, why] : uncovered())
            std::printf("%s: %s\n", std::string(inst->name).c_str(), why.c_str());
    return 0;
}

int main(int count, char** words) {
    Options options;
    std::vector<std::string> simds = simd_builds();
    bool complete = false;
    enum { Lockstep, Programs, Images } what = Lockstep;
    if (const char* const simd = std::getenv("GCN_EMU_SIMD"); simd && *simd) simds = {simd};
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        const auto next = [&]() -> const char* {
            if (i + 1 < count) return words[++i];
            std::fputs(usage, stderr);
            std::exit(2);
        };
        if (word == "--list") return list(true);
        if (word == "--list-uncovered") return list(false);
        if (word == "--seed")
            options.seed = std::strtoull(next(), nullptr, 0);
        else if (word == "--count")
            options.count = std::strtoull(next(), nullptr, 0);
        else if (word == "--first")
            options.first = std::strtoull(next(), nullptr, 0);
        else if (word == "--failures")
            options.failures = std::strtoull(next(), nullptr, 0);
        else if (word == "--only")
            options.only = next();
        else if (word == "--simd")
            simds = {next()};
        else if (word == "--programs")
            what = Programs;
        else if (word == "--images")
            what = Images;
        else if (word == "--complete")
            complete = true;
        else {
            std::fputs(usage, stderr);
            return 2;
        }
    }
    const auto print = [](const std::string& line) { std::printf("%s\n", line.c_str()), std::fflush(stdout); };
    const Report report = what == Lockstep   ? run_lockstep(options, simds)
                          : what == Programs ? run_programs(options, simds)
                                             : run_images(options, simds, print);
    if (report.simds.empty()) {
        std::fputs("gcn: cannot fuzz: this machine runs none of the SIMD builds asked for. Try: --simd portable.\n",
                   stderr);
        return 2;
    }
    std::vector<std::string> holes;
    const std::string counts = what == Lockstep ? summary(report, complete ? &holes : nullptr) : "";
    for (const std::string& failure : report.failures) std::printf("%s\n", failure.c_str());
    for (const std::string& hole : holes) std::printf("hole: %s\n", hole.c_str());
    std::printf("%s", counts.c_str());
    std::string names;
    for (const std::string& simd : report.simds) names += " " + simd;
    std::printf("Done %s: %llu instructions in %llu stretches on%s%s: %zu differences, %zu holes.\n",
                what == Lockstep   ? "in lockstep"
                : what == Programs ? "as programs"
                                   : "as images",
                (unsigned long long)report.instructions, (unsigned long long)report.stretches,
                what == Images ? "" : " the reference and", names.c_str(), report.failures.size(), holes.size());
    return report.failures.empty() && holes.empty() ? 0 : 1;
}
