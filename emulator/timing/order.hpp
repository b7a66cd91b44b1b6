#pragma once
// Kernels whose way through the code may depend on when other waves do what: they read a clock, or memory past L1, or
// what an atomic returns (a place in a queue, say), or they call code that is not known before. Of these the executor
// cannot run ahead.

#include "emulator/exec/program.hpp"

namespace gcn::emulator::timing {

bool may_depend_on_time(const Program&);

}  // namespace gcn::emulator::timing
