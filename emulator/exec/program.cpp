// From instruction words to Ops: operands become places in Wave, formats become the operands of their handlers.

#include "emulator/exec/program.hpp"

#include <algorithm>
#include <bitset>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>

#include "emulator/exec/recording.hpp"
#include "emulator/exec/withdrawn.hpp"
#include "isa/decode.hpp"
#include "isa/print.hpp"

namespace gcn::emulator {

using isa::Decoded;
using isa::Fmt;
using isa::Inst;
using isa::Tail;
using isa::Type;

namespace {

bool is_64(Type t) { return t == Type::U64 || t == Type::I64 || t == Type::F64 || t == Type::Mask; }
bool is_16(Type t) { return t == Type::U16 || t == Type::I16 || t == Type::F16; }
bool is_float(Type t) { return t == Type::F16 || t == Type::F32 || t == Type::F64; }
bool is_source(Type t) { return t != Type::None && t != Type::Dst && t != Type::Addr; }

// What is wrong with an instruction that decodes but cannot be executed.
struct Refusal {
    std::string why;
};
[[noreturn]] void refuse(std::string why) { throw Refusal{std::move(why)}; }

std::string hex(uint64_t x) { return isa::text::hex(x); }

// A word that does not decode, as messages show it, and what is wrong with it.
struct Unknown {
    std::string text, why;
};
Unknown unknown(uint32_t w0, uint32_t w1) {
    const auto format = isa::format_of(w0);
    if (!format)
        return {hex(w0) + " (bits 31:26 are " + std::bitset<6>(w0 >> 26).to_string() + ")",
                "no instruction of gfx803 begins so"};
    const isa::Format& layout = isa::layout_of(*format);
    return {hex(w0) + " (" + std::string(layout.name) + ", opcode " + hex(layout.field('o', w0, w1)) + ")",
            "it is not an instruction of gfx803"};
}

uint64_t widened(uint32_t literal, Type type) {
    switch (type) {
        case Type::F64:
            return uint64_t(literal) << 32;
        case Type::I64:
            return uint64_t(int64_t(int32_t(literal)));
        default:
            return literal;
    }
}

// Where control goes after an instruction, by name. What is not here goes to the next one.
struct Flow {
    std::string_view name;
    bool next, target;
};
constexpr Flow flows[] = {
    {"s_branch", false, true},        {"s_cbranch_scc0", true, true},   {"s_cbranch_scc1", true, true},
    {"s_cbranch_vccz", true, true},   {"s_cbranch_vccnz", true, true},  {"s_cbranch_execz", true, true},
    {"s_cbranch_execnz", true, true}, {"s_endpgm", false, false},       {"s_setpc_b64", false, false},
    {"s_swappc_b64", false, false},   {"s_rfe_b64", false, false},      {"s_trap", false, false},
    {"s_sendmsghalt", false, false},  {"s_endpgm_saved", false, false}, {"s_rfe_restore_b64", false, false},
};
Flow flow_of(const Inst& inst) {
    for (const Flow& flow : flows)
        if (flow.name == inst.name) return flow;
    return {inst.name, true, false};
}

// False when the program has given the memory back to the system.
template <class Read> bool touch(uint64_t address, std::byte* at, uint64_t bytes, Read&& read) {
    const Window window{address, bytes, at, false};
    WithdrawnGuard guard({&window, 1});
    return !guard.run(read);
}

}  // namespace

class Decoder {
public:
    Decoder(Program& program, const AddressSpace& space, const HandlerTable& table, Decoding decoding)
        : program(program), space(space), table(table), decoding(decoding) {}

    void run(uint64_t entry) {
        collect(entry);
        if (decoding.recorded) find_stretches(entry);
        for (auto it = items.begin(); it != items.end();) it = emit(it);
        link(entry);
        remember();
        if (decoding.stepped) list();
    }

private:
    struct Item {
        std::optional<Decoded> decoded;
        bool missing = false;  // there is no memory at its address
        bool later = false;    // a program of its own, decoded when it is reached
        int words = 0;
        Flow flow{};
        uint64_t target = 0;
        uint32_t number = 0;          // among all, when they are recorded
        bool starts_stretch = false;  // likewise
    };
    using Items = std::map<uint64_t, Item>;

    std::optional<uint32_t> word(uint64_t address) const {
        std::byte* const at = address % 4 ? nullptr : space.host(address, 4, false);
        uint32_t w;
        if (!at || !touch(address, at, 4, [&] { std::memcpy(&w, at, 4); })) return {};
        return w;
    }

