// What each PM4 packet does.

#include "emulator/cp/pm4.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <variant>

#include "emulator/cp/copies.hpp"
#include "emulator/cp/kernel.hpp"
#include "emulator/cp/operations.hpp"

namespace gcn::emulator {

namespace pm4 = isa::pm4;
namespace reg = isa::reg;

namespace {

constexpr int packets_per_turn = 4096;         // then other rings have their turn,
constexpr uint64_t bytes_per_turn = 16 << 20;  // as they have when so much was copied
constexpr size_t most_words = 16u << 20;       // of all buffers of a submission: one that chains itself would never end

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

uint64_t address_of(uint32_t low, uint32_t high, uint32_t alignment) {
    return uint64_t(high) << 32 | (low & ~(alignment - 1));
}

}  // namespace

// ---- the stream -----------------------------------------------------------------------------------------------------

struct Pm4::Effect {
    pm4::Op op;
    Step (Pm4::*obey)(Body);
};

const Pm4::Effect Pm4::effects[] = {
    // clang-format off
    {pm4::Op::NOP,               &Pm4::nothing},
    {pm4::Op::SET_BASE,          &Pm4::set_base},
    {pm4::Op::CLEAR_STATE,       &Pm4::nothing},
    {pm4::Op::DISPATCH_DIRECT,   &Pm4::dispatch_direct},
    {pm4::Op::DISPATCH_INDIRECT, &Pm4::dispatch_indirect},
    {pm4::Op::ATOMIC_MEM,        &Pm4::atomic_mem},
    {pm4::Op::COND_EXEC,         &Pm4::cond_exec},
    {pm4::Op::CONTEXT_CONTROL,   &Pm4::nothing},
    {pm4::Op::WRITE_DATA,        &Pm4::write_data},
    {pm4::Op::WAIT_REG_MEM,      &Pm4::wait_reg_mem},
    {pm4::Op::INDIRECT_BUFFER,   &Pm4::indirect_buffer},
    {pm4::Op::COPY_DATA,         &Pm4::copy_data},
    {pm4::Op::PFP_SYNC_ME,       &Pm4::nothing},
    {pm4::Op::SURFACE_SYNC,      &Pm4::acquire},
    {pm4::Op::COND_WRITE,        &Pm4::cond_write},
    {pm4::Op::EVENT_WRITE,       &Pm4::event_write},
    {pm4::Op::EVENT_WRITE_EOP,   &Pm4::event_write_eop},
    {pm4::Op::EVENT_WRITE_EOS,   &Pm4::event_write_eos},
    {pm4::Op::RELEASE_MEM,       &Pm4::release_mem},
    {pm4::Op::PREAMBLE_CNTL,     &Pm4::nothing},
    {pm4::Op::DMA_DATA,          &Pm4::dma_data},
    {pm4::Op::ACQUIRE_MEM,       &Pm4::acquire},
    {pm4::Op::SET_CONFIG_REG,    &Pm4::set_registers},
    {pm4::Op::SET_CONTEXT_REG,   &Pm4::set_registers},
    {pm4::Op::SET_SH_REG,        &Pm4::set_registers},
    {pm4::Op::SET_UCONFIG_REG,   &Pm4::set_registers},
    {pm4::Op::SET_SH_REG_INDEX,  &Pm4::set_registers},
    // clang-format on
};

const Pm4::Effect* Pm4::effect_of(pm4::Op op) {
    for (const Effect& e : effects)
        if (e.op == op) return &e;
    return nullptr;
}

Pm4::Pm4(Device& device, Client& client, Ring ring)
    : time(device.clock), device(device), client(client), ring(ring), memory(client.space), grids(device, time) {}

void Pm4::refuse(const std::string& why) const {
    const pm4::Packet* packet = pm4::find(uint32_t(current));
    throw BadPacket{(packet ? std::string(packet->name) + " " : "") + why};
}

void Pm4::begin(uint64_t address, uint32_t words) {
    outermost = 2;
    words_read = 0;
    frames.clear();
    current = pm4::Op::INDIRECT_BUFFER;
    read_buffer(address, words, false);
}

void Pm4::begin(std::span<const uint32_t> words) {
    outermost = 3;
    words_read = 0;
    frames.assign(1, {{words.begin(), words.end()}});
}

// A buffer may call one more, as IB1 and IB2 of the hardware; a chain never returns.
void Pm4::read_buffer(uint64_t address, uint32_t words, bool chain) {
    if (!chain && frames.size() == outermost) refuse("is nested too deep: the card has IB1 and IB2");
    if ((words_read += words) > most_words)
        refuse("is one of buffers with more than " + std::to_string(most_words) + " words in all");
    Frame next{std::vector<uint32_t>(words)};
    memory.read(address, std::as_writable_bytes(std::span(next.words)));
    if (chain) frames.pop_back();
    frames.push_back(std::move(next));
}

Engine::State Pm4::advance() {
    bool progress = false;
    copied = 0;
    time.wake();
    for (int i = 0; i < packets_per_turn && copied < bytes_per_turn; ++i) {
        progress |= retire();
        while (!frames.empty() && frames.back().at == frames.back().words.size()) frames.pop_back();
        if (frames.empty()) {
            if (grids.none() && pending.empty()) {
                time.not_before(grids.last_end());
                return State::Done;
            }
            return progress ? State::Progress : State::Waiting;
        }
        if (obey() == Step::Wait) return progress ? State::Progress : State::Waiting;
        progress = true;
    }
    return State::Progress;
}

Pm4::Step Pm4::obey() {
    Frame& frame = frames.back();
    const uint32_t header = frame.words[frame.at];
    const size_t words = pm4::body_words(header), left = frame.words.size() - frame.at - 1;
    constexpr uint32_t one_word_of_nothing = 2;  // the type of such headers: vid.h, CP_PACKET2
    if (pm4::type_of(header) == one_word_of_nothing || header == pm4::filler) {
        ++frame.at;
        return Step::Next;
    }
    const pm4::Packet* packet = pm4::type_of(header) == 3 ? pm4::find(pm4::code_of(header)) : nullptr;
    if (!packet) throw BadPacket{"the PM4 header " + hex(header) + " is none that is modelled"};
    current = packet->op;
    if (packet->rings == pm4::Rings::Compute && ring == Ring::Gfx) refuse("is for compute rings, this is the gfx ring");
    if (packet->rings == pm4::Rings::Gfx && ring == Ring::Compute)
        refuse("is for the gfx ring, this is a compute ring");
    if (words < packet->least || words > packet->most)
        refuse("has " + std::to_string(words) + " words, not " + std::to_string(packet->least) +
               (packet->most > packet->least ? " to " + std::to_string(packet->most) : ""));
    if (words > left)
        refuse("is cut short: " + std::to_string(words) + " words, the buffer has " + std::to_string(left) + " more");
    // The frame may be gone when the packet has been obeyed: it may call or chain another buffer.
    const size_t at = frame.at, depth = frames.size();
    frame.at += 1 + words;
    const std::vector<uint32_t> body(frame.words.begin() + ptrdiff_t(at) + 1,
                                     frame.words.begin() + ptrdiff_t(at + 1 + words));
    const Step step = (this->*effect_of(packet->op)->obey)(body);
    if (step == Step::Wait) frames[depth - 1].at = at;
    return step;
}

bool Pm4::write_pending() {
    bool any = false;
    while (!pending.empty() && pending.front().after <= grids.ended()) {
        written = std::max({written, pending.front().not_before, grids.last_end()});
        pending.front().write(written);
        pending.pop_front();
        any = true;
    }
    return any;
}

// Grid by grid, so that a write has the time of those before it and not of one that ended meanwhile.
bool Pm4::retire() {
    bool any = write_pending();
    while (grids.collect()) {
        if (const Fault* fault = grids.fault()) throw GridFault{*fault};
        any |= write_pending();
    }
    return any;
}

// Of grids under way the clock hears by itself, but this queue's time must not leave them.
void Pm4::rest() {
    if (grids.none()) time.rest();
}

void Pm4::stop() {
    grids.stop();
    pending.clear();
    frames.clear();
    waited = false;
    time.rest();
}

// ---- registers ------------------------------------------------------------------------------------------------------

uint32_t Pm4::get(uint32_t dword) const {
    const auto found = registers.find(dword);
    return found == registers.end() ? 0 : found->second;
}

void Pm4::set(uint32_t dword, uint32_t value) {
    if (device.counters.holds(dword))
        device.counters.write(dword, value, get(reg::GRBM_GFX_INDEX));
    else
        registers[dword] = value;
}

uint32_t Pm4::get_counter(uint32_t dword) const {
    return device.counters.holds(dword) ? device.counters.read(dword, get(reg::GRBM_GFX_INDEX)) : get(dword);
}

bool Pm4::window_open() const { return counting_event || get(reg::COMPUTE_PERFCOUNT_ENABLE) & 1; }

void Pm4::set_unprivileged(uint32_t dword, uint32_t value) {
    if (!isa::sh_space.holds(dword) && !isa::context_space.holds(dword) && !isa::uconfig_space.holds(dword))
        refuse("writes the privileged register " + hex(dword));
    set(dword, value);
}

Pm4::Step Pm4::set_registers(Body body) {
    const isa::RegisterSpace& space = current == pm4::Op::SET_CONFIG_REG    ? isa::config_space
                                      : current == pm4::Op::SET_CONTEXT_REG ? isa::context_space
                                      : current == pm4::Op::SET_UCONFIG_REG ? isa::uconfig_space
                                                                            : isa::sh_space;
    // Since gfx7 no register of this space is a program's: Linux, gfx_v8_0.c, resets the ring on such a write.
    if (current == pm4::Op::SET_CONFIG_REG) refuse("writes a privileged register");
    const uint32_t first = space.first + pm4::SET_CONFIG_REG_OFFSET.in(body);
    const uint32_t count = uint32_t(body.size() - 1);
    if (!space.holds(first + count - 1))
        refuse("writes registers " + hex(first) + " to " + hex(first + count - 1) + ", the space " +
               std::string(space.name) + " ends at " + hex(space.end));
    for (uint32_t i = 0; i < count; ++i) set(first + i, body[1 + i]);
    return Step::Next;
}

// ---- flow -----------------------------------------------------------------------------------------------------------

Pm4::Step Pm4::nothing(Body) { return Step::Next; }

Pm4::Step Pm4::set_base(Body body) {
    if (pm4::SET_BASE_INDEX.in(body) == pm4::BASE_INDIRECT) indirect_base = address_of(body[1], body[2] & 0xffff, 8);
    return Step::Next;
}

Pm4::Step Pm4::cond_exec(Body body) {
    if (memory.load<uint32_t>(address_of(body[0], body[1], 4))) return Step::Next;
    Frame& frame = frames.back();
    const size_t words = pm4::COND_EXEC_WORDS.in(body);
    if (words > frame.words.size() - frame.at) refuse("skips beyond the end of its buffer");
    frame.at += words;
    return Step::Next;
}

Pm4::Step Pm4::indirect_buffer(Body body) {
    const uint32_t words = pm4::INDIRECT_BUFFER_WORDS.in(body);
    if (!words) refuse("has no words");
    read_buffer(address_of(body[0], pm4::INDIRECT_BUFFER_ADDRESS_HI.in(body), 4), words,
                pm4::INDIRECT_BUFFER_CHAIN.in(body));
    return Step::Next;
}

// Caches are never stale here, except the decoded form of code.
Pm4::Step Pm4::acquire(Body) {
    device.executor.forget_code();
    return Step::Next;
}

// ---- grids ----------------------------------------------------------------------------------------------------------

Pm4::Step Pm4::dispatch_direct(Body body) {
    dispatch(body[0], body[1], body[2], body[3]);
    return Step::Next;
}

Pm4::Step Pm4::dispatch_indirect(Body body) {
    const size_t words = ring == Ring::Gfx ? 2 : 3;
    if (body.size() != words) refuse("has " + std::to_string(words) + " words on this ring");
    const uint64_t at = ring == Ring::Gfx ? indirect_base + body[0] : address_of(body[0], body[1], 4);
    const auto size = memory.read<std::array<uint32_t, 3>>(at);
    dispatch(size[0], size[1], size[2], body.back());
    return Step::Next;
}

void Pm4::dispatch(uint32_t x, uint32_t y, uint32_t z, uint32_t initiator) {
    if (!reg::COMPUTE_DISPATCH_INITIATOR__COMPUTE_SHADER_EN.of(initiator)) return;
    set(reg::COMPUTE_DIM_X, x), set(reg::COMPUTE_DIM_Y, y), set(reg::COMPUTE_DIM_Z, z);
    set(reg::COMPUTE_DISPATCH_INITIATOR, initiator);
    auto prepared = prepare(client, [this](uint32_t r) { return get(r); });
    if (auto* why = std::get_if<std::string>(&prepared)) refuse(*why);
    grids.start(std::move(std::get<Dispatch>(prepared)), window_open());
}

Pm4::Step Pm4::event_write(Body body) {
    const uint32_t type = pm4::EVENT_WRITE_TYPE.in(body);
    // On compute rings the register alone opens the window: PAL, gfx6PerfExperiment.cpp.
    if (ring == Ring::Gfx && type == pm4::EVENT_PERFCOUNTER_START) counting_event = true;
    if (ring == Ring::Gfx && type == pm4::EVENT_PERFCOUNTER_STOP) counting_event = false;
    if (type != pm4::EVENT_CS_PARTIAL_FLUSH) return Step::Next;
    if (!grids.none()) return Step::Wait;
    time.not_before(grids.last_end());
    return Step::Next;
}

// ---- fences ---------------------------------------------------------------------------------------------------------

// The command processor's own counter is not modelled: nothing says what it counts. vid.h calls it the system's, AMD's
// PAL a performance counter that is not supported.
void Pm4::at_end_of_pipe(uint32_t data_sel, uint64_t address, uint64_t data) {
    if (data_sel == pm4::DATA_SEL_NONE) return;
    if (data_sel == pm4::DATA_SEL_GDS) refuse("stores GDS memory, of which a context has none here");
    if (data_sel > pm4::DATA_SEL_GDS) refuse("writes data of kind " + std::to_string(data_sel));
    pending.push_back({grids.started(), time.now(), [this, data_sel, address, data](uint64_t moment) {
                           if (data_sel == pm4::DATA_SEL_VALUE_32)
                               memory.store<uint32_t>(address & ~3ull, uint32_t(data));
                           else if (data_sel == pm4::DATA_SEL_GPU_CLOCK)
                               memory.store<uint64_t>(address & ~7ull, Device::ticks(time.stamp(moment)));
                           else
                               memory.store<uint64_t>(address & ~7ull,
                                                      data_sel == pm4::DATA_SEL_PERF_COUNTER ? not_modelled : data);
                       }});
}

// Event AQL hands a slot of an AQL queue back, which the queue does for every slot.
Pm4::Step Pm4::release_mem(Body body) {
    if (pm4::RELEASE_MEM_INDEX.in(body) == pm4::EVENT_INDEX_AQL) return Step::Next;
    if (pm4::RELEASE_MEM_DST_SEL.in(body) > 1) refuse("writes to a register of a queue");
    at_end_of_pipe(pm4::RELEASE_MEM_DATA_SEL.in(body), address_of(body[2], body[3], 1),
                   address_of(body[4], body[5], 1));
    return Step::Next;
}

Pm4::Step Pm4::event_write_eop(Body body) {
    at_end_of_pipe(pm4::EVENT_WRITE_EOP_DATA_SEL.in(body),
                   address_of(body[1], pm4::EVENT_WRITE_EOP_ADDRESS_HI.in(body), 1), address_of(body[3], body[4], 1));
    return Step::Next;
}

Pm4::Step Pm4::event_write_eos(Body body) {
    constexpr uint32_t store_data = 2;
    if (pm4::EVENT_WRITE_EOS_COMMAND.in(body) != store_data) refuse("stores what is not modelled");
    at_end_of_pipe(pm4::DATA_SEL_VALUE_32, address_of(body[1], pm4::EVENT_WRITE_EOS_ADDRESS_HI.in(body), 4), body[3]);
    return Step::Next;
}

uint64_t Pm4::polled(uint32_t space, uint32_t low, uint32_t high) const {
    return space == pm4::SPACE_REGISTER ? get(low) : memory.load<uint32_t>(address_of(low, high, 4));
}

bool Pm4::holds(uint32_t function, uint32_t value, uint32_t reference) const {
    const auto result = compare(function, value, reference);
    if (!result) refuse("compares by function " + std::to_string(function));
    return *result;
}

// What was waited for may be a write of this queue, or somebody else's.
Pm4::Step Pm4::when(bool true_now) {
    if (true_now && waited) time.catch_up();
    if (true_now) time.not_before(written);
    waited = !true_now;
    return true_now ? Step::Next : Step::Wait;
}

Pm4::Step Pm4::wait_reg_mem(Body body) {
    if (pm4::WAIT_REG_MEM_OPERATION.in(body)) refuse("writes before it waits, which only the driver does");
    const auto value = uint32_t(polled(pm4::WAIT_REG_MEM_SPACE.in(body), body[1], body[2]));
    return when(holds(pm4::WAIT_REG_MEM_FUNCTION.in(body), value & body[4], body[3]));
}

Pm4::Step Pm4::cond_write(Body body) {
    const auto value = uint32_t(polled(pm4::COND_WRITE_POLL_SPACE.in(body), body[1], body[2]));
    if (!holds(pm4::COND_WRITE_FUNCTION.in(body), value & body[4], body[3])) return Step::Next;
    if (pm4::COND_WRITE_WRITE_SPACE.in(body) == pm4::SPACE_REGISTER)
        set_unprivileged(body[5], body[7]);
    else
        memory.store<uint32_t>(address_of(body[5], body[6], 4), body[7]);
    return Step::Next;
}

// ---- data -----------------------------------------------------------------------------------------------------------

Pm4::Step Pm4::write_data(Body body) {
    const uint32_t to = pm4::WRITE_DATA_DST_SEL.in(body);
    const uint32_t step = pm4::WRITE_DATA_ONE_ADDRESS.in(body) ? 0 : 1;
    const Body data = body.subspan(3);
    switch (to) {
        case pm4::SEL_REGISTER:
            for (uint32_t i = 0; i < data.size(); ++i) set_unprivileged(body[1] + step * i, data[i]);
            break;
        case pm4::SEL_MEMORY_SYNC:
        case pm4::SEL_TC_L2:
        case pm4::SEL_MEMORY:
            for (uint32_t i = 0; i < data.size(); ++i)
                memory.store<uint32_t>(address_of(body[1], body[2], 4) + 4ull * step * i, data[i]);
            break;
        default:
            refuse("writes to destination " + std::to_string(to));
    }
    return Step::Next;
}

Pm4::Step Pm4::copy_data(Body body) {
    const uint32_t from = pm4::COPY_DATA_SRC_SEL.in(body), to = pm4::COPY_DATA_DST_SEL.in(body);
    const bool wide = pm4::COPY_DATA_IS_64.in(body);
    const uint64_t source = address_of(body[1], body[2], 1), target = address_of(body[3], body[4], 1);
    uint64_t value = 0;
    switch (from) {
        case pm4::SEL_REGISTER:
            value = get(body[1]) | (wide ? uint64_t(get(body[1] + 1)) << 32 : 0);
            break;
        case pm4::SEL_PERF:
            value = get_counter(body[1]) | (wide ? uint64_t(get_counter(body[1] + 1)) << 32 : 0);
            break;
        case pm4::SEL_MEMORY_SYNC:
        case pm4::SEL_TC_L2:
            value = wide ? memory.load<uint64_t>(source & ~7ull) : memory.load<uint32_t>(source & ~3ull);
            break;
        case pm4::SEL_IMMEDIATE:
            value = source;
            break;
        case pm4::SEL_ATOMIC_RETURN:
            value = atomic_return;
            break;
        case pm4::SEL_TIMESTAMP:
            value = Device::ticks(time.stamp());
            break;
        default:
            refuse("reads from source " + std::to_string(from));
    }
    switch (to) {
        case pm4::SEL_REGISTER:
            set_unprivileged(body[3], uint32_t(value));
            if (wide) set_unprivileged(body[3] + 1, uint32_t(value >> 32));
            break;
        case pm4::SEL_PERF:  // also those of the counters that are privileged: PAL, IsPrivilegedConfigReg
            set(body[3], uint32_t(value));
            if (wide) set(body[3] + 1, uint32_t(value >> 32));
            break;
        case pm4::SEL_MEMORY_SYNC:
        case pm4::SEL_TC_L2:
        case pm4::SEL_MEMORY:
            if (wide)
                memory.store<uint64_t>(target & ~7ull, value);
            else
                memory.store<uint32_t>(target & ~3ull, uint32_t(value));
            break;
        default:
            refuse("writes to destination " + std::to_string(to));
    }
    return Step::Next;
}

Pm4::Step Pm4::dma_data(Body body) {
    const uint32_t from = pm4::DMA_DATA_SRC_SEL.in(body), to = pm4::DMA_DATA_DST_SEL.in(body);
    const uint64_t source = address_of(body[1], body[2], 1), target = address_of(body[3], body[4], 1);
    const size_t bytes = pm4::DMA_DATA_BYTES.in(body);
    if (from == pm4::DMA_SEL_GDS || to == pm4::DMA_SEL_GDS || to == pm4::DMA_SEL_DATA ||
        pm4::DMA_DATA_SRC_REGISTER.in(body) || pm4::DMA_DATA_DST_REGISTER.in(body) ||
        pm4::DMA_DATA_SRC_FIXED.in(body) || pm4::DMA_DATA_DST_FIXED.in(body) || pm4::DMA_DATA_SRC_SWAP.in(body) ||
        pm4::DMA_DATA_DST_SWAP.in(body))
        refuse("copies from or to what is not modelled: words " + hex(body[0]) + " and " + hex(body[5]));
    // A copy onto itself only brings the bytes into a cache; nothing waits for it.
    const bool prefetch = from != pm4::DMA_SEL_DATA && source == target;
    if (from == pm4::DMA_SEL_DATA)
        memory.fill(target, bytes, body[1]);
    else if (!prefetch)
        memory.copy(target, source, bytes);
    copied += bytes;
    if (!prefetch) time.advance(copy_time(device.chip, Copier::CommandProcessor, bytes));
    return Step::Next;
}

Pm4::Step Pm4::atomic_mem(Body body) {
    const uint32_t operation = pm4::ATOMIC_MEM_OPERATION.in(body);
    constexpr uint32_t loop = 1;
    const auto once = [&]<class T>(T data, T compared) {
        const auto old = combine<T>(memory, operation, address_of(body[1], body[2], sizeof(T)), data, compared);
        if (!old) refuse("has operation " + hex(operation));
        if (returns(operation)) {
            atomic_return = *old;
            set(reg::CP_ATOMIC_PREOP_LO, uint32_t(atomic_return));
            set(reg::CP_ATOMIC_PREOP_HI, uint32_t(atomic_return >> 32));
        }
        return *old == compared;
    };
    const uint64_t data = address_of(body[3], body[4], 1), compared = address_of(body[5], body[6], 1);
    const bool equal = is_wide(operation) ? once(data, compared) : once(uint32_t(data), uint32_t(compared));
    return pm4::ATOMIC_MEM_COMMAND.in(body) == loop ? when(equal) : Step::Next;
}

}  // namespace gcn::emulator
