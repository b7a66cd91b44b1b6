// Strict mode under gcn: this project's kernels and HIP programs have no finding in it; a kernel without a wait has, by
// name, and the status says so.

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>
#include <string>

#include "tests/command.hpp"

using namespace gcn;
using test::Folder;
using test::Ran;

static const std::string program = "'" + std::filesystem::absolute(BUILD "/gcn").string() + "' ";
// A sanitized libgcn-emu.so wants its sanitizer first, and what others leak is their own affair.
static std::string emu(const std::string& options) {
    return "LD_PRELOAD='" + test::sanitizer() + "' ASAN_OPTIONS=detect_leaks=0 " + program + "emu " + options;
}
static std::string hip(const char* name) { return BUILD "/tests/programs/" + std::string(name); }

static size_t count(const std::string& text, const std::string& part) {
    size_t n = 0;
    for (size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++n;
    return n;
}

// A kernel of the generator whose waits for LDS wait for all but one access.
static std::string impatient(const std::string& name) {
    std::istringstream in(
        test::run("python3 -B codegen/gen_gemm.py " + name + " --layout nt --tile 48x32 --lane 3x4").out);
    std::string out;
    for (std::string line; std::getline(in, line);) {
        if (const size_t at = line.find("lgkmcnt(0)"); at != line.npos && line.find("s_waitcnt") != line.npos)
            line.replace(at, 10, "lgkmcnt(1)");
        out += line + "\n";
    }
    return out;
}

TEST_CASE("no kernel of this project has a finding in strict mode") {
    const Ran ran = test::run(program + "check-kernels --strict --backend hsa-software --count 2");
    INFO(ran.out << ran.err);
    CHECK(ran.status == 0);
    CHECK(count(ran.out, "hsa-software") > 10);
    CHECK(count(ran.err, "gcn: strict") == 0);
}

TEST_CASE("HIP programs as compilers make them have no finding in strict mode") {
    for (const char* name : {"vector_add", "arithmetic", "device", "streams", "modules"}) {
        const Ran ran = test::run(emu("--strict -- ") + hip(name));
        INFO(name << "\n" << ran.out << ran.err);
        CHECK(ran.status == 0);
        CHECK_THAT(ran.out + ran.err, Catch::Contains("right"));
        CHECK(count(ran.err, "gcn: strict") == 0);
    }
}

TEST_CASE("a kernel that does not wait is found, with the names of its registers, and the status is 1") {
    const Folder folder;
    const std::string file = test::write(folder / "impatient.s", impatient("impatient"));
    const std::string command =
        "XDG_CACHE_HOME='" + (folder / "cache") + "' " + program + "check-kernels --backend hsa-software --count 1 ";
    const Ran plain = test::run(command + "--source '" + file + "'");
    const Ran strict = test::run(command + "--strict --source '" + file + "'");
    INFO(strict.err);
    CHECK(strict.status == 1);
    CHECK(count(plain.err, "gcn: strict") == 0);
    CHECK_THAT(strict.err,
               Catch::Contains("gcn: strict: impatient+0x") && Catch::Contains(" is under way. No s_waitcnt"));
    CHECK_THAT(strict.err,
               Catch::Matches("[^]* v[0-9]+ \\(v[A-Z][^]*") || Catch::Matches("[^]* s[0-9]+ \\(s[A-Z][^]*"));
    CHECK_THAT(strict.err, Catch::Contains(" findings of strict mode, see above"));
}

TEST_CASE("gcn emu --strict ends as its command, but not with 0 when something was found") {
    const Folder folder;
    const std::string file = test::write(folder / "impatient.s", impatient("impatient")), json = folder / "found";
    const std::string cache = "XDG_CACHE_HOME='" + (folder / "cache") + "' ";
    const std::string check = program + "check-kernels --backend hsa-software --count 1 --source '" + file + "'";
    const Ran found = test::run(cache + emu("--strict-json '" + json + "' ") + check);
    INFO(found.err);
    CHECK(found.status == 1);
    const std::string objects = test::contents(json);
    CHECK(count(objects, "\n") == count(found.err, "gcn: strict: impatient+"));
    CHECK(count(objects, R"({"kind":"pending_read","kernel":"impatient",)") > 0);
    const Ran elsewhere = test::run("cd '" + folder.path.string() + "'; " + cache +
                                    emu("--strict-json there sh -c \"cd /; exec ") + check + "\"");
    CHECK(elsewhere.status == 1);
    CHECK(count(test::contents(folder / "there"), "\n") == count(objects, "\n"));
    const Ran full = test::run(cache + emu("--strict-json /dev/full ") + check);
    CHECK(full.status == 1);
    CHECK(count(full.err, "gcn: cannot write to GCN_EMU_STRICT_JSON=/dev/full: No space left on device.\n") == 1);
    CHECK(test::run(emu("--strict-json / true")).err ==
          "gcn: cannot write to GCN_EMU_STRICT_JSON=/: Is a directory.\n");
    CHECK(test::run("TMPDIR=/none " + emu("--strict true")).status == 0);
    CHECK(test::run(emu("--strict true")).status == 0);
    CHECK(test::run(emu("--strict sh -c 'exit 7'")).status == 7);
    CHECK(test::run(emu("--strict sh -c 'kill -TERM $$'")).status == 128 + 15);
}

TEST_CASE("a wrong word in GCN_EMU_STRICT is refused with those that are known") {
    const Ran ran = test::run(emu("--strict=no-nan,quick true"));
    CHECK(ran.status == 2);
    CHECK(ran.err ==
          "gcn: cannot start the software Polaris: GCN_EMU_STRICT has 'quick'. Try: some of 0, 1, json, no-nan, "
          "no-denormal, with commas.\n");
}
