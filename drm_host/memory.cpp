// Memory of the device: buffers with addresses of the GPU's, and copies by its own engines through pinned host memory.

#include <algorithm>
#include <cstring>

#include "drm_host/context.hpp"
#include "gcn/error.hpp"

namespace gcn::drm_host {
namespace {

constexpr size_t page = 4096;

// Page tables have fragments of 2 MiB: DEV_INFO, pte_fragment_size.
constexpr size_t fragment = 2 << 20;

constexpr const char* less = "a smaller problem, or fewer buffers at a time";

size_t round_up(size_t bytes) { return (std::max<size_t>(bytes, 1) + page - 1) & ~(page - 1); }

amdgpu_bo_alloc_request request(Block::Place place, size_t bytes, size_t alignment) {
    amdgpu_bo_alloc_request r{};
    r.alloc_size = bytes;
    r.phys_alignment = alignment;
    r.preferred_heap = place == Block::Place::Gtt ? AMDGPU_GEM_DOMAIN_GTT : AMDGPU_GEM_DOMAIN_VRAM;
    if (place == Block::Place::Vram) r.flags = AMDGPU_GEM_CREATE_NO_CPU_ACCESS;
    if (place == Block::Place::MappedVram) r.flags = AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED;
    return r;
}

class DrmMemory : public Memory {
public:
    DrmMemory(std::shared_ptr<Context> owner, Block::Place place, size_t bytes, const std::string& what)
        : context(std::move(owner)), block(context->device, context->residents, place, bytes, what) {
        this->bytes = bytes;
        address = block.address();
        if (place == Block::Place::Gtt) host = block.data();
        if (!host) context->vram_used += block.size();
    }
    ~DrmMemory() override {
        if (!host) context->vram_used -= block.size();
    }

    void write(const void* from, size_t count, size_t offset) override {
        require_inside(offset, count);
        if (count == 0) return;
        if (block.data())
            std::memcpy(block.data() + offset, from, count);
        else
            context->write(address + offset, from, count);
    }

    // VRAM is never read where it is mapped: that is slow, and what a kernel has written is there only when the driver
    // has emptied the bus' cache (HDP), which may be after the end of a launch.
    void read(void* to, size_t count, size_t offset) const override {
        require_inside(offset, count);
        if (count == 0) return;
        if (host)
            std::memcpy(to, host + offset, count);
        else
            context->read(to, address + offset, count);
    }

private:
    void require_inside(size_t offset, size_t count) const {
        GCN_ASSERT(offset <= bytes && count <= bytes - offset);
        context->loss.require_none();
    }

