// What the software Polaris shows under /dev, /proc, /sys and /usr: what each file says, and where it is.
//
// Sources: Linux 6.1: amdkfd/kfd_topology.c, kfd_crat.c; pm/amdgpu_pm.c and powerplay's smu7_hwmgr.c for the formats of
// pp_dpm_*, hwmon and mem_info_*; drivers/pci/pci-sysfs.c for the rest of the card's folder. "guess" marks what has
// none.

#include "emulator/drm/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>

#include "emulator/cp/board.hpp"
#include "emulator/cp/card.hpp"
#include "emulator/cp/device.hpp"
#include "emulator/drm/sensors.hpp"

namespace gcn::emulator::drm {

namespace {

// ---- the compute driver's files -------------------------------------------------------------------------------------

// One line "NAME VALUE" per property, as Linux 6.1, amdkfd/kfd_topology.c, node_show prints them.
class Properties {
public:
    Properties& add(const char* name, uint64_t value) {
        text_ += std::string(name) + " " + std::to_string(value) + "\n";
        return *this;
    }
    std::string text() const { return text_; }

private:
    std::string text_;
};

std::string driver_name(const isa::Chip& c) { return std::string(family_of(c).driver_name) + "\n"; }

std::string host_node(const isa::Chip&) {
    return Properties()
        .add("cpu_cores_count", uint64_t(sysconf(_SC_NPROCESSORS_ONLN)))
        .add("simd_count", 0)
        .add("mem_banks_count", 1)
        .add("caches_count", 0)
        .add("io_links_count", 0)
        .add("gfx_target_version", 0)
        .add("vendor_id", 0)
        .add("device_id", 0)
        .add("location_id", 0)
        .add("domain", 0)
        .add("drm_render_minor", 0)
        .text();
}

// Constants of gfx803: Linux 6.1, kfd_crat.c and gfx_v8_0.c (waves, scratch slots), kfd_device.c (queues). Capability:
// watch points 0x280, doorbells of 32 bits 0x1000 (kfd_topology.c), revision 1 in bits 25:22.
std::string card_node(const isa::Chip& c) {
    return Properties()
        .add("cpu_cores_count", 0)
        .add("simd_count", c.cus() * 4)
        .add("mem_banks_count", 1)
        .add("caches_count", 0)
        .add("io_links_count", 0)
        .add("cpu_core_id_base", 0)
        .add("simd_id_base", 0x80001000)
        .add("max_waves_per_simd", 10)
        .add("lds_size_in_kb", 64)
        .add("gds_size_in_kb", 0)
        .add("num_gws", 0)
        .add("wave_front_size", 64)
        .add("array_count", c.engines)
        .add("simd_arrays_per_engine", 1)
        .add("cu_per_simd_array", c.cus_per_engine)
        .add("simd_per_cu", 4)
        .add("max_slots_scratch_cu", 32)
        .add("gfx_target_version", 80003)
        .add("vendor_id", 0x1002)
        .add("device_id", c.device_id)
        .add("location_id", 0x100)
        .add("domain", 0)
        .add("drm_render_minor", 128)
        .add("hive_id", 0)
        .add("num_sdma_engines", 2)
        .add("num_sdma_xgmi_engines", 0)
        .add("num_sdma_queues_per_engine", 2)
        .add("num_cp_queues", 24)  // guess
        .add("max_engine_clk_fcompute", c.mhz)
        .add("local_mem_size", 0)  // the driver prints 0 and lists the memory banks
        .add("fw_version", 730)
        .add("capability", 0x401280)
        .add("sdma_fw_version", 58)  // guess
        .add("unique_id", 0)
        .text();
}

std::string host_memory(const isa::Chip&) {
    const uint64_t bytes = uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE));
    return Properties().add("heap_type", 0).add("size_in_bytes", bytes).add("flags", 0).text();
}

std::string card_memory(const isa::Chip& c) {
    return Properties().add("heap_type", 1).add("size_in_bytes", uint64_t(c.memory_mib) << 20).add("flags", 0).text();
}

