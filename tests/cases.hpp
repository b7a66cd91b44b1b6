#pragma once
// Tables of one-instruction cases: what the manual says of an instruction, as a function of its sources, over corner
// values in the 64 lanes.

#include <catch2/catch.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/run.hpp"

namespace gcn::test {

// `text` names registers A B C (sources) and D (destination), twice the letter for 64 bits: "v_lshlrev_b64 DD, A, BB".
struct Row {
    std::string text;
    std::function<uint64_t(const std::array<uint64_t, 3>&, bool flush)> expected;
    bool (*equal)(uint64_t, uint64_t);
};

template <class T> T value_of(uint64_t x, bool flush) {
    if constexpr (std::is_same_v<T, float>)
        return flush ? flushed(f32(uint32_t(x))) : f32(uint32_t(x));
    else if constexpr (std::is_same_v<T, double>)
        return f64(x);
    else
        return T(x);
}
template <class T> uint64_t bits_of(T x, bool flush) {
    if constexpr (std::is_same_v<T, float>)
        return bits(flush ? flushed(x) : x);
    else if constexpr (std::is_same_v<T, double>)
        return bits(x);
    else
        return uint64_t(std::make_unsigned_t<T>(x));
}

// f's parameters say how wide the sources are and how they are meant; NaNs count as equal when it returns a float.
template <class R, class... Sources> Row row(const char* text, R (*f)(Sources...)) {
    const auto expected = [f](const std::array<uint64_t, 3>& in, bool flush) {
        return [&]<size_t... k>(std::index_sequence<k...>) {
            return bits_of<R>(f(value_of<Sources>(in[k], flush)...), flush);
        }
        (std::index_sequence_for<Sources...>{});
    };
    const auto equal = [](uint64_t a, uint64_t b) {
        if constexpr (std::is_same_v<R, float>)
            return same(uint32_t(a), uint32_t(b));
        else if constexpr (std::is_same_v<R, double>)
            return same(a, b);
        else
            return a == b;
    };
    return {text, expected, equal};
}

using Sources = std::vector<std::array<uint64_t, 3>>;

// Every pair of `corners`, with a third one.
template <class Bits> Sources pairs(const std::vector<Bits>& corners) {
    Sources out;
    for (size_t i = 0; i < corners.size(); ++i)
        for (size_t j = 0; j < corners.size(); ++j)
            out.push_back({corners[i], corners[j], corners[(3 * i + 5 * j + 1) % corners.size()]});
    return out;
}

inline const std::vector<uint32_t> integers32{
    0,      1,          2,          31,         32,         33,         0x7f,       0xff,       0x7fff,     0x8000,
    0xffff, 0x00ffffff, 0x01000000, 0x12345678, 0x7fffffff, 0x80000000, 0x80000001, 0xcafebabe, 0xfffffffe, 0xffffffff};
inline const std::vector<uint64_t> integers64{
    0, 1, 63, 64, 0xffffffff, 0x100000000, 0x123456789abcdef0, 0x7fffffffffffffff, 0x8000000000000000, ~0ull};
// Zeros, denormals, the smallest and largest normal numbers, halves, integers' edges, infinities, NaN; both signs.
inline const std::vector<uint32_t> floats32{0x00000000, 0x80000000, 0x00000001, 0x807fffff, 0x00800000, 0x80800001,
                                            0x3f800000, 0xbf800000, 0x3f800001, 0x3f000000, 0xbfc00000, 0x40200000,
                                            0xc0490fdb, 0x4b000001, 0xcf000000, 0x4f7fffff, 0x33800000, 0x7f7fffff,
                                            0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000};
inline const std::vector<uint64_t> floats64{
    0x0000000000000000, 0x8000000000000000, 0x0000000000000001, 0x800fffffffffffff, 0x0010000000000000,
    0x3ff0000000000000, 0xbff0000000000000, 0x3ff0000000000001, 0x3fe0000000000000, 0xbff8000000000000,
    0xc00921fb54442d18, 0x4330000000000001, 0x3ca0000000000000, 0x7fefffffffffffff, 0xffefffffffffffff,
    0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000};

// The text with register names in place of A B C D.
inline std::string with_registers(const std::string& text, int destination) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        const size_t k = std::string_view("ABCD").find(text[i]);
        if (k == std::string::npos) {
            out += text[i];
            continue;
        }
        const int first = k == 3 ? destination : 1 + 2 * int(k);
        const bool wide = i + 1 < text.size() && text[i + 1] == text[i];
        out +=
            wide ? "v[" + std::to_string(first) + ":" + std::to_string(first + 1) + "]" : "v" + std::to_string(first);
        i += wide;
    }
    return out + "\n";
}

// Runs every row over every triple of sources, and compares each lane. `flush`: f32 denormals are zeros of their sign,
// on the way in and out.
inline void check(const std::vector<Row>& rows, const Sources& sources, bool flush = true) {
    constexpr int first_destination = 8, rows_at_once = 12;
    for (size_t from = 0; from < rows.size(); from += rows_at_once) {
        const size_t end = std::min(rows.size(), from + rows_at_once);
        std::string body;
        for (size_t r = from; r < end; ++r) body += with_registers(rows[r].text, first_destination + 2 * int(r - from));
        for (size_t at = 0; at < sources.size(); at += 64) {
            State before;
            before.float_mode = flush ? 0xc0 : denormals_on;
            for (int lane = 0; lane < 64; ++lane)
                for (int k = 0; k < 3; ++k) before.set_v64(1 + 2 * k, lane, sources[(at + lane) % sources.size()][k]);
            const State after = run(before, body);
            for (size_t r = from; r < end; ++r)
                for (int lane = 0; lane < 64; ++lane) {
                    const auto& in = sources[(at + lane) % sources.size()];
                    const int d = first_destination + 2 * int(r - from);
                    const bool wide = rows[r].text.find("DD") != std::string::npos;
                    const uint64_t got = wide ? after.v64(d, lane) : after.v[d][lane];
                    const uint64_t expected = rows[r].expected(in, flush);
                    if (rows[r].equal(got, expected)) continue;
                    char message[200];
                    std::snprintf(message, sizeof message, "%s: A %llx B %llx C %llx gives %llx, not %llx",
                                  rows[r].text.c_str(), (unsigned long long)in[0], (unsigned long long)in[1],
                                  (unsigned long long)in[2], (unsigned long long)got, (unsigned long long)expected);
                    FAIL_CHECK(message);
                }
        }
    }
    SUCCEED();
}

}  // namespace gcn::test
