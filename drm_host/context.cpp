// What an open device consists of, and what becomes of it when it is lost.

#include "drm_host/context.hpp"

#include <algorithm>
#include <cerrno>

#include "gcn/error.hpp"

namespace gcn::drm_host {
namespace {

amdgpu_context_handle new_context(const Device& device) {
    amdgpu_context_handle handle = nullptr;
    check(drm().amdgpu_cs_ctx_create(device, &handle), "create a context on " + device.info.name);
    return handle;
}

constexpr const char* look = "dmesg, which says what the card reported; then open the device again";

// Why the driver takes no more work of a context, and what to do about it.
std::pair<std::string, std::string> reason(amdgpu_context_handle context, int error) {
    uint64_t flags = 0;
    const bool told = drm().amdgpu_cs_query_reset_state2(context, &flags) == 0;
    if (told && flags & AMDGPU_CTX_QUERY2_FLAGS_GUILTY)
        return {"the card could not finish it, and the driver has given up this program's work",
                "check the addresses and sizes that the kernel was given; dmesg says what the card reported"};
    if (told && flags & AMDGPU_CTX_QUERY2_FLAGS_VRAMLOST)
        return {"the card was reset, and the contents of its memory are lost", look};
    if (told && flags & AMDGPU_CTX_QUERY2_FLAGS_RESET) return {"the card was reset because of other work", look};
    return {"the driver refuses its work: " + words(error), look};
}

}  // namespace

// ---- loss -----------------------------------------------------------------------------------------------------------

std::string Loss::sentence() const {
    const std::lock_guard lock(guard);
    return text;
}

void Loss::require_none() const {
    if (is_lost()) throw Error(Fault::Failed, sentence());
}

void Loss::lose(const std::string& sentence) {
    const std::lock_guard lock(guard);
    if (lost) return;
    text = sentence;
    lost.store(true, std::memory_order_release);
}

void Context::lose(const std::string* kernel, int error) noexcept {
    const auto [why, remedy] = reason(context.handle, error);
    loss.lose(text({kernel ? "run " + *kernel : "copy to or from " + device.info.name, why, remedy}));
}

// ---- what there is --------------------------------------------------------------------------------------------------

Queue::Queue(const Device& device, Residents& residents, amdgpu_context_handle context, uint32_t index)
    : ring(device, residents, context, device.compute, index, kernarg_at + kernarg_bytes) {}

Context::Owned::~Owned() {
    if (handle) drm().amdgpu_cs_ctx_free(handle);
}

Context::Context(const std::string& node, const Options& options)
    : options(options), device(node), residents(device), context{new_context(device)} {
    for (uint32_t i = 0; i < device.compute.rings; ++i)
        queues.push_back(std::make_unique<Queue>(device, residents, context.handle, i));
    const bool dma = options.use_dma && device.dma.rings > 0;
    copier = std::make_unique<Ring>(device, residents, context.handle, dma ? device.dma : device.compute,
                                    dma ? 0 : device.compute.rings - 1, 0);
    staging = std::make_unique<Block>(device, residents, Block::Place::Gtt, 2 * staging_half,
                                      "of pinned host memory for copies");
}

Context::~Context() = default;

Queue& Context::choose(bool with_scratch, std::unique_lock<std::mutex>& lock) noexcept {
    if (!with_scratch)
        for (const auto& queue : queues) {
            lock = std::unique_lock(queue->busy, std::try_to_lock);
            if (lock) return *queue;
        }
    lock = std::unique_lock(queues[0]->busy);
    return *queues[0];
}

// 32 waves for each CU, as Mesa has it (max_scratch_waves); COMPUTE_TMPRING_SIZE has 12 bits for them.
void Context::need_scratch(uint32_t kib) {
    const std::lock_guard lock(queues[0]->busy);
    if (kib <= scratch_kib) return;
    const uint32_t waves = std::min(32u * uint32_t(device.info.cus), isa::reg::COMPUTE_TMPRING_SIZE__WAVES.of(~0u));
    auto more = std::make_unique<Block>(device, residents, Block::Place::Vram, uint64_t(waves) * kib << 10,
                                        "of scratch memory for " + std::to_string(waves) + " waves");
    scratch = std::move(more);
    scratch_waves = waves;
    scratch_kib = kib;
}

}  // namespace gcn::drm_host
