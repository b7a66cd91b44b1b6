#include "emulator/timing/record.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace gcn::emulator::timing {

static void watch(AccessTable& table, const Program& program) {
    std::vector<uint32_t> watched;
    const auto bit_of = [&](uint32_t r) {
        const auto at = std::find(watched.begin(), watched.end(), r);
        if (at != watched.end()) return uint64_t(1) << (at - watched.begin());
        if (watched.size() == 63) return AccessTable::unwatched;
        watched.push_back(r);
        return uint64_t(1) << (watched.size() - 1);
    };
    const auto& code = program.code();
    bool any_index = false;  // registers are written that no instruction names
    for (size_t i = 0; i < code.size(); ++i) {
        const Touch& t = table.access[i];
        table.reads.push_back(0);
        if (t.kind == Touch::Kind::Lds) table.reads[i] = bit_of(t.address);
        if (t.kind == Touch::Kind::Buffer || t.kind == Touch::Kind::Flat)
            table.reads[i] = bit_of(t.address) | bit_of((t.address + 1) % 256);
        any_index |= code[i].decoded && code[i].decoded->inst->name.starts_with("s_set_gpr_idx");
    }
    table.writes.assign(code.size(), 0);
    size_t start = 0;
    for (size_t i = 0; i < code.size(); ++i) {
        if (program.starts_stretch(uint32_t(i))) table.writes[start = i] = AccessTable::unwatched;
        if (!code[i].decoded) continue;
        const Written written = vectors_written(*code[i].decoded);
        for (size_t k = 0; k < watched.size(); ++k)
            if (any_index || written.holds(watched[k])) table.writes[start] |= uint64_t(1) << k;
    }
}

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
    watch(*made, program);
    met(program);
    known = std::move(made);
    return *known;
}

// An instruction's records, encoded: where lanes lie as before only the first line is another one.
struct VectorRecord {
    LinePatterns patterns;
    std::array<std::vector<uint32_t>, LinePatterns::most> words;  // by place
};

// LDS accesses that are recorded together, by the first one's number: offsets turn the banks and change nothing, so of
// those with the same addresses one is looked at.
constexpr size_t most_together = 256;
struct Together {
    size_t count = 0;                 // of accesses
    std::vector<uint32_t> looked_at;  // numbers
    std::vector<uint8_t> as;          // of each access: which of these it is like. Empty: each is looked at
};

// What a wave's last look at an access said, and when.
struct Looked {
    uint64_t when = 0, exec = 0;
    uint32_t conflicts = 0;         // of an LDS instruction
    LinePatterns::Look lines = {};  // of another one
};

