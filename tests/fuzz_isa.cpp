// isa/ against LLVM 16, the oracle of encodings: words of every opcode, their fields random or corners, must decode and
// print as LLVM's disassembler has them, and what we print must assemble to the same bytes again.
//
//   fuzz_isa [--words N] [--seed N] [--exceptions FILE] [--opcodes FILE]
//
// Exit status 1 for a difference. The last FILE becomes the list of LLVM's opcodes met, for tools/isa_coverage.py.
// Differences are allowed by name only, in tests/isa_exceptions.txt; one that nothing needs is a failure too.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "isa/decode.hpp"
#include "isa/print.hpp"
#include "tests/llvm_mc.hpp"

using namespace gcn::isa;
using gcn::oracle::Assembled;
using gcn::oracle::Disassembled;
using gcn::oracle::Machine;
using gcn::oracle::Words;

namespace {

constexpr std::string_view letters = "abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";  // all but o, the opcode

// ---- what can be met: each row in each of its encodings ------------------------------------------

struct Form {
    const Inst* inst;  // nullptr: an opcode without a row
    Fmt format;
    uint32_t opcode;
    Tail tail;
    std::string unused;  // letters of fields that change no text
};

std::string text_of(const Form& form) {
    const std::string_view tails[] = {"", "", " literal", " SDWA", " DPP"};
    const std::string opcode = form.inst ? std::string(form.inst->name) : text::hex(form.opcode);
    return std::string(layout_of(form.format).name) + std::string(tails[int(form.tail)]) + " " + opcode;
}

struct Pair {
    uint32_t w0 = 0, w1 = 0;
};

const Format* tail_layout(const Form& form) {
    return form.tail == Tail::Sdwa ? &layout_of(Fmt::SDWA) : form.tail == Tail::Dpp ? &layout_of(Fmt::DPP) : nullptr;
}

Pair empty(const Form& form) {
    const Format& f = layout_of(form.format);
    return {f.ones() | f.place('o', form.opcode, 0), 0};
}

// What src0 must be for the tail; what follows is the field a of that dword.
void set_tail(const Form& form, Pair& w) {
    const uint32_t code = form.tail == Tail::Sdwa ? sdwa_code : form.tail == Tail::Dpp ? dpp_code : literal_code;
    const Format& f = layout_of(form.format);
    if (form.tail == Tail::None || form.tail == Tail::Format || (form.inst && form.inst->always_literal())) return;
    w.w0 = (w.w0 & ~f.place('a', ~0u, 0)) | f.place('a', code, 0);
}

std::string shown(const Pair& w) {
    const auto d = decode(w.w0, w.w1);
    return d ? print(*d) : "";
}

std::string unused_fields(const Form& form) {
    std::string unused;
    const Format& f = layout_of(form.format);
    for (const char letter : letters) {
        if (!f.bits(letter)) continue;
        bool used = false;
        for (const uint32_t rest : {0u, 0x01010101u, ~0u}) {
            for (int bit = 0; bit < f.bits(letter) && !used; ++bit) {
                Pair off = empty(form);
                for (const char other : letters) off.w0 |= f.place(other, rest, 0), off.w1 |= f.place(other, rest, 1);
                off.w0 &= ~f.place(letter, ~0u, 0), off.w1 &= ~f.place(letter, ~0u, 1);
                set_tail(form, off);
                Pair on = off;
                on.w0 |= f.place(letter, 1u << bit, 0), on.w1 |= f.place(letter, 1u << bit, 1);
                used = shown(off) != shown(on);
            }
        }
        if (!used && !(letter == 'a' && tail_layout(form))) unused += letter;
    }
    return unused;
}

std::vector<Form> forms_of_rows() {
    std::vector<Form> forms;
    const auto add = [&](const Inst& inst, Fmt format, uint32_t opcode, Tail tail) {
        forms.push_back({&inst, format, opcode, tail, ""});
        forms.back().unused = unused_fields(forms.back());
    };
    for (const Inst& inst : insts) {
        const Fmt format = inst.format == Fmt::VOP3B ? Fmt::VOP3 : inst.format;
        add(inst, format, inst.opcode, layout_of(format).has_dword_1() ? Tail::Format : Tail::None);
        if (!layout_of(format).has_dword_1() && format != Fmt::SOPP && format != Fmt::SOPK && format != Fmt::VINTRP &&
            inst.src[0] != Type::None)
            add(inst, format, inst.opcode, Tail::Literal);
        if (is_short_vector(format) && !inst.always_literal())
            for (const Tail tail : {Tail::Sdwa, Tail::Dpp}) add(inst, format, inst.opcode, tail);
        // The address of these has several forms.
        for (int more = format == Fmt::MUBUF || format == Fmt::MTBUF || format == Fmt::MIMG ? 3 : 0; more; --more)
            forms.push_back(forms.back());
        for (const Promotion& p : promotions)
            if (p.from == format && !inst.always_literal()) add(inst, Fmt::VOP3, p.first + inst.opcode, Tail::Format);
    }
    return forms;
}

std::vector<Form> forms_without_row() {
    std::vector<Form> forms;
    for (size_t f = 0; f < formats.size(); ++f) {
        if (!formats[f].fixed() || Fmt(f) == Fmt::VOP3B) continue;
        for (uint32_t opcode = 0; opcode < 1u << formats[f].bits('o'); ++opcode) {
            const Form form{nullptr, Fmt(f), opcode, Tail::None, ""};
            const Pair w = empty(form);
            if (format_of(w.w0) == Fmt(f) && !decode(w.w0, 0)) forms.push_back(form);
        }
    }
    return forms;
}

// ---- words -------------------------------------------------------------------------------------

class Generator {
public:
    explicit Generator(uint32_t seed) : random(seed) {}

