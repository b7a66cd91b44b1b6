#pragma once
// gcn: dense matrix products on AMD Polaris (gfx803), or on a software Polaris when there is no card.
//
//     gcn::Device device = gcn::Device::open();      // the best there is; says so when it is not a card
//     gcn::Plan   plan   = gcn::plan(device, {.m = 1024, .n = 1024, .k = 512, .b = gcn::Trans::Yes});
//     plan.run(a, b, c);                             // as often as needed
//
// Opening, allocating and planning may throw gcn::Error and may be slow. Running neither throws nor allocates.
// A Device, its Buffers and its Plans may be used by one thread at a time; different Devices are independent.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gcn/error.hpp"

namespace gcn {

enum class Trans : uint8_t { No, Yes };
enum class Scalar : uint8_t { F32 };

// C = alpha * op(A) * op(B) + beta * C, column major as in BLAS: op(A) is m x k, op(B) is k x n, C is m x n.
// Leading dimensions count elements; 0 means tightly packed. With beta = 0, C is not read; with alpha = 0, neither A
// nor B is.
struct Gemm {
    int64_t m, n, k;
    Trans a = Trans::No, b = Trans::No;
    Scalar type = Scalar::F32;
    float alpha = 1, beta = 0;
    int64_t lda = 0, ldb = 0, ldc = 0;
};

// Where a time comes from: a card's clock, the software Polaris' model, or the clock of the host.
enum class TimeKind : uint8_t { Measured, Modelled, Host };

struct Time {
    double us;
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

private:
    friend class Device;
    friend class Plan;
    std::shared_ptr<struct BufferImpl> impl;
};

class Device {
public:
    // `backend` is "hsa" (a card if there is one, else software), "hsa-software" or "cpu". Empty: $GCN_BACKEND, else
    // the first that opens. gcn::Error with Fault::NoDevice and every backend's reason when none does.
    static Device open(std::string_view backend = {});
    static std::vector<std::string> backends();  // in order of preference

    Buffer alloc(size_t bytes);
    std::string_view backend() const;
    std::string_view name() const;  // "AMD Radeon RX 590", "AMD Radeon RX 590 (software, host clock)"
    TimeKind time_kind() const;     // of every time it returns
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
    // Computes the product and waits. Nothing when the device was lost: Device::lost() says why. Buffers smaller than
    // the problem, or C overlapping A or B, are a GCN_ASSERT.
    [[nodiscard]] std::optional<Time> run(const Buffer& a, const Buffer& b, Buffer& c) noexcept;
    std::string kernel() const;    // "sgemm_nt_128x128"
    std::string describe() const;  // "sgemm_nt_128x128 on hsa, grid 8x8, 2 waves per SIMD; ..." and why others lost

private:
    friend Plan plan(const Device&, const Gemm&);
    std::shared_ptr<struct PlanImpl> impl;
};

// The fastest applicable kernel. gcn::Error with every kernel's objection when there is none.
Plan plan(const Device&, const Gemm&);

}  // namespace gcn
