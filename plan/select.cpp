#include "plan/select.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "backend/code_object.hpp"
#include "backend/embedded.hpp"
#include "plan/problem.hpp"

namespace gcn {

static constexpr bool Yes = true, No = false;
#define KERNEL(name, runs, a, b, m, n, step, lanes, size, k, bytes, rate, batches) \
    KernelRow{#name, Runs::runs, Takes::a, Takes::b, m, n, step, lanes, size, k, bytes, rate, batches, {}},
static constexpr std::array rows_of_this_build{
#include "plan/kernels.def"
// The generator's: the rows in the heads of build/codegen/*.s.
#include "plan/generated.def"
};
#undef KERNEL

static Resources read_resources(const KernelRow& k) {
    if (k.runs == Runs::Cpu) return {};
    GCN_ASSERT(!k.code.empty());  // a row without a code object
    const CodeObject object = read_code_object(k.code, k.name);
    const KernelDescriptor* kernel = object.find(k.name);
    GCN_ASSERT(kernel != nullptr);
    return {kernel->vgprs(), kernel->sgprs(), int(kernel->lds_bytes), k.code.size()};
}

// Changed by add_kernel() only, before anything is planned.
struct Table {
    static constexpr size_t room = 256;  // for kernels that are added: rows never move
    std::vector<KernelRow> rows;
    std::map<std::string_view, Resources> resources;

    Table() {
        rows.reserve(rows_of_this_build.size() + room);
        for (KernelRow row : rows_of_this_build) {
            if (const GcnEmbedded* code = find_embedded(row.name)) row.code = {code->data, code->bytes};
            add(row);
        }
    }
    void add(const KernelRow& row) {
        GCN_ASSERT(rows.size() < rows.capacity());
        rows.push_back(row);
        resources.emplace(row.name, read_resources(row));
    }
};
static Table& table() {
    static Table& one = *new Table;
    return one;
}

std::span<const KernelRow> kernel_rows() { return table().rows; }

void add_kernel(const KernelRow& row) {
    if (table().rows.size() == table().rows.capacity())
        fail({"add the kernel " + std::string(row.name), "there are " + std::to_string(Table::room) + " more already",
              ""});
    table().add(row);
}

const KernelRow* find_kernel(std::string_view name) {
    const auto rows = kernel_rows();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const KernelRow& k) { return k.name == name; });
    return row == rows.end() ? nullptr : &*row;
}

Resources resources(const KernelRow& k) { return table().resources.at(k.name); }

bool takes(Takes takes, Trans trans) { return takes == Takes::Any || int(takes) == int(trans); }

bool runs_on(const KernelRow& k, const DeviceInfo& d) { return (k.runs == Runs::Cpu) == (d.backend == "cpu"); }

std::string layout(const KernelRow& k) { return k.a == Takes::Any ? "any" : layout(Trans(int(k.a)), Trans(int(k.b))); }

// A CU of Polaris has four SIMDs, each with room for 256 VGPRs a lane in fours, 800 SGPRs in sixteens and eight waves,
// and 64 KiB of LDS for all of them in pieces of 512 B: as tools/check_budget.py. The code object's figures of VGPRs
// and SGPRs are allocated ones, VCC and such included.
int waves_per_simd(const KernelRow& k) {
    constexpr int simds = 4, simd_waves = 8, simd_vgprs = 256, simd_sgprs = 800, cu_lds_bytes = 65536;
    const auto up = [](int n, int granule) { return std::max(1, (n + granule - 1) / granule) * granule; };
    const Resources r = resources(k);
    const int groups = cu_lds_bytes / up(r.lds_bytes, 512);
    return std::min({simd_waves, simd_vgprs / up(r.vgprs, 4), simd_sgprs / up(r.sgprs, 16),
                     groups * (up(k.lanes, 64) / 64) / simds});
}

static std::string above(const std::string& fact, int64_t value, int64_t largest) {
    if (value <= largest) return {};
    return fact + " " + std::to_string(value) + ", its limit is " + std::to_string(largest);
}

