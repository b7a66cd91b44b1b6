#pragma once
// What a wave did, as far as its time depends on it: a stream of 32-bit words.
//
//   at the start of each stretch (emulator/exec/recording.hpp)
//       number | active lanes << 24                     of its first instruction
//       before it, if the code has changed: other_code, then the place of the code in the grid's list
//   before each access to memory, as it comes in the code
//       LDS       clocks that bank conflicts add
//       SMEM      its first line, low 32 bits; its high 16 bits | lines << 16
//       others    lines | clocks of the address unit << 12 | flags, then if there are lines the first, low half first;
//                 if they are scattered the distance of each to the one before, in one word or, if wide, in two
//
// Lines are of 64 bytes, numbered from GPU address 0, each once and in order.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gcn::emulator::timing {

namespace trace {
inline constexpr uint32_t other_code = ~0u;
inline constexpr int lanes_at = 24, clocks_at = 12;
inline constexpr uint32_t most_lines = 0xfff, most_clocks = 0x3ff;
inline constexpr uint32_t scattered = 1 << 22, wide = 1 << 23, some_lds = 1 << 24, some_scratch = 1 << 25;
}  // namespace trace

struct WaveTrace {
    std::vector<uint32_t> words;
    size_t read = 0;        // as many are used
    bool complete = false;  // no more will come
};

struct GroupTrace {
    uint64_t number = 0;  // in the grid
    uint32_t items = 0;   // work-items
    std::vector<WaveTrace> waves;
};

}  // namespace gcn::emulator::timing
