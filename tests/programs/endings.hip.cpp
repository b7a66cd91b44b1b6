// Programs that do not end as they should: endings CASE. What must remain of each is the caller's to check.

#include <hip/hip_runtime.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>

static void check(hipError_t status, const char* call) {
    if (status == hipSuccess) return;
    std::printf("%s: %s\n", call, hipGetErrorString(status));
    std::exit(1);
}
#define CHECK(call) check(call, #call)

__global__ void store(int* p, int value) { p[threadIdx.x] = value; }
__global__ void load(const int* p, int* out) { out[threadIdx.x] = p[threadIdx.x]; }

__global__ void assert_equal(int is, int wanted) { assert(is == wanted); }
__global__ void give_up() { abort(); }

// Ends when the host stores to *flag, which the callers below never do; says that it runs by *flag = 1.
__global__ void spin(volatile int* flag) {
    *flag = 1;
    while (*flag != 2) __builtin_amdgcn_s_sleep(10);
}

static int* buffer() {
    int* p;
    CHECK(hipMalloc(reinterpret_cast<void**>(&p), 64 * sizeof(int)));
    return p;
}

// Returns once the kernel runs.
static void start_waiting() {
    int* flag;
    CHECK(hipHostMalloc(reinterpret_cast<void**>(&flag), 64, 0));
    *flag = 0;
    spin<<<1, 64>>>(flag);
    CHECK(hipGetLastError());
    while (*const_cast<volatile int*>(flag) != 1) usleep(100);
    std::printf("the kernel runs\n");
    std::fflush(stdout);
}

static void works(int value) {
    int* p = buffer();
    int back[64];
    store<<<1, 64>>>(p, value);
    CHECK(hipMemcpy(back, p, sizeof back, hipMemcpyDeviceToHost));
    for (int v : back)
        if (v != value) std::printf("stored %d, read %d\n", value, v), std::exit(1);
}

static int wild_store() {
    store<<<1, 64>>>(reinterpret_cast<int*>(0x123456789000), 1);
    return hipDeviceSynchronize();
}

static int null_load() {
    load<<<1, 64>>>(nullptr, buffer());
    return hipDeviceSynchronize();
}

// The host's own memory, which it never showed to the device, is as foreign as any other address.
static int host_store() {
    static int own[64];
    own[0] = 77;
    store<<<1, 64>>>(own, 1);
    return hipDeviceSynchronize();
}

static int use_after_free() {
    const size_t bytes = 64 << 20;  // too large for the runtime to keep
    int* p;
    CHECK(hipMalloc(reinterpret_cast<void**>(&p), bytes));
    CHECK(hipFree(p));
    store<<<1, 64>>>(p, 1);
    return hipDeviceSynchronize();
}

static int assertion() {
    assert_equal<<<2, 64>>>(1, 1);
    CHECK(hipDeviceSynchronize());
    std::printf("the first held\n");
    std::fflush(stdout);
    assert_equal<<<1, 1>>>(1, 2);
    return hipDeviceSynchronize();
}

static int abortion() {
    give_up<<<1, 64>>>();
    return hipDeviceSynchronize();
}

static int fork_and_go_on() {
    works(1);
    const pid_t child = fork();
    if (child == 0) _exit(7);
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 7) return 1;
    works(2);
    std::printf("the parent goes on\n");
    return 0;
}

// The child runs the exit handlers that it inherited, without the threads they may want to wait for.
static int fork_and_exit() {
    works(1);
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) std::exit(9);
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 9) return 1;
    works(3);
    std::printf("the parent goes on\n");
    return 0;
}

static int fork_and_exec() {
    works(1);
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "endings", "exit", static_cast<char*>(nullptr));
        _exit(127);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 5) return 1;
    works(4);
    std::printf("the parent goes on\n");
    return 0;
}

static int leave() {
    works(1);
    std::exit(5);
}

static int leave_running() {
    start_waiting();
    std::exit(6);
}

static int quick_leave_running() {
    start_waiting();
    _exit(8);
}

static int hold() {
    start_waiting();
    return hipDeviceSynchronize();
}

static int kill_running() {
    start_waiting();
    raise(SIGKILL);
    return 1;
}

static int interrupt_running() {
    start_waiting();
    raise(SIGTERM);
    return 1;
}

int main(int argc, char** argv) {
    static constexpr struct {
        const char* name;
        int (*run)();
    } cases[] = {
        {"wild-store", wild_store},
        {"null-load", null_load},
        {"host-store", host_store},
        {"use-after-free", use_after_free},
        {"assert", assertion},
        {"abort", abortion},
        {"fork", fork_and_go_on},
        {"fork-exit", fork_and_exit},
        {"fork-exec", fork_and_exec},
        {"exit", leave},
        {"exit-running", leave_running},
        {"_exit-running", quick_leave_running},
        {"hold", hold},
        {"kill-running", kill_running},
        {"terminate-running", interrupt_running},
    };
    for (const auto& c : cases)
        if (argc == 2 && std::strcmp(argv[1], c.name) == 0) return c.run();
    std::printf("usage: endings CASE, one of:");
    for (const auto& c : cases) std::printf(" %s", c.name);
    std::printf("\n");
    return 2;
}
