// Has enough time passed since what an instruction depends on? The rules are rows of hazards.cpp.

#include "emulator/strict/hazards.hpp"
#include "emulator/strict/state.hpp"

namespace gcn::emulator::strict {

void check_wait_states(const Site& s) {
    const WaveState& w = s.state;
    for (uint32_t back = 0; back < w.past.size() && back < w.issued; ++back) {
        const WaveState::Past& past = w.past[(w.issued - 1 - back) % w.past.size()];
        const int passed = int(w.slot - past.end);
        if (passed >= longest_hazard) return;
        for (uint32_t rows = s.fact.needs & past.fact->makes; rows; rows &= rows - 1) {
            const Hazard& row = hazard(__builtin_ctz(rows));
            if (passed >= row.states) continue;
            const int r = row.meets(*past.fact, s.fact);
            if (r < 0) continue;
            std::string what = row.sentence;
            if (const size_t at = what.find('%'); at != what.npos) what.replace(at, 1, s.group.names.shown(r));
            s.report(Kind::wait_states, {-1, r < reg::all ? r : -1, past.fact},
                     what + " after " + s.shown(*past.fact) + ". Wait states between them: " + std::to_string(passed) +
                         ", the hardware wants " + std::to_string(row.states));
        }
    }
}

}  // namespace gcn::emulator::strict