    Pair words(const Form& form) {
        const Format& f = layout_of(form.format);
        Pair w = empty(form);
        const bool plain = any(3) == 0, tidy = any(16) != 0;
        const uint32_t zeros = form.inst ? 0 : any(4);  // of four; where it is not known what a field may hold
        for (const char letter : letters) {
            if (!f.bits(letter) || (tidy && form.unused.find(letter) != form.unused.npos)) continue;
            const uint32_t value = any(4) < zeros ? 0 : field(form, f, letter, plain);
            w.w0 |= f.place(letter, value, 0), w.w1 |= f.place(letter, value, 1);
        }
        if (!tidy) w.w0 |= f.place('-', bits() & bits(), 0), w.w1 |= f.place('-', bits() & bits() & bits(), 1);
        set_tail(form, w);
        if (const Format* second = tail_layout(form)) {
            w.w1 = 0;
            for (const char letter : letters)
                if (second->bits(letter)) w.w1 |= second->place(letter, field(form, *second, letter, plain), 0);
            if (!tidy) w.w1 |= second->place('-', bits(), 0);
        } else if (!f.has_dword_1()) {
            w.w1 = literal();
        }
        return printable(w);
    }

    uint32_t any(uint32_t n) { return uint32_t(random() % n); }

private:
    uint32_t bits() { return uint32_t(random()); }

    // Where LLVM's printer has no text and runs into the unknown: selects of 7, what to do with unused bytes of 3, and
    // slots of v_interp_mov_f32 beyond 2.
    static Pair printable(Pair w) {
        const auto d = decode(w.w0, w.w1);
        const auto drop = [](uint32_t& word, const Format& f, char letter, uint32_t beyond, int dword) {
            if (f.field(letter, dword ? 0 : word, dword ? word : 0) >= beyond) word &= ~f.place(letter, ~0u, dword);
        };
        const Format& f = layout_of(d ? d->format : Fmt::SOPP);
        if (is_short_vector(format_of(w.w0).value_or(Fmt::SOPP)) && (w.w0 & 511) == sdwa_code) {
            for (const char select : {'d', 'x', 'y'}) drop(w.w1, layout_of(Fmt::SDWA), select, 7, 0);
            drop(w.w1, layout_of(Fmt::SDWA), 'D', 3, 0);
        }
        if (d && d->inst->name == "v_interp_mov_f32")
            d->format == Fmt::VINTRP ? drop(w.w0, f, 'a', 3, 0) : drop(w.w1, f, 'b', 3, 1);
        return w;
    }

