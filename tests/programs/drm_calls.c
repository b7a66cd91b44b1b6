// What the DRM device answers to each ioctl, the errno of every refusal among it: drm_calls BUILD [CASE...]. What submissions
// do is drm_submit.c's.

#include "tests/programs/drm.h"


static const uint64_t somewhere = 0x200000000;  // of the GPU

// ---- of every DRM driver --------------------------------------------------------------------------------------------

static void nodes(void) {
    static const char* const absent[] = {"/dev/dri/renderD129", "/dev/dri/card1", "/sys/class/drm/card0/device/none"};
    for (int i = 0; i < 3; i++) {
        IS(open(absent[i], O_RDWR), -1);
        IS(errno, ENOENT);
        IS(open(absent[i], O_RDONLY), -1);
        IS(errno, ENOENT);
        REQUIRE(!fopen(absent[i], "r+") && errno == ENOENT);
        IS(open(absent[i], O_RDWR | O_CREAT, 0600), -1);
        IS(errno, EACCES);
        REQUIRE(!fopen(absent[i], "w") && errno == EACCES);
    }
    IS(open("/sys/class/drm/card0/device/vendor", O_RDWR), -1);
    IS(errno, EACCES);
}

static void version(void) {
    const int fd = node();
    char name[32] = "################", date[32], text[32];
    struct drm_version v = {
        .name = name, .name_len = 3, .date = date, .date_len = sizeof date, .desc = text, .desc_len = sizeof text};
    IS(call(fd, DRM_IOCTL_VERSION, &v), 0);
    IS(v.version_major, 3);
    IS(v.version_minor, 49);
    IS(v.name_len, 6);  // of the whole name, of which there was room for three letters
    REQUIRE(!memcmp(name, "amd#", 4) && !memcmp(date, "20150101", 8) && !memcmp(text, "AMD GPU", 7));
    v = (struct drm_version){.name_len = 0};
    IS(call(fd, DRM_IOCTL_VERSION, &v), 0);
    IS(v.name_len, 6);
    v = (struct drm_version){.name = (char*)8, .name_len = 6};
    IS(call(fd, DRM_IOCTL_VERSION, &v), EFAULT);
    close(fd);
}

static void capabilities(void) {
    const int fd = node();
    static const struct {
        uint64_t capability;
        int error;
        uint64_t value;
    } rows[] = {{DRM_CAP_PRIME, 0, 3},         {DRM_CAP_SYNCOBJ, 0, 1},         {DRM_CAP_SYNCOBJ_TIMELINE, 0, 1},
                {DRM_CAP_DUMB_BUFFER, 0, 1},   {DRM_CAP_CURSOR_WIDTH, 0, 128},  {DRM_CAP_TIMESTAMP_MONOTONIC, 0, 1},
                {DRM_CAP_ADDFB2_MODIFIERS, 0, 0}, {0, EINVAL, 0}, {0x99, EINVAL, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct drm_get_cap c = {.capability = rows[i].capability, .value = 4711};
        IS(call(fd, DRM_IOCTL_GET_CAP, &c), rows[i].error);
        IS(c.value, rows[i].value);
    }
    close(fd);
}

static void numbers(void) {
    const int fd = node();
    char any[512] = "";
    IS(call(fd, _IO('e', 0), any), ENOTTY);
    IS(call(fd, TIOCGWINSZ, any), ENOTTY);
    IS(call(fd, _IOWR('d', 0xff, int), any), EINVAL);
    IS(call(fd, _IOWR('d', 0x3f, int), any), EINVAL);
    for (int none = 0xa; none <= 0xf; none++) IS(call(fd, _IOWR('d', DRM_COMMAND_BASE + none, int), any), EINVAL);
    IS(call(fd, _IOWR('d', DRM_COMMAND_BASE + 0x16, int), any), EINVAL);
    // Structures longer and shorter than the driver's.
    uint64_t longer[8] = {DRM_CAP_PRIME, 0, 4711};
    IS(call(fd, _IOC(_IOC_READ | _IOC_WRITE, 'd', 0x0c, sizeof longer), longer), 0);
    IS(longer[1], 3);
    IS(longer[2], 4711);
    uint64_t shorter[2] = {DRM_CAP_PRIME, 4711};
    IS(call(fd, _IOC(_IOC_READ | _IOC_WRITE, 'd', 0x0c, 8), shorter), 0);
    IS(shorter[1], 4711);
    // What failed is copied back too.
    union drm_amdgpu_gem_mmap m = {.in = {.handle = 77}};
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_MMAP, &m), ENOENT);
    IS(m.out.addr_ptr, 0);
    close(fd);
}

// Some are for who opened the primary node.
static void primary(void) {
    const int render = node(), card = open("/dev/dri/card0", O_RDWR);
    REQUIRE(card >= 0);
    struct drm_auth magic = {0};
    struct drm_client client = {.idx = 0};
    struct drm_unique unique = {0};
    struct drm_set_version all = {-1, -1, -1, -1}, one = {1, 4, -1, -1};
    struct drm_set_client_cap cap = {DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1};
    union drm_amdgpu_sched sched = {.in = {.op = 99}};
    IS(call(render, DRM_IOCTL_GET_MAGIC, &magic), EACCES);
    IS(call(render, DRM_IOCTL_GET_CLIENT, &client), EACCES);
    IS(call(render, DRM_IOCTL_GET_UNIQUE, &unique), EACCES);
    IS(call(render, DRM_IOCTL_SET_VERSION, &one), EACCES);
    IS(call(render, DRM_IOCTL_SET_CLIENT_CAP, &cap), EACCES);
    IS(call(render, DRM_IOCTL_SET_MASTER, NULL), EACCES);
    IS(call(render, DRM_IOCTL_AMDGPU_SCHED, &sched), EACCES);
    IS(call(card, DRM_IOCTL_GET_MAGIC, &magic), 0);
    REQUIRE(magic.magic >= 1);
    IS(call(card, DRM_IOCTL_GET_CLIENT, &client), 0);
    IS(client.pid, getpid());
    client.idx = 1;
    IS(call(card, DRM_IOCTL_GET_CLIENT, &client), EINVAL);
    IS(call(card, DRM_IOCTL_SET_VERSION, &all), 0);
    IS(call(card, DRM_IOCTL_SET_VERSION, &one), 0);
    IS(one.drm_dd_major, 3);
    IS(one.drm_dd_minor, 49);
    char name[17] = "";
    unique = (struct drm_unique){.unique = name, .unique_len = 4};
    IS(call(card, DRM_IOCTL_GET_UNIQUE, &unique), 0);
    IS(unique.unique_len, 16);
    IS(name[0], 0);  // no room for all of it
    IS(call(card, DRM_IOCTL_GET_UNIQUE, &unique), 0);
    REQUIRE(!strcmp(name, "pci:0000:01:00.0"));
    IS(call(card, DRM_IOCTL_SET_CLIENT_CAP, &cap), 0);
    cap.value = 2;
    IS(call(card, DRM_IOCTL_SET_CLIENT_CAP, &cap), EINVAL);
    cap.capability = 99;
    IS(call(card, DRM_IOCTL_SET_CLIENT_CAP, &cap), EINVAL);
    IS(call(card, DRM_IOCTL_SET_MASTER, NULL), 0);
    IS(call(card, DRM_IOCTL_AMDGPU_SCHED, &sched), EINVAL);
    uint32_t handle;
    IS(create(card, 4096, AMDGPU_GEM_DOMAIN_GTT, 0, &handle), 0);  // and it is a device like the other
    close(card);
    close(render);
}

