// Memory of the process that the GPU may touch.

#include "emulator/kfd/memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "emulator/kfd/session.hpp"

namespace gcn::emulator::kfd {

namespace {

constexpr uint64_t page = 4096, small_align = 64 << 10, large_align = 2 << 20;

// The program's own memory has GPU addresses with this bit set, which no host address has: HIP tells by the address
// whether memory was registered.
constexpr uint64_t registered_bit = uint64_t(1) << 47;
// Where a registration goes whose natural place another one holds already.
constexpr uint64_t spare_range = registered_bit | uint64_t(0x10) << 40;

uint64_t number(const void* p) { return reinterpret_cast<uint64_t>(p); }
void* pointer(uint64_t address) { return reinterpret_cast<void*>(address); }
uint64_t round_up(uint64_t value, uint64_t to) { return (value + to - 1) & ~(to - 1); }

constexpr int anonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

// Addresses only: whatever is touched later is paid then.
void* map_aligned(uint64_t bytes, uint64_t align) {
    const uint64_t room = bytes + align - page;
    if (room < bytes) return nullptr;
    void* start = mmap(nullptr, room, PROT_READ | PROT_WRITE, anonymous, -1, 0);
    if (start == MAP_FAILED) return nullptr;
    const uint64_t first = round_up(number(start), align), end = number(start) + room;
    if (first > number(start)) munmap(start, first - number(start));
    if (end > first + bytes) munmap(pointer(first + bytes), end - first - bytes);
    return pointer(first);
}

void* map_at(void* place, uint64_t bytes) {
    void* start = mmap(place, bytes, PROT_READ | PROT_WRITE, anonymous | MAP_FIXED_NOREPLACE, -1, 0);
    return start == MAP_FAILED ? nullptr : start;
}

// An AQL ring of gfx7 and gfx8: the same pages twice, one after the other. They are no file's, whose size a limit
// (ulimit -f) could forbid: shared memory that is moved from a size of 0 stays where it is, too.
void* map_twice(uint64_t bytes) {
    if (bytes > UINT64_MAX / 2) return nullptr;
    void* const start = mmap(nullptr, 2 * bytes, PROT_NONE, anonymous, -1, 0);
    if (start == MAP_FAILED) return nullptr;
    void* const second = pointer(number(start) + bytes);
    constexpr int shared = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;
    if (mmap(start, bytes, PROT_READ | PROT_WRITE, shared, -1, 0) != MAP_FAILED &&
        mremap(start, 0, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, second) != MAP_FAILED)
        return start;
    munmap(start, 2 * bytes);
    return nullptr;
}

// Makes the program's pages present, as the driver does when it pins them. Kernels before 5.14 cannot say whether they
// are there; then they are believed to be.
enum class Pages { Missing, ReadOnly, Writable };
Pages pin(uint64_t host, uint64_t bytes) {
    const uint64_t first = host & ~(page - 1);
    const uint64_t size = round_up(host + bytes, page) - first;
    if (madvise(pointer(first), size, MADV_POPULATE_WRITE) == 0) return Pages::Writable;
    if (madvise(pointer(first), size, MADV_POPULATE_READ) == 0) return Pages::ReadOnly;
    return errno == EINVAL ? Pages::Writable : Pages::Missing;
}

}  // namespace

HSAKMT_STATUS Memory::allocate(uint32_t node, uint64_t bytes, HsaMemFlags flags, void** address) {
    const auto wants = flags.ui32;
    if (wants.GDSMemory) return HSAKMT_STATUS_NOT_SUPPORTED;
    const std::lock_guard lock(guard);
    const uint64_t charged = node == gpu_node && !wants.Scratch ? bytes : 0;
    if (charged && !device.take_vram(charged)) return HSAKMT_STATUS_NO_MEMORY;

    const uint64_t align = bytes >= large_align ? large_align : wants.Scratch ? small_align : page;
    void* start = wants.AQLQueueMemory ? map_twice(bytes)
                  : wants.FixedAddress ? map_at(*address, bytes)
                                       : map_aligned(bytes, align);
    if (!start) {
        device.give_vram(charged);
        return HSAKMT_STATUS_NO_MEMORY;
    }
    const uint64_t host = number(start);
    const uint64_t mapped = wants.AQLQueueMemory ? 2 * bytes : bytes;
    allocations.emplace(host, Allocation{HSA_POINTER_ALLOCATED, node, flags, host, host, mapped, charged});
    *address = start;
    return HSAKMT_STATUS_SUCCESS;
}

HSAKMT_STATUS Memory::free(void* address) {
    const std::lock_guard lock(guard);
    const auto found = allocations.find(number(address));
    if (found == allocations.end() || found->second.type != HSA_POINTER_ALLOCATED)
        return HSAKMT_STATUS_INVALID_PARAMETER;
    Allocation& a = found->second;
    take_off_gpu(a);
    munmap(pointer(a.host), a.bytes);
    device.give_vram(a.charged);
    allocations.erase(found);
    return HSAKMT_STATUS_SUCCESS;
}

Memory::Allocation* Memory::find_registered(uint64_t host) {
    auto after = registered.upper_bound({host, UINT64_MAX});
    while (after != registered.begin()) {
        Allocation& a = allocations.at((--after)->second);
        if (a.holds_host(host)) return &a;
    }
    return nullptr;
}

// By GPU address, which is the host address of what was allocated here, else by host address.
Memory::Allocation* Memory::find(uint64_t address) {
    auto after = allocations.upper_bound(address);
    if (after != allocations.begin() && (--after)->second.holds_gpu(address)) return &after->second;
    return find_registered(address);
}

uint64_t Memory::free_gpu_address(uint64_t host, uint64_t bytes) const {
    const auto taken = [&](uint64_t first) {
        auto next = allocations.lower_bound(first + bytes);
        return next != allocations.begin() && (--next)->second.gpu + next->second.bytes > first ? &next->second
                                                                                                : nullptr;
    };
    if (!taken(host | registered_bit)) return host | registered_bit;
    uint64_t first = spare_range + host % page;
    while (const Allocation* other = taken(first)) first = round_up(other->gpu + other->bytes, page) + host % page;
    return first;
}

HSAKMT_STATUS Memory::enrol(void* start, uint64_t bytes, HsaMemFlags flags) {
    const uint64_t host = number(start);
    if (host + bytes < host || host + bytes > registered_bit) return HSAKMT_STATUS_INVALID_PARAMETER;
    const std::lock_guard lock(guard);
    if (Allocation* known = find(host); known && known->holds_host(host + bytes - 1)) {
        ++known->registrations;
        return HSAKMT_STATUS_SUCCESS;
    }
    const Pages pages = pin(host, bytes);
    if (pages == Pages::Missing) return HSAKMT_STATUS_INVALID_PARAMETER;
    if (pages == Pages::ReadOnly) flags.ui32.ReadOnly = 1;
    const uint64_t gpu = free_gpu_address(host, bytes);
    allocations.emplace(gpu, Allocation{HSA_POINTER_REGISTERED_USER, cpu_node, flags, host, gpu, bytes});
    registered.emplace(host, gpu);
    return HSAKMT_STATUS_SUCCESS;
}

HSAKMT_STATUS Memory::strike(void* start) {
    const std::lock_guard lock(guard);
    Allocation* a = find(number(start));
    if (!a) return HSAKMT_STATUS_MEMORY_NOT_REGISTERED;
    if (a->type != HSA_POINTER_REGISTERED_USER) {
        a->registrations -= a->registrations > 1;  // the first one is the allocation itself
        return HSAKMT_STATUS_SUCCESS;
    }
    if (--a->registrations > 0) return HSAKMT_STATUS_SUCCESS;
    take_off_gpu(*a);
    registered.erase({a->host, a->gpu});
    allocations.erase(a->gpu);
    return HSAKMT_STATUS_SUCCESS;
}

bool Memory::put_on_gpu(Allocation& a, uint64_t first, uint64_t bytes) {
    if (const auto part = a.on_gpu.find(first); part != a.on_gpu.end()) return part->second >= bytes;
    auto* host = static_cast<std::byte*>(pointer(a.host + (first - a.gpu)));
    if (!space.map({first, first + bytes, host, !a.flags.ui32.ReadOnly, a.node != gpu_node})) return false;
    a.on_gpu.emplace(first, bytes);
    return true;
}

void Memory::take_off_gpu(Allocation& a) {
    for (const auto& [first, bytes] : a.on_gpu) space.unmap(first);
    a.on_gpu.clear();
}

HSAKMT_STATUS Memory::map(void* start, uint64_t bytes, uint64_t* gpu_address) {
    const std::lock_guard lock(guard);
    const uint64_t address = number(start);
    Allocation* a = find(address);
    if (!a) return HSAKMT_STATUS_INVALID_PARAMETER;
    const uint64_t offset = a->holds_gpu(address) ? address - a->gpu : address - a->host;
    if (bytes > a->bytes - offset) return HSAKMT_STATUS_INVALID_PARAMETER;
    const bool part = a->scratch();
    if (part && (offset % page || bytes % page || !bytes)) return HSAKMT_STATUS_INVALID_PARAMETER;
    if (!put_on_gpu(*a, part ? a->gpu + offset : a->gpu, part ? bytes : a->bytes)) return HSAKMT_STATUS_ERROR;
    if (gpu_address) *gpu_address = a->gpu + offset;
    return HSAKMT_STATUS_SUCCESS;
}

HSAKMT_STATUS Memory::unmap(void* start) {
    const std::lock_guard lock(guard);
    const uint64_t address = number(start);
    Allocation* a = find(address);
    if (!a) return HSAKMT_STATUS_INVALID_PARAMETER;
    if (!a->scratch()) {
        take_off_gpu(*a);
        return HSAKMT_STATUS_SUCCESS;
    }
    const auto part = a->on_gpu.find(address);
    if (part == a->on_gpu.end()) return HSAKMT_STATUS_SUCCESS;
    space.unmap(part->first);
    madvise(pointer(part->first), part->second, MADV_DONTNEED);
    a->on_gpu.erase(part);
    return HSAKMT_STATUS_SUCCESS;
}

HSAKMT_STATUS Memory::info(const void* address, HsaPointerInfo& out) {
    static constexpr HSAuint32 gpu_only[] = {gpu_node};
    const std::lock_guard lock(guard);
    const Allocation* a = find(number(address));
    if (!a) return HSAKMT_STATUS_ERROR;
    out.Type = a->type;
    out.Node = a->node;
    out.MemFlags = a->flags;
    out.CPUAddress = pointer(a->host);
    out.GPUAddress = a->gpu;
    out.SizeInBytes = a->bytes;
    out.NRegisteredNodes = a->type == HSA_POINTER_REGISTERED_USER;
    out.RegisteredNodes = gpu_only;
    out.NMappedNodes = !a->on_gpu.empty();
    out.MappedNodes = gpu_only;
    out.UserData = a->user_data;
    return HSAKMT_STATUS_SUCCESS;
}

HSAKMT_STATUS Memory::set_user_data(const void* address, void* data) {
    const std::lock_guard lock(guard);
    Allocation* a = find(number(address));
    if (!a) return HSAKMT_STATUS_INVALID_PARAMETER;
    a->user_data = data;
    return HSAKMT_STATUS_SUCCESS;
}

void* Memory::shared_pages(uint64_t bytes) {
    void* start = map_aligned(bytes, page);
    if (!start) return nullptr;
    space.map({number(start), number(start) + bytes, static_cast<std::byte*>(start), true, true});
    return start;
}

namespace {

bool only_gpu(uint64_t count, const HSAuint32* list) {
    if (count && !list) return false;
    for (uint64_t i = 0; i < count; ++i)
        if (list[i] != gpu_node) return false;
    return true;
}

}  // namespace

}  // namespace gcn::emulator::kfd

