// Work-items that work together: local memory, barriers, the classical algorithms of workgroups.
#include "each.h"

#define SYNC barrier(CLK_LOCAL_MEM_FENCE)

kernel void sum_tree(global int* out, global const int* in) {
    local int part[128];
    const uint me = get_local_id(0);
    part[me] = in[get_global_id(0)];
    SYNC;
    for (uint half_of = 64; half_of > 0; half_of /= 2) {
        if (me < half_of) part[me] += part[me + half_of];
        SYNC;
    }
    if (me == 0) out[get_group_id(0)] = part[0];
}

// The inclusive prefix sum after Hillis and Steele.
kernel void prefix_sum(global uint* out, global const uint* in, local uint* x, local uint* y) {
    const uint me = get_local_id(0), n = get_local_size(0);
    x[me] = in[get_global_id(0)];
    SYNC;
    for (uint step = 1; step < n; step *= 2) {
        uint sum = x[me];
        if (me >= step) sum += x[me - step];
        y[me] = sum;
        SYNC;
        local uint* other = x;
        x = y;
        y = other;
    }
    out[get_global_id(0)] = x[me];
}

// The exclusive one after Blelloch: up and down a tree.
kernel void prefix_tree(global uint* out, global const uint* in) {
    local uint t[256];
    const uint me = get_local_id(0), base = get_group_id(0) * 256;
    t[me] = in[base + me];
    t[me + 128] = in[base + me + 128];
    uint step = 1;
    for (uint n = 128; n > 0; n /= 2, step *= 2) {
        SYNC;
        if (me < n) t[step * (2 * me + 2) - 1] += t[step * (2 * me + 1) - 1];
    }
    if (me == 0) t[255] = 0;
    for (uint n = 1; n <= 128; n *= 2) {
        step /= 2;
        SYNC;
        if (me < n) {
            const uint low = step * (2 * me + 1) - 1, high = step * (2 * me + 2) - 1, kept = t[low];
            t[low] = t[high];
            t[high] += kept;
        }
    }
    SYNC;
    out[base + me] = t[me];
    out[base + me + 128] = t[me + 128];
}

kernel void transpose_tile(global float* out, global const float* in, uint n) {
    local float tile[16][17];
    const uint x = LOCAL_ID(0), y = LOCAL_ID(1), column = GROUP_ID(0) * 16, row = GROUP_ID(1) * 16;
    tile[y][x] = in[(row + y) * n + column + x];
    SYNC;
    out[(column + y) * n + row + x] = tile[x][y];
}

kernel void histogram(global uint* out, global const uchar* in, uint each) {
    local uint bins[64];
    const uint me = get_local_id(0);
    bins[me] = 0;
    SYNC;
    for (uint k = 0; k < each; ++k) atomic_inc(&bins[in[(get_group_id(0) * each + k) * 64 + me] / 4]);
    SYNC;
    atomic_add(&out[me], bins[me]);
}

kernel void sort_bitonic(global int* data) {
    local int s[256];
    const uint me = get_local_id(0), base = get_group_id(0) * 256;
    s[me] = data[base + me];
    for (uint size = 2; size <= 256; size *= 2)
        for (uint step = size / 2; step > 0; step /= 2) {
            SYNC;
            const uint other = me ^ step;
            if (other > me) {
                const int a = s[me], b = s[other];
                if ((a > b) == ((me & size) == 0)) {
                    s[me] = b;
                    s[other] = a;
                }
            }
        }
    SYNC;
    data[base + me] = s[me];
}

kernel void sort_odd_even(global short* data) {
    local short s[100];
    const uint me = get_local_id(0), base = get_group_id(0) * 100;
    s[me] = data[base + me];
    for (uint turn = 0; turn < 100; ++turn) {
        SYNC;
        if (me % 2 == turn % 2 && me + 1 < 100) {
            const short a = s[me], b = s[me + 1];
            if (a > b) {
                s[me] = b;
                s[me + 1] = a;
            }
        }
    }
    SYNC;
    data[base + me] = s[me];
}

// Radix sort by four bits a turn: histogram, prefix, scatter, all in local memory.
kernel void sort_radix(global uint* data) {
    local uint keys[2][64], count[16];
    const uint me = get_local_id(0), base = get_group_id(0) * 64;
    keys[0][me] = data[base + me];
    for (uint turn = 0; turn < 8; ++turn) {
        SYNC;
        const uint key = keys[turn & 1][me], digit = key >> 4 * turn & 15;
        uint place = 0;
        for (uint k = 0; k < 64; ++k) {
            const uint d = keys[turn & 1][k] >> 4 * turn & 15;
            if (d < digit || (d == digit && k < me)) ++place;
        }
        keys[~turn & 1][place] = key;
    }
    SYNC;
    data[base + me] = keys[0][me];
}

