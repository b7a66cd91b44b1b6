#pragma once
// Wait states that gfx8 leaves to the program.

#include <cstdint>
#include <string>

#include "emulator/strict/facts.hpp"

namespace gcn::emulator::strict {

struct Hazard {
    int states;                                          // that must lie between the two
    bool (*first)(const Fact&), (*second)(const Fact&);  // may `then` be the second of such a pair?
    int (*meets)(const Fact& first, const Fact& then);   // the register that makes it one; negative: none
    const char* sentence;                                // what `then` does; the register in place of %
};

inline constexpr int longest_hazard = 5, most_hazards = 12;

// Sets the rows of the table of which an instruction may be the first or the second: bit i is row i.
void hazards_of(Fact&);

// Which rows the last instructions may be the first of, the latest in the lowest bits; and rows to look for in that.
constexpr uint64_t remember(uint64_t made, uint16_t rows) { return made << most_hazards | rows; }
constexpr uint64_t spread(uint16_t rows) {
    uint64_t all = 0;
    for (int i = 0; i < longest_hazard; ++i) all = remember(all, rows);
    return all;
}
static_assert(longest_hazard * most_hazards < 64);

const Hazard& hazard(int row);

}  // namespace gcn::emulator::strict
