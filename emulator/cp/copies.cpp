// What copies take: a start, and bytes by the engine's width, but never more than the memory can read and write.

#include "emulator/cp/copies.hpp"

#include <algorithm>
#include <iterator>

namespace gcn::emulator {

namespace {

struct Row {
    Copier copier;
    double start_ns, bytes_per_clock;
};
// Guess, all four: no published measurement of these engines on such cards was found.
constexpr Row rows[] = {
    // clang-format off
    {Copier::CommandProcessor,  500, 32},
    {Copier::Sdma,             1000, 32},
    // clang-format on
};
static_assert(rows[int(Copier::CommandProcessor)].copier == Copier::CommandProcessor);
static_assert(rows[int(Copier::Sdma)].copier == Copier::Sdma && std::size(rows) == 2);

}  // namespace

// Each byte is read and written, so it passes the memory's pins twice. A fill reads nothing; it is timed as a copy.
double copy_time(const isa::Chip& chip, Copier copier, uint64_t bytes) {
    const Row& row = rows[int(copier)];
    const double engine = row.bytes_per_clock * chip.mhz / 1e3, memory = chip.dram_gbs / 2.0;  // bytes per ns
    return row.start_ns + double(bytes) / std::min(engine, memory);
}

}  // namespace gcn::emulator
