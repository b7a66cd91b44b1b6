// The thunk's calls, one by one: what is reported of the machine, memory, events, queues, forked children.

#include <dlfcn.h>
#include <hsa/amd_hsa_queue.h>
#include <hsa/hsa.h>
#include <hsakmt.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "isa/chips.hpp"

// <hsakmt.h> packs its structures to 4 bytes: a 64-bit field is read by value (+field) before it is compared.

namespace {

constexpr HSAuint32 cpu_node = 0, gpu_node = 1;
constexpr HSAuint64 page = 4096, mib = 1 << 20;

void* library() {
    static void* const handle = dlopen(BUILD "/libgcn-emu.so", RTLD_NOW | RTLD_LOCAL);
    if (!handle) FAIL(dlerror());
    return handle;
}

#define THUNK(name) decltype(&::name) name = reinterpret_cast<decltype(&::name)>(dlsym(library(), #name))
struct Thunk {
    THUNK(hsaKmtOpenKFD);
    THUNK(hsaKmtCloseKFD);
    THUNK(hsaKmtGetVersion);
    THUNK(hsaKmtAcquireSystemProperties);
    THUNK(hsaKmtReleaseSystemProperties);
    THUNK(hsaKmtGetNodeProperties);
    THUNK(hsaKmtGetNodeMemoryProperties);
    THUNK(hsaKmtGetNodeCacheProperties);
    THUNK(hsaKmtGetNodeIoLinkProperties);
    THUNK(hsaKmtGetClockCounters);
    THUNK(hsaKmtGetTileConfig);
    THUNK(hsaKmtAllocMemory);
    THUNK(hsaKmtFreeMemory);
    THUNK(hsaKmtRegisterMemoryWithFlags);
    THUNK(hsaKmtDeregisterMemory);
    THUNK(hsaKmtMapMemoryToGPU);
    THUNK(hsaKmtMapMemoryToGPUNodes);
    THUNK(hsaKmtUnmapMemoryToGPU);
    THUNK(hsaKmtQueryPointerInfo);
    THUNK(hsaKmtSetMemoryUserData);
    THUNK(hsaKmtCreateEvent);
    THUNK(hsaKmtDestroyEvent);
    THUNK(hsaKmtSetEvent);
    THUNK(hsaKmtResetEvent);
    THUNK(hsaKmtQueryEventState);
    THUNK(hsaKmtWaitOnEvent);
    THUNK(hsaKmtWaitOnMultipleEvents);
    THUNK(hsaKmtCreateQueue);
    THUNK(hsaKmtUpdateQueue);
    THUNK(hsaKmtDestroyQueue);
    THUNK(hsaKmtSetQueueCUMask);
};
#undef THUNK

Thunk& closed() {
    static Thunk thunk;
    return thunk;
}

Thunk& opened() {
    static const HSAKMT_STATUS status = closed().hsaKmtOpenKFD();
    REQUIRE(status == HSAKMT_STATUS_SUCCESS);
    return closed();
}

HsaMemFlags flags(std::initializer_list<const char*> names) {
    HsaMemFlags f{};
    f.ui32.HostAccess = 1;
    for (const std::string name : names) {
        if (name == "vram") f.ui32.NonPaged = 1;
        if (name == "ring") f.ui32.AQLQueueMemory = 1;
        if (name == "scratch") f.ui32.Scratch = 1;
        if (name == "read-only") f.ui32.ReadOnly = 1;
    }
    return f;
}

void* allocate(HSAuint32 node, HSAuint64 bytes, HsaMemFlags f = flags({})) {
    void* address = nullptr;
    REQUIRE(opened().hsaKmtAllocMemory(node, bytes, f, &address) == HSAKMT_STATUS_SUCCESS);
    return address;
}

HsaPointerInfo info(const void* address) {
    HsaPointerInfo i;
    REQUIRE(opened().hsaKmtQueryPointerInfo(address, &i) == HSAKMT_STATUS_SUCCESS);
    return i;
}

HsaEvent* event(bool manual_reset, bool is_set = false) {
    HsaEventDescriptor descriptor{HSA_EVENTTYPE_SIGNAL, gpu_node, {}};
    HsaEvent* e = nullptr;
    REQUIRE(opened().hsaKmtCreateEvent(&descriptor, manual_reset, is_set, &e) == HSAKMT_STATUS_SUCCESS);
    return e;
}

struct Outcome {
    int status = -1;  // of waitpid
    std::string output, errors;
};

std::string drain(int file) {
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = read(file, buffer, sizeof buffer)) > 0;) text.append(buffer, n);
    close(file);
    return text;
}

// Runs `body` in a forked child with one more environment variable; what it writes to `output` comes back.
Outcome in_child(const char* variable, const char* value, const std::function<void(int output)>& body) {
    int output[2], errors[2];
    REQUIRE((pipe(output) == 0 && pipe(errors) == 0));
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        alarm(30);
        dup2(errors[1], STDERR_FILENO);
        if (variable) setenv(variable, value, 1);
        body(output[1]);
        _exit(0);
    }
    close(output[1]);
    close(errors[1]);
    Outcome o;
    o.output = drain(output[0]);
    o.errors = drain(errors[0]);
    waitpid(child, &o.status, 0);
    return o;
}

template <class T> void put(int file, const T& value) {
    if (write(file, &value, sizeof value) != sizeof value) _exit(1);
}

template <class T> T taken(const Outcome& o) {
    REQUIRE(o.output.size() == sizeof(T));
    T value;
    std::memcpy(&value, o.output.data(), sizeof value);
    return value;
}

