// make bench-emu: how fast the software Polaris executes, beside OpenBLAS in the same run, and how fast its queues
// answer.
//
// All times are of the host. Runs alternate between the two, so that a busy machine slows both; only ratios count.

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "backend/embedded.hpp"
#include "backend/sgemm_args.hpp"
#include "tests/alone.hpp"

using namespace gcn;
using namespace gcn::test;

namespace {

constexpr int runs = 10;

// cblas_sgemm on as many threads as are asked for.
class OpenBlas {
public:
    OpenBlas() {
        void* library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
        if (!library) fail({"compare with OpenBLAS", dlerror(), "sh setup.sh"});
        sgemm = reinterpret_cast<Sgemm>(dlsym(library, "cblas_sgemm"));
        set_threads = reinterpret_cast<void (*)(int)>(dlsym(library, "openblas_set_num_threads"));
    }
    void nt(int threads, int n, const float* a, const float* b, float* c) const {
        constexpr int column_major = 102, no_trans = 111, trans = 112;
        set_threads(threads);
        sgemm(column_major, no_trans, trans, n, n, n, 1, a, n, b, n, 0, c, n);
    }

private:
    using Sgemm = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*,
                           int);
    Sgemm sgemm;
    void (*set_threads)(int);
};

// The hand-written kernel on random matrices.
class Emulated {
public:
    Emulated(int threads, int n)
        : alone(threads, embedded(), kernel), executor(alone.executor), n(n), a(n * n), b(n * n), c(n * n) {
        std::mt19937 random(1);
        std::uniform_real_distribution<float> values(-1, 1);
        for (auto* m : {&a, &b})
            for (float& x : *m) x = values(random);

        args.a = alone.map(a.data(), a.size() * 4, false);
        args.b = alone.map(b.data(), b.size() * 4, false);
        args.c = alone.map(c.data(), c.size() * 4, true);
        args.m = args.n = args.k = args.lda = args.ldb = args.ldc = uint32_t(n);
        args.alpha = 1;
        const auto tiles = uint32_t(n + 127) / 128;
        alone.set({tiles * 256, tiles, 1}, {256, 1, 1}, alone.map(&args, sizeof args, false));
    }

    emulator::Result run() { return alone.run(); }

private:
    static constexpr const char* kernel = "sgemm_nt_128x128";
    static std::span<const std::byte> embedded() {
        const GcnEmbedded* bytes = find_embedded(kernel);
        GCN_ASSERT(bytes);
        return {bytes->data, bytes->bytes};
    }
    SgemmArgs args{};
    Alone alone;

public:
    const emulator::Executor& executor;
    int n;
    std::vector<float> a, b, c;
};

void sgemm(int n, bool figures) {
    const OpenBlas blas;
    Emulated one(1, n), two(2, n);
    std::vector<float> expected(n * n);
    std::vector<double> blas_times, blas_two_times, one_times, two_times;
    emulator::Result result;
    blas.nt(2, n, one.a.data(), one.b.data(), expected.data());
    one.run();
    two.run();
    for (int i = 0; i < runs; ++i) {
        blas_times.push_back(timed([&] { blas.nt(1, n, one.a.data(), one.b.data(), expected.data()); }));
        blas_two_times.push_back(timed([&] { blas.nt(2, n, one.a.data(), one.b.data(), expected.data()); }));
        one_times.push_back(timed([&] { result = one.run(); }));
        two_times.push_back(timed([&] { two.run(); }));
    }
    double worst = 0;
    for (int i = 0; i < n * n; ++i) worst = std::max<double>(worst, std::abs(one.c[i] - expected[i]));

    const double flops = 2.0 * n * n * n, blas_time = median(blas_times), one_time = median(one_times);
    if (figures) {
        for (const auto& [threads, times] : {std::pair{1, &one_times}, std::pair{2, &two_times}})
            std::printf("sgemm:nt:%dx%dx%d/%d_thread_GFLOPS %.2f\n", n, n, n, threads, flops / median(*times) / 1e9);
        return;
    }
    std::printf("sgemm:nt:%dx%dx%d, medians of %d runs in turn, %s\n", n, n, n, runs,
                std::string(one.executor.simd()).c_str());
    std::printf("  %-34s %8.2f GFLOPS host\n", "OpenBLAS, 1 thread", flops / blas_time / 1e9);
    // What a second thread is worth on this machine, whose processors may share a core.
    std::printf("  %-34s %8.2f GFLOPS host  %5.2f times 1 thread\n", "OpenBLAS, 2 threads",
                flops / median(blas_two_times) / 1e9, blas_time / median(blas_two_times));
    std::printf("  %-34s %8.2f GFLOPS host  %5.1f %% of OpenBLAS (bar 16 %%)\n", "software Polaris, 1 thread",
                flops / one_time / 1e9, 100 * blas_time / one_time);
    std::printf("  %-34s %8.2f GFLOPS host  %5.2f times 1 thread (bar 1.8)\n", "software Polaris, 2 threads",
                flops / median(two_times) / 1e9, one_time / median(two_times));
    std::printf("  %-34s %8.1f M/s host (%llu instructions, %llu waves)\n", "wave instructions, 1 thread",
                result.instructions / one_time / 1e6, static_cast<unsigned long long>(result.instructions),
                static_cast<unsigned long long>(result.waves));
    std::printf("  %-34s %8.1e\n", "largest difference from OpenBLAS", worst);
}

}  // namespace

// With --figures, lines of a name and a rate of the software Polaris.
int main(int count, char** arguments) try {
    const bool figures = count > 1 && std::string(arguments[1]) == "--figures";
    for (int n : {512, 1024}) sgemm(n, figures);
    return 0;
} catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault);
}
