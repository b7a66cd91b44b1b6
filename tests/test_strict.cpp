// Strict mode: each kind of finding has a kernel that makes exactly it, and a near miss that makes none.

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backend/code_object.hpp"
#include "emulator/exec/exec.hpp"
#include "emulator/strict/strict.hpp"

using namespace gcn;
using namespace gcn::emulator;
using strict::Finding, strict::Kind;

namespace {

std::vector<std::byte> file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    REQUIRE(in);
    std::vector<std::byte> bytes;
    for (std::istreambuf_iterator<char> it(in), end; it != end; ++it) bytes.push_back(std::byte(*it));
    return bytes;
}

struct OneObject : strict::NameSource {
    std::shared_ptr<const strict::Names> names;
    std::shared_ptr<const strict::Names> at(uint64_t) override { return names; }
};

class Machine {
public:
    static constexpr uint64_t code_at = 0x10'0000'0000, data_at = 0x20'0000'0000;

    explicit Machine(const std::string& name) : elf(file(BUILD "/tests/kernels/" + name)), data(1024) {
        object = read_code_object(elf, name);
        source.names = std::make_shared<const strict::Names>(elf, code_at);
        REQUIRE(space.map({code_at, code_at + object.image.size(), object.image.data(), false}));
        REQUIRE(space.map({data_at, data_at + 4 * data.size(), reinterpret_cast<std::byte*>(data.data()), true}));
    }
    // The word at `dword` of a kernel.
    uint32_t& word(const std::string& kernel, int dword) {
        return *reinterpret_cast<uint32_t*>(object.image.data() + object.find(kernel)->entry + 4 * dword);
    }
    std::vector<Finding> run(const std::string& kernel, uint32_t lanes, strict::Promises promises = {}) {
        INFO(kernel);
        const KernelDescriptor* k = object.find(kernel);
        REQUIRE(k);
        std::vector<Finding> findings;
        strict::Strict strict(promises, source, [&](const Finding& f) { findings.push_back(f); });
        Dispatch d;
        d.space = &space;
        d.entry = code_at + k->entry;
        d.rsrc1 = k->rsrc1;
        d.rsrc2 = k->rsrc2;
        d.lds_bytes = k->lds_bytes;
        d.grid = d.group = {lanes, 1, 1};
        d.user_sgprs = {uint32_t(data_at), uint32_t(data_at >> 32)};
        d.observers = {&strict};
        std::mutex guard;
        std::condition_variable ended;
        bool over = false;
        const auto running = executor.start(d, [&](const Result& r) {
            const std::lock_guard lock(guard);
            over = true;
            instructions = r.instructions;
            ended.notify_one();
        });
        std::unique_lock lock(guard);
        ended.wait(lock, [&] { return over; });
        summary = strict.reports.summary();
        return findings;
    }

    std::vector<std::byte> elf;
    CodeObject object;
    OneObject source;
    AddressSpace space;
    std::vector<uint32_t> data;
    std::string summary;
    uint64_t instructions = 0;
    Executor executor{1, ""};
};

std::string hexadecimal(uint64_t x) {
    char text[24];
    std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(x));
    return text;
}

std::string shown(const std::vector<Finding>& findings) {
    std::string all;
    for (const Finding& f : findings) all += std::string(name_of(f.kind)) + ": " + f.text() + "\n";
    return all;
}

