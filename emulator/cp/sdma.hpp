#pragma once
// One copy engine's ring: SDMA packets from indirect buffers. Which effect a packet has is a row in sdma.cpp; what it
// is made of, in isa/sdma.def.
//
// The card may carry out small packets side by side, so that a program must put a NOP between two of which the second
// needs the first. Here each packet is done before the next one begins.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "emulator/cp/access.hpp"
#include "emulator/cp/client.hpp"
#include "emulator/cp/device.hpp"
#include "emulator/cp/engine.hpp"
#include "isa/sdma.hpp"

namespace gcn::emulator {

class Sdma final : public Engine {
public:
    Sdma(Device&, Client&);

    void begin(uint64_t address, uint32_t words) override;
    State advance() override;
    void rest() override { time.rest(); }
    void stop() override;

private:
    using Words = std::span<const uint32_t>;  // a packet, its header first
    // Again: the packet has done a part and goes on at its next turn.
    enum class Step { Next, Wait, Again };
    struct Effect;
    static const Effect effects[];

    struct Frame {
        std::vector<uint32_t> words;
        size_t at = 0;
    };

    Step obey();
    Step when(bool);  // what a packet that waits for memory does
    [[noreturn]] void refuse(const std::string& why) const;
    void read_buffer(uint64_t address, uint32_t words);
    void takes_time(uint64_t bytes);  // as a packet that writes them
    // The address in two words of a packet; refused when it is no multiple of `alignment`.
    uint64_t address(Words, size_t word, uint64_t alignment = 1) const;

    Step nothing(Words);
    Step copy_linear(Words);
    Step copy_linear_broadcast(Words);
    Step copy_sub_window(Words);
    Step write_linear(Words);
    Step indirect(Words);
    Step fence(Words);
    Step trap(Words);
    Step poll(Words);
    Step cond_exe(Words);
    Step atomic(Words);
    Step fill(Words);
    Step count_up(Words);
    Step timestamp(Words);

    Device& device;
    Client& client;
    const Access memory;
    Timeline time;
    std::vector<Frame> frames;  // the buffer that is read, last; the one that called it before
    isa::sdma::Op current{};    // of the packet that is obeyed
    uint64_t work = 0;          // bytes of packets and data in this turn
    uint64_t rows = 0;          // of the sub-window under way
    bool waited = false;        // the packet that is obeyed has, for memory
    uint32_t tries = 0;         // of the POLL_REGMEM under way
};

}  // namespace gcn::emulator
