// gcn perf: the hardware counters of gfx8. Here what there is to count: blocks, events, metrics and their passes.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "cli/output.hpp"
#include "gcn/error.hpp"
#include "isa/chips.hpp"
#include "perfcounters/gfx803/tables.hpp"
#include "perfcounters/metrics.hpp"
#include "perfcounters/passes.hpp"

namespace gcn {

using nlohmann::json;

struct PerfListOptions {
    std::string pattern, block, chip = std::string(isa::chips[0].row);
    bool metrics = false, events = false, as_json = false;
};

// ---- what to list ----------------------------------------------------------------------

static std::string lower(std::string_view text) {
    std::string small(text);
    for (char& c : small) c = char(std::tolower(static_cast<unsigned char>(c)));
    return small;
}

// `*` stands for any characters, `?` for one. What the last `*` takes grows until the rest fits.
static bool like(std::string_view text, std::string_view pattern) {
    size_t t = 0, p = 0, star = pattern.npos, taken = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != pattern.npos) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == pattern.npos;
}

// Part of the name or of the meaning; with * or ? the whole name.
static bool matches(const std::string& pattern, std::string_view name, std::string_view meaning) {
    const std::string wanted = lower(pattern);
    if (wanted.find_first_of("*?") != wanted.npos) return like(lower(name), wanted);
    return lower(name).find(wanted) != std::string::npos || lower(meaning).find(wanted) != std::string::npos;
}

struct PerfListing {
    const isa::Chip* chip;
    std::vector<perfcounters::Block> blocks;
    std::vector<const perfcounters::Event*> events;
    std::vector<const perfcounters::Metric*> metrics;
    perfcounters::Passes plan;  // of these metrics
};

static std::string names_of_blocks() {
    std::string names;
    for (const perfcounters::BlockRow& b : perfcounters::blocks)
        names += (names.empty() ? "" : ", ") + std::string(b.name);
    return names;
}

static std::string names_of_chips() {
    std::string names;
    for (const isa::Chip& c : isa::chips) names += (names.empty() ? "" : ", ") + std::string(c.row);
    return names;
}

static bool counts_in(const perfcounters::Metric& m, perfcounters::Block block) {
    const auto& counts = m.expression.counts();
    return std::any_of(counts.begin(), counts.end(),
                       [&](const perfcounters::Count& c) { return c.event->block == block; });
}

static PerfListing select(const PerfListOptions& o) {
    PerfListing l{isa::find_chip(o.chip), {}, {}, {}, {}};
    if (!l.chip)
        fail(
            {"list the counters of " + o.chip, "there is no such chip", "one of " + names_of_chips(), Fault::WrongUse});
    const std::optional<perfcounters::Block> only = perfcounters::find_block(o.block);
    if (!o.block.empty() && !only)
        fail({"list the block " + o.block, "there is none of that name", "one of " + names_of_blocks(),
              Fault::WrongUse});

    const bool all = !o.metrics && !o.events;
    const perfcounters::Event* const numbered = perfcounters::find_event(o.pattern);
    for (size_t b = 0; all && b < std::size(perfcounters::blocks); ++b)
        if ((!only || *only == perfcounters::Block(b)) &&
            matches(o.pattern, perfcounters::blocks[b].name, perfcounters::blocks[b].tells))
            l.blocks.push_back(perfcounters::Block(b));
    if (o.events || (all && (only || !o.pattern.empty())))
        for (const perfcounters::Event& e : perfcounters::events)
            if ((!only || *only == e.block) && (&e == numbered || matches(o.pattern, e.name, e.meaning)))
                l.events.push_back(&e);
    if (o.metrics || all)
        for (const perfcounters::Metric& m : perfcounters::metrics())
            if ((!only || counts_in(m, *only)) && matches(o.pattern, m.name, m.meaning)) l.metrics.push_back(&m);
    if (l.blocks.empty() && l.events.empty() && l.metrics.empty())
        fail({"list " +
                  (!o.pattern.empty() ? o.pattern
                   : o.metrics        ? "metrics"
                                      : "events") +
                  (only ? " of " + o.block : ""),
              "nothing of that name is counted", "gcn perf list, or gcn perf list --events", Fault::WrongUse});

    std::vector<perfcounters::Wanted> wanted;
    for (const perfcounters::Metric* m : l.metrics) wanted.push_back(perfcounters::wanted(*m));
    l.plan = perfcounters::plan_passes(wanted);
    return l;
}

