#pragma once
// What the device may touch: the regions of one client's address space, by GPU address.
//
// Every access of a wave and of the command processor goes through find(); what no region holds is a fault of the
// device. A GPU address need not be the host's: a region says where its bytes lie.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>

namespace gcn::emulator {

struct Region {
    uint64_t first = 0, end = 0;  // GPU addresses [first, end)
    std::byte* host = nullptr;    // where the byte at `first` lies
    bool writable = true;
    bool of_host = false;  // memory of the host's, which the device reaches over the bus

    bool holds(uint64_t address, uint64_t bytes) const {
        return address >= first && bytes <= end - first && address - first <= end - first - bytes;
    }
    std::byte* at(uint64_t address) const { return host + (address - first); }
};

class AddressSpace {
public:
    // Regions never overlap: false when this one would.
    bool map(const Region&);
    // Forgets the region that starts at `first`, and returns when no wave can be using it any more, so that the caller
    // may then free its memory. False when there is none.
    bool unmap(uint64_t first);

    std::optional<Region> find(uint64_t address) const;
    // The host address of [address, address + bytes), or nullptr when no one region holds all of it.
    std::byte* host(uint64_t address, uint64_t bytes, bool write) const;

    // Grows with every map and unmap, and is never that of another space: a cached Region is good while the version it
    // was found under is current.
    uint64_t version() const { return changes.load(std::memory_order_acquire); }

    // Held shared by whoever is about to dereference what find() gave; unmap() takes it alone. Keep it short: at most
    // some ten thousand instructions at a time.
    std::shared_mutex& in_use() const { return usage; }
    // Somebody waits in unmap(): whoever holds in_use() again and again lets it pass first.
    bool unmapping() const { return waiting.load(std::memory_order_relaxed) > 0; }

private:
    mutable std::shared_mutex usage;
    mutable std::mutex guard;
    std::map<uint64_t, Region> regions;
    std::atomic<int> waiting{0};
    std::atomic<uint64_t> changes{unique_version()};

    static uint64_t unique_version();
};

}  // namespace gcn::emulator
