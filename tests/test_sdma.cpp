// SDMA packets through a ring: what each does to memory, beside a plain computation of the host.

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <limits>

#include "emulator/cp/sdma.hpp"
#include "tests/ring_stage.hpp"

using namespace gcn;
using namespace gcn::test;
using isa::sdma::Op;

namespace sdma = isa::sdma;

namespace {

struct Copier : Stage {
    explicit Copier(double patience = 20)
        : Stage(patience,
                [](emulator::Client& c) { return std::make_unique<emulator::Sdma>(emulator::Device::open(), c); }) {}
};

constexpr uint64_t at(uint64_t offset) { return Stage::memory_at + offset; }

Words packet(Op op, Words rest, uint32_t more = 0) {
    rest.insert(rest.begin(), sdma::header(op, more));
    return rest;
}
Words copy(uint64_t to, uint64_t from, uint32_t bytes) {
    return packet(Op::COPY_LINEAR, {bytes, 0, lo(from), hi(from), lo(to), hi(to)});
}
Words write(uint64_t to, const Words& data) {
    return join({packet(Op::WRITE_LINEAR, {lo(to), hi(to), uint32_t(data.size())}), data});
}
Words fill(uint64_t to, uint32_t value, uint32_t bytes, uint32_t size) {
    return packet(Op::CONST_FILL, {lo(to), hi(to), value, bytes}, sdma::CONST_FILL_SIZE(size));
}
Words fence(uint64_t to, uint32_t value) { return packet(Op::FENCE, {lo(to), hi(to), value}); }
Words indirect(uint64_t buffer, uint32_t words) { return packet(Op::INDIRECT, {lo(buffer), hi(buffer), words, 0, 0}); }
Words poll(uint64_t of, uint32_t function, uint32_t reference, uint32_t mask, uint32_t retries) {
    return packet(Op::POLL_REGMEM, {lo(of), hi(of), reference, mask, 10 | sdma::POLL_REGMEM_RETRIES(retries)},
                  sdma::POLL_REGMEM_FUNCTION(function) | sdma::POLL_REGMEM_IN_MEMORY(1));
}
Words skip_unless(uint64_t of, uint32_t reference, uint32_t words) {
    return packet(Op::COND_EXE, {lo(of), hi(of), reference, words});
}
Words atomic(uint64_t to, uint32_t operation, uint64_t data, uint64_t compared, bool loop = false) {
    return packet(Op::ATOMIC, {lo(to), hi(to), lo(data), hi(data), lo(compared), hi(compared), 1},
                  sdma::ATOMIC_OPERATION(operation) | sdma::ATOMIC_LOOP(loop));
}

// What an untouched engine says of packets.
std::string refusal(Words packets) {
    Copier c;
    return c.run(std::move(packets));
}

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

// ---- the stream -----------------------------------------------------------------------------------------------------

TEST_CASE("a buffer of no words and a submission of no buffers end at once") {
    Copier c;
    CHECK(c.run({}) == "");
    CHECK(c.submit({}).why() == "");
}

TEST_CASE("a NOP skips as many words as it counts") {
    Copier c;
    const Words nop = {sdma::header(Op::NOP)};
    const Words long_nop = {sdma::header(Op::NOP, sdma::NOP_SKIPPED(3)), 0xdeadbeef, sdma::header(Op::SRBM_WRITE),
                            0xff};
    CHECK(c.run(join({nop, long_nop, nop, fence(at(8), 7)})) == "");
    CHECK(c.word(8) == 7);
}

TEST_CASE("a packet that its buffer does not hold is refused") {
    for (const sdma::Packet& p : sdma::packets) {
        if (p.op == Op::NOP) continue;
        INFO(p.name);
        Words cut(p.words - 1);
        cut[0] = sdma::header(p.op);
        const std::string why = refusal(cut);
        const std::string short_of =
            " is cut short: " + std::to_string(p.words) + " words, the buffer has " + std::to_string(p.words - 1);
        CHECK((why == std::string(p.name) + short_of || why.find("not modelled") != std::string::npos ||
               why.find("privileged") != std::string::npos || why.find("only the driver") != std::string::npos));
    }
    CHECK(refusal({sdma::header(Op::NOP, sdma::NOP_SKIPPED(1))}) == "NOP is cut short: 2 words, the buffer has 1");
    Words two = write(at(0), {1, 2});
    two.pop_back();
    CHECK(refusal(two) == "WRITE_LINEAR is cut short: 6 words, the buffer has 5");
    CHECK(refusal({sdma::header(Op::COPY_LINEAR_BROADCAST), 0, 0, 0, 0, 0, 0}) ==
          "COPY_LINEAR_BROADCAST is cut short: 9 words, the buffer has 7");
}

TEST_CASE("headers without a row are refused") {
    for (const uint32_t header : {0x3u, 0x10u, 0xffu, 0x201u, 0x105u, 0x30du, 0x10000003u}) {
        char text[64];
        std::snprintf(text, sizeof text, "the SDMA header 0x%x is none that is modelled", header);
        CHECK(refusal(Words(16, header)) == text);
    }
}

TEST_CASE("packets that are not modelled are refused with their reason") {
    const auto why = [](Op op) { return refusal(packet(op, Words(16))); };
    CHECK(why(Op::COPY_TILED) == "COPY_TILED copies tiles, which are not modelled");
    CHECK(why(Op::COPY_TILED_BROADCAST) == "COPY_TILED_BROADCAST copies tiles, which are not modelled");
    CHECK(why(Op::COPY_STRUCT) == "COPY_STRUCT copies structures, which are not modelled");
    CHECK(why(Op::COPY_TILED_SUB_WIND) == "COPY_TILED_SUB_WIND copies tiles, which are not modelled");
    CHECK(why(Op::COPY_T2T_SUB_WIND) == "COPY_T2T_SUB_WIND copies tiles, which are not modelled");
    CHECK(why(Op::WRITE_TILED) == "WRITE_TILED writes tiles, which are not modelled");
    CHECK(why(Op::SEMAPHORE) == "SEMAPHORE waits for or signals a semaphore, which is not modelled");
    CHECK(why(Op::TIMESTAMP_SET) == "TIMESTAMP_SET sets the engine's own clock, which only the driver does");
    CHECK(why(Op::SRBM_WRITE) == "SRBM_WRITE writes a privileged register");
    CHECK(why(Op::PRE_EXE) == "PRE_EXE chooses between engines, which is not modelled");
}

TEST_CASE("a refused packet has no effect, those before it have, and the ring is dead afterwards") {
    Copier c;
    const Words bad = {sdma::header(Op::SRBM_WRITE), 0, 0};
    CHECK(c.run(join({fence(at(0), 1), bad, fence(at(4), 1)})) == "SRBM_WRITE writes a privileged register");
    CHECK(c.word(0) == 1);
    CHECK(c.word(4) == 0);
    CHECK(c.run(fence(at(8), 1)) == "an earlier submission was given up");
    CHECK(c.word(8) == 0);
}

TEST_CASE("the buffers of a submission are obeyed in order") {
    Copier c;
    CHECK(c.submit({fence(at(0), 1), copy(at(4), at(0), 4), fence(at(0), 2), copy(at(8), at(0), 4)}).why() == "");
    CHECK(c.word(0) == 2);
    CHECK(c.word(4) == 1);
    CHECK(c.word(8) == 2);
}

TEST_CASE("a buffer may call another, which may not call a third") {
    Copier c;
    const Words third = fence(at(0), 3), second = join({fence(at(4), 2), fence(at(8), 2)});
    CHECK(c.run(join({indirect(c.put(second), 8), copy(at(12), at(8), 4)})) == "");
    CHECK(c.word(4) == 2);
    CHECK(c.word(12) == 2);
    // One after the other is no nesting.
    CHECK(c.run(join({indirect(c.put(second), 8), indirect(c.put(third), 4)})) == "");
    CHECK(c.word(0) == 3);
    CHECK(c.run(indirect(c.put(second), 0)) == "");
    c.word(0) = 0;
    CHECK(c.run(indirect(c.put(indirect(c.put(third), 4)), 6)) ==
          "INDIRECT is nested too deep: a buffer may call one more");
    CHECK(c.word(0) == 0);
}

TEST_CASE("a buffer that is misaligned or not there is refused") {
    CHECK(refusal(indirect(at(16), 4)) == "INDIRECT is about 0x1234ffffc010, no multiple of 32");
    CHECK(refusal(indirect(Stage::nowhere, 1)) == "a packet reads from 0x66600000000, which is not mapped to the GPU");
    CHECK(refusal(indirect(at(Stage::size - 32), 9)) ==
          "a packet reads from 0x123500004000, which is not mapped to the GPU");
    Copier c;
    emulator::Ring::Job job;
    job.buffers = {{Stage::nowhere + 32, 1}};
    CHECK(c.submit(std::move(job), [] { return true; }).why() ==
          "a packet reads from 0x66600000020, which is not mapped to the GPU");
}

// ---- data -----------------------------------------------------------------------------------------------------------

TEST_CASE("COPY_LINEAR copies any number of bytes between any two addresses") {
    Copier c;
    Random random(1);
    for (int i = 0; i < 120; ++i) {
        const Bytes before = random.bytes(Stage::size);
        c.set_memory(before);
        const uint32_t most = i % 3 ? 40 : 9000, bytes = random.below(most), from = random.below(Stage::size - bytes);
        uint32_t to = random.below(Stage::size - bytes);
        if (to > from && to < from + bytes) to = from - random.below(from + 1);  // not into its own source's end
        Bytes expected = before;
        std::memmove(expected.data() + to, before.data() + from, bytes);
        INFO(bytes << " bytes from " << from << " to " << to);
        REQUIRE(c.run(copy(at(to), at(from), bytes)) == "");
        REQUIRE(c.memory() == expected);
    }
}

TEST_CASE("COPY_LINEAR copies nothing when it counts no bytes, wherever it points") {
    Copier c;
    const Bytes before = Random(2).bytes(Stage::size);
    c.set_memory(before);
    CHECK(c.run(copy(Stage::nowhere, Stage::nowhere, 0)) == "");
    CHECK(c.memory() == before);
}

TEST_CASE("COPY_LINEAR counts 22 bits of bytes") {
    Copier c;
    constexpr uint32_t most = 0x3fffff;
    std::vector<uint32_t> large(2 * (most + 1) / 4);
    for (uint32_t i = 0; i < (most + 1) / 4; ++i) large[i] = i * 0x9e3779b9;
    constexpr uint64_t large_at = 0x44'0000'0000;
    c.map(large_at, large.data(), 4 * large.size(), true);
    CHECK(c.run(copy(large_at + most + 1, large_at, most | 0xffc00000)) == "");
    const auto* bytes = reinterpret_cast<const uint8_t*>(large.data());
    CHECK(std::memcmp(bytes, bytes + most + 1, most) == 0);
    CHECK(bytes[most] != 0);
    CHECK(bytes[2 * most + 1] == 0);
}

TEST_CASE("a broadcast copy writes both targets") {
    Copier c;
    Random random(3);
    for (int i = 0; i < 60; ++i) {
        const Bytes before = random.bytes(Stage::size);
        c.set_memory(before);
        const uint32_t third = Stage::size / 3, bytes = random.below(i % 2 ? 64 : third);
        const uint32_t from = random.below(third - bytes), one = third + random.below(third - bytes),
                       two = 2 * third + random.below(third - bytes);
        Bytes expected = before;
        std::copy_n(before.begin() + from, bytes, expected.begin() + one);
        std::copy_n(before.begin() + from, bytes, expected.begin() + two);
        REQUIRE(c.run(packet(Op::COPY_LINEAR_BROADCAST, {bytes, 0, lo(at(from)), hi(at(from)), lo(at(one)), hi(at(one)),
                                                         lo(at(two)), hi(at(two))})) == "");
        REQUIRE(c.memory() == expected);
    }
}

namespace {

struct Image {
    uint64_t offset;
    uint32_t x, y, z, pitch, slice;
};
Words copy_window(const Image& to, const Image& from, uint32_t element, uint32_t width, uint32_t height,
                  uint32_t depth) {
    const auto image = [](const Image& i) {
        return Words{lo(at(i.offset)), hi(at(i.offset)), i.x | i.y << 16, i.z | (i.pitch - 1) << 16, i.slice - 1};
    };
    return join({packet(Op::COPY_LINEAR_SUB_WIND, image(from), element << 29),
                 image(to),
                 {(width - 1) | (height - 1) << 16, depth - 1}});
}

}  // namespace

TEST_CASE("COPY_LINEAR_SUB_WIND copies a box of elements between images") {
    Copier c;
    Random random(4);
    for (int i = 0; i < 120; ++i) {
        const uint32_t element = random.below(5), bytes = 1 << element;
        const uint32_t width = 1 + random.below(7), height = 1 + random.below(5), depth = 1 + random.below(3);
        const auto image = [&](uint32_t first) {
            Image m{first + random.below(40), random.below(5), random.below(4), random.below(3), 0, 0};
            m.pitch = m.x + width + random.below(4);
            m.slice = m.pitch * (m.y + height) + random.below(9);
            return m;
        };
        const Image from = image(0), to = image(Stage::half);  // at most 40 + 6 * 24 * 14 * 16 bytes: less than a half
        const Bytes before = random.bytes(Stage::size);
        Bytes expected = before;
        c.set_memory(before);
        for (uint32_t z = 0; z < depth; ++z)
            for (uint32_t y = 0; y < height; ++y)
                for (uint32_t x = 0; x < width; ++x)
                    for (uint32_t b = 0; b < bytes; ++b) {
                        const auto place = [&](const Image& m) {
                            return m.offset + (m.x + x + (m.y + y) * m.pitch + (m.z + z) * m.slice) * bytes + b;
                        };
                        expected.at(place(to)) = before.at(place(from));
                    }
        INFO(width << "x" << height << "x" << depth << " elements of " << bytes << " bytes");
        REQUIRE(c.run(copy_window(to, from, element, width, height, depth)) == "");
        REQUIRE(c.memory() == expected);
    }
}

TEST_CASE("an endless window lets other rings have their turns, and stops with its own") {
    Copier endless, other;
    constexpr uint32_t width = 1 << 14, height = 1 << 14, depth = 1 << 11, element = 4, beside = 1 << 20;
    std::vector<uint32_t> image(((width + height + depth) << element) / 4);
    endless.map(at(beside), image.data(), 4 * image.size(), true);
    const Image rows_that_overlap{beside, 0, 0, 0, 1, 1};
    const Words window = copy_window(rows_that_overlap, rows_that_overlap, element, width, height, depth);
    Ending end = endless.submit({window});
    for (uint32_t i = 1; i <= 20; ++i) CHECK(other.run(fence(at(0), i)) == "");
    CHECK(other.word(0) == 20);
    CHECK(!end.has_come());  // it has 2^43 bytes
    endless.leave();
    CHECK(end.why() == "its context is gone");
}

TEST_CASE("WRITE_LINEAR writes its words") {
    Copier c;
    Random random(5);
    for (const uint32_t words : {0u, 1u, 2u, 3u, 17u, 1000u, Stage::size / 4}) {
        const Bytes before = random.bytes(Stage::size), data = random.bytes(4 * words);
        const uint32_t to = 4 * random.below(Stage::size / 4 - words + 1);
        c.set_memory(before);
        Words packed(words);
        if (words) std::memcpy(packed.data(), data.data(), data.size());
        Bytes expected = before;
        std::copy(data.begin(), data.end(), expected.begin() + to);
        REQUIRE(c.run(join({write(at(to), packed), {sdma::header(Op::NOP)}})) == "");
        REQUIRE(c.memory() == expected);
    }
    CHECK(refusal(write(at(2), {1})) == "WRITE_LINEAR is about 0x1234ffffc002, no multiple of 4");
}

TEST_CASE("CONST_FILL repeats a byte or a word") {
    Copier c;
    Random random(6);
    for (int i = 0; i < 80; ++i) {
        const bool words = i % 2;
        const Bytes before = random.bytes(Stage::size);
        c.set_memory(before);
        const uint32_t bytes = random.below(i % 3 ? 50 : 9000), value = uint32_t(random.next());
        const uint32_t to = words ? random.below((Stage::size - bytes) / 4) * 4 : random.below(Stage::size - bytes);
        Bytes expected = before;
        for (uint32_t k = 0; k < (words ? bytes / 4 * 4 : bytes); ++k)
            expected[to + k] = uint8_t(words ? value >> 8 * (k % 4) : value);
        INFO(bytes << " bytes from " << to);
        REQUIRE(c.run(fill(at(to), value, bytes, words ? sdma::FILL_WORDS : sdma::FILL_BYTES)) == "");
        REQUIRE(c.memory() == expected);
    }
    CHECK(refusal(fill(at(2), 0, 4, sdma::FILL_WORDS)) == "CONST_FILL is about 0x1234ffffc002, no multiple of 4");
    CHECK(refusal(fill(at(0), 0, 4, 1)) == "CONST_FILL fills by size 1");
    CHECK(refusal(fill(at(0), 0, 4, 3)) == "CONST_FILL fills by size 3");
}

TEST_CASE("GEN_PTEPDE writes values that grow, with the mask's bits") {
    Copier c;
    Random random(7);
    for (const uint32_t count : {0u, 1u, 2u, 511u, Stage::size / 8}) {
        const uint64_t mask = random.next(), first = random.next(), increment = random.next();
        const Bytes before = random.bytes(Stage::size);
        c.set_memory(before);
        const uint32_t to = 8 * random.below(Stage::size / 8 - count + 1);
        Bytes expected = before;
        for (uint64_t i = 0; i < count; ++i) {
            const uint64_t value = (first + i * increment) | mask;
            std::memcpy(expected.data() + to + 8 * i, &value, 8);
        }
        REQUIRE(c.run(packet(Op::GEN_PTEPDE, {lo(at(to)), hi(at(to)), lo(mask), hi(mask), lo(first), hi(first),
                                              lo(increment), hi(increment), count | 0xfff80000})) == "");
        REQUIRE(c.memory() == expected);
    }
    CHECK(refusal(packet(Op::GEN_PTEPDE, {lo(at(4)), hi(at(4)), 0, 0, 0, 0, 0, 0, 1})) ==
          "GEN_PTEPDE is about 0x1234ffffc004, no multiple of 8");
}

TEST_CASE("packets that swap bytes are refused") {
    for (const uint32_t swap : {1u << 16, 2u << 24}) {
        CHECK(refusal({sdma::header(Op::COPY_LINEAR), 4, swap, lo(at(0)), hi(at(0)), lo(at(8)), hi(at(8))}) ==
              "COPY_LINEAR swaps bytes, which is not modelled");
        Words window = copy_window({0, 0, 0, 0, 1, 1}, {0, 0, 0, 0, 1, 1}, 0, 1, 1, 1);
        window.back() |= swap;
        CHECK(refusal(window) == "COPY_LINEAR_SUB_WIND swaps bytes, which is not modelled");
    }
    Words both = packet(Op::COPY_LINEAR_BROADCAST, {4, 1 << 8, lo(at(0)), hi(at(0)), lo(at(8)), hi(at(8)), 0, 0});
    CHECK(refusal(both) == "COPY_LINEAR_BROADCAST swaps bytes, which is not modelled");
    Words one = write(at(0), {1});
    one[3] |= 1 << 24;
    CHECK(refusal(one) == "WRITE_LINEAR swaps bytes, which is not modelled");
    Words zeros = fill(at(0), 0, 4, sdma::FILL_WORDS);
    zeros[0] |= 1 << 16;
    CHECK(refusal(zeros) == "CONST_FILL swaps bytes, which is not modelled");
    CHECK(refusal(copy_window({0, 0, 0, 0, 1, 1}, {0, 0, 0, 0, 1, 1}, 5, 1, 1, 1)) ==
          "COPY_LINEAR_SUB_WIND has elements of 2^5 bytes");
}

TEST_CASE("an address that is not mapped stops the ring, and says which") {
    const std::string unmapped = ", which is not mapped to the GPU";
    const uint64_t end = at(Stage::size);
    CHECK(refusal(copy(at(0), Stage::nowhere, 1)) == "a packet reads from 0x66600000000" + unmapped);
    CHECK(refusal(copy(Stage::nowhere, at(0), 1)) == "a packet writes to 0x66600000000" + unmapped);
    CHECK(refusal(copy(at(0), end - 3, 4)) == "a packet reads from 0x123500004000" + unmapped);
    CHECK(refusal(copy(end - 3, at(0), 4)) == "a packet writes to 0x123500004000" + unmapped);
    CHECK(refusal(copy(~0ull, at(0), 4)) == "a packet writes to 0xffffffffffffffff" + unmapped);
    CHECK(refusal(fence(end, 1)) == "a packet writes to 0x123500004000" + unmapped);
    CHECK(refusal(write(end - 4, {1, 2})) == "a packet writes to 0x123500004000" + unmapped);
    CHECK(refusal(fill(end - 4, 1, 8, sdma::FILL_WORDS)) == "a packet writes to 0x123500004000" + unmapped);
    CHECK(refusal(poll(end, 0, 0, 0, 0)) == "a packet reads from 0x123500004000" + unmapped);
    CHECK(refusal(skip_unless(Stage::nowhere, 0, 0)) == "a packet reads from 0x66600000000" + unmapped);
    CHECK(refusal(atomic(Stage::nowhere, 0x0f, 1, 0)) == "a packet reads from 0x66600000000" + unmapped);
    CHECK(refusal(packet(Op::TIMESTAMP_GET, {0, 0})) == "a packet writes to 0x0" + unmapped);
    CHECK(refusal(packet(Op::GEN_PTEPDE, {0, 0, 0, 0, 0, 0, 0, 0, 1})) == "a packet writes to 0x0" + unmapped);
    CHECK(ends_with(refusal(copy_window({0, 0, 0, 2000, 1, 0x8000}, {0, 0, 0, 0, 1, 1}, 0, 1, 1, 1)), unmapped));
}

TEST_CASE("memory that is read-only for the GPU is read and not written") {
    Copier c;
    c.fixed[3] = 0x12345678;
    CHECK(c.run(copy(at(0), Stage::read_only_at + 12, 4)) == "");
    CHECK(c.word(0) == 0x12345678);
    CHECK(c.run(fence(Stage::read_only_at + 12, 1)) ==
          "a packet writes to 0x7770000000c, which is not mapped to the GPU");
    CHECK(c.fixed[3] == 0x12345678);
}

// ---- flow -----------------------------------------------------------------------------------------------------------

TEST_CASE("FENCE writes a word, TRAP interrupts with its context") {
    Copier c;
    CHECK(c.run(join({fence(at(0x3ffc), 0xffffffff), packet(Op::TRAP, {5}), packet(Op::TRAP, {0xffffffff})})) == "");
    CHECK(c.word(0x3ffc) == 0xffffffff);
    CHECK(c.word(0x4000) == 0);
    CHECK(c.client.interrupts == std::vector<uint32_t>{5, 0x0fffffff});
    CHECK(c.run(fence(at(2), 1)) == "FENCE is about 0x1234ffffc002, no multiple of 4");
}

TEST_CASE("TIMESTAMP writes the GPU's clock where 32 divides the address, else zero") {
    Copier c;
    for (uint32_t i = 0; i < 16; ++i) c.word(4 * i) = 0xffffffff;
    const auto stamp = [](Op op, uint32_t offset) { return packet(op, {lo(at(offset)), hi(at(offset))}); };
    const uint64_t before = emulator::Device::ticks();
    CHECK(c.run(join({stamp(Op::TIMESTAMP_GET_GLOBAL, 0), stamp(Op::TIMESTAMP_GET_GLOBAL, 8),
                      stamp(Op::TIMESTAMP_GET, 32)})) == "");
    const uint64_t after = emulator::Device::ticks();
    const auto first = c.wide(0), second = c.wide(32);
    CHECK(before <= first);
    CHECK(first <= second);
    CHECK(second <= after);
    CHECK(c.wide(8) == 0);
    CHECK(c.wide(16) == ~0ull);
    CHECK(c.run(stamp(Op::TIMESTAMP_GET, 4)) == "TIMESTAMP_GET is about 0x1234ffffc004, no multiple of 8");
}

TEST_CASE("POLL_REGMEM compares by seven functions under a mask, without signs") {
    const auto holds = [](uint32_t function, uint32_t a, uint32_t b) {
        return std::array{true, a<b, a <= b, a == b, a != b, a >= b, a> b}[function];
    };
    Copier c;
    for (uint32_t function = 0; function < 7; ++function)
        for (const auto& [value, reference] : {std::pair{4u, 5u}, {5u, 5u}, {6u, 5u}, {0x80000000u, 1u}, {0u, ~0u}}) {
            INFO("function " << function << " of " << value << " and " << reference);
            c.word(0) = value;
            if (holds(function, value, reference))
                CHECK(c.run(poll(at(0), function, reference, ~0u, 0)) == "");
            else
                CHECK(refusal(join({fence(at(0), value), poll(at(0), function, reference, ~0u, 0)})) ==
                      "POLL_REGMEM has looked 1 times for a value that did not come");
        }
    c.word(0) = 0xffff0012;
    CHECK(c.run(poll(at(0), 3, 0x12, 0xff, 0)) == "");
    CHECK(c.run(poll(at(0), 7, 0, 0, 0)) == "POLL_REGMEM compares by function 7");
}

namespace {
using State = emulator::Engine::State;
// The engine alone, which looks when it is told to.
struct Alone : Copier {
    emulator::Sdma sdma{emulator::Device::open(), client};
    void begin(const Words& packets) { sdma.begin(put(packets), uint32_t(packets.size())); }
};
}  // namespace

TEST_CASE("POLL_REGMEM gives up after its retries; each has a count of its own") {
    Alone c;
    const Words two = join({poll(at(0), 3, 1, ~0u, 3), poll(at(4), 3, 1, ~0u, 3)});
    const auto looks = [&](int times) {
        for (int i = 0; i < times; ++i) CHECK(c.sdma.advance() == State::Waiting);
    };
    c.begin(two);
    looks(3);
    c.word(0) = 1;
    CHECK(c.sdma.advance() == State::Progress);
    looks(2);
    CHECK_THROWS_AS(c.sdma.advance(), emulator::BadPacket);
    // What was stopped does not count for what begins afterwards.
    c.sdma.stop();
    c.word(0) = 0;
    c.begin(two);
    looks(3);
    CHECK_THROWS_AS(c.sdma.advance(), emulator::BadPacket);
    c.sdma.stop();
    CHECK(c.sdma.advance() == State::Done);
    c.begin(two);
    looks(3);
    c.word(0) = c.word(4) = 1;
    CHECK(c.sdma.advance() == State::Done);
}

TEST_CASE("POLL_REGMEM looks more often than its retries can count when these are for ever") {
    Alone c;
    c.begin(poll(at(0), 3, 1, ~0u, sdma::RETRIES_FOR_EVER));
    bool waiting = true;
    for (int i = 0; i < 0x2000; ++i) waiting &= c.sdma.advance() == State::Waiting;
    CHECK(waiting);
    c.word(0) = 1;
    CHECK(c.sdma.advance() == State::Done);
}

TEST_CASE("a window that was stopped is no part of the next one") {
    Alone c;
    constexpr uint32_t rows = 1 << 14;
    std::vector<uint32_t> image(rows);
    c.map(at(1 << 20), image.data(), 4 * image.size(), true);
    const Image lines{1 << 20, 0, 0, 0, 1, 1};
    const Words window = copy_window(lines, lines, 2, 1, rows, 1);
    c.begin(window);
    CHECK(c.sdma.advance() == State::Progress);
    c.sdma.stop();
    c.word(0) = 1, c.word(4) = 2;
    c.begin(copy_window({8, 0, 0, 0, 1, 1}, {0, 0, 0, 0, 1, 1}, 2, 1, 2, 1));
    CHECK(c.sdma.advance() == State::Done);
    CHECK(c.word(8) == 1);
    CHECK(c.word(12) == 2);
}

TEST_CASE("POLL_REGMEM waits for ever for what another thread writes, and others work meanwhile") {
    Copier waiter, other;
    Ending end =
        waiter.submit({join({fence(at(4), 1), poll(at(0), 3, 7, ~0u, sdma::RETRIES_FOR_EVER), fence(at(8), 1)})});
    CHECK(becomes(waiter.word(4), 1));
    for (uint32_t i = 1; i <= 10; ++i) CHECK(other.run(fence(at(0), i)) == "");
    CHECK(!end.has_come());
    CHECK(std::atomic_ref(waiter.word(8)).load() == 0);
    std::atomic_ref(waiter.word(0)).store(7);
    CHECK(end.why() == "");
    CHECK(waiter.word(8) == 1);
}

TEST_CASE("what polls registers or flushes the HDP is refused") {
    const Words rest = {0, 0, 0, 0, 0};
    CHECK(refusal(packet(Op::POLL_REGMEM, rest)) == "POLL_REGMEM looks at a register, which only the driver does");
    CHECK(refusal(packet(Op::POLL_REGMEM, rest, sdma::POLL_REGMEM_HDP_FLUSH(1))) ==
          "POLL_REGMEM flushes the HDP, which only the driver does");
}

TEST_CASE("COND_EXE skips words unless memory has its reference") {
    Copier c;
    c.word(0) = 1;
    const Words two = join({fence(at(8), 1), fence(at(12), 1), fence(at(16), 1)});
    CHECK(c.run(join({skip_unless(at(0), 1, 8), two})) == "");
    CHECK(c.word(8) == 1);
    CHECK(c.word(12) == 1);
    CHECK(c.word(16) == 1);
    c.set_memory(Bytes(Stage::size));
    CHECK(c.run(join({skip_unless(at(0), 1, 8), two})) == "");
    CHECK(c.word(8) == 0);
    CHECK(c.word(12) == 0);
    CHECK(c.word(16) == 1);
    c.set_memory(Bytes(Stage::size));
    CHECK(c.run(join({skip_unless(at(0), 1, 12), two})) == "");  // to the very end
    CHECK(c.word(16) == 0);
    CHECK(c.run(join({skip_unless(at(0), 0, 13), two})) == "");  // counts nothing when it does not skip
    CHECK(c.run(join({skip_unless(at(0), 1, 13), two})) == "COND_EXE skips beyond the end of its buffer");
}

namespace {

template <class T> void check_atomics() {
    const T low = std::numeric_limits<std::make_signed_t<T>>::min();
    const std::array<T, 6> values = {0, 1, T(low - 1), low, T(~T(0)), T(0x123456789abcdef0)};
    Copier c;
    for (uint32_t operation = 0; operation < 32; ++operation) {
        const uint32_t code = operation | (sizeof(T) == 8 ? 0x20 : 0);
        INFO("operation " << code);
        if (!after_atomic<T>(operation, 0, 0, 0)) {
            char text[64];
            std::snprintf(text, sizeof text, "ATOMIC has operation 0x%x", code);
            CHECK(refusal(atomic(at(0), code, 1, 0)) == text);
            continue;
        }
        for (const T old : values)
            for (const T data : values) {
                const T compared = values[data % values.size()];
                const Words w = {lo(old), hi(old)};
                // With and without what is returned, which nobody sees.
                const Words packets = join({write(at(0x3ff8), w), atomic(at(0x3ff8), code, data, compared),
                                            write(at(0x4008), w), atomic(at(0x4008), code | 0x40, data, compared)});
                c.set_wide(0x4000, 0);
                REQUIRE(c.run(packets) == "");
                const T expected = *after_atomic<T>(operation, old, data, compared);
                REQUIRE(c.wide(0x3ff8) == expected);
                REQUIRE(c.wide(0x4008) == expected);
                REQUIRE(c.wide(0x4000) == 0);
            }
    }
}

}  // namespace

TEST_CASE("ATOMIC changes a word by thirteen operations") { check_atomics<uint32_t>(); }
TEST_CASE("ATOMIC changes two words by thirteen operations") { check_atomics<uint64_t>(); }

TEST_CASE("ATOMIC in a loop waits until it has compared equal") {
    Copier c;
    c.word(0) = 5;
    Ending end = c.submit({join({fence(at(4), 1), atomic(at(0), 0x08, 9, 7, true), fence(at(8), 1)})});
    CHECK(becomes(c.word(4), 1));
    CHECK(Copier().run(fence(at(0), 1)) == "");
    CHECK(!end.has_come());
    CHECK(std::atomic_ref(c.word(0)).load() == 5);
    std::atomic_ref(c.word(0)).store(7);
    CHECK(end.why() == "");
    CHECK(c.word(0) == 9);
    CHECK(c.run(atomic(at(0), 0x08, 1, 2)) == "");  // without the loop it is done either way
    CHECK(c.word(0) == 9);
    CHECK(c.run(atomic(at(4), 0x2f, 1, 0)) == "ATOMIC is about 0x1234ffffc004, no multiple of 8");
}

TEST_CASE("a wait that nobody ends is given up when patience is") {
    Copier c(0.1);
    CHECK(c.run(poll(at(0), 3, 1, ~0u, sdma::RETRIES_FOR_EVER)).find("for memory that nobody changed") !=
          std::string::npos);
}

TEST_CASE("a ring that goes away ends what waits and what has not begun") {
    Copier c;
    Ending waits = c.submit({join({fence(at(4), 1), poll(at(0), 3, 1, ~0u, sdma::RETRIES_FOR_EVER)})});
    Ending next = c.submit({fence(at(8), 1)});
    CHECK(becomes(c.word(4), 1));
    c.leave();
    CHECK(waits.why() == "its context is gone");
    CHECK(next.why() == "its context is gone");
    CHECK(c.word(8) == 0);
}
