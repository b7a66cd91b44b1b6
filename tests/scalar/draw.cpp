#include "tests/scalar/draw.hpp"

#include <algorithm>

namespace gcn::scalar {

using isa::Also, isa::Fmt, isa::Inst, isa::Type;

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

class Drawing {
public:
    Drawing(const Inst& inst, Random& random, Coverage& coverage, u32 first_vgpr)
        : inst(inst), random(random), coverage(coverage), first_vgpr(first_vgpr) {
        out.inst = &inst;
    }
    Drawn drawn();

private:
    const Inst& inst;
    Random& random;
    Coverage& coverage;
    const u32 first_vgpr;
    Drawn out;
    Fmt format{};
    bool literal = false, scalar_used = false;  // what an instruction may have only once
    int scalar_kind = -1, scalar_width = 0;     // the one scalar, which may be named again
    u32 scalar_code = 0;
    int sources = 0;

    void met(int kind) { coverage.allowed.set(kind), coverage.met.set(kind), ++coverage.counts[kind]; }
    bool flag(int kind, u32 one_in = 4) {
        coverage.allowed.set(kind);
        if (!random.one_in(one_in)) return false;
        met(kind);
        return true;
    }
    int choose(std::initializer_list<int> kinds) {
        for (const int kind : kinds) coverage.allowed.set(kind);
        const int kind = random.pick(kinds);
        met(kind);
        return kind;
    }
    int choose_from(int first, int count) {
        for (int i = 0; i < count; ++i) coverage.allowed.set(first + i);
        const int i = int(random.below(u32(count)));
        met(first + i);
        return i;
    }

