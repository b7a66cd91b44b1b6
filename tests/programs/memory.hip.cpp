// What HIP does with memory: copies of every kind, fills, rectangles and boxes, symbols, and host memory that the
// device sees. Every byte is compared.

#include "tests/programs/verify.hpp"

using Bytes = std::vector<unsigned char>;

static Bytes pattern(size_t n, unsigned seed) {
    Bytes b(n);
    for (size_t i = 0; i < n; i++) b[i] = (i * 2654435761u + seed * 40503u) >> 13;
    return b;
}

template <class T> static void** address(T*& p) { return reinterpret_cast<void**>(&p); }
static hipDeviceptr_t driver(void* p) { return reinterpret_cast<hipDeviceptr_t>(p); }

__global__ void increment(int* p, int n, int by) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) p[i] += by;
}

static void add(int* p, int n, int by) {
    increment<<<(n + 255) / 256, 256>>>(p, n, by);
    CHECK(hipGetLastError());
    CHECK(hipDeviceSynchronize());
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
        Array<unsigned char> first(room), second(room);
        first.fill(0xa5);
        second.fill(0x5a);
        CHECK(hipMemcpy(first + c.from, data.data(), c.bytes, hipMemcpyHostToDevice));
        CHECK(hipMemcpy(second + c.to, first + c.from, c.bytes, hipMemcpyDeviceToDevice));
        Bytes want(room, 0x5a);
        std::memcpy(want.data() + c.to, data.data(), c.bytes);
        EQUAL(second.host(), want);

        Bytes part(c.bytes + 1, 0x77), end(c.bytes + 1, 0x77);  // an odd host address
        std::memcpy(end.data() + 1, data.data(), c.bytes);
        CHECK(hipMemcpy(part.data() + 1, second + c.to, c.bytes, hipMemcpyDeviceToHost));
        EQUAL(part, end);
    }
    CHECK(hipMemcpy(nullptr, nullptr, 0, hipMemcpyHostToDevice));
    std::printf("copies right, 1 byte to 64 MiB\n");
}

