// rocPRIM's histograms, selections, partitions, runs, merges and searches against plain loops.

#include "tests/programs/prim.hpp"

#include <map>
#include <numeric>

struct Odd {
    template <class T> __host__ __device__ bool operator()(const T& v) const { return int64_t(v) & 1; }
};

template <class T> static void histograms(size_t n) {
    auto in = small_numbers<T>(n, unsigned(n));  // -4 to 4, or 0 to 8
    const int bins = 20;
    const T low = T(std::is_unsigned_v<T> ? 0 : -5), high = T(low + bins);  // one bin each
    std::vector<unsigned> want(bins);
    for (const T v : in)
        if (v >= low && v < high) want[size_t(double(v - low) * bins / double(high - low))]++;
    Array<T> d(in);
    Array<unsigned> out(bins);
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::histogram_even(storage, bytes, static_cast<T*>(d), unsigned(n), static_cast<unsigned*>(out),
                                       unsigned(bins + 1), low, high);
    });
    EQUAL(out.host(), want);
}

template <class T> static void selections(size_t n) {
    const auto in = any_numbers<T>(n, unsigned(n) + 1);
    const auto repeated = small_numbers<T>(n, unsigned(n) + 2);
    Array<T> d(in), e(repeated), out(n);
    Array<unsigned> count(1);
    std::vector<T> want;
    const auto compare = [&](std::vector<T> right) {
        EQUAL(size_t(count.host()[0]), right.size());
        auto got = out.host();
        got.resize(right.size());
        EQUAL(got, right);
    };
    std::copy_if(in.begin(), in.end(), std::back_inserter(want), Odd());
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::select(storage, bytes, static_cast<T*>(d), static_cast<T*>(out), static_cast<unsigned*>(count),
                               n, Odd());
    });
    compare(want);
    const size_t odd = want.size();  // partition: these, then the others from the end backwards
    for (size_t i = n; i-- > 0;)
        if (!Odd()(in[i])) want.push_back(in[i]);
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::partition(storage, bytes, static_cast<T*>(d), static_cast<T*>(out),
                                  static_cast<unsigned*>(count), n, Odd());
    });
    EQUAL(size_t(count.host()[0]), odd);
    EQUAL(out.host(), want);
    want.clear();
    std::unique_copy(repeated.begin(), repeated.end(), std::back_inserter(want));
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::unique(storage, bytes, static_cast<T*>(e), static_cast<T*>(out), static_cast<unsigned*>(count),
                               n);
    });
    compare(want);
}

template <class T> static void runs(size_t n) {
    std::vector<T> in(n), want_values;
    std::vector<unsigned> want_lengths;
    for (size_t i = 0, length = 1; i < n; length = length * 5 % 997)
        for (size_t k = 0; k < length && i < n; k++) in[i++] = T(length);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || in[i] != in[i - 1]) want_values.push_back(in[i]), want_lengths.push_back(0);
        want_lengths.back()++;
    }
    Array<T> d(in), values(n);
    Array<unsigned> lengths(n), count(1);
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::run_length_encode(storage, bytes, static_cast<T*>(d), unsigned(n), static_cast<T*>(values),
                                          static_cast<unsigned*>(lengths), static_cast<unsigned*>(count));
    });
    EQUAL(size_t(count.host()[0]), want_values.size());
    auto got_values = values.host();
    auto got_lengths = lengths.host();
    got_values.resize(want_values.size()), got_lengths.resize(want_lengths.size());
    EQUAL(got_values, want_values);
    EQUAL(got_lengths, want_lengths);
}

template <class T> static void ordered(size_t n) {
    auto a = any_numbers<T>(n, unsigned(n) + 3), b = any_numbers<T>(n / 2 + 1, unsigned(n) + 4);
    const auto needles = b;
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    std::vector<T> want(a.size() + b.size());
    std::merge(a.begin(), a.end(), b.begin(), b.end(), want.begin());
    Array<T> da(a), db(b), dn(needles), out(want.size());
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::merge(storage, bytes, static_cast<T*>(da), static_cast<T*>(db), static_cast<T*>(out), a.size(),
                              b.size(), rocprim::less<T>());
    });
    EQUAL(out.host(), want);
    std::vector<unsigned> places(needles.size());
    for (size_t i = 0; i < needles.size(); i++)
        places[i] = unsigned(std::lower_bound(a.begin(), a.end(), needles[i]) - a.begin());
    Array<unsigned> found(needles.size());
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::lower_bound(storage, bytes, static_cast<T*>(da), static_cast<T*>(dn),
                                    static_cast<unsigned*>(found), a.size(), needles.size(), rocprim::less<T>());
    });
    EQUAL(found.host(), places);
}

template <class T> static void all(const char* name) {
    for (const size_t n : sizes) histograms<T>(n), selections<T>(n), runs<T>(n), ordered<T>(n);
    std::printf("%s right\n", name);
}

int main() {
    all<int>("int");
    all<float>("float");
    all<double>("double");
    all<uint64_t>("uint64_t");
    return verify::all_right();
}
