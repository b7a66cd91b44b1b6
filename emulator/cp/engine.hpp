#pragma once
// What a ring drives: a processor of packets that waits for nothing, but says that it has to wait.

#include <cstdint>
#include <string>

#include "emulator/exec/exec.hpp"

namespace gcn::emulator {

// Thrown by engines: a packet that they do not obey, and why. Whoever owns the ring turns it into an error of its own.
struct BadPacket {
    std::string why;
};
// The same for a grid that ended by a fault.
struct GridFault {
    Fault fault;
};

class Engine {
public:
    enum class State { Done, Progress, Waiting };

    virtual ~Engine() = default;
    // The buffer to obey next. Only when the last one is done.
    virtual void begin(uint64_t address, uint32_t words) = 0;
    // Obeys some packets. Done: all, and all that they started has ended. Waiting: nothing could be done.
    // Throws BadPacket, GridFault and BadAddress; then nothing but stop() may follow.
    virtual State advance() = 0;
    virtual bool running() const { return false; }
    // There is nothing to obey for now, or what is next waits for others: the device's clock may run on.
    virtual void rest() {}
    // Ends the grids under way, returns when they have ended, and forgets what was to be obeyed.
    virtual void stop() = 0;
};

}  // namespace gcn::emulator
