// Random and mutated PM4 and SDMA packets through rings of the software Polaris, in process: make fuzz-drm. Most are of
// the right form with fields that are not; they may refuse, fault or wait, and each submission must end once.

#include <elf.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <vector>

#include "emulator/cp/client.hpp"
#include "emulator/cp/device.hpp"
#include "emulator/cp/pm4.hpp"
#include "emulator/cp/ring.hpp"
#include "emulator/cp/sdma.hpp"
#include "isa/pm4.hpp"
#include "isa/regs.hpp"
#include "isa/sdma.hpp"
#include "tests/fuzz_drm.hpp"

using namespace gcn;
using namespace gcn::emulator;
using test::Random;
namespace pm4 = isa::pm4;
namespace sdma = isa::sdma;
namespace reg = isa::reg;

namespace {

using Words = std::vector<uint32_t>;

constexpr uint64_t memory_at = 0x1235'0000'0000 - 0x4000, half = 0x4000, read_only_at = 0x777'0000'0000,
                   code_at = 0x55'0000'0000, buffers_at = 0x99'0000'0000, buffer_room = 0x10000;

uint32_t lo(uint64_t x) { return uint32_t(x); }
uint32_t hi(uint64_t x) { return uint32_t(x >> 32); }

// The kernels of tests/kernels/rings.s: the file, and where its code lies in it.
struct Code {
    std::vector<char> file;
    uint64_t first = 0, bytes = 0;
};
Code read_code() {
    std::ifstream in(BUILD "/tests/kernels/rings.co", std::ios::binary);
    Code code{{std::istreambuf_iterator<char>(in), {}}, 0, 0};
    Elf64_Ehdr elf;
    if (code.file.size() < sizeof elf) return code;
    std::memcpy(&elf, code.file.data(), sizeof elf);
    for (int i = 0; i < elf.e_shnum; ++i) {
        Elf64_Shdr section;
        std::memcpy(&section, code.file.data() + elf.e_shoff + size_t(i) * sizeof section, sizeof section);
        if (section.sh_flags & SHF_EXECINSTR) code.first = section.sh_offset, code.bytes = section.sh_size;
    }
    return code;
}

// ---- words ----------------------------------------------------------------------------------------------------------

// Addresses in and around what is mapped, of any alignment, and a few that are nowhere.
uint64_t address(Random& r) {
    const uint64_t aligned = ~uint64_t(r.pick({0, 3, 3, 3, 7, 7, 31, 0xff}));
    switch (r.below(16)) {
        case 0:
            return read_only_at + (r.below(80) & aligned);
        case 1:
            return code_at + (r.below(0x3000) & aligned);
        case 2:
            return buffers_at + (r.below(uint32_t(3 * buffer_room)) & aligned);
        case 3:
            return memory_at + 2 * half - r.below(64);
        case 4:
            return memory_at + half - r.below(64);
        case 5:
            return r.pick<uint64_t>({0, 1, 4096, 0x666'0000'0000, ~0ull, ~0ull << 48, 1ull << 47, memory_at - 4});
        case 6:
            return r.one_in(2) ? r.next() : r.next() >> 16;
        default:
            return memory_at + (r.below(2 * half) & aligned);
    }
}

uint32_t word(Random& r) {
    switch (r.below(8)) {
        case 0:
            return 0;
        case 1:
            return r.below(16);
        case 2:
            return 1u << r.below(32);
        case 3:
            return ~0u >> r.below(32);
        case 4:
            return lo(address(r));
        case 5:
            return hi(address(r));
        default:
            return r.word();
    }
}

struct Field {
    uint32_t code, word, low, bits;
};

// Fields get values that mean something more often than not.
void set(Random& r, Words& words, size_t first, const Field& f) {
    const uint32_t mask = f.bits == 32 ? ~0u : (1u << f.bits) - 1;
    const uint32_t value = (r.one_in(4) ? r.word() : r.below(r.one_in(3) ? 64 : 4)) & mask;
    uint32_t& w = words[first + f.word];
    w = (w & ~(mask << f.low)) | value << f.low;
}
void put_address(Random& r, Words& words, size_t at) {
    const uint64_t a = address(r);
    words[at] = lo(a), words[at + 1] = hi(a);
}

// ---- PM4 ------------------------------------------------------------------------------------------------------------

constexpr Field pm4_fields[] = {
#define PACKET(...)
#define PFIELD(packet, field, word, low, bits) {uint32_t(pm4::Op::packet), word, low, bits},
#define PVALUE(...)
#include "isa/pm4.def"
#undef PACKET
#undef PFIELD
#undef PVALUE
};

uint32_t pm4_header(pm4::Op op, size_t body) { return 3u << 30 | uint32_t(body - 1) << 16 | uint32_t(op) << 8; }

Words pm4_packet(pm4::Op op, const Words& body) {
    Words all = {pm4_header(op, body.size())};
    all.insert(all.end(), body.begin(), body.end());
    return all;
}

Words random_pm4(Random& r) {
    const pm4::Packet& p = pm4::packets[r.below(std::size(pm4::packets))];
    size_t body = p.least + (r.one_in(3) ? r.below(std::min(p.most - p.least, 20u) + 1) : 0);
    if (r.one_in(100)) body = 1 + r.below(24);
    Words words(1 + body);
    words[0] = pm4_header(p.op, body) | (r.one_in(4) ? 2 : 0);
    for (size_t i = 1; i <= body; ++i) words[i] = r.one_in(2) ? 0 : word(r);
    // Most packets begin with a word of fields, behind which addresses come in pairs.
    const size_t first = p.op == pm4::Op::INDIRECT_BUFFER || p.op == pm4::Op::COND_EXEC ? 1
                         : p.op == pm4::Op::RELEASE_MEM                                 ? 3
                                                                                        : 2;
    for (size_t at = first; at + 1 <= body; at += 2)
        if (r.below(4)) put_address(r, words, at);
    for (const Field& f : pm4_fields)
        if (f.code == uint32_t(p.op) && f.word < body) set(r, words, 1, f);
    if (p.op == pm4::Op::INDIRECT_BUFFER && body == 3 && r.below(8)) {
        const uint64_t a = buffers_at + (r.below(uint32_t(2 * buffer_room)) & ~3u);
        words[1] = lo(a), words[2] = hi(a), words[3] = r.below(400) | (r.one_in(4) ? 1u << 20 : 0);
    }
    return words;
}

// A kernel, or any words for one, with registers of which one or two may be wrong.
Words random_dispatch(Random& r, const Code& code) {
    const auto registers = [](uint32_t dword, Words values) {
        values.insert(values.begin(), dword - isa::sh_space.first);
        return pm4_packet(pm4::Op::SET_SH_REG, values);
    };
    uint64_t entry = code_at + code.first + 256 * r.below(uint32_t(code.bytes / 256 + 1));
    if (r.one_in(8)) entry = address(r);
    const uint64_t data = address(r);
    Words all;
    const auto add = [&](const Words& w) { all.insert(all.end(), w.begin(), w.end()); };
    add(registers(reg::COMPUTE_PGM_LO, {lo(entry >> 8), hi(entry >> 8)}));
    const uint32_t users = r.one_in(8) ? r.below(32) : 2 + r.below(15), ids = r.one_in(2) ? 7u << 7 | 2u << 11 : 0;
    add(registers(reg::COMPUTE_PGM_RSRC1,
                  {r.one_in(6) ? r.word() : 1 | 4 << 6, r.one_in(6) ? r.word() : users << 1 | ids}));
    add(registers(reg::COMPUTE_NUM_THREAD_X, {r.pick({1u, 7u, 64u, 200u, r.word()}), 1 + r.below(3), 1 + r.below(2)}));
    Words user(16);
    for (uint32_t& u : user) u = r.one_in(3) ? word(r) : r.below(8);
    user[0] = lo(data), user[1] = hi(data);
    add(registers(reg::COMPUTE_USER_DATA_0, user));
    if (r.one_in(4)) add(registers(reg::COMPUTE_TMPRING_SIZE, {word(r)}));
    if (r.one_in(4)) add(registers(isa::sh_space.first + r.below(0x280), {word(r), word(r)}));
    const uint32_t initiator = 5 | (r.one_in(3) ? r.word() & 0x7fff : 0);
    add(pm4_packet(pm4::Op::DISPATCH_DIRECT,
                   {r.one_in(8) ? word(r) : r.below(9), r.one_in(20) ? word(r) : 1, 1, initiator}));
    if (r.one_in(2))
        add(pm4_packet(pm4::Op::EVENT_WRITE,
                       {pm4::EVENT_WRITE_TYPE(pm4::EVENT_CS_PARTIAL_FLUSH) | pm4::EVENT_WRITE_INDEX(4)}));
    return all;
}

// What Mesa's OpenCL sends for a launch, its addresses put into our memory.
Words real_pm4(Random& r, const Code& code) {
    const uint64_t data = memory_at + 256 * r.below(64), entry = code_at + code.first;
    const uint32_t at = lo(data), up = hi(data);
    return {0xc0017600, 0x20d,      hi(entry >> 8),
            0xc0017600, 0x20c,      lo(entry >> 8),
            0xc0027600, 0x212,      0x00af0041,
            0x00000090, 0xc0017600, 0x218,
            0x00000480, 0xc0027600, 0x242,
            0,          0,          0xc0027600,
            0x240,      at,         up,
            0xc0027600, 0x246,      0x00440000,
            0,          0xc0055800, 0xa8c40000,
            0xffffffff, 0x00ffffff, 0,
            0,          0xa,        0xc0055000,
            0x60300000, at,         up,
            at,         up,         0x2001e0,
            0xc0017600, 0x215,      0x00800000,
            0xc0037600, 0x207,      64,
            1,          1,          0xc0031502,
            2,          1,          1,
            0x45,       0xc0054900, 0x528,
            0x60000000, at,         up,
            0,          0,          0xc0054900,
            0x528,      0x20000000, at,
            up,         0x80000000, 0,
            0xc0055000, 0x80000000, 0,
            0,          0,          0,
            0,          0xffff1000};
}

// ---- SDMA -----------------------------------------------------------------------------------------------------------

constexpr const char* sdma_owners[] = {
#define PACKET(...)
#define PFIELD(packet, ...) #packet,
#define PVALUE(...)
#include "isa/sdma.def"
#undef PACKET
#undef PFIELD
#undef PVALUE
};
constexpr Field sdma_fields[] = {
#define PACKET(...)
#define PFIELD(packet, field, word, low, bits) {0, word, low, bits},
#define PVALUE(...)
#include "isa/sdma.def"
#undef PACKET
#undef PFIELD
#undef PVALUE
};

Words random_sdma(Random& r) {
    const sdma::Packet& p = sdma::packets[r.below(std::size(sdma::packets))];
    Words words(p.words + r.below(12));
    for (uint32_t& w : words) w = r.one_in(2) ? 0 : word(r);
    const size_t first = p.op == sdma::Op::COPY_LINEAR || p.op == sdma::Op::COPY_LINEAR_BROADCAST ? 3 : 1;
    for (size_t at = first; at + 1 < p.words; at += p.op == sdma::Op::COPY_LINEAR_SUB_WIND ? 5 : 2)
        if (r.below(4)) put_address(r, words, at);
    words[0] = 0;
    const std::string name(p.name);
    for (size_t i = 0; i < std::size(sdma_fields); ++i) {
        const std::string owner = sdma_owners[i];
        const bool own = owner == name || (owner == "COPY" && name.starts_with("COPY_LINEAR") && p.words < 10) ||
                         (owner == "SUB_WIND" && p.op == sdma::Op::COPY_LINEAR_SUB_WIND);
        if (own && sdma_fields[i].word < words.size() && r.below(4)) set(r, words, 0, sdma_fields[i]);
    }
    words[0] = (words[0] & 0xffff0000 & (r.one_in(2) ? ~0u : 0xe0000000)) | sdma::header(p.op);
    if (p.op == sdma::Op::COPY_LINEAR) words[0] &= ~(1u << 27);
    // As long as it says, most of the time.
    const uint32_t says = words.size() < p.words ? p.words : sdma::words_of(p, words);
    if (says < 1000 && r.below(8)) words.resize(says, word(r));
    if (p.op == sdma::Op::INDIRECT && r.below(4)) {
        const uint64_t a = buffers_at + (r.below(uint32_t(2 * buffer_room)) & ~31u);
        words[1] = lo(a), words[2] = hi(a), words[3] = r.below(400);
    }
    return words;
}

// ---- streams --------------------------------------------------------------------------------------------------------

void mutate(Random& r, Words& words) {
    for (uint32_t n = r.below(5); n-- && !words.empty();) {
        const size_t at = r.below(uint32_t(words.size()));
        switch (r.below(6)) {
            case 0:
                words[at] ^= 1u << r.below(32);
                break;
            case 1:
                words[at] = word(r);
                break;
            case 2:
                std::swap(words[at], words[r.below(uint32_t(words.size()))]);
                break;
            case 3:
                words.erase(words.begin() + ptrdiff_t(at));
                break;
            case 4:
                words.insert(words.begin() + ptrdiff_t(at), word(r));
                break;
            case 5:
                if (r.one_in(4)) words.resize(at);
        }
    }
}

enum class Kind { Gfx, Compute, Dma };

Words stream(Random& r, Kind kind, const Code& code) {
    Words all;
    for (uint32_t n = 1 + r.below(r.one_in(4) ? 30 : 6); n--;) {
        Words next;
        const uint32_t what = r.below(20);
        if (what == 0)
            for (uint32_t i = r.below(6); i--;) next.push_back(word(r));
        else if (kind == Kind::Dma)
            next = random_sdma(r);
        else if (what < 4)
            next = real_pm4(r, code);
        else if (what < 8)
            next = random_dispatch(r, code);
        else
            next = random_pm4(r);
        if (r.one_in(3)) mutate(r, next);
        all.insert(all.end(), next.begin(), next.end());
    }
    if (all.size() > buffer_room / 4) all.resize(buffer_room / 4);
    return all;
}

// ---- one input: a client, one to three rings, a few submissions each ------------------------------------------------

struct Owner : Client {
    void interrupt(uint32_t) override {}
    void memory_fault(uint64_t, bool) override {}
};

// How many submissions have ended.
struct Endings {
    std::mutex guard;
    std::condition_variable changed;
    uint32_t count = 0;

