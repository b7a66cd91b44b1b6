// What submissions to the DRM device do, and when: drm_submit BUILD [CASE...]. With "watched" or "slow" instead of cases,
// those that want a GCN_EMU_WATCHDOG of their own: 0.3 and 2.

#include "tests/programs/drm.h"

enum { gfx = AMDGPU_HW_IP_GFX, compute = AMDGPU_HW_IP_COMPUTE, dma = AMDGPU_HW_IP_DMA };

static const struct {
    uint32_t ip, ring;
} rings[] = {{gfx, 0}, {compute, 0}, {compute, 1}, {compute, 2}, {compute, 3}, {dma, 0}, {dma, 1}};
enum { all_rings = 7, all_pm4_rings = 5 };

// A file with a context, a buffer for results and packets to be.
struct client {
    int fd;
    uint32_t context;
    struct buffer out;
    struct stream s;
};
static struct client client(void) {
    const int fd = node();
    return (struct client){fd, context(fd), buffer(fd, 65536), stream(fd)};
}
static uint64_t word(const struct client* c, uint32_t i) { return c->out.address + 4 * i; }

// Word 0 is the gate: such a job waits until it is 1, then writes 4711 to word `i`.
static void held(struct client* c, uint32_t i) {
    wait_word(&c->s, word(c, 0), 1);
    write_word(&c->s, word(c, i), 4711);
}
static void open_gate(struct client* c) { __atomic_store_n(&c->out.words[0], 1, __ATOMIC_RELEASE); }
static void* open_gate_later(void* of) {
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    open_gate(of);
    return NULL;
}

static uint64_t send(struct client* c, uint32_t ip, uint32_t ring) {
    struct job j = {.context = c->context};
    uint64_t number;
    add_stream(&j, ip, ring, &c->s);
    IS(submit(c->fd, &j, &number), 0);
    return number;
}
static int ends(struct client* c, uint32_t ip, uint32_t ring, uint64_t number) {
    return wait_until(c->fd, c->context, ip, ring, number, in_seconds(30));
}
static int has_ended(struct client* c, uint32_t ip, uint32_t ring, uint64_t number) {
    const int result = wait_until(c->fd, c->context, ip, ring, number, 0);
    REQUIRE(result == 0 || result == ETIME);
    return result == 0;
}

// ---- what a submission is -------------------------------------------------------------------------------------------

// By that ring's own packets.
static void store(struct client* c, uint32_t ip, uint32_t i, uint32_t value) {
    if (ip == dma)
        SDMA(&c->s, WRITE_LINEAR, 0, low(word(c, i)), high(word(c, i)), 1, value);
    else
        write_word(&c->s, word(c, i), value);
}

static void every_ring(void) {
    struct client c = client();
    for (uint32_t round = 1; round <= 3; round++)
        for (uint32_t r = 0; r < all_rings; r++) {
            store(&c, rings[r].ip, 100 * round + r, 1000 * round + r);
            const uint64_t number = send(&c, rings[r].ip, rings[r].ring);
            IS(number, round);  // each ring of a context counts its own
            IS(ends(&c, rings[r].ip, rings[r].ring, number), 0);
            IS(c.out.words[100 * round + r], 1000 * round + r);
        }
    close(c.fd);
}

// All of one ring are one job, in their order.
static void several_buffers(void) {
    struct client c = client();
    struct job j = {.context = c.context};
    uint64_t number;
    for (uint32_t i = 1; i <= 5; i++) {
        add_word(&c.s, word(&c, 0), i);
        copy_word(&c.s, word(&c, i), word(&c, 0));
        add_stream(&j, compute, 2, &c.s);
    }
    IS(submit(c.fd, &j, &number), 0);
    IS(number, 1);
    IS(ends(&c, compute, 2, number), 0);
    for (uint32_t i = 1; i <= 5; i++) IS(c.out.words[i], i * (i + 1) / 2);
    IS(wait_until(c.fd, c.context, compute, 2, 2, 0), EINVAL);
    close(c.fd);
}

// Buffers for several rings are one submission, which has ended when all have.
static void gang(void) {
    struct client c = client();
    struct job j = {.context = c.context}, five = {.context = c.context};
    uint64_t number = 4711;
    write_word(&c.s, word(&c, 1), 1);
    IS(run(c.fd, c.context, compute, 1, &c.s), 0);  // so that this ring is one ahead
    held(&c, 2);
    add_stream(&j, compute, 0, &c.s);
    store(&c, dma, 3, 3);
    add_stream(&j, dma, 1, &c.s);
    store(&c, gfx, 4, 4);
    add_stream(&j, gfx, 0, &c.s);
    store(&c, compute, 5, 5);
    add_stream(&j, compute, 1, &c.s);
    IS(submit(c.fd, &j, &number), 0);
    IS(number, 2);  // of the last one's ring
    IS(ends(&c, compute, 1, 1), 0);
    IS(has_ended(&c, compute, 1, 2), 0);
    IS(has_ended(&c, dma, 1, 1), 0);
    open_gate(&c);
    IS(ends(&c, compute, 1, 2), 0);
    IS(has_ended(&c, dma, 1, 1), 1);
    IS(has_ended(&c, gfx, 0, 1), 1);
    IS(has_ended(&c, compute, 0, 1), 1);
    IS(c.out.words[2], 4711);
    for (uint32_t i = 3; i <= 5; i++) IS(c.out.words[i], i);
    for (uint32_t i = 0; i < 5; i++) add_ib(&five, rings[i].ip, rings[i].ring, c.s.in.address, 4);
    IS(submit(c.fd, &five, &number), EINVAL);
    close(c.fd);
}

