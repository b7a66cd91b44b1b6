#include "hsa_host/card.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace gcn::hsa_host {
namespace {

constexpr int gfx803 = 80003;

// The line "gfx_target_version 80003" of a node; 0 for a CPU and for a node that cannot be read.
int target_version(const std::filesystem::path& properties) {
    std::ifstream file(properties);
    std::string name;
    for (unsigned long long value; file >> name >> value;)
        if (name == "gfx_target_version") return int(value);
    return 0;
}

std::string group_name(gid_t id) {
    const group* g = getgrgid(id);
    return g ? g->gr_name : std::to_string(id);
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
    const std::string device = root + "/dev/kfd";
    struct stat s;
    if (stat(device.c_str(), &s) != 0) return d;
    d.present = true;
    d.permitted = access(device.c_str(), R_OK | W_OK) == 0;
    d.group = group_name(s.st_gid);
    std::error_code none;
    for (const auto& node : std::filesystem::directory_iterator(root + "/sys/class/kfd/kfd/topology/nodes", none))
        if (const int version = target_version(node.path() / "properties")) d.targets.push_back(version);
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
    if (!d.permitted)
        return "no permission to read and write /dev/kfd, which belongs to the group " + d.group +
               " (sudo usermod -aG " + d.group + " $USER, then log in again)";
    return {};
}

}  // namespace gcn::hsa_host
