#include "backend/software.hpp"

#include <filesystem>

namespace gcn {

std::string find_software(std::string& looked) {
    std::error_code none;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
    const std::filesystem::path folders[] = {program, program.parent_path(), program.parent_path() / "lib/gcn",
                                             GCN_PREFIX "/lib/gcn"};
    for (const auto& folder : folders) {
        if (std::filesystem::exists(folder / "libgcn-emu.so", none)) return folder / "libgcn-emu.so";
        looked += (looked.empty() ? "" : ", ") + folder.string();
    }
    looked += ". Try: copying libgcn-emu.so beside the program";
    return {};
}

}  // namespace gcn
