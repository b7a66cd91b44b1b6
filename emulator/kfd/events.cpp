// Events, and the calls on them.

#include "emulator/kfd/events.hpp"

#include <algorithm>
#include <chrono>

#include "emulator/kfd/session.hpp"

namespace gcn::emulator::kfd {

void Events::Waiter::mark(const Event* event) {
    for (size_t i = 0; i < events.size(); ++i)
        if (events[i] == event) was_set[i] = true;
}

bool Events::Waiter::satisfied(bool all) const {
    const auto set = std::count(was_set.begin(), was_set.end(), true);
    return all ? size_t(set) == was_set.size() : set > 0;
}

bool Events::Waiter::lost() const { return std::count(events.begin(), events.end(), nullptr) > 0; }

Events::Event* Events::find(const HsaEvent* handle) const {
    const auto known = handles.find(handle);
    return known == handles.end() ? nullptr : known->second;
}

HSAKMT_STATUS Events::create(const HsaEventDescriptor& descriptor, bool manual_reset, bool is_set, HsaEvent** out) {
    const std::lock_guard lock(guard);
    if (!mailboxes) {
        mailboxes = static_cast<uint64_t*>(memory.shared_pages(most * sizeof *mailboxes));
        if (!mailboxes) return HSAKMT_STATUS_NO_MEMORY;
        std::fill_n(mailboxes, most, ~uint64_t(0));
    }
    uint32_t id = 1;
    for (const auto& [taken, event] : events) {
        if (taken != id) break;
        ++id;
    }
    if (id >= most) return HSAKMT_STATUS_OUT_OF_RESOURCES;

    auto event = std::make_unique<Event>();
    event->manual_reset = manual_reset;
    event->is_set = is_set;
    HsaEvent& shown = event->seen_by_caller;
    shown = {};
    shown.EventId = id;
    shown.EventData.EventType = descriptor.EventType;
    shown.EventData.EventData.SyncVar = descriptor.SyncVar;
    shown.EventData.HWData1 = shown.EventData.HWData3 = id;
    if (descriptor.EventType == HSA_EVENTTYPE_SIGNAL) {
        mailboxes[id] = ~uint64_t(0);
        shown.EventData.HWData2 = reinterpret_cast<uint64_t>(&mailboxes[id]);
    }
    *out = &shown;
    handles.emplace(&shown, event.get());
    events.emplace(id, std::move(event));
    return HSAKMT_STATUS_SUCCESS;
}

HSAKMT_STATUS Events::destroy(HsaEvent* handle) {
    const std::lock_guard lock(guard);
    Event* event = find(handle);
    if (!event) return HSAKMT_STATUS_INVALID_HANDLE;
    for (Waiter* waiter : event->waiters) {
        std::replace(waiter->events.begin(), waiter->events.end(), event, static_cast<Event*>(nullptr));
        waiter->released.notify_one();
    }
    handles.erase(handle);
    events.erase(event->seen_by_caller.EventId);
    return HSAKMT_STATUS_SUCCESS;
}

void Events::set(Event& event) {
    event.is_set = event.manual_reset || event.waiters.empty();
    for (Waiter* waiter : event.waiters) {
        waiter->mark(&event);
        waiter->released.notify_one();
    }
}

HSAKMT_STATUS Events::set(HsaEvent* handle) {
    const std::lock_guard lock(guard);
    Event* event = find(handle);
    if (!event) return HSAKMT_STATUS_INVALID_HANDLE;
    set(*event);
    return HSAKMT_STATUS_SUCCESS;
}

HSAKMT_STATUS Events::reset(HsaEvent* handle) {
    const std::lock_guard lock(guard);
    Event* event = find(handle);
    if (!event) return HSAKMT_STATUS_INVALID_HANDLE;
    event->is_set = false;
    return HSAKMT_STATUS_SUCCESS;
}

void Events::set(uint32_t id) {
    const std::lock_guard lock(guard);
    if (const auto known = events.find(id); known != events.end()) set(*known->second);
}

void Events::memory_fault(uint64_t address, bool write) {
    const std::lock_guard lock(guard);
    for (const auto& [id, event] : events) {
        HsaEventData& data = event->seen_by_caller.EventData;
        if (data.EventType != HSA_EVENTTYPE_MEMORY) continue;
        HsaMemoryAccessFault& fault = data.EventData.MemoryAccessFault;
        fault = {};
        fault.NodeId = gpu_node;
        fault.VirtualAddress = address;
        // A write that finds a page failed because it may only be read.
        fault.Failure.ReadOnly = write && memory.on_gpu(address);
        fault.Failure.NotPresent = !fault.Failure.ReadOnly;
        fault.Flags = HSA_EVENTID_MEMORY_FATAL_PROCESS;
        set(*event);
    }
}

HSAKMT_STATUS Events::wait(std::span<HsaEvent*> handles, bool all, uint32_t milliseconds) {
    constexpr uint32_t forever = 0xfffffffe;  // and above
    std::unique_lock lock(guard);
    Waiter self;
    for (HsaEvent* handle : handles) {
        self.events.push_back(find(handle));
        if (!self.events.back()) return HSAKMT_STATUS_INVALID_HANDLE;
    }
    self.was_set.resize(handles.size());
    for (size_t i = 0; i < self.events.size(); ++i) {
        Event& event = *self.events[i];
        self.was_set[i] = event.is_set;
        event.is_set &= event.manual_reset;
        event.waiters.push_back(&self);
    }
    // Threads of ROCr wait for one event, and the first to come may take what another is waiting for: hsa_queue_destroy
    // after an error of the queue would sleep for ever, now and then. (Later versions wait for an event's age.) As they
    // look at their signals whenever they wake, a wait without end here ends now and then.
    constexpr uint32_t long_enough = 1000;
    const auto done = [&] { return self.satisfied(all) || self.lost(); };
    self.released.wait_for(lock, std::chrono::milliseconds(milliseconds >= forever ? long_enough : milliseconds), done);
    for (Event* event : self.events)
        if (event) std::erase(event->waiters, &self);
    return self.satisfied(all)       ? HSAKMT_STATUS_SUCCESS
           : self.lost()             ? HSAKMT_STATUS_WAIT_FAILURE
           : milliseconds >= forever ? HSAKMT_STATUS_SUCCESS
                                     : HSAKMT_STATUS_WAIT_TIMEOUT;
}

}  // namespace gcn::emulator::kfd

