// The C interface: right products, and a status with a sentence for everything that the C++ one answers with an
// assertion or an exception.

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "backend/backend.hpp"
#include "gcn/gcn.h"
#include "plan/problem.hpp"
#include "tests/command.hpp"

using Catch::Matchers::StartsWith;
using std::to_string;

namespace {

template <auto release> struct Release {
    void operator()(auto* handle) const { release(handle); }
};
using Device = std::unique_ptr<gcn_device, Release<gcn_device_close>>;
using Buffer = std::unique_ptr<gcn_buffer, Release<gcn_buffer_free>>;
using Plan = std::unique_ptr<gcn_plan, Release<gcn_plan_free>>;

void fine(int status) {
    INFO(gcn_error());
    REQUIRE(status == GCN_OK);
    REQUIRE(std::string(gcn_error()).empty());
}

void refused(int status, const std::string& sentence, int expected = GCN_WRONG_USE) {
    CHECK(status == expected);
    CHECK(gcn_error() == "gcn: cannot " + sentence);
}

Device open_device(const char* backend) {
    gcn_device* device = nullptr;
    fine(gcn_device_open(backend, &device));
    return Device(device);
}

Buffer alloc(const Device& device, size_t bytes) {
    gcn_buffer* buffer = nullptr;
    fine(gcn_buffer_alloc(device.get(), bytes, &buffer));
    return Buffer(buffer);
}

Buffer filled(const Device& device, const std::vector<float>& values) {
    Buffer buffer = alloc(device, values.size() * 4);
    fine(gcn_buffer_write(buffer.get(), values.data(), values.size() * 4, 0));
    return buffer;
}

std::vector<float> values_of(const Buffer& buffer) {
    size_t bytes = 0;
    fine(gcn_buffer_bytes(buffer.get(), &bytes));
    std::vector<float> values(bytes / 4);
    fine(gcn_buffer_read(buffer.get(), values.data(), bytes, 0));
    return values;
}

gcn_gemm gemm(int64_t m, int64_t n, int64_t k) {
    gcn_gemm g;
    fine(gcn_gemm_init(&g, sizeof g, m, n, k));
    return g;
}

Plan plan(const Device& device, const gcn_gemm& g) {
    gcn_plan* made = nullptr;
    fine(gcn_plan_make(device.get(), &g, &made));
    return Plan(made);
}

// Small integers, so that no sum is rounded.
std::vector<float> numbers(size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<float> values(count);
    for (float& x : values) x = float(int(random() % 11) - 5);
    return values;
}

// The definition, one element at a time.
float element(const gcn_gemm& g, const float* a, const float* b, float c, int64_t i, int64_t j) {
    const int64_t lda = g.lda ? g.lda : g.trans_a ? g.k : g.m, ldb = g.ldb ? g.ldb : g.trans_b ? g.n : g.k;
    float sum = 0;
    for (int64_t p = 0; p < g.k; ++p)
        sum += a[g.trans_a ? p + i * lda : i + p * lda] * b[g.trans_b ? j + p * ldb : p + j * ldb];
    return g.alpha * sum + g.beta * c;
}

const char* const backends[] = {"hsa-software", "cpu"};

}  // namespace

TEST_CASE("every layout, factor and leading dimension gives the product") {
    for (const char* backend : backends) {
        const Device device = open_device(backend);
        for (int layout = 0; layout < 4; ++layout) {
            gcn_gemm g = gemm(5, 7, 9);
            g.trans_a = layout / 2, g.trans_b = layout % 2;
            g.alpha = 2, g.beta = -1, g.lda = 11, g.ldb = 12, g.ldc = 6;
            const Plan p = plan(device, g);
            size_t a_bytes = 0, b_bytes = 0, c_bytes = 0;
            fine(gcn_plan_bytes(p.get(), &a_bytes, &b_bytes, &c_bytes));
            const auto a = numbers(a_bytes / 4, 1), b = numbers(b_bytes / 4, 2), c = numbers(c_bytes / 4, 3);
            const Buffer da = filled(device, a), db = filled(device, b), dc = filled(device, c);
            gcn_time time{-1, -1};
            fine(gcn_plan_run(p.get(), da.get(), db.get(), dc.get(), &time));
            CHECK(time.us >= 0);
            CHECK(time.kind == gcn_device_time_kind(device.get()));
            const auto result = values_of(dc);
            INFO(backend << " " << gcn_plan_describe(p.get()));
            for (size_t at = 0; at < c.size(); ++at) {
                const int64_t i = int64_t(at) % g.ldc, j = int64_t(at) / g.ldc;
                CHECK(result[at] == (i < g.m ? element(g, a.data(), b.data(), c[at], i, j) : c[at]));
            }
        }
    }
}

