// Streams, events, callbacks, graphs and threads of HIP: whatever must come after something else reads what that wrote.

#include "tests/programs/verify.hpp"

#include <memory>
#include <thread>

constexpr int n = 30000;
static const dim3 blocks((n + 127) / 128), lanes(128);

__global__ void increment(int* p, int count, int by) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) p[i] += by;
}

// Says that it runs, ends when told to. Both words lie in pinned host memory.
__global__ void hold(volatile int* words) {
    words[0] = 1;
    while (!words[1]) __builtin_amdgcn_s_sleep(10);
}

class Holder {
public:
    explicit Holder(hipStream_t stream) {
        CHECK(hipHostMalloc(reinterpret_cast<void**>(&words), 2 * sizeof(int), 0));
        words[0] = words[1] = 0;
        hold<<<1, 64, 0, stream>>>(words);
        CHECK(hipGetLastError());
    }
    ~Holder() { (void)hipHostFree(words); }
    void wait_until_it_runs() const {
        while (!__atomic_load_n(&words[0], __ATOMIC_ACQUIRE)) std::this_thread::yield();
    }
    void let_go() const { __atomic_store_n(&words[1], 1, __ATOMIC_RELEASE); }

private:
    int* words;
};

static std::vector<int> all(int value) { return std::vector<int>(n, value); }

// Four streams pass one buffer on; each step only becomes right if the wait for the event before it works.
static void passing_on() {
    const int rounds = 10;
    hipStream_t stream[4];
    hipEvent_t done[4], start, end;
    for (auto& s : stream) CHECK(hipStreamCreate(&s));
    for (auto& e : done) CHECK(hipEventCreateWithFlags(&e, hipEventDisableTiming));
    CHECK(hipEventCreate(&start));
    CHECK(hipEventCreate(&end));
    std::vector<int> host(n), back(n), want(n);
    for (int i = 0; i < n; i++) host[i] = 3 * i, want[i] = 3 * i + rounds * 10;
    Array<int> d(n), copy(n);

    CHECK(hipEventRecord(start, stream[0]));
    CHECK(hipMemcpyAsync(d, host.data(), n * sizeof(int), hipMemcpyHostToDevice, stream[0]));
    CHECK(hipEventRecord(done[0], stream[0]));
    for (int round = 0; round < rounds; round++)
        for (int s = 0; s < 4; s++) {
            CHECK(hipStreamWaitEvent(stream[s], done[(s + 3) % 4], 0));
            if (round == 0 && s == 0) CHECK(hipStreamWaitEvent(stream[0], done[0], 0));
            increment<<<blocks, lanes, 0, stream[s]>>>(d, n, s + 1);
            CHECK(hipEventRecord(done[s], stream[s]));
        }
    CHECK(hipMemcpyAsync(copy, d, n * sizeof(int), hipMemcpyDeviceToDevice, stream[3]));
    CHECK(hipEventRecord(end, stream[3]));
    CHECK(hipMemcpyAsync(back.data(), copy, n * sizeof(int), hipMemcpyDeviceToHost, stream[3]));
    CHECK(hipStreamSynchronize(stream[3]));
    EQUAL(back, want);

    CHECK(hipEventSynchronize(end));
    CHECK(hipEventQuery(end));
    CHECK(hipStreamQuery(stream[3]));
    float ms = -1;
    CHECK(hipEventElapsedTime(&ms, start, end));
    REQUIRE(ms > 0);

    std::vector<std::unique_ptr<Array<int>>> own;  // and each stream on its own data at the same time
    for (int s = 0; s < 4; s++) {
        own.push_back(std::make_unique<Array<int>>(n));
        CHECK(hipMemsetAsync(*own[s], 0, n * sizeof(int), stream[s]));
        for (int k = 0; k < 20; k++) increment<<<blocks, lanes, 0, stream[s]>>>(*own[s], n, s + k);
    }
    CHECK(hipDeviceSynchronize());
    for (int s = 0; s < 4; s++) EQUAL(own[s]->host(), all(20 * s + 190));
    for (auto& s : stream) CHECK(hipStreamDestroy(s));
    for (auto& e : done) CHECK(hipEventDestroy(e));
    CHECK(hipEventDestroy(start));
    CHECK(hipEventDestroy(end));
    std::printf("four streams right, %.3f ms between two events\n", ms);
}

