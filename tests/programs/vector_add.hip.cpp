// The smallest useful HIP program: c = 2 a + b, checked on the host. Prints the device it ran on.

#include <hip/hip_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

static void check(hipError_t status, const char* call) {
    if (status == hipSuccess) return;
    std::printf("%s: %s\n", call, hipGetErrorString(status));
    std::exit(1);
}
#define CHECK(call) check(call, #call)

__global__ void add(const float* a, const float* b, float* c, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) c[i] = a[i] * 2.0f + b[i];
}

int main() {
    int count = 0;
    CHECK(hipGetDeviceCount(&count));
    hipDeviceProp_t device;
    CHECK(hipGetDeviceProperties(&device, 0));
    std::printf("%d device: %s, %s, %d compute units, %d MHz, %zu MiB\n", count, device.name, device.gcnArchName,
                device.multiProcessorCount, device.clockRate / 1000, device.totalGlobalMem >> 20);

    const int n = 1000;  // not a multiple of the block: the last one is partly idle
    std::vector<float> a(n), b(n), c(n);
    for (int i = 0; i < n; i++) a[i] = i, b[i] = 3 * n - i;
    float *da, *db, *dc;
    for (float** p : {&da, &db, &dc}) CHECK(hipMalloc(reinterpret_cast<void**>(p), n * sizeof(float)));
    CHECK(hipMemcpy(da, a.data(), n * sizeof(float), hipMemcpyHostToDevice));
    CHECK(hipMemcpy(db, b.data(), n * sizeof(float), hipMemcpyHostToDevice));
    CHECK(hipMemset(dc, 0xff, n * sizeof(float)));

    add<<<(n + 255) / 256, 256>>>(da, db, dc, n);
    CHECK(hipGetLastError());
    CHECK(hipDeviceSynchronize());
    CHECK(hipMemcpy(c.data(), dc, n * sizeof(float), hipMemcpyDeviceToHost));
    for (int i = 0; i < n; i++)
        if (c[i] != 2 * a[i] + b[i]) {
            std::printf("c[%d] is %g, not %g\n", i, c[i], 2 * a[i] + b[i]);
            return 1;
        }
    for (float* p : {da, db, dc}) CHECK(hipFree(p));
    std::printf("%d sums right\n", n);
}
