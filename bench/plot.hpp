#pragma once
// GFLOPS over n of square products as an SVG picture, one line per layout, the device's peak at the top.

#include <string>

#include "bench/record.hpp"

namespace gcn {

bool is_square(const Gemm&);  // and nothing else: one product, no factors, no padding

// Empty when no verified row is a square product.
std::string plot(const Record&);

}  // namespace gcn