// ---- buffers --------------------------------------------------------------------------------------------------------

static void gem_create(void) {
    const int fd = node();
    const uint64_t used = vram_used(fd), used_gtt = info(fd, AMDGPU_INFO_GTT_USAGE);
    uint32_t h;
    for (int bit = 0; bit < 64; bit++) {
        // 0x40 VM_ALWAYS_VALID, 0x80 EXPLICIT_SYNC, 0x1000 DISCARDABLE and the four lowest are a program's.
        const uint64_t flag = 1ull << bit;
        const int wanted = flag & 0x10cf ? 0 : EINVAL;
        IS(create(fd, 4096, AMDGPU_GEM_DOMAIN_GTT, flag, &h), wanted);
        if (!wanted) IS(gem_close(fd, h), 0);
        if (wanted) IS(h, 0);
    }
    for (int bit = 0; bit < 64; bit++) {
        IS(create(fd, 4096, 1ull << bit, 0, &h), bit < 6 ? 0 : EINVAL);
        if (bit < 6) IS(gem_close(fd, h), 0);
    }
    IS(create(fd, 4096, AMDGPU_GEM_DOMAIN_GDS, AMDGPU_GEM_CREATE_VM_ALWAYS_VALID, &h), EINVAL);
    IS(create(fd, 0, AMDGPU_GEM_DOMAIN_GTT, 0, &h), ENOSPC);
    IS(create(fd, 1ull << 50, AMDGPU_GEM_DOMAIN_VRAM, 0, &h), ENOMEM);
    IS(create(fd, ~0ull, AMDGPU_GEM_DOMAIN_VRAM, 0, &h), ENOMEM);
    IS(create(fd, 9ull << 30, AMDGPU_GEM_DOMAIN_VRAM, 1 << 12, &h), ENOMEM);  // it may not go to GTT
    IS(create(fd, 4096, 0, 0, &h), 0);
    IS(gem_close(fd, h), 0);
    IS(vram_used(fd), used);
    IS(info(fd, AMDGPU_INFO_GTT_USAGE), used_gtt);

    // Handles are the lowest free numbers.
    uint32_t handles[4];
    for (uint32_t i = 0; i < 4; i++) {
        IS(create(fd, 5000, i % 2 ? AMDGPU_GEM_DOMAIN_VRAM : AMDGPU_GEM_DOMAIN_GTT, 0, &handles[i]), 0);
        IS(handles[i], i + 1);
    }
    IS(vram_used(fd), used + 2 * 8192);
    IS(info(fd, AMDGPU_INFO_GTT_USAGE), used_gtt + 2 * 8192);
    IS(gem_close(fd, 2), 0);
    IS(gem_close(fd, 2), EINVAL);
    IS(gem_close(fd, 0), EINVAL);
    IS(gem_close(fd, 99), EINVAL);
    IS(vram(fd, 4096), 2);
    IS(vram_used(fd), used + 8192 + 4096);
    close(fd);
}

static void gem_mmap(void) {
    const int fd = node();
    uint32_t hidden;
    const uint32_t h = vram(fd, 3 * 4096), other = gtt(fd, 4096);
    IS(create(fd, 4096, AMDGPU_GEM_DOMAIN_VRAM, AMDGPU_GEM_CREATE_NO_CPU_ACCESS, &hidden), 0);
    IS(CALL(fd, DRM_IOCTL_AMDGPU_GEM_MMAP, (union drm_amdgpu_gem_mmap){.in = {.handle = hidden}}), EPERM);
    volatile uint32_t* first = mapped(fd, h, 3 * 4096);
    volatile uint32_t* second = mapped(fd, h, 3 * 4096);
    volatile uint32_t* third = mapped(fd, other, 4096);
    for (int i = 0; i < 3 * 1024; i++) IS(first[i], 0);
    first[3071] = 4711;
    IS(second[3071], 4711);
    third[0] = 4712;
    for (int i = 0; i < 3071; i++) IS(first[i], 0);
    // As a file there is nothing in it.
    char byte;
    IS(read(fd, &byte, 1), 0);
    IS(write(fd, &byte, 1), -1);
    close(fd);
}

static int userptr(int fd, void* at, uint64_t bytes, uint32_t flags, uint32_t* handle) {
    struct drm_amdgpu_gem_userptr u = {.addr = (uintptr_t)at, .size = bytes, .flags = flags};
    const int error = call(fd, DRM_IOCTL_AMDGPU_GEM_USERPTR, &u);
    *handle = u.handle;
    return error;
}

static void gem_userptr(void) {
    enum {
        usual = AMDGPU_GEM_USERPTR_REGISTER | AMDGPU_GEM_USERPTR_ANONONLY | AMDGPU_GEM_USERPTR_VALIDATE,
        reads = AMDGPU_GEM_USERPTR_READONLY | AMDGPU_GEM_USERPTR_VALIDATE
    };
    const int fd = node();
    uint32_t h;
    char* at = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(at != MAP_FAILED && munmap(at + 4096, 4096) == 0 && mprotect(at + 8192, 4096, PROT_READ) == 0);
    IS(userptr(fd, at, 4096, usual, &h), 0);
    IS(CALL(fd, DRM_IOCTL_AMDGPU_GEM_MMAP, (union drm_amdgpu_gem_mmap){.in = {.handle = h}}), EPERM);
    IS(CALL(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, (struct drm_prime_handle){.handle = h}), EPERM);
    IS(CALL(fd, DRM_IOCTL_AMDGPU_GEM_OP,
            (struct drm_amdgpu_gem_op){
                .handle = h, .op = AMDGPU_GEM_OP_SET_PLACEMENT, .value = AMDGPU_GEM_DOMAIN_VRAM}),
       EPERM);
    IS(userptr(fd, at + 1, 4096, usual, &h), EINVAL);
    IS(userptr(fd, at, 4095, usual, &h), EINVAL);
    IS(userptr(fd, at, 4096, usual | 0x10, &h), EINVAL);
    IS(userptr(fd, at, 4096, AMDGPU_GEM_USERPTR_VALIDATE, &h), EACCES);
    IS(userptr(fd, at, 0, usual, &h), ENOSPC);
    IS(userptr(fd, at, 8192, usual, &h), EFAULT);         // a hole
    IS(userptr(fd, at + 8192, 4096, reads, &h), 0);       // may only be read
    IS(userptr(fd, at + 8192, 4096, usual, &h), EFAULT);
    IS(userptr(fd, (void*)0x10000, 4096, usual, &h), EFAULT);
    IS(userptr(fd, (void*)~4095ull, 4096, usual, &h), EFAULT);
    close(fd);
    at[0] = 1;  // still there
    munmap(at, 3 * 4096);
}

