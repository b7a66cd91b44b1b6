// What make install leaves: outside users' programs build and run with it alone, wherever it lies; what the libraries
// need and export; what uninstalling leaves.

#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "tests/command.hpp"

using gcn::test::contents;
using gcn::test::Folder;
using gcn::test::Ran;
using gcn::test::run;
namespace fs = std::filesystem;
using Names = std::set<std::string>;

namespace {

#ifdef __SANITIZE_ADDRESS__
// Programs that link sanitized libraries are sanitized too, and those that open one, like Python, get its run time.
const std::string flags = "-fsanitize=address,undefined";
const std::string preload = "env ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD=\"$(g++ -print-file-name=libasan.so)\" ";
#else
const std::string flags, preload;
#endif

// Quoted for the shell.
std::string q(const std::string& s) { return "'" + s + "'"; }

// A make of its own: not of the jobs and variables of the one that runs the tests.
Ran make(const std::string& arguments) {
    return run("env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS timeout 200 make --no-print-directory BUILD='" BUILD "' " +
               arguments);
}

Ran require(const Ran& r) {
    INFO(r.out << r.err);
    REQUIRE(r.status == 0);
    return r;
}

Names files(const fs::path& root) {
    Names names;
    for (const auto& e : fs::recursive_directory_iterator(root))
        if (!e.is_directory()) names.insert(e.path().lexically_relative(root));
    return names;
}

Names lines(const std::string& text) {
    std::istringstream in(text);
    Names all;
    for (std::string line; std::getline(in, line);) all.insert(line);
    return all;
}

// One installation for all tests that only use it, and a copy of the examples, with nothing else of the tree in reach.
struct Installed {
    Folder folder;
    std::string prefix = folder / "prefix", work = folder / "work";
    Installed() {
        const Ran r = require(make("install PREFIX=" + q(prefix)));
        CHECK_THAT(r.out, Catch::EndsWith("gcn: installed below " + prefix + "\n"));
        fs::copy("examples", work);
        require(with("make -C " + q(work) + " product_c product_cpp CFLAGS='" + flags + "' CXXFLAGS='" + flags + "'"));
    }
    // A line for the shell that finds gcn by pkg-config, in the folder of the examples.
    Ran with(const std::string& line) const {
        return run("cd " + q(work) + " && export PKG_CONFIG_PATH=" + q(prefix + "/lib/pkgconfig") + " && timeout 100 " +
                   line);
    }
};
const Installed& installed() {
    static const Installed once;
    return once;
}

const char* const product = "58 64\n139 154\non ";
const std::string software = "gcn: no card found: running on the software Polaris (rx590). Times are the host's.\n";

}  // namespace

TEST_CASE("an installation is these files, and installing again changes none") {
    const std::string& prefix = installed().prefix;
    const Names all = {"bin/gcn",
                       "include/gcn/error.hpp",
                       "include/gcn/gcn.h",
                       "include/gcn/gcn.hpp",
                       "lib/gcn/libgcn-emu.so",
                       "lib/libgcn.a",
                       "lib/libgcn.so",
                       "lib/libgcn.so.0",
                       "lib/libgcn.so.0.1.0",
                       "lib/pkgconfig/gcn.pc",
                       "share/doc/gcn/LICENSE",
                       "share/doc/gcn/README.md"};
    CHECK(files(prefix) == all);
    require(make("install PREFIX=" + q(prefix)));
    CHECK(files(prefix) == all);
}

TEST_CASE("the examples compute on the software Polaris, in C, C++ and Python") {
    for (const char* command :
         {"./product_c", "./product_cpp", "python3 product.py $(pkg-config --variable=shared gcn)"}) {
        INFO(command);
        const bool python = std::string(command).starts_with("python3");
        const Ran r =
            installed().with("env GCN_BACKEND=hsa-software sh -c '" + (python ? preload : "") + command + "'");
        CHECK(r.status == 0);
        CHECK(r.out == product + std::string("AMD Radeon RX 590 (software, host clock)\n"));
        CHECK(r.err == software);
    }
}

TEST_CASE("make run in examples/ builds and runs all three") {
    const Ran r = installed().with("env GCN_BACKEND=cpu " + preload + "make -s run");
    CHECK(r.status == 0);
    std::string once = r.out.substr(0, r.out.size() / 3);
    CHECK_THAT(once, Catch::StartsWith(product));
    CHECK(r.out == once + once + once);
}

