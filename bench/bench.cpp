#include "bench/bench.hpp"

#include <cstdio>
#include <new>

#include "bench/verify.hpp"
#include "plan/problem.hpp"

namespace gcn {

// The matrices of one case on the device.
class OnDevice {
public:
    OnDevice(Device& device, const Gemm& g)
        : device(device),
          a(device.alloc(size_t(elements_a(g)) * sizeof(float))),
          b(device.alloc(size_t(elements_b(g)) * sizeof(float))),
          c(device.alloc(size_t(elements_c(g)) * sizeof(float))) {}

    void write(const Operands& o) {
        write(a, o.a);
        write(b, o.b);
        write(c, o.c);
    }

    Time run(Plan& plan) {
        if (const auto time = plan.run(a, b, c)) return *time;
        throw Error(Fault::Failed, device.lost());
    }

    std::vector<float> result() const {
        std::vector<float> values(c.bytes() / sizeof(float));
        c.read(values.data(), values.size() * sizeof(float));
        return values;
    }

private:
    static void write(Buffer& buffer, const std::vector<float>& values) {
        buffer.write(values.data(), values.size() * sizeof(float));
    }

    Device& device;
    Buffer a, b, c;
};

// On two cores the software Polaris does 1 to 20 GFLOPS, a case has five runs at least, and its matrices are
// filled, copied and multiplied by vectors on the host: at these limits that is up to a minute.
static constexpr double largest_gflop = 20, largest_elements = 64e6;

std::string too_large_for_software(const Gemm& g) {
    const auto padded = [](int64_t size) { return double((size + 15) / 16 * 16); };  // to the smallest tile
    const double gflop = 2 * double(g.batch) * padded(g.m) * padded(g.n) * double(g.k) / 1e9;
    const double elements = double(elements_a(g)) + double(elements_b(g)) + double(elements_c(g));
    char why[80] = "";
    if (gflop > largest_gflop)
        std::snprintf(why, sizeof why, "%.0f GFLOP a run are too many for the software Polaris", gflop);
    else if (elements > largest_elements)
        std::snprintf(why, sizeof why, "matrices of %.0f MB are too large for the software Polaris",
                      elements * 4 / 1e6);
    return why;
}

static Verdict verified(OnDevice& matrices, Plan& plan, const Gemm& g, const Operands& o, Demand demand) {
    matrices.write(o);
    matrices.run(plan);
    return verify(g, o, matrices.result(), demand);
}

static void time_and_verify(BenchRow& row, Device& device, const Gemm& g, const Effort& effort, ModelLog& log) {
    Plan plan = gcn::plan(device, g);
    row.kernel = plan.kernel();
    OnDevice matrices(device, g);
    Verdict exact{true, ""};
    if (exact_with_integers(g)) exact = verified(matrices, plan, g, operands(g, Fill::Integers, 1), Demand::Equal);

    const Operands reals = operands(g, Fill::Reals, 2);
    matrices.write(reals);
    log.take();
    row.measured = measure([&]() -> std::optional<Time> { return matrices.run(plan); }, effort);
    if (row.measured->best.kind == TimeKind::Modelled) row.modelled = log.take();
    const double us = row.measured->median_us;
    if (us > 0) row.gflops = 2.0 * double(g.batch) * double(g.m) * double(g.n) * double(g.k) / us / 1e3;
    if (row.measured->best.kind != TimeKind::Host) row.percent_peak = 100 * row.gflops / device.peak_gflops();

    // With beta the timed runs have changed C, so the result that is judged is computed once more.
    const Verdict close = verified(matrices, plan, g, reals, Demand::Likely);
    row.verified = exact.right && close.right;
    if (!exact.right)
        row.verdict = "with integers, " + exact.text;
    else
        row.verdict = (exact.text.empty() ? "" : exact.text + ", ") + close.text;
}

BenchRow Bench::run(const Gemm& g) {
    BenchRow row;
    row.name = text(g);
    row.backend = device.backend();
    row.device = device.name();
    if (!lost_in.empty()) {
        row.error = "not run: the device was lost in " + lost_in;
        return row;
    }
    try {
        time_and_verify(row, device, g, effort, log);
    } catch (const Error& e) {
        row.error = e.what();
    } catch (const std::bad_alloc&) {
        row.error = text({"run " + row.name, "the host has not enough memory for its matrices", "a smaller case"});
    }
    if (!device.lost().empty()) lost_in = row.name;
    return row;
}

}  // namespace gcn
