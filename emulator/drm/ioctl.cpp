// The table of ioctls, and how a call gets there: the argument copied in, and back.

#include "emulator/drm/ioctl.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

#include "emulator/drm/info.hpp"
#include "emulator/drm/node.hpp"
#include "emulator/drm/user.hpp"

namespace gcn::emulator::drm {

namespace {

constexpr size_t largest = 512;

// Who may call it: everybody, or only who opened the primary node.
enum class Nodes { Both, Primary };

struct Row {
    uint32_t number;
    size_t bytes;
    Nodes nodes;
    int (*call)(File&, std::byte* argument);
};

template <auto function, class T> int with(File& file, std::byte* argument) {
    T typed;
    static_assert(sizeof typed <= largest);
    std::memcpy(&typed, argument, sizeof typed);
    const int result = function(file, typed);
    std::memcpy(argument, &typed, sizeof typed);
    return result;
}
template <auto function, class T> constexpr Row row(uint32_t number, int (*)(File&, T&), Nodes nodes) {
    return {number, sizeof(T), nodes, with<function, T>};
}

#define ROW(number, function, nodes) row<function>(number, function, Nodes::nodes)
#define AMDGPU(number)               DRM_COMMAND_BASE + number
constexpr uint32_t number_of(unsigned long request) { return request & 0xff; }
constexpr Row rows[] = {
    // clang-format off
    ROW(number_of(DRM_IOCTL_VERSION),                 version,                 Both),
    ROW(number_of(DRM_IOCTL_GET_UNIQUE),              get_unique,              Primary),
    ROW(number_of(DRM_IOCTL_GET_MAGIC),               get_magic,               Primary),
    ROW(number_of(DRM_IOCTL_GET_CLIENT),              get_client,              Primary),
    ROW(number_of(DRM_IOCTL_SET_VERSION),             set_version,             Primary),
    ROW(number_of(DRM_IOCTL_GEM_CLOSE),               gem_close,               Both),
    ROW(number_of(DRM_IOCTL_GET_CAP),                 get_cap,                 Both),
    ROW(number_of(DRM_IOCTL_SET_CLIENT_CAP),          set_client_cap,          Primary),
    ROW(number_of(DRM_IOCTL_SET_MASTER),              nothing,                 Primary),
    ROW(number_of(DRM_IOCTL_DROP_MASTER),             nothing,                 Primary),
    ROW(number_of(DRM_IOCTL_PRIME_HANDLE_TO_FD),      prime_handle_to_fd,      Both),
    ROW(number_of(DRM_IOCTL_PRIME_FD_TO_HANDLE),      prime_fd_to_handle,      Both),
    ROW(number_of(DRM_IOCTL_SYNCOBJ_CREATE),          syncobj_create,          Both),
    ROW(number_of(DRM_IOCTL_SYNCOBJ_DESTROY),         syncobj_destroy,         Both),
    ROW(number_of(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD),    syncobj_handle_to_fd,    Both),
    ROW(number_of(DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE),    syncobj_fd_to_handle,    Both),
    ROW(number_of(DRM_IOCTL_SYNCOBJ_WAIT),            syncobj_wait,            Both),
    ROW(number_of(DRM_IOCTL_SYNCOBJ_RESET),           syncobj_reset,           Both),
    ROW(number_of(DRM_IOCTL_SYNCOBJ_SIGNAL),          syncobj_signal,          Both),
    ROW(number_of(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT),   syncobj_timeline_wait,   Both),
    ROW(number_of(DRM_IOCTL_SYNCOBJ_QUERY),           syncobj_query,           Both),
    ROW(number_of(DRM_IOCTL_SYNCOBJ_TRANSFER),        syncobj_transfer,        Both),
    ROW(number_of(DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL), syncobj_timeline_signal, Both),
    ROW(AMDGPU(DRM_AMDGPU_GEM_CREATE),                gem_create,              Both),
    ROW(AMDGPU(DRM_AMDGPU_GEM_MMAP),                  gem_mmap,                Both),
    ROW(AMDGPU(DRM_AMDGPU_CTX),                       ctx,                     Both),
    ROW(AMDGPU(DRM_AMDGPU_BO_LIST),                   bo_list,                 Both),
    ROW(AMDGPU(DRM_AMDGPU_CS),                        cs,                      Both),
    ROW(AMDGPU(DRM_AMDGPU_INFO),                      info,                    Both),
    ROW(AMDGPU(DRM_AMDGPU_GEM_METADATA),              gem_metadata,            Both),
    ROW(AMDGPU(DRM_AMDGPU_GEM_WAIT_IDLE),             gem_wait_idle,           Both),
    ROW(AMDGPU(DRM_AMDGPU_GEM_VA),                    gem_va,                  Both),
    ROW(AMDGPU(DRM_AMDGPU_WAIT_CS),                   wait_cs,                 Both),
    ROW(AMDGPU(DRM_AMDGPU_GEM_OP),                    gem_op,                  Both),
    ROW(AMDGPU(DRM_AMDGPU_GEM_USERPTR),               gem_userptr,             Both),
    ROW(AMDGPU(DRM_AMDGPU_WAIT_FENCES),               wait_fences,             Both),
    ROW(AMDGPU(DRM_AMDGPU_VM),                        vm,                      Both),
    ROW(AMDGPU(DRM_AMDGPU_FENCE_TO_HANDLE),           fence_to_handle,         Both),
    ROW(AMDGPU(DRM_AMDGPU_SCHED),                     sched,                   Primary),
    // clang-format on
};
#undef ROW
#undef AMDGPU

const Row* find(uint32_t number) {
    for (const Row& r : rows)
        if (r.number == number) return &r;
    return nullptr;
}

// The program's structure may be older or newer than ours: what it lacks is zero, what we lack it keeps.
int call(File& file, unsigned long request, uint64_t argument) {
    const Row* r = find(number_of(request));
    if (!r) return -EINVAL;
    if (r->nodes == Nodes::Primary && file.minor != primary_minor) return -EACCES;
    const size_t bytes = std::min<size_t>(_IOC_SIZE(request), r->bytes);
    std::byte copy[largest] = {};
    if ((_IOC_DIR(request) & _IOC_WRITE) && !copy_in(copy, argument, bytes)) return -EFAULT;
    {  // what submissions that have ended still held
        const std::lock_guard lock(file.guard);
        file.lay_ghosts();
    }
    const int result = r->call(file, copy);
    if ((_IOC_DIR(request) & _IOC_READ) && !copy_out(argument, copy, bytes)) return -EFAULT;
    return result;
}

}  // namespace

int info(File& file, drm_amdgpu_info& request) {
    if (!request.return_pointer || !request.return_size) return -EINVAL;
    std::vector<std::byte> reply;
    if (const int error = answer_info(file.device, request, reply)) return error;
    const size_t bytes = std::min<size_t>(reply.size(), request.return_size);
    return copy_out(request.return_pointer, reply.data(), bytes) ? 0 : -EFAULT;
}

int answer(File& file, unsigned long request, void* argument) {
    try {
        return call(file, request, reinterpret_cast<uint64_t>(argument));
    } catch (const std::bad_alloc&) {
        return -ENOMEM;
    } catch (const std::system_error&) {  // no more threads
        return -ENOMEM;
    }
}

}  // namespace gcn::emulator::drm
