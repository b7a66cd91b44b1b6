#pragma once
// Who watches the grids of this device: strict mode, traces and breakpoints, when the environment asks for them.

#include <memory>
#include <string>
#include <vector>

#include "emulator/cp/loaded.hpp"
#include "emulator/debug/settings.hpp"
#include "emulator/exec/trace.hpp"
#include "emulator/strict/state.hpp"

namespace gcn::emulator {

// GCN_EMU_STRICT, a list, GCN_EMU_STRICT_JSON and GCN_EMU_STRICT_COUNT.
struct StrictSettings {
    bool on = false;
    bool json = false;  // objects on stderr, not sentences
    strict::Promises promises;
    std::string file;   // objects are added to it, one a line; empty: none
    std::string count;  // a pipe that gets a byte for each place; empty: none

    // gcn::Error names what would be accepted.
    static StrictSettings from(const std::string& list, const std::string& file, const std::string& count);
};

class Watch {
public:
    Watch(const StrictSettings&, const debug::Settings&);
    ~Watch();
    const std::vector<Observer*>& observers() const { return all; }

private:
    struct Impl;
    LoadedCode names;
    std::unique_ptr<Impl> impl;
    std::vector<Observer*> all;
};

}  // namespace gcn::emulator
