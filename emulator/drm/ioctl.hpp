#pragma once
// The ioctls, one function each, found by a table of numbers (ioctl.cpp). Each gets a copy of the program's argument,
// which is copied back whatever comes of it, and answers with 0 or -errno as Linux 6.1 does.

#include <libdrm/amdgpu_drm.h>
#include <libdrm/drm.h>

#include "emulator/drm/file.hpp"

namespace gcn::emulator::drm {

// ---- core.cpp ----
int version(File&, drm_version&);
int get_unique(File&, drm_unique&);
int get_magic(File&, drm_auth&);
int get_client(File&, drm_client&);
int get_cap(File&, drm_get_cap&);
int set_client_cap(File&, drm_set_client_cap&);
int set_version(File&, drm_set_version&);
int nothing(File&, uint32_t&);

// ---- gem.cpp ----
int gem_create(File&, drm_amdgpu_gem_create&);
int gem_mmap(File&, drm_amdgpu_gem_mmap&);
int gem_userptr(File&, drm_amdgpu_gem_userptr&);
int gem_va(File&, drm_amdgpu_gem_va&);
int gem_op(File&, drm_amdgpu_gem_op&);
int gem_metadata(File&, drm_amdgpu_gem_metadata&);
int gem_wait_idle(File&, drm_amdgpu_gem_wait_idle&);
int gem_close(File&, drm_gem_close&);
int prime_handle_to_fd(File&, drm_prime_handle&);
int prime_fd_to_handle(File&, drm_prime_handle&);

// ---- submit.cpp ----
int ctx(File&, drm_amdgpu_ctx&);
int bo_list(File&, drm_amdgpu_bo_list&);
int cs(File&, drm_amdgpu_cs&);
int wait_cs(File&, drm_amdgpu_wait_cs&);
int wait_fences(File&, drm_amdgpu_wait_fences&);
int fence_to_handle(File&, drm_amdgpu_fence_to_handle&);
int vm(File&, drm_amdgpu_vm&);
int sched(File&, drm_amdgpu_sched&);

// ---- syncobj.cpp ----
int syncobj_create(File&, drm_syncobj_create&);
int syncobj_destroy(File&, drm_syncobj_destroy&);
int syncobj_handle_to_fd(File&, drm_syncobj_handle&);
int syncobj_fd_to_handle(File&, drm_syncobj_handle&);
int syncobj_wait(File&, drm_syncobj_wait&);
int syncobj_reset(File&, drm_syncobj_array&);
int syncobj_signal(File&, drm_syncobj_array&);
int syncobj_timeline_wait(File&, drm_syncobj_timeline_wait&);
int syncobj_query(File&, drm_syncobj_timeline_array&);
int syncobj_transfer(File&, drm_syncobj_transfer&);
int syncobj_timeline_signal(File&, drm_syncobj_timeline_array&);

// The fences behind a handle at a point; -ENOENT, or -EINVAL when nothing there reaches it. With `submit` it is waited
// for until something does, five seconds at most: -ETIME.
int fences_of(File&, uint32_t handle, uint64_t point, bool submit, Fences&);

// ---- ioctl.cpp ----
int info(File&, drm_amdgpu_info&);

}  // namespace gcn::emulator::drm
