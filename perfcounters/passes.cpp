#include "perfcounters/passes.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "gcn/error.hpp"

namespace gcn::perfcounters {

std::span<const Count> anchors() {
    static const Count all[] = {{find_event("SQ_WAVES")}, {find_event("GRBM_GUI_ACTIVE")}, {find_event("GRBM_COUNT")}};
    return all;
}

Wanted wanted(const Metric& m) { return {std::string(m.name), m.expression.counts()}; }
Wanted wanted(const Event& e) { return {std::string(e.name), {{&e}}}; }

using Counts = std::vector<Count>;

static bool has(const Counts& all, const Count& c) { return std::find(all.begin(), all.end(), c) != all.end(); }

static Counts both(Counts a, std::span<const Count> b) {
    for (const Count& c : b)
        if (!has(a, c)) a.push_back(c);
    return a;
}

// ---- one pass --------------------------------------------------------------------------

// The counters of one block: first the levels, each with what accumulates it behind it, then the others.
static std::vector<Slot> slots_of(Block b, const Counts& counts) {
    std::vector<Slot> slots;
    const auto add = [&](const Count& c) { slots.push_back({c, int(slots.size())}); };
    for (const Count& c : counts)
        if (c.event->block == b && c.level) {
            add({c.level});
            add(c);
        }
    const auto taken = [&](const Count& c) {
        return std::any_of(slots.begin(), slots.end(), [&](const Slot& s) { return s.count == c; });
    };
    for (const Count& c : counts)
        if (c.event->block == b && !c.level && !taken(c)) add(c);
    return slots;
}

// Which block has too few counters for all of them.
static std::optional<Block> too_much(const Counts& counts) {
    for (const Count& c : counts)
        if (int(slots_of(c.event->block, counts).size()) > row(c.event->block).live) return c.event->block;
    return {};
}

std::string Pass::text() const {
    std::string line;
    for (size_t b = 0; b < std::size(blocks); ++b) {
        const auto n =
            std::count_if(slots.begin(), slots.end(), [&](const Slot& s) { return s.count.event->block == Block(b); });
        if (n == 0) continue;
        line += (line.empty() ? "" : ", ") + std::string(blocks[b].name) + " " + std::to_string(n) + "/" +
                std::to_string(blocks[b].live);
    }
    return line;
}

// ---- all of them -----------------------------------------------------------------------

// A pass that still grows.
struct Draft {
    Counts counts, left_out;
    std::vector<size_t> serves;
};

// What counts nothing of its own: without a level it would take whatever stands in the counter before it.
static bool lacks_level(const Count& c) {
    return !c.level && (c.event->name == "SQ_ACCUM_PREV" || c.event->name == "SQ_ACCUM_PREV_HIRES");
}

// Why no pass can count these; empty when one can.
static std::string objection(const Counts& counts) {
    for (const Count& c : counts)
        if (lacks_level(c)) return std::string(c.event->name) + " accumulates a level: ask for accum(EVENT)";
    const std::optional<Block> b = too_much(counts);
    if (!b) return "";
    return "it needs " + std::to_string(slots_of(*b, counts).size()) + " counters of " + std::string(row(*b).name) +
           ", which has " + std::to_string(row(*b).live);
}

// A pass for these alone, with as many anchors as have room; the last ones go first.
static Draft draft(const Counts& counts) {
    for (size_t kept = anchors().size() + 1; kept-- > 0;) {
        const Counts all = both({anchors().begin(), anchors().begin() + ptrdiff_t(kept)}, counts);
        if (too_much(all)) continue;
        Draft d{all, {}, {}};
        for (const Count& anchor : anchors())
            if (!has(all, anchor)) d.left_out.push_back(anchor);
        return d;
    }
    GCN_ASSERT(objection(counts).empty());
    return {};
}

// The pass that has most of what is wanted already, among those that have room and miss the same anchors.
static Draft* best(std::vector<Draft>& drafts, const Draft& alone, const Counts& counts) {
    Draft* found = nullptr;
    size_t most = 0;
    for (Draft& d : drafts) {
        if (d.left_out != alone.left_out || too_much(both(d.counts, counts))) continue;
        const size_t shared =
            size_t(std::count_if(counts.begin(), counts.end(), [&](const Count& c) { return has(d.counts, c); }));
        if (!found || shared > most) {
            found = &d;
            most = shared;
        }
    }
    return found;
}

// No fewer passes can count these, each with those anchors.
static size_t least_passes(const Counts& counts, const Counts& in_each) {
    size_t most = counts.empty() ? 0 : 1;
    for (size_t b = 0; b < std::size(blocks); ++b) {
        const size_t held = slots_of(Block(b), in_each).size(), room = size_t(blocks[b].live) - held;
        const size_t more = slots_of(Block(b), both(in_each, counts)).size() - held;
        if (more > 0) most = std::max(most, (more + room - 1) / room);
    }
    return most;
}

static Pass finished(const Draft& d) {
    Pass pass{{}, d.serves, d.left_out};
    for (size_t b = 0; b < std::size(blocks); ++b)
        for (const Slot& s : slots_of(Block(b), d.counts)) {
            GCN_ASSERT(takes(Block(b), s.counter, *s.count.event));
            pass.slots.push_back(s);
        }
    std::sort(pass.serves.begin(), pass.serves.end());
    return pass;
}

Passes plan_passes(std::span<const Wanted> all) {
    Passes plan;
    plan.refused.resize(all.size());
    std::vector<size_t> order(all.size());
    std::iota(order.begin(), order.end(), size_t(0));
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        return both(all[a].counts, anchors()).size() > both(all[b].counts, anchors()).size();
    });
    std::vector<Draft> drafts;
    Counts served, with_anchors;  // the latter by passes that have all anchors
    for (const size_t i : order) {
        const Counts& counts = all[i].counts;
        plan.refused[i] = objection(counts);
        if (!plan.refused[i].empty()) continue;
        const Draft alone = draft(counts);
        Draft* d = best(drafts, alone, counts);
        if (!d) d = &drafts.emplace_back(alone);
        d->counts = both(d->counts, counts);
        d->serves.push_back(i);
        served = both(served, counts);
        if (alone.left_out.empty()) with_anchors = both(with_anchors, counts);
    }
    for (const Draft& d : drafts) plan.passes.push_back(finished(d));
    plan.at_least = std::max(least_passes(served, {}), least_passes(with_anchors, both({}, anchors())));
    return plan;
}

// ---- to and from a device ----------------------------------------------------------------

std::vector<Selection> selections(const Pass& pass) {
    std::vector<Selection> all;
    for (const Slot& s : pass.slots) all.push_back({s.count.event, s.counter});
    return all;
}

Readings readings(const Pass& pass, const CounterSample& sample) {
    GCN_ASSERT(sample.values.size() == pass.slots.size());
    Readings all;
    for (size_t i = 0; i < pass.slots.size(); ++i) all.push_back({pass.slots[i].count, sample.values[i]});
    return all;
}

}  // namespace gcn::perfcounters
