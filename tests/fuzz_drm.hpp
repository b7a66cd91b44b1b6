#pragma once
// The loop of the DRM door's fuzzers: inputs that a seed and a number repeat, each with a time limit of its own, until
// the time given is up. What the device says of inputs that it refuses is not shown; what a sanitizer says is.

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/scalar/random.hpp"

namespace gcn::test {

using scalar::Random;

class Fuzzing {
public:
    // --seconds N, --seed N, and to repeat: --first N, --count N.
    Fuzzing(int words, char** word) : name(word[0]) {
        for (int i = 1; i + 1 < words; i += 2) {
            const std::string option = word[i];
            uint64_t* const where = option == "--seconds" ? &seconds
                                    : option == "--seed"  ? &seed
                                    : option == "--first" ? &first
                                    : option == "--count" ? &count
                                                          : nullptr;
            if (where) *where = std::strtoull(word[i + 1], nullptr, 0);
            right &= where != nullptr;
        }
        right &= words % 2 == 1;
        // A submission that waits is given up soon. Before anything opens the device.
        setenv("GCN_EMU_WATCHDOG", "0.01", 0);
    }

    // The exit status.
    template <class One> int run(One&& one) {
        if (!right) {
            std::fprintf(stderr, "usage: %s [--seconds N] [--seed N] [--first N] [--count N]\n", name);
            return 2;
        }
        silence();
        std::thread([this] { watch(); }).detach();
        const auto end = Clock::now() + std::chrono::seconds(seconds);
        uint64_t done = 0;
        for (; done < count && Clock::now() < end; ++done) {
            input = first + done;
            began = Clock::now().time_since_epoch().count();
            Random random(seed, input);
            one(random);
            began = 0;
        }
        std::printf("Done %llu inputs of seed %llu from number %llu.\n", (unsigned long long)done,
                    (unsigned long long)seed, (unsigned long long)first);
        std::fflush(stdout);
        _exit(leaks());
    }

    // Something is not so: the input, and the end.
    [[noreturn]] void fail(const std::string& what) {
        std::printf("%s\nTry: %s --seed %llu --first %llu --count 1\n", what.c_str(), name, (unsigned long long)seed,
                    (unsigned long long)input.load());
        std::fflush(stdout);
        std::abort();
    }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr int limit = 30;  // seconds that an input may take

    void watch() {
        for (;;) {
            std::this_thread::sleep_for(std::chrono::seconds(1));
            const auto since = began.load();
            if (since && Clock::now() - Clock::time_point(Clock::duration(since)) > std::chrono::seconds(limit))
                fail("an input has not ended after " + std::to_string(limit) + " s");
        }
    }

    // The C library's stream, not its descriptor, which sanitizers write to.
    static void silence() { stderr = std::fopen("/dev/null", "we"); }

    // The device's own threads run until the process ends, which may not wait for them.
    static int leaks();

    const char* name;
    bool right = true;
    uint64_t seconds = 10, seed = 1, first = 0, count = UINT64_MAX;
    std::atomic<uint64_t> input{0};
    std::atomic<int64_t> began{0};
};

}  // namespace gcn::test

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
inline int gcn::test::Fuzzing::leaks() { return __lsan_do_recoverable_leak_check(); }
#else
inline int gcn::test::Fuzzing::leaks() { return 0; }
#endif
