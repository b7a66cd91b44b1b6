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

// The lines of the timing log that tell of the kernel `name`.
std::vector<json> all_timed(const std::string& name, const std::string& how, int threads,
                            const std::string& settings = "") {
    const test::Folder folder;
    const std::string log = folder / "log";
    const test::Ran ran = test::run(
        settings + " XDG_RUNTIME_DIR= TMPDIR='" + folder.path.string() + "' LD_PRELOAD='" + test::sanitizer() +
        "' ASAN_OPTIONS=detect_leaks=0 GCN_EMU_THREADS=" + std::to_string(threads) +
        " '" BUILD "/gcn' emu --timing-log '" + log + "' " + how + " '" BUILD "/tests/programs/timed' " + name);
    INFO(ran.out << ran.err);
    REQUIRE(ran.status == 0);
    CHECK(ran.err == "");
    std::vector<json> found;
    std::istringstream lines(test::contents(log));
    for (std::string line; std::getline(lines, line);)
        if (json l = json::parse(line); l["kernel"].get<std::string>().find(name) != std::string::npos) {
            CHECK(l.erase("pid") == 1);
            found.push_back(std::move(l));
        }
    INFO(test::contents(log));
    REQUIRE_FALSE(found.empty());
    return found;
}
json timed(const std::string& name, const std::string& how, int threads) {
    return all_timed(name, how, threads).back();
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

TEST_CASE("a launch is timed once, and again when its last group alone does something else") {
    for (const int threads : {1, 2}) {
        std::vector<json> kept = all_timed("told", "--timing full", threads),
                          anew = all_timed("told", "--timing full", threads, "GCN_EMU_TIMING_REUSE=0");
        std::vector<bool> reused;
        for (json& l : kept) reused.push_back(l["reused"].get<bool>()), l.erase("reused");
        CHECK(reused == std::vector<bool>{false, true, false, true, true});
        for (json& l : anew) {
            CHECK_FALSE(l["reused"].get<bool>());
            l.erase("reused");
        }
        CHECK(kept == anew);
        CHECK(kept[0]["cycles"] < kept[2]["cycles"]);
    }
}
