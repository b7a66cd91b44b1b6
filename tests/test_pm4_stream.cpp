// The command streams that backend "drm" writes, packet for packet, and what its check refuses: each with a near miss.

#include <catch2/catch.hpp>
#include <vector>

#include "drm_host/check.hpp"
#include "drm_host/pm4.hpp"
#include "isa/pm4_print.hpp"

using namespace gcn;
using namespace gcn::drm_host;
using isa::pm4::Op;

namespace pm4 = isa::pm4;
namespace reg = isa::reg;
namespace sdma = isa::sdma;

namespace {

constexpr uint32_t multiple = 8;
constexpr uint64_t memory = 0x1'2345'6000;

struct Stream {
    std::vector<uint32_t> room = std::vector<uint32_t>(1024);
    Words words{room};

    std::string text() const { return pm4::print_stream(words.written()); }
    std::string refusal(StreamKind kind = StreamKind::Compute) const {
        return objection(words.written(), kind, multiple);
    }
};

constexpr uint32_t user_data[] = {0xa0, 0xa1, 0xa2};

Dispatch example() {
    Dispatch d;
    d.entry = 0x12'3456'7800;
    d.rsrc1 = 0x00ac0041;
    d.rsrc2 = reg::COMPUTE_PGM_RSRC2__USER_SGPR(3) | reg::COMPUTE_PGM_RSRC2__LDS_SIZE(4);
    d.groups = {36, 2, 1};
    d.user_data = user_data;
    return d;
}
constexpr Report report{.begin = memory, .end = memory + 8, .done = memory + 16, .number = 7};

// What is wrong with a launch after a change to it; empty when nothing is.
std::string refusal(auto change, StreamKind kind = StreamKind::Compute) {
    Dispatch d = example();
    change(d);
    Stream s;
    write_launch(s.words, d, report, multiple);
    return s.refusal(kind);
}

// The same of a stream of the parts that `write` appends, then filled up.
std::string refusal_of(auto write, StreamKind kind = StreamKind::Compute) {
    Stream s;
    write(s.words);
    s.words.pad(multiple, kind == StreamKind::Dma ? dma_padding : compute_padding);
    return s.refusal(kind);
}

void write_dispatch(Words& w) {
    acquire(w);
    set_registers(w, example());
    dispatch(w, example());
}

void read_counter(Words& w) {
    w.packet(Op::COPY_DATA,
             {pm4::COPY_DATA_SRC_SEL(pm4::SEL_PERF) | pm4::COPY_DATA_DST_SEL(pm4::SEL_MEMORY) | pm4::COPY_DATA_IS_64(1),
              0xd1c0, 0, low(memory), high(memory)});
}

}  // namespace

// ---- what is written ------------------------------------------------------------------------------------------------

TEST_CASE("a launch: caches, registers, clock, dispatch, clock, write-back and its number") {
    Stream s;
    write_launch(s.words, example(), report, multiple);
    CHECK(s.text() ==
          "ACQUIRE_MEM TC_WB_ACTION_ENA=0x1 TCL1_ACTION_ENA=0x1 TC_ACTION_ENA=0x1 SH_KCACHE_ACTION_ENA=0x1 "
          "SH_ICACHE_ACTION_ENA=0x1, 0xffffffff, 0xff, 0x0, 0x0, 0xa\n"
          "SET_SH_REG COMPUTE_START_X, 0x0, 0x0, 0x0, 0x400040, 0x10001, 0x10001, 0x0, 0x1, 0x12345678, 0x0\n"
          "SET_SH_REG COMPUTE_PGM_RSRC1, 0xac0041, 0x20006\n"
          "SET_SH_REG COMPUTE_RESOURCE_LIMITS, 0x0, 0xffffffff, 0xffffffff, 0x0, 0xffffffff, 0xffffffff\n"
          "SET_SH_REG COMPUTE_USER_DATA_0, 0xa0, 0xa1, 0xa2\n"
          "COPY_DATA SRC_SEL=0x9 DST_SEL=0x5 IS_64=0x1 CONFIRM=0x1, 0x0, 0x0, 0x23456000, 0x1\n"
          "DISPATCH_DIRECT compute 0x24, 0x2, 0x1, COMPUTE_SHADER_EN=0x1 FORCE_START_AT_000=0x1 ORDER_MODE=0x1\n"
          "RELEASE_MEM TYPE=0x28 INDEX=0x5, INT_SEL=0x3 DATA_SEL=0x3, 0x23456008, 0x1, 0x0, 0x0\n"
          "RELEASE_MEM TYPE=0x14 INDEX=0x5 TC_WB=0x1 TCL1=0x1 TC=0x1, INT_SEL=0x3 DATA_SEL=0x1, 0x23456010, 0x1, 0x7, "
          "0x0\n"
          "NOP of one word, 3 times\n");
    CHECK(s.refusal().empty());
}