    // Any source, each kind as often as the others.
    uint32_t operand() {
        switch (any(8)) {
            case 0:
            case 1:
                return first_vector + bits() % 256;
            case 2:
                return first_vector + (any(2) ? any(4) : 255 - any(4));
            case 3:
                return any(102);
            case 4:
                return any(26) * 4;
            case 5:
                return 102 + any(26);
            case 6:
                return 128 + any(81);
            default:
                return any(4) ? 240 + any(9) : any(512);
        }
    }

    uint32_t field(const Form& form, const Format& f, char letter, bool plain) {
        const int width = f.bits(letter);
        const uint32_t mask = width >= 32 ? ~0u : (1u << width) - 1;
        if (tail_layout(form) == &f && form.inst->src[0] == Type::None && any(8)) return 0;
        const bool modifier = std::string_view("numCX").find(letter) != std::string_view::npos;
        if (modifier && (plain || any(2))) return 0;
        if (letter == 'c' && tail_layout(form) == &f) return any(2) ? any(256) : (0x100 + any(0x44)) & mask;
        const bool memory = form.format != Fmt::VOP3 && f.has_dword_1();
        if (width >= 7 &&
            ((std::string_view("abc").find(letter) != std::string_view::npos && !memory) || letter == 's'))
            return operand() & mask;
        if (letter == 'k' && any(2)) return (1u << any(5)) - 1;  // as many components as registers
        if (width == 16 && any(4) == 0) return any(16);
        switch (any(6)) {
            case 0:
                return 0;
            case 1:
                return mask & (any(2) ? mask : mask - any(8));
            case 2:
                return bits() & bits() & bits() & mask;
            case 3:
                return bits() & mask & ~3u;
            default:
                return bits() & mask;
        }
    }

    uint32_t literal() {
        constexpr uint32_t corners[] = {
            0,       1,      64,         65,     0xffffffff, 0xfffffff0, 0xffffffef, 0x7fffffff, 0x80000000, 0xffff,
            0x10000, 0x3c00, 0xffff3c00, 0x3118, 0x3f800000, 0xbf800000, 0x40000000, 0x3e22f983, 0xfff0};
        return any(2) ? corners[any(std::size(corners))] : bits();
    }

