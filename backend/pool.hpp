#pragma once
// The device's memory: how much of it is in use, how much may be, and blocks kept for the next one who asks.

#include <cstdint>
#include <map>
#include <memory>

#include "backend/backend.hpp"

namespace gcn {

class Pool {
public:
    Pool(std::shared_ptr<Backend>, const DeviceInfo&);

    // At least `bytes` bytes, with anything in them; back in the pool when let go of. gcn::Error when the limit or the
    // device does not allow it.
    std::shared_ptr<Memory> take(size_t bytes);
    MemoryUse use() const { return state->use; }
    void set_limit(uint64_t bytes);  // 0: all that the device has
    void trim();                     // gives back to the device what nobody uses

private:
    struct State {
        MemoryUse use;
        std::multimap<size_t, std::shared_ptr<Memory>> kept;  // by size

        void keep(std::shared_ptr<Memory>);
        void shrink(uint64_t most);
    };
    std::shared_ptr<Memory> find(size_t size);

    std::shared_ptr<Backend> backend;
    std::string name;
    // Last: what it holds goes before the device.
    std::shared_ptr<State> state;
};

}  // namespace gcn
