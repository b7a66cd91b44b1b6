#include "hsa_host/software.hpp"

#include <dlfcn.h>

#include <atomic>

#include "backend/software.hpp"

namespace gcn::hsa_host {
namespace {

std::atomic<bool> loaded_here = false;

}  // namespace

std::string load_software() {
    if (dlopen("libhsakmt.so.1", RTLD_NOW | RTLD_NOLOAD)) return {};
    std::string looked;
    const std::string file = find_software(looked);
    if (file.empty()) return "no software Polaris: libgcn-emu.so is not in " + looked;
    if (!dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return std::string("no software Polaris: ") + dlerror();
    loaded_here = true;
    return {};
}

bool software_loaded() { return loaded_here; }

}  // namespace gcn::hsa_host
