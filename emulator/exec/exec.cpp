// The executor: worker threads take workgroups of all grids under way in turn.
//
// A group runs until it ends or its turn is over; then it is put aside and others go on, also ones not yet started. So
// groups and grids that wait for each other make progress on one thread, as far as they fit the chip together.

#include "emulator/exec/exec.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <shared_mutex>
#include <thread>
#include <utility>
#include <vector>

#include "emulator/exec/group.hpp"
#include "emulator/exec/program.hpp"
#include "emulator/exec/watchdog.hpp"
#include "emulator/exec/wave.hpp"
#include "emulator/exec/withdrawn.hpp"
#include "gcn/error.hpp"

namespace gcn::emulator {

namespace {

constexpr int64_t hold_budget = 20'000;   // instructions for which AddressSpace::in_use() is held
constexpr int64_t turn_budget = 800'000;  // instructions after which a group makes place for others
constexpr int64_t start_budget = 20'000;  // instructions that start() executes itself
constexpr int start_waves = 4;            // grids that small begin within start()
constexpr uint64_t batch = 16;            // groups taken at once
constexpr auto spin_before_sleep = std::chrono::microseconds(20);

struct Build {
    const HandlerTable* table;
    bool (*here)();
};
const Build builds[] = {
    // the best first
    {&handlers_avx512, [] { return bool(__builtin_cpu_supports("x86-64-v4")); }},
    {&handlers_avx2, [] { return bool(__builtin_cpu_supports("x86-64-v3")); }},
    {&handlers_portable, [] { return true; }},
};

const HandlerTable& table_for(std::string_view name) {
    std::string here;
    for (const Build& build : builds) {
        if (!build.here()) continue;
        if (name.empty() || name == build.table->name) return *build.table;
        here += (here.empty() ? "" : ", ") + std::string(build.table->name);
    }
    const bool known = std::any_of(std::begin(builds), std::end(builds),
                                   [&](const Build& build) { return name == build.table->name; });
    fail({"interpret with GCN_EMU_SIMD=" + std::string(name),
          known ? "this machine's processor lacks it" : "there is no such build of the interpreter", "one of " + here,
          gcn::Fault::WrongUse});
}

// Which waves' places in a queue's scratch memory are taken.
struct ScratchSlots {
    std::vector<bool> taken;
    uint32_t used = 0, users = 0;

    bool has(uint32_t count) const { return taken.size() - used >= count; }
    std::vector<uint32_t> take(uint32_t count) {
        std::vector<uint32_t> slots;
        for (uint32_t i = 0; i < taken.size() && slots.size() < count; ++i)
            if (!taken[i]) taken[i] = true, slots.push_back(i);
        used += count;
        return slots;
    }
    void give(const std::vector<uint32_t>& slots) {
        for (const uint32_t i : slots) taken[i] = false;
        used -= uint32_t(slots.size());
    }
};

// Holds in_use() of one address space for a limited number of instructions at a time.
class Hold {
public:
    explicit Hold(const AddressSpace& space) : space(space) { take(); }
    ~Hold() { space.in_use().unlock_shared(); }

    View view;
    int64_t budget = 0;

    void renew_when_spent() {
        if (budget > 0 && !space.unmapping()) return;
        space.in_use().unlock_shared();
        take();
    }

private:
    void take() {
        while (space.unmapping()) std::this_thread::yield();
        space.in_use().lock_shared();
        budget = hold_budget;
        if (view.space == &space && view.version == space.version()) return;
        view = View{};
        view.space = &space;
        view.version = space.version();
    }
    const AddressSpace& space;
};

}  // namespace

struct Executor::Impl {
    struct Grid : Running {
        Grid(Impl& owner, Launch of, std::function<void(const Result&)> done)
            : owner(owner), launch(std::move(of)), total(launch.total()), done(std::move(done)), fresh{{0, total}} {}
        void stop() override { owner.stop(*this); }
        GridRecorder* recorder() const { return launch.dispatch.recorder.get(); }
        // One that has begun and is not executed at the moment; nullptr: there is none.
        const Group* open_group() const {
            if (!aside.empty()) return aside.back().get();
            return stepped.empty() ? nullptr : stepped.begin()->second.get();
        }

