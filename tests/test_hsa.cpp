// Backend "hsa" through the real ROCr, on the software Polaris: what a program meets on a card, faults included.

#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <numeric>
#include <random>
#include <thread>

#include "backend/backend.hpp"
#include "hsa_host/fault.hpp"

namespace {

thread_local size_t allocations = 0;

// ROCr and the driver below it are called for a launch too, and are not held to its promise.
bool is_ours(const void* caller) {
    Dl_info from;
    if (!dladdr(caller, &from)) return true;
    return !std::strstr(from.dli_fname, "libhsa-runtime64") && !std::strstr(from.dli_fname, "libgcn-emu");
}

}  // namespace

void* operator new(size_t bytes) {
    allocations += is_ours(__builtin_return_address(0));
    if (void* memory = std::malloc(bytes ? bytes : 1)) return memory;
    throw std::bad_alloc();
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes ? bytes : 1); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

using namespace gcn;
using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

namespace {

std::vector<std::byte> scale_code() {
    std::ifstream file(BUILD "/tests/kernels/hsa_scale.co", std::ios::binary);
    REQUIRE(file);
    std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::byte> code(bytes.size());
    std::memcpy(code.data(), bytes.data(), bytes.size());
    return code;
}

// The kernel with its first instruction, s_mov_b32 of this literal, made one that gfx803 does not have.
std::vector<std::byte> illegal_code() {
    auto code = scale_code();
    const uint32_t literal = 0x5ca1e000, illegal[2] = {0xbfff0000, 0xbfff0000};  // SOPP 0x7f, twice
    for (size_t at = 0; at + 4 <= code.size(); at += 4)
        if (std::memcmp(&code[at], &literal, 4) == 0) {
            std::memcpy(&code[at - 4], illegal, 8);
            return code;
        }
    FAIL("hsa_scale.co has no mark");
    return code;
}

struct ScaleArgs {
    uint64_t in, out;
    uint32_t factor, count;
};

std::optional<Time> launch(Backend& device, const Kernel& kernel, const ScaleArgs& args) {
    return device.launch(kernel, {.x = (args.count + 63) / 64}, std::as_bytes(std::span(&args, 1)));
}

std::string message(auto&& action) {
    try {
        action();
    } catch (const Error& e) {
        return e.what();
    }
    return "nothing was thrown";
}

std::vector<uint32_t> numbers(size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<uint32_t> all(count);
    for (uint32_t& n : all) n = random();
    return all;
}

// A launch that is right: the device is fit for use.
void check_it_works(Backend& device) {
    const uint32_t count = 1000, factor = 7;
    const auto given = numbers(count, 3);
    const auto in = device.alloc(4 * count), out = device.alloc(4 * count);
    in->write(given.data(), 4 * count, 0);
    const auto kernel = device.load(scale_code(), "hsa_scale");
    REQUIRE(launch(device, *kernel, {in->address, out->address, factor, count}));
    std::vector<uint32_t> got(count), want(count);
    out->read(got.data(), 4 * count, 0);
    for (uint32_t i = 0; i < count; i++) want[i] = given[i] * factor + i;
    CHECK(got == want);
}

// Nowhere near an allocation, and inside the 47 bits that a process may have.
constexpr uint64_t wild = 0x0000'2000'0000;

}  // namespace

TEST_CASE("a launch computes, and its time has the kind that the device's name says") {
    const auto device = open_backend("hsa-software");
    check_it_works(*device);

    const DeviceInfo info = device->info();
    INFO(info.name);
    CHECK(info.backend == "hsa");
    CHECK(info.isa == "gfx803");
    CHECK(info.cus > 0);
    CHECK(info.mhz > 0);
    CHECK(info.lds_bytes == 65536);
    CHECK(info.memory_bytes >= uint64_t(4) << 30);
    CHECK(info.card == !is_software(info.name));
    CHECK(info.time_kind == time_kind_of(info.name));

    const auto kernel = device->load(scale_code(), "hsa_scale");
    const auto memory = device->alloc(4096);
    const auto time = launch(*device, *kernel, {memory->address, memory->address, 1, 1024});
    REQUIRE(time);
    CHECK(time->us > 0);
    CHECK(time->kind == info.time_kind);
}

