// The command processor through the real ROCr: packets of every type, signals, copies, scratch memory, errors and
// faults, and processes that end in unusual ways.

#include <dlfcn.h>
#include <hsa/amd_hsa_queue.h>
#include <hsa/amd_hsa_signal.h>
#include <hsa/hsa.h>
#include <hsa/hsa_ext_amd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

// ---- the runtime ----------------------------------------------------------------

#define FUNCTIONS(F)                             \
    F(hsa_init)                                  \
    F(hsa_shut_down)                             \
    F(hsa_iterate_agents)                        \
    F(hsa_agent_get_info)                        \
    F(hsa_system_get_info)                       \
    F(hsa_amd_agent_iterate_memory_pools)        \
    F(hsa_amd_memory_pool_get_info)              \
    F(hsa_amd_memory_pool_allocate)              \
    F(hsa_amd_memory_pool_free)                  \
    F(hsa_amd_agents_allow_access)               \
    F(hsa_amd_memory_lock)                       \
    F(hsa_amd_memory_unlock)                     \
    F(hsa_amd_memory_async_copy)                 \
    F(hsa_amd_memory_fill)                       \
    F(hsa_amd_profiling_set_profiler_enabled)    \
    F(hsa_amd_profiling_get_dispatch_time)       \
    F(hsa_amd_register_system_event_handler)     \
    F(hsa_memory_copy)                           \
    F(hsa_queue_create)                          \
    F(hsa_queue_destroy)                         \
    F(hsa_queue_add_write_index_screlease)       \
    F(hsa_queue_load_read_index_scacquire)       \
    F(hsa_signal_create)                         \
    F(hsa_signal_destroy)                        \
    F(hsa_signal_load_scacquire)                 \
    F(hsa_signal_store_screlease)                \
    F(hsa_signal_wait_scacquire)                 \
    F(hsa_code_object_reader_create_from_memory) \
    F(hsa_executable_create_alt)                 \
    F(hsa_executable_load_agent_code_object)     \
    F(hsa_executable_freeze)                     \
    F(hsa_executable_get_symbol_by_name)         \
    F(hsa_executable_symbol_get_info)

struct Runtime {
#define F(name) decltype(&::name) name;
    FUNCTIONS(F)
#undef F
    hsa_agent_t cpu{}, gpu{};
    hsa_amd_memory_pool_t host{}, kernarg{}, vram{};

    Runtime();
    void start();
    uint64_t kernel(const std::string& name) const;

private:
    void find_agents();
    void find_pools();
    void load_kernels();
    hsa_executable_t kernels{};
};

void ok(hsa_status_t status) { REQUIRE(status == HSA_STATUS_SUCCESS); }

// Started on first use. What needs a process of its own forks before that.
Runtime* started = nullptr;
Runtime& hsa() {
    if (!started) {
        started = new Runtime;
        started->start();
    }
    return *started;
}

