// The program as a user meets it: what it prints, what it returns.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "modules/formats/npy.hpp"
#include "tests/command.hpp"

using namespace gcn;
using nlohmann::json;
using test::Folder;
using test::Ran;

static const std::string program = std::filesystem::absolute(BUILD "/gcn");

// `preload` comes before what `gcn emu` preloads.
static Ran gcn_with(const std::string& environment, const std::string& arguments, const std::string& preload = "") {
    const std::string sanitizer = test::sanitizer(), both = sanitizer.empty() || preload.empty() ? "" : ":";
    const bool emu = arguments.starts_with("emu") && !(sanitizer + preload).empty();
    return test::run((emu ? "LD_PRELOAD='" + sanitizer + both + preload + "' ASAN_OPTIONS=detect_leaks=0 " : "") +
                     environment + " '" + program + "' " + arguments);
}
static Ran run(const std::string& arguments) { return gcn_with("", arguments); }

// One line on standard error, this status, and nothing else.
static void refuses(const std::string& arguments, int status, const std::string& line) {
    INFO(arguments);
    const Ran r = run(arguments);
    CHECK(r.status == status);
    CHECK(r.err == "gcn: cannot " + line + "\n");
    CHECK(r.out == "");
}

TEST_CASE("help names every sub-command and the version is one line") {
    const Ran help = run("--help");
    CHECK(help.status == 0);
    for (const char* name : {"info", "gemm", "bench", "check-kernels", "disasm", "emu"}) {
        CHECK_THAT(help.out, Catch::Contains("\n  " + std::string(name) + " "));
        CHECK(run(std::string(name) + " --help").status == 0);
    }
    CHECK(run("").out == help.out + "\n");
    CHECK(run("--version").out == "gcn 0.1.0\n");
}

TEST_CASE("a command line that makes no sense is wrong use") {
    refuses("nothing", 2, "read the command line: The following argument was not expected: nothing. Try: gcn --help.");
    refuses("info --all", 2,
            "read the command line: The following argument was not expected: --all. Try: gcn info --help.");
    refuses("bench --repeat 0", 2,
            "read the command line: --repeat: Value 0 not in range 1 to 1000000. Try: gcn bench --help.");
    refuses("gemm a.npy", 2, "read the command line: B is required. Try: gcn gemm --help.");
    refuses("check-kernels --seed -1", 2,
            "read the command line: --seed: -1 is negative. Try: gcn check-kernels --help.");
}

TEST_CASE("output that cannot be written is a failure, not silence") {
    const Ran r = test::run("'" + program + "' info >/dev/full");
    CHECK(r.status == 1);
    CHECK_THAT(r.err, Catch::EndsWith("gcn: cannot write to standard output: No space left on device.\n"));
}

TEST_CASE("info tells devices, chips and kernels, also as JSON") {
    const json all = json::parse(run("info --json").out);
    CHECK(all["devices"].size() == 5);
    CHECK(all["devices"][4]["backend"] == "cpu");
    CHECK(all["devices"][4]["kind"] == "host");
    CHECK(all["chips"].size() == 6);
    CHECK(all["chips"][0]["name"] == "rx590");
    CHECK(all["chips"][0]["cus"] == 36);
    CHECK(all["kernels"][0]["name"] == "sgemm_nt_128x128");
    CHECK(all["kernels"][0]["waves_per_simd"] == 2);
    const Ran text = run("info");
    CHECK_THAT(text.out, Catch::Contains("  VGPR alloc  SGPR alloc  "));
    CHECK(text.status == 0);
    for (const char* part : {"\nhsa", "\nhsa-software", "\ncpu", "\nrx590", "\nr9nano", "\nsgemm_nt_128x128"})
        CHECK_THAT(text.out, Catch::Contains(part));
}

TEST_CASE("the software Polaris says what it is") {
    const json all = json::parse(run("info --json").out);
    for (const json& d : all["devices"])
        if (d["backend"] == "hsa-software") {
            REQUIRE(d["open"] == true);
            CHECK(d["kind"] == "software");
            CHECK(d["isa"] == "gfx803");
            CHECK(d["cus"] == 36);
        }
}

// ---- gemm ----------------------------------------------------------------------------

// Small integers that differ everywhere; (row, column) -> value.
static int value(int64_t i, int64_t j, int which) { return int((7 * i + 3 * j + which * (i + 2 * j)) % 11) - 5; }

static Matrix matrix(int64_t rows, int64_t columns, Order order, int which) {
    Matrix m{rows, columns, order, std::vector<float>(size_t(rows * columns)), false};
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j)
            m.values[size_t(order == Order::C ? i * columns + j : i + j * rows)] = float(value(i, j, which));
    return m;
}

static float at(const Matrix& m, int64_t i, int64_t j) {
    return m.values[size_t(m.order == Order::C ? i * m.columns + j : i + j * m.rows)];
}

