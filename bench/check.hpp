#pragma once
// Every kernel on every backend that opens against the oracle: sgemm_loop on backend "cpu".

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/device_impl.hpp"
#include "plan/select.hpp"

namespace gcn {

// Random cases that the kernel takes: sizes up to 300, alpha and beta of 0, 1, -1, 0.5, padded leading dimensions.
std::vector<Gemm> random_cases(const KernelRow&, int count, uint64_t seed);

class Check {
public:
    Check();  // opens the oracle: gcn::Error when it does not

    // Empty when the kernel's result is the oracle's, bit for bit, its padding untouched and nothing read that alpha or
    // beta of zero excludes; else how many elements are wrong, and the first.
    std::string run(const std::shared_ptr<DeviceImpl>&, const KernelRow&, const Gemm&) const;

private:
    std::shared_ptr<DeviceImpl> oracle;
};

extern const std::string_view oracle_kernel;

}  // namespace gcn
