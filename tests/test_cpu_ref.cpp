// The oracle against values worked out by hand, and OpenBLAS against the oracle.

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "backend/backend.hpp"
#include "backend/sgemm_args.hpp"
#include "cpu_ref/cpu_ref.hpp"

using namespace gcn;

namespace {

constexpr float nan_ = std::numeric_limits<float>::quiet_NaN();

std::vector<float> random_matrix(size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> between(-1, 1);
    std::vector<float> all(count);
    for (float& x : all) x = between(random);
    return all;
}

// Runs a kernel of backend "cpu" on matrices of the host.
std::optional<Time> run(std::string_view kernel, const Gemm& g, const std::vector<float>& a,
                        const std::vector<float>& b, std::vector<float>& c) {
    const auto cpu = open_backend("cpu");
    const auto upload = [&](const std::vector<float>& host) {
        auto memory = cpu->alloc(4 * host.size());
        memory->write(host.data(), 4 * host.size(), 0);
        return memory;
    };
    const auto device_a = upload(a), device_b = upload(b), device_c = upload(c);
    const bool at = g.a == Trans::Yes, bt = g.b == Trans::Yes;
    const auto u32 = [](int64_t value, int64_t otherwise) { return uint32_t(value ? value : otherwise); };
    const CpuSgemmArgs args{{.a = device_a->address,
                             .b = device_b->address,
                             .c = device_c->address,
                             .m = uint32_t(g.m),
                             .n = uint32_t(g.n),
                             .k = uint32_t(g.k),
                             .lda = u32(g.lda, at ? g.k : g.m),
                             .ldb = u32(g.ldb, bt ? g.n : g.k),
                             .ldc = u32(g.ldc, g.m),
                             .alpha = g.alpha,
                             .beta = g.beta,
                             .stride_a = 0,
                             .stride_b = 0,
                             .stride_c = 0,
                             .lists = 0},
                            at,
                            bt};
    const auto time = cpu->launch(*cpu->load({}, kernel), {}, std::as_bytes(std::span(&args, 1)));
    device_c->read(c.data(), 4 * c.size(), 0);
    return time;
}

// Stored by columns: A = [1 2 3; 4 5 6], B = [1 2; 3 4; 5 6], A * B = [22 28; 49 64].
const std::vector<float> a_2x3 = {1, 4, 2, 5, 3, 6}, a_3x2 = {1, 2, 3, 4, 5, 6};
const std::vector<float> b_3x2 = {1, 3, 5, 2, 4, 6}, b_2x3 = {1, 2, 3, 4, 5, 6};
const std::vector<float> product = {22, 49, 28, 64};

}  // namespace

TEST_CASE("every layout of a small product gives the values worked out by hand") {
    for (const char* kernel : {"sgemm_loop", "sgemm_openblas"}) {
        CAPTURE(kernel);
        const auto get = [&](Trans ta, Trans tb) {
            std::vector<float> c(4, nan_);
            REQUIRE(run(kernel, {.m = 2, .n = 2, .k = 3, .a = ta, .b = tb}, ta == Trans::Yes ? a_3x2 : a_2x3,
                        tb == Trans::Yes ? b_2x3 : b_3x2, c));
            return c;
        };
        CHECK(get(Trans::No, Trans::No) == product);
        CHECK(get(Trans::Yes, Trans::No) == product);
        CHECK(get(Trans::No, Trans::Yes) == product);
        CHECK(get(Trans::Yes, Trans::Yes) == product);
    }
}

TEST_CASE("alpha scales the product, beta what was there") {
    std::vector<float> c = {1, 10, 100, 1000};
    sgemm_ref({.m = 2, .n = 2, .k = 3, .alpha = 2, .beta = -1}, a_2x3.data(), b_3x2.data(), c.data());
    CHECK(c == std::vector<float>{43, 88, -44, -872});
}

TEST_CASE("with beta 0, C is not read; with alpha 0 or k 0, neither A nor B is") {
    std::vector<float> c(4, nan_);
    sgemm_ref({.m = 2, .n = 2, .k = 3, .beta = 0}, a_2x3.data(), b_3x2.data(), c.data());
    CHECK(c == product);

    const std::vector<float> bad(6, nan_);
    c = {1, 2, 3, 4};
    sgemm_ref({.m = 2, .n = 2, .k = 3, .alpha = 0, .beta = 0.5}, bad.data(), bad.data(), c.data());
    CHECK(c == std::vector<float>{0.5, 1, 1.5, 2});
    sgemm_ref({.m = 2, .n = 2, .k = 0, .beta = 2}, nullptr, nullptr, c.data());
    CHECK(c == std::vector<float>{1, 2, 3, 4});
    sgemm_ref({.m = 2, .n = 2, .k = 0}, nullptr, nullptr, c.data());
    CHECK(c == std::vector<float>(4, 0));
    sgemm_ref({.m = 0, .n = 2, .k = 3}, nullptr, nullptr, nullptr);
    sgemm_ref({.m = 2, .n = 0, .k = 3}, nullptr, nullptr, nullptr);
}

