#pragma once
// Queues that the process has created, and their doorbells.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "emulator/cp/aql.hpp"
#include "emulator/kfd/thunk.hpp"

namespace gcn::emulator::kfd {

class Queues {
public:
    Queues(Device& device, Client& client) : device(device), client(client) {}

    HSAKMT_STATUS create(uint64_t ring, uint64_t bytes, HsaQueueResource&);
    HSAKMT_STATUS suspend(HSA_QUEUEID, bool);
    HSAKMT_STATUS destroy(HSA_QUEUEID);
    bool known(HSA_QUEUEID);

private:
    static constexpr uint64_t most = 1024;  // KFD_MAX_NUM_OF_QUEUES_PER_PROCESS of Linux

    Device& device;
    Client& client;
    std::mutex guard;
    uint64_t* doorbells = nullptr;
    std::map<HSA_QUEUEID, std::shared_ptr<AqlQueue>> queues;
};

}  // namespace gcn::emulator::kfd
