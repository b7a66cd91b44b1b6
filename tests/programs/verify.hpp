#pragma once
// How the HIP programs of the tests verify: each stops at the first thing that does not hold, says what and where, and
// counts what held. all_right() is the last line of each.

#include <hip/hip_runtime.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace verify {

inline std::atomic<long> facts{0};

// At once, whatever other threads are in.
[[noreturn]] inline void stop(int line, const std::string& what, const std::string& why) {
    std::printf("line %d: %s: %s\n", line, what.c_str(), why.c_str());
    std::fflush(stdout);
    std::_Exit(1);
}

inline void status(hipError_t got, hipError_t want, int line, const char* call) {
    if (got != want) stop(line, call, std::string(hipGetErrorName(got)) + ", expected was " + hipGetErrorName(want));
    if (got != hipSuccess) (void)hipGetLastError();  // it would be reported again
    ++facts;
}

inline void fact(bool holds, int line, const char* text) {
    if (!holds) stop(line, text, "does not hold");
    ++facts;
}

template <class T> std::string text(const T& value) {
    std::ostringstream out;
    out.precision(17);
    out << value;
    return out.str();
}

template <class A, class B> void equal(const A& got, const B& want, int line, const char* what) {
    if (!(got == want)) stop(line, what, "is " + text(got) + ", expected was " + text(want));
    ++facts;
}

template <class T> void equal(const std::vector<T>& got, const std::vector<T>& want, int line, const char* what) {
    if (got.size() != want.size())
        stop(line, what, "has " + text(got.size()) + " elements, expected were " + text(want.size()));
    for (size_t i = 0; i < got.size(); i++)
        if (std::memcmp(&got[i], &want[i], sizeof(T)))
            stop(line, what, "element " + text(i) + " is " + text(+got[i]) + ", expected was " + text(+want[i]));
    ++facts;
}

[[maybe_unused]] static int all_right() {
    std::printf("%ld facts hold\nall right\n", facts.load());
    return 0;
}

}  // namespace verify

#define CHECK(call)         verify::status(call, hipSuccess, __LINE__, #call)
#define REFUSED(call, code) verify::status(call, code, __LINE__, #call)
#define REQUIRE(holds)      verify::fact(holds, __LINE__, #holds)
#define EQUAL(got, want)    verify::equal(got, want, __LINE__, #got)

// Memory of the device, with what a vector holds or as it comes.
template <class T> class Array {
public:
    explicit Array(size_t n) : count(n) { CHECK(hipMalloc(reinterpret_cast<void**>(&start), (n ? n : 1) * sizeof(T))); }
    explicit Array(const std::vector<T>& from) : Array(from.size()) { set(from); }
    ~Array() { (void)hipFree(start); }
    Array(const Array&) = delete;

    operator T*() const { return start; }
    size_t size() const { return count; }
    void set(const std::vector<T>& from) {
        CHECK(hipMemcpy(start, from.data(), from.size() * sizeof(T), hipMemcpyHostToDevice));
    }
    void fill(int byte) { CHECK(hipMemset(start, byte, count * sizeof(T))); }
    std::vector<T> host() const {
        std::vector<T> all(count);
        CHECK(hipMemcpy(all.data(), start, count * sizeof(T), hipMemcpyDeviceToHost));
        return all;
    }

private:
    T* start = nullptr;
    size_t count;
};

// Knuth's MMIX generator; the upper half of its state.
class Random {
public:
    explicit Random(uint64_t seed) : state(seed) {}
    uint32_t operator()() { return uint32_t((state = state * 6364136223846793005 + 1442695040888963407) >> 32); }

private:
    uint64_t state;
};
