// What the memory remembers of accesses that are not timed: tags move and events are counted as if they were, but no
// unit is booked.

#include "emulator/timing/memory.hpp"

namespace gcn::emulator::timing {

void Memory::warm(uint32_t cu, Lines lines, Way way, uint32_t bytes) {
    Tcp& t = tcps[cu];
    const uint32_t n = lines.left_over();
    const bool reads = way <= Way::ReadAround;
    count(t.counts, way, n);
    ++t.counts.wavefronts;
    t.counts.warmed += n;
    for (uint32_t i = 0; i < n; ++i) {
        bool system;
        const uint64_t line = translate(t.known, lines.next(), system);
        uint32_t* const set = t.tags.set(line);
        const int found = t.tags.find(set, t.tags.key(line));
        if (reads && found >= 0 && way == Way::Read) {
            ++t.counts.hits;
            Tags::touch(set, found);
            continue;
        }
        if (reads) {
            ++t.counts.misses, ++t.counts.l2_reads;
            if (found < 0 && way == Way::Read) t.tags.insert(set, t.tags.key(line));
        } else {
            ++(way == Way::Write ? t.counts.l2_writes : t.counts.l2_atomics);
            if (found >= 0 && (write_evicts || way != Way::Write)) t.tags.remove(set, found);
        }
        warm_l2(line, system, way, bytes);
    }
}

void Memory::pass(uint32_t cu, uint32_t lines, Way way) {
    TcpCounts& c = tcps[cu].counts;
    count(c, way, lines);
    ++c.wavefronts;
    c.passed += lines;
    if (way <= Way::ReadAround) c.passed_reads += lines;
}

void Memory::warm_scalar(uint32_t cu, uint64_t line, uint32_t lines, bool write, uint32_t bytes) {
    Sqc& s = sqcs[sqc_of(cu)];
    for (uint32_t i = 0; i < lines; ++i) {
        bool system;
        const uint64_t physical = translate(s.known, line + i, system);
        ++s.counts.data_requests;
        if (write || s.data.lookup(physical)) {
            ++s.counts.data_hits;
            s.counts.data_writes += write;
            if (!write) continue;
        } else {
            ++s.counts.data_misses;
            s.data.insert(s.data.set(physical), s.data.key(physical));
        }
        ++s.counts.l2_requests;
        warm_l2(physical, system, write ? Way::Write : Way::Read, bytes);
    }
}

void Memory::warm_l2(uint64_t line, bool system, Way way, uint32_t bytes) {
    const Place p = system ? of_host(line) : place(line);
    Tcc& c = tccs[p.channel];
    const bool reads = way <= Way::ReadAround, writes = way == Way::Write;
    ++c.counts.requests;
    ++(reads ? c.counts.reads : writes ? c.counts.writes : c.counts.atomics);
    if (system) {
        ++c.counts.misses, ++c.counts.system;
        return;
    }
    uint32_t* const set = c.tags.set(p.local);
    const uint32_t key = c.tags.key(p.local);
    const int found = c.tags.find(set, key);
    const bool whole = found >= 0 && !(set[found] & partial);
    const bool hit = writes ? found >= 0 : whole;
    ++(hit ? c.counts.hits : c.counts.misses);
    if (found >= 0) {
        Tags::touch(set, found);
    } else if (const uint32_t gone = c.tags.insert(set, key); gone != Tags::empty) {
        ++c.counts.evictions;
        if (gone & dirty_both) {
            ++c.counts.writebacks;
            dram_of({p.channel, c.tags.line(gone, p.local)}).counts.writes +=
                uint32_t(std::popcount(gone & dirty_both));
        }
    }
    if (!hit && !writes) {
        dram_of(p).counts.reads += 2;
        set[0] &= ~partial;
    }
    if (writes) set[0] |= (bytes > 32 ? dirty_both : dirty_low) | (hit || bytes >= 64 ? 0 : partial);
    if (writes && bytes >= 64) set[0] &= ~partial;
    if (!reads && !writes) set[0] |= dirty_low;
}

}  // namespace gcn::emulator::timing
