#include "emulator/timing/memory.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gcn::emulator::timing {

namespace {

constexpr uint64_t modelled_lines = (uint64_t(1) << 35) - 1;  // 2 TiB

uint32_t rounded(double x) { return uint32_t(std::lround(std::clamp(x, 0.0, 1e8))); }
uint32_t log2_of(uint64_t x) { return uint32_t(std::bit_width(std::max<uint64_t>(x, 1)) - 1); }

}  // namespace

Memory::Memory(const isa::Chip& chip, const Parameters& p, const Translate& translate)
    : places(translate), dram_timing(p, uint32_t(chip.l2_channels) * std::clamp(p.dram_channels, 1u, 4u)) {
    cus_per_engine = uint32_t(chip.cus_per_engine);
    per_sqc = cus_per_engine % 4 ? 3 : 4;
    sqcs_per_engine = (cus_per_engine + per_sqc - 1) / per_sqc;
    l1_latency = p.l1_latency;
    l2_there = std::min(p.l2_request, p.l2_latency);
    l2_back = p.l2_latency - l2_there;
    dcache_latency = p.dcache_latency, dcache_miss = p.dcache_miss, dcache_bytes = std::max(p.dcache_bytes, 1u);
    icache_latency = p.fetch_latency, icache_miss = p.icache_miss;
    icache_ahead = std::min(p.icache_ahead, 8u);
    l1_invalidate = p.l1_invalidate, dcache_invalidate = p.dcache_invalidate;
    atomic_extra = p.l2_atomic, write_evicts = p.l1_write_evicts;
    pcie_latency = rounded(p.clocks(p.pcie_latency_ns));
    pcie_line = std::max(rounded(1024 * p.clocks(64 / std::max(p.pcie_gbs, 1e-3))), 1u);
    interleave_bits = log2_of(std::max(p.l2_interleave / 64, 1u));
    channel_bits = log2_of(uint64_t(chip.l2_channels));
    hash = p.l2_hash && channel_bits;
    dram_per_l2 = std::clamp(p.dram_channels, 1u, 4u);

    const auto sets = [](uint32_t kib, uint32_t ways) { return kib * 1024 / 64 / std::max(ways, 1u); };
    const uint32_t l2_sets = sets(uint32_t(chip.l2_kib), p.l2_ways);
    tcps.assign(uint32_t(chip.cus()), {Tags(sets(p.l1_kib, p.l1_ways), p.l1_ways), {}, 0, 0, 0, {}, {}, {}});
    sqcs.assign(uint32_t(chip.engines) * sqcs_per_engine, {Tags(sets(p.icache_kib, p.icache_ways), p.icache_ways),
                                                           Tags(sets(p.dcache_kib, p.dcache_ways), p.dcache_ways),
                                                           {},
                                                           {},
                                                           {},
                                                           {},
                                                           {}});
    tccs.assign(size_t(1) << channel_bits, {Tags(l2_sets, p.l2_ways), {}, {}, {}, {}, {}, {}, {}, {}});
    drams.assign(tccs.size() * dram_per_l2, DramChannel(dram_timing));
    for (Tcp& t : tcps) t.reads.limit(p.l1_outstanding), t.writes.limit(p.l1_writes);
    for (Tcc& t : tccs) {
        t.reads.limit(p.l2_outstanding), t.writes.limit(p.l2_write_queue);
        t.filling.resize(fills);
    }
}

void Memory::restart() {
    asleep = 0;
    now(0);
    for (Tcp& t : tcps) {
        t.tags.clear();
        t.known = {};
        t.ta_free = t.returned = t.request_free = 0;
        t.reads.reset(), t.writes.reset();
    }
    for (Sqc& s : sqcs) {
        s.inst.clear(), s.data.clear(), s.data_port.clear();
        s.known = {};
        for (Fill& f : s.inst_fills) f = {};
        for (Fill& f : s.data_fills) f = {};
    }
    for (Tcc& t : tccs) {
        t.port.clear(), t.reads.reset(), t.writes.reset();
        for (Fill& f : t.filling) f = {};
    }
    for (DramChannel& d : drams) d.restart();
    pcie.clear();
}

