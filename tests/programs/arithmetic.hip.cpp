// Kernels as a compiler writes them: integers, floats, LDS with barriers, shuffles, atomics; each beside the same C++
// on the host. Operations that IEEE 754 rounds exactly must be equal bit for bit.

#include <hip/hip_runtime.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

static void check(hipError_t status, const char* call) {
    if (status == hipSuccess) return;
    std::printf("%s: %s\n", call, hipGetErrorString(status));
    std::exit(1);
}
#define CHECK(call) check(call, #call)

// ---- one lane, one result: the same text runs on both sides ---------------------------------------------------------

#pragma clang fp contract(off)  // the host has no fused multiply-add to fuse into

__host__ __device__ uint32_t integers(uint32_t a, uint32_t b, int which) {
    const int32_t sa = a, sb = b;
    const uint64_t wide = uint64_t(a) << 32 | b;
    switch (which) {
        case 0:
            return a + 3 * b - (a >> 5);
        case 1:
            return a / (b | 1);
        case 2:
            return a % (b | 1);
        case 3:
            return (sa >> 1) / (sb | 1);
        case 4:
            return uint64_t(a) * b >> 32;
        case 5:
            return int64_t(sa) * sb >> 32;
        case 6:
            return wide * 0x9e3779b97f4a7c15 >> (a & 63);
        case 7:
            return __builtin_popcount(a) + 64 * __builtin_clz(b | 1) + 4096 * __builtin_ctz(a | 0x80000000);
        case 8:
            return (a << (b & 31)) | (a >> (-b & 31));
        case 9:
            return (sa < sb ? sa : sb) ^ (a > b ? a : b);
        case 10:
            return uint8_t(a) * uint8_t(b) + uint16_t(a >> 8) - int8_t(b);
        case 11:
            return int64_t(wide) >> (b & 63);
        case 12:
            return wide / (uint64_t(b) * 3 + 1);
        default:
            return (a & 0xff00) | (b ^ 0xf0f0f0f0) | ~(a | b);
    }
}
constexpr int integer_cases = 14;

__host__ __device__ float floats(float a, float b, int which) {
    switch (which) {
        case 0:
            return a + b;
        case 1:
            return a * b - a;
        case 2:
            return a / b;
        case 3:
            return fmaf(a, b, 1.5f);
        case 4:
            return sqrtf(fabsf(a));
        case 5:
            return fminf(a, b) - fmaxf(a, 2 * b);
        case 6:
            return float(int(a)) + float(unsigned(fabsf(b)));
        case 7:
            return floorf(a) + ceilf(b) + truncf(a) + rintf(b);
        case 8:
            return a < b ? -a : a >= 100 ? b : 0.25f;
        case 9:
            return float(double(a) * double(b) + 0.1);
        case 10:
            return float(double(a) / double(b));
        default:
            return ldexpf(a, int(b) % 8);
    }
}
constexpr int float_cases = 12;

template <class T, T F(T, T, int)> __global__ void apply(const T* a, const T* b, T* out, int n, int which) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = F(a[i], b[i], which);
}

template <class T, T F(T, T, int)>
bool same(const char* name, int cases, const std::vector<T>& a, const std::vector<T>& b) {
    const size_t n = a.size(), bytes = n * sizeof(T);
    T *da, *db, *dout;
    for (T** p : {&da, &db, &dout}) CHECK(hipMalloc(reinterpret_cast<void**>(p), bytes));
    CHECK(hipMemcpy(da, a.data(), bytes, hipMemcpyHostToDevice));
    CHECK(hipMemcpy(db, b.data(), bytes, hipMemcpyHostToDevice));
    std::vector<T> out(n);
    for (int which = 0; which < cases; which++) {
        apply<T, F><<<(n + 127) / 128, 128>>>(da, db, dout, n, which);
        CHECK(hipGetLastError());
        CHECK(hipMemcpy(out.data(), dout, bytes, hipMemcpyDeviceToHost));
        for (size_t i = 0; i < n; i++) {
            const T want = F(a[i], b[i], which);
            if (std::memcmp(&want, &out[i], sizeof(T)) == 0 || (want != want && out[i] != out[i])) continue;
            std::printf("%s, case %d: of %.9g and %.9g the device makes %.9g, the host %.9g\n", name, which,
                        double(a[i]), double(b[i]), double(out[i]), double(want));
            return false;
        }
    }
    for (T* p : {da, db, dout}) CHECK(hipFree(p));
    std::printf("%d %s operations right\n", cases, name);
    return true;
}

