#include "drm_host/check.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "drm_host/pm4.hpp"

namespace gcn::drm_host {
namespace {

namespace pm4 = isa::pm4;
namespace sdma = isa::sdma;
namespace reg = isa::reg;

using Body = std::span<const uint32_t>;
using Why = std::string;

constexpr uint32_t most_words = (1 << 20) - 1;  // INDIRECT_BUFFER has 20 bits for them, of either engine
constexpr uint32_t most_group = 1024, wave_lanes = 64, simds = 4, vgprs_of_simd = 256, most_lds = 64 << 10;

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

// What a stream has done so far: registers keep nothing from one program's job to the next.
class Compute {
public:
    explicit Compute(bool gfx) : gfx(gfx) {}
    Why obey(pm4::Op, Body);

private:
    Why set(const isa::RegisterSpace&, Body);
    Why dispatch(Body);
    Why dispatch_size(uint32_t initiator) const;
    Why event(Body);
    Why release(uint32_t event, uint32_t index, uint32_t data_sel, uint64_t to) const;
    Why copy(Body);
    Why wait(Body);

    static constexpr uint32_t first_sh = reg::COMPUTE_DISPATCH_INITIATOR, sh_count = 0x60;
    bool is_set(uint32_t r) const { return known[r - first_sh]; }
    uint32_t get(uint32_t r) const { return values[r - first_sh]; }

