// What libdrm_amdgpu says of the card, a line "NAME VALUE" each; then what the driver refuses. Stops at the first call
// that fails, or does not where it should.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libdrm/amdgpu.h>
#include <libdrm/amdgpu_drm.h>
#include <libdrm/drm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define REQUIRE(fact)                                                                \
    do {                                                                             \
        if (!(fact)) {                                                               \
            printf("line %d: %s does not hold, errno %d\n", __LINE__, #fact, errno); \
            exit(1);                                                                 \
        }                                                                            \
    } while (0)

static void* library;
static void* call(const char* name) {
    void* found = dlsym(library, name);
    REQUIRE(found);
    return found;
}

static void say(const char* name, uint64_t value) { printf("%s %llu\n", name, (unsigned long long)value); }

// 0 or the driver's errno; the rest of `out` must stay as it was.
static int query(int fd, struct drm_amdgpu_info request, void* out, size_t size) {
    unsigned char guarded[1024];
    memset(guarded, 0xa5, sizeof guarded);
    request.return_pointer = (uintptr_t)guarded;
    request.return_size = (uint32_t)size;
    const int result = ioctl(fd, DRM_IOCTL_AMDGPU_INFO, &request) == 0 ? 0 : errno;
    for (size_t i = size; i < sizeof guarded; i++) REQUIRE(guarded[i] == 0xa5);
    memcpy(out, guarded, size);
    return result;
}

static uint64_t number(int fd, unsigned what, size_t size) {
    uint64_t value = 0;
    REQUIRE(query(fd, (struct drm_amdgpu_info){.query = what}, &value, size) == 0);
    return value;
}

static int sensor(int fd, unsigned type, uint32_t* value) {
    return query(fd, (struct drm_amdgpu_info){.query = AMDGPU_INFO_SENSOR, .sensor_info.type = type}, value, 4);
}

static int registers(int fd, unsigned first, unsigned count, unsigned instance, uint32_t* values) {
    struct drm_amdgpu_info request = {.query = AMDGPU_INFO_READ_MMR_REG};
    request.read_mmr_reg.dword_offset = first;
    request.read_mmr_reg.count = count;
    request.read_mmr_reg.instance = instance;
    return query(fd, request, values, count * 4 < 1024 ? count * 4 : 1024);
}

static int firmware(int fd, unsigned type, unsigned index) {
    struct drm_amdgpu_info_firmware f;
    struct drm_amdgpu_info request = {.query = AMDGPU_INFO_FW_VERSION};
    request.query_fw.fw_type = type;
    request.query_fw.index = index;
    const int result = query(fd, request, &f, sizeof f);
    return result ? -result : (int)f.ver;
}

static void device(amdgpu_device_handle d) {
    struct amdgpu_gpu_info g;
    int (*query_gpu)(amdgpu_device_handle, struct amdgpu_gpu_info*) = call("amdgpu_query_gpu_info");
    const char* (*name)(amdgpu_device_handle) = call("amdgpu_get_marketing_name");
    REQUIRE(query_gpu(d, &g) == 0);
    printf("name %s\n", name(d) ? name(d) : "none");
    say("device_id", g.asic_id);
    say("pci_rev", g.pci_rev_id);
    say("external_rev", g.chip_external_rev);
    say("family", g.family_id);
    say("engines", g.num_shader_engines);
    say("arrays", g.num_shader_arrays_per_engine);
    say("max_engine_clock", g.max_engine_clk);
    say("max_memory_clock", g.max_memory_clk);
    say("counter_khz", g.gpu_counter_freq);
    say("backends", g.rb_pipes);
    say("backend_mask", g.enabled_rb_pipes_mask);
    say("vram_type", g.vram_type);
    say("vram_bits", g.vram_bit_width);
    say("cus", g.cu_active_number);
    uint64_t cu_bits = 0;
    for (int engine = 0; engine < 4; engine++) cu_bits += (unsigned)__builtin_popcount(g.cu_bitmap[engine][0]);
    say("cu_bits", cu_bits);
    say("gb_addr_config", g.gb_addr_cfg);
    say("raster_config", g.pa_sc_raster_cfg[0]);
    say("raster_config_1", g.pa_sc_raster_cfg1[0]);
}

static void memory(int fd) {
    struct drm_amdgpu_memory_info m;
    REQUIRE(query(fd, (struct drm_amdgpu_info){.query = AMDGPU_INFO_MEMORY}, &m, sizeof m) == 0);
    say("vram", m.vram.total_heap_size);
    say("vram_used", m.vram.heap_usage);
    say("visible", m.cpu_accessible_vram.total_heap_size);
    say("gtt", m.gtt.total_heap_size);
    REQUIRE(m.vram.usable_heap_size < m.vram.total_heap_size && m.vram.max_allocation < m.vram.usable_heap_size);
    REQUIRE(number(fd, AMDGPU_INFO_VRAM_USAGE, 8) == m.vram.heap_usage);
    REQUIRE(number(fd, AMDGPU_INFO_VIS_VRAM_USAGE, 8) == m.vram.heap_usage);
    REQUIRE(number(fd, AMDGPU_INFO_GTT_USAGE, 8) == m.gtt.heap_usage);
}

static void numbers(int fd) {
    const uint64_t before = number(fd, AMDGPU_INFO_TIMESTAMP, 8);
    REQUIRE(number(fd, AMDGPU_INFO_ACCEL_WORKING, 4) == 1);
    REQUIRE(number(fd, AMDGPU_INFO_NUM_BYTES_MOVED, 8) == 0);
    REQUIRE(number(fd, AMDGPU_INFO_NUM_EVICTIONS, 8) == 0);
    REQUIRE(number(fd, AMDGPU_INFO_NUM_VRAM_CPU_PAGE_FAULTS, 8) == 0);
    REQUIRE(number(fd, AMDGPU_INFO_VRAM_LOST_COUNTER, 4) == 0);
    REQUIRE(number(fd, AMDGPU_INFO_TIMESTAMP, 8) > before);
    uint32_t value;
    for (unsigned type = AMDGPU_INFO_SENSOR_GFX_SCLK; type <= AMDGPU_INFO_SENSOR_STABLE_PSTATE_GFX_MCLK; type++) {
        const int result = sensor(fd, type, &value);
        REQUIRE(result == (type == AMDGPU_INFO_SENSOR_VDDNB ? EINVAL : 0));
        if (result == 0) REQUIRE(value > 0 || type == AMDGPU_INFO_SENSOR_GPU_LOAD);
    }
    REQUIRE(firmware(fd, AMDGPU_INFO_FW_GFX_MEC, 1) == 730 && firmware(fd, AMDGPU_INFO_FW_GFX_MEC, 2) == -EINVAL);
    REQUIRE(firmware(fd, AMDGPU_INFO_FW_UVD, 0) == 0 && firmware(fd, AMDGPU_INFO_FW_SDMA, 2) == -EINVAL);
    REQUIRE(firmware(fd, 0, 0) == -EINVAL && firmware(fd, 0x1b, 0) == 0 && firmware(fd, 0x1c, 0) == -EINVAL);
}

static void engines(int fd) {
    struct drm_amdgpu_info_hw_ip ip;
    struct drm_amdgpu_info request = {.query = AMDGPU_INFO_HW_IP_INFO};
    static const struct {
        unsigned type, rings;
    } expected[] = {{AMDGPU_HW_IP_GFX, 1}, {AMDGPU_HW_IP_COMPUTE, 15}, {AMDGPU_HW_IP_DMA, 3}, {AMDGPU_HW_IP_UVD, 0}};
    for (int i = 0; i < 4; i++) {
        request.query_hw_ip.type = expected[i].type;
        REQUIRE(query(fd, request, &ip, sizeof ip) == 0 && ip.available_rings == expected[i].rings);
    }
    request.query_hw_ip.ip_instance = 1;
    REQUIRE(query(fd, request, &ip, sizeof ip) == EINVAL);
    request.query_hw_ip.ip_instance = 0;
    request.query_hw_ip.type = AMDGPU_HW_IP_NUM;
    REQUIRE(query(fd, request, &ip, sizeof ip) == EINVAL);
}

static void refusals(int fd) {
    uint32_t values[256];
    REQUIRE(registers(fd, 0x2644, 48, 0xffffffff, values) == 0 && values[0] != 0);
    REQUIRE(registers(fd, 0x2004, 1, 0xff03, values) == 0);
    say("grbm_busy", values[0] >> 31);
    REQUIRE(registers(fd, 0x2644, 49, 0xffffffff, values) == EFAULT);  // the last one is no tile mode
    REQUIRE(registers(fd, 0x2e12, 1, 0xffffffff, values) == EFAULT);   // COMPUTE_PGM_LO
    REQUIRE(registers(fd, 0x2004, 129, 0xffffffff, values) == EINVAL);
    REQUIRE(registers(fd, 0x2004, 1, 0xff04, values) == EINVAL);
    REQUIRE(registers(fd, 0x2004, 1, 0x02ff, values) == EINVAL);
    for (unsigned none = 0x22; none < 0x40; none++)
        REQUIRE(query(fd, (struct drm_amdgpu_info){.query = none}, values, 8) == EINVAL);
    REQUIRE(query(fd, (struct drm_amdgpu_info){.query = AMDGPU_INFO_ACCEL_WORKING}, values, 0) == EINVAL);
    REQUIRE(query(fd, (struct drm_amdgpu_info){.query = AMDGPU_INFO_CRTC_FROM_ID}, values, 4) == EINVAL);
    REQUIRE(query(fd, (struct drm_amdgpu_info){.query = AMDGPU_INFO_RAS_ENABLED_FEATURES}, values, 8) == EINVAL);
    REQUIRE(query(fd, (struct drm_amdgpu_info){.query = AMDGPU_INFO_DEV_INFO}, values, 2) == 0);  // cut to the size
}

// What programs of older C libraries call.
int __fxstat(int, int, struct stat*);
int __xstat(int, const char*, struct stat*);
int __lxstat(int, const char*, struct stat*);
int __fxstatat(int, int, const char*, struct stat*, int);

#define NODE(call, mode, number) ((call) == 0 && (mode) == (S_IFCHR | 0666) && (number) == makedev(226, 128))
// A success leaves errno alone.
#define FINE(call)              \
    do {                        \
        errno = 4711;           \
        REQUIRE(call);          \
        REQUIRE(errno == 4711); \
    } while (0)

static void path(const char* node) {
    struct stat s;
    struct statx sx;
    FINE(NODE(stat(node, &s), s.st_mode, s.st_rdev));
    FINE(NODE(lstat(node, &s), s.st_mode, s.st_rdev));
    FINE(NODE(fstatat(-1, node, &s, AT_SYMLINK_NOFOLLOW), s.st_mode, s.st_rdev));
    FINE(NODE(__xstat(1, node, &s), s.st_mode, s.st_rdev));
    FINE(NODE(__lxstat(1, node, &s), s.st_mode, s.st_rdev));
    FINE(NODE(__fxstatat(1, -1, node, &s, 0), s.st_mode, s.st_rdev));
    FINE(NODE(statx(-1, node, 0, STATX_BASIC_STATS, &sx), sx.stx_mode, makedev(sx.stx_rdev_major, sx.stx_rdev_minor)));
    FINE(access(node, R_OK | W_OK) == 0);
    FINE(close(open(node, O_RDWR | O_CLOEXEC)) == 0);
    FILE* stream = fopen(node, "r+e");
    REQUIRE(stream && NODE(fstat(fileno(stream), &s), s.st_mode, s.st_rdev));
    REQUIRE(fcntl(fileno(stream), F_GETFD) == FD_CLOEXEC && fclose(stream) == 0);
}

// The descriptor is a node's, through every call that describes one; others are left alone.
static void descriptors(int fd) {
    struct stat s;
    struct statx sx;
    const int copy = dup(fd), other = memfd_create("other", 0);
    REQUIRE(NODE(fstat(fd, &s), s.st_mode, s.st_rdev));
    REQUIRE(NODE(fstat(copy, &s), s.st_mode, s.st_rdev));
    REQUIRE(NODE(fstatat(fd, "", &s, AT_EMPTY_PATH), s.st_mode, s.st_rdev));
    REQUIRE(NODE(__fxstat(1, fd, &s), s.st_mode, s.st_rdev));
    REQUIRE(NODE(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &sx), sx.stx_mode,
                 makedev(sx.stx_rdev_major, sx.stx_rdev_minor)));
    REQUIRE(fstat(other, &s) == 0 && S_ISREG(s.st_mode));
    REQUIRE(ioctl(other, DRM_IOCTL_AMDGPU_INFO, &s) == -1 && errno == ENOTTY);
    REQUIRE(ioctl(-1, DRM_IOCTL_AMDGPU_INFO, &s) == -1 && errno == EBADF);
    REQUIRE(close(copy) == 0 && close(other) == 0 && close(-1) == -1 && errno == EBADF);
    REQUIRE(NODE(fstat(fd, &s), s.st_mode, s.st_rdev));
}

int main(int argc, char** argv) {
    library = dlopen("libdrm_amdgpu.so.1", RTLD_NOW);
    REQUIRE(library);
    int (*initialize)(int, uint32_t*, uint32_t*, amdgpu_device_handle*) = call("amdgpu_device_initialize");
    int (*deinitialize)(amdgpu_device_handle) = call("amdgpu_device_deinitialize");
    const int fd = open(argc > 1 ? argv[1] : "/dev/dri/renderD128", O_RDWR | O_CLOEXEC);
    REQUIRE(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
    uint32_t major = 0, minor = 0;
    amdgpu_device_handle d;
    REQUIRE(initialize(fd, &major, &minor, &d) == 0 && major == 3);
    say("drm_minor", minor);
    device(d);
    memory(fd);
    numbers(fd);
    engines(fd);
    refusals(fd);
    descriptors(fd);
    path("/dev/dri/renderD128");
    path("/dev/dri/by-path/../renderD128");
    REQUIRE(deinitialize(d) == 0 && close(fd) == 0);
    printf("all right\n");
    return 0;
}