Runtime::Runtime() {
    if (!dlopen(BUILD "/libgcn-emu.so", RTLD_NOW | RTLD_LOCAL)) FAIL(dlerror());
    void* library = dlopen("libhsa-runtime64.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) FAIL(dlerror());
#define F(name) name = reinterpret_cast<decltype(&::name)>(dlsym(library, #name));
    FUNCTIONS(F)
#undef F
}

void Runtime::start() {
    ok(hsa_init());
    find_agents();
    find_pools();
    load_kernels();
}

void Runtime::find_agents() {
    ok(hsa_iterate_agents(
        [](hsa_agent_t agent, void* self) {
            auto& r = *static_cast<Runtime*>(self);
            hsa_device_type_t type;
            r.hsa_agent_get_info(agent, HSA_AGENT_INFO_DEVICE, &type);
            (type == HSA_DEVICE_TYPE_GPU ? r.gpu : r.cpu) = agent;
            return HSA_STATUS_SUCCESS;
        },
        this));
}

void Runtime::find_pools() {
    const auto take = [](hsa_amd_memory_pool_t pool, void* self) {
        auto& r = *static_cast<Runtime*>(self);
        hsa_amd_segment_t segment;
        r.hsa_amd_memory_pool_get_info(pool, HSA_AMD_MEMORY_POOL_INFO_SEGMENT, &segment);
        if (segment != HSA_AMD_SEGMENT_GLOBAL) return HSA_STATUS_SUCCESS;
        uint32_t flags = 0;
        r.hsa_amd_memory_pool_get_info(pool, HSA_AMD_MEMORY_POOL_INFO_GLOBAL_FLAGS, &flags);
        if (flags & HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_KERNARG_INIT)
            r.kernarg = pool;
        else if (flags & HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_FINE_GRAINED)
            r.host = pool;
        else
            r.vram = pool;  // of the CPU's pools the coarse one, until the GPU's only one replaces it
        return HSA_STATUS_SUCCESS;
    };
    ok(hsa_amd_agent_iterate_memory_pools(cpu, take, this));
    ok(hsa_amd_agent_iterate_memory_pools(gpu, take, this));
}

void Runtime::load_kernels() {
    std::ifstream file(BUILD "/tests/kernels/queues.co", std::ios::binary);
    REQUIRE(file);
    static const std::vector<char> code{std::istreambuf_iterator<char>(file), {}};
    hsa_code_object_reader_t reader;
    ok(hsa_code_object_reader_create_from_memory(code.data(), code.size(), &reader));
    ok(hsa_executable_create_alt(HSA_PROFILE_FULL, HSA_DEFAULT_FLOAT_ROUNDING_MODE_DEFAULT, nullptr, &kernels));
    ok(hsa_executable_load_agent_code_object(kernels, gpu, reader, nullptr, nullptr));
    ok(hsa_executable_freeze(kernels, nullptr));
}

uint64_t Runtime::kernel(const std::string& name) const {
    hsa_executable_symbol_t symbol;
    uint64_t object = 0;
    ok(hsa_executable_get_symbol_by_name(kernels, (name + ".kd").c_str(), &gpu, &symbol));
    ok(hsa_executable_symbol_get_info(symbol, HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_OBJECT, &object));
    return object;
}

// ---- memory, signals, queues ------------------------------------------------------

template <class T> struct Buffer {
    T* data = nullptr;

    Buffer(hsa_amd_memory_pool_t pool, size_t count) {
        ok(hsa().hsa_amd_memory_pool_allocate(pool, count * sizeof(T), 0, reinterpret_cast<void**>(&data)));
        ok(hsa().hsa_amd_agents_allow_access(1, &hsa().gpu, nullptr, data));
        std::memset(data, 0, count * sizeof(T));
    }
    ~Buffer() { free(); }
    Buffer(const Buffer&) = delete;
    void free() {
        if (data) hsa().hsa_amd_memory_pool_free(data);
        data = nullptr;
    }
    T& operator[](size_t i) const { return data[i]; }
};

struct Signal {
    hsa_signal_t handle{};

    explicit Signal(int64_t value = 1) { ok(hsa().hsa_signal_create(value, 0, nullptr, &handle)); }
    ~Signal() { hsa().hsa_signal_destroy(handle); }
    Signal(const Signal&) = delete;
    void set(int64_t value) const { hsa().hsa_signal_store_screlease(handle, value); }
    int64_t value() const { return hsa().hsa_signal_load_scacquire(handle); }
    // False after ten seconds.
    bool reaches_zero() const {
        uint64_t frequency = 0;
        hsa().hsa_system_get_info(HSA_SYSTEM_INFO_TIMESTAMP_FREQUENCY, &frequency);
        return hsa().hsa_signal_wait_scacquire(handle, HSA_SIGNAL_CONDITION_LT, 1, 10 * frequency,
                                               HSA_WAIT_STATE_BLOCKED) == 0;
    }
};

constexpr uint16_t barrier_bit = 1 << HSA_PACKET_HEADER_BARRIER;
constexpr uint16_t fences = HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCACQUIRE_FENCE_SCOPE |
                            HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCRELEASE_FENCE_SCOPE;

struct Queue {
    hsa_queue_t* queue = nullptr;
    std::promise<hsa_status_t> failure;

    explicit Queue(uint32_t packets = 64) {
        const auto on_error = [](hsa_status_t status, hsa_queue_t*, void* self) {
            static_cast<Queue*>(self)->failure.set_value(status);
        };
        ok(hsa().hsa_queue_create(hsa().gpu, packets, HSA_QUEUE_TYPE_MULTI, on_error, this, UINT32_MAX, UINT32_MAX,
                                  &queue));
    }
    ~Queue() { hsa().hsa_queue_destroy(queue); }
    Queue(const Queue&) = delete;

    // Waits for a free slot, as a program must.
    template <class Packet> void put(Packet packet, uint16_t header) {
        static_assert(sizeof packet == 64);
        const uint64_t index = hsa().hsa_queue_add_write_index_screlease(queue, 1);
        while (index - hsa().hsa_queue_load_read_index_scacquire(queue) >= queue->size) std::this_thread::yield();
        char* slot = static_cast<char*>(queue->base_address) + 64 * (index & (queue->size - 1));
        std::memcpy(slot + 2, reinterpret_cast<char*>(&packet) + 2, 62);
        __atomic_store_n(reinterpret_cast<uint16_t*>(slot), header, __ATOMIC_RELEASE);
        hsa().hsa_signal_store_screlease(queue->doorbell_signal, index);
    }
    void barrier_and(std::vector<const Signal*> waits, const Signal* done = nullptr, uint16_t more = barrier_bit) {
        put(barrier(waits, done), HSA_PACKET_TYPE_BARRIER_AND | fences | more);
    }
    void barrier_or(std::vector<const Signal*> waits, const Signal* done) {
        put(barrier(waits, done), HSA_PACKET_TYPE_BARRIER_OR | fences | barrier_bit);
    }
    void dispatch(const hsa_kernel_dispatch_packet_t& packet, uint16_t more = barrier_bit) {
        put(packet, HSA_PACKET_TYPE_KERNEL_DISPATCH | fences | more);
    }
    bool fails_with(hsa_status_t expected) {
        auto status = failure.get_future();
        return status.wait_for(std::chrono::seconds(10)) == std::future_status::ready && status.get() == expected;
    }
    uint64_t read_index() const { return hsa().hsa_queue_load_read_index_scacquire(queue); }

private:
    static hsa_barrier_and_packet_t barrier(const std::vector<const Signal*>& waits, const Signal* done) {
        hsa_barrier_and_packet_t packet{};
        for (size_t i = 0; i < waits.size(); ++i) packet.dep_signal[i] = waits[i]->handle;
        if (done) packet.completion_signal = done->handle;
        return packet;
    }
};

// A dispatch of one lane; the caller changes what it likes.
hsa_kernel_dispatch_packet_t packet_for(const char* kernel, void* arguments, const Signal* done) {
    hsa_kernel_dispatch_packet_t p{};
    p.setup = 1;
    p.workgroup_size_x = p.workgroup_size_y = p.workgroup_size_z = 1;
    p.grid_size_x = p.grid_size_y = p.grid_size_z = 1;
    p.kernel_object = hsa().kernel(kernel);
    p.kernarg_address = arguments;
    if (done) p.completion_signal = done->handle;
    return p;
}

// Arguments of up to two pointers or values, in memory for them.
struct Arguments : Buffer<uint64_t> {
    template <class A, class B = int> explicit Arguments(A a, B b = 0) : Buffer(hsa().kernarg, 4) {
        std::memcpy(data, &a, sizeof a);
        std::memcpy(data + 1, &b, sizeof b);
    }
};

uint64_t system_time() {
    uint64_t t;
    ok(hsa().hsa_system_get_info(HSA_SYSTEM_INFO_TIMESTAMP, &t));
    return t;
}

// Runs `body` in a forked child, which has to end by itself and in time: the status of waitpid.
int status_of_child(const std::function<void()>& body) {
    std::fflush(nullptr);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        alarm(20);
        [&]() noexcept { body(); }();
        _exit(99);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

// The same in a child that starts a runtime of its own.
int status_with_runtime(const std::function<void()>& body) {
    REQUIRE(started == nullptr);  // these come first in this file
    return status_of_child(body);
}

// The fault that ROCr reports, instead of aborting.
std::atomic<int> faults{0};
uint64_t fault_address = 0;
uint32_t fault_reasons = 0;

void watch_faults() {
    ok(hsa().hsa_amd_register_system_event_handler(
        [](const hsa_amd_event_t* event, void*) {
            if (event->event_type != HSA_AMD_GPU_MEMORY_FAULT_EVENT) return HSA_STATUS_ERROR;
            fault_address = event->memory_fault.virtual_address;
            fault_reasons = event->memory_fault.fault_reason_mask;
            ++faults;
            return HSA_STATUS_SUCCESS;
        },
        nullptr));
}

bool a_fault_comes() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!faults && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return faults > 0;
}

uint64_t address_of(const void* p) { return reinterpret_cast<uint64_t>(p); }

}  // namespace

