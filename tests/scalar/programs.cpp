// Whole programs at random, and images of what each SIMD build makes of the same instructions.

#include <cstdio>
#include <cstring>

#include "isa/print.hpp"
#include "tests/scalar/fuzz.hpp"
#include "tests/scalar/subject.hpp"
#include "tests/scalar/values.hpp"

namespace gcn::scalar {

using isa::Fmt, isa::Inst, isa::Type;

namespace {

constexpr u32 s_nop = 0xbf800000, s_endpgm = 0xbf810000;

// Registers: sums, factors, and from there on those of integer instructions, so that no NaN meets one that sees its
// bits.
constexpr u32 sums = 0, factors = 12, addresses = 20, integers = 21;
constexpr u32 counter_sgpr = 60;  // of loops; nothing else writes there

bool is_integer(const Inst& inst) {
    if (inst.format == Fmt::DS || inst.format == Fmt::FLAT || inst.format == Fmt::MUBUF || inst.format == Fmt::SMEM ||
        inst.format == Fmt::SOPP)
        return false;
    const std::string_view name = inst.name;
    for (const std::string_view part :
         {"_f16", "_f32", "_f64", "pc_b64", "setreg", "gpr_idx", "movrel", "vskip", "s_cbranch"})
        if (name.find(part) != name.npos) return false;
    return inst.format == Fmt::SOP1 || inst.format == Fmt::SOP2 || inst.format == Fmt::SOPC ||
           inst.format == Fmt::SOPK || isa::is_short_vector(inst.format) || isa::is_vop3(inst.format);
}

class Writer {
public:
    Writer(Random& r, std::vector<Coverage>& coverage, const std::vector<const Inst*>& pool)
        : r(r), coverage(coverage), pool(pool) {}
    std::vector<u32> code;

    void program() {
        for (u32 blocks = 2 + r.below(5); blocks; --blocks) block(2);
        code.push_back(s_endpgm);
    }

private:
    Random& r;
    std::vector<Coverage>& coverage;
    const std::vector<const Inst*>& pool;

    static u32 row(const char* name) { return isa::find_inst(name)->opcode; }
    void vop2(const char* name, u32 d, u32 a, u32 b) { code.push_back(row(name) << 25 | d << 17 | b << 9 | a); }
    void sop2(const char* name, u32 d, u32 a, u32 b) {
        code.push_back(0x80000000 | row(name) << 23 | d << 16 | b << 8 | a);
    }
    void sopc(const char* name, u32 a, u32 b) { code.push_back(0xbf000000 | row(name) << 16 | b << 8 | a); }
    void sopp(const char* name, u32 imm) { code.push_back(0xbf800000 | row(name) << 16 | (imm & 0xffff)); }
    void ds(const char* name, u32 offsets, u32 d, u32 address) {
        code.push_back(0xd8000000 | row(name) << 17 | offsets);
        code.push_back(d << 24 | address);
    }