TEST_CASE("a batch lies at its strides, or in buffers of its own") {
    for (const char* backend : backends) {
        const Device device = open_device(backend);
        for (int64_t batch : {1, 3}) {
            gcn_gemm g = gemm(4, 3, 5);
            g.batch = batch, g.trans_b = GCN_TRANS, g.stride_b = GCN_SHARED, g.stride_c = 16;
            const Plan p = plan(device, g);
            const auto a = numbers(size_t(20 * batch), 1), b = numbers(15, 2);
            const Buffer da = filled(device, a), db = filled(device, b), dc = alloc(device, size_t(16 * batch) * 4);
            fine(gcn_plan_run(p.get(), da.get(), db.get(), dc.get(), nullptr));
            const auto strided = values_of(dc);

            std::vector<Buffer> own;
            std::vector<const gcn_buffer*> list_a, list_b;
            std::vector<gcn_buffer*> list_c;
            for (int64_t z = 0; z < batch; ++z) {
                own.push_back(filled(device, {a.begin() + 20 * z, a.begin() + 20 * (z + 1)}));
                list_a.push_back(own.back().get());
                list_b.push_back(db.get());
                own.push_back(alloc(device, 12 * 4));
                list_c.push_back(own.back().get());
            }
            gcn_time time{-1, -1};
            fine(gcn_plan_run_batch(p.get(), list_a.data(), list_b.data(), list_c.data(), size_t(batch), &time));
            CHECK(time.us >= 0);
            for (int64_t z = 0; z < batch; ++z) {
                const auto listed = values_of(own[size_t(2 * z + 1)]);
                for (int64_t j = 0; j < 3; ++j)
                    for (int64_t i = 0; i < 4; ++i) {
                        const float expected = element(g, &a[size_t(20 * z)], b.data(), 0, i, j);
                        CHECK(strided[size_t(16 * z + 4 * j + i)] == expected);
                        CHECK(listed[size_t(4 * j + i)] == expected);
                    }
            }
        }
    }
}

TEST_CASE("a product without elements, or without products, is done at once") {
    const Device device = open_device("cpu");
    const Buffer none = alloc(device, 0);
    for (const auto& [m, batch] : {std::pair<int64_t, int64_t>(0, 1), {4, 0}}) {
        gcn_gemm g = gemm(m, 4, 4);
        g.batch = batch;
        const Plan p = plan(device, g);
        gcn_time time{-1, -1};
        if (batch) {
            const Buffer b = alloc(device, 64);
            fine(gcn_plan_run(p.get(), none.get(), b.get(), none.get(), &time));
        } else {
            fine(gcn_plan_run(p.get(), none.get(), none.get(), none.get(), &time));
            time = {-1, -1};
            fine(gcn_plan_run_batch(p.get(), nullptr, nullptr, nullptr, 0, &time));
        }
        CHECK(time.us == 0);
        CHECK(time.kind == GCN_HOST);
    }
}

