// Streams on their way: a ring's slots, submission, and waiting that costs little when the device is quick.

#include <immintrin.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "drm_host/check.hpp"
#include "drm_host/context.hpp"
#include "gcn/error.hpp"

namespace gcn::drm_host {
namespace {

constexpr size_t page = 4096;

// In a slot: the stream, what it reports, data.
constexpr size_t report_at = Ring::stream_bytes, data_at = report_at + 256;

uint64_t now_ns() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return uint64_t(t.tv_sec) * 1'000'000'000 + uint64_t(t.tv_nsec);
}

// How long to look at memory before asking the driver, which puts us to sleep. Where cores are few others need them: on
// two, beside the software Polaris, looking made an empty launch take 100 us instead of 24 (tests/bench_drm.cpp).
uint64_t patience_ns() {
    static const uint64_t patience = std::thread::hardware_concurrency() < 4 ? 0 : 50'000;
    return patience;
}

// Looks for a while whether the stream has come to its end.
bool seen_done(const uint32_t* done, uint32_t number) {
    const std::atomic_ref word(*const_cast<uint32_t*>(done));
    const auto there = [&] { return word.load(std::memory_order_acquire) == number; };
    const uint64_t until = now_ns() + patience_ns();
    do {
        for (int i = 0; i < 64; ++i) {
            if (there()) return true;
            _mm_pause();
        }
    } while (now_ns() < until);
    return there();
}

}  // namespace

Ring::Ring(const Device& device, Residents& residents, amdgpu_context_handle context, const RingKind& kind,
           uint32_t index, size_t data_bytes)
    : is(kind),
      index(index),
      residents(residents),
      context(context),
      slot_bytes((data_at + data_bytes + page - 1) & ~(page - 1)),
      memory(device, residents, Block::Place::Gtt, slots * slot_bytes, "for the streams of a ring") {
    GCN_ASSERT(page % is.alignment == 0);
}

Ring::Slot Ring::next_slot() noexcept {
    ++number;
    const size_t start = number % slots * slot_bytes;
    const uint64_t report = memory.address() + start + report_at;
    const auto reported = [&](size_t i) { return reinterpret_cast<const uint64_t*>(at(start + report_at) + 8 * i); };
    return {Words({reinterpret_cast<uint32_t*>(at(start)), stream_bytes / 4}),
            {.begin = report, .end = report + 8, .done = report + 16, .number = number},
            at(start + data_at),
            memory.address() + start + data_at,
            reported(0),
            reported(1),
            reinterpret_cast<const uint32_t*>(reported(2))};
}

int Ring::submit(const Slot& slot, uint64_t& ticket) noexcept {
    const auto kind = is.ip == AMDGPU_HW_IP_DMA ? StreamKind::Dma : StreamKind::Compute;
    GCN_ASSERT(objection(slot.words.written(), kind, is.padding).empty());
    amdgpu_cs_ib_info stream{};
    stream.ib_mc_address = slot.report.begin - report_at;
    stream.size = uint32_t(slot.words.count());
    amdgpu_cs_request request{};
    request.ip_type = is.ip;
    request.ring = index;
    request.number_of_ibs = 1;
    request.ibs = &stream;
    const int error = residents.with_list([&](amdgpu_bo_list_handle list) {
        request.resources = list;
        return drm().amdgpu_cs_submit(context, 0, &request, 1);
    });
    ticket = request.seq_no;
    return error;
}

// A fence can come without the end of the stream: Linux 6.1 signals that of a job it has killed.
int Ring::wait(const Slot& slot, uint64_t ticket) noexcept {
    if (seen_done(slot.done, slot.report.number)) return 0;
    amdgpu_cs_fence fence{};
    fence.context = context;
    fence.ip_type = is.ip;
    fence.ring = index;
    fence.fence = ticket;
    uint32_t expired = 0;
    if (const int error = drm().amdgpu_cs_query_fence_status(&fence, AMDGPU_TIMEOUT_INFINITE, 0, &expired))
        return error;
    return std::atomic_ref(*const_cast<uint32_t*>(slot.done)).load(std::memory_order_acquire) == slot.report.number
               ? 0
               : -ECANCELED;
}

}  // namespace gcn::drm_host
