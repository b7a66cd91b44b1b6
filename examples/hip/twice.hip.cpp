// Runs the kernel of twice.s, assembled to the file that is named: docs/programs.md.

#include <hip/hip_runtime.h>

#include <cstdio>
#include <vector>

#define CHECK(call) \
    if (const hipError_t e = (call)) return std::printf("%s: %s\n", #call, hipGetErrorString(e)), 1

int main(int, char** words) {
    const int n = 1000;
    std::vector<float> host(n, 3);
    hipModule_t module;
    hipFunction_t twice;
    void* x;
    CHECK(hipModuleLoad(&module, words[1] ? words[1] : "twice.co"));
    CHECK(hipModuleGetFunction(&twice, module, "twice"));
    CHECK(hipMalloc(&x, n * sizeof(float)));
    CHECK(hipMemcpy(x, host.data(), n * sizeof(float), hipMemcpyHostToDevice));
    struct {  // as its header says; end_kernel names them as one argument
        void* x;
        int n;
    } kernarg{x, n};
    void* arguments[] = {&kernarg};
    CHECK(hipModuleLaunchKernel(twice, (n + 63) / 64, 1, 1, 64, 1, 1, 0, nullptr, arguments, nullptr));
    CHECK(hipMemcpy(host.data(), x, n * sizeof(float), hipMemcpyDeviceToHost));
    for (int i = 0; i < n; ++i)
        if (host[i] != 6) return std::printf("x[%d] is %g, not 6\n", i, host[i]), 1;
    std::puts("right");
}