// ---- processes of their own: first, while this one has no runtime that they could inherit -----------------------

TEST_CASE("a process may end without shutting the runtime down, with packets under way") {
    CHECK(status_with_runtime([] {
              // Never destroyed, as what a program forgets.
              static struct {
                  const Signal* never = new Signal;
                  const Signal* done = new Signal;
                  Queue *first = new Queue, *second = new Queue;
              } own;
              own.first->barrier_and({own.never});
              own.second->barrier_and({}, own.done);
              exit(own.done->reaches_zero() ? 0 : 1);
          }) == 0);
}

TEST_CASE("a runtime can be shut down and started again") {
    CHECK(status_with_runtime([] {
              for (int i = 0; i < 3; ++i) {
                  {
                      Queue q;
                      Signal done;
                      q.barrier_and({}, &done);
                      if (!done.reaches_zero()) _exit(1);
                  }
                  ok(hsa().hsa_shut_down());
                  hsa().start();
              }
              _exit(0);
          }) == 0);
}

TEST_CASE("a process that is killed with a grid under way is gone") {
    CHECK(status_with_runtime([] {
              Buffer<uint32_t> flag(hsa().host, 1), out(hsa().vram, 1);
              Arguments arguments(flag.data, out.data);
              Signal done;
              Queue q;
              q.dispatch(packet_for("wait_for", arguments.data, &done));
              raise(SIGKILL);
          }) == SIGKILL);
}

