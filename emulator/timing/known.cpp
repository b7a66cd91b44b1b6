#include "emulator/timing/known.hpp"

#include <algorithm>

namespace gcn::emulator::timing {

constexpr size_t most_grids = 32;  // an engine and its caches are a MiB or two

Timed::Timed(const isa::Chip& chip, const Parameters& p, const AddressSpace& space, const LaunchShape& shape)
    : parameters(p),
      shape(shape),
      space(&space),
      places(space),
      memory(chip, p, places),
      engine(chip, p, memory, shape) {}

bool Timed::same_as(const Timed& o) const {
    return shape == o.shape && space == o.space && codes == o.codes && groups == o.groups;
}

const char* text(Method m) {
    constexpr const char* names[] = {"exact", "sampled", "stepped", "none"};
    return names[size_t(m)];
}

uint64_t digest(const GroupTrace& group) {
    uint64_t sum = group.items;
    const auto add = [&](uint64_t x) {  // as splitmix64 ends, so that each bit counts
        sum = (sum ^ x) * 0xbf58476d1ce4e5b9;
        sum = (sum ^ sum >> 27) * 0x94d049bb133111eb;
        sum ^= sum >> 31;
    };
    for (const WaveTrace& wave : group.waves) {
        const std::vector<uint32_t>& words = wave.words;
        add(words.size());
        for (size_t i = 0; i + 1 < words.size(); i += 2) add(uint64_t(words[i]) << 32 | words[i + 1]);
        if (words.size() % 2) add(words.back());
    }
    return sum;
}

std::vector<std::shared_ptr<const Timed>> KnownGrids::like(const LaunchShape& shape, const AddressSpace& space,
                                                           uint64_t code) const {
    std::vector<std::shared_ptr<const Timed>> found;
    const std::lock_guard lock(guard);
    for (const auto& grid : grids)
        if (grid->shape == shape && grid->space == &space && grid->codes.front() == code && grid->places.unchanged())
            found.push_back(grid);
    return found;
}

// Two that ran at once may be alike; of those whose buffers have gone elsewhere the later one is of use.
void KnownGrids::keep(std::shared_ptr<const Timed> grid, size_t recorded) {
    if (recorded > most_held) return;
    const std::lock_guard lock(guard);
    std::erase_if(grids, [&](const auto& other) { return other->same_as(*grid); });
    grids.push_back(std::move(grid));
    make_room();
}

void KnownGrids::met(const std::shared_ptr<const Timed>& grid) {
    const std::lock_guard lock(guard);
    const auto at = std::find(grids.begin(), grids.end(), grid);
    if (at != grids.end()) std::rotate(at, at + 1, grids.end());
}

void KnownGrids::make_room() {
    size_t groups = 0, kept = 0;
    while (kept < std::min(grids.size(), most_grids)) {
        groups += grids[grids.size() - 1 - kept]->groups.size();
        if (groups > most_groups) break;
        ++kept;
    }
    grids.erase(grids.begin(), grids.end() - ptrdiff_t(kept));
}

}  // namespace gcn::emulator::timing
