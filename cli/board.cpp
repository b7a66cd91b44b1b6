// One board per gcn emu: its name, and what earlier ones have left.

#include "cli/board.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace gcn {

namespace fs = std::filesystem;

// The first of the places for such files that can be used; empty without any.
static std::string place() {
    const char* const bases[] = {std::getenv("XDG_RUNTIME_DIR"), std::getenv("TMPDIR"), "/tmp"};
    for (const char* base : bases)
        if (base && base[0] == '/' && access(base, W_OK | X_OK) == 0) return base;
    return "";
}

static bool is_alive(pid_t process) { return kill(process, 0) == 0 || errno != ESRCH; }

// Whoever uses it holds a lock on a part of it. With a lock on all of it, nobody can come to use it either.
static void remove_if_unused(const std::string& file) {
    const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return;
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (fcntl(fd, F_OFD_SETLK, &whole) == 0) unlink(file.c_str());
    close(fd);
}

// The number behind `prefix` is the process that made the name.
static void collect(const std::string& folder, const std::string& prefix) {
    std::error_code error;
    for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
        const std::string name = i->path().filename();
        pid_t maker = 0;
        if (!name.starts_with(prefix)) continue;
        std::from_chars(name.data() + prefix.size(), name.data() + name.size(), maker);
        if (maker > 0 && !is_alive(maker)) remove_if_unused(i->path());
    }
}

void share_board() {
    const char* already = std::getenv("GCN_EMU_BOARD");
    if (already && *already) return;
    const std::string folder = place();
    if (folder.empty()) return;
    const std::string prefix = "gcn-emu-board-" + std::to_string(geteuid()) + "-";
    collect(folder, prefix);
    uint64_t random = 0;  // so that nobody can be there before
    if (getrandom(&random, sizeof random, 0) != ssize_t(sizeof random)) return;
    char end[64];
    std::snprintf(end, sizeof end, "%d-%016llx", int(getpid()), static_cast<unsigned long long>(random));
    setenv("GCN_EMU_BOARD", (folder + "/" + prefix + end).c_str(), 1);
}

}  // namespace gcn
