// What the programs share that test the DRM device by its ioctls: calls that give errno, buffers, packets, submissions;
// and cases, each of which begins with a device opened anew and ends at the first thing that is not so.
#pragma once

#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <libdrm/amdgpu_drm.h>
#include <libdrm/drm.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// ---- cases ----------------------------------------------------------------------------------------------------------

struct test {
    const char* name;
    void (*body)(void);
};

static char code_object[4096] = "build/tests/kernels/rings.co";
static jmp_buf test_ends;
static pthread_t tester;
static pid_t tester_process;

// Threads and children that find something wrong end the program.
static inline void wrong(void) {
    fflush(stdout);
    if (getpid() == tester_process && pthread_equal(pthread_self(), tester)) longjmp(test_ends, 1);
    _exit(1);
}
#define REQUIRE(fact)                                                             \
    do {                                                                          \
        if (!(fact)) {                                                            \
            printf("line %d: %s does not hold, errno %d\n", __LINE__, #fact, errno); \
            wrong();                                                              \
        }                                                                         \
    } while (0)
#define IS(value, expected)                                                                              \
    do {                                                                                                 \
        const long long is_ = (long long)(value), wanted_ = (long long)(expected);                       \
        if (is_ != wanted_) {                                                                            \
            printf("line %d: %s is %lld (0x%llx), not %lld\n", __LINE__, #value, is_, is_, wanted_);     \
            wrong();                                                                                     \
        }                                                                                                \
    } while (0)

static inline int is_right(const struct test* test) {
    if (setjmp(test_ends)) return 0;
    test->body();
    return 1;
}

// Runs all of them, or those that are named after the build folder. A line each: its name and "right", or what is wrong.
static inline int run_tests(const struct test* tests, size_t count, int words, char** word) {
    int failures = 0, ran = 0, names = words < 2 ? 0 : words - 2;
    char** const name = word + 2;
    if (words > 1) snprintf(code_object, sizeof code_object, "%s/tests/kernels/rings.co", word[1]);
    tester = pthread_self();
    tester_process = getpid();
    for (size_t i = 0; i < count; i++) {
        int wanted = !names;
        for (int n = 0; n < names; n++) wanted |= !strcmp(name[n], tests[i].name);
        if (!wanted) continue;
        ran++;
        printf("%s: ", tests[i].name);
        fflush(stdout);
        alarm(60);  // one that hangs ends the program
        if (is_right(&tests[i]))
            printf("right\n");
        else
            failures++;
    }
    if (!failures && ran) printf("all right\n");
    return failures || !ran;
}

// ---- calls ----------------------------------------------------------------------------------------------------------

// 0 or the errno.
static inline int call(int fd, unsigned long request, void* argument) {
    return ioctl(fd, request, argument) == 0 ? 0 : errno;
}
#define CALL(fd, request, ...) call(fd, request, &(__VA_ARGS__))

static inline int node(void) {
    const int fd = open("/dev/dri/renderD128", O_RDWR | O_CLOEXEC);
    REQUIRE(fd >= 0);
    return fd;
}

static inline uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}
static inline uint64_t in_seconds(double s) { return now() + (uint64_t)(s * 1e9); }

static inline uint64_t info(int fd, uint32_t query) {
    uint64_t value = 0;
    struct drm_amdgpu_info request = {.query = query, .return_pointer = (uintptr_t)&value, .return_size = 8};
    IS(call(fd, DRM_IOCTL_AMDGPU_INFO, &request), 0);
    return value;
}
static inline uint64_t vram_used(int fd) { return info(fd, AMDGPU_INFO_VRAM_USAGE); }

// ---- buffers --------------------------------------------------------------------------------------------------------

static inline int create(int fd, uint64_t bytes, uint64_t domains, uint64_t flags, uint32_t* handle) {
    union drm_amdgpu_gem_create c = {.in = {.bo_size = bytes, .domains = domains, .domain_flags = flags}};
    const int error = call(fd, DRM_IOCTL_AMDGPU_GEM_CREATE, &c);
    *handle = c.out.handle;
    return error;
}
static inline uint32_t gtt(int fd, uint64_t bytes) {
    uint32_t handle;
    IS(create(fd, bytes, AMDGPU_GEM_DOMAIN_GTT, 0, &handle), 0);
    return handle;
}
static inline uint32_t vram(int fd, uint64_t bytes) {
    uint32_t handle;
    IS(create(fd, bytes, AMDGPU_GEM_DOMAIN_VRAM, 0, &handle), 0);
    return handle;
}
static inline int gem_close(int fd, uint32_t handle) {
    return CALL(fd, DRM_IOCTL_GEM_CLOSE, (struct drm_gem_close){.handle = handle});
}
static inline int va(int fd, uint32_t operation, uint32_t handle, uint64_t address, uint64_t bytes, uint64_t offset,
                     uint32_t flags) {
    struct drm_amdgpu_gem_va v = {.handle = handle,
                                  .operation = operation,
                                  .flags = flags,
                                  .va_address = address,
                                  .offset_in_bo = offset,
                                  .map_size = bytes};
    return call(fd, DRM_IOCTL_AMDGPU_GEM_VA, &v);
}
enum { all_access = AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE | AMDGPU_VM_PAGE_EXECUTABLE };
static inline int va_map(int fd, uint32_t handle, uint64_t address, uint64_t bytes, uint64_t offset) {
    return va(fd, AMDGPU_VA_OP_MAP, handle, address, bytes, offset, all_access);
}
static inline int va_unmap(int fd, uint32_t handle, uint64_t address) {
    return va(fd, AMDGPU_VA_OP_UNMAP, handle, address, 4096, 0, 0);
}

// Where the host sees it.
static inline void* mapped(int fd, uint32_t handle, uint64_t bytes) {
    union drm_amdgpu_gem_mmap m = {.in = {.handle = handle}};
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_MMAP, &m), 0);
    void* host = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)m.out.addr_ptr);
    REQUIRE(host != MAP_FAILED);
    return host;
}