    void block(int depth) {
        switch (r.below(depth ? 7u : 5u)) {
            case 0:
                return macs(1 + r.below(24));
            case 1:
                return whole_numbers(1 + r.below(8));
            case 2:
                return reads();
            case 3:
                return tile();
            case 4:
                return sopp("s_barrier", 0);
            case 5:
                return branch(depth);
            default:
                return loop(depth);
        }
    }
    void macs(u32 count) {
        for (; count; --count) {
            const u32 a = r.one_in(8) ? 240 + r.below(9) : 256 + factors + r.below(8);
            vop2("v_mac_f32", sums + r.below(12), a, factors + r.below(8));
        }
    }
    void whole_numbers(u32 count) {
        for (; count; --count) {
            const Inst& inst = *pool[r.below(u32(pool.size()))];
            const Drawn d = draw(inst, r, coverage[size_t(&inst - isa::insts.data())], integers);
            if (d.lds_direct) continue;  // M0 has no address for it here
            for (int i = 0; i < d.size; ++i) code.push_back(d.words[size_t(i)]);
        }
    }
    void reads() {
        const u32 offset = r.below(32) * 16;
        switch (r.below(4)) {
            case 0:
                return ds("ds_read_b32", offset, factors + r.below(8), addresses);
            case 1:
                return ds("ds_read_b64", offset, factors + r.below(7), addresses);
            case 2:
                return ds("ds_read2_b32", r.below(128) | r.below(128) << 8, factors + r.below(7), addresses);
            default:
                return ds("ds_read_b128", offset, factors + r.below(2) * 4, addresses);
        }
    }
    // What the inner loop of a matrix product looks like: rows and columns from LDS, and all their products.
    void tile() {
        for (u32 steps = 1 + r.below(4); steps; --steps) {
            ds("ds_read_b128", r.below(16) * 16, factors, addresses);
            ds("ds_read_b128", r.below(16) * 16, factors + 4, addresses);
            sopp("s_waitcnt", 0x007f);
            for (u32 i = 0; i < 4; ++i)
                for (u32 j = 0; j < 2; ++j) vop2("v_mac_f32", sums + 2 * i + j, 256 + factors + i, factors + 4 + j);
        }
    }
    void branch(int depth) {
        const char* const kinds[] = {"s_cbranch_scc0",  "s_cbranch_scc1",  "s_cbranch_vccz",
                                     "s_cbranch_vccnz", "s_cbranch_execz", "s_cbranch_execnz"};
        const size_t at = code.size();
        const char* const kind = kinds[r.below(6)];
        code.push_back(0);
        block(depth - 1);
        code[at] = 0xbf800000 | row(kind) << 16 | u32(code.size() - at - 1);
    }
    void loop(int depth) {
        const u32 counter = counter_sgpr + u32(depth);
        code.push_back(0xb0000000 | row("s_movk_i32") << 23 | counter << 16 | (1 + r.below(4)));
        const size_t top = code.size();
        block(depth - 1);
        sop2("s_sub_u32", counter, counter, 129);
        sopc("s_cmp_lg_u32", counter, 128);
        sopp("s_cbranch_scc1", u32(top - code.size() - 1));
    }
};

void run_reference(Machine& m, const std::vector<u32>& code, u64& executed) {
    m.pc = code_at;
    m.state = Machine::State::Running;
    while (m.state != Machine::State::Ended && m.state != Machine::State::Fault) {
        const size_t at = (m.pc - code_at) / 4;
        const auto d = at < code.size() ? isa::decode(code[at], at + 1 < code.size() ? code[at + 1] : 0) : std::nullopt;
        if (!d) return m.fault("no instruction there");
        step(m, *d);
        ++executed;
    }
}

// Small whole numbers as floats: their products and sums are exact for a while, and then as good as any.
float small(Random& r) { return float(int(r.below(9)) - 4) * (r.one_in(4) ? 0.3f : 1.0f); }

void start_program(Machine& m, Random& r) {
    start(m, r);
    m.s[m0] = ~0u;
    for (u32 v = sums; v < addresses; ++v)
        for (u32& lane : m.v[v]) lane = std::bit_cast<u32>(small(r));
    const u32 step = r.pick({0u, 16u, 32u});
    for (u32 lane = 0; lane < 64; ++lane) m.v[addresses][lane] = step ? lane * step : r.below(128) * 16;
    for (size_t i = 0; i < m.lds.size(); i += 4) {
        const float x = small(r);
        std::memcpy(&m.lds[i], &x, 4);
    }
    m.mode = r.one_in(2) ? 0x3c0 : random_mode(r);
}

std::string first_difference(const Machine& m, Subject& subject) {
    const emulator::Wave& w = subject.wave();
    char out[120] = "";
    for (u32 v = 0; v < vgprs_used; ++v)
        for (int lane = 0; lane < 64; ++lane) {
            const u32 a = m.v[v][lane], b = w.v[v][lane];
            if (a == b || (v < factors && is_nan(a, f32) && is_nan(b, f32))) continue;
            std::snprintf(out, sizeof out, "v%u, lane %d: %08x, not %08x", v, lane, b, a);
            return out;
        }
    for (u32 s = 0; s < 128; ++s)
        if (m.s[s] != w.s[s]) {
            std::snprintf(out, sizeof out, "operand %u: %08x, not %08x", s, w.s[s], m.s[s]);
            return out;
        }
    if (m.scc != w.scc) return "SCC";
    if (m.mode != w.mode) return "MODE";
    if (std::memcmp(m.lds.data(), subject.lds.data(), m.lds.size())) return "LDS";
    return std::memcmp(m.memory.data(), subject.memory.data(), m.memory.size()) ? "memory" : "";
}

std::vector<std::unique_ptr<Subject>> subjects_of(const std::vector<std::string>& simds, const std::vector<u32>& code,
                                                  Report& report) {
    std::vector<std::unique_ptr<Subject>> subjects;
    for (const std::string& simd : simds)
        if (const emulator::HandlerTable* const table = table_of(simd)) {
            subjects.push_back(std::make_unique<Subject>(*table, code));
            report.simds.push_back(simd);
        }
    report.coverage.resize(isa::insts.size());
    return subjects;
}

u64 mixed(u64 hash, const void* from, size_t bytes) {  // FNV-1a over 64-bit words
    const auto* p = static_cast<const u8*>(from);
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        u64 x;
        std::memcpy(&x, p + i, 8);
        hash = (hash ^ x) * 0x100000001b3, hash ^= hash >> 32;
    }
    return hash;
}

std::string listing(const std::vector<u32>& code) {
    std::string out;
    for (size_t at = 0; at < code.size();) {
        const auto d = isa::decode(code[at], at + 1 < code.size() ? code[at + 1] : 0);
        if (!d) break;
        out += "\n        " + isa::print(*d);
        at += size_t(d->size());
    }
    return out;
}

// Both from the beginning, one instruction at a time, until they differ.
std::string where_they_part(const Machine& m, Subject& a, Subject& b) {
    for (Subject* const subject : {&a, &b}) subject->set(m), subject->decode();
    for (;;) {
        const std::string instruction = a.text();
        if (!a.step() || !b.step()) return " at a fault in " + instruction;
        const emulator::Wave &x = a.wave(), &y = b.wave();
        for (u32 v = 0; v < vgprs_used; ++v)
            for (int lane = 0; lane < 64; ++lane)
                if (x.v[v][lane] != y.v[v][lane]) {
                    char out[120];
                    std::snprintf(out, sizeof out, ", MODE %03x: v%u, lane %d: %08x and %08x", x.mode, v, lane,
                                  y.v[v][lane], x.v[v][lane]);
                    return " after " + instruction + out;
                }
        if (std::memcmp(x.s, y.s, sizeof m.s)) return " after " + instruction + ": scalar registers";
        if (a.lds != b.lds) return " after " + instruction + ": LDS";
        if (x.event == emulator::Event::End) return "; not when done again";
    }
}

}  // namespace

