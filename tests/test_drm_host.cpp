// Backend "drm" through the real libdrm, on the software Polaris: what a program meets on a card, faults included.

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <map>
#include <numeric>
#include <random>
#include <thread>

#include "backend/code_object.hpp"
#include "backend/device_impl.hpp"
#include "backend/embedded.hpp"
#include "backend/metadata.hpp"
#include "bench/check.hpp"
#include "drm_host/context.hpp"
#include "drm_host/node.hpp"
#include "plan/select.hpp"
#include "tests/on_software.hpp"

namespace {

const bool on_software = gcn::test::start_on_software();

thread_local size_t allocations = 0;

// libdrm and the driver below it are called for a launch too, and are not held to its promise.
bool is_ours(const void* caller) {
    Dl_info from;
    if (!dladdr(caller, &from)) return true;
    return !std::strstr(from.dli_fname, "libdrm") && !std::strstr(from.dli_fname, "libgcn-emu");
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
using namespace gcn::drm_host;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(const std::string& file) {
    const std::string text = test::contents(file);
    REQUIRE(!text.empty());
    Bytes bytes(text.size());
    std::memcpy(bytes.data(), text.data(), text.size());
    return bytes;
}

Bytes kernels(const std::string& name) { return bytes_of(BUILD "/tests/kernels/" + name + ".co"); }

std::unique_ptr<Backend> open_drm(const Options& options = {}) {
    std::string why;
    auto device = drm_host::open_device(true, options, why);
    INFO(why);
    REQUIRE(device);
    return device;
}

std::string message(auto&& action) {
    try {
        action();
    } catch (const Error& e) {
        return e.what();
    }
    return "nothing was thrown";
}

template <class... T> std::optional<Time> launch(Backend& device, const Kernel& kernel, Grid grid, T... arguments) {
    std::array<std::byte, 64> block{};
    size_t at = 0;
    [[maybe_unused]] const auto add = [&](auto value) {
        at = (at + sizeof value - 1) / sizeof value * sizeof value;
        std::memcpy(&block[at], &value, sizeof value);
        at += sizeof value;
    };
    (add(arguments), ...);
    return device.launch(kernel, grid, std::span(block).first(at));
}

template <class T = uint32_t> std::vector<T> contents(const Memory& memory, size_t count) {
    std::vector<T> all(count);
    memory.read(all.data(), count * sizeof(T), 0);
    return all;
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
    const auto kernel = device.load(kernels("hsa_scale"), "hsa_scale");
    REQUIRE(launch(device, *kernel, {.x = 16}, in->address, out->address, factor, count));
    std::vector<uint32_t> want(count);
    for (uint32_t i = 0; i < count; i++) want[i] = given[i] * factor + i;
    CHECK(contents(*out, count) == want);
}

// Nowhere near an allocation, and inside the addresses that a program may have.
constexpr uint64_t wild = 0x0000'2000'0000;

// drm.cl as a code object of another version than the build makes.
Bytes compiled(int version, const std::string& level = "-O2") {
    const test::Folder folder;
    const test::Ran ran = test::run(
        "clang-16 -B$(dirname $(readlink -f $(command -v clang-16))) "
        "-target amdgcn-amd-amdhsa -mcpu=gfx803 -nogpulib -x cl -cl-std=CL2.0 -Wno-everything "
        "-mcode-object-version=" +
        std::to_string(version) + " " + level + " tests/kernels/drm.cl -o " + folder / "a.co");
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    return bytes_of(folder / "a.co");
}

}  // namespace

// ---- the device -----------------------------------------------------------------------------------------------------

TEST_CASE("a launch computes, and its time has the kind that the device's name says") {
    const auto device = open_drm();
    check_it_works(*device);

    const DeviceInfo info = device->info();
    INFO(info.name);
    CHECK(info.backend == "drm");
    CHECK(info.isa == "gfx803");
    CHECK(info.cus == 36);
    CHECK(info.mhz == 1545);
    CHECK(info.lds_bytes == 65536);
    CHECK(info.memory_bytes >= uint64_t(4) << 30);
    CHECK_FALSE(info.card);
    CHECK(info.time_kind == time_kind_of(info.name));
    CHECK(info.time_kind != TimeKind::Measured);
    CHECK_THAT(info.notice, StartsWith("gcn: no card found: running on the software Polaris (rx590). Times are "));

    const auto kernel = device->load(kernels("hsa_scale"), "hsa_scale");
    const auto memory = device->alloc(1 << 20);
    const auto time = launch(*device, *kernel, {.x = 4096}, memory->address, memory->address, 1u, 4096u * 64);
    REQUIRE(time);
    CHECK(time->us > 0);
    CHECK(time->us < 60e6);
    CHECK(time->kind == info.time_kind);
}

TEST_CASE("a semicolon in the name says what a comma does") {
    CHECK(time_kind_of("AMD Radeon RX 590 (software; host clock)") == TimeKind::Host);
    CHECK(is_software("AMD Radeon RX 590 (software; host clock)"));
    CHECK_FALSE(is_software("AMD Radeon RX 590"));
}

TEST_CASE("the registry knows both rows, and here only one of them opens") {
    CHECK(open_backend("drm-software")->info().backend == "drm");
    CHECK(open_backend("drm")->info().card == false);  // there is no card, so it is the software
    std::string why;
    CHECK_FALSE(drm_host::open_device(false, {}, why));
    CHECK(why == "this program was started on the software Polaris, where no card is seen");
}

TEST_CASE("why a node is no card of ours is said in words") {
    CHECK(objection(std::vector<Node>{}) == "no render node: /dev/dri has no renderD*, so Linux drives no GPU");
    const Node good{
        .path = "/dev/dri/renderD128", .driver = "amdgpu", .major = 3, .minor = 49, .group = {}, .refused_words = {}};
    CHECK(objection(good) == "");
    Node n = good;
    n.driver = "i915";
    CHECK(objection(n) == "/dev/dri/renderD128 has the driver i915, not amdgpu");
    n = good, n.minor = 14;
    CHECK(objection(n) == "/dev/dri/renderD128 has amdgpu 3.14, not 3.15 or newer. Try: a newer Linux");
    n.minor = 15;
    CHECK(objection(n) == "");
    n = good, n.driver = "", n.group = "render";
    CHECK(objection(n) ==
          "no permission to read and write /dev/dri/renderD128, which belongs to the group render (sudo "
          "usermod -aG render $USER, then log in again)");
    n.group = "", n.refused_words = "No such device (ENODEV)";
    CHECK(objection(n) == "/dev/dri/renderD128 cannot be opened: No such device (ENODEV)");
    CHECK(objection(std::vector{n, good}) == "");
    Node other = good;
    other.path = "/dev/dri/renderD129", other.driver = "nouveau";
    CHECK(objection(std::vector{n, other}) ==
          "/dev/dri/renderD128 cannot be opened: No such device (ENODEV), /dev/dri/renderD129 has the driver nouveau, "
          "not amdgpu");
}

TEST_CASE("nodes are found among the files of a machine, and those we may not open name their group") {
    const test::Folder machine;
    CHECK(list_nodes(machine.path).empty());
    std::filesystem::create_directories(machine.path / "dev/dri");
    test::write(machine / "dev/dri/card0", "");
    CHECK(list_nodes(machine.path).empty());
    test::write(machine / "dev/dri/renderD129", "");
    const std::string closed = test::write(machine / "dev/dri/renderD128", "");
    auto nodes = list_nodes(machine.path);
    REQUIRE(nodes.size() == 2);
    CHECK(nodes[0].path == "/dev/dri/renderD128");
    CHECK(objection(nodes[0]) == "/dev/dri/renderD128 cannot be opened: Inappropriate ioctl for device (ENOTTY)");

    // As a user whom modes stop.
    REQUIRE(chmod(closed.c_str(), 0) == 0);
    REQUIRE(chmod(machine.path.c_str(), 0755) == 0);
    const bool root = geteuid() == 0;
    if (root) REQUIRE(seteuid(65534) == 0);
    nodes = list_nodes(machine.path);
    if (root) REQUIRE(seteuid(0) == 0);
    CHECK_THAT(objection(nodes[0]), StartsWith("no permission to read and write /dev/dri/renderD128, which belongs to "
                                               "the group " +
                                               nodes[0].group + " (sudo usermod -aG "));
    CHECK(!nodes[0].group.empty());
}

TEST_CASE("the chips of gfx803 are told from others by family and revision") {
    const uint32_t vi = 130;
    CHECK(gfx803_chip({vi, 0x51, 0x67df}) == "Polaris 10");
    CHECK(gfx803_chip({vi, 0x5a, 0x67ef}) == "Polaris 11");
    CHECK(gfx803_chip({vi, 0x59, 0x67df}) == "Polaris 10");
    CHECK(gfx803_chip({vi, 0x64, 0x699f}) == "Polaris 12");
    CHECK(gfx803_chip({vi, 0x3c, 0x7300}) == "Fiji");
    CHECK(gfx803_chip({vi, 0x3b, 0x6938}) == "");
    CHECK(objection(ChipId{vi, 0x51, 0x67df}) == "");
    CHECK(objection(ChipId{vi, 0x15, 0x6938}) ==
          "no gfx803 card: the card of amdgpu is Tonga (device 0x6938, revision 0x15)");
    CHECK(objection(ChipId{141, 0x1, 0x687f}) ==
          "no gfx803 card: the card of amdgpu is of family 141 (device 0x687f, revision 0x1)");
}

TEST_CASE("two devices are open at once, and one after another; memory and kernels keep theirs open") {
    {
        const auto one = open_drm(), two = open_drm();
        check_it_works(*one);
        check_it_works(*two);
    }
    auto device = open_drm();
    const auto memory = device->alloc(64);
    const auto kernel = device->load(kernels("hsa_scale"), "hsa_scale");
    device.reset();
    const uint32_t given = 803;
    uint32_t got = 0;
    memory->write(&given, 4, 60);
    memory->read(&got, 4, 60);
    CHECK(got == given);
}

// ---- memory ---------------------------------------------------------------------------------------------------------

TEST_CASE("a part of a buffer is written and read as asked, whatever way the bytes go") {
    const Options ways[] = {{true, true}, {false, true}, {true, false}, {false, false}};
    for (const Options& way : ways) {
        const auto device = open_drm(way);
        std::vector<uint8_t> host(3000), got(3000);
        std::iota(host.begin(), host.end(), uint8_t(1));
        const auto memory = device->alloc(host.size());
        memory->write(host.data(), host.size(), 0);
        for (size_t offset : {0, 1, 2, 3, 5, 255, 256, 1021})
            for (size_t count : {0, 1, 2, 3, 7, 64, 301, 1979}) {
                CAPTURE(way.map_vram, way.use_dma, offset, count);
                const auto part = numbers(count / 4 + 1, unsigned(offset + count));
                std::memcpy(&host[offset], part.data(), count);
                memory->write(part.data(), count, offset);
                memory->read(got.data(), got.size(), 0);
                REQUIRE(got == host);
                memory->read(got.data(), count, offset);
                REQUIRE(std::memcmp(got.data(), part.data(), count) == 0);
            }
        check_it_works(*device);
    }
}

TEST_CASE("a copy larger than the staging memory and than a packet arrives whole") {
    for (const Options& way : {Options{false, true}, Options{false, false}}) {
        const auto device = open_drm(way);
        const auto host = numbers((21 << 20) / 4 + 1, 5);
        const auto memory = device->alloc(4 * host.size());
        memory->write(host.data(), 4 * host.size(), 0);
        CHECK((contents(*memory, host.size()) == host));
    }
}

TEST_CASE("pinned memory is the host's and the kernels' at the same time") {
    const auto device = open_drm();
    const auto in = device->alloc_pinned(256), out = device->alloc_pinned(256);
    REQUIRE(in->host);
    for (uint32_t i = 0; i < 64; i++) std::memcpy(in->host + 4 * i, &i, 4);
    const auto kernel = device->load(kernels("hsa_scale"), "hsa_scale");
    REQUIRE(launch(*device, *kernel, {}, in->address, out->address, 9u, 64u));
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t got;
        std::memcpy(&got, out->host + 4 * i, 4);
        REQUIRE(got == 10 * i);
    }
    CHECK(contents(*out, 2)[1] == 10);
}

