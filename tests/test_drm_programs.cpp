// Unmodified third-party programs on the DRM device: libdrm's, clinfo and OpenCL programs on Mesa's Clover, vulkaninfo,
// radeontop, alone and beside each other.

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "isa/chips.hpp"
#include "tests/command.hpp"

using namespace gcn;
using Catch::Contains;
using test::Folder;

namespace {

// Programs of others must load the sanitizer before a sanitized libgcn-emu.so, and what they leak themselves is their
// own affair. `words` are for the shell, single quotes excepted.
test::Ran emu(const std::string& words, const std::string& environment = "", const std::string& options = "") {
    static const Folder folder;
    return test::run("XDG_RUNTIME_DIR= TMPDIR='" + folder.path.string() + "' LD_PRELOAD='" + test::sanitizer() +
                     "' ASAN_OPTIONS=detect_leaks=0 " + environment + " timeout 300 '" BUILD "/gcn' emu " + options +
                     " sh -c '" + words + "'");
}

std::string works(const std::string& words, const std::string& environment = "", const std::string& options = "") {
    const test::Ran ran = emu(words, environment, options);
    INFO(words << "\n" << ran.out << ran.err);
    CHECK(ran.status == 0);
    CHECK(ran.err == "");
    return ran.out;
}

std::string program(const std::string& name) { return BUILD "/tests/programs/" + name; }

std::string name_of(const isa::Chip& c) { return "AMD Radeon " + std::string(c.card) + " (software; host clock)"; }

// What stands behind `name` in its line.
std::string after(const std::string& text, const std::string& name) {
    const size_t at = text.find(name);
    if (at == text.npos) return "no " + name;
    const size_t from = text.find_first_not_of(" \t", at + name.size());
    return text.substr(from, text.find('\n', from) - from);
}

// Of a line of radeontop: the number behind "NAME ".
double figure(const std::string& line, const std::string& name) {
    const size_t at = line.find(" " + name + " ");
    return at == line.npos ? -1 : std::stod(line.substr(at + name.size() + 2));
}
std::vector<std::string> samples(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        if (line.find(": bus 01, gpu ") != line.npos) all.push_back(line);
    return all;
}
// Megabytes, behind the percentage.
double vram(const std::string& line) {
    const size_t at = line.find(" vram ");
    return at == line.npos ? -1 : std::stod(line.substr(line.find("% ", at) + 2));
}

}  // namespace

// ---- what there is --------------------------------------------------------------------------------------------------

TEST_CASE("libdrm, OpenCL and Vulkan find each chip") {
    const isa::Chip& c = GENERATE(from_range(std::begin(isa::chips), std::end(isa::chips)));
    INFO(c.row);
    const std::string chip = "--chip " + std::string(c.row);
    char id[16];
    std::snprintf(id, sizeof id, "%04x", c.device_id);
    const std::string device = works("drmdevice", "", chip);
    CHECK_THAT(device, Contains("--- Devices reported 1 ---") && Contains("device_id     " + std::string(id) + "\n"));

    // A program of OpenCL may ask every platform: rusticl 22.3 has no device here.
    // Not --raw: there clinfo writes beyond a buffer of its own, which the address sanitizer sees.
    const std::string cl = works("clinfo", "", chip);
    CHECK(after(cl, "Device Name").starts_with(name_of(c) + " ("));
    CHECK(after(cl, "Max compute units") == std::to_string(c.cus()));
    CHECK(after(cl, "Global memory size").starts_with(std::to_string(uint64_t(c.memory_mib) << 20) + " ("));
    CHECK(after(cl, "Max clock frequency") == std::to_string(c.mhz) + "MHz");
    CHECK(after(cl, "Device Vendor ID") == "0x1002");

    const std::string vulkan = emu("vulkaninfo --summary", "", chip).out;  // it complains that there is no display
    CHECK_THAT(vulkan, Contains(name_of(c) + " (RADV"));
    CHECK_THAT(vulkan, Contains("deviceID           = 0x" + std::string(id) + "\n"));
}

// ---- what runs ------------------------------------------------------------------------------------------------------

TEST_CASE("amdgpu_stress copies what is there, from and to VRAM and GTT") {
    const Folder folder;
    const std::string library = folder / "copies.so";
    const test::Ran built = test::run("cc -O2 -Wall -Werror -shared -fPIC -o '" + library + "' tests/preload/copies.c");
    INFO(built.err);
    REQUIRE(built.status == 0);
    const std::string said = works("LD_PRELOAD=\"$LD_PRELOAD:" + library +
                                   "\" amdgpu_stress -b v 4m -b g 4m -b v 4m -c 1 2 4m 5 -c 2 3 1m 2 -c 3 1 2m 1");
    std::string buffers;
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("buffer ")) buffers += line + "\n";
    CHECK(buffers ==
          "buffer 1: 1048576 of 1\nbuffer 2: 1048576 of 1\nbuffer 3: 1048576 of 3\n"
          "buffer 1: 1048576 of 1\nbuffer 2: 1048576 of 2\nbuffer 3: 262144 of 2 786432 of 3\n"
          "buffer 1: 524288 of 3 524288 of 1\nbuffer 2: 1048576 of 2\nbuffer 3: 1048576 of 3\n");
    CHECK_THAT(said, Contains("Submitted 5 IBs to copy from 1(") && Contains("4194304 bytes took"));
}

