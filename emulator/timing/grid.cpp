#include "emulator/timing/grid.hpp"

#include <algorithm>
#include <chrono>

namespace gcn::emulator::timing {

namespace {

constexpr size_t most_bytes = 256 << 20;  // of traces that wait, beyond what the chip holds at once
constexpr auto turn = std::chrono::milliseconds(5);
constexpr uint64_t cycles_between_looks = 1 << 14;  // at the host's clock

uint64_t groups_in(const Dispatch& d) {
    uint64_t n = 1;
    for (size_t i = 0; i < 3; ++i) n *= d.group[i] ? (uint64_t(d.grid[i]) + d.group[i] - 1) / d.group[i] : 0;
    return n;
}

// Fields of COMPUTE_PGM_RSRC1.
LaunchShape shape_of(const Dispatch& d) {
    LaunchShape s;
    s.groups = groups_in(d);
    s.waves_per_group = (d.group[0] * d.group[1] * d.group[2] + 63) / 64;
    s.vgprs = 4 * ((d.rsrc1 & 0x3f) + 1);
    s.sgprs = 8 * ((d.rsrc1 >> 6 & 15) + 1);
    s.lds_bytes = d.lds_bytes;
    s.has_scratch = d.scratch_base && d.scratch_wave_bytes;
    return s;
}

size_t bytes_of(const GroupTrace& trace) {
    size_t words = 0;
    for (const WaveTrace& w : trace.waves) words += w.words.capacity();
    return 4 * words;
}

}  // namespace

TimedGrid::TimedGrid(const isa::Chip& chip, const Parameters& p, const Dispatch& d, std::unique_ptr<Kept> memory,
                     Ended ended)
    : parameters(p),
      total(groups_in(d)),
      kept(std::move(memory)),
      engine(chip, p, kept->memory, shape_of(d)),
      ended(std::move(ended)),
      capacity(size_t(chip.cus()) * engine.groups_per_cu()),
      programs([this](const Program& program) { met(program); }) {}

std::unique_ptr<GroupRecorder> TimedGrid::group(uint64_t number, const GroupFacts& facts) {
    return group_recorder(number, facts, programs, [this](std::unique_ptr<GroupTrace> trace) {
        bytes.fetch_add(bytes_of(*trace), std::memory_order_relaxed);
        waiting.fetch_add(1, std::memory_order_relaxed);
        const std::lock_guard lock(guard);
        const uint64_t place = trace->number;
        inbox.emplace_hint(inbox.end(), place, std::move(trace));
        if (inbox.begin()->first == given) next_is_there.store(true, std::memory_order_release);
    });
}

void TimedGrid::met(const Program& program) {
    auto code = std::make_unique<Code>(program, parameters);
    const std::lock_guard lock(guard);
    codes_met.push_back(std::move(code));
}

// Groups may wait for each other as far as they fit the chip together, so that many always go on.
bool TimedGrid::full() const {
    const size_t count = waiting.load(std::memory_order_relaxed);
    return count >= capacity && (count >= 4 * capacity || bytes.load(std::memory_order_relaxed) > most_bytes);
}

bool TimedGrid::ready() const { return next_is_there.load(std::memory_order_acquire) && !over(); }

void TimedGrid::take_in() {
    const std::lock_guard lock(guard);
    for (auto& code : codes_met) codes.push_back(std::move(code));
    codes_met.clear();
    while (!inbox.empty() && inbox.begin()->first == given) {
        auto trace = std::move(inbox.begin()->second);
        inbox.erase(inbox.begin());
        trace->codes = &codes;
        trace->first = codes.front().get();
        engine.give(std::move(trace));
        ++given;
    }
    if (given == total) engine.no_more();
    next_is_there.store(given == total, std::memory_order_release);
}

void TimedGrid::advance() {
    const auto until = std::chrono::steady_clock::now() + turn;
    take_in();
    for (;;) {
        const Progress progress = engine.advance(engine.now() + cycles_between_looks);
        for (const auto& trace : engine.take_finished()) {
            bytes.fetch_sub(bytes_of(*trace), std::memory_order_relaxed);
            waiting.fetch_sub(1, std::memory_order_relaxed);
        }
        if (progress == Progress::Done) return finish();
        if (progress == Progress::Starved || std::chrono::steady_clock::now() > until) return;
    }
}

void TimedGrid::finish() {
    found.cycles = engine.stats().cycles;
    found.ns = double(found.cycles) * 1e3 / parameters.core_mhz + parameters.kernel_end_us * 1e3;
    found.instructions = engine.all_cus().instructions();
    ended(*this);
    done.store(true, std::memory_order_release);
}

std::shared_ptr<TimedGrid> Model::grid(const Dispatch& d) {
    if (!groups_in(d)) return nullptr;
    std::unique_ptr<Kept> kept;
    {
        const std::lock_guard lock(guard);
        if (const auto it = free.find(d.space); it != free.end()) {
            kept = std::move(it->second);
            free.erase(it);
        }
    }
    if (!kept) kept = std::make_unique<Kept>(chip, parameters, *d.space);
    return std::make_shared<TimedGrid>(chip, parameters, d, std::move(kept), [this, space = d.space](TimedGrid& grid) {
        constexpr size_t most = 16;
        const std::lock_guard lock(guard);
        if (free.size() >= most) free.clear();
        free[space] = grid.take_memory();
    });
}

}  // namespace gcn::emulator::timing