TEST_CASE("a buffer of no bytes is legal") {
    const auto device = open_drm();
    const auto memory = device->alloc(0);
    memory->write(nullptr, 0, 0);
    CHECK(memory->bytes == 0);
    CHECK(memory->address != 0);
}

TEST_CASE("too much memory is a sentence with all sizes") {
    const auto device = open_drm();
    const DeviceInfo info = device->info();
    const std::string all = std::to_string(info.memory_bytes), more = std::to_string(info.memory_bytes + 1);
    CHECK_THAT(message([&] { device->alloc(info.memory_bytes + 1); }),
               Equals("gcn: cannot allocate " + more + " bytes on " + info.name + ": it has " + all +
                      " bytes in all. Try: a smaller problem, or fewer buffers at a time."));
    const auto most = device->alloc(info.memory_bytes / 4 * 3);
    const uint64_t half = info.memory_bytes / 2;
    CHECK_THAT(message([&] { device->alloc(half); }),
               Equals("gcn: cannot allocate " + std::to_string(half) + " bytes on " + info.name + ": it has " + all +
                      " bytes in all, " + std::to_string(most->bytes) +
                      " of them in use. Try: a smaller problem, or fewer buffers at a time."));
    check_it_works(*device);
}

TEST_CASE("a buffer of more than 4 GiB is addressed to its end") {
    const auto device = open_drm();
    const uint64_t bytes = (uint64_t(4) << 30) + 4096, last = bytes - 64;
    const auto memory = device->alloc(bytes);
    const auto given = numbers(16, 1), first = numbers(16, 2);
    memory->write(first.data(), 64, 0);
    memory->write(given.data(), 64, last);
    std::vector<uint32_t> got(16);
    memory->read(got.data(), 64, last);
    CHECK(got == given);
    const auto kernel = device->load(kernels("hsa_scale"), "hsa_scale"), same = kernel;
    REQUIRE(launch(*device, *kernel, {}, memory->address, memory->address + last, 1u, 16u));
    memory->read(got.data(), 64, last);
    for (uint32_t i = 0; i < 16; i++) CHECK(got[i] == first[i] + i);
}

