// Vectors: of 2, 3, 4, 8 and 16 elements, in registers and in memory.
#include "each.h"

TWO(add_char16,       char16,   char16,   char16,   a + b)
TWO(multiply_short8,  short8,   short8,   short8,   a * b)
TWO(shift_uint4,      uint4,    uint4,    uint4,    a << (b & 31u) ^ a >> (b & 7u))
TWO(multiply_long2,   long2,    long2,    long2,    a * b)
TWO(divide_int4,      int4,     int4,     int4,     a / (b | 1))
TWO(less_int4,        int4,     int4,     int4,     a < b)
TWO(equal_float4,     int4,     float4,   float4,   a == b)
THREE(select_int4,    int4,                         select(a, b, c))
THREE(bitselect_uchar8, uchar8,                     bitselect(a, b, c))
TWO(min_short8,       short8,   short8,   short8,   min(a, b))
TWO(add_sat_uchar16,  uchar16,  uchar16,  uchar16,  add_sat(a, b))
ONE(reverse_float8,   float8,   float8,             a.s76543210)
ONE(swizzle_uchar16,  uchar16,  uchar16,            a.sfedc0123ba984567)
TWO(even_odd_int8,    int8,     int8,     int8,     (int8)(a.even, b.odd))
TWO(low_high_float4,  float4,   float4,   float4,   (float4)(a.lo, b.hi).zxwy)
ONE(any_all_int4,     int,      int4,               any(a < 0) + 2 * all(a > -100))
ONE(uchar4_of_int4,   uchar4,   int4,               convert_uchar4_sat(a))
ONE(float4_of_short4, float4,   short4,             convert_float4(a))
ONE(words_of_ulong2,  ushort8,  ulong2,             as_ushort8(a))
ONE(popcount_uint4,   uint4,    uint4,              popcount(a))

// A permutation known only at run time.
TWO(shuffle_uchar16,  uchar16,  uchar16,  uchar16,  shuffle(a, b))
THREE(shuffle2_uint4, uint4,                        shuffle2(a, b, c))

// Elements by an index known only at run time.
TWO(insert_int8, int8, int8, int, ({ int8 v = a; v[b & 7] = b; v[((uint)b + 3) & 7] += 1; v; }))
TWO(extract_float16, float, float16, int, a[b & 15])

// Three elements are stored in the room of three by vload3 and vstore3, at any address of an element.
kernel void rotate_int3(global int* out, global const int* in) {
    const size_t i = get_global_id(0);
    const int3 v = vload3(i, in);
    vstore3(v.yzx + v.zxy, i, out);
}
kernel void unaligned_short4(global short* out, global const short* in) {
    const size_t i = get_global_id(0);
    vstore4(vload4(0, in + 5 * i + 1).wzyx, 0, out + 5 * i + 1);
}
kernel void transpose_float4(global float* out, global const float* in) {
    const size_t i = get_global_id(0);
    const float16 m = vload16(i, in);
    vstore16((float16)(m.s048c, m.s159d, m.s26ae, m.s37bf), i, out);
}
kernel void halves(global half* out, global const float* in) {
    const size_t i = get_global_id(0);
    vstore_half4(vload4(i, in), i, out);
}
TWO(dot_float4, float, float4, float4, ({ const float4 p = a * b; (p.x + p.y) + (p.z + p.w); }))
