#pragma once
// The one clock of the device, in nanoseconds, and what moves it.
//
// With timing off it is the host's. With timing on it runs with the host's while the device is idle; while work is
// under way it stands still, but for what the model says of that work, however long this machine takes to compute it.
// So it falls behind the host's, and the host's time is in no interval of work. It never goes back.
//
// Queues have the device to themselves in the model: grids that are under way side by side each take their own time.

#include <cstdint>
#include <mutex>
#include <optional>

#include "emulator/exec/clocks.hpp"

namespace gcn::emulator {

class Clock final : public ShaderClocks {
public:
    using Source = uint64_t (*)();

    // Nanoseconds since boot, as the kernel driver's system counter.
    static uint64_t host_nanoseconds();

    static constexpr uint64_t tick_hz = 25'000'000;  // Mesa's amdgpu_devices.c: polaris10 gpu_counter_freq 25000
    static constexpr uint64_t tick = 1'000'000'000 / tick_hz;

    // `mhz`: what S_MEMTIME counts.
    Clock(bool modelled, int mhz, Source host = host_nanoseconds);

    const bool modelled;
    uint64_t now();

    // A piece of work, from begin() to end().
    struct Work {
        uint64_t start = 0, host_start = 0;
    };
    Work begin() { return begin(now()); }
    Work begin(uint64_t start);                   // a moment that a Timeline has told
    void progress(const Work&, uint64_t so_far);  // it has come so far: nanoseconds since its start
    // Its end: the modelled duration after its start, in whole ticks, one at least; 0, which nothing takes, tells that
    // the model does not know. Work that is not modelled at all took what it took on the host.
    uint64_t end(const Work&, std::optional<double> duration);

    uint64_t shader_cycles() override;
    uint64_t real_time_ticks() override;

private:
    friend class Timeline;

    uint64_t read();          // under the lock
    void raise(uint64_t to);  // the same
    void hold();              // the same
    void release();           // the same
    uint64_t read_by_shader();

    const Source host;
    const uint64_t mhz;

    std::mutex guard;
    int held = 0;         // by work under way and by queues that have something to do
    int64_t behind = 0;   // the host's clock less this one, while nobody holds it
    uint64_t moment = 0;  // where it stands while somebody does; never less than any time told
    bool moved = false;   // since it was last held by nobody
    uint64_t last_read = 0;
};

// The time of one queue. It is the device's when the queue begins to have something to do; from then on it moves by the
// work of this queue alone, until the queue rests. So what was given to a queue at once takes the same time in every
// run. Not for several threads.
class Timeline {
public:
    explicit Timeline(Clock& clock) : clock(clock) {}
    ~Timeline() { rest(); }
    Timeline(const Timeline&) = delete;

    void wake();                       // there is something to do
    void rest();                       // there is nothing, or it waits for others
    void catch_up();                   // others were waited for: the clock's time
    void not_before(uint64_t moment);  // own work was waited for
    void advance(double ns);           // the queue itself has worked
    uint64_t now();
    // What is written to memory: now, or when something later of this queue has happened. The clock has then come so
    // far.
    uint64_t stamp() { return stamp(now()); }
    uint64_t stamp(uint64_t moment);

private:
    Clock& clock;
    uint64_t cursor = 0;
    bool awake = false;
};

}  // namespace gcn::emulator
