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

// How close a result must be. Rounding may be off by (k + 4) eps/2 times the sum of the magnitudes in any order of
// summation; of numbers that we drew ourselves it stays below 6 sqrt(k + 4) eps/2 of it, 6 being generous (Higham,
// Mary: "A New Approach to Probabilistic Rounding Error Analysis", 2019), and that finds one wrong element in a row.
enum class Demand { Equal, Likely, Certain };

struct Verdict {
    bool right = false;
    std::string text;  // "exact"; "0.02 of the error bound"; "3 rows are wrong; C(17, 5) is 12, not 9"
};

// `c` is the result, `before` what the product was computed from. What overflows f32 must be infinite; gcn::Error when
// what is wanted is not finite itself.
Verdict verify(const Gemm&, const Operands& before, const std::vector<float>& c, Demand);

}  // namespace gcn
