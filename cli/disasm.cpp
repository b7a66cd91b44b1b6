// gcn disasm: machine code as text, by our own printer, that clang assembles to the same bytes.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "backend/bundle.hpp"
#include "backend/disasm.hpp"
#include "backend/embedded.hpp"
#include "cli/output.hpp"
#include "gcn/error.hpp"
#include "isa/print.hpp"

namespace gcn {

using nlohmann::json;

struct DisasmOptions {
    std::vector<std::string> files;
    std::string kernel, from, to;
    bool raw = false, as_json = false, no_words = false, names = false;
};

// ---- what to read ------------------------------------------------------------------------------

constexpr size_t longest = size_t(1) << 30;  // of what is read: no compiler makes that much, but /dev/zero does

static std::vector<std::byte> read_all(const std::string& path) {
    const auto refuse = [&](const std::string& why) { fail({"read " + path, why}); };
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) refuse(std::strerror(errno));
    struct stat status;
    std::vector<std::byte> bytes;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) bytes.reserve(std::min(size_t(status.st_size), longest));
    for (std::array<std::byte, 65536> part;;) {
        const ssize_t n = read(fd, part.data(), part.size());
        if (n == 0) break;
        if (n < 0 && errno == EINTR) continue;
        const int error = n < 0 ? errno : 0;
        if (!error) bytes.insert(bytes.end(), part.begin(), part.begin() + n);
        if (!error && bytes.size() <= longest) continue;
        close(fd);
        refuse(error ? std::strerror(error) : "it has more than " + std::to_string(longest) + " bytes");
    }
    close(fd);
    return bytes;
}

// Words of up to eight hexadecimal digits, with or without 0x, apart by blanks or commas.
static std::vector<uint32_t> read_words() {
    const std::vector<std::byte> bytes = read_all("/dev/stdin");
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::vector<uint32_t> words;
    constexpr std::string_view blanks = " ,\t\r\n";
    for (size_t at = 0; (at = text.find_first_not_of(blanks, at)) != text.npos;) {
        const size_t end = std::min(text.find_first_of(blanks, at), text.size());
        std::string_view word = text.substr(at, end - at);
        if (word.starts_with("0x") || word.starts_with("0X")) word.remove_prefix(2);
        if (word.empty() || word.size() > 8 || word.find_first_not_of("0123456789abcdefABCDEF") != word.npos) {
            std::string shown(text.substr(at, std::min<size_t>(end - at, 20)));
            for (char& c : shown)
                if (c < ' ' || c > '~') c = '?';
            fail({"read word " + std::to_string(words.size() + 1),
                  "it is '" + shown + "', not up to eight hexadecimal digits", "echo bf810000 | gcn disasm --raw"});
        }
        words.push_back(uint32_t(std::stoul(std::string(word), nullptr, 16)));
        at = end;
    }
    return words;
}

// An offset as it is printed (+0x184), or in decimal.
static uint64_t offset(const std::string& text, const char* option, uint64_t otherwise) {
    if (text.empty()) return otherwise;
    const std::string number = text.starts_with("+") ? text.substr(1) : text;
    const bool hex = number.starts_with("0x");
    const std::string digits = hex ? number.substr(2) : number;
    const char* const allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";
    if (digits.empty() || digits.size() > 15 || digits.find_first_not_of(allowed) != digits.npos)
        fail({"read " + std::string(option), "it is '" + text + "', not an offset", std::string(option) + " 0x184",
              Fault::WrongUse});
    return std::stoull(digits, nullptr, hex ? 16 : 10);
}

struct Listed {
    std::string file, entry;  // of a bundle
    CodeListing listing;
};

static std::vector<Listed> list(const DisasmOptions& o) {
    const ListingOptions options{o.kernel, offset(o.from, "--from", 0), offset(o.to, "--to", UINT64_MAX), o.names};
    if (options.from >= options.to)
        fail({"list offsets " + (o.from.empty() ? "0" : o.from) + " to " + o.to, "nothing lies between", "",
              Fault::WrongUse});
    if (o.raw) {
        if (!o.files.empty() || !o.kernel.empty())
            fail({"disassemble raw words", "they come from standard input, and a file or a kernel was named", "",
                  Fault::WrongUse});
        return {{"standard input", "", disassemble(read_words(), options)}};
    }
    if (o.files.empty() && o.kernel.empty())
        fail({"disassemble nothing", "no file was named", "gcn disasm FILE, or --kernel NAME for one of gcn info",
              Fault::WrongUse});
    if (o.files.empty()) {
        const GcnEmbedded* const e = find_embedded(o.kernel);
        if (!e)
            fail({"disassemble " + o.kernel, "the library has no kernel of that name", "gcn info, which lists them",
                  Fault::WrongUse});
        return {{o.kernel, "", disassemble({e->data, e->bytes}, o.kernel, options)}};
    }
    std::vector<Listed> all;
    for (const std::string& file : o.files) {
        if (file.empty()) fail({"read a file", "its name is empty", "gcn disasm FILE", Fault::WrongUse});
        const auto bytes = read_all(file);
        for (const Code& code : find_code(bytes, file))
            all.push_back({file, code.name, disassemble(code.bytes, file, options)});
    }
    return all;
}

// ---- as text -------------------------------------------------------------------------------------

