#pragma once
// gcn: dense matrix products on AMD Polaris (gfx803), or on a software Polaris when there is no card.
//
//     #include <cstdio>
//     #include <vector>
//     #include "gcn/gcn.hpp"
//
//     int main() try {
//         std::vector<float> x(512 * 512, 2), y(512 * 512);
//         gcn::Device device = gcn::Device::open();
//         gcn::Buffer a = device.alloc(x.size() * 4), b = device.alloc(x.size() * 4), c = device.alloc(y.size() * 4);
//         a.write(x.data(), a.bytes()), b.write(x.data(), b.bytes());
//         gcn::Plan plan = gcn::plan(device, {.m = 512, .n = 512, .k = 512});  // C = A * B
//         const auto time = plan.run(a, b, c);  // as often as needed
//         if (!time) return std::puts(device.lost().c_str()), 1;
//         c.read(y.data(), c.bytes());
//         std::printf("C(0, 0) = %g on %s in %s\n", y[0], std::string(device.name()).c_str(), text(*time).c_str());
//     } catch (const gcn::Error& e) { return std::puts(e.what()), int(e.fault); }
//
//     g++ -std=c++20 -Iinclude example.cpp build/libgcn.a -ldl -pthread
//
// At run time backend "hsa" wants libhsa-runtime64.so.1 and, without a card, libgcn-emu.so: beside the program, a
// folder above it, in ../lib/gcn of it, or in PREFIX/lib/gcn. Backend "cpu" takes libopenblas.so.0 if there is one.
//
// Opening, allocating and planning may throw gcn::Error and may be slow. Running neither throws nor allocates.
//
// Device, Buffer and Plan are handles: copies mean the same thing. Buffers and Plans keep their Device open. One made
// by default is empty, and may only be assigned to. A Device, its Buffers and its Plans may be used by one thread at a
// time, different Devices by different threads at once.
//
// A memory fault of a kernel loses all Devices of backend "hsa" in the process, which share one runtime; other faults
// lose its own Device. To go on, let go of every lost Device with its Buffers and Plans, then open again.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gcn/error.hpp"

namespace gcn {

enum class Trans : uint8_t { No, Yes };
enum class Scalar : uint8_t { F32 };

// C = alpha * op(A) * op(B) + beta * C, column major as in BLAS: op(A) is m x k, op(B) is k x n, C is m x n.
// Leading dimensions count elements; 0 means tightly packed. With beta = 0, C is not read; with alpha = 0, neither A
// nor B is. Sizes may be 0: without m or n there is nothing to do, without k the product is zero.
struct Gemm {
    int64_t m, n, k;
    Trans a = Trans::No, b = Trans::No;
    Scalar type = Scalar::F32;
    float alpha = 1, beta = 0;
    int64_t lda = 0, ldb = 0, ldc = 0;

    // How many such products, and how many elements from one's matrix to the next one's: 0 means one after the other,
    // tightly, and shared (A and B only) the same matrix for all.
    int64_t batch = 1;
    int64_t stride_a = 0, stride_b = 0, stride_c = 0;
    static constexpr int64_t shared = -1;
    bool operator==(const Gemm&) const = default;
};

// Where a time comes from: a card's clock, the software Polaris' model, or the clock of the host.
enum class TimeKind : uint8_t { Measured, Modelled, Host };

struct Time {
    double us;  // NaN: the software Polaris gave up modelling it (docs/timing.md, "none")
    TimeKind kind;
};
std::string text(Time);  // "31420.0 us modelled"; the only way to print one

// Memory that the device can use; freed with its last copy. Copies share the memory.
class Buffer {
public:
    // Copy from and to host memory; complete on return. gcn::Error when the range is outside or the device was lost.
    void write(const void* from, size_t bytes, size_t offset = 0);
    void read(void* to, size_t bytes, size_t offset = 0) const;
    size_t bytes() const;
    void* host() const;  // of pinned memory, and on backend cpu: where the host may use it between runs; else nullptr

private:
    friend class Device;
    friend class Plan;
    std::shared_ptr<struct BufferImpl> impl;
};

// Bytes of device memory: all there is, how much of it may be used, what Buffers use, what is kept for the next ones.
struct MemoryUse {
    uint64_t device = 0, limit = 0, used = 0, kept = 0;
};

class Device {
public:
    // `backend`: "hsa", "drm" (a card, else software), "hsa-software", "drm-software" or "cpu". Empty: $GCN_BACKEND,
    // else the first that opens. gcn::Error with Fault::NoDevice and all reasons when none does. What is no card says
    // so in a line on stderr, once per process. GCN_EMU_* choose the software Polaris: docs/environment.md.
    static Device open(std::string_view backend = {});
    static std::vector<std::string> backends();  // in order of preference

    // With anything in it: memory that was freed is kept and given again. gcn::Error beyond the limit.
    Buffer alloc(size_t bytes);
    // Memory of the host that kernels use as it is, over the bus: no copies, but slow to read twice. Not counted.
    Buffer alloc_pinned(size_t bytes);
    MemoryUse memory() const;
    void limit_memory(uint64_t bytes);  // what Buffers may use together; 0: all that the device has
    void trim_memory();                 // gives what is kept back to the device
    std::string_view backend() const;
    std::string_view name() const;  // "AMD Radeon RX 590", "AMD Radeon RX 590 (software, host clock)"
    TimeKind time_kind() const;     // of every time it returns; Measured: it is a card
    double peak_gflops() const;  // f32 multiply and add of all lanes at the device's clock; 0 when time is the host's

    // The sentence that says why the device was lost (a fault of a kernel); empty while it lives.
    std::string lost() const;

private:
    friend class Plan;
    friend class Plan plan(const Device&, const Gemm&);
    std::shared_ptr<struct DeviceImpl> impl;
};

class Plan {
public:
    // Computes the product; C is complete on return. Nothing when the device was lost: Device::lost() says why. Buffers
    // of another Device or smaller than the problem, or C overlapping A or B, end the program with a sentence.
    [[nodiscard]] std::optional<Time> run(const Buffer& a, const Buffer& b, Buffer& c) noexcept;
    // The same for a batch whose matrices lie anywhere: `batch` Buffers each, with one matrix at the beginning of each.
    [[nodiscard]] std::optional<Time> run(std::span<const Buffer> a, std::span<const Buffer> b,
                                          std::span<Buffer> c) noexcept;
    std::string kernel() const;    // "sgemm_nt_128x128"
    std::string describe() const;  // "sgemm_nt_128x128 on hsa, grid 8x8, 2 waves per SIMD; ..." and why others lost

private:
    friend Plan plan(const Device&, const Gemm&);
    std::shared_ptr<struct PlanImpl> impl;
};

// The kernel predicted to be the fastest, or $GCN_KERNEL; remembered: the same problem again costs under a microsecond.
// gcn::Error with the objections when none can.
Plan plan(const Device&, const Gemm&);

// The product of matrices in host memory: copied to the device, and C back. What does not fit, or is larger than any
// kernel takes, goes block by block, k too if need be (then sums are rounded between blocks). The time is the device's,
// without copies. gcn::Error when it could not be done; C is then undefined.
Time multiply(Device&, const Gemm&, const float* a, const float* b, float* c);

}  // namespace gcn
