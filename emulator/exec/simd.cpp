// The interpreter's handlers: joins isa/insts.def with the bodies in *.inc; a row without a body does not compile.
//
// Compiled once per vector unit, chosen when the executor is made. Everything here has internal linkage but one table:
// a function that the linker could share between the builds would crash the machines that lack its instructions. So no
// standard containers or algorithms, and of headers only what is always inlined (tools/check_simd.py checks).

#include <immintrin.h>

#include "emulator/exec/fault.hpp"
#include "emulator/exec/wave.hpp"
#include "isa/decode.hpp"

#define GCN_CONCATENATE_(a, b) a##b
#define GCN_CONCATENATE(a, b)  GCN_CONCATENATE_(a, b)
#define GCN_STRING_(a)         #a
#define GCN_STRING(a)          GCN_STRING_(a)

namespace gcn::emulator {
namespace {

using isa::Also;
using isa::Fmt;
using isa::Type;

#include "emulator/exec/lanes.inc"

#include "emulator/exec/drivers.inc"

#include "emulator/exec/math.inc"

#include "emulator/exec/access.inc"
#include "emulator/exec/typed.inc"

// ---- registers of the hardware ----------------------------------------------------------------

// Bits of MODE.
namespace mode {
constexpr u32 indexes = 1u << 27, skips = 1u << 28;  // GPR_IDX_EN, VSKIP
}
constexpr u32 stack_pointer(u32 mode) { return mode >> 29; }  // CSP

// By their numbers in s_getreg. What no program can tell from 0, because nothing is ever under way here, is 0.
ALWAYS u32 hardware_register(const Wave* w, u32 id) {
    switch (id) {
        case 1:
            return w->mode;
        case 2:  // STATUS: SCC, priority, EXECZ, VCCZ, in a group of several waves, valid
            return w->scc | w->priority << 3 | u32(!exec_of(w)) << 9 | u32(!read64(at(w, place::vcc))) << 10 |
                   u32(w->waves > 1) << 11 | 1u << 16;
        case 3:
            return w->trap_status;
        case 4:
            return (w->index >> 2 & 15) | (w->index & 3) << 4;  // HW_ID: the wave's slot, its SIMD
        case 5:
            return w->allocation;  // GPR_ALLOC
        case 6:
            return (w->lds_bytes + 511) / 512 << 12;  // LDS_ALLOC
    }
    return 0;
}
ALWAYS void send(const Op* op, Wave* w) { w->grid->message(w->grid, op->imm); }
// The way out of an instruction that has changed MODE.
ALWAYS const Op* mode_changed(const Op* op, Wave* w) {
    set_float_modes(*w);
    w->mxcsr_now = 0;
    return leave(op + 1, w, Event::Mode);
}
ALWAYS const Op* set_hardware_register(const Op* op, Wave* w, u32 id, u32 offset, u32 bits, u32 value) {
    const u32 mask = u32(((u64(1) << bits) - 1) << offset), now = value << offset & mask;
    if (id == 3) w->trap_status = (w->trap_status & ~mask) | now;
    if (id != 1) return op + 1;  // nothing else is a program's to change
    w->mode = (w->mode & ~mask) | now;
    return mode_changed(op, w);
}

namespace body {

#define BODY(name, kind_, flushes_, mode_bit_)                                                                     \
    struct name {                                                                                                  \
        static constexpr Kind kind = Kind::kind_;                                                                  \
        static constexpr Flushes flushes = Flushes::flushes_;                                                      \
        static constexpr int mode_bit = mode_bit_; /* of MODE, which `bit` is; 0: it is none */                    \
        template <class D, class A, class B, class C, class Bit>                                                   \
        ALWAYS static void run(D& d, A a, B b, C c, Bit& bit);                                                     \
    };                                                                                                             \
    template <class D, class A, class B, class C, class Bit>                                                       \
    ALWAYS void name::run([[maybe_unused]] D& d, [[maybe_unused]] A a, [[maybe_unused]] B b, [[maybe_unused]] C c, \
                          [[maybe_unused]] Bit& bit)
#define EXEC(name) BODY(name, Wide, AsMode, 0)
#define EACH(name) BODY(name, Each, AsMode, 0)
#define PICK(name) BODY(name, Wide, Never, mode_ieee)
#define BITS(name) BODY(name, Each, Never, 0)
#define PACK(name) BODY(name, Each, AsMode, mode_half_results)
#define MAD(name)  BODY(name, Wide, Always, 0)
#define NEAR(name) BODY(name, Each, Always, 0)
#define CLAMPED(name)                                                  \
    struct name##_clamped;                                             \
    template <> struct Clamped<name> { using type = name##_clamped; }; \
    BODY(name##_clamped, Each, AsMode, 0)
#define RAW(name)                                    \
    struct name {                                    \
        static constexpr Kind kind = Kind::Raw;      \
        static const Op* run(const Op* op, Wave* w); \
    };                                               \
    const Op* name::run(const Op* op, Wave* w)

#include "emulator/exec/memory.inc"
#include "emulator/exec/salu.inc"
#include "emulator/exec/unexecuted.inc"
#include "emulator/exec/valu.inc"
#include "emulator/exec/vopc.inc"

#undef EXEC
#undef EACH
#undef PICK
#undef BITS
#undef PACK
#undef MAD
#undef NEAR
#undef CLAMPED
#undef RAW
#undef BODY

}  // namespace body

// ---- what the decoder adds ---------------------------------------------------------------------

const Op* illegal(const Op* op, Wave* w) {
    return fault(op, w, FaultKind::IllegalInstruction, 0, false, reinterpret_cast<const char*>(op->wide));
}
const Op* absent(const Op* op, Wave* w) {
    return fault(op, w, FaultKind::Memory, op->wide, false, "no code is mapped there");
}
const Op* later(const Op* op, Wave* w) {
    w->jump = op->wide;
    return leave(op, w, Event::Jump);
}
const Op* jump(const Op* op, Wave*) { return op->target; }
// LDS_DIRECT: one value for all lanes, from where M0 says and as wide as M0 says.
ALWAYS u32 lds_direct(const Wave* w) {
    const u32 m0 = *at(w, place::m0), type = m0 >> 16 & 7, bytes = type % 4 == 0 ? 1 : type % 4 == 1 ? 2 : 4;
    const u32 from = (m0 & 0xffff) & ~(bytes - 1);
    u32 x = 0;
    if (from + bytes <= w->lds_bytes) __builtin_memcpy(&x, w->lds + from, bytes);
    return type == 4 ? u32(i32(i8(x))) : type == 5 ? u32(i32(i16(x))) : x;
}
const Op* status(const Op* op, Wave* w) {
    u32* s = at(w, place::scalars);
    s[code::lds_direct] = lds_direct(w);
    s[code::vccz] = read64(at(w, place::vcc)) == 0;
    s[code::execz] = exec_of(w) == 0;
    s[code::scc] = w->scc;
    return op + 1;
}

// Register tiles of a run of v_mac_f32: the shared factor stays in host registers. `lanes` of 64 at a time, so that it
// fits beside two temporaries.
template <bool masked> ALWAYS void run_macs(const Op* op, Wave* w, u64 exec) {
    constexpr int held = 8, step = held * width > 64 ? 64 : held * width;
    using F = V<float, width>;
    const MacGroup* group = op->groups;
    for (; group->n; group = reinterpret_cast<const MacGroup*>(&group->mac[group->n])) {
        for (int i = 0; i < 64; i += step) {
            F shared[step / width];
            for (int k = 0; k < step / width; ++k)
                shared[k] = as<F>(get<u32, width>(w->v[group->shared] + i + k * width));
            for (int m = 0; m < group->n; ++m) {
                u32* d = w->v[group->mac[m].d] + i;
                const u32* b = w->v[group->mac[m].b] + i;
                for (int k = 0; k < step / width; ++k) {
                    const F old = as<F>(get<u32, width>(d + k * width));
                    F sum = shared[k] * as<F>(get<u32, width>(b + k * width)) + old;
                    sum = canonical<float, width>(sum);
                    if constexpr (masked) sum = expand<i32, width>(u32(exec >> (i + k * width))) ? sum : old;
                    put(d + k * width, sum);
                }
            }
        }
    }
}
const Op* macs(const Op* op, Wave* w) {
    use(w, Float::Mad);
    const u64 exec = exec_of(w);
    if (__builtin_expect(exec == ~u64(0), 1))
        run_macs<false>(op, w, exec);
    else
        run_macs<true>(op, w, exec);
    return op + 1 + op->count;
}

// Blocks go through the lanes by the host's cache lines.
constexpr int block_lanes = 16;

// All steps of one tile, `width` lanes from `lane` on; their part of the slots.
ALWAYS void run_tile(u32 (*v)[64], int lane, const u32* slots, const u16* tile, int steps) {
    constexpr int rows = Block::rows, columns = Block::columns;
    using F = V<float, width>;
    F sums[rows][columns];
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c) sums[r][c] = as<F>(get<u32, width>(v[tile[r * columns + c]] + lane));
    const u16* step = tile + rows * columns;
    for (int k = 0; k < steps; ++k, step += 2) {
        const u32 *row = slots + size_t(block_lanes) * step[0], *column = slots + size_t(block_lanes) * step[1];
        for (int r = 0; r < rows; ++r)
            for (int c = 0; c < columns; ++c)
                sums[r][c] =
                    as<F>(get<u32, width>(row + r * block_lanes)) * as<F>(get<u32, width>(column + c * block_lanes)) +
                    sums[r][c];
    }
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c) put(v[tile[r * columns + c]] + lane, canonical<float, width>(sums[r][c]));
}

ALWAYS void read_into_slots(const Wave* w, u32 limit, const Block& b, int lane, u32* slots) {
    Pattern lies[Block::most_addresses];
    for (int i = 0; i < b.addresses_in_all; ++i) {
        const u32* at = w->v[b.addresses[i].vgpr] + lane;
        const int dwords = b.addresses[i].dwords;
        lies[i] = dwords == 4 ? pattern<16>(at) : dwords == 2 ? pattern<8>(at) : pattern<4>(at);
    }
    for (const BlockRead *r = b.reads, *end = r + b.reads_in_all; r != end; ++r) {
        const BlockAddress& address = b.addresses[r->address];
        const u32* at = w->v[address.vgpr] + lane;
        u32* to = slots + block_lanes * r->slot;
        const auto load = [&]<int bytes>(Shape<bytes>) {
            lds_load_lanes<Shape<bytes>, block_lanes>(w, limit, lies[r->address], at, r->offset, ~u64(0), to);
        };
        if (address.dwords == 4)
            load(Shape<16>{});
        else if (address.dwords == 2)
            load(Shape<8>{});
        else
            load(Shape<4>{});
    }
}

const Op* block(const Op* op, Wave* w) {
    const Block& b = *op->block;
    if (exec_of(w) != ~u64(0)) return b.original;
    use(w, Float::Mad);
    const u32 limit = lds_limit(w);
    alignas(64) u32 slots[Block::most_slots * block_lanes];
    const int tile_size = Block::rows * Block::columns + 2 * b.steps;
    for (int lane = 0; lane < 64; lane += block_lanes) {
        for (const BlockMove *m = b.before, *end = m + b.befores; m != end; ++m)
            __builtin_memcpy(slots + block_lanes * m->slot, w->v[m->vgpr] + lane, block_lanes * sizeof(u32));
        for (int i = 0; i < block_lanes; i += width) read_into_slots(w, limit, b, lane + i, slots + i);
        for (const u16 *tile = b.tiles, *end = tile + b.tiles_in_all * tile_size; tile != end; tile += tile_size)
            for (int i = 0; i < block_lanes; i += width) run_tile(w->v, lane + i, slots + i, tile, b.steps);
        for (const BlockMove *m = b.after, *end = m + b.afters; m != end; ++m)
            __builtin_memcpy(w->v[m->vgpr] + lane, slots + block_lanes * m->slot, block_lanes * sizeof(u32));
    }
    w->blocks += b.instructions;
    return op + 1;
}

// ---- VSKIP and VGPR indexing: one instruction at a time, with its operands looked at --------------

// M0 says which operands of the vector ALU count from its index on; only registers do. Out of range a source is v0, and
// an instruction with such a destination is not executed.
const Op* indexed(const Op* op, Wave* w) {
    const u32 m0 = *at(w, place::m0), index = m0 & 0xff, which = m0 >> 12;
    Op moved = *op;
    u16* operands[] = {&moved.a, &moved.b, &moved.c, &moved.d};
    for (int i = 0; i < 4; ++i) {
        const u32 rows = op->imm >> 4 * i & 15;
        if (!(which >> i & 1) || !rows || !is_vector(*operands[i])) continue;
        const bool there = *operands[i] / 64u + index + rows <= w->vgprs;
        if (!there && i == 3) return op + 1;
        *operands[i] = there ? u16(*operands[i] + 64 * index) : 0;
    }
    if (moved.run(&moved, w)) return op + 1;
    w->fault.op = w->next = op;
    return nullptr;
}
const Op* step(const Op* op, Wave* w) {
    switch (unit_of(w, op)) {
        case Unit::Block:
            return op->block->original;
        case Unit::Run:
            return op + 1;
        case Unit::Vector:
            return w->mode & mode::skips ? op + 1 : w->mode & mode::indexes ? indexed(op, w) : op->run(op, w);
        case Unit::Apart:
            return w->mode & mode::skips ? op + 1 : op->run(op, w);
        case Unit::Scalar:
            break;
    }
    return op->run(op, w);
}

int64_t run(Wave* w, int64_t budget) {
    u32 callers;
    asm volatile("stmxcsr %0" : "=m"(callers));
    w->mxcsr_now = 0;
    w->blocks = 0;
    int64_t left = budget;
    const Op* op = w->next;
    do {
        if (!op) op = w->next;
        w->event = Event::None;
        if (w->mode & (mode::skips | mode::indexes)) {
            while (op && left > 0) {
                left -= unit_of(w, op) == Unit::Run ? 0 : op->count;
                op = step(op, w);
            }
        } else {
            while (op && left > 0) {
                left -= op->count;
                op = op->run(op, w);
            }
        }
    } while (!op && w->event == Event::Mode);
    if (op) w->next = op;
    asm volatile("ldmxcsr %0" ::"m"(callers) : "memory");
    return budget - left + int64_t(w->blocks);
}

#define INST(fmt, op, name, d, s0, s1, s2, also, timing) \
    handlers_of<body::name, Fmt::fmt, Type::d, Type::s0, Type::s1, Type::s2, Also::also>(),
constexpr Handlers rows[] = {
#include "isa/insts.def"
};
#undef INST

}  // namespace

extern const HandlerTable GCN_CONCATENATE(handlers_, GCN_SIMD) = {
    GCN_STRING(GCN_SIMD), &rows[0].of, &illegal, &absent, &later, &jump, &status, &macs, &block, &step, &run};

}  // namespace gcn::emulator
