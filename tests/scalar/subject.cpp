#include "tests/scalar/subject.hpp"

#include <cstring>

namespace gcn::scalar {

using namespace emulator;

const HandlerTable* table_of(const std::string& simd) {
    if (simd == "portable") return &handlers_portable;
    if (simd == "avx2" && __builtin_cpu_supports("x86-64-v3")) return &handlers_avx2;
    if (simd == "avx512" && __builtin_cpu_supports("x86-64-v4")) return &handlers_avx512;
    return nullptr;
}

Subject::Subject(const HandlerTable& table, const std::vector<u32>& code)
    : lds(lds_bytes + 64), memory(memory_bytes), table(table), state(pool.take()) {
    auto* const host = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(code.data()));
    space.map({code_at, code_at + code.size() * 4, host, false});
    space.map({memory_at, memory_at + memory_bytes, reinterpret_cast<std::byte*>(memory.data()), true});
    facts.lds_aperture = lds_aperture, facts.scratch_aperture = scratch_aperture;
    facts.scratch_lane_bytes = scratch_lane_bytes;
    facts.message = [](const GridFacts*, u32) {};
    view.space = &space;
}

void Subject::set(const Machine& m) {
    Wave& w = *state;
    std::memcpy(w.v, m.v, sizeof w.v);
    std::memcpy(w.s, m.s, sizeof m.s);
    w.scc = m.scc, w.mode = m.mode;
    set_float_modes(w);
    w.vgprs = 256, w.waves = 1, w.trap_status = w.priority = w.allocation = 0;
    std::memcpy(lds.data(), m.lds.data(), m.lds.size());
    std::memcpy(memory.data(), m.memory.data(), m.memory.size());
    w.lds = reinterpret_cast<std::byte*>(lds.data()), w.lds_bytes = u32(m.lds.size());
    w.scratch = scratch_at, w.view = &view, w.grid = &facts, w.index = 0;
    w.waves = 1, w.vgprs = 256, w.allocation = 0, w.trap_status = w.priority = 0;
    w.event = Event::None, w.waiting = w.ended = false;
}

void Subject::decode() {
    program = std::make_unique<Program>(space, code_at, table);
    state->program = program.get();
    state->next = program->entry();
    std::fill(std::begin(state->walks), std::end(state->walks), Walk{});
}

bool Subject::step() {
    Wave& w = *state;
    w.event = Event::None;
    table.run(&w, 1);
    if (w.event != Event::Fault) return true;
    fault = w.fault.why ? w.fault.why : "?";
    return false;
}

void Subject::run() {
    while (step())
        if (state->event == Event::End) return;
}

}  // namespace gcn::scalar
