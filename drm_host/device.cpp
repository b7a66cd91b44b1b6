// Backend "drm": finds the device, opens it, says what it is.

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>

#include "backend/reason.hpp"
#include "drm_host/context.hpp"
#include "drm_host/node.hpp"
#include "gcn/error.hpp"
#include "isa/chips.hpp"

namespace gcn {

std::unique_ptr<Backend> open_drm_card(std::string& why);
std::unique_ptr<Backend> open_drm_software(std::string& why);

}  // namespace gcn

namespace gcn::drm_host {
namespace {

// gfx803 has 64 KiB of LDS for a workgroup: LLVM, AMDGPUUsage; libdrm does not tell.
constexpr int lds_bytes = 64 << 10;

std::string name_of(amdgpu_device_handle device, const amdgpu_gpu_info& gpu) {
    if (const char* name = drm().amdgpu_get_marketing_name(device)) return name;
    char ids[40];
    std::snprintf(ids, sizeof ids, " (1002:%04x, revision %02x)", gpu.asic_id, gpu.pci_rev_id);
    return "AMD " + std::string(gfx803_chip({gpu.family_id, gpu.chip_external_rev, gpu.asic_id})) + ids;
}

// The row of isa/chips.def in a device's name, "rx590"; the name itself when there is none.
std::string chip_in(const std::string& name) {
    for (const isa::Chip& chip : isa::chips)
        if (name.find(chip.card) != std::string::npos) return std::string(chip.row);
    return name;
}

std::string notice(const DeviceInfo& info) {
    if (info.card) return {};
    const char* times = info.time_kind == TimeKind::Modelled ? "Times are modelled." : "Times are the host's.";
    return "gcn: no card found: running on the software Polaris (" + chip_in(info.name) + "). " + times;
}

uint64_t heap_bytes(amdgpu_device_handle device, uint32_t flags) {
    amdgpu_heap_info heap{};
    check(drm().amdgpu_query_heap_info(device, AMDGPU_GEM_DOMAIN_VRAM, flags, &heap), "ask amdgpu about its memory");
    return heap.heap_size;
}

// Both alignments are in bytes: amdgpu_kms.c. A compute ring's stream ends on 8 words at least, as Mesa pads it.
RingKind rings_of(amdgpu_device_handle device, uint32_t ip) {
    drm_amdgpu_info_hw_ip about{};
    check(drm().amdgpu_query_hw_ip_info(device, ip, 0, &about), "ask amdgpu about its rings");
    return {ip, uint32_t(std::popcount(about.available_rings)), std::max(about.ib_start_alignment, 1u),
            std::max(about.ib_size_alignment / 4, 8u)};
}

class DrmBackend : public Backend {
public:
    DrmBackend(const std::string& node, const Options& options) : context(std::make_shared<Context>(node, options)) {}
    DeviceInfo info() const override { return context->device.info; }
    std::shared_ptr<Memory> alloc(size_t bytes) override { return allocate(context, bytes); }
    std::shared_ptr<Memory> alloc_pinned(size_t bytes) override { return allocate_pinned(context, bytes); }
    std::shared_ptr<Kernel> load(std::span<const std::byte> code_object, std::string_view name) override {
        return load_kernel(context, code_object, std::string(name));
    }
    std::optional<Time> launch(const Kernel& kernel, Grid grid, std::span<const std::byte> kernarg) noexcept override {
        return run_kernel(*context, kernel, grid, kernarg);
    }
    std::string lost() const override { return context->loss.sentence(); }

private:
    std::shared_ptr<Context> context;
};

// The software Polaris answers for the files of a card only in a process that began with it.
bool under_software() { return dlsym(RTLD_DEFAULT, "gcn_emu_objection"); }

// Settings that are wrong are the user's to correct: another backend would only hide them.
void refuse_wrong_settings() {
    const auto objection = reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "gcn_emu_objection"));
    if (const char* sentence = objection ? objection() : nullptr) throw Error(Fault::WrongUse, sentence);
}

}  // namespace

Device::Device(const std::string& node) {
    fd = open(node.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) check(errno, "open " + node);
    try {
        uint32_t major = 0, minor = 0;
        check(drm().amdgpu_device_initialize(fd, &major, &minor, &handle), "open " + node);
        describe();
    } catch (const Error&) {
        if (handle) drm().amdgpu_device_deinitialize(handle);
        close(fd);
        throw;
    }
}

Device::~Device() {
    drm().amdgpu_device_deinitialize(handle);
    close(fd);
}

void Device::describe() {
    amdgpu_gpu_info gpu{};
    check(drm().amdgpu_query_gpu_info(handle, &gpu), "ask amdgpu about the card");
    if (const std::string why = objection(ChipId{gpu.family_id, gpu.chip_external_rev, gpu.asic_id}); !why.empty())
        fail({.what = "open the device", .why = why});
    compute = rings_of(handle, AMDGPU_HW_IP_COMPUTE);
    dma = rings_of(handle, AMDGPU_HW_IP_DMA);
    if (compute.rings == 0 || gpu.gpu_counter_freq == 0)
        fail({.what = "open the device", .why = "amdgpu names no compute ring or no clock for it"});

    info.backend = "drm";
    info.name = name_of(handle, gpu);
    info.isa = "gfx803";
    info.cus = int(gpu.cu_active_number);
    info.mhz = int(gpu.max_engine_clk / 1000);  // kHz, as the next
    us_per_tick = 1e3 / gpu.gpu_counter_freq;
    info.lds_bytes = lds_bytes;
    info.memory_bytes = heap_bytes(handle, 0);
    all_visible = heap_bytes(handle, AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED) >= info.memory_bytes;
    engines = int(gpu.num_shader_engines);
    drm_amdgpu_info_device more{};
    check(drm().amdgpu_query_info(handle, AMDGPU_INFO_DEV_INFO, sizeof more, &more), "ask amdgpu about the card");
    l2_channels = int(more.num_tcc_blocks);
    info.time_kind = time_kind_of(info.name);
    info.card = !is_software(info.name);
    info.notice = notice(info);
}

std::unique_ptr<Backend> open_device(bool software, const Options& options, std::string& why) {
    if (software != under_software()) {
        why = software
                  ? "libdrm finds the software Polaris only in a program that was started on it, by gcn emu COMMAND"
                  : "this program was started on the software Polaris, where no card is seen";
        return nullptr;
    }
    if (software) refuse_wrong_settings();
    const std::vector<Node> nodes = list_nodes();
    if (why = objection(nodes); !why.empty()) return nullptr;
    if (why = open_libdrm(); !why.empty()) return nullptr;
    Reasons reasons;
    for (const Node& node : nodes) {
        std::string objected = objection(node);
        if (objected.empty()) {
            try {
                return std::make_unique<DrmBackend>(node.path, options);
            } catch (const Error& e) {
                objected = clause(e.what());
            }
        }
        reasons.add(node.path, objected);
    }
    why = reasons.text + (reasons.remedy.empty() ? "" : ". Try: " + reasons.remedy);
    return nullptr;
}

}  // namespace gcn::drm_host

std::unique_ptr<gcn::Backend> gcn::open_drm_card(std::string& why) { return drm_host::open_device(false, {}, why); }

std::unique_ptr<gcn::Backend> gcn::open_drm_software(std::string& why) { return drm_host::open_device(true, {}, why); }
