#include "drm_host/node.hpp"

#include <fcntl.h>
#include <grp.h>
#include <libdrm/drm.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "drm_host/drm.hpp"

namespace gcn::drm_host {
namespace {

std::string hex(uint32_t value) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%x", value);
    return text;
}

std::string group_of(const std::string& file) {
    struct stat s;
    if (stat(file.c_str(), &s) != 0) return "render";
    const group* g = getgrgid(s.st_gid);
    return g ? g->gr_name : std::to_string(s.st_gid);
}

// DRM_IOCTL_VERSION is every DRM driver's; libdrm_amdgpu may only be asked about a node of amdgpu.
void read_version(int fd, Node& node) {
    char name[32] = {};
    drm_version version{};
    version.name = name;
    version.name_len = sizeof name - 1;
    if (ioctl(fd, DRM_IOCTL_VERSION, &version) != 0) {
        node.refused_words = words(errno);
        return;
    }
    node.driver = name;
    node.major = version.version_major;
    node.minor = version.version_minor;
}

Node look_at(const std::string& root, const std::string& path) {
    Node node{.path = path, .driver = {}, .group = {}, .refused_words = {}};
    const int fd = open((root + path).c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        if (errno == EACCES || errno == EPERM)
            node.group = group_of(root + path);
        else
            node.refused_words = words(errno);
        return node;
    }
    read_version(fd, node);
    close(fd);
    return node;
}

// Linux 6.1, vi.c, vi_common_early_init: the revision that a chip's own begin at.
struct Chip {
    uint32_t first;
    std::string_view name;
    bool gfx803;
};
constexpr Chip vi_chips[] = {
    // clang-format off
    {0x01, "Topaz",      false},
    {0x14, "Tonga",      false},
    {0x3c, "Fiji",       true},
    {0x50, "Polaris 10", true},
    {0x5a, "Polaris 11", true},
    {0x64, "Polaris 12", true},
    {0x6e, "Vega M",     true},
    // clang-format on
};

const Chip* find_chip(const ChipId& id) {
    if (id.family != AMDGPU_FAMILY_VI) return nullptr;
    const Chip* found = nullptr;
    for (const Chip& c : vi_chips)
        if (id.revision >= c.first) found = &c;
    return found;
}

// Mesa wants it too (ac_query_gpu_info), and tests no older one.
constexpr int least_major = 3, least_minor = 15;

}  // namespace

std::vector<Node> list_nodes(const std::string& root) {
    std::vector<Node> nodes;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(root + "/dev/dri", none))
        if (const std::string name = entry.path().filename(); name.starts_with("renderD"))
            nodes.push_back(look_at(root, "/dev/dri/" + name));
    std::sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) { return a.path < b.path; });
    return nodes;
}

std::string objection(const Node& n) {
    if (!n.group.empty())
        return "no permission to read and write " + n.path + ", which belongs to the group " + n.group +
               " (sudo usermod -aG " + n.group + " $USER, then log in again)";
    if (n.driver.empty()) return n.path + " cannot be opened: " + n.refused_words;
    if (n.driver != "amdgpu") return n.path + " has the driver " + n.driver + ", not amdgpu";
    if (n.major != least_major || n.minor < least_minor)
        return n.path + " has amdgpu " + std::to_string(n.major) + "." + std::to_string(n.minor) + ", not " +
               std::to_string(least_major) + "." + std::to_string(least_minor) + " or newer. Try: a newer Linux";
    return {};
}

std::string objection(const std::vector<Node>& nodes) {
    if (nodes.empty()) return "no render node: /dev/dri has no renderD*, so Linux drives no GPU";
    std::string all;
    for (const Node& n : nodes) {
        const std::string why = objection(n);
        if (why.empty()) return {};
        all += (all.empty() ? "" : ", ") + why;
    }
    return all;
}

std::string_view gfx803_chip(const ChipId& id) {
    const Chip* chip = find_chip(id);
    return chip && chip->gfx803 ? chip->name : "";
}

std::string objection(const ChipId& id) {
    if (!gfx803_chip(id).empty()) return {};
    const Chip* chip = find_chip(id);
    return "no gfx803 card: the card of amdgpu is " +
           (chip ? std::string(chip->name) : "of family " + std::to_string(id.family)) + " (device " + hex(id.device) +
           ", revision " + hex(id.revision) + ")";
}

}  // namespace gcn::drm_host
