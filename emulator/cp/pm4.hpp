#pragma once
// PM4 packets as they come in slots of an AQL queue and in the buffers these point to.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "emulator/cp/client.hpp"
#include "emulator/exec/exec.hpp"

namespace gcn::emulator {

// Obeys the packets. What was wrong with the first bad one comes back; BadAddress for a buffer that is not there.
std::optional<std::string> run_pm4(Client&, Executor&, std::span<const uint32_t> words);

}  // namespace gcn::emulator