        Impl& owner;
        const Launch launch;
        const uint64_t total;
        std::function<void(const Result&)> done;

        // Guarded by Impl::guard.
        std::deque<std::pair<uint64_t, uint64_t>> fresh;  // ranges of groups that nobody has taken
        std::deque<std::unique_ptr<Group>> aside;         // groups whose turn was over
        uint64_t ended = 0;
        int running = 0;         // turns under way
        bool advancing = false;  // one of them is the recorder's
        // Those of a grid that goes by its recorder's turns alone.
        std::map<uint64_t, std::unique_ptr<Group>> stepped;
        bool start_next = false;  // the next turn is for a new group, not for one put aside
        Result result;
        ScratchSlots* scratch = nullptr;
        std::atomic<bool> stopping{false};
    };
    using GridPointer = std::shared_ptr<Grid>;

    // What a worker does next: one group put aside, or a range of new ones, or use what was recorded.
    struct Turn {
        GridPointer grid;
        std::unique_ptr<Group> group;
        uint64_t first = 0, end = 0;
        std::vector<uint32_t> scratch;
        bool advances = false;  // instead: the recorder
    };

    const HandlerTable& table;
    const int resident_waves;
    ProgramCache caches[2][2]{{ProgramCache({}), ProgramCache({.recorded = true})},
                              {ProgramCache({.stepped = true}), ProgramCache({.stepped = true, .recorded = true})}};
    WavePool waves;

    std::mutex guard;
    std::condition_variable work;
    std::deque<GridPointer> grids;             // those with something to do, in turn
    std::map<uint64_t, ScratchSlots> scratch;  // by base address
    Watchdog watchdog;
    bool closing = false;
    std::atomic<uint64_t> news{0};  // grows when there may be work
    std::vector<std::thread> threads;

    Impl(int count, std::string_view simd, double watchdog, int waves)
        : table(table_for(simd)), resident_waves(waves), watchdog(watchdog) {
        count = std::max(count, 1);
        try {
            while (int(threads.size()) < count) threads.emplace_back([this] { work_on(); });
        } catch (const std::exception& e) {  // the system's limits: of threads, or of their stacks' addresses
            end_threads();
            const std::string made = std::to_string(threads.size());
            fail({"start the software Polaris",
                  "the system gives " + made + " of " + std::to_string(count) + " threads: " + e.what(),
                  "GCN_EMU_THREADS=1"});
        }
    }
    ~Impl() {
        std::vector<GridPointer> open;
        {
            const std::lock_guard lock(guard);
            open.assign(grids.begin(), grids.end());
        }
        for (const GridPointer& grid : open) stop(*grid);
        end_threads();
    }

    void end_threads() {
        {
            const std::lock_guard lock(guard);
            closing = true;
        }
        announce();
        for (std::thread& thread : threads) thread.join();
    }

    void announce() {
        {
            const std::lock_guard lock(guard);
            news.fetch_add(1, std::memory_order_release);
        }
        work.notify_all();
    }

    // ---- scheduling; `guard` is held ----------------------------------------------------------

    bool may_start(const Grid& grid) const {
        if (grid.fresh.empty() || (grid.recorder() && grid.recorder()->full(grid.fresh.front().first))) return false;
        const int waves_each = std::max(grid.launch.waves_per_group(), 1);
        if (grid.scratch && !grid.scratch->has(uint32_t(waves_each))) return false;
        const int resident = int(grid.aside.size()) + grid.running;
        return resident == 0 || resident * waves_each < resident_waves;
    }

    std::optional<Turn> take_turn() {
        for (size_t i = grids.size(); i > 0; --i) {
            const GridPointer grid = grids.front();
            grids.pop_front();
            grids.push_back(grid);
            if (grid->stopping) continue;
            if (grid->recorder() && !grid->advancing && grid->recorder()->ready()) {
                grid->advancing = true;
                ++grid->running;
                return Turn{grid, nullptr, 0, 0, {}, true};
            }
            if (grid->launch.steps) continue;
            if (may_start(*grid) && (grid->start_next || grid->aside.empty())) {
                grid->start_next = false;
                ++grid->running;
                return new_groups(grid);
            }
            if (grid->aside.empty()) continue;
            Turn turn{grid, std::move(grid->aside.front()), 0, 0, {}, false};
            grid->aside.pop_front();
            ++grid->running;
            return turn;
        }
        return {};
    }

