#pragma once
// A problem as a string, "sgemm:nt:1024x1024x512:beta=1": what tests, benchmarks and messages call it; and what is
// wrong with a problem, one fact at a time.

#include <algorithm>
#include <string>
#include <string_view>

#include "gcn/gcn.hpp"

namespace gcn {

// gcn::Error (wrong use) that names what is wrong when the text is not a GEMM that can exist.
Gemm parse_gemm(std::string_view);
std::string text(const Gemm&);  // the shortest string that parses to the same problem

// Sets a factor such as alpha from its digits; what is wrong with them, "NAME is '1e39', ...", or nothing.
std::string set_factor(float&, std::string_view name, std::string_view digits);

// Why no kernel could ever compute the problem; empty when one could.
std::string complaint(const Gemm&);
void validate(const Gemm&);  // gcn::Error (wrong use) with the complaint

// How a matrix lies in memory, column major: `columns` runs of `rows` elements, each `ld` after the one before.
struct Stored {
    int64_t rows, columns, ld;

    int64_t span() const { return rows && columns ? (columns - 1) * ld + rows : 0; }  // elements, padding included
    int64_t step() const { return std::max<int64_t>(1, columns > 1 ? ld : rows); }  // a single column has no use for ld
    size_t bytes() const { return size_t(span()) * sizeof(float); }
};
Stored stored_a(const Gemm&);
Stored stored_b(const Gemm&);
Stored stored_c(const Gemm&);

// Elements from one product's matrix to the next one's, and in all, padding included.
int64_t stride_a(const Gemm&);
int64_t stride_b(const Gemm&);
int64_t stride_c(const Gemm&);
int64_t elements_a(const Gemm&);
int64_t elements_b(const Gemm&);
int64_t elements_c(const Gemm&);
Gemm one_of(const Gemm&);  // a single product of a batch

std::string layout(Trans a, Trans b);  // "nt"

}  // namespace gcn
