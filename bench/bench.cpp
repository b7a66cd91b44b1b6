#include "bench/bench.hpp"

#include <new>

#include "bench/verify.hpp"
#include "plan/problem.hpp"

namespace gcn {

// The matrices of one case on the device.
class OnDevice {
public:
    OnDevice(Device& device, const Gemm& g)
        : device(device),
          a(device.alloc(stored_a(g).bytes())),
          b(device.alloc(stored_b(g).bytes())),
          c(device.alloc(stored_c(g).bytes())) {}

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

static Verdict verified(OnDevice& matrices, Plan& plan, const Gemm& g, const Operands& o, Demand demand) {
    matrices.write(o);
    matrices.run(plan);
    return verify(g, o, matrices.result(), demand);
}

static void time_and_verify(BenchRow& row, Device& device, const Gemm& g, const Effort& effort) {
    Plan plan = gcn::plan(device, g);
    row.kernel = plan.kernel();
    OnDevice matrices(device, g);
    Verdict exact{true, ""};
    if (exact_with_integers(g)) exact = verified(matrices, plan, g, operands(g, Fill::Integers, 1), Demand::Equal);

    const Operands reals = operands(g, Fill::Reals, 2);
    matrices.write(reals);
    row.measured = measure([&]() -> std::optional<Time> { return matrices.run(plan); }, effort);
    const Time best = row.measured->best;
    if (best.us > 0) row.gflops = 2.0 * double(g.m) * double(g.n) * double(g.k) / best.us / 1e3;
    if (best.kind != TimeKind::Host) row.percent_peak = 100 * row.gflops / device.peak_gflops();

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
        time_and_verify(row, device, g, effort);
    } catch (const Error& e) {
        row.error = e.what();
    } catch (const std::bad_alloc&) {
        row.error = text({"run " + row.name, "the host has not enough memory for its matrices", "a smaller case"});
    }
    if (!device.lost().empty()) lost_in = row.name;
    return row;
}

}  // namespace gcn
