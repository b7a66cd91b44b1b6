// PM4 packets through a ring: what each does to memory and registers, which grids it starts and what it waits for.

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <limits>

#include "tests/pm4_packets.hpp"

using namespace gcn;
using namespace gcn::test;
using Kind = RingKind;

namespace {

constexpr uint32_t nop = pm4::filler;
constexpr uint32_t scratch = 0xc040;  // SCRATCH_REG0 and seven more, which nothing else uses

Words wait_until(uint64_t of, uint32_t function, uint32_t reference, uint32_t mask = ~0u,
                 uint32_t space = pm4::SPACE_MEMORY) {
    return packet(Op::WAIT_REG_MEM, {pm4::WAIT_REG_MEM_FUNCTION(function) | pm4::WAIT_REG_MEM_SPACE(space), lo(of),
                                     hi(of), reference, mask, 4});
}
Words call(uint64_t buffer, uint32_t words, bool chain = false) {
    return packet(Op::INDIRECT_BUFFER, {lo(buffer), hi(buffer), words | pm4::INDIRECT_BUFFER_CHAIN(chain)});
}
Words skip_if_zero(uint64_t of, uint32_t words) { return packet(Op::COND_EXEC, {lo(of), hi(of), 0, words}); }
Words atomic(uint64_t to, uint32_t operation, uint64_t data, uint64_t compared, bool loop = false) {
    return packet(Op::ATOMIC_MEM, {operation | pm4::ATOMIC_MEM_COMMAND(loop), lo(to), hi(to), lo(data), hi(data),
                                   lo(compared), hi(compared), 1});
}
Words dma(uint32_t selects, uint64_t to, uint64_t from, uint32_t bytes) {
    return packet(Op::DMA_DATA, {selects, lo(from), hi(from), lo(to), hi(to), bytes});
}
// The end-of-pipe write of either ring.
Words when_done(Kind ring, uint32_t data_sel, uint64_t to, uint64_t data) {
    constexpr uint32_t event = pm4::EVENT_CACHE_FLUSH_AND_INV_TS | pm4::EVENT_INDEX_END_OF_PIPE << 8;
    if (ring == Kind::Gfx)
        return packet(Op::EVENT_WRITE_EOP, {event, lo(to), hi(to) | data_sel << 29, lo(data), hi(data)});
    return packet(Op::RELEASE_MEM, {event, data_sel << 29, lo(to), hi(to), lo(data), hi(data)});
}
// What an untouched engine says of packets.
std::string refusal(Words packets, Kind ring = Kind::Compute) {
    Card c(ring);
    return c.run(std::move(packets));
}

std::string hex(uint64_t x) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(x));
    return text;
}
std::string unmapped(const char* verb, uint64_t address) {
    return std::string("a packet ") + verb + " " + hex(address) + ", which is not mapped to the GPU";
}

constexpr std::array both_rings = {Kind::Gfx, Kind::Compute};

}  // namespace

// ---- the stream -----------------------------------------------------------------------------------------------------

TEST_CASE("NOP, its form of one word and headers of type 2 do nothing") {
    for (const Kind ring : both_rings) {
        Card c(ring);
        const Words longer = packet(Op::NOP, {pm4::header(Op::SET_CONFIG_REG, 2), 0x3fffffff, 0});
        CHECK(c.run(join(
                  {{nop}, longer, {0x80000000}, {0xbfffffff}, packet(Op::NOP, {~0u}), write(at(8), {7}), {nop}})) ==
              "");
        CHECK(c.word(8) == 7);
        CHECK(c.run({}) == "");
        CHECK(c.submit({}).why() == "");
    }
}

TEST_CASE("a header that has no row is refused") {
    for (const uint32_t header : {0x00000000u, 0x00012040u, 0x40000000u, 0xc0000000u, 0xc0003300u, 0xc000ff00u})
        CHECK(refusal(Words(64, header)) == "the PM4 header " + hex(header) + " is none that is modelled");
}

TEST_CASE("a packet of a wrong length, or of which the buffer has only the front, is refused") {
    for (const pm4::Packet& p : pm4::packets) {
        const Kind ring = p.rings == pm4::Rings::Gfx ? Kind::Gfx : Kind::Compute;
        const std::string name(p.name),
            range = std::to_string(p.least) + (p.most > p.least ? " to " + std::to_string(p.most) : "");
        const auto wrong = [&](uint32_t words) {
            CHECK(refusal(packet(p.op, Words(words)), ring) ==
                  name + " has " + std::to_string(words) + " words, not " + range);
        };
        if (p.least > 1) wrong(p.least - 1);
        if (p.most < 0x3fff) wrong(p.most + 1);
        Words cut = packet(p.op, Words(p.least));
        cut.pop_back();
        CHECK(refusal(cut, ring) == name + " is cut short: " + std::to_string(p.least) + " words, the buffer has " +
                                        std::to_string(p.least - 1) + " more");
    }
}

TEST_CASE("packets of the other ring are refused") {
    for (const pm4::Packet& p : pm4::packets) {
        if (p.rings == pm4::Rings::Both) continue;
        const bool gfx = p.rings == pm4::Rings::Gfx;
        CHECK(refusal(packet(p.op, Words(p.least)), gfx ? Kind::Compute : Kind::Gfx) ==
              std::string(p.name) + (gfx ? " is for the gfx ring, this is a compute ring"
                                         : " is for compute rings, this is the gfx ring"));
    }
}

TEST_CASE("packets that only concern caches and graphics are obeyed without effect") {
    Card c(Kind::Gfx), compute;
    const Bytes before = Random(1).bytes(Stage::size);
    c.set_memory(before);
    CHECK(c.run(join({packet(Op::CONTEXT_CONTROL, {1u << 31, 1u << 31}), packet(Op::CLEAR_STATE, {0}),
                      packet(Op::PFP_SYNC_ME, {0}), packet(Op::PREAMBLE_CNTL, {0}),
                      packet(Op::SURFACE_SYNC, {0, ~0u, 0, 10}), packet(Op::EVENT_WRITE, {0x16 | 7 << 8})})) == "");
    CHECK(c.memory() == before);
    CHECK(compute.run(packet(Op::ACQUIRE_MEM, {0, ~0u, 0xff, 0, 0, 10})) == "");
}

TEST_CASE("after a refusal the ring is dead") {
    Card c;
    CHECK(c.run(join({write(at(0), {1}), {0}, write(at(4), {1})})) == "the PM4 header 0x0 is none that is modelled");
    CHECK(c.word(0) == 1);
    CHECK(c.word(4) == 0);
    CHECK(c.run(write(at(8), {1})) == "an earlier submission was given up");
    CHECK(c.word(8) == 0);
}