using namespace gcn::emulator::kfd;

HSAKMT_STATUS hsaKmtAllocMemory(HSAuint32 node, HSAuint64 bytes, HsaMemFlags flags, void** address) {
    if (!address || !bytes || bytes % page) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session& s) {
        if (node >= nodes) return HSAKMT_STATUS_INVALID_NODE_UNIT;
        return s.memory.allocate(node, bytes, flags, address);
    });
}

HSAKMT_STATUS hsaKmtFreeMemory(void* address, HSAuint64) {
    if (!address) return HSAKMT_STATUS_INVALID_PARAMETER;
    return teardown([&](Session& s) { return s.memory.free(address); });
}

HSAKMT_STATUS hsaKmtRegisterMemoryWithFlags(void* address, HSAuint64 bytes, HsaMemFlags flags) {
    if (!address || !bytes) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session& s) { return s.memory.enrol(address, bytes, flags); });
}

HSAKMT_STATUS hsaKmtRegisterMemory(void* address, HSAuint64 bytes) {
    return hsaKmtRegisterMemoryWithFlags(address, bytes, {});
}

HSAKMT_STATUS hsaKmtRegisterMemoryToNodes(void* address, HSAuint64 bytes, HSAuint64 count, HSAuint32* list) {
    if (!only_gpu(count, list)) return HSAKMT_STATUS_INVALID_NODE_UNIT;
    return hsaKmtRegisterMemoryWithFlags(address, bytes, {});
}

