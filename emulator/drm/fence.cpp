#include "emulator/drm/fence.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>

#include "emulator/cp/device.hpp"

namespace gcn::emulator::drm {

namespace {

// Leaked: threads of the device use it until the process ends.
struct News {
    std::mutex guard;
    std::condition_variable changed;
};
News* news = new News;

bool happened(const Syncobj::Point& p) {
    return std::all_of(p.fences.begin(), p.fences.end(), [](const FencePointer& f) { return f->done(); });
}

}  // namespace

std::mutex& fence_lock() { return news->guard; }
void fences_changed() { news->changed.notify_all(); }
void forget_parents_fences() { news = new News; }

bool Fence::done() const { return __atomic_load_n(&happened, __ATOMIC_ACQUIRE); }

FencePointer signalled_fence() {
    auto fence = std::make_shared<Fence>();
    signal(*fence);
    return fence;
}

void signal(Fence& fence, int error) {
    {
        const std::lock_guard lock(fence_lock());
        if (fence.happened) return;
        fence.failure = error;
        __atomic_store_n(&fence.happened, true, __ATOMIC_RELEASE);
        fences_changed();
    }
    Device::open().scheduler.wake();  // a submission may have waited for it
}

bool wait_until(uint64_t until, const std::function<bool()>& what) {
    // steady_clock is CLOCK_MONOTONIC here.
    using Clock = std::chrono::steady_clock;
    std::unique_lock lock(fence_lock());
    if (int64_t(until) < 0) {
        news->changed.wait(lock, what);
        return true;
    }
    return news->changed.wait_until(lock, Clock::time_point(std::chrono::nanoseconds(until)), what);
}

// ---- synchronization objects ----------------------------------------------------------------------------------------

void Syncobj::replace(Fences fences) {
    points.clear();
    if (!fences.empty()) points.push_back({0, std::move(fences)});
}

// What has been reached needs no fence any more, but its value is asked for: the last such point stays.
void Syncobj::add(uint64_t value, Fences fences) {
    const auto open = std::find_if_not(points.begin(), points.end(), happened);
    if (open - points.begin() > 1) points.erase(points.begin(), open - 1);
    points.push_back({value, std::move(fences)});
}

size_t Syncobj::index(uint64_t value) const {
    if (!value) return points.empty() ? 0 : points.size() - 1;
    size_t i = 0;
    while (i < points.size() && points[i].value < value) ++i;
    return i;
}

bool Syncobj::reaches(uint64_t value) const { return index(value) < points.size(); }

bool Syncobj::reached(uint64_t value) const {
    const size_t last = index(value);
    return last < points.size() && std::all_of(points.begin(), points.begin() + ptrdiff_t(last) + 1, happened);
}

Fences Syncobj::fences(uint64_t value) const {
    Fences all;
    for (size_t i = 0; i < points.size() && i <= index(value); ++i)
        all.insert(all.end(), points[i].fences.begin(), points[i].fences.end());
    return all;
}

uint64_t Syncobj::last_reached() const {
    uint64_t value = 0;
    for (const Point& p : points) {
        if (!happened(p)) break;
        value = p.value;
    }
    return value;
}

uint64_t Syncobj::last_added() const { return points.empty() ? 0 : points.back().value; }

}  // namespace gcn::emulator::drm
