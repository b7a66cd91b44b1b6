// From an instruction's fields to the registers it touches.

#include "emulator/strict/facts.hpp"

#include <algorithm>
#include <initializer_list>

#include "emulator/strict/hazards.hpp"

namespace gcn::emulator::strict {

using isa::Also;
using isa::Decoded;
using isa::Fmt;
using isa::Inst;
using isa::Tail;
using isa::Type;

namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }
bool begins(std::string_view text, std::initializer_list<std::string_view> with) {
    return std::any_of(with.begin(), with.end(), [&](std::string_view w) { return text.starts_with(w); });
}

// SALU instructions that work bit by bit.
struct BitRow {
    std::string_view begins;
    Bits bits;
};
constexpr BitRow bit_rows[] = {
    {"s_andn2_", Bits::AndNot}, {"s_orn2_", Bits::OrNot}, {"s_and_", Bits::And},   {"s_or_", Bits::Or},
    {"s_nand_", Bits::And},     {"s_nor_", Bits::Or},     {"s_xor_", Bits::Copy},  {"s_xnor_", Bits::Copy},
    {"s_not_", Bits::Copy},     {"s_mov_", Bits::Copy},   {"s_cmov_", Bits::Copy}, {"s_cselect_", Bits::Select},
    {"s_cmovk_", Bits::Copy},
};

// VALU instructions that only move lanes, or build a dword from parts of others: compilers let them work on what was
// never written, and do not use the part of the result that comes from there.
constexpr std::string_view copies[] = {
    "v_mov_b32",      "v_cndmask_b32",       "v_and_b32",      "v_or_b32",        "v_xor_b32",     "v_not_b32",
    "v_bfi_b32",      "v_perm_b32",          "v_alignbit_b32", "v_alignbyte_b32", "v_lshlrev_b32", "v_lshrrev_b32",
    "v_ashrrev_i32",  "v_lshlrev_b16",       "v_lshrrev_b16",  "v_lshlrev_b64",   "v_lshrrev_b64", "v_writelane_b32",
    "v_readlane_b32", "v_readfirstlane_b32", "v_bfe_u32",      "v_bfe_i32",
};

class Maker {
public:
    explicit Maker(Fact& f) : f(f), d(f.decoded), inst(*f.decoded.inst) {}

    void make() {
        switch (d.format) {
            case Fmt::SOP1:
            case Fmt::SOP2:
            case Fmt::SOPC:
            case Fmt::SOPK:
                salu();
                break;
            case Fmt::SOPP:
                sopp();
                break;
            case Fmt::SMEM:
                smem();
                break;
            case Fmt::VOP1:
            case Fmt::VOP2:
            case Fmt::VOPC:
            case Fmt::VOP3:
            case Fmt::VOP3B:
                valu();
                break;
            case Fmt::DS:
                ds();
                break;
            case Fmt::FLAT:
                flat();
                break;
            case Fmt::MUBUF:
            case Fmt::MTBUF:
                buffer();
                break;
            default:
                break;
        }
        for (int i = 0; i < f.read_count; ++i) touch(f.reads[i]);
        for (int i = 0; i < f.write_count; ++i) touch(f.writes[i]);
        f.special |= f.access != Access::None || !f.violation.empty() || !f.misalignment.empty();
    }

private:
    void touch(const Operand& o) {
        for (int r = o.first; r < o.first + o.count && r < reg::all; ++r) f.touched.add(r);
    }
    void read(int first, int count, Use use, int source = -1) {
        if (count > 0 && f.read_count < f.reads.size())
            f.reads[f.read_count++] = {uint16_t(first), uint8_t(count), use, int8_t(source)};
    }
    void write(int first, int count) {
        if (count > 0 && f.write_count < f.writes.size())
            f.writes[f.write_count++] = {uint16_t(first), uint8_t(count), Use::Value, -1};
    }
    // An operand by its code: registers only.
    void read_code(uint32_t code, Type type, Use use, int source) {
        if (code >= code::vgpr)
            read(reg::vector + int(code - code::vgpr), std::max(1, isa::registers(type)), use, source);
        else if (code < code::constants)
            read_scalars(int(code), isa::registers(type), use, source);
        else if (code == code::scc)
            read(reg::scc, 1, use, source);
        else if (code == code::vccz)
            read(reg::vcc, 2, use, source);
    }
    void read_scalars(int first, int count, Use use, int source) {
        if (first == reg::exec) return;  // always written
        aligned(first, count);
        read(first, count, use, source);
    }
    void write_scalars(int first, int count) {
        aligned(first, count);
        write(first, count);
    }
    void aligned(int first, int count) {
        if (count < 2 || first >= reg::m0) return;
        const int to = count == 2 ? 2 : 4;
        if (first % to == 0) return;
        f.misalignment = "names s[" + std::to_string(first) + ":" + std::to_string(first + count - 1) +
                         "], which does not begin at a multiple of " + std::to_string(to);
    }
    void also() {
        switch (inst.also) {
            case Also::ReadScc:
                read(reg::scc, 1, Use::Value);
                break;
            case Also::WriteScc:
                write(reg::scc, 1);
                break;
            case Also::UpdateScc:
                read(reg::scc, 1, Use::Value);
                write(reg::scc, 1);
                break;
            case Also::UpdateExec:
                write(reg::exec, 2);
                write(reg::scc, 1);
                break;
            case Also::WriteExec:
                write(reg::exec, 2);
                break;
            default:
                break;
        }
    }