// What is asked about a stream and an event while the device is at it, and after.
static void queries() {
    hipStream_t stream, other;
    hipEvent_t event, untimed, never;
    CHECK(hipStreamCreateWithFlags(&stream, hipStreamNonBlocking));
    CHECK(hipStreamCreateWithFlags(&other, hipStreamNonBlocking));
    CHECK(hipEventCreateWithFlags(&event, hipEventBlockingSync));
    CHECK(hipEventCreateWithFlags(&untimed, hipEventDisableTiming));
    CHECK(hipEventCreate(&never));
    Array<int> d(n);
    d.fill(0);
    {
        Holder holder(stream);
        increment<<<blocks, lanes, 0, stream>>>(d, n, 7);
        CHECK(hipEventRecord(event, stream));
        holder.wait_until_it_runs();
        REFUSED(hipStreamQuery(stream), hipErrorNotReady);
        REFUSED(hipEventQuery(event), hipErrorNotReady);
        CHECK(hipStreamQuery(other));
        increment<<<blocks, lanes, 0, other>>>(d, n, 1);  // another stream goes on meanwhile
        CHECK(hipStreamSynchronize(other));
        std::vector<int> back(n);
        CHECK(hipMemcpyAsync(back.data(), d, n * sizeof(int), hipMemcpyDeviceToHost, other));
        CHECK(hipStreamSynchronize(other));
        EQUAL(back, all(1));
        REFUSED(hipStreamQuery(stream), hipErrorNotReady);
        holder.let_go();
        CHECK(hipEventSynchronize(event));
        CHECK(hipEventQuery(event));
        CHECK(hipStreamSynchronize(stream));
        CHECK(hipStreamQuery(stream));
    }
    EQUAL(d.host(), all(8));
    CHECK(hipEventQuery(never));  // what was never recorded is complete
    CHECK(hipEventRecord(untimed, stream));
    CHECK(hipEventSynchronize(untimed));
    float ms;
    REFUSED(hipEventElapsedTime(&ms, untimed, event), hipErrorInvalidHandle);
    REFUSED(hipEventElapsedTime(&ms, never, event), hipErrorInvalidHandle);
    REFUSED(hipEventElapsedTime(nullptr, event, event), hipErrorInvalidValue);
    REFUSED(hipEventRecord(nullptr, stream), hipErrorInvalidHandle);
    hipEvent_t impossible;
    hipIpcEventHandle_t handle;
    REFUSED(hipIpcGetEventHandle(&handle, untimed), hipErrorInvalidConfiguration);  // it is not for other processes
    REFUSED(hipEventCreateWithFlags(&impossible, 0x1000), hipErrorInvalidValue);
    REFUSED(hipEventCreate(nullptr), hipErrorInvalidValue);
    for (const auto e : {event, untimed, never}) CHECK(hipEventDestroy(e));
    REFUSED(hipEventDestroy(nullptr), hipErrorInvalidHandle);
    CHECK(hipStreamDestroy(stream));
    CHECK(hipStreamDestroy(other));
    std::printf("queries right\n");
}

static void flags_and_priorities() {
    int least = 0, greatest = 0;
    CHECK(hipDeviceGetStreamPriorityRange(&least, &greatest));
    REQUIRE(least > greatest);
    Array<int> d(n);
    d.fill(0);
    for (const unsigned flags : {hipStreamDefault, hipStreamNonBlocking})
        for (int priority = greatest; priority <= least; priority++) {
            hipStream_t stream;
            CHECK(hipStreamCreateWithPriority(&stream, flags, priority));
            unsigned said_flags = 99;
            int said_priority = 99;
            CHECK(hipStreamGetFlags(stream, &said_flags));
            CHECK(hipStreamGetPriority(stream, &said_priority));
            EQUAL(said_flags, flags);
            EQUAL(said_priority, priority);
            increment<<<blocks, lanes, 0, stream>>>(d, n, 1);
            CHECK(hipStreamSynchronize(stream));
            CHECK(hipStreamDestroy(stream));
        }
    EQUAL(d.host(), all(2 * (least - greatest + 1)));

    // The null stream waits for streams that block, and they for it.
    hipStream_t stream;
    CHECK(hipStreamCreate(&stream));
    d.fill(0);
    for (int i = 0; i < 10; i++) {
        increment<<<blocks, lanes, 0, stream>>>(d, n, 1);
        increment<<<blocks, lanes>>>(d, n, 10);
    }
    CHECK(hipStreamSynchronize(nullptr));
    EQUAL(d.host(), all(110));
    hipStream_t bad;
    REFUSED(hipStreamCreateWithFlags(&bad, 0x40), hipErrorInvalidValue);
    REFUSED(hipStreamCreate(nullptr), hipErrorInvalidValue);
    REFUSED(hipStreamDestroy(nullptr), hipErrorInvalidHandle);
    CHECK(hipStreamDestroy(stream));
    std::printf("flags and priorities right\n");
}