    // Whoever runs into memory that is no code meets more instructions than the host could hold.
    static constexpr size_t most = 1 << 16;

    void collect(uint64_t entry) {
        std::vector<uint64_t> open{entry};
        while (!open.empty()) {
            const uint64_t pc = open.back();
            open.pop_back();
            if (items.count(pc)) continue;
            if (items.size() >= most) {
                items[pc].later = true;
                continue;
            }
            const Item& item = items[pc] = fetch(pc);
            if (item.flow.next) open.push_back(pc + 4 * item.words);
            if (item.flow.target) open.push_back(item.target);
        }
    }

    Item fetch(uint64_t pc) const {
        Item item;
        const auto w0 = word(pc), w1 = word(pc + 4);
        if (!w0) {
            item.missing = true;
            return item;
        }
        item.words = 1;
        item.decoded = isa::decode(*w0, w1.value_or(0));
        if (!item.decoded) return item;
        item.words = item.decoded->size();
        if (item.words == 2 && !w1) {
            item.decoded.reset();
            item.missing = true;
            item.words = 1;
            return item;
        }
        item.flow = flow_of(*item.decoded->inst);
        if (item.flow.target) item.target = pc + 4 + 4 * int64_t(int16_t((*item.decoded)['i']));
        return item;
    }

    // ---- places of operands --------------------------------------------------------------------

    void uses_vgprs(uint32_t first, int count) {
        if (first + count > 256) refuse("it names registers beyond v255");
        program.registers = std::max(program.registers, int(first) + count);
    }
    uint16_t vector(uint32_t number, int count) {
        uses_vgprs(number, count);
        return uint16_t(number * 64);
    }
    uint16_t scalar_register(uint32_t number, int count) {
        if (number + count > 128 || number == 125) refuse("it names registers that do not exist");
        return uint16_t(place::scalars + number);
    }
    uint16_t source(uint32_t number, Type type) {
        if (number >= code::vgpr) return vector(number - code::vgpr, isa::registers(type));
        if (number < 128) return scalar_register(number, isa::registers(type));
        if (number == code::literal) return place::literal;
        const bool is_status = number >= code::vccz && number <= code::lds_direct;
        if (is_status && !is_64(type))
            needs_status = true;
        else if (!(number <= 208 || (number >= 240 && number <= 248)))
            refuse("its operand code " + std::to_string(number) + " has no meaning here");
        if (is_64(type)) return uint16_t(place::wide + 2 * (number - code::constants));
        if (is_16(type) && !is_status) return uint16_t(place::half + (number - code::constants));
        return uint16_t(place::scalars + number);
    }

    // ---- formats -------------------------------------------------------------------------------

    Op translate(const Decoded& d, uint64_t pc) {
        Op op{};
        op.count = 1;
        const auto& handlers = table.rows[d.inst - isa::insts.data()];
        op.run = handlers[General];
        switch (d.format) {
            case Fmt::SOPP:
                op.imm = d['i'];
                break;
            case Fmt::SOP1:
            case Fmt::SOP2:
            case Fmt::SOPC:
            case Fmt::SOPK:
                salu(d, pc, op);
                break;
            case Fmt::SMEM:
                smem(d, op);
                break;
            case Fmt::DS:
                ds(d, op);
                break;
            case Fmt::FLAT:
                flat(d, op);
                break;
            case Fmt::MUBUF:
            case Fmt::MTBUF:
                buffer(d, op);
                break;
            case Fmt::VOP1:
            case Fmt::VOP2:
            case Fmt::VOPC:
            case Fmt::VOP3:
            case Fmt::VOP3B:
                valu(d, handlers, op);
                break;
            default:
                break;  // its body is a fault
        }
        return op;
    }