HSAKMT_STATUS hsaKmtDeregisterMemory(void* address) {
    return teardown([&](Session& s) { return s.memory.strike(address); });
}

HSAKMT_STATUS hsaKmtMapMemoryToGPU(void* address, HSAuint64 bytes, HSAuint64* gpu_address) {
    if (!address) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session& s) { return s.memory.map(address, bytes, gpu_address); });
}

HSAKMT_STATUS hsaKmtMapMemoryToGPUNodes(void* address, HSAuint64 bytes, HSAuint64* gpu_address, HsaMemMapFlags,
                                        HSAuint64 count, HSAuint32* list) {
    if (!only_gpu(count, list)) return HSAKMT_STATUS_INVALID_NODE_UNIT;
    return hsaKmtMapMemoryToGPU(address, bytes, gpu_address);
}

// The runtime may pass nothing.
HSAKMT_STATUS hsaKmtUnmapMemoryToGPU(void* address) {
    return teardown([&](Session& s) { return address ? s.memory.unmap(address) : HSAKMT_STATUS_SUCCESS; });
}

// An unknown address leaves the type HSA_POINTER_UNKNOWN, on which the runtime insists.
HSAKMT_STATUS hsaKmtQueryPointerInfo(const void* address, HsaPointerInfo* info) {
    if (!address || !info) return HSAKMT_STATUS_INVALID_PARAMETER;
    *info = {};
    return call([&](Session& s) { return s.memory.info(address, *info); });
}

HSAKMT_STATUS hsaKmtSetMemoryUserData(const void* address, void* data) {
    if (!address) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session& s) { return s.memory.set_user_data(address, data); });
}

// Coherence is complete already; on a discrete card the driver has no such policy either.
HSAKMT_STATUS hsaKmtSetMemoryPolicy(HSAuint32, HSAuint32, HSAuint32, void*, HSAuint64) {
    return HSAKMT_STATUS_NOT_SUPPORTED;
}
