// Under door 2, shown and ordinary paths must both behave as files do: paths FOLDER, with an empty folder to work in.
// Without door 2 the first shown path fails. Stops at the first difference.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NODES "/sys/class/kfd/kfd/topology/nodes"
#define CARD  NODES "/1/properties"

// What fortified programs and programs of older C libraries call.
int __open_2(const char*, int);
int __open64_2(const char*, int);
int __openat_2(int, const char*, int);
int __openat64_2(int, const char*, int);
char* __realpath_chk(const char*, char*, size_t);
ssize_t __readlink_chk(const char*, char*, size_t, size_t);
ssize_t __readlinkat_chk(int, const char*, char*, size_t, size_t);
int __xstat(int, const char*, struct stat*);
int __lxstat(int, const char*, struct stat*);
int __fxstatat(int, int, const char*, struct stat*, int);
int __xstat64(int, const char*, struct stat64*);
int __lxstat64(int, const char*, struct stat64*);
int __fxstatat64(int, int, const char*, struct stat64*, int);

#define REQUIRE(fact)                                                                \
    do {                                                                             \
        if (!(fact)) {                                                               \
            printf("line %d: %s does not hold, errno %d\n", __LINE__, #fact, errno); \
            exit(1);                                                                 \
        }                                                                            \
    } while (0)

// Any call that succeeds must leave errno alone, whatever was done on the way.
#define FINE(call)              \
    do {                        \
        errno = 4711;           \
        REQUIRE(call);          \
        REQUIRE(errno == 4711); \
    } while (0)
#define FAILS(call, code)                   \
    do {                                    \
        errno = 0;                          \
        REQUIRE((call) && errno == (code)); \
    } while (0)

static char* in(const char* folder, const char* name) {
    char* path;
    REQUIRE(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

static int holds(int fd, const char* start) {
    char text[64] = "";
    if (fd < 0) return 0;
    const ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 && strncmp(text, start, strlen(start)) == 0;
}

static int stream_holds(FILE* file, const char* start) {
    if (!file) return 0;
    const int same = holds(dup(fileno(file)), start);
    fclose(file);
    return same;
}

static int entries(DIR* folder) {
    int n = 0;
    if (!folder) return -1;
    for (struct dirent* e; (e = readdir(folder));) n += e->d_name[0] != '.';
    closedir(folder);
    return n;
}

static int visible(const struct dirent* e) { return e->d_name[0] != '.'; }
static int visible64(const struct dirent64* e) { return e->d_name[0] != '.'; }

static int listed(const char* path) {
    struct dirent** list;
    const int n = scandir(path, &list, visible, alphasort);
    for (int i = 0; i < n; i++) free(list[i]);
    if (n >= 0) free(list);
    return n;
}

static int listed64(const char* path) {
    struct dirent64** list;
    const int n = scandir64(path, &list, visible64, alphasort64);
    for (int i = 0; i < n; i++) free(list[i]);
    if (n >= 0) free(list);
    return n;
}

static int resolves(const char* path, const char* to) {
    char out[PATH_MAX];
    char* made = realpath(path, NULL);
    char* other = canonicalize_file_name(path);
    const int same = made && other && strcmp(made, to) == 0 && strcmp(other, to) == 0 && realpath(path, out) == out &&
                     strcmp(out, to) == 0 && __realpath_chk(path, out, sizeof out) == out && strcmp(out, to) == 0;
    free(made);
    free(other);
    return same;
}

// A file that starts with `start` must do so through every call; `mode` is its type.
static void file_behaves(const char* path, const char* start, mode_t mode) {
    struct stat s;
    struct stat64 s64;
    struct statx sx;
    FINE(holds(open(path, O_RDONLY), start));
    FINE(holds(open64(path, O_RDONLY), start));
    FINE(holds(openat(-1, path, O_RDONLY), start));
    FINE(holds(openat64(-1, path, O_RDONLY), start));
    FINE(holds(__open_2(path, O_RDONLY), start));
    FINE(holds(__open64_2(path, O_RDONLY), start));
    FINE(holds(__openat_2(-1, path, O_RDONLY), start));
    FINE(holds(__openat64_2(-1, path, O_RDONLY), start));
    REQUIRE(stream_holds(fopen(path, "r"), start));
    REQUIRE(stream_holds(fopen64(path, "re"), start));
    FINE(access(path, R_OK) == 0);
    FINE(eaccess(path, R_OK) == 0);
    FINE(euidaccess(path, R_OK) == 0);
    FINE(faccessat(-1, path, R_OK, 0) == 0);
    FINE(faccessat(-1, path, R_OK, AT_EACCESS) == 0);
    FINE(stat(path, &s) == 0 && (s.st_mode & S_IFMT) == mode);
    FINE(stat64(path, &s64) == 0 && (s64.st_mode & S_IFMT) == mode);
    FINE(lstat(path, &s) == 0 && (s.st_mode & S_IFMT) == mode);
    FINE(lstat64(path, &s64) == 0 && (s64.st_mode & S_IFMT) == mode);
    FINE(fstatat(-1, path, &s, 0) == 0 && (s.st_mode & S_IFMT) == mode);
    FINE(fstatat64(-1, path, &s64, AT_SYMLINK_NOFOLLOW) == 0 && (s64.st_mode & S_IFMT) == mode);
    FINE(statx(-1, path, 0, STATX_TYPE, &sx) == 0 && (sx.stx_mode & S_IFMT) == mode);
    FINE(__xstat(1, path, &s) == 0 && (s.st_mode & S_IFMT) == mode);
    FINE(__lxstat(1, path, &s) == 0 && (s.st_mode & S_IFMT) == mode);
    FINE(__fxstatat(1, -1, path, &s, 0) == 0 && (s.st_mode & S_IFMT) == mode);
    FINE(__xstat64(1, path, &s64) == 0 && (s64.st_mode & S_IFMT) == mode);
    FINE(__lxstat64(1, path, &s64) == 0 && (s64.st_mode & S_IFMT) == mode);
    FINE(__fxstatat64(1, -1, path, &s64, 0) == 0 && (s64.st_mode & S_IFMT) == mode);
    FAILS(opendir(path) == NULL, ENOTDIR);
    FAILS(chdir(path) == -1, ENOTDIR);
}

static void folder_behaves(const char* path, int count) {
    char back[PATH_MAX];
    struct stat s;
    REQUIRE(entries(opendir(path)) == count);
    REQUIRE(listed(path) == count);
    REQUIRE(listed64(path) == count);
    FINE(stat(path, &s) == 0 && S_ISDIR(s.st_mode));
    FAILS(open(path, O_RDWR) == -1, EISDIR);
    REQUIRE(getcwd(back, sizeof back));
    FINE(chdir(path) == 0);
    REQUIRE(entries(opendir(".")) == count);
    REQUIRE(chdir(back) == 0);
}

static void missing_behaves(const char* path) {
    char out[64];
    struct stat s;
    struct statx sx;
    FAILS(open(path, O_RDONLY) == -1, ENOENT);
    FAILS(openat(AT_FDCWD, path, O_RDONLY) == -1, ENOENT);
    FAILS(fopen(path, "r") == NULL, ENOENT);
    FAILS(opendir(path) == NULL, ENOENT);
    FAILS(access(path, F_OK) == -1, ENOENT);
    FAILS(stat(path, &s) == -1, ENOENT);
    FAILS(statx(AT_FDCWD, path, 0, STATX_TYPE, &sx) == -1, ENOENT);
    FAILS(readlink(path, out, sizeof out) == -1, ENOENT);
    FAILS(realpath(path, NULL) == NULL, ENOENT);
    FAILS(getxattr(path, "user.none", out, sizeof out) == -1, ENOENT);
    FAILS(lgetxattr(path, "user.none", out, sizeof out) == -1, ENOENT);
}

static void links_behave(const char* path, const char* to) {
    char out[PATH_MAX];
    const ssize_t n = (ssize_t)strlen(to);
    FINE(readlink(path, out, sizeof out) == n && memcmp(out, to, n) == 0);
    FINE(readlinkat(-1, path, out, sizeof out) == n && memcmp(out, to, n) == 0);
    FINE(__readlink_chk(path, out, sizeof out, sizeof out) == n && memcmp(out, to, n) == 0);
    FINE(__readlinkat_chk(-1, path, out, sizeof out, sizeof out) == n && memcmp(out, to, n) == 0);
    REQUIRE(resolves(path, to));
}

// The mode of a file is passed on when the call makes one, and only then.
static void modes(const char* folder) {
    char* path = in(folder, "made");
    struct stat s;
    umask(0);
    FINE(close(open(path, O_WRONLY | O_CREAT | O_EXCL, 0640)) == 0);
    REQUIRE(stat(path, &s) == 0 && (s.st_mode & 07777) == 0640);
    FAILS(open(path, O_WRONLY | O_CREAT | O_EXCL, 0640) == -1, EEXIST);
    REQUIRE(unlink(path) == 0);
    FINE(close(openat64(-1, path, O_WRONLY | O_CREAT, 0604)) == 0);
    REQUIRE(stat(path, &s) == 0 && (s.st_mode & 07777) == 0604);
    REQUIRE(unlink(path) == 0);
    free(path);
    const int fd = open(folder, O_TMPFILE | O_RDWR, 0620);
    if (fd >= 0) REQUIRE(fstat(fd, &s) == 0 && (s.st_mode & 07777) == 0620 && close(fd) == 0);
}

// Relative paths and folders opened before lead where they always did.
static void relative(const char* folder) {
    struct stat s;
    char back[PATH_MAX];
    REQUIRE(getcwd(back, sizeof back) && chdir(folder) == 0);
    FINE(mkdir("dev", 0700) == 0);
    FINE(close(open("dev/kfd", O_WRONLY | O_CREAT, 0600)) == 0);
    FINE(lstat("dev/kfd", &s) == 0 && S_ISREG(s.st_mode));
    REQUIRE(unlink("dev/kfd") == 0 && rmdir("dev") == 0 && chdir(back) == 0);

    const int nodes = open(NODES, O_RDONLY | O_DIRECTORY);
    REQUIRE(nodes >= 0);
    FINE(holds(openat(nodes, "1/properties", O_RDONLY), "cpu_cores_count 0\n"));
    FINE(fstatat(nodes, "0/name", &s, 0) == 0 && S_ISREG(s.st_mode));
    REQUIRE(close(nodes) == 0);
}

static void no_allocation(const char* ordinary) {
    struct stat s;
    char out[64];
    const struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < 100; i++) {
        (void)!close(open(ordinary, O_RDONLY));
        (void)!stat(ordinary, &s);
        (void)!lstat("/dev/null", &s);
        (void)!access("/sys/class", R_OK);
        (void)!readlink("/proc/self/exe", out, sizeof out);
    }
    REQUIRE(mallinfo2().uordblks == before.uordblks);
}

static volatile sig_atomic_t handled;
static void on_signal(int number) {
    (void)number;
    handled = holds(open("/dev/null", O_RDONLY), "x") == 0 && access(CARD, R_OK) == 0;
}

static void* look(void* unused) {
    (void)unused;
    for (int i = 0; i < 200; i++) {
        REQUIRE(holds(open(CARD, O_RDONLY), "cpu_cores_count 0\n"));
        REQUIRE(access("/proc/modules", R_OK) == 0);
    }
    return NULL;
}

static void everywhere(void) {
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    REQUIRE(handled);

    pthread_t thread[4];
    for (int i = 0; i < 4; i++) REQUIRE(pthread_create(&thread[i], NULL, look, NULL) == 0);
    for (int i = 0; i < 20; i++) {
        const pid_t child = fork();
        if (child == 0) _exit(!holds(open(CARD, O_RDONLY), "cpu_cores_count 0\n"));
        int status;
        REQUIRE(waitpid(child, &status, 0) == child && status == 0);
    }
    for (int i = 0; i < 4; i++) REQUIRE(pthread_join(thread[i], NULL) == 0);
}

// A line of /proc/modules as lsmod reads it, after those of the machine.
static void modules(void) {
    char line[512], name[256], state[32];
    int found = 0;
    FILE* file = fopen("/proc/modules", "r");
    REQUIRE(file);
    while (fgets(line, sizeof line, file)) {
        REQUIRE(sscanf(line, "%255s %*d %*d %*s %31s", name, state) == 2);
        found += strcmp(name, "amdgpu") == 0 && strcmp(state, "Live") == 0;
    }
    fclose(file);
    REQUIRE(found == 1);
}

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const char* folder = argv[1];
    char real[PATH_MAX];
    REQUIRE(realpath(folder, real));
    char *ordinary = in(real, "text"), *link = in(real, "link"), *missing = in(real, "missing");
    FILE* file = fopen(ordinary, "w");
    REQUIRE(file && fputs("ordinary\n", file) > 0 && fclose(file) == 0);
    REQUIRE(symlink(ordinary, link) == 0);

    no_allocation(ordinary);
    file_behaves(ordinary, "ordinary\n", S_IFREG);
    folder_behaves(real, 2);
    links_behave(link, ordinary);
    missing_behaves(missing);
    missing_behaves("/dev/kfdx");
    missing_behaves("/sys/class/kfd2/kfd");
    missing_behaves("/sys/module/amdgp");
    const char* volatile nothing = NULL;
    FAILS(open(nothing, O_RDONLY) == -1, EFAULT);
    FAILS(access(nothing, F_OK) == -1, EFAULT);
    FAILS(access("", F_OK) == -1, ENOENT);
    modes(real);

    file_behaves(CARD, "cpu_cores_count 0\nsimd_count ", S_IFREG);
    file_behaves("/sys/module/amdgpu/initstate", "live\n", S_IFREG);
    folder_behaves(NODES, 2);
    folder_behaves("/sys/module/amdgpu/holders", 0);
    REQUIRE(resolves(NODES "/1/../0/name", NODES "/0/name"));
    REQUIRE(resolves("/sys/class/kfd", "/sys/class/kfd"));
    missing_behaves(NODES "/7");
    missing_behaves("/sys/class/kfd/kfd/absent");
    relative(real);
    modules();

    struct stat s;
    const int kfd = open("/dev/kfd", O_RDWR | O_CLOEXEC);
    REQUIRE(kfd >= 0 && close(kfd) == 0);
    FINE(lstat("/dev/kfd", &s) == 0 && S_ISCHR(s.st_mode));
    FINE(access("/dev/kfd", R_OK | W_OK) == 0);
    REQUIRE(resolves("/dev/kfd", "/dev/kfd"));
    FAILS(open("/dev/kfd/below", O_RDONLY) == -1, ENOTDIR);

    everywhere();
    REQUIRE(unlink(link) == 0 && unlink(ordinary) == 0);
    free(ordinary), free(link), free(missing);
    printf("all right\n");
    return 0;
}