static void user_fence(void) {
    struct client c = client();
    const struct buffer fence = buffer(c.fd, 4096);
    const uint32_t large = gtt(c.fd, 8192);
    volatile uint64_t* const values = (volatile uint64_t*)fence.words;
    for (uint64_t round = 1; round <= 3; round++) {
        struct job j = {.context = c.context};
        uint64_t number;
        write_word(&c.s, word(&c, 1), (uint32_t)round);
        add_stream(&j, compute, 0, &c.s);
        CHUNK(&j, FENCE, struct drm_amdgpu_cs_chunk_fence c = {.handle = fence.handle, .offset = 8});
        CHUNK(&j, FENCE, struct drm_amdgpu_cs_chunk_fence c = {.handle = fence.handle, .offset = 4088});
        IS(submit(c.fd, &j, &number), 0);
        const uint64_t until = in_seconds(30);
        while (__atomic_load_n(&values[511], __ATOMIC_ACQUIRE) != number) REQUIRE(now() < until);
        IS(c.out.words[1], round);  // before it
        IS(values[1], 0);           // the second took the first one's place
    }
    const struct drm_amdgpu_cs_chunk_fence bad[] = {{large, 0}, {fence.handle, 4089}, {99, 0}};
    for (int i = 0; i < 3; i++) {
        struct job j = {.context = c.context};
        uint64_t number;
        add_ib(&j, compute, 0, c.s.in.address, 4);
        add_chunk(&j, AMDGPU_CHUNK_ID_FENCE, &bad[i], 8);
        IS(submit(c.fd, &j, &number), EINVAL);
    }
    close(c.fd);
}

static void grids(void) {
    struct client c = client();
    static struct kernels k;
    k = load_kernels(c.fd);
    for (uint32_t r = 0; r < all_pm4_rings; r++) {
        const uint64_t at = word(&c, 1024 * r);
        START(&c.s, &k, "rings_visit", 64, 8, low(at), high(at), 64, 1, 1, 512, 512);
        START(&c.s, &k, "rings_visit", 64, 3, low(at), high(at), 64, 1, 1, 192, 192);
        const uint64_t number = send(&c, rings[r].ip, rings[r].ring);
        IS(ends(&c, rings[r].ip, rings[r].ring, number), 0);
        for (uint32_t i = 0; i < 1024; i++) IS(c.out.words[1024 * r + i], i < 192 ? 2 : i < 512 ? 1 : 0);
    }
    close(c.fd);
}

static void copies(void) {
    struct client c = client();
    const struct buffer from = place(c.fd, vram(c.fd, 65536), 65536);
    for (uint32_t i = 0; i < 16384; i++) from.words[i] = i * 2654435761u;
    static const uint32_t sizes[] = {1, 3, 4, 255, 4096, 4097, 60001};
    for (uint32_t n = 0; n < sizeof sizes / sizeof *sizes; n++)
        for (uint32_t shift = 0; shift < 5; shift++) {
            const uint64_t source = from.address + shift, target = c.out.address + 2 * shift + 1;
            unsigned char* const out = (unsigned char*)c.out.words;
            memset(out, 0xaa, 65536);
            SDMA(&c.s, COPY_LINEAR, 0, sizes[n], 0, low(source), high(source), low(target), high(target));
            IS(ends(&c, dma, n % 2, send(&c, dma, n % 2)), 0);
            IS(memcmp(out + 2 * shift + 1, (unsigned char*)from.words + shift, sizes[n]), 0);
            IS(out[2 * shift], 0xaa);
            IS(out[2 * shift + 1 + sizes[n]], 0xaa);
        }
    close(c.fd);
}

static void many(void) {
    struct client c = client();
    struct job j = {.context = c.context};
    uint64_t number = 0;
    add_word(&c.s, word(&c, 1), 1);
    add_stream(&j, compute, 0, &c.s);
    for (uint32_t i = 1; i <= 1000; i++) {
        IS(submit(c.fd, &j, &number), 0);
        IS(number, i);
    }
    IS(ends(&c, compute, 0, ~0ull), 0);
    IS(c.out.words[1], 1000);
    for (uint64_t n = 0; n <= 1000; n++) IS(has_ended(&c, compute, 0, n), 1);
    close(c.fd);
}

// ---- refusals -------------------------------------------------------------------------------------------------------

