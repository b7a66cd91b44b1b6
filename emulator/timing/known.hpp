#pragma once
// Grids that have been timed. The engine knows nothing of a grid but its shape, its code, what was recorded of it and
// where its buffers lie, and finds all caches empty: where these are the same, so is all that it says. So such a grid
// is not timed again: a product that runs a thousand times is timed once.

#include <atomic>
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

    // The same was recorded of both.
    bool same_as(const Timed&) const;
};

// Of all that was recorded of a group.
uint64_t digest(const GroupTrace&);

// The last ones, as many as there is room for. From several threads.
class KnownGrids {
public:
    static constexpr size_t most_groups = size_t(4) << 20;  // of all of them; a digest is eight bytes

    // `most_held`: bytes of what is recorded of grids that may be like these, of all at once.
    explicit KnownGrids(size_t most_held) : most_held(most_held) {}

    // So many bytes more are held, until they are released. False: now that is too much.
    bool hold(size_t bytes) { return (held += bytes) <= most_held; }
    void release(size_t bytes) { held -= bytes; }

    // Those of that shape in that memory whose waves begin in code of this content and whose buffers are still there.
    std::vector<std::shared_ptr<const Timed>> like(const LaunchShape&, const AddressSpace&, uint64_t code) const;
    // Unless what was recorded of it, so many bytes, is more than may be held: then none can be compared with it.
    void keep(std::shared_ptr<const Timed>, size_t recorded);
    // It was met again: others go first when there is no more room.
    void met(const std::shared_ptr<const Timed>&);

private:
    void make_room();

    const size_t most_held;
    std::atomic<size_t> held{0};
    mutable std::mutex guard;
    std::vector<std::shared_ptr<const Timed>> grids;  // the one that was met last is the last
};

}  // namespace gcn::emulator::timing
