#pragma once
// One channel of DRAM: a data bus, banks with an open row each, refresh, and turns between reads and writes. Times are
// in clocks of the shader.

#include <cstdint>
#include <vector>

#include "emulator/timing/calendar.hpp"
#include "emulator/timing/parameters.hpp"

namespace gcn::emulator::timing {

// What every channel of a chip has in common.
struct DramTiming {
    DramTiming(const Parameters&, uint32_t channels);

    // Of 1/1024 clocks.
    uint32_t line, activate;
    // Of clocks.
    uint32_t cl, rcd, rp, rc, overhead;
    uint32_t turn_slots_1024;  // bus slots that a turn costs, in 1/1024
    uint32_t batch, banks, row_lines, near;
};

class DramChannel {
public:
    explicit DramChannel(const DramTiming&);

    // A line of this channel's own numbering, 64 bytes. Returns when the data is there.
    uint64_t read(uint64_t line, uint64_t time, uint64_t oldest);
    // `units` of 32 bytes. Returns when the bus is done with them.
    uint64_t write(uint64_t line, uint32_t units, uint64_t time, uint64_t oldest);
    void restart();  // time begins again; rows stay open

    struct Counts {
        uint64_t reads = 0, writes = 0;  // units of 32 bytes
        uint64_t row_hits = 0, row_misses = 0, turns = 0;
        uint64_t read_clocks = 0, write_clocks = 0;  // that requests were under way
        bool operator==(const Counts&) const = default;
    };
    Counts counts;

private:
    static constexpr uint32_t most_near = 8;
    struct Bank {
        uint64_t rows[most_near];  // of the last requests, the latest first
        uint64_t activated = 0;
    };
    uint64_t open(uint64_t line, uint64_t time, uint64_t oldest);
    uint64_t bus(uint64_t time, uint64_t oldest) {
        return data.take(time * 1024 / timing->line, oldest * 1024 / timing->line);
    }

    const DramTiming* timing;
    std::vector<Bank> banks;
    Calendar data, activations;
    uint32_t written = 0, half = 0, debt = 0;
    bool read_since = false;
};

}  // namespace gcn::emulator::timing
