#include "modules/formats/npy.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

namespace gcn {

static_assert(std::endian::native == std::endian::little, "values are copied as they lie in memory");

// What can be in a file, and how its elements become f32.
struct ElementType {
    std::string_view name;
    size_t bytes;
    bool swap;
};
// What cannot, by the letter that NumPy gives it.
struct OtherType {
    char letter;
    const char *name, *remedy;
};
static constexpr const char* as_f32 = "numpy.save of A.astype('float32')";
static constexpr const char* one_field = "numpy.save of one field of A, as float32";
// clang-format off
static constexpr ElementType types[] = {
    {"<f2", 2, false}, {">f2", 2, true}, {"=f2", 2, false}, {"f2", 2, false},
    {"<f4", 4, false}, {">f4", 4, true}, {"=f4", 4, false}, {"f4", 4, false},
    {"<f8", 8, false}, {">f8", 8, true}, {"=f8", 8, false}, {"f8", 8, false},
};
static constexpr OtherType other_types[] = {
    {'b', "booleans",              as_f32},
    {'i', "integers",              as_f32},
    {'u', "unsigned integers",     as_f32},
    {'f', "floats of another size", as_f32},
    {'c', "complex numbers",       "numpy.save of A.real and of A.imag, each as float32"},
    {'O', "Python objects",        as_f32},
    {'S', "strings",               as_f32},
    {'U', "strings",               as_f32},
    {'M', "dates",                 as_f32},
    {'m', "spans of time",         as_f32},
    {'V', "records",               one_field},
};
// clang-format on

static constexpr std::string_view magic = "\x93NUMPY";
static constexpr size_t header_limit = 65536;  // of a plain matrix it has some 80 bytes

// ---- reading -----------------------------------------------------------------------

// A file being read, and the name by which its faults are reported.
class Input {
public:
    explicit Input(const std::string& path) : path(path), fd(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (fd < 0) refuse(std::strerror(errno));
    }
    ~Input() {
        if (fd >= 0) close(fd);
    }
    Input(const Input&) = delete;

    [[noreturn]] void refuse(const std::string& why, const std::string& remedy = {}) const {
        fail({"read " + path, why, remedy});
    }

    // Up to `bytes`; fewer only at the end of the file.
    size_t read_some(void* to, size_t bytes) const {
        size_t got = 0;
        while (got < bytes) {
            const ssize_t n = ::read(fd, static_cast<char*>(to) + got, bytes - got);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) refuse(std::strerror(errno));
            if (n == 0) break;
            got += size_t(n);
        }
        return got;
    }

    void read_all(void* to, size_t bytes, const char* what) const {
        if (const size_t got = read_some(to, bytes); got < bytes)
            refuse("it ends after " + std::to_string(got) + " of the " + std::to_string(bytes) + " bytes of " + what);
    }

    // Bytes of the whole file; nothing for a pipe.
    std::optional<uint64_t> size() const {
        struct stat s;
        if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) return {};
        return uint64_t(s.st_size);
    }

private:
    const std::string path;
    const int fd;
};

// The header is a Python dictionary, {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, and that is all of
// Python that is understood here.
struct Header {
    std::optional<std::string> type;
    std::optional<bool> fortran;
    std::optional<std::vector<int64_t>> shape;
};

class HeaderParser {
public:
    HeaderParser(std::string_view text, const Input& file) : rest(text), file(file) {}

    Header parse() {
        Header h;
        expect('{');
        while (!accept('}')) {
            const std::string key = string("a key");
            expect(':');
            if (key == "descr")
                once(h.type, key) = type();
            else if (key == "fortran_order")
                once(h.fortran, key) = boolean();
            else if (key == "shape")
                once(h.shape, key) = shape();
            else
                file.refuse("its header has the unknown key '" + key + "'");
            if (!accept(',') && peek() != '}') unexpected("',' or '}'");
        }
        if (skip_space(); !rest.empty()) unexpected("nothing more");
        return h;
    }

private:
    // Python would take the last, others the first.
    template <class T> std::optional<T>& once(std::optional<T>& value, const std::string& key) const {
        if (value) file.refuse("its header has the key '" + key + "' twice");
        return value;
    }

    [[noreturn]] void unexpected(const std::string& wanted) const {
        const std::string found = rest.empty() ? "its end" : "'" + printable(rest.substr(0, 20)) + "'";
        file.refuse("its header has " + found + " where " + wanted + " should be");
    }

