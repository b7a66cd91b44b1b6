// Every row of docs/bad-input.md: what is wrong is made wrong, and the whole sentence, the exit status and the files
// that are left are compared with what the page says.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "backend/backend.hpp"
#include "backend/code_object.hpp"
#include "modules/formats/npy.hpp"
#include "tests/command.hpp"

using namespace gcn;
using test::contents;
using test::Folder;

namespace {

const std::string build = std::filesystem::absolute(BUILD), program = build + "/gcn";

// ---- the page -----------------------------------------------------------------------

struct Row {
    std::string what, sentence, status, test;
};

// "| a | `b \| c` |" -> "a", "b | c"
std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> all(1);
    for (size_t i = 1; i < line.size(); ++i) {
        if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|')
            all.back() += line[++i];
        else if (line[i] == '|')
            all.emplace_back();
        else
            all.back() += line[i];
    }
    for (std::string& cell : all) {
        const size_t begin = cell.find_first_not_of(" `"), end = cell.find_last_not_of(" `");
        cell = begin == cell.npos ? "" : cell.substr(begin, end - begin + 1);
    }
    return all;
}

std::vector<Row> page() {
    std::vector<Row> rows;
    std::ifstream in("docs/bad-input.md");
    for (std::string line; std::getline(in, line);) {
        const auto c = cells(line);
        if (!line.starts_with("| ") || c[0] == "what is wrong") continue;
        INFO(line);
        REQUIRE(c.size() == 5);
        rows.push_back({c[0], c[1], c[2], c[3]});
    }
    return rows;
}

void replace(std::string& text, const std::string& word, const std::string& by) {
    for (size_t at = 0; (at = text.find(word, at)) != text.npos; at += by.size()) text.replace(at, word.size(), by);
}

// What was said, with the word NUMBER for the digits where the page has it: how much else is allocated, say.
std::string with_numbers_of(const std::string& sentence, std::string said) {
    static const std::string word = "NUMBER";
    for (size_t at = 0; (at = sentence.find(word, at)) != sentence.npos; at += word.size()) {
        const size_t end = at < said.size() ? said.find_first_not_of("0123456789", at) : said.npos;
        if (end != said.npos && end > at) said.replace(at, end - at, word);
    }
    return said;
}

uint64_t memory_of_machine() { return uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE)); }

// ---- making things wrong ---------------------------------------------------------------

struct Result {
    int status;
    std::string sentence;
};
using Make = std::function<Result(const Folder&)>;

std::string npy(const std::string& header, size_t bytes = 0, int version = 1) {
    const char start[] = {char(version), 0, char(header.size() & 255), char(header.size() >> 8), 0, 0};
    return "\x93NUMPY" + std::string(start, version == 1 ? 4 : 6) + header + std::string(bytes, '\0');
}

// A file of zeros.
std::string zeros(const std::string& type, const std::string& shape, size_t bytes) {
    return npy("{'descr': " + type + ", 'fortran_order': False, 'shape': " + shape + "}\n", bytes);
}

std::string matrix(size_t rows, size_t columns) {
    const std::string shape = "(" + std::to_string(rows) + ", " + std::to_string(columns) + ")";
    return zeros("'<f4'", shape, rows * columns * 4);
}

// The files as they are, pipes and devices excepted.
std::map<std::string, std::string> files(const Folder& folder) {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path))
        all[entry.path().filename().string()] = entry.is_regular_file() ? contents(entry.path().string()) : "";
    return all;
}

bool is_notice(const std::string& line) {
    for (const char* start : {"gcn: no card found: ", "gcn: running on ", "gcn: f64 was rounded "})
        if (line.starts_with(start)) return true;
    return false;
}

