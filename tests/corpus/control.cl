// Control flow: lanes that part ways, switches, jumps, calls, and grids of every shape.
#include "each.h"

SINGLE(nested_branches, int, int,
    r = 0;
    if (a & 1) {
        if (a & 2)
            r = a * 3;
        else
            r = a - 7;
        if (a & 4) {
            r ^= 0x55;
            if (a & 8) r += 100;
        }
    } else if (a & 16) {
        r = -a;
    } else {
        r = a >> 3;
        if (a < 0) r |= 1;
    }
)
SINGLE(nested_loops, uint, uint,
    r = 0;
    for (uint i = 0; i < (a & 7); ++i)
        for (uint j = i; j < (a >> 3 & 7); ++j) {
            if ((i ^ j) == 3) continue;
            if (j == 6 && i > 1) break;
            r = r * 3 + i * 8 + j;
        }
)
SINGLE(switch_dense, int, uint,
    switch (a % 11) {
        case 0: r = 10; break;
        case 1: r = a * 2; break;
        case 2: r = a ^ 99; break;
        case 3: r = a >> 1;
        case 4: r = a + 4; break;
        case 5: case 6: r = a & 0xff; break;
        case 7: r = -(int)a; break;
        case 8: r = a | 8; break;
        case 9: r = a % 9; break;
        default: r = -1;
    }
)
PAIR(switch_nested, int, int, int,
    r = 0;
    switch (a & 3) {
        case 0:
            switch (b & 3) {
                case 0: r = 1; break;
                case 1: r = 2;
                case 2: r += 3; break;
                default: r = 4;
            }
            r *= 10;
            break;
        case 1: r = a; break;
        case 2:
            for (int k = 0; k < (b & 15); ++k) {
                switch (k % 3) {
                    case 0: r += k; continue;
                    case 1: r ^= k; break;
                    default: r -= 1;
                }
                if (r > 20) break;
            }
            break;
        default: r = b;
    }
)
SINGLE(switch_sparse, int, int,
    switch (a) {
        case -2147483647 - 1: r = 1; break;
        case -1: r = 2; break;
        case 0: r = 3; break;
        case 7: r = 4; break;
        case 1000: r = 5; break;
        case 2147483647: r = 6; break;
        default: r = 0;
    }
)
// A machine of states by jumps: no structure of loops.
SINGLE(jumps, uint, uint,
    uint x = a;
    uint steps = 0;
even:
    if (++steps > 40) goto done;
    if (x & 1) goto odd;
    x = x / 2 + 1;
    if (x % 5 == 0) goto five;
    goto even;
odd:
    x = x * 3 + 1;
    if (x & 8) goto even;
five:
    x ^= steps;
    if (++steps < 30) goto even;
done:
    r = x * 64 + steps;
)
// A loop left from the middle of another, at a different time in each lane.
SINGLE(find_pair, int, uint,
    r = -1;
    for (int i = 0; i < 32 && r < 0; ++i)
        for (int j = i + 1; j < 32; ++j)
            if ((a >> i & 1) && (a >> j & 1) && (i + j) % 7 == 3) {
                r = i * 32 + j;
                break;
            }
)
SINGLE(do_while, uint, uint,
    r = a;
    uint turns = 0;
    do {
        r = r * 1103515245 + 12345;
        ++turns;
    } while ((r >> 16 & 15) != 0 && turns < 50);
    r = r << 8 | turns;
)
SINGLE(early_return, uint, uint,
    if (a & 1) {
        out[i] = a * 5;
        return;
    }
    r = 1;
    while (r < (a & 0xffff)) {
        r = r * 2 + 1;
        if (r % 11 == 0) {
            out[i] = r;
            return;
        }
    }
)
// Lanes that run on while most have left, with a vote each turn on what is left.
SINGLE(binary_search, int, uint,
    int low = 0;
    int high = 65536;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if ((uint)middle * (uint)middle <= a)
            low = middle;
        else
            high = middle;
    }
    r = low;
)

// ---- calls -----------------------------------------------------------------------

