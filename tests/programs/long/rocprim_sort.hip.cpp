// rocPRIM's radix and merge sorts, of keys and of pairs, up and down, against those of the C++ library.

#include "tests/programs/prim.hpp"

#include <numeric>

template <class K> static void keys(size_t n) {
    auto want = any_numbers<K>(n, unsigned(n));
    Array<K> in(want), out(n);
    std::sort(want.begin(), want.end());
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::radix_sort_keys(storage, bytes, static_cast<K*>(in), static_cast<K*>(out), n);
    });
    EQUAL(out.host(), want);
    std::reverse(want.begin(), want.end());
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::radix_sort_keys_desc(storage, bytes, static_cast<K*>(in), static_cast<K*>(out), n);
    });
    EQUAL(out.host(), want);
}

// Keys of few values, so that only a stable sort leaves the numbers of equal ones in order.
template <class K> static void pairs(size_t n) {
    std::vector<K> keys = small_numbers<K>(n, unsigned(n) + 5), want_keys(n);
    std::vector<int> values(n), order(n);
    std::iota(values.begin(), values.end(), 0);
    order = values;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return keys[a] < keys[b]; });
    for (size_t i = 0; i < n; i++) want_keys[i] = keys[order[i]];
    Array<K> in(keys), out(n);
    Array<int> values_in(values), values_out(n);
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::radix_sort_pairs(storage, bytes, static_cast<K*>(in), static_cast<K*>(out),
                                         static_cast<int*>(values_in), static_cast<int*>(values_out), n);
    });
    EQUAL(out.host(), want_keys);
    EQUAL(values_out.host(), order);
    out.fill(0);
    values_out.fill(0);
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::merge_sort(storage, bytes, static_cast<K*>(in), static_cast<K*>(out),
                                   static_cast<int*>(values_in), static_cast<int*>(values_out), n, rocprim::less<K>());
    });
    EQUAL(out.host(), want_keys);
    EQUAL(values_out.host(), order);
}

template <class K> static void all(const char* name) {
    for (const size_t n : sizes)
        if (n <= 300'000) keys<K>(n), pairs<K>(n);  // larger ones take the same passes, longer
    std::printf("%s right\n", name);
}

int main() {
    all<int>("int");
    all<float>("float");
    all<double>("double");
    all<uint64_t>("uint64_t");
    return verify::all_right();
}
