// One line of the trace per instruction executed, and the state of a wave where it meets a breakpoint.

#include "emulator/debug/debug.hpp"

#include <xmmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "emulator/debug/text.hpp"
#include "emulator/strict/facts.hpp"
#include "isa/print.hpp"

namespace gcn::emulator::debug {

namespace reg = strict::reg;

// Calls come with the wave's floating-point modes set; values are printed under the host's own.
class HostModes {
public:
    HostModes() { _mm_setcsr(0x1f80); }
    ~HostModes() { _mm_setcsr(before); }

private:
    const unsigned before = _mm_getcsr();
};

// What is known of a program: its instructions as facts, and their places in memory.
struct Code {
    explicit Code(const Program& program) : facts(strict::facts_of(program)) {
        for (uint32_t i = 0; i < program.size(); ++i)
            if (facts[i].program) by_pc.emplace(facts[i].pc, i);
    }
    const std::vector<strict::Fact> facts;  // by number
    std::map<uint64_t, uint32_t> by_pc;
};

class Grid : public GridObserver {
public:
    Grid(Debugger& owner, const Dispatch& dispatch, std::shared_ptr<const strict::Names> names)
        : owner(owner), dispatch(dispatch), names(std::move(names)) {
        for (int i = 0; i < 3; ++i)
            groups[i] =
                dispatch.group[i] ? (uint64_t(dispatch.grid[i]) + dispatch.group[i] - 1) / dispatch.group[i] : 0;
        kernel = name_of(dispatch.entry).first;
        const Trace& trace = owner.settings.trace;
        traced = !trace.file.empty() && matches(trace.kernel, kernel);
        for (size_t i = 0; i < owner.settings.breakpoints.size(); ++i) place_breakpoint(i);
    }

    bool is_watched() const { return traced || !breakpoints.empty(); }
    std::unique_ptr<GroupObserver> group(const GroupFacts&) override;

    // The function that holds `pc`, and where in it.
    std::pair<std::string, uint64_t> name_of(uint64_t pc) const {
        const int f = names->function(pc);
        if (f < 0)
            return {pc == dispatch.entry || kernel.empty() ? "kernel_at_" + hex(dispatch.entry) : kernel,
                    pc - dispatch.entry};
        const auto& function = names->functions()[size_t(f)];
        return {function.name, pc - function.first};
    }
    std::string where(uint64_t pc) const {
        const auto [name, offset] = name_of(pc);
        return name + "+" + hex(offset, 4);
    }

    const Code& code(const Program& program) {
        const std::lock_guard lock(guard);
        auto& known = codes[&program];
        if (!known) known = std::make_unique<Code>(program);
        return *known;
    }

    bool chosen(const WaveFilter& f, const std::array<uint32_t, 3>& place, uint32_t wave) const {
        const uint64_t number = place[0] + groups[0] * (place[1] + groups[1] * place[2]);
        if (f.group && *f.group != number) return false;
        if (f.place && *f.place != place) return false;
        const uint64_t lanes = uint64_t(dispatch.group[0]) * dispatch.group[1] * dispatch.group[2];
        const bool in_group = f.group || f.place;
        return !f.wave || *f.wave == wave + (in_group ? 0 : number * ((lanes + 63) / 64));
    }

    Debugger& owner;
    const Dispatch dispatch;
    const std::shared_ptr<const strict::Names> names;
    std::string kernel;
    bool traced = false;
    std::multimap<uint64_t, size_t> breakpoints;  // by pc

private:
    void place_breakpoint(size_t number) {
        const Breakpoint& b = owner.settings.breakpoints[number];
        bool found = false;
        for (const auto& f : names->functions())
            if (matches(b.kernel, f.name)) breakpoints.emplace(f.first + b.offset, number), found = true;
        if (!found && names->function(dispatch.entry) < 0 && matches(b.kernel, kernel))
            breakpoints.emplace(dispatch.entry + b.offset, number);
    }

    std::array<uint64_t, 3> groups{};
    std::mutex guard;
    std::map<const Program*, std::unique_ptr<Code>> codes;
};

class Group : public GroupObserver {
public:
    Group(Grid& grid, const GroupFacts& facts) : grid(grid), owner(grid.owner), facts(facts) {
        waves.resize(facts.all.size());
        for (size_t i = 0; i < waves.size(); ++i)
            waves[i].traced = grid.traced && grid.chosen(owner.settings.trace.waves, facts.place, uint32_t(i));
    }

    void before(const Wave& w, const Step& step) override {
        Known& known = waves[w.index];
        if (known.program != &step.program) known.program = &step.program, known.code = &grid.code(step.program);
        if (!grid.breakpoints.empty()) meet(w, step);
        line.clear();
        if (!known.traced || !owner.settings.trace.pc.holds(step.pc() - grid.dispatch.entry)) return;
        const HostModes modes;
        exec = exec_of(w);
        const strict::Fact& fact = known.code->facts[step.number];
        line = grid.where(step.pc()) + " " + place_text(facts.place, w.index) + ", exec " + hex(exec, 16) + ": " +
               step.program.text_of(step.number) + (fact.program ? address_text(w, fact) : "");
    }

    void after(const Wave& w, const Step& step) override {
        if (line.empty()) return;
        const HostModes modes;
        const strict::Fact& fact = waves[w.index].code->facts[step.number];
        const std::string written = fact.program ? results(w, fact, *grid.names, exec, owner.settings.trace.lanes) : "";
        owner.write_trace(line + (written.empty() ? "" : " | " + written) + "\n");
    }

    void faults(const Wave&, const Step&) override {
        if (!line.empty()) owner.write_trace(line + " | faults\n");
    }

private:
    struct Known {
        bool traced = false;
        const Program* program = nullptr;
        const Code* code = nullptr;
    };

