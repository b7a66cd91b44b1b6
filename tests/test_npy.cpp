#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cstring>

#include "modules/formats/npy.hpp"
#include "tests/command.hpp"

using namespace gcn;
using test::contents;
using test::Folder;

// The bytes of numbers as they would stand in a file.
template <class T> static std::string bytes_of(std::initializer_list<T> values, bool big_endian = false) {
    std::string bytes;
    for (const T v : values) {
        std::string one(sizeof v, '\0');
        std::memcpy(one.data(), &v, sizeof v);
        bytes += big_endian ? std::string(one.rbegin(), one.rend()) : one;
    }
    return bytes;
}

static std::string npy(const std::string& header, const std::string& elements, int major = 1) {
    std::string s = "\x93NUMPY";
    s += char(major);
    s += '\0';
    for (int i = 0; i < (major == 1 ? 2 : 4); ++i) s += char(header.size() >> 8 * i & 255);
    return s + header + elements;
}

static std::string header(const std::string& descr, const std::string& fortran, const std::string& shape) {
    return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

static const std::string six = bytes_of<float>({1, 2, 3, 4, 5, 6});

static Matrix read(const std::string& file_bytes) {
    const Folder folder;
    return read_npy(test::write(folder / "m.npy", file_bytes));
}

// What the reader says about a file, without the file's name.
static std::string refusal(const std::string& file_bytes) {
    try {
        read(file_bytes);
    } catch (const Error& e) {
        CHECK(e.fault == Fault::Failed);
        const std::string what = e.what(), name = "m.npy: ";
        CHECK(what.starts_with("gcn: cannot read "));
        return what.substr(what.find(name) + name.size());
    }
    return "read";
}

TEST_CASE("every version, order and byte order gives the numbers that were written") {
    const std::vector<float> values{1, 2, 3, 4, 5, 6};
    for (int version : {1, 2, 3}) {
        const Matrix m = read(npy(header("<f4", "False", "(2, 3)"), six, version));
        CHECK(m.rows == 2);
        CHECK(m.columns == 3);
        CHECK(m.order == Order::C);
        CHECK(!m.rounded);
        CHECK(m.values == values);
    }
    CHECK(read(npy(header("<f4", "True", "(2, 3)"), six)).order == Order::Fortran);
    CHECK(read(npy(header(">f4", "False", "(3, 2)"), bytes_of<float>({1, 2, 3, 4, 5, 6}, true))).values == values);
    const Matrix big = read(npy(header(">f8", "False", "(3, 2)"), bytes_of<double>({1, 2, 3, 4, 5, 6}, true)));
    CHECK(big.values == values);
    CHECK(big.rounded);
    CHECK(
        read(npy("{\"shape\": (1L, 1L,), \"descr\": \"=f4\" , 'fortran_order':False}", bytes_of<float>({7}))).values ==
        std::vector<float>{7});
    CHECK(read(npy(header("<f4", "False", "(0, 3)"), "")).values.empty());
}

TEST_CASE("f64 is rounded to the nearest f32, and refused where f32 has none") {
    const auto one = [](double v) { return npy(header("<f8", "False", "(1, 1)"), bytes_of<double>({v})); };
    CHECK(read(one(0.1)).values[0] == 0.1f);
    CHECK(std::isinf(read(one(INFINITY)).values[0]));
    CHECK(refusal(one(1e300)) == "element 0 is 1e+300, more than f32 holds. Try: numpy.save of A scaled down.");
}

TEST_CASE("values that are no ordinary numbers pass bit for bit, and come back as they were") {
    const std::vector<uint32_t> bits{0x7fc00000, 0xffc12345, 0x7f800001, 0x7f800000, 0xff800000,
                                     0x80000000, 0x00000001, 0x807fffff, 0x7f7fffff, 0x00800000};
    std::string little, big;
    for (const uint32_t b : bits) little += bytes_of({b}), big += bytes_of({b}, true);
    const std::string layout = "(5, 2)";
    const Matrix m = read(npy(header("<f4", "False", layout), little));
    const Matrix swapped = read(npy(header(">f4", "False", layout), big));
    REQUIRE(m.values.size() == bits.size());
    CHECK(std::memcmp(m.values.data(), bits.data(), little.size()) == 0);
    CHECK(std::memcmp(swapped.values.data(), bits.data(), little.size()) == 0);
    const Folder folder;
    write_npy(folder / "m.npy", m);
    CHECK(contents(folder / "m.npy").ends_with(little));
}

// Debian's own python3, which is the one that has python3-numpy.
static void run_python(const std::string& script) {
    const Folder folder;
    const auto ran = test::run("/usr/bin/python3 -B '" + test::write(folder / "script.py", script) + "'");
    INFO(ran.err);
    REQUIRE(ran.status == 0);
}

TEST_CASE("NumPy's own files are read as NumPy converts them: every type, byte order, order and version") {
    const Folder folder;
    run_python("folder = '" + folder.path.string() + R"('
import numpy as np
random = np.random.default_rng(803)
odd = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-45, 3e-8, 65504.0]
of = {
    'f2': np.arange(65536, dtype='u2').view('f2'),
    'f4': np.concatenate([np.float32(odd), random.integers(0, 2**32, 4091, dtype='u4').view('f4')]),
    'f8': np.concatenate([odd, random.standard_normal(4091) * 10.0 ** random.integers(-44, 38, 4091)]),
}
for name, values in of.items():
    matrix = values.reshape(-1, 4)
    for swap in '<>':
        for order in 'CF':
            stored = np.array(matrix, dtype=swap + name, order=order)
            for version in (1, 0), (2, 0), (3, 0):
                file = f'{folder}/{name}{"be" if swap == ">" else "le"}{order}{version[0]}'
                with open(file + '.npy', 'wb') as out: np.lib.format.write_array(out, stored, version)
                stored.astype('<f4').ravel(order).tofile(file + '.raw')
)");
    size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
        if (entry.path().extension() != ".npy") continue;
        const std::string name = entry.path().stem().string();
        INFO(name);
        const Matrix m = read_npy(entry.path().string());
        CHECK(m.rows == (name.starts_with("f2") ? 16384 : 1025));
        CHECK(m.columns == 4);
        CHECK(m.order == (name[4] == 'F' ? Order::Fortran : Order::C));
        CHECK(m.rounded == name.starts_with("f8"));
        const std::string raw = contents(folder / name + ".raw");
        REQUIRE(raw.size() == m.values.size() * sizeof(float));
        CHECK(std::memcmp(m.values.data(), raw.data(), raw.size()) == 0);
        ++files;
    }
    CHECK(files == 3 * 2 * 2 * 3);
}