    void salu(const Decoded& d, uint64_t pc, Op& op) {
        const Inst& inst = *d.inst;
        if (d.format != Fmt::SOPC && d.format != Fmt::SOPK && inst.dst != Type::None)
            op.d = scalar_register(d['d'], isa::registers(inst.dst));
        op.imm = inst.name == "s_set_gpr_idx_on" ? d['b'] : d['i'];
        if (d.format == Fmt::SOPK) {
            op.d = scalar_register(d['d'], std::max({1, isa::registers(inst.dst), isa::registers(inst.src[0])}));
            op.a = op.d;  // s_cmpk, s_setreg and s_cbranch_i_fork read it
            op.wide = inst.src[0] == Type::U32 ? op.imm : uint32_t(int32_t(int16_t(op.imm)));
            if (inst.always_literal()) op.wide = d.literal();
            if (inst.timing == isa::Timing::Branch) op.wide = pc + 4 + uint64_t(4 * int64_t(int16_t(op.imm)));
            if (may_index_vgprs(inst, op.imm)) program.registers = 256;
            return;
        }
        if (may_index_vgprs(inst, 0)) program.registers = 256;
        op.wide = pc + 4;  // s_getpc, s_swappc
        for (int i = 0; i < 2; ++i) {
            if (!is_source(inst.src[i])) continue;
            const uint32_t number = d.operand(i);
            (i ? op.b : op.a) = source(number, inst.src[i]);
            if (number != code::literal) continue;
            if (inst.timing == isa::Timing::Branch) refuse("its target cannot be a literal");
            op.wide = widened(d.literal(), inst.src[i]);
        }
        if (inst.name.starts_with("s_movrels") && op.a >= place::scalars + code::sgprs)
            refuse("its source is not a scalar register");
    }

    // Programs that do may read any register.
    static bool may_index_vgprs(const Inst& inst, uint32_t imm) {
        const uint32_t id = imm & 63, offset = imm >> 6 & 31, bits = (imm >> 11 & 31) + 1;
        if (inst.name.starts_with("s_setreg")) return id == 1 && offset <= 27 && offset + bits > 27;
        return inst.name.starts_with("s_set_gpr_idx");
    }

    void smem(const Decoded& d, Op& op) {
        const Inst& inst = *d.inst;
        const Type data = inst.dst != Type::None ? inst.dst : inst.src[0];
        if (!is_source(data)) return;  // s_dcache_inv and its kin, s_atc_probe
        op.d = scalar_register(d['d'], isa::registers(data));
        if (inst.src[0] == Type::None) return;
        op.a = scalar_register(2 * d['a'], inst.name.starts_with("s_buffer") ? 4 : 2);
        if (d['I'])
            op.imm = d['i'];
        else
            op.b = source(d['i'] & 127, Type::U32);
    }

    void ds(const Decoded& d, Op& op) {
        const Inst& inst = *d.inst;
        if (d['g']) refuse("global data share is not executed");
        const std::string_view what = inst.name.substr(3);
        const bool two = what.starts_with("read2") || what.starts_with("write2") || what.starts_with("wrxchg2");
        op.imm = two ? d['x'] | d['y'] << 16 : d['x'] | d['y'] << 8;
        op.a = vector(d['p'], 1);
        if (inst.dst != Type::None) op.d = vector(d['d'], isa::registers(inst.dst));
        for (int i = 0; i < 2; ++i)
            if (is_source(inst.src[i])) (i ? op.c : op.b) = vector(d["ab"[i]], isa::registers(inst.src[i]));
    }

    void flat(const Decoded& d, Op& op) {
        const Inst& inst = *d.inst;
        op.imm = d['G'] | d['T'] << 1;
        op.a = vector(d['p'], 2);
        if (is_source(inst.src[0])) op.b = vector(d['a'], isa::registers(inst.src[0]));
        const bool returns = inst.dst != Type::None && (inst.src[0] == Type::Addr || d['G']);
        if (returns) op.d = vector(d['d'], isa::registers(inst.dst) + int(d['T']));
    }

    void buffer(const Decoded& d, Op& op) {
        const Inst& inst = *d.inst;
        if (inst.dst == Type::None && inst.src[0] == Type::None) return;
        const bool typed = d.format == Fmt::MTBUF;
        op.imm = d['i'] | d['F'] << 12 | d['I'] << 13 | d['G'] << 14 | d['L'] << 15 | d['T'] << 16;
        if (typed) op.imm |= 1u << 17 | d['f'] << 20 | d['N'] << 24;
        if (d['L']) check_lds_direct(d);
        const int address = int(d['F'] + d['I']);
        if (address) op.a = vector(d['p'], address);
        op.b = scalar_register(4 * d['r'], 4);
        op.c = source(d['s'], Type::U32);
        if (op.c == place::literal) refuse("soffset cannot be a literal");
        const int data = std::max(isa::registers(inst.dst), isa::registers(inst.src[0]));
        if (data && !d['L']) op.d = vector(d['d'], data + (inst.dst != Type::None ? int(d['T']) : 0));
    }

