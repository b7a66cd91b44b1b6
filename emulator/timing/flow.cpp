// Where a wave goes: from one instruction to the next, from stretch to stretch as its trace says, and the code's way
// into its buffer.

#include <algorithm>

#include "emulator/timing/engine.hpp"

namespace gcn::emulator::timing {

static bool stretch_there(const uint32_t* words, size_t left) {
    return left >= 1 && (words[0] != record::other_code || left >= 3);
}

// Or that none follows.
bool Engine::knows_next_stretch(const WaveState& w) {
    const WaveTrace& t = *w.trace;
    return t.complete || stretch_there(t.words.data() + t.read, t.left());
}

// The words that the next instruction needs are there, or none will come. A barrier needs none: what lies behind it may
// not be known before others of the group have come to it.
bool Engine::fed(const WaveState& w) const {
    const WaveTrace& t = *w.trace;
    if (t.complete) return true;
    const size_t left = t.left();
    const uint32_t* words = t.words.data() + t.read;
    if (!w.uop || w.behind_stretch) return stretch_there(words, left);
    size_t need = 0;
    switch (w.uop->record) {
        case Record::None:
            break;
        case Record::Lds:
            need = !w.alike;
            break;
        case Record::Smem:
            need = 2;
            break;
        case Record::Vmem:
            if (!left) return false;
            need = 1 + Lines::words(words[0]);
            break;
    }
    if (left < need) return false;
    if (!(w.uop->flags & Uop::Last) || w.uop->job == Job::End || w.uop->job == Job::Barrier) return true;
    return stretch_there(words + need, left - need);
}

bool Engine::starve(Cu& cu, const WaveState& w, uint64_t at) {
    GroupTrace* group = cu.groups[w.group].trace.get();
    wanted = {group, uint32_t(w.trace - group->waves.data()), at};
    return false;
}

void Engine::set_fed(Cu& cu, WaveState& w) {
    if (w.hungry) w.hungry = false, --cu.simds[w.simd].hungry;
}

// False when a wave whose turn it is cannot go on before its owner appends to its trace.
bool Engine::feed(Cu& cu, Simd& simd, uint64_t time) {
    for (uint32_t i = 0; i < simd.count;) {
        WaveState& w = cu.waves[simd.wave[i]];
        if (!w.hungry || simd.at[i] > time) {
            ++i;
            continue;
        }
        if (!fed(w)) return starve(cu, w, time);
        set_fed(cu, w);
        // It may end, or be hungry again.
        if (!w.uop)
            begin(cu, w, time);
        else if (w.behind_stretch)
            go_on_behind(cu, w, time);
    }
    return true;
}

void Engine::begin(Cu& cu, WaveState& w, uint64_t time) {
    if (next_stretch(cu, w)) {
        jump(cu, w, time, State::Fetch);
        for (uint32_t i = 1; i < parameters.fetch_prefetch; ++i)
            memory.fetch(cu.number, time, w.code->first_line() + w.uop->block / 2 + i, false);
    } else {
        ++cu.stats.malformed;
        cu.stats.cycles[size_t(State::Starting)] += time - w.since;
        end_wave(cu, w, time);
    }
}

// From a barrier that was the last of its stretch, whose next one was not known then.
void Engine::go_on_behind(Cu& cu, WaveState& w, uint64_t time) {
    w.behind_stretch = false;
    if (next_stretch(cu, w)) {
        prepare(cu, w, w.ready, State::Barrier);
        w.reason = State::Barrier;
    } else {
        ++cu.stats.malformed;
        cu.stats.cycles[size_t(State::Barrier)] += time - w.since;
        end_wave(cu, w, time);
    }
}

bool Engine::next_stretch(const Cu& cu, WaveState& w) {
    WaveTrace& t = *w.trace;
    const GroupTrace& group = *cu.groups[w.group].trace;
    if (!stretch_there(t.words.data() + t.read, t.left())) return false;
    uint32_t word = t.words[t.read++];
    if (word == record::other_code) {
        const uint32_t index = t.words[t.read];
        word = t.words[t.read + 1];
        t.read += 2;
        if (!group.codes || index >= group.codes->size()) return false;
        w.code = (*group.codes)[index].get();
    }
    w.uop = w.code ? w.code->find(word & record::number) : nullptr;
    w.lanes = uint8_t(std::min(word >> record::lanes_shift, 64u));
    return w.uop != nullptr;
}

uint64_t Engine::fetch(Cu& cu, uint32_t block, const WaveState& w, bool again, uint64_t time) {
    const uint64_t at = std::max(time, cu.fetch_free);
    cu.fetch_free = at + 1;
    const uint64_t there = memory.fetch(cu.number, at, w.code->first_line() + block / 2, again);
    ++cu.stats.fetches;
    cu.stats.level_fetch += there - time;
    return there;
}

// The buffer is empty, and fills from where `w` goes on; not before `ready`.
void Engine::jump(Cu& cu, WaveState& w, uint64_t ready, State reason) {
    const bool crosses = w.uop->flags & Uop::Crosses;
    const uint32_t block = w.uop->block - crosses;
    const uint64_t from = ready - std::min<uint64_t>(ready, parameters.fetch_latency);
    w.block_at[block & 1] = fetch(cu, block, w, false, std::max(from, w.since));
    w.block_at[~block & 1] = fetch(cu, block + 1, w, !(block & 1), std::max(from, w.since));
    w.requested = block + 1;
    if (w.block_at[block & 1] > ready) ready = w.block_at[block & 1], reason = State::Fetch;
    prepare(cu, w, ready, reason);
}

// The block of code behind `u`, which issues at `time`.
void Engine::request(Cu& cu, WaveState& w, const Uop& u, uint64_t time) {
    if (!(u.flags & Uop::Requests) || w.requested == u.block + 1) return;
    w.block_at[~u.block & 1] = fetch(cu, u.block + 1, w, !(u.block & 1), time);
    w.requested = u.block + 1;
}

// Behind `u`, issued at `time`: the next instruction can issue at `ready`, for which `reason` is why.
void Engine::go_on(Cu& cu, WaveState& w, const Uop& u, uint64_t time, uint64_t ready, State reason) {
    request(cu, w, u, time);
    if (!(u.flags & Uop::Last)) {
        ++w.uop;
        prepare(cu, w, ready, reason);
        return;
    }
    const Uop* const next = w.uop + 1;
    const Code* const code = w.code;
    if (u.job == Job::End || !next_stretch(cu, w)) {
        cu.stats.malformed += u.job != Job::End;
        end_wave(cu, w, time + 4);
    } else if (w.uop == next && w.code == code && !(u.flags & Uop::Leaves)) {
        prepare(cu, w, ready, reason);
    } else {
        ++cu.stats.branches_taken;
        jump(cu, w, std::max(ready, time + parameters.branch_taken), State::Dependency);
    }
}

// What the next instruction waits for beside the units.
void Engine::prepare(Cu& cu, WaveState& w, uint64_t ready, State reason) {
    const Uop& u = *w.uop;
    const auto wait = [&](uint64_t until, State why) {
        if (until > ready) ready = until, reason = why;
    };
    if (u.flags & (Uop::Enters | Uop::AfterProducer | Uop::ReadsValuScalar)) {
        if (u.flags & Uop::AfterProducer) wait(ready + parameters.branch_after_producer, State::Dependency);
        if (u.flags & Uop::ReadsValuScalar) wait(w.scalar_ready, State::Dependency);
        if (u.flags & Uop::Enters) wait(w.block_at[u.block & 1], State::Fetch);
    }
    switch (u.kind) {
        case Kind::Valu:
            wait(w.valu_ready, State::Dependency);
            break;
        case Kind::Flat:
            wait(w.lgkm.at_most(parameters.lgkm_outstanding - 1, ready), State::WaitLgkm);
            [[fallthrough]];
        case Kind::Vmem:
            wait(w.vm.at_most(parameters.vm_outstanding - 1, ready), State::WaitVm);
            break;
        case Kind::Smem:
            wait(w.lgkm.at_most(parameters.lgkm_outstanding - smem_counts(u), ready), State::WaitLgkm);
            break;
        case Kind::Lds:
            wait(w.lgkm.at_most(parameters.lgkm_outstanding - 1, ready), State::WaitLgkm);
            break;
        case Kind::Internal:
            if (u.job != Job::Wait) break;
            if (u.vm != Code::no_wait) wait(w.vm.at_most(u.vm, ready), State::WaitVm);
            if (u.lgkm != Code::no_wait) wait(w.lgkm.at_most(u.lgkm, ready), State::WaitLgkm);
            if (u.exp != Code::no_wait) wait(w.exp_last, State::WaitExp);
            break;
        default:
            break;
    }
    w.ready = ready, w.reason = reason;
    Simd& simd = cu.simds[w.simd];
    simd.at[w.place] = ready;
    simd.kind[w.place] = u.kind;
    if ((u.flags & Uop::Attends) && !fed(w)) w.hungry = true, ++simd.hungry;
}

}  // namespace gcn::emulator::timing