kernel void multiply_tiled(global float* c, global const float* a, global const float* b, uint n) {
    local float left[8][8], right[8][8];
    const uint x = LOCAL_ID(0), y = LOCAL_ID(1), column = GROUP_ID(0) * 8 + x, row = GROUP_ID(1) * 8 + y;
    float sum = 0;
    for (uint k = 0; k < n; k += 8) {
        left[y][x] = a[row * n + k + x];
        right[y][x] = b[(k + y) * n + column];
        SYNC;
        for (uint i = 0; i < 8; ++i) sum += left[y][i] * right[i][x];
        SYNC;
    }
    c[row * n + column] = sum;
}

// A stencil with a halo: neighbours come through local memory, the edges from global memory.
kernel void stencil(global int* out, global const int* in, uint n) {
    local int s[66];
    const uint me = get_local_id(0), i = get_global_id(0);
    s[me + 1] = in[i];
    if (me == 0) {
        s[0] = 0;
        if (i > 0) s[0] = in[i - 1];
    }
    if (me == 63) {
        s[65] = 0;
        if (i + 1 < n) s[65] = in[i + 1];
    }
    SYNC;
    out[i] = s[me] - 2 * s[me + 1] + s[me + 2];
}

// Local memory of every width, written one way and read another.
kernel void widths(global uint* out, global const uint4* in) {
    local union {
        uint4 x4[64];
        ulong x2[128];
        uint x1[256];
        ushort h[512];
        uchar b[1024];
    } m;
    const uint me = get_local_id(0);
    m.x4[me] = in[me];
    SYNC;
    uint sum = m.b[me * 7] + m.h[me * 5 + 1] * 3 + m.x1[255 - me] + (uint)(m.x2[me * 2] >> 40);
    SYNC;
    m.b[me * 16 + 3] = me;
    m.h[me * 8 + 3] = me * 257;
    m.x2[me * 2 + 1] ^= 0x0123456789abcdef;
    SYNC;
    const uint4 v = m.x4[63 - me];
    out[me] = sum + v.x + v.y * 3 + v.z * 5 + v.w * 7;
}

// The greatest value and its place, first in waves, then in the group.
kernel void arg_max(global int* out, global const int* in, uint count) {
    local int best[256], place[256];
    const uint me = get_local_id(0);
    int b = INT_MIN, p = -1;
    for (uint i = me; i < count; i += 256) {
        if (in[i] > b) {
            b = in[i];
            p = i;
        }
    }
    best[me] = b;
    place[me] = p;
    SYNC;
    for (uint n = 128; n > 0; n /= 2) {
        if (me < n) {
            const bool better = best[me + n] > best[me];
            const bool first = best[me + n] == best[me] & place[me + n] < place[me];
            if (better | first) {
                best[me] = best[me + n];
                place[me] = place[me + n];
            }
        }
        SYNC;
    }
    if (me == 0) {
        out[0] = best[0];
        out[1] = place[0];
    }
}

// The game of life, several generations, on a torus in local memory.
kernel void life(global uchar* cells, uint generations) {
    local uchar now[16][16], next[16][16];
    const uint x = LOCAL_ID(0), y = LOCAL_ID(1), at = GROUP_ID(0) * 256 + y * 16 + x;
    now[y][x] = cells[at];
    SYNC;
    for (uint g = 0; g < generations; ++g) {
        uint near = 0;
        for (int dy = -1; dy <= 1; ++dy)
            for (int dx = -1; dx <= 1; ++dx) near += now[y + dy & 15][x + dx & 15];
        const uint alive = now[y][x];
        near -= alive;
        next[y][x] = near == 3 | (alive & near == 2);
        SYNC;
        now[y][x] = next[y][x];
        SYNC;
    }
    cells[at] = now[y][x];
}

// A barrier that only guards global memory, within one workgroup.
kernel void mailbox(global uint* box, global uint* out) {
    const uint me = get_local_id(0);
    box[me] = me * me;
    barrier(CLK_GLOBAL_MEM_FENCE);
    out[me] = box[me ^ 85];
}
