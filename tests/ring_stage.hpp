#pragma once
// A ring on the software Polaris of this process, without a runtime: memory where the test wants it, buffers of
// packets, and how a submission ended.

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <future>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "emulator/cp/client.hpp"
#include "emulator/cp/device.hpp"
#include "emulator/cp/ring.hpp"
#include "tests/atomics.hpp"

namespace gcn::test {

using Words = std::vector<uint32_t>;
using Bytes = std::vector<uint8_t>;

constexpr uint32_t lo(uint64_t x) { return uint32_t(x); }
constexpr uint32_t hi(uint64_t x) { return uint32_t(x >> 32); }

inline Words join(std::initializer_list<Words> parts) {
    Words all;
    for (const Words& w : parts) all.insert(all.end(), w.begin(), w.end());
    return all;
}

// The same numbers on every machine and in every run.
class Random {
public:
    explicit Random(uint64_t seed) : state(seed) {}
    uint64_t next() {  // splitmix64
        uint64_t z = state += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
    uint32_t below(uint32_t end) { return uint32_t(next() % end); }
    Bytes bytes(size_t n) {
        Bytes b(n);
        for (uint8_t& x : b) x = uint8_t(next());
        return b;
    }

private:
    uint64_t state;
};

// What the operation of ATOMIC_MEM and of ATOMIC leaves in memory; empty for a number that is none.
template <class T> std::optional<T> after_atomic(uint32_t operation, T old, T data, T compared) {
    constexpr uint32_t swap = 7, compare_swap = 8, add = 15, decrement = 25;  // those between are in order
    if (operation == compare_swap) return old == compared ? data : old;
    if (operation != swap && (operation < add || operation > decrement)) return {};
    const Atomic& a = operation == swap ? atomics[0] : atomics[operation - add + 1];
    return T((sizeof(T) == 4 ? a.dword : a.dwordx2)(old, data));
}

// Sees a word as others write it. False after ten seconds.
inline bool becomes(uint32_t& word, uint32_t value) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::atomic_ref(word).load() != value) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

// How a submission ended: "" or why it was given up.
class Ending {
public:
    explicit Ending(std::future<std::string> future) : future(std::move(future)) {}
    bool has_come() { return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
    std::string why() {
        if (future.wait_for(std::chrono::seconds(60)) != std::future_status::ready) return "it has not ended";
        return future.get();
    }

private:
    std::future<std::string> future;
};

class Stage {
public:
    // GPU addresses unlike the host's, so that nothing is right by accident. The memory lies in two regions that touch
    // where 4 GiB end, the second before the first on the host; before and behind them there is nothing.
    static constexpr uint32_t half = 0x4000, size = 2 * half;
    static constexpr uint64_t memory_at = 0x1235'0000'0000 - half, nowhere = 0x666'0000'0000,
                              read_only_at = 0x777'0000'0000;

    // `make` gives the engine of a client.
    template <class Make> Stage(double patience, Make&& make) {
        for (int i = 0; i < 2; ++i) map(memory_at + i * half, part(i), half, true);
        map(read_only_at, fixed, sizeof fixed, false);
        std::unique_ptr<emulator::Engine> made = make(client);
        engine = made.get();
        ring = std::make_shared<emulator::Ring>(device.scheduler, std::move(made), patience);
        device.scheduler.add(ring);
    }
    ~Stage() { leave(); }
    Stage(const Stage&) = delete;

    // What closing a context does.
    void leave() {
        if (ring) device.scheduler.remove(ring);
        ring = nullptr;
    }

    // Where a buffer of its own lies, with these words.
    uint64_t put(Words words) {
        buffers.push_back(std::move(words));
        const uint64_t at = next_buffer;
        const uint64_t bytes = 4 * buffers.back().size();
        if (bytes) map(at, buffers.back().data(), bytes, true);
        next_buffer += (bytes + 0xfff & ~0xfffull) + 0x1000;
        return at;
    }

    Ending submit(
        std::vector<Words> packets, std::function<bool()> ready = [] { return true; }) {
        emulator::Ring::Job job;
        for (Words& w : packets) {
            const uint32_t n = uint32_t(w.size());
            job.buffers.push_back({put(std::move(w)), n});
        }
        return submit(std::move(job), std::move(ready));
    }
    Ending submit(emulator::Ring::Job job, std::function<bool()> ready) {
        const auto ended = std::make_shared<std::promise<std::string>>();
        job.ready = std::move(ready);
        job.done = [ended, first = std::move(job.done)](const std::string& why) {
            if (first) first(why);
            ended->set_value(why);
        };
        ring->submit(std::move(job));
        return Ending(ended->get_future());
    }
    // Submits one buffer and waits. Empty, or why it was given up.
    std::string run(Words packets) { return submit({std::move(packets)}).why(); }

    // The memory as one piece.
    Bytes memory() const {
        Bytes all(size);
        for (int i = 0; i < 2; ++i) std::memcpy(all.data() + i * half, part(i), half);
        return all;
    }
    void set_memory(const Bytes& all) {
        for (int i = 0; i < 2; ++i) std::memcpy(part(i), all.data() + i * half, half);
    }
    // The word at memory_at + offset; two of them as one value.
    uint32_t& word(uint32_t offset) { return part(offset / half)[offset % half / 4]; }
    uint64_t wide(uint32_t offset) { return word(offset) | uint64_t(word(offset + 4)) << 32; }
    void set_wide(uint32_t offset, uint64_t value) { word(offset) = lo(value), word(offset + 4) = hi(value); }

    emulator::Device& device = emulator::Device::open();
    struct Owner : emulator::Client {
        std::vector<uint32_t> interrupts;  // the scheduler's until a submission has ended
        void interrupt(uint32_t event) override { interrupts.push_back(event); }
        void memory_fault(uint64_t, bool) override {}
    } client;
    uint32_t fixed[16] = {};  // at read_only_at

    emulator::Engine* engine;  // the scheduler's until a submission has ended

    void map(uint64_t at, void* host, uint64_t bytes, bool writable) {
        REQUIRE(client.space.map({at, at + bytes, static_cast<std::byte*>(host), writable}));
    }

private:
    uint32_t* part(uint32_t i) { return parts[1 - i]; }
    const uint32_t* part(uint32_t i) const { return parts[1 - i]; }

    alignas(64) uint32_t parts[2][half / 4] = {};
    std::deque<Words> buffers;
    uint64_t next_buffer = 0x99'0000'0000;
    std::shared_ptr<emulator::Ring> ring;
};

}  // namespace gcn::test