TEST_CASE("the bytes of a plan are those that the planner counts") {
    const Device device = open_device("cpu");
    std::mt19937 random(803);
    const auto some = [&](std::initializer_list<int64_t> from) { return from.begin()[random() % from.size()]; };
    int planned = 0;
    for (int i = 0; i < 3000; ++i) {
        gcn_gemm g = gemm(some({0, 1, 2, 7}), some({0, 1, 3, 8}), some({0, 1, 5}));
        g.trans_a = int32_t(random() % 2), g.trans_b = int32_t(random() % 2);
        g.lda = some({0, 7, 9}), g.ldb = some({0, 8, 10}), g.ldc = some({0, 7, 20});
        g.batch = some({0, 1, 2, 5});
        g.stride_a = some({0, 3, 100, GCN_SHARED}), g.stride_b = some({0, 3, 100, GCN_SHARED});
        g.stride_c = some({0, 2, 200});
        gcn_plan* made = nullptr;
        if (gcn_plan_make(device.get(), &g, &made)) continue;
        const Plan p(made);
        ++planned;
        const gcn::Gemm same{.m = g.m,
                             .n = g.n,
                             .k = g.k,
                             .a = gcn::Trans(g.trans_a),
                             .b = gcn::Trans(g.trans_b),
                             .lda = g.lda,
                             .ldb = g.ldb,
                             .ldc = g.ldc,
                             .batch = g.batch,
                             .stride_a = g.stride_a,
                             .stride_b = g.stride_b,
                             .stride_c = g.stride_c};
        size_t a = 1, b = 1, c = 1;
        REQUIRE(gcn_plan_bytes(made, &a, &b, &c) == GCN_OK);
        INFO(text(same));
        REQUIRE(a == size_t(elements_a(same)) * 4);
        REQUIRE(b == size_t(elements_b(same)) * 4);
        REQUIRE(c == size_t(elements_c(same)) * 4);
    }
    CHECK(planned > 1000);
}

TEST_CASE("a device tells its backend, its name and the kind of its times") {
    const Device device = open_device("hsa-software");
    CHECK(gcn_device_backend(device.get()) == std::string("hsa"));
    CHECK_THAT(gcn_device_name(device.get()), Catch::EndsWith("(software, host clock)"));
    CHECK(gcn_device_time_kind(device.get()) == GCN_HOST);
    CHECK(gcn_device_peak_gflops(device.get()) == 0);
    CHECK(gcn_device_lost(device.get()) == std::string());
    CHECK(gcn_device_backend(open_device("cpu").get()) == std::string("cpu"));
    CHECK(gcn_device_backend(open_device("").get()) == std::string("hsa"));  // $GCN_BACKEND
    CHECK(gcn_device_backend(open_device(nullptr).get()) == std::string("hsa"));
}

TEST_CASE("a plan tells its kernel and why others lost") {
    const Device device = open_device("cpu");
    const Plan p = plan(device, gemm(4, 4, 4));
    const std::string kernel = gcn_plan_kernel(p.get());
    CHECK_THAT(kernel, StartsWith("sgemm_"));
    CHECK_THAT(gcn_plan_describe(p.get()), StartsWith(kernel + " on cpu; "));
}

TEST_CASE("a time prints with its kind") {
    const gcn_time measured{7, GCN_MEASURED}, modelled{31420.04, GCN_MODELLED}, host{0.5, GCN_HOST}, none{1, 3};
    CHECK(gcn_time_text(&measured) == std::string("7.0 us measured"));
    CHECK(gcn_time_text(&modelled) == std::string("31420.0 us modelled"));
    CHECK(gcn_time_text(&host) == std::string("0.5 us host"));
    CHECK(gcn_time_text(&none) == nullptr);
    CHECK(gcn_error() ==
          std::string(
              "gcn: cannot print a time: its kind is 3. Try: GCN_MEASURED (0), GCN_MODELLED (1) or GCN_HOST (2)."));
}

TEST_CASE("a backend that does not exist is wrong use") {
    gcn_device* device = reinterpret_cast<gcn_device*>(1);
    refused(gcn_device_open("vulkan", &device),
            "open the backend vulkan: there is none of that name. Try: one of hsa, drm, hsa-software, drm-software or "
            "cpu.");
    CHECK(device == nullptr);
}