struct buffer {
    uint32_t handle;
    uint64_t address, bytes;
    volatile uint32_t* words;
};
static inline struct buffer place(int fd, uint32_t handle, uint64_t bytes) {
    static uint64_t next = 0x100000000;
    const uint64_t address = __atomic_fetch_add(&next, bytes + 0x10000, __ATOMIC_RELAXED);
    IS(va_map(fd, handle, address, bytes, 0), 0);
    return (struct buffer){handle, address, bytes, mapped(fd, handle, bytes)};
}
static inline struct buffer buffer(int fd, uint64_t bytes) { return place(fd, gtt(fd, bytes), bytes); }

// ---- packets --------------------------------------------------------------------------------------------------------

// The numbers of isa/: PM4_NOP is a packet's code, PM4_NOP_FIELD where a field begins, PM4_WHAT_NAME a value of it.
enum {
#define PACKET(name, code, ...) PM4_##name = code,
#define PFIELD(packet, field, word, low, bits) PM4_##packet##_##field = low,
#define PVALUE(what, name, value) PM4_##what##_##name = value,
#include "isa/pm4.def"
#undef PACKET
#undef PFIELD
#undef PVALUE
};
enum {
#define PACKET(name, code, sub, ...) SDMA_##name = code | (sub) << 8,
#define PFIELD(packet, field, word, low, bits) SDMA_##packet##_##field = low,
#define PVALUE(what, name, value) SDMA_##what##_##name = value,
#include "isa/sdma.def"
#undef PACKET
#undef PFIELD
#undef PVALUE
};
enum {
#define REG(name, dword) REG_##name = dword,
#define FIELD(...)
#include "isa/regs.def"
#undef REG
#undef FIELD
};

