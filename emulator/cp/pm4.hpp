#pragma once
// One ring's packet processor: PM4 packets, from indirect buffers or from the slots of an AQL queue, and the registers
// that they set. Which effect a packet has is a row in pm4.cpp; what it is made of, in isa/pm4.def.
//
// As on the card a packet does not wait for the grids before it, unless it says so (EVENT_WRITE CS_PARTIAL_FLUSH), and
// an end-of-pipe write comes when those before it have ended, while later packets go on.

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "emulator/cp/access.hpp"
#include "emulator/cp/client.hpp"
#include "emulator/cp/device.hpp"
#include "emulator/cp/engine.hpp"
#include "emulator/cp/grids.hpp"
#include "isa/pm4.hpp"

namespace gcn::emulator {

class Pm4 final : public Engine {
public:
    enum class Ring { Gfx, Compute };

    Pm4(Device&, Client&, Ring);

    void begin(uint64_t address, uint32_t words) override;
    // The same with words that lie in a slot of an AQL queue.
    void begin(std::span<const uint32_t> words);
    State advance() override;
    bool running() const override { return grids.running(); }
    void rest() override;
    void stop() override;

    uint32_t get(uint32_t dword) const;  // a register
    // Blocks of counters that count only such queues' waves count this one's: perfcounters::Window::Waves.
    bool window_open() const;

    Timeline time;  // the queue's

private:
    using Body = std::span<const uint32_t>;
    enum class Step { Next, Wait };
    struct Effect;
    static const Effect effects[];
    static const Effect* effect_of(isa::pm4::Op);

    struct Frame {
        std::vector<uint32_t> words;
        size_t at = 0;
    };
    // A write that comes when as many grids have ended.
    struct Pending {
        uint64_t after, not_before;  // its time is that of the later
        std::function<void(uint64_t time)> write;
    };

    Step obey();
    bool write_pending();
    bool retire();  // end-of-pipe writes whose time has come; true when there were any
    [[noreturn]] void refuse(const std::string& why) const;
    void read_buffer(uint64_t address, uint32_t words, bool chain);
    void set(uint32_t dword, uint32_t value);
    uint32_t get_counter(uint32_t dword) const;             // by the way on which counters are read
    void set_unprivileged(uint32_t dword, uint32_t value);  // refuses what a program may not write

    Step nothing(Body);
    Step set_base(Body);
    Step dispatch_direct(Body);
    Step dispatch_indirect(Body);
    Step atomic_mem(Body);
    Step cond_exec(Body);
    Step write_data(Body);
    Step wait_reg_mem(Body);
    Step indirect_buffer(Body);
    Step copy_data(Body);
    Step acquire(Body);
    Step cond_write(Body);
    Step event_write(Body);
    Step event_write_eop(Body);
    Step event_write_eos(Body);
    Step release_mem(Body);
    Step dma_data(Body);
    Step set_registers(Body);

    void dispatch(uint32_t x, uint32_t y, uint32_t z, uint32_t initiator);
    void at_end_of_pipe(uint32_t data_sel, uint64_t address, uint64_t data);
    uint64_t polled(uint32_t space, uint32_t low, uint32_t high) const;
    bool holds(uint32_t function, uint32_t value, uint32_t reference) const;
    Step when(bool);  // what a packet that waits for memory does

    Device& device;
    Client& client;
    const Ring ring;
    const Access memory;
    Grids grids;
    std::vector<Frame> frames;  // the buffer that is read, last; those that called it before
    size_t outermost = 0;       // frames that may call others: 2, or 3 when they begin in a slot
    size_t words_read = 0;
    uint64_t copied = 0;  // bytes in this turn
    std::deque<Pending> pending;
    uint64_t written = 0;    // when the last of those behind it was
    bool waited = false;     // the packet that is obeyed has, for memory
    isa::pm4::Op current{};  // of the packet that is obeyed
    std::unordered_map<uint32_t, uint32_t> registers;
    uint64_t indirect_base = 0, atomic_return = 0;
    bool counting_event = false;  // PERFCOUNTER_START was the last of its kind
};

}  // namespace gcn::emulator
