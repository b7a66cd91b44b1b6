#include "emulator/debug/settings.hpp"

#include <charconv>

#include "gcn/error.hpp"

namespace gcn::emulator::debug {

namespace {

// One variable and its value, for messages.
struct Setting {
    const char* name;
    std::string value;
    const char* accepted;

    [[noreturn]] void refuse() const {
        fail({"start the software Polaris", std::string(name) + " is '" + value + "'", accepted, gcn::Fault::WrongUse});
    }

    // Decimal, or hexadecimal after 0x.
    uint64_t number(std::string_view text) const {
        const bool hex = text.starts_with("0x");
        if (hex) text.remove_prefix(2);
        uint64_t n = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, hex ? 16 : 10);
        if (error != std::errc() || end != text.data() + text.size()) refuse();
        return n;
    }

    Range range(std::string_view text) const {
        const size_t dash = text.find('-');
        if (dash == text.npos) refuse();
        const Range r{number(text.substr(0, dash)), number(text.substr(dash + 1))};
        if (r.from > r.to) refuse();
        return r;
    }

    std::vector<std::string_view> split(std::string_view text, std::string_view by) const {
        std::vector<std::string_view> parts;
        for (size_t at = 0; at <= text.size();) {
            const size_t end = std::min(text.find_first_of(by, at), text.size());
            parts.push_back(text.substr(at, end - at));
            at = end + 1;
        }
        return parts;
    }

    // "0,5,8-11"
    uint64_t lanes() const {
        constexpr uint64_t last = 63;
        uint64_t mask = 0;
        for (const std::string_view part : split(value, ",")) {
            const Range r = part.find('-') == part.npos ? Range{number(part), number(part)} : range(part);
            if (r.to > last) refuse();
            for (uint64_t lane = r.from; lane <= r.to; ++lane) mask |= 1ull << lane;
        }
        return mask;
    }

    // GROUP, a number or X,Y,Z, and WAVE.
    WaveFilter group_and_wave(std::string_view group, std::string_view wave) const {
        WaveFilter f{number(wave), {}, {}};
        const auto parts = split(group, ",");
        if (parts.size() == 1) {
            f.group = number(group);
        } else if (parts.size() == 3) {
            f.place.emplace();
            for (size_t i = 0; i < 3; ++i) {
                const uint64_t n = number(parts[i]);
                if (n > UINT32_MAX) refuse();
                (*f.place)[i] = uint32_t(n);
            }
        } else {
            refuse();
        }
        return f;
    }

    // KERNEL+OFFSET[:GROUP:WAVE][:COUNT]
    Breakpoint breakpoint(std::string_view text) const {
        const size_t plus = text.rfind('+');
        if (plus == text.npos || plus == 0) refuse();
        const auto parts = split(text.substr(plus + 1), ":");
        if (parts.size() > 4) refuse();
        Breakpoint b{std::string(text), std::string(text.substr(0, plus)), number(parts[0]), {}, 1};
        if (parts.size() > 2) b.waves = group_and_wave(parts[1], parts[2]);
        if (parts.size() % 2 == 0) b.count = number(parts.back());
        if (!b.count) refuse();
        return b;
    }
};

}  // namespace

// What the last * stands for grows by a character whenever the rest does not match: no pattern takes long.
bool matches(std::string_view pattern, std::string_view name) {
    size_t p = 0, n = 0, after_star = pattern.npos, taken = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            after_star = ++p, taken = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
            ++p, ++n;
        } else if (after_star != pattern.npos) {
            p = after_star, n = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == pattern.npos;
}

Settings Settings::from(const std::function<std::string(const char*)>& environment) {
    // Calls `apply` when the variable is set.
    const auto with = [&](const char* name, const char* accepted, const auto& apply) {
        if (const Setting s{name, environment(name), accepted}; !s.value.empty()) apply(s);
    };
    constexpr const char* lanes = "lanes from 0 to 63, as 0,5,8-11";
    Settings all;
    Trace& t = all.trace;
    t.file = environment("GCN_EMU_TRACE");
    with("GCN_EMU_TRACE_KERNEL", "", [&](const Setting& s) { t.kernel = s.value; });
    with("GCN_EMU_TRACE_WAVE", "WAVE, or GROUP:WAVE with GROUP a number or X,Y,Z", [&](const Setting& s) {
        const auto parts = s.split(s.value, ":");
        if (parts.size() > 2) s.refuse();
        t.waves = parts.size() == 1 ? WaveFilter{s.number(s.value), {}, {}} : s.group_and_wave(parts[0], parts[1]);
    });
    with("GCN_EMU_TRACE_PC", "FROM-TO, offsets in the kernel, as 0x100-0x180",
         [&](const Setting& s) { t.pc = s.range(s.value); });
    with("GCN_EMU_TRACE_LIMIT", "a number of lines", [&](const Setting& s) { t.limit = s.number(s.value); });
    with("GCN_EMU_TRACE_LANES", lanes, [&](const Setting& s) { t.lanes = s.lanes(); });
    with("GCN_EMU_BREAK", "KERNEL+OFFSET[:GROUP:WAVE][:COUNT], as scale+0x40:0:1, more of them after ';'",
         [&](const Setting& s) {
             for (const std::string_view one : s.split(s.value, ";")) all.breakpoints.push_back(s.breakpoint(one));
         });
    with("GCN_EMU_BREAK_LANES", lanes, [&](const Setting& s) { all.break_lanes = s.lanes(); });
    with("GCN_EMU_BREAK_LDS", "FROM-TO, bytes of LDS, as 0-0xff",
         [&](const Setting& s) { all.lds = s.range(s.value); });
    with("GCN_EMU_BREAK_STOP", "0 or 1", [&](const Setting& s) {
        if (s.value != "0" && s.value != "1") s.refuse();
        all.stop = s.value == "1";
    });
    return all;
}

}  // namespace gcn::emulator::debug
