#include "emulator/timing/record.hpp"

#include <bit>

namespace gcn::emulator::timing {

const AccessTable& Programs::table(const Program& program) {
    const Key key{&program, program.code().front().pc, program.code().size()};
    const std::lock_guard lock(guard);
    auto& known = tables[key];
    if (known) return *known;
    auto made = std::make_unique<AccessTable>();
    made->code = uint32_t(tables.size() - 1);
    for (const Program::Instruction& instruction : program.code()) {
        made->access.push_back(instruction.decoded ? Touch::of(*instruction.decoded) : Touch{});
        const bool lds = made->access.back().kind == Touch::Kind::Lds;
        made->place.push_back(lds ? made->lds_in_all++ : made->memory_in_all);
        const Touch::Kind kind = made->access.back().kind;
        made->memory_in_all += kind == Touch::Kind::Buffer || kind == Touch::Kind::Flat;
    }
    met(program);
    known = std::move(made);
    return *known;
}

namespace {

// What the waves of a group use one after the other.
struct Shared {
    explicit Shared(Programs& programs) : programs(programs) {}

    Programs& programs;
    const Program* program = nullptr;
    const AccessTable* table = nullptr;
    std::vector<BankConflicts> conflicts;
    std::vector<LinePattern> patterns;
    struct Asked {
        uint32_t address;
        uint8_t dwords;
        uint32_t conflicts;
    };
    std::vector<Asked> asked;  // in this call

    void look_at(const Program& p) {
        if (&p == program) return;
        program = &p;
        table = &programs.table(p);
        conflicts.assign(table->lds_in_all, {});
        patterns.assign(table->memory_in_all, {});
    }
};

class WaveRecord final : public WaveRecorder {
public:
    WaveRecord(Shared& shared, std::vector<uint32_t>& words) : shared(shared), words(words) {}

    void enter(const Wave& w, const Program& program, uint32_t number) override {
        shared.look_at(program);
        if (shared.table->code != code) {
            code = shared.table->code;
            words.push_back(record::other_code);
            words.push_back(code);
        }
        words.push_back(number | uint32_t(std::popcount(exec_of(w))) << record::lanes_shift);
    }

    void access(const Wave& w, const Program& program, std::span<const uint32_t> numbers) override {
        shared.look_at(program);
        shared.asked.clear();
        for (const uint32_t number : numbers) access(w, program, number);
    }

private:
    void access(const Wave& w, const Program& program, uint32_t number) {
        const Touch& a = shared.table->access[number];
        const isa::Decoded& d = *program.code()[number].decoded;
        switch (a.kind) {
            case Touch::Kind::Lds:
                words.push_back(conflicts(w, d, a, number));
                break;
            case Touch::Kind::Scalar:
                scalar(w, d, a);
                break;
            case Touch::Kind::Buffer:
            case Touch::Kind::Flat:
                vector(shared.patterns[shared.table->place[number]].of(w, d, a));
                break;
            case Touch::Kind::None:
                break;
        }
    }

    // Offsets turn the banks and change nothing: neighbours with the same addresses are looked at once.
    uint32_t conflicts(const Wave& w, const isa::Decoded& d, const Touch& a, uint32_t number) {
        const bool once = a.accesses == 1 && a.offsets[0] % 4 == 0;
        if (once)
            for (const Shared::Asked& before : shared.asked)
                if (before.address == d['p'] && before.dwords == a.dwords) return before.conflicts;
        const uint32_t n = shared.conflicts[shared.table->place[number]].of(w, d, a);
        if (once) shared.asked.push_back({d['p'], a.dwords, n});
        return n;
    }

    // As emulator/exec/access.inc: base and offset lose their low bits, of buffers what is out of range is not read.
    void scalar(const Wave& w, const isa::Decoded& d, const Touch& a) {
        const uint32_t* base = w.s + 2 * d['a'];
        const uint32_t offset = (d['I'] ? d['i'] : w.s[d['i'] & 127]) & ~3u;
        const uint64_t from = ((uint64_t(base[1]) << 32 | base[0]) & 0xfffffffffffc) + offset;
        const uint64_t line = from / 64, count = (from + a.bytes - 1) / 64 - line + 1;
        words.push_back(uint32_t(line));
        words.push_back((uint32_t(line >> 32) & 0xffff) | uint32_t(count) << record::smem_lines_shift);
    }

    void vector(const Touched& l) {
        const size_t n = l.lines.size();
        const uint64_t span = n ? l.lines.back() - l.lines.front() : 0;
        const bool scattered = n && span != n - 1;
        uint64_t widest = 0;
        if (scattered)
            for (size_t i = 1; i < n; ++i) widest = std::max(widest, l.lines[i] - l.lines[i - 1]);
        const bool wide = widest >> 32;
        words.push_back(uint32_t(n) | std::min(l.clocks, (1u << record::clocks_bits) - 1) << record::clocks_shift |
                        (scattered ? record::scattered : 0) | (wide ? record::wide : 0) |
                        (l.some_lds ? record::some_lds : 0) | (l.some_scratch ? record::some_scratch : 0));
        if (!n) return;
        push_wide(l.lines[0]);
        if (!scattered) return;
        for (size_t i = 1; i < n; ++i) {
            const uint64_t step = l.lines[i] - l.lines[i - 1];
            if (wide)
                push_wide(step);
            else
                words.push_back(uint32_t(step));
        }
    }

    void push_wide(uint64_t x) { words.push_back(uint32_t(x)), words.push_back(uint32_t(x >> 32)); }

    Shared& shared;
    std::vector<uint32_t>& words;
    uint32_t code = 0;
};

class GroupRecord final : public GroupRecorder {
public:
    GroupRecord(uint64_t number, const GroupFacts& facts, Programs& programs, GroupTrace& trace,
                std::function<void()> ended)
        : trace(trace), shared(programs), when_ended(std::move(ended)) {
        trace.number = number;
        trace.items = facts.size[0] * facts.size[1] * facts.size[2];
        trace.waves.resize(facts.all.size());
        for (WaveTrace& w : trace.waves) waves.emplace_back(shared, w.words);
    }

    WaveRecorder& wave(uint32_t index) override { return waves[index]; }

    void ended() override {
        for (WaveTrace& w : trace.waves) w.complete = true;
        when_ended();
    }

private:
    GroupTrace& trace;
    Shared shared;
    std::vector<WaveRecord> waves;
    const std::function<void()> when_ended;
};

}  // namespace

std::unique_ptr<GroupRecorder> group_recorder(uint64_t number, const GroupFacts& facts, Programs& programs,
                                              GroupTrace& to, std::function<void()> ended) {
    return std::make_unique<GroupRecord>(number, facts, programs, to, std::move(ended));
}

}  // namespace gcn::emulator::timing
