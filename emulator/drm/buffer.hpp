#pragma once
// Buffers (GEM objects): parts of one file of this process, so that the program maps them by mmap of the device's
// descriptor at the offset that GEM_MMAP tells; or memory of the program itself (userptr).

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "emulator/cp/device.hpp"
#include "emulator/drm/fence.hpp"

namespace gcn::emulator::drm {

constexpr uint64_t page = 4096;

// Of Linux 6.1's amdgpu_drm.h; Debian 12's libdrm is older: AMDGPU_GEM_CREATE_DISCARDABLE, AMDGPU_VM_PAGE_NOALLOC.
constexpr uint64_t discardable = 1 << 12;
constexpr uint32_t no_allocation = 1 << 9;

class File;

class Buffer {
public:
    // nullptr: no memory of that kind is left, or no addresses. Contents are zero.
    static std::shared_ptr<Buffer> make(uint64_t bytes, uint64_t alignment, uint32_t domains, uint64_t flags);
    static std::shared_ptr<Buffer> of_program(uint64_t address, uint64_t bytes);
    ~Buffer();
    Buffer(const Buffer&) = delete;

    const uint64_t bytes, alignment, flags;
    const uint32_t domains;           // where it lies
    std::atomic<uint32_t> preferred;  // where it had better lie: what GEM_OP sets and tells
    const uint64_t offset;            // in the file
    std::byte* const host;
    const bool userptr;

    // What GEM_METADATA keeps, of a buffer that several files may have.
    std::mutex guard;
    uint64_t metadata_flags = 0, tiling = 0;
    std::vector<uint32_t> metadata;
    uint32_t metadata_bytes = 0;

    // Who uses it: submissions by owner, under fence_lock().
    struct Use {
        const File* owner;
        FencePointer fence;
    };
    std::vector<Use> uses;
    void add_use(const File*, FencePointer);  // with fence_lock() held

private:
    Buffer(uint64_t bytes, uint64_t alignment, uint32_t domains, uint64_t flags, uint64_t offset, std::byte* host,
           bool userptr)
        : bytes(bytes),
          alignment(alignment),
          flags(flags),
          domains(domains),
          preferred(domains),
          offset(offset),
          host(host),
          userptr(userptr) {}
};
using BufferPointer = std::shared_ptr<Buffer>;

}  // namespace gcn::emulator::drm
