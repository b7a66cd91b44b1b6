// The scalar ALU and program flow.

#include <functional>
#include <map>

#include "tests/scalar/machine.hpp"

namespace gcn::scalar {

using isa::Fmt, isa::Type, isa::Also;

namespace {

struct Scalar {
    Machine& m;
    const isa::Decoded& i;
    u64 a = 0, b = 0;  // sources
    u64 d = 0;         // the old destination, then the new one
    i64 k = 0;         // the 16-bit constant, signed
    u64 next = 0;      // address of the next instruction
    bool writes = true;

    void scc(bool x) { m.scc = x; }
    u64 target() const { return next + u64(k * 4); }
    void branch(bool taken) {
        if (taken) m.pc = target();
    }
    void set_exec(u64 x) { m.set_pair(exec, x), m.scc = x != 0; }
};
using Body = void (*)(Scalar&);

// The stack of branches is MODE's CSP, counting in fours of SGPRs: EXEC, then the address.
u32& stack(Scalar& s) { return s.m.s[4 * (s.m.mode >> 29)]; }
void push(Scalar& s, u64 lanes, u64 address) {
    u32* const entry = &stack(s);
    entry[0] = u32(lanes), entry[1] = u32(lanes >> 32), entry[2] = u32(address), entry[3] = u32(address >> 32);
    s.m.mode += 1u << 29;
}
// The side with more lanes waits.
void fork(Scalar& s, u64 target) {
    const u64 all = s.m.execution(), pass = s.a & all, fail = ~s.a & all;
    if (pass == all) {
        s.m.pc = target;
    } else if (fail == all) {
        return;
    } else if (std::popcount(fail) < std::popcount(pass)) {
        push(s, pass, target);
        s.m.set_pair(exec, fail);
    } else {
        push(s, fail, s.next);
        s.m.set_pair(exec, pass);
        s.m.pc = target;
    }
}
void join(Scalar& s) {
    if (s.m.mode >> 29 == u32(s.a)) return;
    s.m.mode -= 1u << 29;
    const u32* const entry = &stack(s);
    s.m.set_pair(exec, entry[0] | u64(entry[1]) << 32);
    s.m.pc = entry[2] | u64(entry[3]) << 32;
}

u64 low(u64 x, u64 bits) { return bits >= 64 ? x : x & ((1ull << bits) - 1); }
u64 lowest_one(u64 x, int bits) {
    for (int i = 0; i < bits; ++i)
        if (x >> i & 1) return u64(i);
    return ~0ull;
}
u64 skipped_from_top(u64 x, int bits) {
    for (int i = bits - 1; i >= 0; --i)
        if (x >> i & 1) return u64(bits - 1 - i);
    return ~0ull;
}
u64 reversed(u64 x, int bits) {
    u64 r = 0;
    for (int i = 0; i < bits; ++i) r |= (x >> i & 1) << (bits - 1 - i);
    return r;
}
u64 quads(u64 x, int bits, u64 group, int step) {  // `group` at every group of four bits that has one set
    u64 r = 0;
    for (int i = 0; i < bits / 4; ++i)
        if (x >> (4 * i) & 15) r |= group << (step * i);
    return r;
}
bool overflows(i64 x) { return x != i64(i32(x)); }

u64 extract(u64 x, u32 field, int bits, bool with_sign) {
    const int offset = int(field & u32(bits - 1)), wanted = int(field >> 16 & 0x7f);
    if (!wanted) return 0;
    const int length = std::min(wanted, bits - offset);
    const u64 part = low(x >> offset, u64(length));
    return with_sign && (part >> (length - 1) & 1) ? part | ~low(~0ull, u64(length)) : part;
}

u32 field_mask(i64 k) {
    const u32 size = (u32(k) >> 11 & 31) + 1;
    return size == 32 ? ~0u : (1u << size) - 1;
}
// Hardware registers by their numbers: MODE, STATUS, TRAPSTS. What others hold is the machine's affair.
u32 hardware_register(const Machine& m, u32 number) {
    const bool valid = true;
    switch (number) {
        case 1:
            return m.mode;
        case 2:
            return m.scc | m.priority << 3 | u32(!m.execution()) << 9 | u32(!m.pair(vcc)) << 10 | u32(valid) << 16;
        case 3:
            return m.traps;
        default:
            return 0;
    }
}
void set_register(Scalar& s, u32 value) {
    const u32 offset = u32(s.k) >> 6 & 31, mask = field_mask(s.k) << offset, number = s.k & 63;
    if (number != 1 && number != 3) return;
    u32& r = number == 1 ? s.m.mode : s.m.traps;
    r = (r & ~mask) | (value << offset & mask);
}

#define LOGIC(name, expression)                                                       \
    {"s_" #name "_b32", [](Scalar& s) { s.d = u32(expression), s.scc(s.d != 0); }}, { \
        "s_" #name "_b64", [](Scalar& s) { s.d = (expression), s.scc(s.d != 0); }     \
    }
#define SAVE(name, expression)                      \
    {                                               \
        "s_" #name "_saveexec_b64", [](Scalar& s) { \
            const u64 e = s.m.execution();          \
            const u64 x = (expression);             \
            s.d = e;                                \
            s.set_exec(x);                          \
        }                                           \
    }
#define COMPARE(name, op)                                                                \
    {"s_cmp_" #name "_i32", [](Scalar& s) { s.scc(i32(s.a) op i32(s.b)); }},             \
        {"s_cmp_" #name "_u32", [](Scalar& s) { s.scc(u32(s.a) op u32(s.b)); }},         \
        {"s_cmpk_" #name "_i32", [](Scalar& s) { s.scc(i32(s.a) op i32(s.k)); }}, {      \
        "s_cmpk_" #name "_u32", [](Scalar& s) { s.scc(u32(s.a) op(u32(s.k) & 0xffff)); } \
    }
#define BRANCH(name, condition)                                    \
    {                                                              \
        "s_cbranch_" #name, [](Scalar& s) { s.branch(condition); } \
    }
#define NOTHING(name)         \
    {                         \
#name, [](Scalar&) {} \
    }

const std::map<std::string_view, Body> bodies{
    {"s_mov_b32", [](Scalar& s) { s.d = s.a; }},
    {"s_mov_b64", [](Scalar& s) { s.d = s.a; }},
    {"s_cmov_b32", [](Scalar& s) { s.d = s.m.scc ? s.a : s.d; }},
    {"s_cmov_b64", [](Scalar& s) { s.d = s.m.scc ? s.a : s.d; }},
    {"s_not_b32", [](Scalar& s) { s.d = u32(~s.a), s.scc(s.d != 0); }},
    {"s_not_b64", [](Scalar& s) { s.d = ~s.a, s.scc(s.d != 0); }},
    {"s_brev_b32", [](Scalar& s) { s.d = reversed(s.a, 32); }},
    {"s_brev_b64", [](Scalar& s) { s.d = reversed(s.a, 64); }},
    {"s_bcnt0_i32_b32", [](Scalar& s) { s.d = u64(32 - std::popcount(u32(s.a))), s.scc(s.d != 0); }},
    {"s_bcnt0_i32_b64", [](Scalar& s) { s.d = u64(64 - std::popcount(s.a)), s.scc(s.d != 0); }},
    {"s_bcnt1_i32_b32", [](Scalar& s) { s.d = u64(std::popcount(u32(s.a))), s.scc(s.d != 0); }},
    {"s_bcnt1_i32_b64", [](Scalar& s) { s.d = u64(std::popcount(s.a)), s.scc(s.d != 0); }},
    {"s_ff0_i32_b32", [](Scalar& s) { s.d = lowest_one(~s.a, 32); }},
    {"s_ff0_i32_b64", [](Scalar& s) { s.d = lowest_one(~s.a, 64); }},
    {"s_ff1_i32_b32", [](Scalar& s) { s.d = lowest_one(s.a, 32); }},
    {"s_ff1_i32_b64", [](Scalar& s) { s.d = lowest_one(s.a, 64); }},
    {"s_flbit_i32_b32", [](Scalar& s) { s.d = skipped_from_top(s.a, 32); }},
    {"s_flbit_i32_b64", [](Scalar& s) { s.d = skipped_from_top(s.a, 64); }},
    {"s_flbit_i32", [](Scalar& s) { s.d = skipped_from_top(i32(s.a) < 0 ? ~s.a : s.a, 32); }},
    {"s_flbit_i32_i64", [](Scalar& s) { s.d = skipped_from_top(i64(s.a) < 0 ? ~s.a : s.a, 64); }},
    {"s_sext_i32_i8", [](Scalar& s) { s.d = u64(i64(int8_t(s.a))); }},
    {"s_sext_i32_i16", [](Scalar& s) { s.d = u64(i64(i16(s.a))); }},
    {"s_bitset0_b32", [](Scalar& s) { s.d &= ~(1ull << (s.a & 31)); }},
    {"s_bitset1_b32", [](Scalar& s) { s.d |= 1ull << (s.a & 31); }},
    {"s_bitset0_b64", [](Scalar& s) { s.d &= ~(1ull << (s.a & 63)); }},
    {"s_bitset1_b64", [](Scalar& s) { s.d |= 1ull << (s.a & 63); }},
    {"s_getpc_b64", [](Scalar& s) { s.d = s.next; }},
    {"s_setpc_b64", [](Scalar& s) { s.m.pc = s.a & ~3ull; }},
    {"s_swappc_b64", [](Scalar& s) { s.d = s.next, s.m.pc = s.a & ~3ull; }},
    SAVE(and, s.a& e),
    SAVE(or, s.a | e),
    SAVE(xor, s.a ^ e),
    SAVE(andn2, s.a & ~e),
    SAVE(orn2, s.a | ~e),
    SAVE(nand, ~(s.a& e)),
    SAVE(nor, ~(s.a | e)),
    SAVE(xnor, ~(s.a ^ e)),
    {"s_abs_i32", [](Scalar& s) { s.d = i32(s.a) < 0 ? u32(0 - u32(s.a)) : s.a, s.scc(s.d != 0); }},
    {"s_quadmask_b32", [](Scalar& s) { s.d = quads(s.a, 32, 1, 1), s.scc(s.d != 0); }},
    {"s_quadmask_b64", [](Scalar& s) { s.d = quads(s.a, 64, 1, 1), s.scc(s.d != 0); }},
    {"s_wqm_b32", [](Scalar& s) { s.d = quads(s.a, 32, 15, 4), s.scc(s.d != 0); }},
    {"s_wqm_b64", [](Scalar& s) { s.d = quads(s.a, 64, 15, 4), s.scc(s.d != 0); }},
    {"s_set_gpr_idx_idx", [](Scalar& s) { s.m.s[m0] = (s.m.s[m0] & ~0xffu) | (u32(s.a) & 0xff), s.writes = false; }},

    {"s_add_u32", [](Scalar& s) { s.d = s.a + s.b, s.scc(s.d >> 32); }},
    {"s_sub_u32", [](Scalar& s) { s.d = s.a - s.b, s.scc(s.a < s.b); }},
    {"s_add_i32", [](Scalar& s) { s.d = s.a + s.b, s.scc(overflows(i64(i32(s.a)) + i32(s.b))); }},
    {"s_sub_i32", [](Scalar& s) { s.d = s.a - s.b, s.scc(overflows(i64(i32(s.a)) - i32(s.b))); }},
    {"s_addc_u32", [](Scalar& s) { s.d = s.a + s.b + s.m.scc, s.scc(s.d >> 32); }},
    {"s_subb_u32", [](Scalar& s) { s.d = s.a - s.b - s.m.scc, s.scc(s.d >> 32 & 1); }},
    {"s_min_i32", [](Scalar& s) { s.d = i32(s.a) < i32(s.b) ? s.a : s.b, s.scc(i32(s.a) < i32(s.b)); }},
    {"s_min_u32", [](Scalar& s) { s.d = s.a < s.b ? s.a : s.b, s.scc(s.a < s.b); }},
    {"s_max_i32", [](Scalar& s) { s.d = i32(s.a) > i32(s.b) ? s.a : s.b, s.scc(i32(s.a) > i32(s.b)); }},
    {"s_max_u32", [](Scalar& s) { s.d = s.a > s.b ? s.a : s.b, s.scc(s.a > s.b); }},
    {"s_cselect_b32", [](Scalar& s) { s.d = s.m.scc ? s.a : s.b; }},
    {"s_cselect_b64", [](Scalar& s) { s.d = s.m.scc ? s.a : s.b; }},
    LOGIC(and, s.a& s.b),
    LOGIC(or, s.a | s.b),
    LOGIC(xor, s.a ^ s.b),
    LOGIC(andn2, s.a & ~s.b),
    LOGIC(orn2, s.a | ~s.b),
    LOGIC(nand, ~(s.a& s.b)),
    LOGIC(nor, ~(s.a | s.b)),
    LOGIC(xnor, ~(s.a ^ s.b)),
    {"s_lshl_b32", [](Scalar& s) { s.d = u32(s.a << (s.b & 31)), s.scc(s.d != 0); }},
    {"s_lshl_b64", [](Scalar& s) { s.d = s.a << (s.b & 63), s.scc(s.d != 0); }},
    {"s_lshr_b32", [](Scalar& s) { s.d = s.a >> (s.b & 31), s.scc(s.d != 0); }},
    {"s_lshr_b64", [](Scalar& s) { s.d = s.a >> (s.b & 63), s.scc(s.d != 0); }},
    {"s_ashr_i32", [](Scalar& s) { s.d = u32(i32(s.a) >> (s.b & 31)), s.scc(s.d != 0); }},
    {"s_ashr_i64", [](Scalar& s) { s.d = u64(i64(s.a) >> (s.b & 63)), s.scc(s.d != 0); }},
    {"s_bfm_b32", [](Scalar& s) { s.d = ((1ull << (s.a & 31)) - 1) << (s.b & 31); }},
    {"s_bfm_b64", [](Scalar& s) { s.d = ((1ull << (s.a & 63)) - 1) << (s.b & 63); }},
    {"s_mul_i32", [](Scalar& s) { s.d = s.a * s.b; }},
    {"s_bfe_u32", [](Scalar& s) { s.d = extract(s.a, u32(s.b), 32, false), s.scc(s.d != 0); }},
    {"s_bfe_i32", [](Scalar& s) { s.d = u32(extract(s.a, u32(s.b), 32, true)), s.scc(s.d != 0); }},
    {"s_bfe_u64", [](Scalar& s) { s.d = extract(s.a, u32(s.b), 64, false), s.scc(s.d != 0); }},
    {"s_bfe_i64", [](Scalar& s) { s.d = extract(s.a, u32(s.b), 64, true), s.scc(s.d != 0); }},
    {"s_absdiff_i32",
     [](Scalar& s) {
         const u32 difference = u32(s.a) - u32(s.b);
         s.d = i32(difference) < 0 ? 0 - difference : difference;
         s.scc(s.d != 0);
     }},

    {"s_movk_i32", [](Scalar& s) { s.d = u64(s.k); }},
    {"s_cmovk_i32", [](Scalar& s) { s.d = s.m.scc ? u64(s.k) : s.d; }},
    {"s_addk_i32",
     [](Scalar& s) {
         const i64 sum = i32(s.d) + s.k;
         s.d = u64(sum), s.scc(overflows(sum));
     }},
    {"s_mulk_i32", [](Scalar& s) { s.d = u64(i32(s.d) * s.k); }},
    {"s_getreg_b32", [](Scalar& s) { s.d = hardware_register(s.m, s.k & 63) >> (s.k >> 6 & 31) & field_mask(s.k); }},
    {"s_setreg_b32", [](Scalar& s) { set_register(s, u32(s.a)); }},
    {"s_setreg_imm32_b32", [](Scalar& s) { set_register(s, s.i.w1); }},

    COMPARE(eq, ==),
    COMPARE(lg, !=),
    COMPARE(gt, >),
    COMPARE(ge, >=),
    COMPARE(lt, <),
    COMPARE(le, <=),
    {"s_cmp_eq_u64", [](Scalar& s) { s.scc(s.a == s.b); }},
    {"s_cmp_lg_u64", [](Scalar& s) { s.scc(s.a != s.b); }},
    {"s_bitcmp0_b32", [](Scalar& s) { s.scc(!(s.a >> (s.b & 31) & 1)); }},
    {"s_bitcmp1_b32", [](Scalar& s) { s.scc(s.a >> (s.b & 31) & 1); }},
    {"s_bitcmp0_b64", [](Scalar& s) { s.scc(!(s.a >> (s.b & 63) & 1)); }},
    {"s_bitcmp1_b64", [](Scalar& s) { s.scc(s.a >> (s.b & 63) & 1); }},
    {"s_set_gpr_idx_on",
     [](Scalar& s) {
         s.m.mode |= 1u << 27;
         s.m.s[m0] = (s.m.s[m0] & 0xffff0f00) | (s.i['b'] & 15) << 12 | (u32(s.a) & 0xff);
     }},

    {"s_setvskip", [](Scalar& s) { s.m.mode = (s.m.mode & ~(1u << 28)) | u32(s.a >> (s.b & 31) & 1) << 28; }},
    {"s_cbranch_g_fork", [](Scalar& s) { fork(s, s.b); }},
    {"s_cbranch_i_fork", [](Scalar& s) { fork(s, s.target()); }},
    {"s_cbranch_join", join},

    {"s_endpgm_saved", [](Scalar& s) { s.m.state = Machine::State::Ended; }},
    {"s_setkill", [](Scalar& s) { s.m.state = s.k & 1 ? Machine::State::Ended : s.m.state; }},
    {"s_sendmsghalt", [](Scalar& s) { s.m.state = Machine::State::Ended; }},
    {"s_endpgm", [](Scalar& s) { s.m.state = Machine::State::Ended; }},
    {"s_barrier", [](Scalar& s) { s.m.state = Machine::State::Barrier; }},
    {"s_branch", [](Scalar& s) { s.branch(true); }},
    BRANCH(scc0, !s.m.scc),
    BRANCH(scc1, s.m.scc),
    BRANCH(vccz, !s.m.pair(vcc)),
    BRANCH(vccnz, s.m.pair(vcc)),
    BRANCH(execz, !s.m.execution()),
    BRANCH(execnz, s.m.execution()),
    {"s_set_gpr_idx_off", [](Scalar& s) { s.m.mode &= ~(1u << 27); }},
    {"s_set_gpr_idx_mode", [](Scalar& s) { s.m.s[m0] = (s.m.s[m0] & 0xffff0fff) | u32(s.k & 15) << 12; }},
    NOTHING(s_nop),
    NOTHING(s_waitcnt),
    NOTHING(s_wakeup),
    NOTHING(s_sendmsg),
    NOTHING(s_sethalt),  // of 0; the other one waits for a debugger
    NOTHING(s_sleep),
    {"s_setprio", [](Scalar& s) { s.m.priority = s.k & 3; }},
    NOTHING(s_icache_inv),
    NOTHING(s_incperflevel),
    NOTHING(s_decperflevel),
    NOTHING(s_ttracedata),
};

const Body& body_of(const isa::Inst& inst) {
    static const Body none = nullptr;
    static const std::vector<Body> by_row = [] {
        std::vector<Body> rows(isa::insts.size());
        for (size_t i = 0; i < rows.size(); ++i) {
            const auto it = bodies.find(isa::insts[i].name);
            rows[i] = it == bodies.end() ? nullptr : it->second;
        }
        return rows;
    }();
    const size_t row = size_t(&inst - isa::insts.data());
    return row < by_row.size() ? by_row[row] : none;
}

}  // namespace

// Registers of an index in M0: s_movrel.
static bool move_relative(Machine& m, const isa::Decoded& d) {
    const std::string_view name = d.inst->name;
    if (!name.starts_with("s_movrel")) return false;
    const bool wide = name.ends_with("b64"), from = name.starts_with("s_movrels");
    const u32 source = d['a'] + (from ? m.s[m0] : 0), destination = d['d'] + (from ? 0 : m.s[m0]);
    const Type type = wide ? Type::U64 : Type::U32;
    const u64 x = scalar_source(m, d, source, type);
    m.s[destination] = u32(x);
    if (wide) m.s[destination + 1] = u32(x >> 32);
    return true;
}

bool defines_scalar(const isa::Inst& inst) { return body_of(inst) || inst.name.starts_with("s_movrel"); }

void scalar_alu(Machine& m, const isa::Decoded& d) {
    if (move_relative(m, d)) return;
    const Body body = body_of(*d.inst);
    if (!body) return m.fault("no scalar definition of " + std::string(d.inst->name));
    Scalar s{.m = m, .i = d, .next = m.pc};
    if (d.format == Fmt::SOPK || d.format == Fmt::SOPP) s.k = i16(d['i']);
    const bool constant_first = d.format == Fmt::SOPK || d.format == Fmt::SOPP;
    if (constant_first) {
        if (d.inst->src[0] != Type::Imm && d.inst->src[0] != Type::None)
            s.a = isa::registers(d.inst->src[0]) == 2 ? m.pair(d['d']) : m.s[d['d']];
    } else {
        if (d.inst->src[0] != Type::None) s.a = scalar_source(m, d, d['a'], d.inst->src[0]);
        const Type second = d.inst->src[1];
        if (second != Type::None && second != Type::Dst && second != Type::Imm)
            s.b = scalar_source(m, d, d['b'], second);
    }
    const int wide = isa::registers(d.inst->dst);
    if (wide) s.d = wide == 2 ? m.pair(d['d']) : m.s[d['d']];
    body(s);
    if (!wide || !s.writes) return;
    m.s[d['d']] = u32(s.d);
    if (wide == 2) m.s[d['d'] + 1] = u32(s.d >> 32);
}

}  // namespace gcn::scalar
