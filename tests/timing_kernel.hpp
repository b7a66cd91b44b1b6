#pragma once
// Kernels for tests of the timing model: assembly text, and traces as if it had been executed. Nothing is executed:
// branches are taken as often as a test says, and lines are those it names.

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "emulator/timing/code.hpp"
#include "emulator/timing/engine.hpp"

namespace gcn::test {

using namespace emulator::timing;

inline std::vector<Code::Instruction> assemble_text(const std::string& body, uint64_t at = 0x100000) {
    const std::string command =
        "{ llvm-mc-16 -triple=amdgcn -mcpu=gfx803 -filetype=obj -o - | "
        "llvm-objcopy-16 -O binary --only-section=.text - - ; } <<'END'\n" +
        body + "\nEND\n";
    std::FILE* pipe = popen(command.c_str(), "r");
    if (!pipe) throw std::runtime_error("cannot start llvm-mc-16");
    std::vector<uint32_t> words;
    uint32_t word;
    while (std::fread(&word, 4, 1, pipe) == 1) words.push_back(word);
    if (pclose(pipe) != 0 || words.empty()) throw std::runtime_error("llvm-mc-16 does not assemble this:\n" + body);
    std::vector<Code::Instruction> all;
    for (size_t i = 0; i < words.size(); i += size_t(all.back().decoded->size())) {
        all.push_back({at + 4 * i, isa::decode(words[i], i + 1 < words.size() ? words[i + 1] : 0)});
        if (!all.back().decoded) throw std::runtime_error("no instruction");
    }
    return all;
}

// What a memory instruction touches, in turn `turn` of a loop.
struct Touch {
    uint64_t line = 0;
    uint32_t lines = 4, clocks = 4, flags = 0;
    std::vector<uint64_t> scattered = {};
    uint32_t conflict = 0;
};

struct Kernel {
    std::vector<Code::Instruction> instructions;
    Parameters parameters;
    Code code;

    Kernel(const std::string& body, const Parameters& p)
        : instructions(assemble_text(body)), parameters(p), code(instructions, instructions[0].pc, p) {}

    // `turns`: how often a conditional branch is taken before it is not. `touch(number, turn)`: of memory instructions.
    void trace(WaveTrace& to, uint32_t turns, const std::function<Touch(uint32_t, uint32_t)>& touch = {},
               uint32_t lanes = 64) const {
        TraceWriter writer(to);
        std::map<uint64_t, uint32_t> number_at;
        for (uint32_t i = 0; i < instructions.size(); ++i) number_at[instructions[i].pc] = i;
        uint32_t turn = 0;
        for (uint32_t n = 0; n < instructions.size();) {
            const isa::Decoded& d = *instructions[n].decoded;
            if (code.begins(n)) writer.stretch(n, lanes);
            const Touch t = touch && code.record_of(n) != Record::None ? touch(n, turn) : Touch{};
            switch (code.record_of(n)) {
                case Record::None:
                    break;
                case Record::Lds:
                    writer.lds(t.conflict);
                    break;
                case Record::Smem:
                    writer.smem(t.line, 1);
                    break;
                case Record::Vmem:
                    if (t.scattered.empty())
                        writer.vmem(t.line, t.lines, t.clocks, t.flags);
                    else
                        writer.scattered(t.scattered, t.clocks, t.flags);
            }
            if (d.inst->name == "s_endpgm") break;
            const bool jumps = d.inst->name == "s_branch" || (d.inst->name.starts_with("s_cbranch") && turn < turns);
            if (d.inst->name.starts_with("s_cbranch")) turn = turn < turns ? turn + 1 : 0;
            n = jumps ? number_at.at(instructions[n].pc + 4 + uint64_t(4 * int64_t(int16_t(d['i'])))) : n + 1;
        }
        to.complete = true;
    }

    std::unique_ptr<GroupTrace> group(uint64_t number, uint32_t waves, uint32_t turns,
                                      const std::function<Touch(uint32_t, uint32_t, uint32_t)>& touch = {}) const {
        auto g = std::make_unique<GroupTrace>();
        g->number = number, g->items = 64 * waves, g->first = &code;
        g->waves.resize(waves);
        for (uint32_t w = 0; w < waves; ++w)
            trace(g->waves[w], turns,
                  touch ? std::function<Touch(uint32_t, uint32_t)>(
                              [&, w](uint32_t n, uint32_t turn) { return touch(w, n, turn); })
                        : std::function<Touch(uint32_t, uint32_t)>());
        return g;
    }
};

// The pace of all waves alike since `before`, when it was `then`; of those that were there all the time.
inline Engine::Paces pace_since(const Engine& engine, const std::vector<Engine::Mark>& before, uint64_t then) {
    const std::vector<Engine::Mark> now = engine.marks();
    uint64_t clocks = 0, instructions = 0;
    for (size_t i = 0; i < now.size(); ++i) {
        if (!now[i].used() || now[i].started != before[i].started) continue;
        clocks += engine.now() - then, instructions += now[i].issued - before[i].issued;
    }
    Engine::Paces paces{};
    paces.fill(1024 * clocks / std::max<uint64_t>(instructions, 1));
    return paces;
}

}  // namespace gcn::test