    // For messages: of anything longer the beginning, which is no word that is understood here either.
    static std::string printable(std::string_view s) {
        std::string shown(s.substr(0, 40));
        std::replace_if(
            shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
        return shown;
    }

    void skip_space() { rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n\r"), rest.size())); }

    char peek() {
        skip_space();
        return rest.empty() ? '\0' : rest[0];
    }

    bool accept(char c) {
        if (peek() != c) return false;
        rest.remove_prefix(1);
        return true;
    }

    void expect(char c) {
        if (!accept(c)) unexpected(std::string("'") + c + "'");
    }

    std::string string(const char* what) {
        const char quote = peek();
        const size_t end = quote == '\'' || quote == '"' ? rest.find(quote, 1) : rest.npos;
        if (end == rest.npos) unexpected(what);
        const std::string value = printable(rest.substr(1, end - 1));
        rest.remove_prefix(end + 1);
        return value;
    }

    std::string type() {
        if (peek() == '[') file.refuse("its elements are records, not f2, f4 or f8", one_field);
        return string("a type");
    }

    bool boolean() {
        skip_space();
        for (const std::string_view word : {"True", "False"})
            if (rest.starts_with(word)) {
                rest.remove_prefix(word.size());
                return word == "True";
            }
        unexpected("True or False");
    }

    std::vector<int64_t> shape() {
        std::vector<int64_t> sizes;
        expect('(');
        while (!accept(')')) {
            int64_t size = 0;
            skip_space();
            const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
            if (error != std::errc() || size < 0) unexpected("a size");
            rest.remove_prefix(size_t(end - rest.data()));
            accept('L');  // as Python 2 wrote them
            sizes.push_back(size);
            if (!accept(',') && peek() != ')') unexpected("',' or ')'");
        }
        return sizes;
    }

    std::string_view rest;
    const Input& file;
};

static Header read_header(const Input& file, size_t& header_end) {
    unsigned char start[12];
    file.read_all(start, 8, "its header");
    if (std::memcmp(start, magic.data(), magic.size()) != 0) file.refuse("it does not begin with \\x93NUMPY");
    const int major = start[6], minor = start[7];
    if (major < 1 || major > 3 || minor != 0)
        file.refuse("its version is " + std::to_string(major) + "." + std::to_string(minor) + ", not 1.0, 2.0 or 3.0");

    const size_t length_bytes = major == 1 ? 2 : 4;
    file.read_all(start + 8, length_bytes, "its header's length");
    size_t length = 0;
    for (size_t i = length_bytes; i-- > 0;) length = length << 8 | start[8 + i];
    if (length > header_limit)
        file.refuse("its header has " + std::to_string(length) + " bytes, more than " + std::to_string(header_limit));

    std::string text(length, ' ');
    file.read_all(text.data(), length, "its header");
    header_end = 8 + length_bytes + length;
    return HeaderParser(text, file).parse();
}

static std::string text(const std::vector<int64_t>& shape) {
    std::string s = "(";
    const size_t shown = std::min<size_t>(shape.size(), 6);  // of thousands
    for (size_t i = 0; i < shown; ++i) s += (i ? ", " : "") + std::to_string(shape[i]);
    return s + (shape.size() == 1 ? ",)" : shown < shape.size() ? ", ...)" : ")");
}

static const ElementType& type_of(const std::string& name, const Input& file) {
    for (const ElementType& type : types)
        if (type.name == name) return type;
    const size_t letter = name.find_first_not_of("<>=|");
    for (const OtherType& other : other_types)
        if (letter != name.npos && name[letter] == other.letter)
            file.refuse(std::string("its elements are ") + other.name + " (" + name + "), not f2, f4 or f8",
                        other.remedy);
    file.refuse("its elements are of the type '" + name + "', not f2, f4 or f8", as_f32);
}

static void require_matrix(const std::vector<int64_t>& shape, const Input& file) {
    static constexpr const char* remedies[] = {
        "numpy.save of A.reshape(1, 1)",
        "numpy.save of A.reshape(1, -1), a row, or of A.reshape(-1, 1), a column",
        nullptr,
        "numpy.save of one matrix of it, as A[0] is of three dimensions",
    };
    const size_t n = shape.size();
    if (n != 2)
        file.refuse("its shape is " + text(shape) + ": " + std::to_string(n) + (n == 1 ? " dimension" : " dimensions") +
                        ", not 2",
                    remedies[std::min<size_t>(n, 3)]);
}

template <class T> static T load(const unsigned char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

// Exact: f32 has every f16, the denormal ones as normal numbers.
static float of_half(uint16_t bits) {
    const uint32_t sign = bits >> 15, exponent = bits >> 10 & 31, fraction = bits & 1023;
    if (exponent == 31) return std::bit_cast<float>(sign << 31 | 0x7f800000 | fraction << 13);
    const float magnitude =
        exponent ? std::ldexp(float(1024 + fraction), int(exponent) - 25) : std::ldexp(float(fraction), -24);
    return sign ? -magnitude : magnitude;
}

static float element(unsigned char* raw, const ElementType& type, size_t index, const Input& file) {
    if (type.swap) std::reverse(raw, raw + type.bytes);
    if (type.bytes == sizeof(float)) return load<float>(raw);
    if (type.bytes == sizeof(uint16_t)) return of_half(load<uint16_t>(raw));
    const double value = load<double>(raw);
    if (std::isfinite(value) && std::isinf(float(value))) {
        char digits[64];
        const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        file.refuse("element " + std::to_string(index) + " is " + std::string(digits, end) + ", more than f32 holds",
                    "numpy.save of A scaled down");
    }
    return float(value);
}

// Piece by piece, so that a pipe that promises more than it has costs no more memory than it has.
static std::vector<float> read_values(const Input& file, const ElementType& type, uint64_t count, bool known_size) {
    constexpr size_t piece = size_t(1) << 20;
    std::vector<float> values;
    if (known_size) values.reserve(count);
    std::vector<unsigned char> raw(std::min<uint64_t>(piece, count) * type.bytes);
    while (values.size() < count) {
        const size_t elements = size_t(std::min<uint64_t>(piece, count - values.size()));
        if (const size_t got = file.read_some(raw.data(), elements * type.bytes); got < elements * type.bytes)
            file.refuse("it ends after " + std::to_string(values.size() * type.bytes + got) + " of the " +
                        std::to_string(count * type.bytes) + " bytes of its elements");
        for (size_t i = 0; i < elements; ++i)
            values.push_back(element(&raw[i * type.bytes], type, values.size(), file));
    }
    if (char more; file.read_some(&more, 1) > 0)
        file.refuse("it goes on after the " + std::to_string(count * type.bytes) + " bytes of its elements");
    return values;
}

static uint64_t memory_of_machine() { return uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE)); }

Matrix read_npy(const std::string& path) {
    const Input file(path);
    size_t header_end = 0;
    const Header h = read_header(file, header_end);
    if (!h.type) file.refuse("its header has no 'descr'");
    if (!h.fortran) file.refuse("its header has no 'fortran_order'");
    if (!h.shape) file.refuse("its header has no 'shape'");
    const ElementType& type = type_of(*h.type, file);
    const std::vector<int64_t>& shape = *h.shape;
    require_matrix(shape, file);

    uint64_t count, bytes;
    if (__builtin_mul_overflow(uint64_t(shape[0]), uint64_t(shape[1]), &count) ||
        __builtin_mul_overflow(count, type.bytes, &bytes) || bytes > uint64_t(INT64_MAX))
        file.refuse("its shape is " + text(shape) + ", more than 2^63 bytes");

    const auto size = file.size();
    if (size && *size != header_end + bytes)
        file.refuse("after its header it has " + std::to_string(*size - std::min<uint64_t>(header_end, *size)) +
                    " bytes, its shape " + text(shape) + " of " + *h.type + " needs " + std::to_string(bytes));

    const std::string needs = "its elements need " + std::to_string(count * sizeof(float)) + " bytes of memory, ";
    if (count * sizeof(float) > memory_of_machine())
        file.refuse(needs + "this machine has " + std::to_string(memory_of_machine()), "a smaller matrix");
    try {
        return {shape[0], shape[1], *h.fortran ? Order::Fortran : Order::C,
                read_values(file, type, count, size.has_value()), type.bytes > sizeof(float)};
    } catch (const std::bad_alloc&) {
        file.refuse(needs + "the system gives no more", "a smaller matrix");
    }
}

// ---- writing -----------------------------------------------------------------------

static std::string header_of(const Matrix& m) {
    std::string text = "{'descr': '<f4', 'fortran_order': ";
    text += m.order == Order::Fortran ? "True" : "False";
    text += ", 'shape': (" + std::to_string(m.rows) + ", " + std::to_string(m.columns) + "), }";
    const size_t before = magic.size() + 4;
    text.append(63 - (before + text.size()) % 64, ' ');  // with its newline, the elements begin at a multiple of 64
    text += '\n';
    const char start[] = {1, 0, char(text.size() & 255), char(text.size() >> 8)};
    return std::string(magic) + std::string(start, sizeof start) + text;
}

// While it lives, more than `ulimit -f` allows is an error of the write, not the end of the process.
class FileSizeErrors {
public:
    FileSizeErrors() {
        struct sigaction ignore {};
        ignore.sa_handler = SIG_IGN;
        sigaction(SIGXFSZ, &ignore, &before);
    }
    ~FileSizeErrors() { sigaction(SIGXFSZ, &before, nullptr); }
    FileSizeErrors(const FileSizeErrors&) = delete;

private:
    struct sigaction before {};
};

// A file being written; gone again unless it was finished. Where the filesystem can, it has no name until it is
// complete, so that a process that is killed leaves nothing.
class Output {
public:
    explicit Output(const std::string& path) : path(path), target(path) {
        struct stat old;
        const bool exists = stat(path.c_str(), &old) == 0;
        if (!exists && errno != ENOENT) refuse(errno);
        // What is no file (a pipe, a device) has no place beside it and is written as it stands.
        beside = exists ? S_ISREG(old.st_mode) && find_target() : follow_links();
        if (!beside) {
            open_target();
            return;
        }
        if (exists && faccessat(AT_FDCWD, target.c_str(), W_OK, AT_EACCESS) != 0) refuse(errno);
        open_beside();
        if (exists && fchmod(fd, old.st_mode & 07777) != 0) refuse(errno);
    }
    ~Output() {
        if (fd >= 0) close(fd);
        if (named && !finished) unlink(written.c_str());
    }
    Output(const Output&) = delete;

