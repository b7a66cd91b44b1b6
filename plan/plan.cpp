#include "plan/plan.hpp"

#include <cstdlib>
#include <span>

#include "backend/embedded.hpp"
#include "plan/problem.hpp"

namespace gcn {

static CpuSgemmArgs arguments_of(const Gemm& g) {
    CpuSgemmArgs args{};
    args.gemm.m = uint32_t(g.m);
    args.gemm.n = uint32_t(g.n);
    args.gemm.k = uint32_t(g.k);
    args.gemm.lda = uint32_t(stored_a(g).step());
    args.gemm.ldb = uint32_t(stored_b(g).step());
    args.gemm.ldc = uint32_t(stored_c(g).step());
    args.gemm.alpha = g.alpha;
    args.gemm.beta = g.beta;
    args.trans_a = uint32_t(g.a);
    args.trans_b = uint32_t(g.b);
    return args;
}

static Grid grid_of(const KernelRow& k, const Gemm& g) {
    const auto tiles = [](int64_t size, int tile) { return uint32_t((size + tile - 1) / tile); };
    return {tiles(g.m, k.tile_m), tiles(g.n, k.tile_n), 1, uint32_t(k.lanes)};
}

static std::span<const std::byte> code_of(const KernelRow& k) {
    const GcnEmbedded* code = find_embedded(k.name);
    return code ? std::span(code->data, code->bytes) : std::span<const std::byte>();
}

// Loads the cheapest kernel that the device accepts. A refusal (no OpenBLAS here, say) leaves the next its turn; when
// nothing is left, it is the error.
static void load_first(PlanImpl& plan, std::span<const Candidate> able) {
    for (const Candidate& c : able) {
        if (plan.kernel) {
            plan.losers += "; " + std::string(c.kernel->name) + ": predicted slower";
            continue;
        }
        try {
            plan.kernel = plan.device->backend->load(code_of(*c.kernel), c.kernel->name);
            plan.row = c.kernel;
        } catch (const Error& refusal) {
            if (c.kernel == able.back().kernel) throw;
            plan.losers += "; " + std::string(c.kernel->name) + ": " + refusal.what();
        }
    }
}

std::shared_ptr<PlanImpl> PlanImpl::make(std::shared_ptr<DeviceImpl> device, const Gemm& g, std::string_view forced) {
    validate(g);
    auto plan = std::make_shared<PlanImpl>();
    plan->device = std::move(device);
    plan->gemm = g;
    load_first(*plan, candidates(g, plan->device->info, forced));
    for (const KernelRow& k : kernel_rows())
        if (auto why = objection(k, g, plan->device->info); !why.empty())
            plan->losers += "; " + std::string(k.name) + ": " + why;
    plan->grid = grid_of(*plan->row, g);
    plan->arguments = arguments_of(g);
    return plan;
}

static bool overlap(const Memory& x, size_t x_bytes, const Memory& y, size_t y_bytes) {
    return x_bytes && y_bytes && x.address < y.address + y_bytes && y.address < x.address + x_bytes;
}

std::optional<Time> PlanImpl::run(const Memory& a, const Memory& b, const Memory& c) const noexcept {
    const size_t a_bytes = stored_a(gemm).bytes(), b_bytes = stored_b(gemm).bytes(), c_bytes = stored_c(gemm).bytes();
    GCN_ASSERT(a.bytes >= a_bytes);
    GCN_ASSERT(b.bytes >= b_bytes);
    GCN_ASSERT(c.bytes >= c_bytes);
    GCN_ASSERT(!overlap(c, c_bytes, a, a_bytes));
    GCN_ASSERT(!overlap(c, c_bytes, b, b_bytes));
    if (c_bytes == 0) return Time{0, device->info.time_kind};

    CpuSgemmArgs args = arguments;
    args.gemm.a = a.address;
    args.gemm.b = b.address;
    args.gemm.c = c.address;
    const size_t used = row->runs == Runs::Cpu ? sizeof args : sizeof args.gemm;
    return device->backend->launch(*kernel, grid, std::as_bytes(std::span(&args, 1)).first(used));
}

std::optional<Time> Plan::run(const Buffer& a, const Buffer& b, Buffer& c) noexcept {
    GCN_ASSERT(impl && a.impl && b.impl && c.impl);
    GCN_ASSERT(a.impl->device == impl->device && b.impl->device == impl->device && c.impl->device == impl->device);
    return impl->run(*a.impl->memory, *b.impl->memory, *c.impl->memory);
}

std::string Plan::kernel() const {
    GCN_ASSERT(impl);
    return std::string(impl->row->name);
}

std::string Plan::describe() const {
    GCN_ASSERT(impl);
    const KernelRow& k = *impl->row;
    std::string s = kernel() + " on " + impl->device->info.backend;
    if (k.runs == Runs::Gpu)
        s += ", grid " + std::to_string(impl->grid.x) + "x" + std::to_string(impl->grid.y) + ", " +
             std::to_string(waves_per_simd(k)) + " waves per SIMD";
    return s + impl->losers;
}

Plan plan(const Device& device, const Gemm& g) {
    GCN_ASSERT(device.impl);
    const char* forced = std::getenv("GCN_KERNEL");
    Plan plan;
    plan.impl = PlanImpl::make(device.impl, g, forced ? forced : "");
    return plan;
}

}  // namespace gcn
