// Performance counters by libdrm alone: registers written and read by PM4 on a compute ring of our own. The order of
// registers and waits is that of AMD's PAL (2de164b, gfx6PerfExperiment.cpp): docs/perfcounters.md.

#include <algorithm>
#include <cstring>
#include <memory>

#include "backend/counters.hpp"
#include "backend/reason.hpp"
#include "drm_host/context.hpp"
#include "drm_host/node.hpp"
#include "gcn/error.hpp"
#include "isa/chips.hpp"
#include "isa/regs.hpp"
#include "perfcounters/gfx803/tables.hpp"

namespace gcn::drm_host {
namespace {

namespace pc = perfcounters;
namespace pm4 = isa::pm4;
namespace reg = isa::reg;

constexpr uint32_t reset = pm4::PERFMON_RESET, start_counting = pm4::PERFMON_START,
                   stop_and_sample = pm4::PERFMON_STOP | reg::CP_PERFMON_CNTL__PERFMON_SAMPLE_ENABLE(1),
                   start_and_sample = pm4::PERFMON_START | reg::CP_PERFMON_CNTL__PERFMON_SAMPLE_ENABLE(1);
constexpr uint32_t compute_only = 1 << 6;  // the stage bit of SQ_PERFCOUNTER_CTRL: no shaders of the desktop

void set_index(Words& w, uint32_t index) { w.set(reg::GRBM_GFX_INDEX, {index}); }

// A counter to memory: both halves one by one, as their order differs from block to block.
void copy_half(Words& w, uint32_t dword, uint64_t to) {
    w.packet(pm4::Op::COPY_DATA, {pm4::COPY_DATA_SRC_SEL(pm4::SEL_PERF) | pm4::COPY_DATA_DST_SEL(pm4::SEL_MEMORY) |
                                      pm4::COPY_DATA_CONFIRM(1),
                                  dword, 0, low(to), high(to)});
}

// Waves a SIMD holds, which libdrm does not tell, from isa/chips.def: all Polaris alike.
pc::Topology topology_of(const Device& device) {
    const isa::Chip* same = &isa::chips[0];
    for (const isa::Chip& chip : isa::chips)
        if (device.info.name.find(chip.card) != std::string::npos) same = &chip;
    return {device.engines, device.info.cus / device.engines, device.l2_channels, same->waves_per_simd};
}

class DrmCounters final : public Counters {
public:
    DrmCounters(const std::string& node, bool windows)
        : windows(windows),
          device(node),
          topology(topology_of(device)),
          residents(device),
          context(device),
          ring(device, residents, context.handle, device.compute, 0, 8) {}
    ~DrmCounters() override { disarm(); }

    CounterInfo info() const override {
        return {topology, device.info.card ? TimeKind::Measured : TimeKind::Modelled, false};
    }
    // Windows of other queues are theirs: perfcounters.md, "Around or within".
    bool counts(pc::Block block, bool) const override { return windows || pc::row(block).window == pc::Window::Always; }

    void arm(std::span<const Selection> wanted) override {
        disarm();
        selections.assign(wanted.begin(), wanted.end());
        size_t words = 0;
        for (const Selection& s : selections) words += size_t(pc::instances(s.event->block, topology));
        values = std::make_unique<Block>(device, residents, Block::Place::Gtt, std::max<size_t>(words * 8, 8),
                                         "for the values of counters");
        steady = drm().amdgpu_cs_ctx_stable_pstate(context.handle, AMDGPU_CTX_OP_SET_STABLE_PSTATE,
                                                   AMDGPU_CTX_STABLE_PSTATE_PEAK, nullptr) == 0;
        armed = true;
        run([&](Words& w) {
            wait_idle(w, scratch());
            w.set(reg::CP_PERFMON_CNTL, {reset});
            w.set(reg::RLC_PERFMON_CLK_CNTL, {1});
            w.set(reg::SQ_PERFCOUNTER_CTRL, {compute_only, ~0u});
            set_index(w, pc::all_instances);
        });
        for (const Selection& s : selections)
            run([&](Words& w) {
                for (int i = 0; i < registers_of(s); ++i) {
                    const pc::CounterRow& r = row_of(s, i);
                    w.set(r.select, {pc::select_value(*s.event)});
                    if (r.select1) w.set(r.select1, {0});
                }
            });
    }

    void start() override {
        begin = sample(stop_and_sample);
        run([&](Words& w) { w.set(reg::CP_PERFMON_CNTL, {start_counting}); });
        going = true;
    }
    void stop() override {
        end = sample(stop_and_sample);
        going = false;
    }
    CounterSample read() override {
        const CounterSample now = going ? sample(start_and_sample) : end;
        CounterSample difference = now;
        for (size_t s = 0; s < now.values.size(); ++s)
            for (size_t i = 0; i < now.values[s].size(); ++i)
                difference.values[s][i] = counted(begin.values[s][i], now.values[s][i]);
        return difference;
    }

