#include "emulator/timing/dram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gcn::emulator::timing {

static uint32_t rounded(double x) { return uint32_t(std::lround(std::clamp(x, 0.0, 1e8))); }

DramTiming::DramTiming(const Parameters& p, uint32_t channels) {
    const double refresh = 1 - p.dram_rfc_ns / std::max(p.dram_refi_ns, 2 * p.dram_rfc_ns + 1);
    const double share = std::max(p.dram_gbs, 1e-3) / channels * refresh * std::clamp(p.dram_efficiency, 0.01, 1.0);
    line = std::max(rounded(1024 * p.clocks(64 / share)), 1u);
    activate = std::max(rounded(1024 * p.clocks(p.dram_rrd_ns)), 1u);
    cl = rounded(p.clocks(p.dram_cl_ns));
    rcd = rounded(p.clocks(p.dram_rcd_ns));
    rp = rounded(p.clocks(p.dram_rp_ns));
    rc = rounded(p.clocks(p.dram_rc_ns));
    // dram_latency_ns is that of a row that has to be opened, and of the line's own time on the bus.
    const uint32_t in_all = rounded(p.clocks(p.dram_latency_ns)), inside = cl + rcd + line / 1024;
    overhead = in_all > inside ? in_all - inside : 0;
    turn_slots_1024 = rounded(1024.0 * 1024 * p.clocks(p.dram_turn_ns) / line);
    batch = std::max(p.dram_write_batch, 1u);
    banks = std::bit_floor(std::max(p.dram_banks, 1u));
    row_lines = std::max(p.dram_row_bytes / 64, 1u);
    near = std::clamp(p.dram_rows_near, 1u, 8u);
}

DramChannel::DramChannel(const DramTiming& t) : timing(&t), banks(t.banks) {
    for (Bank& b : banks) std::fill(std::begin(b.rows), std::end(b.rows), ~0ull);
}

void DramChannel::restart() {
    data.clear(), activations.clear();
    for (Bank& b : banks) b.activated = 0;
    written = half = debt = 0, read_since = false;
}

// When the first data of the line can be on the bus.
uint64_t DramChannel::open(uint64_t line, uint64_t time, uint64_t oldest) {
    const DramTiming& t = *timing;
    const uint64_t page = line / t.row_lines;
    // Upper bits move rows between banks, so that equal offsets of large buffers do not meet in one (guess).
    const uint64_t row = page / t.banks;
    Bank& b = banks[(page ^ row ^ row >> 4) & (t.banks - 1)];
    uint32_t place = 0;
    while (place < t.near && b.rows[place] != row) ++place;
    const bool near = place < t.near, was_open = b.rows[0] != ~0ull;
    for (uint32_t i = std::min(place, t.near - 1); i > 0; --i) b.rows[i] = b.rows[i - 1];
    b.rows[0] = row;
    if (near) {
        ++counts.row_hits;
        return std::max(time, b.activated) + t.cl;
    }
    ++counts.row_misses;
    uint64_t at = time + (was_open ? t.rp : 0);
    if (b.activated) at = std::max(at, b.activated + t.rc - t.rcd);
    at = activations.take(at * 1024 / t.activate, oldest * 1024 / t.activate) * t.activate / 1024;
    at = std::max(at, time);
    b.activated = at + t.rcd;
    return b.activated + t.cl;
}

uint64_t DramChannel::read(uint64_t line, uint64_t time, uint64_t oldest) {
    counts.reads += 2;
    read_since = true;
    const uint64_t slot = bus(open(line, time, oldest), oldest);
    const uint64_t done = (slot + 1) * timing->line / 1024 + timing->overhead;
    counts.read_clocks += done - time;
    return done;
}

uint64_t DramChannel::write(uint64_t line, uint32_t units, uint64_t time, uint64_t oldest) {
    counts.writes += units;
    if (++written >= timing->batch) {
        written = 0;
        if (read_since) debt += timing->turn_slots_1024, ++counts.turns;
        read_since = false;
    }
    const uint64_t at = open(line, time, oldest);
    // Two halves of lines share a slot.
    if (units == 1 && (half ^= 1) == 0) return at;
    uint64_t slot = bus(at, oldest);
    for (; debt >= 1024; debt -= 1024) bus(slot, oldest);
    const uint64_t done = (slot + 1) * timing->line / 1024;
    counts.write_clocks += done - std::min(done, time);
    return done;
}

}  // namespace gcn::emulator::timing
