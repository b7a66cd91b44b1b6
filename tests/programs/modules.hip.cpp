// Code that the program brings or compiles while it runs, what HIP says about kernels and the device, and what it says
// to wrong calls.

#include "tests/programs/verify.hpp"

#include <hip/hiprtc.h>

#include <cmath>
#include <string>

static void rtc(hiprtcResult got, hiprtcResult want, int line, const char* call) {
    if (got != want) verify::stop(line, call, hiprtcGetErrorString(got));
    ++verify::facts;
}
#define RTC(call)              rtc(call, HIPRTC_SUCCESS, __LINE__, #call)
#define RTC_REFUSED(call, why) rtc(call, why, __LINE__, #call)

static const char* source = R"(
__device__ int offset = 5;
__constant__ float factors[4] = {0.5f, 2.0f, 4.0f, 8.0f};
struct Pair { float a; int b; };

extern "C" __global__ void scale(const float* in, float* out, int n, Pair p, unsigned char which, double plus) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = in[i] * factors[which] * p.a + p.b + plus + offset;
}

extern "C" __global__ void shared(int* out) {
    extern __shared__ int part[];
    part[threadIdx.x] = threadIdx.x * SCALE;
    __syncthreads();
    out[threadIdx.x] = part[blockDim.x - 1 - threadIdx.x];
}

extern "C" __global__ void where(int* out) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    const int z = blockIdx.z * blockDim.z + threadIdx.z;
    const int w = gridDim.x * blockDim.x, h = gridDim.y * blockDim.y;
    out[(z * h + y) * w + x] = x + 100 * y + 10000 * z;
}
)";

struct Pair {
    float a;
    int b;
};

static std::vector<char> compiled(const char* text, std::vector<const char*> options) {
    hiprtcProgram program;
    RTC(hiprtcCreateProgram(&program, text, "kernels.hip", 0, nullptr, nullptr));
    options.push_back("--gpu-architecture=gfx803");
    RTC(hiprtcCompileProgram(program, int(options.size()), options.data()));
    size_t bytes = 0;
    RTC(hiprtcGetCodeSize(program, &bytes));
    std::vector<char> code(bytes);
    RTC(hiprtcGetCode(program, code.data()));
    RTC(hiprtcDestroyProgram(&program));
    return code;
}

static void runtime_compilation() {
    int major = 0, minor = 0;
    RTC(hiprtcVersion(&major, &minor));
    REQUIRE(major > 0 || minor > 0);
    hiprtcProgram bad;
    RTC(hiprtcCreateProgram(&bad, "__global__ void k() { unknown_function(); }", "bad.hip", 0, nullptr, nullptr));
    RTC_REFUSED(hiprtcCompileProgram(bad, 0, nullptr), HIPRTC_ERROR_COMPILATION);
    size_t bytes = 0;
    RTC(hiprtcGetProgramLogSize(bad, &bytes));
    std::string log(bytes, 0);
    RTC(hiprtcGetProgramLog(bad, log.data()));
    REQUIRE(log.find("unknown_function") != log.npos);
    RTC(hiprtcDestroyProgram(&bad));
    RTC_REFUSED(hiprtcCreateProgram(nullptr, source, nullptr, 0, nullptr, nullptr), HIPRTC_ERROR_INVALID_PROGRAM);
    std::printf("compiling at run time right, version %d.%d\n", major, minor);
}