    const std::shared_ptr<Context> context;
    Block block;
};

}  // namespace

// ---- buffers --------------------------------------------------------------------------------------------------------

Block::Block(const Device& device, Residents& residents, Place place, size_t asked, const std::string& what)
    : residents(residents), bytes(round_up(asked)) {
    const std::string task = "allocate " + std::to_string(asked) + " bytes " + what;
    const size_t alignment = bytes >= fragment ? fragment : page;
    try {
        amdgpu_bo_alloc_request r = request(place, bytes, alignment);
        check(drm().amdgpu_bo_alloc(device, &r, &buffer), task, less);
        check(drm().amdgpu_va_range_alloc(device, amdgpu_gpu_va_range_general, bytes, alignment, 0, &gpu, &range, 0),
              task, less);
        check(drm().amdgpu_bo_va_op(buffer, 0, bytes, gpu, 0, AMDGPU_VA_OP_MAP), task, less);
        mapped = true;
        if (place != Place::Vram) check(drm().amdgpu_bo_cpu_map(buffer, &host), task, less);
        residents.add(buffer);
        resident = true;
    } catch (const Error&) {
        take_apart();
        throw;
    }
}

Block::~Block() { take_apart(); }

void Block::take_apart() noexcept {
    if (resident) residents.remove(buffer);
    if (host) drm().amdgpu_bo_cpu_unmap(buffer);
    if (mapped) drm().amdgpu_bo_va_op(buffer, 0, bytes, gpu, 0, AMDGPU_VA_OP_UNMAP);
    if (range) drm().amdgpu_va_range_free(range);
    if (buffer) drm().amdgpu_bo_free(buffer);
}

// ---- the list of buffers --------------------------------------------------------------------------------------------

Residents::~Residents() {
    if (list) drm().amdgpu_bo_list_destroy(list);
}

// The old list stays when there is no memory for a new one.
int Residents::renew() {
    amdgpu_bo_list_handle next = nullptr;
    if (!buffers.empty())
        if (const int error =
                drm().amdgpu_bo_list_create(device, uint32_t(buffers.size()), buffers.data(), nullptr, &next))
            return error;
    if (list) drm().amdgpu_bo_list_destroy(list);
    list = next;
    return 0;
}

void Residents::add(amdgpu_bo_handle buffer) {
    const std::unique_lock lock(guard);
    buffers.push_back(buffer);
    if (const int error = renew()) {
        buffers.pop_back();
        check(error, "list " + std::to_string(buffers.size() + 1) + " buffers for the driver", less);
    }
}

void Residents::remove(amdgpu_bo_handle buffer) noexcept {
    const std::unique_lock lock(guard);
    std::erase(buffers, buffer);
    renew();
}

// ---- copies ---------------------------------------------------------------------------------------------------------

void Context::start_copy(Ring::Slot& slot, uint64_t& ticket, uint64_t to, uint64_t from, size_t bytes) {
    loss.require_none();
    const auto write_stream = copier->is.ip == AMDGPU_HW_IP_DMA ? write_copy_by_dma : write_copy_by_cp;
    write_stream(slot.words, to, from, bytes, slot.report, copier->is.padding);
    if (const int error = copier->submit(slot, ticket)) {
        lose(nullptr, error);
        loss.require_none();
    }
}

void Context::finish_copy(const Ring::Slot& slot, uint64_t ticket) {
    if (const int error = copier->wait(slot, ticket)) lose(nullptr, error);
    loss.require_none();
}

// Both take chunk after chunk through the halves of the staging block in turn: while the device copies one, the host
// copies the other.
void Context::write(uint64_t to, const void* from, size_t bytes) {
    const std::lock_guard lock(copying);
    std::optional<Ring::Slot> under_way[2];
    uint64_t tickets[2];
    for (size_t start = 0, chunk = 0; start < bytes; start += staging_half, ++chunk) {
        const size_t half = chunk % 2, offset = half * staging_half, count = std::min(bytes - start, staging_half);
        if (under_way[half]) finish_copy(*under_way[half], tickets[half]);
        std::memcpy(staging->data() + offset, static_cast<const std::byte*>(from) + start, count);
        under_way[half].emplace(copier->next_slot());
        start_copy(*under_way[half], tickets[half], to + start, staging->address() + offset, count);
    }
    for (size_t half : {0, 1})
        if (under_way[half]) finish_copy(*under_way[half], tickets[half]);
}

void Context::read(void* to, uint64_t from, size_t bytes) {
    const std::lock_guard lock(copying);
    struct Chunk {
        Ring::Slot slot;
        uint64_t ticket;
        size_t start, count, offset;
    };
    std::optional<Chunk> before;
    const auto arrive = [&](const Chunk& c) {
        finish_copy(c.slot, c.ticket);
        std::memcpy(static_cast<std::byte*>(to) + c.start, staging->data() + c.offset, c.count);
    };
    for (size_t start = 0, chunk = 0; start < bytes; start += staging_half, ++chunk) {
        Chunk next{copier->next_slot(), 0, start, std::min(bytes - start, staging_half), chunk % 2 * staging_half};
        start_copy(next.slot, next.ticket, staging->address() + next.offset, from + start, next.count);
        if (before) arrive(*before);
        before.emplace(next);
    }
    if (before) arrive(*before);
}

// ---- memory of the interface ----------------------------------------------------------------------------------------

std::shared_ptr<Memory> allocate(std::shared_ptr<Context> context, size_t bytes) {
    context->loss.require_none();
    const DeviceInfo& info = context->device.info;
    // The driver would put what is too much into the host's memory, and say nothing.
    if (const uint64_t used = context->vram_used; bytes > info.memory_bytes || used > info.memory_bytes - bytes)
        fail({.what = "allocate " + std::to_string(bytes) + " bytes on " + info.name,
              .why = "it has " + std::to_string(info.memory_bytes) + " bytes in all" +
                     (used ? ", " + std::to_string(used) + " of them in use" : ""),
              .remedy = less});
    const bool mapped = context->options.map_vram && context->device.all_visible;
    return std::make_shared<DrmMemory>(context, mapped ? Block::Place::MappedVram : Block::Place::Vram, bytes,
                                       "on " + info.name);
}

std::shared_ptr<Memory> allocate_pinned(std::shared_ptr<Context> context, size_t bytes) {
    context->loss.require_none();
    return std::make_shared<DrmMemory>(context, Block::Place::Gtt, bytes, "of pinned host memory");
}

}  // namespace gcn::drm_host
