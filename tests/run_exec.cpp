// Runs a test body on emulator/exec, once per vector unit that this machine has; they must agree.

#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "emulator/exec/exec.hpp"
#include "emulator/exec/memory.hpp"
#include "gcn/error.hpp"
#include "tests/run.hpp"

namespace gcn::test {

using emulator::AddressSpace, emulator::Dispatch, emulator::Executor, emulator::Result;

// What the frame reads and writes. `scalars` is one row of lanes, as the frame stores it.
struct Block {
    Lanes v[32];
    struct {
        uint32_t s[32];
        uint32_t vcc[2], exec[2], scc, m0, memory[2];
        uint32_t descriptor[4];
        uint32_t unused[20];
    } scalars;
};
static_assert(sizeof(Block::scalars) == sizeof(Lanes));

static constexpr char open_frame[] = R"(
  s_mov_b64 s[64:65], s[0:1]            // the block
  v_lshlrev_b32 v32, 2, v0
  v_add_u32 v34, vcc, s64, v32
  v_mov_b32 v35, s65
  v_addc_u32 v35, vcc, 0, v35, vcc
  .set reg, 0
  .rept 32
    flat_load_dword v[reg], v[34:35]
    v_add_u32 v34, vcc, 0x100, v34
    v_addc_u32 v35, vcc, 0, v35, vcc
    .set reg, reg + 1
  .endr
  s_load_dwordx16 s[0:15], s[64:65], 0x2000
  s_load_dwordx16 s[16:31], s[64:65], 0x2040
  s_load_dwordx8 s[68:75], s[64:65], 0x2080
  s_load_dwordx4 s[36:39], s[64:65], 0x20a0
  s_waitcnt vmcnt(0) lgkmcnt(0)
  s_mov_b64 s[32:33], s[74:75]
  s_mov_b32 m0, s73
  s_cmp_lg_u32 s72, 0
  s_mov_b64 vcc, s[68:69]
  s_mov_b64 exec, s[70:71]
)";

static constexpr char close_frame[] = R"(
  s_waitcnt vmcnt(0) lgkmcnt(0)
  s_mov_b64 s[68:69], vcc
  s_mov_b64 s[70:71], exec
  s_cselect_b32 s72, 1, 0
  s_mov_b32 s73, m0
  s_mov_b64 exec, -1
  v_add_u32 v34, vcc, s64, v32
  v_mov_b32 v35, s65
  v_addc_u32 v35, vcc, 0, v35, vcc
  .set reg, 0
  .rept 32
    flat_store_dword v[34:35], v[reg]
    v_add_u32 v34, vcc, 0x100, v34
    v_addc_u32 v35, vcc, 0, v35, vcc
    .set reg, reg + 1
  .endr
  v_mov_b32 v33, 0
  .set reg, 0
  .rept 32
    v_writelane_b32 v33, s[reg], reg
    .set reg, reg + 1
  .endr
  .rept 6
    v_writelane_b32 v33, s[reg + 68 - 32], reg
    .set reg, reg + 1
  .endr
  flat_store_dword v[34:35], v33
  s_endpgm
)";

// A test that cannot go on: Catch2 reports what is thrown, and this file also links where there is no Catch2.
static void require(bool holds, const std::string& otherwise) {
    if (!holds) throw std::runtime_error(otherwise);
}

static std::vector<std::byte> assemble(const std::string& body) {
    static std::map<std::string, std::vector<std::byte>> known;
    if (const auto it = known.find(body); it != known.end()) return it->second;
    const std::string command =
        "{ llvm-mc-16 -triple=amdgcn -mcpu=gfx803 -filetype=obj -o - | "
        "llvm-objcopy-16 -O binary --only-section=.text - - ; } <<'END'\n" +
        std::string(open_frame) + body + close_frame + "END\n";
    std::FILE* pipe = popen(command.c_str(), "r");
    require(pipe, "cannot start " + command);
    std::vector<std::byte> code;
    std::byte chunk[4096];
    while (const size_t n = std::fread(chunk, 1, sizeof chunk, pipe)) code.insert(code.end(), chunk, chunk + n);
    require(pclose(pipe) == 0 && !code.empty(), "llvm-mc-16 does not assemble this body:\n" + body);
    return known[body] = code;
}

static std::vector<std::unique_ptr<Executor>>& executors() {
    static std::vector<std::unique_ptr<Executor>> all = [] {
        std::vector<std::unique_ptr<Executor>> found;
        for (const char* simd : {"portable", "avx2", "avx512"}) try {
                found.push_back(std::make_unique<Executor>(1, simd));
            } catch (const gcn::Error&) {  // this machine lacks it
            }
        return found;
    }();
    return all;
}

static Result wait_for(Executor& executor, const Dispatch& dispatch) {
    std::mutex guard;
    std::condition_variable ended;
    bool over = false;
    Result result;
    const auto running = executor.start(dispatch, [&](const Result& r) {
        std::lock_guard lock(guard);
        result = r, over = true;
        ended.notify_one();
    });
    std::unique_lock lock(guard);
    ended.wait(lock, [&] { return over; });
    return result;
}

struct Outcome {
    State after;
    std::string fault;
};

