#pragma once
// DRM_IOCTL_AMDGPU_INFO: what the driver says about the card.

#include <libdrm/amdgpu_drm.h>

#include <cstddef>
#include <vector>

#include "emulator/cp/device.hpp"

namespace gcn::emulator::drm {

// 0 and the reply (the caller cuts it to the size that was asked for), or -errno. `request` was copied from the
// program; its return_pointer is not looked at.
int answer_info(Device&, const drm_amdgpu_info& request, std::vector<std::byte>& reply);

}  // namespace gcn::emulator::drm
