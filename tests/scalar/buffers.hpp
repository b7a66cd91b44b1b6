#pragma once
// Where the lanes of a buffer instruction find their memory.

#include "tests/scalar/machine.hpp"

namespace gcn::scalar {

// The manual's address of a buffer: base + scalar offset + buffer offset; the last one is index * stride + offsets, or
// swizzled.
struct Buffer {
    const Machine& m;
    const isa::Decoded& d;
    u64 base;
    u32 stride, records, formats, scalar_offset;
    bool swizzled, adds_lane;

    Buffer(const Machine&, const isa::Decoded&);

    u64 address(int lane, u32 byte) const { return base + scalar_offset + within(lane, byte); }
    // Are `bytes` from `byte` on outside? Without swizzling num_records counts bytes, with it indices (limits.md).
    bool outside(int lane, u32 byte, u32 bytes) const;

private:
    u64 offset(int lane, u32 byte) const;
    u64 index(int lane) const;
    u64 within(int lane, u32 byte) const;
};

// From LDS or into it: where the dword of a lane lies. Nothing there: nullptr.
u8* lds_direct(Machine&, const isa::Decoded&, int lane);

// buffer_load_format_x and its kin, tbuffer_load_format_x and its kin.
void typed(Machine&, const isa::Decoded&);

}  // namespace gcn::scalar
