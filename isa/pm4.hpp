#pragma once
// PM4 packets as constants: the operation codes, where fields lie, what values mean.

#include <cstdint>
#include <span>
#include <string_view>

#include "isa/regs.hpp"

namespace gcn::isa::pm4 {

enum class Op : uint8_t {
#define PACKET(name, code, ...) name = code,
#define PFIELD(...)
#define PVALUE(...)
#include "isa/pm4.def"
#undef PACKET
};

enum class Rings : uint8_t { Both, Compute, Gfx };

struct Packet {
    Op op;
    std::string_view name;
    uint32_t least, most;  // words of the body
    Rings rings;
};
inline constexpr Packet packets[] = {
#define PACKET(name, code, least, most, rings) {Op::name, #name, least, most, Rings::rings},
#include "isa/pm4.def"
#undef PACKET
#undef PFIELD
#undef PVALUE
};
constexpr const Packet* find(uint32_t code) {
    for (const Packet& p : packets)
        if (uint32_t(p.op) == code) return &p;
    return nullptr;
}

// A field of a packet's body.
struct Field : Bits {
    uint8_t word;

    constexpr uint32_t in(std::span<const uint32_t> body) const { return of(body[word]); }
};
#define PACKET(...)
#define PFIELD(packet, field, word, low, count) inline constexpr Field packet##_##field{{low, count}, word};
#define PVALUE(what, name, value)               inline constexpr uint32_t what##_##name = value;
#include "isa/pm4.def"
#undef PACKET
#undef PFIELD
#undef PVALUE

// ---- headers --------------------------------------------------------------------------------------------------------

constexpr uint32_t filler = 0xffff1000;  // a NOP that is one word alone

// Bit 1 tells that registers and dispatches are compute's.
constexpr uint32_t header(Op op, uint32_t body_words, bool compute = false) {
    return 3u << 30 | (body_words - 1) << 16 | uint32_t(op) << 8 | uint32_t(compute) << 1;
}
constexpr uint32_t type_of(uint32_t header) { return header >> 30; }
constexpr uint32_t code_of(uint32_t header) { return header >> 8 & 0xff; }
// 0 for the filler.
constexpr uint32_t body_words(uint32_t header) {
    const uint32_t words = (header >> 16 & 0x3fff) + 1;
    return code_of(header) == uint32_t(Op::NOP) && words == 0x4000 ? 0 : words;
}

}  // namespace gcn::isa::pm4
