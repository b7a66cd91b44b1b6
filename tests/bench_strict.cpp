// make bench-emu: what strict mode costs, on SGEMM kernels in the same run.
//
// All times are of the host. Runs alternate between fast and strict, so that a busy machine slows both; only ratios
// count.

#include <time.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "backend/code_object.hpp"
#include "backend/embedded.hpp"
#include "backend/sgemm_args.hpp"
#include "emulator/exec/exec.hpp"
#include "emulator/strict/strict.hpp"
#include "gcn/error.hpp"
#include "tests/alone.hpp"

using namespace gcn;

namespace {

constexpr int runs = 5;

double seconds() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}
struct NoNames : emulator::strict::NameSource {
    const std::shared_ptr<const emulator::strict::Names> names = std::make_shared<emulator::strict::Names>();
    std::shared_ptr<const emulator::strict::Names> at(uint64_t) override { return names; }
};

struct Row {
    const char* kernel;
    uint32_t tile_m, tile_n, lanes;
};
constexpr Row rows[] = {{"sgemm_nt_128x128", 128, 128, 256}, {"sgemm_nt_32x32", 32, 32, 64}};

class Emulated {
public:
    Emulated(const Row& row, int n) : a(n * n), b(n * n), c(n * n) {
        const GcnEmbedded* bytes = find_embedded(row.kernel);
        GCN_ASSERT(bytes);
        object = read_code_object({bytes->data, bytes->bytes}, row.kernel);
        const KernelDescriptor* kernel = object.find(row.kernel);
        GCN_ASSERT(kernel);
        std::mt19937 random(1);
        std::uniform_real_distribution<float> values(-1, 1);
        for (auto* m : {&a, &b})
            for (float& x : *m) x = values(random);
        args.a = map(a.data(), a.size() * 4, false);
        args.b = map(b.data(), b.size() * 4, false);
        args.c = map(c.data(), c.size() * 4, true);
        args.m = args.n = args.k = args.lda = args.ldb = args.ldc = uint32_t(n);
        args.alpha = 1;
        const uint64_t kernarg = map(&args, sizeof args, false);
        dispatch.space = &space;
        dispatch.entry = map(object.image.data(), object.image.size(), false) + kernel->entry;
        dispatch.rsrc1 = kernel->rsrc1;
        dispatch.rsrc2 = kernel->rsrc2;
        dispatch.group = {row.lanes, 1, 1};
        dispatch.grid = {(uint32_t(n) + row.tile_m - 1) / row.tile_m * row.lanes,
                         (uint32_t(n) + row.tile_n - 1) / row.tile_n, 1};
        dispatch.lds_bytes = kernel->lds_bytes;
        dispatch.user_sgprs = {uint32_t(kernarg), uint32_t(kernarg >> 32)};
    }

    emulator::Result run(emulator::Observer* observer) {
        dispatch.observers.clear();
        if (observer) dispatch.observers.push_back(observer);
        std::mutex guard;
        std::condition_variable ended;
        bool over = false;
        emulator::Result result;
        const auto running = executor.start(dispatch, [&](const emulator::Result& r) {
            const std::lock_guard lock(guard);
            result = r, over = true;
            ended.notify_one();
        });
        std::unique_lock lock(guard);
        ended.wait(lock, [&] { return over; });
        if (result.fault.kind != emulator::FaultKind::None) fail({"run the SGEMM", result.fault.text, ""});
        return result;
    }

private:
    uint64_t map(void* host, size_t bytes, bool writable) {
        const uint64_t address = uint64_t(host);
        GCN_ASSERT(space.map({address, address + bytes, static_cast<std::byte*>(host), writable}));
        return address;
    }
    emulator::Executor executor{1, ""};
    std::vector<float> a, b, c;
    emulator::AddressSpace space;
    CodeObject object;
    SgemmArgs args{};
    emulator::Dispatch dispatch;
};

void compare(const Row& row, int n) {
    NoNames names;
    emulator::strict::Strict strict(
        {}, names, [](const emulator::strict::Finding& f) { std::printf("  %s\n", f.text().c_str()); });
    Emulated machine(row, n);
    machine.run(nullptr);
    machine.run(&strict);
    std::vector<double> fast_times, strict_times;
    emulator::Result result;
    for (int i = 0; i < runs; ++i) {
        const double start = seconds();
        result = machine.run(nullptr);
        const double between = seconds();
        machine.run(&strict);
        fast_times.push_back(between - start);
        strict_times.push_back(seconds() - between);
    }
    const double fast = gcn::test::median(fast_times), slow = gcn::test::median(strict_times),
                 count = double(result.instructions);
    std::printf("%s, n = %d, medians of %d runs in turn\n", row.kernel, n, runs);
    std::printf("  %-34s %8.1f M/s host\n", "wave instructions", count / fast / 1e6);
    std::printf("  %-34s %8.1f M/s host  %5.1f times the time (bar 20)\n", "in strict mode", count / slow / 1e6,
                slow / fast);
    std::printf("  %-34s %8llu\n", "findings", static_cast<unsigned long long>(strict.reports.places()));
}

}  // namespace

int main() try {
    for (const Row& row : rows) compare(row, 512);
    return 0;
} catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault);
}
