// Random accesses to LDS, scalar memory, FLAT and buffers.

#include <algorithm>

#include "tests/scalar/drawing.hpp"

namespace gcn::scalar {

// Of an access to memory: the bytes of its widest element.
static u32 bytes_of(const Inst& inst) {
    const std::string_view name = inst.name;
    const auto ends = [&](std::string_view with) { return name.ends_with(with); };
    if (ends("byte") || ends("_u8") || ends("_i8") || ends("_b8")) return 1;
    if (ends("short") || ends("_u16") || ends("_i16") || ends("_b16")) return 2;
    if (ends("x4") || ends("b128") || ends("b96")) return 16;
    if (ends("x3")) return 12;
    if (ends("x2") || ends("64")) return 8;
    return 4;
}

u32 Drawing::offset(u32 most) {
    coverage.allowed.set(Offset), coverage.allowed.set(NoOffset);
    if (random.one_in(3)) {
        met(NoOffset);
        return 0;
    }
    met(Offset);
    return random.below(most / out.align) * out.align;
}

void Drawing::local() {
    begin(Fmt::DS, inst.opcode);
    const std::string_view name = inst.name;
    out.bytes = bytes_of(inst), out.align = out.bytes;
    const bool lanes = name == "ds_permute_b32" || name == "ds_bpermute_b32", swizzle = name == "ds_swizzle_b32";
    for (int k = 0; k < 3; ++k) {
        const Type type = inst.src[size_t(k)];
        if (isa::registers(type)) put(k == 0 ? 'a' : 'b', data(type));
        if (type != Type::Addr) continue;
        const u32 n = vgpr(1);
        put('p', n);
        if (swizzle)
            reads(n, Type::U32);
        else
            out.addresses[0] = {n, lanes ? Drawn::Holds::LaneAddress : Drawn::Holds::LocalAddress};
        break;
    }
    if (isa::registers(inst.dst)) {
        met(ToVgpr);
        put('d', vgpr(isa::registers(inst.dst)));
    }
    if (out.addresses[0].holds == Drawn::Holds::LocalAddress) address_pattern(true);
    const bool two =
        name.find("read2") != name.npos || name.find("write2") != name.npos || name.find("xchg2") != name.npos;
    if (two) {
        const u32 most = random.one_in(16) ? 256 : name.find("st64") != name.npos ? 6 : 64;
        coverage.allowed.set(Offset), met(Offset);
        put('x', random.below(most)), put('y', random.below(most));
        return;
    }
    u32 o = swizzle ? random.word() & 0xffff : lanes ? random.below(64) * 4 : offset(random.one_in(16) ? 65536 : 1024);
    if (swizzle) out.align = 1, met(Offset);
    put('x', o & 0xff), put('y', o >> 8);
}

void Drawing::scalar_memory() {
    begin(Fmt::SMEM, inst.opcode);
    if (inst.src[0] == Type::None && !isa::registers(inst.dst)) return;
    const bool buffer = inst.name.find("buffer") != inst.name.npos;
    out.base_in_vcc = !buffer && choose({Sgpr, Sgpr, Vcc}) == Vcc;
    put('a', (buffer ? descriptor_sgpr + 4 * random.below(descriptors) : out.base_in_vcc ? 106 : base_sgpr) / 2);
    const bool stores = inst.name.find("store") != inst.name.npos;
    const int how = choose({Offset, NoOffset, OffsetRegister});
    out.align = 4;
    put('I', how != OffsetRegister);
    // Stores take no register but M0 (CLRX).
    if (how == OffsetRegister) out.offset_in_m0 = flag(PerSource + M0, stores ? 1 : 4);
    // The low two bits are dropped.
    put('i', how == OffsetRegister ? (out.offset_in_m0 ? 124 : small_sgpr)
             : how == Offset       ? random.below(buffer ? 2048 : 1000) & ~u32(random.one_in(4) ? 0 : 3)
                                   : 0);
    // What a probe asks for stands in this field.
    const int wide = isa::registers(stores ? inst.src[0] : inst.dst);
    const bool to_vcc = wide && wide <= 2 && choose({ToSgpr, ToSgpr, ToVcc}) == ToVcc;
    put('d', to_vcc ? 106 : wide ? sgpr(wide) : random.below(128));
    put('G', flag(Glc));
}

void Drawing::flat() {
    begin(Fmt::FLAT, inst.opcode);
    out.bytes = bytes_of(inst), out.align = std::min(out.bytes, 4u);
    if (inst.name.find("atomic") != inst.name.npos) out.align = out.bytes;
    if (isa::registers(inst.src[0])) put('a', data(inst.src[0]));
    const u32 n = vgpr(2);
    put('p', n);
    out.addresses[0] = {n, Drawn::Holds::FlatAddress};
    address_pattern(inst.name.find("atomic") == inst.name.npos);
    put('d', vgpr(std::max(1, isa::registers(inst.dst)) + 1));
    if (isa::registers(inst.dst)) put('T', flag(Tfe));
    cache_flags();
}

// A data and a number format that go together, at their places in a descriptor. Memory of 32 bits a component knows no
// conversions (Southern Islands' manual of MTBUF), floats of 8 and 2 bits do not exist, nor does number format 6.
u32 Drawing::element_format() {
    const int data = choose_from(DataFormat, 15);
    const bool wide = data == 4 || data == 11 || data >= 13, half = data == 2 || data == 5 || data == 12;
    const bool floats = wide || half || data == 6 || data == 7;
    const int number = wide     ? choose({NumberFormat + 4, NumberFormat + 5, NumberFormat + 7})
                       : floats ? choose({NumberFormat, NumberFormat + 1, NumberFormat + 2, NumberFormat + 3,
                                          NumberFormat + 4, NumberFormat + 5, NumberFormat + 7})
                                : NumberFormat + choose_from(NumberFormat, 6);
    return u32(data) << 15 | u32(number - NumberFormat) << 12;
}

void Drawing::buffer() {
    begin(inst.format, inst.opcode);
    if (inst.src[0] == Type::None && !isa::registers(inst.dst)) return;
    const std::string_view name = inst.name;
    const bool typed = name.find("_format_") != name.npos, atomic = name.find("atomic") != name.npos;
    const bool loads = name.find("_load_") != name.npos, from_lds = name.find("_lds_") != name.npos;
    out.bytes = typed ? 16 : bytes_of(inst), out.align = std::min(out.bytes, 4u);
    if (atomic) out.align = out.bytes;
    put('r', buffer_sgpr / 4);
    out.descriptor = Raw + int(random.below(3));
    // The bits of the data format are then others.
    if (!typed || inst.format == Fmt::MTBUF) out.adds_lane = flag(AddsLane);
    const u32 format = typed ? element_format() : 0;
    if (inst.format == Fmt::MTBUF) {
        put('f', format >> 15), put('N', format >> 12 & 7);
    } else if (typed) {
        out.formats = format;
        for (u32 i = 0; i < 4; ++i) out.formats |= random.pick({0u, 1u, 4u, 5u, 6u, 7u}) << (3 * i);
    }
    const u32 bytes = out.bytes;
    const bool to_lds = inst.format == Fmt::MUBUF && loads && bytes_of(inst) <= 4 &&
                        (!typed || name == "buffer_load_format_x") && flag(Lds);
    if (from_lds) met(Lds);
    if (inst.format == Fmt::MUBUF) put('L', to_lds || from_lds);
    out.to_lds = to_lds || from_lds, out.bytes = bytes;
    if (!from_lds) {
        // With tfe there is a register more.
        const bool stores = isa::registers(inst.src[0]);
        put('d', stores ? data(inst.src[0]) : vgpr(std::max(1, isa::registers(inst.dst)) + 1));
        if (!to_lds && !stores) put('T', flag(Tfe));
        if (atomic) put('T', flag(Tfe));
    }
    const bool indexed = flag(Idxen, 2), with_offset = flag(Offen, 2);
    put('I', indexed), put('F', with_offset);
    const u32 n = vgpr(2);
    put('p', n);
    if (indexed) out.addresses[0] = {n, Drawn::Holds::Index};
    if (with_offset) out.addresses[1] = {n + indexed, Drawn::Holds::Offset};
    // Lanes that overwrite parts of each other's elements would leave parts of NaNs.
    address_pattern(!atomic && (loads || (format >> 12 & 7) != 7));
    put('i', offset(256));
    const int how = out.to_lds ? choose({Sgpr, Integer}) : choose({Sgpr, Integer, M0});
    out.offset_in_m0 = how == M0;
    put('s', how == Sgpr ? small_sgpr : how == M0 ? 124 : 128 + random.below(64 / out.align + 1) * out.align);
    cache_flags();
}

}  // namespace gcn::scalar
