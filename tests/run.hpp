#pragma once
// One test body, several executors. run() is declared here and defined once per executor:
//
//     run_exec.cpp     calls emulator/exec directly, once per vector unit that this machine has
//
// A body is assembly text, which LLVM assembles between a frame that loads the registers of a State from memory and one
// that stores them. So a body needs nothing but a way to start one wave, and can run on a card as well.

#include <array>
#include <bit>
#include <cstdint>
#include <string>

namespace gcn::test {

using Lanes = std::array<uint32_t, 64>;

// The registers of one wave, before and after a body. Bodies leave other registers alone; they read in
//   s[32:33]   the address of `memory`        s[36:39]   a raw buffer descriptor of it
struct State {
    std::array<Lanes, 32> v{};  // v[register][lane]
    std::array<uint32_t, 32> s{};
    uint64_t vcc = 0, exec = ~0ull;
    uint32_t scc = 0, m0 = ~0u;
    std::array<uint32_t, 1024> memory{};

    uint32_t lds_bytes = 4096;
    uint32_t float_mode = 0xc0;  // as in the kernel descriptor: f32 denormals are flushed, f64's and f16's are not

    uint64_t s64(int n) const { return s[n] | uint64_t(s[n + 1]) << 32; }
    uint64_t v64(int n, int lane) const { return v[n][lane] | uint64_t(v[n + 1][lane]) << 32; }
    void set_s64(int n, uint64_t x) { s[n] = uint32_t(x), s[n + 1] = uint32_t(x >> 32); }
    void set_v64(int n, int lane, uint64_t x) { v[n][lane] = uint32_t(x), v[n + 1][lane] = uint32_t(x >> 32); }
};

// Executes `body` on one wave of 64 lanes. Throws where the device faults: that fails the test.
State run(const State& before, const std::string& body);

// The sentence of the fault with which `body` ends; empty when it does not.
std::string fault_of(const State& before, const std::string& body);

inline constexpr uint32_t denormals_on = 0xf0;  // State::float_mode: no denormal is flushed

inline Lanes all(uint32_t value) {
    Lanes lanes;
    lanes.fill(value);
    return lanes;
}
inline Lanes lane_numbers() {
    Lanes lanes;
    for (uint32_t lane = 0; lane < 64; ++lane) lanes[lane] = lane;
    return lanes;
}
// `values`, again and again.
template <size_t n> Lanes repeat(const std::array<uint32_t, n>& values, uint32_t each = 1) {
    Lanes lanes;
    for (uint32_t lane = 0; lane < 64; ++lane) lanes[lane] = values[lane / each % n];
    return lanes;
}

constexpr uint32_t bits(float x) { return std::bit_cast<uint32_t>(x); }
constexpr uint64_t bits(double x) { return std::bit_cast<uint64_t>(x); }
constexpr float f32(uint32_t x) { return std::bit_cast<float>(x); }
constexpr double f64(uint64_t x) { return std::bit_cast<double>(x); }

// Equal bits, or both not a number: what payload the hardware gives is not known.
constexpr bool is_nan(uint32_t x) { return (x & 0x7fffffff) > 0x7f800000; }
constexpr bool is_nan(uint64_t x) { return (x & ~(1ull << 63)) > 0x7ff0000000000000; }
template <class Bits> constexpr bool same(Bits a, Bits b) { return a == b || (is_nan(a) && is_nan(b)); }

// A denormal becomes a zero of its sign.
constexpr uint32_t flushed(uint32_t x) { return x & 0x7f800000 ? x : x & 0x80000000; }
constexpr float flushed(float x) { return f32(flushed(bits(x))); }

}  // namespace gcn::test