DramChannel::Counts Memory::dram(uint32_t channel) const {
    DramChannel::Counts sum;
    for (uint32_t i = 0; i < dram_per_l2; ++i) {
        const DramChannel::Counts& c = drams[channel * dram_per_l2 + i].counts;
        sum.reads += c.reads, sum.writes += c.writes, sum.row_hits += c.row_hits, sum.row_misses += c.row_misses;
        sum.turns += c.turns, sum.read_clocks += c.read_clocks, sum.write_clocks += c.write_clocks;
    }
    return sum;
}

uint64_t Memory::translate(Known& known, uint64_t line, bool& system) const {
    for (const Placement& p : known.at)
        if (line - p.first < p.count) {
            system = p.system;
            return (line - p.first + p.to) & modelled_lines;
        }
    Placement p = places.find(line);
    if (line - p.first >= p.count) p = {line, 1, line, false};  // nobody's: as it is
    known.at[known.next++ % Known::size] = p;
    system = p.system;
    return (line - p.first + p.to) & modelled_lines;
}

Memory::Place Memory::place(uint64_t line) const {
    const uint64_t within = line & ((uint64_t(1) << interleave_bits) - 1), chunk = line >> interleave_bits;
    uint64_t channel = chunk;
    if (hash)  // all of it, a channel's bits at a time
        for (uint32_t i = 0; i < 4; ++i) channel ^= channel >> (channel_bits << i);
    return {uint32_t(channel & (tccs.size() - 1)), chunk >> channel_bits << interleave_bits | within};
}

// ---- vector memory --------------------------------------------------------------------------------------------------

void Memory::count(TcpCounts& c, Way way, uint32_t lines) {
    c.accesses += lines;
    switch (way) {
        case Way::Read:
        case Way::ReadAround:
            c.reads += lines;
            break;
        case Way::Write:
            c.writes += lines;
            break;
        case Way::Atomic:
            c.atomics += lines;
            break;
        case Way::AtomicReturn:
            c.atomics_returning += lines;
            break;
    }
}

uint64_t Memory::vector(uint32_t cu, uint64_t time, uint32_t ta_clocks, Lines lines, Way way, uint32_t bytes) {
    time -= asleep;
    Tcp& t = tcps[cu];
    const uint64_t start = std::max(time, t.ta_free);
    const uint32_t clocks = std::max(ta_clocks, 1u), n = lines.left_over();
    const uint32_t step = n ? (clocks << 8) / n : 0;      // 1/256 clocks between lines
    const uint32_t back = std::min<uint32_t>(step, 256);  // likewise, of their data: what was asked for in a clock
    // Latencies are those of an instruction of 4 clocks, to its last line.
    uint64_t done = start + l1_latency + (clocks > 4 ? clocks - 4 : 0), late = 0;
    const bool reads = way <= Way::ReadAround;
    count(t.counts, way, n);
    for (uint32_t i = 0; i < n; ++i) {
        bool system;
        const uint64_t line = translate(t.known, lines.next(), system);
        const uint64_t at = start + (uint64_t(i) * step >> 8) + late;
        uint32_t* const set = t.tags.set(line);
        const uint32_t key = t.tags.key(line);
        const int found = t.tags.find(set, key);
        if (reads) {
            uint64_t ready = at + l1_latency;
            if (found >= 0 && way == Way::Read) {
                ++t.counts.hits;
                Tags::touch(set, found);
            } else {
                ++t.counts.misses, ++t.counts.l2_reads;
                uint64_t from = std::max({at, t.request_free, t.reads.oldest()});
                t.request_free = from + 1;
                late += from - at;
                ready = l2_read(line, system, from);
                t.counts.l2_read_clocks += ready - from;
                t.reads.add(ready);
                if (found < 0 && way == Way::Read) t.tags.insert(set, key);
            }
            // In order, a line a clock, or what the address unit took at once of two.
            t.returned = std::max(t.returned + (uint64_t(i + 1) * back >> 8) - (uint64_t(i) * back >> 8), ready);
            done = std::max(done, t.returned);
        } else {
            if (found >= 0 && (write_evicts || way != Way::Write)) t.tags.remove(set, found);
            uint64_t from = std::max({at, t.request_free, t.writes.oldest()});
            t.request_free = from + 1;
            late += from - at;
            const uint64_t ready =
                way == Way::Write ? l2_write(line, system, from, bytes) : l2_atomic(line, system, from);
            ++(way == Way::Write ? t.counts.l2_writes : t.counts.l2_atomics);
            t.counts.l2_write_clocks += ready - from;
            t.writes.add(ready);
            done = std::max(done, ready);
        }
    }
    if (!reads) done = t.returned = std::max(done, t.returned);
    t.ta_free = start + clocks + late;
    t.counts.ta_busy += clocks, t.counts.ta_stalled += late, t.counts.latency += done - time;
    ++t.counts.wavefronts;
    return done + asleep;
}