Report run_programs(const Options& options, const std::vector<std::string>& simds) {
    Report report;
    std::vector<u32> code(8192);
    const auto subjects = subjects_of(simds, code, report);
    std::vector<const Inst*> pool;
    for (const Inst* inst : covered())
        if (is_integer(*inst) && !differs(*inst)) pool.push_back(inst);
    Machine m;
    m.memory_at = memory_at, m.lds_aperture = lds_aperture;
    m.scratch_at = scratch_at, m.scratch_aperture = scratch_aperture, m.scratch_lane_bytes = scratch_lane_bytes;
    for (u64 n = options.first; report.instructions < options.count; ++n) {
        Random r(options.seed, n + (1ull << 40));
        start_program(m, r);
        Writer writer(r, report.coverage, pool);
        writer.program();
        std::fill(code.begin(), code.end(), s_endpgm);
        std::copy(writer.code.begin(), writer.code.end(), code.begin());
        for (const auto& subject : subjects) subject->set(m), subject->decode();
        run_reference(m, writer.code, report.instructions);
        ++report.stretches;
        for (const auto& subject : subjects) {
            subject->run();
            std::string what = first_difference(m, *subject);
            if (m.state == Machine::State::Fault) what = "the reference: " + m.why;
            if (!subject->fault.empty()) what = "fault: " + subject->fault;
            if (what.empty()) continue;
            char out[300];
            std::snprintf(out, sizeof out,
                          "program %llu of %zu dwords: %s has %s\n    again: build/tests/fuzz_exec --programs "
                          "--seed %llu --first %llu --count 1",
                          static_cast<unsigned long long>(n), writer.code.size(), subject->name().c_str(), what.c_str(),
                          static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(n));
            report.failures.emplace_back(out);
            if (writer.code.size() <= 40) report.failures.back() += listing(writer.code);
        }
        if (report.failures.size() >= options.failures) break;
    }
    return report;
}

