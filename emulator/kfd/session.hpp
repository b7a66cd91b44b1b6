#pragma once
// What the KFD door knows of this process: its memory, events and queues on the one device.
//
// Like the device it is made on first use, never destroyed, and not inherited: a forked child is told that the channel
// is closed, and that what it tears down is gone already, until it opens the door itself.

#include <memory>
#include <new>
#include <system_error>

#include "emulator/cp/device.hpp"
#include "emulator/kfd/events.hpp"
#include "emulator/kfd/memory.hpp"
#include "emulator/kfd/queues.hpp"
#include "emulator/kfd/thunk.hpp"
#include "gcn/error.hpp"

namespace gcn::emulator::kfd {

constexpr HSAuint32 cpu_node = 0, gpu_node = 1, nodes = 2;

class Session final : public Client {
public:
    Session(Device& device) : device(device), memory(device, space), events(memory), queues(device, *this) {}

    void interrupt(uint32_t event) override { events.set(event); }
    void memory_fault(uint64_t address, bool write) override { events.memory_fault(address, write); }

    Device& device;
    Memory memory;
    Events events;
    Queues queues;
};

// The open session, or nullptr.
Session* session();
// True in a child of a process that had the door open.
bool inherited();

HSAKMT_STATUS open_session();
HSAKMT_STATUS close_session();

// Runs the body of a call: `body(Session&)`. Nothing passes the C interface but a status.
template <class Body> HSAKMT_STATUS call(const Body& body) {
    try {
        Session* s = session();
        return s ? body(*s) : HSAKMT_STATUS_KERNEL_IO_CHANNEL_NOT_OPENED;
    } catch (const std::bad_alloc&) {
        return HSAKMT_STATUS_NO_MEMORY;
    } catch (const std::system_error&) {  // no more threads
        return HSAKMT_STATUS_OUT_OF_RESOURCES;
    }
}

// The same for a call that gives something back: in a forked child it has nothing left to do.
template <class Body> HSAKMT_STATUS teardown(const Body& body) {
    return inherited() ? HSAKMT_STATUS_SUCCESS : call(body);
}

}  // namespace gcn::emulator::kfd