// ---- launches -------------------------------------------------------------------------------------------------------

TEST_CASE("a kernel launches many times, with each launch's own arguments") {
    const auto device = open_drm();
    const auto kernel = device->load(kernels("hsa_scale"), "hsa_scale");
    const auto in = device->alloc(256), out = device->alloc_pinned(256);
    const std::vector<uint32_t> ones(64, 1);
    in->write(ones.data(), 256, 0);
    for (uint32_t factor = 0; factor < 300; factor++) {
        REQUIRE(launch(*device, *kernel, {}, in->address, out->address, factor, 64u));
        REQUIRE(contents(*out, 64)[63] == factor + 63);
    }
}

TEST_CASE("a launch allocates nothing, libdrm and the driver aside") {
    const auto device = open_drm();
    const auto code = kernels("drm");
    const auto kernel = device->load(code, "offset");
    const auto memory = device->alloc(256);
    const size_t before = allocations;
    const auto time = launch(*device, *kernel, {}, memory->address);
    const size_t after = allocations;
    CHECK(time);
    CHECK(after == before);
    CHECK(std::make_unique<int>(803));  // the counter works
    CHECK(allocations > after);
}

TEST_CASE("threads that launch at the same time have rings of their own") {
    const auto device = open_drm();
    const auto kernel = device->load(kernels("hsa_scale"), "hsa_scale");
    const auto spilling = device->load(kernels("drm"), "through_scratch");
    bool right[6] = {};
    std::vector<std::thread> threads;
    for (uint32_t t = 0; t < 6; t++)
        threads.emplace_back([&, t] {
            const uint32_t count = 1000 + 64 * t;
            const auto memory = device->alloc(4 * count), sums = device->alloc(4 * 64);
            const std::vector<uint32_t> zeros(count);
            memory->write(zeros.data(), 4 * count, 0);
            bool fine = true;
            for (int i = 0; i < 40; i++) {
                fine &= bool(
                    launch(*device, *kernel, {.x = (count + 63) / 64}, memory->address, memory->address, 1u, count));
                fine &= bool(launch(*device, *spilling, {}, sums->address, 1u));
            }
            std::vector<uint32_t> want(count), want_sums(64);
            for (uint32_t i = 0; i < count; i++) want[i] = 40 * i;
            for (uint32_t i = 0; i < 64; i++) want_sums[i] = 63 * 64 / 2 * i;
            right[t] = fine && contents(*memory, count) == want && contents(*sums, 64) == want_sums;
        });
    for (std::thread& t : threads) t.join();
    for (const bool r : right) CHECK(r);
}