uint64_t Memory::invalidate_l1(uint32_t cu, uint64_t time) {
    Tcp& t = tcps[cu];
    t.tags.clear();
    ++t.counts.invalidations;
    const uint64_t start = std::max(time - asleep, t.ta_free);
    t.ta_free = start + l1_invalidate;
    t.returned = std::max(t.returned, t.ta_free);
    return t.returned + asleep;
}

// ---- scalars and code -----------------------------------------------------------------------------------------------

uint64_t Memory::scalar(uint32_t cu, uint64_t time, uint64_t line, uint32_t lines, uint32_t dwords, bool write) {
    time -= asleep;
    Sqc& s = sqcs[sqc_of(cu)];
    uint64_t done = time + dcache_latency;
    uint32_t slots = std::max((4 * dwords + dcache_bytes - 1) / dcache_bytes, 1u);
    uint64_t at = time;
    for (; slots; --slots) at = s.data_port.take(at, oldest);
    s.counts.stall += at - time;
    for (uint32_t i = 0; i < lines; ++i) {
        bool system;
        const uint64_t physical = translate(s.known, line + i, system);
        ++s.counts.data_requests;
        Fill& f = s.data_fills[physical % 16];
        if (write) {
            // Written through to L2; a store of scalars is rare.
            ++s.counts.data_writes, ++s.counts.l2_requests, ++s.counts.data_hits;
            done = std::max(done, l2_write(physical, system, at, 4 * dwords));
        } else if (s.data.lookup(physical)) {
            ++s.counts.data_hits;
            done = std::max(done, at + dcache_latency);
            if (f.line == physical) done = std::max(done, f.ready);
        } else {
            ++s.counts.data_misses, ++s.counts.l2_requests;
            s.data.insert(s.data.set(physical), s.data.key(physical));
            f = {physical, l2_read(physical, system, at) + dcache_miss};
            done = std::max(done, f.ready);
        }
    }
    return done + asleep;
}

uint64_t Memory::invalidate_scalar(uint32_t cu, uint64_t time) {
    sqcs[sqc_of(cu)].data.clear();
    return time + dcache_invalidate;
}

uint64_t Memory::fetch(uint32_t cu, uint64_t time, uint64_t line, bool again) {
    time -= asleep;
    Sqc& s = sqcs[sqc_of(cu)];
    ++s.counts.inst_requests;
    uint64_t ready = time + icache_latency;
    if (again) {
        ++s.counts.inst_hits;
    } else {
        bool system;
        const uint64_t physical = translate(s.known, line, system);
        Fill& f = s.inst_fills[physical % 16];
        if (s.inst.lookup(physical)) {
            ++s.counts.inst_hits;
            if (f.line == physical) ready = std::max(ready, f.ready);
        } else {
            ++s.counts.inst_misses, ++s.counts.l2_requests;
            s.inst.insert(s.inst.set(physical), s.inst.key(physical));
            f = {physical, l2_read(physical, system, time) + icache_miss};
            ready = f.ready;
        }
        for (uint32_t i = 1; i <= icache_ahead; ++i) {
            const uint64_t next = translate(s.known, line + i, system);
            if (s.inst.find(s.inst.set(next), s.inst.key(next)) >= 0) continue;
            ++s.counts.inst_ahead, ++s.counts.l2_requests;
            s.inst.insert(s.inst.set(next), s.inst.key(next));
            s.inst_fills[next % 16] = {next, l2_read(next, system, time) + icache_miss};
        }
    }
    s.counts.inst_clocks += ready - time;
    return ready + asleep;
}

// ---- L2 -------------------------------------------------------------------------------------------------------------

uint64_t Memory::bus(uint64_t time) {
    const uint64_t slot = pcie.take(time * 1024 / pcie_line, oldest * 1024 / pcie_line);
    return std::max(time, slot * pcie_line / 1024) + pcie_latency;
}

