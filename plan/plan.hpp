#pragma once
// A plan behind the public Plan: one problem, one kernel, its arguments ready but for the addresses.

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/device_impl.hpp"
#include "backend/sgemm_args.hpp"
#include "plan/select.hpp"

namespace gcn {

// The addresses of one product's matrices.
struct Product {
    uint64_t a, b, c;
};

// What is decided about a problem on a device.
struct Choice {
    const KernelRow* row = nullptr;
    std::shared_ptr<Kernel> kernel;
    Grid grid;
    CpuSgemmArgs arguments{};  // a GPU's kernel reads only the first part
    std::string losers;        // "; sgemm_loop: predicted to take 16.00 times as long; ..."
};

// The decisions made so far and the kernels loaded for them.
struct Choices {
    std::shared_ptr<const Choice> find(const DeviceImpl&, const Gemm&, std::string_view forced);

private:
    struct Problem {
        Gemm gemm;
        std::string forced;
        bool operator==(const Problem&) const = default;
    };
    struct Hash {
        size_t operator()(const Problem&) const;
    };
    std::shared_ptr<Kernel> load(const DeviceImpl&, const KernelRow&);
    std::shared_ptr<const Choice> make(const DeviceImpl&, const Gemm&, std::string_view forced);
    void load_first(Choice&, const DeviceImpl&, std::span<const Candidate>);

    static constexpr size_t most = 4096;  // then all are forgotten
    std::unordered_map<Problem, std::shared_ptr<const Choice>, Hash> made;
    std::map<const KernelRow*, std::shared_ptr<Kernel>> kernels;
};

struct PlanImpl {
    // As gcn::plan(); `forced`, unless empty, names the kernel that must be taken.
    static std::shared_ptr<PlanImpl> make(std::shared_ptr<DeviceImpl>, const Gemm&, std::string_view forced);

    // As Plan::run().
    std::optional<Time> run(const Memory& a, const Memory& b, const Memory& c) const noexcept;
    std::optional<Time> run(std::span<const Product>) const noexcept;
    // `at` is a product's addresses, or with `are_lists` those of lists of them.
    std::optional<Time> launch(const Product& at, uint32_t are_lists) const noexcept;

    std::shared_ptr<DeviceImpl> device;
    Gemm gemm;
    std::shared_ptr<const Choice> choice;
    std::shared_ptr<Memory> lists;  // of addresses: all of A, all of B, all of C; when the kernel takes batches
    std::vector<Product> products;  // room for those of a batch
};

}  // namespace gcn
