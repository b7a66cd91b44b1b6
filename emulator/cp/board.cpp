// The file that processes share: a page of slots, one per process. A slot belongs to whoever holds the lock on its
// byte, an OFD lock, which belongs to the mapped file: no descriptor stays open that the program could close.

#include "emulator/cp/board.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "emulator/cp/device.hpp"
#include "gcn/error.hpp"

namespace gcn::emulator {

namespace {

// Busy time is kept in stretches of 1/16 s, as many as a second has and the one that is under way.
constexpr uint64_t second = 1'000'000'000, stretch = second / 16;
constexpr size_t stretches = 17;

using Count = std::atomic<uint64_t>;
static_assert(Count::is_always_lock_free, "processes share them");

uint64_t add(uint64_t a, uint64_t b) { return a + std::min(b, UINT64_MAX - a); }

constexpr const char* share = "share the software Polaris between processes";

void say_once(const std::string& why) {
    static std::atomic_flag said;
    const std::string sentence = text({share, why, "unset GCN_EMU_BOARD"});
    if (!said.test_and_set()) std::fprintf(stderr, "%s\n", sentence.c_str());
}

}  // namespace

// ---- what is in the file --------------------------------------------------------------------------------------------

// All zero when nothing is taken and nothing runs.
struct alignas(64) Board::Slot {
    Count claimed;     // not 0: some process holds it or held it
    Count used[2];     // bytes, by Heap
    Count running;     // pieces of work under way
    Count busy_since;  // ns; while any is
    struct Stretch {
        Count number, busy;  // which one since boot, and ns of work in it
    } recent[stretches];

    void clear() {
        for (Count* c : {&claimed, &used[0], &used[1], &running, &busy_since}) c->store(0);
        for (Stretch& s : recent) s.number.store(0), s.busy.store(0);
    }

    void add_busy(uint64_t from, uint64_t to) {
        if (to > from + second) from = to - second;
        while (from < to) {
            const uint64_t number = from / stretch, end = std::min(to, (number + 1) * stretch);
            Stretch& s = recent[number % stretches];
            if (s.number.load() != number) s.busy.store(0), s.number.store(number);
            s.busy.fetch_add(end - from);
            from = end;
        }
    }

    // Of the whole stretches behind `now`, and of the work under way.
    uint64_t busy_before(uint64_t now) const {
        const uint64_t last = now / stretch, first = last - std::min<uint64_t>(last, stretches - 1);
        uint64_t sum = 0;
        for (const Stretch& s : recent) {
            const uint64_t number = s.number.load();
            if (number >= first && number < last) sum = add(sum, std::min(s.busy.load(), stretch));
        }
        const uint64_t from = std::max(busy_since.load(), first * stretch), to = last * stretch;
        if (running.load() && from < to) sum = add(sum, to - from);
        return std::min(sum, second);
    }
};

struct Board::Page {
    static constexpr uint64_t expected_magic = 0x3230'6472'616f'626e;  // "nboard02"
    Count magic;
    std::array<Slot, 255> slots;
    std::array<Count, word_count> words;
};

// Byte n of the file is slot n's lock; the one behind them is held while memory is taken.
class Board::File {
public:
    static constexpr off_t ledger = std::tuple_size_v<decltype(Page::slots)>;

    explicit File(const std::string& name, int flags = 0)
        : fd_(::open(name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0600)), error_(errno) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;

    // Why it cannot be used; empty when it can.
    std::string objection() const {
        struct stat s;
        if (fd_ < 0) return std::strerror(error_);
        if (::fstat(fd_, &s)) return std::strerror(errno);
        if (!S_ISREG(s.st_mode)) return "it is not a file";
        if (s.st_uid != geteuid()) return "it belongs to user " + std::to_string(s.st_uid);
        if (s.st_size == sizeof(Page)) return "";
        if (s.st_size != 0) return "it is another kind of file";
        const int error = ::posix_fallocate(fd_, 0, sizeof(Page));  // a hole could not be filled when the disk is full
        return error ? std::strerror(error) : "";
    }

    // Null and errno when there is no room. A child of fork() does not get it, nor the locks that belong to it.
    Page* map() const {
        void* p = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
        if (p == MAP_FAILED) return nullptr;
        ::madvise(p, sizeof(Page), MADV_DONTFORK);
        return static_cast<Page*>(p);
    }

    // By somebody else than this object, which may be the same process.
    bool is_locked(off_t byte) const {
        struct flock l = range(byte, F_WRLCK);
        return fd_ < 0 || ::fcntl(fd_, F_OFD_GETLK, &l) != 0 || l.l_type != F_UNLCK;
    }
    bool lock(off_t byte) const {
        struct flock l = range(byte, F_WRLCK);
        return ::fcntl(fd_, F_OFD_SETLK, &l) == 0;
    }

    // One process at a time. Unlocked by name: a child forked meanwhile may keep the descriptor.
    void lock_ledger() const {
        struct flock l = range(ledger, F_WRLCK);
        while (::fcntl(fd_, F_OFD_SETLKW, &l) != 0 && errno == EINTR) {
        }
    }
    void unlock_ledger() const {
        struct flock l = range(ledger, F_UNLCK);
        ::fcntl(fd_, F_OFD_SETLK, &l);
    }

