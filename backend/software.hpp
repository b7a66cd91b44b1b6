#pragma once
// Where libgcn-emu.so lies, the software Polaris: for libgcn.so in gcn/ beside that library, or beside it; then beside
// the program, a folder above it (the programs of a build's tests/), in ../lib/gcn of it, or in lib/gcn of the PREFIX
// that this was compiled with.

#include <string>

namespace gcn {

// The file, or "" and in `looked` the end of a sentence: the folders where it is not, and the remedy.
std::string find_software(std::string& looked);

}  // namespace gcn