// Packets one behind the other in a buffer.
struct stream {
    struct buffer in;
    uint32_t first, words;
};
static inline struct stream stream(int fd) { return (struct stream){buffer(fd, 65536), 0, 0}; }
static inline void put(struct stream* s, const uint32_t* words, size_t count) {
    REQUIRE(4 * (s->words + count) <= s->in.bytes);
    for (size_t i = 0; i < count; i++) s->in.words[s->words++] = words[i];
}
static inline uint32_t low(uint64_t x) { return (uint32_t)x; }
static inline uint32_t high(uint64_t x) { return (uint32_t)(x >> 32); }
#define WORDS(...) (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4
static inline void pm4_body(struct stream* s, uint32_t code, const uint32_t* body, size_t count) {
    const uint32_t header = 3u << 30 | (uint32_t)(count - 1) << 16 | code << 8;
    put(s, &header, 1);
    put(s, body, count);
}
#define PM4(s, name, ...)  pm4_body(s, PM4_##name, WORDS(__VA_ARGS__))
#define SDMA(s, name, ...) put(s, WORDS((uint32_t)SDMA_##name | __VA_ARGS__))

static inline void write_word(struct stream* s, uint64_t address, uint32_t value) {
    PM4(s, WRITE_DATA, PM4_SEL_MEMORY << PM4_WRITE_DATA_DST_SEL | 1 << PM4_WRITE_DATA_CONFIRM, low(address),
        high(address), value);
}
static inline void copy_word(struct stream* s, uint64_t target, uint64_t source) {
    PM4(s, COPY_DATA, PM4_SEL_MEMORY_SYNC << PM4_COPY_DATA_SRC_SEL | PM4_SEL_MEMORY << PM4_COPY_DATA_DST_SEL,
        low(source), high(source), low(target), high(target));
}
// Until the word is `value`.
static inline void wait_word(struct stream* s, uint64_t address, uint32_t value) {
    PM4(s, WAIT_REG_MEM, PM4_FUNCTION_EQUAL << PM4_WAIT_REG_MEM_FUNCTION | PM4_SPACE_MEMORY << PM4_WAIT_REG_MEM_SPACE,
        low(address), high(address), value, ~0u, 10);
}
static inline void add_word(struct stream* s, uint64_t address, uint32_t value) {
    const uint32_t add = 0x4f;  // gfx_8_0_enum.h, TC_OP_ATOMIC_ADD_32, and nothing is returned
    PM4(s, ATOMIC_MEM, add, low(address), high(address), value, 0, 0, 0, 0);
}

// ---- kernels: tests/kernels/rings.s ---------------------------------------------------------------------------------

