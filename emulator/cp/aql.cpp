// One AQL queue: packets in, grids started, signals out.

#include "emulator/cp/aql.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>

#include "emulator/cp/board.hpp"
#include "emulator/cp/signal.hpp"

namespace gcn::emulator {

namespace {

constexpr int packets_per_step = 256;  // then the other queues have their turn
constexpr int address_bits = 48;       // beyond these no page can be: an aperture violation

void say(const std::string& sentence) { std::fprintf(stderr, "gcn: %s.\n", sentence.c_str()); }

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

uint16_t type_of(uint16_t header) { return header & 0xff; }
bool waits_for_earlier(uint16_t header) { return header >> HSA_PACKET_HEADER_BARRIER & 1; }

}  // namespace

AqlQueue::AqlQueue(Device& device, Client& client, const Place& place)
    : device(device), client(client), place(place), memory(client.space), pm4(device, client, Pm4::Ring::Compute) {}

bool AqlQueue::step() {
    if (dead) {
        time.rest();
        return false;
    }
    try {
        bool progress = finish_flights();
        if (!(waiting && !answered()) && !dead && !suspended()) progress |= take_ready_packets();
        if (!progress) rest();
        return progress;
    } catch (const BadAddress& bad) {
        die(std::string("a packet or signal in it ") + (bad.write ? "writes to " : "reads from ") + hex(bad.address) +
            ", which is not mapped to the GPU");
        client.memory_fault(bad.address, bad.write);
        return true;
    }
}

bool AqlQueue::take_ready_packets() {
    bool progress = false;
    for (int i = 0; i < packets_per_step && !waiting && !dead && take(); ++i) {
        progress = true;
        finish_flights();
    }
    return progress;
}

// What is next comes from others. While grids are under way the queue's time stays with them.
void AqlQueue::rest() {
    if (flights.empty()) pm4.rest();
}

// One packet, if there is one and nothing stands in its way.
bool AqlQueue::take() {
    const uint32_t doorbell = __atomic_load_n(place.doorbell, __ATOMIC_ACQUIRE);
    const uint32_t written = doorbell - uint32_t(next);
    drained |= !written || written > place.packets;
    if (!written || written > place.packets) return false;
    const uint16_t header = memory.load<uint16_t>(slot(next));
    // The doorbell may ring for a later packet while an earlier slot is still being filled.
    drained |= type_of(header) == HSA_PACKET_TYPE_INVALID;
    if (type_of(header) == HSA_PACKET_TYPE_INVALID) return false;
    const auto packet = memory.read<Packet>(slot(next));
    time.wake();
    if (drained) time.catch_up();
    drained = false;
    if (type_of(header) == HSA_PACKET_TYPE_VENDOR_SPECIFIC) return take_vendor(packet);
    if (waits_for_earlier(header)) {
        if (!flights.empty()) return false;
        time.not_before(last_end);
    }

    switch (type_of(header)) {
        case HSA_PACKET_TYPE_KERNEL_DISPATCH:
            return take_dispatch(packet);
        case HSA_PACKET_TYPE_BARRIER_AND:
        case HSA_PACKET_TYPE_BARRIER_OR: {
            hsa_barrier_and_packet_t barrier;
            static_assert(sizeof barrier == sizeof packet);
            std::memcpy(&barrier, &packet, sizeof barrier);
            return take_barrier(barrier, type_of(header) == HSA_PACKET_TYPE_BARRIER_OR);
        }
        case HSA_PACKET_TYPE_AGENT_DISPATCH:
            refuse({QueueError::BadPacket, "an agent dispatch is not for a GPU"});
            return true;
        default:
            refuse({QueueError::BadPacket, "its type is " + std::to_string(type_of(header))});
            return true;
    }
}

bool AqlQueue::take_dispatch(const Packet& packet) {
    // Grids of one queue share its scratch memory.
    if (packet.private_segment_size) {
        if (scratch_in_use()) return false;
        time.not_before(last_scratch_end);
    }
    // Refused before the runtime is asked for scratch memory, as it computes with what the packet says.
    const auto prepared = prepare(client, packet, {slot(next), place.queue, next});
    if (const auto* refusal = std::get_if<Refusal>(&prepared)) {
        refuse(*refusal);
        return true;
    }
    if (packet.private_segment_size > field<uint32_t>(offsetof(amd_queue_t, scratch_wave64_lane_byte_size))) {
        if (!flights.empty()) return false;  // the runtime finds the request's packet by the read index
        ask(QueueError::NeedScratch);
        return true;
    }
    launch(std::get<Dispatch>(prepared), packet);
    return true;
}

void AqlQueue::launch(Dispatch dispatch, const Packet& packet) {
    auto flight = std::make_shared<Flight>();
    flight->signal = packet.completion_signal.handle;
    flight->uses_scratch = packet.private_segment_size > 0;
    const Clock::Work work = device.clock.begin(time.now());
    device.prepare(dispatch, work, pm4.window_open());
    flight->start = work.start;
    flights.push_back(flight);
    ++next;
    grids.fetch_add(1, std::memory_order_relaxed);
    Board::open().work_begins();
    // The queue outlives its grids: stop() waits for them.
    flight->grid =
        device.executor.start(dispatch, [this, flight, work, &scheduler = device.scheduler](const Result& r) {
            flight->result = r;
            flight->end = device.clock.end(work, device.duration(r));
            Board::open().work_ends();
            grids.fetch_sub(1, std::memory_order_relaxed);
            flight->ended.store(true, std::memory_order_release);
            flight->ended.notify_all();
            scheduler.wake();
        });
}

bool AqlQueue::take_barrier(const hsa_barrier_and_packet_t& packet, bool any) {
    int signals = 0, zero = 0;
    for (const hsa_signal_t& dependency : packet.dep_signal) {
        if (!dependency.handle) continue;
        ++signals;
        zero += signal_value(client, dependency.handle) == 0;
    }
    if (any ? signals && !zero : zero < signals) return false;
    if (signals) time.catch_up();
    auto flight = std::make_shared<Flight>();
    flight->signal = packet.completion_signal.handle;
    flight->start = flight->end = time.stamp();
    flight->ended = true;
    flights.push_back(std::move(flight));
    ++next;
    return true;
}

// On gfx8 a slot holds 16 words of PM4, whose first header looks like a vendor packet's. It has ended when they and
// what they started have.
bool AqlQueue::take_vendor(const Packet& packet) {
    uint32_t words[sizeof(Packet) / 4];
    std::memcpy(words, &packet, sizeof words);
    if (words[0] >> 30 != 3) {
        refuse(
            {QueueError::BadVendorPacket, "a vendor packet of gfx8 holds PM4, this one begins with " + hex(words[0])});
        return true;
    }
    try {
        if (!in_slot) pm4.begin(words);
        in_slot = true;
        const auto state = pm4.advance();
        if (state != Engine::State::Done) return state == Engine::State::Progress;
    } catch (const BadPacket& bad) {
        refuse({QueueError::BadVendorPacket, bad.why});
        return true;
    } catch (const GridFault& bad) {
        fault(bad.fault);
        return true;
    }
    in_slot = false;
    auto flight = std::make_shared<Flight>();
    flight->start = flight->end = time.now();
    flight->ended = true;
    flights.push_back(std::move(flight));
    ++next;
    return true;
}

// Slots become free in order; signals are given as grids end.
bool AqlQueue::finish_flights() {
    bool progress = false;
    while (!dead && !flights.empty() && flights.front()->ended.load(std::memory_order_acquire)) {
        const auto flight = std::move(flights.front());
        flights.pop_front();
        if (flight->result.fault.kind == FaultKind::None) free_slot();
        finish(*flight);
        progress = true;
    }
    for (const auto& flight : flights) {
        if (dead) break;
        if (flight->signalled || !flight->ended.load(std::memory_order_acquire)) continue;
        finish(*flight);
        progress = true;
    }
    return progress;
}

void AqlQueue::finish(Flight& flight) {
    if (flight.signalled) return;
    flight.signalled = true;
    last_end = std::max(last_end, flight.end);
    if (flight.uses_scratch) last_scratch_end = std::max(last_scratch_end, flight.end);
    if (flight.grid) device.totals.add(flight.result);
    flight.grid.reset();
    if (flight.result.fault.kind != FaultKind::None) return fault(flight.result.fault);

    const auto properties = field<uint32_t>(offsetof(amd_queue_t, queue_properties));
    const Stamps stamps{Device::ticks(flight.start), Device::ticks(flight.end)};
    if (flight.signal)
        complete_signal(client, flight.signal, properties & AMD_QUEUE_PROPERTIES_ENABLE_PROFILING ? &stamps : nullptr);
    if (flight.uses_scratch && properties & AMD_QUEUE_PROPERTIES_USE_SCRATCH_ONCE) ask(QueueError::ReturnScratch);
}

void AqlQueue::free_slot() {
    memory.store<uint16_t>(slot(oldest), HSA_PACKET_TYPE_INVALID);
    ++oldest;
    memory.store<uint64_t>(place.queue + offsetof(amd_queue_t, read_dispatch_id), oldest);
}

bool AqlQueue::scratch_in_use() const {
    for (const auto& flight : flights)
        if (flight->uses_scratch && !flight->signalled) return true;
    return false;
}

void AqlQueue::ask(QueueError request) {
    const auto signal = field<uint64_t>(offsetof(amd_queue_t, queue_inactive_signal));
    // Not 0 before: the runtime is destroying the queue.
    if (raise_signal(client, signal, int64_t(request)) != 0) dead = true;
    waiting = !dead;
}

bool AqlQueue::answered() {
    const int64_t value = signal_value(client, field<uint64_t>(offsetof(amd_queue_t, queue_inactive_signal)));
    if (value < 0) dead = true;
    waiting = value > 0;
    return !waiting && !dead;
}

void AqlQueue::refuse(const Refusal& refusal) {
    die("packet " + std::to_string(next) + " is refused: " + refusal.text);
    raise_signal(client, field<uint64_t>(offsetof(amd_queue_t, queue_inactive_signal)), int64_t(refusal.error));
}

void AqlQueue::fault(const Fault& fault) {
    if (fault.kind == FaultKind::Stopped) {
        dead = true;
        return;
    }
    die("wave " + std::to_string(fault.wave) + " of group (" + std::to_string(fault.group[0]) + ", " +
        std::to_string(fault.group[1]) + ", " + std::to_string(fault.group[2]) + "): " + fault.text);
    const bool beyond = fault.address >> address_bits;
    if (fault.kind == FaultKind::Memory && !beyond) return client.memory_fault(fault.address, fault.write);
    const auto error = fault.kind == FaultKind::Memory               ? QueueError::BadAperture
                       : fault.kind == FaultKind::IllegalInstruction ? QueueError::IllegalInstruction
                                                                     : QueueError::Trap;
    raise_signal(client, field<uint64_t>(offsetof(amd_queue_t, queue_inactive_signal)), int64_t(error));
}

void AqlQueue::die(const std::string& why) {
    dead = true;
    say("a queue has stopped: " + why);
    for (const auto& flight : flights)
        if (flight->grid) flight->grid->stop();
}

void AqlQueue::stop() {
    dead = true;
    for (const auto& flight : flights)
        if (flight->grid) flight->grid->stop();
    for (const auto& flight : flights) flight->ended.wait(false, std::memory_order_acquire);
    flights.clear();
    pm4.stop();
}

}  // namespace gcn::emulator