// One kernel of strict.s, and the one finding that it makes.
struct Row {
    const char* kernel;
    Kind kind;
    uint32_t lanes;
    const char *offset, *sentence;  // between them stands the workgroup
};
// clang-format off
const Row rows[] = {
    {"strict_pending_read", Kind::pending_read, 64, "+0x28",
     "wave 0: v_add_u32_e32 v3, vcc, v3, v7 reads v7 (vB) while buffer_load_dword at +0x1c is under way. No "
     "s_waitcnt between them waits for vmcnt(0)"},
    {"strict_pending_scalar", Kind::pending_read, 64, "+0x14",
     "wave 0: s_add_u32 s12, s4, 1 reads s4 (sTemp) while s_load_dword at +0x0 is under way. No s_waitcnt "
     "between them waits for lgkmcnt(0)"},
    {"strict_pending_flat", Kind::pending_read, 64, "+0x1c",
     "wave 0: v_mov_b32_e32 v7, v3 reads v3 (vA) while flat_load_dword at +0x10 is under way. No s_waitcnt "
     "between them waits for vmcnt(0)"},
    {"strict_pending_write", Kind::pending_write, 64, "+0x1c",
     "wave 0: v_mov_b32_e32 v3, 0 overwrites v3 (vA) while buffer_load_dword at +0x14 is under way. No "
     "s_waitcnt between them waits for vmcnt(0)"},
    {"strict_wait_states", Kind::wait_states, 64, "+0x1c",
     "wave 0: buffer_load_dword v3, v11, s[8:11], s4 offen reads s4 (sTemp), which a vector instruction "
     "wrote, too soon after v_readfirstlane_b32 at +0x14. Wait states between them: 4, the hardware wants 5"},
    {"strict_wait_dpp", Kind::wait_states, 64, "+0x8",
     "wave 0: v_mov_b32_dpp v7, v3 quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf reads other lanes of v3 "
     "(vA) too soon after v_mov_b32 at +0x0. Wait states between them: 1, the hardware wants 2"},
    {"strict_wait_exec", Kind::wait_states, 64, "+0xc",
     "wave 0: v_mov_b32_dpp v7, v3 quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf reads other lanes, as EXEC "
     "tells, too soon after v_cmpx_le_u32 at +0x4. Wait states between them: 4, the hardware wants 5"},
    {"strict_wait_lane", Kind::wait_states, 64, "+0x8",
     "wave 0: v_readlane_b32 s5, v0, s4 selects a lane by s4 (sTemp) too soon after v_readfirstlane_b32 at "
     "+0x0. Wait states between them: 3, the hardware wants 4"},
    {"strict_wait_fmas", Kind::wait_states, 64, "+0xc",
     "wave 0: v_div_fmas_f32 v7, v3, v3, v3 reads VCC too soon after v_cmp_eq_u32 at +0x4. Wait states "
     "between them: 3, the hardware wants 4"},
    {"strict_wait_vccz", Kind::wait_states, 64, "+0x8",
     "wave 0: v_mov_b32_e32 v7, src_vccz reads whether VCC or EXEC is zero too soon after v_cmp_eq_u32 at "
     "+0x0. Wait states between them: 4, the hardware wants 5"},
    {"strict_wait_mode", Kind::wait_states, 64, "+0xc",
     "wave 0: s_getreg_b32 s4, hwreg(HW_REG_MODE) touches the same hardware register too soon after "
     "s_setreg_imm32_b32 at +0x0. Wait states between them: 1, the hardware wants 2"},
    {"strict_wait_store", Kind::wait_states, 64, "+0x2c",
     "wave 0: v_mov_b32_e32 v5, 0 overwrites v5 (vA + 2), which is being stored, too soon after "
     "buffer_store_dwordx3 at +0x24. Wait states between them: 0, the hardware wants 1"},
    {"strict_wait_m0", Kind::wait_states, 64, "+0x4",
     "wave 0: s_sendmsg sendmsg(MSG_GS_DONE, GS_OP_NOP) reads m0 too soon after s_mov_b32 at +0x0. Wait "
     "states between them: 0, the hardware wants 1"},
    {"strict_wait_descriptor", Kind::wait_states, 64, "+0x18",
     "wave 0: s_buffer_load_dword s4, s[8:11], 0x0 reads s10 (sBuf + 2), the size in a descriptor, too soon "
     "after s_movk_i32 at +0x14. Wait states between them: 0, the hardware wants 1"},
    {"strict_unwritten", Kind::unwritten, 64, "+0x0",
     "wave 0, lane 0: v_add_u32_e32 v3, vcc, v7, v0 reads v7 (vB), which nothing has written in this lane"},
    {"strict_unwritten_lane", Kind::unwritten, 64, "+0xc",
     "wave 0, lane 1: v_add_u32_e32 v3, vcc, v3, v0 reads v3 (vA), which nothing has written in this lane"},
    {"strict_unwritten_moved", Kind::unwritten, 64, "+0x4",
     "wave 0, lane 0: v_add_u32_e32 v3, vcc, v3, v0 reads v3 (vA), which nothing has written in this lane"},
    {"strict_unwritten_scalar", Kind::unwritten, 64, "+0x0",
     "wave 0: s_add_u32 s4, s5, 1 reads s5 (sTemp + 1), which nothing has written"},
    {"strict_unwritten_scc", Kind::unwritten, 64, "+0x0",
     "wave 0: s_cbranch_scc1 0 reads scc, which nothing has written"},
    {"strict_unwritten_vcc", Kind::unwritten, 64, "+0x4",
     "wave 0, lane 0: v_add_u32_e32 v3, vcc, v3, v0 reads v3 (vA), which nothing has written in this lane"},
    {"strict_unwritten_store", Kind::unwritten, 64, "+0x10",
     "wave 0, lane 0: flat_store_dword v[1:2], v3 reads v3 (vA), which nothing has written in this lane"},
    {"strict_unwritten_lds", Kind::unwritten_lds, 64, "+0x10",
     "wave 0, lane 0: ds_read_b32 v3, v11 offset:256 reads LDS at 0x100, which nothing has written since the "
     "group began"},
    {"strict_m0", Kind::m0, 64, "+0x4",
     "wave 0: ds_write_b32 v11, v0 accesses LDS, but nothing has written m0, which limits it"},
    {"strict_lds_race", Kind::lds_race, 128, "+0x24",
     "wave 1, lane 0: ds_write_b32 v11, v0 writes LDS at 0x100, which wave 0 has read by ds_read_b32 at "
     "+0x30. No barrier between them that both had waited for"},
    {"strict_lds_race_late", Kind::lds_race, 128, "+0x1c",
     "wave 0, lane 0: ds_read_b32 v3, v11 reads LDS at 0x100, which wave 1 has written by ds_write_b32 at "
     "+0x8. No barrier between them that both had waited for"},
    {"strict_lds_race_write", Kind::lds_race, 128, "+0x8",
     "wave 1, lane 0: ds_write_b32 v3, v0 writes LDS at 0x0, which wave 0 has written by ds_write_b32 at "
     "+0x8. No barrier between them that both had waited for"},
    {"strict_lds_race_swap", Kind::lds_race, 128, "+0x38",
     "wave 1, lane 0: ds_read_b32 v7, v3 reads LDS at 0x0, which wave 0 has changed by ds_cmpst_rtn_b32 at "
     "+0x2c. No barrier between them that both had waited for"},
    {"strict_lds_bounds", Kind::lds_bounds, 64, "+0xc",
     "wave 0, lane 0: ds_write_b32 v3, v0 accesses 4 bytes of LDS at 0x400 of 0x400"},
    {"strict_misaligned", Kind::misaligned, 64, "+0x10",
     "wave 0, lane 0: ds_write_b64 v3, v[7:8] accesses LDS at 0x4, which is not a multiple of 8"},
    {"strict_misaligned_atomic", Kind::misaligned, 64, "+0x14",
     "wave 0, lane 0: flat_atomic_add v[1:2], v0 accesses memory at 0x2000000002, which is not a multiple of 4"},
    {"strict_misaligned_buffer", Kind::misaligned, 64, "+0x14",
     "wave 0, lane 0: buffer_load_dword v3, v11, s[8:11], 0 offen offset:2 accesses memory at 0x2000000002, "
     "which is not a multiple of 4"},
    {"strict_buffer_range", Kind::buffer_range, 64, "+0x20",
     "wave 0, lane 0: buffer_load_dword v7, v3, s[8:11], s4 offen accesses byte 0xffc of a buffer of 0x1000, "
     "and 0x4 more by soffset. With soffset it is out of range, without it is not"},
    {"strict_misaligned_scalar", Kind::misaligned, 64, "+0x0",
     "wave 0: s_load_dword s4, s[0:1], 0x2 accesses memory at 0x2000000002, which is not a multiple of 4"},
    {"strict_barrier", Kind::barrier, 128, "+0xc",
     "wave 1: s_barrier meets wave 0, which waits at s_barrier at +0x14"},
    {"strict_past_end", Kind::past_end, 64, "+0x0",
     "wave 0: s_nop 0 is the last instruction of strict_past_end, and neither ends the wave nor jumps"},
    {"strict_fault", Kind::fault, 64, "+0x4",
     "wave 0: s_load_dword s4, s[4:5], 0x0 faults: nothing is mapped there"},
};
// clang-format on

