// gcn emu: starts any program with the software Polaris underneath.

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "backend/software.hpp"
#include "cli/board.hpp"
#include "cli/emu.hpp"
#include "cli/strict.hpp"
#include "cli/timing.hpp"
#include "gcn/error.hpp"
#include "isa/chips.hpp"

namespace gcn {

struct EmuOptions {
    std::string chip;
    int threads = 0;
    std::string timing, timing_set, timing_log;
    std::string trace, trace_kernel, trace_wave, trace_pc, trace_limit, trace_lanes;
    std::vector<std::string> breaks;
    std::string break_lanes, break_lds;
    bool break_stop = false;
    std::string strict, strict_json;
};

static bool is_set(const char* variable) {
    const char* value = std::getenv(variable);
    return value && *value;
}

// An option that only says how, where nothing says what.
static bool timed(const EmuOptions& o) {
    const char* const variable = std::getenv("GCN_EMU_TIMING");
    const std::string timing = !o.timing.empty() ? o.timing : variable ? variable : "";
    return !timing.empty() && timing != "off";
}

static void refuse_idle_options(const EmuOptions& o) {
    struct Idle {
        const char* option;
        bool given;
        const char *why, *remedy;
    };
    const bool traces = !o.trace.empty() || is_set("GCN_EMU_TRACE"),
               breaks = !o.breaks.empty() || is_set("GCN_EMU_BREAK");
    const char *const no_trace = "nothing is traced", *const no_break = "there is no breakpoint",
                      *const to_break = "--break KERNEL+OFFSET";
    const Idle idle[] = {
        {"--trace-kernel", !traces && !o.trace_kernel.empty(), no_trace, "--trace"},
        {"--trace-wave", !traces && !o.trace_wave.empty(), no_trace, "--trace"},
        {"--trace-pc", !traces && !o.trace_pc.empty(), no_trace, "--trace"},
        {"--trace-limit", !traces && !o.trace_limit.empty(), no_trace, "--trace"},
        {"--trace-lanes", !traces && !o.trace_lanes.empty(), no_trace, "--trace"},
        {"--break-lanes", !breaks && !o.break_lanes.empty(), no_break, to_break},
        {"--break-lds", !breaks && !o.break_lds.empty(), no_break, to_break},
        {"--break-stop", !breaks && o.break_stop, no_break, to_break},
        {"--timing-set", !timed(o) && !o.timing_set.empty(), "no time is modelled", "--timing sampled"},
        {"--timing-log", !timed(o) && !o.timing_log.empty(), "no time is modelled", "--timing sampled"},
    };
    for (const Idle& i : idle)
        if (i.given) fail({"use " + std::string(i.option), i.why, i.remedy, Fault::WrongUse});
}

// Absolute: COMMAND may have gone to another folder before it opens the device.
static std::string trace_file(const EmuOptions& o) {
    return o.trace.empty() || o.trace == "-" ? o.trace : std::filesystem::absolute(o.trace).string();
}

// What they become for COMMAND: docs/environment.md.
static void set_debugging(const EmuOptions& o) {
    std::string breaks;
    for (const std::string& b : o.breaks) breaks += (breaks.empty() ? "" : ";") + b;
    const std::pair<const char*, std::string> variables[] = {
        {"GCN_EMU_TRACE", trace_file(o)},
        {"GCN_EMU_TRACE_KERNEL", o.trace_kernel},
        {"GCN_EMU_TRACE_WAVE", o.trace_wave},
        {"GCN_EMU_TRACE_PC", o.trace_pc},
        {"GCN_EMU_TRACE_LIMIT", o.trace_limit},
        {"GCN_EMU_TRACE_LANES", o.trace_lanes},
        {"GCN_EMU_BREAK", breaks},
        {"GCN_EMU_BREAK_LANES", o.break_lanes},
        {"GCN_EMU_BREAK_LDS", o.break_lds},
        {"GCN_EMU_BREAK_STOP", o.break_stop ? "1" : ""},
    };
    for (const auto& [name, value] : variables)
        if (!value.empty()) setenv(name, value.c_str(), 1);
}

static std::string software_polaris() {
    std::string looked;
    const std::string file = find_software(looked);
    if (file.empty()) fail({"start the software Polaris", "libgcn-emu.so is not in " + looked});
    return file;
}

// The settings that it does not know (GCN_EMU_*) would end COMMAND later, in ROCr's words.
static void refuse_wrong_settings(const std::string& file) {
    void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) fail({"start the software Polaris", dlerror()});
    const auto objection = reinterpret_cast<const char* (*)()>(dlsym(library, "gcn_emu_objection"));
    if (const char* sentence = objection ? objection() : nullptr) throw Error(Fault::WrongUse, sentence);
}

static void preload(const std::string& library) {
    if (library.find_first_of(" :") != library.npos)
        fail({"preload " + library, "the dynamic linker ends a name at ' ' and at ':'",
              "moving it to a folder without them"});
    const char* already = std::getenv("LD_PRELOAD");
    const std::string all = already && *already ? std::string(already) + ":" + library : library;
    setenv("LD_PRELOAD", all.c_str(), 1);
}

static std::string known_chips() {
    std::string names;
    for (const isa::Chip& c : isa::chips) names += (names.empty() ? "" : ", ") + std::string(c.row);
    return names;
}

[[noreturn]] void become(std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    const int error = errno;
    std::fprintf(stderr, "%s\n", text({"run " + command[0], std::strerror(error)}).c_str());
    std::exit(error == ENOENT ? 127 : 126);  // as a shell says it
}

