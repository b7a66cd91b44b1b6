#include "backend/pool.hpp"

#include <bit>

namespace gcn {

namespace {

// Sizes come in steps of an eighth of a power of two, so that blocks fit again and little is wasted.
size_t size_class(size_t bytes) {
    constexpr size_t page = 4096;
    if (bytes <= 8 * page) return (bytes + page - 1) / page * page;
    const size_t step = std::bit_floor(bytes) / 8;
    return (bytes + step - 1) / step * step;
}

}  // namespace

Pool::Pool(std::shared_ptr<Backend> owner, const DeviceInfo& info)
    : backend(std::move(owner)), name(info.name), state(std::make_shared<State>()) {
    state->use.device = state->use.limit = info.memory_bytes;
}

void Pool::set_limit(uint64_t bytes) {
    state->use.limit = bytes ? bytes : state->use.device;
    state->shrink(state->use.limit / 4);
}

void Pool::trim() { state->shrink(0); }

void Pool::State::shrink(uint64_t most) {
    while (use.kept > most) {
        const auto largest = std::prev(kept.end());
        use.kept -= largest->first;
        kept.erase(largest);
    }
}

void Pool::State::keep(std::shared_ptr<Memory> memory) {
    use.used -= memory->bytes;
    use.kept += memory->bytes;
    const size_t size = memory->bytes;
    kept.emplace(size, std::move(memory));
    shrink(use.limit / 4);
}

std::shared_ptr<Memory> Pool::find(size_t size) {
    const auto it = state->kept.find(size);
    if (it == state->kept.end()) return nullptr;
    auto memory = std::move(it->second);
    state->kept.erase(it);
    state->use.kept -= size;
    return memory;
}

std::shared_ptr<Memory> Pool::take(size_t bytes) {
    if (bytes == 0) return backend->alloc(0);
    // What is larger than all there is keeps its size: the message shall name it.
    const size_t size = bytes > state->use.limit ? bytes : size_class(bytes);
    const MemoryUse& use = state->use;
    if (use.limit && (size > use.limit || use.used > use.limit - size))
        fail({"allocate " + std::to_string(bytes) + " bytes on " + name,
              std::to_string(use.used) + " of " + std::to_string(use.limit) + " bytes are in use",
              "a smaller problem, or gcn::multiply, which splits it"});
    auto memory = find(size);
    if (!memory && use.limit && use.used + use.kept > use.limit - size) trim();
    if (!memory) try {
            memory = backend->alloc(size);
        } catch (const Error&) {
            if (use.kept == 0) throw;
            trim();
            memory = backend->alloc(size);
        }
    state->use.used += memory->bytes;
    Memory* const block = memory.get();
    return {block, [held = std::move(memory), pool = std::weak_ptr(state)](Memory*) mutable {
                if (const auto state = pool.lock()) state->keep(std::move(held));
            }};
}

}  // namespace gcn
