// The C interface of gcn.h over the C++ one of gcn.hpp. Every mistake that the latter answers with an assertion is
// refused here before it gets there.

#include "gcn/gcn.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gcn/gcn.hpp"

using gcn::Fault;

// The public classes do not say which device is theirs, so handles carry its number.
struct gcn_device {
    gcn::Device device;
    int64_t number;
    std::string backend, name, lost;
};
struct gcn_buffer {
    gcn::Buffer buffer;
    int64_t device_number;
};
struct gcn_plan {
    gcn::Device device;
    int64_t device_number;
    gcn::Gemm gemm;
    gcn::Plan plan;
    std::string kernel, description;
};

namespace {

static_assert(GCN_FAILED == int(Fault::Failed) && GCN_WRONG_USE == int(Fault::WrongUse));
static_assert(GCN_NO_DEVICE == int(Fault::NoDevice));
static_assert(GCN_NO_TRANS == int(gcn::Trans::No) && GCN_TRANS == int(gcn::Trans::Yes));
static_assert(GCN_F32 == int(gcn::Scalar::F32) && GCN_SHARED == gcn::Gemm::shared);
static_assert(GCN_MEASURED == int(gcn::TimeKind::Measured) && GCN_MODELLED == int(gcn::TimeKind::Modelled));
static_assert(GCN_HOST == int(gcn::TimeKind::Host));

// Callers know struct gcn_gemm by its bytes: no padding, and no shorter than its first version.
constexpr size_t first_size = 104, largest_size = 4096;
static_assert(sizeof(gcn_gemm) == first_size && offsetof(gcn_gemm, stride_c) == first_size - sizeof(int64_t));

// ---- failures ------------------------------------------------------------------------------------------------------

thread_local std::string sentence;   // of this thread's last call
thread_local const char* said = "";  // `sentence`, or a text for which there is always memory
thread_local std::string time_text;

int remember(const char* text, Fault fault) {
    try {
        sentence = text;
        said = sentence.c_str();
    } catch (const std::bad_alloc&) {
        said = "gcn: cannot go on: out of memory.";
    }
    return int(fault);
}

// Does the work of a call, of which no exception may be seen.
template <class F> int status_of(F&& work) {
    said = "";
    try {
        work();
        return GCN_OK;
    } catch (const gcn::Error& e) {
        return remember(e.what(), e.fault);
    } catch (const std::bad_alloc&) {
        return remember("gcn: cannot go on: out of memory.", Fault::Failed);
    } catch (const std::exception& e) {
        return remember(("gcn: cannot go on: " + std::string(e.what()) + ".").c_str(), Fault::Failed);
    }
}

// The same for calls that return a value.
template <class R, class F> R value_of(R when_refused, F&& work) {
    R value = when_refused;
    status_of([&] { value = work(); });
    return value;
}

[[noreturn]] void refuse(std::string what, std::string why, std::string remedy = {}) {
    gcn::fail({std::move(what), std::move(why), std::move(remedy), Fault::WrongUse});
}

void require(const void* pointer, const char* call, const char* argument, const char* remedy) {
    if (!pointer) refuse(std::string("call ") + call, std::string(argument) + " is NULL", remedy);
}
void require(const gcn_device* d, const char* call) {
    require(d, call, "its device", "a device that gcn_device_open made");
}
void require(const gcn_buffer* b, const char* call) {
    require(b, call, "its buffer", "a buffer that gcn_buffer_alloc made");
}
void require(const gcn_plan* p, const char* call) { require(p, call, "its plan", "a plan that gcn_plan_make made"); }
void require_place(const void* place, const char* call, const char* argument) {
    require(place, call, argument, "the address of a variable");
}

// ---- products ------------------------------------------------------------------------------------------------------

// One matrix of each product, as gcn.hpp describes it. The plan was made, so that no sum or product here overflows.
struct Matrix {
    int64_t rows, columns, ld, stride;

