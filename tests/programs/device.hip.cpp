// What HIP offers inside kernels: lanes that talk to each other, votes, atomics, LDS of a size given at launch, memory
// allocated by the kernel, calls through pointers, recursion, printf, half and double arithmetic, the math library.

#include "tests/programs/verify.hpp"

#include <hip/hip_cooperative_groups.h>
#include <hip/hip_fp16.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

// ---- lanes ----------------------------------------------------------------------------------------------------------

template <class T> __global__ void shuffle(const T* in, T* out) {
    const int i = threadIdx.x;
    const T x = in[i];
    T* o = out + i;
    o[0 * 64] = __shfl(x, (i * 7 + 3) & 63);
    o[1 * 64] = __shfl_up(x, 5);
    o[2 * 64] = __shfl_down(x, 9);
    o[3 * 64] = __shfl_xor(x, 21);
    o[4 * 64] = __shfl(x, (i + 3) & 15, 16);
    o[5 * 64] = __shfl_up(x, 3, 8);
    o[6 * 64] = __shfl_down(x, 3, 32);
    o[7 * 64] = __shfl_xor(x, 5, 8);
}

template <class T> static void shuffles(uint32_t scale) {
    Random random(sizeof(T));
    std::vector<T> in(64), want(8 * 64);
    for (T& v : in) v = T(int32_t(random())) / T(scale);
    for (int i = 0; i < 64; i++) {
        want[0 * 64 + i] = in[(i * 7 + 3) & 63];
        want[1 * 64 + i] = in[i < 5 ? i : i - 5];
        want[2 * 64 + i] = in[i + 9 > 63 ? i : i + 9];
        want[3 * 64 + i] = in[i ^ 21];
        want[4 * 64 + i] = in[(i & ~15) | ((i + 3) & 15)];
        want[5 * 64 + i] = in[(i & 7) < 3 ? i : i - 3];
        want[6 * 64 + i] = in[(i & 31) + 3 > 31 ? i : i + 3];
        want[7 * 64 + i] = in[i ^ 5];
    }
    Array<T> a(in), out(want.size());
    shuffle<T><<<1, 64>>>(a, out);
    CHECK(hipGetLastError());
    EQUAL(out.host(), want);
}

__global__ void vote(const int* in, unsigned long long* out) {
    const int i = threadIdx.x, x = in[i];
    unsigned long long* o = out + i;
    o[0 * 64] = __ballot(x > 0);
    o[1 * 64] = __any(x > 1000);
    o[2 * 64] = __any(x == in[17]);
    o[3 * 64] = __all(x < 1000);
    o[4 * 64] = __all(x > 0);
    o[5 * 64] = __lane_id();
    o[6 * 64] = 0;
    if (x > 0) o[6 * 64] = __ballot(i & 1);  // of those that are here
    o[7 * 64] = __popcll(__ballot(x & 1)) * 100 + __ffsll(__ballot(x & 2));
}

static void votes() {
    Random random(5);
    std::vector<int> in(64);
    for (int& v : in) v = int(random() % 1999) - 999;
    unsigned long long positive = 0, odd = 0, second = 0, odd_lane = 0;
    for (int i = 0; i < 64; i++) {
        const unsigned long long bit = 1ull << i;
        if (in[i] > 0) positive |= bit;
        if (in[i] > 0 && (i & 1)) odd_lane |= bit;
        if (in[i] & 1) odd |= bit;
        if (in[i] & 2) second |= bit;
    }
    std::vector<unsigned long long> want(8 * 64);
    for (int i = 0; i < 64; i++) {
        const unsigned long long row[] = {
            positive,
            0,
            1,
            1,
            0,
            (unsigned long long)(i),
            in[i] > 0 ? odd_lane : 0,
            (unsigned long long)(__builtin_popcountll(odd) * 100 + __builtin_ffsll(second))};
        for (int k = 0; k < 8; k++) want[k * 64 + i] = row[k];
    }
    Array<int> a(in);
    Array<unsigned long long> out(want.size());
    vote<<<1, 64>>>(a, out);
    CHECK(hipGetLastError());
    EQUAL(out.host(), want);
}

