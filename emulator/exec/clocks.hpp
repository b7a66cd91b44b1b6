#pragma once
// What S_MEMTIME and S_MEMREALTIME read: the host's clock, until a device says otherwise.

#include <cstdint>

namespace gcn::emulator {

class ShaderClocks {
public:
    virtual uint64_t shader_cycles() = 0;    // of the clock of the compute units
    virtual uint64_t real_time_ticks() = 0;  // of 25 MHz

protected:
    ~ShaderClocks() = default;
};

// What waves read that this thread executes while it lives.
class ShaderTime {
public:
    ShaderTime(uint64_t shader_cycles, uint64_t real_time_ticks);
    ~ShaderTime();
    ShaderTime(const ShaderTime&) = delete;

    const uint64_t shader_cycles, real_time_ticks;
};

// For all grids that run from now on; they outlive them. Null: the host's clock.
void set_shader_clocks(ShaderClocks*);

}  // namespace gcn::emulator
