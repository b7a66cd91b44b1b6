// Unmodified third-party programs on the software Polaris: rocminfo, HIP, what tools read under /proc and /sys; and
// what remains of programs that are killed, fault, fork or leave while a kernel runs.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "isa/chips.hpp"
#include "tests/command.hpp"

using namespace gcn;
using test::Folder;
namespace fs = std::filesystem;
using Words = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

// ---- running them ---------------------------------------------------------------------------------------------------

namespace {

std::string program(const char* name) { return std::string(BUILD "/tests/programs/") + name; }

Words on_software(const Words& command) {
    Words all = {BUILD "/gcn", "emu"};
    all.insert(all.end(), command.begin(), command.end());
    return all;
}

std::vector<std::string> files(const Folder& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path)) names.push_back(entry.path().filename());
    return names;
}

struct Ending {
    int status = -1, signal = 0;  // one of them, as in wait(2)
    bool hung = false;            // it, or a child of its that kept the output open, ran into the time limit
    std::string output;           // both streams
};

#ifdef __SANITIZE_ADDRESS__
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// What every program gets: a place for temporary files that goes with this test. Programs of others must load the
// sanitizer before a sanitized libgcn-emu.so, and what they leak themselves is their own affair.
Environment surroundings() {
    static const Folder folder;
    Environment all = {{"TMPDIR", folder.path}, {"XDG_RUNTIME_DIR", ""}};
    if (!sanitized) return all;
    all["LD_PRELOAD"] = test::sanitizer();
    all["ASAN_OPTIONS"] = "detect_leaks=0";
    return all;
}

// A program in a process group of its own, so that whatever it leaves behind can be found and ended.
class Process {
public:
    Process(const Words& command, Environment environment) {
        environment.merge(surroundings());  // what is asked for stays
        int ends[2];
        REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
        pid_ = fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) become(command, environment, ends[1]);
        setpgid(pid_, pid_);
        close(ends[1]);
        output_ = ends[0];
    }
    ~Process() {
        if (output_ >= 0) finish(0);
    }
    Process(const Process&) = delete;

    pid_t pid() const { return pid_; }

    // Waits until the output holds `text`; false if it ends or the limit passes before.
    bool says(const std::string& text, int seconds) {
        const auto limit = deadline(seconds);
        while (seen_.find(text) == seen_.npos)
            if (!read_some(limit)) return false;
        return true;
    }

    // Waits for the end of the program and of everything that holds its output.
    Ending finish(int seconds) {
        const auto limit = deadline(seconds);
        while (read_some(limit)) {
        }
        Ending end;
        end.hung = !ended_;
        if (end.hung) kill(-pid_, SIGKILL);
        int status = 0;
        waitpid(pid_, &status, 0);
        if (WIFEXITED(status)) end.status = WEXITSTATUS(status);
        if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
        close(output_);
        output_ = -1;
        end.output = seen_;
        return end;
    }

private:
    using Clock = std::chrono::steady_clock;
    static Clock::time_point deadline(int seconds) { return Clock::now() + std::chrono::seconds(seconds); }

    [[noreturn]] static void become(const Words& command, const Environment& environment, int output) {
        setpgid(0, 0);
        const rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(output, 1);
        dup2(output, 2);
        for (const auto& [name, value] : environment)
            value.empty() ? unsetenv(name.c_str()) : setenv(name.c_str(), value.c_str(), 1);
        std::vector<char*> words;
        for (const std::string& w : command) words.push_back(const_cast<char*>(w.c_str()));
        words.push_back(nullptr);
        execvp(words[0], words.data());
        _exit(127);
    }

    bool read_some(Clock::time_point limit) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(limit - Clock::now()).count();
        pollfd p = {output_, POLLIN, 0};
        if (left <= 0 || poll(&p, 1, int(left)) <= 0) return false;
        char part[4096];
        const ssize_t n = read(output_, part, sizeof part);
        if (n > 0) seen_.append(part, size_t(n));
        ended_ = n <= 0;
        return n > 0;
    }

    pid_t pid_ = -1;
    int output_ = -1;
    bool ended_ = false;
    std::string seen_;
};

Ending run(const Words& command, const Environment& environment = {}, int seconds = 60) {
    return Process(on_software(command), environment).finish(seconds);
}

// Programs that must work: status 0, in time.
std::string works(const Words& command, const Environment& environment = {}, int seconds = 60) {
    const Ending end = run(command, environment, seconds);
    INFO(command[0] << ":\n" << end.output);
    CHECK_FALSE(end.hung);
    CHECK(end.signal == 0);
    CHECK(end.status == 0);
    return end.output;
}

int repetitions() {
    const char* long_check = std::getenv("GCN_CHECK_LONG");
    return long_check && *long_check ? 20 : 3;
}

