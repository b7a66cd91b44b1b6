// What waves leave for the model of time: every instruction that was executed is in it, and it is the same however they
// were executed.

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "backend/embedded.hpp"
#include "backend/sgemm_args.hpp"
#include "emulator/timing/record.hpp"
#include "tests/alone.hpp"

using namespace gcn;
using namespace gcn::test;
using namespace gcn::emulator;
using timing::GroupTrace;
using timing::WaveTrace;

namespace {

// Keeps all traces, and uses none.
class Kept final : public GridRecorder {
public:
    std::unique_ptr<GroupRecorder> group(uint64_t number, const GroupFacts& facts) override {
        const std::lock_guard lock(guard);
        traces[number] = std::make_unique<GroupTrace>();
        return timing::group_recorder(number, facts, programs, *traces[number], {});
    }
    bool full(uint64_t) const override { return false; }
    bool ready() const override { return false; }
    bool steps(const Program&) override { return false; }
    void advance(Steps*) override {}
    bool over() const override { return true; }
    double duration_ns() const override { return 0; }

    struct Code {
        std::vector<Program::Instruction> instructions;
        std::vector<bool> starts;
    };
    std::vector<Code> codes;
    std::map<uint64_t, std::unique_ptr<GroupTrace>> traces;

private:
    std::mutex guard;
    timing::Programs programs{[this](const Program& p) {
        Code code{p.code(), {}};
        for (uint32_t i = 0; i < p.code().size(); ++i) code.starts.push_back(p.starts_stretch(i));
        codes.push_back(std::move(code));
    }};
};

class Nobody final : public Observer {
    class Grid final : public GridObserver {
        std::unique_ptr<GroupObserver> group(const GroupFacts&) override { return nullptr; }
    };
    std::unique_ptr<GridObserver> grid(const Dispatch&) override { return std::make_unique<Grid>(); }
};

// Goes through a wave's trace as its code says; counts instructions. Throws where they do not fit together.
struct Way {
    uint64_t instructions = 0, lines = 0, clocks = 0, conflicts = 0, accesses = 0;
    uint32_t extra = 0, alike = 0;  // of the last LDS instruction; of how many that follow

    void add(const Kept& kept, const WaveTrace& trace) {
        const std::vector<uint32_t>& words = trace.words;
        size_t at = 0;
        alike = 0;
        const Kept::Code* code = &kept.codes.at(0);
        while (at < words.size()) {
            if (words.at(at) == timing::record::other_code) {
                code = &kept.codes.at(words.at(at + 1));
                at += 2;
            }
            uint32_t number = words.at(at++) & 0xffffff;
            REQUIRE(code->starts.at(number));
            do {
                const auto& instruction = code->instructions.at(number);
                REQUIRE(instruction.decoded);
                ++instructions;
                if (is_recorded(*instruction.decoded)) at = access(words, at, timing::Touch::of(*instruction.decoded));
                ++number;
            } while (number < code->starts.size() && !code->starts[number]);
        }
        REQUIRE(at == words.size());
        REQUIRE(alike == 0);
    }

    size_t access(const std::vector<uint32_t>& words, size_t at, const timing::Touch& a) {
        ++accesses;
        if (a.kind == timing::Touch::Kind::Lds) {
            const bool told = alike == 0;
            if (told)
                extra = words.at(at) & timing::record::conflicts, alike = words.at(at) >> 16;
            else
                --alike;
            conflicts += extra;
            return at + told;
        }
        if (a.kind == timing::Touch::Kind::Scalar) return lines += words.at(at + 1) >> 16, at + 2;
        const uint32_t head = words.at(at), n = head & timing::record::lines;
        clocks += head >> timing::record::clocks_shift & ((1u << timing::record::clocks_bits) - 1);
        lines += n;
        if (!n) return at + 1;
        return at + 3 + (head & timing::record::scattered ? (n - 1) * (head & timing::record::wide ? 2 : 1) : 0);
    }
};

struct Sgemm {
    Sgemm(int threads, uint32_t m, uint32_t n, uint32_t k)
        : a(m * k), b(n * k), c(m * n), alone(threads, code(), name) {
        args.a = alone.map(a.data(), a.size() * 4, false);
        args.b = alone.map(b.data(), b.size() * 4, false);
        args.c = alone.map(c.data(), c.size() * 4, true);
        args.m = args.lda = args.ldc = m;
        args.n = args.ldb = n;
        args.k = k;
        args.alpha = 1;
        alone.set({(m + 127) / 128 * 256, (n + 127) / 128, 1}, {256, 1, 1}, alone.map(&args, sizeof args, false));
    }
    static constexpr const char* name = "sgemm_nt_128x128";
    static std::span<const std::byte> code() {
        const GcnEmbedded* bytes = find_embedded(name);
        REQUIRE(bytes);
        return {bytes->data, bytes->bytes};
    }
    SgemmArgs args{};
    std::vector<float> a, b, c;
    Alone alone;
};

}  // namespace

TEST_CASE("a recording has every instruction that was executed, and is the same one by one") {
    for (const auto [m, n, k] : {std::array{128u, 128u, 64u}, std::array{300u, 200u, 37u}}) {
        Sgemm sgemm(2, m, n, k);
        const auto fast = std::make_shared<Kept>(), stepped = std::make_shared<Kept>();
        sgemm.alone.record(fast);
        const Result result = sgemm.alone.run();
        Nobody nobody;
        sgemm.alone.record(stepped);
        sgemm.alone.watch({&nobody});
        CHECK(sgemm.alone.run().instructions == result.instructions);

        Way way;
        REQUIRE(fast->traces.size() == result.groups);
        for (const auto& [number, group] : fast->traces) {
            const GroupTrace& other = *stepped->traces.at(number);
            REQUIRE(group->waves.size() == other.waves.size());
            for (size_t i = 0; i < group->waves.size(); ++i) {
                CHECK(group->waves[i].words == other.waves[i].words);
                way.add(*fast, group->waves[i]);
            }
        }
        CHECK(way.instructions == result.instructions);
        CHECK(way.lines > 0);
        CHECK(way.clocks > 0);
    }
}
