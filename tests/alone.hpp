#pragma once
// A kernel on an executor of its own, without a runtime above it: what is timed is execution alone.

#include <time.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "backend/code_object.hpp"
#include "emulator/exec/exec.hpp"
#include "gcn/error.hpp"

namespace gcn::test {

inline std::vector<std::byte> read(const char* path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) fail({std::string("read ") + path, "it does not open", "make " + std::string(path)});
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
    return {first, first + bytes.size()};
}

// Memory that begins with a page, as a runtime gives it: what is modelled depends on where lines begin.
template <class T> class Paged {
public:
    explicit Paged(size_t count, const T& value = {})
        : count(count), at(static_cast<T*>(std::aligned_alloc(page, (count * sizeof(T) + page - 1) / page * page))) {
        GCN_ASSERT(at);
        std::uninitialized_fill_n(at.get(), count, value);
    }
    T* data() const { return at.get(); }
    size_t size() const { return count; }
    T* begin() const { return data(); }
    T* end() const { return data() + count; }

private:
    static_assert(std::is_trivially_copyable_v<T>);
    static constexpr size_t page = 4096;
    struct Free {
        void operator()(T* p) const { std::free(p); }
    };
    size_t count;
    std::unique_ptr<T, Free> at;
};

class Alone {
public:
    // `bytes` of a code object; `args` and what it points to are the caller's and stay where they are.
    Alone(int threads, std::span<const std::byte> bytes, const std::string& name, const std::string& simd = "",
          double watchdog = 0)
        : executor(threads, simd, watchdog) {
        object = read_code_object(bytes, name);
        const KernelDescriptor* kernel = object.find(name);
        GCN_ASSERT(kernel);
        dispatch.space = &space;
        image.emplace(object.image.size());
        std::copy(object.image.begin(), object.image.end(), image->begin());
        dispatch.entry = map(image->data(), image->size(), false) + kernel->entry;
        dispatch.rsrc1 = kernel->rsrc1;
        dispatch.rsrc2 = kernel->rsrc2;
        dispatch.lds_bytes = kernel->lds_bytes;
    }

    uint64_t map(void* host, size_t bytes, bool writable, bool of_host = false) {
        const uint64_t address = uint64_t(host);
        GCN_ASSERT(space.map({address, address + bytes, static_cast<std::byte*>(host), writable, of_host}));
        return address;
    }
    void unmap(uint64_t address) { GCN_ASSERT(space.unmap(address)); }

    void set(const std::array<uint32_t, 3>& grid, const std::array<uint32_t, 3>& group, uint64_t kernarg) {
        dispatch.grid = grid;
        dispatch.group = group;
        dispatch.user_sgprs = {uint32_t(kernarg), uint32_t(kernarg >> 32)};
    }

    // Who records the grid (emulator/exec/recording.hpp), and who watches it, from the next run() on.
    void record(std::shared_ptr<emulator::GridRecorder> recorder) { dispatch.recorder = std::move(recorder); }
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
    std::optional<Paged<std::byte>> image;
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
