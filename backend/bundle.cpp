#include "backend/bundle.hpp"

#include <algorithm>
#include <cstring>

#include "backend/elf.hpp"
#include "gcn/error.hpp"

namespace gcn {

namespace {

constexpr std::string_view magic = "__CLANG_OFFLOAD_BUNDLE__", packed_magic = "CCOB", chip = "gfx803";
constexpr uint32_t mach_mask = 0xff, mach_gfx803 = 0x2a;  // in e_flags: LLVM, AMDGPUUsage, "ELF Code Object"

std::string_view text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool begins_with(std::span<const std::byte> bytes, std::string_view word) { return text(bytes).starts_with(word); }

// "hipv4-amdgcn-amd-amdhsa--gfx803", perhaps with ":xnack-" and such after it.
bool is_for_chip(std::string_view id) {
    const std::string_view target = id.substr(0, id.find(':'));
    return target.find("amdgcn") != target.npos && target.ends_with(chip);
}

struct Finder {
    ElfBytes file;
    std::vector<Code> found = {};
    std::string others = {};  // what the bundles hold for other machines
    uint64_t total = 0;       // bytes of all entries

    // The bundle that begins at `at`; returns where its last entry ends.
    size_t bundle(std::span<const std::byte> bytes, size_t at) {
        const ElfBytes from{bytes.subspan(at), file.what};
        const auto count = from.table<uint64_t>(magic.size(), 1, "the count of a bundle")[0];
        uint64_t next = magic.size() + 8, end = next;
        for (uint64_t i = 0; i < count; ++i) {
            const auto row = from.table<uint64_t>(next, 3, "an entry of a bundle");  // offset, size, length of id
            const std::string_view id = text(from.part(next + 24, row[2], "the name of a bundle's entry"));
            const auto code = from.part(row[0], row[1], "a bundle's code object");
            next += 24 + row[2];
            end = std::max({end, next, row[0] + row[1]});
            if (is_for_chip(id)) {
                total += code.size();
                if (total > file.bytes.size()) file.refuse("the entries of its bundles overlap");
                found.push_back({std::string(id), code});
            } else if (others.size() < 120 && !id.starts_with("host")) {
                others += (others.empty() ? "" : ", ") + std::string(id);
            }
        }
        return at + size_t(end);
    }

    void bundles(std::span<const std::byte> bytes) {
        for (size_t at = 0; (at = text(bytes).find(magic, at)) != std::string_view::npos;) at = bundle(bytes, at);
    }
};

void check_chip(const ElfBytes& file, const Elf64_Ehdr& header) {
    const uint32_t mach = header.e_flags & mach_mask;
    if (mach && mach != mach_gfx803)
        file.refuse("it is for AMDGPU machine " + std::to_string(mach) + ", gfx803 is " + std::to_string(mach_gfx803));
}

}  // namespace

std::vector<Code> find_code(std::span<const std::byte> bytes, std::string_view what) {
    Finder finder{.file = {bytes, what}};
    const ElfBytes& file = finder.file;
    if (is_elf(bytes)) {
        const Elf64_Ehdr header = file.header();
        if (header.e_machine == machine_amdgpu) {
            check_chip(file, header);
            return {{"", bytes}};
        }
        const Elf elf = read_elf(bytes, what);
        const Section* const fat = elf.section(".hip_fatbin");
        if (!fat) file.refuse("it is a program of the host without HIP kernels (a section .hip_fatbin)");
        if (begins_with(fat->bytes, packed_magic)) file.refuse("its HIP kernels are compressed");
        finder.bundles(fat->bytes);
    } else if (begins_with(bytes, magic)) {
        finder.bundles(bytes);
    } else {
        file.refuse(begins_with(bytes, packed_magic) ? "it is compressed" : "it is neither ELF nor an offload bundle");
    }
    if (finder.found.empty())
        file.refuse(finder.others.empty() ? "it holds no code for a GPU"
                                          : "it holds code for " + finder.others + " only");
    return finder.found;
}

}  // namespace gcn
