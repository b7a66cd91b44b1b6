// Half precision: gfx803 computes with 16 bits. Denormals are kept.
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#pragma OPENCL FP_CONTRACT OFF
#include "each.h"

TWO(add_half,        half,   half,   half,   a + b)
TWO(subtract_half,   half,   half,   half,   a - b)
TWO(multiply_half,   half,   half,   half,   a * b)
THREE(unfused_half,  half,                   a * b + c)
THREE(fma_half,      half,                   fma(a, b, c))
TWO(divide_half,     half,   half,   half,   a / b)
ONE(sqrt_half,       half,   half,           sqrt(a))
ONE(floor_half,      half,   half,           floor(a))
ONE(rint_half,       half,   half,           rint(a))
ONE(trunc_half,      half,   half,           trunc(a))
TWO(fmax_half,       half,   half,   half,   fmax(a, b))
TWO(order_half,      int,    half,   half,   (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a != b))
TWO(ldexp_half,      half,   half,   int,    ldexp(a, b))
ONE(short_of_half,   short,  half,           (short)a)
ONE(half_of_ushort,  half,   ushort,         (half)a)
ONE(half_of_float,   half,   float,          (half)a)
ONE(float_of_half,   float,  half,           (float)a)
ONE(half_of_double,  half,   double,         (half)a)
ONE(exp2_half,       half,   half,           exp2(a))
ONE(log2_half,       half,   half,           log2(a))
ONE(rsqrt_half,      half,   half,           rsqrt(a))
TWO(packed_half,     half4,  half4,  half4,  a * b - b)

SINGLE(horner_half, half, half,
    r = 0;
    for (int k = 0; k < 5; ++k) r = r * a + (half)(k - 2);
)
