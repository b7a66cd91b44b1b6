#pragma once
// Registers and their fields as constants: isa::reg::COMPUTE_PGM_LO, isa::reg::COMPUTE_TMPRING_SIZE__WAVES.

#include <cstdint>
#include <string_view>

namespace gcn::isa {

// Bits of a word.
struct Bits {
    uint8_t low, count;

    constexpr uint32_t mask() const { return count == 32 ? ~0u : ((1u << count) - 1) << low; }
    constexpr uint32_t of(uint32_t word) const { return (word & mask()) >> low; }
    constexpr uint32_t operator()(uint32_t value) const { return value << low & mask(); }
};

namespace reg {
#define REG(name, dword)               inline constexpr uint32_t name = dword;
#define FIELD(name, field, low, count) inline constexpr Bits name##__##field{low, count};
#include "isa/regs.def"
#undef REG
#undef FIELD
}  // namespace reg

// Where the registers lie that a SET_ packet reaches, in dwords. Sources: Linux 6.1, vid.h, PACKET3_SET_*_START;
// Mesa's sid.h for the end of UCONFIG.
struct RegisterSpace {
    std::string_view name;
    uint32_t first, end;
    constexpr bool holds(uint32_t r) const { return r >= first && r < end; }
};
inline constexpr RegisterSpace config_space{"CONFIG", 0x2000, 0x2c00}, sh_space{"SH", 0x2c00, 0x3000},
    context_space{"CONTEXT", 0xa000, 0xa400}, uconfig_space{"UCONFIG", 0xc000, 0x10000};

// The row's name; empty for a register without one.
constexpr std::string_view register_name(uint32_t dword) {
    constexpr struct {
        std::string_view name;
        uint32_t dword;
    } rows[] = {
#define REG(name, dword) {#name, dword},
#define FIELD(...)
#include "isa/regs.def"
#undef REG
#undef FIELD
    };
    for (const auto& r : rows)
        if (r.dword == dword) return r.name;
    return {};
}

}  // namespace gcn::isa
