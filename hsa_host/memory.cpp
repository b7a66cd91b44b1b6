// Memory of the device, and copies through pinned host memory by the device's own engines.

#include <algorithm>
#include <cstring>

#include "hsa_host/context.hpp"

namespace gcn::hsa_host {
namespace {

class HsaMemory : public Memory {
public:
    HsaMemory(std::shared_ptr<Context> owner, size_t bytes)
        : context(std::move(owner)),
          block(context->agents, context->agents.vram, bytes, "on " + context->agents.info.name) {
        this->bytes = bytes;
        address = reinterpret_cast<uint64_t>(block.data());
        note_allocation(block.data(), bytes);
    }
    ~HsaMemory() override { forget_allocation(block.data()); }

    // Both take chunk after chunk through the halves of the staging block in turn: while the device copies one, the
    // host copies the other.
    void write(const void* from, size_t count, size_t offset) override {
        require_inside(offset, count);
        for (size_t chunk = 0; chunk < chunks(count); chunk++) {
            const Slot slot = this->slot(chunk, count);
            if (chunk >= 2) finish(slot);
            std::memcpy(slot.host, static_cast<const std::byte*>(from) + slot.start, slot.count);
            start(slot, block.data() + offset + slot.start, context->agents.gpu, slot.host, context->agents.cpu);
        }
        for (size_t chunk = chunks(count) - std::min<size_t>(2, chunks(count)); chunk < chunks(count); chunk++)
            finish(slot(chunk, count));
    }

    void read(void* to, size_t count, size_t offset) const override {
        require_inside(offset, count);
        for (size_t chunk = 0; chunk < chunks(count) + 1; chunk++) {
            if (chunk < chunks(count)) {
                const Slot slot = this->slot(chunk, count);
                start(slot, slot.host, context->agents.cpu, block.data() + offset + slot.start, context->agents.gpu);
            }
            if (chunk > 0) {
                const Slot slot = this->slot(chunk - 1, count);
                finish(slot);
                std::memcpy(static_cast<std::byte*>(to) + slot.start, slot.host, slot.count);
            }
        }
    }

private:
    // A chunk of a copy: its bytes, and the half of the staging block that they pass through.
    struct Slot {
        size_t start, count;
        std::byte* host;
        hsa_signal_t copied;
    };
    static size_t chunks(size_t count) { return (count + Context::staging_half - 1) / Context::staging_half; }
    Slot slot(size_t chunk, size_t count) const {
        const size_t start = chunk * Context::staging_half, half = chunk % 2;
        return {start, std::min(count - start, Context::staging_half),
                context->staging.data() + half * Context::staging_half, context->copied[half]};
    }

    void require_inside(size_t offset, size_t count) const {
        GCN_ASSERT(offset <= bytes && count <= bytes - offset);
        context->watch.require_alive();
    }

    void start(const Slot& slot, void* to, hsa_agent_t to_agent, const void* from, hsa_agent_t from_agent) const {
        if (!context->watch.arm(slot.copied)) context->watch.require_alive();
        check(hsa().hsa_amd_memory_async_copy(to, to_agent, from, from_agent, slot.count, 0, nullptr, slot.copied),
              "copy " + std::to_string(slot.count) + " bytes to or from " + context->agents.info.name);
    }

    void finish(const Slot& slot) const {
        wait(slot.copied);
        context->watch.require_alive();
    }

    const std::shared_ptr<Context> context;
    Block block;
};

// Memory of the host that the GPU reaches over the bus.
class PinnedMemory : public Memory {
public:
    PinnedMemory(std::shared_ptr<Context> owner, size_t bytes)
        : context(std::move(owner)), block(context->agents, context->agents.host, bytes, "of pinned host memory") {
        this->bytes = bytes;
        host = block.data();
        address = reinterpret_cast<uint64_t>(host);
        note_allocation(host, bytes);
    }
    ~PinnedMemory() override { forget_allocation(host); }

    void write(const void* from, size_t count, size_t offset) override {
        require_inside(offset, count);
        if (count) std::memcpy(host + offset, from, count);
    }
    void read(void* to, size_t count, size_t offset) const override {
        require_inside(offset, count);
        if (count) std::memcpy(to, host + offset, count);
    }

private:
    void require_inside(size_t offset, size_t count) const {
        GCN_ASSERT(offset <= bytes && count <= bytes - offset);
        context->watch.require_alive();
    }

    const std::shared_ptr<Context> context;
    Block block;
};

}  // namespace

Block::Block(const Agents& agents, hsa_amd_memory_pool_t pool, size_t bytes, const std::string& what) {
    const std::string task = "allocate " + std::to_string(bytes) + " bytes " + what;
    constexpr const char* remedy = "a smaller problem, or fewer buffers at a time";
    const uint64_t device = agents.info.memory_bytes;
    if (pool.handle == agents.vram.handle && bytes > device)
        fail({.what = task, .why = "it has " + std::to_string(device) + " bytes in all", .remedy = remedy});
    // ROCr refuses blocks of no bytes, but an empty matrix is legal.
    check(hsa().hsa_amd_memory_pool_allocate(pool, std::max<size_t>(bytes, 1), 0, &address), task, remedy);
    const hsa_status_t access = hsa().hsa_amd_agents_allow_access(1, &agents.gpu, nullptr, address);
    if (access != HSA_STATUS_SUCCESS) hsa().hsa_amd_memory_pool_free(address);
    check(access, task, remedy);
}

Block::~Block() { hsa().hsa_amd_memory_pool_free(address); }

std::shared_ptr<Memory> allocate(std::shared_ptr<Context> context, size_t bytes) {
    context->watch.require_alive();
    return std::make_shared<HsaMemory>(std::move(context), bytes);
}

std::shared_ptr<Memory> allocate_pinned(std::shared_ptr<Context> context, size_t bytes) {
    context->watch.require_alive();
    return std::make_shared<PinnedMemory>(std::move(context), bytes);
}

}  // namespace gcn::hsa_host
