// Every instruction of tests/encodings.s and of every kernel, as LLVM encodes it, must decode to its row and back, and
// print as LLVM prints it.

#include <catch2/catch.hpp>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "isa/decode.hpp"
#include "isa/print.hpp"

using namespace gcn::isa;

struct Line {
    std::string text;
    uint32_t w0, w1;
    int dwords;
};

static std::vector<Line> llvm_encodings() {
    std::ifstream in(BUILD "/tests/encodings.txt");
    const auto word = [](const std::string& hex) { return uint32_t(std::stoul(hex, nullptr, 16)); };
    std::vector<Line> lines;
    for (std::string w0, w1, text; in >> w0 >> w1 && std::getline(in >> std::ws, text);)
        lines.push_back({text, word(w0), w1 == "-" ? 0 : word(w1), w1 == "-" ? 1 : 2});
    return lines;
}

// LLVM's name of the instruction, without what tells its forms apart.
static std::string row_name(const std::string& text) {
    std::string name = text.substr(0, text.find(' '));
    for (std::string_view form : {"_e32", "_e64", "_sdwa", "_dpp"})
        if (name.ends_with(form)) name.resize(name.size() - form.size());
    return name;
}

static std::string words(const Line& line) {
    std::ostringstream out;
    out << std::hex << line.w0 << ' ' << line.w1 << " = " << line.text;
    return out.str();
}

TEST_CASE("LLVM's encodings decode to the row of that name, and encode back to the same words") {
    const auto lines = llvm_encodings();
    REQUIRE(lines.size() > insts.size());
    for (const Line& line : lines) {
        INFO(words(line));
        const auto d = decode(line.w0, line.w1);
        REQUIRE(d);
        CHECK(d->inst->name == row_name(line.text));
        CHECK(d->size() == line.dwords);
        CHECK(encode(*d) == std::array{line.w0, line.w1});
    }
}

TEST_CASE("instructions print as LLVM prints them") {
    for (const Line& line : llvm_encodings()) {
        INFO(words(line));
        const auto d = decode(line.w0, line.w1);
        REQUIRE(d);
        CHECK(print(*d) == line.text);
    }
}

TEST_CASE("every row of insts.def is met") {
    std::set<std::string> met;
    for (const Line& line : llvm_encodings()) met.insert(row_name(line.text));
    for (const Inst& inst : insts)
        if (!met.contains(std::string(inst.name))) FAIL_CHECK("no line in tests/encodings.s for " << inst.name);
}

TEST_CASE("every short vector instruction decodes in its VOP3 form to the same row") {
    for (const Inst& inst : insts) {
        if (!is_short_vector(inst.format)) continue;
        INFO(inst.name);
        for (const Promotion& p : promotions) {
            if (p.from != inst.format) continue;
            const auto d =
                decode(layout_of(Fmt::VOP3).ones() | layout_of(Fmt::VOP3).place('o', p.first + inst.opcode, 0));
            if (inst.always_literal()) {
                CHECK(!d);  // VOP3 has no room for a literal
            } else {
                REQUIRE(d);
                CHECK(d->inst == &inst);
                CHECK(d->format == (inst.carries() ? Fmt::VOP3B : Fmt::VOP3));
            }
        }
    }
}

TEST_CASE("whatever the fields hold, the words decode to their row and encode back") {
    std::mt19937 random(803);
    for (const Inst& inst : insts) {
        const Format& f = layout_of(inst.format);
        for (int round = 0; round < 50; ++round) {
            const uint32_t opcode = f.place('o', inst.opcode, 0), other = ~(f.fixed() | f.place('o', ~0u, 0));
            std::array<uint32_t, 2> words{f.ones() | opcode | (uint32_t(random()) & other), uint32_t(random())};
            // Ignored bits are not kept: clear them, in the dword after a short instruction too.
            words[0] &= ~f.place('-', ~0u, 0);
            const auto second = [&](const Format& layout, int dword) { words[1] &= ~layout.place('-', ~0u, dword); };
            const Tail tail = tail_of(inst, inst.format, words[0]);
            if (tail == Tail::None) words[1] = 0;
            if (tail == Tail::Format) second(f, 1);
            if (tail == Tail::Sdwa) second(layout_of(Fmt::SDWA), 0);
            if (tail == Tail::Dpp) second(layout_of(Fmt::DPP), 0);
            INFO(inst.name << ' ' << std::hex << words[0] << ' ' << words[1]);
            const auto d = decode(words[0], words[1]);
            REQUIRE(d);
            CHECK(d->inst == &inst);
            CHECK(encode(*d) == words);
            CHECK(print(*d).starts_with(inst.name));
        }
    }
}

