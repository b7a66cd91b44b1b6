#pragma once
// Machine code, decoded once into what the handlers execute.
//
// Decoding follows control flow from an entry, so that data beside the code is never taken for code; a word that is no
// instruction becomes an instruction that faults when it is reached.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "emulator/exec/blocks.hpp"
#include "emulator/exec/memory.hpp"
#include "emulator/exec/wave.hpp"
#include "isa/decode.hpp"

namespace gcn::emulator {

struct Decoding {
    bool stepped = false;   // one Op per instruction, for observers (trace.hpp); else neighbours become runs and blocks
    bool recorded = false;  // with Ops that call the wave's recorder (recording.hpp)
};

class Program {
public:
    // Everything that is reachable from `entry` without s_setpc and its kin.
    Program(const AddressSpace&, uint64_t entry, const HandlerTable&, Decoding = {});

    const Op* entry() const { return start; }
    int vgprs() const { return registers; }  // how many the code names
    uint64_t pc_of(const Op*) const;
    Unit unit_of(const Op* op) const { return units[size_t(op - ops.data())]; }
    std::string text_of(const Op*) const;      // the instruction as LLVM prints it
    bool still_in(const AddressSpace&) const;  // memory holds the same words

    // Of a stepped program: what an Op was made from, by the Op's place. Ops that stand for no instruction
    // (Op::count 0) have an empty one.
    struct Instruction {
        uint64_t pc = 0;
        std::optional<isa::Decoded> decoded;
    };
    uint32_t size() const { return uint32_t(ops.size()); }
    uint32_t number_of(const Op* op) const { return uint32_t(op - ops.data()); }
    const Instruction& instruction(uint32_t number) const { return listing[number]; }
    std::string text_of(uint32_t number) const { return text_of(&ops[number]); }

    // Of a recorded program: its instructions in the order of their addresses.
    const std::vector<Instruction>& code() const { return instructions; }
    bool starts_stretch(uint32_t number) const { return starts[number]; }

private:
    friend class Decoder;

    struct Span {
        uint64_t first;
        std::vector<uint32_t> words;
    };
    std::vector<Op> ops;
    std::vector<uint64_t> pcs;  // of each op
    std::vector<Unit> units;    // likewise
    std::vector<Instruction> listing, instructions;
    std::vector<bool> starts;  // of instructions: a stretch
    std::deque<RecordPoint> points;
    std::deque<Extras> extras;
    std::deque<std::vector<uint8_t>> groups;  // MacGroup, one after the other
    std::deque<BlockPlan> blocks;
    std::deque<std::string> reasons;  // why something does not decode
    std::vector<Span> spans;          // the words decoded
    const Op* start = nullptr;
    int registers = 0;
    bool whole = true;  // no word of it was missing
};

// The programs met so far. Its pointers keep a program alive for those who run it.
class ProgramCache {
public:
    explicit ProgramCache(Decoding decoding) : decoding(decoding) {}
    // The caller holds in_use() of the space. `decoded`: how many Ops had to be made.
    std::shared_ptr<const Program> find(const AddressSpace&, uint64_t entry, const HandlerTable&, size_t& decoded);
    // Code may have changed: compare each program with memory before it is used again.
    void doubt() { generation.fetch_add(1, std::memory_order_release); }

private:
    struct Entry {
        std::shared_ptr<const Program> program;
        uint64_t version, generation;
    };
    const Decoding decoding;
    std::mutex guard;
    std::map<std::pair<const AddressSpace*, uint64_t>, Entry> entries;
    size_t held = 0;  // Ops of the programs made since it was empty
    std::atomic<uint64_t> generation{0};
};

}  // namespace gcn::emulator
