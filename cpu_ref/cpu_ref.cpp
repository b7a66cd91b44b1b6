#include "cpu_ref/cpu_ref.hpp"

#include <immintrin.h>

#include <algorithm>
#include <vector>

namespace gcn {
namespace {

int64_t leading(int64_t given, int64_t rows) { return given ? given : rows; }

// op(X) of a matrix stored by columns: element (row, column) is at row * down + column * right.
struct View {
    const float* data;
    int64_t down, right;
    float operator()(int64_t row, int64_t column) const { return data[row * down + column * right]; }
};

View op(const float* data, Trans trans, int64_t ld) {
    return trans == Trans::Yes ? View{data, ld, 1} : View{data, 1, ld};
}
View op_a(const Gemm& g, const float* a) { return op(a, g.a, leading(g.lda, g.a == Trans::Yes ? g.k : g.m)); }
View op_b(const Gemm& g, const float* b) { return op(b, g.b, leading(g.ldb, g.b == Trans::Yes ? g.n : g.k)); }

// The sums of `count` elements of a column side by side: the compiler then has several at once, and each is still
// summed in the order of k.
constexpr int64_t strip = 64;
void sums(const Gemm& g, View a, View b, int64_t row, int64_t column, int64_t count, float* sum) {
    std::fill(sum, sum + count, 0.0f);
    for (int64_t k = 0; k < g.k; k++)
        for (int64_t i = 0; i < count; i++) sum[i] += a(row + i, k) * b(k, column);
}

// While it lives, SSE takes and gives denormals as zeros.
class FlushDenormals {
public:
    FlushDenormals() : before(_mm_getcsr()) { _mm_setcsr(before | 0x8040); }
    ~FlushDenormals() { _mm_setcsr(before); }

private:
    const unsigned before;
};

}  // namespace

void sgemm_ref(const Gemm& g, const float* a, const float* b, float* c) {
    const bool product = g.alpha != 0 && g.k > 0;
    const int64_t ldc = leading(g.ldc, g.m);
    for (int64_t column = 0; column < g.n; column++)
        for (int64_t row = 0; row < g.m; row += strip) {
            const int64_t count = std::min(strip, g.m - row);
            float sum[strip] = {};
            if (product) sums(g, op_a(g, a), op_b(g, b), row, column, count, sum);
            for (int64_t i = 0; i < count; i++) {
                float& element = c[row + i + column * ldc];
                const float ab = product ? g.alpha * sum[i] : 0.0f;
                element = g.beta == 0 ? ab : ab + g.beta * element;
            }
        }
}

void sgemm_gpu_order(const Gemm& g, const float* a, const float* b, float* c) {
    const FlushDenormals here;
    sgemm_ref(g, a, b, c);
}

}  // namespace gcn
