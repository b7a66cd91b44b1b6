// Kernels out of code objects, and the one queue that runs them.

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "backend/code_object.hpp"
#include "hsa_host/context.hpp"

namespace gcn::hsa_host {
namespace {

// A code object in the device's memory. ROCr wants its bytes to stay where they are as long as the executable.
class Executable {
public:
    Executable(hsa_agent_t gpu, std::span<const std::byte> code_object, const std::string& task)
        : bytes(code_object.begin(), code_object.end()) {
        try {
            load(gpu, task);
        } catch (const Error&) {
            destroy();
            throw;
        }
    }
    ~Executable() { destroy(); }
    Executable(const Executable&) = delete;

    template <class T>
    T about(hsa_executable_symbol_t symbol, hsa_executable_symbol_info_t what, const std::string& task) const {
        T value{};
        check(hsa().hsa_executable_symbol_get_info(symbol, what, &value), task);
        return value;
    }
    hsa_executable_symbol_t find(hsa_agent_t gpu, const std::string& symbol, const std::string& task) const {
        hsa_executable_symbol_t found{};
        check(hsa().hsa_executable_get_symbol_by_name(executable, symbol.c_str(), &gpu, &found), task);
        return found;
    }

private:
    void load(hsa_agent_t gpu, const std::string& task) {
        constexpr const char* remedy = "assemble it for gfx803";
        check(hsa().hsa_code_object_reader_create_from_memory(bytes.data(), bytes.size(), &reader), task, remedy);
        check(hsa().hsa_executable_create_alt(HSA_PROFILE_FULL, HSA_DEFAULT_FLOAT_ROUNDING_MODE_DEFAULT, nullptr,
                                              &executable),
              task, remedy);
        check(hsa().hsa_executable_load_agent_code_object(executable, gpu, reader, nullptr, nullptr), task, remedy);
        check(hsa().hsa_executable_freeze(executable, nullptr), task, remedy);
    }
    void destroy() {
        if (executable.handle) hsa().hsa_executable_destroy(executable);
        if (reader.handle) hsa().hsa_code_object_reader_destroy(reader);
    }

    const std::vector<std::byte> bytes;
    hsa_code_object_reader_t reader{};
    hsa_executable_t executable{};
};

struct HsaKernel : Kernel {
    HsaKernel(std::shared_ptr<Context> owner, std::span<const std::byte> code_object, std::string kernel,
              const std::string& task)
        : context(std::move(owner)), executable(context->agents.gpu, code_object, task) {
        name = std::move(kernel);
        const auto symbol = executable.find(context->agents.gpu, name + ".kd", task);
        const auto about = [&](auto what) { return executable.about<uint32_t>(symbol, what, task); };
        object = executable.about<uint64_t>(symbol, HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_OBJECT, task);
        lds_bytes = about(HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_GROUP_SEGMENT_SIZE);
        scratch_bytes = about(HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_PRIVATE_SEGMENT_SIZE);
        kernarg_bytes = about(HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_KERNARG_SEGMENT_SIZE);
        kernarg.emplace(context->agents, context->agents.kernarg, kernarg_bytes, "for the arguments of " + name);
    }