TEST_CASE("a part of a buffer is written and read as asked, the rest of it stays") {
    const auto device = open_backend("hsa-software");
    std::vector<uint8_t> host(3000), got(3000);
    std::iota(host.begin(), host.end(), uint8_t(1));
    const auto memory = device->alloc(host.size());
    memory->write(host.data(), host.size(), 0);
    for (size_t offset : {0, 1, 2, 3, 5, 255, 256, 1021})
        for (size_t count : {0, 1, 2, 3, 7, 64, 301, 1979}) {
            CAPTURE(offset, count);
            const auto part = numbers(count / 4 + 1, unsigned(offset + count));
            std::memcpy(&host[offset], part.data(), count);
            memory->write(part.data(), count, offset);
            memory->read(got.data(), got.size(), 0);
            REQUIRE(got == host);
            memory->read(got.data(), count, offset);
            REQUIRE(std::memcmp(got.data(), part.data(), count) == 0);
        }
}

TEST_CASE("a copy larger than the staging memory arrives whole") {
    const auto device = open_backend("hsa-software");
    const auto host = numbers((13 << 20) / 4 + 1, 5);
    const auto memory = device->alloc(4 * host.size());
    memory->write(host.data(), 4 * host.size(), 0);
    std::vector<uint32_t> got(host.size());
    memory->read(got.data(), 4 * got.size(), 0);
    CHECK((got == host));
}

TEST_CASE("a buffer of no bytes is legal") {
    const auto device = open_backend("hsa-software");
    const auto memory = device->alloc(0);
    memory->write(nullptr, 0, 0);
    CHECK(memory->bytes == 0);
    CHECK(memory->address != 0);
}

TEST_CASE("a kernel launches many times, with each launch's own arguments") {
    const auto device = open_backend("hsa-software");
    const auto kernel = device->load(scale_code(), "hsa_scale");
    const auto in = device->alloc(256), out = device->alloc(256);
    const std::vector<uint32_t> ones(64, 1);
    in->write(ones.data(), 256, 0);
    for (uint32_t factor = 0; factor < 300; factor++) {
        REQUIRE(launch(*device, *kernel, {in->address, out->address, factor, 64}));
        uint32_t last = 0;
        out->read(&last, 4, 252);
        REQUIRE(last == factor + 63);
    }
}

TEST_CASE("a launch allocates nothing, ROCr and the driver aside") {
    const auto device = open_backend("hsa-software");
    const auto kernel = device->load(scale_code(), "hsa_scale");
    const auto memory = device->alloc(256);
    const size_t before = allocations;
    const auto time = launch(*device, *kernel, {memory->address, memory->address, 1, 64});
    const size_t after = allocations;
    CHECK(time);
    CHECK(after == before);
    CHECK(std::make_unique<int>(803));  // the counter works
    CHECK(allocations > after);
}

TEST_CASE("two devices compute at the same time in two threads") {
    const auto compute = [](uint32_t count, bool& right) {
        const auto device = open_backend("hsa-software");
        const auto kernel = device->load(scale_code(), "hsa_scale");
        const auto memory = device->alloc(4 * count);
        const std::vector<uint32_t> zeros(count);
        memory->write(zeros.data(), 4 * count, 0);
        for (int i = 0; i < 50; i++)
            right &= bool(launch(*device, *kernel, {memory->address, memory->address, 1, count}));
        std::vector<uint32_t> got(count), want(count);
        memory->read(got.data(), 4 * count, 0);
        for (uint32_t i = 0; i < count; i++) want[i] = 50 * i;
        right &= got == want;
    };
    bool one = true, two = true;
    std::thread other(compute, 1000, std::ref(one));
    compute(3000, two);
    other.join();
    CHECK(one);
    CHECK(two);
}

