// What each SDMA packet does.

#include "emulator/cp/sdma.hpp"

#include <cstdio>
#include <iterator>

#include "emulator/cp/copies.hpp"
#include "emulator/cp/operations.hpp"

namespace gcn::emulator {

namespace sdma = isa::sdma;

namespace {

constexpr uint64_t work_per_turn = 16 << 20;  // bytes; then other rings have their turn
constexpr uint64_t work_per_packet = 4096;    // what one costs whatever it does, in the time of so many bytes
constexpr size_t deepest = 2;                 // a submission's buffer, and one that it calls

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

uint64_t wide(std::span<const uint32_t> words, size_t at) { return uint64_t(words[at + 1]) << 32 | words[at]; }

}  // namespace

// ---- the stream -----------------------------------------------------------------------------------------------------

// A packet is obeyed, or it is not, and why.
struct Sdma::Effect {
    sdma::Op op;
    Step (Sdma::*obey)(Words);
    const char* refusal = nullptr;
};

constexpr Sdma::Effect Sdma::effects[] = {
    // clang-format off
    {sdma::Op::NOP,                   &Sdma::nothing},
    {sdma::Op::COPY_LINEAR,           &Sdma::copy_linear},
    {sdma::Op::COPY_LINEAR_BROADCAST, &Sdma::copy_linear_broadcast},
    {sdma::Op::COPY_TILED,            nullptr, "copies tiles, which are not modelled"},
    {sdma::Op::COPY_TILED_BROADCAST,  nullptr, "copies tiles, which are not modelled"},
    {sdma::Op::COPY_STRUCT,           nullptr, "copies structures, which are not modelled"},
    {sdma::Op::COPY_LINEAR_SUB_WIND,  &Sdma::copy_sub_window},
    {sdma::Op::COPY_TILED_SUB_WIND,   nullptr, "copies tiles, which are not modelled"},
    {sdma::Op::COPY_T2T_SUB_WIND,     nullptr, "copies tiles, which are not modelled"},
    {sdma::Op::WRITE_LINEAR,          &Sdma::write_linear},
    {sdma::Op::WRITE_TILED,           nullptr, "writes tiles, which are not modelled"},
    {sdma::Op::INDIRECT,              &Sdma::indirect},
    {sdma::Op::FENCE,                 &Sdma::fence},
    {sdma::Op::TRAP,                  &Sdma::trap},
    {sdma::Op::SEMAPHORE,             nullptr, "waits for or signals a semaphore, which is not modelled"},
    {sdma::Op::POLL_REGMEM,           &Sdma::poll},
    {sdma::Op::COND_EXE,              &Sdma::cond_exe},
    {sdma::Op::ATOMIC,                &Sdma::atomic},
    {sdma::Op::CONST_FILL,            &Sdma::fill},
    {sdma::Op::GEN_PTEPDE,            &Sdma::count_up},
    {sdma::Op::TIMESTAMP_SET,         nullptr, "sets the engine's own clock, which only the driver does"},
    {sdma::Op::TIMESTAMP_GET,         &Sdma::timestamp},
    {sdma::Op::TIMESTAMP_GET_GLOBAL,  &Sdma::timestamp},
    {sdma::Op::SRBM_WRITE,            nullptr, "writes a privileged register"},
    {sdma::Op::PRE_EXE,               nullptr, "chooses between engines, which is not modelled"},
    // clang-format on
};

Sdma::Sdma(Device& device, Client& client) : device(device), client(client), memory(client.space), time(device.clock) {}

void Sdma::refuse(const std::string& why) const {
    throw BadPacket{std::string(sdma::packet(current).name) + " " + why};
}

void Sdma::begin(uint64_t address, uint32_t words) {
    current = sdma::Op::INDIRECT;
    read_buffer(address, words);
}

void Sdma::read_buffer(uint64_t address, uint32_t words) {
    Frame next{std::vector<uint32_t>(words)};
    memory.read(address, std::as_writable_bytes(std::span(next.words)));
    frames.push_back(std::move(next));
}

void Sdma::stop() {
    frames.clear();
    rows = tries = 0;
    waited = false;
    time.rest();
}

void Sdma::takes_time(uint64_t bytes) { time.advance(copy_time(device.chip, Copier::Sdma, bytes)); }

Sdma::Step Sdma::when(bool true_now) {
    if (true_now && waited) time.catch_up();
    waited = !true_now;
    return true_now ? Step::Next : Step::Wait;
}

uint64_t Sdma::address(Words packet, size_t word, uint64_t alignment) const {
    const uint64_t at = wide(packet, word);
    if (at % alignment) refuse("is about " + hex(at) + ", no multiple of " + std::to_string(alignment));
    return at;
}

Engine::State Sdma::advance() {
    bool progress = false;
    time.wake();
    for (work = 0; work < work_per_turn; work += work_per_packet) {
        while (!frames.empty() && frames.back().at == frames.back().words.size()) frames.pop_back();
        if (frames.empty()) return State::Done;
        if (obey() == Step::Wait) return progress ? State::Progress : State::Waiting;
        progress = true;
    }
    return State::Progress;
}

Sdma::Step Sdma::obey() {
    const size_t depth = frames.size();
    Frame& frame = frames.back();
    const Words left = Words(frame.words).subspan(frame.at);
    const sdma::Packet* packet = sdma::find(left[0]);
    if (!packet) throw BadPacket{"the SDMA header " + hex(left[0]) + " is none that is modelled"};
    current = packet->op;
    static_assert(std::size(effects) == std::size(sdma::packets) && [] {
        for (const sdma::Packet& p : sdma::packets)
            if (effects[size_t(p.op)].op != p.op) return false;
        return true;
    }());
    const Effect& effect = effects[size_t(current)];
    if (effect.refusal) refuse(effect.refusal);
    const uint32_t words = left.size() < packet->words ? packet->words : sdma::words_of(*packet, left);
    if (words > left.size())
        refuse("is cut short: " + std::to_string(words) + " words, the buffer has " + std::to_string(left.size()));
    const size_t at = frame.at;
    frame.at += words;
    // The words stay where they are when the packet calls another buffer; `frame` does not.
    const Step step = (this->*effect.obey)(left.first(words));
    if (step != Step::Next) frames[depth - 1].at = at;
    return step;
}

// ---- flow -----------------------------------------------------------------------------------------------------------

Sdma::Step Sdma::nothing(Words) { return Step::Next; }

// That a buffer may call another is a guess: the driver writes this packet into its ring, which calls ours.
Sdma::Step Sdma::indirect(Words packet) {
    if (frames.size() == deepest) refuse("is nested too deep: a buffer may call one more");
    read_buffer(address(packet, 1, 32), sdma::INDIRECT_WORDS.in(packet));
    return Step::Next;
}

// Runs the words when memory has the reference: PAL writes 1 as the reference, and 0 there to skip. That other values
// skip as well is a guess.
Sdma::Step Sdma::cond_exe(Words packet) {
    if (memory.load<uint32_t>(address(packet, 1, 4)) == packet[3]) return Step::Next;
    Frame& frame = frames.back();
    const size_t words = sdma::COND_EXE_WORDS.in(packet);
    if (words > frame.words.size() - frame.at) refuse("skips beyond the end of its buffer");
    frame.at += words;
    return Step::Next;
}

// What the card does when it has looked often enough is not documented. To go on would use what is not there yet, so
// the submission is given up: a guess. How long it takes between two looks is not modelled.
Sdma::Step Sdma::poll(Words packet) {
    if (sdma::POLL_REGMEM_HDP_FLUSH.in(packet)) refuse("flushes the HDP, which only the driver does");
    if (!sdma::POLL_REGMEM_IN_MEMORY.in(packet)) refuse("looks at a register, which only the driver does");
    const auto value = memory.load<uint32_t>(address(packet, 1, 4));
    const uint32_t function = sdma::POLL_REGMEM_FUNCTION.in(packet), retries = sdma::POLL_REGMEM_RETRIES.in(packet);
    const auto holds = compare(function, value & packet[4], packet[3]);
    if (!holds) refuse("compares by function " + std::to_string(function));
    if (*holds) {
        tries = 0;
        return when(true);
    }
    if (retries != sdma::RETRIES_FOR_EVER && tries++ == retries)
        refuse("has looked " + std::to_string(tries) + " times for a value that did not come");
    return when(false);
}

Sdma::Step Sdma::fence(Words packet) {
    memory.store<uint32_t>(address(packet, 1, 4), packet[3]);
    return Step::Next;
}

Sdma::Step Sdma::trap(Words packet) {
    client.interrupt(sdma::TRAP_CONTEXT.in(packet));
    return Step::Next;
}

// PAL: "if the address isn't 32-byte aligned, this packet will just write a zero". It says so of the global one; that
// the engine's own clock is the same is a guess.
Sdma::Step Sdma::timestamp(Words packet) {
    const uint64_t at = address(packet, 1, 8);
    memory.store<uint64_t>(at, at % 32 ? 0 : Device::ticks(time.stamp()));
    return Step::Next;
}

// ---- data -----------------------------------------------------------------------------------------------------------

Sdma::Step Sdma::copy_linear(Words packet) {
    if (sdma::COPY_DST_SWAP.in(packet) || sdma::COPY_SRC_SWAP.in(packet)) refuse("swaps bytes, which is not modelled");
    const uint64_t bytes = sdma::COPY_BYTES.in(packet);
    memory.copy(address(packet, 5), address(packet, 3), bytes);
    work += bytes;
    takes_time(bytes);
    return Step::Next;
}

Sdma::Step Sdma::copy_linear_broadcast(Words packet) {
    if (sdma::COPY_DST_SWAP2.in(packet)) refuse("swaps bytes, which is not modelled");
    copy_linear(packet);
    const uint64_t bytes = sdma::COPY_BYTES.in(packet);
    memory.copy(address(packet, 7), address(packet, 3), bytes);
    work += bytes;
    takes_time(bytes);
    return Step::Next;
}

// Some rows a turn: a window may have 2^25 of them.
Sdma::Step Sdma::copy_sub_window(Words packet) {
    if (sdma::SUB_WIND_DST_SWAP.in(packet) || sdma::SUB_WIND_SRC_SWAP.in(packet))
        refuse("swaps bytes, which is not modelled");
    constexpr uint32_t largest = 4;  // 16 bytes: tonga_sdma_pkt_open.h has no larger ones
    const uint32_t element = sdma::SUB_WIND_ELEMENT.in(packet);
    if (element > largest) refuse("has elements of 2^" + std::to_string(element) + " bytes");
    struct Image {
        uint64_t address, x, y, z, pitch, slice;
        uint64_t row(uint64_t i, uint64_t k, uint32_t element) const {
            return address + (((z + k) * slice + (y + i) * pitch + x) << element);
        }
    };
    const Image source{address(packet, 1),
                       sdma::SUB_WIND_SRC_X.in(packet),
                       sdma::SUB_WIND_SRC_Y.in(packet),
                       sdma::SUB_WIND_SRC_Z.in(packet),
                       sdma::SUB_WIND_SRC_PITCH.in(packet) + 1,
                       sdma::SUB_WIND_SRC_SLICE_PITCH.in(packet) + 1};
    const Image target{address(packet, 6),
                       sdma::SUB_WIND_DST_X.in(packet),
                       sdma::SUB_WIND_DST_Y.in(packet),
                       sdma::SUB_WIND_DST_Z.in(packet),
                       sdma::SUB_WIND_DST_PITCH.in(packet) + 1,
                       sdma::SUB_WIND_DST_SLICE_PITCH.in(packet) + 1};
    const uint64_t height = sdma::SUB_WIND_HEIGHT.in(packet) + 1, depth = sdma::SUB_WIND_DEPTH.in(packet) + 1;
    const uint64_t bytes = uint64_t(sdma::SUB_WIND_WIDTH.in(packet) + 1) << element;
    while (work < work_per_turn) {
        const uint64_t i = rows % height, k = rows / height;
        memory.copy(target.row(i, k, element), source.row(i, k, element), bytes);
        work += bytes + work_per_packet;
        if (++rows == height * depth) {
            rows = 0;
            takes_time(bytes * height * depth);
            return Step::Next;
        }
    }
    return Step::Again;
}

Sdma::Step Sdma::write_linear(Words packet) {
    if (sdma::WRITE_LINEAR_SWAP.in(packet)) refuse("swaps bytes, which is not modelled");
    const uint64_t at = address(packet, 1, 4);
    const Words data = packet.subspan(sdma::packet(current).words);
    for (size_t i = 0; i < data.size(); ++i) memory.store<uint32_t>(at + 4 * i, data[i]);
    work += data.size_bytes();
    takes_time(data.size_bytes());
    return Step::Next;
}

// Filling with bytes repeats the lowest one: a guess. Filling with words takes no notice of the lowest bits of the
// count.
Sdma::Step Sdma::fill(Words packet) {
    if (sdma::CONST_FILL_SWAP.in(packet)) refuse("swaps bytes, which is not modelled");
    const uint32_t size = sdma::CONST_FILL_SIZE.in(packet), bytes = sdma::CONST_FILL_BYTES.in(packet);
    if (size == sdma::FILL_WORDS)
        memory.fill(address(packet, 1, 4), bytes & ~3u, packet[3]);
    else if (size == sdma::FILL_BYTES)
        memory.fill(address(packet, 1), bytes, (packet[3] & 0xff) * 0x01010101);
    else
        refuse("fills by size " + std::to_string(size));
    work += bytes;
    takes_time(bytes);
    return Step::Next;
}

// Made for page tables, whose entries are a mask and an address that grows.
Sdma::Step Sdma::count_up(Words packet) {
    const uint64_t at = address(packet, 1, 8), mask = wide(packet, 3), increment = wide(packet, 7);
    const uint32_t count = sdma::GEN_PTEPDE_COUNT.in(packet);
    uint64_t value = wide(packet, 5);
    for (uint32_t i = 0; i < count; ++i, value += increment) memory.store<uint64_t>(at + 8ull * i, value | mask);
    work += 8ull * count;
    takes_time(8ull * count);
    return Step::Next;
}

Sdma::Step Sdma::atomic(Words packet) {
    const uint32_t operation = sdma::ATOMIC_OPERATION.in(packet);
    const auto once = [&]<class T>(T data, T compared) {
        const auto old = combine<T>(memory, operation, address(packet, 1, sizeof(T)), data, compared);
        if (!old) refuse("has operation " + hex(operation));
        return *old == compared;
    };
    const bool equal = is_wide(operation) ? once(wide(packet, 3), wide(packet, 5)) : once(packet[3], packet[5]);
    return sdma::ATOMIC_LOOP.in(packet) ? when(equal) : Step::Next;
}

}  // namespace gcn::emulator
