// Copies, fills, streams, events and errors of HIP, each result verified; stops at the first that is wrong.

#include <hip/hip_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

using Bytes = std::vector<unsigned char>;

[[noreturn]] static void stop(const char* what, const char* why) {
    std::printf("%s: %s\n", what, why);
    std::exit(1);
}
static void check(hipError_t status, const char* call) {
    if (status != hipSuccess) stop(call, hipGetErrorString(status));
}
static void refused(hipError_t status, const char* call) {
    if (status == hipSuccess) stop(call, "succeeded, should be refused");
    (void)hipGetLastError();  // the error is sticky
}
static void require(bool fact, const char* text) {
    if (!fact) stop(text, "does not hold");
}
#define CHECK(call)   check(call, #call)
#define REFUSED(call) refused(call, #call)
#define REQUIRE(fact) require(fact, #fact)

template <class T> static T* device_array(size_t n) {
    T* p;
    CHECK(hipMalloc(reinterpret_cast<void**>(&p), n * sizeof(T)));
    return p;
}

static Bytes pattern(size_t n, unsigned seed) {
    Bytes b(n);
    for (size_t i = 0; i < n; i++) b[i] = (i * 2654435761u + seed * 40503u) >> 13;
    return b;
}

static void equal(const unsigned char* got, const unsigned char* want, size_t n, const char* what) {
    if (std::memcmp(got, want, n) == 0) return;
    size_t i = 0;
    while (got[i] == want[i]) i++;
    std::printf("%s: byte %zu of %zu is 0x%02x, not 0x%02x\n", what, i, n, got[i], want[i]);
    std::exit(1);
}

__global__ void increment(int* p, int n, int by) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) p[i] += by;
}

// Host to device, device to device, device to host, at offsets that differ, with canaries on both sides.
static void copies() {
    struct Case {
        size_t bytes, from, to;
    };
    const Case cases[] = {{1, 0, 0},        {1, 3, 1},
                          {2, 1, 2},        {3, 0, 3},
                          {4, 4, 8},        {5, 1, 0},
                          {63, 1, 1},       {64, 0, 0},
                          {255, 7, 2},      {256, 256, 512},
                          {1000, 13, 13},   {4095, 1, 3},
                          {4096, 0, 4096},  {65537, 5, 6},
                          {1 << 20, 0, 1},  {(1 << 20) + 3, 2, 2},
                          {16 << 20, 0, 0}, {(16 << 20) + 1, 0, 64},
                          {64 << 20, 0, 0}};
    for (const Case& c : cases) {
        const size_t room = c.bytes + 8192;
        const Bytes data = pattern(c.bytes, unsigned(c.bytes + c.from));
        unsigned char *first = device_array<unsigned char>(room), *second = device_array<unsigned char>(room);
        CHECK(hipMemset(first, 0xa5, room));
        CHECK(hipMemset(second, 0x5a, room));
        CHECK(hipMemcpy(first + c.from, data.data(), c.bytes, hipMemcpyHostToDevice));
        CHECK(hipMemcpy(second + c.to, first + c.from, c.bytes, hipMemcpyDeviceToDevice));
        Bytes back(room), want(room, 0x5a);
        CHECK(hipMemcpy(back.data(), second, room, hipMemcpyDeviceToHost));
        std::memcpy(want.data() + c.to, data.data(), c.bytes);
        equal(back.data(), want.data(), room, "copy by way of two device buffers");

        Bytes part(c.bytes + 1, 0x77), end(c.bytes + 1, 0x77);  // an odd host address
        std::memcpy(end.data() + 1, data.data(), c.bytes);
        CHECK(hipMemcpy(part.data() + 1, second + c.to, c.bytes, hipMemcpyDeviceToHost));
        equal(part.data(), end.data(), part.size(), "copy to an odd host address");
        CHECK(hipFree(first));
        CHECK(hipFree(second));
    }
    CHECK(hipMemcpy(nullptr, nullptr, 0, hipMemcpyHostToDevice));
    std::printf("copies right, 1 byte to 64 MiB\n");
}

