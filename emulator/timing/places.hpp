#pragma once
// Where buffers lie in the card's memory, for caches, channels and banks. GPU addresses will not do: they are the
// host's, other ones in every run. So buffers are given places one after the other as grids first touch them, each at a
// multiple of 2 MiB, as large ones lie on a card: the same program has the same times whenever it runs.

#include <cstdint>
#include <vector>

#include "emulator/exec/exec.hpp"
#include "emulator/exec/memory.hpp"
#include "emulator/timing/memory.hpp"

namespace gcn::emulator::timing {

// What user SGPRs point to in the host's memory: arguments, packets. A runtime has them somewhere else in each launch,
// so scalar reads behind such a pointer go to a place that the register tells.
class Arguments {
public:
    Arguments(const Dispatch&);

    // Where a line is to be recorded; as it is, unless it lies behind a pointer.
    uint64_t place(uint64_t line) const {
        for (const Pointer& p : pointers)
            if (line - p.line < p.lines) return p.to + (line - p.line);
        return line;
    }

    // Lines that lie behind a pointer, and from one register's place to the next one's.
    static constexpr uint64_t reach = 64, apart = 2 * reach;
    // Where they are recorded: no address has such a line, and 48 bits of it are recorded.
    static constexpr uint64_t first = uint64_t(1) << 47, count = 16 * apart;

private:
    struct Pointer {
        uint64_t line, lines, to;
    };
    std::vector<Pointer> pointers;
};

// Of one address space, for as long as it lives. For one thread at a time.
class Places final : public Translate {
public:
    explicit Places(const AddressSpace& space) : space(space) {}

    // The first line of code of this content, the same each time: neither where a runtime puts code counts nor when the
    // host meets it. (Two that meet in a place, one pair in 65536, share lines.)
    static uint64_t of_code(uint64_t content);

    // All that was found is still where it was.
    bool unchanged() const;

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
    mutable uint64_t version = 0;
    mutable bool lost = false;                                                 // some of them has gone
    mutable uint64_t next = (2 << 20) / 64, next_of_host = uint64_t(1) << 34;  // lines; the host's from 1 TiB on
};

}  // namespace gcn::emulator::timing
