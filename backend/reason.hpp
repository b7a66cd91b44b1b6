#pragma once
// A sentence "gcn: cannot WHAT: WHY. Try: REMEDY." as part of a longer one, which has one beginning and one remedy.

#include <string>
#include <string_view>

namespace gcn {

// Without its ends; the remedy, if it has one, stays.
inline std::string clause(std::string sentence) {
    if (sentence.starts_with("gcn: ")) sentence.erase(0, 5);
    if (sentence.ends_with('.')) sentence.pop_back();
    return sentence;
}

// Takes the remedy away from a clause; empty when it has none. Of several the last is the nearest to the cause.
inline std::string take_remedy(std::string& clause) {
    constexpr std::string_view between = ". Try: ";
    const size_t first = clause.find(between);
    if (first == clause.npos) return {};
    const std::string remedy = clause.substr(clause.rfind(between) + between.size());
    clause.erase(first);
    return remedy;
}

// Why several things did not work: "NAME: why; NAME: why", and the last remedy among them.
struct Reasons {
    std::string text, remedy;

    void add(std::string_view name, std::string why) {
        if (const std::string helps = take_remedy(why); !helps.empty()) remedy = helps;
        text += (text.empty() ? "" : "; ") + std::string(name) + ": " + why;
    }
};

}  // namespace gcn
