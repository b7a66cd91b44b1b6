// A sum by OpenCL, over trees in local memory and atomics on one word, and a histogram by local and global atomics; both
// compared with the host. Local arguments come last: Mesa 22.3 puts what follows one four bytes too far.

#define CL_TARGET_OPENCL_VERSION 110
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(cl_int status, const char* what) {
    if (status == CL_SUCCESS) return;
    printf("%s: %d\n", what, status);
    exit(1);
}
#define CHECK(call) check(call, #call)

static const char* source =
    "kernel void sum(global const uint* in, uint n, volatile global uint* out, local uint* tree) {"
    "    uint mine = 0;"
    "    for (uint i = get_global_id(0); i < n; i += get_global_size(0)) mine += in[i];"
    "    const uint lane = get_local_id(0);"
    "    tree[lane] = mine;"
    "    for (uint step = get_local_size(0) / 2; step; step /= 2) {"
    "        barrier(CLK_LOCAL_MEM_FENCE);"
    "        if (lane < step) tree[lane] += tree[lane + step];"
    "    }"
    "    if (!lane) atomic_add(out, tree[0]);"
    "}"
    "kernel void count(global const uint* in, uint n, volatile global uint* out, volatile local uint* bins) {"
    "    const uint lane = get_local_id(0);"
    "    if (lane < 16) bins[lane] = 0;"
    "    barrier(CLK_LOCAL_MEM_FENCE);"
    "    for (uint i = get_global_id(0); i < n; i += get_global_size(0)) atomic_inc(&bins[in[i] >> 28]);"
    "    barrier(CLK_LOCAL_MEM_FENCE);"
    "    if (lane < 16) atomic_add(&out[1 + lane], bins[lane]);"
    "    if (!get_global_id(0)) atomic_max(&out[17], in[n - 1]);"
    "}";

enum { n = 100003, outs = 18 };

int main(void) {
    cl_platform_id platform;
    cl_device_id device;
    cl_int status;
    CHECK(clGetPlatformIDs(1, &platform, NULL));
    CHECK(clGetDeviceIDs(platform, CL_DEVICE_TYPE_GPU, 1, &device, NULL));
    const cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    CHECK(status);
    const cl_command_queue queue = clCreateCommandQueue(context, device, 0, &status);
    CHECK(status);
    const cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &status);
    CHECK(status);
    CHECK(clBuildProgram(program, 1, &device, "", NULL, NULL));

    unsigned *in = malloc(n * sizeof *in), expected[outs] = {0}, out[outs] = {0};
    for (unsigned i = 0; i < n; i++) {
        in[i] = (i + 7) * 2654435761u;
        expected[0] += in[i];
        expected[1 + (in[i] >> 28)]++;
    }
    expected[17] = in[n - 1];
    const cl_mem from =
        clCreateBuffer(context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, n * sizeof *in, in, &status);
    CHECK(status);
    const cl_mem to = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof out, out, &status);
    CHECK(status);
    const cl_uint count = n;
    for (int k = 0; k < 2; k++) {
        const cl_kernel kernel = clCreateKernel(program, k ? "count" : "sum", &status);
        CHECK(status);
        const size_t group = 128, global = 16 * group;
        CHECK(clSetKernelArg(kernel, 0, sizeof from, &from));
        CHECK(clSetKernelArg(kernel, 1, sizeof count, &count));
        CHECK(clSetKernelArg(kernel, 3, (k ? 16 : group) * sizeof(cl_uint), NULL));
        CHECK(clSetKernelArg(kernel, 2, sizeof to, &to));
        CHECK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &global, &group, 0, NULL, NULL));
    }
    CHECK(clEnqueueReadBuffer(queue, to, CL_TRUE, 0, sizeof out, out, 0, NULL, NULL));
    int wrong = 0;
    for (int i = 0; i < outs; i++)
        if (out[i] != expected[i]) {
            wrong++;
            printf("value %d is %u, not %u\n", i, out[i], expected[i]);
        }
    if (!wrong) printf("all right\n");
    return wrong != 0;
}
