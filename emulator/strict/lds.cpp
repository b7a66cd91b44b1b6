// LDS: races between waves, dwords that nothing has written, bounds, alignment.
//
// Two accesses of different waves race when one of them writes, they meet in a byte, and no barrier lies between that
// both had waited for: an access that is under way at a barrier counts on both of its sides. Atomic operations do not
// race with each other, nor with the read that a loop around a compare-and-swap begins with. Lanes of one wave do not
// race: what they do to each other is defined.

#include <algorithm>

#include "emulator/strict/state.hpp"

namespace gcn::emulator::strict {

namespace {

void refresh(Cell& c, uint32_t epoch) {
    if (c.epoch == epoch) return;
    c.epoch = epoch;
    c.readers = c.atomics = 0;
    c.writer = c.bytes_written = c.bytes_read = 0;
}

void race(const Site& s, int lane, uint32_t address, const char* does, uint32_t other, const char* did,
          const Fact* earlier) {
    s.report(Kind::lds_race, {lane, -1, earlier},
             std::string(does) + " LDS at " + hex(address) + ", which wave " + std::to_string(other) + " " + did +
                 (earlier ? " by " + s.shown(*earlier) : "") + ". No barrier between them that both had waited for");
}
uint32_t lowest(uint32_t waves) { return uint32_t(__builtin_ctz(waves)); }

void read_cell(const Site& s, Cell& c, uint8_t bytes, uint32_t bit, int lane, uint32_t address) {
    if (c.writer && c.writer != s.wave.index + 1 && (c.bytes_written & bytes))
        race(s, lane, address, "reads", c.writer - 1u, "has written", c.write);
    else if (!s.fact.tries && (c.atomics & ~bit))
        race(s, lane, address, "reads", lowest(c.atomics & ~bit), "has changed", c.write);
    if (!s.fact.tries) {
        c.readers |= uint16_t(bit);
        c.bytes_read |= bytes;
        c.read = &s.fact;
    }
    if (const uint8_t missing = bytes & ~c.ever) {
        s.report(Kind::unwritten_lds, {lane, -1, nullptr},
                 "reads LDS at " + hex(address) + ", which nothing has written since the group began");
        c.ever |= missing;
    }
}

void write_cell(const Site& s, Cell& c, uint8_t bytes, uint32_t bit, int lane, uint32_t address) {
    const bool foreign = c.writer && c.writer != s.wave.index + 1;
    if (foreign && (c.bytes_written & bytes))
        race(s, lane, address, "writes", c.writer - 1u, "has written", c.write);
    else if ((c.readers & ~bit) && (c.bytes_read & bytes))
        race(s, lane, address, "writes", lowest(c.readers & ~bit), "has read", c.read);
    else if (c.atomics & ~bit)
        race(s, lane, address, "writes", lowest(c.atomics & ~bit), "has changed", c.write);
    c.bytes_written = foreign ? bytes : c.bytes_written | bytes;
    c.writer = uint8_t(s.wave.index + 1);
    c.write = &s.fact;
    c.ever |= bytes;
}

void change_cell(const Site& s, Cell& c, uint8_t bytes, uint32_t bit, int lane, uint32_t address) {
    if (c.writer && c.writer != s.wave.index + 1 && (c.bytes_written & bytes))
        race(s, lane, address, "changes", c.writer - 1u, "has written", c.write);
    else if ((c.readers & ~bit) && (c.bytes_read & bytes))
        race(s, lane, address, "changes", lowest(c.readers & ~bit), "has read", c.read);
    if (const uint8_t missing = bytes & ~c.ever) {
        s.report(Kind::unwritten_lds, {lane, -1, nullptr},
                 "changes LDS at " + hex(address) + ", which nothing has written since the group began");
        c.ever |= missing;
    }
    c.atomics |= uint16_t(bit);
    if (!c.writer) c.write = &s.fact;
}

// What lies beyond the largest LDS that a group can have is certainly out of range: reads give 0, writes are dropped,
// and kernels send lanes there that have nothing to write. Below it the answer depends on how much was allocated.
constexpr uint32_t most_lds = 64 << 10;

// The bytes of the dword at `dword` that [address, end) holds.
uint8_t bytes_of(uint32_t dword, uint32_t address, uint32_t end) {
    uint8_t bytes = 0;
    for (uint32_t i = 0; i < 4; ++i)
        if (4 * dword + i >= address && 4 * dword + i < end) bytes |= uint8_t(1 << i);
    return bytes;
}

// LDS wants 8 bytes for pairs, 16 for three dwords and four. (LLVM, SITargetLowering::allowsMisalignedMemoryAccesses.)
uint32_t alignment(uint32_t bytes) { return bytes == 12 ? 16 : bytes; }

// A dword that only this wave has touched since the last barrier, all of it written at some time; and what to note.
bool is_harmless(const Site& s, const Cell& c) {
    const uint32_t others = ~(1u << s.wave.index);
    if (c.ever != 15 && s.fact.access == Access::Read) return false;
    if (c.epoch != s.group.epoch) return true;
    const bool mine = !c.writer || c.writer == s.wave.index + 1;
    return mine && !(c.atomics & others) && (s.fact.access == Access::Read || !(c.readers & others));
}
void note(const Site& s, Cell& c) {
    refresh(c, s.group.epoch);
    if (s.fact.tries) return;
    if (s.fact.access == Access::Read) {
        c.readers |= uint16_t(1u << s.wave.index);
        c.bytes_read = 15;
        c.read = &s.fact;
    } else {
        c.writer = uint8_t(s.wave.index + 1);
        c.bytes_written = c.ever = 15;
        c.write = &s.fact;
    }
}

void touch_cell(const Site& s, Cell& c, uint8_t bytes, int lane, uint32_t address) {
    const uint32_t bit = 1u << s.wave.index;
    refresh(c, s.group.epoch);
    switch (s.fact.access) {
        case Access::Read:
            if (!(c.readers & bit) || (bytes & ~c.bytes_read)) read_cell(s, c, bytes, bit, lane, address);
            break;
        case Access::Write:
            write_cell(s, c, bytes, bit, lane, address);
            break;
        default:
            change_cell(s, c, bytes, bit, lane, address);
    }
}

// The usual case: all lanes are on, aligned and in range, and access whole dwords. Lanes mostly share dwords: each is
// looked at once. False: not the usual case.
bool touch_shared(const Site& s, const uint32_t* base, uint32_t offset, uint32_t limit) {
    const uint32_t bytes = s.fact.bytes;
    if (s.exec != ~0ull || bytes % 4 || s.fact.access == Access::Atomic || limit < bytes) return false;
    uint32_t low = 0, highest = 0;
    for (int lane = 0; lane < 64; ++lane) {
        low |= base[lane] + offset;
        highest = std::max(highest, base[lane] + offset);
    }
    if (low & (alignment(bytes) - 1) || highest > limit - bytes || highest >= most_lds) return false;
    const uint32_t words = highest / 256 + 1;  // of 64 dwords; none lies across two
    const uint64_t dwords = (1ull << bytes / 4) - 1;
    uint64_t touched[most_lds / 256];
    std::fill_n(touched, words, 0);
    for (int lane = 0; lane < 64; ++lane) {
        const uint32_t dword = (base[lane] + offset) / 4;
        touched[dword / 64] |= dwords << dword % 64;
    }
    const auto lane_of = [&](uint32_t address) {
        const auto* end = base + 64;
        return int(std::find_if(base, end, [&](uint32_t b) { return address - (b + offset) < bytes; }) - base);
    };
    for (uint32_t word = 0; word < words; ++word)
        for (uint64_t left = touched[word]; left; left &= left - 1) {
            const uint32_t dword = 64 * word + uint32_t(__builtin_ctzll(left));
            Cell& c = s.group.lds[dword];
            if (is_harmless(s, c))
                note(s, c);
            else
                touch_cell(s, c, 15, lane_of(4 * dword), 4 * dword);
        }
    return true;
}

}  // namespace

void lds_access(const Site& s, int lane, uint32_t address, uint32_t bytes, uint32_t limit) {
    if (address >= most_lds) return;
    if (address % alignment(bytes))
        s.report(
            Kind::misaligned, {lane, -1, nullptr},
            "accesses LDS at " + hex(address) + ", which is not a multiple of " + std::to_string(alignment(bytes)));
    uint64_t end = uint64_t(address) + bytes;
    if (end > limit) {
        s.report(Kind::lds_bounds, {lane, -1, nullptr},
                 "accesses " + std::to_string(bytes) + " bytes of LDS at " + hex(address) + " of " + hex(limit));
        end = std::min<uint64_t>(end, limit);
    }
    if (address >= end) return;
    GroupState& g = s.group;
    const bool whole = address % 4 == 0 && bytes % 4 == 0;
    for (uint32_t dword = address / 4; 4 * dword < end; ++dword) {
        const uint8_t on = whole ? 15 : bytes_of(dword, address, uint32_t(end));
        touch_cell(s, g.lds[dword], on, lane, std::max(4 * dword, address));
    }
}

void check_lds(const Site& s) {
    const Fact& f = s.fact;
    const uint32_t m0 = s.state.no_limit ? ~0u : s.scalar(reg::m0), limit = std::min(m0, s.wave.lds_bytes);
    const uint32_t* base = s.wave.v[f.decoded['p']];
    for (int e = 0; e < f.elements; ++e) {
        if (touch_shared(s, base, f.offset[e], limit)) continue;
        uint32_t before = 0;
        bool first = true;
        for (uint64_t left = s.exec; left; left &= left - 1) {
            const int lane = __builtin_ctzll(left);
            const uint32_t address = base[lane] + f.offset[e];
            if (!first && address == before) continue;  // many lanes read the same
            first = false, before = address;
            lds_access(s, lane, address, f.bytes, limit);
        }
    }
}

// What is under way when the waves go on happens behind the barrier too.
void at_barrier(GroupState& g, const std::vector<WavePointer>& waves) {
    ++g.epoch;
    for (const WavePointer& wave : waves) {
        if (wave->ended) continue;
        WaveState& w = g.waves[wave->index];
        for (uint64_t left = w.open; left; left &= left - 1) {
            const Flight& flight = w.flights[__builtin_ctzll(left)];
            const Fact& f = *flight.fact;
            if (f.unit != Unit::Lds || f.access == Access::None || !flight.needs_lgkm || g.waves.size() < 2) continue;
            const Site s{g, w, *wave, f, flight.lanes};
            for (int e = 0; e < f.elements; ++e)
                for (uint64_t lanes = flight.lanes; lanes; lanes &= lanes - 1) {
                    const int lane = __builtin_ctzll(lanes);
                    const uint32_t address = flight.addresses[lane] + f.offset[e];
                    if (address % alignment(f.bytes) == 0 && uint64_t(address) + f.bytes <= wave->lds_bytes)
                        lds_access(s, lane, address, f.bytes, wave->lds_bytes);
                }
        }
    }
}

}  // namespace gcn::emulator::strict
