#pragma once
// How one instruction is drawn: draw.cpp has what computes, draw_memory.cpp what reaches memory.

#include "tests/scalar/draw.hpp"

namespace gcn::scalar {

using isa::Also, isa::Fmt, isa::Inst, isa::Type;

class Drawing {
public:
    Drawing(const Inst& inst, Random& random, Coverage& coverage, u32 first_vgpr)
        : inst(inst), random(random), coverage(coverage), first_vgpr(first_vgpr) {
        out.inst = &inst;
    }
    Drawn drawn();

private:
    const Inst& inst;
    Random& random;
    Coverage& coverage;
    const u32 first_vgpr;
    Drawn out;
    Fmt format{};
    bool literal = false, scalar_used = false;  // what an instruction may have only once
    int scalar_kind = -1, scalar_width = 0;     // the one scalar, which may be named again
    u32 scalar_code = 0;
    int sources = 0;

    void met(int kind) { coverage.allowed.set(kind), coverage.met.set(kind), ++coverage.counts[kind]; }
    bool flag(int kind, u32 one_in = 4) {
        coverage.allowed.set(kind);
        if (!random.one_in(one_in)) return false;
        met(kind);
        return true;
    }
    int choose(std::initializer_list<int> kinds) {
        for (const int kind : kinds) coverage.allowed.set(kind);
        const int kind = random.pick(kinds);
        met(kind);
        return kind;
    }
    int choose_from(int first, int count) {
        for (int i = 0; i < count; ++i) coverage.allowed.set(first + i);
        const int i = int(random.below(u32(count)));
        met(first + i);
        return i;
    }

    void put(char letter, u32 value) {
        const isa::Format& f = isa::layout_of(format);
        for (const int dword : {0, 1}) {
            // A field that lies in both dwords does not exist: place() leaves the other alone.
            if (std::popcount(f.place(letter, ~0u, dword)))
                out.words[dword] = (out.words[dword] & ~f.place(letter, ~0u, dword)) | f.place(letter, value, dword);
        }
    }
    void put_tail(Fmt tail, char letter, u32 value) { out.words[1] |= isa::layout_of(tail).place(letter, value, 0); }
    void begin(Fmt f, u32 opcode) {
        format = f;
        out.words = {isa::layout_of(f).ones(), 0};
        out.size = isa::layout_of(f).has_dword_1() ? 2 : 1;
        put('o', opcode);
    }
    u32 random_literal(Type type);
    u32 vgpr(int count) { return first_vgpr + random.below(u32(vgprs_used - count - 8) - first_vgpr); }
    u32 sgpr(int count) {
        if (count <= 2 && random.one_in(16)) return 102 + 2 * random.below(2);  // FLAT_SCRATCH, XNACK_MASK
        const u32 step = count == 1 ? 1 : count == 2 ? 2 : 4;
        return random.below((u32(sgprs_used) - u32(count)) / step + 1) * step;
    }
    void reads(u32 vgpr, Type type) {
        out.vgprs[size_t(sources)] = int(vgpr), out.types[size_t(sources)] = type;
        ++sources;
    }
    u32 constant_code(int kind) {
        if (kind == Float) return 240 + random.below(9);
        return 128 + random.below(81);
    }
    u32 operand_code(int kind, Type type);
    u32 scalar_operand(int k, Type type, bool with_literal);
    u32 vector_operand(int k, Type type, bool scalars, bool with_literal);
    void scalar_destination(char letter, Type type, bool with_m0, bool with_exec);
    void scalar();
    void vector();
    void short_form();
    void vop3();
    void sdwa();
    void dpp();
    void lanes();
    bool has_extensions() const;
    bool takes_clamp() const;
    void relative();
    u32 offset(u32 most);
    u32 data(Type type) {
        const u32 n = vgpr(isa::registers(type));
        reads(n, type);
        return n;
    }
    u32 element_format();
    void address_pattern(bool may_be_misaligned) {
        out.pattern = Scattered + choose_from(Scattered, 4);
        if (may_be_misaligned && out.align > 1 && flag(Misaligned)) out.align = 1;
    }
    void cache_flags() { put('G', flag(Glc)), put('S', flag(Slc)); }
    void local();
    void scalar_memory();
    void flat();
    void buffer();
};

}  // namespace gcn::scalar