static void launches_of_modules(const std::vector<char>& code) {
    hipModule_t module;
    hipFunction_t scale, shared, where;
    CHECK(hipModuleLoadData(&module, code.data()));
    CHECK(hipModuleGetFunction(&scale, module, "scale"));
    CHECK(hipModuleGetFunction(&shared, module, "shared"));
    CHECK(hipModuleGetFunction(&where, module, "where"));

    const int n = 1000;
    std::vector<float> in(n), want(n);
    for (int i = 0; i < n; i++) in[i] = i;
    hipDeviceptr_t offset;
    size_t bytes = 0;
    CHECK(hipModuleGetGlobal(&offset, &bytes, module, "offset"));
    EQUAL(bytes, sizeof(int));
    int ten = 10;
    CHECK(hipMemcpyHtoD(offset, &ten, sizeof ten));
    for (int i = 0; i < n; i++) want[i] = i * 4.0f * 1.5f + 7 + 0.25 + 10;
    Array<float> a(in), out(n);
    float *pa = a, *pout = out;
    int count = n;
    Pair pair = {1.5f, 7};
    unsigned char which = 2;
    double plus = 0.25;
    void* arguments[] = {&pa, &pout, &count, &pair, &which, &plus};
    CHECK(hipModuleLaunchKernel(scale, (n + 99) / 100, 1, 1, 100, 1, 1, 0, nullptr, arguments, nullptr));
    CHECK(hipDeviceSynchronize());
    EQUAL(out.host(), want);

    struct {  // the same as one block of memory
        float *in, *out;
        int n;
        Pair pair;
        unsigned char which;
        double plus;
    } packed = {pa, pout, n, {2, 1}, 3, 0.5};
    size_t size = sizeof packed;
    void* config[] = {HIP_LAUNCH_PARAM_BUFFER_POINTER, &packed, HIP_LAUNCH_PARAM_BUFFER_SIZE, &size,
                      HIP_LAUNCH_PARAM_END};
    CHECK(hipModuleLaunchKernel(scale, (n + 99) / 100, 1, 1, 100, 1, 1, 0, nullptr, nullptr, config));
    for (int i = 0; i < n; i++) want[i] = i * 8.0f * 2 + 1 + 0.5 + 10;
    EQUAL(out.host(), want);

    std::vector<int> turned(200);
    for (int i = 0; i < 200; i++) turned[i] = (199 - i) * 3;
    Array<int> ints(200);
    int* pints = ints;
    void* one[] = {&pints};
    CHECK(hipModuleLaunchKernel(shared, 1, 1, 1, 200, 1, 1, 200 * sizeof(int), nullptr, one, nullptr));
    EQUAL(ints.host(), turned);

    const int w = 2 * 5, h = 3 * 4, d = 2 * 3;
    Array<int> box(w * h * d);
    std::vector<int> places(w * h * d);
    for (int i = 0; i < w * h * d; i++) places[i] = i % w + 100 * (i / w % h) + 10000 * (i / w / h);
    pints = box;
    CHECK(hipModuleLaunchKernel(where, 2, 3, 2, 5, 4, 3, 0, nullptr, one, nullptr));
    EQUAL(box.host(), places);

    hipFunction_t none;
    REFUSED(hipModuleGetFunction(&none, module, "missing"), hipErrorNotFound);
    REFUSED(hipModuleGetGlobal(&offset, &bytes, module, "missing"), hipErrorNotFound);
    REFUSED(hipModuleLaunchKernel(shared, 1, 1, 1, 2000, 1, 1, 0, nullptr, one, nullptr), hipErrorInvalidConfiguration);
    REFUSED(hipModuleLaunchKernel(shared, 0, 1, 1, 64, 1, 1, 0, nullptr, one, nullptr), hipErrorInvalidValue);
    REFUSED(hipModuleLaunchKernel(nullptr, 1, 1, 1, 64, 1, 1, 0, nullptr, one, nullptr), hipErrorInvalidImage);
    int value = 0;
    CHECK(hipFuncGetAttribute(&value, HIP_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, shared));
    EQUAL(value, 1024);
    CHECK(hipModuleUnload(module));
    hipModule_t nothing;
    REFUSED(hipModuleLoad(&nothing, "/nowhere/kernels.co"), hipErrorFileNotFound);
    std::printf("modules right\n");
}

// Code that differs each time at addresses that may be the same: none of the old may be executed.
static void many_modules() {
    for (int i = 1; i <= 8; i++) {
        const std::string scale = "-DSCALE=" + std::to_string(i);
        const std::vector<char> code = compiled(source, {scale.c_str()});
        hipModule_t module;
        hipFunction_t shared;
        CHECK(hipModuleLoadData(&module, code.data()));
        CHECK(hipModuleGetFunction(&shared, module, "shared"));
        Array<int> out(64);
        int* p = out;
        void* one[] = {&p};
        CHECK(hipModuleLaunchKernel(shared, 1, 1, 1, 64, 1, 1, 64 * sizeof(int), nullptr, one, nullptr));
        EQUAL(out.host()[0], 63 * i);
        CHECK(hipModuleUnload(module));
    }
    std::printf("modules one after the other right\n");
}

