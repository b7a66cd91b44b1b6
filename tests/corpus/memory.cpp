// Structures have the same layout on both sides: OpenCL's and the host's compiler follow the same rules here.

#include <numeric>

#include "tests/corpus/corpus.hpp"

using namespace gcn::corpus;

using Ints = std::vector<int>;
using Uints = std::vector<uint32_t>;
using Floats = std::vector<float>;

namespace {

struct Point {
    float x, y, z;
    int tag;
};
struct Mixed {
    int8_t a;
    int8_t gap_a[7] = {};
    int64_t b;
    int16_t c;
    uint8_t d[3];
    uint8_t gap_d[3] = {};
    double e;
};
struct Key {
    uint32_t key[5];
    uint16_t small, gap = 0;
};
struct Node {
    uint64_t next;
    int value, gap = 0;
};

std::vector<Point> points(size_t count) {
    std::vector<Point> all;
    for (size_t i = 0; i < count; ++i) all.push_back({float(i), float(i * i), -float(i), int(i * 77)});
    return all;
}
std::vector<Mixed> mixed(size_t count) {
    std::vector<Mixed> all;
    for (int i = 0; i < int(count); ++i)
        all.push_back({.a = int8_t(i), .b = i * 1000000007l, .c = int16_t(i * 5), .d = {1, 2, 3}, .e = i * 0.25});
    return all;
}

void private_sort(std::vector<int16_t>& data) {
    for (auto at = data.begin(); at != data.end(); at += 16) std::sort(at, at + 16);
}
void private_table(Ints& out, const Ints& in) {
    for (size_t i = 0; i < out.size(); ++i) {
        uint32_t a[32], sum = 0;
        for (uint32_t k = 0; k < 32; ++k) a[k] = uint32_t(in[i]) * k;
        for (int k = 0; k < 32; ++k) a[(uint32_t(in[i]) + k) & 31] += a[((in[i] >> 5) + k) & 31];
        for (uint32_t v : a) sum = sum * 31 + v;
        out[i] = int(sum);
    }
}
void private_bytes(Uints& out, const Uints& in) {
    for (size_t i = 0; i < out.size(); ++i) {
        std::vector<uint32_t> order(64);
        std::iota(order.begin(), order.end(), 0);
        uint32_t state = in[i];
        for (uint32_t k = 63; k > 0; --k) {
            state = state * 1664525 + 1013904223;
            std::swap(order[k], order[(state >> 16) % (k + 1)]);
        }
        out[i] = 0;
        for (uint32_t v : order) out[i] = out[i] * 33 ^ v;
    }
}
void spilled(Uints& out, const Uints& in) {
    for (uint32_t i = 0; i < out.size(); ++i) {
        uint32_t v[90], sum = 0;
        for (uint32_t n = 10; n < 90; ++n) v[n] = in[(i + n) & 1023];
        for (int k = 0; k < 3; ++k) {
            for (uint32_t n = 10; n < 90; ++n) v[n] = v[n] * 2654435761u ^ (v[10] + n);
            v[10] += v[89] ^ v[44];
        }
        for (uint32_t n = 10; n < 90; ++n) sum = sum * 31 + v[n];
        out[i] = sum;
    }
}
uint32_t total(const Ints& v, uint32_t factor = 3) {
    uint32_t sum = 0;
    for (int x : v) sum = sum * factor + uint32_t(x);
    return sum;
}
void generic_total(Ints& out, const Ints& in) {
    Ints shared(in);
    for (int& x : shared) ++x;
    for (size_t i = 0; i < 64; ++i) {
        Ints own;
        for (int k = 0; k < 8; ++k) own.push_back(in[i] * k);
        out[i] = int(total(Ints(in.begin(), in.begin() + 8)) + total(shared) + total(own));
    }
}
void generic_mixed(Ints& out, Ints& in) {
    Ints shared(64), own(64, 1000);
    std::iota(shared.begin(), shared.end(), 2000);
    const auto place = [&](int i) { return i % 3 == 0 ? &own[i] : i % 3 == 1 ? &in[i] : &shared[63 - i]; };
    for (int i = 0; i < 64; ++i) out[i] = *place(i) + own[i];
    for (int i = 0; i < 64; ++i) *place(i) = i;
    for (int i = 0; i < 64; ++i) out[i] += 10000 * own[i] + shared[i] % 100;
}
void packed_words(Uints& out, const std::vector<uint8_t>& in) {
    for (size_t i = 0; i < out.size(); ++i) {
        const uint8_t* p = &in[7 * i];
        const uint32_t b = p[1] | p[2] << 8 | p[3] << 16 | uint32_t(p[4]) << 24, c = p[5] | p[6] << 8;
        out[i] = p[0] + b * 3 + c * 5;
    }
}

}  // namespace