TEST_CASE("submissions are obeyed in order, each when it is ready") {
    Card c;
    std::atomic<bool> ready{false};
    Ending first = c.submit({write(at(0), {1}), copy_word(at(4), at(0))}, [&] { return ready.load(); });
    Ending second = c.submit({write(at(0), {2})});
    CHECK(Card().run({nop}) == "");
    CHECK(!first.has_come());
    CHECK(!second.has_come());
    CHECK(std::atomic_ref(c.word(0)).load() == 0);
    ready = true;
    CHECK(first.why() == "");
    CHECK(second.why() == "");
    CHECK(c.word(4) == 1);
    CHECK(c.word(0) == 2);
}

// ---- buffers --------------------------------------------------------------------------------------------------------

TEST_CASE("a buffer calls another and goes on; a chain does not come back") {
    for (const Kind ring : both_rings) {
        Card c(ring);
        const Words inner = write(at(4), {2});
        const uint32_t words = uint32_t(inner.size());
        CHECK(c.run(join({call(c.put(inner), words), copy_word(at(8), at(4))})) == "");
        CHECK(c.word(8) == 2);
        c.word(4) = c.word(8) = 0;
        CHECK(c.run(join({call(c.put(inner), words, true), write(at(8), {1})})) == "");
        CHECK(c.word(4) == 2);
        CHECK(c.word(8) == 0);
        // What is called may chain, and comes back to its caller.
        c.word(4) = 0;
        const uint64_t last = c.put(inner);
        CHECK(c.run(join({call(c.put(join({call(last, words, true), write(at(0), {9})})), 9), write(at(8), {3})})) ==
              "");
        CHECK(c.word(4) == 2);
        CHECK(c.word(8) == 3);
        CHECK(c.word(0) == 0);
    }
}

TEST_CASE("a buffer that is called may not call a third, but one after the other may be called") {
    Card c;
    const uint64_t third = c.put(write(at(0), {1}));
    const Words calls = call(third, 5);
    CHECK(c.run(join({calls, calls, calls})) == "");
    CHECK(c.word(0) == 1);
    c.word(0) = 0;
    CHECK(c.run(call(c.put(calls), 4)) == "INDIRECT_BUFFER is nested too deep: the card has IB1 and IB2");
    CHECK(c.word(0) == 0);
}

TEST_CASE("a buffer that is empty, not there, or chains itself for ever is refused") {
    CHECK(refusal(call(at(0), 0)) == "INDIRECT_BUFFER has no words");
    CHECK(refusal(call(Stage::nowhere, 1)) == unmapped("reads from", Stage::nowhere));
    CHECK(refusal(call(at(Stage::size - 4), 2)) == unmapped("reads from", at(Stage::size)));
    Card c;
    constexpr uint32_t words = 0xfffff;
    const uint64_t endless_at = 0x55'0000'0000;
    Words endless = call(endless_at, words, true);
    endless.resize(words, nop);
    c.map(endless_at, endless.data(), 4ull * words, false);
    CHECK(c.run(call(endless_at, words)) == "INDIRECT_BUFFER is one of buffers with more than 16777216 words in all");
}

TEST_CASE("the words of a buffer's address that the card drops are dropped") {
    Card c;
    const uint64_t inner = c.put(write(at(0), {5}));
    CHECK(c.run(packet(Op::INDIRECT_BUFFER, {lo(inner) | 3, hi(inner) | 0xabcd0000, 5 | 1 << 23 | 15u << 24})) == "");
    CHECK(c.word(0) == 5);
}

TEST_CASE("COND_EXEC skips words when memory has 0") {
    const Words three = join({write(at(8), {1}), write(at(12), {1}), write(at(16), {1})});
    Card c;
    for (const uint32_t value : {1u, 0x80000000u}) {
        c.set_memory(Bytes(Stage::size));
        c.word(4) = value;
        CHECK(c.run(join({skip_if_zero(at(4), 10), three})) == "");
        CHECK(c.word(8) + c.word(12) + c.word(16) == 3);
    }
    const auto written = [&](uint32_t skipped) {
        c.set_memory(Bytes(Stage::size));
        CHECK(c.run(join({skip_if_zero(at(4), skipped), three})) == "");
        return std::array{c.word(8), c.word(12), c.word(16)};
    };
    CHECK(written(0) == std::array{1u, 1u, 1u});
    CHECK(written(5) == std::array{0u, 1u, 1u});
    CHECK(written(10) == std::array{0u, 0u, 1u});
    CHECK(written(15) == std::array{0u, 0u, 0u});
    CHECK(c.run(join({skip_if_zero(at(4), 16), three})) == "COND_EXEC skips beyond the end of its buffer");
    CHECK(refusal(skip_if_zero(Stage::nowhere, 0)) == unmapped("reads from", Stage::nowhere));
}

// ---- registers ------------------------------------------------------------------------------------------------------

TEST_CASE("each space of registers is written from its first to its last, and not beyond") {
    struct Space {
        Op op;
        uint32_t first, count;
        const char* end;
    };
    constexpr Space spaces[] = {{Op::SET_SH_REG, 0x2c00, 0x400, "SH ends at 0x3000"},
                                {Op::SET_SH_REG_INDEX, 0x2c00, 0x400, "SH ends at 0x3000"},
                                {Op::SET_CONTEXT_REG, 0xa000, 0x400, "CONTEXT ends at 0xa400"},
                                {Op::SET_UCONFIG_REG, 0xc000, 0x4000, "UCONFIG ends at 0x10000"}};
    for (const Space& s : spaces) {
        Card c(Kind::Gfx);
        CHECK(c.run(join({packet(s.op, {0, 0x11, 0x22}), packet(s.op, {s.count - 2, 0x33, 0x44}),
                          packet(s.op, {0x30000000 | 5, 0x55})})) == "");
        CHECK(c.get(s.first) == 0x11);
        CHECK(c.get(s.first + 1) == 0x22);
        CHECK(c.get(s.first + 2) == 0);
        CHECK(c.get(s.first + 5) == 0x55);
        CHECK(c.get(s.first + s.count - 2) == 0x33);
        CHECK(c.get(s.first + s.count - 1) == 0x44);
        const std::string name(pm4::find(uint32_t(s.op))->name);
        const auto why = [&](uint32_t first, uint32_t last) {
            return name + " writes registers " + hex(first) + " to " + hex(last) + ", the space " + s.end;
        };
        const uint32_t last = s.first + s.count - 1;
        CHECK(c.run(packet(s.op, {s.count - 1, 1, 2})) == why(last, last + 1));
        CHECK(c.get(last) == 0x44);
        CHECK(refusal(packet(s.op, {s.count, 1}), Kind::Gfx) == why(last + 1, last + 1));
        CHECK(refusal(packet(s.op, {0xffff, 1}), Kind::Gfx) == why(s.first + 0xffff, s.first + 0xffff));
    }
}

