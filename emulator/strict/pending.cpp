// Loads under way, and what s_waitcnt says of them. (GCN3 ISA, "Data dependency resolution"; LLVM,
// SIInsertWaitcnts.cpp.)
//
// Vector memory comes back in order, stores count too; so does LDS. Scalar memory does not: only lgkmcnt(0) tells
// anything. A flat access counts in both, and where a lane of it reaches LDS it comes back in no order: wait for both
// to be 0; where none does it comes back with vector memory. A counter that is full makes the hardware wait: that is
// not counted on here.

#include "emulator/strict/state.hpp"

namespace gcn::emulator::strict {

namespace {

// Does a lane of this flat access reach LDS?
bool reaches_lds(const Site& s) {
    const uint32_t aperture = s.wave.grid->lds_aperture;
    if (!aperture) return false;
    const uint32_t* high = s.wave.v[s.fact.decoded['p'] + 1];
    for (uint64_t left = s.exec; left; left &= left - 1)
        if (high[__builtin_ctzll(left)] == aperture) return true;
    return false;
}

int free_flight(WaveState& w) {
    if (w.open == ~0ull) land(w, int(w.issued % w.flights.size()));
    return __builtin_ctzll(~w.open);
}

}  // namespace

void land(WaveState& w, int place) {
    Flight& flight = w.flights[place];
    w.open &= ~(1ull << place);
    for (int i = 0; i < flight.fact->write_count; ++i) {
        const Operand& o = flight.fact->writes[i];
        for (int r = o.first; r < o.first + o.count; ++r) {
            if (w.under_way[r] != place + 1) continue;
            w.under_way[r] = 0;
            w.judge(r);
        }
    }
}

void note_loads(const Site& s) {
    const Fact& f = s.fact;
    WaveState& w = s.state;
    bool in_order = true, needs_vm = false, needs_lgkm = false;
    switch (f.unit) {
        case Unit::Smem:
            needs_lgkm = true, in_order = false;
            break;
        case Unit::Lds:
            needs_lgkm = true;
            ++w.lgkm_issued;
            break;
        case Unit::Flat:
            needs_vm = true;
            in_order = !reaches_lds(s);
            needs_lgkm = !in_order;
            w.vm_issued += in_order;
            break;
        case Unit::Buffer:
            if (f.access == Access::None) return;
            needs_vm = true;
            ++w.vm_issued;
            break;
        default:
            return;
    }
    const bool shared = f.unit == Unit::Lds && f.access != Access::None && s.group.waves.size() > 1;
    if (!f.write_count && !shared) return;
    const int place = free_flight(w);
    Flight& flight = w.flights[place];
    w.open |= 1ull << place;
    flight.fact = &f;
    flight.lanes = s.exec;
    flight.vm = w.vm_issued, flight.lgkm = w.lgkm_issued;
    flight.needs_vm = needs_vm, flight.needs_lgkm = needs_lgkm, flight.in_order = in_order;
    if (shared) __builtin_memcpy(flight.addresses.data(), s.wave.v[f.decoded['p']], sizeof flight.addresses);
    for (int i = 0; i < f.write_count; ++i)
        for (int r = f.writes[i].first; r < f.writes[i].first + f.writes[i].count && r < reg::all; ++r) {
            w.under_way[r] = uint8_t(place + 1);
            w.bad.add(r);
        }
}

void note_wait(const Site& s) {
    WaveState& w = s.state;
    const uint32_t vm = s.fact.vm, lgkm = s.fact.lgkm;
    constexpr uint32_t never = 15;
    for (uint64_t left = w.open; left; left &= left - 1) {
        const int place = __builtin_ctzll(left);
        Flight& flight = w.flights[place];
        const bool vm_done = vm == 0 || (vm != never && flight.in_order && w.vm_issued - flight.vm >= vm);
        const bool lgkm_done = lgkm == 0 || (lgkm != never && flight.in_order && w.lgkm_issued - flight.lgkm >= lgkm);
        flight.needs_vm &= !vm_done;
        flight.needs_lgkm &= !lgkm_done;
        if (!flight.needs_vm && !flight.needs_lgkm) land(w, place);
    }
}

}  // namespace gcn::emulator::strict
