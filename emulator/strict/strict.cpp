// Calls the checks: cheap tests first, as nearly all instructions pass them all.

#include "emulator/strict/strict.hpp"

#include <algorithm>
#include <utility>

#include "emulator/strict/hazards.hpp"

namespace gcn::emulator::strict {

namespace {

// A program may have gone and another come in its place.
bool still_of(const std::vector<Fact>& facts, const Program& program) {
    if (facts.size() != program.size()) return false;
    for (uint32_t i = 0; i < program.size(); ++i) {
        const auto& [pc, decoded] = program.instruction(i);
        const isa::Decoded& mine = facts[i].decoded;
        if (facts[i].pc != pc || decoded.has_value() != (facts[i].program != nullptr)) return false;
        if (decoded && (mine.w0 != decoded->w0 || mine.w1 != decoded->w1)) return false;
    }
    return true;
}

uint32_t field(uint32_t word, int low, int bits) { return word >> low & ((1u << bits) - 1); }

}  // namespace

void Site::report(Kind kind, const About& about, const std::string& what) const {
    state.found_at = fact.pc;
    const uint64_t other = about.earlier ? about.earlier->pc : 0;
    group.reports.found({kind, fact.pc, other, about.reg}, [&] {
        const auto locate = [&](const Fact& f, std::string& kernel, uint64_t& offset) {
            if (f.function < 0) return;
            kernel = group.names.functions()[f.function].name;
            offset = f.pc - group.names.functions()[f.function].first;
        };
        Finding finding;
        finding.kind = kind;
        locate(fact, finding.kernel, finding.offset);
        finding.pc = fact.pc;
        finding.group = group.place;
        finding.wave = wave.index;
        finding.lane = about.lane;
        finding.instruction = fact.program ? fact.text() : "";
        finding.reg = about.reg;
        if (about.reg >= 0) finding.register_name = group.names.name_of(about.reg);
        finding.what = what;
        if (about.earlier) {
            finding.earlier = about.earlier->text();
            locate(*about.earlier, finding.earlier_kernel, finding.earlier_offset);
        }
        return finding;
    });
}

std::string Site::shown(const Fact& f) const {
    const std::string name(f.name());
    if (f.function < 0) return name + " at " + hex(f.pc);
    const Names::Function& in = group.names.functions()[f.function];
    return name + " at " + (f.function == fact.function ? "" : in.name) + "+" + hex(f.pc - in.first);
}

class StrictGroup : public GroupObserver {
public:
    StrictGroup(Strict& owner, const Dispatch& dispatch, std::shared_ptr<const Names> names, Promises promises,
                const GroupFacts& facts)
        : owner(owner),
          names(std::move(names)),
          state{dispatch, *this->names, owner.reports, promises, facts.place, {}, {}, 1} {
        state.waves.resize(facts.all.size());
        state.lds.resize((dispatch.lds_bytes + 3) / 4);
    }

    // The first registers: COMPUTE_PGM_RSRC1 and 2 say which the hardware fills.
    void wave_starts(const Wave& wave) override {
        WaveState& w = state.waves[wave.index];
        const uint32_t rsrc2 = state.dispatch.rsrc2, exec = code::exec;
        const int users = int(std::min<size_t>(field(rsrc2, 1, 5), state.dispatch.user_sgprs.size()));
        const int scalars = users + __builtin_popcount(field(rsrc2, 7, 4)) + int(field(rsrc2, 0, 1));
        std::fill_n(w.bits.begin(), scalars, ~0u);
        w.bits[exec] = w.bits[exec + 1] = ~0u;
        const uint64_t lanes = uint64_t(wave.s[exec + 1]) << 32 | wave.s[exec];
        for (uint32_t i = 0; i < std::min(field(rsrc2, 11, 2) + 1, 3u); ++i) w.written[i] = lanes;
        for (int r = 0; r < reg::scalars; ++r) w.judge(r);
        for (int r = reg::vector; r < reg::all; ++r) w.judge(r);
    }

    void before(const Wave& wave, const Step& step) override {
        WaveState& w = state.waves[wave.index];
        if (w.program != &step.program) meet(w, step.program);
        const Quick& quick = w.facts[step.number];
        exec = uint64_t(wave.s[code::exec + 1]) << 32 | wave.s[code::exec];
        if (!quick.fact) return;
        const Site site{state, w, wave, *quick.fact, exec};
        if (quick.needs & w.made) check_wait_states(site);
        if (quick.touched.meets(w.bad)) check_registers(site);
        if (quick.function != w.function) check_flow(site);
        if (quick.special) look_closer(site);
        if (quick.is_float && state.promises.any()) before_promise(site);
        w.past[w.issued++ % w.past.size()] = {quick.fact, w.slot += quick.issue_slots};
        w.made = remember(w.made, quick.makes);
        w.function = quick.function;
    }

