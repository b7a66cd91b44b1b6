#pragma once
// Memory of the process that the GPU may touch: allocated here, or the program's own and registered. Nothing is on the
// GPU, that is in the address space, before it is mapped there.

#include <cstdint>
#include <map>
#include <mutex>
#include <set>

#include "emulator/cp/device.hpp"
#include "emulator/kfd/thunk.hpp"

namespace gcn::emulator::kfd {

class Memory {
public:
    Memory(Device& device, AddressSpace& space) : device(device), space(space) {}

    HSAKMT_STATUS allocate(uint32_t node, uint64_t bytes, HsaMemFlags, void** address);
    HSAKMT_STATUS free(void*);
    HSAKMT_STATUS enrol(void*, uint64_t bytes, HsaMemFlags);  // registers memory of the program's own
    HSAKMT_STATUS strike(void*);                              // and ends that
    // For scratch memory a part of the allocation, else all of it.
    HSAKMT_STATUS map(void*, uint64_t bytes, uint64_t* gpu_address);
    HSAKMT_STATUS unmap(void*);
    HSAKMT_STATUS info(const void*, HsaPointerInfo&);
    HSAKMT_STATUS set_user_data(const void*, void*);

    // Pages for host and GPU alike that live as long as the process; nullptr when there are none.
    void* shared_pages(uint64_t bytes);
    bool on_gpu(uint64_t address) const { return space.find(address).has_value(); }

private:
    struct Allocation {
        HSA_POINTER_TYPE type;
        uint32_t node;
        HsaMemFlags flags;
        uint64_t host, gpu, bytes;
        uint64_t charged = 0;  // bytes of VRAM
        int registrations = 1;
        std::map<uint64_t, uint64_t> on_gpu{};  // first address and size of what is mapped
        void* user_data = nullptr;

        bool holds_gpu(uint64_t address) const { return address - gpu < bytes; }
        bool holds_host(uint64_t address) const { return address - host < bytes; }
        bool scratch() const { return flags.ui32.Scratch; }
    };

    Allocation* find(uint64_t address);
    Allocation* find_registered(uint64_t host_address);
    uint64_t free_gpu_address(uint64_t host, uint64_t bytes) const;
    bool put_on_gpu(Allocation&, uint64_t first, uint64_t bytes);
    void take_off_gpu(Allocation&);

    Device& device;
    AddressSpace& space;
    std::mutex guard;
    std::map<uint64_t, Allocation> allocations;          // by GPU address
    std::set<std::pair<uint64_t, uint64_t>> registered;  // host address, GPU address
};

}  // namespace gcn::emulator::kfd
