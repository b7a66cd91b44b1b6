#include "emulator/cp/line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "gcn/error.hpp"

namespace gcn::emulator {

LineFile::LineFile(const std::string& variable, const std::string& name)
    : what("write to " + variable + "=" + name),
      file(open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666)) {
    // Not to wait for who reads a pipe.
    if (file < 0) fail({what, errno == ENXIO ? "nobody reads that pipe" : std::strerror(errno)});
    fcntl(file, F_SETFL, O_APPEND);
}

LineFile::~LineFile() {
    if (file >= 0) close(file);
}

void LineFile::add(const std::string& line) {
    const std::lock_guard lock(guard);
    if (file < 0) return;
    const ssize_t n = write(file, line.data(), line.size());
    if (n == ssize_t(line.size())) return;
    const int error = n < 0 ? errno : ENOSPC;
    if (n > 0) take_back(n);
    std::fprintf(stderr, "%s\n", text({what, std::strerror(error)}).c_str());
    close(std::exchange(file, -1));
}

// A part of a line, if nothing has come after it.
void LineFile::take_back(long bytes) {
    const off_t end = lseek(file, 0, SEEK_CUR);
    struct stat now;
    if (end >= bytes && fstat(file, &now) == 0 && now.st_size == end && ftruncate(file, end - bytes) != 0) return;
}

}  // namespace gcn::emulator
