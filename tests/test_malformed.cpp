// Code that no assembler made: whatever the words are, the grid ends or faults with a sentence, and the host lives on.

#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <random>

#include "backend/backend.hpp"
#include "emulator/exec/exec.hpp"
#include "emulator/exec/withdrawn.hpp"
#include "gcn/error.hpp"
#include "isa/decode.hpp"

using namespace gcn;
using namespace gcn::emulator;
using Catch::Matchers::Contains;

namespace {

constexpr uint64_t code_at = 0x10'0000'0000, data_at = 0x20'0000'0000, zeros_at = 0x30'0000'0000;

// Four workgroups of two waves, with LDS, scratch and 16 KiB of data whose address is in s[0:1].
class Machine {
public:
    explicit Machine(double watchdog) : executor(2, "", watchdog), code(4096), data(4096), scratch(64 * 1024) {
        map(code_at, code.data(), code.size() * 4, false);
        map(data_at, data.data(), data.size() * 4, true);
        map(scratch_at, scratch.data(), scratch.size() * 4, true);
        d.space = &space;
        d.entry = code_at;
        d.rsrc1 = 0xc0 << 12;
        d.rsrc2 = 1 | 2 << 1 | 7 << 7 | 2 << 11;  // scratch, two user SGPRs, the group's place, three ids
        d.grid = {512, 1, 1};
        d.group = {128, 1, 1};
        d.lds_bytes = 4096;
        d.scratch_base = scratch_at;
        d.scratch_wave_bytes = 16 * 1024;
        d.scratch_waves = 16;
        d.lds_aperture = 0x1'0000'0000, d.scratch_aperture = 0x2'0000'0000;
        d.user_sgprs = {uint32_t(data_at), uint32_t(data_at >> 32)};
    }
    void map(uint64_t at, void* host, size_t bytes, bool writable) {
        REQUIRE(space.map({at, at + bytes, static_cast<std::byte*>(host), writable}));
    }
    emulator::Fault run(const std::vector<uint32_t>& words) {
        REQUIRE(words.size() <= code.size());
        std::fill(code.begin(), code.end(), 0xbf810000);  // s_endpgm
        std::copy(words.begin(), words.end(), code.begin());
        executor.forget_code();
        std::mutex guard;
        std::condition_variable ended;
        std::optional<Result> result;
        const auto running = executor.start(d, [&](const Result& r) {
            const std::lock_guard lock(guard);
            result = r;
            ended.notify_one();
        });
        std::unique_lock lock(guard);
        ended.wait(lock, [&] { return result.has_value(); });
        return result->fault;
    }

    static constexpr uint64_t scratch_at = 0x28'0000'0000;
    Executor executor;
    AddressSpace space;
    Dispatch d;
    std::vector<uint32_t> code, data, scratch;
};

// Never a fault without its sentence.
void check(const emulator::Fault& fault) {
    if (fault.kind != FaultKind::None) CHECK(!fault.text.empty());
}

int repetitions(int few, int many) { return std::getenv("GCN_CHECK_LONG") ? many : few; }

}  // namespace

TEST_CASE("random words end or fault") {
    Machine machine(0.05);
    std::mt19937 random(1);
    int faults = 0;
    const int rounds = repetitions(2'000, 40'000);
    for (int i = 0; i < rounds; ++i) {
        std::vector<uint32_t> words(1 + random() % 64);
        for (uint32_t& word : words) word = uint32_t(random());
        const emulator::Fault fault = machine.run(words);
        check(fault);
        faults += fault.kind != FaultKind::None;
    }
    CHECK(faults > rounds / 2);
}

TEST_CASE("random operands of real instructions end or fault") {
    Machine machine(0.05);
    std::mt19937 random(2);
    const int rounds = repetitions(2'000, 40'000);
    int ended = 0;
    for (int i = 0; i < rounds; ++i) {
        std::vector<uint32_t> words;
        while (words.size() < 24) {
            const isa::Inst& inst = isa::insts[random() % isa::insts.size()];
            const isa::Format& f = isa::layout_of(inst.format);
            const uint32_t other = ~(f.fixed() | f.place('o', ~0u, 0));
            words.push_back(f.ones() | f.place('o', inst.opcode, 0) | (uint32_t(random()) & other));
            if (f.has_dword_1() || random() % 4 == 0) words.push_back(uint32_t(random()));
        }
        words.resize(1 + random() % words.size());
        const emulator::Fault fault = machine.run(words);
        check(fault);
        ended += fault.kind == FaultKind::None;
    }
    CHECK(ended > 0);
}

