// make bench-emu: what the timing model costs from end to end. Each kernel runs as it is, recorded without an engine
// that uses what is recorded, timed in full, by samples, and once more when its time is known, on one thread of the
// executor. The five alternate, and times are of the processor, so that a busy machine slows all alike: medians, and
// ratios of medians.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emulator/timing/grid.hpp"
#include "tests/sgemm_alone.hpp"

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
        return timing::group_recorder(number, facts, programs, trace, {.ended = [this, number] {
                                          const std::lock_guard lock(guard);
                                          for (const timing::WaveTrace& w : traces.at(number)->waves)
                                              words += w.words.size();
                                          traces.erase(number);
                                      }});
    }
    bool steps(const Program&) override { return false; }
    bool full(uint64_t) const override { return false; }
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
    double timed = 0;     // M wave-instructions/s in full; 0: none
    double recorded = 0;  // the time of a recorded run, of one that is not; 0: none
    double sampled = 0;   // the same of one timed by samples
    double again = 0;     // and of its next launch
    double error = 3;     // of a time by samples, in % of that in full
};

bool judge(const char* what, double is, const char* than, double bar, bool met) {
    std::printf("%27s%s: %.2f, at %s %.2f: %s\n", "", what, is, than, bar, met ? "met" : "missed");
    return met;
}

bool measure(const std::string& what, Alone& alone, const Bars& bars, int runs) {
    const char* const changes = std::getenv("GCN_EMU_TIMING_SET");
    const auto parameters = timing::Parameters::of(chip, changes ? changes : "");
    const timing::Model exact(chip, parameters, false);
    std::vector<double> plain, recorded, full, sampled, again;
    uint64_t words = 0;
    timing::Found in_full, by_samples;
    Result result;
    const auto cpu = [&] { return timed(CLOCK_PROCESS_CPUTIME_ID, [&] { result = alone.run(); }); };
    const auto found = [&](const timing::Model& model, std::vector<double>& times) {
        const auto grid = model.grid(alone.launch());
        alone.record(grid);
        times.push_back(cpu());
        return grid->result();
    };
    alone.record(nullptr);
    alone.run();
    for (int i = 0; i < runs; ++i) {
        alone.record(nullptr);
        plain.push_back(cpu());
        const auto dropped = std::make_shared<Dropped>();
        alone.record(dropped);
        recorded.push_back(cpu());
        words = dropped->words;
        in_full = found(exact, full);
        timing::Model parts(chip, parameters, true);
        parts.reuse();
        by_samples = found(parts, sampled);
        GCN_ASSERT(found(parts, again).ns == by_samples.ns);
    }
    const double off = median(plain), on = median(recorded), all = median(full), some = median(sampled),
                 same = median(again), n = 1e-6 * double(result.instructions);
    const double error = 100 * (by_samples.ns / in_full.ns - 1);
    std::printf("%-26s %7.1f %7.1f %7.1f %7.1f %7.1f %7.1f  %5.2f %6.2f %6.2f %6.2f %6.2f %10llu %6.2f %6.2f\n",
                what.c_str(), n, n / off, n / on, n / all, n / some, n / same, on / off, all / off, some / off,
                same / off, double(words) / double(result.instructions),
                static_cast<unsigned long long>(in_full.cycles), error, 100 * by_samples.interval);
    bool met = true;
    if (bars.timed) met &= judge("full", n / all, "least", bars.timed, n / all >= bars.timed);
    if (bars.recorded) met &= judge("recorded", on / off, "most", bars.recorded, on / off <= bars.recorded);
    if (bars.sampled && n > 100) met &= judge("sampled", some / off, "most", bars.sampled, some / off <= bars.sampled);
    if (bars.again && n > 100) met &= judge("again", same / off, "most", bars.again, same / off <= bars.again);
    if (std::abs(error) > bars.error) met &= judge("error", error, "most", bars.error, false);
    std::fflush(stdout);
    return met;
}

bool sgemm(std::string_view kernel, uint32_t n, const Bars& bars, int runs) {
    AloneSgemm product(1, kernel, n, n, n);
    return measure(std::string(kernel) + ", " + std::to_string(n), product.alone, bars, runs);
}

// Copies, a dword or four a lane: neither the source nor what is written stays in L2.
bool copy(const char* name, uint32_t dwords, size_t words, const Bars& bars, int runs) {
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
    const bool met = measure(name + (", " + std::to_string(words >> 18)) + " MiB", alone, bars, runs);
    GCN_ASSERT(std::equal(to.begin(), to.end(), from.begin()));
    return met;
}

}  // namespace

// bench_timed [RUNS [KERNEL [SIZE]]]: that product alone, "all" for each kernel; without, what has a bar. Status 1: a
// bar is missed. GCN_EMU_TIMING_SET: as for the software Polaris.
int main(int count, char** names) try {
    const int runs = count > 1 ? std::max(std::atoi(names[1]), 1) : 5;
    const std::string kernel = count > 2 ? names[2] : "";
    const auto size = uint32_t(count > 3 ? std::atoi(names[3]) : 1024);
    std::printf(
        "M wave-instructions, and so many a second of the processor's time; medians of %d runs in turn, 1 thread\n",
        runs);
    std::printf("%-26s %7s %7s %7s %7s %7s %7s  %5s %6s %6s %6s %6s %10s %6s %6s\n", "", "all", "off", "record", "full",
                "sampled", "again", "rec/", "full/", "sam/", "again/", "words", "cycles", "error", "+-");
    bool met = true;
    if (kernel == "all") {
        for (const KernelRow& row : kernel_rows())
            if (row.runs == Runs::Gpu) met &= sgemm(row.name, size, {}, runs);
        return !met;
    }
    if (!kernel.empty()) return !sgemm(kernel, size, {.sampled = 1.5, .again = 1.5}, runs);
    met &= sgemm("sgemm_nt_128x128", 512, {.timed = 20, .recorded = 1.15}, runs);
    met &= sgemm("sgemm_nt_128x128", 1024, {.timed = 20, .recorded = 1.15}, runs);
    met &= sgemm("sgemm_nt_128x128", 2048, {.sampled = 1.5, .again = 1.5}, 1);
    met &= copy("copy_x1", 1, 16 << 20, {.timed = 3}, runs);
    met &= copy("copy_x4", 4, 16 << 20, {.timed = 3}, runs);
    return !met;
} catch (const gcn::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault);
}
