// Times of programs that compilers made (tests/programs/timed.hip.cpp), as ROCr and HIP launch them: the same with
// any number of threads, by the method that fits, and right by samples too.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/command.hpp"

using namespace gcn;
using nlohmann::json;

namespace {

// The line of the timing log that tells of the kernel `name`.
json timed(const std::string& name, const std::string& how, int threads) {
    const test::Folder folder;
    const std::string log = folder / "log";
    const test::Ran ran = test::run(
        "XDG_RUNTIME_DIR= TMPDIR='" + folder.path.string() + "' LD_PRELOAD='" + test::sanitizer() +
        "' ASAN_OPTIONS=detect_leaks=0 GCN_EMU_THREADS=" + std::to_string(threads) +
        " '" BUILD "/gcn' emu --timing-log '" + log + "' " + how + " '" BUILD "/tests/programs/timed' " + name);
    INFO(ran.out << ran.err);
    REQUIRE(ran.status == 0);
    CHECK(ran.err == "");
    json found;
    std::istringstream lines(test::contents(log));
    for (std::string line; std::getline(lines, line);)
        if (const json l = json::parse(line); l["kernel"].get<std::string>().find(name) != std::string::npos) found = l;
    INFO(test::contents(log));
    REQUIRE(found.is_object());
    CHECK(found.erase("pid") == 1);
    return found;
}

constexpr struct {
    const char *kernel, *method;  // with samples
} kernels[] = {
    {"compact", "stepped"}, {"by_number", "stepped"}, {"last_group", "stepped"}, {"calls", "stepped"},
    {"meet", "stepped"},    {"scratch", "stepped"},   {"uneven", "exact"},       {"writes", "exact"},
    {"alone", "sampled"},   {"heavy", "exact"},
};

}  // namespace

TEST_CASE("a program's kernels take the same time with one thread and with two, by the method that fits") {
    for (const auto& k : kernels) {
        INFO(k.kernel);
        const json one = timed(k.kernel, "--timing sampled", 1), two = timed(k.kernel, "--timing sampled", 2);
        CHECK(one == two);
        CHECK(one["method"] == k.method);
        CHECK(one["cycles"] > 1000);
    }
}

TEST_CASE("where the oldest wave of a SIMD takes all its slots, a time by samples is within 3 % of that in full") {
    const json full = timed("alone", "--timing full", 2), sampled = timed("alone", "--timing sampled", 2);
    CHECK(full["method"] == "exact");
    CHECK(sampled["method"] == "sampled");
    CHECK(sampled["instructions"] == full["instructions"]);
    CHECK(sampled["ns"].get<double>() == Approx(full["ns"].get<double>()).epsilon(0.03));
}

TEST_CASE("groups of other sizes find their places on a chip with ten waves a SIMD, too") {
    CHECK(timed("uneven", "--timing full --chip r9nano", 2)["method"] == "exact");
}