    void put(char letter, u32 value) {
        const isa::Format& f = isa::layout_of(format);
        for (const int dword : {0, 1}) {
            // A field that lies in both dwords does not exist: place() leaves the other alone.
            if (std::popcount(f.place(letter, ~0u, dword)))
                out.words[dword] = (out.words[dword] & ~f.place(letter, ~0u, dword)) | f.place(letter, value, dword);
        }
    }
    void put_tail(Fmt tail, char letter, u32 value) { out.words[1] |= isa::layout_of(tail).place(letter, value, 0); }
    void begin(Fmt f, u32 opcode) {
        format = f;
        out.words = {isa::layout_of(f).ones(), 0};
        out.size = isa::layout_of(f).has_dword_1() ? 2 : 1;
        put('o', opcode);
    }
    u32 random_literal(Type type);
    u32 vgpr(int count) { return first_vgpr + random.below(u32(vgprs_used - count - 8) - first_vgpr); }
    u32 sgpr(int count) {
        if (count <= 2 && random.one_in(16)) return 102 + 2 * random.below(2);  // FLAT_SCRATCH, XNACK_MASK
        const u32 step = count == 1 ? 1 : count == 2 ? 2 : 4;
        return random.below((u32(sgprs_used) - u32(count)) / step + 1) * step;
    }
    void reads(u32 vgpr, Type type) {
        out.vgprs[size_t(sources)] = int(vgpr), out.types[size_t(sources)] = type;
        ++sources;
    }
    u32 constant_code(int kind) {
        if (kind == Float) return 240 + random.below(9);
        return 128 + random.below(81);
    }
    u32 operand_code(int kind, Type type);
    u32 scalar_operand(int k, Type type, bool with_literal);
    u32 vector_operand(int k, Type type, bool scalars, bool with_literal);
    void scalar_destination(char letter, Type type, bool with_m0, bool with_exec);
    void scalar();
    void vector();
    void short_form();
    void vop3();
    void sdwa();
    void dpp();
    void lanes();
    bool has_extensions() const;
    bool takes_clamp() const;
    void relative();
    u32 offset(u32 most);
    u32 data(Type type) {
        const u32 n = vgpr(isa::registers(type));
        reads(n, type);
        return n;
    }
    u32 element_format();
    void address_pattern(bool may_be_misaligned) {
        out.pattern = Scattered + choose_from(Scattered, 4);
        if (may_be_misaligned && out.align > 1 && flag(Misaligned)) out.align = 1;
    }
    void cache_flags() { put('G', flag(Glc)), put('S', flag(Slc)); }
    void local();
    void scalar_memory();
    void flat();
    void buffer();
};

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

bool is_float(Type t) { return t == Type::F16 || t == Type::F32 || t == Type::F64; }

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

// Of an access to memory: the bytes of its widest element.
u32 bytes_of(const Inst& inst) {
    const std::string_view name = inst.name;
    const auto ends = [&](std::string_view with) { return name.ends_with(with); };
    if (ends("byte") || ends("_u8") || ends("_i8") || ends("_b8")) return 1;
    if (ends("short") || ends("_u16") || ends("_i16") || ends("_b16")) return 2;
    if (ends("x4") || ends("b128") || ends("b96")) return 16;
    if (ends("x3")) return 12;
    if (ends("x2") || ends("64")) return 8;
    return 4;
}

u32 Drawing::offset(u32 most) {
    coverage.allowed.set(Offset), coverage.allowed.set(NoOffset);
    if (random.one_in(3)) {
        met(NoOffset);
        return 0;
    }
    met(Offset);
    return random.below(most / out.align) * out.align;
}

void Drawing::local() {
    begin(Fmt::DS, inst.opcode);
    const std::string_view name = inst.name;
    out.bytes = bytes_of(inst), out.align = out.bytes;
    const bool lanes = name == "ds_permute_b32" || name == "ds_bpermute_b32", swizzle = name == "ds_swizzle_b32";
    for (int k = 0; k < 3; ++k) {
        const Type type = inst.src[size_t(k)];
        if (isa::registers(type)) put(k == 0 ? 'a' : 'b', data(type));
        if (type != Type::Addr) continue;
        const u32 n = vgpr(1);
        put('p', n);
        if (swizzle)
            reads(n, Type::U32);
        else
            out.addresses[0] = {n, lanes ? Drawn::Holds::LaneAddress : Drawn::Holds::LocalAddress};
        break;
    }
    if (isa::registers(inst.dst)) {
        met(ToVgpr);
        put('d', vgpr(isa::registers(inst.dst)));
    }
    if (out.addresses[0].holds == Drawn::Holds::LocalAddress) address_pattern(true);
    const bool two =
        name.find("read2") != name.npos || name.find("write2") != name.npos || name.find("xchg2") != name.npos;
    if (two) {
        const u32 most = random.one_in(16) ? 256 : name.find("st64") != name.npos ? 6 : 64;
        coverage.allowed.set(Offset), met(Offset);
        put('x', random.below(most)), put('y', random.below(most));
        return;
    }
    u32 o = swizzle ? random.word() & 0xffff : lanes ? random.below(64) * 4 : offset(random.one_in(16) ? 65536 : 1024);
    if (swizzle) out.align = 1, met(Offset);
    put('x', o & 0xff), put('y', o >> 8);
}

void Drawing::scalar_memory() {
    begin(Fmt::SMEM, inst.opcode);
    if (inst.src[0] == Type::None && !isa::registers(inst.dst)) return;
    const bool buffer = inst.name.find("buffer") != inst.name.npos;
    put('a', (buffer ? descriptor_sgpr + 4 * random.below(descriptors) : base_sgpr) / 2);
    const bool stores = inst.name.find("store") != inst.name.npos;
    const int how = choose({Offset, NoOffset, OffsetRegister});
    out.align = 4;
    put('I', how != OffsetRegister);
    // The low two bits are dropped.
    // Stores take no register but M0 (CLRX).
    if (how == OffsetRegister) out.offset_in_m0 = flag(PerSource + M0, stores ? 1 : 4);
    put('i', how == OffsetRegister ? (out.offset_in_m0 ? 124 : small_sgpr)
             : how == Offset       ? random.below(buffer ? 2048 : 1000) & ~u32(random.one_in(4) ? 0 : 3)
                                   : 0);
    // What a probe asks for stands in this field.
    const int wide = isa::registers(stores ? inst.src[0] : inst.dst);
    const bool to_vcc = wide && wide <= 2 && choose({ToSgpr, ToSgpr, ToVcc}) == ToVcc;
    put('d', to_vcc ? 106 : wide ? sgpr(wide) : random.below(128));
    put('G', flag(Glc));
}

void Drawing::flat() {
    begin(Fmt::FLAT, inst.opcode);
    out.bytes = bytes_of(inst), out.align = std::min(out.bytes, 4u);
    if (inst.name.find("atomic") != inst.name.npos) out.align = out.bytes;
    if (isa::registers(inst.src[0])) put('a', data(inst.src[0]));
    const u32 n = vgpr(2);
    put('p', n);
    out.addresses[0] = {n, Drawn::Holds::FlatAddress};
    address_pattern(inst.name.find("atomic") == inst.name.npos);
    put('d', vgpr(std::max(1, isa::registers(inst.dst)) + 1));
    if (isa::registers(inst.dst)) put('T', flag(Tfe));
    cache_flags();
}

// A data and a number format that go together, at their places in a descriptor. Memory of 32 bits a component knows no
// conversions (Southern Islands' manual of MTBUF), floats of 8 and 2 bits do not exist, nor does number format 6.
u32 Drawing::element_format() {
    const int data = choose_from(DataFormat, 15);
    const bool wide = data == 4 || data == 11 || data >= 13, half = data == 2 || data == 5 || data == 12;
    const bool floats = wide || half || data == 6 || data == 7;
    const int number = wide     ? choose({NumberFormat + 4, NumberFormat + 5, NumberFormat + 7})
                       : floats ? choose({NumberFormat, NumberFormat + 1, NumberFormat + 2, NumberFormat + 3,
                                          NumberFormat + 4, NumberFormat + 5, NumberFormat + 7})
                                : NumberFormat + choose_from(NumberFormat, 6);
    return u32(data) << 15 | u32(number - NumberFormat) << 12;
}

void Drawing::buffer() {
    begin(inst.format, inst.opcode);
    if (inst.src[0] == Type::None && !isa::registers(inst.dst)) return;
    const std::string_view name = inst.name;
    const bool typed = name.find("_format_") != name.npos, atomic = name.find("atomic") != name.npos;
    const bool loads = name.find("_load_") != name.npos, from_lds = name.find("_lds_") != name.npos;
    out.bytes = typed ? 16 : bytes_of(inst), out.align = std::min(out.bytes, 4u);
    if (atomic) out.align = out.bytes;
    put('r', buffer_sgpr / 4);
    out.descriptor = choose_from(Raw, 3);
    // The bits of the data format are then others.
    if (!typed || inst.format == Fmt::MTBUF) out.adds_lane = flag(AddsLane);
    const u32 format = typed ? element_format() : 0;
    if (inst.format == Fmt::MTBUF) {
        put('f', format >> 15), put('N', format >> 12 & 7);
    } else if (typed) {
        out.formats = format;
        for (u32 i = 0; i < 4; ++i) out.formats |= random.pick({0u, 1u, 4u, 5u, 6u, 7u}) << (3 * i);
    }
    const u32 bytes = out.bytes;
    const bool to_lds = inst.format == Fmt::MUBUF && loads && bytes_of(inst) <= 4 &&
                        (!typed || name == "buffer_load_format_x") && flag(Lds);
    if (from_lds) met(Lds);
    if (inst.format == Fmt::MUBUF) put('L', to_lds || from_lds);
    out.to_lds = to_lds || from_lds, out.bytes = bytes;
    if (!from_lds) {
        // With tfe there is a register more.
        const bool stores = isa::registers(inst.src[0]);
        put('d', stores ? data(inst.src[0]) : vgpr(std::max(1, isa::registers(inst.dst)) + 1));
        if (!to_lds && !stores) put('T', flag(Tfe));
        if (atomic) put('T', flag(Tfe));
    }
    const bool indexed = flag(Idxen, 2), with_offset = flag(Offen, 2);
    put('I', indexed), put('F', with_offset);
    const u32 n = vgpr(2);
    put('p', n);
    if (indexed) out.addresses[0] = {n, Drawn::Holds::Index};
    if (with_offset) out.addresses[1] = {n + indexed, Drawn::Holds::Offset};
    // Lanes that overwrite parts of each other's elements would leave parts of NaNs.
    address_pattern(!atomic && (loads || (format >> 12 & 7) != 7));
    put('i', offset(256));
    const int how = out.to_lds ? choose({Sgpr, Integer}) : choose({Sgpr, Integer, M0});
    out.offset_in_m0 = how == M0;
    put('s', how == Sgpr ? small_sgpr : how == M0 ? 124 : 128 + random.below(64 / out.align + 1) * out.align);
    cache_flags();
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

}  // namespace

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
