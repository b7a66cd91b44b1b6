#include "tests/scalar/fuzz.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <regex>
#include <set>

#include "isa/print.hpp"
#include "tests/scalar/lane.hpp"
#include "tests/scalar/subject.hpp"
#include "tests/scalar/values.hpp"

namespace gcn::scalar {

using isa::Fmt, isa::Inst, isa::Type;

namespace {

constexpr int stretch = 32;  // instructions that follow each other

std::string text(const char* format, auto... values) {
    char out[400];
    std::snprintf(out, sizeof out, format, values...);
    return out;
}

// ---- what two executors agree on -------------------------------------------------------------------

double ulps(u64 a, u64 b, Format f) {
    const auto steps = [&](u64 x) {
        const i64 size = i64(x & (f.sign() - 1));
        return double(x & f.sign() ? -size : size);
    };
    return std::fabs(steps(a) - steps(b));
}

double unpacked(u64 x, Format f) {
    const Real r = unpack(x, f);
    return r.finite() ? std::ldexp(double(r.m), r.e) : HUGE_VAL;
}

struct Place {
    const char* file = nullptr;  // nullptr: nowhere
    u32 index = 0;
    int lane = 0;
    u32 reference = 0, other = 0;
};

class Lockstep {
public:
    Lockstep(const Options& options, const std::vector<std::string>& simds) : options(options) {
        code.resize(4 * stretch + 16);
        for (const std::string& simd : simds) {
            const emulator::HandlerTable* const table = table_of(simd);
            if (!table) continue;
            subjects.push_back(std::make_unique<Subject>(*table, code));
            report.simds.push_back(simd);
        }
        report.coverage.resize(isa::insts.size());
        for (const Inst* inst : covered())
            if (options.only.empty() || std::regex_search(std::string(inst->name), std::regex(options.only)))
                rows.push_back(inst);
        m.memory_at = memory_at, m.lds_aperture = lds_aperture;
        m.scratch_at = scratch_at, m.scratch_aperture = scratch_aperture, m.scratch_lane_bytes = scratch_lane_bytes;
    }
    Report run() {
        for (u64 n = options.first; report.instructions < options.count && !rows.empty(); ++n) {
            one_stretch(n);
            ++report.stretches;
            if (report.failures.size() >= options.failures) break;
        }
        return report;
    }

private:
    const Options& options;
    std::vector<u32> code;
    std::vector<std::unique_ptr<Subject>> subjects;
    std::vector<const Inst*> rows;
    Machine m;
    u32 before_v[vgprs_used][64];
    u32 before_s[128];
    u32 before_scc = 0, before_mode = 0;
    Report report;
    std::set<std::string> failed;

