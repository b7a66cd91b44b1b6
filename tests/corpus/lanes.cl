// What one lane learns of the others, and AMD's own built-in functions: one instruction each.
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#include "each.h"

// ---- across lanes ------------------------------------------------------------------
#define LANE (__builtin_amdgcn_workitem_id_x() & 63)

ONE(read_first,    int,  int,  __builtin_amdgcn_readfirstlane(a))
ONE(read_lane,     int,  int,  __builtin_amdgcn_readlane(a, 37))
TWO(permute,       int,  int, int,  __builtin_amdgcn_ds_bpermute(b << 2, a))
TWO(permute_push,  int,  int, int,  __builtin_amdgcn_ds_permute((LANE ^ 21) << 2, a) + b)
ONE(swizzle_swap,  int,  int,  __builtin_amdgcn_ds_swizzle(a, 0x041f))
ONE(swizzle_quad,  int,  int,  __builtin_amdgcn_ds_swizzle(a, 0x801b))
ONE(dpp_quad,      int,  int,  __builtin_amdgcn_mov_dpp(a, 0x4e, 15, 15, true))
ONE(dpp_shift,     int,  int,  __builtin_amdgcn_mov_dpp(a, 0x111, 15, 15, true))
TWO(dpp_update,    int,  int, int,  __builtin_amdgcn_update_dpp(b, a, 0x112, 15, 15, false))
ONE(dpp_mirror,    int,  int,  __builtin_amdgcn_mov_dpp(a, 0x140, 15, 15, true))
TWO(dpp_masked,    int,  int, int,  __builtin_amdgcn_update_dpp(b, a, 0x121, 5, 3, false))
ONE(ballot,        ulong, int, __builtin_amdgcn_sicmp(a, 0, 38))
TWO(ballot_float,  ulong, float, float, __builtin_amdgcn_fcmpf(a, b, 4))
ONE(lanes_below,   uint, int,  __builtin_amdgcn_mbcnt_hi(0x0f0f0f0f, __builtin_amdgcn_mbcnt_lo(0xf0f0f0f0, 100)))

// The sum of a wave by a butterfly.
kernel void butterfly(global int* out, global const int* in) {
    const uint i = get_global_id(0), lane = LANE;
    int sum = in[i];
    for (uint step = 1; step < 64; step *= 2) sum += __builtin_amdgcn_ds_bpermute((lane ^ step) << 2, sum);
    out[i] = sum;
}
// A place for each lane that wants one, without atomics: the number of those before it.
kernel void compact(global int* out, global uint* count, global const int* in) {
    const uint lane = LANE;
    const int x = in[lane];
    const ulong wanted = __builtin_amdgcn_sicmp(x, 0, 38);
    const uint place = __builtin_amdgcn_mbcnt_hi(wanted >> 32, __builtin_amdgcn_mbcnt_lo(wanted, 0));
    if (x > 0) out[place] = x;
    if (lane == 0) *count = popcount(wanted);
}
// Only the lanes that are still there take part.
kernel void first_of_rest(global int* out, global const int* in) {
    const uint lane = LANE;
    int r = -1;
    if (in[lane] & 1) r = __builtin_amdgcn_readfirstlane(in[lane]);
    out[lane] = r;
}

// ---- one instruction ---------------------------------------------------------------
THREE(sad_u8,       uint,                 __builtin_amdgcn_sad_u8(a, b, c))
THREE(sad_hi_u8,    uint,                 __builtin_amdgcn_sad_hi_u8(a, b, c))
THREE(sad_u16,      uint,                 __builtin_amdgcn_sad_u16(a, b, c))
THREE(msad_u8,      uint,                 __builtin_amdgcn_msad_u8(a, b, c))
THREE(perm,         uint,                 __builtin_amdgcn_perm(a, b, c & 0x0c070707))
THREE(lerp,         uint,                 __builtin_amdgcn_lerp(a, b, c))
THREE(align_bit,    uint,                 __builtin_amdgcn_alignbit(a, b, c))
THREE(align_byte,   uint,                 __builtin_amdgcn_alignbyte(a, b, c))
THREE(field_u,      uint,                 __builtin_amdgcn_ubfe(a, b & 31, c & 31))
THREE(median_float, float,                __builtin_amdgcn_fmed3f(a, b, c))
THREE(cube_face,    float,                __builtin_amdgcn_cubeid(a, b, c))
THREE(cube_major,   float,                __builtin_amdgcn_cubema(a, b, c))
TWO(class_float,    int,  float, int,     __builtin_amdgcn_classf(a, b))
TWO(class_double,   int,  double, int,    __builtin_amdgcn_class(a, b))
ONE(fraction,       float, float,         __builtin_amdgcn_fractf(a))
ONE(exponent,       int,  float,          __builtin_amdgcn_frexp_expf(a))
ONE(mantissa,       double, double,       __builtin_amdgcn_frexp_mant(a))
TWO(scale_double,   double, double, int,  __builtin_amdgcn_ldexp(a, b))
TWO(pack_halves,    uint, float, float,   as_uint(__builtin_amdgcn_cvt_pkrtz(a, b)))
ONE(reciprocal,     float, float,         __builtin_amdgcn_rcpf(a))
ONE(inverse_root,   float, float,         __builtin_amdgcn_rsqf(a))
// A quotient by the steps of the hardware: scale, estimate, correct, repair.
TWO(division_steps, float, float, float, ({
    bool scaled, unused;
    const float d = __builtin_amdgcn_div_scalef(a, b, false, &unused);
    const float n = __builtin_amdgcn_div_scalef(a, b, true, &scaled);
    float r = __builtin_amdgcn_rcpf(d);
    r = fma(fma(-d, r, 1.0f), r, r);
    float q = n * r;
    q = fma(fma(-d, q, n), r, q);
    __builtin_amdgcn_div_fixupf(__builtin_amdgcn_div_fmasf(fma(-d, q, n), r, q, scaled), b, a);
}))
// Time never runs backwards.
kernel void clocks(global uint* out) {
    const ulong before = __builtin_amdgcn_s_memtime(), real = __builtin_amdgcn_s_memrealtime();
    out[get_global_id(0)] = 1;
    const ulong after = __builtin_amdgcn_s_memtime();
    out[get_global_id(0)] = (after > before) + 2 * (real > 0);
}
// MODE, bits 4 to 7: 32-bit denormals flushed, others kept.
kernel void mode(global uint* out) { out[get_global_id(0)] = __builtin_amdgcn_s_getreg(3 << 11 | 4 << 6 | 1); }