// Every count is of the whole group, four waves and a part of one.
__global__ void group_votes(const int* in, int* out) {
    const int i = threadIdx.x;
    out[i] = __syncthreads_count(in[i] & 1) * 4 + __syncthreads_and(in[i] < 900) * 2 + __syncthreads_or(in[i] == -5);
    auto group = cooperative_groups::this_thread_block();
    group.sync();
    out[i] += 10000 * (group.size() == blockDim.x && group.thread_rank() == threadIdx.x);
}

static void counts_of_groups() {
    const int n = 300;
    for (int variant = 0; variant < 4; variant++) {
        std::vector<int> in(n);
        int odd = 0;
        for (int i = 0; i < n; i++) in[i] = i * 37 % 800, odd += in[i] & 1;
        if (variant & 1) odd -= in[290] & 1, in[290] = 950;
        if (variant & 2) odd += 1 - (in[299] & 1), in[299] = -5;
        const int want = 10000 + odd * 4 + !(variant & 1) * 2 + !!(variant & 2);
        Array<int> a(in), out(n);
        group_votes<<<1, n>>>(a, out);
        CHECK(hipGetLastError());
        EQUAL(out.host(), std::vector<int>(n, want));
    }
}

// The integer functions that HIP gives names to.
__global__ void integer_functions(const uint32_t* in, uint32_t* out) {
    const uint32_t a = in[threadIdx.x], b = in[64 + threadIdx.x];
    uint32_t* o = out + threadIdx.x;
    o[0 * 64] = __brev(a);
    o[1 * 64] = __clz(int(a)) + 100 * __ffs(int(a)) + 10000 * __popc(a);
    o[2 * 64] = __byte_perm(a, b, 0x5140);
    o[3 * 64] = __umulhi(a, b);
    o[4 * 64] = __mulhi(int(a), int(b));
    o[5 * 64] = __umul24(a, b);
    o[6 * 64] = __mul24(int(a), int(b));
    o[7 * 64] = __sad(int(a), int(b), 17);
    o[8 * 64] = __usad(a, b, 17);
    o[9 * 64] = __bitinsert_u32(a, b, a & 31, 5);
    o[10 * 64] = __ffsll((long long)(uint64_t(a) << 32 | b) & -256);
    o[11 * 64] = uint32_t(__brevll(uint64_t(a) << 32 | b) >> 13);
    o[12 * 64] = __clzll((uint64_t(a) << 32 | b) >> (b & 63));
    o[13 * 64] = __bitextract_u32(a, b & 15, 7);
    o[14 * 64] = __float_as_uint(__uint_as_float(a | 0x100));
    o[15 * 64] = uint32_t(__umul64hi(uint64_t(a) << 32 | b, uint64_t(b) << 32 | a));
}

static void integers() {
    Random random(77);
    std::vector<uint32_t> in(128), want(16 * 64);
    for (int i = 0; i < 128; i++) in[i] = i % 16 == 0 ? 0 : i % 16 == 1 ? ~0u : random() >> (i % 9);
    const auto reverse = [](uint64_t x, int bits) {
        uint64_t y = 0;
        for (int i = 0; i < bits; i++) y |= (x >> i & 1) << (bits - 1 - i);
        return y;
    };
    const auto signed24 = [](uint32_t x) { return int64_t(int32_t(x << 8) >> 8); };
    for (int i = 0; i < 64; i++) {
        const uint32_t a = in[i], b = in[64 + i];
        const int32_t sa = a, sb = b;
        const uint64_t wide = uint64_t(a) << 32 | b, shifted = wide >> (b & 63);
        const uint32_t bytes[] = {a & 255, a >> 8 & 255, b & 255, b >> 8 & 255};
        uint32_t row[16] = {
            uint32_t(reverse(a, 32)),
            uint32_t((a ? __builtin_clz(a) : 32) + 100 * __builtin_ffs(a) + 10000 * __builtin_popcount(a)),
            bytes[0] | bytes[2] << 8 | bytes[1] << 16 | bytes[3] << 24,
            uint32_t(uint64_t(a) * b >> 32),
            uint32_t(int64_t(sa) * sb >> 32),
            uint32_t(uint64_t(a & 0xffffff) * (b & 0xffffff)),
            uint32_t(signed24(a) * signed24(b)),
            uint32_t((sa > sb ? a - b : b - a) + 17),
            uint32_t((a > b ? a - b : b - a) + 17),
            (a & ~(31u << (a & 31))) | ((b & 31) << (a & 31)),
            uint32_t(__builtin_ffsll(wide & ~255ull)),
            uint32_t(reverse(wide, 64) >> 13),
            uint32_t(shifted ? __builtin_clzll(shifted) : 64),
            a >> (b & 15) & 127,
            a | 0x100,
            uint32_t((unsigned __int128)(wide) * (uint64_t(b) << 32 | a) >> 64),
        };
        for (int k = 0; k < 16; k++) want[k * 64 + i] = row[k];
    }
    Array<uint32_t> a(in), out(want.size());
    integer_functions<<<1, 64>>>(a, out);
    CHECK(hipGetLastError());
    EQUAL(out.host(), want);
}

