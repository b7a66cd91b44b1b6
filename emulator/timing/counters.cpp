// The events that are modelled, a row each, and how they are counted.

#include "emulator/timing/counters.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <vector>

namespace gcn::emulator::timing {

using perfcounters::Block;

namespace {

// ---- what there is to count -----------------------------------------------------------------------------------------

enum Count : uint8_t {
    Waves,
    Full,  // waves by their work-items
    Partial,
    Below48,
    Below32,
    Below16,
    Items,
    Insts,
    Valu,
    VmemWrite,
    VmemRead,
    Vmem,
    Salu,
    Smem,
    Flat,
    FlatLds,
    Lds,
    Branch,
    Message,
    BankConflict,
    Wavefronts,
    Buffer,
    BufferRead,
    BufferWrite,
    BufferAtomic,
    FlatAll,
    FlatRead,
    FlatWrite,
    FlatAtomic,
    Loads,
    Atomics,
    Stores,
    ValuQuads,  // clocks of the vector ALU, in fours
    LaneQuads,  // the same for each active lane
    Lines,      // 64-byte lines that memory instructions touch
    LinesRead,
    LinesWritten,
    LinesNotRead,
    LinesAtomicReturning,
    LinesAtomic,
    Counts
};

// The hardware's event, and what it counts. SQ per engine, TA, TD and TCP per CU.
struct Row {
    Block block;
    uint16_t number;
    Count count;
};
constexpr Row rows[] = {
    {Block::SQ, 4, Waves},           {Block::SQ, 6, Full},
    {Block::SQ, 7, Partial},         {Block::SQ, 8, Below48},
    {Block::SQ, 9, Below32},         {Block::SQ, 10, Below16},
    {Block::SQ, 11, Waves},          {Block::SQ, 14, Items},
    {Block::SQ, 25, Insts},          {Block::SQ, 26, Valu},
    {Block::SQ, 27, VmemWrite},      {Block::SQ, 28, VmemRead},
    {Block::SQ, 29, Vmem},           {Block::SQ, 30, Salu},
    {Block::SQ, 31, Smem},           {Block::SQ, 32, Flat},
    {Block::SQ, 33, FlatLds},        {Block::SQ, 34, Lds},
    {Block::SQ, 38, Branch},         {Block::SQ, 39, Message},
    {Block::SQ, 97, BankConflict},   {Block::SQ, 69, ValuQuads},
    {Block::SQ, 89, LaneQuads},      {Block::TCP, 31, LinesAtomicReturning},
    {Block::TCP, 32, LinesAtomic},   {Block::TCP, 126, Lines},
    {Block::TCP, 127, LinesRead},    {Block::TCP, 132, LinesNotRead},
    {Block::TCP, 133, LinesWritten}, {Block::TA, 32, Wavefronts},
    {Block::TA, 44, Buffer},         {Block::TA, 45, BufferRead},
    {Block::TA, 46, BufferWrite},    {Block::TA, 47, BufferAtomic},
    {Block::TA, 100, FlatAll},       {Block::TA, 101, FlatRead},
    {Block::TA, 102, FlatWrite},     {Block::TA, 103, FlatAtomic},
    {Block::TD, 22, Loads},          {Block::TD, 23, Atomics},
    {Block::TD, 24, Stores},
};

using Tally = std::array<uint64_t, Counts>;

// ---- what an instruction counts as ----------------------------------------------------------------------------------

// Of LDS: how wide an access of a lane is, how many it makes, how far the second is.
struct LdsAccess {
    uint8_t dwords = 0, accesses = 0;  // 0: none that has banks
    uint16_t offsets[2] = {};
};
// Of vector memory: how many bytes a lane's access has, and what its lines count as besides Lines.
struct MemoryAccess {
    uint32_t bytes = 0;  // 0: none
    uint64_t counts = 0;
};
struct Class {
    bool known = false, flat = false;
    uint64_t counts = 0;  // bit per Count
    uint32_t quads = 0;   // of the vector ALU
    LdsAccess lds;
    MemoryAccess memory;
};
constexpr uint64_t bit(Count c) { return uint64_t(1) << c; }

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

LdsAccess lds_access(const isa::Decoded& d) {
    const std::string_view name = d.inst->name;
    if (d['g'] || contains(name, "permute") || contains(name, "swizzle") || contains(name, "append") ||
        contains(name, "consume") || contains(name, "nop") || contains(name, "gws") || contains(name, "ordered"))
        return {};
    LdsAccess a;
    a.accesses = contains(name, "2_") || contains(name, "2st64_") ? 2 : 1;
    a.dwords = contains(name, "128") ? 4 : contains(name, "96") ? 3 : name.ends_with("64") ? 2 : 1;
    if (a.accesses == 1) {
        a.offsets[0] = uint16_t(d['y'] << 8 | d['x']);
    } else {
        const uint32_t step = 4u * a.dwords * (contains(name, "st64") ? 64 : 1);
        a.offsets[0] = uint16_t(d['x'] * step), a.offsets[1] = uint16_t(d['y'] * step);
    }
    return a;
}

// Formats of typed buffers may have fewer bytes than registers (guess: as many).
uint32_t bytes_of(const isa::Decoded& d) {
    const std::string_view name = d.inst->name;
    if (name.ends_with("byte")) return 1;
    if (name.ends_with("short")) return 2;
    if (contains(name, "_atomic_")) return name.ends_with("_x2") ? 8 : 4;
    return 4u * uint32_t(isa::registers(contains(name, "_load_") ? d.inst->dst : d.inst->src[0]));
}

// Clocks of a wave in fours. Of 64 bits as many as of the fastest (guess): insts.def says "32 or more".
uint32_t quads_of(isa::Timing timing) {
    switch (timing) {
        case isa::Timing::Valu:
            return 1;
        case isa::Timing::ValuQuarter:
            return 4;
        case isa::Timing::ValuDouble:
            return 8;
        default:
            return 0;
    }
}

// Atomics that return nothing count as writes, those that return as reads (guess). FLAT counts as vector memory and as
// LDS, whichever it goes to: rocprofiler's texts for SQ_INSTS_VMEM_RD and SQ_INSTS_LDS say "including FLAT".
Class class_of(const isa::Decoded& d) {
    Class c;
    c.known = true;
    c.counts = bit(Insts);
    c.quads = quads_of(d.inst->timing);
    const std::string_view name = d.inst->name;
    const bool flat = d.format == isa::Fmt::FLAT, atomic = contains(name, "_atomic_"), load = contains(name, "_load_"),
               store = contains(name, "_store_"), returns = atomic && d['G'];
    switch (d.inst->timing) {
        case isa::Timing::Valu:
        case isa::Timing::ValuQuarter:
        case isa::Timing::ValuDouble:
            c.counts |= bit(Valu);
            break;
        case isa::Timing::Salu:
            c.counts |= bit(Salu);
            break;
        case isa::Timing::Smem:
            c.counts |= bit(Smem);
            break;
        case isa::Timing::Message:
            c.counts |= bit(Message);
            break;
        case isa::Timing::Branch:
            if (name.starts_with("s_branch") || name.starts_with("s_cbranch")) c.counts |= bit(Branch);
            break;
        case isa::Timing::Lds:
            c.counts |= bit(Lds);
            c.lds = lds_access(d);
            break;
        case isa::Timing::Vmem:
        case isa::Timing::Flat:
            if (!atomic && !load && !store) break;  // buffer_wbinvl1
            c.flat = flat;
            c.memory = {bytes_of(d), load      ? bit(LinesRead)
                                     : store   ? bit(LinesNotRead) | bit(LinesWritten)
                                     : returns ? bit(LinesNotRead) | bit(LinesAtomicReturning)
                                               : bit(LinesNotRead) | bit(LinesAtomic)};
            c.counts |= bit(Vmem) | bit(Wavefronts) | bit(load || returns ? VmemRead : VmemWrite) |
                        bit(load    ? Loads
                            : store ? Stores
                                    : Atomics);
            if (flat)
                c.counts |= bit(Flat) | bit(Lds) | bit(FlatAll) | bit(load ? FlatRead : store ? FlatWrite : FlatAtomic);
            else
                c.counts |= bit(Buffer) | bit(load ? BufferRead : store ? BufferWrite : BufferAtomic);
            break;
        default:
            break;
    }
    return c;
}

uint64_t exec_of(const Wave& w) { return uint64_t(w.s[code::exec + 1]) << 32 | w.s[code::exec]; }

// ---- banks of LDS ---------------------------------------------------------------------------------------------------

// 32 banks of a dword. Lanes are served in groups as wide as the banks allow; a group takes one clock more for each
// further dword that one of its banks is asked for. The same dword is given to all that ask. Of one dword a lane: AMD's
// OpenCL optimization guide, 2.2; of more: guess.
constexpr uint32_t banks = 32;
uint64_t conflicts(const Wave& w, const isa::Decoded& d, const LdsAccess& access) {
    const uint64_t exec = exec_of(w);
    const uint32_t* addresses = w.v[d['p']];
    const uint32_t lanes_at_once = access.dwords == 1 ? 32 : access.dwords == 2 ? 16 : 8;
    uint64_t extra = 0;
    for (int i = 0; i < access.accesses; ++i) {
        for (uint32_t first = 0; first < 64; first += lanes_at_once) {
            uint32_t asked[banks][banks];  // dwords of each bank: a group asks for 32 at most
            std::array<uint8_t, banks> count{};
            uint8_t most = 1;
            for (uint32_t lane = first; lane < first + lanes_at_once; ++lane) {
                if (!(exec >> lane & 1)) continue;
                for (uint32_t k = 0; k < access.dwords; ++k) {
                    const uint32_t dword = (addresses[lane] + access.offsets[i]) / 4 + k, bank = dword % banks;
                    uint32_t* end = asked[bank] + count[bank];
                    if (std::find(asked[bank], end, dword) != end) continue;
                    *end = dword;
                    most = std::max(most, ++count[bank]);
                }
            }
            extra += most - 1u;
        }
    }
    return extra;
}

// All active lanes of a FLAT instruction go to LDS.
bool only_lds(const Wave& w, const isa::Decoded& d) {
    const uint64_t exec = exec_of(w);
    const uint32_t* high = w.v[(d['p'] + 1) % 256];
    for (uint64_t left = exec; left; left &= left - 1)
        if (high[std::countr_zero(left)] != w.grid->lds_aperture) return false;
    return exec && w.grid->lds_aperture;
}

// ---- lines of memory ------------------------------------------------------------------------------------------------

// The lines that one instruction touches, each once: what L1 is asked for (guess; a card may ask twice for lines that
// lanes far apart share).
class Touched {
public:
    void add(uint64_t address, uint32_t bytes) {
        for (uint64_t line = address / 64; line <= (address + bytes - 1) / 64; ++line)
            if (!count || lines[count - 1] != line) lines[count++] = line;
    }
    uint64_t distinct() {
        std::sort(lines.begin(), lines.begin() + count);
        return uint64_t(std::unique(lines.begin(), lines.begin() + count) - lines.begin());
    }

private:
    std::array<uint64_t, 64 * 5> lines;  // of 16 bytes two, or one of each of four dwords and of their ends
    ptrdiff_t count = 0;
};

void touch_flat(Touched& t, const Wave& w, const isa::Decoded& d, uint32_t bytes) {
    const uint32_t *low = w.v[d['p']], *high = w.v[(d['p'] + 1) % 256];
    const auto is_global = [&](uint32_t h) {
        return !h || (h != w.grid->lds_aperture && h != w.grid->scratch_aperture);
    };
    for (uint64_t left = exec_of(w); left; left &= left - 1) {
        const int lane = std::countr_zero(left);
        if (is_global(high[lane])) t.add(uint64_t(high[lane]) << 32 | low[lane], bytes);
    }
}

// Addresses and ranges as emulator/exec/access.inc, struct Buffer: what is out of range is not asked for.
void touch_buffer(Touched& t, const Wave& w, const isa::Decoded& d, uint32_t bytes) {
    const uint32_t* r = w.s + 4 * d['r'];
    const uint64_t base = (uint64_t(r[1]) << 32 | r[0]) & 0xffffffffffff;
    const bool swizzled = r[1] >> 31, adds_lane = r[3] >> 23 & 1, indexed = d['I'];
    const uint32_t stride = (r[1] >> 16 & 0x3fff) | (adds_lane ? (r[3] >> 15 & 15) << 14 : 0), records = r[2];
    const uint32_t element = 2u << (r[3] >> 19 & 3), index_stride = 8u << (r[3] >> 21 & 3);
    const uint32_t soffset = w.s[d['s']];
    const uint32_t* indices = indexed ? w.v[d['p']] : nullptr;
    const uint32_t* offsets = d['F'] ? w.v[(d['p'] + indexed) % 256] : nullptr;
    const uint32_t step = swizzled ? std::min(bytes, 4u) : bytes;
    for (uint64_t left = exec_of(w); left; left &= left - 1) {
        const int lane = std::countr_zero(left);
        for (uint32_t byte = 0; byte < bytes; byte += step) {
            const uint64_t within = uint64_t(d['i']) + (offsets ? offsets[lane] : 0) + byte;
            const uint64_t index = uint64_t(indices ? indices[lane] : 0) + (adds_lane ? uint64_t(lane) : 0);
            uint64_t from = index * stride + within;
            bool inside = soffset + from + step <= records;
            if (swizzled) {
                const uint64_t rows = index / index_stride * stride + within / element * element;
                from = rows * index_stride + index % index_stride * element + within % element;
                inside = indices ? index < records && within + step <= stride : soffset + from + step <= records;
            }
            if (inside) t.add(base + soffset + from, step);
        }
    }
}

// ---- observers ------------------------------------------------------------------------------------------------------

struct Target {
    const isa::Chip& chip;
    const bool windowed;
    const Sink sink;

