#pragma once
// What a batch must give: each product's result in the GPU's order, and what lies between them untouched.

#include <vector>

#include "bench/verify.hpp"
#include "cpu_ref/cpu_ref.hpp"
#include "plan/problem.hpp"

namespace gcn::test {

inline std::vector<float> batch_by_hand(const Gemm& g, const Operands& o) {
    std::vector<float> c = o.c;
    for (int64_t i = 0; i < g.batch; ++i)
        sgemm_gpu_order(one_of(g), o.a.data() + i * stride_a(g), o.b.data() + i * stride_b(g),
                        c.data() + i * stride_c(g));
    return c;
}

}  // namespace gcn::test
