#include "emulator/drm/buffer.hpp"

#include <fcntl.h>
#include <libdrm/amdgpu_drm.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>

#include "emulator/cp/board.hpp"
#include "emulator/cp/card.hpp"
#include "emulator/cp/device.hpp"
#include "emulator/drm/node.hpp"

namespace gcn::emulator::drm {

namespace {

uint64_t round_up(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

// Never used twice: the file has room for 2^60 bytes, and what a closed buffer held is given back.
std::atomic<uint64_t> next_offset{page};

Heap heap_of(uint32_t domains) { return domains & AMDGPU_GEM_DOMAIN_VRAM ? Heap::Vram : Heap::Gtt; }

uint64_t limit_of(Heap heap) { return heap == Heap::Vram ? Device::open().vram_bytes() : gtt_bytes(); }

}  // namespace

BufferPointer Buffer::make(uint64_t bytes, uint64_t alignment, uint32_t domains, uint64_t flags) {
    // With several domains VRAM is tried first; what does not fit there goes to GTT, also when only VRAM was named,
    // unless it may be discarded: Linux 6.1, amdgpu_gem_create_ioctl, amdgpu_bo_create.
    uint32_t placed = domains;
    Board& board = Board::open();
    const bool movable = !(flags & discardable);
    if (!board.take(heap_of(placed), bytes, limit_of(heap_of(placed)))) {
        if (heap_of(placed) == Heap::Gtt || !movable) return nullptr;
        placed = AMDGPU_GEM_DOMAIN_GTT;
        if (!board.take(Heap::Gtt, bytes, limit_of(Heap::Gtt))) return nullptr;
    }
    const uint64_t step = std::max(page, round_up(alignment, page));
    uint64_t offset = next_offset.load(), start;
    do start = round_up(offset, step);
    while (!next_offset.compare_exchange_weak(offset, start + bytes));
    void* host = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, memory_file(), off_t(start));
    if (host == MAP_FAILED) {
        board.give(heap_of(placed), bytes);
        return nullptr;
    }
    return BufferPointer(new Buffer(bytes, alignment, placed, flags, start, static_cast<std::byte*>(host), false));
}

BufferPointer Buffer::of_program(uint64_t address, uint64_t bytes) {
    return BufferPointer(
        new Buffer(bytes, page, AMDGPU_GEM_DOMAIN_GTT, 0, 0, reinterpret_cast<std::byte*>(address), true));
}

Buffer::~Buffer() {
    if (userptr) return;
    munmap(host, bytes);
    fallocate(memory_file(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off_t(offset), off_t(bytes));
    Board::open().give(heap_of(domains), bytes);
}

void Buffer::add_use(const File* owner, FencePointer fence) {
    std::erase_if(uses, [](const Use& u) { return u.fence->done(); });
    uses.push_back({owner, std::move(fence)});
}

}  // namespace gcn::emulator::drm