// "NAME VALUE" lines, as the kernel driver prints a node's properties.
std::map<std::string, uint64_t> properties(const std::string& text) {
    std::map<std::string, uint64_t> all;
    std::istringstream in(text);
    uint64_t value;
    for (std::string name; in >> name >> value;) all[name] = value;
    return all;
}

// What rocminfo prints behind "NAME:" for the last agent, the card.
std::string field(const std::string& rocminfo, const std::string& name) {
    const size_t agent = rocminfo.rfind("Agent 2");
    if (agent == rocminfo.npos) return "no second agent";
    const size_t at = rocminfo.find("\n  " + name + ":", agent);
    if (at == rocminfo.npos) return "no " + name;
    const size_t from = rocminfo.find_first_not_of(' ', at + 4 + name.size()), end = rocminfo.find('\n', from);
    return rocminfo.substr(from, rocminfo.find_last_not_of(' ', end - 1) + 1 - from);
}

Environment chip(const isa::Chip& c) { return {{"GCN_EMU_CHIP", std::string(c.row)}}; }

Environment temporary(const Folder& folder) { return {{"TMPDIR", folder.path}}; }

constexpr const char* card_node = "/sys/class/kfd/kfd/topology/nodes/1/properties";

}  // namespace

// ---- what there is --------------------------------------------------------------------------------------------------

TEST_CASE("rocminfo shows each chip with its own name, compute units, clock and ids") {
    const isa::Chip& c = GENERATE(from_range(std::begin(isa::chips), std::end(isa::chips)));
    const std::string shown = works({"rocminfo"}, chip(c));
    INFO(c.row << ":\n" << shown);
    char id[32];
    std::snprintf(id, sizeof id, "%d(0x%04x)", c.device_id, c.device_id);
    CHECK(field(shown, "Name") == "gfx803");
    CHECK(field(shown, "Marketing Name").starts_with("AMD Radeon " + std::string(c.card) + " (software"));
    CHECK(field(shown, "Compute Unit") == std::to_string(c.cus()));
    CHECK(field(shown, "Max Clock Freq. (MHz)") == std::to_string(c.mhz));
    CHECK(field(shown, "Chip ID") == id);
    CHECK(shown.find("amdgcn-amd-amdhsa--gfx803") != shown.npos);

    auto node = properties(works({"cat", card_node}, chip(c)));
    CHECK(node["gfx_target_version"] == 80003);
    CHECK(node["vendor_id"] == 0x1002);
    CHECK(node["device_id"] == c.device_id);
    CHECK(node["simd_count"] == uint64_t(c.cus() * 4));
    CHECK(node["array_count"] * node["simd_arrays_per_engine"] * node["cu_per_simd_array"] == uint64_t(c.cus()));
    CHECK(node["max_engine_clk_fcompute"] == uint64_t(c.mhz));
}

TEST_CASE("rocminfo works again and again") {
    for (int i = 0; i < repetitions(); i++) CHECK(field(works({"rocminfo"}), "Name") == "gfx803");
}

TEST_CASE("tools that look for the driver find it") {
    std::istringstream modules(works({"lsmod"}));
    int drivers = 0;
    for (std::string line; std::getline(modules, line);) drivers += line.starts_with("amdgpu ");
    CHECK(drivers == 1);
    const std::string agents = works({"rocm_agent_enumerator"});
    CHECK(agents.find("gfx803\n") != agents.npos);
}

// ---- the fake root --------------------------------------------------------------------------------------------------

TEST_CASE("shown and ordinary paths behave as files do, through every call") {
    Folder shown, work;
    CHECK(works({program("paths"), work.path}, temporary(shown)) == "all right\n");
    CHECK(files(work).empty());
    CHECK(files(shown).size() == 1);
}

TEST_CASE("shown paths need no large address space") {
    if (sanitized) return;  // the sanitizer itself takes terabytes
    Folder shown, work;
    const std::string limited = "ulimit -v 300000; exec " + program("paths") + " " + work.path.string();
    CHECK(works({"sh", "-c", limited}, temporary(shown)) == "all right\n");
}

TEST_CASE("a process that asks for no shown path makes no fake root") {
    Folder shown;
    works({"ls", "-lR", BUILD "/tests/programs", "/dev/null", "/sys/class"}, temporary(shown));
    CHECK(files(shown).empty());
}

TEST_CASE("processes that make the fake root at the same time share one") {
    Folder shown;
    std::vector<std::unique_ptr<Folder>> work;
    std::vector<std::unique_ptr<Process>> all;
    for (int i = 0; i < 6; i++) {
        work.push_back(std::make_unique<Folder>());
        const Words command = {program("paths"), work.back()->path};
        all.push_back(std::make_unique<Process>(on_software(command), temporary(shown)));
    }
    for (auto& p : all) {
        const Ending end = p->finish(60);
        CHECK(end.output == "all right\n");
        CHECK(end.status == 0);
    }
    CHECK(files(shown).size() == 1);
}

