// Sensors from the board: busy, or not; with timing on, how much power grids took.

#include "emulator/drm/sensors.hpp"

#include "emulator/cp/board.hpp"
#include "emulator/cp/card.hpp"
#include "emulator/cp/device.hpp"
#include "emulator/cp/power.hpp"

namespace gcn::emulator::drm {

namespace {

// The steps below the top: guess, of one RX 580 board and one Fury. The driver lists a clock only once.
std::vector<int> up_to(const std::vector<int>& steps, int top) {
    std::vector<int> clocks;
    for (const int mhz : steps)
        if (mhz < top) clocks.push_back(mhz);
    clocks.push_back(top);
    return clocks;
}

// Guess, all of them, for every chip alike.
constexpr int idle_millidegrees = 45'000, busy_millidegrees = 65'000;
constexpr int idle_watts = 35, busy_watts = 120;
constexpr int idle_millivolts = 750, busy_millivolts = 1150;

}  // namespace

std::vector<int> engine_clocks_mhz(const isa::Chip& chip) {
    if (family_of(chip).hbm) return up_to({300, 508, 717, 874, 911, 944, 974}, chip.mhz);
    return up_to({300, 608, 910, 1077, 1145, 1191, 1236}, chip.mhz);
}

std::vector<int> memory_clocks_mhz(const isa::Chip& chip) {
    const int top = int(memory_bus(chip).mhz);
    return family_of(chip).hbm ? up_to({}, top) : up_to({300, 1000}, top);
}

Sensors read_sensors(const isa::Chip& chip) {
    const Board& board = Board::open();
    const bool busy = board.busy();
    const auto engine = engine_clocks_mhz(chip), memory = memory_clocks_mhz(chip);
    Sensors s{
        .engine_mhz = busy ? engine.back() : engine.front(),
        .memory_mhz = busy ? memory.back() : memory.front(),
        .millidegrees = busy ? busy_millidegrees : idle_millidegrees,
        .watts = busy ? busy_watts : idle_watts,
        .millivolts = busy ? busy_millivolts : idle_millivolts,
        .load_percent = board.busy_percent(),
    };
    if (Settings::from_environment().timing == Timing::Off) return s;
    const Power power = Power::read(chip);
    s.watts = int(power.watts + 0.5), s.millidegrees = int(1000 * power.degrees + 0.5);
    return s;
}

}  // namespace gcn::emulator::drm
