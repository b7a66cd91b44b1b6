// Sentences, JSON and counts.

#include "emulator/strict/report.hpp"

#include "isa/print.hpp"

namespace gcn::emulator::strict {

namespace {

constexpr const char* names[] = {
#define FINDING(name, what) #name,
#include "emulator/strict/findings.def"
#undef FINDING
};

std::string hex(uint64_t x) { return isa::text::hex(x); }

}  // namespace

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c < ' ' || c > '~' ? '?' : c;
    }
    return out + "\"";
}

const char* name_of(Kind kind) { return names[size_t(kind)]; }

std::string Finding::text() const {
    std::string out = (kernel.empty() ? "the code at " + hex(pc) : kernel + "+" + hex(offset)) + ", workgroup (" +
                      std::to_string(group[0]) + "," + std::to_string(group[1]) + "," + std::to_string(group[2]) +
                      "), wave " + std::to_string(wave);
    if (lane >= 0) out += ", lane " + std::to_string(lane);
    return out + ": " + instruction + " " + what;
}

std::string Finding::json() const {
    const auto field = [](const char* name, const std::string& value) {
        return ",\"" + std::string(name) + "\":" + value;
    };
    std::string out = "{\"kind\":" + quoted(name_of(kind)) + field("kernel", quoted(kernel)) +
                      field("offset", std::to_string(offset)) + field("pc", std::to_string(pc)) +
                      field("workgroup", "[" + std::to_string(group[0]) + "," + std::to_string(group[1]) + "," +
                                             std::to_string(group[2]) + "]") +
                      field("wave", std::to_string(wave));
    if (lane >= 0) out += field("lane", std::to_string(lane));
    out += field("instruction", quoted(instruction));
    if (reg >= 0) out += field("register", quoted(Names().shown(reg)));
    if (!register_name.empty()) out += field("name", quoted(register_name));
    if (!earlier.empty())
        out +=
            field("earlier", "{\"kernel\":" + quoted(earlier_kernel) + field("offset", std::to_string(earlier_offset)) +
                                 field("instruction", quoted(earlier)) + "}");
    return out + field("text", quoted(text())) + "}";
}

void Reports::found(const Place& place, const std::function<Finding()>& describe) {
    {
        const std::lock_guard lock(guard);
        if (counts[place]++) return;
    }
    show(describe());
}

uint64_t Reports::places() const {
    const std::lock_guard lock(guard);
    return counts.size();
}

uint64_t Reports::occurrences() const {
    const std::lock_guard lock(guard);
    uint64_t sum = 0;
    for (const auto& [place, count] : counts) sum += count;
    return sum;
}

std::string Reports::summary() const {
    const auto some = [](uint64_t n, const std::string& what) {
        return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
    };
    return some(places(), "place") + ", " + some(occurrences(), "time");
}

}  // namespace gcn::emulator::strict
