// libFuzzer's target for the readers of code objects, bundles and host programs, and for what gcn disasm makes of them.
// A crash, a hang, a message that is not one printable line, code that is not listed whole and memory out of proportion
// to the file are failures. docs/debugging.md says how to run it.

#include <sanitizer/allocator_interface.h>

#include <cstdint>
#include <string>

#include "backend/bundle.hpp"
#include "backend/code_object.hpp"
#include "backend/disasm.hpp"
#include "backend/metadata.hpp"
#include "gcn/error.hpp"

using namespace gcn;

static size_t allocated;  // since the reader began
static void count_allocation(const volatile void*, size_t bytes) { allocated += bytes; }
static void count_nothing(const volatile void*) {}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    GCN_ASSERT(__sanitizer_install_malloc_and_free_hooks(count_allocation, count_nothing) > 0);
    return 0;
}

static void check(const Error& e) {
    const std::string what = e.what();
    GCN_ASSERT(e.fault == Fault::Failed && what.starts_with("gcn: cannot read K.co: "));
    GCN_ASSERT(what.size() < 500 && what.ends_with("."));
    for (const char c : what) GCN_ASSERT(c >= ' ' && c <= '~');
}

static void check(const CodeFunction& f) {
    uint64_t next = 0;
    for (const CodeLine& line : f.lines) {
        GCN_ASSERT(line.offset == next && !line.text.empty());
        next += line.text.starts_with(".fill ") ? 4 * std::stoull(line.text.substr(6)) : 4 * line.words.size();
    }
    GCN_ASSERT(next == f.bytes || f.bytes < 4);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* from, size_t count) {
    const auto bytes = std::as_bytes(std::span(from, count));
    allocated = 0;
    try {
        for (const Code& code : find_code(bytes, "K.co")) {
            const CodeListing listing = disassemble(code.bytes, "K.co", {.names = true});
            for (const CodeFunction& f : listing.functions) check(f);
        }
    } catch (const Error& e) {
        check(e);
    }
    GCN_ASSERT(allocated < (1 << 20) + 4096 * count);
    try {
        CodeObject object = read_code_object(bytes, "K.co");
        relocate(object.image, read_relocations(bytes, object, "K.co"), 0x1'0000'0000);
    } catch (const Error& e) {
        check(e);
    }
    try {
        read_metadata(bytes, "K.co");
    } catch (const Error& e) {
        check(e);
    }
    return 0;
}
