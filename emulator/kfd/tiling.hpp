#pragma once
// How a chip's memory is organised: its bus, and the tiling registers as Linux programs them.

#include <array>
#include <cstdint>

#include "isa/chips.hpp"

namespace gcn::emulator::kfd {

struct MemoryBus {
    uint32_t bits, mhz;
};
MemoryBus memory_bus(const isa::Chip&);

struct Tiling {
    uint32_t gb_addr_config;
    uint32_t banks, ranks;  // as bits 1:0 and 2 of MC_ARB_RAMCFG encode them: banks 0, 1, 2 mean 4, 8, 16
    std::array<uint32_t, 32> tile_modes;
    std::array<uint32_t, 16> macrotile_modes;
};
const Tiling& tiling_of(const isa::Chip&);

}  // namespace gcn::emulator::kfd