TEST_CASE("the words of a launch, beside those that Linux' own headers make") {
    Stream s;
    write_launch(s.words, example(), report, multiple);
    const auto w = s.words.written();
    // PACKET3(PACKET3_ACQUIRE_MEM, 5) and CP_COHER_CNTL: vid.h, gfx_8_0_sh_mask.h
    CHECK(w[0] == 0xc0055800);
    CHECK(w[1] == 0x28c40000);
    // PACKET3(PACKET3_SET_SH_REG, 10), mmCOMPUTE_START_X - PACKET3_SET_SH_REG_START
    CHECK(w[7] == 0xc00a7600);
    CHECK(w[8] == 0x204);
    // the same packets as Mesa's, captured below Clover: c0031502 ... 45
    const auto dispatch_at = std::find(w.begin(), w.end(), 0xc0031502);
    REQUIRE(dispatch_at != w.end());
    CHECK(dispatch_at[4] == 0x45);
    // c0054900 528: RELEASE_MEM of BOTTOM_OF_PIPE_TS
    CHECK(dispatch_at[5] == 0xc0054900);
    CHECK(dispatch_at[6] == 0x528);
    CHECK(w.back() == 0xffff1000);
}

TEST_CASE("code above 40 bits of address, scratch memory and limits go where they belong") {
    Dispatch d = example();
    d.entry = 0xab'1234'5678'00;
    d.tmpring = reg::COMPUTE_TMPRING_SIZE__WAVES(1152) | reg::COMPUTE_TMPRING_SIZE__WAVESIZE(16);
    d.limits = reg::COMPUTE_RESOURCE_LIMITS__FORCE_SIMD_DIST(1);
    Stream s;
    set_registers(s.words, d);
    CHECK_THAT(s.text(), Catch::Contains("0x0, 0x1, 0x12345678, 0xab\n"));
    CHECK_THAT(s.text(), Catch::Contains("SET_SH_REG COMPUTE_RESOURCE_LIMITS, 0x800000, 0xffffffff, 0xffffffff, "
                                         "0x10480, 0xffffffff, 0xffffffff\n"));
}

TEST_CASE("a last group with fewer threads: the other dimensions have their full size there") {
    Dispatch d = example();
    d.threads = {64, 4, 1};
    d.last = {52, 0, 0};
    Stream s;
    write_launch(s.words, d, report, multiple);
    CHECK_THAT(s.text(), Catch::Contains("0x0, 0x0, 0x0, 0x340040, 0x40004, 0x10001, "));
    CHECK_THAT(s.text(), Catch::Contains("COMPUTE_SHADER_EN=0x1 PARTIAL_TG_EN=0x1 FORCE_START_AT_000=0x1"));
    CHECK(s.refusal().empty());
}