static bool is_product(const Matrix& c, int64_t k, bool ta, bool tb, float alpha, float beta) {
    for (int64_t i = 0; i < c.rows; ++i)
        for (int64_t j = 0; j < c.columns; ++j) {
            float sum = 0;
            for (int64_t p = 0; p < k; ++p)
                sum += float((ta ? value(p, i, 1) : value(i, p, 1)) * (tb ? value(j, p, 2) : value(p, j, 2)));
            if (at(c, i, j) != alpha * sum + beta * float(value(i, j, 3))) return false;
        }
    return true;
}

TEST_CASE("gemm takes any order of any matrix, transposed or not, and answers in A's order") {
    const Folder folder;
    constexpr int64_t m = 37, n = 23, k = 41;
    const auto file = [&](const char* name) { return "'" + (folder / name) + "'"; };
    for (int bits = 0; bits < 32; ++bits) {
        const bool ta = bits & 1, tb = bits & 2;
        const Order oa = Order(bits >> 2 & 1), ob = Order(bits >> 3 & 1), oc = Order(bits >> 4 & 1);
        write_npy(folder / "a.npy", ta ? matrix(k, m, oa, 1) : matrix(m, k, oa, 1));
        write_npy(folder / "b.npy", tb ? matrix(n, k, ob, 2) : matrix(k, n, ob, 2));
        write_npy(folder / "c0.npy", matrix(m, n, oc, 3));
        INFO("bits " << bits);
        const Ran r = run("gemm --backend cpu --verify --alpha 0.5 --beta -2 --c-in " + file("c0.npy") +
                          (ta ? " --trans-a " : " ") + (tb ? "--trans-b " : "") + file("a.npy") + " " + file("b.npy") +
                          " -o " + file("c.npy"));
        CHECK(r.status == 0);
        const Matrix c = read_npy(folder / "c.npy");
        CHECK(c.rows == m);
        CHECK(c.columns == n);
        CHECK(c.order == oa);
        CHECK(is_product(c, k, ta, tb, 0.5, -2));
    }
}

TEST_CASE("gemm runs on the default device and says how fast, in words and as JSON") {
    const Folder folder;
    write_npy(folder / "a.npy", matrix(150, 70, Order::C, 1));
    write_npy(folder / "b.npy", matrix(70, 140, Order::C, 2));
    const std::string arguments =
        "gemm --verify '" + (folder / "a.npy") + "' '" + (folder / "b.npy") + "' -o '" + (folder / "c.npy") + "'";
    const Ran r = run(arguments);
    REQUIRE(r.status == 0);
    CHECK_THAT(r.out, Catch::StartsWith(folder / "c.npy" + ": 150x140, sgemm_nn_"));
    CHECK_THAT(r.out, Catch::Contains(" GFLOPS, verified: "));
    CHECK(is_product(read_npy(folder / "c.npy"), 70, false, false, 1, 0));
    const json j = json::parse(run(arguments + " --json").out);
    CHECK(j["case"] == "sgemm:nn:140x150x70");
    CHECK_THAT(j["kernel"].get<std::string>(), Catch::StartsWith("sgemm_nn_"));
    CHECK(j["verified"] == true);
    CHECK_THAT(r.out, Catch::Contains(" us " + j["time_kind"].get<std::string>()));
}

TEST_CASE("gemm with empty matrices writes what the formula says") {
    const Folder folder;
    write_npy(folder / "a.npy", matrix(3, 0, Order::C, 1));
    write_npy(folder / "b.npy", matrix(0, 4, Order::C, 2));
    REQUIRE(
        run("gemm '" + (folder / "a.npy") + "' '" + (folder / "b.npy") + "' -o '" + (folder / "c.npy") + "'").status ==
        0);
    CHECK(read_npy(folder / "c.npy").values == std::vector<float>(12, 0));
    write_npy(folder / "b.npy", matrix(0, 0, Order::C, 2));
    REQUIRE(
        run("gemm '" + (folder / "a.npy") + "' '" + (folder / "b.npy") + "' -o '" + (folder / "c.npy") + "'").status ==
        0);
    CHECK(read_npy(folder / "c.npy").columns == 0);
}

