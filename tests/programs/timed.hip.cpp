// Kernels whose time is easily got wrong, by name: timed NAME runs one and looks at what it left. Work that is handed
// out by an atomic, functions that are first called late, barriers of the whole grid, uneven groups, scratch memory.

#include "tests/programs/verify.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace {

constexpr int words = 1 << 20;

// Places by an atomic, without a loop.
__global__ void compact(const int* in, int* out, int* count) {
    const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
    if ((in[i] & 3) == 0) out[atomicAdd(count, 1)] = i;
}

// What a group does depends on when it came.
__global__ void by_number(const int* in, int* out, int* count) {
    __shared__ int job;
    if (threadIdx.x == 0) job = atomicAdd(count, 1);
    __syncthreads();
    int sum = 0;
    for (int k = 0; k < (job % 64 == 5 ? 300 : 10); ++k) sum = sum * 3 + in[threadIdx.x + unsigned(sum & 1)];
    out[job * int(blockDim.x) + int(threadIdx.x)] = sum;
}

// The group that comes last adds up what all have left.
__global__ void last_group(const int* in, int* out, int* count, int* total) {
    int sum = 0;
    for (unsigned k = 0; k < blockIdx.x % 7 * 20; ++k) sum += in[(blockIdx.x * 977 + k * 64 + threadIdx.x) % words];
    out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
    __threadfence();
    __shared__ int last;
    if (threadIdx.x == 0) last = atomicAdd(count, 1) == int(gridDim.x) - 1;
    __syncthreads();
    if (!last) return;
    int all = 0;
    for (unsigned k = threadIdx.x; k < gridDim.x * blockDim.x; k += blockDim.x) all += out[k];
    atomicAdd(total, all);
}

// Functions that stay functions; most groups do not call them, and who does first is a matter of chance.
__device__ __attribute__((noinline)) int near(const int* p, unsigned i) {
    return p[i % words] * 3 + p[(i + 64) % words];
}
__device__ __attribute__((noinline)) int far(const int* p, unsigned i) { return p[i % words] ^ p[(i + 4096) % words]; }
__global__ void calls(const int* in, int* out) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    int sum = in[i % words];
    for (unsigned k = 0; k < 20; ++k) {
        if (blockIdx.x < 900)
            sum += in[(i + k * 3001) % words];
        else
            sum += blockIdx.x % 2 ? near(in, i + k * 3001) : far(in, i + k * 3001);
    }
    out[i] = sum;
}

// All groups wait for all; the barrier stands right in front of a loop's head.
__global__ void meet(int* arrived, int* out) {
    if (threadIdx.x == 0) {
        atomicAdd(arrived, 1);
        while (__hip_atomic_load(arrived, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT) < int(gridDim.x)) {
        }
    }
    int turns = 8;
    asm volatile("s_mov_b32 s20, %0\n s_barrier\n 0: s_sub_u32 s20, s20, 1\n s_cmp_lg_u32 s20, 0\n s_cbranch_scc1 0b"
                 :
                 : "s"(turns)
                 : "s20", "scc", "memory");
    out[blockIdx.x * blockDim.x + threadIdx.x] = turns;
}

// Groups of other sizes at the edges of a plane, and work that differs from one to the next.
__global__ void uneven(int* out, unsigned width, unsigned height) {
    const unsigned x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    int sum = 0;
    for (unsigned k = 0; k < (blockIdx.x * 7 + blockIdx.y * 13) % 50; ++k) {
        asm volatile("s_sleep 1\n v_add_u32 %0, vcc, 1, %0" : "+v"(sum) : : "vcc");
    }
    if (x < width && y < height) out[y * width + x] = sum;
}

// An array of each lane's own that is indexed, so it lies in scratch memory; the atomic has it timed in step.
__global__ void scratch(const int* in, int* out, int* count) {
    int mine[32];
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    for (int k = 0; k < 32; ++k) mine[k] = in[(i + unsigned(k)) % words];
    int sum = atomicAdd(count, 0);
    for (int k = 0; k < 32; ++k) sum += mine[unsigned(in[(i + unsigned(k)) % words]) % 32];
    out[i] = sum;
}

__global__ void writes(int* out, int turns) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    for (int k = 0; k < turns; ++k) out[(i + unsigned(k) * gridDim.x * blockDim.x) % words] = int(i);
}

// Nothing but the vector ALU, without a barrier.
__global__ void alone(float* out, int turns) {
    float a = float(threadIdx.x), b = 1;
    for (int i = 0; i < turns; ++i)
        asm volatile("v_mac_f32 %0, %1, %1\n v_mac_f32 %0, %1, %1\n v_mac_f32 %0, %1, %1\n v_mac_f32 %0, %1, %1"
                     : "+v"(a)
                     : "v"(b));
    out[blockIdx.x * blockDim.x + threadIdx.x] = a;
}

// One group takes as long as all the others.
__global__ void heavy(float* out, int turns) {
    float a = float(threadIdx.x), b = 1;
    for (int i = 0; blockIdx.x == 1 && i < turns; ++i) asm volatile("v_mac_f32 %0, %1, %1" : "+v"(a) : "v"(b));
    out[blockIdx.x * blockDim.x + threadIdx.x] = a;
}

