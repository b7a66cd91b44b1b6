// gcn gemm: one product of matrices in .npy files.

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>

#include "bench/verify.hpp"
#include "cli/output.hpp"
#include "gcn/gcn.hpp"
#include "modules/formats/npy.hpp"
#include "plan/problem.hpp"

namespace gcn {

struct GemmFiles {
    std::string a, b, c, c_in, backend;
    float alpha = 1;
    std::optional<float> beta;
    bool trans_a = false, trans_b = false, verify = false, json = false;
};

static std::string text(int64_t rows, int64_t columns) { return std::to_string(rows) + "x" + std::to_string(columns); }

// ---- from files to what the library takes ------------------------------------------------

// `runs` runs of `length` elements become `length` runs of `runs`, in squares that stay in the cache.
static std::vector<float> transposed(const std::vector<float>& from, size_t length, size_t runs) {
    constexpr size_t side = 32;
    std::vector<float> to(from.size());
    if (from.empty()) return to;  // though one of its sides may be 2^63 - 1
    for (size_t r0 = 0; r0 < runs; r0 += side)
        for (size_t i0 = 0; i0 < length; i0 += side)
            for (size_t r = r0; r < std::min(r0 + side, runs); ++r)
                for (size_t i = i0; i < std::min(i0 + side, length); ++i) to[r + i * runs] = from[i + r * length];
    return to;
}

static std::vector<float> in_order(Matrix m, Order order) {
    if (m.order == order) return std::move(m.values);
    const bool fortran = m.order == Order::Fortran;
    return transposed(m.values, size_t(fortran ? m.rows : m.columns), size_t(fortran ? m.columns : m.rows));
}

static constexpr const char* smaller = "a part of the matrices at a time";

// Two vectors that fit into a file may have a product that fits nowhere.
static void require_memory(int64_t m, int64_t n, const GemmFiles& o) {
    const uint64_t machine = uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE));
    const uint64_t product = uint64_t(m) * uint64_t(n) * sizeof(float);  // validate() has seen to it that it does fit
    if (product > machine)
        fail({"multiply " + o.a + " by " + o.b,
              "the product is " + text(m, n) + ", " + std::to_string(product) + " bytes, this machine has " +
                  std::to_string(machine) + " bytes of memory",
              smaller});
}

// The product as the library takes it, column major.
struct Product {
    Gemm gemm;
    Operands operands;  // without C0, c is empty
    Order order;        // of the result
};

// A matrix in C order lies in memory as its transpose does in Fortran order, so that nothing needs to be moved:
// C = op(A) * op(B) in Fortran order is C^T = op(B)^T * op(A)^T in C order. C takes A's order; only C0 may have to.
static Product as_it_lies(Matrix a, Matrix b, std::optional<Matrix> c0, const GemmFiles& o) {
    const int64_t m = o.trans_a ? a.columns : a.rows, k = o.trans_a ? a.rows : a.columns;
    const int64_t n = o.trans_b ? b.rows : b.columns;
    const bool by_rows = a.order == Order::C;
    const auto trans = [&](const Matrix& x, bool transposed) {
        return ((x.order == Order::C) != transposed) != by_rows ? Trans::Yes : Trans::No;
    };
    Product p;
    p.order = a.order;
    p.gemm = {.m = m, .n = n, .k = k, .a = trans(a, o.trans_a), .b = trans(b, o.trans_b), .alpha = o.alpha};
    if (c0) p.gemm.beta = o.beta.value_or(1);
    p.operands.a = std::move(a.values);
    p.operands.b = std::move(b.values);
    if (by_rows) {
        std::swap(p.gemm.m, p.gemm.n);
        std::swap(p.gemm.a, p.gemm.b);
        std::swap(p.operands.a, p.operands.b);
    }
    validate(p.gemm);
    require_memory(m, n, o);
    if (c0) p.operands.c = in_order(std::move(*c0), p.order);
    return p;
}

// ---- the command --------------------------------------------------------------------

// The choices of --trans-a and --trans-b with which the shapes meet; empty when there are none.
static std::string meeting(const Matrix& a, const Matrix& b) {
    static constexpr struct {
        bool trans_a, trans_b;
        const char* name;
    } choices[] = {
        {false, false, "neither --trans-a nor --trans-b"},
        {true, false, "--trans-a"},
        {false, true, "--trans-b"},
        {true, true, "both --trans-a and --trans-b"},
    };
    std::string names;
    for (const auto& c : choices)
        if ((c.trans_a ? a.rows : a.columns) == (c.trans_b ? b.columns : b.rows))
            names += (names.empty() ? "" : " or ") + std::string(c.name);
    return names;
}