// The same bytes through every call that copies, the kind given or left to HIP.
static void kinds_of_copies() {
    const size_t n = 100'001;
    hipStream_t stream;
    CHECK(hipStreamCreate(&stream));
    const Bytes data = pattern(n, 11);
    Array<unsigned char> d(n), e(n);
    unsigned char* pinned;
    CHECK(hipHostMalloc(address(pinned), n, 0));
    const auto arrives = [&](const char* how) {
        Bytes back(n);
        CHECK(hipMemcpyAsync(back.data(), e, n, hipMemcpyDeviceToHost, stream));
        CHECK(hipStreamSynchronize(stream));
        if (back != data) verify::stop(__LINE__, how, "the bytes differ");
        e.fill(0);
        d.fill(0);
        std::memset(pinned, 0, n);
    };
    CHECK(hipMemcpy(d, data.data(), n, hipMemcpyDefault));
    CHECK(hipMemcpy(e, d, n, hipMemcpyDefault));
    arrives("hipMemcpyDefault");
    CHECK(hipMemcpyHtoD(driver(d), const_cast<unsigned char*>(data.data()), n));
    CHECK(hipMemcpyDtoD(driver(e), driver(d), n));
    arrives("hipMemcpyHtoD and hipMemcpyDtoD");
    CHECK(hipMemcpyHtoDAsync(driver(d), const_cast<unsigned char*>(data.data()), n, stream));
    CHECK(hipMemcpyDtoDAsync(driver(e), driver(d), n, stream));
    arrives("hipMemcpyHtoDAsync and hipMemcpyDtoDAsync");
    CHECK(hipMemcpyWithStream(d, data.data(), n, hipMemcpyHostToDevice, stream));
    CHECK(hipMemcpyPeer(e, 0, d, 0, n));
    arrives("hipMemcpyPeer to itself");
    CHECK(hipMemcpyAsync(d, data.data(), n, hipMemcpyHostToDevice, stream));
    CHECK(hipMemcpyPeerAsync(e, 0, d, 0, n, stream));
    arrives("hipMemcpyPeerAsync to itself");
    CHECK(hipMemcpy(pinned, data.data(), n, hipMemcpyHostToHost));
    CHECK(hipMemcpyAsync(d, pinned, n, hipMemcpyHostToDevice, stream));
    CHECK(hipMemcpyAsync(e, d, n, hipMemcpyDeviceToDevice, stream));
    arrives("from pinned memory");
    CHECK(hipMemcpyAsync(d, data.data(), n, hipMemcpyDefault, stream));
    CHECK(hipMemcpyAsync(pinned, d, n, hipMemcpyDefault, stream));
    CHECK(hipMemcpyAsync(e, pinned, n, hipMemcpyDefault, stream));
    arrives("asynchronous copies in a row");
    Bytes back(n);
    d.set(data);
    CHECK(hipMemcpyDtoH(back.data(), driver(d), n));
    EQUAL(back, data);
    CHECK(hipMemcpyDtoHAsync(pinned, driver(d), n, stream));
    CHECK(hipStreamSynchronize(stream));
    REQUIRE(std::memcmp(pinned, data.data(), n) == 0);

    int can = -1;
    CHECK(hipDeviceCanAccessPeer(&can, 0, 0));
    EQUAL(can, 0);
    REFUSED(hipMemcpyPeer(e, 1, d, 0, n), hipErrorInvalidDevice);
    REFUSED(hipMemcpy(nullptr, data.data(), n, hipMemcpyHostToDevice), hipErrorInvalidValue);
    REFUSED(hipMemcpy(d, nullptr, n, hipMemcpyHostToDevice), hipErrorInvalidValue);
    CHECK(hipHostFree(pinned));
    CHECK(hipStreamDestroy(stream));
    std::printf("kinds of copies right\n");
}

static void fills() {
    const size_t room = 1 << 20;
    Array<unsigned char> d(room);
    Bytes want(room);
    for (size_t bytes : {size_t(1), size_t(3), size_t(4), size_t(17), size_t(4096), size_t(99999), room})
        for (size_t at : {size_t(0), size_t(1), size_t(6), size_t(64)}) {
            if (at + bytes > room) continue;
            if (at % 16 && bytes < 16) continue;  // HIP 5.2.3 subtracts past zero here and fills 2^32 bytes
            d.fill(0);
            CHECK(hipMemset(d + at, 0xc3, bytes));
            std::memset(want.data(), 0, room);
            std::memset(want.data() + at, 0xc3, bytes);
            EQUAL(d.host(), want);
        }
    hipStream_t stream;
    CHECK(hipStreamCreate(&stream));
    for (const bool async : {false, true}) {
        d.fill(0);
        std::memset(want.data(), 0, room);
        if (async) {
            CHECK(hipMemsetD32Async(driver(d), 0x12345678, 1000, stream));
            CHECK(hipMemsetD16Async(driver(d + 4000), 0xabcd, 500, stream));
            CHECK(hipMemsetD8Async(driver(d + 5000), 0x9e, 777, stream));
            CHECK(hipMemsetAsync(d + 8000, 0x31, 64, stream));
            CHECK(hipStreamSynchronize(stream));
        } else {
            CHECK(hipMemsetD32(driver(d), 0x12345678, 1000));
            CHECK(hipMemsetD16(driver(d + 4000), 0xabcd, 500));
            CHECK(hipMemsetD8(driver(d + 5000), 0x9e, 777));
            CHECK(hipMemset(d + 8000, 0x31, 64));
        }
        for (size_t i = 0; i < 1000; i++) {
            const unsigned word = 0x12345678;
            std::memcpy(want.data() + 4 * i, &word, 4);
        }
        for (size_t i = 0; i < 500; i++) want[4000 + 2 * i] = 0xcd, want[4001 + 2 * i] = 0xab;
        std::memset(want.data() + 5000, 0x9e, 777);
        std::memset(want.data() + 8000, 0x31, 64);
        EQUAL(d.host(), want);
    }
    REFUSED(hipMemset(nullptr, 1, 16), hipErrorInvalidValue);
    REFUSED(hipMemset(d, 1, room + 1), hipErrorInvalidValue);
    CHECK(hipStreamDestroy(stream));
    std::printf("fills right\n");
}

