#include "emulator/drm/context.hpp"

#include <libdrm/amdgpu_drm.h>

#include <cerrno>

#include "emulator/cp/pm4.hpp"
#include "emulator/cp/sdma.hpp"

namespace gcn::emulator::drm {

namespace {

constexpr RingKind kinds[] = {{AMDGPU_HW_IP_GFX, 1}, {AMDGPU_HW_IP_COMPUTE, 4}, {AMDGPU_HW_IP_DMA, 2}};

std::unique_ptr<Engine> engine_of(uint32_t ip, Device& device, Client& client) {
    if (ip == AMDGPU_HW_IP_DMA) return std::make_unique<Sdma>(device, client);
    return std::make_unique<Pm4>(device, client, ip == AMDGPU_HW_IP_GFX ? Pm4::Ring::Gfx : Pm4::Ring::Compute);
}

struct Clocks {
    std::mutex guard;
    const Context* owner = nullptr;
    uint32_t level = AMDGPU_CTX_STABLE_PSTATE_NONE;
};
Clocks* clocks_of_device = new Clocks;

}  // namespace

uint32_t rings_of(uint32_t ip) {
    for (const RingKind& kind : kinds)
        if (kind.ip == ip) return kind.rings;
    return 0;
}

FencePointer Entity::find(uint64_t number) const {
    if (number == ~uint64_t(0)) number = next - 1;
    const uint64_t oldest = next - fences.size();
    return number >= oldest && number < next ? fences[number - oldest] : nullptr;
}

// The driver remembers 32 too, and waits for the one before them: amdgpu_sched_jobs.
void Entity::add(FencePointer fence) {
    fences.push_back(std::move(fence));
    ++next;
    constexpr size_t remembered = 32;
    while (fences.size() > remembered && fences.front()->done()) fences.pop_front();
}

Entity* Context::entity(uint32_t ip, uint32_t ring) {
    if (ring >= rings_of(ip)) return nullptr;
    auto& entity = entities[{ip, ring}];
    if (!entity) {
        auto made = std::make_shared<Ring>(device.scheduler, engine_of(ip, device, client), device.patience);
        device.scheduler.add(made);
        entity = std::make_unique<Entity>(std::move(made));
    }
    return entity.get();
}

bool Context::idle() {
    const std::lock_guard lock(guard);
    for (const auto& [_, entity] : entities)
        if (const FencePointer last = entity->find(~uint64_t(0)); last && !last->done()) return false;
    return true;
}

int Context::choose_clocks(uint32_t level) {
    Clocks& c = *clocks_of_device;
    const std::lock_guard lock(c.guard);
    if (c.owner && c.owner != this) return -EBUSY;
    c.level = level;
    c.owner = level == AMDGPU_CTX_STABLE_PSTATE_NONE ? nullptr : this;
    return 0;
}

uint32_t Context::clocks() {
    Clocks& c = *clocks_of_device;
    const std::lock_guard lock(c.guard);
    return c.level;
}

void Context::forget_parents_clocks() { clocks_of_device = new Clocks; }

Context::~Context() {
    choose_clocks(AMDGPU_CTX_STABLE_PSTATE_NONE);  // refused when they are another's
    for (const auto& [_, entity] : entities) device.scheduler.remove(entity->ring);
}

}  // namespace gcn::emulator::drm
