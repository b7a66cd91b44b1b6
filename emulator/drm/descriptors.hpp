#pragma once

#include <functional>

namespace gcn::emulator::drm {

// Every descriptor of this process, as the system lists them.
void for_each_descriptor(const std::function<void(int)>&);

}  // namespace gcn::emulator::drm
