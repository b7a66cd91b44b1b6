// The software Polaris of this process: made on first use, never destroyed, absent from forked children.

#include "emulator/cp/device.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include "emulator/cp/power.hpp"
#include "gcn/error.hpp"

namespace gcn::emulator {

namespace {

std::string chip_names() {
    std::string names;
    for (const isa::Chip& c : isa::chips) names += (names.empty() ? "" : ", ") + std::string(c.row);
    return names;
}

[[noreturn]] void refuse(const std::string& variable, const std::string& value, const std::string& accepted) {
    fail({"start the software Polaris", variable + " is '" + value + "'", accepted, gcn::Fault::WrongUse});
}

// A variable that is set but empty counts as not set.
std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

const isa::Chip* chip_setting() {
    const std::string name = environment("GCN_EMU_CHIP");
    if (name.empty()) return &isa::chips[0];
    const isa::Chip* chip = isa::find_chip(name);
    if (!chip) refuse("GCN_EMU_CHIP", name, "one of " + chip_names());
    return chip;
}

int thread_setting() {
    const std::string text = environment("GCN_EMU_THREADS");
    if (text.empty()) return std::max(1u, std::thread::hardware_concurrency());
    constexpr int most = 1024;
    int threads = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
    if (error != std::errc() || end != text.data() + text.size() || threads < 1 || threads > most)
        refuse("GCN_EMU_THREADS", text, "a number from 1 to " + std::to_string(most));
    return threads;
}

std::string simd_setting() {
    const std::string simd = environment("GCN_EMU_SIMD");
    for (const char* known : {"", "avx512", "avx2", "portable"})
        if (simd == known) return simd;
    refuse("GCN_EMU_SIMD", simd, "one of avx512, avx2, portable");
}

double watchdog_setting() {
    const std::string text = environment("GCN_EMU_WATCHDOG");
    if (text.empty()) return 60;
    constexpr double most = 1e9;
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || !(seconds >= 0 && seconds <= most))
        refuse("GCN_EMU_WATCHDOG", text, "a number of seconds up to 1e9; 0 for none");
    return seconds;
}

Timing timing_setting() {
    struct Row {
        const char* name;
        Timing timing;
    };
    const std::string text = environment("GCN_EMU_TIMING");
    for (const Row& row :
         {Row{"", Timing::Off}, {"off", Timing::Off}, {"sampled", Timing::Sampled}, {"full", Timing::Full}})
        if (text == row.name) return row.timing;
    refuse("GCN_EMU_TIMING", text, "one of off, sampled, full");
}

bool reuse_setting() {
    const std::string text = environment("GCN_EMU_TIMING_REUSE");
    if (!text.empty() && text != "0" && text != "1") refuse("GCN_EMU_TIMING_REUSE", text, "0 or 1");
    return text != "0";
}

// Both are leaked: see device.hpp. The lock is held across fork(), so that the child finds it free.
Device* current = nullptr;
std::mutex& creation = *new std::mutex;

void forget_parent() {
    current = nullptr;
    creation.unlock();
}

// The chip with the clock that is set for its model: what programs are told of it is what their times are made of.
const isa::Chip* clocked(const isa::Chip* chip, const timing::Parameters& parameters) {
    const int mhz = int(std::lround(parameters.core_mhz));
    if (mhz == chip->mhz) return chip;
    static isa::Chip other;
    other = *chip;
    other.mhz = mhz;
    return &other;
}

}  // namespace

Settings Settings::from_environment() {
    const isa::Chip* const chip = chip_setting();
    const auto parameters = timing::Parameters::of(*chip, environment("GCN_EMU_TIMING_SET"));
    return {clocked(chip, parameters),
            thread_setting(),
            simd_setting(),
            watchdog_setting(),
            timing_setting(),
            parameters,
            environment("GCN_EMU_TIMING_LOG"),
            reuse_setting(),
            StrictSettings::from(environment("GCN_EMU_STRICT"), environment("GCN_EMU_STRICT_JSON"),
                                 environment("GCN_EMU_STRICT_COUNT")),
            debug::Settings::from(environment)};
}

void Totals::add(const Result& r) {
    dispatches.fetch_add(1, std::memory_order_relaxed);
    groups.fetch_add(r.groups, std::memory_order_relaxed);
    waves.fetch_add(r.waves, std::memory_order_relaxed);
    instructions.fetch_add(r.instructions, std::memory_order_relaxed);
}

Device& Device::open() {
    static const int watching = pthread_atfork([] { creation.lock(); }, [] { creation.unlock(); }, forget_parent);
    GCN_ASSERT(watching == 0);
    const std::lock_guard lock(creation);
    if (!current) current = new Device(Settings::from_environment());
    return *current;
}

// As many waves as the driver says a CU holds; fewer fit where registers or LDS are short, which is not looked at.
constexpr int waves_per_cu = 40;

Device::Device(const Settings& settings)
    : chip(*settings.chip),
      timing(settings.timing),
      clock(timing != Timing::Off, chip.mhz),
      executor(settings.threads, settings.simd, settings.watchdog, settings.chip->cus() * waves_per_cu),
      watch(settings.strict, settings.debug),
      counters(*settings.chip, settings.parameters, clock.modelled ? &clock : nullptr),
      model(*settings.chip, settings.parameters, settings.timing == Timing::Sampled),
      log(settings.timing == Timing::Off ? "" : settings.timing_log),
      patience(settings.watchdog) {
    if (settings.timing_reuse) model.reuse();
    set_shader_clocks(clock.modelled ? &clock : nullptr);
}

static void say_untimed() {
    static std::atomic_flag said;
    if (said.test_and_set()) return;
    std::fprintf(
        stderr, "%s\n",
        text({"model the time of a grid",
              "more of it was recorded than there is room for before its first groups had ended, so its end is "
              "stamped as its start",
              "GCN_EMU_TIMING=off"})
            .c_str());
}

void Device::prepare(Dispatch& dispatch, const Clock::Work& work, bool windowed) {
    dispatch.start_ns = work.start;
    dispatch.observers = watch.observers();
    const bool counting = counters.counting();
    if (timing == Timing::Off) {
        if (counting) dispatch.observers.push_back(counters.observer(windowed));
        return;
    }
    dispatch.recorder =
        model.grid(dispatch, [this, work, counting, windowed, dispatch = dispatch](const timing::TimedGrid& grid) {
            if (log.on()) log.add(dispatch, grid);
            if (grid.result().method == timing::Method::None) {
                say_untimed();
                if (counting) counters.lose();
                return;
            }
            if (counting) counters.add(grid, windowed);
            Power::worked(chip, work.host_start, grid.result().ns / 1e9, activity(grid, chip));
        });
}

}  // namespace gcn::emulator