TEST_CASE("NULL is refused wherever a handle or the address of something is wanted") {
    const std::string no_device = " is NULL. Try: a device that gcn_device_open made.",
                      no_buffer = " is NULL. Try: a buffer that gcn_buffer_alloc made.",
                      no_plan = " is NULL. Try: a plan that gcn_plan_make made.",
                      no_place = " is NULL. Try: the address of a variable.",
                      no_list = " is NULL. Try: a list of buffers.";
    const Device d = open_device("cpu");
    const Buffer x = alloc(d, 64);
    gcn_gemm g = gemm(2, 2, 2), two = g;
    two.batch = 2;
    const Plan p = plan(d, g), q = plan(d, two);
    gcn_buffer* buffer = reinterpret_cast<gcn_buffer*>(1);
    gcn_plan* made = reinterpret_cast<gcn_plan*>(1);
    size_t bytes = 0;
    float value = 0;
    gcn_buffer* const list[] = {x.get(), x.get()};

    refused(gcn_device_open("cpu", nullptr), "call gcn_device_open: device" + no_place);
    refused(gcn_buffer_alloc(nullptr, 4, &buffer), "call gcn_buffer_alloc: its device" + no_device);
    CHECK(buffer == nullptr);
    refused(gcn_buffer_alloc(d.get(), 4, nullptr), "call gcn_buffer_alloc: buffer" + no_place);
    refused(gcn_buffer_bytes(nullptr, &bytes), "call gcn_buffer_bytes: its buffer" + no_buffer);
    refused(gcn_buffer_bytes(x.get(), nullptr), "call gcn_buffer_bytes: bytes" + no_place);
    refused(gcn_buffer_write(nullptr, &value, 4, 0), "call gcn_buffer_write: its buffer" + no_buffer);
    refused(gcn_buffer_write(x.get(), nullptr, 4, 0), "call gcn_buffer_write: from" + no_place);
    refused(gcn_buffer_read(nullptr, &value, 4, 0), "call gcn_buffer_read: its buffer" + no_buffer);
    refused(gcn_buffer_read(x.get(), nullptr, 4, 0), "call gcn_buffer_read: to" + no_place);
    refused(gcn_gemm_init(nullptr, sizeof g, 1, 1, 1), "call gcn_gemm_init: gemm" + no_place);
    refused(gcn_plan_make(nullptr, &g, &made), "call gcn_plan_make: its device" + no_device);
    CHECK(made == nullptr);
    refused(gcn_plan_make(d.get(), nullptr, &made), "call gcn_plan_make: gemm" + no_place);
    refused(gcn_plan_make(d.get(), &g, nullptr), "call gcn_plan_make: plan" + no_place);
    refused(gcn_plan_bytes(nullptr, &bytes, &bytes, &bytes), "call gcn_plan_bytes: its plan" + no_plan);
    refused(gcn_plan_run(nullptr, x.get(), x.get(), x.get(), nullptr), "call gcn_plan_run: its plan" + no_plan);
    refused(gcn_plan_run_batch(nullptr, list, list, list, 2, nullptr), "call gcn_plan_run_batch: its plan" + no_plan);
    refused(gcn_plan_run_batch(q.get(), nullptr, list, list, 2, nullptr), "call gcn_plan_run_batch: a" + no_list);
    refused(gcn_plan_run_batch(q.get(), list, nullptr, list, 2, nullptr), "call gcn_plan_run_batch: b" + no_list);
    refused(gcn_plan_run_batch(q.get(), list, list, nullptr, 2, nullptr), "call gcn_plan_run_batch: c" + no_list);

    const std::string run = "run " + std::string(gcn_plan_kernel(p.get())) + ": buffer ";
    refused(gcn_plan_run(p.get(), nullptr, x.get(), x.get(), nullptr), run + "a" + no_buffer);
    refused(gcn_plan_run(p.get(), x.get(), nullptr, x.get(), nullptr), run + "b" + no_buffer);
    refused(gcn_plan_run(p.get(), x.get(), x.get(), nullptr, nullptr), run + "c" + no_buffer);
    gcn_buffer* const holes[] = {x.get(), nullptr};
    refused(gcn_plan_run_batch(q.get(), list, holes, list, 2, nullptr), run + "b[1]" + no_buffer);

    // Those that return no status.
    const auto said = [](bool special, const std::string& sentence) {
        CHECK(special);
        CHECK(gcn_error() == "gcn: cannot call " + sentence);
    };
    said(gcn_device_backend(nullptr) == nullptr, "gcn_device_backend: its device" + no_device);
    said(gcn_device_name(nullptr) == nullptr, "gcn_device_name: its device" + no_device);
    said(gcn_device_lost(nullptr) == nullptr, "gcn_device_lost: its device" + no_device);
    said(gcn_device_time_kind(nullptr) == -1, "gcn_device_time_kind: its device" + no_device);
    said(gcn_device_peak_gflops(nullptr) == -1, "gcn_device_peak_gflops: its device" + no_device);
    said(gcn_plan_kernel(nullptr) == nullptr, "gcn_plan_kernel: its plan" + no_plan);
    said(gcn_plan_describe(nullptr) == nullptr, "gcn_plan_describe: its plan" + no_plan);
    said(gcn_time_text(nullptr) == nullptr, "gcn_time_text: time" + no_place);

    gcn_device_close(nullptr), gcn_buffer_free(nullptr), gcn_plan_free(nullptr);
}

