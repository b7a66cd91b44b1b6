// Memory other than plain buffers: structures, unions, private arrays in scratch memory, spills, constant tables,
// pointers to pointers, the generic address space.
#include "each.h"

typedef struct {
    float x, y, z;
    int tag;
} Point;
typedef struct {
    char a;
    long b;
    short c;
    uchar d[3];
    double e;
} Mixed;
typedef struct {
    uint key[5];
    ushort small;
} Key;

// By value, as an argument of the kernel and as one of a function, and as its result.
__attribute__((noinline)) Point moved(Point p, Point by) {
    p.x += by.x;
    p.y += by.y;
    p.z += by.z;
    p.tag ^= by.tag;
    return p;
}
kernel void move_points(global Point* points, Point by) {
    const size_t i = get_global_id(0);
    points[i] = moved(points[i], by);
}
kernel void mixed_fields(global Mixed* m, global const int* in) {
    const size_t i = get_global_id(0);
    m[i].a = in[i];
    m[i].b = (long)in[i] * in[i];
    m[i].c += m[i].a;
    m[i].d[i % 3] = in[i] >> 8;
    m[i].e = m[i].e * 2 + in[i];
}
kernel void argument_of_array(global uint* out, Key key, ushort4 v, char c) {
    const size_t i = get_global_id(0);
    out[i] = key.key[i % 5] * 3 + key.small + v.y * 5 + v.w + c;
}
kernel void swap_structures(global Point* a, global Point* b) {
    const size_t i = get_global_id(0);
    const Point kept = a[i];
    a[i] = b[i];
    b[i] = kept;
}
kernel void array_to_structure(global float* xs, global int* tags, global const Point* points) {
    const size_t i = get_global_id(0);
    xs[i] = points[i].x;
    tags[i] = points[i].tag;
}

typedef union {
    float f;
    uint u;
    uchar b[4];
} Word;
kernel void union_bytes(global uint* out, global const float* in) {
    const size_t i = get_global_id(0);
    Word w;
    w.f = in[i];
    const uchar top = w.b[3];
    w.b[3] = w.b[0];
    w.b[0] = top;
    out[i] = w.u;
}

// ---- private memory ----------------------------------------------------------------

// An array whose elements are found at run time lies in scratch memory.
kernel void private_table(global int* out, global const int* in) {
    const size_t i = get_global_id(0);
    uint a[32];
    for (int k = 0; k < 32; ++k) a[k] = (uint)in[i] * k;
    for (int k = 0; k < 32; ++k) a[((uint)in[i] + k) & 31] += a[(in[i] >> 5) + k & 31];
    uint sum = 0;
    for (int k = 0; k < 32; ++k) sum = sum * 31 + a[k];
    out[i] = sum;
}
kernel void private_bytes(global uint* out, global const uint* in) {
    const size_t i = get_global_id(0);
    uchar order[64];
    for (uint k = 0; k < 64; ++k) order[k] = k;
    uint state = in[i];
    for (uint k = 63; k > 0; --k) {
        state = state * 1664525 + 1013904223;
        const uint other = (state >> 16) % (k + 1);
        const uchar kept = order[k];
        order[k] = order[other];
        order[other] = kept;
    }
    uint hash = 0;
    for (uint k = 0; k < 64; ++k) hash = hash * 33 ^ order[k];
    out[i] = hash;
}
// Each lane sorts an array of its own.
kernel void private_sort(global short* data) {
    const size_t i = get_global_id(0);
    short a[16];
    for (int k = 0; k < 16; ++k) a[k] = data[16 * i + k];
    for (int k = 1; k < 16; ++k) {
        const short v = a[k];
        int at = k;
        while (at > 0 && a[at - 1] > v) {
            a[at] = a[at - 1];
            --at;
        }
        a[at] = v;
    }
    for (int k = 0; k < 16; ++k) data[16 * i + k] = a[k];
}
kernel void private_doubles(global double* out, global const int* in) {
    const size_t i = get_global_id(0);
    double a[8];
    for (int k = 0; k < 8; ++k) a[k] = k * 0.5;
    a[in[i] & 7] = in[i];
    a[in[i] >> 3 & 7] -= 1;
    double sum = 0;
    for (int k = 0; k < 8; ++k) sum += a[k] * (k + 1);
    out[i] = sum;
}
// More values at once than there are registers: they are spilled and reloaded.
#define TEN(F, n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7) F(n##8) F(n##9)
#define ALL(F) TEN(F, 1) TEN(F, 2) TEN(F, 3) TEN(F, 4) TEN(F, 5) TEN(F, 6) TEN(F, 7) TEN(F, 8)
__attribute__((amdgpu_num_vgpr(32))) kernel void spilled(global uint* out, global const uint* in) {
    const size_t i = get_global_id(0);
#define LOAD(n) uint v##n = in[(i + n) & 1023];
#define MIX(n) v##n = v##n * 2654435761u ^ (v10 + n);
#define ADD(n) sum = sum * 31 + v##n;
    ALL(LOAD)
    for (int k = 0; k < 3; ++k) {
        ALL(MIX)
        v10 += v89 ^ v44;
    }
    uint sum = 0;
    ALL(ADD)
    out[i] = sum;
}

