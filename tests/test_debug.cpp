// Traces and breakpoints: what they print, of which waves, and that nothing else changes.

#include <catch2/catch.hpp>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "backend/code_object.hpp"
#include "emulator/debug/debug.hpp"
#include "gcn/error.hpp"
#include "tests/command.hpp"

using namespace gcn;
using namespace gcn::emulator;
using debug::Debugger;
using debug::Settings;

namespace {

const std::string build = std::filesystem::absolute(BUILD), program = build + "/gcn";
using Variables = std::map<std::string, std::string>;

Settings settings(const Variables& set) {
    return Settings::from([&](const char* name) {
        const auto it = set.find(name);
        return it == set.end() ? std::string() : it->second;
    });
}

constexpr uint64_t code_at = 0x10'0000'0000, data_at = 0x20'0000'0000;

// One kernel on an executor with one thread, with names from its file.
struct Machine : strict::NameSource {
    const std::string file = test::contents(build + "/tests/kernels/debug.co");
    CodeObject object = read_code_object(std::as_bytes(std::span(file)), "debug.co");
    std::vector<uint32_t> data = std::vector<uint32_t>(256);
    uint64_t kernarg = data_at;
    AddressSpace space;
    std::string trace, breaks;
    int ends = 0;

    std::shared_ptr<const strict::Names> at(uint64_t) override {
        return std::make_shared<strict::Names>(std::as_bytes(std::span(file)), code_at);
    }

    // Two groups of two waves each.
    std::string run(const Variables& variables) {
        REQUIRE(space.map({code_at, code_at + object.image.size(), object.image.data(), false}));
        REQUIRE(space.map({data_at, data_at + 4 * data.size(), reinterpret_cast<std::byte*>(data.data()), true}));
        REQUIRE(space.map({0x30'0000'0000, 0x30'0000'0008, reinterpret_cast<std::byte*>(&kernarg), false}));
        Debugger debugger(
            settings(variables), *this, [&](const std::string& text) { trace += text; },
            [&](const std::string& text) { breaks += text; }, [&] { ++ends; });
        const KernelDescriptor& k = object.kernels.at(0);
        Dispatch d;
        d.space = &space;
        d.entry = code_at + k.entry;
        d.rsrc1 = k.rsrc1, d.rsrc2 = k.rsrc2;
        d.lds_bytes = k.lds_bytes;
        d.grid = {256, 1, 1}, d.group = {128, 1, 1};
        d.user_sgprs = {0, 0x30};
        d.observers = {&debugger};
        std::mutex guard;
        std::condition_variable ended;
        bool over = false;
        Executor executor(1, "");
        const auto running = executor.start(d, [&](const Result& r) {
            CHECK(r.fault.text == "");
            const std::lock_guard lock(guard);
            over = true;
            ended.notify_one();
        });
        std::unique_lock lock(guard);
        ended.wait(lock, [&] { return over; });
        for (uint32_t lane = 0; lane < 128; ++lane) CHECK(data[lane] == 12 + lane);
        return debugger.never_reached();
    }
};

size_t lines(const std::string& text) { return size_t(std::count(text.begin(), text.end(), '\n')); }

// The lines that have `part`, without what stands before it.
std::string after(const std::string& text, const std::string& part) {
    std::istringstream in(text);
    std::string out;
    for (std::string line; std::getline(in, line);)
        if (const size_t at = line.find(part); at != line.npos) out += line.substr(at + part.size()) + "\n";
    return out;
}

std::string refusal(const Variables& set) {
    try {
        settings(set);
        return "";
    } catch (const Error& e) {
        CHECK(e.fault == gcn::Fault::WrongUse);
        return e.what();
    }
}

test::Ran emu(const std::string& options, const std::string& command) {
    return test::run("LD_PRELOAD='" + test::sanitizer() + "' ASAN_OPTIONS=detect_leaks=0 '" + program + "' emu " +
                     options + " -- '" + build + "/tests/programs/" + command + "'");
}

// The kernel's instructions: 4 before the loop, 5 in it, 9 after it.
constexpr size_t executed = 4 + 3 * 5 + 9;

}  // namespace

