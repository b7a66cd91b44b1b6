// Contexts and submissions: Linux 6.1, amdgpu_ctx.c, amdgpu_bo_list.c, amdgpu_cs.c.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>
#include <tuple>

#include "emulator/cp/board.hpp"
#include "emulator/drm/ioctl.hpp"
#include "emulator/drm/shared.hpp"
#include "emulator/drm/user.hpp"

namespace gcn::emulator::drm {

namespace {

constexpr uint32_t most_contexts = 4095;
constexpr uint32_t most_chunks = 1 << 16, most_buffers = 1 << 20;

ContextPointer find_context(File& file, uint32_t id) {
    const std::lock_guard lock(file.guard);
    const ContextPointer* found = file.contexts.find(id);
    return found ? *found : nullptr;
}

int find_buffers(File& file, const std::vector<uint32_t>& handles, std::vector<BufferPointer>& buffers) {
    const std::lock_guard lock(file.guard);
    for (const uint32_t handle : handles) {
        const BufferPointer* found = file.buffers.find(handle);
        if (!found) return -ENOENT;
        buffers.push_back(*found);
    }
    return 0;
}

// Entries may be longer or shorter than ours, as programs and drivers age.
int read_list(const drm_amdgpu_bo_list_in& in, std::vector<uint32_t>& handles) {
    if (in.bo_number > most_buffers) return -ENOMEM;
    std::vector<drm_amdgpu_bo_list_entry> entries(in.bo_number);
    const size_t known = std::min<size_t>(in.bo_info_size, sizeof entries[0]);
    for (size_t i = 0; i < entries.size(); ++i)
        if (!copy_in(&entries[i], in.bo_info_ptr + i * in.bo_info_size, known)) return -EFAULT;
    for (const auto& entry : entries) handles.push_back(entry.bo_handle);
    return 0;
}

// ---- a submission, as its chunks are read --------------------------------------------------------------------------

struct Chunk {
    uint32_t id;
    std::vector<uint32_t> words;
    template <class T> size_t count() const { return words.size() * 4 / sizeof(T); }
    template <class T> T at(size_t i) const {
        T entry;
        std::memcpy(&entry, reinterpret_cast<const std::byte*>(words.data()) + i * sizeof(T), sizeof entry);
        return entry;
    }
};

int read_chunks(const drm_amdgpu_cs_in& in, std::vector<Chunk>& chunks) {
    if (in.num_chunks > most_chunks) return -ENOMEM;
    std::vector<uint64_t> pointers(in.num_chunks);
    if (!copy_in(pointers, in.chunks)) return -EFAULT;
    for (const uint64_t pointer : pointers) {
        drm_amdgpu_cs_chunk c;
        if (!copy_in(&c, pointer, sizeof c)) return -EFAULT;
        if (c.length_dw > 1u << 20) return -ENOMEM;
        Chunk chunk{c.chunk_id, std::vector<uint32_t>(c.length_dw)};
        if (!copy_in(chunk.words, c.chunk_data)) return -EFAULT;
        chunks.push_back(std::move(chunk));
    }
    return 0;
}

struct Target {  // what one ring gets
    uint32_t ip, ring;
    std::vector<Ring::Buffer> buffers;
};
struct Signal {
    SyncobjPointer object;
    uint64_t point;
    bool timeline;
};
struct Submission {
    File& file;
    ContextPointer context;
    std::vector<Target> targets;
    std::vector<BufferPointer> buffers;
    bool has_list = false;
    BufferPointer user_fence;
    uint64_t user_fence_offset = 0;
    Fences waits_for;
    std::vector<Signal> signals;
};

int read_ib(Submission& s, const Chunk& chunk) {
    if (!chunk.count<drm_amdgpu_cs_chunk_ib>()) return -EINVAL;
    const auto ib = chunk.at<drm_amdgpu_cs_chunk_ib>(0);
    if (ib.ip_instance || ib.ring >= rings_of(ib.ip_type)) return -EINVAL;
    auto target = std::find_if(s.targets.begin(), s.targets.end(),
                               [&](const Target& t) { return t.ip == ib.ip_type && t.ring == ib.ring; });
    if (target == s.targets.end()) {
        constexpr size_t most_targets = 4;
        if (s.targets.size() == most_targets) return -EINVAL;
        target = s.targets.insert(target, {ib.ip_type, ib.ring, {}});
    }
    constexpr uint32_t size_field = 0xfffff;
    // Addresses have 48 bits; the two lowest go.
    target->buffers.push_back({ib.va_start & 0xfffffffffffc, ib.ib_bytes / 4 & size_field});
    return 0;
}

int read_fence(Submission& s, const Chunk& chunk) {
    if (!chunk.count<drm_amdgpu_cs_chunk_fence>()) return -EINVAL;
    const auto fence = chunk.at<drm_amdgpu_cs_chunk_fence>(0);
    const std::lock_guard lock(s.file.guard);
    const BufferPointer* buffer = s.file.buffers.find(fence.handle);
    if (!buffer || (*buffer)->bytes != page || fence.offset > page - 8 || (*buffer)->userptr) return -EINVAL;
    s.user_fence = *buffer;
    s.user_fence_offset = fence.offset;
    return 0;
}

int read_handles(Submission& s, const Chunk& chunk) {
    if (!chunk.count<drm_amdgpu_bo_list_in>() || s.has_list) return -EINVAL;
    s.has_list = true;
    std::vector<uint32_t> handles;
    if (const int error = read_list(chunk.at<drm_amdgpu_bo_list_in>(0), handles)) return error;
    return find_buffers(s.file, handles, s.buffers);
}

// Of another submission, in any context of this file.
int fence_of(File& file, uint32_t id, uint32_t ip, uint32_t instance, uint32_t ring, uint64_t number,
             FencePointer& fence) {
    const ContextPointer context = find_context(file, id);
    if (!context || instance) return -EINVAL;
    const std::lock_guard lock(context->guard);
    Entity* entity = context->entity(ip, ring);
    if (!entity || (number != ~uint64_t(0) && number >= entity->next)) return -EINVAL;
    fence = entity->find(number);
    return 0;
}

int read_dependencies(Submission& s, const Chunk& chunk) {
    for (size_t i = 0; i < chunk.count<drm_amdgpu_cs_chunk_dep>(); ++i) {
        const auto d = chunk.at<drm_amdgpu_cs_chunk_dep>(i);
        FencePointer fence;
        if (const int error = fence_of(s.file, d.ctx_id, d.ip_type, d.ip_instance, d.ring, d.handle, fence))
            return error;
        if (fence) s.waits_for.push_back(std::move(fence));
    }
    return 0;
}

int read_syncobj_in(Submission& s, const Chunk& chunk) {
    for (size_t i = 0; i < chunk.count<drm_amdgpu_cs_chunk_sem>(); ++i)
        if (const int error = fences_of(s.file, chunk.at<drm_amdgpu_cs_chunk_sem>(i).handle, 0, false, s.waits_for))
            return error;
    return 0;
}

int read_timeline_wait(Submission& s, const Chunk& chunk) {
    for (size_t i = 0; i < chunk.count<drm_amdgpu_cs_chunk_syncobj>(); ++i) {
        const auto w = chunk.at<drm_amdgpu_cs_chunk_syncobj>(i);
        const bool submit = w.flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT;
        if (const int error = fences_of(s.file, w.handle, w.point, submit, s.waits_for)) return error;
    }
    return 0;
}

int add_signal(Submission& s, uint32_t handle, uint64_t point, bool timeline) {
    const std::lock_guard lock(s.file.guard);
    const SyncobjPointer* object = s.file.syncobjs.find(handle);
    if (!object) return -EINVAL;
    s.signals.push_back({*object, point, timeline && point});
    return 0;
}

// One chunk of these two kinds is all that a submission may have.
int read_syncobj_out(Submission& s, const Chunk& chunk) {
    if (!s.signals.empty()) return -EINVAL;
    for (size_t i = 0; i < chunk.count<drm_amdgpu_cs_chunk_sem>(); ++i)
        if (const int error = add_signal(s, chunk.at<drm_amdgpu_cs_chunk_sem>(i).handle, 0, false)) return error;
    return 0;
}
int read_timeline_signal(Submission& s, const Chunk& chunk) {
    if (!s.signals.empty()) return -EINVAL;
    for (size_t i = 0; i < chunk.count<drm_amdgpu_cs_chunk_syncobj>(); ++i) {
        const auto out = chunk.at<drm_amdgpu_cs_chunk_syncobj>(i);
        if (const int error = add_signal(s, out.handle, out.point, true)) return error;
    }
    return 0;
}

// The driver reads chunks twice: sizes and handles first, then what they depend on.
struct Reader {
    uint32_t id;
    int pass;
    int (*read)(Submission&, const Chunk&);
};
constexpr Reader readers[] = {
    {AMDGPU_CHUNK_ID_IB, 1, read_ib},
    {AMDGPU_CHUNK_ID_FENCE, 1, read_fence},
    {AMDGPU_CHUNK_ID_BO_HANDLES, 1, read_handles},
    {AMDGPU_CHUNK_ID_DEPENDENCIES, 2, read_dependencies},
    {AMDGPU_CHUNK_ID_SCHEDULED_DEPENDENCIES, 2, read_dependencies},
    {AMDGPU_CHUNK_ID_SYNCOBJ_IN, 2, read_syncobj_in},
    {AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_WAIT, 2, read_timeline_wait},
    {AMDGPU_CHUNK_ID_SYNCOBJ_OUT, 2, read_syncobj_out},
    {AMDGPU_CHUNK_ID_SYNCOBJ_TIMELINE_SIGNAL, 2, read_timeline_signal},
};
int read_all(Submission& s, const std::vector<Chunk>& chunks) {
    for (int pass = 1; pass <= 2; ++pass) {
        for (const Chunk& chunk : chunks) {
            const Reader* reader =
                std::find_if(std::begin(readers), std::end(readers), [&](const Reader& r) { return r.id == chunk.id; });
            if (reader == std::end(readers)) return -EINVAL;
            if (reader->pass != pass) continue;
            if (const int error = reader->read(s, chunk)) return error;
        }
        if (s.targets.empty()) return -EINVAL;
    }
    return 0;
}

// Buffers shared with other files wait for what these do with them, unless they say that they need not.
void wait_for_others(Submission& s) {
    const std::lock_guard lock(fence_lock());
    for (const BufferPointer& buffer : s.buffers) {
        if (buffer->flags & AMDGPU_GEM_CREATE_EXPLICIT_SYNC) continue;
        for (const Buffer::Use& use : buffer->uses)
            if (use.owner != &s.file && !use.fence->done()) s.waits_for.push_back(use.fence);
    }
}

// What all rings of a submission share until the last of them has ended.
struct UnderWay {
    Context& context;
    Fences waits_for;
    std::vector<BufferPointer> buffers;
    FencePointer fence;
    BufferPointer user_fence;
    uint64_t user_fence_offset;
    uint64_t number = 0;
    std::atomic<size_t> left;