std::string marketing_name(const HsaNodeProperties& p) {
    std::string name;
    for (HSAuint16 c : p.MarketingName)
        if (c) name += char(c);
    return name;
}

}  // namespace

TEST_CASE("before the door is open every call says so") {
    HsaVersionInfo version;
    void* address;
    CHECK(closed().hsaKmtGetVersion(&version) == HSAKMT_STATUS_KERNEL_IO_CHANNEL_NOT_OPENED);
    CHECK(closed().hsaKmtAllocMemory(cpu_node, page, flags({}), &address) ==
          HSAKMT_STATUS_KERNEL_IO_CHANNEL_NOT_OPENED);
    CHECK(closed().hsaKmtDestroyQueue(0) == HSAKMT_STATUS_KERNEL_IO_CHANNEL_NOT_OPENED);
    CHECK(closed().hsaKmtCloseKFD() == HSAKMT_STATUS_KERNEL_IO_CHANNEL_NOT_OPENED);
}

TEST_CASE("every card of the table is enumerated with its own name, ids, size and clock") {
    for (const gcn::isa::Chip& chip : gcn::isa::chips) {
        CAPTURE(chip.row);
        const std::string row(chip.row);
        const Outcome o = in_child("GCN_EMU_CHIP", row.c_str(), [](int output) {
            HsaNodeProperties p;
            if (closed().hsaKmtOpenKFD() || closed().hsaKmtGetNodeProperties(gpu_node, &p)) _exit(1);
            put(output, p);
        });
        REQUIRE(o.status == 0);
        const auto p = taken<HsaNodeProperties>(o);
        CHECK(marketing_name(p) == "AMD Radeon " + std::string(chip.card) + " (software, host clock)");
        CHECK(p.DeviceId == chip.device_id);
        CHECK(p.NumFComputeCores / p.NumSIMDPerCU == HSAuint32(chip.cus()));
        CHECK(p.NumShaderBanks * p.NumArrays * p.NumCUPerArray == HSAuint32(chip.cus()));
        CHECK(p.MaxEngineClockMhzFCompute == HSAuint32(chip.mhz));
        CHECK(p.EngineId.ui32.Major * 100 + p.EngineId.ui32.Minor * 10 + p.EngineId.ui32.Stepping == 803);
        CHECK(p.NumCPUCores == 0);
    }
}

TEST_CASE("the card's name says whether its clock is modelled") {
    struct Row {
        const char *timing, *end;
    };
    for (const Row& row : {Row{"", "(software, host clock)"},
                           {"off", "(software, host clock)"},
                           {"sampled", "(software)"},
                           {"full", "(software)"}}) {
        CAPTURE(row.timing);
        const Outcome o = in_child("GCN_EMU_TIMING", row.timing, [](int output) {
            HsaNodeProperties p;
            if (closed().hsaKmtOpenKFD() || closed().hsaKmtGetNodeProperties(gpu_node, &p)) _exit(1);
            put(output, p);
        });
        REQUIRE(o.status == 0);
        CHECK(marketing_name(taken<HsaNodeProperties>(o)) == std::string("AMD Radeon RX 590 ") + row.end);
    }
}

TEST_CASE("a wrong variable is refused in one sentence that lists what would do") {
    struct Row {
        const char *variable, *value, *sentence;
    };
    const Row rows[] = {
        {"GCN_EMU_CHIP", "rx9999",
         "gcn: cannot start the software Polaris: GCN_EMU_CHIP is 'rx9999'. Try: one of rx590, rx580, rx570, rx480, "
         "rx560, r9nano.\n"},
        {"GCN_EMU_THREADS", "two",
         "gcn: cannot start the software Polaris: GCN_EMU_THREADS is 'two'. Try: a number from 1 to 1024.\n"},
        {"GCN_EMU_TIMING", "fast",
         "gcn: cannot start the software Polaris: GCN_EMU_TIMING is 'fast'. Try: one of off, sampled, full.\n"},
        {"GCN_EMU_TIMING_REUSE", "yes",
         "gcn: cannot start the software Polaris: GCN_EMU_TIMING_REUSE is 'yes'. Try: 0 or 1.\n"},
        {"GCN_EMU_SIMD", "sse",
         "gcn: cannot start the software Polaris: GCN_EMU_SIMD is 'sse'. Try: one of avx512, avx2, portable.\n"},
    };
    for (const Row& row : rows) {
        const Outcome o = in_child(row.variable, row.value, [](int output) { put(output, closed().hsaKmtOpenKFD()); });
        CHECK(o.status == 0);
        CHECK(taken<HSAKMT_STATUS>(o) == HSAKMT_STATUS_KERNEL_IO_CHANNEL_NOT_OPENED);
        CHECK(o.errors == row.sentence);
    }
}

TEST_CASE("the door opens as often as it is closed") {
    const Outcome o = in_child(nullptr, nullptr, [](int output) {
        HsaVersionInfo version{};
        Thunk& t = closed();
        std::vector<int> seen;
        seen.push_back(t.hsaKmtOpenKFD() + t.hsaKmtOpenKFD() + t.hsaKmtCloseKFD());
        seen.push_back(t.hsaKmtGetVersion(&version));
        seen.push_back(t.hsaKmtCloseKFD());
        seen.push_back(t.hsaKmtGetVersion(&version));
        seen.push_back(t.hsaKmtOpenKFD());
        for (int s : seen) put(output, s);
        put(output, int(version.KernelInterfaceMajorVersion * 100 + version.KernelInterfaceMinorVersion));
    });
    CHECK(o.status == 0);
    CHECK(taken<std::array<int, 6>>(o) ==
          std::array<int, 6>{0, 0, 0, HSAKMT_STATUS_KERNEL_IO_CHANNEL_NOT_OPENED, 0, 106});
}