TEST_CASE("a trace has a line for each instruction of each wave, with values, names and addresses") {
    Machine m;
    m.run({{"GCN_EMU_TRACE", "-"}});
    CHECK(lines(m.trace) == 4 * executed);
    const std::string start = "debug_sum+0x0000 group 0,0,0, wave 0, exec 0xffffffffffffffff: ";
    CHECK_THAT(m.trace, Catch::StartsWith(start));
    Machine one;
    one.run({{"GCN_EMU_TRACE", "-"}, {"GCN_EMU_TRACE_WAVE", "3"}});
    CHECK(lines(one.trace) == executed);
    CHECK_THAT(one.trace, Catch::Contains("debug_sum+0x0010 group 1,0,0, wave 1, exec "));
    CHECK(after(one.trace, ": s_load_dwordx2 ") ==
          "s[4:5], s[0:1], 0x0 at 0x3000000000 | s[4:5] (sOut) = 0x0000002000000000\n");
    CHECK(after(one.trace, ": s_sub_u32 ") ==
          "s3, s3, 1 | s3 (sTurn) = 0x00000002; scc = 0\n"
          "s3, s3, 1 | s3 (sTurn) = 0x00000001; scc = 0\n"
          "s3, s3, 1 | s3 (sTurn) = 0x00000000; scc = 0\n");
    CHECK_THAT(
        after(one.trace, ": v_add_u32_e32 v1"),
        Catch::StartsWith(", vcc, s2, v1 | v1 (vSum) = 0x00000046 (70, 9.80908925e-44) in lane 0, 63 differ; vcc = "
                          "0x0000000000000000\n"));
    CHECK(after(one.trace, ": v_mov_b32_e32 v4, ") == "1.0 | v4 (vOne) = 0x3f800000 (1065353216, 1) in lane 0\n");
    CHECK(after(one.trace, ": ds_write_b32 ") == "v2, v1 offset:16 at LDS 0x110\n");
    CHECK(after(one.trace, ": flat_store_dword ") == "v[2:3], v1 at 0x2000000100\n");
}

TEST_CASE("a trace is of the kernel, wave, place and lanes asked for, and ends at its limit") {
    const auto trace = [](Variables more) {
        Machine m;
        more["GCN_EMU_TRACE"] = "-";
        m.run(more);
        return m.trace;
    };
    CHECK(trace({{"GCN_EMU_TRACE_KERNEL", "other"}}) == "");
    CHECK(lines(trace({{"GCN_EMU_TRACE_KERNEL", "de*_s?m"}})) == 4 * executed);
    CHECK(lines(trace({{"GCN_EMU_TRACE_WAVE", "1:0"}})) == executed);
    CHECK(trace({{"GCN_EMU_TRACE_WAVE", "1:0"}}) == trace({{"GCN_EMU_TRACE_WAVE", "1,0,0:0"}}));
    CHECK(trace({{"GCN_EMU_TRACE_WAVE", "1:0"}}) == trace({{"GCN_EMU_TRACE_WAVE", "2"}}));
    CHECK(trace({{"GCN_EMU_TRACE_WAVE", "4"}}) == "");
    CHECK(lines(trace({{"GCN_EMU_TRACE_PC", "0x8-12"}})) == 4 * 2);  // two instructions, each four bytes
    const std::string lanes = trace({{"GCN_EMU_TRACE_WAVE", "1"}, {"GCN_EMU_TRACE_LANES", "0,62-63"}});
    const std::string values = after(lanes, ": v_mov_b32_e32 v1, ");
    CHECK_THAT(values, Catch::StartsWith("v0 | v1 (vSum) = [0] 0x00000040 (64, ") &&
                           Catch::Contains("), [62] 0x0000007e (126, ") &&
                           Catch::Contains("), [63] 0x0000007f (127, "));
    const std::string cut = trace({{"GCN_EMU_TRACE_LIMIT", "5"}});
    CHECK(lines(cut) == 6);
    CHECK_THAT(cut, Catch::EndsWith("\ngcn: trace: 5 lines, no more are written. Try: GCN_EMU_TRACE_LIMIT.\n"));
}

