#pragma once
// The cards this project knows; what follows from a row is computed here, never written.

#include <cstdint>
#include <string_view>

namespace gcn::isa {

struct Chip {
    std::string_view row, card, chip;
    uint16_t device_id;
    uint8_t revision;
    int engines, cus_per_engine, waves_per_simd, l2_channels, l2_kib, mhz, memory_mib, dram_gbs;

    constexpr int cus() const { return engines * cus_per_engine; }
    constexpr double peak_gflops() const { return cus() * 64 * 2 * mhz / 1e3; }  // lanes * (multiply and add) * clock
};

inline constexpr Chip chips[] = {
#define CHIP(row, card, chip, ...) {#row, card, #chip, __VA_ARGS__},
#include "isa/chips.def"
#undef CHIP
};

constexpr const Chip* find_chip(std::string_view row) {
    for (const Chip& c : chips)
        if (c.row == row) return &c;
    return nullptr;
}

}  // namespace gcn::isa