static void check_shapes(const Matrix& a, const Matrix& b, const std::optional<Matrix>& c0, const GemmFiles& o) {
    const int64_t m = o.trans_a ? a.columns : a.rows, k = o.trans_a ? a.rows : a.columns;
    const int64_t k_b = o.trans_b ? b.columns : b.rows, n = o.trans_b ? b.rows : b.columns;
    if (k != k_b)
        fail({"multiply " + o.a + " by " + o.b,
              "op(A) is " + text(m, k) + " and op(B) is " + text(k_b, n) + ", so " + std::to_string(k) +
                  " columns meet " + std::to_string(k_b) + " rows",
              meeting(a, b), Fault::WrongUse});
    if (c0 && (c0->rows != m || c0->columns != n))
        fail({"add " + o.c_in + " to the product",
              "it is " + text(c0->rows, c0->columns) + " and the product is " + text(m, n), "", Fault::WrongUse});
}

static Matrix read(const std::string& path, std::vector<std::string>& rounded) {
    Matrix m = read_npy(path);
    if (m.rounded && std::find(rounded.begin(), rounded.end(), path) == rounded.end()) rounded.push_back(path);
    return m;
}

static void say_rounded(const std::vector<std::string>& files) {
    std::string names;
    for (const std::string& file : files) names += (names.empty() ? "" : ", ") + file;
    if (!names.empty()) std::fprintf(stderr, "gcn: f64 was rounded to f32 in: %s\n", names.c_str());
}

