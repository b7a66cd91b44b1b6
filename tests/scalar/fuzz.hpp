#pragma once
// Random instructions on the scalar reference and on emulator/exec, step by step from the same state.

#include <map>
#include <string>
#include <vector>

#include "tests/scalar/draw.hpp"

namespace gcn::scalar {

struct Options {
    u64 seed = 1;
    u64 count = 100000;    // instructions
    u64 first = 0;         // the stretch to begin with: each has random numbers of its own
    std::string only;      // instructions whose name this regular expression finds
    size_t failures = 12;  // to report before giving up; one for each instruction
};

struct Report {
    u64 instructions = 0, stretches = 0;
    std::vector<Coverage> coverage;  // by row of isa/insts.def
    std::vector<std::string> failures;
    std::vector<std::string> simds;
    std::map<std::string, u64> excused;  // differences that tests/scalar/differences.def names, by mnemonic
};

// The names of the SIMD builds that this machine can run.
std::vector<std::string> simd_builds();

// Every instruction on the reference and on each build, and the whole state compared after each.
Report run_lockstep(const Options&, const std::vector<std::string>& simds);

// Whole programs: loops, branches, runs of v_mac_f32 and stretches of LDS reads that the executor fuses. The states at
// their ends are compared.
Report run_programs(const Options&, const std::vector<std::string>& simds);

// A hash of all registers and memory after every `batch` stretches that each build computes for itself. One line for
// each; a failure where builds differ by a bit.
Report run_images(const Options&, const std::vector<std::string>& simds, void (*line)(const std::string&));

// Rows that the fuzzer covers; those that it does not, with the reason.
std::vector<const isa::Inst*> covered();
std::vector<std::pair<const isa::Inst*, std::string>> uncovered();

// Is it in differences.def? Then `why` says what differs.
bool differs(const isa::Inst&, std::string_view* why = nullptr);

// What the counts say; `holes` gets a line for each that is missing.
std::string summary(const Report&, std::vector<std::string>* holes);

}  // namespace gcn::scalar
