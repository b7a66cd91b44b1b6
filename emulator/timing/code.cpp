#include "emulator/timing/code.hpp"

#include <algorithm>
#include <bitset>
#include <string_view>

#include "emulator/exec/program.hpp"

namespace gcn::emulator::timing {

namespace {

using isa::Also, isa::Decoded, isa::Fmt, isa::Timing, isa::Type;
using Scalars = std::bitset<128>;  // by operand code

constexpr uint32_t vcc = code::vcc, exec = code::exec;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

void add(Scalars& s, uint32_t first, int count) {
    for (uint32_t r = first; r < first + uint32_t(count) && r < s.size(); ++r) s.set(r);
}

// The scalar registers that an instruction writes, as far as its words tell.
Scalars written(const Decoded& d) {
    Scalars s;
    const isa::Inst& inst = *d.inst;
    switch (d.format) {
        case Fmt::SOP1:
        case Fmt::SOP2:
        case Fmt::SOPK:
        case Fmt::SMEM:
            add(s, d['d'], isa::registers(inst.dst));
            break;
        case Fmt::VOPC:
            add(s, vcc, 2);
            break;
        case Fmt::VOP1:
        case Fmt::VOP2:
        case Fmt::VOP3:
        case Fmt::VOP3B:
            if (inst.dst == Type::Mask) add(s, d['d'], 2);  // a comparison
            if (inst.name.starts_with("v_read")) add(s, d['d'], 1);
            if (inst.carries()) add(s, d.format == Fmt::VOP3B ? d['q'] : vcc, 2);
            break;
        default:
            break;
    }
    if (inst.also == Also::WriteExec || inst.also == Also::UpdateExec) add(s, exec, 2);
    return s;
}

// The scalar registers that an instruction of the scalar ALU reads.
Scalars read(const Decoded& d) {
    Scalars s;
    const isa::Inst& inst = *d.inst;
    if (inst.timing != Timing::Salu) return s;
    if (d.format == Fmt::SOPK) add(s, d['d'], 1);
    if (d.format == Fmt::SOP1 || d.format == Fmt::SOP2 || d.format == Fmt::SOPC)
        for (int i = 0; i < 2; ++i) add(s, d.operand(i) & 511, isa::registers(inst.src[size_t(i)]));
    return s;
}

bool writes_scc(const Decoded& d) {
    return d.inst->also == Also::WriteScc || d.inst->also == Also::UpdateScc || d.inst->also == Also::UpdateExec;
}

// A branch behind the instruction that makes what it tests.
bool tests(const Decoded& branch, const Decoded& before) {
    const std::string_view name = branch.inst->name;
    if (contains(name, "_scc")) return writes_scc(before);
    if (contains(name, "_vcc")) return written(before)[vcc] || written(before)[vcc + 1];
    if (contains(name, "_exec")) return written(before)[exec] || written(before)[exec + 1];
    return false;
}

bool is_branch(const Decoded& d) {
    return d.format == Fmt::SOPP && (d.inst->name == "s_branch" || d.inst->name.starts_with("s_cbranch"));
}
bool ends_stretch(const Decoded& d) {
    if (d.inst->timing == Timing::Branch && d.inst->name != "s_getpc_b64") return true;
    return d.inst->name == "s_sendmsghalt" || written(d)[exec] || written(d)[exec + 1];
}

Kind kind_of(const Decoded& d) {
    switch (d.inst->timing) {
        case Timing::Valu:
        case Timing::ValuQuarter:
        case Timing::ValuDouble:
            return Kind::Valu;
        case Timing::Salu:
            return Kind::Salu;
        case Timing::Smem:
            return Kind::Smem;
        case Timing::Vmem:
            return Kind::Vmem;
        case Timing::Flat:
            return Kind::Flat;
        case Timing::Lds:
            return Kind::Lds;
        case Timing::Branch:
            return Kind::Branch;
        case Timing::Message:
            return Kind::Message;
        case Timing::Export:
            return Kind::Export;
        case Timing::Waitcnt:
            break;
    }
    return Kind::Internal;
}

struct Named {
    std::string_view name;
    Job job;
};
constexpr Named jobs[] = {
    {"s_nop", Job::Nop},
    {"s_waitcnt", Job::Wait},
    {"s_barrier", Job::Barrier},
    {"s_sleep", Job::Sleep},
    {"s_setprio", Job::Priority},
    {"s_endpgm", Job::End},
    {"s_endpgm_saved", Job::End},
    {"s_sendmsghalt", Job::End},
    {"s_memtime", Job::Time},
    {"s_memrealtime", Job::Time},
    {"s_dcache_inv", Job::Invalidate},
    {"s_dcache_inv_vol", Job::Invalidate},
    {"s_dcache_wb", Job::Time},
    {"s_dcache_wb_vol", Job::Time},
    {"s_atc_probe", Job::Time},
    {"s_atc_probe_buffer", Job::Time},
    {"buffer_wbinvl1", Job::Invalidate},
    {"buffer_wbinvl1_vol", Job::Invalidate},
};

void set_job(Uop& u, const Decoded& d) {
    for (const Named& n : jobs)
        if (n.name == d.inst->name) u.job = n.job;
    const uint32_t i = d.format == Fmt::SOPP ? d['i'] : 0;
    if (u.job == Job::Nop) u.amount = uint8_t(i & 15);
    if (u.job == Job::Sleep) u.amount = uint8_t(i & 127);
    if (u.job == Job::Priority) u.amount = uint8_t(i & 3);
    u.vm = u.lgkm = u.exp = Code::no_wait;
    if (u.job != Job::Wait) return;
    if ((i & 15) != 15) u.vm = uint8_t(i & 15);
    if ((i >> 4 & 7) != 7) u.exp = uint8_t(i >> 4 & 7);
    if ((i >> 8 & 15) != 15) u.lgkm = uint8_t(i >> 8 & 15);
}

// In: addresses and data share a port. Out: the other one.
void set_lds(Uop& u, const Decoded& d, const Parameters& p) {
    const std::string_view name = d.inst->name;
    int in = 0;
    for (const Type t : d.inst->src) in += isa::registers(t);
    const int out = isa::registers(d.inst->dst);
    u.dwords = uint8_t(std::max(in, out));
    u.port_in = uint8_t(p.lds_address + 4 * uint32_t(in));
    u.port_out = uint8_t(out == 3 ? 16 : 4 * out);  // ds_read_b96 is measured as slow as ds_read_b128 (CLRX)
    u.clocks = std::max(u.port_in, u.port_out);
    if (contains(name, "permute")) u.clocks = uint16_t(p.lds_permute);
    const bool moves = contains(name, "permute") || contains(name, "swizzle");
    u.access = !in || moves ? Access::Load
               : !out       ? (contains(name, "write") ? Access::Store : Access::Atomic)
                            : Access::AtomicReturn;
    if (out) u.flags |= Uop::Returns;
}

void set_memory(Uop& u, const Decoded& d) {
    const std::string_view name = d.inst->name;
    const bool load = contains(name, "_load_"), store = contains(name, "_store_"), atomic = contains(name, "_atomic_");
    if (!load && !store && !atomic) return;
    const bool glc = d['G'];
    u.access = load ? Access::Load : store ? Access::Store : glc ? Access::AtomicReturn : Access::Atomic;
    u.dwords = uint8_t(isa::registers(d.inst->dst != Type::None ? d.inst->dst : d.inst->src[0]));
    if (glc) u.flags |= Uop::Bypass;
    if (load || (atomic && glc)) u.flags |= Uop::Returns;
    if (d.format == Fmt::SMEM) u.record = Record::Smem;
    if (d.format == Fmt::MUBUF || d.format == Fmt::MTBUF || d.format == Fmt::FLAT) u.record = Record::Vmem;
}

Uop uop_of(const Decoded& d, const Parameters& p) {
    Uop u{};
    const std::string_view name = d.inst->name;
    u.kind = kind_of(d);
    u.size = uint8_t(d.size());
    u.clocks = 4;
    set_job(u, d);
    if (u.kind == Kind::Valu)
        u.clocks = uint16_t(p.valu_clocks(name, d.inst->timing == Timing::Valu          ? 4
                                                : d.inst->timing == Timing::ValuQuarter ? 16
                                                                                        : 32));
    if (u.kind == Kind::Salu)
        u.clocks = uint16_t(contains(name, "saveexec") || name.starts_with("s_setreg") ? p.salu_long : p.salu_latency);
    if (u.kind == Kind::Lds) set_lds(u, d, p);
    if (d.format == Fmt::DS && !d['g']) u.record = Record::Lds;
    if (u.kind == Kind::Smem || u.kind == Kind::Vmem || u.kind == Kind::Flat) set_memory(u, d);
    if (u.kind == Kind::Smem && u.dwords >= 8) u.clocks = uint16_t(u.dwords == 8 ? p.smem_x8 : p.smem_x16);
    if (u.record != Record::None) u.flags |= Uop::HasRecord;
    if (d.inst->timing == Timing::Branch && (name.starts_with("s_branch") || name.starts_with("s_cbranch")))
        u.flags |= Uop::Branches;
    if (d.inst->timing == Timing::Branch && !name.starts_with("s_cbranch") && name != "s_getpc_b64")
        u.flags |= Uop::Leaves;
    return u;
}

}  // namespace

Code::Code(const Program& program, const Parameters& p) {
    std::vector<Instruction> all;
    for (const Program::Instruction& i : program.code()) all.push_back({i.pc, i.decoded});
    for (uint32_t i = 0; i < all.size(); ++i) starts.push_back(program.starts_stretch(i));
    make(all, program.pc_of(program.entry()), p);
}

Code::Code(std::span<const Instruction> all, uint64_t entry, const Parameters& p) { make(all, entry, p); }

void Code::make(std::span<const Instruction> all, uint64_t entry, const Parameters& p) {
    starts.resize(all.size());
    places.assign(all.size(), none);

    std::vector<uint64_t> targets{entry};
    for (const Instruction& i : all)
        if (i.decoded && is_branch(*i.decoded))
            targets.push_back(i.pc + 4 + uint64_t(4 * int64_t(int16_t((*i.decoded)['i']))));
    std::sort(targets.begin(), targets.end());

    const Instruction* before = nullptr;  // the one in front of it in memory
    Scalars by_valu;                      // written by the VALU in this stretch
    uint64_t half = ~0ull;                // of a block, that the buffer's reader was in
    for (uint32_t n = 0; n < all.size(); ++n) {
        const Instruction& i = all[n];
        if (!i.decoded) {
            hash = (hash ^ n) * 0x100000001b3;  // it has a number
            continue;
        }
        const Decoded& d = *i.decoded;
        if (uops.empty()) base = i.pc & ~uint64_t(63);
        for (const uint64_t part : {i.pc - base, uint64_t(d.w0), uint64_t(d.w1)})
            hash = (hash ^ part) * 0x100000001b3;  // FNV-1a
        const bool neighbours = before && before->pc + 4 * uint64_t(before->decoded->size()) == i.pc;
        starts[n] = starts[n] || !neighbours || ends_stretch(*before->decoded) ||
                    std::binary_search(targets.begin(), targets.end(), i.pc);
        if (starts[n] && !uops.empty()) uops.back().flags |= Uop::Last;
        if (!neighbours && !uops.empty()) uops.back().flags |= Uop::Leaves;
        if (starts[n]) by_valu.reset();

        Uop u = uop_of(d, p);
        u.number = n;
        const uint64_t last_byte = i.pc + 4 * uint64_t(d.size()) - 1 - base;
        u.block = uint32_t(last_byte / 32);
        if ((i.pc - base) / 32 != u.block) u.flags |= Uop::Crosses;
        if (!neighbours || u.block != uops.back().block) u.flags |= Uop::Enters;
        const bool early = p.fetch_buffer >= 16;  // two blocks fit
        if (early ? (u.flags & Uop::Enters) != 0 : last_byte / 16 % 2 && last_byte / 16 != half)
            u.flags |= Uop::Requests;
        half = last_byte / 16;

        const Scalars writes = written(d);
        if (d.inst->is_valu()) {
            by_valu |= writes;
            if (writes.any()) u.flags |= Uop::WritesScalar;
        } else {
            if ((read(d) & by_valu).any()) u.flags |= Uop::ReadsValuScalar;
            by_valu &= ~writes;
        }
        if (neighbours && u.kind == Kind::Branch && tests(d, *before->decoded)) u.flags |= Uop::AfterProducer;

        places[n] = uint32_t(uops.size());
        uops.push_back(u);
        before = &i;
    }
    if (!uops.empty()) uops.back().flags |= Uop::Last;

    constexpr uint16_t special = Uop::Last | Uop::Enters | Uop::Requests | Uop::WritesScalar;
    for (size_t k = uops.size(); k-- > 0;) {
        Uop& u = uops[k];
        if (u.kind != Kind::Valu || u.clocks != 4 || u.flags & special || p.valu_dependent > 4) continue;
        u.run = uint8_t(std::min(k + 1 < uops.size() ? uops[k + 1].run + 1 : 1, 16));
    }
    lies = base >> 6;
    look_ahead(p);
}

void Tally::add(const Uop& u, const Parameters& p) {
    ++issued[size_t(u.kind)];
    clocks[size_t(u.kind)] += u.clocks;
    if (u.kind == Kind::Valu) valu_quads += u.clocks / 4u;
    branches += (u.flags & Uop::Branches) != 0;
    barriers += u.job == Job::Barrier;
    returning_atomics += u.kind == Kind::Lds && u.access == Access::AtomicReturn;
    if (u.record != Record::Lds) return;
    ++lds;
    lds_clocks += timing::lds_clocks(4u * u.dwords, 64, p);
}

void Code::look_ahead(const Parameters& p) {
    ahead.resize(uops.size() + 1);
    for (uint32_t i = 0; i < uops.size(); ++i) {
        ahead[i + 1].before = ahead[i].before;
        ahead[i + 1].before.add(uops[i], p);
        ahead[i].notable = uint32_t(notables.size()), ahead[i].but_lds = uint32_t(but_lds.size());
        if (uops[i].record == Record::None && uops[i].job != Job::Priority) continue;
        notables.push_back(i);
        if (uops[i].record != Record::Lds) but_lds.push_back(i);
    }
    ahead.back().notable = uint32_t(notables.size()), ahead.back().but_lds = uint32_t(but_lds.size());
    notables.push_back(none), but_lds.push_back(none);
    uint32_t behind = 0;
    for (uint32_t i = uint32_t(uops.size()); i-- > 0;) {
        if (uops[i].flags & Uop::Last) behind = i + 1;
        ahead[i].behind_stretch = behind;
    }
}

Record Code::record_of(uint32_t number) const {
    const Uop* u = find(number);
    return u ? u->record : Record::None;
}

}  // namespace gcn::emulator::timing
