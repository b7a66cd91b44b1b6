#include "emulator/timing/places.hpp"

#include <algorithm>

namespace gcn::emulator::timing {

namespace {

constexpr uint64_t line_bytes = 64, alignment = (2 << 20) / line_bytes;

uint64_t aligned(uint64_t lines) { return (lines + alignment - 1) / alignment * alignment; }

}  // namespace

const Place& Places::find(uint64_t line) {
    if (const uint64_t now = space.version(); now != version) {
        std::erase_if(known, [&](const Known& k) { return !still_there(k); });
        version = now;
    }
    for (size_t i = 0; i < known.size(); ++i) {
        if (!known[i].place.holds(line)) continue;
        if (i) std::rotate(known.begin(), known.begin() + ptrdiff_t(i), known.begin() + ptrdiff_t(i) + 1);
        return known[0].place;
    }
    return add(line);
}

bool Places::still_there(const Known& k) const {
    const auto region = space.find(k.region.first);
    return region && region->first == k.region.first && region->end == k.region.end && region->host == k.region.host;
}

// What no region holds is a page of its own: it was there when the wave touched it.
const Place& Places::add(uint64_t line) {
    constexpr uint64_t page = 4096;
    const uint64_t address = line * line_bytes;
    const auto found = space.find(address);
    const Region region = found ? *found : Region{address / page * page, (address / page + 1) * page, nullptr, false};
    Place place;
    place.first = region.first / line_bytes;
    place.end = (region.end + line_bytes - 1) / line_bytes;
    place.of_host = region.of_host;
    uint64_t& free = place.of_host ? next_of_host : next;
    place.at = free;
    free += aligned(place.end - place.first);
    known.insert(known.begin(), {place, region});
    return known[0].place;
}

}  // namespace gcn::emulator::timing
