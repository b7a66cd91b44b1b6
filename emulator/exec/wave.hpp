#pragma once
// The architectural state of one wave, and the decoded instruction that advances it.
//
// Nothing of a wave lives in host stack frames: a handler returns to its caller after every instruction, so a wave can
// be put aside at any one of them and taken up again, also by another thread.
//
// This header is included by the three builds of simd.cpp: no function here may have a body that a linker could share.

#include <cstddef>
#include <cstdint>

namespace gcn::emulator {

struct Wave;
struct Op;

// Executes `op`. Returns the next one, or nullptr when the wave has to leave its thread: Wave::event says why, and
// Wave::next where it goes on.
using Handler = const Op* (*)(const Op* op, Wave*);

// Mode: MODE has changed, and it goes on at Wave::next; only those who step see it.
enum class Event : uint8_t { None, End, Barrier, Yield, Jump, Mode, Fault };

// What becomes of a source of at most 32 bits: a part of it, which `bytes` and `shift` with `mask` tell alike; the part
// extended by its sign; and its sign as a number dropped or changed: ((((part ^ flip) - flip) & keep) ^ negate).
struct Change {
    uint8_t bytes[16];  // of four dwords: where in its four each byte comes from; 0x80: it is 0
    uint32_t shift, mask, flip, keep, negate;
};
// What becomes of a result: with SDWA a part of the destination, the rest of which is kept, or filled with its sign.
struct Placement {
    uint8_t bytes[16];
    uint32_t shift, mask, kept, sign, above;
};

// What an instruction of the vector ALU asks for beyond its plain form.
struct Extras {
    uint64_t literal = 0;
    uint8_t negate = 0, absolute = 0;  // bit i: source i
    uint8_t multiply = 0;              // output modifier: 0 none, 1 times 2, 2 times 4, 3 half
    bool clamp = false;
    bool dpp = false, sdwa = false;
    bool halves = false;             // the result is two packed halves
    uint8_t changed = 0, signs = 0;  // bit i: Change makes something of source i; more than a part
    uint8_t made = 0;                // bit i: source i is a scalar
    bool only_signs = false;         // only signs of sources are changed, so that they can be while they are read
    bool placed = false;             // Placement makes something of the result
    bool places_half = false;        // ... namely a half of it, and nothing of its sign
    uint32_t control = 0;            // the DPP or SDWA dword
    Change change[3];                // of each source
    Placement placement;
};

struct MacGroup;
struct Block;
struct RecordPoint;

// One decoded instruction. Operands are offsets into Wave, in dwords.
struct Op {
    Handler run;
    uint16_t d, a, b, c;
    uint32_t imm;    // offsets and flags of memory instructions, see program.cpp; of the vector ALU the registers that
                     // a, b, c and d are, 4 bits each
    uint16_t count;  // instructions that it stands for: 0 for those that the decoder adds, many for a run
    uint16_t mask;   // where a lane mask is written that no operand above names
    union {
        uint64_t wide;  // the literal, as wide as the operand that reads it
        const Op* target;
        const Extras* extras;
        const MacGroup* groups;
        const Block* block;
        const RecordPoint* point;
    };
};
static_assert(sizeof(Op) == 32);

// Neighbouring v_mac_f32 of vector registers that share a factor: d[i] += shared * b[i]. `n` = 0 ends a run.
struct MacGroup {
    uint8_t shared, n;
    struct {
        uint8_t d, b;
    } mac[];
};

// A stretch of LDS reads and v_mac_f32 that is executed a few lanes at a time, with the sums in host registers: tiles
// of rows x columns sums that share their factors. Values between reads and tiles lie in numbered slots. See
// blocks.cpp.
struct BlockAddress {
    uint8_t vgpr, dwords;  // what is read there
};
struct BlockRead {
    uint16_t address;  // index into Block::addresses
    uint16_t slot;     // of the first dword
    uint32_t offset;
};
struct BlockMove {
    uint16_t vgpr, slot;
};
struct Block {
    static constexpr int rows = 4, columns = 2, most_addresses = 8, most_slots = 320;
    const BlockMove* before;  // registers that the tiles read as they were
    const BlockRead* reads;
    const BlockMove* after;  // what the reads leave in registers
    const uint16_t*
        tiles;  // each: its sums' VGPRs row by row; then for each step the slots of its first row and column
    uint16_t befores, reads_in_all, afters, tiles_in_all, steps, addresses_in_all;
    BlockAddress addresses[most_addresses];
    uint32_t instructions;
    const Op* original;  // the same, one by one
};

// What one worker last found in an address space; good only while it holds AddressSpace::in_use().
struct Window {
    uint64_t first = 0, bytes = 0;
    std::byte* host = nullptr;
    bool writable = false;
};

class AddressSpace;

struct View {
    static constexpr int size = 4;
    Window windows[size];
    const AddressSpace* space = nullptr;
    uint64_t version = 0;
    // What was stored, and between which addresses was loaded: a group that stores nothing and loads from the same
    // places again and again may be waiting for another.
    uint64_t changes = 0, lowest_load = ~0ull, highest_load = 0;
    unsigned oldest = 0;
};

// Where a load instruction went last time: loops walk through memory in equal steps, and the next one can be fetched
// ahead into the host's caches.
struct Walk {
    static constexpr int size = 16;
    const Op* op = nullptr;
    uint64_t address = 0;
};

// What the waves of a grid have in common.
struct GridFacts {
    uint32_t lds_aperture = 0, scratch_aperture = 0;  // high halves of a FLAT address; 0: none
    uint32_t scratch_lane_bytes = 0;
    void (*message)(const GridFacts*, uint32_t) = nullptr;  // s_sendmsg
};

// How the host's floating point is set for each kind of operation.
// Mad: v_mac_f32 and its kin, which flush whatever MODE says. Narrow: from f64 to f32. Half: from f32 to f16. Lds: sums
// in LDS. Exact32, Exact64: denormal sources are taken as they are.
enum class Float : uint8_t { F32, F64, Mad, Narrow, Half, Lds, Exact32, Exact64 };

struct alignas(64) Wave {
    uint32_t v[256][64];  // [register][lane]