    Turn new_groups(const GridPointer& grid) {
        auto& [first, end] = grid->fresh.front();
        const uint64_t share = (end - first) / (2 * threads.size()) + 1;
        const uint64_t count = std::min({grid->scratch ? 1 : batch, share, end - first});
        Turn turn{grid, nullptr, first, first + count, {}, false};
        first += count;
        if (first == end) grid->fresh.pop_front();
        if (grid->scratch) turn.scratch = grid->scratch->take(uint32_t(grid->launch.waves_per_group()));
        return turn;
    }

    // ---- grids whose recorder says when -------------------------------------------------------

    class Stepping final : public Steps {
    public:
        Stepping(Impl& owner, Grid& grid) : owner(owner), grid(grid), hold(*grid.launch.dispatch.space) {}

        void begin(uint64_t number) override {
            if (stopped()) return;
            std::vector<uint32_t> slots;
            if (grid.scratch) {
                const auto waves = uint32_t(grid.launch.waves_per_group());
                const std::lock_guard lock(owner.guard);
                if (!grid.scratch->has(waves)) return;  // another grid has them
                slots = grid.scratch->take(waves);
            }
            grid.stepped[number] = std::make_unique<Group>(grid.launch, number, std::move(slots), owner.waves);
        }
        void step(uint64_t number, uint32_t wave) override { go(number, wave, Group::Until::Recorded); }
        void end(uint64_t number) override {
            const auto it = grid.stepped.find(number);
            for (int wave = 0; it != grid.stepped.end() && it->second && wave < it->second->wave_count(); ++wave)
                go(number, uint32_t(wave), Group::Until::End);
            if (stopped()) return;
            owner.settle(grid, std::move(it->second), Group::State::Ended);
            grid.stepped.erase(it);
        }
        bool stopped() const override { return grid.stopping; }

    private:
        void go(uint64_t number, uint32_t wave, Group::Until until) {
            if (stopped()) return;
            hold.renew_when_spent();
            Group& group = *grid.stepped.at(number);
            const uint64_t before = group.instructions;
            const auto state = group.step(wave, until, owner.table, owner.cache_for(grid), hold.view);
            hold.budget -= int64_t(group.instructions - before) + 1;
            if (state == Group::State::Faulted)
                owner.settle(grid, std::move(grid.stepped.extract(number).mapped()), state);
        }

        Impl& owner;
        Grid& grid;
        Hold hold;
    };

    // ---- turns --------------------------------------------------------------------------------

    // Runs `group` for a turn of at most `budget` instructions, and no longer than it has patience.
    Group::State run_group(Grid& grid, Group& group, Hold& hold, int64_t budget) {
        for (;;) {
            if (grid.stopping) return Group::State::Unfinished;
            hold.renew_when_spent();
            Patience::begin(hold.view);
            const int64_t slice = std::min(group.patience.instructions, budget);
            int64_t left = slice;
            const Group::State state = group.run(table, cache_for(grid), hold.view, left);
            hold.budget -= slice - left;
            budget -= slice - left;
            const bool waits = group.patience.end(hold.view);
            if (state != Group::State::Unfinished || waits || budget <= 0) return state;
        }
    }

    void run_turn(Turn turn, int64_t budget) {
        Grid& grid = *turn.grid;
        if (turn.advances && grid.launch.steps) {
            Stepping steps(*this, grid);
            grid.recorder()->advance(&steps);
        } else if (turn.advances) {
            grid.recorder()->advance(nullptr);
        } else {
            Hold hold(*grid.launch.dispatch.space);
            if (turn.group) {
                const auto state = run_group(grid, *turn.group, hold, budget);
                settle(grid, std::move(turn.group), state);
            }
            while (turn.first < turn.end && !grid.stopping) {
                auto group = std::make_unique<Group>(grid.launch, turn.first++, std::move(turn.scratch), waves);
                const auto state = run_group(grid, *group, hold, budget);
                settle(grid, std::move(group), state);
                if (state == Group::State::Unfinished || state == Group::State::Yielded) break;
            }
        }
        finish_turn(std::move(turn));
    }

