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
    bool by_default;        // run when nothing else is asked for
};
std::span<const CaseList> case_lists();
const CaseList& case_list(std::string_view name);  // gcn::Error (wrong use) with the names when there is none

std::vector<std::string> cases_in(std::string_view text);

}  // namespace gcn
