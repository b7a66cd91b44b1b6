#pragma once
// Reads an AMDGPU code object (ELF, versions 3 to 5) as bytes from anywhere: its kernels and its loaded image.
//
// Pure: touches no device. Malformed input is a gcn::Error, never an access outside the bytes given.
// Layout of the 64-byte kernel descriptor: LLVM, AMDGPUUsage, "Kernel Descriptor".

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gcn {

struct KernelDescriptor {
    static constexpr size_t bytes = 64;

    std::string name;         // without ".kd"
    uint64_t descriptor = 0;  // offset of the descriptor in the image
    uint64_t entry = 0;       // offset of the first instruction in the image
    uint32_t lds_bytes = 0, scratch_bytes = 0, kernarg_bytes = 0;
    uint32_t rsrc1 = 0, rsrc2 = 0;
    uint16_t properties = 0;  // which user SGPRs are wanted

    int vgprs() const { return int(rsrc1 & 63) * 4 + 4; }       // as allocated, in fours
    int sgprs() const { return int(rsrc1 >> 6 & 15) * 8 + 8; }  // as allocated, in eights, VCC and such included
    int user_sgprs() const { return int(rsrc2 >> 1 & 31); }
};

// The bytes of a descriptor; `entry` counts from its first, which lies at 0.
KernelDescriptor read_descriptor(std::span<const std::byte, KernelDescriptor::bytes>, std::string name);

struct CodeObject {
    std::vector<std::byte> image;  // the loaded segments from address 0 on
    std::vector<KernelDescriptor> kernels;
    uint32_t machine = 0;  // EF_AMDGPU_MACH of the header's flags

    const KernelDescriptor* find(std::string_view kernel) const;
};

// `what` names the bytes in messages: a file, "the kernel sgemm_nt_128x128".
CodeObject read_code_object(std::span<const std::byte> elf, std::string_view what);

constexpr uint32_t machine_gfx803 = 0x2a;  // EF_AMDGPU_MACH_AMDGCN_GFX803

// A place in the image whose value depends on where the image lies.
struct Relocation {
    uint64_t at;     // offset in the image
    uint32_t type;   // R_AMDGPU_...
    uint64_t value;  // symbol and addend
    bool moves;      // with the image; else it is a number
};

// Those for whoever loads the image of `elf`; gcn::Error for one that names what is not in the code object.
std::vector<Relocation> read_relocations(std::span<const std::byte> elf, const CodeObject&, std::string_view what);
// Writes the values for an image that lies at `address`.
void relocate(std::span<std::byte> image, std::span<const Relocation>, uint64_t address);

}  // namespace gcn
