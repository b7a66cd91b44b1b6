// Going on without looking at slots: waves walk through their traces at the pace that was measured last.
//
// A wave's place in time is where its clocks are accounted up to (WaveState::since). Waves of a group may pass barriers
// apart from each other here; they are counted, so that afterwards those ahead wait for those behind.

#include <algorithm>

#include "emulator/timing/engine.hpp"

namespace gcn::emulator::timing {

// Clocks of all waves so far, and instructions, of what was not skipped.
Engine::Timed Engine::timed() const {
    Timed sum;
    for (const Cu& cu : cus) {
        for (size_t i = 0; i < states; ++i)
            if (i != size_t(State::Skipped)) sum.clocks += cu.stats.cycles[i];
        sum.instructions += cu.stats.instructions() - cu.stats.skipped;
        for (const WaveState& w : cu.waves)
            if (w.used) sum.clocks += time - std::min(time, w.since);  // not accounted yet
    }
    return sum;
}

uint64_t Engine::Timed::pace_since(const Timed& before) const {
    const uint64_t done = instructions - before.instructions;
    const auto spent = int64_t(clocks - before.clocks);
    return done && spent > 0 ? uint64_t(spent) * 1024 / done : 0;
}

Progress Engine::skip(uint64_t cycles, uint64_t pace) {
    if (next_cu) return Progress::Starved;  // advance() has not ended its quantum
    if (!skip_end) {
        if (!pace || cycles < quantum) return Progress::Reached;
        skip_pace = pace;
        skip_end = (time + cycles) / quantum * quantum;
    }
    // Groups that end make room for others within a step, at their own times.
    constexpr uint64_t step = 64 * quantum;
    for (;;) {
        const uint64_t end = std::min(time + step, skip_end);
        if (!walking && !dispatch(end)) return Progress::Starved;
        walking = true;
        for (Cu& cu : cus)
            for (WaveState& w : cu.waves)
                if (w.used && !walk(cu, w, end)) return Progress::Starved;
        walking = false;
        if (std::any_of(freed.begin(), freed.end(), [&](const Freed& f) { return f.time < end; })) continue;
        time = end;
        memory.now(time);
        if (end == skip_end || (resident == 0 && queue.empty() && last_given)) break;
    }
    skip_end = 0;
    for (Cu& cu : cus) wake(cu);
    return Progress::Reached;
}

// Walks to `end`. False: its trace has to go on first.
bool Engine::walk(Cu& cu, WaveState& w, uint64_t end) {
    CuStats& stats = cu.stats;
    const auto account_until = [&](uint64_t t) {
        stats.cycles[size_t(State::Skipped)] += t - std::min(t, w.since);
        w.since = std::max(w.since, t);
    };
    if (!w.uop) {
        if (w.ready >= end) return true;
        if (!fed(w)) return starve(cu, w, time);
        account_until(w.ready);
        set_fed(cu, w);
        if (!next_stretch(cu, w)) {
            ++stats.malformed;
            end_wave(cu, w, w.since);
            return true;
        }
    }
    while (w.since < end && w.walked * skip_pace + w.fraction < (end - w.since) * 1024) {
        const Uop& u = *w.uop;
        if ((u.flags & Uop::Attends) && !fed(w)) return starve(cu, w, time);
        const uint32_t many = std::max<uint32_t>(u.run, 1);
        count_skipped(cu, w, u, many);
        w.walked += many;
        if (!(u.flags & Uop::Last)) {
            w.uop += many;
        } else if (u.job == Job::End || !next_stretch(cu, w)) {
            stats.malformed += u.job != Job::End;
            set_fed(cu, w);
            pass(w, stats);
            end_wave(cu, w, w.since);
            return true;
        }
    }
    pass(w, stats);
    return true;
}

// The clocks of the instructions that it walked past.
void Engine::pass(WaveState& w, CuStats& stats) const {
    const uint64_t clocks = w.walked * skip_pace + w.fraction;
    w.walked = 0;
    w.fraction = uint16_t(clocks % 1024);
    w.since += clocks / 1024;
    stats.cycles[size_t(State::Skipped)] += clocks / 1024;
}

void Engine::count_skipped(Cu& cu, WaveState& w, const Uop& u, uint32_t n) {
    CuStats& stats = cu.stats;
    stats.issued[size_t(u.kind)] += n;
    stats.skipped += n;
    stats.unit_cycles[size_t(u.kind)] += uint64_t(n) * u.clocks;
    w.issued += n;
    if (u.kind == Kind::Valu) stats.thread_cycles += uint64_t(w.lanes) * u.clocks / 4 * n;
    if (u.flags & Uop::Branches) ++stats.branches;
    if (u.job == Job::Priority) w.priority = u.amount;
    if (u.job == Job::Barrier) ++w.barriers, ++stats.barriers;
    switch (u.record) {
        case Record::None:
            break;
        case Record::Lds:
            if (const uint32_t* r = take_words(w, 1)) count_lds(cu, w, 4u * u.dwords, r[0] & 0xffff);
            stats.lds_returning_atomics += u.kind == Kind::Lds && u.access == Access::AtomicReturn;
            break;
        case Record::Smem:
            if (const uint32_t* r = take_words(w, 2))
                memory.warm_scalar(cu.number, record::smem_line(r), record::smem_lines(r), u.access == Access::Store,
                                   4u * u.dwords);
            break;
        case Record::Vmem: {
            const VectorAccess a = take_vector(w, u);
            memory.warm(cu.number, a.lines(), a.way, a.bytes);
            count_vector(cu, u, a);
            break;
        }
    }
}

// Waves go on from where they are in time.
void Engine::wake(Cu& cu) {
    for (Simd& simd : cu.simds) {
        order(cu, simd);
        simd.next = never;
    }
    for (WaveState& w : cu.waves) {
        if (!w.used) continue;
        Simd& simd = cu.simds[w.simd];
        if (w.uop) {
            set_fed(cu, w);
            w.at_barrier = false;
            w.block_at[0] = w.block_at[1] = w.since, w.requested = w.uop->block + 1;
            prepare(cu, w, w.since, State::Dependency);
        }
        const uint64_t s = uint64_t(&simd - cu.simds.data()), at = simd.at[w.place];
        simd.next = std::min(simd.next, at + ((s - at) & 3));
    }
}

}  // namespace gcn::emulator::timing
