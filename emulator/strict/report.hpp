#pragma once
// What strict mode has found, on its way to people and programs. Each distinct place is reported once; the count of all
// comes at the end.

#include <array>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "emulator/strict/facts.hpp"
#include "emulator/strict/names.hpp"

namespace gcn::emulator::strict {

enum class Kind : uint8_t {
#define FINDING(name, what) name,
#include "emulator/strict/findings.def"
#undef FINDING
};
const char* name_of(Kind);
// As JSON. Names in a code object may hold any bytes, JSON only UTF-8: what is not ASCII is shown as ?.
std::string quoted(const std::string&);

// One occurrence. `what` goes on after the instruction's name: "reads v13 (vA) while ...".
struct Finding {
    Kind kind;
    std::string kernel;   // function and offset, as text
    uint64_t offset = 0;  // from its first instruction
    uint64_t pc = 0;
    std::array<uint32_t, 3> group{};
    uint32_t wave = 0;
    int lane = -1;              // -1: no one lane
    std::string instruction;    // as LLVM prints it
    int reg = -1;               // -1: not about a register
    std::string register_name;  // its author's; may be empty
    std::string what;
    std::string earlier, earlier_kernel;  // the other instruction; empty: there is none
    uint64_t earlier_offset = 0;

    std::string text() const;  // without "gcn: strict: "
    std::string json() const;
};

class Reports {
public:
    // `show` gets each distinct place once, from a worker thread.
    explicit Reports(std::function<void(const Finding&)> show) : show(std::move(show)) {}

    // Where something is found: the pc, another one or 0, and a register or the like.
    using Place = std::tuple<Kind, uint64_t, uint64_t, int>;
    // `describe` is asked when the place is new.
    void found(const Place&, const std::function<Finding()>& describe);

    uint64_t places() const;
    uint64_t occurrences() const;
    // "3 places, 190 times"
    std::string summary() const;

private:
    const std::function<void(const Finding&)> show;
    mutable std::mutex guard;
    std::map<Place, uint64_t> counts;
};

}  // namespace gcn::emulator::strict
