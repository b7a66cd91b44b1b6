#pragma once
// Finds libgcn-emu.so, the software Polaris, and loads it before ROCr: its SONAME is that of ROCr's driver library.

#include <string>

namespace gcn::hsa_host {

// Empty, or why there is no software Polaris. Does nothing when a driver library is loaded already: by an earlier call,
// by `gcn emu`, or the card's own. gcn::Error with Fault::WrongUse when GCN_EMU_* has a value that it does not know.
std::string load_software();

// Whether load_software() loaded it: from then on ROCr cannot see a card in this process.
bool software_loaded();

}  // namespace gcn::hsa_host