// A command line as a user types it, beside A.npy and B.npy (2x2) and a C.npy that is there from before. Whatever
// happens, the files are as they were.
Result run(const Folder& folder, const std::string& line, const std::string& backend = "cpu") {
    const auto before = files(folder);
    const test::Ran ran = test::run("cd '" + folder.path.string() + "'; PATH='" + build +
                                    "':$PATH; GCN_BACKEND=" + backend + "; export PATH GCN_BACKEND; " + line);
    CHECK(ran.out == "");
    CHECK(files(folder) == before);
    Result result{ran.status, ""};
    for (size_t at = 0, end; (end = ran.err.find('\n', at)) != ran.err.npos; at = end + 1) {
        const std::string said = ran.err.substr(at, end - at);
        if (is_notice(said)) continue;
        CHECK(result.sentence == "");  // one
        result.sentence = said;
    }
    return result;
}

const std::string gemm = "gcn gemm A.npy B.npy -o C.npy";

Result with_a(const Folder& folder, const std::string& bytes) {
    test::write(folder / "A.npy", bytes);
    return run(folder, gemm);
}

Result with_header(const Folder& folder, const std::string& header) { return with_a(folder, npy(header, 16)); }

Result of_library(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& e) {
        return {int(e.fault), e.what()};
    }
    return {0, ""};
}

void set_mode(const std::string& file, int mode) { std::filesystem::permissions(file, std::filesystem::perms(mode)); }

// As a user whom modes stop; root is stopped by none.
Result as_nobody(const Folder& folder, const std::function<void()>& action) {
    set_mode(folder.path, 0555);
    const auto before = files(folder);
    const bool root = geteuid() == 0;
    if (root) REQUIRE(seteuid(65534) == 0);
    const Result result = of_library(action);
    if (root) REQUIRE(seteuid(0) == 0);
    CHECK(files(folder) == before);
    set_mode(folder.path, 0755);
    return result;
}

const Matrix one{1, 1, Order::C, {1}, false};

// Whether a file of this folder can be without a name until it is complete.
bool has_nameless_files(const Folder& folder) {
    const int fd = open(folder.path.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

// Whether the process has a file of the folder open that is neither A.npy nor B.npy.
bool writes_in(const Folder& folder, pid_t process) {
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/fd", gone)) {
        const std::string file = std::filesystem::read_symlink(entry.path(), gone).string();
        if (file.starts_with(folder.path.string()) && !file.ends_with("A.npy") && !file.ends_with("B.npy")) return true;
    }
    return false;
}

// Half a minute of work, and killed as soon as C is open.
Result killed(const Folder& folder) {
    for (const char* name : {"A.npy", "B.npy"}) test::write(folder / name, matrix(2000, 2000));
    const auto before = files(folder);
    const std::string a = folder / "A.npy", b = folder / "B.npy", c = folder / "C.npy";
    const pid_t child = fork();
    if (child == 0) {
        setenv("GCN_KERNEL", "sgemm_loop", 1);
        const int nothing = open("/dev/null", O_WRONLY);
        dup2(nothing, 1), dup2(nothing, 2);
        execl(program.c_str(), "gcn", "gemm", "--backend", "cpu", a.c_str(), b.c_str(), "-o", c.c_str(), nullptr);
        _exit(127);
    }
    int status = 0;
    while (!writes_in(folder, child) && waitpid(child, &status, WNOHANG) == 0) {
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    auto after = files(folder);
    if (!has_nameless_files(folder)) after.erase("C.npy." + std::to_string(child) + ".part");
    CHECK(after == before);
    return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), ""};
}

// A library in the place of ROCr's.
Result with_rocr(const Folder& folder, const std::string& make_it, const std::string& backend) {
    REQUIRE(test::run("cd '" + folder.path.string() + "'; " + make_it).status == 0);
    return run(folder, "LD_LIBRARY_PATH=$PWD " + gemm, backend);
}

// The same by way of a device.
Result launched(const std::string& code) {
    return of_library([&] { open_backend("hsa-software")->load(std::as_bytes(std::span(code)), "hsa_scale"); });
}

std::string code_object() { return contents(build + "/tests/kernels/hsa_scale.co"); }

Result with_code(const std::string& code) {
    return of_library([&] { read_code_object(std::as_bytes(std::span(code)), "K.co"); });
}
Make flipped(size_t at, const std::string& bytes) {
    return [=](const Folder&) { return with_code(code_object().replace(at, bytes.size(), bytes)); };
}

