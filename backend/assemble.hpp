#pragma once
// Code objects from the text of kernels: assembled by LLVM once, then kept on disk.
//
// The cache is $XDG_CACHE_HOME/gcn/kernels, else ~/.cache/gcn/kernels; without one, or when it cannot be written,
// everything is assembled each time. An entry is named by a signature of the whole text and of the assembler, and says
// how long it is and what its bytes add up to: one that is not as it should be is made again. Entries are written
// beside and renamed, so that any number of processes may do so at once.

#include <cstddef>
#include <string>
#include <vector>

namespace gcn {

// `name` is for messages: the file that the text came from. `.include "gcn.inc"` means the one of this build.
// gcn::Error with the assembler's first complaint.
std::vector<std::byte> assemble(const std::string& name, const std::string& text);

}  // namespace gcn
