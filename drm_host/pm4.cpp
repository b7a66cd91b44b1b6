#include "drm_host/pm4.hpp"

#include <algorithm>

#include "gcn/error.hpp"

namespace gcn::drm_host {

namespace pm4 = isa::pm4;
namespace sdma = isa::sdma;
namespace reg = isa::reg;

// ---- words ----------------------------------------------------------------------------------------------------------

void Words::add(std::span<const uint32_t> words) {
    GCN_ASSERT(words.size() <= room.size() - used);
    std::copy(words.begin(), words.end(), room.begin() + ptrdiff_t(used));
    used += words.size();
}

void Words::add(std::initializer_list<uint32_t> words) { add(std::span(words)); }

void Words::packet(pm4::Op op, std::initializer_list<uint32_t> body) {
    const bool compute = op == pm4::Op::DISPATCH_DIRECT;
    add({pm4::header(op, uint32_t(body.size()), compute)});
    add(body);
}

void Words::packet(sdma::Op op, std::initializer_list<uint32_t> rest) {
    add({sdma::header(op)});
    add(rest);
}

void Words::set(uint32_t first, std::span<const uint32_t> values) {
    const bool sh = isa::sh_space.holds(first);
    const isa::RegisterSpace& space = sh ? isa::sh_space : isa::uconfig_space;
    GCN_ASSERT(space.holds(first) && space.holds(first + uint32_t(values.size()) - 1));
    add({pm4::header(sh ? pm4::Op::SET_SH_REG : pm4::Op::SET_UCONFIG_REG, uint32_t(values.size()) + 1),
         pm4::SET_CONFIG_REG_OFFSET(first - space.first)});
    add(values);
}

void Words::pad(uint32_t multiple, uint32_t filler) {
    while (used % multiple) add({filler});
}

// ---- parts of a PM4 stream ------------------------------------------------------------------------------------------

// As Linux 6.1 for AMDGPU_IB_FLAG_EMIT_MEM_SYNC: gfx_v8_0.c, gfx_v8_0_emit_mem_sync_compute.
void acquire(Words& w) {
    constexpr uint32_t caches = reg::CP_COHER_CNTL__TC_WB_ACTION_ENA(1) | reg::CP_COHER_CNTL__TC_ACTION_ENA(1) |
                                reg::CP_COHER_CNTL__TCL1_ACTION_ENA(1) | reg::CP_COHER_CNTL__SH_KCACHE_ACTION_ENA(1) |
                                reg::CP_COHER_CNTL__SH_ICACHE_ACTION_ENA(1);
    constexpr uint32_t all_low = ~0u, all_high = 0xff, poll_interval = 10;
    w.packet(pm4::Op::ACQUIRE_MEM, {caches, all_low, all_high, 0, 0, poll_interval});
}

void clock_now(Words& w, uint64_t to) {
    w.packet(pm4::Op::COPY_DATA, {pm4::COPY_DATA_SRC_SEL(pm4::SEL_TIMESTAMP) | pm4::COPY_DATA_DST_SEL(pm4::SEL_MEMORY) |
                                      pm4::COPY_DATA_IS_64(1) | pm4::COPY_DATA_CONFIRM(1),
                                  0, 0, low(to), high(to)});
}

static void release_mem(Words& w, uint32_t event, uint32_t data_sel, uint64_t to, uint32_t value) {
    w.packet(pm4::Op::RELEASE_MEM,
             {event | pm4::RELEASE_MEM_INDEX(pm4::EVENT_INDEX_END_OF_PIPE),
              pm4::RELEASE_MEM_DATA_SEL(data_sel) | pm4::RELEASE_MEM_INT_SEL(pm4::INT_SEL_AFTER_CONFIRM), low(to),
              high(to), value, 0});
}

void clock_at_end(Words& w, uint64_t to) {
    release_mem(w, pm4::RELEASE_MEM_TYPE(pm4::EVENT_BOTTOM_OF_PIPE_TS), pm4::DATA_SEL_GPU_CLOCK, to, 0);
}

void release(Words& w, uint64_t to, uint32_t value) {
    release_mem(w,
                pm4::RELEASE_MEM_TYPE(pm4::EVENT_CACHE_FLUSH_AND_INV_TS) | pm4::RELEASE_MEM_TC_WB(1) |
                    pm4::RELEASE_MEM_TC(1) | pm4::RELEASE_MEM_TCL1(1),
                pm4::DATA_SEL_VALUE_32, to, value);
}

// Not CS_PARTIAL_FLUSH: PAL avoids that on gfx8's compute queues, as it "isn't supported on engines that have compute
// wave save restore (CWSR) enabled", and does this instead: gfx6CmdUtil.cpp, BuildWaitCsIdle.
void wait_idle(Words& w, uint64_t at) {
    constexpr uint32_t before = 0x11111111, after = 0x22222222, poll_interval = 4;
    w.packet(pm4::Op::WRITE_DATA,
             {pm4::WRITE_DATA_DST_SEL(pm4::SEL_MEMORY) | pm4::WRITE_DATA_CONFIRM(1), low(at), high(at), before});
    release_mem(w, pm4::RELEASE_MEM_TYPE(pm4::EVENT_BOTTOM_OF_PIPE_TS), pm4::DATA_SEL_VALUE_32, at, after);
    w.packet(pm4::Op::WAIT_REG_MEM,
             {pm4::WAIT_REG_MEM_FUNCTION(pm4::FUNCTION_EQUAL) | pm4::WAIT_REG_MEM_SPACE(pm4::SPACE_MEMORY), low(at),
              high(at), after, ~0u, poll_interval});
}

// A packet counts bytes in 21 bits; whole lines of 32 bytes are faster. The last one waits for all before it.
void copy_by_cp(Words& w, uint64_t to, uint64_t from, uint64_t bytes) {
    constexpr uint64_t most = (1 << 21) - 32;
    while (bytes) {
        const auto part = uint32_t(std::min(bytes, most));
        w.packet(pm4::Op::DMA_DATA, {pm4::DMA_DATA_SRC_SEL(pm4::DMA_SEL_L2) | pm4::DMA_DATA_DST_SEL(pm4::DMA_SEL_L2) |
                                         pm4::DMA_DATA_CP_SYNC(part == bytes),
                                     low(from), high(from), low(to), high(to), pm4::DMA_DATA_BYTES(part)});
        from += part, to += part, bytes -= part;
    }
}

// Registers that lie side by side go into one packet. All of them, because nobody resets a compute ring's registers
// between the jobs of different programs.
void set_registers(Words& w, const Dispatch& d) {
    static_assert(reg::COMPUTE_NUM_THREAD_X == reg::COMPUTE_START_Z + 1);
    static_assert(reg::COMPUTE_PERFCOUNT_ENABLE == reg::COMPUTE_START_X + 7);
    static_assert(reg::COMPUTE_PGM_LO == reg::COMPUTE_START_X + 8);
    static_assert(reg::COMPUTE_STATIC_THREAD_MGMT_SE3 == reg::COMPUTE_RESOURCE_LIMITS + 5);
    constexpr uint32_t every_cu = ~0u;
    const auto threads = [&](int i) {
        // "should be an entire block size, not 0": RADV, radv_emit_dispatch_packets
        const uint32_t last = d.last[i] ? d.last[i] : d.threads[i];
        return reg::COMPUTE_NUM_THREAD_X__NUM_THREAD_FULL(d.threads[i]) |
               reg::COMPUTE_NUM_THREAD_X__NUM_THREAD_PARTIAL(last);
    };
    // The window of counters is always open: whoever counts, on whatever ring, counts this work in all blocks.
    constexpr uint32_t no_statistics = 0, window_open = 1;
    w.set(reg::COMPUTE_START_X, {0, 0, 0, threads(0), threads(1), threads(2), no_statistics, window_open,
                                 uint32_t(d.entry >> 8), uint32_t(d.entry >> 40)});
    w.set(reg::COMPUTE_PGM_RSRC1, {d.rsrc1, d.rsrc2});
    w.set(reg::COMPUTE_RESOURCE_LIMITS, {d.limits, every_cu, every_cu, d.tmpring, every_cu, every_cu});
    if (!d.user_data.empty()) w.set(reg::COMPUTE_USER_DATA_0, d.user_data);
}

// ORDER_MODE lets waves begin out of order, as Mesa does (ac_gpu_info, radv_emit_dispatch_packets).
void dispatch(Words& w, const Dispatch& d) {
    const bool partial = d.last[0] || d.last[1] || d.last[2];
    w.packet(pm4::Op::DISPATCH_DIRECT, {d.groups[0], d.groups[1], d.groups[2],
                                        reg::COMPUTE_DISPATCH_INITIATOR__COMPUTE_SHADER_EN(1) |
                                            reg::COMPUTE_DISPATCH_INITIATOR__PARTIAL_TG_EN(partial) |
                                            reg::COMPUTE_DISPATCH_INITIATOR__FORCE_START_AT_000(1) |
                                            reg::COMPUTE_DISPATCH_INITIATOR__ORDER_MODE(1)});
}

// ---- whole streams --------------------------------------------------------------------------------------------------

void write_launch(Words& w, const Dispatch& d, const Report& report, uint32_t multiple) {
    acquire(w);
    set_registers(w, d);
    clock_now(w, report.begin);
    dispatch(w, d);
    clock_at_end(w, report.end);
    release(w, report.done, report.number);
    w.pad(multiple, compute_padding);
}

void write_copy_by_cp(Words& w, uint64_t to, uint64_t from, uint64_t bytes, const Report& report, uint32_t multiple) {
    acquire(w);
    copy_by_cp(w, to, from, bytes);
    release(w, report.done, report.number);
    w.pad(multiple, compute_padding);
}

// Of 22 bits for the bytes the hardware takes not all: Linux 6.1, sdma_v3_0.c, "copy_max_bytes".
void write_copy_by_dma(Words& w, uint64_t to, uint64_t from, uint64_t bytes, const Report& report, uint32_t multiple) {
    constexpr uint64_t most = 0x3fffe0;
    while (bytes) {
        const auto part = uint32_t(std::min(bytes, most));
        w.packet(sdma::Op::COPY_LINEAR, {sdma::COPY_BYTES(part), 0, low(from), high(from), low(to), high(to)});
        from += part, to += part, bytes -= part;
    }
    w.packet(sdma::Op::FENCE, {low(report.done), high(report.done), report.number});
    w.pad(multiple, dma_padding);
}

}  // namespace gcn::drm_host
