#include "plan/plan.hpp"

#include <cstdio>
#include <cstdlib>
#include <span>
#include <tuple>

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
    args.gemm.stride_a = uint32_t(stride_a(g));
    args.gemm.stride_b = uint32_t(stride_b(g));
    args.gemm.stride_c = uint32_t(stride_c(g));
    args.trans_a = uint32_t(g.a);
    args.trans_b = uint32_t(g.b);
    return args;
}

static Grid grid_of(const KernelRow& k, const Gemm& g) {
    const auto tiles = [](int64_t size, int tile) { return uint32_t((size + tile - 1) / tile); };
    return {tiles(g.m, k.tile_m), tiles(g.n, k.tile_n), k.batches ? uint32_t(g.batch) : 1, uint32_t(k.lanes)};
}

std::shared_ptr<Kernel> Choices::load(const DeviceImpl& device, const KernelRow& row) {
    std::shared_ptr<Kernel>& kernel = kernels[&row];
    if (!kernel) kernel = device.backend->load(row.code, row.name);
    return kernel;
}

// Loads the cheapest kernel that the device accepts. A refusal (no OpenBLAS here, say) leaves the next its turn; when
// nothing is left, it is the error.
void Choices::load_first(Choice& choice, const DeviceImpl& device, std::span<const Candidate> able) {
    double chosen_cost = 1;
    for (const Candidate& c : able) {
        if (choice.kernel) {
            char times[32];
            std::snprintf(times, sizeof times, "%.2f", c.cost / chosen_cost);
            choice.losers += "; " + std::string(c.kernel->name) + ": predicted to take " + times + " times as long";
            continue;
        }
        try {
            choice.kernel = load(device, *c.kernel);
            choice.row = c.kernel;
            chosen_cost = c.cost;
        } catch (const Error& refusal) {
            if (c.kernel == able.back().kernel) throw;
            choice.losers += "; " + std::string(c.kernel->name) + ": " + refusal.what();
        }
    }
}

std::shared_ptr<const Choice> Choices::make(const DeviceImpl& device, const Gemm& g, std::string_view forced) {
    validate(g);
    auto choice = std::make_shared<Choice>();
    load_first(*choice, device, candidates(g, device.info, forced));
    if (const std::string others = objections(g, device.info); !others.empty()) choice->losers += "; " + others;
    choice->grid = grid_of(*choice->row, g);
    choice->arguments = arguments_of(g);
    return choice;
}

size_t Choices::Hash::operator()(const Problem& p) const {
    size_t hash = std::hash<std::string>()(p.forced);
    const auto add = [&](uint64_t x) { hash = (hash ^ x) * 0x9e3779b97f4a7c15 ^ hash >> 29; };
    const Gemm& g = p.gemm;
    for (const int64_t x : {g.m, g.n, g.k, g.lda, g.ldb, g.ldc, g.batch, g.stride_a, g.stride_b, g.stride_c})
        add(uint64_t(x));
    add(uint64_t(g.a) << 8 | uint64_t(g.b));
    add(std::hash<float>()(g.alpha));
    add(std::hash<float>()(g.beta));
    return hash;
}

std::shared_ptr<const Choice> Choices::find(const DeviceImpl& device, const Gemm& g, std::string_view forced) {
    Problem problem{g, std::string(forced)};
    if (const auto it = made.find(problem); it != made.end()) return it->second;
    auto choice = make(device, g, forced);
    if (made.size() >= most) made.clear();
    return made[std::move(problem)] = std::move(choice);
}

std::shared_ptr<PlanImpl> PlanImpl::make(std::shared_ptr<DeviceImpl> device, const Gemm& g, std::string_view forced) {
    if (!device->choices) device->choices = std::make_shared<Choices>();
    auto plan = std::make_shared<PlanImpl>();
    plan->choice = device->choices->find(*device, g, forced);
    plan->device = std::move(device);
    plan->gemm = g;
    plan->products.resize(size_t(g.batch));
    if (g.batch > 1 && plan->choice->row->batches)
        plan->lists = plan->device->backend->alloc(size_t(g.batch) * 3 * sizeof(uint64_t));
    return plan;
}

static bool overlap(const Memory& x, size_t x_bytes, const Memory& y, size_t y_bytes) {
    return x_bytes && y_bytes && x.address < y.address + y_bytes && y.address < x.address + x_bytes;
}

std::optional<Time> PlanImpl::run(const Memory& a, const Memory& b, const Memory& c) const noexcept {
    const size_t a_bytes = size_t(elements_a(gemm)) * sizeof(float), b_bytes = size_t(elements_b(gemm)) * sizeof(float),
                 c_bytes = size_t(elements_c(gemm)) * sizeof(float);
    GCN_ASSERT(a.bytes >= a_bytes);
    GCN_ASSERT(b.bytes >= b_bytes);
    GCN_ASSERT(c.bytes >= c_bytes);
    GCN_ASSERT(!overlap(c, c_bytes, a, a_bytes));
    GCN_ASSERT(!overlap(c, c_bytes, b, b_bytes));
    if (c_bytes == 0) return Time{0, device->info.time_kind};
    if (choice->row->batches || gemm.batch == 1) return launch({a.address, b.address, c.address}, 0);

    const auto further = [](uint64_t address, int64_t i, int64_t stride) {
        return address + uint64_t(i * stride) * sizeof(float);
    };
    Time all{0, device->info.time_kind};
    for (int64_t i = 0; i < gemm.batch; ++i) {
        const auto time = launch({further(a.address, i, stride_a(gemm)), further(b.address, i, stride_b(gemm)),
                                  further(c.address, i, stride_c(gemm))},
                                 0);
        if (!time) return {};
        all.us += time->us;
    }
    return all;
}