// ---- files that the machine has too ---------------------------------------------------------------------------------

// A file of the machine itself, around our own open. Empty if there is none.
std::string real_file(const char* path) {
    const long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return "";
    std::string text;
    char part[4096];
    for (ssize_t n; (n = ::read(int(fd), part, sizeof part)) > 0;) text.append(part, size_t(n));
    ::close(int(fd));
    return text;
}

std::string modules(const isa::Chip&) {
    const std::string real = real_file("/proc/modules");
    const bool has_driver = real.starts_with("amdgpu ") || real.find("\namdgpu ") != real.npos;
    return has_driver ? real : real + "amdgpu 9433088 0 - Live 0x0000000000000000\n";
}

// libdrm names a chip by the first line that has its ids, behind that of the version. It ends a name at a comma.
std::string chip_names(const isa::Chip& c) {
    constexpr const char* file = "/usr/share/libdrm/amdgpu.ids";
    std::string names = real_file(file), name = card_name(c, Settings::from_environment().timing != Timing::Off);
    if (names.empty()) names = "1.0.0\n";
    std::replace(name.begin(), name.end(), ',', ';');
    char line[128];
    std::snprintf(line, sizeof line, "%X,\t%02X,\t%s\n", c.device_id, c.revision, name.c_str());
    size_t at = 0;
    while (at < names.size() && (names[at] == '#' || names[at] == '\n')) at = names.find('\n', at) + 1;
    return names.insert(names.find('\n', at) + 1, line);
}

// ---- the card's folder ----------------------------------------------------------------------------------------------

// The board: that of an RX 580 (pci.ids has it as RX 570/580/590), for all; guess.
constexpr int board_vendor = 0x1da2, board_device = 0xe366;
#define BUS_ADDRESS "0000:01:00.0"  // what location_id of the compute driver says

std::string number(uint64_t n) { return std::to_string(n) + "\n"; }
std::string hex(int digits, unsigned n) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%0*x\n", digits, n);
    return text;
}

template <size_t n> struct Fixed {
    char text[n];
    constexpr Fixed(const char (&t)[n]) { std::copy(t, t + n, text); }
};
template <Fixed fixed> std::string says(const isa::Chip&) { return fixed.text; }

std::string device_number(const isa::Chip& c) { return number(c.device_id); }
std::string device_id(const isa::Chip& c) { return hex(4, c.device_id); }
std::string revision(const isa::Chip& c) { return hex(2, c.revision); }
std::string subsystem_vendor(const isa::Chip&) { return hex(4, board_vendor); }
std::string subsystem_device(const isa::Chip&) { return hex(4, board_device); }

std::string uevent(const isa::Chip& c) {
    char text[256];
    std::snprintf(
        text, sizeof text,
        "DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:%04X\nPCI_SUBSYS_ID=%04X:%04X\nPCI_SLOT_NAME=" BUS_ADDRESS
        "\nMODALIAS=pci:v00001002d%08Xsv%08Xsd%08Xbc03sc00i00\n",
        c.device_id, board_vendor, board_device, c.device_id, board_vendor, board_device);
    return text;
}

// What the card decodes: all of its memory, 2 MiB of doorbells, 256 ports, 256 KiB of registers, its ROM. The addresses
// are guesses, and nothing answers there.
struct Range {
    int bar;
    uint64_t start, bytes, flags;  // flags: include/linux/ioport.h
    uint32_t low_bits;             // of the BAR
};
std::vector<Range> ranges(const isa::Chip& c) {
    return {{0, 0x2000000000, uint64_t(c.memory_mib) << 20, 0x14220c, 0xc},
            {2, 0x2400000000, 2 << 20, 0x14220c, 0xc},
            {4, 0xe000, 256, 0x40101, 0x1},
            {5, 0xfbe00000, 256 << 10, 0x40200, 0},
            {6, 0xfbe40000, 128 << 10, 0x46200, 0}};
}

