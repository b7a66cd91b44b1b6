#pragma once
// Registers and addresses as text.

#include <cstdint>
#include <string>

#include "emulator/exec/trace.hpp"
#include "emulator/strict/facts.hpp"
#include "emulator/strict/names.hpp"

namespace gcn::emulator::debug {

std::string hex(uint64_t value, int digits = 1);

// A dword in hexadecimal, as an integer, and as a float.
std::string value_text(uint32_t bits);

// The register's value: of `lane` where it is a vector register. By the numbers of strict/facts.hpp.
uint32_t value_of(const Wave&, int reg, int lane);

// What the instruction has written, "v7 (vSum) = 0x3f800000 (1)": of the lanes asked for, else of the first active one
// and how many active lanes differ from it. `exec`: before it ran.
std::string results(const Wave&, const strict::Fact&, const strict::Names&, uint64_t exec, uint64_t lanes);

// Where the first active lane accesses memory, " at 0x7f0000001000"; empty for no memory. Before it runs.
std::string address_text(const Wave&, const strict::Fact&);

// "group 3,0,0, wave 1"
std::string place_text(const std::array<uint32_t, 3>& group, uint32_t wave);

}  // namespace gcn::emulator::debug
