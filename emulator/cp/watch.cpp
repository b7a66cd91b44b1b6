// Strict mode as the environment asks for it: sentences and JSON out, the count of all at the end of the process.

#include "emulator/cp/watch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

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

StrictSettings StrictSettings::from(const std::string& list, const std::string& file) {
    StrictSettings s;
    s.file = file;
    for (size_t at = 0; at < list.size();) {
        const size_t end = std::min(list.find(',', at), list.size());
        set_word(s, list.substr(at, end - at));
        at = end + 1;
    }
    return s;
}

struct Watch::Impl {
    Impl(const StrictSettings& settings, LoadedCode& names)
        : json(settings.json), strict(settings.promises, names, [this](const strict::Finding& f) { show(f); }) {
        if (settings.file.empty()) return;
        file = open(settings.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (file < 0) fail({"write to GCN_EMU_STRICT_JSON=" + settings.file, "the file cannot be opened", ""});
    }

    void show(const strict::Finding& f) {
        const std::string object = f.json() + "\n";
        const std::string line = json ? object : "gcn: strict: " + f.text() + ".\n";
        write_whole(2, line);
        if (file >= 0) write_whole(file, object);
    }
    // In one call: lines of several threads and processes do not mix.
    static void write_whole(int to, const std::string& text) {
        if (write(to, text.data(), text.size()) < 0) std::perror("gcn: strict");
    }
    void sum_up() {
        if (owner != getpid()) return;  // a forked child that ends has found nothing of its own
        if (strict.reports.places() && !json) write_whole(2, "gcn: strict: " + strict.reports.summary() + ".\n");
    }

    const pid_t owner = getpid();
    const bool json;
    int file = -1;
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
