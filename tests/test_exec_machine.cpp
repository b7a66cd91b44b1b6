// Waves, groups and grids together: barriers, progress, faults, what ends them, and that every build of the interpreter
// leaves the same memory behind.

#include <sys/mman.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "backend/code_object.hpp"
#include "backend/embedded.hpp"
#include "backend/sgemm_args.hpp"
#include "emulator/exec/exec.hpp"
#include "emulator/exec/memory.hpp"
#include "gcn/error.hpp"

using namespace gcn;
using namespace gcn::emulator;

namespace {

std::vector<std::byte> file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    REQUIRE(in);
    std::vector<std::byte> bytes;
    for (std::istreambuf_iterator<char> it(in), end; it != end; ++it) bytes.push_back(std::byte(*it));
    return bytes;
}

// Where a grid's end is waited for.
class Ending {
public:
    std::function<void(const Result&)> callback() {
        return [this](const Result& r) {
            const std::lock_guard lock(guard);
            result = r;
            ++times;
            ended.notify_all();
        };
    }
    Result wait() {
        std::unique_lock lock(guard);
        ended.wait(lock, [&] { return times > 0; });
        return result;
    }
    int calls() {
        const std::lock_guard lock(guard);
        return times;
    }

private:
    std::mutex guard;
    std::condition_variable ended;
    Result result;
    int times = 0;
};

// An address space with the kernels of machine.s and a block of dwords, at GPU addresses that are not the host's.
class Machine {
public:
    static constexpr uint64_t code_at = 0x10'0000'0000, data_at = 0x20'0000'0000;

    Machine() : object(read_code_object(file(BUILD "/tests/kernels/machine.co"), "machine.co")), data(4096) {
        map(code_at, object.image.data(), object.image.size(), false);
        map(data_at, data.data(), data.size() * 4, true);
    }

    void map(uint64_t at, void* host, size_t bytes, bool writable) {
        REQUIRE(space.map({at, at + bytes, static_cast<std::byte*>(host), writable}));
    }
    // The bad accesses read their address here.
    void set_address(uint64_t address) { std::memcpy(&data[2], &address, sizeof address); }

    Dispatch dispatch(const std::string& kernel, uint32_t groups = 1, uint32_t lanes = 64) {
        const KernelDescriptor* k = object.find(kernel);
        INFO(kernel);
        REQUIRE(k);
        Dispatch d;
        d.space = &space;
        d.entry = code_at + k->entry;
        d.rsrc1 = k->rsrc1;
        d.rsrc2 = k->rsrc2;
        d.lds_bytes = k->lds_bytes;
        d.grid = {groups * lanes, 1, 1};
        d.group = {lanes, 1, 1};
        d.user_sgprs = {uint32_t(data_at), uint32_t(data_at >> 32)};
        return d;
    }
    CodeObject object;
    AddressSpace space;
    std::vector<uint32_t> data;
};

Result run(Executor& executor, const Dispatch& dispatch) {
    Ending ending;
    const auto running = executor.start(dispatch, ending.callback());
    return ending.wait();
}

void finishes(const Result& result) {
    INFO(result.fault.text);
    CHECK(result.fault.kind == FaultKind::None);
}

// A kernel that spins has no way to notify: wait for its word by looking.
void wait_for(const uint32_t& word, uint32_t value) {
    while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) != value) std::this_thread::yield();
}

}  // namespace

TEST_CASE("waves of a group meet at the barrier and see each other's LDS") {
    Executor executor(1, "");
    Machine machine;
    const Result result = run(executor, machine.dispatch("machine_neighbours", 1, 256));
    finishes(result);
    CHECK(result.groups == 1);
    CHECK(result.waves == 4);
    for (uint32_t i = 0; i < 256; ++i) REQUIRE(machine.data[i] == 3 * ((i + 64) % 256));
}

TEST_CASE("waves that have ended count as arrived at a barrier") {
    Executor executor(1, "");
    Machine machine;
    finishes(run(executor, machine.dispatch("machine_leavers", 1, 256)));
    for (uint32_t i = 0; i < 128; ++i) REQUIRE(machine.data[i] == (i ^ 64));
}