static void lanes() {
    shuffles<int>(1);
    shuffles<float>(1024);
    shuffles<double>(1024);
    shuffles<long long>(1);
    votes();
    counts_of_groups();
    integers();
    std::printf("lanes right\n");
}

// ---- LDS ------------------------------------------------------------------------------------------------------------

extern __shared__ int dynamic[];

// Turns the group's part of the array round, through LDS that the launch sizes.
__global__ void turn_round(const int* in, int* out) {
    const int i = threadIdx.x, n = blockDim.x, base = blockIdx.x * n;
    dynamic[i] = in[base + i];
    __syncthreads();
    out[base + i] = dynamic[n - 1 - i];
}

static void dynamic_lds() {
    for (const int lanes : {1, 63, 64, 65, 200, 256, 1024}) {
        const int groups = 5;
        std::vector<int> in(lanes * groups), want(lanes * groups);
        for (int i = 0; i < lanes * groups; i++) in[i] = i * 3;
        for (int i = 0; i < lanes * groups; i++) want[i] = in[i / lanes * lanes + lanes - 1 - i % lanes];
        Array<int> a(in), out(in.size());
        turn_round<<<groups, lanes, lanes * sizeof(int)>>>(a, out);
        CHECK(hipGetLastError());
        EQUAL(out.host(), want);
    }
    turn_round<<<1, 64, 65 << 10>>>(nullptr, nullptr);  // more than a group may have
    REFUSED(hipGetLastError(), hipErrorOutOfMemory);
    std::printf("LDS of a size given at launch right\n");
}

// ---- atomics --------------------------------------------------------------------------------------------------------

struct Cells {
    int add, sub, min, max, exchange, exchange_min, exchange_sum;
    unsigned umin, umax, land, lor, lxor, inc, dec, cas;
    unsigned long long add64, min64, max64, and64, or64, xor64, cas64;
    float fadd;
    double dadd;
};

// Every lane does every operation on the same cells; what comes back must be possible, too.
__device__ void operate(Cells* c, int i, unsigned* wrong) {
    if (atomicAdd(&c->add, i) < 0) atomicAdd(wrong, 1);
    atomicSub(&c->sub, i);
    atomicMin(&c->min, 1000 - i);
    atomicMax(&c->max, i - 1000);
    if (atomicExch(&c->exchange, i) < -1) atomicAdd(wrong, 1);
    atomicMin(&c->umin, 0xfffffff0u - i);
    atomicMax(&c->umax, 0x80000000u + i);
    atomicAnd(&c->land, ~(1u << (i & 15)));
    atomicOr(&c->lor, 1u << (i & 31));
    atomicXor(&c->lxor, 0x1001u * i);
    if (atomicInc(&c->inc, 99) > 99) atomicAdd(wrong, 1);
    if (atomicDec(&c->dec, 99) > 99) atomicAdd(wrong, 1);
    for (unsigned seen = c->cas, next;; seen = next)  // doubles as a lock-free sum
        if ((next = atomicCAS(&c->cas, seen, seen + 3)) == seen) break;
    atomicAdd(&c->add64, (1ull << 32) + i);
    atomicMin(&c->min64, ~0ull - i);
    atomicMax(&c->max64, 1ull << 40 | i);
    atomicAnd(&c->and64, ~(1ull << (i & 63)));
    atomicOr(&c->or64, 1ull << (i & 63));
    atomicXor(&c->xor64, 0x100000001ull * i);
    for (unsigned long long seen = c->cas64, next;; seen = next)
        if ((next = atomicCAS(&c->cas64, seen, seen + (5ull << 33))) == seen) break;
    atomicAdd(&c->fadd, float(i & 7));
    atomicAdd(&c->dadd, double(i) / 4);
}

