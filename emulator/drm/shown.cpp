// What the software Polaris shows under /dev, /proc and /sys, and the folder in which that lies.

#include "emulator/drm/shown.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "emulator/cp/device.hpp"
#include "gcn/error.hpp"
#include "isa/chips.hpp"

namespace gcn::emulator::drm {

namespace {

// ---- what is shown --------------------------------------------------------------------------------------------------

// A path and everything below it. Those with no place of their own lie in the fake root.
struct Tree {
    const char* path;
    const char* place;
};
constexpr Tree trees[] = {
    {"/dev/kfd", "/dev/null"},  // a character device that anyone may open; door 1 asks nothing of it
    {"/proc/modules", nullptr},
    {"/sys/module/amdgpu", nullptr},
    {"/sys/class/kfd", nullptr},
};

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

// The driver's name of a chip: Polaris 20 and 30 are Polaris 10 to it, Polaris 21 is 11 (amdgpu_drv.c, by device id).
std::string driver_name(const isa::Chip& c) {
    if (c.chip == "Fiji") return "fiji\n";
    return c.device_id == 0x67df ? "polaris10\n" : "polaris11\n";
}

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

template <size_t n> struct Fixed {
    char text[n];
    constexpr Fixed(const char (&t)[n]) { std::copy(t, t + n, text); }
};
template <Fixed fixed> std::string says(const isa::Chip&) { return fixed.text; }

std::string device_number(const isa::Chip& c) { return std::to_string(c.device_id) + "\n"; }

// The one list of files; a folder has no text. `live` files are written again whenever a process asks for them.
struct File {
    const char* path;
    std::string (*text)(const isa::Chip&);
    bool live = false;
};
#define NODES "/sys/class/kfd/kfd/topology/nodes"
constexpr File files[] = {
    {"/proc/modules", modules, true},
    {"/sys/module/amdgpu/coresize", says<"9433088\n">},
    {"/sys/module/amdgpu/initstate", says<"live\n">},
    {"/sys/module/amdgpu/refcnt", says<"0\n">},
    {"/sys/module/amdgpu/holders", nullptr},
    {"/sys/class/kfd/kfd/topology/generation_id", says<"2\n">},
    {"/sys/class/kfd/kfd/topology/system_properties", says<"platform_oem 0\nplatform_id 0\nplatform_rev 0\n">},
    {NODES "/0/gpu_id", says<"0\n">},
    {NODES "/0/name", says<"\n">},
    {NODES "/0/properties", host_node},
    {NODES "/0/mem_banks/0/properties", host_memory},
    {NODES "/1/gpu_id", device_number},
    {NODES "/1/name", driver_name},
    {NODES "/1/properties", card_node},
    {NODES "/1/mem_banks/0/properties", card_memory},
};
#undef NODES

// The tree that holds `path`, else null. Most paths end at their second letter.
const Tree* tree_of(const char* path) {
    if (!path || path[0] != '/') return nullptr;
    for (const Tree& tree : trees) {
        size_t i = 0;
        while (tree.path[i] && tree.path[i] == path[i]) i++;
        if (!tree.path[i] && (!path[i] || path[i] == '/')) return &tree;
    }
    return nullptr;
}

// ---- the fake root --------------------------------------------------------------------------------------------------

constexpr const char* show = "show the software Polaris under /proc and /sys";
constexpr const char* own_folder = "set TMPDIR to a folder of your own";

// Files appear whole or not at all, and what is there already is right: processes that race write the same.
void write(const std::string& root, const char* path, const std::string& text) {
    const std::string beside = root + "/." + std::to_string(gettid()), file = root + path;
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    const bool whole = fd >= 0 && ::write(fd, text.data(), text.size()) == ssize_t(text.size());
    if (whole && ::rename(beside.c_str(), file.c_str()) == 0) {
        ::close(fd);
        return;
    }
    const std::string why = std::strerror(errno);
    ::close(fd);
    ::unlink(beside.c_str());
    fail({show, file + ": " + why, own_folder});
}

void make_folders(const std::string& root, const std::string& path) {
    for (size_t end = path.find('/', 1); end != path.npos; end = path.find('/', end + 1))
        ::mkdir((root + path.substr(0, end)).c_str(), 0700);
}

// Another user's folder, or one that others may write to, could show anything.
void verify(const std::string& root) {
    struct stat s;
    if (::lstat(root.c_str(), &s)) fail({show, root + ": " + std::strerror(errno), own_folder});
    if (!S_ISDIR(s.st_mode)) fail({show, root + " is not a folder", "remove it"});
    if (s.st_uid != geteuid())
        fail({show, root + " belongs to user " + std::to_string(s.st_uid) + ", not " + std::to_string(geteuid()),
              own_folder});
    if ((s.st_mode & 0777) != 0700) fail({show, root + " is open to other users", "remove it"});
}

// The first of the places for such folders in which one can be made, which is then there; else the last error.
std::string make_folder(const std::string& name) {
    const char* const bases[] = {std::getenv("XDG_RUNTIME_DIR"), std::getenv("TMPDIR"), "/tmp"};
    for (const char* base : bases) {
        if (!base || base[0] != '/') continue;
        char resolved[PATH_MAX];
        if (!::realpath(base, resolved)) continue;
        const std::string root = std::string(resolved) + "/" + name;
        if (::mkdir(root.c_str(), 0700) == 0 || errno == EEXIST) return root;
    }
    fail({show, "no folder can be made in /tmp: " + std::string(std::strerror(errno)), own_folder});
}

std::string make_root() {
    const isa::Chip& chip = *Settings::from_environment().chip;
    uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    auto add = [&](std::string_view text) {
        for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
    };
    for (const File& f : files) add(f.path), add(f.text && !f.live ? f.text(chip) : "");

    char name[128];
    std::snprintf(name, sizeof name, "gcn-emu-%u-%s-%016lx", geteuid(), std::string(chip.row).c_str(), hash);
    const std::string root = make_folder(name);
    verify(root);
    for (const File& f : files) {
        if (::access((root + f.path).c_str(), F_OK) == 0) continue;
        make_folders(root, std::string(f.path) + (f.text ? "" : "/"));
        if (f.text) write(root, f.path, f.text(chip));
    }
    return root;
}

void say_once(const std::exception& e) {
    static std::atomic_flag said;
    if (!said.test_and_set()) std::fprintf(stderr, "%s\n", e.what());
}

// Empty when it could not be made. Kept for good, without a lock: threads that race make the same.
const std::string& fake_root() {
    static std::atomic<const std::string*> known{nullptr};
    if (const std::string* root = known.load(std::memory_order_acquire)) return *root;
    std::string made;
    try {
        made = make_root();
    } catch (const std::exception& e) {
        say_once(e);
    }
    const std::string* none = nullptr;
    auto* root = new std::string(made);
    if (known.compare_exchange_strong(none, root, std::memory_order_acq_rel)) return *root;
    delete root;
    return *none;
}

}  // namespace

bool is_shown(const char* path) { return tree_of(path); }

std::string where_shown(const char* path) try {
    const Tree& tree = *tree_of(path);
    if (tree.place) return tree.place + std::string(path + std::strlen(tree.path));
    const std::string& root = fake_root();
    if (root.empty()) return "";
    for (const File& f : files)
        if (f.live && std::string_view(f.path) == path) write(root, f.path, f.text(*Settings::from_environment().chip));
    return root + path;
} catch (const std::exception& e) {
    say_once(e);
    return "";
}

std::string stands_for(const std::string& resolved, const char* asked) {
    if (tree_of(asked)->place) return asked;
    const std::string& root = fake_root();
    return resolved.starts_with(root + "/") ? resolved.substr(root.size()) : resolved;
}

}  // namespace gcn::emulator::drm
