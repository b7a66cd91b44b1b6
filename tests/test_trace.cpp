// Watching waves: observers are told of each instruction once, and nothing that is computed changes.

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backend/code_object.hpp"
#include "emulator/exec/exec.hpp"
#include "emulator/exec/trace.hpp"

using namespace gcn;
using namespace gcn::emulator;

namespace {

std::vector<std::byte> file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    REQUIRE(in);
    std::vector<std::byte> bytes;
    for (std::istreambuf_iterator<char> it(in), end; it != end; ++it) bytes.push_back(std::byte(*it));
    return bytes;
}

// What happened in one group, in order: "wave 1 starts", "0: s_endpgm", "0: done", "barrier".
using Diary = std::vector<std::string>;

class Writer : public Observer {
    struct OfGroup : GroupObserver {
        Diary& diary;
        explicit OfGroup(Diary& diary) : diary(diary) {}
        static std::string of(const Wave& w) { return std::to_string(w.index) + ": "; }
        void wave_starts(const Wave& w) override { diary.push_back(of(w) + "starts"); }
        void before(const Wave& w, const Step& s) override {
            REQUIRE(w.program == &s.program);
            diary.push_back(of(w) + s.program.text_of(s.number));
        }
        void after(const Wave& w, const Step&) override { diary.push_back(of(w) + "done"); }
        void faults(const Wave& w, const Step&) override { diary.push_back(of(w) + "faults"); }
        void wave_ends(const Wave& w) override { diary.push_back(of(w) + "ends"); }
        void barrier(const std::vector<WavePointer>&) override { diary.push_back("barrier"); }
    };
    struct OfGrid : GridObserver {
        Diary& diary;
        explicit OfGrid(Diary& diary) : diary(diary) {}
        std::unique_ptr<GroupObserver> group(const GroupFacts&) override { return std::make_unique<OfGroup>(diary); }
    };
    std::unique_ptr<GridObserver> grid(const Dispatch&) override { return std::make_unique<OfGrid>(diary); }

public:
    Diary diary;  // of all groups; tests with one thread read it
};

class Machine {
public:
    Machine() : object(read_code_object(file(BUILD "/tests/kernels/machine.co"), "machine.co")), data(1024) {
        constexpr uint64_t code_at = 0x10'0000'0000, data_at = 0x20'0000'0000;
        REQUIRE(space.map({code_at, code_at + object.image.size(), object.image.data(), false}));
        REQUIRE(space.map({data_at, data_at + 4 * data.size(), reinterpret_cast<std::byte*>(data.data()), true}));
        dispatch.space = &space;
        dispatch.user_sgprs = {uint32_t(data_at), uint32_t(data_at >> 32)};
        dispatch.entry = code_at;
    }
    Result run(const std::string& kernel, uint32_t lanes, std::vector<Observer*> observers) {
        const KernelDescriptor* k = object.find(kernel);
        REQUIRE(k);
        Dispatch d = dispatch;
        d.entry += k->entry;
        d.rsrc1 = k->rsrc1;
        d.rsrc2 = k->rsrc2;
        d.lds_bytes = k->lds_bytes;
        d.grid = d.group = {lanes, 1, 1};
        d.observers = std::move(observers);
        std::mutex guard;
        std::condition_variable ended;
        bool over = false;
        Result result;
        const auto running = executor.start(d, [&](const Result& r) {
            const std::lock_guard lock(guard);
            result = r, over = true;
            ended.notify_one();
        });
        std::unique_lock lock(guard);
        ended.wait(lock, [&] { return over; });
        return result;
    }

    CodeObject object;
    AddressSpace space;
    std::vector<uint32_t> data;
    Dispatch dispatch;
    Executor executor{1, ""};
};

}  // namespace

TEST_CASE("a kernel computes the same and executes as many instructions when somebody watches") {
    Machine alone, watched;
    Writer writer;
    const Result a = alone.run("machine_neighbours", 256, {}), b = watched.run("machine_neighbours", 256, {&writer});
    CHECK(a.fault.kind == FaultKind::None);
    CHECK(b.fault.kind == FaultKind::None);
    CHECK(alone.data == watched.data);
    CHECK(a.instructions == b.instructions);
    size_t done = 0;
    for (const std::string& line : writer.diary) done += line.ends_with(": done");
    CHECK(done == b.instructions);
}

TEST_CASE("observers hear of starts, of each instruction before and after, and of the end") {
    Machine machine;
    Writer first, second;
    machine.run("machine_message", 64, {&first, &second});
    const Diary expected{"0: starts", "0: s_sendmsg sendmsg(MSG_INTERRUPT)", "0: done", "0: s_endpgm", "0: done",
                         "0: ends"};
    CHECK(first.diary == expected);
    CHECK(second.diary == expected);
}

TEST_CASE("observers hear of a barrier once, after the last wave has come to it and before any goes on") {
    Machine machine;
    Writer writer;
    machine.run("machine_neighbours", 128, {&writer});
    const Diary& d = writer.diary;
    const auto meeting = std::find(d.begin(), d.end(), "barrier");
    REQUIRE(meeting != d.end());
    CHECK(std::count(d.begin(), d.end(), "barrier") == 1);
    for (const char* arrival : {"0: s_barrier", "1: s_barrier"}) CHECK(std::count(d.begin(), meeting, arrival) == 1);
    CHECK(std::count(meeting, d.end(), "1: s_barrier") == 0);
}

TEST_CASE("an instruction that faults is told as such, and has no end") {
    Machine machine;
    Writer writer;
    const Result result = machine.run("machine_load", 64, {&writer});
    CHECK(result.fault.kind == FaultKind::Memory);
    REQUIRE(writer.diary.size() > 2);
    CHECK(writer.diary.back() == "0: faults");
    CHECK(writer.diary[writer.diary.size() - 2] == "0: flat_load_dwordx4 v[8:11], v[4:5]");
}

TEST_CASE("observers follow a wave that jumps to code it has not met") {
    Machine machine;
    const uint64_t target = machine.dispatch.entry + machine.object.find("machine_message")->entry;
    std::memcpy(&machine.data[2], &target, sizeof target);
    Writer writer;
    const Result result = machine.run("machine_jump", 64, {&writer});
    CHECK(result.fault.kind == FaultKind::None);
    REQUIRE(writer.diary.size() > 8);
    const Diary end(writer.diary.end() - 6, writer.diary.end());
    CHECK(end ==
          Diary{"0: done", "0: s_sendmsg sendmsg(MSG_INTERRUPT)", "0: done", "0: s_endpgm", "0: done", "0: ends"});
}
