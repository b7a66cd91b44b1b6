// sgemm on the device that GCN_BACKEND names, through the public interface: with make check the software Polaris,
// with make check-card a card.

#include <catch2/catch.hpp>
#include <cstdlib>

#include "bench/check.hpp"
#include "bench/verify.hpp"
#include "cpu_ref/cpu_ref.hpp"
#include "gcn/gcn.hpp"
#include "plan/problem.hpp"

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

static std::vector<float> product(const Gemm& g, const Operands& o) {
    Plan plan = gcn::plan(device(), g);
    CHECK(plan.kernel() == "sgemm_nt_128x128");
    const Buffer a = copied(o.a), b = copied(o.b);
    Buffer c = copied(o.c);
    REQUIRE(plan.run(a, b, c));
    std::vector<float> result(o.c.size());
    c.read(result.data(), result.size() * sizeof(float));
    return result;
}

// What is wrong with the device's result: it must be that of the host's unfused loop in the same order, bit for bit.
static std::string wrong(const Gemm& g, uint64_t seed) {
    const Operands o = guarded_operands(g, Fill::Reals, seed);
    std::vector<float> wanted = o.c;
    sgemm_gpu_order(g, o.a.data(), o.b.data(), wanted.data());
    return difference(g, product(g, o), wanted);
}

TEST_CASE("large squares equal an unfused loop on the host bit for bit") {
    for (const char* name : {"sgemm:nt:128x128x128", "sgemm:nt:256x256x256", "sgemm:nt:512x512x512"}) {
        INFO(name);
        CHECK(wrong(parse_gemm(name), 1) == "");
    }
}

// With small integers the result does not depend on any order, and with beta = 0 C may hold anything.
TEST_CASE("a product of integers is exact") {
    const Gemm g = parse_gemm("sgemm:nt:200x150x333:alpha=0.5");
    const Operands o = operands(g, Fill::Integers, 1);
    CHECK(verify(g, o, product(g, o), Demand::Equal).text == "exact");
}

// NaN in what alpha = 0 or beta = 0 excludes, and in all padding: see guarded_operands.
TEST_CASE("random sizes, factors and leading dimensions are right, and nothing else is read or written") {
    const char* long_check = std::getenv("GCN_CHECK_LONG");
    const int count = long_check && *long_check ? 10000 : 1000;
    uint64_t seed = 803;
    for (const Gemm& g : random_cases(*find_kernel("sgemm_nt_128x128"), count, seed)) {
        INFO(text(g));
        REQUIRE(wrong(g, ++seed) == "");
    }
}

TEST_CASE("sizes beside a multiple of the tile or of the k block are right") {
    for (const char* name : {"sgemm:nt:1x1x1", "sgemm:nt:1x300x7", "sgemm:nt:300x1x9", "sgemm:nt:127x129x15",
                             "sgemm:nt:129x127x17", "sgemm:nt:128x128x8", "sgemm:nt:128x128x16", "sgemm:nt:128x128x24",
                             "sgemm:nt:255x257x31", "sgemm:nt:64x64x1:beta=1", "sgemm:nt:3x5x2000:lda=1000:ldb=999"}) {
        INFO(name);
        CHECK(wrong(parse_gemm(name), 1) == "");
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
    CHECK(plan(device(), parse_gemm("sgemm:nt:1000x129x8")).describe() ==
          "sgemm_nt_128x128 on hsa, grid 8x2, 2 waves per SIMD; sgemm_openblas: it runs on backend cpu only; "
          "sgemm_loop: it runs on backend cpu only");
}
