#include "emulator/debug/text.hpp"

#include <bit>
#include <cstdio>

#include "isa/print.hpp"

namespace gcn::emulator::debug {

namespace {

namespace reg = strict::reg;
using strict::Fact;
using strict::Unit;

constexpr int lanes_of_wave = 64;

uint64_t pair(const Wave& w, int first) { return uint64_t(w.s[first + 1]) << 32 | w.s[first]; }

// A vector register: the value of each lane asked for, or the first active lane's.
std::string vector_text(const Wave& w, int r, uint64_t exec, uint64_t lanes) {
    std::string out;
    if (lanes) {
        for (uint64_t left = lanes; left; left &= left - 1) {
            const int lane = std::countr_zero(left);
            out += (out.empty() ? "[" : ", [") + std::to_string(lane) + "] " + value_text(value_of(w, r, lane)) +
                   (exec >> lane & 1 ? "" : " (not active)");
        }
        return out;
    }
    if (!exec) return "unchanged: no lane is active";
    const int first = std::countr_zero(exec);
    int differ = 0;
    for (int lane = first; lane < lanes_of_wave; ++lane)
        differ += (exec >> lane & 1) && value_of(w, r, lane) != value_of(w, r, first);
    out = value_text(value_of(w, r, first)) + " in lane " + std::to_string(first);
    return out + (differ ? ", " + std::to_string(differ) + " differ" : "");
}

std::string scalar_text(const Wave& w, const strict::Operand& o) {
    if (o.count == 2) return hex(pair(w, o.first), 16);
    std::string out;
    for (int i = 0; i < o.count; ++i) out += (i ? " " : "") + hex(value_of(w, o.first + i, 0), 8);
    return out;
}

// "vcc", "s[4:5] (sA)", and what shown() says of one register.
std::string scalar_name(const strict::Operand& o, const strict::Names& names) {
    if (o.count == 1) return names.shown(o.first);
    if (o.count == 2 && o.first == reg::vcc) return "vcc";
    if (o.count == 2 && o.first == reg::exec) return "exec";
    const std::string name = names.name_of(o.first);
    return isa::text::scalar(o.first, o.count) + (name.empty() ? "" : " (" + name + ")");
}

uint64_t buffer_address(const Wave& w, const isa::Decoded& d, int lane) {
    const int r = 4 * int(d['r']);
    const uint64_t base = pair(w, r) & 0xffffffffffff;
    const uint32_t stride = w.s[r + 1] >> 16 & 0x3fff;
    const bool indexed = d['I'];
    const uint64_t index = indexed ? w.v[d['p']][lane] : 0, offset = d['F'] ? w.v[d['p'] + indexed][lane] : 0;
    return base + w.s[d['s']] + index * stride + offset + d['i'];
}

}  // namespace

std::string hex(uint64_t value, int digits) {
    char text[24];
    return {text, size_t(std::snprintf(text, sizeof text, "0x%0*llx", digits, static_cast<unsigned long long>(value)))};
}

std::string value_text(uint32_t bits) {
    char text[64];
    return {text, size_t(std::snprintf(text, sizeof text, "0x%08x (%d, %.9g)", bits, int32_t(bits),
                                       double(std::bit_cast<float>(bits))))};
}

uint32_t value_of(const Wave& w, int r, int lane) {
    if (strict::is_vector(r)) return w.v[r - reg::vector][lane];
    return r == reg::scc ? w.scc : w.s[r];
}

std::string results(const Wave& w, const Fact& f, const strict::Names& names, uint64_t exec, uint64_t lanes) {
    std::string out, flag;
    const auto add = [&](const std::string& name, const std::string& value) {
        out += (out.empty() ? "" : "; ") + name + " = " + value;
    };
    for (int i = 0; i < f.write_count; ++i) {
        const strict::Operand& o = f.writes[i];
        if (o.first == reg::scc)
            flag = std::to_string(w.scc);
        else if (!strict::is_vector(o.first))
            add(scalar_name(o, names), scalar_text(w, o));
        else
            for (int r = o.first; r < o.first + o.count && r < reg::all; ++r)
                add(names.shown(r), vector_text(w, r, exec, lanes));
    }
    if (!flag.empty()) add("scc", flag);
    return out;
}

std::string address_text(const Wave& w, const Fact& f) {
    if (f.access == strict::Access::None) return "";
    const isa::Decoded& d = f.decoded;
    const uint64_t exec = pair(w, reg::exec);
    if (f.unit == Unit::Smem) {
        const uint64_t base = pair(w, 2 * int(d['a']));
        const bool is_buffer = f.name().starts_with("s_buffer");
        const uint32_t offset = d['I'] ? d['i'] : w.s[d['i'] & 127];
        return " at " + hex((is_buffer ? base & 0xffffffffffff : base) + offset);
    }
    if (!exec) return "";
    const int lane = std::countr_zero(exec);
    switch (f.unit) {
        case Unit::Flat:
            return " at " + hex(uint64_t(w.v[d['p'] + 1][lane]) << 32 | w.v[d['p']][lane]);
        case Unit::Buffer:
            return " at " + hex(buffer_address(w, d, lane));
        case Unit::Lds:
            return " at LDS " + hex(w.v[d['p']][lane] + f.offset[0]) +
                   (f.elements == 2 ? " and " + hex(w.v[d['p']][lane] + f.offset[1]) : "");
        default:
            return "";
    }
}

std::string place_text(const std::array<uint32_t, 3>& group, uint32_t wave) {
    return "group " + std::to_string(group[0]) + "," + std::to_string(group[1]) + "," + std::to_string(group[2]) +
           ", wave " + std::to_string(wave);
}

}  // namespace gcn::emulator::debug