TEST_CASE("matrices that do not conform are wrong use, files that cannot be read or written are failures") {
    const Folder folder;
    const std::string a = folder / "a.npy", b = folder / "b.npy", c = folder / "c.npy";
    write_npy(a, matrix(3, 4, Order::C, 1));
    write_npy(b, matrix(5, 6, Order::C, 2));
    const auto line = [](const std::string& x, const std::string& y, const std::string& z) {
        return "gemm --backend cpu '" + x + "' '" + y + "' -o '" + z + "'";
    };
    refuses(line(a, b, c), 2,
            "multiply " + a + " by " + b + ": op(A) is 3x4 and op(B) is 5x6, so 4 columns meet 5 rows.");
    refuses(line(a, b, c) + " --beta 2", 2, "use --beta: there is no matrix for it to multiply. Try: --c-in C0.npy.");
    refuses(line(a, a, c), 2,
            "multiply " + a + " by " + a +
                ": op(A) is 3x4 and op(B) is 3x4, so 4 columns meet 3 rows. Try: --trans-a or --trans-b.");
    refuses(line(a, a, c) + " --trans-a --trans-b", 2,
            "multiply " + a + " by " + a +
                ": op(A) is 4x3 and op(B) is 4x3, so 3 columns meet 4 rows. Try: --trans-a or --trans-b.");
    write_npy(b, matrix(6, 3, Order::C, 2));
    refuses(line(a, b, c), 2,
            "multiply " + a + " by " + b +
                ": op(A) is 3x4 and op(B) is 6x3, so 4 columns meet 6 rows. Try: both --trans-a and --trans-b.");
    write_npy(b, matrix(4, 6, Order::C, 2));
    refuses(line(a, b, c) + " --trans-a", 2,
            "multiply " + a + " by " + b +
                ": op(A) is 4x3 and op(B) is 4x6, so 3 columns meet 4 rows. Try: neither --trans-a nor --trans-b.");
    write_npy(b, matrix(5, 6, Order::C, 2));
    refuses(line(a, a, c) + " --trans-b --c-in '" + b + "'", 2,
            "add " + b + " to the product: it is 5x6 and the product is 3x3.");
    refuses(line(a, folder / "none.npy", c), 1, "read " + (folder / "none.npy") + ": No such file or directory.");
    test::write(c, "junk");
    refuses(line(a, c, folder / "d.npy"), 1, "read " + c + ": it ends after 4 of the 8 bytes of its header.");
    CHECK(test::contents(c) == "junk");

    const Ran full = run(line(a, a, "/dev/full") + " --trans-b");
    CHECK(full.status == 1);
    CHECK_THAT(full.err, Catch::EndsWith("gcn: cannot write /dev/full: No space left on device.\n"));
}

TEST_CASE("gemm refuses before it opens a device what it could not write, and what it would read") {
    const Folder folder;
    const std::string a = folder / "a.npy", link = folder / "link.npy", none = folder / "none/c.npy";
    write_npy(a, matrix(2, 2, Order::C, 1));
    const std::string before = test::contents(a);
    std::filesystem::create_symlink("a.npy", link);
    const auto line = [&](const std::string& c) { return "gemm '" + a + "' '" + a + "' -o '" + c + "'"; };
    refuses(line(none), 1, "write " + none + ": No such file or directory.");  // of no device a word
    refuses(line(folder.path), 1, "write " + folder.path.string() + ": Is a directory.");
    for (const std::string& same : {a, link, folder / "./a.npy"})
        refuses(line(same), 2, "write C to " + same + ": it is the input " + a + ". Try: another file after -o.");
    write_npy(folder / "c0.npy", matrix(2, 2, Order::C, 3));
    refuses(line(folder / "c0.npy") + " --c-in '" + (folder / "c0.npy") + "'", 2,
            "write C to " + (folder / "c0.npy") + ": it is the input " + (folder / "c0.npy") +
                ". Try: another file after -o.");
    CHECK(test::contents(a) == before);
    CHECK(folder.files() == 3);
}

TEST_CASE("gemm says once that f64 was rounded, and does not verify what is not finite") {
    const Folder folder;
    const std::string a = folder / "a.npy", c = folder / "c.npy";
    const double numbers[] = {0.1};
    std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }";
    std::string bytes = std::string("\x93NUMPY\x01\0", 8) + char(header.size()) + '\0' + header;
    test::write(a, bytes + std::string(reinterpret_cast<const char*>(numbers), sizeof numbers));
    const Ran r = run("gemm --backend cpu '" + a + "' '" + a + "' -o '" + c + "'");
    CHECK(r.status == 0);
    CHECK_THAT(r.err, Catch::StartsWith("gcn: f64 was rounded to f32 in: " + a + "\n"));

    write_npy(a, {1, 1, Order::C, {INFINITY}, false});
    const Ran infinite = run("gemm --verify --backend cpu '" + a + "' '" + a + "' -o '" + c + "'");
    CHECK(infinite.status == 1);
    CHECK_THAT(infinite.err,
               Catch::EndsWith("the matrices hold values that are not finite. Try: leaving out --verify.\n"));
}

