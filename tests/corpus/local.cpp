// Algorithms of workgroups: the host's words are those of the textbook, one loop each.

#include <numeric>

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using Ints = std::vector<int>;
using Uints = std::vector<uint32_t>;
using Bytes = std::vector<uint8_t>;
using Floats = std::vector<float>;

template <class T> static void sort_each(std::vector<T>& data, size_t length) {
    for (auto at = data.begin(); at != data.end(); at += length) std::sort(at, at + length);
}

static void widths(Uints& out, const Uints& in) {
    std::vector<uint8_t> m(1024);
    std::memcpy(m.data(), in.data(), 1024);
    const auto read = [&]<class T>(T value, size_t i) {
        std::memcpy(&value, &m[i * sizeof value], sizeof value);
        return value;
    };
    for (uint32_t me = 0; me < 64; ++me)
        out[me] = m[me * 7] + read(uint16_t(), me * 5 + 1) * 3 + read(uint32_t(), 255 - me) +
                  uint32_t(read(uint64_t(), me * 2) >> 40);
    for (uint32_t me = 0; me < 64; ++me) {
        m[me * 16 + 3] = me;
        const uint16_t word = me * 257;
        std::memcpy(&m[me * 16 + 6], &word, 2);
        const uint64_t both = read(uint64_t(), me * 2 + 1) ^ 0x0123456789abcdef;
        std::memcpy(&m[me * 16 + 8], &both, 8);
    }
    for (uint32_t me = 0; me < 64; ++me)
        for (uint32_t k = 0; k < 4; ++k) out[me] += read(uint32_t(), (63 - me) * 4 + k) * (2 * k + 1);
}

static void life(Bytes& cells, uint32_t generations) {
    for (size_t board = 0; board < cells.size(); board += 256)
        for (uint32_t g = 0; g < generations; ++g) {
            const Bytes now(&cells[board], &cells[board] + 256);
            for (int i = 0; i < 256; ++i) {
                int near = -now[i];
                for (int k = 0; k < 9; ++k) near += now[(i / 16 + k / 3 + 15) % 16 * 16 + (i + k % 3 + 15) % 16];
                cells[board + i] = near == 3 || (now[i] && near == 2);
            }
        }
}

// Small whole numbers: their sums are exact in any order.
static Floats whole_numbers(size_t count) {
    const Ints v = numbers(count, -20, 20);
    return Floats(v.begin(), v.end());
}

THEME("local") {
    t.run(
        "sum_tree", line(1280, 128),
        [](Ints& out, const Ints& in) {
            for (int i = 0; i < 1280; ++i) out[i / 128] = int(uint32_t(out[i / 128]) + uint32_t(in[i]));
        },
        Ints(10), numbers<int>(1280));
    t.run(
        "prefix_sum", line(1000, 200),
        [](Uints& out, const Uints& in, auto, auto) {
            for (auto at = 0; at < 1000; at += 200) std::partial_sum(&in[at], &in[at] + 200, &out[at]);
        },
        Uints(1000), numbers<uint32_t>(1000), Local{800}, Local{800});
    t.run(
        "prefix_tree", line(640, 128),
        [](Uints& out, const Uints& in) {
            for (auto at = 0; at < 1280; at += 256) std::exclusive_scan(&in[at], &in[at] + 256, &out[at], 0u);
        },
        Uints(1280), numbers<uint32_t>(1280));
    t.run(
        "transpose_tile", {.global = {64, 64, 1}, .local = {16, 16, 1}},
        [](Floats& out, const Floats& in, uint32_t n) {
            for (uint32_t i = 0; i < n * n; ++i) out[i] = in[i % n * n + i / n];
        },
        Floats(4096), numbers(4096, -9.f, 9.f), 64u);
    t.run(
        "histogram", line(512),
        [](Uints& out, const Bytes& in, uint32_t) {
            for (uint8_t v : in) ++out[v / 4];
        },
        Uints(64), numbers<uint8_t>(8 * 16 * 64), 16u);
    t.run(
        "sort_bitonic", line(1024, 256), [](Ints& data) { sort_each(data, 256); }, numbers<int>(1024));
    t.run(
        "sort_odd_even", line(500, 100), [](std::vector<int16_t>& data) { sort_each(data, 100); },
        numbers<int16_t>(500));
    t.run(
        "sort_radix", line(640), [](Uints& data) { sort_each(data, 64); }, numbers<uint32_t>(640));
    t.run(
        "multiply_tiled", {.global = {48, 48, 1}, .local = {8, 8, 1}},
        [](Floats& c, const Floats& a, const Floats& b, uint32_t n) {
            for (uint32_t i = 0; i < n * n; ++i)
                for (uint32_t k = 0; k < n; ++k) c[i] += a[i / n * n + k] * b[k * n + i % n];
        },
        Floats(48 * 48), whole_numbers(48 * 48), whole_numbers(48 * 48), 48u);
    t.run(
        "stencil", line(640),
        [](Ints& out, const Ints& in, uint32_t n) {
            for (uint32_t i = 0; i < n; ++i) out[i] = (i ? in[i - 1] : 0) - 2 * in[i] + (i + 1 < n ? in[i + 1] : 0);
        },
        Ints(640), numbers(640, -9999, 9999), 640u);
    t.run("widths", line(64), widths, Uints(64), numbers<uint32_t>(256));
    t.run(
        "arg_max", line(256, 256),
        [](Ints& out, const Ints& in, uint32_t) {
            const auto best = std::max_element(in.begin(), in.end());
            out = {*best, int(best - in.begin())};
        },
        Ints(2), numbers(3000, -5000, 5000), 3000u);
    t.run("life", {.global = {16 * 4, 16, 1}, .local = {16, 16, 1}}, life, numbers<uint8_t>(1024, 0, 1), 10u);
    t.run(
        "mailbox", line(256, 256),
        [](Uints& box, Uints& out) {
            for (uint32_t i = 0; i < 256; ++i) box[i] = i * i, out[i] = (i ^ 85) * (i ^ 85);
        },
        Uints(256), Uints(256));
}