// A dirty line leaves; returns when the queue to DRAM has room for it.
uint64_t Memory::evict(Tcc& c, uint32_t channel, uint64_t set, uint32_t key, uint64_t time) {
    ++c.counts.evictions;
    if (!(key & dirty_both)) return time;
    ++c.counts.writebacks;
    const Place p{channel, c.tags.line(key, set)};
    const uint64_t from = std::max(time, c.writes.oldest());
    c.counts.write_stall += c.write_stalls.add(time, from);
    c.writes.add(dram_of(p).write(dram_line(p.local), uint32_t(std::popcount(key & dirty_both)), from));
    return from;
}

// A line comes from DRAM; returns when it is in L2.
uint64_t Memory::fill(Tcc& c, const Place& p, uint64_t line, uint64_t time) {
    const uint64_t from = std::max(time, c.reads.oldest());
    c.counts.read_stall += c.read_stalls.add(time, from);
    const uint64_t ready = dram_of(p).read(dram_line(p.local), from);
    c.reads.add(ready);
    c.filling[line % fills] = {line, ready};
    return ready;
}

Memory::Arrival Memory::arrive(uint64_t line, bool system, uint64_t time, uint64_t TccCounts::*kind) {
    const Place p = system ? of_host(line) : place(line);
    Tcc& c = tccs[p.channel];
    const uint64_t arrives = time + l2_there, at = c.port.take(arrives, oldest);
    ++c.counts.requests, ++(c.counts.*kind);
    c.counts.tag_stall += c.tag_stalls.add(arrives, at);
    if (system) ++c.counts.misses, ++c.counts.system;
    return {p, c, at};
}

// When all bytes of the line are in L2; then it is the first of its set.
uint64_t Memory::whole_line(const Arrival& a, uint64_t line) {
    Tcc& c = a.channel;
    uint32_t* const set = c.tags.set(a.place.local);
    const uint32_t key = c.tags.key(a.place.local);
    const int found = c.tags.find(set, key);
    if (found >= 0 && !(set[found] & partial)) {
        ++c.counts.hits;
        Tags::touch(set, found);
        const Fill& f = c.filling[line % fills];
        return f.line == line ? std::max(a.at, f.ready) : a.at;
    }
    ++c.counts.misses;
    uint64_t from = a.at;
    if (found >= 0) {
        set[found] &= ~partial;
        Tags::touch(set, found);
    } else if (const uint32_t gone = c.tags.insert(set, key); gone != Tags::empty) {
        from = evict(c, a.place.channel, a.place.local & (c.tags.sets() - 1), gone, a.at);
    }
    return fill(c, a.place, line, from);
}

uint64_t Memory::l2_read(uint64_t line, bool system, uint64_t time) {
    const Arrival a = arrive(line, system, time, &TccCounts::reads);
    return (system ? bus(a.at) : whole_line(a, line)) + l2_back;
}

uint64_t Memory::l2_write(uint64_t line, bool system, uint64_t time, uint32_t bytes) {
    const Arrival a = arrive(line, system, time, &TccCounts::writes);
    if (system) return bus(a.at) + l2_back;
    Tcc& c = a.channel;
    uint32_t* const set = c.tags.set(a.place.local);
    const uint32_t key = c.tags.key(a.place.local), dirty = bytes > 32 ? dirty_both : dirty_low;
    const int found = c.tags.find(set, key);
    if (found >= 0) {
        ++c.counts.hits;
        Tags::touch(set, found);
        set[0] |= dirty;
        if (bytes >= 64) set[0] &= ~partial;
        return a.at + l2_back;
    }
    // Bytes are masked: nothing has to be read.
    ++c.counts.misses;
    const uint32_t gone = c.tags.insert(set, key | dirty | (bytes >= 64 ? 0 : partial));
    const uint64_t from =
        gone == Tags::empty ? a.at : evict(c, a.place.channel, a.place.local & (c.tags.sets() - 1), gone, a.at);
    return from + l2_back;
}

uint64_t Memory::l2_atomic(uint64_t line, bool system, uint64_t time) {
    const Arrival a = arrive(line, system, time, &TccCounts::atomics);
    if (system) return bus(a.at) + l2_back + atomic_extra;
    const uint64_t ready = whole_line(a, line);
    a.channel.tags.set(a.place.local)[0] |= dirty_low;
    return ready + l2_back + atomic_extra;
}

}  // namespace gcn::emulator::timing
