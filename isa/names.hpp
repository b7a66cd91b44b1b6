#pragma once
// The names that a kernel gave its registers, from the absolute symbols of its code object: NAME is the number of the
// first one and count.NAME how many there are; names of scalar registers begin with s, of vector registers with v. See
// asm/include/gcn.inc. Beside counted names those without a count are aliases and other numbers; where none is counted,
// sName and vName reach up to the next one.

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gcn::isa {

class RegisterNames {
public:
    void add(std::string_view symbol, uint64_t value) {
        constexpr std::string_view count = "count.";
        const bool counts = symbol.starts_with(count);
        const std::string_view name = counts ? symbol.substr(count.size()) : symbol;
        if (value > most || !is_name(name)) return;
        Range& range = ranges[std::string(name)];
        (counts ? range.count : range.first) = uint32_t(value);
        counted |= counts;
    }

    // "vAcc[3]", or "vLane" where there is one; empty for a register without a name. `file`: 's' or 'v'.
    std::string of(char file, uint32_t number) const {
        const auto found = find(file, number);
        if (found == ranges.end()) return "";
        const auto& [name, range] = *found;
        const bool one = counted ? range.count == 1 : number == range.first;
        return one ? name : name + "[" + std::to_string(number - range.first) + "]";
    }

    // The text of an instruction with v[vAcc+3] for v50 and v[vA:vA+3] for v[15:18]: the assembler reads it as before
    // when it knows the names.
    std::string in(std::string_view text) const {
        std::string out;
        for (size_t i = 0; i < text.size();) {
            const size_t end = i && is_word(text[i - 1]) ? i : end_of_register(text, i);
            out += end == i ? std::string(1, text[i]) : renamed(text.substr(i, end - i));
            i = std::max(end, i + 1);
        }
        return out;
    }

    // Each name with its first register and how many there are (0: it was not said), in the order of names.
    template <class Action> void for_each(Action action) const {
        for (const auto& [name, range] : ranges)
            if (counted ? range.count > 0 : is_capital(name)) action(name, range.first, range.count);
    }

private:
    struct Range {
        uint32_t first = 0, count = 0;
    };
    using Ranges = std::map<std::string, Range>;
    static constexpr uint64_t most = 256;

    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    static bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; }
    static bool is_name(std::string_view name) {
        return name.size() > 1 && (name[0] == 's' || name[0] == 'v') && !is_digit(name[1]) &&
               std::all_of(name.begin(), name.end(), is_word);
    }

    static bool is_capital(std::string_view name) { return name[1] >= 'A' && name[1] <= 'Z'; }

    // The nearest name at or below the register that reaches it.
    Ranges::const_iterator find(char file, uint32_t number) const {
        auto best = ranges.end();
        bool above = false;
        for (auto it = ranges.begin(); it != ranges.end(); ++it) {
            const auto& [name, range] = *it;
            if (name[0] != file || (!counted && !is_capital(name))) continue;
            above |= range.first > number;
            if (range.first > number || (counted && number - range.first >= range.count)) continue;
            if (best == ranges.end() || range.first > best->second.first) best = it;
        }
        const bool reaches = best != ranges.end() && (counted || above || best->second.first == number);
        return reaches ? best : ranges.end();
    }

    static size_t end_of_digits(std::string_view text, size_t at) {
        while (at < text.size() && is_digit(text[at])) ++at;
        return at;
    }

    // Of "v12" or "v[12:15]" at `at`; `at` itself when there is none.
    static size_t end_of_register(std::string_view text, size_t at) {
        if (text[at] != 's' && text[at] != 'v') return at;
        const bool range = at + 1 < text.size() && text[at + 1] == '[';
        const size_t first = at + 1 + range, end = end_of_digits(text, first);
        if (end == first) return at;
        if (!range) return end < text.size() && is_word(text[end]) ? at : end;
        if (end == text.size() || text[end] != ':') return at;
        const size_t last = end_of_digits(text, end + 1);
        return last > end + 1 && last < text.size() && text[last] == ']' ? last + 1 : at;
    }

    static std::string plus(const std::string& name, uint32_t index) {
        return index ? name + "+" + std::to_string(index) : name;
    }

    std::string renamed(std::string_view reg) const {
        const auto number = [&](size_t at) { return uint32_t(std::stoul(std::string(reg.substr(at, 4)))); };
        const size_t colon = reg.find(':');
        const uint32_t first = number(colon == reg.npos ? 1 : 2);
        const auto found = find(reg[0], first);
        if (found == ranges.end()) return std::string(reg);
        const auto& [name, range] = *found;
        std::string out = reg[0] + ("[" + plus(name, first - range.first));
        if (colon == reg.npos) return out + "]";
        const uint32_t last = number(colon + 1);
        const auto other = find(reg[0], last);
        if (other == ranges.end()) return out + ":" + std::to_string(last) + "]";
        return out + ":" + plus(other->first, last - other->second.first) + "]";
    }

    Ranges ranges;
    bool counted = false;
};

}  // namespace gcn::isa
