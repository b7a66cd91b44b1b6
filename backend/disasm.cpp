#include "backend/disasm.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>
#include <unordered_map>

#include "backend/elf.hpp"
#include "isa/decode.hpp"
#include "isa/print.hpp"

namespace gcn {

namespace {

using isa::Decoded;

// ---- text that assembles to the same words -------------------------------------------------------

// What print.hpp writes where the assembler has no word for it.
constexpr std::array<std::string_view, 10> not_assembled{"reserved", "SEL_7",  "UNUSED_3",   "dpp_ctrl:",   "invalid_",
                                                         ", null",   " null,", "src_shared", "src_private", "src_pops"};

// A literal that prints as an inline constant would become one; a half has no more than 16 bits.
bool has_odd_literal(const Decoded& d) {
    if (d.tail != isa::Tail::Literal) return false;
    if (d.inst->always_literal()) return d.inst->dst == isa::Type::F16 && d.literal() > 0xffff;
    for (int k = 0; k < 2; ++k)
        if (isa::registers(d.inst->src[k]) && d.operand(k) == isa::literal_code &&
            !isa::text::literal(d.literal(), d.inst->src[k]).starts_with("0x"))
            return true;
    return false;
}

// A bit that the text does not tell is one that the assembler would leave 0.
bool has_untold_bit(const Decoded& d, const std::string& text) {
    const std::array<uint32_t, 2> fixed{isa::layout_of(d.format).fixed(), 0}, words{d.w0, d.w1};
    for (const int dword : {0, 1})
        for (uint32_t rest = words[dword] & ~fixed[dword]; rest; rest &= rest - 1) {
            auto fewer = words;
            fewer[dword] &= ~(rest & -rest);
            const auto other = isa::decode(fewer[0], fewer[1]);
            if (other && isa::print(*other) == text) return true;
        }
    return false;
}

bool assembles_back(const Decoded& d, const std::string& text) {
    for (const std::string_view word : not_assembled)
        if (text.find(word) != text.npos) return false;
    const bool status = d.format == isa::Fmt::MTBUF && d['T'];  // which the assembler has of MUBUF only
    return !status && !has_odd_literal(d) && !has_untold_bit(d, text);
}

// What comes after an instruction.
enum class Flow : uint8_t { Next, Stops, Anywhere };

Flow flow_of(std::string_view name) {
    for (const std::string_view stop : {"s_endpgm", "s_endpgm_saved", "s_branch"})
        if (name == stop) return Flow::Stops;
    for (const std::string_view computed : {"s_setpc_b64", "s_swappc_b64", "s_rfe_b64"})
        if (name == computed) return Flow::Anywhere;
    return name.find("_fork") != name.npos || name.find("_join") != name.npos ? Flow::Anywhere : Flow::Next;
}

struct Printed {
    std::string text;
    int words;  // 0: no instruction
    bool assembles;
    std::optional<int64_t> jump;  // bytes from the next instruction to the target
    Flow flow;
};

std::optional<int64_t> jump_of(const Decoded& d) {
    const std::string_view name = d.inst->name;
    const bool jumps = d.format == isa::Fmt::SOPP && (name == "s_branch" || name.starts_with("s_cbranch"));
    if (!jumps) return {};
    return int64_t(int16_t(d['i'])) * 4;
}

// Kernels repeat themselves: each pair of words is printed once.
class Printer {
public:
    const Printed& print(uint32_t w0, std::optional<uint32_t> w1) {
        const auto [it, is_new] = known.try_emplace(uint64_t(w1.value_or(0)) << 32 | w0);
        Printed& p = it->second;
        if (is_new) p = make(w0, w1.value_or(0));
        static const Printed nothing{};
        return p.words == 2 && !w1 ? nothing : p;
    }

private:
    static Printed make(uint32_t w0, uint32_t w1) {
        const auto d = isa::decode(w0, w1);
        if (!d) return {};
        std::string text = isa::print(*d);
        const bool assembles = assembles_back(*d, text);
        return {std::move(text), d->size(), assembles, jump_of(*d), flow_of(d->inst->name)};
    }
    std::unordered_map<uint64_t, Printed> known;
};

std::string hex(uint64_t value) { return isa::text::hex(value); }

std::string directive(std::span<const uint32_t> words) {
    std::string text = ".long ";
    for (size_t i = 0; i < words.size(); ++i) text += (i ? ", " : "") + hex(words[i]);
    return text;
}

// ---- one section ------------------------------------------------------------------------------------

bool is_plain_name(std::string_view name) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '$';
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), plain);
}

