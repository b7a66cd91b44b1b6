#include "emulator/cp/timing_log.hpp"

#include <unistd.h>

#include <cstdio>

#include "emulator/strict/report.hpp"
#include "emulator/timing/grid.hpp"

namespace gcn::emulator {

TimingLog::TimingLog(const std::string& name) {
    if (!name.empty()) file = std::make_unique<LineFile>("GCN_EMU_TIMING_LOG", name);
}

void TimingLog::add(const Dispatch& d, const timing::TimedGrid& grid) {
    const timing::Found& found = grid.result();
    const auto three = [](const auto& n) {
        return "[" + std::to_string(n[0]) + "," + std::to_string(n[1]) + "," + std::to_string(n[2]) + "]";
    };
    const auto code = names.at(d.entry);
    const int function = code->function(d.entry);
    char numbers[200];
    std::snprintf(numbers, sizeof numbers,
                  ",\"method\":\"%s\",\"interval\":%.6f,\"cycles\":%llu,\"ns\":%.3f,\"instructions\":%llu",
                  timing::text(found.method), found.interval, static_cast<unsigned long long>(found.cycles), found.ns,
                  static_cast<unsigned long long>(found.instructions));
    file->add("{\"pid\":" + std::to_string(getpid()) +
              ",\"kernel\":" + strict::quoted(function < 0 ? "" : code->functions()[size_t(function)].name) +
              ",\"grid\":" + three(d.grid) + ",\"workgroup\":" + three(d.group) + numbers + ",\"reused\":" +
              (grid.reused() ? "true" : "false") + ",\"parameters\":" + strict::quoted(grid.with().set_of()) + "}\n");
}

}  // namespace gcn::emulator