    const std::shared_ptr<Context> context;
    const Executable executable;
    uint64_t object = 0;
    uint32_t lds_bytes = 0, scratch_bytes = 0, kernarg_bytes = 0;
    std::optional<Block> kernarg;  // written anew for each launch, which waits for the one before
};

// What a launch waits for and what it leaves behind is seen by host and device alike.
constexpr uint32_t header(hsa_packet_type_t type) {
    return uint32_t(type) << HSA_PACKET_HEADER_TYPE | 1u << HSA_PACKET_HEADER_BARRIER |
           HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCACQUIRE_FENCE_SCOPE |
           HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCRELEASE_FENCE_SCOPE;
}

hsa_kernel_dispatch_packet_t dispatch(const HsaKernel& kernel, Grid grid, hsa_signal_t done) {
    hsa_kernel_dispatch_packet_t p{};
    p.workgroup_size_x = uint16_t(grid.lanes);
    p.workgroup_size_y = p.workgroup_size_z = 1;
    p.grid_size_x = grid.x * grid.lanes;  // in lanes
    p.grid_size_y = grid.y;
    p.grid_size_z = grid.z;
    p.private_segment_size = kernel.scratch_bytes;
    p.group_segment_size = kernel.lds_bytes;
    p.kernel_object = kernel.object;
    p.kernarg_address = kernel.kernarg->data();
    p.completion_signal = done;
    return p;
}

}  // namespace

Signal::Signal() { check(hsa().hsa_signal_create(0, 0, nullptr, &signal), "create a signal"); }
Signal::~Signal() { hsa().hsa_signal_destroy(signal); }

void wait(hsa_signal_t signal) noexcept {
    while (hsa().hsa_signal_wait_scacquire(signal, HSA_SIGNAL_CONDITION_LT, 1, UINT64_MAX, HSA_WAIT_STATE_BLOCKED) >= 1)
        ;
}

// One packet is under way at a time, so the smallest ring will do.
Queue::Queue(const Agents& agents, Watch* watch) {
    const std::string task = "create a queue on " + agents.info.name;
    uint32_t packets = 0;
    check(hsa().hsa_agent_get_info(agents.gpu, HSA_AGENT_INFO_QUEUE_MIN_SIZE, &packets), task);
    check(hsa().hsa_queue_create(agents.gpu, std::max(packets, 64u), HSA_QUEUE_TYPE_MULTI, Watch::queue_error, watch,
                                 UINT32_MAX, UINT32_MAX, &queue),
          task, "closing other programs that compute on it");
    const hsa_status_t timed = hsa().hsa_amd_profiling_set_profiler_enabled(queue, 1);
    if (timed != HSA_STATUS_SUCCESS) hsa().hsa_queue_destroy(queue);
    check(timed, task);
}

Queue::~Queue() { hsa().hsa_queue_destroy(queue); }

void Queue::submit(const void* packet, uint32_t first) const noexcept {
    const uint64_t index = hsa().hsa_queue_add_write_index_screlease(queue, 1);
    while (index - hsa().hsa_queue_load_read_index_scacquire(queue) >= queue->size) std::this_thread::yield();
    auto* slot = static_cast<std::byte*>(queue->base_address) + 64 * (index & (queue->size - 1));
    std::memcpy(slot + 4, static_cast<const std::byte*>(packet) + 4, 60);
    std::atomic_ref(*reinterpret_cast<uint32_t*>(slot)).store(first, std::memory_order_release);
    hsa().hsa_signal_store_screlease(queue->doorbell_signal, hsa_signal_value_t(index));
}

std::shared_ptr<Kernel> load_kernel(std::shared_ptr<Context> context, std::span<const std::byte> code_object,
                                    std::string name) {
    context->watch.require_alive();
    // Read here first: of a damaged file ROCr would say less, or end the process by an assertion.
    const CodeObject readable = read_code_object(code_object, "the kernel " + name);
    const std::string task = "load the kernel " + name;
    if (!readable.find(name)) {
        std::string names;
        for (const KernelDescriptor& k : readable.kernels) names += (names.empty() ? "" : ", ") + k.name;
        fail({.what = task, .why = "the code object has " + (names.empty() ? "no kernels" : "only " + names)});
    }
    return std::make_shared<HsaKernel>(std::move(context), code_object, std::move(name), task);
}

std::optional<Time> run_kernel(Context& context, const Kernel& any, Grid grid,
                               std::span<const std::byte> arguments) noexcept {
    const auto& kernel = static_cast<const HsaKernel&>(any);
    GCN_ASSERT(kernel.context.get() == &context && arguments.size() <= kernel.kernarg_bytes);
    GCN_ASSERT(grid.x && grid.y && grid.z && grid.lanes && grid.lanes <= UINT16_MAX);
    GCN_ASSERT(uint64_t(grid.x) * grid.lanes <= UINT32_MAX);

    if (!context.watch.arm(context.done, &kernel.name)) return {};
    std::copy(arguments.begin(), arguments.end(), kernel.kernarg->data());
    const hsa_kernel_dispatch_packet_t packet = dispatch(kernel, grid, context.done);
    constexpr uint32_t dimensions = 3 << HSA_KERNEL_DISPATCH_PACKET_SETUP_DIMENSIONS;
    context.queue.submit(&packet, header(HSA_PACKET_TYPE_KERNEL_DISPATCH) | dimensions << 16);
    wait(context.done);
    context.watch.disarm();
    if (context.watch.is_lost()) return {};

    hsa_amd_profiling_dispatch_time_t ticks{};
    const hsa_status_t timed = hsa().hsa_amd_profiling_get_dispatch_time(context.agents.gpu, context.done, &ticks);
    GCN_ASSERT(timed == HSA_STATUS_SUCCESS);
    return time_between(ticks.start, ticks.end, context.agents.info, context.agents.us_per_tick);
}

}  // namespace gcn::hsa_host