    void add(const Tally& tally, uint64_t group) const {
        const int engine = int(group % uint64_t(chip.engines));
        const int cu = int(group / uint64_t(chip.engines) % uint64_t(chip.cus_per_engine));
        std::array<size_t, std::size(perfcounters::blocks)> place{};
        for (const Row& row : rows) {
            const size_t at = place[size_t(row.block)]++;
            const perfcounters::BlockRow& block = perfcounters::row(row.block);
            if (!tally[row.count] || (block.window == perfcounters::Window::Waves && !windowed)) continue;
            const int instance = block.per == perfcounters::Per::CU ? engine * chip.cus_per_engine + cu : engine;
            sink(row.block, instance, at, tally[row.count]);
        }
    }
};

class Group final : public GroupObserver {
public:
    Group(const Target& target, uint64_t number, const GroupFacts& facts) : target(target), number(number) {
        const uint32_t items = facts.size[0] * facts.size[1] * facts.size[2];
        for (uint32_t first = 0; first < items; first += 64) {
            const uint32_t n = std::min(items - first, 64u);
            ++tally[Waves];
            ++tally[n == 64 ? Full : Partial];
            tally[Below48] += n < 48, tally[Below32] += n < 32, tally[Below16] += n < 16;
            tally[Items] += n;
        }
    }
    ~Group() override { target.add(tally, number); }