std::string resource(const isa::Chip& c) {
    std::string text;
    for (int bar = 0; bar < 13; bar++) {
        uint64_t start = 0, end = 0, flags = 0;
        for (const Range& r : ranges(c))
            if (r.bar == bar) start = r.start, end = r.start + r.bytes - 1, flags = r.flags;
        char line[64];
        std::snprintf(line, sizeof line, "0x%016lx 0x%016lx 0x%016lx\n", start, end, flags);
        text += line;
    }
    return text;
}

// PCI configuration space, type 0, without capabilities.
std::string config(const isa::Chip& c) {
    std::string space(256, '\0');
    const auto put = [&](size_t at, uint64_t value, size_t bytes) { std::memcpy(space.data() + at, &value, bytes); };
    put(0x00, 0x1002, 2);
    put(0x02, c.device_id, 2);
    put(0x04, 0x0407, 2);  // ports, memory, bus master; no INTx
    put(0x08, c.revision, 1);
    put(0x09, 0x030000, 3);  // VGA
    for (const Range& r : ranges(c)) {
        const bool wide = r.low_bits & 4;
        if (r.bar < 6) put(0x10 + 4 * size_t(r.bar), r.start | r.low_bits, wide ? 8 : 4);
    }
    put(0x2c, board_vendor, 2);
    put(0x2e, board_device, 2);
    put(0x3d, 1, 1);  // pin A
    return space;
}

std::string vram_total(const isa::Chip& c) { return number(uint64_t(c.memory_mib) << 20); }
std::string vram_used(const isa::Chip&) { return number(Board::open().used(Heap::Vram)); }
std::string gtt_total(const isa::Chip&) { return number(gtt_bytes()); }
std::string gtt_used(const isa::Chip&) { return number(Board::open().used(Heap::Gtt)); }
std::string busy_percent(const isa::Chip& c) { return number(uint64_t(read_sensors(c).load_percent)); }

std::string levels(const std::vector<int>& clocks, int current) {
    std::string text;
    for (size_t i = 0; i < clocks.size(); i++)
        text += std::to_string(i) + ": " + std::to_string(clocks[i]) + "Mhz " + (clocks[i] == current ? "*\n" : "\n");
    return text;
}
std::string engine_levels(const isa::Chip& c) { return levels(engine_clocks_mhz(c), read_sensors(c).engine_mhz); }
std::string memory_levels(const isa::Chip& c) { return levels(memory_clocks_mhz(c), read_sensors(c).memory_mhz); }

std::string temperature(const isa::Chip& c) { return number(uint64_t(read_sensors(c).millidegrees)); }
std::string microwatts(const isa::Chip& c) { return number(uint64_t(read_sensors(c).watts) * 1'000'000); }
std::string engine_hz(const isa::Chip& c) { return number(uint64_t(read_sensors(c).engine_mhz) * 1'000'000); }
std::string memory_hz(const isa::Chip& c) { return number(uint64_t(read_sensors(c).memory_mhz) * 1'000'000); }
std::string millivolts(const isa::Chip& c) { return number(uint64_t(read_sensors(c).millivolts)); }

// ---- the list -------------------------------------------------------------------------------------------------------

#define PORT  "/sys/devices/pci0000:00/0000:00:01.0"
#define CARD  PORT "/" BUS_ADDRESS
#define HWMON CARD "/hwmon/hwmon0"
#define KFD   "/sys/class/kfd/kfd/topology"
#define NODES KFD "/nodes"

// A path that the machine may have too is ours if it is below one of these.
constexpr Tree all_trees[] = {
    {"/dev/dri", nullptr},
    {"/dev/kfd", "/dev/null"},  // a character device that anyone may open; door 1 asks nothing of it
    {"/proc/modules", nullptr},
    {"/sys/bus/pci/devices", nullptr},
    {"/sys/bus/pci/drivers/amdgpu", nullptr},
    {"/sys/class/drm", nullptr},
    {"/sys/class/kfd", nullptr},
    {"/sys/dev/char/226:", nullptr},
    {CARD, nullptr},
    {"/sys/module/amdgpu", nullptr},
    {"/usr/share/libdrm/amdgpu.ids", nullptr},
};

