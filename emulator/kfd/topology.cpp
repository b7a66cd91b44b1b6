// What the process is told about the machine: one node for the host, one for the card. What differs between cards comes
// from isa/chips.def and emulator/cp/card.cpp; what all gfx803 chips share stands here.
//
// Sources: Linux 6.1 amdkfd (kfd_crat.c, kfd_topology.c, kfd_device.c, kfd_flat_memory.c) and gfx_v8_0.c; Mesa's
// amdgpu_devices.c for polaris10. "guess" marks the rest.

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "emulator/cp/card.hpp"
#include "emulator/kfd/session.hpp"

namespace gcn::emulator::kfd {

namespace {

constexpr uint64_t lds_aperture = uint64_t(1) << 61, scratch_aperture = lds_aperture + (uint64_t(1) << 32);
constexpr uint64_t lds_bytes = 64 << 10, scratch_bytes = uint64_t(4) << 30;
constexpr HSAuint32 gpu_processor = 0x80001000;  // first id of the GPU's units; comes back as a ProcessorId
constexpr HSAuint32 host_mhz = 3000, host_memory_mhz = 2400;  // guess; nothing is computed from them

uint64_t host_memory() {
    const uint64_t page = sysconf(_SC_PAGESIZE);
    return uint64_t(sysconf(_SC_PHYS_PAGES)) * page;
}

std::string host_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name") && line.find(": ") != std::string::npos)
            return line.substr(line.find(": ") + 2);
    return "Host CPU";
}

void set_names(HsaNodeProperties& p, const std::string& marketing, const std::string& name) {
    const size_t length = std::min<size_t>(marketing.size(), HSA_PUBLIC_NAME_SIZE - 1);
    for (size_t i = 0; i < length; ++i) p.MarketingName[i] = HSAuint8(marketing[i]);
    std::memcpy(p.AMDName, name.data(), std::min<size_t>(name.size(), HSA_PUBLIC_NAME_SIZE - 1));
}

std::vector<HsaMemoryProperties> memory_banks(HSAuint32 node, const Device& device) {
    HsaMemoryProperties bank{};
    if (node == cpu_node) {
        bank.HeapType = HSA_HEAPTYPE_SYSTEM;
        bank.SizeInBytes = host_memory();
        bank.Width = 64;
        bank.MemoryClockMax = host_memory_mhz;
        return {bank};
    }
    const MemoryBus bus = memory_bus(device.chip);
    bank.HeapType = HSA_HEAPTYPE_FRAME_BUFFER_PUBLIC;  // all of VRAM is in the host's reach
    bank.SizeInBytes = device.vram_bytes();
    bank.Width = bus.bits;
    bank.MemoryClockMax = bus.mhz;
    HsaMemoryProperties lds{}, scratch{};
    lds.HeapType = HSA_HEAPTYPE_GPU_LDS;
    lds.SizeInBytes = lds_bytes;
    lds.VirtualBaseAddress = lds_aperture;
    scratch.HeapType = HSA_HEAPTYPE_GPU_SCRATCH;
    scratch.SizeInBytes = scratch_bytes;
    scratch.VirtualBaseAddress = scratch_aperture;
    return {bank, lds, scratch};
}

// kfd_crat.c lists these for Carrizo and all of gfx803, per so many CUs of an engine; no L2 is among them.
struct CacheRow {
    HSAuint32 kib;
    bool data, instruction;
    int cus_sharing;
};
constexpr CacheRow gpu_caches[] = {
    // clang-format off
    {16, true,  false, 1},  // vector L1
    { 8, false, true,  4},  // scalar L1 instruction
    { 4, true,  false, 4},  // scalar L1 data
    // clang-format on
};

HsaCacheProperties cache(HSAuint32 processor, HSAuint32 level, HSAuint32 kib) {
    HsaCacheProperties c{};
    c.ProcessorIdLow = processor;
    c.CacheLevel = level;
    c.CacheSize = kib;
    return c;
}

std::vector<HsaCacheProperties> host_caches() {
    struct Row {
        HSAuint32 level;
        int size, line;
        bool instruction;
    };
    constexpr Row rows[] = {{1, _SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL1_DCACHE_LINESIZE, false},
                            {1, _SC_LEVEL1_ICACHE_SIZE, _SC_LEVEL1_ICACHE_LINESIZE, true},
                            {2, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL2_CACHE_LINESIZE, false},
                            {3, _SC_LEVEL3_CACHE_SIZE, _SC_LEVEL3_CACHE_LINESIZE, false}};
    std::vector<HsaCacheProperties> list;
    for (const Row& row : rows) {
        const long bytes = sysconf(row.size);
        if (bytes <= 0) continue;
        auto c = cache(0, row.level, bytes >> 10);
        c.CacheLineSize = sysconf(row.line);
        c.CacheType.ui32.CPU = 1;
        (row.instruction ? c.CacheType.ui32.Instruction : c.CacheType.ui32.Data) = 1;
        list.push_back(c);
    }
    return list;
}

std::vector<HsaCacheProperties> caches(HSAuint32 node, const isa::Chip& chip) {
    if (node == cpu_node) return host_caches();
    std::vector<HsaCacheProperties> list;
    for (const CacheRow& row : gpu_caches)
        for (int engine = 0; engine < chip.engines; ++engine)
            for (int cu = 0; cu < chip.cus_per_engine; cu += row.cus_sharing) {
                auto c = cache(gpu_processor + engine * chip.cus_per_engine + cu, 1, row.kib);
                c.CacheLineSize = 64;
                c.CacheType.ui32.HSACU = 1;
                c.CacheType.ui32.Data = row.data;
                c.CacheType.ui32.Instruction = row.instruction;
                list.push_back(c);
            }
    return list;
}

HsaIoLinkProperties link_from(HSAuint32 node) {
    HsaIoLinkProperties link{};
    link.IoLinkType = HSA_IOLINKTYPE_PCIEXPRESS;
    link.NodeFrom = node;
    link.NodeTo = node == cpu_node ? gpu_node : cpu_node;
    link.Weight = 20;
    link.MinimumBandwidth = 2500;   // guess; PCIe 3.0
    link.MaximumBandwidth = 15760;  // x16 at 8 GT/s
    return link;
}

void describe_host(HsaNodeProperties& p) {
    p.NumCPUCores = std::max(1u, std::thread::hardware_concurrency());
    p.MaxEngineClockMhzCCompute = host_mhz;
    set_names(p, host_name(), "CPU");
}

void describe_card(HsaNodeProperties& p, const Device& device) {
    const isa::Chip& chip = device.chip;
    p.NumSIMDPerCU = 4;
    p.NumFComputeCores = chip.cus() * p.NumSIMDPerCU;
    p.NumShaderBanks = chip.engines;
    p.NumArrays = 1;
    p.NumCUPerArray = chip.cus_per_engine;
    p.MaxWavesPerSIMD = 10;  // what gfx_v8_0.c says of every chip; chips.def says what there are
    p.MaxSlotsScratchCU = 32;
    p.WaveFrontSize = 64;
    p.LDSSizeInKB = lds_bytes >> 10;
    p.VGPRSizePerCU = 256 << 10;
    p.SGPRSizePerCU = 12800;
    p.FComputeIdLo = gpu_processor;

    p.Capability.ui32.WatchPointsSupported = 1;  // guess, as the number of them: 2^2
    p.Capability.ui32.WatchPointsTotalBits = 2;
    p.Capability.ui32.DoorbellType = 1;
    p.Capability.ui32.AQLQueueDoubleMap = 1;
    p.Capability.ui32.ASICRevision = 1;
    p.EngineId.ui32 = {.uCode = 730, .Major = 8, .Minor = 0, .Stepping = 3};
    p.uCodeEngineVersions.uCodeSDMA = 58;  // guess
    p.NumSdmaEngines = 2;
    p.NumSdmaQueuesPerEngine = 2;
    p.NumCpQueues = 24;  // guess

    p.VendorId = 0x1002;
    p.DeviceId = chip.device_id;
    p.LocationId = 0x100;  // bus 1, device 0, function 0
    p.DrmRenderMinor = 128;
    p.MaxEngineClockMhzFCompute = chip.mhz;
    p.MaxEngineClockMhzCCompute = host_mhz;
    set_names(p, card_name(chip, device.clock.modelled), "gfx803");
}

HsaNodeProperties describe(HSAuint32 node, const Device& device) {
    HsaNodeProperties p{};
    if (node == cpu_node)
        describe_host(p);
    else
        describe_card(p, device);
    p.NumMemoryBanks = memory_banks(node, device).size();
    p.NumCaches = caches(node, device.chip).size();
    p.NumIOLinks = 1;
    return p;
}

// Calls that fill a list of `count` entries get as many as there are, and zeros behind them.
template <class Entry, class Make> HSAKMT_STATUS fill(HSAuint32 node, HSAuint32 count, Entry* out, const Make& make) {
    if (!out && count) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session& s) {
        if (node >= nodes) return HSAKMT_STATUS_INVALID_NODE_UNIT;
        const std::vector<Entry> list = make(s.device);
        for (HSAuint32 i = 0; i < count; ++i) out[i] = i < list.size() ? list[i] : Entry{};
        return HSAKMT_STATUS_SUCCESS;
    });
}

}  // namespace

}  // namespace gcn::emulator::kfd