// A callback runs after what precedes it and before what follows.
static void callbacks() {
    struct Told {
        int calls = 0;
        const int* pinned;
        int seen[10];
    } told;
    int* pinned;
    CHECK(hipHostMalloc(reinterpret_cast<void**>(&pinned), n * sizeof(int), 0));
    std::memset(pinned, 0, n * sizeof(int));
    told.pinned = pinned;
    hipStream_t stream;
    CHECK(hipStreamCreate(&stream));
    for (int i = 0; i < 10; i++) {
        increment<<<blocks, lanes, 0, stream>>>(pinned, n, 1);
        CHECK(hipStreamAddCallback(
            stream,
            [](hipStream_t, hipError_t status, void* data) {
                auto& t = *static_cast<Told*>(data);
                t.seen[t.calls++] = status == hipSuccess ? t.pinned[n - 1] : -1;
            },
            &told, 0));
        increment<<<blocks, lanes, 0, stream>>>(pinned, n, 1);
    }
    CHECK(hipStreamSynchronize(stream));
    EQUAL(told.calls, 10);
    for (int i = 0; i < 10; i++) EQUAL(told.seen[i], 2 * i + 1);
    REFUSED(hipStreamAddCallback(stream, nullptr, nullptr, 0), hipErrorInvalidValue);
    CHECK(hipStreamDestroy(stream));
    CHECK(hipHostFree(pinned));
    std::printf("callbacks right\n");
}

// The device waits for a value in memory, and writes one.
static void values() {
    hipStream_t stream;
    CHECK(hipStreamCreate(&stream));
    int can = 0;
    CHECK(hipDeviceGetAttribute(&can, hipDeviceAttributeCanUseStreamWaitValue, 0));
    Array<int> d(n);
    d.fill(0);
    uint32_t* word;
    CHECK(hipExtMallocWithFlags(reinterpret_cast<void**>(&word), 8, hipMallocSignalMemory));
    *reinterpret_cast<uint64_t*>(word) = 0;
    increment<<<blocks, lanes, 0, stream>>>(d, n, 1);
    CHECK(hipStreamWriteValue32(stream, word, 17, 0));
    CHECK(hipStreamSynchronize(stream));
    EQUAL(*word, 17u);
    CHECK(hipStreamWaitValue32(stream, word, 20, hipStreamWaitValueGte, 0xffffffff));
    increment<<<blocks, lanes, 0, stream>>>(d, n, 5);
    REFUSED(hipStreamQuery(stream), hipErrorNotReady);
    __atomic_store_n(word, 20, __ATOMIC_RELEASE);
    CHECK(hipStreamSynchronize(stream));
    EQUAL(d.host(), all(6));
    CHECK(hipFree(word));
    CHECK(hipStreamDestroy(stream));
    std::printf("waits for values right (attribute: %d)\n", can);
}

