// A block is a matrix product's inner loop between two barriers: LDS reads, and v_mac_f32 that add up what they
// brought.
//
// One instruction after the other, every v_mac_f32 loads and stores 64 lanes of a sum. In a block, a few lanes at a
// time go through all steps of the stretch while their sums stay in host registers. Nothing else changes: each sum adds
// the same products in the same order, and all reads come before the writes that follow them in the code.
//
// In a block there may be
//   ds_read_b32, b64, b128     into registers that are no sums; their addresses are not changed in the block
//   v_mac_f32                  of vector registers; a sum is never a factor
//   ds_write_*                 put off to the end: nothing it uses is changed, and no read follows it
//   what has no effect here    s_waitcnt, s_nop, s_setprio
// and the sums must form whole tiles: every row's factors with every column's, step by step, where the rows of a tile
// lie in neighbouring slots, and its columns too. What one ds_read brings does, and what neighbouring registers held.

#include "emulator/exec/blocks.hpp"

#include <algorithm>
#include <bitset>
#include <map>
#include <string_view>
#include <utility>

namespace gcn::emulator {

using isa::Decoded;

namespace {

constexpr size_t least_macs = 64, least_steps = 2;

struct Read {
    std::string_view name;
    uint8_t dwords;
};
constexpr Read reads[] = {{"ds_read_b32", 1}, {"ds_read_b64", 2}, {"ds_read_b128", 4}};

bool has_no_effect(const Decoded& d) {
    return d.inst->name == "s_waitcnt" || d.inst->name == "s_nop" || d.inst->name == "s_setprio";
}

class Finder {
public:
    explicit Finder(std::span<const Decoded> code) : code(code) {}

    BlockPlan run() {
        while (plan.instructions < code.size() && take(plan.instructions)) ++plan.instructions;
        if (macs >= least_macs && make_tiles()) finish();
        return std::move(plan);
    }

private:
    struct Chain {
        std::vector<uint16_t> rows, columns;  // slots of the factors, step by step
    };
    using Registers = std::bitset<256>;

    bool take(size_t i) {
        const Decoded& d = code[i];
        if (has_no_effect(d)) return true;
        if (d.inst->name == "v_mac_f32") return take_mac(d);
        if (d.format != isa::Fmt::DS || d['g']) return false;
        for (const Read& read : reads)
            if (read.name == d.inst->name) return take_read(d, read.dwords);
        return d.inst->name.starts_with("ds_write_") && take_write(i, d);
    }

    uint16_t new_slot() { return slots < Block::most_slots ? uint16_t(slots++) : (full = true, uint16_t(0)); }

    // The slot of a register's value here.
    uint16_t slot_of(uint8_t vgpr) {
        if (const auto it = values.find(vgpr); it != values.end()) return it->second;
        const uint16_t slot = new_slot();
        plan.before.push_back({vgpr, slot});
        return values[vgpr] = slot;
    }

    bool take_mac(const Decoded& d) {
        if (d.format != isa::Fmt::VOP2 || d.tail != isa::Tail::None || d.operand(0) < isa::first_vector) return false;
        const auto sum = uint8_t(d['d']), a = uint8_t(d.operand(0) - isa::first_vector), b = uint8_t(d['b']);
        if (a == sum || b == sum || sums[a] || sums[b] || others[sum]) return false;
        const uint16_t row = slot_of(a), column = slot_of(b);
        others[a] = others[b] = sums[sum] = true;
        Chain& chain = chains[sum];
        chain.rows.push_back(row);
        chain.columns.push_back(column);
        ++macs;
        return !full;
    }

    bool take_read(const Decoded& d, uint8_t dwords) {
        const auto address = uint8_t(d['p']);
        const uint32_t first = d['d'];
        if (!plan.later.empty() || first + dwords > 256 || sums[address] || written[address]) return false;
        for (uint32_t r = first; r < first + dwords; ++r)
            if (sums[r] || addresses[r] || r == address) return false;
        auto it = std::find_if(address_list.begin(), address_list.end(),
                               [&](const BlockAddress& a) { return a.vgpr == address && a.dwords == dwords; });
        if (it == address_list.end()) {
            if (address_list.size() == size_t(Block::most_addresses)) return false;
            it = address_list.insert(it, {address, dwords});
        }
        if (slots + dwords > Block::most_slots) return false;
        others[address] = addresses[address] = true;
        plan.reads.push_back({uint16_t(it - address_list.begin()), uint16_t(slots), d['x'] | d['y'] << 8});
        for (uint32_t r = first; r < first + dwords; ++r) {
            values[uint8_t(r)] = new_slot();
            others[r] = written[r] = true;
        }
        return true;
    }

