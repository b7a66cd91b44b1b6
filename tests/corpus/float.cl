// flags: -cl-fp32-correctly-rounded-divide-sqrt
// Operations on float that are exact or correctly rounded: one right answer each. 32-bit denormals are flushed, which
// is what clang sets for gfx803; division and square root switch them on for their own steps.
#pragma OPENCL FP_CONTRACT OFF
#include "each.h"

TWO(add_float,        float,  float,  float,  a + b)
TWO(subtract_float,   float,  float,  float,  a - b)
TWO(multiply_float,   float,  float,  float,  a * b)
THREE(unfused_float,  float,                  a * b + c)
THREE(fma_float,      float,                  fma(a, b, c))
TWO(divide_float,     float,  float,  float,  a / b)
ONE(sqrt_float,       float,  float,          sqrt(a))
TWO(fmin_float,       float,  float,  float,  fmin(a, b))
TWO(fmax_float,       float,  float,  float,  fmax(a, b))
TWO(copysign_float,   float,  float,  float,  copysign(fabs(a), b))
ONE(floor_float,      float,  float,          floor(a))
ONE(ceil_float,       float,  float,          ceil(a))
ONE(trunc_float,      float,  float,          trunc(a))
ONE(round_float,      float,  float,          round(a))
ONE(rint_float,       float,  float,          rint(a))
TWO(ldexp_float,      float,  float,  int,    ldexp(a, b))
ONE(ilogb_float,      int,    float,          ilogb(a))
ONE(logb_float,       float,  float,          logb(a))
TWO(nextafter_float,  float,  float,  float,  nextafter(a, b))
TWO(fdim_float,       float,  float,  float,  fdim(a, b))
TWO(step_float,       float,  float,  float,  step(a, b))
ONE(sign_float,       float,  float,          sign(a))
THREE(clamp_float,    float,                  clamp(a, fmin(b, c), fmax(b, c)))
ONE(classes_float,    int,    float,          isnan(a) + 2 * isinf(a) + 4 * isfinite(a) + 8 * isnormal(a)
                                              + 16 * signbit(a))
TWO(order_float,      int,    float,  float,  (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a != b)
                                              + 16 * (a >= b) + 32 * (a > b) + 64 * isunordered(a, b)
                                              + 128 * islessgreater(a, b))

// Fraction and exponent by a pointer.
SINGLE(frexp_float, float2, float, int exponent; r.x = frexp(a, &exponent); r.y = exponent;)
SINGLE(modf_float, float2, float, float whole; r.x = modf(a, &whole); r.y = whole;)

// A polynomial by Horner's scheme: each step rounds twice.
SINGLE(horner_float, float, float,
    const float c[6] = {0.5f, -0.25f, 3.0f, 1.0f / 3, -7.0f, 0.1f};
    r = 0;
    for (int k = 0; k < 6; ++k) r = r * a + c[k];
)

// Compensated summation of a series: nothing may be simplified.
SINGLE(kahan_float, float, float,
    float rest = 0, term = a;
    r = 0;
    for (int k = 1; k <= 50; ++k) {
        const float y = term - rest, sum = r + y;
        rest = (sum - r) - y;
        r = sum;
        term = term * 0.75f;
    }
)

// How soon z*z + c leaves the circle of radius 2: lanes leave the loop at different times.
PAIR(mandelbrot_float, int, float, float,
    float x = 0, y = 0;
    r = 0;
    while (r < 100 && x * x + y * y <= 4.0f) {
        const float next = x * x - y * y + a;
        y = 2.0f * x * y + b;
        x = next;
        ++r;
    }
)

// A row of a times a column of b, in order.
kernel void matrix_float(global float* c, global const float* a, global const float* b, int n) {
    const size_t row = GLOBAL_ID(1), column = GLOBAL_ID(0);
    float sum = 0;
    for (int k = 0; k < n; ++k) sum += a[row * n + k] * b[k * n + column];
    c[row * n + column] = sum;
}

// The bits of a float taken apart and put together.
SINGLE(bits_float, uint, float,
    const uint bits = as_uint(a);
    const float half_of_it = as_float(((bits >> 23 & 255) - 1) << 23 | bits & 0x807fffff);
    r = as_uint(half_of_it) ^ bits;
)

#ifdef __OPTIMIZE__
TWO(fmod_float,       float,  float,  float,  fmod(a, b))
TWO(remainder_float,  float,  float,  float,  remainder(a, b))
PAIR(remquo_float, float2, float, float, int quotient; r.x = remquo(a, b, &quotient); r.y = quotient & 7;)
#endif
