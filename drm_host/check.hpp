#pragma once
// Refuses streams that a card would hang on, or that would go wrong without a word. Every stream is asked before it is
// submitted; the cost is well below a microsecond for a launch.

#include <cstdint>
#include <span>
#include <string>

namespace gcn::drm_host {

enum class StreamKind { Compute, Gfx, Dma };

// Why a card should not be given this stream; empty when it may. `multiple`: of so many words the ring wants its
// streams. Allocates only for what it objects to.
std::string objection(std::span<const uint32_t> stream, StreamKind, uint32_t multiple);

}  // namespace gcn::drm_host
