#pragma once
// One open device of ROCr: what its memory, its kernels and the Backend share. The last of them to go closes it.

#include <memory>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "hsa_host/fault.hpp"

namespace gcn::hsa_host {

// The device and the host beside it.
struct Agents {
    hsa_agent_t gpu{}, cpu{};
    hsa_amd_memory_pool_t vram{}, kernarg{}, host{};
    DeviceInfo info;
    double us_per_tick = 0;

    Agents();  // gcn::Error when ROCr has no gfx803 device
};

class Signal {
public:
    Signal();
    ~Signal();
    Signal(const Signal&) = delete;
    operator hsa_signal_t() const { return signal; }

private:
    hsa_signal_t signal{};
};

// Memory of a pool that the GPU can reach.
class Block {
public:
    Block(const Agents&, hsa_amd_memory_pool_t, size_t bytes, const std::string& what);
    ~Block();
    Block(const Block&) = delete;
    std::byte* data() const { return static_cast<std::byte*>(address); }

private:
    void* address = nullptr;
};

class Queue {
public:
    Queue(const Agents&, Watch*);
    ~Queue();
    Queue(const Queue&) = delete;

    // Hands over one 64-byte packet; waits for room. `first` is its first word, written last.
    void submit(const void* packet, uint32_t first) const noexcept;

private:
    hsa_queue_t* queue = nullptr;
};

// Members end in the reverse order: the queue first, ROCr last.
struct Context {
    static constexpr size_t staging_half = 4 << 20;

    Session session;
    Agents agents;
    Signal done, copied[2];
    Block staging;  // two halves of pinned host memory through which all copies go
    Watch watch;
    Queue queue;

    Context();
    void prove_queue_works();
};

// Waits until `signal` is 0: the device is done, or lost and the caller asks watch.
void wait(hsa_signal_t signal) noexcept;

std::shared_ptr<Memory> allocate(std::shared_ptr<Context>, size_t bytes);
std::shared_ptr<Memory> allocate_pinned(std::shared_ptr<Context>, size_t bytes);
std::shared_ptr<Kernel> load_kernel(std::shared_ptr<Context>, std::span<const std::byte> code_object, std::string name);
std::optional<Time> run_kernel(Context&, const Kernel&, Grid, std::span<const std::byte> kernarg) noexcept;

}  // namespace gcn::hsa_host
