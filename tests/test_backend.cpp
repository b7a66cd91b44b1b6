// The registry, its reasons, Device and Buffer, and the timing loop.

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "backend/backend.hpp"
#include "backend/library.hpp"
#include "backend/measure.hpp"
#include "backend/reason.hpp"
#include "hsa_host/card.hpp"

using namespace gcn;
using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

namespace {

Error error(auto&& action) {
    try {
        action();
    } catch (const Error& e) {
        return e;
    }
    return Error(Fault::Failed, "nothing was thrown");
}

// $GCN_BACKEND for one test.
class Environment {
public:
    explicit Environment(const char* value) {
        if (const char* old = std::getenv("GCN_BACKEND")) before = old;
        value ? setenv("GCN_BACKEND", value, 1) : unsetenv("GCN_BACKEND");
    }
    ~Environment() { before ? setenv("GCN_BACKEND", before->c_str(), 1) : unsetenv("GCN_BACKEND"); }

private:
    std::optional<std::string> before;
};

// The files of a machine, as far as the search for a card looks at them.
class Machine {
public:
    Machine() {
        std::string name = (std::filesystem::temp_directory_path() / "gcn-test-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()));
        root = name;
    }
    ~Machine() { std::filesystem::remove_all(root); }
    void driver() {
        std::filesystem::create_directories(root / "dev");
        std::ofstream(root / "dev/kfd") << "";
        std::filesystem::create_directories(nodes());
    }
    void node(int number, const std::string& properties) {
        const auto folder = nodes() / std::to_string(number);
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "properties") << properties;
    }
    void render_node() {
        std::filesystem::create_directories(root / "dev/dri");
        std::ofstream(root / "dev/dri/renderD128") << "";
    }
    void mode(const std::string& file, mode_t m) { REQUIRE(chmod((root.string() + file).c_str(), m) == 0); }
    std::string group(const std::string& file) const {
        struct stat s;
        REQUIRE(stat((root.string() + file).c_str(), &s) == 0);
        const struct group* g = getgrgid(s.st_gid);
        return g ? g->gr_name : std::to_string(s.st_gid);
    }
    // As the objection to a user whom modes stop; access() asks for the real one.
    std::string objection_to_nobody() const {
        if (geteuid() != 0) return objection();
        REQUIRE(chmod(root.c_str(), 0777) == 0);
        REQUIRE(setresuid(65534, 65534, 0) == 0);
        const std::string said = objection();
        REQUIRE(setresuid(0, 0, 0) == 0);
        return said;
    }
    std::string objection() const { return hsa_host::objection(hsa_host::look_for_driver(root.string())); }

private:
    std::filesystem::path nodes() const { return root / "sys/class/kfd/kfd/topology/nodes"; }
    std::filesystem::path root;
};

constexpr const char* cpu_node = "cpu_cores_count 8\nsimd_count 0\ngfx_target_version 0\n";

}  // namespace

TEST_CASE("the backends are known by their choices, in order of preference") {
    CHECK(Device::backends() == std::vector<std::string>{"hsa", "drm", "hsa-software", "drm-software", "cpu"});
    CHECK(backend_rows()[0].name == "hsa");
    CHECK(backend_rows()[1].name == "drm");
}

TEST_CASE("an unknown backend is wrong use, and the sentence lists the choices") {
    const std::string sentence =
        "gcn: cannot open the backend vulkan: there is none of that name. Try: one of hsa, drm, hsa-software, "
        "drm-software or cpu.";
    const Error asked = error([] { open_backend("vulkan"); });
    CHECK(asked.fault == Fault::WrongUse);
    CHECK(asked.what() == sentence);

    const Environment e("vulkan");
    CHECK(error([] { Device::open(); }).what() == sentence);
}

TEST_CASE("GCN_BACKEND chooses, and an argument goes before it") {
    const Environment e("cpu");
    CHECK(Device::open().backend() == "cpu");
    CHECK(Device::open("hsa-software").backend() == "hsa");
}

TEST_CASE("hsa is the card, or else the software Polaris") {
    const bool card = hsa_host::objection(hsa_host::look_for_driver()).empty();
    const auto device = open_backend("hsa");
    CHECK(device->info().card == card);
    CHECK(is_software(device->info().name) != card);
}