    bool is_removed() const {
        struct stat s;
        return ::fstat(fd_, &s) == 0 && s.st_nlink == 0;
    }

private:
    static struct flock range(off_t byte, short type) {
        struct flock l {};
        l.l_type = type;
        l.l_whence = SEEK_SET;
        l.l_start = byte;
        l.l_len = 1;
        return l;
    }

    int fd_, error_;
};

// ---- attaching ------------------------------------------------------------------------------------------------------

Board::Board(const std::string& file) {
    if (!file.empty()) attach(file);
    if (mine_) return;
    private_ = std::make_unique<Page>();
    page_ = private_.get();
    mine_ = page_->slots.data();
}

Board::~Board() {
    if (shared_) ::munmap(page_, sizeof(Page));
}

void Board::attach(const std::string& name) {
    const File file(name, O_CREAT);
    if (const std::string why = file.objection(); !why.empty()) return say_once(name + ": " + why);
    Page* const page = file.map();
    if (!page) return say_once(name + ": " + std::strerror(errno));
    uint64_t none = 0;
    const bool ours = page->magic.compare_exchange_strong(none, Page::expected_magic) || none == Page::expected_magic;
    file.lock_ledger();
    for (size_t i = 0; ours && !mine_ && i < page->slots.size(); i++)
        if (file.lock(off_t(i))) mine_ = &page->slots[i];
    if (mine_) mine_->clear(), mine_->claimed.store(1);
    file.unlock_ledger();
    if (mine_) {
        shared_ = true;
        file_ = name;
        page_ = page;
        return;
    }
    ::munmap(page, sizeof(Page));
    if (ours && file.is_removed()) return attach(name);  // gcn emu has just taken it for an old one
    say_once(name + ": " + (ours ? "too many processes use it" : "it is another kind of file"));
}

Board& Board::open() {
    // Leaked and forgotten in children, as the device: emulator/cp/device.hpp. The lock is held across fork().
    static std::atomic<Board*> current{nullptr};
    static std::mutex& creation = *new std::mutex;
    static const int watching = pthread_atfork([] { creation.lock(); }, [] { creation.unlock(); },
                                               [] {
                                                   current.store(nullptr);
                                                   creation.unlock();
                                               });
    GCN_ASSERT(watching == 0);
    if (Board* board = current.load(std::memory_order_acquire)) return *board;
    const std::lock_guard lock(creation);
    if (!current.load()) {
        const char* file = std::getenv("GCN_EMU_BOARD");
        current.store(new Board(file ? file : ""), std::memory_order_release);
    }
    return *current.load();
}

// ---- using it -------------------------------------------------------------------------------------------------------

// The file is opened again only to ask who holds the slots of others. Where it is gone, they count as before.
template <class Each> void Board::for_living(const Each& each) const {
    each(*mine_);
    if (!shared_) return;
    std::optional<File> file;
    for (Slot& slot : page_->slots) {
        if (&slot == mine_ || !slot.claimed.load()) continue;
        if (!file) file.emplace(file_);
        if (file->is_locked(&slot - page_->slots.data())) each(slot);
    }
}

uint64_t Board::used(Heap heap) const {
    uint64_t sum = 0;
    for_living([&](const Slot& s) { sum = add(sum, s.used[int(heap)].load()); });
    return sum;
}

bool Board::take(Heap heap, uint64_t bytes, uint64_t limit) {
    const std::lock_guard lock(guard_);
    std::optional<File> file;
    if (shared_) file.emplace(file_).lock_ledger();
    const uint64_t before = used(heap);
    const bool enough = before <= limit && bytes <= limit - before;
    if (enough) mine_->used[int(heap)].store(used_[int(heap)] += bytes);
    if (file) file->unlock_ledger();
    return enough;
}

// A forked child may give what only its parent took.
void Board::give(Heap heap, uint64_t bytes) {
    const std::lock_guard lock(guard_);
    uint64_t& used = used_[int(heap)];
    mine_->used[int(heap)].store(used -= std::min(bytes, used));
}

void Board::work_begins() {
    const std::lock_guard lock(guard_);
    if (running_++ == 0) mine_->busy_since.store(busy_since_ = Device::nanoseconds());
    mine_->running.store(running_);
}

void Board::work_ends() {
    const std::lock_guard lock(guard_);
    GCN_ASSERT(running_ > 0);
    if (--running_ == 0) mine_->add_busy(busy_since_, Device::nanoseconds());
    mine_->running.store(running_);
}

std::span<std::atomic<uint64_t>> Board::words() { return page_->words; }

Board::Turn::~Turn() = default;

Board::Turn Board::take_turn() {
    Turn turn;
    turn.here = std::unique_lock(guard_);
    if (!shared_) return turn;
    auto file = std::make_unique<File>(file_);
    file->lock_ledger();
    turn.elsewhere = std::shared_ptr<File>(file.release(), [](File* held) {
        held->unlock_ledger();
        delete held;
    });
    return turn;
}

bool Board::busy() const {
    bool any = false;
    for_living([&](const Slot& s) { any |= s.running.load() != 0; });
    return any;
}

int Board::busy_percent() const {
    const uint64_t now = Device::nanoseconds();
    uint64_t sum = 0;
    for_living([&](const Slot& s) { sum = add(sum, s.busy_before(now)); });
    return int(std::min(sum, second) * 100 / second);
}

}  // namespace gcn::emulator
