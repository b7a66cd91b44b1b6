#pragma once
// What the environment asks the debugging aids for: GCN_EMU_TRACE..., GCN_EMU_BREAK... See docs/debugging.md.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gcn::emulator::debug {

struct Range {
    uint64_t from = 0, to = UINT64_MAX;  // both included
    bool holds(uint64_t n) const { return n >= from && n <= to; }
};

// Which waves: by number in the grid, or by group and number in it. Empty: all.
struct WaveFilter {
    std::optional<uint64_t> wave;                  // in the grid, or in the group when there is one
    std::optional<uint64_t> group;                 // by number
    std::optional<std::array<uint32_t, 3>> place;  // or where it is in the grid
};

struct Trace {
    std::string file;  // empty: no trace; "-": standard error
    std::string kernel = "*";
    WaveFilter waves;
    Range pc;  // offsets in the kernel
    uint64_t limit = 1'000'000;
    uint64_t lanes = 0;  // whose values to print; none: the first active one's
};

struct Breakpoint {
    std::string text;    // as it was given
    std::string kernel;  // or any function; may have * and ?
    uint64_t offset = 0;
    WaveFilter waves;
    uint64_t count = 1;  // times to print
};

struct Settings {
    Trace trace;
    std::vector<Breakpoint> breakpoints;
    uint64_t break_lanes = 0;  // as Trace::lanes
    std::optional<Range> lds;  // bytes of it to print
    bool stop = false;         // end the process after the last time

    bool on() const { return !trace.file.empty() || !breakpoints.empty(); }

    // `environment`: the value of a variable, empty when it is not set. gcn::Error names what would be accepted.
    static Settings from(const std::function<std::string(const char*)>& environment);
};

// * stands for any characters, ? for one.
bool matches(std::string_view pattern, std::string_view name);

}  // namespace gcn::emulator::debug
