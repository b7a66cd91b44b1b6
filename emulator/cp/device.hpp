#pragma once
// The software Polaris of this process: one card, one clock, one VRAM, one executor and one scheduler under both doors.
//
// It is made on first use and never destroyed: programs call exit() while the runtime's threads and ours still run, and
// whatever a static destructor took away they would trip over. A forked child starts without one.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "emulator/cp/board.hpp"
#include "emulator/cp/clock.hpp"
#include "emulator/cp/counters.hpp"
#include "emulator/cp/scheduler.hpp"
#include "emulator/cp/timing_log.hpp"
#include "emulator/cp/watch.hpp"
#include "emulator/exec/exec.hpp"
#include "emulator/timing/grid.hpp"
#include "isa/chips.hpp"

namespace gcn::emulator {

// What the device has done since it was made, for whoever reports it.
struct Totals {
    std::atomic<uint64_t> dispatches{0}, groups{0}, waves{0}, instructions{0};

    void add(const Result&);
};

// Whether the device's clock is modelled, and how.
enum class Timing {
    Off,      // it is the host's
    Sampled,  // parts of large grids are modelled, the rest is told from them
    Full,     // all of every grid
};

// What the environment asks for; gcn::Error names the variable and what would be accepted.
struct Settings {
    const isa::Chip* chip;          // GCN_EMU_CHIP
    int threads;                    // GCN_EMU_THREADS
    std::string simd;               // GCN_EMU_SIMD; empty: the best that this machine has
    double watchdog;                // GCN_EMU_WATCHDOG, in seconds; 0: none
    Timing timing;                  // GCN_EMU_TIMING
    timing::Parameters parameters;  // GCN_EMU_TIMING_SET
    std::string timing_log;         // GCN_EMU_TIMING_LOG
    bool timing_reuse;              // GCN_EMU_TIMING_REUSE
    StrictSettings strict;          // GCN_EMU_STRICT, GCN_EMU_STRICT_JSON
    debug::Settings debug;          // GCN_EMU_TRACE..., GCN_EMU_BREAK...

    static Settings from_environment();
};

class Device {
public:
    // The device of this process. gcn::Error when the environment asks for what cannot be.
    static Device& open();

    const isa::Chip& chip;
    const Timing timing;
    Clock clock;
    Executor executor;
    Totals totals;
    Watch watch;
    Counters counters;
    timing::Model model;
    TimingLog log;
    Scheduler scheduler;
    const double patience;  // seconds that a ring may wait for memory that nobody changes; 0: without end

    // The modelled time of a grid that has ended, in nanoseconds; empty when nothing has timed it, 0 when the model
    // gave it up. Tests put a model of their own here before they start any.
    std::function<std::optional<double>(const Result&)> duration = [](const Result& r) { return r.duration_ns; };

    // Who watches and who times a grid that starts as `work`. `windowed`: Counters::observer().
    void prepare(Dispatch&, const Clock::Work&, bool windowed);

    uint64_t vram_bytes() const { return uint64_t(chip.memory_mib) << 20; }
    // By all processes under one gcn emu: emulator/cp/board.hpp.
    uint64_t vram_used() const { return Board::open().used(Heap::Vram); }
    // False when that much is not left.
    bool take_vram(uint64_t bytes) { return Board::open().take(Heap::Vram, bytes, vram_bytes()); }
    void give_vram(uint64_t bytes) { Board::open().give(Heap::Vram, bytes); }

    // The host's clock, whatever the device's is.
    static uint64_t nanoseconds() { return Clock::host_nanoseconds(); }
    // The GPU's counter, made from a time of the device's clock.
    static constexpr uint64_t gpu_clock_hz = Clock::tick_hz;
    static constexpr uint64_t ticks(uint64_t nanoseconds) { return nanoseconds / Clock::tick; }
    static uint64_t ticks() { return ticks(open().clock.now()); }

private:
    explicit Device(const Settings&);
};

}  // namespace gcn::emulator