    // As issued: an instruction may overwrite its addresses, and one that faults was issued too.
    void before(const Wave& wave, const Step& step) override {
        if (!step.decoded()) return;
        if (&step.program != program) program = &step.program, classes.assign(program->size(), {});
        Class& c = classes[step.number];
        if (!c.known) c = class_of(*step.decoded());
        for (uint64_t left = c.counts; left; left &= left - 1) ++tally[size_t(std::countr_zero(left))];
        if (c.quads) {
            tally[ValuQuads] += c.quads;
            tally[LaneQuads] += c.quads * uint64_t(std::popcount(exec_of(wave)));
        }
        if (c.memory.bytes) {
            Touched touched;
            (c.flat ? touch_flat : touch_buffer)(touched, wave, *step.decoded(), c.memory.bytes);
            const uint64_t lines = touched.distinct();
            tally[Lines] += lines;
            for (uint64_t left = c.memory.counts; left; left &= left - 1)
                tally[size_t(std::countr_zero(left))] += lines;
        }
        if (c.lds.accesses) tally[BankConflict] += conflicts(wave, *step.decoded(), c.lds);
        if (c.flat) tally[FlatLds] += only_lds(wave, *step.decoded());
    }

private:
    const Target& target;
    const uint64_t number;
    Tally tally{};
    const Program* program = nullptr;
    std::vector<Class> classes;
};

class Grid final : public GridObserver {
public:
    Grid(const Target& target, const Dispatch& d) : target(target) {
        for (int i = 0; i < 3; ++i) groups[size_t(i)] = (uint64_t(d.grid[i]) + d.group[i] - 1) / d.group[i];
    }
    std::unique_ptr<GroupObserver> group(const GroupFacts& facts) override {
        const uint64_t number = (facts.place[2] * groups[1] + facts.place[1]) * groups[0] + facts.place[0];
        return std::make_unique<Group>(target, number, facts);
    }

private:
    const Target& target;
    std::array<uint64_t, 3> groups{};
};

class Counting final : public Observer {
public:
    Counting(const isa::Chip& chip, bool windowed, Sink sink) : target{chip, windowed, std::move(sink)} {}
    std::unique_ptr<GridObserver> grid(const Dispatch& d) override { return std::make_unique<Grid>(target, d); }

private:
    const Target target;
};

}  // namespace

size_t modelled(Block block) {
    return size_t(std::count_if(std::begin(rows), std::end(rows), [&](const Row& r) { return r.block == block; }));
}

std::optional<size_t> place_of(Block block, unsigned number) {
    size_t place = 0;
    for (const Row& row : rows) {
        if (row.block != block) continue;
        if (row.number == number) return place;
        ++place;
    }
    return {};
}

std::unique_ptr<Observer> counting(const isa::Chip& chip, bool windowed, Sink sink) {
    return std::make_unique<Counting>(chip, windowed, std::move(sink));
}

}  // namespace gcn::emulator::timing
