// What lies in a kernel's input.

#include <bit>
#include <numeric>
#include <random>

#include "tests/timing/calibrate.hpp"

namespace gcn::calibration {
namespace {

// Offsets of 256 lanes, each the number that `element` says times `bytes`, and data that says where it lies.
template <class Element> void offsets(Case& c, uint32_t bytes, Element element) {
    constexpr uint32_t lanes = 256;
    c.in.resize(lanes);
    uint32_t last = 0;
    for (uint32_t lane = 0; lane < lanes; ++lane) {
        c.in[lane] = element(lane) * bytes;
        last = std::max(last, c.in[lane]);
    }
    c.in.resize(lanes + (last + 255 * c.a) / 4 + 4);
    std::iota(c.in.begin() + lanes, c.in.end(), 0u);
}

// The start offset of perftest's random cases: hash1 of its hash.hlsli, & 15.
uint32_t hashed(uint32_t lane) { return lane * 0x3504f333 & 15; }
uint32_t itself(uint32_t lane) { return lane; }

void whole_numbers(Case& c, uint64_t words) {
    c.in.resize(words);
    std::iota(c.in.begin(), c.in.end(), 0u);
}

}  // namespace

void nothing(Case&) {}
void zeros(Case& c) { c.in.assign(1024, 0); }
void linear_x1(Case& c) { offsets(c, 4, itself); }
void linear_x2(Case& c) { offsets(c, 8, itself); }
void linear_x3(Case& c) { offsets(c, 12, itself); }
void linear_x4(Case& c) { offsets(c, 16, itself); }
void random_x1(Case& c) { offsets(c, 4, hashed); }
void random_x2(Case& c) { offsets(c, 8, hashed); }
void random_x3(Case& c) { offsets(c, 12, hashed); }
void random_x4(Case& c) { offsets(c, 16, hashed); }
void uniform(Case& c) {
    offsets(c, 4, [](uint32_t) { return 0; });
}
void every_other(Case& c) { offsets(c, 8, itself); }
// The waves of a group read the same lines: 4 KiB in all.
void a_line_each(Case& c) {
    offsets(c, 64, [](uint32_t lane) { return lane % 64; });
}
void half_masked(Case& c) {
    random_x1(c);
    for (uint32_t lane = 0; lane < 256; ++lane)
        if (lane % 8 >= 4) c.in[lane] = ~0u;
}

// As many floats as clpeak's lanes read: the larger of its two orders covers the same elements.
void floats(Case& c) {
    const uint32_t dwords = std::stoi(std::string(c.kernel.substr(c.kernel.find('x') + 1)));
    c.in.resize(c.lanes_in_all() * 4 * c.turns * dwords);
    for (size_t i = 0; i < c.in.size(); ++i) c.in[i] = std::bit_cast<uint32_t>(float((i ^ i >> 9) & 15));
}
void numbers(Case& c) { whole_numbers(c, c.b / 4 + c.lanes_in_all() * (c.kernel.ends_with("x4") ? 4 : 1)); }
void boltzmann(Case& c) { whole_numbers(c, 19 * uint64_t(c.b) / 4 + c.lanes_in_all() / 4 + 1); }

template <uint32_t bytes> void window(Case& c) { whole_numbers(c, bytes / 4); }
template void window<1u << 20>(Case&);
template void window<64u << 20>(Case&);

// One cycle through all lines: Sattolo's shuffle, with the generator's own numbers so that it is the same everywhere.
template <uint32_t bytes> void chain(Case& c) {
    constexpr uint32_t line = 64;
    std::vector<uint32_t> next(bytes / line);
    std::iota(next.begin(), next.end(), 0u);
    std::mt19937 random(1);
    for (uint32_t i = uint32_t(next.size()) - 1; i > 0; --i) std::swap(next[i], next[random() % i]);
    c.in.assign(bytes / 4, 0);
    for (uint32_t i = 0; i < next.size(); ++i) c.in[i * line / 4] = next[i] * line;
}
template void chain<4u << 10>(Case&);
template void chain<8u << 10>(Case&);
template void chain<64u << 10>(Case&);
template void chain<512u << 10>(Case&);
template void chain<64u << 20>(Case&);

}  // namespace gcn::calibration