__global__ void static_lds(int* out) {
    __shared__ int part[1024];
    part[threadIdx.x] = threadIdx.x;
    __syncthreads();
    out[threadIdx.x] = part[threadIdx.x ^ 1];
}
__global__ void __launch_bounds__(256) bounded(int* out) { out[threadIdx.x] = 1; }
__global__ void with_scratch(int* out, int k) {
    int room[300];
    for (int i = 0; i < 300; i++) room[(i * k) % 300] = i;
    out[threadIdx.x] = room[out[threadIdx.x] % 300];
}

template <class K> static hipFuncAttributes attributes(K kernel) {
    hipFuncAttributes a = {};
    CHECK(hipFuncGetAttributes(&a, reinterpret_cast<const void*>(kernel)));
    return a;
}

static void facts_of_kernels() {
    const auto lds = attributes(static_lds), limited = attributes(bounded), scratch = attributes(with_scratch);
    EQUAL(lds.sharedSizeBytes, 4096u);
    EQUAL(limited.sharedSizeBytes, 0u);
    EQUAL(limited.maxThreadsPerBlock, 256);
    EQUAL(lds.maxThreadsPerBlock, 1024);
    REQUIRE(scratch.localSizeBytes >= 1200 && lds.localSizeBytes == 0);
    REQUIRE(lds.numRegs > 0 && lds.numRegs <= 256);
    hipFuncAttributes none;
    REFUSED(hipFuncGetAttributes(&none, nullptr), hipErrorInvalidValue);

    int groups = 0, lanes = 0;
    CHECK(hipOccupancyMaxActiveBlocksPerMultiprocessor(&groups, static_lds, 1024, 0));
    REQUIRE(groups >= 1 && groups <= 2);  // a CU holds 40 waves, this group has 16
    CHECK(hipOccupancyMaxActiveBlocksPerMultiprocessor(&groups, bounded, 64, 60 << 10));
    EQUAL(groups, 1);  // by LDS
    CHECK(hipOccupancyMaxPotentialBlockSize(&groups, &lanes, static_lds, 0, 0));
    REQUIRE(groups > 0 && lanes > 0 && lanes <= 1024);
    Array<int> out(1024);
    bounded<<<1, 512>>>(out);  // more than it was compiled for
    REFUSED(hipGetLastError(), hipErrorLaunchFailure);
    std::printf("facts of kernels right\n");
}

static void facts_of_the_device() {
    int count = 0, device = -1, runtime = 0, driver = 0;
    CHECK(hipGetDeviceCount(&count));
    EQUAL(count, 1);
    CHECK(hipGetDevice(&device));
    EQUAL(device, 0);
    CHECK(hipRuntimeGetVersion(&runtime));
    CHECK(hipDriverGetVersion(&driver));
    REQUIRE(runtime > 0 && driver > 0);
    hipDeviceProp_t p;
    CHECK(hipGetDeviceProperties(&p, 0));
    EQUAL(std::string(p.gcnArchName).substr(0, 6), "gfx803");
    EQUAL(p.warpSize, 64);
    EQUAL(p.maxThreadsPerBlock, 1024);
    EQUAL(p.sharedMemPerBlock, size_t(64) << 10);
    EQUAL(p.cooperativeLaunch, 0);
    EQUAL(p.canMapHostMemory, 1);
    EQUAL(p.concurrentKernels, 1);
    const struct {
        hipDeviceAttribute_t attribute;
        int64_t want;
    } same[] = {{hipDeviceAttributeWarpSize, p.warpSize},
                {hipDeviceAttributeMultiprocessorCount, p.multiProcessorCount},
                {hipDeviceAttributeMaxThreadsPerBlock, p.maxThreadsPerBlock},
                {hipDeviceAttributeMaxBlockDimX, p.maxThreadsDim[0]},
                {hipDeviceAttributeMaxGridDimX, p.maxGridSize[0]},
                {hipDeviceAttributeMaxSharedMemoryPerBlock, int64_t(p.sharedMemPerBlock)},
                {hipDeviceAttributeClockRate, p.clockRate},
                {hipDeviceAttributeMemoryClockRate, p.memoryClockRate},
                {hipDeviceAttributeMemoryBusWidth, p.memoryBusWidth},
                {hipDeviceAttributeTotalConstantMemory, int64_t(int(p.totalConstMem))},
                {hipDeviceAttributeComputeCapabilityMajor, p.major},
                {hipDeviceAttributeComputeCapabilityMinor, p.minor},
                {hipDeviceAttributePciBusId, p.pciBusID},
                {hipDeviceAttributeIntegrated, 0}};
    for (const auto& s : same) {
        int value = -1;
        CHECK(hipDeviceGetAttribute(&value, s.attribute, 0));
        EQUAL(int64_t(value), s.want);
    }
    char name[64], bus[64];
    hipDevice_t handle;
    size_t total = 0;
    CHECK(hipDeviceGet(&handle, 0));
    CHECK(hipDeviceGetName(name, sizeof name, handle));
    EQUAL(std::string(name), std::string(p.name));
    CHECK(hipDeviceTotalMem(&total, handle));
    EQUAL(total, p.totalGlobalMem);
    CHECK(hipDeviceGetPCIBusId(bus, sizeof bus, 0));
    int again = -1;
    CHECK(hipDeviceGetByPCIBusId(&again, bus));
    EQUAL(again, 0);
    unsigned flags = 99;
    CHECK(hipSetDeviceFlags(hipDeviceScheduleBlockingSync));
    CHECK(hipGetDeviceFlags(&flags));
    EQUAL(flags & hipDeviceScheduleMask, unsigned(hipDeviceScheduleBlockingSync));
    std::printf("facts of the device right: %s\n", p.name);
}