// One fact a line; the first that is wrong is named.
std::string objection(const KernelRow& k, const Gemm& g, const DeviceInfo& d) {
    const Stored a = stored_a(g), b = stored_b(g), c = stored_c(g);
    if (!runs_on(k, d)) return k.runs == Runs::Cpu ? "it runs on backend cpu only" : "it runs on a GPU only";
    if (k.runs == Runs::Gpu && d.isa != "gfx803") return "it is gfx803 code, the device is " + d.isa;
    if (!takes(k.a, g.a) || !takes(k.b, g.b)) return "it computes " + layout(k) + ", this is " + layout(g.a, g.b);
    if (auto why = above("m is", g.m, k.largest_size); !why.empty()) return why;
    if (auto why = above("n is", g.n, k.largest_size); !why.empty()) return why;
    if (auto why = above("k is", g.k, k.largest_k); !why.empty()) return why;
    if (auto why = above("lda is", a.step(), k.largest_size); !why.empty()) return why;
    if (auto why = above("ldb is", b.step(), k.largest_size); !why.empty()) return why;
    if (auto why = above("ldc is", c.step(), k.largest_size); !why.empty()) return why;
    if (auto why = above("the bytes of A are", int64_t(a.bytes()), k.largest_bytes); !why.empty()) return why;
    if (auto why = above("the bytes of B are", int64_t(b.bytes()), k.largest_bytes); !why.empty()) return why;
    if (auto why = above("the bytes of C are", int64_t(c.bytes()), k.largest_bytes); !why.empty()) return why;
    for (const int64_t stride : {stride_a(g), stride_b(g), stride_c(g)})
        if (k.batches)  // the product's number times the stride is computed in 32 bits
            if (auto why =
                    above("the elements from the first product to the last are", (g.batch - 1) * stride, 0xffffffff);
                !why.empty())
                return why;
    if (const int lds_bytes = resources(k).lds_bytes; lds_bytes > d.lds_bytes)
        return "it needs " + std::to_string(lds_bytes) + " B of LDS per workgroup, the device has " +
               std::to_string(d.lds_bytes) + " B";
    return {};
}

// Kernels with the same objection share one clause.
std::string objections(const Gemm& g, const DeviceInfo& d) {
    std::vector<std::pair<std::string, std::vector<std::string_view>>> clauses;
    for (const KernelRow& k : kernel_rows()) {
        const std::string why = objection(k, g, d);
        if (why.empty()) continue;
        const auto same = std::find_if(clauses.begin(), clauses.end(), [&](const auto& c) { return c.first == why; });
        if (same == clauses.end())
            clauses.push_back({why, {k.name}});
        else
            same->second.push_back(k.name);
    }
    std::string all;
    for (const auto& [why, names] : clauses) {
        const std::string first(names.front()), more = std::to_string(names.size() - 1);
        all += (all.empty() ? "" : "; ") + first + (names.size() > 1 ? " and " + more + " more" : "") + ": " + why;
    }
    return all;
}

static Candidate only(std::string_view name, const Gemm& g, const DeviceInfo& d) {
    const KernelRow* kernel = find_kernel(name);
    const std::string why = kernel ? objection(*kernel, g, d) : "there is no such kernel";
    if (!why.empty())
        fail({"run " + text(g) + " with GCN_KERNEL=" + std::string(name), why,
              kernel ? "unset GCN_KERNEL" : "gcn info, which lists them", Fault::WrongUse});
    return {kernel, *cost(*kernel, g, d)};
}

std::vector<Candidate> candidates(const Gemm& g, const DeviceInfo& d, std::string_view forced) {
    if (!forced.empty()) return {only(forced, g, d)};

    std::vector<Candidate> able;
    for (const KernelRow& k : kernel_rows())
        if (const auto c = cost(k, g, d)) able.push_back({&k, *c});
    if (able.empty()) fail({"run " + text(g) + " on " + d.backend, objections(g, d), ""});

    std::stable_sort(able.begin(), able.end(), [](const Candidate& x, const Candidate& y) { return x.cost < y.cost; });
    return able;
}

}  // namespace gcn
