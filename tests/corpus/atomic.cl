// Atomic operations: every kind, 32 and 64 bits, global and local, of OpenCL 1 and of C11.
#pragma OPENCL EXTENSION cl_khr_int64_base_atomics : enable
#pragma OPENCL EXTENSION cl_khr_int64_extended_atomics : enable
#include "each.h"

#define RELAXED memory_order_relaxed, memory_scope_device

kernel void add_global(global int* sum, global const int* in) { atomic_add(sum, in[get_global_id(0)]); }
kernel void subtract_global(global int* sums, global const int* in) {
    const size_t i = get_global_id(0);
    atomic_sub(&sums[i % 7], in[i]);
}
kernel void extremes_global(global int* found, global const int* in) {
    const size_t i = get_global_id(0);
    atomic_min(&found[0], in[i]);
    atomic_max(&found[1], in[i]);
    atomic_min((global uint*)&found[2], (uint)in[i]);
    atomic_max((global uint*)&found[3], (uint)in[i]);
}
kernel void bits_global(global uint* found, global const uint* in) {
    const size_t i = get_global_id(0);
    atomic_and(&found[0], in[i] | 0xffff);
    atomic_or(&found[1], in[i] & 0xf0f0f0f0);
    atomic_xor(&found[2], in[i]);
}
// Each gets a place of its own: the results of atomic_inc are a permutation.
kernel void tickets(global uint* next, global uint* taken) { atomic_inc(&taken[atomic_inc(next)]); }
kernel void decrements(global uint* count, global uint* seen) { atomic_inc(&seen[atomic_dec(count) - 1]); }
// What is exchanged out plus what remains is what was put in.
kernel void exchanges(global int* cell, global int* sum, global const int* in) {
    atomic_add(sum, atomic_xchg(cell, in[get_global_id(0)]));
}
// A float sum by compare and swap; whole numbers, so that the order does not matter.
kernel void add_float_cas(global uint* sum, global const float* in) {
    const float x = in[get_global_id(0)];
    uint old = *(volatile global uint*)sum, seen;
    bool done = false;
    while (!done) {
        seen = atomic_cmpxchg(sum, old, as_uint(as_float(old) + x));
        done = seen == old;
        old = seen;
    }
}
kernel void add_long(global long* sum, global const long* in) { atom_add(sum, in[get_global_id(0)]); }
kernel void extremes_long(global long* found, global const long* in) {
    const size_t i = get_global_id(0);
    atom_min(&found[0], in[i]);
    atom_max(&found[1], in[i]);
    atom_xor(&found[2], in[i]);
    atom_or(&found[3], in[i]);
}
kernel void multiply_long_cas(global ulong* product, global const ulong* in) {
    const ulong x = in[get_global_id(0)] | 1;
    ulong old = *(volatile global ulong*)product, seen;
    bool done = false;
    while (!done) {
        seen = atom_cmpxchg(product, old, old * x);
        done = seen == old;
        old = seen;
    }
}
kernel void local_counters(global uint* out, global const uint* in) {
    local uint c[8];
    const uint me = get_local_id(0);
    if (me < 8) c[me] = me == 4 ? ~0u : 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    const uint x = in[get_global_id(0)];
    atomic_add(&c[0], x);
    atomic_sub(&c[1], x);
    atomic_max(&c[2], x);
    atomic_or(&c[3], x);
    atomic_and(&c[4], x | 1);
    atomic_xor(&c[5], x);
    atomic_inc(&c[6]);
    atomic_max((local int*)&c[7], (int)x);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (me < 8) out[get_group_id(0) * 8 + me] = c[me];
}
kernel void local_long(global long* out, global const long* in) {
    local long sum, least;
    const uint me = get_local_id(0);
    if (me == 0) {
        sum = 0;
        least = LONG_MAX;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    atom_add(&sum, in[get_global_id(0)]);
    atom_min(&least, in[get_global_id(0)]);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (me == 0) {
        out[2 * get_group_id(0)] = sum;
        out[2 * get_group_id(0) + 1] = least;
    }
}
kernel void c11_fetch(global atomic_int* v, global const int* in) {
    const int x = in[get_global_id(0)];
    atomic_fetch_add_explicit(&v[0], x, RELAXED);
    atomic_fetch_sub_explicit(&v[1], x, memory_order_acq_rel, memory_scope_device);
    atomic_fetch_max_explicit(&v[2], x, RELAXED);
    atomic_fetch_or(&v[3], x);
}
kernel void c11_swap(global atomic_uint* v, global const uint* in) {
    uint old = atomic_load_explicit(v, RELAXED);
    while (!atomic_compare_exchange_strong_explicit(v, &old, old ^ in[get_global_id(0)], memory_order_acq_rel,
                                                    memory_order_relaxed, memory_scope_device)) {
    }
}
// A lock around plain variables, taken by one lane of each workgroup.
kernel void spin_lock(global atomic_int* lock, global volatile int* shared) {
    if (get_local_id(0) == 0) {
        int expected = 0;
        while (!atomic_compare_exchange_strong_explicit(lock, &expected, 1, memory_order_acquire, memory_order_relaxed,
                                                        memory_scope_device))
            expected = 0;
        shared[0] += 3;
        shared[1] = shared[0] * 2;
        atomic_store_explicit(lock, 0, memory_order_release, memory_scope_device);
    }
}
// The last workgroup to finish adds up what all have left.
kernel void last_group(global uint* part, global uint* done, global uint* out, global const uint* in) {
    local uint sum, place;
    const uint me = get_local_id(0), group = get_group_id(0), groups = get_num_groups(0);
    if (me == 0) sum = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    atomic_add(&sum, in[get_global_id(0)]);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (me == 0) {
        part[group] = sum;
        atomic_work_item_fence(CLK_GLOBAL_MEM_FENCE, memory_order_release, memory_scope_device);
        place = atomic_inc(done);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (place == groups - 1 && me == 0) {
        atomic_work_item_fence(CLK_GLOBAL_MEM_FENCE, memory_order_acquire, memory_scope_device);
        uint total = 0;
        for (uint k = 0; k < groups; ++k) total += ((global volatile uint*)part)[k];
        *out = total;
    }
}
// Through the generic address space: one function, two memories.
__attribute__((noinline)) void count(volatile atomic_uint* where) { atomic_fetch_add_explicit(where, 2, RELAXED); }
kernel void generic_count(global atomic_uint* out) {
    local atomic_uint here;
    if (get_local_id(0) == 0) atomic_init(&here, 0);
    barrier(CLK_LOCAL_MEM_FENCE);
    count(&here);
    count(&out[0]);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (get_local_id(0) == 0) atomic_fetch_add_explicit(&out[1], atomic_load_explicit(&here, RELAXED), RELAXED);
}
