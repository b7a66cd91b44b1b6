#include "backend/code_object.hpp"

#include <algorithm>
#include <cstring>

#include "backend/elf.hpp"
#include "gcn/error.hpp"

namespace gcn {

namespace {

constexpr uint64_t largest_image = 1ull << 30;

template <class T> T field(std::span<const std::byte> descriptor, size_t offset) {
    T value;
    std::memcpy(&value, descriptor.data() + offset, sizeof value);
    return value;
}

std::vector<std::byte> load(const ElfBytes& file, const Elf64_Ehdr& header) {
    const auto segments = file.table<Elf64_Phdr>(header.e_phoff, header.e_phnum, "the program header");
    uint64_t end = 0;
    for (const Elf64_Phdr& s : segments) {
        if (s.p_type != PT_LOAD) continue;
        if (s.p_filesz > s.p_memsz || s.p_memsz > largest_image || s.p_vaddr > largest_image - s.p_memsz)
            file.refuse("a segment has " + std::to_string(s.p_memsz) + " bytes at address " +
                        std::to_string(s.p_vaddr));
        end = std::max<uint64_t>(end, s.p_vaddr + s.p_memsz);
    }
    std::vector<std::byte> image(end);
    for (const Elf64_Phdr& s : segments) {
        if (s.p_type != PT_LOAD || s.p_filesz == 0) continue;
        const auto from = file.part(s.p_offset, s.p_filesz, "a segment");
        std::memcpy(image.data() + s.p_vaddr, from.data(), from.size());
    }
    return image;
}

KernelDescriptor descriptor_at(const ElfBytes& file, const std::vector<std::byte>& image, std::string_view name,
                               uint64_t at) {
    if (at > image.size() || image.size() - at < KernelDescriptor::bytes)
        file.refuse("the descriptor of " + std::string(name) + " lies outside the image");
    KernelDescriptor k =
        read_descriptor(std::span(image).subspan(at).first<KernelDescriptor::bytes>(), std::string(name));
    k.descriptor = at;
    k.entry += at;
    if (k.entry >= image.size()) file.refuse("the entry of " + k.name + " lies outside the image");
    return k;
}

// LLVM, AMDGPUUsage, "Relocation Records".
enum class Of : uint8_t { Value, Distance };  // of the value from the place
struct RelocationRow {
    uint32_t type;
    Of of;
    int bytes, shift;
};
constexpr RelocationRow relocation_rows[] = {
    // clang-format off
    {1,  Of::Value,    4, 0},   // ABS32_LO
    {2,  Of::Value,    4, 32},  // ABS32_HI
    {3,  Of::Value,    8, 0},   // ABS64
    {4,  Of::Distance, 4, 0},   // REL32
    {5,  Of::Distance, 8, 0},   // REL64
    {6,  Of::Value,    4, 0},   // ABS32
    {10, Of::Distance, 4, 0},   // REL32_LO
    {11, Of::Distance, 4, 32},  // REL32_HI
    {13, Of::Value,    8, 0},   // RELATIVE64
    // clang-format on
};
constexpr uint32_t relocation_none = 0, relocation_relative = 13;

const RelocationRow* find_relocation(uint32_t type) {
    for (const RelocationRow& row : relocation_rows)
        if (row.type == type) return &row;
    return nullptr;
}

Relocation read_relocation(const ElfBytes& file, const Elf64_Rela& r, std::span<const Elf64_Sym> symbols,
                           std::span<const std::byte> names, uint64_t image_bytes) {
    const uint32_t type = ELF64_R_TYPE(r.r_info);
    const uint64_t index = ELF64_R_SYM(r.r_info);
    const RelocationRow* row = find_relocation(type);
    if (!row) file.refuse("it has a relocation of type " + std::to_string(type));
    if (r.r_offset > image_bytes || image_bytes - r.r_offset < uint64_t(row->bytes))
        file.refuse("it relocates bytes outside the image");
    if (type == relocation_relative) return {r.r_offset, type, uint64_t(r.r_addend), true};
    if (index >= symbols.size()) file.refuse("it relocates by a symbol that is not there");
    const Elf64_Sym& s = symbols[index];
    const bool undefined = s.st_shndx == SHN_UNDEF, weak = ELF64_ST_BIND(s.st_info) == STB_WEAK;
    if (undefined && !weak && index != 0) {
        const char* text = reinterpret_cast<const char*>(names.data()) + s.st_name;
        const bool named = s.st_name < names.size();
        file.refuse("it needs " + (named ? std::string(text, strnlen(text, names.size() - s.st_name)) : "a symbol") +
                    ", which it does not have");
    }
    return {r.r_offset, type, s.st_value + uint64_t(r.r_addend), !undefined && s.st_shndx != SHN_ABS};
}

}  // namespace

const KernelDescriptor* CodeObject::find(std::string_view kernel) const {
    for (const KernelDescriptor& k : kernels)
        if (k.name == kernel) return &k;
    return nullptr;
}

KernelDescriptor read_descriptor(std::span<const std::byte, KernelDescriptor::bytes> d, std::string name) {
    KernelDescriptor k{.name = std::move(name)};
    k.lds_bytes = field<uint32_t>(d, 0);
    k.scratch_bytes = field<uint32_t>(d, 4);
    k.kernarg_bytes = field<uint32_t>(d, 8);
    k.entry = field<uint64_t>(d, 16);
    k.rsrc1 = field<uint32_t>(d, 48);
    k.rsrc2 = field<uint32_t>(d, 52);
    k.properties = field<uint16_t>(d, 56);
    return k;
}

CodeObject read_code_object(std::span<const std::byte> elf, std::string_view what) {
    const ElfBytes file{elf, what};
    const Elf64_Ehdr header = file.header();
    if (header.e_machine != machine_amdgpu)
        file.refuse("it is for machine " + std::to_string(header.e_machine) + ", not for AMDGPU (" +
                    std::to_string(machine_amdgpu) + ")");

    constexpr uint32_t machine_mask = 0xff;
    CodeObject object{.image = load(file, header), .kernels = {}, .machine = header.e_flags & machine_mask};
    const auto sections = file.sections(header);
    for (const Elf64_Shdr& table : sections) {
        if (table.sh_type != SHT_DYNSYM) continue;
        if (table.sh_link >= sections.size()) file.refuse("its symbols have no names");
        const Elf64_Shdr& names = sections[table.sh_link];
        const auto strings = file.part(names.sh_offset, names.sh_size, "the symbol names");
        for (const Elf64_Sym& symbol :
             file.table<Elf64_Sym>(table.sh_offset, table.sh_size / sizeof(Elf64_Sym), "the symbol table")) {
            if (symbol.st_name >= strings.size()) file.refuse("a symbol's name lies outside the names");
            const char* text = reinterpret_cast<const char*>(strings.data()) + symbol.st_name;
            const std::string_view name(text, strnlen(text, strings.size() - symbol.st_name));
            if (name.ends_with(".kd"))
                object.kernels.push_back(
                    descriptor_at(file, object.image, name.substr(0, name.size() - 3), symbol.st_value));
        }
        break;  // there is one: more would only multiply the work
    }
    if (object.kernels.empty()) file.refuse("it has no kernel descriptor (a symbol NAME.kd)");
    return object;
}

std::vector<Relocation> read_relocations(std::span<const std::byte> elf, const CodeObject& object,
                                         std::string_view what) {
    const ElfBytes file{elf, what};
    const auto sections = file.sections(file.header());
    std::vector<Relocation> all;
    for (const Elf64_Shdr& table : sections) {
        if (table.sh_type == SHT_REL && table.sh_flags & SHF_ALLOC) file.refuse("its relocations have no addends");
        if (table.sh_type != SHT_RELA || !(table.sh_flags & SHF_ALLOC)) continue;
        std::vector<Elf64_Sym> symbols;
        std::span<const std::byte> names;
        if (table.sh_link && table.sh_link < sections.size()) {
            const Elf64_Shdr& of = sections[table.sh_link];
            symbols = file.table<Elf64_Sym>(of.sh_offset, of.sh_size / sizeof(Elf64_Sym), "the symbol table");
            if (of.sh_link < sections.size())
                names = file.part(sections[of.sh_link].sh_offset, sections[of.sh_link].sh_size, "the symbol names");
        }
        for (const Elf64_Rela& r :
             file.table<Elf64_Rela>(table.sh_offset, table.sh_size / sizeof(Elf64_Rela), "the relocations"))
            if (ELF64_R_TYPE(r.r_info) != relocation_none)
                all.push_back(read_relocation(file, r, symbols, names, object.image.size()));
    }
    return all;
}

void relocate(std::span<std::byte> image, std::span<const Relocation> relocations, uint64_t address) {
    for (const Relocation& r : relocations) {
        const RelocationRow* row = find_relocation(r.type);
        GCN_ASSERT(row && r.at <= image.size() && image.size() - r.at >= size_t(row->bytes));
        uint64_t value = r.value + (r.moves ? address : 0);
        if (row->of == Of::Distance) value -= address + r.at;
        value >>= row->shift;
        std::memcpy(image.data() + r.at, &value, size_t(row->bytes));  // the low bytes: both ends are little
    }
}

}  // namespace gcn