// ---- lanes together -------------------------------------------------------------------------------------------------

// One sum per block: a tree in LDS down to one wave, then shuffles; the histogram by LDS and global atomics.
__global__ void reduce(const int* in, int* sums, int* total, int* histogram, int n) {
    __shared__ int part[256];
    __shared__ int bins[16];
    const int lane = threadIdx.x, i = blockIdx.x * blockDim.x + lane;
    const int value = i < n ? in[i] : 0;
    if (lane < 16) bins[lane] = 0;
    part[lane] = value;
    __syncthreads();
    if (i < n) atomicAdd(&bins[value & 15], 1);
    for (int step = 128; step >= 64; step /= 2) {
        if (lane < step) part[lane] += part[lane + step];
        __syncthreads();
    }
    if (lane < 64) {
        int sum = part[lane];
        for (int step = 32; step > 0; step /= 2) sum += __shfl_down(sum, step);
        if (lane == 0) {
            sums[blockIdx.x] = sum;
            atomicAdd(total, sum);
        }
    }
    __syncthreads();
    if (lane < 16) atomicAdd(&histogram[lane], bins[lane]);
}

// A 32 x 32 tile turned over in LDS; the grid has two dimensions and edges.
__global__ void transpose(const float* in, float* out, int rows, int cols) {
    __shared__ float tile[32][33];
    int r = blockIdx.y * 32 + threadIdx.y, c = blockIdx.x * 32 + threadIdx.x;
    for (int k = 0; k < 32; k += 8)
        if (r + k < rows && c < cols) tile[threadIdx.y + k][threadIdx.x] = in[(r + k) * cols + c];
    __syncthreads();
    r = blockIdx.x * 32 + threadIdx.y, c = blockIdx.y * 32 + threadIdx.x;
    for (int k = 0; k < 32; k += 8)
        if (r + k < cols && c < rows) out[(r + k) * rows + c] = tile[threadIdx.x][threadIdx.y + k];
}

// Indexing a private array at run time takes scratch memory, a lane's own.
__global__ void scratch(const int* order, int* out, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    int own[64];
    for (int k = 0; k < 64; k++) own[(k * 5 + i) % 64] = k * i;
    int sum = 0;
    for (int k = 0; k < 8; k++) sum = sum * 3 + own[order[k]];
    if (i < n) out[i] = sum;
}

static bool reduction() {
    const int n = 10000, blocks = (n + 255) / 256;
    std::vector<int> in(n), sums(blocks), want(blocks), bins(16), want_bins(16);
    int want_total = 0, total = 0;
    for (int i = 0; i < n; i++) {
        in[i] = (i * 7919) % 1001 - 300;
        want[i / 256] += in[i], want_total += in[i], want_bins[in[i] & 15]++;
    }
    int *din, *dsums, *dtotal;  // dtotal: the total, then the 16 bins
    CHECK(hipMalloc(reinterpret_cast<void**>(&din), n * sizeof(int)));
    CHECK(hipMalloc(reinterpret_cast<void**>(&dsums), blocks * sizeof(int)));
    CHECK(hipMalloc(reinterpret_cast<void**>(&dtotal), 17 * sizeof(int)));
    CHECK(hipMemcpy(din, in.data(), n * sizeof(int), hipMemcpyHostToDevice));
    CHECK(hipMemset(dtotal, 0, 17 * sizeof(int)));
    reduce<<<blocks, 256>>>(din, dsums, dtotal, dtotal + 1, n);
    CHECK(hipGetLastError());
    CHECK(hipMemcpy(sums.data(), dsums, blocks * sizeof(int), hipMemcpyDeviceToHost));
    CHECK(hipMemcpy(&total, dtotal, sizeof(int), hipMemcpyDeviceToHost));
    CHECK(hipMemcpy(bins.data(), dtotal + 1, 16 * sizeof(int), hipMemcpyDeviceToHost));
    const bool right = sums == want && total == want_total && bins == want_bins;
    std::printf("reduction %s: total %d, expected %d\n", right ? "right" : "wrong", total, want_total);
    return right;
}