TEST_CASE("a breakpoint prints the wave by name, as often as asked, and what stands around") {
    Machine m;
    CHECK(m.run({{"GCN_EMU_BREAK", "debug_sum+0x18:1:1:2"}, {"GCN_EMU_BREAK_LANES", "1,2"}}) == "");
    CHECK(m.trace == "");
    CHECK_THAT(m.breaks, Catch::StartsWith("gcn: break at debug_sum+0x0018, group 1,0,0, wave 1 (1 of 2)\n"));
    CHECK(after(m.breaks, "gcn: break at ") ==
          "debug_sum+0x0018, group 1,0,0, wave 1 (1 of 2)\n"
          "debug_sum+0x0018, group 1,0,0, wave 1 (2 of 2)\n");
    CHECK_THAT(m.breaks, Catch::Contains("\n   debug_sum+0x0014: s_lshl_b32 s2, s3, 1\n"
                                         "=> debug_sum+0x0018: v_add_u32_e32 v1, vcc, s2, v1\n"
                                         "   debug_sum+0x001c: s_sub_u32 s3, s3, 1\n"));
    CHECK_THAT(after(m.breaks, "   s3 (sTurn) "),
               Catch::Matches(" *0x00000003 \\(3, .*\\)\n *0x00000002 \\(2, .*\\)\n", Catch::CaseSensitive::Yes));
    CHECK_THAT(after(m.breaks, "   v4 (vOne) "), Catch::Contains("[1] 0x3f800000 (1065353216, 1)  [2] 0x3f800000"));
    CHECK_THAT(after(m.breaks, "   v1 (vSum) "),
               Catch::Contains("[1] 0x00000041 (65, ") && Catch::Contains("[1] 0x00000047 (71, "));
    CHECK_THAT(m.breaks, Catch::Contains("\n   exec 0xffffffffffffffff  vcc "));
}

TEST_CASE("breakpoints show LDS, count, stop, and say when nothing reached them") {
    Machine m;
    const std::string missed = m.run({{"GCN_EMU_BREAK", "debug_sum+0x40:0:0;debug_*+0x0:9:0;none+0x4"},
                                      {"GCN_EMU_BREAK_LDS", "16-31"},
                                      {"GCN_EMU_BREAK_STOP", "1"}});
    CHECK(missed == "debug_*+0x0:9:0, none+0x4");
    CHECK(m.ends == 1);
    CHECK_THAT(m.breaks, Catch::Contains("\n   LDS 0x0010: 0x0000000c 0x0000000d 0x0000000e 0x0000000f\n"));
}

TEST_CASE("settings that make no sense are refused in a sentence") {
    const std::string start = "gcn: cannot start the software Polaris: ";
    CHECK(refusal({{"GCN_EMU_TRACE_WAVE", "x"}}) ==
          start + "GCN_EMU_TRACE_WAVE is 'x'. Try: WAVE, or GROUP:WAVE with GROUP a number or X,Y,Z.");
    CHECK(refusal({{"GCN_EMU_TRACE_PC", "9-3"}}) ==
          start + "GCN_EMU_TRACE_PC is '9-3'. Try: FROM-TO, offsets in the kernel, as 0x100-0x180.");
    CHECK(refusal({{"GCN_EMU_TRACE_LANES", "64"}}) ==
          start + "GCN_EMU_TRACE_LANES is '64'. Try: lanes from 0 to 63, as 0,5,8-11.");
    for (const char* wrong :
         {"k", "+4", "k+", "k+4:", "k+4:1:2:3:4", "k+4:1,2:0", "k+4;", "k+4:0", "k+4:4294967296,0,0:0"})
        CHECK_THAT(refusal({{"GCN_EMU_BREAK", wrong}}), Catch::StartsWith(start + "GCN_EMU_BREAK is '"));
    CHECK(refusal({{"GCN_EMU_BREAK_STOP", "yes"}}) == start + "GCN_EMU_BREAK_STOP is 'yes'. Try: 0 or 1.");
    CHECK(refusal({{"GCN_EMU_BREAK", "k+4:7;a b*+0x10:1,2,3:4:5"}}) == "");
}