// The same by way of gcn disasm.
Make listed(const std::function<std::string()>& bytes, const std::string& options = "") {
    return [=](const Folder& f) {
        test::write(f / "K.co", bytes());
        return run(f, "gcn disasm K.co " + options);
    };
}
Make listed_with(size_t at, const std::string& bytes) {
    return listed([=] { return code_object().replace(at, bytes.size(), bytes); });
}

std::string word(uint64_t value) { return {reinterpret_cast<const char*>(&value), sizeof value}; }

// Of one entry, whose code lies at `offset`.
std::string bundle(const std::string& id, uint64_t offset, uint64_t bytes, uint64_t count = 1) {
    return "__CLANG_OFFLOAD_BUNDLE__" + word(count) + word(offset) + word(bytes) + word(id.size()) + id;
}

// ---- the cases ---------------------------------------------------------------------

Make line(const std::string& command) {
    return [=](const Folder& f) { return run(f, command); };
}
Make a(const std::string& bytes) {
    return [=](const Folder& f) { return with_a(f, bytes); };
}
Make header(const std::string& text) {
    return [=](const Folder& f) { return with_header(f, text); };
}
Make elements(const std::string& type, const std::string& shape = "(2, 2)") { return a(zeros(type, shape, 16)); }

const std::string rest = ", 'fortran_order': False, 'shape': (2, 2)}";