// As the assembler wants it.
std::string symbol_text(std::string_view name) {
    if (is_plain_name(name)) return std::string(name);
    std::string out = "\"";
    for (const char c : name) out += c < ' ' || c > '~' || c == '"' || c == '\\' ? '?' : c;
    return out + "\"";
}

struct Start {
    std::string name;
    uint64_t bytes = 0;  // 0: up to the next one
    std::optional<KernelDescriptor> kernel = {};
};

struct CodeSection {
    std::string name;
    std::span<const std::byte> bytes;
    std::map<uint64_t, Start> functions;         // by offset
    std::multimap<uint64_t, std::string> marks;  // other symbols

    uint64_t size() const { return bytes.size() / 4 * 4; }
    uint32_t word(uint64_t offset) const {
        uint32_t w;
        std::memcpy(&w, bytes.data() + offset, sizeof w);
        return w;
    }
};

class Lister {
public:
    Lister(CodeListing& listing, const ListingOptions& options) : listing(listing), options(options) {}

    void list(const CodeSection& s) {
        const size_t first = listing.functions.size();
        uint64_t at = 0;
        for (auto it = s.functions.begin(); it != s.functions.end(); ++it) {
            const auto& [offset, start] = *it;
            const uint64_t next = std::next(it) == s.functions.end() ? s.size() : std::next(it)->first;
            const uint64_t end = start.bytes ? std::min((offset + start.bytes + 3) / 4 * 4, next) : next;
            if (at < offset) between(s, at, offset);
            function(s, offset, end, start);
            at = end;
        }
        if (s.functions.empty())
            function(s, 0, s.size(), {});
        else if (at < s.bytes.size())
            between(s, at, s.size());
        tail(s);
        label(s, std::span(listing.functions).subspan(first));
    }

private:
    struct Jump {
        size_t function, line;
        uint64_t target;  // offset in the section
    };

    bool shows(uint64_t offset) const { return offset >= options.from && offset < options.to; }

    void begin(const CodeSection& s, uint64_t offset, uint64_t end, const Start& start) {
        listing.functions.push_back(
            {symbol_name(start.name), symbol_text(s.name), offset, end - offset, start.kernel, {}});
    }
    static std::string symbol_name(const std::string& name) { return name.empty() ? "" : symbol_text(name); }

    const Printed& print(const CodeSection& s, uint64_t at, uint64_t end) {
        return printer.print(s.word(at), at + 4 < end ? std::optional(s.word(at + 4)) : std::nullopt);
    }

    // Where the instructions begin that can be reached from the function's first; empty when a jump goes to where only
    // registers say. What they leave out is data.
    std::set<uint64_t> reached(const CodeSection& s, uint64_t offset, uint64_t end) {
        std::set<uint64_t> seen;
        std::vector<uint64_t> open{offset};
        for (auto mark = s.marks.lower_bound(offset); mark != s.marks.end() && mark->first < end; ++mark)
            open.push_back(mark->first);
        while (!open.empty()) {
            uint64_t at = open.back();
            open.pop_back();
            while (at >= offset && at < end && seen.insert(at).second) {
                const Printed& p = print(s, at, end);
                if (p.flow == Flow::Anywhere) return {};
                at += 4 * uint64_t(p.words);
                if (p.jump) open.push_back(at + uint64_t(*p.jump));
                if (!p.words || p.flow == Flow::Stops) break;
            }
        }
        return seen;
    }

    void function(const CodeSection& s, uint64_t offset, uint64_t end, const Start& start) {
        if (!options.function.empty() && options.function != start.name) return;
        begin(s, offset, end, start);
        CodeFunction& f = listing.functions.back();
        const auto code = start.name.empty() ? std::set<uint64_t>() : reached(s, offset, end);
        for (uint64_t at = offset; at < end;) {
            const Printed& p = print(s, at, end);
            const bool is_data = !code.empty() && !code.contains(at);
            const bool assembles = p.assembles && !is_data;
            CodeLine line{at - offset, {}, {s.word(at)}, "", ""};
            if (p.words == 2 && !(is_data && code.contains(at + 4))) line.words.push_back(s.word(at + 4));
            if (!assembles && size_t(p.words) == line.words.size()) line.comment = p.text;
            line.text = assembles ? p.text : directive(line.words);
            const uint64_t next = at + 4 * line.words.size();
            if (shows(line.offset)) {
                if (p.jump && assembles)
                    jumps.push_back({listing.functions.size() - 1, f.lines.size(), next + uint64_t(*p.jump)});
                f.lines.push_back(std::move(line));
            }
            at = next;
        }
    }

