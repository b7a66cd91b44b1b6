// gcn check-kernels: every kernel on every backend that opens, against the oracle.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/check.hpp"
#include "cli/output.hpp"
#include "plan/problem.hpp"

namespace gcn {

struct CheckOptions {
    std::vector<std::string> cases;
    std::string backend, kernel;
    int count = 20;
    uint64_t seed = 1;
    bool json = false;
};

static const Table table({{"backend", -12}, {"kernel", -18}, {"cases", 5}, {"verdict", -1}});

static bool takes(const KernelRow& k, const Gemm& g) { return takes(k.a, g.a) && takes(k.b, g.b); }

static std::vector<Gemm> cases_for(const KernelRow& kernel, const CheckOptions& o) {
    if (o.cases.empty()) return random_cases(kernel, o.count, o.seed);
    std::vector<Gemm> problems;
    for (const std::string& name : o.cases)
        if (const Gemm g = parse_gemm(name); takes(kernel, g)) problems.push_back(g);
    return problems;
}

struct CheckRow {
    std::string backend, kernel;
    size_t cases = 0;
    std::string wrong, repeat;  // the first case that is wrong, and the command that shows it again
};

static std::string repeat_command(const CheckRow& row, const Gemm& g) {
    return "gcn check-kernels --backend " + row.backend + " --kernel " + row.kernel + " " + text(g);
}

static CheckRow check(const Check& check, const std::shared_ptr<DeviceImpl>& device, std::string_view backend,
                      const KernelRow& kernel, const CheckOptions& o) {
    CheckRow row;
    row.backend = backend;
    row.kernel = kernel.name;
    const std::vector<Gemm> problems = cases_for(kernel, o);
    Progress progress(problems.size());
    for (const Gemm& g : problems) {
        progress.step(row.backend + " " + row.kernel + " " + text(g));
        ++row.cases;
        try {
            row.wrong = check.run(device, kernel, g);
        } catch (const Error& e) {
            row.wrong = e.what();
        }
        if (row.wrong.empty()) continue;
        row.repeat = repeat_command(row, g);
        break;
    }
    return row;
}

static void print_row(const CheckRow& row, bool json) {
    if (json)
        return print({{"backend", row.backend},
                      {"kernel", row.kernel},
                      {"cases", row.cases},
                      {"verified", row.wrong.empty()},
                      {"error", row.wrong.empty() ? nlohmann::json() : nlohmann::json(row.wrong)},
                      {"repeat", row.repeat.empty() ? nlohmann::json() : nlohmann::json(row.repeat)}});
    table.row({row.backend, row.kernel, std::to_string(row.cases),
               row.wrong.empty() ? "equal" : "WRONG: " + row.wrong + ". Again: " + row.repeat});
}

static bool meant(const BackendRow& row, const CheckOptions& o) {
    return o.backend.empty() || row.choice == o.backend || row.name == o.backend;
}

// A backend that does not open is a line of its own.
static std::shared_ptr<DeviceImpl> open(const BackendRow& row, const CheckOptions& o) {
    std::string why;
    std::shared_ptr<Backend> backend = try_open(row, why);
    if (!backend) {
        if (!o.json) print_line(std::string(row.choice) + "  not here: " + why);
        return nullptr;
    }
    const DeviceInfo info = backend->info();
    return std::make_shared<DeviceImpl>(DeviceImpl{std::move(backend), info});
}

static void check_names(const CheckOptions& o) {
    const auto rows = backend_rows();
    if (std::none_of(rows.begin(), rows.end(), [&](const BackendRow& row) { return meant(row, o); }))
        fail({"open the backend " + o.backend, "there is none of that name", "gcn info", Fault::WrongUse});
    if (!o.kernel.empty() && !find_kernel(o.kernel))
        fail({"check the kernel " + o.kernel, "there is none of that name", "gcn info", Fault::WrongUse});
    for (const std::string& name : o.cases) parse_gemm(name);
}

static void run(const CheckOptions& o) {
    check_names(o);
    const Check check;
    if (!o.json) table.head();
    size_t opened = 0, rows = 0, wrong = 0;
    for (const BackendRow& backend : backend_rows()) {
        const auto device = meant(backend, o) ? open(backend, o) : nullptr;
        if (!device) continue;
        ++opened;
        for (const KernelRow& kernel : kernel_rows()) {
            const bool wanted = o.kernel.empty() ? kernel.name != oracle_kernel : kernel.name == o.kernel;
            if (!wanted || !runs_on(kernel, device->info)) continue;
            const CheckRow row = gcn::check(check, device, backend.choice, kernel, o);
            if (row.cases == 0) continue;
            print_row(row, o.json);
            ++rows;
            wrong += !row.wrong.empty();
        }
    }
    if (opened == 0) fail({"open " + o.backend, "it is not here", "gcn info", Fault::NoDevice});
    if (rows == 0) fail({"check anything", "no kernel takes the cases on a backend that opens", "gcn info"});
    if (wrong > 0)
        fail({"vouch for every kernel", std::to_string(wrong) + " of " + std::to_string(rows) + " are wrong"});
}

void check_kernels(CLI::App& app) {
    static CheckOptions o;
    app.add_option("CASE", o.cases, "what to check; random cases unless given");
    app.add_option("--backend", o.backend, "only this one");
    app.add_option("--kernel", o.kernel, "only this one");
    app.add_option("--count", o.count, "random cases for each kernel, 20 unless given")->check(CLI::Range(1, 1000000));
    app.add_option("--seed", o.seed, "of the random cases, 1 unless given");
    app.add_flag("--json", o.json, "one JSON object per kernel and line");
    app.callback([] { run(o); });
}

}  // namespace gcn