__global__ void nothing() {}

static void errors() {
    int value;
    hipDeviceProp_t p;
    REFUSED(hipSetDevice(7), hipErrorInvalidDevice);
    REFUSED(hipSetDevice(-1), hipErrorInvalidDevice);
    REFUSED(hipGetDeviceProperties(&p, 1), hipErrorInvalidDevice);
    REFUSED(hipGetDeviceProperties(nullptr, 0), hipErrorInvalidValue);
    REFUSED(hipGetDeviceCount(nullptr), hipErrorInvalidValue);
    REFUSED(hipGetDevice(nullptr), hipErrorInvalidValue);
    REFUSED(hipDeviceGetAttribute(nullptr, hipDeviceAttributeWarpSize, 0), hipErrorInvalidValue);
    REFUSED(hipDeviceGetAttribute(&value, hipDeviceAttributeWarpSize, 3), hipErrorInvalidDevice);
    EQUAL(hipPeekAtLastError(), hipSuccess);

    // A launch that cannot be leaves its error until it is asked for, and nothing else is the worse for it.
    nothing<<<1, 2048>>>();  // more lanes than a group may have
    EQUAL(hipPeekAtLastError(), hipErrorInvalidConfiguration);
    EQUAL(hipGetLastError(), hipErrorInvalidConfiguration);
    EQUAL(hipGetLastError(), hipSuccess);
    nothing<<<dim3(1), dim3(64, 64)>>>();
    REFUSED(hipGetLastError(), hipErrorInvalidConfiguration);
    void* none[] = {nullptr};
    REFUSED(hipLaunchCooperativeKernel(reinterpret_cast<void*>(nothing), dim3(4), dim3(64), none, 0, nullptr),
            hipErrorLaunchFailure);  // gfx8 has no global wave sync, and the property says so
    REFUSED(hipLaunchKernel(reinterpret_cast<void*>(&value), dim3(1), dim3(64), none, 0, nullptr),
            hipErrorInvalidDeviceFunction);
    nothing<<<1, 64>>>();
    CHECK(hipGetLastError());
    CHECK(hipDeviceSynchronize());
    EQUAL(std::string(hipGetErrorName(hipErrorOutOfMemory)), "hipErrorOutOfMemory");
    REQUIRE(std::strlen(hipGetErrorString(hipErrorInvalidValue)) > 0);
    std::printf("errors right\n");
}

int main() {
    runtime_compilation();
    launches_of_modules(compiled(source, {"-DSCALE=3"}));
    many_modules();
    facts_of_kernels();
    facts_of_the_device();
    errors();
    return verify::all_right();
}