using namespace gcn::emulator::kfd;

HSAKMT_STATUS hsaKmtAcquireSystemProperties(HsaSystemProperties* properties) {
    if (!properties) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session&) {
        *properties = {};
        properties->NumNodes = nodes;
        return HSAKMT_STATUS_SUCCESS;
    });
}

// Nothing is held between the two, so this may also come first, as it does from ROCr.
HSAKMT_STATUS hsaKmtReleaseSystemProperties() {
    return teardown([](Session&) { return HSAKMT_STATUS_SUCCESS; });
}

HSAKMT_STATUS hsaKmtGetNodeProperties(HSAuint32 node, HsaNodeProperties* properties) {
    if (!properties) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session& s) {
        if (node >= nodes) return HSAKMT_STATUS_INVALID_NODE_UNIT;
        *properties = describe(node, s.device);
        return HSAKMT_STATUS_SUCCESS;
    });
}

HSAKMT_STATUS hsaKmtGetNodeMemoryProperties(HSAuint32 node, HSAuint32 count, HsaMemoryProperties* banks) {
    return fill(node, count, banks, [&](const auto& device) { return memory_banks(node, device); });
}

HSAKMT_STATUS hsaKmtGetNodeCacheProperties(HSAuint32 node, HSAuint32, HSAuint32 count, HsaCacheProperties* list) {
    return fill(node, count, list, [&](const auto& device) { return caches(node, device.chip); });
}

