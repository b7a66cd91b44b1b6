#pragma once
// A workgroup on its way: its waves, its LDS, and which of them can go on.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "emulator/exec/exec.hpp"
#include "emulator/exec/program.hpp"
#include "emulator/exec/recording.hpp"
#include "emulator/exec/trace.hpp"
#include "emulator/exec/wave.hpp"

namespace gcn::emulator {

// Waves are large and many: they are used again, with their constants in place.
class WavePool {
public:
    WavePointer take();
    void give(WavePointer);

private:
    std::mutex guard;
    std::vector<WavePointer> free;
};

// What all groups of a grid start from.
struct Launch : GridFacts {
    Dispatch dispatch;
    std::array<uint32_t, 3> groups{};        // in each dimension
    std::shared_ptr<const Program> program;  // of the entry
    std::vector<std::shared_ptr<GridObserver>> observers;
    bool steps;  // the recorder says when each instruction is executed

    // Stepped programs when somebody watches.
    Launch(const Dispatch&, std::vector<std::shared_ptr<GridObserver>>, std::shared_ptr<const Program>,
           bool steps = false);
    uint64_t total() const { return uint64_t(groups[0]) * groups[1] * groups[2]; }
    int waves_per_group() const;  // of a whole one
    bool uses_scratch() const { return dispatch.scratch_base && dispatch.scratch_wave_bytes; }
};

// How long a group may go on. One that stores nothing and loads from the same places again and again waits for others,
// probably: while it does, its turns grow shorter.
struct Patience {
    static constexpr int64_t full = 20'000, least = 1'000;
    int64_t instructions = full;
    uint64_t lowest_load = 0, highest_load = 0;

    static void begin(View& view) { view.changes = 0, view.lowest_load = ~0ull, view.highest_load = 0; }
    // After `instructions` more were executed. Does the group seem to wait?
    bool end(const View& view) {
        const bool loads = view.lowest_load <= view.highest_load;
        const bool same = view.lowest_load == lowest_load && view.highest_load == highest_load;
        lowest_load = view.lowest_load, highest_load = view.highest_load;
        const bool waits = !view.changes && loads && same;
        instructions = waits ? std::max(instructions / 4, least) : full;
        return waits;
    }
};

class Group {
public:
    // `scratch_slots`: one per wave when the launch uses scratch, else empty.
    Group(const Launch&, uint64_t number, std::vector<uint32_t> scratch_slots, WavePool&);
    ~Group();

    // Goes round its waves until all have ended, one has faulted, or about `budget` instructions are done.
    enum class State { Ended, Faulted, Unfinished, Yielded };
    State run(const HandlerTable&, ProgramCache&, View&, int64_t& budget);
    // One wave alone, of a stepped and recorded program: until it has recorded something (an access is executed too),
    // or to its end. Others follow as far as a barrier asks.
    enum class Until { Recorded, End };
    State step(uint32_t wave, Until, const HandlerTable&, ProgramCache&, View&);
    // Where its first wave that lives goes on, as a fault that says so.
    Fault whereabouts() const;

    std::optional<Fault> fault;
    uint64_t instructions = 0;
    Patience patience;
    int wave_count() const { return int(waves.size()); }
    const std::vector<uint32_t>& slots() const { return scratch_slots; }

private:
    void prepare(Wave&, int index, const std::array<uint32_t, 3>& size);
    Wave* next_runnable();
    void release_barrier();
    // What was to be decoded for it, in Ops.
    size_t jump(Wave&, ProgramCache&, const HandlerTable&);
    // As HandlerTable::run, with the observers told of each instruction.
    int64_t step(Wave&, const HandlerTable&, int64_t budget);
    const Op* execute(Wave&, const Op*, const HandlerTable&);
    enum class Stop { Recorded, Event };
    Stop step_until(Wave&, Until, const HandlerTable&);
    State advance(Wave&, Until, const HandlerTable&, ProgramCache&, View&);
    template <class Call> void tell(Call call) {
        for (const auto& observer : observers) call(*observer);
    }
    void report(const Wave&);
    void report(const Wave&, const struct Withdrawn&);

    const Launch& launch;
    std::array<uint32_t, 3> place{};  // in the grid
    std::vector<uint32_t> scratch_slots;
    std::vector<WavePointer> waves;
    std::unique_ptr<std::byte[]> lds;
    std::vector<std::shared_ptr<const Program>> programs;  // met by s_setpc and its kin
    std::vector<std::unique_ptr<GroupObserver>> observers;
    std::unique_ptr<GroupRecorder> recorder;
    WavePool& pool;
    int cleared;  // how many VGPRs of each wave have been set at the start or since
    size_t cursor = 0;
    int living = 0;
};

}  // namespace gcn::emulator
