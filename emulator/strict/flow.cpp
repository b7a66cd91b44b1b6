// Where control goes: past the end of a function, and to which barrier.
//
// GCN3 ISA, S_BARRIER: waves that have ended are not waited for, so a wave may leave before a barrier. Waves that meet
// at two different s_barrier instructions pass them as well, but no source program means that.

#include "emulator/strict/state.hpp"

namespace gcn::emulator::strict {

void check_flow(const Site& s) {
    const Fact* last = s.state.last();
    if (!last || last->function < 0 || last->leaves || last->after() != s.fact.pc) return;
    const Site before{s.group, s.state, s.wave, *last, s.exec};
    before.report(Kind::past_end, {},
                  "is the last instruction of " + s.group.names.functions()[last->function].name +
                      ", and neither ends the wave nor jumps");
}

}  // namespace gcn::emulator::strict
