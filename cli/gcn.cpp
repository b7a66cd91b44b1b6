// The gcn program: one table of sub-commands. Options are declared with CLI11; the work is done by the libraries below.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "cli/output.hpp"
#include "gcn/error.hpp"

namespace gcn {

// Each is the whole of cli/NAME.cpp: it declares its options on `app` and says what to do when its name was given.
void info(CLI::App& app);
void gemm(CLI::App& app);
void bench(CLI::App& app);
void check_kernels(CLI::App& app);
void disasm(CLI::App& app);
void perf(CLI::App& app);
void emu(CLI::App& app);

struct Command {
    const char *name, *what;
    void (*declare)(CLI::App&);
};
// clang-format off
static constexpr Command commands[] = {
    {"info",          "devices, chips and kernels; what is a card and what is software",  info},
    {"gemm",          "C = alpha * op(A) * op(B) + beta * C0 on .npy files",              gemm},
    {"bench",         "time and verify cases such as sgemm:nt:1024x1024x512",             bench},
    {"check-kernels", "every kernel on every backend against the oracle",                 check_kernels},
    {"disasm",        "machine code as text that clang assembles to the same bytes",      disasm},
    {"perf",          "hardware counters: what there is to count",                        perf},
    {"emu",           "any program on the software Polaris",                              emu},
};
// clang-format on

// `gcn emu [OPTIONS] -- COMMAND`: CLI11 would hand what follows "--" to the main program instead of to emu.
static void drop_separator(std::vector<std::string>& words) {
    if (words.empty() || words[0] != "emu") return;
    for (size_t i = 1; i < words.size() && words[i].starts_with("-"); ++i) {
        if (words[i] == "--") {
            words.erase(words.begin() + ptrdiff_t(i));
            return;
        }
        const bool flag = words[i] == "--trace" || words[i] == "--break-stop" || words[i] == "--strict";
        if (!flag && words[i].find('=') == std::string::npos) ++i;
    }
}

static int run(int argc, char** argv) {
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    drop_separator(words);
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    CLI::App app("gcn: matrix products on AMD Polaris, with or without the card", "gcn");
    app.set_version_flag("--version", "gcn 0.1.0");
    app.require_subcommand(0, 1);
    for (const Command& c : commands) c.declare(*app.add_subcommand(c.name, c.what));
    try {
        app.parse(std::move(words));
        if (app.get_subcommands().empty()) print_line(app.help());
        finish_output();
        return 0;
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return app.exit(e);  // --help, --version
        std::string help = "gcn ";
        for (const CLI::App* command : app.get_subcommands()) help += command->get_name() + " ";
        fail({"read the command line", e.what(), help + "--help", Fault::WrongUse});
    }
}

}  // namespace gcn

int main(int argc, char** argv) {
    try {
        return gcn::run(argc, argv);
    } catch (const gcn::Error& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return int(e.fault);
    } catch (const std::bad_alloc&) {
        std::fputs("gcn: cannot go on: out of memory.\n", stderr);
        return int(gcn::Fault::Failed);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", gcn::text({"go on", e.what()}).c_str());
        return int(gcn::Fault::Failed);
    }
}