// ---- as JSON -----------------------------------------------------------------------------

static const char* text(perfcounters::Per per) {
    constexpr const char* texts[] = {"GPU", "engine", "CU", "L2 channel"};
    return texts[size_t(per)];
}

static const char* text(perfcounters::Window window) {
    constexpr const char* texts[] = {"always", "events", "waves"};
    return texts[size_t(window)];
}

static json chip(const isa::Chip& c) {
    return {{"name", c.row},  {"card", c.card},        {"engines", c.engines},
            {"cus", c.cus()}, {"tccs", c.l2_channels}, {"waves_per_simd", c.waves_per_simd}};
}

static json block(perfcounters::Block b, const isa::Chip& chip) {
    const perfcounters::BlockRow& row = perfcounters::row(b);
    const auto events = std::count_if(std::begin(perfcounters::events), std::end(perfcounters::events),
                                      [&](const perfcounters::Event& e) { return e.block == b; });
    return {{"name", row.name},     {"per", text(row.per)},       {"instances", perfcounters::instances(b, chip)},
            {"counters", row.live}, {"window", text(row.window)}, {"events", events},
            {"tells", row.tells}};
}

static json event(const perfcounters::Event& e, const isa::Chip& chip) {
    return {{"name", e.name},
            {"block", perfcounters::row(e.block).name},
            {"number", e.number},
            {"instances", perfcounters::instances(e.block, chip)},
            {"meaning", e.meaning}};
}

static json metric(const PerfListing& l, size_t i) {
    const perfcounters::Metric& m = *l.metrics[i];
    json counts = json::array();
    for (const perfcounters::Count& c : m.expression.counts()) counts.push_back(perfcounters::text(c));
    json j{
        {"name", m.name},       {"unit", m.unit},  {"good", m.good}, {"from", m.from}, {"formula", m.expression.text()},
        {"meaning", m.meaning}, {"counts", counts}};
    for (size_t p = 0; p < l.plan.passes.size(); ++p) {
        const auto& serves = l.plan.passes[p].serves;
        if (std::find(serves.begin(), serves.end(), i) != serves.end()) j["pass"] = p + 1;
    }
    if (!l.plan.refused[i].empty()) j["why_not"] = l.plan.refused[i];
    return j;
}

static json pass(const perfcounters::Pass& p) {
    json slots = json::array();
    for (const perfcounters::Slot& s : p.slots)
        slots.push_back({{"block", perfcounters::row(s.count.event->block).name},
                         {"counter", s.counter},
                         {"event", s.count.event->name},
                         {"counts", perfcounters::text(s.count)}});
    return slots;
}

static json everything(const PerfListing& l) {
    json j{{"chip", chip(*l.chip)},
           {"blocks", json::array()},
           {"events", json::array()},
           {"metrics", json::array()},
           {"passes", json::array()}};
    for (const perfcounters::Block b : l.blocks) j["blocks"].push_back(block(b, *l.chip));
    for (const perfcounters::Event* e : l.events) j["events"].push_back(event(*e, *l.chip));
    for (size_t i = 0; i < l.metrics.size(); ++i) j["metrics"].push_back(metric(l, i));
    for (const perfcounters::Pass& p : l.plan.passes) j["passes"].push_back(pass(p));
    return j;
}

// ---- as text -----------------------------------------------------------------------------

static std::string number(const json& object, const char* key) { return std::to_string(object[key].get<int>()); }