TEST_CASE("there are two nodes, each with banks, caches and a link to the other") {
    Thunk& t = opened();
    CHECK(t.hsaKmtReleaseSystemProperties() == HSAKMT_STATUS_SUCCESS);
    HsaSystemProperties system;
    REQUIRE(t.hsaKmtAcquireSystemProperties(&system) == HSAKMT_STATUS_SUCCESS);
    CHECK(system.NumNodes == 2);
    const auto& chip = gcn::isa::chips[0];

    HsaNodeProperties gpu;
    REQUIRE(t.hsaKmtGetNodeProperties(gpu_node, &gpu) == HSAKMT_STATUS_SUCCESS);
    std::vector<HsaMemoryProperties> banks(gpu.NumMemoryBanks);
    REQUIRE(t.hsaKmtGetNodeMemoryProperties(gpu_node, gpu.NumMemoryBanks, banks.data()) == HSAKMT_STATUS_SUCCESS);
    REQUIRE(banks.size() == 3);
    CHECK(banks[0].HeapType == HSA_HEAPTYPE_FRAME_BUFFER_PUBLIC);
    CHECK(+banks[0].SizeInBytes == chip.memory_mib * mib);
    CHECK(banks[0].Width / 8 * banks[0].MemoryClockMax * 4 / 1000 == HSAuint32(chip.dram_gbs));  // GDDR5: 4 a clock
    CHECK(+banks[1].VirtualBaseAddress == 0x2000000000000000);
    CHECK(+banks[2].VirtualBaseAddress == 0x2000000100000000);

    std::vector<HsaCacheProperties> caches(gpu.NumCaches);
    REQUIRE(t.hsaKmtGetNodeCacheProperties(gpu_node, gpu.FComputeIdLo, gpu.NumCaches, caches.data()) ==
            HSAKMT_STATUS_SUCCESS);
    // A 16 KiB vector cache per CU; instruction and scalar data caches per 4 CUs of an engine: 3 each where it has 9.
    CHECK(caches.size() == size_t(chip.cus() + 2 * 3 * chip.engines));
    CHECK(caches[0].CacheSize == 16);
    for (const auto& c : caches) CHECK(c.CacheLevel == 1);

    for (HSAuint32 node : {cpu_node, gpu_node}) {
        HsaIoLinkProperties link;
        REQUIRE(t.hsaKmtGetNodeIoLinkProperties(node, 1, &link) == HSAKMT_STATUS_SUCCESS);
        CHECK(link.NodeFrom == node);
        CHECK(link.NodeTo == 1 - node);
    }
}

