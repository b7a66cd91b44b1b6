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

    CodeObject object{.image = load(file, header), .kernels = {}};
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

}  // namespace gcn
