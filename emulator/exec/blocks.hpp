#pragma once
// Finds stretches of instructions that can be executed as one Block.

#include <memory>
#include <span>
#include <vector>

#include "emulator/exec/wave.hpp"
#include "isa/decode.hpp"

namespace gcn::emulator {

struct BlockPlan {
    size_t instructions = 0;       // of the stretch that was looked at
    std::vector<size_t> later;     // those of them that are executed after the block, in order
    std::unique_ptr<Block> block;  // empty when there is none worth having; `original` is not set

    // What the block points to.
    std::vector<BlockMove> before, after;
    std::vector<BlockRead> reads;
    std::vector<uint16_t> tiles;
};

// The longest block at the beginning of neighbouring instructions.
BlockPlan find_block(std::span<const isa::Decoded> code);

}  // namespace gcn::emulator
