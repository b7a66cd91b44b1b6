#pragma once
// Traces and breakpoints: an observer that writes what waves do. docs/debugging.md.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "emulator/debug/settings.hpp"
#include "emulator/exec/trace.hpp"
#include "emulator/strict/names.hpp"

namespace gcn::emulator::debug {

// Where text goes, whole lines at a time; called by several threads.
using Sink = std::function<void(const std::string&)>;

class Debugger : public Observer {
public:
    // The source of names outlives it. `end`: what BREAK_STOP does, called once.
    Debugger(const Settings&, strict::NameSource&, Sink trace, Sink breaks, std::function<void()> end);

    std::unique_ptr<GridObserver> grid(const Dispatch&) override;
    // Breakpoints that nothing has reached, for people; empty when all were.
    std::string never_reached() const;
    // Was a trace asked for, and has no line?
    bool traced_nothing() const { return !settings.trace.file.empty() && lines == 0; }

private:
    friend class Grid;
    friend class Group;

    void write_trace(const std::string& line);

    const Settings settings;
    strict::NameSource& source;
    const Sink trace_to, breaks_to;
    const std::function<void()> end;
    std::atomic<uint64_t> lines{0};           // of the trace
    std::vector<std::atomic<uint64_t>> hits;  // of each breakpoint
};

}  // namespace gcn::emulator::debug
