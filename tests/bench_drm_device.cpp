// make bench-emu, fourth part: how fast the DRM device answers, what it costs that processes share one card, and what
// preloading costs programs that never ask for it. All times are of the host.

#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "tests/alone.hpp"
#include "tests/command.hpp"

using namespace gcn;

namespace {

constexpr const char* emu = BUILD "/gcn emu ";

void print(const std::string& name, const std::string& us, const char* bar = "") {
    std::printf("  %-62s %8s us host%s\n", name.c_str(), us.c_str(), bar);
}

// The lines "NAME: MICROSECONDS" of tests/programs/drm_latency.c: all, or those that sharing may change.
void print_latencies(bool shared) {
    const std::string alone = shared ? "" : "env -u GCN_EMU_BOARD ";
    const test::Ran ran = test::run(emu + alone + BUILD "/tests/programs/drm_latency " BUILD);
    if (ran.status != 0) fail({"time the DRM device", ran.out + ran.err, "make check"});
    std::istringstream lines(ran.out.substr(sizeof "times: " - 1));
    for (std::string line; std::getline(lines, line);) {
        const size_t colon = line.find(": ");
        if (colon == line.npos) continue;
        const std::string name = line.substr(0, colon), us = line.substr(colon + 2);
        const bool kernel = name.starts_with("an empty kernel");
        if (shared)
            print(name, us, kernel ? "  (bar 60)" : "");
        else if (kernel || name.starts_with("a buffer"))
            print("the same of a card that is shared with nobody: " + name.substr(0, name.find_first_of(",6")), us);
    }
}

// A program that does nothing, from its start to its end; microseconds.
double start(const std::string& command) {
    std::vector<double> took;
    for (int i = 0; i < 20; ++i) {
        const auto now = [] {
            timespec t;
            clock_gettime(CLOCK_MONOTONIC, &t);
            return double(t.tv_sec) * 1e6 + double(t.tv_nsec) * 1e-3;
        };
        const double began = now();
        if (std::system(command.c_str())) fail({"time a program's start", command + " fails", ""});
        took.push_back(now() - began);
    }
    return test::median(took);
}

}  // namespace

int main() try {
    print_latencies(true);
    print_latencies(false);
    const std::string ten = "sh -c 'for i in 0 1 2 3 4 5 6 7 8 9; do env true; done'";
    std::printf("  %-62s %8.1f us host\n", "a program that does nothing, in the shell", start(ten) / 10);
    std::printf("  %-62s %8.1f us host\n", "the same with libgcn-emu.so preloaded", start(emu + ten) / 10);
    return 0;
} catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault);
}
