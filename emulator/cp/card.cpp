// What the driver says of the chips, by family: Polaris 10 and its successors 20 and 30, Polaris 11 and 21, and Fiji.
// Sources: Linux 6.1, amdgpu: gfx_v8_0.c (tiling, raster configuration, render backends), vi.c (revisions, versions of
// blocks), amdgpu_ttm.c. No image is ever tiled here, but image managers of runtimes check the tables.

#include "emulator/cp/card.hpp"

#include <unistd.h>

#include <algorithm>

namespace gcn::emulator {

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

// Revision 1 of Polaris 10: Mesa's amdgpu_devices.c, a dump of a card; the others: guess. The external one is the
// silicon's plus 0x50, 0x5a, 0x3c. Backends of Polaris: 32 and 16 ROPs on the vendor's data sheets, 4 a backend.
constexpr Family families[] = {
    // driver      rev  external  backends  raster configuration    DMA  HBM
    {"polaris10",  1,   0x51,     2,        0x16000012, 0x0000002a, 1,   false, polaris10},
    {"polaris11",  1,   0x5b,     2,        0x16000012, 0x00000000, 1,   false, polaris11},
    {"fiji",       0,   0x3c,     4,        0x3a00161a, 0x0000002e, 0,   true,  fiji},
};

struct Member {
    std::string_view chip, family;
};
constexpr Member members[] = {
    {"Polaris10", "polaris10"},
    {"Polaris20", "polaris10"},
    {"Polaris30", "polaris10"},
    {"Polaris21", "polaris11"},
    {"Fiji",      "fiji"},
};
// clang-format on

constexpr const Family* find_family(std::string_view chip) {
    for (const Member& m : members)
        for (const Family& f : families)
            if (m.chip == chip && m.family == f.driver_name) return &f;
    return nullptr;
}

constexpr bool every_chip_has_a_family() {
    for (const isa::Chip& c : isa::chips)
        if (!find_family(c.chip)) return false;
    return true;
}
static_assert(every_chip_has_a_family(), "a chip of isa/chips.def has no row in members");

}  // namespace

const Family& family_of(const isa::Chip& chip) { return *find_family(chip.chip); }

// GDDR5 moves 4 bits per clock and pin, 32 pins a channel of L2; HBM 2 bits, 256 pins.
MemoryBus memory_bus(const isa::Chip& chip) {
    const uint32_t pins_per_channel = family_of(chip).hbm ? 256 : 32, bits_per_clock = family_of(chip).hbm ? 2 : 4;
    const uint32_t bits = chip.l2_channels * pins_per_channel;
    return {bits, uint32_t(uint64_t(chip.dram_gbs) * 8000 / bits / bits_per_clock)};
}

std::string card_name(const isa::Chip& chip, bool modelled) {
    return "AMD Radeon " + std::string(chip.card) + (modelled ? " (software)" : " (software, host clock)");
}

// amdgpu_ttm_init: half of the memory that there is, at least 3 GiB.
uint64_t gtt_bytes() {
    const uint64_t memory = uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE));
    return std::max<uint64_t>(uint64_t(3) << 30, memory / 2);
}

}  // namespace gcn::emulator
