// What processes share of one card: memory in use, whether it is busy; and what is left of those that were killed.

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "emulator/cp/board.hpp"
#include "emulator/cp/device.hpp"
#include "tests/command.hpp"

using namespace gcn::emulator;
using gcn::test::Folder;

namespace {

constexpr uint64_t gib = uint64_t(1) << 30, card = 8 * gib;

// A child process that does something to a board, says so, and lives until it is killed.
class Child {
public:
    explicit Child(const std::function<void()>& does) {
        int done[2], over[2];
        REQUIRE(pipe2(done, O_CLOEXEC) == 0);
        REQUIRE(pipe2(over, O_CLOEXEC) == 0);
        pid_ = fork();
        REQUIRE(pid_ >= 0);
        char c = 0;
        if (pid_ == 0) {
            close(over[1]);
            does();
            (void)!write(done[1], &c, 1);
            (void)!read(over[0], &c, 1);
            _exit(0);
        }
        close(done[1]), close(over[0]);
        over_ = over[1];
        CHECK(read(done[0], &c, 1) == 1);
        close(done[0]);
    }
    ~Child() {
        if (pid_ > 0) end();
    }
    Child(const Child&) = delete;

    void end() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        close(over_);
        pid_ = -1;
    }

private:
    pid_t pid_;
    int over_;
};

void is_refused(const std::string& file) {
    INFO(file);
    const bool text = std::filesystem::is_regular_file(file);
    const std::string before = text ? gcn::test::contents(file) : "";
    Board board(file);
    CHECK_FALSE(board.shared());
    CHECK(board.take(Heap::Vram, gib, card));
    CHECK(board.used(Heap::Vram) == gib);
    if (text) CHECK(gcn::test::contents(file) == before);
}

}  // namespace

TEST_CASE("a board of one process counts up to the limit") {
    Board board("");
    CHECK_FALSE(board.shared());
    CHECK(board.take(Heap::Vram, 5 * gib, card));
    CHECK_FALSE(board.take(Heap::Vram, 4 * gib, card));
    CHECK_FALSE(board.take(Heap::Vram, UINT64_MAX, card));
    CHECK(board.take(Heap::Vram, 3 * gib, card));
    CHECK(board.take(Heap::Gtt, 0, 0));
    CHECK(board.used(Heap::Vram) == card);
    CHECK(board.used(Heap::Gtt) == 0);
    board.give(Heap::Vram, 6 * gib);
    CHECK(board.used(Heap::Vram) == 2 * gib);
    board.give(Heap::Vram, UINT64_MAX);
    CHECK(board.used(Heap::Vram) == 0);
}

TEST_CASE("processes share the memory of one card, and a killed one's share comes back") {
    const Folder folder;
    const std::string file = folder / "board";
    Board board(file);
    REQUIRE(board.shared());
    CHECK(board.take(Heap::Vram, gib, card));
    CHECK_FALSE(board.busy());
    Child other([&] {
        Board& its = *new Board(file);
        its.work_begins();
        const bool right = its.shared() && its.used(Heap::Vram) == gib && its.take(Heap::Vram, 5 * gib, card) &&
                           !its.take(Heap::Vram, 3 * gib, card) && its.take(Heap::Gtt, 7, card);
        if (!right) _exit(1);
    });
    CHECK(board.used(Heap::Vram) == 6 * gib);
    CHECK(board.used(Heap::Gtt) == 7);
    CHECK_FALSE(board.take(Heap::Vram, 3 * gib, card));
    CHECK(board.busy());
    other.end();
    CHECK(board.used(Heap::Vram) == gib);
    CHECK(board.used(Heap::Gtt) == 0);
    CHECK_FALSE(board.busy());
    CHECK(board.take(Heap::Vram, 7 * gib, card));
}

TEST_CASE("a process that closes every descriptor keeps its share") {
    const Folder folder;
    Board board(folder / "board");
    Child other([&] {
        Board& its = *new Board(folder / "board");
        if (!its.take(Heap::Vram, gib, card)) _exit(1);
        for (int fd = 3; fd < 64; fd++)
            if (struct stat s; fstat(fd, &s) == 0 && !S_ISFIFO(s.st_mode)) close(fd);
    });
    CHECK(board.used(Heap::Vram) == gib);
    other.end();
    CHECK(board.used(Heap::Vram) == 0);
}

TEST_CASE("a forked child has a share of its own, and keeps nothing of its dead parent's") {
    const Folder folder;
    const std::string file = folder / "board";
    setenv("GCN_EMU_BOARD", file.c_str(), 1);
    Board board(file);
    int grandchild[2];
    REQUIRE(pipe2(grandchild, O_CLOEXEC) == 0);
    {
        Child parent([&] {
            if (!Board::open().take(Heap::Vram, 2 * gib, card)) _exit(1);
            const pid_t pid = fork();
            if (pid == 0) {
                Board::open().give(Heap::Vram, 2 * gib);  // what is not its own
                if (Board::open().used(Heap::Vram) != 2 * gib || !Board::open().take(Heap::Vram, gib, card)) _exit(1);
                for (;;) pause();
            }
            if (pid != 0 && write(grandchild[1], &pid, sizeof pid) != sizeof pid) _exit(1);
            if (pid != 0)
                while (Board::open().used(Heap::Vram) != 3 * gib) usleep(100);
        });
        CHECK(board.used(Heap::Vram) == 3 * gib);
    }
    CHECK(board.used(Heap::Vram) == gib);
    pid_t pid;
    REQUIRE(read(grandchild[0], &pid, sizeof pid) == sizeof pid);
    kill(pid, SIGKILL);
    while (board.used(Heap::Vram) != 0) usleep(100);
    close(grandchild[0]), close(grandchild[1]);
    unsetenv("GCN_EMU_BOARD");
}

