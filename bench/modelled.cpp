#include "bench/modelled.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>

#include "gcn/error.hpp"

namespace gcn {

std::string text(const Modelled& m) {
    if (m.method != "sampled") return m.method;
    char text[32];
    std::snprintf(text, sizeof text, "+-%.1f %%", 100 * m.interval);
    return text;
}

static constexpr const char* variable = "GCN_EMU_TIMING_LOG";

ModelLog::ModelLog() {
    if (const char* const name = std::getenv(variable); name && *name) {
        file = open(name, O_RDONLY | O_CREAT | O_CLOEXEC, 0666);
        if (file < 0 || lseek(file, 0, SEEK_END) < 0)
            fail({std::string("read ") + variable + "=" + name, std::strerror(errno)});
        return;
    }
    // Whoever has no such files runs on a card.
    file = memfd_create("timing", MFD_CLOEXEC);
    if (file >= 0) setenv(variable, ("/proc/self/fd/" + std::to_string(file)).c_str(), 1);
}

ModelLog::~ModelLog() {
    if (file >= 0) close(file);
}

std::optional<Modelled> ModelLog::take() {
    char part[4096];
    for (ssize_t n; file >= 0 && (n = read(file, part, sizeof part)) > 0;) rest.append(part, size_t(n));
    std::optional<Modelled> all;
    constexpr const char* methods[] = {"exact", "sampled", "stepped", "none"};  // from the best on
    const auto place = [&](const std::string& method) {
        return std::find(std::begin(methods), std::end(methods), method) - std::begin(methods);
    };
    for (size_t end; (end = rest.find('\n')) != rest.npos; rest.erase(0, end + 1)) {
        const auto j = nlohmann::json::parse(rest.substr(0, end), nullptr, false);
        if (!j.is_object()) continue;  // somebody else's line
        const Modelled one{j.value("method", "none"), j.value("interval", 0.0)};
        if (!all || place(one.method) > place(all->method)) all = {one.method, all ? all->interval : 0};
        all->interval = std::max(all->interval, one.interval);
    }
    return all;
}

}  // namespace gcn
