#pragma once
// For tests: a folder that vanishes, files in it, and programs run as a user runs them.

#include <link.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace gcn::test {

class Folder {
public:
    Folder() {
        const char* base = std::getenv("TMPDIR");
        std::string name = std::string(base && *base ? base : "/tmp") + "/gcn-test-XXXXXX";
        if (!mkdtemp(name.data())) throw std::runtime_error("no folder like " + name);
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;

    std::string operator/(const std::string& name) const { return path / name; }
    size_t files() const {
        return size_t(std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()));
    }

    std::filesystem::path path;
};

inline std::string contents(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string write(const std::string& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
}

// The sanitizer's library when this test was built with it, as every program must load it before a sanitized
// libgcn-emu.so; else nothing.
inline std::string sanitizer() {
    std::string library;
#ifdef __SANITIZE_ADDRESS__
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* found) {
            if (std::strstr(info->dlpi_name, "libasan")) *static_cast<std::string*>(found) = info->dlpi_name;
            return 0;
        },
        &library);
#endif
    return library;
}

struct Ran {
    int status;  // 128 + signal when killed
    std::string out, err;
};

// A line for the shell.
inline Ran run(const std::string& line) {
    const Folder folder;
    const std::string out = folder / "out", err = folder / "err";
    const int status = std::system(("{ " + line + "\n} >'" + out + "' 2>'" + err + "'").c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), contents(out), contents(err)};
}

}  // namespace gcn::test
