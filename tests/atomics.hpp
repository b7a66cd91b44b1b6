#pragma once
// What the atomics of flat, buffer and local memory leave in memory, and values at which they differ.

#include <algorithm>
#include <array>
#include <cstdint>

namespace gcn::test {

struct Atomic {
    const char* name;
    uint64_t (*dword)(uint64_t memory, uint64_t data);  // of 32-bit values
    uint64_t (*dwordx2)(uint64_t memory, uint64_t data);
};

template <class T> uint64_t least(uint64_t m, uint64_t x) { return uint64_t(std::min(T(m), T(x))); }
template <class T> uint64_t greatest(uint64_t m, uint64_t x) { return uint64_t(std::max(T(m), T(x))); }
inline uint64_t swapped(uint64_t, uint64_t x) { return x; }
inline uint64_t sum(uint64_t m, uint64_t x) { return m + x; }
inline uint64_t less(uint64_t m, uint64_t x) { return m - x; }
inline uint64_t both(uint64_t m, uint64_t x) { return m & x; }
inline uint64_t either(uint64_t m, uint64_t x) { return m | x; }
inline uint64_t one_of(uint64_t m, uint64_t x) { return m ^ x; }
inline uint64_t up(uint64_t m, uint64_t x) { return m >= x ? 0 : m + 1; }
inline uint64_t down(uint64_t m, uint64_t x) { return m == 0 || m > x ? x : m - 1; }

inline constexpr std::array atomics{
    Atomic{"swap", swapped, swapped},
    Atomic{"add", sum, sum},
    Atomic{"sub", less, less},
    Atomic{"smin", least<int32_t>, least<int64_t>},
    Atomic{"umin", least<uint32_t>, least<uint64_t>},
    Atomic{"smax", greatest<int32_t>, greatest<int64_t>},
    Atomic{"umax", greatest<uint32_t>, greatest<uint64_t>},
    Atomic{"and", both, both},
    Atomic{"or", either, either},
    Atomic{"xor", one_of, one_of},
    Atomic{"inc", up, up},
    Atomic{"dec", down, down},
};

inline constexpr std::array<uint64_t, 4> in_memory{0, 0x100000005, 0x8000000080000001, ~0ull};
inline constexpr std::array<uint64_t, 4> data{0, 0xffffffff00000007, 0x7fffffff7fffffff, 0xfffffffffffffff0};

}  // namespace gcn::test
