// From a kernel dispatch packet and the kernel's descriptor, or from the registers of a ring, to what the executor
// runs.

#include "emulator/cp/kernel.hpp"

#include <hsa/amd_hsa_queue.h>

#include <bit>
#include <cstddef>
#include <cstdio>

#include "emulator/cp/access.hpp"
#include "isa/regs.hpp"

namespace gcn::emulator {

namespace reg = isa::reg;

namespace {

// Limits of gfx803. LLVM, AMDGPUUsage and AMDGPUBaseInfo: 1024 work-items a group, 64 KiB of LDS, 256 VGPRs a SIMD
// lane, four SIMDs a CU.
constexpr uint32_t max_group = 1024, max_lds = 64 << 10, vgprs_per_lane = 256, simds = 4, lanes = 64;

// COMPUTE_TMPRING_SIZE.WAVESIZE counts a wave's scratch memory in KiB and has 13 bits; ROCr ends the process for more.
constexpr uint32_t max_scratch = 0x1fff * 1024 / lanes;

// LLVM, AMDGPUUsage: a descriptor lies on 64 bytes; COMPUTE_PGM_LO holds the entry's address without its low 8 bits.
constexpr uint64_t descriptor_alignment = 64, code_alignment = 256;

// The fields that amd_kernel_code_t (256 bytes) and the descriptor of code object v3 and later (64 bytes) share.
struct Descriptor {
    uint64_t before[2];
    int64_t entry_offset;
    uint64_t between[3];
    uint32_t rsrc1, rsrc2;
    uint16_t properties;
    uint16_t after[3];
};
static_assert(sizeof(Descriptor) == 64 && offsetof(Descriptor, rsrc1) == 48 && offsetof(Descriptor, properties) == 56);

uint32_t vgprs(uint32_t rsrc1) { return (reg::COMPUTE_PGM_RSRC1__VGPRS.of(rsrc1) + 1) * 4; }
uint32_t user_sgprs(uint32_t rsrc2) { return reg::COMPUTE_PGM_RSRC2__USER_SGPR.of(rsrc2); }

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

uint32_t workgroups(uint32_t grid, uint32_t group) { return (uint64_t(grid) + group - 1) / group; }

// Where the values of user SGPRs come from.
struct Source {
    const hsa_kernel_dispatch_packet_t& packet;
    const amd_queue_t& queue;
    const QueueState& state;
};
using Values = std::array<uint32_t, 4>;

Values pair(uint64_t value) { return {uint32_t(value), uint32_t(value >> 32)}; }

// One row per bit of the descriptor's properties, in the order in which the registers are filled.
struct UserSgpr {
    int bit, count;
    Values (*values)(const Source&);
};
constexpr UserSgpr user_sgpr_rows[] = {
    // clang-format off
    {0, 4, [](const Source& s) { return std::bit_cast<Values>(s.queue.scratch_resource_descriptor); }},
    {1, 2, [](const Source& s) { return pair(s.state.packet); }},
    {2, 2, [](const Source& s) { return pair(s.state.queue); }},
    {3, 2, [](const Source& s) { return pair(uint64_t(s.packet.kernarg_address)); }},
    {4, 2, [](const Source& s) { return pair(s.state.dispatch_id); }},
    {5, 2, [](const Source& s) { return Values{uint32_t(s.queue.scratch_backing_memory_location),
                                               s.queue.scratch_wave64_lane_byte_size}; }},
    {6, 1, [](const Source& s) { return Values{(s.packet.private_segment_size + 3) & ~3u}; }},
    {7, 1, [](const Source& s) { return Values{workgroups(s.packet.grid_size_x, s.packet.workgroup_size_x)}; }},
    {8, 1, [](const Source& s) { return Values{workgroups(s.packet.grid_size_y, s.packet.workgroup_size_y)}; }},
    {9, 1, [](const Source& s) { return Values{workgroups(s.packet.grid_size_z, s.packet.workgroup_size_z)}; }},
    // clang-format on
};

// False when the descriptor asks for more registers than it counts.
bool fill_user_sgprs(Dispatch& d, const Descriptor& descriptor, const Source& source) {
    size_t next = 0;
    for (const UserSgpr& row : user_sgpr_rows) {
        if (!(descriptor.properties >> row.bit & 1)) continue;
        if (next + row.count > d.user_sgprs.size()) return false;
        const Values values = row.values(source);
        for (int i = 0; i < row.count; ++i) d.user_sgprs[next++] = values[i];
    }
    return next <= user_sgprs(descriptor.rsrc2);
}

std::string size_text(const std::array<uint32_t, 3>& size) {
    return std::to_string(size[0]) + "x" + std::to_string(size[1]) + "x" + std::to_string(size[2]);
}

// Dimensions beyond those the packet counts are 1, whatever it says.
std::optional<Refusal> read_sizes(const hsa_kernel_dispatch_packet_t& p, Dispatch& d) {
    const int dimensions = p.setup & 3;
    if (!dimensions) return Refusal{QueueError::BadDimension, "the packet has no dimension"};
    d.grid = {p.grid_size_x, p.grid_size_y, p.grid_size_z};
    d.group = {p.workgroup_size_x, p.workgroup_size_y, p.workgroup_size_z};
    // All three for the runtime that is asked for scratch memory: it divides by each.
    for (int i = 0; i < (p.private_segment_size ? 3 : dimensions); ++i)
        if (!d.grid[i] || !d.group[i])
            return Refusal{QueueError::BadDimension,
                           "its grid is " + size_text(d.grid) + " in groups of " + size_text(d.group)};
    for (int i = dimensions; i < 3; ++i) d.grid[i] = d.group[i] = 1;
    uint64_t groups = 1;
    for (int i = 0; i < 3; ++i)
        if (__builtin_mul_overflow(groups, workgroups(d.grid[i], d.group[i]), &groups))
            return Refusal{QueueError::BadDimension, "its grid is " + size_text(d.grid) + " in groups of " +
                                                         size_text(d.group) + ", 2^64 groups or more"};
    if (uint64_t(d.group[0]) * d.group[1] * d.group[2] > max_group)
        return Refusal{QueueError::GroupTooLarge, "a group of " + size_text(d.group) + " has more than " +
                                                      std::to_string(max_group) + " work-items"};
    if (p.group_segment_size > max_lds)
        return Refusal{QueueError::BadGroupMemory, "it asks for " + std::to_string(p.group_segment_size) +
                                                       " bytes of LDS, a CU has " + std::to_string(max_lds)};
    if (p.private_segment_size > max_scratch)
        return Refusal{QueueError::BadGroupMemory, "it asks for " + std::to_string(p.private_segment_size) +
                                                       " bytes of scratch memory a lane, at most " +
                                                       std::to_string(max_scratch) + " can be"};
    d.lds_bytes = p.group_segment_size;
    return {};
}

// Why no CU can hold a group; empty when one can.
std::string too_many_registers(const Dispatch& d) {
    const uint32_t waves = (d.group[0] * d.group[1] * d.group[2] + lanes - 1) / lanes;
    if ((waves + simds - 1) / simds * vgprs(d.rsrc1) <= vgprs_per_lane) return {};
    return "a group of " + std::to_string(waves) + " waves with " + std::to_string(vgprs(d.rsrc1)) +
           " VGPRs each does not fit a CU";
}

void give_scratch(Dispatch& d, const amd_queue_t& queue) {
    const uint32_t waves = queue.compute_tmpring_size & 0xfff, kib = queue.compute_tmpring_size >> 12 & 0x1fff;
    d.scratch_base = queue.scratch_resource_descriptor[0] | uint64_t(queue.scratch_resource_descriptor[1] & 0xffff)
                                                                << 32;
    d.scratch_wave_bytes = kib << 10;
    d.scratch_waves = waves;
}

}  // namespace

std::variant<Dispatch, Refusal> prepare(Client& client, const hsa_kernel_dispatch_packet_t& p,
                                        const QueueState& state) {
    Dispatch d;
    d.space = &client.space;
    if (auto refusal = read_sizes(p, d)) return *refusal;

    const Access memory(client.space);
    if (!memory.holds(p.kernel_object, sizeof(Descriptor)))
        return Refusal{QueueError::BadCode, "no kernel object is at " + hex(p.kernel_object)};
    const auto descriptor = memory.read<Descriptor>(p.kernel_object);
    d.entry = p.kernel_object + descriptor.entry_offset;
    d.rsrc1 = descriptor.rsrc1;
    d.rsrc2 = descriptor.rsrc2;
    if (p.kernel_object % descriptor_alignment || d.entry % code_alignment)
        return Refusal{QueueError::BadCode, "the kernel object at " + hex(p.kernel_object) + " or its code at " +
                                                hex(d.entry) + " is not aligned to 64 and 256 bytes"};
    if (!memory.holds(d.entry, 4))
        return Refusal{QueueError::BadCode, "the kernel object at " + hex(p.kernel_object) + " has its code at " +
                                                hex(d.entry) + ", where none is"};
    if (const std::string why = too_many_registers(d); !why.empty()) return Refusal{QueueError::TooFewRegisters, why};

    const auto queue = memory.read<amd_queue_t>(state.queue);
    if (!fill_user_sgprs(d, descriptor, {p, queue, state}))
        return Refusal{QueueError::BadCode, "the kernel object at " + hex(p.kernel_object) +
                                                " asks for more than its " + std::to_string(user_sgprs(d.rsrc2)) +
                                                " user SGPRs"};
    d.lds_aperture = uint64_t(queue.group_segment_aperture_base_hi) << 32;
    d.scratch_aperture = uint64_t(queue.private_segment_aperture_base_hi) << 32;
    if (p.private_segment_size) give_scratch(d, queue);
    return d;
}

std::variant<Dispatch, std::string> prepare(Client& client, const std::function<uint32_t(uint32_t)>& registers) {
    const auto get = [&](uint32_t r) { return registers(r); };
    const uint32_t initiator = get(reg::COMPUTE_DISPATCH_INITIATOR);
    const bool in_threads = reg::COMPUTE_DISPATCH_INITIATOR__USE_THREAD_DIMENSIONS.of(initiator),
               partial = reg::COMPUTE_DISPATCH_INITIATOR__PARTIAL_TG_EN.of(initiator);
    Dispatch d;
    d.space = &client.space;
    for (uint32_t i = 0; i < 3; ++i) {
        const uint32_t size = get(reg::COMPUTE_DIM_X + i), threads = get(reg::COMPUTE_NUM_THREAD_X + i);
        const uint32_t last = reg::COMPUTE_NUM_THREAD_X__NUM_THREAD_PARTIAL.of(threads);
        d.group[i] = reg::COMPUTE_NUM_THREAD_X__NUM_THREAD_FULL.of(threads);
        if (!size || !d.group[i])
            return "has " + std::to_string(size) + (in_threads ? " threads" : " groups") + " of " +
                   std::to_string(d.group[i]) + " threads in dimension " + std::to_string(i) + ": a card would hang";
        if (partial && !in_threads && (!last || last > d.group[i]))
            return "has a last group of " + std::to_string(last) + " threads in dimension " + std::to_string(i) +
                   ", the others have " + std::to_string(d.group[i]);
        const uint64_t all = in_threads ? size : uint64_t(size - 1) * d.group[i] + (partial ? last : d.group[i]);
        if (all > UINT32_MAX)
            return "has " + std::to_string(all) + " threads in dimension " + std::to_string(i) + ", 2^32 or more";
        d.grid[i] = uint32_t(all);
        if (!reg::COMPUTE_DISPATCH_INITIATOR__FORCE_START_AT_000.of(initiator) && get(reg::COMPUTE_START_X + i))
            return "starts at group " + std::to_string(get(reg::COMPUTE_START_X + i)) + " of dimension " +
                   std::to_string(i) + ", which is not modelled";
    }
    if (uint64_t(d.group[0]) * d.group[1] * d.group[2] > max_group)
        return "has groups of " + size_text(d.group) + ", more than " + std::to_string(max_group) + " threads";
    d.rsrc1 = get(reg::COMPUTE_PGM_RSRC1);
    d.rsrc2 = get(reg::COMPUTE_PGM_RSRC2);
    d.lds_bytes = reg::COMPUTE_PGM_RSRC2__LDS_SIZE.of(d.rsrc2) * 512;
    if (d.lds_bytes > max_lds)
        return "asks for " + std::to_string(d.lds_bytes) + " bytes of LDS, a CU has " + std::to_string(max_lds);
    if (user_sgprs(d.rsrc2) > d.user_sgprs.size())
        return "asks for " + std::to_string(user_sgprs(d.rsrc2)) + " user SGPRs, there are " +
               std::to_string(d.user_sgprs.size());
    if (const std::string why = too_many_registers(d); !why.empty()) return "cannot begin: " + why;
    for (uint32_t i = 0; i < d.user_sgprs.size(); ++i) d.user_sgprs[i] = get(reg::COMPUTE_USER_DATA_0 + i);
    d.entry = (uint64_t(get(reg::COMPUTE_PGM_HI) & 0xff) << 32 | get(reg::COMPUTE_PGM_LO)) << 8;
    if (!Access(client.space).holds(d.entry, 4)) return "has its code at " + hex(d.entry) + ", where none is";
    if (reg::COMPUTE_PGM_RSRC2__SCRATCH_EN.of(d.rsrc2)) {
        // Where it lies only the kernel knows, by a descriptor in its user SGPRs: this says whose slots it shares.
        const uint32_t ring = get(reg::COMPUTE_TMPRING_SIZE);
        d.scratch_base = reinterpret_cast<uint64_t>(&client.space);
        d.scratch_wave_bytes = reg::COMPUTE_TMPRING_SIZE__WAVESIZE.of(ring) << 10;
        d.scratch_waves = reg::COMPUTE_TMPRING_SIZE__WAVES.of(ring);
    }
    return d;
}

}  // namespace gcn::emulator
