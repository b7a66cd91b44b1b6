// Kernels of tests/test_queues.cpp, compiled by clang as any program's would be.

#define GROUP(axis) __builtin_amdgcn_workgroup_id_##axis()
#define ITEM(axis) __builtin_amdgcn_workitem_id_##axis()

// What clang makes of get_local_size and get_global_size: fields of the dispatch packet.
#define GROUP_SIZE(axis) (((constant ushort*)__builtin_amdgcn_dispatch_ptr())[2 + axis])
#define GRID_SIZE(axis) (((constant uint*)__builtin_amdgcn_dispatch_ptr())[3 + axis])

// out[linear id] = its x, y and z as three decimals each
kernel void positions(global uint* out) {
    const uint x = GROUP(x) * GROUP_SIZE(0) + ITEM(x);
    const uint y = GROUP(y) * GROUP_SIZE(1) + ITEM(y);
    const uint z = GROUP(z) * GROUP_SIZE(2) + ITEM(z);
    out[(z * GRID_SIZE(1) + y) * GRID_SIZE(0) + x] = (z * 1000 + y) * 1000 + x;
}

// out[0] = in[0] + 1
kernel void successor(global const uint* in, global uint* out) { out[0] = in[0] + 1; }

// out[0] = 1 once flag is no longer 0
kernel void wait_for(global volatile uint* flag, global uint* out) {
    while (flag[0] == 0)
        ;
    out[0] = 1;
}

// out[i] = sum of the first 64 multiples of i, each kept in scratch memory
kernel void through_scratch(global uint* out, uint stride) {
    private volatile uint kept[64];
    const uint i = GROUP(x) * 64 + ITEM(x);
    for (uint k = 0; k < 64; ++k) kept[k * stride & 63] = k * i;
    uint sum = 0;
    for (uint k = 0; k < 64; ++k) sum += kept[k];
    out[i] = sum;
}

// out[0] = 1, in 101 vector registers
kernel void wide(global uint* out) {
    __asm__ volatile("" ::: "v100");
    out[0] = 1;
}
