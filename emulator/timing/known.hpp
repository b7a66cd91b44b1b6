#pragma once
// Grids that have been timed. The engine knows nothing of a grid but its shape, its code, what was recorded of it and
// where its buffers lie, and finds all caches empty: where these are the same, so is all that it says. So such a grid
// is not timed again: a product that runs a thousand times is timed once.

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "emulator/timing/engine.hpp"
#include "emulator/timing/parameters.hpp"
#include "emulator/timing/places.hpp"
#include "isa/chips.hpp"

namespace gcn::emulator::timing {

// How a time was found.
enum class Method : uint8_t {
    Exact,    // all of it in detail
    Sampled,  // sample.hpp
    Stepped,  // in detail, and executed when the model says: order.hpp
    None,     // it was not: more was recorded than there is room for before the first groups had ended
};
const char* text(Method);  // "exact"

struct Found {
    Method method = Method::Exact;
    uint64_t cycles = 0;  // from the first group's dispatch to the end of the last wave
    double ns = 0;        // of the whole kernel; None: 0
    double interval = 0;  // Sampled: half the width of the 95 % interval, as a part of the time
    uint64_t instructions = 0;
};

// What a grid is for the engine, and what that says of it.
struct Timed {
    Timed(const isa::Chip&, const Parameters&, const AddressSpace&, const LaunchShape&);

    const Parameters parameters;
    const LaunchShape shape;
    const AddressSpace* const space;
    // A grid finds all caches empty, L2 too, and its buffers where it touches them first: what ran before it does not
    // count, so that its time is the same after whatever a runtime did.
    Places places;
    Memory memory;
    Engine engine;
    std::vector<uint64_t> codes;   // their contents, in the order in which waves met them
    std::vector<uint64_t> groups;  // digests of what was recorded, in the order of their numbers
    Found found;
};

// Of all that was recorded of a group.
uint64_t digest(const GroupTrace&);

// The last ones, as many as there is room for. From several threads.
class KnownGrids {
public:
    // Those of that shape in that memory whose waves begin in code of this content.
    std::vector<std::shared_ptr<const Timed>> like(const LaunchShape&, const AddressSpace&, uint64_t code) const;
    void keep(std::shared_ptr<const Timed>);
    // It was met again: others go first when there is no more room.
    void met(const std::shared_ptr<const Timed>&);

private:
    void make_room();

    mutable std::mutex guard;
    std::vector<std::shared_ptr<const Timed>> grids;  // the one that was met last is the last
};

}  // namespace gcn::emulator::timing
