// Opening and closing the door, and what becomes of it in a forked child.

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <string>

#include "emulator/kfd/session.hpp"

namespace gcn::emulator::kfd {

namespace {

// Leaked, all of it: calls come in until the last instruction of exit().
std::mutex& opening = *new std::mutex;
Session* made = nullptr;  // by this process, open or closed
int openings = 0;
std::atomic<Session*> current{nullptr};
std::atomic<bool> in_child{false};

void forget_parent() {
    if (current.exchange(nullptr)) in_child = true;
    made = nullptr;
    openings = 0;
    opening.unlock();
}

// Threads run in this library until the process ends, so it must not be unloaded before.
void stay_loaded() {
    Dl_info self;
    if (dladdr(reinterpret_cast<void*>(&forget_parent), &self))
        dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

void watch_forks() {
    static const int watching = pthread_atfork([] { opening.lock(); }, [] { opening.unlock(); }, forget_parent);
    GCN_ASSERT(watching == 0);
}

}  // namespace

Session* session() { return current.load(std::memory_order_acquire); }
bool inherited() { return in_child.load(std::memory_order_relaxed); }

HSAKMT_STATUS open_session() {
    watch_forks();
    try {
        Device& device = Device::open();
        const std::lock_guard lock(opening);
        if (!made) {
            stay_loaded();
            made = new Session(device);
        }
        ++openings;
        in_child = false;
        current = made;
        return HSAKMT_STATUS_SUCCESS;
    } catch (const Error& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return HSAKMT_STATUS_KERNEL_IO_CHANNEL_NOT_OPENED;
    } catch (const std::bad_alloc&) {
        return HSAKMT_STATUS_NO_MEMORY;
    } catch (const std::system_error&) {  // no more threads
        return HSAKMT_STATUS_OUT_OF_RESOURCES;
    }
}

HSAKMT_STATUS close_session() {
    const std::lock_guard lock(opening);
    if (!openings) return inherited() ? HSAKMT_STATUS_SUCCESS : HSAKMT_STATUS_KERNEL_IO_CHANNEL_NOT_OPENED;
    if (--openings == 0) current = nullptr;
    return HSAKMT_STATUS_SUCCESS;
}

}  // namespace gcn::emulator::kfd

using namespace gcn::emulator::kfd;

HSAKMT_STATUS hsaKmtOpenKFD() { return open_session(); }
HSAKMT_STATUS hsaKmtCloseKFD() { return close_session(); }

// For who opens this library by path: why its settings (GCN_EMU_*) keep the device from starting, as a whole sentence;
// nullptr when it starts. ROCr's own answer to the same would only be that resources are out.
extern "C" __attribute__((visibility("default"))) const char* gcn_emu_objection() {
    static std::string& sentence = *new std::string;
    try {
        gcn::emulator::Device::open();
        return nullptr;
    } catch (const gcn::Error& e) {
        sentence = e.what();
        return sentence.c_str();
    }
}

// 1.0 would turn interrupts off, anything below 0.99 the whole topology.
HSAKMT_STATUS hsaKmtGetVersion(HsaVersionInfo* version) {
    if (!version) return HSAKMT_STATUS_INVALID_PARAMETER;
    return call([&](Session&) {
        *version = {1, 6};
        return HSAKMT_STATUS_SUCCESS;
    });
}