    void disarm() noexcept override {
        if (!armed) return;
        armed = going = false;
        try {
            run([&](Words& w) {
                set_index(w, pc::all_instances);
                w.set(reg::CP_PERFMON_CNTL, {reset});
                w.set(reg::RLC_PERFMON_CLK_CNTL, {0});
            });
        } catch (const Error&) {  // the device is lost, and with it what was armed
        }
        drm().amdgpu_cs_ctx_stable_pstate(context.handle, AMDGPU_CTX_OP_SET_STABLE_PSTATE,
                                          AMDGPU_CTX_STABLE_PSTATE_NONE, nullptr);
    }

    std::optional<Time> launch(const Kernel&, Grid, std::span<const std::byte>) override {
        GCN_ASSERT(false);  // info().within does not hold
        return {};
    }

    std::vector<std::string> doubts() const override {
        if (steady) return {};
        return {"the driver does not hold the clocks: another program does, or it is too old"};
    }

private:
    struct OwnContext {
        explicit OwnContext(const Device& device) {
            if (const int error = drm().amdgpu_cs_ctx_create(device, &handle))
                fail({"count on the device", words(error)});
        }
        ~OwnContext() { drm().amdgpu_cs_ctx_free(handle); }
        amdgpu_context_handle handle = nullptr;
    };

    uint64_t scratch() const { return slot_data; }
    int registers_of(const Selection& s) const {
        return pc::row(s.event->block).chosen == pc::Chosen::Own ? topology.engines : 1;
    }
    const pc::CounterRow& row_of(const Selection& s, int engine) const {
        return pc::registers(s.event->block, s.counter, {engine, 0});
    }

    // One stream, written by `write`, submitted and waited for.
    template <class Write> void run(const Write& write) {
        Ring::Slot slot = ring.next_slot();
        slot_data = slot.data_address;
        write(slot.words);
        release(slot.words, slot.report.done, slot.report.number);
        slot.words.pad(ring.is.padding, compute_padding);
        uint64_t ticket;
        int error = ring.submit(slot, ticket);
        if (!error) error = ring.wait(slot, ticket);
        if (error) fail({"count on the device", words(error)});
    }

    // What all counters of all instances have, after the device came to rest.
    CounterSample sample(uint32_t control) {
        run([&](Words& w) {
            wait_idle(w, scratch());
            w.packet(pm4::Op::EVENT_WRITE, {pm4::EVENT_PERFCOUNTER_SAMPLE});
            wait_idle(w, scratch());
            w.set(reg::CP_PERFMON_CNTL, {control});
        });
        CounterSample all;
        uint64_t to = values->address();
        for (const Selection& s : selections) {
            const int instances = pc::instances(s.event->block, topology);
            constexpr int at_once = 32;  // that a stream has room for
            for (int first = 0; first < instances; first += at_once)
                run([&](Words& w) {
                    wait_idle(w, scratch());
                    for (int i = first; i < std::min(first + at_once, instances); ++i, to += 8) {
                        const pc::Instance at = pc::instance(s.event->block, topology, i);
                        const pc::CounterRow& r = row_of(s, at.engine);
                        set_index(w, pc::gfx_index(s.event->block, at));
                        copy_half(w, r.lo, to);
                        copy_half(w, r.hi, to + 4);
                    }
                    set_index(w, pc::all_instances);
                });
            std::vector<uint64_t> got(size_t(instances), 0);
            std::memcpy(got.data(), values->data() + (to - values->address()) - got.size() * 8, got.size() * 8);
            all.values.push_back(std::move(got));
        }
        return all;
    }

    const bool windows;
    Device device;
    const pc::Topology topology;
    Residents residents;
    OwnContext context;
    Ring ring;
    std::unique_ptr<Block> values;
    std::vector<Selection> selections;
    CounterSample begin, end;
    uint64_t slot_data = 0;
    bool armed = false, going = false, steady = false;
};

}  // namespace
}  // namespace gcn::drm_host

namespace gcn {

std::unique_ptr<Counters> open_counters(bool windows) {
    using namespace drm_host;
    Reasons reasons;
    const std::vector<Node> nodes = list_nodes();
    std::string why = objection(nodes);
    if (why.empty()) why = open_libdrm();
    for (const Node& node : nodes) {
        if (!why.empty()) break;
        std::string objected = objection(node);
        if (objected.empty()) {
            try {
                return std::make_unique<DrmCounters>(node.path, windows);
            } catch (const Error& e) {
                objected = clause(e.what());
            }
        }
        reasons.add(node.path, objected);
    }
    if (why.empty()) why = reasons.text;
    const std::string remedy = take_remedy(why);
    fail({.what = "count on the device",
          .why = clause(why),
          .remedy = remedy.empty() ? reasons.remedy : remedy,
          .fault = Fault::NoDevice});
}

}  // namespace gcn
