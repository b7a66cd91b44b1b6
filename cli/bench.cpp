// gcn bench: a table of times, every result verified.

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/bench.hpp"
#include "bench/cases.hpp"
#include "cli/output.hpp"
#include "plan/problem.hpp"
#include "plan/select.hpp"

namespace gcn {

struct BenchOptions {
    std::vector<std::string> cases;
    std::string file, backend;
    int repeat = 0;
    bool json = false;
};

static std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::string text, line;
    while (std::getline(file, line)) text += line + '\n';
    if (file.bad() || !file.is_open()) fail({"read " + path, std::strerror(errno), ""});
    return text;
}

static std::vector<Gemm> cases_of(const BenchOptions& o) {
    std::vector<std::string> names = o.cases;
    const auto append = [&](const std::vector<std::string>& more) {
        names.insert(names.end(), more.begin(), more.end());
    };
    if (!o.file.empty()) append(cases_in(contents(o.file)));
    if (o.cases.empty() && o.file.empty())
        for (const CaseList& list : case_lists()) append(cases_in(list.text));
    std::vector<Gemm> problems;
    for (const std::string& name : names) problems.push_back(parse_gemm(name));
    if (problems.empty()) fail({"time anything", o.file + " has no cases", "", Fault::WrongUse});
    return problems;
}

// A GCN_KERNEL that no case could run with is said once, not in every row.
static const KernelRow* forced_kernel() {
    const char* const name = std::getenv("GCN_KERNEL");
    if (!name || !*name) return nullptr;
    if (const KernelRow* kernel = find_kernel(name)) return kernel;
    fail({std::string("run the cases with GCN_KERNEL=") + name, "there is no such kernel", "gcn info, which lists them",
          Fault::WrongUse});
}

static void check_runs_on(const Device& device, const KernelRow& forced) {
    DeviceInfo info;
    info.backend = device.backend();
    if (!runs_on(forced, info))
        fail({"run the cases with GCN_KERNEL=" + std::string(forced.name), "it does not run on backend " + info.backend,
              "unset GCN_KERNEL", Fault::WrongUse});
}

// The same members in every row, null where there is no value.
static nlohmann::json json(const BenchRow& row) {
    nlohmann::json j{{"case", row.name},        {"backend", row.backend},   {"device", row.device},
                     {"kernel", nullptr},       {"time_us", nullptr},       {"time_kind", nullptr},
                     {"spread", nullptr},       {"runs", nullptr},          {"gflops", nullptr},
                     {"percent_peak", nullptr}, {"verified", row.verified}, {"verdict", row.verdict},
                     {"error", nullptr}};
    if (!row.kernel.empty()) j["kernel"] = row.kernel;
    if (!row.error.empty()) j["error"] = row.error;
    if (row.measured) {
        j["time_us"] = row.measured->best.us;
        j["time_kind"] = kind_text(row.measured->best.kind);
        j["spread"] = row.measured->spread;
        j["runs"] = row.measured->runs;
        j["gflops"] = row.gflops;
    }
    if (row.percent_peak) j["percent_peak"] = *row.percent_peak;
    return j;
}

static const Table table(
    {{"case", -30}, {"kernel", -16}, {"time", 20}, {"GFLOPS", 8}, {"% of peak", 9}, {"oracle", -1}});

static void print_row(const BenchRow& row) {
    const std::string verdict = row.verified ? row.verdict : "WRONG: " + row.verdict;
    table.row({row.name, row.kernel.empty() ? "-" : row.kernel, row.measured ? gcn::text(row.measured->best) : "-",
               row.measured ? fixed(row.gflops, 1) : "-", row.percent_peak ? fixed(*row.percent_peak, 1) : "-",
               row.error.empty() ? verdict : row.error});
}

static void print_head(const Device& device) {
    static constexpr const char* meanings[] = {"measured by the card's clock", "modelled by the software Polaris",
                                               "of this host's clock, not a GPU's"};
    print_line(std::string(device.name()) + ", backend " + std::string(device.backend()) + ": times are " +
               meanings[int(device.time_kind())]);
    table.head();
}

static void run(const BenchOptions& o) {
    const std::vector<Gemm> problems = cases_of(o);
    const KernelRow* const forced = forced_kernel();
    Device device = Device::open(o.backend);
    if (forced) check_runs_on(device, *forced);
    // Without --repeat a case takes as many runs as fit into a second; the exact check was its warm-up.
    const Effort effort =
        o.repeat > 0 ? Effort{.warm_ups = 0, .runs = o.repeat} : Effort{.warm_ups = 0, .runs = 10, .limit_seconds = 1};
    if (!o.json) print_head(device);
    size_t failed = 0;
    Bench bench(device, effort);
    Progress progress(problems.size());
    for (const Gemm& g : problems) {
        progress.step(text(g));
        const BenchRow row = bench.run(g);
        progress.clear();
        o.json ? print(json(row)) : print_row(row);
        if (!row.verified) ++failed;
    }
    if (failed > 0)
        fail({"vouch for the results",
              std::to_string(failed) + " of " + std::to_string(problems.size()) + " cases failed", ""});
}

void bench(CLI::App& app) {
    static BenchOptions o;
    app.add_option("CASE", o.cases,
                   "sgemm:LAYOUT:MxNxK[:alpha=A][:beta=B][:lda=N][:ldb=N][:ldc=N]; squares and the\n"
                   "layers of ResNet-50 and BERT-base unless given");
    app.add_option("--file", o.file, "cases, one a line; '#' begins a comment");
    app.add_option("--backend", o.backend, "hsa, hsa-software or cpu; else $GCN_BACKEND, else the first that opens");
    app.add_option("--repeat", o.repeat, "timed runs of a case, the best counts; up to 10 in a second unless given")
        ->check(CLI::Range(1, 1000000));
    app.add_flag("--json", o.json, "one JSON object per case and line");
    app.callback([] { run(o); });
}

}  // namespace gcn
