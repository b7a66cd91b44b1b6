#pragma once
// What strict mode keeps of each wave and of a group's LDS, and what its checks are given.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "emulator/exec/trace.hpp"
#include "emulator/strict/facts.hpp"
#include "emulator/strict/report.hpp"

namespace gcn::emulator::strict {

// What a kernel says that its arithmetic never makes.
struct Promises {
    bool no_nan = false, no_denormal = false;
    bool any() const { return no_nan || no_denormal; }
};

// A load, or an access to LDS, that no s_waitcnt has waited for yet.
struct Flight {
    const Fact* fact = nullptr;
    uint64_t lanes = 0;         // EXEC when it was issued
    uint32_t vm = 0, lgkm = 0;  // how many had been issued with it, by counter; they come back in that order
    bool needs_vm = false, needs_lgkm = false;
    bool in_order = true;                // else only a wait for zero tells anything
    std::array<uint32_t, 64> addresses;  // LDS of a group of several waves
};

struct WaveState {
    std::array<uint64_t, 256> written{};        // vector registers: lanes that something was written to
    std::array<uint32_t, reg::scalars> bits{};  // scalar ones: such bits
    RegisterSet bad;                            // not wholly written, or under way
    std::array<uint8_t, reg::all> under_way{};  // 1 + place in flights
    std::array<Flight, 64> flights;
    uint64_t open = 0;  // flights in use
    uint32_t vm_issued = 0, lgkm_issued = 0;

    // The last instructions, for wait states: `slot` counts them.
    struct Past {
        const Fact* fact = nullptr;
        uint32_t end = 0;
    };
    std::array<Past, 8> past{};
    uint32_t slot = 0, issued = 0;
    uint64_t made = 0;  // hazards.hpp: remember()
    int function = -1;  // of the last instruction

    const Program* program = nullptr;
    const Quick* facts = nullptr;
    const Fact* barrier = nullptr;              // where it last waited
    uint64_t found_at = 0;                      // pc of the last finding
    bool no_limit = false;                      // M0 was not set when it first reached LDS
    uint64_t nan_before = 0, small_before = 0;  // lanes, for promises

    bool whole(int r) const {
        return is_vector(r) ? written[r - reg::vector] == ~0ull : r >= reg::scalars || bits[r] == ~0u;
    }
    void judge(int r) { bad.set(r, under_way[r] || !whole(r)); }
    const Fact* last() const { return issued ? past[(issued - 1) % past.size()].fact : nullptr; }
};

// One dword of LDS. What is said of waves holds since the barrier numbered `epoch`.
struct Cell {
    uint32_t epoch = 0;
    uint16_t readers = 0, atomics = 0;          // waves
    uint8_t writer = 0;                         // 1 + wave
    uint8_t bytes_written = 0, bytes_read = 0;  // of it
    uint8_t ever = 0;                           // bytes written since the group began
    const Fact *write = nullptr, *read = nullptr;
};

// What the checks share in one group.
struct GroupState {
    const Dispatch& dispatch;
    const Names& names;
    Reports& reports;
    Promises promises;
    std::array<uint32_t, 3> place{};
    std::vector<WaveState> waves;
    std::vector<Cell> lds;
    uint32_t epoch = 1;
};

// An instruction about to be executed.
struct Site {
    GroupState& group;
    WaveState& state;
    const Wave& wave;
    const Fact& fact;
    uint64_t exec;

    uint32_t scalar(int r) const { return wave.s[r]; }
    uint64_t scalar64(int r) const { return uint64_t(wave.s[r + 1]) << 32 | wave.s[r]; }

    struct About {
        int lane = -1, reg = -1;
        const Fact* earlier = nullptr;
    };
    void report(Kind, const About&, const std::string& what) const;
    // "ds_read_b128 at +0x170"
    std::string shown(const Fact&) const;
};

// ---- the checks: each in a file of its own ---------------------------------------------------------

void check_registers(const Site&);  // registers.cpp: pending, never written. Only when it touches a bad one
void note_loads(const Site&);       // pending.cpp: what it sets under way
void note_wait(const Site&);        // pending.cpp: s_waitcnt
void check_wait_states(const Site&);
void check_lds(const Site&);  // lds.cpp: races, bounds, alignment
void lds_access(const Site&, int lane, uint32_t address, uint32_t bytes, uint32_t limit);
void at_barrier(GroupState&, const std::vector<WavePointer>&);  // lds.cpp
void check_memory(const Site&);                                 // memory.cpp: buffers, flat, scalar
void check_flow(const Site&);      // flow.cpp: it belongs to another function than the last one
void before_promise(const Site&);  // promises.cpp
void after_promise(const Site&);

// pending.cpp: forgets a flight.
void land(WaveState&, int flight);

inline std::string hex(uint64_t x) {
    std::string digits;
    do digits.insert(digits.begin(), "0123456789abcdef"[x & 15]);
    while (x >>= 4);
    return "0x" + digits;
}

}  // namespace gcn::emulator::strict
