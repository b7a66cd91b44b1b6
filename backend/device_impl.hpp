#pragma once
// What stands behind the public Device and Buffer; plan/ launches through it.

#include <memory>

#include "backend/backend.hpp"

namespace gcn {

struct DeviceImpl {
    std::shared_ptr<Backend> backend;
    DeviceInfo info;  // asked once: it does not change while the device is open
};

// The memory goes before the device that it belongs to: members are destroyed last to first.
struct BufferImpl {
    std::shared_ptr<DeviceImpl> device;
    std::shared_ptr<Memory> memory;
};

}  // namespace gcn
