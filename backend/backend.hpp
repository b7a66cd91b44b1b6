#pragma once
// The one interface between planning and launching. A backend is a folder; nothing else of it is seen outside.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gcn/gcn.hpp"

namespace gcn {

struct DeviceInfo {
    std::string backend;        // "hsa", "drm", "cpu"
    std::string name;           // what the runtime calls it
    std::string isa;            // "gfx803"; "" for the cpu
    int cus = 0, mhz = 0;       // 0 when unknown
    int lds_bytes = 0;          // per workgroup
    uint64_t memory_bytes = 0;  // device memory in all
    TimeKind time_kind = TimeKind::Host;
    bool card = false;   // a real one
    std::string notice;  // the line that says, once, that this is not a card; empty for a card

    // 64 lanes a CU, each a multiply and an add per clock; 0 when time is the host's.
    double peak_gflops() const { return time_kind == TimeKind::Host ? 0 : cus * 64 * 2 * mhz / 1e3; }
};

// Device memory; freed when destroyed. `address` is what kernels use.
struct Memory {
    virtual ~Memory() = default;
    virtual void write(const void* from, size_t bytes, size_t offset) = 0;
    virtual void read(void* to, size_t bytes, size_t offset) const = 0;
    uint64_t address = 0;
    size_t bytes = 0;
    std::byte* host = nullptr;  // where the host reaches it, if it does
};

// A kernel ready to launch.
struct Kernel {
    virtual ~Kernel() = default;
    std::string name;
};

// The launch's shape in workgroups, and the lanes of one workgroup (one dimension). LDS comes from the code object.
struct Grid {
    uint32_t x = 1, y = 1, z = 1;
    uint32_t lanes = 64;
};

struct Backend {
    virtual ~Backend() = default;
    virtual DeviceInfo info() const = 0;
    virtual std::shared_ptr<Memory> alloc(size_t bytes) = 0;
    // Memory of the host that kernels reach as it is.
    virtual std::shared_ptr<Memory> alloc_pinned(size_t bytes) = 0;
    // `code_object` is empty for backend "cpu", whose kernels are functions found by name.
    virtual std::shared_ptr<Kernel> load(std::span<const std::byte> code_object, std::string_view name) = 0;
    // Runs and waits. Nothing when the device was lost.
    virtual std::optional<Time> launch(const Kernel&, Grid, std::span<const std::byte> kernarg) noexcept = 0;
    // Why the device was lost, one sentence; empty while it lives.
    virtual std::string lost() const = 0;
};

// One row per backend, in order of preference; backend/registry.cpp.
struct BackendRow {
    std::string_view name;                               // what a Device says it is
    std::string_view choice;                             // what GCN_BACKEND names: "hsa-software" is row 2 only
    std::unique_ptr<Backend> (*open)(std::string& why);  // nullptr and a reason when there is nothing to open
};
std::span<const BackendRow> backend_rows();
// Opens that row only. nullptr, and in `why` a clause for a longer sentence, when there is nothing to open.
std::unique_ptr<Backend> try_open(const BackendRow&, std::string& why);
std::unique_ptr<Backend> open_backend(std::string_view choice);  // as Device::open

// The kind of the times of a GPU is in its name: "(software)" is modelled, "(software, host clock)" is not (with a
// semicolon through libdrm), all other names are cards'.
TimeKind time_kind_of(std::string_view device_name);
bool is_software(std::string_view device_name);

// Between two stamps of a device. One that models time and stamps twice the same does not know how long it took: NaN.
Time time_between(uint64_t begin, uint64_t end, const DeviceInfo&, double us_per_tick);
// Its microseconds; gcn::Error that `what` cannot be timed when they are not known.
double known_us(Time, const std::string& what);

}  // namespace gcn
