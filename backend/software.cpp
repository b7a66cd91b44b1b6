#include "backend/software.hpp"

#include <dlfcn.h>
#include <link.h>

#include <filesystem>
#include <vector>

namespace gcn {
namespace {

using std::filesystem::path;

// The folder of the shared library that holds this code; "" when that is the program itself.
path library_folder() {
    Dl_info info;
    link_map* map = nullptr;
    const void* const here = reinterpret_cast<const void*>(&find_software);
    if (!dladdr1(here, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) || !map || !*map->l_name) return {};
    std::error_code none;
    return std::filesystem::canonical(map->l_name, none).parent_path();
}

}  // namespace

std::string find_software(std::string& looked) {
    std::error_code none;
    std::vector<path> folders;
    if (const path library = library_folder(); !library.empty()) folders = {library / "gcn", library};
    const path program = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
    folders.insert(folders.end(),
                   {program, program.parent_path(), program.parent_path() / "lib/gcn", GCN_PREFIX "/lib/gcn"});
    for (const path& folder : folders) {
        if (std::filesystem::exists(folder / "libgcn-emu.so", none)) return folder / "libgcn-emu.so";
        looked += (looked.empty() ? "" : ", ") + folder.string();
    }
    looked += ". Try: copying libgcn-emu.so beside the program";
    return {};
}

}  // namespace gcn
