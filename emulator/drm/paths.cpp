// Door 2, first part: when this object is preloaded, the few paths by which programs look for the kernel driver lead to
// files that the software Polaris shows, and its device nodes to descriptors of emulator/drm/node.hpp. Opened by path,
// as hsa_host does, it interposes nothing.
//
// The calls below may come before constructors have run, from inside dlopen, from signal handlers and from forked
// children. So a path that is not shown costs a comparison of its first letters, and a descriptor nothing in a process
// that never opened a node: no lock, no allocation, errno kept.

// These would turn our definitions into others.
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "emulator/drm/node.hpp"
#include "emulator/drm/shown.hpp"
#include "gcn/error.hpp"

namespace gcn::emulator::drm {

namespace {

using Keep = int(const dirent*);
using Keep64 = int(const dirent64*);
using Order = int(const dirent**, const dirent**);
using Order64 = int(const dirent64**, const dirent64**);

// The definition behind ours, looked up when first called. Threads that look at the same time find the same.
template <class Function> class Next {
public:
    constexpr explicit Next(const char* name) : name_(name) {}

    Function* get() {
        Function* f = found_.load(std::memory_order_relaxed);
        return f ? f : look_up();
    }

private:
    Function* look_up() {
        const int kept = errno;
        auto* f = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name_));
        GCN_ASSERT(f);
        found_.store(f, std::memory_order_relaxed);
        errno = kept;
        return f;
    }

    const char* name_;
    std::atomic<Function*> found_{nullptr};
};

struct Calls {
#define ALIKE(result, name, parameters, handed_on) Next<result parameters> name{#name};
#include "emulator/drm/calls.def"
};
constinit Calls next;

// dlsym takes the loader's lock. If another thread held it at a fork, the child would wait for it without end.
void look_up_all() {
#define ALIKE(result, name, parameters, handed_on) next.name.get();
#include "emulator/drm/calls.def"
}
[[gnu::constructor]] void watch_forks() { GCN_ASSERT(pthread_atfork(look_up_all, nullptr, nullptr) == 0); }

// What our own work on the way does to errno, undone.
class KeptErrno {
public:
    ~KeptErrno() { errno = kept_; }

private:
    const int kept_ = errno;
};

template <class Stat> void describe_node(Stat& s, int minor) {
    s.st_mode = S_IFCHR | 0666;
    s.st_rdev = makedev(drm_major, unsigned(minor));
    s.st_size = s.st_blocks = 0;
}
void describe_node(struct statx& s, int minor) {
    s.stx_mode = S_IFCHR | 0666;
    s.stx_rdev_major = drm_major;
    s.stx_rdev_minor = unsigned(minor);
    s.stx_size = s.stx_blocks = 0;
}

template <class Stat> int found_behind(const Stat& s) { return node_behind(s.st_dev, s.st_ino); }
int found_behind(const struct statx& s) {
    return s.stx_mask & STATX_INO ? node_behind(makedev(s.stx_dev_major, s.stx_dev_minor), s.stx_ino) : -1;
}

// A descriptor was described.
template <class Stat> int described(int result, int fd, Stat* s) {
    const KeptErrno kept;
    if (const int minor = result == 0 ? minor_of(fd) : -1; minor >= 0) describe_node(*s, minor);
    return result;
}

// The path to hand on: the one given, or where a shown one lies.
class At {
public:
    explicit At(const char* path) : given_(path) {
        if (!is_shown(path)) return;
        const KeptErrno kept;
        lies_ = where_shown(path);
    }
    operator const char*() const { return lies_.empty() ? given_ : lies_.c_str(); }

    // What a resolved path stands for, written over it: never longer, because the fake root's name goes.
    char* name_again(char* resolved) const {
        if (resolved && !lies_.empty()) std::strcpy(resolved, stands_for(resolved, given_).c_str());
        return resolved;
    }

    bool refuses(bool write, bool make) const {
        if (!write || lies_.empty()) return false;
        const KeptErrno kept;
        return is_read_only(given_, make);
    }

    // A path was described. Device nodes are ordinary files in the fake root.
    template <class Stat> int described(int result, Stat* s) const {
        if (result != 0 || !may_stand_for(given_)) return result;
        const KeptErrno kept;
        if (const int minor = found_behind(*s); minor >= 0) describe_node(*s, minor);
        return result;
    }
    // It, or with no path the descriptor that the path would have been relative to.
    template <class Stat> int described(int result, int fd, Stat* s) const {
        return given_ && *given_ ? described(result, s) : drm::described(result, fd, s);
    }

    // `fd` was opened; from now on it is what its file stands for. False and errno when it cannot be.
    bool replace(int fd, int flags) const;

    int opened(int fd, int flags) const;
    FILE* opened(FILE* stream, const char* mode) const;

private:
    const char* given_;
    std::string lies_;
};

