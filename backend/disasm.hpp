#pragma once
// Machine code as text that clang assembles to the same bytes: labels, instructions by isa/print.hpp, data.
//
// Pure. Malformed input is a gcn::Error.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/code_object.hpp"
#include "isa/names.hpp"

namespace gcn {

struct CodeLine {
    uint64_t offset;                  // in its function
    std::vector<std::string> labels;  // that stand before it
    std::vector<uint32_t> words;
    std::string text;     // an instruction, or a directive that makes the words
    std::string comment;  // the instruction where the assembler would not make these words of its text
};

// A function of the code object; one without a name is what lies between two, or code without symbols.
struct CodeFunction {
    std::string name;
    std::string section;
    uint64_t offset;  // in the section
    uint64_t bytes;
    std::optional<KernelDescriptor> kernel;
    std::vector<CodeLine> lines;
};

struct CodeListing {
    std::vector<CodeFunction> functions;
    isa::RegisterNames names;
};

struct ListingOptions {
    std::string function = {};           // only this one; all when empty
    uint64_t from = 0, to = UINT64_MAX;  // only what begins at these offsets in its function, the last one excluded
    bool names = false;                  // of registers
};

// `what` names the bytes in messages.
CodeListing disassemble(std::span<const std::byte> elf, std::string_view what, const ListingOptions&);
CodeListing disassemble(std::span<const uint32_t> words, const ListingOptions&);

}  // namespace gcn
