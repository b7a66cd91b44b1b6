// How a chip's memory is organised. Tables: what Linux 6.1's gfx_v8_0.c programs for Polaris 10 and its successors 20
// and 30, Polaris 11 and 21, and Fiji. No image is ever tiled here, but the runtime's image manager checks them.

#include "emulator/kfd/tiling.hpp"

#include <string_view>

namespace gcn::emulator::kfd {

namespace {

// clang-format off
constexpr Tiling polaris10 = {
    0x22011003, 2, 0,  // MC_ARB_RAMCFG 0x60a2: Mesa's amdgpu_devices.c
    {0x00800310, 0x00800b10, 0x00801310, 0x00801b10, 0x00802b10, 0x00802b08, 0x00802b14, 0x00802954,
     0x00000304, 0x02000308, 0x02000310, 0x06000314, 0x06000154, 0x02400308, 0x02400310, 0x02400330,
     0x06400314, 0x06400154, 0x0040030c, 0x0100030c, 0x0100031c, 0x01000334, 0x01000324, 0x01000164,
     0x0040031c, 0x01000320, 0x01000338, 0x02c00308, 0x02c00310, 0x06c00314, 0x06c00154, 0x00000000},
    {0xe8, 0xe8, 0xe8, 0xe8, 0xd4, 0xc0, 0xc0, 0x00, 0xec, 0xe8, 0xd4, 0xd0, 0x80, 0x40, 0x40, 0x00}};
constexpr Tiling polaris11 = {
    0x22011002, 2, 0,  // banks and ranks: guess, as Polaris 10
    {0x00800150, 0x00800950, 0x00801150, 0x00801950, 0x00802950, 0x00802948, 0x00802954, 0x00802954,
     0x00000144, 0x02000148, 0x02000150, 0x06000154, 0x06000154, 0x02400148, 0x02400150, 0x02400170,
     0x06400154, 0x06400154, 0x0040014c, 0x0100014c, 0x0100015c, 0x01000174, 0x01000164, 0x01000164,
     0x0040015c, 0x01000160, 0x01000178, 0x02c00148, 0x02c00150, 0x06c00154, 0x06c00154, 0x00000000},
    {0xe8, 0xe8, 0xe8, 0xe4, 0xd0, 0xd0, 0xd0, 0x00, 0xed, 0xe9, 0xe8, 0xe4, 0xd0, 0x90, 0x40, 0x00}};
constexpr Tiling fiji = {
    0x22011003, 2, 0,  // banks and ranks: guess, as Polaris 10
    {0x00800450, 0x00800c50, 0x00801450, 0x00801c50, 0x00802c50, 0x00802c48, 0x00802c54, 0x00802954,
     0x00000444, 0x02000448, 0x02000450, 0x06000454, 0x06000154, 0x02400448, 0x02400450, 0x02400470,
     0x06400454, 0x06400154, 0x0040044c, 0x0100044c, 0x0100045c, 0x01000474, 0x01000464, 0x01000164,
     0x0040045c, 0x01000460, 0x01000478, 0x02c00448, 0x02c00450, 0x06c00454, 0x06c00154, 0x00000000},
    {0x98, 0x98, 0x98, 0x98, 0x84, 0x80, 0x80, 0x00, 0x9c, 0x98, 0x84, 0x80, 0x94, 0x90, 0x40, 0x00}};

// Memory: GDDR5 moves 4 bits per clock and pin, 32 pins a channel of L2; HBM 2 bits, 256 pins.
struct Family {
    std::string_view chip;
    uint32_t pins_per_channel, bits_per_clock;
    const Tiling& tiling;
};
constexpr Family families[] = {
    {"Polaris10",  32, 4, polaris10},
    {"Polaris20",  32, 4, polaris10},
    {"Polaris30",  32, 4, polaris10},
    {"Polaris21",  32, 4, polaris11},
    {"Fiji",      256, 2, fiji},
};
// clang-format on

constexpr const Family* find_family(std::string_view chip) {
    for (const Family& f : families)
        if (f.chip == chip) return &f;
    return nullptr;
}

constexpr bool every_chip_has_a_family() {
    for (const isa::Chip& c : isa::chips)
        if (!find_family(c.chip)) return false;
    return true;
}
static_assert(every_chip_has_a_family(), "a chip of isa/chips.def has no row in families");

}  // namespace

MemoryBus memory_bus(const isa::Chip& chip) {
    const Family& family = *find_family(chip.chip);
    const uint32_t bits = chip.l2_channels * family.pins_per_channel;
    return {bits, uint32_t(uint64_t(chip.dram_gbs) * 8000 / bits / family.bits_per_clock)};
}

const Tiling& tiling_of(const isa::Chip& chip) { return find_family(chip.chip)->tiling; }

}  // namespace gcn::emulator::kfd