    // What belongs to no function: padding, data.
    void between(const CodeSection& s, uint64_t from, uint64_t to) {
        if (!options.function.empty()) return;
        begin(s, from, to, {});
        CodeFunction& f = listing.functions.back();
        for (uint64_t at = from; at < to;) {
            uint64_t same = at + 4, end = at + 4;
            while (same < to && s.word(same) == s.word(at)) same += 4;
            const bool filled = same - at >= 12;
            if (filled)
                end = same;
            else
                while (end < to && end - at < 16 && s.word(end) != s.word(end - 4)) end += 4;
            CodeLine line{at - from, {}, {}, "", ""};
            if (filled) {
                line.words = {s.word(at)};
                line.text = ".fill " + std::to_string((end - at) / 4) + ", 4, " + hex(s.word(at));
            } else {
                for (uint64_t i = at; i < end; i += 4) line.words.push_back(s.word(i));
                line.text = directive(line.words);
            }
            if (shows(line.offset)) f.lines.push_back(std::move(line));
            at = end;
        }
        if (f.lines.empty()) listing.functions.pop_back();
    }

    // Bytes that are no whole word.
    void tail(const CodeSection& s) {
        if (s.size() == s.bytes.size() || !options.function.empty() || options.to != UINT64_MAX) return;
        begin(s, s.size(), s.bytes.size(), {});
        std::string text = ".byte ";
        for (uint64_t i = s.size(); i < s.bytes.size(); ++i)
            text += (i > s.size() ? ", " : "") + hex(uint64_t(s.bytes[i]));
        listing.functions.back().lines.push_back({0, {}, {}, text, ""});
    }

    // Names the targets of branches, by a symbol of the code object if there is one: not by a function's, which the
    // assembler would leave to the linker.
    void label(const CodeSection& s, std::span<CodeFunction> functions) {
        std::map<uint64_t, CodeLine*> at;
        for (CodeFunction& f : functions) {
            if (!f.name.empty()) taken.insert(f.name);
            for (CodeLine& line : f.lines) at[f.offset + line.offset] = &line;
        }
        for (const auto& [offset, name] : s.marks)
            if (const auto line = at.find(offset); line != at.end() && taken.insert(symbol_text(name)).second)
                line->second->labels.push_back(symbol_text(name));
        std::map<uint64_t, std::string> names;
        for (const Jump& jump : jumps) names[jump.target];
        for (auto& [target, name] : names) {
            const auto line = at.find(target);
            if (line == at.end()) continue;
            if (line->second->labels.empty()) line->second->labels.push_back(free_label());
            name = line->second->labels.front();
        }
        for (const Jump& jump : jumps) {
            const std::string& name = names[jump.target];
            std::string& text = listing.functions[jump.function].lines[jump.line].text;
            if (!name.empty()) text = text.substr(0, text.rfind(' ') + 1) + name;
        }
        jumps.clear();
    }

    std::string free_label() {
        std::string name;
        do name = "L" + std::to_string(++labels);
        while (!taken.insert(name).second);
        return name;
    }

    CodeListing& listing;
    const ListingOptions& options;
    Printer printer;
    std::vector<Jump> jumps;
    std::set<std::string> taken;
    size_t labels = 0;
};

void rename_registers(CodeListing& listing) {
    for (CodeFunction& f : listing.functions)
        for (CodeLine& line : f.lines)
            if (line.comment.empty() && !line.text.starts_with('.')) line.text = listing.names.in(line.text);
}

// ---- one code object ------------------------------------------------------------------------------

bool is_code(const Section& s) { return s.type == SHT_PROGBITS && s.flags & SHF_EXECINSTR; }

bool is_function(const Symbol& s) {
    constexpr uint8_t kernel = 10;  // STT_AMDGPU_HSA_KERNEL of code objects before version 3
    return s.type == STT_FUNC || s.type == kernel;
}

