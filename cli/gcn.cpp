// The gcn program: one table of sub-commands. Options are declared with CLI11; the work is done by the libraries below.

#include <dlfcn.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "backend/backend.hpp"
#include "cli/emu.hpp"
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
    bool opens_devices;
};
// clang-format off
static constexpr Command commands[] = {
    {"info",          "devices, chips and kernels; what is a card and what is software",  info,          true},
    {"gemm",          "C = alpha * op(A) * op(B) + beta * C0 on .npy files",              gemm,          true},
    {"bench",         "time and verify cases such as sgemm:nt:1024x1024x512",             bench,         true},
    {"check-kernels", "every kernel on every backend against the oracle",                 check_kernels, true},
    {"disasm",        "machine code as text that clang assembles to the same bytes",      disasm,        false},
    {"perf",          "hardware counters: what there is to count",                        perf,          false},
    {"emu",           "any program on the software Polaris",                              emu,           false},
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

// The backend that the words or the environment choose; empty for none.
static std::string chosen_backend(const std::vector<std::string>& words) {
    const std::string option = "--backend", with_value = option + "=";
    for (size_t i = 0; i < words.size(); ++i) {
        if (words[i].starts_with(with_value)) return words[i].substr(with_value.size());
        if (words[i] == option && i + 1 < words.size()) return words[i + 1];
    }
    const char* variable = std::getenv("GCN_BACKEND");
    return variable ? variable : "";
}

static bool has_drm_card() {
    std::string why;
    return std::any_of(backend_rows().begin(), backend_rows().end(),
                       [&](const BackendRow& row) { return row.choice == "drm" && try_open(row, why); });
}

// libdrm finds the software Polaris only in a process that began with it: this one begins again.
static void start_again_for_drm(const std::vector<std::string>& words) {
    const std::string backend = chosen_backend(words);
    const bool underneath = dlsym(RTLD_DEFAULT, "gcn_emu_objection");
    const bool opens = std::any_of(std::begin(commands), std::end(commands), [&](const Command& c) {
        return c.opens_devices && !words.empty() && words[0] == c.name;
    });
    // Counters are read through libdrm whatever launches.
    const bool counts = words.size() > 1 && words[0] == "perf" && words[1] == "record" && backend != "cpu";
    if (underneath || !(opens || counts)) return;
    if (backend != "drm-software" && ((backend != "drm" && !counts) || has_drm_card())) return;
    put_software_underneath();
    std::vector<std::string> command{std::filesystem::read_symlink("/proc/self/exe")};
    command.insert(command.end(), words.begin(), words.end());
    become(std::move(command));
}

static int run(int argc, char** argv) {
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    start_again_for_drm(words);
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