// Each group goes on for as long as it is told.
__global__ void told(const int* turns, int* out) {
    int sum = 0;
    for (int k = 0; k < turns[blockIdx.x]; ++k) asm volatile("v_add_u32 %0, vcc, 1, %0" : "+v"(sum) : : "vcc");
    out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

std::vector<int> numbers() {
    std::vector<int> n(words);
    Random random(7);
    for (int& x : n) x = int(random() >> 8);
    return n;
}

struct Arrays {
    const std::vector<int> in = numbers();
    Array<int> device{in}, out{size_t(4) << 20}, one{64};
    Arrays() { out.fill(0), one.fill(0); }
};

void run_compact(Arrays& a) {
    compact<<<600, 256>>>(a.device, a.out, a.one);
    std::vector<int> want, got = a.out.host();
    for (int i = 0; i < 600 * 256; ++i)
        if (a.in[size_t(i)] % 4 == 0) want.push_back(i);
    EQUAL(a.one.host()[0], int(want.size()));
    got.resize(want.size());
    std::sort(got.begin(), got.end());
    EQUAL(got, want);
}

void run_by_number(Arrays& a) {
    constexpr int groups = 300, lanes = 256;
    by_number<<<groups, lanes>>>(a.device, a.out, a.one);
    const std::vector<int> got = a.out.host();
    for (int job = 0; job < groups; ++job)
        for (int lane = 0; lane < lanes; ++lane) {
            uint32_t sum = 0;
            for (int k = 0; k < (job % 64 == 5 ? 300 : 10); ++k)
                sum = sum * 3 + uint32_t(a.in[size_t(lane) + (sum & 1)]);
            REQUIRE(uint32_t(got[size_t(job * lanes + lane)]) == sum);
        }
}

void run_last_group(Arrays& a) {
    constexpr unsigned groups = 300, lanes = 256;
    Array<int> total(1);
    total.fill(0);
    last_group<<<groups, lanes>>>(a.device, a.out, a.one, total);
    uint32_t want = 0;
    for (unsigned group = 0; group < groups; ++group)
        for (unsigned lane = 0; lane < lanes; ++lane)
            for (unsigned k = 0; k < group % 7 * 20; ++k) want += uint32_t(a.in[(group * 977 + k * 64 + lane) % words]);
    EQUAL(uint32_t(total.host()[0]), want);
}

void run_calls(Arrays& a) {
    constexpr unsigned groups = 1200, lanes = 256;
    calls<<<groups, lanes>>>(a.device, a.out);
    const std::vector<int> got = a.out.host();
    const auto in = [&](unsigned i) { return uint32_t(a.in[i % words]); };
    for (unsigned i = 0; i < groups * lanes; ++i) {
        uint32_t sum = in(i);
        for (unsigned k = 0; k < 20; ++k) {
            const unsigned at = i + k * 3001, group = i / lanes;
            sum += group < 900 ? in(at) : group % 2 ? in(at)*3 + in(at + 64) : in(at) ^ in(at + 4096);
        }
        REQUIRE(uint32_t(got[i]) == sum);
    }
}

void run_meet(Arrays& a) {
    meet<<<36, 256>>>(a.one, a.out);
    REQUIRE(a.out.host()[36 * 256 - 1] == 8);
}

void run_uneven(Arrays& a) {
    constexpr unsigned width = 16 * 61, height = 16 * 60;
    uneven<<<dim3(61, 60), dim3(16, 16)>>>(a.out, width, height);
    const std::vector<int> got = a.out.host();
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x) REQUIRE(unsigned(got[y * width + x]) == (x / 16 * 7 + y / 16 * 13) % 50);
}

void run_scratch(Arrays& a) {
    constexpr unsigned groups = 600, lanes = 256;
    scratch<<<groups, lanes>>>(a.device, a.out, a.one);
    const std::vector<int> got = a.out.host();
    const auto in = [&](unsigned i) { return uint32_t(a.in[i % words]); };
    for (unsigned i = 0; i < groups * lanes; ++i) {
        uint32_t sum = 0;
        for (unsigned k = 0; k < 32; ++k) sum += in(i + in(i + k) % 32);
        REQUIRE(uint32_t(got[i]) == sum);
    }
}

void run_writes(Arrays& a) {
    writes<<<1024, 256>>>(a.out, 40);
    const std::vector<int> got = a.out.host();
    for (int i = 0; i < words; ++i) REQUIRE(got[size_t(i)] % (1 << 18) == i % (1 << 18));
}

void run_alone(Arrays&) {
    Array<float> out(36 * 4 * 256 * 4);
    alone<<<36 * 4 * 4, 256>>>(out, 2000);
    REQUIRE(out.host()[257] == 8001);
}

void run_heavy(Arrays&) {
    Array<float> out(40000 * 64);
    heavy<<<40000, 64>>>(out, 100000);
    const std::vector<float> got = out.host();
    REQUIRE(got[65] == 100001 && got[129] == 1);
}

// Five times; the last group is told one of two things.
void run_told(Arrays& a) {
    constexpr unsigned groups = 3000, lanes = 256;
    std::vector<int> turns(groups, 10);
    for (const int last : {10, 10, 2000, 10, 2000}) {
        turns.back() = last;
        Array<int> device(turns);
        told<<<groups, lanes>>>(device, a.out);
        const std::vector<int> got = a.out.host();
        REQUIRE(got[groups * lanes - 1] == last && got[0] == 10);
    }
}

constexpr struct {
    std::string_view name;
    void (*run)(Arrays&);
} tests[] = {
    {"compact", run_compact}, {"by_number", run_by_number}, {"last_group", run_last_group},
    {"calls", run_calls},     {"meet", run_meet},           {"uneven", run_uneven},
    {"scratch", run_scratch}, {"writes", run_writes},       {"alone", run_alone},
    {"heavy", run_heavy},     {"told", run_told},
};

}  // namespace

int main(int count, char** names) {
    bool any = false;
    for (const auto& test : tests)
        for (int i = 1; i < count; ++i)
            if (names[i] == test.name) {
                Arrays arrays;
                test.run(arrays);
                any = true;
            }
    REQUIRE(any);
    return verify::all_right();
}