static void print_blocks(const json& blocks) {
    const Table table({{"block", -8},
                       {"a", -10},
                       {"instances", 9},
                       {"counters", 8},
                       {"window", -6},
                       {"events", 6},
                       {"tells of", -1}});
    table.head();
    for (const json& b : blocks)
        table.row({b["name"], "per " + b["per"].get<std::string>(), number(b, "instances"), number(b, "counters"),
                   b["window"], number(b, "events"), b["tells"]});
}

static void print_events(const json& events) {
    size_t longest = 0;
    for (const json& e : events) longest = std::max(longest, e["name"].get_ref<const std::string&>().size());
    const Table table({{"event", -int(longest)}, {"number", -11}, {"instances", 9}, {"meaning", -1}});
    table.head();
    for (const json& e : events)
        table.row({e["name"], e["block"].get<std::string>() + ":" + number(e, "number"), number(e, "instances"),
                   e["meaning"]});
}

static void print_metrics(const json& metrics) {
    const Table table({{"metric", -20}, {"unit", -8}, {"pass", 4}, {"from", -7}, {"formula", -1}});
    table.head();
    for (const json& m : metrics) {
        table.row({m["name"], m["unit"], m.contains("pass") ? number(m, "pass") : "-", m["from"], m["formula"]});
        table.row({"", "", "", "", m["meaning"]});
        if (m.contains("why_not")) table.row({"", "", "", "", "no pass: " + m["why_not"].get<std::string>()});
    }
}

static void print_passes(const perfcounters::Passes& plan) {
    const size_t n = plan.passes.size();
    print_line(std::to_string(n) + (n == 1 ? " pass" : " passes") + " for these metrics" +
               (n == plan.at_least ? ":" : ", and at least " + std::to_string(plan.at_least) + ":"));
    for (size_t i = 0; i < n; ++i) {
        std::string line = "pass " + std::to_string(i + 1) + "  " + plan.passes[i].text();
        for (const perfcounters::Count& c : plan.passes[i].left_out) line += ", without " + perfcounters::text(c);
        print_line(line);
    }
}

static void print_text(const PerfListing& l) {
    const json all = everything(l);
    print_line(std::string(l.chip->row) + ": " + number(all["chip"], "engines") + " shader engines, " +
               number(all["chip"], "cus") + " CUs, " + number(all["chip"], "tccs") + " L2 channels, " +
               number(all["chip"], "waves_per_simd") + " waves per SIMD");
    if (!l.blocks.empty()) {
        print_line("");
        print_blocks(all["blocks"]);
    }
    if (!l.events.empty()) {
        print_line("");
        print_events(all["events"]);
    }
    if (l.metrics.empty()) return;
    print_line("");
    print_metrics(all["metrics"]);
    print_line("");
    print_passes(l.plan);
}

void perf_record(CLI::App&);  // perf_record.cpp

static void list(CLI::App& app) {
    static PerfListOptions o;
    app.add_option("PATTERN", o.pattern, "part of a name or meaning; with * or ? a whole name; or BLOCK:NUMBER");
    app.add_option("--block", o.block, "only this block, its events and the metrics that count in it");
    app.add_flag("--metrics", o.metrics, "only metrics and their passes");
    app.add_flag("--events", o.events, "only events, all of them unless there is a PATTERN or block");
    app.add_option("--chip", o.chip, "whose instances; default: " + o.chip);
    app.add_flag("--json", o.as_json, "one JSON object");
    app.callback([] {
        const PerfListing l = select(o);
        o.as_json ? print(everything(l)) : print_text(l);
    });
}

void perf(CLI::App& app) {
    app.require_subcommand(0, 1);
    list(*app.add_subcommand("list", "blocks, events and metrics that there are on a chip"));
    perf_record(*app.add_subcommand("record", "count events and metrics around cases"));
    app.callback([&app] {
        if (app.get_subcommands().empty()) print_line(app.help("gcn"));
    });
}

}  // namespace gcn