TEST_CASE("a copy by the command processor is cut into lines of 32 bytes, the last part waits for all") {
    Stream s;
    write_copy_by_cp(s.words, memory, 0x2'0000'0000, (2 << 21) + 5, report, multiple);
    CHECK(s.text() ==
          "ACQUIRE_MEM TC_WB_ACTION_ENA=0x1 TCL1_ACTION_ENA=0x1 TC_ACTION_ENA=0x1 SH_KCACHE_ACTION_ENA=0x1 "
          "SH_ICACHE_ACTION_ENA=0x1, 0xffffffff, 0xff, 0x0, 0x0, 0xa\n"
          "DMA_DATA DST_SEL=0x3 SRC_SEL=0x3, 0x0, 0x2, 0x23456000, 0x1, BYTES=0x1fffe0\n"
          "DMA_DATA DST_SEL=0x3 SRC_SEL=0x3, 0x1fffe0, 0x2, 0x23655fe0, 0x1, BYTES=0x1fffe0\n"
          "DMA_DATA DST_SEL=0x3 SRC_SEL=0x3 CP_SYNC=0x1, 0x3fffc0, 0x2, 0x23855fc0, 0x1, BYTES=0x45\n"
          "RELEASE_MEM TYPE=0x14 INDEX=0x5 TC_WB=0x1 TCL1=0x1 TC=0x1, INT_SEL=0x3 DATA_SEL=0x1, 0x23456010, 0x1, 0x7, "
          "0x0\n"
          "NOP of one word, 5 times\n");
    CHECK(s.refusal().empty());
}

TEST_CASE("a copy by the copy engine: parts of the size that it takes, then its number") {
    Stream s;
    write_copy_by_dma(s.words, memory, 0x2'0000'0000, 0x3fffe0 + 9, report, multiple);
    const std::vector<uint32_t> expected = {
        1, 0x3fffe0,   0, 0,        2, 0x23456000, 1,  // COPY_LINEAR: bytes, swaps, from, to
        1, 9,          0, 0x3fffe0, 2, 0x23855fe0, 1,  //
        5, 0x23456010, 1, 7,                           // FENCE: to, value
        0, 0,          0, 0,        0, 0,              // NOP
    };
    const auto w = s.words.written();
    CHECK(std::vector<uint32_t>(w.begin(), w.end()) == expected);
    CHECK(s.refusal(StreamKind::Dma).empty());
}

TEST_CASE("waiting for idle: memory gets a mark now, another when all has ended, and is waited for") {
    Stream s;
    wait_idle(s.words, memory);
    CHECK(s.text() ==
          "WRITE_DATA DST_SEL=0x5 CONFIRM=0x1, 0x23456000, 0x1, 0x11111111\n"
          "RELEASE_MEM TYPE=0x28 INDEX=0x5, INT_SEL=0x3 DATA_SEL=0x1, 0x23456000, 0x1, 0x22222222, 0x0\n"
          "WAIT_REG_MEM FUNCTION=0x3 SPACE=0x1, 0x23456000, 0x1, 0x22222222, 0xffffffff, 0x4\n");
}

// ---- what is printed ------------------------------------------------------------------------------------------------

