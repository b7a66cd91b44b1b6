#include "tests/scalar/drawing.hpp"

namespace gcn::scalar {

namespace {

constexpr std::string_view source_kinds[] = {"vgpr", "sgpr",  "vcc",     "m0",  "exec", "vccz", "execz", "scc",
                                             "int",  "float", "literal", "neg", "abs",  "sext", "lds"};
constexpr std::string_view other_kinds[] = {"to sgpr",
                                            "to vcc",
                                            "to m0",
                                            "to exec",
                                            "to vgpr",
                                            "short",
                                            "vop3",
                                            "sdwa",
                                            "dpp",
                                            "mul:2",
                                            "mul:4",
                                            "div:2",
                                            "clamp",
                                            "src0 byte 0",
                                            "src0 byte 1",
                                            "src0 byte 2",
                                            "src0 byte 3",
                                            "src0 word 0",
                                            "src0 word 1",
                                            "src0 dword",
                                            "src1 byte 0",
                                            "src1 byte 1",
                                            "src1 byte 2",
                                            "src1 byte 3",
                                            "src1 word 0",
                                            "src1 word 1",
                                            "src1 dword",
                                            "dst byte 0",
                                            "dst byte 1",
                                            "dst byte 2",
                                            "dst byte 3",
                                            "dst word 0",
                                            "dst word 1",
                                            "dst dword",
                                            "unused pad",
                                            "unused sext",
                                            "unused preserve",
                                            "quad_perm",
                                            "row_shl",
                                            "row_shr",
                                            "row_ror",
                                            "wave_shl",
                                            "wave_rol",
                                            "wave_shr",
                                            "wave_ror",
                                            "row_mirror",
                                            "row_half_mirror",
                                            "row_bcast:15",
                                            "row_bcast:31",
                                            "bound_ctrl",
                                            "row_mask",
                                            "bank_mask",
                                            "glc",
                                            "slc",
                                            "offen",
                                            "idxen",
                                            "lds",
                                            "tfe",
                                            "offset",
                                            "offset register",
                                            "no offset",
                                            "forward",
                                            "data format 0",
                                            "data format 1",
                                            "data format 2",
                                            "data format 3",
                                            "data format 4",
                                            "data format 5",
                                            "data format 6",
                                            "data format 7",
                                            "data format 8",
                                            "data format 9",
                                            "data format 10",
                                            "data format 11",
                                            "data format 12",
                                            "data format 13",
                                            "data format 14",
                                            "unorm",
                                            "snorm",
                                            "uscaled",
                                            "sscaled",
                                            "uint",
                                            "sint",
                                            "reserved",
                                            "float",
                                            "raw",
                                            "strided",
                                            "swizzled",
                                            "add_tid",
                                            "scattered",
                                            "close",
                                            "uniform",
                                            "contiguous",
                                            "misaligned",
                                            "multiplier acting",
                                            "multiplier ignored",
                                            "exec all",
                                            "exec none",
                                            "exec some",
                                            "to nearest",
                                            "up",
                                            "down",
                                            "to zero",
                                            "denormals flushed",
                                            "denormals taken",
                                            "denormals given",
                                            "denormals kept",
                                            "ieee",
                                            "no ieee",
                                            "indexed",
                                            "skipped"};

}  // namespace

u32 Drawing::random_literal(Type type) {
    const u32 floats[] = {0x3f800000, 0xbf000000, 0x7f800000, 0x00000001, 0x80000000, 0x7fc00000,
                          0x40490fdb, 0x00003c00, 0x00007c00, 0x0000fbff, 0x3ff00000, 0x7fefffff};
    if (isa::registers(type) && random.one_in(2)) return floats[random.below(std::size(floats))];
    return random.word() >> random.below(32);
}

// Of a scalar register, a literal or a constant.
u32 Drawing::operand_code(int kind, Type type) {
    const int wide = isa::registers(type);
    switch (kind) {
        case Sgpr:
            return sgpr(wide);
        case Vcc:
            return 106 + (wide == 1 ? random.below(2) : 0);
        case M0:
            return 124;
        case Exec:
            return 126 + (wide == 1 ? random.below(2) : 0);
        case Vccz:
            return 251;
        case Execz:
            return 252;
        case Scc:
            return 253;
        case LdsDirect:
            out.lds_direct = true;
            return 254;
        case Literal:
            literal = true, out.size = 2, out.words[1] = random_literal(type);
            return isa::literal_code;
        default:
            return constant_code(kind);
    }
}

u32 Drawing::scalar_operand(int k, Type type, bool with_literal) {
    const int wide = isa::registers(type), base = PerSource * k;
    const bool may = with_literal && !literal;
    int kind;
    if (wide == 2)
        kind = may ? choose({base + Sgpr, base + Vcc, base + Exec, base + Integer, base + Float, base + Literal})
                   : choose({base + Sgpr, base + Vcc, base + Exec, base + Integer, base + Float});
    else
        kind = may ? choose({base + Sgpr, base + Sgpr, base + Sgpr, base + Vcc, base + M0, base + Exec, base + Vccz,
                             base + Execz, base + Scc, base + Integer, base + Float, base + Literal})
                   : choose({base + Sgpr, base + Sgpr, base + Sgpr, base + Vcc, base + M0, base + Exec, base + Vccz,
                             base + Execz, base + Scc, base + Integer, base + Float});
    return operand_code(kind - base, type);
}

// At most one scalar register or literal for a vector instruction.
u32 Drawing::vector_operand(int k, Type type, bool scalars, bool with_literal) {
    const int wide = isa::registers(type), base = PerSource * k;
    int kind;
    // LLVM has no reversed shift of what LDS gives.
    const bool lds = k == 0 && wide == 1 && inst.name.find("rev_") == inst.name.npos;
    if (scalars && !scalar_used && lds && random.one_in(12)) {
        kind = choose({base + LdsDirect});
    } else if (scalars && !scalar_used && !random.one_in(3)) {
        if (wide > 2)
            kind = choose({base + Vgpr});
        else if (wide == 2)
            kind = with_literal
                       ? choose({base + Sgpr, base + Vcc, base + Exec, base + Integer, base + Float, base + Literal})
                       : choose({base + Sgpr, base + Vcc, base + Exec, base + Integer, base + Float});
        else
            kind = with_literal ? choose({base + Sgpr, base + Vcc, base + M0, base + Exec, base + Vccz, base + Execz,
                                          base + Scc, base + Integer, base + Float, base + Literal})
                                : choose({base + Sgpr, base + Vcc, base + M0, base + Exec, base + Vccz, base + Execz,
                                          base + Scc, base + Integer, base + Float});
    } else if (scalars && scalar_width == wide && random.one_in(4)) {
        met(base + scalar_kind);
        return scalar_code;
    } else if (scalars && wide <= 2 && random.one_in(4)) {
        kind = choose({base + Integer, base + Float});
    } else {
        kind = choose({base + Vgpr});
    }
    kind -= base;
    if (kind == Vgpr) {
        const u32 n = vgpr(wide);
        reads(n, type);
        return 256 + n;
    }
    const u32 code = operand_code(kind, type);
    if (kind == Integer || kind == Float) return code;
    scalar_used = true;
    if (kind != Literal && kind != LdsDirect) scalar_kind = kind, scalar_width = wide, scalar_code = code;
    return code;
}

void Drawing::scalar_destination(char letter, Type type, bool with_m0, bool with_exec) {
    const int wide = isa::registers(type);
    int kind;
    if (wide == 1 && with_m0)
        kind =
            with_exec ? choose({ToSgpr, ToSgpr, ToSgpr, ToVcc, ToM0, ToExec}) : choose({ToSgpr, ToSgpr, ToVcc, ToM0});
    else
        kind = with_exec ? choose({ToSgpr, ToSgpr, ToSgpr, ToVcc, ToExec}) : choose({ToSgpr, ToSgpr, ToVcc});
    const u32 half = wide == 1 ? random.below(2) : 0;
    put(letter, kind == ToSgpr ? sgpr(wide) : kind == ToVcc ? 106 + half : kind == ToM0 ? 124 : 126 + half);
}

void Drawing::scalar() {
    begin(inst.format, inst.opcode);
    const std::string_view name = inst.name;
    const bool writes = isa::registers(inst.dst);
    if (inst.format == Fmt::SOPP) {
        if (name.starts_with("s_cbranch") || name == "s_branch") {
            met(Forward);
            put('i', 1);  // over the s_nop that follows every instruction
        } else if (name == "s_set_gpr_idx_mode") {
            put('i', random.below(16));
        } else if (name == "s_nop" || name == "s_setprio") {
            put('i', random.below(4));
        } else if (name == "s_waitcnt") {
            put('i', random.below(0x1000));
        } else if (name == "s_sendmsg" || name == "s_sendmsghalt") {
            put('i', random.below(0x800));
        } else if (name == "s_setkill") {
            const u32 kills = random.below(2);
            put('i', kills);
            out.ends = kills;
        }
        if (name.starts_with("s_endpgm") || name == "s_sendmsghalt") out.ends = true;
        return;
    }
    if (inst.format == Fmt::SOPK) {
        if (name.find("getreg") != name.npos) {
            // MODE, STATUS, TRAPSTS: what others hold is the machine's affair.
            put('i', (1 + random.below(3)) | random.below(32) << 6 | random.below(32) << 11);
        } else if (name.find("setreg") != name.npos) {
            // Mostly rounding, denormals, DX10_CLAMP, IEEE.
            const u32 bits = random.one_in(4) ? 32 : 10;
            const u32 offset = random.below(bits), size = 1 + random.below(bits - offset);
            const u32 number = bits == 32 && random.one_in(2) ? 3 : 1;
            put('i', number | offset << 6 | (size - 1) << 11);
        } else {
            put('i', random.one_in(3) ? random.pick({0u, 1u, 0xffffu, 0x7fffu, 0x8000u}) : random.word() & 0xffff);
        }
        if (inst.always_literal()) out.size = 2, out.words[1] = random.word();
        if (name == "s_cbranch_i_fork") out.ends = true;
        if (name.starts_with("s_setreg_imm")) return;
        if (writes)
            scalar_destination('d', inst.dst, true, true);
        else
            scalar_destination('d', inst.src[0], true, true);  // what is read there
        return;
    }
    if (name == "s_cbranch_join") {
        out.ends = true;
        const int kind = choose({Sgpr, Sgpr, Sgpr, Vcc, M0});
        put('a', kind == Sgpr ? sgpr(1) : kind == Vcc ? 106 + random.below(2) : 124);
        return;
    }
    const bool forks = name == "s_cbranch_g_fork";
    out.ends |= forks;
    if (inst.src[0] != Type::None) put('a', scalar_operand(0, inst.src[0], !forks));
    const bool two = inst.src[1] != Type::None && inst.src[1] != Type::Dst;
    if (two && inst.src[1] == Type::Imm) put('b', random.below(16));
    if (two && inst.src[1] != Type::Imm) put('b', scalar_operand(1, inst.src[1], !forks));
    // The order of two writes to EXEC by one instruction is nowhere said.
    if (writes) scalar_destination('d', inst.dst, true, inst.also != Also::UpdateExec);
    if (name.starts_with("s_movrel")) {
        relative();
        const int wide = name.ends_with("b64") ? 2 : 1;
        put('d', sgpr(wide) % 32 / 2 & ~1u);
        if (name.starts_with("s_movrels")) put('a', sgpr(wide) % 32 / 2 & ~1u), out.size = 1;
    }
    if (name == "s_setpc_b64" || name == "s_swappc_b64") {
        out.ends = true;
        put('a', code_sgpr), out.size = 1;
    }
}

void Drawing::relative() { out.index_limit = 8; }

// Forms with a second dword exist for 32-bit and 16-bit operations of the short formats.
bool Drawing::has_extensions() const {
    if (!isa::is_short_vector(inst.format) || inst.src[0] == Type::None || inst.always_literal()) return false;
    if (inst.name.starts_with("v_movrel") || inst.name == "v_readfirstlane_b32") return false;
    if (isa::registers(inst.dst) == 2 && inst.dst != Type::Mask) return false;
    for (const Type t : inst.src)
        if (t != Type::Mask && isa::registers(t) > 1) return false;
    return true;
}

static bool is_float(Type t) { return t == Type::F16 || t == Type::F32 || t == Type::F64; }

// It saturates the results of some integer instructions, and does nothing to others. LLVM refuses it to these.
bool Drawing::takes_clamp() const { return !inst.name.starts_with("v_movrel") && inst.name != "v_mul_lo_u16"; }

void Drawing::lanes() {
    begin(inst.format, inst.opcode);
    const std::string_view name = inst.name;
    if (name == "v_writelane_b32") {
        met(ToVgpr);
        const u32 n = vgpr(1);
        put('d', n), reads(n, Type::U32);
        const int kind = choose({Sgpr, M0, Vcc, Exec, Integer, Float});
        const bool constant = kind == Integer || kind == Float;
        put('a', kind == Sgpr   ? sgpr(1)
                 : kind == M0   ? 124
                 : kind == Vcc  ? 106 + random.below(2)
                 : kind == Exec ? 126 + random.below(2)
                                : constant_code(kind));
        const int select =
            constant ? choose({PerSource + Sgpr, PerSource + M0, PerSource + Integer}) : choose({PerSource + Integer});
        put('b', select == PerSource + Sgpr ? sgpr(1) : select == PerSource + M0 ? 124 : 128 + random.below(65));
        return;
    }
    if (choose({Vgpr, Vgpr, Vgpr, LdsDirect}) == Vgpr) {
        const u32 n = vgpr(1);
        reads(n, Type::U32);
        put('a', 256 + n);
    } else {
        put('a', operand_code(LdsDirect, Type::U32));
    }
    if (name == "v_readlane_b32") {
        const int select = choose({PerSource + Sgpr, PerSource + M0, PerSource + Vcc, PerSource + Integer});
        put('b', select == PerSource + Sgpr  ? sgpr(1)
                 : select == PerSource + M0  ? 124
                 : select == PerSource + Vcc ? 106 + random.below(2)
                                             : 128 + random.below(65));
    }
    const int to = choose({ToSgpr, ToSgpr, ToVcc, ToM0, ToExec});
    const u32 half = random.below(2);
    put('d', to == ToSgpr ? sgpr(1) : to == ToVcc ? 106 + half : to == ToM0 ? 124 : 126 + half);
}

void Drawing::short_form() {
    met(Short);
    begin(inst.format, inst.opcode);
    if (inst.src[0] == Type::None) return;
    const bool relative_source = inst.name.starts_with("v_movrels");
    if (inst.also == Also::ReadVcc || inst.also == Also::UpdateVcc) scalar_used = true;  // VCC is the one
    const bool with_literal = !inst.always_literal();
    if (inst.always_literal() && random.one_in(3))  // which is the one scalar
        put('a', operand_code(choose({Integer, Float}), inst.src[0]));
    else
        put('a', vector_operand(0, inst.src[0], !relative_source && !inst.always_literal(), with_literal));
    if (inst.src[1] != Type::None && inst.src[1] != Type::Dst) {
        const u32 n = vgpr(isa::registers(inst.src[1]));
        met(PerSource + Vgpr);
        reads(n, inst.src[1]);
        put('b', n);
    }
    if (inst.always_literal()) out.size = 2, out.words[1] = random_literal(inst.dst);
    if (inst.format == Fmt::VOPC) return;
    met(ToVgpr);
    const u32 d = vgpr(isa::registers(inst.dst));
    put('d', d);
    if (inst.src[2] == Type::Dst) reads(d, inst.dst);
}

void Drawing::vop3() {
    met(Vop3);
    u32 opcode = inst.opcode;
    for (const isa::Promotion& p : isa::promotions)
        if (p.from == inst.format) opcode += p.first;
    begin(inst.carries() ? Fmt::VOP3B : Fmt::VOP3, opcode);
    const bool plain = inst.name.starts_with("v_movrels");
    for (int k = 0; k < 3; ++k) {
        const Type type = inst.src[size_t(k)];
        if (type == Type::None || type == Type::Dst || type == Type::Imm) continue;
        const char letter = "abc"[k];
        if (type == Type::Mask) {
            const int kind =
                scalar_used ? -1 : choose({PerSource * 2 + Sgpr, PerSource * 2 + Vcc, PerSource * 2 + Exec});
            put(letter, kind == PerSource * 2 + Sgpr   ? sgpr(2)
                        : kind < 0                     ? 128 + random.below(65)
                        : kind == PerSource * 2 + Exec ? 126
                                                       : 106);
            if (kind >= 0) scalar_used = true;
            continue;
        }
        // The mask comes last, so leave it the one scalar now and then.
        const bool keep = inst.src[2] == Type::Mask && random.one_in(2);
        put(letter, vector_operand(k, type, !plain && !keep && !(k == 0 && plain), false));
    }
    u32 negate = 0, absolute = 0;
    for (int k = 0; k < 3; ++k)
        if (is_float(inst.src[size_t(k)])) {
            negate |= u32(flag(PerSource * k + Negate)) << k;
            if (format == Fmt::VOP3) absolute |= u32(flag(PerSource * k + Absolute)) << k;
        }
    put('n', negate);
    if (format == Fmt::VOP3) put('u', absolute);
    if (takes_clamp()) put('C', flag(Clamp));
    if (is_float(inst.dst) || inst.name == "v_cvt_pkrtz_f16_f32") {
        for (int kind = Twice; kind <= Half; ++kind) coverage.allowed.set(size_t(kind));
        if (random.one_in(3)) out.multiplier = 1 + random.below(3), met(Twice + int(out.multiplier) - 1);
        put('m', out.multiplier);
    }
    if (inst.dst == Type::Mask) {
        const int to = choose({ToSgpr, ToSgpr, ToVcc, ToExec});
        put('d', to == ToSgpr ? sgpr(2) : to == ToVcc ? 106 : 126);
    } else if (isa::registers(inst.dst)) {
        met(ToVgpr);
        const u32 d = vgpr(isa::registers(inst.dst));
        put('d', d);
        if (inst.src[2] == Type::Dst) reads(d, inst.dst);
    }
    if (format == Fmt::VOP3B) {
        const int to = choose({ToSgpr, ToSgpr, ToVcc, ToExec});
        put('q', to == ToSgpr ? sgpr(2) : to == ToVcc ? 106 : 126);
    }
}

void Drawing::sdwa() {
    met(Sdwa);
    begin(inst.format, inst.opcode);
    out.size = 2;
    put('a', isa::sdwa_code);
    u32 negate = 0, absolute = 0, extend = 0;
    for (int k = 0; k < 2; ++k) {
        const Type type = inst.src[size_t(k)];
        if (type == Type::None || type == Type::Dst || type == Type::Mask) continue;
        const u32 n = vgpr(1);
        reads(n, type);
        met(PerSource * k + Vgpr);
        k == 0 ? put_tail(Fmt::SDWA, 'a', n) : put('b', n);
        put_tail(Fmt::SDWA, k == 0 ? 'x' : 'y', u32(choose_from(k == 0 ? Select0 : Select1, 7)));
        if (is_float(type)) {
            negate |= u32(flag(PerSource * k + Negate)) << k;
            absolute |= u32(flag(PerSource * k + Absolute)) << k;
        } else {
            extend |= u32(flag(PerSource * k + SignExtend, 2)) << k;
        }
    }
    put_tail(Fmt::SDWA, 'n', negate), put_tail(Fmt::SDWA, 'u', absolute), put_tail(Fmt::SDWA, 'X', extend);
    if (inst.dst == Type::Mask) return;
    if (takes_clamp()) put_tail(Fmt::SDWA, 'C', flag(Clamp));
    put_tail(Fmt::SDWA, 'd', u32(choose_from(Into, 7)));
    put_tail(Fmt::SDWA, 'D', u32(choose_from(Unused, 3)));
    met(ToVgpr);
    const u32 d = vgpr(1);
    put('d', d);
    if (inst.src[2] == Type::Dst) reads(d, inst.dst);
}

void Drawing::dpp() {
    met(Dpp);
    begin(inst.format, inst.opcode);
    out.size = 2;
    put('a', isa::dpp_code);
    u32 negate = 0, absolute = 0;
    for (int k = 0; k < 2; ++k) {
        const Type type = inst.src[size_t(k)];
        if (type == Type::None || type == Type::Dst || type == Type::Mask) continue;
        const u32 n = vgpr(1);
        reads(n, type);
        met(PerSource * k + Vgpr);
        k == 0 ? put_tail(Fmt::DPP, 'a', n) : put('b', n);
        if (is_float(type)) {
            negate |= u32(flag(PerSource * k + Negate)) << k;
            absolute |= u32(flag(PerSource * k + Absolute)) << k;
        }
    }
    put_tail(Fmt::DPP, 'n', negate), put_tail(Fmt::DPP, 'u', absolute);
    const int movement = choose_from(Control, 12);
    const u32 by = 1 + random.below(15);
    static constexpr u32 waves[] = {0x130, 0x134, 0x138, 0x13c, 0x140, 0x141, 0x142, 0x143};
    put_tail(Fmt::DPP, 'c',
             movement == 0  ? random.below(256)
             : movement < 4 ? u32(0x100 + 0x10 * (movement - 1)) + by
                            : waves[movement - 4]);
    put_tail(Fmt::DPP, 'B', flag(BoundControl, 2));
    put_tail(Fmt::DPP, 'w', flag(RowMask) ? random.below(16) : 15);
    put_tail(Fmt::DPP, 'v', flag(BankMask) ? random.below(16) : 15);
    if (inst.format == Fmt::VOPC) return;
    met(ToVgpr);
    const u32 d = vgpr(1);
    put('d', d);
    if (inst.src[2] == Type::Dst) reads(d, inst.dst);
}

void Drawing::vector() {
    if (inst.name == "v_readlane_b32" || inst.name == "v_writelane_b32" || inst.name == "v_readfirstlane_b32")
        return lanes();
    if (inst.name.starts_with("v_movrel")) relative();
    if (isa::is_vop3(inst.format)) return vop3();
    const bool promotes = !inst.always_literal() && inst.src[0] != Type::None;
    if (has_extensions()) {
        switch (random.below(4)) {
            case 0:
                return sdwa();
            case 1:
                return dpp();
            case 2:
                return vop3();
            default:
                return short_form();
        }
    }
    if (promotes && random.one_in(2)) return vop3();
    short_form();
}

Drawn Drawing::drawn() {
    ++coverage.drawn;
    switch (inst.format) {
        case Fmt::SOP1:
        case Fmt::SOP2:
        case Fmt::SOPC:
        case Fmt::SOPK:
        case Fmt::SOPP:
            scalar();
            break;
        case Fmt::DS:
            local();
            break;
        case Fmt::SMEM:
            scalar_memory();
            break;
        case Fmt::FLAT:
            flat();
            break;
        case Fmt::MUBUF:
        case Fmt::MTBUF:
            buffer();
            break;
        default:
            vector();
    }
    return out;
}

std::string name_of(int kind) {
    if (kind < ToSgpr)
        return "src" + std::to_string(kind / PerSource) + " " + std::string(source_kinds[kind % PerSource]);
    return std::string(other_kinds[kind - ToSgpr]);
}

struct Undrawn {
    std::string_view name, why;
};
static constexpr Undrawn undrawn[] = {
    {"s_trap", "enters a trap handler"},
    {"s_rfe_b64", "returns from a trap handler"},
    {"s_rfe_restore_b64", "returns from a trap handler"},
    {"s_memtime", "reads a clock"},
    {"s_memrealtime", "reads a clock"},
};

bool drawable(const Inst& inst, std::string_view* why) {
    for (const Undrawn& row : undrawn)
        if (row.name == inst.name) {
            if (why) *why = row.why;
            return false;
        }
    return true;
}

Drawn draw(const Inst& inst, Random& random, Coverage& coverage, u32 first_vgpr) {
    return Drawing(inst, random, coverage, first_vgpr).drawn();
}

}  // namespace gcn::scalar
