#pragma once
// The state of a CU in the timing model: waves, the four SIMDs that issue for them, the units that these share.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "emulator/timing/code.hpp"
#include "emulator/timing/stats.hpp"
#include "emulator/timing/trace.hpp"

namespace gcn::emulator::timing {

inline constexpr uint64_t never = ~0ull;

// When the last operations that a counter of s_waitcnt counts are done.
struct Ring {
    static constexpr uint32_t size = 16;
    std::array<uint64_t, size> done{};
    uint64_t last = 0;                       // of all
    uint32_t count = 0, mixed = -size - 1u;  // which one was done before an older one

    void add(uint64_t time) {
        if (time < last) mixed = count;
        done[count++ % size] = time;
        last = std::max(last, time);
    }
    void later(uint64_t by) {
        for (uint64_t& t : done) t += by;
        last += by;
    }
    void add_in_order(uint64_t time) { add(std::max(time, last)); }
    // When at most `n` are under way, or any time that is not after `now`.
    uint64_t at_most(uint32_t n, uint64_t now) const {
        if (last <= now || count <= n) return 0;
        if (n == 0) return last;
        if (count - mixed > size) return done[(count - n - 1) % size];
        std::array<uint64_t, size> sorted = done;
        const uint32_t held = std::min(count, size);
        if (n >= held) return 0;
        std::nth_element(sorted.begin(), sorted.begin() + n, sorted.begin() + held, std::greater<>());
        return sorted[n];
    }
};

struct alignas(64) WaveState {
    const Uop* uop = nullptr;  // the next; nullptr: its first stretch has not been read
    const Code* code = nullptr;
    WaveTrace* trace = nullptr;
    uint64_t ready = 0;  // when the next instruction could issue, were the units free
    uint64_t since = 0;  // its clocks are accounted up to here
    uint64_t valu_ready = 0, scalar_ready = 0;
    uint64_t block_at[2] = {};  // when blocks of code are there, even and odd
    uint64_t lds_last = 0, exp_last = 0;
    uint64_t started = 0, issued = 0;
    uint64_t behind = 0;                   // a barrier: when it could go on behind it
    uint32_t barriers = 0, requested = 0;  // the last block of code asked for
    uint16_t conflicts = 0, alike = 0;     // of the last LDS instruction, of how many that follow
    uint32_t walked = 0;                   // when it is not timed: instructions since `since`
    uint16_t fraction = 0;                 // likewise: of a clock, in 1/1024
    uint8_t group = 0, simd = 0, priority = 0, lanes = 64;
    uint8_t place = 0;               // in its SIMD's order
    State reason = State::Starting;  // what `ready` is waited for
    bool hungry = false;             // its next instruction needs words of the trace that may not be there
    bool at_barrier = false, used = false;
    bool behind_stretch = false;  // `uop`, a barrier, has issued and was the last of its stretch
    Ring vm, lgkm;

    // Of two on a SIMD.
    bool is_older(const WaveState& o) const { return started < o.started || (started == o.started && this < &o); }
    bool goes_before(const WaveState& o) const {
        return priority > o.priority || (priority == o.priority && is_older(o));
    }
};
static_assert(sizeof(WaveState) < 512);

struct Simd {
    static constexpr uint32_t most = 10;
    uint64_t next = never;  // the next slot in which there may be something to do
    uint64_t valu_free = 0;
    uint64_t ta_from = 0;  // when the address unit begins with its last instruction
    uint32_t count = 0, hungry = 0;
    bool disordered = false;  // a priority has changed
    // Its waves by priority, then age: when each is to be looked at again, and for what, which is found here before the
    // wave itself is.
    std::array<uint64_t, most> at{};
    std::array<Kind, most> kind{};
    std::array<uint8_t, most> wave{};
};

struct GroupState {
    std::unique_ptr<GroupTrace> trace;  // empty: the place is free
    uint32_t waves = 0, alive = 0;
    std::optional<int32_t> turns;       // of a skip: barriers until where its waves stay
    std::array<uint8_t, 16> slots{};    // Cu::waves of each
    std::array<uint8_t, 16> simd_of{};  // of each wave
};

struct Cu {
    static constexpr uint32_t most_waves = 4 * Simd::most;
    std::array<Simd, 4> simds;
    std::array<WaveState, most_waves> waves;
    std::array<GroupState, most_waves> groups;
    uint32_t number = 0, resident = 0;
    uint64_t fetch_free = 0, smem_free = 0, lds_core_free = 0;
    std::array<uint64_t, 2> pair_free{};
    uint64_t busy_since = 0;
    CuStats stats, at_start;  // at_start: when the grid had got going, Engine::started()

    uint64_t next() const {
        return std::min(std::min(simds[0].next, simds[1].next), std::min(simds[2].next, simds[3].next));
    }
};

// By how much lgkmcnt goes up: 2 for what is more than a dword (CLRX GcnTimings).
inline uint32_t smem_counts(const Uop& u) { return u.dwords > 1 ? 2 : 1; }

// The clocks of a wave since it last issued: first those it had to wait itself, then those it waited for others.
inline void account(CuStats& stats, WaveState& w, const Uop& u, uint64_t time) {
    const uint64_t own = std::clamp(w.ready, w.since, time);
    stats.cycles[size_t(w.reason)] += own - w.since;
    stats.cycles[waiting(u.kind)] += time - own;
    stats.cycles[issuing(u.kind)] += 4;
    ++stats.issued[size_t(u.kind)];
    stats.unit_cycles[size_t(u.kind)] += u.clocks;
    w.since = time + 4;
    ++w.issued;
}

}  // namespace gcn::emulator::timing
