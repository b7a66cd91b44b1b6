// Groups to CUs: in order, shader engine by shader engine, each to a CU with room for it.

#include <algorithm>

#include "emulator/timing/engine.hpp"

namespace gcn::emulator::timing {

bool Engine::fits(const Room& room) const {
    const uint32_t n = shape.waves_per_group;
    if (room.groups >= group_limit || room.lds + lds_taken > parameters.lds_bytes) return false;
    if (shape.scratch_waves && resident && (resident + 1) * n > shape.scratch_waves) return false;
    uint32_t free = 0;
    for (const uint8_t waves : room.waves) {
        if (n % 4 == 0 && waves + n / 4 > simd_limit) return false;
        free += simd_limit - waves;
    }
    return free >= n;
}

// What becomes free before `end`, and the groups that take its place. False: the next group's trace is wanted.
bool Engine::dispatch(uint64_t end) {
    for (;;) {
        if (!place_groups()) return false;
        auto next = freed.end();
        for (auto it = freed.begin(); it != freed.end(); ++it)
            if (it->time < end &&
                (next == freed.end() || it->time < next->time || (it->time == next->time && it->cu < next->cu)))
                next = it;
        if (next == freed.end()) return true;
        Room& room = rooms[next->cu];
        for (size_t i = 0; i < 4; ++i) room.waves[i] = uint8_t(room.waves[i] - next->waves[i]);
        --room.groups, room.lds -= lds_taken;
        if (!queue.empty() || !last_given) totals.dispatch_stalls += next->time - std::min(next->time, dispatch_time);
        dispatch_time = std::max(dispatch_time, next->time);
        maybe_room = true;
        freed.erase(next);
    }
}

bool Engine::place_groups() {
    while (maybe_room) {
        uint32_t found = ~0u;
        for (uint32_t e = 0; e < engines && found == ~0u; ++e) {
            const uint32_t engine = (next_engine + e) % engines;
            for (uint32_t c = 0; c < per_engine && found == ~0u; ++c) {
                const uint32_t cu = engine * per_engine + (next_in_engine[engine] + c) % per_engine;
                if (fits(rooms[cu])) found = cu;
            }
        }
        if (found == ~0u) {
            maybe_room = false;
        } else if (queue.empty()) {
            if (last_given) return true;
            wanted = {};
            return false;
        } else {
            place(found);
        }
    }
    return true;
}

void Engine::place(uint32_t number) {
    Cu& cu = cus[number];
    Room& room = rooms[number];
    const uint32_t engine = number / per_engine;
    next_engine = (engine + 1) % engines;
    next_in_engine[engine] = (number % per_engine + 1) % per_engine;

    uint32_t g = 0;
    while (cu.groups[g].trace) ++g;
    GroupState& group = cu.groups[g];
    group.trace = std::move(queue.front());
    queue.pop_front();
    group.turns.reset();
    const uint32_t waves = uint32_t(group.trace->waves.size());  // the last of a dimension may have fewer
    group.alive = group.waves = waves;
    ++room.groups, room.lds += lds_taken;
    if (cu.resident++ == 0) cu.busy_since = std::max(dispatch_time, cu.busy_since);
    Presence& present = presence[engine];
    if (present.resident++ == 0) present.since = std::max(dispatch_time, present.last);
    ++resident, ++placed, ++cu.stats.groups;
    cu.stats.items += group.trace->items;

    const uint64_t at = dispatch_time;
    dispatch_time += parameters.group_launch;
    for (uint32_t i = 0; i < waves; ++i) {
        uint32_t simd = i % 4;  // as fits() has it, also of a group with fewer waves than others
        if (shape.waves_per_group % 4)
            simd = uint32_t(std::min_element(room.waves.begin(), room.waves.end()) - room.waves.begin());
        ++room.waves[simd];
        group.simd_of[i] = uint8_t(simd);
        const uint64_t launched = std::max(at, launch_free[engine]);
        launch_free[engine] = launched + parameters.wave_launch;
        const uint64_t registers = uint64_t(parameters.vgpr_initialise) * parameters.vgprs_initialised;
        start_wave(cu, group, g, i, simd, launched, launched + registers + parameters.wave_start);
    }
}

void Engine::start_wave(Cu& cu, GroupState& group, uint32_t g, uint32_t index, uint32_t s, uint64_t launched,
                        uint64_t ready) {
    uint32_t slot = 0;
    while (cu.waves[slot].used) ++slot;
    WaveState& w = cu.waves[slot];
    w = {};
    group.slots[index] = uint8_t(slot);
    w.used = true, w.hungry = true;
    w.group = uint8_t(g), w.simd = uint8_t(s);
    w.trace = &group.trace->waves[index];
    w.code = group.trace->first;
    w.since = w.started = launched;
    w.ready = ready;

    Simd& simd = cu.simds[s];
    simd.wave[simd.count] = uint8_t(slot);
    simd.at[simd.count] = ready;
    simd.kind[simd.count] = Kind::Internal;
    ++simd.count, ++simd.hungry;
    order(cu, simd);
    simd.next = std::min(simd.next, ready + (s - ready) % 4);

    CuStats& stats = cu.stats;
    ++stats.waves;
    const uint32_t items = std::min(group.trace->items - std::min(group.trace->items, index * 64), 64u);
    ++(items == 64 ? stats.full_waves : stats.below_64);
    stats.below_48 += items < 48, stats.below_32 += items < 32, stats.below_16 += items < 16;
}

void Engine::end_wave(Cu& cu, WaveState& w, uint64_t end) {
    Simd& simd = cu.simds[w.simd];
    const uint32_t place = w.place;
    for (uint32_t i = place; i + 1 < simd.count; ++i) {
        simd.at[i] = simd.at[i + 1], simd.kind[i] = simd.kind[i + 1], simd.wave[i] = simd.wave[i + 1];
        cu.waves[simd.wave[i]].place = uint8_t(i);
    }
    --simd.count;
    if (w.hungry) --simd.hungry;
    w.used = w.hungry = false;
    cu.stats.wave_cycles += end - w.started;
    last_end = std::max(last_end, end);

    GroupState& group = cu.groups[w.group];
    if (--group.alive == 0) {
        Freed f{end + parameters.group_round_trip, cu.number, {}};
        for (uint32_t i = 0; i < group.waves; ++i) ++f.waves[group.simd_of[i]];
        freed.push_back(f);
        finished.push_back(std::move(group.trace));
        --resident;
        Presence& present = presence[cu.number / per_engine];
        present.last = std::max(present.last, end);
        if (--present.resident == 0) present.busy += present.last - std::min(present.last, present.since);
        if (--cu.resident == 0) cu.stats.busy_cycles += end - std::min(end, cu.busy_since), cu.busy_since = end;
    } else {
        release(cu, group, end);
    }
}

}  // namespace gcn::emulator::timing