    void settle(Grid& grid, std::unique_ptr<Group> group, Group::State state) {
        const std::lock_guard lock(guard);
        grid.result.instructions += std::exchange(group->instructions, 0);
        if (state == Group::State::Faulted && grid.result.fault.kind == FaultKind::None) {
            grid.result.fault = *group->fault;
            grid.stopping = true;
        }
        if (state == Group::State::Unfinished || state == Group::State::Yielded) {
            grid.aside.push_back(std::move(group));
            grid.start_next = true;
            return;
        }
        if (grid.scratch) grid.scratch->give(group->slots());
        if (state != Group::State::Ended) return;
        watchdog.progress();
        ++grid.ended;
        ++grid.result.groups;
        grid.result.waves += uint64_t(group->wave_count());
    }

    void finish_turn(Turn turn) {
        Grid& grid = *turn.grid;
        std::unique_lock lock(guard);
        --grid.running;
        if (turn.advances) grid.advancing = false;
        if (turn.advances && !grid.launch.steps) watchdog.progress();  // no group can have this wait for ever
        if (!grid.stopping && grid.open_group() && watchdog.bites()) give_up(grid);
        if (turn.first < turn.end) grid.fresh.emplace_front(turn.first, turn.end);
        // Others may sleep because all that was left had been taken: what comes back may be theirs.
        const bool more = !grid.aside.empty() || !grid.fresh.empty() || grid.recorder();
        end_when_over(turn.grid, lock);
        if (more) announce();
    }

    // Takes the grid off the list and reports it when nothing of it is left to do. Lets go of the lock.
    void end_when_over(GridPointer grid, std::unique_lock<std::mutex>& lock) {
        const bool over =
            grid->running == 0 &&
            (grid->stopping || (grid->ended == grid->total && (!grid->recorder() || grid->recorder()->over())));
        const auto it = std::find(grids.begin(), grids.end(), grid);
        if (!over || it == grids.end()) {
            lock.unlock();
            return;
        }
        grids.erase(it);
        if (grid->stopping && grid->result.fault.kind == FaultKind::None) {
            grid->result.fault.kind = FaultKind::Stopped;
            grid->result.fault.text = "the grid was stopped";
        }
        if (grid->scratch) {
            for (const auto& group : grid->aside) grid->scratch->give(group->slots());
            for (const auto& [number, group] : grid->stepped) grid->scratch->give(group->slots());
            if (--grid->scratch->users == 0) scratch.erase(grid->launch.dispatch.scratch_base);
        }
        grid->aside.clear();
        grid->stepped.clear();
        if (grid->recorder() && !grid->stopping) grid->result.duration_ns = grid->recorder()->duration_ns();
        lock.unlock();
        const auto done = std::move(grid->done);
        if (done) done(grid->result);
    }

    // `guard` is held.
    void give_up(Grid& grid) {
        char seconds[32];
        std::snprintf(seconds, sizeof seconds, "%g", watchdog.seconds());
        grid.result.fault = grid.open_group()->whereabouts();
        grid.result.fault.text += ": no workgroup has ended on the device for " + std::string(seconds) +
                                  " s (GCN_EMU_WATCHDOG=0 lets kernels take as long as they like)";
        grid.stopping = true;
    }

    void stop(Grid& grid) {
        std::unique_lock lock(guard);
        grid.stopping = true;
        for (const GridPointer& g : grids)
            if (g.get() == &grid) {
                end_when_over(g, lock);
                return;
            }
    }

    void work_on() {
        leave_signals_to_the_program();
        for (;;) {
            const uint64_t seen = news.load(std::memory_order_acquire);
            std::unique_lock lock(guard);
            if (auto turn = take_turn()) {
                lock.unlock();
                run_turn(std::move(*turn), turn_budget);
                continue;
            }
            if (closing) return;
            lock.unlock();
            wait_for_news(seen);
        }
    }

