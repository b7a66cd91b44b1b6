#pragma once
// The memory of a chip as the timing model sees it: L1 per CU, scalar and instruction caches per group of CUs, L2 by
// channels, DRAM, the bus to the host. Holds tags, no data. A request computes at once when it is done: units are
// booked ahead (calendar.hpp). Of equal calls equal results: no address of the host takes part.

#include <bit>
#include <cstdint>
#include <vector>

#include "emulator/timing/calendar.hpp"
#include "emulator/timing/dram.hpp"
#include "emulator/timing/parameters.hpp"
#include "emulator/timing/tags.hpp"
#include "emulator/timing/trace.hpp"
#include "isa/chips.hpp"

namespace gcn::emulator::timing {

// Where lines of 64 bytes lie. `to` is where the line `first` is modelled.
struct Placement {
    uint64_t first = 0, count = 0, to = 0;
    bool system = false;  // memory of the host, beyond the bus
};
class Translate {
public:
    virtual ~Translate() = default;
    // The placement that holds a line; asked once per stretch of lines and CU, not per access.
    virtual Placement find(uint64_t line) const = 0;
};
// Everything lies in the card's memory, where its address says.
class Identity final : public Translate {
public:
    Placement find(uint64_t) const override { return {0, ~0ull, 0, false}; }
};

enum class Way : uint8_t { Read, ReadAround, Write, Atomic, AtomicReturn };  // ReadAround: not through L1

class Memory {
public:
    Memory(const isa::Chip&, const Parameters&, const Translate&);
    Memory(const Memory&) = delete;  // channels know where their timing is

    // A grid begins: time starts again, L1, K$ and I$ are empty; L2 keeps what it holds.
    void restart();
    // Nothing is asked any more of a time before this one.
    void now(uint64_t time) { oldest = time - asleep, dram_timing.now(oldest); }
    // So many clocks have passed in which nothing happened: what was to be done at some time is done so much later.
    void slept(uint64_t clocks) { asleep += clocks; }

    // A vector memory instruction of `ta_clocks` in the address unit. Returns when its data is there, or its last store
    // has arrived. Atomics and writes touch `bytes` of each line.
    uint64_t vector(uint32_t cu, uint64_t time, uint32_t ta_clocks, Lines lines, Way, uint32_t bytes);
    uint64_t invalidate_l1(uint32_t cu, uint64_t time);
    // The address unit accepts nothing before this.
    uint64_t ta_free(uint32_t cu) const { return tcps[cu].ta_free + asleep; }

    uint64_t scalar(uint32_t cu, uint64_t time, uint64_t line, uint32_t lines, uint32_t dwords, bool write);
    uint64_t invalidate_scalar(uint32_t cu, uint64_t time);
    // 32 bytes of code for a wave. `again`: of the line it had last.
    uint64_t fetch(uint32_t cu, uint64_t time, uint64_t line, bool again);

    // Tags alone, for what is skipped.
    void warm(uint32_t cu, Lines lines, Way, uint32_t bytes);
    // Not even tags: so many lines are counted.
    void pass(uint32_t cu, uint32_t lines, Way);
    void warm_scalar(uint32_t cu, uint64_t line, uint32_t lines, bool write, uint32_t bytes);

