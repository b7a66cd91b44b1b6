#include "emulator/exec/recording.hpp"

#include <string_view>

namespace gcn::emulator {

using isa::Fmt;
using isa::Type;

bool is_recorded(const isa::Decoded& d) {
    const isa::Inst& inst = *d.inst;
    switch (d.format) {
        case Fmt::DS:
            return !d['g'];
        case Fmt::FLAT:
            return true;
        case Fmt::SMEM:
            return inst.name.starts_with("s_load") || inst.name.starts_with("s_store") ||
                   inst.name.starts_with("s_buffer");
        case Fmt::MUBUF:
        case Fmt::MTBUF:
            return inst.dst != Type::None || inst.src[0] != Type::None;
        default:
            return false;
    }
}

bool writes_exec(const isa::Decoded& d) {
    const isa::Inst& inst = *d.inst;
    if (inst.also == isa::Also::UpdateExec || inst.also == isa::Also::WriteExec || inst.name.starts_with("v_cmpx_"))
        return true;
    const auto holds_exec = [](uint32_t first, int count) {
        return first <= code::exec + 1 && first + uint32_t(count) > code::exec;
    };
    switch (d.format) {
        case Fmt::SOP1:
        case Fmt::SOP2:
        case Fmt::SOPK:
            return inst.dst != Type::None && holds_exec(d['d'], isa::registers(inst.dst));
        case Fmt::SMEM:
            return inst.dst != Type::None && holds_exec(d['d'], isa::registers(inst.dst));
        case Fmt::VOP3B:
            return holds_exec(d['q'], 2);
        case Fmt::VOP1:
        case Fmt::VOP3:
            if (inst.dst == Type::Mask) return holds_exec(d['d'], 2);
            return (inst.name == "v_readlane_b32" || inst.name == "v_readfirstlane_b32") && holds_exec(d['d'], 1);
        default:
            return false;
    }
}

bool reads_clock(const isa::Decoded& d) { return d.inst->name == "s_memtime" || d.inst->name == "s_memrealtime"; }

Written vectors_written(const isa::Decoded& d) {
    const isa::Inst& inst = *d.inst;
    if (inst.name.starts_with("v_movreld") || inst.name.starts_with("s_set_gpr_idx")) return {0, 256};
    switch (d.format) {
        case Fmt::VOP1:
        case Fmt::VOP2:
        case Fmt::VOP3:
        case Fmt::VOP3B:
        case Fmt::DS:
            return {d['d'], uint32_t(isa::registers(inst.dst))};
        case Fmt::FLAT:
        case Fmt::MUBUF:
        case Fmt::MTBUF:
            if (inst.dst == Type::None) return {};
            return {d['d'], uint32_t(isa::registers(inst.dst)) + d['T']};
        case Fmt::VINTRP:
        case Fmt::MIMG:
            return {0, 256};
        default:
            return {};
    }
}

bool is_vector_access(const isa::Decoded& d) {
    return d.format == Fmt::DS || d.format == Fmt::MUBUF || d.format == Fmt::FLAT;
}

const Op* record(const Op* op, Wave* w) {
    const RecordPoint& p = *op->point;
    if (p.enters)
        w->recorder->enter(*w, *p.program, p.numbers[0]);
    else
        w->recorder->access(*w, *p.program, p.numbers);
    return op + 1;
}

}  // namespace gcn::emulator
