#pragma once
// A kernel on an executor of its own, without a runtime above it: what is timed is execution alone.

#include <time.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
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

class Alone {
public:
    // `bytes` of a code object; `args` and what it points to are the caller's and stay where they are.
    Alone(int threads, std::span<const std::byte> bytes, const std::string& name) : executor(threads, "") {
        object = read_code_object(bytes, name);
        const KernelDescriptor* kernel = object.find(name);
        GCN_ASSERT(kernel);
        dispatch.space = &space;
        dispatch.entry = map(object.image.data(), object.image.size(), false) + kernel->entry;
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
    void watch(std::vector<emulator::Observer*> observers) { dispatch.observers = std::move(observers); }

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
