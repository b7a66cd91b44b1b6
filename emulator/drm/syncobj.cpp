// Synchronization objects: Linux 6.1, drm_syncobj.c.

#include <time.h>
#include <algorithm>
#include <cerrno>

#include "emulator/drm/ioctl.hpp"
#include "emulator/drm/shared.hpp"
#include "emulator/drm/user.hpp"

namespace gcn::emulator::drm {

namespace {

SyncobjPointer find(File& file, uint32_t handle) {
    const std::lock_guard lock(file.guard);
    const SyncobjPointer* found = file.syncobjs.find(handle);
    return found ? *found : nullptr;
}

using Objects = std::vector<SyncobjPointer>;
int find_all(File& file, uint64_t handles, uint32_t count, Objects& objects) {
    if (!count) return -EINVAL;
    std::vector<uint32_t> numbers;
    if (count > most_handles) return -ENOMEM;
    numbers.resize(count);
    if (!copy_in(numbers, handles)) return -EFAULT;
    for (const uint32_t number : numbers) {
        objects.push_back(find(file, number));
        if (!objects.back()) return -ENOENT;
    }
    return 0;
}

uint64_t in_seconds(int seconds) {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return uint64_t(now.tv_sec + seconds) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

// The first that is signalled, or all; what nobody has submitted is waited for only when the flags say so.
int wait(const Objects& objects, const std::vector<uint64_t>& points, int64_t until, uint32_t flags, uint32_t& first) {
    const bool all = flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL, available = flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE,
               submit = available || flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT;
    first = ~0u;
    if (!submit) {
        const std::lock_guard lock(fence_lock());
        for (size_t i = 0; i < objects.size(); ++i)
            if (!objects[i]->reaches(points[i])) return -EINVAL;
    }
    const auto met = [&](size_t i) {
        return available ? objects[i]->reaches(points[i]) : objects[i]->reached(points[i]);
    };
    const bool reached = wait_until(uint64_t(std::max<int64_t>(until, 0)), [&] {
        size_t count = 0;
        first = ~0u;
        for (size_t i = 0; i < objects.size(); ++i) {
            if (!met(i)) continue;
            if (first == ~0u) first = uint32_t(i);
            ++count;
        }
        return all ? count == objects.size() : count > 0;
    });
    return reached ? 0 : -ETIME;
}

}  // namespace

int fences_of(File& file, uint32_t handle, uint64_t point, bool submit, Fences& fences) {
    const SyncobjPointer object = find(file, handle);
    if (!object) return -ENOENT;
    if (submit && !wait_until(in_seconds(5), [&] { return object->reaches(point); })) return -ETIME;
    const std::lock_guard lock(fence_lock());
    if (!object->reaches(point)) return -EINVAL;
    for (FencePointer& fence : object->fences(point)) fences.push_back(std::move(fence));
    return 0;
}

int syncobj_create(File& file, drm_syncobj_create& c) {
    if (c.flags & ~DRM_SYNCOBJ_CREATE_SIGNALED) return -EINVAL;
    auto object = std::make_shared<Syncobj>();
    if (c.flags) object->replace({signalled_fence()});
    const std::lock_guard lock(file.guard);
    c.handle = file.syncobjs.add(std::move(object));
    return 0;
}

int syncobj_destroy(File& file, drm_syncobj_destroy& d) {
    if (d.pad) return -EINVAL;
    const std::lock_guard lock(file.guard);
    return file.syncobjs.erase(d.handle) ? 0 : -EINVAL;
}

// A sync_file is one fence that has all of them behind it; here a synchronization object of its own.
int syncobj_handle_to_fd(File& file, drm_syncobj_handle& h) {
    if (h.pad || h.flags & ~DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE) return -EINVAL;
    const SyncobjPointer object = find(file, h.handle);
    if (!h.flags) return object ? share(object, h.fd) : -EINVAL;
    Fences fences;
    if (const int error = fences_of(file, h.handle, 0, false, fences)) return error;
    return share(fences, h.fd);
}

int syncobj_fd_to_handle(File& file, drm_syncobj_handle& h) {
    if (h.pad || h.flags & ~DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE) return -EINVAL;
    const Shared shared = find_shared(h.fd);
    if (!h.flags) {
        const auto* object = std::get_if<SyncobjPointer>(&shared);
        if (!object) return -EINVAL;
        const std::lock_guard lock(file.guard);
        h.handle = file.syncobjs.add(*object);
        return 0;
    }
    const auto* fences = std::get_if<Fences>(&shared);
    if (!fences) return -EINVAL;
    const SyncobjPointer object = find(file, h.handle);
    if (!object) return -ENOENT;
    const std::lock_guard lock(fence_lock());
    object->replace(*fences);
    fences_changed();
    return 0;
}

int syncobj_wait(File& file, drm_syncobj_wait& w) {
    constexpr uint32_t known = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL | DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT;
    if (w.flags & ~known) return -EINVAL;
    Objects objects;
    if (const int error = find_all(file, w.handles, w.count_handles, objects)) return error;
    return wait(objects, std::vector<uint64_t>(objects.size()), w.timeout_nsec, w.flags, w.first_signaled);
}

int syncobj_timeline_wait(File& file, drm_syncobj_timeline_wait& w) {
    constexpr uint32_t known = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL | DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT |
                               DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE;
    if (w.flags & ~known) return -EINVAL;
    Objects objects;
    if (const int error = find_all(file, w.handles, w.count_handles, objects)) return error;
    std::vector<uint64_t> points(objects.size());
    if (w.points && !copy_in(points, w.points)) return -EFAULT;
    return wait(objects, points, w.timeout_nsec, w.flags, w.first_signaled);
}

int syncobj_reset(File& file, drm_syncobj_array& a) {
    if (a.pad) return -EINVAL;
    Objects objects;
    if (const int error = find_all(file, a.handles, a.count_handles, objects)) return error;
    const std::lock_guard lock(fence_lock());
    for (const SyncobjPointer& object : objects) object->replace({});
    return 0;
}

int syncobj_signal(File& file, drm_syncobj_array& a) {
    if (a.pad) return -EINVAL;
    Objects objects;
    if (const int error = find_all(file, a.handles, a.count_handles, objects)) return error;
    const FencePointer fence = signalled_fence();
    const std::lock_guard lock(fence_lock());
    for (const SyncobjPointer& object : objects) object->replace({fence});
    fences_changed();
    return 0;
}

int syncobj_timeline_signal(File& file, drm_syncobj_timeline_array& a) {
    if (a.flags) return -EINVAL;
    Objects objects;
    if (const int error = find_all(file, a.handles, a.count_handles, objects)) return error;
    std::vector<uint64_t> points(objects.size());
    if (a.points && !copy_in(points, a.points)) return -EFAULT;
    const FencePointer fence = signalled_fence();
    const std::lock_guard lock(fence_lock());
    for (size_t i = 0; i < objects.size(); ++i) objects[i]->add(points[i], {fence});
    fences_changed();
    return 0;
}

int syncobj_query(File& file, drm_syncobj_timeline_array& a) {
    if (a.flags & ~DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED) return -EINVAL;
    Objects objects;
    if (const int error = find_all(file, a.handles, a.count_handles, objects)) return error;
    std::vector<uint64_t> points;
    {
        const std::lock_guard lock(fence_lock());
        for (const SyncobjPointer& object : objects)
            points.push_back(a.flags ? object->last_added() : object->last_reached());
    }
    return copy_out(a.points, points.data(), points.size() * sizeof points[0]) ? 0 : -EFAULT;
}

int syncobj_transfer(File& file, drm_syncobj_transfer& t) {
    if (t.pad) return -EINVAL;
    const SyncobjPointer target = find(file, t.dst_handle);
    if (!target) return -ENOENT;
    Fences fences;
    const bool submit = t.flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT;
    if (const int error = fences_of(file, t.src_handle, t.src_point, submit, fences)) return error;
    const std::lock_guard lock(fence_lock());
    if (t.dst_point)
        target->add(t.dst_point, std::move(fences));
    else
        target->replace(std::move(fences));
    fences_changed();
    return 0;
}

}  // namespace gcn::emulator::drm