static void gem_va_refusals(void) {
    const int fd = node();
    const uint32_t h = gtt(fd, 16 * 4096), map = AMDGPU_VA_OP_MAP;
    const uint64_t end = (1ull << 48) - (2 << 20);
    IS(va_map(fd, h, 0x1ff000, 4096, 0), EINVAL);
    IS(va_map(fd, h, 0, 4096, 0), EINVAL);
    IS(va_map(fd, h, 1ull << 47, 4096, 0), EINVAL);
    IS(va_map(fd, h, 0xffff7ffffffff000, 4096, 0), EINVAL);
    IS(va_map(fd, h, end | 0xffff000000000000, 4096, 0), EINVAL);
    IS(va_map(fd, h, 0x200000, 4096, 0), 0);
    IS(va_map(fd, h, 0xffff800000000000, 4096, 0), 0);
    IS(va_map(fd, h, (end - 4096) | 0xffff000000000000, 4096, 0), 0);
    IS(va_map(fd, h, somewhere + 1, 4096, 0), EINVAL);
    IS(va_map(fd, h, somewhere, 4095, 0), EINVAL);
    IS(va_map(fd, h, somewhere, 4096, 1), EINVAL);
    IS(va_map(fd, h, somewhere, 0, 0), EINVAL);
    IS(va_map(fd, h, somewhere, 17 * 4096, 0), EINVAL);
    IS(va_map(fd, h, somewhere, 4096, 16 * 4096), EINVAL);
    IS(va_map(fd, h, somewhere, 4096, ~4095ull), EINVAL);
    IS(va_map(fd, h, somewhere, ~4095ull, 4096), EINVAL);
    IS(va_map(fd, 99, somewhere, 4096, 0), ENOENT);
    for (int bit = 0; bit < 32; bit++) {
        // 0xe: access, 1: later, 0x1e0: kind of memory, 0x200: no page table; and alone 0x10: partly resident.
        IS(va(fd, map, h, somewhere, 4096, 0, 1u << bit), 0x3ff & 1u << bit ? 0 : EINVAL);
        IS(va(fd, AMDGPU_VA_OP_CLEAR, 0, somewhere, 4096, 0, 0), 0);
    }
    IS(va(fd, map, h, somewhere, 4096, 0, AMDGPU_VM_PAGE_PRT | AMDGPU_VM_PAGE_READABLE), EINVAL);
    IS(va(fd, 0, h, somewhere, 4096, 0, all_access), EINVAL);
    IS(va(fd, 5, h, somewhere, 4096, 0, all_access), EINVAL);
    IS(va_unmap(fd, h, somewhere), ENOENT);
    IS(va_unmap(fd, 99, somewhere), ENOENT);
    IS(va(fd, AMDGPU_VA_OP_CLEAR, 99, somewhere, 4096, 0, 0), 0);  // nothing is there, and no buffer is looked for
    close(fd);
}

static void gem_va_overlaps(void) {
    const int fd = node();
    const uint32_t h = gtt(fd, 16 * 4096), other = gtt(fd, 16 * 4096);
    IS(va_map(fd, h, somewhere, 4 * 4096, 0), 0);
    for (int first = -1; first <= 4; first++) {
        const int inside = first >= 0 && first < 4;
        IS(va_map(fd, other, somewhere + (uint64_t)(first * 4096), 4096, 0), inside ? EINVAL : 0);
        IS(va_unmap(fd, other, somewhere + (uint64_t)(first * 4096)), inside ? ENOENT : 0);
    }
    IS(va_map(fd, other, somewhere - 4096, 16 * 4096, 0), EINVAL);
    IS(va_unmap(fd, other, somewhere), ENOENT);     // another buffer's
    IS(va_unmap(fd, h, somewhere + 4096), ENOENT);  // not where it begins
    // What goes from the middle leaves both ends, each of which begins anew.
    IS(va(fd, AMDGPU_VA_OP_CLEAR, 0, somewhere + 4096, 4096, 0, 0), 0);
    IS(va_map(fd, other, somewhere, 4096, 0), EINVAL);
    IS(va_map(fd, other, somewhere + 4096, 8192, 0), EINVAL);
    IS(va_map(fd, other, somewhere + 4096, 4096, 0), 0);
    IS(va_unmap(fd, h, somewhere + 2 * 4096), 0);
    IS(va_unmap(fd, h, somewhere), 0);
    IS(va_unmap(fd, h, somewhere), ENOENT);
    IS(va_unmap(fd, other, somewhere + 4096), 0);
    // REPLACE takes off what is there, whole or in part, and nothing when it cannot put anything on.
    IS(va_map(fd, h, somewhere, 2 * 4096, 0), 0);
    IS(va_map(fd, h, somewhere + 2 * 4096, 2 * 4096, 0), 0);
    IS(va(fd, AMDGPU_VA_OP_REPLACE, other, somewhere + 4096, 17 * 4096, 0, all_access), EINVAL);
    IS(va(fd, AMDGPU_VA_OP_REPLACE, other, somewhere + 4096, 2 * 4096, 0, all_access), 0);
    IS(va_unmap(fd, h, somewhere), 0);
    IS(va_unmap(fd, other, somewhere + 4096), 0);
    IS(va_unmap(fd, h, somewhere + 3 * 4096), 0);
    // Closing takes off all that is left of a buffer; addresses of nothing are no buffer's.
    IS(va_map(fd, h, somewhere, 4096, 0), 0);
    IS(va_map(fd, h, somewhere + 8192, 4096, 0), 0);
    IS(va(fd, AMDGPU_VA_OP_MAP, 0, somewhere + 4096, 4096, 0, AMDGPU_VM_PAGE_PRT), 0);
    IS(gem_close(fd, h), 0);
    IS(va_map(fd, other, somewhere + 4096, 4096, 0), EINVAL);
    IS(va_unmap(fd, other, somewhere + 4096), ENOENT);
    IS(va(fd, AMDGPU_VA_OP_UNMAP, 0, somewhere + 4096, 4096, 0, AMDGPU_VM_PAGE_PRT), 0);
    IS(va_map(fd, other, somewhere, 3 * 4096, 0), 0);
    close(fd);
}

static int gem_op(int fd, uint32_t handle, uint32_t op, uint64_t value) {
    return CALL(fd, DRM_IOCTL_AMDGPU_GEM_OP, (struct drm_amdgpu_gem_op){.handle = handle, .op = op, .value = value});
}

