// make bench-emu, second part: how fast the software Polaris' queues answer, through the unmodified ROCr.
//
// All times are of the host. Each figure stands beside the bar that the design sets for it.

#include <dlfcn.h>
#include <hsa/hsa.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "backend/library.hpp"
#include "gcn/error.hpp"
#include "tests/alone.hpp"

using namespace gcn;

namespace {

// One row per function of ROCr that is called here.
#define FUNCTIONS(F)                       \
    F(hsa_init)                            \
    F(hsa_iterate_agents)                  \
    F(hsa_agent_get_info)                  \
    F(hsa_queue_create)                    \
    F(hsa_queue_destroy)                   \
    F(hsa_queue_add_write_index_screlease) \
    F(hsa_signal_create)                   \
    F(hsa_signal_store_relaxed)            \
    F(hsa_signal_store_screlease)          \
    F(hsa_signal_wait_scacquire)
struct Hsa {
#define F(name) decltype(&::name) name;
    FUNCTIONS(F)
#undef F
} hsa;

void check(hsa_status_t status, const char* what) {
    if (status != HSA_STATUS_SUCCESS) fail({what, "ROCr says " + std::to_string(status), ""});
}

double now_us() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec * 1e-3;
}

void silence(double seconds) {
    const timespec t{time_t(seconds), long((seconds - time_t(seconds)) * 1e9)};
    nanosleep(&t, nullptr);
}

hsa_agent_t gpu() {
    hsa_agent_t found{};
    check(hsa.hsa_iterate_agents(
              [](hsa_agent_t agent, void* out) {
                  hsa_device_type_t type;
                  hsa.hsa_agent_get_info(agent, HSA_AGENT_INFO_DEVICE, &type);
                  if (type == HSA_DEVICE_TYPE_GPU) *static_cast<hsa_agent_t*>(out) = agent;
                  return HSA_STATUS_SUCCESS;
              },
              &found),
          "list the agents");
    if (!found.handle) fail({"find a GPU", "ROCr lists none", "GCN_EMU_CHIP=rx590", Fault::NoDevice});
    return found;
}

hsa_queue_t* new_queue(hsa_agent_t agent) {
    hsa_queue_t* q;
    check(hsa.hsa_queue_create(agent, 256, HSA_QUEUE_TYPE_MULTI, nullptr, nullptr, ~0u, ~0u, &q), "create a queue");
    return q;
}

// One empty barrier packet, from the store of its header to its signal; microseconds.
double round_trip(hsa_queue_t* q, hsa_signal_t done) {
    hsa.hsa_signal_store_relaxed(done, 1);
    const uint64_t at = hsa.hsa_queue_add_write_index_screlease(q, 1);
    auto* packet = static_cast<hsa_barrier_and_packet_t*>(q->base_address) + (at & (q->size - 1));
    std::memset(reinterpret_cast<char*>(packet) + 2, 0, sizeof *packet - 2);
    packet->completion_signal = done;
    const double start = now_us();
    __atomic_store_n(&packet->header, uint16_t(HSA_PACKET_TYPE_BARRIER_AND), __ATOMIC_RELEASE);
    hsa.hsa_signal_store_screlease(q->doorbell_signal, at);
    hsa.hsa_signal_wait_scacquire(done, HSA_SIGNAL_CONDITION_LT, 1, ~0ull, HSA_WAIT_STATE_BLOCKED);
    return now_us() - start;
}

double cpu_seconds() {
    rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + 1e-6 * (u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

}  // namespace

int main() try {
    const Library emulator(BUILD "/libgcn-emu.so");
    if (!emulator.why().empty()) fail({"open the software Polaris", emulator.why(), "make"});
    Library library("libhsa-runtime64.so.1");
#define F(name) library.get(hsa.name, #name);
    FUNCTIONS(F)
#undef F
    if (!library.why().empty()) fail({"open ROCr", library.why(), "sh setup.sh"});
    check(hsa.hsa_init(), "start ROCr");

    const hsa_agent_t agent = gpu();
    hsa_queue_t* q = new_queue(agent);
    hsa_signal_t done;
    check(hsa.hsa_signal_create(1, 0, nullptr, &done), "create a signal");

    std::vector<double> busy, first;
    for (int i = 0; i < 2000; ++i) busy.push_back(round_trip(q, done));
    std::printf("  %-44s %8.1f us host  (bar 50)\n", "empty barrier packets in turn, median of 2000",
                gcn::test::median(busy));
    for (int i = 0; i < 7; ++i) {
        silence(1);
        first.push_back(round_trip(q, done));
    }
    std::printf("  %-44s %8.1f us host  (bar 3000)\n", "first packet after 1 s of silence, worst of 7",
                *std::max_element(first.begin(), first.end()));

    std::vector<hsa_queue_t*> idle{q};
    while (idle.size() < 5) idle.push_back(new_queue(agent));
    for (hsa_queue_t* each : idle) round_trip(each, done);
    silence(1);
    const double cpu = cpu_seconds(), wall = now_us();
    silence(4);
    std::printf("  %-44s %8.2f %% of a core  (bar 2)\n", "five idle queues, over 4 s",
                100 * (cpu_seconds() - cpu) / ((now_us() - wall) * 1e-6));
    for (hsa_queue_t* each : idle) hsa.hsa_queue_destroy(each);
    return 0;
} catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault);
}
