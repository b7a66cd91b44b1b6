// Kernels out of code objects: their image in the device's memory, and what each wants in its first registers and
// arguments. Then launches.
//
// User SGPRs and hidden arguments: LLVM, AMDGPUUsage, "Initial Kernel Execution State" and "Code Object V3 Metadata".

#include <hsa/amd_hsa_queue.h>
#include <hsa/hsa.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "backend/code_object.hpp"
#include "backend/metadata.hpp"
#include "drm_host/context.hpp"
#include "gcn/error.hpp"

namespace gcn::drm_host {
namespace {

namespace reg = isa::reg;

constexpr uint32_t wave_lanes = 64, most_user_sgprs = 16, most_group = 1024, lds_unit = 512;

// What the device has when a kernel is about to be launched.
struct Situation {
    const Context& context;
    const KernelDescriptor& kernel;
    Grid grid;
    uint64_t packet, queue, kernarg, number;
};

// ---- user SGPRs -----------------------------------------------------------------------------------------------------

using Values = std::array<uint32_t, 4>;

Values pair(uint64_t value) { return {low(value), high(value)}; }

// The buffer resource of the scratch memory: each lane finds its dwords beside those of the other 63. Mesa, radeonsi's
// si_emit_scratch (GFX8): with ADD_TID_ENABLE the field DATA_FORMAT is a part of the stride, which is 0.
Values scratch_resource(const Situation& s) {
    if (!s.kernel.scratch_bytes) return {};
    const Context& c = s.context;
    constexpr uint32_t swizzle = 1u << 31, element_size_4 = 1 << 19, index_stride_64 = 3 << 21, add_tid = 1 << 23;
    const uint64_t at = c.scratch->address();
    return {low(at), (high(at) & 0xffff) | swizzle, uint32_t(std::min<uint64_t>(c.scratch->size(), ~0u)),
            element_size_4 | index_stride_64 | add_tid};
}

// One row per bit of the descriptor's properties, in the order in which the registers are filled.
struct UserSgpr {
    int bit, count;
    Values (*values)(const Situation&);
};
constexpr UserSgpr user_sgpr_rows[] = {
    // clang-format off
    {0, 4, [](const Situation& s) { return scratch_resource(s); }},
    {1, 2, [](const Situation& s) { return pair(s.packet); }},
    {2, 2, [](const Situation& s) { return pair(s.queue); }},
    {3, 2, [](const Situation& s) { return pair(s.kernarg); }},
    {4, 2, [](const Situation& s) { return pair(s.number); }},
    // Where scratch memory lies for FLAT instructions only the driver could say: a kernel that uses them for it is
    // refused, this one only computes with the register.
    {5, 2, [](const Situation& s) { return Values{0, s.kernel.scratch_bytes}; }},
    {6, 1, [](const Situation& s) { return Values{(s.kernel.scratch_bytes + 3) & ~3u}; }},
    {7, 1, [](const Situation& s) { return Values{s.grid.x}; }},
    {8, 1, [](const Situation& s) { return Values{s.grid.y}; }},
    {9, 1, [](const Situation& s) { return Values{s.grid.z}; }},
    // clang-format on
};
constexpr int wants_packet = 1, wants_queue = 2;

uint32_t wanted_sgprs(const KernelDescriptor& k) {
    uint32_t count = 0;
    for (const UserSgpr& row : user_sgpr_rows)
        if (k.properties >> row.bit & 1) count += uint32_t(row.count);
    return count;
}

uint32_t fill(std::array<uint32_t, most_user_sgprs>& registers, const Situation& s) {
    uint32_t next = 0;
    for (const UserSgpr& row : user_sgpr_rows) {
        if (!(s.kernel.properties >> row.bit & 1)) continue;
        const Values values = row.values(s);
        for (int i = 0; i < row.count; ++i) registers[next++] = values[size_t(i)];
    }
    return next;
}

// ---- hidden arguments -----------------------------------------------------------------------------------------------

// For who asks where FLAT instructions find LDS and scratch memory though it has neither. No address has these bits, so
// that no pointer is taken for one of those.
constexpr uint32_t nowhere = 0x10000000;

// Those that have a value here. Zero: a program that prints or calls the host finds nobody there.
struct Hidden {
    std::string_view kind;
    uint64_t (*value)(const Situation&);
};
constexpr Hidden hidden_rows[] = {
    // clang-format off
    {"hidden_none",            [](const Situation&) { return uint64_t(0); }},
    {"hidden_global_offset_x", [](const Situation&) { return uint64_t(0); }},
    {"hidden_global_offset_y", [](const Situation&) { return uint64_t(0); }},
    {"hidden_global_offset_z", [](const Situation&) { return uint64_t(0); }},
    {"hidden_printf_buffer",   [](const Situation&) { return uint64_t(0); }},
    {"hidden_hostcall_buffer", [](const Situation&) { return uint64_t(0); }},
    {"hidden_block_count_x",   [](const Situation& s) { return uint64_t(s.grid.x); }},
    {"hidden_block_count_y",   [](const Situation& s) { return uint64_t(s.grid.y); }},
    {"hidden_block_count_z",   [](const Situation& s) { return uint64_t(s.grid.z); }},
    {"hidden_group_size_x",    [](const Situation& s) { return uint64_t(s.grid.lanes); }},
    {"hidden_group_size_y",    [](const Situation&) { return uint64_t(1); }},
    {"hidden_group_size_z",    [](const Situation&) { return uint64_t(1); }},
    {"hidden_remainder_x",     [](const Situation&) { return uint64_t(0); }},
    {"hidden_remainder_y",     [](const Situation&) { return uint64_t(0); }},
    {"hidden_remainder_z",     [](const Situation&) { return uint64_t(0); }},
    {"hidden_grid_dims",       [](const Situation&) { return uint64_t(3); }},
    {"hidden_queue_ptr",       [](const Situation& s) { return s.queue; }},
    {"hidden_private_base",    [](const Situation&) { return uint64_t(nowhere); }},
    {"hidden_shared_base",     [](const Situation&) { return uint64_t(nowhere); }},
    // clang-format on
};

const Hidden* find_hidden(std::string_view kind) {
    for (const Hidden& row : hidden_rows)
        if (row.kind == kind) return &row;
    return nullptr;
}

struct Argument {
    const Hidden* is;
    uint32_t offset, bytes;
};

// ---- a kernel -------------------------------------------------------------------------------------------------------

struct DrmKernel : Kernel {
    DrmKernel(std::shared_ptr<Context> owner, const KernelDescriptor& k) : context(std::move(owner)), descriptor(k) {
        name = k.name;
    }

