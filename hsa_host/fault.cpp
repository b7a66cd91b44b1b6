#include "hsa_host/fault.hpp"

#include <cstdio>
#include <set>

#include "gcn/error.hpp"

namespace gcn::hsa_host {
namespace {

// Never destroyed: the event thread outlives main().
struct Known {
    std::mutex mutex;  // of all below but the sessions
    std::set<Watch*> devices;
    Allocations allocations;
    std::string memory_fault;  // of the sessions open now, or of earlier ones

    std::mutex session_mutex;  // never taken by the event thread, for which hsa_shut_down waits
    int sessions = 0;
};
Known& known() {
    static Known& k = *new Known;
    return k;
}
using Lock = std::lock_guard<std::mutex>;

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

std::string reason(uint32_t mask) {
    // clang-format off
    static constexpr struct { uint32_t bit; const char* text; } reasons[] = {
        {HSA_AMD_MEMORY_FAULT_PAGE_NOT_PRESENT, "page not present"},
        {HSA_AMD_MEMORY_FAULT_READ_ONLY,        "write to a read-only page"},
        {HSA_AMD_MEMORY_FAULT_NX,               "page not executable"},
        {HSA_AMD_MEMORY_FAULT_HOST_ONLY,        "page only for the host"},
        {HSA_AMD_MEMORY_FAULT_DRAMECC,          "uncorrectable error of the memory"},
        {HSA_AMD_MEMORY_FAULT_SRAMECC,          "uncorrectable error of the registers"},
        {uint32_t(HSA_AMD_MEMORY_FAULT_HANG),   "reset after a hang"},
        {HSA_AMD_MEMORY_FAULT_IMPRECISE,        "address not exact"},
    };
    // clang-format on
    std::string all;
    for (const auto& r : reasons)
        if (mask & r.bit) all += (all.empty() ? "" : ", ") + std::string(r.text);
    return all.empty() ? "no reason given" : all;
}

constexpr const char* memory_remedy = "check the addresses and sizes that the kernel was given";
constexpr const char* queue_remedy = "check that the kernel was made for gfx803 and is launched as its header says";

}  // namespace

std::string describe_fault(uint64_t address, uint32_t reasons, const Allocations& allocations) {
    const std::string fault = "memory access fault at " + hex(address) + " (" + reason(reasons) + "), ";
    if (allocations.empty()) return fault + "with nothing allocated";

    const auto after = allocations.upper_bound(address);
    const auto before = after == allocations.begin() ? allocations.end() : std::prev(after);
    const auto name = [](auto a) { return hex(a->first) + "+" + hex(a->second); };
    if (before != allocations.end() && address - before->first < before->second)
        return fault + "inside the allocation " + name(before);

    const uint64_t past = before == allocations.end() ? UINT64_MAX : address - (before->first + before->second);
    const uint64_t short_of = after == allocations.end() ? UINT64_MAX : after->first - address;
    if (past <= short_of)
        return fault + std::to_string(past) + " bytes past the end of the nearest allocation " + name(before);
    return fault + std::to_string(short_of) + " bytes before the nearest allocation " + name(after);
}

Watch::Watch(std::string device, hsa_agent_t agent, std::vector<hsa_signal_t> wake)
    : device(std::move(device)), agent(agent), wake(std::move(wake)) {
    Lock lock(known().mutex);
    known().devices.insert(this);
}

Watch::~Watch() {
    Lock lock(known().mutex);
    known().devices.erase(this);
}

// Under the mutex, as lose(): a signal is not set again after the loss that should wake its waiter.
bool Watch::arm(hsa_signal_t signal, const std::string* kernel) {
    Lock lock(known().mutex);
    if (lost) return false;
    running = kernel;
    hsa().hsa_signal_store_relaxed(signal, 1);
    return true;
}

void Watch::disarm() {
    Lock lock(known().mutex);
    running = nullptr;
}

std::string Watch::sentence() const {
    Lock lock(known().mutex);
    return why_lost;
}

void Watch::require_alive() const {
    if (is_lost()) throw Error(Fault::Failed, sentence());
}

// With the mutex held. The sentence is there before anybody is woken.
void Watch::lose(const std::string& why, const std::string& remedy) {
    if (lost) return;
    why_lost = running ? text({"run " + *running, why, remedy})
                       : text({"use " + device, "it was lost to a fault outside its own kernels: " + why, remedy});
    lost.store(true, std::memory_order_release);
    for (hsa_signal_t s : wake) hsa().hsa_signal_store_screlease(s, 0);
}

void Watch::queue_error(hsa_status_t status, hsa_queue_t*, void* data) {
    Lock lock(known().mutex);
    static_cast<Watch*>(data)->lose(words(status), queue_remedy);
}

// An error leaves the fault to ROCr, which prints it and ends the process: right when it is not a device of ours.
hsa_status_t Watch::system_event(const hsa_amd_event_t* event, void*) {
    if (event->event_type != HSA_AMD_GPU_MEMORY_FAULT_EVENT) return HSA_STATUS_ERROR;
    const hsa_amd_gpu_memory_fault_info_t& fault = event->memory_fault;
    Known& k = known();
    Lock lock(k.mutex);
    const std::string why = describe_fault(fault.virtual_address, fault.fault_reason_mask, k.allocations);
    hsa_status_t ours = HSA_STATUS_ERROR;
    for (Watch* device : k.devices) {
        if (device->agent.handle != fault.agent.handle) continue;
        device->lose(why, memory_remedy);
        k.memory_fault = why;
        ours = HSA_STATUS_SUCCESS;
    }
    return ours;
}

void note_allocation(const void* address, size_t bytes) {
    Lock lock(known().mutex);
    known().allocations[reinterpret_cast<uint64_t>(address)] = bytes;
}

void forget_allocation(const void* address) {
    Lock lock(known().mutex);
    known().allocations.erase(reinterpret_cast<uint64_t>(address));
}

Session::Session() {
    Known& k = known();
    Lock lock(k.session_mutex);
    if (k.sessions > 0) {
        if (const auto fault = earlier_fault())
            fail({.what = "open the device",
                  .why = "it was lost to a " + *fault + ", and is still in use",
                  .remedy = "let go of the lost Device with all its Buffers and Plans first"});
    } else {
        check(hsa().hsa_init(), "start ROCr", "gcn info, which says what this machine has");
        const hsa_status_t registered = hsa().hsa_amd_register_system_event_handler(Watch::system_event, nullptr);
        if (registered != HSA_STATUS_SUCCESS) hsa().hsa_shut_down();
        check(registered, "hear of memory faults");
    }
    k.sessions++;
}

Session::~Session() {
    Lock lock(known().session_mutex);
    if (--known().sessions == 0) hsa().hsa_shut_down();
}

std::optional<std::string> Session::earlier_fault() const {
    Lock lock(known().mutex);
    return known().memory_fault.empty() ? std::nullopt : std::optional(known().memory_fault);
}

void Session::device_works() {
    Lock lock(known().mutex);
    known().memory_fault.clear();
}

}  // namespace gcn::hsa_host
