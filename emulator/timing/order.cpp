#include "emulator/timing/order.hpp"

#include <algorithm>
#include <vector>

#include "emulator/exec/recording.hpp"
#include "emulator/timing/touch.hpp"

namespace gcn::emulator::timing {

namespace {

// Reads what another group may have written while this one runs.
bool reads_shared(const isa::Decoded& d) {
    if (d.inst->name.starts_with("s_dcache_inv")) return true;
    const Touch t = Touch::of(d);
    if (t.kind != Touch::Kind::Buffer && t.kind != Touch::Kind::Flat) return false;
    return t.what == Touch::What::Atomic ? t.returns : t.what == Touch::What::Load && d['G'];
}

bool is_branch(const isa::Decoded& d) {
    return d.format == isa::Fmt::SOPP && (d.inst->name == "s_branch" || d.inst->name.starts_with("s_cbranch_"));
}

}  // namespace

bool may_depend_on_time(const Program& program) {
    std::vector<uint64_t> reads;  // addresses, ascending
    for (const Program::Instruction& i : program.code()) {
        if (!i.decoded) continue;
        if (reads_clock(*i.decoded)) return true;
        if (reads_shared(*i.decoded)) reads.push_back(i.pc);
    }
    if (reads.empty()) return false;
    return std::any_of(program.code().begin(), program.code().end(), [&](const Program::Instruction& i) {
        if (!i.decoded || !is_branch(*i.decoded)) return false;
        const uint64_t target = i.pc + 4 + uint64_t(4 * int64_t(int16_t((*i.decoded)['i'])));
        const auto first = std::lower_bound(reads.begin(), reads.end(), target);
        return target <= i.pc && first != reads.end() && *first <= i.pc;
    });
}

}  // namespace gcn::emulator::timing