    // The scalar file, indexed by the 8-bit operand code: registers, then the constants, so that either is one load.
    // Then the constants for operands of other widths, from code 128 on.
    uint32_t s[256];
    uint64_t wide[128];
    uint32_t half[128];
    uint64_t literal;

    uint32_t scc;
    uint32_t mode;  // MODE: bits 7:0 as in COMPUTE_PGM_RSRC1.float_mode, 8 DX10_CLAMP, 9 IEEE,
                    // 18:12 EXCP_EN, 27 GPR_IDX_EN, 28 VSKIP, 31:29 CSP
    uint32_t trap_status, priority;
    uint32_t mxcsr[8], mxcsr_now;  // by Float

    const Op* next;
    uint64_t blocks;  // instructions executed as blocks, which Op::count does not count
    Event event;
    bool waiting;  // has reached a barrier that the group has not passed
    bool ended;

    std::byte* lds;
    uint32_t lds_bytes;
    uint64_t scratch;  // GPU address of this wave's scratch memory
    View* view;
    const GridFacts* grid;
    const class Program* program;  // which `next` belongs to
    class WaveRecorder* recorder;  // recording.hpp
    uint32_t index, waves;         // in its group
    uint32_t vgprs, allocation;    // allocated; GPR_ALLOC
    Walk walks[Walk::size];        // by op, losing older ones

    uint64_t jump;  // Event::Jump: the GPU address to go on at
    struct {
        const Op* op;
        uint8_t kind;  // a FaultKind
        bool write;
        uint64_t address;
        const char* why;
    } fault;
};

// Operand codes of GCN3, and places in Wave.
namespace code {
inline constexpr uint32_t sgprs = 102, vcc = 106, m0 = 124, exec = 126, constants = 128, vccz = 251, execz = 252,
                          scc = 253, lds_direct = 254, literal = 255, sdwa = 249, dpp = 250, vgpr = 256;
}
namespace place {
inline constexpr uint16_t scalars = offsetof(Wave, s) / 4, wide = offsetof(Wave, wide) / 4,
                          half = offsetof(Wave, half) / 4, literal = offsetof(Wave, literal) / 4,
                          vcc = scalars + code::vcc, m0 = scalars + code::m0, exec = scalars + code::exec;
}
static_assert(offsetof(Wave, v) == 0 && place::scalars == 256 * 64);

// Who executes an Op, for the modes that only look at some: the vector ALU; vector instructions that VGPR indexing
// leaves alone; a Block; a run of v_mac_f32, which are there one by one too; all others.
enum class Unit : uint8_t { Scalar, Vector, Apart, Block, Run };

// ---- what a build of simd.cpp offers ---------------------------------------------------------

// The ways to execute a row: all sources in VGPRs; source 0 a scalar; any of them one; parts of VGPRs (SDWA); source 0
// moved within rows of lanes (DPP); whatever else Extras say.
enum Variant { Vectors, Scalar, Scalars, Sdwa, Dpp, General, Variants };

struct HandlerTable {
    const char* name;
    const Handler (*rows)[Variants];      // by row of isa/insts.def
    Handler illegal;                      // an instruction that is not executed; `wide` is the reason, a const char*
    Handler absent;                       // there is no memory to fetch it from, at `wide`
    Handler later;                        // decoding ended before `wide`, where it goes on
    Handler jump;                         // to `target`, where instructions are not neighbours
    Handler status;                       // brings VCCZ, EXECZ and SCC into the scalar file
    Handler macs;                         // a run of v_mac_f32
    Handler block;                        // a Block; the Ops after it do what was left out of it
    const Op* (*step)(const Op*, Wave*);  // one instruction, as MODE wants it
    // Executes from Wave::next until an event or until about `budget` instructions are done. Returns how many were.
    int64_t (*run)(Wave*, int64_t budget);
};

extern const HandlerTable handlers_avx512, handlers_avx2, handlers_portable;

// ---- what the builds of simd.cpp call --------------------------------------------------------

// The window around `address`, entered into `view`; nullptr when nothing is there.
const Window* look_up(View& view, uint64_t address);
Unit unit_of(const Wave*, const Op*);
uint64_t shader_clock();
uint64_t real_time_clock();
// The constants of all three widths; registers become 0.
void set_constants(Wave&);
// Sets mxcsr[] from `mode`.
void set_float_modes(Wave&);

}  // namespace gcn::emulator