    std::mt19937 random;
};

// ---- differences that are allowed ----------------------------------------------------------------

struct Case {
    const Form& form;
    Pair w;
    const Decoded* ours;  // nullptr: not an instruction for us
    const std::string& text;
    const Disassembled& llvm;
};

bool past_the_end(const std::string& text) {
    for (size_t at = text.find(':'); at != text.npos; at = text.find(':', at + 1)) {
        size_t open = text.rfind('[', at);
        if (open == text.npos || open == 0 || text.find(']', at) == text.npos) continue;
        const int last = std::atoi(text.c_str() + at + 1);
        const char kind = text[open - 1];
        if ((kind == 'v' && last > 255) || (kind == 's' && last > 101) || (kind == 'p' && last > 11)) return true;
    }
    return false;
}

// Bits are set that change neither our text nor what belongs to the instruction.
bool has_unused_bits(const Case& c) {
    const auto& [w0, w1] = encode(*c.ours);
    if (w0 != c.w.w0 || (c.ours->size() == 2 && w1 != c.w.w1)) return true;
    const Format& f = layout_of(c.ours->format);
    for (const char letter : letters) {
        if (!(*c.ours)[letter]) continue;
        if (shown({c.w.w0 & ~f.place(letter, ~0u, 0), c.w.w1 & ~f.place(letter, ~0u, 1)}) == c.text) return true;
    }
    for (const Fmt second : {Fmt::SDWA, Fmt::DPP})
        for (const char letter : letters)
            if (tail_layout(c.form) == &layout_of(second) && c.ours->extra(letter) &&
                shown({c.w.w0, c.w.w1 & ~layout_of(second).place(letter, ~0u, 0)}) == c.text)
                return true;
    return false;
}

bool has_modifier(const Case& c) {
    const Decoded& d = *c.ours;
    return d.negated() || d.absolute() || d['m'] || d['C'] || d.extra('C') || d.extra('X');
}

bool wide_special(const Case& c) {
    for (const std::string_view name : {"flat_scratch", "xnack_mask", "vcc", "tba", "tma", "exec", "m0", "src_vccz",
                                        "src_execz", "src_scc", "src_lds_direct", "null", "src_"})
        if (c.text.find(name) != c.text.npos) return true;
    return false;
}

enum class Kind { Refused, Missing, Differs };
struct Exception {
    std::string_view name;
    Kind kind;
    bool (*holds)(const Case&);
};
// The first that holds is the one that is needed.
constexpr Exception exceptions[] = {
    {"reserved-code", Kind::Refused, [](const Case& c) { return c.text.find("reserved") != c.text.npos; }},
    {"past-the-end", Kind::Refused, [](const Case& c) { return past_the_end(c.text); }},
    {"modifier-without-effect", Kind::Refused, has_modifier},
    {"gds-of-others", Kind::Refused,
     [](const Case& c) {
         const bool only = c.text.starts_with("ds_gws") || c.text.starts_with("ds_ordered");
         return c.ours->format == Fmt::DS && only != bool((*c.ours)['g']);
     }},
    {"lds-of-others", Kind::Refused,
     [](const Case& c) {
         return c.ours->format == Fmt::MUBUF &&
                (c.text.find(" lds") != c.text.npos) != (c.ours->inst->name == "buffer_store_lds_dword");
     }},
    {"d16-of-others", Kind::Refused, [](const Case& c) { return c.ours->format == Fmt::MIMG && (*c.ours)['H']; }},
    {"high-of-f32", Kind::Refused,
     [](const Case& c) { return c.form.inst->name.starts_with("v_interp") && c.ours->format == Fmt::VOP3; }},
    {"unused-bits", Kind::Refused, has_unused_bits},
    {"no-such-form", Kind::Refused,
     [](const Case& c) {
         return c.ours->tail == Tail::Sdwa || c.ours->tail == Tail::Dpp ||
                (is_vop3(c.ours->format) && c.ours->inst->name == "v_readfirstlane_b32");
     }},
    {"special-register", Kind::Refused, wide_special},
    {"wbinvl1-of-gfx7", Kind::Missing, [](const Case& c) { return c.llvm.text == "buffer_wbinvl1"; }},
    {"commented", Kind::Differs,
     [](const Case& c) {  // A destination of 255 has it look for a literal.
         return c.llvm.has_doubt && (c.ours->size() == c.llvm.dwords || c.text.find("reserved255") != c.text.npos);
     }},
    {"flat-offset", Kind::Differs,
     [](const Case& c) {
         return c.ours->format == Fmt::FLAT && c.llvm.text.find(" offset:") != std::string::npos &&
                c.llvm.text.starts_with(c.text.substr(0, c.text.find_first_of(' ')));
     }},
    {"nop-with-dword", Kind::Differs,
     [](const Case& c) { return c.text == "v_nop" && c.llvm.text.starts_with(c.text); }},
};

// The lines of the file: name, blank, reason.
std::map<std::string, std::string> reasons(const std::string& path) {
    std::map<std::string, std::string> lines;
    std::ifstream in(path);
    if (!in) {
        std::fprintf(stderr, "fuzz_isa: cannot read %s. Try: run it at the root of the tree.\n", path.c_str());
        std::exit(2);
    }
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        std::string name, reason;
        words >> name >> std::ws;
        std::getline(words, reason);
        lines[name] = reason;
    }
    return lines;
}

// ---- the comparison ----------------------------------------------------------------------------

class Comparison {
public:
    Comparison(const Machine& llvm, const std::string& exceptions_file)
        : llvm(llvm), allowed(reasons(exceptions_file)), file(exceptions_file) {}

