#pragma once
// The code objects for gfx803 in a file: the file itself, the entries of a clang offload bundle, or those of the
// bundles that HIP puts into a host program's section .hip_fatbin.
//
// Layout of a bundle: LLVM, ClangOffloadBundler, "Bundled Code Object Layout".

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gcn {

struct Code {
    std::string name;  // the bundle's entry; empty for a file that is itself the code object
    std::span<const std::byte> bytes;
};

// At least one. Views of `file`, which has to last; gcn::Error when there is none. `what` names it in messages.
std::vector<Code> find_code(std::span<const std::byte> file, std::string_view what);

}  // namespace gcn