    static void check_lds_direct(const Decoded& d) {
        constexpr std::string_view allowed[] = {"buffer_load_ubyte",  "buffer_load_sbyte", "buffer_load_ushort",
                                                "buffer_load_sshort", "buffer_load_dword", "buffer_load_format_x"};
        if (d['T']) refuse("lds and tfe exclude each other");
        if (d.inst->name == "buffer_store_lds_dword") return;
        if (std::find(std::begin(allowed), std::end(allowed), d.inst->name) == std::end(allowed))
            refuse("lds belongs to loads of one element of at most a dword");
    }

    void valu(const Decoded& d, const Handler* handlers, Op& op) {
        const Inst& inst = *d.inst;
        if (inst.dst == Type::None && inst.src[0] == Type::None) return;  // v_nop
        const bool to_scalar = inst.name == "v_readlane_b32" || inst.name == "v_readfirstlane_b32";
        uint64_t literal = 0;
        bool vectors[3] = {true, true, true};
        for (int i = 0; i < 3; ++i) {
            const Type type = inst.src[i];
            if (!is_source(type)) continue;
            uint16_t& at = i == 0 ? op.a : i == 1 ? op.b : op.c;
            if (type == Type::Mask) {
                at = isa::is_vop3(d.format) ? source(d.operand(i), Type::Mask) : place::vcc;
                continue;
            }
            const Type as = type == Type::Imm ? inst.dst : type;
            const uint32_t number = type == Type::Imm ? code::literal : d.operand(i);
            at = source(number, as);
            if (number == code::literal) literal = widened(d.literal(), as);
            vectors[i] = number >= code::vgpr;
        }
        op.wide = literal;
        op.mask = place::vcc;
        for (int i = 0; i < 3; ++i)
            if (is_source(inst.src[i])) op.imm |= uint32_t(isa::registers(inst.src[i])) << 4 * i;
        op.imm |= uint32_t(inst.dst == Type::Mask ? 0 : isa::registers(inst.dst)) << 12;
        if (d.format == Fmt::VOP3B) op.mask = scalar_register(d['q'], 2);
        if (inst.dst == Type::Mask) {
            if (d.format == Fmt::VOP3) op.mask = scalar_register(d['d'], 2);
        } else {
            op.d = to_scalar ? scalar_register(d['d'], 1) : vector(d['d'], isa::registers(inst.dst));
        }
        const bool indexed = inst.name.starts_with("v_movrel");
        if (indexed) program.registers = 256;
        Extras extras = extras_of(d, literal);
        const bool plain =
            !extras.negate && !extras.absolute && !extras.multiply && !extras.clamp && !extras.dpp && !extras.sdwa;
        if (to_scalar || indexed || inst.name == "v_writelane_b32") {
            if (!plain) refuse("it is executed without modifiers only");
            if (inst.name.starts_with("v_movrels") && !vectors[0]) refuse("its source is not a vector register");
            if (indexed) return;
            if (inst.name != "v_writelane_b32" && op.a == place::literal) refuse("it has no literal");
            if (inst.name != "v_readfirstlane_b32" && vectors[1]) refuse("its lane number is not a scalar");
            return;
        }
        if (plain && inst.dst != Type::U128) {
            op.run = handlers[!vectors[1] || !vectors[2] ? Scalars : vectors[0] ? Vectors : Scalar];
            return;
        }
        for (int i = 0; i < 3; ++i) extras.made |= uint8_t(!vectors[i] << i);
        extras.only_signs = extras.signs && !extras.sdwa;
        if (extras.dpp && !extras.signs && moves_within_rows(extras.control >> 8 & 0x1ff)) op.run = handlers[Dpp];
        if (extras.sdwa && !extras.clamp && inst.name != "v_cndmask_b32") op.run = handlers[Sdwa];
        program.extras.push_back(extras);
        op.extras = &program.extras.back();
    }

