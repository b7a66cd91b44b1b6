#pragma once
// Executes grids of gfx803 waves on the host's threads. What a dispatch is made of comes from the command processor
// (emulator/cp); what it computes goes to memory; how it ended comes back in a Result.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/exec/fault.hpp"
#include "emulator/exec/memory.hpp"

namespace gcn::emulator {

struct Fault {
    FaultKind kind = FaultKind::None;
    uint64_t pc = 0;       // GPU address of the instruction
    uint64_t address = 0;  // Memory: the first byte that is not there
    bool write = false;
    std::array<uint32_t, 3> group{};
    uint32_t wave = 0;
    std::string text;  // the instruction and what is wrong with it, for people
};

class Observer;
class GridRecorder;

// One grid. Sizes in work-items, as in an AQL packet; the last group of a dimension may be partial.
struct Dispatch {
    AddressSpace* space = nullptr;
    uint64_t entry = 0;             // GPU address of the first instruction
    uint32_t rsrc1 = 0, rsrc2 = 0;  // COMPUTE_PGM_RSRC1/2 of the kernel's descriptor
    std::array<uint32_t, 3> grid{1, 1, 1};
    std::array<uint32_t, 3> group{1, 1, 1};
    uint32_t lds_bytes = 0;
    std::array<uint32_t, 16> user_sgprs{};  // as many as rsrc2 says
    uint64_t scratch_base = 0;  // GPU address of this queue's scratch memory, and its bytes per wave; 0: none
    uint32_t scratch_wave_bytes = 0;
    uint32_t scratch_waves = 0;                       // slots of scratch_wave_bytes behind scratch_base
    uint64_t lds_aperture = 0, scratch_aperture = 0;  // high halves select LDS and scratch in FLAT
    uint64_t start_ns = 0;                            // of the device's clock
    // s_sendmsg with this constant, from a worker thread that holds in_use(); may be empty. 1: an interrupt of the
    // host.
    std::function<void(uint32_t)> message;
    std::vector<Observer*> observers;        // who may watch it (trace.hpp); they outlive the grid
    std::shared_ptr<GridRecorder> recorder;  // who records it for a model of time (recording.hpp); may be empty
};

struct Result {
    Fault fault;
    uint64_t groups = 0, waves = 0;
    uint64_t instructions = 0;          // wave instructions executed
    std::optional<double> duration_ns;  // modelled; empty: not timed; 0: given up
};

// A dispatch under way. stop() makes it end soon with FaultKind::Stopped.
class Running {
public:
    virtual ~Running() = default;
    virtual void stop() = 0;
};

class Executor {
public:
    // `simd`: "avx512", "avx2", "portable", or empty for the best that this machine has. gcn::Error when it lacks it.
    // `watchdog`: seconds after which a grid is stopped when no workgroup of any grid ends; 0: never.
    // `resident_waves`: as many of a grid are under way at most; further groups wait for one of these to end.
    Executor(int threads, std::string_view simd, double watchdog = 0, int resident_waves = 36 * 40);
    ~Executor();

    std::string_view simd() const;
    int threads() const;

    // Starts a grid and returns; several may be under way, and all of them make progress. `done` is called once, from
    // a worker thread or from within start(), after the last write of the grid.
    std::shared_ptr<Running> start(const Dispatch&, std::function<void(const Result&)> done);

    // Code in memory may have changed (PM4 ACQUIRE_MEM, a freed code object): decode it again when next met.
    void forget_code();

private:
    struct Impl;
    std::unique_ptr<Impl> impl;
};

}  // namespace gcn::emulator
