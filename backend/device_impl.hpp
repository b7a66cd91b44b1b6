#pragma once
// What stands behind the public Device and Buffer; plan/ launches through it.

#include <memory>

#include "backend/backend.hpp"
#include "backend/pool.hpp"

namespace gcn {

struct DeviceImpl {
    explicit DeviceImpl(std::shared_ptr<Backend> opened) : backend(std::move(opened)) {}

    std::shared_ptr<Backend> backend;
    DeviceInfo info = backend->info();                  // asked once: it does not change while the device is open
    std::shared_ptr<struct Choices> choices = nullptr;  // of plan/, made when first asked for
    Pool pool{backend, info};
};

// The memory goes before the device that it belongs to: members are destroyed last to first.
struct BufferImpl {
    std::shared_ptr<DeviceImpl> device;
    std::shared_ptr<Memory> memory;
    size_t bytes;  // as asked for; the memory may be larger
};

}  // namespace gcn
