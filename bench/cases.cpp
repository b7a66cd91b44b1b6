#include "bench/cases.hpp"

#include <algorithm>

#include "gcn/error.hpp"

// One row per file: its name, and whether it is run when nothing else is asked for.
#define LISTS                       \
    LIST(squares, true)             \
    LIST(resnet50, true)            \
    LIST(bert_base, true)           \
    LIST(squares_large, false)      \
    LIST(skinny, false)             \
    LIST(resnet50_backward, false)  \
    LIST(bert_base_backward, false) \
    LIST(gpt2, false)               \
    LIST(gpt2_backward, false)      \
    LIST(deepbench_train, false)    \
    LIST(deepbench_server, false)

// The files as they are, from begin to end; found from the top of the tree, where make runs.
// clang-format off
#define LIST(name, by_default)                                                  \
    asm(".pushsection .rodata\n"                                                \
        "gcn_cases_" #name ":     .incbin \"bench/cases/" #name ".txt\"\n"       \
        "gcn_cases_" #name "_end: .byte 0\n"                                    \
        ".popsection\n");                                                       \
    extern "C" __attribute__((visibility("hidden"))) const char gcn_cases_##name[], gcn_cases_##name##_end[];
// clang-format on

LISTS
#undef LIST

namespace gcn {

std::span<const CaseList> case_lists() {
#define LIST(name, by_default) \
    {#name, {gcn_cases_##name, size_t(gcn_cases_##name##_end - gcn_cases_##name)}, by_default},
    static const CaseList lists[] = {LISTS};
#undef LIST
    return lists;
}

const CaseList& case_list(std::string_view name) {
    std::string names;
    for (const CaseList& list : case_lists()) {
        if (list.name == name) return list;
        names += (names.empty() ? "" : ", ") + std::string(list.name);
    }
    fail({"find the list " + std::string(name), "there is none of that name", "one of " + names, Fault::WrongUse});
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
