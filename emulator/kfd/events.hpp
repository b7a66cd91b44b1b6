#pragma once
// Events: what host threads sleep on until the device or another thread sets one. The rules are the kernel driver's
// (kfd_events.c): setting an auto-reset event releases everyone who is waiting, or else the next who does.

#include <array>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "emulator/kfd/thunk.hpp"

namespace gcn::emulator::kfd {

class Memory;

class Events {
public:
    explicit Events(Memory& memory) : memory(memory) {}

    HSAKMT_STATUS create(const HsaEventDescriptor&, bool manual_reset, bool is_set, HsaEvent** out);
    HSAKMT_STATUS destroy(HsaEvent*);
    HSAKMT_STATUS set(HsaEvent*);
    HSAKMT_STATUS reset(HsaEvent*);
    HSAKMT_STATUS wait(std::span<HsaEvent*> events, bool all, uint32_t milliseconds);

    // From the device: ids that name no event are ignored.
    void set(uint32_t id);
    void memory_fault(uint64_t address, bool write);

private:
    struct Waiter;
    struct Event {
        HsaEvent seen_by_caller;
        bool manual_reset, is_set;
        std::vector<Waiter*> waiters;
    };
    // One thread that waits, and which of its events have been set meanwhile.
    struct Waiter {
        std::condition_variable released;
        std::vector<Event*> events;  // nullptr: destroyed meanwhile
        std::vector<bool> was_set;

        void mark(const Event*);
        bool satisfied(bool all) const;
        bool lost() const;
    };

    Event* find(const HsaEvent*) const;
    void set(Event&);

    static constexpr uint32_t most = 4096;  // ids 1 to most - 1; KFD_SIGNAL_EVENT_LIMIT of Linux

    Memory& memory;
    std::mutex guard;
    uint64_t* mailboxes = nullptr;  // one per id; all ones: empty
    std::map<uint32_t, std::unique_ptr<Event>> events;
    std::unordered_map<const HsaEvent*, Event*> handles;
};

}  // namespace gcn::emulator::kfd
