#include "emulator/timing/record.hpp"

#include <algorithm>
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

// An instruction's record, encoded: where lanes lie as before only its first line is another one.
struct VectorRecord {
    LinePattern pattern;
    std::vector<uint32_t> words;
};

// LDS accesses that are recorded together, by the first one's number: offsets turn the banks and change nothing, so of
// those with the same addresses one is looked at.
constexpr size_t most_together = 256;
struct Together {
    size_t count = 0;                 // of accesses
    std::vector<uint32_t> looked_at;  // numbers
    std::vector<uint8_t> as;          // of each access: which of these it is like. Empty: each is looked at
};

struct Shared {
    const Program* program = nullptr;  // of this group
    const AccessTable* table = nullptr;
    std::vector<BankConflicts> conflicts;
    std::vector<VectorRecord> vectors;
    std::vector<Together> together;
    size_t most_words = 0;  // of a wave of the last groups

    void look_at(const Program& p, Programs& programs) {
        if (&p == program) [[likely]]
            return;
        program = &p;
        const AccessTable* const known = &programs.table(p);
        if (known == table) return;
        table = known;
        conflicts.assign(table->lds_in_all, {});
        vectors.assign(table->memory_in_all, {});
        together.assign(table->access.size(), {});
    }
    const Together& of(std::span<const uint32_t> numbers) {
        Together& t = together[numbers[0]];
        if (t.count != numbers.size()) t = find_together(numbers);
        return t;
    }

private:
    Together find_together(std::span<const uint32_t> numbers) const {
        Together t;
        t.count = numbers.size();
        if (t.count > most_together) return t;
        for (const uint32_t number : numbers)
            if (table->access[number].kind != Touch::Kind::Lds) return t;
        for (const uint32_t number : numbers) {
            size_t i = 0;
            while (i < t.looked_at.size() && !alike(table->access[t.looked_at[i]], table->access[number])) ++i;
            if (i == t.looked_at.size()) t.looked_at.push_back(number);
            t.as.push_back(uint8_t(i));
        }
        return t;
    }
    static bool alike(const Touch& a, const Touch& b) {
        const bool turns = a.accesses == 1 && b.accesses == 1 && a.offsets[0] % 4 == 0 && b.offsets[0] % 4 == 0;
        return turns && a.address == b.address && a.dwords == b.dwords;
    }
};

Programs::Programs(std::function<void(const Program&)> met) : met(std::move(met)) {}
Programs::~Programs() = default;

std::unique_ptr<Shared> Programs::take_shared() {
    {
        const std::lock_guard lock(guard);
        if (!free.empty()) {
            auto shared = std::move(free.back());
            free.pop_back();
            return shared;
        }
    }
    return std::make_unique<Shared>();
}

void Programs::give_shared(std::unique_ptr<Shared> shared) {
    shared->program = nullptr;  // it may not outlive the group
    constexpr size_t most = 64;
    const std::lock_guard lock(guard);
    if (free.size() < most) free.push_back(std::move(shared));
}

namespace {

void push_wide(std::vector<uint32_t>& words, uint64_t x) {
    words.push_back(uint32_t(x)), words.push_back(uint32_t(x >> 32));
}

void encode(std::vector<uint32_t>& words, const Touched& l) {
    words.clear();
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
    push_wide(words, l.lines[0]);
    if (!scattered) return;
    for (size_t i = 1; i < n; ++i) {
        const uint64_t step = l.lines[i] - l.lines[i - 1];
        if (wide)
            push_wide(words, step);
        else
            words.push_back(uint32_t(step));
    }
}

class WaveRecord final : public WaveRecorder {
public:
    WaveRecord(Shared& shared, Programs& programs, std::vector<uint32_t>& words)
        : shared(shared), programs(programs), words(words) {}

    void enter(const Wave& w, const Program& program, uint32_t number) override {
        shared.look_at(program, programs);
        if (shared.table->code != code) {
            code = shared.table->code;
            words.push_back(record::other_code);
            words.push_back(code);
        }
        const uint64_t on = exec_of(w);
        const uint32_t lanes = on == ~uint64_t(0) ? 64 : uint32_t(std::popcount(on));
        words.push_back(number | lanes << record::lanes_shift);
    }

