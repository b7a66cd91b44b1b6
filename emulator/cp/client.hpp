#pragma once
// Whose work the device does: one address space, and how to tell its owner that something happened. The KFD door is one
// client; each open file of the DRM door will be another.

#include <cstdint>

#include "emulator/exec/memory.hpp"

namespace gcn::emulator {

struct Client {
    virtual ~Client() = default;

    AddressSpace space;

    // An interrupt that carries the id a signal's owner gave it.
    virtual void interrupt(uint32_t event) = 0;
    // A page fault: fatal to the client's work, not to its process.
    virtual void memory_fault(uint64_t address, bool write) = 0;
};

}  // namespace gcn::emulator
