#pragma once
// Memory that a program registered stays its own: it may give it back to the system while the device still has it
// mapped. Touching it is then a SIGSEGV or SIGBUS of the host, which is turned here into a fault of the device.
//
// Only faults inside the given windows are taken; all others go on to whoever handled the signal before.

#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <optional>
#include <span>

#include "emulator/exec/wave.hpp"

namespace gcn::emulator {

struct Withdrawn {
    uint64_t address;  // of the device
    bool write;
};

class WithdrawnGuard {
public:
    // Puts the handler in front of the program's own: to be called when work begins, again when more does, as programs
    // may have replaced it.
    static void install();

    explicit WithdrawnGuard(std::span<const Window> windows);
    ~WithdrawnGuard();
    WithdrawnGuard(const WithdrawnGuard&) = delete;

    // Calls `touch`, which is left in the middle when it meets such memory: nothing in it may need a destructor.
    template <class F> std::optional<Withdrawn> run(F&& touch) {
        if (sigsetjmp(landing, 0)) return met;
        touch();
        return {};
    }

private:
    static void handle(int, siginfo_t*, void*);

    std::span<const Window> windows;
    WithdrawnGuard* outer;
    sigjmp_buf landing;
    Withdrawn met{};
};

// For the device's own threads: the program's handlers run on the program's, but for the two signals above.
void leave_signals_to_the_program();

}  // namespace gcn::emulator