// Rows of `width` bytes out of wider ones, to the device, within it and back, the rest left alone.
static void rectangles() {
    const size_t width = 100, height = 37, host_pitch = 130;
    const Bytes host = pattern(host_pitch * height, 5);
    void *d, *e;
    size_t pitch, other_pitch;
    hipStream_t stream;
    CHECK(hipStreamCreate(&stream));
    CHECK(hipMallocPitch(&d, &pitch, width, height));
    CHECK(hipMallocPitch(&e, &other_pitch, width + 200, height));
    REQUIRE(pitch >= width && other_pitch >= width + 200);
    for (const bool async : {false, true}) {
        Bytes back(host_pitch * height, 0x22), want = back;
        if (async) {
            CHECK(hipMemset2DAsync(d, pitch, 0x11, width, height, stream));
            CHECK(hipMemset2DAsync(e, other_pitch, 0x33, width, height, stream));
            CHECK(
                hipMemcpy2DAsync(d, pitch, host.data(), host_pitch, width - 10, height, hipMemcpyHostToDevice, stream));
            CHECK(hipMemcpy2DAsync(e, other_pitch, d, pitch, width - 5, height, hipMemcpyDeviceToDevice, stream));
            CHECK(hipMemcpy2DAsync(back.data(), host_pitch, e, other_pitch, width, height, hipMemcpyDeviceToHost,
                                   stream));
            CHECK(hipStreamSynchronize(stream));
        } else {
            CHECK(hipMemset2D(d, pitch, 0x11, width, height));
            CHECK(hipMemset2D(e, other_pitch, 0x33, width, height));
            CHECK(hipMemcpy2D(d, pitch, host.data(), host_pitch, width - 10, height, hipMemcpyHostToDevice));
            CHECK(hipMemcpy2D(e, other_pitch, d, pitch, width - 5, height, hipMemcpyDeviceToDevice));
            CHECK(hipMemcpy2D(back.data(), host_pitch, e, other_pitch, width, height, hipMemcpyDeviceToHost));
        }
        for (size_t row = 0; row < height; row++) {
            std::memcpy(&want[row * host_pitch], &host[row * host_pitch], width - 10);
            std::memset(&want[row * host_pitch + width - 10], 0x11, 5);
            std::memset(&want[row * host_pitch + width - 5], 0x33, 5);
        }
        EQUAL(back, want);
    }
    REFUSED(hipMemcpy2D(d, width - 1, host.data(), host_pitch, width, height, hipMemcpyHostToDevice),
            hipErrorInvalidPitchValue);
    CHECK(hipFree(d));
    CHECK(hipFree(e));
    CHECK(hipStreamDestroy(stream));
    std::printf("rectangles right\n");
}