    void add() {
        const std::lock_guard lock(guard);
        ++count;
        changed.notify_all();
    }
    bool reach(uint32_t all, std::chrono::milliseconds limit) {
        std::unique_lock lock(guard);
        return changed.wait_for(lock, limit, [&] { return count >= all; });
    }
};

class Input {
public:
    Input(test::Fuzzing& fuzzing, const Code& code, Random& random) : fuzzing(fuzzing), code(code), r(random) {}

    void run() {
        // Each on the heap by itself, so that a sanitizer sees what goes beyond.
        for (int i = 0; i < 2; ++i) map(memory_at + uint64_t(i) * half, fresh(half), true);
        map(read_only_at, fresh(64), false);
        std::vector<std::byte>& kernels = fresh(code.file.size());
        std::memcpy(kernels.data(), code.file.data(), kernels.size());
        for (uint32_t n = r.one_in(4) ? r.below(64) : 0; n--;) {  // machine code is as good a place for errors
            const uint32_t any = word(r);
            std::memcpy(kernels.data() + code.first + (r.below(uint32_t(code.bytes)) & ~3u), &any, 4);
        }
        map(code_at, kernels, false);

        const uint32_t count = 1 + r.below(3);
        for (uint32_t i = 0; i < count; ++i) {
            const Kind kind = r.pick({Kind::Gfx, Kind::Compute, Kind::Compute, Kind::Dma, Kind::Dma});
            rings.push_back(std::make_shared<Ring>(device.scheduler, engine(kind), device.patience));
            device.scheduler.add(rings.back());
            for (uint32_t jobs = 1 + r.below(3); jobs--;) submit(*rings.back(), kind);
        }
        // Some are taken away in the middle.
        const bool waits = r.below(8);
        ended->reach(waits ? submitted : submitted / 2, std::chrono::milliseconds(waits ? 100 : r.below(3)));
        for (const auto& ring : rings) device.scheduler.remove(ring);
        if (ended->count != submitted)
            fuzzing.fail(std::to_string(submitted) + " submissions, of which " + std::to_string(ended->count) +
                         " ended");
    }

private:
    std::vector<std::byte>& fresh(size_t bytes) { return *memory.emplace_back(new std::vector<std::byte>(bytes)); }

