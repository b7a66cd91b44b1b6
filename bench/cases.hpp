#pragma once
// Lists of cases: the ones in bench/cases, which are part of the program, and a user's own in the same form.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gcn {

struct CaseList {
    std::string_view name;  // "squares"
    std::string_view text;  // one case a line; '#' begins a comment
};
std::span<const CaseList> case_lists();

std::vector<std::string> cases_in(std::string_view text);

}  // namespace gcn