    void after(const Wave& wave, const Step& step) override {
        if (!state.promises.any()) return;
        WaveState& w = state.waves[wave.index];
        const Quick& quick = w.facts[step.number];
        if (quick.is_float) after_promise({state, w, wave, *quick.fact, exec});
    }

    void faults(const Wave& wave, const Step& step) override {
        WaveState& w = state.waves[wave.index];
        if (w.found_at == step.pc()) return;  // it has been said why
        Fact f;
        f.pc = step.pc(), f.program = &step.program, f.number = step.number;
        f.function = names->function(f.pc);
        const Site site{state, w, wave, f, exec};
        const uint64_t before = w.found_at;
        if (f.function != w.function) check_flow(site);
        if (w.found_at == before) site.report(Kind::fault, {}, std::string("faults: ") + wave.fault.why);
    }

    void barrier(const std::vector<WavePointer>& waves) override {
        const WavePointer* first = nullptr;
        for (const WavePointer& wave : waves) {
            if (wave->ended) continue;
            WaveState& w = state.waves[wave->index];
            if (!first) {
                first = &wave;
                continue;
            }
            const WaveState& other = state.waves[(*first)->index];
            if (!w.barrier || !other.barrier || w.barrier->pc == other.barrier->pc) continue;
            const Site site{state, w, *wave, *w.barrier, 0};
            site.report(
                Kind::barrier, {-1, -1, other.barrier},
                "meets wave " + std::to_string((*first)->index) + ", which waits at " + site.shown(*other.barrier));
        }
        at_barrier(state, waves);
    }

private:
    void meet(WaveState& w, const Program& program) {
        for (const auto& [of, facts] : mine)
            if (of == &program) {
                w.program = of, w.facts = facts->quick.data();
                return;
            }
        mine.emplace_back(&program, owner.facts_for(program, names));
        w.program = &program, w.facts = mine.back().second->quick.data();
    }

    void look_closer(const Site& s) {
        const Fact& f = s.fact;
        if (!f.violation.empty()) s.report(Kind::constant_bus, {}, f.violation);
        if (!f.misalignment.empty()) s.report(Kind::alignment, {}, f.misalignment);
        if (f.vm != 15 || f.lgkm != 15) note_wait(s);
        if (f.access != Access::None && f.unit == Unit::Lds)
            check_lds(s);
        else if (f.access != Access::None)
            check_memory(s);
        note_loads(s);
        if (f.name() == "s_barrier") s.state.barrier = &f;
    }

    Strict& owner;
    const std::shared_ptr<const Names> names;
    GroupState state;
    std::vector<std::pair<const Program*, std::shared_ptr<const Facts>>> mine;
    uint64_t exec = 0;
};

namespace {

class StrictGrid : public GridObserver {
public:
    StrictGrid(Strict& owner, const Dispatch& dispatch, std::shared_ptr<const Names> names, Promises promises)
        : owner(owner), dispatch(dispatch), names(std::move(names)), promises(promises) {}
    std::unique_ptr<GroupObserver> group(const GroupFacts& facts) override {
        return std::make_unique<StrictGroup>(owner, dispatch, names, promises, facts);
    }

private:
    Strict& owner;
    const Dispatch dispatch;
    const std::shared_ptr<const Names> names;
    const Promises promises;
};

}  // namespace

Strict::Strict(Promises promises, NameSource& source, std::function<void(const Finding&)> show)
    : reports(std::move(show)), promises(promises), source(source) {}

std::unique_ptr<GridObserver> Strict::grid(const Dispatch& dispatch) {
    auto names = source.at(dispatch.entry);
    Promises kernel = promises;
    kernel.no_nan |= names->constant("promise.no_nan") != 0;
    kernel.no_denormal |= names->constant("promise.no_denormal") != 0;
    return std::make_unique<StrictGrid>(*this, dispatch, std::move(names), kernel);
}

std::shared_ptr<const Facts> Strict::facts_for(const Program& program, const std::shared_ptr<const Names>& names) {
    const std::lock_guard lock(guard);
    Known& entry = known[&program];
    if (entry.facts && entry.names == names && still_of(entry.facts->all, program)) return entry.facts;
    entry = {std::make_shared<const Facts>(program, [&](uint64_t pc) { return names->function(pc); }), names};
    return entry.facts;
}

}  // namespace gcn::emulator::strict