TEST_CASE("memory and kernels keep their device open") {
    auto device = open_backend("hsa-software");
    const auto memory = device->alloc(64);
    const auto kernel = device->load(scale_code(), "hsa_scale");
    device.reset();
    const uint32_t given = 803;
    uint32_t got = 0;
    memory->write(&given, 4, 60);
    memory->read(&got, 4, 60);
    CHECK(got == given);
}

TEST_CASE("two devices are open at once, and one after another") {
    {
        const auto one = open_backend("hsa-software"), two = open_backend("hsa-software");
        check_it_works(*one);
        check_it_works(*two);
    }
    for (int i = 0; i < 3; i++) check_it_works(*open_backend("hsa-software"));
}

TEST_CASE("too much memory is a sentence with both sizes") {
    const auto device = open_backend("hsa-software");
    const DeviceInfo info = device->info();
    CHECK_THAT(message([&] { device->alloc(info.memory_bytes + 1); }),
               Equals("gcn: cannot allocate " + std::to_string(info.memory_bytes + 1) + " bytes on " + info.name +
                      ": it has " + std::to_string(info.memory_bytes) +
                      " bytes in all. Try: a smaller problem, or fewer buffers at a time."));

    const auto most = device->alloc(info.memory_bytes / 4 * 3);
    CHECK_THAT(message([&] { device->alloc(info.memory_bytes / 2); }),
               StartsWith("gcn: cannot allocate " + std::to_string(info.memory_bytes / 2) + " bytes on " + info.name) &&
                   Contains("(HSA_STATUS_ERROR_") && Contains("Try: a smaller problem"));
    check_it_works(*device);
}

TEST_CASE("a kernel that the code object lacks is a sentence with those that it has") {
    const auto device = open_backend("hsa-software");
    CHECK_THAT(message([&] { device->load(scale_code(), "sgemm"); }),
               Equals("gcn: cannot load the kernel sgemm: the code object has only hsa_scale."));
}

TEST_CASE("a damaged code object is a sentence, not a crash") {
    const auto device = open_backend("hsa-software");
    const auto whole = scale_code();
    const auto load = [&](std::vector<std::byte> code) { return message([&] { device->load(code, "hsa_scale"); }); };
    for (size_t size : {size_t(0), size_t(3), size_t(64), whole.size() / 2})
        CHECK_THAT(load({whole.begin(), whole.begin() + ptrdiff_t(size)}), StartsWith("gcn: cannot "));
    auto other_machine = whole;
    other_machine[18] = std::byte(62);  // e_machine: x86-64
    CHECK_THAT(load(other_machine), StartsWith("gcn: cannot "));
    check_it_works(*device);
}

TEST_CASE("a code object for another chip is refused in ROCr's words") {
    const auto device = open_backend("hsa-software");
    auto code = scale_code();
    uint32_t flags;  // e_flags: EF_AMDGPU_MACH is the low byte; 0x2c is gfx900
    std::memcpy(&flags, &code[48], 4);
    flags = (flags & ~0xffu) | 0x2c;
    std::memcpy(&code[48], &flags, 4);
    CHECK_THAT(message([&] { device->load(code, "hsa_scale"); }), StartsWith("gcn: cannot "));
    check_it_works(*device);
}

TEST_CASE("an illegal instruction loses the device, with a sentence, and the process lives") {
    {
        const auto device = open_backend("hsa-software");
        const auto memory = device->alloc(256);
        const auto kernel = device->load(illegal_code(), "hsa_scale");
        CHECK(device->lost() == "");
        CHECK_FALSE(launch(*device, *kernel, {memory->address, memory->address, 1, 64}));
        CHECK_THAT(device->lost(), StartsWith("gcn: cannot run hsa_scale: ") &&
                                       Contains("(HSA_STATUS_ERROR_ILLEGAL_INSTRUCTION). Try: "));
        CHECK_FALSE(launch(*device, *kernel, {memory->address, memory->address, 1, 64}));
        check_it_works(*open_backend("hsa-software"));  // only the queue of the other was stopped
    }
    check_it_works(*open_backend("hsa-software"));
}