    void one_stretch(u64 n);
    void prepare(const Drawn&, Random&);
    void aim(const Drawn&, Random&);
    void describe(const Drawn&, Random&);
    void fork(const Drawn&, Random&);
    void count(const Drawn&);
    bool compare(Subject&, const isa::Decoded&, Place&, bool everything);
    bool acceptable(Subject&, const isa::Decoded&, u32 vgpr, int lane);
    void fail(u64 n, const Subject&, const isa::Decoded&, const std::string& what, const Place&);
};

// Addresses that an access can have: inside, at the edge, sometimes outside where that is defined.
void Lockstep::aim(const Drawn& drawn, Random& r) {
    using Holds = Drawn::Holds;
    const u32 to = r.below(3);  // memory, LDS, scratch
    const bool mixed = drawn.pattern == Scattered && r.one_in(4), far = r.one_in(8);
    const u32 stray = r.one_in(2) ? 64 : r.below(64);  // a lane that does not lie as the others do
    // Below `range`, as the pattern says, `step` from lane to lane.
    u32 first = 0;
    const auto place = [&](u32 lane, u32 range, u32 step) {
        const u32 any = r.below(drawn.pattern == Close ? 64 : range) / drawn.align * drawn.align;
        if (!lane) first = any;
        if (drawn.pattern < Uniform || lane == stray) return any;
        return drawn.pattern == Uniform ? first : first + step * lane;
    };
    for (const Drawn::Address& address : drawn.addresses) {
        if (address.holds == Holds::Nothing) continue;
        for (u32 lane = 0; lane < 64; ++lane) {
            u32(&low)[64] = m.v[address.vgpr];
            switch (address.holds) {
                case Holds::LocalAddress:
                    low[lane] = place(lane, far ? lds_bytes + 64 : lds_bytes - 1024, drawn.bytes);
                    break;
                case Holds::LaneAddress:
                    low[lane] = r.one_in(4) ? r.word() : r.below(64) * 4;
                    break;
                case Holds::Offset:
                    low[lane] = r.one_in(100) ? r.word() / drawn.align * drawn.align
                                              : place(lane, far ? 8192 : 700, drawn.bytes);
                    break;
                case Holds::Index:
                    low[lane] = r.one_in(100)                ? r.word()
                                : drawn.pattern < Contiguous ? r.below(drawn.pattern == Scattered ? far ? 80 : 60 : 4)
                                                             : lane;
                    break;
                case Holds::FlatAddress: {
                    const u32 where = mixed ? r.below(3) : to;
                    const u32 inside = place(lane, (where == 1 ? lds_bytes : memory_bytes) - 1040, drawn.bytes);
                    const u32 own = r.below(scratch_lane_bytes - drawn.bytes + 1) / drawn.align * drawn.align;
                    const u64 at = where == 2   ? u64(scratch_aperture) << 32 | own
                                   : where == 1 ? u64(lds_aperture) << 32 | inside
                                                : memory_at + inside;
                    low[lane] = u32(at), m.v[address.vgpr + 1][lane] = u32(at >> 32);
                    break;
                }
                default:
                    break;
            }
        }
    }
    m.s[base_sgpr] = u32(memory_at) | (r.one_in(4) ? r.below(4) : 0);
    if (drawn.base_in_vcc) m.set_pair(vcc, m.pair(base_sgpr));
    m.s[small_sgpr] = r.one_in(3) ? 0 : drawn.align == 1 ? r.below(256) : r.below(32) * 8;
    if (drawn.inst->format == Fmt::DS) m.s[m0] = r.one_in(6) ? r.below(lds_bytes) : ~0u;
    if (drawn.to_lds) m.s[m0] = r.below(lds_bytes + 64) | (r.one_in(2) ? r.word() << 16 : 0);
    // An address, and whether it is a byte, a short or a dword, with a sign or without.
    const u32 width = r.pick({0u, 1u, 2u, 4u, 5u}), step = 1u << (width & 3);
    if (drawn.lds_direct) m.s[m0] = width << 16 | (r.below(r.one_in(8) ? 65536 : lds_bytes) & ~(step - 1));
    if (drawn.offset_in_m0) m.s[m0] = m.s[small_sgpr];
    if (drawn.descriptor >= 0) describe(drawn, r);
}

// The descriptor of a buffer; what it allows lies in memory.
void Lockstep::describe(const Drawn& drawn, Random& r) {
    const bool strided = drawn.descriptor != Raw, swizzled = drawn.descriptor == Swizzled;
    const bool indexed = drawn.addresses[0].holds == Drawn::Holds::Index, anyhow = drawn.align == 1;
    const u64 base = memory_at + 2048 + (anyhow ? r.below(4) : 0);
    const u32 unit = anyhow && r.one_in(2) ? 1 : std::max(4u, drawn.align);
    const u32 stride = strided ? unit * (1 + r.below(64 / unit)) : 0;
    const u32 bytes = r.one_in(16) ? 0 : r.pick({4096u, 4096u, 1000 + r.below(64), r.below(300)});
    // Swizzled elements are no smaller than what an atomic operation changes.
    const u32 element = drawn.align == 8 ? 2 + r.below(2) : drawn.align == 4 ? 1 + r.below(3) : r.below(4);
    const u32 further_stride = drawn.adds_lane && !(swizzled && indexed) && r.one_in(4) ? r.below(16) : 0;
    u32* const d = &m.s[buffer_sgpr];
    d[0] = u32(base), d[1] = u32(base >> 32) | stride << 16 | u32(swizzled) << 31;
    d[2] = swizzled && indexed ? r.below(60) : bytes;
    d[3] = drawn.formats | further_stride << 15 | element << 19 | r.below(4) << 21 | u32(drawn.adds_lane) << 23;
}

// A stack of branches, and one that is empty where s_cbranch_join asks.
void Lockstep::fork(const Drawn& drawn, Random& r) {
    const u32 entries = r.below(8), operand = drawn.words[0] & 0xff;
    m.mode = (m.mode & 0x1fffffff) | entries << 29;
    if (drawn.inst->name == "s_cbranch_join" && r.one_in(2)) m.s[operand] = entries;
}

// What state the instruction meets.
void Lockstep::count(const Drawn& drawn) {
    const Inst& inst = *drawn.inst;
    Coverage& coverage = report.coverage[size_t(&inst - isa::insts.data())];
    const auto one_of = [&](int first, int kinds, int met) {
        for (int i = 0; i < kinds; ++i) coverage.allowed.set(size_t(first + i));
        coverage.met.set(size_t(first + met)), ++coverage.counts[first + met];
    };
    if (is_scalar(inst.format)) return;
    coverage.allowed.set(Skipped);
    if (m.mode >> 28 & 1) return one_of(Skipped, 1, 0);
    if (drawn.index_limit < 0 && (isa::is_short_vector(inst.format) || isa::is_vop3(inst.format))) {
        coverage.allowed.set(Indexed);
        if (m.mode >> 27 & 1) one_of(Indexed, 1, 0);
    }
    if (drawn.descriptor >= 0) {
        const u32 upper = m.s[buffer_sgpr + 1];
        one_of(Raw, 3, upper >> 31 ? 2 : upper >> 16 & 0x3fff ? 1 : 0);
    }
    one_of(AllLanes, 3, !~m.execution() ? 0 : m.execution() ? 2 : 1);
    Type computes = Type::None;
    for (const Type type : {inst.src[0], inst.src[1], inst.dst})
        if (is_float(type)) computes = type;
    if (computes == Type::None || !inst.name.starts_with("v_")) return;
    const Rules r = rules(m.mode, format_of(computes));
    const bool ieee = m.mode >> 9 & 1;
    one_of(Rounding, 4, int(r.round));
    one_of(Denormals, 4, (r.flush_in ? 0 : 1) + (r.flush_out ? 0 : 2));
    one_of(Ieee, 2, !ieee);
    if (drawn.multiplier) one_of(Multiplies, 2, ieee || !r.flush_out);
}

// The state that the instruction wants, in all machines.
void Lockstep::prepare(const Drawn& drawn, Random& r) {
    const bool fresh = !r.one_in(4);
    for (size_t k = 0; k < drawn.vgprs.size(); ++k)
        if (drawn.vgprs[k] >= 0 && fresh) fill(m, r, u32(drawn.vgprs[k]), drawn.types[k]);
    if (r.one_in(2)) {
        const u32 s = r.below(sgprs_used - 1);
        const u64 x = value(r, r.pick({Type::U32, Type::F32, Type::F64, Type::U64}));
        m.s[s] = u32(x), m.s[s + 1] = u32(x >> 32);
    }
    if (r.one_in(2)) m.set_pair(exec, lanes_in_exec(r));
    if (r.one_in(4)) m.set_pair(vcc, r.one_in(4) ? 0 : lanes_in_exec(r));
    if (r.one_in(4)) m.mode = random_mode(r);
    if (drawn.multiplier && r.one_in(2)) m.mode &= ~0x2a0u;  // no IEEE, no denormal results
    const Fmt format = drawn.inst->format;
    const bool alu = isa::is_short_vector(format) || isa::is_vop3(format), scalar = is_scalar(format);
    m.mode &= ~(1u << 28);
    if (!scalar && r.one_in(50)) m.mode |= 1u << 28;
    if (drawn.index_limit >= 0) {
        m.s[m0] = alu && r.one_in(4) ? r.pick({r.below(256), r.word()}) : r.below(u32(drawn.index_limit));
        m.mode &= ~(1u << 27);
    } else if (r.one_in(4)) {
        m.s[m0] = r.word();
    }
    if (alu && drawn.index_limit < 0 && r.one_in(12)) m.mode |= 1u << 27;
    if (drawn.lds_direct) m.mode &= ~(1u << 27);  // both want M0
    if (alu && m.mode >> 27 & 1) m.s[m0] = (r.word() & ~0xffu) | (r.one_in(3) ? r.below(256) : r.below(8));
    if (drawn.inst->name.starts_with("s_cbranch_") && drawn.ends) fork(drawn, r);
    aim(drawn, r);
    count(drawn);
    for (auto& subject : subjects) {
        emulator::Wave& w = subject->wave();
        for (const Drawn::Address& address : drawn.addresses)
            if (address.holds != Drawn::Holds::Nothing)
                std::memcpy(w.v[address.vgpr], m.v[address.vgpr], 2 * sizeof w.v[0]);
        for (size_t k = 0; k < drawn.vgprs.size(); ++k)
            if (drawn.vgprs[k] >= 0) {
                const u32 v = u32(drawn.vgprs[k]);
                const size_t wide = size_t(std::max(1, isa::registers(drawn.types[k])));
                std::memcpy(w.v[v], m.v[v], wide * sizeof w.v[0]);
            }
        std::memcpy(w.s, m.s, sizeof m.s);
        if (w.mode != m.mode) w.mode = m.mode, emulator::set_float_modes(w);
    }
    std::memcpy(before_v, m.v, sizeof before_v);
    std::memcpy(before_s, m.s, sizeof before_s);
    before_scc = m.scc, before_mode = m.mode;
}

// A difference in a VGPR that is none: two NaNs, or two approximations. The other executor then gets the reference's.
bool Lockstep::acceptable(Subject& subject, const isa::Decoded& d, u32 vgpr, int lane) {
    u32(&theirs)[256][64] = subject.wave().v;
    const Inst& inst = *d.inst;
    u32 first = d['d'] & 255;
    if (before_mode >> 27 & 1 && before_s[m0] >> 15 & 1) first += before_s[m0] & 0xff;  // GPR indexing
    if (inst.name.find("_load_format_") != inst.name.npos) {
        const bool half = inst.name.find("_d16_") != inst.name.npos;
        const u32 a = m.v[vgpr][lane], b = theirs[vgpr][lane];
        if (half ? !is_nan(a, f16) || !is_nan(b, f16) || a >> 16 != b >> 16 : !is_nan(a, f32) || !is_nan(b, f32))
            return false;
        theirs[vgpr][lane] = a;
        return true;
    }
    const bool is_destination = vgpr >= first && vgpr < first + u32(std::max(1, isa::registers(inst.dst)));
    if (!is_destination || !is_float(inst.dst)) {
        if (inst.name != "v_cvt_pkrtz_f16_f32" || !is_destination || !(m.nans >> lane & 1)) return false;
        for (const int half : {0, 16}) {
            const u16 a = u16(m.v[vgpr][lane] >> half), b = u16(theirs[vgpr][lane] >> half);
            if (a != b && !(is_nan(a, f16) && is_nan(b, f16))) return false;
        }
        theirs[vgpr][lane] = m.v[vgpr][lane];
        return true;
    }
    const Format f = format_of(inst.dst);
    u64 a = m.v[first][lane], b = theirs[first][lane];
    if (f.bits() == 64) a |= u64(m.v[first + 1][lane]) << 32, b |= u64(theirs[first + 1][lane]) << 32;
    bool fine = false;
    const u32 into = d.tail == isa::Tail::Sdwa ? d.extra('d') : 6;
    if (into < 6 && m.nans >> lane & 1) {
        // Parts of a NaN: a word of 16 bits can be told to be one.
        const int shift = into == 5 ? 16 : 0;
        fine = f.bits() != 16 || into < 4 || (is_nan(u16(a >> shift), f16) && is_nan(u16(b >> shift), f16));
    } else if (into < 6) {
        fine = approximation(inst.name);  // a part of one: nothing to measure
    } else if (is_nan(a & f.mask(), f) && is_nan(b & f.mask(), f)) {
        fine = f.bits() != 16 || a >> 16 == b >> 16;
    } else if (const Approximation* const approximate = approximation(inst.name)) {
        if (!is_nan(a, f) && !is_nan(b, f)) {
            // Output modifiers come after; a doubled result has the same distance in units of its last place.
            const bool halved = isa::is_vop3(d.format) && d['m'] == 3;
            const double scale = halved ? 2 : 1;
            const u64 sign = f.sign();
            const double small = approximate->absolute ? f.bits() == 16 ? 0x1p-18 : 0x1p-22 : 0;
            const bool tiny = unpacked(a & ~sign, f) <= small && unpacked(b & ~sign, f) <= small;
            // One may have been halved from infinity, the other from the largest number.
            const auto finite = [&](u64 x) { return halved && is_infinite(x, f) ? x - (1ull << f.fraction) : x; };
            // One may have been rounded to the smallest normal number, the other have been flushed.
            const auto lost = [&](u64 x, u64 y) { return (x & ~sign) == 0 && y == (x | 1ull << f.fraction); };
            const bool flushed = rules(m.mode, f).flush_out && (lost(a, b) || lost(b, a));
            fine = tiny || flushed ||
                   std::min(ulps(a, b, f), ulps(finite(a), finite(b), f)) <= approximate->ulp * scale + 1;
        }
    }
    if (!fine) return false;
    theirs[first][lane] = m.v[first][lane];
    if (f.bits() == 64) theirs[first + 1][lane] = m.v[first + 1][lane];
    return true;
}

bool Lockstep::compare(Subject& subject, const isa::Decoded& d, Place& place, bool everything) {
    const emulator::Wave& w = subject.wave();
    // An index can lead to any of the others.
    const bool anywhere = before_mode >> 27 & 1 || d.inst->name.starts_with("v_movrel");
    for (u32 v = 0; v < (anywhere ? 256 : vgprs_used); ++v) {
        if (!std::memcmp(w.v[v], m.v[v], sizeof w.v[v])) continue;
        for (int lane = 0; lane < 64; ++lane)
            if (w.v[v][lane] != m.v[v][lane] && !acceptable(subject, d, v, lane)) {
                place = {"v", v, lane, m.v[v][lane], w.v[v][lane]};
                return false;
            }
    }
    if (std::memcmp(w.s, m.s, sizeof m.s))
        for (u32 s = 0; s < 128; ++s)
            if (w.s[s] != m.s[s]) {
                place = {s == vcc || s == vcc + 1     ? "VCC, s"
                         : s == exec || s == exec + 1 ? "EXEC, s"
                         : s == m0                    ? "M0, s"
                                                      : "s",
                         s, 0, m.s[s], w.s[s]};
                return false;
            }
    if (w.scc != m.scc) {
        place = {"SCC ", 0, 0, m.scc, w.scc};
        return false;
    }
    if (w.mode != m.mode) {
        place = {"MODE ", 0, 0, m.mode, w.mode};
        return false;
    }
    const bool touches = d.inst->format >= Fmt::DS || d.inst->format == Fmt::SMEM;
    if (!touches && !everything) return true;
    for (const Machine::Loose& at : m.loose) {
        const std::vector<u8>& here = at.local ? m.lds : m.memory;
        std::vector<u8>& there = at.local ? subject.lds : subject.memory;
        // A word from there on; of a format without a sign the bits above it are another's.
        const size_t bytes = std::min<size_t>(4, here.size() - at.byte);
        u32 x = 0, y = 0;
        std::memcpy(&x, &here[at.byte], bytes), std::memcpy(&y, &there[at.byte], bytes);
        const u64 mask = at.format.bits() % 16 ? at.format.sign() - 1 : at.format.mask();
        const u64 a = x >> at.shift & mask, b = y >> at.shift & mask;
        if (!is_nan(a, at.format) || !is_nan(b, at.format)) continue;
        y ^= u32((a ^ b) << at.shift);
        std::memcpy(&there[at.byte], &y, bytes);
    }
    const bool floats =
        d.inst->name.find("_f32") != d.inst->name.npos || d.inst->name.find("_f64") != d.inst->name.npos;
    const auto bytes = [&](const std::vector<u8>& a, std::vector<u8>& b, const char* name) {
        if (!std::memcmp(a.data(), b.data(), a.size())) return true;
        for (u32 i = 0; i + 4 <= a.size(); i += 4) {
            u32 x, y;
            std::memcpy(&x, &a[i], 4), std::memcpy(&y, &b[i], 4);
            if (x == y) continue;
            if (floats && is_nan(x, f32) && is_nan(y, f32)) {
                std::memcpy(&b[i], &x, 4);
                continue;
            }
            place = {name, i, 0, x, y};
            return false;
        }
        return true;
    };
    return bytes(m.lds, subject.lds, "LDS byte ") && bytes(m.memory, subject.memory, "memory byte ");
}

void Lockstep::fail(u64 n, const Subject& subject, const isa::Decoded& d, const std::string& what, const Place& place) {
    if (differs(*d.inst)) {
        ++report.excused[std::string(d.inst->name)];
        return;
    }
    if (!failed.insert(std::string(d.inst->name) + (what.empty() ? "" : what)).second) return;
    std::string out = isa::print(d) + "\n";
    out += text("    words %08x %08x, EXEC %016llx, MODE %03x, VCC %016llx, SCC %u, M0 %08x\n", d.w0, d.w1,
                (unsigned long long)(before_s[exec] | u64(before_s[exec + 1]) << 32), before_mode,
                (unsigned long long)(before_s[vcc] | u64(before_s[vcc + 1]) << 32), before_scc, before_s[m0]);
    if (!what.empty()) {
        out += "    " + subject.name() + ": " + what + "\n";
    } else {
        out += text("    %s%u, lane %d: the reference has %08x, %s %08x\n", place.file, place.index, place.lane,
                    place.reference, subject.name().c_str(), place.other);
    }
    const auto show = [&](u32 code, const char* name) {
        if (code >= 256) {
            const u32 v = code & 255;
            if (v + 1 < vgprs_used)
                out += text("    %s v%u: %08x, v%u: %08x\n", name, v, before_v[v][place.lane], v + 1,
                            before_v[v + 1][place.lane]);
        } else if (code < 127) {
            out += text("    %s s%u: %08x, s%u: %08x\n", name, code, before_s[code], code + 1, before_s[code + 1]);
        }
    };
    const Fmt f = d.format;
    const bool vector = isa::is_short_vector(f) || isa::is_vop3(f);
    if (vector || f == Fmt::SOP1 || f == Fmt::SOP2 || f == Fmt::SOPC)
        for (int k = 0; k < 3; ++k)
            if (isa::registers(d.inst->src[size_t(k)]) && (k < 2 || isa::is_vop3(f)) && (k < 1 || f != Fmt::SOP1))
                show(d.operand(k), k == 0 ? "src0" : k == 1 ? "src1" : "src2");
    if (isa::registers(d.inst->dst)) show((vector || f >= Fmt::DS ? 256 : 0) + d['d'], "destination before");
    out += text("    again: build/tests/fuzz_exec --seed %llu --first %llu --count %d%s%s%s",
                (unsigned long long)options.seed, (unsigned long long)n, stretch,
                options.only.empty() ? "" : " --only '", options.only.c_str(), options.only.empty() ? "" : "'");
    report.failures.push_back(out);
}

void Lockstep::one_stretch(u64 n) {
    Random r(options.seed, n);
    start(m, r);
    // The code first: each instruction, then an s_nop, so that no two of them are executed as one.
    constexpr u32 s_nop = 0xbf800000, s_endpgm = 0xbf810000;
    std::vector<Drawn> drawn;
    size_t at = 0;
    for (int i = 0; i < stretch; ++i) {
        const Inst& inst = *rows[r.below(u32(rows.size()))];
        drawn.push_back(draw(inst, r, report.coverage[size_t(&inst - isa::insts.data())]));
        const Drawn& d = drawn.back();
        for (int k = 0; k < d.size; ++k) code[at++] = d.words[size_t(k)];
        code[at++] = s_nop;
        if (d.ends) break;
    }
    code[at++] = s_endpgm;
    for (auto& subject : subjects) subject->set(m), subject->decode();

    m.pc = code_at;
    for (size_t i = 0; i < drawn.size(); ++i) {
        prepare(drawn[i], r);
        const auto d = isa::decode(drawn[i].words[0], drawn[i].size == 2 ? drawn[i].words[1] : 0);
        if (!d || d->inst != drawn[i].inst || d->size() != drawn[i].size) {
            failed.insert(std::string(drawn[i].inst->name));
            report.failures.push_back(text("%s: drawn as %08x %08x, decoded as %s of %d dwords",
                                           std::string(drawn[i].inst->name).c_str(), drawn[i].words[0],
                                           drawn[i].words[1], d ? std::string(d->inst->name).c_str() : "nothing",
                                           d ? d->size() : 0));
            return;
        }
        m.state = Machine::State::Running;
        const u64 here = m.pc;
        step(m, *d);
        ++report.instructions;
        bool resync = false;
        for (auto& subject : subjects) {
            const bool well = subject->step();
            const emulator::Wave& w = subject->wave();
            Place place;
            if (!well || m.state == Machine::State::Fault) {
                const std::string theirs = well ? "no fault" : "fault: " + subject->fault;
                if (well || m.state != Machine::State::Fault)
                    fail(n, *subject, *d, theirs + "; the reference: " + (m.why.empty() ? "none" : m.why), place);
                return;
            }
            const bool ended = w.event == emulator::Event::End;
            if (ended != (m.state == Machine::State::Ended))
                fail(n, *subject, *d, ended ? "ends the wave" : "does not end the wave", place);
            if (w.event == emulator::Event::Jump) {
                if (w.jump != m.pc)
                    fail(n, *subject, *d, text("jumps to %llx, the reference to %llx", w.jump, m.pc), place);
            } else if (!ended && (m.pc != here + 4 * u64(d->size()) || d->inst->name.starts_with("s_cbranch"))) {
                if (subject->pc() != m.pc)
                    fail(n, *subject, *d, text("goes on at %llx, the reference at %llx", subject->pc(), m.pc), place);
            }
            if (!compare(*subject, *d, place, i % 8 == 7)) fail(n, *subject, *d, "", place), resync = true;
        }
        m.state = Machine::State::Running;
        if (drawn[i].ends) return;
        // The s_nop, unless a branch has passed it.
        if (m.pc == here + 4 * u64(d->size())) {
            for (auto& subject : subjects) subject->step();
            m.pc += 4;
        }
        if (resync)
            for (auto& subject : subjects) subject->set(m);
    }
}

}  // namespace

// The rows that emulator/exec refuses, with its reason, from its own list.
static std::map<std::string_view, const char*>& unexecuted() {
    static std::map<std::string_view, const char*> rows;
    return rows;
}
namespace refused {
static bool note(const char* name, const char* why) { return unexecuted().emplace(name, why).second; }
#define RAW(name)                                                          \
    static const char* name();                                             \
    [[maybe_unused]] static const bool noted_##name = note(#name, name()); \
    static const char* name()
#define fault(op, w, kind, address, write, why) why
#include "emulator/exec/unexecuted.inc"
#undef fault
#undef RAW
}  // namespace refused

std::vector<std::string> simd_builds() {
    std::vector<std::string> names;
    for (const char* name : {"portable", "avx2", "avx512"})
        if (table_of(name)) names.push_back(name);
    return names;
}

std::vector<const Inst*> covered() {
    std::vector<const Inst*> rows;
    for (const Inst& inst : isa::insts)
        if (drawable(inst) && defines(inst) && !unexecuted().contains(inst.name)) rows.push_back(&inst);
    return rows;
}

std::vector<std::pair<const Inst*, std::string>> uncovered() {
    std::vector<std::pair<const Inst*, std::string>> rows;
    for (const Inst& inst : isa::insts) {
        std::string_view why;
        if (const auto it = unexecuted().find(inst.name); it != unexecuted().end())
            rows.emplace_back(&inst, it->second);
        else if (!drawable(inst, &why))
            rows.emplace_back(&inst, why);
        else if (!defines(inst))
            rows.emplace_back(&inst, "has no definition in tests/scalar");
    }
    return rows;
}

struct Difference {
    std::string_view name, why;
};
#define DIFFERS(name, why) Difference{#name, why},
static constexpr std::array<Difference, std::size(std::initializer_list<Difference>{
#include "tests/scalar/differences.def"
                                            Difference{}})>
    differences{
#include "tests/scalar/differences.def"
    };
#undef DIFFERS

bool differs(const Inst& inst, std::string_view* why) {
    for (const Difference& row : differences)
        if (row.name == inst.name) {
            if (why) *why = row.why;
            return true;
        }
    return false;
}

Report run_lockstep(const Options& options, const std::vector<std::string>& simds) {
    return Lockstep(options, simds).run();
}

std::string summary(const Report& report, std::vector<std::string>* holes) {
    std::string out;
    for (size_t f = 0; f < isa::formats.size(); ++f) {
        u64 drawn = 0, rows = 0, least = ~0ull;
        std::string_view rarest;
        for (const Inst* inst : covered()) {
            if (inst->format != Fmt(f)) continue;
            const Coverage& c = report.coverage[size_t(inst - isa::insts.data())];
            ++rows, drawn += c.drawn;
            if (c.drawn < least) least = c.drawn, rarest = inst->name;
            if (holes && c.drawn < 1000)
                holes->push_back(text("%s: drawn %llu times, not 1000", std::string(inst->name).c_str(),
                                      (unsigned long long)c.drawn));
            if (!holes) continue;
            for (int k = 0; k < Kinds; ++k)
                if (c.allowed[size_t(k)] && !c.met[size_t(k)])
                    holes->push_back(std::string(inst->name) + ": never with " + name_of(k));
        }
        if (rows)
            out += text("  %-6s %4llu instructions, drawn %10llu times; least: %s, %llu\n",
                        std::string(isa::formats[f].name).c_str(), (unsigned long long)rows, (unsigned long long)drawn,
                        std::string(rarest).c_str(), (unsigned long long)least);
    }
    for (const Difference& row : differences) {
        if (row.name.empty()) continue;
        const auto it = report.excused.find(std::string(row.name));
        const u64 times = it == report.excused.end() ? 0 : it->second;
        out += text("  differs: %s, %llu times: %s\n", std::string(row.name).c_str(), (unsigned long long)times,
                    std::string(row.why).c_str());
        if (holes && !times)
            holes->push_back(std::string(row.name) + ": tests/scalar/differences.def has it, but it agrees");
    }
    std::array<u64, Kinds> kinds{};
    for (const Coverage& c : report.coverage)
        for (size_t k = 0; k < Kinds; ++k) kinds[k] += c.counts[k];
    out += "  operands and modifiers:";
    for (int k = 0; k < Kinds; ++k)
        if (kinds[size_t(k)]) out += text(" %s %llu,", name_of(k).c_str(), (unsigned long long)kinds[size_t(k)]);
    out.back() = '\n';
    return out;
}

}  // namespace gcn::scalar