TEST_CASE("a jump to where no code is mapped faults with that address") {
    Machine machine(10);
    const emulator::Fault fault = machine.run({
        0xbe8400ff, 0x12345600,  // s_mov_b32 s4, 0x12345600
        0xbe8500ff, 0x00000011,  // s_mov_b32 s5, 0x11
        0xbe801d04,              // s_setpc_b64 s[4:5]
    });
    CHECK(fault.kind == FaultKind::Memory);
    CHECK(fault.address == 0x11'1234'5600);
    CHECK_THAT(fault.text, Contains("no code is mapped there"));
}

TEST_CASE("a branch out of the code's memory faults") {
    Machine machine(10);
    const emulator::Fault fault = machine.run({0xbf828000});  // s_branch -32768
    CHECK(fault.kind == FaultKind::Memory);
    CHECK(fault.address == code_at + 4 - 4 * 32768);
}

TEST_CASE("an address that is no multiple of 4 is no address of an instruction") {
    Machine machine(10);
    const emulator::Fault fault = machine.run({
        0xbe8400ff, 0x00000102,  // s_mov_b32 s4, 0x102
        0xbe850090,              // s_mov_b32 s5, 16
        0xbe801d04,              // s_setpc_b64 s[4:5]
    });
    CHECK(fault.kind == FaultKind::IllegalInstruction);
    CHECK_THAT(fault.text, Contains("no multiple of 4"));
}

TEST_CASE("a kernel that runs into a large empty region faults at its end") {
    Machine machine(60);
    std::vector<uint32_t> zeros(size_t(1) << 20);  // v_cndmask_b32 v0, 0, v0, vcc
    machine.map(zeros_at, zeros.data(), zeros.size() * 4, false);
    const emulator::Fault fault = machine.run({
        0xbe840080,  // s_mov_b32 s4, 0
        0xbe8500b0,  // s_mov_b32 s5, 48
        0xbe801d04,  // s_setpc_b64 s[4:5]
    });
    CHECK(fault.kind == FaultKind::Memory);
    CHECK(fault.address == zeros_at + zeros.size() * 4);
}

TEST_CASE("code that the program has given back to the system faults where it ends") {
    Machine machine(10);
    WithdrawnGuard::install();
    constexpr size_t page = 4096;
    auto* const pages =
        static_cast<std::byte*>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(pages != MAP_FAILED);
    machine.map(zeros_at, pages, 2 * page, false);
    REQUIRE(mprotect(pages + page, page, PROT_NONE) == 0);
    const emulator::Fault fault = machine.run({
        0xbe840080,  // s_mov_b32 s4, 0
        0xbe8500b0,  // s_mov_b32 s5, 48
        0xbe801d04,  // s_setpc_b64 s[4:5]
    });
    munmap(pages, 2 * page);
    CHECK(fault.kind == FaultKind::Memory);
    CHECK(fault.address == zeros_at + page);
}

TEST_CASE("code that jumps to ever new places, each with much to decode, is stopped in time") {
    Machine machine(0.2);
    std::vector<uint32_t> places;
    while (places.size() < 300'000)
        for (const uint32_t word : {0x80048c04, 0xbf850001, 0xbe801d04})  // s4 += 12; on a carry the next, else s[4:5]
            places.push_back(word);
    machine.map(zeros_at, places.data(), places.size() * 4, false);
    const auto start = std::chrono::steady_clock::now();
    const emulator::Fault fault = machine.run({
        0xbe840080,  // s_mov_b32 s4, 0
        0xbe8500b0,  // s_mov_b32 s5, 48
        0xbe801d04,  // s_setpc_b64 s[4:5]
    });
    CHECK(fault.kind == FaultKind::Endless);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(100));  // it was hours
}

