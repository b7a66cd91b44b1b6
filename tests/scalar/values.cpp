#include "tests/scalar/values.hpp"

#include <algorithm>
#include <cstring>

#include "tests/scalar/draw.hpp"
#include "tests/scalar/subject.hpp"

namespace gcn::scalar {

using isa::Type;

namespace {

constexpr u32 corners32[] = {0,          1,          2,          31,         32,         33,         0x7f,
                             0x80,       0xff,       0x7fff,     0x8000,     0xffff,     0xffffff,   0x800000,
                             0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x00ff00ff, 0x80808080};
constexpr u32 floats32[] = {0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000,
                            0x80800000, 0x00800001, 0x3f800000, 0xbf800000, 0x3f800001, 0x3f7fffff, 0x3f000000,
                            0xbfc00000, 0x40200000, 0x4b000001, 0x4b7fffff, 0xcf000000, 0x4f7fffff, 0x5f000000,
                            0x33800000, 0x20000000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000,
                            0xffc00001, 0x7f800001, 0x0b800000, 0x7e800000, 0x7f000000, 0x3e22f983, 0x477fe000};
constexpr u64 floats64[] = {0x0000000000000000, 0x8000000000000000, 0x0000000000000001, 0x800fffffffffffff,
                            0x0010000000000000, 0x8010000000000001, 0x3ff0000000000000, 0xbff0000000000000,
                            0x3ff0000000000001, 0x3fefffffffffffff, 0x3fe0000000000000, 0xbff8000000000000,
                            0x4330000000000001, 0x41dfffffffc00000, 0xc1e0000000000000, 0x41efffffffe00000,
                            0x3ca0000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x7ff0000000000000,
                            0xfff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001, 0x3810000000000000,
                            0x36a0000000000000, 0x47efffffe0000000, 0x0170000000000000, 0x7fd0000000000000};
constexpr u16 floats16[] = {0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x8401, 0x3c00, 0xbc00, 0x3c01, 0x3bff,
                            0x3800, 0xbe00, 0x6401, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0x7c01, 0x1000};

template <class T, size_t n> T any_of(Random& r, const T (&values)[n]) { return values[r.below(n)]; }

}  // namespace

u64 value(Random& r, Type type) {
    const u32 how = r.below(8);
    switch (type) {
        case Type::F16:
            return how < 4 ? any_of(r, floats16) | u64(r.one_in(8) ? r.word() : 0) << 16 : r.word();
        case Type::F32:
            if (how < 4) return any_of(r, floats32);
            if (how < 6) return (r.word() & 0x807fffff) | (0x70 + r.below(0x20)) << 23;
            if (how < 7) return u32(std::bit_cast<u32>(float(i32(r.word() >> r.below(32)))));
            return r.word();
        case Type::F64:
            if (how < 4) return any_of(r, floats64);
            if (how < 6) return (r.next() & 0x800fffffffffffff) | u64(0x3f0 + r.below(0x20)) << 52;
            return r.next();
        default:
            break;
    }
    const u64 low = how < 3 ? any_of(r, corners32) : r.word() >> (how < 6 ? r.below(32) : 0);
    const u64 high = r.below(3) == 0 ? any_of(r, corners32) : r.one_in(2) ? r.word() : i32(low) < 0 ? 0xffffffff : 0;
    return isa::registers(type) > 1 ? low | high << 32 : low;
}

u64 lanes_in_exec(Random& r) {
    switch (r.below(8)) {
        case 0:
        case 1:
        case 2:
            return ~0ull;
        case 3:
            return r.one_in(4) ? 0 : r.next();
        case 4:
            return 1ull << r.below(64);
        case 5:
            return r.next() & r.next() & r.next();
        case 6:
            return ~(1ull << r.below(64));
        default:
            return r.next();
    }
}
u32 random_mode(Random& r) {
    // Half of the time as kernels have it: f32 denormals flushed, the others kept, DX10_CLAMP and IEEE on.
    if (r.one_in(3)) return 0x3c0;
    return r.word() & 0x3ff;
}

void fill(Machine& m, Random& r, u32 vgpr, Type type) {
    const int wide = std::max(1, isa::registers(type));
    const bool same = r.one_in(16);
    const u64 shared = value(r, type);
    for (int lane = 0; lane < 64; ++lane)
        for (int i = 0; i < wide; i += 2) {
            const u64 x = same ? shared : value(r, type);
            m.v[vgpr + u32(i)][lane] = u32(x);
            if (i + 1 < wide) m.v[vgpr + u32(i) + 1][lane] = u32(x >> 32);
        }
}

void start(Machine& m, Random& r) {
    for (u32 v = 0; v < vgprs_used; ++v)
        for (int lane = 0; lane < 64; ++lane) m.v[v][lane] = r.word();
    std::memset(m.s, 0, sizeof m.s);
    for (u32 s = 0; s < sgprs_used; ++s) m.s[s] = u32(value(r, r.pick({Type::U32, Type::F32})));
    m.set_pair(vcc, r.next());
    m.scc = r.below(2);
    m.priority = m.traps = 0;
    m.s[m0] = ~0u;
    m.mode = random_mode(r);
    m.lds.resize(lds_bytes), m.memory.resize(memory_bytes);
    for (std::vector<u8>* bytes : {&m.lds, &m.memory})
        for (size_t i = 0; i < bytes->size(); i += 8) {
            const u64 x = r.next();
            std::memcpy(bytes->data() + i, &x, 8);
        }
    m.set_pair(exec, lanes_in_exec(r));

    m.set_pair(base_sgpr, memory_at);
    m.set_pair(code_sgpr, code_at + 4 * r.below(64));
    // Raw; raw, of some odd bytes; records of 16 bytes.
    const u32 strides[] = {0, 0, 16}, records[] = {4096, 1000 + r.below(64), 60};
    for (u32 i = 0; i < descriptors; ++i) {
        u32* const d = &m.s[descriptor_sgpr + 4 * i];
        const u64 base = memory_at + 2048;
        d[0] = u32(base), d[1] = u32(base >> 32) | strides[i] << 16, d[2] = records[i], d[3] = 0x00024fac;
    }
}

}  // namespace gcn::scalar