static void refusals(void) {
    struct client c = client();
    uint64_t number;
    struct job j = {.context = c.context};
    IS(submit(c.fd, &j, &number), EINVAL);  // no chunk
    CHUNK(&j, SYNCOBJ_IN, struct drm_amdgpu_cs_chunk_sem c = {.handle = syncobj(node(), 1)});
    IS(submit(c.fd, &j, &number), EINVAL);  // no IB
    static const struct drm_amdgpu_cs_chunk_ib bad[] = {{.ip_type = gfx, .ring = 1},
                                                        {.ip_type = compute, .ring = 4},
                                                        {.ip_type = dma, .ring = 2},
                                                        {.ip_type = compute, .ip_instance = 1},
                                                        {.ip_type = AMDGPU_HW_IP_UVD},
                                                        {.ip_type = AMDGPU_HW_IP_NUM},
                                                        {.ip_type = ~0u}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        j = (struct job){.context = c.context};
        add_chunk(&j, AMDGPU_CHUNK_ID_IB, &bad[i], sizeof bad[i]);
        IS(submit(c.fd, &j, &number), EINVAL);
    }
    struct job good = {.context = c.context};
    write_word(&c.s, word(&c, 1), 1);
    add_stream(&good, compute, 0, &c.s);
    static const uint64_t zeros[16];
    for (uint32_t id = 0; id < 12; id++) {
        j = good;
        add_chunk(&j, id, zeros, 4);  // too short for what names buffers; others are lists, of which it holds none
        const int none = id == 3 || id == 7 || id == 8 || id == 9;
        IS(submit(c.fd, &j, &number), none ? 0 : id == AMDGPU_CHUNK_ID_SYNCOBJ_IN ? ENOENT : EINVAL);
    }
    j = good;
    j.context = 99;
    IS(submit(c.fd, &j, &number), EINVAL);
    j = good;
    j.list = 99;
    IS(submit(c.fd, &j, &number), ENOENT);

    const struct drm_amdgpu_bo_list_entry listed[] = {{c.out.handle, 0}, {c.s.in.handle, 0}}, unknown = {99, 0};
    union drm_amdgpu_bo_list list = {.in = {.operation = AMDGPU_BO_LIST_OP_CREATE,
                                            .bo_number = 2,
                                            .bo_info_size = 8,
                                            .bo_info_ptr = (uintptr_t)listed}};
    IS(call(c.fd, DRM_IOCTL_AMDGPU_BO_LIST, &list), 0);
    j = good;
    j.list = list.out.list_handle;
    IS(submit(c.fd, &j, &number), 0);
    CHUNK(&j, BO_HANDLES,
          struct drm_amdgpu_bo_list_in c = {.bo_number = 2, .bo_info_size = 8, .bo_info_ptr = (uintptr_t)listed});
    IS(submit(c.fd, &j, &number), EINVAL);  // both
    j.list = 0;
    IS(submit(c.fd, &j, &number), 0);
    CHUNK(&j, BO_HANDLES, struct drm_amdgpu_bo_list_in c = {.bo_number = 0});
    IS(submit(c.fd, &j, &number), EINVAL);  // twice
    j = good;
    CHUNK(&j, BO_HANDLES,
          struct drm_amdgpu_bo_list_in c = {.bo_number = 1, .bo_info_size = 8, .bo_info_ptr = (uintptr_t)&unknown});
    IS(submit(c.fd, &j, &number), ENOENT);
    IS(ends(&c, compute, 0, ~0ull), 0);  // and nothing was broken by all this
    close(c.fd);
}

// ---- order ----------------------------------------------------------------------------------------------------------

static void dependencies(void) {
    struct client c = client();
    uint64_t number;
    for (uint32_t round = 0; round < 2; round++) {
        const uint32_t id = round ? AMDGPU_CHUNK_ID_SCHEDULED_DEPENDENCIES : AMDGPU_CHUNK_ID_DEPENDENCIES;
        c.out.words[0] = c.out.words[1] = c.out.words[2] = 0;
        held(&c, 1);
        const uint64_t first = send(&c, compute, 0);
        struct job second = {.context = c.context}, third = second;
        const struct drm_amdgpu_cs_chunk_dep on = {.ip_type = compute, .ctx_id = c.context, .handle = first},
                                             latest = {.ip_type = dma, .ctx_id = c.context, .handle = ~0ull};
        copy_word(&c.s, word(&c, 2), word(&c, 1));
        add_stream(&second, gfx, 0, &c.s);
        add_chunk(&second, id, &on, sizeof on);
        IS(submit(c.fd, &second, &number), 0);
        copy_word(&c.s, word(&c, 3), word(&c, 2));
        add_stream(&third, compute, 1, &c.s);
        const struct drm_amdgpu_cs_chunk_dep two[] = {on, {.ip_type = gfx, .ctx_id = c.context, .handle = number}};
        add_chunk(&third, id, two, sizeof two);
        add_chunk(&third, id, &latest, sizeof latest);  // none yet there: done
        uint64_t last;
        IS(submit(c.fd, &third, &last), 0);
        IS(has_ended(&c, compute, 0, first), 0);
        IS(has_ended(&c, gfx, 0, number), 0);
        IS(has_ended(&c, compute, 1, last), 0);
        open_gate(&c);
        IS(ends(&c, compute, 1, last), 0);
        IS(c.out.words[2], 4711);
        IS(c.out.words[3], 4711);
    }
    const struct drm_amdgpu_cs_chunk_dep bad[] = {{.ip_type = compute, .ctx_id = 99, .handle = 0},
                                                  {.ip_type = compute, .ctx_id = c.context, .handle = 3},
                                                  {.ip_type = compute, .ring = 4, .ctx_id = c.context},
                                                  {.ip_type = compute, .ip_instance = 1, .ctx_id = c.context}};
    for (int i = 0; i < 4; i++) {
        struct job j = {.context = c.context};
        add_ib(&j, compute, 0, c.s.in.address, 4);
        add_chunk(&j, AMDGPU_CHUNK_ID_DEPENDENCIES, &bad[i], sizeof bad[i]);
        IS(submit(c.fd, &j, &number), EINVAL);
    }
    close(c.fd);
}

static void syncobj_chunk(struct job* j, uint32_t id, uint32_t handle) {
    const struct drm_amdgpu_cs_chunk_sem sem = {handle};
    add_chunk(j, id, &sem, sizeof sem);
}
static void point_chunk(struct job* j, uint32_t id, uint32_t handle, uint32_t flags, uint64_t point) {
    const struct drm_amdgpu_cs_chunk_syncobj at = {handle, flags, point};
    add_chunk(j, id, &at, sizeof at);
}

