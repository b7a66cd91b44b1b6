#pragma once
// emulator/exec as the fuzzer drives it: one wave of one SIMD build, with memory of its own.

#include <memory>
#include <string>
#include <vector>

#include "emulator/exec/group.hpp"
#include "tests/scalar/machine.hpp"

namespace gcn::scalar {

inline constexpr u64 code_at = 0x100000, memory_at = 0x1234'ffff'f000;
inline constexpr u32 memory_bytes = 8192, lds_bytes = 4096, lds_aperture = 0x2000'0000;
// Scratch is the end of memory.
inline constexpr u32 scratch_aperture = 0x1000'0000, scratch_lane_bytes = 32;
inline constexpr u64 scratch_at = memory_at + memory_bytes - 64 * scratch_lane_bytes;

class Subject {
public:
    Subject(const emulator::HandlerTable&, const std::vector<u32>& code);

    std::string name() const { return table.name; }
    emulator::Wave& wave() { return *state; }

    // Takes over the whole state.
    void set(const Machine&);
    // Decodes the code anew; the wave is at its beginning.
    void decode();
    // One instruction; false when it did not end as instructions do: `fault` says how.
    bool step();
    // All of it, until it ends.
    void run();
    u64 pc() const { return program->pc_of(state->next); }
    std::string text() const { return program->text_of(state->next); }

    std::string fault;
    std::vector<u8> lds, memory;

private:
    const emulator::HandlerTable& table;
    emulator::AddressSpace space;
    emulator::WavePool pool;
    emulator::WavePointer state;
    emulator::View view;
    emulator::GridFacts facts;
    std::unique_ptr<emulator::Program> program;
};

// By name; nullptr when this machine cannot run it.
const emulator::HandlerTable* table_of(const std::string& simd);

}  // namespace gcn::scalar