struct kernels {
    struct buffer code;
    unsigned char file[65536];
};
// Its segments where they want to be.
static inline struct kernels load_kernels(int fd) {
    struct kernels k = {.code = buffer(fd, 65536)};
    FILE* in = fopen(code_object, "rb");
    REQUIRE(in);
    const size_t bytes = fread(k.file, 1, sizeof k.file, in);
    REQUIRE(bytes > sizeof(Elf64_Ehdr) && bytes < sizeof k.file && fclose(in) == 0);
    const Elf64_Ehdr* elf = (const Elf64_Ehdr*)k.file;
    const Elf64_Phdr* segment = (const Elf64_Phdr*)(k.file + elf->e_phoff);
    for (int i = 0; i < elf->e_phnum; i++)
        if (segment[i].p_type == PT_LOAD)
            memcpy((char*)k.code.words + segment[i].p_vaddr, k.file + segment[i].p_offset, segment[i].p_filesz);
    return k;
}
// Sets the registers for a grid of groups of `lanes`, and starts it.
static inline void start(struct stream* s, const struct kernels* k, const char* name, uint32_t lanes, uint32_t groups,
                         const uint32_t* user, size_t users) {
    const Elf64_Ehdr* elf = (const Elf64_Ehdr*)k->file;
    const Elf64_Shdr* section = (const Elf64_Shdr*)(k->file + elf->e_shoff);
    char descriptor[64];
    snprintf(descriptor, sizeof descriptor, "%s.kd", name);
    uint64_t at = 0;
    for (int i = 0; i < elf->e_shnum; i++) {
        if (section[i].sh_type != SHT_DYNSYM) continue;
        const Elf64_Sym* symbols = (const Elf64_Sym*)(k->file + section[i].sh_offset);
        const char* names = (const char*)k->file + section[section[i].sh_link].sh_offset;
        for (size_t n = 0; n < section[i].sh_size / sizeof *symbols; n++)
            if (!strcmp(names + symbols[n].st_name, descriptor)) at = symbols[n].st_value;
    }
    REQUIRE(at);
    const volatile uint32_t* d = k->code.words + at / 4;  // the kernel descriptor: LLVM, AMDGPUUsage
    const uint64_t entry = k->code.address + at + d[4];
    PM4(s, SET_SH_REG, REG_COMPUTE_PGM_LO - 0x2c00, low(entry >> 8), high(entry >> 8));
    PM4(s, SET_SH_REG, REG_COMPUTE_PGM_RSRC1 - 0x2c00, d[12], d[13]);
    PM4(s, SET_SH_REG, REG_COMPUTE_NUM_THREAD_X - 0x2c00, lanes, 1, 1);
    uint32_t values[17] = {REG_COMPUTE_USER_DATA_0 - 0x2c00};
    memcpy(values + 1, user, users * 4);
    pm4_body(s, PM4_SET_SH_REG, values, users + 1);
    PM4(s, DISPATCH_DIRECT, groups, 1, 1, 1);  // COMPUTE_SHADER_EN
}
#define START(s, k, name, lanes, groups, ...) start(s, k, name, lanes, groups, WORDS(__VA_ARGS__))

// ---- submissions ----------------------------------------------------------------------------------------------------

static inline uint32_t context(int fd) {
    union drm_amdgpu_ctx c = {.in = {.op = AMDGPU_CTX_OP_ALLOC_CTX, .priority = AMDGPU_CTX_PRIORITY_NORMAL}};
    IS(call(fd, DRM_IOCTL_AMDGPU_CTX, &c), 0);
    return c.out.alloc.ctx_id;
}

