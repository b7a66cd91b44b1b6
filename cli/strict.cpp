// The pipe on which findings are counted. It needs no folder, no disk is too full for it, and nothing of it stays
// behind.

#include "cli/strict.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "gcn/error.hpp"

namespace gcn {

StrictRun::StrictRun(const std::string& list, const std::string& json) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) fail({"count the findings of strict mode", std::strerror(errno)});
    from = ends[0], to = ends[1];
    const std::string name = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(to);
    setenv("GCN_EMU_STRICT", list.c_str(), 1);
    setenv("GCN_EMU_STRICT_COUNT", name.c_str(), 1);
    // Absolute: a program may have gone to another folder before it opens the device.
    if (!json.empty()) setenv("GCN_EMU_STRICT_JSON", std::filesystem::absolute(json).c_str(), 1);
}

StrictRun::~StrictRun() {
    close(from);
    close(to);
}

int StrictRun::findings() {
    std::array<char, 4096> bytes;
    for (ssize_t n; (n = read(from, bytes.data(), bytes.size())) > 0;) count += int(n);
    return count;
}

}  // namespace gcn
