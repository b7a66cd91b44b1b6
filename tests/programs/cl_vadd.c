// c = a + b by OpenCL, compared with the host.

#define CL_TARGET_OPENCL_VERSION 110
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>

static void check(cl_int status, const char* what) {
    if (status == CL_SUCCESS) return;
    printf("%s: %d\n", what, status);
    exit(1);
}
#define CHECK(call) check(call, #call)

static const char* source =
    "kernel void vadd(global const float* a, global const float* b, global float* c, uint n) {"
    "    const size_t i = get_global_id(0);"
    "    if (i < n) c[i] = a[i] + b[i];"
    "}";

enum { n = 100000 };

int main(void) {
    cl_platform_id platform;
    cl_device_id device;
    cl_int status;
    char name[256];
    CHECK(clGetPlatformIDs(1, &platform, NULL));
    CHECK(clGetDeviceIDs(platform, CL_DEVICE_TYPE_GPU, 1, &device, NULL));
    CHECK(clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name, name, NULL));
    printf("%s\n", name);
    const cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    CHECK(status);
    const cl_command_queue queue = clCreateCommandQueue(context, device, 0, &status);
    CHECK(status);
    const cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &status);
    CHECK(status);
    CHECK(clBuildProgram(program, 1, &device, "", NULL, NULL));
    const cl_kernel kernel = clCreateKernel(program, "vadd", &status);
    CHECK(status);

    float *in[2], *out = malloc(n * sizeof *out);
    cl_mem buffers[3];
    for (int i = 0; i < 3; i++) {
        buffers[i] = clCreateBuffer(context, CL_MEM_READ_WRITE, n * sizeof(float), NULL, &status);
        CHECK(status);
        CHECK(clSetKernelArg(kernel, (cl_uint)i, sizeof(cl_mem), &buffers[i]));
        if (i == 2) break;
        in[i] = malloc(n * sizeof(float));
        for (int k = 0; k < n; k++) in[i][k] = (float)((k * (i + 3)) % 1009) / 8;
        CHECK(clEnqueueWriteBuffer(queue, buffers[i], CL_TRUE, 0, n * sizeof(float), in[i], 0, NULL, NULL));
    }
    const cl_uint count = n;
    CHECK(clSetKernelArg(kernel, 3, sizeof count, &count));
    const size_t group = 64, global = (n + group - 1) / group * group;
    CHECK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &global, &group, 0, NULL, NULL));
    CHECK(clEnqueueReadBuffer(queue, buffers[2], CL_TRUE, 0, n * sizeof(float), out, 0, NULL, NULL));
    int wrong = 0;
    for (int k = 0; k < n; k++) wrong += out[k] != in[0][k] + in[1][k];
    printf("%d of %d sums wrong\n", wrong, n);
    return wrong != 0;
}
