#pragma once
// The oracle: matrix products by loops that are plainly right. Slow, and not to be made clever.

#include "gcn/gcn.hpp"

namespace gcn {

// C = alpha * op(A) * op(B) + beta * C. Each element is summed over k from 0 on in f32, products rounded before they
// are added: the order and the rounding of the GPU's v_mac_f32. With beta = 0, C is not read; with alpha = 0 or k = 0
// neither A nor B is.
void sgemm_ref(const Gemm&, const float* a, const float* b, float* c);

// The same with denormals taken and given as zeros, as the GPU's kernels do: equal to them bit for bit.
void sgemm_gpu_order(const Gemm&, const float* a, const float* b, float* c);

}  // namespace gcn
