// What every DRM driver answers.

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "emulator/drm/ioctl.hpp"
#include "emulator/drm/user.hpp"

namespace gcn::emulator::drm {

namespace {

// Strings are cut to the program's buffer, the length that comes back is the whole one's.
bool tell(const char* text, char* to, __kernel_size_t& room) {
    const size_t length = std::strlen(text), told = std::min<size_t>(length, room);
    room = length;
    return !told || !to || copy_out(reinterpret_cast<uint64_t>(to), text, told);
}

}  // namespace

// 3.49 is Linux 6.1's, the kernel of Debian 12.
int version(File&, drm_version& v) {
    v.version_major = 3;
    v.version_minor = 49;
    v.version_patchlevel = 0;
    const bool told = tell("amdgpu", v.name, v.name_len) && tell("20150101", v.date, v.date_len) &&
                      tell("AMD GPU", v.desc, v.desc_len);
    return told ? 0 : -EFAULT;
}

int get_unique(File&, drm_unique& u) {
    constexpr const char* name = "pci:0000:01:00.0";
    const size_t length = std::strlen(name);
    if (u.unique_len >= length && !copy_out(reinterpret_cast<uint64_t>(u.unique), name, length)) return -EFAULT;
    u.unique_len = length;
    return 0;
}

int get_magic(File&, drm_auth& a) {
    a.magic = 1;
    return 0;
}

int get_client(File&, drm_client& c) {
    if (c.idx != 0) return -EINVAL;
    constexpr unsigned long nobody = 65534;
    c.auth = 1;
    c.pid = static_cast<unsigned long>(getpid());
    c.uid = nobody;
    c.magic = c.iocs = 0;
    return 0;
}

int set_version(File&, drm_set_version& v) {
    v.drm_di_major = 1, v.drm_di_minor = 4, v.drm_dd_major = 3, v.drm_dd_minor = 49;
    return 0;
}

// Linux 6.1, drm_ioctl.c, drm_getcap; those of the display as dce_v11_0.c sets them.
int get_cap(File&, drm_get_cap& c) {
    constexpr struct {
        uint64_t capability, value;
    } caps[] = {
        {DRM_CAP_DUMB_BUFFER, 1},
        {DRM_CAP_VBLANK_HIGH_CRTC, 1},
        {DRM_CAP_DUMB_PREFERRED_DEPTH, 24},
        {DRM_CAP_DUMB_PREFER_SHADOW, 1},
        {DRM_CAP_PRIME, 3},
        {DRM_CAP_TIMESTAMP_MONOTONIC, 1},
        {DRM_CAP_ASYNC_PAGE_FLIP, 1},
        {DRM_CAP_CURSOR_WIDTH, 128},
        {DRM_CAP_CURSOR_HEIGHT, 128},
        {DRM_CAP_ADDFB2_MODIFIERS, 0},
        {DRM_CAP_PAGE_FLIP_TARGET, 0},
        {DRM_CAP_CRTC_IN_VBLANK_EVENT, 1},
        {DRM_CAP_SYNCOBJ, 1},
        {DRM_CAP_SYNCOBJ_TIMELINE, 1},
    };
    c.value = 0;
    for (const auto& known : caps)
        if (known.capability == c.capability) return c.value = known.value, 0;
    return -EINVAL;
}

// There is no display: nobody's wish for one has an effect.
int set_client_cap(File&, drm_set_client_cap& c) {
    if (c.capability < DRM_CLIENT_CAP_STEREO_3D || c.capability > DRM_CLIENT_CAP_ASPECT_RATIO) return -EINVAL;
    return c.value > (c.capability == DRM_CLIENT_CAP_ATOMIC ? 2 : 1) ? -EINVAL : 0;
}

int nothing(File&, uint32_t&) { return 0; }

}  // namespace gcn::emulator::drm