HSAKMT_STATUS hsaKmtGetNodeIoLinkProperties(HSAuint32 node, HSAuint32 count, HsaIoLinkProperties* links) {
    return fill(node, count, links, [&](const auto&) { return std::vector{link_from(node)}; });
}

// All counters come from the device's one clock, in whole ticks of the card's own, which is slower: what is computed
// between two readings, as ROCr computes the times of kernels, is then exact.
HSAKMT_STATUS hsaKmtGetClockCounters(HSAuint32 node, HsaClockCounters* counters) {
    if (!counters) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session& s) {
        if (node >= nodes) return HSAKMT_STATUS_INVALID_NODE_UNIT;
        counters->GPUClockCounter = gcn::emulator::Device::ticks(s.device.clock.now());
        counters->CPUClockCounter = counters->SystemClockCounter =
            counters->GPUClockCounter * gcn::emulator::Clock::tick;
        counters->SystemClockFrequencyHz = 1'000'000'000;
        return HSAKMT_STATUS_SUCCESS;
    });
}

// The caller brings room for as many entries as it says.
HSAKMT_STATUS hsaKmtGetTileConfig(HSAuint32 node, HsaGpuTileConfig* config) {
    if (!config || !config->TileConfig || !config->MacroTileConfig) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session& s) {
        if (node != gpu_node) return HSAKMT_STATUS_INVALID_NODE_UNIT;
        const auto& tiling = gcn::emulator::family_of(s.device.chip).tiling;
        const auto copy = [](std::span<const uint32_t> from, HSAuint32* to, HSAuint32& room) {
            room = std::min<HSAuint32>(room, from.size());
            std::copy_n(from.begin(), room, to);
        };
        HSAuint32 tiles = config->NumTileConfigs, macros = config->NumMacroTileConfigs;
        copy(tiling.tile_modes, config->TileConfig, tiles);
        copy(tiling.macrotile_modes, config->MacroTileConfig, macros);
        config->NumTileConfigs = tiles;
        config->NumMacroTileConfigs = macros;
        config->GbAddrConfig = tiling.gb_addr_config;
        config->NumBanks = tiling.banks;
        config->NumRanks = tiling.ranks;
        return HSAKMT_STATUS_SUCCESS;
    });
}