static void fills() {
    const size_t room = 1 << 20;
    auto* d = device_array<unsigned char>(room);
    Bytes back(room), want(room);
    for (size_t bytes : {size_t(1), size_t(3), size_t(4), size_t(17), size_t(4096), size_t(99999), room})
        for (size_t at : {size_t(0), size_t(1), size_t(6), size_t(64)}) {
            if (at + bytes > room) continue;
            if (at % 16 && bytes < 16) continue;  // HIP 5.2.3 subtracts past zero here and fills 2^32 bytes
            CHECK(hipMemset(d, 0, room));
            CHECK(hipMemset(d + at, 0xc3, bytes));
            CHECK(hipMemcpy(back.data(), d, room, hipMemcpyDeviceToHost));
            std::memset(want.data(), 0, room);
            std::memset(want.data() + at, 0xc3, bytes);
            equal(back.data(), want.data(), room, "hipMemset");
        }
    CHECK(hipMemsetD32(reinterpret_cast<hipDeviceptr_t>(d), 0x12345678, 1000));
    CHECK(hipMemsetD16(reinterpret_cast<hipDeviceptr_t>(d + 4000), 0xabcd, 500));
    CHECK(hipMemcpy(back.data(), d, 5000, hipMemcpyDeviceToHost));
    for (size_t i = 0; i < 1000; i++) {
        const unsigned word = 0x12345678;
        std::memcpy(want.data() + 4 * i, &word, 4);
    }
    for (size_t i = 0; i < 500; i++) want[4000 + 2 * i] = 0xcd, want[4001 + 2 * i] = 0xab;
    equal(back.data(), want.data(), 5000, "hipMemsetD32 and hipMemsetD16");
    CHECK(hipFree(d));
    std::printf("fills right\n");
}

static void rectangles() {
    const size_t width = 100, height = 37, host_pitch = 130;
    const Bytes host = pattern(host_pitch * height, 5);
    void* d;
    size_t pitch;
    CHECK(hipMallocPitch(&d, &pitch, width, height));
    REQUIRE(pitch >= width);
    CHECK(hipMemset2D(d, pitch, 0x11, width, height));
    CHECK(hipMemcpy2D(d, pitch, host.data(), host_pitch, width - 10, height, hipMemcpyHostToDevice));
    Bytes back(host_pitch * height, 0x22), want = back;
    CHECK(hipMemcpy2D(back.data(), host_pitch, d, pitch, width, height, hipMemcpyDeviceToHost));
    for (size_t row = 0; row < height; row++) {
        std::memcpy(&want[row * host_pitch], &host[row * host_pitch], width - 10);
        std::memset(&want[row * host_pitch + width - 10], 0x11, 10);
    }
    equal(back.data(), want.data(), back.size(), "hipMemcpy2D");
    CHECK(hipFree(d));
    std::printf("rectangles right\n");
}

