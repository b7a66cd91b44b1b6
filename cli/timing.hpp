#pragma once
// --timing, which emu and bench have: whether the software Polaris models time.

#include <CLI/CLI.hpp>
#include <string>

namespace gcn {

// `otherwise`: what holds when it is not given, for people.
void add_timing(CLI::App&, std::string& timing, const std::string& otherwise);

// For this process and those that it starts: what --timing says, else GCN_EMU_TIMING, else `otherwise`. Before the
// device is opened.
void set_timing(const std::string& timing, const char* otherwise);

}  // namespace gcn
