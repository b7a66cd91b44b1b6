#pragma once
// The timing core: consumes what waves left behind (trace.hpp), group by group in the order of dispatch, and says how
// many clocks a chip needs for them. It executes nothing, so it changes no result.
//
//     Memory memory(chip, parameters, places);
//     Engine engine(chip, parameters, memory, {waves_per_group, vgprs, sgprs, lds_bytes});
//     for (;;) switch (engine.advance(Engine::forever)) {
//         case Progress::Starved: engine.give(next group's trace) or append to a resident wave's, or engine.no_more()
//         case Progress::Done:    engine.now() clocks
//     }
//
// The result depends on the traces alone: not on when they are given, nor in how many pieces. One thread at a time.

#include <deque>
#include <memory>
#include <vector>

#include "emulator/timing/cu.hpp"
#include "emulator/timing/memory.hpp"
#include "emulator/timing/parameters.hpp"
#include "isa/chips.hpp"

namespace gcn::emulator::timing {

// What all groups of a grid ask of a CU.
struct LaunchShape {
    uint64_t groups = 0;  // 0: not known
    uint32_t waves_per_group = 1, vgprs = 1, sgprs = 16, lds_bytes = 0;
    uint32_t scratch_waves = 0;  // that have scratch memory, on the whole chip; 0: it needs none
    bool operator==(const LaunchShape&) const = default;
};

enum class Progress : uint8_t { Done, Starved, Reached };

class Engine {
public:
    static constexpr uint64_t forever = ~0ull;
    static constexpr uint64_t quantum = 64;  // clocks that a CU is advanced at a time

    // Throws gcn::Error when no CU can hold a group of that shape. The memory's time starts again.
    Engine(const isa::Chip&, const Parameters&, Memory&, const LaunchShape&);

    // The next group to be dispatched; of no more waves than the shape says.
    void give(std::unique_ptr<GroupTrace>);
    void no_more() { last_given = true; }
    size_t queued() const { return queue.size(); }

    // Stops in the quantum that holds `until`, or when words of a trace are needed that are not there.
    Progress advance(uint64_t until);
    uint64_t now() const { return time; }

    // Who starved: a resident wave, or nobody: then the next group is wanted.
    struct Need {
        GroupTrace* group = nullptr;
        uint32_t wave = 0;
        uint64_t time = 0;  // of the wave's turn
    };
    const Need& need() const { return wanted; }
    // Traces that have been consumed, in the order in which their groups ended.
    std::vector<std::unique_ptr<GroupTrace>> take_finished() { return std::move(finished); }

    // What was timed in detail so far.
    struct Work {
        uint64_t valu_clocks = 0, lds_clocks = 0, l2_requests = 0, l2_reads = 0, l2_hits = 0;
    };
    Work work() const;
    uint32_t l2_channels() const { return memory.channels(); }
    // How far each wave has come, by CU and place in it. Waves of a kind have as many beside them on their SIMD, and as
    // many older ones among those, which go first.
    static constexpr size_t kinds_of_waves = (Simd::most + 1) * Simd::most;
    struct Mark {
        uint64_t started = ~0ull, issued = 0;  // instructions
        uint32_t kind = 0;
        bool used() const { return started != ~0ull; }
    };
    std::vector<Mark> marks() const;
    using Paces = std::array<uint64_t, kinds_of_waves>;  // clocks of an instruction in 1024ths
    // All waves go on for so many clocks at the pace of their kind without looking at slots: nothing is timed.
    // Instructions are counted exactly; vector memory accesses move tags and are looked up in the last `warming`
    // clocks, before that they are counted only (Memory::pass()). Starved: as advance(), and when a trace is not whole.
    // It ends early when the last groups have been dispatched and CUs run empty, as then paces change; and when most
    // groups have been replaced. What follows begins with idle units, so it should be timed for a while before it is
    // measured.
    Progress skip(uint64_t cycles, const Paces&, uint64_t warming = forever);

    const Stats& stats() const { return totals; }
    const CuStats& cu(uint32_t number) const { return cus[number].stats; }
    // From here on clocks are like those of what is skipped later.
    void started() {
        for (Cu& cu : cus) cu.at_start = cu.stats;
    }
    const CuStats& at_start(uint32_t number) const { return cus[number].at_start; }
    // Clocks in which a shader engine had a wave.
    uint64_t engine_busy(uint32_t number) const { return presence[number].busy; }
    uint32_t cu_count() const { return uint32_t(cus.size()); }
    CuStats all_cus() const;
    uint32_t waves_per_simd() const { return simd_limit; }
    uint32_t groups_per_cu() const { return group_limit; }

private:
    // dispatch.cpp
    struct Freed {
        uint64_t time;
        uint32_t cu;
        std::array<uint8_t, 4> waves;
    };
    struct Room {  // of a CU, as the dispatcher knows it
        std::array<uint8_t, 4> waves{};
        uint32_t groups = 0, lds = 0;
    };
    struct Presence {  // of groups in a shader engine
        uint32_t resident = 0;
        uint64_t since = 0, last = 0, busy = 0;
    };
    Limit tightest(uint32_t by_vgprs, uint32_t by_sgprs) const;
    bool dispatch(uint64_t end);
    bool place_groups();
    bool fits(const Room&) const;
    void place(uint32_t cu);
    void start_wave(Cu&, GroupState&, uint32_t group, uint32_t index, uint32_t simd, uint64_t launched, uint64_t ready);
    void end_wave(Cu&, WaveState&, uint64_t time);