    // ---- scalar --------------------------------------------------------------------------------

    void salu() {
        f.unit = Unit::Salu;
        const std::string_view name = inst.name;
        for (const BitRow& row : bit_rows)
            if (name.starts_with(row.begins)) {
                f.bits = row.bits;
                break;
            }
        f.saveexec = contains(name, "saveexec");
        f.leaves = name == "s_setpc_b64" || name == "s_swappc_b64" || name == "s_rfe_b64";
        const Use use = f.bits == Bits::No ? Use::Value : Use::Copy;
        if (d.format == Fmt::SOPK) {
            const int count = std::max(1, isa::registers(inst.src[0]));
            if (inst.dst == Type::None && inst.src[0] != Type::Imm) read_scalars(int(d['d']), count, use, 0);
            if (inst.takes(Type::Dst)) read_scalars(int(d['d']), isa::registers(inst.dst), use, 0);
        } else {
            for (int i = 0; i < 2; ++i) {
                const Type type = inst.src[i];
                if (type == Type::Dst)
                    read_scalars(int(d['d']), isa::registers(inst.dst), use, i);
                else if (type != Type::None && type != Type::Imm)
                    read_code(d.operand(i), type, use, i);
            }
        }
        also();
        if (inst.dst != Type::None) write_scalars(int(d['d']), isa::registers(inst.dst));
        // Their registers depend on M0.
        if (contains(name, "movrel")) read(reg::m0, 1, Use::Value), f.bits = Bits::No, f.read_count = 0;
    }

    void sopp() {
        const std::string_view name = inst.name;
        if (name == "s_waitcnt") {
            f.vm = d['i'] & 15;
            f.lgkm = d['i'] >> 8 & 15;
            f.special = true;
        }
        if (name == "s_nop") f.issue_slots = uint8_t((d['i'] & 15) + 1);
        f.special |= name == "s_barrier";
        f.leaves = begins(name, {"s_branch", "s_endpgm", "s_sendmsghalt", "s_trap"});
        if (inst.also == Also::ReadScc) read(reg::scc, 1, Use::Value);
        if (inst.also == Also::ReadVcc) read(reg::vcc, 2, Use::Mask);
        if (inst.also == Also::ReadM0 && (d['i'] & 15) != 1) read(reg::m0, 1, Use::Value);  // an interrupt has no data
    }

    void smem() {
        f.unit = Unit::Smem;
        const bool is_buffer = inst.name.starts_with("s_buffer");
        const bool stores = contains(inst.name, "_store") || contains(inst.name, "_atomic");
        const int count = isa::registers(inst.dst);
        f.special = true;
        if (inst.src[0] == Type::None) return write_scalars(int(d['d']), count);  // s_memtime
        read_scalars(2 * int(d['a']), is_buffer ? 4 : 2, Use::Address, 0);
        if (!d['I'] && (d['i'] & 127) < code::constants) read(int(d['i'] & 127), 1, Use::Address);
        if (stores) {
            for (const Type type : inst.src)
                if (isa::registers(type)) read_scalars(int(d['d']), isa::registers(type), Use::Value, 1);
            f.access = Access::Write;
            f.bytes = 4;
            return;
        }
        f.access = Access::Read;
        f.bytes = uint8_t(4 * count);
        write_scalars(int(d['d']), count);
    }

    // ---- vector ALU ----------------------------------------------------------------------------