static void graphs() {
    hipStream_t stream;
    CHECK(hipStreamCreate(&stream));
    Array<int> d(n);
    std::vector<int> back(n);
    d.fill(0);
    hipGraph_t captured, built;
    hipGraphExec_t runs;
    CHECK(hipStreamBeginCapture(stream, hipStreamCaptureModeGlobal));
    increment<<<blocks, lanes, 0, stream>>>(d, n, 1);
    increment<<<blocks, lanes, 0, stream>>>(d, n, 2);
    CHECK(hipMemcpyAsync(back.data(), d, n * sizeof(int), hipMemcpyDeviceToHost, stream));
    CHECK(hipStreamEndCapture(stream, &captured));
    EQUAL(d.host(), all(0));  // nothing has run yet
    CHECK(hipGraphInstantiate(&runs, captured, nullptr, nullptr, 0));
    for (int i = 1; i <= 5; i++) {
        CHECK(hipGraphLaunch(runs, stream));
        CHECK(hipStreamSynchronize(stream));
        EQUAL(back, all(3 * i));
    }
    size_t nodes = 0;
    CHECK(hipGraphGetNodes(captured, nullptr, &nodes));
    EQUAL(nodes, 3u);
    CHECK(hipGraphExecDestroy(runs));
    CHECK(hipGraphDestroy(captured));

    CHECK(hipGraphCreate(&built, 0));
    hipMemsetParams clear = {};
    clear.dst = d;
    clear.elementSize = 4;
    clear.height = 1;
    clear.value = 100;
    clear.width = n;
    hipGraphNode_t first, second;
    CHECK(hipGraphAddMemsetNode(&first, built, nullptr, 0, &clear));
    int *p = d, count = n, by = 11;
    void* arguments[] = {&p, &count, &by};
    hipKernelNodeParams kernel = {};
    kernel.func = reinterpret_cast<void*>(increment);
    kernel.gridDim = blocks;
    kernel.blockDim = lanes;
    kernel.kernelParams = arguments;
    CHECK(hipGraphAddKernelNode(&second, built, &first, 1, &kernel));
    CHECK(hipGraphInstantiate(&runs, built, nullptr, nullptr, 0));
    for (int i = 0; i < 3; i++) CHECK(hipGraphLaunch(runs, stream));
    CHECK(hipStreamSynchronize(stream));
    EQUAL(d.host(), all(111));
    CHECK(hipGraphExecDestroy(runs));
    CHECK(hipGraphDestroy(built));
    CHECK(hipStreamDestroy(stream));
    std::printf("graphs right\n");
}

static void many_launches() {
    const int launches = 5000;  // more than the 4096 packets of HIP's queue
    Array<int> d(64);
    d.fill(0);
    for (int i = 0; i < launches; i++) increment<<<1, 64>>>(d, 64, 1);
    CHECK(hipDeviceSynchronize());
    EQUAL(d.host(), std::vector<int>(64, launches));
    for (int i = 0; i < 50; i++) {
        increment<<<1, 64>>>(d, 64, 1);
        CHECK(hipDeviceSynchronize());
    }
    EQUAL(d.host(), std::vector<int>(64, launches + 50));
    std::printf("%d launches right\n", launches);
}

// Threads of the program, each with streams of its own: memory, copies, kernels, events at the same time.
static void threads() {
    const int count = 6, rounds = 15;
    std::vector<std::thread> running;
    for (int t = 0; t < count; t++)
        running.emplace_back([t] {
            hipStream_t stream;
            hipEvent_t event;
            CHECK(hipStreamCreateWithFlags(&stream, hipStreamNonBlocking));
            CHECK(hipEventCreate(&event));
            std::vector<int> host(n), back(n);
            for (int round = 0; round < rounds; round++) {
                int* d;
                CHECK(hipMalloc(reinterpret_cast<void**>(&d), n * sizeof(int)));
                for (int i = 0; i < n; i++) host[i] = i + t;
                CHECK(hipMemcpyAsync(d, host.data(), n * sizeof(int), hipMemcpyHostToDevice, stream));
                for (int k = 0; k < 5; k++) increment<<<blocks, lanes, 0, stream>>>(d, n, round + k);
                CHECK(hipGetLastError());
                CHECK(hipEventRecord(event, stream));
                CHECK(hipMemcpyAsync(back.data(), d, n * sizeof(int), hipMemcpyDeviceToHost, stream));
                round % 2 ? CHECK(hipStreamSynchronize(stream)) : CHECK(hipDeviceSynchronize());
                CHECK(hipEventQuery(event));
                for (int& v : host) v += 5 * round + 10;
                EQUAL(back, host);
                CHECK(hipFree(d));
            }
            CHECK(hipEventDestroy(event));
            CHECK(hipStreamDestroy(stream));
        });
    for (auto& thread : running) thread.join();
    std::printf("%d threads right\n", count);
}

int main() {
    passing_on();
    queries();
    flags_and_priorities();
    callbacks();
    values();
    graphs();
    many_launches();
    threads();
    return verify::all_right();
}
