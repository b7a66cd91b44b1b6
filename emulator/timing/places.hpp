#pragma once
// Where buffers lie in the card's memory, for caches, channels and banks. GPU addresses will not do: they are the
// host's, other ones in every run. So buffers are given places one after the other as grids first touch them, each at a
// multiple of 2 MiB, as large ones lie on a card: the same program has the same times whenever it runs.

#include <cstdint>
#include <map>
#include <vector>

#include "emulator/exec/memory.hpp"
#include "emulator/timing/memory.hpp"

namespace gcn::emulator::timing {

// Of one address space, for as long as it lives. For one thread at a time.
class Places final : public Translate {
public:
    explicit Places(const AddressSpace& space) : space(space) {}

    // The first of as many lines for code of this content, the same each time: where a runtime puts code, and what else
    // it puts there, does not count.
    uint64_t of_code(uint64_t content, uint64_t lines);

    // Memory that has gone since lies nowhere near any other.
    Placement find(uint64_t line) const override;

private:
    struct Known {
        Placement place;
        Region region;
    };
    Placement add(uint64_t line) const;
    bool still_there(const Known&) const;

    const AddressSpace& space;
    mutable std::vector<Known> known;
    std::map<uint64_t, uint64_t> codes;
    mutable uint64_t version = 0;
    mutable uint64_t next = 0, next_of_host = uint64_t(1) << 34;  // lines; the host's from 1 TiB on
};

}  // namespace gcn::emulator::timing
