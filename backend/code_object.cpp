#include "backend/code_object.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "gcn/error.hpp"

namespace gcn {

namespace {

constexpr uint64_t largest_image = 1ull << 30;
constexpr size_t descriptor_bytes = 64;

// The bytes with a name, for messages.
struct File {
    std::span<const std::byte> bytes;
    std::string_view what;

    [[noreturn]] void refuse(const std::string& why) const {
        fail({"read " + std::string(what), why,
              "a code object for gfx803, as clang -target amdgcn-amd-amdhsa makes it"});
    }

    std::span<const std::byte> part(uint64_t offset, uint64_t count, const char* name) const {
        if (offset > bytes.size() || count > bytes.size() - offset)
            refuse(std::string(name) + " lies at bytes " + std::to_string(offset) + " to " +
                   std::to_string(offset + count) + " of a file of " + std::to_string(bytes.size()));
        return bytes.subspan(offset, count);
    }

    template <class T> std::vector<T> table(uint64_t offset, uint64_t count, const char* name) const {
        if (count > bytes.size()) refuse(std::string(name) + " has " + std::to_string(count) + " entries");
        const auto from = part(offset, count * sizeof(T), name);
        std::vector<T> rows(count);
        if (count) std::memcpy(rows.data(), from.data(), from.size());
        return rows;
    }
};

template <class T> T field(std::span<const std::byte> descriptor, size_t offset) {
    T value;
    std::memcpy(&value, descriptor.data() + offset, sizeof value);
    return value;
}

std::vector<std::byte> load(const File& file, const Elf64_Ehdr& header) {
    const auto segments = file.table<Elf64_Phdr>(header.e_phoff, header.e_phnum, "the program header");
    uint64_t end = 0;
    for (const Elf64_Phdr& s : segments) {
        if (s.p_type != PT_LOAD) continue;
        if (s.p_filesz > s.p_memsz || s.p_memsz > largest_image || s.p_vaddr > largest_image)
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

KernelDescriptor read_descriptor(const File& file, const std::vector<std::byte>& image, std::string name, uint64_t at) {
    if (at > image.size() || image.size() - at < descriptor_bytes)
        file.refuse("the descriptor of " + name + " lies outside the image");
    const std::span<const std::byte> d(image.data() + at, descriptor_bytes);
    KernelDescriptor k{.name = std::move(name), .descriptor = at};
    k.lds_bytes = field<uint32_t>(d, 0);
    k.scratch_bytes = field<uint32_t>(d, 4);
    k.kernarg_bytes = field<uint32_t>(d, 8);
    k.entry = at + field<uint64_t>(d, 16);
    k.rsrc1 = field<uint32_t>(d, 48);
    k.rsrc2 = field<uint32_t>(d, 52);
    k.properties = field<uint16_t>(d, 56);
    if (k.entry >= image.size()) file.refuse("the entry of " + k.name + " lies outside the image");
    return k;
}

}  // namespace

const KernelDescriptor* CodeObject::find(std::string_view kernel) const {
    for (const KernelDescriptor& k : kernels)
        if (k.name == kernel) return &k;
    return nullptr;
}

CodeObject read_code_object(std::span<const std::byte> elf, std::string_view what) {
    const File file{elf, what};
    if (elf.size() < sizeof(Elf64_Ehdr)) file.refuse("it has " + std::to_string(elf.size()) + " bytes");
    const auto header = file.table<Elf64_Ehdr>(0, 1, "the header")[0];
    constexpr uint16_t machine_amdgpu = 224;
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) file.refuse("it is not ELF");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != machine_amdgpu)
        file.refuse("it is for machine " + std::to_string(header.e_machine) + ", not for AMDGPU (224)");
    if (header.e_phentsize != sizeof(Elf64_Phdr) && header.e_phnum) file.refuse("its program header is malformed");
    if (header.e_shentsize != sizeof(Elf64_Shdr)) file.refuse("its section header is malformed");

    CodeObject object{.image = load(file, header), .kernels = {}};
    const auto sections = file.table<Elf64_Shdr>(header.e_shoff, header.e_shnum, "the section header");
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
                    read_descriptor(file, object.image, std::string(name.substr(0, name.size() - 3)), symbol.st_value));
        }
    }
    if (object.kernels.empty()) file.refuse("it has no kernel descriptor (a symbol NAME.kd)");
    return object;
}

}  // namespace gcn
