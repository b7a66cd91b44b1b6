// Control flow: the same decisions, one work-item after the other.

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using Ints = std::vector<int>;
using Uints = std::vector<uint32_t>;
using i64 = int64_t;

static int by_dense_switch(uint32_t a) {
    const uint32_t results[] = {10,    a * 2, a ^ 99, a + 4, a + 4, a & 0xff, a & 0xff, uint32_t(-i64(a)),
                                a | 8, a % 9, ~0u};
    return int(results[a % 11]);
}
static int by_nested_switch(int a, int b) {
    if ((a & 3) == 0) return std::array{10, 50, 30, 40}[b & 3];
    if ((a & 3) == 1) return a;
    if ((a & 3) == 3) return b;
    int r = 0;
    for (int k = 0; k < (b & 15); ++k) {
        if (k % 3 == 0) {
            r += k;
            continue;
        }
        r = k % 3 == 1 ? r ^ k : r - 1;
        if (r > 20) break;
    }
    return r;
}
// The jumps of the kernel as states.
static uint32_t by_jumps(uint32_t x) {
    enum { Even, Odd, Five, Done } state = Even;
    uint32_t steps = 0;
    while (state != Done) switch (state) {
            case Even:
                if (++steps > 40) {
                    state = Done;
                } else if (x & 1) {
                    state = Odd;
                } else {
                    x = x / 2 + 1;
                    state = x % 5 == 0 ? Five : Even;
                }
                break;
            case Odd:
                x = x * 3 + 1;
                state = x & 8 ? Even : Five;
                break;
            case Five:
                x ^= steps;
                state = ++steps < 30 ? Even : Done;
                break;
            case Done:
                break;
        }
    return x * 64 + steps;
}
static uint32_t wide_product(uint32_t x, uint32_t k) { return (x ^ k) * 2654435761u + (x >> 7); }
static int sub_product(int64_t a, int64_t b, int64_t c) {
    return int(uint32_t(uint64_t(a) * uint64_t(b) - uint64_t(c)));
}

