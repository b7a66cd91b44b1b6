// sgemm on the device that GCN_BACKEND names, through the public interface: with make check the software Polaris,
// with make check-card a card.

#include <catch2/catch.hpp>
#include <cstdlib>

#include "bench/check.hpp"
#include "bench/verify.hpp"
#include "cpu_ref/cpu_ref.hpp"
#include "gcn/gcn.hpp"
#include "plan/problem.hpp"
#include "tests/batch.hpp"

using namespace gcn;

static Device& device() {
    static Device& one = *new Device(Device::open());
    return one;
}

static Buffer copied(const std::vector<float>& values) {
    Buffer buffer = device().alloc(values.size() * sizeof(float));
    buffer.write(values.data(), values.size() * sizeof(float));
    return buffer;
}

// The plan with a certain kernel, or with the one that the planner takes.
static Plan plan_with(const std::string& kernel, const Gemm& g) {
    if (kernel.empty()) return gcn::plan(device(), g);
    setenv("GCN_KERNEL", kernel.c_str(), 1);
    Plan plan = gcn::plan(device(), g);
    unsetenv("GCN_KERNEL");
    CHECK(plan.kernel() == kernel);
    return plan;
}

static std::vector<float> product(const Gemm& g, const Operands& o, const std::string& kernel) {
    Plan plan = plan_with(kernel, g);
    const Buffer a = copied(o.a), b = copied(o.b);
    Buffer c = copied(o.c);
    REQUIRE(plan.run(a, b, c));
    std::vector<float> result(o.c.size());
    c.read(result.data(), result.size() * sizeof(float));
    return result;
}

// What is wrong with the device's result: it must be that of the host's unfused loop in the same order, bit for bit.
static std::string wrong(const Gemm& g, uint64_t seed, const std::string& kernel = "") {
    const Operands o = guarded_operands(g, Fill::Reals, seed);
    std::vector<float> wanted = o.c;
    sgemm_gpu_order(g, o.a.data(), o.b.data(), wanted.data());
    return difference(g, product(g, o, kernel), wanted);
}

static std::vector<KernelRow> gpu_kernels() {
    std::vector<KernelRow> rows;
    for (const KernelRow& k : kernel_rows())
        if (k.runs == Runs::Gpu) rows.push_back(k);
    return rows;
}
// A problem's text with the layout that the kernel computes.
static Gemm for_kernel(const KernelRow& k, const std::string& sizes) {
    return parse_gemm("sgemm:" + layout(k) + ":" + sizes);
}

TEST_CASE("large squares equal an unfused loop on the host bit for bit") {
    for (const char* name : {"sgemm:nt:128x128x128", "sgemm:nt:256x256x256", "sgemm:nt:512x512x512"}) {
        INFO(name);
        CHECK(wrong(parse_gemm(name), 1, "sgemm_nt_128x128") == "");
    }
    for (const char* layout : {"nn", "nt", "tn", "tt"})
        CHECK(wrong(parse_gemm("sgemm:" + std::string(layout) + ":384x384x384"), 1) == "");
}

// With small integers the result does not depend on any order, and with beta = 0 C may hold anything.
TEST_CASE("a product of integers is exact") {
    const Gemm g = parse_gemm("sgemm:nt:200x150x333:alpha=0.5");
    const Operands o = operands(g, Fill::Integers, 1);
    CHECK(verify(g, o, product(g, o, ""), Demand::Equal).text == "exact");
}

// NaN in what alpha = 0 or beta = 0 excludes, and in all padding: see guarded_operands.
TEST_CASE("random sizes, factors and leading dimensions are right, and nothing else is read or written") {
    const char* long_check = std::getenv("GCN_CHECK_LONG");
    const bool all = long_check && *long_check;
    uint64_t seed = 803;
    for (const KernelRow& k : gpu_kernels()) {
        const bool first = k.name == "sgemm_nt_128x128";
        for (const Gemm& g : random_cases(k, all ? (first ? 10000 : 130) : (first ? 1000 : 12), seed)) {
            INFO(k.name << " " << text(g));
            REQUIRE(wrong(g, ++seed, std::string(k.name)) == "");
        }
    }
}

TEST_CASE("every kernel is right beside multiples of its tile and of its k block, and with nothing to add up") {
    for (const KernelRow& k : gpu_kernels())
        for (const int m : {1, k.tile_m - 1, k.tile_m, k.tile_m + 1})
            for (const int depth : {0, 1, k.k_step - 1, k.k_step, k.k_step + 1, 2 * k.k_step, 3 * k.k_step - 1}) {
                if (depth > k.largest_k) continue;
                const int n = m == 1 ? k.tile_n + 1 : m == k.tile_m ? k.tile_n : 1;
                const Gemm g = for_kernel(k, std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(depth) +
                                                 ":beta=" + std::to_string(depth % 2));
                INFO(k.name << " " << text(g));
                REQUIRE(wrong(g, 1, std::string(k.name)) == "");
            }
}

