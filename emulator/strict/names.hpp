#pragma once
// Names from code objects: which kernel or function an address belongs to, and what its author called a register.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gcn::emulator::strict {

class Names {
public:
    struct Function {
        std::string name;
        uint64_t first, end;  // GPU addresses
    };

    Names() = default;
    // `elf`: a code object of which the byte at address 0 lies at `base`. Bytes that are none give no names.
    Names(std::span<const std::byte> elf, uint64_t base);

    // Index into functions(), or -1.
    int function(uint64_t pc) const;
    const std::vector<Function>& functions() const { return all; }
    // "v13 (vA)", "s8 (sB + 1)", "vcc_lo"; "v13" where it has no name.
    std::string shown(int r) const;
    // Its name alone; empty where it has none.
    std::string name_of(int r) const;
    // An absolute symbol, as `.set` makes them: 0 when there is none.
    uint64_t constant(const std::string& symbol) const;

private:
    void name_registers();

    std::vector<Function> all;  // by address
    std::map<std::string, uint64_t> constants;
    std::map<int, std::string> registers;
};

// Where code objects come from. Called when a grid begins.
class NameSource {
public:
    virtual ~NameSource() = default;
    // Those of the code object that holds `pc`; never nullptr.
    virtual std::shared_ptr<const Names> at(uint64_t pc) = 0;
};

}  // namespace gcn::emulator::strict