struct job {
    uint32_t context, list, chunks;
    struct drm_amdgpu_cs_chunk chunk[16];
    uint64_t data[16][16];
};
static inline void add_chunk(struct job* j, uint32_t id, const void* data, size_t bytes) {
    REQUIRE(j->chunks < 16 && bytes <= sizeof j->data[0]);
    memcpy(j->data[j->chunks], data, bytes);
    j->chunk[j->chunks++] = (struct drm_amdgpu_cs_chunk){.chunk_id = id, .length_dw = (uint32_t)(bytes / 4)};
}
#define CHUNK(j, kind, ...)                             \
    do {                                                \
        const __VA_ARGS__;                              \
        add_chunk(j, AMDGPU_CHUNK_ID_##kind, &c, sizeof c); \
    } while (0)
static inline void add_ib(struct job* j, uint32_t ip, uint32_t ring, uint64_t address, uint32_t words) {
    CHUNK(j, IB,
          struct drm_amdgpu_cs_chunk_ib c = {
              .va_start = address, .ib_bytes = words * 4, .ip_type = ip, .ring = ring});
}
// What was put into the stream since the last time.
static inline void add_stream(struct job* j, uint32_t ip, uint32_t ring, struct stream* s) {
    add_ib(j, ip, ring, s->in.address + 4 * s->first, s->words - s->first);
    s->first = s->words = (s->words + 7) & ~7u;
}
static inline int submit(int fd, struct job* j, uint64_t* number) {
    uint64_t pointers[16];
    for (uint32_t i = 0; i < j->chunks; i++) {
        j->chunk[i].chunk_data = (uintptr_t)j->data[i];
        pointers[i] = (uintptr_t)&j->chunk[i];
    }
    union drm_amdgpu_cs c = {.in = {.ctx_id = j->context,
                                    .bo_list_handle = j->list,
                                    .num_chunks = j->chunks,
                                    .chunks = (uintptr_t)pointers}};
    const int error = call(fd, DRM_IOCTL_AMDGPU_CS, &c);
    if (!error) *number = c.out.handle;
    return error;
}

// 0 or the errno; ETIME when it has not ended until then.
static inline int wait_until(int fd, uint32_t context, uint32_t ip, uint32_t ring, uint64_t number, uint64_t until) {
    union drm_amdgpu_wait_cs w = {
        .in = {.handle = number, .timeout = until, .ip_type = ip, .ring = ring, .ctx_id = context}};
    const int error = call(fd, DRM_IOCTL_AMDGPU_WAIT_CS, &w);
    return error ? error : w.out.status ? ETIME : 0;
}

// One stream to one ring, and its end: 0 or an errno.
static inline int run(int fd, uint32_t context, uint32_t ip, uint32_t ring, struct stream* s) {
    struct job j = {.context = context};
    uint64_t number;
    add_stream(&j, ip, ring, s);
    const int error = submit(fd, &j, &number);
    return error ? error : wait_until(fd, context, ip, ring, number, in_seconds(30));
}

// ---- synchronization objects ----------------------------------------------------------------------------------------

static inline uint32_t syncobj(int fd, int signalled) {
    struct drm_syncobj_create c = {.flags = signalled ? DRM_SYNCOBJ_CREATE_SIGNALED : 0};
    IS(call(fd, DRM_IOCTL_SYNCOBJ_CREATE, &c), 0);
    return c.handle;
}
static inline int sync_wait(int fd, const uint32_t* handles, uint32_t count, uint32_t flags, uint64_t until,
                            uint32_t* first) {
    struct drm_syncobj_wait w = {
        .handles = (uintptr_t)handles, .timeout_nsec = (int64_t)until, .count_handles = count, .flags = flags};
    const int error = call(fd, DRM_IOCTL_SYNCOBJ_WAIT, &w);
    if (first) *first = w.first_signaled;
    return error;
}
static inline int point_wait(int fd, uint32_t handle, uint64_t point, uint32_t flags, uint64_t until) {
    struct drm_syncobj_timeline_wait w = {.handles = (uintptr_t)&handle,
                                          .points = (uintptr_t)&point,
                                          .timeout_nsec = (int64_t)until,
                                          .count_handles = 1,
                                          .flags = flags};
    return call(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &w);
}
static inline int point_signal(int fd, uint32_t handle, uint64_t point) {
    struct drm_syncobj_timeline_array a = {
        .handles = (uintptr_t)&handle, .points = (uintptr_t)&point, .count_handles = 1};
    return call(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &a);
}
static inline uint64_t point_of(int fd, uint32_t handle, uint32_t flags) {
    uint64_t point = ~0ull;
    struct drm_syncobj_timeline_array a = {
        .handles = (uintptr_t)&handle, .points = (uintptr_t)&point, .count_handles = 1, .flags = flags};
    IS(call(fd, DRM_IOCTL_SYNCOBJ_QUERY, &a), 0);
    return point;
}
static inline int sync_signal(int fd, uint32_t handle) {
    return CALL(fd, DRM_IOCTL_SYNCOBJ_SIGNAL,
                (struct drm_syncobj_array){.handles = (uintptr_t)&handle, .count_handles = 1});
}
static inline int sync_reset(int fd, uint32_t handle) {
    return CALL(fd, DRM_IOCTL_SYNCOBJ_RESET,
                (struct drm_syncobj_array){.handles = (uintptr_t)&handle, .count_handles = 1});
}
