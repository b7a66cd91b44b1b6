// A time prints with its kind, and a device's name says which kind its times are.

#include <cmath>
#include <cstdio>
#include <limits>

#include "backend/backend.hpp"

namespace gcn {

std::string text(Time t) {
    static constexpr const char* kinds[] = {"measured", "modelled", "host"};
    if (std::isnan(t.us)) return "a time that was not modelled";
    char line[48];
    std::snprintf(line, sizeof line, "%.1f us %s", t.us, kinds[int(t.kind)]);
    return line;
}

// libdrm's list of names has commas between its columns, so a name in it has a semicolon instead.
TimeKind time_kind_of(std::string_view device_name) {
    if (device_name.ends_with("(software)")) return TimeKind::Modelled;
    for (const char* end : {"(software, host clock)", "(software; host clock)"})
        if (device_name.ends_with(end)) return TimeKind::Host;
    return TimeKind::Measured;
}

bool is_software(std::string_view device_name) { return time_kind_of(device_name) != TimeKind::Measured; }

double known_us(Time t, const std::string& what) {
    if (std::isnan(t.us))
        fail({"time " + what, "more of it was recorded than the timing model has room for", "GCN_EMU_TIMING=off"});
    return t.us;
}

Time time_between(uint64_t begin, uint64_t end, const DeviceInfo& info, double us_per_tick) {
    const bool known = begin != end || info.time_kind != TimeKind::Modelled;
    return {known ? double(end - begin) * us_per_tick : std::numeric_limits<double>::quiet_NaN(), info.time_kind};
}

}  // namespace gcn
