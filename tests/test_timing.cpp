// The timing model beside what is published: groups (a) and (b) of tests/timing/rows.def within their bars, by the
// program that does the same on a card. Each chip is a process of its own.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "isa/chips.hpp"
#include "tests/command.hpp"
#include "tests/timing/calibrate.hpp"

using namespace gcn;
using namespace gcn::calibration;
using Catch::Matchers::Contains;

namespace {

const std::string program = BUILD "/tests/calibrate";
const char* const long_check = std::getenv("GCN_CHECK_LONG");

std::vector<nlohmann::json> figures(const std::string& chip, const std::string& arguments) {
    const test::Ran ran = test::run("GCN_BACKEND=hsa-software GCN_EMU_TIMING=full GCN_EMU_CHIP=" + chip + " " +
                                    program + " --json " + arguments);
    INFO(ran.err);
    REQUIRE(ran.status <= 1);  // 1: a row is outside its bar, which is said below by name
    std::vector<nlohmann::json> all;
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) all.push_back(nlohmann::json::parse(line));
    REQUIRE(!all.empty());
    return all;
}

void check_bars(const std::string& chip, const std::string& arguments) {
    for (const nlohmann::json& line : figures(chip, arguments)) {
        INFO(line.dump());
        CHECK(line["time_kind"] == "modelled");
        CHECK(line["within"] == true);
    }
}

// A device on which a launch of kernel `empty` takes 10 us, and 2 us more a turn for each 8 groups.
struct Clockwork : Backend {
    struct Bytes : Memory {
        void write(const void*, size_t, size_t) override {}
        void read(void*, size_t, size_t) const override {}
    };
    DeviceInfo info() const override {
        DeviceInfo info;
        info.name = "AMD Radeon RX 570 (software)", info.isa = "gfx803", info.cus = 32, info.mhz = 1000;
        info.time_kind = TimeKind::Modelled;
        return info;
    }
    std::shared_ptr<Memory> alloc(size_t) override { return std::make_shared<Bytes>(); }
    std::shared_ptr<Memory> alloc_pinned(size_t) override { return std::make_shared<Bytes>(); }
    std::shared_ptr<Kernel> load(std::span<const std::byte>, std::string_view) override {
        return std::make_shared<Kernel>();
    }
    std::optional<Time> launch(const Kernel&, Grid grid, std::span<const std::byte> kernarg) noexcept override {
        uint32_t turns;
        std::memcpy(&turns, &kernarg[0x10], sizeof turns);
        return Time{10 + 2.0 * turns * grid.x / 8, TimeKind::Modelled};
    }
    std::string lost() const override { return {}; }
};

size_t of(Group group) {
    size_t count = 0;
    for (const Row& row : rows()) count += row.group == group;
    return count;
}

}  // namespace

TEST_CASE("the three groups of the table are whole: names, kernels, chips, figures with a source") {
    CHECK(of(Group::Constant) >= 20);
    CHECK(of(Group::Published) >= 20);
    std::set<std::string_view> names, kernels;
    for (const Row& row : rows()) {
        INFO(row.name);
        CHECK(names.insert(row.name).second);
        CHECK((row.chip.empty() || isa::find_chip(row.chip)));
        CHECK((row.method == sgemm_share || find_kernel(row.kernel)));
        CHECK(row.low <= row.high);
        CHECK(!row.source.empty());
        if (row.group != Group::Reported) CHECK((row.low > 0 && row.low == row.high));
        kernels.insert(row.kernel);
    }
    CHECK(kernels.size() >= 24);
}

TEST_CASE("an error is how far a figure lies outside what is published") {
    Row row{};
    CHECK_FALSE(error_percent(row, 7));
    row.low = 10, row.high = 20, row.group = Group::Published;
    CHECK(error_percent(row, 15) == 0.0);
    CHECK(*error_percent(row, 9) == Approx(-10));
    CHECK(*error_percent(row, 25) == Approx(25));
    CHECK(Result{&row, 21.9, error_percent(row, 21.9)}.within());
    CHECK_FALSE(Result{&row, 22.1, error_percent(row, 22.1)}.within());
    row.group = Group::Constant;
    CHECK_FALSE(Result{&row, 21.9, error_percent(row, 21.9)}.within());
    row.group = Group::Reported;
    CHECK(Result{&row, 100, error_percent(row, 100)}.within());
}

