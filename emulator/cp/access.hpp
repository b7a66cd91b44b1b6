#pragma once
// How the command processor reads and writes a client's memory: one value at a time, looked up each time, so that no
// pointer outlives the region it came from and a bad address becomes a BadAddress, never a SIGSEGV.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <shared_mutex>
#include <span>
#include <type_traits>

#include "emulator/exec/memory.hpp"
#include "emulator/exec/withdrawn.hpp"

namespace gcn::emulator {

// Thrown inside the command processor only; the queue that met it stops.
struct BadAddress {
    uint64_t address;
    bool write;
};

class Access {
public:
    explicit Access(const AddressSpace& space) : space(space) {}

    bool holds(uint64_t address, uint64_t bytes) const { return space.host(address, bytes, false) != nullptr; }

    template <class T> T read(uint64_t address) const {
        T value;
        touch(address, sizeof(T), false, [&](std::byte* at) { std::memcpy(&value, at, sizeof(T)); });
        return value;
    }
    template <class T> T load(uint64_t address) const {
        T value;
        on_word<T>(address, false, [&](auto word) { value = word.load(std::memory_order_acquire); });
        return value;
    }
    template <class T> void store(uint64_t address, std::type_identity_t<T> value) const {
        on_word<T>(address, true, [&](auto word) { word.store(value, std::memory_order_release); });
    }
    template <class T> void subtract(uint64_t address, std::type_identity_t<T> value) const {
        on_word<T>(address, true, [&](auto word) { word.fetch_sub(value, std::memory_order_acq_rel); });
    }
    // Stores `value` where `expected` stands; what stood there comes back.
    template <class T>
    T exchange(uint64_t address, std::type_identity_t<T> expected, std::type_identity_t<T> value) const {
        on_word<T>(address, true,
                   [&](auto word) { word.compare_exchange_strong(expected, value, std::memory_order_acq_rel); });
        return expected;
    }

    // Bytes that may lie in several regions that touch.
    void read(uint64_t address, std::span<std::byte> to) const {
        in_parts(address, to.size(), false,
                 [&](std::byte* at, uint64_t done, size_t n) { std::memcpy(to.data() + done, at, n); });
    }
    void write(uint64_t address, std::span<const std::byte> from) const {
        in_parts(address, from.size(), true,
                 [&](std::byte* at, uint64_t done, size_t n) { std::memcpy(at, from.data() + done, n); });
    }
    // Byte i of the target is byte i % 4 of `word`.
    void fill(uint64_t address, uint64_t bytes, uint32_t word) const {
        in_parts(address, bytes, true, [&](std::byte* at, uint64_t done, size_t n) {
            for (size_t i = 0; i < n; ++i) at[i] = std::byte(word >> (done + i) % 4 * 8);
        });
    }
    // From the first byte to the last, a part at a time: a target inside the source gets what the parts before left.
    void copy(uint64_t target, uint64_t source, uint64_t bytes) const {
        std::byte part[4096];
        for (uint64_t done = 0; done < bytes; done += sizeof part) {
            const std::span piece(part, std::min<uint64_t>(sizeof part, bytes - done));
            read(source + done, piece);
            write(target + done, piece);
        }
    }

private:
    template <class Use> void in_parts(uint64_t address, uint64_t bytes, bool write, Use&& use) const {
        for (uint64_t done = 0; done < bytes;) {
            const uint64_t at = address + done;
            const auto region = space.find(at);
            if (!region) throw BadAddress{at, write};
            const size_t n = std::min(bytes - done, region->end - at);
            touch(at, n, write, [&](std::byte* host) { use(host, done, n); });
            done += n;
        }
    }
    // Calls `use` with where the bytes lie on the host.
    template <class Use> void touch(uint64_t address, size_t size, bool write, Use&& use) const {
        const std::shared_lock in_use(space.in_use());
        std::byte* at = space.host(address, size, write);
        if (!at) throw BadAddress{address, write};
        const Window window{address, size, at, write};
        WithdrawnGuard guard({&window, 1});
        if (const auto memory = guard.run([&] { use(at); })) throw BadAddress{memory->address, memory->write};
    }
    template <class T, class Use> void on_word(uint64_t address, bool write, Use&& use) const {
        if (address % sizeof(T)) throw BadAddress{address, write};
        touch(address, sizeof(T), write, [&](std::byte* at) { use(std::atomic_ref<T>(*reinterpret_cast<T*>(at))); });
    }

    const AddressSpace& space;
};

}  // namespace gcn::emulator