TEST_CASE("a name matches its pattern, which takes no long time whatever it is") {
    for (const char* pattern : {"*", "k", "?", "*k*", "k*", "**"}) CHECK(debug::matches(pattern, "k"));
    for (const char* pattern : {"", "?*?", "K", "*k?", "l*"}) CHECK(!debug::matches(pattern, "k"));
    CHECK(debug::matches("*ab*b", "aababb"));
    CHECK(!debug::matches("*ab*ba", "aababb"));
    std::string stars;
    for (int i = 0; i < 40; ++i) stars += "*a";
    CHECK(!debug::matches(stars + "*b", std::string(2000, 'a')));
}

TEST_CASE("gcn emu traces a program's kernels into a file and names them") {
    const test::Folder folder;
    const std::string file = folder / "trace";
    const test::Ran ran =
        emu("--trace='" + file + "' --trace-kernel '*add*' --trace-wave 0 --trace-pc 0-0x10", "vector_add");
    CHECK(ran.status == 0);
    const std::string trace = test::contents(file);
    CHECK(lines(trace) == 3);
    CHECK_THAT(trace, Catch::StartsWith("_Z3addPKfS0_Pfi+0x0000 group 0,0,0, wave 0, exec 0xffffffffffffffff: "
                                        "s_load_dword s0, s[4:5], 0x4 at 0x"));
    CHECK(emu("", "vector_add").out == ran.out);
    const test::Ran none = emu("--trace --trace-kernel add", "vector_add");  // the name is a mangled one
    CHECK(none.status == 0);
    CHECK(none.err ==
          "gcn: trace: nothing that ran is of the kernel, wave and offsets asked for. Try: names and offsets as gcn "
          "disasm prints them.\n");
    const test::Ran full = emu("--trace=/dev/full --trace-kernel '*add*'", "vector_add");
    CHECK(full.status == 0);
    CHECK(full.err == "gcn: cannot write the trace to GCN_EMU_TRACE=/dev/full: No space left on device.\n");
}

TEST_CASE("options of gcn emu that nothing would come of are refused") {
    CHECK(emu("--trace-limit 5", "vector_add").err ==
          "gcn: cannot use --trace-limit: nothing is traced. Try: --trace.\n");
    CHECK(emu("--break-stop", "vector_add").err ==
          "gcn: cannot use --break-stop: there is no breakpoint. Try: --break KERNEL+OFFSET.\n");
    CHECK(emu("--break ''", "vector_add").err ==
          "gcn: cannot read the command line: --break: it is empty. Try: gcn emu --help.\n");
}

TEST_CASE("gcn emu breaks, goes on or ends, and says what was never reached") {
    const test::Ran goes_on = emu("--break '_Z3add*+0x18:0:1' --break none+0", "vector_add");
    CHECK(goes_on.status == 0);
    CHECK_THAT(goes_on.err, Catch::Contains("gcn: break at _Z3addPKfS0_Pfi+0x0018, group 0,0,0, wave 1 (1 of 1)\n"));
    CHECK_THAT(
        goes_on.err,
        Catch::EndsWith("gcn: break: nothing reached none+0. Try: names and offsets as gcn disasm prints them.\n"));
    CHECK(goes_on.out == emu("", "vector_add").out);
    const test::Ran ends = emu("--break '_Z3add*+0x18:0:1' --break-stop", "vector_add");
    CHECK(ends.status == 1);
    CHECK(ends.out == "");
    const test::Ran wrong = emu("--break here", "vector_add");
    CHECK(wrong.status == 2);
    CHECK_THAT(wrong.err, Catch::StartsWith("gcn: cannot start the software Polaris: GCN_EMU_BREAK is 'here'. Try: "));
}
