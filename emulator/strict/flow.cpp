// Where control goes: past the end of a function, and to which barrier.
//
// GCN3 ISA, S_BARRIER: waves that have ended are not waited for, so a wave may leave before a barrier. Waves that meet
// at two different s_barrier instructions pass them as well, but no source program means that.

#include "emulator/strict/state.hpp"

namespace gcn::emulator::strict {

bool ran_past_end(const Fact* last, uint64_t pc, int function) {
    return last && last->function >= 0 && last->function != function && !last->leaves && last->after() == pc;
}

void report_past_end(const Site& last) {
    last.report(Kind::past_end, {},
                "is the last instruction of " + last.group.names.functions()[last.fact.function].name +
                    ", and neither ends the wave nor jumps");
}

}  // namespace gcn::emulator::strict
