// What a slot issues: by priority and age, one instruction a wave, one a port.

#include <algorithm>

#include "emulator/timing/engine.hpp"

namespace gcn::emulator::timing {

bool Engine::run(Cu& cu, uint64_t end) {
    for (;;) {
        uint32_t s = 0;
        uint64_t next = cu.simds[0].next;
        for (uint32_t i = 1; i < 4; ++i)
            if (cu.simds[i].next < next) next = cu.simds[i].next, s = i;
        if (next >= end) return true;
        if (!slot(cu, cu.simds[s], next)) return false;
    }
}

// None where a slot takes as many as there are.
static uint32_t port_bit(Kind kind) {
    static constexpr auto bits = [] {
        std::array<uint8_t, kinds> all{};
        for (size_t i = 0; i < kinds; ++i)
            if (port_of(Kind(i)) != Port::None) all[i] = uint8_t(1u << size_t(port_of(Kind(i))));
        return all;
    }();
    return bits[size_t(kind)];
}

bool Engine::slot(Cu& cu, Simd& simd, uint64_t time) {
    if (simd.hungry && !feed(cu, simd, time)) return false;
    simd.next = never;  // a barrier that is passed may bring it forward
    simd.disordered = false;
    uint64_t next = never;
    uint32_t taken = 0;
    for (uint32_t i = 0; i < simd.count;) {
        uint64_t at = simd.at[i];
        if (at <= time) {
            const Kind kind = simd.kind[i];
            const uint32_t port = port_bit(kind);
            if (taken & port) {
                at = time + 4;
            } else if (kind == Kind::Valu && simd.valu_free > time) {
                at = simd.at[i] = simd.valu_free;
            } else {
                const uint32_t before = simd.count;
                if (issue(cu, simd, i, time)) taken |= port;
                if (simd.count != before) continue;  // the wave has ended
                at = simd.at[i];
            }
        }
        next = std::min(next, at);
        ++i;
    }
    if (next != never) next = time + ((next - time + 3) & ~uint64_t(3));
    simd.next = std::min(simd.next, std::max(next, time + 4));
    if (simd.disordered) order(cu, simd);
    return true;
}

// False: the unit does not take it yet; the wave looks again when it may.
bool Engine::issue(Cu& cu, Simd& simd, uint32_t place, uint64_t time) {
    WaveState& w = cu.waves[simd.wave[place]];
    const Uop& u = *w.uop;
    CuStats& stats = cu.stats;
    switch (simd.kind[place]) {
        case Kind::Valu:
            if (u.run > 1)
                if (const uint32_t n = undisturbed(simd, place, u.run, time); n > 1) {
                    issue_run(cu, simd, w, u, n, time);
                    return true;
                }
            account(stats, w, u, time);
            simd.valu_free = time + u.clocks;
            w.valu_ready = time + std::max<uint32_t>(u.clocks, parameters.valu_dependent);
            stats.thread_cycles += uint64_t(w.lanes) * u.clocks / 4;
            if (u.flags & Uop::WritesScalar) w.scalar_ready = simd.valu_free + parameters.valu_to_salu;
            go_on(cu, w, u, time, time + 4, State::Dependency);
            return true;
        case Kind::Salu:
            account(stats, w, u, time);
            go_on(cu, w, u, time, time + u.clocks, State::Dependency);
            return true;
        case Kind::Branch:
            account(stats, w, u, time);
            stats.branches += (u.flags & Uop::Branches) != 0;
            go_on(cu, w, u, time, time + parameters.branch_not_taken, State::Dependency);
            return true;
        case Kind::Message:
            account(stats, w, u, time);
            w.lgkm.add(time + parameters.message_latency);
            go_on(cu, w, u, time, time + 4, State::Dependency);
            return true;
        case Kind::Export:
            account(stats, w, u, time);
            w.exp_last = std::max(w.exp_last, time + parameters.export_latency);
            if (u.record == Record::Lds) take_conflicts(w);
            go_on(cu, w, u, time, time + 4, State::Dependency);
            return true;
        case Kind::Internal:
            account(stats, w, u, time);
            internal(cu, simd, w, u, time);
            return true;
        case Kind::Smem:
            return try_scalar(cu, simd, place, w, u, time);
        case Kind::Lds:
            return try_lds(cu, simd, place, w, u, time);
        case Kind::Vmem:
        case Kind::Flat:
            return try_vector(cu, simd, place, w, u, time);
    }
    return true;
}

// How many of `n` instructions of the vector ALU the wave at `place` can issue slot after slot: until an older one, or
// one of higher priority, can be ready. A wave at a barrier is not ready before it has been released.
uint32_t Engine::undisturbed(const Simd& simd, uint32_t place, uint32_t n, uint64_t time) const {
    for (uint32_t i = 0; i < place; ++i) {
        const uint64_t ready = std::min(simd.at[i], time + parameters.barrier_release);
        n = std::min(n, uint32_t((ready - std::min(ready, time) + 3) / 4));
    }
    return n;
}

// The same as one after the other.
void Engine::issue_run(Cu& cu, Simd& simd, WaveState& w, const Uop& u, uint32_t n, uint64_t time) {
    account(cu.stats, w, u, time);
    const uint64_t more = n - 1, end = time + 4 * uint64_t(n);
    cu.stats.cycles[issuing(Kind::Valu)] += 4 * more;
    cu.stats.issued[size_t(Kind::Valu)] += more;
    cu.stats.unit_cycles[size_t(Kind::Valu)] += 4 * more;
    cu.stats.thread_cycles += uint64_t(w.lanes) * n;
    w.issued += more;
    w.since = w.valu_ready = simd.valu_free = end;
    w.uop += n;
    prepare(cu, w, end, State::Dependency);
}

// ---- in the buffer --------------------------------------------------------------------------------------------------

void Engine::internal(Cu& cu, Simd& simd, WaveState& w, const Uop& u, uint64_t time) {
    switch (u.job) {
        case Job::Nop:
            return go_on(cu, w, u, time, time + 4 * (uint64_t(u.amount) + 1), State::Sleep);
        case Job::Sleep:
            return go_on(cu, w, u, time, time + std::max<uint64_t>(4, uint64_t(parameters.sleep_unit) * (u.amount & 7)),
                         State::Sleep);
        case Job::Priority:
            w.priority = u.amount;
            simd.disordered = true;
            return go_on(cu, w, u, time, time + 4, State::Dependency);
        case Job::Barrier: {
            ++w.barriers, ++cu.stats.barriers;
            GroupState& group = cu.groups[w.group];
            if (!(u.flags & Uop::Last) || knows_next_stretch(w)) {
                go_on(cu, w, u, time, time + 4, State::Barrier);
                if (!w.used) return;  // its trace ended here
            } else {
                request(cu, w, u, time);
                w.ready = time + 4;
                w.behind_stretch = w.hungry = true;
                ++simd.hungry;
            }
            w.at_barrier = true;
            w.behind = std::max(w.ready, time + 4);
            w.reason = State::Barrier;
            simd.at[w.place] = never;
            return release(cu, group, time);
        }
        default:
            return go_on(cu, w, u, time, time + 4, State::Dependency);
    }
}

// Those go on whom all others have reached: usually all, but a skip may have left some of them ahead.
void Engine::release(Cu& cu, GroupState& group, uint64_t time) {
    const auto wave_of = [&](uint32_t i) {
        WaveState& w = cu.waves[group.slots[i]];
        return w.used && w.trace == &group.trace->waves[i] ? &w : nullptr;  // else it has ended
    };
    uint32_t reached = ~0u;
    for (uint32_t i = 0; i < group.waves; ++i)
        if (const WaveState* w = wave_of(i)) reached = std::min(reached, w->barriers);
    for (uint32_t i = 0; i < group.waves; ++i) {
        WaveState* const w = wave_of(i);
        if (!w || !w->at_barrier || w->barriers > reached) continue;
        w->at_barrier = false;
        w->ready = std::max(w->behind, time + parameters.barrier_release);
        Simd& simd = cu.simds[w->simd];
        const uint64_t s = uint64_t(&simd - cu.simds.data());
        simd.at[w->place] = w->ready;
        simd.next = std::min(simd.next, w->ready + ((s - w->ready) & 3));
    }
}

// Priority first, then age: the order in which waves came is kept among equals.
void Engine::order(Cu& cu, Simd& simd) {
    const auto first = [&](uint32_t a, uint32_t b) {
        return cu.waves[simd.wave[a]].goes_before(cu.waves[simd.wave[b]]);
    };
    for (uint32_t i = 1; i < simd.count; ++i)
        for (uint32_t k = i; k && first(k, k - 1); --k) {
            std::swap(simd.at[k - 1], simd.at[k]);
            std::swap(simd.kind[k - 1], simd.kind[k]);
            std::swap(simd.wave[k - 1], simd.wave[k]);
        }
    for (uint32_t i = 0; i < simd.count; ++i) cu.waves[simd.wave[i]].place = uint8_t(i);
}

}  // namespace gcn::emulator::timing
