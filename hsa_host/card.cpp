#include "hsa_host/card.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace gcn::hsa_host {
namespace {

constexpr int gfx803 = 80003;

// The value of a line "name value" of a node; 0 when there is none.
int property(const std::filesystem::path& properties, std::string_view wanted) {
    std::ifstream file(properties);
    std::string name;
    for (unsigned long long value; file >> name >> value;)
        if (name == wanted) return int(value);
    return 0;
}

std::string group_name(gid_t id) {
    const group* g = getgrgid(id);
    return g ? g->gr_name : std::to_string(id);
}

bool is_missing(const std::string& file) { return access(file.c_str(), F_OK) != 0 && errno == ENOENT; }

// A file that does not exist belongs to no group.
void require_permission(Driver& d, const std::string& root, const std::string& file) {
    struct stat s;
    if (!d.refused.empty() || access((root + file).c_str(), R_OK | W_OK) == 0) return;
    d.refused = file;
    if (is_missing(root + file)) return;
    d.group = stat((root + file).c_str(), &s) == 0 ? group_name(s.st_gid) : "render";
}

// 80003 is gfx803, 90010 gfx90a: decimal major, then one hexadecimal digit each.
std::string target_name(int version) {
    char name[32];
    std::snprintf(name, sizeof name, "gfx%d%x%x", version / 10000, version / 100 % 100, version % 100);
    return name;
}

}  // namespace

Driver look_for_driver(const std::string& root) {
    Driver d;
    d.present = !is_missing(root + "/dev/kfd");
    if (!d.present) return d;
    require_permission(d, root, "/dev/kfd");
    std::error_code none;
    for (const auto& node : std::filesystem::directory_iterator(root + "/sys/class/kfd/kfd/topology/nodes", none)) {
        const auto properties = node.path() / "properties";
        const int target = property(properties, "gfx_target_version");
        if (target) d.targets.push_back(target);
        if (const int minor = property(properties, "drm_render_minor"); target == gfx803 && minor)
            require_permission(d, root, "/dev/dri/renderD" + std::to_string(minor));
    }
    std::sort(d.targets.begin(), d.targets.end());
    return d;
}

bool has_card(const Driver& d) { return std::find(d.targets.begin(), d.targets.end(), gfx803) != d.targets.end(); }

std::string objection(const Driver& d) {
    if (!d.present) return "no AMD kernel driver: /dev/kfd does not exist";
    if (d.targets.empty())
        return "no GPU in /sys/class/kfd: the AMD kernel driver found none that it can use for computing (on gfx803 it "
               "needs PCIe atomics)";
    if (!has_card(d)) {
        std::string names;
        for (int t : d.targets) names += (names.empty() ? "" : ", ") + target_name(t);
        return "no gfx803 card: the AMD kernel driver has " + names;
    }
    if (!d.refused.empty() && d.group.empty())
        return "no way to the gfx803 card of the AMD kernel driver: " + d.refused + " does not exist";
    if (!d.refused.empty())
        return "no permission to read and write " + d.refused + ", which belongs to the group " + d.group +
               " (sudo usermod -aG " + d.group + " $USER, then log in again)";
    return {};
}

}  // namespace gcn::hsa_host