    static uint64_t exec_of(const Wave& w) { return uint64_t(w.s[reg::exec + 1]) << 32 | w.s[reg::exec]; }

    void meet(const Wave& w, const Step& step) {
        const auto [first, end] = grid.breakpoints.equal_range(step.pc());
        for (auto it = first; it != end; ++it) {
            const Breakpoint& b = owner.settings.breakpoints[it->second];
            if (!grid.chosen(b.waves, facts.place, w.index)) continue;
            const uint64_t hit = ++owner.hits[it->second];
            if (hit > b.count) continue;
            const HostModes modes;
            owner.breaks_to(state(w, step, hit, b.count));
            if (hit == b.count && owner.settings.stop) owner.end();
        }
    }

    std::string state(const Wave& w, const Step& step, uint64_t hit, uint64_t count) const {
        std::string out = "gcn: break at " + grid.where(step.pc()) + ", " + place_text(facts.place, w.index) + " (" +
                          std::to_string(hit) + " of " + std::to_string(count) + ")\n";
        const Code& code = *waves[w.index].code;
        const auto here = code.by_pc.find(step.pc());
        constexpr int neighbours = 4;
        auto from = here, to = here;
        for (int i = 0; i < neighbours && from != code.by_pc.begin(); ++i) --from;
        for (int i = 0; i <= neighbours && to != code.by_pc.end(); ++i) ++to;
        for (auto it = from; it != to; ++it)
            out +=
                (it == here ? "=> " : "   ") + grid.where(it->first) + ": " + step.program.text_of(it->second) + "\n";
        return out + scalars(w) + vectors(w) + lds();
    }

    std::string scalars(const Wave& w) const {
        const auto both = [&](int first) { return hex(uint64_t(w.s[first + 1]) << 32 | w.s[first], 16); };
        std::string out = "   exec " + both(reg::exec) + "  vcc " + both(reg::vcc) + "  scc " + std::to_string(w.scc) +
                          "  m0 " + hex(w.s[reg::m0], 8) + "  mode " + hex(w.mode) + "\n";
        // What the descriptor asks for, VCC and such excepted.
        const int count = std::min(int(grid.dispatch.rsrc1 >> 6 & 15) * 8 + 8, 102);
        for (int r = 0; r < count; ++r) out += row(r, value_text(w.s[r]));
        return out;
    }

    std::string vectors(const Wave& w) const {
        const uint64_t active = exec_of(w);
        uint64_t lanes = owner.settings.break_lanes;
        if (!lanes) lanes = active ? active & -active : 1;
        const int count = int(grid.dispatch.rsrc1 & 63) * 4 + 4;
        std::string out;
        for (int r = 0; r < count; ++r) {
            std::string values;
            for (uint64_t left = lanes; left; left &= left - 1) {
                const int lane = std::countr_zero(left);
                values += (values.empty() ? "[" : "  [") + std::to_string(lane) + "] " +
                          value_text(value_of(w, reg::vector + r, lane));
            }
            out += row(reg::vector + r, values);
        }
        return out;
    }

    std::string row(int r, const std::string& values) const {
        std::string name = grid.names->shown(r);
        constexpr size_t width = 24;
        if (name.size() < width) name.resize(width, ' ');
        return "   " + name + " " + values + "\n";
    }

    std::string lds() const {
        std::string out;
        if (!owner.settings.lds || facts.all.empty()) return out;
        const uint64_t end = facts.all.front()->lds_bytes;
        const Range& range = *owner.settings.lds;
        constexpr uint64_t a_line = 16;
        for (uint64_t at = range.from / 4 * 4; at <= range.to && at + 4 <= end; at += a_line) {
            out += "   LDS " + hex(at, 4) + ":";
            for (uint64_t i = at; i < at + a_line && i <= range.to && i + 4 <= end; i += 4) {
                uint32_t word;
                std::memcpy(&word, facts.lds + i, sizeof word);
                out += " " + hex(word, 8);
            }
            out += "\n";
        }
        return out.empty() ? "   LDS: the group has " + std::to_string(end) + " bytes of it\n" : out;
    }

    Grid& grid;
    Debugger& owner;
    const GroupFacts facts;
    std::vector<Known> waves;
    uint64_t exec = 0;  // before the instruction
    std::string line;   // of the instruction under way; empty: not traced
};

std::unique_ptr<GroupObserver> Grid::group(const GroupFacts& facts) { return std::make_unique<Group>(*this, facts); }

Debugger::Debugger(const Settings& settings, strict::NameSource& source, Sink trace, Sink breaks,
                   std::function<void()> end)
    : settings(settings),
      source(source),
      trace_to(std::move(trace)),
      breaks_to(std::move(breaks)),
      end(std::move(end)),
      hits(settings.breakpoints.size()) {}

std::unique_ptr<GridObserver> Debugger::grid(const Dispatch& dispatch) {
    auto watching = std::make_unique<Grid>(*this, dispatch, source.at(dispatch.entry));
    if (!watching->is_watched()) return nullptr;
    return watching;
}

void Debugger::write_trace(const std::string& line) {
    const uint64_t number = ++lines;
    if (number <= settings.trace.limit) trace_to(line);
    if (number == settings.trace.limit)
        trace_to("gcn: trace: " + std::to_string(number) + " lines, no more are written. Try: GCN_EMU_TRACE_LIMIT.\n");
}

std::string Debugger::never_reached() const {
    std::string out;
    for (size_t i = 0; i < hits.size(); ++i)
        if (!hits[i]) out += (out.empty() ? "" : ", ") + settings.breakpoints[i].text;
    return out;
}

}  // namespace gcn::emulator::debug