// A box out of the middle of one on the host goes to the middle of one on the device and back to a third place.
static void boxes() {
    const size_t w = 50, h = 20, depth = 9;
    const Bytes host = pattern(w * h * depth, 21);
    hipPitchedPtr d;
    CHECK(hipMalloc3D(&d, make_hipExtent(w, h, depth)));
    REQUIRE(d.pitch >= w);
    CHECK(hipMemset3D(d, 0x44, make_hipExtent(w, h, depth)));
    const hipExtent part = make_hipExtent(17, 11, 5);
    hipMemcpy3DParms in = {}, out = {};
    in.srcPtr = make_hipPitchedPtr(const_cast<unsigned char*>(host.data()), w, w, h);
    in.srcPos = make_hipPos(3, 2, 1);
    in.dstPtr = d;
    in.dstPos = make_hipPos(8, 4, 2);
    in.extent = part;
    in.kind = hipMemcpyHostToDevice;
    CHECK(hipMemcpy3D(&in));

    Bytes back(w * h * depth, 0x66), want(w * h * depth, 0x44);
    out.srcPtr = d;
    out.dstPtr = make_hipPitchedPtr(back.data(), w, w, h);
    out.extent = make_hipExtent(w, h, depth);
    out.kind = hipMemcpyDeviceToHost;
    hipStream_t stream;
    CHECK(hipStreamCreate(&stream));
    CHECK(hipMemcpy3DAsync(&out, stream));
    CHECK(hipStreamSynchronize(stream));
    for (size_t z = 0; z < part.depth; z++)
        for (size_t y = 0; y < part.height; y++)
            std::memcpy(&want[((z + 2) * h + y + 4) * w + 8], &host[((z + 1) * h + y + 2) * w + 3], part.width);
    EQUAL(back, want);

    hipPitchedPtr e;  // and within the device
    CHECK(hipMalloc3D(&e, make_hipExtent(w + 30, h, depth)));
    hipMemcpy3DParms across = {};
    across.srcPtr = d;
    across.dstPtr = e;
    across.extent = make_hipExtent(w, h, depth);
    across.kind = hipMemcpyDeviceToDevice;
    CHECK(hipMemcpy3D(&across));
    std::fill(back.begin(), back.end(), 0);
    out.srcPtr = e;
    CHECK(hipMemcpy3D(&out));
    EQUAL(back, want);
    CHECK(hipFree(d.ptr));
    CHECK(hipFree(e.ptr));
    CHECK(hipStreamDestroy(stream));
    std::printf("boxes right\n");
}

__constant__ int constants[200];
__device__ int variable[200] = {1, 2, 3};

__global__ void use_symbols(int* out) {
    const int i = threadIdx.x;
    out[i] = constants[i] + 1000 * variable[i];
    variable[i] = -i;
}

static void symbols() {
    const int n = 200;
    std::vector<int> values(n), more(n), want(n);
    for (int i = 0; i < n; i++) values[i] = i * i, more[i] = 5 * i, want[i] = 5000 * i + (i < 50 ? i * i : 7 * i);
    size_t bytes = 0;
    void* where = nullptr;
    CHECK(hipGetSymbolSize(&bytes, HIP_SYMBOL(constants)));
    EQUAL(bytes, n * sizeof(int));
    CHECK(hipGetSymbolAddress(&where, HIP_SYMBOL(variable)));
    int first[3];
    CHECK(hipMemcpy(first, where, sizeof first, hipMemcpyDeviceToHost));
    REQUIRE(first[0] == 1 && first[1] == 2 && first[2] == 3);

    hipStream_t stream;
    CHECK(hipStreamCreate(&stream));
    CHECK(hipMemcpyToSymbol(HIP_SYMBOL(constants), values.data(), n * sizeof(int)));
    for (int i = 0; i < n; i++) values[i] = 7 * i;
    CHECK(hipMemcpyToSymbol(HIP_SYMBOL(constants), &values[50], 150 * sizeof(int), 50 * sizeof(int)));
    CHECK(hipMemcpyToSymbolAsync(HIP_SYMBOL(variable), more.data(), n * sizeof(int), 0, hipMemcpyHostToDevice, stream));
    CHECK(hipStreamSynchronize(stream));
    Array<int> out(n);
    use_symbols<<<1, n>>>(out);
    CHECK(hipGetLastError());
    EQUAL(out.host(), want);
    std::vector<int> back(n);
    CHECK(hipMemcpyFromSymbol(back.data(), HIP_SYMBOL(variable), n * sizeof(int)));
    for (int i = 0; i < n; i++) want[i] = -i;
    EQUAL(back, want);
    CHECK(hipMemcpyFromSymbolAsync(back.data(), HIP_SYMBOL(variable), 4, 40, hipMemcpyDeviceToHost, stream));
    CHECK(hipStreamSynchronize(stream));
    EQUAL(back[0], -10);
    REFUSED(hipMemcpyToSymbol(HIP_SYMBOL(variable), more.data(), n * sizeof(int), 4), hipErrorInvalidValue);
    REFUSED(hipMemcpyToSymbol(nullptr, more.data(), 4), hipErrorInvalidSymbol);
    CHECK(hipStreamDestroy(stream));
    std::printf("symbols right\n");
}

