// gcn disasm: what it prints assembles to the bytes that it read, and whatever it reads, it ends with a sentence at
// worst.

#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>

#include "backend/bundle.hpp"
#include "backend/disasm.hpp"
#include "backend/elf.hpp"
#include "backend/embedded.hpp"
#include "gcn/error.hpp"
#include "tests/command.hpp"

using namespace gcn;
using nlohmann::json;
using test::contents;
using test::Folder;
using test::Ran;

namespace {

const std::string build = std::filesystem::absolute(BUILD), program = build + "/gcn";
const std::string assemble =
    "clang-16 -target amdgcn-amd-amdhsa -mcpu=gfx803 -mcode-object-version=4 -nogpulib -c -x assembler ";

std::string text_section(std::span<const std::byte> bytes) {
    const Elf elf = read_elf(bytes, "a test's object");
    const Section* const text = elf.section(".text");
    REQUIRE(text);
    return {reinterpret_cast<const char*>(text->bytes.data()), text->bytes.size()};
}

std::string text_section(const std::string& bytes) { return text_section(std::as_bytes(std::span(bytes))); }

Ran disasm(const std::string& arguments) { return test::run("'" + program + "' disasm " + arguments); }

// The bytes of .text that the output of gcn disasm assembles to.
std::string again(const std::string& arguments) {
    const Folder folder;
    const std::string text = folder / "text.s", object = folder / "text.o";
    const Ran ran = test::run("'" + program + "' disasm " + arguments + " >'" + text + "' && " + assemble + "'" + text +
                              "' -o '" + object + "'");
    INFO(arguments << ": " << ran.err.substr(0, 400));
    REQUIRE(ran.status == 0);
    return text_section(contents(object));
}

std::string object_of(const std::string& source, const std::string& options = assemble) {
    const Folder folder;
    const std::string object = folder / "it.o";
    const Ran ran = test::run(options + "'" + test::write(folder / "it", source) + "' -o '" + object + "'");
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    return contents(object);
}

// Lines of the output that are neither comments nor empty, without what stands after the instruction.
std::string lines(const std::string& out) {
    std::string kept;
    std::istringstream in(out);
    for (std::string line; std::getline(in, line);) {
        line = line.substr(0, line.find("//"));
        line.erase(line.find_last_not_of(' ') + 1);
        if (!line.empty() && line[0] != '.') kept += line + "\n";
    }
    return kept;
}

std::vector<std::string> files_of(const std::string& folder, const std::string& extension) {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(build + "/" + folder))
        if (entry.path().extension() == extension) all.push_back(entry.path().string());
    return all;
}

}  // namespace

TEST_CASE("every kernel of the library disassembles to text that clang assembles to the same bytes") {
    REQUIRE(!embedded().empty());
    size_t number = 0;
    for (const GcnEmbedded& e : embedded()) {
        const std::string names = number++ % 2 ? " --names" : "";
        INFO(e.name << names);
        CHECK((again("--kernel " + std::string(e.name) + names) == text_section(std::span(e.data, e.bytes))));
    }
}

TEST_CASE("so does the code of tests, by hand and by compilers, from objects, bundles and programs") {
    for (const std::string& file : files_of("tests/kernels", ".co")) {
        INFO(file);
        CHECK((again(file) == text_section(contents(file))));
    }
    for (const char* name : {"arithmetic", "endings", "device", "vector_add"}) {
        const std::string file = build + "/tests/programs/" + name, bytes = contents(file);
        INFO(file);
        const auto code = find_code(std::as_bytes(std::span(bytes)), file);
        REQUIRE(code.size() == 1);
        CHECK((again(file) == text_section(code[0].bytes)));
    }
}

TEST_CASE("so do the kernels of the corpus") {
    const auto files = files_of("tests/corpus", ".co");
    REQUIRE(!files.empty());
    for (const std::string& file : files) {
        INFO(file);
        CHECK((again(file) == text_section(contents(file))));
    }
}