TEST_CASE("a factor that is no f32 is wrong use") {
    const auto line = [](const std::string& option) { return "gemm a.npy b.npy -o c.npy " + option; };
    refuses(line("--alpha ''"), 2, "read --alpha: it is '', not a number. Try: --alpha 0.5.");
    refuses(line("--beta ''"), 2, "read --beta: it is '', not a number. Try: --beta 0.5.");
    refuses(line("--alpha 1e39"), 2, "read --alpha: it is '1e39', more than a number can hold here. Try: --alpha 0.5.");
    refuses(line("--alpha 1e-50"), 2, "read --alpha: it is '1e-50', too small for a number here. Try: --alpha 0.5.");
    const std::string empty = "the name of its file is empty. Try: gcn gemm A.npy B.npy -o C.npy.";
    refuses("gemm a.npy b.npy -o ''", 2, "write C: " + empty);
    refuses("gemm '' b.npy -o c.npy", 2, "read A: " + empty);
    refuses("gemm a.npy '' -o c.npy", 2, "read B: " + empty);
    refuses("gemm a.npy b.npy -o c.npy --c-in ''", 2, "read C0: " + empty);
    refuses("bench \"$(printf 'sgemm:nt:1x1x1:alpha=1e-46\\a')\"", 2,
            "read the case 'sgemm:nt:1x1x1:alpha=1e-46?': alpha is '1e-46?', not a number. "
            "Try: sgemm:nt:1024x1024x512:beta=1.");
    refuses("bench sgemm:nt:1x1x1:alpha=1e-46", 2,
            "read the case 'sgemm:nt:1x1x1:alpha=1e-46': alpha is '1e-46', too small for a number here. "
            "Try: sgemm:nt:1024x1024x512:beta=1.");
}

TEST_CASE("where C goes to standard output, nothing else does") {
    const Folder folder;
    const std::string a = folder / "a.npy", c = folder / "c.npy";
    write_npy(a, matrix(2, 2, Order::C, 1));
    const Ran r =
        test::run("'" + program + "' gemm --backend cpu '" + a + "' '" + a + "' -o /proc/self/fd/1 | cat >'" + c + "'");
    CHECK(read_npy(c).rows == 2);
    CHECK_THAT(r.err, Catch::Contains("/proc/self/fd/1: 2x2, "));
}

TEST_CASE("a product of empty matrices that is too large is refused at once") {
    const Folder folder;
    const std::string a = folder / "a.npy", b = folder / "b.npy";
    write_npy(a, {INT64_MAX, 0, Order::C, {}, false});
    write_npy(b, {0, INT64_MAX, Order::C, {}, false});
    refuses("gemm --backend cpu '" + a + "' '" + b + "' -o '" + (folder / "c.npy") + "'", 2,
            "plan sgemm:nn:9223372036854775807x9223372036854775807x0: B spans 9223372036854775807 columns of "
            "1 elements, more than 2^60.");
}

TEST_CASE("what overflows f32 is rightly infinite, and what alpha = 0 excludes is not looked at") {
    const Folder folder;
    const std::string a = folder / "a.npy", c = folder / "c.npy";
    write_npy(a, {1, 1, Order::C, {-1e30f}, false});
    const std::string line = "gemm --verify --backend cpu '" + a + "' '" + a + "' -o '" + c + "'";
    CHECK(run(line).status == 0);
    CHECK(read_npy(c).values == std::vector<float>{INFINITY});
    write_npy(a, {1, 1, Order::C, {INFINITY}, false});
    CHECK(run(line + " --alpha 0").status == 0);
    CHECK(read_npy(c).values == std::vector<float>{0});
}

// ---- bench and check-kernels --------------------------------------------------------------

TEST_CASE("bench prints one JSON object a case, with a time that says what it is") {
    const Ran r = run("bench --json --repeat 2 sgemm:nt:96x80x64 sgemm:nt:5x7x3:beta=1:ldc=9");
    REQUIRE(r.status == 0);
    std::vector<json> rows;
    for (size_t at = 0; at < r.out.size(); at = r.out.find('\n', at) + 1)
        rows.push_back(json::parse(r.out.substr(at, r.out.find('\n', at) - at)));
    REQUIRE(rows.size() == 2);
    CHECK(rows[1]["case"] == "sgemm:nt:5x7x3:beta=1:ldc=9");
    for (const json& row : rows) {
        CHECK(row["backend"] == "hsa");
        CHECK_THAT(row["kernel"].get<std::string>(), Catch::StartsWith("sgemm_nt_"));
        CHECK(row["median_us"] >= row["best_us"]);
        CHECK(row["best_us"] > 0);
        CHECK(row["gflops"] > 0);
        CHECK(row["runs"] == 2);
        CHECK(row["verified"] == true);
        CHECK(row["error"].is_null());
        CHECK(row["iqr_us"] >= 0);
        CHECK(row["skipped"].is_null());
        CHECK(row["percent_peak"].is_null() == (row["time_kind"] == "host"));
    }
}

// ---- modelled time ------------------------------------------------------------------------