static std::string summary(const KernelDescriptor& k) {
    return std::to_string(k.vgprs()) + " VGPRs, " + std::to_string(k.sgprs()) + " SGPRs (" +
           std::to_string(k.user_sgprs()) + " set by the launch), " + std::to_string(k.lds_bytes) + " B of LDS, " +
           std::to_string(k.scratch_bytes) + " B of scratch a lane, " + std::to_string(k.kernarg_bytes) +
           " B of arguments";
}

static std::string digits(uint64_t value, int count) {
    char text[24];
    return std::string(
        text, size_t(std::snprintf(text, sizeof text, "%0*llx", count, static_cast<unsigned long long>(value))));
}

static std::string text(const CodeLine& line, bool with_words) {
    std::string out = "  " + line.text;
    if (with_words) {
        constexpr size_t column = 58;
        if (out.size() < column) out.resize(column, ' ');
        out += " // +0x" + digits(line.offset, 4) + ":";
        for (const uint32_t word : line.words)
            if (line.words.size() <= 2) out += " " + digits(word, 8);
    }
    if (!line.comment.empty()) out += std::string(with_words ? "  " : " // ") + line.comment;
    return out;
}

static std::string text(const CodeFunction& f, bool with_words) {
    std::string out;
    if (f.name.empty()) out += "\n// " + std::to_string(f.bytes) + " bytes outside functions";
    if (f.kernel) out += "\n// " + f.kernel->name + ": " + summary(*f.kernel);
    if (!f.name.empty() && (f.lines.empty() || f.lines.front().offset == 0))
        out += "\n.globl " + f.name + "\n.type " + f.name + ", @function\n" + f.name + ":";
    for (const CodeLine& line : f.lines) {
        for (const std::string& label : line.labels) out += "\n" + label + ":";
        out += "\n" + text(line, with_words);
    }
    return out;
}

// Names may hold any bytes, but end no line.
static std::string comment(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == 127) c = '?';
    return "// " + text;
}

static void print_text(const std::vector<Listed>& all, const DisasmOptions& o) {
    for (const Listed& object : all) {
        print_line(comment(object.file + (object.entry.empty() ? "" : ": " + object.entry)));
        print_line(".amdgcn_target \"amdgcn-amd-amdhsa--gfx803\"");
        if (o.names)
            object.listing.names.for_each([](const std::string& name, uint32_t first, uint32_t count) {
                print_line(".set " + name + ", " + std::to_string(first));
                if (count) print_line(".set count." + name + ", " + std::to_string(count));
            });
        std::string section;
        for (const CodeFunction& f : object.listing.functions) {
            if (f.section != section) print_line(f.section == ".text" ? ".text" : ".section " + f.section + ", \"ax\"");
            section = f.section;
            print_line(text(f, !o.no_words));
        }
    }
}

// ---- as JSON -------------------------------------------------------------------------------------

static json to_json(const CodeFunction& f) {
    json lines = json::array();
    for (const CodeLine& line : f.lines) {
        json words = json::array();
        for (const uint32_t word : line.words) words.push_back(digits(word, 8));
        json j{{"offset", line.offset}, {"words", words}, {"text", line.text}};
        if (!line.labels.empty()) j["labels"] = line.labels;
        if (!line.comment.empty()) j["instruction"] = line.comment;
        lines.push_back(j);
    }
    json j{{"name", f.name}, {"section", f.section}, {"offset", f.offset}, {"bytes", f.bytes}, {"lines", lines}};
    if (f.kernel)
        j["kernel"] = {{"vgprs", f.kernel->vgprs()},
                       {"sgprs", f.kernel->sgprs()},
                       {"user_sgprs", f.kernel->user_sgprs()},
                       {"lds_bytes", f.kernel->lds_bytes},
                       {"scratch_bytes", f.kernel->scratch_bytes},
                       {"kernarg_bytes", f.kernel->kernarg_bytes}};
    return j;
}

static json to_json(const std::vector<Listed>& all) {
    json objects = json::array();
    for (const Listed& object : all) {
        json functions = json::array(), names = json::object();
        for (const CodeFunction& f : object.listing.functions) functions.push_back(to_json(f));
        object.listing.names.for_each([&](const std::string& name, uint32_t first, uint32_t count) {
            names[name] = {{"first", first}, {"count", count}};
        });
        objects.push_back(
            {{"file", object.file}, {"entry", object.entry}, {"functions", functions}, {"registers", names}});
    }
    return {{"objects", objects}};
}

void disasm(CLI::App& app) {
    static DisasmOptions o;
    app.add_option("FILE", o.files, "code objects, offload bundles, or programs and objects with HIP kernels");
    app.add_option("--kernel", o.kernel, "this one only; without FILE, one of the library");
    app.add_flag("--raw", o.raw, "words in hexadecimal from standard input");
    app.add_flag("--names", o.names, "registers by the names that the code object has for them");
    app.add_flag("--no-words", o.no_words, "no offsets and words");
    app.add_option("--from", o.from, "the first offset in a function, as printed");
    app.add_option("--to", o.to, "the offset to stop before");
    app.add_flag("--json", o.as_json, "one JSON object");
    app.callback([] {
        const auto all = list(o);
        o.as_json ? print(to_json(all)) : print_text(all, o);
    });
}

}  // namespace gcn
