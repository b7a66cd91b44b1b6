#pragma once
// Times a large grid by samples. Windows of it are timed in detail; between them its waves go on at the pace that the
// last windows had: systematic sampling, as SMARTS does it (Wunderlich and others, ISCA 2003). Each stretch between two
// windows is a stratum with one sample. Stretches are short at first; while windows agree with one another they become
// longer, so that a homogeneous grid is soon extrapolated from few of them, and when windows differ shorter again.
// Every instruction is counted.

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
    // Half the width of the 95 % confidence interval of the time, as a part of it; from how windows differ.
    double interval() const;

private:
    enum class Phase : uint8_t { Ramp, Detail, Skip, Settle, Measure };
    using Recent = std::vector<double>;  // paces of the last windows

    void window_ends();
    void measured(const std::vector<Engine::Mark>& now);
    bool is_steady(const std::vector<Engine::Mark>& now);
    Engine::Paces paces() const;

    Engine& engine;
    Phase phase = Phase::Ramp;
    uint64_t target, began = 0;                           // of the phase and the window, in clocks
    std::vector<Engine::Mark> from;                        // where the window began
    std::array<Recent, Engine::Paces{}.size()> recent{};  // of waves of each kind
    std::vector<double> errors;  // of what the windows before one said of it, as a part of its clocks
    size_t windows = 0;          // that agree, before the first skip
    Engine::Work work;           // when the window began
    uint64_t stride = 0;         // of the next skip, in windows
    uint64_t cycles_skipped = 0;
};

}  // namespace gcn::emulator::timing
