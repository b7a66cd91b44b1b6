// ROCr keeps a list like the dynamic linker's for debuggers, _amdgpu_r_debug: of each code object where its byte at
// address 0 lies and a URI of its file or memory (ROCr 5.2.3, loader/executable.cpp; HIP, obj_tooling.md). It changes
// while other threads load code, and memory it names may have gone: everything is read by the kernel's copy call, which
// fails where a plain access would end the process.

#include "emulator/cp/loaded.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <string_view>
#include <vector>

namespace gcn::emulator {

namespace {

constexpr std::string_view file_scheme = "file://";

bool copy(const void* from, void* to, size_t bytes) {
    const iovec local{to, bytes}, remote{const_cast<void*>(from), bytes};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == ssize_t(bytes);
}
std::string copy_text(const char* from) {
    std::string text;
    for (char c; text.size() < 4096 && copy(from, &c, 1) && c; ++from) text += c;
    return text;
}

uint64_t number_after(const std::string& uri, const std::string& key) {
    const size_t at = uri.find(key);
    return at == uri.npos ? 0 : std::strtoull(uri.c_str() + at + key.size(), nullptr, 0);
}

// file://PATH[#offset=N&size=N], where PATH may have %XX; memory://PID#offset=N&size=N.
std::vector<std::byte> bytes_of(const std::string& uri) {
    constexpr uint64_t most = 256 << 20;
    uint64_t offset = number_after(uri, "offset="), size = number_after(uri, "size=");
    if (size > most) return {};
    std::vector<std::byte> bytes(size);
    if (!uri.starts_with(file_scheme)) {
        if (!copy(reinterpret_cast<const void*>(offset), bytes.data(), size)) bytes.clear();
        return bytes;
    }
    std::string path;
    for (size_t i = file_scheme.size(); i < uri.size() && uri[i] != '#' && uri[i] != '?'; ++i) {
        if (uri[i] == '%' && i + 2 < uri.size()) {
            path += char(std::strtoul(uri.substr(i + 1, 2).c_str(), nullptr, 16));
            i += 2;
        } else {
            path += uri[i];
        }
    }
    std::ifstream in(path, std::ios::binary);
    if (!size && in.seekg(0, std::ios::end)) bytes.resize(std::min<uint64_t>(uint64_t(in.tellg()), most));
    in.seekg(std::streamoff(offset));
    if (!in.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(bytes.size()))) bytes.clear();
    return bytes;
}

}  // namespace

std::shared_ptr<const strict::Names> LoadedCode::at(uint64_t pc) {
    const std::lock_guard lock(guard);
    void* runtime = dlopen("libhsa-runtime64.so.1", RTLD_LAZY | RTLD_NOLOAD);
    const void* list = runtime ? dlsym(runtime, "_amdgpu_r_debug") : nullptr;
    if (runtime) dlclose(runtime);
    r_debug debug;
    if (!list || !copy(list, &debug, sizeof debug)) return none;
    link_map entry;
    int left = 10000;
    for (const link_map* at = debug.r_map; at && left-- && copy(at, &entry, sizeof entry); at = entry.l_next) {
        const std::string uri = copy_text(entry.l_name);
        Known& object = known[{entry.l_addr, uri}];
        // Memory is used again: another code object may lie where one was unloaded.
        const bool may_change = !uri.starts_with(file_scheme);
        if (!object.names || may_change) {
            const std::vector<std::byte> bytes = bytes_of(uri);
            const size_t now =
                std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
            if (!object.names || object.hash != now)
                object = {std::make_shared<const strict::Names>(bytes, entry.l_addr), now};
        }
        if (object.names->function(pc) >= 0) return object.names;
    }
    return none;
}

}  // namespace gcn::emulator
