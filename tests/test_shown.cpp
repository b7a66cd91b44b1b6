// The DRM device as unmodified programs see it: drmdevice, lspci, ls, cat, Python, libdrm_amdgpu; on every chip,
// without a trace of the machine's own.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "emulator/cp/board.hpp"
#include "isa/chips.hpp"
#include "tests/command.hpp"

using namespace gcn;
using Catch::Contains;
using test::Folder;

namespace {

// Under gcn emu, with a place for temporary files that goes with this test. A sanitized libgcn-emu.so wants its
// sanitizer first, and what others leak is their own affair.
std::string emu(const std::string& command) {
    static const Folder folder;
    return "XDG_RUNTIME_DIR= TMPDIR='" + folder.path.string() + "' LD_PRELOAD='" + test::sanitizer() +
           "' ASAN_OPTIONS=detect_leaks=0 '" BUILD "/gcn' emu " + command;
}

std::string shown(const std::string& command) {
    const test::Ran ran = test::run(emu(command));
    INFO(command << "\n" << ran.out << ran.err);
    CHECK(ran.status == 0);
    CHECK(ran.err == "");
    return ran.out;
}

std::map<std::string, std::string> values(const std::string& lines) {
    std::map<std::string, std::string> all;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) {
        const size_t space = line.find(' ');
        if (space != line.npos) all[line.substr(0, space)] = line.substr(space + 1);
    }
    return all;
}

std::string hex(uint64_t n) {
    char text[32];
    std::snprintf(text, sizeof text, "%04llx", static_cast<unsigned long long>(n));
    return text;
}

const std::string card = "/sys/class/drm/card0/device";

}  // namespace

TEST_CASE("drmdevice finds the card, and opens both nodes") {
    const std::string found = shown("drmdevice");
    CHECK_THAT(found, Contains("--- Devices reported 1 ---"));
    for (const char* line : {"nodes[0] /dev/dri/card0\n", "nodes[2] /dev/dri/renderD128\n", "vendor_id     1002\n",
                             "device_id     67df\n", "revision_id   e1\n", "domain 0000\n", "bus    01\n"})
        CHECK_THAT(found, Contains(line));
    CHECK_THAT(found, Contains("Opening device node /dev/dri/card0") && Contains("device node /dev/dri/renderD128"));
    CHECK_THAT(found, !Contains("renderD129"));
}

TEST_CASE("lspci shows the card, and the machine's other devices as before") {
    const std::string before = test::run("lspci -n").out, list = shown("lspci -n");
    CHECK_THAT(list, Contains("01:00.0 0300: 1002:67df (rev e1)\n"));
    std::istringstream lines(before);
    for (std::string line; std::getline(lines, line);)
        if (!line.starts_with("01:00.0 ") && line.find(" 03") == line.npos) CHECK_THAT(list, Contains(line));
    const std::string details = test::run(emu("lspci -v -s 01:00.0")).out;  // kmod has nothing to say of this kernel
    CHECK_THAT(details, Contains("Kernel driver in use: amdgpu") && Contains("[size=8G]") && Contains("[size=256K]"));
}

TEST_CASE("ls and stat show device nodes, by every way to them") {
    const std::string list = shown("ls -l /dev/dri");
    CHECK_THAT(list, Contains("crw-rw-rw-") && Contains("226,   0") && Contains("226, 128"));
    CHECK(shown("stat -c %F,%t,%T /dev/dri/card0") == "character special file,e2,0\n");
    CHECK(shown("stat -L -c %F,%t,%T /dev/dri/by-path/pci-0000:01:00.0-render") == "character special file,e2,80\n");
    CHECK(shown("sh -c 'cd /dev/dri; stat -c %F,%t,%T renderD128'") == "character special file,e2,80\n");
    CHECK(shown("sh -c 'test -c /dev/dri/card0 -a -r /dev/dri/card0 -a -w /dev/dri/card0'") == "");
}

TEST_CASE("Python sees what others see, relative to folders too") {
    const test::Folder folder;
    const std::string program = test::write(folder / "look.py", R"(
import os, stat
card, dri = '/sys/class/drm/card0/device', '/dev/dri'
node = os.stat('/dev/dri/renderD128')
assert stat.S_ISCHR(node.st_mode) and node.st_rdev == os.makedev(226, 128)
assert sorted(os.listdir('/sys/class/drm')) == ['card0', 'renderD128', 'version']
assert os.path.realpath('/sys/dev/char/226:128/device') == '/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0'
assert os.readlink('/sys/dev/char/226:0/device/subsystem') == '../../../../bus/pci'
assert open(card + '/device').read() == '0x67df\n'

at = os.open(card, os.O_RDONLY)
assert os.read(os.open('vendor', os.O_RDONLY, dir_fd=at), 9) == b'0x1002\n'
assert os.read(os.open('mem_info_vram_used', os.O_RDONLY, dir_fd=at), 9) == b'0\n'
at = os.open(dri, os.O_RDONLY)
assert os.fstat(os.open('card0', os.O_RDWR, dir_fd=at)).st_rdev == os.makedev(226, 0)
assert os.stat('card0', dir_fd=at).st_rdev == os.makedev(226, 0)
os.chdir(dri)
assert stat.S_ISCHR(os.stat('renderD128').st_mode)
os.chdir(card + '/hwmon/hwmon0')
assert open('temp1_input').read() == '45000\n'
node = open('/dev/dri/renderD128', 'rb+', buffering=0)
assert stat.S_ISCHR(os.fstat(node.fileno()).st_mode)
)");
    shown("python3 '" + program + "'");
}

