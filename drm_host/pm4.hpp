#pragma once
// Command streams, written into memory that is there already: PM4 for a compute ring, SDMA for a copy engine.
//
// Pure: touches no device. docs/drm-launch.md says of each packet why it is there.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "isa/pm4.hpp"
#include "isa/sdma.hpp"

namespace gcn::drm_host {

constexpr uint32_t low(uint64_t value) { return uint32_t(value); }
constexpr uint32_t high(uint64_t value) { return uint32_t(value >> 32); }

// The words of a stream as they are appended; never beyond the room given.
class Words {
public:
    explicit Words(std::span<uint32_t> room) : room(room) {}

    void add(std::initializer_list<uint32_t>);
    void add(std::span<const uint32_t>);
    void packet(isa::pm4::Op, std::initializer_list<uint32_t> body);
    void packet(isa::sdma::Op, std::initializer_list<uint32_t> rest);
    // Registers one beside another, from `first` on; in the space where it lies.
    void set(uint32_t first, std::span<const uint32_t> values);
    void set(uint32_t first, std::initializer_list<uint32_t> values) { set(first, std::span(values)); }
    // `filler` until the length is a multiple of so many words.
    void pad(uint32_t multiple, uint32_t filler);

    size_t count() const { return used; }
    std::span<const uint32_t> written() const { return room.first(used); }

private:
    std::span<uint32_t> room;
    size_t used = 0;
};

// ---- parts of a PM4 stream ------------------------------------------------------------------------------------------

// What others have written becomes visible: L2 is written back and invalidated, the three L1 caches are invalidated.
void acquire(Words&);
// The GPU's clock, 64 bits, when the command processor comes here.
void clock_now(Words&, uint64_t to);
// The GPU's clock, 64 bits, when everything before has ended.
void clock_at_end(Words&, uint64_t to);
// When everything before has ended and L2 is written back: `value`, 32 bits.
void release(Words&, uint64_t to, uint32_t value);
// Nothing that follows begins before everything before has ended. `at`: 8 bytes of memory for it to use.
void wait_idle(Words&, uint64_t at);
// By the command processor's own DMA, through L2.
void copy_by_cp(Words&, uint64_t to, uint64_t from, uint64_t bytes);

// The registers and the size of one dispatch.
struct Dispatch {
    uint64_t entry = 0;  // address of the code, a multiple of 256
    uint32_t rsrc1 = 0, rsrc2 = 0, tmpring = 0, limits = 0;
    std::array<uint32_t, 3> groups{1, 1, 1}, threads{64, 1, 1};
    std::array<uint32_t, 3> last{};  // threads of the last group of a dimension, where that has fewer; else 0
    std::span<const uint32_t> user_data;
};
void set_registers(Words&, const Dispatch&);
void dispatch(Words&, const Dispatch&);

// ---- whole streams --------------------------------------------------------------------------------------------------

// Where a stream reports to.
struct Report {
    uint64_t begin = 0, end = 0;  // time stamps of the GPU's clock
    uint64_t done = 0;            // gets `number` when all else is there
    uint32_t number = 0;
};

constexpr uint32_t compute_padding = isa::pm4::filler, dma_padding = isa::sdma::header(isa::sdma::Op::NOP);

// `multiple`: of so many words the ring wants its streams.
void write_launch(Words&, const Dispatch&, const Report&, uint32_t multiple);
void write_copy_by_cp(Words&, uint64_t to, uint64_t from, uint64_t bytes, const Report&, uint32_t multiple);
void write_copy_by_dma(Words&, uint64_t to, uint64_t from, uint64_t bytes, const Report&, uint32_t multiple);

}  // namespace gcn::drm_host