THEME("control") {
    t.each("nested_branches", [](int a) -> int {
        if (a & 1) {
            int64_t r = a & 2 ? int64_t(a) * 3 : int64_t(a) - 7;
            if (a & 4) r = (r ^ 0x55) + (a & 8 ? 100 : 0);
            return int(r);
        }
        return a & 16 ? int(-int64_t(a)) : a >> 3 | (a < 0);
    });
    t.each("nested_loops", [](uint32_t a) -> uint32_t {
        uint32_t r = 0;
        for (uint32_t i = 0; i < a % 8; ++i)
            for (uint32_t j = i; j < a / 8 % 8 && !(j == 6 && i > 1 && (i ^ j) != 3); ++j)
                if ((i ^ j) != 3) r = r * 3 + i * 8 + j;
        return r;
    });
    t.each("switch_dense", [](uint32_t a) -> int { return by_dense_switch(a); });
    t.each("switch_nested", [](int a, int b) -> int { return by_nested_switch(a, b); });
    t.each("switch_sparse", [](int a) -> int {
        const int cases[] = {0, INT32_MIN, -1, 0, 7, 1000, INT32_MAX};
        return int(std::find(cases + 1, cases + 7, a) - cases) % 7;
    });
    t.each("jumps", [](uint32_t a) -> uint32_t { return by_jumps(a); });
    t.each("find_pair", [](uint32_t a) -> int {
        for (int k = 0; k < 1024; ++k)
            if (k % 32 > k / 32 && (a >> k / 32 & 1) && (a >> k % 32 & 1) && (k / 32 + k % 32) % 7 == 3) return k;
        return -1;
    });
    t.each("do_while", [](uint32_t a) -> uint32_t {
        for (uint32_t turn = 1;; ++turn) {
            a = a * 1103515245 + 12345;
            if ((a >> 16 & 15) == 0 || turn == 50) return a << 8 | turn;
        }
    });
    t.each("early_return", [](uint32_t a) -> uint32_t {
        if (a & 1) return a * 5;
        uint32_t r = 1;
        while (r < (a & 0xffff) && (r == 1 || r % 11)) r = r * 2 + 1;
        return r;
    });
    t.each("binary_search", [](uint32_t a) -> int { return int(std::sqrt((long double)a)); });

    t.each("call_simple", [](int a, int b) -> int {
        return sub_product(sub_product(a, b, 5), sub_product(b, a, 7), sub_product(a, a, b));
    });
    t.each(
        "call_many",
        [](int a, int b) -> i64 {
            return a + b * 2 + int16_t(a) * 3 + (b & 1023) * 5 + uint8_t(a) * 7 + (a & 511) * 11 + a * 13 + b * 17 +
                   b * 19 + b * 23 + int8_t(a) * 29 + (b & 255) * 31 + a * 37 + b * 41 + (a ^ b) * 43 + (a & b) * 47 +
                   a * 53 + b * 59 + a * 61 + a * 67 + b * 71;
        },
        in(-1000000, 1000000), in(-1000000, 1000000));
    t.run(
        "recursion", line(140),
        [](Uints& out) {
            for (uint32_t i = 0; i < 140; ++i) out[i] = i % 7 + 1 + i % 2;  // A(0, n) = n + 1, A(1, n) = n + 2
        },
        Uints(140));
    t.run(
        "mutual_recursion", line(200),
        [](Uints& out) {
            for (uint32_t i = 0; i < 200; ++i) out[i] = (i % 20 % 2 == 0) * 2 + i % 13 % 2;
        },
        Uints(200));
    t.run(
        "call_pointers", line(200),
        [](Ints& out, const Ints& in) {
            for (size_t i = 0; i < 200; ++i) out[i] = in[i] / 1000 / 7 * 10000 + in[i] / 1000 % 7 * 1000 + in[i] % 1000;
        },
        Ints(200), numbers(200, -1000000, 1000000));
    t.each("call_divergent", [](uint32_t a) -> uint32_t {
        uint32_t r = a & 1 ? wide_product(a, 1) : a;
        for (uint32_t k = 0; k < (a >> 8 & 7); ++k) r = r & 2 ? wide_product(r, k) : r + k;
        return r;
    });

    t.run(
        "places_line", {.global = {333, 1, 1}, .local = {64, 1, 1}, .offset = {1000, 0, 0}},
        [](Uints& out) {
            for (uint32_t i = 0; i < 333; ++i) {
                const uint32_t size = i < 320 ? 64 : 13, row[] = {1000 + i, i % 64, i / 64, size, 33306};
                std::copy(row, row + 5, &out[5 * i]);
            }
        },
        Uints(5 * 333));
    t.run(
        "places_space", {.global = {13, 7, 5}, .local = {4, 4, 2}},
        [](Uints& out, uint32_t nx, uint32_t ny) {
            for (uint32_t i = 0; i < out.size(); ++i) {
                const uint32_t x = i % nx, y = i / nx % ny, z = i / nx / ny;
                out[i] = ((x * 100 + y) * 100 + z) * 1000 + x % 4 + 10 * (y % 4) + 100 * (z % 2);
            }
        },
        Uints(13 * 7 * 5), 13u, 7u);
    t.run(
        "plane", {.global = {50, 30, 1}, .local = {16, 8, 1}},
        [](Uints& out, uint32_t nx) {
            for (uint32_t i = 0; i < out.size(); ++i) out[i] = i % nx / 16 * 1000 + i / nx / 8;
        },
        Uints(1500), 50u);
    t.run("nothing", line(1000), [] {});
    t.run(
        "scalars", line(1),
        [](std::vector<i64>& out, int8_t a, uint16_t b, int c, uint64_t d, float e, double f, uint8_t g,
           const Vec<int16_t, 2>& h) {
            out[0] = a + b * 2 + c * 3l + i64(d) + int(e) * 5 + i64(f) * 7 + g * 11 + h[0] * 13 + h[1] * 17;
        },
        std::vector<i64>(1), int8_t(-100), uint16_t(65000), -2000000000, uint64_t(1) << 40, 3.75f, -1e12, uint8_t(200),
        Vec<int16_t, 2>{-30000, 123});

    if (!t.optimized()) return;
    t.run(
        "offsets", {.global = {6, 5, 4}, .local = {4, 2, 2}, .offset = {10, 20, 30}},
        [](Uints& out, uint32_t nx, uint32_t ny) {
            for (uint32_t i = 0; i < out.size(); ++i)
                out[i] = ((10 + i % nx) * 100 + 20 + i / nx % ny) * 100 + 30 + i / nx / ny;
        },
        Uints(120), 6u, 5u);
}
