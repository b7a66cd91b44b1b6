#pragma once
// SDMA packets as constants: the operation codes, how long packets are, where fields lie, what values mean.

#include <cstdint>
#include <span>
#include <string_view>

#include "isa/pm4.hpp"

namespace gcn::isa::sdma {

enum class Op : uint8_t {
#define PACKET(name, ...) name,
#define PFIELD(...)
#define PVALUE(...)
#include "isa/sdma.def"
#undef PACKET
};

enum class Targets : bool { No, Yes };  // is there one more than usual?
enum class More : uint8_t { None, Skipped, Data };

struct Packet {
    Op op;
    std::string_view name;
    uint32_t code, sub;
    Targets two_targets;
    uint32_t words;  // at least
    More more;
};
inline constexpr Packet packets[] = {
#define PACKET(name, code, sub, two, words, more) {Op::name, #name, code, sub, Targets::two, words, More::more},
#include "isa/sdma.def"
#undef PACKET
#undef PFIELD
#undef PVALUE
};

using pm4::Field;  // here of the whole packet
#define PACKET(...)
#define PFIELD(packet, field, word, low, count) inline constexpr Field packet##_##field{{low, count}, word};
#define PVALUE(what, name, value)               inline constexpr uint32_t what##_##name = value;
#include "isa/sdma.def"
#undef PACKET
#undef PFIELD
#undef PVALUE

// ---- headers --------------------------------------------------------------------------------------------------------

constexpr uint32_t code_of(uint32_t header) { return header & 0xff; }
constexpr uint32_t sub_of(uint32_t header) { return header >> 8 & 0xff; }

constexpr const Packet& packet(Op op) { return packets[size_t(op)]; }

inline constexpr Bits two_targets{27, 1};  // of copies

constexpr const Packet* find(uint32_t header) {
    const uint32_t code = code_of(header);
    const bool two = code == packet(Op::COPY_LINEAR).code && two_targets.of(header);
    for (const Packet& p : packets)
        if (p.code == code && p.sub == sub_of(header) && bool(p.two_targets) == two) return &p;
    return nullptr;
}

// Of the packet at the front of `words`, which has its row's words at least.
constexpr uint32_t words_of(const Packet& p, std::span<const uint32_t> words) {
    switch (p.more) {
        case More::Skipped:
            return p.words + NOP_SKIPPED.in(words);
        case More::Data:
            return p.words + WRITE_LINEAR_DATA.in(words);
        default:
            return p.words;
    }
}

// The packet's own bits, from `more`, with its code.
constexpr uint32_t header(Op op, uint32_t more = 0) {
    const Packet& p = packet(op);
    return p.code | p.sub << 8 | two_targets(uint32_t(p.two_targets)) | more;
}

}  // namespace gcn::isa::sdma
