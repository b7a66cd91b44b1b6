#pragma once
// The argument block of every sgemm kernel; asm/sgemm_*.s and codegen/gen_gemm.py read it at these offsets.

#include <cstddef>
#include <cstdint>

namespace gcn {

// Column major as in BLAS; leading dimensions count elements.
struct SgemmArgs {
    uint64_t a, b, c;
    uint32_t m, n, k;
    uint32_t lda, ldb, ldc;
    float alpha, beta;
    // Product z of a batch begins z * stride elements further. With `lists` 1, a, b and c are lists of addresses
    // instead.
    uint32_t stride_a, stride_b, stride_c, lists;
};
static_assert(offsetof(SgemmArgs, a) == 0x00 && offsetof(SgemmArgs, b) == 0x08 && offsetof(SgemmArgs, c) == 0x10);
static_assert(offsetof(SgemmArgs, m) == 0x18 && offsetof(SgemmArgs, n) == 0x1c && offsetof(SgemmArgs, k) == 0x20);
static_assert(offsetof(SgemmArgs, lda) == 0x24 && offsetof(SgemmArgs, ldb) == 0x28 && offsetof(SgemmArgs, ldc) == 0x2c);
static_assert(offsetof(SgemmArgs, alpha) == 0x30 && offsetof(SgemmArgs, beta) == 0x34);
static_assert(offsetof(SgemmArgs, stride_a) == 0x38 && offsetof(SgemmArgs, stride_b) == 0x3c);
static_assert(offsetof(SgemmArgs, stride_c) == 0x40 && offsetof(SgemmArgs, lists) == 0x44 && sizeof(SgemmArgs) == 0x48);

// A kernel for a card is written for one layout and has it in its name; the cpu's take it as two more arguments.
struct CpuSgemmArgs {
    SgemmArgs gemm;
    uint32_t trans_a, trans_b;  // 0 or 1
};
static_assert(offsetof(CpuSgemmArgs, trans_a) == 0x48 && offsetof(CpuSgemmArgs, trans_b) == 0x4c);
static_assert(sizeof(CpuSgemmArgs) == 0x50);

}  // namespace gcn
