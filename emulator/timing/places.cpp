#include "emulator/timing/places.hpp"

#include <algorithm>

namespace gcn::emulator::timing {

namespace {

constexpr uint64_t line_bytes = 64, alignment = (2 << 20) / line_bytes;

constexpr uint64_t code_lines = uint64_t(1) << 58;  // no address: what of_code() gives lies behind it

// Between code and the host's memory.
constexpr uint64_t arguments = (uint64_t(1) << 33) + (uint64_t(1) << 32);

uint64_t aligned(uint64_t lines) { return (lines + alignment - 1) / alignment * alignment; }

}  // namespace

Arguments::Arguments(const Dispatch& d) {
    const uint32_t registers = std::min<uint32_t>(d.rsrc2 >> 1 & 31, uint32_t(d.user_sgprs.size()));
    for (uint32_t i = 0; i + 1 < registers; ++i) {
        const uint64_t address = (uint64_t(d.user_sgprs[i + 1]) << 32 | d.user_sgprs[i]) & 0xffffffffffff;
        const auto region = d.space->find(address);
        if (!region || !region->of_host) continue;
        const uint64_t line = address / line_bytes, behind = (region->end + line_bytes - 1) / line_bytes;
        pointers.push_back({line, std::min(reach, behind - line), first + i * apart});
    }
}

uint64_t Places::of_code(uint64_t content) {
    constexpr uint64_t first = uint64_t(1) << 33, places = 1 << 16;  // behind all buffers of the card's memory
    return code_lines + first + content % places * alignment;
}

Placement Places::find(uint64_t line) const {
    if (line >= code_lines) return {code_lines, code_lines, 0, false};
    if (line - Arguments::first < Arguments::count) return {Arguments::first, Arguments::count, arguments, true};
    if (const uint64_t now = space.version(); now != version) {
        lost |= std::erase_if(known, [&](const Known& k) { return !still_there(k); }) > 0;
        version = now;
    }
    for (const Known& k : known)
        if (line - k.place.first < k.place.count) return k.place;
    return add(line);
}

bool Places::still_there(const Known& k) const {
    const auto region = space.find(k.region.first);
    if (!k.region.host) return !region;
    return region && region->first == k.region.first && region->end == k.region.end && region->host == k.region.host &&
           region->of_host == k.region.of_host;
}

bool Places::unchanged() const {
    return !lost && std::ranges::all_of(known, [this](const Known& k) { return still_there(k); });
}

// What no region holds is a page of its own: it was there when the wave touched it.
Placement Places::add(uint64_t line) const {
    constexpr uint64_t page = 4096;
    const uint64_t address = line * line_bytes;
    const auto found = space.find(address);
    const Region region = found ? *found : Region{address / page * page, (address / page + 1) * page, nullptr, false};
    Placement place;
    place.first = region.first / line_bytes;
    place.count = (region.end + line_bytes - 1) / line_bytes - place.first;
    place.system = region.of_host;
    uint64_t& free = place.system ? next_of_host : next;
    place.to = free;
    free += aligned(place.count);
    known.push_back({place, region});
    return place;
}

}  // namespace gcn::emulator::timing