// One finding, of this kind, which says this.
void expect(const std::vector<Finding>& findings, Kind kind, const std::string& sentence) {
    INFO(shown(findings));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].kind == kind);
    CHECK(findings[0].text() == sentence);
}

}  // namespace

TEST_CASE("each kind of finding has a kernel that makes exactly it") {
    for (const Row& row : rows) {
        INFO(row.kernel);
        Machine machine("strict.co");
        expect(machine.run(row.kernel, row.lanes), row.kind,
               std::string(row.kernel) + row.offset + ", workgroup (0,0,0), " + row.sentence);
    }
}

TEST_CASE("each of these kernels has a near miss, which makes none") {
    for (const Row& row : rows) {
        Machine machine("strict.co");
        const auto findings = machine.run(row.kernel + std::string("_not"), row.lanes);
        INFO(row.kernel << "_not makes\n" << shown(findings));
        CHECK(findings.empty());
        CHECK(machine.instructions > 0);
    }
}

TEST_CASE("a vector instruction that fetches two scalars is found") {
    Machine machine("strict.co");
    CHECK(machine.run("strict_constant_bus_not", 64).empty());
    uint32_t& word = machine.word("strict_constant_bus_not", 1);
    word &= ~0x1ffu;  // source 0 becomes s0
    machine.executor.forget_code();
    const auto findings = machine.run("strict_constant_bus_not", 64);
    expect(findings, Kind::constant_bus,
           "strict_constant_bus_not+0x4, workgroup (0,0,0), wave 0: " + findings.at(0).instruction +
               " fetches s0 and a literal, one more than the constant bus carries");
}