    int64_t one() const { return rows && columns ? (columns - 1) * (ld ? ld : rows) + rows : 0; }
    int64_t step() const {
        const int64_t column = columns > 1 && ld ? ld : rows;
        return stride == gcn::Gemm::shared ? 0 : stride ? stride : column * columns;
    }
    int64_t all(int64_t batch) const { return batch && one() ? (batch - 1) * step() + one() : 0; }
};
Matrix matrix_a(const gcn::Gemm& g) {
    const bool as_it_is = g.a == gcn::Trans::No;
    return {as_it_is ? g.m : g.k, as_it_is ? g.k : g.m, g.lda, g.stride_a};
}
Matrix matrix_b(const gcn::Gemm& g) {
    const bool as_it_is = g.b == gcn::Trans::No;
    return {as_it_is ? g.k : g.n, as_it_is ? g.n : g.k, g.ldb, g.stride_b};
}
Matrix matrix_c(const gcn::Gemm& g) { return {g.m, g.n, g.ldc, g.stride_c}; }

struct Bytes {
    size_t a, b, c;
};
Bytes bytes_in_all(const gcn::Gemm& g) {
    const auto bytes = [&](const Matrix& m) { return size_t(m.all(g.batch)) * sizeof(float); };
    return {bytes(matrix_a(g)), bytes(matrix_b(g)), bytes(matrix_c(g))};
}
Bytes bytes_of_one(const gcn::Gemm& g) {
    const auto bytes = [&](const Matrix& m) { return size_t(m.one()) * sizeof(float); };
    return {bytes(matrix_a(g)), bytes(matrix_b(g)), bytes(matrix_c(g))};
}

gcn::Trans trans(const char* name, int32_t value) {
    if (value == GCN_NO_TRANS || value == GCN_TRANS) return gcn::Trans(value);
    refuse("plan a product", std::string(name) + " is " + std::to_string(value), "GCN_NO_TRANS (0) or GCN_TRANS (1)");
}

void require_size(const char* what, size_t size) {
    if (size >= first_size && size <= largest_size) return;
    refuse(what,
           "the size of struct gcn_gemm is " + std::to_string(size) + ", not " + std::to_string(first_size) + " to " +
               std::to_string(largest_size),
           "gcn_gemm_init(&gemm, sizeof gemm, m, n, k)");
}

// A caller who knows more members than this library may only use those that both know.
gcn::Gemm gemm_of(const gcn_gemm& g) {
    require_size("plan a product", g.size);
    const auto* bytes = reinterpret_cast<const unsigned char*>(&g);
    if (std::any_of(bytes + std::min<size_t>(g.size, sizeof g), bytes + g.size, [](unsigned char b) { return b; }))
        refuse("plan a product", "a member of struct gcn_gemm is set that this library does not know", "a newer gcn");
    if (g.type != GCN_F32) refuse("plan a product", "type is " + std::to_string(g.type), "GCN_F32 (0)");
    return {.m = g.m,
            .n = g.n,
            .k = g.k,
            .a = trans("trans_a", g.trans_a),
            .b = trans("trans_b", g.trans_b),
            .type = gcn::Scalar(g.type),
            .alpha = g.alpha,
            .beta = g.beta,
            .lda = g.lda,
            .ldb = g.ldb,
            .ldc = g.ldc,
            .batch = g.batch,
            .stride_a = g.stride_a,
            .stride_b = g.stride_b,
            .stride_c = g.stride_c};
}

// ---- running -------------------------------------------------------------------------------------------------------

using Buffers = std::span<const gcn_buffer* const>;

// "b", or of a list "b[3]".
std::string label(char matrix, size_t i, Buffers list) {
    return std::string(1, matrix) + (list.size() == 1 ? "" : "[" + std::to_string(i) + "]");
}

// Text is made only for a refusal: a run that is right allocates nothing here, unless it is of a list.
void require_usable(const gcn_plan& plan, char matrix, Buffers list, size_t bytes) {
    for (size_t i = 0; i < list.size(); ++i) {
        const bool same_device = list[i] && list[i]->device_number == plan.device_number;
        if (same_device && list[i]->buffer.bytes() >= bytes) continue;
        const std::string what = "run " + plan.kernel, which = "buffer " + label(matrix, i, list);
        if (!list[i]) refuse(what, which + " is NULL", "a buffer that gcn_buffer_alloc made");
        if (!same_device)
            refuse(what, which + " belongs to another device than the plan", "a buffer of the plan's device");
        refuse(what,
               which + " has " + std::to_string(list[i]->buffer.bytes()) + " bytes, the product needs " +
                   std::to_string(bytes) + " there",
               "a larger buffer or a smaller product");
    }
}

// A buffer that is written may be nothing else at the same time.
void require_apart(const gcn_plan& plan, Buffers a, Buffers b, Buffers c, const Bytes& bytes) {
    if (!bytes.c) return;
    const auto require = [&](bool apart, const char* use) {
        if (apart) return;
        refuse("run " + plan.kernel, "the buffer of C is used for " + std::string(use) + " too",
               "a buffer of its own for C");
    };
    std::vector<const gcn_buffer*> sorted;
    if (c.size() > 1) {
        sorted.assign(c.begin(), c.end());
        std::sort(sorted.begin(), sorted.end());
        c = sorted;
        require(std::adjacent_find(c.begin(), c.end()) == c.end(), "another C of the batch");
    }
    const auto is_written = [&](const gcn_buffer* x) { return std::binary_search(c.begin(), c.end(), x); };
    require(!bytes.a || std::none_of(a.begin(), a.end(), is_written), "A");
    require(!bytes.b || std::none_of(b.begin(), b.end(), is_written), "B");
}

void require_runnable(const gcn_plan& plan, Buffers a, Buffers b, Buffers c, const Bytes& bytes) {
    require_usable(plan, 'a', a, bytes.a);
    require_usable(plan, 'b', b, bytes.b);
    require_usable(plan, 'c', c, bytes.c);
    require_apart(plan, a, b, c, bytes);
}

std::vector<gcn::Buffer> handles(Buffers list) {
    std::vector<gcn::Buffer> all;
    for (const gcn_buffer* x : list) all.push_back(x->buffer);
    return all;
}

void finish(const gcn_plan& plan, std::optional<gcn::Time> took, gcn_time* time) {
    if (!took) {
        const std::string lost = plan.device.lost();
        if (lost.empty()) gcn::fail({"run " + plan.kernel, "the device does not say why"});
        throw gcn::Error(Fault::Failed, lost);
    }
    if (time) *time = {took->us, int32_t(took->kind)};
}

void run_one(gcn_plan& plan, const gcn_buffer* a, const gcn_buffer* b, gcn_buffer* c, gcn_time* time) {
    const gcn_buffer* const written = c;
    require_runnable(plan, {&a, 1}, {&b, 1}, {&written, 1}, bytes_in_all(plan.gemm));
    finish(plan, plan.plan.run(a->buffer, b->buffer, c->buffer), time);
}

}  // namespace

