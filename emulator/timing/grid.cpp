#include "emulator/timing/grid.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "emulator/exec/clocks.hpp"
#include "emulator/timing/order.hpp"

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
    if (d.scratch_base && d.scratch_wave_bytes) s.scratch_waves = d.scratch_waves;
    return s;
}

size_t bytes_of(const GroupTrace& trace) {
    size_t words = 0;
    for (const WaveTrace& w : trace.waves) words += w.words.size();
    return 4 * words;
}

// With what it takes to keep it.
size_t memory_of(const GroupTrace& trace) {
    constexpr size_t a_group = 160, a_wave = 80;  // as the allocator rounds them
    return bytes_of(trace) + a_group + a_wave * trace.waves.size();
}

}  // namespace

TimedGrid::TimedGrid(const isa::Chip& chip, const Parameters& p, const Dispatch& d, bool sampled, size_t most_recorded,
                     std::shared_ptr<KnownGrids> known, Ended ended)
    : own(std::make_shared<Timed>(chip, p, *d.space, shape_of(d))),
      timed(own),
      engine(own->engine),
      most_recorded(most_recorded),
      total(groups_in(d)),
      start_ns(d.start_ns),
      arguments(d),
      known(total <= KnownGrids::most_groups ? std::move(known) : nullptr),
      ended(std::move(ended)),
      capacity(size_t(chip.cus()) * engine.groups_per_cu()),
      programs([this](const Program& program) { met(program); }),
      sampler(engine),
      sampled(sampled) {}

TimedGrid::~TimedGrid() {
    if (!like.empty()) known->release(recorded);
}

// Of one wave that goes on and on, or of so many groups at once.
void TimedGrid::grown(size_t words) {
    if (bytes.fetch_add(4 * words, std::memory_order_relaxed) + 4 * words > most_recorded) too_much = true;
}

std::unique_ptr<GroupRecorder> TimedGrid::group(uint64_t number, const GroupFacts& facts) {
    auto trace = std::make_unique<GroupTrace>();
    GroupTrace& to = *trace;
    if (stepped) {
        begun = std::move(trace);
        return group_recorder(number, facts, programs, to, {.compact = false, .arguments = &arguments});
    }
    {
        const std::lock_guard lock(guard);
        under_way.emplace(number, std::move(trace));
    }
    const auto when_ended = [this, number, &to] {
        if (known) to.digest = digest(to);
        waiting.fetch_add(1, std::memory_order_relaxed);
        const std::lock_guard lock(guard);
        inbox.insert(under_way.extract(number));
        if (inbox.begin()->first == taken()) next_is_there.store(true, std::memory_order_release);
    };
    return group_recorder(number, facts, programs, to,
                          {.ended = when_ended,
                           .grown = [this](size_t words) { grown(words); },
                           .stop = &too_much,
                           .arguments = &arguments});
}

bool TimedGrid::steps(const Program& program) {
    programs.table(program);  // the first of the grid's codes, in which waves begin
    stepped = may_depend_on_time(program);
    next_is_there = stepped;
    if (known && !stepped) like = known->like(own->shape, *own->space, codes_met.front()->content());
    return stepped;
}

void TimedGrid::met(const Program& program) {
    auto code = std::make_unique<Code>(program, own->parameters);
    const std::lock_guard lock(guard);
    codes_met.push_back(std::move(code));
}

// Groups may wait for each other as far as they fit the chip together, so that many always go on.
bool TimedGrid::full(uint64_t next) const {
    if (too_much || over() || next <= wanted.load(std::memory_order_relaxed)) return false;
    const size_t count = waiting.load(std::memory_order_relaxed);
    return count >= capacity && (count >= 4 * capacity || bytes.load(std::memory_order_relaxed) > most_bytes);
}

bool TimedGrid::ready() const { return (next_is_there || goes_on || too_much) && !over(); }

// Under the lock, as give().
void TimedGrid::take_codes() {
    for (auto& code : codes_met) {
        code->lie_at(Places::of_code(code->content()));
        own->codes.push_back(code->content());
        codes.push_back(std::move(code));
    }
    codes_met.clear();
}

void TimedGrid::give(std::unique_ptr<GroupTrace> trace) {
    trace->codes = &codes;
    trace->first = codes.front().get();
    engine.give(std::move(trace));
    if (++given == total) engine.no_more();
}