constexpr Node all_nodes[] = {
    {"/dev/dri/card0", 0},
    {"/dev/dri/renderD128", 128},
};

constexpr bool live = true;
constexpr File all_files[] = {
    {"/proc/modules", modules, live},
    {"/usr/share/libdrm/amdgpu.ids", chip_names, live},

    {"/sys/module/amdgpu/coresize", says<"9433088\n">},
    {"/sys/module/amdgpu/initstate", says<"live\n">},
    {"/sys/module/amdgpu/refcnt", says<"0\n">},
    {"/sys/module/amdgpu/holders", nullptr},

    {KFD "/generation_id", says<"2\n">},
    {KFD "/system_properties", says<"platform_oem 0\nplatform_id 0\nplatform_rev 0\n">},
    {NODES "/0/gpu_id", says<"0\n">},
    {NODES "/0/name", says<"\n">},
    {NODES "/0/properties", host_node},
    {NODES "/0/mem_banks/0/properties", host_memory},
    {NODES "/1/gpu_id", device_number},
    {NODES "/1/name", driver_name},
    {NODES "/1/properties", card_node},
    {NODES "/1/mem_banks/0/properties", card_memory},

    {CARD "/boot_vga", says<"0\n">},
    {CARD "/class", says<"0x030000\n">},
    {CARD "/config", config},
    {CARD "/current_link_speed", says<"8.0 GT/s PCIe\n">},
    {CARD "/current_link_width", says<"16\n">},
    {CARD "/device", device_id},
    {CARD "/enable", says<"1\n">},
    {CARD "/gpu_busy_percent", busy_percent, live},
    {CARD "/irq", says<"42\n">},  // guess
    {CARD "/max_link_speed", says<"8.0 GT/s PCIe\n">},
    {CARD "/max_link_width", says<"16\n">},
    {CARD "/mem_info_gtt_total", gtt_total},
    {CARD "/mem_info_gtt_used", gtt_used, live},
    {CARD "/mem_info_vis_vram_total", vram_total},
    {CARD "/mem_info_vis_vram_used", vram_used, live},
    {CARD "/mem_info_vram_total", vram_total},
    {CARD "/mem_info_vram_used", vram_used, live},
    {CARD "/numa_node", says<"-1\n">},
    {CARD "/power_dpm_force_performance_level", says<"auto\n">},
    {CARD "/power_dpm_state", says<"performance\n">},
    {CARD "/power_state", says<"D0\n">},
    {CARD "/pp_dpm_mclk", memory_levels, live},
    {CARD "/pp_dpm_sclk", engine_levels, live},
    {CARD "/resource", resource},
    {CARD "/revision", revision},
    {CARD "/subsystem_device", subsystem_device},
    {CARD "/subsystem_vendor", subsystem_vendor},
    {CARD "/uevent", uevent},
    {CARD "/vendor", says<"0x1002\n">},

    {HWMON "/freq1_input", engine_hz, live},
    {HWMON "/freq1_label", says<"sclk\n">},
    {HWMON "/freq2_input", memory_hz, live},
    {HWMON "/freq2_label", says<"mclk\n">},
    {HWMON "/in0_input", millivolts, live},
    {HWMON "/in0_label", says<"vddgfx\n">},
    {HWMON "/name", says<"amdgpu\n">},
    {HWMON "/power1_average", microwatts, live},
    {HWMON "/temp1_input", temperature, live},
    {HWMON "/temp1_label", says<"edge\n">},

    {CARD "/drm/card0/dev", says<"226:0\n">},
    {CARD "/drm/card0/uevent", says<"MAJOR=226\nMINOR=0\nDEVNAME=dri/card0\nDEVTYPE=drm_minor\n">},
    {CARD "/drm/renderD128/dev", says<"226:128\n">},
    {CARD "/drm/renderD128/uevent", says<"MAJOR=226\nMINOR=128\nDEVNAME=dri/renderD128\nDEVTYPE=drm_minor\n">},
    {"/sys/class/drm/version", says<"drm 1.1.0 20060810\n">},
};