TEST_CASE("nothing of the machine's own DRM devices can be seen") {
    CHECK(shown("ls /dev/dri") == "by-path\ncard0\nrenderD128\n");
    CHECK(shown("ls /sys/class/drm") == "card0\nrenderD128\nversion\n");
    for (const char* path : {"/dev/dri/card1", "/dev/dri/renderD129", "/sys/class/drm/card1", "/sys/dev/char/226:1",
                             "/sys/dev/char/226:129/device"})
        CHECK(test::run(emu("ls " + std::string(path))).err ==
              "ls: cannot access '" + std::string(path) + "': No such file or directory\n");
}

TEST_CASE("the card's files say what its row of chips.def says") {
    const isa::Chip& c = GENERATE(from_range(std::begin(isa::chips), std::end(isa::chips)));
    INFO(c.row);
    const auto says = [&](const std::string& files) {
        return shown("--chip " + std::string(c.row) + " sh -c 'cd " + card + "; cat " + files + "'");
    };
    CHECK(says("device revision") == "0x" + hex(c.device_id) + "\n0x" + hex(c.revision).substr(2) + "\n");
    const std::string bytes = std::to_string(uint64_t(c.memory_mib) << 20) + "\n";
    CHECK(says("mem_info_vram_total mem_info_vis_vram_total mem_info_vram_used gpu_busy_percent") ==
          bytes + bytes + "0\n0\n");
    const std::string clocks = says("pp_dpm_sclk"), top = ": " + std::to_string(c.mhz) + "Mhz \n";
    CHECK(clocks.starts_with("0: 300Mhz *\n"));
    CHECK(clocks.ends_with(top));
    CHECK(std::count(clocks.begin(), clocks.end(), '*') == 1);
    CHECK(says("hwmon/hwmon0/freq1_input hwmon/hwmon0/name") == "300000000\namdgpu\n");
}

TEST_CASE("libdrm_amdgpu reads of each chip what its row says") {
    const isa::Chip& c = GENERATE(from_range(std::begin(isa::chips), std::end(isa::chips)));
    const std::string said = shown("--chip " + std::string(c.row) + " " BUILD "/tests/programs/drm_info");
    INFO(said);
    auto v = values(said);
    const auto number = [&](const std::string& name) { return v[name].empty() ? 0 : std::stoull(v[name]); };
    CHECK(said.ends_with("all right\n"));
    CHECK(v["name"] == "AMD Radeon " + std::string(c.card) + " (software; host clock)");
    CHECK(values(shown("--timing=full --chip " + std::string(c.row) + " " BUILD "/tests/programs/drm_info"))["name"] ==
          "AMD Radeon " + std::string(c.card) + " (software)");
    CHECK(number("device_id") == c.device_id);
    CHECK(number("pci_rev") == c.revision);
    CHECK(number("family") == 130);
    CHECK(number("engines") == uint64_t(c.engines));
    CHECK(number("cus") == uint64_t(c.cus()));
    CHECK(number("cu_bits") == uint64_t(c.cus()));
    CHECK(number("max_engine_clock") == uint64_t(c.mhz) * 1000);
    CHECK(number("counter_khz") == 25000);
    CHECK(number("vram") == uint64_t(c.memory_mib) << 20);
    CHECK(number("vram_used") == 0);
    // Bandwidth: GDDR5 moves 4 bits a clock on each pin, HBM 2. The sheets round it.
    const uint64_t per_clock = c.chip == "Fiji" ? 2 : 4;
    CHECK(number("max_memory_clock") * number("vram_bits") * per_clock / 8 / 1'000'000 == uint64_t(c.dram_gbs));
    // Where user space puts the chip: Mesa's amdgpu_asic_addr.h.
    const uint64_t revision = number("external_rev");
    if (c.chip == "Fiji") CHECK((revision >= 0x3c && revision < 0x50));
    if (c.device_id == 0x67df) CHECK((revision >= 0x50 && revision < 0x5a));
    if (c.device_id == 0x67ff) CHECK((revision >= 0x5a && revision < 0x64));
}

