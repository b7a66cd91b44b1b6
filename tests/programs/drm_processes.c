// Descriptors, threads and processes that come and go with the DRM device: drm_processes BUILD [CASE...].

#include "tests/programs/drm.h"

#include <signal.h>

enum { compute = AMDGPU_HW_IP_COMPUTE, mib = 1 << 20 };

// A job of this file that ends when its word 0 is 1, then writes 4711 to word 1.
struct client {
    int fd;
    uint32_t context;
    struct buffer out;
    struct stream s;
};
static struct client client(void) {
    const int fd = node();
    return (struct client){fd, context(fd), buffer(fd, 4096), stream(fd)};
}
static uint64_t held(struct client* c) {
    struct job j = {.context = c->context};
    uint64_t number;
    wait_word(&c->s, c->out.address, 1);
    write_word(&c->s, c->out.address + 4, 4711);
    add_stream(&j, compute, 0, &c->s);
    IS(submit(c->fd, &j, &number), 0);
    return number;
}
// One that ends.
static void works(void) {
    struct client c = client();
    write_word(&c.s, c.out.address + 8, 4712);
    IS(run(c.fd, c.context, compute, 0, &c.s), 0);
    IS(c.out.words[2], 4712);
    IS(close(c.fd), 0);
}

// ---- descriptors ----------------------------------------------------------------------------------------------------

static void by_close(int fd) { IS(close(fd), 0); }
static void by_the_last_copy(int fd) {
    const int first = dup(fd), second = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    REQUIRE(first >= 0 && second >= 100);
    IS(close(fd), 0);
    IS(info(first, AMDGPU_INFO_ACCEL_WORKING), 1);
    IS(close(first), 0);
    IS(info(second, AMDGPU_INFO_ACCEL_WORKING), 1);
    IS(close(second), 0);
}
static void by_dup2(int fd) { IS(dup2(0, fd), fd); }
static void by_dup3(int fd) { IS(dup3(0, fd, O_CLOEXEC), fd); }
static void by_dup2_of_itself(int fd) {
    IS(dup2(fd, fd), fd);
    IS(info(fd, AMDGPU_INFO_ACCEL_WORKING), 1);
    IS(close(fd), 0);
}
static void by_closefrom(int fd) {
    const int high = fcntl(fd, F_DUPFD_CLOEXEC, 900);
    REQUIRE(high > fd);
    IS(close(fd), 0);
    closefrom(high);
}
static void by_close_range(int fd) { IS(close_range((unsigned)fd, (unsigned)fd, 0), 0); }
static void by_fclose(int fd) {
    FILE* stream = fdopen(fd, "r+");
    REQUIRE(stream);
    IS(fclose(stream), 0);
}

static void closing(void) {
    static void (*const ways[])(int) = {by_close, by_the_last_copy, by_dup2,      by_dup3,
                                        by_dup2_of_itself, by_closefrom, by_close_range, by_fclose};
    const int watch = node();
    const uint64_t used = vram_used(watch);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const int fd = node();
        const uint32_t h = vram(fd, 16 * mib);
        memset(mapped(fd, h, 16 * mib), 1, 16 * mib);
        IS(vram_used(watch), used + 16 * mib);
        ways[i](fd);
        IS(vram_used(watch), used);
    }
    works();
    close(watch);
}

// Each has its own handles, addresses and contexts.
static void apart(void) {
    const int a = node(), b = node();
    const uint32_t h = gtt(a, 4096), c = context(a);
    IS(va_map(a, h, 0x300000000, 4096, 0), 0);
    IS(va_map(b, h, 0x300000000, 4096, 0), ENOENT);
    IS(gem_close(b, h), EINVAL);
    IS(CALL(b, DRM_IOCTL_AMDGPU_CTX, (union drm_amdgpu_ctx){.in = {.op = AMDGPU_CTX_OP_FREE_CTX, .ctx_id = c}}), EINVAL);
    IS(va_map(b, gtt(b, 4096), 0x300000000, 4096, 0), 0);
    const int copy = dup(a);
    IS(gem_close(copy, h), 0);
    IS(gem_close(a, h), EINVAL);
    close(a);
    close(b);
    close(copy);
}