    const std::shared_ptr<Context> context;
    const KernelDescriptor descriptor;
    std::shared_ptr<Block> image;
    uint64_t entry = 0, object = 0;  // addresses of the first instruction and of the descriptor
    uint32_t scratch_kib = 0;        // of a wave
    std::vector<Argument> hidden;
};

std::string list_names(const CodeObject& object) {
    std::string names;
    for (const KernelDescriptor& k : object.kernels) names += (names.empty() ? "" : ", ") + k.name;
    return names;
}

// What this kernel needs and nobody can give it here.
void refuse_unmet_needs(const KernelDescriptor& k, const std::string& task) {
    if (wanted_sgprs(k) > uint32_t(k.user_sgprs()) || k.user_sgprs() > int(most_user_sgprs))
        fail({task, "its descriptor asks for " + std::to_string(wanted_sgprs(k)) + " user SGPRs and counts " +
                        std::to_string(k.user_sgprs()) + ", of " + std::to_string(most_user_sgprs)});
    constexpr uint32_t most_scratch = reg::COMPUTE_TMPRING_SIZE__WAVESIZE.of(~0u) * 1024 / wave_lanes;
    if (k.scratch_bytes > most_scratch)
        fail({task, "it wants " + std::to_string(k.scratch_bytes) + " bytes of scratch memory a lane, at most " +
                        std::to_string(most_scratch) + " can be"});
    constexpr uint32_t most_lds = 64 << 10;
    if (k.lds_bytes > most_lds)
        fail({task, "it wants " + std::to_string(k.lds_bytes) + " bytes of LDS, a CU has " + std::to_string(most_lds)});
    if (k.kernarg_bytes > Queue::kernarg_bytes)
        fail({task, "its arguments have " + std::to_string(k.kernarg_bytes) + " bytes, at most " +
                        std::to_string(Queue::kernarg_bytes) + " can be"});
}

// A kernel learns from its queue, or from hidden arguments of version 5, where FLAT instructions find LDS and scratch
// memory. amdgpu tells nobody, so one that has either and asks may go wrong.
void refuse_generic_pointers(const KernelDescriptor& k, const std::vector<Argument>& hidden, const std::string& task) {
    const bool asks = std::any_of(hidden.begin(), hidden.end(), [](const Argument& a) {
        return a.is->kind == "hidden_private_base" || a.is->kind == "hidden_shared_base";
    });
    if ((asks || (k.properties >> wants_queue & 1)) && (k.lds_bytes || k.scratch_bytes))
        fail({task, "it may reach LDS or scratch memory by generic pointers, and amdgpu does not say where these begin",
              "GCN_BACKEND=hsa, where ROCr launches it"});
}

std::vector<Argument> hidden_arguments(const KernelMetadata& about, const KernelDescriptor& k,
                                       const std::string& task) {
    std::vector<Argument> all;
    for (const KernelArgument& a : about.arguments) {
        if (!a.kind.starts_with("hidden_")) continue;
        const Hidden* row = find_hidden(a.kind);
        if (!row)
            fail({task, "it wants " + a.kind + ", which only ROCr has", "GCN_BACKEND=hsa, where ROCr launches it"});
        if (a.bytes > 8 || a.offset > k.kernarg_bytes || k.kernarg_bytes - a.offset < a.bytes)
            fail({task, "its argument " + a.kind + " lies outside its arguments"});
        all.push_back({row, a.offset, a.bytes});
    }
    return all;
}

std::shared_ptr<Block> place(Context& context, CodeObject& object, std::span<const Relocation> relocations,
                             const std::string& what) {
    auto image = std::make_shared<Block>(context.device, context.residents, Block::Place::Vram, object.image.size(),
                                         "for the code of " + what);
    relocate(object.image, relocations, image->address());
    context.write(image->address(), object.image.data(), object.image.size());
    return image;
}

// ---- a launch -------------------------------------------------------------------------------------------------------

hsa_kernel_dispatch_packet_t packet_of(const DrmKernel& kernel, const Situation& s) {
    hsa_kernel_dispatch_packet_t p{};
    p.header = HSA_PACKET_TYPE_KERNEL_DISPATCH << HSA_PACKET_HEADER_TYPE;
    p.setup = 3 << HSA_KERNEL_DISPATCH_PACKET_SETUP_DIMENSIONS;
    p.workgroup_size_x = uint16_t(s.grid.lanes);
    p.workgroup_size_y = p.workgroup_size_z = 1;
    p.grid_size_x = s.grid.x * s.grid.lanes;
    p.grid_size_y = s.grid.y;
    p.grid_size_z = s.grid.z;
    p.private_segment_size = kernel.descriptor.scratch_bytes;
    p.group_segment_size = kernel.descriptor.lds_bytes;
    p.kernel_object = kernel.object;
    p.kernarg_address = reinterpret_cast<void*>(s.kernarg);
    return p;
}

amd_queue_t queue_of(const Situation& s) {
    amd_queue_t q{};
    q.hsa_queue.id = 1;
    q.write_dispatch_id = s.number + 1;
    q.read_dispatch_id = s.number;
    q.group_segment_aperture_base_hi = q.private_segment_aperture_base_hi = nowhere;
    return q;
}

void write_data(std::byte* data, const DrmKernel& kernel, const Situation& s, std::span<const std::byte> arguments) {
    if (kernel.descriptor.properties >> wants_packet & 1) {
        const auto packet = packet_of(kernel, s);
        std::memcpy(data + Queue::packet_at, &packet, sizeof packet);
    }
    if (kernel.descriptor.properties >> wants_queue & 1) {
        const auto queue = queue_of(s);
        std::memcpy(data + Queue::queue_at, &queue, sizeof queue);
    }
    std::byte* const block = data + Queue::kernarg_at;
    std::copy(arguments.begin(), arguments.end(), block);
    std::fill(block + arguments.size(), block + kernel.descriptor.kernarg_bytes, std::byte(0));
    for (const Argument& a : kernel.hidden) {
        const uint64_t value = a.is->value(s);
        std::memcpy(block + a.offset, &value, a.bytes);
    }
}

// How waves are spread over a CU's SIMDs: Mesa, radeonsi, si_get_compute_resource_limits.
uint32_t resource_limits(const Device& device, uint32_t lanes) {
    const uint32_t waves = (lanes + wave_lanes - 1) / wave_lanes,
                   per_engine = uint32_t(device.info.cus / device.engines);
    return reg::COMPUTE_RESOURCE_LIMITS__SIMD_DEST_CNTL(waves % 4 == 0) |
           reg::COMPUTE_RESOURCE_LIMITS__FORCE_SIMD_DIST(per_engine % 4 != 0 && waves == 1);
}

Dispatch dispatch_of(const DrmKernel& kernel, const Situation& s) {
    const KernelDescriptor& k = kernel.descriptor;
    Dispatch d;
    d.entry = kernel.entry;
    d.rsrc1 = k.rsrc1;
    // Its descriptor leaves the size of LDS and the trap handler, of which there is none, to whoever launches it.
    d.rsrc2 = (k.rsrc2 & ~(reg::COMPUTE_PGM_RSRC2__LDS_SIZE.mask() | reg::COMPUTE_PGM_RSRC2__TRAP_PRESENT.mask())) |
              reg::COMPUTE_PGM_RSRC2__LDS_SIZE((k.lds_bytes + lds_unit - 1) / lds_unit);
    if (kernel.scratch_kib)
        d.tmpring = reg::COMPUTE_TMPRING_SIZE__WAVES(s.context.scratch_waves) |
                    reg::COMPUTE_TMPRING_SIZE__WAVESIZE(s.context.scratch_kib);
    d.limits = resource_limits(s.context.device, s.grid.lanes);
    d.groups = {s.grid.x, s.grid.y, s.grid.z};
    d.threads = {s.grid.lanes, 1, 1};
    return d;
}

}  // namespace

std::shared_ptr<Kernel> load_kernel(std::shared_ptr<Context> context, std::span<const std::byte> code_object,
                                    std::string name) {
    context->loss.require_none();
    const std::string what = "the kernel " + name, task = "load the kernel " + name;
    CodeObject object = read_code_object(code_object, what);
    if (object.machine != machine_gfx803)
        fail({task,
              "the code object is for another chip: its e_flags name machine " + std::to_string(object.machine) +
                  ", gfx803 is " + std::to_string(machine_gfx803),
              "assemble it for gfx803"});
    const KernelDescriptor* descriptor = object.find(name);
    if (!descriptor) fail({task, "the code object has only " + list_names(object)});
    refuse_unmet_needs(*descriptor, task);

    auto kernel = std::make_shared<DrmKernel>(context, *descriptor);
    for (const KernelMetadata& about : read_metadata(code_object, what)) {
        if (about.name != name) continue;
        kernel->hidden = hidden_arguments(about, *descriptor, task);
    }
    refuse_generic_pointers(*descriptor, kernel->hidden, task);
    if (descriptor->scratch_bytes) {
        kernel->scratch_kib = (descriptor->scratch_bytes * wave_lanes + 1023) / 1024;
        context->need_scratch(kernel->scratch_kib);
    }
    kernel->image = place(*context, object, read_relocations(code_object, object, what), name);
    kernel->object = kernel->image->address() + descriptor->descriptor;
    kernel->entry = kernel->image->address() + descriptor->entry;
    if (kernel->entry % 256) fail({task, "its code does not lie on a multiple of 256 bytes"});
    return kernel;
}

std::optional<Time> run_kernel(Context& context, const Kernel& any, Grid grid,
                               std::span<const std::byte> arguments) noexcept {
    const auto& kernel = static_cast<const DrmKernel&>(any);
    GCN_ASSERT(kernel.context.get() == &context && arguments.size() <= kernel.descriptor.kernarg_bytes);
    GCN_ASSERT(grid.x && grid.y && grid.z && grid.lanes && grid.lanes <= most_group);
    GCN_ASSERT(uint64_t(grid.x) * grid.lanes <= UINT32_MAX);

    if (context.loss.is_lost()) return {};
    std::unique_lock<std::mutex> lock;
    Queue& queue = context.choose(kernel.scratch_kib > 0, lock);
    Ring::Slot slot = queue.ring.next_slot();
    const Situation situation{context,
                              kernel.descriptor,
                              grid,
                              slot.data_address + Queue::packet_at,
                              slot.data_address + Queue::queue_at,
                              slot.data_address + Queue::kernarg_at,
                              queue.launches++};
    write_data(slot.data, kernel, situation, arguments);
    std::array<uint32_t, most_user_sgprs> user_data;
    Dispatch dispatch = dispatch_of(kernel, situation);
    dispatch.user_data = std::span(user_data).first(fill(user_data, situation));
    write_launch(slot.words, dispatch, slot.report, queue.ring.is.padding);

    uint64_t ticket = 0;
    int error = queue.ring.submit(slot, ticket);
    if (!error) error = queue.ring.wait(slot, ticket);
    if (error) {
        context.lose(&kernel.name, error);
        return {};
    }
    return time_between(*slot.begin, *slot.end, context.device.info, context.device.us_per_tick);
}

}  // namespace gcn::drm_host