    void write(const void* from, size_t bytes) {
        const char* next = static_cast<const char*>(from);
        while (bytes > 0) {
            const ssize_t n = ::write(fd, next, bytes);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) refuse(errno);
            next += n;
            bytes -= size_t(n);
        }
    }

    void finish() {
        if (beside && !named) give_name();
        if (close(std::exchange(fd, -1)) != 0) refuse(errno);
        if (beside && std::rename(written.c_str(), target.c_str()) != 0) refuse(errno);
        finished = true;
    }

private:
    [[noreturn]] void refuse(int error) const { fail({"write " + path, std::strerror(error), ""}); }

    // A link keeps pointing where it points. False for a file that has no name any more.
    bool find_target() {
        std::error_code none;
        const auto resolved = std::filesystem::canonical(path, none);
        if (!none) target = resolved.string();
        return !none;
    }

    // The same for links that end at a name where nothing is yet; the system has refused a circle of them before.
    bool follow_links() {
        std::error_code none;
        while (std::filesystem::is_symlink(target, none)) {
            const std::filesystem::path link = target;
            target = (link.parent_path() / std::filesystem::read_symlink(link, none)).string();
        }
        return true;
    }

    void open_target() {
        fd = open(target.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
        if (fd < 0) refuse(errno);
    }

    void open_beside() {
        const std::string folder = std::filesystem::path(target).parent_path().string();
        written = target + "." + std::to_string(getpid()) + ".part";
        if (access("/proc/self/fd", X_OK) == 0)  // give_name() goes through it
            fd = open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
        if (fd >= 0) return;
        fd = open(written.c_str(), O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, 0666);
        if (fd < 0) refuse(errno);
        named = true;
    }

    void give_name() {
        const std::string self = "/proc/self/fd/" + std::to_string(fd);
        if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, written.c_str(), AT_SYMLINK_FOLLOW) != 0) refuse(errno);
        named = true;
    }

    std::string path, target, written;
    bool beside = true, named = false, finished = false;
    int fd = -1;
};

NpyOutput::NpyOutput(const std::string& path) : file(std::make_unique<Output>(path)) {}
NpyOutput::~NpyOutput() = default;

void NpyOutput::write(const Matrix& m) {
    GCN_ASSERT(int64_t(m.values.size()) == m.rows * m.columns);
    const FileSizeErrors errors;
    const std::string header = header_of(m);
    file->write(header.data(), header.size());
    file->write(m.values.data(), m.values.size() * sizeof(float));
    file->finish();
}

void write_npy(const std::string& path, const Matrix& m) { NpyOutput(path).write(m); }

}  // namespace gcn
