#pragma once
// Arithmetic over what was counted: expressions of events and constants of the device. Knows no register and no file.
//
//     const Expression e("100 * sum(TCC_HIT) / (sum(TCC_HIT) + sum(TCC_MISS))");
//     e.counts();                          // what must be counted, in one pass
//     Figure f = e.value(readings, topology);
//
// What was not counted, and what the device does not model, stay what they are through all arithmetic: they never
// become 0.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "perfcounters/gfx803/tables.hpp"

namespace gcn::perfcounters {

// An event to count. With a level: what that event counts a level of, summed over clocks by `event`, which must stand
// in the counter behind the level's.
struct Count {
    const Event* event;
    const Event* level = nullptr;

    bool operator==(const Count&) const = default;
};
std::string text(const Count&);  // "SQ_WAVES", "accum(SQ_LEVEL_WAVES)"

// What came of it: a value per instance, gcn::not_modelled where the device has none.
struct Reading {
    Count count;
    std::vector<uint64_t> values;
};
using Readings = std::vector<Reading>;

// A number, or why there is none.
struct Figure {
    enum class Kind : uint8_t { Number, NotModelled, NotAvailable };

    Kind kind = Kind::NotAvailable;
    double number = 0;
    std::string why = {};  // of what is no number

    static Figure of(double number);
    bool is_number() const { return kind == Kind::Number; }
};
std::string text(const Figure&, int decimals);  // "12.5", "not modelled", "n/a"

class Expression {
public:
    explicit Expression(std::string_view text);  // gcn::Error when it is none
    const std::string& text() const { return source; }
    const std::vector<Count>& counts() const { return needed; }  // each once
    Figure value(const Readings&, const Topology&) const;

private:
    friend class ExpressionReader;
    enum class Do : uint8_t { Number, Constant, Sum, Max, Min, Mean, Add, Subtract, Multiply, Divide };
    struct Step {
        Do what;
        double number = 0;         // Number
        size_t index = 0;          // Constant, or of the count in `needed`
        std::string divisor = {};  // Divide: its text
    };

    std::string source;
    std::vector<Count> needed;
    std::vector<Step> steps;  // operands first
};

}  // namespace gcn::perfcounters