static void host_memory() {
    const int n = 50000;
    const size_t bytes = n * sizeof(int);
    int *pinned, *mapped, *managed, *d = device_array<int>(n);
    CHECK(hipHostMalloc(reinterpret_cast<void**>(&pinned), bytes, 0));
    for (int i = 0; i < n; i++) pinned[i] = i;
    CHECK(hipMemcpy(d, pinned, bytes, hipMemcpyHostToDevice));
    increment<<<(n + 255) / 256, 256>>>(d, n, 1);
    CHECK(hipMemcpy(pinned, d, bytes, hipMemcpyDeviceToHost));
    for (int i = 0; i < n; i++) REQUIRE(pinned[i] == i + 1);

    CHECK(hipHostGetDevicePointer(reinterpret_cast<void**>(&mapped), pinned, 0));
    increment<<<(n + 255) / 256, 256>>>(mapped, n, 10);  // the kernel writes host memory
    CHECK(hipDeviceSynchronize());
    for (int i = 0; i < n; i++) REQUIRE(pinned[i] == i + 11);

    std::vector<int> own(n + 3);  // not page aligned
    for (int i = 0; i < n; i++) own[i + 3] = -i;
    CHECK(hipHostRegister(own.data() + 3, bytes, 0));
    CHECK(hipHostGetDevicePointer(reinterpret_cast<void**>(&mapped), own.data() + 3, 0));
    increment<<<(n + 255) / 256, 256>>>(mapped, n, 5);
    CHECK(hipDeviceSynchronize());
    for (int i = 0; i < n; i++) REQUIRE(own[i + 3] == 5 - i);
    CHECK(hipMemcpy(d, own.data() + 3, bytes, hipMemcpyHostToDevice));
    CHECK(hipHostUnregister(own.data() + 3));
    REFUSED(hipHostUnregister(own.data() + 3));
    CHECK(hipMemcpy(pinned, d, bytes, hipMemcpyDeviceToHost));
    for (int i = 0; i < n; i++) REQUIRE(pinned[i] == 5 - i);

    CHECK(hipMallocManaged(reinterpret_cast<void**>(&managed), bytes, hipMemAttachGlobal));
    for (int i = 0; i < n; i++) managed[i] = 2 * i;
    increment<<<(n + 255) / 256, 256>>>(managed, n, 3);
    CHECK(hipDeviceSynchronize());
    for (int i = 0; i < n; i++) REQUIRE(managed[i] == 2 * i + 3);

    CHECK(hipFree(managed));
    CHECK(hipHostFree(pinned));
    CHECK(hipFree(d));
    std::printf("host memory right: pinned, registered, managed\n");
}

// Four streams pass one buffer on; each step only becomes right if the wait for the event before it works.
static void streams() {
    const int n = 30000, rounds = 10;
    hipStream_t stream[4];
    hipEvent_t done[4], start, end;
    for (auto& s : stream) CHECK(hipStreamCreate(&s));
    for (auto& e : done) CHECK(hipEventCreateWithFlags(&e, hipEventDisableTiming));
    CHECK(hipEventCreate(&start));
    CHECK(hipEventCreate(&end));
    std::vector<int> host(n), back(n);
    for (int i = 0; i < n; i++) host[i] = 3 * i;
    int *d = device_array<int>(n), *copy = device_array<int>(n);

    CHECK(hipEventRecord(start, stream[0]));
    CHECK(hipMemcpyAsync(d, host.data(), n * sizeof(int), hipMemcpyHostToDevice, stream[0]));
    CHECK(hipEventRecord(done[0], stream[0]));
    for (int round = 0; round < rounds; round++)
        for (int s = 0; s < 4; s++) {
            CHECK(hipStreamWaitEvent(stream[s], done[(s + 3) % 4], 0));
            if (round == 0 && s == 0) CHECK(hipStreamWaitEvent(stream[0], done[0], 0));
            increment<<<(n + 127) / 128, 128, 0, stream[s]>>>(d, n, s + 1);
            CHECK(hipEventRecord(done[s], stream[s]));
        }
    CHECK(hipMemcpyAsync(copy, d, n * sizeof(int), hipMemcpyDeviceToDevice, stream[3]));
    CHECK(hipEventRecord(end, stream[3]));
    CHECK(hipMemcpyAsync(back.data(), copy, n * sizeof(int), hipMemcpyDeviceToHost, stream[3]));
    CHECK(hipStreamSynchronize(stream[3]));
    for (int i = 0; i < n; i++) REQUIRE(back[i] == 3 * i + rounds * 10);

    CHECK(hipEventSynchronize(end));
    CHECK(hipEventQuery(end));
    CHECK(hipStreamQuery(stream[3]));
    float ms = -1;
    CHECK(hipEventElapsedTime(&ms, start, end));
    REQUIRE(ms > 0);
    std::printf("streams right: %.3f ms between two events\n", ms);

    // Each stream on its own data at the same time.
    int* own[4];
    for (int s = 0; s < 4; s++) {
        own[s] = device_array<int>(n);
        CHECK(hipMemsetAsync(own[s], 0, n * sizeof(int), stream[s]));
        for (int k = 0; k < 20; k++) increment<<<(n + 127) / 128, 128, 0, stream[s]>>>(own[s], n, s + k);
    }
    CHECK(hipDeviceSynchronize());
    for (int s = 0; s < 4; s++) {
        CHECK(hipMemcpy(back.data(), own[s], n * sizeof(int), hipMemcpyDeviceToHost));
        for (int i = 0; i < n; i++) REQUIRE(back[i] == 20 * s + 190);
        CHECK(hipFree(own[s]));
    }

    int calls = 0;
    CHECK(hipStreamAddCallback(
        stream[1], [](hipStream_t, hipError_t, void* count) { ++*static_cast<int*>(count); }, &calls, 0));
    CHECK(hipStreamSynchronize(stream[1]));
    REQUIRE(calls == 1);

    for (auto& s : stream) CHECK(hipStreamDestroy(s));
    for (auto& e : done) CHECK(hipEventDestroy(e));
    CHECK(hipEventDestroy(start));
    CHECK(hipEventDestroy(end));
    CHECK(hipFree(d));
    CHECK(hipFree(copy));
    std::printf("four streams at once right\n");
}

