#pragma once
// Calibration: what a device's clock says of small kernels, beside what is published of them.
//
// The rows are tests/timing/rows.def. Nothing here knows whether the device is a card: times come from Backend::launch,
// which are the device's own stamps, with their kind.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.hpp"
#include "isa/chips.hpp"

namespace gcn::calibration {

using Words = std::vector<uint32_t>;

// What a row proves. The three are never mixed.
enum class Group : char {
    Constant = 'a',   // the model has this figure as an input: plumbing
    Published = 'b',  // somebody measured it, and no input of the model is it
    Reported = 'c',   // no bar: its source is a guess, sources disagree, or the published program is another one
};
double bar_percent(Group);  // 0: none

// One launch. Kernels of tests/timing take all of it in one argument block.
struct Case {
    std::string_view kernel;
    uint32_t groups, lanes, turns, a, b;
    Words in;

    uint64_t lanes_in_all() const { return uint64_t(groups) * lanes; }
};

// A kernel: its file, how many words it leaves in `out`, and which; none where it leaves a word alone.
struct KernelRow {
    std::string_view name, file;
    uint64_t (*words)(const Case&);
    std::optional<uint32_t> (*word)(const Case&, uint64_t index);
};
const KernelRow* find_kernel(std::string_view name);

class Bench;

enum class Per : uint8_t { InAll, Cu };

struct Row {
    std::string_view name;
    Group group;
    std::string_view chip;  // a row of isa/chips.def; "": all
    double (*method)(Bench&, const Row&);
    std::string_view unit;
    double low, high;  // what is published, from ... to; both 0: nothing is
    std::string_view source;
    // What is launched, and of what the figure is made: see each method.
    std::string_view kernel;
    uint32_t groups;
    Per per;
    uint32_t lanes, turns, a, b;
    void (*fill)(Case&);
    double work;
};
std::span<const Row> rows();

// How far outside [low, high], in percent of the nearer end and with its sign; 0 inside, nothing when nothing is
// published.
std::optional<double> error_percent(const Row&, double value);

// The methods. A figure in clk is at `mhz` of the Bench.
double clk(Bench&, const Row&);             // of one of `work` units in a turn: by the time of more turns
double peak_share(Bench&, const Row&);      // %: a wave's turn takes a SIMD `work` clk at best
double dram_share(Bench&, const Row&);      // %: a lane moves `work` bytes
double clpeak_read(Bench&, const Row&);     // the same, the better of its two orders
double bytes_per_clk(Bench&, const Row&);   // a lane moves `work` bytes a turn
double micros(Bench&, const Row&);          // of a launch
double groups_per_clk(Bench&, const Row&);  // by the time of more groups
double waves_per_simd(Bench&, const Row&);  // by the time of sleeping groups beside that of one a CU
double l1_ratio(Bench&, const Row&);        // clk, the row "random dword" being 16
double million_lanes(Bench&, const Row&);   // lanes a microsecond
double sgemm_share(Bench&, const Row&);     // % of peak; turns, a, b are m, n, k; lanes 1: op(B) is transposed

// What lies in `in`.
void nothing(Case&);
void zeros(Case&);                            // a page
void floats(Case&);                           // what clpeak's lanes read: small whole numbers
void numbers(Case&);                          // two elements of up to 16 bytes a lane
template <uint32_t bytes> void chain(Case&);  // each line of so many bytes once, in random order
template <uint32_t bytes> void window(Case&);
void boltzmann(Case&);
// Offsets of 256 lanes for l1_load, and data behind them. `a` is also the size of an element where it is not 0.
void linear_x1(Case&);
void linear_x2(Case&);
void linear_x3(Case&);
void linear_x4(Case&);
void uniform(Case&);
void random_x1(Case&);
void random_x2(Case&);
void random_x3(Case&);
void random_x4(Case&);
void every_other(Case&);  // dwords
void a_line_each(Case&);  // 64 lines a wave
void half_masked(Case&);  // random_x1, of each eight lanes the latter four idle

// An open device.
class Bench {
public:
    Bench(std::unique_ptr<Backend>, int mhz);  // mhz 0: what the device says
    const DeviceInfo& info() const { return device; }
    const isa::Chip* chip() const { return its_chip; }  // nullptr: none of isa/chips.def
    int mhz() const { return clock; }
    bool applies(const Row& row) const { return row.chip.empty() || (its_chip && its_chip->row == row.chip); }

    Case launch_of(const Row&) const;  // with its input
    // Microseconds, by the device's own stamps: the best of ten launches on a card, the first in a model, which is the
    // same each time. gcn::Error when the device was lost, or what the kernel left in memory is wrong.
    double time(const Case&);

    // Microseconds that the loads take of which others are fractions; 0: nobody has measured them yet.
    double random_l1 = 0;

private:
    const std::unique_ptr<Backend> backend;
    const DeviceInfo device;
    const isa::Chip* its_chip = nullptr;
    int clock;
};

struct Result {
    const Row* row;
    double value;
    std::optional<double> error;
    bool within() const;  // the bar of its group, or there is none
};
Result measure(Bench&, const Row&);

}  // namespace gcn::calibration