TEST_CASE("live files and registers follow what processes of the same gcn emu do, and no others'") {
    using namespace emulator;
    const Folder folder;
    const std::string file = folder / "board", same = "GCN_EMU_BOARD='" + file + "' ",
                      look = "sh -c 'cd " + card +
                             "; cat mem_info_vram_used mem_info_vis_vram_used mem_info_gtt_used; " +
                             "grep [*] pp_dpm_sclk pp_dpm_mclk; cat hwmon/hwmon0/*_input'",
                      idle = "pp_dpm_sclk:0: 300Mhz *\npp_dpm_mclk:0: 300Mhz *\n300000000\n300000000\n750\n45000\n",
                      busy =
                          "pp_dpm_sclk:7: 1545Mhz *\npp_dpm_mclk:2: 2000Mhz *\n1545000000\n2000000000\n1150\n65000\n";
    Board board(file);
    REQUIRE(board.take(Heap::Vram, 12345678, UINT64_MAX));
    REQUIRE(board.take(Heap::Gtt, 4096, UINT64_MAX));
    CHECK(test::run(same + emu(look)).out == "12345678\n12345678\n4096\n" + idle);
    board.work_begins();
    CHECK(test::run(same + emu(look)).out == "12345678\n12345678\n4096\n" + busy);
    auto v = values(test::run(same + emu(BUILD "/tests/programs/drm_info")).out);
    CHECK(v["grbm_busy"] == "1");
    CHECK(v["vram_used"] == "12345678");
    CHECK(shown(look) == "0\n0\n0\n" + idle);
    while (board.busy_percent() == 0) std::this_thread::yield();  // load is in steps of 1/16 s
    CHECK(test::run(same + emu("cat " + card + "/gpu_busy_percent")).out != "0\n");
    board.work_ends();
    v = values(test::run(same + emu(BUILD "/tests/programs/drm_info")).out);
    CHECK(v["grbm_busy"] == "0");
}

TEST_CASE("the card's files cannot be written, whoever asks") {
    const auto denied = [](const std::string& command) {
        const test::Ran ran = test::run(emu(command));
        INFO(command << "\n" << ran.out << ran.err);
        CHECK(ran.status != 0);
        CHECK_THAT(ran.err, Contains("ermission denied"));
    };
    denied("sh -c 'echo low > " + card + "/power_dpm_force_performance_level'");
    denied("sh -c 'echo 1 > " + card + "/new'");
    denied("sh -c 'echo 1 > /usr/share/libdrm/amdgpu.ids'");
    CHECK(shown("cat " + card + "/power_dpm_force_performance_level") == "auto\n");
}

TEST_CASE("many processes that read at the same time read whole files") {
    const std::string each =
        "for i in 1 2 3 4 5 6 7 8; do (for j in 1 2 3 4 5; do cat " + card + "/pp_dpm_mclk; done) & done; wait";
    const Folder folder;
    const std::string all = shown("env TMPDIR='" + folder.path.string() + "' sh -c '" + each + "'");
    std::string expected;
    for (int i = 0; i < 40; i++) expected += "0: 300Mhz *\n1: 1000Mhz \n2: 2000Mhz \n";
    CHECK(all == expected);
}

TEST_CASE("a program built with the address sanitizer sees the card") {
    if (!test::sanitizer().empty()) return;  // then all of them are
    const Folder folder;
    const std::string program = folder / "sanitized", source = test::write(folder / "sanitized.c", R"(
        #include <fcntl.h>
        #include <stdio.h>
        #include <sys/stat.h>
        #include <unistd.h>
        int main(void) {
            char text[16] = "";
            struct stat s;
            FILE* vendor = fopen("/sys/class/drm/card0/device/vendor", "r");
            const int node = open("/dev/dri/renderD128", O_RDWR);
            if (!vendor || !fgets(text, sizeof text, vendor) || fclose(vendor)) return 1;
            if (node < 0 || fstat(node, &s) || !S_ISCHR(s.st_mode) || close(node)) return 2;
            return !printf("%s", text);
        })");
    const test::Ran built = test::run("cc -fsanitize=address -o '" + program + "' '" + source + "'");
    INFO(built.err);
    REQUIRE(built.status == 0);
    const std::string library = test::run("ldd '" + program + "' | sed -n 's/.*=> \\(.*libasan[^ ]*\\).*/\\1/p'").out;
    REQUIRE(!library.empty());
    const test::Ran ran = test::run("LD_PRELOAD='" + library.substr(0, library.find('\n')) +
                                    "' ASAN_OPTIONS=detect_leaks=0 '" BUILD "/gcn' emu '" + program + "'");
    INFO(ran.err);
    CHECK(ran.status == 0);
    CHECK(ran.out == "0x1002\n");
}
