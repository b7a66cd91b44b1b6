#include "backend/assemble.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "gcn/error.hpp"

// The vocabulary of all kernels; asm/ is where the build looks.
__asm__(
    ".pushsection .rodata\n"
    "gcn_vocabulary: .incbin \"asm/include/gcn.inc\"\n"
    "gcn_vocabulary_end: .byte 0\n"
    ".popsection\n");
extern "C" const char gcn_vocabulary[], gcn_vocabulary_end[];

extern char** environ;

namespace gcn {
namespace {

namespace fs = std::filesystem;

constexpr const char* assembler = "clang-16";
constexpr const char* options[] = {
    "-target", "amdgcn-amd-amdhsa", "-mcpu=gfx803", "-mcode-object-version=4", "-nogpulib", "-x", "assembler"};

std::string whole(const std::string& text) {
    static constexpr std::string_view line = ".include \"gcn.inc\"";
    const size_t at = text.find(line);
    if (at == text.npos) return text;
    return text.substr(0, at) + std::string(gcn_vocabulary, gcn_vocabulary_end) + text.substr(at + line.size());
}

// ---- signatures --------------------------------------------------------------------------------

// FNV-1a with a start of our own, so that two of them make 128 bits.
uint64_t hash(std::string_view bytes, uint64_t start) {
    uint64_t h = start;
    for (const char c : bytes) h = (h ^ uint8_t(c)) * 0x100000001b3;
    return h;
}
std::string hex(uint64_t x) {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", (unsigned long long)x);
    return digits;
}

// The assembler's file, its size and when it was last changed: asking for its version would take as long as assembling.
std::string assembler_now() {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string file = folder + "/" + assembler;
        struct stat s;
        if (stat(file.c_str(), &s) == 0)
            return file + " " + std::to_string(s.st_size) + " " + std::to_string(s.st_mtim.tv_sec) + "." +
                   std::to_string(s.st_mtim.tv_nsec);
    }
    return {};
}

std::string signature(const std::string& text) {
    std::string all = assembler_now();
    for (const char* option : options) all += std::string(" ") + option;
    all += "\n" + text;
    return hex(hash(all, 0xcbf29ce484222325)) + hex(hash(all, 0x84222325cbf29ce4));
}

// ---- the cache ---------------------------------------------------------------------------------

fs::path cache_folder() {
    const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
    if (cache && *cache) return fs::path(cache) / "gcn/kernels";
    if (home && *home) return fs::path(home) / ".cache/gcn/kernels";
    return {};
}

std::string contents(const fs::path& file) {
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) return {};
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string head(const std::string& code) {
    return "gcn kernel 1 " + std::to_string(code.size()) + " " + hex(hash(code, 0xcbf29ce484222325)) + "\n";
}

// The code, or nothing when there is no such entry or it is not whole.
std::string read_entry(const fs::path& file) {
    const std::string entry = contents(file);
    const size_t line = entry.find('\n');
    if (line == entry.npos) return {};
    const std::string code = entry.substr(line + 1);
    return entry.compare(0, line + 1, head(code)) == 0 ? code : std::string();
}

// A cache that cannot be written is none: what goes wrong here is nobody's loss.
void write_entry(const fs::path& file, const std::string& code) {
    std::error_code none;
    fs::create_directories(file.parent_path(), none);
    std::string beside = file.string() + ".XXXXXX";
    const int fd = mkstemp(beside.data());
    if (fd < 0) return;
    const std::string entry = head(code) + code;
    const bool written = write(fd, entry.data(), entry.size()) == ssize_t(entry.size());
    if (close(fd) != 0 || !written || std::rename(beside.c_str(), file.c_str()) != 0) unlink(beside.c_str());
}

// ---- the assembler -----------------------------------------------------------------------------

// A folder that goes when it is left.
struct Workplace {
    fs::path path;
    explicit Workplace(const std::string& name) {
        std::string made = (fs::temp_directory_path() / "gcn-assemble-XXXXXX").string();
        if (!mkdtemp(made.data()))
            fail({"assemble " + name, "no folder like " + made + ": " + std::strerror(errno), "another TMPDIR"});
        path = made;
    }
    ~Workplace() {
        std::error_code none;
        fs::remove_all(path, none);
    }
};

// The first line that says what is wrong, without the names of temporary files.
std::string first_error(const std::string& messages) {
    std::istringstream lines(messages);
    for (std::string line; std::getline(lines, line);)
        if (const size_t at = line.find("error: "); at != line.npos) return line.substr(at + 7);
    return messages.empty() ? "it says nothing" : messages.substr(0, messages.find('\n'));
}

std::string run_assembler(const std::string& name, const std::string& text) {
    const Workplace place(name);
    const std::string source = place.path / "kernel.s", object = place.path / "kernel.co", said = place.path / "said";
    if (!(std::ofstream(source, std::ios::binary) << text << std::flush))
        fail({"assemble " + name, source + " cannot be written", "another TMPDIR"});
    std::vector<std::string> words = {assembler};
    words.insert(words.end(), std::begin(options), std::end(options));
    words.insert(words.end(), {source, "-o", object});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    pid_t child = 0;
    const int error = posix_spawnp(&child, assembler, &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error)
        fail({"assemble " + name, std::string(assembler) + ": " + std::strerror(error),
              "sh setup.sh, which installs it"});
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) fail({"assemble " + name, first_error(contents(said)), ""});
    return contents(object);
}

}  // namespace

std::vector<std::byte> assemble(const std::string& name, const std::string& source) {
    const std::string text = whole(source);
    const fs::path folder = cache_folder();
    const fs::path entry = folder.empty() ? folder : folder / (signature(text) + ".co");
    std::string code = entry.empty() ? std::string() : read_entry(entry);
    if (code.empty()) {
        code = run_assembler(name, text);
        if (!entry.empty()) write_entry(entry, code);
    }
    const auto* bytes = reinterpret_cast<const std::byte*>(code.data());
    return {bytes, bytes + code.size()};
}

}  // namespace gcn