    static Extras extras_of(const Decoded& d, uint64_t literal) {
        const Inst& inst = *d.inst;
        Extras extras;
        extras.literal = literal;
        extras.negate = uint8_t(d.negated());
        extras.absolute = uint8_t(d.absolute());
        extras.multiply = isa::is_vop3(d.format) ? uint8_t(d['m']) : 0;
        extras.clamp =
            inst.dst != Type::Mask && (isa::is_vop3(d.format) ? d['C'] : d.tail == Tail::Sdwa && d.extra('C'));
        extras.dpp = d.tail == Tail::Dpp;
        extras.sdwa = d.tail == Tail::Sdwa;
        extras.control = extras.dpp || extras.sdwa ? d.w1 : 0;
        extras.halves = inst.name == "v_cvt_pkrtz_f16_f32";
        for (int i = 0; i < 3; ++i) {
            const bool changed = (extras.negate | extras.absolute) >> i & 1;
            if (changed && !is_float(inst.src[i]) && inst.name != "v_cndmask_b32")
                refuse("source " + std::to_string(i) + " is no floating-point number: it cannot be negated");
        }
        int widest = isa::registers(inst.dst == Type::Mask ? Type::None : inst.dst);
        for (const Type type : inst.src)
            if (is_source(type) && type != Type::Mask) widest = std::max(widest, isa::registers(type));
        if ((extras.sdwa || extras.dpp) && widest > 1) refuse("SDWA and DPP have operands of at most 32 bits");
        set_parts(extras, inst);
        return extras;
    }

    // quad_perm, shifts and rotations of rows, mirrors.
    static bool moves_within_rows(uint32_t dpp_control) {
        return dpp_control < 0x130 || dpp_control == 0x140 || dpp_control == 0x141;
    }

    // The part of a dword that an SDWA select names: byte 0..3, word 4..5, or all of it. Its bytes are taken from
    // there, or put there.
    struct Part {
        uint32_t first, count;
        explicit Part(uint32_t select)
            : first(select < 4    ? select
                    : select == 5 ? 2
                                  : 0),
              count(select < 4   ? 1
                    : select < 6 ? 2
                                 : 4) {}
        uint32_t mask() const { return count == 4 ? ~0u : (1u << 8 * count) - 1; }
        uint32_t sign() const { return mask() ^ mask() >> 1; }
    };
    static constexpr uint32_t whole = 6;  // the select of a dword

    // All that an operand of this type has: bits 31:16 of 16-bit types are neither read nor anything but 0.
    static bool is_whole(const Part& part, Type type) {
        const bool is_16 = type == Type::F16 || type == Type::U16 || type == Type::I16;
        return part.count == 4 || (is_16 && part.count == 2 && part.first == 0);
    }
    static void set_parts(Extras& extras, const Inst& inst) {
        for (uint32_t i = 0; i < 3; ++i) {
            const uint32_t field = extras.sdwa && i < 2 ? extras.control >> (i ? 24 : 16) : whole;
            const Part part(field & 7);
            Change& change = extras.change[i];
            for (uint32_t k = 0; k < 16; ++k)
                change.bytes[k] = uint8_t(k % 4 < part.count ? k / 4 * 4 + part.first + k % 4 : 0x80);
            change.shift = 8 * part.first, change.mask = part.mask();
            change.flip = field >> 3 & 1 ? part.sign() : 0;
            const uint32_t sign = inst.src[i] == Type::F16 ? 0x80008000 : 0x80000000;
            change.keep = extras.absolute >> i & 1 ? ~sign : ~0u;
            change.negate = extras.negate >> i & 1 ? sign : 0;
            const bool signs = change.flip || ~change.keep || change.negate;
            if (signs) extras.signs |= uint8_t(1 << i);
            if (signs || !is_whole(part, inst.src[i])) extras.changed |= uint8_t(1 << i);
        }
        const Part part(extras.sdwa ? extras.control >> 8 & 7 : whole);
        const uint32_t unused = extras.sdwa ? extras.control >> 11 & 3 : 0, filled = part.mask() << 8 * part.first;
        Placement& to = extras.placement;
        for (uint32_t k = 0; k < 16; ++k)
            to.bytes[k] = uint8_t(k % 4 - part.first < part.count ? k - part.first : 0x80);
        to.shift = 8 * part.first, to.mask = part.mask(), to.sign = part.sign();
        to.kept = unused == 2 ? ~filled : 0;
        to.above = unused == 1 ? ~(filled | ((1u << to.shift) - 1)) : 0;
        extras.places_half = part.count == 2 && unused != 1;
        extras.placed = !is_whole(part, inst.dst) || (part.count == 2 && unused);
    }

    // ---- laying out ----------------------------------------------------------------------------

    void add(const Op& op, uint64_t pc, Unit unit = Unit::Scalar) {
        program.ops.push_back(op);
        program.pcs.push_back(pc);
        program.units.push_back(unit);
    }

