// Random ioctls on open files of the DRM device, from several threads at once, in process: make fuzz-drm. Arguments are
// of the right form more often than not; handles, sizes, addresses and pointers are anything. When its descriptors are
// closed nothing of a file may be left.

#include <fcntl.h>
#include <libdrm/amdgpu_drm.h>
#include <libdrm/drm.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "emulator/cp/board.hpp"
#include "emulator/drm/node.hpp"
#include "isa/pm4.hpp"
#include "isa/sdma.hpp"
#include "tests/fuzz_drm.hpp"

using namespace gcn;
using namespace gcn::emulator;
using test::Random;
namespace pm4 = isa::pm4;
namespace sdma = isa::sdma;

namespace {

constexpr uint64_t gpu_base = 0x1'0000'0000, gpu_pages = 64, streams_at = 0x2'0000'0000, page = 4096;
constexpr size_t stream_bytes = 64 * page;

uint64_t now() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return uint64_t(t.tv_sec) * 1'000'000'000 + uint64_t(t.tv_nsec);
}

// Memory with nothing on either side.
class Arena {
public:
    explicit Arena(size_t bytes) : bytes(bytes) {
        base = static_cast<char*>(mmap(nullptr, bytes + 2 * room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        if (base == MAP_FAILED || mprotect(base + room, bytes, PROT_READ | PROT_WRITE)) std::abort();
    }
    ~Arena() { munmap(base, bytes + 2 * room); }
    Arena(const Arena&) = delete;

    char* at(size_t offset) const { return base + room + offset; }
    const size_t bytes;

private:
    static constexpr size_t room = 1 << 20;
    char* base;
};

struct File {
    int fd;
    std::mutex guard;
    std::vector<int> descriptors;  // that calls gave
};

// ---- one thread's calls ---------------------------------------------------------------------------------------------

class Caller {
public:
    Caller(Random random, std::vector<File>& files, const Arena& playground)
        : r(random), files(files), playground(playground) {}

    void run(uint32_t calls);

private:
    static void (Caller::*const all[])();

    // ---- words of arguments ----

    uint32_t handle() { return r.one_in(12) ? r.word() : r.below(9); }
    uint64_t gpu_address() {
        if (r.one_in(12)) return r.pick<uint64_t>({0, 1 << 20, 2 << 20, 1ull << 47, ~0ull << 47, ~0ull, streams_at});
        return gpu_base + page * r.below(gpu_pages) + (r.one_in(20) ? r.below(page) : 0);
    }
    uint64_t size() {
        if (r.one_in(12))
            return r.pick<uint64_t>({0, 1, page - 1, ~0ull, ~0ull << 12, 1ull << 33, 1ull << 47, 1ull << 63});
        return page * (1 + r.below(8));
    }
    // Flags that are known, or any.
    uint32_t flags(uint32_t known) { return r.one_in(10) ? r.word() : r.one_in(3) ? 0 : r.word() & known; }
    uint64_t timeout() { return r.pick<uint64_t>({0, 1, now(), now() + 1'000'000, now() + 100'000}); }
    uint64_t nowhere() {
        return r.pick<uint64_t>({0, 1, 8, 4095, 1ull << 47, ~0ull, ~0ull << 12, 0x7fff'ffff'f000,
                                 reinterpret_cast<uint64_t>(arena.at(arena.bytes)),
                                 reinterpret_cast<uint64_t>(arena.at(0)) - 8});
    }
    // A copy of it where the device reads it; now and then it reads elsewhere.
    template <class T> uint64_t pointer(const T* things, size_t count) {
        if (r.one_in(25)) return nowhere();
        const size_t bytes = count * sizeof(T);
        if (used + bytes > arena.bytes) used = 0;
        // The last bytes of the arena, behind which there is nothing, are a good place too, but only for one.
        char* const to = !nested && bytes < 4096 && r.one_in(4) ? arena.at(arena.bytes - bytes) : arena.at(used);
        if (bytes) std::memcpy(to, things, bytes);
        used = (used + bytes + 7) & ~size_t(7);
        return reinterpret_cast<uint64_t>(to);
    }
    template <class T> uint64_t pointer(const std::vector<T>& things) { return pointer(things.data(), things.size()); }
    std::vector<uint32_t> handles(uint32_t most = 4) {
        std::vector<uint32_t> some(r.below(most + 1));
        for (uint32_t& h : some) h = handle();
        return some;
    }
    // How many there are, or not.
    uint32_t count(size_t real) {
        return r.one_in(40) ? r.pick({0u, 1u, 1000u, 65536u, 65537u, ~0u, 1u << 31}) : uint32_t(real);
    }

    template <class T> int call(unsigned long request, T& argument) {
        if (r.one_in(60)) return drm::node_ioctl(file->fd, request, reinterpret_cast<void*>(nowhere()));
        return drm::node_ioctl(file->fd, request, &argument);
    }
    void keep(int fd) {
        if (fd <= 2) return;
        const std::lock_guard lock(file->guard);
        file->descriptors.push_back(fd);
    }
    // One that some call gave, or any.
    int descriptor() {
        File& other = files[r.below(uint32_t(files.size()))];
        const std::lock_guard lock(other.guard);
        if (r.one_in(10) || other.descriptors.empty()) return r.pick({-1, 0, 2, 9999, other.fd});
        return other.descriptors[r.below(uint32_t(other.descriptors.size()))];
    }

    // ---- calls ----

    void any() {
        // Numbers up to the last, of any length, with words that are no pointers to anything of ours.
        uint64_t words[64];
        for (uint64_t& w : words) w = r.one_in(3) ? nowhere() : r.below(16);
        const unsigned long request = _IOC(r.below(4), r.one_in(30) ? 'e' : 'd', r.below(0x60), r.below(sizeof words));
        // Not those that may wait for ever, nor those that give descriptors, which nobody would close.
        const auto is = [&](unsigned long other) { return _IOC_NR(request) == _IOC_NR(other); };
        const bool others = is(DRM_IOCTL_SYNCOBJ_WAIT) || is(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT) ||
                            is(DRM_IOCTL_PRIME_HANDLE_TO_FD) || is(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD) ||
                            is(DRM_IOCTL_AMDGPU_FENCE_TO_HANDLE);
        if (!others) drm::node_ioctl(file->fd, request, words);
    }
    void small() {
        drm_get_cap cap{r.below(0x16), 0};
        call(DRM_IOCTL_GET_CAP, cap);
        drm_version version{};
        version.name_len = r.below(9);
        version.name = reinterpret_cast<char*>(pointer("12345678", 9));
        call(DRM_IOCTL_VERSION, version);
        drm_set_client_cap wish{r.below(7), r.below(4)};
        call(DRM_IOCTL_SET_CLIENT_CAP, wish);
        drm_unique unique{};
        unique.unique_len = r.below(32);
        unique.unique = reinterpret_cast<char*>(pointer("0123456789abcdef0123456789abcdef", 33));
        call(DRM_IOCTL_GET_UNIQUE, unique);
    }
    void info() {
        drm_amdgpu_info i{};
        const std::vector<uint32_t> room(r.below(200));
        i.return_pointer = pointer(room);
        i.return_size = uint32_t(room.size() * 4);
        i.query = r.below(0x24);
        i.read_mmr_reg.dword_offset = r.pick({0x2004u, 0x2644u, 0x2664u, 0x263eu, r.word()});
        i.read_mmr_reg.count = r.one_in(8) ? r.word() : r.below(50);
        i.read_mmr_reg.instance = r.one_in(2) ? ~0u : r.word();
        if (r.one_in(2)) i.query_hw_ip.type = r.below(12), i.query_hw_ip.ip_instance = r.below(2);
        call(DRM_IOCTL_AMDGPU_INFO, i);
    }
    void create() {
        drm_amdgpu_gem_create c{};
        c.in.bo_size = size();
        c.in.alignment = r.one_in(4) ? uint64_t(1) << r.below(64) : r.one_in(8) ? r.next() : page;
        c.in.domains = r.one_in(10) ? r.word() : 1 + r.below(7);
        c.in.domain_flags = flags(0x10cf);
        call(DRM_IOCTL_AMDGPU_GEM_CREATE, c);
    }
    void userptr() {
        drm_amdgpu_gem_userptr u{};
        u.addr = r.one_in(10) ? nowhere() : reinterpret_cast<uint64_t>(playground.at(page * r.below(8)));
        u.size = r.one_in(10) ? size() : page * (1 + r.below(4));
        u.flags = r.one_in(10) ? r.word() : 8 | r.below(8);
        call(DRM_IOCTL_AMDGPU_GEM_USERPTR, u);
    }
    // Reads and writes of what was mapped, while it may go.
    void mmap_it() {
        drm_amdgpu_gem_mmap m{};
        m.in.handle = handle();
        if (call(DRM_IOCTL_AMDGPU_GEM_MMAP, m)) return;
        void* at = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, off_t(m.out.addr_ptr));
        if (at == MAP_FAILED) return;
        __atomic_fetch_add(static_cast<uint32_t*>(at) + r.below(1024), 1, __ATOMIC_RELAXED);
        munmap(at, page);
    }
    void va() {
        drm_amdgpu_gem_va v{};
        v.handle = handle();
        v.operation = r.one_in(20) ? r.word() : 1 + r.below(4);
        v.flags = r.one_in(8) ? uint32_t(AMDGPU_VM_PAGE_PRT) : r.one_in(12) ? r.word() : r.below(16);
        v.va_address = gpu_address();
        v.offset_in_bo = r.one_in(3) ? size() : 0;
        v.map_size = size();
        call(DRM_IOCTL_AMDGPU_GEM_VA, v);
    }
    void op() {
        drm_amdgpu_gem_op o{};
        o.handle = handle();
        o.op = r.below(3);
        const uint64_t room[4] = {};
        o.value = o.op ? r.below(64) : pointer(room, 4);
        call(DRM_IOCTL_AMDGPU_GEM_OP, o);
        drm_amdgpu_gem_metadata m{};
        m.handle = handle();
        m.op = r.below(4);
        m.data.data_size_bytes = r.one_in(8) ? r.word() : r.below(258);
        m.data.tiling_info = r.next();
        call(DRM_IOCTL_AMDGPU_GEM_METADATA, m);
        drm_amdgpu_gem_wait_idle w{};
        w.in.handle = handle();
        w.in.timeout = timeout();
        call(DRM_IOCTL_AMDGPU_GEM_WAIT_IDLE, w);
    }
    void close_it() {
        drm_gem_close c{};
        c.handle = handle();
        call(DRM_IOCTL_GEM_CLOSE, c);
    }
    void context() {
        drm_amdgpu_ctx c{};
        c.in.op = r.one_in(2) ? uint32_t(AMDGPU_CTX_OP_ALLOC_CTX) : r.below(8);
        c.in.flags = r.one_in(4) ? r.below(6) : 0;
        c.in.ctx_id = handle();
        c.in.priority = int32_t(r.word());
        call(DRM_IOCTL_AMDGPU_CTX, c);
    }
    drm_amdgpu_bo_list_in list_of_buffers() {
        std::vector<drm_amdgpu_bo_list_entry> entries;
        for (const uint32_t h : handles()) entries.push_back({h, r.below(40)});
        drm_amdgpu_bo_list_in in{};
        in.operation = r.below(4);
        in.list_handle = handle();
        in.bo_number = count(entries.size());
        in.bo_info_size = r.one_in(10) ? r.pick({0u, 4u, 12u, 4096u, ~0u}) : uint32_t(sizeof(drm_amdgpu_bo_list_entry));
        in.bo_info_ptr = pointer(entries);
        return in;
    }
    void list() {
        drm_amdgpu_bo_list b{};
        b.in = list_of_buffers();
        call(DRM_IOCTL_AMDGPU_BO_LIST, b);
    }
    void vm() {
        drm_amdgpu_vm v{};
        v.in.op = r.below(4);
        v.in.flags = r.one_in(10);
        call(DRM_IOCTL_AMDGPU_VM, v);
        drm_amdgpu_sched s{};
        s.in.op = r.below(4);
        call(DRM_IOCTL_AMDGPU_SCHED, s);
    }

    // ---- submissions ----

    uint32_t ip() { return r.one_in(15) ? r.word() : r.below(3); }
    drm_amdgpu_fence fence() {
        return {handle(), ip(), r.one_in(30), r.below(4), r.one_in(4) ? ~uint64_t(0) : r.below(6)};
    }
    std::vector<uint32_t> chunk_of(uint32_t id) {
        std::vector<uint32_t> words;
        const auto add = [&](const auto& thing) {
            const size_t at = words.size();
            words.resize(at + sizeof thing / 4);
            std::memcpy(words.data() + at, &thing, sizeof thing);
        };
        const uint32_t entries = 1 + r.below(2);
        switch (id) {
            case AMDGPU_CHUNK_ID_IB:
                add(drm_amdgpu_cs_chunk_ib{0, r.below(128), streams_at + 256 * r.below(uint32_t(stream_bytes / 256)),
                                           r.one_in(20) ? r.word() : 4 * r.below(64), ip(), 0, r.below(4)});
                break;
            case AMDGPU_CHUNK_ID_FENCE:
                add(drm_amdgpu_cs_chunk_fence{handle(), r.one_in(4) ? r.below(4200) : 8 * r.below(512)});
                break;
            case AMDGPU_CHUNK_ID_BO_HANDLES:
                add(list_of_buffers());
                break;
            case AMDGPU_CHUNK_ID_DEPENDENCIES:
            case AMDGPU_CHUNK_ID_SCHEDULED_DEPENDENCIES:
                for (uint32_t i = 0; i < entries; ++i) {
                    const drm_amdgpu_fence f = fence();
                    add(drm_amdgpu_cs_chunk_dep{f.ip_type, f.ip_instance, f.ring, f.ctx_id, f.seq_no});
                }
                break;
            case AMDGPU_CHUNK_ID_SYNCOBJ_IN:
            case AMDGPU_CHUNK_ID_SYNCOBJ_OUT:
                for (uint32_t i = 0; i < entries; ++i) add(drm_amdgpu_cs_chunk_sem{handle()});
                break;
            case AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT:
            case AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL:
                for (uint32_t i = 0; i < entries; ++i)
                    add(drm_amdgpu_cs_chunk_syncobj{handle(), r.one_in(10) ? 1u : 0, r.below(6)});
                break;
            default:
                words.resize(r.below(10));
        }
        if (r.one_in(30)) words.resize(r.below(uint32_t(words.size()) + 1));
        return words;
    }
    void submit() {
        nested = true;
        std::vector<uint64_t> pointers;
        const uint32_t n = 1 + r.below(4);
        for (uint32_t i = 0; i < n; ++i) {
            const uint32_t id = i == 0 && r.below(8) ? uint32_t(AMDGPU_CHUNK_ID_IB) : r.below(11);
            const std::vector<uint32_t> words = chunk_of(id);
            const drm_amdgpu_cs_chunk chunk{id, r.one_in(50) ? r.word() : uint32_t(words.size()), pointer(words)};
            pointers.push_back(pointer(&chunk, 1));
        }
        drm_amdgpu_cs c{};
        c.in.ctx_id = handle();
        c.in.bo_list_handle = r.one_in(4) ? handle() : 0;
        c.in.num_chunks = r.one_in(60) ? r.word() : n;
        c.in.chunks = pointer(pointers);
        if (c.in.num_chunks > n) c.in.chunks = nowhere();  // behind them there is anything
        call(DRM_IOCTL_AMDGPU_CS, c);
        nested = false;
    }
    void wait() {
        const drm_amdgpu_fence f = fence();
        drm_amdgpu_wait_cs w{};
        w.in.handle = f.seq_no;
        w.in.timeout = timeout();
        w.in.ip_type = f.ip_type, w.in.ip_instance = f.ip_instance, w.in.ring = f.ring, w.in.ctx_id = f.ctx_id;
        call(DRM_IOCTL_AMDGPU_WAIT_CS, w);
        std::vector<drm_amdgpu_fence> fences(r.below(4));
        for (auto& each : fences) each = fence();
        drm_amdgpu_wait_fences all_of{};
        all_of.in.fences = pointer(fences);
        all_of.in.fence_count = count(fences.size());
        all_of.in.wait_all = r.below(2);
        all_of.in.timeout_ns = timeout();
        call(DRM_IOCTL_AMDGPU_WAIT_FENCES, all_of);
    }
    void export_fence() {
        drm_amdgpu_fence_to_handle f{};
        f.in.fence = fence();
        f.in.what = r.below(4);
        const bool gives_fd = f.in.what == 1 || f.in.what == 2;
        if (!call(DRM_IOCTL_AMDGPU_FENCE_TO_HANDLE, f) && gives_fd) keep(int(f.out.handle));
    }

    // ---- synchronization objects and sharing ----

    void syncobj() {
        drm_syncobj_create c{};
        c.flags = r.one_in(20) ? r.word() : r.below(2);
        call(DRM_IOCTL_SYNCOBJ_CREATE, c);
        if (r.below(3)) return;
        drm_syncobj_destroy d{};
        d.handle = handle();
        call(DRM_IOCTL_SYNCOBJ_DESTROY, d);
    }
    void signal() {
        const std::vector<uint32_t> some = handles();
        drm_syncobj_array a{};
        a.handles = pointer(some);
        a.count_handles = count(some.size());
        a.pad = r.one_in(50);
        call(r.one_in(3) ? DRM_IOCTL_SYNCOBJ_RESET : DRM_IOCTL_SYNCOBJ_SIGNAL, a);
    }
    void timeline() {
        const std::vector<uint32_t> some = handles();
        std::vector<uint64_t> points(some.size());
        for (uint64_t& p : points) p = r.one_in(20) ? r.next() : r.below(6);
        drm_syncobj_timeline_array a{};
        a.handles = pointer(some);
        a.points = r.one_in(8) ? 0 : pointer(points);
        a.count_handles = count(some.size());
        a.flags = r.one_in(4);
        call(r.one_in(2) ? DRM_IOCTL_SYNCOBJ_QUERY : DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, a);
        drm_syncobj_timeline_wait w{};
        w.handles = pointer(some);
        w.points = pointer(points);
        w.timeout_nsec = int64_t(timeout());
        w.count_handles = count(some.size());
        w.flags = r.below(9);
        call(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, w);
    }
    void wait_objects() {
        const std::vector<uint32_t> some = handles();
        drm_syncobj_wait w{};
        w.handles = pointer(some);
        w.timeout_nsec = r.one_in(10) ? -1 : int64_t(timeout());
        w.count_handles = count(some.size());
        w.flags = r.below(5);
        call(DRM_IOCTL_SYNCOBJ_WAIT, w);
    }
    void transfer() {
        drm_syncobj_transfer t{};
        t.src_handle = handle(), t.dst_handle = handle();
        t.src_point = r.below(6), t.dst_point = r.below(6);
        t.pad = r.one_in(50);
        call(DRM_IOCTL_SYNCOBJ_TRANSFER, t);
    }
    void share_object() {
        drm_syncobj_handle h{};
        h.handle = handle();
        h.flags = r.one_in(20) ? r.word() : r.below(2);
        if (r.one_in(2)) {
            if (!call(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, h)) keep(h.fd);
            return;
        }
        h.fd = descriptor();
        call(DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, h);
    }
    void share_buffer() {
        drm_prime_handle p{};
        p.handle = handle();
        p.flags = flags(O_CLOEXEC | O_RDWR);
        if (r.one_in(2)) {
            if (!call(DRM_IOCTL_PRIME_HANDLE_TO_FD, p)) keep(p.fd);
            return;
        }
        p.fd = descriptor();
        call(DRM_IOCTL_PRIME_FD_TO_HANDLE, p);
    }
    void close_shared() {
        const std::lock_guard lock(file->guard);
        if (file->descriptors.empty()) return;
        close(file->descriptors.back());
        file->descriptors.pop_back();
    }

    Random r;
    std::vector<File>& files;
    const Arena& playground;
    const Arena arena{1 << 16};
    size_t used = 0;
    bool nested = false;  // what is put into the arena points to what was put there before
    File* file = nullptr;
};

void (Caller::*const Caller::all[])() = {
    &Caller::any,          &Caller::small,        &Caller::info,         &Caller::create,       &Caller::create,
    &Caller::userptr,      &Caller::mmap_it,      &Caller::va,           &Caller::va,           &Caller::va,
    &Caller::op,           &Caller::close_it,     &Caller::context,      &Caller::list,         &Caller::vm,
    &Caller::submit,       &Caller::submit,       &Caller::submit,       &Caller::submit,       &Caller::wait,
    &Caller::syncobj,      &Caller::signal,       &Caller::timeline,     &Caller::wait_objects, &Caller::transfer,
    &Caller::share_object, &Caller::share_buffer, &Caller::export_fence, &Caller::close_shared};

void Caller::run(uint32_t calls) {
    while (calls--) {
        file = &files[r.below(uint32_t(files.size()))];
        (this->*all[r.below(std::size(all))])();
    }
}

// ---- one input ------------------------------------------------------------------------------------------------------

int ioctl_of(int fd, unsigned long request, void* argument) { return drm::node_ioctl(fd, request, argument); }

// A buffer full of packets at a known address: handle 1 of its file. Each piece of 256 bytes is for any ring.
void add_streams(int fd, Random& r) {
    drm_amdgpu_gem_create c{};
    c.in.bo_size = stream_bytes, c.in.domains = AMDGPU_GEM_DOMAIN_GTT;
    if (ioctl_of(fd, DRM_IOCTL_AMDGPU_GEM_CREATE, &c)) std::abort();
    drm_amdgpu_gem_va v{};
    v.handle = c.out.handle, v.operation = AMDGPU_VA_OP_MAP, v.flags = 0xe, v.va_address = streams_at;
    v.map_size = stream_bytes;
    drm_amdgpu_gem_mmap m{};
    m.in.handle = c.out.handle;
    if (ioctl_of(fd, DRM_IOCTL_AMDGPU_GEM_VA, &v) || ioctl_of(fd, DRM_IOCTL_AMDGPU_GEM_MMAP, &m)) std::abort();
    void* const host = mmap(nullptr, stream_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, off_t(m.out.addr_ptr));
    if (host == MAP_FAILED) std::abort();
    auto* const words = static_cast<uint32_t*>(host);
    for (size_t at = 0; at + 64 <= stream_bytes / 4; at += 64) {
        const uint64_t data = gpu_base + page * r.below(gpu_pages) + 4 * r.below(1024);
        const uint32_t low = uint32_t(data), high = uint32_t(data >> 32);
        std::vector<uint32_t> piece;
        switch (r.below(5)) {
            case 0:
                piece = {3u << 30 | 3 << 16 | uint32_t(pm4::Op::WRITE_DATA) << 8,
                         pm4::WRITE_DATA_DST_SEL(pm4::SEL_MEMORY), low, high, r.word()};
                break;
            case 1:
                piece = {3u << 30 | 5 << 16 | uint32_t(pm4::Op::WAIT_REG_MEM) << 8,
                         pm4::WAIT_REG_MEM_FUNCTION(r.below(7)) | pm4::WAIT_REG_MEM_SPACE(1),
                         low,
                         high,
                         r.below(2),
                         ~0u,
                         10};
                break;
            case 2:
                piece = {sdma::header(sdma::Op::WRITE_LINEAR), low, high, 2, r.word(), r.word()};
                break;
            case 3:
                piece = {sdma::header(sdma::Op::COPY_LINEAR), r.below(9000), 0, low, high, low ^ 0x8000, high};
                break;
            case 4:
                piece = {r.word(), r.word()};
        }
        while (piece.size() < 64) piece.push_back(r.one_in(100) ? r.word() : piece[0] >> 30 == 3 ? pm4::filler : 0);
        std::memcpy(words + at, piece.data(), 256);
    }
    munmap(host, stream_bytes);
}

void one(test::Fuzzing& fuzzing, Random& r) {
    const Arena playground(8 * page);
    {
        std::vector<File> files(1 + r.below(3));
        for (File& f : files) {
            f.fd = drm::open_node(r.one_in(3) ? drm::primary_minor : drm::render_minor, O_RDWR | O_CLOEXEC);
            if (f.fd < 0) fuzzing.fail("the device does not open");
            add_streams(f.fd, r);
        }
        std::vector<std::thread> threads;
        const uint32_t calls = 20 + r.below(150);
        for (uint32_t n = 1 + r.below(3); n--;)
            threads.emplace_back(
                [&files, &playground, calls, seed = r.next()] { Caller(Random(seed), files, playground).run(calls); });
        for (std::thread& t : threads) t.join();
        for (File& f : files) {
            for (const int d : f.descriptors) close(d);
            close(f.fd);
        }
        drm::after_close();
    }
    // What only descriptors held goes when the next thing is shared.
    const int last = drm::open_node(drm::render_minor, O_RDWR | O_CLOEXEC);
    drm_syncobj_create c{};
    drm_syncobj_handle h{};
    if (ioctl_of(last, DRM_IOCTL_SYNCOBJ_CREATE, &c)) fuzzing.fail("the device does nothing any more");
    h.handle = c.handle;
    if (ioctl_of(last, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &h)) fuzzing.fail("nothing can be shared any more");
    close(h.fd);
    close(last);
    drm::after_close();
    for (const Heap heap : {Heap::Vram, Heap::Gtt})
        if (const uint64_t used = Board::open().used(heap))
            fuzzing.fail(std::to_string(used) + " bytes of " + (heap == Heap::Vram ? "VRAM" : "GTT") + " are left");
}

}  // namespace

int main(int words, char** word) {
    test::Fuzzing fuzzing(words, word);
    return fuzzing.run([&](Random& random) { one(fuzzing, random); });
}
