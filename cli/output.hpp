#pragma once
// What gcn prints: tables, JSON, and a progress bar while it works.

#include <cstddef>
#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "backend/measure.hpp"
#include "gcn/gcn.hpp"

namespace gcn {

struct Column {
    const char* title;
    int width;  // negative: to the left
};

// Prints a line at a time, so that long work shows what it has.
class Table {
public:
    explicit Table(std::vector<Column> columns) : columns(std::move(columns)) {}
    void head() const;
    void row(const std::vector<std::string>& cells) const;

private:
    const std::vector<Column> columns;
};

void print_line(const std::string&, std::FILE* to = stdout);
void print(const nlohmann::json&, std::FILE* to = stdout);  // one object on one line

// gcn::Error when standard output could not take all that was printed.
void finish_output();

std::string fixed(double value, int decimals);

// The file appears, or replaces the one of its name, when it is complete. gcn::Error when it cannot be written; what
// check_writable() says before long work, write_file() would say after it.
void check_writable(const std::string& path);
void write_file(const std::string& path, std::string_view text);

// A line on standard error while it is a terminal, otherwise nothing; gone when the work is done.
class Progress {
public:
    explicit Progress(size_t total);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;

    void step(const std::string& now);  // one more of the total begins
    void clear() const;                 // before anything else is printed

private:
    const size_t total;
    const bool shown;
    size_t done = 0;
};

}  // namespace gcn
