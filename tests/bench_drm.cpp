// make bench-emu, third part: what a launch through libdrm costs on the software Polaris.
//
// All times are of the host. The figure stands beside the bar that the design sets for it.

#include <chrono>
#include <cstdio>

#include "backend/backend.hpp"
#include "gcn/error.hpp"
#include "tests/alone.hpp"
#include "tests/on_software.hpp"

using namespace gcn;

static const bool on_software = test::start_on_software();

int main() try {
    const auto device = open_backend("drm-software");
    const std::string text = test::contents(BUILD "/tests/kernels/drm.co");
    const auto kernel = device->load(std::as_bytes(std::span(text)), "nothing");
    std::vector<double> times;
    for (int i = 0; i < 2000; ++i) {
        const auto start = std::chrono::steady_clock::now();
        if (!device->launch(*kernel, {}, {})) fail({"time a launch", device->lost()});
        times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    }
    std::printf("  %-44s %8.1f us host  (bar 60)\n", "empty kernels through libdrm, median of 2000",
                test::median(times));
    return 0;
} catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault);
}
