#pragma once
// Kernels whose way through the code may depend on when other waves do what: they read a clock, or go round a loop in
// which memory is read past L1, or changed and read by an atomic. Of these the executor cannot run ahead.

#include "emulator/exec/program.hpp"

namespace gcn::emulator::timing {

bool may_depend_on_time(const Program&);

}  // namespace gcn::emulator::timing
