// Strict mode as the environment asks for it: sentences and JSON out, the count of all at the end of the process.

#include "emulator/cp/watch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "emulator/cp/line_file.hpp"
#include "emulator/debug/session.hpp"
#include "emulator/strict/strict.hpp"
#include "gcn/error.hpp"

namespace gcn::emulator {

namespace {

// Words of GCN_EMU_STRICT.
struct Word {
    const char* name;
    void (*apply)(StrictSettings&);
};
constexpr Word words[] = {
    {"0", [](StrictSettings& s) { s.on = false; }},
    {"1", [](StrictSettings& s) { s.on = true; }},
    {"json", [](StrictSettings& s) { s.on = s.json = true; }},
    {"no-nan", [](StrictSettings& s) { s.on = s.promises.no_nan = true; }},
    {"no-denormal", [](StrictSettings& s) { s.on = s.promises.no_denormal = true; }},
};

void set_word(StrictSettings& s, const std::string& word) {
    std::string accepted;
    for (const Word& w : words) {
        if (word == w.name) return w.apply(s);
        accepted += (accepted.empty() ? "" : ", ") + std::string(w.name);
    }
    fail({"start the software Polaris", "GCN_EMU_STRICT has '" + word + "'", "some of " + accepted + ", with commas",
          gcn::Fault::WrongUse});
}

}  // namespace

StrictSettings StrictSettings::from(const std::string& list, const std::string& file, const std::string& count) {
    StrictSettings s;
    s.file = file;
    s.count = count;
    for (size_t at = 0; at < list.size();) {
        const size_t end = std::min(list.find(',', at), list.size());
        set_word(s, list.substr(at, end - at));
        at = end + 1;
    }
    return s;
}

namespace {

// Who counts may have ended, or see other processes than this one: no reason for it not to have its device.
int open_count(const std::string& pipe) {
    if (pipe.empty()) return -1;
    const int file = open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat now;
    if (file >= 0 && fstat(file, &now) == 0 && !S_ISFIFO(now.st_mode)) {  // somebody's file: nothing to write into
        close(file);
        return -1;
    }
    if (file < 0)
        std::fprintf(stderr, "%s\n",
                     text({"count findings on GCN_EMU_STRICT_COUNT=" + pipe, std::strerror(errno)}).c_str());
    return file;
}

}  // namespace

struct Watch::Impl {
    Impl(const StrictSettings& settings, LoadedCode& names)
        : json(settings.json),
          count(open_count(settings.count)),
          strict(settings.promises, names, [this](const strict::Finding& f) { show(f); }) {
        if (!settings.file.empty()) file.emplace("GCN_EMU_STRICT_JSON", settings.file);
    }

    void show(const strict::Finding& f) {
        const std::string object = f.json() + "\n";
        say(json ? object : "gcn: strict: " + f.text() + ".\n");
        if (file) file->add(object);
        if (count >= 0 && write(count, "", 1) != 1) return;  // a full pipe has said it often enough
    }
    // In one call: lines of several threads and processes do not mix.
    static void say(const std::string& text) {
        if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;  // there is nowhere else to say so
    }
    void sum_up() {
        if (owner != getpid()) return;  // a forked child that ends has found nothing of its own
        if (strict.reports.places() && !json) say("gcn: strict: " + strict.reports.summary() + ".\n");
    }

    const pid_t owner = getpid();
    const bool json;
    const int count;
    std::optional<LineFile> file;
    strict::Strict strict;
};

Watch::Watch(const StrictSettings& settings, const debug::Settings& debugging) {
    if (Observer* const debugger = debug::open(debugging, names)) all.push_back(debugger);
    if (!settings.on) return;
    impl = std::make_unique<Impl>(settings, names);
    all.push_back(&impl->strict);
    // The device of a process is never destroyed: see device.hpp.
    static Impl* last = nullptr;
    last = impl.get();
    std::atexit([] { last->sum_up(); });
}
Watch::~Watch() = default;

}  // namespace gcn::emulator