TEST_CASE("a figure is made of times as its method says") {
    Bench bench(std::make_unique<Clockwork>(), 0);
    Row row{};
    row.kernel = "empty", row.groups = 8, row.lanes = 256, row.turns = 5, row.fill = nothing, row.work = 100;
    CHECK(micros(bench, row) == Approx(20));
    CHECK(clk(bench, row) == Approx(20));                 // 2 us are 2000 clk, of 100 units
    CHECK(groups_per_clk(bench, row) == Approx(0.8e-3));  // 16 groups more in 20 us more
    CHECK(bytes_per_clk(bench, row) == Approx(100 * 8 * 256 / 2000.0));
    CHECK(dram_share(bench, row) == Approx(100 * (100 * 8 * 256 / 20e3) / 224));
    CHECK(million_lanes(bench, row) == Approx(8 * 256 / 20.0));
    CHECK(clpeak_read(bench, row) == Approx(100 * (100 * 4 * 256 / 5e3) / 224));  // four groups more in 5 us more
    row.groups = 1, row.per = Per::Cu;  // 32 groups, one wave on each SIMD: 10 + 40 us
    CHECK(peak_share(bench, row) == Approx(100 * 5 * 100 / 50e3));
    row.groups = 3;
    CHECK(waves_per_simd(bench, row) == Approx(1));  // one after the other, as this device runs them
    row.chip = "rx480";
    CHECK_THROWS_WITH(measure(bench, row), Contains("it is of another card than AMD Radeon RX 570 (software)"));
}

TEST_CASE("the calibration kernels compute what they say, and one that does not is found out") {
    Bench bench(open_backend("hsa-software"), 0);
    for (const Row& row : rows()) {
        if (!bench.applies(row) || row.method == sgemm_share) continue;
        Case c = bench.launch_of(row);
        if (c.in.size() > 1 << 20 || c.lanes_in_all() > 1 << 20) continue;  // `calibrate --check` has them all
        INFO(row.name);
        if (c.b == 0 && c.kernel.starts_with("read_")) continue;
        CHECK_NOTHROW(bench.time(c));
    }
    Case c{"chase", 1, 64, 1, 0, 0, {}};
    chain<8u << 10>(c);
    CHECK_NOTHROW(bench.time(c));
    c.kernel = "smem_x1";  // which leaves in[0], not 0
    CHECK_THROWS_WITH(bench.time(c), Contains("word 0 of what it computes is"));
}

TEST_CASE("with the host's times nothing is compared, and it says why") {
    const test::Ran ran = test::run("GCN_BACKEND=hsa-software GCN_EMU_TIMING=off " + program + " mac_1_waves");
    CHECK(ran.status == int(Fault::NoDevice));
    CHECK_THAT(ran.err, Contains("its times are this machine's, not a card's"));
    CHECK(ran.out.empty());
    const test::Ran checked =
        test::run("GCN_BACKEND=hsa-software GCN_EMU_TIMING=off " + program + " --check mac_1_waves");
    CHECK(checked.status == 0);
    CHECK(checked.out == "right  mac_1_waves\n");
}

TEST_CASE("rows of other cards are not run, and counted") {
    const test::Ran ran = test::run("GCN_BACKEND=hsa-software GCN_EMU_CHIP=rx560 " + program + " --check clpeak_i32");
    CHECK(ran.status == 0);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, Contains("2 of other cards not run"));
}