static bool transposition() {
    const int rows = 70, cols = 45;
    std::vector<float> in(rows * cols), out(rows * cols);
    for (int i = 0; i < rows * cols; i++) in[i] = i;
    float *din, *dout;
    for (float** p : {&din, &dout}) CHECK(hipMalloc(reinterpret_cast<void**>(p), in.size() * sizeof(float)));
    CHECK(hipMemcpy(din, in.data(), in.size() * sizeof(float), hipMemcpyHostToDevice));
    transpose<<<dim3((cols + 31) / 32, (rows + 31) / 32), dim3(32, 8)>>>(din, dout, rows, cols);
    CHECK(hipGetLastError());
    CHECK(hipMemcpy(out.data(), dout, in.size() * sizeof(float), hipMemcpyDeviceToHost));
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < cols; c++)
            if (out[c * rows + r] != in[r * cols + c]) {
                std::printf("transposition wrong: (%d, %d) is %g, not %g\n", c, r, out[c * rows + r], in[r * cols + c]);
                return false;
            }
    std::printf("transposition right\n");
    return true;
}

static bool private_arrays() {
    const int n = 500, order[8] = {3, 60, 17, 0, 63, 31, 32, 5};
    int *dorder, *dout;
    CHECK(hipMalloc(reinterpret_cast<void**>(&dorder), sizeof order));
    CHECK(hipMalloc(reinterpret_cast<void**>(&dout), n * sizeof(int)));
    CHECK(hipMemcpy(dorder, order, sizeof order, hipMemcpyHostToDevice));
    scratch<<<(n + 63) / 64, 64>>>(dorder, dout, n);
    CHECK(hipGetLastError());
    std::vector<int> out(n);
    CHECK(hipMemcpy(out.data(), dout, n * sizeof(int), hipMemcpyDeviceToHost));
    for (int i = 0; i < n; i++) {
        int own[64];
        for (int k = 0; k < 64; k++) own[(k * 5 + i) % 64] = k * i;
        uint32_t sum = 0;
        for (int k : order) sum = sum * 3 + own[k];
        if (out[i] == int(sum)) continue;
        std::printf("private array wrong: lane %d has %d, not %d\n", i, out[i], int(sum));
        return false;
    }
    std::printf("private arrays right\n");
    return true;
}

int main() {
    const int n = 2000;
    std::vector<uint32_t> a(n), b(n);
    std::vector<float> x(n), y(n);
    uint64_t state = 803;
    auto random = [&] { return uint32_t((state = state * 6364136223846793005 + 1442695040888963407) >> 32); };
    const uint32_t corners[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff};
    for (int i = 0; i < n; i++) {
        a[i] = i < 36 ? corners[i / 6] : random() >> (i % 29);
        b[i] = i < 36 ? corners[i % 6] : random() >> (i % 23);
        x[i] = float(int(random())) / 65536;
        y[i] = float(int(random()) | 1) / 1048576;
    }
    if (!same<uint32_t, integers>("integer", integer_cases, a, b)) return 1;
    if (!same<float, floats>("float", float_cases, x, y)) return 1;
    if (!reduction() || !transposition() || !private_arrays()) return 1;
    std::printf("all right\n");
}