TEST_CASE("LDS, scratch memory, barriers and ids of groups work") {
    const auto device = open_drm();
    const auto code = kernels("drm");
    const auto out = device->alloc(4 * 1024);
    REQUIRE(launch(*device, *device->load(code, "across"), {.x = 4, .lanes = 256}, out->address));
    std::vector<uint32_t> want(1024);
    for (uint32_t i = 0; i < 1024; i++) want[i] = i / 256 * 1000 + 255 - i % 256;
    CHECK(contents(*out, 1024) == want);

    // More groups than waves can run, so that the slots of scratch memory are used again.
    const uint32_t groups = 3000;
    const auto sums = device->alloc(4 * 64 * groups);
    REQUIRE(launch(*device, *device->load(code, "through_scratch"), {.x = groups}, sums->address, 1u));
    std::vector<uint32_t> expected(64 * groups);
    for (uint32_t i = 0; i < expected.size(); i++) expected[i] = 63 * 64 / 2 * i;
    CHECK((contents(*sums, expected.size()) == expected));
}

TEST_CASE("versions 3, 4 and 5 of code objects: sizes, hidden arguments, tables of pointers, variables") {
    const auto device = open_drm();
    for (const int version : {3, 4, 5}) {
        CAPTURE(version);
        const Bytes code = version == 4 ? kernels("drm") : compiled(version);
        const auto out = device->alloc(256);

        REQUIRE(launch(*device, *device->load(code, "sizes"), {.x = 5, .lanes = 128}, out->address));
        CHECK(contents(*out, 2) == std::vector<uint32_t>{128, 640});

        // Versions 3 and 4 begin with a global offset, 5 with the groups along x and y.
        REQUIRE(launch(*device, *device->load(code, "offset"), {.x = 5, .y = 2}, out->address));
        CHECK(contents<uint64_t>(*out, 1)[0] == (version == 5 ? 0x2'0000'0005 : 0));

        const auto chosen = device->load(code, "chosen");
        for (uint32_t which : {0u, 1u}) {
            REQUIRE(launch(*device, *chosen, {}, out->address, which));
            CHECK(contents(*out, 4) ==
                  (which ? std::vector<uint32_t>{1, 4, 9, 16} : std::vector<uint32_t>{2, 3, 5, 7}));
        }

        const auto count = device->load(code, "count");
        for (uint32_t i = 0; i < 3; i++) {
            REQUIRE(launch(*device, *count, {.lanes = 1}, out->address));
            CHECK(contents(*out, 1)[0] == i);
        }
        REQUIRE(launch(*device, *device->load(code, "nothing"), {}));
    }
}

