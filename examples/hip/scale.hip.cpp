// Doubles 1000 floats, and is wrong: docs/debugging.md finds out why.

#include <hip/hip_runtime.h>

#include <cstdio>
#include <vector>

#define CHECK(call) \
    if (const hipError_t e = (call)) return std::printf("%s: %s\n", #call, hipGetErrorString(e)), 1

__global__ void scale(float* x, float by, int n) {
    const int i = blockIdx.x * 64 + threadIdx.x;
    if (i < n) x[i] = by * x[i];
}

int main() {
    const int n = 1000;
    std::vector<float> host(n, 1);
    float* x;
    CHECK(hipMalloc(&x, n * sizeof(float)));
    CHECK(hipMemcpy(x, host.data(), n * sizeof(float), hipMemcpyHostToDevice));
    scale<<<4, 256>>>(x, 2.0f, n);
    CHECK(hipGetLastError());
    CHECK(hipMemcpy(host.data(), x, n * sizeof(float), hipMemcpyDeviceToHost));
    for (int i = 0; i < n; ++i)
        if (host[i] != 2) return std::printf("x[%d] is %g, not 2\n", i, host[i]), 1;
    std::puts("right");
}