// ---- constant tables ----------------------------------------------------------------

constant uint primes[16] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53};
constant float2 corners[4] = {(float2)(0, 0), (float2)(1, 0), (float2)(1, 2), (float2)(0, 3)};
constant char text[] = "the quick brown fox jumps over the lazy dog";
TWO(constant_primes, uint, uint, uint, primes[a & 15] * primes[b & 15])
ONE(constant_corners, float, uint, corners[a & 3].x * 10 + corners[a >> 2 & 3].y)
ONE(constant_text, char, uint, text[a % 43])
kernel void constant_buffer(global int* out, constant int* table, global const uint* in) {
    const size_t i = get_global_id(0);
    out[i] = table[in[i] % 100] - table[i % 100];
}

// ---- pointers ------------------------------------------------------------------------

// A table of pointers in private memory.
kernel void pointer_table(global int* out, global const int* a, global const int* b, global const int* c) {
    const size_t i = get_global_id(0);
    global const int* rows[3] = {a, b, c};
    global const int** p = rows;
    int sum = 0;
    for (uint k = 0; k < 3; ++k) sum = sum * 7 + p[(i + k) % 3][i];
    out[i] = sum;
}
typedef struct Node {
    global struct Node* next;
    int value;
} Node;
// A list is linked through global memory, then each lane walks it from its own node.
kernel void linked_list(global int* out, global Node* nodes, global const int* next, int steps) {
    const uint me = get_local_id(0);
    nodes[me].next = &nodes[next[me]];
    nodes[me].value = me * 3;
    barrier(CLK_GLOBAL_MEM_FENCE);
    global Node* n = &nodes[me];
    int sum = 0;
    for (int k = 0; k < steps; ++k) {
        sum = sum * 5 + n->value;
        n = n->next;
    }
    out[me] = sum;
}
// One function for global, local and private memory: the hardware tells them apart by the address.
__attribute__((noinline)) int total(const int* p, int count) {
    int sum = 0;
    for (int k = 0; k < count; ++k) sum = sum * 3 + p[k];
    return sum;
}
kernel void generic_total(global int* out, global const int* in) {
    local int shared[64];
    int own[8];
    const uint me = get_local_id(0);
    shared[me] = in[me] + 1;
    for (int k = 0; k < 8; ++k) own[k] = in[me] * k;
    barrier(CLK_LOCAL_MEM_FENCE);
    out[me] = total((const int*)in, 8) + total((const int*)shared, 64) + total(own, 8);
}
// Which of the three differs between lanes, and so between the lanes of one instruction.
kernel void generic_mixed(global int* out, global int* in) {
    local int shared[64];
    int own = 1000;
    const uint me = get_local_id(0);
    shared[me] = 2000 + me;
    int* p = &own;
    if (me % 3 == 1) p = &in[me];
    if (me % 3 == 2) p = &shared[63 - me];
    barrier(CLK_LOCAL_MEM_FENCE);
    out[me] = *p + own;
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    *p = me;
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    out[me] += 10000 * own + shared[me] % 100;
}
kernel void generic_kinds(global int* out, global int* in) {
    local int shared[64];
    int own = 0;
    const uint me = get_local_id(0);
    int* p[3] = {&own, (int*)&shared[me], (int*)&in[me]};
    out[me] = (to_local(p[me % 3]) != 0) + 2 * (to_private(p[me % 3]) != 0) + 4 * (to_global(p[me % 3]) != 0);
}
// An address that is not a multiple of its access: bytes are put together.
kernel void packed_words(global uint* out, global const uchar* in) {
    typedef struct __attribute__((packed)) {
        uchar a;
        uint b;
        ushort c;
    } Packed;
    const size_t i = get_global_id(0);
    const global Packed* p = (const global Packed*)in;
    out[i] = p[i].a + p[i].b * 3 + p[i].c * 5;
}
