// The device's memory: how it is counted, limited and used again; products of host matrices, split when they must be.

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>

#include "bench/verify.hpp"
#include "gcn/gcn.hpp"
#include "plan/problem.hpp"
#include "tests/batch.hpp"

using namespace gcn;

static Device& device() {
    static Device& one = *new Device(Device::open());
    return one;
}

TEST_CASE("memory is counted while it is in use and kept for the next one who asks") {
    Device d = Device::open("cpu");
    CHECK(d.memory().used == 0);
    CHECK(d.memory().limit == d.memory().device);
    {
        const Buffer a = d.alloc(100), b = a;
        CHECK(a.bytes() == 100);
        CHECK(d.memory().used == 4096);
        const Buffer c = d.alloc(1'000'000);
        CHECK(d.memory().used >= 1'004'096);
        CHECK(d.memory().used <= 4096 + 1'125'000);
        CHECK(d.memory().kept == 0);
    }
    CHECK(d.memory().used == 0);
    const uint64_t kept = d.memory().kept;
    CHECK(kept >= 1'004'096);
    {
        const Buffer again = d.alloc(999'000);  // of the same class
        CHECK(d.memory().kept == 4096);
    }
    CHECK(d.memory().kept == kept);
    d.trim_memory();
    CHECK(d.memory().kept == 0);
    CHECK(d.alloc(0).bytes() == 0);
}

TEST_CASE("beyond the limit an allocation is refused, with what is in use") {
    Device d = Device::open("cpu");
    d.limit_memory(1 << 20);
    Buffer half = d.alloc(1 << 19);
    CHECK_THROWS_WITH(d.alloc((1 << 19) + 1),
                      "gcn: cannot allocate 524289 bytes on " + std::string(d.name()) +
                          ": 524288 of 1048576 bytes are in use. Try: a smaller problem, or gcn::multiply, which "
                          "splits it.");
    CHECK_THROWS(d.alloc(SIZE_MAX));
    const Buffer rest = d.alloc(1 << 19);
    half = Buffer();
    CHECK(d.memory().used == 1 << 19);
    const Buffer other = d.alloc(400'000);  // the block kept is of another size and makes place
    CHECK(d.memory().used + d.memory().kept <= 1 << 20);
    d.limit_memory(0);
    CHECK(d.memory().limit == d.memory().device);
}

TEST_CASE("a buffer outlives its device, and neither leaves anything behind") {
    auto d = std::make_unique<Device>(Device::open("cpu"));
    Buffer buffer = d->alloc(64);
    d.reset();
    const float value = 3;
    buffer.write(&value, sizeof value);
    float read = 0;
    buffer.read(&read, sizeof read);
    CHECK(read == 3);
}

// Small integers: exact in any order of summation, so that k may be split too.
static void check_multiply(const char* name) {
    INFO(name << ", limit " << device().memory().limit);
    const Gemm g = parse_gemm(name);
    const Operands o = operands(g, Fill::Integers, 5);
    std::vector<float> c = o.c;
    const Time time = multiply(device(), g, o.a.data(), o.b.data(), c.data());
    CHECK(time.kind == device().time_kind());
    CHECK(c == test::batch_by_hand(g, o));
}

TEST_CASE("host matrices are multiplied whole or in blocks, with the same result") {
    for (const uint64_t limit : {0, 1 << 20, 100'000, 40'000, 20'000}) {
        device().trim_memory();
        device().limit_memory(limit);
        for (const char* name :
             {"sgemm:nn:70x50x90", "sgemm:nt:33x65x129:beta=1", "sgemm:tn:64x64x64:alpha=0.5:beta=-1:ldc=70",
              "sgemm:tt:90x20x31:alpha=-1:lda=40:ldb=25", "sgemm:nn:10x10x0:beta=0.5", "sgemm:nn:10x10x7:alpha=0",
              "sgemm:nn:0x10x10", "sgemm:nt:20x30x40:beta=1:batch=3", "sgemm:nn:1x1x3000", "sgemm:nn:1500x1x2"})
            check_multiply(name);
    }
    device().limit_memory(0);
}

TEST_CASE("a C that overlaps A or B is refused before anything is written") {
    std::vector<float> x(8, 1);
    CHECK_THROWS_WITH(multiply(device(), {.m = 2, .n = 2, .k = 2}, x.data(), x.data() + 4, x.data() + 1),
                      "gcn: cannot multiply sgemm:nn:2x2x2: C overlaps A or B. Try: memory of its own for C.");
    CHECK(x == std::vector<float>(8, 1));
    multiply(device(), {.m = 2, .n = 2, .k = 2}, x.data(), x.data(), x.data() + 4);
    CHECK(x[4] == 2);
}

TEST_CASE("kernels use pinned memory as it is") {
    const Gemm g = parse_gemm("sgemm:nn:70x50x90:beta=1");
    const Operands o = operands(g, Fill::Reals, 6);
    const auto pinned = [](const std::vector<float>& values) {
        Buffer buffer = device().alloc_pinned(values.size() * sizeof(float));
        REQUIRE(buffer.host());
        std::copy(values.begin(), values.end(), static_cast<float*>(buffer.host()));
        return buffer;
    };
    const uint64_t used = device().memory().used;
    const Buffer a = pinned(o.a), b = pinned(o.b);
    Buffer c = pinned(o.c);
    CHECK(device().memory().used == used);
    REQUIRE(plan(device(), g).run(a, b, c));
    const float* result = static_cast<float*>(c.host());
    CHECK(std::vector<float>(result, result + o.c.size()) == test::batch_by_hand(g, o));
    std::vector<float> read(o.c.size());
    c.read(read.data(), read.size() * sizeof(float));
    CHECK(std::equal(read.begin(), read.end(), result));
    CHECK((device().backend() == "cpu") == (device().alloc(8).host() != nullptr));
}

TEST_CASE("a device without room for one element says so") {
    Device d = Device::open("cpu");
    d.limit_memory(8);
    const float one = 1;
    float c = 0;
    CHECK_THROWS_WITH(multiply(d, {.m = 1, .n = 1, .k = 1}, &one, &one, &c),
                      "gcn: cannot split sgemm:nn:1x1x1: 8 bytes of device memory are left, too few for a block. "
                      "Try: a larger limit.");
}
