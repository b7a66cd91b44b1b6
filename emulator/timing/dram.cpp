#include "emulator/timing/dram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gcn::emulator::timing {

static uint32_t rounded(double x) { return uint32_t(std::lround(std::clamp(x, 0.0, 1e8))); }

DramTiming::DramTiming(const Parameters& p, uint32_t channels) {
    const double refresh = 1 - p.dram_rfc_ns / std::max(p.dram_refi_ns, 2 * p.dram_rfc_ns + 1);
    const double share = std::max(p.dram_gbs, 1e-3) / channels * refresh * std::clamp(p.dram_efficiency, 0.01, 1.0);
    line = std::max(p.clocks(64 / share), 1e-3), lines = 1 / line;
    activation = std::max(p.clocks(p.dram_rrd_ns), 1e-3), activations = 1 / activation;
    cl = rounded(p.clocks(p.dram_cl_ns));
    rcd = rounded(p.clocks(p.dram_rcd_ns));
    rp = rounded(p.clocks(p.dram_rp_ns));
    rc = rounded(p.clocks(p.dram_rc_ns));
    // dram_latency_ns is that of a row that has to be opened, and of the line's own time on the bus.
    const uint32_t in_all = rounded(p.clocks(p.dram_latency_ns)), inside = cl + rcd + rounded(line);
    overhead = in_all > inside ? in_all - inside : 0;
    turn_slots_1024 = rounded(1024 * p.clocks(p.dram_turn_ns) * lines);
    batch = std::max(p.dram_write_batch, 1u);
    bank_bits = uint32_t(std::bit_width(std::max(p.dram_banks, 1u)) - 1);
    row_bits = uint32_t(std::bit_width(std::max(p.dram_row_bytes / 64, 1u)) - 1);
    near = std::clamp(p.dram_rows_near, 1u, 8u);
}

DramChannel::DramChannel(const DramTiming& t) : timing(&t), banks(size_t(1) << t.bank_bits) {
    for (Bank& b : banks) std::fill(std::begin(b.rows), std::end(b.rows), ~0ull);
}

void DramChannel::restart() {
    data.clear(), activations.clear();
    for (Bank& b : banks) b.activated = 0;
    written = half = debt = 0, read_since = false;
}

// When the first data of the line can be on the bus.
uint64_t DramChannel::open(uint64_t line, uint64_t time) {
    const DramTiming& t = *timing;
    const uint64_t page = line >> t.row_bits;
    // Upper bits move rows between banks, so that equal offsets of large buffers do not meet in one (guess).
    const uint64_t row = page >> t.bank_bits;
    Bank& b = banks[(page ^ row ^ row >> 4) & (banks.size() - 1)];
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
    const uint64_t slot = activations.take(DramTiming::slot(at, t.activations), t.oldest_activation);
    at = std::max(at, DramTiming::clocks(slot, t.activation));
    b.activated = at + t.rcd;
    return b.activated + t.cl;
}

uint64_t DramChannel::read(uint64_t line, uint64_t time) {
    counts.reads += 2;
    read_since = true;
    const uint64_t slot = bus(open(line, time));
    const uint64_t done = DramTiming::clocks(slot + 1, timing->line) + timing->overhead;
    counts.read_clocks += 2 * (done - time);
    return done;
}

uint64_t DramChannel::write(uint64_t line, uint32_t units, uint64_t time) {
    counts.writes += units;
    if (++written >= timing->batch) {
        written = 0;
        if (read_since) debt += timing->turn_slots_1024, ++counts.turns;
        read_since = false;
    }
    const uint64_t at = open(line, time);
    // Two halves of lines share a slot.
    if (units == 1 && (half ^= 1) == 0) return at;
    uint64_t slot = bus(at);
    for (; debt >= 1024; debt -= 1024) bus(slot);
    const uint64_t done = DramTiming::clocks(slot + 1, timing->line);
    counts.write_clocks += units * (done - std::min(done, time));
    return done;
}

}  // namespace gcn::emulator::timing