__device__ __host__ Cells fresh() {
    Cells c = {};
    c.min = 1 << 30;
    c.max = -(1 << 30);
    c.exchange = -1;
    c.umin = ~0u;
    c.land = ~0u;
    c.min64 = c.and64 = ~0ull;
    return c;
}

__global__ void global_atomics(Cells* c, unsigned* wrong) { operate(c, blockIdx.x * blockDim.x + threadIdx.x, wrong); }

__global__ void lds_atomics(Cells* out, unsigned* wrong) {
    __shared__ Cells c;
    if (threadIdx.x == 0) c = fresh();
    __syncthreads();
    operate(&c, threadIdx.x, wrong);
    __syncthreads();
    if (threadIdx.x == 0) *out = c;
}

static void verify_cells(const Cells& c, int n) {
    Cells w = fresh();
    for (int i = 0; i < n; i++) {
        w.add += i, w.sub -= i, w.min = std::min(w.min, 1000 - i), w.max = std::max(w.max, i - 1000);
        w.umin = std::min(w.umin, 0xfffffff0u - i), w.umax = std::max(w.umax, 0x80000000u + i);
        w.land &= ~(1u << (i & 15)), w.lor |= 1u << (i & 31), w.lxor ^= 0x1001u * i;
        w.inc = w.inc >= 99 ? 0 : w.inc + 1, w.dec = w.dec == 0 || w.dec > 99 ? 99 : w.dec - 1, w.cas += 3;
        w.add64 += (1ull << 32) + i, w.min64 = std::min(w.min64, ~0ull - i);
        w.max64 = std::max(w.max64, 1ull << 40 | i), w.and64 &= ~(1ull << (i & 63)), w.or64 |= 1ull << (i & 63);
        w.xor64 ^= 0x100000001ull * i, w.cas64 += 5ull << 33, w.fadd += i & 7, w.dadd += double(i) / 4;
    }
    REQUIRE(c.exchange >= 0 && c.exchange < n);
    w.exchange = c.exchange;
    EQUAL(c.add, w.add), EQUAL(c.sub, w.sub), EQUAL(c.min, w.min), EQUAL(c.max, w.max), EQUAL(c.umin, w.umin);
    EQUAL(c.umax, w.umax), EQUAL(c.land, w.land), EQUAL(c.lor, w.lor), EQUAL(c.lxor, w.lxor), EQUAL(c.inc, w.inc);
    EQUAL(c.dec, w.dec), EQUAL(c.cas, w.cas), EQUAL(c.add64, w.add64), EQUAL(c.min64, w.min64);
    EQUAL(c.max64, w.max64), EQUAL(c.and64, w.and64), EQUAL(c.or64, w.or64), EQUAL(c.xor64, w.xor64);
    EQUAL(c.cas64, w.cas64), EQUAL(c.fadd, w.fadd), EQUAL(c.dadd, w.dadd);
}

static void atomics() {
    Array<unsigned> wrong(1);
    wrong.fill(0);
    Array<Cells> cells(1);
    cells.set({fresh()});
    global_atomics<<<7, 192>>>(cells, wrong);
    CHECK(hipGetLastError());
    verify_cells(cells.host()[0], 7 * 192);
    lds_atomics<<<1, 192>>>(cells, wrong);
    CHECK(hipGetLastError());
    verify_cells(cells.host()[0], 192);
    Cells* pinned;  // memory of the host
    CHECK(hipHostMalloc(reinterpret_cast<void**>(&pinned), sizeof(Cells), 0));
    *pinned = fresh();
    global_atomics<<<3, 128>>>(pinned, wrong);
    CHECK(hipDeviceSynchronize());
    verify_cells(*pinned, 3 * 128);
    CHECK(hipHostFree(pinned));
    EQUAL(wrong.host()[0], 0u);
    std::printf("atomics right\n");
}

