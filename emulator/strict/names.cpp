// The symbol table of an ELF file.
//
// Names of registers are those of asm/include/gcn.inc: an absolute symbol NAME whose value is the register, with
// count.NAME beside it; the first letter says which file. Without any count.*, as other sources have it, an absolute
// symbol whose name is s or v and a capital letter names one register.

#include "emulator/strict/names.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "emulator/strict/facts.hpp"

namespace gcn::emulator::strict {

namespace {

template <class T> bool read(std::span<const std::byte> bytes, uint64_t at, T& to) {
    if (at > bytes.size() || sizeof to > bytes.size() - at) return false;
    std::memcpy(&to, bytes.data() + at, sizeof to);
    return true;
}

std::string text_at(std::span<const std::byte> bytes, uint64_t at) {
    std::string text;
    for (char c; read(bytes, at, c) && c; ++at) text += static_cast<unsigned char>(c) < ' ' ? '?' : c;  // one line
    return text;
}

bool begins_as_register(const std::string& name) {
    return name.size() > 1 && (name[0] == 's' || name[0] == 'v') && name[1] >= 'A' && name[1] <= 'Z';
}

struct Fixed {
    int r;
    const char* name;
};
constexpr Fixed fixed[] = {
    {102, "flat_scratch_lo"},
    {103, "flat_scratch_hi"},
    {104, "xnack_mask_lo"},
    {105, "xnack_mask_hi"},
    {106, "vcc_lo"},
    {107, "vcc_hi"},
    {124, "m0"},
    {126, "exec_lo"},
    {127, "exec_hi"},
    {reg::scc, "scc"},

};

}  // namespace

Names::Names(std::span<const std::byte> elf, uint64_t base) {
    Elf64_Ehdr header;
    if (!read(elf, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return;
    for (int s = 0; s < header.e_shnum; ++s) {
        Elf64_Shdr section, strings;
        if (!read(elf, header.e_shoff + uint64_t(s) * header.e_shentsize, section)) return;
        if (section.sh_type != SHT_SYMTAB && section.sh_type != SHT_DYNSYM) continue;
        if (!read(elf, header.e_shoff + uint64_t(section.sh_link) * header.e_shentsize, strings)) return;
        for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += sizeof(Elf64_Sym)) {
            Elf64_Sym symbol;
            if (!read(elf, section.sh_offset + at, symbol)) break;
            std::string name = text_at(elf, strings.sh_offset + symbol.st_name);
            if (symbol.st_shndx == SHN_ABS)
                constants.emplace(std::move(name), symbol.st_value);
            else if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC)
                all.push_back({std::move(name), base + symbol.st_value, base + symbol.st_value + symbol.st_size});
        }
    }
    std::sort(all.begin(), all.end(), [](const Function& a, const Function& b) { return a.first < b.first; });
    const auto same = [](const Function& a, const Function& b) { return a.first == b.first; };
    all.erase(std::unique(all.begin(), all.end(), same), all.end());
    name_registers();
}

void Names::name_registers() {
    const bool counted =
        std::any_of(constants.begin(), constants.end(), [](const auto& c) { return c.first.starts_with("count."); });
    for (const auto& [name, value] : constants) {
        if (!begins_as_register(name) && !constants.count("count." + name)) continue;
        const auto count = constants.find("count." + name);
        if (counted && count == constants.end()) continue;  // an alias, or no register
        const uint64_t in_all = counted ? count->second : 1;
        const bool vector = name[0] == 'v';
        const uint64_t there_are = vector ? 256 : 102;
        if (value > there_are || in_all > there_are - value) continue;
        for (uint64_t i = 0; i < in_all; ++i)
            registers.emplace(int(value + i) + (vector ? reg::vector : 0), i ? name + " + " + std::to_string(i) : name);
    }
}

int Names::function(uint64_t pc) const {
    const auto after =
        std::upper_bound(all.begin(), all.end(), pc, [](uint64_t at, const Function& f) { return at < f.first; });
    if (after == all.begin()) return -1;
    const auto it = std::prev(after);
    return pc < it->end || it->first == it->end ? int(it - all.begin()) : -1;
}

std::string Names::name_of(int r) const {
    const auto it = registers.find(r);
    return it == registers.end() ? "" : it->second;
}

std::string Names::shown(int r) const {
    for (const Fixed& f : fixed)
        if (f.r == r) return f.name;
    const std::string number = strict::is_vector(r) ? "v" + std::to_string(r - reg::vector) : "s" + std::to_string(r);
    const std::string name = name_of(r);
    return name.empty() ? number : number + " (" + name + ")";
}

uint64_t Names::constant(const std::string& symbol) const {
    const auto it = constants.find(symbol);
    return it == constants.end() ? 0 : it->second;
}

}  // namespace gcn::emulator::strict