TEST_CASE("NumPy reads what is written here, as it was") {
    const Folder folder;
    std::vector<float> values(35);
    for (size_t i = 0; i < values.size(); ++i) values[i] = float(i) - 7.5f;
    values[3] = NAN, values[4] = -INFINITY, values[5] = -0.0f, values[6] = std::bit_cast<float>(1);
    write_npy(folder / "c.npy", {5, 7, Order::C, values, false});
    write_npy(folder / "f.npy", {7, 5, Order::Fortran, values, false});
    write_npy(folder / "none.npy", {0, 3, Order::C, {}, false});
    test::write(folder / "raw", {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
    run_python("folder = '" + folder.path.string() + R"('
import numpy as np
raw = open(folder + '/raw', 'rb').read()
c, f, none = (np.load(f'{folder}/{name}.npy') for name in ('c', 'f', 'none'))
assert c.dtype == f.dtype == none.dtype == np.dtype('<f4')
assert c.shape == (5, 7) and c.flags.c_contiguous and c.tobytes('C') == raw
assert f.shape == (7, 5) and f.flags.f_contiguous and f.tobytes('F') == raw
assert none.shape == (0, 3)
)");
}

TEST_CASE("what is no matrix of floats is refused with the value that is wrong") {
    const auto with_type = [](const std::string& type) { return npy(header(type, "False", "(2, 3)"), six); };
    const std::string as_f32 = " Try: numpy.save of A.astype('float32').";
    const auto elements = [](const std::string& what) { return "its elements are " + what + ", not f2, f4 or f8."; };
    CHECK(refusal(with_type("<i4")) == elements("integers (<i4)") + as_f32);
    CHECK(refusal(with_type("<u1")) == elements("unsigned integers (<u1)") + as_f32);
    CHECK(refusal(with_type("|b1")) == elements("booleans (|b1)") + as_f32);
    CHECK(refusal(with_type("<f16")) == elements("floats of another size (<f16)") + as_f32);
    CHECK(refusal(with_type(">c8")) ==
          elements("complex numbers (>c8)") + " Try: numpy.save of A.real and of A.imag, each as float32.");
    CHECK(refusal(with_type("|O")) == elements("Python objects (|O)") + as_f32);
    CHECK(refusal(with_type("<U4")) == elements("strings (<U4)") + as_f32);
    CHECK(refusal(with_type("<M8[s]")) == elements("dates (<M8[s])") + as_f32);
    CHECK(refusal(with_type("|V8")) == elements("records (|V8)") + " Try: numpy.save of one field of A, as float32.");
    CHECK(refusal(npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2, 3)}", six)) ==
          elements("records") + " Try: numpy.save of one field of A, as float32.");
    for (const std::string type : {"", "<", "float32", "<f4 ", "\x01\x1b"})
        CHECK(refusal(with_type(type)).ends_with("not f2, f4 or f8." + as_f32));

    const auto shaped = [](const std::string& shape) { return refusal(npy(header("<f4", "False", shape), six)); };
    CHECK(shaped("()") == "its shape is (): 0 dimensions, not 2. Try: numpy.save of A.reshape(1, 1).");
    CHECK(shaped("(6,)") ==
          "its shape is (6,): 1 dimension, not 2. Try: numpy.save of A.reshape(1, -1), a row, or of "
          "A.reshape(-1, 1), a column.");
    CHECK(shaped("(1, 2, 3)") ==
          "its shape is (1, 2, 3): 3 dimensions, not 2. Try: numpy.save of one matrix of it, as "
          "A[0] is of three dimensions.");
    std::string many = "(";
    for (int i = 0; i < 10000; ++i) many += "1, ";
    CHECK_THAT(shaped(many + ")"), Catch::StartsWith("its shape is (1, 1, 1, 1, 1, 1, ...): 10000 dimensions, not 2."));
}

TEST_CASE("a file that is cut anywhere is refused") {
    const std::string whole = npy(header("<f4", "False", "(2, 3)"), six);
    for (size_t length = 0; length < whole.size(); ++length) CHECK(refusal(whole.substr(0, length)) != "read");
    CHECK(refusal(whole.substr(0, whole.size() - 1)) ==
          "after its header it has 23 bytes, its shape (2, 3) of <f4 needs 24.");
    CHECK(refusal(whole + "x") == "after its header it has 25 bytes, its shape (2, 3) of <f4 needs 24.");
    CHECK(refusal("") == "it ends after 0 of the 8 bytes of its header.");
    CHECK(refusal("not a matrix") == "it does not begin with \\x93NUMPY.");
}

TEST_CASE("a hostile header is refused before memory is taken for it") {
    CHECK(refusal(npy(header("<f4", "False", "(2, 3)"), six, 4)) == "its version is 4.0, not 1.0, 2.0 or 3.0.");
    CHECK(refusal("\x93NUMPY\x02" + std::string(1, '\0') + "\xff\xff\xff\xff") ==
          "its header has 4294967295 bytes, more than 65536.");
    CHECK(refusal(npy(header("<f4", "False", "(1000000, 1000000)"), six)) ==
          "after its header it has 24 bytes, its shape (1000000, 1000000) of <f4 needs 4000000000000.");
    CHECK(refusal(npy(header("<f4", "False", "(4294967296, 4294967296)"), six)) ==
          "its shape is (4294967296, 4294967296), more than 2^63 bytes.");
    CHECK(refusal(npy(header("<f4", "False", "(99999999999999999999, 1)"), six)) ==
          "its header has '99999999999999999999' where a size should be.");
    CHECK(refusal(npy(header("<f4", "False", "(-2, -3)"), six)) ==
          "its header has '-2, -3), }?' where a size should be.");
    CHECK(refusal(npy(header("<f4", "Maybe", "(2, 3)"), six)) ==
          "its header has 'Maybe, 'shape': (2, ' where True or False should be.");
    CHECK(refusal(npy("{'descr': '<f4', 'fortran_order': False}", six)) == "its header has no 'shape'.");
    CHECK(refusal(npy("{'shape': (2, 3), 'fortran_order': False}", six)) == "its header has no 'descr'.");
    CHECK(refusal(npy("{'x': 1}", six)) == "its header has the unknown key 'x'.");
    CHECK(refusal(npy("{'descr", six)) == "its header has ''descr' where a key should be.");
    CHECK(refusal(npy("", six)) == "its header has its end where '{' should be.");
    CHECK(refusal(npy("__import__('os')", six)) == "its header has '__import__('os')' where '{' should be.");
}

TEST_CASE("a header that two readers could read in two ways is refused") {
    const std::string twice = "{'descr': '<f4', 'shape': (2, 3), 'fortran_order': False, ";
    CHECK(refusal(npy(twice + "'shape': (3, 2)}", six)) == "its header has the key 'shape' twice.");
    CHECK(refusal(npy(twice + "'descr': '<f4'}", six)) == "its header has the key 'descr' twice.");
    CHECK(refusal(npy(twice + "'fortran_order': True}", six)) == "its header has the key 'fortran_order' twice.");
    CHECK(refusal(npy(header("<f4", "False", "(2, 3)") + "{}", six)) ==
          "its header has '{}' where nothing more should be.");
    CHECK(refusal(npy(header("<f4", "False", "(2 3)"), six)) == "its header has '3), }?' where ',' or ')' should be.");
    CHECK(refusal(npy(header("<f4", "False", "(2, 3.0)"), six)) ==
          "its header has '.0), }?' where ',' or ')' should be.");
    CHECK(refusal(npy(header("<f4", "False", "2"), six)) == "its header has '2, }?' where '(' should be.");
}

TEST_CASE("a header of any depth, length or alphabet costs a sentence") {
    CHECK(refusal(npy(header("<f4", "False", std::string(60000, '(')), six)) ==
          "its header has '((((((((((((((((((((' where a size should be.");
    CHECK(refusal(npy(std::string(60000, '{'), six)) == "its header has '{{{{{{{{{{{{{{{{{{{{' where a key should be.");
    CHECK(refusal(npy("{'" + std::string(60000, 'x') + "': 1}", six)) ==
          "its header has the unknown key '" + std::string(40, 'x') + "'.");
    CHECK(refusal(npy("{'d\xc3\xa9scr\x1b[2J': '<f4'}", six, 3)) == "its header has the unknown key 'd??scr?[2J'.");
    CHECK(refusal(npy(header("<f4", "False", "(\xd9\xa2, 3)"), six, 3)) ==
          "its header has '??, 3), }?' where a size should be.");
    CHECK(refusal(npy(std::string(100, '\0'), six)) ==
          "its header has '" + std::string(20, '?') + "' where '{' should be.");
    const std::string whole = npy(header("<f4", "False", "(2, 3)"), six);
    CHECK(refusal(whole.substr(0, 8) + "\xe8\x03" + whole.substr(10)) ==
          "it ends after 84 of the 1000 bytes of its header.");
}

TEST_CASE("elements that this machine could not hold are refused before memory is taken for them") {
    const Folder folder;
    const uint64_t machine = uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE));
    const std::string count = std::to_string(machine / 4 + 1), needed = std::to_string((machine / 4 + 1) * 4);
    const std::string start = npy(header("<f4", "False", "(1, " + count + ")"), "");
    const std::string file = test::write(folder / "m.npy", start);
    std::filesystem::resize_file(file, start.size() + (machine / 4 + 1) * 4);  // a hole: it takes no disk
    CHECK_THROWS_WITH(read_npy(file), "gcn: cannot read " + file + ": its elements need " + needed +
                                          " bytes of memory, this machine has " + std::to_string(machine) +
                                          ". Try: a smaller matrix.");
}

