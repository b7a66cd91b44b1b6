#pragma once
// The sub-commands of gcn: each declares its options on `app` and says what to do when its name was given.

#include <CLI/CLI.hpp>

namespace gcn {

void info(CLI::App& app);
void gemm(CLI::App& app);
void bench(CLI::App& app);
void check_kernels(CLI::App& app);
void emu(CLI::App& app);

}  // namespace gcn