static void gem_op_and_metadata(void) {
    const int fd = node();
    uint32_t h;
    union drm_amdgpu_gem_create c = {.in = {.bo_size = 5000,
                                            .alignment = 65536,
                                            .domains = AMDGPU_GEM_DOMAIN_VRAM,
                                            .domain_flags = AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED |
                                                            AMDGPU_GEM_CREATE_VRAM_CLEARED}};
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_CREATE, &c), 0);
    h = c.out.handle;
    struct drm_amdgpu_gem_create_in told = {0};
    IS(gem_op(fd, h, AMDGPU_GEM_OP_GET_GEM_CREATE_INFO, (uintptr_t)&told), 0);
    IS(told.bo_size, 8192);
    IS(told.alignment, 65536);
    IS(told.domains, AMDGPU_GEM_DOMAIN_VRAM);
    IS(told.domain_flags, AMDGPU_GEM_CREATE_VRAM_CLEARED);
    IS(gem_op(fd, h, AMDGPU_GEM_OP_GET_GEM_CREATE_INFO, 8), EFAULT);
    IS(gem_op(fd, h, AMDGPU_GEM_OP_SET_PLACEMENT, AMDGPU_GEM_DOMAIN_GTT), 0);
    IS(gem_op(fd, h, AMDGPU_GEM_OP_GET_GEM_CREATE_INFO, (uintptr_t)&told), 0);
    IS(told.domains, AMDGPU_GEM_DOMAIN_GTT);
    IS(gem_op(fd, h, 2, 0), EINVAL);
    IS(gem_op(fd, 99, 0, 0), ENOENT);

    struct drm_amdgpu_gem_metadata m = {.handle = h, .op = AMDGPU_GEM_METADATA_OP_SET_METADATA};
    m.data.flags = 1, m.data.tiling_info = 2, m.data.data_size_bytes = 256;
    for (uint32_t i = 0; i < 64; i++) m.data.data[i] = 100 + i;
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_METADATA, &m), 0);
    m.data.data_size_bytes = 257;
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_METADATA, &m), EINVAL);
    struct drm_amdgpu_gem_metadata got = {.handle = h, .op = AMDGPU_GEM_METADATA_OP_GET_METADATA};
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_METADATA, &got), 0);
    REQUIRE(got.data.flags == 1 && got.data.tiling_info == 2 && got.data.data_size_bytes == 256);
    for (uint32_t i = 0; i < 64; i++) IS(got.data.data[i], 100 + i);
    m.data.data_size_bytes = 0, m.data.flags = 3;  // the data go, and the flags stay
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_METADATA, &m), 0);
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_METADATA, &got), 0);
    REQUIRE(got.data.flags == 1 && got.data.data_size_bytes == 0);
    m.data.tiling_info = (uint64_t)7 << AMDGPU_TILING_TILE_SPLIT_SHIFT;
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_METADATA, &m), EINVAL);
    m.op = 99;
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_METADATA, &m), 0);
    m.handle = 99;
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_METADATA, &m), ENOENT);

    union drm_amdgpu_gem_wait_idle w = {.in = {.handle = h}};
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_WAIT_IDLE, &w), 0);
    IS(w.out.status, 0);
    w.in.handle = 99;
    IS(call(fd, DRM_IOCTL_AMDGPU_GEM_WAIT_IDLE, &w), ENOENT);
    close(fd);
}

// ---- contexts and lists ---------------------------------------------------------------------------------------------

static int ctx(int fd, uint32_t op, uint32_t id, uint32_t flags, union drm_amdgpu_ctx* out) {
    *out = (union drm_amdgpu_ctx){.in = {.op = op, .ctx_id = id, .flags = flags}};
    return call(fd, DRM_IOCTL_AMDGPU_CTX, out);
}

static void contexts(void) {
    const int fd = node();
    union drm_amdgpu_ctx c;
    IS(ctx(fd, AMDGPU_CTX_OP_ALLOC_CTX, 0, 1, &c), EINVAL);
    for (uint32_t i = 1; i <= 4095; i++) {
        IS(ctx(fd, AMDGPU_CTX_OP_ALLOC_CTX, 0, 0, &c), 0);
        IS(c.out.alloc.ctx_id, i);
    }
    IS(ctx(fd, AMDGPU_CTX_OP_ALLOC_CTX, 0, 0, &c), ENOSPC);
    IS(ctx(fd, AMDGPU_CTX_OP_FREE_CTX, 7, 1, &c), EINVAL);
    IS(ctx(fd, AMDGPU_CTX_OP_FREE_CTX, 7, 0, &c), 0);
    IS(ctx(fd, AMDGPU_CTX_OP_FREE_CTX, 7, 0, &c), EINVAL);
    IS(ctx(fd, AMDGPU_CTX_OP_QUERY_STATE, 7, 0, &c), EINVAL);
    IS(ctx(fd, AMDGPU_CTX_OP_ALLOC_CTX, 0, 0, &c), 0);
    IS(c.out.alloc.ctx_id, 7);
    IS(ctx(fd, AMDGPU_CTX_OP_QUERY_STATE, 7, 1, &c), EINVAL);
    IS(ctx(fd, AMDGPU_CTX_OP_QUERY_STATE, 7, 0, &c), 0);
    IS(c.out.state.reset_status, AMDGPU_CTX_NO_RESET);
    IS(ctx(fd, AMDGPU_CTX_OP_QUERY_STATE2, 7, 1, &c), EINVAL);
    IS(ctx(fd, AMDGPU_CTX_OP_QUERY_STATE2, 7, 0, &c), 0);
    IS(c.out.state.flags, 0);
    IS(ctx(fd, 0, 7, 0, &c), EINVAL);
    IS(ctx(fd, 7, 7, 0, &c), EINVAL);
    c = (union drm_amdgpu_ctx){.in = {.op = AMDGPU_CTX_OP_ALLOC_CTX, .priority = 4711}};  // none: taken as normal
    IS(ctx(fd, AMDGPU_CTX_OP_FREE_CTX, 8, 0, &c), 0);
    c = (union drm_amdgpu_ctx){.in = {.op = AMDGPU_CTX_OP_ALLOC_CTX, .priority = 4711}};
    IS(call(fd, DRM_IOCTL_AMDGPU_CTX, &c), 0);
    close(fd);
}

static void clocks(void) {
    const int fd = node(), other = node();
    const uint32_t a = context(fd), b = context(other);
    union drm_amdgpu_ctx c;
    for (uint32_t level = 0; level <= 4; level++) {
        IS(ctx(fd, AMDGPU_CTX_OP_SET_STABLE_PSTATE, a, level, &c), 0);
        IS(ctx(other, AMDGPU_CTX_OP_GET_STABLE_PSTATE, b, 0, &c), 0);  // the device's
        IS(c.out.pstate.flags, level);
    }
    IS(ctx(fd, AMDGPU_CTX_OP_SET_STABLE_PSTATE, a, 5, &c), EINVAL);
    IS(ctx(fd, AMDGPU_CTX_OP_SET_STABLE_PSTATE, a, 0x10, &c), EINVAL);
    IS(ctx(other, AMDGPU_CTX_OP_SET_STABLE_PSTATE, b, 1, &c), EBUSY);
    IS(ctx(fd, AMDGPU_CTX_OP_FREE_CTX, a, 0, &c), 0);  // and with its context it goes
    IS(ctx(other, AMDGPU_CTX_OP_GET_STABLE_PSTATE, b, 0, &c), 0);
    IS(c.out.pstate.flags, 0);
    IS(ctx(other, AMDGPU_CTX_OP_SET_STABLE_PSTATE, b, 1, &c), 0);
    close(fd);
    close(other);
}

static int list(int fd, uint32_t operation, uint32_t* handle, uint32_t count, const void* entries, uint32_t bytes) {
    union drm_amdgpu_bo_list b = {.in = {.operation = operation,
                                         .list_handle = *handle,
                                         .bo_number = count,
                                         .bo_info_size = bytes,
                                         .bo_info_ptr = (uintptr_t)entries}};
    const int error = call(fd, DRM_IOCTL_AMDGPU_BO_LIST, &b);
    if (!error) *handle = b.out.list_handle;
    return error;
}

