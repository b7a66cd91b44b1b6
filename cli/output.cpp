#include "cli/output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace gcn {

void print_line(const std::string& line, std::FILE* to) {
    std::fwrite(line.data(), 1, line.size(), to);
    std::fputc('\n', to);
    std::fflush(to);
}

static std::string aligned(const std::string& cell, int width) {
    const size_t wanted = size_t(std::abs(width));
    const std::string space(wanted > cell.size() ? wanted - cell.size() : 0, ' ');
    return width < 0 ? cell + space : space + cell;
}

void Table::row(const std::vector<std::string>& cells) const {
    GCN_ASSERT(cells.size() == columns.size());
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) line += (i ? "  " : "") + aligned(cells[i], columns[i].width);
    line.erase(line.find_last_not_of(' ') + 1);
    print_line(line);
}

void Table::head() const {
    std::vector<std::string> titles;
    for (const Column& c : columns) titles.emplace_back(c.title);
    row(titles);
}

void print(const nlohmann::json& object, std::FILE* to) {
    print_line(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), to);
}

void finish_output() {
    if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return;
    fail({"write to standard output", std::strerror(errno), ""});
}

std::string fixed(double value, int decimals) {
    char digits[400];
    return std::string(digits, size_t(std::snprintf(digits, sizeof digits, "%.*f", decimals, value)));
}

// ---- files -------------------------------------------------------------------------

[[noreturn]] static void refuse(const std::string& path, int error) {
    fail({"write " + path, std::strerror(error), ""});
}

static bool is_standard_output(const struct stat& file) {
    struct stat output;
    return fstat(STDOUT_FILENO, &output) == 0 && file.st_dev == output.st_dev && file.st_ino == output.st_ino;
}

// Where a file of that name goes: a link keeps pointing where it points. Empty for what has no place beside it (a pipe,
// a device) or has text of this program already: that is written to as it stands.
static std::string place_of(const std::string& path) {
    struct stat old;
    if (stat(path.c_str(), &old) != 0) {
        if (errno != ENOENT) refuse(path, errno);
        return std::filesystem::weakly_canonical(path).string();
    }
    if (S_ISDIR(old.st_mode)) refuse(path, EISDIR);
    return S_ISREG(old.st_mode) && !is_standard_output(old) ? std::filesystem::canonical(path).string() : "";
}

static std::string beside(const std::string& place) { return place + "." + std::to_string(getpid()) + ".part"; }

static int open_to_write(const std::string& path, const std::string& place) {
    const int fd = place.empty() ? open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)
                                 : open(beside(place).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) refuse(path, errno);
    return fd;
}

void check_writable(const std::string& path) {
    const std::string place = place_of(path);
    if (place.empty()) {
        if (access(path.c_str(), W_OK) != 0) refuse(path, errno);
        return;
    }
    if (access(place.c_str(), W_OK) != 0 && errno != ENOENT) refuse(path, errno);
    close(open_to_write(path, place));
    unlink(beside(place).c_str());
}

static int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno != EINTR) return errno;
        if (n > 0) text.remove_prefix(size_t(n));
    }
    return 0;
}

void write_file(const std::string& path, std::string_view text) {
    const std::string place = place_of(path);
    const int fd = open_to_write(path, place);
    struct stat old;
    if (!place.empty() && stat(place.c_str(), &old) == 0) fchmod(fd, old.st_mode & 07777);
    int error = write_all(fd, text);
    if (close(fd) != 0 && !error) error = errno;
    if (!place.empty() && !error && std::rename(beside(place).c_str(), place.c_str()) != 0) error = errno;
    if (!error) return;
    if (!place.empty()) unlink(beside(place).c_str());
    refuse(path, error);
}

// ---- progress ----------------------------------------------------------------------

Progress::Progress(size_t total) : total(total), shown(isatty(STDERR_FILENO)) {}

void Progress::step(const std::string& now) {
    if (!shown) return;
    constexpr size_t width = 30;
    const size_t filled = width * done / std::max<size_t>(1, total);
    std::fprintf(stderr, "\r\x1b[K[%s%s] %zu/%zu %s", std::string(filled, '#').c_str(),
                 std::string(width - filled, '.').c_str(), done, total, now.c_str());
    std::fflush(stderr);
    ++done;
}

void Progress::clear() const {
    if (shown && done > 0) std::fputs("\r\x1b[K", stderr);
}

}  // namespace gcn
