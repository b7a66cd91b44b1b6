#pragma once
// The text of an instruction, in LLVM's syntax and as llvm-objdump prints it.

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "isa/decode.hpp"

namespace gcn::isa {

namespace text {

inline std::string hex(uint64_t value) {
    std::string digits;
    do digits.insert(digits.begin(), "0123456789abcdef"[value & 15]);
    while (value >>= 4);
    return "0x" + digits;
}

// ---- registers -----------------------------------------------------------------------------

inline std::string range(std::string_view prefix, uint32_t first, int count) {
    std::string out(prefix);
    if (count <= 1) return out + std::to_string(first);
    return out + "[" + std::to_string(first) + ":" + std::to_string(first + count - 1) + "]";
}

struct NamedPair {
    uint32_t code;
    std::string_view name;
};
inline constexpr std::array named_pairs{NamedPair{102, "flat_scratch"}, NamedPair{104, "xnack_mask"},
                                        NamedPair{106, "vcc"},          NamedPair{108, "tba"},
                                        NamedPair{110, "tma"},          NamedPair{126, "exec"}};

// LLVM has names for codes that gfx803 does not: 125 and 235 to 239 came with later chips.
struct NamedCode {
    uint32_t code;
    std::string_view name;
};
inline constexpr std::array named_codes{NamedCode{124, "m0"},
                                        NamedCode{125, "null"},
                                        NamedCode{235, "src_shared_base"},
                                        NamedCode{236, "src_shared_limit"},
                                        NamedCode{237, "src_private_base"},
                                        NamedCode{238, "src_private_limit"},
                                        NamedCode{239, "src_pops_exiting_wave_id"},
                                        NamedCode{251, "src_vccz"},
                                        NamedCode{252, "src_execz"},
                                        NamedCode{253, "src_scc"},
                                        NamedCode{254, "src_lds_direct"}};

// The low bits of a code that is not aligned for `count` registers do not count.
inline std::string scalar(uint32_t code, int count) {
    const uint32_t ignored = count > 2 ? 3 : count == 2 ? 1 : 0;
    if (code < 102) return range("s", code & ~ignored, count);
    if (code >= 112 && code < 124) return range("ttmp", (code - 112) & ~ignored, count);
    for (const NamedCode& named : named_codes)
        if (code == named.code) return std::string(named.name);
    for (const NamedPair& pair : named_pairs)
        if (code - pair.code < 2) return std::string(pair.name) + (count >= 2 ? "" : code & 1 ? "_hi" : "_lo");
    return "reserved" + std::to_string(code);
}

inline std::string vector(uint32_t number, int count) { return range("v", number, count); }

// ---- constants -----------------------------------------------------------------------------

// The floating-point constants of operand codes 240 to 248: as text, and as half, single and double precision bits.
struct Constant {
    std::string_view name;
    uint16_t half;
    uint32_t single;
    uint64_t twice;
};
inline constexpr std::array constants{Constant{"0.5", 0x3800, 0x3f000000, 0x3fe0000000000000},
                                      Constant{"-0.5", 0xb800, 0xbf000000, 0xbfe0000000000000},
                                      Constant{"1.0", 0x3c00, 0x3f800000, 0x3ff0000000000000},
                                      Constant{"-1.0", 0xbc00, 0xbf800000, 0xbff0000000000000},
                                      Constant{"2.0", 0x4000, 0x40000000, 0x4000000000000000},
                                      Constant{"-2.0", 0xc000, 0xc0000000, 0xc000000000000000},
                                      Constant{"4.0", 0x4400, 0x40800000, 0x4010000000000000},
                                      Constant{"-4.0", 0xc400, 0xc0800000, 0xc010000000000000},
                                      Constant{"0.15915494", 0x3118, 0x3e22f983, 0x3fc45f306dc9c882}};

constexpr bool is_half(Type t) { return t == Type::F16 || t == Type::U16 || t == Type::I16; }
constexpr bool is_float(Type t) { return t == Type::F16 || t == Type::F32 || t == Type::F64; }

// A value that is an inline constant's prints as that constant, also where it came as a literal. Of a literal for 16
// bits the low ones count; for 64 bits it is extended with zeros.
inline std::string literal(uint32_t value, Type type) {
    const bool wide = registers(type) == 2;
    const int32_t number = is_half(type) ? int16_t(value) : int32_t(value);
    if (number >= (wide ? 0 : -16) && number <= 64) return std::to_string(number);
    if (type == Type::F16)
        for (const Constant& c : constants)
            if (c.half == value) return std::string(c.name);
    if (!wide && !is_half(type))
        for (const Constant& c : constants)
            if (c.single == value) return std::string(c.name);
    return hex(is_half(type) ? value & 0xffff : value);
}

inline std::string constant(uint32_t code, Type type) {
    if (code <= 192) return std::to_string(code - 128);
    if (code <= 208) return std::to_string(192 - int(code));
    const Constant& c = constants[code - 240];
    if (type == Type::U16 || type == Type::I16) return hex(c.half);
    return code == 248 && registers(type) == 2 ? "0.15915494309189532" : std::string(c.name);
}

constexpr bool is_constant(uint32_t code) { return (code >= 128 && code <= 208) || (code >= 240 && code <= 248); }

// Any source operand of the scalar and vector ALUs.
inline std::string source(uint32_t code, Type type, uint32_t literal_word) {
    if (code >= first_vector) return vector(code - first_vector, registers(type));
    if (code == literal_code) return literal(literal_word, type);
    if (is_constant(code)) return constant(code, type);
    return scalar(code, registers(type));
}

// ---- lists of operands ---------------------------------------------------------------------

struct Operands {
    std::string text;

