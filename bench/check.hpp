#pragma once
// Every kernel on every backend that opens against the oracle: sgemm_loop on backend "cpu".

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend/device_impl.hpp"
#include "bench/verify.hpp"
#include "plan/select.hpp"

namespace gcn {

// Random cases that the kernel takes: sizes up to 300, alpha and beta of 0, 1, -1, 0.5, padded leading dimensions.
std::vector<Gemm> random_cases(const KernelRow&, int count, uint64_t seed);

// Matrices with NaN wherever nothing may be read (all of them that alpha or beta of zero excludes, the padding, some
// elements behind the end), which in C shows what is written too.
Operands guarded_operands(const Gemm&, Fill, uint64_t seed);

// Empty when both are equal and nothing outside C was written; else how many elements are wrong, and the first.
std::string difference(const Gemm&, const std::vector<float>& got, const std::vector<float>& wanted);

class Check {
public:
    Check();  // opens the oracle: gcn::Error when it does not

    // Empty when the kernel's result is the oracle's, exactly; else the difference.
    std::string run(const std::shared_ptr<DeviceImpl>&, const KernelRow&, const Gemm&) const;

private:
    std::shared_ptr<DeviceImpl> oracle;
};

extern const std::string_view oracle_kernel;

}  // namespace gcn