// Those of the sections that hold code, by their numbers in the file.
std::map<size_t, CodeSection> code_sections(const ElfBytes& file, const Elf& elf) {
    std::map<size_t, CodeSection> code;
    uint64_t total = 0;
    for (size_t i = 0; i < elf.sections.size(); ++i) {
        const Section& s = elf.sections[i];
        if (!is_code(s)) continue;
        code[i] = {std::string(s.name), s.bytes, {}, {}};
        total += s.bytes.size();
        if (total > file.bytes.size()) file.refuse("its sections overlap");
    }
    return code;
}

void add_symbol(std::map<size_t, CodeSection>& code, const Elf& elf, const Symbol& symbol) {
    const auto found = code.find(symbol.section);
    if (found == code.end() || symbol.name.empty()) return;
    CodeSection& s = found->second;
    const uint64_t offset = elf.offset(symbol);
    if (offset >= s.size() || offset % 4) return;
    const std::string name(symbol.name);
    if (!is_function(symbol)) {
        if (symbol.type == STT_NOTYPE) s.marks.emplace(offset, name);
    } else if (!s.functions.try_emplace(offset, Start{name, std::min(symbol.size, s.size())}).second) {
        s.marks.emplace(offset, name);
    }
}

// The kernels whose descriptors (symbols NAME.kd) are there: with their code, which may have no symbol of its own.
void add_kernels(std::map<size_t, CodeSection>& code, const Elf& elf) {
    std::map<std::string, Start*> starts;
    for (auto& [number, s] : code)
        for (auto& [offset, start] : s.functions) starts.emplace(start.name, &start);
    for (const Symbol& symbol : elf.symbols) {
        if (!symbol.name.ends_with(".kd") || symbol.section >= elf.sections.size()) continue;
        const std::string name(symbol.name.substr(0, symbol.name.size() - 3));
        const auto bytes = elf.sections[symbol.section].bytes;
        const uint64_t at = elf.offset(symbol);
        if (at > bytes.size() || bytes.size() - at < KernelDescriptor::bytes) continue;
        const auto kernel = read_descriptor(bytes.subspan(at).first<KernelDescriptor::bytes>(), symbol_text(name));
        if (const auto known = starts.find(name); known != starts.end()) {
            known->second->kernel = kernel;
            continue;
        }
        for (auto& [number, s] : code) {
            const uint64_t offset = symbol.value + kernel.entry - elf.sections[number].address;
            if (elf.relocatable() || offset >= s.size() || offset % 4) continue;
            s.functions.try_emplace(offset, Start{name}).first->second.kernel = kernel;
            break;
        }
    }
}

void check_function(const ElfBytes& file, const CodeListing& listing, const std::map<size_t, CodeSection>& code,
                    const std::string& wanted) {
    if (wanted.empty() || !listing.functions.empty()) return;
    std::string names;
    for (const auto& [number, s] : code)
        for (const auto& [offset, start] : s.functions)
            if (names.size() < 100) names += (names.empty() ? "" : ", ") + start.name;
    file.refuse("it has no kernel " + wanted + (names.empty() ? "" : ", but " + names));
}

}  // namespace

CodeListing disassemble(std::span<const std::byte> bytes, std::string_view what, const ListingOptions& options) {
    const ElfBytes file{bytes, what};
    const Elf elf = read_elf(bytes, what);
    if (elf.header.e_machine != machine_amdgpu)
        file.refuse("it is for machine " + std::to_string(elf.header.e_machine) + ", not for AMDGPU (" +
                    std::to_string(machine_amdgpu) + ")");
    auto code = code_sections(file, elf);
    CodeListing listing;
    for (const Symbol& s : elf.symbols) {
        add_symbol(code, elf, s);
        if (s.section == SHN_ABS) listing.names.add(s.name, s.value);
    }
    add_kernels(code, elf);
    Lister lister(listing, options);
    for (const auto& [number, s] : code)
        if (!s.bytes.empty()) lister.list(s);
    check_function(file, listing, code, options.function);
    if (options.names) rename_registers(listing);
    return listing;
}

CodeListing disassemble(std::span<const uint32_t> words, const ListingOptions& options) {
    CodeListing listing;
    Lister(listing, options).list({".text", std::as_bytes(words), {}, {}});
    return listing;
}

}  // namespace gcn
