// Door 2, first part: when this object is preloaded, the few paths by which programs look for the kernel driver lead to
// files that the software Polaris shows. Opened by path, as hsa_host does, it interposes nothing.
//
// The calls below may come before constructors have run, from inside dlopen, from signal handlers and from forked
// children. So a path that is not shown costs a comparison of its first letters: no lock, no allocation, errno kept.

// These would turn our definitions into others.
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

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
#define CALL(result, name, parameters, handed_on) Next<result parameters> name{#name};
#include "emulator/drm/calls.def"
};
constinit Calls next;

// dlsym takes the loader's lock. If another thread held it at a fork, the child would wait for it without end.
void look_up_all() {
#define CALL(result, name, parameters, handed_on) next.name.get();
#include "emulator/drm/calls.def"
}
[[gnu::constructor]] void watch_forks() { GCN_ASSERT(pthread_atfork(look_up_all, nullptr, nullptr) == 0); }

// The path to hand on: the one given, or where a shown one lies.
class At {
public:
    explicit At(const char* path) : given_(path) {
        if (!is_shown(path)) return;
        const int kept = errno;
        lies_ = where_shown(path);
        errno = kept;
    }
    operator const char*() const { return lies_.empty() ? given_ : lies_.c_str(); }

    // What a resolved path stands for, written over it: never longer, because the fake root's name goes.
    char* name_again(char* resolved) const {
        if (resolved && !lies_.empty()) std::strcpy(resolved, stands_for(resolved, given_).c_str());
        return resolved;
    }

private:
    const char* given_;
    std::string lies_;
};

bool has_mode(int flags) { return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE; }

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
        return next.name.get() handed_on;                                    \
    }
#define REAL(result, name, parameters, handed_on)        \
    DOOR(result, name, parameters) {                     \
        const At at(path);                               \
        return at.name_again(next.name.get() handed_on); \
    }
#include "emulator/drm/calls.def"
