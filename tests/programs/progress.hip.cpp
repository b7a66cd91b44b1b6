// Work that waits for other work: workgroups for earlier and for later ones, all for all, waves of a group for each
// other, kernels of two streams for each other, and the device and the host for each other. Each ends only if
// everything that is resident goes on.

#include "tests/programs/verify.hpp"

#include <thread>

__device__ int peek(int* word) { return __hip_atomic_load(word, __ATOMIC_ACQUIRE, __HIP_MEMORY_SCOPE_SYSTEM); }
__device__ void put(int* word, int value) {
    __hip_atomic_store(word, value, __ATOMIC_RELEASE, __HIP_MEMORY_SCOPE_SYSTEM);
}
__device__ void wait_for(int* word, int value) {
    while (peek(word) != value) __builtin_amdgcn_s_sleep(1);
}

// The groups pass a number on in the order of their flags; `step` says who comes before whom.
__global__ void pass_on(int* flags, int* values, int step) {
    const int me = blockIdx.x, before = me - step;
    if (threadIdx.x == 0) {
        const bool first = before < 0 || before >= int(gridDim.x);
        if (!first) wait_for(&flags[before], 1);
        values[me] = first ? 1 : values[before] + 1;
        put(&flags[me], 1);
    }
}

static int resident_groups(int lanes) {
    hipDeviceProp_t p;
    CHECK(hipGetDeviceProperties(&p, 0));
    int each = 0;
    CHECK(hipOccupancyMaxActiveBlocksPerMultiprocessor(&each, pass_on, lanes, 0));
    REQUIRE(each > 0);
    return each * p.multiProcessorCount;
}

static void groups_wait(int groups, int lanes, int step) {
    Array<int> flags(groups), values(groups);
    flags.fill(0);
    pass_on<<<groups, lanes>>>(flags, values, step);
    CHECK(hipGetLastError());
    std::vector<int> want(groups);
    for (int i = 0; i < groups; i++) want[i] = step > 0 ? i / step + 1 : (groups - 1 - i) / -step + 1;
    EQUAL(values.host(), want);
}

// All groups meet `rounds` times; what each wrote before a meeting all see after it.
__global__ void meet(int* arrived, int* values, int* wrong, int rounds) {
    const int groups = gridDim.x, me = blockIdx.x;
    for (int round = 1; round <= rounds; round++) {
        if (threadIdx.x == 0) {
            put(&values[me], round * 1000 + me);
            __hip_atomic_fetch_add(arrived, 1, __ATOMIC_ACQ_REL, __HIP_MEMORY_SCOPE_AGENT);
            while (peek(arrived) < round * groups) __builtin_amdgcn_s_sleep(1);
        }
        __syncthreads();
        for (int i = threadIdx.x; i < groups; i += blockDim.x)
            if (peek(&values[i]) / 1000 < round) atomicAdd(wrong, 1);
        __syncthreads();
    }
}

static void all_wait(int groups, int lanes) {
    Array<int> arrived(1), values(groups), wrong(1);
    arrived.fill(0);
    wrong.fill(0);
    meet<<<groups, lanes>>>(arrived, values, wrong, 3);
    CHECK(hipGetLastError());
    EQUAL(arrived.host()[0], 3 * groups);
    EQUAL(wrong.host()[0], 0);
}

// Waves of one group pass a number round through LDS, without a barrier.
__global__ void round_robin(int* out, int rounds) {
    __shared__ int turn;
    const int wave = threadIdx.x / 64, waves = blockDim.x / 64;
    if (threadIdx.x == 0) turn = 0;
    __syncthreads();
    for (int i = 0; i < rounds; i++) {
        if (threadIdx.x % 64 == 0) {
            while (__hip_atomic_load(&turn, __ATOMIC_ACQUIRE, __HIP_MEMORY_SCOPE_WORKGROUP) != i * waves + wave)
                __builtin_amdgcn_s_sleep(1);
            out[i * waves + wave] = wave;
            __hip_atomic_store(&turn, i * waves + wave + 1, __ATOMIC_RELEASE, __HIP_MEMORY_SCOPE_WORKGROUP);
        }
    }
}

static void waves_wait() {
    const int waves = 16, rounds = 20;
    Array<int> out(waves * rounds);
    round_robin<<<1, waves * 64>>>(out, rounds);
    CHECK(hipGetLastError());
    std::vector<int> want(waves * rounds);
    for (size_t i = 0; i < want.size(); i++) want[i] = int(i) % waves;
    EQUAL(out.host(), want);
}

