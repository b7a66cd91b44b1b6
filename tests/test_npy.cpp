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
    CHECK(refusal(one(1e300)) == "element 0 is 1e+300, more than f32 holds.");
}

TEST_CASE("what is no matrix of floats is refused with the value that is wrong") {
    const auto with_type = [](const std::string& type) { return npy(header(type, "False", "(2, 3)"), six); };
    for (const std::string type : {"<i4", "<u1", "<c8", "|O", "<f2", "<f16", "|b1", "<U4"})
        CHECK(refusal(with_type(type)) ==
              "its type is " + type + ", not f4 or f8. Try: numpy.save of A.astype('float32').");
    CHECK(refusal(npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2, 3)}", six)) ==
          "its elements are records, not floats.");
    CHECK(refusal(npy(header("<f4", "False", "(6,)"), six)) == "its shape is (6,): 1 dimension, not 2.");
    CHECK(refusal(npy(header("<f4", "False", "()"), six)) == "its shape is (): 0 dimensions, not 2.");
    CHECK(refusal(npy(header("<f4", "False", "(1, 2, 3)"), six)) == "its shape is (1, 2, 3): 3 dimensions, not 2.");
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

TEST_CASE("a file that is not there, or is a folder, gives the system's words") {
    const Folder folder;
    CHECK_THROWS_WITH(read_npy(folder / "none.npy"),
                      "gcn: cannot read " + (folder / "none.npy") + ": No such file or directory.");
    CHECK_THROWS_WITH(read_npy(folder.path), "gcn: cannot read " + folder.path.string() + ": Is a directory.");
}

TEST_CASE("a pipe is read like a file, and its end is noticed") {
    const Folder folder;
    const std::string pipe = folder / "pipe", whole = npy(header("<f4", "False", "(2, 3)"), six);
    const std::string file = test::write(folder / "m.npy", whole);
    REQUIRE(test::run("mkfifo '" + pipe + "'; cat '" + file + "' >'" + pipe + "' &").status == 0);
    CHECK(read_npy(pipe).values.size() == 6);
    REQUIRE(test::run("head -c -3 '" + file + "' >'" + pipe + "' &").status == 0);
    CHECK_THROWS_WITH(read_npy(pipe),
                      "gcn: cannot read " + pipe + ": it ends after 21 of the 24 bytes of its elements.");
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
