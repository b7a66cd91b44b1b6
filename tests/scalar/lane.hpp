#pragma once
// One lane of a vector instruction: its sources with modifiers applied, and what it makes of them.

#include <string_view>

#include "tests/scalar/machine.hpp"

namespace gcn::scalar {

struct Lane {
    u64 a = 0, b = 0, c = 0;     // sources, as wide as their types
    u64 d = 0;                   // the old destination, then the result
    u64 c_high = 0, d_high = 0;  // of 128 bits
    bool bit = false;            // the mask's bit in (carry, selection), then the one out
    bool clamp = false;
    u32 mode = 0;
    int lane = 0;
    bool nan = false;  // the result is one, and it is no float that the destination's type would tell of

    bool ieee() const { return mode >> 9 & 1; }
};
using LaneBody = void (*)(Lane&);

// nullptr: none.
LaneBody integer_body(std::string_view name);
LaneBody float_body(std::string_view name);

// Functions that hardware approximates: how far two answers may lie apart, in units of the last place of the exact
// result, or at all; the manual's and CLRX's figures.
struct Approximation {
    std::string_view name;
    double ulp, absolute;
};
const Approximation* approximation(std::string_view name);

}  // namespace gcn::scalar
