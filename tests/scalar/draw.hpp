#pragma once
// Instructions at random: every operand kind and modifier that a row's encodings allow, and what of them has been
// drawn.

#include <array>
#include <bitset>
#include <string>
#include <vector>

#include "isa/decode.hpp"
#include "tests/scalar/random.hpp"

namespace gcn::scalar {

// What a drawn instruction can have. Operand kinds are counted per source.
enum Kind : u16 {
    // Per source 0, 1, 2: first + 16 * source.
    Vgpr,
    Sgpr,
    Vcc,
    M0,
    Exec,
    Vccz,
    Execz,
    Scc,
    Integer,
    Float,
    Literal,
    Negate,
    Absolute,
    SignExtend,
    LdsDirect,
    PerSource = 16,
    // Once.
    ToSgpr = 48,
    ToVcc,
    ToM0,
    ToExec,
    ToVgpr,
    Short,
    Vop3,
    Sdwa,
    Dpp,
    Twice,
    FourTimes,
    Half,
    Clamp,
    Select0,                // SDWA: source 0's parts
    Select1 = Select0 + 7,  // source 1's
    Into = Select1 + 7,     // the destination's
    Unused = Into + 7,      // pad, sign, preserve
    Control = Unused + 3,   // DPP: the movements
    BoundControl = Control + 12,
    RowMask,
    BankMask,
    Glc,
    Slc,
    Offen,
    Idxen,
    Lds,
    Tfe,
    Offset,
    OffsetRegister,
    NoOffset,
    Forward,
    DataFormat,                      // MTBUF and what goes by the descriptor: the manual's codes
    NumberFormat = DataFormat + 15,  // likewise
    Raw = NumberFormat + 8,          // descriptors: no stride, a stride, swizzled
    Strided,
    Swizzled,
    AddsLane,
    Scattered,  // addresses of neighbouring lanes
    Close,
    Uniform,
    Contiguous,
    Misaligned,
    // What the state was like.
    Multiplies,  // an output multiplier where it acts
    MultipliesNot,
    AllLanes,
    NoLane,
    SomeLanes,
    Rounding,                  // MODE's four ways, of the format that the instruction computes in
    Denormals = Rounding + 4,  // flushed, only taken, only given, kept
    Ieee = Denormals + 4,
    NoIeee,
    Indexed,  // by M0, as s_set_gpr_idx_on has it
    Skipped,  // after s_setvskip
    Kinds
};
std::string name_of(int kind);

struct Coverage {
    u64 drawn = 0;
    std::bitset<Kinds> allowed, met;
    u64 counts[Kinds] = {};
};

// What the state must be like for an instruction: the fuzzer sees to it.
struct Drawn {
    const isa::Inst* inst = nullptr;
    std::array<u32, 2> words{};
    int size = 1;
    bool ends = false;                         // nothing can follow in the same stretch
    std::array<int, 4> vgprs{-1, -1, -1, -1};  // vector sources, and how they are meant
    std::array<isa::Type, 4> types{};
    int index_limit = -1;  // M0 must be below that
    u32 multiplier = 0;    // of the output

    // For memory: which VGPR holds what, how its values are aligned, and how many bytes are accessed there.
    enum class Holds : u8 { Nothing, LocalAddress, LaneAddress, FlatAddress, Offset, Index };
    struct Address {
        u32 vgpr = 0;
        Holds holds = Holds::Nothing;
    };
    std::array<Address, 2> addresses{};
    u32 align = 1, bytes = 0;
    int pattern = 0;      // of the lanes' addresses: from Scattered on
    bool to_lds = false;  // M0 is an address
    // Of a buffer: which kind of descriptor it is, and for elements of a format that the descriptor has, its last
    // dword.
    int descriptor = -1;
    u32 formats = 0;
    bool adds_lane = false;
    bool lds_direct = false;  // M0 is an address and a width
    bool offset_in_m0 = false, base_in_vcc = false;
};

inline constexpr int vgprs_used = 48, sgprs_used = 32;  // the fuzzer's; SGPRs from there on hold descriptors

// Registers with fixed roles in memory instructions.
inline constexpr u32 base_sgpr = 32, small_sgpr = 34, descriptor_sgpr = 36, descriptors = 3, buffer_sgpr = 48,
                     code_sgpr = 52;

// Can it be drawn? If not, `why` says so; for rows that the executor refuses too, and few others.
bool drawable(const isa::Inst&, std::string_view* why = nullptr);
// Vector registers from `first_vgpr` on.
Drawn draw(const isa::Inst&, Random&, Coverage&, u32 first_vgpr = 0);

}  // namespace gcn::scalar
