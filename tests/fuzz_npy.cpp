// libFuzzer's target for the reader of .npy files. A crash, a hang, a message that is not one printable line, and
// memory out of proportion to the file are failures. docs/files.md says how to run it.

#include <sanitizer/allocator_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>

#include "modules/formats/npy.hpp"

using namespace gcn;

static size_t allocated;  // since the reader began
static void count_allocation(const volatile void*, size_t bytes) { allocated += bytes; }
static void count_nothing(const volatile void*) {}

// A file that costs no disk.
struct MemoryFile {
    const int fd = memfd_create("fuzz.npy", MFD_CLOEXEC);
    const std::string path = "/proc/self/fd/" + std::to_string(fd);

    void hold(const std::string& bytes) const {
        GCN_ASSERT(ftruncate(fd, 0) == 0 && pwrite(fd, bytes.data(), bytes.size(), 0) == ssize_t(bytes.size()));
    }
};

static void write_and_compare(const Matrix& m) {
    static const MemoryFile file;
    write_npy(file.path, m);
    const Matrix again = read_npy(file.path);
    GCN_ASSERT(again.rows == m.rows && again.columns == m.columns && again.order == m.order && !again.rounded);
    GCN_ASSERT(again.values.size() == m.values.size());
    if (m.values.empty()) return;
    GCN_ASSERT(std::memcmp(again.values.data(), m.values.data(), m.values.size() * sizeof(float)) == 0);
}

static void read(const std::string& bytes) {
    static const MemoryFile file;
    file.hold(bytes);
    allocated = 0;
    try {
        const Matrix m = read_npy(file.path);
        GCN_ASSERT(allocated < 131072 + 4 * bytes.size());
        GCN_ASSERT(m.rows >= 0 && m.columns >= 0);
        GCN_ASSERT(m.values.size() == uint64_t(m.rows) * uint64_t(m.columns));
        write_and_compare(m);
    } catch (const Error& e) {
        GCN_ASSERT(allocated < 131072 + 4 * bytes.size());
        const std::string what = e.what();
        GCN_ASSERT(e.fault == Fault::Failed && what.starts_with("gcn: cannot read " + file.path + ": "));
        GCN_ASSERT(what.size() < 400 && what.ends_with("."));
        for (const char c : what) GCN_ASSERT(c >= ' ' && c <= '~');
    }
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    GCN_ASSERT(__sanitizer_install_malloc_and_free_hooks(count_allocation, count_nothing) > 0);
    return 0;
}

static std::string with_header(const std::string& header, const std::string& elements) {
    const char start[] = {1, 0, char(header.size() & 255), char(header.size() >> 8)};
    return "\x93NUMPY" + std::string(start, sizeof start) + header + elements;
}

// A right header of any numbers: a byte each for type and order, two sizes of any magnitude, then the elements.
static std::string with_numbers(const std::string& bytes) {
    static constexpr const char* types[] = {"<f2", ">f2", "<f4", ">f4", "<f8", ">f8"};
    const auto size = [&](size_t at) {
        int64_t value;
        std::memcpy(&value, &bytes[at + 1], sizeof value);
        return std::to_string(value >> (bytes[at] & 63));
    };
    return with_header(std::string("{'descr': '") + types[size_t(uint8_t(bytes[0])) % std::size(types)] +
                           "', 'fortran_order': " + (bytes[1] & 1 ? "True" : "False") + ", 'shape': (" + size(2) +
                           ", " + size(11) + "), }",
                       bytes.substr(20));
}

// The bytes as a file; those up to a line's end as the header of one, so that what is found need not first find the
// header's length; and as the numbers in a header, so that it need not first find Python's grammar.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* from, size_t count) {
    const std::string bytes(reinterpret_cast<const char*>(from), count);
    read(bytes);
    const size_t header = std::min(bytes.find('\n'), count);
    if (header < 65536) read(with_header(bytes.substr(0, header), bytes.substr(std::min(header + 1, count))));
    if (count >= 20) read(with_numbers(bytes));
    return 0;
}