TEST_CASE("a bad address loses the device, with kernel, address and nearest allocation, and the process lives") {
    {
        const auto device = open_backend("hsa-software");
        const auto memory = device->alloc(4096);
        const auto kernel = device->load(scale_code(), "hsa_scale");
        CHECK_FALSE(launch(*device, *kernel, {memory->address, wild, 1, 64}));

        const std::string sentence = device->lost();
        CHECK_THAT(sentence, StartsWith("gcn: cannot run hsa_scale: memory access fault at 0x20000000 ("));
        CHECK_THAT(sentence, Contains(" bytes before the nearest allocation 0x"));
        CHECK_THAT(sentence, Contains(". Try: check the addresses and sizes that the kernel was given."));

        // Whatever is asked of it now, it answers with that sentence, at once.
        uint32_t word = 0;
        CHECK_FALSE(launch(*device, *kernel, {memory->address, memory->address, 1, 64}));
        CHECK_THAT(message([&] { device->alloc(4); }), Equals(sentence));
        CHECK_THAT(message([&] { memory->write(&word, 4, 0); }), Equals(sentence));
        CHECK_THAT(message([&] { memory->read(&word, 4, 0); }), Equals(sentence));
        CHECK_THAT(message([&] { device->load(scale_code(), "hsa_scale"); }), Equals(sentence));

        // ROCr reports one memory fault and no more: it must start afresh first.
        CHECK_THAT(message([] { open_backend("hsa-software"); }),
                   Contains("Try: ") && Contains("let go of the lost Device with all its Buffers and Plans first"));
    }
    check_it_works(*open_backend("hsa-software"));
}

TEST_CASE("after one memory fault the next is reported as well") {
    for (int i = 0; i < 3; i++) {
        const auto device = open_backend("hsa-software");
        const auto memory = device->alloc(4096);
        const auto kernel = device->load(scale_code(), "hsa_scale");
        CHECK_FALSE(launch(*device, *kernel, {wild, memory->address, 1, 64}));
        CHECK_THAT(device->lost(), Contains("memory access fault at 0x20000000"));
    }
}

TEST_CASE("the nearest allocation is named whichever side of the fault it lies on") {
    const hsa_host::Allocations two = {{0x10000, 0x1000}, {0x20000, 0x100}};
    const auto page = HSA_AMD_MEMORY_FAULT_PAGE_NOT_PRESENT;
    using hsa_host::describe_fault;
    CHECK(describe_fault(0x12000, page, two) ==
          "memory access fault at 0x12000 (page not present), 4096 bytes past the end of the nearest allocation "
          "0x10000+0x1000");
    CHECK(describe_fault(0x1fff0, page, two) ==
          "memory access fault at 0x1fff0 (page not present), 16 bytes before the nearest allocation 0x20000+0x100");
    CHECK(describe_fault(0x20000, HSA_AMD_MEMORY_FAULT_READ_ONLY, two) ==
          "memory access fault at 0x20000 (write to a read-only page), inside the allocation 0x20000+0x100");
    CHECK(describe_fault(0x30000, 0, two) ==
          "memory access fault at 0x30000 (no reason given), 65280 bytes past the end of the nearest allocation "
          "0x20000+0x100");
    CHECK(describe_fault(0x8, page | HSA_AMD_MEMORY_FAULT_IMPRECISE, two) ==
          "memory access fault at 0x8 (page not present, address not exact), 65528 bytes before the nearest allocation "
          "0x10000+0x1000");
    CHECK(describe_fault(0x8, page, {}) == "memory access fault at 0x8 (page not present), with nothing allocated");
}