TEST_CASE("privileged registers are refused whichever packet writes them") {
    CHECK(refusal(packet(Op::SET_CONFIG_REG, {0x348, 1})) == "SET_CONFIG_REG writes a privileged register");
    for (const uint32_t dword : {0x2440u, 0x2bffu, 0x3000u, 0x9fffu, 0xa400u, 0xbfffu, 0x10000u, ~0u}) {
        const std::string why = " writes the privileged register " + hex(dword);
        CHECK(refusal(write(dword, {1}, 0)) == "WRITE_DATA" + why);
        CHECK(refusal(copy_data(pm4::SEL_IMMEDIATE, 1, pm4::SEL_REGISTER, dword, false)) == "COPY_DATA" + why);
        CHECK(refusal(packet(Op::COND_WRITE, {pm4::COND_WRITE_POLL_SPACE(1), lo(at(0)), hi(at(0)), 0, 0, dword, 0,
                                              1})) == "COND_WRITE" + why);
    }
    CHECK(refusal(write(0x2fff, {1, 2}, 0)) == "WRITE_DATA writes the privileged register 0x3000");
    CHECK(refusal(copy_data(pm4::SEL_IMMEDIATE, 1, pm4::SEL_REGISTER, 0xffff, true)) ==
          "COPY_DATA writes the privileged register 0x10000");
    Card c;
    for (const uint32_t dword : {0x2c00u, 0x2fffu, 0xa000u, 0xa3ffu, 0xc000u, 0xffffu}) {
        CHECK(c.run(write(dword, {dword}, 0)) == "");
        CHECK(c.get(dword) == dword);
    }
    // The selects of counters reach them, as PAL writes SPI_CONFIG_CNTL.
    CHECK(c.run(copy_data(pm4::SEL_IMMEDIATE, 5, pm4::SEL_PERF, 0x2440, false)) == "");
    CHECK(c.get(0x2440) == 5);
}

// ---- data -----------------------------------------------------------------------------------------------------------

TEST_CASE("WRITE_DATA writes memory and registers, at growing addresses or at one") {
    Card c;
    Random random(2);
    constexpr uint32_t one = 1 << 16;
    for (const uint32_t to : {pm4::SEL_MEMORY_SYNC, pm4::SEL_TC_L2, pm4::SEL_MEMORY})
        for (const uint32_t words : {1u, 2u, 5u, 1000u}) {
            const Bytes before = random.bytes(Stage::size), data = random.bytes(4 * words);
            Words packed(words);
            std::memcpy(packed.data(), data.data(), data.size());
            c.set_memory(before);
            Bytes expected = before;
            const uint32_t from = Stage::half - 8;
            std::copy(data.begin(), data.end(), expected.begin() + from);
            std::copy(data.end() - 4, data.end(), expected.begin() + 64);
            REQUIRE(c.run(join({write(at(from) | 3, packed, pm4::WRITE_DATA_DST_SEL(to)),
                                write(at(64), packed, pm4::WRITE_DATA_DST_SEL(to) | one)})) == "");
            REQUIRE(c.memory() == expected);
        }
    CHECK(c.run(join({write(scratch, {1, 2, 3}, 0), write(scratch + 4, {4, 5}, one)})) == "");
    CHECK(c.get(scratch) == 1);
    CHECK(c.get(scratch + 2) == 3);
    CHECK(c.get(scratch + 4) == 5);
    CHECK(c.get(scratch + 5) == 0);
    for (const uint32_t to : {3u, 4u, 6u, 15u})
        CHECK(refusal(write(at(0), {1}, pm4::WRITE_DATA_DST_SEL(to))) ==
              "WRITE_DATA writes to destination " + std::to_string(to));
    CHECK(refusal(write(Stage::read_only_at, {1})) == unmapped("writes to", Stage::read_only_at));
    CHECK(refusal(write(at(Stage::size - 4), {1, 2})) == unmapped("writes to", at(Stage::size)));
}

TEST_CASE("COPY_DATA copies from every source to every destination") {
    constexpr uint64_t value = 0x1122334455667788, there = 0xaaaaaaaabbbbbbbb;
    constexpr std::array sources = {pm4::SEL_REGISTER, pm4::SEL_PERF,      pm4::SEL_MEMORY_SYNC,
                                    pm4::SEL_TC_L2,    pm4::SEL_IMMEDIATE, pm4::SEL_ATOMIC_RETURN};
    constexpr std::array targets = {pm4::SEL_REGISTER, pm4::SEL_PERF, pm4::SEL_MEMORY_SYNC, pm4::SEL_TC_L2,
                                    pm4::SEL_MEMORY};
    for (const uint32_t from : sources)
        for (const uint32_t to : targets)
            for (const bool wide : {false, true}) {
                INFO("from " << from << " to " << to << (wide ? ", 64 bits" : ", 32 bits"));
                Card c;
                const bool from_register = from == pm4::SEL_REGISTER || from == pm4::SEL_PERF,
                           to_register = to == pm4::SEL_REGISTER || to == pm4::SEL_PERF;
                c.set_wide(0, value), c.set_wide(8, value);
                c.set_wide(0x4000, there);
                const uint64_t source = from == pm4::SEL_IMMEDIATE ? value : from_register ? scratch : at(0);
                REQUIRE(c.run(join({set(scratch, {lo(value), hi(value)}), set(scratch + 4, {lo(there), hi(there)}),
                                    atomic(at(8), 0x2f, 1, 0),  // 64-bit add, returning
                                    copy_data(from, source, to, to_register ? scratch + 4 : at(0x4000), wide)})) == "");
                const uint64_t in_registers = c.get(scratch + 4) | uint64_t(c.get(scratch + 5)) << 32,
                               in_memory = c.wide(0x4000),
                               expected = wide ? value : (there & 0xffffffff00000000) | uint32_t(value);
                CHECK(in_registers == (to_register ? expected : there));
                CHECK(in_memory == (to_register ? there : expected));
            }
    for (const uint32_t from : {3u, 7u, 8u, 10u, 15u})
        CHECK(refusal(copy_data(from, 0, pm4::SEL_MEMORY, at(0), false)) ==
              "COPY_DATA reads from source " + std::to_string(from));
    for (const uint32_t to : {3u, 6u, 15u})
        CHECK(refusal(copy_data(pm4::SEL_IMMEDIATE, 0, to, at(0), false)) ==
              "COPY_DATA writes to destination " + std::to_string(to));
    CHECK(refusal(copy_word(at(0), Stage::nowhere)) == unmapped("reads from", Stage::nowhere));
    CHECK(refusal(copy_word(Stage::read_only_at, at(0))) == unmapped("writes to", Stage::read_only_at));
}

TEST_CASE("COPY_DATA gives the GPU's clock") {
    Card c;
    const uint64_t before = emulator::Device::ticks();
    CHECK(c.run(copy_data(pm4::SEL_TIMESTAMP, 0, pm4::SEL_MEMORY, at(0), true)) == "");
    CHECK(before <= c.wide(0));
    CHECK(c.wide(0) <= emulator::Device::ticks());
}