// A file whose job would never end may be closed all the same, and what it held is free.
static void closed_with_a_job(void) {
    const int watch = node();
    const uint64_t used = vram_used(watch);
    struct client c = client();
    vram(c.fd, mib);
    held(&c);
    IS(close(c.fd), 0);
    IS(vram_used(watch), used);
    works();
    close(watch);
}

struct waiting {
    struct client c;
    uint64_t number;
    int result;
};
static void* wait_for_it(void* of) {
    struct waiting* w = of;
    w->result = wait_until(w->c.fd, w->c.context, compute, 0, w->number, in_seconds(0.2));
    return NULL;
}
// While another thread waits in it.
static void closed_under_a_wait(void) {
    struct waiting w = {.c = client()};
    w.number = held(&w.c);
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, wait_for_it, &w) == 0);
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    IS(close(w.c.fd), 0);
    IS(pthread_join(thread, NULL), 0);
    REQUIRE(w.result == ETIME || w.result == EBADF || w.result == ENODEV);  // the latter when it came too late
    works();
}

static void* opens_and_closes(void* unused) {
    (void)unused;
    for (int i = 0; i < 25; i++) {
        const int fd = node();
        const uint32_t h = vram(fd, 64 * 1024);
        volatile uint32_t* at = mapped(fd, h, 64 * 1024);
        at[0] = at[16383] = 1;
        IS(munmap((void*)at, 64 * 1024), 0);
        IS(close(fd), 0);
    }
    return NULL;
}
static void threads_that_open(void) {
    const int watch = node();
    const uint64_t used = vram_used(watch);
    pthread_t thread[8];
    for (int i = 0; i < 8; i++) REQUIRE(pthread_create(&thread[i], NULL, opens_and_closes, NULL) == 0);
    for (int i = 0; i < 8; i++) IS(pthread_join(thread[i], NULL), 0);
    IS(vram_used(watch), used);
    close(watch);
}

// ---- children -------------------------------------------------------------------------------------------------------

// 0 when it ended with status 0; it has half a minute.
static pid_t begins(void) {
    fflush(stdout);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (!child) alarm(30);
    return child;
}
static int ended(pid_t child) {
    int status;
    IS(waitpid(child, &status, 0), child);
    return status;
}

// It has its parent's descriptors but not its device, and may open one of its own.
static void a_child(void) {
    struct client c = client();
    const uint32_t h = vram(c.fd, 16 * mib);
    volatile uint32_t* at = mapped(c.fd, h, 16 * mib);
    at[100] = 4711;
    const uint64_t used = vram_used(c.fd);
    const pid_t child = begins();
    if (!child) {
        struct drm_get_cap cap = {.capability = DRM_CAP_PRIME};
        IS(call(c.fd, DRM_IOCTL_GET_CAP, &cap), ENODEV);
        IS(close(dup(c.fd)), 0);
        works();
        const int own = node();
        vram(own, 4 * mib);
        IS(vram_used(own), used + 4 * mib);
        IS(close(c.fd), 0);
        _exit(0);
    }
    IS(ended(child), 0);
    IS(vram_used(c.fd), used);
    IS(at[100], 4711);
    at[100] = 4712;
    IS(((volatile uint32_t*)mapped(c.fd, h, 16 * mib))[100], 4712);
    write_word(&c.s, c.out.address, 1);
    IS(run(c.fd, c.context, compute, 0, &c.s), 0);
    close(c.fd);
}

