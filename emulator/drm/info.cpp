// What the card says of itself: a row per query of Linux 6.1 (amdgpu_kms.c, amdgpu_info_ioctl), answered from
// isa/chips.def, emulator/cp/card.cpp and the board. What the software Polaris has not, displays and video engines,
// answers as on a card without them.
//
// Other sources: Mesa's amdgpu_devices.c, a dump of a Polaris 10 card; Linux 6.1 vi.c, gfx_v8_0.c, vce_v3_0.c. "guess"
// marks the rest.

#include "emulator/drm/info.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "emulator/cp/board.hpp"
#include "emulator/cp/card.hpp"
#include "emulator/drm/sensors.hpp"

namespace gcn::emulator::drm {

namespace {

class Reply {
public:
    explicit Reply(std::vector<std::byte>& bytes) : bytes_(bytes) { bytes_.clear(); }

    // Answers are many times one value; 0 for success, so that a query can return it.
    template <class T> int with(const T& value) { return with(&value, 1); }
    template <class T> int with(const T* values, size_t count) {
        const auto* first = reinterpret_cast<const std::byte*>(values);
        bytes_.assign(first, first + count * sizeof(T));
        return 0;
    }

private:
    std::vector<std::byte>& bytes_;
};

struct Asked {
    Device& device;
    const isa::Chip& chip;
    const Family& family;
    const drm_amdgpu_info& info;
};

// ---- single numbers -------------------------------------------------------------------------------------------------

template <uint32_t value> int is32(const Asked&, Reply& reply) { return reply.with(value); }
template <uint64_t value> int is64(const Asked&, Reply& reply) { return reply.with(value); }
template <int error> int fails(const Asked&, Reply&) { return -error; }

int timestamp(const Asked& asked, Reply& reply) { return reply.with(Device::ticks(asked.device.clock.now())); }
int vram_usage(const Asked&, Reply& reply) { return reply.with(Board::open().used(Heap::Vram)); }
int gtt_usage(const Asked&, Reply& reply) { return reply.with(Board::open().used(Heap::Gtt)); }

// ---- engines and their firmware -------------------------------------------------------------------------------------

// Rings: one for graphics, of eight for compute as many as a context reaches, two of DMA.
struct Engine {
    uint32_t type, major, rings, start_alignment, size_alignment;
};
constexpr Engine engines[] = {
    {AMDGPU_HW_IP_GFX, 8, 0x1, 32, 32},
    {AMDGPU_HW_IP_COMPUTE, 8, 0xf, 32, 32},
    {AMDGPU_HW_IP_DMA, 3, 0x3, 256, 4},
};

const Engine* find_engine(uint32_t type) {
    const auto* found = std::find_if(std::begin(engines), std::end(engines), [&](auto& e) { return e.type == type; });
    return found == std::end(engines) ? nullptr : found;
}

int hw_ip_info(const Asked& asked, Reply& reply) {
    const auto& query = asked.info.query_hw_ip;
    if (query.ip_instance >= AMDGPU_HW_IP_INSTANCE_MAX_COUNT || query.type >= AMDGPU_HW_IP_NUM) return -EINVAL;
    drm_amdgpu_info_hw_ip ip{};
    if (const Engine* engine = find_engine(query.type)) {
        ip.hw_ip_version_major = engine->major;
        ip.hw_ip_version_minor = query.type == AMDGPU_HW_IP_DMA ? uint32_t(asked.family.dma_minor) : 0;
        ip.ib_start_alignment = engine->start_alignment;
        ip.ib_size_alignment = engine->size_alignment;
        ip.available_rings = engine->rings;
    }
    return reply.with(ip);
}

int hw_ip_count(const Asked& asked, Reply& reply) {
    if (asked.info.query_hw_ip.type >= AMDGPU_HW_IP_NUM) return -EINVAL;
    return reply.with(uint32_t(find_engine(asked.info.query_hw_ip.type) != nullptr));
}

// Kinds beyond these, up to the last that Linux 6.1 knows, belong to engines that are not here: version 0.
constexpr uint32_t last_firmware = 0x1b;  // AMDGPU_INFO_FW_IMU
struct Firmware {
    uint32_t type, instances, version, feature;
};
constexpr Firmware firmware[] = {
    {AMDGPU_INFO_FW_GFX_ME, 0, 167, 49},   // Mesa's dump, as the next two
    {AMDGPU_INFO_FW_GFX_PFP, 0, 254, 49},  //
    {AMDGPU_INFO_FW_GFX_MEC, 2, 730, 49},  //
    {AMDGPU_INFO_FW_GFX_CE, 0, 137, 49},   // guess, as all that follow
    {AMDGPU_INFO_FW_GFX_RLC, 0, 288, 1},  {AMDGPU_INFO_FW_SDMA, 2, 58, 31}, {AMDGPU_INFO_FW_SMC, 0, 0x1c5000, 0},
};

int fw_version(const Asked& asked, Reply& reply) {
    const auto& query = asked.info.query_fw;
    constexpr uint32_t none[] = {0x00, 0x09};  // numbers without a meaning
    if (query.ip_instance != 0 || query.fw_type > last_firmware || query.fw_type == none[0] || query.fw_type == none[1])
        return -EINVAL;
    // The kinds of trusted applications: amdgpu_ucode.h, ta_fw_type, XGMI to SECUREDISPLAY.
    if (query.fw_type == AMDGPU_INFO_FW_TA && (query.index < 2 || query.index > 7)) return -EINVAL;
    drm_amdgpu_info_firmware version{};
    for (const Firmware& f : firmware) {
        if (f.type != query.fw_type) continue;
        if (f.instances != 0 && query.index >= f.instances) return -EINVAL;
        version = {f.version, f.feature};
    }
    return reply.with(version);
}

// ---- memory ---------------------------------------------------------------------------------------------------------

// All of it is in the host's reach, and the driver keeps 8 MiB (amdgpu_vm.h, AMDGPU_VM_RESERVED_VRAM).
constexpr uint64_t reserved_vram = 8 << 20;

int vram_gtt(const Asked& asked, Reply& reply) {
    const uint64_t vram = asked.device.vram_bytes() - reserved_vram;
    return reply.with(drm_amdgpu_info_vram_gtt{vram, vram, gtt_bytes()});
}

drm_amdgpu_heap_info heap(uint64_t total, uint64_t usable, uint64_t used) {
    return {total, usable, used, usable * 3 / 4};
}

int memory(const Asked& asked, Reply& reply) {
    const uint64_t total = asked.device.vram_bytes();
    drm_amdgpu_memory_info info{};
    info.vram = info.cpu_accessible_vram = heap(total, total - reserved_vram, Board::open().used(Heap::Vram));
    info.gtt = heap(gtt_bytes(), gtt_bytes(), Board::open().used(Heap::Gtt));
    return reply.with(info);
}

// gfx_v8_0_set_gds_init; the size, which it reads from a register: guess.
int gds_config(const Asked&, Reply& reply) {
    drm_amdgpu_info_gds gds{};
    gds.gds_total_size = gds.compute_partition_size = 64 << 10;
    gds.gws_per_compute_partition = 64;
    gds.oa_per_compute_partition = 16;
    return reply.with(gds);
}

// ---- registers ------------------------------------------------------------------------------------------------------

// The engines that a kernel keeps busy, in the bits of GRBM_STATUS: GUI_ACTIVE, CP_BUSY, SPI_BUSY, TA_BUSY; and those
// of one shader engine. gfx_8_0_sh_mask.h
constexpr uint32_t grbm_idle = 0x3028;  // guess; CB_CLEAN and DB_CLEAN among it
constexpr uint32_t grbm_busy = 1u << 31 | 1 << 29 | 1 << 22 | 1 << 14;
constexpr uint32_t grbm2_busy = 1 << 29;                                            // CPC_BUSY
constexpr uint32_t engine_idle = 1 << 2 | 1 << 1, engine_busy = 1 << 27 | 1 << 25;  // CB, DB clean; SPI, TA

uint32_t if_busy(uint32_t bits) { return Board::open().busy() ? bits : 0; }

uint32_t ram_configuration(const Asked& a) {
    constexpr uint32_t polaris10 = 0x60a2;  // Mesa's dump
    return (polaris10 & ~7u) | a.family.tiling.ranks << 2 | a.family.tiling.banks;
}

using Value = uint32_t (*)(const Asked&, uint32_t index);
uint32_t nothing(const Asked&, uint32_t) { return 0; }

// What the driver lets programs read: vi.c, vi_allowed_read_registers; addresses from gfx_8_0_d.h and oss_3_0_d.h.
struct Register {
    uint32_t first, count;
    Value value;
};
constexpr Register registers[] = {
    {0x0393, 3, nothing},  // SRBM_STATUS2, SRBM_STATUS, SRBM_STATUS3
    {0x09d8, 1, [](const Asked& a, uint32_t) { return ram_configuration(a); }},
    {0x2002, 1, [](const Asked&, uint32_t) { return if_busy(grbm2_busy); }},                 // GRBM_STATUS2
    {0x2004, 1, [](const Asked&, uint32_t) { return grbm_idle | if_busy(grbm_busy); }},      // GRBM_STATUS
    {0x2005, 2, [](const Asked&, uint32_t) { return engine_idle | if_busy(engine_busy); }},  // GRBM_STATUS_SE0, 1
    {0x200e, 2, [](const Asked&, uint32_t) { return engine_idle | if_busy(engine_busy); }},  // GRBM_STATUS_SE2, 3
    {0x2084, 6, nothing},  // CP_CPC_STATUS, BUSY, STALLED1, CP_CPF_STATUS, BUSY, STALLED1
    {0x219c, 3, nothing},  // CP_STALLED_STAT3, 1, 2
    {0x21a0, 1, nothing},  // CP_STAT
    {0x263d, 1, nothing},  // CC_RB_BACKEND_DISABLE: none
    {0x263e, 1, [](const Asked& a, uint32_t) { return a.family.tiling.gb_addr_config; }},
    {0x263f, 1, nothing},  // GB_BACKEND_MAP
    {0x2644, 32, [](const Asked& a, uint32_t i) { return a.family.tiling.tile_modes[i]; }},
    {0x2664, 16, [](const Asked& a, uint32_t i) { return a.family.tiling.macrotile_modes[i]; }},
    {0x26df, 1, nothing},  // GC_USER_RB_BACKEND_DISABLE: none
    {0x340d, 1, nothing},  // SDMA0_STATUS_REG
    {0x360d, 1, nothing},  // SDMA1_STATUS_REG
    {0xa0d4, 1, [](const Asked& a, uint32_t) { return a.family.raster_config; }},
    {0xa0d5, 1, [](const Asked& a, uint32_t) { return a.family.raster_config_1; }},
};

const Register* find_register(uint32_t address) {
    for (const Register& r : registers)
        if (address >= r.first && address - r.first < r.count) return &r;
    return nullptr;
}

// A shader engine and an array in it, or all of them with 0xff, whatever the card has: amdgpu_gfx.h has room for 4
// and 2.
bool names_instance(uint32_t instance) {
    const uint32_t engine = instance >> AMDGPU_INFO_MMR_SE_INDEX_SHIFT & AMDGPU_INFO_MMR_SE_INDEX_MASK;
    const uint32_t array = instance >> AMDGPU_INFO_MMR_SH_INDEX_SHIFT & AMDGPU_INFO_MMR_SH_INDEX_MASK;
    return (engine == AMDGPU_INFO_MMR_SE_INDEX_MASK || engine < 4) &&
           (array == AMDGPU_INFO_MMR_SH_INDEX_MASK || array < 2);
}

int read_mmr_reg(const Asked& asked, Reply& reply) {
    const auto& query = asked.info.read_mmr_reg;
    if (!names_instance(query.instance) || query.count > 128) return -EINVAL;
    std::vector<uint32_t> values;
    for (uint32_t i = 0; i < query.count; i++) {
        const uint32_t address = query.dword_offset + i;
        const Register* r = find_register(address);
        if (!r) return -EFAULT;
        values.push_back(r->value(asked, address - r->first));
    }
    return reply.with(values.data(), values.size());
}

// ---- the device -----------------------------------------------------------------------------------------------------

int dev_info(const Asked& asked, Reply& reply) {
    const isa::Chip& chip = asked.chip;
    const MemoryBus bus = memory_bus(chip);
    const uint32_t all_cus = (1u << chip.cus_per_engine) - 1;
    drm_amdgpu_info_device d{};
    d.device_id = chip.device_id;
    d.chip_rev = asked.family.revision;
    d.external_rev = asked.family.external_revision;
    d.pci_rev = chip.revision;
    d.family = AMDGPU_FAMILY_VI;
    d.num_shader_engines = uint32_t(chip.engines);
    d.num_shader_arrays_per_engine = 1;
    d.gpu_counter_freq = uint32_t(Device::gpu_clock_hz / 1000);
    d.max_engine_clock = uint64_t(chip.mhz) * 1000;
    d.max_memory_clock = uint64_t(bus.mhz) * 1000;
    d.cu_active_number = uint32_t(chip.cus());
    for (int engine = 0; engine < chip.engines; engine++) {
        d.cu_bitmap[engine][0] = d.cu_ao_bitmap[engine][0] = all_cus;
        if (engine < 2) d.cu_ao_mask |= all_cus << engine * 16;
    }
    d.num_rb_pipes = uint32_t(asked.family.backends_per_engine * chip.engines);
    d.enabled_rb_pipes_mask = (1u << d.num_rb_pipes) - 1;
    d.num_hw_gfx_contexts = 8;
    d.virtual_address_offset = 2 << 20;                         // AMDGPU_VA_RESERVED_SIZE, below and above
    d.virtual_address_max = (uint64_t(128) << 30) - (2 << 20);  // Mesa's dump; grows with the host's memory on Linux
    d.virtual_address_alignment = 4096;
    d.pte_fragment_size = 2 << 20;
    d.gart_page_size = 4096;
    d.ce_ram_size = 0x8000;
    d.vram_type = asked.family.hbm ? AMDGPU_VRAM_TYPE_HBM : AMDGPU_VRAM_TYPE_GDDR5;
    d.vram_bit_width = bus.bits;
    d.vce_harvest_config = 2;  // the second VCE, on all of these chips
    d.gc_double_offchip_lds_buf = 1;
    d.wave_front_size = 64;
    d.num_shader_visible_vgprs = 256;
    d.num_cu_per_sh = uint32_t(chip.cus_per_engine);
    d.num_tcc_blocks = uint32_t(chip.l2_channels);
    d.max_gs_waves_per_vgt = 32;
    return reply.with(d);
}

int sensor(const Asked& asked, Reply& reply) {
    const Sensors s = read_sensors(asked.chip);
    const auto stable = [](const std::vector<int>& clocks) { return uint32_t(clocks[clocks.size() / 2]); };  // guess
    switch (asked.info.sensor_info.type) {
        case AMDGPU_INFO_SENSOR_GFX_SCLK:
            return reply.with(uint32_t(s.engine_mhz));
        case AMDGPU_INFO_SENSOR_GFX_MCLK:
            return reply.with(uint32_t(s.memory_mhz));
        case AMDGPU_INFO_SENSOR_GPU_TEMP:
            return reply.with(uint32_t(s.millidegrees));
        case AMDGPU_INFO_SENSOR_GPU_LOAD:
            return reply.with(uint32_t(s.load_percent));
        case AMDGPU_INFO_SENSOR_GPU_AVG_POWER:
            return reply.with(uint32_t(s.watts));
        case AMDGPU_INFO_SENSOR_VDDGFX:
            return reply.with(uint32_t(s.millivolts));
        case AMDGPU_INFO_SENSOR_STABLE_PSTATE_GFX_SCLK:
            return reply.with(stable(engine_clocks_mhz(asked.chip)));
        case AMDGPU_INFO_SENSOR_STABLE_PSTATE_GFX_MCLK:
            return reply.with(stable(memory_clocks_mhz(asked.chip)));
        default:
            return -EINVAL;  // VDDNB too, which only APUs have
    }
}

// There is none.
int vbios(const Asked& asked, Reply& reply) {
    if (asked.info.vbios_info.type == AMDGPU_INFO_VBIOS_SIZE) return reply.with(uint32_t(0));
    if (asked.info.vbios_info.type == AMDGPU_INFO_VBIOS_INFO) return reply.with(drm_amdgpu_info_vbios{});
    return -EINVAL;
}

int vce_clock_table(const Asked&, Reply& reply) { return reply.with(drm_amdgpu_info_vce_clock_table{}); }

int video_caps(const Asked& asked, Reply& reply) {
    if (asked.info.video_cap.type > AMDGPU_INFO_VIDEO_CAPS_ENCODE) return -EINVAL;
    return reply.with(drm_amdgpu_info_video_caps{});
}

// Of UVD: without limit since Polaris, and so not told.
int num_handles(const Asked& asked, Reply& reply) {
    if (asked.info.query_hw_ip.type != AMDGPU_HW_IP_UVD) return -EINVAL;
    return asked.family.driver_name == "fiji" ? reply.with(drm_amdgpu_info_num_handles{}) : -ENODATA;
}

// ---- the list -------------------------------------------------------------------------------------------------------

struct Query {
    uint32_t number;
    int (*answer)(const Asked&, Reply&);
};
constexpr Query queries[] = {
    {AMDGPU_INFO_ACCEL_WORKING, is32<1>},
    {AMDGPU_INFO_CRTC_FROM_ID, fails<EINVAL>},
    {AMDGPU_INFO_HW_IP_INFO, hw_ip_info},
    {AMDGPU_INFO_HW_IP_COUNT, hw_ip_count},
    {AMDGPU_INFO_TIMESTAMP, timestamp},
    {AMDGPU_INFO_FW_VERSION, fw_version},
    {AMDGPU_INFO_NUM_BYTES_MOVED, is64<0>},
    {AMDGPU_INFO_VRAM_USAGE, vram_usage},
    {AMDGPU_INFO_GTT_USAGE, gtt_usage},
    {AMDGPU_INFO_GDS_CONFIG, gds_config},
    {AMDGPU_INFO_VRAM_GTT, vram_gtt},
    {AMDGPU_INFO_READ_MMR_REG, read_mmr_reg},
    {AMDGPU_INFO_DEV_INFO, dev_info},
    {AMDGPU_INFO_VIS_VRAM_USAGE, vram_usage},
    {AMDGPU_INFO_NUM_EVICTIONS, is64<0>},
    {AMDGPU_INFO_MEMORY, memory},
    {AMDGPU_INFO_VCE_CLOCK_TABLE, vce_clock_table},
    {AMDGPU_INFO_VBIOS, vbios},
    {AMDGPU_INFO_NUM_HANDLES, num_handles},
    {AMDGPU_INFO_SENSOR, sensor},
    {AMDGPU_INFO_NUM_VRAM_CPU_PAGE_FAULTS, is64<0>},
    {AMDGPU_INFO_VRAM_LOST_COUNTER, is32<0>},
    {AMDGPU_INFO_RAS_ENABLED_FEATURES, fails<EINVAL>},  // no error correction
    {AMDGPU_INFO_VIDEO_CAPS, video_caps},
};

}  // namespace

int answer_info(Device& device, const drm_amdgpu_info& request, std::vector<std::byte>& bytes) {
    Reply reply(bytes);
    if (request.return_size == 0 || request.return_pointer == 0) return -EINVAL;
    for (const Query& q : queries)
        if (q.number == request.query) return q.answer({device, device.chip, family_of(device.chip), request}, reply);
    return -EINVAL;
}

}  // namespace gcn::emulator::drm
