// Going on without looking at slots: waves walk through their traces at the pace that was measured last, and what they
// wait for stands still.
//
// A skip begins in the midst of things: queues are full, waves wait for their data. So that it ends as it began, each
// wave goes on to where it stood, some turns of its loop later (or to where the wave stood that had its place before
// it), and then waits for as long as it did there. The memory and the units of CUs know nothing of the time between.
//
// A wave's place in time is where its clocks are accounted up to (WaveState::since). Waves of a group may pass barriers
// apart from each other here; they are counted, so that afterwards those ahead wait for those behind.

#include <algorithm>

#include "emulator/timing/engine.hpp"

namespace gcn::emulator::timing {

// Groups that end make room for others within a step, at their own times.
static constexpr uint64_t step = 64 * Engine::quantum;

Engine::Work Engine::work() const {
    Work w;
    for (const Cu& cu : cus)
        w.valu_clocks += cu.stats.unit_cycles[size_t(Kind::Valu)], w.lds_clocks += cu.stats.lds_active;
    for (uint32_t c = 0; c < memory.channels(); ++c)
        w.l2_requests += memory.tcc(c).requests, w.l2_reads += memory.tcc(c).reads, w.l2_hits += memory.tcc(c).hits;
    return w;
}

uint32_t Engine::kind_of(const Cu& cu, const WaveState& w) {
    const Simd& simd = cu.simds[w.simd];
    uint32_t older = 0;
    for (uint32_t i = 0; i < simd.count; ++i) older += cu.waves[simd.wave[i]].is_older(w);
    return simd.count * Simd::most + older;
}

std::vector<Engine::Mark> Engine::marks() const {
    std::vector<Mark> all(cus.size() * Cu::most_waves);
    Mark* mark = all.data();
    for (const Cu& cu : cus)
        for (const WaveState& w : cu.waves) {
            if (w.used) *mark = {w.started, w.issued, kind_of(cu, w)};
            ++mark;
        }
    return all;
}

Progress Engine::skip(uint64_t cycles, const Paces& at, uint64_t warming) {
    if (next_cu) return Progress::Starved;  // advance() has not ended its quantum
    if (!skip_end) {
        if (cycles < quantum) return Progress::Reached;
        paces = at;
        for (uint64_t& pace : paces) pace = std::max<uint64_t>(pace, 1);
        skip_end = (time + cycles) / quantum * quantum;
        warm_from = skip_end - std::min(skip_end, warming);
        skip_groups = resident, placed = 0;
        freeze();
    }
    for (;;) {
        const uint64_t end = std::min(time + step, skip_end);
        if (!walking && !dispatch(end)) return Progress::Starved;
        walking = true;
        for (Cu& cu : cus)
            for (Simd& simd : cu.simds)
                if (!walk(cu, simd, end)) return Progress::Starved;
        walking = false;
        if (std::any_of(freed.begin(), freed.end(), [&](const Freed& f) { return f.time < end; })) continue;
        time = end;
        const uint32_t most = skip_groups - skip_groups / 8;
        if (end == skip_end || placed >= most || (last_given && queue.empty() && resident < most)) break;
    }
    skip_end = 0;
    thaw();
    return Progress::Reached;
}

void Engine::freeze() {
    frozen_at = time;
    frozen.resize(cus.size() * Cu::most_waves);
    Frozen* f = frozen.data();
    for (Cu& cu : cus) {
        for (GroupState& group : cu.groups) group.turns.reset();
        for (const WaveState& w : cu.waves) *f++ = {w, w.since, 0, false};
    }
}

// In the order in which they issue: when those in front end others need not starve any longer.
bool Engine::walk(Cu& cu, Simd& simd, uint64_t end) {
    for (uint32_t i = 0; i < simd.count;) {
        const uint32_t count = simd.count;
        if (!walk(cu, cu.waves[simd.wave[i]], end)) return false;
        if (simd.count == count) ++i;
    }
    return true;
}

// So slow that it issues nothing in a step: it stands where it is, until others have made room.
bool Engine::starves(const Cu& cu, const WaveState& w) const { return paces[kind_of(cu, w)] >= 1024 * step; }

void Engine::stand(Cu& cu, WaveState& w, uint64_t until) {
    if (w.since >= until) return;
    cu.stats.cycles[size_t(State::Skipped)] += until - w.since;
    w.since = until;
}

void Engine::end_skipped(Cu& cu, WaveState& w) {
    const Simd& simd = cu.simds[w.simd];
    for (uint32_t i = 0; i < simd.count; ++i) {
        WaveState& other = cu.waves[simd.wave[i]];
        const bool stays = frozen[cu.number * Cu::most_waves + simd.wave[i]].stays;
        if (other.uop && !stays && starves(cu, other)) stand(cu, other, w.since);
    }
    end_wave(cu, w, w.since);
}

// Walks to `end`, or to where it is to stay. False: its trace has to be whole first.
bool Engine::walk(Cu& cu, WaveState& w, uint64_t end) {
    Frozen& f = frozen[cu.number * Cu::most_waves + size_t(&w - cu.waves.data())];
    if (f.stays) return true;
    if (end == skip_end) end += f.turn;  // it may go on to where it stays
    if (w.since >= end || (!w.uop && w.ready >= end)) return true;
    if (!w.trace->complete) return starve(cu, w, time);
    CuStats& stats = cu.stats;
    set_fed(cu, w);
    if (w.behind_stretch) {
        go_on_behind(cu, w, w.since);
        if (!w.used) return true;
        w.behind = std::max(w.behind, w.ready);
        f.wave = w;
    }
    if (!w.uop) {
        stand(cu, w, w.ready);
        if (!next_stretch(cu, w)) {
            ++stats.malformed;
            end_skipped(cu, w);
            return true;
        }
    }
    if (starves(cu, w)) {
        stand(cu, w, end);
        return true;
    }
    const uint64_t pace = paces[kind_of(cu, w)];
    const Uop* const stood = f.wave.used ? f.wave.uop : nullptr;
    const auto walked_to = [&] { return w.since + (w.walked * pace + w.fraction) / 1024; };
    for (bool leaves = w.issued == f.wave.issued;; leaves = false) {
        const uint64_t now = walked_to();
        if (w.since >= end || w.walked * pace + w.fraction >= (end - w.since) * 1024) break;
        const uint64_t left = ((end - w.since) * 1024 - w.walked * pace - w.fraction + pace - 1) / pace;
        const uint32_t first = w.code->place(w.uop), behind = w.code->behind_stretch(first);
        auto many = uint32_t(std::min<uint64_t>(left, behind - first));
        bool comes_back = false;
        if (stood && w.code == f.wave.code && (!f.turn || now + 2 * f.turn >= skip_end)) {
            const uint32_t place = w.code->place(stood);
            if (place >= first + leaves && place < first + many) many = place - first, comes_back = true;
        }
        count_skipped(cu, w, first, first + many);
        w.walked += many;
        w.uop += many;
        if (comes_back) {
            const uint64_t then = walked_to();
            if (!f.turn) f.turn = std::max<uint64_t>(then - f.stood, 1);
            // Waves that meet at barriers go on by as many, or some would wait for others there.
            GroupState& group = cu.groups[w.group];
            const auto turns = int32_t(w.barriers - f.wave.barriers);  // a new wave in an old place may have fewer
            if (w.barriers && group.turns ? turns >= *group.turns : then + f.turn / 2 >= skip_end) {
                if (!group.turns) group.turns = turns;
                f.stays = true;
                break;
            }
            // Past it, alone, so that it is not met again.
            count_skipped(cu, w, first + many, first + many + 1);
            ++w.walked, ++w.uop, ++many;
        }
        if (first + many < behind) continue;
        const Job last = w.code->at(behind - 1).job;
        if (last == Job::End || !next_stretch(cu, w)) {
            stats.malformed += last != Job::End;
            pass(w, stats, pace);
            end_skipped(cu, w);
            return true;
        }
    }
    pass(w, stats, pace);
    return true;
}

// The clocks of the instructions that it walked past.
void Engine::pass(WaveState& w, CuStats& stats, uint64_t pace) {
    const uint64_t clocks = w.walked * pace + w.fraction;
    w.walked = 0;
    w.fraction = uint16_t(clocks % 1024);
    w.since += clocks / 1024;
    stats.cycles[size_t(State::Skipped)] += clocks / 1024;
}

void Engine::count_skipped(Cu& cu, WaveState& w, uint32_t first, uint32_t end) {
    CuStats& stats = cu.stats;
    const Code& code = *w.code;
    const Tally &from = code.tally(first), &to = code.tally(end);
    for (size_t k = 0; k < kinds; ++k) {
        stats.issued[k] += to.issued[k] - from.issued[k];
        stats.unit_cycles[k] += to.clocks[k] - from.clocks[k];
    }
    stats.skipped += end - first;
    w.issued += end - first;
    stats.thread_cycles += uint64_t(w.lanes) * (to.valu_quads - from.valu_quads);
    stats.branches += to.branches - from.branches;
    stats.barriers += to.barriers - from.barriers;
    w.barriers += to.barriers - from.barriers;
    stats.lds_returning_atomics += to.returning_atomics - from.returning_atomics;
    const uint32_t lds = to.lds - from.lds;
    const bool same = lds <= w.alike && w.lanes == 64;  // all LDS instructions have as many conflicts
    if (same) {
        w.alike = uint16_t(w.alike - lds);
        stats.lds_conflicts += lds * w.conflicts;
        stats.lds_active += to.lds_clocks - from.lds_clocks + lds * w.conflicts;
    }
    const bool warm = time >= warm_from;
    for (const uint32_t* n = same ? code.notable_but_lds(first) : code.notable(first); *n < end; ++n) {
        const Uop& u = code.at(*n);
        switch (u.record) {
            case Record::None:
                w.priority = u.amount;
                break;
            case Record::Lds:
                count_lds(cu, w, 4u * u.dwords, take_conflicts(w));
                break;
            case Record::Smem:
                if (const uint32_t* r = take_words(w, 2))
                    memory.warm_scalar(cu.number, record::smem_line(r), record::smem_lines(r),
                                       u.access == Access::Store, 4u * u.dwords);
                break;
            case Record::Vmem: {
                const VectorAccess a = take_vector(w, u);
                if (warm)
                    memory.warm(cu.number, a.lines(), a.way, a.bytes);
                else
                    memory.pass(cu.number, a.header & record::lines, a.way);
                count_vector(cu, u, a);
                break;
            }
        }
    }
}

void Engine::thaw() {
    const uint64_t later = time - frozen_at;
    memory.slept(later);
    memory.now(time);
    for (Cu& cu : cus) {
        for (uint64_t* t : {&cu.fetch_free, &cu.smem_free, &cu.lds_core_free, &cu.pair_free[0], &cu.pair_free[1]})
            *t += later;
        for (Simd& simd : cu.simds) {
            simd.valu_free += later, simd.ta_from += later;
            order(cu, simd);
            simd.next = never;
        }
        for (WaveState& w : cu.waves)
            if (w.used) wake(cu, w);
        for (GroupState& group : cu.groups)
            if (group.trace) release(cu, group, time);
    }
}

// A wave goes on from where it is in time.
void Engine::wake(Cu& cu, WaveState& w) {
    const Frozen& f = frozen[cu.number * Cu::most_waves + size_t(&w - cu.waves.data())];
    Simd& simd = cu.simds[w.simd];
    if (w.uop) {
        set_fed(cu, w);
        w.at_barrier = false;
        w.block_at[0] = w.block_at[1] = w.since, w.requested = w.uop->block + 1;
        if (f.stays) {
            const uint64_t later = w.since - f.wave.since;
            const auto then = [&](uint64_t t) { return t ? t + later : 0; };
            w.vm = f.wave.vm, w.lgkm = f.wave.lgkm;
            w.vm.later(later), w.lgkm.later(later);
            w.valu_ready = then(f.wave.valu_ready), w.scalar_ready = then(f.wave.scalar_ready);
            w.lds_last = then(f.wave.lds_last), w.exp_last = then(f.wave.exp_last);
            for (size_t i = 0; i < 2; ++i) w.block_at[i] = then(f.wave.block_at[i]);
            w.requested = f.wave.requested;
            w.behind = then(f.wave.behind);
            w.ready = then(f.wave.ready), w.reason = f.wave.reason;
            w.at_barrier = f.wave.at_barrier;
            simd.at[w.place] = w.at_barrier ? never : w.ready;
            simd.kind[w.place] = w.uop->kind;
        } else {
            prepare(cu, w, w.since, State::Dependency);
        }
    }
    const uint64_t s = uint64_t(&simd - cu.simds.data()), at = simd.at[w.place];
    if (at != never) simd.next = std::min(simd.next, std::max(at, time) + ((s - std::max(at, time)) & 3));
}

}  // namespace gcn::emulator::timing