// ---- what takes a runtime inside the kernel -------------------------------------------------------------------------

struct Shape {
    __device__ virtual int area() const = 0;
    __device__ virtual ~Shape() {}
};
struct Square : Shape {
    int side;
    __device__ Square(int s) : side(s) {}
    __device__ int area() const override { return side * side; }
};
struct Strip : Shape {
    int length;
    __device__ Strip(int l) : length(l) {}
    __device__ int area() const override { return 2 * length; }
};

// Each lane allocates a list of its own length and objects of two classes, uses and frees them.
__global__ void allocate(int* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x, n = i % 13 + 1;
    int* list = static_cast<int*>(malloc(n * sizeof(int)));
    if (!list) {
        out[i] = -1;
        return;
    }
    for (int k = 0; k < n; k++) list[k] = i + k;
    Shape* shape = i % 3 ? static_cast<Shape*>(new Square(i % 50)) : static_cast<Shape*>(new Strip(i));
    int sum = shape->area();
    for (int k = 0; k < n; k++) sum += list[k];
    delete shape;
    free(list);
    out[i] = sum;
}

__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
__device__ __noinline__ int twice(int x) { return 2 * x; }
__device__ __noinline__ int square(int x) { return x * x; }
__device__ __noinline__ int negative(int x) { return -x; }

__global__ void call(const int* which, int* out) {
    int (*functions[])(int) = {twice, square, negative, fibonacci};
    const int i = threadIdx.x;
    out[i] = functions[which[i]](i % 12);
}

__global__ void say(int k) {
    if (threadIdx.x % 40 == 0)
        printf("group %d lane %d says %s: %d %.3f %c %llx\n", int(blockIdx.x), int(threadIdx.x), "words", k, k * 0.125,
               'x', 0x123456789abcull);
}

__global__ void clocks(long long* out) {
    const long long first = clock64();
    for (int i = 0; i < 100; i++) __builtin_amdgcn_s_sleep(1);
    *out = clock64() - first;
}

static void runtime() {
    const int n = 200;
    std::vector<int> want(n), which(n);
    for (int i = 0; i < n; i++) {
        const int count = i % 13 + 1;
        want[i] = (i % 3 ? (i % 50) * (i % 50) : 2 * i) + count * i + count * (count - 1) / 2;
    }
    Array<int> out(n);
    for (int round = 0; round < 3; round++) {
        allocate<<<4, 50>>>(out);
        CHECK(hipGetLastError());
        EQUAL(out.host(), want);
    }
    const std::function<int(int)> fib = [&](int k) { return k < 2 ? k : fib(k - 1) + fib(k - 2); };
    for (int i = 0; i < n; i++) {
        which[i] = i * 7 % 4;
        const int x = i % 12, results[] = {2 * x, x * x, -x, fib(x)};
        want[i] = results[which[i]];
    }
    Array<int> selection(which);
    call<<<1, n>>>(selection, out);
    CHECK(hipGetLastError());
    EQUAL(out.host(), want);
    std::fflush(stdout);
    say<<<2, 64>>>(803);
    CHECK(hipDeviceSynchronize());
    Array<long long> passed(1);
    clocks<<<1, 1>>>(passed);
    CHECK(hipGetLastError());
    REQUIRE(passed.host()[0] > 0);
    std::printf("memory, calls and clocks inside kernels right\n");
}

// ---- arithmetic -----------------------------------------------------------------------------------------------------

#pragma clang fp contract(off)

constexpr int half_operations = 12;