    void valu() {
        f.unit = Unit::Valu;
        const std::string_view name = inst.name;
        if (inst.dst == Type::None && inst.src[0] == Type::None) return;  // v_nop
        f.copies = std::find(std::begin(copies), std::end(copies), name) != std::end(copies);
        f.is_float = inst.dst == Type::F16 || inst.dst == Type::F32 || inst.dst == Type::F64;
        const bool to_scalar = name == "v_readlane_b32" || name == "v_readfirstlane_b32";
        const bool to_lane = name == "v_writelane_b32", indexed = contains(name, "movrel");
        const Use use = to_scalar || d.tail == Tail::Dpp || indexed ? Use::Other : f.copies ? Use::Copy : Use::Value;
        for (int i = 0; i < 3; ++i) {
            const Type type = inst.src[i];
            if (type == Type::None || type == Type::Imm) continue;
            if (type == Type::Dst)
                read(reg::vector + int(d['d']), isa::registers(inst.dst), to_lane ? Use::Old : use, i);
            else if (type == Type::Mask)
                read_code(isa::is_vop3(d.format) ? d.operand(i) : code::vcc, Type::Mask, Use::Mask, i);
            else
                read_code(d.operand(i), type, (to_scalar || to_lane) && i == 1 ? Use::Value : use, i);
        }
        if (inst.also == Also::ReadVcc && !inst.takes(Type::Mask)) read(reg::vcc, 2, Use::Mask);  // v_div_fmas
        if (inst.also == Also::ReadM0) read(reg::m0, 1, Use::Value);
        if (d.tail == Tail::Sdwa && d.extra('D') == 2 && inst.dst != Type::Mask)
            read(reg::vector + int(d['d']), 1, Use::Old);
        if (inst.dst == Type::Mask)
            write_scalars(d.format == Fmt::VOP3 ? int(d['d']) : reg::vcc, 2);
        else if (to_scalar)
            write(int(d['d']), 1);
        else
            write(reg::vector + int(d['d']), isa::registers(inst.dst));
        if (inst.carries()) write_scalars(d.format == Fmt::VOP3B ? int(d['q']) : reg::vcc, 2);
        if (inst.also == Also::WriteExec) write(reg::exec, 2);
        constant_bus();
    }

    // One constant for all lanes is all that an instruction can fetch: a scalar register, or a literal. The lane number
    // of v_readlane and v_writelane goes another way. (LLVM, SIInstrInfo::verifyInstruction.)
    void constant_bus() {
        if (inst.name == "v_readlane_b32" || inst.name == "v_writelane_b32") return;
        std::vector<std::string> fetched;
        const auto fetch = [&](std::string what) {
            if (std::find(fetched.begin(), fetched.end(), what) == fetched.end()) fetched.push_back(std::move(what));
        };
        for (int i = 0; i < 3; ++i) {
            const Type type = inst.src[i];
            if (type == Type::None || type == Type::Dst) continue;
            if (type == Type::Mask && !isa::is_vop3(d.format)) {
                fetch("s106");
                continue;
            }
            const uint32_t code = type == Type::Imm ? code::literal : d.operand(i);
            if (code < code::constants) fetch("s" + std::to_string(code));
            if (code == code::literal) fetch("a literal");
        }
        if (inst.also == Also::ReadVcc && !inst.takes(Type::Mask)) fetch("s106");
        if (fetched.size() < 2) return;
        f.violation = "fetches " + fetched[0] + " and " + fetched[1] + ", one more than the constant bus carries";
    }

    // ---- memory --------------------------------------------------------------------------------

    static int element_bytes(std::string_view name) {
        struct Row {
            std::string_view suffix;
            int bytes;
        };
        static constexpr Row rows[] = {{"_b96", 12}, {"_b128", 16}, {"_b8", 1},  {"_u8", 1},  {"_i8", 1},  {"_b16", 2},
                                       {"_u16", 2},  {"_i16", 2},   {"_b64", 8}, {"_u64", 8}, {"_i64", 8}, {"_f64", 8}};
        for (const Row& row : rows)
            if (name.ends_with(row.suffix)) return row.bytes;
        return 4;
    }

    void ds() {
        f.unit = Unit::Lds;
        f.special = true;
        const std::string_view name = inst.name;
        const bool lanes = contains(name, "permute") || contains(name, "swizzle");
        const bool counts = contains(name, "append") || contains(name, "consume");
        if (d['g']) return;
        if (inst.takes(Type::Addr)) read(reg::vector + int(d['p']), 1, lanes ? Use::Other : Use::Address);
        for (int i = 0; i < 2; ++i)
            if (isa::registers(inst.src[i]))
                read(reg::vector + int(d["ab"[i]]), isa::registers(inst.src[i]), lanes ? Use::Other : Use::Data, i);
        write(reg::vector + int(d['d']), isa::registers(inst.dst));
        if (lanes || name == "ds_nop") return;
        read(reg::m0, 1, Use::Limit);
        if (counts || contains(name, "src2")) return;
        const bool reads = name.starts_with("ds_read"), writes = name.starts_with("ds_write");
        f.access = reads ? Access::Read : writes ? Access::Write : Access::Atomic;
        const bool two = begins(name, {"ds_read2", "ds_write2", "ds_wrxchg2"});
        f.bytes = uint8_t(element_bytes(name));
        f.elements = two ? 2 : 1;
        const uint32_t scale = f.bytes * (contains(name, "st64") ? 64 : 1);
        f.offset[0] = two ? d['x'] * scale : (d['x'] | d['y'] << 8);
        f.offset[1] = two ? d['y'] * scale : 0;
    }

