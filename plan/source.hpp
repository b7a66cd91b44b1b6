#pragma once
// Kernels that are not part of this build: assembled from a file, then candidates like all others.

#include <string>

namespace gcn {

// The file has the kernel's text and a line "// row: KERNEL( ... )", which codegen/gen_gemm.py writes and whose columns
// are those of plan/kernels.def. To be called before anything is planned. gcn::Error when it is no such file, or when a
// kernel has that name already.
std::string add_source(const std::string& path);  // the kernel's name

}  // namespace gcn