TEST_CASE("a fake root that lost files is completed") {
    Folder shown;
    const std::string whole = works({"cat", card_node}, temporary(shown));
    fs::remove_all(shown.path / files(shown).at(0) / "sys/class/kfd/kfd/topology/nodes/1");
    CHECK(works({"cat", card_node}, temporary(shown)) == whole);
}

TEST_CASE("a fake root that others may write to is refused") {
    Folder shown;
    works({"cat", card_node}, temporary(shown));
    const fs::path root = fs::canonical(shown.path) / files(shown).at(0);
    REQUIRE(chmod(root.c_str(), 0777) == 0);
    const std::string refusal = "gcn: cannot show the software Polaris under /proc and /sys: " + root.string() +
                                " is open to other users. Try: remove it.\n";
    const Ending end = run({"cat", card_node, card_node}, temporary(shown));
    CHECK(end.status == 1);
    CHECK(end.output.starts_with(refusal));
    CHECK(end.output.find("gcn:", 1) == end.output.npos);
}

TEST_CASE("a link in place of the fake root is not followed") {
    Folder shown, elsewhere;
    works({"cat", card_node}, temporary(shown));
    const fs::path root = fs::canonical(shown.path) / files(shown).at(0);
    fs::remove_all(root);
    fs::create_directory_symlink(elsewhere.path, root);
    const Ending end = run({"cat", card_node}, temporary(shown));
    CHECK(end.status == 1);
    CHECK(end.output.find(root.string() + " is not a folder. Try: remove it.\n") != end.output.npos);
    CHECK(files(elsewhere).empty());
}

TEST_CASE("a process killed while it makes the fake root leaves nothing that stops the next") {
    Folder shown;
    const std::string whole = works({"cat", card_node});
    for (int i = 0; i < 20; i++) {
        Process p(on_software({"cat", card_node}), temporary(shown));
        for (int turn = 0; turn < i * 10000; turn++) asm volatile("");
        kill(p.pid(), SIGKILL);
        p.finish(10);
    }
    CHECK(works({"cat", card_node}, temporary(shown)) == whole);
}

// ---- HIP ------------------------------------------------------------------------------------------------------------

TEST_CASE("a HIP vector add is right, again and again") {
    for (int i = 0; i < repetitions(); i++) {
        const std::string said = works({program("vector_add")});
        CHECK(said.find("1000 sums right\n") != said.npos);
        CHECK(said.starts_with("1 device: AMD Radeon RX 590 (software"));
        CHECK(said.find("gfx803, 36 compute units, 1545 MHz, 8192 MiB\n") != said.npos);
    }
}

TEST_CASE("HIP's vector add is right on every chip") {
    const isa::Chip& c = GENERATE(from_range(std::begin(isa::chips), std::end(isa::chips)));
    CAPTURE(c.row);
    const std::string said = works({program("vector_add")}, chip(c));
    CHECK(said.find(std::to_string(c.cus()) + " compute units, " + std::to_string(c.mhz) + " MHz, " +
                    std::to_string(c.memory_mib) + " MiB\n1000 sums right\n") != said.npos);
}

namespace {

// Programs that verify all they do: the last line says so.
std::string all_right(const Words& command, Environment environment = {}) {
    const std::string said = works(command, environment, 280);
    INFO(command[0] << ":\n" << said);
    CHECK(said.ends_with("\nall right\n"));
    return said;
}

Environment threads(int count) { return {{"GCN_EMU_THREADS", std::to_string(count)}}; }

}  // namespace

TEST_CASE("HIP's copies, fills, symbols, pinned, registered and managed memory are right") {
    all_right({program("memory")});
}

TEST_CASE("HIP's streams, events, callbacks, graphs and threads are right, again and again") {
    for (int i = 0; i < repetitions(); i++) all_right({program("streams")});
}

TEST_CASE("HIP's modules, run-time compilation, properties and errors are right") { all_right({program("modules")}); }

TEST_CASE("what HIP offers inside kernels is right, and what they print arrives") {
    const std::string said = all_right({program("device")});
    for (const char* line : {"group 0 lane 0 says words: 803 100.375 x 123456789abc\n",
                             "group 0 lane 40 says words: 803 100.375 x 123456789abc\n",
                             "group 1 lane 0 says words: 803 100.375 x 123456789abc\n",
                             "group 1 lane 40 says words: 803 100.375 x 123456789abc\n"}) {
        const size_t at = said.find(line);
        CHECK(at != said.npos);
        CHECK(said.find(line, at + 1) == said.npos);
    }
}

