// Atomic operations: sums, extremes and counts that no order can change.

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using Ints = std::vector<int>;
using Uints = std::vector<uint32_t>;
using Longs = std::vector<int64_t>;
using Ulongs = std::vector<uint64_t>;
using Floats = std::vector<float>;

static void local_counters(Uints& out, const Uints& in) {
    for (size_t i = 0; i < in.size(); ++i) {
        uint32_t* c = &out[i / 64 * 8];
        const uint32_t x = in[i];
        if (i % 64 == 0) c[4] = ~0u;
        c[0] += x, c[1] -= x, c[2] = std::max(c[2], x), c[3] |= x, c[4] &= x | 1, c[5] ^= x, ++c[6];
        c[7] = uint32_t(std::max(int(c[7]), int(x)));
    }
}

THEME("atomic") {
    t.run(
        "add_global", line(1000),
        [](Ints& sum, const Ints& in) {
            for (int x : in) sum[0] += x;
        },
        Ints(1), numbers(1000, -99999, 99999));
    t.run(
        "subtract_global", line(1000),
        [](Ints& sums, const Ints& in) {
            for (size_t i = 0; i < in.size(); ++i) sums[i % 7] -= in[i];
        },
        Ints(7), numbers(1000, -99999, 99999));
    t.run(
        "extremes_global", line(1000),
        [](Ints& found, const Ints& in) {
            const Uints u(in.begin(), in.end());
            found = {*std::min_element(in.begin(), in.end()), *std::max_element(in.begin(), in.end()),
                     int(*std::min_element(u.begin(), u.end())), int(*std::max_element(u.begin(), u.end()))};
        },
        Ints{0, 0, -1, 0}, numbers<int>(1000));
    t.run(
        "bits_global", line(1000),
        [](Uints& found, const Uints& in) {
            for (uint32_t x : in) found[0] &= x | 0xffff, found[1] |= x & 0xf0f0f0f0, found[2] ^= x;
        },
        Uints{~0u, 0, 0}, numbers<uint32_t>(1000));
    t.run(
        "tickets", line(1000), [](Uints& next, Uints& taken) { next[0] = 1000, taken.assign(1000, 1); }, Uints(1),
        Uints(1000));
    t.run(
        "decrements", line(1000), [](Uints& count, Uints& seen) { count[0] = 0, seen.assign(1000, 1); }, Uints{1000},
        Uints(1000));
    t.run(
        "exchanges", line(1000), [](auto&, Ints& sum, const Ints&) { sum[0] = 42 * 999; }, Unseen<int>(1), Ints(1),
        Ints(1000, 42));
    t.run(
        "add_float_cas", line(500),
        [](Floats& sum, const Floats& in) {
            for (float x : in) sum[0] += x;
        },
        Floats(1), Floats(500, 3));
    t.run(
        "add_long", line(1000),
        [](Longs& sum, const Longs& in) {
            for (int64_t x : in) sum[0] = int64_t(uint64_t(sum[0]) + uint64_t(x));
        },
        Longs(1), numbers<int64_t>(1000));
    t.run(
        "extremes_long", line(1000),
        [](Longs& found, const Longs& in) {
            for (int64_t x : in) {
                found[0] = std::min(found[0], x), found[1] = std::max(found[1], x);
                found[2] ^= x, found[3] |= x;
            }
        },
        Longs(4), numbers<int64_t>(1000));
    t.run(
        "multiply_long_cas", line(300),
        [](Ulongs& product, const Ulongs& in) {
            for (uint64_t x : in) product[0] *= x | 1;
        },
        Ulongs{1}, numbers<uint64_t>(300));
    t.run("local_counters", line(640), local_counters, Uints(80), numbers<uint32_t>(640));
    t.run(
        "local_long", line(640),
        [](Longs& out, const Longs& in) {
            for (size_t i = 0; i < in.size(); ++i) {
                int64_t* o = &out[i / 64 * 2];
                o[0] = int64_t(uint64_t(o[0]) + uint64_t(in[i]));
                o[1] = i % 64 ? std::min(o[1], in[i]) : in[i];
            }
        },
        Longs(20), numbers<int64_t>(640));
    t.run(
        "c11_fetch", line(1000),
        [](Ints& v, const Ints& in) {
            for (int x : in) v[0] += x, v[1] -= x, v[2] = std::max(v[2], x), v[3] |= x;
        },
        Ints(4), numbers(1000, -99999, 99999));
    t.run(
        "c11_swap", line(300),
        [](Uints& v, const Uints& in) {
            for (uint32_t x : in) v[0] ^= x;
        },
        Uints(1), numbers<uint32_t>(300));
    t.run(
        "spin_lock", line(1280),
        [](Ints&, Ints& shared) {
            shared = {60, 120};
        },
        Ints(1), Ints(2));
    t.run(
        "last_group", line(1280),
        [](Uints& part, Uints& done, Uints& out, const Uints& in) {
            done[0] = 20;
            for (size_t i = 0; i < in.size(); ++i) part[i / 64] += in[i], out[0] += in[i];
        },
        Uints(20), Uints(1), Uints(1), numbers<uint32_t>(1280));
    t.run(
        "generic_count", line(640),
        [](Uints& out) {
            out = {1280, 1280};
        },
        Uints(2));
}