TEST_CASE("the kind of time is in the device's name") {
    CHECK(time_kind_of("AMD Radeon RX 590") == TimeKind::Measured);
    CHECK(time_kind_of("AMD Radeon RX 590 (software)") == TimeKind::Modelled);
    CHECK(time_kind_of("AMD Radeon RX 590 (software, host clock)") == TimeKind::Host);
    CHECK(text(Time{31420.04, TimeKind::Modelled}) == "31420.0 us modelled");
    CHECK(text(Time{0.25, TimeKind::Measured}) == "0.2 us measured");
    CHECK(text(Time{7, TimeKind::Host}) == "7.0 us host");
}

TEST_CASE("a device that models time and stamps twice the same does not know how long it took") {
    DeviceInfo info;
    info.time_kind = TimeKind::Modelled;
    CHECK(time_between(100, 350, info, 0.04).us == 10);
    const Time unknown = time_between(100, 100, info, 0.04);
    CHECK(std::isnan(unknown.us));
    CHECK(unknown.kind == TimeKind::Modelled);
    CHECK(text(unknown) == "a time that was not modelled");
    CHECK_THROWS_WITH(measure([&] { return std::optional(unknown); }, {.warm_ups = 0, .runs = 1}),
                      Catch::Contains("cannot time one of its runs: more of it was recorded than"));
    info.time_kind = TimeKind::Measured;
    CHECK(time_between(100, 100, info, 0.04).us == 0);
}

TEST_CASE("why there is no card is said in words") {
    Machine machine;
    CHECK(machine.objection() == "no AMD kernel driver: /dev/kfd does not exist");
    machine.driver();
    machine.node(0, cpu_node);
    CHECK_THAT(machine.objection(), StartsWith("no GPU in /sys/class/kfd: ") && Contains("PCIe atomics"));
    machine.node(1, "simd_count 256\ngfx_target_version 90010\n");
    machine.node(2, "simd_count 64\ngfx_target_version 100300\n");
    CHECK(machine.objection() == "no gfx803 card: the AMD kernel driver has gfx90a, gfx1030");
    machine.node(3, "simd_count 144\ngfx_target_version 80003\n");
    CHECK(machine.objection() == "");
    machine.node(3, "simd_count 144\ndrm_render_minor 128\ngfx_target_version 80003\n");
    CHECK(machine.objection() ==
          "no way to the gfx803 card of the AMD kernel driver: /dev/dri/renderD128 does not exist");
}

TEST_CASE("files of a card that are there but closed to us are a matter of permission") {
    Machine machine;
    machine.driver();
    machine.node(1, "simd_count 144\ndrm_render_minor 128\ngfx_target_version 80003\n");
    machine.render_node();
    machine.mode("/dev/kfd", 0666);
    machine.mode("/dev/dri/renderD128", 0666);
    CHECK(machine.objection_to_nobody() == "");
    for (const std::string file : {"/dev/dri/renderD128", "/dev/kfd"}) {
        machine.mode(file, 0);
        const std::string group = machine.group(file);
        CHECK(machine.objection_to_nobody() == "no permission to read and write " + file +
                                                   ", which belongs to the group " + group + " (sudo usermod -aG " +
                                                   group + " $USER, then log in again)");
    }
}

TEST_CASE("a reason within a sentence has one beginning, and the sentence one remedy, the nearest to the cause") {
    CHECK(clause("gcn: cannot x: y. Try: z.") == "cannot x: y. Try: z");
    Reasons reasons;
    reasons.add("one", "no file. Try: ls");
    reasons.add("two", "cannot a: cannot b: c. Try: d. Try: e");
    reasons.add("three", "nothing");
    CHECK(reasons.text == "one: no file; two: cannot a: cannot b: c; three: nothing");
    CHECK(reasons.remedy == "e");
}

TEST_CASE("a card without permission names the group that has it") {
    const hsa_host::Driver driver{.present = true, .targets = {80003}, .refused = "/dev/kfd", .group = "render"};
    CHECK(hsa_host::objection(driver) ==
          "no permission to read and write /dev/kfd, which belongs to the group render (sudo usermod -aG render $USER, "
          "then log in again)");
}

