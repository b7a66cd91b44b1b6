// Queues that the process has created, and their doorbells.

#include "emulator/kfd/queues.hpp"

#include <sys/mman.h>

#include <bit>
#include <cstddef>

#include "emulator/kfd/session.hpp"

namespace gcn::emulator::kfd {

HSAKMT_STATUS Queues::create(uint64_t ring, uint64_t bytes, HsaQueueResource& resource) {
    // The runtime's pointer is that of the read index inside its amd_queue_t.
    const uint64_t queue = resource.QueueRptrValue - offsetof(amd_queue_t, read_dispatch_id);
    const Access access(client.space);
    if (queue % alignof(amd_queue_t) || !access.holds(queue, sizeof(amd_queue_t)) || !access.holds(ring, bytes))
        return HSAKMT_STATUS_INVALID_PARAMETER;
    // `bytes` counts the ring's second mapping too.
    const auto packets = access.read<amd_queue_t>(queue).hsa_queue.size;
    if (!std::has_single_bit(packets) || packets * sizeof(hsa_kernel_dispatch_packet_t) > bytes)
        return HSAKMT_STATUS_INVALID_PARAMETER;

    const std::lock_guard lock(guard);
    if (!doorbells) {
        void* page =
            mmap(nullptr, most * sizeof *doorbells, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) return HSAKMT_STATUS_NO_MEMORY;
        doorbells = static_cast<uint64_t*>(page);
    }
    HSA_QUEUEID id = 0;
    for (const auto& [taken, queue] : queues) {
        if (taken != id) break;
        ++id;
    }
    if (id >= most) return HSAKMT_STATUS_OUT_OF_RESOURCES;

    doorbells[id] = 0;
    const AqlQueue::Place place{queue, ring, packets, reinterpret_cast<uint32_t*>(&doorbells[id])};
    auto made = std::make_shared<AqlQueue>(device, client, place);
    device.scheduler.add(made);
    queues.emplace(id, std::move(made));
    resource.QueueId = id;
    resource.Queue_DoorBell_aql = &doorbells[id];
    return HSAKMT_STATUS_SUCCESS;
}

HSAKMT_STATUS Queues::suspend(HSA_QUEUEID id, bool halted) {
    const std::lock_guard lock(guard);
    const auto found = queues.find(id);
    if (found == queues.end()) return HSAKMT_STATUS_INVALID_HANDLE;
    device.scheduler.suspend(*found->second, halted);
    return HSAKMT_STATUS_SUCCESS;
}

HSAKMT_STATUS Queues::destroy(HSA_QUEUEID id) {
    const std::lock_guard lock(guard);
    const auto found = queues.find(id);
    if (found == queues.end()) return HSAKMT_STATUS_INVALID_HANDLE;
    device.scheduler.remove(found->second);
    queues.erase(found);
    return HSAKMT_STATUS_SUCCESS;
}

bool Queues::known(HSA_QUEUEID id) {
    const std::lock_guard lock(guard);
    return queues.count(id);
}

}  // namespace gcn::emulator::kfd

using namespace gcn::emulator::kfd;

// Other types are refused: without SDMA the runtime copies with kernels, as it does on gfx8 anyway.
HSAKMT_STATUS hsaKmtCreateQueue(HSAuint32 node, HSA_QUEUE_TYPE type, HSAuint32 percentage, HSA_QUEUE_PRIORITY,
                                void* ring, HSAuint64 bytes, HsaEvent*, HsaQueueResource* resource) {
    if (!ring || !bytes || !resource) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session& s) {
        if (node != gpu_node) return HSAKMT_STATUS_INVALID_NODE_UNIT;
        if (type != HSA_QUEUE_COMPUTE_AQL) return HSAKMT_STATUS_NOT_SUPPORTED;
        const auto status = s.queues.create(reinterpret_cast<uint64_t>(ring), bytes, *resource);
        if (status == HSAKMT_STATUS_SUCCESS && !percentage) s.queues.suspend(resource->QueueId, true);
        return status;
    });
}

// 0 percent is how the runtime suspends a queue; shares and priorities have no other effect here.
HSAKMT_STATUS hsaKmtUpdateQueue(HSA_QUEUEID id, HSAuint32 percentage, HSA_QUEUE_PRIORITY, void*, HSAuint64, HsaEvent*) {
    return teardown([&](Session& s) { return s.queues.suspend(id, percentage == 0); });
}

HSAKMT_STATUS hsaKmtDestroyQueue(HSA_QUEUEID id) {
    return teardown([&](Session& s) { return s.queues.destroy(id); });
}

// Which CUs execute a grid changes nothing that can be seen without a timing model.
HSAKMT_STATUS hsaKmtSetQueueCUMask(HSA_QUEUEID id, HSAuint32 bits, HSAuint32* mask) {
    if (!bits || bits % 32 || !mask) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session& s) { return s.queues.known(id) ? HSAKMT_STATUS_SUCCESS : HSAKMT_STATUS_INVALID_HANDLE; });
}

// Chips before gfx9 have no global wave sync.
HSAKMT_STATUS hsaKmtAllocQueueGWS(HSA_QUEUEID, HSAuint32, HSAuint32*) { return HSAKMT_STATUS_NOT_SUPPORTED; }