    bool take_write(size_t i, const Decoded& d) {
        const uint32_t address = d['p'], data = d['a'], count = uint32_t(isa::registers(d.inst->src[0]));
        if (data + count > 256 || sums[address] || written[address]) return false;
        for (uint32_t r = data; r < data + count; ++r)
            if (sums[r] || written[r]) return false;
        for (uint32_t r = data; r < data + count; ++r) others[r] = true;
        others[address] = true;
        plan.later.push_back(i);
        return true;
    }

    // Neighbouring registers to neighbouring slots, for those that the tiles read as they were before the block.
    void order_before() {
        std::sort(plan.before.begin(), plan.before.end(), [](auto& a, auto& b) { return a.vgpr < b.vgpr; });
        std::map<uint16_t, uint16_t> now;
        uint16_t next = uint16_t(slots);
        for (BlockMove& move : plan.before) now[move.slot] = next, move.slot = next++;
        slots = next;
        for (auto& [sum, chain] : chains)
            for (auto* factors : {&chain.rows, &chain.columns})
                for (uint16_t& slot : *factors)
                    if (const auto it = now.find(slot); it != now.end()) slot = it->second;
    }

    static bool neighbours(const std::vector<std::vector<uint16_t>>& factors, size_t first, size_t count) {
        for (size_t i = 1; i < count; ++i)
            for (size_t k = 0; k < factors[first].size(); ++k)
                if (factors[first + i][k] != factors[first][k] + i) return false;
        return true;
    }

    // Sums to rows and columns: those with the same factors, step by step, stand in the same one.
    bool make_tiles() {
        const size_t steps = chains.begin()->second.rows.size();
        if (steps < least_steps || full || slots + plan.before.size() > Block::most_slots) return false;
        order_before();
        std::map<std::vector<uint16_t>, size_t> row_of, column_of;
        for (const auto& [sum, chain] : chains) {
            if (chain.rows.size() != steps) return false;
            row_of[chain.rows] = column_of[chain.columns] = 0;
        }
        const auto number = [](auto& index) {
            std::vector<std::vector<uint16_t>> list;
            for (auto& [factors, place] : index) place = list.size(), list.push_back(factors);
            return list;
        };
        const auto rows = number(row_of), columns = number(column_of);
        if (rows.size() * columns.size() != chains.size()) return false;
        if (rows.size() % Block::rows || columns.size() % Block::columns) return false;
        std::map<std::pair<size_t, size_t>, uint8_t> sum_at;
        for (const auto& [sum, chain] : chains)
            if (!sum_at.emplace(std::pair{row_of[chain.rows], column_of[chain.columns]}, sum).second) return false;
        for (size_t r = 0; r < rows.size(); r += Block::rows)
            for (size_t c = 0; c < columns.size(); c += Block::columns) {
                if (!neighbours(rows, r, Block::rows) || !neighbours(columns, c, Block::columns)) return false;
                for (size_t i = 0; i < Block::rows; ++i)
                    for (size_t j = 0; j < Block::columns; ++j) plan.tiles.push_back(sum_at.at({r + i, c + j}));
                for (size_t k = 0; k < steps; ++k)
                    plan.tiles.push_back(rows[r][k]), plan.tiles.push_back(columns[c][k]);
            }
        return true;
    }

    void finish() {
        for (const auto& [vgpr, slot] : values)
            if (written[vgpr]) plan.after.push_back({vgpr, slot});
        auto block = std::make_unique<Block>();
        const size_t steps = chains.begin()->second.rows.size();
        block->before = plan.before.data(), block->befores = uint16_t(plan.before.size());
        block->reads = plan.reads.data(), block->reads_in_all = uint16_t(plan.reads.size());
        block->after = plan.after.data(), block->afters = uint16_t(plan.after.size());
        block->tiles = plan.tiles.data();
        block->tiles_in_all = uint16_t(chains.size() / (Block::rows * Block::columns));
        block->steps = uint16_t(steps);
        block->addresses_in_all = uint16_t(address_list.size());
        std::copy(address_list.begin(), address_list.end(), block->addresses);
        block->instructions = uint32_t(plan.instructions - plan.later.size());
        plan.block = std::move(block);
    }

    std::span<const Decoded> code;
    BlockPlan plan;
    std::map<uint8_t, Chain> chains;     // by the sum's register
    std::map<uint8_t, uint16_t> values;  // the slot that has a register's latest value
    std::vector<BlockAddress> address_list;
    Registers sums, others, addresses, written;
    size_t macs = 0;
    int slots = 0;
    bool full = false;
};

}  // namespace

BlockPlan find_block(std::span<const Decoded> code) { return Finder(code).run(); }

}  // namespace gcn::emulator