TEST_CASE("a range outside a buffer is refused, on every backend") {
    for (const char* backend : backends) {
        const Device d = open_device(backend);
        const Buffer x = alloc(d, 16);
        char bytes[32] = {};
        const std::string why = ": the buffer has 16 bytes. Try: a larger buffer or a smaller range.";
        refused(gcn_buffer_write(x.get(), bytes, 17, 0), "write 17 bytes at offset 0" + why);
        refused(gcn_buffer_write(x.get(), bytes, 4, 13), "write 4 bytes at offset 13" + why);
        refused(gcn_buffer_write(x.get(), nullptr, 0, 17), "write 0 bytes at offset 17" + why);
        refused(gcn_buffer_read(x.get(), bytes, SIZE_MAX, 8),
                "read " + to_string(SIZE_MAX) + " bytes at offset 8" + why);
        refused(gcn_buffer_read(x.get(), bytes, 8, SIZE_MAX - 3),
                "read 8 bytes at offset " + to_string(SIZE_MAX - 3) + why);
        fine(gcn_buffer_write(x.get(), nullptr, 0, 16));
    }
}

TEST_CASE("more memory than there is, is refused") {
    for (const char* backend : backends) {
        const Device d = open_device(backend);
        for (size_t bytes : {SIZE_MAX, SIZE_MAX - 63, SIZE_MAX / 2 + 1, SIZE_MAX / 2}) {
            gcn_buffer* x = reinterpret_cast<gcn_buffer*>(1);
            CHECK(gcn_buffer_alloc(d.get(), bytes, &x) == GCN_FAILED);
            CHECK_THAT(gcn_error(), StartsWith("gcn: cannot allocate " + to_string(bytes) + " bytes"));
            CHECK(x == nullptr);
        }
        gcn_buffer* x = nullptr;
        refused(gcn_buffer_alloc(d.get(), SIZE_MAX, &x),
                "allocate " + to_string(SIZE_MAX) + " bytes: no memory is so large. Try: a smaller problem.",
                GCN_FAILED);
    }
}

TEST_CASE("a product that cannot be is refused with what is wrong about it") {
    const Device d = open_device("cpu");
    const auto refuse = [&](const std::function<void(gcn_gemm&)>& spoil, const std::string& sentence) {
        gcn_gemm g = gemm(2, 3, 4);
        spoil(g);
        gcn_plan* made = reinterpret_cast<gcn_plan*>(1);
        refused(gcn_plan_make(d.get(), &g, &made), sentence);
        CHECK(made == nullptr);
    };
    refuse([](gcn_gemm& g) { g.trans_a = 2; }, "plan a product: trans_a is 2. Try: GCN_NO_TRANS (0) or GCN_TRANS (1).");
    refuse([](gcn_gemm& g) { g.trans_b = -1; },
           "plan a product: trans_b is -1. Try: GCN_NO_TRANS (0) or GCN_TRANS (1).");
    refuse([](gcn_gemm& g) { g.trans_b = 257; },
           "plan a product: trans_b is 257. Try: GCN_NO_TRANS (0) or GCN_TRANS (1).");
    refuse([](gcn_gemm& g) { g.type = 256; }, "plan a product: type is 256. Try: GCN_F32 (0).");
    refuse([](gcn_gemm& g) { g.m = -2; }, "plan sgemm:nn:-2x3x4: m is -2, negative. Try: 0 or more for m.");
    refuse([](gcn_gemm& g) { g.ldb = 3; },
           "plan sgemm:nn:2x3x4:ldb=3: ldb is 3, less than the 4 rows of B as it lies in memory. Try: ldb=4 or more.");
}