static std::vector<int> numbers(const int* p, int n) { return std::vector<int>(p, p + n); }
static std::vector<int> counting(int n, int times, int plus) {
    std::vector<int> all(n);
    for (int i = 0; i < n; i++) all[i] = times * i + plus;
    return all;
}

static void pinned_memory() {
    const int n = 50000;
    const size_t bytes = n * sizeof(int);
    Array<int> d(n);
    const unsigned flags[] = {hipHostMallocDefault,
                              hipHostMallocMapped,
                              hipHostMallocPortable,
                              hipHostMallocWriteCombined,
                              hipHostMallocCoherent,
                              hipHostMallocNonCoherent,
                              hipHostMallocMapped | hipHostMallocWriteCombined};
    for (const unsigned flag : flags) {
        int *pinned, *mapped;
        CHECK(hipHostMalloc(address(pinned), bytes, flag));
        for (int i = 0; i < n; i++) pinned[i] = i;
        CHECK(hipMemcpy(d, pinned, bytes, hipMemcpyHostToDevice));
        add(d, n, 1);
        CHECK(hipMemcpy(pinned, d, bytes, hipMemcpyDeviceToHost));
        EQUAL(numbers(pinned, n), counting(n, 1, 1));
        CHECK(hipHostGetDevicePointer(address(mapped), pinned, 0));
        add(mapped, n, 10);  // the kernel writes host memory
        EQUAL(numbers(pinned, n), counting(n, 1, 11));
        unsigned said = 0;
        CHECK(hipHostGetFlags(&said, pinned));
        const unsigned kept = hipHostMallocPortable | hipHostMallocMapped | hipHostMallocWriteCombined;
        EQUAL(said & flag & kept, flag & kept);  // HIP says nothing of coherence
        hipPointerAttribute_t attributes;
        CHECK(hipPointerGetAttributes(&attributes, pinned));
        EQUAL(attributes.memoryType, hipMemoryTypeHost);
        REQUIRE(attributes.hostPointer == pinned && attributes.devicePointer == mapped);
        CHECK(hipHostFree(pinned));
    }
    int on_stack;
    REFUSED(hipHostFree(&on_stack), hipErrorInvalidValue);
    REFUSED(hipHostMalloc(nullptr, bytes, 0), hipErrorInvalidValue);
    std::printf("pinned memory right\n");
}

static void registered_memory() {
    const int n = 50000;
    const size_t bytes = n * sizeof(int);
    Array<int> d(n);
    std::vector<int> own(n + 3);  // not page aligned
    for (const unsigned flag : {hipHostRegisterDefault, hipHostRegisterPortable, hipHostRegisterMapped}) {
        int* mapped;
        for (int i = 0; i < n; i++) own[i + 3] = -i;
        CHECK(hipHostRegister(own.data() + 3, bytes, flag));
        CHECK(hipHostGetDevicePointer(address(mapped), own.data() + 3, 0));
        add(mapped, n, 5);
        EQUAL(numbers(own.data() + 3, n), counting(n, -1, 5));
        CHECK(hipMemcpy(d, own.data() + 3, bytes, hipMemcpyHostToDevice));
        CHECK(hipHostUnregister(own.data() + 3));
        REFUSED(hipHostUnregister(own.data() + 3), hipErrorHostMemoryNotRegistered);
        EQUAL(d.host(), counting(n, -1, 5));
        REFUSED(hipHostGetDevicePointer(address(mapped), own.data() + 3, 0), hipErrorInvalidValue);
    }
    REFUSED(hipHostRegister(nullptr, bytes, 0), hipErrorInvalidValue);
    std::printf("registered memory right\n");
}