TEST_CASE("the examples at the top of the public headers are whole programs") {
    for (const auto& [header, compile] :
         {std::pair("gcn.h", "gcc -std=c99 -x c"), {"gcn.hpp", "g++ -std=c++20 -x c++"}}) {
        std::string code;
        bool inside = false;
        std::istringstream in(contents(installed().prefix + "/include/gcn/" + header));
        for (std::string line; std::getline(in, line) && !(inside && !line.starts_with("//"));) {
            inside = inside || line.starts_with("//     #include");
            if (inside && !line.starts_with("//     g")) code += line.substr(std::min<size_t>(line.size(), 7)) + "\n";
            if (line.starts_with("//     }")) break;
        }
        INFO(header << "\n" << code);
        CHECK(std::count(code.begin(), code.end(), '\n') <= 22);
        gcn::test::write(installed().work + "/top", code);
        require(installed().with(std::string(compile) + " -Wall -Wextra " + flags +
                                 " top $(pkg-config --cflags gcn) -x none $(pkg-config --libs gcn) -o top_program"));
        const Ran r = installed().with("env GCN_BACKEND=hsa-software ASAN_OPTIONS=detect_leaks=0 ./top_program");
        CHECK(r.status == 0);
        CHECK_THAT(r.out, Catch::Contains(" on AMD Radeon RX 590 (software, host clock)"));
    }
}

TEST_CASE("gcn.h is C99, and C++, without a warning") {
    const std::string header = q(installed().prefix + "/include/gcn/gcn.h");
    for (const char* compile : {"gcc -std=c99 -x c", "g++ -std=c++11 -x c++"})
        require(run(std::string(compile) + " -pedantic -Wall -Wextra -Werror -fsyntax-only " + header));
}

TEST_CASE("a program linked with libgcn.a needs nothing but the system's own libraries") {
    Names system = {"libstdc++.so.6",  "libgcc_s.so.1", "libm.so.6",           "libdl.so.2",
                    "libpthread.so.0", "libc.so.6",     "ld-linux-x86-64.so.2"};
    if (!flags.empty()) system.merge(Names{"libasan.so.8", "libubsan.so.1"});
    const std::regex needed("NEEDED.*\\[(.*)\\]");
    for (const char* file : {"work/product_c", "work/product_cpp", "prefix/lib/libgcn.so", "prefix/bin/gcn"}) {
        const std::string text = require(run("readelf -d " + q(installed().folder / file))).out;
        int count = 0;
        for (std::sregex_iterator i(text.begin(), text.end(), needed), end; i != end; ++i, ++count) {
            INFO(file << " needs " << (*i)[1]);
            CHECK(system.count((*i)[1]));
        }
        CHECK(count >= 2);
    }
}

TEST_CASE("libgcn.so has a name of its own and exports the calls of gcn.h, nothing else") {
    const std::string library = q(installed().prefix + "/lib/libgcn.so");
    CHECK_THAT(require(run("readelf -d " + library)).out, Catch::Contains("soname: [libgcn.so.0]"));
    const std::string header = contents("include/gcn/gcn.h");
    const std::regex call("GCN_API [^(]*?(gcn_\\w+)\\(");
    Names declared = {"GCN_0"};
    for (std::sregex_iterator i(header.begin(), header.end(), call), end; i != end; ++i) declared.insert((*i)[1]);
    CHECK(declared.size() > 20);
    CHECK(lines(require(run("nm -D --defined-only --without-symbol-versions " + library + " | cut -d' ' -f3")).out) ==
          declared);
}

TEST_CASE("without ROCr everything runs on the cpu, and says so once") {
    const Folder empty;
    const std::string file = gcn::test::write(empty / "libhsa-runtime64.so.1", "");
    const std::string without = "env -u GCN_BACKEND LD_LIBRARY_PATH=" + q(empty.path) + " ";
    gcn::test::write(installed().work + "/twice.c",
                     "#include <gcn/gcn.h>\n#include <stdio.h>\n"
                     "int main(void) {\n"
                     "    gcn_device *one, *two;\n"
                     "    int status = gcn_device_open(NULL, &one) || gcn_device_open(NULL, &two);\n"
                     "    puts(status ? gcn_error() : gcn_device_backend(two));\n"
                     "    gcn_device_close(one), gcn_device_close(two);\n"
                     "    return status;\n}\n");
    require(installed().with("gcc " + flags + " twice.c $(pkg-config --cflags --libs gcn) -o twice"));
    const Ran twice = installed().with(without + "./twice");
    CHECK(twice.status == 0);
    CHECK(twice.out == "cpu\n");
    const std::regex said("gcn: no GPU: hsa: .*hsa-software: " + file +
                          ": file too short; drm-software: .*, by gcn emu COMMAND\\.( Try: .*)?\n"
                          "gcn: running on .*, without a GPU\\. Times are the host's\\.\n");
    INFO(twice.err);
    CHECK(std::regex_match(twice.err, said));

    for (const char* command : {"./product_c", "./product_cpp"}) CHECK(installed().with(without + command).status == 0);
    const Ran gpu = installed().with(without + "GCN_BACKEND=hsa ./product_cpp");
    CHECK(gpu.status == 3);
    CHECK_THAT(gpu.err, Catch::StartsWith("gcn: cannot open a device: hsa: ") &&
                            Catch::Contains("hsa-software: " + file + ": file too short. Try: "));
}

