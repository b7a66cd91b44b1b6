#include "backend/elf.hpp"

#include <algorithm>

#include "gcn/error.hpp"

namespace gcn {

// A name in `why` may hold any bytes, and any number of them.
void ElfBytes::refuse(const std::string& why) const {
    constexpr size_t longest = 200;
    std::string readable = why.size() > longest ? why.substr(0, longest) + "..." : why;
    for (char& c : readable)
        if (c < ' ' || c > '~') c = '?';
    fail({"read " + std::string(what), readable,
          "a code object for gfx803, as clang -target amdgcn-amd-amdhsa makes it"});
}

std::span<const std::byte> ElfBytes::part(uint64_t offset, uint64_t count, const char* name) const {
    if (offset > bytes.size() || count > bytes.size() - offset)
        refuse(std::string(name) + " lies at bytes " + std::to_string(offset) + " to " +
               std::to_string(offset + count) + " of a file of " + std::to_string(bytes.size()));
    return bytes.subspan(offset, count);
}

bool is_elf(std::span<const std::byte> bytes) {
    return bytes.size() >= SELFMAG && std::memcmp(bytes.data(), ELFMAG, SELFMAG) == 0;
}

Elf64_Ehdr ElfBytes::header() const {
    if (bytes.size() < sizeof(Elf64_Ehdr)) refuse("it has " + std::to_string(bytes.size()) + " bytes");
    const auto header = table<Elf64_Ehdr>(0, 1, "the header")[0];
    if (!is_elf(bytes)) refuse("it is not ELF");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
        refuse("it is not 64-bit little-endian ELF");
    if (header.e_phentsize != sizeof(Elf64_Phdr) && header.e_phnum) refuse("its program header is malformed");
    if (header.e_shentsize != sizeof(Elf64_Shdr)) refuse("its section header is malformed");
    return header;
}

std::vector<Elf64_Shdr> ElfBytes::sections(const Elf64_Ehdr& header) const {
    return table<Elf64_Shdr>(header.e_shoff, header.e_shnum, "the section header");
}

namespace {

std::string_view string_at(const ElfBytes& file, std::span<const std::byte> strings, uint64_t at, const char* whose) {
    if (at >= strings.size()) file.refuse(std::string("the name of ") + whose + " lies outside the names");
    const char* text = reinterpret_cast<const char*>(strings.data()) + at;
    return {text, strnlen(text, strings.size() - at)};
}

std::vector<Symbol> read_symbols(const ElfBytes& file, const std::vector<Elf64_Shdr>& sections) {
    for (const uint32_t type : {SHT_SYMTAB, SHT_DYNSYM}) {
        const auto table =
            std::find_if(sections.begin(), sections.end(), [&](const Elf64_Shdr& s) { return s.sh_type == type; });
        if (table == sections.end()) continue;
        if (table->sh_link >= sections.size()) file.refuse("its symbols have no names");
        const Elf64_Shdr& names = sections[table->sh_link];
        const auto strings = file.part(names.sh_offset, names.sh_size, "the symbol names");
        std::vector<Symbol> symbols;
        for (const Elf64_Sym& s :
             file.table<Elf64_Sym>(table->sh_offset, table->sh_size / sizeof(Elf64_Sym), "the symbol table"))
            symbols.push_back({string_at(file, strings, s.st_name, "a symbol"), s.st_value, s.st_size, s.st_shndx,
                               uint8_t(ELF64_ST_TYPE(s.st_info))});
        return symbols;
    }
    return {};
}

}  // namespace

const Section* Elf::section(std::string_view name) const {
    for (const Section& s : sections)
        if (s.name == name) return &s;
    return nullptr;
}

Elf read_elf(std::span<const std::byte> bytes, std::string_view what) {
    const ElfBytes file{bytes, what};
    Elf elf{.header = file.header(), .sections = {}, .symbols = {}};
    const auto rows = file.sections(elf.header);
    if (rows.empty()) file.refuse("it has no sections");
    if (elf.header.e_shstrndx >= rows.size()) file.refuse("its sections have no names");
    const Elf64_Shdr& names = rows[elf.header.e_shstrndx];
    const auto strings = file.part(names.sh_offset, names.sh_size, "the section names");
    for (const Elf64_Shdr& s : rows) {
        const bool here = s.sh_type != SHT_NOBITS && s.sh_type != SHT_NULL;
        elf.sections.push_back({string_at(file, strings, s.sh_name, "a section"), s.sh_type, s.sh_flags, s.sh_addr,
                                here ? file.part(s.sh_offset, s.sh_size, "a section") : std::span<const std::byte>()});
    }
    elf.symbols = read_symbols(file, rows);
    return elf;
}

}  // namespace gcn
