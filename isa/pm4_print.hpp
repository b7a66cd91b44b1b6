#pragma once
// PM4 streams as text, a line per packet: its name, then word after word of its body. Of a word that has fields those
// that are not zero are printed, NAME=value, and what lies outside them as rest=value; so no two streams read alike.

#include <cstdio>
#include <span>
#include <string>

#include "isa/pm4.hpp"

namespace gcn::isa::pm4 {

struct FieldRow {
    Op op;
    std::string_view name;
    Field field;
};
inline constexpr FieldRow field_rows[] = {
#define PACKET(...)
#define PFIELD(packet, field, word, low, count) {Op::packet, #field, {{low, count}, word}},
#define PVALUE(...)
#include "isa/pm4.def"
#undef PACKET
#undef PFIELD
#undef PVALUE
};

struct RegisterFieldRow {
    uint32_t dword;
    std::string_view name;
    Bits bits;
};
inline constexpr RegisterFieldRow register_field_rows[] = {
#define REG(...)
#define FIELD(name, field, low, count) {reg::name, #field, {low, count}},
#include "isa/regs.def"
#undef REG
#undef FIELD
};

inline std::string hex(uint32_t value) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%x", value);
    return text;
}

// A word of zero, or without fields, is a number.
inline std::string print_word(Op op, uint32_t index, uint32_t word) {
    std::string text;
    uint32_t rest = word;
    const auto add = [&](std::string_view name, Bits bits) {
        rest &= ~bits.mask();
        if (bits.of(word)) text += (text.empty() ? "" : " ") + std::string(name) + "=" + hex(bits.of(word));
    };
    for (const FieldRow& row : field_rows)
        if (row.op == op && row.field.word == index) add(row.name, row.field);
    // Two words that are registers' in all but name.
    const uint32_t as = op == Op::ACQUIRE_MEM && index == 0       ? reg::CP_COHER_CNTL
                        : op == Op::DISPATCH_DIRECT && index == 3 ? reg::COMPUTE_DISPATCH_INITIATOR
                                                                  : 0;
    for (const RegisterFieldRow& row : register_field_rows)
        if (row.dword == as) add(row.name, row.bits);
    if (text.empty()) return hex(word);
    return rest ? text + " rest=" + hex(rest) : text;
}

// The space of a SET_ packet; nullptr for other packets.
inline const RegisterSpace* set_space(Op op) {
    switch (op) {
        case Op::SET_SH_REG:
        case Op::SET_SH_REG_INDEX:
            return &sh_space;
        case Op::SET_UCONFIG_REG:
            return &uconfig_space;
        case Op::SET_CONFIG_REG:
            return &config_space;
        case Op::SET_CONTEXT_REG:
            return &context_space;
        default:
            return nullptr;
    }
}

// The packet with this header and body.
inline std::string print(uint32_t header, std::span<const uint32_t> body) {
    const Packet* packet = find(code_of(header));
    if (!packet) return hex(header) + ", no packet that is known";
    std::string text(packet->name);
    if (header & 2) text += " compute";
    if (header & 1) text += " predicated";
    if (const RegisterSpace* space = set_space(packet->op); space && !body.empty()) {
        const uint32_t first = space->first + SET_CONFIG_REG_OFFSET.in(body);
        const std::string_view name = register_name(first);
        text += " " + (name.empty() ? hex(first) : std::string(name));
        if (const uint32_t index = SET_CONFIG_REG_INDEX.in(body)) text += " INDEX=" + hex(index);
        for (const uint32_t value : body.subspan(1)) text += ", " + hex(value);
        return text;
    }
    for (uint32_t i = 0; i < body.size(); ++i) text += (i ? ", " : " ") + print_word(packet->op, i, body[i]);
    return text;
}

// Lines, each with its end. Fillers beside each other share a line; what is cut short is said.
inline std::string print_stream(std::span<const uint32_t> words) {
    std::string text;
    for (size_t at = 0; at < words.size();) {
        size_t fillers = 0;
        while (at + fillers < words.size() && words[at + fillers] == filler) ++fillers;
        at += fillers;
        if (fillers) {
            text += "NOP of one word, " + std::to_string(fillers) + " times\n";
            continue;
        }
        const uint32_t header = words[at], count = body_words(header);
        if (type_of(header) != 3) {
            text += hex(header) + " of type " + std::to_string(type_of(header)) + "\n";
            ++at;
            continue;
        }
        const bool whole = count <= words.size() - at - 1;
        text += print(header, words.subspan(at + 1, whole ? count : words.size() - at - 1)) +
                (whole ? "\n" : ", cut short\n");
        at = whole ? at + 1 + count : words.size();
    }
    return text;
}

}  // namespace gcn::isa::pm4
