#pragma once
// The time of grids: what the executor records of one (record.hpp) goes through the engine, group by group in the order
// of dispatch, and comes out as a duration.

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "emulator/exec/exec.hpp"
#include "emulator/exec/recording.hpp"
#include "emulator/timing/known.hpp"
#include "emulator/timing/parameters.hpp"
#include "emulator/timing/record.hpp"
#include "emulator/timing/sample.hpp"
#include "isa/chips.hpp"

namespace gcn::emulator::timing {

class TimedGrid final : public GridRecorder {
public:
    using Ended = std::function<void(const TimedGrid&)>;
    // `sampled`: of what is large parts are timed, if that does (sample.hpp). `most_recorded`: bytes, before it is
    // given up. `known`: what it may be like, and where it is kept; nullptr: it is timed in any case. `ended`: all is
    // found.
    TimedGrid(const isa::Chip&, const Parameters&, const Dispatch&, bool sampled, size_t most_recorded,
              std::shared_ptr<KnownGrids> known, Ended);

    ~TimedGrid() override;

    std::unique_ptr<GroupRecorder> group(uint64_t number, const GroupFacts&) override;
    bool full(uint64_t next) const override;
    bool ready() const override;
    void advance(Steps*) override;
    bool steps(const Program&) override;
    bool over() const override { return done.load(std::memory_order_acquire); }
    double duration_ns() const override { return result().ns; }

    // Once it is over.
    const Found& result() const { return timed->found; }
    const Engine& model() const { return timed->engine; }
    const Parameters& with() const { return own->parameters; }
    const Memory& memory() const { return timed->memory; }
    // All of this is from an earlier grid: of both the same was recorded.
    bool reused() const { return timed != own; }

private:
    uint64_t taken() const { return given + held.size(); }
    bool take_in();
    void remember(const GroupTrace&);
    void used(const GroupTrace&);
    void keep_like(const std::function<bool(const Timed&)>&);
    void grown(size_t words);
    void take_codes();
    void give(std::unique_ptr<GroupTrace>);
    bool feed(Steps&);
    void met(const Program&);
    void adopt(std::shared_ptr<const Timed>);
    void finish();
    void end();

    const std::shared_ptr<Timed> own;
    std::shared_ptr<const Timed> timed;  // own, or another one's
    Engine& engine;
    const size_t most_recorded;
    const uint64_t total, start_ns;
    const Arguments arguments;
    const std::shared_ptr<KnownGrids> known;
    const Ended ended;
    size_t capacity;  // groups that the chip holds

    mutable std::mutex guard;  // of what workers leave
    std::map<uint64_t, std::unique_ptr<GroupTrace>> under_way, inbox;
    std::vector<std::unique_ptr<Code>> codes_met;
    Programs programs;

    std::vector<std::unique_ptr<Code>> codes;        // the engine's
    uint64_t given = 0;                              // groups, to the engine
    std::deque<std::unique_ptr<GroupTrace>> held;    // those behind them, until it is clear what this one is like
    size_t recorded = 0;                             // bytes in all, as they are held
    uint64_t not_waiting = 0;                        // the first groups, which were held to be compared
    std::vector<std::shared_ptr<const Timed>> like;  // of which the same was recorded as of this one so far
    Sampler sampler;
    const bool sampled;
    bool stepped = false;
    std::unique_ptr<GroupTrace> begun;         // stepped: the group that begins
    std::atomic<size_t> waiting{0}, bytes{0};  // recorded and not used
    std::atomic<uint64_t> wanted{0};           // taken(), for those without the lock
    std::atomic<bool> next_is_there{false}, done{false}, too_much{false};
    std::atomic<bool> goes_on{false};  // the engine was not starved, its turn was over
};

// Times the grids of a device. From several threads.
class Model {
public:
    Model(const isa::Chip& chip, const Parameters& parameters, bool sampled, size_t most_recorded = size_t(2) << 30)
        : chip(chip), parameters(parameters), sampled(sampled), most_recorded(most_recorded) {}
    Model(const isa::Chip& chip, bool sampled, size_t most_recorded = size_t(2) << 30)
        : Model(chip, Parameters::of(chip), sampled, most_recorded) {}

    // From now on a grid of which the same is recorded as of an earlier one takes as long, and is not timed again.
    void reuse() { known = std::make_shared<KnownGrids>(most_recorded / 2); }

    // The recorder of a grid that starts now; nullptr: it has no groups. `over`: called before the grid ends.
    std::shared_ptr<TimedGrid> grid(const Dispatch&, TimedGrid::Ended = {}) const;

private:
    const isa::Chip& chip;
    const Parameters parameters;
    const bool sampled;
    const size_t most_recorded;
    std::shared_ptr<KnownGrids> known;
};

}  // namespace gcn::emulator::timing
