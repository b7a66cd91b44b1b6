// Making the fake root. Its files appear whole or not at all, and what is there already is right.

#include "emulator/drm/root.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "emulator/cp/device.hpp"
#include "emulator/drm/files.hpp"
#include "gcn/error.hpp"

namespace gcn::emulator::drm {

namespace {

constexpr const char* show = "show the software Polaris under /proc and /sys";
constexpr const char* own_folder = "set TMPDIR to a folder of your own";

void write(const std::string& root, const std::string& path, const std::string& text) {
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

void link(const std::string& root, const Link& l) {
    const std::string file = root + l.path;
    if (::symlink(l.to.c_str(), file.c_str()) && errno != EEXIST)
        fail({show, file + ": " + std::strerror(errno), own_folder});
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

bool is_there(const std::string& path) {
    struct stat s;
    return ::lstat(path.c_str(), &s) == 0;
}

std::string make_root() {
    const isa::Chip& chip = *Settings::from_environment().chip;
    const std::vector<Link> all_links = links();
    uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    auto add = [&](std::string_view text) {
        for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
    };
    for (const File& f : files) add(f.path), add(f.text && !f.live ? f.text(chip) : "");
    for (const Link& l : all_links) add(l.path), add(l.to);
    for (const Node& n : nodes) add(n.path);

    char name[128];
    std::snprintf(name, sizeof name, "gcn-emu-%u-%s-%016lx", geteuid(), std::string(chip.row).c_str(), hash);
    const std::string root = make_folder(name);
    verify(root);
    const auto missing = [&](const std::string& path) {
        if (is_there(root + path)) return false;
        make_folders(root, path);
        return true;
    };
    for (const File& f : files) {
        if (!f.text) make_folders(root, std::string(f.path) + "/");
        if (f.text && missing(f.path)) write(root, f.path, f.live ? "" : f.text(chip));
    }
    for (const Link& l : all_links)
        if (missing(l.path)) link(root, l);
    for (const Node& n : nodes)
        if (missing(n.path)) write(root, n.path, "");
    return root;
}

Root described(const std::string& path) {
    Root root{path, {}};
    for (const Node& n : nodes) {
        struct stat s = {};
        if (::lstat((path + n.path).c_str(), &s)) fail({show, path + n.path + ": " + std::strerror(errno), own_folder});
        root.nodes.push_back({s.st_dev, s.st_ino});
    }
    return root;
}

}  // namespace

const Root& fake_root() {
    static std::atomic<const Root*> known{nullptr};
    if (const Root* root = known.load(std::memory_order_acquire)) return *root;
    auto* root = new Root;
    try {
        *root = described(make_root());
    } catch (const std::exception& e) {
        static std::atomic_flag said;
        if (!said.test_and_set()) std::fprintf(stderr, "%s\n", e.what());
    }
    const Root* none = nullptr;
    if (known.compare_exchange_strong(none, root, std::memory_order_acq_rel)) return *root;
    delete root;
    return *none;
}

}  // namespace gcn::emulator::drm
