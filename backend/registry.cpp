// The backends in order of preference, and the choice among them.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>

#include "backend/backend.hpp"
#include "backend/reason.hpp"

namespace gcn {

// Each is defined in the folder of its backend, which has no header for others.
std::unique_ptr<Backend> open_hsa_card(std::string& why);
std::unique_ptr<Backend> open_hsa_software(std::string& why);
std::unique_ptr<Backend> open_drm_card(std::string& why);
std::unique_ptr<Backend> open_drm_software(std::string& why);
std::unique_ptr<Backend> open_cpu(std::string& why);

namespace {

// clang-format off
constexpr BackendRow rows[] = {
    // name   choice          open
    {"hsa",   "hsa",          open_hsa_card},
    {"drm",   "drm",          open_drm_card},
    {"hsa",   "hsa-software", open_hsa_software},
    {"drm",   "drm-software", open_drm_software},
    {"cpu",   "cpu",          open_cpu},
};
// clang-format on

// Once per process and line: not every Device of a long job.
void say_once(const std::string& line) {
    static std::mutex& mutex = *new std::mutex;
    static std::set<std::string>& said = *new std::set<std::string>;
    std::lock_guard lock(mutex);
    if (!line.empty() && said.insert(line).second) std::fprintf(stderr, "%s\n", line.c_str());
}

std::string list_of_choices() {
    std::string all;
    for (const BackendRow& r : rows)
        all += (all.empty() ? "" : &r == std::end(rows) - 1 ? " or " : ", ") + std::string(r.choice);
    return all;
}

}  // namespace

std::span<const BackendRow> backend_rows() { return rows; }

std::unique_ptr<Backend> try_open(const BackendRow& row, std::string& why) {
    auto backend = row.open(why);
    why = clause(std::move(why));
    return backend;
}

std::unique_ptr<Backend> open_backend(std::string_view choice) {
    const char* const environment = std::getenv("GCN_BACKEND");
    if (choice.empty() && environment) choice = environment;
    // "hsa" is the first row's choice and the second row's name: a card, else software.
    const auto meant = [&](const BackendRow& r) { return choice.empty() || choice == r.choice || choice == r.name; };
    if (std::none_of(std::begin(rows), std::end(rows), meant))
        fail({.what = "open the backend " + std::string(choice),
              .why = "there is none of that name",
              .remedy = "one of " + list_of_choices(),
              .fault = Fault::WrongUse});
    Reasons reasons;
    for (const BackendRow& row : rows) {
        if (!meant(row)) continue;
        std::string why;
        if (auto backend = try_open(row, why)) {
            const DeviceInfo info = backend->info();
            const std::string remedy = reasons.remedy.empty() ? "" : " Try: " + reasons.remedy + ".";
            if (info.isa.empty() && !reasons.text.empty()) say_once("gcn: no GPU: " + reasons.text + "." + remedy);
            say_once(info.notice);
            return backend;
        }
        reasons.add(row.choice, why);
    }
    fail({.what = "open a device",
          .why = reasons.text,
          .remedy = reasons.remedy.empty() ? "gcn info, which lists what this machine has" : reasons.remedy,
          .fault = Fault::NoDevice});
}

}  // namespace gcn
