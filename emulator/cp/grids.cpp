#include "emulator/cp/grids.hpp"

#include <algorithm>

namespace gcn::emulator {

void Grids::start(Dispatch dispatch, bool windowed) {
    auto grid = std::make_shared<Grid>();
    under_way.push_back(grid);
    ++count;
    executing.fetch_add(1, std::memory_order_relaxed);
    const Clock::Work work = device.clock.begin(time.now());
    device.prepare(dispatch, work, windowed);
    // This outlives its grids: stop() waits for them.
    grid->running = device.executor.start(dispatch, [this, grid, work, &scheduler = device.scheduler](const Result& r) {
        grid->result = r;
        grid->end = device.clock.end(work, device.duration(r));
        executing.fetch_sub(1, std::memory_order_relaxed);
        grid->ended.store(true, std::memory_order_release);
        grid->ended.notify_all();
        scheduler.wake();
    });
}

bool Grids::collect() {
    if (under_way.empty() || !under_way.front()->ended.load(std::memory_order_acquire)) return false;
    const auto grid = std::move(under_way.front());
    under_way.pop_front();
    device.totals.add(grid->result);
    latest = std::max(latest, grid->end);
    if (!fault()) first_fault = grid->result.fault;
    return true;
}

void Grids::stop() {
    for (const auto& grid : under_way)
        if (grid->running) grid->running->stop();
    for (const auto& grid : under_way) grid->ended.wait(false, std::memory_order_acquire);
    under_way.clear();
}

}  // namespace gcn::emulator