static bool finite(const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

// What a factor of zero excludes may be anything.
static bool finite(const Product& p) {
    const bool product = p.gemm.alpha == 0 || (finite(p.operands.a) && finite(p.operands.b));
    return product && (p.gemm.beta == 0 || finite(p.operands.c));
}

struct Done {
    Time time;
    std::string kernel, device;
    std::vector<float> c;
};

static Done run(const Product& p, const std::string& backend) {
    Device device = Device::open(backend);
    Plan plan = gcn::plan(device, p.gemm);
    const auto copy = [](Buffer& to, const std::vector<float>& values) {
        to.write(values.data(), values.size() * sizeof(float));
    };
    // All before anything is copied: a device that is too small says so at once.
    const size_t elements = size_t(p.gemm.m * p.gemm.n);
    Buffer a = device.alloc(p.operands.a.size() * sizeof(float)), b = device.alloc(p.operands.b.size() * sizeof(float));
    Buffer c = device.alloc(elements * sizeof(float));
    copy(a, p.operands.a);
    copy(b, p.operands.b);
    copy(c, p.operands.c);
    const auto time = plan.run(a, b, c);
    if (!time) throw Error(Fault::Failed, device.lost());
    Done done{*time, plan.kernel(), std::string(device.name()), std::vector<float>(elements)};
    c.read(done.c.data(), done.c.size() * sizeof(float));
    return done;
}

static std::string verified(const Product& p, const std::vector<float>& c) {
    if (!finite(p))
        fail({"verify the product", "the matrices hold values that are not finite", "leaving out --verify"});
    const Verdict verdict = verify(p.gemm, p.operands, c, Demand::Certain);
    if (!verdict.right) fail({"verify the product", verdict.text, "gcn check-kernels"});
    return verdict.text;
}

static bool same(const struct stat& x, const struct stat& y) { return x.st_dev == y.st_dev && x.st_ino == y.st_ino; }

// Whether what is written to `path` goes where standard output goes.
static bool is_standard_output(const std::string& path) {
    struct stat file, output;
    return stat(path.c_str(), &file) == 0 && fstat(STDOUT_FILENO, &output) == 0 && same(file, output);
}

// Whatever it is called, and through whatever link. A terminal may well be both.
static void keep_inputs(const GemmFiles& o) {
    struct stat input, output;
    if (stat(o.c.c_str(), &output) != 0 || !S_ISREG(output.st_mode)) return;
    for (const std::string& file : {o.a, o.b, o.c_in})
        if (!file.empty() && stat(file.c_str(), &input) == 0 && same(input, output))
            fail({"write C to " + o.c, "it is the input " + file, "another file after -o", Fault::WrongUse});
}

static void multiply(const GemmFiles& o) {
    if (o.beta && o.c_in.empty())
        fail({"use --beta", "there is no matrix for it to multiply", "--c-in C0.npy", Fault::WrongUse});
    keep_inputs(o);
    Progress progress(4);
    progress.step("reading");
    std::vector<std::string> rounded;
    Matrix a = read(o.a, rounded), b = read(o.b, rounded);
    std::optional<Matrix> c0;
    if (!o.c_in.empty()) c0 = read(o.c_in, rounded);
    progress.clear();
    say_rounded(rounded);
    check_shapes(a, b, c0, o);
    const Product p = as_it_lies(std::move(a), std::move(b), std::move(c0), o);
    NpyOutput output(o.c);

    progress.step(gcn::text(p.gemm));
    Done done = run(p, o.backend);
    progress.step("verifying");
    const std::string verdict = o.verify ? verified(p, done.c) : "";
    progress.step("writing");
    const bool c_is_printed = is_standard_output(o.c);
    const bool rows_first = p.order == Order::C;
    const int64_t rows = rows_first ? p.gemm.n : p.gemm.m, columns = rows_first ? p.gemm.m : p.gemm.n;
    output.write({rows, columns, p.order, std::move(done.c)});
    progress.clear();

    const double flop = 2.0 * double(p.gemm.m) * double(p.gemm.n) * double(p.gemm.k);
    const double gflops = done.time.us != 0 ? flop / done.time.us / 1e3 : 0;
    std::FILE* const to = c_is_printed ? stderr : stdout;
    if (o.json)
        return print({{"output", o.c},
                      {"rows", rows},
                      {"columns", columns},
                      {"case", gcn::text(p.gemm)},
                      {"device", done.device},
                      {"kernel", done.kernel},
                      {"time_us", done.time.us},
                      {"time_kind", kind_text(done.time.kind)},
                      {"gflops", gflops},
                      {"verified", o.verify ? nlohmann::json(true) : nlohmann::json()}},
                     to);
    print_line(o.c + ": " + text(rows, columns) + ", " + done.kernel + " on " + done.device + ", " +
                   gcn::text(done.time) + (std::isnan(gflops) ? "" : ", " + fixed(gflops, 1) + " GFLOPS") +
                   (verdict.empty() ? "" : ", verified: " + verdict),
               to);
}

// "--alpha" -> what sets `factor`, as a case's alpha is set.
template <class T> static void add_factor(CLI::App& app, const char* name, T& factor, const char* what) {
    const auto set = [name, &factor](const std::string& digits) {
        float value = 0;
        const std::string why = set_factor(value, "it", digits);
        if (!why.empty()) fail({std::string("read ") + name, why, std::string(name) + " 0.5", Fault::WrongUse});
        factor = value;
    };
    app.add_option_function<std::string>(name, set, what)->type_name("NUMBER");
}

// A name that is given and empty, as a script's variable may be, is none.
static CLI::Option* add_file(CLI::App& app, const char* name, std::string& file, const char* task, const char* what) {
    const auto set = [task, &file](const std::string& given) {
        if (given.empty())
            fail({task, "the name of its file is empty", "gcn gemm A.npy B.npy -o C.npy", Fault::WrongUse});
        file = given;
    };
    return app.add_option_function<std::string>(name, set, what)->type_name("FILE");
}

void gemm(CLI::App& app) {
    static GemmFiles o;
    add_file(app, "A", o.a, "read A", "matrix, .npy of f2, f4 or f8")->required();
    add_file(app, "B", o.b, "read B", "matrix, .npy of f2, f4 or f8")->required();
    add_file(app, "-o,--output", o.c, "write C", "where C goes: .npy of f4, in A's order")->required();
    add_factor(app, "--alpha", o.alpha, "factor of op(A) * op(B), 1 unless given");
    add_file(app, "--c-in", o.c_in, "read C0", "C0, .npy of op(A) * op(B)'s shape, which the product is added to");
    add_factor(app, "--beta", o.beta, "factor of C0, 1 unless given");
    app.add_flag("--trans-a", o.trans_a, "op(A) is A transposed");
    app.add_flag("--trans-b", o.trans_b, "op(B) is B transposed");
    app.add_option("--backend", o.backend,
                   "hsa, drm, hsa-software, drm-software or cpu; else $GCN_BACKEND, else the first that opens");
    app.add_flag("--verify", o.verify, "compare with the oracle before C is written");
    app.add_flag("--json", o.json, "one JSON object");
    app.callback([] {
        try {
            multiply(o);
        } catch (const std::bad_alloc&) {
            fail({"multiply " + o.a + " by " + o.b, "the system gives no more memory", smaller});
        }
    });
}

}  // namespace gcn