// What only a descriptor holds stays the parent's, whatever the child closes and shares.
static void a_child_with_shared_buffers(void) {
    const int fd = node();
    const uint32_t h = vram(fd, mib);
    struct drm_prime_handle p = {.handle = h, .flags = DRM_RDWR};
    IS(call(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &p), 0);
    ((volatile uint32_t*)mapped(fd, h, mib))[1000] = 4711;
    IS(gem_close(fd, h), 0);
    const uint64_t used = vram_used(fd);
    const pid_t child = begins();
    if (!child) {
        const int own = node();
        const uint32_t mine = vram(own, 64 * mib);
        volatile uint32_t* at = mapped(own, mine, 64 * mib);
        memset((void*)at, 0x55, 64 * mib);
        IS(CALL(own, DRM_IOCTL_PRIME_FD_TO_HANDLE, (struct drm_prime_handle){.fd = p.fd}), EINVAL);  // of the parent
        IS(close(p.fd), 0);
        struct drm_prime_handle q = {.handle = mine, .flags = DRM_RDWR};
        IS(call(own, DRM_IOCTL_PRIME_HANDLE_TO_FD, &q), 0);
        IS(close(q.fd), 0);
        for (uint32_t i = 0; i < 16 * mib; i++) IS(at[i], 0x55555555);
        IS(vram_used(own), used + 64 * mib);
        _exit(0);
    }
    IS(ended(child), 0);
    IS(vram_used(fd), used);
    IS(call(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &p), 0);
    IS(((volatile uint32_t*)mapped(fd, p.handle, mib))[1000], 4711);
    close(p.fd);
    close(fd);
}

static volatile int stop;
static void* keeps_busy(void* unused) {
    (void)unused;
    struct client c = client();
    while (!stop) {
        c.s.first = c.s.words = 0;
        add_word(&c.s, c.out.address, 1);
        IS(run(c.fd, c.context, compute, 0, &c.s), 0);
        const uint32_t s = syncobj(c.fd, 0);
        IS(sync_wait(c.fd, &s, 1, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, in_seconds(0.0005), NULL), ETIME);
    }
    close(c.fd);
    return NULL;
}
// Forks at any moment of threads that submit, wait and signal.
static void children_of_busy_threads(void) {
    pthread_t thread[4];
    stop = 0;
    for (int i = 0; i < 4; i++) REQUIRE(pthread_create(&thread[i], NULL, keeps_busy, NULL) == 0);
    for (int i = 0; i < 30; i++) {
        const pid_t child = begins();
        if (!child) {
            works();
            _exit(0);
        }
        IS(ended(child), 0);
    }
    stop = 1;
    for (int i = 0; i < 4; i++) IS(pthread_join(thread[i], NULL), 0);
}

// However a process dies, with whatever under way: what it had is free for others.
static void killed(void) {
    const int watch = node();
    const uint64_t used = vram_used(watch), all = 5ull << 30;
    for (int how = 0; how < 3; how++) {
        int ends[2];
        char byte;
        REQUIRE(pipe(ends) == 0);
        const pid_t child = begins();
        if (!child) {
            struct client c = client();
            vram(c.fd, all);
            held(&c);
            IS(write(ends[1], "x", 1), 1);
            if (how == 0) _exit(0);
            if (how == 1) abort();
            for (;;) pause();
        }
        IS(close(ends[1]), 0);
        IS(read(ends[0], &byte, 1), 1);
        if (how == 2) {
            IS(vram_used(watch), used + all);
            uint32_t h;
            IS(create(watch, all, AMDGPU_GEM_DOMAIN_VRAM, 1 << 12, &h), ENOMEM);  // there is not so much left
            IS(kill(child, SIGKILL), 0);
        }
        const int status = ended(child);
        IS(status, how == 0 ? 0 : how == 1 ? SIGABRT : SIGKILL);
        IS(vram_used(watch), used);
        IS(gem_close(watch, vram(watch, all)), 0);
        close(ends[0]);
    }
    close(watch);
}

static const struct test tests[] = {{"closing", closing},
                                    {"apart", apart},
                                    {"closed_with_a_job", closed_with_a_job},
                                    {"closed_under_a_wait", closed_under_a_wait},
                                    {"threads_that_open", threads_that_open},
                                    {"a_child", a_child},
                                    {"a_child_with_shared_buffers", a_child_with_shared_buffers},
                                    {"children_of_busy_threads", children_of_busy_threads},
                                    {"killed", killed}};

int main(int argc, char** argv) {
    return run_tests(tests, sizeof tests / sizeof *tests, argc, argv);
}
