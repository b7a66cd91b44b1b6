// PM4 packets in AQL queues: what ROCr sends after loading code, and what may stand beside it.

#include "emulator/cp/pm4.hpp"

#include <cstdio>
#include <vector>

#include "emulator/cp/access.hpp"

namespace gcn::emulator {

namespace {

constexpr int max_depth = 2;            // a buffer may call one more, as IB1 and IB2 of the hardware
constexpr size_t max_words = 4u << 20;  // of all buffers of a slot: no other queue has its turn before they are obeyed

struct Stream {
    Client& client;
    Executor& executor;
    int depth;
    size_t& read;  // words of buffers so far
};
using Body = std::span<const uint32_t>;  // the words after the header
using Problem = std::optional<std::string>;

Problem run(const Stream&, std::span<const uint32_t>);

Problem nothing(const Stream&, Body) { return {}; }

// Base bits 31:2, base bits 47:32, then the size in words in bits 19:0.
Problem indirect_buffer(const Stream& s, Body body) {
    if (body.size() < 3) return "INDIRECT_BUFFER is cut short";
    if (s.depth == max_depth) return "INDIRECT_BUFFER is nested too deep";
    const uint64_t base = uint64_t(body[1] & 0xffff) << 32 | (body[0] & ~3u);
    std::vector<uint32_t> words(body[2] & 0xfffff);
    if ((s.read += words.size()) > max_words)
        return "its buffers have more than " + std::to_string(max_words) + " words";
    const Access memory(s.client.space);
    for (size_t i = 0; i < words.size(); ++i) words[i] = memory.load<uint32_t>(base + 4 * i);
    return run({s.client, s.executor, s.depth + 1, s.read}, words);
}

// Caches are never stale here, except the decoded form of code.
Problem acquire_mem(const Stream& s, Body) {
    s.executor.forget_code();
    return {};
}

// Event "AQL" (index 7 in bits 11:8) hands the slot back, which the queue does for every slot.
Problem release_mem(const Stream&, Body body) {
    if (body.size() < 6) return "RELEASE_MEM is cut short";
    if ((body[0] >> 8 & 15) != 7) return "RELEASE_MEM is modelled only for event AQL";
    return {};
}

// Operation codes: Linux amdgpu, vid.h.
struct Packet {
    uint32_t code;
    Problem (*obey)(const Stream&, Body);
};
constexpr Packet packets[] = {
    {0x10, nothing},  // NOP
    {0x3f, indirect_buffer},
    {0x49, release_mem},
    {0x58, acquire_mem},
};

Problem unknown(uint32_t header) {
    char text[64];
    std::snprintf(text, sizeof text, "PM4 header 0x%08x is none that is modelled", header);
    return text;
}

Problem run(const Stream& stream, std::span<const uint32_t> words) {
    while (!words.empty()) {
        const uint32_t header = words[0];
        const size_t body = (header >> 16 & 0x3fff) + 1;
        const Packet* known = nullptr;
        for (const Packet& p : packets)
            if (p.code == (header >> 8 & 0xff)) known = &p;
        if (header >> 30 != 3 || !known) return unknown(header);
        if (body + 1 > words.size()) return "a PM4 packet is cut short";
        if (Problem problem = known->obey(stream, words.subspan(1, body))) return problem;
        words = words.subspan(body + 1);
    }
    return {};
}

}  // namespace

std::optional<std::string> run_pm4(Client& client, Executor& executor, std::span<const uint32_t> words) {
    size_t read = 0;
    return run({client, executor, 0, read}, words);
}

}  // namespace gcn::emulator
