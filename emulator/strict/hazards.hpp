#pragma once
// Wait states that gfx8 leaves to the program.

#include <cstdint>
#include <string>

#include "emulator/strict/facts.hpp"

namespace gcn::emulator::strict {

struct Hazard {
    int states;                                         // that must lie between the two
    bool (*second)(const Fact&);                        // may `then` be the second of such a pair?
    int (*meets)(const Fact& first, const Fact& then);  // the register that makes it one; negative: none
    const char* sentence;                               // what `then` does; the register in place of %
};

inline constexpr int longest_hazard = 5;

// Bit i: row i of the table.
uint16_t hazards_of(const Fact& then);
const Hazard& hazard(int row);

}  // namespace gcn::emulator::strict
