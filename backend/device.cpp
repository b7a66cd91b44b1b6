// The public Device and Buffer over a Backend; Plan is in plan/.

#include "backend/device_impl.hpp"

namespace gcn {
namespace {

void require_inside(const char* what, size_t count, size_t offset, size_t bytes) {
    if (offset <= bytes && count <= bytes - offset) return;
    fail({.what = std::string(what) + " " + std::to_string(count) + " bytes at offset " + std::to_string(offset),
          .why = "the buffer has " + std::to_string(bytes) + " bytes",
          .remedy = "a larger buffer or a smaller range",
          .fault = Fault::WrongUse});
}

}  // namespace

void Buffer::write(const void* from, size_t count, size_t offset) {
    require_inside("write", count, offset, bytes());
    if (impl) impl->memory->write(from, count, offset);
}

void Buffer::read(void* to, size_t count, size_t offset) const {
    require_inside("read", count, offset, bytes());
    if (impl) impl->memory->read(to, count, offset);
}

size_t Buffer::bytes() const { return impl ? impl->bytes : 0; }

Device Device::open(std::string_view choice) {
    Device device;
    device.impl = std::make_shared<DeviceImpl>(open_backend(choice));
    return device;
}

std::vector<std::string> Device::backends() {
    std::vector<std::string> choices;
    for (const BackendRow& row : backend_rows()) choices.emplace_back(row.choice);
    return choices;
}

Buffer Device::alloc(size_t bytes) {
    GCN_ASSERT(impl);
    Buffer buffer;
    buffer.impl = std::make_shared<BufferImpl>(BufferImpl{impl, impl->pool.take(bytes), bytes});
    return buffer;
}

Buffer Device::alloc_pinned(size_t bytes) {
    GCN_ASSERT(impl);
    Buffer buffer;
    buffer.impl = std::make_shared<BufferImpl>(BufferImpl{impl, impl->backend->alloc_pinned(bytes), bytes});
    return buffer;
}

void* Buffer::host() const { return impl ? impl->memory->host : nullptr; }

MemoryUse Device::memory() const { return GCN_ASSERT(impl), impl->pool.use(); }
void Device::limit_memory(uint64_t bytes) { GCN_ASSERT(impl), impl->pool.set_limit(bytes); }
void Device::trim_memory() { GCN_ASSERT(impl), impl->pool.trim(); }

std::string_view Device::backend() const { return GCN_ASSERT(impl), impl->info.backend; }
std::string_view Device::name() const { return GCN_ASSERT(impl), impl->info.name; }
TimeKind Device::time_kind() const { return GCN_ASSERT(impl), impl->info.time_kind; }
std::string Device::lost() const { return GCN_ASSERT(impl), impl->backend->lost(); }

// 64 lanes a CU, each a multiply and an add per clock.
double Device::peak_gflops() const {
    GCN_ASSERT(impl);
    return impl->info.peak_gflops();
}

}  // namespace gcn