__global__ void half_arithmetic(const __half* a, const __half* b, __half* out, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const __half x = a[i], y = b[i];
    __half* o = out + i;
    o[0 * n] = __hadd(x, y);
    o[1 * n] = __hsub(x, y);
    o[2 * n] = __hmul(x, y);
    o[3 * n] = __hfma(x, y, x);
    o[4 * n] = __hneg(x);
    o[5 * n] = hsqrt(__habs(x));
    o[6 * n] = __hlt(x, y) ? x : y;
    o[7 * n] = hfloor(x);
    o[8 * n] = __float2half(__half2float(x) * 0.3f);
    const __half2 pair = __hmul2(__halves2half2(x, y), __halves2half2(y, y));
    o[9 * n] = __low2half(pair);
    o[10 * n] = __high2half(pair);
    o[11 * n] = __int2half_rn(__half2int_rz(x) & 1023);
}

static void halves() {
    const int n = 4000;
    Random random(16);
    using Half = _Float16;
    std::vector<uint16_t> a(n), b(n);
    const uint16_t corners[] = {0, 0x8000, 1, 0x8001, 0x3ff, 0x400, 0x3c00, 0xbc00, 0x7bff, 0xfbff, 0x7c00, 0x3555};
    for (int i = 0; i < n; i++) {
        a[i] = i < 144 ? corners[i / 12] : random() & 0xffff;
        b[i] = i < 144 ? corners[i % 12] : random() & 0xffff;
    }
    Array<uint16_t> da(a), db(b), out(n * half_operations);
    const auto half = [](uint16_t* p) { return reinterpret_cast<__half*>(p); };
    half_arithmetic<<<(n + 127) / 128, 128>>>(half(da), half(db), half(out), n);
    CHECK(hipGetLastError());
    const std::vector<uint16_t> got = out.host();
    const auto number = [](uint16_t bits) {
        Half h;
        std::memcpy(&h, &bits, 2);
        return float(h);
    };
    // Each is exact in double before the one rounding.
    const auto rounded = [](double x) {
        const Half h = Half(x);
        return float(h);
    };
    for (int i = 0; i < n; i++) {
        const float x = number(a[i]), y = number(b[i]);
        const bool whole = std::isfinite(x) && std::fabs(x) < 60000;
        const float want[half_operations] = {rounded(double(x) + y),
                                             rounded(double(x) - y),
                                             rounded(double(x) * y),
                                             rounded(std::fma(double(x), double(y), double(x))),
                                             -x,
                                             rounded(std::sqrt(std::fabs(double(x)))),
                                             x < y ? x : y,
                                             std::floor(x),
                                             rounded(double(x * 0.3f)),
                                             rounded(double(x) * y),
                                             rounded(double(y) * y),
                                             whole ? float(int(x) & 1023) : 0};
        for (int k = 0; k < half_operations; k++) {
            if (k == 11 && !whole) continue;
            const float is = number(got[k * n + i]);
            if (std::memcmp(&is, &want[k], 4) && !(std::isnan(is) && std::isnan(want[k])))
                verify::stop(__LINE__, "half operation " + verify::text(k),
                             "of " + verify::text(x) + " and " + verify::text(y) + " is " + verify::text(is) +
                                 ", expected was " + verify::text(want[k]));
        }
    }
    verify::facts += half_operations;
    std::printf("half arithmetic right\n");
}

constexpr int double_operations = 10;

__global__ void double_arithmetic(const double* a, const double* b, double* out, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const double x = a[i], y = b[i];
    double* o = out + i;
    o[0 * n] = x + y;
    o[1 * n] = x - y;
    o[2 * n] = x * y;
    o[3 * n] = x / y;
    o[4 * n] = fma(x, y, x);
    o[5 * n] = sqrt(fabs(x));
    o[6 * n] = floor(x) + ceil(y) + trunc(x) + rint(y);
    o[7 * n] = ldexp(x, int(i % 200) - 100);
    o[8 * n] = double((long long)(x)) + double((unsigned long long)(fabs(y))) + double(float(x)) + double(int(y));
    o[9 * n] = fmod(x, y);
}