static void many_launches() {
    const int launches = 5000;  // more than the 4096 packets of HIP's queue
    int* d = device_array<int>(64);
    CHECK(hipMemset(d, 0, 64 * sizeof(int)));
    for (int i = 0; i < launches; i++) increment<<<1, 64>>>(d, 64, 1);
    CHECK(hipDeviceSynchronize());
    int back[64];
    CHECK(hipMemcpy(back, d, sizeof back, hipMemcpyDeviceToHost));
    for (int v : back) REQUIRE(v == launches);
    for (int i = 0; i < 50; i++) {
        increment<<<1, 64>>>(d, 64, 1);
        CHECK(hipDeviceSynchronize());
    }
    CHECK(hipMemcpy(back, d, sizeof back, hipMemcpyDeviceToHost));
    for (int v : back) REQUIRE(v == launches + 50);
    CHECK(hipFree(d));
    std::printf("%d launches right\n", launches);
}

static void memory_and_errors() {
    size_t before, during, after, total;
    CHECK(hipMemGetInfo(&before, &total));
    hipDeviceProp_t device;
    CHECK(hipGetDeviceProperties(&device, 0));
    REQUIRE(total == device.totalGlobalMem && before <= total);
    auto* d = device_array<char>(256 << 20);
    CHECK(hipMemGetInfo(&during, &total));
    REQUIRE(before - during >= size_t(256) << 20);
    hipPointerAttribute_t attributes;
    CHECK(hipPointerGetAttributes(&attributes, d + 1000));
    REQUIRE(attributes.memoryType == hipMemoryTypeDevice);
    CHECK(hipFree(d));
    CHECK(hipMemGetInfo(&after, &total));
    REQUIRE(after == before);

    void* p = nullptr;
    int on_stack;
    REFUSED(hipMalloc(&p, total + (size_t(1) << 30)));
    REFUSED(hipFree(&on_stack));
    REFUSED(hipMemcpy(nullptr, &on_stack, 4, hipMemcpyHostToDevice));
    REFUSED(hipSetDevice(7));
    increment<<<1, 2048>>>(nullptr, 0, 0);  // more lanes than a group may have
    REFUSED(hipGetLastError());
    CHECK(hipMalloc(&p, 4096));  // and the device still works
    CHECK(hipMemset(p, 1, 4096));
    CHECK(hipFree(p));
    std::printf("accounting and errors right\n");
}

int main() {
    copies();
    fills();
    rectangles();
    host_memory();
    streams();
    many_launches();
    memory_and_errors();
    CHECK(hipDeviceReset());
    fills();  // after a reset the device starts afresh
    std::printf("all right\n");
}
