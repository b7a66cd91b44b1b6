#pragma once
// Which kernels compute a problem, and which is predicted to be the fastest. Touches no device.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.hpp"

namespace gcn {

enum class Runs : uint8_t { Gpu, Cpu };
enum class Takes : uint8_t { No, Yes, Any };  // a Trans, or either

// A row of plan/kernels.def.
struct KernelRow {
    std::string_view name;
    Runs runs;
    Takes a, b;
    int tile_m, tile_n, k_step, lanes;
    int64_t largest_size, largest_k, largest_bytes;
    int rate;
    bool batches;                     // one launch computes all products of a batch
    std::span<const std::byte> code;  // its code object, found by its name
};
std::span<const KernelRow> kernel_rows();
void add_kernel(const KernelRow&);  // before anything is planned; what it points to must stay
const KernelRow* find_kernel(std::string_view name);

bool runs_on(const KernelRow&, const DeviceInfo&);
bool takes(Takes, Trans);
std::string layout(const KernelRow&);  // "nt", or "any"

// What a GPU kernel takes, as its code object says; all zero for a kernel of the cpu.
struct Resources {
    int vgprs = 0, sgprs = 0, lds_bytes = 0;
    size_t code_bytes = 0;
};
Resources resources(const KernelRow&);
int waves_per_simd(const KernelRow&);  // what registers and LDS leave room for

// Why the kernel cannot compute the problem on the device; empty when it can.
std::string objection(const KernelRow&, const Gemm&, const DeviceInfo&);

// The objections of all kernels that cannot: "sgemm_nn_16x16 and 10 more: it computes nn, this is nt; ...".
std::string objections(const Gemm&, const DeviceInfo&);

// Predicted cycles (cost.cpp); nothing when the kernel cannot.
std::optional<double> cost(const KernelRow&, const Gemm&, const DeviceInfo&);

struct Candidate {
    const KernelRow* kernel;
    double cost;
};

// The kernels that can, cheapest first. `forced`, unless empty, names the only one to consider: gcn::Error with its
// objection when it cannot. gcn::Error with every kernel's objection when none can.
std::vector<Candidate> candidates(const Gemm&, const DeviceInfo&, std::string_view forced);

}  // namespace gcn
