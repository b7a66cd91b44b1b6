#pragma once
// How the command processor reads and writes a client's memory: one value at a time, looked up each time, so that no
// pointer outlives the region it came from and a bad address becomes a BadAddress, never a SIGSEGV.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <shared_mutex>
#include <type_traits>

#include "emulator/exec/memory.hpp"

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
        const std::shared_lock use(space.in_use());
        std::memcpy(&value, bytes(address, sizeof(T), false), sizeof(T));
        return value;
    }
    template <class T> T load(uint64_t address) const {
        const std::shared_lock use(space.in_use());
        return word<T>(address, false).load(std::memory_order_acquire);
    }
    template <class T> void store(uint64_t address, std::type_identity_t<T> value) const {
        const std::shared_lock use(space.in_use());
        word<T>(address, true).store(value, std::memory_order_release);
    }
    template <class T> void subtract(uint64_t address, std::type_identity_t<T> value) const {
        const std::shared_lock use(space.in_use());
        word<T>(address, true).fetch_sub(value, std::memory_order_acq_rel);
    }
    // Stores `value` where `expected` stands; what stood there comes back.
    template <class T>
    T exchange(uint64_t address, std::type_identity_t<T> expected, std::type_identity_t<T> value) const {
        const std::shared_lock use(space.in_use());
        word<T>(address, true).compare_exchange_strong(expected, value, std::memory_order_acq_rel);
        return expected;
    }

private:
    std::byte* bytes(uint64_t address, size_t size, bool write) const {
        std::byte* at = space.host(address, size, write);
        if (!at) throw BadAddress{address, write};
        return at;
    }
    template <class T> std::atomic_ref<T> word(uint64_t address, bool write) const {
        if (address % sizeof(T)) throw BadAddress{address, write};
        return std::atomic_ref<T>(*reinterpret_cast<T*>(bytes(address, sizeof(T), write)));
    }

    const AddressSpace& space;
};

}  // namespace gcn::emulator