TEST_CASE("a kernel that needs what only ROCr has is refused, its neighbour is not") {
    const auto device = open_drm();
    const auto refusal = [&](const Bytes& code, const char* name) {
        return message([&] { device->load(code, name); });
    };
    CHECK_THAT(
        refusal(kernels("drm"), "any_hidden"),
        Equals("gcn: cannot load the kernel any_hidden: it wants hidden_default_queue, which only ROCr has. Try: "
               "GCN_BACKEND=hsa, where ROCr launches it."));
    const std::string generic =
        "gcn: cannot load the kernel generic_pointer: it may reach LDS or scratch memory by generic pointers, and "
        "amdgpu "
        "does not say where these begin. Try: GCN_BACKEND=hsa, where ROCr launches it.";
    CHECK_THAT(refusal(kernels("drm"), "generic_pointer"), Equals(generic));
    CHECK_THAT(refusal(compiled(5), "generic_pointer"), Equals(generic));
    CHECK(refusal(kernels("drm"), "across") == "nothing was thrown");
    check_it_works(*device);
}

TEST_CASE("a damaged, foreign or incomplete code object is a sentence, not a crash") {
    const auto device = open_drm();
    const Bytes whole = kernels("drm");
    const auto load = [&](Bytes code) { return message([&] { device->load(code, "chosen"); }); };
    for (size_t size : {size_t(0), size_t(3), size_t(64), whole.size() / 2})
        CHECK_THAT(load({whole.begin(), whole.begin() + ptrdiff_t(size)}), StartsWith("gcn: cannot "));
    Bytes other = whole;
    other[18] = std::byte(62);  // e_machine: x86-64
    CHECK_THAT(load(other), Contains("it is for machine 62, not for AMDGPU"));
    other = whole;
    other[48] = std::byte(0x2c);  // e_flags: gfx900
    CHECK_THAT(load(other),
               Equals("gcn: cannot load the kernel chosen: the code object is for another chip: its e_flags "
                      "name machine 44, gfx803 is 42. Try: assemble it for gfx803."));
    CHECK_THAT(
        message([&] { device->load(whole, "sgemm"); }),
        StartsWith("gcn: cannot load the kernel sgemm: the code object has only ") && Contains("through_scratch"));

    // Every byte of the file in turn: refused or loaded, never worse. A kernel of that is not launched.
    std::mt19937 random(1);
    for (int i = 0; i < 400; i++) {
        Bytes damaged = whole;
        for (int n = 0; n < 3; n++) damaged[random() % damaged.size()] = std::byte(random());
        const std::string said = load(damaged);
        REQUIRE((said == "nothing was thrown" || said.starts_with("gcn: cannot ")));
    }
    check_it_works(*device);
}

