#include "emulator/timing/touch.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>

namespace gcn::emulator::timing {

namespace {

constexpr uint32_t lanes = 64, banks = 32, line_bytes = 64;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// Formats of typed buffers may have fewer bytes than registers (guess: as many).
uint32_t bytes_of(const isa::Decoded& d) {
    const std::string_view name = d.inst->name;
    if (name.ends_with("byte")) return 1;
    if (name.ends_with("short")) return 2;
    if (contains(name, "_atomic_")) return name.ends_with("_x2") ? 8 : 4;
    return 4u * uint32_t(isa::registers(contains(name, "_load_") ? d.inst->dst : d.inst->src[0]));
}

void describe_lds(Touch& a, const isa::Decoded& d) {
    const std::string_view name = d.inst->name;
    a.what = contains(name, "_read")    ? Touch::What::Load
             : contains(name, "_write") ? Touch::What::Store
                                        : Touch::What::Atomic;
    a.returns = contains(name, "_rtn_");
    a.address = uint8_t(d['p']);
    for (const std::string_view without : {"permute", "swizzle", "append", "consume", "nop", "gws", "ordered"})
        if (contains(name, without)) return;
    a.accesses = contains(name, "2_") || contains(name, "2st64_") ? 2 : 1;
    a.dwords = contains(name, "128") ? 4 : contains(name, "96") ? 3 : name.ends_with("64") ? 2 : 1;
    if (a.accesses == 1) {
        a.offsets[0] = uint16_t(d['y'] << 8 | d['x']);
    } else {
        const uint32_t step = 4u * a.dwords * (contains(name, "st64") ? 64 : 1);
        a.offsets[0] = uint16_t(d['x'] * step), a.offsets[1] = uint16_t(d['y'] * step);
    }
}

void describe_memory(Touch& a, const isa::Decoded& d) {
    const std::string_view name = d.inst->name;
    const bool load = contains(name, "_load_"), atomic = contains(name, "_atomic_");
    a.what = load ? Touch::What::Load : atomic ? Touch::What::Atomic : Touch::What::Store;
    a.returns = atomic && d['G'];
    a.compares = contains(name, "cmpswap");
    a.bytes = bytes_of(d);
    a.address = uint8_t(d['p']);
}

void describe_buffer(Touch& a, const isa::Decoded& d) {
    a.base = uint8_t(4 * d['r']);
    a.scalar_offset = uint8_t(d['s']);
    a.indexed = d['I'], a.has_offset = d['F'];
    a.offset = d['i'];
}

void describe_scalar(Touch& a, const isa::Decoded& d) {
    a.base = uint8_t(2 * d['a']);
    a.immediate = d['I'];
    a.offset = d['i'], a.scalar_offset = uint8_t(d['i'] & 127);
}

}  // namespace

Touch Touch::of(const isa::Decoded& d) {
    Touch a;
    const std::string_view name = d.inst->name;
    switch (d.format) {
        case isa::Fmt::DS:
            if (d['g']) break;
            a.kind = Kind::Lds;
            describe_lds(a, d);
            break;
        case isa::Fmt::SMEM:
            if (!contains(name, "_load_") && !contains(name, "_store_")) break;
            a.kind = Kind::Scalar;
            a.what = contains(name, "_load_") ? What::Load : What::Store;
            a.bytes = 4u * uint32_t(isa::registers(a.what == What::Load ? d.inst->dst : d.inst->src[0]));
            describe_scalar(a, d);
            break;
        case isa::Fmt::FLAT:
            a.kind = Kind::Flat;
            describe_memory(a, d);
            break;
        case isa::Fmt::MUBUF:
        case isa::Fmt::MTBUF:
            if (d.inst->dst == isa::Type::None && d.inst->src[0] == isa::Type::None) break;  // buffer_wbinvl1
            a.kind = Kind::Buffer;
            describe_memory(a, d);
            describe_buffer(a, d);
            break;
        default:
            break;
    }
    return a;
}

uint64_t exec_of(const Wave& w) { return uint64_t(w.s[code::exec + 1]) << 32 | w.s[code::exec]; }

// ---- lanes beside one another ---------------------------------------------------------------------------------------

namespace {

using Four = __m128i;
Four load(const uint32_t* at) { return _mm_loadu_si128(reinterpret_cast<const Four*>(at)); }
Four all_four(uint32_t x) { return _mm_set1_epi32(int(x)); }
bool is_zero(Four x) { return _mm_movemask_epi8(_mm_cmpeq_epi32(x, _mm_setzero_si128())) == 0xffff; }

bool all_equal(const uint32_t* at) {
    const Four first = all_four(at[0]);
    Four different = _mm_setzero_si128();
    for (uint32_t i = 0; i < lanes; i += 4) different = _mm_or_si128(different, _mm_xor_si128(load(at + i), first));
    return is_zero(different);
}

// Each begins where the one before ends.
bool are_neighbours(const uint32_t* offsets, uint32_t bytes) {
    if (offsets[lanes - 1] != offsets[0] + bytes * (lanes - 1) || offsets[lanes - 1] < offsets[0]) return false;
    const Four step = all_four(4 * bytes);
    Four expected = _mm_add_epi32(all_four(offsets[0]), _mm_set_epi32(int(3 * bytes), int(2 * bytes), int(bytes), 0));
    Four different = _mm_setzero_si128();
    for (uint32_t i = 0; i < lanes; i += 4, expected = _mm_add_epi32(expected, step))
        different = _mm_or_si128(different, _mm_xor_si128(load(offsets + i), expected));
    return is_zero(different);
}

}  // namespace

void Steps64::set(const uint32_t* at, uint32_t from) {
    for (uint32_t i = 0; i < lanes; ++i) steps[i] = at[i] - from;
}

bool Steps64::are(const uint32_t* at, uint32_t from) const {
    const Four first = all_four(from);
    Four different = _mm_setzero_si128();
    for (uint32_t i = 0; i < lanes; i += 4)
        different = _mm_or_si128(different, _mm_xor_si128(_mm_sub_epi32(load(at + i), first), load(steps.data() + i)));
    return is_zero(different);
}

bool Steps64::are(const uint32_t* at, uint32_t from, uint64_t on) const {
    uint32_t different = 0;
    for (uint32_t i = 0; i < lanes; ++i) different |= ((at[i] - from) ^ steps[i]) & (0 - uint32_t(on >> i & 1));
    return !different;
}

// ---- banks of LDS ---------------------------------------------------------------------------------------------------

// Lanes are served in groups as wide as the banks allow, with both dwords of an instruction that has two addresses:
// CLRX has ds_read2_b32 as fast as ds_read_b64.
uint32_t bank_conflicts(const Wave& w, const Touch& access) {
    if (!access.accesses) return 0;
    const uint64_t exec = exec_of(w);
    const uint32_t* addresses = w.v[access.address];
    const uint32_t all_dwords = ~0u / 4;
    const uint32_t dwords = access.dwords * uint32_t(access.accesses);
    const uint32_t lanes_at_once = dwords == 1 ? 32 : dwords == 2 ? 16 : 8;
    uint32_t extra = 0;
    for (uint32_t first = 0; first < lanes; first += lanes_at_once) {
        uint32_t asked[banks][banks];  // dwords of each bank: a group asks for 32 at most
        std::array<uint8_t, banks> count{};
        uint8_t most = 1;
        for (uint32_t lane = first; lane < first + lanes_at_once; ++lane) {
            if (!(exec >> lane & 1)) continue;
            for (uint32_t k = 0; k < dwords; ++k) {
                const uint32_t at = addresses[lane] + access.offsets[k / access.dwords];
                const uint32_t dword = (at / 4 + k % access.dwords) & all_dwords, bank = dword % banks;
                uint32_t* end = asked[bank] + count[bank];
                if (std::find(asked[bank], end, dword) != end) continue;
                *end = dword;
                most = std::max(most, ++count[bank]);
            }
        }
        extra += most - 1u;
    }
    return extra;
}

// Where low bits differ, offsets carry differently into dwords.
uint32_t BankConflicts::of(const Wave& w, const Touch& access) {
    if (!access.accesses) return 0;
    const uint32_t* addresses = w.v[access.address];
    const uint32_t first = addresses[0], low = first % 4;
    const uint64_t on = exec_of(w);
    for (const Known& k : known)
        if (k.exec == on && k.low == low && k.steps.may_be(addresses, first) && k.steps.are(addresses, first))
            return k.extra;
    if (known.size() < most) known.emplace_back();
    Known& k = known[next];
    next = (next + 1) % most;
    k.steps.set(addresses, first);
    k.exec = on, k.low = low;
    return k.extra = bank_conflicts(w, access);
}

bool only_lds(const Wave& w, const isa::Decoded& d) {
    const uint64_t exec = exec_of(w);
    const uint32_t* high = w.v[(d['p'] + 1) % 256];
    for (uint64_t left = exec; left; left &= left - 1)
        if (high[std::countr_zero(left)] != w.grid->lds_aperture) return false;
    return exec && w.grid->lds_aperture;
}

// ---- lines of memory ------------------------------------------------------------------------------------------------

namespace {

// Clocks in eighths. The address unit takes a quarter wave of dwords (or less) at once when each lane begins where the
// one before ends, in whatever line, or all begin at the same address: perftest's linear loads begin anywhere, and its
// random ones within a line are not faster than others. Else it takes four lanes at a time, and then once more for each
// further line whose tags are in the same of four banks.
struct Rate {
    uint32_t quarter;  // 0: never at once
    uint32_t quad;     // four lanes
    uint32_t apart;    // four lanes that are no neighbours
    uint32_t added;
};
constexpr uint32_t quads = 16, tag_banks = 4;

Rate rate_of(const Touch& a) {
    const uint32_t dwords = (a.bytes + 3) / 4;
    if (a.what == Touch::What::Atomic)  // 16 clocks, half as many more with a value that returns, 32 if it compares
        return {0, a.compares ? 16u : 8u, a.compares ? 16u : 8u, a.returns ? 4u : 0u};
    if (a.what == Touch::What::Store) return {dwords <= 1 ? 16u : 0u, 8, 8, 0};
    switch (dwords) {
        case 0:
        case 1:
            return {8, 8, 8, 0};
        case 2:
            return {0, 9, 9, 0};  // 18 clocks
        case 3:
            return {0, 8, 16, 0};
        default:
            return {0, 8, 8, 0};
    }
}

// The bytes of each active lane.
struct Addresses {
    uint64_t at[lanes];
    uint64_t on = 0;
    uint32_t bytes = 0;