TEST_CASE("fields have the values the assembler was given") {
    const auto mad = decode(0xd1c30001, 0x04100702);  // v_mad_u32_u24 v1, v2, s3, v4
    REQUIRE(mad);
    CHECK((*mad)['d'] == 1);
    CHECK(mad->operand(0) == 256 + 2);
    CHECK(mad->operand(1) == 3);
    CHECK(mad->operand(2) == 256 + 4);
    const auto sdwa = decode(0x020206f9, 0x26160602);  // v_add_f32_sdwa v1, -v2, |v3|
    REQUIRE(sdwa);
    CHECK(sdwa->operand(0) == 256 + 2);
    CHECK(sdwa->operand(1) == 256 + 3);
    CHECK(sdwa->negated() == 1);
    CHECK(sdwa->absolute() == 2);
    const auto literal = decode(0xbe8300ff, 0x12345678);  // s_mov_b32 s3, 0x12345678
    REQUIRE(literal);
    CHECK(literal->literal() == 0x12345678);
}

// What the assembler has no text for, but the disassembler: found by fuzz_isa.
TEST_CASE("words print as LLVM's disassembler prints them, whatever stands in their fields") {
    struct Row {
        uint32_t w0, w1;
        const char* text;
    };
    const Row rows[] = {
        {0xbe802000 | 123, 0, "s_and_saveexec_b64 s[0:1], ttmp[10:11]"},  // the pair that 123 lies in
        {0xc0301c88, 0x00092a79, "s_buffer_load_dwordx16 ttmp[0:15], s[16:19], ttmp9"},
        {0x7e0000ff | 0x45 << 9, 0xbf800000, "v_ceil_f16_e32 v0, 0"},         // of a literal the low half
        {0x3e0000ff, 0xffff3c00, "v_add_f16_e32 v0, 0x3c00, v0"},             // which is 1.0 alone only
        {0xbea120ff, 0xfffffff0, "s_and_saveexec_b64 s[32:33], 0xfffffff0"},  // extended with zeros
        {0x94a76aff, 0xffffffff, "s_cbranch_g_fork 0xffffffff, vcc"},         //
        {0x9555ec7d, 0, "s_absdiff_i32 s85, null, src_shared_limit"},         // names of later chips
        {0xbf818841, 0, "s_endpgm 34881"},                                    //
        {0xf24b2896, 0x0c008400, "image_atomic_add v[132:133], v0, s[0:7] dmask:0x8 glc slc tfe lwe"},
        {0xf2497000, 0x0000ff67, "image_atomic_add v255, v103, s[0:7] unorm glc slc tfe da"},
        {0xe8040000, 0x54890035, "tbuffer_load_format_d16_x v0, off, s[36:39], s84 format:[BUF_DATA_FORMAT_INVALID]"},
        {0xd1dd06cd, 0xe134ede9, "v_cvt_pk_u8_f32 v205, -v233, sext(ttmp6), sext(s77)"},
        {0xd13300a1, 0x0001e952, "v_ldexp_f16_e64 v161, v82, 2.0"},
    };
    for (const Row& row : rows) {
        const auto d = decode(row.w0, row.w1);
        REQUIRE(d);
        CHECK(print(*d) == row.text);
    }
}

TEST_CASE("words that are no instruction decode to nothing") {
    CHECK(!decode(0xffffffff));
    CHECK(!decode(0x7e000000 | 0xff << 9));  // VOP1, an opcode without a row
    CHECK(!decode(0xd1170000));              // VOP3 of v_madmk_f32, which has none
    CHECK(!decode(0xc8000000));              // the encoding that GCN3 leaves free
}