    static int memory_bytes(std::string_view name, int registers) {
        if (contains(name, "byte")) return 1;
        if (contains(name, "short")) return 2;
        if (contains(name, "cmpswap")) return 2 * registers;
        return 4 * registers;
    }

    void memory(int data_register) {
        f.special = true;
        const bool atomic = contains(inst.name, "_atomic_");
        const int data = inst.src[0] == Type::Addr ? 0 : isa::registers(inst.src[0]);
        const int results = isa::registers(inst.dst);
        f.access = atomic ? Access::Atomic : data ? Access::Write : Access::Read;
        f.bytes = uint8_t(memory_bytes(inst.name, atomic ? std::max(1, results) : std::max(data, results)));
        if (contains(inst.name, "format")) f.bytes = 0;  // depends on the format
        if (data) read(reg::vector + data_register, data, Use::Data, 0);
        if (data > 2) f.store_first = uint8_t(data_register), f.store_count = uint8_t(data);
    }

    void flat() {
        f.unit = Unit::Flat;
        memory(int(d['a']));
        read(reg::vector + int(d['p']), 2, Use::Address);
        if (inst.dst != Type::None && (inst.src[0] == Type::Addr || d['G']))
            write(reg::vector + int(d['d']), isa::registers(inst.dst) + int(d['T']));
        f.wide_store = f.store_count > 0;
    }

    void buffer() {
        f.unit = Unit::Buffer;
        if (inst.dst == Type::None && inst.src[0] == Type::None) return;  // buffer_wbinvl1
        memory(int(d['d']));
        const int address = int(d['F'] + d['I']);
        if (address) read(reg::vector + int(d['p']), address, Use::Address);
        read_scalars(4 * int(d['r']), 4, Use::Address, -1);
        const bool by_register = d['s'] < code::constants;
        if (by_register) read_scalars(int(d['s']), 1, Use::Address, -1);
        f.to_lds = d.format == Fmt::MUBUF && d['L'];
        const bool returns = inst.dst != Type::None && (f.access == Access::Read || d['G']);
        if (returns && !f.to_lds) write(reg::vector + int(d['d']), isa::registers(inst.dst) + int(d['T']));
        f.wide_store = f.store_count > 0 && !by_register;
    }

    Fact& f;
    const Decoded& d;
    const Inst& inst;
};

}  // namespace

// Compilers make a loop around ds_cmpst of atomic operations that LDS has not. What it reads first is an ordinary load,
// close before: whatever that sees, the swap checks it.
static bool reads_for(const Fact& f, const Fact& swap) {
    constexpr uint64_t close = 256;  // bytes of code: a loop
    return f.access == Access::Read && f.unit == Unit::Lds && f.pc < swap.pc && swap.pc - f.pc <= close &&
           f.bytes == swap.bytes && f.elements == 1 && f.offset[0] == swap.offset[0] &&
           f.decoded['p'] == swap.decoded['p'] && f.decoded['d'] == swap.decoded['a'];
}

std::vector<Fact> facts_of(const Program& program) {
    std::vector<Fact> all(program.size());
    for (uint32_t i = 0; i < program.size(); ++i) {
        const auto& [pc, decoded] = program.instruction(i);
        Fact& f = all[i];
        f.pc = pc;
        f.number = i;
        if (!decoded) continue;
        f.program = &program;
        f.decoded = *decoded;
        Maker(f).make();
        hazards_of(f);
    }
    for (const Fact& swap : all)
        if (swap.program && swap.name().starts_with("ds_cmpst"))
            for (Fact& f : all) f.tries |= f.program && reads_for(f, swap);
    return all;
}

Facts::Facts(const Program& program, const std::function<int(uint64_t)>& function_of)
    : all(facts_of(program)), quick(program.size()) {
    for (Fact& f : all) {
        f.function = function_of(f.pc);
        if (f.program)
            quick[f.number] = {f.touched,           spread(f.needs), &f,        f.makes,
                               int16_t(f.function), f.issue_slots,   f.special, f.is_float};
    }
}

}  // namespace gcn::emulator::strict