    void add(uint32_t lane, uint64_t address) { at[lane] = address, on |= uint64_t(1) << lane; }
};

// Sorted into `into`, each once: a few at a time are, or almost.
void insert(std::vector<uint64_t>& into, uint64_t line) {
    if (into.empty() || line > into.back()) return into.push_back(line);
    const auto it = std::lower_bound(into.begin(), into.end(), line);
    if (*it != line) into.insert(it, line);
}

uint32_t clocks_of_quad(const Addresses& a, uint32_t first, const Rate& rate) {
    uint64_t met[8];  // each lane may lie across two lines
    uint32_t count = 0, in_bank[tag_banks] = {}, most = 1;
    bool neighbours = true;
    for (uint32_t lane = first; lane < first + 4; ++lane) {
        if (!(a.on >> lane & 1)) continue;
        if (lane > first && a.on >> (lane - 1) & 1 && a.at[lane] != a.at[lane - 1] + a.bytes) neighbours = false;
        for (uint64_t line = a.at[lane] / line_bytes; line <= (a.at[lane] + a.bytes - 1) / line_bytes; ++line) {
            if (std::find(met, met + count, line) != met + count) continue;
            met[count++] = line;
            most = std::max(most, ++in_bank[line % tag_banks]);
        }
    }
    return count ? (neighbours ? rate.quad : rate.apart) + 8 * (most - 1) : 0;
}

uint32_t clocks_of(const Addresses& a, const Rate& rate) {
    uint32_t eighths = a.on ? rate.added : 0;
    for (uint32_t first = 0; first < lanes; first += quads) {
        uint64_t on = a.on >> first & 0xffff;
        if (!on) continue;
        if (rate.quarter) {
            const auto begin = uint32_t(std::countr_zero(on));
            bool neighbours = true, same = true;
            for (; on && (neighbours || same); on &= on - 1) {
                const auto lane = uint32_t(std::countr_zero(on));
                const uint64_t from = a.at[first + lane] - a.at[first + begin];
                neighbours = neighbours && from == uint64_t(a.bytes) * (lane - begin);
                same = same && !from;
            }
            if (neighbours || same) {
                eighths += rate.quarter;
                continue;
            }
        }
        for (uint32_t quad = first; quad < first + quads; quad += 4) eighths += clocks_of_quad(a, quad, rate);
    }
    return (eighths + 7) / 8;
}

void collect(Touched& into, const Addresses& a) {
    for (uint64_t left = a.on; left; left &= left - 1) {
        const uint64_t at = a.at[std::countr_zero(left)];
        for (uint64_t line = at / line_bytes; line <= (at + a.bytes - 1) / line_bytes; ++line) insert(into.lines, line);
    }
}

// All lanes are on, and each begins where the one before ends.
bool find_neighbours(Touched& into, uint64_t first, uint32_t bytes, const Rate& rate) {
    const uint64_t last = (first + uint64_t(lanes) * bytes - 1) / line_bytes;
    for (uint64_t line = first / line_bytes; line <= last; ++line) into.lines.push_back(line);
    into.clocks = ((rate.quarter ? 4 * rate.quarter : quads * rate.quad) + rate.added + 7) / 8;
    return true;
}

void find_flat(Touched& into, const Wave& w, const Touch& a) {
    const uint32_t *low = w.v[a.address], *high = w.v[(a.address + 1) % 256];
    const uint64_t exec = exec_of(w);
    const auto is_lds = [&](uint32_t h) { return h && h == w.grid->lds_aperture; };
    const auto is_scratch = [&](uint32_t h) { return h && h == w.grid->scratch_aperture; };
    const Rate rate = rate_of(a);
    const bool global = !is_lds(high[0]) && !is_scratch(high[0]);
    if (exec == ~uint64_t(0) && global && all_equal(high) && are_neighbours(low, a.bytes)) {
        find_neighbours(into, uint64_t(high[0]) << 32 | low[0], a.bytes, rate);
    } else {
        Addresses all;
        all.bytes = a.bytes;
        for (uint64_t left = exec; left; left &= left - 1) {
            const auto lane = uint32_t(std::countr_zero(left));
            if (is_lds(high[lane]))
                into.some_lds = true;
            else if (is_scratch(high[lane]))
                into.some_scratch = true;
            else
                all.add(lane, uint64_t(high[lane]) << 32 | low[lane]);
        }
        into.clocks = clocks_of(all, rate);
        collect(into, all);
        if (into.some_scratch) into.clocks += quads;
    }
}

// Addresses and ranges as emulator/exec/access.inc, struct Buffer: what is out of range is not asked for.
void find_buffer(Touched& into, const Wave& w, const Touch& a) {
    const uint32_t* r = w.s + a.base;
    const uint64_t base = (uint64_t(r[1]) << 32 | r[0]) & 0xffffffffffff;
    const bool swizzled = r[1] >> 31, adds_lane = r[3] >> 23 & 1, indexed = a.indexed;
    const uint32_t stride = (r[1] >> 16 & 0x3fff) | (adds_lane ? (r[3] >> 15 & 15) << 14 : 0), records = r[2];
    const uint32_t element = 2u << (r[3] >> 19 & 3), index_stride = 8u << (r[3] >> 21 & 3);
    const uint32_t soffset = w.s[a.scalar_offset];
    const uint32_t* indices = indexed ? w.v[a.address] : nullptr;
    const uint32_t* offsets = a.has_offset ? w.v[(a.address + indexed) % 256] : nullptr;
    const uint64_t exec = exec_of(w);
    const Rate rate = rate_of(a);
    if (offsets && !swizzled && !adds_lane && !indexed && exec == ~uint64_t(0) && are_neighbours(offsets, a.bytes)) {
        const uint64_t from = uint64_t(a.offset) + offsets[0];
        if (soffset + from + uint64_t(lanes) * a.bytes <= records) {
            find_neighbours(into, base + soffset + from, a.bytes, rate);
            return;
        }
    }
    const uint32_t step = swizzled ? std::min(a.bytes, 4u) : a.bytes;
    for (uint32_t byte = 0; byte < a.bytes; byte += step) {
        Addresses all;
        all.bytes = step;
        for (uint64_t left = exec; left; left &= left - 1) {
            const auto lane = uint32_t(std::countr_zero(left));
            const uint64_t within = uint64_t(a.offset) + (offsets ? offsets[lane] : 0) + byte;
            const uint64_t index = uint64_t(indices ? indices[lane] : 0) + (adds_lane ? uint64_t(lane) : 0);
            uint64_t from = index * stride + within;
            bool inside = soffset + from + step <= records;
            if (swizzled) {
                const uint64_t rows = index / index_stride * stride + within / element * element;
                from = rows * index_stride + index % index_stride * element + within % element;
                inside = indices ? index < records && within + step <= stride : soffset + from + step <= records;
            }
            if (inside) all.add(lane, base + soffset + from);
        }
        into.clocks += clocks_of(all, rate);
        collect(into, all);
    }
}

}  // namespace

void find_lines(Touched& into, const Wave& w, const Touch& a) {
    into.lines.clear();
    into.clocks = 0;
    into.some_lds = into.some_scratch = false;
    (a.kind == Touch::Kind::Flat ? find_flat : find_buffer)(into, w, a);
}

namespace {

// An access whose lanes differ by an offset each, and by nothing else.
struct Plain {
    const uint32_t* offsets = nullptr;
    uint64_t base = 0;   // what is added to them
    uint64_t limit = 0;  // where offsets and bytes have to end
};
// `equal`: upper halves are known to be.
std::optional<Plain> plain(const Wave& w, const Touch& a, bool equal) {
    const uint32_t* offsets = w.v[a.address];
    if (a.kind == Touch::Kind::Flat) {
        const uint32_t* high = w.v[(a.address + 1) % 256];
        if (high[0] && (high[0] == w.grid->lds_aperture || high[0] == w.grid->scratch_aperture)) return {};
        if (!equal && !all_equal(high)) return {};
        return Plain{offsets, uint64_t(high[0]) << 32, ~uint64_t(0)};
    }
    const uint32_t* r = w.s + a.base;
    const bool swizzled = r[1] >> 31, adds_lane = r[3] >> 23 & 1;
    if (swizzled || adds_lane || a.indexed || !a.has_offset) return {};
    const uint64_t before = uint64_t(w.s[a.scalar_offset]) + a.offset, records = r[2];
    if (before > records) return {};
    return Plain{offsets, ((uint64_t(r[1]) << 32 | r[0]) & 0xffffffffffff) + before, records - before};
}

}  // namespace

// Lanes that lie to the first one, at `first` from a base, as they did: they begin as far into lines, and the same end
// before `limit`.
bool LinePatterns::is_within(const Known& k, uint64_t exec, uint64_t address, uint32_t first, uint64_t limit) const {
    if (!k.repeats || k.exec != exec || (k.address ^ address) % line_bytes) return false;
    const int64_t from = first, most = 0xffffffff, end = int64_t(std::min<uint64_t>(limit, 1ull << 33));
    return k.inside.fits(from, 0, std::min(most, end - k.bytes)) && k.outside.fits(from, end - k.bytes + 1, most);
}

LinePatterns::Look LinePatterns::look(const Wave& w, const Touch& a, const Look* before) {
    const uint64_t on = exec_of(w);
    const bool unchanged = before && known[before->place].serial == before->serial;
    const auto p = on ? plain(w, a, unchanged && known[before->place].repeats) : std::nullopt;
    const uint32_t first = p ? p->offsets[std::countr_zero(on)] : 0;
    const uint64_t now = p ? p->base + first : 0;
    for (size_t i = unchanged ? before->place : 0; p && i < known.size(); ++i) {
        const Known& k = known[i];
        if (!is_within(k, on, now, first, p->limit)) continue;
        const bool same = (unchanged && i == before->place) ||
                          (on == ~uint64_t(0) ? k.steps.may_be(p->offsets, first) && k.steps.are(p->offsets, first)
                                              : k.steps.are(p->offsets, first, on));
        if (same) return {i, false, k.first_line + (now / line_bytes - k.address / line_bytes), k.serial};
    }
    if (known.size() < most) known.emplace_back();
    const size_t place = next;
    Known& k = known[place];
    next = (next + 1) % most;
    find_lines(lines, w, a);
    k.repeats = p.has_value();
    k.serial = ++serials;
    k.first_line = lines.lines.empty() ? 0 : lines.lines.front();
    if (p) {
        k.exec = on, k.address = now;
        k.bytes = a.bytes;
        k.inside = k.outside = {};
        k.steps.set(p->offsets, first);
        for (uint64_t left = on; left; left &= left - 1) {
            const uint32_t offset = p->offsets[std::countr_zero(left)];
            (offset + uint64_t(a.bytes) <= p->limit ? k.inside : k.outside).add(int64_t(offset) - first);
        }
    }
    return {place, true, k.first_line, k.serial};
}

}  // namespace gcn::emulator::timing
