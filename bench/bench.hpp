#pragma once
// Rows of a benchmark: a case timed and verified on a device.

#include <optional>
#include <string>

#include "backend/measure.hpp"
#include "bench/modelled.hpp"
#include "gcn/gcn.hpp"

namespace gcn {

struct BenchRow {
    std::string name, backend, device;  // name: the case
    std::string kernel;                 // empty when none was found
    std::optional<Measurement> measured;
    std::optional<Modelled> modelled;    // of a modelled time: how it was found
    double gflops = 0;                   // of the median
    std::optional<double> percent_peak;  // of a GPU's time only
    bool verified = false;
    std::string verdict;  // what the oracle says
    std::string error;    // why there is no time
    std::string skipped;  // why it was not even tried
};

// Why a run is left out when it is the software Polaris that would have to compute it; empty when it need not be.
std::string too_large_for_software(const Gemm&);

// Cases on one device. Each is verified twice: with small integers, where the result is exact, and with the numbers
// that were timed. What goes wrong stands in the row; after a case in which the device was lost nothing is run.
class Bench {
public:
    // `log`: of who models the device's times.
    Bench(Device& device, const Effort& effort, ModelLog& log) : device(device), effort(effort), log(log) {}
    BenchRow run(const Gemm&);

private:
    Device& device;
    const Effort effort;
    ModelLog& log;
    std::string lost_in;  // the case
};

}  // namespace gcn