namespace {

struct Timed {
    const char *environment, *options, *kind;
};
// An option before the variable, the variable before what bench does by itself.
constexpr Timed timings[] = {
    {"", "", "modelled"},
    {"GCN_EMU_TIMING=", "", "modelled"},
    {"GCN_EMU_TIMING=off", "", "host"},
    {"GCN_EMU_TIMING=full", "", "modelled"},
    {"", "--timing off", "host"},
    {"GCN_EMU_TIMING=full", "--timing=off", "host"},
    {"GCN_EMU_TIMING=off", "--timing=sampled", "modelled"},
    {"", "--timing full", "modelled"},
};

}  // namespace

TEST_CASE("bench models time on the software Polaris unless told otherwise, through both doors") {
    for (const char* backend : {"hsa-software", "drm-software"}) {
        if (!test::sanitizer().empty() && backend == std::string("drm-software")) continue;  // it starts itself again
        for (const Timed& t : timings) {
            CAPTURE(backend, t.environment, t.options);
            const Ran r = gcn_with(
                std::string("env -u GCN_EMU_TIMING ") + t.environment,
                "bench --json --repeat 1 sgemm:nt:32x32x8 --backend " + std::string(backend) + " " + t.options);
            REQUIRE(r.status == 0);
            const json row = json::parse(r.out);
            CHECK(row["time_kind"] == t.kind);
            const bool modelled = t.kind == std::string("modelled");
            CHECK(row["percent_peak"].is_null() == !modelled);
            CHECK(row["model"] ==
                  (modelled ? json{{"method", "exact"}, {"interval", 0.0}, {"parameters", "gfx803-0"}} : json()));
            const std::string name = row["device"], clock = backend[0] == 'h' ? ", host clock)" : "; host clock)";
            CHECK(name == "AMD Radeon RX 590 (software" + (modelled ? ")" : clock));
            CHECK_THAT(r.err, Catch::Contains(modelled ? "Times are modelled." : "Times are the host's."));
        }
    }
    CHECK_THAT(
        run("bench --backend hsa-software --repeat 1 sgemm:nt:8x8x8").out,
        Catch::StartsWith("AMD Radeon RX 590 (software), backend hsa: times are modelled by the software Polaris"));
}

TEST_CASE("a time says how it was found") {
    const std::string line = "bench --json --repeat 1 --backend hsa-software sgemm:nt:768x768x768 --timing ";
    const json sampled = json::parse(run(line + "sampled").out)["model"],
               full = json::parse(run(line + "full").out)["model"];
    CHECK(full == json{{"method", "exact"}, {"interval", 0.0}, {"parameters", "gfx803-0"}});
    CHECK(sampled["method"] == "sampled");
    CHECK((sampled["interval"] > 0.0 && sampled["interval"] < 0.1));
    CHECK_THAT(run("bench --repeat 1 --backend hsa-software sgemm:nt:16x16x16").out, Catch::Contains(" exact "));

    // To the file of whoever asks for it, a line for each grid.
    const Folder folder;
    const std::string log = folder / "log";
    REQUIRE(gcn_with("GCN_EMU_TIMING_LOG='" + log + "'",
                     "bench --timing off --repeat 1 --backend hsa-software sgemm:nt:16x16x16")
                .status == 0);
    CHECK_FALSE(std::filesystem::exists(log));  // with timing off there are none
    REQUIRE(gcn_with("GCN_EMU_TIMING=full GCN_EMU_TIMING_LOG='" + log + "'",
                     "bench --json --repeat 2 --backend hsa-software sgemm:nt:16x16x16")
                .status == 0);
    std::ifstream lines(log);
    size_t count = 0, products = 0;
    for (std::string text; std::getline(lines, text); ++count) {
        const json grid = json::parse(text);
        CHECK(grid["method"] == "exact");
        CHECK(grid["cycles"] > 100);
        CHECK(grid["instructions"] > 10);
        CHECK(grid["workgroup"][0].get<int>() % 64 == 0);
        const std::string kernel = grid["kernel"];  // the runtime's own have no name
        if (kernel.starts_with("sgemm_nt_")) ++products;
        CHECK(grid["parameters"] == "gfx803-0");
    }
    CHECK(count > products);
    CHECK(products == 4);  // two timed, two verified
    const Ran none = gcn_with("GCN_EMU_TIMING=full GCN_EMU_TIMING_LOG='" + (folder / "none/log") + "'",
                              "bench --backend hsa-software sgemm:nt:16x16x16");
    CHECK(none.status != 0);
    CHECK_THAT(none.err, Catch::Contains("GCN_EMU_TIMING_LOG=" + (folder / "none/log")) &&
                             Catch::Contains("No such file or directory"));
}

