// What clang makes of loads, stores, LDS, barriers, division and divergent loops must pass the lint as it is.

#define LANE __builtin_amdgcn_workitem_id_x()
#define GROUP __builtin_amdgcn_workgroup_id_x()

static void barrier_lds(void) {
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
    __builtin_amdgcn_s_barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}

kernel void reduce(global const float* in, global float* out, int n) {
    local float part[256];
    float sum = 0;
    for (int i = GROUP * 256 + LANE; i < n; i += 4096) sum += in[i] * in[i + n];
    part[LANE] = sum;
    barrier_lds();
    for (int step = 128; step > 0; step /= 2) {
        if (LANE < step) part[LANE] += part[LANE + step];
        barrier_lds();
    }
    if (LANE == 0) out[GROUP] = part[0];
}

kernel void divide(global const float4* a, global const int* b, global float4* c, global int* d) {
    int i = GROUP * 256 + LANE;
    c[i] = a[i] / a[i + 1];
    d[i] = b[i] / b[i + 1] + b[i + 2] % b[i];
}

kernel void gather(global const int* row, global const int* col, global const double* x, global double* y) {
    int r = GROUP * 64 + LANE;
    double sum = 0;
    for (int i = row[r]; i < row[r + 1]; ++i)
        if (col[i] >= 0) sum += x[col[i]];
    y[r] = sum;
}

kernel void histogram(global const uint* in, global uint* bins) {
    local uint mine[64];
    mine[LANE & 63] = 0;
    barrier_lds();
    __atomic_fetch_add(&mine[in[LANE] & 63], 1, __ATOMIC_RELAXED);
    barrier_lds();
    __atomic_fetch_add(&bins[LANE & 63], mine[LANE & 63], __ATOMIC_RELAXED);
}

kernel void lanes(global const int* in, global int* out, int from) {
    int v = in[LANE];
    v += __builtin_amdgcn_update_dpp(0, v, 0x111, 0xf, 0xf, true);
    v += __builtin_amdgcn_ds_bpermute(4 * (LANE ^ 1), v);
    v += __builtin_amdgcn_readlane(v, __builtin_amdgcn_readfirstlane(v));
    v += __builtin_amdgcn_ds_swizzle(v, 0x041f);
    out[LANE] = v;
}

kernel void spill(global const float* in, global float* out, int n) {
    float a[40];
    for (int i = 0; i < 40; ++i) a[i] = in[i * 64 + LANE];
    for (int i = 0; i < n; ++i) a[(i * 7 + LANE) % 40] += in[i];
    for (int i = 0; i < 40; ++i) out[i * 64 + LANE] = a[i];
}
