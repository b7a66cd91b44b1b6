// gcn perf record: what the hardware counters say of cases.

#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "backend/counters.hpp"
#include "bench/record.hpp"
#include "cli/output.hpp"
#include "cli/timing.hpp"
#include "gcn/error.hpp"
#include "gcn/gcn.hpp"
#include "perfcounters/collect.hpp"
#include "perfcounters/metrics.hpp"
#include "plan/problem.hpp"

namespace gcn {

using nlohmann::json;

namespace {

struct RecordOptions {
    std::vector<std::string> wanted, cases;
    std::string timing;
    bool as_json = false;
};

// An event or a metric.
struct Item {
    const perfcounters::Event* event = nullptr;
    const perfcounters::Metric* metric = nullptr;

    std::string name() const { return std::string(event ? event->name : metric->name); }
};

Item find_item(const std::string& name) {
    const Item item{perfcounters::find_event(name), perfcounters::find_metric(name)};
    if (!item.event && !item.metric)
        fail({"count " + name, "there is no event and no metric of that name", "gcn perf list " + name,
              Fault::WrongUse});
    return item;
}

// Names, also several with commas between; when there are none, the metrics that rocprofiler has had for these cards.
std::vector<Item> items_of(const std::vector<std::string>& names) {
    std::vector<Item> items;
    for (const std::string& list : names)
        for (size_t begin = 0, end; begin <= list.size(); begin = end + 1) {
            end = std::min(list.find(',', begin), list.size());
            items.push_back(find_item(list.substr(begin, end - begin)));
        }
    if (names.empty())
        for (const perfcounters::Metric& m : perfcounters::metrics())
            if (m.from == "rocprof") items.push_back({nullptr, &m});
    return items;
}

// One product, run again and again with matrices of zeros: what is counted does not depend on numbers.
class Work {
public:
    Work(Device& device, const std::string& text)
        : device(device),
          problem(parse_gemm(text)),
          plan(gcn::plan(device, problem)),
          a(zeros(elements_a(problem))),
          b(zeros(elements_b(problem))),
          c(zeros(elements_c(problem))) {}

    void run() {
        const auto time = plan.run(a, b, c);
        if (!time) throw Error(Fault::Failed, device.lost());
        last = *time;
    }

    std::string kernel() const { return plan.kernel(); }
    Time last{};

private:
    Buffer zeros(int64_t elements) {
        Buffer buffer = device.alloc(size_t(elements) * sizeof(float));
        const std::vector<float> values(size_t(elements), 0);
        buffer.write(values.data(), values.size() * sizeof(float));
        return buffer;
    }

    Device& device;
    const Gemm problem;
    Plan plan;
    Buffer a, b, c;
};

json described(const Item& item, const perfcounters::Collected& collected, size_t i) {
    json row{{"name", item.name()}};
    if (item.metric) {
        const perfcounters::Figure figure = collected.metric(*item.metric, i);
        row["unit"] = item.metric->unit;
        row["value"] = figure.is_number() ? json(figure.number) : json();
        row["text"] = perfcounters::text(figure, 2);
        if (!figure.is_number()) row["why"] = figure.why;
        return row;
    }
    const perfcounters::Reading* reading = collected.event(*item.event, i);
    row["unit"] = "count";
    row["value"] = json();
    if (!reading) {
        row["text"] = "n/a";
        row["why"] =
            collected.plan.refused[i].empty()
                ? "its block counts only queues whose window is open, which HSA's are not: GCN_BACKEND=drm counts it"
                : collected.plan.refused[i];
        return row;
    }
    uint64_t sum = 0;
    bool modelled = true;
    for (const uint64_t v : reading->values) sum += v, modelled &= v != not_modelled;
    row["text"] = modelled ? std::to_string(sum) : "not modelled";
    if (!modelled) return row;
    row["value"] = sum;
    row["instances"] = reading->values;
    return row;
}

void print_case(const json& result) {
    print_line(result["case"].get<std::string>() + "  " + result["kernel"].get<std::string>() + "  " +
               (result["time_us"].is_null() ? "- us (not " : fixed(result["time_us"], 1) + " us (") +
               result["time_kind"].get<std::string>() + "), " + std::to_string(result["passes"].get<int>()) +
               (result["passes"] == 1 ? " pass" : " passes"));
    size_t longest = 5;
    for (const json& row : result["counted"]) longest = std::max(longest, row["name"].get<std::string>().size());
    const Table table({{"event", -int(longest)}, {"value", 14}, {"unit", -8}, {"by engine", -1}});
    table.head();
    for (const json& row : result["counted"]) {
        std::string engines;
        if (row.contains("instances") && row["instances"].size() <= 4)
            for (const json& v : row["instances"])
                engines += (engines.empty() ? "" : " ") + std::to_string(v.get<uint64_t>());
        if (row.contains("why")) engines = row["why"];
        table.row({row["name"], row["text"], row["unit"], engines});
    }
    for (const json& doubt : result["doubts"]) print_line("  " + doubt.get<std::string>());
    print_line("");
}

void record(const RecordOptions& o) {
    const std::vector<Item> items = items_of(o.wanted);
    std::vector<perfcounters::Wanted> wanted;
    for (const Item& item : items)
        wanted.push_back(item.event ? perfcounters::wanted(*item.event) : perfcounters::wanted(*item.metric));

    set_timing(o.timing, "full");
    Device device = Device::open();
    if (device.backend() == "cpu")
        fail({"count on the cpu", "the counters are a GPU's", "GCN_BACKEND=hsa or GCN_BACKEND=drm", Fault::WrongUse});
    const std::unique_ptr<Counters> counters = open_counters(device.backend().starts_with("drm"));
    Progress progress(o.cases.size());
    for (const std::string& text : o.cases) {
        progress.step(text);
        Work work(device, text);
        work.run();  // what happens only once: code, memory
        const auto collected = perfcounters::collect(*counters, wanted, [&](size_t) { work.run(); });
        json result{{"case", text},
                    {"backend", device.backend()},
                    {"device", device.name()},
                    {"kernel", work.kernel()},
                    {"time_us", std::isnan(work.last.us) ? json() : json(work.last.us)},
                    {"time_kind", kind_text(work.last.kind)},
                    {"counter_kind", kind_text(counters->info().kind)},
                    {"passes", collected.plan.passes.size()},
                    {"counted", json::array()},
                    {"doubts", collected.doubts}};
        for (size_t i = 0; i < items.size(); ++i) result["counted"].push_back(described(items[i], collected, i));
        progress.clear();
        if (o.as_json)
            print(result);
        else
            print_case(result);
    }
}

}  // namespace

void perf_record(CLI::App& app) {
    static RecordOptions o;
    app.add_option("-e,--event", o.wanted,
                   "an event or a metric, as gcn perf list names them; several with commas, or again")
        ->allow_extra_args(false);
    app.add_flag("--json", o.as_json, "one object per case");
    add_timing(app, o.timing, "full; with off only instructions, waves and LDS are counted");
    app.add_option("CASE", o.cases, "sgemm:nt:1024x1024x1024 and the like")->required();
    app.callback([] { record(o); });
}

}  // namespace gcn
