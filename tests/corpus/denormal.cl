// flags: -cl-fp32-correctly-rounded-divide-sqrt -Xclang -fdenormal-fp-math-f32=ieee
// 32-bit denormals kept: the descriptors ask for them.
#pragma OPENCL FP_CONTRACT OFF
#include "each.h"

TWO(add_denormal,       float,  float,  float,  a + b)
TWO(multiply_denormal,  float,  float,  float,  a * b)
THREE(unfused_denormal, float,                  a * b + c)
THREE(fma_denormal,     float,                  fma(a, b, c))
TWO(divide_denormal,    float,  float,  float,  a / b)
TWO(order_denormal,     int,    float,  float,  (a < b) + 2 * (a == b) + 4 * (a > b))
ONE(double_denormal,    double, float,          (double)a)
ONE(float_denormal,     float,  double,         (float)a)
ONE(half_denormal,      float,  ushort,         vload_half(i, (global const half*)in))
