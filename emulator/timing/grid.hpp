#pragma once
// The time of grids: what the executor records of one (record.hpp) goes through the engine, group by group in the order
// of dispatch, and comes out as a duration.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "emulator/exec/exec.hpp"
#include "emulator/exec/recording.hpp"
#include "emulator/timing/engine.hpp"
#include "emulator/timing/parameters.hpp"
#include "emulator/timing/places.hpp"
#include "emulator/timing/record.hpp"
#include "emulator/timing/sample.hpp"
#include "isa/chips.hpp"

namespace gcn::emulator::timing {

// How a time was found.
enum class Method : uint8_t {
    Exact,    // all of it in detail
    Sampled,  // sample.hpp
    Stepped,  // in detail, and executed when the model says: order.hpp
    None,     // it was not: more was recorded than there is room for before the first groups had ended
};
const char* text(Method);  // "exact"

struct Found {
    Method method = Method::Exact;
    uint64_t cycles = 0;  // from the first group's dispatch to the end of the last wave
    double ns = 0;        // of the whole kernel; None: 0
    double interval = 0;  // Sampled: half the width of the 95 % interval, as a part of the time
    uint64_t instructions = 0;
};

class TimedGrid final : public GridRecorder {
public:
    using Ended = std::function<void(const TimedGrid&)>;
    // `sampled`: of what is large parts are timed, if that does (sample.hpp). `most_recorded`: bytes, before it is
    // given up. `ended`: all is found.
    TimedGrid(const isa::Chip&, const Parameters&, const Dispatch&, bool sampled, size_t most_recorded, Ended);

    std::unique_ptr<GroupRecorder> group(uint64_t number, const GroupFacts&) override;
    bool full(uint64_t next) const override;
    bool ready() const override;
    void advance(Steps*) override;
    bool steps(const Program&) override;
    bool over() const override { return done.load(std::memory_order_acquire); }
    double duration_ns() const override { return found.ns; }

    // Once it is over.
    const Found& result() const { return found; }
    const Engine& model() const { return engine; }
    const Parameters& with() const { return parameters; }
    const Memory& memory() const { return caches; }

private:
    void take_in();
    void grown(size_t words);
    void take_codes();
    void give(std::unique_ptr<GroupTrace>);
    bool feed(Steps&);
    void met(const Program&);
    void finish();

    const Parameters parameters;
    const size_t most_recorded;
    const uint64_t total, start_ns;
    // A grid finds all caches empty, L2 too, and its buffers where it touches them first: what ran before it does not
    // count, so that its time is the same after whatever a runtime did.
    Places places;
    Memory caches;
    Engine engine;
    const Ended ended;
    size_t capacity;  // groups that the chip holds

    mutable std::mutex guard;  // of what workers leave
    std::map<uint64_t, std::unique_ptr<GroupTrace>> under_way, inbox;
    std::vector<std::unique_ptr<Code>> codes_met;
    Programs programs;

    std::vector<std::unique_ptr<Code>> codes;  // the engine's
    uint64_t given = 0;
    Sampler sampler;
    const bool sampled;
    bool stepped = false;
    std::unique_ptr<GroupTrace> begun;         // stepped: the group that begins
    std::atomic<size_t> waiting{0}, bytes{0};  // recorded and not used
    std::atomic<uint64_t> wanted{0};           // `given`, for those without the lock
    std::atomic<bool> next_is_there{false}, done{false}, too_much{false};
    std::atomic<bool> goes_on{false};  // the engine was not starved, its turn was over
    Found found;
};

// Times the grids of a device. From several threads.
class Model {
public:
    Model(const isa::Chip& chip, const Parameters& parameters, bool sampled, size_t most_recorded = size_t(2) << 30)
        : chip(chip), parameters(parameters), sampled(sampled), most_recorded(most_recorded) {}
    Model(const isa::Chip& chip, bool sampled, size_t most_recorded = size_t(2) << 30)
        : Model(chip, Parameters::of(chip), sampled, most_recorded) {}

    // The recorder of a grid that starts now; nullptr: it has no groups. `over`: called before the grid ends.
    std::shared_ptr<TimedGrid> grid(const Dispatch&, TimedGrid::Ended = {}) const;

private:
    const isa::Chip& chip;
    const Parameters parameters;
    const bool sampled;
    const size_t most_recorded;
};

}  // namespace gcn::emulator::timing
