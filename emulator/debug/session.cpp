#include "emulator/debug/session.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "gcn/error.hpp"

namespace gcn::emulator::debug {

namespace {

// In as few calls as the system allows: lines of several threads and processes do not mix.
void write_whole(int to, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = write(to, text.data(), text.size());
        if (n < 0 && errno != EINTR) return;  // who reads it has gone
        if (n > 0) text.remove_prefix(size_t(n));
    }
}

int open_trace(const std::string& file) {
    if (file.empty() || file == "-") return STDERR_FILENO;
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0) fail({"write the trace to GCN_EMU_TRACE=" + file, std::strerror(errno), "", gcn::Fault::WrongUse});
    return fd;
}

Debugger* current = nullptr;
pid_t owner = 0;

void sum_up() {
    if (owner != getpid()) return;  // a forked child has its own
    const std::string remedy = ". Try: names and offsets as gcn disasm prints them.\n";
    if (current->traced_nothing())
        write_whole(STDERR_FILENO,
                    "gcn: trace: nothing that ran is of the kernel, wave and offsets asked for" + remedy);
    const std::string missed = current->never_reached();
    if (!missed.empty()) write_whole(STDERR_FILENO, "gcn: break: nothing reached " + missed + remedy);
}

}  // namespace

Debugger* open(const Settings& settings, strict::NameSource& names) {
    if (!settings.on()) return nullptr;
    const int fd = open_trace(settings.trace.file);
    current = new Debugger(
        settings, names, [fd](const std::string& text) { write_whole(fd, text); },
        [](const std::string& text) { write_whole(STDERR_FILENO, text); }, [] { _exit(1); });
    owner = getpid();
    std::atexit(sum_up);
    return current;
}

}  // namespace gcn::emulator::debug