TEST_CASE("instructions are counted as the card issues them, also where several are executed as one") {
    Executor executor(1, "");
    Machine machine;
    // machine_release: v_mov, the five of address_of, v_mov, flat_store, s_endpgm.
    CHECK(run(executor, machine.dispatch("machine_release")).instructions == 8);
    CHECK(run(executor, machine.dispatch("machine_release", 100)).instructions == 800);
}

TEST_CASE("two groups that wait for each other make progress on one thread") {
    Executor executor(1, "");
    Machine machine;
    finishes(run(executor, machine.dispatch("machine_ping_pong", 2)));
    CHECK(machine.data[0] == 100);
}

TEST_CASE("grids that wait for each other make progress on one thread, whichever begins") {
    for (const uint32_t groups : {1, 50}) {
        Executor executor(1, "");
        Machine machine;
        Ending waiting;
        const auto grid = executor.start(machine.dispatch("machine_wait", groups), waiting.callback());
        CHECK(waiting.calls() == 0);
        finishes(run(executor, machine.dispatch("machine_release")));
        finishes(waiting.wait());
    }
}

TEST_CASE("many grids at once all end, and each says so once") {
    Executor executor(2, "");
    std::vector<std::unique_ptr<Machine>> machines;
    std::vector<std::unique_ptr<Ending>> endings;
    std::vector<std::shared_ptr<Running>> grids;
    for (int i = 0; i < 16; ++i) {
        machines.push_back(std::make_unique<Machine>());
        endings.push_back(std::make_unique<Ending>());
        grids.push_back(executor.start(
            machines[i]->dispatch(i % 2 ? "machine_ping_pong" : "machine_neighbours", i % 2 ? 2 : 9, i % 2 ? 64 : 256),
            endings[i]->callback()));
    }
    for (int i = 0; i < 16; ++i) finishes(endings[i]->wait());
    for (int i = 0; i < 16; ++i) {
        CHECK(endings[i]->calls() == 1);
        CHECK(machines[i]->data[0] == (i % 2 ? 100 : 192));
    }
}

TEST_CASE("work-items know their place in the grid, in whole and in partial groups") {
    Executor executor(2, "");
    Machine machine;
    Dispatch d = machine.dispatch("machine_grid");
    d.grid = {37, 7, 5};
    d.group = {16, 3, 2};
    machine.data[0] = 37, machine.data[1] = 7, machine.data[2] = 16 | 3 << 8 | 2 << 16;
    const Result result = run(executor, d);
    finishes(result);
    CHECK(result.groups == 3 * 3 * 3);
    for (int i = 0; i < 37 * 7 * 5; ++i) REQUIRE(machine.data[4 + i] == 1);
    CHECK(machine.data[4 + 37 * 7 * 5] == 0);
}

TEST_CASE("a grid without work-items ends at once") {
    Executor executor(1, "");
    Machine machine;
    Dispatch d = machine.dispatch("machine_release");
    d.grid = {0, 1, 1};
    const Result result = run(executor, d);
    finishes(result);
    CHECK(result.groups == 0);
}

TEST_CASE("scratch memory is the lane's own, through descriptor and aperture alike") {
    constexpr uint64_t scratch_at = 0x30'0000'0000, aperture = 0x2000'0001'0000'0000;
    constexpr uint32_t wave_bytes = 64 * 32, slots = 3;
    Executor executor(2, "");
    Machine machine;
    std::vector<uint32_t> memory(wave_bytes / 4 * slots);
    machine.map(scratch_at, memory.data(), memory.size() * 4, true);
    const uint32_t descriptor[] = {uint32_t(scratch_at), uint32_t(scratch_at >> 32) | 0x80000000,
                                   uint32_t(memory.size() * 4), 0x00ea4fac, uint32_t(aperture >> 32)};
    std::memcpy(machine.data.data(), descriptor, sizeof descriptor);
    Dispatch d = machine.dispatch("machine_scratch", 20);
    d.scratch_base = scratch_at;
    d.scratch_wave_bytes = wave_bytes;
    d.scratch_waves = slots;
    d.scratch_aperture = aperture;
    finishes(run(executor, d));
    for (uint32_t group = 0; group < 20; ++group)
        for (uint32_t lane = 0; lane < 64; ++lane)
            REQUIRE(machine.data[8 + 64 * group + lane] == 1000 * group + lane + 7);

    d.scratch_waves = 0;
    CHECK(run(executor, d).fault.text == "a group has 1 waves, its scratch memory holds 0");
}