    struct TcpCounts {
        uint64_t accesses = 0, reads = 0, writes = 0, atomics = 0, atomics_returning = 0;  // lines
        uint64_t hits = 0, misses = 0;                                                     // of reads
        uint64_t passed_reads = 0;                                                         // neither: pass()
        uint64_t passed = 0, warmed = 0;  // lines in all that came that way, and through warm()
        uint64_t l2_reads = 0, l2_writes = 0, l2_atomics = 0;
        uint64_t l2_read_clocks = 0, l2_write_clocks = 0;  // from request to answer, added up
        uint64_t ta_busy = 0, ta_stalled = 0, latency = 0, wavefronts = 0, invalidations = 0;
        bool operator==(const TcpCounts&) const = default;
    };
    struct SqcCounts {
        uint64_t inst_requests = 0, inst_hits = 0, inst_misses = 0, data_requests = 0, data_hits = 0, data_misses = 0;
        uint64_t inst_ahead = 0, data_writes = 0, l2_requests = 0, stall = 0, inst_clocks = 0;
        bool operator==(const SqcCounts&) const = default;
    };
    struct TccCounts {
        uint64_t requests = 0, reads = 0, writes = 0, atomics = 0, hits = 0, misses = 0, evictions = 0, writebacks = 0;
        uint64_t system = 0, tag_stall = 0, write_stall = 0, read_stall = 0;
        bool operator==(const TccCounts&) const = default;
    };
    const TcpCounts& tcp(uint32_t cu) const { return tcps[cu].counts; }
    const SqcCounts& sqc(uint32_t group) const { return sqcs[group].counts; }
    const TccCounts& tcc(uint32_t channel) const { return tccs[channel].counts; }
    DramChannel::Counts dram(uint32_t channel) const;  // of a channel of L2
    uint32_t sqc_of(uint32_t cu) const { return cu / cus_per_engine * sqcs_per_engine + cu % cus_per_engine / per_sqc; }
    uint32_t cus() const { return uint32_t(tcps.size()); }
    uint32_t channels() const { return uint32_t(tccs.size()); }
    uint32_t sqc_count() const { return uint32_t(sqcs.size()); }

private:
    // What a key of L2 keeps of its line: which halves are dirty, and whether the rest of it was never read.
    static constexpr uint32_t dirty_low = 1, dirty_both = 3, partial = 4;
    static constexpr uint32_t fills = 128;
    struct Fill {
        uint64_t line = ~0ull, ready = 0;
    };
    struct Known {  // the placements met last
        static constexpr uint32_t size = 4;
        Placement at[size];
        uint32_t next = 0;
    };
    struct Tcp {
        Tags tags;
        Known known;
        uint64_t ta_free = 0, returned = 0, request_free = 0;
        Outstanding reads, writes;
        TcpCounts counts;
    };
    struct Sqc {
        Tags inst, data;
        Known known;
        Calendar data_port;
        Fill inst_fills[16], data_fills[16];
        SqcCounts counts;
    };
    // Clocks in which anybody waits, however many.
    struct Stalls {
        uint64_t until = 0;
        uint64_t add(uint64_t from, uint64_t to) {  // those that are new
            const uint64_t begin = std::max(from, until);
            until = std::max(until, to);
            return to - std::min(begin, to);
        }
    };
    struct Tcc {
        Tags tags;
        Calendar port;
        Stalls tag_stalls, write_stalls, read_stalls;
        Outstanding reads, writes;
        std::vector<Fill> filling;
        TccCounts counts;
    };
    struct Place {
        uint32_t channel;
        uint64_t local;  // line within the channel
    };

    static void count(TcpCounts&, Way, uint32_t lines);
    uint64_t translate(Known&, uint64_t line, bool& system) const;
    Place place(uint64_t line) const;
    // All go by the first channel: which a card takes is not known (guess), and where in its memory the host puts
    // arguments must not count.
    static Place of_host(uint64_t line) { return {0, line}; }
    // Upper bits take part as they do between channels of L2 (guess), or what runs in step would meet in one half.
    DramChannel& dram_of(const Place& p) {
        const uint64_t chunk = p.local >> 2;
        const uint32_t upper = hash && dram_per_l2 > 1 ? uint32_t(std::popcount(chunk / dram_per_l2)) : 0;
        return drams[p.channel * dram_per_l2 + (chunk + upper) % dram_per_l2];
    }
    uint64_t dram_line(uint64_t local) const {
        return dram_per_l2 == 1 ? local : local / 4 / dram_per_l2 * 4 + local % 4;
    }

    // `time` is when the request leaves L1; what comes back is when the answer is there.
    struct Arrival {
        Place place;
        Tcc& channel;
        uint64_t at;
    };
    Arrival arrive(uint64_t line, bool system, uint64_t time, uint64_t TccCounts::*kind);
    uint64_t whole_line(const Arrival&, uint64_t line);
    uint64_t l2_read(uint64_t line, bool system, uint64_t time);
    uint64_t l2_write(uint64_t line, bool system, uint64_t time, uint32_t bytes);
    uint64_t l2_atomic(uint64_t line, bool system, uint64_t time);
    uint64_t fill(Tcc&, const Place&, uint64_t line, uint64_t time);
    uint64_t evict(Tcc&, uint32_t channel, uint64_t set, uint32_t key, uint64_t time);
    uint64_t bus(uint64_t time);
    void warm_l2(uint64_t line, bool system, Way, uint32_t bytes);

    const Translate& places;
    uint64_t oldest = 0, asleep = 0;  // times inside are without what it slept
    uint32_t cus_per_engine, per_sqc, sqcs_per_engine;
    uint32_t l1_latency, l2_back, l2_there, dcache_latency, dcache_miss, dcache_bytes, icache_latency, icache_miss,
        icache_ahead;
    uint32_t l1_invalidate, dcache_invalidate, atomic_extra, pcie_latency, pcie_line;
    uint32_t channel_bits, interleave_bits, dram_per_l2;
    bool hash, write_evicts;
    DramTiming dram_timing;
    std::vector<Tcp> tcps;
    std::vector<Sqc> sqcs;
    std::vector<Tcc> tccs;
    std::vector<DramChannel> drams;
    Calendar pcie;
};

}  // namespace gcn::emulator::timing