TEST_CASE("bench alone models time by itself; info, gemm and programs under emu do when asked") {
    const auto named = [](const std::string& environment, const char* end) {
        const json all = json::parse(gcn_with("env -u GCN_EMU_TIMING " + environment, "info --json").out);
        const json& device = all["devices"][2];
        CHECK(device["backend"] == "hsa-software");
        CHECK(device["name"] == std::string("AMD Radeon RX 590 ") + end);
        CHECK(device.contains("peak_gflops") == (end == std::string("(software)")));
    };
    named("", "(software, host clock)");
    named("GCN_EMU_TIMING=sampled", "(software)");

    const Folder folder;
    const std::string a = folder / "a.npy",
                      line = "gemm '" + a + "' '" + a + "' --json -o '" + (folder / "c.npy") + "'";
    write_npy(a, {2, 2, Order::C, {1, 2, 3, 4}, false});
    CHECK(json::parse(gcn_with("env -u GCN_EMU_TIMING", line).out)["time_kind"] == "host");
    CHECK(json::parse(gcn_with("GCN_EMU_TIMING=full", line).out)["time_kind"] == "modelled");

    CHECK(run("emu --timing full printenv GCN_EMU_TIMING").out == "full\n");
    CHECK(run("emu --timing=sampled -- printenv GCN_EMU_TIMING").out == "sampled\n");
    CHECK(run("emu --timing full -- printenv GCN_EMU_TIMING").out == "full\n");
}

TEST_CASE("a timing that there is not is refused, and kinds of times are not compared") {
    for (const std::string command : {"bench", "emu"})
        refuses(
            command + " --timing=fast true", 2,
            "read the command line: --timing: it is not one of off, sampled, full. Try: gcn " + command + " --help.");
    const Ran variable = gcn_with("GCN_EMU_TIMING=fast", "bench --backend hsa-software sgemm:nt:8x8x8");
    CHECK(variable.status == 2);
    CHECK(variable.err ==
          "gcn: cannot start the software Polaris: GCN_EMU_TIMING is 'fast'. Try: one of off, sampled, full.\n");

    const Folder folder;
    const std::string before = folder / "before", bench = "bench --repeat 5 --backend hsa-software sgemm:nt:32x32x8 ";
    REQUIRE(run(bench + "--timing off --save '" + before + "'").status == 0);
    const Ran r = run(bench + "--timing full --compare '" + before + "'");
    CHECK(r.status == 2);
    CHECK_THAT(r.err, Catch::Contains(" host times ") && Catch::Contains(" modelled times"));
    CHECK(r.out == "");
}

TEST_CASE("bench prints a table that says what its times are, and reads cases from a file") {
    const Folder folder;
    const std::string file = test::write(folder / "cases", "# mine\nsgemm:tn:8x8x8\n\nsgemm:nn:9x9x9 # odd\n");
    const Ran r = run("bench --backend cpu --repeat 1 --file '" + file + "'");
    CHECK(r.status == 0);
    CHECK_THAT(r.out, Catch::Contains(", backend cpu: times are of this host's clock, not a GPU's\ncase "));
    CHECK_THAT(r.out, Catch::Contains("\nsgemm:tn:8x8x8 "));
    CHECK_THAT(r.out, Catch::Contains("\nsgemm:nn:9x9x9 "));
    CHECK_THAT(r.out, Catch::Contains(" us host "));
}

TEST_CASE("bench refuses a case before it runs any, and goes on after one that no kernel takes") {
    refuses("bench sgemm:nt:8x8x8 sgemm:xx:1x1x1", 2,
            "read the case 'sgemm:xx:1x1x1': the layout is 'xx', not one of nn, nt, tn, tt. "
            "Try: sgemm:nt:1024x1024x512:beta=1.");
    refuses("bench --file /nowhere", 1, "read /nowhere: No such file or directory.");
    refuses("bench --file /", 1, "read /: Is a directory.");
    const Ran r = run("bench --json sgemm:nt:1073741824x0x0 sgemm:nt:8x8x8");
    CHECK(r.status == 1);
    const json first = json::parse(r.out.substr(0, r.out.find('\n')));
    const json second = json::parse(r.out.substr(r.out.find('\n') + 1));
    CHECK(first["kernel"].is_null());
    CHECK(first["verified"] == false);
    CHECK_THAT(first["error"].get<std::string>(),
               Catch::StartsWith("gcn: cannot run sgemm:nt:1073741824x0x0 on hsa: sgemm_nt_128x128 and "));
    CHECK_THAT(first["error"].get<std::string>(), Catch::Contains("m is 1073741824, its limit is 1073741823;"));
    CHECK(second["verified"] == true);
    for (const auto& [key, value] : second.items()) {
        INFO(key);
        CHECK(first.contains(key));
    }
    CHECK(first.size() == second.size());
    CHECK_THAT(r.err, Catch::EndsWith("gcn: cannot vouch for the results: 1 of 2 cases failed.\n"));
}