static void lists(void) {
    const int fd = node();
    const struct drm_amdgpu_bo_list_entry good[] = {{gtt(fd, 4096), 0}, {gtt(fd, 4096), 99}},
                                          bad[] = {{good[0].bo_handle, 0}, {99, 0}};
    const uint64_t longer[4] = {good[0].bo_handle, ~0ull, good[1].bo_handle, ~0ull};
    uint32_t h = 0, none = 77;
    IS(list(fd, AMDGPU_BO_LIST_OP_CREATE, &h, 2, good, 8), 0);
    IS(h, 1);
    IS(list(fd, AMDGPU_BO_LIST_OP_CREATE, &h, 2, longer, 16), 0);
    IS(h, 2);
    IS(list(fd, AMDGPU_BO_LIST_OP_CREATE, &h, 0, NULL, 8), 0);
    IS(list(fd, AMDGPU_BO_LIST_OP_CREATE, &h, 2, bad, 8), ENOENT);
    IS(list(fd, AMDGPU_BO_LIST_OP_CREATE, &h, 2, (void*)8, 8), EFAULT);
    IS(list(fd, AMDGPU_BO_LIST_OP_CREATE, &h, 1 << 20, good, 4096), EFAULT);
    IS(list(fd, AMDGPU_BO_LIST_OP_UPDATE, &none, 2, good, 8), ENOENT);
    IS(list(fd, AMDGPU_BO_LIST_OP_UPDATE, &h, 1, good, 8), 0);
    IS(h, 3);
    IS(list(fd, 3, &h, 1, good, 8), EINVAL);
    IS(list(fd, AMDGPU_BO_LIST_OP_DESTROY, &h, 2, (void*)8, 8), EFAULT);  // read whatever is asked for
    IS(list(fd, AMDGPU_BO_LIST_OP_DESTROY, &none, 0, NULL, 8), 0);
    IS(list(fd, AMDGPU_BO_LIST_OP_DESTROY, &h, 0, NULL, 8), 0);
    IS(h, 0);
    close(fd);
}

static void spaces(void) {
    const int fd = node(), other = node();
    const union drm_amdgpu_vm take = {.in = {.op = AMDGPU_VM_OP_RESERVE_VMID}},
                              give = {.in = {.op = AMDGPU_VM_OP_UNRESERVE_VMID}};
    union drm_amdgpu_vm v = take;
    IS(call(fd, DRM_IOCTL_AMDGPU_VM, &v), 0);
    v = take;
    IS(call(fd, DRM_IOCTL_AMDGPU_VM, &v), 0);
    v = take;
    IS(call(other, DRM_IOCTL_AMDGPU_VM, &v), EINVAL);  // there is one of them
    v = give;
    IS(call(fd, DRM_IOCTL_AMDGPU_VM, &v), 0);
    v = take;
    IS(call(other, DRM_IOCTL_AMDGPU_VM, &v), 0);
    close(other);
    v = take;
    IS(call(fd, DRM_IOCTL_AMDGPU_VM, &v), 0);
    v.in.flags = 1;
    IS(call(fd, DRM_IOCTL_AMDGPU_VM, &v), EINVAL);
    v = (union drm_amdgpu_vm){.in = {.op = 3}};
    IS(call(fd, DRM_IOCTL_AMDGPU_VM, &v), EINVAL);
    close(fd);
}

// ---- fences without submissions -------------------------------------------------------------------------------------

static void fences(void) {
    const int fd = node();
    const uint32_t c = context(fd), compute = AMDGPU_HW_IP_COMPUTE;
    IS(wait_until(fd, c, compute, 0, 0, 0), 0);
    IS(wait_until(fd, c, compute, 0, ~0ull, 0), 0);
    IS(wait_until(fd, c, compute, 0, 1, 0), EINVAL);
    IS(wait_until(fd, c, compute, 4, 0, 0), EINVAL);
    IS(wait_until(fd, c, AMDGPU_HW_IP_GFX, 1, 0, 0), EINVAL);
    IS(wait_until(fd, c, AMDGPU_HW_IP_DMA, 2, 0, 0), EINVAL);
    IS(wait_until(fd, c, AMDGPU_HW_IP_NUM, 0, 0, 0), EINVAL);
    IS(wait_until(fd, 99, compute, 0, 0, 0), EINVAL);
    union drm_amdgpu_wait_cs instance = {.in = {.ctx_id = c, .ip_type = compute, .ip_instance = 1}};
    IS(call(fd, DRM_IOCTL_AMDGPU_WAIT_CS, &instance), EINVAL);

    struct drm_amdgpu_fence f = {.ctx_id = c, .ip_type = compute};
    union drm_amdgpu_wait_fences w = {.in = {.fences = (uintptr_t)&f, .fence_count = 1}};
    IS(call(fd, DRM_IOCTL_AMDGPU_WAIT_FENCES, &w), 0);
    IS(w.out.status, 1);
    IS(w.out.first_signaled, 0);
    f.seq_no = 1;
    w = (union drm_amdgpu_wait_fences){.in = {.fences = (uintptr_t)&f, .fence_count = 1}};
    IS(call(fd, DRM_IOCTL_AMDGPU_WAIT_FENCES, &w), EINVAL);
    w = (union drm_amdgpu_wait_fences){.in = {.fences = 8, .fence_count = 1}};
    IS(call(fd, DRM_IOCTL_AMDGPU_WAIT_FENCES, &w), EFAULT);
    w = (union drm_amdgpu_wait_fences){.in = {.fence_count = 0}};
    IS(call(fd, DRM_IOCTL_AMDGPU_WAIT_FENCES, &w), EINVAL);
    w = (union drm_amdgpu_wait_fences){.in = {.fence_count = 0, .wait_all = 1}};
    IS(call(fd, DRM_IOCTL_AMDGPU_WAIT_FENCES, &w), 0);
    IS(w.out.status, 1);

    f.seq_no = 0;
    for (uint32_t what = AMDGPU_FENCE_TO_HANDLE_GET_SYNCOBJ; what <= 3; what++) {
        union drm_amdgpu_fence_to_handle h = {.in = {.fence = f, .what = what}};
        IS(call(fd, DRM_IOCTL_AMDGPU_FENCE_TO_HANDLE, &h), what == 3 ? EINVAL : 0);
        if (what == AMDGPU_FENCE_TO_HANDLE_GET_SYNCOBJ) IS(sync_wait(fd, &h.out.handle, 1, 0, 0, NULL), 0);
        if (what == 1 || what == 2) {
            IS(fcntl((int)h.out.handle, F_GETFD), FD_CLOEXEC);
            struct drm_syncobj_handle as = {.fd = (int)h.out.handle, .handle = syncobj(fd, 0)};
            as.flags = what == 2 ? DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE : 0;
            IS(call(fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &as), 0);
            IS(sync_wait(fd, &as.handle, 1, 0, 0, NULL), 0);
            close((int)h.out.handle);
        }
    }
    f.ring = 99;
    IS(CALL(fd, DRM_IOCTL_AMDGPU_FENCE_TO_HANDLE, (union drm_amdgpu_fence_to_handle){.in = {.fence = f}}), EINVAL);
    close(fd);
}

// ---- synchronization objects ----------------------------------------------------------------------------------------