    static Unit unit_of(const Item& item) {
        if (!item.decoded) return Unit::Scalar;
        const Inst& inst = *item.decoded->inst;
        const std::string_view name = inst.name;
        const bool lanes = name.starts_with("v_readlane") || name.starts_with("v_writelane") ||
                           name.starts_with("v_readfirstlane") || name.starts_with("v_movrel");
        if (name.starts_with("v_")) return lanes ? Unit::Apart : Unit::Vector;
        return name.starts_with("s_") ? Unit::Scalar : Unit::Apart;
    }

    Op refusal(const std::string& why) {
        Op op{};
        op.run = table.illegal;
        op.count = 1;
        program.reasons.push_back(why);
        op.wide = reinterpret_cast<uint64_t>(program.reasons.back().c_str());
        return op;
    }

    Op op_of(uint64_t pc, const Item& item) {
        needs_status = false;
        if (item.later) {
            Op op{};
            op.run = table.later;
            op.wide = pc;
            return op;
        }
        if (pc % 4) return refusal("its address is no multiple of 4");
        if (item.missing) {
            Op op{};
            op.run = table.absent;
            op.count = 1;
            op.wide = pc;
            return op;
        }
        if (!item.decoded) return refusal(unknown(word(pc).value_or(0), word(pc + 4).value_or(0)).why);
        try {
            return translate(*item.decoded, pc);
        } catch (const Refusal& r) {
            return refusal(r.why);
        }
    }

    bool is_plain_mac(const Item& item) const {
        return item.decoded && item.decoded->inst == mac && item.decoded->format == Fmt::VOP2 &&
               item.decoded->tail == Tail::None && item.decoded->operand(0) >= code::vgpr;
    }

    // Stretches of instructions of which one is executed after the other: recording.hpp.
    void find_stretches(uint64_t entry) {
        items.at(entry).starts_stretch = true;
        uint64_t next = ~0ull;
        bool starts = false;
        uint32_t number = 0;
        for (auto& [pc, item] : items) {
            item.number = number++;
            item.starts_stretch |= starts || pc != next;
            if (item.flow.target) items.at(item.target).starts_stretch = true;
            next = pc + 4 * item.words;
            starts = !item.decoded || item.flow.target || !item.flow.next || writes_exec(*item.decoded) ||
                     reads_clock(*item.decoded);
            program.instructions.push_back({pc, item.decoded});
        }
        for (const auto& [pc, item] : items) program.starts.push_back(item.starts_stretch);
    }

    // Who comes to `pc` begins here.
    void begins(uint64_t pc) { begin.emplace(pc, program.ops.size()); }

    void add_point(uint64_t pc, std::vector<uint32_t> numbers, bool enters) {
        begins(pc);
        Op op{};
        op.run = record;
        op.point = &program.points.emplace_back(RecordPoint{&program, std::move(numbers), enters});
        add(op, pc);
    }
    void add_start(uint64_t pc, const Item& item) {
        if (item.starts_stretch) add_point(pc, {item.number}, true);
    }
    // With those behind it in the stretch that go where they would go before it, too: of LDS all up to one whose
    // address has been written until then, of memory those that follow without anything in between.
    void add_access(Items::iterator it) {
        const auto recorded = [](const Item& i) { return i.decoded && is_recorded(*i.decoded); };
        if (!decoding.recorded || it->first < recorded_until || !recorded(it->second)) return;
        const uint64_t first = it->first;
        std::vector<uint32_t> numbers{it->second.number};
        std::vector<Written> written{vectors_written(*it->second.decoded)};
        const bool lds = it->second.decoded->format == isa::Fmt::DS,
                   memory = is_vector_access(*it->second.decoded) && !lds;
        uint64_t next = first + 4 * it->second.words;
        while (!decoding.stepped && (lds || memory) && ++it != items.end() && it->first == next && it->second.decoded &&
               !it->second.starts_stretch) {
            const Decoded& d = *it->second.decoded;
            if (recorded(it->second)) {
                if (lds != (d.format == isa::Fmt::DS) || !is_vector_access(d)) break;
                const auto changes = [&](const Written& w) { return w.holds(d['p']) || (!lds && w.holds(d['p'] + 1)); };
                if (std::any_of(written.begin(), written.end(), changes)) break;
                numbers.push_back(it->second.number);
                recorded_until = next + 1;
            } else if (memory) {
                break;
            }
            if (const Written w = vectors_written(d); w.count) written.push_back(w);
            next += 4 * it->second.words;
        }
        add_point(first, std::move(numbers), false);
    }

