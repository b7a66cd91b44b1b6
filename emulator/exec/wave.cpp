// What of a wave does not depend on the host's vector unit.

#include "emulator/exec/wave.hpp"

#include <time.h>

#include <atomic>
#include <cstring>

#include "emulator/exec/clocks.hpp"

namespace gcn::emulator {

namespace {

struct FloatConstant {
    uint32_t code;
    uint16_t half;
    float single;
    double twice;
};
constexpr FloatConstant float_constants[] = {
    {240, 0x3800, 0.5f, 0.5},
    {241, 0xb800, -0.5f, -0.5},
    {242, 0x3c00, 1, 1},
    {243, 0xbc00, -1, -1},
    {244, 0x4000, 2, 2},
    {245, 0xc000, -2, -2},
    {246, 0x4400, 4, 4},
    {247, 0xc400, -4, -4},
    {248, 0x3118, 0x1.45f306p-3f, 0x1.45f306dc9c882p-3},  // 1 / (2 pi)
};

std::atomic<ShaderClocks*> device_clocks{nullptr};

uint64_t nanoseconds() {
    timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return uint64_t(t.tv_sec) * 1000000000 + uint64_t(t.tv_nsec);
}

// The bits of MXCSR: all exceptions masked, then rounding, flush of results, flush of operands.
constexpr uint32_t masked = 0x1f80, flush_results = 0x8000, flush_operands = 0x0040;

uint32_t rounding(uint32_t mode) {  // MODE has nearest, up, down, to zero; MXCSR nearest, down, up, to zero
    constexpr uint32_t of[] = {0, 2, 1, 3};
    return of[mode & 3] << 13;
}
uint32_t operands(uint32_t denormals) { return denormals & 1 ? 0 : flush_operands; }
uint32_t results(uint32_t denormals) { return denormals & 2 ? 0 : flush_results; }

}  // namespace

void set_constants(Wave& w) {
    std::memset(w.s, 0, sizeof w.s);
    std::memset(w.wide, 0, sizeof w.wide);
    std::memset(w.half, 0, sizeof w.half);
    const auto set = [&](uint32_t code, uint32_t single, uint64_t wide, uint32_t half) {
        w.s[code] = single;
        w.wide[code - code::constants] = wide;
        w.half[code - code::constants] = half;
    };
    for (int n = 0; n <= 64; ++n) set(128 + n, n, n, n);
    for (int n = 1; n <= 16; ++n) set(192 + n, uint32_t(-n), uint64_t(int64_t(-n)), uint32_t(-n));
    for (const FloatConstant& c : float_constants) {
        uint32_t single;
        uint64_t wide;
        std::memcpy(&single, &c.single, sizeof single);
        std::memcpy(&wide, &c.twice, sizeof wide);
        set(c.code, single, wide, c.half);
    }
}

void set_float_modes(Wave& w) {
    const uint32_t single = w.mode >> 4 & 3, wide = w.mode >> 6 & 3;
    const uint32_t round_single = rounding(w.mode), round_wide = rounding(w.mode >> 2);
    w.mxcsr[int(Float::F32)] = masked | round_single | operands(single) | results(single);
    w.mxcsr[int(Float::F64)] = masked | round_wide | operands(wide) | results(wide);
    w.mxcsr[int(Float::Mad)] = masked | round_single | flush_operands | flush_results;
    // v_cvt_f32_f64 rounds as f32 does (CLRX), v_cvt_f16_f32 as f16 (LLVM, FPDPRounding).
    w.mxcsr[int(Float::Narrow)] = masked | round_single | operands(wide) | results(single);
    w.mxcsr[int(Float::Half)] = masked | round_wide | operands(single);
    // To nearest whatever MODE says, denormals as it says (LLVM, shouldExpandAtomicRMWInIR).
    w.mxcsr[int(Float::Lds)] = masked | operands(single) | results(single);
    w.mxcsr[int(Float::Exact32)] = masked | round_single | results(single);
    w.mxcsr[int(Float::Exact64)] = masked | round_wide | results(wide);
}

static thread_local const ShaderTime* time_of_thread = nullptr;

ShaderTime::ShaderTime(uint64_t cycles, uint64_t ticks) : shader_cycles(cycles), real_time_ticks(ticks) {
    time_of_thread = this;
}
ShaderTime::~ShaderTime() { time_of_thread = nullptr; }

void set_shader_clocks(ShaderClocks* clocks) { device_clocks.store(clocks, std::memory_order_release); }

// Without a device's: the host's nanoseconds, and 25 MHz, as the cards' crystal, made of them.
uint64_t shader_clock() {
    if (time_of_thread) return time_of_thread->shader_cycles;
    ShaderClocks* const clocks = device_clocks.load(std::memory_order_acquire);
    return clocks ? clocks->shader_cycles() : nanoseconds();
}
uint64_t real_time_clock() {
    if (time_of_thread) return time_of_thread->real_time_ticks;
    ShaderClocks* const clocks = device_clocks.load(std::memory_order_acquire);
    return clocks ? clocks->real_time_ticks() : nanoseconds() / 40;
}

}  // namespace gcn::emulator
