#include "emulator/timing/parameters.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "gcn/error.hpp"
#include "isa/decode.hpp"

// The files as they are, from begin to end; found from the top of the tree, where make runs.
asm(".pushsection .rodata\n"
    "gcn_timing_parameters:     .incbin \"emulator/timing/parameters.tsv\"\n"
    "gcn_timing_parameters_end: .byte 0\n"
    "gcn_timing_valu:           .incbin \"emulator/timing/valu.tsv\"\n"
    "gcn_timing_valu_end:       .byte 0\n"
    ".popsection\n");
extern "C" __attribute__((visibility("hidden"))) const char gcn_timing_parameters[], gcn_timing_parameters_end[],
    gcn_timing_valu[], gcn_timing_valu_end[];

namespace gcn::emulator::timing {

namespace {

std::string_view take_until(std::string_view& text, char end) {
    const std::string_view part = text.substr(0, text.find(end));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
}

double number(std::string_view cell) {
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    GCN_ASSERT(error == std::errc() && end == cell.data() + cell.size());
    return value;
}

// Lines that are no comment, cut at tabs.
template <size_t columns> std::vector<std::array<std::string_view, columns>> table(const char* first, const char* end) {
    std::string_view text(first, size_t(end - first));
    std::vector<std::array<std::string_view, columns>> rows;
    while (!text.empty()) {
        std::string_view line = take_until(text, '\n');
        if (line.starts_with('#')) continue;
        for (std::string_view& cell : rows.emplace_back()) cell = take_until(line, '\t');
        GCN_ASSERT(line.empty() && !rows.back().back().empty());
    }
    return rows;
}

struct Member {
    std::string_view name;
    double Parameters::*real;
    uint32_t Parameters::*whole;
};
constexpr Member member(std::string_view name, double Parameters::*m) { return {name, m, nullptr}; }
constexpr Member member(std::string_view name, uint32_t Parameters::*m) { return {name, nullptr, m}; }
constexpr Member members[] = {
#define PARAMETER(type, name) member(#name, &Parameters::name),
#include "emulator/timing/parameters.def"
#undef PARAMETER
};
const Member* find(std::string_view name) {
    for (const Member& m : members)
        if (m.name == name) return &m;
    return nullptr;
}

bool fits(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    if (pattern[0] == '*') return fits(pattern.substr(1), name) || (!name.empty() && fits(pattern, name.substr(1)));
    return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) && fits(pattern.substr(1), name.substr(1));
}

}  // namespace

const std::vector<ParameterRow>& parameter_rows() {
    static const std::vector<ParameterRow> all = [] {
        std::vector<ParameterRow> rows;
        for (const auto& c : table<7>(gcn_timing_parameters, gcn_timing_parameters_end))
            rows.push_back({c[0], c[3], c[6], number(c[1]), number(c[2]), number(c[4]), number(c[5])});
        GCN_ASSERT(rows.size() == std::size(members));
        for (size_t i = 0; i < rows.size(); ++i) GCN_ASSERT(rows[i].name == members[i].name);
        return rows;
    }();
    return all;
}

Parameters Parameters::of(const isa::Chip& chip, std::string_view changes) {
    Parameters p;
    for (const ParameterRow& row : parameter_rows()) p.set(row.name, chip.chip == "Fiji" ? row.fiji : row.polaris);
    if (p.core_mhz == 0) p.core_mhz = chip.mhz;
    if (p.dram_gbs == 0) p.dram_gbs = chip.dram_gbs;
    if (p.waves_per_simd == 0) p.waves_per_simd = uint32_t(chip.waves_per_simd);
    static const auto rows = table<5>(gcn_timing_valu, gcn_timing_valu_end);
    for (const auto& c : rows) p.rates.push_back({c[0], uint32_t(number(c[1]))});
    while (!changes.empty()) p.change(take_until(changes, ','));
    return p;
}

void Parameters::change(std::string_view to) {
    const auto refuse = [&](const std::string& why, const std::string& remedy) {
        fail({"start the software Polaris", "GCN_EMU_TIMING_SET has '" + std::string(to) + "', and " + why, remedy,
              Fault::WrongUse});
    };
    const std::string_view name = to.substr(0, to.find('=')), text = to.substr(std::min(name.size() + 1, to.size()));
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) refuse("that is not NAME=NUMBER", "core_mhz=1200");
    const Member* const m = find(name);
    if (m) {
        const ParameterRow& row = parameter_rows()[size_t(m - members)];
        char range[80];
        std::snprintf(range, sizeof range, "%g to %g %s", row.low, row.high, std::string(row.unit).c_str());
        if (!(value >= row.low && value <= row.high)) refuse("that lies outside of its range", range);
        if (m->whole && value != std::floor(value)) refuse("that has to be a whole number", range);
        set(name, value);
    } else if (!set_valu(name, value >= 4 && value <= 1024 && value == std::floor(value) ? uint32_t(value) : 0)) {
        if (const isa::Inst* inst = isa::find_inst(name); inst && inst->is_valu())
            refuse("an instruction occupies its SIMD for a multiple of 4 clocks", "4 to 1024");
        refuse("there is no such parameter and no such instruction of the vector ALU",
               "a name of emulator/timing/parameters.tsv");
    }
    changed += "," + std::string(to);
}

bool Parameters::set(std::string_view name, double value) {
    const Member* m = find(name);
    if (!m || !(value >= 0 && value < 1e9)) return false;
    if (m->real) this->*m->real = value;
    if (m->whole) this->*m->whole = uint32_t(value);
    return true;
}

double Parameters::get(std::string_view name) const {
    const Member* m = find(name);
    return !m ? 0 : m->real ? this->*m->real : double(this->*m->whole);
}

uint32_t Parameters::valu_clocks(std::string_view instruction, uint32_t otherwise) const {
    for (const Rate& rate : rates)
        if (fits(rate.pattern, instruction)) return rate.clocks;
    return otherwise;
}

bool Parameters::set_valu(std::string_view instruction, uint32_t clocks) {
    const isa::Inst* inst = isa::find_inst(instruction);
    if (!inst || !inst->is_valu() || clocks < 4 || clocks > 1024 || clocks % 4) return false;
    rates.insert(rates.begin(), {inst->name, clocks});
    return true;
}

}  // namespace gcn::emulator::timing