static void syncobjs(void) {
    struct client c = client();
    const uint32_t a = syncobj(c.fd, 0), b = syncobj(c.fd, 0), none = syncobj(c.fd, 0);
    struct job first = {.context = c.context}, second = first;
    uint64_t number;
    held(&c, 1);
    add_stream(&first, compute, 0, &c.s);
    const struct drm_amdgpu_cs_chunk_sem both[] = {{a}, {b}};
    add_chunk(&first, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, both, sizeof both);
    IS(submit(c.fd, &first, &number), 0);
    IS(sync_wait(c.fd, &a, 1, 0, 0, NULL), ETIME);
    store(&c, dma, 2, 2);
    add_stream(&second, dma, 0, &c.s);
    syncobj_chunk(&second, AMDGPU_CHUNK_ID_SYNCOBJ_IN, b);
    syncobj_chunk(&second, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, b);  // read before it is written
    IS(submit(c.fd, &second, &number), 0);
    IS(sync_wait(c.fd, &b, 1, 0, in_seconds(0.02), NULL), ETIME);
    IS(c.out.words[2], 0);
    open_gate(&c);
    IS(sync_wait(c.fd, &b, 1, 0, in_seconds(30), NULL), 0);
    IS(sync_wait(c.fd, &a, 1, 0, 0, NULL), 0);
    IS(c.out.words[1], 4711);
    IS(c.out.words[2], 2);

    struct job good = {.context = c.context}, j = good;
    add_ib(&good, compute, 0, c.s.in.address, 0);
    j = good;
    syncobj_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_IN, none);
    IS(submit(c.fd, &j, &number), EINVAL);
    j = good;
    syncobj_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_IN, 99);
    IS(submit(c.fd, &j, &number), ENOENT);
    j = good;
    syncobj_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, 99);
    IS(submit(c.fd, &j, &number), EINVAL);
    j = good;
    syncobj_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, a);
    syncobj_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, b);
    IS(submit(c.fd, &j, &number), EINVAL);
    j = good;
    syncobj_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, a);
    point_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL, b, 0, 1);
    IS(submit(c.fd, &j, &number), EINVAL);
    j = good;
    point_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL, 99, 0, 1);
    IS(submit(c.fd, &j, &number), EINVAL);
    j = good;
    point_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT, 99, 0, 1);
    IS(submit(c.fd, &j, &number), ENOENT);
    j = good;
    point_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT, none, 0, 1);
    IS(submit(c.fd, &j, &number), EINVAL);
    close(c.fd);
}

struct signal_later {
    int fd;
    uint32_t handle;
    uint64_t point;
};
static void* signal_later(void* of) {
    const struct signal_later* s = of;
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    IS(point_signal(s->fd, s->handle, s->point), 0);
    return NULL;
}

static void timelines(void) {
    struct client c = client();
    const uint32_t t = syncobj(c.fd, 0), copy = syncobj(c.fd, 0);
    struct job first = {.context = c.context}, second = first, third = first;
    uint64_t number;
    IS(point_signal(c.fd, t, 1), 0);
    held(&c, 1);
    add_stream(&first, compute, 0, &c.s);
    point_chunk(&first, AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL, t, 0, 5);
    IS(submit(c.fd, &first, &number), 0);
    IS(point_of(c.fd, t, 0), 1);
    IS(point_of(c.fd, t, DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED), 5);
    IS(point_wait(c.fd, t, 1, 0, 0), 0);
    IS(point_wait(c.fd, t, 2, 0, 0), ETIME);
    IS(point_wait(c.fd, t, 2, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE, 0), 0);
    // A later point is not reached before an earlier one, though its own job may have ended.
    copy_word(&c.s, word(&c, 3), word(&c, 2));
    add_stream(&second, gfx, 0, &c.s);
    point_chunk(&second, AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL, t, 0, 7);
    IS(submit(c.fd, &second, &number), 0);
    IS(ends(&c, gfx, 0, number), 0);
    IS(point_of(c.fd, t, 0), 1);
    IS(point_wait(c.fd, t, 7, 0, 0), ETIME);
    // What was transferred is reached with all that it came from.
    IS(CALL(c.fd, DRM_IOCTL_SYNCOBJ_TRANSFER,
            (struct drm_syncobj_transfer){.src_handle = t, .dst_handle = copy, .src_point = 7, .dst_point = 2}),
       0);
    IS(point_of(c.fd, copy, 0), 0);
    IS(point_wait(c.fd, copy, 1, 0, 0), ETIME);
    copy_word(&c.s, word(&c, 4), word(&c, 1));
    add_stream(&third, compute, 1, &c.s);
    point_chunk(&third, AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT, copy, 0, 2);
    IS(submit(c.fd, &third, &number), 0);
    IS(has_ended(&c, compute, 1, number), 0);
    open_gate(&c);
    IS(ends(&c, compute, 1, number), 0);
    IS(c.out.words[4], 4711);
    IS(point_of(c.fd, t, 0), 7);
    IS(point_wait(c.fd, copy, 2, 0, 0), 0);
    // A submission that waits for a point that another thread signals later.
    struct job last = {.context = c.context};
    struct signal_later s = {c.fd, t, 9};
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, signal_later, &s) == 0);
    add_ib(&last, compute, 0, c.s.in.address, 0);
    point_chunk(&last, AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT, t, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, 8);
    IS(submit(c.fd, &last, &number), 0);
    IS(ends(&c, compute, 0, number), 0);
    IS(pthread_join(thread, NULL), 0);
    close(c.fd);
}

// ---- waiting --------------------------------------------------------------------------------------------------------

static int wait_fences(struct client* c, const uint64_t* numbers, uint32_t count, uint32_t all, uint64_t until,
                       uint32_t* status, uint32_t* first) {
    struct drm_amdgpu_fence f[4];
    for (uint32_t i = 0; i < count; i++)
        f[i] = (struct drm_amdgpu_fence){.ctx_id = c->context, .ip_type = compute, .ring = i, .seq_no = numbers[i]};
    union drm_amdgpu_wait_fences w = {
        .in = {.fences = (uintptr_t)f, .fence_count = count, .wait_all = all, .timeout_ns = until}};
    const int error = call(c->fd, DRM_IOCTL_AMDGPU_WAIT_FENCES, &w);
    *status = w.out.status, *first = w.out.first_signaled;
    return error;
}
static uint32_t busy(int fd, uint32_t handle) {
    union drm_amdgpu_gem_wait_idle w = {.in = {.handle = handle}};
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_WAIT_IDLE, &w), 0);
    return w.out.status;
}

