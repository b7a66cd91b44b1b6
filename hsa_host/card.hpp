#pragma once
// Is there a card that ROCr can use? Asked of Linux before ROCr is loaded, because ROCr binds to one driver for good.

#include <string>
#include <vector>

namespace gcn::hsa_host {

struct Driver {
    bool present = false;      // /dev/kfd exists
    std::vector<int> targets;  // gfx_target_version of each GPU that the driver offers: 80003 is gfx803
    // The first file that we may not read and write, and the group that may; none when there is no such file.
    std::string refused, group;
};

// `root` is "" but in tests.
Driver look_for_driver(const std::string& root = {});

// Why there is no card to use; empty when there is one.
std::string objection(const Driver&);

bool has_card(const Driver&);

}  // namespace gcn::hsa_host