TEST_CASE("compiled kernels of any optimisation come back, linked or not") {
    const std::string source = contents("tests/kernels/queues.cl");
    const Folder folder;
    for (const std::string options : {"-O0", "-O2", "-O0 -c", "-O2 -c"}) {
        INFO(options);
        const std::string object =
            object_of(source,
                      "clang-16 -target amdgcn-amd-amdhsa -mcpu=gfx803 -mcode-object-version=4 -nogpulib -x cl "
                      "-cl-std=CL2.0 -Wno-everything " +
                          options + " ");
        CHECK((again("'" + test::write(folder / "it.o", object) + "'") == text_section(object)));
    }
}

TEST_CASE("branches name labels: those of the code object, and numbered ones") {
    const Folder folder;
    const std::string object = object_of(R"(
.text
.type first, @function
first:
  s_cbranch_scc0 1f
mine:
  s_branch first
1:
  s_cbranch_scc1 mine
  s_branch second
.size first, . - first
  s_nop 0
  s_nop 0
  s_nop 0
.type second, @function
second:
  .long 0xbf820063  // s_branch, beyond the code
  s_endpgm
.size second, . - second
)");
    const std::string file = test::write(folder / "it.o", object);
    const Ran ran = disasm("'" + file + "'");
    CHECK(lines(ran.out) ==
          "first:\nL1:\n  s_cbranch_scc0 L2\nmine:\n  s_branch L1\nL2:\n  s_cbranch_scc1 mine\n  s_branch L3\n"
          "  .fill 3, 4, 0xbf800000\n"
          "second:\nL3:\n  s_branch 99\n  .long 0xbf810000\n");
    CHECK_THAT(ran.out, Catch::Contains("  s_branch L1                                              // +0x0004: "
                                        "bf82fffe\n"));
    CHECK((again("'" + file + "'") == text_section(object)));
    // Of a part, what lies outside has no label.
    CHECK(lines(disasm("--kernel first --from 4 --to +0xc '" + file + "'").out) ==
          "mine:\n  s_branch 65534\n  s_cbranch_scc1 mine\n");
}

TEST_CASE("words that no text assembles to are data, with the instruction beside them") {
    const Folder folder;
    const std::string object = object_of(R"(
.text
.type odd, @function
odd:
  .long 0xbe8000ff, 5           // s_mov_b32 s0, 5 with a literal
  .long 0x7e0002ff, 0x3f800000  // v_mov_b32 v0, 1.0 with a literal
  .long 0xd81a0000, 0x01000607  // ds_write_b32 with a destination
  .long 0xd1640900, 0x00000101  // v_mov's VOP3 form with bits of no field
  s_branch over
  .long 0x32000000, 0x7e0c0281
over:
  s_nop 1
  .long 0xffffffff
.size odd, . - odd
  .byte 1, 2
)");
    const std::string file = test::write(folder / "it.o", object);
    const std::string out = disasm("'" + file + "'").out;
    for (const char* line : {"  .long 0xbe8000ff, 0x5 ", "  s_mov_b32 s0, 5\n", "  v_mov_b32_e32 v0, 1.0\n",
                             "  .long 0xd81a0000, 0x1000607 ", "  .long 0xffffffff ", "  s_branch over ",
                             "  .long 0x32000000 ", "  .byte 0x1, 0x2"})
        CHECK_THAT(out, Catch::Contains(line));
    CHECK((again("'" + file + "'") == text_section(object)));
}

TEST_CASE("registers print under the names that the kernel gave them") {
    const std::string text = disasm("--kernel sgemm_nt_128x128 --names").out;
    CHECK_THAT(text, Catch::StartsWith("// sgemm_nt_128x128\n.amdgcn_target \"amdgcn-amd-amdhsa--gfx803\"\n.set sA, "));
    for (const char* part : {"  s_load_dwordx8 s[sM:sBeta], s[sKernarg:sKernarg+1], 0x18 ",
                             "  v_mov_b32_e32 v[vAcc], 0 ", "  v_mac_f32_e32 v[vAcc+63], "})
        CHECK_THAT(text, Catch::Contains(part));
    // Without counts a name reaches up to the next one.
    const std::string few = disasm("--names " + build + "/tests/kernels/hsa_scale.co").out;
    CHECK_THAT(few, Catch::Contains("  s_load_dwordx4 s[sIn:sOut+1], s[sKernarg:sKernarg+1], 0x0 "));
    CHECK_THAT(few, Catch::Contains("  s_and_saveexec_b64 s[10:11], vcc "));
}