std::optional<Time> PlanImpl::run(std::span<const Product> products) const noexcept {
    GCN_ASSERT(int64_t(products.size()) == gemm.batch);
    if (elements_c(gemm) == 0) return Time{0, device->info.time_kind};
    if (choice->row->batches && gemm.batch > 1) {
        const size_t bytes = products.size() * sizeof(uint64_t);
        try {
            for (size_t i = 0; i < products.size(); ++i) {
                lists->write(&products[i].a, sizeof(uint64_t), i * sizeof(uint64_t));
                lists->write(&products[i].b, sizeof(uint64_t), bytes + i * sizeof(uint64_t));
                lists->write(&products[i].c, sizeof(uint64_t), 2 * bytes + i * sizeof(uint64_t));
            }
        } catch (const Error&) {
            return {};  // the device was lost
        }
        return launch({lists->address, lists->address + bytes, lists->address + 2 * bytes}, 1);
    }
    Time all{0, device->info.time_kind};
    for (const Product& p : products) {
        const auto time = launch(p, 0);
        if (!time) return {};
        all.us += time->us;
    }
    return all;
}

std::optional<Time> PlanImpl::launch(const Product& at, uint32_t are_lists) const noexcept {
    CpuSgemmArgs args = choice->arguments;
    args.gemm.a = at.a;
    args.gemm.b = at.b;
    args.gemm.c = at.c;
    args.gemm.lists = are_lists;
    const size_t used = choice->row->runs == Runs::Cpu ? sizeof args : sizeof args.gemm;
    return device->backend->launch(*choice->kernel, choice->grid, std::as_bytes(std::span(&args, 1)).first(used));
}

// run() neither throws nor touches what is not the caller's: who gives it the wrong buffers ends, with a sentence.
[[noreturn]] static void misuse(const Gemm& g, const std::string& why, const std::string& remedy) {
    std::fprintf(stderr, "%s\n", text({"run " + text(g), why, remedy}).c_str());
    std::abort();
}

static void require(const PlanImpl& plan, const char* name, const BufferImpl* buffer, int64_t elements) {
    const size_t needed = size_t(elements) * sizeof(float);
    const std::string matrix = name;
    if (!buffer) misuse(plan.gemm, matrix + " is an empty Buffer", "Device::alloc");
    if (buffer->device != plan.device)
        misuse(plan.gemm, matrix + " is a Buffer of another Device", "the plan's Device");
    if (buffer->bytes < needed)
        misuse(plan.gemm, matrix + " has " + std::to_string(buffer->bytes) + " bytes",
               std::to_string(needed) + " or more");
}

// Of one product, or of a strided batch.
static void require(const PlanImpl& plan, const BufferImpl* a, const BufferImpl* b, const BufferImpl* c,
                    const Gemm& g) {
    require(plan, "A", a, elements_a(g));
    require(plan, "B", b, elements_b(g));
    require(plan, "C", c, elements_c(g));
    const auto bytes = [](int64_t elements) { return size_t(elements) * sizeof(float); };
    for (const auto& [name, factor, elements] : {std::tuple("A", a, elements_a(g)), std::tuple("B", b, elements_b(g))})
        if (overlap(*c->memory, bytes(elements_c(g)), *factor->memory, bytes(elements)))
            misuse(plan.gemm, std::string("C overlaps ") + name, "a Buffer of its own");
}

std::optional<Time> Plan::run(const Buffer& a, const Buffer& b, Buffer& c) noexcept {
    GCN_ASSERT(impl);
    require(*impl, a.impl.get(), b.impl.get(), c.impl.get(), impl->gemm);
    return impl->run(*a.impl->memory, *b.impl->memory, *c.impl->memory);
}

std::optional<Time> Plan::run(std::span<const Buffer> a, std::span<const Buffer> b, std::span<Buffer> c) noexcept {
    GCN_ASSERT(impl);
    const Gemm one = one_of(impl->gemm);
    const auto batch = size_t(impl->gemm.batch);
    if (a.size() != batch || b.size() != batch || c.size() != batch)
        misuse(impl->gemm,
               "there are " + std::to_string(a.size()) + ", " + std::to_string(b.size()) + " and " +
                   std::to_string(c.size()) + " Buffers",
               std::to_string(batch) + " of each");
    for (size_t i = 0; i < batch; ++i) {
        require(*impl, a[i].impl.get(), b[i].impl.get(), c[i].impl.get(), one);
        impl->products[i] = {a[i].impl->memory->address, b[i].impl->memory->address, c[i].impl->memory->address};
    }
    return impl->run(impl->products);
}

std::string Plan::kernel() const {
    GCN_ASSERT(impl);
    return std::string(impl->choice->row->name);
}

std::string Plan::describe() const {
    GCN_ASSERT(impl);
    const KernelRow& k = *impl->choice->row;
    const Grid& grid = impl->choice->grid;
    std::string s = kernel() + " on " + impl->device->info.backend;
    if (k.runs == Runs::Gpu)
        s += ", grid " + std::to_string(grid.x) + "x" + std::to_string(grid.y) +
             (grid.z > 1 ? "x" + std::to_string(grid.z) : "") + ", " + std::to_string(waves_per_simd(k)) +
             " waves per SIMD";
    return s + impl->choice->losers;
}

Plan plan(const Device& device, const Gemm& g) {
    GCN_ASSERT(device.impl);
    const char* forced = std::getenv("GCN_KERNEL");
    Plan plan;
    plan.impl = PlanImpl::make(device.impl, g, forced ? forced : "");
    return plan;
}

}  // namespace gcn
