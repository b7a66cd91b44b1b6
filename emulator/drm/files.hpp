#pragma once
// The one list of what is shown: files with their contents, links, device nodes, and the paths that belong to us.

#include <span>
#include <string>
#include <vector>

#include "isa/chips.hpp"

namespace gcn::emulator::drm {

// A path and everything below it; with ':' at its end, everything that begins with it. Without a place of its own it
// lies in the fake root. What is ours and not in a list below is not there, whatever the machine has.
struct Tree {
    const char* path;
    const char* place;
};
extern const std::span<const Tree> trees;

// A folder has no text. `live`: made whenever a process opens it.
struct File {
    const char* path;
    std::string (*text)(const isa::Chip&);
    bool live = false;
};
extern const std::span<const File> files;

struct Node {
    const char* path;
    int minor;
};
extern const std::span<const Node> nodes;

struct Link {
    std::string path, to;
};
std::vector<Link> links();

}  // namespace gcn::emulator::drm
