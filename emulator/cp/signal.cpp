// HSA signals as the command processor sees them.

#include "emulator/cp/signal.hpp"

#include <hsa/amd_hsa_signal.h>

#include <cstddef>

namespace gcn::emulator {

namespace {

uint64_t value_of(uint64_t signal) { return signal + offsetof(amd_signal_t, value); }

// Whom to wake. Read before the value changes: the host may free the signal the moment its value is right.
struct Waiter {
    uint64_t mailbox;
    uint32_t event;

    Waiter(const Access& memory, uint64_t signal)
        : mailbox(memory.load<uint64_t>(signal + offsetof(amd_signal_t, event_mailbox_ptr))),
          event(memory.load<uint32_t>(signal + offsetof(amd_signal_t, event_id))) {}

    void wake(const Access& memory, Client& client) const {
        if (!mailbox) return;
        memory.store<uint64_t>(mailbox, event);
        client.interrupt(event);
    }
};

}  // namespace

int64_t signal_value(const Client& client, uint64_t signal) {
    return Access(client.space).load<int64_t>(value_of(signal));
}

void complete_signal(Client& client, uint64_t signal, const Stamps* stamps) {
    const Access memory(client.space);
    const Waiter waiter(memory, signal);
    if (stamps) {
        memory.store<uint64_t>(signal + offsetof(amd_signal_t, start_ts), stamps->start);
        memory.store<uint64_t>(signal + offsetof(amd_signal_t, end_ts), stamps->end);
    }
    memory.subtract<int64_t>(value_of(signal), 1);
    waiter.wake(memory, client);
}

int64_t raise_signal(Client& client, uint64_t signal, int64_t value) {
    const Access memory(client.space);
    const Waiter waiter(memory, signal);
    const int64_t before = memory.exchange<int64_t>(value_of(signal), 0, value);
    if (before == 0) waiter.wake(memory, client);
    return before;
}

}  // namespace gcn::emulator