    UnderWay(const Submission& s, FencePointer fence)
        : context(*s.context),
          waits_for(s.waits_for),
          buffers(s.buffers),
          fence(std::move(fence)),
          user_fence(s.user_fence),
          user_fence_offset(s.user_fence_offset),
          left(s.targets.size()) {}

    void ring_has_ended(const std::string& why) {
        if (!why.empty()) context.guilty = true;
        if (left.fetch_sub(1) > 1) return;
        if (user_fence)
            __atomic_store_n(reinterpret_cast<uint64_t*>(user_fence->host + user_fence_offset), number,
                             __ATOMIC_RELEASE);
        Board::open().work_ends();
        signal(*fence, context.guilty ? -ECANCELED : 0);
    }
};

uint64_t submit(Submission& s) {
    const auto fence = std::make_shared<Fence>();
    auto job = std::make_shared<UnderWay>(s, fence);
    {
        const std::lock_guard lock(s.file.guard);
        s.file.add_under_way(fence);
    }
    {
        const std::lock_guard lock(fence_lock());
        for (const BufferPointer& buffer : s.buffers) buffer->add_use(&s.file, fence);
    }
    Board::open().work_begins();
    std::vector<std::pair<Ring*, Ring::Job>> jobs;
    const std::lock_guard lock(s.context->guard);
    for (Target& target : s.targets) {
        Entity& entity = *s.context->entity(target.ip, target.ring);
        job->number = entity.next;  // of the last one
        entity.add(fence);
        jobs.push_back({entity.ring.get(),
                        {std::move(target.buffers),
                         [job] {
                             return std::all_of(job->waits_for.begin(), job->waits_for.end(),
                                                [](const FencePointer& f) { return f->done(); });
                         },
                         [job](const std::string& why) { job->ring_has_ended(why); }}});
    }
    {
        const std::lock_guard fences(fence_lock());
        for (const Signal& out : s.signals) {
            if (out.timeline)
                out.object->add(out.point, {fence});
            else
                out.object->replace({fence});
        }
        fences_changed();
    }
    const uint64_t number = job->number;
    for (auto& [ring, part] : jobs) ring->submit(std::move(part));
    return number;
}

}  // namespace

// ---- contexts -------------------------------------------------------------------------------------------------------

int ctx(File& file, drm_amdgpu_ctx& c) {
    const auto in = c.in;
    const std::vector<ContextPointer> gone = [&] {
        const std::lock_guard lock(file.guard);
        return file.take_left();
    }();
    if (in.op != AMDGPU_CTX_OP_SET_STABLE_PSTATE && in.flags) return -EINVAL;
    if (in.op == AMDGPU_CTX_OP_ALLOC_CTX) {
        auto made = std::make_shared<Context>(file.device, file);
        const std::lock_guard lock(file.guard);
        const uint32_t id = file.contexts.add(std::move(made), most_contexts);
        if (!id) return -ENOSPC;
        c.out = {};
        c.out.alloc.ctx_id = id;
        return 0;
    }
    const ContextPointer context = find_context(file, in.ctx_id);
    if (!context) return -EINVAL;
    switch (in.op) {
        case AMDGPU_CTX_OP_FREE_CTX: {
            const std::lock_guard lock(file.guard);
            file.contexts.erase(in.ctx_id);
            if (!context->idle()) file.leaving.push_back(context);
            return 0;
        }
        case AMDGPU_CTX_OP_QUERY_STATE: {
            const std::lock_guard lock(context->guard);
            const bool news = context->guilty && !context->reset_told;
            context->reset_told = context->guilty;
            c.out = {};
            c.out.state.reset_status = news ? AMDGPU_CTX_UNKNOWN_RESET : AMDGPU_CTX_NO_RESET;
            return 0;
        }
        case AMDGPU_CTX_OP_QUERY_STATE2:
            c.out = {};
            if (context->guilty) c.out.state.flags = AMDGPU_CTX_QUERY2_FLAGS_RESET | AMDGPU_CTX_QUERY2_FLAGS_GUILTY;
            return 0;
        case AMDGPU_CTX_OP_GET_STABLE_PSTATE:
            c.out = {};
            c.out.pstate.flags = Context::clocks();
            return 0;
        case AMDGPU_CTX_OP_SET_STABLE_PSTATE:
            if (in.flags & ~uint32_t(AMDGPU_CTX_STABLE_PSTATE_FLAGS_MASK) || in.flags > AMDGPU_CTX_STABLE_PSTATE_PEAK)
                return -EINVAL;
            return context->choose_clocks(in.flags);
        default:
            return -EINVAL;
    }
}

int bo_list(File& file, drm_amdgpu_bo_list& b) {
    const auto in = b.in;
    std::vector<uint32_t> handles;
    if (const int error = read_list(in, handles)) return error;
    b.out = {};
    if (in.operation == AMDGPU_BO_LIST_OP_DESTROY) {
        const std::lock_guard lock(file.guard);
        file.lists.erase(in.list_handle);
        return 0;
    }
    if (in.operation != AMDGPU_BO_LIST_OP_CREATE && in.operation != AMDGPU_BO_LIST_OP_UPDATE) return -EINVAL;
    std::vector<BufferPointer> buffers;
    if (const int error = find_buffers(file, handles, buffers)) return error;
    const std::lock_guard lock(file.guard);
    if (in.operation == AMDGPU_BO_LIST_OP_CREATE) {
        b.out.list_handle = file.lists.add(std::move(buffers));
        return 0;
    }
    std::vector<BufferPointer>* list = file.lists.find(in.list_handle);
    if (!list) return -ENOENT;
    *list = std::move(buffers);
    b.out.list_handle = in.list_handle;
    return 0;
}

// ---- submissions ----------------------------------------------------------------------------------------------------

int cs(File& file, drm_amdgpu_cs& c) {
    const auto in = c.in;
    if (!in.num_chunks) return -EINVAL;
    Submission s{file, find_context(file, in.ctx_id), {}, {}, false, {}, 0, {}, {}};
    if (!s.context) return -EINVAL;
    if (s.context->guilty) return -ECANCELED;
    std::vector<Chunk> chunks;
    if (const int error = read_chunks(in, chunks)) return error;
    if (const int error = read_all(s, chunks)) return error;
    if (in.bo_list_handle) {
        if (s.has_list) return -EINVAL;
        const std::lock_guard lock(file.guard);
        const std::vector<BufferPointer>* list = file.lists.find(in.bo_list_handle);
        if (!list) return -ENOENT;
        s.buffers = *list;
    }
    wait_for_others(s);
    c.out.handle = submit(s);
    return 0;
}

int wait_cs(File& file, drm_amdgpu_wait_cs& w) {
    const auto in = w.in;
    w.out = {};
    FencePointer fence;
    if (const int error = fence_of(file, in.ctx_id, in.ip_type, in.ip_instance, in.ring, in.handle, fence))
        return error;
    if (!fence) return 0;
    w.out.status = !wait_until(in.timeout, [&] { return fence->done(); });
    return w.out.status ? 0 : fence->error();
}

int wait_fences(File& file, drm_amdgpu_wait_fences& w) {
    const auto in = w.in;
    w.out = {};
    if (in.fence_count > most_handles) return -ENOMEM;
    std::vector<drm_amdgpu_fence> asked(in.fence_count);
    if (!copy_in(asked, in.fences)) return -EFAULT;
    Fences fences(asked.size());
    for (size_t i = 0; i < asked.size(); ++i) {
        const drm_amdgpu_fence& f = asked[i];
        if (const int error = fence_of(file, f.ctx_id, f.ip_type, f.ip_instance, f.ring, f.seq_no, fences[i]))
            return error;
    }
    if (!in.wait_all && fences.empty()) return -EINVAL;
    const auto done = [](const FencePointer& f) { return !f || f->done(); };
    const bool met = wait_until(in.timeout_ns, [&] {
        return in.wait_all ? std::all_of(fences.begin(), fences.end(), done)
                           : std::any_of(fences.begin(), fences.end(), done);
    });
    w.out.status = met;
    const auto first = std::find_if(fences.begin(), fences.end(), done);
    if (!in.wait_all) {
        w.out.first_signaled = met ? uint32_t(first - fences.begin()) : ~0u;
        return met && *first ? (*first)->error() : 0;
    }
    if (!met) return 0;
    for (const FencePointer& f : fences)
        if (f && f->error()) return f->error();
    return 0;
}

int fence_to_handle(File& file, drm_amdgpu_fence_to_handle& f) {
    FencePointer fence;
    const drm_amdgpu_fence& asked = f.in.fence;
    if (const int error =
            fence_of(file, asked.ctx_id, asked.ip_type, asked.ip_instance, asked.ring, asked.seq_no, fence))
        return error;
    if (!fence) fence = signalled_fence();
    const uint32_t what = f.in.what;
    f.out = {};
    int fd = -1;
    if (what == AMDGPU_FENCE_TO_HANDLE_GET_SYNC_FILE_FD) {
        if (const int error = share(Fences{fence}, fd)) return error;
        f.out.handle = uint32_t(fd);
        return 0;
    }
    auto object = std::make_shared<Syncobj>();
    object->replace({fence});
    if (what == AMDGPU_FENCE_TO_HANDLE_GET_SYNCOBJ_FD) {
        if (const int error = share(object, fd)) return error;
        f.out.handle = uint32_t(fd);
        return 0;
    }
    if (what != AMDGPU_FENCE_TO_HANDLE_GET_SYNCOBJ) return -EINVAL;
    const std::lock_guard lock(file.guard);
    f.out.handle = file.syncobjs.add(std::move(object));
    return 0;
}

// Address spaces have no numbers here: to reserve one is only to have it, and there is one to be had.
int vm(File& file, drm_amdgpu_vm& v) {
    if (v.in.flags) return -EINVAL;
    const File* owner = nullptr;
    switch (v.in.op) {
        case AMDGPU_VM_OP_RESERVE_VMID:
            return File::with_number.compare_exchange_strong(owner, &file) || owner == &file ? 0 : -EINVAL;
        case AMDGPU_VM_OP_UNRESERVE_VMID:
            file.give_number();
            return 0;
        default:
            return -EINVAL;
    }
}

// Priorities change nothing here.
int sched(File&, drm_amdgpu_sched& s) {
    const uint32_t op = s.in.op;
    return op == AMDGPU_SCHED_OP_PROCESS_PRIORITY_OVERRIDE || op == AMDGPU_SCHED_OP_CONTEXT_PRIORITY_OVERRIDE ? 0
                                                                                                              : -EINVAL;
}

}  // namespace gcn::emulator::drm
