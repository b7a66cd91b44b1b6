// Backend "hsa": finds the device, opens it, says what it is.

#include <optional>

#include "hsa_host/card.hpp"
#include "hsa_host/context.hpp"
#include "hsa_host/software.hpp"
#include "isa/chips.hpp"

namespace gcn {

std::unique_ptr<Backend> open_hsa_card(std::string& why);
std::unique_ptr<Backend> open_hsa_software(std::string& why);

}  // namespace gcn

namespace gcn::hsa_host {
namespace {

template <class T> T ask(hsa_agent_t agent, auto what) {
    T value{};
    check(hsa().hsa_agent_get_info(agent, hsa_agent_info_t(what), &value), "ask ROCr about a device");
    return value;
}

template <class T> T ask(hsa_amd_memory_pool_t pool, hsa_amd_memory_pool_info_t what) {
    T value{};
    check(hsa().hsa_amd_memory_pool_get_info(pool, what, &value), "ask ROCr about a memory pool");
    return value;
}

std::string name_of(hsa_agent_t agent, auto what) {
    char name[65] = {};  // ROCr fills 64 at most
    check(hsa().hsa_agent_get_info(agent, hsa_agent_info_t(what), name), "ask ROCr for the name of a device");
    return name;
}

template <class T> std::vector<T> all_agents_or_pools(auto iterate, const char* what) {
    std::vector<T> all;
    const auto add = [](T item, void* to) {
        static_cast<std::vector<T>*>(to)->push_back(item);
        return HSA_STATUS_SUCCESS;
    };
    check(iterate(+add, &all), what);
    return all;
}

std::vector<hsa_amd_memory_pool_t> pools_of(hsa_agent_t agent) {
    return all_agents_or_pools<hsa_amd_memory_pool_t>(
        [&](auto add, void* to) { return hsa().hsa_amd_agent_iterate_memory_pools(agent, add, to); },
        "list the memory pools of a device");
}

// The first pool of global memory with all of `wanted` and none of `unwanted` flags.
std::optional<hsa_amd_memory_pool_t> find_pool(hsa_agent_t agent, uint32_t wanted, uint32_t unwanted = 0) {
    for (hsa_amd_memory_pool_t pool : pools_of(agent)) {
        if (ask<hsa_amd_segment_t>(pool, HSA_AMD_MEMORY_POOL_INFO_SEGMENT) != HSA_AMD_SEGMENT_GLOBAL) continue;
        if (!ask<bool>(pool, HSA_AMD_MEMORY_POOL_INFO_RUNTIME_ALLOC_ALLOWED)) continue;
        const auto flags = ask<uint32_t>(pool, HSA_AMD_MEMORY_POOL_INFO_GLOBAL_FLAGS);
        if ((flags & wanted) == wanted && !(flags & unwanted)) return pool;
    }
    return {};
}

hsa_amd_memory_pool_t require(std::optional<hsa_amd_memory_pool_t> pool, const char* what) {
    if (!pool) fail({.what = "open the device", .why = std::string("ROCr has no ") + what + " for it"});
    return *pool;
}

size_t lds_bytes(hsa_agent_t gpu) {
    for (hsa_amd_memory_pool_t pool : pools_of(gpu))
        if (ask<hsa_amd_segment_t>(pool, HSA_AMD_MEMORY_POOL_INFO_SEGMENT) == HSA_AMD_SEGMENT_GROUP)
            return ask<size_t>(pool, HSA_AMD_MEMORY_POOL_INFO_SIZE);
    return 0;
}

// The row of isa/chips.def in a device's name, "rx590"; the name itself when there is none.
std::string chip_in(const std::string& name) {
    for (const isa::Chip& chip : isa::chips)
        if (name.find(chip.card) != std::string::npos) return std::string(chip.row);
    return name;
}

std::string notice(const DeviceInfo& info) {
    if (info.card) return {};
    const bool no_card = !has_card(look_for_driver());
    const char* times = info.time_kind == TimeKind::Modelled ? "Times are modelled." : "Times are the host's.";
    return "gcn: " + std::string(no_card ? "no card found: " : "") + "running on the software Polaris (" +
           chip_in(info.name) + "). " + times;
}

DeviceInfo describe(hsa_agent_t gpu, hsa_amd_memory_pool_t vram) {
    DeviceInfo info;
    info.backend = "hsa";
    info.name = name_of(gpu, HSA_AMD_AGENT_INFO_PRODUCT_NAME);
    info.isa = name_of(gpu, HSA_AGENT_INFO_NAME);
    info.cus = int(ask<uint32_t>(gpu, HSA_AMD_AGENT_INFO_COMPUTE_UNIT_COUNT));
    info.mhz = int(ask<uint32_t>(gpu, HSA_AMD_AGENT_INFO_MAX_CLOCK_FREQUENCY));
    info.lds_bytes = int(lds_bytes(gpu));
    info.memory_bytes = ask<size_t>(vram, HSA_AMD_MEMORY_POOL_INFO_SIZE);
    info.time_kind = time_kind_of(info.name);
    info.card = !is_software(info.name);
    info.notice = notice(info);
    return info;
}

class HsaBackend : public Backend {
public:
    DeviceInfo info() const override { return context->agents.info; }
    std::shared_ptr<Memory> alloc(size_t bytes) override { return allocate(context, bytes); }
    std::shared_ptr<Memory> alloc_pinned(size_t bytes) override { return allocate_pinned(context, bytes); }
    std::shared_ptr<Kernel> load(std::span<const std::byte> code_object, std::string_view name) override {
        return load_kernel(context, code_object, std::string(name));
    }
    std::optional<Time> launch(const Kernel& kernel, Grid grid, std::span<const std::byte> kernarg) noexcept override {
        return run_kernel(*context, kernel, grid, kernarg);
    }
    std::string lost() const override { return context->watch.sentence(); }

private:
    std::shared_ptr<Context> context = std::make_shared<Context>();
};

// ROCr has one driver library per process: with the wrong one loaded, the device that answers is the other kind.
std::unique_ptr<Backend> open_device(bool want_software, bool either, std::string& why) {
    if (why = open_rocr(); !why.empty()) return nullptr;
    try {
        auto device = std::make_unique<HsaBackend>();
        if (either || want_software != device->info().card) return device;
        why = "this process already runs ROCr on " + device->info().name + ", and a process has one kind of device";
    } catch (const Error& e) {
        why = e.what();
    }
    return nullptr;
}

}  // namespace

Agents::Agents() {
    const auto agents = all_agents_or_pools<hsa_agent_t>(
        [](auto add, void* to) { return hsa().hsa_iterate_agents(add, to); }, "list the devices");
    for (hsa_agent_t agent : agents) {
        const auto type = ask<hsa_device_type_t>(agent, HSA_AGENT_INFO_DEVICE);
        if (type == HSA_DEVICE_TYPE_CPU && !cpu.handle) cpu = agent;
        if (type == HSA_DEVICE_TYPE_GPU && !gpu.handle && name_of(agent, HSA_AGENT_INFO_NAME) == "gfx803") gpu = agent;
    }
    if (!gpu.handle || !cpu.handle) fail({.what = "open the device", .why = "ROCr knows no gfx803 device"});

    constexpr uint32_t fine = HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_FINE_GRAINED;
    constexpr uint32_t kernel_arguments = HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_KERNARG_INIT;
    constexpr uint32_t coarse = HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_COARSE_GRAINED;
    vram = require(find_pool(gpu, coarse), "memory pool");
    kernarg = require(find_pool(cpu, kernel_arguments), "pool for kernel arguments");
    host = find_pool(cpu, fine, kernel_arguments).value_or(kernarg);
    info = describe(gpu, vram);

    uint64_t ticks_per_second = 0;
    check(hsa().hsa_system_get_info(HSA_SYSTEM_INFO_TIMESTAMP_FREQUENCY, &ticks_per_second), "ask ROCr for its clock");
    us_per_tick = 1e6 / double(ticks_per_second);
}

Context::Context()
    : staging(agents, agents.host, 2 * staging_half, "pinned host memory for copies"),
      watch(agents.info.name, agents.gpu, {done, copied[0], copied[1]}),
      queue(agents, &watch) {
    if (session.earlier_fault()) prove_queue_works();
}

// After a memory fault Linux may keep the queues of this process evicted, new ones too: then nothing ever completes.
void Context::prove_queue_works() {
    constexpr double limit_us = 5e6;
    hsa_barrier_and_packet_t packet{};
    packet.completion_signal = done;
    watch.arm(done);
    queue.submit(&packet, HSA_PACKET_TYPE_BARRIER_AND << HSA_PACKET_HEADER_TYPE);
    const auto left = hsa().hsa_signal_wait_scacquire(done, HSA_SIGNAL_CONDITION_LT, 1,
                                                      uint64_t(limit_us / agents.us_per_tick), HSA_WAIT_STATE_BLOCKED);
    if (left >= 1)
        fail({.what = "open " + agents.info.name + " again",
              .why = "the driver keeps the queues of this process stopped since the " + *session.earlier_fault(),
              .remedy = "start the program again"});
    session.device_works();
}

}  // namespace gcn::hsa_host

std::unique_ptr<gcn::Backend> gcn::open_hsa_card(std::string& why) {
    if (why = hsa_host::objection(hsa_host::look_for_driver()); !why.empty()) return nullptr;
    return hsa_host::open_device(false, !hsa_host::software_loaded(), why);
}

std::unique_ptr<gcn::Backend> gcn::open_hsa_software(std::string& why) {
    if (why = hsa_host::load_software(); !why.empty()) return nullptr;
    return hsa_host::open_device(true, false, why);
}
