// Kernels of tests/test_drm_host.cpp: what a launch has to provide beside arguments.

#define GROUP __builtin_amdgcn_workgroup_id_x()
#define ITEM  __builtin_amdgcn_workitem_id_x()

// out[0] = lanes of a group, out[1] = of the grid along x; from the packet or from hidden arguments, as versions differ
kernel void sizes(global uint* out) {
    out[0] = __builtin_amdgcn_workgroup_size_x();
    out[1] = __builtin_amdgcn_grid_size_x();
}

// out[0] = the first 8 bytes behind the arguments, which hold a global offset in versions 3 and 4
kernel void offset(global ulong* out) { out[0] = *(constant ulong*)__builtin_amdgcn_implicitarg_ptr(); }

// Whatever lies behind the arguments: the compiler must take it for all that there is.
kernel void any_hidden(global ulong* out, uint which) {
    out[0] = ((constant ulong*)__builtin_amdgcn_implicitarg_ptr())[which];
}

// Pointers that are known when the code is loaded.
constant uint primes[4] = {2, 3, 5, 7};
constant uint squares[4] = {1, 4, 9, 16};
constant constant uint* const tables[2] = {primes, squares};
kernel void chosen(global uint* out, uint which) { out[ITEM] = tables[which][ITEM & 3]; }

// A variable of the code object, zero at first.
global uint counter;
kernel void count(global uint* out) { out[0] = counter++; }

// out[i] = the value of the lane across the group, through LDS
kernel void across(global uint* out) {
    local uint kept[256];
    kept[ITEM] = GROUP * 1000 + ITEM;
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
    __builtin_amdgcn_s_barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
    out[GROUP * 256 + ITEM] = kept[255 - ITEM];
}

// out[i] = sum of k * i for k < 64, each kept in scratch memory
kernel void through_scratch(global uint* out, uint stride) {
    private volatile uint kept[64];
    const uint i = GROUP * 64 + ITEM;
    for (uint k = 0; k < 64; ++k) kept[k * stride & 63] = k * i;
    uint sum = 0;
    for (uint k = 0; k < 64; ++k) sum += kept[k];
    out[i] = sum;
}

// A pointer that may be to LDS or to memory.
kernel void generic_pointer(global uint* out, uint which) {
    local uint kept[64];
    volatile uint* p = which ? (volatile uint*)&kept[ITEM] : (volatile uint*)&out[ITEM];
    *p = ITEM;
    out[ITEM] = *p;
}

kernel void nothing(void) {}
