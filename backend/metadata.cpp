#include "backend/metadata.hpp"

#include "backend/elf.hpp"

namespace gcn {

namespace {

constexpr uint32_t note_metadata = 32;
constexpr int deepest = 32;  // containers in one another; real ones have 4

// Reads one value after another. A visitor of a container reads each of its values.
class MessagePack {
public:
    MessagePack(const ElfBytes& file, std::span<const std::byte> bytes) : file(file), bytes(bytes) {}

    template <class F> void each_pair(F&& visit) {
        for (uint64_t left = container(0x80, 0xde, "map"); left > 0; --left) visit(text());
        --depth;
    }
    template <class F> void each_item(F&& visit) {
        for (uint64_t left = container(0x90, 0xdc, "array"); left > 0; --left) visit();
        --depth;
    }

    std::string_view text() {
        const uint8_t head = byte();
        uint64_t size = 0;
        if ((head & 0xe0) == 0xa0)
            size = head & 0x1f;
        else if (head >= 0xd9 && head <= 0xdb)
            size = number_of(1u << (head - 0xd9));
        else
            wrong("no text where one belongs");
        const auto part = take(size);
        return {reinterpret_cast<const char*>(part.data()), part.size()};
    }

    uint32_t number() {
        const uint8_t head = byte();
        if (head < 0x80) return head;
        if (head < 0xcc || head > 0xcf) wrong("no number where one belongs");
        const uint64_t value = number_of(1u << (head - 0xcc));
        if (value > UINT32_MAX) wrong("the number " + std::to_string(value));
        return uint32_t(value);
    }

    void skip() {
        const uint8_t head = peek();
        if ((head & 0xf0) == 0x80 || head == 0xde || head == 0xdf) return each_pair([&](std::string_view) { skip(); });
        if ((head & 0xf0) == 0x90 || head == 0xdc || head == 0xdd) return each_item([&] { skip(); });
        if ((head & 0xe0) == 0xa0 || (head >= 0xd9 && head <= 0xdb)) return void(text());
        byte();
        if (head < 0x80 || head >= 0xe0 || (head >= 0xc0 && head <= 0xc3)) return;
        if (head == 0xca || head == 0xcb) return void(take(head == 0xca ? 4 : 8));
        if (head >= 0xcc && head <= 0xd3) return void(take(1u << ((head - 0xcc) % 4)));
        if (head >= 0xc4 && head <= 0xc6) return void(take(number_of(1u << (head - 0xc4))));
        wrong("a value of kind " + std::to_string(head));
    }

private:
    [[noreturn]] void wrong(const std::string& why) const { file.refuse("its metadata have " + why); }

    std::span<const std::byte> take(uint64_t count) {
        if (count > bytes.size() - at) wrong("an end too early");
        at += count;
        return bytes.subspan(at - count, count);
    }
    uint8_t byte() { return uint8_t(take(1)[0]); }
    uint8_t peek() {
        const uint8_t value = byte();
        --at;
        return value;
    }
    // Of so many bytes, the highest first.
    uint64_t number_of(size_t count) {
        uint64_t value = 0;
        for (const std::byte b : take(count)) value = value << 8 | uint64_t(b);
        return value;
    }
    uint64_t container(uint8_t small, uint8_t wide, const char* name) {
        if (++depth > deepest) wrong("more than " + std::to_string(deepest) + " values in one another");
        const uint8_t head = byte();
        if ((head & 0xf0) == small) return head & 0x0f;
        if (head != wide && head != wide + 1) wrong("no " + std::string(name) + " where one belongs");
        return number_of(head == wide ? 2 : 4);
    }

    const ElfBytes& file;
    const std::span<const std::byte> bytes;
    size_t at = 0;
    int depth = 0;
};

KernelArgument read_argument(MessagePack& pack) {
    KernelArgument a;
    pack.each_pair([&](std::string_view key) {
        if (key == ".value_kind")
            a.kind = pack.text();
        else if (key == ".offset")
            a.offset = pack.number();
        else if (key == ".size")
            a.bytes = pack.number();
        else
            pack.skip();
    });
    return a;
}

KernelMetadata read_kernel(MessagePack& pack) {
    KernelMetadata k;
    pack.each_pair([&](std::string_view key) {
        if (key == ".symbol") {
            k.name = pack.text();
            if (k.name.ends_with(".kd")) k.name.resize(k.name.size() - 3);
        } else if (key == ".args") {
            pack.each_item([&] { k.arguments.push_back(read_argument(pack)); });
        } else {
            pack.skip();
        }
    });
    return k;
}

std::vector<KernelMetadata> read_kernels(const ElfBytes& file, std::span<const std::byte> note) {
    std::vector<KernelMetadata> kernels;
    MessagePack pack(file, note);
    pack.each_pair([&](std::string_view key) {
        if (key == "amdhsa.kernels")
            pack.each_item([&] { kernels.push_back(read_kernel(pack)); });
        else
            pack.skip();
    });
    return kernels;
}

}  // namespace

std::vector<KernelMetadata> read_metadata(std::span<const std::byte> elf, std::string_view what) {
    const ElfBytes file{elf, what};
    for (const Elf64_Shdr& section : file.sections(file.header())) {
        if (section.sh_type != SHT_NOTE) continue;
        const ElfBytes notes{file.part(section.sh_offset, section.sh_size, "the notes"), what};
        for (uint64_t at = 0; at < notes.bytes.size();) {
            const auto head = notes.table<Elf64_Nhdr>(at, 1, "a note")[0];
            const auto up = [](uint64_t n) { return (n + 3) & ~uint64_t(3); };
            const uint64_t text = at + sizeof head + up(head.n_namesz);
            if (head.n_type == note_metadata) return read_kernels(file, notes.part(text, head.n_descsz, "a note"));
            at = text + up(head.n_descsz);
        }
    }
    return {};
}

}  // namespace gcn