// False: the engine waits.
bool TimedGrid::take_in() {
    const std::lock_guard lock(guard);
    while (!inbox.empty() && inbox.begin()->first == taken()) {
        held.push_back(std::move(inbox.begin()->second));
        inbox.erase(inbox.begin());
        if (known) remember(*held.back());
    }
    const bool all = taken() == total;
    wanted.store(taken(), std::memory_order_relaxed);
    next_is_there.store(all, std::memory_order_release);
    take_codes();
    if (all) keep_like([&](const Timed& other) { return other.codes == own->codes && other.places.unchanged(); });
    if (!like.empty()) return false;
    for (; !held.empty(); held.pop_front()) give(std::move(held.front()));
    return true;
}

void TimedGrid::remember(const GroupTrace& trace) {
    const size_t number = own->groups.size(), memory = memory_of(trace);
    own->groups.push_back(trace.digest);
    recorded += memory;
    if (like.empty()) return;
    // It does not wait for the engine, so whoever records goes on.
    ++not_waiting;
    used(trace);
    const bool fits = known->hold(memory);
    keep_like([&](const Timed& other) { return fits && other.groups[number] == trace.digest; });
}

// While it is like any, all that was recorded of it is held.
void TimedGrid::keep_like(const std::function<bool(const Timed&)>& which) {
    if (like.empty()) return;
    std::erase_if(like, [&](const auto& other) { return !which(*other); });
    if (like.empty()) known->release(recorded);
}

void TimedGrid::used(const GroupTrace& trace) {
    bytes.fetch_sub(bytes_of(trace), std::memory_order_relaxed);
    waiting.fetch_sub(1, std::memory_order_relaxed);
}

// What the engine wants is executed when it wants it. False: it cannot be now.
bool TimedGrid::feed(Steps& steps) {
    const Engine::Need need = engine.need();
    if (!need.group) {
        steps.begin(given);
        if (!begun) return false;
        const std::lock_guard lock(guard);
        take_codes();
        give(std::move(begun));
        wanted.store(taken(), std::memory_order_relaxed);
        return true;
    }
    WaveTrace& wave = need.group->waves[need.wave];
    const size_t before = wave.words.size();
    const uint64_t cycles = uint64_t(double(start_ns) * own->parameters.core_mhz / 1e3) + need.time;
    const ShaderTime now(cycles, uint64_t(double(cycles) * 25 / own->parameters.core_mhz));
    steps.step(need.group->number, need.wave);
    wave.complete |= wave.words.size() == before;
    wave.words.erase(wave.words.begin(), wave.words.begin() + ptrdiff_t(wave.read));
    wave.read = 0;
    const std::lock_guard lock(guard);
    take_codes();
    return true;
}

void TimedGrid::advance(Steps* steps) {
    const auto until = std::chrono::steady_clock::now() + turn;
    goes_on = false;
    if (too_much) return finish();
    if (!steps && !take_in()) {
        if (taken() == total) adopt(like.front());
        return;
    }
    for (;;) {
        const Progress progress =
            sampled && !stepped ? sampler.advance() : engine.advance(engine.now() + cycles_between_looks);
        for (const auto& trace : engine.take_finished()) {
            if (steps) {
                steps->end(trace->number);
                continue;
            }
            if (trace->number >= not_waiting) used(*trace);
        }
        if (progress == Progress::Done) return finish();
        if (progress == Progress::Starved) {
            if (!steps || steps->stopped()) return;
            if (!feed(*steps)) {
                goes_on = true;
                return;
            }
        }
        if (std::chrono::steady_clock::now() > until) {
            goes_on = true;
            return;
        }
    }
}

// It is like another one in all.
void TimedGrid::adopt(std::shared_ptr<const Timed> other) {
    timed = std::move(other);
    known->met(timed);
    keep_like([](const Timed&) { return false; });
    held.clear();
    end();
}

void TimedGrid::finish() {
    Found& found = own->found;
    found.method = too_much            ? Method::None
                   : stepped           ? Method::Stepped
                   : sampler.skipped() ? Method::Sampled
                                       : Method::Exact;
    found.interval = too_much ? 0 : sampler.interval();
    if (!too_much) {
        found.cycles = engine.stats().cycles;
        found.ns = double(found.cycles) * 1e3 / own->parameters.core_mhz + own->parameters.kernel_end_us * 1e3;
        found.instructions = engine.all_cus().instructions();
        if (known && !stepped) known->keep(own, recorded);
    }
    end();
}

void TimedGrid::end() {
    if (ended) ended(*this);
    done.store(true, std::memory_order_release);
}

std::shared_ptr<TimedGrid> Model::grid(const Dispatch& d, TimedGrid::Ended ended) const {
    return groups_in(d)
               ? std::make_shared<TimedGrid>(chip, parameters, d, sampled, most_recorded, known, std::move(ended))
               : nullptr;
}

}  // namespace gcn::emulator::timing
