#pragma once
// One AQL queue: takes packets from its ring in order, keeps several grids of it under way where the packets allow
// that, answers through signals.

#include <hsa/amd_hsa_queue.h>
#include <hsa/hsa.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>

#include "emulator/cp/access.hpp"
#include "emulator/cp/client.hpp"
#include "emulator/cp/device.hpp"
#include "emulator/cp/kernel.hpp"
#include "emulator/cp/pm4.hpp"
#include "emulator/cp/scheduler.hpp"

namespace gcn::emulator {

class AqlQueue final : public Queue {
public:
    struct Place {
        uint64_t queue = 0;  // its amd_queue_t; this and the ring are GPU addresses
        uint64_t ring = 0;
        uint32_t packets = 0;                // in the ring: a power of two
        const uint32_t* doorbell = nullptr;  // one more than the last packet written, modulo 2^32
    };

    AqlQueue(Device&, Client&, const Place&);

    bool step() override;
    bool running() const override { return grids.load(std::memory_order_relaxed) > 0 || pm4.running(); }
    void stop() override;

private:
    // A packet taken from the ring whose slot is not free yet.
    struct Flight {
        uint64_t signal = 0;
        bool uses_scratch = false, signalled = false;
        uint64_t start = 0, end = 0;  // of the device's clock
        Result result;
        std::shared_ptr<Running> grid;
        std::atomic<bool> ended{false};
    };
    using Packet = hsa_kernel_dispatch_packet_t;

    bool take_ready_packets();
    void rest();
    bool take();
    bool take_dispatch(const Packet&);
    bool take_barrier(const hsa_barrier_and_packet_t&, bool any);
    bool take_vendor(const Packet&);
    void launch(Dispatch, const Packet&);

    bool finish_flights();
    void finish(Flight&);
    void free_slot();
    bool scratch_in_use() const;

    // A request to the runtime: nothing is taken until it has answered by setting the signal back to 0.
    void ask(QueueError);
    bool answered();
    void refuse(const Refusal&);
    void fault(const Fault&);
    void die(const std::string& why);

    uint64_t slot(uint64_t index) const { return place.ring + (index & (place.packets - 1)) * sizeof(Packet); }
    template <class T> T field(size_t offset) const { return memory.load<T>(place.queue + offset); }

    Device& device;
    Client& client;
    const Place place;
    const Access memory;

    uint64_t next = 0;                            // index of the next packet to take
    uint64_t oldest = 0;                          // index of the first packet whose slot is not free
    std::deque<std::shared_ptr<Flight>> flights;  // oldest to next - 1
    bool waiting = false, dead = false;
    std::atomic<int> grids{0};
    Pm4 pm4;
    bool in_slot = false;  // the next packet is a slot of PM4 that has begun

    Timeline& time = pm4.time;
    uint64_t last_end = 0, last_scratch_end = 0;  // of flights that have been finished
    bool drained = true;                          // there was no packet when last looked
};

}  // namespace gcn::emulator
