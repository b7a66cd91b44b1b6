#include "emulator/debug/session.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "gcn/error.hpp"

namespace gcn::emulator::debug {

namespace {

// In as few calls as the system allows: lines of several threads and processes do not mix. What came of it, as errno.
int write_whole(int to, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = write(to, text.data(), text.size());
        if (n < 0 && errno != EINTR) return errno;
        if (n > 0) text.remove_prefix(size_t(n));
    }
    return 0;
}

// Where the trace goes, until it cannot.
class TraceFile {
public:
    explicit TraceFile(const std::string& name) : name(name) {
        if (name.empty() || name == "-") return;
        file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (file < 0)
            fail({"write the trace to GCN_EMU_TRACE=" + name, std::strerror(errno), "", gcn::Fault::WrongUse});
    }
    void write(std::string_view text) {
        if (failed.load(std::memory_order_relaxed)) return;
        const int error = write_whole(file, text);
        if (!error || failed.exchange(true) || error == EPIPE) return;  // EPIPE: who reads it has gone, and knows
        write_whole(STDERR_FILENO,
                    gcn::text({"write the trace to GCN_EMU_TRACE=" + name, std::strerror(error)}) + "\n");
    }

private:
    const std::string name;
    int file = STDERR_FILENO;
    std::atomic<bool> failed{false};
};

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
    const auto trace = std::make_shared<TraceFile>(settings.trace.file);
    current = new Debugger(
        settings, names, [trace](const std::string& text) { trace->write(text); },
        [](const std::string& text) { write_whole(STDERR_FILENO, text); }, [] { _exit(1); });
    owner = getpid();
    std::atexit(sum_up);
    return current;
}

}  // namespace gcn::emulator::debug