TEST_CASE("processes that take memory at the same time never take more than there is, nor less") {
    const Folder folder;
    const std::string file = folder / "board";
    Board board(file);
    {
        std::vector<std::unique_ptr<Child>> all;
        for (int i = 0; i < 4; i++)
            all.push_back(std::make_unique<Child>([&] {
                Board& its = *new Board(file);
                for (int n = 0; n < 1000; n++)
                    if (its.take(Heap::Vram, gib, card) && n % 2) its.give(Heap::Vram, gib);
                while (its.take(Heap::Vram, gib, card)) {
                }
            }));
        CHECK(board.used(Heap::Vram) == card);
    }
    CHECK(board.used(Heap::Vram) == 0);
}

TEST_CASE("there is room again after more processes than there are places") {
    const Folder folder;
    for (int i = 0; i < 300; i++) {
        Board board(folder / "board");
        REQUIRE(board.shared());
        REQUIRE(board.take(Heap::Vram, card, card));
    }
}

TEST_CASE("a file that is no board is refused and left as it is") {
    const Folder folder;
    { Board(folder / "board"); }
    const size_t size = gcn::test::contents(folder / "board").size();
    is_refused(gcn::test::write(folder / "short", "text"));
    is_refused(gcn::test::write(folder / "text", std::string(size, 'x')));
    is_refused(folder / "no folder/board");
    is_refused(folder.path);
    is_refused("/dev/null");
    REQUIRE(symlink((folder / "board").c_str(), (folder / "link").c_str()) == 0);
    is_refused(folder / "link");
}

TEST_CASE("whatever is written into a board harms nobody") {
    const Folder folder;
    const std::string file = folder / "board";
    Board board(file), other(file);
    REQUIRE(board.take(Heap::Vram, gib, card));
    std::string bytes = gcn::test::contents(file);
    for (size_t i = 8; i < bytes.size(); i++) bytes[i] = char(i * 251 + i / 64);
    const int fd = open(file.c_str(), O_WRONLY);
    REQUIRE(pwrite(fd, bytes.data(), bytes.size(), 0) == ssize_t(bytes.size()));
    close(fd);
    other.work_begins();
    other.work_ends();
    board.busy();
    CHECK(board.busy_percent() <= 100);
    CHECK_FALSE(board.take(Heap::Vram, gib, card));
    board.give(Heap::Vram, gib);
    other.give(Heap::Vram, 0);
    CHECK(board.used(Heap::Vram) == 0);
    Board fresh(file);
    CHECK(fresh.shared());
    CHECK(fresh.take(Heap::Vram, card, card));
}

TEST_CASE("a board that cannot be used is said once, and work goes on without it") {
    const Folder folder;
    const auto ran = gcn::test::run("for i in 1 2; do GCN_EMU_BOARD='" + (folder / "none/board") +
                                    "' GCN_BACKEND=hsa-software " BUILD "/gcn check-kernels --count 1; done");
    INFO(ran.err);
    const std::string sentence =
        "gcn: cannot share the software Polaris between processes: " + (folder / "none/board") +
        ": No such file or directory. Try: unset GCN_EMU_BOARD.\n";
    CHECK(ran.status == 0);
    size_t said = 0;
    for (size_t at = 0; (at = ran.err.find(sentence, at)) != ran.err.npos; at++) said++;
    CHECK(said == 2);
}

TEST_CASE("gcn emu names a board for its command, keeps one that is given, and removes those that nobody uses") {
    const Folder folder;
    const std::string temporary =
                          "unset XDG_RUNTIME_DIR GCN_EMU_BOARD; export ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD='" +
                          gcn::test::sanitizer() + "' TMPDIR='" + folder.path.string() + "'; ",
                      name = "gcn-emu-board-" + std::to_string(geteuid()) + "-", unused = folder / (name + "4194305-0"),
                      used = folder / (name + "4194306-0"), recent = folder / (name + std::to_string(getpid()) + "-0");
    for (const std::string& file : {unused, used, recent}) Board{file};
    const Board board(used);
    REQUIRE(board.shared());
    const auto ran = gcn::test::run(temporary + BUILD "/gcn emu printenv GCN_EMU_BOARD");
    CHECK(ran.status == 0);
    CHECK(ran.out.starts_with(folder / name));
    CHECK_FALSE(std::filesystem::exists(unused));
    CHECK(std::filesystem::exists(used));
    CHECK(std::filesystem::exists(recent));
    CHECK(folder.files() == 2);  // whoever asks for nothing makes nothing
    const auto given = gcn::test::run(temporary + "GCN_EMU_BOARD=/given " BUILD "/gcn emu printenv GCN_EMU_BOARD");
    CHECK(given.out == "/given\n");
}

TEST_CASE("the last second's work counts, also while it is under way") {
    Board board("");
    CHECK(board.busy_percent() == 0);
    const uint64_t start = Device::nanoseconds();
    board.work_begins();
    board.work_begins();
    board.work_ends();
    CHECK(board.busy());
    while (Device::nanoseconds() < start + 500'000'000) usleep(1000);
    const int half = board.busy_percent();
    const uint64_t passed = Device::nanoseconds() - start;
    CHECK(half >= 37);  // a stretch of 1/16 s at either end is not yet seen
    CHECK(half <= int(std::min<uint64_t>(passed / 10'000'000, 100)));
    board.work_ends();
    CHECK_FALSE(board.busy());
    CHECK(board.busy_percent() >= half);
    while (board.busy_percent() != 0) usleep(1000);
    CHECK(Device::nanoseconds() >= start + 1'000'000'000);
}