// clang-format off
const std::map<std::string, Make> cases = {
    // options
    {"a file is not named",              line("gcn gemm A.npy B.npy")},
    {"a name is empty",                  line("gcn gemm A.npy '' -o C.npy")},
    {"an option that there is not",      line(gemm + " --gamma=2")},
    {"a factor is no number",            line(gemm + " --alpha two")},
    {"a factor is not finite",           line(gemm + " --alpha inf")},
    {"a factor is more than f32 holds",  line(gemm + " --alpha 1e39")},
    {"--beta without C0",                line(gemm + " --beta 2")},
    {"a backend that there is not",      line(gemm + " --backend cuda")},
    {"a kernel that there is not",       line("GCN_KERNEL=best " + gemm)},
    {"C would replace an input",         line("gcn gemm A.npy B.npy -o ./B.npy")},

    // matrices
    {"columns of A, rows of B", [](const Folder& f) {
         test::write(f / "A.npy", matrix(3, 4));
         return run(f, "gcn gemm A.npy A.npy -o C.npy"); }},
    {"C0 has another shape", [](const Folder& f) {
         test::write(f / "C0.npy", matrix(2, 3));
         return run(f, gemm + " --c-in C0.npy"); }},
    {"--verify of values that are not finite", [](const Folder& f) {
         const float nan = NAN;
         std::string bytes = matrix(2, 2);
         std::memcpy(&bytes[bytes.size() - 4], &nan, 4);
         test::write(f / "A.npy", bytes);
         return run(f, gemm + " --verify"); }},
    {"a product larger than this machine's memory", [](const Folder& f) {
         test::write(f / "A.npy", zeros("'<f4'", "(1000000000, 0)", 0));
         test::write(f / "B.npy", zeros("'<f4'", "(0, 1000000000)", 0));
         return run(f, gemm); }},
    {"a product larger than the device's memory", [](const Folder& f) {
         test::write(f / "A.npy", matrix(32700, 300));
         test::write(f / "B.npy", matrix(300, 32700));
         return run(f, "GCN_EMU_CHIP=rx560 " + gemm, "hsa-software"); }},

    // files that are read
    {"there is no such file",            line("gcn gemm none.npy B.npy -o C.npy")},
    {"it is a folder",                   line("gcn gemm . B.npy -o C.npy")},
    {"it may not be read", [](const Folder& f) {
         set_mode(f / "A.npy", 0);
         return as_nobody(f, [&] { read_npy(f / "A.npy"); }); }},
    {"it is empty",                      a("")},
    {"it is no .npy file",               a("PK\x03\x04 and so on")},
    {"its version is unknown",           a(npy("{}", 0, 4))},
    {"it ends in its header",            a(matrix(2, 2).substr(0, 40))},
    {"its header is longer than the file", a("\x93NUMPY\x02" + std::string("\0\0\1\0\0", 5))},
    {"its header has an enormous length", a("\x93NUMPY\x02" + std::string("\0\xff\xff\xff\xff", 5))},
    {"its header is no dictionary",      header("[" + rest)},
    {"its header is nested",             header(std::string(5000, '{'))},
    {"its header goes on",               header("{'descr': '<f4'" + rest + " or {}")},
    {"its header is not ASCII",          header("{'d\xc3\xa9scr': '<f4'" + rest)},
    {"a key is missing",                 header("{'descr': '<f4', 'fortran_order': False}")},
    {"a key is there twice",             header("{'descr': '<f4', 'descr': '<f8'" + rest)},
    {"a key is unknown",                 header("{'descr': '<f4', 'owner': 'me'" + rest)},
    {"the order is neither True nor False", header("{'descr': '<f4', 'fortran_order': 2, 'shape': (2, 2)}")},
    {"a size is negative",               elements("'<f4'", "(-2, -2)")},
    {"a size is beyond 2^63",            elements("'<f4'", "(9223372036854775808, 1)")},
    {"the sizes' product is beyond 2^63", elements("'<f4'", "(4294967296, 4294967296)")},
    {"it is cut",                        a(matrix(2, 2).substr(0, matrix(2, 2).size() - 1))},
    {"it goes on after its elements",    a(matrix(2, 2) + "\n")},
    {"its shape promises more",          elements("'<f4'", "(1000000, 1000000)")},
    {"its elements do not fit into memory", [](const Folder& f) {
         const std::string start = zeros("'<f4'", "(1, " + std::to_string(memory_of_machine() / 4 + 1) + ")", 0);
         const std::string file = test::write(f / "A.npy", start);
         std::filesystem::resize_file(file, start.size() + memory_of_machine() / 4 * 4 + 4);
         return of_library([&] { read_npy(file); }); }},
    {"integers",                         elements("'<i8'", "(1, 2)")},
    {"booleans",                         elements("'|b1'", "(4, 4)")},
    {"complex numbers",                  elements("'<c8'", "(1, 2)")},
    {"Python objects",                   elements("'|O'")},
    {"records",                          elements("[('x', '<f4'), ('y', '<i4')]")},
    {"a scalar",                         elements("'<f4'", "()")},
    {"a vector",                         elements("'<f4'", "(4,)")},
    {"three dimensions",                 elements("'<f4'", "(1, 2, 2)")},
    {"an f64 that f32 does not hold", [](const Folder& f) {
         const double large = 1e300;
         std::string bytes = zeros("'<f8'", "(1, 2)", 16);
         std::memcpy(&bytes[bytes.size() - 8], &large, 8);
         return with_a(f, bytes); }},
    {"a pipe ends early",                line("head -c -3 A.npy | gcn gemm /dev/stdin B.npy -o C.npy")},
    {"a pipe goes on",                   line("cat A.npy B.npy | gcn gemm /dev/stdin B.npy -o C.npy")},

    // the file that is written
    {"its folder is not there",          line("gcn gemm A.npy B.npy -o none/C.npy")},
    {"it is a folder itself",            line("gcn gemm A.npy B.npy -o .")},
    {"its folder may not be written", [](const Folder& f) {
         return as_nobody(f, [&] { NpyOutput(f / "D.npy"); }); }},
    {"it may not be written", [](const Folder& f) {
         set_mode(f / "C.npy", 0444);
         return as_nobody(f, [&] { NpyOutput(f / "C.npy"); }); }},
    {"links that lead in a circle",      line("ln -s D.npy D.npy; gcn gemm A.npy B.npy -o D.npy; "
                                              "status=$?; rm D.npy; exit $status")},
    {"the disk is full",                 line("gcn gemm A.npy B.npy -o /dev/full")},
    {"more than `ulimit -f` allows", [](const Folder& f) {
         for (const char* name : {"A.npy", "B.npy"}) test::write(f / name, matrix(200, 200));
         return run(f, "ulimit -f 64; " + gemm); }},
    {"gcn is killed",                    killed},

    // devices
    {"ROCr's file is no library", [](const Folder& f) {
         return with_rocr(f, "echo junk >libhsa-runtime64.so.1", "hsa-software"); }},
    {"ROCr lacks a function", [](const Folder& f) {
         return with_rocr(f, "echo 'int x;' | cc -shared -fPIC -x c - -o libhsa-runtime64.so.1", "hsa-software"); }},
    {"the software Polaris is told nonsense", [](const Folder& f) {
         return run(f, "GCN_EMU_CHIP=rx9 " + gemm, "hsa-software"); }},
#ifndef __SANITIZE_ADDRESS__  // which reserves more than any limit that is one
    {"the system gives fewer threads",   line("ulimit -v 3000000; GCN_EMU_THREADS=1024 gcn emu true")},
    {"the system gives no more memory", [](const Folder& f) {
         test::write(f / "A.npy", matrix(20000, 1));
         test::write(f / "B.npy", matrix(1, 20000));
         return run(f, "ulimit -v 1500000; " + gemm); }},
#endif

    // code objects
    {"a code object is cut",             [](const Folder&) { return with_code(code_object().substr(0, 40)); }},
    {"it is not ELF",                    flipped(0, "\x7e")},
    {"it is for another machine",        flipped(18, "\x3e")},
    {"its program header lies outside",  flipped(32, std::string(4, '\xff'))},
    {"its section header lies outside",  flipped(40, std::string(4, '\xff'))},
    {"its section header is of another size", flipped(58, "\x01")},
    {"it has no kernel", [](const Folder&) {
         std::string code = code_object();
         replace(code, "hsa_scale.kd", "hsa_scale.dk");
         return with_code(code); }},
    // gcn disasm
    {"nothing is named",                 line("gcn disasm")},
    {"a code object that there is not",  line("gcn disasm none.co")},
    {"a file whose name is empty",       line("gcn disasm ''")},
    {"a file without end",               line("gcn disasm /dev/zero")},
    {"a code object that is a folder",   line("gcn disasm .")},
    {"another kind of file",             line("gcn disasm A.npy")},
    {"a program without kernels", [](const Folder& f) {
         std::filesystem::copy(build + "/tests/programs/paths", f / "P");
         return run(f, "gcn disasm P"); }},
    {"a code object for another chip",   listed_with(48, "\x2c")},
    {"its section names lie nowhere",    listed_with(62, "\xff")},
    {"a section lies outside",           listed([] {
         std::string code = code_object();
         uint64_t headers;
         std::memcpy(&headers, &code[40], sizeof headers);
         return code.replace(size_t(headers) + 64 + 24, 4, std::string(4, '\xff')); })},
    {"its sections are too many",        listed_with(60, "\xff\xff")},
    {"a bundle ends early",              listed([] { return std::string("__CLANG_OFFLOAD_BUNDLE__"); })},
    {"a bundle has an enormous count",   listed([] { return bundle("host", 0, 0, ~0ull); })},
    {"a bundle's entry lies outside",    listed([] { return bundle("hipv4-amdgcn-amd-amdhsa--gfx803", ~0ull, 2); })},
    {"a bundle for other chips",         listed([] { return bundle("hipv4-amdgcn-amd-amdhsa--gfx906", 0, 0); })},
    {"a compressed bundle",              listed([] { return std::string("CCOB and so on"); })},
    {"a kernel that it has not",         listed([] { return code_object(); }, "--kernel hsa_scales")},
    {"a kernel that the library has not", line("gcn disasm --kernel sgemm_best")},
    {"an offset that is none",           listed([] { return code_object(); }, "--from 0x12g")},
    {"offsets with nothing between them", listed([] { return code_object(); }, "--from 0x10 --to 8")},
    {"a word that is none",              line("echo bf810000 s_endpgm | gcn disasm --raw")},
    {"raw words and a file",             line("gcn disasm --raw A.npy")},

    // gcn emu
    {"a program that there is not",      line("gcn emu none")},
    {"a wave that cannot be",            line("gcn emu --trace --trace-wave 4294967296,0,0:1 true")},
    {"a breakpoint that is not to be met", line("gcn emu --break K+4:0 true")},
    {"an option of a trace without one", line("gcn emu --trace-pc 0-8 true")},
    {"an option of a breakpoint without one", line("gcn emu --break-lds 0-8 true")},
    {"an empty option",                  line("gcn emu --strict-json '' true")},
    {"a trace that is a folder",         line("gcn emu --trace=. true")},
    {"findings that have no folder",     line("gcn emu --strict-json none/J true")},
    {"other constants that nobody asks", line("gcn emu --timing-set core_mhz=1200 true")},
    {"a constant that is none",          line("gcn emu --timing full --timing-set mhz=1200 true")},
    {"a constant out of its range",      line("gcn emu --timing full --timing-set l2_latency=1 true")},
    {"a constant without a value",       line("GCN_EMU_TIMING_SET=core_mhz gcn emu true")},
    {"a log of times that nobody models", line("gcn emu --timing-log log true")},
    {"a log of times without a folder",  line("gcn emu --timing full --timing-log none/log true")},
    {"a value of two lines",             line("gcn emu --trace --trace-pc \"$(printf 'a\\nb')\" true")},

    {"a device is given a cut one",       [](const Folder&) { return launched(code_object().substr(0, 40)); }},
    {"a device is given another chip's", [](const Folder&) { return launched(code_object().replace(48, 1, "\x2c")); }},
};
// clang-format on

}  // namespace

