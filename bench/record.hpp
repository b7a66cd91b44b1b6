#pragma once
// What one call of gcn bench found, as JSON lines: the first says where, when and how many rows follow.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bench/bench.hpp"

namespace gcn {

struct Record {
    std::string device;
    TimeKind kind = TimeKind::Host;
    std::string host;  // whose clock it is, and how it was set up; empty unless times are the host's
    std::string date;  // "2024-05-17 09:30 UTC"
    double peak_gflops = 0;
    std::vector<BenchRow> rows;
};

Record record_of(const Device&);  // now, without rows

// The same members for every row, null where there is no value.
nlohmann::json json_of(const BenchRow&);

std::string lines(const Record&);
// gcn::Error when that is not the whole of what lines() makes; `path` is for its sentence only.
Record parse_record(std::string_view text, const std::string& path);

}  // namespace gcn