TEST_CASE("metadata and relocations are read as LLVM wrote them") {
    const Bytes code = kernels("drm");
    const auto all = read_metadata(code, "drm.co");
    const auto named = [&](std::string_view name) {
        return *std::find_if(all.begin(), all.end(), [&](const KernelMetadata& k) { return k.name == name; });
    };
    CHECK(all.size() == 9);
    CHECK(named("chosen").arguments.size() == 2);
    CHECK(named("chosen").arguments[1].kind == "by_value");
    CHECK(named("chosen").arguments[1].offset == 8);
    CHECK(named("chosen").arguments[1].bytes == 4);
    CHECK(named("offset").arguments[1].kind == "hidden_global_offset_x");
    CHECK(named("nothing").arguments.empty());

    CodeObject object = read_code_object(code, "drm.co");
    CHECK(object.machine == machine_gfx803);
    const auto relocations = read_relocations(code, object, "drm.co");
    REQUIRE(relocations.size() == 2);
    relocate(object.image, relocations, 0x1'0000'0000);
    uint64_t pointer;
    std::memcpy(&pointer, &object.image[relocations[0].at], 8);
    CHECK(pointer == 0x1'0000'0000 + relocations[0].value);
    uint32_t prime;
    std::memcpy(&prime, &object.image[relocations[0].value], 4);
    CHECK(prime == 2);
}

TEST_CASE("relocations of every kind write value or distance, high or low half") {
    const auto written = [](uint32_t type, bool moves) {
        std::vector<std::byte> image(16, std::byte(0xee));
        relocate(image, std::vector<Relocation>{{8, type, 0x2'0000'0010, moves}}, 0x5'0000'1000);
        uint64_t value;
        std::memcpy(&value, &image[8], 8);
        return value;
    };
    const uint64_t kept = 0xeeeeeeee'00000000;
    CHECK(written(3, true) == 0x7'0000'1010);    // ABS64
    CHECK(written(3, false) == 0x2'0000'0010);   // of a symbol that is a number
    CHECK(written(13, true) == 0x7'0000'1010);   // RELATIVE64
    CHECK(written(1, true) == (kept | 0x1010));  // ABS32_LO
    CHECK(written(2, true) == (kept | 7));       // ABS32_HI
    CHECK(written(5, true) == 0x2'0000'0008);    // REL64
    CHECK(written(4, true) == (kept | 8));       // REL32
    CHECK(written(10, true) == (kept | 8));      // REL32_LO
    CHECK(written(11, true) == (kept | 2));      // REL32_HI
}

// ---- kernels of the library -----------------------------------------------------------------------------------------