TEST_CASE("what is wrong is said in the page's sentence, with its status, and nothing half-written is left") {
    for (const Row& row : page()) {
        if (!row.test.empty()) continue;
        INFO(row.what);
        const auto found = cases.find(row.what);
#ifdef __SANITIZE_ADDRESS__
        if (row.what.starts_with("the system gives ")) continue;
#endif
        REQUIRE(found != cases.end());
        const Folder folder;
        for (const char* name : {"A.npy", "B.npy"}) test::write(folder / name, matrix(2, 2));
        test::write(folder / "C.npy", "old");
        const Result result = found->second(folder);
        std::string sentence = row.sentence == "(nothing)" ? "" : row.sentence;
        replace(sentence, "FOLDER", folder.path.string());
        replace(sentence, "MEMORY", std::to_string(memory_of_machine()));
        replace(sentence, "ELEMENTS", std::to_string(memory_of_machine() / 4 * 4 + 4));
        replace(sentence, "SIZE", std::to_string(code_object().size()));
        CHECK(with_numbers_of(sentence, result.sentence) == sentence);
        CHECK(std::to_string(result.status) == row.status);
        CHECK(contents(folder / "C.npy") == "old");
    }
}

TEST_CASE("every case has its row, and a row that names another test names one that there is") {
    std::set<std::string> rows;
    for (const Row& row : page()) {
        INFO(row.what);
        CHECK(rows.insert(row.what).second);
        if (row.test.empty()) continue;
        CHECK(!cases.count(row.what));
        const size_t colon = row.test.find(": ");  // "test_cli: a sentence"
        REQUIRE(colon != row.test.npos);
        CHECK_THAT(contents("tests/" + row.test.substr(0, colon) + ".cpp"),
                   Catch::Contains("TEST_CASE(\"" + row.test.substr(colon + 2) + "\")"));
    }
    for (const auto& [what, make] : cases) {
        INFO(what);
        CHECK(rows.count(what));
    }
}

TEST_CASE("a code object with any byte flipped, or cut anywhere, is read or refused") {
    const std::string code = code_object();
    REQUIRE(code.size() > 1000);
    size_t refused = 0;
    for (size_t i = 0; i < code.size(); ++i) {
        std::string flipped = code;
        flipped[i] = char(~code[i]);
        for (const Result& r : {with_code(flipped), with_code(code.substr(0, i))}) {
            CHECK((r.status == 0 || r.sentence.starts_with("gcn: cannot read K.co: ")));
            refused += r.status != 0;
        }
    }
    CHECK(refused > 100);
}
