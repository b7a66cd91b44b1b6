// Buffers, flat and scalar accesses: range and alignment. What is not mapped is a fault, which strict.cpp reports.
//
// A range that a descriptor gives is a promise: what lies beyond it reads 0 and is not written, and kernels may want
// that. But whether soffset counts in the check of a raw buffer is read both ways (CLRX: it does; LLVM: it does not, on
// later parts). An access that is in range one way and out of range the other is reported; one on which they agree is
// not.
//
// A buffer access drops the low bits of an unaligned address (CLRX, GcnMemHandling.md). A flat one does not: the driver
// sets the unaligned mode (Linux, kfd_device_queue_manager_vi.c: SH_MEM_ALIGNMENT_MODE_UNALIGNED), and ROCm's own copy
// kernel relies on it. Atomic operations are always aligned.

#include <algorithm>

#include "emulator/strict/state.hpp"

namespace gcn::emulator::strict {

namespace {

void misaligned(const Site& s, int lane, uint64_t address, uint32_t to) {
    s.report(Kind::misaligned, {lane, -1, nullptr},
             "accesses memory at " + hex(address) + ", which is not a multiple of " + std::to_string(to));
}

uint32_t alignment(const Fact& f) { return f.access == Access::Atomic ? f.bytes : std::min<uint32_t>(f.bytes, 4); }

// The usual case: every lane, on or off, is in range whatever soffset counts, and aligned.
bool all_in_range(const uint32_t* offsets, uint32_t fixed, uint32_t bytes, uint64_t base, uint32_t soffset,
                  uint32_t records, uint32_t to) {
    uint32_t low = 0, highest = 0;
    for (int lane = 0; offsets && lane < 64; ++lane) {
        low |= offsets[lane];
        highest = std::max(highest, offsets[lane]);
    }
    // Multiples of `to` all together, if each is one.
    if ((low | (uint32_t(base) + soffset + fixed)) & (to - 1)) return false;
    return uint64_t(highest) + fixed + soffset + bytes <= records;
}

void check_buffer(const Site& s) {
    const Fact& f = s.fact;
    if (!f.bytes) return;
    const isa::Decoded& d = f.decoded;
    const uint32_t* r = s.wave.s + 4 * d['r'];
    const uint64_t base = (uint64_t(r[1]) << 32 | r[0]) & 0xffffffffffff;
    const uint32_t stride = r[1] >> 16 & 0x3fff, records = r[2];
    const bool swizzled = r[1] >> 31, adds_lane = r[3] >> 23 & 1, indexed = d['I'];
    if (swizzled || adds_lane) return;
    const uint32_t soffset = s.scalar(int(d['s']));
    const uint32_t* indices = indexed ? s.wave.v[d['p']] : nullptr;
    const uint32_t* offsets = d['F'] ? s.wave.v[d['p'] + (indexed ? 1 : 0)] : nullptr;
    const uint32_t step = std::min<uint32_t>(f.bytes, 4), to = alignment(f);
    const bool raw = !(indexed && stride);
    if (!indexed && all_in_range(offsets, d['i'], f.bytes, base, soffset, records, to)) return;
    for (uint64_t left = s.exec; left; left &= left - 1) {
        const int lane = __builtin_ctzll(left);
        const uint64_t from = uint64_t(indices ? indices[lane] : 0) * stride + d['i'] + (offsets ? offsets[lane] : 0);
        if (const uint64_t address = base + soffset + from; address % to && from + step <= records)
            misaligned(s, lane, address, to);
        if (!raw || !soffset) continue;
        for (uint32_t byte = 0; byte < f.bytes; byte += step) {
            const bool with = soffset + from + byte + step <= records, without = from + byte + step <= records;
            if (with == without) continue;
            s.report(Kind::buffer_range, {lane, -1, nullptr},
                     "accesses byte " + hex(from + byte) + " of a buffer of " + hex(records) + ", and " + hex(soffset) +
                         " more by soffset. With soffset it is out of range, without it is not");
            return;
        }
    }
}

void check_flat(const Site& s) {
    const Fact& f = s.fact;
    const uint32_t *low = s.wave.v[f.decoded['p']], *high = low + 64;
    const uint32_t lds = s.wave.grid->lds_aperture, scratch = s.wave.grid->scratch_aperture;
    for (uint64_t left = s.exec; left; left &= left - 1) {
        const int lane = __builtin_ctzll(left);
        if (lds && high[lane] == lds) {
            lds_access(s, lane, low[lane], f.bytes, s.wave.lds_bytes);
            continue;
        }
        if (scratch && high[lane] == scratch) continue;
        if (f.access == Access::Atomic && low[lane] % alignment(f))
            return misaligned(s, lane, uint64_t(high[lane]) << 32 | low[lane], alignment(f));
    }
}

// The low bits of base and offset are dropped.
void check_scalar(const Site& s) {
    const isa::Decoded& d = s.fact.decoded;
    const int base = 2 * int(d['a']);
    const uint64_t address = s.scalar64(base);
    const uint32_t offset = d['I'] ? d['i'] : s.scalar(int(d['i'] & 127));
    if ((address | offset) % 4) misaligned(s, -1, address + offset, 4);
}

}  // namespace

void check_memory(const Site& s) {
    switch (s.fact.unit) {
        case Unit::Buffer:
            return check_buffer(s);
        case Unit::Flat:
            return check_flat(s);
        case Unit::Smem:
            return check_scalar(s);
        default:
            return;
    }
}

}  // namespace gcn::emulator::strict
