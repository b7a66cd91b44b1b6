// Kernels from files: what assembling them keeps on disk, and what is said of files that are none.

#include <catch2/catch.hpp>
#include <filesystem>
#include <vector>

#include "tests/command.hpp"

using namespace gcn;
using test::Folder;
using test::Ran;

static const std::string program = std::filesystem::absolute(BUILD "/gcn");

static std::string generated(const std::string& name, const std::string& layout = "nt") {
    return test::run("python3 -B codegen/gen_gemm.py " + name + " --layout " + layout + " --tile 48x32 --lane 3x4").out;
}

// `gcn check-kernels --source` with a cache of its own; PATH without an assembler when it is not to be used.
static Ran check(const std::string& file, const std::string& cache, bool with_assembler = true,
                 const std::string& cases = "") {
    const std::string path = with_assembler ? "" : "PATH=/nowhere ";
    return test::run("XDG_CACHE_HOME='" + cache + "' " + path + "'" + program +
                     "' check-kernels --backend hsa-software --count 3 --source '" + file + "' " + cases);
}

// The assembler is part of an entry's signature, so that it must be found; a broken one shows that it is not started.
static Ran check_with_broken_assembler(const std::string& file, const Folder& folder) {
    return test::run("XDG_CACHE_HOME='" + (folder / "cache") + "' TMPDIR=/nowhere '" + program +
                     "' check-kernels --backend hsa-software --count 3 --source '" + file + "'");
}

static std::vector<std::filesystem::path> entries(const std::string& cache) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::exists(cache + "/gcn/kernels"))
        for (const auto& file : std::filesystem::directory_iterator(cache + "/gcn/kernels"))
            files.push_back(file.path());
    return files;
}

TEST_CASE("a kernel from a file is assembled, checked against the oracle, and kept for the next time") {
    const Folder folder;
    const std::string file = test::write(folder / "mine.s", generated("mine")), cache = folder / "cache";
    const Ran first = check(file, cache);
    CHECK(first.status == 0);
    CHECK_THAT(first.out, Catch::Contains("mine") && Catch::Contains("equal"));
    CHECK(first.out.find("sgemm_") == first.out.npos);  // only this one
    REQUIRE(entries(cache).size() == 1);
    // Nowhere to assemble: it can only come from the cache.
    CHECK(check_with_broken_assembler(file, folder).out == first.out);
    test::write(file, generated("mine", "nn"));
    CHECK(check_with_broken_assembler(file, folder).status == 1);
    CHECK(check(file, cache).status == 0);
    CHECK(entries(cache).size() == 2);
    const Ran one = check(file, cache, true, "sgemm:nn:5x6x7");  // what follows FILE is a case, as in gcn bench
    CHECK(one.status == 0);
    CHECK_THAT(one.out, Catch::Contains(" 1  equal"));
}

TEST_CASE("an entry that is not whole is made again") {
    const Folder folder;
    const std::string file = test::write(folder / "mine.s", generated("mine")), cache = folder / "cache";
    const Ran first = check(file, cache);
    const std::string entry = entries(cache).at(0), good = test::contents(entry);
    std::string flipped = good, longer = good + "x";
    flipped[good.size() / 2] ^= 1;
    for (const std::string& bad : {std::string(), good.substr(0, 20), good.substr(0, good.size() - 1), flipped, longer,
                                   std::string("gcn kernel 1 0 cbf29ce484222325\n")}) {
        test::write(entry, bad);
        CHECK(check(file, cache).out == first.out);
        CHECK(test::contents(entry) == good);
    }
    CHECK(entries(cache).size() == 1);
}

TEST_CASE("many processes may fill the cache at once, and none needs it") {
    const Folder folder;
    const std::string file = test::write(folder / "mine.s", generated("mine")), cache = folder / "cache";
    const std::string one = "XDG_CACHE_HOME='" + cache + "' '" + program +
                            "' check-kernels --backend hsa-software --count 1 --source '" + file + "' >/dev/null 2>&1";
    const Ran r = test::run("for i in 1 2 3 4 5 6; do " + one + " || echo failed & done; wait");
    CHECK(r.out == "");
    CHECK(entries(cache).size() == 1);
    CHECK(check(file, "/dev/null/nowhere").status == 0);
    CHECK(test::run("XDG_CACHE_HOME= HOME= '" + program +
                    "' check-kernels --backend hsa-software --count 1 --source '" + file + "'")
              .status == 0);
}

TEST_CASE("a file that is no kernel is refused with what is wrong in it") {
    const Folder folder;
    const std::string text = generated("mine"), cache = folder / "cache", file = folder / "mine.s";
    const auto said = [&](const std::string& contents, int status) {
        test::write(file, contents);
        const Ran r = check(file, cache);
        CHECK(r.status == status);
        CHECK(r.out == "");
        return r.err;
    };
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string changed = text;
        const size_t at = changed.find(from);
        REQUIRE(at != changed.npos);
        return changed.replace(at, from.size(), to);
    };
    const std::string take = "gcn: cannot take the kernel of " + file + ": ";
    const std::string remedy =
        ". Try: a line like // row: KERNEL( my_sgemm, Gpu, No, Yes, 64, 64, 8, 256, 0x3fffffff, 0x3fffffff, "
        "0xfffff000, 48, Yes ).\n";
    CHECK(said(with("// row: ", "// "), 2) == take + "it has no row" + remedy);
    CHECK(said(with(", Gpu,", ", Cpu,"), 2) == take + "'Cpu' in its row is not Gpu" + remedy);
    CHECK(said(with(" 48, 32, 8,", " 48, 32,"), 2) == take + "its row has 12 columns, not 13" + remedy);
    CHECK(said(with(" 48, 32, 8,", " 48, 0, 8,"), 2) ==
          take + "'0' in its row is not a number from 1 to 4096" + remedy);
    CHECK(said(with("KERNEL( mine,", "KERNEL( sgemm_nn_16x16,"), 2) ==
          take + "there is a kernel sgemm_nn_16x16 already" + remedy);
    CHECK(said(with("KERNEL( mine,", "KERNEL( other,"), 2) == take + "its code has no kernel other" + remedy);
    CHECK_THAT(said(with("v_mac_f32", "v_mack_f32"), 1),
               Catch::StartsWith("gcn: cannot assemble " + file + ": ") && Catch::Contains("instruction"));
    CHECK(said("", 1) == "gcn: cannot read the kernel " + file + ": it is empty. Try: a file of assembly.\n");
    CHECK(check(folder / "none.s", cache).err == "gcn: cannot read the kernel " + (folder / "none.s") +
                                                     ": No such file or directory. Try: a file of assembly.\n");
    CHECK(check("/dev/zero", cache).err ==
          "gcn: cannot read the kernel /dev/zero: it has more than 67108864 bytes. Try: a file of assembly.\n");
    CHECK(check("/", cache).err == "gcn: cannot read the kernel /: Is a directory. Try: a file of assembly.\n");
    test::write(file, text);
    CHECK(check(file, cache, false).err ==
          "gcn: cannot assemble " + file +
              ": clang-16: No such file or directory. Try: sh setup.sh, which installs it.\n");
}