static void syncobjs(void) {
    enum { all = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL, later = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT };
    const int fd = node();
    IS(CALL(fd, DRM_IOCTL_SYNCOBJ_CREATE, (struct drm_syncobj_create){.flags = 2}), EINVAL);
    const uint32_t empty = syncobj(fd, 0), full = syncobj(fd, 1);
    IS(empty, 1);
    IS(full, 2);
    uint32_t first = 4711, both[] = {empty, full}, unknown[] = {full, 99};
    IS(sync_wait(fd, &full, 1, 0, 0, &first), 0);
    IS(first, 0);
    IS(sync_wait(fd, &empty, 1, 0, 0, NULL), EINVAL);
    IS(sync_wait(fd, both, 2, 0, 0, NULL), EINVAL);  // though the other is signalled
    IS(sync_wait(fd, both, 2, later, 0, &first), 0);
    IS(first, 1);
    IS(sync_wait(fd, both, 2, all | later, 0, NULL), ETIME);
    const uint64_t began = now();
    IS(sync_wait(fd, both, 2, all | later, in_seconds(0.05), NULL), ETIME);
    REQUIRE(now() - began >= 50000000);
    IS(sync_wait(fd, &full, 1, 4, 0, NULL), EINVAL);
    IS(sync_wait(fd, &full, 0, 0, 0, NULL), EINVAL);
    IS(sync_wait(fd, unknown, 2, 0, 0, NULL), ENOENT);
    IS(sync_wait(fd, (uint32_t*)8, 1, 0, 0, NULL), EFAULT);

    IS(sync_signal(fd, empty), 0);
    IS(sync_wait(fd, both, 2, all, 0, &first), 0);
    IS(first, 0);
    IS(sync_reset(fd, empty), 0);
    IS(sync_wait(fd, &empty, 1, 0, 0, NULL), EINVAL);
    IS(sync_reset(fd, 99), ENOENT);
    IS(sync_signal(fd, 99), ENOENT);
    IS(CALL(fd, DRM_IOCTL_SYNCOBJ_RESET, (struct drm_syncobj_array){.handles = (uintptr_t)both}), EINVAL);
    const struct drm_syncobj_array padded = {.handles = (uintptr_t)both, .count_handles = 2, .pad = 1};
    struct drm_syncobj_array a = padded;
    IS(call(fd, DRM_IOCTL_SYNCOBJ_RESET, &a), EINVAL);
    IS(call(fd, DRM_IOCTL_SYNCOBJ_SIGNAL, &a), EINVAL);
    IS(CALL(fd, DRM_IOCTL_SYNCOBJ_DESTROY, (struct drm_syncobj_destroy){.handle = full, .pad = 1}), EINVAL);
    IS(CALL(fd, DRM_IOCTL_SYNCOBJ_DESTROY, (struct drm_syncobj_destroy){.handle = full}), 0);
    IS(CALL(fd, DRM_IOCTL_SYNCOBJ_DESTROY, (struct drm_syncobj_destroy){.handle = full}), EINVAL);
    close(fd);
}

static void timelines(void) {
    enum { later = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, available = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE };
    const int fd = node();
    const uint32_t t = syncobj(fd, 0), binary = syncobj(fd, 1);
    IS(point_of(fd, t, 0), 0);
    IS(point_wait(fd, t, 1, 0, 0), EINVAL);
    IS(point_wait(fd, t, 1, later, 0), ETIME);
    IS(point_wait(fd, t, 1, available, 0), ETIME);
    IS(point_signal(fd, t, 3), 0);
    IS(point_signal(fd, t, 7), 0);
    IS(point_of(fd, t, 0), 7);
    IS(point_of(fd, t, DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED), 7);
    for (uint64_t p = 0; p <= 7; p++) IS(point_wait(fd, t, p, 0, 0), 0);
    IS(point_wait(fd, t, 8, 0, 0), EINVAL);
    IS(point_wait(fd, t, 7, 8, 0), EINVAL);
    IS(point_wait(fd, binary, 0, 0, 0), 0);
    IS(point_wait(fd, binary, 1, 0, 0), EINVAL);
    IS(point_of(fd, binary, 0), 0);
    IS(sync_wait(fd, &t, 1, 0, 0, NULL), 0);
    IS(point_signal(fd, 99, 1), ENOENT);
    uint64_t point = 1;
    const uint32_t unknown = 99;
    struct drm_syncobj_timeline_array a = {.handles = (uintptr_t)&t, .points = 8, .count_handles = 1};
    IS(call(fd, DRM_IOCTL_SYNCOBJ_QUERY, &a), EFAULT);
    IS(call(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &a), EFAULT);
    a = (struct drm_syncobj_timeline_array){
        .handles = (uintptr_t)&t, .points = (uintptr_t)&point, .count_handles = 1, .flags = 2};
    IS(call(fd, DRM_IOCTL_SYNCOBJ_QUERY, &a), EINVAL);
    IS(call(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &a), EINVAL);
    a.flags = 0, a.handles = (uintptr_t)&unknown;
    IS(call(fd, DRM_IOCTL_SYNCOBJ_QUERY, &a), ENOENT);
    // A binary signal leaves nothing of the timeline.
    IS(sync_signal(fd, t), 0);
    IS(point_of(fd, t, 0), 0);
    IS(point_wait(fd, t, 3, 0, 0), EINVAL);
    close(fd);
}

static int transfer(int fd, uint32_t from, uint64_t from_point, uint32_t to, uint64_t to_point, uint32_t flags) {
    return CALL(fd, DRM_IOCTL_SYNCOBJ_TRANSFER,
                (struct drm_syncobj_transfer){.src_handle = from,
                                              .dst_handle = to,
                                              .src_point = from_point,
                                              .dst_point = to_point,
                                              .flags = flags});
}

static void transfers(void) {
    const int fd = node();
    const uint32_t t = syncobj(fd, 0), binary = syncobj(fd, 1), target = syncobj(fd, 0);
    IS(point_signal(fd, t, 5), 0);
    IS(transfer(fd, t, 5, target, 0, 0), 0);
    IS(sync_wait(fd, &target, 1, 0, 0, NULL), 0);
    IS(point_of(fd, target, 0), 0);
    IS(transfer(fd, binary, 0, target, 9, 0), 0);
    IS(point_of(fd, target, 0), 9);
    IS(transfer(fd, t, 6, target, 10, 0), EINVAL);
    IS(transfer(fd, binary, 1, target, 10, 0), EINVAL);
    IS(sync_reset(fd, binary), 0);
    IS(transfer(fd, binary, 0, target, 10, 0), EINVAL);
    IS(transfer(fd, 99, 0, target, 10, 0), ENOENT);
    IS(transfer(fd, t, 0, 99, 10, 0), ENOENT);
    IS(CALL(fd, DRM_IOCTL_SYNCOBJ_TRANSFER, (struct drm_syncobj_transfer){.src_handle = t, .dst_handle = t, .pad = 1}),
       EINVAL);
    close(fd);
}

static void* signal_later(void* files) {
    const int* fd = files;
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    IS(sync_signal(fd[0], (uint32_t)fd[1]), 0);
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    IS(point_signal(fd[0], (uint32_t)fd[2], 4), 0);
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    IS(point_signal(fd[0], (uint32_t)fd[2], 9), 0);
    return NULL;
}

// What another thread signals later is waited for, when asked to.
static void waits_for_submissions(void) {
    enum { later = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, available = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE };
    const int fd = node();
    int all[] = {fd, (int)syncobj(fd, 0), (int)syncobj(fd, 0)};
    const uint32_t binary = (uint32_t)all[1], t = (uint32_t)all[2], both[] = {binary, t};
    uint32_t first = 4711;
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, signal_later, all) == 0);
    IS(sync_wait(fd, both, 2, later, in_seconds(30), &first), 0);
    IS(first, 0);
    IS(point_wait(fd, t, 3, available, in_seconds(30)), 0);
    IS(transfer(fd, t, 8, binary, 2, later), 0);
    IS(point_of(fd, t, 0), 9);
    IS(point_wait(fd, binary, 2, 0, 0), 0);
    IS(pthread_join(thread, NULL), 0);
    close(fd);
}