// What hsa_host does with hsa_api.def, here with two functions of the C library.
#define API(F) F(strlen) F(atoi)

#define F(name) decltype(&::name) name;
struct Api {
    API(F)
};
#undef F

TEST_CASE("a library that is there gives its functions") {
    Library lib("libc.so.6");
    Api api{};
#define F(name) lib.get(api.name, #name);
    API(F)
#undef F
    CHECK(lib.why().empty());
    CHECK(api.atoi("803") == 803);
}

TEST_CASE("a missing library or function is a reason, not a crash") {
    int (*f)() = nullptr;
    Library none("libnothing.so.1"), libc("libc.so.6");
    none.get(f, "nothing");
    CHECK_THAT(none.why(), Contains("libnothing.so.1"));
    libc.get(f, "nothing");
    CHECK(libc.why() == "nothing is missing");
}

TEST_CASE("a range outside a buffer is a sentence with all the numbers") {
    for (const char* choice : {"cpu", "hsa-software"}) {
        Device device = Device::open(choice);
        Buffer buffer = device.alloc(16);
        char bytes[32] = {};
        CHECK(buffer.bytes() == 16);
        const Error e = error([&] { buffer.write(bytes, 12, 8); });
        CHECK(e.fault == Fault::WrongUse);
        CHECK(e.what() == std::string("gcn: cannot write 12 bytes at offset 8: the buffer has 16 bytes. Try: a larger "
                                      "buffer or a smaller range."));
        CHECK_THAT(error([&] { buffer.read(bytes, 1, 17); }).what(),
                   StartsWith("gcn: cannot read 1 bytes at offset 17"));
        CHECK_THAT(error([&] { buffer.read(bytes, SIZE_MAX, 1); }).what(), StartsWith("gcn: cannot read "));
        CHECK_THAT(error([] { Buffer().write("x", 1); }).what(), Contains("the buffer has 0 bytes"));
    }
}

TEST_CASE("copies of a buffer share its memory, which outlives its device") {
    for (const char* choice : {"cpu", "hsa-software"}) {
        Buffer one;
        {
            Device device = Device::open(choice);
            one = device.alloc(8);
        }
        const Buffer two = one;
        const double given = 0.803;
        double got = 0;
        one.write(&given, 8);
        two.read(&got, 8);
        CHECK(got == given);
    }
}

TEST_CASE("a peak is of the device's clock, and there is none where times are the host's") {
    CHECK(Device::open("cpu").peak_gflops() == 0);
    const Device device = Device::open("hsa-software");
    const DeviceInfo info = open_backend("hsa-software")->info();
    const double peak = info.cus * 128 * info.mhz / 1e3;
    CHECK(device.peak_gflops() == Approx(device.time_kind() == TimeKind::Host ? 0 : peak));
    CHECK(device.lost() == "");
}

TEST_CASE("the timing loop gives the best and the median of what was counted") {
    const std::vector<double> us = {900, 5, 4, 8, 6};
    size_t next = 0;
    const auto run = [&]() -> std::optional<Time> { return Time{us[next++], TimeKind::Modelled}; };
    const auto m = measure(run, {.warm_ups = 1, .runs = 4});
    REQUIRE(m);
    CHECK(m->best.us == 4);
    CHECK(m->best.kind == TimeKind::Modelled);
    CHECK(m->median_us == 5.5);
    CHECK(m->runs == 4);
    CHECK(next == us.size());
}

TEST_CASE("a limit of time ends the timing loop after a run, and a lost device ends it with nothing") {
    int runs = 0;
    const auto run = [&]() -> std::optional<Time> { return Time{double(++runs), TimeKind::Host}; };
    const auto m = measure(run, {.warm_ups = 3, .runs = 1000, .limit_seconds = 0});
    REQUIRE(m);
    CHECK(m->runs == 1);
    CHECK(runs == 2);

    int left = 3;
    const auto dies = [&]() -> std::optional<Time> {
        return left-- ? std::optional(Time{1, TimeKind::Host}) : std::nullopt;
    };
    CHECK_FALSE(measure(dies, {.warm_ups = 1, .runs = 10}));
}
