// calibrate: runs the calibration kernels on a device and prints what its clock says beside what is published.

#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "backend/measure.hpp"
#include "tests/timing/calibrate.hpp"

using namespace gcn;
using namespace gcn::calibration;

namespace {

struct Options {
    std::vector<std::string> names;
    std::string groups = "abc";
    bool json = false, all_chips = false, check = false, list = false;
    int mhz = 0;
};

// Those that take minutes on software run when they are named.
bool slow(const Row& row) { return row.method == sgemm_share && double(row.turns) * row.a * row.b > 3e9; }

bool wanted(const Options& options, const Row& row) {
    if (options.groups.find(char(row.group)) == options.groups.npos) return false;
    for (const std::string& name : options.names)
        if (row.name.starts_with(name)) return true;
    return options.names.empty();
}

// What is asked for has to exist; a typing mistake would otherwise be a run without errors.
void look_for(const Options& options) {
    const auto any = [](const Options& some) {
        return std::any_of(rows().begin(), rows().end(), [&](const Row& row) { return wanted(some, row); });
    };
    constexpr std::string_view see = "calibrate --list";
    for (const std::string& name : options.names)
        if (Options one{.names = {name}}; !any(one))
            fail({"run row " + name, "no row's name begins so", std::string(see), Fault::WrongUse});
    if (options.groups.empty() || options.groups.find_first_not_of("abc") != options.groups.npos)
        fail({"run group " + options.groups, "there are a, b and c", std::string(see), Fault::WrongUse});
    if (!any(options))
        fail({"run what was asked for", "none of these rows is of group " + options.groups, std::string(see),
              Fault::WrongUse});
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", value < 10 ? 3 : value < 100 ? 2 : 1, value);
    return text;
}
std::string published(const Row& row) {
    if (row.low == 0 && row.high == 0) return "-";
    return number(row.low) + (row.high == row.low ? "" : " to " + number(row.high));
}
std::string verdict(const Result& result) {
    if (!bar_percent(result.row->group)) return "no bar";
    return result.within() ? "within " + std::to_string(int(bar_percent(result.row->group))) + " %" : "OUTSIDE";
}

void print_json(const Bench& bench, const Result& result) {
    const Row& row = *result.row;
    const std::string kind = kind_text(bench.info().time_kind);
    nlohmann::json line{{"row", row.name},
                        {"group", std::string(1, char(row.group))},
                        {"device", bench.info().name},
                        {"mhz", bench.mhz()},
                        {"time_kind", kind},
                        {"unit", row.unit},
                        {kind, result.value},
                        {"source", row.source},
                        {"within", result.within()}};
    if (row.low != 0 || row.high != 0) line["published"] = {row.low, row.high};
    if (result.error) line["error_percent"] = *result.error;
    if (const double bar = bar_percent(row.group)) line["bar_percent"] = bar;
    std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

// One row of the text; without a result it says only what would be compared.
void print_text(const Row& row, const std::string& card, const Result* result) {
    char error[32] = "-";
    if (result && result->error) std::snprintf(error, sizeof error, "%+.1f %%", *result->error);
    const std::string value = result ? number(result->value) : "-", said = result ? verdict(*result) : "-";
    std::printf("%c  %-24s %-8s %10s  %-10s  %-16s %9s  %-10s  %s\n", char(row.group), std::string(row.name).c_str(),
                card.c_str(), value.c_str(), std::string(row.unit).c_str(), published(row).c_str(), error, said.c_str(),
                std::string(row.source).c_str());
    std::fflush(stdout);
}
void print_head(const std::string& kind) {
    std::printf("   %-24s %-8s %10s  %-10s  %-16s %9s  %-10s  %s\n", "row", "card", kind.c_str(), "", "published",
                "error", "", "source");
}

int run(const Options& options) {
    Bench bench(open_backend({}), options.mhz);
    const DeviceInfo& device = bench.info();
    const bool host = device.time_kind == TimeKind::Host;
    if (host && !options.check)
        fail({"compare " + device.name + " with anything", "its times are this machine's, not a card's",
              "GCN_EMU_TIMING=full, a card, or --check to see only whether the kernels compute what they should",
              Fault::NoDevice});
    if (!options.json && !options.check) {
        const char* const how = std::getenv("GCN_EMU_TIMING");
        const bool sampled = device.time_kind == TimeKind::Modelled && how && std::string_view(how) == "sampled";
        std::printf("%s, %d CUs at %d MHz%s\n", device.name.c_str(), device.cus, bench.mhz(),
                    sampled ? ", timed by samples: within 3 % of full" : "");
        print_head(kind_text(device.time_kind));
    }
    int of_others = 0, left_out = 0, done = 0, outside = 0;
    for (const Row& row : rows()) {
        if (!wanted(options, row)) continue;
        if (!bench.applies(row)) {
            ++of_others;
            continue;
        }
        if (slow(row) && !device.card && options.names.empty()) {
            ++left_out;
            continue;
        }
        const Result result = measure(bench, row);
        ++done;
        if (options.check) {
            std::printf("right  %s\n", std::string(row.name).c_str());
            continue;
        }
        outside += !result.within();
        if (options.json)
            print_json(bench, result);
        else
            print_text(row, bench.chip() ? std::string(bench.chip()->row) : "?", &result);
    }
    std::fprintf(stderr, "gcn: %d rows, %d outside their bars; %d of other cards not run", done, outside, of_others);
    std::fprintf(stderr, left_out ? ", %d that take minutes left out: name them to run them.\n" : ".\n", left_out);
    return outside > 0;
}

// A process has one card, so each chip gets one.
int run_all_chips(char** arguments) {
    int worst = 0;
    for (const isa::Chip& chip : isa::chips) {
        std::fflush(nullptr);
        const pid_t child = fork();
        if (child == 0) {
            setenv("GCN_EMU_CHIP", std::string(chip.row).c_str(), 1);
            std::vector<char*> same;
            for (char** a = arguments; *a; ++a)
                if (std::string_view(*a) != "--all-chips") same.push_back(*a);
            same.push_back(nullptr);
            execv("/proc/self/exe", same.data());
            std::perror("calibrate");
            _exit(1);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) < 0) fail({"start calibrate again", std::strerror(errno)});
        worst = std::max(worst, WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    return worst;
}

}  // namespace

int main(int count, char** arguments) try {
    Options options;
    CLI::App app{"Times the calibration kernels on the device of GCN_BACKEND, beside what is published."};
    app.add_option("rows", options.names, "only those whose names begin so; default: all but the slow ones");
    app.add_option("--group", options.groups, "of a, b and c: one-constant kernels, published results, reported ones");
    app.add_flag("--json", options.json, "an object a line");
    app.add_flag("--check", options.check, "only whether the kernels compute what they should; no figures");
    app.add_flag("--list", options.list, "print the rows, run nothing");
    app.add_flag("--all-chips", options.all_chips, "one process for each GCN_EMU_CHIP");
    app.add_option("--mhz", options.mhz, "the clock that the card really holds; default: what it says")
        ->check(CLI::Range(1, 10000));
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) ? int(Fault::WrongUse) : 0;
    }
    look_for(options);
    if (options.list) {
        print_head("figure");
        for (const Row& row : rows())
            if (wanted(options, row)) print_text(row, row.chip.empty() ? "all" : std::string(row.chip), nullptr);
        return 0;
    }
    return options.all_chips ? run_all_chips(arguments) : run(options);
} catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault);
}