static int handle_to_fd(int fd, uint32_t handle, uint32_t flags, int* out) {
    struct drm_syncobj_handle h = {.handle = handle, .flags = flags, .fd = -1};
    const int error = call(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &h);
    *out = h.fd;
    return error;
}
static int fd_to_handle(int fd, int descriptor, uint32_t flags, uint32_t* handle) {
    struct drm_syncobj_handle h = {.handle = *handle, .flags = flags, .fd = descriptor};
    const int error = call(fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &h);
    *handle = h.handle;
    return error;
}

static void sync_files(void) {
    const int fd = node(), other = node();
    const uint32_t empty = syncobj(fd, 0), full = syncobj(fd, 1);
    int as_object, as_file, none;
    uint32_t imported = 0, unknown = 99, target = syncobj(other, 0);
    // The object itself: what one signals the other sees, after all descriptors and handles of the first are gone too.
    IS(handle_to_fd(fd, empty, 0, &as_object), 0);
    IS(fcntl(as_object, F_GETFD), FD_CLOEXEC);
    IS(fd_to_handle(other, as_object, 0, &imported), 0);
    IS(sync_wait(other, &imported, 1, 0, 0, NULL), EINVAL);
    IS(sync_signal(fd, empty), 0);
    IS(sync_wait(other, &imported, 1, 0, 0, NULL), 0);
    uint32_t again = 0;
    IS(fd_to_handle(other, as_object, 0, &again), 0);
    REQUIRE(again != imported);
    close(as_object);
    IS(CALL(fd, DRM_IOCTL_SYNCOBJ_DESTROY, (struct drm_syncobj_destroy){.handle = empty}), 0);
    IS(sync_wait(other, &imported, 1, 0, 0, NULL), 0);
    // Its fences as they are now.
    IS(handle_to_fd(fd, full, DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE, &as_file), 0);
    IS(sync_reset(fd, full), 0);
    IS(fd_to_handle(other, as_file, DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE, &target), 0);
    IS(sync_wait(other, &target, 1, 0, 0, NULL), 0);
    IS(handle_to_fd(fd, full, DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE, &none), EINVAL);  // nothing inside
    IS(handle_to_fd(fd, 99, DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE, &none), ENOENT);
    IS(handle_to_fd(fd, 99, 0, &none), EINVAL);
    IS(handle_to_fd(fd, full, 2, &none), EINVAL);
    IS(fd_to_handle(other, as_file, 0, &target), EINVAL);  // no syncobj
    IS(handle_to_fd(fd, full, 0, &as_object), 0);
    IS(fd_to_handle(other, as_object, DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE, &target), EINVAL);
    IS(fd_to_handle(other, as_file, DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE, &unknown), ENOENT);
    IS(fd_to_handle(other, as_file, 2, &target), EINVAL);
    IS(fd_to_handle(other, -1, 0, &target), EINVAL);
    IS(fd_to_handle(other, 9999, 0, &target), EINVAL);
    IS(fd_to_handle(other, fd, 0, &target), EINVAL);
    IS(fd_to_handle(other, 0, 0, &target), EINVAL);
    close(as_file);
    close(as_object);
    close(fd);
    close(other);
}

// ---- sharing --------------------------------------------------------------------------------------------------------

static void prime(void) {
    const int fd = node(), other = node();
    const uint64_t used = vram_used(fd);
    const uint32_t h = vram(fd, 3 * 4096);
    volatile uint32_t* here = mapped(fd, h, 3 * 4096);
    here[2000] = 4711;
    struct drm_prime_handle p = {.handle = h, .flags = DRM_CLOEXEC | DRM_RDWR}, q, r;
    IS(call(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &p), 0);
    IS(fcntl(p.fd, F_GETFD), FD_CLOEXEC);
    IS(lseek(p.fd, 0, SEEK_END), 3 * 4096);
    q = (struct drm_prime_handle){.fd = p.fd};
    IS(call(other, DRM_IOCTL_PRIME_FD_TO_HANDLE, &q), 0);
    r = (struct drm_prime_handle){.fd = p.fd};
    IS(call(other, DRM_IOCTL_PRIME_FD_TO_HANDLE, &r), 0);
    IS(r.handle, q.handle);
    r = (struct drm_prime_handle){.fd = p.fd};
    IS(call(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &r), 0);
    IS(r.handle, h);
    volatile uint32_t* there = mapped(other, q.handle, 3 * 4096);
    IS(there[2000], 4711);
    there[0] = 4712;
    IS(here[0], 4712);
    IS(vram_used(fd), used + 3 * 4096);
    // It lives as long as anyone has it: a handle of the other, then only the descriptor.
    IS(gem_close(fd, h), 0);
    IS(there[2000], 4711);
    IS(gem_close(other, q.handle), 0);
    IS(gem_close(other, q.handle), EINVAL);
    IS(vram_used(fd), used + 3 * 4096);
    r = (struct drm_prime_handle){.fd = p.fd};
    IS(call(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &r), 0);
    IS(((volatile uint32_t*)mapped(fd, r.handle, 3 * 4096))[2000], 4711);
    IS(gem_close(fd, r.handle), 0);
    IS(close(p.fd), 0);

    const uint32_t again = vram(fd, 4096);
    uint32_t own;
    IS(create(fd, 4096, AMDGPU_GEM_DOMAIN_VRAM, AMDGPU_GEM_CREATE_VM_ALWAYS_VALID, &own), 0);
    IS(CALL(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, (struct drm_prime_handle){.handle = own}), EPERM);
    IS(CALL(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, (struct drm_prime_handle){.handle = 99}), ENOENT);
    IS(CALL(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, (struct drm_prime_handle){.handle = again, .flags = 1}), EINVAL);
    const int file = memfd_create("no buffer", MFD_CLOEXEC);
    IS(CALL(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, (struct drm_prime_handle){.fd = file}), EINVAL);
    IS(CALL(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, (struct drm_prime_handle){.fd = fd}), EINVAL);
    IS(CALL(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, (struct drm_prime_handle){.fd = -1}), EBADF);
    IS(CALL(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, (struct drm_prime_handle){.fd = 9999}), EBADF);
    close(file);
    close(other);
    close(fd);
}

// ---- bad pointers ---------------------------------------------------------------------------------------------------

