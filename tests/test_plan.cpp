#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>

#include "backend/embedded.hpp"
#include "backend/measure.hpp"
#include "bench/bench.hpp"
#include "bench/cases.hpp"
#include "bench/verify.hpp"
#include "plan/plan.hpp"
#include "plan/problem.hpp"
#include "plan/select.hpp"
#include "tests/command.hpp"

using namespace gcn;

// What this thread takes from the heap while it looks.
static thread_local size_t allocations = 0;

void* operator new(size_t bytes) {
    ++allocations;
    if (void* memory = std::malloc(bytes)) return memory;
    throw std::bad_alloc();
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

static DeviceInfo polaris() {
    DeviceInfo d;
    d.backend = "hsa";
    d.isa = "gfx803";
    d.cus = 36;
    d.lds_bytes = 65536;
    return d;
}

static DeviceInfo host() {
    DeviceInfo d;
    d.backend = "cpu";
    return d;
}

static std::string refusal(const std::string& text, const std::string& remedy = "sgemm:nt:1024x1024x512:beta=1") {
    try {
        parse_gemm(text);
    } catch (const Error& e) {
        CHECK(e.fault == Fault::WrongUse);
        const std::string before = "gcn: cannot read the case '" + text + "': ", said = e.what();
        const std::string after = ". Try: " + remedy + ".";
        CHECK(said.starts_with(before));
        CHECK(said.ends_with(after));
        return said.substr(before.size(), said.size() - before.size() - after.size());
    }
    return "read";
}

TEST_CASE("a problem survives printing and parsing") {
    for (const std::string s : {"sgemm:nt:1024x1024x512", "sgemm:tn:1x2x3:beta=1", "sgemm:nn:0x0x0:alpha=-0.5:lda=7",
                                "sgemm:tt:3x4x5:alpha=0.1:beta=1e-20:lda=5:ldb=6:ldc=7"})
        CHECK(text(parse_gemm(s)) == s);
    CHECK(text(parse_gemm("sgemm:nt:1x2x3:beta=0.0:alpha=1")) == "sgemm:nt:1x2x3");
    const Gemm g = parse_gemm("sgemm:tn:5x6x7:ldc=9:beta=2");
    CHECK(g.m == 5);
    CHECK(g.n == 6);
    CHECK(g.k == 7);
    CHECK(g.a == Trans::Yes);
    CHECK(g.b == Trans::No);
    CHECK(g.ldc == 9);
    CHECK(g.beta == 2);
}

TEST_CASE("a case that makes no sense is refused with what is wrong in it") {
    for (const std::string s : {"", "sgemm", "sgemm:nt"}) CHECK(refusal(s) == "it is not OPERATION:LAYOUT:MxNxK");
    CHECK(refusal("xgemm:nt:1x1x1") == "the operation is 'xgemm', not sgemm");
    CHECK(refusal("sgemm:ntt:1x1x1") == "the layout is 'ntt', not one of nn, nt, tn, tt");
    CHECK(refusal("sgemm::1x1x1") == "the layout is '', not one of nn, nt, tn, tt");
    CHECK(refusal("sgemm:nt:1x1") == "the sizes are '1x1', not MxNxK");
    CHECK(refusal("sgemm:nt:1x1x1x1") == "the sizes are '1x1x1x1', not MxNxK");
    CHECK(refusal("sgemm:nt:-1x1x1", "0 or more for m") == "m is -1, negative");
    CHECK(refusal("sgemm:nt:1x x1") == "n is ' ', not a number");
    CHECK(refusal("sgemm:nt:1x1x") == "k is '', not a number");
    CHECK(refusal("sgemm:nt:1x1x1 ") == "k is '1 ', not a number");
    CHECK(refusal("sgemm:nt:1x1x99999999999999999999") ==
          "k is '99999999999999999999', more than a number can hold here");
    CHECK(refusal("sgemm:nt:1x1x1:") == "it ends in ':'");
    CHECK(refusal("sgemm:nt:1x1x1:beta") == "the option 'beta' is not NAME=VALUE");
    CHECK(refusal("sgemm:nt:1x1x1:beta=x") == "beta is 'x', not a number");
    CHECK(refusal("sgemm:nt:1x1x1:beta=nan") == "beta is 'nan', not a finite number");
    CHECK(refusal("sgemm:nt:1x1x1:gamma=1") ==
          "the option 'gamma' is not one of alpha, beta, lda, ldb, ldc, batch, stridea, strideb, stridec");
    CHECK(refusal("sgemm:nt:1x1x1:beta=1:beta=2", "beta once") == "beta is given twice");
    CHECK(refusal("sgemm:nt:8x4x2:lda=7", "lda=8 or more") ==
          "lda is 7, less than the 8 rows of A as it lies in memory");
    CHECK(refusal("sgemm:tn:8x4x2:lda=-3", "lda=2 or more") ==
          "lda is -3, less than the 2 rows of A as it lies in memory");
    CHECK(refusal("sgemm:nt:8x4x2:ldb=3", "ldb=4 or more") ==
          "ldb is 3, less than the 4 rows of B as it lies in memory");
    CHECK(refusal("sgemm:nt:8x4x2:ldc=1", "ldc=8 or more") ==
          "ldc is 1, less than the 8 rows of C as it lies in memory");
    CHECK(refusal("sgemm:nt:1000000000x2000000000x1") ==
          "C spans 2000000000 columns of 1000000000 elements, more than 2^60");
}

TEST_CASE("a matrix in memory ends with its last element, not with its padding") {
    CHECK(stored_a(parse_gemm("sgemm:nt:8x4x2:lda=10")).span() == 18);
    CHECK(stored_a(parse_gemm("sgemm:tn:8x4x2:lda=10")).span() == 72);
    CHECK(stored_b(parse_gemm("sgemm:nt:8x4x2")).bytes() == 32);
    CHECK(stored_c(parse_gemm("sgemm:nt:8x0x2:ldc=10")).span() == 0);
    CHECK(stored_a(parse_gemm("sgemm:nt:8x4x1:lda=5000000000")).step() == 8);
}

TEST_CASE("every kernel row for a GPU has a code object, and every code object a row") {
    for (const KernelRow& k : kernel_rows())
        if (k.runs == Runs::Gpu) {
            INFO(k.name);
            REQUIRE(find_embedded(k.name));
            CHECK(resources(k).vgprs > 0);
            CHECK(waves_per_simd(k) >= 1);
        }
    for (const GcnEmbedded& e : embedded()) CHECK(find_kernel(e.name));
}

TEST_CASE("the 128x128 kernel leaves room for two waves per SIMD, and for one where LDS is all that small groups get") {
    KernelRow k = *find_kernel("sgemm_nt_128x128");
    CHECK(waves_per_simd(k) == 2);
    CHECK(resources(k).lds_bytes == 16384);
    k.lanes = 64;  // four groups in the LDS of four SIMDs
    CHECK(waves_per_simd(k) == 1);
    k.lanes = 65;
    CHECK(waves_per_simd(k) == 2);
}

TEST_CASE("waves per SIMD are those of the kernel's header, which make check compares with the code") {
    for (const KernelRow& k : kernel_rows()) {
        if (k.runs == Runs::Cpu) continue;
        INFO(k.name);
        const std::string file = std::string(k.name) + ".s", by_hand = "asm/" + file;
        const bool generated = !std::filesystem::exists(by_hand);
        CHECK_THAT(test::contents(generated ? BUILD "/codegen/" + file : by_hand),
                   Catch::Contains(" B LDS: " + std::to_string(waves_per_simd(k)) + " waves per SIMD\n"));
    }
}

static std::string chosen(const std::string& text, const DeviceInfo& d) {
    return std::string(candidates(parse_gemm(text), d, "").front().kernel->name);
}

TEST_CASE("each device gets the kernel that is made for it") {
    CHECK(chosen("sgemm:nt:4096x4096x4096:alpha=2:beta=1", polaris()) == "sgemm_nt_128x128");
    CHECK(chosen("sgemm:tn:4096x4096x4096", polaris()) == "sgemm_tn_128x128");
    CHECK(chosen("sgemm:nn:16x16x300", polaris()) == "sgemm_nn_16x16");
    CHECK(chosen("sgemm:tn:100x200x300", host()) == "sgemm_openblas");
}

static std::string why_not(const std::string& text, const DeviceInfo& d, std::string_view kernel) {
    return objection(*find_kernel(kernel), parse_gemm(text), d);
}

TEST_CASE("a kernel that cannot says why, with values") {
    const std::string_view gpu = "sgemm_nt_128x128";
    DeviceInfo small = polaris(), vega = polaris();
    small.lds_bytes = 1024;
    vega.isa = "gfx900";
    CHECK(why_not("sgemm:nt:64x64x32", polaris(), gpu) == "");
    CHECK(why_not("sgemm:nn:64x64x32", polaris(), gpu) == "it computes nt, this is nn");
    CHECK(why_not("sgemm:nt:64x64x32", host(), gpu) == "it runs on a GPU only");
    CHECK(why_not("sgemm:nt:64x64x32", polaris(), "sgemm_loop") == "it runs on backend cpu only");
    CHECK(why_not("sgemm:nt:64x64x32", vega, gpu) == "it is gfx803 code, the device is gfx900");
    CHECK(why_not("sgemm:nt:64x64x32", small, gpu) == "it needs 16384 B of LDS per workgroup, the device has 1024 B");
    CHECK(why_not("sgemm:nt:32x32768x32768", polaris(), gpu) ==
          "the bytes of B are 4294967296, its limit is 4294963200");
    CHECK(why_not("sgemm:nt:2147483648x1x1", host(), "sgemm_openblas") == "m is 2147483648, its limit is 2147483647");
    CHECK(!cost(*find_kernel(gpu), parse_gemm("sgemm:nn:64x64x32"), polaris()));
}

TEST_CASE("predicted time grows by rounds of workgroups, not by single ones") {
    const KernelRow& k = *find_kernel("sgemm_nt_128x128");
    const auto cycles = [&](const char* text) { return *cost(k, parse_gemm(text), polaris()); };
    CHECK(cycles("sgemm:nt:128x128x64") == cycles("sgemm:nt:768x768x64"));  // 1 and 36 tiles on 36 CUs
    CHECK(cycles("sgemm:nt:768x768x64") < cycles("sgemm:nt:769x768x64"));   // 42 tiles
    CHECK(cycles("sgemm:nt:769x768x64") == cycles("sgemm:nt:1536x768x64"));
    CHECK(cycles("sgemm:nt:768x768x57") == cycles("sgemm:nt:768x768x64"));  // whole k blocks
    CHECK(cycles("sgemm:nt:768x768x64") < cycles("sgemm:nt:768x768x65"));
    CHECK(cycles("sgemm:nt:128x128x64:batch=36") == cycles("sgemm:nt:128x128x64"));
    CHECK(cycles("sgemm:nt:128x128x64:batch=37") > cycles("sgemm:nt:128x128x64"));
}

TEST_CASE("no predicted rate is above a CU's 64 multiply-adds per clock") {
    const Gemm large = parse_gemm("sgemm:nt:8192x8192x8192");
    for (const KernelRow& k : kernel_rows())
        if (k.runs == Runs::Gpu) {
            INFO(k.name);
            Gemm g = large;
            g.a = Trans(int(k.a)), g.b = Trans(int(k.b)), g.k = std::min(g.k, k.largest_k);
            CHECK(*cost(k, g, polaris()) >= 8192.0 * 8192 * double(g.k) / (36 * 64));
        }
}

TEST_CASE("a kernel that is forced says why it cannot, with a remedy") {
    CHECK_THROWS_WITH(candidates(parse_gemm("sgemm:tn:64x64x32"), polaris(), "sgemm_nt_128x128"),
                      "gcn: cannot run sgemm:tn:64x64x32 with GCN_KERNEL=sgemm_nt_128x128: "
                      "it computes nt, this is tn. Try: unset GCN_KERNEL.");
    CHECK_THROWS_WITH(candidates(parse_gemm("sgemm:nt:64x64x32"), polaris(), "sgemm_best"),
                      "gcn: cannot run sgemm:nt:64x64x32 with GCN_KERNEL=sgemm_best: "
                      "there is no such kernel. Try: gcn info, which lists them.");
    CHECK(candidates(parse_gemm("sgemm:nt:64x64x32"), host(), "sgemm_loop").front().kernel->name == "sgemm_loop");
}

// " and 18 more": the GPU's kernels of a layout, or all, but for one.
static std::string and_more(std::string_view of = "") {
    const auto count = std::count_if(kernel_rows().begin(), kernel_rows().end(), [&](const KernelRow& k) {
        return k.runs == Runs::Gpu && (of.empty() || layout(k) == of);
    });
    return " and " + std::to_string(count - 1) + " more";
}

TEST_CASE("when no kernel can, the error is every kernel's objection") {
    std::string others;
    for (const char* layout : {"nn", "tn", "tt"})
        others +=
            "; sgemm_" + std::string(layout) + "_16x16" + and_more(layout) + ": it computes " + layout + ", this is nt";
    CHECK_THROWS_WITH(
        candidates(parse_gemm("sgemm:nt:1073741824x1x1"), polaris(), ""),
        "gcn: cannot run sgemm:nt:1073741824x1x1 on hsa: sgemm_nt_128x128" + and_more("nt") +
            ": m is 1073741824, its limit is 1073741823; sgemm_openblas and 1 more: it runs on backend cpu only" +
            others + ".");
}

TEST_CASE("a plan refuses a problem that cannot exist") {
    const Device device = Device::open("cpu");
    CHECK_THROWS_WITH(
        plan(device, {.m = 8, .n = 4, .k = 2, .lda = 7}),
        "gcn: cannot plan sgemm:nn:8x4x2:lda=7: lda is 7, less than the 8 rows of A as it lies in memory. "
        "Try: lda=8 or more.");
    CHECK_THROWS_WITH(plan(device, {.m = 8, .n = 4, .k = -2}),
                      "gcn: cannot plan sgemm:nn:8x4x-2: k is -2, negative. Try: 0 or more for k.");
}

TEST_CASE("a problem that was planned before is remembered, with its factors and the kernel that was forced") {
    Device device = Device::open("cpu");
    const Gemm g = parse_gemm("sgemm:nn:8x8x8:beta=0.5");
    const std::string first = plan(device, g).describe();
    const size_t before = allocations;
    const Plan again = plan(device, g);
    const size_t taken = allocations - before;
    CHECK(taken <= 2);  // the Plan itself, and room for an address
    CHECK(again.describe() == first);
    setenv("GCN_KERNEL", "sgemm_loop", 1);
    CHECK(plan(device, g).kernel() == "sgemm_loop");
    unsetenv("GCN_KERNEL");
    CHECK(plan(device, g).describe() == first);

    const float ones[] = {1, 1, 1, 1};
    Buffer a = device.alloc(16), b = device.alloc(16), c = device.alloc(16);
    for (const float beta : {0.0f, 1.0f, 2.0f}) {
        a.write(ones, 16), b.write(ones, 16), c.write(ones, 16);
        float result[4];
        REQUIRE(plan(device, {.m = 2, .n = 2, .k = 2, .beta = beta}).run(a, b, c));
        c.read(result, 16);
        CHECK(result[0] == 2 + beta);
    }
    for (int64_t n = 1; n < 5000; ++n) REQUIRE(plan(device, {.m = n, .n = 1, .k = 1}).kernel() != "");
}

TEST_CASE("a plan computes without allocating, says what it chose, and why not the others") {
    Device device = Device::open("cpu");
    setenv("GCN_KERNEL", "sgemm_loop", 1);
    Plan plan = gcn::plan(device, {.m = 2, .n = 1, .k = 3, .alpha = 2});
    unsetenv("GCN_KERNEL");
    CHECK(plan.kernel() == "sgemm_loop");
    CHECK(plan.describe() == "sgemm_loop on cpu; sgemm_nt_128x128" + and_more() + ": it runs on a GPU only");

    const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 10, 100};
    Buffer da = device.alloc(sizeof a), db = device.alloc(sizeof b), dc = device.alloc(8);
    da.write(a, sizeof a);
    db.write(b, sizeof b);
    const size_t before = allocations;
    const auto time = plan.run(da, db, dc);
    CHECK(allocations == before);
    REQUIRE(time);
    CHECK(time->kind == TimeKind::Host);
    float c[2];
    dc.read(c, sizeof c);
    CHECK(c[0] == 2 * 531);
    CHECK(c[1] == 2 * 642);
}

