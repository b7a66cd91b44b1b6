#include "bench/check.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <limits>
#include <random>

#include "plan/plan.hpp"
#include "plan/problem.hpp"

namespace gcn {

const std::string_view oracle_kernel = "sgemm_loop";

std::vector<Gemm> random_cases(const KernelRow& k, int count, uint64_t seed) {
    static constexpr float factors[] = {0, 1, -1, 0.5};
    std::mt19937_64 random(seed);
    const auto up_to = [&](int64_t largest) { return int64_t(random() % uint64_t(largest)) + 1; };
    const auto factor = [&] { return factors[random() % std::size(factors)]; };
    const auto trans = [&](Takes t) { return t == Takes::Any ? Trans(random() % 2) : Trans(int(t)); };
    const auto padded = [&](const Stored& s) { return random() % 2 ? s.rows + up_to(40) : 0; };

    std::vector<Gemm> cases;
    while (int(cases.size()) < count) {
        Gemm g{.m = up_to(300),
               .n = up_to(300),
               .k = up_to(std::min<int64_t>(300, k.largest_k)),
               .a = trans(k.a),
               .b = trans(k.b)};
        g.alpha = factor();
        g.beta = factor();
        g.lda = padded(stored_a(g));
        g.ldb = padded(stored_b(g));
        g.ldc = padded(stored_c(g));
        cases.push_back(g);
    }
    return cases;
}

static std::shared_ptr<DeviceImpl> open_oracle() {
    for (const BackendRow& row : backend_rows()) {
        if (row.choice != "cpu") continue;
        std::string why;
        std::shared_ptr<Backend> backend = try_open(row, why);
        if (!backend) fail({"open the oracle", why});
        return std::make_shared<DeviceImpl>(std::move(backend));
    }
    fail({"open the oracle", "there is no backend cpu"});
}

Check::Check() : oracle(open_oracle()) {}

static constexpr uint32_t mark_bits = 0x7fc0cafe;  // a NaN, so that reading it shows too
static constexpr size_t tail = 64;                 // elements behind each matrix

static void mark_padding(std::vector<float>& values, const Stored& s) {
    for (size_t i = 0; i < values.size(); ++i)
        if (int64_t(i) >= s.span() || int64_t(i) % s.step() >= s.rows) values[i] = std::bit_cast<float>(mark_bits);
    values.resize(values.size() + tail, std::bit_cast<float>(mark_bits));
}

Operands guarded_operands(const Gemm& g, Fill kind, uint64_t seed) {
    Operands o = operands(g, kind, seed);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    if (g.alpha == 0) o.a.assign(o.a.size(), nan), o.b.assign(o.b.size(), nan);
    if (g.beta == 0) o.c.assign(o.c.size(), nan);
    mark_padding(o.a, stored_a(g));
    mark_padding(o.b, stored_b(g));
    mark_padding(o.c, stored_c(g));
    return o;
}

static std::vector<float> product(const std::shared_ptr<DeviceImpl>& device, std::string_view kernel, const Gemm& g,
                                  const Operands& o) {
    const auto plan = PlanImpl::make(device, g, kernel);
    const auto copied = [&](const std::vector<float>& values) {
        const auto memory = device->backend->alloc(values.size() * sizeof(float));
        memory->write(values.data(), values.size() * sizeof(float), 0);
        return memory;
    };
    const auto a = copied(o.a), b = copied(o.b), c = copied(o.c);
    if (!plan->run(*a, *b, *c)) fail({"run " + text(g), device->backend->lost(), ""});
    std::vector<float> result(o.c.size());
    c->read(result.data(), result.size() * sizeof(float), 0);
    return result;
}

std::string difference(const Gemm& g, const std::vector<float>& got, const std::vector<float>& wanted) {
    const Stored c = stored_c(g);
    size_t wrong = 0, first = 0;
    for (size_t i = 0; i < got.size(); ++i) {
        const bool inside = int64_t(i) < c.span() && int64_t(i) % c.step() < c.rows;
        // Zeros are equal whatever their sign; marks are compared as bits.
        const bool same = inside ? got[i] == wanted[i] : std::bit_cast<uint32_t>(got[i]) == mark_bits;
        if (!same && wrong++ == 0) first = i;
    }
    if (wrong == 0) return {};
    char text[160];
    std::snprintf(text, sizeof text, "%zu wrong; C(%lld, %lld) is %.9g, not %.9g", wrong,
                  (long long)(int64_t(first) % c.step()), (long long)(int64_t(first) / c.step()), double(got[first]),
                  double(wanted[first]));
    return text;
}

// The numbers depend on nothing but the case, so that its name is enough to see it again.
std::string Check::run(const std::shared_ptr<DeviceImpl>& device, const KernelRow& kernel, const Gemm& g) const {
    const Operands o = guarded_operands(g, Fill::Integers, std::hash<std::string>()(text(g)));
    return difference(g, product(device, kernel.name, g, o), product(oracle, oracle_kernel, g, o));
}

}  // namespace gcn
