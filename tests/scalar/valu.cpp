// What vector instructions have in common: operands, modifiers, lanes that take part, where results go.

#include <optional>
#include <string>

#include "tests/scalar/lane.hpp"

namespace gcn::scalar {

using isa::Also, isa::Fmt, isa::Tail, isa::Type;

namespace {

LaneBody body_of(const isa::Inst& inst) {
    static const std::vector<LaneBody> by_row = [] {
        std::vector<LaneBody> rows;
        for (const isa::Inst& row : isa::insts) {
            std::string name(row.name);
            if (name.starts_with("v_cmpx")) name.erase(5, 1);
            const LaneBody body = integer_body(name);
            rows.push_back(body ? body : float_body(name));
        }
        return rows;
    }();
    return by_row[size_t(&inst - isa::insts.data())];
}

constexpr std::string_view special[] = {"v_nop",           "v_clrexcp",     "v_readfirstlane_b32", "v_readlane_b32",
                                        "v_writelane_b32", "v_movreld_b32", "v_movrels_b32",       "v_movrelsd_b32"};

// `count` registers from `vgpr` on, moved by an index; none when they are not all there.
std::optional<u32> moved(u32 vgpr, u64 by, int count) {
    if (vgpr + by + u64(count) > 256) return std::nullopt;
    return u32(vgpr + by);
}
// With GPR indexing on (MODE bit 27), M0 holds the index and, from bit 12, for which operands: sources 0 to 2,
// destination. Beyond the registers a source is v0, and an instruction with such a destination does nothing (manual).
std::optional<u32> indexed(const Machine& m, u32 vgpr, int operand, int count) {
    const bool moves = m.mode >> 27 & 1 && m.s[m0] >> (12 + operand) & 1;
    return moves ? moved(vgpr, m.s[m0] & 0xff, count) : vgpr;
}

u64 read_vector(const Machine& m, u32 vgpr, int lane, Type type) {
    const int bits = bits_of(type);
    u64 x = m.v[vgpr & 255][lane];
    if (bits > 32) x |= u64(m.v[(vgpr + 1) & 255][lane]) << 32;
    return bits == 16 ? x & 0xffff : x;
}

// The lane that DPP's control takes a value from; none where it lies outside.
std::optional<int> dpp_source(u32 control, int lane) {
    const int row = lane & ~15, at = lane & 15, by = int(control & 15);
    if (control < 0x100) return (lane & ~3) + int(control >> (2 * (lane & 3)) & 3);
    if (control > 0x100 && control < 0x110) return at + by <= 15 ? std::optional(lane + by) : std::nullopt;
    if (control > 0x110 && control < 0x120) return at >= by ? std::optional(lane - by) : std::nullopt;
    if (control > 0x120 && control < 0x130) return row + ((at - by) & 15);
    switch (control) {
        case 0x130:
            return lane < 63 ? std::optional(lane + 1) : std::nullopt;
        case 0x134:
            return (lane + 1) & 63;
        case 0x138:
            return lane > 0 ? std::optional(lane - 1) : std::nullopt;
        case 0x13c:
            return (lane - 1) & 63;
        case 0x140:
            return row + (15 - at);
        case 0x141:
            return (lane & ~7) + (7 - (lane & 7));
        case 0x142:
            return row ? std::optional(row - 1) : std::nullopt;
        case 0x143:
            return lane >= 32 ? std::optional(31) : std::nullopt;
        default:
            return std::nullopt;
    }
}

u64 selected(u64 x, u32 select, bool with_sign) {
    if (select >= 6) return x;
    const int bits = select < 4 ? 8 : 16, shift = select < 4 ? int(select) * 8 : int(select - 4) * 16;
    const u64 mask = (1ull << bits) - 1, part = x >> shift & mask;
    return with_sign && part >> (bits - 1) & 1 ? u32(part | ~mask) : part;
}
u32 inserted(u32 x, u32 old, u32 select, u32 unused) {
    if (select >= 6) return x;
    const int bits = select < 4 ? 8 : 16, shift = select < 4 ? int(select) * 8 : int(select - 4) * 16;
    const u32 mask = (1u << bits) - 1, part = x & mask;
    const bool minus = part >> (bits - 1) & 1;
    if (unused == 2) return (old & ~(mask << shift)) | part << shift;
    if (unused == 1 && minus) return (part | ~mask) << shift;
    return part << shift;
}

// The output modifiers of a float: times 2, 4 or a half, then clamping to 0..1. The manual: multiplication is ignored
// where MODE enables denormal results and in IEEE mode, and does not keep -0. It stands for a v_mul that follows
// (LLVM's SIFoldOperands), so it takes denormals as that does: only those of the few instructions that keep them can
// tell.
u64 modified(u64 x, Format f, Round round, u32 multiply, bool clamp, u32 mode) {
    const Rules r = rules(mode, f);
    const bool ieee = mode >> 9 & 1, dx10 = mode >> 8 & 1;
    if (multiply && r.flush_out && !ieee) {
        const int by = multiply == 3 ? -1 : int(multiply);
        x = pack(scaled(unpack(r.flush_in ? flushed(x, f) : x, f), by), f, round, true);
        if (is_zero(x, f)) x = 0;
    }
    if (!clamp) return x;
    if (is_nan(x, f)) return dx10 ? 0 : x;
    if (x & f.sign()) return 0;  // -0 too, and a denormal stays: guess
    return x > f.one() ? f.one() : x;
}

// VGPR indexing leaves them alone: guess.
bool lanes_to_scalars(Machine& m, const isa::Decoded& d) {
    const std::string_view name = d.inst->name;
    if (name == "v_readfirstlane_b32" || name == "v_readlane_b32") {
        int lane = m.execution() ? std::countr_zero(m.execution()) : 0;
        if (name == "v_readlane_b32") {
            const u32 select = d['b'];
            lane = int((select >= 256 ? m.v[select & 255][0] : scalar_source(m, d, select, Type::U32)) & 63);
        }
        const u32 source = d.operand(0);
        m.s[d['d']] = u32(source >= 256 ? m.v[source & 255][lane] : scalar_source(m, d, source, Type::U32));
        return true;
    }
    if (name == "v_writelane_b32") {
        const int lane = int(scalar_source(m, d, d['b'], Type::U32) & 63);
        m.v[d['d'] & 255][lane] = u32(scalar_source(m, d, d['a'], Type::U32));
        return true;
    }
    return false;
}

struct Result {
    u64 d = 0, high = 0;
    bool written = false;
};

}  // namespace

bool defines_vector(const isa::Inst& inst) {
    for (const std::string_view name : special)
        if (inst.name == name) return true;
    return body_of(inst);
}

void vector_alu(Machine& m, const isa::Decoded& d) {
    const isa::Inst& inst = *d.inst;
    if (inst.name == "v_nop" || inst.name == "v_clrexcp") return;
    if (lanes_to_scalars(m, d)) return;
    const bool relative = inst.name.starts_with("v_movrel");
    const LaneBody body = relative ? integer_body("v_mov_b32") : body_of(inst);
    if (!body) return m.fault("no scalar definition of " + std::string(inst.name));

    const bool vop3 = isa::is_vop3(d.format), sdwa = d.tail == Tail::Sdwa, dpp = d.tail == Tail::Dpp;
    const int wide = isa::registers(inst.dst == Type::Mask ? Type::None : inst.dst);
    std::optional<u32> place = d['d'];
    if (relative && inst.name != "v_movrels_b32")
        place = moved(d['d'], m.s[m0], 1);
    else if (!relative && wide)
        place = indexed(m, d['d'], 3, wide);
    if (!place) return;
    const u32 destination = *place;
    const auto source_register = [&](int k) {
        const u32 vgpr = d.operand(k) & 255;
        if (relative) return inst.name.starts_with("v_movrels") ? moved(vgpr, m.s[m0], 1).value_or(0) : vgpr;
        return indexed(m, vgpr, k, isa::registers(inst.src[k])).value_or(0);
    };
    const u64 active = m.execution();

    // Where the mask bit of a lane comes from.
    u64 bits_in = 0;
    if (inst.also == Also::ReadVcc || inst.also == Also::UpdateVcc) bits_in = m.pair(vcc);
    if (vop3 && inst.src[2] == Type::Mask) bits_in = scalar_source(m, d, d['c'], Type::U64);
    u64 bits_out = 0;

    const auto source = [&](int k, int lane) -> u64 {
        const Type type = inst.src[k];
        const u32 code = d.operand(k);
        if (code >= 256) return read_vector(m, source_register(k), lane, type);
        return scalar_source(m, d, code, type);
    };
    const auto with_sign = [&](u64 x, int k) {
        if (!is_float(inst.src[k])) return x;
        const u64 sign = format_of(inst.src[k]).sign();
        if (d.absolute() >> k & 1) x &= ~sign;
        if (d.negated() >> k & 1) x ^= sign;
        return x;
    };

    Result results[64];
    for (int lane = 0; lane < 64; ++lane) {
        if (!(active >> lane & 1)) continue;
        int from = lane;
        bool fills = false;
        if (dpp) {
            if (!(d.extra('w') >> (lane >> 4) & 1) || !(d.extra('v') >> (lane >> 2 & 3) & 1)) continue;
            const auto other = dpp_source(d.extra('c'), lane);
            // That a lane outside EXEC is no source is a guess (docs/limits.md).
            const bool valid = other && active >> *other & 1;
            if (!valid && !d.extra('B')) continue;
            fills = !valid, from = valid ? *other : lane;
        }
        Lane l;
        l.lane = lane, l.mode = m.mode, l.bit = bits_in >> lane & 1;
        l.clamp = vop3 ? d['C'] : sdwa && d.extra('C');
        u64* const operands[] = {&l.a, &l.b, &l.c};
        for (int k = 0; k < 3; ++k) {
            const Type type = inst.src[k];
            if (type == Type::None || type == Type::Dst || type == Type::Mask) continue;
            if (type == Type::Imm) {
                l.c = bits_of(inst.dst) == 16 ? d.w1 & 0xffff : d.w1;
                continue;
            }
            u64 x = k == 0 && fills ? 0 : source(k, k == 0 ? from : lane);
            if (sdwa) {
                // The part is taken of the whole register, whatever the width of the operation.
                const u32 whole = d.operand(k) >= 256 ? m.v[source_register(k)][lane] : u32(x);
                x = selected(whole, d.extra(k ? 'y' : 'x'), d.extra('X') >> k & 1);
                if (bits_of(type) == 16) x &= 0xffff;
            }
            *operands[k] = with_sign(x, k);
            if (type == Type::U128) {
                l.c_high = d.operand(k) >= 256 ? read_vector(m, (source_register(k) + 2) & 255, lane, Type::U64) : 0;
            }
        }
        const u32 old = wide ? m.v[destination & 255][lane] : 0;
        if (wide) l.d = wide == 2 ? read_vector(m, destination, lane, Type::U64) : old;
        if (inst.dst == Type::F16) l.d &= 0xffff;
        body(l);
        if (l.bit) bits_out |= 1ull << lane;
        if (!wide) continue;

        if (is_float(inst.dst)) {
            const Format f = format_of(inst.dst);
            l.d = modified(l.d & f.mask(), f, rules(m.mode, f).round, vop3 ? d['m'] : 0, l.clamp, m.mode);
            l.nan = l.nan || is_nan(l.d, f);
        } else if (inst.name == "v_cvt_pkrtz_f16_f32") {  // both halves: guess
            u64 halves[] = {l.d & 0xffff, l.d >> 16 & 0xffff};
            for (u64& half : halves) half = modified(half, f16, Round::ToZero, vop3 ? d['m'] : 0, l.clamp, m.mode);
            l.d = halves[0] | halves[1] << 16;
        }
        if (l.nan) m.nans |= 1ull << lane;
        if (sdwa) l.d = inserted(u32(l.d), old, d.extra('d'), d.extra('D'));
        results[lane] = {l.d, l.d_high, true};
    }

    for (int lane = 0; lane < 64; ++lane) {
        if (!results[lane].written) continue;
        const u64 words[] = {results[lane].d, results[lane].high};
        for (int i = 0; i < wide; ++i) m.v[(destination + u32(i)) & 255][lane] = u32(words[i / 2] >> (32 * (i % 2)));
    }
    if (inst.dst == Type::Mask) {
        m.set_pair(vop3 ? d['d'] : vcc, bits_out);
        if (inst.also == Also::WriteExec) m.set_pair(exec, bits_out);
    }
    if (inst.carries()) m.set_pair(d.format == Fmt::VOP3B ? d['q'] : vcc, bits_out);
}

}  // namespace gcn::scalar
