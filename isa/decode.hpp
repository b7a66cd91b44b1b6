#pragma once
// Instruction words to table rows and fields, and back.
//
// Pure: reads formats.def and insts.def, touches no machine state, allocates nothing.
// Not here: printing (print.hpp), meaning (emulator/exec).

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gcn::isa {

// ---- the tables ------------------------------------------------------------------------------

struct Format {
    std::string_view name;
    std::array<std::string_view, 2> layout;  // bitstrings, see formats.def

    // Bits of `letter`, right-aligned; 0 when the format has no such field.
    constexpr uint32_t field(char letter, uint32_t w0, uint32_t w1) const {
        uint32_t value = 0;
        for (int dword = 0; dword < 2; ++dword)
            for (size_t i = 0; i < layout[dword].size(); ++i)
                if (layout[dword][i] == letter) value = value << 1 | ((dword ? w1 : w0) >> (31 - i) & 1);
        return value;
    }

    // The inverse of field: `value` placed at the bits of `letter` in dword `dword`, all other bits 0.
    constexpr uint32_t place(char letter, uint32_t value, int dword) const {
        uint32_t word = 0;
        for (int i = int(layout[dword].size()) - 1; i >= 0; --i)
            if (layout[dword][i] == letter) word |= (value & 1) << (31 - i), value >>= 1;
        return word;
    }

    constexpr int bits(char letter) const {
        return std::popcount(place(letter, ~0u, 0)) + std::popcount(place(letter, ~0u, 1));
    }
    constexpr uint32_t ones() const { return place('1', ~0u, 0); }
    constexpr uint32_t fixed() const { return ones() | place('0', ~0u, 0); }
    constexpr bool has_dword_1() const { return !layout[1].empty(); }
};

#define FORMAT(name, d0, d1) name,
enum class Fmt : uint8_t {
#include "isa/formats.def"
};
#undef FORMAT

#define FORMAT(name, d0, d1) Format{#name, {d0, d1}},
inline constexpr std::array formats{
#include "isa/formats.def"
};
#undef FORMAT

constexpr const Format& layout_of(Fmt f) { return formats[size_t(f)]; }

// The columns of insts.def, which says what they mean.
// clang-format off
enum class Type : uint8_t {
    None, U16, I16, F16, U32, I32, F32, U64, I64, F64, U96, U128, U256, U512, Imm, Addr, Dst, Mask
};
enum class Also : uint8_t {
    Nothing, ReadScc, WriteScc, UpdateScc, ReadVcc, WriteVcc, UpdateVcc, WriteExec, UpdateExec, ReadM0, UpdateM0
};
// clang-format on
// clang-format off
enum class Timing : uint8_t {
    Salu, Valu, ValuQuarter, ValuDouble, Smem, Lds, Vmem, Flat, Branch, Waitcnt, Message, Export
};
// clang-format on

struct Inst {
    Fmt format;
    uint16_t opcode;
    std::string_view name;
    Type dst;
    std::array<Type, 3> src;
    Also also;
    Timing timing;

    constexpr bool is_valu() const {
        return timing == Timing::Valu || timing == Timing::ValuQuarter || timing == Timing::ValuDouble;
    }
    constexpr bool carries() const { return also == Also::WriteVcc || also == Also::UpdateVcc; }
    constexpr bool takes(Type type) const { return std::find(src.begin(), src.end(), type) != src.end(); }

    // A literal follows whatever the operands are: v_madmk, v_madak, s_setreg_imm32.
    constexpr bool always_literal() const {
        return std::count(src.begin(), src.end(), Type::Imm) > (layout_of(format).bits('i') ? 1 : 0);
    }
};

#define INST(fmt, op, name, d, s0, s1, s2, also, timing) \
    Inst{Fmt::fmt, op, #name, Type::d, {Type::s0, Type::s1, Type::s2}, Also::also, Timing::timing},
inline constexpr std::array insts{
#include "isa/insts.def"
};
#undef INST

// Registers that an operand of `type` fills; 0 for what is no register.
constexpr int registers(Type type) {
    constexpr std::array<uint8_t, 18> count{0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 8, 16, 0, 0, 0, 2};
    static_assert(count.size() == size_t(Type::Mask) + 1);
    return count[size_t(type)];
}

// ---- rules of GCN3 that the tables leave out ---------------------------------------------------

// VOP3 opcodes from `first` to before `end` are another format's, moved up.
struct Promotion {
    Fmt from;
    uint16_t first, end;

    constexpr bool covers(uint32_t opcode) const { return opcode >= first && opcode < end; }
};
inline constexpr std::array promotions{Promotion{Fmt::VOPC, 0x000, 0x100}, Promotion{Fmt::VOP2, 0x100, 0x140},
                                       Promotion{Fmt::VOP1, 0x140, 0x1c0}, Promotion{Fmt::VINTRP, 0x270, 0x274}};

// Operand codes with a meaning of their own.
inline constexpr uint32_t sdwa_code = 249, dpp_code = 250, literal_code = 255, first_vector = 256;

constexpr bool is_short_vector(Fmt f) { return f == Fmt::VOP1 || f == Fmt::VOP2 || f == Fmt::VOPC; }
constexpr bool is_vop3(Fmt f) { return f == Fmt::VOP3 || f == Fmt::VOP3B; }

// ---- indices, made from the tables when this is compiled --------------------------------------

namespace table {

inline constexpr uint16_t no_row = 0xffff;
inline constexpr Fmt no_format = Fmt(formats.size());

// rows[format][opcode]: index into insts.
struct Rows {
    std::array<std::array<uint16_t, 1024>, formats.size()> at{};
    bool unique = true, fits = true;
};
consteval Rows make_rows() {
    Rows rows;
    for (auto& format : rows.at) format.fill(no_row);
    std::array<int, formats.size()> bits{};
    for (size_t f = 0; f < formats.size(); ++f) bits[f] = formats[f].bits('o');
    for (size_t i = 0; i < insts.size(); ++i) {
        rows.fits &= insts[i].opcode >> bits[size_t(insts[i].format)] == 0;
        uint16_t& entry = rows.at[size_t(insts[i].format)][insts[i].opcode & 1023];
        rows.unique &= entry == no_row;
        entry = uint16_t(i);
    }
    return rows;
}
inline constexpr Rows rows = make_rows();

// format[top 9 bits of dword 0]: the format whose fixed bits match; the one with the most wins, so VOP1 beats VOP2.
consteval auto make_format_index() {
    std::array<Fmt, 512> index{};
    index.fill(no_format);
    std::array<int, 512> best{};
    for (size_t f = 0; f < formats.size(); ++f) {
        const uint32_t ones = formats[f].ones(), fixed = formats[f].fixed();
        for (uint32_t top = 0; top < 512; ++top)
            if ((top << 23 & fixed) == ones && std::popcount(fixed) > best[top])
                index[top] = Fmt(f), best[top] = std::popcount(fixed);
    }
    return index;
}
inline constexpr auto format = make_format_index();

}  // namespace table

// ---- facts about the tables: a wrong row does not compile --------------------------------------

consteval bool every_bitstring_has_32_bits() {
    for (const Format& f : formats)
        if (f.layout[0].size() != 32 || (f.has_dword_1() && f.layout[1].size() != 32)) return false;
    return true;
}
consteval bool the_top_9_bits_tell_the_format() {
    for (const Format& f : formats)
        if (f.fixed() << 9) return false;
    return true;
}
consteval bool no_row_has_a_promoted_opcode() {
    for (const Inst& inst : insts)
        for (const Promotion& p : promotions)
            if (is_vop3(inst.format) && p.covers(inst.opcode)) return false;
    return true;
}
consteval bool vop3b_rows_write_a_mask() {
    for (const Inst& inst : insts)
        if (inst.format == Fmt::VOP3B && !inst.carries()) return false;
    return true;
}
static_assert(every_bitstring_has_32_bits(), "formats.def: every bitstring must have exactly 32 characters");
static_assert(the_top_9_bits_tell_the_format(), "formats.def: a fixed bit lies below bit 23");
static_assert(table::rows.fits, "insts.def: an opcode is wider than its format's field");
static_assert(table::rows.unique, "insts.def: two rows share a format and an opcode");
static_assert(no_row_has_a_promoted_opcode(),
              "insts.def: a VOP3 opcode of `promotions` belongs to a row of VOP1, VOP2, VOPC or VINTRP");
static_assert(vop3b_rows_write_a_mask(), "insts.def: a VOP3B row must be WriteVcc or UpdateVcc");

// ---- decode and encode -------------------------------------------------------------------------

// What the second dword is.
enum class Tail : uint8_t { None, Format, Literal, Sdwa, Dpp };

struct Decoded {
    const Inst* inst;
    Fmt format;  // the encoding met; VOP3 or VOP3B where the row may say VOP1, VOP2 or VOPC
    Tail tail;
    uint32_t w0, w1;  // w1: 0 when there is no tail

    constexpr uint32_t operator[](char letter) const { return layout_of(format).field(letter, w0, w1); }

    // A field of the SDWA or DPP dword; 0 when there is none.
    constexpr uint32_t extra(char letter) const {
        return tail == Tail::Sdwa  ? layout_of(Fmt::SDWA).field(letter, w1, 0)
               : tail == Tail::Dpp ? layout_of(Fmt::DPP).field(letter, w1, 0)
                                   : 0;
    }

    constexpr uint32_t literal() const { return tail == Tail::Literal ? w1 : 0; }

    // Dwords occupied: 1 or 2. GCN3 has no longer instruction.
    constexpr int size() const { return tail == Tail::None ? 1 : 2; }

    // The operand code of source 0, 1 or 2 of a scalar or vector ALU instruction: 256 and up are vector registers.
    constexpr uint32_t operand(int source) const {
        if (source == 0 && (tail == Tail::Sdwa || tail == Tail::Dpp)) return first_vector + extra('a');
        if (source == 1 && is_short_vector(format)) return first_vector + (*this)['b'];
        return (*this)["abc"[source]];
    }

    // Bit k: source k is negated, its sign is dropped. VOP3, SDWA and DPP have these modifiers.
    constexpr uint32_t negated() const { return is_vop3(format) ? (*this)['n'] : extra('n'); }
    constexpr uint32_t absolute() const { return format == Fmt::VOP3 ? (*this)['u'] : extra('u'); }
};

constexpr std::optional<Fmt> format_of(uint32_t w0) {
    const Fmt format = table::format[w0 >> 23];
    if (format == table::no_format) return {};
    return format;
}

constexpr const Inst* row(Fmt format, uint32_t opcode) {
    const uint16_t index = opcode < 1024 ? table::rows.at[size_t(format)][opcode] : table::no_row;
    return index == table::no_row ? nullptr : &insts[index];
}

// The row of a VOP3 opcode: its own, or that of the short format it is promoted from.
constexpr const Inst* vop3_row(uint32_t opcode) {
    for (const Promotion& p : promotions)
        if (p.covers(opcode)) {
            const Inst* inst = row(p.from, opcode - p.first);
            return inst && !inst->always_literal() ? inst : nullptr;
        }
    const Inst* inst = row(Fmt::VOP3, opcode);
    return inst ? inst : row(Fmt::VOP3B, opcode);
}

constexpr const Inst* find_inst(std::string_view name) {
    for (const Inst& inst : insts)
        if (inst.name == name) return &inst;
    return nullptr;
}

// What follows a word of `format`, by its source operands.
constexpr Tail tail_of(const Inst& inst, Fmt format, uint32_t w0) {
    const Format& f = layout_of(format);
    if (f.has_dword_1()) return Tail::Format;
    if (inst.always_literal()) return Tail::Literal;
    const uint32_t a = f.field('a', w0, 0), b = f.field('b', w0, 0);
    if (inst.src[0] == Type::None || format == Fmt::VINTRP) return Tail::None;
    if (a == literal_code) return Tail::Literal;
    if (!is_short_vector(format))
        return f.bits('b') && inst.src[1] != Type::None && b == literal_code ? Tail::Literal : Tail::None;
    return a == sdwa_code ? Tail::Sdwa : a == dpp_code ? Tail::Dpp : Tail::None;
}

// The instruction that starts with w0; w1 is the word after it, which need not belong to it.
constexpr std::optional<Decoded> decode(uint32_t w0, uint32_t w1 = 0) {
    auto format = format_of(w0);
    if (!format) return {};
    const uint32_t opcode = layout_of(*format).field('o', w0, w1);
    const Inst* inst = *format == Fmt::VOP3 ? vop3_row(opcode) : row(*format, opcode);
    if (!inst) return {};
    if (*format == Fmt::VOP3 && inst->carries()) format = Fmt::VOP3B;
    const Tail tail = tail_of(*inst, *format, w0);
    return Decoded{inst, *format, tail, w0, tail == Tail::None ? 0 : w1};
}

// The words of `d`, rebuilt from its fields alone.
constexpr std::array<uint32_t, 2> encode(const Decoded& d) {
    const Format& f = layout_of(d.format);
    std::array<uint32_t, 2> words{f.ones(), d.literal()};
    for (char letter : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
        for (int dword : {0, 1}) words[dword] |= f.place(letter, d[letter], dword);
        if (d.tail == Tail::Sdwa) words[1] |= layout_of(Fmt::SDWA).place(letter, d.extra(letter), 0);
        if (d.tail == Tail::Dpp) words[1] |= layout_of(Fmt::DPP).place(letter, d.extra(letter), 0);
    }
    return words;
}

}  // namespace gcn::isa
