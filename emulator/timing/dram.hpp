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

    void now(uint64_t oldest) { oldest_line = slot(oldest, lines), oldest_activation = slot(oldest, activations); }

    // Slots of the bus and of activations, and their clocks. Exact up to 2^53, and never a division.
    static uint64_t slot(uint64_t time, double each) { return uint64_t(int64_t(double(int64_t(time)) * each)); }
    static uint64_t clocks(uint64_t slot, double per) { return uint64_t(int64_t(double(int64_t(slot)) * per)); }
    double line, lines;                  // clocks a line, lines a clock
    double activation, activations;      // likewise
    uint32_t cl, rcd, rp, rc, overhead;  // clocks
    uint32_t turn_slots_1024;            // slots of the bus that a turn costs, in 1/1024
    uint32_t batch, bank_bits, row_bits, near;
    uint64_t oldest_line = 0, oldest_activation = 0;
};

class DramChannel {
public:
    explicit DramChannel(const DramTiming&);

    // A line of this channel's own numbering, 64 bytes. Returns when the data is there.
    uint64_t read(uint64_t line, uint64_t time);
    // `units` of 32 bytes. Returns when the bus is done with them.
    uint64_t write(uint64_t line, uint32_t units, uint64_t time);
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
    uint64_t open(uint64_t line, uint64_t time);
    uint64_t bus(uint64_t time) { return data.take(DramTiming::slot(time, timing->lines), timing->oldest_line); }

    const DramTiming* timing;
    std::vector<Bank> banks;
    Calendar data, activations;
    uint32_t written = 0, half = 0, debt = 0;
    bool read_since = false;
};

}  // namespace gcn::emulator::timing