namespace {
constexpr uint32_t from_data = pm4::DMA_DATA_SRC_SEL(pm4::DMA_SEL_DATA);
constexpr std::array dma_addresses = {0u, pm4::DMA_DATA_SRC_SEL(pm4::DMA_SEL_L2),
                                      pm4::DMA_DATA_DST_SEL(pm4::DMA_SEL_L2) | 1u << 31};
}  // namespace

TEST_CASE("DMA_DATA copies any number of bytes between any two addresses") {
    Card c;
    Random random(3);
    for (uint32_t i = 0; i < 120; ++i) {
        const Bytes before = random.bytes(Stage::size);
        c.set_memory(before);
        const uint32_t most = i % 3 ? 40 : 9000, bytes = random.below(most), from = random.below(Stage::size - bytes);
        uint32_t to = random.below(Stage::size - bytes);
        if (to > from && to < from + bytes) to = from - random.below(from + 1);  // not into its own source's end
        Bytes expected = before;
        std::memmove(expected.data() + to, before.data() + from, bytes);
        INFO(bytes << " bytes from " << from << " to " << to);
        REQUIRE(c.run(dma(dma_addresses[i % 3], at(to), at(from), bytes)) == "");
        REQUIRE(c.memory() == expected);
    }
}

TEST_CASE("DMA_DATA repeats a word over any number of bytes") {
    Card c;
    Random random(4);
    for (uint32_t i = 0; i < 60; ++i) {
        const Bytes before = random.bytes(Stage::size);
        c.set_memory(before);
        const uint32_t bytes = random.below(i % 3 ? 40 : 9000), to = random.below(Stage::size - bytes);
        const auto value = uint32_t(random.next());
        Bytes expected = before;
        for (uint32_t k = 0; k < bytes; ++k) expected[to + k] = uint8_t(value >> 8 * (k % 4));
        REQUIRE(c.run(dma(from_data, at(to), value, bytes)) == "");
        REQUIRE(c.memory() == expected);
    }
}

TEST_CASE("DMA_DATA of no bytes, and onto itself, changes nothing") {
    Card c;
    const Bytes before = Random(5).bytes(Stage::size);
    c.set_memory(before);
    CHECK(c.run(join({dma(1u << 31, 0, 0, 0), dma(0, at(5), at(5), 100),
                      dma(0, Stage::read_only_at, Stage::read_only_at, 64)})) == "");
    CHECK(c.memory() == before);
}

TEST_CASE("DMA_DATA copies nothing that is not modelled and nothing beyond its memory") {
    const auto why = [](uint32_t selects, uint32_t command) {
        return refusal(dma(selects, at(0), at(16), command)) ==
               "DMA_DATA copies from or to what is not modelled: words " + hex(selects) + " and " + hex(command);
    };
    CHECK(why(pm4::DMA_DATA_SRC_SEL(pm4::DMA_SEL_GDS), 4));
    CHECK(why(pm4::DMA_DATA_DST_SEL(pm4::DMA_SEL_GDS), 4));
    CHECK(why(pm4::DMA_DATA_DST_SEL(2), 4));
    for (const uint32_t bit : {22, 23, 24, 25, 26, 27, 28, 29}) CHECK(why(0, 4 | 1 << bit));
    CHECK(refusal(dma(0, at(0), Stage::nowhere, 1)) == unmapped("reads from", Stage::nowhere));
    CHECK(refusal(dma(0, Stage::nowhere, at(0), 1)) == unmapped("writes to", Stage::nowhere));
    CHECK(refusal(dma(0, at(0), at(Stage::size - 3), 4)) == unmapped("reads from", at(Stage::size)));
    CHECK(refusal(dma(from_data, at(Stage::size - 3), 1, 4)) == unmapped("writes to", at(Stage::size)));
    CHECK(refusal(dma(0, Stage::read_only_at, at(0), 1)) == unmapped("writes to", Stage::read_only_at));
}

namespace {

template <class T> void check_atomics() {
    const T low = std::numeric_limits<std::make_signed_t<T>>::min();
    const std::array<T, 6> values = {0, 1, T(low - 1), low, T(~T(0)), T(0x123456789abcdef0)};
    Card c;
    for (uint32_t operation = 0; operation < 32; ++operation) {
        const uint32_t code = operation | (sizeof(T) == 8 ? 0x20 : 0);
        INFO("operation " << code);
        if (!after_atomic<T>(operation, 0, 0, 0)) {
            CHECK(refusal(atomic(at(0), code, 1, 0)) == "ATOMIC_MEM has operation " + hex(code));
            continue;
        }
        for (const T old : values)
            for (const T data : values) {
                const T compared = values[data % values.size()];
                c.set_wide(0x3ff8, old), c.set_wide(0x4008, old), c.set_wide(0x4010, ~0ull);
                REQUIRE(c.run(join({atomic(at(0x3ff8), code, data, compared),
                                    copy_data(pm4::SEL_ATOMIC_RETURN, 0, pm4::SEL_MEMORY, at(0x4010), true),
                                    atomic(at(0x4008), code | 0x40, data, compared)})) == "");
                const T expected = *after_atomic<T>(operation, old, data, compared);
                REQUIRE(c.wide(0x3ff8) == expected);
                REQUIRE(c.wide(0x4008) == expected);
                REQUIRE(c.wide(0x4010) == old);
            }
    }
}

}  // namespace

TEST_CASE("ATOMIC_MEM changes a word by thirteen operations and returns what was there") { check_atomics<uint32_t>(); }
TEST_CASE("ATOMIC_MEM changes two words by thirteen operations and returns what was there") {
    check_atomics<uint64_t>();
}

TEST_CASE("registers have what ATOMIC_MEM returned last") {
    Card c;
    c.set_wide(0, 0x1122334455667788);
    CHECK(c.run(atomic(at(0), 0x2f, 1, 0)) == "");
    CHECK(c.get(reg::CP_ATOMIC_PREOP_LO) == 0x55667788);
    CHECK(c.get(reg::CP_ATOMIC_PREOP_HI) == 0x11223344);
    CHECK(c.run(atomic(at(0), 0x4f, 1, 0)) == "");  // returns nothing
    CHECK(c.get(reg::CP_ATOMIC_PREOP_LO) == 0x55667788);
    CHECK(c.run(atomic(at(0), 0x0f, 1, 0)) == "");
    CHECK(c.get(reg::CP_ATOMIC_PREOP_LO) == 0x5566778a);
    CHECK(c.get(reg::CP_ATOMIC_PREOP_HI) == 0);
}

