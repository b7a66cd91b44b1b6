#pragma once
// HSA signals as the command processor sees them: a value in the client's memory, a mailbox and an event to wake a
// sleeping waiter with. Layout: amd_signal_t.

#include <cstdint>

#include "emulator/cp/access.hpp"
#include "emulator/cp/client.hpp"

namespace gcn::emulator {

struct Stamps {
    uint64_t start, end;  // ticks of the GPU's clock
};

// All of these throw BadAddress.
int64_t signal_value(const Client&, uint64_t signal);
// One less, with time stamps when `stamps` is given; wakes who sleeps on it.
void complete_signal(Client&, uint64_t signal, const Stamps* stamps);
// From 0 to `value`, and wakes who sleeps on it; a signal that is not 0 is left alone. What stood there comes back.
int64_t raise_signal(Client&, uint64_t signal, int64_t value);

}  // namespace gcn::emulator
