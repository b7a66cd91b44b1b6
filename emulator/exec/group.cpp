// How a workgroup starts and goes on. The initial registers follow COMPUTE_PGM_RSRC2: user SGPRs, the group's place in
// the grid, its size, the wave's scratch offset; then the work-item's place in v0 to v2.

#include "emulator/exec/group.hpp"

#include <xmmintrin.h>
#include <algorithm>
#include <cstring>
#include <new>

#include "emulator/exec/withdrawn.hpp"
#include "isa/print.hpp"

namespace gcn::emulator {

namespace {

// Fields of COMPUTE_PGM_RSRC1 and 2.
uint32_t vgpr_blocks(uint32_t rsrc1) { return rsrc1 & 0x3f; }
uint32_t sgpr_blocks(uint32_t rsrc1) { return rsrc1 >> 6 & 15; }
uint32_t float_mode(uint32_t rsrc1) { return rsrc1 >> 12 & 0xff; }
uint32_t dx10_clamp(uint32_t rsrc1) { return rsrc1 >> 21 & 1; }
uint32_t ieee_mode(uint32_t rsrc1) { return rsrc1 >> 23 & 1; }
bool has_scratch(uint32_t rsrc2) { return rsrc2 & 1; }
uint32_t user_sgprs(uint32_t rsrc2) { return rsrc2 >> 1 & 31; }
bool has_group_id(uint32_t rsrc2, int dimension) { return rsrc2 >> (7 + dimension) & 1; }
bool has_group_size(uint32_t rsrc2) { return rsrc2 >> 10 & 1; }
uint32_t exceptions(uint32_t rsrc2) { return rsrc2 >> 24 & 0x7f; }
uint32_t work_item_ids(uint32_t rsrc2) { return std::min((rsrc2 >> 11 & 3) + 1, 3u); }

constexpr uint32_t lanes = 64;

uint32_t waves_of(const std::array<uint32_t, 3>& size) { return (size[0] * size[1] * size[2] + lanes - 1) / lanes; }

}  // namespace

void FreeWave::operator()(Wave* wave) const { ::operator delete(wave, std::align_val_t(alignof(Wave))); }

WavePointer WavePool::take() {
    {
        const std::lock_guard lock(guard);
        if (!free.empty()) {
            WavePointer wave = std::move(free.back());
            free.pop_back();
            return wave;
        }
    }
    WavePointer wave(static_cast<Wave*>(::operator new(sizeof(Wave), std::align_val_t(alignof(Wave)))));
    set_constants(*wave);
    return wave;
}

void WavePool::give(WavePointer wave) {
    constexpr size_t most = 256;  // 18 MiB; a full card has 2304
    const std::lock_guard lock(guard);
    if (free.size() < most) free.push_back(std::move(wave));
}

Launch::Launch(const Dispatch& d, std::vector<std::shared_ptr<GridObserver>> watch,
               std::shared_ptr<const Program> entry, bool steps)
    : dispatch(d), program(std::move(entry)), observers(std::move(watch)), steps(steps) {
    for (int i = 0; i < 3; ++i)
        groups[i] = d.group[i] ? uint32_t((uint64_t(d.grid[i]) + d.group[i] - 1) / d.group[i]) : 0;
    lds_aperture = uint32_t(d.lds_aperture >> 32);
    scratch_aperture = uint32_t(d.scratch_aperture >> 32);
    scratch_lane_bytes = d.scratch_wave_bytes / lanes;
    message = [](const GridFacts* grid, uint32_t what) {
        const Dispatch& dispatch = static_cast<const Launch*>(grid)->dispatch;
        if (dispatch.message) dispatch.message(what);
    };
}

int Launch::waves_per_group() const { return int(waves_of(dispatch.group)); }

Group::Group(const Launch& launch, uint64_t number, std::vector<uint32_t> slots, WavePool& pool)
    : launch(launch), scratch_slots(std::move(slots)), pool(pool), cleared(std::max(launch.program->vgprs(), 3)) {
    const Dispatch& d = launch.dispatch;
    place[0] = uint32_t(number % launch.groups[0]);
    place[1] = uint32_t(number / launch.groups[0] % launch.groups[1]);
    place[2] = uint32_t(number / launch.groups[0] / launch.groups[1]);
    std::array<uint32_t, 3> size;  // the last group of a dimension may be smaller
    for (int i = 0; i < 3; ++i) size[i] = std::min(d.group[i], d.grid[i] - place[i] * d.group[i]);
    if (d.lds_bytes) lds = std::make_unique<std::byte[]>(d.lds_bytes);
    const int count = int(waves_of(size));
    for (int i = 0; i < count; ++i) {
        waves.push_back(pool.take());
        prepare(*waves.back(), i, size);
    }
    living = count;
    for (const auto& grid : launch.observers)
        if (auto observer = grid->group({place, size, waves, lds.get()})) observers.push_back(std::move(observer));
    if (d.recorder) recorder = d.recorder->group(number, {place, size, waves, lds.get()});
    for (const WavePointer& w : waves) w->recorder = recorder ? &recorder->wave(w->index) : nullptr;
    tell([&](GroupObserver& o) {
        for (const WavePointer& w : waves) o.wave_starts(*w);
    });
}

Group::~Group() {
    for (WavePointer& wave : waves) pool.give(std::move(wave));
}

void Group::prepare(Wave& w, int index, const std::array<uint32_t, 3>& size) {
    const Dispatch& d = launch.dispatch;
    const uint32_t first = uint32_t(index) * lanes, all = size[0] * size[1] * size[2];
    std::memset(w.s, 0, code::constants * sizeof w.s[0]);
    std::memset(w.v, 0, size_t(cleared) * sizeof w.v[0]);

    uint32_t next = std::min<uint32_t>(user_sgprs(d.rsrc2), uint32_t(d.user_sgprs.size()));
    std::copy_n(d.user_sgprs.begin(), next, w.s);
    for (int i = 0; i < 3; ++i)
        if (has_group_id(d.rsrc2, i)) w.s[next++] = place[i];
    if (has_group_size(d.rsrc2)) w.s[next++] = waves_of(size) | uint32_t(index == 0) << 31;
    const uint64_t scratch = scratch_slots.empty() ? 0 : uint64_t(scratch_slots[index]) * d.scratch_wave_bytes;
    if (has_scratch(d.rsrc2)) w.s[next++] = uint32_t(scratch);

    const uint64_t exec = all - first >= lanes ? ~0ull : (1ull << (all - first)) - 1;
    w.s[code::exec] = uint32_t(exec), w.s[code::exec + 1] = uint32_t(exec >> 32);
    const uint32_t ids = work_item_ids(d.rsrc2);
    std::array<uint32_t, 3> at{first % size[0], first / size[0] % size[1], first / size[0] / size[1]};
    for (uint32_t lane = 0; lane < lanes; ++lane) {
        for (uint32_t i = 0; i < ids; ++i) w.v[i][lane] = at[i];
        if (++at[0] < size[0]) continue;
        at[0] = 0;
        if (++at[1] < size[1]) continue;
        at[1] = 0;
        ++at[2];
    }

    std::fill(std::begin(w.walks), std::end(w.walks), Walk{});
    w.scc = 0;
    w.mode = float_mode(d.rsrc1) | dx10_clamp(d.rsrc1) << 8 | ieee_mode(d.rsrc1) << 9 | exceptions(d.rsrc2) << 12;
    w.trap_status = w.priority = 0;
    set_float_modes(w);
    w.next = launch.program->entry();
    w.program = launch.program.get();
    w.event = Event::None;
    w.waiting = w.ended = false;
    w.lds = lds.get();
    w.lds_bytes = d.lds_bytes;
    w.scratch = scratch_slots.empty() ? 0 : d.scratch_base + scratch;
    w.grid = &launch;
    w.index = uint32_t(index);
    w.waves = waves_of(size);
    w.vgprs = std::max<uint32_t>(4 * (vgpr_blocks(d.rsrc1) + 1), uint32_t(launch.program->vgprs()));
    w.allocation = vgpr_blocks(d.rsrc1) << 8 | sgpr_blocks(d.rsrc1) << 24;
}

Wave* Group::next_runnable() {
    for (size_t i = 0; i < waves.size(); ++i) {
        Wave& w = *waves[(cursor + i) % waves.size()];
        if (w.ended || w.waiting) continue;
        cursor = (cursor + i) % waves.size();
        return &w;
    }
    return nullptr;
}

// Waves that have ended count as arrived.
void Group::release_barrier() {
    tell([&](GroupObserver& o) { o.barrier(waves); });
    for (WavePointer& w : waves) w->waiting = false;
    cursor = 0;
}

size_t Group::jump(Wave& w, ProgramCache& cache, const HandlerTable& table) {
    size_t decoded;
    auto program = cache.find(*launch.dispatch.space, w.jump, table, decoded);
    // Registers that only the program jumped to names have not been cleared yet.
    for (; cleared < program->vgprs(); ++cleared)
        for (WavePointer& wave : waves) std::memset(wave->v[cleared], 0, sizeof wave->v[cleared]);
    w.next = program->entry();
    w.program = program.get();
    if (std::find(programs.begin(), programs.end(), program) != programs.end()) return decoded;
    constexpr size_t most = 64;
    if (programs.size() >= most)
        std::erase_if(programs, [&](const auto& p) {
            return std::none_of(waves.begin(), waves.end(),
                                [&](const WavePointer& wave) { return wave->program == p.get(); });
        });
    programs.push_back(std::move(program));
    return decoded;
}

// One instruction of a stepped program, with the observers told of it.
const Op* Group::execute(Wave& w, const Op* op, const HandlerTable& table) {
    w.next = op;
    const Step step{*w.program, w.program->number_of(op)};
    tell([&](GroupObserver& o) { o.before(w, step); });
    op = table.step(op, &w);
    if (!op && w.event == Event::Mode) op = w.next;
    if (!op && w.event == Event::Fault)
        tell([&](GroupObserver& o) { o.faults(w, step); });
    else
        tell([&](GroupObserver& o) { o.after(w, step); });
    return op;
}

int64_t Group::step(Wave& w, const HandlerTable& table, int64_t budget) {
    const unsigned callers = _mm_getcsr();
    w.mxcsr_now = 0;
    w.event = Event::None;
    int64_t left = budget;
    const Op* op = w.next;
    while (op && left > 0) {
        while (op && !op->count) op = op->run(op, &w);
        if (!op) break;
        --left;
        op = execute(w, op, table);
    }
    if (op) w.next = op;
    _mm_setcsr(callers);
    return budget - left;
}

// As step(), but for where it stops.
Group::Stop Group::step_until(Wave& w, Until until, const HandlerTable& table) {
    const unsigned callers = _mm_getcsr();
    w.mxcsr_now = 0;
    w.event = Event::None;
    const Op* op = w.next;
    bool recorded = false;
    while (op) {
        if (!op->count) {
            const bool records = op->run == record, enters = records && op->point->enters;
            op = op->run(op, &w);
            recorded |= records && until == Until::Recorded;
            if (enters && recorded) break;
            continue;
        }
        ++instructions;
        op = execute(w, op, table);
        if (op && recorded) break;
    }
    if (op) w.next = op;
    _mm_setcsr(callers);
    return op ? Stop::Recorded : Stop::Event;
}

Group::State Group::advance(Wave& w, Until until, const HandlerTable& table, ProgramCache& cache, View& view) {
    WithdrawnGuard guard(view.windows);
    const unsigned float_modes = _mm_getcsr();
    w.view = &view;
    while (!w.ended && !w.waiting) {
        Stop stop = Stop::Event;
        if (const auto memory = guard.run([&] { stop = step_until(w, until, table); })) {
            _mm_setcsr(float_modes);
            report(w, *memory);
            return State::Faulted;
        }
        if (stop == Stop::Recorded) return State::Unfinished;
        switch (w.event) {
            case Event::End:
                w.ended = true;
                --living;
                tell([&](GroupObserver& o) { o.wave_ends(w); });
                break;
            case Event::Barrier:
                w.waiting = true;
                break;
            case Event::Jump:
                jump(w, cache, table);
                break;
            case Event::Fault:
                report(w);
                return State::Faulted;
            default:
                break;
        }
    }
    return State::Unfinished;
}

Group::State Group::step(uint32_t index, Until until, const HandlerTable& table, ProgramCache& cache, View& view) {
    Wave& w = *waves[index];
    for (;;) {
        if (advance(w, until, table, cache, view) == State::Faulted) return State::Faulted;
        if (w.ended || !w.waiting) break;
        // Whoever has not come so far has only instructions before it that nobody has heard of.
        for (const WavePointer& other : waves)
            if (advance(*other, Until::End, table, cache, view) == State::Faulted) return State::Faulted;
        release_barrier();
    }
    if (!living && recorder) recorder->ended();
    return living ? State::Unfinished : State::Ended;
}

void Group::report(const Wave& w) {
    Fault f;
    f.kind = FaultKind(w.fault.kind);
    f.pc = w.program->pc_of(w.fault.op);
    f.address = w.fault.address;
    f.write = w.fault.write;
    f.group = place;
    f.wave = w.index;
    f.text = w.program->text_of(w.fault.op) + " at " + isa::text::hex(f.pc);
    if (f.kind == FaultKind::Memory)
        f.text += std::string(f.write ? " writes " : " reads ") + isa::text::hex(f.address);
    f.text += std::string(": ") + w.fault.why;
    fault = std::move(f);
}

Fault Group::whereabouts() const {
    Fault f;
    f.kind = FaultKind::Endless;
    f.group = place;
    for (const WavePointer& w : waves) {
        if (w->ended) continue;
        f.wave = w->index;
        f.pc = w->program->pc_of(w->next);
        f.text = w->program->text_of(w->next) + " at " + isa::text::hex(f.pc);
        break;
    }
    return f;
}

void Group::report(const Wave& w, const Withdrawn& memory) {
    Fault f;
    f.kind = FaultKind::Memory;
    f.pc = w.program->pc_of(w.program->entry());
    f.address = memory.address;
    f.write = memory.write;
    f.group = place;
    f.wave = w.index;
    f.text = "the code from " + isa::text::hex(f.pc) + " on" + (f.write ? " writes " : " reads ") +
             isa::text::hex(f.address) + ": the program has given that memory back to the system";
    fault = std::move(f);
}

Group::State Group::run(const HandlerTable& table, ProgramCache& cache, View& view, int64_t& budget) {
    WithdrawnGuard guard(view.windows);
    const unsigned float_modes = _mm_getcsr();
    bool yielded = false;
    while (living && budget > 0) {
        Wave* w = next_runnable();
        if (!w) {
            release_barrier();
            continue;
        }
        w->view = &view;
        int64_t done = 0;
        if (const auto memory =
                guard.run([&] { done = observers.empty() ? table.run(w, budget) : step(*w, table, budget); })) {
            _mm_setcsr(float_modes);
            report(*w, *memory);
            return State::Faulted;
        }
        instructions += uint64_t(done);
        budget -= std::max<int64_t>(done, 1);
        switch (w->event) {
            case Event::None:
            case Event::Mode:
                break;
            case Event::End:
                w->ended = true;
                --living;
                tell([&](GroupObserver& o) { o.wave_ends(*w); });
                break;
            case Event::Barrier:
                w->waiting = true;
                break;
            case Event::Yield:
                yielded = true;
                break;
            case Event::Jump:
                budget -= int64_t(jump(*w, cache, table));  // else code that jumps to ever new places outlasts its turn
                continue;
            case Event::Fault:
                report(*w);
                return State::Faulted;
        }
        cursor = (cursor + 1) % waves.size();
        if (yielded && waves.size() == 1) break;
    }
    if (!living && recorder) recorder->ended();
    return !living ? State::Ended : yielded ? State::Yielded : State::Unfinished;
}

}  // namespace gcn::emulator