TEST_CASE("what never ends is stopped, with the instruction where it was") {
    struct Endless {
        const char* what;
        std::vector<uint32_t> words;
    };
    const Endless all[] = {
        {"a branch to itself", {0xbf82ffff}},
        {"a loop that stores", {0x7e040200, 0x7e060201, 0xdc700000, 0x00000002, 0xbf82fffd}},  // flat_store to v[2:3]
        {"a barrier again and again", {0xbf8a0000, 0xbf82fffe}},
        {"sleep again and again", {0xbf8e0001, 0xbf82fffe}},
        {"a jump to itself", {0xbe841c00, 0x80048484, 0x82058005, 0xbe801d04}},
    };
    for (const Endless& endless : all) {
        Machine machine(0.2);
        machine.d.user_sgprs = {uint32_t(data_at), uint32_t(data_at >> 32)};
        const emulator::Fault fault = machine.run(endless.words);
        INFO(endless.what << ": " << fault.text);
        CHECK(fault.kind == FaultKind::Endless);
        CHECK_THAT(fault.text, Contains("no workgroup has ended on the device for 0.2 s"));
    }
}

TEST_CASE("recursion without end runs out of scratch memory") {
    Machine machine(10);
    // s4: how deep. Each call keeps its number in the lane's scratch: buffer_store_dword v0, v1, s[8:11], s12 offen.
    const emulator::Fault fault = machine.run({
        0x7e020204,              // v_mov_b32 v1, s4
        0x24020282,              // v_lshlrev_b32 v1, 2, v1
        0x7e0602ff, 0x00000002,  // v_mov_b32 v3, 2: the scratch aperture
        0x7e040301,              // v_mov_b32 v2, v1
        0xdc700000, 0x00000002,  // flat_store_dword v[2:3], v0
        0x80048104,              // s_add_u32 s4, s4, 1
        0xbf82fff8 - 1,          // s_branch to the first
    });
    CHECK(fault.kind == FaultKind::Memory);
    CHECK_THAT(fault.text, Contains("beyond the lane's scratch memory"));
}

// ---- through the real runtime ------------------------------------------------------------------

TEST_CASE("a program outlives random code and endless kernels, and its next device works") {
    setenv("GCN_EMU_WATCHDOG", "0.5", 1);
    std::ifstream file(BUILD "/tests/kernels/hsa_scale.co", std::ios::binary);
    const std::string good((std::istreambuf_iterator<char>(file)), {});
    REQUIRE(!good.empty());
    const uint32_t mark = 0x5ca1e000;  // the literal of the first instruction
    const size_t at = good.find(std::string(reinterpret_cast<const char*>(&mark), 4)) - 4;
    REQUIRE(at < good.size());

    struct Args {
        uint64_t in, out;
        uint32_t factor, count;
    };
    const auto result_of = [&](const std::string& code) {
        const auto device = open_backend("hsa-software");
        const auto out = device->alloc(256);
        const std::vector<uint32_t> given(64, 3);
        out->write(given.data(), 256, 0);
        const auto kernel = device->load(std::as_bytes(std::span(code)), "hsa_scale");
        const Args args{out->address, out->address, 5, 64};
        if (!device->launch(*kernel, {.x = 1}, std::as_bytes(std::span(&args, 1)))) return device->lost();
        std::vector<uint32_t> got(64);
        out->read(got.data(), 256, 0);
        return "out[1] = " + std::to_string(got[1]);
    };
    std::mt19937 random(3);
    CHECK(result_of(good) == "out[1] = 16");
    for (int i = 0; i < repetitions(10, 200); ++i) {
        std::string code = good;
        for (size_t k = at; k < at + 64; ++k) code[k] = char(random());
        CHECK(!result_of(code).empty());
    }
    std::string endless = good;
    const uint32_t forever = 0xbf82ffff;
    std::memcpy(&endless[at], &forever, 4);
    CHECK_THAT(result_of(endless), Contains("cannot"));
    CHECK(result_of(good) == "out[1] = 16");
}