Report run_images(const Options& options, const std::vector<std::string>& simds, void (*line)(const std::string&)) {
    constexpr u64 batch = 1000;  // stretches
    constexpr int instructions = 48;
    Report report;
    std::vector<u32> code(256);
    const auto subjects = subjects_of(simds, code, report);
    std::vector<const Inst*> rows;
    for (const Inst* inst : covered())
        if (!differs(*inst)) rows.push_back(inst);
    Machine m;
    m.memory_at = memory_at, m.lds_aperture = lds_aperture;
    m.scratch_at = scratch_at, m.scratch_aperture = scratch_aperture, m.scratch_lane_bytes = scratch_lane_bytes;
    std::vector<u64> hashes(subjects.size(), 0xcbf29ce484222325);
    for (u64 n = options.first; report.instructions < options.count; ++n) {
        Random r(options.seed, n + (2ull << 40));
        start(m, r);
        for (u32 v = 0; v < vgprs_used; ++v)
            if (v % 4 < 3) fill(m, r, v, r.pick({Type::F32, Type::F32, Type::F16, Type::U32, Type::I32}));
        m.s[m0] = ~0u;
        size_t at = 0;
        for (int i = 0; i < instructions; ++i) {
            const Inst& inst = *rows[r.below(u32(rows.size()))];
            const Drawn d = draw(inst, r, report.coverage[size_t(&inst - isa::insts.data())]);
            // Without a hand on the state between them: what needs an address or an index, or has others skipped, is
            // left to the lockstep.
            if (d.ends || d.index_limit >= 0 || inst.name == "s_setvskip" || inst.name.starts_with("s_setreg") ||
                inst.format == Fmt::SMEM || inst.format == Fmt::FLAT || inst.format == Fmt::MUBUF ||
                inst.format == Fmt::MTBUF || inst.format == Fmt::SOPP)
                continue;
            for (int k = 0; k < d.size; ++k) code[at++] = d.words[size_t(k)];
            ++report.instructions;
        }
        code[at++] = s_endpgm;
        ++report.stretches;
        for (size_t i = 0; i < subjects.size(); ++i) {
            Subject& subject = *subjects[i];
            subject.set(m), subject.decode(), subject.run();
            const emulator::Wave& w = subject.wave();
            u64& hash = hashes[i];
            hash = mixed(hash, w.v, vgprs_used * sizeof w.v[0]);
            hash = mixed(hash, w.s, sizeof m.s);
            hash = mixed(hash, subject.lds.data(), subject.lds.size());
            hash = mixed(hash, subject.memory.data(), subject.memory.size());
            if (hash == hashes[0]) continue;
            std::string what = "program " + std::to_string(n) + ": " + subject.name() + " and " + subjects[0]->name() +
                               " leave different bits" + where_they_part(m, *subjects[0], subject);
            what += "\n    again: build/tests/fuzz_exec --images --seed " + std::to_string(options.seed) + " --first " +
                    std::to_string(n) + " --count 1";
            report.failures.push_back(what);
            hash = hashes[0];
        }
        if (report.failures.size() >= options.failures) break;
        if (report.stretches % batch) continue;
        std::string out = "batch " + std::to_string(report.stretches / batch);
        for (size_t i = 0; i < subjects.size(); ++i) {
            char hex[60];
            std::snprintf(hex, sizeof hex, "  %s %016llx", subjects[i]->name().c_str(),
                          static_cast<unsigned long long>(hashes[i]));
            out += hex;
        }
        line(out);
    }
    return report;
}

}  // namespace gcn::scalar
