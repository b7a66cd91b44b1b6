#pragma once
// Render nodes: which there are, who drives them, whether we may open them, which chip is behind.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gcn::drm_host {

struct Node {
    std::string path;           // "/dev/dri/renderD128"
    std::string driver;         // "amdgpu"; empty when it could not be opened
    int major = 0, minor = 0;   // the driver's version
    std::string group;          // whose permission is needed, when ours was not enough
    std::string refused_words;  // the system's, when it could not be opened for another reason
};

// `root` is "" but in tests, which have no device files in it.
std::vector<Node> list_nodes(const std::string& root = {});

// Why none of them can be a card for us; empty when one may.
std::string objection(const std::vector<Node>&);
// Why this one cannot; empty when it may.
std::string objection(const Node&);

// What amdgpu says of a chip: its family, and the revision by which it tells the chips of a family apart.
struct ChipId {
    uint32_t family, revision, device;
};
// "Polaris 10"; empty for a chip that is not gfx803.
std::string_view gfx803_chip(const ChipId&);
std::string objection(const ChipId&);

}  // namespace gcn::drm_host