TEST_CASE("the printer hides no bit, and says what is cut short or unknown") {
    const auto text = [](std::vector<uint32_t> words) { return pm4::print_stream(words); };
    CHECK(text({pm4::header(Op::EVENT_WRITE, 1), 0x407}) == "EVENT_WRITE TYPE=0x7 INDEX=0x4\n");
    CHECK(text({pm4::header(Op::EVENT_WRITE, 1), 0x80000407}) == "EVENT_WRITE TYPE=0x7 INDEX=0x4 rest=0x80000000\n");
    CHECK(text({pm4::header(Op::EVENT_WRITE, 2), 0x407}) == "EVENT_WRITE TYPE=0x7 INDEX=0x4, cut short\n");
    CHECK(text({pm4::header(Op::SET_UCONFIG_REG, 2), 0x200, 1}) == "SET_UCONFIG_REG GRBM_GFX_INDEX, 0x1\n");
    CHECK(text({pm4::header(Op::SET_UCONFIG_REG, 2), 0x1000'0201, 1}) == "SET_UCONFIG_REG 0xc201 INDEX=0x1, 0x1\n");
    CHECK(text({0xc000ee00, 0}) == "0xc000ee00, no packet that is known\n");
    CHECK(text({0x80000000}) == "0x80000000 of type 2\n");
}

// ---- what is refused ------------------------------------------------------------------------------------------------

TEST_CASE("a stream has words, as many as its ring wants") {
    CHECK(objection({}, StreamKind::Compute, multiple) == "the stream is empty");
    const std::vector<uint32_t> fillers(9, pm4::filler);
    CHECK(objection(fillers, StreamKind::Compute, 8) == "the stream has 9 words, not a multiple of 8");
    CHECK(objection(std::span(fillers).first(8), StreamKind::Compute, 8).empty());
    const std::vector<uint32_t> long_one(1 << 20, pm4::filler);
    CHECK(objection(long_one, StreamKind::Compute, 8) == "the stream has 1048576 words");
    CHECK(objection(std::span(long_one).first((1 << 20) - 8), StreamKind::Compute, 8).empty());
}

TEST_CASE("headers are of type 3, known, of this ring, whole") {
    const auto padded = [](std::vector<uint32_t> words, StreamKind kind = StreamKind::Compute) {
        words.resize((words.size() + 7) / 8 * 8, pm4::filler);
        return objection(words, kind, 8);
    };
    CHECK(padded({0x80000000}) == "word 0: the header 0x80000000 is of another type than 3");
    CHECK(padded({pm4::filler, 0xc000ee00, 0}) == "word 1: the header 0xc000ee00 is no packet's that is known");
    CHECK(padded({pm4::header(Op::PFP_SYNC_ME, 1), 0}) == "word 0, PFP_SYNC_ME: it is for the gfx ring");
    CHECK(padded({pm4::header(Op::PFP_SYNC_ME, 1), 0}, StreamKind::Gfx) == "");
    CHECK(padded({pm4::header(Op::COPY_DATA, 4), 0, 0, 0, 0}) == "word 0, COPY_DATA: it has 4 words, not 5");
    CHECK(padded({pm4::header(Op::NOP, 8), 0, 0, 0, 0, 0, 0, 0}) ==
          "word 0, NOP: it is cut short: 8 words, there are 7");
    CHECK(padded({pm4::header(Op::NOP, 7), 0, 0, 0, 0, 0, 0, 0}) == "");
}

TEST_CASE("groups and threads are not zero, and a group fits a CU") {
    CHECK(refusal([](Dispatch&) {}) == "");
    CHECK_THAT(refusal([](Dispatch& d) { d.groups[1] = 0; }),
               Catch::EndsWith("DISPATCH_DIRECT: it dispatches no groups in dimension 1"));
    CHECK_THAT(refusal([](Dispatch& d) { d.threads[2] = 0; }),
               Catch::EndsWith("a group has no threads in dimension 2"));
    CHECK_THAT(refusal([](Dispatch& d) { d.threads = {64, 17, 1}; }), Catch::EndsWith("a group has 1088 threads"));
    CHECK(refusal([](Dispatch& d) { d.threads = {64, 16, 1}; }) == "");
    CHECK_THAT(refusal([](Dispatch& d) { d.last[0] = 65; }),
               Catch::EndsWith("the last group has 65 threads in dimension 0, the others 64"));
    CHECK(refusal([](Dispatch& d) { d.last[0] = 63; }) == "");
    const auto wide = [](Dispatch& d) { d.rsrc1 = reg::COMPUTE_PGM_RSRC1__VGPRS(32); };  // 132
    CHECK_THAT(refusal([&](Dispatch& d) { wide(d), d.threads[0] = 257; }),
               Catch::EndsWith("a group of 5 waves with 132 VGPRs each does not fit a CU"));
    CHECK(refusal([&](Dispatch& d) { wide(d), d.threads[0] = 256; }) == "");
}

TEST_CASE("what a kernel counts on is set: user SGPRs, scratch memory, LDS") {
    const auto sgprs = [](uint32_t n) { return [n](Dispatch& d) { d.rsrc2 = reg::COMPUTE_PGM_RSRC2__USER_SGPR(n); }; };
    CHECK_THAT(refusal(sgprs(4)), Catch::EndsWith("the kernel has 4 user SGPRs, and not all are set"));
    CHECK(refusal(sgprs(2)) == "");
    const auto with_scratch = [](uint32_t waves, uint32_t kib) {
        return [=](Dispatch& d) {
            d.rsrc2 |= reg::COMPUTE_PGM_RSRC2__SCRATCH_EN(1);
            d.tmpring = reg::COMPUTE_TMPRING_SIZE__WAVES(waves) | reg::COMPUTE_TMPRING_SIZE__WAVESIZE(kib);
        };
    };
    const std::string none = "the kernel uses scratch memory, and COMPUTE_TMPRING_SIZE gives it none";
    CHECK_THAT(refusal(with_scratch(0, 0)), Catch::EndsWith(none));
    CHECK_THAT(refusal(with_scratch(1152, 0)), Catch::EndsWith(none));
    CHECK(refusal(with_scratch(1152, 1)) == "");
    CHECK_THAT(refusal([](Dispatch& d) { d.rsrc2 = reg::COMPUTE_PGM_RSRC2__LDS_SIZE(129); }),
               Catch::EndsWith("it asks for more LDS than a CU has"));
    CHECK(refusal([](Dispatch& d) { d.rsrc2 = reg::COMPUTE_PGM_RSRC2__LDS_SIZE(128); }) == "");
}

TEST_CASE("a dispatch leaves nothing to registers of another job, and begins with fresh caches") {
    CHECK(refusal_of(write_dispatch) == "");
    CHECK_THAT(refusal_of([](Words& w) { set_registers(w, example()), dispatch(w, example()); }),
               Catch::EndsWith("it dispatches before it has invalidated the caches"));
    CHECK_THAT(refusal_of([](Words& w) { acquire(w), dispatch(w, example()); }),
               Catch::EndsWith("it dispatches without having set COMPUTE_NUM_THREAD, which keeps another job's value"));
    const auto with_initiator = [](uint32_t initiator) {
        return refusal_of([=](Words& w) {
            acquire(w);
            set_registers(w, example());
            w.packet(Op::DISPATCH_DIRECT, {1, 1, 1, initiator});
        });
    };
    CHECK_THAT(with_initiator(reg::COMPUTE_DISPATCH_INITIATOR__FORCE_START_AT_000(1)),
               Catch::EndsWith("it dispatches without COMPUTE_SHADER_EN"));
    CHECK(with_initiator(reg::COMPUTE_DISPATCH_INITIATOR__COMPUTE_SHADER_EN(1)) == "");  // START is set
}

TEST_CASE("registers lie in their space, and are a program's to set") {
    const auto set = [](Op op, uint32_t offset, uint32_t count) {
        return refusal_of([=](Words& w) {
            w.add({pm4::header(op, count + 1), offset});
            for (uint32_t i = 0; i < count; ++i) w.add({0});
        });
    };
    CHECK(set(Op::SET_SH_REG, 0x3fe, 2) == "");
    CHECK(set(Op::SET_SH_REG, 0x3fe, 3) ==
          "word 0, SET_SH_REG: it sets registers 0x2ffe to 0x3000, the space SH ends at 0x3000");
    CHECK(set(Op::SET_UCONFIG_REG, 0x3fff, 1) == "");
    CHECK(set(Op::SET_UCONFIG_REG, 0x3fff, 2) ==
          "word 0, SET_UCONFIG_REG: it sets registers 0xffff to 0x10000, the space UCONFIG ends at 0x10000");
    CHECK(set(Op::SET_CONFIG_REG, 0, 1) == "word 0, SET_CONFIG_REG: it sets a privileged register");
    const uint32_t vmid = reg::COMPUTE_VMID - isa::sh_space.first;
    CHECK(set(Op::SET_SH_REG, vmid, 1) == "word 0, SET_SH_REG: it sets COMPUTE_VMID, which is the driver's");
    CHECK(set(Op::SET_SH_REG, vmid + 1, 1) == "");
    const auto write = [](uint32_t to) {
        return refusal_of([=](Words& w) {
            w.packet(Op::WRITE_DATA, {pm4::WRITE_DATA_DST_SEL(pm4::SEL_REGISTER), to, 0, 1});
        });
    };
    CHECK(write(0x2004) == "word 0, WRITE_DATA: it writes the register 0x2004, which is privileged");
    CHECK(write(reg::GRBM_GFX_INDEX) == "");
}

TEST_CASE("a counter is read when the dispatches before it have ended") {
    CHECK(refusal_of(read_counter) == "");
    CHECK_THAT(refusal_of([](Words& w) { write_dispatch(w), read_counter(w); }),
               Catch::EndsWith("COPY_DATA: it reads a counter before the dispatches have ended"));
    CHECK(refusal_of([](Words& w) { write_dispatch(w), wait_idle(w, memory), read_counter(w); }) == "");
    CHECK(refusal_of([](Words& w) {
              write_dispatch(w);
              w.packet(Op::EVENT_WRITE, {pm4::EVENT_CS_PARTIAL_FLUSH | pm4::EVENT_WRITE_INDEX(4)});
              read_counter(w);
          }) == "");
    // A wait for something else, and one for what was announced before the dispatch.
    CHECK(refusal_of([](Words& w) {
              write_dispatch(w);
              release(w, memory + 8, 1);
              w.packet(Op::WAIT_REG_MEM,
                       {pm4::FUNCTION_EQUAL | pm4::WAIT_REG_MEM_SPACE(1), low(memory), high(memory), 1, ~0u, 4});
              read_counter(w);
          }) != "");
    CHECK(refusal_of([](Words& w) { wait_idle(w, memory), write_dispatch(w), read_counter(w); }) != "");
}

TEST_CASE("events go with their index, fences to aligned memory, L2 is not thrown away") {
    const auto event = [](uint32_t type, uint32_t index) {
        return refusal_of([=](Words& w) { w.packet(Op::EVENT_WRITE, {type | pm4::EVENT_WRITE_INDEX(index)}); });
    };
    CHECK(event(pm4::EVENT_CS_PARTIAL_FLUSH, 4) == "");
    CHECK(event(pm4::EVENT_CS_PARTIAL_FLUSH, 0) == "word 0, EVENT_WRITE: event 0x7 goes with another index than 0");
    CHECK(event(pm4::EVENT_PERFCOUNTER_START, 0) == "");
    CHECK(event(pm4::EVENT_PERFCOUNTER_START, 4) != "");

    CHECK(refusal_of([](Words& w) { clock_at_end(w, memory + 4); }) ==
          "word 0, RELEASE_MEM: it writes to 0x123456004, not a multiple of 8");
    CHECK(refusal_of([](Words& w) { release(w, memory + 4, 1); }) == "");
    CHECK(refusal_of([](Words& w) { release(w, memory + 2, 1); }) != "");
    CHECK(refusal_of([](Words& w) { clock_now(w, memory + 4); }) ==
          "word 0, COPY_DATA: it writes to 0x123456004, not a multiple of 8");

    const auto acquire_of = [](uint32_t caches) {
        return refusal_of([=](Words& w) { w.packet(Op::ACQUIRE_MEM, {caches, ~0u, 0xff, 0, 0, 10}); });
    };
    CHECK(acquire_of(reg::CP_COHER_CNTL__TC_ACTION_ENA(1)) ==
          "word 0, ACQUIRE_MEM: it invalidates L2 without writing it back");
    CHECK(acquire_of(reg::CP_COHER_CNTL__TC_ACTION_ENA(1) | reg::CP_COHER_CNTL__TC_WB_ACTION_ENA(1)) == "");
    CHECK(acquire_of(reg::CP_COHER_CNTL__TCL1_ACTION_ENA(1)) == "");
}

TEST_CASE("waits can end, buffers are valid, copies copy") {
    const auto wait = [](uint32_t control, uint32_t reference, uint32_t mask) {
        return refusal_of([=](Words& w) {
            w.packet(Op::WAIT_REG_MEM,
                     {control | pm4::WAIT_REG_MEM_SPACE(1), low(memory), high(memory), reference, mask, 4});
        });
    };
    CHECK(wait(pm4::FUNCTION_EQUAL, 1, ~0u) == "");
    CHECK(wait(pm4::FUNCTION_EQUAL, 1, 0) == "word 0, WAIT_REG_MEM: it waits for what can never be: its mask is 0");
    CHECK(wait(7, 1, ~0u) == "word 0, WAIT_REG_MEM: it waits by a function that is reserved");
    CHECK(wait(pm4::FUNCTION_EQUAL | pm4::WAIT_REG_MEM_OPERATION(1), 1, ~0u) ==
          "word 0, WAIT_REG_MEM: it writes before it waits, which is the driver's");

    const auto buffer = [](uint32_t at, uint32_t size) {
        return refusal_of([=](Words& w) { w.packet(Op::INDIRECT_BUFFER, {at, 1, size}); });
    };
    const uint32_t valid = pm4::INDIRECT_BUFFER_VALID(1);
    CHECK(buffer(0x1000, valid | 8) == "");
    CHECK(buffer(0x1000, 8) == "word 0, INDIRECT_BUFFER: it has not the bit VALID");
    CHECK(buffer(0x1000, valid) == "word 0, INDIRECT_BUFFER: it has no words");
    CHECK(buffer(0x1001, valid | 8) == "word 0, INDIRECT_BUFFER: it begins at 0x1001, not a multiple of 4");

    const auto dma = [](uint32_t sync) {
        return refusal_of([=](Words& w) { w.packet(Op::DMA_DATA, {pm4::DMA_DATA_CP_SYNC(sync), 0, 0, 0, 0, 0}); });
    };
    CHECK(dma(1) == "");
    CHECK(dma(0) == "word 0, DMA_DATA: it copies nothing");
}

TEST_CASE("the copy engine's streams: known packets, whole, of sizes that it takes") {
    const auto padded = [](std::vector<uint32_t> words) {
        words.resize((words.size() + 7) / 8 * 8, dma_padding);
        return objection(words, StreamKind::Dma, 8);
    };
    CHECK(padded({1, 0x3fffe0, 0, 0, 0, 0, 0}) == "");
    CHECK(padded({1, 0x3fffe1, 0, 0, 0, 0, 0}) == "word 0, COPY_LINEAR: it copies 4194273 bytes");
    CHECK(padded({1, 0, 0, 0, 0, 0, 0}) == "word 0, COPY_LINEAR: it copies 0 bytes");
    CHECK(padded({0, 0, 1, 4, 0, 0, 0, 0}) == "word 2, COPY_LINEAR: it is cut short");
    CHECK(padded({5, 6, 0, 1}) == "word 0, FENCE: its address is not a multiple of 4");
    CHECK(padded({0x7f}) == "word 0: the header 0x7f is no packet's that is known");
    CHECK(padded({14, 0, 0}) == "word 0, SRBM_WRITE: it writes a privileged register");
}