TEST_CASE("bench refuses at once what makes every case wrong: none, or a kernel that is not there") {
    const Folder folder;
    const std::string file = test::write(folder / "cases", "# none\n\n");
    for (const std::string option : {"", " --json"})
        refuses("bench --file '" + file + "'" + option, 2, "time anything: " + file + " has no cases.");
    const Ran unknown = gcn_with("GCN_KERNEL=best", "bench --backend cpu sgemm:nt:8x8x8 sgemm:nt:9x9x9");
    CHECK(unknown.status == 2);
    CHECK(unknown.out == "");
    CHECK(
        unknown.err ==
        "gcn: cannot run the cases with GCN_KERNEL=best: there is no such kernel. Try: gcn info, which lists them.\n");
    const Ran elsewhere = gcn_with("GCN_KERNEL=sgemm_nt_128x128", "bench --backend cpu sgemm:nt:8x8x8");
    CHECK(elsewhere.status == 2);
    CHECK(elsewhere.out == "");
    CHECK_THAT(elsewhere.err, Catch::EndsWith("gcn: cannot run the cases with GCN_KERNEL=sgemm_nt_128x128: it does not "
                                              "run on backend cpu. Try: unset GCN_KERNEL.\n"));
}

TEST_CASE("check-kernels compares every kernel with the oracle, and one case of one kernel when asked") {
    const Ran all = run("check-kernels --count 3");
    CHECK(all.status == 0);
    CHECK_THAT(all.out, Catch::Contains("\nhsa-software  sgemm_nt_128x128        3  equal\n"));
    CHECK_THAT(all.out, Catch::Contains("\ncpu           sgemm_openblas          3  equal\n"));
    const Ran one = run("check-kernels --json --backend cpu --kernel sgemm_openblas sgemm:tt:30x20x10:alpha=0");
    CHECK(one.status == 0);
    const json row = json::parse(one.out);
    CHECK(row["cases"] == 1);
    CHECK(row["verified"] == true);
    refuses("check-kernels --kernel best", 2,
            "check the kernel best: there is none of that name. Try: gcn info, which lists them.");
}

TEST_CASE("a backend that there is not is refused with those that there are, wherever it was named") {
    const std::string line =
        "open the backend abacus: there is none of that name. Try: one of hsa, drm, hsa-software, drm-software or cpu.";
    refuses("check-kernels --backend abacus", 2, line);
    refuses("bench --backend abacus sgemm:nt:8x8x8", 2, line);
    const Ran r = gcn_with("GCN_BACKEND=abacus", "bench sgemm:nt:8x8x8");
    CHECK(r.status == 2);
    CHECK(r.err == "gcn: cannot " + line + "\n");
}

// A gcn with no libgcn-emu.so beside it, and what it says about that.
struct Alone {
    Alone() {
        std::filesystem::copy_file(program, folder / "gcn");
        const auto up = std::filesystem::canonical(folder.path).parent_path();
        why = "libgcn-emu.so is not in " + folder.path.string() + ", " + up.string() + ", " +
              (up / "lib/gcn").string() + ", " GCN_PREFIX "/lib/gcn";
    }
    Ran run(const std::string& arguments) const { return test::run("'" + (folder / "gcn") + "' " + arguments); }

    const Folder folder;
    std::string why, remedy = "Try: copying libgcn-emu.so beside the program.\n";
};

TEST_CASE("without the software Polaris the status is 3, and the sentence says where it should be") {
    const Alone alone;
    const Ran bench = alone.run("bench --backend hsa-software sgemm:nt:8x8x8");
    CHECK(bench.status == 3);
    CHECK(bench.err ==
          "gcn: cannot open a device: hsa-software: no software Polaris: " + alone.why + ". " + alone.remedy);
    const Ran emu = alone.run("emu true");
    CHECK(emu.status == 1);
    CHECK(emu.err == "gcn: cannot start the software Polaris: " + alone.why + ". " + alone.remedy);
}

TEST_CASE("check-kernels fails when a kernel was checked nowhere, and hides no backend that did not open") {
    const Alone alone;
    const std::string arguments = "check-kernels --kernel sgemm_nt_128x128 --count 1";
    const std::string closed = "no software Polaris: " + alone.why;
    const Ran only = alone.run(arguments + " --backend hsa-software");
    CHECK(only.status == 3);
    CHECK(only.err ==
          "gcn: cannot vouch for every kernel: sgemm_nt_128x128 not checked on any backend (hsa-software: " + closed +
              "). " + alone.remedy);

    const bool card = json::parse(run("info --json").out)["devices"][0]["open"];
    const Ran all = alone.run(arguments + " --json");
    CHECK(all.status == (card ? 0 : 1));
    if (!card)
        CHECK_THAT(all.err,
                   Catch::StartsWith("gcn: cannot vouch for every kernel: sgemm_nt_128x128 not checked on any backend "
                                     "(hsa: ") &&
                       Catch::Contains("; hsa-software: " + closed + "; drm-software: ") &&
                       Catch::EndsWith("). " + alone.remedy));
    CHECK_THAT(all.out, Catch::Contains(json{{"backend", "hsa-software"},
                                             {"open", false},
                                             {"kernel", nullptr},
                                             {"cases", 0},
                                             {"verified", nullptr},
                                             {"error", closed + ". Try: copying libgcn-emu.so beside the program"},
                                             {"repeat", nullptr}}
                                            .dump() +
                                        "\n"));
    // What no backend that was meant could run was not to be checked.
    CHECK(alone.run("check-kernels --backend cpu --count 1").status == 0);
}

