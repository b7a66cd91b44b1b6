#include "hsa_host/software.hpp"

#include <dlfcn.h>

#include <atomic>
#include <filesystem>
#include <vector>

namespace gcn::hsa_host {
namespace {

std::atomic<bool> loaded_here = false;

std::vector<std::filesystem::path> places() {
    std::vector<std::filesystem::path> all;
    std::error_code none;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
    if (!program.empty()) {
        all.push_back(program / "libgcn-emu.so");
        all.push_back(program.parent_path() / "libgcn-emu.so");  // the programs of a build's tests/
        all.push_back(program.parent_path() / "lib/gcn/libgcn-emu.so");
    }
    all.push_back(GCN_PREFIX "/lib/gcn/libgcn-emu.so");
    return all;
}

}  // namespace

std::string load_software() {
    if (dlopen("libhsakmt.so.1", RTLD_NOW | RTLD_NOLOAD)) return {};
    std::string looked;
    for (const auto& place : places()) {
        std::error_code none;
        if (!std::filesystem::exists(place, none)) {
            looked += (looked.empty() ? "" : ", ") + place.parent_path().string();
            continue;
        }
        if (!dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) return std::string("no software Polaris: ") + dlerror();
        loaded_here = true;
        return {};
    }
    return "no software Polaris: libgcn-emu.so is not in " + looked;
}

bool software_loaded() { return loaded_here; }

}  // namespace gcn::hsa_host
