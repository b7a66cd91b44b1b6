#pragma once
// Things that will have happened: a submission has ended, a synchronization object was signalled. One lock and one
// condition for all of a process: waits are few, and whoever waits for several needs no more.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace gcn::emulator::drm {

class Fence {
public:
    bool done() const;
    int error() const { return failure; }  // -errno of a submission that was given up; valid when done

private:
    friend void signal(Fence&, int);
    bool happened = false;
    int failure = 0;
};
using FencePointer = std::shared_ptr<Fence>;
using Fences = std::vector<FencePointer>;

FencePointer signalled_fence();

// Wakes who waits for it. `error`: 0 or -errno.
void signal(Fence&, int error = 0);

// The lock of every fence and of every synchronization object's contents.
std::mutex& fence_lock();
void fences_changed();  // wakes who waits; with the lock held
// In a child of fork(): threads that it does not have may hold the lock, or wait.
void forget_parents_fences();

// True when `what()`, asked under the lock whenever something has happened, was true before `until`: nanoseconds of
// CLOCK_MONOTONIC; negative as a signed number: without end.
bool wait_until(uint64_t until, const std::function<bool()>& what);

// A synchronization object: nothing, or the fences of one moment, or a timeline of points, each reached when its fences
// and those before it have happened. Linux 6.1: drm_syncobj.c, dma-fence-chain.c. All of it under fence_lock().
class Syncobj {
public:
    struct Point {
        uint64_t value;  // 0: not on a timeline
        Fences fences;
    };

    bool empty() const { return points.empty(); }
    void replace(Fences);  // empty: nothing
    void add(uint64_t value, Fences);

    // The fences that must have happened for `value`; 0: for all that it holds. False when nothing there reaches it.
    bool reaches(uint64_t value) const;
    bool reached(uint64_t value) const;
    Fences fences(uint64_t value) const;

    uint64_t last_reached() const;
    uint64_t last_added() const;

private:
    size_t index(uint64_t value) const;  // of the first point that is not before it
    std::vector<Point> points;
};
using SyncobjPointer = std::shared_ptr<Syncobj>;

}  // namespace gcn::emulator::drm
