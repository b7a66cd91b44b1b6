#include "plan/source.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <sstream>
#include <vector>

#include "backend/assemble.hpp"
#include "backend/code_object.hpp"
#include "plan/select.hpp"

namespace gcn {

namespace {

std::string contents(const std::string& path) {
    constexpr size_t longest = 64 << 20;  // that of a kernel is a few hundred KiB; /dev/zero has no end
    const auto unread = [&](const std::string& why) { fail({"read the kernel " + path, why, "a file of assembly"}); };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(path.c_str(), "re"), std::fclose);
    if (!in) unread(std::strerror(errno));
    std::string text;
    std::array<char, 65536> part;
    while (const size_t n = std::fread(part.data(), 1, part.size(), in.get())) {
        text.append(part.data(), n);
        if (text.size() > longest) unread("it has more than " + std::to_string(longest) + " bytes");
    }
    if (std::ferror(in.get())) unread(std::strerror(errno));
    if (text.empty()) unread("it is empty");
    return text;
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    fail({"take the kernel of " + path, why,
          "a line like // row: KERNEL( my_sgemm, Gpu, No, Yes, 64, 64, 8, 256, 0x3fffffff, 0x3fffffff, 0xfffff000, 48, "
          "Yes )",
          Fault::WrongUse});
}

std::vector<std::string> columns_of(const std::string& path, const std::string& text) {
    static constexpr std::string_view begin = "// row: KERNEL(";
    const size_t at = text.find(begin);
    if (at == text.npos) refuse(path, "it has no row");
    std::string row = text.substr(at + begin.size(), text.find(')', at) - at - begin.size());
    std::vector<std::string> columns;
    std::istringstream parts(row);
    for (std::string column; std::getline(parts, column, ',');) {
        const size_t first = column.find_first_not_of(" \t"), last = column.find_last_not_of(" \t");
        columns.push_back(first == column.npos ? "" : column.substr(first, last - first + 1));
    }
    if (columns.size() != 13) refuse(path, "its row has " + std::to_string(columns.size()) + " columns, not 13");
    return columns;
}

int64_t number(const std::string& path, const std::string& column, int64_t least, int64_t most) {
    int64_t value = 0;
    const bool hex = column.starts_with("0x");
    const char *first = column.data() + (hex ? 2 : 0), *last = column.data() + column.size();
    const auto [end, error] = std::from_chars(first, last, value, hex ? 16 : 10);
    if (error != std::errc() || end != last || value < least || value > most)
        refuse(path, "'" + column + "' in its row is not a number from " + std::to_string(least) + " to " +
                         std::to_string(most));
    return value;
}

bool yes(const std::string& path, const std::string& column) {
    if (column != "Yes" && column != "No") refuse(path, "'" + column + "' in its row is neither Yes nor No");
    return column == "Yes";
}

}  // namespace

std::string add_source(const std::string& path) {
    // Rows point to them.
    static std::deque<std::string>& names = *new std::deque<std::string>;
    static std::deque<std::vector<std::byte>>& codes = *new std::deque<std::vector<std::byte>>;

    const std::string text = contents(path);
    const std::vector<std::string> c = columns_of(path, text);
    if (c[1] != "Gpu") refuse(path, "'" + c[1] + "' in its row is not Gpu");
    if (find_kernel(c[0])) refuse(path, "there is a kernel " + c[0] + " already");
    const auto at = [&](int i, int64_t least, int64_t most) { return number(path, c[size_t(i)], least, most); };
    KernelRow row{};
    row.runs = Runs::Gpu;
    row.a = Takes(yes(path, c[2])), row.b = Takes(yes(path, c[3]));
    row.tile_m = int(at(4, 1, 4096)), row.tile_n = int(at(5, 1, 4096));
    row.k_step = int(at(6, 1, 4096)), row.lanes = int(at(7, 1, 1024));
    row.largest_size = at(8, 1, INT32_MAX), row.largest_k = at(9, 1, INT32_MAX),
    row.largest_bytes = at(10, 1, 0xfffff000);
    row.rate = int(at(11, 1, 64));
    row.batches = yes(path, c[12]);

    codes.push_back(assemble(path, text));
    if (!read_code_object(codes.back(), path).find(c[0])) refuse(path, "its code has no kernel " + c[0]);
    names.push_back(c[0]);
    row.name = names.back();
    row.code = codes.back();
    add_kernel(row);
    return c[0];
}

}  // namespace gcn