static Block block_of(const State& state, uint64_t memory) {
    Block block{};
    std::copy(state.v.begin(), state.v.end(), block.v);
    auto& scalars = block.scalars;
    std::copy(state.s.begin(), state.s.end(), scalars.s);
    std::memcpy(scalars.vcc, &state.vcc, 8);
    std::memcpy(scalars.exec, &state.exec, 8);
    std::memcpy(scalars.memory, &memory, 8);
    scalars.scc = state.scc, scalars.m0 = state.m0;
    const uint32_t descriptor[4] = {uint32_t(memory), uint32_t(memory >> 32), sizeof state.memory, 0x00024fac};
    std::memcpy(scalars.descriptor, descriptor, sizeof descriptor);
    return block;
}

static State state_of(const Block& block, const State& before, const std::array<uint32_t, 1024>& memory) {
    State state = before;
    std::copy(block.v, block.v + 32, state.v.begin());
    const auto& scalars = block.scalars;
    std::copy(scalars.s, scalars.s + 32, state.s.begin());
    std::memcpy(&state.vcc, scalars.vcc, 8);
    std::memcpy(&state.exec, scalars.exec, 8);
    state.scc = scalars.scc, state.m0 = scalars.m0;
    state.memory = memory;
    return state;
}

static Outcome execute(Executor& executor, const State& before, std::vector<std::byte> code) {
    // GPU addresses unlike the host's, so that nothing is right by accident; `memory` lies across 4 GiB.
    constexpr uint64_t code_at = 0x100000, block_at = 0x7f00'0000'1000, memory_at = 0x1234'ffff'f800;
    Block block = block_of(before, memory_at);
    auto memory = before.memory;
    AddressSpace space;
    const auto map = [&](uint64_t at, void* host, uint64_t bytes, bool writable) {
        require(space.map({at, at + bytes, static_cast<std::byte*>(host), writable}), "regions overlap");
    };
    map(code_at, code.data(), code.size(), false);
    map(block_at, &block, sizeof block, true);
    map(memory_at, memory.data(), sizeof memory, true);

    Dispatch dispatch;
    dispatch.space = &space;
    dispatch.entry = code_at;
    dispatch.rsrc1 = 9 | 10 << 6 | before.float_mode << 12 | 1 << 21 | 1 << 23;  // 40 VGPRs, 96 SGPRs, DX10_CLAMP, IEEE
    dispatch.rsrc2 = 2 << 1;                                                     // two user SGPRs
    dispatch.grid = dispatch.group = {64, 1, 1};
    dispatch.lds_bytes = before.lds_bytes;
    dispatch.user_sgprs = {uint32_t(block_at), uint32_t(block_at >> 32)};
    executor.forget_code();
    const Result result = wait_for(executor, dispatch);
    return {state_of(block, before, memory), result.fault.kind == emulator::FaultKind::None ? "" : result.fault.text};
}

// The first register in which two executors differ, for people; empty when they agree. NaNs are a class: which payload
// and sign survive depends on the order in which a compiler put the operands. (A f64 NaN shows in its high dword.)
static std::string difference(const State& a, const State& b) {
    const auto text = [](const char* where, size_t n, size_t lane, uint32_t x, uint32_t y) {
        char out[80];
        std::snprintf(out, sizeof out, "%s%zu, lane %zu: %08x and %08x", where, n, lane, x, y);
        return std::string(out);
    };
    for (size_t r = 0; r < a.v.size(); ++r)
        for (size_t lane = 0; lane < 64; ++lane)
            if (!same(a.v[r][lane], b.v[r][lane])) return text("v", r, lane, a.v[r][lane], b.v[r][lane]);
    for (size_t r = 0; r < a.s.size(); ++r)
        if (!same(a.s[r], b.s[r])) return text("s", r, 0, a.s[r], b.s[r]);
    for (size_t i = 0; i < a.memory.size(); ++i)
        if (!same(a.memory[i], b.memory[i])) return text("memory dword ", i, 0, a.memory[i], b.memory[i]);
    const bool rest = a.vcc == b.vcc && a.exec == b.exec && a.scc == b.scc && a.m0 == b.m0;
    return rest ? "" : "VCC, EXEC, SCC or M0";
}

static Outcome run_on_all(const State& before, const std::string& body) {
    const auto code = assemble(body);
    const Outcome first = execute(*executors().at(0), before, code);
    for (size_t i = 1; i < executors().size(); ++i) {
        const Outcome other = execute(*executors()[i], before, code);
        const std::string what = difference(first.after, other.after);
        const std::string names = std::string(executors()[0]->simd()) + " and " + std::string(executors()[i]->simd());
        require(other.fault == first.fault, names + " end differently: " + first.fault + " / " + other.fault);
        require(what.empty(), names + " differ in " + what + " after:\n" + body);
    }
    return first;
}

State run(const State& before, const std::string& body) {
    const Outcome outcome = run_on_all(before, body);
    require(outcome.fault.empty(), outcome.fault);
    return outcome.after;
}

std::string fault_of(const State& before, const std::string& body) { return run_on_all(before, body).fault; }

}  // namespace gcn::test
