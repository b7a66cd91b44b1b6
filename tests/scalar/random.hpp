#pragma once
// Numbers that look random and that a seed repeats on every machine.

#include <bit>
#include <initializer_list>

#include "tests/scalar/real.hpp"

namespace gcn::scalar {

class Random {
public:
    explicit Random(u64 seed, u64 stream = 0) : state(seed * 0x9e3779b97f4a7c15 + stream * 0xd1342543de82ef95 + 1) {
        next(), next();
    }
    u64 next() {  // splitmix64
        u64 z = state += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
    u32 word() { return u32(next() >> 32); }
    u32 below(u32 n) { return u32(u64(word()) * n >> 32); }
    bool one_in(u32 n) { return below(n) == 0; }
    template <class T> T pick(std::initializer_list<T> values) { return values.begin()[below(u32(values.size()))]; }

private:
    u64 state;
};

}  // namespace gcn::scalar