    void access(const Wave& w, const Program& program, std::span<const uint32_t> numbers) override {
        shared.look_at(program, programs);
        if (numbers.size() > 1)
            if (const Together& t = shared.of(numbers); !t.as.empty()) return together(w, t);
        for (const uint32_t number : numbers) access(w, number);
    }

private:
    void access(const Wave& w, uint32_t number) {
        const Touch& a = shared.table->access[number];
        switch (a.kind) {
            case Touch::Kind::Lds:
                words.push_back(shared.conflicts[shared.table->place[number]].of(w, a));
                break;
            case Touch::Kind::Scalar:
                scalar(w, a);
                break;
            case Touch::Kind::Buffer:
            case Touch::Kind::Flat:
                vector(w, a, shared.vectors[shared.table->place[number]]);
                break;
            case Touch::Kind::None:
                break;
        }
    }

    void together(const Wave& w, const Together& t) {
        uint32_t conflicts[most_together];
        for (size_t i = 0; i < t.looked_at.size(); ++i) {
            const uint32_t number = t.looked_at[i];
            conflicts[i] = shared.conflicts[shared.table->place[number]].of(w, shared.table->access[number]);
        }
        const size_t before = words.size();
        words.resize(before + t.as.size());
        uint32_t* to = words.data() + before;
        for (const uint8_t i : t.as) *to++ = conflicts[i];
    }

    // As emulator/exec/access.inc: base and offset lose their low bits. What is beyond a buffer's end counts as read.
    void scalar(const Wave& w, const Touch& a) {
        const uint32_t* base = w.s + a.base;
        const uint32_t offset = (a.immediate ? a.offset : w.s[a.scalar_offset]) & ~3u;
        const uint64_t from = ((uint64_t(base[1]) << 32 | base[0]) & 0xfffffffffffc) + offset;
        const uint64_t line = from / 64, count = (from + a.bytes - 1) / 64 - line + 1;
        words.push_back(uint32_t(line));
        words.push_back((uint32_t(line >> 32) & 0xffff) | uint32_t(count) << record::smem_lines_shift);
    }

    void vector(const Wave& w, const Touch& a, VectorRecord& r) {
        if (r.pattern.look(w, a)) {
            encode(r.words, r.pattern.touched());
        } else if (r.words.size() >= 3) {
            const uint64_t first = r.pattern.first_line();
            r.words[1] = uint32_t(first), r.words[2] = uint32_t(first >> 32);
        }
        if (r.words.size() != 3) {
            words.insert(words.end(), r.words.begin(), r.words.end());
            return;
        }
        for (const uint32_t word : {r.words[0], r.words[1], r.words[2]}) words.push_back(word);
    }

    Shared& shared;
    Programs& programs;
    std::vector<uint32_t>& words;
    uint32_t code = 0;
};

class GroupRecord final : public GroupRecorder {
public:
    GroupRecord(uint64_t number, const GroupFacts& facts, Programs& programs, GroupTrace& trace,
                std::function<void()> ended)
        : trace(trace), programs(programs), shared(programs.take_shared()), when_ended(std::move(ended)) {
        trace.number = number;
        trace.items = facts.size[0] * facts.size[1] * facts.size[2];
        trace.waves.resize(facts.all.size());
        waves.reserve(trace.waves.size());
        for (WaveTrace& w : trace.waves) {
            w.words.reserve(shared->most_words);
            waves.emplace_back(*shared, programs, w.words);
        }
    }
    ~GroupRecord() override { programs.give_shared(std::move(shared)); }

    WaveRecorder& wave(uint32_t index) override { return waves[index]; }

    // Those that come will be about as long.
    void ended() override {
        size_t most = 0;
        for (WaveTrace& w : trace.waves) {
            w.complete = true;
            most = std::max(most, w.words.size());
        }
        shared->most_words = most;
        when_ended();
    }

private:
    GroupTrace& trace;
    Programs& programs;
    std::unique_ptr<Shared> shared;
    std::vector<WaveRecord> waves;
    const std::function<void()> when_ended;
};

}  // namespace

std::unique_ptr<GroupRecorder> group_recorder(uint64_t number, const GroupFacts& facts, Programs& programs,
                                              GroupTrace& to, std::function<void()> ended) {
    return std::make_unique<GroupRecord>(number, facts, programs, to, std::move(ended));
}

}  // namespace gcn::emulator::timing
