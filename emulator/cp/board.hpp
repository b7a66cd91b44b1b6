#pragma once
// What every process under one `gcn emu` sees of the one card: memory in use, whether it is busy. It lies in a file
// that they all map (GCN_EMU_BOARD, set by gcn emu); without the variable each process has its own.
//
// Each process adds to a slot of its own, which it holds by a lock that the system takes away when it dies, however it
// dies: a dead process's share is no longer counted.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>

namespace gcn::emulator {

enum class Heap { Vram, Gtt };

class Board {
public:
    // Attaches when first called, in this process; a forked child attaches anew.
    static Board& open();

    // For tests: a board of its own on this file; "" for a private one.
    explicit Board(const std::string& file);
    ~Board();
    Board(const Board&) = delete;

    // Memory of this process. False when the card has not that much left (`limit`, of all processes together).
    bool take(Heap, uint64_t bytes, uint64_t limit);
    void give(Heap, uint64_t bytes);
    uint64_t used(Heap) const;  // of all processes that live

    // Work of this process begins and ends, on any queue of either door.
    void work_begins();
    void work_ends();
    bool busy() const;         // any process has work under way
    int busy_percent() const;  // of the last second: the shares of all processes added up, at most 100

    bool shared() const { return shared_; }

    // Words that all processes share, zero at first, for state that is the card's: emulator/cp/counters.cpp. Whoever
    // changes several as one holds a turn; a process that dies gives it up.
    static constexpr size_t word_count = 1 << 13;
    std::span<std::atomic<uint64_t>> words();
    class Turn {
    public:
        ~Turn();
        Turn(Turn&&) = default;

    private:
        friend class Board;
        Turn() = default;
        std::unique_lock<std::mutex> here;
        std::shared_ptr<void> elsewhere;
    };
    Turn take_turn();

private:
    struct Slot;
    struct Page;
    class File;

    template <class Each> void for_living(const Each&) const;
    void attach(const std::string& file);

    bool shared_ = false;
    std::string file_;
    std::unique_ptr<Page> private_;
    Page* page_ = nullptr;
    Slot* mine_ = nullptr;

    std::mutex guard_;
    uint64_t used_[2] = {}, running_ = 0, busy_since_ = 0;  // the truth; the slot shows it to others
};

}  // namespace gcn::emulator