TEST_CASE("wrong buffers end the program with a sentence, before anything is overwritten") {
    Device device = Device::open("cpu"), other = Device::open("cpu");
    Plan plan = gcn::plan(device, {.m = 8, .n = 8, .k = 8}),
         batch = gcn::plan(device, {.m = 8, .n = 8, .k = 8, .batch = 2});
    const Buffer right = device.alloc(256), foreign = other.alloc(256);
    Buffer c = device.alloc(256), small = device.alloc(255);
    const test::Folder folder;
    const std::string said = folder / "said";
    // What a run says and leaves with: the end of a sentence, or nothing when it goes well.
    const auto end = [&](auto&& run) -> std::string {
        const pid_t child = fork();
        if (child == 0) {
            std::signal(SIGABRT, SIG_DFL);
            dup2(open(said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
            run();
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        CHECK((status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)));
        return test::contents(said);
    };
    const auto with = [&](const Buffer& a, Buffer& result) {
        return end([&] { static_cast<void>(plan.run(a, right, result)); });
    };
    const std::string run = "gcn: cannot run sgemm:nn:8x8x8: ";
    Buffer none;
    CHECK(with(right, c) == "");
    CHECK(with(right, small) == run + "C has 255 bytes. Try: 256 or more.\n");
    CHECK(with(small, c) == run + "A has 255 bytes. Try: 256 or more.\n");
    CHECK(with(c, c) == run + "C overlaps A. Try: a Buffer of its own.\n");
    CHECK(with(foreign, c) == run + "A is a Buffer of another Device. Try: the plan's Device.\n");
    CHECK(with(right, none) == run + "C is an empty Buffer. Try: Device::alloc.\n");
    std::vector<Buffer> two = {right, right}, results = {c};
    CHECK(end([&] { static_cast<void>(batch.run(two, two, results)); }) ==
          "gcn: cannot run sgemm:nn:8x8x8:batch=2: there are 2, 2 and 1 Buffers. Try: 2 of each.\n");
}

TEST_CASE("an empty product takes no time and touches nothing") {
    Device device = Device::open("cpu");
    Buffer none = device.alloc(0);
    const auto time = plan(device, {.m = 0, .n = 5, .k = 3}).run(device.alloc(0), device.alloc(60), none);
    REQUIRE(time);
    CHECK(time->us == 0);
}

TEST_CASE("verification finds one wrong element and says which") {
    const Gemm g = parse_gemm("sgemm:tn:70x50x40:alpha=0.5:beta=1:lda=44:ldc=80");
    const Operands o = operands(g, Fill::Integers, 1), reals = operands(g, Fill::Reals, 1);
    const auto product = [&](const Operands& from) {
        std::vector<float> c = from.c;
        for (int64_t j = 0; j < g.n; ++j)
            for (int64_t i = 0; i < g.m; ++i) {
                double sum = 0;
                for (int64_t p = 0; p < g.k; ++p)
                    sum += double(from.a[size_t(p + i * g.lda)]) * from.b[size_t(p + j * g.k)];
                c[size_t(i + j * g.ldc)] = float(g.alpha * sum + g.beta * from.c[size_t(i + j * g.ldc)]);
            }
        return c;
    };
    std::vector<float> exact = product(o), close = product(reals);
    CHECK(exact_with_integers(g));
    CHECK(verify(g, o, exact, Demand::Equal).text == "exact");
    CHECK(verify(g, reals, close, Demand::Certain).right);
    CHECK(verify(g, reals, close, Demand::Likely).right);

    const size_t at = size_t(17 + 5 * g.ldc);
    const float right = exact[at];
    exact[at] += 0.5f;
    close[at] += 0.5f;
    char wanted[80];
    std::snprintf(wanted, sizeof wanted, "1 row is wrong; C(17, 5) is %.9g, not %.9g", right + 0.5, double(right));
    CHECK(verify(g, o, exact, Demand::Equal).text == wanted);
    CHECK(!verify(g, reals, close, Demand::Likely).right);
    exact[at] = NAN;
    CHECK(!verify(g, o, exact, Demand::Equal).right);
    CHECK(!exact_with_integers(parse_gemm("sgemm:nt:1x1x1:alpha=0.1")));
    CHECK(!exact_with_integers(parse_gemm("sgemm:nt:1x1x1000000")));
}

TEST_CASE("after the case in which the device was lost, the rows of the others say that they were not run") {
    Device device = Device::open("hsa-software");
    ModelLog log;
    Bench bench(device, {.warm_ups = 0, .runs = 1}, log);
    CHECK(bench.run(parse_gemm("sgemm:nt:8x8x8")).error == "");
    CHECK(bench.run(parse_gemm("sgemm:nt:1073741824x0x0")).error != "");  // no kernel takes it, which loses nothing
    {
        // A fault of one device stops every other of the process.
        const auto other = open_backend("hsa-software");
        const std::string code = test::contents(BUILD "/tests/kernels/hsa_scale.co");
        const auto kernel = other->load(std::as_bytes(std::span(code)), "hsa_scale");
        const struct {
            uint64_t in = 0x20000000, out = 0x20000000;
            uint32_t factor = 1, count = 64;
        } nowhere;
        CHECK_FALSE(other->launch(*kernel, {}, std::as_bytes(std::span(&nowhere, 1))));
    }
    const BenchRow first = bench.run(parse_gemm("sgemm:nt:8x8x4")), second = bench.run(parse_gemm("sgemm:nt:8x8x2"));
    CHECK(first.error == device.lost());
    CHECK_THAT(first.error, Catch::Contains("memory access fault at 0x20000000"));
    CHECK(second.error == "not run: the device was lost in sgemm:nt:8x8x4");
    CHECK(second.name == "sgemm:nt:8x8x2");
    CHECK_FALSE(second.verified);
    CHECK_FALSE(second.measured);
}

TEST_CASE("of a log of times only whole records of known methods and of this process are believed") {
    const test::Folder folder;
    const std::string name = folder / "log", mine = "{\"pid\":" + std::to_string(getpid()) + ",";
    setenv("GCN_EMU_TIMING_LOG", name.c_str(), 1);
    ModelLog log;
    CHECK(!log.take());
    const auto add = [&](const std::string& line) { std::ofstream(name, std::ios::app) << line << "\n"; };
    const std::string good = "\"method\":\"stepped\",\"interval\":0,\"parameters\":\"p\"}";
    for (const std::string& wrong : {mine + "\"method\":5}", std::string("[]"), std::string("{"), "{" + good,
                                     "{\"pid\":" + std::to_string(getpid() + 1) + "," + good,
                                     mine + "\"method\":\"exact\",\"interval\":null,\"parameters\":\"p\"}",
                                     mine + "\"method\":\"bogus\",\"interval\":0,\"parameters\":\"p\"}"})
        add(wrong);
    CHECK(!log.take());
    add(mine + "\"method\":\"sampled\",\"interval\":0.02,\"parameters\":\"p\"}");
    add(mine + "\"method\":\"exact\",\"interval\":0,\"parameters\":\"p\"}");
    CHECK(log.take() == Modelled{"sampled", 0.02, "p"});
    unsetenv("GCN_EMU_TIMING_LOG");
}

TEST_CASE("every case of every list is a problem, and none stands twice in a list") {
    for (const CaseList& list : case_lists()) {
        INFO(list.name);
        auto cases = cases_in(list.text);
        CHECK(!cases.empty());
        for (const std::string& c : cases) CHECK(text(parse_gemm(c)) == c);
        std::sort(cases.begin(), cases.end());
        CHECK(std::adjacent_find(cases.begin(), cases.end()) == cases.end());
    }
    CHECK(cases_in("# nothing\n\n  a  # b\n\tc\r\nd") == std::vector<std::string>{"a", "c", "d"});
}