TEST_CASE("messages of waves are passed on") {
    Executor executor(2, "");
    Machine machine;
    std::atomic<int> interrupts{0}, others{0};
    Dispatch d = machine.dispatch("machine_message", 30);
    d.message = [&](uint32_t message) { ++(message == 1 ? interrupts : others); };
    finishes(run(executor, d));
    CHECK(interrupts == 30);
    CHECK(others == 0);
    d.message = nullptr;
    finishes(run(executor, d));
}

TEST_CASE("a bad address ends the grid and says who and where") {
    struct Case {
        const char* kernel;
        bool write;
        const char* text;
    };
    const Case cases[] = {
        {"machine_load", false, "flat_load_dwordx4 v[8:11], v[4:5]"},
        {"machine_store", true, "flat_store_dwordx2 v[4:5], v[8:9]"},
        {"machine_atomic", true, "flat_atomic_add v[4:5], v0"},
        {"machine_scalar_load", false, "s_load_dwordx4 s[8:11], s[8:9], 0x0"},
        {"machine_buffer_load", false, "buffer_load_dword v8, v0, s[8:11], 0 offen"},
        {"machine_jump", false, "an instruction"},
    };
    for (const int threads : {1, 2})
        for (const Case& c : cases) {
            INFO(c.kernel);
            Executor executor(threads, "");
            Machine machine;
            machine.set_address(0x7000'0000);
            const Result result = run(executor, machine.dispatch(c.kernel, 500));
            CHECK(result.fault.kind == FaultKind::Memory);
            CHECK(result.fault.address == 0x7000'0000);
            CHECK(result.fault.write == c.write);
            CHECK(result.fault.text.starts_with(c.text));
            CHECK(result.groups < 500);
        }
}

TEST_CASE("a fault names the first byte that is missing, and a store into read-only memory is one") {
    Executor executor(1, "");
    Machine machine;
    machine.set_address(Machine::data_at + machine.data.size() * 4 - 4);
    CHECK(run(executor, machine.dispatch("machine_load")).fault.address == Machine::data_at + machine.data.size() * 4);
    machine.set_address(Machine::code_at);
    const Result result = run(executor, machine.dispatch("machine_store"));
    CHECK(result.fault.kind == FaultKind::Memory);
    CHECK(result.fault.write);
    CHECK(result.fault.address == Machine::code_at);
    finishes(run(executor, machine.dispatch("machine_load")));
}

TEST_CASE("memory that the program has given back to the system is a fault, not a signal") {
    Executor executor(1, "");
    Machine machine;
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    machine.map(0x5000'0000, page, 4096, true);
    machine.set_address(0x5000'0100);
    finishes(run(executor, machine.dispatch("machine_load")));
    mmap(page, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);  // what munmap() does, but for keeps
    for (const bool write : {false, true}) {
        const Result result = run(executor, machine.dispatch(write ? "machine_store" : "machine_load"));
        CHECK(result.fault.kind == FaultKind::Memory);
        CHECK(result.fault.address >= 0x5000'0100);  // in the access, at no certain byte
        CHECK(result.fault.address < 0x5000'0110);
        CHECK(result.fault.write == write);
        CHECK_THAT(result.fault.text, Catch::EndsWith("the program has given that memory back to the system"));
    }
    machine.set_address(Machine::data_at);
    finishes(run(executor, machine.dispatch("machine_load")));
}

TEST_CASE("memory may be contiguous for the device and lie in pieces on the host") {
    Executor executor(1, "");
    Machine machine;
    uint32_t pieces[2][2] = {{1, 2}, {3, 4}};
    machine.map(0x5000'0000, pieces[1], 8, true);
    machine.map(0x5000'0008, pieces[0], 8, true);
    machine.set_address(0x5000'0000);
    finishes(run(executor, machine.dispatch("machine_load")));
    machine.set_address(0x5000'0006);  // two bytes here, six there
    finishes(run(executor, machine.dispatch("machine_store")));
    CHECK(pieces[1][1] == 4);
    CHECK(pieces[0][0] == 0);
    CHECK(pieces[0][1] == 0);
}

TEST_CASE("a grid that is stopped ends with that reason, once") {
    for (const uint32_t groups : {1, 3000}) {
        Executor executor(2, "");
        Machine machine;
        Ending ending;
        const auto grid = executor.start(machine.dispatch("machine_wait", groups), ending.callback());
        wait_for(machine.data[1], 1);
        grid->stop();
        CHECK(ending.wait().fault.kind == FaultKind::Stopped);
        grid->stop();
        CHECK(ending.calls() == 1);
    }
}

TEST_CASE("an executor that is destroyed stops its grids") {
    Machine machine;
    Ending ending;
    std::shared_ptr<Running> grid;
    {
        Executor executor(2, "");
        grid = executor.start(machine.dispatch("machine_wait", 100), ending.callback());
        wait_for(machine.data[1], 1);
    }
    CHECK(ending.calls() == 1);
    CHECK(ending.wait().fault.kind == FaultKind::Stopped);
}

TEST_CASE("memory is no longer used once unmap has returned") {
    for (const int threads : {1, 2}) {
        Executor executor(threads, "");
        Machine machine;
        void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(page != MAP_FAILED);
        machine.map(0x6000'0000, page, 4096, true);
        machine.set_address(0x6000'0000);
        Ending ending;
        const auto grid = executor.start(machine.dispatch("machine_read_on", 8), ending.callback());
        wait_for(machine.data[1], 1);
        CHECK(machine.space.unmap(0x6000'0000));
        munmap(page, 4096);  // whoever reads it now dies
        const Result result = ending.wait();
        CHECK(result.fault.kind == FaultKind::Memory);
        CHECK(result.fault.address == 0x6000'0000);
        CHECK_FALSE(machine.space.unmap(0x6000'0000));
    }
}

TEST_CASE("regions never overlap, and are found by every address in them") {
    AddressSpace space;
    std::byte host[64];
    CHECK(space.map({100, 164, host, true}));
    CHECK_FALSE(space.map({163, 170, host, true}));
    CHECK_FALSE(space.map({90, 101, host, true}));
    CHECK_FALSE(space.map({110, 120, host, true}));
    CHECK_FALSE(space.map({90, 200, host, true}));
    CHECK_FALSE(space.map({200, 200, host, true}));
    CHECK(space.map({164, 228, host, false}));
    CHECK(space.host(100, 64, true) == host);
    CHECK(space.host(163, 1, true) == host + 63);
    CHECK(space.host(163, 2, true) == nullptr);
    CHECK(space.host(164, 1, true) == nullptr);
    CHECK(space.host(164, 1, false) == host);
    CHECK_FALSE(space.find(99));
    CHECK_FALSE(space.find(228));
    const uint64_t before = space.version();
    CHECK(space.unmap(100));
    CHECK(space.version() > before);
    CHECK_FALSE(space.find(100));
    CHECK(AddressSpace().version() != AddressSpace().version());
}

TEST_CASE("changed code is executed after forget_code") {
    Executor executor(1, "");
    Machine machine;
    const Dispatch d = machine.dispatch("machine_release");
    finishes(run(executor, d));
    CHECK(machine.data[0] == 1);
    const uint32_t end = 0xbf810000;  // s_endpgm
    std::memcpy(machine.object.image.data() + (d.entry - Machine::code_at), &end, sizeof end);
    executor.forget_code();
    machine.data[0] = 7;
    finishes(run(executor, d));
    CHECK(machine.data[0] == 7);
}

TEST_CASE("an executor for a vector unit that does not exist is refused") {
    CHECK_THROWS_WITH(Executor(1, "mmx"), Catch::Contains("cannot interpret with GCN_EMU_SIMD=mmx: "
                                                          "there is no such build of the interpreter. Try: one of "));
}

// ---- the SGEMM kernel, against the host and between the builds ----------------------------------

namespace {

// C = alpha * A * B^T + beta * C in the kernel's order: products added by rising k, each rounded.
void host_sgemm(const SgemmArgs& g, const std::vector<float>& a, const std::vector<float>& b, std::vector<float>& c) {
    for (uint32_t col = 0; col < g.n; ++col)
        for (uint32_t row = 0; row < g.m; ++row) {
            float sum = 0;
            for (uint32_t k = 0; k < g.k; ++k) {
                const float product = a[k * g.lda + row] * b[k * g.ldb + col];
                sum = sum + product;
            }
            c[col * g.ldc + row] = sum;
        }
}

struct Gemm {
    SgemmArgs args{};
    std::vector<float> a, b, c;

    Gemm(uint32_t m, uint32_t n, uint32_t k) {
        args.m = m, args.n = n, args.k = k;
        args.lda = m + 3, args.ldb = n + 1, args.ldc = m + 5;
        args.alpha = 1;
        std::mt19937 random(m * 7 + n * 5 + k);
        std::uniform_real_distribution<float> values(-1, 1);
        a.resize(size_t(args.lda) * k);
        b.resize(size_t(args.ldb) * k);
        c.resize(size_t(args.ldc) * n, 77);
        for (auto* matrix : {&a, &b})
            for (float& x : *matrix) x = values(random);
    }
};

Result run_gemm(Executor& executor, Gemm& g) {
    const GcnEmbedded* bytes = find_embedded("sgemm_nt_128x128");
    REQUIRE(bytes);
    CodeObject object = read_code_object({bytes->data, bytes->bytes}, "sgemm_nt_128x128");
    const KernelDescriptor* kernel = object.find("sgemm_nt_128x128");
    REQUIRE(kernel);
    AddressSpace space;
    const auto map = [&](uint64_t at, void* host, size_t bytes, bool writable) {
        REQUIRE(space.map({at, at + bytes, static_cast<std::byte*>(host), writable}));
        return at;
    };
    g.args.a = map(0x1'0000'0000, g.a.data(), g.a.size() * 4, false);
    g.args.b = map(0x2'0000'0000, g.b.data(), g.b.size() * 4, false);
    g.args.c = map(0x3'0000'0000, g.c.data(), g.c.size() * 4, true);
    Dispatch d;
    d.space = &space;
    d.entry = map(0x4'0000'0000, object.image.data(), object.image.size(), false) + kernel->entry;
    const uint64_t kernarg = map(0x5'0000'0000, &g.args, sizeof g.args, false);
    d.rsrc1 = kernel->rsrc1;
    d.rsrc2 = kernel->rsrc2;
    d.lds_bytes = kernel->lds_bytes;
    d.group = {256, 1, 1};
    d.grid = {(g.args.m + 127) / 128 * 256, (g.args.n + 127) / 128, 1};
    d.user_sgprs = {uint32_t(kernarg), uint32_t(kernarg >> 32)};
    return run(executor, d);
}

}  // namespace

TEST_CASE("every build of the interpreter gives an unfused host loop's bits for the SGEMM kernel") {
    std::vector<std::string> here;
    for (const char* simd : {"portable", "avx2", "avx512"}) try {
            here.emplace_back(Executor(1, simd).simd());
        } catch (const Error&) {  // this machine lacks it
        }
    for (const auto& [m, n, k] : {std::array{128u, 128u, 64u}, {130u, 70u, 21u}, {257u, 129u, 40u}}) {
        INFO(m << "x" << n << "x" << k);
        Gemm expected(m, n, k);
        host_sgemm(expected.args, expected.a, expected.b, expected.c);
        uint64_t instructions = 0;
        for (const std::string& simd : here)
            for (const int threads : {1, 2}) {
                INFO(simd << " on " << threads << " threads");
                Executor executor(threads, simd);
                Gemm got(m, n, k);
                const Result result = run_gemm(executor, got);
                finishes(result);
                CHECK(std::memcmp(got.c.data(), expected.c.data(), got.c.size() * 4) == 0);
                if (instructions) CHECK(result.instructions == instructions);
                instructions = result.instructions;
            }
    }
}