// COMMAND beside this process, which then ends as it did, but not with 0 when strict mode has found something.
static pid_t child = 0;
[[noreturn]] static void run_beside(const std::vector<std::string>& command, std::optional<StrictRun>& strict) {
    child = fork();
    if (child < 0) fail({"run " + command[0], std::strerror(errno)});
    if (child == 0) become(command);
    for (const int terminals : {SIGINT, SIGQUIT}) signal(terminals, SIG_IGN);  // the terminal sends them to both
    for (const int others : {SIGTERM, SIGHUP}) signal(others, [](int number) { kill(child, number); });
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const int findings = strict->findings();
    strict.reset();
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    const int its = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    std::exit(its ? its : findings > 0);
}

void put_software_underneath() {
    const std::string file = software_polaris();
    preload(file);
    refuse_wrong_settings(file);
    share_board();
}

// The chip that --chip names, else GCN_EMU_CHIP; empty when nobody chose.
static std::string chosen_chip(const EmuOptions& o) {
    const char* variable = std::getenv("GCN_EMU_CHIP");
    return o.chip.empty() && variable ? variable : o.chip;
}

static void run(const EmuOptions& o, const std::vector<std::string>& command) {
    if (command.empty()) fail({"run nothing", "no COMMAND was given", "gcn emu rocminfo", Fault::WrongUse});
    if (command[0].empty()) fail({"run nothing", "COMMAND is empty", "gcn emu rocminfo", Fault::WrongUse});
    if (command[0].starts_with("-"))
        fail({"read the command line", "The following argument was not expected: " + command[0], "gcn emu --help",
              Fault::WrongUse});
    if (const std::string chip = chosen_chip(o); !chip.empty() && !isa::find_chip(chip))
        fail({"emulate the chip " + chip, "it is not one of " + known_chips(), "", Fault::WrongUse});
    if (!o.chip.empty()) setenv("GCN_EMU_CHIP", o.chip.c_str(), 1);
    if (o.threads > 0) setenv("GCN_EMU_THREADS", std::to_string(o.threads).c_str(), 1);
    if (!o.timing.empty()) set_timing(o.timing, "");
    if (!o.timing_set.empty()) setenv("GCN_EMU_TIMING_SET", o.timing_set.c_str(), 1);
    if (!o.timing_log.empty()) setenv("GCN_EMU_TIMING_LOG", std::filesystem::absolute(o.timing_log).c_str(), 1);
    refuse_idle_options(o);
    set_debugging(o);
    const std::string list = o.strict.empty() && !o.strict_json.empty() ? "1" : o.strict;
    std::optional<StrictRun> strict;
    if (!list.empty()) strict.emplace(list, o.strict_json);
    put_software_underneath();
    // Not by the software Polaris, of which each process of COMMAND has its own. What is no file stays as it is.
    if (!o.trace.empty() && o.trace != "-" && truncate(trace_file(o).c_str(), 0) != 0 && errno != EINVAL)
        fail({"empty the trace " + o.trace, std::strerror(errno)});
    if (strict) run_beside(command, strict);
    become(command);
}

// COMMAND is no option of CLI11's, which so does not know of it.
struct Usage : CLI::Formatter {
    std::string make_usage(const CLI::App*, std::string name) const override {
        return "Usage: " + name + " [OPTIONS] COMMAND [ARGUMENTS]\n";
    }
};

// An empty value would be taken for none, as that of a variable.
static const CLI::Validator not_empty([](const std::string& value) { return value.empty() ? "it is empty" : ""; }, "");

void emu(CLI::App& app) {
    static EmuOptions o;
    app.formatter(std::make_shared<Usage>());
    app.footer("The status is COMMAND's; under --strict 1 instead of 0 when anything was found.");
    app.prefix_command();  // what follows COMMAND belongs to it
    app.add_option("--chip", o.chip, known_chips() + "; else $GCN_EMU_CHIP, else the first");
    app.add_option("--threads", o.threads, "of the host to compute with; all unless given")->check(CLI::Range(1, 1024));
    add_timing(app, o.timing, "off");
    app.add_option("--timing-set", o.timing_set,
                   "NAME=VALUE,...: other constants for the timing model, as core_mhz=1200; docs/timing.md");
    app.add_option("--timing-log", o.timing_log,
                   "how each grid's time was found is added to this file, a line of JSON each");
    app.add_flag("--trace{-}", o.trace, "a line per instruction executed, to stderr or to --trace=FILE");
    app.add_option("--trace-kernel", o.trace_kernel, "only of this kernel; * and ? as in file names");
    app.add_option("--trace-wave", o.trace_wave, "only of wave N of the grid, or GROUP:WAVE; GROUP a number or X,Y,Z");
    app.add_option("--trace-pc", o.trace_pc, "only FROM-TO, offsets in the kernel, both included");
    app.add_option("--trace-limit", o.trace_limit, "lines; a million unless given");
    app.add_option("--trace-lanes", o.trace_lanes, "whose values, as 0,5,8-11; the first active lane's unless given");
    app.add_option("--break", o.breaks, "KERNEL+OFFSET[:GROUP:WAVE][:COUNT]: print the wave there; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--break-lanes", o.break_lanes, "whose vector registers, as --trace-lanes");
    app.add_option("--break-lds", o.break_lds, "FROM-TO, bytes of LDS to print, both included");
    app.add_flag("--break-stop", o.break_stop, "end COMMAND there, with status 1");
    app.add_flag("--strict{1}", o.strict,
                 "report what a card would hide; =no-nan,no-denormal also NaNs and denormals that come into being");
    app.add_option("--strict-json", o.strict_json, "as --strict; findings are added to this file, one object a line");
    for (CLI::Option* option : app.get_options()) option->check(not_empty);
    app.callback([&app] { run(o, app.remaining()); });
}

}  // namespace gcn