static void waits(void) {
    struct client c = client();
    const uint32_t other = gtt(c.fd, 4096);
    struct job j = {.context = c.context};
    const struct drm_amdgpu_bo_list_entry listed = {c.out.handle, 0};
    uint64_t numbers[2];
    uint32_t status, first;
    held(&c, 1);
    add_stream(&j, compute, 0, &c.s);
    CHUNK(&j, BO_HANDLES,
          struct drm_amdgpu_bo_list_in c = {.bo_number = 1, .bo_info_size = 8, .bo_info_ptr = (uintptr_t)&listed});
    IS(submit(c.fd, &j, &numbers[0]), 0);
    write_word(&c.s, word(&c, 2), 2);
    numbers[1] = send(&c, compute, 1);
    IS(ends(&c, compute, 1, numbers[1]), 0);

    const uint64_t began = now();
    IS(wait_until(c.fd, c.context, compute, 0, numbers[0], in_seconds(0.05)), ETIME);
    REQUIRE(now() - began >= 50000000);
    IS(wait_until(c.fd, c.context, compute, 0, ~0ull, 0), ETIME);
    IS(wait_until(c.fd, c.context, compute, 0, numbers[0], 1), ETIME);  // past
    IS(wait_fences(&c, numbers, 2, 0, 0, &status, &first), 0);
    IS(status, 1);
    IS(first, 1);
    IS(wait_fences(&c, numbers, 2, 1, in_seconds(0.02), &status, &first), 0);
    IS(status, 0);
    IS(first, 0);
    IS(wait_fences(&c, numbers, 1, 0, in_seconds(0.02), &status, &first), 0);
    IS(status, 0);
    IS(first, ~0u);
    IS(busy(c.fd, c.out.handle), 1);
    IS(busy(c.fd, other), 0);
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, open_gate_later, &c) == 0);
    IS(wait_until(c.fd, c.context, compute, 0, numbers[0], ~0ull), 0);  // without end
    IS(wait_fences(&c, numbers, 2, 1, 0, &status, &first), 0);
    IS(status, 1);
    IS(busy(c.fd, c.out.handle), 0);
    IS(pthread_join(thread, NULL), 0);
    close(c.fd);
}

static void fences_as_handles(void) {
    struct client c = client();
    held(&c, 1);
    const struct drm_amdgpu_fence f = {.ctx_id = c.context, .ip_type = compute, .seq_no = send(&c, compute, 0)};
    uint32_t handles[3];
    for (uint32_t what = 0; what < 3; what++) {
        union drm_amdgpu_fence_to_handle h = {.in = {.fence = f, .what = what}};
        IS(call(c.fd, DRM_IOCTL_AMDGPU_FENCE_TO_HANDLE, &h), 0);
        handles[what] = h.out.handle;
        if (what == AMDGPU_FENCE_TO_HANDLE_GET_SYNCOBJ) continue;
        const uint32_t flags =
            what == AMDGPU_FENCE_TO_HANDLE_GET_SYNC_FILE_FD ? DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE : 0;
        struct drm_syncobj_handle as = {.fd = (int)h.out.handle, .flags = flags, .handle = syncobj(c.fd, 0)};
        IS(call(c.fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &as), 0);
        close((int)h.out.handle);
        handles[what] = as.handle;
    }
    for (int i = 0; i < 3; i++) IS(sync_wait(c.fd, &handles[i], 1, 0, 0, NULL), ETIME);
    open_gate(&c);
    IS(sync_wait(c.fd, handles, 3, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL, in_seconds(30), NULL), 0);
    close(c.fd);
}

// What another file does with a shared buffer is waited for, unless the buffer says that it need not be.
static void shared_buffers(void) {
    for (uint32_t is_explicit = 0; is_explicit < 2; is_explicit++) {
        struct client a = client(), b = client();
        uint32_t handle;
        IS(create(a.fd, 4096, AMDGPU_GEM_DOMAIN_VRAM, is_explicit ? AMDGPU_GEM_CREATE_EXPLICIT_SYNC : 0, &handle), 0);
        const struct buffer here = place(a.fd, handle, 4096);
        struct drm_prime_handle p = {.handle = handle};
        IS(call(a.fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &p), 0);
        IS(call(b.fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &p), 0);
        const struct buffer there = place(b.fd, p.handle, 4096);
        struct job first = {.context = a.context}, second = {.context = b.context};
        const struct drm_amdgpu_bo_list_entry one = {here.handle, 0}, two = {there.handle, 0};
        uint64_t number;
        wait_word(&a.s, word(&a, 0), 1);
        write_word(&a.s, here.address, 4711);
        add_stream(&first, compute, 0, &a.s);
        CHUNK(&first, BO_HANDLES,
              struct drm_amdgpu_bo_list_in c = {.bo_number = 1, .bo_info_size = 8, .bo_info_ptr = (uintptr_t)&one});
        IS(submit(a.fd, &first, &number), 0);
        copy_word(&b.s, word(&b, 1), there.address);
        add_stream(&second, compute, 0, &b.s);
        CHUNK(&second, BO_HANDLES,
              struct drm_amdgpu_bo_list_in c = {.bo_number = 1, .bo_info_size = 8, .bo_info_ptr = (uintptr_t)&two});
        IS(submit(b.fd, &second, &number), 0);
        if (is_explicit)
            IS(ends(&b, compute, 0, number), 0);
        else
            IS(wait_until(b.fd, b.context, compute, 0, number, in_seconds(0.02)), ETIME);
        open_gate(&a);
        IS(ends(&b, compute, 0, number), 0);
        IS(b.out.words[1], is_explicit ? 0 : 4711);
        close(p.fd);
        close(a.fd);
        close(b.fd);
    }
}

