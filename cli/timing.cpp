#include "cli/timing.hpp"

#include <cstdlib>

namespace gcn {

void add_timing(CLI::App& app, std::string& timing, const std::string& otherwise) {
    const auto known = [](const std::string& value) {
        for (const char* name : {"off", "sampled", "full"})
            if (value == name) return "";
        return "it is not one of off, sampled, full";
    };
    app.add_option("--timing", timing,
                   "whether the software Polaris models time: off, sampled (parts of large grids) or full;\n"
                   "else $GCN_EMU_TIMING, else " +
                       otherwise)
        ->check(known);
}

void set_timing(const std::string& timing, const char* otherwise) {
    const char* const variable = std::getenv("GCN_EMU_TIMING");
    const bool is_set = variable && *variable;
    if (!timing.empty())
        setenv("GCN_EMU_TIMING", timing.c_str(), 1);
    else if (!is_set)
        setenv("GCN_EMU_TIMING", otherwise, 1);
}

}  // namespace gcn