    // issue.cpp
    bool run(Cu&, uint64_t end);  // false: starved
    bool slot(Cu&, Simd&, uint64_t time);
    bool issue(Cu&, Simd&, uint32_t place, uint64_t time);
    uint32_t undisturbed(const Simd&, uint32_t place, uint32_t n, uint64_t time) const;
    void issue_run(Cu&, Simd&, WaveState&, const Uop&, uint32_t n, uint64_t time);
    void internal(Cu&, Simd&, WaveState&, const Uop&, uint64_t time);
    // Waves at a barrier go on when all of their group have come to it, or further (a skip).
    void release(Cu&, GroupState&, uint64_t time);
    void order(Cu&, Simd&);

    // issue_memory.cpp
    struct VectorAccess {
        const uint32_t* list;
        uint32_t header, clocks, bytes;  // of each line
        Way way;
        Lines lines() const { return Lines(list, header); }
    };
    static const uint32_t* take_words(WaveState&, size_t);
    static uint32_t take_conflicts(WaveState&);
    VectorAccess take_vector(WaveState&, const Uop&) const;
    static void count_vector(Cu&, const Uop&, const VectorAccess&);
    uint32_t count_lds(Cu&, const WaveState&, uint32_t bytes, uint32_t conflict) const;
    bool try_scalar(Cu&, Simd&, uint32_t place, WaveState&, const Uop&, uint64_t time);
    bool try_lds(Cu&, Simd&, uint32_t place, WaveState&, const Uop&, uint64_t time);
    bool try_vector(Cu&, Simd&, uint32_t place, WaveState&, const Uop&, uint64_t time);
    uint64_t lds(Cu&, const WaveState&, uint32_t port, uint32_t bytes, uint32_t conflict, uint64_t time);

    // flow.cpp
    static bool knows_next_stretch(const WaveState&);
    bool fed(const WaveState&) const;
    bool feed(Cu&, Simd&, uint64_t time);
    void begin(Cu&, WaveState&, uint64_t time);
    void go_on_behind(Cu&, WaveState&, uint64_t time);
    bool next_stretch(const Cu&, WaveState&);
    void request(Cu&, WaveState&, const Uop&, uint64_t time);
    void go_on(Cu&, WaveState&, const Uop&, uint64_t time, uint64_t ready, State);
    void prepare(Cu&, WaveState&, uint64_t ready, State);
    void jump(Cu&, WaveState&, uint64_t ready, State);
    bool starve(Cu&, const WaveState&, uint64_t time);
    static void set_fed(Cu&, WaveState&);
    uint64_t fetch(Cu&, uint32_t block, const WaveState&, bool again, uint64_t time);

    // skip.cpp
    static uint32_t kind_of(const Cu&, const WaveState&);
    bool walk(Cu&, Simd&, uint64_t end);
    bool walk(Cu&, WaveState&, uint64_t end);
    bool starves(const Cu&, const WaveState&) const;
    static void stand(Cu&, WaveState&, uint64_t until);
    void end_skipped(Cu&, WaveState&);
    static void pass(WaveState&, CuStats&, uint64_t pace);
    void count_skipped(Cu&, WaveState&, uint32_t first, uint32_t end);
    void freeze();
    void thaw();
    void wake(Cu&, WaveState&);

    const Parameters parameters;
    const LaunchShape shape;
    Memory& memory;
    std::vector<Cu> cus;
    std::vector<Room> rooms;
    uint32_t engines, per_engine, simd_limit = 0, group_limit = 0, lds_taken = 0;

    uint64_t time = 0;      // the quantum's first clock
    uint32_t next_cu = 0;   // which CU is to be advanced in it
    uint64_t last_end = 0;  // of a wave
    uint32_t resident = 0;  // groups

    std::deque<std::unique_ptr<GroupTrace>> queue;
    std::vector<std::unique_ptr<GroupTrace>> finished;
    std::vector<Freed> freed;
    bool last_given = false, maybe_room = true;
    uint64_t dispatch_time = 0;
    uint32_t next_engine = 0;
    std::vector<uint32_t> next_in_engine;
    std::vector<uint64_t> launch_free;  // per shader engine
    std::vector<Presence> presence;     // likewise
    // Of a skip that is not done: where it ends, how fast, from when on tags move.
    uint64_t skip_end = 0, warm_from = 0;
    Paces paces{};
    uint32_t skip_groups = 0;  // resident when it began
    uint32_t placed = 0;       // groups, since then
    struct Frozen {
        WaveState wave;        // as it was
        uint64_t stood, turn;  // since when, and until it came to the same place again; 0: it has not
        bool stays;            // it has come to where it is to go on from
    };
    std::vector<Frozen> frozen;  // by CU and place in it
    uint64_t frozen_at = 0;
    bool walking = false;
    Need wanted;
    Stats totals;
};

}  // namespace gcn::emulator::timing