TEST_CASE("a kernel's heading tells what its descriptor asks for") {
    const GcnEmbedded* const e = find_embedded("sgemm_nt_128x128");
    const CodeObject object = read_code_object({e->data, e->bytes}, e->name);
    const KernelDescriptor& k = object.kernels.at(0);
    const auto contains = [](const std::string& text, const std::string& part) { return text.find(part) != text.npos; };
    CHECK(contains(disasm("--kernel sgemm_nt_128x128").out,
                   "\n// sgemm_nt_128x128: " + std::to_string(k.vgprs()) + " VGPRs, " + std::to_string(k.sgprs()) +
                       " SGPRs (" + std::to_string(k.user_sgprs()) + " set by the launch), " +
                       std::to_string(k.lds_bytes) + " B of LDS, 0 B of scratch a lane, " +
                       std::to_string(k.kernarg_bytes) + " B of arguments\n"));
    const json all = json::parse(disasm("--json --kernel sgemm_nt_128x128").out);
    const json& f = all["objects"][0]["functions"][0];
    CHECK(f["kernel"]["vgprs"] == k.vgprs());
    CHECK(f["kernel"]["kernarg_bytes"] == k.kernarg_bytes);
    CHECK(f["lines"][0]["offset"] == 0);
    CHECK(f["lines"][0]["words"] == json::array({"c0060100", "00000000"}));
    CHECK(all["objects"][0]["registers"]["vAcc"]["count"] == 64);
}

TEST_CASE("names in a code object may hold any bytes, but end no line and no directive") {
    std::string code = contents(build + "/tests/kernels/hsa_scale.co");
    const std::string names[][2] = {{std::string("\0.text\0", 7), std::string("\0.t\"\nx\0", 7)},
                                    {std::string("\0hsa_scale\0", 11), std::string("\0hsa\nscale\0", 11)},
                                    {std::string("\0hsa_scale.kd\0", 14), std::string("\0hsa\nscale.kd\0", 14)}};
    for (const auto& [name, other] : names)
        for (size_t at = 0; (at = code.find(name, at)) != code.npos;) code.replace(at, name.size(), other);
    const Folder folder;
    const std::string file = test::write(folder / "K.co", code), text = folder / "K.s";
    const Ran ran = disasm("'" + file + "'");
    CHECK_THAT(ran.out, Catch::Contains("\n.section \".t??x\", \"ax\"\n") && Catch::Contains("\n// \"hsa?scale\": ") &&
                            Catch::Contains("\n\"hsa?scale\":\n"));
    test::write(text, ran.out);
    CHECK(test::run(assemble + "'" + text + "' -o '" + (folder / "K.o") + "'").status == 0);
}

TEST_CASE("raw words are read from standard input") {
    const Ran ran = test::run("echo 'bf810000, 0x7e0c0281 FFFFFFFF' | '" + program + "' disasm --raw --no-words");
    CHECK_THAT(ran.out, Catch::EndsWith("\n  s_endpgm\n  v_mov_b32_e32 v6, 1\n  .long 0xffffffff\n"));
}

TEST_CASE("whatever byte is flipped, and wherever it is cut, a code object is listed or refused") {
    const std::string code = contents(build + "/tests/kernels/hsa_scale.co");
    size_t refused = 0, listed = 0;
    const auto read = [&](const std::string& bytes) {
        try {
            for (const Code& c : find_code(std::as_bytes(std::span(bytes)), "K.co"))
                disassemble(c.bytes, "K.co", {.names = true});
            ++listed;
        } catch (const Error& e) {
            ++refused;
            CHECK_THAT(e.what(), Catch::StartsWith("gcn: cannot read K.co: "));
        }
    };
    for (size_t i = 0; i < code.size(); ++i) {
        std::string flipped = code;
        flipped[i] = char(~code[i]);
        read(flipped);
        read(code.substr(0, i));
    }
    CHECK(refused > 100);
    CHECK(listed > 100);
}
