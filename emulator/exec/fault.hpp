#pragma once

#include <cstdint>

namespace gcn::emulator {

// Why a grid was stopped. `None`: it ran to its end.
enum class FaultKind : uint8_t { None, IllegalInstruction, Memory, Trap, Endless, Stopped };

}  // namespace gcn::emulator
