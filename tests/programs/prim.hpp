#pragma once
// What the rocPRIM programs share: inputs, sizes, and temporary storage asked for as rocPRIM wants it.

#include <hip/hip_runtime.h>

#include <rocprim/rocprim.hpp>

#include <algorithm>
#include <type_traits>

#include "tests/programs/verify.hpp"

// Odd, even and large ones, around what a group and a wave take at once. 1 << 18 and more take several passes.
constexpr size_t few_sizes[] = {1, 63, 1025, 70001};
constexpr size_t sizes[] = {1, 2, 63, 64, 65, 255, 257, 1023, 1025, 4097, 70001, 262145, 600001};

// Small whole numbers, whose sums are exact in every type, or all bits of the type (floats stay finite).
template <class T> std::vector<T> small_numbers(size_t n, unsigned seed) {
    Random random(seed);
    std::vector<T> all(n);
    for (T& v : all) v = T(int(random() % 9) - (std::is_unsigned_v<T> ? 0 : 4));
    return all;
}
template <class T> std::vector<T> any_numbers(size_t n, unsigned seed) {
    Random random(seed);
    std::vector<T> all(n);
    for (T& v : all) {
        const uint64_t bits = uint64_t(random()) << 32 | random();
        if constexpr (std::is_floating_point_v<T>)
            v = T(int64_t(bits)) / T(1 << 20);
        else
            v = T(bits);
    }
    return all;
}

// rocPRIM's calls come in pairs: how much storage, then the work. `call` gets both pointers' worth of arguments.
template <class F> void in_two_steps(const F& call) {
    size_t bytes = 0;
    CHECK(call(nullptr, bytes));
    Array<char> storage(bytes ? bytes : 1);
    CHECK(call(static_cast<void*>(storage), bytes));
    CHECK(hipDeviceSynchronize());
}