    void add(const std::string& operand) { text += (text.empty() ? " " : ", ") + operand; }
    void flag(bool set, std::string_view name) {
        if (set) text += " " + std::string(name);
    }
    void number(std::string_view name, uint32_t value) {
        if (value) text += " " + std::string(name) + ":" + std::to_string(value);
    }
};

// ---- program flow: what a 16-bit constant says ---------------------------------------------

inline std::string waitcnt(uint32_t imm) {
    struct Counter {
        std::string_view name;
        uint32_t shift, most;
    };
    constexpr std::array counters{Counter{"vmcnt", 0, 15}, Counter{"expcnt", 4, 7}, Counter{"lgkmcnt", 8, 15}};
    bool all = true;
    for (const Counter& c : counters) all &= (imm >> c.shift & c.most) == c.most;
    Operands out;
    for (const Counter& c : counters) {
        const uint32_t value = imm >> c.shift & c.most;
        out.flag(all || value != c.most, std::string(c.name) + "(" + std::to_string(value) + ")");
    }
    return out.text;
}

inline std::string hwreg(uint32_t imm) {
    constexpr std::array<std::string_view, 8> names{"",
                                                    "HW_REG_MODE",
                                                    "HW_REG_STATUS",
                                                    "HW_REG_TRAPSTS",
                                                    "HW_REG_HW_ID",
                                                    "HW_REG_GPR_ALLOC",
                                                    "HW_REG_LDS_ALLOC",
                                                    "HW_REG_IB_STS"};
    const uint32_t id = imm & 63, offset = imm >> 6 & 31, width = (imm >> 11 & 31) + 1;
    std::string out = "hwreg(" + (id && id < names.size() ? std::string(names[id]) : std::to_string(id));
    if (offset || width != 32) out += ", " + std::to_string(offset) + ", " + std::to_string(width);
    return out + ")";
}

inline std::string sendmsg(uint32_t imm) {
    constexpr std::array<std::string_view, 4> gs{"GS_OP_NOP", "GS_OP_CUT", "GS_OP_EMIT", "GS_OP_EMIT_CUT"};
    constexpr std::array<std::string_view, 5> system{"", "SYSMSG_OP_ECC_ERR_INTERRUPT", "SYSMSG_OP_REG_RD",
                                                     "SYSMSG_OP_HOST_TRAP_ACK", "SYSMSG_OP_TTRACE_PC"};
    const uint32_t message = imm & 15, operation = imm >> 4 & 7, stream = imm >> 8 & 3;
    const bool to_gs = message == 2 || message == 3;
    if (message == 1 && !operation && !stream) return "sendmsg(MSG_INTERRUPT)";
    if (message == 4 && !operation && !stream) return "sendmsg(MSG_SAVEWAVE)";
    if (to_gs && operation < gs.size() && (operation || (message == 3 && !stream)))
        return std::string(message == 2 ? "sendmsg(MSG_GS, " : "sendmsg(MSG_GS_DONE, ") + std::string(gs[operation]) +
               (operation ? ", " + std::to_string(stream) : "") + ")";
    if (message == 15 && operation && operation < system.size() && !stream)
        return "sendmsg(MSG_SYSMSG, " + std::string(system[operation]) + ")";
    if (imm != (message | operation << 4 | stream << 8)) return std::to_string(imm);
    return "sendmsg(" + std::to_string(message) + ", " + std::to_string(operation) + ", " + std::to_string(stream) +
           ")";
}

// Which operands of vector instructions M0 indexes.
inline std::string index_mode(uint32_t imm) {
    constexpr std::array<std::string_view, 4> operands{"SRC0", "SRC1", "SRC2", "DST"};
    if (imm >> operands.size()) return hex(imm);
    std::string out;
    for (size_t i = 0; i < operands.size(); ++i)
        if (imm >> i & 1) out += (out.empty() ? "" : ",") + std::string(operands[i]);
    return "gpr_idx(" + out + ")";
}

inline std::string sopp(const Decoded& d) {
    const uint32_t imm = d['i'];
    if (d.inst->name == "s_endpgm") return imm ? " " + std::to_string(imm) : "";
    if (!d.inst->takes(Type::Imm)) return "";
    if (d.inst->timing == Timing::Message) return " " + sendmsg(imm);
    if (d.inst->name == "s_waitcnt") return waitcnt(imm);
    if (d.inst->name == "s_set_gpr_idx_mode") return " " + index_mode(imm);
    const bool target = d.inst->timing == Timing::Branch && d.inst->name != "s_trap";
    return " " + (target ? std::to_string(imm) : literal(imm, Type::None));
}

// ---- scalar --------------------------------------------------------------------------------

inline std::string salu(const Decoded& d) {
    Operands out;
    if (d.inst->dst != Type::None) out.add(scalar(d['d'], registers(d.inst->dst)));
    for (int k = 0; k < 2; ++k)
        if (registers(d.inst->src[k])) out.add(source(d.operand(k), d.inst->src[k], d.literal()));
    if (d.inst->name == "s_set_gpr_idx_on") out.add(index_mode(d['b']));
    return out.text;
}

inline std::string sopk(const Decoded& d) {
    const std::string_view name = d.inst->name;
    Operands out;
    if (name.starts_with("s_setreg")) {
        out.add(hwreg(d['i']));
        out.add(d.tail == Tail::Literal ? literal(d.literal(), Type::U32) : scalar(d['d'], 1));
    } else if (name == "s_cbranch_i_fork") {
        out.add(scalar(d['d'], 2));
        out.add(std::to_string(d['i']));
    } else {
        out.add(scalar(d['d'], 1));
        out.add(name == "s_getreg_b32" ? hwreg(d['i']) : hex(d['i']));
    }
    return out.text;
}

inline std::string smem(const Decoded& d) {
    const std::string_view name = d.inst->name;
    const int data = std::max(registers(d.inst->dst), registers(d.inst->src[0]));
    Operands out;
    if (name.starts_with("s_atc_probe")) out.add(literal(d['d'], Type::U32));
    if (data) out.add(scalar(d['d'], data));
    if (!d.inst->takes(Type::Addr)) return out.text;
    out.add(scalar(2 * d['a'], name.find("buffer") != name.npos ? 4 : 2));
    out.add(d['I'] ? hex(d['i']) : scalar(d['i'] & 127, 1));
    out.flag(d['G'] && !name.starts_with("s_atc_probe"), "glc");
    return out.text;
}

// ---- vector --------------------------------------------------------------------------------

// Readers of one lane, and comparisons, write a scalar register.
inline bool writes_scalar(const Inst& inst) {
    return inst.dst == Type::Mask || inst.name == "v_readlane_b32" || inst.name == "v_readfirstlane_b32";
}

// There is no literal where the encoding has no room for one.
inline std::string vector_operand(const Decoded& d, int k, Type type) {
    const uint32_t code = d.operand(k);
    return code == literal_code && d.tail != Tail::Literal ? scalar(code, 1) : source(code, type, d.literal());
}

inline std::string vector_source(const Decoded& d, int k, Type type) {
    const uint32_t code = d.operand(k);
    bool sext = d.tail == Tail::Sdwa && d.extra('X') >> k & 1;
    bool negated = d.negated() >> k & 1, absolute = d.absolute() >> k & 1;
    // Where others are floating-point numbers, the bit that negates those extends integers.
    const bool mixed = is_float(d.inst->src[0]) && !is_float(type) && d.tail != Tail::Sdwa;
    if (mixed) sext = negated, negated = absolute = false;
    const Type shown = mixed && is_half(type) ? Type::F16 : type;
    std::string out = vector_operand(d, k, shown);
    if (absolute) out = "|" + out + "|";
    if (negated) out = !absolute && code < first_vector && is_constant(code) ? "neg(" + out + ")" : "-" + out;
    return sext ? "sext(" + out + ")" : out;
}

inline void modifiers(const Decoded& d, Operands& out) {
    constexpr std::array<std::string_view, 4> output{"", "mul:2", "mul:4", "div:2"};
    out.flag(d['C'] || (d.tail == Tail::Sdwa && d.extra('C')), "clamp");
    out.flag(d['m'], output[d['m']]);
}

inline void sdwa(const Decoded& d, Operands& out) {
    constexpr std::array<std::string_view, 8> select{"BYTE_0", "BYTE_1", "BYTE_2", "BYTE_3",
                                                     "WORD_0", "WORD_1", "DWORD",  "SEL_7"};
    constexpr std::array<std::string_view, 4> unused{"UNUSED_PAD", "UNUSED_SEXT", "UNUSED_PRESERVE", "UNUSED_3"};
    if (d.format != Fmt::VOPC) {
        out.text += " dst_sel:" + std::string(select[d.extra('d')]);
        out.text += " dst_unused:" + std::string(unused[d.extra('D')]);
    }
    out.text += " src0_sel:" + std::string(select[d.extra('x')]);
    if (d.format != Fmt::VOP1) out.text += " src1_sel:" + std::string(select[d.extra('y')]);
}

inline std::string dpp_control(uint32_t c) {
    constexpr std::array<std::string_view, 3> rows{"row_shl:", "row_shr:", "row_ror:"};
    constexpr std::array<std::string_view, 4> waves{"wave_shl:1", "wave_rol:1", "wave_shr:1", "wave_ror:1"};
    constexpr std::array<std::string_view, 4> others{"row_mirror", "row_half_mirror", "row_bcast:15", "row_bcast:31"};
    if (c < 0x100)
        return "quad_perm:[" + std::to_string(c & 3) + "," + std::to_string(c >> 2 & 3) + "," +
               std::to_string(c >> 4 & 3) + "," + std::to_string(c >> 6) + "]";
    if (c < 0x130 && c & 15) return std::string(rows[c >> 4 & 3]) + std::to_string(c & 15);
    if (c >= 0x130 && c < 0x140 && c % 4 == 0) return std::string(waves[c >> 2 & 3]);
    if (c >= 0x140 && c < 0x144) return std::string(others[c & 3]);
    return "dpp_ctrl:" + hex(c);
}

inline void dpp(const Decoded& d, Operands& out) {
    out.text += " " + dpp_control(d.extra('c')) + " row_mask:" + hex(d.extra('w')) + " bank_mask:" + hex(d.extra('v'));
    out.flag(d.extra('B'), "bound_ctrl:1");
}

inline std::string vop(const Decoded& d) {
    const Inst& inst = *d.inst;
    const bool short_form = is_short_vector(d.format);
    Operands out;
    if (inst.dst == Type::Mask && short_form)
        out.add("vcc");
    else if (inst.dst != Type::None)
        out.add(writes_scalar(inst) ? scalar(d['d'], registers(inst.dst)) : vector(d['d'], registers(inst.dst)));
    if (inst.carries()) out.add(short_form ? "vcc" : scalar(d['q'], 2));
    const bool literal_between = inst.name.starts_with("v_madmk");
    for (int k = 0; k < 3; ++k) {
        if (inst.src[k] == Type::Imm) {
            if (!literal_between) out.add(hex(d.literal()));
        } else if (inst.src[k] == Type::Mask) {
            out.add(short_form ? "vcc" : vector_operand(d, k, Type::Mask));
        } else if (registers(inst.src[k])) {
            if (k == 1 && literal_between) out.add(hex(d.literal()));
            out.add(vector_source(d, k, inst.src[k]));
        }
    }
    modifiers(d, out);
    if (d.tail == Tail::Sdwa) sdwa(d, out);
    if (d.tail == Tail::Dpp) dpp(d, out);
    return out.text;
}

// The interpolations of VINTRP and VOP3; the slot of v_interp_mov_f32 stands where the others have a register.
inline std::string interpolation(const Decoded& d) {
    constexpr std::array<std::string_view, 3> slots{"p10", "p20", "p0"};
    const Inst& inst = *d.inst;
    const bool short_form = d.format == Fmt::VINTRP;
    const uint32_t attribute = short_form ? d['t'] : d['a'] & 63, channel = short_form ? d['h'] : d['a'] >> 6 & 3;
    const auto of_vector = [&](int k) { return vector_source(d, k, inst.src[0]); };
    Operands out;
    out.add(vector(d['d'], 1));
    if (inst.src[0] == Type::None) {
        const uint32_t slot = short_form ? d['a'] : d['b'];
        out.add(slot < slots.size() ? std::string(slots[slot]) : "invalid_param_" + std::to_string(slot));
    } else {
        out.add(short_form ? vector(d['a'], 1) : of_vector(1));
    }
    out.add("attr" + std::to_string(attribute) + "." + "xyzw"[channel]);
    if (registers(inst.src[1])) out.add(of_vector(2));
    if (!short_form) out.flag(d['a'] >> 8 && inst.name.ends_with("f16"), "high");
    if (!short_form) modifiers(d, out);
    return out.text;
}

// _e32, _e64, _sdwa or _dpp, which tell the forms of one row apart. What has one form has none of them.
inline std::string_view suffix(const Decoded& d) {
    const Inst& inst = *d.inst;
    if (inst.format == Fmt::VINTRP) return d.format == Fmt::VINTRP ? "_e32" : "_e64";
    if (!is_short_vector(inst.format) || inst.src[0] == Type::None) return "";
    if (d.format == Fmt::VOPC && d.tail == Tail::Sdwa) return "";
    if (d.tail == Tail::Sdwa) return "_sdwa";
    if (d.tail == Tail::Dpp) return "_dpp";
    if (inst.always_literal() || inst.name == "v_readfirstlane_b32") return "";
    return is_short_vector(d.format) ? "_e32" : "_e64";
}

// ---- memory --------------------------------------------------------------------------------

inline std::string swizzle(uint32_t offset) {
    const auto number = [](uint32_t n) { return std::to_string(n); };
    if ((offset & 0xff00) == 0x8000)
        return "swizzle(QUAD_PERM," + number(offset & 3) + "," + number(offset >> 2 & 3) + "," +
               number(offset >> 4 & 3) + "," + number(offset >> 6 & 3) + ")";
    if (offset & 0x8000) return number(offset);
    const uint32_t and_mask = offset & 31, or_mask = offset >> 5 & 31, xor_mask = offset >> 10 & 31;
    if (and_mask == 31 && !or_mask && std::has_single_bit(xor_mask)) return "swizzle(SWAP," + number(xor_mask) + ")";
    if (and_mask == 31 && !or_mask && xor_mask && std::has_single_bit(xor_mask + 1))
        return "swizzle(REVERSE," + number(xor_mask + 1) + ")";
    const uint32_t group = 32 - and_mask;
    if (group > 1 && std::has_single_bit(group) && or_mask < group && !xor_mask)
        return "swizzle(BROADCAST," + number(group) + "," + number(or_mask) + ")";
    std::string out = "swizzle(BITMASK_PERM,\"";
    for (uint32_t bit = 16; bit; bit >>= 1) {
        const bool zero = (or_mask ^ xor_mask) & bit, one = (((bit & and_mask) | or_mask) ^ xor_mask) & bit;
        out += zero == one ? (zero ? '1' : '0') : (zero ? 'i' : 'p');
    }
    return out + "\")";
}

// ds_read2, ds_write2, ds_wrxchg2 and their st64 forms.
inline bool has_two_offsets(const Inst& inst) {
    for (std::string_view verb : {"read2", "write2", "wrxchg2"})
        if (inst.name.substr(3).starts_with(verb)) return true;
    return false;
}

inline std::string ds(const Decoded& d) {
    const Inst& inst = *d.inst;
    Operands out;
    if (inst.name == "ds_nop") return "";
    if (inst.dst != Type::None) out.add(vector(d['d'], registers(inst.dst)));
    if (inst.takes(Type::Addr)) out.add(vector(d['p'], 1));
    for (int k = 0; k < 2; ++k)
        if (registers(inst.src[k])) out.add(vector(d["ab"[k]], registers(inst.src[k])));
    const uint32_t offset = d['y'] << 8 | d['x'];
    if (inst.name == "ds_swizzle_b32") {
        if (offset) out.text += " offset:" + swizzle(offset);
    } else if (has_two_offsets(inst)) {
        out.number("offset0", d['x']);
        out.number("offset1", d['y']);
    } else {
        out.number("offset", offset);
    }
    out.flag(d['g'], "gds");
    return out.text;
}

inline bool is_atomic(const Inst& inst) { return inst.name.find("_atomic_") != inst.name.npos; }

inline void cache_flags(const Decoded& d, Operands& out) {
    out.flag(d['G'], "glc");
    out.flag(d['S'], "slc");
}

inline std::string flat(const Decoded& d) {
    const Inst& inst = *d.inst;
    Operands out;
    if (inst.dst != Type::None && (!is_atomic(inst) || d['G'])) out.add(vector(d['d'], registers(inst.dst)));
    out.add(vector(d['p'], 2));
    if (registers(inst.src[0])) out.add(vector(d['a'], registers(inst.src[0])));
    cache_flags(d, out);
    return out.text;
}

// A register or a constant, but no literal.
inline std::string scalar_offset(const Decoded& d) {
    return d['s'] == literal_code ? scalar(literal_code, 1) : source(d['s'], Type::U32, 0);
}

inline std::string mubuf(const Decoded& d) {
    const Inst& inst = *d.inst;
    Operands out;
    if (!inst.takes(Type::Addr)) return "";
    if (inst.name == "buffer_store_lds_dword") {
        out.add(scalar(4 * d['r'], 4));
        out.add(scalar_offset(d));
        out.number("offset", d['i']);
        out.flag(d['L'], "lds");
        cache_flags(d, out);
        return out.text;
    }
    const bool status = d['T'] && !is_atomic(inst);
    const int data = registers(inst.src[0] == Type::Addr ? inst.dst : inst.src[0]);
    if (!d['L']) out.add(vector(d['d'], data + int(status)));
    const int address = int(d['I'] + d['F']);
    out.add(address ? vector(d['p'], address) : "off");
    out.add(scalar(4 * d['r'], 4));
    out.add(scalar_offset(d));
    out.flag(d['I'], "idxen");
    out.flag(d['F'], "offen");
    out.number("offset", d['i']);
    cache_flags(d, out);
    out.flag(status, "tfe");
    out.flag(d['L'], "lds");
    return out.text;
}

// The format of a typed buffer; what is the default (DATA_FORMAT_8, NUM_FORMAT_UNORM) is left out.
inline std::string buffer_format(uint32_t data, uint32_t number) {
    constexpr std::array<std::string_view, 16> widths{
        "INVALID",    "8",          "16",      "8_8",   "32",          "16_16",    "10_11_11",    "11_11_10",
        "10_10_10_2", "2_10_10_10", "8_8_8_8", "32_32", "16_16_16_16", "32_32_32", "32_32_32_32", "RESERVED_15"};
    constexpr std::array<std::string_view, 8> kinds{"UNORM", "SNORM", "USCALED",    "SSCALED",
                                                    "UINT",  "SINT",  "RESERVED_6", "FLOAT"};
    std::string out;
    if (data != 1) out += "BUF_DATA_FORMAT_" + std::string(widths[data]);
    if (number) out += (out.empty() ? "BUF_NUM_FORMAT_" : ",BUF_NUM_FORMAT_") + std::string(kinds[number]);
    return out.empty() ? out : " format:[" + out + "]";
}

inline std::string mtbuf(const Decoded& d) {
    const Inst& inst = *d.inst;
    Operands out;
    out.add(vector(d['d'], std::max(registers(inst.dst), registers(inst.src[0]))));
    const int address = int(d['I'] + d['F']);
    out.add(address ? vector(d['p'], address) : "off");
    out.add(scalar(4 * d['r'], 4));
    out.add(scalar_offset(d));
    out.text += buffer_format(d['f'], d['N']);
    out.flag(d['I'], "idxen");
    out.flag(d['F'], "offen");
    out.number("offset", d['i']);
    cache_flags(d, out);
    return out.text;
}

// The least registers that the address of an image instruction fills: offset, bias, comparison and derivatives come on
// top of the coordinates.
inline int address_registers(std::string_view name) {
    int count = 1;
    for (size_t at = name.find('_'); at != name.npos;) {
        const size_t next = name.find('_', at + 1);
        const std::string_view part = name.substr(at + 1, next == name.npos ? next : next - at - 1);
        count += part == "o" || part == "b" || part == "c" || part == "d" || part == "cd";
        at = next;
    }
    return count;
}

inline std::string mimg(const Decoded& d) {
    const Inst& inst = *d.inst;
    const bool sampler = inst.opcode >= 0x20;
    const bool gathers = inst.name.starts_with("image_gather4");
    const int least = gathers ? 4 : is_atomic(inst) ? registers(inst.src[0]) : 1;
    int data = (gathers ? 4 : std::max(1, std::popcount(d['k']))) + int(d['T']);
    // LLVM has atomics of one and two elements only; what does not fit there or before v255 it leaves at the least.
    if ((is_atomic(inst) && data != 2 * least) || d['d'] + data > 256) data = least;
    Operands out;
    out.add(vector(d['d'], data));
    out.add(vector(d['p'], address_registers(inst.name)));
    out.add(scalar(4 * d['r'], 8));
    if (sampler) out.add(scalar(4 * d['e'], 4));
    if (d['k']) out.text += " dmask:" + hex(d['k']);
    out.flag(d['U'], "unorm");
    cache_flags(d, out);
    out.flag(d['R'], "r128");
    out.flag(d['T'], "tfe");
    out.flag(d['W'], "lwe");
    out.flag(d['A'], "da");
    out.flag(d['H'], "d16");
    return out.text;
}

inline std::string export_target(uint32_t target) {
    if (target < 8) return "mrt" + std::to_string(target);
    if (target == 8) return "mrtz";
    if (target == 9) return "null";
    if (target >= 12 && target < 16) return "pos" + std::to_string(target - 12);
    if (target >= 32) return "param" + std::to_string(target - 32);
    return "invalid_target_" + std::to_string(target);
}

inline std::string exp(const Decoded& d) {
    std::string out = " " + export_target(d['t']);
    for (int k = 0; k < 4; ++k) {
        const char from = "abce"[d['M'] ? k / 2 : k];  // compressed: two halves in each register
        out += (k ? ", " : " ") + (d['k'] >> k & 1 ? vector(d[from], 1) : "off");
    }
    return out + (d['D'] ? " done" : "") + (d['M'] ? " compr" : "") + (d['V'] ? " vm" : "");
}

inline std::string operands(const Decoded& d) {
    switch (d.format) {
        case Fmt::SOPP:
            return sopp(d);
        case Fmt::SOPK:
            return sopk(d);
        case Fmt::SMEM:
            return smem(d);
        case Fmt::DS:
            return ds(d);
        case Fmt::FLAT:
            return flat(d);
        case Fmt::MUBUF:
            return mubuf(d);
        case Fmt::MTBUF:
            return mtbuf(d);
        case Fmt::MIMG:
            return mimg(d);
        case Fmt::EXP:
            return exp(d);
        default:
            if (d.inst->name.starts_with("v_interp_")) return interpolation(d);
            return d.inst->name.starts_with("s_") ? salu(d) : vop(d);
    }
}

}  // namespace text

inline std::string print(const Decoded& d) {
    return std::string(d.inst->name) + std::string(text::suffix(d)) + text::operands(d);
}

}  // namespace gcn::isa
