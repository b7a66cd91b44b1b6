// Which paths are shown, and what their files stand for.

#include "emulator/drm/shown.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "emulator/cp/device.hpp"
#include "emulator/drm/files.hpp"
#include "emulator/drm/node.hpp"
#include "emulator/drm/root.hpp"

namespace gcn::emulator::drm {

namespace {

// The tree that holds `path`, else null. Most paths end at their second letter.
const Tree* tree_of(const char* path) {
    if (!path || path[0] != '/') return nullptr;
    for (const Tree& tree : trees) {
        size_t i = 0;
        while (tree.path[i] && tree.path[i] == path[i]) i++;
        if (!tree.path[i] && (!path[i] || path[i] == '/' || path[i - 1] == ':')) return &tree;
    }
    return nullptr;
}

const char* last_name(const char* path) {
    const char* slash = std::strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool same_name(const char* path, const char* other) { return std::strcmp(last_name(path), last_name(other)) == 0; }

// One that cannot change, with `text` in it; -1 and errno when that fails.
int sealed_file(const std::string& text) {
    const int fd = memfd_create("gcn-emu", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -1;
    const bool whole = ::pwrite(fd, text.data(), text.size(), 0) == ssize_t(text.size());
    if (whole && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0) return fd;
    ::close(fd);
    return -1;
}

}  // namespace

bool is_shown(const char* path) { return tree_of(path); }

std::string where_shown(const char* path) {
    const Tree& tree = *tree_of(path);
    if (tree.place) return tree.place + std::string(path + std::strlen(tree.path));
    const std::string& root = fake_root().path;
    return root.empty() ? "" : root + path;
}

std::string stands_for(const std::string& resolved, const char* asked) {
    if (tree_of(asked)->place) return asked;
    const std::string& root = fake_root().path;
    return resolved.starts_with(root + "/") ? resolved.substr(root.size()) : resolved;
}

bool is_read_only(const char* path, bool make) {
    const std::string& root = fake_root().path;
    if (tree_of(path)->place || root.empty()) return false;
    struct stat s;
    if (::stat((root + path).c_str(), &s)) return make;
    return S_ISREG(s.st_mode) && node_behind(s.st_dev, s.st_ino) < 0;
}

bool may_stand_for(const char* path) {
    if (!path || path[0] == '/') return is_shown(path);
    for (const Node& n : nodes)
        if (same_name(path, n.path)) return true;
    for (const File& f : files)
        if (f.live && std::strncmp(f.path, "/sys/", 5) == 0 && same_name(path, f.path)) return true;
    return false;
}

int node_behind(dev_t device, ino_t file) {
    const Root& root = fake_root();
    for (size_t i = 0; i < root.nodes.size(); i++)
        if (root.nodes[i] == std::pair(device, file)) return nodes[i].minor;
    return -1;
}

int opened_for(int fd, const char* path, int flags) {
    struct stat asked, s;
    const std::string& root = fake_root().path;
    if (root.empty() || (flags & O_PATH) || ::fstat(fd, &asked)) return fd;
    if (const int minor = node_behind(asked.st_dev, asked.st_ino); minor >= 0) return open_node(minor, flags);
    for (const File& f : files) {
        if (!f.live || !same_name(path, f.path)) continue;
        if (::lstat((root + f.path).c_str(), &s) || s.st_dev != asked.st_dev || s.st_ino != asked.st_ino) continue;
        const int made = sealed_file(f.text(*Settings::from_environment().chip));
        return made < 0 ? fd : made;
    }
    return fd;
}

}  // namespace gcn::emulator::drm
