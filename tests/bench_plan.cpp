// How long it takes to plan a problem and to assemble a kernel, the first time and again. Host times.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "backend/assemble.hpp"
#include "gcn/gcn.hpp"
#include "tests/alone.hpp"
#include "tests/command.hpp"

using namespace gcn;

static double microseconds(auto&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

int main() {
    const Device device = Device::open();
    const auto problem = [](int64_t i) { return Gemm{.m = 1000 + i, .n = 500, .k = 300, .b = Trans::Yes}; };
    std::vector<double> first, again;
    for (int64_t i = 0; i < 1000; ++i) first.push_back(microseconds([&] { plan(device, problem(i)); }));
    for (int64_t i = 0; i < 1000; ++i)
        again.push_back(microseconds([&] {
                            for (int j = 0; j < 100; ++j) plan(device, problem(i));
                        }) /
                        100);
    const test::Folder cache;
    setenv("XDG_CACHE_HOME", cache.path.c_str(), 1);
    const std::string text = test::contents(BUILD "/codegen/sgemm_nn_64x64.s");
    std::vector<double> assembled, cached;
    for (int i = 0; i < 10; ++i) {
        const std::string changed = text + "// " + std::to_string(i) + "\n";
        assembled.push_back(microseconds([&] { assemble("sgemm_nn_64x64", changed); }));
        cached.push_back(microseconds([&] { assemble("sgemm_nn_64x64", changed); }));
    }
    std::printf("  a new plan, median of 1000                    %7.2f us host\n", gcn::test::median(first));
    std::printf("  the same plan again, median of 1000           %7.2f us host  (bar 1)\n", gcn::test::median(again));
    std::printf("  a kernel assembled, median of 10              %7.2f ms host\n", gcn::test::median(assembled) / 1e3);
    std::printf("  the same kernel from the cache                %7.2f ms host  %.0f times as fast (bar 50)\n",
                gcn::test::median(cached) / 1e3, gcn::test::median(assembled) / gcn::test::median(cached));
}