static void managed_memory() {
    const int n = 50000;
    const size_t bytes = n * sizeof(int);
    int *managed, *second;
    CHECK(hipMallocManaged(address(managed), bytes, hipMemAttachGlobal));
    CHECK(hipMallocManaged(address(second), bytes, hipMemAttachHost));
    for (int i = 0; i < n; i++) managed[i] = 2 * i;
    add(managed, n, 3);  // both sides write it in turn
    EQUAL(numbers(managed, n), counting(n, 2, 3));
    for (int i = 0; i < n; i++) managed[i] -= i;
    add(managed, n, -3);
    EQUAL(numbers(managed, n), counting(n, 1, 0));
    CHECK(hipMemcpy(second, managed, bytes, hipMemcpyDefault));
    EQUAL(numbers(second, n), counting(n, 1, 0));
    CHECK(hipMemset(second, 0xff, bytes));
    CHECK(hipDeviceSynchronize());
    EQUAL(numbers(second, n), counting(n, 0, -1));
    CHECK(hipFree(managed));
    CHECK(hipFree(second));
    REFUSED(hipMallocManaged(address(managed), 0, hipMemAttachGlobal), hipErrorInvalidValue);
    REFUSED(hipMallocManaged(address(managed), bytes, 99), hipErrorInvalidValue);
    std::printf("managed memory right\n");
}

static void accounting() {
    size_t before, during, after, total;
    CHECK(hipMemGetInfo(&before, &total));
    hipDeviceProp_t device;
    CHECK(hipGetDeviceProperties(&device, 0));
    REQUIRE(total == device.totalGlobalMem && before <= total);
    {
        Array<char> d(256 << 20);
        CHECK(hipMemGetInfo(&during, &total));
        REQUIRE(before - during >= size_t(256) << 20);
        hipPointerAttribute_t attributes;
        CHECK(hipPointerGetAttributes(&attributes, d + 1000));
        EQUAL(attributes.memoryType, hipMemoryTypeDevice);
        EQUAL(attributes.device, 0);
        hipDeviceptr_t base;
        size_t bytes;
        CHECK(hipMemGetAddressRange(&base, &bytes, driver(d + 1000)));
        REQUIRE(base == driver(d) && bytes == size_t(256) << 20);
    }
    CHECK(hipMemGetInfo(&after, &total));
    EQUAL(after, before);

    void* p = nullptr;
    int on_stack;
    CHECK(hipMalloc(&p, 0));
    REQUIRE(p == nullptr);
    CHECK(hipFree(nullptr));
    REFUSED(hipMalloc(&p, total + (size_t(1) << 30)), hipErrorOutOfMemory);
    REFUSED(hipMalloc(nullptr, 16), hipErrorInvalidValue);
    REFUSED(hipFree(&on_stack), hipErrorInvalidValue);
    CHECK(hipMalloc(&p, 4096));  // and the device still works
    CHECK(hipMemset(p, 1, 4096));
    CHECK(hipFree(p));
    std::printf("accounting right\n");
}

int main() {
    copies();
    kinds_of_copies();
    fills();
    rectangles();
    boxes();
    symbols();
    pinned_memory();
    registered_memory();
    managed_memory();
    accounting();
    CHECK(hipDeviceReset());
    fills();  // after a reset the device starts afresh
    return verify::all_right();
}