// Every group adds to a plain word under a lock that it spins for.
__global__ void locked(int* lock, volatile int* sum, int times) {
    if (threadIdx.x) return;
    for (int i = 0; i < times; i++) {
        while (atomicCAS(lock, 0, 1)) __builtin_amdgcn_s_sleep(1);
        __threadfence();
        *sum = *sum + 1;
        __threadfence();
        atomicExch(lock, 0);
    }
}

static void locks() {
    Array<int> lock(1), sum(1);
    lock.fill(0);
    sum.fill(0);
    locked<<<200, 64>>>(lock, sum, 10);
    CHECK(hipGetLastError());
    EQUAL(sum.host()[0], 2000);
}

// Two kernels answer each other; without `begins` one waits first.
__global__ void answer(int* mine, int* others, int rounds, bool begins) {
    if (threadIdx.x) return;
    for (int i = 1; i <= rounds; i++) {
        if (!begins) wait_for(others, i);
        put(mine, i);
        if (begins) wait_for(others, i);
    }
}

static void streams_wait() {
    const int rounds = 200;
    hipStream_t first, second;
    CHECK(hipStreamCreateWithFlags(&first, hipStreamNonBlocking));
    CHECK(hipStreamCreateWithFlags(&second, hipStreamNonBlocking));
    Array<int> words(128);
    for (const bool first_begins : {true, false}) {
        words.fill(0);
        CHECK(hipDeviceSynchronize());
        answer<<<1, 64, 0, first>>>(words, words + 64, rounds, first_begins);
        answer<<<1, 64, 0, second>>>(words + 64, words, rounds, !first_begins);
        CHECK(hipGetLastError());
        CHECK(hipStreamSynchronize(first));
        CHECK(hipStreamSynchronize(second));
        const auto got = words.host();
        EQUAL(got[0], rounds);
        EQUAL(got[64], rounds);
    }
    // Kernels of both streams in turn: some fill half of the device, all groups of each waiting for all.
    const int lanes = 256, groups = resident_groups(lanes) / 2;
    Array<int> values(groups), wrong(1);
    wrong.fill(0);
    words.fill(0);
    CHECK(hipDeviceSynchronize());
    struct Half {
        hipStream_t stream;
        int* mine;
        int* others;
    };
    for (const Half& half : {Half{first, words, words + 64}, Half{second, words + 64, words}})
        for (int i = 0; i < 4; i++) {
            int* own = values + (half.stream == first ? 0 : groups / 2);
            meet<<<groups / 2, lanes, 0, half.stream>>>(half.mine + 8 + i, own, wrong, 2);
            answer<<<1, 64, 0, half.stream>>>(half.mine + 20 + i, half.others + 20 + i, 3, half.stream == first);
        }
    CHECK(hipGetLastError());
    CHECK(hipDeviceSynchronize());
    const auto got = words.host();
    for (int i = 0; i < 4; i++) REQUIRE(got[20 + i] == 3 && got[64 + 20 + i] == 3);
    for (int i = 0; i < 4; i++) REQUIRE(got[8 + i] == groups / 2 * 2 && got[64 + 8 + i] == groups / 2 * 2);
    CHECK(hipStreamDestroy(first));
    CHECK(hipStreamDestroy(second));
}

static void host_waits() {
    const int rounds = 200;
    int* words;  // of the device, of the host
    CHECK(hipHostMalloc(reinterpret_cast<void**>(&words), 128 * sizeof(int), hipHostMallocCoherent));
    words[0] = words[64] = 0;
    answer<<<1, 64>>>(words, words + 64, rounds, true);
    CHECK(hipGetLastError());
    for (int i = 1; i <= rounds; i++) {
        while (__atomic_load_n(&words[0], __ATOMIC_ACQUIRE) != i) std::this_thread::yield();
        __atomic_store_n(&words[64], i, __ATOMIC_RELEASE);
    }
    CHECK(hipDeviceSynchronize());
    EQUAL(words[0], rounds);
    CHECK(hipHostFree(words));
}

int main() {
    const int most = resident_groups(256);
    groups_wait(2000, 64, 1);
    groups_wait(501, 256, 7);
    std::printf("groups wait for earlier ones\n");
    groups_wait(40, 64, -1);
    groups_wait(most, 256, -(most / 5));
    std::printf("groups wait for later ones, %d of 256 lanes\n", most);
    all_wait(10, 1024);
    all_wait(most, 256);
    std::printf("all groups wait for all\n");
    waves_wait();
    std::printf("waves wait for each other\n");
    locks();
    std::printf("groups wait for a lock\n");
    streams_wait();
    std::printf("streams wait for each other\n");
    host_waits();
    std::printf("device and host wait for each other\n");
    return verify::all_right();
}
