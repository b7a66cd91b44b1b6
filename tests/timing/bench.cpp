// Launches: loads a kernel, fills its memory, times it, and looks whether it did what it says.

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "backend/measure.hpp"
#include "tests/timing/calibrate.hpp"

namespace gcn::calibration {
namespace {

// At the offsets of tests/timing/timing.inc.
struct Arguments {
    uint64_t in, out;
    uint32_t turns, a, b, lanes;
};
static_assert(sizeof(Arguments) == 32);

std::vector<std::byte> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) fail({"read " + path, "it does not open", "make calibrate-card"});
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    std::vector<std::byte> copy(bytes.size());
    std::memcpy(copy.data(), bytes.data(), bytes.size());
    return copy;
}

const isa::Chip* chip_in(const std::string& name) {
    for (const isa::Chip& chip : isa::chips)
        if (name.find(chip.card) != name.npos) return &chip;
    return nullptr;
}

// All of what is small, of what is large every 997th.
constexpr uint64_t all_below = 1024, every = 997;

void verify(const Case& c, const KernelRow& kernel, const Memory& out, uint64_t words) {
    Words left(words);
    if (words) out.read(left.data(), 4 * words, 0);
    for (uint64_t i = 0; i < words; i += i < all_below ? 1 : every) {
        const auto want = kernel.word(c, i);
        if (!want || *want == left[i]) continue;
        char values[64];
        std::snprintf(values, sizeof values, "is 0x%08x instead of 0x%08x", left[i], *want);
        fail({"time " + std::string(c.kernel), "word " + std::to_string(i) + " of what it computes " + values});
    }
}

}  // namespace

Bench::Bench(std::unique_ptr<Backend> opened, int mhz)
    : backend(std::move(opened)),
      device(backend->info()),
      its_chip(chip_in(device.name)),
      clock(mhz ? mhz : device.mhz) {
    if (device.isa != "gfx803")
        fail({"calibrate " + device.name, "it does not run gfx803 code", "GCN_BACKEND=hsa", Fault::NoDevice});
    if (clock <= 0) fail({"calibrate " + device.name, "nothing says what clock it runs at", "--mhz"});
}

Case Bench::launch_of(const Row& row) const {
    const uint32_t each = row.per == Per::Cu ? uint32_t(std::max(device.cus, 1)) : 1;
    Case c{row.kernel, row.groups * each, row.lanes, row.turns, row.a, row.b, {}};
    row.fill(c);
    return c;
}

double Bench::time(const Case& c) {
    const KernelRow* kernel = find_kernel(c.kernel);
    if (!kernel) fail({"time " + std::string(c.kernel), "there is no such calibration kernel"});
    const auto code = read_file(BUILD "/tests/timing/" + std::string(kernel->file) + ".co");
    const auto loaded = backend->load(code, c.kernel);
    const uint64_t words = kernel->words(c);
    const auto in = backend->alloc(std::max<size_t>(4 * c.in.size(), 4)),
               out = backend->alloc(std::max<size_t>(4 * words, 4));
    if (!c.in.empty()) in->write(c.in.data(), 4 * c.in.size(), 0);
    if (words <= 1 << 20) out->write(Words(words).data(), 4 * words, 0);  // atomics add to it

    const Arguments arguments{in->address, out->address, c.turns, c.a, c.b, c.lanes};
    const auto run = [&] {
        return backend->launch(*loaded, {.x = c.groups, .lanes = c.lanes}, std::as_bytes(std::span(&arguments, 1)));
    };
    const auto first = run();
    if (!first) fail({"time " + std::string(c.kernel), backend->lost()});
    verify(c, *kernel, *out, words);
    if (first->kind != TimeKind::Measured) return known_us(*first, std::string(c.kernel));
    const auto measured = gcn::measure(run, {.warm_ups = 3, .runs = 10});
    if (!measured) fail({"time " + std::string(c.kernel), backend->lost()});
    return measured->best.us;
}

}  // namespace gcn::calibration