TEST_CASE("struct gcn_gemm may be longer than this library knows, but not say more") {
    const Device d = open_device("cpu");
    struct Longer {
        gcn_gemm known;
        int64_t unknown;
    } g;
    gcn_plan* made = nullptr;
    std::memset(&g, 0xff, sizeof g);
    fine(gcn_gemm_init(&g.known, sizeof g, 2, 2, 2));
    CHECK(g.unknown == 0);
    fine(gcn_plan_make(d.get(), &g.known, &made));
    gcn_plan_free(made);
    g.unknown = int64_t(1) << 56;
    refused(gcn_plan_make(d.get(), &g.known, &made),
            "plan a product: a member of struct gcn_gemm is set that this library does not know. Try: a newer gcn.");

    const std::string remedy = ", not 104 to 4096. Try: gcn_gemm_init(&gemm, sizeof gemm, m, n, k).";
    for (size_t size : {size_t(0), size_t(103), size_t(4097)}) {
        g.known.size = uint32_t(size);
        const std::string why = "the size of struct gcn_gemm is " + to_string(size) + remedy;
        refused(gcn_plan_make(d.get(), &g.known, &made), "plan a product: " + why);
        refused(gcn_gemm_init(&g.known, size, 2, 2, 2), "call gcn_gemm_init: " + why);
    }
}

TEST_CASE("buffers that do not suit a plan are refused before it runs") {
    for (const char* backend : backends) {
        const Device d = open_device(backend), other = open_device(backend);
        const Buffer x = alloc(d, 64), y = alloc(d, 64), small = alloc(d, 63), c = alloc(d, 64), far = alloc(other, 64);
        const Plan p = plan(d, gemm(4, 4, 4));
        const auto run = [&](const Buffer& a, const Buffer& b, const Buffer& c) {
            return gcn_plan_run(p.get(), a.get(), b.get(), c.get(), nullptr);
        };
        const std::string task = "run " + std::string(gcn_plan_kernel(p.get())) + ": ",
                          short_by_one =
                              " has 63 bytes, the product needs 64 there. Try: a larger buffer or a "
                              "smaller product.",
                          foreign = " belongs to another device than the plan. Try: a buffer of the plan's device.",
                          own = " too. Try: a buffer of its own for C.";
        refused(run(small, y, c), task + "buffer a" + short_by_one);
        refused(run(x, small, c), task + "buffer b" + short_by_one);
        refused(run(x, y, small), task + "buffer c" + short_by_one);
        refused(run(far, y, c), task + "buffer a" + foreign);
        refused(run(x, far, c), task + "buffer b" + foreign);
        refused(run(x, y, far), task + "buffer c" + foreign);
        refused(run(x, y, x), task + "the buffer of C is used for A" + own);
        refused(run(x, y, y), task + "the buffer of C is used for B" + own);
        fine(run(x, x, c));

        gcn_gemm two = gemm(4, 4, 4);
        two.batch = 2;
        const Plan q = plan(d, two);
        const Buffer z = alloc(d, 64);
        using List = std::vector<gcn_buffer*>;
        const auto run_batch = [&](const List& a, const List& b, const List& c) {
            return gcn_plan_run_batch(q.get(), a.data(), b.data(), c.data(), c.size(), nullptr);
        };
        gcn_buffer *const u = x.get(), *const v = y.get(), *const w = c.get(), *const s = small.get();
        const std::string batch = "run " + std::string(gcn_plan_kernel(q.get())) + ": ";
        refused(run_batch({u, s}, {v, v}, {w, z.get()}), batch + "buffer a[1]" + short_by_one);
        refused(run_batch({u, u}, {v, far.get()}, {w, z.get()}), batch + "buffer b[1]" + foreign);
        refused(run_batch({u, u}, {v, v}, {w, w}), batch + "the buffer of C is used for another C of the batch" + own);
        refused(run_batch({u, w}, {v, v}, {w, z.get()}), batch + "the buffer of C is used for A" + own);
        refused(run_batch({u, u}, {v, v}, {w}),
                batch + "1 buffers were given for each matrix, the batch of the plan is 2.");
        refused(gcn_plan_run(q.get(), u, v, w, nullptr), batch +
                                                             "buffer a has 64 bytes, the product needs 128 there. "
                                                             "Try: a larger buffer or a smaller product.");
        fine(run_batch({u, u}, {v, v}, {w, z.get()}));
    }
}