struct FixedLink {
    const char *path, *to;
};
constexpr FixedLink fixed_links[] = {
    {"/dev/dri/by-path/pci-" BUS_ADDRESS "-card", "../card0"},
    {"/dev/dri/by-path/pci-" BUS_ADDRESS "-render", "../renderD128"},
    {CARD "/driver", "../../../../bus/pci/drivers/amdgpu"},
    {CARD "/drm/card0/device", "../../../" BUS_ADDRESS},
    {CARD "/drm/card0/subsystem", "../../../../../../class/drm"},
    {CARD "/drm/renderD128/device", "../../../" BUS_ADDRESS},
    {CARD "/drm/renderD128/subsystem", "../../../../../../class/drm"},
    {CARD "/subsystem", "../../../../bus/pci"},
    {HWMON "/device", "../../../" BUS_ADDRESS},
    {"/sys/bus/pci/devices/" BUS_ADDRESS, "../../../devices/pci0000:00/0000:00:01.0/" BUS_ADDRESS},
    {"/sys/bus/pci/drivers/amdgpu/" BUS_ADDRESS, "../../../../devices/pci0000:00/0000:00:01.0/" BUS_ADDRESS},
    {"/sys/bus/pci/drivers/amdgpu/module", "../../../../module/amdgpu"},
    {"/sys/class/drm/card0", "../../devices/pci0000:00/0000:00:01.0/" BUS_ADDRESS "/drm/card0"},
    {"/sys/class/drm/renderD128", "../../devices/pci0000:00/0000:00:01.0/" BUS_ADDRESS "/drm/renderD128"},
    {"/sys/dev/char/226:0", "../../devices/pci0000:00/0000:00:01.0/" BUS_ADDRESS "/drm/card0"},
    {"/sys/dev/char/226:128", "../../devices/pci0000:00/0000:00:01.0/" BUS_ADDRESS "/drm/renderD128"},
};

// The machine's other PCI devices stay visible, around our own calls; but not those of its graphics drivers.
void add_devices_of_host(std::vector<Link>& links) {
    const std::string folder = "/sys/bus/pci/devices", up = "../../../devices/";
    const int fd = int(syscall(SYS_openat, AT_FDCWD, folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(fd < 0 ? nullptr : fdopendir(fd), closedir);
    const size_t first = links.size();
    while (const dirent* entry = entries ? readdir(entries.get()) : nullptr) {
        const std::string name = entry->d_name;
        char to[PATH_MAX];
        const long n = syscall(SYS_readlinkat, fd, name.c_str(), to, sizeof to);
        if (n <= long(up.size()) || n >= long(sizeof to) || std::string(to, up.size()) != up) continue;
        const std::string target = "/sys/devices/" + std::string(to + up.size(), size_t(n) - up.size());
        if (name == BUS_ADDRESS || syscall(SYS_faccessat, AT_FDCWD, (target + "/drm").c_str(), F_OK) == 0) continue;
        links.push_back({folder + "/" + name, target});
    }
    std::sort(links.begin() + long(first), links.end(), [](const Link& a, const Link& b) { return a.path < b.path; });
}

}  // namespace

constinit const std::span<const Tree> trees = all_trees;
constinit const std::span<const Node> nodes = all_nodes;
constinit const std::span<const File> files = all_files;

std::vector<Link> links() {
    std::vector<Link> all;
    for (const FixedLink& l : fixed_links) all.push_back({l.path, l.to});
    add_devices_of_host(all);
    return all;
}

}  // namespace gcn::emulator::drm