TEST_CASE("leading dimensions skip the padding and leave that of C alone") {
    const std::vector<float> a = {1, 4, nan_, 2, 5, nan_, 3, 6, nan_};        // lda 3
    const std::vector<float> b = {1, 3, 5, nan_, nan_, 2, 4, 6, nan_, nan_};  // ldb 5
    std::vector<float> c = {0, 0, -7, -7, 0, 0, -7, -7};                      // ldc 4
    sgemm_ref({.m = 2, .n = 2, .k = 3, .lda = 3, .ldb = 5, .ldc = 4}, a.data(), b.data(), c.data());
    CHECK(c == std::vector<float>{22, 49, -7, -7, 28, 64, -7, -7});
}

TEST_CASE("the oracle rounds the product before the sum, and sums from k = 0 on") {
    const float x = std::bit_cast<float>(0x3f800001);  // 1 + 2^-23; its square rounds to 1 + 2^-22
    const float a[2] = {-std::bit_cast<float>(0x3f800002), x}, b[2] = {1, x};
    float c = nan_;
    sgemm_ref({.m = 1, .n = 1, .k = 2}, a, b, &c);
    CHECK(std::bit_cast<uint32_t>(c) == 0);  // a fused multiply-add leaves 0x28800000

    const float big[3] = {0x1p24f, 1, -0x1p24f}, ones[3] = {1, 1, 1};
    sgemm_ref({.m = 1, .n = 1, .k = 3}, big, ones, &c);
    CHECK(c == 0);  // (2^24 + 1) rounds to 2^24; another order gives 1
}

TEST_CASE("in the GPU's order denormals are zeros, going in, between and coming out; in the oracle they are not") {
    const float tiny = std::numeric_limits<float>::denorm_min(), least = std::numeric_limits<float>::min();
    const auto both = [](float a, float b) {
        float plain = nan_, gpu = nan_;
        sgemm_ref({.m = 1, .n = 1, .k = 1}, &a, &b, &plain);
        sgemm_gpu_order({.m = 1, .n = 1, .k = 1}, &a, &b, &gpu);
        return std::pair(plain, gpu);
    };
    CHECK(both(tiny, 0x1p30f) == std::pair(tiny * 0x1p30f, 0.0f));
    CHECK(both(least, 0.5f) == std::pair(least / 2, 0.0f));
    CHECK(both(least, 2) == std::pair(least * 2, least * 2));
    CHECK(least / 2 > 0);  // and afterwards the caller's mode is back
}

TEST_CASE("OpenBLAS agrees with the oracle within rounding at odd sizes") {
    for (Trans ta : {Trans::No, Trans::Yes})
        for (Trans tb : {Trans::No, Trans::Yes})
            for (float beta : {0.0f, 1.0f, -0.5f}) {
                const Gemm g{.m = 67, .n = 129, .k = 31, .a = ta, .b = tb, .alpha = 0.75f, .beta = beta};
                const auto a = random_matrix(67 * 31, 1), b = random_matrix(129 * 31, 2);
                const auto c0 = random_matrix(67 * 129, 3);
                auto loop = c0, blas = c0;
                const auto loop_time = run("sgemm_loop", g, a, b, loop),
                           blas_time = run("sgemm_openblas", g, a, b, blas);
                REQUIRE(loop_time);
                REQUIRE(blas_time);
                CHECK(loop_time->kind == TimeKind::Host);
                double worst = 0;
                for (size_t i = 0; i < loop.size(); i++) worst = std::max(worst, double(std::abs(loop[i] - blas[i])));
                CHECK(worst < 1e-5);
            }
}

TEST_CASE("a kernel that the cpu lacks is a sentence with those that it has") {
    const auto cpu = open_backend("cpu");
    try {
        cpu->load({}, "dgemm");
        FAIL("it was loaded");
    } catch (const Error& e) {
        CHECK(std::string(e.what()) ==
              "gcn: cannot load the kernel dgemm: the cpu has only sgemm_openblas, sgemm_loop.");
    }
}
