#pragma once
// Whether C = alpha * op(A) * op(B) + beta * C0, in O(n^2): both sides are multiplied by one random vector.

#include <cstdint>
#include <string>
#include <vector>

#include "gcn/gcn.hpp"

namespace gcn {

// The matrices of a problem as they lie in memory, padding included.
struct Operands {
    std::vector<float> a, b, c;
};

enum class Fill { Integers, Reals };  // -3 ... 3, with which products are exact; or -1 ... 1

Operands operands(const Gemm&, Fill, uint64_t seed);

// Whether every sum of the problem is exact in f32 when the matrices hold small integers.
bool exact_with_integers(const Gemm&);

struct Verdict {
    bool right = false;
    std::string text;  // "exact"; "0.02 of the error bound"; "3 rows are wrong; C(17, 5) is 12, not 9"
};

// `c` is the result, `before` what the product was computed from. Equality is demanded when `exact`; else each row may
// be wrong by what rounding can do in any order of summation: (k + 4) eps/2 times the sum of the magnitudes.
Verdict verify(const Gemm&, const Operands& before, const std::vector<float>& c, bool exact);

}  // namespace gcn