// ---- emu -----------------------------------------------------------------------------

TEST_CASE("emu returns the status of its command") {
    CHECK(run("emu true").status == 0);
    CHECK(run("emu sh -c 'exit 7'").status == 7);
    CHECK(run("emu sh -c 'kill -9 $$'").status == 128 + 9);
    refuses("emu no-such-command", 127, "run no-such-command: No such file or directory.");
    refuses("emu /", 126, "run /: Permission denied.");
    refuses("emu ''", 2, "run nothing: COMMAND is empty. Try: gcn emu rocminfo.");
    refuses("emu", 2, "run nothing: no COMMAND was given. Try: gcn emu rocminfo.");
    refuses("emu --simd avx2 ./v", 2,
            "read the command line: The following argument was not expected: --simd. Try: gcn emu --help.");
    CHECK_THAT(run("emu --help").out, Catch::Contains("\nUsage: gcn emu [OPTIONS] COMMAND [ARGUMENTS]\n"));
}

TEST_CASE("emu leaves to the command what stands after it") {
    CHECK(run("emu --threads 2 echo --chip x --help -- y").out == "--chip x --help -- y\n");
    CHECK(run("emu -- echo --chip x -- y").out == "--chip x -- y\n");
    CHECK(run("emu --threads 2 --chip=rx580 -- echo -n z").out == "z");
    refuses("emu --", 2, "run nothing: no COMMAND was given. Try: gcn emu rocminfo.");
}

TEST_CASE("emu hands the software Polaris to its command, after what was preloaded before") {
    const Ran r = gcn_with("", "emu --chip rx570 --threads 3 sh -c 'echo $LD_PRELOAD $GCN_EMU_CHIP $GCN_EMU_THREADS'",
                           "libm.so.6");
    CHECK_THAT(r.out, Catch::EndsWith("libm.so.6:" + std::string(std::filesystem::canonical(BUILD "/libgcn-emu.so")) +
                                      " rx570 3\n"));
    refuses("emu --chip rx9 true", 2,
            "emulate the chip rx9: it is not one of rx590, rx580, rx570, rx480, rx560, r9nano.");
}

TEST_CASE("a program on the software Polaris is not told of permissions that nobody could give") {
    const json card = json::parse(run("emu '" + program + "' info --json").out)["devices"][0];
    if (card["open"] == false && !std::filesystem::exists("/dev/dri/renderD128"))
        CHECK(card["why"] == "no way to the gfx803 card of the AMD kernel driver: /dev/dri/renderD128 does not exist");
}

TEST_CASE("emu refuses what the software Polaris or the dynamic linker could not read") {
    const Ran chip = gcn_with("GCN_EMU_CHIP=rx9", "emu true");
    CHECK(chip.status == 2);
    CHECK(chip.err ==
          "gcn: cannot emulate the chip rx9: it is not one of rx590, rx580, rx570, rx480, rx560, r9nano.\n");
    refuses("emu --threads 1025 true", 2,
            "read the command line: --threads: Value 1025 not in range 1 to 1024. Try: gcn emu --help.");
    const Ran threads = gcn_with("GCN_EMU_THREADS=0", "emu true"), simd = gcn_with("GCN_EMU_SIMD=sse", "emu true");
    CHECK(threads.status == 2);
    CHECK(threads.err ==
          "gcn: cannot start the software Polaris: GCN_EMU_THREADS is '0'. Try: a number from 1 to 1024.\n");
    CHECK(simd.status == 2);
    CHECK(simd.err ==
          "gcn: cannot start the software Polaris: GCN_EMU_SIMD is 'sse'. Try: one of avx512, avx2, portable.\n");
    CHECK(gcn_with("GCN_EMU_THREADS=0", "emu --threads 1 true").status == 0);

    const Folder folder;
    const std::filesystem::path spaced = folder / "a b";
    std::filesystem::create_directory(spaced);
    std::filesystem::copy_file(program, spaced / "gcn");
    const std::string library = test::write(spaced / "libgcn-emu.so", "");
    const Ran r = test::run("'" + (spaced / "gcn").string() + "' emu true");
    CHECK(r.status == 1);
    CHECK(r.err ==
          "gcn: cannot preload " + library +
              ": the dynamic linker ends a name at ' ' and at ':'. Try: moving it to a folder without them.\n");
}
