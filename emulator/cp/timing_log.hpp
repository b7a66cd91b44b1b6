#pragma once
// How the time of each grid was found: a line of JSON for each, in the file that GCN_EMU_TIMING_LOG names.

#include <memory>
#include <string>

#include "emulator/cp/line_file.hpp"
#include "emulator/cp/loaded.hpp"
#include "emulator/exec/exec.hpp"

namespace gcn::emulator {

namespace timing {
class TimedGrid;
}

class TimingLog {
public:
    explicit TimingLog(const std::string& file);  // empty: none
    void add(const Dispatch&, const timing::TimedGrid&);
    bool on() const { return file != nullptr; }

private:
    LoadedCode names;
    std::unique_ptr<LineFile> file;
};

}  // namespace gcn::emulator
