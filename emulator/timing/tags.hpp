#pragma once
// Tags of a set-associative cache with LRU: a set is its keys, the latest first, so that there is nothing else to keep.
// 16 keys of 32 bits fill one line of the host's cache.

#include <emmintrin.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace gcn::emulator::timing {

class Tags {
public:
    // A key's low bits are free for whoever keeps something of a line; they are no part of what is compared.
    static constexpr uint32_t flags = 7, empty = ~flags;

    // Of lines below 2^35 keys are exact where there are 64 sets or more.
    uint32_t key(uint64_t index) const { return uint32_t(index >> bits) << 3; }

    // The line of a key, given another one of its set.
    uint64_t line(uint32_t key, uint64_t of_set) const { return uint64_t(key >> 3) << bits | (of_set & (count - 1)); }

    // `sets` and `ways` are rounded to what can be had: a power of two, and 4 or 16.
    Tags(uint32_t sets, uint32_t ways)
        : four(ways <= 4), count(std::bit_floor(sets ? sets : 1u)), bits(uint32_t(std::countr_zero(count))) {
        clear();
    }

    void clear() { keys.assign(size_t(count) * width(), empty); }
    uint32_t sets() const { return count; }
    uint32_t width() const { return four ? 4 : 16; }
    uint32_t* set(uint64_t index) { return keys.data() + (index & (count - 1)) * width(); }

    // The key's place in its set, or -1.
    int find(const uint32_t* set, uint32_t key) const {
        const __m128i wanted = _mm_set1_epi32(int(key)), mask = _mm_set1_epi32(int(~flags));
        const auto same = [&](int i) {
            const __m128i four_keys = _mm_loadu_si128(reinterpret_cast<const __m128i*>(set + 4 * i));
            return _mm_cmpeq_epi32(_mm_and_si128(four_keys, mask), wanted);
        };
        const int found = four ? _mm_movemask_ps(_mm_castsi128_ps(same(0)))
                               : _mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(same(0), same(1)),
                                                                   _mm_packs_epi32(same(2), same(3))));
        return found ? std::countr_zero(unsigned(found)) : -1;
    }
    // Makes the one at `place` the latest.
    static void touch(uint32_t* set, int place) {
        if (!place) return;
        const uint32_t key = set[place];
        std::memmove(set + 1, set, size_t(place) * sizeof *set);
        set[0] = key;
    }
    // Puts a key in front; returns the one that leaves, or `empty`.
    uint32_t insert(uint32_t* set, uint32_t key) const {
        const uint32_t last = width() - 1, gone = set[last];
        std::memmove(set + 1, set, last * sizeof *set);
        set[0] = key;
        return gone;
    }
    // Takes out the one at `place`.
    void remove(uint32_t* set, int place) const {
        const uint32_t last = width() - 1;
        std::memmove(set + place, set + place + 1, (last - uint32_t(place)) * sizeof *set);
        set[last] = empty;
    }

    bool lookup(uint64_t index) {
        uint32_t* s = set(index);
        const int place = find(s, key(index));
        if (place < 0) return false;
        touch(s, place);
        return true;
    }

private:
    bool four;
    uint32_t count, bits;
    std::vector<uint32_t> keys;
};

}  // namespace gcn::emulator::timing
