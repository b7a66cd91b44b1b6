// The file of findings: one JSON object a line.

#include "cli/strict.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "gcn/error.hpp"

namespace gcn {

static long lines_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return std::count(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>(), '\n');
}

static std::string temporary_file() {
    const char* folder = std::getenv("TMPDIR");
    std::string name = std::string(folder && *folder ? folder : "/tmp") + "/gcn-strict-XXXXXX";
    const int opened = mkstemp(name.data());
    if (opened < 0) fail({"keep the findings in " + name, std::strerror(errno), "another TMPDIR"});
    close(opened);
    return name;
}

StrictRun::StrictRun(const std::string& list, const std::string& named)
    : file(named.empty() ? temporary_file() : named), ours(named.empty()), before(lines_of(file)) {
    setenv("GCN_EMU_STRICT", list.c_str(), 1);
    setenv("GCN_EMU_STRICT_JSON", file.c_str(), 1);
}

StrictRun::~StrictRun() {
    if (ours) unlink(file.c_str());
}

int StrictRun::findings() const { return int(lines_of(file) - before); }

}  // namespace gcn
