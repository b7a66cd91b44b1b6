// Registers under way, and registers that nothing has written.
//
// Written is a property of each lane of a vector register and of each bit of a scalar one. Moves, and operations that
// combine bit by bit, may take what was never written: their result is then unwritten in the same places (a 0 that was
// written makes an AND written, a 1 an OR). Whatever computes with it, compares, branches, addresses memory or stores
// it is reported. Compilers make much of the first kind: undefined lanes of a loop's masks, vectors of which parts are
// used.

#include <algorithm>

#include "emulator/strict/state.hpp"

namespace gcn::emulator::strict {

namespace {

constexpr uint64_t all = ~0ull;

uint64_t written_lanes(const WaveState& w, const Operand& o) {
    uint64_t lanes = all;
    for (int r = o.first; r < o.first + o.count; ++r)
        lanes &= is_vector(r) ? w.written[r - reg::vector] : w.bits[r] == ~0u ? all : 0;
    return lanes;
}
uint64_t mask_bits(const WaveState& w, const Operand& o) {
    return uint64_t(w.bits[o.first + 1]) << 32 | w.bits[o.first];
}

// ---- under way --------------------------------------------------------------------------------

std::string wait_for(const WaveState& w, const Flight& flight) {
    const auto count = [&](uint32_t issued, uint32_t then) {
        return "(" + std::to_string(flight.in_order ? std::min(issued - then, 14u) : 0) + ")";
    };
    std::string out = flight.needs_vm ? "vmcnt" + count(w.vm_issued, flight.vm) : "";
    if (flight.needs_lgkm) out += (out.empty() ? "" : " and ") + ("lgkmcnt" + count(w.lgkm_issued, flight.lgkm));
    return out;
}

// Is register r, of which `lanes` are touched, under way? Reports it.
bool meets_flight(const Site& s, int r, uint64_t lanes, bool write) {
    WaveState& w = s.state;
    const int place = w.under_way[r] - 1;
    if (place < 0) return false;
    const Flight& flight = w.flights[place];
    if (is_vector(r) && !(flight.lanes & lanes)) return false;
    // Results of vector memory come in order: the later one stays.
    if (write && s.fact.unit == Unit::Buffer && flight.fact->unit == Unit::Buffer) return false;
    s.report(write ? Kind::pending_write : Kind::pending_read, {-1, r, flight.fact},
             std::string(write ? "overwrites " : "reads ") + s.group.names.shown(r) + " while " +
                 s.shown(*flight.fact) + " is under way. No s_waitcnt between them waits for " + wait_for(w, flight));
    land(w, place);
    return true;
}

// ---- never written ------------------------------------------------------------------------------

void unwritten(const Site& s, int r, int lane) {
    s.report(Kind::unwritten, {lane, r, nullptr},
             "reads " + s.group.names.shown(r) + ", which nothing has written" + (lane < 0 ? "" : " in this lane"));
    if (is_vector(r))
        s.state.written[r - reg::vector] = all;
    else
        s.state.bits[r] = ~0u;
    s.state.judge(r);
}

// Does a branch on VCC not know where to go?
bool branch_depends(const Site& s) {
    const uint64_t bits = uint64_t(s.state.bits[reg::vcc + 1]) << 32 | s.state.bits[reg::vcc];
    return bits != all && !(s.scalar64(reg::vcc) & bits);
}

bool is_scratch(const Site& s) {
    return s.fact.unit == Unit::Buffer && s.scalar(4 * int(s.fact.decoded['r']) + 1) >> 31;
}
bool reaches_scratch(const Site& s) {
    const uint32_t aperture = s.wave.grid->scratch_aperture;
    return s.fact.unit == Unit::Flat && aperture && s.exec &&
           s.wave.v[s.fact.decoded['p'] + 1][__builtin_ctzll(s.exec)] == aperture;
}

void check_scalar_read(const Site& s, const Operand& o) {
    const WaveState& w = s.state;
    if (o.use == Use::Copy || o.use == Use::Old || o.use == Use::Other) return;
    if (o.use == Use::Mask) {
        if (s.fact.unit != Unit::Valu) {
            if (branch_depends(s)) unwritten(s, o.first, -1);
            return;
        }
        const uint64_t missing = s.exec & ~mask_bits(w, o);
        if (missing && !s.fact.copies) unwritten(s, o.first + (missing & 0xffffffff ? 0 : 1), __builtin_ctzll(missing));
        return;
    }
    for (int r = o.first; r < o.first + o.count; ++r) {
        if (w.bits[r] == ~0u) continue;
        if (o.use != Use::Limit) {
            unwritten(s, r, -1);
            continue;
        }
        s.report(Kind::m0, {-1, r, nullptr}, "accesses LDS, but nothing has written m0, which limits it");
        s.state.bits[r] = ~0u, s.state.judge(r);
        s.state.no_limit = true;
    }
}

void check_vector_read(const Site& s, const Operand& o) {
    const WaveState& w = s.state;
    if (o.use == Use::Copy || o.use == Use::Old) return;
    uint64_t some = 0;  // lanes of which anything is written
    for (int r = o.first; r < o.first + o.count; ++r) some |= w.written[r - reg::vector];
    if (o.use == Use::Data) {
        if (is_scratch(s) || reaches_scratch(s)) return;  // a spill saves what there is
        if (const uint64_t missing = s.exec & ~some) unwritten(s, o.first, __builtin_ctzll(missing));
        return;
    }
    if (o.use == Use::Other) {
        const bool moves = s.fact.copies && s.fact.decoded.tail != isa::Tail::Dpp;
        if (!moves && !some && s.exec) unwritten(s, o.first, -1);
        return;
    }
    for (int r = o.first; r < o.first + o.count; ++r)
        if (const uint64_t missing = s.exec & ~w.written[r - reg::vector]) unwritten(s, r, __builtin_ctzll(missing));
}

// ---- what is written afterwards -----------------------------------------------------------------

// The scalar operand of a source, 32 bits of it; `bits`: which of them are written.
struct Half {
    uint32_t value, bits;
};
Half half_of(const Site& s, int source, int half) {
    const isa::Inst& inst = *s.fact.decoded.inst;
    const isa::Type type = inst.src[source];
    if (type == isa::Type::None) return {0, ~0u};
    if (s.fact.decoded.format == isa::Fmt::SOPK || type == isa::Type::Dst) {
        const int r = int(s.fact.decoded['d']) + half;
        return {s.scalar(r), s.state.bits[r]};
    }
    const uint32_t code = s.fact.decoded.operand(source);
    const bool wide = isa::registers(type) == 2;
    if (code < code::constants) return {s.scalar(int(code) + half), s.state.bits[code + half]};
    if (code == code::literal) return {half ? 0 : s.fact.decoded.literal(), ~0u};
    const uint64_t value = wide ? s.wave.wide[code - code::constants] : s.scalar(int(code));
    return {uint32_t(value >> 32 * half), ~0u};
}

Half combine(Bits how, Half a, Half b, bool scc) {
    const uint32_t both = a.bits & b.bits;
    switch (how) {
        case Bits::And:
            return {a.value & b.value, both | (a.bits & ~a.value) | (b.bits & ~b.value)};
        case Bits::AndNot:
            return {a.value & ~b.value, both | (a.bits & ~a.value) | (b.bits & b.value)};
        case Bits::Or:
            return {a.value | b.value, both | (a.bits & a.value) | (b.bits & b.value)};
        case Bits::OrNot:
            return {a.value | ~b.value, both | (a.bits & a.value) | (b.bits & ~b.value)};
        case Bits::Select:
            return scc ? a : b;
        default:
            return {a.value ^ b.value, both};
    }
}

void write_scalar_bits(const Site& s) {
    WaveState& w = s.state;
    const int halves = isa::registers(s.fact.decoded.inst->dst);
    const int to = int(s.fact.decoded['d']);
    bool some = false, whole = true;
    std::array<Half, 2> result{};
    for (int h = 0; h < halves; ++h) {
        const Half a = half_of(s, 0, h);
        const Half b = s.fact.saveexec ? Half{s.scalar(reg::exec + h), ~0u} : half_of(s, 1, h);
        result[h] = combine(s.fact.bits, a, b, s.wave.scc);
        some |= (result[h].value & result[h].bits) != 0;
        whole &= result[h].bits == ~0u;
    }
    for (int h = 0; h < halves; ++h) {
        const int r = (s.fact.saveexec ? reg::exec : to) + h;
        if (r >= reg::exec && result[h].bits != ~0u) {
            const uint32_t code = s.fact.decoded.operand(0);
            unwritten(s, code < code::constants ? int(code) + h : r, -1);
            result[h].bits = ~0u;
        }
        w.bits[r] = result[h].bits, w.judge(r);
        if (s.fact.saveexec) w.bits[to + h] = ~0u, w.judge(to + h);
    }
    for (int i = 0; i < s.fact.write_count; ++i)
        if (s.fact.writes[i].first == reg::scc) w.bits[reg::scc] = some || whole ? ~0u : 0, w.judge(reg::scc);
}

// Lanes of the result that are written when an instruction moves lanes.
uint64_t moved_lanes(const Site& s) {
    const WaveState& w = s.state;
    const Fact& f = s.fact;
    const Operand* sources[3] = {};
    uint64_t lanes = all, mask = 0;
    bool selects = false;
    for (int i = 0; i < f.read_count; ++i) {
        const Operand& o = f.reads[i];
        if (o.use == Use::Mask) {
            lanes &= mask_bits(w, o), mask = s.scalar64(o.first), selects = true;
            continue;
        }
        if (o.source >= 0) sources[o.source] = &o;
    }
    const auto of = [&](int i) { return sources[i] ? written_lanes(w, *sources[i]) : all; };
    if (selects) return lanes & ((mask & of(1)) | (~mask & of(0)));
    return lanes & of(0) & of(1) & of(2);
}

int lane_number(const Site& s) {
    const uint32_t code = s.fact.decoded.operand(1);
    return int((code < code::vgpr && code != code::literal ? s.scalar(int(code)) : 0) & 63);
}

void write_lanes(const Site& s) {
    WaveState& w = s.state;
    const Fact& f = s.fact;
    const bool dpp = f.decoded.tail == isa::Tail::Dpp;
    for (int i = 0; i < f.write_count; ++i)
        for (int r = f.writes[i].first; r < f.writes[i].first + f.writes[i].count && r < reg::all; ++r) {
            if (!is_vector(r)) {
                w.bits[r] = ~0u;
                if (f.name() == "v_readlane_b32" || f.name() == "v_readfirstlane_b32") {
                    const int lane = f.name() == "v_readlane_b32" ? lane_number(s)
                                     : s.exec                     ? __builtin_ctzll(s.exec)
                                                                  : 0;
                    const uint32_t from = f.decoded.operand(0);
                    if (from >= code::vgpr && !(w.written[from - code::vgpr] >> lane & 1)) w.bits[r] = 0;
                }
            } else if (f.name() == "v_writelane_b32") {
                const uint64_t lane = 1ull << lane_number(s);
                const uint32_t from = f.decoded.operand(0);
                const bool known = from >= code::constants || w.bits[from] == ~0u;
                uint64_t& lanes = w.written[r - reg::vector];
                lanes = known ? lanes | lane : lanes & ~lane;
            } else {
                const uint64_t from = f.copies && !dpp ? moved_lanes(s) : all;
                uint64_t& lanes = w.written[r - reg::vector];
                lanes = (lanes & ~s.exec) | (s.exec & from);
            }
            w.judge(r);
        }
}

void write_all(const Site& s) {
    WaveState& w = s.state;
    for (int i = 0; i < s.fact.write_count; ++i)
        for (int r = s.fact.writes[i].first; r < s.fact.writes[i].first + s.fact.writes[i].count && r < reg::all; ++r) {
            if (is_vector(r))
                w.written[r - reg::vector] |= s.exec;
            else if (r < reg::scalars)
                w.bits[r] = ~0u;
            w.judge(r);
        }
}

}  // namespace

void check_registers(const Site& s) {
    const Fact& f = s.fact;
    for (int i = 0; i < f.read_count; ++i) {
        const Operand& o = f.reads[i];
        const uint64_t lanes = o.use == Use::Other ? all : s.exec;
        for (int r = o.first; r < o.first + o.count; ++r)
            if (s.state.under_way[r]) meets_flight(s, r, lanes, false);
        if (is_vector(o.first))
            check_vector_read(s, o);
        else
            check_scalar_read(s, o);
    }
    for (int i = 0; i < f.write_count; ++i)
        for (int r = f.writes[i].first; r < f.writes[i].first + f.writes[i].count && r < reg::all; ++r)
            if (s.state.under_way[r]) meets_flight(s, r, s.exec, true);
    if (f.unit == Unit::Salu && f.bits != Bits::No && f.decoded.format != isa::Fmt::SOPK)
        write_scalar_bits(s);
    else if (f.unit == Unit::Valu)
        write_lanes(s);
    else
        write_all(s);
}

}  // namespace gcn::emulator::strict
