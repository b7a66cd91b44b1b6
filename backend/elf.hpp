#pragma once
// Sections and symbols of a 64-bit little-endian ELF file, as views of its bytes.
//
// Malformed input is a gcn::Error, never an access outside the bytes given.

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gcn {

// The bytes with a name, for messages.
struct ElfBytes {
    std::span<const std::byte> bytes;
    std::string_view what;

    [[noreturn]] void refuse(const std::string& why) const;
    std::span<const std::byte> part(uint64_t offset, uint64_t count, const char* name) const;

    template <class T> std::vector<T> table(uint64_t offset, uint64_t count, const char* name) const {
        if (count > bytes.size()) refuse(std::string(name) + " has " + std::to_string(count) + " entries");
        const auto from = part(offset, count * sizeof(T), name);
        std::vector<T> rows(count);
        if (count) std::memcpy(rows.data(), from.data(), from.size());
        return rows;
    }

    Elf64_Ehdr header() const;  // of any machine; its tables have entries of the sizes that elf.h says
    std::vector<Elf64_Shdr> sections(const Elf64_Ehdr&) const;
};

constexpr uint16_t machine_amdgpu = 224;

struct Section {
    std::string_view name;
    uint32_t type;
    uint64_t flags, address;
    std::span<const std::byte> bytes;  // none of a section that has no place in the file
};

struct Symbol {
    std::string_view name;
    uint64_t value, size;
    uint16_t section;  // its index, or SHN_ABS and its kin
    uint8_t type;      // STT_FUNC ...
};

struct Elf {
    Elf64_Ehdr header;
    std::vector<Section> sections;
    std::vector<Symbol> symbols;  // those of the linker when they are there, else those of the loader

    bool relocatable() const { return header.e_type == ET_REL; }
    const Section* section(std::string_view name) const;
    // Where a symbol lies in its section.
    uint64_t offset(const Symbol& s) const { return s.value - (relocatable() ? 0 : sections[s.section].address); }
};

bool is_elf(std::span<const std::byte>);
// Views of `bytes`, which has to last. `what` names them in messages.
Elf read_elf(std::span<const std::byte> bytes, std::string_view what);

}  // namespace gcn