TEST_CASE("a pair of scalar registers that does not begin at an even one is found") {
    Machine machine("strict.co");
    CHECK(machine.run("strict_alignment_not", 64).empty());
    machine.word("strict_alignment_not", 0) += 1 << 16;  // the destination
    machine.executor.forget_code();
    const auto findings = machine.run("strict_alignment_not", 64);
    expect(findings, Kind::alignment,
           "strict_alignment_not+0x0, workgroup (0,0,0), wave 0: " + findings.at(0).instruction +
               " names s[13:14], which does not begin at a multiple of 2");
}

TEST_CASE("a kernel that promises no NaN and no denormal is held to it") {
    Machine machine("strict_promises.co");
    expect(machine.run("strict_nan", 64), Kind::nan,
           "strict_nan+0x8, workgroup (0,0,0), wave 0, lane 0: v_sub_f32_e32 v2, v1, v1 makes a NaN in v2 (vB) of "
           "numbers");
    CHECK(machine.run("strict_nan_not", 64).empty());
    expect(
        machine.run("strict_nan_divided", 64), Kind::nan,
        "strict_nan_divided+0x10, workgroup (0,0,0), wave 0, lane 0: v_div_fixup_f32 v3, v3, v2, v1 makes a NaN in v3 "
        "(vC) of numbers");
    CHECK(machine.run("strict_nan_divided_not", 64).empty());
    expect(machine.run("strict_denormal", 64), Kind::denormal,
           "strict_denormal+0x8, workgroup (0,0,0), wave 0, lane 0: v_mul_f32_e32 v2, 0.5, v1 makes a denormal in "
           "v2 (vB)");
    CHECK(machine.run("strict_denormal_not", 64).empty());
}

TEST_CASE("whoever starts strict mode can promise for kernels that say nothing") {
    Machine machine("strict_promises.co");
    machine.source.names = std::make_shared<const strict::Names>();
    CHECK(machine.run("strict_nan", 64).empty());
    CHECK(machine.run("strict_nan", 64, {.no_nan = true, .no_denormal = false}).size() == 1);
    CHECK(machine.run("strict_denormal", 64, {.no_nan = true, .no_denormal = false}).empty());
    CHECK(machine.run("strict_denormal", 64, {.no_nan = false, .no_denormal = true}).size() == 1);
}

TEST_CASE("a place is reported once, and counted each time") {
    Machine machine("strict.co");
    CHECK(machine.run("strict_unwritten_lds", 64).size() == 1);
    CHECK(machine.summary == "1 place, 64 times");
}

TEST_CASE("a finding as JSON names the same as its sentence") {
    Machine machine("strict.co");
    const auto findings = machine.run("strict_pending_read", 64);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].json() ==
          R"({"kind":"pending_read","kernel":"strict_pending_read","offset":40,"pc":)" +
              std::to_string(findings[0].pc) +
              R"(,"workgroup":[0,0,0],"wave":0,"instruction":"v_add_u32_e32 v3, vcc, v3, v7","register":"v7",)"
              R"("name":"vB","earlier":{"kernel":"strict_pending_read","offset":28,)"
              R"("instruction":"buffer_load_dword v7, v11, s[8:11], 0 offen"},"text":")" +
              findings[0].text() + "\"}");
}

TEST_CASE("without symbols a report gives addresses and numbers") {
    Machine machine("strict.co");
    machine.source.names = std::make_shared<const strict::Names>();
    expect(machine.run("strict_unwritten", 64), Kind::unwritten,
           "the code at 0x" + hexadecimal(Machine::code_at + machine.object.find("strict_unwritten")->entry) +
               ", workgroup (0,0,0), wave 0, lane 0: v_add_u32_e32 v3, vcc, v7, v0 reads v7, which nothing has "
               "written in this lane");
}

TEST_CASE("bytes that are no code object, or cut off anywhere, give no names and no harm") {
    const auto elf = file(BUILD "/tests/kernels/strict.co");
    CHECK(strict::Names({}, 0).functions().empty());
    size_t with_names = 0;
    for (size_t bytes = 0; bytes < elf.size(); bytes += 97)
        with_names += !strict::Names(std::span(elf).first(bytes), 0).functions().empty();
    CHECK(with_names < elf.size() / 97);
    CHECK_FALSE(strict::Names(elf, 0).functions().empty());
}
