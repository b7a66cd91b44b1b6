// What libgcn-emu.so exports: everything that the installed ROCr imports from its thunk, under the version it asks for.

#include <dlfcn.h>
#include <link.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

std::vector<std::string> lines_of(const std::string& command) {
    std::vector<std::string> lines;
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    REQUIRE(pipe);
    char line[1024];
    while (std::fgets(line, sizeof line, pipe.get())) lines.emplace_back(line);
    return lines;
}

void* opened(const char* path) {
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) FAIL(dlerror());
    return library;
}

}  // namespace

TEST_CASE("every thunk function that ROCr imports is exported at version HSAKMT_1") {
    void* const doors = opened(BUILD "/libgcn-emu.so");
    const link_map* runtime = nullptr;
    REQUIRE(dlinfo(opened("libhsa-runtime64.so.1"), RTLD_DI_LINKMAP, &runtime) == 0);
    int imports = 0;
    for (const std::string& line : lines_of("nm -D --undefined-only " + std::string(runtime->l_name))) {
        const size_t start = line.find("hsaKmt"), end = line.find('@');
        if (start == std::string::npos) continue;
        const std::string name = line.substr(start, end - start);
        CAPTURE(name);
        CHECK(line.substr(end, line.find_last_not_of('\n') - end + 1) == "@HSAKMT_1");
        CHECK(dlvsym(doors, name.c_str(), "HSAKMT_1") != nullptr);
        ++imports;
    }
    CHECK(imports == 42);
}

TEST_CASE("the library answers ROCr's dependency by its SONAME") {
    void* const doors = opened(BUILD "/libgcn-emu.so");
    void* const thunk = dlopen("libhsakmt.so.1", RTLD_NOW | RTLD_NOLOAD);
    CHECK(thunk == doors);
}