TEST_CASE("OpenCL programs compute what the host computes") {
    const std::string sums = works(program("cl_vadd"));
    CHECK(sums.starts_with(name_of(isa::chips[0]) + " (polaris10, "));
    CHECK_THAT(sums, Contains("\n0 of 100000 sums wrong\n"));
    CHECK(works(program("cl_reduce")) == "all right\n");
}

TEST_CASE("OpenCL's vector add is right on every chip, and on one thread") {
    const isa::Chip& c = GENERATE(from_range(std::begin(isa::chips), std::end(isa::chips)));
    const std::string said = works(program("cl_vadd"), "GCN_EMU_THREADS=1", "--chip " + std::string(c.row));
    CHECK(said.starts_with(name_of(c) + " ("));
    CHECK_THAT(said, Contains("\n0 of 100000 sums wrong\n"));
}

TEST_CASE("OpenCL programs beside each other do not disturb each other") {
    const std::string one = program("cl_vadd"), other = program("cl_reduce");
    const std::string said = works(one + " & " + other + " & " + one + " & " + other + " & wait");
    size_t sums = 0, reductions = 0;
    for (size_t at = 0; (at = said.find("0 of 100000 sums wrong\n", at)) != said.npos; ++at) ++sums;
    for (size_t at = 0; (at = said.find("all right\n", at)) != said.npos; ++at) ++reductions;
    CHECK(sums == 2);
    CHECK(reductions == 2);
}

// ---- what watches ---------------------------------------------------------------------------------------------------

TEST_CASE("radeontop sees nothing of a card that does nothing") {
    const std::vector<std::string> lines = samples(works("radeontop -d - -l 1"));
    REQUIRE(lines.size() == 1);
    CHECK(figure(lines[0], "gpu") == 0);
    CHECK(vram(lines[0]) == 0);
    CHECK_THAT(lines[0], Contains("mclk ") && Contains("0.300ghz, sclk "));
}

TEST_CASE("radeontop sees another program's GEMM and its memory, until it has ended") {
    const Folder folder;
    const std::string ended = folder / "ended";
    const std::string said = works("(" BUILD "/gcn bench --repeat 150 sgemm:nt:512x512x512 2>/dev/null && touch " +
                                       ended + ") & until [ -e " + ended +
                                       " ]; do radeontop -d - -l 1 | cat; done; echo ended; radeontop -d - -l 1 | cat",
                                   "GCN_BACKEND=hsa");
    INFO(said);
    const size_t end = said.find("ended\n");
    REQUIRE(end != said.npos);
    CHECK_THAT(said, Contains("sgemm:nt:512x512x512 ") && Contains("exact, "));
    double busiest = 0, most = 0;
    for (const std::string& line : samples(said.substr(0, end))) {
        busiest = std::max(busiest, figure(line, "gpu"));
        most = std::max(most, vram(line));
    }
    CHECK(busiest > 0);
    CHECK(most >= 3);  // megabytes: three matrices of 512 x 512
    const std::vector<std::string> after_it = samples(said.substr(end));
    REQUIRE(after_it.size() == 1);
    CHECK(figure(after_it[0], "gpu") == 0);
    CHECK(vram(after_it[0]) == 0);
}

// ---- programs that leave little room --------------------------------------------------------------------------------

#ifndef __SANITIZE_ADDRESS__  // which itself takes terabytes, and under which all programs are sanitized
TEST_CASE("a client that the address sanitizer watches submits and waits") {
    const Folder folder;
    const std::string built_as = folder / "sanitized";
    const test::Ran built = test::run("cc -g -fsanitize=address -I. -o '" + built_as +
                                      "' tests/programs/drm_submit.c -ldl -pthread && ldd '" + built_as +
                                      "' | sed -n 's/.*=> \\(.*libasan[^ ]*\\).*/\\1/p'");
    INFO(built.err);
    REQUIRE(built.status == 0);
    REQUIRE(!built.out.empty());
    const std::string library = built.out.substr(0, built.out.find('\n'));
    const test::Ran ran = emu(built_as + " " BUILD " every_ring grids timelines ghosts own_memory faulty_kernel",
                              "LD_PRELOAD='" + library + "' ASAN_OPTIONS=detect_leaks=0");
    INFO(ran.err);
    CHECK(ran.status == 0);
    CHECK_THAT(ran.out, Catch::EndsWith("all right\n"));
}

TEST_CASE("little address space is enough, and too little an error of the call") {
    const std::string client = program("drm_submit") + " " BUILD " ", calls = program("drm_calls") + " " BUILD " ";
    CHECK_THAT(works("ulimit -v 4000000; exec " + client + "every_ring grids many_threads"),
               Catch::EndsWith("all right\n"));
    CHECK_THAT(works("ulimit -v 4000000; exec " + calls + "gem_create prime"), Catch::EndsWith("all right\n"));
}
#endif

TEST_CASE("a limit of files' sizes is said, not met in the middle") {
    const test::Ran ran = emu("ulimit -f 1000; exec " + program("drm_calls") + " " BUILD " prime");
    CHECK(ran.status == 1);
    CHECK_THAT(ran.err, Contains("gcn: cannot open the software Polaris through libdrm: files may have ") &&
                            Contains("Try: ulimit -f unlimited."));
}