TEST_CASE("a file that is not there, or is a folder, gives the system's words") {
    const Folder folder;
    CHECK_THROWS_WITH(read_npy(folder / "none.npy"),
                      "gcn: cannot read " + (folder / "none.npy") + ": No such file or directory.");
    CHECK_THROWS_WITH(read_npy(folder.path), "gcn: cannot read " + folder.path.string() + ": Is a directory.");
}

// What the reader says to what a command writes into a pipe; each has its own, so that none reads another's rest.
static std::string refusal_of_pipe(const Folder& folder, const std::string& command) {
    static int number = 0;
    const std::string pipe = folder / ("pipe" + std::to_string(number++));
    REQUIRE(test::run("cd '" + folder.path.string() + "'; mkfifo '" + pipe + "'; " + command + " >'" + pipe + "' &")
                .status == 0);
    try {
        const Matrix m = read_npy(pipe);
        CHECK(m.values == std::vector<float>{1, 2, 3, 4, 5, 6});
    } catch (const Error& e) {
        const std::string what = e.what(), start = "gcn: cannot read " + pipe + ": ";
        CHECK(what.starts_with(start));
        return what.substr(start.size());
    }
    return "read";
}

TEST_CASE("a pipe is read like a file, and its end is noticed") {
    const Folder folder;
    test::write(folder / "m.npy", npy(header("<f4", "False", "(2, 3)"), six));
    test::write(folder / "large.npy", npy(header("<f4", "False", "(1000, 1000000)"), six));
    CHECK(refusal_of_pipe(folder, "cat m.npy") == "read");
    CHECK(refusal_of_pipe(folder, "head -c -3 m.npy") == "it ends after 21 of the 24 bytes of its elements.");
    CHECK(refusal_of_pipe(folder, "cat m.npy m.npy") == "it goes on after the 24 bytes of its elements.");
    CHECK(refusal_of_pipe(folder, "cat large.npy") == "it ends after 24 of the 4000000000 bytes of its elements.");
}

