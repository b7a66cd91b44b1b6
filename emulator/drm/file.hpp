#pragma once
// One open file of a node: an address space of its own, and what its handles name. Handles are the lowest free numbers
// from 1, as the driver's.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "emulator/cp/client.hpp"
#include "emulator/cp/device.hpp"
#include "emulator/drm/buffer.hpp"
#include "emulator/drm/context.hpp"
#include "emulator/drm/fence.hpp"

namespace gcn::emulator::drm {

// Numbers and what they name.
template <class T> class Handles {
public:
    static constexpr uint32_t none = 0;

    uint32_t add(T thing, uint32_t most = UINT32_MAX) {
        uint32_t number = 1;
        for (const auto& [taken, _] : all) {
            if (taken != number) break;
            ++number;
        }
        if (number > most) return none;
        all.emplace(number, std::move(thing));
        return number;
    }
    T* find(uint32_t number) {
        const auto found = all.find(number);
        return found == all.end() ? nullptr : &found->second;
    }
    bool erase(uint32_t number) { return all.erase(number) > 0; }
    auto begin() const { return all.begin(); }
    auto end() const { return all.end(); }

private:
    std::map<uint32_t, T> all;
};

class File final : public Client {
public:
    File(Device& device, int minor) : device(device), minor(minor) {}
    ~File() override;

    // Events and faults reach a program of this door through its fences and contexts.
    void interrupt(uint32_t) override {}
    void memory_fault(uint64_t, bool) override {}

    Device& device;
    const int minor;

    std::mutex guard;  // of all below; never held while anything is waited for
    Handles<BufferPointer> buffers;
    Handles<ContextPointer> contexts;
    Handles<std::vector<BufferPointer>> lists;
    Handles<SyncobjPointer> syncobjs;
    std::vector<ContextPointer> leaving;  // freed, with submissions under way

    // ---- addresses (mapping.cpp) ----
    struct Mapping {
        uint64_t bytes;
        BufferPointer buffer;  // nullptr: PRT, nothing behind it
        uint64_t offset;
        uint32_t flags;
    };
    std::map<uint64_t, Mapping> mappings;  // by first address
    // Taken off, but submissions made before may still use it: it goes when they have ended.
    struct Ghost {
        uint64_t first;
        Mapping mapping;
        Fences until;
    };
    std::vector<Ghost> ghosts;

    // With `guard` held by `lock`, which map() may give up for a while. 0 or -errno.
    int map(std::unique_lock<std::mutex>& lock, uint64_t first, Mapping);
    int unmap(const BufferPointer&, uint64_t first);
    int clear(std::unique_lock<std::mutex>& lock, uint64_t first, uint64_t bytes);
    void forget(const BufferPointer&);  // the last handle is gone
    void lay_ghosts();

    // Submissions that have not ended, for ghosts and for the end of this file.
    Fences under_way;
    void add_under_way(FencePointer);

    // Whose address space has a number reserved.
    inline static std::atomic<const File*> with_number{nullptr};
    void give_number() {
        const File* owner = this;
        with_number.compare_exchange_strong(owner, nullptr);
    }

    // Contexts that were freed and have nothing under way any more; to be let go without `guard`.
    std::vector<ContextPointer> take_left();

private:
    void take_off(std::map<uint64_t, Mapping>::iterator);
    bool put_on(uint64_t first, const Mapping&);
};
using FilePointer = std::shared_ptr<File>;

}  // namespace gcn::emulator::drm
