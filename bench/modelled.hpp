#pragma once
// How the software Polaris' timing model has found times: its log of this process (GCN_EMU_TIMING_LOG).

#include <sys/types.h>

#include <optional>
#include <string>

namespace gcn {

struct Modelled {
    std::string method;      // "exact", "sampled" or "stepped"
    double interval = 0;     // sampled: half the width of the 95 % interval, as a part of the time
    std::string parameters;  // the set of constants, and what was changed of it
    bool operator==(const Modelled&) const = default;
};
std::string text(const Modelled&);  // "exact", "+-0.8 %"

class ModelLog {
public:
    // Before the device is opened. The log is the one that the environment names, else one of its own.
    ModelLog();
    ~ModelLog();
    ModelLog(const ModelLog&) = delete;

    // Of all grids since the last call together: the least exact method, the widest interval. Empty: there were none.
    std::optional<Modelled> take();

private:
    std::string name;  // of the log, while it is not open
    off_t from = 0;    // what is in front of this belongs to others
    int file = -1;
    std::string rest;  // a line that is not whole
};

}  // namespace gcn