    void map(uint64_t at, std::vector<std::byte>& bytes, bool writable) {
        if (!owner.space.map({at, at + bytes.size(), bytes.data(), writable})) fuzzing.fail("no room");
    }

    std::unique_ptr<Engine> engine(Kind kind) {
        if (kind == Kind::Dma) return std::make_unique<Sdma>(device, owner);
        return std::make_unique<Pm4>(device, owner, kind == Kind::Gfx ? Pm4::Ring::Gfx : Pm4::Ring::Compute);
    }

    void submit(Ring& ring, Kind kind) {
        Ring::Job job;
        for (uint32_t n = r.below(4); n--;) {
            const Words words = stream(r, kind, code);
            if (words.empty()) continue;
            const uint64_t at = buffers_at + buffer_room * buffers++;
            std::vector<std::byte>& bytes = fresh(4 * words.size());
            std::memcpy(bytes.data(), words.data(), bytes.size());
            map(at, bytes, r.below(2));
            job.buffers.push_back({at, uint32_t(words.size()) + (r.one_in(50) ? r.below(100) : 0)});
        }
        const bool ready = r.below(50);
        job.ready = [ready] { return ready; };
        job.done = [ended = ended](const std::string&) { ended->add(); };
        ++submitted;
        ring.submit(std::move(job));
    }

    test::Fuzzing& fuzzing;
    const Code& code;
    Random& r;
    Device& device = Device::open();
    std::vector<std::unique_ptr<std::vector<std::byte>>> memory;
    Owner owner;
    std::vector<std::shared_ptr<Ring>> rings;
    std::shared_ptr<Endings> ended = std::make_shared<Endings>();
    uint32_t submitted = 0, buffers = 0;
};

}  // namespace

int main(int words, char** word) {
    test::Fuzzing fuzzing(words, word);
    const Code code = read_code();
    if (!code.bytes) {
        std::fputs("gcn: cannot fuzz: " BUILD "/tests/kernels/rings.co is not there. Try: make fuzz-drm.\n", stderr);
        return 1;
    }
    return fuzzing.run([&](Random& random) { Input(fuzzing, code, random).run(); });
}