TEST_CASE("every embedded code object loads") {
    const auto device = open_drm();
    size_t loaded = 0;
    for (const GcnEmbedded& e : embedded()) {
        CAPTURE(e.name);
        for (const KernelDescriptor& k : read_code_object({e.data, e.bytes}, e.name).kernels)
            REQUIRE(device->load({e.data, e.bytes}, k.name));
        ++loaded;
    }
    CHECK(loaded > 50);
}

TEST_CASE("every GEMM kernel gives the same bits through hsa and drm") {
    gcn::Device hsa = gcn::Device::open("hsa-software"), drm = gcn::Device::open("drm-software");
    size_t kernels_run = 0;
    for (const KernelRow& row : kernel_rows()) {
        if (row.runs != Runs::Gpu) continue;
        const Gemm g = random_cases(row, 1, 11)[0];
        CAPTURE(row.name);
        setenv("GCN_KERNEL", std::string(row.name).c_str(), 1);
        const Operands with = guarded_operands(g, Fill::Reals, 3);
        const auto product = [&](gcn::Device& device) {
            Plan p = plan(device, g);
            const auto buffer = [&](const std::vector<float>& matrix) {
                Buffer all = device.alloc(matrix.size() * 4);
                all.write(matrix.data(), matrix.size() * 4);
                return all;
            };
            Buffer c = buffer(with.c);
            REQUIRE(p.kernel() == row.name);
            REQUIRE(p.run(buffer(with.a), buffer(with.b), c));
            std::vector<uint32_t> bits(with.c.size());
            c.read(bits.data(), bits.size() * 4);
            return bits;
        };
        REQUIRE((product(hsa) == product(drm)));
        ++kernels_run;
    }
    unsetenv("GCN_KERNEL");
    CHECK(kernels_run > 50);
}

TEST_CASE("of the kernels that clang makes at -O2 all load but those that ask for what only ROCr has") {
    const auto device = open_drm();
    std::map<std::string, int> said;  // the middle of each sentence, and how often
    for (const auto& entry : std::filesystem::directory_iterator(BUILD "/tests/corpus")) {
        if (!entry.path().string().ends_with(".O2.co")) continue;
        const Bytes code = bytes_of(entry.path());
        for (const KernelDescriptor& k : read_code_object(code, "of the corpus").kernels) {
            const std::string why = message([&] { device->load(code, k.name); });
            const size_t start = why.find(": it ");
            ++said[start == why.npos ? why : why.substr(start + 5, why.find(',') - start - 5)];
        }
    }
    CHECK(said.size() == 3);
    CHECK(said["nothing was thrown"] > 350);
    CHECK(said["may reach LDS or scratch memory by generic pointers"] > 0);
    CHECK(said["wants hidden_default_queue"] > 0);
}

// ---- loss -----------------------------------------------------------------------------------------------------------

TEST_CASE("a bad address loses the device, with a sentence, and the process lives") {
    {
        const auto device = open_drm();
        const auto memory = device->alloc(4096);
        const auto kernel = device->load(kernels("hsa_scale"), "hsa_scale");
        CHECK(device->lost() == "");
        CHECK_FALSE(launch(*device, *kernel, {}, memory->address, wild, 1u, 64u));
        const std::string sentence = device->lost();
        CHECK(
            sentence ==
            "gcn: cannot run hsa_scale: the card could not finish it, and the driver has given up this program's work. "
            "Try: check the addresses and sizes that the kernel was given; dmesg says what the card reported.");

        // Whatever is asked of it now, it answers with that sentence, at once.
        uint32_t word = 0;
        CHECK_FALSE(launch(*device, *kernel, {}, memory->address, memory->address, 1u, 64u));
        CHECK_THAT(message([&] { device->alloc(4); }), Equals(sentence));
        CHECK_THAT(message([&] { device->alloc_pinned(4); }), Equals(sentence));
        CHECK_THAT(message([&] { memory->write(&word, 4, 0); }), Equals(sentence));
        CHECK_THAT(message([&] { memory->read(&word, 4, 0); }), Equals(sentence));
        CHECK_THAT(message([&] { device->load(kernels("hsa_scale"), "hsa_scale"); }), Equals(sentence));
        check_it_works(*open_drm());  // another context of the same card
    }
    check_it_works(*open_drm());
}

