// Products of host matrices: copied to the device whole when there is room, else block by block.

#include <algorithm>
#include <cstring>
#include <vector>

#include "backend/device_impl.hpp"
#include "plan/problem.hpp"

namespace gcn {

namespace {

constexpr uint64_t largest_matrix = 0xfffff000;  // bytes, of any kernel (plan/kernels.def)

// A part of a matrix as it lies in memory: `rows` of each of `columns` runs.
struct Part {
    int64_t row, column, rows, columns;
};

// Copies between the host's matrix and a tightly packed one.
std::vector<float> packed(const float* from, int64_t ld, const Part& p) {
    std::vector<float> to(size_t(p.rows * p.columns));
    for (int64_t j = 0; j < p.columns; ++j)
        std::copy_n(from + p.row + (p.column + j) * ld, p.rows, to.data() + j * p.rows);
    return to;
}
void unpack(const std::vector<float>& from, float* to, int64_t ld, const Part& p) {
    for (int64_t j = 0; j < p.columns; ++j)
        std::copy_n(from.data() + j * p.rows, p.rows, to + p.row + (p.column + j) * ld);
}

// What a block takes of each size.
struct Blocks {
    int64_t m, n, k;

    double bytes() const { return sizeof(float) * (double(m) * k + double(k) * n + double(m) * n); }
    double largest() const { return sizeof(float) * std::max({double(m) * k, double(k) * n, double(m) * n}); }
};

// Halves the largest size until all three blocks fit. k goes last: each half of it brings C over the bus again. What is
// taken from the pool may be larger by a page, and by an eighth.
Blocks blocks_of(const Gemm& g, uint64_t left) {
    constexpr uint64_t pages = 3 * 4096;
    const uint64_t room = left > pages ? (left - pages) / 9 * 8 : 0;
    Blocks b{g.m, g.n, g.k};
    const auto half = [](int64_t size) { return (size + 1) / 2; };
    while (b.bytes() > double(room) || b.largest() > double(largest_matrix)) {
        int64_t& outer = b.m > b.n ? b.m : b.n;
        int64_t& size = outer >= 256 || outer >= b.k ? outer : b.k;
        if (size <= 1)
            fail({"split " + text(g), std::to_string(left) + " bytes of device memory are left, too few for a block",
                  "a larger limit"});
        size = half(size);
    }
    return b;
}

class OnDevice {
public:
    OnDevice(Device& device, const std::vector<float>& values) : buffer(device.alloc(values.size() * sizeof(float))) {
        if (!values.empty()) buffer.write(values.data(), values.size() * sizeof(float));
    }
    void read(std::vector<float>& values) const {
        if (!values.empty()) buffer.read(values.data(), values.size() * sizeof(float));
    }
    Buffer buffer;
};

// One block of one product; adds to C unless it is the first along k.
Time block(Device& device, const Gemm& g, const float* a, const float* b, float* c, const Part& of_c, int64_t k0,
           int64_t k) {
    Gemm part = g;
    part.m = of_c.rows, part.n = of_c.columns, part.k = k;
    part.lda = part.ldb = part.ldc = 0;
    if (k0 > 0) part.beta = 1;
    const auto part_of = [](Trans t, int64_t row, int64_t column, int64_t rows, int64_t columns) {
        return t == Trans::No ? Part{row, column, rows, columns} : Part{column, row, columns, rows};
    };
    const bool product = g.alpha != 0 && k > 0;
    const Part of_a = part_of(g.a, of_c.row, k0, product ? part.m : 0, product ? k : 0);
    const Part of_b = part_of(g.b, k0, of_c.column, product ? k : 0, product ? part.n : 0);
    if (!product) part.k = 0;
    const OnDevice da(device, packed(a, stored_a(g).ld, of_a)), db(device, packed(b, stored_b(g).ld, of_b));
    std::vector<float> values(size_t(of_c.rows * of_c.columns));
    if (part.beta != 0) values = packed(c, stored_c(g).ld, of_c);
    OnDevice dc(device, values);
    const auto time = plan(device, part).run(da.buffer, db.buffer, dc.buffer);
    if (!time) throw Error(Fault::Failed, device.lost());
    dc.read(values);
    unpack(values, c, stored_c(g).ld, of_c);
    return *time;
}

}  // namespace

static bool overlap(const float* x, int64_t x_elements, const float* y, int64_t y_elements) {
    return x_elements && y_elements && x < y + y_elements && y < x + x_elements;
}

Time multiply(Device& device, const Gemm& g, const float* a, const float* b, float* c) {
    validate(g);
    if (overlap(c, elements_c(g), a, elements_a(g)) || overlap(c, elements_c(g), b, elements_b(g)))
        fail({"multiply " + text(g), "C overlaps A or B", "memory of its own for C", Fault::WrongUse});
    Time all{0, device.time_kind()};
    const Gemm one = one_of(g);
    if (stored_c(one).span() == 0) return all;
    const MemoryUse use = device.memory();
    const uint64_t left = use.limit - std::min(use.limit, use.used);
    const Blocks blocks = blocks_of(one, use.limit ? left : UINT64_MAX);
    for (int64_t i = 0; i < g.batch; ++i)
        for (int64_t n0 = 0; n0 < g.n; n0 += blocks.n)
            for (int64_t m0 = 0; m0 < g.m; m0 += blocks.m) {
                const Part of_c{m0, n0, std::min(blocks.m, g.m - m0), std::min(blocks.n, g.n - n0)};
                int64_t k0 = 0;
                do {
                    all.us += block(device, one, a + i * stride_a(g), b + i * stride_b(g), c + i * stride_c(g), of_c,
                                    k0, std::min(blocks.k, g.k - k0))
                                  .us;
                    k0 += blocks.k;
                } while (k0 < g.k);
            }
    return all;
}

}  // namespace gcn
