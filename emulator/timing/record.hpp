#pragma once
// Turns what the executor tells of a grid's waves (emulator/exec/recording.hpp) into traces (trace.hpp).

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "emulator/exec/recording.hpp"
#include "emulator/timing/places.hpp"
#include "emulator/timing/touch.hpp"
#include "emulator/timing/trace.hpp"

namespace gcn::emulator::timing {

// What a recorder has to know of a program's instructions, by their numbers.
struct AccessTable {
    uint32_t code;  // place in the list of the grid's codes
    std::vector<Touch> access;
    std::vector<uint32_t> place;  // of an LDS instruction among those, of others that go to memory among these
    uint32_t lds_in_all = 0, memory_in_all = 0;
    // Registers with addresses are watched: a bit each. Of an instruction: those that tell where it goes; of one that
    // starts a stretch: those that the stretch writes. What cannot be watched is in `unwatched`, which all write.
    static constexpr uint64_t unwatched = uint64_t(1) << 63;
    std::vector<uint64_t> reads, writes;
};

// What the waves of a group use one after the other, and then those of another group.
struct Shared;

// The programs that waves of a grid have met, in the order of their first meeting.
class Programs {
public:
    // `met`: called once for each, under a lock.
    explicit Programs(std::function<void(const Program&)> met);
    ~Programs();
    const AccessTable& table(const Program&);

    std::unique_ptr<Shared> take_shared();
    void give_shared(std::unique_ptr<Shared>);

private:
    struct Key {
        const Program* program;
        uint64_t first;  // pc: another program may have come to lie where one was
        size_t size;
        auto operator<=>(const Key&) const = default;
    };
    const std::function<void(const Program&)> met;
    std::mutex guard;
    std::map<Key, std::unique_ptr<const AccessTable>> tables;
    std::vector<std::unique_ptr<Shared>> free;
};

// Words of a wave after which it tells that it has grown.
inline constexpr size_t told_words = 1 << 16;

struct Recording {
    bool compact = true;                           // words that were recorded may still change until a group has ended
    std::function<void()> ended = [] {};           // all its waves have
    std::function<void(size_t words)> grown = {};  // a wave has, by so many
    const std::atomic<bool>* stop = nullptr;       // nothing more is to be recorded
    const Arguments* arguments = nullptr;          // if they are not to be recorded where they are
};

// Records a group into `to`, which outlives the recorder or its last call.
std::unique_ptr<GroupRecorder> group_recorder(uint64_t number, const GroupFacts&, Programs&, GroupTrace& to, Recording);

}  // namespace gcn::emulator::timing
