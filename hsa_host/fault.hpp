#pragma once
// A fault of the device becomes one sentence, and whoever waits for the device is woken.
//
// ROCr reports faults on a thread of its own. A memory fault stops the whole process' use of the card: Linux evicts all
// queues of the process (kfd_process_vm_fault) and ROCr reports no second fault. Other errors stop one queue.

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hsa_host/hsa.hpp"

namespace gcn::hsa_host {

// Ours: address -> bytes.
using Allocations = std::map<uint64_t, uint64_t>;

// "memory access fault at 0x7f0000002000 (page not present), 4096 bytes past the end of the nearest allocation
// 0x7f0000000000+0x1000"
std::string describe_fault(uint64_t address, uint32_t reasons, const Allocations&);

// What the event thread needs to know of an open device.
class Watch {
public:
    // `wake`: the signals that the device's thread waits for.
    Watch(std::string device, hsa_agent_t, std::vector<hsa_signal_t> wake);
    ~Watch();
    Watch(const Watch&) = delete;

    // Sets a signal that the device is to bring to 0; false when the device was lost, and then nobody must wait for it.
    // Until disarm() a fault is blamed on `kernel`. Neither allocates.
    bool arm(hsa_signal_t, const std::string* kernel = nullptr);
    void disarm();

    bool is_lost() const { return lost.load(std::memory_order_acquire); }
    std::string sentence() const;  // empty while the device lives
    void require_alive() const;    // gcn::Error with the sentence

    // For hsa_queue_create; `data` is the Watch.
    static void queue_error(hsa_status_t, hsa_queue_t*, void* data);
    // For hsa_amd_register_system_event_handler.
    static hsa_status_t system_event(const hsa_amd_event_t*, void*);

private:
    void lose(const std::string& why, const std::string& remedy);

    const std::string device;
    const hsa_agent_t agent;
    const std::vector<hsa_signal_t> wake;
    std::atomic<bool> lost = false;
    std::string why_lost;  // guarded, as is the next, by the one mutex in fault.cpp
    const std::string* running = nullptr;
};

// Every allocation that a kernel may reach is noted here, so that a fault can name the nearest.
void note_allocation(const void*, size_t bytes);
void forget_allocation(const void*);

// ROCr, initialised with the first Session and shut down with the last. After a memory fault the last must have ended
// before another begins: ROCr then starts afresh.
class Session {
public:
    Session();  // gcn::Error when ROCr does not start
    ~Session();
    Session(const Session&) = delete;

    // A memory fault of an earlier Session, unless a device has worked since. The driver may keep the queues of this
    // process stopped: whoever opens a device must see a packet complete before trusting it.
    std::optional<std::string> earlier_fault() const;
    void device_works();
};

}  // namespace gcn::hsa_host
