#pragma once
// A kernel on an executor of its own, without a runtime above it: what is timed is execution alone.

#include <time.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/code_object.hpp"
#include "emulator/exec/exec.hpp"
#include "gcn/error.hpp"

namespace gcn::test {

// Zeros from the beginning of a page on: where buffers of a device begin.
template <class T> class Pages {
public:
    Pages() = default;
    explicit Pages(size_t count)
        : first(static_cast<T*>(std::aligned_alloc(page, (count * sizeof(T) + page - 1) / page * page))), count(count) {
        GCN_ASSERT(first);
        std::memset(static_cast<void*>(first.get()), 0, count * sizeof(T));
    }
    T* data() { return first.get(); }
    size_t size() const { return count; }
    T& operator[](size_t i) { return first.get()[i]; }

private:
    static constexpr size_t page = 4096;
    struct Free {
        void operator()(T* p) const { std::free(p); }
    };
    std::unique_ptr<T, Free> first;
    size_t count = 0;
};

class Alone {
public:
    // `bytes` of a code object; `args` and what it points to are the caller's and stay where they are.
    Alone(int threads, std::span<const std::byte> bytes, const std::string& name, const std::string& simd = "")
        : executor(threads, simd) {
        object = read_code_object(bytes, name);
        image = Pages<std::byte>(object.image.size());
        std::copy(object.image.begin(), object.image.end(), image.data());
        const KernelDescriptor* kernel = object.find(name);
        GCN_ASSERT(kernel);
        dispatch.space = &space;
        dispatch.entry = map(image.data(), image.size(), false) + kernel->entry;
        dispatch.rsrc1 = kernel->rsrc1;
        dispatch.rsrc2 = kernel->rsrc2;
        dispatch.lds_bytes = kernel->lds_bytes;
    }

    uint64_t map(void* host, size_t bytes, bool writable) {
        const uint64_t address = uint64_t(host);
        GCN_ASSERT(space.map({address, address + bytes, static_cast<std::byte*>(host), writable}));
        return address;
    }

    void set(const std::array<uint32_t, 3>& grid, const std::array<uint32_t, 3>& group, uint64_t kernarg) {
        dispatch.grid = grid;
        dispatch.group = group;
        dispatch.user_sgprs = {uint32_t(kernarg), uint32_t(kernarg >> 32)};
    }

    // Who records the grid (emulator/exec/recording.hpp), and who watches it, from the next run() on.
    void record(std::shared_ptr<emulator::GridRecorder> recorder) { dispatch.recorder = std::move(recorder); }
    const emulator::Dispatch& about_to_run() const { return dispatch; }
    void watch(std::vector<emulator::Observer*> observers) { dispatch.observers = std::move(observers); }
    const emulator::Dispatch& launch() const { return dispatch; }

    emulator::Result run() {
        std::mutex guard;
        std::condition_variable ended;
        std::optional<emulator::Result> result;
        const auto running = executor.start(dispatch, [&](const emulator::Result& r) {
            const std::lock_guard lock(guard);
            result = r;
            ended.notify_one();
        });
        std::unique_lock lock(guard);
        ended.wait(lock, [&] { return result.has_value(); });
        if (result->fault.kind != emulator::FaultKind::None) fail({"run the kernel", result->fault.text, ""});
        return *result;
    }

    emulator::Executor executor;

private:
    emulator::AddressSpace space;
    CodeObject object;
    Pages<std::byte> image;
    emulator::Dispatch dispatch;
};

// ---- times of the host -------------------------------------------------------------------------

inline double timed(clockid_t clock, const std::function<void()>& body) {
    timespec t;
    clock_gettime(clock, &t);
    const double start = t.tv_sec + 1e-9 * t.tv_nsec;
    body();
    clock_gettime(clock, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec - start;
}

inline double timed(const std::function<void()>& body) { return timed(CLOCK_MONOTONIC, body); }

inline double median(std::vector<double> times) {
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

}  // namespace gcn::test
