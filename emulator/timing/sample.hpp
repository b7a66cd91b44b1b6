#pragma once
// Times a large grid by samples. Windows of it are timed in detail; between them its waves go on at the pace that the
// last windows had: systematic sampling, as SMARTS does it (Wunderlich and others, ISCA 2003). Each stretch between two
// windows is a stratum with one sample. Stretches are short at first; while windows agree with one another they become
// longer, so that a homogeneous grid is soon extrapolated from few of them, and shorter again when windows differ.
// Every instruction is counted.
//
// Skips begin only when the pace is known to last: when a CU's own units, the vector ALUs or LDS, bind it and L2 has
// room to spare, or when nothing is read twice; and they end when windows differ all the same. What caches bind has a
// pace that depends on how far waves have drifted apart, which no skip can tell: it is timed in detail.

#include <array>
#include <cstdint>
#include <vector>

#include "emulator/timing/engine.hpp"

namespace gcn::emulator::timing {

class Sampler {
public:
    explicit Sampler(Engine&);

    // As Engine::advance(), for a part of the way.
    Progress advance();

    bool skipped() const { return cycles_skipped > 0; }
    // Half the width of the 95 % confidence interval of the time, as a part of it: from how windows differ, and for
    // what they do not tell.
    double interval() const;

private:
    enum class Phase : uint8_t { Ramp, Detail, Skip, Settle, Measure };
    struct Moment {
        uint64_t time = 0;
        std::vector<Engine::Mark> waves;
        Engine::Work work;
    };
    using Recent = std::vector<double>;  // instructions a clock in the last windows

    void window_ends();
    void measured(const Moment& now);
    double compare(const Moment& now);
    bool is_calm();
    bool is_steady(const Moment& now) const;
    Engine::Paces paces() const;

    Engine& engine;
    Phase phase = Phase::Ramp;
    uint64_t target;                                    // of the phase, in clocks
    Moment from;                                        // where the window began
    std::array<Recent, Engine::kinds_of_waves> recent;  // of waves of each kind
    struct Seen {
        double error, instructions;
    };
    std::vector<double> in_detail;      // how far windows without a skip before them differed
    std::vector<Seen> seen;             // of windows: how far what those before had let expect was wrong
    size_t windows = 0;                 // that were steady and agreed
    size_t after_skips = 0, wrong = 0;  // windows, and those of them that differed
    size_t differing = 0;               // windows between skips, the last ones
    uint64_t stride = 1;                // of the next skip, in windows
    uint64_t cycles_skipped = 0;
};

}  // namespace gcn::emulator::timing
