#pragma once
// The constants of the timing model: values for a chip, from parameters.tsv and valu.tsv, which give the source of
// each. A changed table gets a new name, so that a figure can be traced to the set that made it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "isa/chips.hpp"

namespace gcn::emulator::timing {

inline constexpr std::string_view set_name = "gfx803-0";

// A row of a table, as its file has it.
struct ParameterRow {
    std::string_view name, unit, source;
    double polaris, fiji, low, high;
    bool is_guess() const { return source.starts_with("guess"); }
};
const std::vector<ParameterRow>& parameter_rows();

struct Parameters {
#define PARAMETER(type, name) type name = 0;
#include "emulator/timing/parameters.def"
#undef PARAMETER

    // `changes`: "NAME=VALUE,...", where NAME is one of parameters.tsv and VALUE within its range, or NAME is an
    // instruction of the vector ALU and VALUE the clocks that it takes. gcn::Error says what is wrong.
    static Parameters of(const isa::Chip&, std::string_view changes = "");

    std::string set_of() const { return std::string(set_name) + changed; }  // and what was changed: ",core_mhz=1200"

    // For tests, which may leave the range. False: there is none of that name, and nothing changes.
    bool set(std::string_view name, double value);
    double get(std::string_view name) const;  // 0: there is none

    // Clocks that an instruction of the vector ALU occupies its SIMD; `otherwise` where valu.tsv does not name it.
    uint32_t valu_clocks(std::string_view instruction, uint32_t otherwise) const;
    bool set_valu(std::string_view instruction, uint32_t clocks);

    double clocks(double ns) const { return ns * core_mhz / 1e3; }
    double seconds(uint64_t cycles) const { return double(cycles) / (core_mhz * 1e6); }

private:
    void change(std::string_view to);

    std::string changed;
    struct Rate {
        std::string_view pattern;
        uint32_t clocks;
    };
    std::vector<Rate> rates;
};

}  // namespace gcn::emulator::timing