TEST_CASE(
    "an installation that was moved still finds its software Polaris; a program outside it says where it looked") {
    const Installed& here = installed();
    const std::string now = here.folder / "moved";
    struct Moved {
        Moved(const fs::path& from, const fs::path& to) : from(from), to(to) { fs::rename(from, to); }
        ~Moved() { fs::rename(to, from); }
        const fs::path from, to;
    } const moved(here.prefix, now);
    const Ran python = run("cd / && GCN_BACKEND=hsa-software " + preload + "python3 " + q(here.work + "/product.py") +
                           " " + q(now + "/lib/libgcn.so.0"));
    CHECK(python.status == 0);
    CHECK(python.out == product + std::string("AMD Radeon RX 590 (software, host clock)\n"));
    const Ran emulated = run("cd / && " + preload + q(now + "/bin/gcn") + " emu true");
    CHECK(emulated.status == 0);
    CHECK(emulated.err == "");

    const std::string folder = here.folder.path;
    const Ran outside = run("cd / && GCN_BACKEND=hsa-software " + q(here.work + "/product_c"));
    CHECK(outside.status == 1);
    CHECK(outside.out == "");
    CHECK(outside.err == "gcn: cannot open a device: hsa-software: no software Polaris: libgcn-emu.so is not in " +
                             here.work + ", " + folder + ", " + folder + "/lib/gcn, " + here.prefix +
                             "/lib/gcn. Try: copying libgcn-emu.so beside the program.\n");
}

TEST_CASE("DESTDIR stands before PREFIX and in no file") {
    const Folder stage;
    const std::string prefix = "/opt/gcn-of-a-test", root = stage.path.string() + prefix;
    const std::string both = " DESTDIR=" + q(stage.path) + " PREFIX=" + prefix;
    CHECK_THAT(require(make("install" + both)).out, Catch::EndsWith("gcn: installed below " + root + "\n"));
    CHECK_THAT(contents(root + "/lib/pkgconfig/gcn.pc"), Catch::StartsWith("prefix=" + prefix + "\n"));
    CHECK(run("grep -rl '" + stage.path.string() + "' " + q(stage.path)).out == "");
    CHECK(run("grep -l '" + prefix + "/lib/gcn' " + q(root + "/lib/libgcn.a")).status == 0);

    gcn::test::write(root + "/lib/libother.so", "");
    gcn::test::write(root + "/include/gcn/other.h", "");
    CHECK(require(make("uninstall" + both)).out == "gcn: uninstalled below " + root + "\n");
    CHECK(files(stage.path) == Names{prefix.substr(1) + "/include/gcn/other.h", prefix.substr(1) + "/lib/libother.so"});
    fs::remove(root + "/include/gcn/other.h");
    require(make("uninstall" + both));
    for (const char* own : {"/include/gcn", "/lib/gcn", "/share/doc/gcn"}) CHECK_FALSE(fs::exists(root + own));
    CHECK(fs::exists(root + "/lib/pkgconfig"));
}

TEST_CASE("a place where nothing can be installed is a sentence") {
    const auto refuses = [](const std::string& variables, const std::string& sentence) {
        const Ran r = make("install " + variables);
        CHECK(r.status == 2);
        CHECK_THAT(r.err, Catch::StartsWith("gcn: cannot install below " + sentence + "\n"));
    };
    const std::string here = fs::current_path();
    refuses("PREFIX=here",
            "'here': PREFIX is 'here', not an absolute path. Try: make install PREFIX=" + here + "/here.");
    refuses("PREFIX='/tmp/a b'",
            "'/tmp/a b': only letters, digits and /._+@%,:=~- may stand in it. Try: another PREFIX or DESTDIR.");
    refuses(
        "PREFIX=/dev/null/gcn",
        "'/dev/null/gcn': no permission to write there. Try: sudo make install, or make install PREFIX=$HOME/.local.");
}
