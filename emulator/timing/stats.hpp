#pragma once
// What the engine counts, per CU: each clock of each wave in exactly one state, and events. Events are exact; clocks
// are the model's.

#include <array>
#include <cstdint>

#include "emulator/timing/code.hpp"

namespace gcn::emulator::timing {

// Where a wave's clocks go. The first `kinds` are the slots in which it issues an instruction of that Kind, the last
// `kinds` those in which it could issue one but another wave did, or the unit was busy.
enum class State : uint8_t {
    Issue = 0,
    Starting = kinds,
    WaitVm,
    WaitLgkm,
    WaitExp,
    Barrier,
    Fetch,
    Sleep,       // s_sleep, s_nop
    Dependency,  // on its own last instruction: latencies, hazards, branches
    Skipped,     // not timed in detail
    Arbitration,
};
inline constexpr size_t states = size_t(State::Arbitration) + kinds;
constexpr size_t issuing(Kind k) { return size_t(k); }
constexpr size_t waiting(Kind k) { return size_t(State::Arbitration) + size_t(k); }

struct CuStats {
    std::array<uint64_t, states> cycles{};      // of waves
    std::array<uint64_t, kinds> issued{};       // instructions
    std::array<uint64_t, kinds> unit_cycles{};  // that they occupied their unit
    uint64_t waves = 0, groups = 0, items = 0, wave_cycles = 0;
    uint64_t full_waves = 0, below_64 = 0, below_48 = 0, below_32 = 0, below_16 = 0;
    uint64_t busy_cycles = 0;    // with a wave at least
    uint64_t thread_cycles = 0;  // lanes * clocks / 4 of the vector ALU
    uint64_t vector_reads = 0, vector_writes = 0, flat_lds = 0, branches = 0, branches_taken = 0;
    std::array<uint64_t, 8> vector{};  // vector memory instructions: vector_place()
    uint64_t level_vm = 0, level_smem = 0, level_lds = 0, level_fetch = 0;  // latencies, added up
    uint64_t lds_active = 0, lds_conflicts = 0, lds_returning_atomics = 0, lds_stalled = 0, ta_stalled = 0;
    uint64_t fetches = 0, barriers = 0;
    uint64_t lines = 0;      // asked for by vector memory instructions
    uint64_t skipped = 0;    // instructions that were counted and not timed
    uint64_t malformed = 0;  // waves whose trace ended too early or named no instruction

    static constexpr size_t vector_place(bool flat, Access a) { return 4 * size_t(flat) + (size_t(a) - 1) % 4; }
    uint64_t instructions() const {
        uint64_t sum = 0;
        for (const uint64_t n : issued) sum += n;
        return sum;
    }
    bool operator==(const CuStats&) const = default;
    CuStats& operator+=(const CuStats&);
};

// What there is too little of on a CU for one more group.
enum class Limit : uint8_t { WaveSlots, Vgprs, Sgprs, Lds, Groups };

struct Stats {
    uint64_t cycles = 0;             // from the start of the grid to the end of its last wave
    uint64_t dispatch_stalls = 0;    // clocks in which a group waited for a place
    Limit limit = Limit::WaveSlots;  // what they waited for
};

}  // namespace gcn::emulator::timing