    const bool gfx;
    std::array<uint32_t, sh_count> values{};
    std::array<bool, sh_count> known{};
    bool acquired = false;
    bool idle = true;        // no dispatch since something has waited for all of them
    uint64_t announced = 0;  // where the end of all dispatches so far will be written
};

// ---- registers ------------------------------------------------------------------------------------------------------

Why Compute::set(const isa::RegisterSpace& space, Body body) {
    const uint32_t first = space.first + pm4::SET_CONFIG_REG_OFFSET.in(body), count = uint32_t(body.size() - 1);
    if (!space.holds(first + count - 1))
        return "it sets registers " + hex(first) + " to " + hex(first + count - 1) + ", the space " +
               std::string(space.name) + " ends at " + hex(space.end);
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t r = first + i;
        if (r == reg::COMPUTE_VMID) return "it sets COMPUTE_VMID, which is the driver's";
        if (r < first_sh || r >= first_sh + sh_count) continue;
        values[r - first_sh] = body[1 + i];
        known[r - first_sh] = true;
    }
    return {};
}

// ---- dispatches -----------------------------------------------------------------------------------------------------

Why Compute::dispatch_size(uint32_t initiator) const {
    uint64_t group = 1;
    for (uint32_t i = 0; i < 3; ++i) {
        const uint32_t threads = get(reg::COMPUTE_NUM_THREAD_X + i);
        const uint32_t full = reg::COMPUTE_NUM_THREAD_X__NUM_THREAD_FULL.of(threads),
                       last = reg::COMPUTE_NUM_THREAD_X__NUM_THREAD_PARTIAL.of(threads);
        if (full == 0) return "a group has no threads in dimension " + std::to_string(i);
        if (reg::COMPUTE_DISPATCH_INITIATOR__PARTIAL_TG_EN.of(initiator) && (last == 0 || last > full))
            return "the last group has " + std::to_string(last) + " threads in dimension " + std::to_string(i) +
                   ", the others " + std::to_string(full);
        group *= full;
    }
    if (group > most_group) return "a group has " + std::to_string(group) + " threads";
    const uint64_t waves = (group + wave_lanes - 1) / wave_lanes;
    const uint32_t vgprs = (reg::COMPUTE_PGM_RSRC1__VGPRS.of(get(reg::COMPUTE_PGM_RSRC1)) + 1) * 4;
    if ((waves + simds - 1) / simds * vgprs > vgprs_of_simd)
        return "a group of " + std::to_string(waves) + " waves with " + std::to_string(vgprs) +
               " VGPRs each does not fit a CU";
    return {};
}

Why Compute::dispatch(Body body) {
    struct Needed {
        uint32_t first, count;
        const char* name;
    };
    static constexpr Needed needed[] = {
        // clang-format off
        {reg::COMPUTE_NUM_THREAD_X,           3, "COMPUTE_NUM_THREAD"},
        {reg::COMPUTE_PGM_LO,                 2, "COMPUTE_PGM"},
        {reg::COMPUTE_PGM_RSRC1,              2, "COMPUTE_PGM_RSRC"},
        {reg::COMPUTE_RESOURCE_LIMITS,        6, "COMPUTE_RESOURCE_LIMITS, _STATIC_THREAD_MGMT or _TMPRING_SIZE"},
        // clang-format on
    };
    const uint32_t initiator = body[3];
    for (int i = 0; i < 3; ++i)
        if (body[size_t(i)] == 0) return "it dispatches no groups in dimension " + std::to_string(i);
    if (!reg::COMPUTE_DISPATCH_INITIATOR__COMPUTE_SHADER_EN.of(initiator))
        return "it dispatches without COMPUTE_SHADER_EN";
    if (!acquired) return "it dispatches before it has invalidated the caches";
    for (const Needed& n : needed)
        for (uint32_t i = 0; i < n.count; ++i)
            if (!is_set(n.first + i))
                return std::string("it dispatches without having set ") + n.name + ", which keeps another job's value";
    if (!reg::COMPUTE_DISPATCH_INITIATOR__FORCE_START_AT_000.of(initiator))
        for (uint32_t i = 0; i < 3; ++i)
            if (!is_set(reg::COMPUTE_START_X + i)) return "it dispatches from a start that it has not set";
    const uint32_t rsrc2 = get(reg::COMPUTE_PGM_RSRC2);
    for (uint32_t i = 0; i < reg::COMPUTE_PGM_RSRC2__USER_SGPR.of(rsrc2); ++i)
        if (i >= 16 || !is_set(reg::COMPUTE_USER_DATA_0 + i))
            return "the kernel has " + std::to_string(reg::COMPUTE_PGM_RSRC2__USER_SGPR.of(rsrc2)) +
                   " user SGPRs, and not all are set";
    if (reg::COMPUTE_PGM_RSRC2__LDS_SIZE.of(rsrc2) * 512 > most_lds) return "it asks for more LDS than a CU has";
    if (reg::COMPUTE_PGM_RSRC2__SCRATCH_EN.of(rsrc2)) {
        const uint32_t ring = get(reg::COMPUTE_TMPRING_SIZE);
        if (!reg::COMPUTE_TMPRING_SIZE__WAVES.of(ring) || !reg::COMPUTE_TMPRING_SIZE__WAVESIZE.of(ring))
            return "the kernel uses scratch memory, and COMPUTE_TMPRING_SIZE gives it none";
    }
    idle = false;
    announced = 0;
    return dispatch_size(initiator);
}

// ---- events and fences ----------------------------------------------------------------------------------------------

Why Compute::event(Body body) {
    const uint32_t type = pm4::EVENT_WRITE_TYPE.in(body), index = pm4::EVENT_WRITE_INDEX.in(body);
    const bool flush = type == pm4::EVENT_CS_PARTIAL_FLUSH;
    if (index != (flush ? pm4::EVENT_INDEX_PARTIAL_FLUSH : pm4::EVENT_INDEX_OTHER) && body.size() == 1)
        return "event " + hex(type) + " goes with another index than " + std::to_string(index);
    if (flush) idle = true;
    return {};
}

Why Compute::release(uint32_t event, uint32_t index, uint32_t data_sel, uint64_t to) const {
    const uint32_t wanted = event == pm4::EVENT_CS_DONE ? pm4::EVENT_INDEX_END_OF_SHADER : pm4::EVENT_INDEX_END_OF_PIPE;
    if (index != wanted) return "event " + hex(event) + " goes with index " + std::to_string(wanted);
    if (data_sel > pm4::DATA_SEL_GPU_CLOCK) return "it writes data of kind " + std::to_string(data_sel);
    const uint64_t alignment = data_sel == pm4::DATA_SEL_VALUE_32 ? 4 : 8;
    if (data_sel != pm4::DATA_SEL_NONE && to % alignment)
        return "it writes to " + hex(to) + ", not a multiple of " + std::to_string(alignment);
    return {};
}

Why Compute::wait(Body body) {
    constexpr uint32_t reserved = 7;
    if (pm4::WAIT_REG_MEM_OPERATION.in(body)) return "it writes before it waits, which is the driver's";
    if (pm4::WAIT_REG_MEM_FUNCTION.in(body) == reserved) return "it waits by a function that is reserved";
    if (body[4] == 0 && body[3] != 0 && pm4::WAIT_REG_MEM_FUNCTION.in(body) == pm4::FUNCTION_EQUAL)
        return "it waits for what can never be: its mask is 0";
    const uint64_t at = uint64_t(body[2]) << 32 | body[1];
    if (pm4::WAIT_REG_MEM_SPACE.in(body) == pm4::SPACE_MEMORY && announced && at == announced) idle = true;
    return {};
}

// ---- data -----------------------------------------------------------------------------------------------------------

Why Compute::copy(Body body) {
    constexpr uint32_t first_counter = 0xd000;  // perfcounters: UCONFIG from here on, bytes 0x34000
    const uint32_t from = pm4::COPY_DATA_SRC_SEL.in(body), to = pm4::COPY_DATA_DST_SEL.in(body);
    const bool counter = from == pm4::SEL_PERF || (from == pm4::SEL_REGISTER && body[1] >= first_counter);
    if (counter && !idle) return "it reads a counter before the dispatches have ended";
    if (to == pm4::SEL_REGISTER && !isa::uconfig_space.holds(body[3]) && !isa::sh_space.holds(body[3]))
        return "it writes the register " + hex(body[3]) + ", which is privileged";
    const uint64_t at = uint64_t(body[4]) << 32 | body[3], alignment = pm4::COPY_DATA_IS_64.in(body) ? 8 : 4;
    if (to == pm4::SEL_MEMORY && at % alignment)
        return "it writes to " + hex(at) + ", not a multiple of " + std::to_string(alignment);
    return {};
}

Why Compute::obey(pm4::Op op, Body body) {
    switch (op) {
        case pm4::Op::SET_CONFIG_REG:
            return "it sets a privileged register";
        case pm4::Op::SET_SH_REG:
            return set(isa::sh_space, body);
        case pm4::Op::SET_UCONFIG_REG:
            return set(isa::uconfig_space, body);
        case pm4::Op::SET_CONTEXT_REG:
            return set(isa::context_space, body);
        case pm4::Op::DISPATCH_DIRECT:
            return dispatch(body);
        case pm4::Op::DISPATCH_INDIRECT:
            if (body.size() != (gfx ? 2 : 3)) return "it has " + std::to_string(body.size()) + " words on this ring";
            return {};
        case pm4::Op::ACQUIRE_MEM:
        case pm4::Op::SURFACE_SYNC: {
            const bool l2 = reg::CP_COHER_CNTL__TC_ACTION_ENA.of(body[0]);
            if (l2 && !reg::CP_COHER_CNTL__TC_WB_ACTION_ENA.of(body[0]))
                return "it invalidates L2 without writing it back";  // PAL: the two go together on gfx8
            acquired = l2;
            return {};
        }
        case pm4::Op::EVENT_WRITE:
            return event(body);
        case pm4::Op::RELEASE_MEM: {
            const uint64_t to = uint64_t(body[3]) << 32 | body[2];
            const uint32_t data_sel = pm4::RELEASE_MEM_DATA_SEL.in(body);
            if (data_sel == pm4::DATA_SEL_VALUE_32 || data_sel == pm4::DATA_SEL_VALUE_64) announced = to;
            if (pm4::RELEASE_MEM_TC.in(body) && !pm4::RELEASE_MEM_TC_WB.in(body))
                return "it invalidates L2 without writing it back";
            return release(pm4::RELEASE_MEM_TYPE.in(body), pm4::RELEASE_MEM_INDEX.in(body), data_sel, to);
        }
        case pm4::Op::EVENT_WRITE_EOP:
            return release(pm4::RELEASE_MEM_TYPE.in(body), pm4::RELEASE_MEM_INDEX.in(body),
                           pm4::EVENT_WRITE_EOP_DATA_SEL.in(body),
                           uint64_t(pm4::EVENT_WRITE_EOP_ADDRESS_HI.in(body)) << 32 | body[1]);
        case pm4::Op::WAIT_REG_MEM:
            return wait(body);
        case pm4::Op::COPY_DATA:
            return copy(body);
        case pm4::Op::WRITE_DATA:
            if (pm4::WRITE_DATA_DST_SEL.in(body) == pm4::SEL_REGISTER && !isa::uconfig_space.holds(body[1]) &&
                !isa::sh_space.holds(body[1]))
                return "it writes the register " + hex(body[1]) + ", which is privileged";
            return {};
        case pm4::Op::INDIRECT_BUFFER:
            if (!pm4::INDIRECT_BUFFER_VALID.in(body)) return "it has not the bit VALID";
            if (!pm4::INDIRECT_BUFFER_WORDS.in(body)) return "it has no words";
            if (body[0] % 4) return "it begins at " + hex(body[0]) + ", not a multiple of 4";
            return {};
        case pm4::Op::DMA_DATA:
            if (!pm4::DMA_DATA_BYTES.in(body) && !pm4::DMA_DATA_CP_SYNC.in(body)) return "it copies nothing";
            return {};
        default:
            return {};
    }
}

// ---- streams --------------------------------------------------------------------------------------------------------

std::string at_word(size_t word, std::string_view packet, const std::string& why) {
    return "word " + std::to_string(word) + (packet.empty() ? "" : ", " + std::string(packet)) + ": " + why;
}

Why compute_stream(std::span<const uint32_t> stream, bool gfx) {
    Compute state(gfx);
    for (size_t at = 0; at < stream.size();) {
        const uint32_t header = stream[at];
        if (pm4::type_of(header) != 3)
            return at_word(at, "", "the header " + hex(header) + " is of another type than 3");
        if (header == pm4::filler) {
            ++at;
            continue;
        }
        const pm4::Packet* p = pm4::find(pm4::code_of(header));
        if (!p) return at_word(at, "", "the header " + hex(header) + " is no packet's that is known");
        if (p->rings == (gfx ? pm4::Rings::Compute : pm4::Rings::Gfx))
            return at_word(at, p->name, gfx ? "it is for compute rings" : "it is for the gfx ring");
        const size_t words = pm4::body_words(header), left = stream.size() - at - 1;
        if (words < p->least || words > p->most)
            return at_word(at, p->name,
                           "it has " + std::to_string(words) + " words, not " + std::to_string(p->least) +
                               (p->most > p->least ? " to " + std::to_string(p->most) : ""));
        if (words > left)
            return at_word(at, p->name,
                           "it is cut short: " + std::to_string(words) + " words, there are " + std::to_string(left));
        if (Why why = state.obey(p->op, stream.subspan(at + 1, words)); !why.empty()) return at_word(at, p->name, why);
        at += 1 + words;
    }
    return {};
}

Why dma_stream(std::span<const uint32_t> stream) {
    constexpr uint32_t most_bytes = 0x3fffe0;  // Linux 6.1, sdma_v3_0.c
    for (size_t at = 0; at < stream.size();) {
        const auto rest = stream.subspan(at);
        const sdma::Packet* p = sdma::find(rest[0]);
        if (!p) return at_word(at, "", "the header " + hex(rest[0]) + " is no packet's that is known");
        if (rest.size() < p->words || rest.size() < sdma::words_of(*p, rest))
            return at_word(at, p->name, "it is cut short");
        if (p->op == sdma::Op::COPY_LINEAR && (!sdma::COPY_BYTES.in(rest) || sdma::COPY_BYTES.in(rest) > most_bytes))
            return at_word(at, p->name, "it copies " + std::to_string(sdma::COPY_BYTES.in(rest)) + " bytes");
        if (p->op == sdma::Op::FENCE && rest[1] % 4) return at_word(at, p->name, "its address is not a multiple of 4");
        if (p->op == sdma::Op::SRBM_WRITE) return at_word(at, p->name, "it writes a privileged register");
        at += sdma::words_of(*p, rest);
    }
    return {};
}

}  // namespace

std::string objection(std::span<const uint32_t> stream, StreamKind kind, uint32_t multiple) {
    if (stream.empty()) return "the stream is empty";
    if (stream.size() > most_words) return "the stream has " + std::to_string(stream.size()) + " words";
    if (stream.size() % multiple)
        return "the stream has " + std::to_string(stream.size()) + " words, not a multiple of " +
               std::to_string(multiple);
    return kind == StreamKind::Dma ? dma_stream(stream) : compute_stream(stream, kind == StreamKind::Gfx);
}

}  // namespace gcn::drm_host