    Items::iterator emit(Items::iterator it) {
        add_start(it->first, it->second);
        if (decoding.stepped) {
            emit_one(it);
            return std::next(it);
        }
        add_block(it);
        auto end = it;
        int run = 0;
        for (uint64_t pc = it->first; end != items.end() && end->first == pc && is_plain_mac(end->second) &&
                                      run < 1024 && (end == it || !end->second.starts_stretch);
             ++end, pc += 4)
            ++run;
        if (run >= 2)
            add_macs(it, end, run);
        else
            end = std::next(it);
        for (auto i = it; i != end; ++i) emit_one(i);
        return end;
    }

    void emit_one(Items::iterator it) {
        const auto& [pc, item] = *it;
        add_access(it);
        begins(pc);
        const Op op = op_of(pc, item);
        if (needs_status) {
            Op status{};
            status.run = table.status;
            add(status, pc);
        }
        if (item.flow.target) targets.emplace_back(program.ops.size(), item.target);
        add(op, pc, unit_of(item));
        const uint64_t next = pc + 4 * item.words;
        const auto after = items.upper_bound(pc);
        if (item.flow.next && (after == items.end() || after->first != next)) add_jump(next);
    }

    void add_jump(uint64_t to) {
        targets.emplace_back(program.ops.size(), to);
        Op jump{};
        jump.run = table.jump;
        add(jump, to);
    }

    // A block that begins here, what is left out of it, and the way past the same instructions one by one.
    void add_block(Items::iterator it) {
        const uint64_t first = it->first;
        if (first < looked_at || !it->second.decoded) return;
        const std::string_view name = it->second.decoded->inst->name;
        if (name != "v_mac_f32" && !name.starts_with("ds_read_")) return;
        std::vector<Decoded> code;
        std::vector<Items::iterator> at;
        uint64_t pc = first;
        for (; it != items.end() && it->first == pc && it->second.decoded && code.size() < 8192; ++it) {
            if (pc != first && it->second.starts_stretch) break;
            code.push_back(*it->second.decoded);
            at.push_back(it);
            pc += 4 * it->second.words;
        }
        at.push_back(it);
        BlockPlan plan = find_block(code);
        const auto end = at[plan.instructions];
        looked_at = end == items.end() ? ~0ull : end->first;
        if (!plan.block || end == items.end() || end->first != std::prev(end)->first + 4 * std::prev(end)->second.words)
            return;

        add_block_accesses(at, plan.instructions);
        begins(first);
        Op op{};
        op.run = table.block;
        op.block = plan.block.get();
        add(op, first, Unit::Block);
        for (const size_t i : plan.later) add(op_of(at[i]->first, at[i]->second), at[i]->first, unit_of(at[i]->second));
        add_jump(end->first);
        originals.emplace_back(plan.block.get(), program.ops.size());
        program.blocks.push_back(std::move(plan));
    }

    // All of a block's accesses are recorded before it, in order: nothing in it changes their addresses.
    void add_block_accesses(const std::vector<Items::iterator>& at, size_t count) {
        if (!decoding.recorded) return;
        std::vector<uint32_t> numbers;
        for (size_t i = 0; i < count; ++i)
            if (at[i]->first >= recorded_until && is_recorded(*at[i]->second.decoded))
                numbers.push_back(at[i]->second.number);
        recorded_until = std::max(recorded_until, looked_at);
        if (!numbers.empty()) add_point(at[0]->first, std::move(numbers), false);
    }

    // Neighbours that share a factor become one group, whichever of their factors lasts longer.
    void add_macs(Items::iterator it, Items::iterator end, int run) {
        struct Mac {
            uint8_t d, a, b;
        };
        std::vector<Mac> macs;
        for (auto i = it; i != end; ++i) {
            const Decoded& d = *i->second.decoded;
            macs.push_back({uint8_t(d['d']), uint8_t(d.operand(0) - code::vgpr), uint8_t(d['b'])});
        }
        auto& bytes = program.groups.emplace_back();
        const auto sharing = [&](size_t from, uint8_t shared) {
            size_t n = 0;
            while (from + n < macs.size() && n < 255 && (macs[from + n].a == shared || macs[from + n].b == shared)) {
                if (macs[from + n++].d == shared) break;  // the next one reads what this one writes
            }
            return n;
        };
        for (size_t i = 0; i < macs.size();) {
            const size_t with_a = sharing(i, macs[i].a), with_b = sharing(i, macs[i].b);
            const uint8_t shared = with_a >= with_b ? macs[i].a : macs[i].b;
            const size_t n = std::max(with_a, with_b);
            bytes.push_back(shared), bytes.push_back(uint8_t(n));
            for (const size_t last = i + n; i < last; ++i) {
                bytes.push_back(macs[i].d);
                bytes.push_back(macs[i].a == shared ? macs[i].b : macs[i].a);
            }
        }
        bytes.push_back(0), bytes.push_back(0);
        Op op{};
        op.run = table.macs;
        op.count = uint16_t(run);
        op.groups = reinterpret_cast<const MacGroup*>(bytes.data());
        begins(it->first);
        add(op, it->first, Unit::Run);
    }

