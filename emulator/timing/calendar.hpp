#pragma once
// A unit that serves one request a slot, booked ahead. Requests need not come in the order of their times, because CUs
// are advanced one after the other: each takes the first slot that is free from its own time on. (A single "busy until"
// would make a CU wait for what another one did later.)

#include <array>
#include <bit>
#include <cstdint>

namespace gcn::emulator::timing {

class Calendar {
public:
    // The first free slot from `slot` on. Nobody asks for slots before `oldest` any more.
    uint64_t take(uint64_t slot, uint64_t oldest) {
        forget(oldest / 64);
        uint64_t word = slot / 64;
        if (word < base) word = base, slot = base * 64;
        uint64_t open = ~uint64_t(0) << slot % 64;
        if (word >= full_from && word < full_to) word = full_to, open = ~uint64_t(0);
        const uint64_t looked_from = word;
        while (word < base + size) {
            const uint64_t free = ~words[word % size] & open;
            if (free) {
                const int at = std::countr_zero(free);
                words[word % size] |= uint64_t(1) << at;
                if (word > looked_from) remember(looked_from + (open_of(slot, looked_from)), word);
                return word * 64 + uint64_t(at);
            }
            ++word, open = ~uint64_t(0);
        }
        // Booked further ahead than anybody looks: behind everything.
        if (late < word * 64)
            late = late_from = word * 64;
        else
            ++late;
        return late;
    }

    void clear() { *this = Calendar(); }

private:
    static constexpr uint64_t size = 64;  // words of 64 slots

    // A word of which only a part was looked at is not known to be full.
    static uint64_t open_of(uint64_t slot, uint64_t word) { return slot / 64 == word && slot % 64 ? 1 : 0; }

    void remember(uint64_t from, uint64_t to) {
        if (from >= to) return;
        if (from <= full_to && to >= full_from && full_to > full_from) {
            if (from < full_from) full_from = from;
            if (to > full_to) full_to = to;
        } else if (to - from > full_to - full_from) {
            full_from = from, full_to = to;
        }
    }

    // What was booked of it when it lay beyond what is kept.
    uint64_t given_late(uint64_t word) const {
        if (word < late_from / 64 || word > late / 64) return 0;
        if (late / 64 != word) return ~uint64_t(0);
        return (uint64_t(2) << late % 64) - 1;
    }

    void forget(uint64_t word) {
        if (word <= base) return;
        if (word - base >= size) {
            for (uint64_t w = word; w < word + size; ++w) words[w % size] = given_late(w);
        } else {
            for (uint64_t w = base; w < word; ++w) words[w % size] = given_late(w + size);
        }
        base = word;
        if (full_from < base) full_from = base;
        if (full_to < full_from) full_to = full_from;
    }

    std::array<uint64_t, size> words{};
    uint64_t base = 0;                    // the first word that is kept
    uint64_t full_from = 0, full_to = 0;  // words without a free slot
    uint64_t late = 0, late_from = 0;     // booked beyond what is kept
};

// The times at which the last N requests are done: a limit on how many are under way. Request k waits for k - N.
class Outstanding {
public:
    void limit(uint32_t n) { count = n < 1 ? 1 : n > most ? most : n, reset(); }
    void reset() { at = 0, done.fill(0); }
    uint64_t oldest() const { return done[at]; }
    void add(uint64_t time) {
        done[at] = time;
        if (++at == count) at = 0;
    }

private:
    static constexpr uint32_t most = 256;
    uint32_t count = 1, at = 0;
    std::array<uint64_t, most> done{};
};

}  // namespace gcn::emulator::timing
