// C++ on the device. The host's words use other means: no shared class, no shared loop.

#include <complex>

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using Ints = std::vector<int>;
using Uints = std::vector<uint32_t>;
using u32 = uint32_t;

template <int bits> static int narrow(int v) { return int(u32(v) << (32 - bits)) >> (32 - bits); }

static void automaton(Ints& out, const std::vector<uint8_t>& words) {
    for (size_t i = 0; i < out.size(); ++i) {
        const uint8_t* word = &words[(i / 64 * 64 + (i + 63) % 64) * 8];
        int value = 0, pending = 0, before = 1;
        for (int k = 0; k < 8 && (word[k] & 3) != 3; before = word[k++] & 3) {
            if ((word[k] & 3) == 0)
                pending = before == 2 ? pending * (word[k] >> 2) : pending + (word[k] >> 2);
            else if ((word[k] & 3) == 1)
                value += std::exchange(pending, 0);
            else
                value ^= 5;
        }
        out[i] = value * 1000 + pending;
    }
}
// The kernel's stack is this one's recursion, right subtrees first.
static void walk(u32& hash, const Uints& tree, u32 node, u32 bit) {
    if (node >= tree.size()) return;
    hash = hash * 31 + tree[node];
    walk(hash, tree, 2 * node + 2, bit);
    if (tree[node] >> bit & 1) walk(hash, tree, 2 * node + 1, bit);
}

THEME("objects") {
    using Complex = Vec<int, 2>;
    t.each(
        "complex_powers",
        [](Complex z) -> Complex {
            const std::complex<double> w(z[0], z[1]), p = w * w * w * w * w + w;
            return {int(p.real()), int(p.imag())};
        },
        in(-20, 20));
    t.each("bit_fields", [](u32 n) -> int {
        const u32 a = n % 32, b = ((n >> 3) + a) % 2048;
        const int c = narrow<7>(int(n >> 7)), d = narrow<9>(narrow<9>(int(n >> 11)) - c);
        return int(a + b * 3) + c * 5 + d * 7;
    });

    if (!t.optimized()) return;
    t.each("matrix_power", [](u32 n) -> uint64_t {
        uint64_t a = 0, b = 1;
        for (u32 k = 0; k < n % 90; ++k) b += std::exchange(a, b);
        return a;
    });
    t.run(
        "virtual_calls", line(1000),
        [](Ints& out, const Ints& in) {
            for (int i = 0; i < 1000; ++i) {
                const int x = in[i] & 1023, y = in[i] >> 10 & 1023;
                out[i] = i % 3 == 0 ? x * x * 10 + 4 : i % 3 == 1 ? x * y * 10 + 4 : x * y / 2 * 10 + 3;
            }
        },
        Ints(1000), numbers<int>(1000));
    t.run(
        "function_pointers", line(1000),
        [](Ints& out, const Uints& programs) {
            for (u32 i = 0; i < 1000; ++i) {
                u32 x = i;
                for (int k = 0; k < 8; ++k) x = std::array{2 * x, x * x, -x, x + 1}[programs[i] >> 2 * k & 3];
                out[i] = int(x);
            }
        },
        Ints(1000), numbers<u32>(1000));
    t.run(
        "lambdas", line(200),
        [](Ints& out, const Ints& in) {
            for (int i = 0; i < 200; ++i) {
                const Ints ten(&in[i], &in[i] + 10);
                for (int x : ten) out[3 * i] += x ^ i * 3, out[3 * i + 2] += x & 1;
                out[3 * i + 1] = *std::max_element(ten.begin(), ten.end());
            }
        },
        Ints(600), numbers(210, -100000, 100000));
    t.run(
        "tree_walk", line(200),
        [](Uints& out, const Uints& tree, u32) {
            for (u32 i = 0; i < 200; ++i) walk(out[i] = i, tree, 0, i & 15);
        },
        Uints(200), numbers<u32>(63), 63u);
    t.run("automaton", line(640), automaton, Ints(640), numbers<uint8_t>(640 * 8));
    t.run(
        "atomic_builtins", line(1000),
        [](Uints& sums, const Uints& in) {
            for (u32 x : in) sums[x % 5] += x, sums[5] = std::max(sums[5], x), sums[6] += x & 255;
        },
        Uints(7), numbers<u32>(1000));
}