// ---- the calls -----------------------------------------------------------------------------------------------------

const char* gcn_error() { return said; }

// ---- devices

int gcn_device_open(const char* backend, gcn_device** device) {
    static std::atomic<int64_t> last = 0;
    return status_of([&] {
        require_place(device, "gcn_device_open", "device");
        *device = nullptr;
        gcn::Device opened = gcn::Device::open(backend ? backend : "");
        *device = new gcn_device{opened, ++last, std::string(opened.backend()), std::string(opened.name()), {}};
    });
}

void gcn_device_close(gcn_device* device) { delete device; }

const char* gcn_device_backend(const gcn_device* device) {
    return value_of<const char*>(nullptr, [&] {
        require(device, "gcn_device_backend");
        return device->backend.c_str();
    });
}

const char* gcn_device_name(const gcn_device* device) {
    return value_of<const char*>(nullptr, [&] {
        require(device, "gcn_device_name");
        return device->name.c_str();
    });
}

int gcn_device_time_kind(const gcn_device* device) {
    return value_of(-1, [&] {
        require(device, "gcn_device_time_kind");
        return int(device->device.time_kind());
    });
}

double gcn_device_peak_gflops(const gcn_device* device) {
    return value_of(-1.0, [&] {
        require(device, "gcn_device_peak_gflops");
        return device->device.peak_gflops();
    });
}

const char* gcn_device_lost(gcn_device* device) {
    return value_of<const char*>(nullptr, [&] {
        require(device, "gcn_device_lost");
        // Asked for again it is the same sentence, which callers may still hold.
        if (device->lost.empty()) device->lost = device->device.lost();
        return device->lost.c_str();
    });
}

// ---- memory

int gcn_buffer_alloc(gcn_device* device, size_t bytes, gcn_buffer** buffer) {
    return status_of([&] {
        require_place(buffer, "gcn_buffer_alloc", "buffer");
        *buffer = nullptr;
        require(device, "gcn_buffer_alloc");
        // Rounded up to an alignment, sizes near the end of the range would become small ones.
        if (bytes > PTRDIFF_MAX)
            gcn::fail({"allocate " + std::to_string(bytes) + " bytes", "no memory is so large", "a smaller problem"});
        *buffer = new gcn_buffer{device->device.alloc(bytes), device->number};
    });
}

void gcn_buffer_free(gcn_buffer* buffer) { delete buffer; }

int gcn_buffer_bytes(const gcn_buffer* buffer, size_t* bytes) {
    return status_of([&] {
        require(buffer, "gcn_buffer_bytes");
        require_place(bytes, "gcn_buffer_bytes", "bytes");
        *bytes = buffer->buffer.bytes();
    });
}

