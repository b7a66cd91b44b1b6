// The table. Rows and figures: LLVM, GCNHazardRecognizer.cpp for Volcanic Islands; the row of vccz and execz: AMD, GCN3
// ISA, "Manually Inserted Wait States"; the descriptor: CLRX, GcnInstrsSmem.md.

#include "emulator/strict/hazards.hpp"

#include <iterator>

namespace gcn::emulator::strict {

using isa::Also;
using isa::Tail;

namespace {

constexpr int none = -1;

bool is(const Fact& f, std::string_view name) { return f.name() == name; }
bool writes(const Fact& f, int r) {
    for (int i = 0; i < f.write_count; ++i)
        if (r >= f.writes[i].first && r < f.writes[i].first + f.writes[i].count) return true;
    return false;
}
// The first register that `first` writes and `then` reads, among those that `matters` picks.
template <class Pick> int flows(const Fact& first, const Fact& then, Pick matters) {
    for (int i = 0; i < then.read_count; ++i)
        for (int r = then.reads[i].first; r < then.reads[i].first + then.reads[i].count; ++r)
            if (matters(then.reads[i], r) && writes(first, r)) return r;
    return none;
}
int flag_code(const Fact& f) {
    for (int i = 0; i < 3; ++i) {
        if (f.decoded.inst->src[i] == isa::Type::None || f.decoded.inst->src[i] == isa::Type::Imm) continue;
        const uint32_t code = f.decoded.operand(i);
        if (code == code::vccz || code == code::execz) return int(code);
    }
    return none;
}
bool is_valu(const Fact& f) { return f.unit == Unit::Valu; }
bool touches_hwreg(const Fact& f) { return f.name().starts_with("s_setreg") || is(f, "s_getreg_b32"); }
bool messages(const Fact& f) { return f.decoded.inst->also == Also::ReadM0 && f.name().starts_with("s_sendmsg"); }

bool sets_hwreg(const Fact& f) { return f.name().starts_with("s_setreg"); }
bool writes_scalar(const Fact& f) {
    for (int i = 0; i < f.write_count; ++i)
        if (is_valu(f) && !is_vector(f.writes[i].first)) return true;
    return false;
}
bool is_salu(const Fact& f) { return f.unit == Unit::Salu; }
bool stores_wide(const Fact& f) { return f.wide_store; }
bool uses_dpp(const Fact& f) { return is_valu(f) && f.decoded.tail == Tail::Dpp; }

constexpr Hazard table[] = {
    {5, writes_scalar, [](const Fact& f) { return f.unit == Unit::Buffer || f.unit == Unit::Flat; },
     [](const Fact& a, const Fact& b) { return flows(a, b, [](const Operand&, int r) { return r < reg::scc; }); },
     "reads %, which a vector instruction wrote, too soon"},
    {2, is_valu, uses_dpp,
     [](const Fact& a, const Fact& b) { return flows(a, b, [](const Operand&, int r) { return is_vector(r); }); },
     "reads other lanes of % too soon"},
    {5, writes_scalar, uses_dpp, [](const Fact& a, const Fact&) { return writes(a, reg::exec) ? reg::exec : none; },
     "reads other lanes, as EXEC tells, too soon"},
    {4, writes_scalar, [](const Fact& f) { return is(f, "v_readlane_b32") || is(f, "v_writelane_b32"); },
     [](const Fact& a, const Fact& b) {
         return flows(a, b, [](const Operand& o, int r) { return !is_vector(r) && o.source == 1; });
     },
     "selects a lane by % too soon"},
    {4, writes_scalar, [](const Fact& f) { return f.name().starts_with("v_div_fmas"); },
     [](const Fact& a, const Fact&) { return writes(a, reg::vcc) ? reg::vcc : none; }, "reads VCC too soon"},
    {5, writes_scalar, [](const Fact& f) { return is_valu(f) && flag_code(f) != none; },
     [](const Fact& a, const Fact& b) {
         const int of = flag_code(b) == int(code::vccz) ? reg::vcc : reg::exec;
         return writes(a, of) ? of : none;
     },
     "reads whether VCC or EXEC is zero too soon"},
    {2, sets_hwreg, touches_hwreg,
     [](const Fact& a, const Fact& b) { return (a.decoded['i'] ^ b.decoded['i']) & 63 ? none : int(reg::all); },
     "touches the same hardware register too soon"},
    {1, stores_wide, is_valu,
     [](const Fact& a, const Fact& b) {
         for (int r = a.store_first; r < a.store_first + a.store_count; ++r)
             if (writes(b, reg::vector + r)) return reg::vector + r;
         return none;
     },
     "overwrites %, which is being stored, too soon"},
    {1, is_salu, messages, [](const Fact& a, const Fact&) { return writes(a, reg::m0) ? reg::m0 : none; },
     "reads % too soon"},
    {1, is_salu, [](const Fact& f) { return f.name().starts_with("s_buffer_"); },
     [](const Fact& a, const Fact& b) {
         const int size = b.reads[0].first + 2;
         return writes(a, size) ? size : none;
     },
     "reads %, the size in a descriptor, too soon"},
};
static_assert(std::size(table) <= most_hazards, "WaveState::made holds a bit per row and instruction");

}  // namespace

void hazards_of(Fact& f) {
    for (size_t i = 0; i < std::size(table); ++i) {
        f.makes |= uint16_t(table[i].first(f) << i);
        f.needs |= uint16_t(table[i].second(f) << i);
    }
}
const Hazard& hazard(int row) { return table[row]; }

}  // namespace gcn::emulator::strict
