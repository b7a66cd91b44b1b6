#pragma once
// What the Linux driver says of a card beyond its row in isa/chips.def: the one description that both doors give.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "isa/chips.hpp"

namespace gcn::emulator {

struct Tiling {
    uint32_t gb_addr_config;
    uint32_t banks, ranks;  // as bits 1:0 and 2 of MC_ARB_RAMCFG encode them: banks 0, 1, 2 mean 4, 8, 16
    std::array<uint32_t, 32> tile_modes;
    std::array<uint32_t, 16> macrotile_modes;
};

// Chips that the driver treats alike.
struct Family {
    std::string_view driver_name;
    uint32_t revision, external_revision;  // of the silicon; the second tells families apart in user space
    int backends_per_engine;               // render backends
    uint32_t raster_config, raster_config_1;
    int dma_minor;  // of SDMA engine version 3
    bool hbm;       // else GDDR5
    const Tiling& tiling;
};
const Family& family_of(const isa::Chip&);

struct MemoryBus {
    uint32_t bits, mhz;
};
MemoryBus memory_bus(const isa::Chip&);

// The name ends in "(software)" when the card's clock is modelled, in "(software, host clock)" when it is not.
std::string card_name(const isa::Chip&, bool modelled);

// How much of the host's memory the card may use.
uint64_t gtt_bytes();

}  // namespace gcn::emulator
