// Buffers and their addresses: Linux 6.1, amdgpu_gem.c, amdgpu_object.c, amdgpu_vm.c.

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "emulator/drm/ioctl.hpp"
#include "emulator/drm/shared.hpp"
#include "emulator/drm/user.hpp"

namespace gcn::emulator::drm {

namespace {

BufferPointer find(File& file, uint32_t handle) {
    const std::lock_guard lock(file.guard);
    const BufferPointer* found = file.buffers.find(handle);
    return found ? *found : nullptr;
}

uint32_t enter(File& file, BufferPointer buffer) {
    const std::lock_guard lock(file.guard);
    return file.buffers.add(std::move(buffer));
}

constexpr uint64_t known_flags = AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED | AMDGPU_GEM_CREATE_NO_CPU_ACCESS |
                                 AMDGPU_GEM_CREATE_CPU_GTT_USWC | AMDGPU_GEM_CREATE_VRAM_CLEARED |
                                 AMDGPU_GEM_CREATE_VM_ALWAYS_VALID | AMDGPU_GEM_CREATE_EXPLICIT_SYNC | discardable;
constexpr uint32_t memory_domains = AMDGPU_GEM_DOMAIN_VRAM | AMDGPU_GEM_DOMAIN_GTT | AMDGPU_GEM_DOMAIN_CPU;
constexpr uint64_t on_chip = AMDGPU_GEM_DOMAIN_GDS | AMDGPU_GEM_DOMAIN_GWS | AMDGPU_GEM_DOMAIN_OA;

// Addresses a program may use: those that DEV_INFO names, and beyond them up to the page tables' end less 2 MiB.
constexpr uint64_t first_address = 2 << 20, hole = uint64_t(1) << 47, hole_end = 0xffff800000000000,
                   last_address = (uint64_t(1) << 36) * page - first_address;

// Pages of the program that are there: the driver looks when asked to validate, else at the first submission. Kernels
// before 5.14 cannot say; later ones say EINVAL of pages that may not be written.
bool has_pages(uint64_t address, uint64_t bytes, bool write) {
    static const bool can_say = madvise(nullptr, 0, MADV_POPULATE_READ) == 0;
    const int advice = write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
    return !can_say || madvise(reinterpret_cast<void*>(address), bytes, advice) == 0;
}

}  // namespace

int gem_create(File& file, drm_amdgpu_gem_create& c) {
    const auto in = c.in;
    c.out = {};
    if (in.domain_flags & ~known_flags) return -EINVAL;
    if (in.domains & ~uint64_t(AMDGPU_GEM_DOMAIN_MASK)) return -EINVAL;
    uint64_t bytes = in.bo_size, flags = in.domain_flags & ~uint64_t(AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED);
    if (in.domains & on_chip) {  // never executed here, so only the object exists
        if (flags & AMDGPU_GEM_CREATE_VM_ALWAYS_VALID) return -EINVAL;
        flags |= AMDGPU_GEM_CREATE_NO_CPU_ACCESS;
    }
    if (!bytes) return -ENOSPC;
    if (bytes > UINT64_MAX - page) return -ENOMEM;
    bytes = (bytes + page - 1) & ~(page - 1);
    if (in.alignment > (uint64_t(1) << 40)) return -ENOMEM;
    auto buffer = Buffer::make(bytes, in.alignment, uint32_t(in.domains), flags);
    if (!buffer) return -ENOMEM;
    c.out.handle = enter(file, std::move(buffer));
    return 0;
}

int gem_mmap(File& file, drm_amdgpu_gem_mmap& m) {
    const uint32_t handle = m.in.handle;
    m.out = {};
    const BufferPointer buffer = find(file, handle);
    if (!buffer) return -ENOENT;
    if (buffer->userptr || buffer->flags & AMDGPU_GEM_CREATE_NO_CPU_ACCESS) return -EPERM;
    m.out.addr_ptr = buffer->offset;
    return 0;
}

int gem_userptr(File& file, drm_amdgpu_gem_userptr& u) {
    constexpr uint32_t known = AMDGPU_GEM_USERPTR_READONLY | AMDGPU_GEM_USERPTR_ANONONLY | AMDGPU_GEM_USERPTR_VALIDATE |
                               AMDGPU_GEM_USERPTR_REGISTER;
    if ((u.addr | u.size) % page || u.flags & ~known) return -EINVAL;
    const bool write = !(u.flags & AMDGPU_GEM_USERPTR_READONLY);
    if (write && !(u.flags & AMDGPU_GEM_USERPTR_REGISTER)) return -EACCES;
    if (!u.size) return -ENOSPC;
    if (u.addr + u.size < u.addr || u.addr + u.size > hole) return -EFAULT;
    if (u.flags & AMDGPU_GEM_USERPTR_VALIDATE && !has_pages(u.addr, u.size, write)) return -EFAULT;
    u.handle = enter(file, Buffer::of_program(u.addr, u.size));
    return 0;
}

int gem_va(File& file, drm_amdgpu_gem_va& v) {
    constexpr uint32_t mapped = AMDGPU_VM_DELAY_UPDATE | AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE |
                                AMDGPU_VM_PAGE_EXECUTABLE | AMDGPU_VM_MTYPE_MASK | no_allocation;
    constexpr uint32_t partial = AMDGPU_VM_DELAY_UPDATE | AMDGPU_VM_PAGE_PRT;
    constexpr uint64_t address_bits = 0xffffffffffff;
    if (v.va_address < first_address) return -EINVAL;
    if (v.va_address >= hole && v.va_address < hole_end) return -EINVAL;
    const uint64_t first = v.va_address & address_bits;
    if (v.map_size > last_address || first > last_address - v.map_size) return -EINVAL;
    if (v.flags & ~mapped && v.flags & ~partial) return -EINVAL;
    if (v.operation < AMDGPU_VA_OP_MAP || v.operation > AMDGPU_VA_OP_REPLACE) return -EINVAL;

    const bool prt = v.flags & AMDGPU_VM_PAGE_PRT, clear = v.operation == AMDGPU_VA_OP_CLEAR;
    std::unique_lock lock(file.guard);
    BufferPointer buffer;
    if (!clear && !prt) {
        const BufferPointer* found = file.buffers.find(v.handle);
        if (!found) return -ENOENT;
        buffer = *found;
    }
    if (v.operation == AMDGPU_VA_OP_UNMAP) return file.unmap(buffer, first);
    if (!v.map_size || (first | v.offset_in_bo | v.map_size) % page) return -EINVAL;
    if (buffer && (v.offset_in_bo > buffer->bytes || v.map_size > buffer->bytes - v.offset_in_bo)) return -EINVAL;
    if (clear || v.operation == AMDGPU_VA_OP_REPLACE)
        if (const int error = file.clear(lock, first, v.map_size)) return error;
    if (clear) return 0;
    return file.map(lock, first, {v.map_size, buffer, v.offset_in_bo, v.flags});
}

int gem_op(File& file, drm_amdgpu_gem_op& o) {
    const BufferPointer buffer = find(file, o.handle);
    if (!buffer) return -ENOENT;
    switch (o.op) {
        case AMDGPU_GEM_OP_GET_GEM_CREATE_INFO: {
            const drm_amdgpu_gem_create_in info{buffer->bytes, buffer->alignment, buffer->preferred, buffer->flags};
            return copy_out(o.value, &info, sizeof info) ? 0 : -EFAULT;
        }
        case AMDGPU_GEM_OP_SET_PLACEMENT:
            if (buffer->userptr) return -EPERM;
            buffer->preferred = uint32_t(o.value) & memory_domains;  // and stays where it is: memory is memory here
            return 0;
        default:
            return -EINVAL;
    }
}

int gem_metadata(File& file, drm_amdgpu_gem_metadata& m) {
    const BufferPointer buffer = find(file, m.handle);
    if (!buffer) return -ENOENT;
    const std::lock_guard lock(buffer->guard);
    if (m.op == AMDGPU_GEM_METADATA_OP_SET_METADATA) {
        if (m.data.data_size_bytes > sizeof m.data.data) return -EINVAL;
        constexpr uint64_t largest_split = 6;
        if (AMDGPU_TILING_GET(m.data.tiling_info, TILE_SPLIT) > largest_split) return -EINVAL;
        buffer->tiling = m.data.tiling_info;
        if (m.data.data_size_bytes) buffer->metadata_flags = m.data.flags;  // else what was there goes, its flags stay
        buffer->metadata.assign(m.data.data, m.data.data + (m.data.data_size_bytes + 3) / 4);
        buffer->metadata_bytes = m.data.data_size_bytes;
    } else if (m.op == AMDGPU_GEM_METADATA_OP_GET_METADATA) {
        m.data.flags = buffer->metadata_flags;
        m.data.tiling_info = buffer->tiling;
        m.data.data_size_bytes = buffer->metadata_bytes;
        std::copy(buffer->metadata.begin(), buffer->metadata.end(), m.data.data);
    }
    return 0;
}

int gem_wait_idle(File& file, drm_amdgpu_gem_wait_idle& w) {
    const auto in = w.in;
    w.out = {};
    const BufferPointer buffer = find(file, in.handle);
    if (!buffer) return -ENOENT;
    const bool idle = wait_until(in.timeout, [&] {
        return std::all_of(buffer->uses.begin(), buffer->uses.end(),
                           [](const Buffer::Use& use) { return use.fence->done(); });
    });
    w.out.status = !idle;
    return 0;
}

int gem_close(File& file, drm_gem_close& c) {
    BufferPointer buffer;  // goes without the lock
    const std::lock_guard lock(file.guard);
    const BufferPointer* found = file.buffers.find(c.handle);
    if (!found) return -EINVAL;
    buffer = *found;
    file.buffers.erase(c.handle);
    const bool other = std::any_of(file.buffers.begin(), file.buffers.end(),
                                   [&](const auto& entry) { return entry.second == buffer; });
    if (!other) file.forget(buffer);
    file.lay_ghosts();
    return 0;
}

int prime_handle_to_fd(File& file, drm_prime_handle& p) {
    if (p.flags & ~uint32_t(DRM_CLOEXEC | DRM_RDWR)) return -EINVAL;
    const BufferPointer buffer = find(file, p.handle);
    if (!buffer) return -ENOENT;
    if (buffer->userptr || buffer->flags & AMDGPU_GEM_CREATE_VM_ALWAYS_VALID) return -EPERM;
    return share(buffer, p.fd);
}

// The handle that this file has for it already, if it has one.
int prime_fd_to_handle(File& file, drm_prime_handle& p) {
    if (fcntl(p.fd, F_GETFD) < 0) return -EBADF;
    const Shared shared = find_shared(p.fd);
    const auto* buffer = std::get_if<BufferPointer>(&shared);
    if (!buffer) return -EINVAL;
    const std::lock_guard lock(file.guard);
    for (const auto& [handle, known] : file.buffers) {
        if (known != *buffer) continue;
        p.handle = handle;
        return 0;
    }
    p.handle = file.buffers.add(*buffer);
    return 0;
}

}  // namespace gcn::emulator::drm