TEST_CASE("an instruction that gfx803 does not have loses the device") {
    Bytes code = kernels("hsa_scale");
    const uint32_t literal = 0x5ca1e000, illegal[2] = {0xbfff0000, 0xbfff0000};  // SOPP 0x7f, twice
    for (size_t at = 4; at + 4 <= code.size(); at += 4)
        if (std::memcmp(&code[at], &literal, 4) == 0) std::memcpy(&code[at - 4], illegal, 8);
    const auto device = open_drm();
    const auto kernel = device->load(code, "hsa_scale");
    const auto memory = device->alloc(256);
    CHECK_FALSE(launch(*device, *kernel, {}, memory->address, memory->address, 1u, 64u));
    CHECK_THAT(device->lost(), StartsWith("gcn: cannot run hsa_scale: "));
}

// ---- programs -------------------------------------------------------------------------------------------------------

namespace {

// gcn as a user starts it, with no preload of ours.
test::Ran run_gcn(const std::string& environment, const std::string& arguments) {
    return test::run("env -u LD_PRELOAD ASAN_OPTIONS=detect_leaks=0 " + environment + " " BUILD "/gcn " + arguments);
}

const std::string software_notice = "gcn: no card found: running on the software Polaris (rx590). Times are ";

}  // namespace

TEST_CASE("gcn starts itself again on the software Polaris for drm and drm-software") {
    if (!test::sanitizer().empty()) return;  // its library would have to be the first
    for (const char* choice : {"drm", "drm-software"}) {
        CAPTURE(choice);
        const auto variable = run_gcn(std::string("GCN_BACKEND=") + choice, "bench --json sgemm:nt:32x32x8");
        CHECK(variable.status == 0);
        CHECK_THAT(variable.err, StartsWith(software_notice));
        CHECK_THAT(variable.out, Contains("\"backend\":\"drm\"") || Contains("\"backend\": \"drm\""));
        const auto option = run_gcn("GCN_BACKEND=", std::string("bench --json sgemm:nt:32x32x8 --backend ") + choice);
        CHECK(option.status == 0);
        CHECK_THAT(option.err, StartsWith(software_notice));
    }
    CHECK_THAT(run_gcn("GCN_BACKEND=drm", "info").out, Contains("drm-software    software      36"));
    const auto check =
        run_gcn("GCN_BACKEND=", "check-kernels --backend drm-software --kernel sgemm_nt_16x16 --count 2");
    CHECK(check.status == 0);
    CHECK_THAT(check.out, Contains("drm-software  sgemm_nt_16x16          2  equal"));
}

TEST_CASE("without the preload, and without libdrm, a sentence says what is missing") {
    if (!test::sanitizer().empty()) return;
    CHECK_THAT(
        run_gcn("GCN_BACKEND=", "info").out,
        Contains("drm-software  not here: libdrm finds the software Polaris only in a program that was started on "
                 "it, by gcn emu COMMAND\n"));
    const auto library = test::run("env -u LD_PRELOAD python3 -c \"import ctypes; gcn = ctypes.CDLL('" BUILD
                                   "/libgcn.so'); gcn.gcn_error.restype = ctypes.c_char_p; "
                                   "gcn.gcn_device_open(b'drm-software', ctypes.byref(ctypes.c_void_p())); "
                                   "print(gcn.gcn_error().decode())\"");
    CHECK(library.out ==
          "gcn: cannot open a device: drm-software: libdrm finds the software Polaris only in a program "
          "that was started on it, by gcn emu COMMAND. Try: gcn info, which lists what this machine "
          "has.\n");
    const test::Folder folder;
    test::write(folder / "libdrm_amdgpu.so.1", "");
    const auto broken =
        run_gcn("LD_LIBRARY_PATH=" + folder.path.string(), "bench --backend drm-software sgemm:nt:32x32x8");
    CHECK(broken.status == 3);
    CHECK(broken.err == "gcn: cannot open a device: drm-software: " + folder.path.string() +
                            "/libdrm_amdgpu.so.1: file too short. Try: installing libdrm-amdgpu1.\n");
}
