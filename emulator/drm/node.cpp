// Open files of the device nodes.

#include "emulator/drm/node.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <system_error>

#include "emulator/drm/descriptors.hpp"
#include "emulator/drm/file.hpp"
#include "emulator/drm/shared.hpp"
#include "emulator/exec/withdrawn.hpp"
#include "gcn/error.hpp"

namespace gcn::emulator::drm {

int answer(File&, unsigned long request, void* argument);  // ioctl.cpp

namespace {

constexpr uint64_t file_bytes = uint64_t(1) << 60;
constexpr int kept_above = 512;  // where programs do not look: some close low descriptors that they do not know

// Leaked, and not inherited by a child: it has the descriptors, but no device behind them.
struct Nodes {
    std::mutex guard;
    int memory = -1;
    dev_t device = 0;
    ino_t inode = 0;
    uint64_t next = 1;
    std::map<uint64_t, FilePointer> files;
};
Nodes* nodes = new Nodes;
std::mutex& beginning = *new std::mutex;
std::atomic<bool> any_open{false}, inherited{false};

// The number of an open file and its node, in the place of the position: no read or write gets there, as nothing
// beyond the end can be read, and the seal forbids to grow.
uint64_t position_of(uint64_t number, int minor) { return file_bytes + number * 256 + uint64_t(minor); }

// Around our own interposed calls.
bool is_memory(int fd) {
    struct stat s;
    return syscall(SYS_fstat, fd, &s) == 0 && s.st_ino == nodes->inode && s.st_dev == nodes->device;
}

uint64_t tag_of(int fd) {
    const int kept = errno;
    const off_t at = is_memory(fd) ? lseek(fd, 0, SEEK_CUR) : -1;
    errno = kept;
    return at > off_t(file_bytes) ? uint64_t(at) - file_bytes : 0;
}

// Once, with the lock held. 0 or -errno.
int make_memory(Nodes& n) {
    if (n.memory >= 0) return 0;
    rlimit limit;
    constexpr uint64_t largest = RLIM_INFINITY;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != largest) {
        std::fprintf(stderr, "%s\n",
                     text({"open the software Polaris through libdrm",
                           "files may have " + std::to_string(limit.rlim_cur) + " bytes at most, and its memory is one",
                           "ulimit -f unlimited"})
                         .c_str());
        return -EFBIG;
    }
    const int made = memfd_create("gcn-vram", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made < 0) return -errno;
    const int kept = fcntl(made, F_DUPFD_CLOEXEC, kept_above);
    const int memory = kept < 0 ? made : kept;
    if (kept >= 0) syscall(SYS_close, made);
    struct stat s;
    if (ftruncate(memory, off_t(file_bytes)) || fcntl(memory, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) ||
        syscall(SYS_fstat, memory, &s)) {
        const int error = errno;
        syscall(SYS_close, memory);
        return -error;
    }
    n.memory = memory, n.device = s.st_dev, n.inode = s.st_ino;
    return 0;
}

void prepare_fork() {
    beginning.lock();
    nodes->guard.lock();
}
void after_fork() {
    nodes->guard.unlock();
    beginning.unlock();
}
// The parent's are left as they are: what they hold is the parent's.
void forget_parent() {
    inherited = any_open.load();
    after_fork();
}

void watch_forks() {
    static const int watching = pthread_atfork(prepare_fork, after_fork, forget_parent);
    GCN_ASSERT(watching == 0);
}

// Threads run in this library until the process ends, so it must not be unloaded before.
void stay_loaded() {
    Dl_info self;
    if (dladdr(reinterpret_cast<void*>(&forget_parent), &self))
        dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

// A child that opens a node itself begins anew.
void begin_anew() {
    const std::lock_guard lock(beginning);
    if (!inherited) return;
    forget_parents_fences();
    forget_parents_shared();
    Context::forget_parents_clocks();
    File::with_number = nullptr;
    nodes = new Nodes;
    inherited = false;
}

int open_file(int minor, int flags) {
    watch_forks();
    begin_anew();
    Device& device = Device::open();
    WithdrawnGuard::install();
    after_close();
    Nodes& n = *nodes;
    const std::lock_guard lock(n.guard);
    if (const int error = make_memory(n)) return error;
    if (!any_open.load()) stay_loaded();
    char path[40];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", n.memory);
    const int fd = int(syscall(SYS_openat, AT_FDCWD, path, O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)), 0));
    if (fd < 0) return -errno;
    const uint64_t number = n.next++;
    if (lseek(fd, off_t(position_of(number, minor)), SEEK_SET) < 0) {
        const int error = errno;
        syscall(SYS_close, fd);
        return -error;
    }
    n.files.emplace(number, std::make_shared<File>(device, minor));
    any_open = true;
    return fd;
}

FilePointer file_of(int fd) {
    const uint64_t tag = tag_of(fd);
    const std::lock_guard lock(nodes->guard);
    const auto found = nodes->files.find(tag / 256);
    return found == nodes->files.end() ? nullptr : found->second;
}

std::set<uint64_t> open_numbers() {
    std::set<uint64_t> numbers;
    for_each_descriptor([&](int fd) { numbers.insert(tag_of(fd) / 256); });
    return numbers;
}

}  // namespace

void for_each_descriptor(const std::function<void(int)>& what) {
    const int kept = errno;
    if (DIR* all = ::opendir("/proc/self/fd")) {
        while (const dirent* entry = ::readdir(all))
            if (entry->d_name[0] != '.' && std::atoi(entry->d_name) != dirfd(all)) what(std::atoi(entry->d_name));
        ::closedir(all);
    }
    errno = kept;
}

int memory_file() { return nodes->memory; }

int open_node(int minor, int flags) {
    int result;
    try {
        result = open_file(minor, flags);
    } catch (const gcn::Error& e) {
        std::fprintf(stderr, "%s\n", e.what());
        result = -ENODEV;
    } catch (const std::bad_alloc&) {
        result = -ENOMEM;
    } catch (const std::system_error&) {  // no more threads
        result = -ENOMEM;
    }
    if (result >= 0) return result;
    errno = -result;
    return -1;
}

int minor_of(int fd) {
    if (!any_open.load(std::memory_order_relaxed)) return -1;
    const uint64_t tag = tag_of(fd);
    return tag ? int(tag % 256) : -1;
}

int node_ioctl(int fd, unsigned long request, void* argument) {
    int result = -ENODEV;  // a child has its parent's descriptors, not its device
    if (!inherited)
        if (const FilePointer file = file_of(fd)) result = answer(*file, request, argument);
    if (result >= 0) return result;
    errno = -result;
    return -1;
}

// Descriptors made while this looks are seen by the second look, unless they were made from one that went meanwhile.
void after_close() {
    if (!any_open.load() || inherited) return;
    std::vector<FilePointer> gone;  // their ends may wait: without the lock
    {
        const std::lock_guard lock(nodes->guard);
        if (nodes->files.empty()) return;
        std::set<uint64_t> open = open_numbers();
        open.merge(open_numbers());
        std::erase_if(nodes->files, [&](auto& entry) {
            if (open.count(entry.first)) return false;
            gone.push_back(std::move(entry.second));
            return true;
        });
    }
}

}  // namespace gcn::emulator::drm
