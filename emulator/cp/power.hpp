#pragma once
// Power and temperature, modelled from what grids did: power.def has the constants. Only with timing on. What is known
// lies on the board, for all processes.

#include <cstddef>
#include <cstdint>

#include "isa/chips.hpp"

namespace gcn::emulator {

namespace timing {
class TimedGrid;
}

// Shares of the most there could be, from 0 to 1.
struct Activity {
    double valu = 0, memory = 0;
};
Activity activity(const timing::TimedGrid&, const isa::Chip&);

struct Power {
    static constexpr size_t board_words = 3;  // the last of the board; those of counters are the first

    double watts, degrees;

    static Power idle(const isa::Chip&);
    // As it is after so many seconds; `now`: nullptr when nothing is under way.
    Power after(double seconds, const isa::Chip&, const Activity* now) const;

    // On the board. A grid began at a time of the host's clock; it took so many seconds of the device's.
    static void worked(const isa::Chip&, uint64_t host_began, double seconds, const Activity&);
    static Power read(const isa::Chip&);
};

}  // namespace gcn::emulator