// ---- addresses ------------------------------------------------------------------------------------------------------

// What the GPU reads there, or an errno less 2^32.
static int64_t seen(struct client* c, uint64_t address) {
    copy_word(&c->s, word(c, 1), address);
    const int error = run(c->fd, c->context, compute, 0, &c->s);
    return error ? (int64_t)error - (1ll << 32) : (int64_t)c->out.words[1];
}

static void splits(void) {
    struct client c = client();
    const struct buffer many = buffer(c.fd, 8 * 4096), other = buffer(c.fd, 8 * 4096);
    for (uint32_t page = 0; page < 8; page++) many.words[1024 * page] = 100 + page, other.words[1024 * page] = 200 + page;
    const uint64_t at = 0x300000000;
    IS(va_map(c.fd, many.handle, at, 6 * 4096, 4096), 0);  // pages 1 to 6
    for (uint32_t page = 0; page < 6; page++) IS(seen(&c, at + 4096 * page), 101 + page);
    // The middle goes: both ends are what they were.
    IS(va(c.fd, AMDGPU_VA_OP_REPLACE, other.handle, at + 2 * 4096, 2 * 4096, 5 * 4096, all_access), 0);
    static const uint32_t after[] = {101, 102, 205, 206, 105, 106};
    for (uint32_t page = 0; page < 6; page++) IS(seen(&c, at + 4096 * page), after[page]);
    // A range that ends in one mapping and begins in another.
    IS(va(c.fd, AMDGPU_VA_OP_CLEAR, 0, at + 4096, 2 * 4096, 0, 0), 0);
    IS(seen(&c, at), 101);
    IS(seen(&c, at + 3 * 4096), 206);
    IS(seen(&c, at + 5 * 4096), 106);
    IS(va_map(c.fd, other.handle, at + 4096, 2 * 4096, 0), 0);
    IS(seen(&c, at + 4096), 200);
    IS(seen(&c, at + 2 * 4096), 201);
    // Without access to write there is none; the program sees it in its context.
    IS(va(c.fd, AMDGPU_VA_OP_REPLACE, other.handle, at, 4096, 0, AMDGPU_VM_PAGE_READABLE), 0);
    IS(seen(&c, at), 200);
    write_word(&c.s, at, 1);
    IS(run(c.fd, c.context, compute, 0, &c.s), ECANCELED);
    IS(other.words[0], 200);
    close(c.fd);
}

// A job goes on with what was mapped when it was submitted, whatever becomes of the mapping and of the buffer.
static void ghosts(void) {
    for (int how = 0; how < 5; how++) {
        struct client c = client();
        const uint64_t at = 0x300000000, used = vram_used(c.fd);
        const struct buffer fresh = place(c.fd, vram(c.fd, 4 * 4096), 4 * 4096);
        const uint32_t handle = vram(c.fd, 4 * 4096);
        volatile uint32_t* const old = mapped(c.fd, handle, 4 * 4096);
        for (uint32_t i = 0; i < 4; i++) old[1024 * i] = 100 + i, fresh.words[1024 * i] = 200 + i;
        IS(va_map(c.fd, handle, at, 4 * 4096, 0), 0);
        wait_word(&c.s, word(&c, 0), 1);
        for (uint32_t i = 0; i < 4; i++) copy_word(&c.s, word(&c, 10 + i), at + 4096 * i);
        const uint64_t number = send(&c, compute, 0);
        pthread_t thread;
        REQUIRE(pthread_create(&thread, NULL, open_gate_later, &c) == 0);
        switch (how) {
            case 0:
                IS(va_unmap(c.fd, handle, at), 0);
                break;
            case 1:
                IS(gem_close(c.fd, handle), 0);
                break;
            case 2:
                IS(va_unmap(c.fd, handle, at), 0);
                IS(gem_close(c.fd, handle), 0);
                break;
            case 3:
                IS(va(c.fd, AMDGPU_VA_OP_CLEAR, 0, at + 4096, 2 * 4096, 0, 0), 0);
                break;
            case 4:
                IS(va(c.fd, AMDGPU_VA_OP_REPLACE, fresh.handle, at, 2 * 4096, 0, all_access), 0);
        }
        if (how < 3) IS(va_map(c.fd, fresh.handle, at, 4 * 4096, 0), 0);  // at the same address, at once
        IS(ends(&c, compute, 0, number), 0);
        for (uint32_t i = 0; i < 4; i++) IS(c.out.words[10 + i], 100 + i);
        IS(pthread_join(thread, NULL), 0);
        for (uint32_t i = 0; i < 4; i++) {
            if (how == 3 && (i == 1 || i == 2)) continue;
            IS(seen(&c, at + 4096 * i), how < 3 || (how == 4 && i < 2) ? 200 + i : 100 + i);
        }
        if (how == 1 || how == 2) IS(vram_used(c.fd), used + 4 * 4096);
        close(c.fd);
    }
}

// The memory of what was closed under a job comes back when the job has ended.
static void closed_under_a_job(void) {
    struct client c = client();
    const uint64_t used = vram_used(c.fd);
    const struct buffer b = place(c.fd, vram(c.fd, 1 << 20), 1 << 20);
    held(&c, 1);
    copy_word(&c.s, b.address, word(&c, 1));
    copy_word(&c.s, word(&c, 2), b.address);
    const uint64_t number = send(&c, compute, 0);
    IS(gem_close(c.fd, b.handle), 0);
    IS(vram_used(c.fd), used + (1 << 20));
    open_gate(&c);
    IS(ends(&c, compute, 0, number), 0);
    IS(c.out.words[2], 4711);
    IS(vram_used(c.fd), used);
    close(c.fd);
}

