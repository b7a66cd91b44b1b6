#pragma once
// The rows of blocks.def and counters.def, and what follows from them: which events there are, how many instances a
// block has on a chip, which registers a counter has. Knows no metric and no device.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

#include "isa/chips.hpp"

namespace gcn::perfcounters {

enum class Block : uint8_t {
#define BLOCK(name, ...) name,
#include "perfcounters/gfx803/blocks.def"
};

enum class Per : uint8_t { GPU, SE, CU, L2 };  // what a block has an instance of
enum class Window : uint8_t { Always, Events, Waves };
enum class Chosen : uint8_t { Index, Own };

struct BlockRow {
    std::string_view name;
    Per per;
    int each, live;
    Window window;
    uint32_t base;
    int mode2;
    Chosen chosen;
    std::string_view tells;
};

// The registers of one counter, in dwords; 0: it has none.
struct CounterRow {
    Block block;
    int number, bits;
    uint32_t select, select1, lo, hi;
};

struct Event {
    Block block;
    uint16_t number;
    std::string_view name;
    Per per;
    std::string_view meaning;  // empty: the name is all that is known
};

// ---- the rows --------------------------------------------------------------------------

#define BLOCK(name, per, each, live, window, base, mode2, chosen, tells) \
    {#name, Per::per, each, live, Window::window, base, mode2, Chosen::chosen, tells},
inline constexpr BlockRow blocks[] = {
#include "perfcounters/gfx803/blocks.def"
};

#define COUNTER(block, ...) {Block::block, __VA_ARGS__},
inline constexpr CounterRow counters[] = {
#include "perfcounters/gfx803/blocks.def"
};

// Registers that all counters share, in dwords.
namespace reg {
#define REGISTER(name, dword) inline constexpr uint32_t name = dword;
#include "perfcounters/gfx803/blocks.def"
}  // namespace reg

inline constexpr Event events[] = {
#define EVENT(block, number, name, per, meaning) {Block::block, number, #name, Per::per, meaning},
#include "perfcounters/gfx803/counters.def"
#undef EVENT
};

// ---- blocks ------------------------------------------------------------------------------

constexpr const BlockRow& row(Block b) { return blocks[size_t(b)]; }

constexpr std::optional<Block> find_block(std::string_view name) {
    for (size_t i = 0; i < std::size(blocks); ++i)
        if (blocks[i].name == name) return Block(i);
    return {};
}

// The rows of a block: its counters, or where they are chosen by registers of their own, its instances.
constexpr std::span<const CounterRow> rows_of(Block b) {
    size_t first = 0, n = 0;
    for (const CounterRow& c : counters) {
        if (c.block < b) ++first;
        if (c.block == b) ++n;
    }
    return std::span(counters).subspan(first, n);
}

constexpr int counters_of(Block b) { return row(b).chosen == Chosen::Own ? 1 : int(rows_of(b).size()); }

// Where an instance is: what does not apply is 0.
struct Instance {
    int engine = 0;
    int unit = 0;  // a CU of the engine, a channel of L2, or which of several on the GPU

    bool operator==(const Instance&) const = default;
};

// How many of everything a device has. A card that is not in chips.def says so itself.
struct Topology {
    int engines, cus_per_engine, l2_channels, waves_per_simd;

    constexpr int cus() const { return engines * cus_per_engine; }
    constexpr int simds() const { return 4 * cus(); }
};
constexpr Topology topology(const isa::Chip& c) {
    return {c.engines, c.cus_per_engine, c.l2_channels, c.waves_per_simd};
}

constexpr int instances(Block b, const Topology& t) {
    switch (row(b).per) {
        case Per::SE:
            return row(b).each * t.engines;
        case Per::CU:
            return row(b).each * t.cus();
        case Per::L2:
            return row(b).each * t.l2_channels;
        case Per::GPU:
            break;
    }
    return row(b).each;
}
constexpr int instances(Block b, const isa::Chip& c) { return instances(b, topology(c)); }

// Instance `i` of 0 .. instances() - 1: engine by engine.
constexpr Instance instance(Block b, const Topology& t, int i) {
    switch (row(b).per) {
        case Per::SE:
            return {i, 0};
        case Per::CU:
            return {i / t.cus_per_engine, i % t.cus_per_engine};
        case Per::L2:
        case Per::GPU:
            break;
    }
    return {0, i};
}

// ---- registers ---------------------------------------------------------------------------

// The registers of counter `n` of a block. In a block that has registers for each instance they are `at`'s.
constexpr const CounterRow& registers(Block b, int n, Instance at = {}) {
    return rows_of(b)[size_t(row(b).chosen == Chosen::Own ? at.engine : n)];
}

constexpr uint32_t select_value(const Event& e) { return row(e.block).base | e.number; }

// Whether counter `n` has bits enough for the event, and counts at all.
constexpr bool takes(Block b, int n, const Event& e) {
    return e.block == b && n < row(b).live && e.number < 1u << registers(b, n).bits;
}

// Values of GRBM_GFX_INDEX: a write reaches all instances; a read or write means one of them.
constexpr uint32_t sh_broadcast = 1u << 29, instance_broadcast = 1u << 30, se_broadcast = 1u << 31;
constexpr uint32_t all_instances = se_broadcast | instance_broadcast | sh_broadcast;
constexpr uint32_t gfx_index(Block b, Instance at) {
    if (row(b).chosen == Chosen::Own) return all_instances;
    switch (row(b).per) {
        case Per::SE:
        case Per::CU:
            return sh_broadcast | uint32_t(at.engine) << 16 | uint32_t(at.unit);
        case Per::L2:
            return se_broadcast | sh_broadcast | uint32_t(at.unit);
        case Per::GPU:
            break;
    }
    return row(b).each == 1 ? all_instances : se_broadcast | sh_broadcast | uint32_t(at.unit);
}

// ---- events ------------------------------------------------------------------------------

constexpr const Event* find_event(Block b, unsigned number) {
    for (const Event& e : events)
        if (e.block == b && e.number == number) return &e;
    return nullptr;
}

// By name, "SQ_WAVES", or by block and decimal number, "SQ:4".
constexpr const Event* find_event(std::string_view text) {
    const size_t colon = text.find(':');
    for (const Event& e : events)
        if (colon == text.npos && e.name == text) return &e;
    const std::optional<Block> block = find_block(text.substr(0, colon));
    if (colon == text.npos || !block) return nullptr;
    unsigned number = 0;
    text.remove_prefix(colon + 1);
    if (text.empty() || text.size() > 4) return nullptr;
    for (const char c : text) {
        if (c < '0' || c > '9') return nullptr;
        number = number * 10 + unsigned(c - '0');
    }
    return find_event(*block, number);
}

// ---- what a wrong row would break ----------------------------------------------------------

constexpr bool rows_fit() {
    for (size_t i = 0; i < std::size(events); ++i) {
        const Event &e = events[i], &last = events[i ? i - 1 : 0];
        if (e.per != row(e.block).per || !takes(e.block, row(e.block).live - 1, e)) return false;
        if (i && (last.block == e.block ? last.number >= e.number : last.block > e.block)) return false;
    }
    for (size_t i = 1; i < std::size(counters); ++i) {
        const CounterRow &c = counters[i], &last = counters[i - 1];
        if (last.block == c.block ? last.number + 1 != c.number : last.block > c.block || c.number != 0) return false;
    }
    for (size_t b = 0; b < std::size(blocks); ++b)
        if (blocks[b].live > counters_of(Block(b))) return false;
    return true;
}
static_assert(rows_fit(), "the rows of a block lie together and ascend; every counter has bits enough for every event");

}  // namespace gcn::perfcounters
