// gcn check-kernels: every kernel on every backend that opens, against the oracle.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "backend/reason.hpp"
#include "bench/check.hpp"
#include "cli/output.hpp"
#include "cli/strict.hpp"
#include "plan/problem.hpp"
#include "plan/source.hpp"

namespace gcn {

struct CheckOptions {
    std::vector<std::string> cases;
    std::string backend, kernel;
    std::vector<std::string> sources, added;  // files, and the kernels in them
    int count = 20;
    uint64_t seed = 1;
    bool json = false, strict = false;
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
            const std::string lost = device->backend->lost();  // the cause of whatever follows
            row.wrong = lost.empty() ? e.what() : lost;
        }
        if (row.wrong.empty()) continue;
        row.repeat = repeat_command(row, g);
        break;
    }
    return row;
}

static nlohmann::json text_or_null(const std::string& text) {
    return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

static void print_row(const CheckRow& row, bool json) {
    if (json)
        return print({{"backend", row.backend},
                      {"open", true},
                      {"kernel", row.kernel},
                      {"cases", row.cases},
                      {"verified", row.wrong.empty()},
                      {"error", text_or_null(row.wrong)},
                      {"repeat", text_or_null(row.repeat)}});
    table.row({row.backend, row.kernel, std::to_string(row.cases),
               row.wrong.empty() ? "equal" : "WRONG: " + clause(row.wrong) + ". Again: " + row.repeat});
}

// A backend that does not open is a line of its own.
static void print_closed(const BackendRow& row, const std::string& why, bool json) {
    if (json)
        return print({{"backend", row.choice},
                      {"open", false},
                      {"kernel", nullptr},
                      {"cases", 0},
                      {"verified", nullptr},
                      {"error", why},
                      {"repeat", nullptr}});
    print_line(std::string(row.choice) + "  not here: " + why);
}

static bool meant(const BackendRow& row, const CheckOptions& o) {
    return o.backend.empty() || row.choice == o.backend || row.name == o.backend;
}

static std::shared_ptr<DeviceImpl> open(const BackendRow& row, std::string& why) {
    std::shared_ptr<Backend> backend = try_open(row, why);
    if (!backend) return nullptr;
    return std::make_shared<DeviceImpl>(std::move(backend));
}

static void check_names(CheckOptions& o) {
    for (const std::string& file : o.sources) o.added.push_back(add_source(file));
    const auto rows = backend_rows();
    if (std::none_of(rows.begin(), rows.end(), [&](const BackendRow& row) { return meant(row, o); }))
        open_backend(o.backend);  // says which there are
    if (!o.kernel.empty() && !find_kernel(o.kernel))
        fail({"check the kernel " + o.kernel, "there is none of that name", "gcn info, which lists them",
              Fault::WrongUse});
    for (const std::string& name : o.cases) parse_gemm(name);
}

static bool named(const KernelRow& k, const CheckOptions& o) {
    if (!o.added.empty()) return std::find(o.added.begin(), o.added.end(), k.name) != o.added.end();
    return o.kernel.empty() ? k.name != oracle_kernel : k.name == o.kernel;
}

static bool wanted(const KernelRow& k, const CheckOptions& o) {
    const auto taken = [&](const std::string& name) { return takes(k, parse_gemm(name)); };
    return named(k, o) && (o.cases.empty() || std::any_of(o.cases.begin(), o.cases.end(), taken));
}

// The kernels that are wanted and not among `checked`, though they run on a backend that is meant.
static std::string unchecked(const std::set<std::string_view>& checked, const CheckOptions& o) {
    std::string names;
    for (const KernelRow& kernel : kernel_rows()) {
        const auto has_a_place = [&](const BackendRow& row) {
            DeviceInfo device;
            device.backend = row.name;
            return meant(row, o) && runs_on(kernel, device);
        };
        const auto rows = backend_rows();
        if (wanted(kernel, o) && !checked.count(kernel.name) && std::any_of(rows.begin(), rows.end(), has_a_place))
            names += (names.empty() ? "" : ", ") + std::string(kernel.name);
    }
    return names;
}

static void run(CheckOptions& o) {
    check_names(o);
    std::optional<StrictRun> strict;
    if (o.strict) strict.emplace("1", "");
    const Check check;
    if (!o.json) table.head();
    size_t opened = 0, rows = 0, wrong = 0;
    std::set<std::string_view> checked;
    Reasons closed;
    for (const BackendRow& backend : backend_rows()) {
        if (!meant(backend, o)) continue;
        std::string why;
        const auto device = open(backend, why);
        if (!device) {
            print_closed(backend, why, o.json);
            closed.add(backend.choice, why);
            continue;
        }
        ++opened;
        for (const KernelRow& kernel : kernel_rows()) {
            if (!wanted(kernel, o) || !runs_on(kernel, device->info)) continue;
            const CheckRow row = gcn::check(check, device, backend.choice, kernel, o);
            print_row(row, o.json);
            checked.insert(kernel.name);
            ++rows;
            wrong += !row.wrong.empty();
        }
    }
    const int findings = strict ? strict->findings() : 0;
    std::string why = wrong ? std::to_string(wrong) + " of " + std::to_string(rows) + " are wrong" : "";
    if (const std::string names = unchecked(checked, o); !names.empty())
        why += (why.empty() ? "" : "; ") + names + " not checked on any backend (" + closed.text + ")";
    if (findings) why += (why.empty() ? "" : "; ") + std::to_string(findings) + " findings of strict mode, see above";
    if (!why.empty())
        fail({"vouch for every kernel", why, closed.remedy, opened == 0 ? Fault::NoDevice : Fault::Failed});
    if (rows == 0) fail({"check anything", "no kernel takes the cases on a backend that opens", "gcn info"});
}

void check_kernels(CLI::App& app) {
    static CheckOptions o;
    app.add_option("CASE", o.cases, "what to check; random cases unless given");
    app.add_option("--backend", o.backend, "only this one");
    app.add_option("--kernel", o.kernel, "only this one");
    app.add_option("--source", o.sources, "a kernel's .s with its row, assembled now; only these, then")
        ->allow_extra_args(false);
    app.add_option("--count", o.count, "random cases for each kernel, 20 unless given")->check(CLI::Range(1, 1000000));
    app.add_option("--seed", o.seed, "of the random cases, 1 unless given")->check([](const std::string& seed) {
        return seed.starts_with('-') ? seed + " is negative" : std::string();
    });
    app.add_flag("--strict", o.strict, "in strict mode of the software Polaris: docs/strict.md");
    app.add_flag("--json", o.json, "one JSON object per kernel and line");
    app.callback([] { run(o); });
}

}  // namespace gcn
