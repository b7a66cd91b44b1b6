// rocPRIM's reductions and scans, whole, by segment and by key, for four types and all sizes.

#include "tests/programs/prim.hpp"

#include <numeric>

template <class T> struct Largest {
    __host__ __device__ T operator()(T a, T b) const { return a < b ? b : a; }
};

template <class T> static void reduce(size_t n) {
    const auto in = small_numbers<T>(n, unsigned(n)), any = any_numbers<T>(n, unsigned(n) + 9);
    Array<T> d(in), e(any), out(1);
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::reduce(storage, bytes, static_cast<T*>(d), static_cast<T*>(out), T(5), n, rocprim::plus<T>());
    });
    EQUAL(out.host()[0], std::accumulate(in.begin(), in.end(), T(5)));
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::reduce(storage, bytes, static_cast<T*>(e), static_cast<T*>(out), any[0], n, Largest<T>());
    });
    EQUAL(out.host()[0], *std::max_element(any.begin(), any.end()));
}

template <class T> static void scan(size_t n) {
    const auto in = small_numbers<T>(n, unsigned(n) + 1);
    std::vector<T> want(n);
    Array<T> d(in), out(n);
    std::partial_sum(in.begin(), in.end(), want.begin());
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::inclusive_scan(storage, bytes, static_cast<T*>(d), static_cast<T*>(out), n, rocprim::plus<T>());
    });
    EQUAL(out.host(), want);
    T sum = 3;
    for (size_t i = 0; i < n; i++) want[i] = sum, sum += in[i];
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::exclusive_scan(storage, bytes, static_cast<T*>(d), static_cast<T*>(out), T(3), n,
                                       rocprim::plus<T>());
    });
    EQUAL(out.host(), want);
}

// Segments of lengths 0 to 999, in turn.
template <class T> static void segments(size_t n) {
    const auto in = small_numbers<T>(n, unsigned(n) + 2);
    std::vector<unsigned> begin;
    for (size_t at = 0, length = 0; at < n; at += length, length = (length * 7 + 13) % 1000)
        begin.push_back(unsigned(at));
    const size_t count = begin.size();
    begin.push_back(unsigned(n));
    std::vector<T> want(count);
    for (size_t s = 0; s < count; s++) want[s] = std::accumulate(&in[begin[s]], &in[0] + begin[s + 1], T(1));
    Array<T> d(in), out(count);
    Array<unsigned> offsets(begin);
    unsigned* at = offsets;
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::segmented_reduce(storage, bytes, static_cast<T*>(d), static_cast<T*>(out), unsigned(count), at,
                                         at + 1, rocprim::plus<T>(), T(1));
    });
    EQUAL(out.host(), want);
}

static void by_key(size_t n) {
    std::vector<int> keys(n);
    for (size_t i = 0; i < n; i++) keys[i] = int(i / 7 % 5 + i / 1000);
    const auto in = small_numbers<int>(n, unsigned(n) + 3);
    std::vector<int> want_keys, want_sums, want_scan(n);
    for (size_t i = 0; i < n; i++) {
        const bool first = i == 0 || keys[i] != keys[i - 1];
        if (first) want_keys.push_back(keys[i]), want_sums.push_back(0);
        want_sums.back() += in[i];
        want_scan[i] = first ? in[i] : want_scan[i - 1] + in[i];
    }
    Array<int> dkeys(keys), d(in), out_keys(n), sums(n), scanned(n);
    Array<unsigned> count(1);
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::reduce_by_key(storage, bytes, static_cast<int*>(dkeys), static_cast<int*>(d), n,
                                      static_cast<int*>(out_keys), static_cast<int*>(sums),
                                      static_cast<unsigned*>(count), rocprim::plus<int>());
    });
    EQUAL(size_t(count.host()[0]), want_keys.size());
    auto got_keys = out_keys.host(), got_sums = sums.host();
    got_keys.resize(want_keys.size()), got_sums.resize(want_sums.size());
    EQUAL(got_keys, want_keys);
    EQUAL(got_sums, want_sums);
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::inclusive_scan_by_key(storage, bytes, static_cast<int*>(dkeys), static_cast<int*>(d),
                                              static_cast<int*>(scanned), n, rocprim::plus<int>());
    });
    EQUAL(scanned.host(), want_scan);
}

template <class T> static void all(const char* name) {
    for (const size_t n : sizes) reduce<T>(n), scan<T>(n), segments<T>(n);
    std::printf("%s right\n", name);
}

int main() {
    all<int>("int");
    all<float>("float");
    all<double>("double");
    all<uint64_t>("uint64_t");
    for (const size_t n : sizes) by_key(n);
    std::printf("keys right\n");
    return verify::all_right();
}