// Stamps of grids, and others of all lengths that end with theirs, beside what ROCr makes of them.
TEST_CASE("ROCr computes times from stamps to the last nanosecond, whoever made them") {
    for (const char* timing : {"off", "sampled", "full"}) {
        CAPTURE(timing);
        CHECK(status_with_runtime([&] {
                  setenv("GCN_EMU_TIMING", timing, 1);
                  constexpr uint64_t tick = 40;  // ns
                  Buffer<uint32_t> numbers(hsa().vram, 2);
                  Arguments arguments(&numbers[0], &numbers[1]);
                  Queue q;
                  ok(hsa().hsa_amd_profiling_set_profiler_enabled(q.queue, 1));
                  const auto is_exact = [&](const Signal& s, uint64_t ticks) {
                      hsa_amd_profiling_dispatch_time_t t;
                      ok(hsa().hsa_amd_profiling_get_dispatch_time(hsa().gpu, s.handle, &t));
                      return t.end - t.start == ticks * tick;
                  };
                  for (int i = 0; i < 20; ++i) {
                      Signal done;
                      q.dispatch(packet_for("successor", arguments.data, &done));
                      if (!done.reaches_zero()) _exit(1);
                      auto* stamps = reinterpret_cast<amd_signal_t*>(done.handle.handle);
                      if (!is_exact(done, stamps->end_ts - stamps->start_ts)) _exit(2);
                      for (const uint64_t ticks : {1, 3, 100, 12'345}) {
                          stamps->start_ts = stamps->end_ts - ticks;
                          if (!is_exact(done, ticks)) _exit(3);
                      }
                  }
                  _exit(0);
              }) == 0);
    }
}

TEST_CASE("two processes have a device each") {
    const auto a_sum_is_right = [] {
        Buffer<uint32_t> numbers(hsa().vram, 2);
        Arguments arguments(&numbers[0], &numbers[1]);
        Queue q;
        for (uint32_t i = 0; i < 100; ++i) {
            Signal done;
            numbers[0] = i;
            q.dispatch(packet_for("successor", arguments.data, &done));
            if (!done.reaches_zero() || numbers[1] != i + 1) return false;
        }
        return true;
    };
    CHECK(status_with_runtime([&] {
              const pid_t other = fork();
              const bool right = a_sum_is_right();
              if (other == 0) _exit(right ? 0 : 1);
              int status = -1;
              waitpid(other, &status, 0);
              _exit(right && status == 0 ? 0 : 1);
          }) == 0);
}

TEST_CASE("a read where nothing is mapped becomes a fault with its address, and the process lives") {
    CHECK(status_with_runtime([] {
              watch_faults();
              Buffer<uint32_t> out(hsa().vram, 1);
              Arguments arguments(uint64_t(0x123456789000), out.data);
              Signal done;
              Queue q;
              q.dispatch(packet_for("successor", arguments.data, &done));
              const bool right = a_fault_comes() && fault_address == 0x123456789000 &&
                                 fault_reasons == HSA_AMD_MEMORY_FAULT_PAGE_NOT_PRESENT && done.value() == 1;
              _exit(right ? 0 : 1);
          }) == 0);
}

TEST_CASE("a write to memory that the program may only read becomes a fault") {
    CHECK(status_with_runtime([] {
              watch_faults();
              Buffer<uint32_t> in(hsa().vram, 1);
              void* page = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              void* on_gpu = nullptr;
              ok(hsa().hsa_amd_memory_lock(page, 4096, &hsa().gpu, 1, &on_gpu));
              Arguments arguments(in.data, on_gpu);
              Queue q;
              q.dispatch(packet_for("successor", arguments.data, nullptr));
              const bool right = a_fault_comes() && fault_address == address_of(on_gpu) &&
                                 fault_reasons == HSA_AMD_MEMORY_FAULT_READ_ONLY;
              _exit(right ? 0 : 1);
          }) == 0);
}

TEST_CASE("memory that is freed under a running grid becomes a fault") {
    CHECK(status_with_runtime([] {
              watch_faults();
              constexpr size_t words = 1 << 20;  // beyond what the runtime keeps in a cache
              Buffer<uint32_t> flag(hsa().vram, words), out(hsa().vram, 1);
              Arguments arguments(flag.data, out.data);
              Queue q;
              q.dispatch(packet_for("wait_for", arguments.data, nullptr));
              const uint64_t address = address_of(flag.data);
              flag.free();
              _exit(a_fault_comes() && fault_address == address ? 0 : 1);
          }) == 0);
}

TEST_CASE("locked memory that the program has given back to the system becomes a fault") {
    CHECK(status_with_runtime([] {
              watch_faults();
              Buffer<uint32_t> in(hsa().vram, 1);
              void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              void* on_gpu = nullptr;
              ok(hsa().hsa_amd_memory_lock(page, 4096, &hsa().gpu, 1, &on_gpu));
              Arguments arguments(in.data, on_gpu);
              Queue q;
              // As munmap() does it, but that nobody else gets these addresses meanwhile.
              mmap(page, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
              q.dispatch(packet_for("successor", arguments.data, nullptr));
              _exit(a_fault_comes() && fault_address == address_of(on_gpu) ? 0 : 1);
          }) == 0);
}

TEST_CASE("a signal that is no signal becomes a fault") {
    CHECK(status_with_runtime([] {
              watch_faults();
              Queue q;
              hsa_barrier_and_packet_t packet{};
              packet.dep_signal[0].handle = 0x123456789000;
              q.put(packet, HSA_PACKET_TYPE_BARRIER_AND);
              _exit(a_fault_comes() && fault_address >> 12 == 0x123456789 ? 0 : 1);
          }) == 0);
}

// ---- this process --------------------------------------------------------------------------------------------------

TEST_CASE("a barrier packet waits for all its signals, and for packets of another queue") {
    Queue a, b;
    Signal go1, go2, from_a, from_b;
    a.barrier_and({&go1, &go2}, &from_a);
    b.barrier_and({&from_a}, &from_b);
    go1.set(0);
    // Another queue is served meanwhile.
    Queue c;
    Signal from_c;
    c.barrier_and({}, &from_c);
    CHECK(from_c.reaches_zero());
    CHECK(from_a.value() == 1);
    CHECK(from_b.value() == 1);
    go2.set(0);
    CHECK(from_b.reaches_zero());
    CHECK(from_a.value() == 0);
    CHECK(a.read_index() == 1);
}

TEST_CASE("a barrier-or packet waits for one of its signals") {
    Queue q;
    Signal go1, go2, done;
    q.barrier_or({&go1, &go2}, &done);
    Queue other;
    Signal passed;
    other.barrier_and({}, &passed);
    REQUIRE(passed.reaches_zero());
    CHECK(done.value() == 1);
    go2.set(0);
    CHECK(done.reaches_zero());
}

TEST_CASE("a ring may be gone round many times, and every packet counts once") {
    Queue q(64);
    constexpr int packets = 10000;
    Signal left(packets);
    for (int i = 0; i < packets; ++i) q.barrier_and({}, &left, i % 3 ? barrier_bit : 0);
    CHECK(left.reaches_zero());
    CHECK(q.read_index() == packets);
}

TEST_CASE("several threads may feed several queues") {
    constexpr int threads = 4, packets = 500;
    Queue shared(128);
    Signal left(threads * packets * 2);
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
        all.emplace_back([&] {
            Queue own(64);
            Signal mine(packets);
            for (int i = 0; i < packets; ++i) {
                own.barrier_and({}, &left);
                shared.barrier_and({}, &left);
                own.barrier_and({}, &mine);
            }
            mine.reaches_zero();
        });
    for (auto& t : all) t.join();
    CHECK(left.reaches_zero());
}

TEST_CASE("a grid of three dimensions with partial groups reaches every position once") {
    const uint32_t nx = 70, ny = 5, nz = 3;
    Buffer<uint32_t> out(hsa().vram, nx * ny * nz);
    Arguments arguments(out.data);
    Signal done;
    auto packet = packet_for("positions", arguments.data, &done);
    packet.setup = 3;
    packet.workgroup_size_x = 32;
    packet.workgroup_size_y = packet.workgroup_size_z = 2;
    packet.grid_size_x = nx;
    packet.grid_size_y = ny;
    packet.grid_size_z = nz;
    Queue q;
    q.dispatch(packet);
    REQUIRE(done.reaches_zero());
    int wrong = 0;
    for (uint32_t z = 0, i = 0; z < nz; ++z)
        for (uint32_t y = 0; y < ny; ++y)
            for (uint32_t x = 0; x < nx; ++x, ++i) wrong += out[i] != (z * 1000 + y) * 1000 + x;
    CHECK(wrong == 0);
}

TEST_CASE("the barrier bit makes a grid wait for those before it") {
    constexpr int links = 50;
    Buffer<uint32_t> chain(hsa().vram, links + 1);
    chain[0] = 7;
    std::vector<std::unique_ptr<Arguments>> arguments;
    Queue q;
    Signal done(links);
    for (int i = 0; i < links; ++i) {
        arguments.push_back(std::make_unique<Arguments>(&chain[i], &chain[i + 1]));
        q.dispatch(packet_for("successor", arguments.back()->data, &done));
    }
    REQUIRE(done.reaches_zero());
    CHECK(chain[links] == 7 + links);
}

TEST_CASE("grids of two queues run at once, and without the barrier bit those of one queue") {
    Buffer<uint32_t> flags(hsa().host, 2), out(hsa().vram, 3);
    Arguments first(&flags[0], &out[0]), second(&flags[1], &out[1]), third(&flags[0], &out[2]);
    Signal first_done, second_done, third_done, last;
    Queue a, b;
    a.dispatch(packet_for("wait_for", first.data, &first_done), 0);
    a.dispatch(packet_for("wait_for", second.data, &second_done), 0);
    b.dispatch(packet_for("wait_for", third.data, &third_done));
    a.barrier_and({}, &last);
    __atomic_store_n(&flags[1], 1, __ATOMIC_RELEASE);
    CHECK(second_done.reaches_zero());  // while the grid before it still runs
    CHECK(first_done.value() == 1);
    CHECK(last.value() == 1);
    CHECK(a.read_index() == 0);  // slots are handed back in order
    __atomic_store_n(&flags[0], 1, __ATOMIC_RELEASE);
    CHECK(first_done.reaches_zero());
    CHECK(third_done.reaches_zero());
    CHECK(last.reaches_zero());
    CHECK(a.read_index() == 3);
    CHECK((out[0] == 1 && out[1] == 1 && out[2] == 1));
}

TEST_CASE("a queue may be destroyed while a grid of it never ends") {
    Buffer<uint32_t> flag(hsa().host, 1), out(hsa().vram, 1);
    Arguments arguments(flag.data, out.data);
    Signal done;
    {
        Queue q;
        q.dispatch(packet_for("wait_for", arguments.data, &done));
    }
    CHECK(done.value() == 1);
    CHECK(out[0] == 0);
}

TEST_CASE("profiling gives time stamps in order and on the system's clock") {
    Buffer<uint32_t> numbers(hsa().vram, 3);
    Arguments first(&numbers[0], &numbers[1]), second(&numbers[1], &numbers[2]);
    Signal done[2];
    Queue q;
    ok(hsa().hsa_amd_profiling_set_profiler_enabled(q.queue, 1));
    const uint64_t before = system_time();
    q.dispatch(packet_for("successor", first.data, &done[0]));
    q.dispatch(packet_for("successor", second.data, &done[1]));
    REQUIRE((done[0].reaches_zero() && done[1].reaches_zero()));
    const uint64_t after = system_time();
    hsa_amd_profiling_dispatch_time_t t[2];
    for (int i = 0; i < 2; ++i) ok(hsa().hsa_amd_profiling_get_dispatch_time(hsa().gpu, done[i].handle, &t[i]));
    constexpr uint64_t tick = 40;  // ns; ROCr rounds in between
    CHECK(before <= t[0].start + 2 * tick);
    CHECK(t[0].start <= t[0].end);
    CHECK(t[0].end <= t[1].start);
    CHECK(t[1].start <= t[1].end);
    CHECK(t[1].end <= after + 2 * tick);
}

TEST_CASE("copies and fills of any size and alignment leave their surroundings alone") {
    constexpr size_t size = 70000;
    Buffer<uint8_t> from(hsa().host, size), to(hsa().host, size), vram(hsa().vram, size);
    for (size_t i = 0; i < size; ++i) from[i] = uint8_t(i * 7 + i / 251);
    const auto copy = [&](void* dst, hsa_agent_t dst_agent, const void* src, hsa_agent_t src_agent, size_t bytes) {
        Signal done;
        ok(hsa().hsa_amd_memory_async_copy(dst, dst_agent, src, src_agent, bytes, 0, nullptr, done.handle));
        REQUIRE(done.reaches_zero());
    };
    for (size_t bytes : {size_t(1), size_t(3), size_t(64), size_t(255), size_t(301), size_t(4096), size_t(65537)})
        for (auto [src, dst] : {std::pair{0, 0}, {1, 1}, {2, 0}, {1, 3}, {0, 5}}) {
            CAPTURE(bytes, src, dst);
            std::memset(vram.data, 0xee, size);
            std::memset(to.data, 0xdd, size);
            copy(vram.data + dst, hsa().gpu, from.data + src, hsa().cpu, bytes);
            CHECK(std::memcmp(vram.data + dst, from.data + src, bytes) == 0);
            CHECK(vram[dst + bytes] == 0xee);
            CHECK((dst == 0 || vram[dst - 1] == 0xee));
            copy(to.data + src, hsa().cpu, vram.data + dst, hsa().gpu, bytes);
            CHECK(std::memcmp(to.data + src, from.data + src, bytes) == 0);
            CHECK(to[src + bytes] == 0xdd);
        }

    auto* words = reinterpret_cast<uint32_t*>(vram.data);
    for (size_t count : {1u, 3u, 4u, 255u, 16385u}) {
        std::memset(vram.data, 0, size);
        ok(hsa().hsa_amd_memory_fill(words + 1, 0xdeadbeef, count));
        CHECK(words[0] == 0);
        CHECK(size_t(std::count(words + 1, words + 1 + count, 0xdeadbeef)) == count);
        CHECK(words[1 + count] == 0);
    }
}

TEST_CASE("locked memory of the program's own is copied from its address on the GPU") {
    std::vector<uint32_t> mine(5000, 3);
    mine[4999] = 99;
    uint32_t* on_gpu = nullptr;
    ok(hsa().hsa_amd_memory_lock(mine.data(), 20000, &hsa().gpu, 1, reinterpret_cast<void**>(&on_gpu)));
    CHECK(on_gpu != mine.data());
    Buffer<uint32_t> vram(hsa().vram, 5000);
    Signal done;
    ok(hsa().hsa_amd_memory_async_copy(vram.data, hsa().gpu, on_gpu, hsa().gpu, 20000, 0, nullptr, done.handle));
    REQUIRE(done.reaches_zero());
    CHECK((vram[0] == 3 && vram[4999] == 99));
    ok(hsa().hsa_amd_memory_unlock(mine.data()));
}

TEST_CASE("scratch memory comes when a packet asks for it, small to stay and large for once") {
    const uint32_t groups = 20;
    Buffer<uint32_t> out(hsa().vram, 64 * groups);
    Arguments arguments(out.data, 5);
    Queue q;
    for (uint32_t bytes : {512u, 65536u, 131056u, 512u, 1024u}) {
        CAPTURE(bytes);
        std::memset(out.data, 0, 64 * groups * 4);
        Signal done;
        auto packet = packet_for("through_scratch", arguments.data, &done);
        packet.workgroup_size_x = 64;
        packet.grid_size_x = 64 * groups;
        packet.private_segment_size = bytes;
        q.dispatch(packet);
        REQUIRE(done.reaches_zero());
        int wrong = 0;
        for (uint32_t i = 0; i < 64 * groups; ++i) wrong += out[i] != i * (63 * 64 / 2);
        CHECK(wrong == 0);
    }
}

TEST_CASE("a queue that waits for scratch memory does not hold up another") {
    Buffer<uint32_t> out(hsa().vram, 64);
    Arguments arguments(out.data, 5);
    Queue a, b;
    Signal asked, passed;
    auto packet = packet_for("through_scratch", arguments.data, &asked);
    packet.workgroup_size_x = packet.grid_size_x = 64;
    packet.private_segment_size = 2048;
    a.dispatch(packet);
    b.barrier_and({}, &passed);
    CHECK(passed.reaches_zero());
    CHECK(asked.reaches_zero());
}

// ROCr ends the process when it is asked for them.
TEST_CASE("more scratch memory than a wave can have, or for an empty group, is an error of the queue") {
    Buffer<uint32_t> out(hsa().vram, 64);
    Arguments arguments(out.data, 5);
    for (const uint32_t bytes : {131'057u, 200'000u, 1u << 30, ~0u}) {
        INFO(bytes);
        Queue q;
        auto packet = packet_for("through_scratch", arguments.data, nullptr);
        packet.private_segment_size = bytes;
        q.dispatch(packet);
        CHECK(q.fails_with(HSA_STATUS_ERROR_INVALID_ALLOCATION));
    }
    Queue q;
    auto packet = packet_for("through_scratch", arguments.data, nullptr);
    packet.private_segment_size = 64;
    packet.workgroup_size_y = 0;  // of a packet with one dimension
    q.dispatch(packet);
    CHECK(q.fails_with(HSA_STATUS_ERROR_INCOMPATIBLE_ARGUMENTS));
}

TEST_CASE("a packet that cannot be executed stops its queue with the reason, and its signal stays") {
    Buffer<uint32_t> out(hsa().vram, 1);
    Arguments arguments(out.data, out.data);
    struct Row {
        const char* what;
        hsa_status_t expected;
        void (*spoil)(hsa_kernel_dispatch_packet_t&);
    };
    const Row rows[] = {
        {"no dimension", HSA_STATUS_ERROR_INCOMPATIBLE_ARGUMENTS, [](auto& p) { p.setup = 0; }},
        {"an empty grid", HSA_STATUS_ERROR_INCOMPATIBLE_ARGUMENTS, [](auto& p) { p.grid_size_x = 0; }},
        {"more groups than can be counted", HSA_STATUS_ERROR_INCOMPATIBLE_ARGUMENTS,
         [](auto& p) {
             p.setup = 3;
             p.grid_size_x = 1u << 22, p.grid_size_y = p.grid_size_z = 1u << 21;
         }},
        {"an empty group", HSA_STATUS_ERROR_INCOMPATIBLE_ARGUMENTS, [](auto& p) { p.workgroup_size_x = 0; }},
        {"a group too large", HSA_STATUS_ERROR_INVALID_ARGUMENT, [](auto& p) { p.workgroup_size_x = 1025; }},
        {"too much LDS", HSA_STATUS_ERROR_INVALID_ALLOCATION, [](auto& p) { p.group_segment_size = 65537; }},
        {"no kernel", HSA_STATUS_ERROR_INVALID_CODE_OBJECT, [](auto& p) { p.kernel_object = 0; }},
        {"a kernel that is elsewhere", HSA_STATUS_ERROR_INVALID_CODE_OBJECT,
         [](auto& p) { p.kernel_object = 0x12340; }},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        Queue q;
        Signal done;
        auto packet = packet_for("successor", arguments.data, &done);
        row.spoil(packet);
        q.dispatch(packet);
        CHECK(q.fails_with(row.expected));
        CHECK(done.value() == 1);
    }
}

TEST_CASE("a group whose waves' registers do not fit a CU is refused") {
    Buffer<uint32_t> out(hsa().vram, 1);
    Arguments arguments(out.data);
    const auto put = [&](Queue& q, uint16_t lanes, const Signal& done) {
        auto packet = packet_for("wide", arguments.data, &done);
        packet.workgroup_size_x = packet.grid_size_x = lanes;
        q.dispatch(packet);
    };
    Queue fits, fails;
    Signal done, never;
    put(fits, 512, done);  // two waves of 104 registers a SIMD
    CHECK(done.reaches_zero());
    put(fails, 513, never);
    CHECK(fails.fails_with(HSA_STATUS_ERROR_INVALID_ISA));
}

TEST_CASE("packets that are not for a GPU stop their queue") {
    struct Row {
        const char* what;
        uint16_t header;
        uint32_t second_word;
    };
    const Row rows[] = {
        {"an agent dispatch", HSA_PACKET_TYPE_AGENT_DISPATCH, 0},
        {"a type that does not exist", 77, 0},
        {"a vendor packet without PM4", HSA_PACKET_TYPE_VENDOR_SPECIFIC, 0},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        Queue q;
        q.put(hsa_agent_dispatch_packet_t{}, row.header);
        CHECK(q.fails_with(HSA_STATUS_ERROR_INVALID_PACKET_FORMAT));
    }
}

namespace {

// A slot of PM4: its first header's low half stands where AQL has its header.
void put_pm4(Queue& q, std::array<uint32_t, 16> words) { q.put(words, uint16_t(words[0])); }

constexpr uint32_t pm4(uint32_t code, uint32_t words) { return 3u << 30 | (words - 2) << 16 | code << 8; }
constexpr uint32_t no_op = 0x10, indirect_buffer = 0x3f, release_mem = 0x49, acquire_mem = 0x58;

}  // namespace

TEST_CASE("PM4 in a slot and in the buffer it points to is obeyed") {
    Buffer<uint32_t> buffer(hsa().host, 7);
    buffer[0] = pm4(acquire_mem, 7);
    const auto address = reinterpret_cast<uint64_t>(buffer.data);
    Queue q;
    put_pm4(q, {pm4(no_op, 5), 0, 0, 0, 0, pm4(indirect_buffer, 4), uint32_t(address), uint32_t(address >> 32),
                7 | 1 << 23, pm4(release_mem, 7), 7 << 8});
    Signal done;
    q.barrier_and({}, &done);
    CHECK(done.reaches_zero());
    CHECK(q.read_index() == 2);
}

TEST_CASE("PM4 buffers that call others again and again stop the queue, not the device") {
    constexpr uint32_t words = 1 << 20;
    Buffer<uint32_t> inner(hsa().host, words), outer(hsa().host, words);
    std::fill_n(inner.data, words, pm4(no_op, 2));
    const auto call = [](const Buffer<uint32_t>& b, uint32_t count) {
        return std::array{pm4(indirect_buffer, 4), uint32_t(address_of(b.data)), uint32_t(address_of(b.data) >> 32),
                          count};
    };
    for (uint32_t i = 0; i < words; i += 4) std::memcpy(&outer[i], call(inner, words - 2).data(), 16);
    std::array<uint32_t, 16> slot{};
    std::memcpy(slot.data(), call(outer, words - 4).data(), 16);
    slot[4] = pm4(no_op, 12);
    Queue q;
    put_pm4(q, slot);
    CHECK(q.fails_with(HSA_STATUS_ERROR_INVALID_PACKET_FORMAT));
    Queue other;
    Signal done;
    other.barrier_and({}, &done);
    CHECK(done.reaches_zero());
}

TEST_CASE("PM4 that is not modelled stops the queue, and the process lives") {
    Queue q;
    put_pm4(q, {pm4(0x11, 16)});
    CHECK(q.fails_with(HSA_STATUS_ERROR_INVALID_PACKET_FORMAT));
}

TEST_CASE("a forked child exits promptly and leaves its parent's queues alone") {
    Queue q;
    Signal before, after;
    q.barrier_and({}, &before);
    REQUIRE(before.reaches_zero());
    CHECK(status_of_child([] { exit(0); }) == 0);
    CHECK(status_of_child([&] {
              Signal never_answered;  // this child has no device
              q.barrier_and({}, &never_answered);
              exit(never_answered.value() == 1 ? 0 : 1);
          }) == 0);
    q.barrier_and({}, &after);
    CHECK(after.reaches_zero());
}
