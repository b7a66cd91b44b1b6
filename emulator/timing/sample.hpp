#pragma once
// Times a large grid by samples. Windows of it are timed in detail; when the pace of its waves is steady they go on at
// that pace for a while, then the next window follows: systematic sampling, as SMARTS does it (Wunderlich and others,
// ISCA 2003). Every instruction is counted, and caches see every access. A grid whose pace does not become steady is
// timed in detail to its end.

#include <cstdint>
#include <vector>

#include "emulator/timing/engine.hpp"

namespace gcn::emulator::timing {

class Sampler {
public:
    explicit Sampler(Engine& engine) : engine(engine) {}

    // As Engine::advance(), for a part of the way.
    Progress advance();

    bool skipped() const { return cycles_skipped > 0; }
    // Half the width of the 95 % confidence interval of the time, as a part of it; from how windows differ.
    double interval() const;

private:
    enum class Phase : uint8_t { Begin, Detail, Skip, Settle, Measure };

    void window_ends();
    void skip_next();
    double mean() const;

    Engine& engine;
    Phase phase = Phase::Begin;
    uint64_t target = 0;              // of the phase, in clocks
    Engine::Timed from;               // where the window began
    std::vector<double> paces;        // of windows that agree with one another
    uint64_t length = 0, stride = 0;  // of the skip under way; of the next, in windows
    uint64_t cycles_skipped = 0;
    uint32_t most_resident = 0;  // groups
};

}  // namespace gcn::emulator::timing
