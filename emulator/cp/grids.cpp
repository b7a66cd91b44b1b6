#include "emulator/cp/grids.hpp"

namespace gcn::emulator {

void Grids::start(Dispatch dispatch, bool windowed) {
    dispatch.observers = device.observers(windowed);
    auto grid = std::make_shared<Grid>();
    under_way.push_back(grid);
    ++count;
    executing.fetch_add(1, std::memory_order_relaxed);
    // This outlives its grids: stop() waits for them.
    grid->running = device.executor.start(dispatch, [this, grid, &scheduler = device.scheduler](const Result& result) {
        grid->result = result;
        executing.fetch_sub(1, std::memory_order_relaxed);
        grid->ended.store(true, std::memory_order_release);
        grid->ended.notify_all();
        scheduler.wake();
    });
}

const Fault* Grids::collect() {
    while (!under_way.empty() && under_way.front()->ended.load(std::memory_order_acquire)) {
        const auto grid = std::move(under_way.front());
        under_way.pop_front();
        device.totals.add(grid->result);
        if (fault.kind == FaultKind::None) fault = grid->result.fault;
    }
    return fault.kind == FaultKind::None ? nullptr : &fault;
}

void Grids::stop() {
    for (const auto& grid : under_way)
        if (grid->running) grid->running->stop();
    for (const auto& grid : under_way) grid->ended.wait(false, std::memory_order_acquire);
    under_way.clear();
}

}  // namespace gcn::emulator