struct Shared {
    uint64_t now = 0;  // counts stretches, of all waves; it never begins again
    size_t waves = 1;
    std::vector<std::vector<Looked>> looks;  // by wave and place of the access, LDS first
    const Program* program = nullptr;        // of this group
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
        looks.assign(waves, std::vector<Looked>(table->lds_in_all + table->memory_in_all));
    }
    void begin(size_t of_group) {
        if (of_group > waves) waves = of_group, table = nullptr, program = nullptr;
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
    WaveRecord(Shared& shared, Programs& programs, size_t wave, std::vector<uint32_t>& words, const Recording& how)
        : shared(shared), programs(programs), wave(wave), words(words), how(how) {
        written.fill(++shared.now);
    }

    void enter(const Wave& w, const Program& program, uint32_t number) override {
        if (words.size() >= told && !tell()) return;
        shared.look_at(program, programs);
        if (shared.table->code != code) {
            code = shared.table->code;
            words.push_back(record::other_code);
            words.push_back(code);
        }
        ++shared.now;
        for (uint64_t left = shared.table->writes[number]; left; left &= left - 1)
            written[size_t(std::countr_zero(left))] = shared.now;
        const uint64_t on = exec_of(w);
        const uint32_t lanes = on == ~uint64_t(0) ? 64 : uint32_t(std::popcount(on));
        words.push_back(number | lanes << record::lanes_shift);
    }

    void access(const Wave& w, const Program& program, std::span<const uint32_t> numbers) override {
        if (stopped) return;
        shared.look_at(program, programs);
        if (numbers.size() > 1)
            if (const Together& t = shared.of(numbers); !t.as.empty()) return together(w, t);
        for (const uint32_t number : numbers) access(w, number);
    }

    size_t untold() const { return words.size() - std::min(words.size(), told - told_words); }

private:
    // False: it is to end.
    bool tell() {
        if (stopped) return false;
        if (how.grown) how.grown(told_words);
        told += told_words;
        stopped = how.stop && how.stop->load(std::memory_order_relaxed);
        if (stopped) std::vector<uint32_t>().swap(words);
        return !stopped;
    }

    void access(const Wave& w, uint32_t number) {
        const Touch& a = shared.table->access[number];
        switch (a.kind) {
            case Touch::Kind::Lds:
                lds(conflicts(w, a, number), 1);
                break;
            case Touch::Kind::Scalar:
                scalar(w, a);
                break;
            case Touch::Kind::Buffer:
            case Touch::Kind::Flat:
                vector(w, a, number);
                break;
            case Touch::Kind::None:
                break;
        }
    }

    void together(const Wave& w, const Together& t) {
        uint32_t found[most_together];
        bool same = true;
        for (size_t i = 0; i < t.looked_at.size(); ++i) {
            const uint32_t number = t.looked_at[i];
            found[i] = conflicts(w, shared.table->access[number], number);
            same = same && found[i] == found[0];
        }
        if (same) return lds(found[0], uint32_t(t.as.size()));
        for (const uint8_t i : t.as) lds(found[i], 1);
    }

    // No register with its address has been written since.
    bool still_holds(const Looked& l, uint32_t access) const {
        if (!l.when) return false;
        for (uint64_t left = shared.table->reads[access]; left; left &= left - 1)
            if (written[size_t(std::countr_zero(left))] >= l.when) return false;
        return true;
    }

    uint32_t conflicts(const Wave& w, const Touch& a, uint32_t access) {
        const size_t place = shared.table->place[access];
        Looked& l = shared.looks[wave][place];
        const uint64_t on = exec_of(w);
        if (l.exec != on || !still_holds(l, access)) l = {shared.now, on, shared.conflicts[place].of(w, a), {}};
        return l.conflicts;
    }

    // `n` instructions.
    void lds(uint32_t conflicts, uint32_t n) {
        conflicts = std::min(conflicts, record::conflicts);
        constexpr uint32_t most = record::conflicts;
        if (how.compact && last_lds < words.size() && (words[last_lds] & record::conflicts) == conflicts) {
            const uint32_t more = std::min(n, most - (words[last_lds] >> record::repeats_shift));
            words[last_lds] += more << record::repeats_shift;
            n -= more;
        }
        for (; n && !how.compact; --n) words.push_back(conflicts);
        if (!n) return;
        last_lds = words.size();
        words.push_back(conflicts | (n - 1) << record::repeats_shift);
    }

    // As emulator/exec/access.inc: base and offset lose their low bits. What is beyond a buffer's end counts as read.
    void scalar(const Wave& w, const Touch& a) {
        const uint32_t* base = w.s + a.base;
        const uint32_t offset = (a.immediate ? a.offset : w.s[a.scalar_offset]) & ~3u;
        const uint64_t from = ((uint64_t(base[1]) << 32 | base[0]) & 0xfffffffffffc) + offset;
        const uint64_t count = (from + a.bytes - 1) / 64 - from / 64 + 1;
        const uint64_t line = how.arguments ? how.arguments->place(from / 64) : from / 64;
        words.push_back(uint32_t(line));
        words.push_back((uint32_t(line >> 32) & 0xffff) | uint32_t(count) << record::smem_lines_shift);
    }

    void vector(const Wave& w, const Touch& a, uint32_t access) {
        const size_t place = shared.table->place[access];
        VectorRecord& r = shared.vectors[place];
        Looked& l = shared.looks[wave][shared.table->lds_in_all + place];
        const LinePatterns::Look look = r.patterns.look(w, a, still_holds(l, access) ? &l.lines : nullptr);
        l.when = shared.now, l.lines = look;
        std::vector<uint32_t>& record = r.words[look.place];
        if (look.anew) encode(record, r.patterns.found());
        if (record.size() >= 3) record[1] = uint32_t(look.first_line), record[2] = uint32_t(look.first_line >> 32);
        if (record.size() == 3) {
            for (const uint32_t word : {record[0], record[1], record[2]}) words.push_back(word);
        } else {
            words.insert(words.end(), record.begin(), record.end());
        }
    }

    Shared& shared;
    Programs& programs;
    const size_t wave;  // in the group
    std::vector<uint32_t>& words;
    const Recording& how;
    size_t told = told_words;
    bool stopped = false;
    std::array<uint64_t, 64> written;  // when watched registers were
    uint32_t code = 0;
    size_t last_lds = ~size_t(0);  // the word of the last LDS instructions
};

class GroupRecord final : public GroupRecorder {
public:
    GroupRecord(uint64_t number, const GroupFacts& facts, Programs& programs, GroupTrace& trace, Recording recording)
        : trace(trace), programs(programs), shared(programs.take_shared()), how(std::move(recording)) {
        trace.number = number;
        trace.items = facts.size[0] * facts.size[1] * facts.size[2];
        trace.waves.resize(facts.all.size());
        shared->begin(trace.waves.size());
        waves.reserve(trace.waves.size());
        for (WaveTrace& w : trace.waves) {
            w.words.reserve(shared->most_words);
            waves.emplace_back(*shared, programs, waves.size(), w.words, how);
        }
    }
    ~GroupRecord() override { programs.give_shared(std::move(shared)); }

    WaveRecorder& wave(uint32_t index) override { return waves[index]; }

    // Those that come will be about as long.
    void ended() override {
        size_t most = 0, untold = 0;
        for (size_t i = 0; i < waves.size(); ++i) {
            trace.waves[i].complete = true;
            most = std::max(most, trace.waves[i].words.size());
            untold += waves[i].untold();
        }
        shared->most_words = most;
        if (how.grown) how.grown(untold);
        how.ended();
    }

private:
    GroupTrace& trace;
    Programs& programs;
    std::unique_ptr<Shared> shared;
    std::vector<WaveRecord> waves;
    const Recording how;
};

}  // namespace

std::unique_ptr<GroupRecorder> group_recorder(uint64_t number, const GroupFacts& facts, Programs& programs,
                                              GroupTrace& to, Recording how) {
    return std::make_unique<GroupRecord>(number, facts, programs, to, std::move(how));
}

}  // namespace gcn::emulator::timing