TEST_CASE("batches: one after the other, with gaps, with a matrix shared, between each other's columns") {
    for (const KernelRow& k : gpu_kernels())
        for (const char* sizes : {"33x21x15:batch=3", "40x20x9:beta=1:batch=4:stridea=500:strideb=-1:stridec=1000",
                                  "7x5x3:alpha=0.5:beta=-1:ldc=30:batch=4:stridea=-1:stridec=7", "5x6x7:batch=1"}) {
            const Gemm g = for_kernel(k, sizes);
            INFO(k.name << " " << text(g));
            const Operands o = operands(g, Fill::Reals, 7);
            REQUIRE(product(g, o, std::string(k.name)) == test::batch_by_hand(g, o));
        }
    CHECK(plan(device(), parse_gemm("sgemm:nt:8x8x8:batch=0")).kernel() != "");
}

TEST_CASE("a batch may lie in buffers of its own") {
    for (const char* kernel : {"sgemm_nn_32x32", "sgemm_nt_128x128"})
        for (const char* count : {"5", "1"}) {
            const Gemm g = for_kernel(*find_kernel(kernel), "45x37x19:beta=2:batch=" + std::string(count));
            const Operands o = operands(g, Fill::Reals, 8);
            const auto split = [&](const std::vector<float>& all, int64_t stride) {
                std::vector<Buffer> parts;
                for (int64_t i = 0; i < g.batch; ++i)
                    parts.push_back(copied({all.begin() + i * stride, all.begin() + (i + 1) * stride}));
                return parts;
            };
            const auto a = split(o.a, stride_a(g)), b = split(o.b, stride_b(g));
            auto c = split(o.c, stride_c(g));
            Plan plan = plan_with(kernel, g);
            REQUIRE(plan.run(a, b, c));
            const std::vector<float> wanted = test::batch_by_hand(g, o);
            for (int64_t i = 0; i < g.batch; ++i) {
                std::vector<float> got(size_t(stride_c(g)));
                c[size_t(i)].read(got.data(), got.size() * sizeof(float));
                REQUIRE(std::equal(got.begin(), got.end(), wanted.begin() + i * stride_c(g)));
            }
        }
}

TEST_CASE("sizes beside a multiple of the tile or of the k block are right") {
    for (const char* name : {"sgemm:nt:1x1x1", "sgemm:nt:1x300x7", "sgemm:nt:300x1x9", "sgemm:nt:127x129x15",
                             "sgemm:nt:129x127x17", "sgemm:nt:128x128x8", "sgemm:nt:128x128x16", "sgemm:nt:128x128x24",
                             "sgemm:nt:255x257x31", "sgemm:nt:64x64x1:beta=1", "sgemm:nt:3x5x2000:lda=1000:ldb=999"}) {
        INFO(name);
        CHECK(wrong(parse_gemm(name), 1, "sgemm_nt_128x128") == "");
    }
}

TEST_CASE("with k = 0 only beta counts, and A and B may be empty") {
    for (const char* name : {"sgemm:nt:130x70x0", "sgemm:nt:130x70x0:beta=0.5:ldc=140", "sgemm:nt:5x5x0:beta=1"}) {
        INFO(name);
        CHECK(wrong(parse_gemm(name), 1) == "");
    }
    Buffer c = copied(std::vector<float>(4, 6));
    REQUIRE(plan(device(), parse_gemm("sgemm:nt:2x2x0:beta=0.5")).run(device().alloc(0), device().alloc(0), c));
    std::vector<float> result(4);
    c.read(result.data(), 16);
    CHECK(result == std::vector<float>(4, 3));
}

TEST_CASE("an empty C is legal and takes no time") {
    Buffer none = device().alloc(0);
    const Buffer some = device().alloc(1024);
    for (const char* name : {"sgemm:nt:0x8x8", "sgemm:nt:8x0x8", "sgemm:nt:0x0x0"}) {
        const auto time = plan(device(), parse_gemm(name)).run(some, some, none);
        REQUIRE(time);
        CHECK(time->us == 0);
        CHECK(time->kind == device().time_kind());
    }
}

TEST_CASE("a plan runs as often as wanted, with C adding up") {
    Plan plan = gcn::plan(device(), parse_gemm("sgemm:nt:40x40x40:beta=1"));
    const Buffer a = copied(std::vector<float>(1600, 1)), b = copied(std::vector<float>(1600, 2));
    Buffer c = copied(std::vector<float>(1600, 0));
    for (int i = 0; i < 5; ++i) REQUIRE(plan.run(a, b, c));
    std::vector<float> result(1600);
    c.read(result.data(), result.size() * sizeof(float));
    CHECK(result == std::vector<float>(1600, 5 * 80));
}

TEST_CASE("the plan tells its grid and how many waves fit") {
    CHECK(plan_with("sgemm_nt_128x128", parse_gemm("sgemm:nt:1000x129x8"))
              .describe()
              .starts_with("sgemm_nt_128x128 on hsa, grid 8x2, 2 waves per SIMD; "));
    const std::string text = plan(device(), parse_gemm("sgemm:nn:2048x2048x512:batch=3")).describe();
    CHECK_THAT(text, Catch::Contains("x3, ") && Catch::Contains(" times as long; "));
    CHECK_THAT(text, Catch::Contains("it computes tt, this is nn"));
    CHECK_THAT(text, Catch::Contains("; sgemm_openblas and 1 more: it runs on backend cpu only; "));
}