static void own_memory(void) {
    struct client c = client();
    volatile uint32_t* const at =
        mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(at != MAP_FAILED);
    struct drm_amdgpu_gem_userptr u = {.addr = (uintptr_t)at, .size = 8192, .flags = AMDGPU_GEM_USERPTR_REGISTER};
    IS(call(c.fd, DRM_IOCTL_AMDGPU_GEM_USERPTR, &u), 0);
    IS(va_map(c.fd, u.handle, 0x300000000, 8192, 0), 0);
    at[5] = 4711;
    IS(seen(&c, 0x300000014), 4711);
    write_word(&c.s, 0x300001000, 4712);
    IS(run(c.fd, c.context, compute, 0, &c.s), 0);
    IS(at[1024], 4712);
    // Memory that the program took away is a fault of the context, not the end of the program.
    munmap((void*)at, 8192);
    IS(seen(&c, 0x300000014), ECANCELED - (1ll << 32));
    close(c.fd);
}

// ---- contexts that are given up -------------------------------------------------------------------------------------

static union drm_amdgpu_ctx state(struct client* c, uint32_t op) {
    union drm_amdgpu_ctx state = {.in = {.op = op, .ctx_id = c->context}};
    IS(call(c->fd, DRM_IOCTL_AMDGPU_CTX, &state), 0);
    return state;
}

// What is in the stream is given up, by itself or with what came after it; others are not.
static void is_guilty(struct client* c, uint32_t ip) {
    IS(state(c, AMDGPU_CTX_OP_QUERY_STATE2).out.state.flags, 0);
    const uint32_t innocent = context(c->fd), out = syncobj(c->fd, 0);
    struct job j = {.context = c->context};
    uint64_t number, status;
    add_stream(&j, ip, 0, &c->s);
    syncobj_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, out);
    IS(submit(c->fd, &j, &number), 0);
    IS(ends(c, ip, 0, number), ECANCELED);
    IS(sync_wait(c->fd, &out, 1, 0, 0, NULL), 0);  // these say nothing of errors
    IS(submit(c->fd, &j, &status), ECANCELED);
    IS(state(c, AMDGPU_CTX_OP_QUERY_STATE2).out.state.flags,
       AMDGPU_CTX_QUERY2_FLAGS_RESET | AMDGPU_CTX_QUERY2_FLAGS_GUILTY);
    IS(state(c, AMDGPU_CTX_OP_QUERY_STATE).out.state.reset_status, AMDGPU_CTX_UNKNOWN_RESET);
    IS(state(c, AMDGPU_CTX_OP_QUERY_STATE).out.state.reset_status, AMDGPU_CTX_NO_RESET);
    write_word(&c->s, word(c, 7), 7);
    IS(run(c->fd, innocent, compute, 0, &c->s), 0);
    IS(c->out.words[7], 7);
    close(c->fd);
}

static void unknown_packets(void) {
    struct client c = client();
    put(&c.s, WORDS(3u << 30 | 0xfeu << 8, 0));
    is_guilty(&c, compute);
    c = client();
    put(&c.s, WORDS(0x000000ff, 0));
    is_guilty(&c, dma);
    c = client();
    PM4(&c.s, SET_CONFIG_REG, 0, 0);
    is_guilty(&c, gfx);
}

static void bad_addresses(void) {
    struct client c = client();
    copy_word(&c.s, word(&c, 1), 0x666000000000);
    is_guilty(&c, compute);
    c = client();
    SDMA(&c.s, FENCE, 0, 0x66600000, 0x666, 1);
    is_guilty(&c, dma);
    c = client();
    c.s.in.address = 0x666000000000;
    c.s.words = 16;
    struct job j = {.context = c.context};
    uint64_t number;
    add_stream(&j, compute, 0, &c.s);
    IS(submit(c.fd, &j, &number), 0);  // as the driver, which looks at no address
    IS(ends(&c, compute, 0, number), ECANCELED);
    close(c.fd);
}

static void faulty_kernel(void) {
    struct client c = client();
    static struct kernels k;
    k = load_kernels(c.fd);
    START(&c.s, &k, "rings_store", 64, 1, 0x66600000, 0x666);
    is_guilty(&c, compute);
}

// Jobs behind the one that was given up, and jobs that wait for it.
static void those_behind(void) {
    struct client c = client();
    const uint32_t out = syncobj(c.fd, 0), other = context(c.fd);
    struct job bad = {.context = c.context}, behind = bad, waiting = {.context = other};
    uint64_t number, last;
    wait_word(&c.s, word(&c, 0), 1);
    put(&c.s, WORDS(3u << 30 | 0xfeu << 8, 0));
    add_stream(&bad, compute, 0, &c.s);
    IS(submit(c.fd, &bad, &number), 0);
    write_word(&c.s, word(&c, 5), 5);
    add_stream(&behind, compute, 0, &c.s);
    syncobj_chunk(&behind, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, out);
    IS(submit(c.fd, &behind, &last), 0);
    write_word(&c.s, word(&c, 6), 6);
    add_stream(&waiting, compute, 0, &c.s);
    syncobj_chunk(&waiting, AMDGPU_CHUNK_ID_SYNCOBJ_IN, out);
    IS(submit(c.fd, &waiting, &number), 0);
    open_gate(&c);
    IS(ends(&c, compute, 0, last), ECANCELED);
    IS(c.out.words[5], 0);
    IS(wait_until(c.fd, other, compute, 0, number, in_seconds(30)), 0);
    IS(c.out.words[6], 6);
    close(c.fd);
}