int gcn_buffer_write(gcn_buffer* buffer, const void* from, size_t bytes, size_t offset) {
    return status_of([&] {
        require(buffer, "gcn_buffer_write");
        if (bytes) require_place(from, "gcn_buffer_write", "from");
        buffer->buffer.write(from, bytes, offset);
    });
}

int gcn_buffer_read(const gcn_buffer* buffer, void* to, size_t bytes, size_t offset) {
    return status_of([&] {
        require(buffer, "gcn_buffer_read");
        if (bytes) require_place(to, "gcn_buffer_read", "to");
        buffer->buffer.read(to, bytes, offset);
    });
}

// ---- products

int gcn_gemm_init(gcn_gemm* gemm, size_t size, int64_t m, int64_t n, int64_t k) {
    return status_of([&] {
        require_place(gemm, "gcn_gemm_init", "gemm");
        require_size("call gcn_gemm_init", size);
        std::memset(gemm, 0, size);
        gemm->size = uint32_t(size);
        gemm->m = m;
        gemm->n = n;
        gemm->k = k;
        gemm->alpha = 1;
        gemm->batch = 1;
    });
}

int gcn_plan_make(gcn_device* device, const gcn_gemm* gemm, gcn_plan** plan) {
    return status_of([&] {
        require_place(plan, "gcn_plan_make", "plan");
        *plan = nullptr;
        require(device, "gcn_plan_make");
        require_place(gemm, "gcn_plan_make", "gemm");
        const gcn::Gemm g = gemm_of(*gemm);
        gcn::Plan made = gcn::plan(device->device, g);
        *plan = new gcn_plan{device->device, device->number, g, made, made.kernel(), made.describe()};
    });
}

void gcn_plan_free(gcn_plan* plan) { delete plan; }

const char* gcn_plan_kernel(const gcn_plan* plan) {
    return value_of<const char*>(nullptr, [&] {
        require(plan, "gcn_plan_kernel");
        return plan->kernel.c_str();
    });
}

const char* gcn_plan_describe(const gcn_plan* plan) {
    return value_of<const char*>(nullptr, [&] {
        require(plan, "gcn_plan_describe");
        return plan->description.c_str();
    });
}

int gcn_plan_bytes(const gcn_plan* plan, size_t* a, size_t* b, size_t* c) {
    return status_of([&] {
        require(plan, "gcn_plan_bytes");
        const Bytes least = bytes_in_all(plan->gemm);
        if (a) *a = least.a;
        if (b) *b = least.b;
        if (c) *c = least.c;
    });
}

int gcn_plan_run(gcn_plan* plan, const gcn_buffer* a, const gcn_buffer* b, gcn_buffer* c, gcn_time* time) {
    return status_of([&] {
        require(plan, "gcn_plan_run");
        run_one(*plan, a, b, c, time);
    });
}

int gcn_plan_run_batch(gcn_plan* plan, const gcn_buffer* const* a, const gcn_buffer* const* b, gcn_buffer* const* c,
                       size_t count, gcn_time* time) {
    return status_of([&] {
        require(plan, "gcn_plan_run_batch");
        if (int64_t(count) != plan->gemm.batch)
            refuse("run " + plan->kernel, std::to_string(count) +
                                              " buffers were given for each matrix, the batch of the plan is " +
                                              std::to_string(plan->gemm.batch));
        if (count == 0) return finish(*plan, gcn::Time{0, plan->device.time_kind()}, time);
        for (const auto& [list, name] : {std::pair<const void*, const char*>(a, "a"), {b, "b"}, {c, "c"}})
            require(list, "gcn_plan_run_batch", name, "a list of buffers");
        if (count == 1) return run_one(*plan, *a, *b, *c, time);
        require_runnable(*plan, {a, count}, {b, count}, {c, count}, bytes_of_one(plan->gemm));
        std::vector<gcn::Buffer> all_c = handles({c, count});
        finish(*plan, plan->plan.run(handles({a, count}), handles({b, count}), all_c), time);
    });
}

const char* gcn_time_text(const gcn_time* time) {
    return value_of<const char*>(nullptr, [&] {
        require_place(time, "gcn_time_text", "time");
        if (time->kind < GCN_MEASURED || time->kind > GCN_HOST)
            refuse("print a time", "its kind is " + std::to_string(time->kind),
                   "GCN_MEASURED (0), GCN_MODELLED (1) or GCN_HOST (2)");
        time_text = gcn::text({time->us, gcn::TimeKind(time->kind)});
        return time_text.c_str();
    });
}
