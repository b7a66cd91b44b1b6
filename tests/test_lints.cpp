// The static lints, on small kernels that each break one rule and keep it when NEAR_MISS is defined: tests/lints/*.s.

#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

struct Outcome {
    int status;
    std::string output;
};

Outcome run(const std::string& command) {
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe);
    Outcome outcome{};
    std::array<char, 4096> part;
    while (const size_t n = fread(part.data(), 1, part.size(), pipe)) outcome.output.append(part.data(), n);
    const int status = pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

std::string text_of(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

// The findings that a kernel's comments announce, one per "// expect: "; a finding may go on in the next line.
std::vector<std::string> expected(const fs::path& source) {
    const std::string start = "// expect: ", more = "//         ";
    std::vector<std::string> findings;
    std::ifstream in(source);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(start))
            findings.push_back(line.substr(start.size()));
        else if (line.starts_with(more))
            findings.back() += ' ' + line.substr(more.size());
    }
    return findings;
}

std::vector<fs::path> kernels_named(const std::string& prefix) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator("tests/lints")) {
        const std::string name = entry.path().filename();
        if (name.starts_with(prefix) && name.ends_with(".s")) found.push_back(entry.path());
    }
    return found;
}

std::string compile(const fs::path& source, const std::string& options, const std::string& suffix) {
    fs::create_directories(BUILD "/tests/lints");
    const std::string object = BUILD "/tests/lints/" + source.stem().string() + suffix + ".co";
    const Outcome made = run("clang-16 -target amdgcn-amd-amdhsa -mcpu=gfx803 -mcode-object-version=4 -nogpulib " +
                             options + " " + source.string() + " -o " + object);
    INFO(made.output);
    REQUIRE(made.status == 0);
    return object;
}

std::string assemble(const fs::path& source, bool near_miss) {
    const std::string options = "-x assembler -Iasm/include -Itests/lints";
    return near_miss ? compile(source, options + " -Wa,-defsym,NEAR_MISS=1", "_near_miss")
                     : compile(source, options, "");
}

Outcome check_waits(const std::string& object) { return run("python3 -B tools/check_waits.py " + object); }

Outcome check_budget(const std::string& source, const std::string& object) {
    return run("python3 -B tools/check_budget.py " + source + " " + object);
}

}  // namespace

TEST_CASE("a kernel that breaks one rule of waiting gives exactly that finding, and its near miss none") {
    const auto sources = kernels_named("waits_");
    REQUIRE(sources.size() >= 20);
    for (const fs::path& source : sources) {
        INFO(source);
        const auto findings = expected(source);
        REQUIRE(findings.size() == 1);
        const std::string object = assemble(source, false);
        const Outcome broken = check_waits(object);
        CHECK(broken.output == object + ": " + findings[0] + "\n");
        CHECK(broken.status == 1);
        const Outcome near_miss = check_waits(assemble(source, true));
        CHECK(near_miss.output == "");
        CHECK(near_miss.status == 0);
    }
}

TEST_CASE("a header that says less or more than the object holds gives exactly those findings") {
    const auto sources = kernels_named("budget_");
    REQUIRE(sources.size() >= 5);
    for (const fs::path& source : sources) {
        INFO(source);
        std::string findings;
        for (const std::string& finding : expected(source)) findings += source.string() + ": " + finding + "\n";
        REQUIRE(findings != "");
        const Outcome broken = check_budget(source, assemble(source, false));
        CHECK(broken.output == findings);
        CHECK(broken.status == 1);
        const Outcome near_miss = check_budget(source, assemble(source, true));
        CHECK(near_miss.output == "");
        CHECK(near_miss.status == 0);
    }
}

TEST_CASE("a kernel without a budget in its header is refused") {
    const fs::path source = "tests/lints/budget_count.s";
    const std::string object = assemble(source, true), bare = BUILD "/tests/lints/bare.s";
    std::string text = text_of(source);
    const size_t at = text.find("//   budget");
    REQUIRE(at != std::string::npos);
    std::ofstream(bare) << text.erase(at, text.find('\n', at) + 1 - at);
    const Outcome refused = check_budget(bare, object);
    CHECK(refused.output ==
          bare + ": the header's budget line is missing or reads otherwise than in the other kernels\n");
    CHECK(refused.status == 1);
}

TEST_CASE("kernels that clang made wait for everything they load") {
    for (const std::string level : {"-O1", "-O2", "-O3"}) {
        const Outcome clean = check_waits(compile("tests/lints/clang.cl", "-x cl -cl-std=CL2.0 " + level, level));
        CHECK(clean.output == "");
        CHECK(clean.status == 0);
    }
}

// clang leaves out what is not needed, so nearly every wait that it does emit is one that the lint must miss.
TEST_CASE("a kernel that clang made does not pass once its waits are taken out") {
    const std::string object = compile("tests/lints/clang.cl", "-x cl -cl-std=CL2.0 -O2", "_whole");
    std::string text = text_of(object);
    size_t waits = 0;
    for (size_t at = 0; at + 4 <= text.size(); at += 4)
        if (text.compare(at + 2, 2, "\x8c\xbf") == 0) text.replace(at, 4, std::string("\0\0\x80\xbf", 4)), ++waits;
    REQUIRE(waits > 50);
    const std::string hasty = BUILD "/tests/lints/clang_without_waits.co";
    std::ofstream(hasty, std::ios::binary) << text;
    const Outcome found = check_waits(hasty);
    for (const char* kernel : {"reduce", "divide", "gather", "histogram", "lanes", "spill"})
        CHECK(found.output.find(std::string(": ") + kernel + "+0x") != std::string::npos);
    CHECK(found.status == 1);
}
