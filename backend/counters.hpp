#pragma once
// The hardware counters of a device: count these events, then say what came of it. Knows no implementation and no
// packet; what to count in how many passes, and what it means, is for perfcounters/ to say.
//
//     counters->arm(selections);                  // registers are written; nothing counts yet
//     counters->start();
//     backend.launch(kernel, grid, kernarg);      // any backend of the same device, as often as wanted
//     counters->stop();
//     CounterSample sample = counters->read();    // what was counted between start and stop
//     counters->disarm();
//
// Around or within. The lines above count around launches: everything that the device does between start() and stop(),
// of whatever queue and program, and GRBM_COUNT goes on in the gaps. Each of the calls is a submission that was waited
// for when it returns. It works for every backend of the device, but blocks with perfcounters::Window::Waves count only
// work of queues whose window is open, as those of backend drm are and HSA's are not: counts() says so, and their
// values are then not for use. Where info().within holds, launch() counts within: begin, kernel and end are one
// submission on the queue of the counters, with nothing in between. That is exact for all blocks, at the price that no
// other backend launches.
//
// Values. A counter is never taken to begin at 0: an implementation samples at start(), copies all 64 bits and gives
// differences, by counted(). It waits for the device to be idle before every sample. Clocks are held stable from arm()
// to disarm() where the driver allows it; doubts() tells when not.
//
// Errors: gcn::Error from what the driver or another program makes impossible. A selection that the tables refuse is
// the caller's bug. The counters are one per device, not one per program: of two that arm them the later one wins.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "perfcounters/gfx803/tables.hpp"

namespace gcn {

// An event in counter `counter` of its block, in all instances; perfcounters::takes() holds, and a counter is named
// once. SQ_ACCUM_PREV and its like mean the counter before theirs.
struct Selection {
    const perfcounters::Event* event;
    int counter;
};

// A value that the device has not: it does not model the event. It stays what it is in sums and differences.
inline constexpr uint64_t not_modelled = ~uint64_t(0);

constexpr uint64_t counted(uint64_t begin, uint64_t end) {
    return begin == not_modelled || end == not_modelled ? not_modelled : end - begin;
}

// Per selection, in the order of arm(), a value per instance, in the order of perfcounters::instance().
struct CounterSample {
    std::vector<std::vector<uint64_t>> values;
};

struct CounterInfo {
    perfcounters::Topology topology;  // of this device, as its driver says
    TimeKind kind;                    // Measured by a card, Modelled by the software Polaris
    bool within = false;              // launch() works
};

struct Counters {
    virtual ~Counters() = default;  // disarms
    virtual CounterInfo info() const = 0;
    // Whether the values of a block are for use, counted around launches of other queues or within one's own.
    virtual bool counts(perfcounters::Block, bool within) const = 0;

    virtual void arm(std::span<const Selection>) = 0;  // instead of what was armed
    virtual void start() = 0;
    virtual void stop() = 0;
    // What was counted since start(): until stop(), or so far; then counting goes on.
    virtual CounterSample read() = 0;
    virtual void disarm() noexcept = 0;

    // One launch on the counters' own queue between start and stop of its own; read() gives its values. Only where
    // info().within; the kernel is of the backend that these counters came with. Nothing when the device was lost.
    virtual std::optional<Time> launch(const Kernel&, Grid, std::span<const std::byte> kernarg) = 0;

    // What a reader of the values must know, a sentence each: clocks that are not stable, others on the device.
    virtual std::vector<std::string> doubts() const = 0;
};

// Of the device that the kernel driver shows first, also when its launches go another way. gcn::Error with the reason
// when there is none: counters need libdrm, and a card or a program that began under `gcn emu`.
// `windows`: the queues that launch have theirs open.
std::unique_ptr<Counters> open_counters(bool windows);

}  // namespace gcn