    void look_at(const Form& form, Pair w) {
        ++looked;
        const Disassembled theirs = llvm.disassemble(w.w0, w.w1);
        const auto ours = decode(w.w0, w.w1);
        const std::string text = ours ? print(*ours) : "";
        const Case c{form, w, ours ? &*ours : nullptr, text, theirs};
        if (theirs.dwords) {
            ++accepted;
            ++by_format[std::string(layout_of(form.format).name)];
            if (!by_opcode[theirs.opcode]++ && ours) row_of[theirs.opcode] = ours->inst;
            if (!ours)
                differ(Kind::Missing, c);
            else if (text != theirs.text || ours->size() != theirs.dwords)
                differ(Kind::Differs, c);
            else if (form.inst)
                queue(form, text);
        } else if (ours) {
            ++refused;
            differ(Kind::Refused, c);
        }
    }

    // The texts so far: what assembles must decode to that text again, and that to the same bytes.
    void assemble() {
        const auto first = llvm.assemble(texts);
        std::vector<std::string> again(texts.size());
        for (size_t i = 0; i < texts.size(); ++i) {
            if (!first[i].words.dwords) continue;
            again[i] = shown({first[i].words.w0, first[i].words.w1});
        }
        const auto second = llvm.assemble(again);
        for (size_t i = 0; i < texts.size(); ++i) {
            if (!first[i].words.dwords) continue;
            ++assembled;
            ++assembled_of[queued[i]->inst];
            if (first[i].words != second[i].words)
                fail(texts[i] + "\n    assembles to " + hex(first[i].words) + ", which prints as\n    " + again[i] +
                     "\n    and assembles to " + hex(second[i].words) + " " + second[i].message);
        }
        texts.clear(), queued.clear();
    }

    bool report(size_t least_assembled) {
        for (const auto& [name, reason] : allowed) {
            const auto* known = std::find_if(std::begin(exceptions), std::end(exceptions),
                                             [&](const Exception& e) { return e.name == name; });
            if (known == std::end(exceptions))
                fail(file + ": there is no exception '" + name + "'");
            else if (!used[name])
                fail(file + ": '" + name + "' is not needed any more: no word was met that it allows");
            else if (reason.empty())
                fail(file + ": '" + name + "' has no reason");
        }
        size_t fewest_assembled = size_t(-1), fewest_words = size_t(-1);
        std::string_view rarest, rarest_opcode;
        for (const Inst& inst : insts)
            if (const size_t n = assembled_of[&inst]; n < fewest_assembled) fewest_assembled = n, rarest = inst.name;
        for (const auto& [opcode, n] : by_opcode)
            if (n < fewest_words) fewest_words = n, rarest_opcode = llvm.name(opcode);
        if (fewest_assembled < least_assembled)
            fail(std::string(rarest) + " was assembled " + std::to_string(fewest_assembled) + " times, not " +
                 std::to_string(least_assembled));
        std::printf("%zu words: LLVM accepts %zu, refuses %zu that decode here", looked, accepted, refused);
        for (const auto& [name, n] : used)
            std::printf("%s %s %zu", name == used.begin()->first ? "\n  allowed:" : ",", name.c_str(), n);
        std::printf("\n  by format:");
        for (const auto& [name, n] : by_format) std::printf(" %s %zu", name.c_str(), n);
        std::printf("\n  of LLVM's %zu opcodes met the rarest is %.*s: %zu words\n", by_opcode.size(),
                    int(rarest_opcode.size()), rarest_opcode.data(), fewest_words);
        std::printf("  assembled again to the same bytes: %zu texts; of %zu rows the rarest is %.*s: %zu\n", assembled,
                    insts.size(), int(rarest.size()), rarest.data(), fewest_assembled);
        std::printf("Done %zu words, %zu differences\n", looked, differences);
        return !differences;
    }