    void link(uint64_t entry) {
        for (const auto& [index, target] : targets) program.ops[index].target = &program.ops[begin.at(target)];
        for (const auto& [block, index] : originals) block->original = &program.ops[index];
        program.start = &program.ops[begin.at(entry)];
    }

    void remember() {
        uint64_t next = 0;
        for (const auto& [pc, item] : items) {
            program.whole &= !item.missing;
            if (program.spans.empty() || pc > next) program.spans.push_back({pc, {}}), next = pc;
            for (; next < pc + 4 * item.words; next += 4) program.spans.back().words.push_back(word(next).value_or(0));
        }
    }

    void list() {
        program.listing.resize(program.ops.size());
        for (size_t i = 0; i < program.ops.size(); ++i)
            if (program.ops[i].count) program.listing[i] = {program.pcs[i], items.at(program.pcs[i]).decoded};
    }

    Program& program;
    const AddressSpace& space;
    const HandlerTable& table;
    const Decoding decoding;
    Items items;
    std::map<uint64_t, size_t> begin;                  // index of the first op of the instruction at a pc
    std::vector<std::pair<size_t, uint64_t>> targets;  // ops whose target is at a pc
    std::vector<std::pair<Block*, size_t>> originals;  // and where each block's instructions begin one by one
    uint64_t looked_at = 0;                            // no block begins before this pc that has not been found
    uint64_t recorded_until = 0;                       // accesses before this pc are recorded, if any are
    bool needs_status = false;
    const Inst* const mac = isa::find_inst("v_mac_f32");
};

Program::Program(const AddressSpace& space, uint64_t entry, const HandlerTable& table, Decoding decoding) {
    Decoder(*this, space, table, decoding).run(entry);
}

Unit unit_of(const Wave* w, const Op* op) { return w->program->unit_of(op); }

uint64_t Program::pc_of(const Op* op) const { return pcs[size_t(op - ops.data())]; }

std::string Program::text_of(const Op* op) const {
    const uint64_t pc = pc_of(op);
    for (const Span& span : spans) {
        if (pc < span.first || pc >= span.first + 4 * span.words.size()) continue;
        const size_t i = (pc - span.first) / 4;
        const uint32_t w1 = i + 1 < span.words.size() ? span.words[i + 1] : 0;
        if (const auto decoded = isa::decode(span.words[i], w1)) return isa::print(*decoded);
        return unknown(span.words[i], w1).text;
    }
    return "an instruction";
}

bool Program::still_in(const AddressSpace& space) const {
    if (!whole) return false;
    return std::all_of(spans.begin(), spans.end(), [&](const Span& span) {
        const uint64_t bytes = 4 * span.words.size();
        std::byte* const at = space.host(span.first, bytes, false);
        bool same = false;
        return at && touch(span.first, at, bytes, [&] { same = !std::memcmp(at, span.words.data(), bytes); }) && same;
    });
}

std::shared_ptr<const Program> ProgramCache::find(const AddressSpace& space, uint64_t entry, const HandlerTable& table,
                                                  size_t& decoded) {
    decoded = 0;
    const uint64_t version = space.version(), now = generation.load(std::memory_order_acquire);
    const std::lock_guard lock(guard);
    const std::pair key{&space, entry};
    if (const auto it = entries.find(key); it != entries.end()) {
        Entry& known = it->second;
        if (known.version == version && known.generation == now) return known.program;
        if (known.program->still_in(space)) {
            known.version = version, known.generation = now;
            return known.program;
        }
    }
    constexpr size_t most = 4 << 20;  // Ops: 200 MB with all that belongs to them
    if (held >= most) entries.clear(), held = 0;
    auto program = std::make_shared<const Program>(space, entry, table, decoding);
    held += decoded = program->size();
    entries[key] = {program, version, now};
    return program;
}

}  // namespace gcn::emulator
