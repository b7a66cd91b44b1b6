#include "cli/output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
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

// The words stand once, where a time becomes text.
std::string kind_text(TimeKind kind) {
    const std::string time = text(Time{0, kind});
    return time.substr(time.rfind(' ') + 1);
}

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
