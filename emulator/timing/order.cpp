#include "emulator/timing/order.hpp"

#include <algorithm>
#include <string_view>

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

// What it goes on with is told by registers: nobody knows what that does.
bool goes_anywhere(const isa::Decoded& d) {
    constexpr std::string_view names[] = {"s_setpc_b64", "s_swappc_b64", "s_cbranch_g_fork", "s_cbranch_join"};
    return std::ranges::find(names, d.inst->name) != std::end(names);
}

}  // namespace

bool may_depend_on_time(const Program& program) {
    return std::ranges::any_of(program.code(), [](const Program::Instruction& i) {
        return i.decoded && (reads_clock(*i.decoded) || reads_shared(*i.decoded) || goes_anywhere(*i.decoded));
    });
}

}  // namespace gcn::emulator::timing
