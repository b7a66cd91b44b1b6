// The ioctls of the DRM device: programs that make each succeed and each refuse, and check what their submissions do.
// A program says a line for each of its cases, which are named here too, so that none is lost.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/command.hpp"

using namespace gcn;
using test::Folder;

namespace {

// A program under gcn emu. A sanitized libgcn-emu.so wants its sanitizer first, and what others leak is their own
// affair.
test::Ran emu(const std::string& program, const std::string& words = "", const std::string& environment = "") {
    static const Folder folder;
    return test::run("XDG_RUNTIME_DIR= TMPDIR='" + folder.path.string() + "' LD_PRELOAD='" + test::sanitizer() +
                     "' ASAN_OPTIONS=detect_leaks=0 " + environment +
                     " timeout 300 '" BUILD "/gcn' emu '" BUILD "/tests/programs/" + program + "' " BUILD " " + words);
}

void are_right(const test::Ran& ran, const std::vector<std::string>& cases) {
    std::string expected;
    for (const std::string& name : cases) expected += name + ": right\n";
    INFO(ran.err);
    CHECK(ran.out == expected + "all right\n");
    CHECK(ran.status == 0);
}

}  // namespace

TEST_CASE("each ioctl answers as Linux 6.1 does, and refuses what it refuses") {
    const test::Ran ran = emu("drm_calls");
    are_right(ran, {"nodes",
                    "version",
                    "capabilities",
                    "numbers",
                    "primary",
                    "gem_create",
                    "gem_mmap",
                    "gem_userptr",
                    "gem_va_refusals",
                    "gem_va_overlaps",
                    "gem_op_and_metadata",
                    "contexts",
                    "clocks",
                    "lists",
                    "spaces",
                    "fences",
                    "syncobjs",
                    "timelines",
                    "transfers",
                    "waits_for_submissions",
                    "sync_files",
                    "prime",
                    "bad_arguments",
                    "bad_pointers_inside"});
    CHECK(ran.err == "");
}

TEST_CASE("submissions do what they say, in the order that they ask for") {
    const test::Ran ran = emu("drm_submit");
    are_right(ran, {"every_ring",
                    "several_buffers",
                    "gang",
                    "user_fence",
                    "grids",
                    "copies",
                    "many",
                    "refusals",
                    "dependencies",
                    "syncobjs",
                    "timelines",
                    "waits",
                    "fences_as_handles",
                    "shared_buffers",
                    "splits",
                    "ghosts",
                    "closed_under_a_job",
                    "own_memory",
                    "unknown_packets",
                    "bad_addresses",
                    "faulty_kernel",
                    "those_behind",
                    "freed_context",
                    "many_threads"});
    // What was given up says why, once each.
    const std::vector<std::string> why = {
        "a packet writes to 0x300000000, which is not mapped to the GPU",
        "a packet reads from 0x300000014, which is not mapped to the GPU",
        "the PM4 header 0xc000fe00 is none that is modelled",
        "the SDMA header 0xff is none that is modelled",
        "SET_CONFIG_REG writes a privileged register",
        "a packet reads from 0x666000000000, which is not mapped to the GPU",
        "a packet writes to 0x66666600000, which is not mapped to the GPU",
        "a packet reads from 0x666000000000, which is not mapped to the GPU",
        "wave 0 of group (0, 0, 0): flat_store_dword v[4:5], v6 writes 0x66666600000: nothing writable is mapped there",
        "the PM4 header 0xc000fe00 is none that is modelled"};
    std::string expected, said = ran.err;
    for (const std::string& w : why) expected += "gcn: a ring has stopped: " + w + ".\n";
    if (const size_t at = said.find(" at 0x"); at != said.npos)
        said.erase(at, said.find(' ', at + 4) - at);  // its code's
    CHECK(said == expected);
}

TEST_CASE("what waits for ever is given up, what only takes its time is not") {
    const test::Ran ran = emu("drm_submit", "watched", "GCN_EMU_WATCHDOG=0.3");
    are_right(ran, {"nobody_opens", "endless_grid"});
    CHECK_THAT(ran.err, Catch::Contains("it has waited for 0.3 seconds for memory that nobody changed.\n") &&
                            Catch::Contains("no workgroup has ended on the device for 0.3 s"));
    const test::Ran slow = emu("drm_submit", "slow", "GCN_EMU_WATCHDOG=2");
    are_right(slow, {"slow_but_sure"});
    CHECK(slow.err == "");
}

TEST_CASE("descriptors, threads and processes come and go, and leave nothing behind") {
    const test::Ran ran = emu("drm_processes");
    are_right(ran, {"closing", "apart", "closed_with_a_job", "closed_under_a_wait", "threads_that_open", "a_child",
                    "a_child_with_shared_buffers", "children_of_busy_threads", "killed"});
    CHECK(ran.err == "");
}
