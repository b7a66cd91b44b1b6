#pragma once
// A plan behind the public Plan: one problem, one kernel, its arguments ready but for the addresses.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backend/device_impl.hpp"
#include "backend/sgemm_args.hpp"
#include "plan/select.hpp"

namespace gcn {

struct PlanImpl {
    // As gcn::plan(); `forced`, unless empty, names the kernel that must be taken.
    static std::shared_ptr<PlanImpl> make(std::shared_ptr<DeviceImpl>, const Gemm&, std::string_view forced);

    // As Plan::run().
    std::optional<Time> run(const Memory& a, const Memory& b, const Memory& c) const noexcept;

    std::shared_ptr<DeviceImpl> device;
    Gemm gemm;
    const KernelRow* row = nullptr;
    std::shared_ptr<Kernel> kernel;
    Grid grid;
    CpuSgemmArgs arguments{};  // a GPU's kernel reads only the first part
    std::string losers;        // "sgemm_loop: 16 times the cost; ..."
};

}  // namespace gcn
