// What a slot issues to the units that take words of the trace: scalar memory, LDS, vector memory.

#include <algorithm>

#include "emulator/timing/engine.hpp"

namespace gcn::emulator::timing {

// The next words of the trace; nullptr when there are fewer, which only a trace that is wrong can have.
const uint32_t* Engine::take_words(WaveState& w, size_t n) {
    WaveTrace& t = *w.trace;
    if (t.left() < n) {
        t.read = t.words.size();
        return nullptr;
    }
    t.read += n;
    return t.words.data() + t.read - n;
}

// Of an LDS instruction.
uint32_t Engine::take_conflicts(WaveState& w) {
    if (w.alike) {
        --w.alike;
    } else {
        const uint32_t* r = take_words(w, 1);
        w.conflicts = r ? uint16_t(r[0] & record::conflicts) : 0;
        w.alike = r ? uint16_t(r[0] >> record::repeats_shift) : 0;
    }
    return w.conflicts;
}

// The unit takes it at `free` or later.
static bool later(Simd& simd, uint32_t place, uint64_t free) {
    simd.at[place] = free;
    return false;
}

bool Engine::try_scalar(Cu& cu, Simd& simd, uint32_t place, WaveState& w, const Uop& u, uint64_t time) {
    if (cu.smem_free > time) return later(simd, place, cu.smem_free);
    account(cu.stats, w, u, time);
    cu.smem_free = time + (u.clocks > 4 ? u.clocks : 1);
    uint64_t done = time + parameters.smem_time;
    if (u.record == Record::Smem) {
        if (const uint32_t* r = take_words(w, 2)) {
            done = memory.scalar(cu.number, time, record::smem_line(r), record::smem_lines(r), u.dwords,
                                 u.access == Access::Store);
        }
    } else if (u.job == Job::Invalidate) {
        done = memory.invalidate_scalar(cu.number, time);
    }
    for (uint32_t i = 0; i < smem_counts(u); ++i) w.lgkm.add(done);
    cu.stats.level_smem += done - time;
    go_on(cu, w, u, time, time + u.clocks, State::Dependency);
    return true;
}

// Clocks of the banks.
uint32_t Engine::count_lds(Cu& cu, const WaveState& w, uint32_t bytes, uint32_t conflict) const {
    const uint32_t core = lds_clocks(bytes, w.lanes, parameters) + conflict;
    cu.stats.lds_active += core, cu.stats.lds_conflicts += conflict;
    return core;
}

// A pair of SIMDs has a port for addresses and data and one for results; both pairs share the banks.
uint64_t Engine::lds(Cu& cu, const WaveState& w, uint32_t port, uint32_t bytes, uint32_t conflict, uint64_t time) {
    uint64_t& pair = cu.pair_free[w.simd / 2];
    const uint64_t start = std::max(time, pair);
    const uint32_t core = count_lds(cu, w, bytes, conflict);
    const uint64_t end = std::max(start, cu.lds_core_free) + core;
    cu.lds_core_free = end;
    pair = std::max(start + port, end);
    return pair + parameters.lds_latency - 4;
}

bool Engine::try_lds(Cu& cu, Simd& simd, uint32_t place, WaveState& w, const Uop& u, uint64_t time) {
    const uint64_t pair = cu.pair_free[w.simd / 2];
    if (pair > time + parameters.lds_queue) {
        cu.stats.lds_stalled += pair - parameters.lds_queue - time;
        return later(simd, place, pair - parameters.lds_queue);
    }
    account(cu.stats, w, u, time);
    const uint32_t conflict = u.record == Record::Lds ? take_conflicts(w) : 0;
    const uint64_t done = std::max(lds(cu, w, u.clocks, 4 * u.dwords, conflict, time), w.lds_last);
    w.lds_last = done;
    w.lgkm.add(done);
    cu.stats.level_lds += done - time;
    cu.stats.lds_returning_atomics += u.access == Access::AtomicReturn;
    go_on(cu, w, u, time, time + 4, State::Dependency);
    return true;
}

Engine::VectorAccess Engine::take_vector(WaveState& w, const Uop& u) const {
    constexpr Way ways[] = {Way::Read, Way::Read, Way::Write, Way::Atomic, Way::AtomicReturn};
    VectorAccess a{nullptr, 0, 0, 0, ways[size_t(u.access)]};
    if (const uint32_t* r = take_words(w, 1)) {
        a.header = r[0];
        a.list = take_words(w, Lines::words(a.header));
        if (!a.list) a.header &= ~record::lines;
    }
    if (a.way == Way::Read && (u.flags & Uop::Bypass)) a.way = Way::ReadAround;
    a.clocks = (a.header >> record::clocks_shift & ((1u << record::clocks_bits) - 1)) +
               (u.kind == Kind::Flat ? parameters.flat_extra : 0);
    if (const uint32_t lines = a.header & record::lines) a.bytes = uint32_t(u.dwords) * 4 * w.lanes / lines;
    return a;
}

void Engine::count_vector(Cu& cu, const Uop& u, const VectorAccess& a) {
    const uint32_t lines = a.header & record::lines;
    cu.stats.lines += lines;
    ++(u.flags & Uop::Returns ? cu.stats.vector_reads : cu.stats.vector_writes);
    ++cu.stats.vector[CuStats::vector_place(u.kind == Kind::Flat, u.access)];
    if ((a.header & record::some_lds) && !lines && !(a.header & record::some_scratch)) ++cu.stats.flat_lds;
}

bool Engine::try_vector(Cu& cu, Simd& simd, uint32_t place, WaveState& w, const Uop& u, uint64_t time) {
    CuStats& stats = cu.stats;
    // Of each SIMD the last one, so that they take turns: with a single limit the SIMD whose slot comes right behind
    // the moment at which there is room would always be first.
    if (simd.ta_from > time + parameters.ta_queue) {
        stats.ta_stalled += simd.ta_from - parameters.ta_queue - time;
        return later(simd, place, simd.ta_from - parameters.ta_queue);
    }
    account(stats, w, u, time);
    simd.ta_from = std::max(time, memory.ta_free(cu.number));
    uint64_t done = time + 4;
    if (u.record == Record::Vmem) {
        const VectorAccess a = take_vector(w, u);
        done = memory.vector(cu.number, time, a.clocks, a.lines(), a.way, a.bytes);
        count_vector(cu, u, a);
        if (a.header & record::some_lds) {
            const uint32_t port = parameters.lds_address + 4u * u.dwords;
            done = std::max(done, lds(cu, w, port, 4u * u.dwords, 0, time));
        }
    } else if (u.job == Job::Invalidate) {
        done = memory.invalidate_l1(cu.number, time);
    }
    w.vm.add_in_order(done);
    if (u.kind == Kind::Flat) w.lgkm.add(done);
    stats.level_vm += done - time;
    go_on(cu, w, u, time, time + 4, State::Dependency);
    return true;
}

}  // namespace gcn::emulator::timing
