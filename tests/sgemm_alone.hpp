#pragma once
// A kernel of a matrix product on an executor of its own.

#include <string>
#include <string_view>

#include "backend/sgemm_args.hpp"
#include "plan/problem.hpp"
#include "plan/select.hpp"
#include "tests/alone.hpp"

namespace gcn::test {

class AloneSgemm {
public:
    // The layout is the kernel's own.
    AloneSgemm(int threads, std::string_view kernel, uint32_t m, uint32_t n, uint32_t k, const std::string& simd = "")
        : row(of(kernel)),
          gemm(problem(row, m, n, k)),
          args(1),
          a(size_t(elements_a(gemm)), 1),
          b(size_t(elements_b(gemm)), 1),
          c(size_t(elements_c(gemm))),
          alone(threads, row.code, std::string(kernel), simd) {
        SgemmArgs& to = *args.data();
        to.a = alone.map(a.data(), 4 * a.size(), false);
        to.b = alone.map(b.data(), 4 * b.size(), false);
        to.c = alone.map(c.data(), 4 * c.size(), true);
        to.m = m, to.n = n, to.k = k;
        to.lda = uint32_t(stored_a(gemm).step()), to.ldb = uint32_t(stored_b(gemm).step());
        to.ldc = uint32_t(stored_c(gemm).step());
        to.alpha = 1;
        const auto tiles = [](uint32_t size, int tile) { return (size + uint32_t(tile) - 1) / uint32_t(tile); };
        const auto lanes = uint32_t(row.lanes);
        alone.set({tiles(m, row.tile_m) * lanes, tiles(n, row.tile_n), 1}, {lanes, 1, 1},
                  alone.map(args.data(), sizeof(SgemmArgs), false));
    }

private:
    static const KernelRow& of(std::string_view name) {
        const KernelRow* row = find_kernel(name);
        GCN_ASSERT(row && row->runs == Runs::Gpu);
        return *row;
    }
    static Gemm problem(const KernelRow& row, uint32_t m, uint32_t n, uint32_t k) {
        Gemm g;
        g.a = row.a == Takes::Yes ? Trans::Yes : Trans::No;
        g.b = row.b == Takes::Yes ? Trans::Yes : Trans::No;
        g.m = m, g.n = n, g.k = k;
        return g;
    }

    const KernelRow& row;
    const Gemm gemm;
    Paged<SgemmArgs> args;
    Paged<float> a, b, c;

public:
    Alone alone;
};

}  // namespace gcn::test
