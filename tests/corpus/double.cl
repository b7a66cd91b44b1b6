// Operations and functions on double. Denormals are kept.
#pragma OPENCL FP_CONTRACT OFF
#include "each.h"

TWO(add_double,       double,  double,  double,  a + b)
TWO(multiply_double,  double,  double,  double,  a * b)
THREE(fma_double,     double,                    fma(a, b, c))
TWO(divide_double,    double,  double,  double,  a / b)
ONE(sqrt_double,      double,  double,           sqrt(a))
ONE(floor_double,     double,  double,           floor(a))
ONE(rint_double,      double,  double,           rint(a))
ONE(trunc_double,     double,  double,           trunc(a))
TWO(ldexp_double,     double,  double,  int,     ldexp(a, b))
ONE(ilogb_double,     int,     double,           ilogb(a))
TWO(fmin_double,      double,  double,  double,  fmin(a, b))
TWO(order_double,     int,     double,  double,  (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a != b)
                                                 + 16 * isunordered(a, b))
ONE(exp_double,       double,  double,           exp(a))
ONE(log_double,       double,  double,           log(a))
ONE(sin_double,       double,  double,           sin(a))
ONE(cos_double,       double,  double,           cos(a))
ONE(atan_double,      double,  double,           atan(a))
ONE(rsqrt_double,     double,  double,           rsqrt(a))
ONE(cbrt_double,      double,  double,           cbrt(a))
TWO(hypot_double,     double,  double,  double,  hypot(a, b))
ONE(tanh_double,      double,  double,           tanh(a))

// Newton's iteration for the inverse.
SINGLE(newton_double, double, double,
    r = 1.0 / (float)a;
    for (int k = 0; k < 4; ++k) r = fma(r, fma(-a, r, 1.0), r);
)

// A sum of 64 terms in order, with a series of powers in private memory.
SINGLE(series_double, double, double,
    double term[64];
    term[0] = 1;
    for (int k = 1; k < 64; ++k) term[k] = term[k - 1] * a / k;
    r = 0;
    for (int k = 63; k >= 0; --k) r += term[k];
)

#ifdef __OPTIMIZE__
TWO(pow_double,       double,  double,  double,  pow(a, b))
#endif