TEST_CASE("what is written is what NumPy would write, and reads back") {
    const Folder folder;
    const Matrix m{2, 3, Order::Fortran, {1, 2, 3, 4, 5, 6}, false};
    write_npy(folder / "m.npy", m);
    const std::string text = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }";
    const std::string padded = text + std::string(128 - 10 - 1 - text.size(), ' ') + "\n";
    CHECK(contents(folder / "m.npy") == npy(padded, six));
    const Matrix back = read_npy(folder / "m.npy");
    CHECK(back.order == Order::Fortran);
    CHECK(back.rows == 2);
    CHECK(back.values == m.values);
    CHECK(folder.files() == 1);
}

TEST_CASE("a file that cannot be written whole leaves the old one as it was") {
    const Folder folder;
    const std::string file = test::write(folder / "m.npy", "old");
    const Matrix large{1000, 1000, Order::C, std::vector<float>(1000000), false};

    struct rlimit unlimited, small{};
    getrlimit(RLIMIT_FSIZE, &unlimited);
    small = {65536, unlimited.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    std::string said;
    try {
        write_npy(file, large);
    } catch (const Error& e) {
        said = e.what();
    }
    setrlimit(RLIMIT_FSIZE, &unlimited);

    CHECK(said == "gcn: cannot write " + file + ": File too large.");
    CHECK(contents(file) == "old");
    CHECK(folder.files() == 1);
}

TEST_CASE("a full device and a folder that is not there are sentences") {
    const Matrix m{1, 1, Order::C, {1}, false};
    CHECK_THROWS_WITH(write_npy("/dev/full", m), "gcn: cannot write /dev/full: No space left on device.");
    CHECK(std::filesystem::is_character_file("/dev/full"));
    const Folder folder;
    CHECK_THROWS_WITH(write_npy(folder / "none/m.npy", m),
                      "gcn: cannot write " + (folder / "none/m.npy") + ": No such file or directory.");
}

TEST_CASE("an output is refused when it is opened, and leaves nothing when it is not written") {
    const Folder folder;
    CHECK_THROWS_WITH(NpyOutput(folder / "none/m.npy"),
                      "gcn: cannot write " + (folder / "none/m.npy") + ": No such file or directory.");
    CHECK_THROWS_WITH(NpyOutput(folder.path), "gcn: cannot write " + folder.path.string() + ": Is a directory.");
    const std::string file = test::write(folder / "m.npy", "old");
    { const NpyOutput never(file), neither(folder / "new.npy"); }
    CHECK(contents(file) == "old");
    CHECK(folder.files() == 1);
}

TEST_CASE("writing through a link keeps the link") {
    const Folder folder;
    test::write(folder / "m.npy", "old");
    std::filesystem::create_symlink("m.npy", folder / "link.npy");
    write_npy(folder / "link.npy", {1, 1, Order::C, {1}, false});
    CHECK(std::filesystem::is_symlink(folder / "link.npy"));
    CHECK(read_npy(folder / "m.npy").values == std::vector<float>{1});
}

TEST_CASE("a link to nothing yet is followed, and a circle of links is refused") {
    const Folder folder;
    const Matrix m{1, 1, Order::C, {1}, false};
    std::filesystem::create_symlink("m.npy", folder / "middle.npy");
    std::filesystem::create_symlink("middle.npy", folder / "link.npy");
    write_npy(folder / "link.npy", m);
    CHECK(std::filesystem::is_symlink(folder / "link.npy"));
    CHECK(std::filesystem::is_symlink(folder / "middle.npy"));
    CHECK(read_npy(folder / "m.npy").values == m.values);
    std::filesystem::create_symlink("circle.npy", folder / "circle.npy");
    CHECK_THROWS_WITH(write_npy(folder / "circle.npy", m),
                      "gcn: cannot write " + (folder / "circle.npy") + ": Too many levels of symbolic links.");
}

TEST_CASE("a file that is written again keeps its mode, and one that is read-only is refused") {
    const Folder folder;
    const Matrix m{1, 1, Order::C, {1}, false};
    const std::string file = test::write(folder / "m.npy", "old");
    REQUIRE(chmod(file.c_str(), 0600) == 0);
    write_npy(file, m);
    struct stat s;
    REQUIRE(stat(file.c_str(), &s) == 0);
    CHECK((s.st_mode & 07777) == 0600);
    CHECK(folder.files() == 1);

    test::write(file, "old");
    REQUIRE(chmod(file.c_str(), 0444) == 0);
    REQUIRE(chmod(folder.path.c_str(), 0777) == 0);
    const bool root = geteuid() == 0;  // whom no mode stops
    if (root) REQUIRE(seteuid(65534) == 0);
    std::string said;
    try {
        write_npy(file, m);
    } catch (const Error& e) {
        said = e.what();
    }
    if (root) REQUIRE(seteuid(0) == 0);
    CHECK(said == "gcn: cannot write " + file + ": Permission denied.");
    CHECK(contents(file) == "old");
}