    void wait_for_news(uint64_t seen) {
        const auto until = std::chrono::steady_clock::now() + spin_before_sleep;
        while (std::chrono::steady_clock::now() < until) {
            if (news.load(std::memory_order_acquire) != seen) return;
            __builtin_ia32_pause();
        }
        std::unique_lock lock(guard);
        work.wait(lock, [&] { return news.load(std::memory_order_acquire) != seen; });
    }

    // ---- starting -----------------------------------------------------------------------------

    // Why a grid cannot even begin.
    std::optional<Fault> objection(const Grid& grid) const {
        const Dispatch& d = grid.launch.dispatch;
        if (!grid.scratch || uint32_t(grid.launch.waves_per_group()) <= d.scratch_waves) return {};
        Fault f;
        f.kind = FaultKind::Memory;
        f.pc = d.entry;
        f.address = d.scratch_base;
        f.text = "a group has " + std::to_string(grid.launch.waves_per_group()) + " waves, its scratch memory holds " +
                 std::to_string(d.scratch_waves);
        return f;
    }

    using GridObservers = std::vector<std::shared_ptr<GridObserver>>;
    ProgramCache& cache_for(const GridObservers& watching, const GridRecorder* recorder, bool steps) {
        return caches[!watching.empty() || steps][recorder != nullptr];
    }
    ProgramCache& cache_for(const Grid& grid) {
        return cache_for(grid.launch.observers, grid.recorder(), grid.launch.steps);
    }

    Launch launch_of(const Dispatch& dispatch) {
        const std::shared_lock use(dispatch.space->in_use());
        GridObservers watching;
        for (Observer* observer : dispatch.observers)
            if (auto grid = observer->grid(dispatch)) watching.push_back(std::move(grid));
        size_t decoded;
        const auto find = [&](bool steps) {
            return cache_for(watching, dispatch.recorder.get(), steps)
                .find(*dispatch.space, dispatch.entry, table, decoded);
        };
        auto program = find(false);
        const bool steps = dispatch.recorder && dispatch.recorder->steps(*program);
        return Launch(dispatch, std::move(watching), steps ? find(true) : std::move(program), steps);
    }

    GridPointer start(const Dispatch& dispatch, std::function<void(const Result&)> done) {
        GCN_ASSERT(dispatch.space);
        WithdrawnGuard::install();
        auto grid = std::make_shared<Grid>(*this, launch_of(dispatch), std::move(done));
        std::unique_lock lock(guard);
        if (grid->launch.uses_scratch()) {
            grid->scratch = &scratch[dispatch.scratch_base];
            ++grid->scratch->users;
            if (grid->scratch->taken.size() < dispatch.scratch_waves)
                grid->scratch->taken.resize(dispatch.scratch_waves);
        }
        grids.push_back(grid);
        watchdog.progress();
        if (const auto fault = objection(*grid)) {
            grid->result.fault = *fault;
            grid->stopping = true;
        }
        if (grid->total == 0 || grid->stopping) {
            end_when_over(grid, lock);
            return grid;
        }
        const uint64_t waves_in_all = grid->total * uint64_t(std::max(grid->launch.waves_per_group(), 1));
        if (waves_in_all <= start_waves && !grid->launch.steps && may_start(*grid)) {
            ++grid->running;
            Turn turn = new_groups(grid);
            lock.unlock();
            run_turn(std::move(turn), start_budget);
        } else {
            lock.unlock();
            announce();
        }
        return grid;
    }
};

Executor::Executor(int threads, std::string_view simd, double watchdog, int resident_waves)
    : impl(std::make_unique<Impl>(threads, simd, watchdog, resident_waves)) {}
Executor::~Executor() = default;

std::string_view Executor::simd() const { return impl->table.name; }
int Executor::threads() const { return int(impl->threads.size()); }

std::shared_ptr<Running> Executor::start(const Dispatch& dispatch, std::function<void(const Result&)> done) {
    return impl->start(dispatch, std::move(done));
}

void Executor::forget_code() {
    for (auto& row : impl->caches)
        for (ProgramCache& cache : row) cache.doubt();
}

}  // namespace gcn::emulator
