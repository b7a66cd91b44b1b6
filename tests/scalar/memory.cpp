// Memory: LDS, scalar loads and stores, flat and buffer accesses, and the exchanges between lanes.

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "tests/scalar/buffers.hpp"

namespace gcn::scalar {

using isa::Fmt, isa::Inst, isa::Type;

u8* global(Machine& m, u64 address, int bytes) {
    const u64 offset = address - m.memory_at;
    return offset <= m.memory.size() && offset + u64(bytes) <= m.memory.size() ? m.memory.data() + offset : nullptr;
}

namespace {

// ---- bytes ---------------------------------------------------------------------------------------

u64 load(const u8* from, int bytes) {
    u64 x = 0;
    std::memcpy(&x, from, size_t(bytes));
    return x;
}
void store(u8* to, u64 x, int bytes) { std::memcpy(to, &x, size_t(bytes)); }

// The byte at `address` of LDS, if `bytes` from there lie below what M0 and the allocation allow; else nullptr.
u8* local(Machine& m, u32 address, int bytes) {
    const u64 limit = std::min<u64>(m.s[m0], m.lds.size());
    return u64(address) + u64(bytes) <= limit ? m.lds.data() + address : nullptr;
}

// ---- atomic operations -----------------------------------------------------------------------------

struct Atomic {
    u64 old = 0, data = 0, other = 0;  // other: the value compared with, or the second one of the instruction
    u32 mode = 0;
};
using Change = u64 (*)(const Atomic&);

template <class T> T as(u64 x) { return T(x); }
template <class T> u64 bits(T x) { return u64(std::make_unsigned_t<T>(x)); }

// LDS rounds to nearest, whatever MODE says, but keeps to its denormal bits (LLVM, shouldExpandAtomicRMWInIR).
u64 float_sum(const Atomic& x) {
    const Rules r = rules(x.mode, f32);
    const auto in = [&](u64 v) { return unpack(r.flush_in ? flushed(v, f32) : v, f32); };
    return pack(sum(in(x.old), in(x.data), Round::Nearest), f32, Round::Nearest, r.flush_out);
}
// What is not less or more leaves memory as it is. That no denormal is flushed, as by v_min_f32, is a guess.
template <Format f, bool most> u64 float_pick(const Atomic& x) {
    if (is_nan(x.data, f) || is_nan(x.old, f)) return x.old;
    const int order = compare(unpack(x.data, f), unpack(x.old, f));
    return (most ? order > 0 : order < 0) ? x.data : x.old;
}
template <Format f> Real compared(const Atomic& x, u64 v) {
    return unpack(rules(x.mode, f).flush_in ? flushed(v, f) : v, f);
}
template <Format f> u64 float_swap(const Atomic& x) {
    if (is_nan(x.old, f) || is_nan(x.other, f)) return x.old;
    return compare(compared<f>(x, x.old), compared<f>(x, x.other)) ? x.old : x.data;
}

template <class U> u64 add(const Atomic& x) { return U(x.old + x.data); }
template <class U> u64 subtract(const Atomic& x) { return U(x.old - x.data); }
template <class U> u64 reverse_subtract(const Atomic& x) { return U(x.data - x.old); }
template <class T> u64 least(const Atomic& x) { return bits(std::min(as<T>(x.old), as<T>(x.data))); }
template <class T> u64 most(const Atomic& x) { return bits(std::max(as<T>(x.old), as<T>(x.data))); }
u64 both(const Atomic& x) { return x.old & x.data; }
u64 either(const Atomic& x) { return x.old | x.data; }
u64 one_of(const Atomic& x) { return x.old ^ x.data; }
u64 increment(const Atomic& x) { return x.old >= x.data ? 0 : x.old + 1; }
u64 decrement(const Atomic& x) { return !x.old || x.old > x.data ? x.data : x.old - 1; }
u64 swap(const Atomic& x) { return x.data; }
u64 compare_swap(const Atomic& x) { return x.old == x.other ? x.data : x.old; }
// Each dword whose highest bit is set, without that bit.
u64 swap_where_set(const Atomic& x) {
    u64 r = x.old;
    for (const int shift : {0, 32})
        if (x.data >> (shift + 31) & 1) r = (r & ~(0xffffffffull << shift)) | (x.data >> shift & 0x7fffffff) << shift;
    return r;
}
u64 masked(const Atomic& x) { return (x.old & ~x.other) | x.data; }
template <class U> u64 wrap(const Atomic& x) { return U(x.old >= x.other ? x.old - x.other : x.old + x.data); }

// By the part of the mnemonic between the prefix and the width.
const std::map<std::string_view, std::array<Change, 2>> changes{
    {"add_u", {add<u32>, add<u64>}},
    {"sub_u", {subtract<u32>, subtract<u64>}},
    {"rsub_u", {reverse_subtract<u32>, reverse_subtract<u64>}},
    {"inc_u", {increment, increment}},
    {"dec_u", {decrement, decrement}},
    {"min_i", {least<i32>, least<i64>}},
    {"max_i", {most<i32>, most<i64>}},
    {"min_u", {least<u32>, least<u64>}},
    {"max_u", {most<u32>, most<u64>}},
    {"and_b", {both, both}},
    {"or_b", {either, either}},
    {"xor_b", {one_of, one_of}},
    {"mskor_b", {masked, masked}},
    {"wrxchg_b", {swap, swap}},
    {"write_b", {swap, swap}},
    {"cmpst_b", {compare_swap, compare_swap}},
    {"cmpst_f", {float_swap<f32>, float_swap<f64>}},
    {"min_f", {float_pick<f32, false>, float_pick<f64, false>}},
    {"max_f", {float_pick<f32, true>, float_pick<f64, true>}},
    {"add_f", {float_sum, nullptr}},
    {"condxchg32_b", {nullptr, swap_where_set}},
    {"wrap_b", {wrap<u32>, wrap<u64>}},
    // As FLAT and buffer instructions call them.
    {"swap", {swap, swap}},
    {"cmpswap", {compare_swap, compare_swap}},
    {"add", {add<u32>, add<u64>}},
    {"sub", {subtract<u32>, subtract<u64>}},
    {"smin", {least<i32>, least<i64>}},
    {"umin", {least<u32>, least<u64>}},
    {"smax", {most<i32>, most<i64>}},
    {"umax", {most<u32>, most<u64>}},
    {"and", {both, both}},
    {"or", {either, either}},
    {"xor", {one_of, one_of}},
    {"inc", {increment, increment}},
    {"dec", {decrement, decrement}},
};

// What an access does, from its mnemonic; made once per row.
struct Access {
    enum class What : u8 { None, Load, Store, Change, Typed, Special } what = What::None;
    int bytes = 4;               // of one element
    int elements = 1;            // read2, write2: 2
    u32 apart = 1;               // their offsets count this many elements
    bool with_sign = false;      // loads of less than a dword
    bool returns = false;        // DS: the old value
    bool two_addresses = false;  // DS: _src2_
    Change change = nullptr;
};

int bytes_of_width(std::string_view name) {
    const auto ends = [&](std::string_view with) { return name.ends_with(with); };
    if (ends("byte") || ends("_u8") || ends("_i8") || ends("_b8")) return 1;
    if (ends("short") || ends("_u16") || ends("_i16") || ends("_b16")) return 2;
    if (ends("x16")) return 64;
    if (ends("x8")) return 32;
    if (ends("x4") || ends("b128")) return 16;
    if (ends("x3") || ends("b96")) return 12;
    if (ends("x2") || ends("64")) return 8;
    return 4;
}

Access access_of(const Inst& inst) {
    using What = Access::What;
    Access a;
    std::string name(inst.name);
    const auto has = [&](std::string_view part) { return name.find(part) != name.npos; };
    const auto cut = [&](std::string_view part) {
        const size_t at = name.find(part);
        if (at != name.npos) name.erase(at, part.size());
        return at != name.npos;
    };
    if (has("gws") || has("image")) return a;
    if (has("format")) {
        a.what = What::Typed;
        return a;
    }
    if (inst.format == Fmt::DS) {
        if (has("swizzle") || has("permute") || has("append") || has("consume") || name == "ds_nop") {
            a.what = What::Special;
            return a;
        }
        a.bytes = bytes_of_width(name);
        a.with_sign = name.ends_with("_i8") || name.ends_with("_i16");
        if (cut("2st64")) a.elements = 2, a.apart = 64;
        if (has("read2_") || has("write2_") || has("wrxchg2_")) a.elements = 2, cut("2");
        if (has("read")) {
            a.what = What::Load;
        } else {
            a.returns = cut("_rtn");
            a.two_addresses = cut("_src2");
            const std::string key = name.substr(3, name.find_last_of("bfiu") - 2);
            const auto it = changes.find(key);
            const bool plain = has("ds_write_b") && !a.two_addresses;
            if (plain)
                a.what = What::Store;
            else if (it != changes.end() && it->second[a.bytes == 8])
                a.what = What::Change, a.change = it->second[a.bytes == 8];
        }
        return a;
    }
    if (has("_atomic_")) {
        a.bytes = cut("_x2") ? 8 : 4;
        const auto it = changes.find(std::string_view(name).substr(name.find("_atomic_") + 8));
        if (it != changes.end()) a.what = What::Change, a.change = it->second[a.bytes == 8];
        return a;
    }
    if (name.starts_with("s_dcache") || name.starts_with("s_atc_probe") || name.starts_with("buffer_wbinvl1")) {
        a.what = What::Special;
        return a;
    }
    a.bytes = bytes_of_width(name);
    a.with_sign = has("sbyte") || has("sshort");
    a.what = has("_load_") ? What::Load : has("_store_") ? What::Store : What::None;
    return a;
}

const Access& access(const Inst& inst) {
    static const std::vector<Access> rows = [] {
        std::vector<Access> all;
        for (const Inst& row : isa::insts) {
            const bool memory = row.format == Fmt::DS || row.format == Fmt::FLAT || row.format == Fmt::MUBUF ||
                                row.format == Fmt::MTBUF || row.format == Fmt::SMEM;
            all.push_back(memory ? access_of(row) : Access{});
        }
        return all;
    }();
    return rows[size_t(&inst - isa::insts.data())];
}

u64 extended(u64 x, int bytes, bool with_sign) {
    if (!with_sign) return x;
    return bytes == 1 ? u32(i32(int8_t(x))) : u32(i32(i16(x)));
}

// ---- LDS -------------------------------------------------------------------------------------------

// An address is aligned to the width of the access: what lies below is dropped (CLRX; guess).
u32 aligned(u32 address, int bytes) { return address & ~u32(bytes == 12 ? 15 : bytes - 1); }

// Reads up to 16 bytes a dword at a time: what lies outside is 0.
void read_local(Machine& m, u32 address, int bytes, u32* out) {
    for (int at = 0; at < bytes; at += 4) {
        const int n = std::min(4, bytes - at);
        const u8* const p = local(m, address + u32(at), n);
        *out++ = p ? u32(load(p, n)) : 0;
    }
}
void write_local(Machine& m, u32 address, int bytes, const u32* in) {
    for (int at = 0; at < bytes; at += 4) {
        const int n = std::min(4, bytes - at);
        if (u8* const p = local(m, address + u32(at), n)) store(p, *in, n);
        ++in;
    }
}
u64 pair_at(const Machine& m, u32 vgpr, int lane, int bytes) {
    return bytes == 8 ? m.v[vgpr & 255][lane] | u64(m.v[(vgpr + 1) & 255][lane]) << 32 : m.v[vgpr & 255][lane];
}

void exchange_lanes(Machine& m, const isa::Decoded& d, u32 offset) {
    const std::string_view name = d.inst->name;
    const u64 active = m.execution();
    u32 out[64] = {};
    for (int lane = 0; lane < 64; ++lane) {
        const u32 address = m.v[d['p']][lane];
        if (name == "ds_swizzle_b32") {
            int from;
            if (offset & 0x8000)
                from = (lane & ~3) + int(offset >> (2 * (lane & 3)) & 3);
            else
                from = (lane & 32) + int((((u32(lane) & 31 & offset) | (offset >> 5 & 31)) ^ (offset >> 10 & 31)) & 31);
            out[lane] = active >> from & 1 ? m.v[d['p']][from] : 0;
        } else if (name == "ds_bpermute_b32") {
            const u32 from = (address + offset) / 4 & 63;
            out[lane] = active >> from & 1 ? m.v[d['a']][from] : 0;
        } else if (active >> lane & 1) {
            out[(address + offset) / 4 & 63] = m.v[d['a']][lane];
        }
    }
    for (int lane = 0; lane < 64; ++lane)
        if (active >> lane & 1) m.v[d['d']][lane] = out[lane];
}

void count_lanes(Machine& m, const isa::Decoded& d, u32 offset) {
    const u64 active = m.execution();
    u32 old = 0;
    const u32 by = u32(std::popcount(active));
    // M0 is an address here (LLVM selects it so), and no limit.
    const u64 at = (u64(m.s[m0]) + offset) & ~3ull;
    if (u8* const p = at + 4 <= m.lds.size() ? m.lds.data() + at : nullptr) {
        old = u32(load(p, 4));
        if (active) store(p, d.inst->name == "ds_append" ? old + by : old - by, 4);
    }
    for (int lane = 0; lane < 64; ++lane)
        if (active >> lane & 1) m.v[d['d']][lane] = old;
}

void lds(Machine& m, const isa::Decoded& d) {
    const Access& a = access(*d.inst);
    const u32 x = d['x'], y = d['y'], offset = x | y << 8;
    if (a.what == Access::What::Special) {
        const std::string_view name = d.inst->name;
        if (name == "ds_append" || name == "ds_consume") return count_lanes(m, d, offset);
        if (name == "ds_nop") return;
        return exchange_lanes(m, d, offset);
    }
    const int wide = isa::registers(d.inst->dst);
    u32 results[64][4];
    const u64 active = m.execution();
    // First the first elements of all lanes, then the second ones; exchanges lane by lane: guess.
    u64 second_old = 0;
    const bool by_lane = a.what == Access::What::Change;
    for (int turn = 0; turn < 64 * a.elements; ++turn) {
        const int lane = by_lane ? turn / a.elements : turn % 64, i = by_lane ? turn % a.elements : turn / 64;
        if (!(active >> lane & 1)) continue;
        const u32 base = m.v[d['p']][lane];
        u32 address = aligned(base + (a.elements == 2 ? (i ? y : x) * u32(a.bytes) * a.apart : offset), a.bytes);
        const int dwords = std::max(1, a.bytes / 4);
        u32* const result = results[lane] + i * dwords;
        const u32 data = i ? d['b'] : d['a'];
        if (a.what == Access::What::Load) {
            read_local(m, address, a.bytes, result);
            if (a.bytes < 4) *result = u32(extended(*result, a.bytes, a.with_sign));
        } else if (a.what == Access::What::Store) {
            u32 words[4];
            for (int k = 0; k < dwords; ++k) words[k] = m.v[(data + u32(k)) & 255][lane];
            write_local(m, address, a.bytes, words);
        } else {
            Atomic atomic{0, pair_at(m, data, lane, a.bytes), 0, m.mode};
            const bool compares = d.inst->src[1] != Type::Addr && a.elements == 1;
            if (compares) atomic.other = atomic.data, atomic.data = pair_at(m, d['b'], lane, a.bytes);
            if (a.two_addresses) {
                // The offset's top bit says whether the second address is relative to the instruction or the lane.
                const u32 mask = a.bytes == 8 ? 7 : 3;
                const bool own = offset & 0x8000;
                const u32 by = own ? (base >> 17 | (base >> 16 & 0x8000)) : (offset & 0x7fff) | (offset << 1 & 0x8000);
                address = own ? base & 0x1ffff & ~mask : base & ~mask;
                const u8* const second = local(m, (address + u32(i32(i16(by)) * 4)) & ~mask, a.bytes);
                atomic.data = second ? load(second, a.bytes) : 0;
            }
            u8* const p = local(m, address, a.bytes);
            // An exchange of two reads both before it writes either (CLRX).
            if (a.elements == 2 && !i) {
                const u8* const q = local(m, aligned(base + y * u32(a.bytes) * a.apart, a.bytes), a.bytes);
                second_old = q ? load(q, a.bytes) : 0;
            }
            atomic.old = i ? second_old : p ? load(p, a.bytes) : 0;
            if (p) store(p, a.change(atomic), a.bytes);
            result[0] = u32(atomic.old);
            if (a.bytes == 8) result[1] = u32(atomic.old >> 32);
        }
    }
    for (int lane = 0; lane < 64; ++lane)
        for (int i = 0; i < wide && active >> lane & 1; ++i) m.v[(d['d'] + u32(i)) & 255][lane] = results[lane][i];
}

// ---- scalar memory -----------------------------------------------------------------------------------

void scalar_memory(Machine& m, const isa::Decoded& d) {
    const Access& a = access(*d.inst);
    if (a.what == Access::What::Special) return;
    const bool buffer = d.inst->name.find("buffer") != std::string_view::npos;
    const u32 base = d['a'] * 2;
    const u32 offset = d['I'] ? d['i'] : m.s[d['i'] & 127];
    u64 address = m.pair(base);
    u64 limit = ~0ull;
    if (buffer) {
        const u32 stride = u32(address >> 48 & 0x3fff), records = m.s[base + 2];
        address &= 0xffffffffffff;
        limit = stride ? u64(stride) * records : records;
    }
    u32 words[16];
    const int dwords = a.bytes / 4;
    for (int i = 0; i < dwords; ++i) {
        const u64 at = (offset & ~3u) + u64(4 * i);
        words[i] = 0;
        if (at + 4 > limit) continue;
        u8* const p = global(m, (address & ~3ull) + at, 4);
        if (!p) return m.fault("no memory there");
        if (a.what == Access::What::Load)
            words[i] = u32(load(p, 4));
        else
            store(p, m.s[d['d'] + u32(i)], 4);
    }
    if (a.what == Access::What::Load)
        for (int i = 0; i < dwords; ++i) m.s[d['d'] + u32(i)] = words[i];
}

// ---- flat and buffer ---------------------------------------------------------------------------------

struct Lane {
    u8* at[4] = {};  // each dword's place, or nullptr where nothing is read (0) or written
};

// Into the destination; with tfe one register more says what is missing: nothing.
void write_back(Machine& m, const isa::Decoded& d, const u32 (&results)[64][4], int dwords) {
    for (int lane = 0; lane < 64; ++lane) {
        if (!(m.execution() >> lane & 1)) continue;
        for (int i = 0; i < dwords; ++i) m.v[(d['d'] + u32(i)) & 255][lane] = results[lane][i];
        if (d['T']) m.v[(d['d'] + u32(dwords)) & 255][lane] = 0;
    }
}

// Loads, stores and atomics once the addresses are known; `data`: the register to store, or to add.
void access_lanes(Machine& m, const isa::Decoded& d, const Access& a, const Lane (&lanes)[64], u32 data) {
    const u64 active = m.execution();
    const bool returns = a.what == Access::What::Load || (a.what == Access::What::Change && d['G']);
    u32 results[64][4];
    const int dwords = std::max(1, a.bytes / 4), each = std::min(4, a.bytes);
    for (int lane = 0; lane < 64; ++lane) {
        if (!(active >> lane & 1)) continue;
        if (a.what == Access::What::Change) {
            u8* const p = lanes[lane].at[0];
            Atomic atomic{p ? load(p, a.bytes) : 0, pair_at(m, data, lane, a.bytes), 0, m.mode};
            atomic.other = pair_at(m, data + u32(dwords), lane, a.bytes);
            if (p) store(p, a.change(atomic), a.bytes);
            results[lane][0] = u32(atomic.old), results[lane][1] = u32(atomic.old >> 32);
            continue;
        }
        for (int i = 0; i < dwords; ++i) {
            u8* const p = lanes[lane].at[i];
            if (a.what == Access::What::Store) {
                if (p) store(p, m.v[(data + u32(i)) & 255][lane], each);
            } else {
                results[lane][i] = p ? u32(extended(load(p, each), each, a.with_sign)) : 0;
            }
        }
    }
    if (returns) write_back(m, d, results, dwords);
}

// Where a FLAT address leads. A lane's scratch lies dword by dword between those of the others.
u8* flat_place(Machine& m, u64 address, int lane, int bytes) {
    const u32 high = u32(address >> 32), low = u32(address);
    if (high == m.lds_aperture) return u64(low) + u64(bytes) <= m.lds.size() ? m.lds.data() + low : nullptr;
    if (high != m.scratch_aperture) return global(m, address, bytes);
    if (u64(low) + u64(bytes) > m.scratch_lane_bytes) return nullptr;
    return global(m, m.scratch_at + low / 4 * 256 + u32(lane) * 4 + low % 4, bytes);
}

void flat(Machine& m, const isa::Decoded& d) {
    const Access& a = access(*d.inst);
    const u64 active = m.execution();
    // Byte by byte, for neither dwords of scratch nor those of LDS need to be neighbours or there.
    const bool loads = a.what == Access::What::Load, changes = a.what == Access::What::Change;
    const int dwords = std::max(1, a.bytes / 4);
    u32 results[64][4] = {};
    for (int lane = 0; lane < 64; ++lane) {
        if (!(active >> lane & 1)) continue;
        const u64 address = pair_at(m, d['p'], lane, 8);
        const bool local = u32(address >> 32) == m.lds_aperture;
        u8 bytes[16] = {};
        u8* places[16] = {};
        // In LDS the allocation is the limit: of dwords, and of what is changed as one.
        const int each = changes ? a.bytes : std::min(4, a.bytes);
        for (int i = 0; i < a.bytes; ++i) {
            if (local && !flat_place(m, address + u64(i / each * each), lane, each)) continue;
            places[i] = flat_place(m, address + u64(i), lane, 1);
            if (!places[i]) return m.fault("no memory there");
            bytes[i] = *places[i];
        }
        if (changes) {
            Atomic atomic{load(bytes, a.bytes), pair_at(m, d['a'], lane, a.bytes), 0, m.mode};
            atomic.other = pair_at(m, d['a'] + u32(dwords), lane, a.bytes);
            store(bytes, a.change(atomic), a.bytes);
            std::memcpy(results[lane], &atomic.old, 8);
        } else if (loads) {
            std::memcpy(results[lane], bytes, size_t(a.bytes));
            if (a.bytes < 4) results[lane][0] = u32(extended(results[lane][0], a.bytes, a.with_sign));
        } else {
            for (int i = 0; i < a.bytes; ++i) bytes[i] = u8(m.v[(d['a'] + u32(i / 4)) & 255][lane] >> 8 * (i % 4));
        }
        for (int i = 0; i < a.bytes && !loads; ++i)
            if (places[i]) *places[i] = bytes[i];
    }
    if (loads || (changes && d['G'])) write_back(m, d, results, dwords);
}

// The driver has compute run with unaligned accesses allowed (Linux, kfd_device_queue_manager_vi.c).
void buffer(Machine& m, const isa::Decoded& d) {
    const Access& a = access(*d.inst);
    if (a.what == Access::What::Special) return;
    if (a.what == Access::What::Typed) return typed(m, d);
    const Buffer b(m, d);
    Lane lanes[64];
    const u64 active = m.execution();
    const bool changes = a.what == Access::What::Change;
    const int each = changes ? a.bytes : std::min(4, a.bytes);
    for (int lane = 0; lane < 64; ++lane) {
        if (!(active >> lane & 1)) continue;
        for (int byte = 0; byte < a.bytes; byte += each) {
            if (b.outside(lane, u32(byte), u32(each))) continue;
            lanes[lane].at[byte / each] = global(m, b.address(lane, u32(byte)), each);
            if (!lanes[lane].at[byte / each]) return m.fault("no memory there");
        }
    }
    if (!d['L']) return access_lanes(m, d, a, lanes, d['d']);
    for (int lane = 0; lane < 64; ++lane) {
        if (!(active >> lane & 1)) continue;
        u8* const place = lds_direct(m, d, lane);
        u8* const p = lanes[lane].at[0];
        if (a.what == Access::What::Store) {
            if (p) store(p, place ? load(place, 4) : 0, 4);
        } else if (place) {
            store(place, p ? u32(extended(load(p, each), each, a.with_sign)) : 0, 4);
        }
    }
}

}  // namespace

bool defines_memory(const Inst& inst) {
    const size_t row = size_t(&inst - isa::insts.data());
    return row < isa::insts.size() && access(inst).what != Access::What::None;
}

void memory(Machine& m, const isa::Decoded& d) {
    if (!defines_memory(*d.inst)) return m.fault("no scalar definition of " + std::string(d.inst->name));
    switch (d.inst->format) {
        case Fmt::DS:
            return lds(m, d);
        case Fmt::SMEM:
            return scalar_memory(m, d);
        case Fmt::FLAT:
            return flat(m, d);
        default:
            return buffer(m, d);
    }
}

}  // namespace gcn::scalar
