#pragma once
// From a kernel dispatch packet and the kernel's descriptor, or from the registers of a ring, to what the executor
// runs.

#include <hsa/hsa.h>

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "emulator/cp/client.hpp"
#include "emulator/exec/exec.hpp"

namespace gcn::emulator {

// What the packet processor reports through queue_inactive_signal. Meanings: ROCr 5.2.3,
// AqlQueue::DynamicScratchHandler.
enum class QueueError : int64_t {
    NeedScratch = 1,
    BadDimension = 2,
    BadGroupMemory = 4,
    BadCode = 8,
    BadPacket = 32,
    GroupTooLarge = 64,
    TooFewRegisters = 128,
    BadVendorPacket = 256,
    ReturnScratch = 512,
    BadAperture = 0x20000000,
    IllegalInstruction = 0x40000000,
    Trap = 0x80000000,
};

// Why a packet is not executed: for the runtime, and for people.
struct Refusal {
    QueueError error;
    std::string text;
};

// What a queue adds to a packet.
struct QueueState {
    uint64_t packet, queue;  // GPU addresses of the packet and of its amd_queue_t
    uint64_t dispatch_id;
};

std::variant<Dispatch, Refusal> prepare(Client&, const hsa_kernel_dispatch_packet_t&, const QueueState&);

// From COMPUTE_DISPATCH_INITIATOR and the other registers named COMPUTE_*; or why the card would hang or misbehave.
std::variant<Dispatch, std::string> prepare(Client&, const std::function<uint32_t(uint32_t dword)>& registers);

}  // namespace gcn::emulator
