#include "emulator/cp/power.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

#include "emulator/cp/board.hpp"
#include "emulator/cp/clock.hpp"
#include "emulator/timing/events.hpp"
#include "emulator/timing/grid.hpp"

namespace gcn::emulator {

namespace {

#define CONSTANT(name, value, source) constexpr double name = value;
#include "emulator/cp/power.def"

struct BoardRow {
    std::string_view chip;
    double watts;
};
constexpr BoardRow boards[] = {
#define BOARD(chip, watts) {#chip, watts},
#include "emulator/cp/power.def"
};

double most_watts(const isa::Chip& chip) {
    for (const BoardRow& row : boards)
        if (row.chip == chip.row) return row.watts;
    return 150;  // guess: one without a row
}
double idle_watts(const isa::Chip& chip) { return idle_share * most_watts(chip); }

enum : size_t { Watts, Degrees, Moment, Words };
static_assert(Words == Power::board_words);
std::atomic<uint64_t>& word(size_t i) { return Board::open().words()[Board::word_count - Words + i]; }

Power held(const isa::Chip& chip) {
    if (!word(Moment).load()) return Power::idle(chip);
    return {std::bit_cast<double>(word(Watts).load()), std::bit_cast<double>(word(Degrees).load())};
}

// Of idle time up to a moment of the host's clock.
Power rested(const isa::Chip& chip, uint64_t until) {
    const uint64_t moment = word(Moment).load();
    return held(chip).after(double(until - std::min(until, moment)) / 1e9, chip, nullptr);
}

}  // namespace

Activity activity(const timing::TimedGrid& grid, const isa::Chip& chip) {
    const double ns = grid.result().ns, clocks = std::max(double(grid.result().cycles), 1.0);
    double bytes = 0;
    for (uint32_t c = 0; c < grid.memory().channels(); ++c) {
        const auto n = timing::measured(grid.model(), grid.memory(), chip, perfcounters::Block::TCC, int(c), 0).dram;
        bytes += 32 * double(n.reads + n.writes);
    }
    const double valu = double(grid.model().all_cus().unit_cycles[size_t(timing::Kind::Valu)]);
    return {std::min(valu / clocks / (4.0 * chip.cus()), 1.0),
            std::min(bytes / std::max(ns, 1.0) / chip.dram_gbs, 1.0)};
}

Power Power::idle(const isa::Chip& chip) { return {idle_watts(chip), idle_degrees}; }

Power Power::after(double seconds, const isa::Chip& chip, const Activity* now) const {
    const double idle = idle_watts(chip), above = most_watts(chip) - idle;
    const double share = now ? active_share + valu_share * now->valu + memory_share * now->memory : 0;
    const double target = idle + above * share, long_run = idle_degrees + (full_degrees - idle_degrees) * share;
    return {target + (watts - target) * std::exp(-seconds / average_seconds),
            long_run + (degrees - long_run) * std::exp(-seconds / thermal_seconds)};
}

void Power::worked(const isa::Chip& chip, uint64_t host_began, double seconds, const Activity& a) {
    const Board::Turn turn = Board::open().take_turn();
    const Power now = rested(chip, host_began).after(seconds, chip, &a);
    word(Watts) = std::bit_cast<uint64_t>(now.watts);
    word(Degrees) = std::bit_cast<uint64_t>(now.degrees);
    word(Moment) = Clock::host_nanoseconds();
}

// While work is under way nothing cools: the time that this machine takes for it is not the card's.
Power Power::read(const isa::Chip& chip) {
    const Board::Turn turn = Board::open().take_turn();
    return Board::open().busy() ? held(chip) : rested(chip, Clock::host_nanoseconds());
}

}  // namespace gcn::emulator