__attribute__((noinline)) int three(int a, int b, int c) { return a * b - c; }
__attribute__((noinline)) long many(int a, long b, short c, float d, uchar e, double f, int4 g, int h, long2 i, char j,
                                    float k, int l, int m, int n, int o, int8 p, int q, int8 r, int s) {
    return a + b * 2 + c * 3 + (int)d * 5 + e * 7 + (long)f * 11 + g.x * 13 + g.w * 17 + h * 19 + i.y * 23 + j * 29 +
           (int)k * 31 + l * 37 + m * 41 + n * 43 + o * 47 + p.s0 * 53 + p.s7 * 59 + q * 61 + r.s3 * 67 + s * 71;
}
TWO(call_simple, int, int, int, three(three(a, b, 5), three(b, a, 7), three(a, a, b)))
// More arguments than registers for them: the rest go by the stack.
TWO(call_many, long, int, int,
    many(a, b, a, b & 1023, a, a & 511, (int4)(a, 1, 2, b), b, (long2)(a, b), a, b & 255, a, b, a ^ b, a & b,
         (int8)(a, 1, 2, 3, 4, 5, 6, b), a, (int8)(b, b, b, a, b, b, b, b), b))
// Recursion, which OpenCL C forbids and clang compiles: a stack frame a call.
__attribute__((noinline)) uint ackermann(uint m, uint n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}
kernel void recursion(global uint* out) {
    const uint i = get_global_id(0);
    out[i] = ackermann(i & 1, i % 7);
}
uint odd(uint n);
__attribute__((noinline)) uint even(uint n) {
    uint r = 1;
    if (n != 0) r = odd(n - 1);
    return r;
}
__attribute__((noinline)) uint odd(uint n) {
    uint r = 0;
    if (n != 0) r = even(n - 1);
    return r;
}
kernel void mutual_recursion(global uint* out) {
    const uint i = get_global_id(0);
    out[i] = even(i % 20) * 2 + odd(i % 13);
}
// Arguments and results by pointers to private memory of the caller.
__attribute__((noinline)) void divide(int a, int b, int* quotient, int* rest) {
    *quotient = a / b;
    *rest = a % b;
}
kernel void call_pointers(global int* out, global const int* in) {
    const size_t i = get_global_id(0);
    int q, r, q2, r2;
    divide(in[i], 1000, &q, &r);
    divide(q, 7, &q2, &r2);
    out[i] = q2 * 10000 + r2 * 1000 + r;
}
// Called by some lanes only, and differently often.
__attribute__((noinline)) uint mixed_up(uint x, uint k) { return (x ^ k) * 2654435761u + (x >> 7); }
SINGLE(call_divergent, uint, uint,
    r = a;
    if (a & 1) r = mixed_up(r, 1);
    for (uint k = 0; k < (a >> 8 & 7); ++k)
        if (r & 2)
            r = mixed_up(r, k);
        else
            r = r + k;
)

// ---- shapes ----------------------------------------------------------------------

// Where each work-item is, by the library's functions.
kernel void places_line(global uint* out) {
    const size_t i = get_global_id(0) - get_global_offset(0);
    out[5 * i] = get_global_id(0);
    out[5 * i + 1] = get_local_id(0);
    out[5 * i + 2] = get_group_id(0);
    out[5 * i + 3] = get_local_size(0);
    out[5 * i + 4] = get_global_size(0) * 100 + get_num_groups(0);
}
// Three dimensions whose sizes are no multiples of the groups'.
kernel void places_space(global uint* out, uint nx, uint ny) {
    const uint x = GLOBAL_ID(0), y = GLOBAL_ID(1), z = GLOBAL_ID(2);
    out[(z * ny + y) * nx + x] = ((x * 100 + y) * 100 + z) * 1000 + LOCAL_ID(0) + 10 * LOCAL_ID(1) + 100 * LOCAL_ID(2);
}
kernel void plane(global uint* out, uint nx) {
    out[GLOBAL_ID(1) * nx + GLOBAL_ID(0)] = GROUP_ID(0) * 1000 + GROUP_ID(1);
}
// Nothing at all, and scalar arguments of every width.
kernel void nothing() {}
kernel void scalars(global long* out, char a, ushort b, int c, ulong d, float e, double f, uchar g, short2 h) {
    out[0] = a + b * 2 + c * 3l + (long)d + (int)e * 5 + (long)f * 7 + g * 11 + h.x * 13 + h.y * 17;
}

#ifdef __OPTIMIZE__
// The offsets that an NDRange begins with reach the kernel as hidden arguments.
kernel void offsets(global uint* out, uint nx, uint ny) {
    const uint x = get_global_id(0) - get_global_offset(0), y = get_global_id(1) - get_global_offset(1),
               z = get_global_id(2) - get_global_offset(2);
    out[(z * ny + y) * nx + x] = (get_global_id(0) * 100 + get_global_id(1)) * 100 + get_global_id(2);
}
#endif
