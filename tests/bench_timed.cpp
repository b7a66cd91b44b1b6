// make bench-emu: what the timing model costs from end to end. Each kernel runs as it is, recorded without an engine
// that uses what is recorded, and timed in full, on one thread of the executor. The three alternate, and times are of
// the processor, so that a busy machine slows all alike: medians, and ratios of medians.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/embedded.hpp"
#include "backend/sgemm_args.hpp"
#include "emulator/timing/grid.hpp"
#include "tests/alone.hpp"

using namespace gcn;
using namespace gcn::test;
using namespace gcn::emulator;

namespace {

const isa::Chip& chip = *isa::find_chip("rx480");

// Drops each trace when its group has ended.
class Dropped final : public GridRecorder {
public:
    std::unique_ptr<GroupRecorder> group(uint64_t number, const GroupFacts& facts) override {
        auto made = std::make_unique<timing::GroupTrace>();
        timing::GroupTrace& trace = *made;
        {
            const std::lock_guard lock(guard);
            traces[number] = std::move(made);
        }
        return timing::group_recorder(number, facts, programs, trace, [this, number] {
            const std::lock_guard lock(guard);
            for (const timing::WaveTrace& w : traces.at(number)->waves) words += w.words.size();
            traces.erase(number);
        });
    }
    bool steps(const Program&) override { return false; }
    bool full() const override { return false; }
    bool ready() const override { return false; }
    void advance(Steps*) override {}
    bool over() const override { return true; }
    double duration_ns() const override { return 0; }

    uint64_t words = 0;

private:
    std::mutex guard;
    std::map<uint64_t, std::unique_ptr<timing::GroupTrace>> traces;
    timing::Programs programs{[](const Program&) {}};
};

struct Bars {
    double timed;     // M wave-instructions/s in full
    double recorded;  // the time of a recorded run, of one that is not; 0: none
};

void measure(const char* what, Alone& alone, const Bars& bars, int runs) {
    timing::Model model(chip, false);
    std::vector<double> plain, recorded, full;
    uint64_t words = 0, first_cycles = 0, cycles = 0;
    Result result;
    const auto cpu = [&] { return timed(CLOCK_PROCESS_CPUTIME_ID, [&] { result = alone.run(); }); };
    alone.record(nullptr);
    alone.run();
    for (int i = 0; i < runs; ++i) {
        alone.record(nullptr);
        plain.push_back(cpu());
        const auto dropped = std::make_shared<Dropped>();
        alone.record(dropped);
        recorded.push_back(cpu());
        words = dropped->words;
        const auto grid = model.grid(alone.launch());
        alone.record(grid);
        full.push_back(cpu());
        cycles = grid->result().cycles;
        if (!i) first_cycles = cycles;
    }
    const double off = median(plain), on = median(recorded), all = median(full), n = 1e-6 * double(result.instructions);
    std::printf("%-26s %7.1f %9.1f %7.1f   %5.2f %7.2f %5.2f   %9llu %9llu\n", what, n / off, n / on, n / all, on / off,
                all / off, double(words) / double(result.instructions), static_cast<unsigned long long>(first_cycles),
                static_cast<unsigned long long>(cycles));
    std::printf("%-26s full: at least %.0f, %s", "", bars.timed, n / all >= bars.timed ? "met" : "missed");
    if (bars.recorded)
        std::printf("; recorded: at most %.2f, %s", bars.recorded, on / off <= bars.recorded ? "met" : "missed");
    std::printf("\n");
}

void sgemm(uint32_t n, const Bars& bars, int runs) {
    constexpr const char* name = "sgemm_nt_128x128";
    const GcnEmbedded* bytes = find_embedded(name);
    GCN_ASSERT(bytes);
    const Paged<float> a(n * n, 1), b(n * n, 1), c(n * n);
    const Paged<SgemmArgs> in_memory(1);
    SgemmArgs& args = *in_memory.data();
    Alone alone(1, {bytes->data, bytes->bytes}, name);
    args.a = alone.map(a.data(), a.size() * 4, false);
    args.b = alone.map(b.data(), b.size() * 4, false);
    args.c = alone.map(c.data(), c.size() * 4, true);
    args.m = args.n = args.k = args.lda = args.ldb = args.ldc = n;
    args.alpha = 1;
    const uint32_t tiles = (n + 127) / 128;
    alone.set({tiles * 256, tiles, 1}, {256, 1, 1}, alone.map(in_memory.data(), sizeof args, false));
    measure((name + (", " + std::to_string(n))).c_str(), alone, bars, runs);
}

// Copies 64 MiB, a dword or four a lane: neither the source nor what is written stays in L2.
void copy(const char* name, uint32_t dwords, const Bars& bars, int runs) {
    constexpr size_t words = 16 << 20;
    const auto object = read(BUILD "/tests/timing/memory.co");
    const Paged<uint32_t> from(words, 1), to(words);
    struct Args {
        uint64_t in = 0, out = 0;
        uint32_t turns = 1, a = 0, b = 0, lanes = 256;
    };
    const Paged<Args> in_memory(1);
    Args& args = *in_memory.data();
    Alone alone(1, object, name);
    args.in = alone.map(from.data(), words * 4, false);
    args.out = alone.map(to.data(), words * 4, true);
    alone.set({uint32_t(words / dwords), 1, 1}, {args.lanes, 1, 1}, alone.map(in_memory.data(), sizeof args, false));
    measure((name + std::string(", 64 MiB")).c_str(), alone, bars, runs);
    GCN_ASSERT(std::equal(to.begin(), to.end(), from.begin()));
}

}  // namespace

// bench_timed [RUNS [PART OF A NAME]]
int main(int count, char** names) try {
    const int runs = count > 1 ? std::max(std::atoi(names[1]), 1) : 7;
    const std::string part = count > 2 ? names[2] : "";
    std::printf("M wave-instructions/s of the processor's time, medians of %d runs in turn, 1 thread\n", runs);
    std::printf("%-26s %7s %9s %7s   %5s %7s %5s   %s\n", "", "off", "recorded", "full", "rec/off", "full/off", "words",
                "cycles, first and last run");
    const auto wanted = [&](const std::string& name) { return name.find(part) != name.npos; };
    if (wanted("sgemm 1024")) sgemm(1024, {20, 1.15}, runs);
    if (wanted("sgemm 512")) sgemm(512, {20, 1.15}, runs);
    if (wanted("copy_x1")) copy("copy_x1", 1, {3, 0}, runs);
    if (wanted("copy_x4")) copy("copy_x4", 4, {3, 0}, runs);
} catch (const gcn::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault);
}