TEST_CASE("handles may be freed in any order") {
    for (const char* backend : backends) {
        Device d = open_device(backend);
        const Plan p = plan(d, gemm(1, 1, 1));
        const Buffer a = filled(d, {3}), b = filled(d, {5}), c = alloc(d, 4);
        d.reset();
        fine(gcn_plan_run(p.get(), a.get(), b.get(), c.get(), nullptr));
        CHECK(values_of(c) == std::vector<float>{15});
    }
}

TEST_CASE("each thread has the sentence of its own last call, and freeing does not take it away") {
    gcn_device* d = nullptr;
    CHECK(gcn_device_open("vulkan", &d) == GCN_WRONG_USE);
    const std::string mine = gcn_error();
    std::thread([&] {
        CHECK(std::string(gcn_error()).empty());
        CHECK(gcn_device_open("glide", &d) == GCN_WRONG_USE);
        CHECK_THAT(gcn_error(), StartsWith("gcn: cannot open the backend glide: "));
    }).join();
    Device cpu;
    CHECK(gcn_error() == mine);
    gcn_device_close(nullptr), gcn_buffer_free(nullptr), gcn_plan_free(nullptr);
    CHECK(gcn_error() == mine);
    cpu = open_device("cpu");
    CHECK(std::string(gcn_error()).empty());
}

TEST_CASE("a lost device is a failure with its sentence, of every call, and another can be opened after it") {
    std::string sentence;
    {
        const Device d = open_device("hsa-software");
        const Plan p = plan(d, gemm(1, 1, 1));
        const Buffer a = filled(d, {3}), b = filled(d, {5}), c = alloc(d, 4);
        {
            // A kernel that reads where nothing is loses all devices of the process.
            const std::string code = gcn::test::contents(BUILD "/tests/kernels/hsa_scale.co");
            const auto faulty = gcn::open_backend("hsa-software");
            const auto kernel = faulty->load(std::as_bytes(std::span(code)), "hsa_scale");
            const struct {
                uint64_t in, out;
                uint32_t factor, count;
            } arguments{0x20000000, 0x20000000, 1, 64};
            CHECK_FALSE(faulty->launch(*kernel, {}, std::as_bytes(std::span(&arguments, 1))));
        }
        gcn_time time{-1, -1};
        CHECK(gcn_plan_run(p.get(), a.get(), b.get(), c.get(), &time) == GCN_FAILED);
        sentence = gcn_error();
        CHECK_THAT(sentence, StartsWith("gcn: cannot "));
        CHECK(time.us == -1);
        CHECK(gcn_device_lost(d.get()) == sentence);
        float value;
        CHECK(gcn_buffer_read(c.get(), &value, 4, 0) == GCN_FAILED);
        CHECK(gcn_error() == sentence);
    }
    CHECK_THAT(sentence, Catch::Contains("memory access fault at 0x20000000"));
    CHECK(gcn_device_lost(open_device("hsa-software").get()) == std::string());
}