TEST_CASE("ATOMIC_MEM in a loop waits until it has compared equal") {
    Card c;
    c.word(0) = 5;
    Ending end = c.submit({join({write(at(4), {1}), atomic(at(0), 0x08, 9, 7, true), write(at(8), {1})})});
    CHECK(becomes(c.word(4), 1));
    CHECK(Card().run({nop}) == "");
    CHECK(!end.has_come());
    CHECK(std::atomic_ref(c.word(0)).load() == 5);
    std::atomic_ref(c.word(0)).store(7);
    CHECK(end.why() == "");
    CHECK(c.word(0) == 9);
    CHECK(c.run(atomic(at(0), 0x08, 1, 2)) == "");  // without the loop it is done either way
    CHECK(c.word(0) == 9);
}

// ---- waiting --------------------------------------------------------------------------------------------------------

namespace {
constexpr std::pair<uint32_t, uint32_t> comparisons[] = {{4u, 5u}, {5u, 5u}, {6u, 5u}, {0x80000000u, 1u}, {0u, ~0u}};
bool holds(uint32_t function, uint32_t a, uint32_t b) {
    return std::array{true, a<b, a <= b, a == b, a != b, a >= b, a> b}[function];
}
}  // namespace

TEST_CASE("COND_WRITE compares by seven functions under a mask, and writes memory or a register") {
    Card c;
    for (const uint32_t in_memory : {0u, 1u})
        for (const uint32_t to_memory : {0u, 1u})
            for (uint32_t function = 0; function < 7; ++function)
                for (const auto& [value, reference] : comparisons) {
                    INFO("function " << function << " of " << value << " and " << reference);
                    c.word(0) = in_memory ? value : ~value;
                    c.word(8) = 0;
                    const uint64_t polled = in_memory ? at(0) : scratch, target = to_memory ? at(8) : scratch + 4;
                    REQUIRE(c.run(join({set(scratch, {in_memory ? ~value : value, 0, 0, 0, 0}),
                                        packet(Op::COND_WRITE,
                                               {function | in_memory << 4 | to_memory << 8, lo(polled), hi(polled),
                                                reference, ~0u, lo(target), hi(target), 77})})) == "");
                    const uint32_t written = holds(function, value, reference) ? 77 : 0;
                    REQUIRE(c.word(8) == (to_memory ? written : 0));
                    REQUIRE(c.get(scratch + 4) == (to_memory ? 0 : written));
                }
    c.word(0) = 0xffff0012;
    CHECK(c.run(packet(Op::COND_WRITE,
                       {3 | 1 << 4 | 1 << 8, lo(at(0)), hi(at(0)), 0x12, 0xff, lo(at(8)), hi(at(8)), 6})) == "");
    CHECK(c.word(8) == 6);
    CHECK(c.run(packet(Op::COND_WRITE, {7, scratch, 0, 0, 0, scratch, 0, 0})) == "COND_WRITE compares by function 7");
}

TEST_CASE("WAIT_REG_MEM goes on at once when what it compares is so") {
    Card c;
    for (uint32_t function = 0; function < 7; ++function)
        for (const auto& [value, reference] : comparisons) {
            if (!holds(function, value, reference)) continue;
            c.word(0) = value;
            CHECK(c.run(join({set(scratch, {value}), wait_until(at(0), function, reference),
                              wait_until(at(0), function, reference, ~0u, pm4::SPACE_TC_L2),
                              wait_until(scratch, function, reference, ~0u, pm4::SPACE_REGISTER)})) == "");
        }
    c.word(0) = 0xffff0012;
    CHECK(c.run(wait_until(at(0), 3, 0x12, 0xff)) == "");
    CHECK(c.run(wait_until(at(0), 7, 0)) == "WAIT_REG_MEM compares by function 7");
    CHECK(refusal(packet(Op::WAIT_REG_MEM, {pm4::WAIT_REG_MEM_OPERATION(1), 0, 0, 0, 0, 0})) ==
          "WAIT_REG_MEM writes before it waits, which only the driver does");
    CHECK(refusal(wait_until(Stage::nowhere, 0, 0)) == unmapped("reads from", Stage::nowhere));
}

TEST_CASE("WAIT_REG_MEM waits until another thread has written, by each function") {
    for (uint32_t function = 1; function < 7; ++function)
        for (const auto& [value, reference] : comparisons) {
            if (holds(function, value, reference)) continue;
            const auto good = std::find_if(std::begin(comparisons), std::end(comparisons), [&](const auto& other) {
                return other.second == 5 && holds(function, other.first, other.second);
            });
            if (reference != good->second) continue;
            INFO("function " << function << " of " << value << " and " << reference);
            Card c;
            c.word(0) = value;
            Ending end =
                c.submit({join({write(at(4), {1}), wait_until(at(0), function, reference), write(at(8), {1})})});
            CHECK(becomes(c.word(4), 1));
            CHECK(Card().run({nop}) == "");  // the scheduler has come round
            CHECK(!end.has_come());
            CHECK(std::atomic_ref(c.word(8)).load() == 0);
            std::atomic_ref(c.word(0)).store(good->first);
            CHECK(end.why() == "");
            CHECK(c.word(8) == 1);
        }
}

TEST_CASE("one ring waits for what another writes") {
    Card first, second(Kind::Gfx);
    std::array<uint32_t, 4> shared{};
    constexpr uint64_t shared_at = 0x88'0000'0000;
    for (Card* c : {&first, &second}) c->map(shared_at, shared.data(), sizeof shared, true);
    Ending end =
        first.submit({join({write(shared_at, {1}), wait_until(shared_at + 4, 3, 2), write(shared_at + 8, {3})})});
    CHECK(second.run(join({wait_until(shared_at, 3, 1), write(shared_at + 4, {2}), wait_until(shared_at + 8, 3, 3)})) ==
          "");
    CHECK(end.why() == "");
}

TEST_CASE("a wait that nobody ends is given up when patience is") {
    Card c(Kind::Compute, 0.2);
    CHECK(c.run(join({write(at(4), {1}), wait_until(at(0), 3, 1), write(at(8), {1})})) ==
          "it has waited for 0.2 seconds for memory that nobody changed");
    CHECK(c.word(4) == 1);
    CHECK(c.word(8) == 0);
    CHECK(c.run({nop}) == "an earlier submission was given up");
}

TEST_CASE("a ring that goes away ends what waits and what has not begun") {
    Card c;
    Ending waits = c.submit({join({write(at(4), {1}), wait_until(at(0), 3, 1)})});
    Ending next = c.submit({write(at(8), {1})});
    CHECK(becomes(c.word(4), 1));
    c.leave();
    CHECK(waits.why() == "its context is gone");
    CHECK(next.why() == "its context is gone");
    CHECK(c.word(8) == 0);
}

// ---- grids ----------------------------------------------------------------------------------------------------------