TEST_CASE("rows and groups that are not there are refused with a sentence") {
    const auto refused = [](const std::string& arguments) {
        const test::Ran ran = test::run(program + " " + arguments);
        CHECK(ran.status == int(Fault::WrongUse));
        CHECK(ran.out.empty());
        return ran.err;
    };
    CHECK_THAT(refused("nonsense"),
               Contains("cannot run row nonsense: no row's name begins so. Try: calibrate --list"));
    CHECK_THAT(refused("mac_ nonsense"), Contains("row nonsense"));
    CHECK_THAT(refused("--group d"), Contains("cannot run group d: there are a, b and c"));
    CHECK_THAT(refused("mac_ --group b"), Contains("none of these rows is of group b"));
}

TEST_CASE("group (a): each constant comes back from a kernel within 2 percent") { check_bars("rx590", "--group a"); }

TEST_CASE("group (a) on the smallest and the largest chip") {
    if (!long_check) return;
    check_bars("rx560", "--group a");
    check_bars("r9nano", "--group a");
}

TEST_CASE("where sources disagree about a constant the model lies between them") {
    for (const nlohmann::json& line : figures(
             "rx590", "mac_dependent branch_taken vector_to_scalar barrier_ smem_hit smem_miss lds_latency latency_")) {
        INFO(line.dump());
        CHECK(std::abs(double(line["error_percent"])) < 2);
    }
}

// Under the sanitizers a minute of modelling would be a quarter of an hour; group (a) goes everywhere in the model.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("group (b): published results of an RX 570 within 10 percent") { check_bars("rx570", "--group b"); }

TEST_CASE("group (b): published results of an R9 Nano within 10 percent") { check_bars("r9nano", "--group b"); }

TEST_CASE("group (b): published L1 rates of an RX 480 within 10 percent") { check_bars("rx480", "--group b"); }

TEST_CASE("the same binary follows CUs, clocks and bandwidth from chip to chip") {
    const auto time_of_work = [](const std::string& chip, double& should) {
        const isa::Chip& card = *isa::find_chip(chip);
        const nlohmann::json line = figures(chip, "same_work").at(0);
        CHECK(line["mhz"] == card.mhz);
        should = 1.0 / (card.cus() * card.mhz);
        return double(line["modelled"]) / double(line["mhz"]);
    };
    double should_first = 0;
    const double first = time_of_work("rx590", should_first);
    for (const char* chip : {"rx580", "rx560", "r9nano"}) {
        INFO(chip);
        double should = 0;
        const double time = time_of_work(chip, should);
        CHECK(time / first == Approx(should / should_first).epsilon(0.02));
    }
    // A vector sum takes 75 to 90 percent of each memory's bandwidth.
    for (const char* chip : {"rx590", "rx580", "rx560", "r9nano"})
        for (const nlohmann::json& line : figures(chip, long_check ? "vector_add" : "vector_add_x4")) {
            INFO(line.dump());
            CHECK(line["error_percent"] == 0);
        }
}

// GFLOP/s of the 128x128 kernel for a square product on an RX 590, and its share of the peak.
nlohmann::json square(int n) {
    const std::string edge = std::to_string(n);
    const test::Ran ran = test::run("GCN_BACKEND=hsa-software GCN_EMU_CHIP=rx590 GCN_KERNEL=sgemm_nt_128x128 " BUILD
                                    "/gcn bench --timing full --repeat 1 --json sgemm:nt:" +
                                    edge + "x" + edge + "x" + edge);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    nlohmann::json line = nlohmann::json::parse(ran.out);
    CHECK(line["verified"] == true);
    CHECK(line["time_kind"] == "modelled");
    CHECK(line["kernel"] == "sgemm_nt_128x128");
    return line;
}

TEST_CASE("half-filled rounds of groups cost a product what they do: n = 1024 beside n = 1536 on 36 CUs") {
    const double share = double(square(1024)["gflops"]) / double(square(1536)["gflops"]);
    CHECK(share >= 0.85);
    CHECK(share <= 0.92);
}

TEST_CASE("a large product takes 90 percent of the peak") {
    if (long_check) CHECK(square(3072)["percent_peak"] >= 90);
}

#endif
