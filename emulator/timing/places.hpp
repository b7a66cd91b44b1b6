#pragma once
// Where buffers lie in the card's memory, for caches, channels and banks. GPU addresses will not do: they are the
// host's, other ones in every run. So buffers are given places one after the other as grids first touch them, each at a
// multiple of 2 MiB, as large ones lie on a card: the same program has the same times whenever it runs.

#include <cstdint>
#include <vector>

#include "emulator/exec/memory.hpp"

namespace gcn::emulator::timing {

// Lines [first, end) of GPU addresses lie from line `at` on.
struct Place {
    uint64_t first = 0, end = 0, at = 0;
    bool of_host = false;  // behind the bus

    bool holds(uint64_t line) const { return line - first < end - first; }
    uint64_t of(uint64_t line) const { return at + (line - first); }
};

// Of one address space, for as long as it lives. For one thread at a time.
class Places {
public:
    explicit Places(const AddressSpace& space) : space(space) {}

    // Memory that has gone since lies nowhere near any other.
    const Place& find(uint64_t line);

private:
    struct Known {
        Place place;
        Region region;
    };
    const Place& add(uint64_t line);
    bool still_there(const Known&) const;

    const AddressSpace& space;
    std::vector<Known> known;  // what was asked for last comes first
    uint64_t version = 0;
    uint64_t next = 0, next_of_host = 0;  // lines
};

}  // namespace gcn::emulator::timing