    // A line per opcode met: its name, its row. Then those that end in _vi and were not met: name, - and what LLVM's
    // assembler says to the mnemonic alone.
    void write_opcodes(const std::string& path) const {
        std::ofstream out(path);
        std::vector<unsigned> unmet;
        std::vector<std::string> mnemonics;
        for (unsigned opcode = 0; opcode < llvm.opcodes(); ++opcode) {
            if (by_opcode.contains(opcode)) {
                const auto row = row_of.find(opcode);
                out << llvm.name(opcode) << ' ' << (row == row_of.end() ? "?" : row->second->name) << '\n';
            } else if (llvm.name(opcode).ends_with("_vi")) {
                unmet.push_back(opcode);
                mnemonics.push_back(llvm.mnemonic(opcode));
            }
        }
        const auto said = llvm.assemble(mnemonics);
        for (size_t i = 0; i < unmet.size(); ++i)
            out << llvm.name(unmet[i]) << " - " << mnemonics[i] << ": "
                << (said[i].words.dwords ? "assembles" : said[i].message) << '\n';
    }

private:
    static std::string hex(const Words& w) {
        return text::hex(w.w0) + (w.dwords == 2 ? " " + text::hex(w.w1) : w.dwords ? "" : " nothing");
    }

    void queue(const Form& form, const std::string& text) {
        if (++tried_of[form.inst] > 100 && accepted % 8) return;
        texts.push_back(text), queued.push_back(&form);
        if (texts.size() == 512) assemble();
    }

    void differ(Kind kind, const Case& c) {
        for (const Exception& e : exceptions) {
            if (e.kind != kind || !allowed.contains(std::string(e.name)) || !e.holds(c)) continue;
            ++used[std::string(e.name)];
            return;
        }
        fail(text_of(c.form) + ": " + text::hex(c.w.w0) + " " + text::hex(c.w.w1) + "\n    LLVM " +
             (c.llvm.dwords ? std::to_string(c.llvm.dwords) + " dwords: " + c.llvm.text : "refuses") + "\n    ours " +
             (c.ours ? std::to_string(c.ours->size()) + " dwords: " + c.text : "nothing"));
    }

    void fail(const std::string& what) {
        constexpr size_t most_shown = 40;
        if (++differences <= most_shown) std::printf("%s\n", what.c_str());
    }

    const Machine& llvm;
    const std::map<std::string, std::string> allowed;
    const std::string file;
    size_t looked = 0, accepted = 0, refused = 0, assembled = 0, differences = 0;
    std::map<std::string, size_t> used, by_format;
    std::map<unsigned, size_t> by_opcode;
    std::map<unsigned, const Inst*> row_of;
    std::map<const Inst*, size_t> assembled_of, tried_of;
    std::vector<std::string> texts;
    std::vector<const Form*> queued;
};

int compare(size_t words, uint32_t seed, const std::string& exceptions_file, const std::string& opcodes_file) {
    const Machine llvm;
    Comparison comparison(llvm, exceptions_file);
    const auto rows = forms_of_rows(), others = forms_without_row();
    Generator generator(seed);
    for (size_t i = 0; i < words; ++i) {
        const bool other = i % 8 == 0;
        const Form& form = other ? others[i / 8 % others.size()] : rows[i % rows.size()];
        comparison.look_at(form, generator.words(form));
    }
    comparison.assemble();
    if (!opcodes_file.empty()) comparison.write_opcodes(opcodes_file);
    return comparison.report(words / rows.size() / 80 + 1) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::map<std::string, std::string> options{
        {"--words", "400000"}, {"--seed", "803"}, {"--exceptions", "tests/isa_exceptions.txt"}, {"--opcodes", ""}};
    for (int i = 1; i < argc; i += 2) {
        if (!options.contains(argv[i]) || i + 1 == argc) {
            std::fprintf(stderr, "usage: fuzz_isa [--words N] [--seed N] [--exceptions FILE] [--opcodes FILE]\n");
            return 2;
        }
        options[argv[i]] = argv[i + 1];
    }
    return compare(std::stoul(options["--words"]), uint32_t(std::stoul(options["--seed"])), options["--exceptions"],
                   options["--opcodes"]);
}