TEST_CASE("the GPU's clock ticks at 25 MHz of the one clock") {
    HsaClockCounters first, second;
    REQUIRE(opened().hsaKmtGetClockCounters(gpu_node, &first) == HSAKMT_STATUS_SUCCESS);
    REQUIRE(opened().hsaKmtGetClockCounters(cpu_node, &second) == HSAKMT_STATUS_SUCCESS);
    CHECK(first.SystemClockFrequencyHz == 1'000'000'000);
    CHECK(first.GPUClockCounter == first.SystemClockCounter / 40);
    CHECK(second.SystemClockCounter >= first.SystemClockCounter);
}

TEST_CASE("a list that is longer or shorter than what there is stays in its bounds") {
    HsaMemoryProperties banks[4];
    std::memset(banks, 0xff, sizeof banks);
    REQUIRE(opened().hsaKmtGetNodeMemoryProperties(cpu_node, 2, banks) == HSAKMT_STATUS_SUCCESS);
    CHECK(+banks[0].SizeInBytes > 0);
    CHECK(+banks[1].SizeInBytes == 0);
    CHECK(+banks[2].SizeInBytes == ~HSAuint64(0));

    HSAuint32 tiles[40] = {}, macros[8] = {};
    HsaGpuTileConfig config{};
    config.TileConfig = tiles;
    config.NumTileConfigs = 40;
    config.MacroTileConfig = macros;
    config.NumMacroTileConfigs = 8;
    REQUIRE(opened().hsaKmtGetTileConfig(gpu_node, &config) == HSAKMT_STATUS_SUCCESS);
    CHECK(config.NumTileConfigs == 32);
    CHECK(config.NumMacroTileConfigs == 8);
    CHECK(tiles[0] == 0x00800310);
    CHECK(config.GbAddrConfig == 0x22011003);
}

TEST_CASE("allocated memory has one address for host and GPU") {
    for (HSAuint32 node : {cpu_node, gpu_node}) {
        auto* p = static_cast<char*>(allocate(node, 4 * mib, flags({node == gpu_node ? "vram" : ""})));
        CHECK(reinterpret_cast<uintptr_t>(p) % (2 * mib) == 0);
        p[4 * mib - 1] = 1;

        CHECK(info(p).NMappedNodes == 0);
        HSAuint64 alternate = 0;
        CHECK(opened().hsaKmtMapMemoryToGPU(p, 4 * mib, &alternate) == HSAKMT_STATUS_SUCCESS);
        CHECK(alternate == reinterpret_cast<HSAuint64>(p));
        CHECK(opened().hsaKmtSetMemoryUserData(p + 5, &alternate) == HSAKMT_STATUS_SUCCESS);
        const HsaPointerInfo i = info(p + 4 * mib - 1);
        CHECK(i.Type == HSA_POINTER_ALLOCATED);
        CHECK(i.Node == node);
        CHECK((i.CPUAddress == p));
        CHECK(+i.GPUAddress == alternate);
        CHECK(+i.SizeInBytes == 4 * mib);
        CHECK((i.NMappedNodes == 1 && i.MappedNodes[0] == gpu_node));
        CHECK((i.UserData == &alternate));

        CHECK(opened().hsaKmtUnmapMemoryToGPU(p) == HSAKMT_STATUS_SUCCESS);
        CHECK(info(p).NMappedNodes == 0);
        CHECK(opened().hsaKmtFreeMemory(p, 4 * mib) == HSAKMT_STATUS_SUCCESS);
        HsaPointerInfo gone;
        CHECK(opened().hsaKmtQueryPointerInfo(p, &gone) == HSAKMT_STATUS_ERROR);
        CHECK(gone.Type == HSA_POINTER_UNKNOWN);
        CHECK(opened().hsaKmtFreeMemory(p, 4 * mib) == HSAKMT_STATUS_INVALID_PARAMETER);
    }
}

TEST_CASE("VRAM ends where the card's does, and comes back when freed") {
    const HSAuint64 all = gcn::isa::chips[0].memory_mib * mib, piece = all / 8;
    std::vector<void*> pieces;
    for (int i = 0; i < 8; ++i) pieces.push_back(allocate(gpu_node, piece, flags({"vram"})));
    void* more = nullptr;
    CHECK(opened().hsaKmtAllocMemory(gpu_node, page, flags({"vram"}), &more) == HSAKMT_STATUS_NO_MEMORY);
    CHECK(opened().hsaKmtAllocMemory(gpu_node, ~HSAuint64(0) & ~(page - 1), flags({"vram"}), &more) ==
          HSAKMT_STATUS_NO_MEMORY);
    for (void* p : pieces) CHECK(opened().hsaKmtFreeMemory(p, piece) == HSAKMT_STATUS_SUCCESS);
    CHECK(opened().hsaKmtFreeMemory(allocate(gpu_node, all, flags({"vram"})), all) == HSAKMT_STATUS_SUCCESS);
}

TEST_CASE("an AQL ring is the same memory twice, one after the other") {
    auto* ring = static_cast<char*>(allocate(cpu_node, page, flags({"ring"})));
    ring[17] = 42;
    CHECK(ring[page + 17] == 42);
    CHECK((info(ring + page).CPUAddress == ring));
    CHECK(opened().hsaKmtFreeMemory(ring, page) == HSAKMT_STATUS_SUCCESS);
}

TEST_CASE("scratch memory is mapped in parts") {
    const HSAuint64 block = HSAuint64(4) << 30;
    auto* scratch = static_cast<char*>(allocate(gpu_node, block, flags({"scratch"})));
    Thunk& t = opened();
    CHECK(t.hsaKmtMapMemoryToGPU(scratch + mib, mib, nullptr) == HSAKMT_STATUS_SUCCESS);
    CHECK(t.hsaKmtMapMemoryToGPU(scratch + 3 * mib, mib, nullptr) == HSAKMT_STATUS_SUCCESS);
    CHECK(t.hsaKmtMapMemoryToGPU(scratch + 2 * mib, 2 * mib, nullptr) == HSAKMT_STATUS_ERROR);  // overlaps the second
    scratch[mib] = 42;
    CHECK(t.hsaKmtUnmapMemoryToGPU(scratch + mib) == HSAKMT_STATUS_SUCCESS);
    CHECK(scratch[mib] == 0);  // given back to the host
    CHECK(t.hsaKmtMapMemoryToGPU(scratch + mib, 2 * mib, nullptr) == HSAKMT_STATUS_SUCCESS);
    CHECK(t.hsaKmtMapMemoryToGPU(scratch, block + page, nullptr) == HSAKMT_STATUS_INVALID_PARAMETER);
    CHECK(t.hsaKmtFreeMemory(scratch, block) == HSAKMT_STATUS_SUCCESS);
}

TEST_CASE("registered memory has an address of its own on the GPU, and is counted") {
    Thunk& t = opened();
    std::vector<char> mine(10000);
    char* p = mine.data() + 100;
    HSAuint64 outer = 0, inner = 0;
    CHECK(t.hsaKmtMapMemoryToGPU(p, 5000, &outer) == HSAKMT_STATUS_INVALID_PARAMETER);
    REQUIRE(t.hsaKmtRegisterMemoryWithFlags(p, 5000, flags({})) == HSAKMT_STATUS_SUCCESS);
    REQUIRE(t.hsaKmtMapMemoryToGPU(p, 5000, &outer) == HSAKMT_STATUS_SUCCESS);
    CHECK(outer != reinterpret_cast<HSAuint64>(p));
    CHECK(outer % page == reinterpret_cast<HSAuint64>(p) % page);

    const HsaPointerInfo by_host = info(p + 4999), by_gpu = info(reinterpret_cast<void*>(outer + 4999));
    CHECK(by_host.Type == HSA_POINTER_REGISTERED_USER);
    CHECK((by_host.CPUAddress == p && by_gpu.CPUAddress == p));
    CHECK((by_host.GPUAddress == outer && by_gpu.GPUAddress == outer));
    CHECK(+by_host.SizeInBytes == 5000);

    // What lies inside is the same registration, once more.
    REQUIRE(t.hsaKmtRegisterMemoryWithFlags(p + 50, 60, flags({})) == HSAKMT_STATUS_SUCCESS);
    REQUIRE(t.hsaKmtMapMemoryToGPU(p + 50, 60, &inner) == HSAKMT_STATUS_SUCCESS);
    CHECK(inner == outer + 50);
    CHECK(t.hsaKmtDeregisterMemory(p + 50) == HSAKMT_STATUS_SUCCESS);
    CHECK(+info(p).GPUAddress == outer);
    CHECK(t.hsaKmtDeregisterMemory(p) == HSAKMT_STATUS_SUCCESS);
    CHECK(t.hsaKmtDeregisterMemory(p) == HSAKMT_STATUS_MEMORY_NOT_REGISTERED);
}

TEST_CASE("registrations that overlap have different addresses on the GPU") {
    Thunk& t = opened();
    std::vector<char> mine(3 * page);
    HSAuint64 first = 0, second = 0, third = 0;
    const auto enrol = [&](char* p, HSAuint64 bytes, HSAuint64& gpu) {
        REQUIRE(t.hsaKmtRegisterMemoryWithFlags(p, bytes, flags({})) == HSAKMT_STATUS_SUCCESS);
        REQUIRE(t.hsaKmtMapMemoryToGPU(p, bytes, &gpu) == HSAKMT_STATUS_SUCCESS);
    };
    enrol(mine.data(), 2 * page, first);
    enrol(mine.data() + page, 2 * page, second);
    enrol(mine.data() + page / 2, 2 * page, third);
    CHECK(second != first + page);
    CHECK((third > second + 2 * page || third + 2 * page <= second));
    for (HSAuint64 offset : {page / 2, page, HSAuint64(0)})
        CHECK(t.hsaKmtDeregisterMemory(mine.data() + offset) == HSAKMT_STATUS_SUCCESS);
}

TEST_CASE("memory that is not there cannot be registered, and what cannot be written is read-only") {
    auto* p = static_cast<char*>(mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(munmap(p + page, page) == 0);
    REQUIRE(mprotect(p + 2 * page, page, PROT_READ) == 0);
    Thunk& t = opened();
    CHECK(t.hsaKmtRegisterMemoryWithFlags(p, 3 * page, flags({})) == HSAKMT_STATUS_INVALID_PARAMETER);
    CHECK(t.hsaKmtRegisterMemoryWithFlags(p + 2 * page, page, flags({})) == HSAKMT_STATUS_SUCCESS);
    CHECK(info(p + 2 * page).MemFlags.ui32.ReadOnly == 1);
    CHECK(t.hsaKmtDeregisterMemory(p + 2 * page) == HSAKMT_STATUS_SUCCESS);
    munmap(p, 3 * page);
}

TEST_CASE("registering what was allocated changes nothing") {
    void* p = allocate(cpu_node, page);
    HSAuint64 gpu = 0;
    CHECK(opened().hsaKmtRegisterMemoryWithFlags(p, page, flags({})) == HSAKMT_STATUS_SUCCESS);
    CHECK(opened().hsaKmtMapMemoryToGPU(p, page, &gpu) == HSAKMT_STATUS_SUCCESS);
    CHECK(gpu == reinterpret_cast<HSAuint64>(p));
    CHECK(opened().hsaKmtDeregisterMemory(p) == HSAKMT_STATUS_SUCCESS);
    CHECK(info(p).NMappedNodes == 1);
    CHECK(opened().hsaKmtFreeMemory(p, page) == HSAKMT_STATUS_SUCCESS);
}

TEST_CASE("bad parameters are answered with an error code") {
    Thunk& t = opened();
    void* address = nullptr;
    HsaNodeProperties node;
    HsaMemoryProperties bank;
    HSAuint32 nodes[] = {cpu_node};
    HSAuint64 gpu;
    HsaQueueResource resource{};
    int nothing;  // neither allocated nor registered
    struct Row {
        const char* what;
        HSAKMT_STATUS status, expected;
    };
    const Row rows[] = {
        {"no place for the address", t.hsaKmtAllocMemory(0, page, flags({}), nullptr), HSAKMT_STATUS_INVALID_PARAMETER},
        {"no bytes", t.hsaKmtAllocMemory(0, 0, flags({}), &address), HSAKMT_STATUS_INVALID_PARAMETER},
        {"half a page", t.hsaKmtAllocMemory(0, page / 2, flags({}), &address), HSAKMT_STATUS_INVALID_PARAMETER},
        {"no such node", t.hsaKmtAllocMemory(2, page, flags({}), &address), HSAKMT_STATUS_INVALID_NODE_UNIT},
        {"more than there is", t.hsaKmtAllocMemory(0, HSAuint64(1) << 60, flags({}), &address),
         HSAKMT_STATUS_NO_MEMORY},
        {"a ring beyond all", t.hsaKmtAllocMemory(0, HSAuint64(1) << 62, flags({"ring"}), &address),
         HSAKMT_STATUS_NO_MEMORY},
        {"free nothing", t.hsaKmtFreeMemory(nullptr, page), HSAKMT_STATUS_INVALID_PARAMETER},
        {"free a local", t.hsaKmtFreeMemory(&nothing, page), HSAKMT_STATUS_INVALID_PARAMETER},
        {"register nothing", t.hsaKmtRegisterMemoryWithFlags(nullptr, page, flags({})),
         HSAKMT_STATUS_INVALID_PARAMETER},
        {"register beyond the end", t.hsaKmtRegisterMemoryWithFlags(&nothing, ~HSAuint64(0), flags({})),
         HSAKMT_STATUS_INVALID_PARAMETER},
        {"map a local", t.hsaKmtMapMemoryToGPU(&nothing, 4, &gpu), HSAKMT_STATUS_INVALID_PARAMETER},
        {"map to the host", t.hsaKmtMapMemoryToGPUNodes(&nothing, 4, &gpu, {}, 1, nodes),
         HSAKMT_STATUS_INVALID_NODE_UNIT},
        {"unmap a local", t.hsaKmtUnmapMemoryToGPU(&nothing), HSAKMT_STATUS_INVALID_PARAMETER},
        {"unmap nothing", t.hsaKmtUnmapMemoryToGPU(nullptr), HSAKMT_STATUS_SUCCESS},
        {"data of a local", t.hsaKmtSetMemoryUserData(&nothing, nullptr), HSAKMT_STATUS_INVALID_PARAMETER},
        {"no properties", t.hsaKmtGetNodeProperties(0, nullptr), HSAKMT_STATUS_INVALID_PARAMETER},
        {"node 2", t.hsaKmtGetNodeProperties(2, &node), HSAKMT_STATUS_INVALID_NODE_UNIT},
        {"banks of node 2", t.hsaKmtGetNodeMemoryProperties(2, 1, &bank), HSAKMT_STATUS_INVALID_NODE_UNIT},
        {"tiles of the host", t.hsaKmtGetTileConfig(0, nullptr), HSAKMT_STATUS_INVALID_PARAMETER},
        {"no event", t.hsaKmtCreateEvent(nullptr, false, false, nullptr), HSAKMT_STATUS_INVALID_PARAMETER},
        {"set nothing", t.hsaKmtSetEvent(nullptr), HSAKMT_STATUS_INVALID_HANDLE},
        {"destroy a stranger", t.hsaKmtDestroyEvent(reinterpret_cast<HsaEvent*>(&nothing)),
         HSAKMT_STATUS_INVALID_HANDLE},
        {"wait on nothing", t.hsaKmtWaitOnEvent(nullptr, 0), HSAKMT_STATUS_INVALID_HANDLE},
        {"wait on no list", t.hsaKmtWaitOnMultipleEvents(nullptr, 1, true, 0), HSAKMT_STATUS_INVALID_HANDLE},
        {"destroy no queue", t.hsaKmtDestroyQueue(1234), HSAKMT_STATUS_INVALID_HANDLE},
        {"update no queue", t.hsaKmtUpdateQueue(1234, 0, HSA_QUEUE_PRIORITY_NORMAL, nullptr, 0, nullptr),
         HSAKMT_STATUS_INVALID_HANDLE},
        {"mask no queue", t.hsaKmtSetQueueCUMask(1234, 32, nodes), HSAKMT_STATUS_INVALID_HANDLE},
        {"a queue of the host",
         t.hsaKmtCreateQueue(0, HSA_QUEUE_COMPUTE_AQL, 100, HSA_QUEUE_PRIORITY_NORMAL, &nothing, page, nullptr,
                             &resource),
         HSAKMT_STATUS_INVALID_NODE_UNIT},
        {"an SDMA queue",
         t.hsaKmtCreateQueue(1, HSA_QUEUE_SDMA, 100, HSA_QUEUE_PRIORITY_NORMAL, &nothing, page, nullptr, &resource),
         HSAKMT_STATUS_NOT_SUPPORTED},
        {"a queue nowhere",
         t.hsaKmtCreateQueue(1, HSA_QUEUE_COMPUTE_AQL, 100, HSA_QUEUE_PRIORITY_NORMAL, &nothing, page, nullptr,
                             &resource),
         HSAKMT_STATUS_INVALID_PARAMETER},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        CHECK(row.status == row.expected);
    }
}

TEST_CASE("an auto-reset event releases one wait, a manual one every wait until it is reset") {
    Thunk& t = opened();
    HsaEvent* automatic = event(false);
    HsaEvent* manual = event(true);
    CHECK(t.hsaKmtWaitOnEvent(automatic, 0) == HSAKMT_STATUS_WAIT_TIMEOUT);
    for (HsaEvent* e : {automatic, manual}) CHECK(t.hsaKmtSetEvent(e) == HSAKMT_STATUS_SUCCESS);
    CHECK(t.hsaKmtWaitOnEvent(automatic, 0) == HSAKMT_STATUS_SUCCESS);
    CHECK(t.hsaKmtWaitOnEvent(automatic, 0) == HSAKMT_STATUS_WAIT_TIMEOUT);
    CHECK(t.hsaKmtWaitOnEvent(manual, 0) == HSAKMT_STATUS_SUCCESS);
    CHECK(t.hsaKmtQueryEventState(manual) == HSAKMT_STATUS_SUCCESS);
    CHECK(t.hsaKmtResetEvent(manual) == HSAKMT_STATUS_SUCCESS);
    CHECK(t.hsaKmtWaitOnEvent(manual, 0) == HSAKMT_STATUS_WAIT_TIMEOUT);
    for (HsaEvent* e : {automatic, manual}) CHECK(t.hsaKmtDestroyEvent(e) == HSAKMT_STATUS_SUCCESS);
    CHECK(t.hsaKmtDestroyEvent(manual) == HSAKMT_STATUS_INVALID_HANDLE);
    CHECK(t.hsaKmtSetEvent(manual) == HSAKMT_STATUS_INVALID_HANDLE);
}

TEST_CASE("a wait ends with its time-out") {
    HsaEvent* e = event(false);
    const auto start = std::chrono::steady_clock::now();
    CHECK(opened().hsaKmtWaitOnEvent(e, 20) == HSAKMT_STATUS_WAIT_TIMEOUT);
    CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(20));
    opened().hsaKmtDestroyEvent(e);
}

TEST_CASE("waiting for all needs all, for any needs one") {
    Thunk& t = opened();
    HsaEvent* list[] = {event(true), event(true), event(true)};
    CHECK(t.hsaKmtWaitOnMultipleEvents(list, 3, false, 0) == HSAKMT_STATUS_WAIT_TIMEOUT);
    t.hsaKmtSetEvent(list[1]);
    CHECK(t.hsaKmtWaitOnMultipleEvents(list, 3, false, 0) == HSAKMT_STATUS_SUCCESS);
    CHECK(t.hsaKmtWaitOnMultipleEvents(list, 3, true, 0) == HSAKMT_STATUS_WAIT_TIMEOUT);

    std::thread waiter([&] { CHECK(t.hsaKmtWaitOnMultipleEvents(list, 3, true, ~0u) == HSAKMT_STATUS_SUCCESS); });
    t.hsaKmtSetEvent(list[0]);
    t.hsaKmtSetEvent(list[2]);
    waiter.join();
    for (HsaEvent* e : list) t.hsaKmtDestroyEvent(e);
}

TEST_CASE("no set is lost between two threads that wake each other") {
    Thunk& t = opened();
    HsaEvent *ping = event(false), *pong = event(false);
    constexpr int rounds = 2000;
    std::thread other([&] {
        for (int i = 0; i < rounds; ++i) {
            t.hsaKmtWaitOnEvent(ping, ~0u);
            t.hsaKmtSetEvent(pong);
        }
    });
    int answered = 0;
    for (int i = 0; i < rounds; ++i) {
        t.hsaKmtSetEvent(ping);
        answered += t.hsaKmtWaitOnEvent(pong, 20000) == HSAKMT_STATUS_SUCCESS;
    }
    other.join();
    CHECK(answered == rounds);
    t.hsaKmtDestroyEvent(ping);
    t.hsaKmtDestroyEvent(pong);
}

TEST_CASE("destroying an event ends a wait on it") {
    Thunk& t = opened();
    HsaEvent* e = event(false);
    std::atomic<bool> waiting{false};
    HSAKMT_STATUS status = HSAKMT_STATUS_SUCCESS;
    std::thread waiter([&] {
        waiting = true;
        status = t.hsaKmtWaitOnEvent(e, ~0u);
    });
    while (!waiting) std::this_thread::yield();
    t.hsaKmtDestroyEvent(e);
    waiter.join();
    // Invalid when the wait began too late to see it alive.
    CHECK((status == HSAKMT_STATUS_WAIT_FAILURE || status == HSAKMT_STATUS_INVALID_HANDLE));
}

TEST_CASE("there are 4095 events, each with a mailbox, and their ids are used again") {
    std::vector<HsaEvent*> all;
    HsaEventDescriptor descriptor{HSA_EVENTTYPE_SIGNAL, gpu_node, {}};
    HsaEvent* e = nullptr;
    while (opened().hsaKmtCreateEvent(&descriptor, false, false, &e) == HSAKMT_STATUS_SUCCESS) all.push_back(e);
    CHECK(all.size() == 4095);
    const HsaEvent middle = *all[2000];
    CHECK(*reinterpret_cast<HSAuint64*>(middle.EventData.HWData2) == ~HSAuint64(0));
    opened().hsaKmtDestroyEvent(all[2000]);
    REQUIRE(opened().hsaKmtCreateEvent(&descriptor, false, false, &all[2000]) == HSAKMT_STATUS_SUCCESS);
    CHECK(all[2000]->EventId == middle.EventId);
    for (HsaEvent* known : all) opened().hsaKmtDestroyEvent(known);
}

namespace {

// What ROCr gives to hsaKmtCreateQueue: an amd_queue_t and a ring, both on the GPU.
struct RawQueue {
    static constexpr HSAuint32 packets = 64;
    amd_queue_t* queue;
    char* ring;
    HsaQueueResource resource{};

    RawQueue() : queue(static_cast<amd_queue_t*>(allocate(cpu_node, page))) {
        ring = static_cast<char*>(allocate(cpu_node, packets * 64, flags({"ring"})));
        for (void* p : {static_cast<void*>(queue), static_cast<void*>(ring)})
            REQUIRE(opened().hsaKmtMapMemoryToGPU(p, page, nullptr) == HSAKMT_STATUS_SUCCESS);
        for (HSAuint32 i = 0; i < packets; ++i) *reinterpret_cast<uint16_t*>(ring + 64 * i) = HSA_PACKET_TYPE_INVALID;
        queue->hsa_queue.size = packets;
        resource.Queue_read_ptr_aql = const_cast<HSAuint64*>(&queue->read_dispatch_id);
        resource.Queue_write_ptr_aql = const_cast<HSAuint64*>(&queue->write_dispatch_id);
    }
    ~RawQueue() {
        opened().hsaKmtFreeMemory(ring, packets * 64);
        opened().hsaKmtFreeMemory(queue, page);
    }
    HSAKMT_STATUS create(HSAuint32 percentage = 100) {
        return opened().hsaKmtCreateQueue(gpu_node, HSA_QUEUE_COMPUTE_AQL, percentage, HSA_QUEUE_PRIORITY_NORMAL, ring,
                                          2 * packets * 64, nullptr, &resource);
    }
    // A barrier packet that waits for nothing and signals nobody.
    void barrier(HSAuint64 index) {
        __atomic_store_n(reinterpret_cast<uint16_t*>(ring + 64 * (index % packets)),
                         HSA_PACKET_TYPE_BARRIER_AND | 1 << HSA_PACKET_HEADER_BARRIER, __ATOMIC_RELEASE);
    }
    void doorbell(HSAuint32 value) { __atomic_store_n(resource.Queue_DoorBell, value, __ATOMIC_RELEASE); }
    bool reads_up_to(HSAuint64 index) const {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (__atomic_load_n(&queue->read_dispatch_id, __ATOMIC_ACQUIRE) != index)
            if (std::chrono::steady_clock::now() > end) return false;
        return true;
    }
};

}  // namespace

TEST_CASE("a queue follows its doorbell, waits for slots that are still invalid, and rests while suspended") {
    RawQueue q;
    std::memset(q.ring, 0, 64);
    for (HSAuint32 i = 0; i < q.packets; ++i) *reinterpret_cast<uint16_t*>(q.ring + 64 * i) = HSA_PACKET_TYPE_INVALID;
    REQUIRE(q.create() == HSAKMT_STATUS_SUCCESS);
    q.barrier(1);
    q.doorbell(2);  // slot 0 is not valid yet
    q.barrier(0);
    CHECK(q.reads_up_to(2));
    CHECK(*reinterpret_cast<uint16_t*>(q.ring) == HSA_PACKET_TYPE_INVALID);

    REQUIRE(opened().hsaKmtUpdateQueue(q.resource.QueueId, 0, HSA_QUEUE_PRIORITY_NORMAL, nullptr, 0, nullptr) ==
            HSAKMT_STATUS_SUCCESS);
    q.barrier(2);
    q.doorbell(3);
    CHECK(__atomic_load_n(&q.queue->read_dispatch_id, __ATOMIC_ACQUIRE) == 2);
    REQUIRE(opened().hsaKmtUpdateQueue(q.resource.QueueId, 100, HSA_QUEUE_PRIORITY_NORMAL, nullptr, 0, nullptr) ==
            HSAKMT_STATUS_SUCCESS);
    CHECK(q.reads_up_to(3));
    CHECK(opened().hsaKmtDestroyQueue(q.resource.QueueId) == HSAKMT_STATUS_SUCCESS);
    CHECK(opened().hsaKmtDestroyQueue(q.resource.QueueId) == HSAKMT_STATUS_INVALID_HANDLE);
}

TEST_CASE("a doorbell beyond the ring is ignored") {
    RawQueue q;
    REQUIRE(q.create() == HSAKMT_STATUS_SUCCESS);
    q.doorbell(0xffffffff);
    q.barrier(0);
    q.doorbell(1);
    CHECK(q.reads_up_to(1));
    CHECK(opened().hsaKmtDestroyQueue(q.resource.QueueId) == HSAKMT_STATUS_SUCCESS);
}

TEST_CASE("a queue whose memory was freed stops, and the process lives") {
    auto q = std::make_unique<RawQueue>();
    REQUIRE(q->create() == HSAKMT_STATUS_SUCCESS);
    const HsaQueueResource resource = q->resource;
    q.reset();
    __atomic_store_n(resource.Queue_DoorBell, 1, __ATOMIC_RELEASE);
    CHECK(opened().hsaKmtDestroyQueue(resource.QueueId) == HSAKMT_STATUS_SUCCESS);
}

TEST_CASE("a ring whose size is no power of two is refused") {
    RawQueue q;
    q.queue->hsa_queue.size = 63;
    CHECK(q.create() == HSAKMT_STATUS_INVALID_PARAMETER);
    q.queue->hsa_queue.size = 4 * q.packets;
    CHECK(q.create() == HSAKMT_STATUS_INVALID_PARAMETER);
}

TEST_CASE("a forked child finds the door closed, tears down for nothing, and may open it anew") {
    RawQueue q;
    REQUIRE(q.create() == HSAKMT_STATUS_SUCCESS);
    HsaEvent* e = event(false);
    void* p = allocate(gpu_node, page, flags({"vram"}));
    const Outcome o = in_child(nullptr, nullptr, [&](int output) {
        Thunk& t = closed();
        HsaVersionInfo version;
        void* fresh = nullptr;
        const HSAKMT_STATUS seen[] = {
            t.hsaKmtGetVersion(&version),
            t.hsaKmtWaitOnEvent(e, ~0u),
            t.hsaKmtDestroyQueue(q.resource.QueueId),
            t.hsaKmtFreeMemory(p, page),
            t.hsaKmtSetEvent(e),
            t.hsaKmtDestroyEvent(e),
            t.hsaKmtOpenKFD(),
            t.hsaKmtAllocMemory(gpu_node, page, flags({"vram"}), &fresh),
            t.hsaKmtFreeMemory(fresh, page),
            t.hsaKmtDestroyQueue(q.resource.QueueId),
        };
        for (HSAKMT_STATUS s : seen) put(output, s);
        exit(0);
    });
    constexpr auto no_channel = HSAKMT_STATUS_KERNEL_IO_CHANNEL_NOT_OPENED, fine = HSAKMT_STATUS_SUCCESS;
    CHECK(o.status == 0);
    const std::array<HSAKMT_STATUS, 10> expected = {no_channel, no_channel, fine, fine, fine,
                                                    fine,       fine,       fine, fine, HSAKMT_STATUS_INVALID_HANDLE};
    CHECK(taken<std::array<HSAKMT_STATUS, 10>>(o) == expected);

    q.barrier(0);
    q.doorbell(1);
    CHECK(q.reads_up_to(1));
    CHECK(opened().hsaKmtDestroyQueue(q.resource.QueueId) == HSAKMT_STATUS_SUCCESS);
    CHECK(opened().hsaKmtFreeMemory(p, page) == HSAKMT_STATUS_SUCCESS);
    CHECK(opened().hsaKmtDestroyEvent(e) == HSAKMT_STATUS_SUCCESS);
}
