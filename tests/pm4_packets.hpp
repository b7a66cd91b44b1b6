#pragma once
// Packets as words, and a card whose ring obeys them.

#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/code_object.hpp"
#include "emulator/cp/pm4.hpp"
#include "isa/pm4.hpp"
#include "isa/regs.hpp"
#include "tests/ring_stage.hpp"

namespace gcn::test {

using emulator::Pm4;
using isa::pm4::Op;
using RingKind = Pm4::Ring;

namespace pm4 = isa::pm4;
namespace reg = isa::reg;

struct Card : Stage {
    explicit Card(RingKind kind = RingKind::Compute, double patience = 20)
        : Stage(patience,
                [&](emulator::Client& c) { return std::make_unique<Pm4>(emulator::Device::open(), c, kind); }) {}
    uint32_t get(uint32_t dword) const { return static_cast<Pm4*>(engine)->get(dword); }
};

constexpr uint64_t at(uint64_t offset) { return Stage::memory_at + offset; }

inline Words packet(Op op, Words body) {
    body.insert(body.begin(), pm4::header(op, uint32_t(body.size())));
    return body;
}
inline Words write(uint64_t to, const Words& data, uint32_t control = pm4::WRITE_DATA_DST_SEL(pm4::SEL_MEMORY)) {
    return packet(Op::WRITE_DATA, join({{control, lo(to), hi(to)}, data}));
}
inline Words set(uint32_t dword, const Words& values) {
    const bool user = isa::uconfig_space.holds(dword);
    const uint32_t first = user ? isa::uconfig_space.first : isa::sh_space.first;
    return packet(user ? Op::SET_UCONFIG_REG : Op::SET_SH_REG, join({{dword - first}, values}));
}
inline Words copy_data(uint32_t from, uint64_t source, uint32_t to, uint64_t target, bool wide) {
    return packet(Op::COPY_DATA,
                  {pm4::COPY_DATA_SRC_SEL(from) | pm4::COPY_DATA_DST_SEL(to) | pm4::COPY_DATA_IS_64(wide), lo(source),
                   hi(source), lo(target), hi(target)});
}
inline Words copy_word(uint64_t to, uint64_t from) {
    return copy_data(pm4::SEL_MEMORY_SYNC, from, pm4::SEL_MEMORY, to, false);
}
inline Words partial_flush() {
    return packet(Op::EVENT_WRITE, {pm4::EVENT_CS_PARTIAL_FLUSH | pm4::EVENT_INDEX_PARTIAL_FLUSH << 8});
}

constexpr uint64_t code_at = 0x10'0000'0000;
constexpr uint32_t shader = 1, partial = 2, from_zero = 4, in_threads = 32;

// The code object of the file tests/kernels/NAME.s, whose kernels' names begin with NAME.
inline const CodeObject& kernels_of(const std::string& kernel) {
    static std::map<std::string, CodeObject> objects;
    const std::string name = kernel.substr(0, kernel.find('_'));
    auto [known, fresh] = objects.try_emplace(name);
    if (fresh) {
        std::ifstream in(BUILD "/tests/kernels/" + name + ".co", std::ios::binary);
        REQUIRE(in);
        const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
        known->second = read_code_object(std::as_bytes(std::span(bytes)), name);
    }
    return known->second;
}

struct Compute : Card {
    std::vector<std::byte> code;

    explicit Compute(RingKind kind = RingKind::Compute, double patience = 20, const std::string& kernels = "rings")
        : Card(kind, patience), code(kernels_of(kernels).image) {
        map(code_at, code.data(), code.size(), false);
    }
    ~Compute() { leave(); }
};

// Sets the registers of a kernel; `more` are bits of COMPUTE_PGM_RSRC2.
inline Words use(const std::string& kernel, const Words& user_sgprs, const std::array<uint32_t, 3>& group = {1, 1, 1},
                 uint32_t more = 0) {
    const KernelDescriptor* k = kernels_of(kernel).find(kernel);
    REQUIRE(k);
    const uint64_t entry = code_at + k->entry;
    return join({set(reg::COMPUTE_PGM_LO, {lo(entry >> 8), hi(entry >> 8)}),
                 set(reg::COMPUTE_PGM_RSRC1, {k->rsrc1, k->rsrc2 | more}),
                 set(reg::COMPUTE_NUM_THREAD_X, {group.begin(), group.end()}),
                 set(reg::COMPUTE_USER_DATA_0, user_sgprs)});
}
inline Words dispatch(uint32_t x, uint32_t y = 1, uint32_t z = 1, uint32_t initiator = shader | from_zero) {
    return packet(Op::DISPATCH_DIRECT, {x, y, z, initiator});
}
}  // namespace gcn::test
