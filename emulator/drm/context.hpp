#pragma once
// Contexts: rings of their own, whose submissions are numbered from 1 each, and whether one of them was given up.

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "emulator/cp/client.hpp"
#include "emulator/cp/device.hpp"
#include "emulator/cp/ring.hpp"
#include "emulator/drm/fence.hpp"

namespace gcn::emulator::drm {

// Rings a context has of each kind: Linux 6.1, amdgpu_ctx.c, amdgpu_ctx_num_entities. Kinds beyond have no engine here.
struct RingKind {
    uint32_t ip, rings;
};
constexpr uint32_t most_rings = 4;
uint32_t rings_of(uint32_t ip);  // 0: no such kind

// The submissions to one ring of a context.
class Entity {
public:
    explicit Entity(std::shared_ptr<Ring> ring) : ring(std::move(ring)) {}

    const std::shared_ptr<Ring> ring;

    // With the context's lock held.
    uint64_t next = 1;  // number of the next submission
    // The fence of submission `number`; of the last one for ~0. Its fence has happened when there is none any more.
    FencePointer find(uint64_t number) const;
    void add(FencePointer);

private:
    std::deque<FencePointer> fences;  // of next - size() to next - 1
};

class Context {
public:
    Context(Device& device, Client& client) : device(device), client(client) {}
    ~Context();  // stops what is under way; never from the scheduler

    std::mutex guard;
    // Made when first asked for. nullptr when there is no such ring.
    Entity* entity(uint32_t ip, uint32_t ring);
    bool idle();

    // The clocks that contexts ask for are the device's: of one context at a time, until it wants none or goes. 0, or
    // -EBUSY when they are another's.
    int choose_clocks(uint32_t level);
    static uint32_t clocks();
    static void forget_parents_clocks();  // in a child of fork()

    std::atomic<bool> guilty{false};
    bool reset_told = false;  // QUERY_STATE has said so, under `guard`

private:
    Device& device;
    Client& client;
    std::map<std::pair<uint32_t, uint32_t>, std::unique_ptr<Entity>> entities;
};
using ContextPointer = std::shared_ptr<Context>;

}  // namespace gcn::emulator::drm
