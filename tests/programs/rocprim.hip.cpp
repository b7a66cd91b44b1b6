// rocPRIM, built for gfx803 from Debian's headers: reduction and scan, whose groups wait for earlier ones (decoupled
// look-back). The rest is in long/.

#include "tests/programs/prim.hpp"

#include <numeric>

template <class T> static void reduce(size_t n) {
    const auto in = small_numbers<T>(n, unsigned(n));
    Array<T> d(in), out(1);
    in_two_steps([&](void* storage, size_t& bytes) {
        return rocprim::reduce(storage, bytes, static_cast<T*>(d), static_cast<T*>(out), T(5), n, rocprim::plus<T>());
    });
    EQUAL(out.host()[0], std::accumulate(in.begin(), in.end(), T(5)));
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
}

int main() {
    for (const size_t n : few_sizes) {
        reduce<int>(n);
        scan<int>(n);
        scan<double>(n);
    }
    return verify::all_right();
}