TEST_CASE("whatever is resident goes on, on one thread too, on small and large chips") {
    const int count = GENERATE(1, 2);
    const char* const on = GENERATE("rx560", "rx590", "r9nano");
    Environment environment = threads(count);
    environment["GCN_EMU_CHIP"] = on;
    CAPTURE(count, on);
    all_right({program("progress")}, environment);
}

TEST_CASE("rocRAND's Philox and Sobol sequences are exact") { all_right({program("rocrand"), "exact"}); }

TEST_CASE("rocPRIM's reductions and scans are right, on one thread too") {
    const int count = GENERATE(1, 2);
    CAPTURE(count);
    all_right({program("rocprim")}, threads(count));
}

TEST_CASE("kernels from the compiler compute what the host computes") {
    const std::string said = works({program("arithmetic")}, {}, 120);
    CHECK(said.find("all right\n") != said.npos);
}

TEST_CASE("two HIP processes at once do not disturb each other") {
    Process first(on_software({program("vector_add")}), {}), second(on_software({program("arithmetic")}), {});
    Process third(on_software({program("vector_add")}), {{"GCN_EMU_CHIP", "rx560"}});
    const Ending a = first.finish(120), b = second.finish(120), c = third.finish(120);
    CHECK(a.output.find("36 compute units, 1545 MHz, 8192 MiB\n1000 sums right\n") != a.output.npos);
    CHECK(b.output.find("all right\n") != b.output.npos);
    CHECK(c.output.find("16 compute units, 1275 MHz, 4096 MiB\n1000 sums right\n") != c.output.npos);
    CHECK(a.status == 0);
    CHECK(b.status == 0);
    CHECK(c.status == 0);
}

// ---- endings --------------------------------------------------------------------------------------------------------

namespace {

struct Case {
    const char *name, *says;
    int status, signal;
};

// Ends as the row says, in time, and nothing of it goes on: no process of its group, no file but the fake root.
void ends(const Case& c) {
    Folder temporary_folder;
    Process p(on_software({program("endings"), c.name}), temporary(temporary_folder));
    const pid_t group = p.pid();
    const Ending end = p.finish(60);
    INFO(c.name << ":\n" << end.output);
    CHECK_FALSE(end.hung);
    CHECK(end.status == c.status);
    CHECK(end.signal == c.signal);
    CHECK(end.output.find(c.says) != end.output.npos);
    CHECK(kill(-group, 0) == -1);
    for (const std::string& name : files(temporary_folder)) CHECK(name.starts_with("gcn-emu-"));
    std::error_code none;  // some machines have no /dev/shm
    for (const auto& entry : fs::directory_iterator("/dev/shm", none))
        CHECK(entry.path().filename().string().find("gcn") == std::string::npos);
}

}  // namespace

TEST_CASE("a kernel with a bad address ends the program with ROCr's own message") {
    ends(GENERATE(values<Case>({
        {"wild-store", "on address 0x123456789000", -1, SIGABRT},
        {"wild-store", "Memory access fault by GPU node-1", -1, SIGABRT},
        {"null-load", "Memory access fault by GPU node-1", -1, SIGABRT},
        {"host-store", "Memory access fault by GPU node-1", -1, SIGABRT},
        {"use-after-free", "Memory access fault by GPU node-1", -1, SIGABRT},
    })));
}

TEST_CASE("a kernel that gives up ends the program, with its own words") {
    ends(GENERATE(values<Case>({
        {"assert", "the first held\n", -1, SIGABRT},
        {"assert", "Device-side assertion `is == wanted' failed.", -1, SIGABRT},
        {"abort", "s_trap 2", -1, SIGABRT},
    })));
}

TEST_CASE("a program may fork while the device is open") {
    ends(GENERATE(values<Case>({
        {"fork", "the parent goes on", 0, 0},
        {"fork-exit", "the parent goes on", 0, 0},
        {"fork-exec", "the parent goes on", 0, 0},
    })));
}

TEST_CASE("a program may leave without shutting down, even while a kernel runs") {
    ends(GENERATE(values<Case>({
        {"exit", "", 5, 0},
        {"exit-running", "the kernel runs", 6, 0},
        {"_exit-running", "the kernel runs", 8, 0},
    })));
}

TEST_CASE("a program that is killed while a kernel runs leaves nothing") {
    ends(GENERATE(values<Case>({
        {"kill-running", "the kernel runs", -1, SIGKILL},
        {"terminate-running", "the kernel runs", -1, SIGTERM},
    })));
}

TEST_CASE("the device is there again after a program on it was killed") {
    Process victim(on_software({program("endings"), "hold"}), {});
    REQUIRE(victim.says("the kernel runs", 60));
    kill(victim.pid(), SIGKILL);
    CHECK(victim.finish(10).signal == SIGKILL);
    const std::string said = works({program("vector_add")});
    CHECK(said.find("1000 sums right\n") != said.npos);
}
