#include "bench/cases.hpp"

#include <algorithm>

// The files as they are, from begin to end; found from the top of the tree, where make runs.
// clang-format off
#define LIST(name)                                                              \
    asm(".pushsection .rodata\n"                                                \
        "gcn_cases_" #name ":     .incbin \"bench/cases/" #name ".txt\"\n"       \
        "gcn_cases_" #name "_end: .byte 0\n"                                    \
        ".popsection\n");                                                       \
    extern "C" __attribute__((visibility("hidden"))) const char gcn_cases_##name[], gcn_cases_##name##_end[];
// clang-format on

LIST(squares)
LIST(resnet50)
LIST(bert_base)
#undef LIST

namespace gcn {

std::span<const CaseList> case_lists() {
#define LIST(name) {#name, {gcn_cases_##name, size_t(gcn_cases_##name##_end - gcn_cases_##name)}},
    static const CaseList lists[] = {LIST(squares) LIST(resnet50) LIST(bert_base)};
#undef LIST
    return lists;
}

std::vector<std::string> cases_in(std::string_view text) {
    std::vector<std::string> cases;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        line = line.substr(0, line.find('#'));
        const size_t begin = line.find_first_not_of(" \t\r"), end = line.find_last_not_of(" \t\r");
        if (begin != line.npos) cases.emplace_back(line.substr(begin, end - begin + 1));
    }
    return cases;
}

}  // namespace gcn