// Freed, a context ends what it has under way; its number is free at once.
static void freed_context(void) {
    struct client c = client();
    const uint32_t out = syncobj(c.fd, 0), gone = c.context;
    struct job j = {.context = gone};
    uint64_t number;
    held(&c, 1);
    add_stream(&j, compute, 0, &c.s);
    syncobj_chunk(&j, AMDGPU_CHUNK_ID_SYNCOBJ_OUT, out);
    IS(submit(c.fd, &j, &number), 0);
    IS(CALL(c.fd, DRM_IOCTL_AMDGPU_CTX, (union drm_amdgpu_ctx){.in = {.op = AMDGPU_CTX_OP_FREE_CTX, .ctx_id = gone}}),
       0);
    IS(wait_until(c.fd, gone, compute, 0, number, 0), EINVAL);
    IS(context(c.fd), gone);
    open_gate(&c);
    IS(sync_wait(c.fd, &out, 1, 0, in_seconds(30), NULL), 0);
    IS(c.out.words[1], 4711);
    close(c.fd);
}

// ---- threads --------------------------------------------------------------------------------------------------------

enum { threads = 8, turns = 100 };
struct worker {
    struct client* c;
    const struct kernels* k;
    uint32_t number;
    pthread_t thread;
};

// Jobs of its own on a ring that it has with another thread: a counter, a grid, and what the grid left.
static void* work(void* of) {
    const struct worker* w = of;
    struct client mine = {w->c->fd, w->c->context, buffer(w->c->fd, 65536), stream(w->c->fd)};
    const uint32_t ring = w->number % 4;
    for (uint32_t turn = 1; turn <= turns; turn++) {
        const uint64_t at = word(&mine, 1024);
        mine.s.first = mine.s.words = 0;  // the last job has ended
        add_word(&mine.s, word(w->c, w->number), turn);
        add_word(&mine.s, word(w->c, threads), 1);
        START(&mine.s, w->k, "rings_visit", 64, 4, low(at), high(at), 64, 1, 1, 256, 256);
        PM4(&mine.s, EVENT_WRITE, PM4_EVENT_CS_PARTIAL_FLUSH | PM4_EVENT_INDEX_PARTIAL_FLUSH << PM4_EVENT_WRITE_INDEX);
        copy_word(&mine.s, word(&mine, 0), word(&mine, 1024 + 255));
        const uint64_t number = send(&mine, compute, ring);
        IS(ends(&mine, compute, ring, number), 0);
        IS(mine.out.words[0], turn);
    }
    for (uint32_t i = 0; i < 256; i++) IS(mine.out.words[1024 + i], turns);
    IS(gem_close(mine.fd, mine.out.handle), 0);
    IS(gem_close(mine.fd, mine.s.in.handle), 0);
    return NULL;
}

static void many_threads(void) {
    struct client c = client();
    static struct kernels k;
    k = load_kernels(c.fd);
    struct worker workers[threads];
    for (uint32_t i = 0; i < threads; i++) {
        workers[i] = (struct worker){&c, &k, i, 0};
        REQUIRE(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    for (uint32_t i = 0; i < threads; i++) IS(pthread_join(workers[i].thread, NULL), 0);
    for (uint32_t i = 0; i < threads; i++) IS(c.out.words[i], turns * (turns + 1) / 2);
    IS(c.out.words[threads], threads * turns);
    close(c.fd);
}

// ---- those that want a watchdog -------------------------------------------------------------------------------------

static void nobody_opens(void) {
    struct client c = client();
    held(&c, 1);
    is_guilty(&c, compute);
}

// A grid that waits for ever.
static void endless_grid(void) {
    struct client c = client();
    static struct kernels k;
    k = load_kernels(c.fd);
    START(&c.s, &k, "rings_wait", 1, 1, low(word(&c, 100)), high(word(&c, 100)), 5);
    is_guilty(&c, compute);
}

// A wait that somebody does satisfy, but late.
static void slow_but_sure(void) {
    struct client c = client();
    for (int i = 0; i < 3; i++) {
        wait_word(&c.s, word(&c, 0), (uint32_t)i + 1);
        add_word(&c.s, word(&c, 1), 1);
    }
    const uint64_t number = send(&c, compute, 0);
    for (uint32_t i = 1; i <= 3; i++) {
        nanosleep(&(struct timespec){0, 800000000}, NULL);  // each less than the watchdog's time, together more
        __atomic_store_n(&c.out.words[0], i, __ATOMIC_RELEASE);
    }
    IS(ends(&c, compute, 0, number), 0);
    IS(c.out.words[1], 3);
    close(c.fd);
}

static const struct test tests[] = {{"every_ring", every_ring},
                                    {"several_buffers", several_buffers},
                                    {"gang", gang},
                                    {"user_fence", user_fence},
                                    {"grids", grids},
                                    {"copies", copies},
                                    {"many", many},
                                    {"refusals", refusals},
                                    {"dependencies", dependencies},
                                    {"syncobjs", syncobjs},
                                    {"timelines", timelines},
                                    {"waits", waits},
                                    {"fences_as_handles", fences_as_handles},
                                    {"shared_buffers", shared_buffers},
                                    {"splits", splits},
                                    {"ghosts", ghosts},
                                    {"closed_under_a_job", closed_under_a_job},
                                    {"own_memory", own_memory},
                                    {"unknown_packets", unknown_packets},
                                    {"bad_addresses", bad_addresses},
                                    {"faulty_kernel", faulty_kernel},
                                    {"those_behind", those_behind},
                                    {"freed_context", freed_context},
                                    {"many_threads", many_threads}};
static const struct test watched[] = {{"nobody_opens", nobody_opens}, {"endless_grid", endless_grid}};
static const struct test slow[] = {{"slow_but_sure", slow_but_sure}};

int main(int argc, char** argv) {
    const char* const others = argc > 2 ? argv[2] : "";
    if (!strcmp(others, "watched")) return run_tests(watched, 2, 2, argv);
    if (!strcmp(others, "slow")) return run_tests(slow, 1, 2, argv);
    return run_tests(tests, sizeof tests / sizeof *tests, argc, argv);
}
