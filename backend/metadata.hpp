#pragma once
// What a code object says of its kernels' arguments: the note NT_AMDGPU_METADATA, versions 3 to 5.
//
// Pure. Malformed input is a gcn::Error, never an access outside the bytes given.
// Layout: LLVM, AMDGPUUsage, "Code Object V3 Metadata" and those after it; MessagePack's specification.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gcn {

struct KernelArgument {
    std::string kind;  // "by_value", "global_buffer", "hidden_global_offset_x"
    uint32_t offset = 0, bytes = 0;
};

struct KernelMetadata {
    std::string name;  // without ".kd"
    std::vector<KernelArgument> arguments;
};

// One per kernel; none when the code object has no such note. `what` names the bytes in messages.
std::vector<KernelMetadata> read_metadata(std::span<const std::byte> elf, std::string_view what);

}  // namespace gcn