bool At::replace(int fd, int flags) const {
    if (!may_stand_for(given_)) return true;
    const int kept = errno, other = opened_for(fd, given_, flags);
    if (other < 0) return false;
    if (other != fd) {
        dup3(other, fd, fcntl(fd, F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0);
        next.close.get()(other);
    }
    errno = kept;
    return true;
}

int At::opened(int fd, int flags) const {
    if (fd < 0 || replace(fd, flags)) return fd;
    const KeptErrno why;
    next.close.get()(fd);
    return -1;
}

FILE* At::opened(FILE* stream, const char* mode) const {
    if (!stream || replace(fileno(stream), std::strchr(mode, '+') ? O_RDWR : O_RDONLY)) return stream;
    const KeptErrno why;
    fclose(stream);
    return nullptr;
}

bool has_mode(int flags) { return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE; }
bool writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC); }
bool makes(int flags) { return flags & O_CREAT; }
bool writes(const char* mode) { return mode && (mode[0] != 'r' || std::strchr(mode, '+')); }
bool makes(const char* mode) { return mode && mode[0] != 'r'; }

// Descriptors go in several ways; of those that were a node's the last one takes the open file with it.
class Closing {
public:
    explicit Closing(int fd) : node_(minor_of(fd) >= 0) {}
    explicit Closing(FILE* stream) : Closing(number_of(stream)) {}
    Closing() : node_(true) {}  // some of many
    ~Closing() {
        if (!node_) return;
        const KeptErrno kept;
        after_close();
    }

private:
    static int number_of(FILE* stream) {
        const KeptErrno kept;
        return fileno(stream);
    }

    const bool node_;
};

// A user who is not root gets no more from a card's files.
template <class Result> Result refused(Result result) {
    errno = EACCES;
    return result;
}

}  // namespace

}  // namespace gcn::emulator::drm

using namespace gcn::emulator::drm;

#define DOOR(result, name, parameters) extern "C" [[gnu::visibility("default")]] result name parameters
#define CALL(result, name, parameters, handed_on) \
    DOOR(result, name, parameters) {              \
        const At at(path);                        \
        return next.name.get() handed_on;         \
    }
#define OPEN(result, name, parameters, handed_on)                            \
    DOOR(result, name, parameters) {                                         \
        va_list arguments;                                                   \
        va_start(arguments, flags);                                          \
        const mode_t mode = has_mode(flags) ? va_arg(arguments, mode_t) : 0; \
        va_end(arguments);                                                   \
        const At at(path);                                                   \
        if (at.refuses(writes(flags), makes(flags))) return refused(-1);     \
        return at.opened(next.name.get() handed_on, flags);                  \
    }
#define OPEN2(result, name, parameters, handed_on)                       \
    DOOR(result, name, parameters) {                                     \
        const At at(path);                                               \
        if (at.refuses(writes(flags), makes(flags))) return refused(-1); \
        return at.opened(next.name.get() handed_on, flags);              \
    }
#define STREAM(result, name, parameters, handed_on)                                 \
    DOOR(result, name, parameters) {                                                \
        const At at(path);                                                          \
        if (at.refuses(writes(mode), makes(mode))) return refused<result>(nullptr); \
        return at.opened(next.name.get() handed_on, mode);                          \
    }
#define REAL(result, name, parameters, handed_on)        \
    DOOR(result, name, parameters) {                     \
        const At at(path);                               \
        return at.name_again(next.name.get() handed_on); \
    }
#define STAT(result, name, parameters, handed_on)          \
    DOOR(result, name, parameters) {                       \
        const At at(path);                                 \
        return at.described(next.name.get() handed_on, s); \
    }
#define AT(result, name, parameters, handed_on)               \
    DOOR(result, name, parameters) {                          \
        const At at(path);                                    \
        return at.described(next.name.get() handed_on, d, s); \
    }
#define FSTAT(result, name, parameters, handed_on) \
    DOOR(result, name, parameters) { return described(next.name.get() handed_on, d, s); }
#define DEVICE(...)
#include "emulator/drm/calls.def"

DOOR(int, ioctl, (int d, unsigned long request, ...)) {
    va_list arguments;
    va_start(arguments, request);
    void* const p = va_arg(arguments, void*);
    va_end(arguments);
    if (_IOC_TYPE(request) == 'd' && minor_of(d) >= 0) return node_ioctl(d, request, p);
    return next.ioctl.get()(d, request, p);
}

DOOR(int, close, (int d)) {
    const Closing closing(d);
    return next.close.get()(d);
}
DOOR(int, fclose, (FILE * stream)) {
    const Closing closing(stream);
    return next.fclose.get()(stream);
}
DOOR(int, dup2, (int d, int into)) {
    const Closing closing(into);
    return next.dup2.get()(d, into);
}
DOOR(int, dup3, (int d, int into, int flags)) {
    const Closing closing(into);
    return next.dup3.get()(d, into, flags);
}
DOOR(int, close_range, (unsigned first, unsigned last, int flags)) {
    const Closing closing;
    return next.close_range.get()(first, last, flags);
}
DOOR(void, closefrom, (int first)) {
    const Closing closing;
    next.closefrom.get()(first);
}
