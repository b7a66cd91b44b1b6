#pragma once
// The debugging aids of this process: where their text goes, and what is said when it ends.

#include <memory>

#include "emulator/debug/debug.hpp"

namespace gcn::emulator::debug {

// nullptr when the settings ask for nothing; gcn::Error when the file of the trace cannot be written. Never destroyed,
// as the device.
Debugger* open(const Settings&, strict::NameSource&);

}  // namespace gcn::emulator::debug
