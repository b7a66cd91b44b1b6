// gcn bench: a table of times, every result verified.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/bench.hpp"
#include "bench/cases.hpp"
#include "bench/compare.hpp"
#include "bench/plot.hpp"
#include "bench/record.hpp"
#include "cli/output.hpp"
#include "cli/timing.hpp"
#include "plan/problem.hpp"
#include "plan/select.hpp"
#include "plan/source.hpp"

namespace gcn {

struct BenchOptions {
    std::vector<std::string> cases, lists, sources;
    std::string file, backend, timing, save, compare, plot;
    int repeat = 0;
    bool all = false, json = false;
};

// ---- what is to be run --------------------------------------------------------------

static std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::string text, line;
    while (std::getline(file, line)) text += line + (file.eof() ? "" : "\n");
    if (file.bad() || !file.is_open()) fail({"read " + path, std::strerror(errno), ""});
    return text;
}

struct Case {
    Gemm gemm;
    bool asked_for;  // by its name, or of the run that is compared with; others may be skipped
};

static std::vector<Case> cases_of(const BenchOptions& o, const Record* before) {
    std::vector<Case> cases;
    const auto add = [&](const std::vector<std::string>& names, bool asked_for) {
        for (const std::string& name : names) cases.push_back({parse_gemm(name), asked_for});
    };
    add(o.cases, true);
    if (!o.file.empty()) add(cases_in(contents(o.file)), false);
    for (const std::string& name : o.lists) add(cases_in(case_list(name).text), false);
    if (!o.cases.empty() || !o.file.empty() || !o.lists.empty()) {
        if (cases.empty()) fail({"time anything", o.file + " has no cases", "", Fault::WrongUse});
        return cases;
    }
    if (before) {
        for (const BenchRow& row : before->rows) add({row.name}, true);
        if (cases.empty()) fail({"time anything", o.compare + " has no cases", "", Fault::WrongUse});
        return cases;
    }
    for (const CaseList& list : case_lists())
        if (list.by_default) add(cases_in(list.text), false);
    return cases;
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

// What would be said after minutes of work is said before it.
static void check_files(const BenchOptions& o, const std::vector<Case>& cases) {
    if (!o.save.empty()) check_writable(o.save);
    if (o.plot.empty()) return;
    if (std::none_of(cases.begin(), cases.end(), [](const Case& c) { return is_square(c.gemm); }))
        fail({"plot " + o.plot, "no case is a square product", "--list squares", Fault::WrongUse});
    check_writable(o.plot);
}

// ---- what is printed -----------------------------------------------------------------

static std::string percent(double share) { return fixed(100 * share, 1); }

static const Table plain({{"case", -30},
                          {"kernel", -16},
                          {"median", 20},
                          {"best us", 11},
                          {"IQR %", 6},
                          {"model", 8},
                          {"GFLOPS", 8},
                          {"% of peak", 9},
                          {"oracle", -1}});

static void print_row(const BenchRow& row) {
    const std::string verdict = row.verified ? row.verdict : "WRONG: " + row.verdict;
    const std::string kernel = row.kernel.empty() ? "-" : row.kernel;
    if (!row.measured) {
        const std::string why = row.skipped.empty() ? row.error : "skipped: " + row.skipped + " (run with --all)";
        return plain.row({row.name, kernel, "-", "-", "-", "-", "-", "-", why});
    }
    const Measurement& m = *row.measured;
    plain.row({row.name, kernel, gcn::text(Time{m.median_us, m.best.kind}), fixed(m.best.us, 1),
               m.median_us > 0 ? percent(m.iqr_us() / m.median_us) : "-", row.modelled ? gcn::text(*row.modelled) : "-",
               fixed(row.gflops, 1), row.percent_peak ? fixed(*row.percent_peak, 1) : "-",
               row.error.empty() ? verdict : row.error});
}

static const Table compared({{"case", -30},
                             {"kernel", -16},
                             {"old median", 20},
                             {"new median", 20},
                             {"new/old", 7},
                             {"noise %", 7},
                             {"verdict", -1}});

// How a run went beside an earlier one.
struct Tally {
    size_t by_speed[5] = {}, others = 0;

    size_t& operator[](Speed s) { return by_speed[int(s)]; }
};

// One row's part in the comparison: null members where there is nothing to compare.
struct Compared {
    const BenchRow* before = nullptr;
    std::optional<Change> change;
};

static Compared compare(const Record& before, const BenchRow& row) {
    Compared c{row_of(before, row.name), {}};
    if (c.before && row.measured && row.verified) c.change = change(*c.before, row);
    return c;
}

static void print_compared(const BenchRow& row, const Compared& c) {
    const auto median = [](const BenchRow& r) {
        return r.measured ? gcn::text(Time{r.measured->median_us, r.measured->best.kind}) : "-";
    };
    std::string verdict = c.change ? text(c.change->speed) : "no earlier time";
    if (c.change && c.before->kernel != row.kernel) verdict += " (it was " + c.before->kernel + ")";
    if (!row.verified) verdict = row.error.empty() ? "WRONG: " + row.verdict : row.error;
    if (!row.skipped.empty()) verdict = "skipped: " + row.skipped + " (run with --all)";
    compared.row({row.name, row.kernel.empty() ? "-" : row.kernel, c.before ? median(*c.before) : "-", median(row),
                  c.change ? fixed(c.change->ratio, 3) : "-", c.change ? percent(c.change->noise) : "-", verdict});
}

static nlohmann::json json_of(const Compared& c) {
    nlohmann::json j{{"old_median_us", nullptr},
                     {"old_kernel", nullptr},
                     {"ratio", nullptr},
                     {"noise", nullptr},
                     {"speed", nullptr}};
    if (c.before) {
        j["old_median_us"] = c.before->measured->median_us;
        j["old_kernel"] = c.before->kernel;
    }
    if (c.change) {
        j["ratio"] = c.change->ratio;
        j["noise"] = c.change->noise;
        j["speed"] = text(c.change->speed);
    }
    return j;
}

static void print_head(const Device& device, const Table& table) {
    static constexpr const char* meanings[] = {"measured by the card's clock", "modelled by the software Polaris",
                                               "of this host's clock, not a GPU's"};
    print_line(std::string(device.name()) + ", backend " + std::string(device.backend()) + ": times are " +
               meanings[int(device.time_kind())]);
    table.head();
}

static void print_tally(Tally& t, const Record& before, const std::string& path) {
    std::string line = "beside " + path + " of " + before.date + ": " + std::to_string(t[Speed::Slower]) + " slower, " +
                       std::to_string(t[Speed::Faster]) + " faster, " + std::to_string(t[Speed::Same]) + " the same";
    if (t[Speed::TooFewRuns]) line += ", " + std::to_string(t[Speed::TooFewRuns]) + " of too few runs";
    if (t[Speed::OtherConstants])
        line += ", " + std::to_string(t[Speed::OtherConstants]) + " modelled with other constants";
    if (t.others) line += ", " + std::to_string(t.others) + " not compared";
    print_line(line);
}

// ---- the command ----------------------------------------------------------------------

static BenchRow skipped(const Device& device, const Gemm& g, const std::string& why) {
    BenchRow row;
    row.name = text(g);
    row.backend = device.backend();
    row.device = device.name();
    row.skipped = why;
    return row;
}

static void write_files(const BenchOptions& o, Record now) {
    std::erase_if(now.rows, [](const BenchRow& row) { return !row.skipped.empty(); });
    if (!o.save.empty()) write_file(o.save, lines(now));
    if (o.plot.empty()) return;
    const std::string svg = plot(now);
    if (svg.empty()) fail({"plot " + o.plot, "no square product has a time that was verified"});
    write_file(o.plot, svg);
}

static std::string some_of(size_t some, size_t all, const char* are) {
    return std::to_string(some) + " of " + std::to_string(all) + " cases " + are;
}

static void run(const BenchOptions& o) {
    for (const std::string& file : o.sources) add_source(file);
    std::optional<Record> before;
    if (!o.compare.empty()) before = parse_record(contents(o.compare), o.compare);
    const std::vector<Case> cases = cases_of(o, before ? &*before : nullptr);
    const KernelRow* const forced = forced_kernel();
    check_files(o, cases);
    set_timing(o.timing, "sampled");
    ModelLog log;
    Device device = Device::open(o.backend);
    if (forced) check_runs_on(device, *forced);
    Record now = record_of(device);
    if (before)
        if (const std::string why = incomparable(*before, now); !why.empty())
            fail({"compare with " + o.compare, why, "gcn bench --save on the same", Fault::WrongUse});

    // Without --repeat a case takes as many runs as fit into half a second; the exact check was its warm-up.
    const Effort effort = o.repeat > 0 ? Effort{.warm_ups = 0, .runs = o.repeat}
                                       : Effort{.warm_ups = 0, .runs = 10, .limit_seconds = 0.5, .least_runs = 3};
    const bool may_skip = !o.all && is_software(device.name());
    if (!o.json) print_head(device, before ? compared : plain);
    size_t failed = 0;
    Tally tally;
    Bench bench(device, effort, log);
    Progress progress(cases.size());
    for (const Case& c : cases) {
        progress.step(text(c.gemm));
        const std::string too_large = may_skip && !c.asked_for ? too_large_for_software(c.gemm) : "";
        const BenchRow row = too_large.empty() ? bench.run(c.gemm) : skipped(device, c.gemm, too_large);
        progress.clear();
        const Compared beside = before ? compare(*before, row) : Compared{};
        if (o.json) {
            nlohmann::json j = json_of(row);
            j["compared"] = before ? json_of(beside) : nlohmann::json();
            print(j);
        } else {
            before ? print_compared(row, beside) : print_row(row);
        }
        if (!row.verified && row.skipped.empty()) ++failed;
        ++(beside.change ? tally[beside.change->speed] : tally.others);
        now.rows.push_back(row);
    }
    if (before && !o.json) print_tally(tally, *before, o.compare);
    write_files(o, now);
    if (failed > 0) fail({"vouch for the results", some_of(failed, cases.size(), "failed"), ""});
    if (const size_t slower = tally[Speed::Slower])
        fail({"call this as fast as " + o.compare, some_of(slower, cases.size(), "took longer"),
              "the same with --repeat 30, to be sure"});
}

void bench(CLI::App& app) {
    static BenchOptions o;
    std::string lists;
    for (const CaseList& list : case_lists()) lists += "\n  " + std::string(list.name);
    app.add_option("CASE", o.cases,
                   "sgemm:LAYOUT:MxNxK[:alpha=A][:beta=B][:lda=N][:ldb=N][:ldc=N][:batch=N][:stride...];\n"
                   "squares and the layers of ResNet-50 and BERT-base unless given");
    app.add_option("--list", o.lists, "a list of cases of this build; may be given again:" + lists)
        ->allow_extra_args(false);
    app.add_option("--source", o.sources, "a kernel's .s with its row, assembled now and one of the candidates")
        ->allow_extra_args(false);
    app.add_option("--file", o.file, "cases, one a line; '#' begins a comment");
    app.add_flag("--all", o.all, "of lists and files also what is too large for the software Polaris");
    app.add_option("--backend", o.backend,
                   "hsa, drm, hsa-software, drm-software or cpu; else $GCN_BACKEND, else the first that opens");
    add_timing(app, o.timing, "sampled");
    app.add_option("--repeat", o.repeat, "timed runs of a case; unless given 3 to 10, as fit into half a second")
        ->check(CLI::Range(1, 1000000));
    app.add_flag("--json", o.json, "one JSON object per case and line");
    // An empty name, of a variable that is not set say, must not turn a comparison into a run that is always fine.
    const auto named = [](const std::string& name) { return name.empty() ? "the name of its file is empty" : ""; };
    app.add_option("--save", o.save, "write what was measured to this file, for --compare")->check(named);
    app.add_option("--compare", o.compare,
                   "beside a file of --save: its cases unless others are given; status 1 when slower")
        ->check(named);
    app.add_option("--plot", o.plot, "write GFLOPS over n of the square cases to this .svg")->check(named);
    app.callback([] { run(o); });
}

}  // namespace gcn