// Every ioctl with an argument where nothing is, where nothing may be written, and where it ends too early.
static void bad_arguments(void) {
    const int fd = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);  // which may call them all
    REQUIRE(fd >= 0);
    char* page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page != MAP_FAILED && munmap(page + 4096, 4096) == 0);
    static const unsigned long calls[] = {
        DRM_IOCTL_VERSION, DRM_IOCTL_GET_UNIQUE, DRM_IOCTL_GET_MAGIC, DRM_IOCTL_GET_CLIENT, DRM_IOCTL_SET_VERSION,
        DRM_IOCTL_GEM_CLOSE, DRM_IOCTL_GET_CAP, DRM_IOCTL_SET_CLIENT_CAP, DRM_IOCTL_PRIME_HANDLE_TO_FD,
        DRM_IOCTL_PRIME_FD_TO_HANDLE, DRM_IOCTL_SYNCOBJ_CREATE, DRM_IOCTL_SYNCOBJ_DESTROY,
        DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, DRM_IOCTL_SYNCOBJ_WAIT,
        DRM_IOCTL_SYNCOBJ_RESET, DRM_IOCTL_SYNCOBJ_SIGNAL, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, DRM_IOCTL_SYNCOBJ_QUERY,
        DRM_IOCTL_SYNCOBJ_TRANSFER, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, DRM_IOCTL_AMDGPU_GEM_CREATE,
        DRM_IOCTL_AMDGPU_GEM_MMAP, DRM_IOCTL_AMDGPU_CTX, DRM_IOCTL_AMDGPU_BO_LIST, DRM_IOCTL_AMDGPU_CS,
        DRM_IOCTL_AMDGPU_INFO, DRM_IOCTL_AMDGPU_GEM_METADATA, DRM_IOCTL_AMDGPU_GEM_WAIT_IDLE, DRM_IOCTL_AMDGPU_GEM_VA,
        DRM_IOCTL_AMDGPU_WAIT_CS, DRM_IOCTL_AMDGPU_GEM_OP, DRM_IOCTL_AMDGPU_GEM_USERPTR, DRM_IOCTL_AMDGPU_WAIT_FENCES,
        DRM_IOCTL_AMDGPU_VM, DRM_IOCTL_AMDGPU_FENCE_TO_HANDLE, DRM_IOCTL_AMDGPU_SCHED};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        const size_t bytes = _IOC_SIZE(calls[i]);
        void* const bad[] = {NULL, (void*)1, (void*)0x7ffffffff000, (void*)(1ull << 47), (void*)~0ull,
                             page + 4096, page + 4096 - bytes + 1};
        for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
            const int error = call(fd, calls[i], bad[b]);
            if (error != EFAULT) printf("ioctl %lx at %p\n", calls[i], bad[b]);
            IS(error, EFAULT);
        }
    }
    REQUIRE(mprotect(page, 4096, PROT_READ) == 0);
    IS(call(fd, DRM_IOCTL_GET_CAP, page), EFAULT);
    IS(call(fd, DRM_IOCTL_VERSION, page), EFAULT);
    REQUIRE(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
    // The last byte before a hole is as good as others.
    struct drm_get_cap* last = (struct drm_get_cap*)(page + 4096 - sizeof *last);
    last->capability = DRM_CAP_PRIME;
    IS(call(fd, DRM_IOCTL_GET_CAP, last), 0);
    IS(last->value, 3);
    close(fd);
    munmap(page, 4096);
}

static void bad_pointers_inside(void) {
    const int fd = node();
    const uint32_t c = context(fd), h = gtt(fd, 4096), s = syncobj(fd, 1);
    static uint64_t const bad[] = {8, 0x7ffffffff000, 1ull << 47, ~0ull - 7};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const uint64_t at = bad[i], good = (uintptr_t)&s;
        IS(CALL(fd, DRM_IOCTL_AMDGPU_INFO,
                (struct drm_amdgpu_info){.query = AMDGPU_INFO_DEV_INFO, .return_pointer = at, .return_size = 400}),
           EFAULT);
        IS(gem_op(fd, h, AMDGPU_GEM_OP_GET_GEM_CREATE_INFO, at), EFAULT);
        uint32_t none = 0;
        IS(list(fd, AMDGPU_BO_LIST_OP_CREATE, &none, 3, (void*)at, 8), EFAULT);
        IS(CALL(fd, DRM_IOCTL_AMDGPU_WAIT_FENCES,
                (union drm_amdgpu_wait_fences){.in = {.fences = at, .fence_count = 2}}),
           EFAULT);
        IS(CALL(fd, DRM_IOCTL_SYNCOBJ_WAIT, (struct drm_syncobj_wait){.handles = at, .count_handles = 1}), EFAULT);
        IS(CALL(fd, DRM_IOCTL_SYNCOBJ_RESET, (struct drm_syncobj_array){.handles = at, .count_handles = 1}), EFAULT);
        IS(CALL(fd, DRM_IOCTL_SYNCOBJ_SIGNAL, (struct drm_syncobj_array){.handles = at, .count_handles = 1}), EFAULT);
        IS(CALL(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT,
                (struct drm_syncobj_timeline_wait){.handles = at, .count_handles = 1}),
           EFAULT);
        IS(CALL(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT,
                (struct drm_syncobj_timeline_wait){.handles = good, .points = at, .count_handles = 1}),
           EFAULT);
        struct drm_syncobj_timeline_array a = {.handles = at, .count_handles = 1};
        IS(call(fd, DRM_IOCTL_SYNCOBJ_QUERY, &a), EFAULT);
        IS(call(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &a), EFAULT);
        a.handles = good, a.points = at;
        IS(call(fd, DRM_IOCTL_SYNCOBJ_QUERY, &a), EFAULT);
        IS(call(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &a), EFAULT);

        struct drm_amdgpu_cs_chunk chunk = {.chunk_id = AMDGPU_CHUNK_ID_IB, .length_dw = 8, .chunk_data = at};
        uint64_t pointer = (uintptr_t)&chunk;
        union drm_amdgpu_cs cs = {.in = {.ctx_id = c, .num_chunks = 1, .chunks = at}};
        IS(call(fd, DRM_IOCTL_AMDGPU_CS, &cs), EFAULT);
        cs = (union drm_amdgpu_cs){.in = {.ctx_id = c, .num_chunks = 1, .chunks = (uintptr_t)&at}};
        IS(call(fd, DRM_IOCTL_AMDGPU_CS, &cs), EFAULT);
        cs = (union drm_amdgpu_cs){.in = {.ctx_id = c, .num_chunks = 1, .chunks = (uintptr_t)&pointer}};
        IS(call(fd, DRM_IOCTL_AMDGPU_CS, &cs), EFAULT);
        struct drm_amdgpu_bo_list_in in = {.bo_number = 2, .bo_info_size = 8, .bo_info_ptr = at};
        chunk = (struct drm_amdgpu_cs_chunk){AMDGPU_CHUNK_ID_BO_HANDLES, sizeof in / 4, (uintptr_t)&in};
        cs = (union drm_amdgpu_cs){.in = {.ctx_id = c, .num_chunks = 1, .chunks = (uintptr_t)&pointer}};
        IS(call(fd, DRM_IOCTL_AMDGPU_CS, &cs), EFAULT);
    }
    close(fd);
}

// ---- all of them ----------------------------------------------------------------------------------------------------

static const struct test tests[] = {{"nodes", nodes},
                                    {"version", version},
                                    {"capabilities", capabilities},
                                    {"numbers", numbers},
                                    {"primary", primary},
                                    {"gem_create", gem_create},
                                    {"gem_mmap", gem_mmap},
                                    {"gem_userptr", gem_userptr},
                                    {"gem_va_refusals", gem_va_refusals},
                                    {"gem_va_overlaps", gem_va_overlaps},
                                    {"gem_op_and_metadata", gem_op_and_metadata},
                                    {"contexts", contexts},
                                    {"clocks", clocks},
                                    {"lists", lists},
                                    {"spaces", spaces},
                                    {"fences", fences},
                                    {"syncobjs", syncobjs},
                                    {"timelines", timelines},
                                    {"transfers", transfers},
                                    {"waits_for_submissions", waits_for_submissions},
                                    {"sync_files", sync_files},
                                    {"prime", prime},
                                    {"bad_arguments", bad_arguments},
                                    {"bad_pointers_inside", bad_pointers_inside}};

int main(int argc, char** argv) {
    return run_tests(tests, sizeof tests / sizeof *tests, argc, argv);
}