namespace {

// A grid of one thread that waits until the word at `gate` is not 0, then writes `value` behind it.
Words wait_at(uint64_t gate, uint32_t value) {
    return join({use("rings_wait", {lo(gate), hi(gate), value}), dispatch(1)});
}
void open_gate(uint32_t& gate) { std::atomic_ref(gate).store(1); }
uint32_t seen(uint32_t& word) { return std::atomic_ref(word).load(); }

// The grid that packets start visits each thread of width x height x depth once.
void check_visits(Kind kind, const std::array<uint32_t, 3>& group, const std::array<uint32_t, 3>& last,
                  const std::array<uint32_t, 3>& grid, const Words& packets) {
    Compute c(kind);
    std::array<uint32_t, 3> threads = group;
    for (int i = 0; i < 3; ++i) threads[i] |= last[i] << 16;
    REQUIRE(c.run(join({use("rings_visit",
                            {lo(at(0)), hi(at(0)), group[0], group[1], group[2], grid[0], grid[0] * grid[1]}, threads),
                        packets})) == "");
    const uint32_t all = grid[0] * grid[1] * grid[2];
    REQUIRE(all <= Stage::size / 4);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < Stage::size / 4; ++i) wrong += c.word(4 * i) != (i < all);
    CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("a grid has as many groups as its packet counts") {
    for (const Kind ring : both_rings) {
        check_visits(ring, {64, 1, 1}, {0, 0, 0}, {64, 1, 1}, dispatch(1));
        check_visits(ring, {1, 1, 1}, {0, 0, 0}, {5, 3, 2}, dispatch(5, 3, 2));
        check_visits(ring, {8, 4, 2}, {5, 3, 1}, {24, 8, 4}, dispatch(3, 2, 2));  // PARTIAL_TG_EN is off
        check_visits(ring, {1024, 1, 1}, {0, 0, 0}, {2048, 2, 1}, dispatch(2, 2));
        check_visits(ring, {7, 5, 3}, {0, 0, 0}, {14, 5, 6}, dispatch(2, 1, 2));
    }
}

TEST_CASE("the last groups of a grid may be partial") {
    check_visits(Kind::Compute, {8, 4, 2}, {5, 3, 1}, {21, 7, 3}, dispatch(3, 2, 2, shader | partial));
    check_visits(Kind::Compute, {8, 4, 2}, {8, 4, 2}, {24, 8, 4}, dispatch(3, 2, 2, shader | partial));
    check_visits(Kind::Compute, {64, 1, 1}, {1, 1, 1}, {1, 1, 1}, dispatch(1, 1, 1, shader | partial));
    check_visits(Kind::Compute, {8, 4, 2}, {0, 0, 0}, {21, 7, 3}, dispatch(21, 7, 3, shader | in_threads | partial));
    check_visits(Kind::Compute, {8, 4, 2}, {0, 0, 0}, {16, 4, 2}, dispatch(16, 4, 2, shader | in_threads));
    const auto why = [](uint32_t last) {
        return refusal(join({use("rings_store", {lo(at(0)), hi(at(0))}, {8 | last << 16, 1 | 1 << 16, 1 | 1 << 16}),
                             dispatch(1, 1, 1, shader | partial)}));
    };
    // No code is mapped here, which comes later.
    CHECK(why(0) == "DISPATCH_DIRECT has a last group of 0 threads in dimension 0, the others have 8");
    CHECK(why(9) == "DISPATCH_DIRECT has a last group of 9 threads in dimension 0, the others have 8");
    CHECK(why(8).find("has its code at") != std::string::npos);
}

TEST_CASE("DISPATCH_INDIRECT takes its size from memory, by each ring's form") {
    const Words size = write(at(0x7ff0), {3, 2, 2}), forget = write(at(0x7ff0), {0, 0, 0});
    const Words clean = join({partial_flush(), forget});
    const auto base = [](uint64_t address) { return packet(Op::SET_BASE, {1, lo(address), hi(address)}); };
    check_visits(Kind::Compute, {8, 4, 2}, {}, {24, 8, 4},
                 join({size, packet(Op::DISPATCH_INDIRECT, {lo(at(0x7ff0)), hi(at(0x7ff0)), shader}), clean}));
    check_visits(Kind::Gfx, {8, 4, 2}, {}, {24, 8, 4},
                 join({size, base(at(0x7f00)), packet(Op::SET_BASE, {2, 0, 0}),
                       packet(Op::DISPATCH_INDIRECT, {0xf0, shader}), clean}));
    CHECK(refusal(packet(Op::DISPATCH_INDIRECT, {0, shader})) == "DISPATCH_INDIRECT has 3 words on this ring");
    CHECK(refusal(packet(Op::DISPATCH_INDIRECT, {0, 0, shader}), Kind::Gfx) ==
          "DISPATCH_INDIRECT has 2 words on this ring");
    CHECK(refusal(packet(Op::DISPATCH_INDIRECT, {lo(Stage::nowhere), hi(Stage::nowhere), shader})) ==
          unmapped("reads from", Stage::nowhere));
}

TEST_CASE("user SGPRs come from their registers, as the last packets left them") {
    Compute c;
    Words sgprs = {lo(at(0x3fe0)), hi(at(0x3fe0))};
    for (uint32_t i = 2; i < 16; ++i) sgprs.push_back(0x1000 + i);
    CHECK(c.run(join({use("rings_registers", sgprs), set(reg::COMPUTE_USER_DATA_0 + 5, {77}), dispatch(1)})) == "");
    sgprs[5] = 77;
    for (uint32_t i = 0; i < 16; ++i) CHECK(c.word(0x3fe0 + 4 * i) == sgprs[i]);
    // They stay for the next submission, where one is changed.
    c.set_memory(Bytes(Stage::size));
    CHECK(c.run(join({set(reg::COMPUTE_USER_DATA_0 + 15, {78}), dispatch(1)})) == "");
    sgprs[15] = 78;
    for (uint32_t i = 0; i < 16; ++i) CHECK(c.word(0x3fe0 + 4 * i) == sgprs[i]);
}

TEST_CASE("a group has as much LDS as its register says") {
    const auto read_back = [](uint32_t blocks, uint32_t offset) {
        Compute c;
        const Words kernel =
            use("rings_lds", {lo(at(0)), hi(at(0)), offset}, {64, 1, 1}, reg::COMPUTE_PGM_RSRC2__LDS_SIZE(blocks));
        REQUIRE(c.run(join({kernel, dispatch(1)})) == "");
        return c.word(4 * 63);
    };
    CHECK(read_back(1, 508) == 1);
    CHECK(read_back(1, 512) == 0);
    CHECK(read_back(2, 512) == 1);
    CHECK(read_back(128, 65532) == 1);
}

TEST_CASE("what a card could not start is refused") {
    Compute probe;
    const Words kernel = use("rings_store", {lo(at(0)), hi(at(0))}, {64, 1, 1});
    const auto why = [&](const Words& registers, const Words& start) {
        Compute c;
        const std::string text = c.run(join({kernel, registers, start}));
        CHECK(c.word(0) == 0);
        const std::string name = "DISPATCH_DIRECT ";
        REQUIRE(text.substr(0, name.size()) == name);
        return text.substr(name.size());
    };
    CHECK(why({}, dispatch(0)) == "has 0 groups of 64 threads in dimension 0: a card would hang");
    CHECK(why({}, dispatch(1, 0)) == "has 0 groups of 1 threads in dimension 1: a card would hang");
    CHECK(why({}, dispatch(1, 1, 0, shader | in_threads)) ==
          "has 0 threads of 1 threads in dimension 2: a card would hang");
    CHECK(why(set(reg::COMPUTE_NUM_THREAD_Y, {0}), dispatch(1)) ==
          "has 1 groups of 0 threads in dimension 1: a card would hang");
    CHECK(why({}, dispatch(1 << 26)) == "has 4294967296 threads in dimension 0, 2^32 or more");
    CHECK(why(set(reg::COMPUTE_NUM_THREAD_X, {1025}), dispatch(1)) == "has groups of 1025x1x1, more than 1024 threads");
    CHECK(why(set(reg::COMPUTE_NUM_THREAD_X, {65535, 65535, 65535}), dispatch(1)) ==
          "has groups of 65535x65535x65535, more than 1024 threads");
    CHECK(why(set(reg::COMPUTE_START_Y, {2}), dispatch(1, 1, 1, shader)) ==
          "starts at group 2 of dimension 1, which is not modelled");
    CHECK(why(set(reg::COMPUTE_PGM_RSRC2, {reg::COMPUTE_PGM_RSRC2__LDS_SIZE(129)}), dispatch(1)) ==
          "asks for 66048 bytes of LDS, a CU has 65536");
    CHECK(why(set(reg::COMPUTE_PGM_RSRC2, {reg::COMPUTE_PGM_RSRC2__USER_SGPR(17)}), dispatch(1)) ==
          "asks for 17 user SGPRs, there are 16");
    CHECK(why(join({set(reg::COMPUTE_PGM_RSRC1, {63}), set(reg::COMPUTE_NUM_THREAD_X, {257})}), dispatch(1)) ==
          "cannot begin: a group of 5 waves with 256 VGPRs each does not fit a CU");
    CHECK(why(set(reg::COMPUTE_PGM_LO, {lo(Stage::nowhere >> 8), hi(Stage::nowhere >> 8)}), dispatch(1)) ==
          "has its code at 0x66600000000, where none is");
    // What is not asked for is not looked at.
    Compute c;
    CHECK(c.run(join({kernel, set(reg::COMPUTE_START_X, {2}), dispatch(0, 0, 0, 0), dispatch(1)})) == "");
    CHECK(c.word(4 * 63) == 1);
}

TEST_CASE("code that a packet has changed is seen after ACQUIRE_MEM and SURFACE_SYNC") {
    for (const Kind ring : both_rings) {
        Compute c(ring);
        constexpr uint64_t alias_at = 0x11'0000'0000;
        c.map(alias_at, c.code.data(), c.code.size(), true);
        constexpr uint32_t move_one = 0x7e0c0281, move_two = 0x7e0c0282;  // v_mov_b32 v6, 1
        uint64_t move = kernels_of("rings").find("rings_store")->entry;
        for (uint32_t word = 0; word != move_one; move += 4) std::memcpy(&word, c.code.data() + move, 4);
        const Words start = dispatch(1), changed = write(alias_at + move - 4, {move_two});
        const Words sync = ring == Kind::Gfx ? packet(Op::SURFACE_SYNC, {1u << 29, ~0u, 0, 10})
                                             : packet(Op::ACQUIRE_MEM, {1u << 29, ~0u, 0xff, 0, 0, 10});
        // One submission: a new buffer would be a new mapping, after which all code is decoded again.
        CHECK(c.run(join({use("rings_store", {lo(at(0)), hi(at(0))}), start, partial_flush(), copy_word(at(4), at(0)),
                          changed, sync, start})) == "");
        CHECK(c.word(4) == 1);
        CHECK(c.word(0) == 2);
    }
}

TEST_CASE("an end-of-pipe write comes when the grids before it have ended, while later packets go on") {
    for (const Kind ring : both_rings) {
        Compute c(ring);
        Ending end = c.submit({join({wait_at(at(0), 5), when_done(ring, pm4::DATA_SEL_VALUE_32, at(0x40), 7),
                                     write(at(0x48), {1}), copy_word(at(0x50), at(0x40))})});
        CHECK(becomes(c.word(0x48), 1));
        CHECK(Card().run({nop}) == "");
        CHECK(seen(c.word(0x40)) == 0);
        CHECK(!end.has_come());
        open_gate(c.word(0));
        CHECK(end.why() == "");
        CHECK(c.word(4) == 5);
        CHECK(c.word(0x40) == 7);
        CHECK(c.word(0x50) == 0);
    }
}

TEST_CASE("an end-of-pipe write waits for no grid that comes after it") {
    for (const Kind ring : both_rings) {
        Compute c(ring);
        Ending end = c.submit({join({wait_at(at(0), 5), when_done(ring, pm4::DATA_SEL_VALUE_32, at(0x40), 1),
                                     wait_at(at(0x10), 6), when_done(ring, pm4::DATA_SEL_VALUE_32, at(0x44), 1)})});
        open_gate(c.word(0));
        CHECK(becomes(c.word(0x40), 1));
        CHECK(seen(c.word(4)) == 5);
        CHECK(Card().run({nop}) == "");
        CHECK(seen(c.word(0x44)) == 0);
        CHECK(!end.has_come());
        open_gate(c.word(0x10));
        CHECK(end.why() == "");
        CHECK(c.word(0x14) == 6);
        CHECK(c.word(0x44) == 1);
    }
}

TEST_CASE("end-of-pipe writes come in their order, also when a later grid ends first") {
    Compute c;
    Ending end =
        c.submit({join({wait_at(at(0), 5), when_done(Kind::Compute, pm4::DATA_SEL_VALUE_32, at(0x40), 1),
                        wait_at(at(0x10), 6), when_done(Kind::Compute, pm4::DATA_SEL_VALUE_32, at(0x44), 1)})});
    open_gate(c.word(0x10));
    CHECK(becomes(c.word(0x14), 6));
    CHECK(Card().run({nop}) == "");
    CHECK(seen(c.word(0x44)) == 0);
    open_gate(c.word(0));
    CHECK(end.why() == "");
    CHECK(c.word(0x40) + c.word(0x44) == 2);
}

TEST_CASE("end-of-pipe packets write what they select") {
    for (const Kind ring : both_rings) {
        Card c(ring);
        for (uint32_t i = 0; i < 16; ++i) c.word(4 * i) = 0xeeeeeeee;
        constexpr uint64_t data = 0x1122334455667788;
        const uint64_t before = emulator::Device::ticks();
        CHECK(c.run(join({when_done(ring, pm4::DATA_SEL_NONE, Stage::nowhere, data),
                          when_done(ring, pm4::DATA_SEL_VALUE_32, at(0), data),
                          when_done(ring, pm4::DATA_SEL_VALUE_64, at(8), data),
                          when_done(ring, pm4::DATA_SEL_GPU_CLOCK, at(16), data),
                          when_done(ring, pm4::DATA_SEL_PERF_COUNTER, at(32), data)})) == "");
        CHECK(c.wide(0) == 0xeeeeeeee55667788);
        CHECK(c.wide(8) == data);
        CHECK(before <= c.wide(16));
        CHECK(c.wide(16) <= emulator::Device::ticks());
        CHECK(c.word(24) == 0xeeeeeeee);
        CHECK(c.wide(32) == ~0ull);
        CHECK(c.word(40) == 0xeeeeeeee);
        const std::string name = ring == Kind::Gfx ? "EVENT_WRITE_EOP" : "RELEASE_MEM";
        CHECK(refusal(when_done(ring, pm4::DATA_SEL_GDS, at(0), 0), ring) ==
              name + " stores GDS memory, of which a context has none here");
        for (const uint32_t kind : {6u, 7u})
            CHECK(refusal(when_done(ring, kind, at(0), 0), ring) ==
                  name + " writes data of kind " + std::to_string(kind));
        CHECK(refusal(when_done(ring, 1, Stage::nowhere, 0), ring) == unmapped("writes to", Stage::nowhere));
    }
    Words to_register = when_done(Kind::Compute, 1, at(0), 1);
    for (const uint32_t target : {2u, 3u}) {
        to_register[2] = 1u << 29 | target << 16;
        CHECK(refusal(to_register) == "RELEASE_MEM writes to a register of a queue");
    }
    to_register[2] = 1u << 29 | 1 << 16;  // through the L2
    Card c(Kind::Compute), gfx(Kind::Gfx);
    CHECK(c.run(to_register) == "");
    CHECK(c.word(0) == 1);
    const auto end_of_shader = [](uint32_t command) {
        return packet(Op::EVENT_WRITE_EOS, {pm4::EVENT_CS_DONE | 6 << 8, lo(at(0)), hi(at(0)) | command << 29, 9});
    };
    CHECK(gfx.run(end_of_shader(2)) == "");
    CHECK(gfx.word(0) == 9);
    for (const uint32_t command : {0u, 1u, 3u})
        CHECK(refusal(end_of_shader(command), Kind::Gfx) == "EVENT_WRITE_EOS stores what is not modelled");
}

TEST_CASE("EVENT_WRITE of a partial flush waits for the grids before it, other events do not") {
    for (const Kind ring : both_rings) {
        Compute c(ring);
        Ending end = c.submit({join({wait_at(at(0), 5), packet(Op::EVENT_WRITE, {0x16 | 7 << 8}), write(at(0x40), {1}),
                                     partial_flush(), copy_word(at(0x44), at(4)), write(at(0x48), {1})})});
        CHECK(becomes(c.word(0x40), 1));
        CHECK(Card().run({nop}) == "");
        CHECK(seen(c.word(0x48)) == 0);
        CHECK(!end.has_come());
        open_gate(c.word(0));
        CHECK(end.why() == "");
        CHECK(c.word(0x44) == 5);
        CHECK(c.word(0x48) == 1);
    }
}

TEST_CASE("grids of one ring are under way together") {
    Compute c;
    Ending end = c.submit({join({wait_at(at(0), 1), wait_at(at(0x10), 2), wait_at(at(0x20), 3)})});
    for (const uint32_t gate : {0x20u, 0x10u, 0u}) {
        open_gate(c.word(gate));
        CHECK(becomes(c.word(gate + 4), gate / 16 + 1));
    }
    CHECK(end.why() == "");
}

TEST_CASE("a grid that faults gives its submission up, and the ring is dead") {
    Compute c;
    const std::string why = c.run(join({use("rings_store", {lo(Stage::nowhere), hi(Stage::nowhere)}, {64, 1, 1}),
                                        dispatch(1), when_done(Kind::Compute, 1, at(0), 1)}));
    CHECK(why.find("wave 0 of group (0, 0, 0): ") == 0);
    CHECK(why.find("0x66600000000") != std::string::npos);
    CHECK(c.word(0) == 0);
    CHECK(c.run({nop}) == "an earlier submission was given up");
    Compute other;
    CHECK(other.run(join({use("rings_store", {lo(at(0)), hi(at(0))}), dispatch(1)})) == "");
    CHECK(other.word(0) == 1);
}

TEST_CASE("patience does not run out while a grid executes") {
    Compute c(Kind::Compute, 0.1);
    Ending end = c.submit({join({wait_at(at(0), 5), partial_flush()})});
    for (int i = 0; i < 3; ++i) CHECK(Card(Kind::Compute, 0.1).run(wait_until(at(0), 3, 1)) != "");
    CHECK(!end.has_come());
    open_gate(c.word(0));
    CHECK(end.why() == "");
    CHECK(c.word(4) == 5);
}

TEST_CASE("a ring that goes away stops its grids, and so does a submission that is given up") {
    for (const bool give_up : {false, true}) {
        Compute c;
        const Words packets = join({wait_at(at(0), 5), write(at(0x40), {1}), {give_up ? 0 : nop}});
        bool running = true;
        emulator::Ring::Job job;
        job.buffers = {{c.put(packets), uint32_t(packets.size())}};
        job.done = [&](const std::string&) { running = c.engine->running(); };
        Ending end = c.submit(std::move(job), [] { return true; });
        CHECK(becomes(c.word(0x40), 1));
        if (!give_up) c.leave();
        CHECK(end.why() == (give_up ? "the PM4 header 0x0 is none that is modelled" : "its context is gone"));
        CHECK(!running);
        CHECK(c.word(4) == 0);
    }
}

TEST_CASE("large copies let other rings have their turns") {
    Card copies, other;
    constexpr uint64_t large_at = 0x44'0000'0000, shared_at = 0x88'0000'0000;
    constexpr uint32_t bytes = 0x1ffffc;
    std::vector<uint32_t> large(bytes / 2);
    std::array<uint32_t, 3> shared = {0, 0, 2};
    copies.map(large_at, large.data(), 2 * bytes, true);
    for (Card* c : {&copies, &other}) c->map(shared_at, shared.data(), sizeof shared, true);
    Ending looks = other.submit({join({wait_until(shared_at, 3, 1), copy_word(shared_at + 8, shared_at + 4)})});
    Words packets = write(shared_at, {1});
    const Words one = dma(0, large_at, large_at + bytes, bytes);
    for (int i = 0; i < 4000; ++i) packets.insert(packets.end(), one.begin(), one.end());
    Ending end = copies.submit({join({packets, write(shared_at + 4, {1})})});
    CHECK(looks.why() == "");
    CHECK(shared[2] == 0);  // what it saw between two copies
    copies.leave();
    end.why();
}
