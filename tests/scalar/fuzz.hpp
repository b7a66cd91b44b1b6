#pragma once
// Random instructions on the scalar reference and on emulator/exec, step by step from the same state.

#include <string>
#include <vector>

#include "tests/scalar/draw.hpp"

namespace gcn::scalar {

struct Options {
    u64 seed = 1;
    u64 count = 100000;    // instructions
    u64 first = 0;         // the stretch to begin with: each has random numbers of its own
    std::string only;      // instructions whose name contains this
    size_t failures = 12;  // to report before giving up; one for each instruction
    bool all_covered = false;  // complain of what has not been drawn often enough
};

struct Report {
    u64 instructions = 0, stretches = 0;
    std::vector<Coverage> coverage;  // by row of isa/insts.def
    std::vector<std::string> failures;
    std::vector<std::string> simds;
};

// The names of the SIMD builds that this machine can run.
std::vector<std::string> simd_builds();

// Every instruction on the reference and on each build, and the whole state compared after each.
Report run_lockstep(const Options&, const std::vector<std::string>& simds);

// Rows that the fuzzer covers; those that it does not, with the reason.
std::vector<const isa::Inst*> covered();
std::vector<std::pair<const isa::Inst*, std::string>> uncovered();

// What the counts say; `holes` gets a line for each that is missing.
std::string summary(const Report&, std::vector<std::string>* holes);

}  // namespace gcn::scalar