static void doubles() {
    const int n = 4000;
    Random random(64);
    std::vector<double> a(n), b(n), want(n * double_operations);
    for (int i = 0; i < n; i++) {
        const auto value = [&] { return std::ldexp(double(int32_t(random())) + random() / 4294967296.0, -16); };
        a[i] = value(), b[i] = value();
        const double x = a[i], y = b[i];
        const double row[] = {
            x + y,
            x - y,
            x * y,
            x / y,
            std::fma(x, y, x),
            std::sqrt(std::fabs(x)),
            std::floor(x) + std::ceil(y) + std::trunc(x) + std::rint(y),
            std::ldexp(x, i % 200 - 100),
            double((long long)(x)) + double((unsigned long long)(std::fabs(y))) + double(float(x)) + double(int(y)),
            std::fmod(x, y)};
        for (int k = 0; k < double_operations; k++) want[k * n + i] = row[k];
    }
    Array<double> da(a), db(b), out(want.size());
    double_arithmetic<<<(n + 127) / 128, 128>>>(da, db, out, n);
    CHECK(hipGetLastError());
    EQUAL(out.host(), want);
    std::printf("double arithmetic right\n");
}

// The math library, within the error that OpenCL allows its functions: in units of the last place of a float, the same
// number for doubles.
// clang-format off
#define FUNCTIONS(F)                                                                         \
    F(exp, 3, x / 100) F(exp2, 3, x / 100) F(expm1, 3, x / 100) F(log, 3, fabs(x) + 1e-3)    \
    F(log2, 3, fabs(x) + 1e-3) F(log10, 3, fabs(x) + 1e-3) F(log1p, 2, fabs(x)) F(sin, 4, x) \
    F(cos, 4, x) F(tan, 5, x) F(asin, 4, x / 2000) F(acos, 4, x / 2000) F(atan, 5, x)        \
    F(sinh, 4, x / 100) F(cosh, 4, x / 100) F(tanh, 5, x / 100) F(asinh, 4, x)               \
    F(acosh, 4, fabs(x) + 1) F(atanh, 5, x / 2000) F(cbrt, 2, x) F(erf, 16, x / 500)         \
    F(erfc, 16, x / 500) F(tgamma, 16, fabs(x) / 100 + 0.5)
// clang-format on

template <class T> __global__ void library(const T* in, T* out, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    size_t at = i;
#define F(name, ulp, of) out[at] = name(in[at]), at += n;
    FUNCTIONS(F)
#undef F
}

template <class T> static void math(const char* type) {
    struct Row {
        const char* name;
        int ulp;
        T (*of)(T);
        long double (*right)(long double);
    };
    static const Row rows[] = {
#define F(name, ulp, of) {#name, ulp, [](T x) { return T(of); }, [](long double x) { return std::name(x); }},
        FUNCTIONS(F)
#undef F
    };
    const int n = 500;
    Random random(sizeof(T));
    std::vector<T> in(n * std::size(rows));
    for (size_t i = 0; i < in.size(); i++) in[i] = rows[i / n].of(T(int32_t(random())) / T(1 << 21));  // up to 1024
    Array<T> a(in), out(in.size());
    library<T><<<(n + 127) / 128, 128>>>(a, out, n);
    CHECK(hipGetLastError());
    const std::vector<T> got = out.host();
    double worst = 0;
    for (size_t r = 0; r < std::size(rows); r++)
        for (int i = 0; i < n; i++) {
            const long double want = rows[r].right(in[r * n + i]);
            const T is = got[r * n + i];
            const T nearest = T(want), unit = std::nextafter(std::fabs(nearest), INFINITY) - std::fabs(nearest);
            const double error = double(std::fabs(is - want) / unit);
            if (!(error <= rows[r].ulp) && !(std::isinf(nearest) && is == nearest))
                verify::stop(__LINE__, rows[r].name,
                             "for " + verify::text(in[r * n + i]) + " is " + verify::text(is) + ", expected was " +
                                 verify::text(nearest));
            if (!std::isinf(nearest)) worst = std::max(worst, error);
        }
    verify::facts += long(std::size(rows));
    std::printf("%zu functions of %s right, the worst result %.2f units in the last place off\n", std::size(rows), type,
                worst);
}

int main() {
    lanes();
    dynamic_lds();
    atomics();
    runtime();
    halves();
    doubles();
    math<float>("float");
    math<double>("double");
    return verify::all_right();
}
