#include "perfcounters/collect.hpp"

#include <algorithm>

namespace gcn::perfcounters {

namespace {

const Pass* serving(const Passes& plan, size_t i, size_t& number) {
    for (number = 0; number < plan.passes.size(); ++number) {
        const auto& serves = plan.passes[number].serves;
        if (std::find(serves.begin(), serves.end(), i) != serves.end()) return &plan.passes[number];
    }
    return nullptr;
}

}  // namespace

Figure Collected::metric(const Metric& m, size_t i) const {
    size_t number;
    if (!serving(plan, i, number)) return {Figure::Kind::NotAvailable, 0, plan.refused[i]};
    return m.expression.value(passes[number], topology);
}

const Reading* Collected::event(const Event& e, size_t i) const {
    size_t number;
    if (!serving(plan, i, number)) return nullptr;
    for (const Reading& r : passes[number])
        if (r.count.event == &e && !r.count.level) return &r;
    return nullptr;
}

Collected collect(Counters& counters, std::span<const Wanted> wanted, const std::function<void(size_t)>& work) {
    Collected c{counters.info().topology, plan_passes(wanted), {}, {}};
    for (size_t i = 0; i < c.plan.passes.size(); ++i) {
        const Pass& pass = c.plan.passes[i];
        counters.arm(selections(pass));
        counters.start();
        work(i);
        counters.stop();
        Readings counted = readings(pass, counters.read());
        std::erase_if(counted, [&](const Reading& r) { return !counters.counts(r.count.event->block, false); });
        c.passes.push_back(std::move(counted));
        c.doubts = counters.doubts();
        counters.disarm();
    }
    return c;
}

}  // namespace gcn::perfcounters
