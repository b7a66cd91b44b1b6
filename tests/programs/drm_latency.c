// How long calls of the DRM device take, one after the other: drm_latency BUILD. A line each: its name, the median, us.

#include "tests/programs/drm.h"

#include <sys/syscall.h>

enum { compute = AMDGPU_HW_IP_COMPUTE, times = 2000 };

static int ascending(const void* a, const void* b) {
    const double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}
#define MEDIAN(name, ...)                                         \
    do {                                                          \
        static double took[times];                                \
        for (int turn = 0; turn < times; turn++) {                \
            const uint64_t began = now();                         \
            __VA_ARGS__;                                          \
            took[turn] = (double)(now() - began) / 1000;          \
        }                                                         \
        qsort(took, times, sizeof *took, ascending);              \
        printf("%s: %.2f\n", name, took[times / 2]);              \
    } while (0)

static void all(void) {
    const int fd = node(), file = memfd_create("other", 0);
    const uint32_t c = context(fd);
    static struct kernels k;
    k = load_kernels(fd);
    // A kernel that only ends, where code may begin: its one word is the last of another kernel.
    uint32_t end = 0;
    for (uint32_t i = 0; i < 16384; i++)
        if (k.code.words[i] >> 16 == 0xbf81) end = k.code.words[i];
    REQUIRE(end);
    const struct buffer code = buffer(fd, 4096);
    code.words[0] = end;

    struct stream s = stream(fd), nothing = stream(fd);
    PM4(&s, SET_SH_REG, REG_COMPUTE_PGM_LO - 0x2c00, low(code.address >> 8), high(code.address >> 8));
    PM4(&s, SET_SH_REG, REG_COMPUTE_PGM_RSRC1 - 0x2c00, 0, 0);
    PM4(&s, SET_SH_REG, REG_COMPUTE_NUM_THREAD_X - 0x2c00, 64, 1, 1);
    PM4(&s, DISPATCH_DIRECT, 1, 1, 1, 1);
    PM4(&nothing, NOP, 0);
    struct job j = {.context = c}, empty = j;
    uint64_t number;
    add_stream(&j, compute, 0, &s);
    add_stream(&empty, compute, 1, &nothing);
    MEDIAN("an empty kernel, submitted and waited for", IS(submit(fd, &j, &number), 0);
           IS(wait_until(fd, c, compute, 0, number, ~0ull), 0));
    MEDIAN("a submission of nothing, waited for", IS(submit(fd, &empty, &number), 0);
           IS(wait_until(fd, c, compute, 1, number, ~0ull), 0));
    MEDIAN("a submission of nothing, without its end", IS(submit(fd, &empty, &number), 0));
    IS(wait_until(fd, c, compute, 1, number, ~0ull), 0);
    MEDIAN("a buffer of 64 KiB made, mapped for both, closed", const struct buffer b = buffer(fd, 65536);
           IS(munmap((void*)b.words, 65536), 0); IS(gem_close(fd, b.handle), 0));
    struct drm_get_cap cap = {.capability = DRM_CAP_PRIME};
    MEDIAN("GET_CAP", IS(call(fd, DRM_IOCTL_GET_CAP, &cap), 0));
    MEDIAN("ioctl of another file, interposed", ioctl(file, FIONREAD, &number));
    MEDIAN("the same, the system's own", syscall(SYS_ioctl, file, FIONREAD, &number));
    MEDIAN("open and close of another file, interposed", close(open("/dev/null", O_RDONLY)));
    MEDIAN("the same, the system's own", syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY)));
    close(fd);
}

int main(int argc, char** argv) {
    static const struct test tests[] = {{"times", all}};
    return run_tests(tests, 1, argc, argv);
}
