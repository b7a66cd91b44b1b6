#include "hsa_host/software.hpp"

#include <dlfcn.h>
#include <sys/resource.h>

#include <atomic>

#include "backend/software.hpp"
#include "gcn/error.hpp"

namespace gcn::hsa_host {
namespace {

std::atomic<bool> loaded_here = false;

// Settings that are wrong are the user's to correct: another backend would only hide them.
void refuse_wrong_settings(void* library) {
    const auto objection = reinterpret_cast<const char* (*)()>(dlsym(library, "gcn_emu_objection"));
    if (const char* sentence = objection ? objection() : nullptr) throw Error(gcn::Fault::WrongUse, sentence);
}

// ROCr reserves the scratch aperture of 4 GiB when it starts, aligned, and ends the process when it cannot.
std::string too_little_address_space() {
    constexpr rlim_t needed = rlim_t(10) << 30;
    rlimit limit{};
    getrlimit(RLIMIT_AS, &limit);
    if (limit.rlim_cur >= needed) return {};
    return "ROCr and the software Polaris want 10 GiB of address space, the limit (ulimit -v) is " +
           std::to_string(limit.rlim_cur >> 20) + " MiB";
}

}  // namespace

std::string load_software() {
    if (void* library = dlopen("libhsakmt.so.1", RTLD_NOW | RTLD_NOLOAD)) {
        refuse_wrong_settings(library);
        return {};
    }
    if (auto why = too_little_address_space(); !why.empty()) return why;
    std::string looked;
    const std::string file = find_software(looked);
    if (file.empty()) return "no software Polaris: libgcn-emu.so is not in " + looked;
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) return std::string("no software Polaris: ") + dlerror();
    refuse_wrong_settings(library);
    loaded_here = true;
    return {};
}

bool software_loaded() { return loaded_here; }

}  // namespace gcn::hsa_host
