#pragma once
// Runs kernels that a compiler made, through ROCr, on the software Polaris: any shape, arguments laid out as the code
// object's metadata says. What surrounds the buffers is compared too: a stray write is a failure.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hsa_host/context.hpp"

namespace gcn::corpus {

// Work-items in all, those of a workgroup, and the first global id, as clEnqueueNDRangeKernel takes them.
struct Shape {
    std::array<uint32_t, 3> global{1, 1, 1}, local{1, 1, 1};
    std::array<uint64_t, 3> offset{};

    int dimensions() const { return global[2] > 1 ? 3 : global[1] > 1 ? 2 : 1; }
};
inline Shape line(uint32_t items, uint32_t group = 64) { return {.global = {items, 1, 1}, .local = {group, 1, 1}}; }

enum class Pass { Buffer, Value, Local };

// One argument: bytes of the host that become a buffer and come back, a value, or so many bytes of LDS.
struct Argument {
    Pass how;
    void* data;
    size_t bytes;
};

// What the metadata says of one kernel.
struct KernelInfo {
    struct Arg {
        std::string kind;
        size_t offset, size;
    };
    std::string name;
    std::vector<Arg> args;
    uint32_t kernarg_bytes, lds_bytes, scratch_bytes;
    uint64_t object = 0;  // address of the descriptor
};

std::vector<std::string> kernels_in(const std::string& file);

class Program {
public:
    explicit Program(const std::string& file);
    ~Program();
    Program(const Program&) = delete;

    const KernelInfo& kernel(const std::string& name) const;
    const std::vector<KernelInfo>& kernels() const { return all; }

    // Runs and waits. Empty, or why it failed; after that the Program is of no more use.
    std::string run(const KernelInfo&, const Shape&, std::span<const Argument>);

private:
    std::shared_ptr<hsa_host::Context> context;
    std::string code;
    hsa_code_object_reader_t reader{};
    hsa_executable_t executable{};
    std::vector<KernelInfo> all;
    hsa_host::Block kernarg, arena;
};

}  // namespace gcn::corpus
