// What each calibration kernel leaves in memory, computed a second time: a kernel that is fast because it does less is
// found out. Everything follows from the comments in tests/timing/*.s.

#include <bit>
#include <cmath>

#include "tests/timing/calibrate.hpp"

namespace gcn::calibration {
namespace {

using Word = std::optional<uint32_t>;

// ---- how many words ---------------------------------------------------------------------------
uint64_t none(const Case&) { return 0; }
uint64_t a_lane(const Case& c) { return c.lanes_in_all(); }
template <uint32_t dwords> uint64_t element(const Case& c) { return dwords * c.lanes_in_all(); }
uint64_t by_stride(const Case& c) { return c.a * c.lanes_in_all() / 4; }
uint64_t by_mask(const Case& c) { return std::min<uint64_t>(c.a * (c.lanes_in_all() - 1), c.b) / 4 + 1; }
uint64_t cells(const Case& c) { return 19 * uint64_t(c.b) / 4; }

// ---- results of `finish`: the turns made are added --------------------------------------------
Word untouched(const Case&, uint64_t) { return {}; }
template <uint32_t value> Word constant(const Case& c, uint64_t) { return value + c.turns; }
template <uint32_t each> Word counted(const Case& c, uint64_t) { return each * c.turns + c.turns; }
template <uint32_t each> Word ones(const Case& c, uint64_t) {
    return std::bit_cast<uint32_t>(float(each * c.turns)) + c.turns;
}

template <class T, class Mad> T chain_of_mads(T x, T y, uint32_t turns, Mad mad) {
    for (uint32_t i = 0; i < 8 * turns; ++i) {
        x = mad(y, x, y);
        y = mad(x, y, x);
    }
    return y;
}
Word mad_f32(const Case& c, uint64_t i) {
    const float y = chain_of_mads(std::bit_cast<float>(c.a), float(i % c.lanes), c.turns,
                                  [](float a, float b, float d) { return a * b + d; });
    return std::bit_cast<uint32_t>(y) + c.turns;
}
Word fma_f64(const Case& c, uint64_t i) {
    const double y = chain_of_mads(double(std::bit_cast<float>(c.a)), double(i % c.lanes), c.turns,
                                   [](double a, double b, double d) { return std::fma(a, b, d); });
    const auto bits = std::bit_cast<uint64_t>(y);
    return uint32_t(bits) + uint32_t(bits >> 32) + c.turns;
}
Word mad_i32(const Case& c, uint64_t i) {
    return c.turns + chain_of_mads(c.a, uint32_t(i % c.lanes), c.turns,
                                   [](uint32_t a, uint32_t b, uint32_t d) { return a * b + d; });
}

Word end_of_chain(const Case& c, uint64_t) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < 64 * c.turns; ++i) at = c.in[at / 4];
    return at + c.turns;
}

// ---- LDS --------------------------------------------------------------------------------------
constexpr uint32_t region = 8192;
uint32_t lds_offset(const Case& c, uint64_t i) { return uint32_t(i % 64) * c.a & c.b; }
uint32_t lds_base(const Case& c, uint64_t i) { return uint32_t(i % c.lanes) / 64 % 8 * region; }
template <uint32_t dwords> Word lds_last(const Case& c, uint64_t i) {
    return lds_offset(c, i) + 4 * (dwords - 1) + c.turns;
}
Word lds_address(const Case& c, uint64_t i) { return lds_base(c, i) + lds_offset(c, i) + c.turns; }
// Lanes with an address of their own.
Word lds_added(const Case& c, uint64_t i) { return lds_offset(c, i) + 7 * 512 * c.turns + c.turns; }
Word lds_added_before(const Case& c, uint64_t i) {
    const uint32_t step = lds_base(c, i) + uint32_t(i % 64) * 16 + region;
    return lds_offset(c, i) + (512 * c.turns - 1) * step + c.turns;
}

// ---- vector memory ----------------------------------------------------------------------------
template <uint32_t dwords> Word l1_sum(const Case& c, uint64_t i) {
    const uint32_t offset = c.in[i % c.lanes % 256];
    if (offset == ~0u) return c.turns;
    uint32_t sum = 0;
    for (uint32_t k = 0; k < 256 * c.turns; ++k) sum += c.in[256 + (offset + k % 256 * c.a) / 4 + dwords - 1];
    return sum + c.turns;
}
template <uint32_t dwords> Word stored(const Case& c, uint64_t i) {
    const uint64_t lane = i / (c.a / 4);
    return i % (c.a / 4) < dwords ? Word(uint32_t(lane)) : Word();
}
// The grid is a whole number of rounds through the addresses that the mask leaves.
Word added(const Case& c, uint64_t i) {
    const uint64_t addresses = by_mask(c);
    if (c.a == 0) return uint32_t(16 * c.turns * c.lanes_in_all());
    return i * 4 % c.a ? Word() : Word(uint32_t(16 * c.turns * c.lanes_in_all() / (addresses * 4 / c.a)));
}
Word window_sum(const Case& c, uint64_t i) {
    uint32_t at = uint32_t(16 * i) & c.b, sum = 0;
    for (uint32_t k = 0; k < 64 * c.turns; ++k) sum += c.in[at / 4], at = (at + c.a) & c.b;
    return sum + c.turns;
}

// The floats are small whole numbers, so the order of the sum does not count.
template <uint32_t dwords> Word read_sum(const Case& c, uint64_t i) {
    float sum = 0;
    for (uint64_t k = 0; k < 4 * c.turns; ++k) {
        const uint64_t element = i / c.lanes * c.a + i % c.lanes + k * c.b;
        for (uint32_t d = 0; d < dwords; ++d) sum += std::bit_cast<float>(c.in[element * dwords + d]);
    }
    return std::bit_cast<uint32_t>(sum) + c.turns;
}
template <uint32_t dwords> Word stored_at(const Case&, uint64_t i) { return uint32_t(i / dwords); }
Word copied(const Case& c, uint64_t i) { return c.in[i]; }
Word summed(const Case& c, uint64_t i) { return c.in[i] + c.in[i + c.b / 4]; }
Word streamed(const Case& c, uint64_t i) {
    const uint64_t array = i / (c.b / 4), cell = i % (c.b / 4);
    if (cell >= c.lanes_in_all()) return {};
    const uint64_t flag = 19 * uint64_t(c.b) + cell;
    return c.in[array * (c.b / 4) + cell + array % 3] + (c.in[flag / 4] >> flag % 4 * 8 & 0xff);
}

constexpr KernelRow kernels[] = {
#define KERNEL(name, file, words, word) {#name, #file, words, word},
#include "tests/timing/kernels.def"
#undef KERNEL
};

}  // namespace

const KernelRow* find_kernel(std::string_view name) {
    for (const KernelRow& k : kernels)
        if (k.name == name) return &k;
    return nullptr;
}

}  // namespace gcn::calibration
