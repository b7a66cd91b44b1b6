#pragma once
// Whether a case has become faster or slower since an earlier run, beyond what the noise of both explains.

#include <optional>
#include <string>

#include "bench/record.hpp"

namespace gcn {

enum class Speed { Same, Faster, Slower, TooFewRuns, OtherConstants };
const char* text(Speed);  // "the same"

struct Change {
    double ratio = 1;  // new median / old median: above 1 is slower
    double noise = 0;  // what both medians may be off by together, as a share of the old one
    Speed speed = Speed::Same;
};

// Faster and slower are said only when the medians differ by more than both interquartile ranges, and the intervals of
// times that were modelled by samples, together, and by 3 % at least; and of three runs or more, for less have no
// spread worth the name.
Change change(const BenchRow& before, const BenchRow& now);

// The row of that case; nullptr when there is none with a time that was verified.
const BenchRow* row_of(const Record&, const std::string& name);

// Why times of the two cannot be compared; empty when they can.
std::string incomparable(const Record& before, const Record& now);

}  // namespace gcn