using namespace gcn::emulator::kfd;

HSAKMT_STATUS hsaKmtCreateEvent(HsaEventDescriptor* descriptor, bool manual_reset, bool is_set, HsaEvent** event) {
    if (!descriptor || !event || descriptor->EventType >= HSA_EVENTTYPE_MAXID) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session& s) { return s.events.create(*descriptor, manual_reset, is_set, event); });
}

HSAKMT_STATUS hsaKmtDestroyEvent(HsaEvent* event) {
    return teardown([&](Session& s) { return s.events.destroy(event); });
}

HSAKMT_STATUS hsaKmtSetEvent(HsaEvent* event) {
    return teardown([&](Session& s) { return s.events.set(event); });
}

HSAKMT_STATUS hsaKmtResetEvent(HsaEvent* event) {
    return teardown([&](Session& s) { return s.events.reset(event); });
}

HSAKMT_STATUS hsaKmtQueryEventState(HsaEvent* event) { return hsaKmtWaitOnEvent(event, 0); }

HSAKMT_STATUS hsaKmtWaitOnEvent(HsaEvent* event, HSAuint32 milliseconds) {
    return hsaKmtWaitOnMultipleEvents(&event, 1, true, milliseconds);
}

HSAKMT_STATUS hsaKmtWaitOnMultipleEvents(HsaEvent* events[], HSAuint32 count, bool all, HSAuint32 milliseconds) {
    if (!events || !count) return HSAKMT_STATUS_INVALID_HANDLE;
    return call([&](Session& s) { return s.events.wait({events, count}, all, milliseconds); });
}