THEME("memory") {
    t.run(
        "move_points", line(100),
        [](std::vector<Point>& all, Point by) {
            for (Point& p : all) p = {p.x + by.x, p.y + by.y, p.z + by.z, p.tag ^ by.tag};
        },
        points(100), Point{0.5f, -2, 1024, 0x1234});
    t.run(
        "mixed_fields", line(100),
        [](std::vector<Mixed>& m, const Ints& in) {
            for (size_t i = 0; i < m.size(); ++i) {
                m[i].a = int8_t(in[i]);
                m[i].b = int64_t(in[i]) * in[i];
                m[i].c = int16_t(m[i].c + m[i].a);
                m[i].d[i % 3] = uint8_t(in[i] >> 8);
                m[i].e = m[i].e * 2 + in[i];
            }
        },
        mixed(100), numbers<int>(100));
    t.run(
        "argument_of_array", line(100),
        [](Uints& out, const Key& key, const Vec<uint16_t, 4>& v, int8_t c) {
            for (size_t i = 0; i < 100; ++i) out[i] = key.key[i % 5] * 3 + key.small + v[1] * 5 + v[3] + c;
        },
        Uints(100), Key{{1, 22, 333, 4444, 0xffffffff}, 0xabcd}, Vec<uint16_t, 4>{1, 2, 3, 40000}, int8_t(-5));
    t.run(
        "swap_structures", line(100), [](std::vector<Point>& a, std::vector<Point>& b) { std::swap(a, b); },
        points(100), std::vector<Point>(100, {1, 2, 3, 4}));
    t.run(
        "array_to_structure", line(100),
        [](Floats& xs, Ints& tags, const std::vector<Point>& p) {
            for (size_t i = 0; i < 100; ++i) xs[i] = p[i].x, tags[i] = p[i].tag;
        },
        Floats(100), Ints(100), points(100));
    t.each("union_bytes", [](float a) -> uint32_t {
        const uint32_t u = std::bit_cast<uint32_t>(a);
        return (u & 0xffff00) | u >> 24 | u << 24;
    });

    t.run("private_table", line(200), private_table, Ints(200), numbers<int>(200));
    t.run("private_bytes", line(100), private_bytes, Uints(100), numbers<uint32_t>(100));
    t.run("private_sort", line(100), private_sort, numbers<int16_t>(1600));
    t.each("private_doubles", [](int v) -> double {
        double a[8], sum = 0;
        for (int k = 0; k < 8; ++k) a[k] = k * 0.5;
        a[v & 7] = v;
        a[v >> 3 & 7] -= 1;
        for (int k = 0; k < 8; ++k) sum += a[k] * (k + 1);
        return sum;
    });
    t.run("spilled", line(256), spilled, Uints(256), numbers<uint32_t>(1024));

    t.each("constant_primes", [](uint32_t a, uint32_t b) -> uint32_t {
        const uint32_t p[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53};
        return p[a % 16] * p[b % 16];
    });
    t.each("constant_corners", [](uint32_t a) -> float {
        const float x[] = {0, 1, 1, 0}, y[] = {0, 0, 2, 3};
        return x[a % 4] * 10 + y[a / 4 % 4];
    });
    t.each("constant_text", [](uint32_t a) -> int8_t { return "the quick brown fox jumps over the lazy dog"[a % 43]; });
    t.run(
        "constant_buffer", line(200),
        [](Ints& out, const Ints& table, const Uints& in) {
            for (size_t i = 0; i < 200; ++i) out[i] = table[in[i] % 100] - table[i % 100];
        },
        Ints(200), numbers(100, -1000, 1000), numbers<uint32_t>(200));

    t.run(
        "pointer_table", line(200),
        [](Ints& out, const Ints& a, const Ints& b, const Ints& c) {
            for (size_t i = 0; i < 200; ++i) {
                const int v[] = {a[i], b[i], c[i]};
                out[i] = v[i % 3] * 49 + v[(i + 1) % 3] * 7 + v[(i + 2) % 3];
            }
        },
        Ints(200), numbers(200, -99, 99), numbers(200, 0, 5000), Ints(200, 7));
    t.run(
        "linked_list", line(128, 128),
        [](Ints& out, auto&, const Ints& next, int steps) {
            for (int i = 0; i < 128; ++i) {
                uint32_t sum = 0;
                for (int k = 0, n = i; k < steps; ++k, n = next[n]) sum = sum * 5 + uint32_t(n * 3);
                out[i] = int(sum);
            }
        },
        Ints(128), Unseen<Node>(128), numbers(128, 0, 127), 20);
    t.run("generic_total", line(64), generic_total, Ints(64), numbers(64, -1000, 1000));
    t.run("generic_mixed", line(64), generic_mixed, Ints(64), numbers(64, 3000, 4000));
    t.run(
        "generic_kinds", line(64),
        [](Ints& out, const Ints&) {
            for (int i = 0; i < 64; ++i) out[i] = i % 3 == 0 ? 2 : i % 3 == 1 ? 1 : 4;
        },
        Ints(64), Ints(64));
    t.run("packed_words", line(100), packed_words, Uints(100), numbers<uint8_t>(700));
}
