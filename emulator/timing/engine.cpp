#include "emulator/timing/engine.hpp"

#include <algorithm>

#include "gcn/error.hpp"

namespace gcn::emulator::timing {

CuStats& CuStats::operator+=(const CuStats& o) {
    for (size_t i = 0; i < states; ++i) cycles[i] += o.cycles[i];
    for (size_t i = 0; i < kinds; ++i) issued[i] += o.issued[i], unit_cycles[i] += o.unit_cycles[i];
    for (size_t i = 0; i < vector.size(); ++i) vector[i] += o.vector[i];
    constexpr uint64_t CuStats::*sums[] = {&CuStats::waves,          &CuStats::groups,
                                           &CuStats::items,          &CuStats::wave_cycles,
                                           &CuStats::full_waves,     &CuStats::below_64,
                                           &CuStats::below_48,       &CuStats::below_32,
                                           &CuStats::below_16,       &CuStats::busy_cycles,
                                           &CuStats::thread_cycles,  &CuStats::vector_reads,
                                           &CuStats::vector_writes,  &CuStats::flat_lds,
                                           &CuStats::branches_taken, &CuStats::level_vm,
                                           &CuStats::level_smem,     &CuStats::level_lds,
                                           &CuStats::level_fetch,    &CuStats::lds_active,
                                           &CuStats::lds_conflicts,  &CuStats::lds_returning_atomics,
                                           &CuStats::lds_stalled,    &CuStats::ta_stalled,
                                           &CuStats::fetches,        &CuStats::barriers,
                                           &CuStats::lines,          &CuStats::malformed,
                                           &CuStats::skipped,        &CuStats::branches};
    static_assert(sizeof(CuStats) == 8 * (states + 2 * kinds + std::size(sums) + 8), "a member is not added up");
    for (const auto member : sums) this->*member += o.*member;
    return *this;
}

static uint32_t rounded_up(uint32_t n, uint32_t granule) { return (std::max(n, 1u) + granule - 1) / granule * granule; }

Engine::Engine(const isa::Chip& chip, const Parameters& p, Memory& memory, const LaunchShape& shape)
    : parameters(p),
      shape(shape),
      memory(memory),
      cus(size_t(chip.cus())),
      rooms(size_t(chip.cus())),
      engines(uint32_t(chip.engines)),
      per_engine(uint32_t(chip.cus_per_engine)),
      next_in_engine(engines),
      launch_free(engines),
      presence(engines) {
    const uint32_t waves = shape.waves_per_group;
    if (waves < 1 || waves > 16 || shape.vgprs > 256 || shape.lds_bytes > p.lds_bytes)
        fail({"time a grid", "no CU holds a group of " + std::to_string(waves) + " waves with " +
                                 std::to_string(shape.vgprs) + " VGPRs and " + std::to_string(shape.lds_bytes) +
                                 " bytes of LDS"});
    const uint32_t by_vgprs = 256 / rounded_up(shape.vgprs, std::max(p.vgpr_granule, 1u));
    const uint32_t by_sgprs = p.sgprs_per_simd / rounded_up(shape.sgprs, std::max(p.sgpr_granule, 1u));
    simd_limit = std::min({p.waves_per_simd, by_vgprs, by_sgprs, Simd::most});
    if (shape.scratch_waves) simd_limit = std::min(simd_limit, std::max(p.scratch_waves / 4, 1u));
    simd_limit = std::max(simd_limit, (waves + 3) / 4);  // one group always fits
    group_limit = waves > 1 ? std::max(p.groups_per_cu, 1u) : Cu::most_waves;
    if (shape.lds_bytes) lds_taken = std::min(rounded_up(shape.lds_bytes, std::max(p.lds_granule, 1u)), p.lds_bytes);
    totals.limit = tightest(by_vgprs, by_sgprs);
    for (uint32_t i = 0; i < cus.size(); ++i) cus[i].number = i;
    memory.restart();
}

// What keeps one more group off a CU that is full.
Limit Engine::tightest(uint32_t by_vgprs, uint32_t by_sgprs) const {
    const uint32_t by_waves = 4 * simd_limit / std::max(shape.waves_per_group, 1u);
    if (lds_taken && parameters.lds_bytes / lds_taken < std::min(by_waves, group_limit)) return Limit::Lds;
    if (group_limit < by_waves) return Limit::Groups;
    if (by_vgprs <= simd_limit && by_vgprs < parameters.waves_per_simd) return Limit::Vgprs;
    if (by_sgprs <= simd_limit && by_sgprs < parameters.waves_per_simd) return Limit::Sgprs;
    return Limit::WaveSlots;
}

void Engine::give(std::unique_ptr<GroupTrace> group) {
    GCN_ASSERT(group && group->waves.size() && group->waves.size() <= shape.waves_per_group);
    queue.push_back(std::move(group));
}

Progress Engine::advance(uint64_t until) {
    for (;;) {
        if (next_cu == 0) {
            if (time >= until) return Progress::Reached;
            memory.now(time);
            if (!dispatch(time + quantum)) return Progress::Starved;
            uint64_t next = never;
            for (const Cu& cu : cus) next = std::min(next, cu.next());
            for (const Freed& f : freed) next = std::min(next, f.time);
            if (next == never && resident == 0 && queue.empty()) {
                time = totals.cycles = last_end;
                return Progress::Done;
            }
            if (next >= time + quantum) {
                GCN_ASSERT(next != never);  // waves that wait for each other have all ended or all arrived
                time = next / quantum * quantum;
                continue;
            }
        }
        for (; next_cu < cus.size(); ++next_cu)
            if (cus[next_cu].next() < time + quantum && !run(cus[next_cu], time + quantum)) return Progress::Starved;
        next_cu = 0;
        time += quantum;
    }
}

CuStats Engine::all_cus() const {
    CuStats sum;
    for (const Cu& cu : cus) sum += cu.stats;
    return sum;
}

}  // namespace gcn::emulator::timing
