#pragma once
// One open device of amdgpu: what its memory, its kernels and the Backend share. The last of them to go closes it.

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "drm_host/drm.hpp"
#include "drm_host/pm4.hpp"

namespace gcn::drm_host {

// How a device is used; other values than these are for tests, which so reach what this machine's card would not.
struct Options {
    bool map_vram = true;  // where the host reaches all of it
    bool use_dma = true;   // the copy engine, where there is one
};

// A kind of ring of the kernel driver.
struct RingKind {
    uint32_t ip = 0, rings = 0;           // how many
    uint32_t alignment = 0, padding = 0;  // bytes that a stream's address is a multiple of, words that its length is
};

// The file and libdrm's device.
class Device {
public:
    explicit Device(const std::string& node);  // gcn::Error, also when the chip is not gfx803
    ~Device();
    Device(const Device&) = delete;
    operator amdgpu_device_handle() const { return handle; }

    DeviceInfo info;
    RingKind compute, dma;
    double us_per_tick = 0;
    bool all_visible = false;  // to the host
    int engines = 1;           // shader engines
    int l2_channels = 1;

private:
    void describe();

    int fd = -1;
    amdgpu_device_handle handle = nullptr;
};

// What a device was lost to.
class Loss {
public:
    bool is_lost() const { return lost.load(std::memory_order_acquire); }
    std::string sentence() const;
    void require_none() const;               // gcn::Error with the sentence
    void lose(const std::string& sentence);  // the first one counts

private:
    std::atomic<bool> lost = false;
    mutable std::mutex guard;
    std::string text;
};

// The buffers that every submission names, as the driver must keep them in place while it runs.
class Residents {
public:
    explicit Residents(amdgpu_device_handle device) : device(device) {}
    ~Residents();
    Residents(const Residents&) = delete;

    void add(amdgpu_bo_handle);  // gcn::Error when the driver has no memory for the list
    void remove(amdgpu_bo_handle) noexcept;
    // Calls `use` with the list, which stays until it returns.
    template <class Use> int with_list(Use use) const {
        const std::shared_lock lock(guard);
        return use(list);
    }

private:
    int renew();

    amdgpu_device_handle device;
    mutable std::shared_mutex guard;
    std::vector<amdgpu_bo_handle> buffers;
    amdgpu_bo_list_handle list = nullptr;
};

// Memory with an address of the GPU's.
class Block {
public:
    enum class Place { Vram, MappedVram, Gtt };

    Block(const Device&, Residents&, Place, size_t bytes, const std::string& what);
    ~Block();
    Block(const Block&) = delete;

    uint64_t address() const { return gpu; }
    std::byte* data() const { return static_cast<std::byte*>(host); }  // nullptr in VRAM that is not mapped
    size_t size() const { return bytes; }

private:
    void take_apart() noexcept;

    Residents& residents;
    size_t bytes;
    amdgpu_bo_handle buffer = nullptr;
    amdgpu_va_handle range = nullptr;
    uint64_t gpu = 0;
    void* host = nullptr;
    bool mapped = false, resident = false;
};

// One ring of a context, and slots of memory for the streams that go there, used in turn. One thread at a time.
class Ring {
public:
    struct Slot {
        Words words;
        Report report;
        std::byte* data;        // `data_bytes` for arguments and packets, which kernels may read
        uint64_t data_address;  // of them
        const uint64_t *begin, *end;
        const uint32_t* done;
    };
    static constexpr size_t stream_bytes = 4096, slots = 4;

    Ring(const Device&, Residents&, amdgpu_context_handle, const RingKind&, uint32_t index, size_t data_bytes);
    Ring(const Ring&) = delete;

    const RingKind is;
    Slot next_slot() noexcept;  // its last stream has ended
    // 0 or a negative errno.
    int submit(const Slot&, uint64_t& ticket) noexcept;
    int wait(const Slot&, uint64_t ticket) noexcept;

private:
    std::byte* at(size_t offset) const { return memory.data() + offset; }

    const uint32_t index;
    const Residents& residents;
    const amdgpu_context_handle context;
    const size_t slot_bytes;
    Block memory;
    uint32_t number = 0;
};

// A compute ring for launches. In a slot's data lie the packet and the queue that kernels may ask for, then arguments.
struct Queue {
    static constexpr size_t packet_at = 0, queue_at = 256, kernarg_at = 512, kernarg_bytes = 8192;

    Queue(const Device&, Residents&, amdgpu_context_handle, uint32_t index);

    std::mutex busy;
    Ring ring;
    uint64_t launches = 0;
};

// Members end in the reverse order: the queues first, the device last.
class Context {
public:
    static constexpr size_t staging_half = 4 << 20;

    Context(const std::string& node, const Options&);
    ~Context();
    Context(const Context&) = delete;

    // By the copy engine, else by a compute ring. Between the device's memory and `staging`, whose halves are used in
    // turn. gcn::Error when the device was lost.
    void write(uint64_t to, const void* from, size_t bytes);
    void read(void* to, uint64_t from, size_t bytes);

    // A queue that is free now, else the first one's turn. With `scratch` always the first.
    Queue& choose(bool scratch, std::unique_lock<std::mutex>&) noexcept;
    // Memory for the scratch of all waves that can run at a time; `kib`: of one wave. For kernels of the first queue.
    void need_scratch(uint32_t kib);

    // Asks the driver why and remembers it.
    void lose(const std::string* kernel, int error) noexcept;

    const Options options;
    Device device;
    Residents residents;
    Loss loss;
    std::atomic<uint64_t> vram_used = 0;  // by Buffers

    // ---- the scratch memory of the first queue, guarded by its mutex
    std::unique_ptr<Block> scratch;
    uint32_t scratch_waves = 0, scratch_kib = 0;

private:
    struct Owned {
        amdgpu_context_handle handle = nullptr;
        ~Owned();
    };
    void start_copy(Ring::Slot&, uint64_t& ticket, uint64_t to, uint64_t from, size_t bytes);
    void finish_copy(const Ring::Slot&, uint64_t ticket);

    Owned context;
    std::vector<std::unique_ptr<Queue>> queues;
    std::mutex copying;
    std::unique_ptr<Ring> copier;
    std::unique_ptr<Block> staging;
};

std::shared_ptr<Memory> allocate(std::shared_ptr<Context>, size_t bytes);
std::shared_ptr<Memory> allocate_pinned(std::shared_ptr<Context>, size_t bytes);
std::shared_ptr<Kernel> load_kernel(std::shared_ptr<Context>, std::span<const std::byte> code_object, std::string name);
std::optional<Time> run_kernel(Context&, const Kernel&, Grid, std::span<const std::byte> kernarg) noexcept;

// For the registry and for tests. nullptr and a reason when there is no such device.
std::unique_ptr<Backend> open_device(bool software, const Options&, std::string& why);

}  // namespace gcn::drm_host
