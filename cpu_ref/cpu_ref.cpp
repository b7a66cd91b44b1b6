#include "cpu_ref/cpu_ref.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
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

// Of an element of C, rounding leaves about sqrt(k) u |row of A| |column of B|, u = 2^-24, and u of each term with
// beta; errors of the elements of a row add up as their squares do, weighted by t.
double residual(const Gemm& g, const float* a, const float* b, const float* c0, const float* c, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> between(-1, 1);
    std::vector<double> t(g.n), bt(g.k);
    for (double& x : t) x = between(random);

    const View A = op_a(g, a), B = op_b(g, b);
    const int64_t ldc = leading(g.ldc, g.m);
    const int64_t depth = g.alpha == 0 ? 0 : g.k;
    double b_size = 0;  // squared, as are all below
    for (int64_t k = 0; k < depth; k++)
        for (int64_t n = 0; n < g.n; n++) {
            bt[k] += B(k, n) * t[n];
            b_size += std::pow(B(k, n) * t[n], 2);
        }
    double worst = 0;
    for (int64_t m = 0; m < g.m; m++) {
        double difference = 0, a_size = 0, c_size = 0;
        for (int64_t k = 0; k < depth; k++) {
            difference -= double(g.alpha) * A(m, k) * bt[k];
            a_size += std::pow(double(g.alpha) * A(m, k), 2);
        }
        for (int64_t n = 0; n < g.n; n++) {
            const double before = g.beta == 0 ? 0 : double(g.beta) * c0[m + n * ldc] * t[n];
            difference += c[m + n * ldc] * t[n] - before;
            c_size += std::pow(before, 2);
        }
        constexpr double u = 0x1p-24, margin = 4;
        const double usual = margin * u * std::sqrt(double(depth + 3) * a_size * b_size + 2 * c_size);
        const double here = difference == 0 ? 0 : std::abs(difference) / usual;
        if (std::isnan(here)) return std::numeric_limits<double>::infinity();
        worst = std::max(worst, here);
    }
    return worst;
}

}  // namespace gcn
